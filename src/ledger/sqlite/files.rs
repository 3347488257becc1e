//! The files themselves: made with mode 0600, synced with their directory, and watched, because SQLite goes on
//! writing happily to a file that somebody deleted.

use std::{
    fs::{self, File, OpenOptions},
    io,
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

/// Makes an empty file for its owner alone; an error when there is one.
pub(super) fn reserve(path: &Path) -> io::Result<()> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map(drop)
}

/// Syncs the directory that holds `path`, so that a new name outlives a power cut.
pub(super) fn sync_directory(path: &Path) -> io::Result<()> {
    let directory = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(directory)?.sync_all()
}

/// Removes a database that was just made and failed.
pub(super) fn remove_all(path: &Path) {
    for file in [path.to_owned(), beside(path, "-wal"), beside(path, "-shm")] {
        _ = fs::remove_file(file);
    }
}

/// `ledger.db` and `-wal` give `ledger.db-wal`.
pub(super) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// The database and its write-ahead log, as they were when they were opened.
#[derive(Debug)]
pub(super) struct Files(Vec<(PathBuf, (u64, u64))>);

impl Files {
    /// Remembers which files these are.
    pub(super) fn watch(path: &Path) -> io::Result<Self> {
        [path.to_owned(), beside(path, "-wal")]
            .into_iter()
            .map(|file| identity(&file).map(|id| (file, id)))
            .collect::<io::Result<_>>()
            .map(Self)
    }

    /// Whether the names still lead to the same files. Asked after each commit and before anybody is told:
    /// what was written to a deleted file is not durable.
    pub(super) fn check(&self) -> Result<(), &'static str> {
        match self.0.iter().all(|(file, id)| identity(file).is_ok_and(|now| now == *id)) {
            true => Ok(()),
            false => Err("the record book's file was deleted, moved or replaced while it was in use"),
        }
    }
}

fn identity(path: &Path) -> io::Result<(u64, u64)> {
    path.metadata().map(|m| (m.dev(), m.ino()))
}

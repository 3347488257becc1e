//! Writing files whole or not at all: beside them first, synced, then in their place.

use super::{Exit, Failure};
use std::{
    fs::{self, File, Permissions},
    io::{self, Read as _, Write as _},
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

/// Writes a file of ours for anybody to read, in place of what is there.
pub(in crate::cli) fn fresh(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let write = || {
        let mut beside = beside(path)?;
        beside.write_all(bytes)?;
        beside.as_file().set_permissions(Permissions::from_mode(0o644))?;
        put(beside, path)
    };
    write().map_err(|e| Failure::system(path, &e))
}

/// Writes a file of ours for anybody to read where there is none, unless somebody else makes it meanwhile.
pub(in crate::cli) fn first(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let write = || {
        let mut beside = beside(path)?;
        beside.write_all(bytes)?;
        beside.as_file().set_permissions(Permissions::from_mode(0o644))?;
        beside.as_file().sync_all()?;
        beside.persist_noclobber(path).map_err(|e| e.error)?;
        File::open(directory(path))?.sync_all()
    };
    write().map_err(|e| match e.kind() {
        io::ErrorKind::AlreadyExists => meanwhile(path),
        _ => Failure::system(path, &e),
    })
}

fn meanwhile(path: &Path) -> Failure {
    let text = format!(
        "{} was changed by somebody else meanwhile; nothing was written\n  mend: run it again, on the file as it is now",
        path.display()
    );
    Failure::new(Exit::Unavailable, text)
}

/// A file that is read, changed in memory, and put back unless somebody else changed it meanwhile.
pub(in crate::cli) struct Target {
    path: PathBuf,
    /// Held so that two of us take turns.
    _lock: File,
    text: String,
}

impl Target {
    /// Opens and reads it. Where the name is a link, the file it leads to.
    pub(in crate::cli) fn open(path: &Path) -> Result<Self, Failure> {
        let failed = |e: io::Error| Failure::system(path, &e);
        let path = fs::canonicalize(path).map_err(failed)?;
        let mut file = File::open(&path).map_err(failed)?;
        file.lock().map_err(failed)?;
        let mut text = String::new();
        file.read_to_string(&mut text).map_err(failed)?;
        Ok(Self { path, _lock: file, text })
    }

    /// As it was read.
    pub(in crate::cli) fn text(&self) -> &str {
        &self.text
    }

    /// Puts a new text in its place, with the mode and the owner it has.
    pub(in crate::cli) fn replace(&self, text: &str) -> Result<(), Failure> {
        let failed = |e: io::Error| Failure::system(&self.path, &e);
        let facts = fs::metadata(&self.path).map_err(failed)?;
        let mut beside = beside(&self.path).map_err(failed)?;
        beside.write_all(text.as_bytes()).map_err(failed)?;
        let made = beside.as_file().metadata().map_err(failed)?;
        if (made.uid(), made.gid()) != (facts.uid(), facts.gid()) {
            let owner = std::os::unix::fs::fchown(beside.as_file(), Some(facts.uid()), Some(facts.gid()));
            owner.map_err(|e| {
                let text = format!(
                    "{}: its owner cannot be kept ({e})\n  mend: run this as the file's owner; nothing was written",
                    self.path.display()
                );
                Failure::new(Exit::Unavailable, text)
            })?;
        }
        beside.as_file().set_permissions(Permissions::from_mode(facts.mode() & 0o7777)).map_err(failed)?;
        beside.as_file().sync_all().map_err(failed)?;
        // As late as can be: an editor does not know of our lock.
        if fs::read_to_string(&self.path).map_err(failed)? != self.text {
            return Err(meanwhile(&self.path));
        }
        put(beside, &self.path).map_err(failed)
    }
}

/// A file beside another, hidden, so that nothing that reads the directory takes it for one of the set.
fn beside(path: &Path) -> io::Result<tempfile::NamedTempFile> {
    tempfile::Builder::new().prefix(".havengate-").tempfile_in(directory(path))
}

fn put(beside: tempfile::NamedTempFile, path: &Path) -> io::Result<()> {
    beside.as_file().sync_all()?;
    beside.persist(path).map_err(|e| e.error)?;
    File::open(directory(path))?.sync_all()
}

fn directory(path: &Path) -> &Path {
    path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_somebody_else_changed_meanwhile_is_not_overwritten() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("registry.toml");
        fs::write(&path, "# ours\n").unwrap();
        let target = Target::open(&path).unwrap();
        assert_eq!(target.text(), "# ours\n");
        // As an editor saves: another file in its place.
        fs::write(home.path().join("new"), "# theirs\n").unwrap();
        fs::rename(home.path().join("new"), &path).unwrap();
        let error = target.replace("# ours, changed\n").unwrap_err();
        assert!(error.exit == Exit::Unavailable && error.text.contains("changed by somebody else"), "{error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), "# theirs\n");
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1, "nothing is left beside it");
        drop(target);
        Target::open(&path).unwrap().replace("# both\n").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "# both\n");
        let error = first(&path, b"# ours, the first\n").unwrap_err();
        assert!(error.exit == Exit::Unavailable && error.text.contains("changed by somebody else"), "{error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), "# both\n");
    }
}

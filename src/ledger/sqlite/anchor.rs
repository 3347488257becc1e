//! The anchor: a small file outside the database that says how long the record book was and what it came to.
//! SQLite opens an older copy, or a log cut short, without a word; the anchor tells.

use super::files::sync_directory;
use crate::ledger::{Head, error::OpenError, tree::Hash};
use data_encoding::HEXLOWER;
use jiff::Timestamp;
use std::{
    fs::{self, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

const FIRST_LINE: &str = "havengate ledger anchor 1";
/// How often it is written at most.
const INTERVAL: Duration = Duration::from_secs(1);

/// Where the anchor of a record book is unless the configuration says otherwise: `ledger.db.anchor`.
#[must_use]
pub fn default_path(ledger: &Path) -> PathBuf {
    super::files::beside(ledger, ".anchor")
}

/// What the file says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::ledger) struct Anchor {
    pub size: u64,
    pub root: Hash,
    pub time: Timestamp,
}

impl Anchor {
    /// The anchor of a head.
    pub(super) const fn of(head: &Head) -> Self {
        Self { size: head.size, root: head.root, time: head.time }
    }

    /// Reads the file. The error is a sentence's end: what is wrong with it.
    pub(super) fn read(path: &Path) -> Result<Self, String> {
        let text = fs::read_to_string(path).map_err(|e| match e.kind() {
            io::ErrorKind::NotFound => "is missing".to_owned(),
            _ => format!("cannot be read: {e}"),
        })?;
        Self::parse(&text).ok_or_else(|| "is not an anchor file".to_owned())
    }

    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        let mut next = |name| lines.next()?.strip_prefix(name);
        next(FIRST_LINE).filter(|rest| rest.is_empty())?;
        let size = next("size ")?.parse().ok()?;
        let root = HEXLOWER.decode(next("root ")?.as_bytes()).ok()?.try_into().ok()?;
        let time = next("time ")?.parse().ok()?;
        lines.next().is_none().then_some(Self { size, root, time })
    }

    /// Replaces the file, durably: the old one or the new one is there at any time, never half of one.
    pub(super) fn write(&self, path: &Path) -> io::Result<()> {
        let new = super::files::beside(path, ".new");
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
        write!(file, "{FIRST_LINE}\nsize {}\nroot {}\ntime {}\n", self.size, HEXLOWER.encode(&self.root), self.time)?;
        file.sync_all()?;
        fs::rename(&new, path)?;
        sync_directory(path)
    }
}

/// Keeps the anchor up to date, at most once a second.
#[derive(Debug)]
pub(super) struct Keeper {
    path: PathBuf,
    written: u64,
    newest: Head,
    at: Instant,
}

impl Keeper {
    /// Brings the anchor up to the opened head, which also shows that it can be written.
    pub(super) fn open(path: PathBuf, head: Head) -> Result<Self, OpenError> {
        match Anchor::of(&head).write(&path) {
            Ok(()) => Ok(Self { path, written: head.size, newest: head, at: Instant::now() }),
            Err(e) => Err(OpenError::Anchor { path, reason: format!("cannot be written: {e}") }),
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// A head that is durable.
    pub(super) const fn advance(&mut self, head: Head) {
        self.newest = head;
    }

    /// How long until it should be written; `None` when it is up to date.
    pub(super) fn due(&self) -> Option<Duration> {
        (self.newest.size > self.written).then(|| INTERVAL.saturating_sub(self.at.elapsed()))
    }

    /// Writes it if it is behind, whenever that was.
    pub(super) fn write(&mut self) -> io::Result<()> {
        if self.newest.size > self.written {
            Anchor::of(&self.newest).write(&self.path)?;
            self.written = self.newest.size;
            self.at = Instant::now();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back_and_nothing_else_is() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.anchor");
        assert_eq!(Anchor::read(&path), Err("is missing".into()));
        let anchor = Anchor { size: 7, root: [9; 32], time: "2026-10-24T10:00:00.5Z".parse().unwrap() };
        anchor.write(&path).unwrap();
        assert_eq!(Anchor::read(&path), Ok(anchor));
        let text = fs::read_to_string(&path).unwrap();
        for broken in [text.replace("size 7", "size -7"), text.replace("anchor 1", "anchor 12"), text + "more\n"] {
            assert_eq!(Anchor::parse(&broken), None, "{broken}");
        }
    }
}

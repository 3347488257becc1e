//! Reading a secret from its file.

use secrecy::SecretString;
use std::{
    fs::File,
    io::Read,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::Path,
};
use zeroize::Zeroizing;

/// A secret, bytes.
const LONGEST: u64 = 8 << 10;
/// A key or certificates as PEM, bytes.
const LONGEST_PEM: u64 = 256 << 10;

/// Who may read a file. Nobody but its owner may ever change it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Readers {
    /// A secret or a private key.
    Owner,
    /// A certificate.
    Anybody,
}

/// Why a secret cannot be used. Never holds any of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Problem {
    #[error("the name must be that of a file directly in the keys directory")]
    Name,
    #[error("the file cannot be opened: check that it exists and belongs to the gateway's user")]
    Open,
    #[error("it is not an ordinary file")]
    Kind,
    #[error("others may read or change it: chmod 0600")]
    Mode,
    #[error("others may change it: chmod 0644")]
    Writable,
    #[error("it is empty or too long (a secret has 8 KiB at most, a PEM file 256 KiB)")]
    Length,
    #[error("it holds something besides one line of printable ASCII")]
    Text,
    #[error("it holds no PEM certificate that can be used")]
    Certificate,
    #[error("it holds no PEM private key")]
    Key,
    #[error("certificate and private key do not belong together")]
    Pair,
}

/// The one line in `file`, without its line ending.
pub(super) fn read(keys: &Path, file: &str) -> Result<SecretString, Problem> {
    let bytes = read_up_to(LONGEST, keys, file, Readers::Owner)?;
    let text = std::str::from_utf8(&bytes).map_err(|_| Problem::Text)?;
    let line = text.strip_suffix('\n').map_or(text, |l| l.strip_suffix('\r').unwrap_or(l));
    match line {
        "" => Err(Problem::Length),
        l if l.bytes().all(|b| b.is_ascii_graphic() || b == b' ') => Ok(SecretString::from(l)),
        _ => Err(Problem::Text),
    }
}

/// Everything in a PEM file.
pub(super) fn read_whole(keys: &Path, file: &str, readers: Readers) -> Result<Zeroizing<Vec<u8>>, Problem> {
    read_up_to(LONGEST_PEM, keys, file, readers)
}

fn read_up_to(longest: u64, keys: &Path, file: &str, readers: Readers) -> Result<Zeroizing<Vec<u8>>, Problem> {
    let plain = !file.is_empty() && !file.starts_with('.') && !file.contains(['/', '\\', '\0']);
    if !plain {
        return Err(Problem::Name);
    }
    // The open file is what is looked at, so that it cannot be exchanged in between.
    let mut open = File::open(keys.join(file)).map_err(|_| Problem::Open)?;
    let facts = open.metadata().map_err(|_| Problem::Open)?;
    if !facts.is_file() {
        return Err(Problem::Kind);
    }
    match (readers, facts.permissions().mode()) {
        (Readers::Owner, mode) if mode & 0o077 != 0 => return Err(Problem::Mode),
        (Readers::Anybody, mode) if mode & 0o022 != 0 => return Err(Problem::Writable),
        _ => {}
    }
    if facts.size() == 0 || facts.size() > longest {
        return Err(Problem::Length);
    }
    // Allocated whole at once: a buffer that grew would leave copies behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(longest as usize + 1));
    open.by_ref().take(longest + 1).read_to_end(&mut bytes).map_err(|_| Problem::Open)?;
    if bytes.len() as u64 > longest { Err(Problem::Length) } else { Ok(bytes) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;
    use std::fs::{self, Permissions};

    fn keys(text: &str, mode: u32) -> tempfile::TempDir {
        let keys = tempfile::tempdir().unwrap();
        let file = keys.path().join("r.key");
        fs::write(&file, text).unwrap();
        fs::set_permissions(&file, Permissions::from_mode(mode)).unwrap();
        keys
    }

    #[test]
    fn one_line_for_the_owner_alone() {
        for text in ["s3cret", "s3cret\n", "s3cret\r\n"] {
            assert_eq!(read(keys(text, 0o600).path(), "r.key").unwrap().expose_secret(), "s3cret");
        }
        assert_eq!(read(keys("s3cret", 0o400).path(), "r.key").unwrap().expose_secret(), "s3cret");
    }

    #[test]
    fn anything_else_is_refused_by_name() {
        for (text, mode, problem) in [
            ("s", 0o640, Problem::Mode),
            ("s", 0o604, Problem::Mode),
            ("", 0o600, Problem::Length),
            ("\n", 0o600, Problem::Length),
            ("a\nb", 0o600, Problem::Text),
            ("a\r\nX-Evil: 1", 0o600, Problem::Text),
            ("sécret", 0o600, Problem::Text),
        ] {
            assert_eq!(read(keys(text, mode).path(), "r.key").unwrap_err(), problem, "{text:?} {mode:o}");
        }
        let long = "x".repeat(9000);
        assert_eq!(read(keys(&long, 0o600).path(), "r.key").unwrap_err(), Problem::Length);
        let keys = keys("s", 0o600);
        for name in ["", "../r.key", "a/b", ".hidden"] {
            assert_eq!(read(keys.path(), name).unwrap_err(), Problem::Name, "{name}");
        }
        assert_eq!(read(keys.path(), "absent").unwrap_err(), Problem::Open);
        fs::create_dir(keys.path().join("d")).unwrap();
        assert_eq!(read(keys.path(), "d").unwrap_err(), Problem::Kind);
    }
}

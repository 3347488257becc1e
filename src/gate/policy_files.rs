//! The `policies/` directory, read from disk into [`Sources`]. What the files mean is the policy room's.

use crate::policy::Sources;
use std::{
    fs::{self, File},
    io::{self, Read as _},
    path::{Path, PathBuf},
};

/// No policy file is larger.
const FILE: u64 = 1 << 20;
/// No set has more files, directories included.
const ENTRIES: usize = 10_000;

/// Why a policies directory could not be read.
#[derive(Debug, thiserror::Error)]
pub enum PolicyFilesError {
    /// The system refused.
    #[error("{path}: {why}", path = .0.display(), why = .1)]
    Io(PathBuf, io::Error),
    /// Too large, or not a file.
    #[error("{} is not a file of at most 1 MiB; take it out of the directory", .0.display())]
    NotAFile(PathBuf),
    /// Not text.
    #[error("{} is not UTF-8 text; save it as UTF-8, or take it out", .0.display())]
    NotText(PathBuf),
    /// Too many.
    #[error("{} holds more than 10,000 files; is it the right directory?", .0.display())]
    TooMany(PathBuf),
}

/// Reads the set. Names that begin with a dot are left out, so that the directory may be kept in Git.
///
/// # Errors
/// [`PolicyFilesError`]: nothing is left out in silence, so one bad file is an error of the whole set.
pub fn read(directory: &Path) -> Result<Sources, PolicyFilesError> {
    let mut sources = Sources::default();
    let mut left = vec![(directory.to_owned(), String::new())];
    let mut entries = 0;
    while let Some((below, prefix)) = left.pop() {
        let failed = |e| PolicyFilesError::Io(below.clone(), e);
        for entry in fs::read_dir(&below).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            entries += 1;
            if entries > ENTRIES {
                return Err(PolicyFilesError::TooMany(directory.to_owned()));
            }
            let path = entry.path();
            let name = entry.file_name().into_string().map_err(|_| PolicyFilesError::NotText(path.clone()))?;
            if name.starts_with('.') || (prefix.is_empty() && name == "cases") {
                continue;
            }
            let name = format!("{prefix}{name}");
            // A linked directory could lead anywhere, and round in circles.
            if entry.file_type().map_err(failed)?.is_dir() {
                left.push((path, format!("{name}/")));
            } else {
                let text = text(&path)?;
                sources.insert(name, text);
            }
        }
    }
    Ok(sources)
}

fn text(path: &Path) -> Result<String, PolicyFilesError> {
    let failed = |e| PolicyFilesError::Io(path.to_owned(), e);
    // Opening a pipe would wait for ever.
    if !fs::metadata(path).map_err(failed)?.is_file() {
        return Err(PolicyFilesError::NotAFile(path.to_owned()));
    }
    let mut bytes = Vec::new();
    File::open(path).map_err(failed)?.take(FILE + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > FILE {
        return Err(PolicyFilesError::NotAFile(path.to_owned()));
    }
    String::from_utf8(bytes).map_err(|_| PolicyFilesError::NotText(path.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn the_shipped_set_is_the_same_from_disk() {
        let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("policies");
        assert_eq!(read(&shipped).unwrap().hash(), crate::policy::shipped::sources().hash());
    }

    #[test]
    fn hidden_files_cases_and_read_me_decide_nothing() {
        let home = tempfile::tempdir().unwrap();
        for below in [".git", "cases/one", "integrations"] {
            fs::create_dir_all(home.path().join(below)).unwrap();
            fs::write(home.path().join(below).join("x.toml"), "x = 1").unwrap();
        }
        fs::write(home.path().join("README.md"), "read").unwrap();
        fs::write(home.path().join(".local.cedar.swp"), b"\xff").unwrap();
        let sources = read(home.path()).unwrap();
        assert_eq!(sources.0.keys().collect::<Vec<_>>(), ["integrations/x.toml"]);
    }

    #[test]
    fn what_is_not_a_text_file_is_an_error_of_the_whole_set() {
        let home = tempfile::tempdir().unwrap();
        let said = |name: &str| {
            let error = read(home.path()).unwrap_err().to_string();
            fs::remove_file(home.path().join(name)).unwrap();
            error
        };
        fs::write(home.path().join("local.cedar"), b"\xff").unwrap();
        assert!(said("local.cedar").contains("local.cedar is not UTF-8 text"));
        fs::write(home.path().join("large.toml"), vec![b'#'; (FILE + 1) as usize]).unwrap();
        assert!(said("large.toml").contains("large.toml is not a file of at most 1 MiB"));
        symlink("/nowhere", home.path().join("gone.toml")).unwrap();
        assert!(said("gone.toml").contains("gone.toml: No such file"));
        symlink(".", home.path().join("round")).unwrap();
        assert!(said("round").contains("round is not a file"));
        assert!(read(&home.path().join("none")).unwrap_err().to_string().contains("none: No such file"));
    }
}

//! The keys directory: private keys that only we can read, and the issuers whose signatures count.
//!
//! ```text
//! keys/subject.key            labels for clients          keys/consent-issuing.key   signs consent here (optional)
//! keys/pseudonym.key          pseudonyms for recipients   keys/issuers/<kid>.pub     signatures that count
//! keys/use.key                tells a retry from a use
//! keys/places.key             digests of places (made when there is a list)
//! ```
//! Other files there are upstream secrets, which `credentials` reads.

use crate::consent::{
    keys::{self as text, KeyTextError, Keys, Secret},
    subject::PlacesKey,
    token::{IssuerKeys, IssuingKey, KeyId},
};
use std::{
    collections::BTreeMap,
    fs::{self, File, OpenOptions},
    io::{self, Read as _, Write as _},
    os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};
use zeroize::Zeroizing;

const SUBJECT: &str = "subject.key";
const PSEUDONYM: &str = "pseudonym.key";
const USE: &str = "use.key";
const PLACES: &str = "places.key";
const ISSUING: &str = "consent-issuing.key";
const ISSUERS: &str = "issuers";
/// A key file is under 1 KiB; more is not one.
const MAX_BYTES: u64 = 64 << 10;

/// What is wrong with the keys directory, and the mend.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// A key that has to be there is not.
    #[error("{} is missing; `havengate init` makes it, or put it back from your backup", .0.display())]
    Missing(PathBuf),
    /// Others can read or write a private key.
    #[error("{path} can be read or written by others; run `chmod 600 {path}`", path = .0.display())]
    Readable(PathBuf),
    /// Others can change which signatures count.
    #[error("{path} can be written by others, who could sign consent; run `chmod go-w {path}`", path = .0.display())]
    Writable(PathBuf),
    /// Somebody else's file.
    #[error("{path} belongs to another user; run `chown {uid} {path}`", path = .0.display(), uid = .1)]
    Owner(PathBuf, u32),
    /// A directory, a pipe, or far too long.
    #[error("{} is not a key file", .0.display())]
    NotAFile(PathBuf),
    /// Its text is wrong.
    #[error("{path} {why}", path = .0.display(), why = .1)]
    Text(PathBuf, KeyTextError),
    /// Two public keys with one name.
    #[error("{} names a key that another file names too; give one of them another `kid`", .0.display())]
    SameName(PathBuf),
    /// It would have been overwritten.
    #[error("{} exists already and is not overwritten; move it away first", .0.display())]
    Exists(PathBuf),
    /// The library refused.
    #[error("no key could be made: the random source or the cryptographic library failed")]
    Crypto,
    /// The system refused.
    #[error("{path}: {why}", path = .0.display(), why = .1)]
    Io(PathBuf, io::Error),
}

/// Reads every key. A private key that others can read is an error, not a warning.
///
/// # Errors
/// [`KeysError`] names the file and the mend.
pub fn load_dir(dir: &Path) -> Result<Keys, KeysError> {
    Ok(Keys {
        subjects: private(&dir.join(SUBJECT), text::read_subject)?,
        pseudonyms: private(&dir.join(PSEUDONYM), text::read_pseudonym)?,
        uses: private(&dir.join(USE), text::read_use)?,
        places: match load_places(dir) {
            Ok(key) => Some(key),
            // Homes made before there were lists have none; where there is a list, nothing is judged without it.
            Err(KeysError::Missing(_)) => None,
            Err(error) => return Err(error),
        },
        issuers: issuers(&dir.join(ISSUERS))?,
    })
}

/// Reads the key that places are listed under.
///
/// # Errors
/// [`KeysError`] names the file and the mend.
pub fn load_places(dir: &Path) -> Result<PlacesKey, KeysError> {
    private(&dir.join(PLACES), text::read_places)
}

/// Makes the key that places are listed under, in a home that was made before there were lists.
///
/// # Errors
/// [`KeysError::Exists`] and what the system refused.
pub fn create_places(dir: &Path) -> Result<(), KeysError> {
    create_all(&[(dir.join(PLACES), text::write_places(&random()?))])
}

/// Whether a list of places can be looked for with these keys: there is none, or its digests are made with this key.
#[must_use]
pub fn fits(keys: &Keys, places: &crate::policy::places::PlaceList) -> bool {
    places.is_empty() || keys.places.as_ref().is_some_and(|key| places.key().is_some_and(|id| id.0 == key.id()))
}

/// Reads the key that signs consent, which the gateway itself does not need.
///
/// # Errors
/// [`KeysError`] names the file and the mend.
pub fn load_issuing(dir: &Path) -> Result<IssuingKey, KeysError> {
    private(&dir.join(ISSUING), text::read_issuing)
}

/// Makes subject, pseudonym, use and places keys, with mode 0600, in a directory of mode 0700. Overwrites nothing;
/// what it made itself is removed again when it fails half-way.
///
/// # Errors
/// [`KeysError::Exists`] and what the system refused.
pub fn create_dir(dir: &Path) -> Result<(), KeysError> {
    make_dir(dir)?;
    make_dir(&dir.join(ISSUERS))?;
    create_all(&[
        (dir.join(SUBJECT), text::write_subject(&BTreeMap::from([(1, random()?)]), 1)),
        (dir.join(PSEUDONYM), text::write_pseudonym(&random()?)),
        (dir.join(USE), text::write_use(&random()?)),
        (dir.join(PLACES), text::write_places(&random()?)),
    ])
}

/// Makes a key that signs consent: `consent-issuing.key` and `issuers/<kid>.pub` below `dir`. Without a name
/// it is named after its public half. Returns the name and both paths, private one first.
///
/// # Errors
/// [`KeysError::Exists`] and what the system refused.
pub fn create_issuing(dir: &Path, kid: Option<KeyId>, issuer: &str) -> Result<(KeyId, [PathBuf; 2]), KeysError> {
    let seed = random()?;
    let key = IssuingKey::from_seed(kid, issuer, &seed).ok_or(KeysError::Crypto)?;
    let kid = key.public().kid().clone();
    make_dir(dir)?;
    make_dir(&dir.join(ISSUERS))?;
    let paths = [dir.join(ISSUING), dir.join(ISSUERS).join(format!("{kid}.pub"))];
    let [private, public] = paths.clone();
    create_all(&[
        (private, text::write_issuing(key.public(), &seed)),
        (public, Zeroizing::new(text::write_issuer(key.public()))),
    ])?;
    Ok((kid, paths))
}

fn issuers(dir: &Path) -> Result<IssuerKeys, KeysError> {
    let mut keys = IssuerKeys::default();
    match public(dir) {
        Ok(_) => {}
        Err(KeysError::Missing(_)) => return Ok(keys),
        Err(e) => return Err(e),
    }
    let entries = fs::read_dir(dir).map_err(|e| KeysError::Io(dir.to_owned(), e))?;
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry.map_err(|e| KeysError::Io(dir.to_owned(), e))?.path();
        if path.extension().is_some_and(|e| e == "pub") {
            paths.push(path);
        }
    }
    paths.sort();
    for path in paths {
        let text = read(&path, public(&path)?)?;
        let key = text::read_issuer(&text).map_err(|e| KeysError::Text(path.clone(), e))?;
        if !keys.add(key) {
            return Err(KeysError::SameName(path));
        }
    }
    Ok(keys)
}

fn private<T>(path: &Path, parse: fn(&str) -> Result<T, KeyTextError>) -> Result<T, KeysError> {
    let file = open(path)?;
    if others_may(path, &file, 0o077)? {
        return Err(KeysError::Readable(path.to_owned()));
    }
    let text = read(path, file)?;
    parse(&text).map_err(|e| KeysError::Text(path.to_owned(), e))
}

/// A public key is no secret, but whoever can add or change one can sign consent.
fn public(path: &Path) -> Result<File, KeysError> {
    let file = open(path)?;
    if others_may(path, &file, 0o022)? { Err(KeysError::Writable(path.to_owned())) } else { Ok(file) }
}

/// Looks at what was opened and not at the name again, so that nobody can swap the file in between.
fn others_may(path: &Path, file: &File, bits: u32) -> Result<bool, KeysError> {
    let facts = file.metadata().map_err(|e| KeysError::Io(path.to_owned(), e))?;
    let ours = rustix::process::geteuid().as_raw();
    if facts.uid() != ours && facts.uid() != 0 {
        return Err(KeysError::Owner(path.to_owned(), ours));
    }
    Ok(facts.mode() & bits != 0)
}

/// Without waiting: a pipe in place of a key must not hang the start.
fn open(path: &Path) -> Result<File, KeysError> {
    let flags = i32::try_from(rustix::fs::OFlags::NONBLOCK.bits()).unwrap_or(0);
    OpenOptions::new().read(true).custom_flags(flags).open(path).map_err(|e| match e.kind() {
        io::ErrorKind::NotFound => KeysError::Missing(path.to_owned()),
        _ => KeysError::Io(path.to_owned(), e),
    })
}

fn read(path: &Path, file: File) -> Result<Zeroizing<String>, KeysError> {
    let io = |e| KeysError::Io(path.to_owned(), e);
    let facts = file.metadata().map_err(io)?;
    if !facts.is_file() || facts.len() > MAX_BYTES {
        return Err(KeysError::NotAFile(path.to_owned()));
    }
    let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_BYTES as usize + 1));
    file.take(MAX_BYTES).read_to_end(&mut bytes).map_err(io)?;
    match String::from_utf8(std::mem::take(&mut *bytes)) {
        Ok(text) => Ok(Zeroizing::new(text)),
        Err(e) => {
            drop(Zeroizing::new(e.into_bytes()));
            Err(KeysError::NotAFile(path.to_owned()))
        }
    }
}

fn make_dir(dir: &Path) -> Result<(), KeysError> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(|e| KeysError::Io(dir.to_owned(), e))
}

/// All of them or none, each new, each on disk before this returns.
fn create_all(files: &[(PathBuf, Zeroizing<String>)]) -> Result<(), KeysError> {
    for (done, (path, text)) in files.iter().enumerate() {
        if let Err(e) = create(path, text) {
            // Files before this one are ours; this one is too, unless it was there before.
            let mine = done + usize::from(e.kind() != io::ErrorKind::AlreadyExists);
            for (path, _) in files.iter().take(mine) {
                let _ = fs::remove_file(path);
            }
            return Err(match e.kind() {
                io::ErrorKind::AlreadyExists => KeysError::Exists(path.clone()),
                _ => KeysError::Io(path.clone(), e),
            });
        }
    }
    Ok(())
}

fn create(path: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    // The name has to survive a crash as well.
    path.parent().map_or(Ok(()), |dir| File::open(dir)?.sync_all())
}

fn random() -> Result<Secret, KeysError> {
    let mut bytes = Zeroizing::new([0; 32]);
    aws_lc_rs::rand::fill(bytes.as_mut_slice()).map_err(|_| KeysError::Crypto)?;
    Ok(Secret::new(*bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    fn home() -> tempfile::TempDir {
        let home = tempfile::tempdir().unwrap();
        create_dir(&home.path().join("keys")).unwrap();
        home
    }

    #[test]
    fn what_init_makes_is_private_and_loads() {
        let home = home();
        let dir = home.path().join("keys");
        for name in [SUBJECT, PSEUDONYM, USE, PLACES] {
            assert_eq!(fs::metadata(dir.join(name)).unwrap().mode() & 0o7777, 0o600, "{name}");
        }
        assert_eq!(fs::metadata(&dir).unwrap().mode() & 0o7777, 0o700);
        assert_eq!(load_dir(&dir).unwrap().issuers.iter().count(), 0);
    }

    #[test]
    fn nothing_is_overwritten_and_nothing_half_made_stays() {
        let home = home();
        let dir = home.path().join("keys");
        let before = fs::read(dir.join(SUBJECT)).unwrap();
        assert!(matches!(create_dir(&dir), Err(KeysError::Exists(p)) if p.ends_with(SUBJECT)));
        assert_eq!(fs::read(dir.join(SUBJECT)).unwrap(), before);

        fs::remove_file(dir.join(SUBJECT)).unwrap();
        assert!(matches!(create_dir(&dir), Err(KeysError::Exists(p)) if p.ends_with(PSEUDONYM)));
        assert!(!dir.join(SUBJECT).exists(), "made by the call that failed");
    }

    #[test]
    fn a_key_others_can_read_is_refused_with_the_mend() {
        let home = home();
        let path = home.path().join("keys").join(USE);
        for mode in [0o640, 0o604, 0o620] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let error = load_dir(&home.path().join("keys")).unwrap_err();
            assert!(matches!(error, KeysError::Readable(_)), "{error}");
            assert!(error.to_string().ends_with(&format!("run `chmod 600 {}`", path.display())), "{error}");
        }
    }

    #[test]
    fn a_missing_key_a_directory_and_a_long_file_are_refused() {
        let home = home();
        let dir = home.path().join("keys");
        let path = dir.join(SUBJECT);
        fs::remove_file(&path).unwrap();
        assert!(matches!(load_dir(&dir), Err(KeysError::Missing(_))));
        fs::DirBuilder::new().mode(0o700).create(&path).unwrap();
        assert!(matches!(load_dir(&dir), Err(KeysError::NotAFile(_))));
        fs::remove_dir(&path).unwrap();
        create(&path, &"#".repeat(70_000)).unwrap();
        assert!(matches!(load_dir(&dir), Err(KeysError::NotAFile(_))));
    }

    #[test]
    fn a_signing_key_is_made_once_and_its_public_half_counts() {
        let home = home();
        let dir = home.path().join("keys");
        let (kid, paths) = create_issuing(&dir, None, "https://consent.example").unwrap();
        assert_eq!(load_issuing(&dir).unwrap().public(), load_dir(&dir).unwrap().issuers.get(kid.as_str()).unwrap());
        assert_eq!(fs::metadata(&paths[0]).unwrap().mode() & 0o7777, 0o600);
        assert!(matches!(create_issuing(&dir, None, "https://consent.example"), Err(KeysError::Exists(_))));
        assert_eq!(fs::read_dir(dir.join(ISSUERS)).unwrap().count(), 1);

        for (path, bad, good) in [(dir.join(ISSUERS), 0o777, 0o755), (paths[1].clone(), 0o664, 0o644)] {
            fs::set_permissions(&path, fs::Permissions::from_mode(bad)).unwrap();
            let error = load_dir(&dir).unwrap_err();
            assert!(error.to_string().ends_with(&format!("run `chmod go-w {}`", path.display())), "{error}");
            fs::set_permissions(&path, fs::Permissions::from_mode(good)).unwrap();
        }
        assert!(load_dir(&dir).is_ok());

        fs::copy(&paths[1], dir.join(ISSUERS).join("again.pub")).unwrap();
        assert!(matches!(load_dir(&dir), Err(KeysError::SameName(_))));
    }
}

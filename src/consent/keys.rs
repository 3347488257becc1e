//! How keys are written: short text files, one key ring each, strict. Bytes in, keys out; `gate::keys` reads
//! and writes the files.
//!
//! ```text
//! havengate-key: subject
//! # Makes the labels that stand for clients. Lost: every consent has to be asked for again.
//! current: 1
//! epoch-1: 5nWp…43 base64url characters
//! ```

use super::{
    subject::{PlacesKey, PseudonymKey, SubjectKeys, UseKey},
    token::{IssuerKey, IssuerKeys, IssuingKey, KeyId},
};
use data_encoding::BASE64URL_NOPAD;
use std::{collections::BTreeMap, fmt, fmt::Write as _};
use zeroize::Zeroizing;

/// Every key the gateway works with.
#[derive(Debug)]
pub struct Keys {
    /// Labels for clients.
    pub subjects: SubjectKeys,
    /// Pseudonyms for recipients.
    pub pseudonyms: PseudonymKey,
    /// Digests of uses.
    pub uses: UseKey,
    /// Digests of places. `None`: this home has no list, or was made before there were any.
    pub places: Option<PlacesKey>,
    /// Whose tokens count.
    pub issuers: IssuerKeys,
}

/// 32 secret bytes: wiped when dropped, never printed.
#[derive(Clone)]
pub struct Secret(Zeroizing<[u8; 32]>);

impl Secret {
    /// Takes bytes of a cryptographic random source, or read from a key file.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    pub(super) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    fn text(&self) -> Zeroizing<String> {
        Zeroizing::new(BASE64URL_NOPAD.encode(self.bytes()))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// What is wrong with a key file's text. Never repeats a line of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyTextError {
    /// Another kind of file.
    #[error("is not a key file of this kind: its first line has to be `havengate-key: {0}`")]
    Kind(&'static str),
    /// Not `name: value`.
    #[error("has a line {0} that is not `name: value`")]
    Line(usize),
    /// A line that such a file does not have, or has twice.
    #[error("has a line {0} whose name is unknown or stands twice")]
    Name(usize),
    /// A line is not there.
    #[error("has no line `{0}: …`")]
    Missing(&'static str),
    /// A value is not what it has to be.
    #[error("has a line `{0}: …` whose value is not {1}")]
    Value(&'static str, &'static str),
}

const KEY: &str = "32 bytes as 43 base64url characters";

const SUBJECT: &str = "subject";
const PSEUDONYM: &str = "pseudonym";
const USE: &str = "use";
const PLACES: &str = "places";
const ISSUING: &str = "consent-issuing";
const ISSUER: &str = "consent-issuer";

/// Reads the subject keys of all epochs.
///
/// # Errors
/// [`KeyTextError`] says which line is wrong.
pub fn read_subject(text: &str) -> Result<SubjectKeys, KeyTextError> {
    let mut lines = Lines::read(text, SUBJECT)?;
    let current = lines.value("current")?.parse().map_err(|_| KeyTextError::Value("current", "an epoch's number"))?;
    let mut epochs = BTreeMap::new();
    for (name, (line, value)) in std::mem::take(&mut lines.0) {
        let epoch = name.strip_prefix("epoch-").and_then(|n| n.parse::<u16>().ok().filter(|e| e.to_string() == n));
        epochs.insert(epoch.ok_or(KeyTextError::Name(line))?, secret(value, "epoch-…")?);
    }
    SubjectKeys::new(&epochs, current).ok_or(KeyTextError::Value("current", "the number of an epoch that has a line"))
}

/// Writes subject keys.
#[must_use]
pub fn write_subject(epochs: &BTreeMap<u16, Secret>, current: u16) -> Zeroizing<String> {
    let mut text =
        head(SUBJECT, "Makes the labels that stand for clients. Lost: every consent has to be asked for again.");
    let _ = writeln!(text, "current: {current}");
    for (epoch, secret) in epochs {
        let _ = writeln!(text, "epoch-{epoch}: {}", *secret.text());
    }
    text
}

/// Reads the pseudonym key.
///
/// # Errors
/// [`KeyTextError`] says which line is wrong.
pub fn read_pseudonym(text: &str) -> Result<PseudonymKey, KeyTextError> {
    one_secret(text, PSEUDONYM).map(|s| PseudonymKey::new(&s))
}

/// Writes the pseudonym key.
#[must_use]
pub fn write_pseudonym(secret: &Secret) -> Zeroizing<String> {
    let purpose = "Makes a value's pseudonym for each recipient. Lost: recipients see new pseudonyms from then on.";
    with_secret(PSEUDONYM, purpose, secret)
}

/// Reads the use key.
///
/// # Errors
/// [`KeyTextError`] says which line is wrong.
pub fn read_use(text: &str) -> Result<UseKey, KeyTextError> {
    one_secret(text, USE).map(|s| UseKey::new(&s))
}

/// Writes the use key.
#[must_use]
pub fn write_use(secret: &Secret) -> Zeroizing<String> {
    with_secret(USE, "Tells a retry from a new use of a consent. Lost: a retry counts as a new use for a day.", secret)
}

/// Reads the places key.
///
/// # Errors
/// [`KeyTextError`] says which line is wrong.
pub fn read_places(text: &str) -> Result<PlacesKey, KeyTextError> {
    one_secret(text, PLACES).map(|s| PlacesKey::new(&s))
}

/// Writes the places key.
#[must_use]
pub fn write_places(secret: &Secret) -> Zeroizing<String> {
    let purpose = "Makes the digests of policies/places.toml. Lost: every place has to be added again.";
    with_secret(PLACES, purpose, secret)
}

/// Reads the private key that signs consent.
///
/// # Errors
/// [`KeyTextError`] says which line is wrong.
pub fn read_issuing(text: &str) -> Result<IssuingKey, KeyTextError> {
    let mut lines = Lines::read(text, ISSUING)?;
    let (kid, issuer, public) = identity(&mut lines)?;
    let seed = secret(lines.value("key")?, "key")?;
    lines.end()?;
    let key = IssuingKey::from_seed(Some(kid), &issuer, &seed);
    key.filter(|k| *k.public().public() == public).ok_or(KeyTextError::Value("public", "the public half of this key"))
}

/// Writes the private key that signs consent, from the seed it was made of.
#[must_use]
pub fn write_issuing(public: &IssuerKey, seed: &Secret) -> Zeroizing<String> {
    let mut text =
        head(ISSUING, "Private: signs consent tokens. Lost: make another and give its public half to the gateways.");
    write_identity(&mut text, public);
    let _ = writeln!(text, "key: {}", *seed.text());
    text
}

/// Reads a public key whose signatures count.
///
/// # Errors
/// [`KeyTextError`] says which line is wrong.
pub fn read_issuer(text: &str) -> Result<IssuerKey, KeyTextError> {
    let mut lines = Lines::read(text, ISSUER)?;
    let (kid, issuer, public) = identity(&mut lines)?;
    lines.end()?;
    Ok(IssuerKey::new(kid, &issuer, public))
}

/// Writes a public key.
#[must_use]
pub fn write_issuer(key: &IssuerKey) -> String {
    let mut text = head(ISSUER, "Public: consent signed with its private half counts. Delete it to stop that.");
    write_identity(&mut text, key);
    std::mem::take(&mut *text)
}

fn identity(lines: &mut Lines<'_>) -> Result<(KeyId, String, [u8; 32]), KeyTextError> {
    let kid = lines.value("kid")?.parse().map_err(|_| KeyTextError::Value("kid", "a key's name"))?;
    let issuer = lines.value("issuer")?.to_owned();
    Ok((kid, issuer, bytes(lines.value("public")?, "public")?))
}

fn write_identity(text: &mut String, key: &IssuerKey) {
    let public = BASE64URL_NOPAD.encode(key.public());
    let _ = writeln!(text, "kid: {}\nissuer: {}\npublic: {public}", key.kid(), key.issuer());
}

fn one_secret(text: &str, kind: &'static str) -> Result<Secret, KeyTextError> {
    let mut lines = Lines::read(text, kind)?;
    let secret = secret(lines.value("key")?, "key")?;
    lines.end()?;
    Ok(secret)
}

fn with_secret(kind: &str, purpose: &str, secret: &Secret) -> Zeroizing<String> {
    let mut text = head(kind, purpose);
    let _ = writeln!(text, "key: {}", *secret.text());
    text
}

/// Room for every file in one allocation, so that growing never leaves a copy of a key behind.
fn head(kind: &str, purpose: &str) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(4096));
    let _ = writeln!(text, "havengate-key: {kind}\n# {purpose}");
    text
}

fn secret(value: &str, name: &'static str) -> Result<Secret, KeyTextError> {
    bytes(value, name).map(Secret::new)
}

fn bytes(value: &str, name: &'static str) -> Result<[u8; 32], KeyTextError> {
    let mut out = Zeroizing::new([0; 33]);
    let wrong = KeyTextError::Value(name, KEY);
    if value.len() != 43 {
        return Err(wrong);
    }
    let read = out.get_mut(..32).and_then(|to| BASE64URL_NOPAD.decode_mut(value.as_bytes(), to).ok());
    let all = out.first_chunk::<32>().copied();
    read.and(all).ok_or(wrong)
}

/// A file's lines by name: number and value. Comments and empty lines are left out.
struct Lines<'a>(BTreeMap<&'a str, (usize, &'a str)>);

impl<'a> Lines<'a> {
    fn read(text: &'a str, kind: &'static str) -> Result<Self, KeyTextError> {
        let mut lines = text.lines().enumerate().map(|(i, line)| (i + 1, line.trim_end()));
        let first = lines.next().and_then(|(_, line)| line.strip_prefix("havengate-key: "));
        if first != Some(kind) {
            return Err(KeyTextError::Kind(kind));
        }
        let mut by_name = BTreeMap::new();
        for (number, line) in lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#')) {
            let (name, value) = line.split_once(": ").ok_or(KeyTextError::Line(number))?;
            if by_name.insert(name, (number, value)).is_some() {
                return Err(KeyTextError::Name(number));
            }
        }
        Ok(Self(by_name))
    }

    fn value(&mut self, name: &'static str) -> Result<&'a str, KeyTextError> {
        self.0.remove(name).map(|(_, value)| value).ok_or(KeyTextError::Missing(name))
    }

    fn end(&self) -> Result<(), KeyTextError> {
        self.0.values().map(|(number, _)| *number).min().map_or(Ok(()), |number| Err(KeyTextError::Name(number)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let app = "inform".parse().unwrap();
        let epochs = BTreeMap::from([(1, Secret::new([1; 32])), (2, Secret::new([2; 32]))]);
        let read = read_subject(&write_subject(&epochs, 2)).unwrap();
        assert_eq!(read.labels(&app, "1"), SubjectKeys::new(&epochs, 2).unwrap().labels(&app, "1"));

        let seed = Secret::new([5; 32]);
        let key = IssuingKey::from_seed(None, "https://consent.example", &seed).unwrap();
        let read = read_issuing(&write_issuing(key.public(), &seed)).unwrap();
        assert_eq!(read.public(), key.public());
        assert_eq!(read_issuer(&write_issuer(key.public())).as_ref(), Ok(key.public()));

        let read = read_use(&write_use(&seed)).unwrap();
        assert_eq!(read.digest([&b"a"[..]]), UseKey::new(&seed).digest([&b"a"[..]]));
        assert!(read_pseudonym(&write_pseudonym(&seed)).is_ok());
    }

    #[test]
    fn a_wrong_file_is_refused_with_the_line_and_without_its_text() {
        let key = "A".repeat(43);
        for (text, expected) in [
            (String::new(), KeyTextError::Kind("use")),
            (format!("havengate-key: pseudonym\nkey: {key}"), KeyTextError::Kind("use")),
            ("havengate-key: use\nkey=secret".into(), KeyTextError::Line(2)),
            (format!("havengate-key: use\nkey: {key}\nkey: {key}"), KeyTextError::Name(3)),
            (format!("havengate-key: use\n\nother: x\nkey: {key}"), KeyTextError::Name(3)),
            ("havengate-key: use\n".into(), KeyTextError::Missing("key")),
            (format!("havengate-key: use\nkey: {key}A"), KeyTextError::Value("key", KEY)),
            (format!("havengate-key: use\nkey: {}B", "A".repeat(42)), KeyTextError::Value("key", KEY)),
        ] {
            let error = read_use(&text).unwrap_err();
            assert_eq!(error, expected, "{text}");
            assert!(!error.to_string().contains("AAA") && !error.to_string().contains("secret"));
        }
        let text = format!("havengate-key: subject\ncurrent: 2\nepoch-1: {key}");
        assert!(matches!(read_subject(&text), Err(KeyTextError::Value("current", _))));
        let text = format!("havengate-key: subject\ncurrent: 1\nepoch-01: {key}");
        assert!(matches!(read_subject(&text), Err(KeyTextError::Name(3))));
    }

    #[test]
    fn a_private_key_has_to_fit_its_public_half() {
        let seed = Secret::new([5; 32]);
        let other = IssuerKey::new("c1".parse().unwrap(), "https://consent.example", [3; 32]);
        let text = write_issuing(&other, &seed);
        assert!(matches!(read_issuing(&text), Err(KeyTextError::Value("public", _))));
    }

    #[test]
    fn a_secret_does_not_show() {
        assert_eq!(format!("{:?}", Secret::new([9; 32])), "Secret(…)");
    }
}

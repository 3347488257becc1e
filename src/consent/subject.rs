//! Keyed labels: a client is known here only by what a key makes of their record's id.
//!
//! Labels and pseudonyms are HMAC-SHA-256 (RFC 2104, FIPS 180-4), so without the key nobody can go from a
//! record to its label or back, and two recipients cannot join what they hold.

use super::keys::Secret;
use crate::flow::{App, Category, SubjectLabel, SystemId};
use aws_lc_rs::hmac;
use std::collections::BTreeMap;

const SUBJECT: &[u8] = b"havengate-subject-v1";
const PSEUDONYM: &[u8] = b"havengate-pseudonym-v1";
const PLACES: &[u8] = b"havengate-places-v1";
const USE: &[u8] = b"havengate-use-v1";

/// The keys that make subject labels. New labels use the current epoch; older epochs still match the grants
/// that were made under them.
#[derive(Debug)]
pub struct SubjectKeys {
    /// Never empty: the current one is its own field.
    current: (u16, Mac),
    older: BTreeMap<u16, Mac>,
}

impl SubjectKeys {
    /// Joins the keys of all epochs. `None`: the current epoch has no key.
    #[must_use]
    pub fn new(epochs: &BTreeMap<u16, Secret>, current: u16) -> Option<Self> {
        let mut older: BTreeMap<u16, Mac> = epochs.iter().map(|(epoch, secret)| (*epoch, Mac::new(secret))).collect();
        let key = older.remove(&current)?;
        Some(Self { current: (current, key), older })
    }

    /// The label of a record: `"k" epoch "." base64url(HMAC-SHA-256(key, "havengate-subject-v1" 00 app 00
    /// record-id))`. `record_id` is the decoded string's text, or a number's exact text. An [`App`] holds no
    /// NUL, so two records never share the bytes that are hashed.
    #[must_use]
    pub fn label(&self, app: &App, record_id: &str) -> SubjectLabel {
        let (epoch, key) = &self.current;
        label(*epoch, key, app, record_id)
    }

    /// The labels of a record under every epoch, the current one first and then the newest.
    #[must_use]
    pub fn labels(&self, app: &App, record_id: &str) -> Vec<SubjectLabel> {
        let older = self.older.iter().rev().map(|(epoch, key)| label(*epoch, key, app, record_id));
        std::iter::once(self.label(app, record_id)).chain(older).collect()
    }

    /// The epoch of new labels.
    #[must_use]
    pub const fn current(&self) -> u16 {
        self.current.0
    }
}

fn label(epoch: u16, key: &Mac, app: &App, record_id: &str) -> SubjectLabel {
    SubjectLabel::from_mac(epoch, &key.of([SUBJECT, b"\0", app.as_str().as_bytes(), b"\0", record_id.as_bytes()]))
}

/// Whether a text is a label in its one spelling: no leading zero in the epoch, canonical base64url.
pub(super) fn is_label(text: &str) -> bool {
    let Some((epoch, mac)) = text.strip_prefix('k').and_then(|t| t.split_once('.')) else { return false };
    epoch.parse::<u16>().is_ok_and(|n| n.to_string() == epoch)
        && mac.len() == 43
        && data_encoding::BASE64URL_NOPAD.decode(mac.as_bytes()).is_ok()
}

/// Makes pseudonyms for values: stable for one recipient, different for every other.
#[derive(Debug)]
pub struct PseudonymKey(Mac);

impl PseudonymKey {
    /// From a secret.
    #[must_use]
    pub fn new(secret: &Secret) -> Self {
        Self(Mac::new(secret))
    }

    /// 26 lower-case base32 characters (128 bits): they survive systems that fold case or limit characters.
    #[must_use]
    pub fn pseudonym(&self, destination: &SystemId, category: &Category, value: &str) -> String {
        let parts = [PSEUDONYM, destination.as_str().as_bytes(), category.as_str().as_bytes(), value.as_bytes()];
        let [a, b, c, d] = parts;
        let mac = self.0.of([a, b"\0", b, b"\0", c, b"\0", d]);
        let (half, _) = mac.split_at(16);
        data_encoding::BASE32_NOPAD.encode(half).to_ascii_lowercase()
    }
}

/// Makes the digest that tells a retry from a new use.
#[derive(Debug)]
pub struct UseKey(Mac);

impl UseKey {
    /// From a secret.
    #[must_use]
    pub fn new(secret: &Secret) -> Self {
        Self(Mac::new(secret))
    }

    /// HMAC-SHA-256 over the parts, each with its length before it, so that moving a byte from one part to the
    /// next is another digest.
    pub fn digest<'a>(&self, parts: impl IntoIterator<Item = &'a [u8]>) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.0.0);
        context.update(USE);
        for part in parts {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
        bytes(&context.sign())
    }
}

/// Makes the digests of the organisation's places. It is handed out as bytes, because the detectors keep their own
/// form of it; `Debug` shows nothing of it.
#[derive(Debug)]
pub struct PlacesKey {
    secret: Secret,
    id: [u8; 8],
}

impl PlacesKey {
    /// From a secret.
    #[must_use]
    pub fn new(secret: &Secret) -> Self {
        let mac = Mac::new(secret).of([PLACES]);
        Self { secret: secret.clone(), id: mac.first_chunk().copied().unwrap_or_default() }
    }

    /// The key itself, for [`crate::detect::Places`] alone.
    #[must_use]
    pub fn secret(&self) -> &[u8] {
        self.secret.bytes()
    }

    /// What a list says about the key it was made with: the first 8 bytes of HMAC-SHA-256(key, "havengate-places-v1").
    #[must_use]
    pub const fn id(&self) -> [u8; 8] {
        self.id
    }
}

/// An HMAC-SHA-256 key, ready to use. The library wipes it when it is dropped and never prints it.
#[derive(Debug)]
struct Mac(hmac::Key);

impl Mac {
    fn new(secret: &Secret) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, secret.bytes()))
    }

    fn of<const N: usize>(&self, parts: [&[u8]; N]) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.0);
        for part in parts {
            context.update(part);
        }
        bytes(&context.sign())
    }
}

/// A SHA-256 tag is always 32 bytes; were it ever shorter, the rest stays zero and matches nothing.
fn bytes(tag: &hmac::Tag) -> [u8; 32] {
    let mut out = [0; 32];
    for (to, from) in out.iter_mut().zip(tag.as_ref()) {
        *to = *from;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(current: u16) -> SubjectKeys {
        let epochs = BTreeMap::from([(1, Secret::new([1; 32])), (3, Secret::new([3; 32]))]);
        SubjectKeys::new(&epochs, current).unwrap()
    }

    /// Worked out apart from this code, with Python's hmac module.
    #[test]
    fn a_label_is_what_the_design_says() {
        let label = keys(3).label(&"inform".parse().unwrap(), "C-1042");
        assert_eq!(label.as_str(), LABEL);
        assert!(is_label(LABEL));
    }
    const LABEL: &str = "k3.JEjM7qT2CyY6APbjOcxo-Zpj-4qZrjHnUJ5FlRrlFXg";

    #[test]
    fn every_epoch_has_a_label_and_the_current_one_is_first() {
        let app = "inform".parse().unwrap();
        let labels = keys(3).labels(&app, "C-1042");
        assert_eq!(labels, [keys(3).label(&app, "C-1042"), keys(1).label(&app, "C-1042")]);
        assert!(SubjectKeys::new(&BTreeMap::from([(1, Secret::new([1; 32]))]), 2).is_none());
    }

    #[test]
    fn app_and_record_do_not_run_together() {
        let of = |app: &str, id: &str| keys(1).label(&app.parse().unwrap(), id);
        assert_ne!(of("inform", "a"), of("informa", ""));
        assert_ne!(of("inform", "1"), of("inform", "1.0"));
        assert_ne!(of("inform", "a\0b"), of("inform", "a"));
    }

    #[test]
    fn a_label_has_one_spelling() {
        let end = LABEL.strip_prefix("k3.").unwrap();
        for other in [
            format!("k03.{end}"),
            format!("k+3.{end}"),
            format!("k70000.{end}"),
            format!("K3.{end}"),
            format!("k3.{end}A"),
            format!("k3.{end}="),
            LABEL.replace("FXg", "FXh"),
            "k3.".to_owned(),
            String::new(),
        ] {
            assert!(!is_label(&other), "{other}");
        }
    }

    #[test]
    fn two_recipients_cannot_join_and_one_can() {
        let key = PseudonymKey::new(&Secret::new([9; 32]));
        let of = |to: &str, what: &str, value: &str| key.pseudonym(&to.parse().unwrap(), &what.parse().unwrap(), value);
        let first = of("a/x", "pd:Name", "Amina");
        assert_eq!(first, of("a/x", "pd:Name", "Amina"));
        assert_eq!(first.len(), 26);
        for other in [of("a/y", "pd:Name", "Amina"), of("a/x", "pd:Alias", "Amina"), of("a/x", "pd:Name", "amina")] {
            assert_ne!(first, other);
        }
    }

    #[test]
    fn parts_of_a_use_do_not_run_together() {
        let key = UseKey::new(&Secret::new([9; 32]));
        assert_ne!(key.digest([&b"ab"[..], b"c"]), key.digest([&b"a"[..], b"bc"]));
        assert_ne!(key.digest([&b"ab"[..]]), key.digest([&b"ab"[..], b""]));
    }

    #[test]
    fn keys_do_not_show() {
        let shown = format!("{:?} {:?}", keys(1), PseudonymKey::new(&Secret::new([9; 32])));
        assert!(!shown.contains("9, 9") && !shown.contains("1, 1"), "{shown}");
    }
}

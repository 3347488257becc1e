//! Passphrases. One stretch by argon2id gives two keys that say nothing of each other: what the store keeps to know the
//! passphrase again, and what locks the account's secrets. Whoever has the store has to stretch every guess.

use crate::panel::{letters, wrong::Wrong};
use argon2::{Algorithm, Argon2, Params, Version};
use aws_lc_rs::{hkdf, rand};
use data_encoding::BASE64URL_NOPAD as BASE64;
use tokio::sync::Semaphore;
use unicode_normalization::UnicodeNormalization as _;
use zeroize::Zeroizing;

/// Above what OWASP asks of argon2id (2026: 46 MiB and one pass, or 19 MiB and two): KiB of memory, passes, lanes.
const COST: (u32, u32, u32) = (64 << 10, 3, 1);
/// Bytes of a salt.
const SALT: usize = 16;
/// Stretching takes memory and a processor each: never more than this many at once, beside the gateway.
static PLACES: Semaphore = Semaphore::const_new(2);

/// What locks an account's secrets.
pub(super) type Key = Zeroizing<[u8; 32]>;

/// A passphrase for an account: the text that is kept to know it again, and the key.
pub(super) async fn make(passphrase: &str) -> Result<(String, Key), Wrong> {
    let mut salt = [0; SALT];
    rand::fill(&mut salt).map_err(|_| Wrong::broken("the random source failed"))?;
    let (verifier, key) = stretch(passphrase, COST, salt.to_vec()).await?;
    let (memory, passes, lanes) = COST;
    let (salt, verifier) = (BASE64.encode(&salt), BASE64.encode(&*verifier));
    Ok((format!("argon2id$m={memory},t={passes},p={lanes}${salt}${verifier}"), key))
}

/// The key, when it is the passphrase whose text was kept. Where there is no account, it takes as long.
pub(super) async fn check(passphrase: &str, kept: Option<&str>) -> Result<Option<Key>, Wrong> {
    let Some((cost, salt, known)) = kept.and_then(read) else {
        stretch(passphrase, COST, vec![0; SALT]).await?;
        return Ok(None);
    };
    let (verifier, key) = stretch(passphrase, cost, salt).await?;
    Ok(letters::same(&*verifier, &known).then_some(key))
}

type Kept = ((u32, u32, u32), Vec<u8>, Vec<u8>);

fn read(kept: &str) -> Option<Kept> {
    let mut parts = kept.split('$');
    let (kind, cost) = (parts.next()?, parts.next()?);
    let (salt, verifier) =
        (BASE64.decode(parts.next()?.as_bytes()).ok()?, BASE64.decode(parts.next()?.as_bytes()).ok()?);
    let mut costs = cost.split(',').zip(["m=", "t=", "p="]).map(|(cost, name)| cost.strip_prefix(name)?.parse().ok());
    let cost = (costs.next()??, costs.next()??, costs.next()??);
    (kind == "argon2id").then_some((cost, salt, verifier))
}

async fn stretch(passphrase: &str, cost: (u32, u32, u32), salt: Vec<u8>) -> Result<(Key, Key), Wrong> {
    let place = PLACES.acquire().await.map_err(|_| Wrong::broken("passphrases cannot be checked"))?;
    // As it was typed on another keyboard (NIST SP 800-63B-4 section 3.1.1.2).
    let text = Zeroizing::new(passphrase.nfkc().collect::<String>());
    let stretched = tokio::task::spawn_blocking(move || stretched(text.as_bytes(), cost, &salt)).await;
    drop(place);
    stretched.ok().flatten().ok_or_else(|| Wrong::broken("a passphrase could not be stretched"))
}

fn stretched(text: &[u8], (memory, passes, lanes): (u32, u32, u32), salt: &[u8]) -> Option<(Key, Key)> {
    let mut root = Zeroizing::new([0; 32]);
    let params = Params::new(memory, passes, lanes, Some(root.len())).ok()?;
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params).hash_password_into(text, salt, &mut *root).ok()?;
    let prk = hkdf::Salt::new(hkdf::HKDF_SHA256, salt).extract(&*root);
    let expand = |about: &[u8]| {
        let mut key = Zeroizing::new([0; 32]);
        prk.expand(&[about], hkdf::HKDF_SHA256).and_then(|okm| okm.fill(&mut *key)).ok()?;
        Some(key)
    };
    Some((expand(b"havengate account verifier v1")?, expand(b"havengate account key v1")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_right_passphrase_gives_the_key_again() {
        let (kept, key) = make("caf\u{e9} under the bridge").await.unwrap();
        assert!(kept.starts_with("argon2id$m=65536,t=3,p=1$") && !kept.contains("bridge"), "{kept}");
        let again = check("cafe\u{301} under the bridge", Some(&kept)).await.unwrap();
        assert_eq!(again.as_ref(), Some(&key), "however the keyboard makes an é");
        assert_ne!(BASE64.encode(&*key), kept.rsplit('$').next().unwrap(), "what is kept is not the key");
        assert_eq!(check("cafe under the bridge", Some(&kept)).await.unwrap(), None);
        assert_eq!(check("", Some(&kept)).await.unwrap(), None);
        for broken in [None, Some(""), Some("argon2id$m=1$x$y"), Some("scrypt$m=65536,t=3,p=1$AAAA$AAAA")] {
            assert_eq!(check("café under the bridge", broken).await.unwrap(), None, "{broken:?}");
        }
        let (other, _) = make("café under the bridge").await.unwrap();
        assert_ne!(other, kept, "each has a salt of its own");
    }
}

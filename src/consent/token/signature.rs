//! Ed25519 keys: those whose signatures count, and the one that signs here.

use crate::consent::keys::Secret;
use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use std::{collections::BTreeMap, fmt, str::FromStr, sync::Arc};

/// The name of a signing key: 1 to 64 letters, digits, `-`, `_` and `.`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeyId(Arc<str>);

impl KeyId {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A name made from a public key, so that no two keys share one: `ed-` and 16 base32 characters of its
    /// SHA-256.
    #[must_use]
    pub fn of(public: &[u8; 32]) -> Self {
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, public);
        let text = data_encoding::BASE32_NOPAD.encode(digest.as_ref().get(..10).unwrap_or_default());
        Self(format!("ed-{}", text.to_ascii_lowercase()).into())
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for KeyId {
    type Err = crate::flow::NameError;
    fn from_str(s: &str) -> Result<Self, Self::Err> {
        use crate::flow::NameError as E;
        match s {
            "" => Err(E::Empty),
            s if s.len() > 64 => Err(E::TooLong(64)),
            s if s.starts_with('.') => {
                Err(E::Character("letters, digits, '-', '_' and '.', and may not start with '.'"))
            }
            s if s.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.')) => Ok(Self(s.into())),
            _ => Err(E::Character("letters, digits, '-', '_' and '.'")),
        }
    }
}

/// A public key whose signatures count, bound to one issuer and one algorithm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuerKey {
    kid: KeyId,
    issuer: Arc<str>,
    public: [u8; 32],
}

impl IssuerKey {
    /// A key named `kid` of `issuer` (its `iss`); `public` as RFC 8032 writes it.
    #[must_use]
    pub fn new(kid: KeyId, issuer: &str, public: [u8; 32]) -> Self {
        Self { kid, issuer: issuer.into(), public }
    }

    /// Its name.
    #[must_use]
    pub const fn kid(&self) -> &KeyId {
        &self.kid
    }

    /// The `iss` it may sign for.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The 32 bytes.
    #[must_use]
    pub const fn public(&self) -> &[u8; 32] {
        &self.public
    }

    pub(super) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, &self.public).verify(message, signature).is_ok()
    }
}

/// The keys whose signatures count, by name.
#[derive(Debug, Clone, Default)]
pub struct IssuerKeys(BTreeMap<Arc<str>, IssuerKey>);

impl IssuerKeys {
    /// Adds a key. `false`: there is one of that name already, and it stays.
    #[must_use]
    pub fn add(&mut self, key: IssuerKey) -> bool {
        let free = !self.0.contains_key(key.kid.as_str());
        if free {
            self.0.insert(Arc::clone(&key.kid.0), key);
        }
        free
    }

    /// Looks a key up by exactly this name.
    #[must_use]
    pub fn get(&self, kid: &str) -> Option<&IssuerKey> {
        self.0.get(kid)
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = &IssuerKey> {
        self.0.values()
    }
}

/// The key that signs consent here. Its private half never shows.
#[derive(Debug)]
pub struct IssuingKey {
    public: IssuerKey,
    pair: Ed25519KeyPair,
}

impl IssuingKey {
    /// From a seed (RFC 8032 section 5.1.5). Without a name the key is named after its public half.
    /// `None`: the library refused the seed.
    #[must_use]
    pub fn from_seed(kid: Option<KeyId>, issuer: &str, seed: &Secret) -> Option<Self> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed.bytes()).ok()?;
        let public = <[u8; 32]>::try_from(pair.public_key().as_ref()).ok()?;
        let kid = kid.unwrap_or_else(|| KeyId::of(&public));
        Some(Self { public: IssuerKey::new(kid, issuer, public), pair })
    }

    /// Its public half, to give to gateways.
    #[must_use]
    pub const fn public(&self) -> &IssuerKey {
        &self.public
    }

    pub(in crate::consent) fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.pair.sign(message).as_ref().to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use data_encoding::{BASE64URL_NOPAD, HEXLOWER};

    fn key(seed: &[u8]) -> IssuingKey {
        IssuingKey::from_seed(None, "https://issuer.example", &Secret::new(seed.try_into().unwrap())).unwrap()
    }

    /// RFC 8037 appendix A.1, A.4, A.5.
    #[test]
    fn rfc_8037_a_4() {
        let ours = key(&BASE64URL_NOPAD.decode(b"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A").unwrap());
        assert_eq!(BASE64URL_NOPAD.encode(ours.public().public()), "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
        let signed = b"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
        let signature = "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
        assert_eq!(BASE64URL_NOPAD.encode(&ours.sign(signed)), signature);
        let signature = BASE64URL_NOPAD.decode(signature.as_bytes()).unwrap();
        assert!(ours.public().verifies(signed, &signature));
        assert!(!ours.public().verifies(b"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmd", &signature));
    }

    /// RFC 8032 section 7.1, tests 1 to 3.
    #[test]
    fn rfc_8032_7_1() {
        for (seed, public, message, signature) in [
            (
                "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
                "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
                "",
                "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
            ),
            (
                "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
                "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
                "72",
                "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
            ),
            (
                "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
                "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
                "af82",
                "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
            ),
        ] {
            let hex = |s: &str| HEXLOWER.decode(s.as_bytes()).unwrap();
            let ours = key(&hex(seed));
            assert_eq!(ours.public().public().as_slice(), hex(public));
            assert_eq!(ours.sign(&hex(message)), hex(signature));
            assert!(ours.public().verifies(&hex(message), &hex(signature)));
        }
    }

    /// RFC 8032 section 5.1.7: S must be below the group order, or a second signature could be made from a first.
    #[test]
    fn a_signature_has_one_spelling() {
        const ORDER: [u8; 32] = [
            0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0,
            0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
        ];
        let ours = key(&[7; 32]);
        let mut signature = ours.sign(b"m");
        let mut carry = 0u16;
        for (s, l) in signature[32..].iter_mut().zip(ORDER) {
            carry += u16::from(*s) + u16::from(l);
            *s = u8::try_from(carry & 0xff).unwrap();
            carry >>= 8;
        }
        assert!(!ours.public().verifies(b"m", &signature));
    }

    #[test]
    fn a_name_belongs_to_one_key() {
        let mut keys = IssuerKeys::default();
        let kid: KeyId = "c1".parse().unwrap();
        assert!(keys.add(IssuerKey::new(kid.clone(), "https://a.example", [1; 32])));
        assert!(!keys.add(IssuerKey::new(kid, "https://b.example", [2; 32])));
        assert_eq!(keys.get("c1").unwrap().issuer(), "https://a.example");
        assert!(keys.get("C1").is_none());
    }
}

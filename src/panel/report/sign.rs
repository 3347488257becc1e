//! Signatures of reports: Ed25519 in minisign's format (its legacy, not pre-hashed kind `Ed`), so that anybody can check
//! one with a tool that is not ours: `minisign -Vm report-2026-11.json -P RWQ…`.

use aws_lc_rs::{
    rand,
    signature::{Ed25519KeyPair, KeyPair as _},
};
use data_encoding::BASE64;
use std::{
    fs::OpenOptions,
    io::{self, Read as _, Write as _},
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::Path,
};
use zeroize::Zeroizing;

/// minisign's mark of a plain Ed25519 signature.
const ALGORITHM: &[u8; 2] = b"Ed";
/// The key's file in the directory of keys.
const FILE: &str = "report.key";
/// The longest that a key's file can be: PKCS #8 of Ed25519 is 85 bytes or so.
const LONGEST: u64 = 256;

/// What signs reports.
pub struct Signer {
    pair: Ed25519KeyPair,
    id: [u8; 8],
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Signer").field("public", &self.public()).finish_non_exhaustive()
    }
}

impl Signer {
    /// Reads the key, and makes one where there is none.
    ///
    /// # Errors
    /// When it cannot be read or made, is no key, or others may read it.
    pub fn open(keys: &Path) -> io::Result<Self> {
        let path = keys.join(FILE);
        match read(&path) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => Self::of(&make(&path)?),
            key => Self::of(&key?),
        }
    }

    fn of(pkcs8: &[u8]) -> io::Result<Self> {
        let pair = Ed25519KeyPair::from_pkcs8(pkcs8).map_err(|_| io::Error::other("the key for reports is no key"))?;
        let mut id = [0; 8];
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, pair.public_key().as_ref());
        id.iter_mut().zip(digest.as_ref()).for_each(|(to, from)| *to = *from);
        Ok(Self { pair, id })
    }

    /// The public key in minisign's form, for `-P`.
    #[must_use]
    pub fn public(&self) -> String {
        BASE64.encode(&[ALGORITHM.as_slice(), &self.id, self.pair.public_key().as_ref()].concat())
    }

    /// The text of a `.minisig` file for these bytes. The trusted comment names the file, so that a signature of one
    /// month cannot be put beside another month's file unseen.
    #[must_use]
    pub fn sign(&self, file: &str, bytes: &[u8]) -> String {
        let signature = self.pair.sign(bytes);
        let comment = format!("file:{file}");
        let global = self.pair.sign(&[signature.as_ref(), comment.as_bytes()].concat());
        format!(
            "untrusted comment: signature of a Havengate report\n{}\ntrusted comment: {comment}\n{}\n",
            BASE64.encode(&[ALGORITHM.as_slice(), &self.id, signature.as_ref()].concat()),
            BASE64.encode(global.as_ref()),
        )
    }
}

fn read(path: &Path) -> io::Result<Zeroizing<Vec<u8>>> {
    let file = OpenOptions::new().read(true).open(path)?;
    if file.metadata()?.permissions().mode() & 0o077 != 0 {
        return Err(io::Error::other(format!("{}: others may read it; set its mode to 0600", path.display())));
    }
    let mut key = Zeroizing::new(Vec::new());
    file.take(LONGEST).read_to_end(&mut key)?;
    Ok(key)
}

fn make(path: &Path) -> io::Result<Zeroizing<Vec<u8>>> {
    let made = Ed25519KeyPair::generate_pkcs8(&rand::SystemRandom::new());
    let made = made.map_err(|_| io::Error::other("the random source failed"))?;
    let key = Zeroizing::new(made.as_ref().to_vec());
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(&key)?;
    file.sync_all()?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};

    #[test]
    fn a_signature_holds_for_its_file_and_its_name_alone() {
        let home = tempfile::tempdir().unwrap();
        let signer = Signer::open(home.path()).unwrap();
        assert_eq!(Signer::open(home.path()).unwrap().public(), signer.public(), "the key is kept");
        let text = signer.sign("report-2026-11.csv", b"figures");
        let lines: Vec<&str> = text.lines().collect();
        let signature = BASE64.decode(lines[1].as_bytes()).unwrap();
        let key = BASE64.decode(signer.public().as_bytes()).unwrap();
        assert_eq!((&signature[..10], key.len()), (&key[..10], 42), "algorithm and key id");
        let key = UnparsedPublicKey::new(&ED25519, &key[10..]);
        key.verify(b"figures", &signature[10..]).unwrap();
        let comment = lines[2].strip_prefix("trusted comment: ").unwrap();
        let global = BASE64.decode(lines[3].as_bytes()).unwrap();
        key.verify(&[&signature[10..], comment.as_bytes()].concat(), &global).unwrap();
        key.verify(b"figureS", &signature[10..]).unwrap_err();
    }

    #[test]
    fn a_key_that_others_may_read_is_refused() {
        let home = tempfile::tempdir().unwrap();
        Signer::open(home.path()).unwrap();
        let path = home.path().join(FILE);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        assert!(Signer::open(home.path()).unwrap_err().to_string().contains("0600"));
    }
}

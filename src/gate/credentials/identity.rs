//! What TLS to one connection's recipient is made with, where it is not the usual: a certificate of ours that the
//! recipient asks for, and an authority of its own that vouches for it.

use super::secret::{self, Problem};
use crate::policy::integration::Integration;
use aws_lc_rs::digest;
use rustls::{
    RootCertStore,
    client::{ResolvesClientCert, WebPkiServerVerifier},
    crypto::CryptoProvider,
    sign::{CertifiedKey, SingleCertAndKey},
};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use std::{fmt, path::Path, sync::Arc};

/// A client certificate with its key, authorities, or both. One for each connection that has files of its own; a
/// pooled connection made with one is not used with another.
pub struct Identity {
    digest: [u8; 32],
    client: Option<Arc<dyn ResolvesClientCert>>,
    verifier: Option<Arc<WebPkiServerVerifier>>,
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identity(hidden)")
    }
}

impl Identity {
    /// Reads what the connection names in the keys directory; `None` where it names nothing.
    pub(super) fn read(keys: &Path, integration: &Integration) -> Result<Option<Self>, Problem> {
        let (client, roots) = (&integration.client_certificate, &integration.upstream_roots);
        if client.is_none() && roots.is_none() {
            return Ok(None);
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut seen = digest::Context::new(&digest::SHA256);
        let client = client.as_ref().map(|client| {
            let chain = certificates(keys, &client.certificate_file, &mut seen)?;
            let key = secret::read_whole(keys, &client.key_file, secret::Readers::Owner)?;
            let key = PrivateKeyDer::from_pem_slice(&key).map_err(|_| Problem::Key)?;
            let pair = CertifiedKey::from_der(chain, key, &provider).map_err(|_| Problem::Pair)?;
            Ok(Arc::new(SingleCertAndKey::from(pair)) as Arc<dyn ResolvesClientCert>)
        });
        let client = client.transpose()?;
        // Whether there was one, and where its certificates end.
        seen.update(if client.is_some() { b"client, then roots:" } else { b"no client, roots:" });
        let verifier = roots.as_ref().map(|file| verifier(keys, file, provider, &mut seen)).transpose()?;
        let digest = seen.finish().as_ref().try_into().map_err(|_| Problem::Pair)?;
        Ok(Some(Self { digest, client, verifier }))
    }

    /// Of the certificates in it: another certificate is another identity, also under the same file name.
    pub(in crate::gate) const fn digest(&self) -> [u8; 32] {
        self.digest
    }

    /// What answers the recipient's request for a certificate.
    pub(in crate::gate) const fn client(&self) -> Option<&Arc<dyn ResolvesClientCert>> {
        self.client.as_ref()
    }

    /// What verifies the recipient instead of the usual authorities.
    pub(in crate::gate) const fn verifier(&self) -> Option<&Arc<WebPkiServerVerifier>> {
        self.verifier.as_ref()
    }
}

fn verifier(
    keys: &Path,
    file: &str,
    provider: Arc<CryptoProvider>,
    seen: &mut digest::Context,
) -> Result<Arc<WebPkiServerVerifier>, Problem> {
    let mut store = RootCertStore::empty();
    for root in certificates(keys, file, seen)? {
        store.add(root).map_err(|_| Problem::Certificate)?;
    }
    WebPkiServerVerifier::builder_with_provider(Arc::new(store), provider).build().map_err(|_| Problem::Certificate)
}

/// The certificates in a file that nobody else can change. The count goes into the digest, so that a chain and roots
/// cannot be taken for one another.
fn certificates(keys: &Path, file: &str, seen: &mut digest::Context) -> Result<Vec<CertificateDer<'static>>, Problem> {
    let pem = secret::read_whole(keys, file, secret::Readers::Anybody)?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    let found = found.ok().filter(|f| !f.is_empty()).ok_or(Problem::Certificate)?;
    seen.update(&(found.len() as u64).to_be_bytes());
    for certificate in &found {
        seen.update(&(certificate.len() as u64).to_be_bytes());
        seen.update(certificate);
    }
    Ok(found)
}

//! TLS towards callers: rustls over aws-lc-rs, 1.2 at least, HTTP/2 and HTTP/1.1 by ALPN, and callers'
//! certificates where the organisation names authorities for them.

use crate::config::Tls;
use rustls::{
    RootCertStore, ServerConfig,
    crypto::{CryptoProvider, aws_lc_rs},
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    server::WebPkiClientVerifier,
};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};
use x509_parser::extensions::GeneralName;

/// Why callers cannot be served over TLS.
#[derive(Debug, thiserror::Error)]
pub enum ServerTlsError {
    /// A file cannot be read, or holds no such PEM section.
    #[error("{}: no {what} could be read: {why}. It must be a PEM file that this process may read", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What was looked for in it.
        what: &'static str,
        /// What the reader said; never a part of the file.
        why: rustls::pki_types::pem::Error,
    },
    /// The file holds none.
    #[error("{}: holds no certificate. Put the certificate first, then its intermediates", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// Certificate and key do not go together, or rustls cannot use them.
    #[error("gateway.tls: certificate and key cannot be used: {0}")]
    Unusable(#[from] rustls::Error),
    /// The authorities for callers' certificates cannot be used.
    #[error("{}: the authorities for callers' certificates cannot be used: {why}", path.display())]
    ClientRoots {
        /// The file.
        path: PathBuf,
        /// What rustls said.
        why: String,
    },
}

/// Reads the files and builds what [`super::accept`] serves with.
///
/// # Errors
/// [`ServerTlsError`] names the file and what is wrong with it.
pub fn server_config(tls: &Tls) -> Result<Arc<ServerConfig>, ServerTlsError> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let chain = certificates(&tls.certificate)?;
    let key = PrivateKeyDer::from_pem_file(&tls.key).map_err(file(&tls.key, "private key"))?;
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions()?;
    let builder = match &tls.client_roots {
        None => builder.with_no_client_auth(),
        Some(path) => {
            let verifier = client_verifier(path, provider)?;
            builder.with_client_cert_verifier(verifier)
        }
    };
    let mut config = builder.with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// A certificate is asked for and, when there is one, verified. A caller without one may still have a token.
fn client_verifier(
    path: &Path,
    provider: Arc<CryptoProvider>,
) -> Result<Arc<dyn rustls::server::danger::ClientCertVerifier>, ServerTlsError> {
    let unusable = |why: String| ServerTlsError::ClientRoots { path: path.to_owned(), why };
    let mut roots = RootCertStore::empty();
    for root in certificates(path)? {
        roots.add(root).map_err(|e| unusable(e.to_string()))?;
    }
    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
        .allow_unauthenticated()
        .build()
        .map_err(|e| unusable(e.to_string()))
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, ServerTlsError> {
    let read = CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let chain = read.map_err(file(path, "certificate"))?;
    if chain.is_empty() { Err(ServerTlsError::Empty { path: path.to_owned() }) } else { Ok(chain) }
}

fn file(path: &Path, what: &'static str) -> impl Fn(rustls::pki_types::pem::Error) -> ServerTlsError {
    move |why| ServerTlsError::File { path: path.to_owned(), what, why }
}

/// The DNS and URI subject alternative names of a certificate that rustls has verified. The subject's
/// common name is not looked at (RFC 9525 section 2).
#[must_use]
pub fn alternative_names(certificate: &CertificateDer<'_>) -> Vec<String> {
    let Ok((_, certificate)) = x509_parser::parse_x509_certificate(certificate) else {
        return Vec::new();
    };
    let Ok(Some(names)) = certificate.subject_alternative_name() else {
        return Vec::new();
    };
    let name = |name: &GeneralName<'_>| match name {
        GeneralName::DNSName(n) => Some(n.to_ascii_lowercase()),
        GeneralName::URI(u) => Some((*u).to_owned()),
        _ => None,
    };
    names.value.general_names.iter().filter_map(name).collect()
}

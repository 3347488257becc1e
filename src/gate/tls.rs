//! TLS to recipients: always verified, with the registry allowed one more no.
//!
//! The verifier asks webpki first and the rules after it, so the rules can only add a denial. Sessions are never
//! resumed: a resumed session skips the certificate, and with it whatever the rules say of it today.

mod certificate;

use super::{
    credentials::Identity,
    resolve::{Denials, Rules},
};
use crate::verdict::Refusal;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, OtherError, RootCertStore, SignatureScheme,
    client::{
        Resumption, WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::{CryptoProvider, aws_lc_rs},
    version::{TLS12, TLS13},
};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject};
use std::{fmt, path::Path, sync::Arc};

/// What every connection to a recipient is configured from.
#[derive(Debug, Clone)]
pub struct ClientTls {
    provider: Arc<CryptoProvider>,
    /// `None` without a single root: then no certificate can be verified, and no TLS connection is made.
    verifier: Option<Arc<WebPkiServerVerifier>>,
}

/// Why the certification authorities could not be used. Start is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RootsError {
    /// The file of `gateway.upstream_roots` cannot be read or is not PEM.
    #[error("the file of gateway.upstream_roots cannot be read as PEM certificates: check its path and contents")]
    Unreadable,
    /// It holds no usable certificate.
    #[error("the file of gateway.upstream_roots holds no usable certificate: add the authority's PEM certificate")]
    Empty,
}

impl ClientTls {
    /// With the authorities in a PEM file, or with the system's.
    ///
    /// # Errors
    /// [`RootsError`] when a file was named and cannot be used. A system without authorities is no error here:
    /// plain connections work, every TLS connection is refused.
    pub fn new(roots: Option<&Path>) -> Result<Self, RootsError> {
        let store = match roots {
            Some(file) => pem_roots(file)?,
            None => system_roots(),
        };
        let provider = Arc::new(aws_lc_rs::default_provider());
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(store), provider.clone()).build();
        Ok(Self { provider, verifier: verifier.ok() })
    }

    /// The configuration for one dial under one set of rules, with the connection's own client certificate and
    /// authorities where it has them. `None` when nothing could be verified.
    pub(super) fn for_dial(&self, rules: &Rules, identity: Option<&Identity>) -> Option<Arc<ClientConfig>> {
        let webpki = identity.and_then(Identity::verifier).or(self.verifier.as_ref())?.clone();
        let verifier = Judging { webpki, denials: rules.denials.clone() };
        let builder = ClientConfig::builder_with_provider(self.provider.clone())
            .with_protocol_versions(&[&TLS13, &TLS12])
            .ok()?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier));
        let mut config = match identity.and_then(Identity::client) {
            Some(client) => builder.with_client_cert_resolver(client.clone()),
            None => builder.with_no_client_auth(),
        };
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        config.resumption = Resumption::disabled();
        Some(Arc::new(config))
    }
}

fn pem_roots(file: &Path) -> Result<RootCertStore, RootsError> {
    let mut store = RootCertStore::empty();
    let certificates = CertificateDer::pem_file_iter(file).map_err(|_| RootsError::Unreadable)?;
    for certificate in certificates {
        store.add(certificate.map_err(|_| RootsError::Unreadable)?).map_err(|_| RootsError::Unreadable)?;
    }
    if store.is_empty() { Err(RootsError::Empty) } else { Ok(store) }
}

fn system_roots() -> RootCertStore {
    let mut store = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    store.add_parsable_certificates(found.certs);
    if store.is_empty() {
        tracing::warn!("this system has no certification authorities; recipients over https cannot be reached");
    }
    store
}

/// A denial by the rules, carried through rustls.
#[derive(Debug)]
struct Denied(Refusal);

impl fmt::Display for Denied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the certificate belongs to somebody who gets nothing")
    }
}

impl std::error::Error for Denied {}

/// The refusal within a failed handshake, where the rules refused the certificate.
pub(super) fn denial(error: &std::io::Error) -> Option<Refusal> {
    match error.get_ref()?.downcast_ref::<Error>()? {
        Error::InvalidCertificate(CertificateError::Other(OtherError(e))) => {
            e.downcast_ref::<Denied>().map(|d| d.0.clone())
        }
        _ => None,
    }
}

/// Whether a failed handshake failed on the peer's certificate.
pub(super) fn is_certificate(error: &std::io::Error) -> bool {
    let error = error.get_ref().and_then(|e| e.downcast_ref::<Error>());
    matches!(error, Some(Error::InvalidCertificate(_) | Error::NoCertificatesPresented))
}

struct Judging {
    webpki: Arc<WebPkiServerVerifier>,
    denials: Arc<dyn Denials>,
}

impl fmt::Debug for Judging {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Judging").finish_non_exhaustive()
    }
}

impl ServerCertVerifier for Judging {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verified = self.webpki.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)?;
        match certificate::judge(&*self.denials, end_entity) {
            Ok(None) => Ok(verified),
            Ok(Some(refusal)) => {
                Err(Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(Denied(refusal))))))
            }
            Err(certificate::Unreadable) => Err(Error::InvalidCertificate(CertificateError::BadEncoding)),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.webpki.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.webpki.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.webpki.supported_verify_schemes()
    }
}

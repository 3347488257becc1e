//! Callers over TLS: who they are is what their certificate or token says.

use crate::gateway::{Answer, Gateway, Line, get};
use ::aws_lc_rs::digest;
use havengate::{
    config::{Caller, Limits, Proof, Tls},
    gate::server_tls::server_config,
    verdict::Code,
};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, SanType};
use rustls::{
    ClientConfig, RootCertStore,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer, ServerName},
};
use std::{path::Path, sync::Arc};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};

/// SHA-256 of `a-secret`.
fn secret() -> [u8; 32] {
    digest::digest(&digest::SHA256, b"a-secret").as_ref().try_into().unwrap()
}

/// Certificates of one test, made for it.
pub(crate) struct Authority {
    directory: TempDir,
    issuer: Issuer<'static, KeyPair>,
    root: CertificateDer<'static>,
}

/// A client's certificate and key.
pub(crate) type Identity = (CertificateDer<'static>, PrivateKeyDer<'static>);

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let root = params.self_signed(&key).unwrap();
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("roots.pem"), root.pem()).unwrap();
        Self { root: root.der().clone(), issuer: Issuer::new(params, key), directory }
    }

    fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Where a server's files are, for the configuration.
    pub(crate) fn server(&self) -> Tls {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["gateway.test".into(), "other.test".into()]).unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let file = |name: &str, text: String| {
            let path = self.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        Tls {
            certificate: file("gateway.pem", certificate.pem()),
            key: file("gateway.key", key.serialize_pem()),
            client_roots: Some(self.path().join("roots.pem")),
        }
    }

    pub(crate) fn client(&self, names: &[&str]) -> Identity {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.subject_alt_names = names
            .iter()
            .map(|n| match n.contains(':') {
                true => SanType::URI((*n).try_into().unwrap()),
                false => SanType::DnsName((*n).try_into().unwrap()),
            })
            .collect();
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        (certificate.der().clone(), PrivateKeyDer::try_from(key.serialize_der()).unwrap())
    }

    pub(crate) async fn gateway(&self, limits: Limits) -> Gateway {
        let caller = |app: &str, proof| Caller { app: app.parse().unwrap(), proof };
        let callers = [
            caller("inform", Proof::San("inform.charity.test".into())),
            caller("outreach", Proof::San("urn:app:outreach".into())),
            caller("outreach", Proof::Token(secret())),
        ];
        Gateway::serve(limits, Some(server_config(&self.server()).unwrap()), &callers).await
    }

    pub(crate) async fn connect(
        &self,
        gateway: &Gateway,
        name: &str,
        identity: Option<Identity>,
        alpn: &str,
    ) -> std::io::Result<TlsStream<TcpStream>> {
        let mut roots = RootCertStore::empty();
        roots.add(self.root.clone()).unwrap();
        let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots);
        let mut config = match identity {
            None => builder.with_no_client_auth(),
            Some((certificate, key)) => builder.with_client_auth_cert(vec![certificate], key).unwrap(),
        };
        config.alpn_protocols = vec![alpn.as_bytes().to_vec()];
        let stream = TcpStream::connect(gateway.address).await.unwrap();
        TlsConnector::from(Arc::new(config)).connect(ServerName::try_from(name.to_owned()).unwrap(), stream).await
    }
}

async fn ask(authority: &Authority, gateway: &Gateway, identity: Option<Identity>, fields: &str) -> Answer {
    let stream = authority.connect(gateway, "gateway.test", identity, "http/1.1").await.unwrap();
    let mut line = Line::new(stream);
    line.send(format!("GET /a HTTP/1.1\r\nHost: gateway.test\r\n{fields}\r\n")).await;
    line.answer().await.unwrap()
}

#[tokio::test]
async fn callers_are_known_by_certificate_or_token() {
    let authority = Authority::new();
    let gateway = authority.gateway(Limits::default()).await;
    for (names, fields, app) in [
        (Some(&["inform.charity.test", "unrelated.test"][..]), "", "inform"),
        (Some(&["urn:app:outreach"]), "", "outreach"),
        (Some(&["urn:app:outreach"]), "Havengate-Token: a-secret\r\n", "outreach"),
        (None, "Havengate-Token: a-secret\r\n", "outreach"),
    ] {
        let answer = ask(&authority, &gateway, names.map(|n| authority.client(n)), fields).await;
        assert_eq!(answer.body, "read a ");
        assert!(format!("{:?}", gateway.outcome().await).contains(app));
    }
    for (names, fields, says) in [
        (None, "", "no proof"),
        (None, "Havengate-Token: b-secret\r\n", "nobody's"),
        (Some(&["stranger.test"][..]), "", "names no known caller"),
        (Some(&["inform.charity.test"]), "Havengate-Token: a-secret\r\n", "two different callers"),
    ] {
        let answer = ask(&authority, &gateway, names.map(|n| authority.client(n)), fields).await;
        answer.assert_refused(Code::CallerUnknown, says);
        assert!(answer.headers.contains("www-authenticate: havengate-token"));
    }
}

#[tokio::test]
async fn a_certificate_of_another_authority_ends_the_handshake() {
    let authority = Authority::new();
    let gateway = authority.gateway(Limits::default()).await;
    let forged = Authority::new().client(&["inform.charity.test"]);
    // In TLS 1.3 the caller learns of it with its first read.
    if let Ok(stream) = authority.connect(&gateway, "gateway.test", Some(forged), "http/1.1").await {
        let mut line = Line::new(stream);
        line.send(get("/a")).await;
        assert!(line.answer().await.is_none());
    }
    gateway.no_more_outcomes().await;
}

#[tokio::test]
async fn the_name_in_the_handshake_is_the_host_of_the_request() {
    let authority = Authority::new();
    let gateway = authority.gateway(Limits::default()).await;
    let stream = authority.connect(&gateway, "other.test", Some(authority.client(&["urn:app:outreach"])), "http/1.1");
    let mut line = Line::new(stream.await.unwrap());
    line.send("GET /a HTTP/1.1\r\nHost: gateway.test\r\n\r\n").await;
    line.answer().await.unwrap().assert_refused(Code::DestinationMismatch, "TLS handshake");
}

#[tokio::test]
async fn the_wire_is_checked_within_tls_too() {
    let authority = Authority::new();
    let gateway = authority.gateway(Limits::default()).await;
    let answer = ask(&authority, &gateway, None, "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n").await;
    answer.assert_refused(Code::RequestMalformed, "both Content-Length");
}

#[test]
fn files_that_cannot_be_used_are_named() {
    let authority = Authority::new();
    let good = authority.server();
    let missing = authority.path().join("missing.pem");
    let empty = authority.path().join("empty.pem");
    std::fs::write(&empty, "no certificate here\n").unwrap();
    for (tls, says) in [
        (Tls { certificate: missing.clone(), ..good.clone() }, "missing.pem: no certificate could be read"),
        (Tls { certificate: empty.clone(), ..good.clone() }, "empty.pem: holds no certificate"),
        (Tls { key: empty.clone(), ..good.clone() }, "empty.pem: no private key could be read"),
        (Tls { client_roots: Some(empty), ..good.clone() }, "empty.pem: holds no certificate"),
    ] {
        let error = server_config(&tls).unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }
    let stranger = Authority::new();
    let other = stranger.server();
    assert!(server_config(&Tls { key: other.key, ..good }).unwrap_err().to_string().contains("cannot be used"));
}

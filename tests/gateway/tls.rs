//! A caller with a certificate, over HTTP/2, to the recipient and back.

use crate::{
    caller::LONG,
    consent::{AGREED, REFERRAL},
    support::authority::Identity,
    world::{Agreed, Around, Plan, World},
};
use data_encoding::BASE64;
use havengate::verdict::Code;
use http::{HeaderMap, Request};
use http_body_util::{BodyExt as _, Full};
use hyper::{body::Bytes, client::conn::http2::handshake};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::ServerName;
use serde_json::Value;
use std::sync::Arc;
use tokio::{net::TcpStream, time::timeout};
use tokio_rustls::{TlsConnector, client::TlsStream};

fn pem(label: &str, der: &[u8]) -> String {
    let text = BASE64.encode(der);
    let lines: Vec<&str> = (0..text.len()).step_by(64).map(|i| &text[i..text.len().min(i + 64)]).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

/// A gateway that speaks TLS and knows its caller by a name in its certificate.
async fn start() -> World {
    let around = Around::new().await;
    let files = tempfile::tempdir().unwrap();
    let server = around.authority.identity(&["gateway.test"]);
    let file = |name: &str, text: String| {
        let path = files.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let certificate = file("gateway.pem", pem("CERTIFICATE", &server.certificate));
    let key = file("gateway.key", pem("PRIVATE KEY", server.key.secret_der()));
    let roots = around.authority.write(files.path());
    let sections = format!(
        "[gateway.tls]\ncertificate = \"{certificate}\"\nkey = \"{key}\"\nclient_roots = \"{}\"\n",
        roots.display()
    );
    let callers = "[[caller]]\napp = \"inform\"\nsan = \"inform.charity.test\"\n".to_owned();
    let home = around.home(&Plan { sections, callers, ..Plan::new() });
    World::run(around, home).await
}

async fn connect(world: &World, identity: Option<Identity>) -> TlsStream<TcpStream> {
    let mut roots = rustls::RootCertStore::empty();
    let file = std::fs::read(world.home.directory.path().join("roots.pem")).unwrap();
    for root in <rustls::pki_types::CertificateDer<'_> as rustls::pki_types::pem::PemObject>::pem_slice_iter(&file) {
        roots.add(root.unwrap()).unwrap();
    }
    let builder = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots);
    let mut config = match identity {
        None => builder.with_no_client_auth(),
        Some(i) => builder.with_client_auth_cert(vec![i.certificate], i.key.clone_key()).unwrap(),
    };
    config.alpn_protocols = vec![b"h2".to_vec()];
    let stream = TcpStream::connect(world.address()).await.unwrap();
    let name = ServerName::try_from("gateway.test").unwrap();
    let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    stream
}

async fn ask(world: &World, identity: Option<Identity>, path: &str, body: &str) -> (u16, HeaderMap, Value) {
    let stream = connect(world, identity).await;
    let (mut sender, connection) = handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let request = Request::post(format!("https://gateway.test{path}"))
        .header("content-type", "application/json")
        .header("cookie", "a=1")
        .header("cookie", "b=2")
        .body(Full::new(Bytes::copy_from_slice(body.as_bytes())))
        .unwrap();
    let response = timeout(LONG, sender.send_request(request)).await.unwrap().unwrap();
    let (parts, body) = response.into_parts();
    let bytes = timeout(LONG, body.collect()).await.unwrap().unwrap().to_bytes();
    (parts.status.as_u16(), parts.headers, serde_json::from_slice(&bytes).unwrap())
}

#[tokio::test]
async fn over_http2_what_was_agreed_leaves() {
    let world = start().await;
    let caller = world.around.authority.identity(&["inform.charity.test"]);
    world.home.consent(&Agreed::referral("R-1")).await;
    let (status, headers, body) = ask(&world, Some(caller), "/riverside/referrals/R-1", REFERRAL).await;
    assert_eq!((status, &headers["havengate-sent"]), (200, &"yes".parse().unwrap()));
    assert_eq!(body, serde_json::json!({ "ok": true }));
    let received = world.around.arrived_one();
    assert_eq!(received.body_text(), AGREED);
    assert!(!received.names().contains(&"cookie".to_owned()), "{received:?}");
    let record = world.home.record(headers["havengate-decision"].to_str().unwrap().parse().unwrap()).await;
    assert_eq!((&record.leaf["decided"], record.outcomes.len()), (&"allowed".into(), 1));
}

#[tokio::test]
async fn over_http2_what_was_not_agreed_stays() {
    let world = start().await;
    let caller = world.around.authority.identity(&["inform.charity.test"]);
    let (status, headers, problem) = ask(&world, Some(caller), "/riverside/referrals/R-1", REFERRAL).await;
    assert_eq!((status, &headers["havengate-sent"]), (403, &"no".parse().unwrap()));
    assert_eq!(problem["type"], format!("urn:havengate:problem:{}", Code::ConsentMissing));
    assert_eq!(problem["reasons"][0]["rule"], "personal-needs-consent");
    assert_eq!(world.around.recipient.connections(), 0);
    let record = world.home.record(headers["havengate-decision"].to_str().unwrap().parse().unwrap()).await;
    assert_eq!((&record.leaf["decided"], &record.leaf["code"]), (&"refused".into(), &"consent-missing".into()));
}

#[tokio::test]
async fn over_http2_a_caller_without_a_certificate_is_nobody() {
    let world = start().await;
    let stranger = world.around.authority.identity(&["stranger.test"]);
    for identity in [None, Some(stranger)] {
        let (status, headers, problem) = ask(&world, identity, "/riverside/referrals/R-1", REFERRAL).await;
        assert_eq!((status, problem["type"].as_str()), (401, Some("urn:havengate:problem:caller-unknown")));
        assert!(!headers.contains_key("havengate-decision"));
    }
    assert_eq!(world.around.recipient.connections(), 0);
    let (_, home) = world.stop().await;
    assert_eq!(home.leaves().last().unwrap()["extra"]["count"], "2");
}

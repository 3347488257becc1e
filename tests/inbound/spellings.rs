//! One host, however a caller writes it and wherever: `Host`, absolute form, `:authority`, the TLS handshake.

#[path = "../support/spellings.rs"]
#[allow(dead_code, unreachable_pub, reason = "each area tests its own entrances")]
mod table;

use crate::{
    gateway::{Gateway, Line, Outcome},
    tls::Authority,
};
use havengate::{config::Limits, flow::Host, verdict::Code};
use http::Request;
use http_body_util::Empty;
use hyper::body::Bytes;
use hyper_util::rt::{TokioExecutor, TokioIo};
use table::{NAME, SPELLINGS, in_a_url, on_the_wire};

/// What the exchange read, or why it was refused.
async fn read(gateway: &Gateway) -> Result<String, Code> {
    match gateway.outcome().await {
        Outcome::Read(_, host, ..) => Ok(host),
        Outcome::Refused(code) | Outcome::Unseen(code) => Err(code),
        Outcome::Held => panic!("held"),
    }
}

/// What an entrance that takes plain ASCII alone must say.
fn expected(spelling: &str, canonical: Option<&str>) -> Result<String, Code> {
    let canonical = canonical.filter(|_| on_the_wire(spelling));
    canonical.map(str::to_owned).ok_or(Code::RequestMalformed)
}

#[test]
fn the_table_is_what_the_canonicaliser_says() {
    for (spelling, canonical) in SPELLINGS {
        let found = Host::parse(spelling).ok().map(|h| h.to_string());
        assert_eq!(found.as_deref(), *canonical, "{spelling:?}");
    }
}

#[tokio::test]
async fn in_the_host_header_and_in_the_target() {
    let gateway = Gateway::start().await;
    for (spelling, canonical) in SPELLINGS {
        for request in [
            format!("GET /none HTTP/1.1\r\nHost: {spelling}\r\nConnection: close\r\n\r\n"),
            format!("GET /none HTTP/1.1\r\nHost: {spelling}:80\r\nConnection: close\r\n\r\n"),
        ] {
            gateway.ask_one(&request).await;
            assert_eq!(read(&gateway).await, expected(spelling, *canonical), "{request:?}");
        }
        if !in_a_url(spelling) {
            continue;
        }
        let request = format!("GET http://{spelling}/none HTTP/1.1\r\nHost: {spelling}\r\nConnection: close\r\n\r\n");
        gateway.ask_one(&request).await;
        assert_eq!(read(&gateway).await, expected(spelling, *canonical), "{request:?}");
        // The target says what it is, the header something else.
        let code = match expected(spelling, *canonical) {
            Ok(_) => Code::DestinationMismatch,
            Err(code) => code,
        };
        let request = format!("GET http://{spelling}/none HTTP/1.1\r\nHost: b.example\r\nConnection: close\r\n\r\n");
        gateway.ask_one(&request).await;
        assert_eq!(read(&gateway).await, Err(code), "{request:?}");
        let request = format!("CONNECT {spelling}:443 HTTP/1.1\r\nHost: {spelling}:443\r\n\r\n");
        gateway.ask_one(&request).await;
        assert_eq!(read(&gateway).await, Err(Code::RequestMalformed), "{request:?}");
    }
}

#[tokio::test]
async fn two_spellings_of_one_host_agree() {
    let gateway = Gateway::start().await;
    let plain: Vec<_> = SPELLINGS.iter().filter(|(s, c)| on_the_wire(s) && c.is_some()).collect();
    for (target, one) in &plain {
        for (header, other) in &plain {
            let request = format!("GET http://{target}/none HTTP/1.1\r\nHost: {header}\r\nConnection: close\r\n\r\n");
            gateway.ask_one(&request).await;
            let expected = if one == other { Ok(one.unwrap().to_owned()) } else { Err(Code::DestinationMismatch) };
            assert_eq!(read(&gateway).await, expected, "{target} and {header}");
        }
    }
}

#[tokio::test]
async fn in_the_authority_of_http2_and_the_name_of_the_handshake() {
    let authority = Authority::new();
    let gateway = authority.gateway(Limits::default()).await;
    for (spelling, canonical) in SPELLINGS.iter().filter(|(s, _)| in_a_url(s)) {
        // What the library does not take for a URI never leaves this test; what it takes is sent as it is.
        let Ok(request) = Request::get(format!("https://{spelling}/none")).body(Empty::<Bytes>::new()) else {
            continue;
        };
        let identity = authority.client(&["urn:app:outreach"]);
        // Trusts no name of the gateway's certificate but this one, so the handshake's name and the request's differ
        // unless they are `gateway.test`.
        let stream = authority.connect(&gateway, "gateway.test", Some(identity), "h2").await.unwrap();
        let (mut sender, connection) =
            hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        let answered = sender.send_request(request).await;
        if answered.is_err() {
            assert!(canonical.is_none() || !on_the_wire(spelling), "{spelling}: the connection broke");
            continue;
        }
        let code = match expected(spelling, *canonical) {
            Ok(_) => Code::DestinationMismatch,
            Err(code) => code,
        };
        assert_eq!(read(&gateway).await, Err(code), "{spelling}");
    }
    for (host, expected) in [
        ("gateway.test", Ok("gateway.test".to_owned())),
        ("GATEWAY.Test.", Ok("gateway.test".to_owned())),
        (NAME, Err(Code::DestinationMismatch)),
        ("127.0.0.1", Err(Code::DestinationMismatch)),
    ] {
        let identity = authority.client(&["urn:app:outreach"]);
        let stream = authority.connect(&gateway, "gateway.test", Some(identity), "http/1.1").await.unwrap();
        let mut line = Line::new(stream);
        line.send(format!("GET /none HTTP/1.1\r\nHost: {host}\r\n\r\n")).await;
        line.answer().await.unwrap();
        assert_eq!(read(&gateway).await, expected, "{host}");
    }
}

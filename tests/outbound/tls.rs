//! Who the recipient proves to be, before the first byte of a request.

use crate::{
    support::{
        authority::{Authority, Identity, Wanted},
        standin::Standin,
    },
    ways::{
        HOST, Organisation, POLICY, Way, gateway, linked, needing, pin, post, rules, rules_denying, secure,
        short_times, times, upstream,
    },
};
use havengate::{
    gate::{
        resolve::{Resolver, Rules},
        tls::{ClientTls, RootsError},
        upstream::{FailureKind, Sent},
    },
    verdict::Code,
};
use std::sync::Arc;

/// Sends to a recipient with this certificate and says why nothing arrived.
async fn refused(way: &Way, identity: &Identity, rules: &Rules) -> FailureKind {
    for standin in [Standin::tls(identity).await, Standin::http2(identity).await] {
        let failure = way.send(post(&pin(&standin, false, rules).await, "a bed")).await.unwrap_err();
        assert_eq!(failure.sent(), Sent::No);
        assert_eq!(standin.bytes(), b"", "a byte of the request left");
        if let FailureKind::Certificate = failure.kind() {
            assert_eq!(failure.into_refusal().code, Code::DestinationUnreachable);
        } else {
            return failure.kind().clone();
        }
    }
    FailureKind::Certificate
}

#[tokio::test]
async fn a_recipient_that_proves_its_name_gets_the_request() {
    let way = Way::new(times()).await;
    let identity = way.authority.identity(&["other.example", HOST]);
    let one = Standin::tls(&identity).await;
    let two = Standin::http2(&identity).await;
    for standin in [&one, &two] {
        let answer = way.send(post(&secure(standin).await, "a bed")).await.unwrap();
        assert_eq!(answer.body.collect(100).await.unwrap(), br#"{"ok":true}"#);
        let request = standin.requests().remove(0);
        assert_eq!(request.body_text(), needing("a bed"));
        assert_eq!(request.header("content-length").as_deref(), Some("16"));
        assert_eq!(request.header("content-type").as_deref(), Some("application/json"));
    }
    assert_eq!(one.requests()[0].line(), "POST /v2/referrals HTTP/1.1");
    assert_eq!(one.requests()[0].header("host").as_deref(), Some(HOST));
    assert_eq!(two.requests()[0].line(), format!("POST https://{HOST}/v2/referrals HTTP/2"));
    assert_eq!(two.requests()[0].names(), ["content-type", "content-length"]);
}

#[tokio::test]
async fn a_port_of_its_own_is_named() {
    let way = Way::new(times()).await;
    let standin = Standin::tls(&way.authority.identity(&[HOST])).await;
    let mut upstream = upstream(HOST, false);
    upstream.port = 8443;
    let resolver = Resolver::new(&gateway(&[(HOST, standin.address())], &[], &[]), &[]);
    let pinned = resolver.judge_and_pin(&rules(), &[], &upstream).await.unwrap();
    way.get(&pinned).await;
    assert_eq!(standin.requests()[0].header("host").as_deref(), Some("refer.riverside.example:8443"));
}

#[tokio::test]
async fn a_certificate_that_is_not_the_recipients_gets_nothing() {
    let way = Way::new(times()).await;
    let other = way.authority.identity(&["other.example"]);
    assert_eq!(refused(&way, &other, &rules()).await, FailureKind::Certificate);
    let expired = way.authority.issue(&Wanted { names: &[HOST], until: 2021, organisation: None });
    assert_eq!(refused(&way, &expired, &rules()).await, FailureKind::Certificate);
    let strange = Authority::new().identity(&[HOST]);
    assert_eq!(refused(&way, &strange, &rules()).await, FailureKind::Certificate);
}

#[tokio::test]
async fn a_certificate_that_is_also_a_roots_gets_nothing() {
    let way = Way::new(times()).await;
    let denied = FailureKind::Denied(linked());
    for name in ["homeoffice.example", "www.homeoffice.example", "*.homeoffice.example", "HomeOffice.Example"] {
        let identity = way.authority.identity(&[HOST, name]);
        assert_eq!(refused(&way, &identity, &rules_denying("homeoffice.example")).await, denied, "{name}");
    }
    let identity = way.authority.identity(&[HOST, "192.0.2.7"]);
    assert_eq!(refused(&way, &identity, &rules_denying("192.0.2.7")).await, denied);
    let identity = way.authority.issue(&Wanted { names: &[HOST], until: 2059, organisation: Some("Home Office") });
    let rules = Rules { epoch: POLICY, denials: Arc::new(Organisation("Home Office")) };
    assert_eq!(refused(&way, &identity, &rules).await, denied);
}

/// What it receives is the start of a TLS handshake, which is no byte of the request.
#[tokio::test]
async fn a_recipient_without_tls_gets_nothing() {
    let way = Way::new(short_times()).await;
    let standin = Standin::plain().await;
    let failure = way.send(post(&secure(&standin).await, "secret")).await.unwrap_err();
    assert_eq!((failure.kind(), failure.sent()), (&FailureKind::Unreachable, Sent::No));
    assert!(standin.requests().is_empty());
    assert!(!standin.bytes().windows(4).any(|w| w == b"POST"));
}

/// A ServerHello of TLS 1.0 or 1.1, with a cipher suite of those days.
#[tokio::test]
async fn a_recipient_of_older_tls_gets_nothing() {
    let way = Way::new(times()).await;
    for minor in [1, 2] {
        let mut hello = vec![2, 0, 0, 38, 3, minor];
        hello.extend([7; 32]);
        hello.extend([0, 0xc0, 0x13, 0]);
        let mut record = vec![22, 3, minor, 0, 42];
        record.append(&mut hello);
        let old = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let resolver = Resolver::new(&gateway(&[(HOST, old.local_addr().unwrap())], &[], &[]), &[]);
        let pinned = resolver.judge_and_pin(&rules(), &[], &upstream(HOST, false)).await.unwrap();
        let answering = async {
            let (mut stream, _) = old.accept().await.unwrap();
            let mut received = vec![0; 4096];
            let length = tokio::io::AsyncReadExt::read(&mut stream, &mut received).await.unwrap();
            tokio::io::AsyncWriteExt::write_all(&mut stream, &record).await.unwrap();
            // What came back, an alert, and nothing after it.
            let mut rest = Vec::new();
            let _ = tokio::io::AsyncReadExt::read_to_end(&mut stream, &mut rest).await;
            received.truncate(length);
            (received, rest)
        };
        let (sent, (hello, rest)) = tokio::join!(way.send(post(&pinned, "secret")), answering);
        let failure = sent.unwrap_err();
        assert_eq!((failure.kind(), failure.sent()), (&FailureKind::Unreachable, Sent::No));
        assert_eq!((hello[0], rest.first()), (22, Some(&21)), "a hello and an alert");
        assert!(rest.len() <= 7, "{rest:?}");
    }
}

#[test]
fn authorities_that_were_named_must_be_there() {
    let home = tempfile::tempdir().unwrap();
    assert_eq!(ClientTls::new(Some(&home.path().join("absent.pem"))).unwrap_err(), RootsError::Unreadable);
    let file = home.path().join("roots.pem");
    std::fs::write(&file, "nothing here\n").unwrap();
    assert_eq!(ClientTls::new(Some(&file)).unwrap_err(), RootsError::Empty);
    std::fs::write(&file, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").unwrap();
    assert_eq!(ClientTls::new(Some(&file)).unwrap_err(), RootsError::Unreadable);
}

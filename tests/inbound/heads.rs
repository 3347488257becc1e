//! Heads that break the rules of HTTP never reach the exchange.

use crate::gateway::{Gateway, Outcome, get, post};
use havengate::verdict::Code;

#[tokio::test]
async fn a_good_request_is_read_and_its_connection_kept() {
    let gateway = Gateway::start().await;
    let mut line = gateway.connect().await;
    for body in ["{}", "[1,2]"] {
        line.send(post("/a%20b?x=1", body)).await;
        let answer = line.answer().await.unwrap();
        assert_eq!((answer.status, answer.body.as_str()), (200, format!("read a b {body}").as_str()));
        assert!(!answer.closes());
        let read = Outcome::Read("local".into(), "gateway".into(), "a b".into(), body.into());
        assert_eq!(gateway.outcome().await, read);
    }
}

#[tokio::test]
async fn what_two_parsers_could_read_differently_is_refused_unseen() {
    let gateway = Gateway::start().await;
    let field = |lines: &str| format!("POST /a HTTP/1.1\r\nHost: gateway\r\n{lines}\r\n0\r\n\r\n");
    let many = "X: y\r\n".repeat(10_000);
    for (request, says) in [
        (field("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"), "both Content-Length and"),
        (field("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"), "both Content-Length and"),
        (field("Content-Length: 5\r\nContent-Length: 5\r\n"), "two Content-Length"),
        (field("Content-Length: 5, 5\r\n"), "plain decimal"),
        (field("Content-Length: -5\r\n"), "plain decimal"),
        (field("Transfer-Encoding: gzip, chunked\r\n"), "exactly `chunked`"),
        (field("Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n"), "exactly `chunked`"),
        (field("Host: gateway\r\n"), "two Host"),
        (field("X : y\r\n"), "before its colon"),
        (field("X: y\r\n z\r\n"), "folded"),
        (field("X: y\n"), "LF alone"),
        (field("X: y\rz\r\n"), "not followed by LF"),
        (field("X: \0\r\n"), "control character"),
        (field("X: é\r\n"), "outside ASCII"),
        (field("Upgrade: websocket\r\nConnection: upgrade\r\n"), "Upgrade"),
        (field("Expect: 200-maybe\r\n"), "Expect"),
        (field(&many), "more headers"),
        (field(&format!("X: {}\r\n", "y".repeat(1 << 20))), "larger than"),
        ("GET /a HTTP/1.1\r\n\r\n".into(), "no Host"),
        ("GET /a HTTP/1.1\nHost: gateway\n\n".into(), "LF alone"),
        ("GET /a HTTP/1.0\r\nHost: gateway\r\n\r\n".into(), "HTTP/1.0"),
        ("GET /a HTTP/1.1 x\r\nHost: gateway\r\n\r\n".into(), "request line"),
        ("GET /a\r\n".into(), "request line"),
        ("CONNECT gateway:443 HTTP/1.1\r\nHost: gateway\r\n\r\n".into(), "no tunnels"),
        ("OPTIONS * HTTP/1.1\r\nHost: gateway\r\n\r\n".into(), "name a path"),
        ("GET /a#b HTTP/1.1\r\nHost: gateway\r\n\r\n".into(), "fragment"),
        ("GET http://user@gateway/a HTTP/1.1\r\nHost: gateway\r\n\r\n".into(), "request target"),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".into(), "HTTP/2 is not accepted in clear"),
        ("\u{16}\u{3}\u{1}\u{2}".into(), "control character"),
    ] {
        let answer = gateway.ask_one(&request).await;
        let shown = &request[..request.len().min(120)];
        assert!(answer.closes(), "{shown}");
        answer.assert_refused(Code::RequestMalformed, says);
        assert_eq!(gateway.outcome().await, Outcome::Unseen(Code::RequestMalformed), "{shown}");
    }
    gateway.no_more_outcomes().await;
}

#[tokio::test]
async fn heads_that_two_servers_would_place_differently_are_refused() {
    let gateway = Gateway::start().await;
    for (request, code, says) in [
        ("GET http://other/a HTTP/1.1\r\nHost: gateway\r\n\r\n", Code::DestinationMismatch, "two different places"),
        ("GET / HTTP/1.1\r\nHost: a@b\r\n\r\n", Code::RequestMalformed, "more than a host"),
        (&get("/a/../b"), Code::RequestMalformed, "`..`"),
        (&get("/a%2Fb"), Code::RequestMalformed, "slash"),
        (&get("/a?b=%zz"), Code::RequestMalformed, "hexadecimal"),
    ] {
        let mut line = gateway.connect().await;
        line.send(request).await;
        line.answer().await.unwrap().assert_refused(code, says);
        assert_eq!(gateway.outcome().await, Outcome::Refused(code));
    }
    let twice = "POST /a HTTP/1.1\r\nHost: gateway\r\nContent-Type: application/json\r\n\
                 Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";
    gateway.ask_one(twice).await.assert_refused(Code::RequestMalformed, "two Content-Type");
}

#[tokio::test]
async fn a_head_is_checked_however_it_is_cut_into_packets() {
    let gateway = Gateway::start().await;
    let mut line = gateway.connect().await;
    for byte in post("/a", "{}").into_bytes() {
        line.send([byte]).await;
    }
    assert_eq!(line.answer().await.unwrap().body, "read a {}");
}

#[tokio::test]
async fn every_request_of_a_pipeline_is_checked_and_none_is_lost() {
    let gateway = Gateway::start().await;
    let good = [post("/1", "{}"), get("/2"), post("/3", "[]")].concat();
    let bad = "GET /4 HTTP/1.1\r\nHost: gateway\r\nHost: other\r\n\r\n";
    let answers = gateway.ask(format!("{good}{bad}{}", get("/5"))).await;
    let bodies: Vec<_> = answers.iter().take(3).map(|a| a.body.as_str()).collect();
    assert_eq!(bodies, ["read 1 {}", "read 2 ", "read 3 []"]);
    answers[3].assert_refused(Code::RequestMalformed, "two Host");
    assert_eq!(answers.len(), 4, "nothing after a fault is read");
    for path in ["1", "2", "3"] {
        assert!(matches!(gateway.outcome().await, Outcome::Read(_, _, p, _) if p == path));
    }
    assert_eq!(gateway.outcome().await, Outcome::Unseen(Code::RequestMalformed));
}

#[tokio::test]
async fn a_caller_that_has_said_all_still_gets_its_answer() {
    let gateway = Gateway::start().await;
    let mut line = gateway.connect().await;
    line.send(post("/hold", "{}")).await;
    line.finish().await;
    assert_eq!(gateway.outcome().await, Outcome::Held);
    gateway.release();
    assert_eq!(line.answer().await.unwrap().body, "read hold {}");
    assert!(line.answer().await.is_none());
}

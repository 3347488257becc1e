//! Bodies that are not what their head promised.

use crate::gateway::{Gateway, Outcome, SHORT, post};
use havengate::{config::Limits, verdict::Code};

fn chunked(body: &str) -> String {
    let head =
        "POST /a HTTP/1.1\r\nHost: gateway\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
    format!("{head}{body}")
}

#[tokio::test]
async fn chunks_are_joined_and_what_follows_is_the_next_request() {
    let gateway = Gateway::start().await;
    let mut line = gateway.connect().await;
    line.send(chunked("1\r\n{\r\n0001\r\n}\r\n0\r\n\r\n") + &post("/b", "[]")).await;
    assert_eq!(line.answer().await.unwrap().body, "read a {}");
    assert_eq!(line.answer().await.unwrap().body, "read b []");
}

#[tokio::test]
async fn bad_framing_is_named_by_the_exchange_that_was_reading() {
    let gateway = Gateway::start().await;
    for (body, says) in [
        ("2;name=value\r\n{}\r\n0\r\n\r\n", "extension"),
        ("x\r\n{}\r\n0\r\n\r\n", "chunk's size"),
        ("2 \r\n{}\r\n0\r\n\r\n", "chunk's size"),
        ("2\n{}\r\n0\r\n\r\n", "chunk's size"),
        ("11111111111111111\r\n{}", "chunk's size"),
        ("1\r\n{}\r\n0\r\n\r\n", "longer or shorter"),
        ("2\r\n{}\r\n0\r\nX-Trailer: y\r\n\r\n", "trailer"),
    ] {
        let answer = gateway.ask_one(chunked(body)).await;
        answer.assert_refused(Code::RequestMalformed, says);
        assert!(answer.closes());
        assert_eq!(gateway.outcome().await, Outcome::Refused(Code::RequestMalformed), "{body:?}");
    }
    gateway.no_more_outcomes().await;
}

#[tokio::test]
async fn a_body_is_read_only_as_the_type_the_operation_takes() {
    let gateway = Gateway::start().await;
    let typed =
        |path: &str, field: &str| format!("POST {path} HTTP/1.1\r\nHost: g\r\n{field}Content-Length: 2\r\n\r\n{{}}");
    for (path, field, says) in [
        ("/a", "", "no Content-Type"),
        ("/a", "Content-Type: text/plain\r\n", "takes: application/json"),
        ("/a", "Content-Type: application/json; charset=utf-16\r\n", "charset"),
        ("/a", "Content-Type: application/json\r\nContent-Encoding: compress\r\n", "Content-Encoding"),
        ("/none", "Content-Type: application/json\r\n", "takes no body"),
    ] {
        let answer = gateway.ask_one(typed(path, field)).await;
        answer.assert_refused(Code::BodyUnsupported, says);
        assert!(answer.closes(), "the body was not read");
        assert_eq!(gateway.outcome().await, Outcome::Refused(Code::BodyUnsupported));
    }
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_before_it_is_read_or_where_it_goes_over() {
    let gateway = Gateway::with(Limits { body: 1000, ..Limits::default() }).await;
    let declared = "POST /a HTTP/1.1\r\nHost: g\r\nContent-Type: application/json\r\nContent-Length: 1001\r\n\r\n";
    gateway.ask_one(declared).await.assert_refused(Code::BodyTooLarge, "1000 bytes");
    let endless = chunked("1f4\r\n") + &"0".repeat(500) + "\r\n1f5\r\n" + &"0".repeat(501);
    gateway.ask_one(endless).await.assert_refused(Code::BodyTooLarge, "1000 bytes");
    for _ in 0..2 {
        assert_eq!(gateway.outcome().await, Outcome::Refused(Code::BodyTooLarge));
    }
}

#[tokio::test]
async fn an_answer_that_did_not_wait_for_the_body_reaches_the_caller() {
    let gateway = Gateway::start().await;
    let answer = gateway.ask_one(post("/early", &"0".repeat(4 << 20))).await;
    answer.assert_refused(Code::RouteUnknown, "No connection");
    assert!(answer.closes());
}

#[tokio::test]
async fn a_body_that_ends_early_is_not_read_as_whole() {
    let gateway = Gateway::start().await;
    for request in [&post("/a", "{}")[..post("/a", "{}").len() - 1], &chunked("2\r\n{}\r\n")] {
        let mut line = gateway.connect().await;
        line.send(request).await;
        line.finish().await;
        line.answer().await.unwrap().assert_refused(Code::BodyMalformed, "ended before");
        assert_eq!(gateway.outcome().await, Outcome::Refused(Code::BodyMalformed));
    }
}

#[tokio::test]
async fn a_caller_that_hangs_up_is_recorded_all_the_same() {
    let gateway = Gateway::start().await;
    let mut line = gateway.connect().await;
    line.send(chunked("2\r\n{")).await;
    drop(line);
    assert_eq!(gateway.outcome().await, Outcome::Refused(Code::BodyMalformed));
}

#[tokio::test]
async fn a_caller_that_hangs_up_does_not_cancel_what_was_begun() {
    let gateway = Gateway::start().await;
    let mut line = gateway.connect().await;
    line.send(post("/hold", "{}")).await;
    assert_eq!(gateway.outcome().await, Outcome::Held);
    drop(line);
    gateway.release();
    assert!(matches!(gateway.outcome().await, Outcome::Read(..) | Outcome::Refused(Code::BodyMalformed)));
}

#[tokio::test]
async fn a_body_that_stalls_is_refused_in_time() {
    let gateway = Gateway::with(Limits { body_time: SHORT, ..Limits::default() }).await;
    let mut line = gateway.connect().await;
    line.send(chunked("2\r\n{")).await;
    let answer = line.answer().await.unwrap();
    answer.assert_refused(Code::RequestTimeout, "body did not arrive");
    assert!(answer.closes());
    assert!(line.answer().await.is_none());
    assert_eq!(gateway.outcome().await, Outcome::Refused(Code::RequestTimeout));
}

#[tokio::test]
async fn continue_is_said_only_when_the_body_is_wanted() {
    let gateway = Gateway::start().await;
    let expect = |path: &str| {
        format!(
            "POST {path} HTTP/1.1\r\nHost: g\r\nContent-Type: application/json\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"
        )
    };
    let mut line = gateway.connect().await;
    line.send(expect("/a")).await;
    assert_eq!(line.answer().await.unwrap().status, 100);
    line.send("{}").await;
    assert_eq!(line.answer().await.unwrap().body, "read a {}");
    gateway.ask_one(expect("/early")).await.assert_refused(Code::RouteUnknown, "No connection");
}

//! What the recipient may do wrong, and what the caller and the record book are told of it.

use crate::{
    caller::request,
    support::standin::Behaviour,
    world::{Plan, World},
};
use havengate::verdict::Code;
use std::time::Duration;

const NEED: &str = r#"{"need":{"beds":1}}"#;
const NEEDS: &str = "/riverside/needs";

async fn impatient() -> World {
    Plan::new().limits("upstream_time = \"300ms\"\nconnect_time = \"300ms\"").start().await
}

#[tokio::test]
async fn one_that_refuses_the_connection_gets_nothing() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let plan = Plan { recipient: Some(nobody.local_addr().unwrap()), ..Plan::new() };
    drop(nobody);
    let world = plan.start().await;
    let answer = world.post(NEEDS, NEED).await;
    let record = world.failed(&answer, Code::DestinationUnreachable, "connect", "no").await;
    assert_eq!(record.leaf["integration"], "inform-riverside");
}

#[tokio::test]
async fn one_that_accepts_and_stays_silent_gets_nothing() {
    let world = impatient().await;
    world.script([Behaviour::NeverRead]);
    let answer = world.post(NEEDS, NEED).await;
    world.failed(&answer, Code::DestinationUnreachable, "connect", "no").await;
    assert!(world.around.arrived().is_empty());
}

#[tokio::test]
async fn one_that_never_answers_is_waited_for_so_long_and_no_longer() {
    for behaviour in [Behaviour::stall(), Behaviour::RawThenStall(b"HTTP/1.1 200 OK\r\nContent-".to_vec())] {
        let world = impatient().await;
        world.script([behaviour]);
        let answer = world.post(NEEDS, NEED).await;
        world.failed(&answer, Code::UpstreamTimeout, "answer-timeout", "unknown").await;
        assert_eq!(world.around.arrived().len(), 1, "it was sent once");
        assert!(answer.detail().contains("did not answer in time"));
    }
}

#[tokio::test]
async fn one_that_stops_reading_is_waited_for_so_long_and_no_longer() {
    let limits = "upstream_time = \"300ms\"\nrecord = \"8MiB\"";
    let world = Plan::new().limits(limits).start().await;
    world.script([Behaviour::StallAfterHead]);
    // More than lies in the sockets between.
    let answer = world.post(NEEDS, &format!(r#"{{"need":{{"type":"{}"}}}}"#, "x".repeat(7 << 20))).await;
    world.failed(&answer, Code::UpstreamTimeout, "answer-timeout", "unknown").await;
    assert_eq!((world.around.recipient.connections(), world.around.recipient.requests().len()), (1, 0));
}

#[tokio::test]
async fn one_that_breaks_off_is_not_asked_again() {
    let half = b"HTTP/1.1 200 OK\r\nContent-Ty".to_vec();
    for (behaviour, rule) in [
        (Behaviour::RawThenClose(Vec::new()), "connection-ended"),
        (Behaviour::RawThenReset(Vec::new()), "connection-ended"),
        (Behaviour::RawThenClose(half), "connection-ended"),
        (Behaviour::garbage(), "answer-malformed"),
        (Behaviour::huge_head(1 << 20), "answer-malformed"),
        (Behaviour::switching(), "answer-upgrade"),
    ] {
        let world = impatient().await;
        world.script([behaviour]);
        let answer = world.post(NEEDS, NEED).await;
        world.failed(&answer, Code::DestinationUnreachable, rule, "unknown").await;
        assert_eq!(world.around.arrived().len(), 1, "{rule}: it was sent once");
        let remedy = answer.json()["reasons"][0]["remedy"].as_str().unwrap().to_owned();
        assert!(remedy.contains("Ask the recipient before sending again"), "{remedy}");
    }
}

#[tokio::test]
async fn an_answer_cut_short_is_seen_to_be() {
    for behaviour in [
        Behaviour::short_body(),
        Behaviour::RawThenClose(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n".to_vec()),
    ] {
        let world = impatient().await;
        world.script([behaviour]);
        let answer = world.post(NEEDS, NEED).await;
        assert!(answer.status == 200 && !answer.whole, "{answer:?}");
        assert_eq!(answer.sent().as_deref(), Some("yes"));
        assert_eq!(world.around.arrived().len(), 1);
        assert_eq!(world.home.record(answer.decision()).await.outcomes[0]["extra"]["status"], "200");
    }
}

#[tokio::test]
async fn a_slow_answer_arrives_whole() {
    let world = World::start().await;
    let raw = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 12\r\n\r\nslow but all";
    world.script([Behaviour::Trickle { bytes: raw.to_vec(), pause: Duration::from_millis(3) }]);
    let answer = world.post(NEEDS, NEED).await;
    assert_eq!((answer.text().as_str(), answer.whole), ("slow but all", true));
    world.forwarded(&answer).await;
}

#[tokio::test]
async fn a_redirect_is_passed_back_and_never_followed() {
    for (location, told) in [
        ("https://refer.riverside.example/v2/referrals/9?x=1", Some("/riverside/referrals/9?x=1")),
        ("/v2/referrals/9", Some("/riverside/referrals/9")),
        ("https://refer.riverside.example/v1/elsewhere", None),
        ("https://api.messages.example/v2/notifications/sms", None),
        ("http://refer.riverside.example/v2/referrals/9", None),
    ] {
        let world = World::start().await;
        world.script([Behaviour::redirect(location)]);
        let answer = world.post(NEEDS, NEED).await;
        assert_eq!((answer.status, answer.sent().as_deref()), (302, Some("yes")), "{answer:?}");
        assert_eq!(answer.header("location").as_deref(), told, "{location}");
        assert_eq!((world.around.arrived().len(), world.around.recipient.connections()), (1, 1), "not followed");
        assert_eq!(world.home.record(answer.decision()).await.outcomes[0]["extra"]["status"], "302");
    }
}

#[tokio::test]
async fn a_refusal_of_the_recipients_is_its_own() {
    let world = World::start().await;
    world.script([Behaviour::json(422, r#"{"error":"no beds"}"#)]);
    let answer = world.post(NEEDS, NEED).await;
    assert_eq!((answer.status, answer.text().as_str()), (422, r#"{"error":"no beds"}"#));
    assert_eq!(answer.sent().as_deref(), Some("yes"));
    assert_eq!(world.home.record(answer.decision()).await.outcomes[0]["extra"]["status"], "422");
}

#[tokio::test]
async fn the_recipient_cannot_speak_for_the_gateway() {
    let world = World::start().await;
    world.script([Behaviour::headers(
        200,
        &[
            ("Havengate-Sent", "no"),
            ("Havengate-Decision", "aaaaaaaaaaaaaaaaaaaaaaaaaa"),
            ("Havengate-Removed", "0"),
            ("Consent-Ref", "x"),
            ("Set-Cookie", "session=1"),
            ("Alt-Svc", "h3=\":443\""),
            ("ETag", "\"7\""),
        ],
    )]);
    let answer = world.post(NEEDS, r#"{"need":{"beds":1},"firstName":"Amina"}"#).await;
    world.forwarded(&answer).await;
    assert!(answer.decision().to_string() != "aaaaaaaaaaaaaaaaaaaaaaaaaa");
    assert_eq!(answer.header("havengate-removed").as_deref(), Some("1;paths=\"$.firstName\""));
    assert_eq!(answer.header("etag").as_deref(), Some("\"7\""));
    for gone in ["consent-ref", "set-cookie", "alt-svc"] {
        assert_eq!(answer.header(gone), None, "{gone}");
    }
}

#[tokio::test]
async fn a_caller_that_hangs_up_does_not_undo_what_was_recorded() {
    let world = World::start().await;
    let raw = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".to_vec();
    world.script([Behaviour::Trickle { bytes: raw, pause: Duration::from_millis(5) }]);
    let mut line = world.line().await;
    line.send(request("POST", NEEDS, "", NEED)).await;
    world.around.recipient.received(1).await;
    drop(line);
    world.forwarded_after_hanging_up().await;
}

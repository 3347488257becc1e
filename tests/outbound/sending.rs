//! What is written, and what is known of it when there is no answer.

use crate::{
    support::standin::{Behaviour, Standin},
    ways::{HOST, Message, Way, bare, gateway, get, needing, pin, plain, post, rules, short_times, times, upstream},
};
use havengate::{
    gate::{
        resolve::Resolver,
        upstream::{FailureKind, Sent},
    },
    ledger::leaf::Kind,
    verdict::Code,
};
use tokio::net::TcpListener;

#[tokio::test]
async fn exactly_the_request_that_was_judged_is_written() {
    let (way, standin) = (Way::new(times()).await, Standin::plain().await);
    let message = Message { body: needing("housing"), ..bare(&plain(&standin).await, "POST /referrals?area=N%26E") };
    let message = message.with("Idempotency-Key: 7").with("Connection: x-hop").with("X-Hop: 1").with("Cookie: a=b");
    let answer = way.send(message).await.unwrap();
    assert_eq!(answer.status, 200);
    assert_eq!(answer.body.collect(100).await.unwrap(), br#"{"ok":true}"#);
    let wanted = "POST /v2/referrals?area=N%26E HTTP/1.1\r\nhost: refer.riverside.example\r\nidempotency-key: 7\r\n\
                  content-type: application/json\r\ncontent-length: 18\r\n\r\n{\"need\":\"housing\"}";
    assert_eq!(String::from_utf8(standin.bytes()).unwrap(), wanted);
}

#[tokio::test]
async fn the_length_is_that_of_the_body_that_leaves() {
    let (way, standin) = (Way::new(times()).await, Standin::plain().await);
    let pinned = plain(&standin).await;
    let large = "x".repeat(4 << 20);
    way.send(post(&pinned, &large)).await.unwrap();
    way.send(bare(&pinned, "POST /close")).await.unwrap();
    way.send(get(&pinned)).await.unwrap();
    way.send(bare(&pinned, "DELETE /referrals")).await.unwrap();
    let requests = standin.received(4).await;
    assert_eq!(requests[0].header("content-length").unwrap(), needing(&large).len().to_string());
    assert_eq!(requests[0].body_text(), needing(&large));
    assert_eq!(requests[1].header("content-length").unwrap(), "0");
    for bare in &requests[2..] {
        assert_eq!(bare.names(), ["host"]);
    }
}

#[tokio::test]
async fn a_receipt_for_another_decision_sends_nothing() {
    let (way, standin) = (Way::new(times()).await, Standin::plain().await);
    let receipt = way.book.permit(Kind::Decision).await;
    let other = way.book.permit(Kind::Decision).await.decision();
    let outgoing = get(&plain(&standin).await).outgoing(other);
    let failure = way.client.send(outgoing, receipt).await.unwrap_err();
    assert_eq!((failure.kind(), failure.sent()), (&FailureKind::OtherReceipt, Sent::No));
    assert_eq!(failure.into_refusal().code, Code::Internal);
    assert_eq!((standin.connections(), standin.bytes().len()), (0, 0));
}

#[tokio::test]
async fn nobody_listening_is_unreachable_and_nothing_was_sent() {
    let way = Way::new(times()).await;
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let resolver = Resolver::new(&gateway(&[(HOST, free)], &[], &[]), &[]);
    let free = resolver.judge_and_pin(&rules(), &[], &upstream(HOST, true)).await.unwrap();
    let failure = way.send(get(&free)).await.unwrap_err();
    assert_eq!((failure.kind(), failure.sent()), (&FailureKind::Unreachable, Sent::No));
    assert_eq!(failure.into_refusal().code, Code::DestinationUnreachable);
}

/// Sends to a recipient that fails once it has the request: never tried again, and the truth told about it.
async fn after_the_first_byte(way: &Way, behaviour: Behaviour, body: usize) -> FailureKind {
    let standin = Standin::plain().await;
    standin.script([behaviour]);
    let failure = way.send(post(&plain(&standin).await, &"x".repeat(body))).await.unwrap_err();
    assert_eq!(failure.sent(), Sent::Unknown);
    assert_eq!(standin.connections(), 1);
    assert!(standin.requests().len() <= 1);
    let kind = failure.kind().clone();
    let code = if kind == FailureKind::Timeout { Code::UpstreamTimeout } else { Code::DestinationUnreachable };
    assert_eq!(failure.into_refusal().code, code);
    kind
}

#[tokio::test]
async fn a_broken_answer_leaves_the_outcome_unknown() {
    let coded = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n".to_vec();
    let both = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n".to_vec();
    let lengths = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd".to_vec();
    let many = [b"HTTP/1.1 200 OK\r\n".to_vec(), b"X-A: b\r\n".repeat(5000), b"\r\n".to_vec()].concat();
    let half = b"HTTP/1.1 200 OK\r\nCont".to_vec();
    let way = Way::new(times()).await;
    for (name, behaviour, kind) in [
        ("hangs up", Behaviour::RawThenClose(vec![]), FailureKind::Closed),
        ("resets", Behaviour::RawThenReset(vec![]), FailureKind::Closed),
        ("half a head", Behaviour::RawThenClose(half), FailureKind::Closed),
        ("garbage", Behaviour::garbage(), FailureKind::Malformed),
        ("a huge head", Behaviour::huge_head(200_000), FailureKind::Malformed),
        ("too many headers", Behaviour::RawThenClose(many), FailureKind::Malformed),
        ("two lengths", Behaviour::RawThenClose(lengths), FailureKind::Malformed),
        ("a coded body", Behaviour::RawThenClose(coded), FailureKind::Malformed),
        ("chunks and a length", Behaviour::RawThenClose(both), FailureKind::Malformed),
        ("another protocol", Behaviour::switching(), FailureKind::Upgrade),
    ] {
        assert_eq!(after_the_first_byte(&way, behaviour, 10).await, kind, "{name}");
    }
}

#[tokio::test]
async fn a_silent_recipient_leaves_the_outcome_unknown() {
    // More than the sockets' buffers hold, so that a recipient that does not read is felt.
    const MUCH: usize = 16 << 20;
    let half = b"HTTP/1.1 200 OK\r\nCont".to_vec();
    let interim = b"HTTP/1.1 100 Continue\r\n\r\n".repeat(50);
    let way = Way::new(short_times()).await;
    for (name, behaviour, body) in [
        ("stalls", Behaviour::stall(), 10),
        ("stalls within the request", Behaviour::StallAfterHead, MUCH),
        ("never reads", Behaviour::NeverRead, MUCH),
        ("half a head", Behaviour::RawThenStall(half), 10),
        ("only interim answers", Behaviour::RawThenStall(interim), 10),
    ] {
        assert_eq!(after_the_first_byte(&way, behaviour, body).await, FailureKind::Timeout, "{name}");
    }
}

/// A recipient that closes before it reads: whether a byte left is a race, and either way the truth is told.
#[tokio::test]
async fn sent_no_means_not_one_byte() {
    let way = Way::new(times()).await;
    for behaviour in [Behaviour::CloseOnAccept, Behaviour::ResetOnAccept] {
        for _ in 0..20 {
            let standin = Standin::plain().await;
            standin.script([behaviour.clone()]);
            let failure = way.send(get(&plain(&standin).await)).await.unwrap_err();
            assert_eq!(failure.kind(), &FailureKind::Closed);
            if failure.sent() == Sent::No {
                assert_eq!(standin.bytes(), b"");
            }
            assert_eq!(standin.connections(), 1);
        }
    }
}

#[tokio::test]
async fn a_silent_handshake_ends_with_nothing_sent() {
    let way = Way::new(short_times()).await;
    let standin = Standin::plain().await;
    standin.script([Behaviour::NeverRead]);
    let failure = way.send(get(&pin(&standin, false, &rules()).await)).await.unwrap_err();
    assert_eq!((failure.kind(), failure.sent()), (&FailureKind::Unreachable, Sent::No));
    assert_eq!(standin.bytes(), b"");
}

#[tokio::test]
async fn interim_answers_are_not_answers() {
    let (way, standin) = (Way::new(times()).await, Standin::plain().await);
    standin.script([Behaviour::informational()]);
    let answer = way.send(get(&plain(&standin).await)).await.unwrap();
    assert_eq!((answer.status.as_u16(), answer.headers.len()), (200, 0));
    assert_eq!(answer.body.collect(10).await.unwrap(), b"ok");
}

#[tokio::test]
async fn http2_fails_like_any_other() {
    let way = Way::new(short_times()).await;
    let identity = way.authority.identity(&[HOST]);
    for (behaviour, kind) in
        [(Behaviour::RawThenReset(vec![]), FailureKind::Closed), (Behaviour::stall(), FailureKind::Timeout)]
    {
        let standin = Standin::http2(&identity).await;
        standin.script([behaviour]);
        let pinned = pin(&standin, false, &rules()).await;
        let failure = way.send(post(&pinned, "a bed")).await.unwrap_err();
        assert_eq!((failure.kind(), failure.sent()), (&kind, Sent::Unknown));
        assert_eq!(standin.requests().len(), 1, "nothing is sent twice");
        // One stream failed; the connection is good.
        assert_eq!(way.get(&pinned).await.0, 200);
        assert_eq!(standin.connections(), 1);
    }
}

#[tokio::test]
async fn a_caller_that_stops_waiting_ends_the_exchange() {
    let (way, standin) = (Way::new(times()).await, Standin::plain().await);
    standin.script([Behaviour::NeverRead]);
    let pinned = plain(&standin).await;
    let hung_up = tokio::time::timeout(std::time::Duration::from_millis(50), way.send(get(&pinned))).await;
    assert!(hung_up.is_err());
    way.get(&pinned).await;
    assert_eq!((standin.connections(), standin.requests().len()), (2, 1));
}

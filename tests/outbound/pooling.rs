//! Connections are used again, but never for longer than what allowed them.

use crate::{
    support::standin::{Behaviour, Standin},
    ways::{ANOTHER, HOST, POLICY, Way, gateway, get, pin, plain, post, rules, secure, short_times, times, upstream},
};
use havengate::gate::{
    resolve::{Resolver, Rules},
    upstream::Times,
};
use std::time::Duration;

const KEPT: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfirst";

#[tokio::test]
async fn one_connection_serves_request_after_request() {
    let (way, standin) = (Way::new(times()).await, Standin::plain().await);
    let pinned = plain(&standin).await;
    for _ in 0..5 {
        assert_eq!(way.get(&pinned).await, (200, r#"{"ok":true}"#.into()));
    }
    assert_eq!((standin.connections(), standin.requests().len()), (1, 5));
}

#[tokio::test]
async fn an_answer_without_a_body_gives_its_connection_back_too() {
    let (way, standin) = (Way::new(times()).await, Standin::plain().await);
    standin.script(vec![Behaviour::Raw(b"HTTP/1.1 204 No Content\r\n\r\n".to_vec()); 3]);
    let pinned = plain(&standin).await;
    for _ in 0..3 {
        drop(way.send(get(&pinned)).await.unwrap());
    }
    assert_eq!((standin.connections(), standin.requests().len()), (1, 3));
}

#[tokio::test]
async fn a_policy_change_ends_the_connections_made_before_it() {
    let (way, standin) = (Way::new(times()).await, Standin::plain().await);
    let before = plain(&standin).await;
    way.get(&before).await;
    way.client.retire(ANOTHER);
    standin.ended(1).await;
    let after = pin(&standin, true, &Rules { epoch: ANOTHER, ..rules() }).await;
    way.get(&after).await;
    way.get(&after).await;
    assert_eq!(standin.connections(), 2);
    // A request that was permitted just before the change is sent, on a connection that is then ended.
    way.get(&before).await;
    standin.ended(2).await;
    assert_eq!(standin.connections(), 3);
}

#[tokio::test]
async fn a_policy_that_comes_back_finds_no_old_connections() {
    let (way, standin) = (Way::new(times()).await, Standin::plain().await);
    let pinned = plain(&standin).await;
    way.get(&pinned).await;
    way.client.retire(ANOTHER);
    way.client.retire(POLICY);
    way.get(&pinned).await;
    assert_eq!(standin.connections(), 2);
}

#[tokio::test]
async fn an_answer_under_way_at_a_policy_change_is_read_to_its_end() {
    let (way, standin) = (Way::new(times()).await, Standin::plain().await);
    let answer = way.send(get(&plain(&standin).await)).await.unwrap();
    way.client.retire(ANOTHER);
    assert_eq!(answer.body.collect(100).await.unwrap(), br#"{"ok":true}"#);
    standin.ended(1).await;
}

#[tokio::test]
async fn another_address_is_another_connection() {
    let way = Way::new(times()).await;
    let (one, two) = (Standin::plain().await, Standin::plain().await);
    way.get(&plain(&one).await).await;
    way.get(&plain(&two).await).await;
    way.get(&plain(&one).await).await;
    assert_eq!((one.connections(), one.requests().len()), (1, 2));
    assert_eq!((two.connections(), two.requests().len()), (1, 1));
}

#[tokio::test]
async fn a_secure_request_never_takes_a_plain_connection() {
    let way = Way::new(short_times()).await;
    let standin = Standin::plain().await;
    way.get(&plain(&standin).await).await;
    let mut secure = upstream(HOST, false);
    secure.port = 80;
    let resolver = Resolver::new(&gateway(&[(HOST, standin.address())], &[], &[]), &[]);
    let secure = resolver.judge_and_pin(&rules(), &[], &secure).await.unwrap();
    // The stand-in waits for the end of a head that is a ClientHello; the dial gives up.
    way.send(get(&secure)).await.unwrap_err();
    assert_eq!((standin.connections(), standin.requests().len()), (2, 1));
}

#[tokio::test]
async fn a_connection_that_ended_while_idle_is_replaced() {
    let (way, standin) = (Way::new(times()).await, Standin::plain().await);
    standin.script([Behaviour::RawThenClose(KEPT.to_vec())]);
    let pinned = plain(&standin).await;
    assert_eq!(way.get(&pinned).await, (200, "first".into()));
    standin.ended(1).await;
    assert_eq!(way.get(&pinned).await, (200, r#"{"ok":true}"#.into()));
    assert_eq!((standin.connections(), standin.requests().len()), (2, 2));
}

#[tokio::test]
async fn a_request_on_a_pooled_connection_is_not_repeated_once_it_was_written() {
    let (way, standin) = (Way::new(times()).await, Standin::plain().await);
    standin.script([Behaviour::Raw(KEPT.to_vec()), Behaviour::RawThenReset(vec![])]);
    let pinned = plain(&standin).await;
    way.get(&pinned).await;
    let failure = way.send(post(&pinned, "a bed")).await.unwrap_err();
    assert_eq!(failure.sent(), havengate::gate::upstream::Sent::Unknown);
    assert_eq!((standin.connections(), standin.requests().len()), (1, 2));
}

/// A second answer nobody asked for would otherwise be taken for the next caller's.
#[tokio::test]
async fn an_answer_too_many_is_nobodys() {
    let (way, standin) = (Way::new(times()).await, Standin::plain().await);
    standin.script([Behaviour::Raw(KEPT.repeat(2))]);
    let pinned = plain(&standin).await;
    assert_eq!(way.get(&pinned).await, (200, "first".into()));
    assert_eq!(way.get(&pinned).await, (200, r#"{"ok":true}"#.into()));
    assert_eq!(standin.connections(), 2);
}

#[tokio::test]
async fn a_connection_whose_answer_was_not_read_is_not_used_again() {
    let (way, standin) = (Way::new(times()).await, Standin::plain().await);
    let pinned = plain(&standin).await;
    drop(way.send(get(&pinned)).await.unwrap());
    standin.ended(1).await;
    way.get(&pinned).await;
    assert_eq!(standin.connections(), 2);
}

#[tokio::test]
async fn unused_connections_end() {
    let idle = Duration::from_millis(50);
    let way = Way::new(Times { idle, ..times() }).await;
    let standin = Standin::plain().await;
    way.get(&plain(&standin).await).await;
    standin.ended(1).await;
    let identity = way.authority.identity(&[HOST]);
    let http2 = Standin::http2(&identity).await;
    way.get(&secure(&http2).await).await;
    http2.ended(1).await;
}

#[tokio::test]
async fn http2_is_one_connection_for_many_at_once() {
    let way = Way::new(times()).await;
    let identity = way.authority.identity(&[HOST]);
    let standin = Standin::http2(&identity).await;
    let pinned = secure(&standin).await;
    way.get(&pinned).await;
    let need = |n: usize| "x".repeat(n * 1000);
    let (a, b, c, d) = tokio::join!(
        way.send(post(&pinned, &need(1))),
        way.send(post(&pinned, &need(2))),
        way.send(post(&pinned, &need(3))),
        way.get(&pinned),
    );
    for answer in [a, b, c] {
        assert_eq!(answer.unwrap().body.collect(100).await.unwrap(), br#"{"ok":true}"#);
    }
    assert_eq!(d.0, 200);
    assert_eq!((standin.connections(), standin.requests().len()), (1, 5));
    way.client.retire(ANOTHER);
    standin.ended(1).await;
}

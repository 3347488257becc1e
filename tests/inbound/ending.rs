//! Faults of our own, and the end of the process.

use crate::gateway::{Gateway, LONG, Outcome, SHORT, get, post};
use havengate::{config::Limits, gate::accept::Drained, verdict::Code};
use tokio::{net::TcpStream, time::timeout};

#[tokio::test]
async fn a_panic_is_answered_and_ends_nothing_else() {
    let gateway = Gateway::start().await;
    let mut line = gateway.connect().await;
    line.send(post("/panic", "{}")).await;
    let answer = line.answer().await.unwrap();
    assert_eq!(answer.status, 500);
    assert!(answer.body.contains("urn:havengate:problem:internal"), "{}", answer.body);
    assert!(answer.headers.contains("havengate-sent: unknown\r\n"), "nobody knows how far it had come");
    assert_eq!(gateway.outcome().await, Outcome::Unseen(Code::Internal));
    let mut other = gateway.connect().await;
    other.send(get("/a")).await;
    assert_eq!(other.answer().await.unwrap().body, "read a ");
}

#[tokio::test]
async fn draining_lets_what_is_in_flight_end_and_refuses_the_rest() {
    let gateway = Gateway::start().await;
    let (mut busy, mut idle, mut kept) = (gateway.connect().await, gateway.connect().await, gateway.connect().await);
    for line in [&mut idle, &mut kept] {
        line.send(get("/a")).await;
        assert_eq!(line.answer().await.unwrap().status, 200);
        gateway.outcome().await;
    }
    busy.send(post("/hold", "{}")).await;
    assert_eq!(gateway.outcome().await, Outcome::Held);
    let address = gateway.address;
    let release = gateway.releaser();
    let serving = gateway.stop();
    let closed = async { while TcpStream::connect(address).await.is_ok() {} };
    timeout(LONG, closed).await.expect("no new connections");

    kept.send(post("/c", "{}")).await;
    let refused = kept.answer().await.unwrap();
    refused.assert_refused(Code::Overloaded, "stopping");
    assert!(refused.closes() && refused.headers.contains("retry-after: "));
    assert!(kept.answer().await.is_none());

    release.add_permits(1);
    let answer = busy.answer().await.unwrap();
    assert_eq!(answer.body, "read hold {}");
    assert!(answer.closes());
    assert!(idle.answer().await.is_none());
    assert_eq!(timeout(LONG, serving).await.unwrap().unwrap(), Drained { unfinished: 0 });
}

#[tokio::test]
async fn draining_ends_in_time_and_says_what_it_left() {
    let gateway = Gateway::with(Limits { drain_time: SHORT, requests: 1, ..Limits::default() }).await;
    let mut busy = gateway.connect().await;
    busy.send(get("/hold")).await;
    assert_eq!(gateway.outcome().await, Outcome::Held);
    assert_eq!(timeout(LONG, gateway.stop()).await.unwrap().unwrap(), Drained { unfinished: 1 });
    assert!(busy.answer().await.is_none());
}

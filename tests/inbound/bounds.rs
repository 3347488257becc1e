//! Callers that say nothing, say it slowly, come in numbers, or do not listen.

use crate::gateway::{Gateway, LONG, Outcome, SHORT, get, post};
use havengate::{config::Limits, verdict::Code};
use std::time::{Duration, Instant};
use tokio::time::timeout;

#[tokio::test]
async fn a_silent_connection_ends_without_a_word() {
    let gateway = Gateway::with(Limits { head_time: SHORT, ..Limits::default() }).await;
    assert!(gateway.connect().await.answer().await.is_none());
    gateway.no_more_outcomes().await;
}

#[tokio::test]
async fn a_head_that_is_not_whole_in_time_is_refused_however_steadily_it_comes() {
    let gateway = Gateway::with(Limits { head_time: SHORT, ..Limits::default() }).await;
    let mut line = gateway.connect().await;
    let began = Instant::now();
    let trickle = async {
        line.send("GET /a HTTP/1.1\r\nHost: g\r\nX: ").await;
        loop {
            if let Ok(answer) = timeout(Duration::from_millis(5), line.answer()).await {
                return answer;
            }
            line.send("y").await;
        }
    };
    timeout(LONG, trickle).await.unwrap().unwrap().assert_refused(Code::RequestTimeout, "head did not arrive");
    assert!(began.elapsed() >= SHORT);
    assert_eq!(gateway.outcome().await, Outcome::Unseen(Code::RequestTimeout));
}

#[tokio::test]
async fn a_head_that_is_cut_off_is_refused() {
    let gateway = Gateway::start().await;
    let mut line = gateway.connect().await;
    line.send("GET /a HTTP/1.1\r\nHost: g\r\n").await;
    line.finish().await;
    line.answer().await.unwrap().assert_refused(Code::RequestMalformed, "before the request's head was whole");
}

#[tokio::test]
async fn an_idle_connection_ends_and_a_request_in_flight_does_not() {
    let gateway = Gateway::with(Limits { idle_time: SHORT, ..Limits::default() }).await;
    let mut line = gateway.connect().await;
    line.send(post("/hold", "{}")).await;
    assert_eq!(gateway.outcome().await, Outcome::Held);
    assert!(timeout(3 * SHORT, line.answer()).await.is_err(), "the answer is ours to give");
    gateway.release();
    assert_eq!(line.answer().await.unwrap().body, "read hold {}");
    assert!(line.answer().await.is_none());
}

#[tokio::test]
async fn requests_over_the_bound_are_refused_and_may_come_again() {
    let gateway = Gateway::with(Limits { requests: 1, ..Limits::default() }).await;
    let mut first = gateway.connect().await;
    first.send(get("/hold")).await;
    assert_eq!(gateway.outcome().await, Outcome::Held);
    let mut second = gateway.connect().await;
    second.send(get("/a")).await;
    let answer = second.answer().await.unwrap();
    answer.assert_refused(Code::Overloaded, "in flight");
    assert!(answer.headers.contains("retry-after: "));
    assert_eq!(gateway.outcome().await, Outcome::Unseen(Code::Overloaded));
    gateway.release();
    assert_eq!(first.answer().await.unwrap().body, "read hold ");
    second.send(get("/a")).await;
    assert_eq!(second.answer().await.unwrap().body, "read a ");
}

#[tokio::test]
async fn connections_over_the_bound_wait_for_their_turn() {
    let gateway = Gateway::with(Limits { connections: 1, ..Limits::default() }).await;
    let mut first = gateway.connect().await;
    first.send(get("/a")).await;
    first.answer().await.unwrap();
    let mut second = gateway.connect().await;
    second.send(get("/b")).await;
    assert!(timeout(SHORT, second.answer()).await.is_err());
    drop(first);
    assert_eq!(second.answer().await.unwrap().body, "read b ");
}

#[tokio::test]
async fn a_caller_that_does_not_take_its_answer_loses_its_place() {
    let gateway = Gateway::with(Limits { requests: 1, idle_time: SHORT, ..Limits::default() }).await;
    let mut deaf = gateway.connect().await;
    deaf.send(get("/endless")).await;
    let served = async {
        loop {
            let mut line = gateway.connect().await;
            line.send(get("/a")).await;
            if line.answer().await.is_some_and(|a| a.status == 503) {
                break;
            }
        }
        loop {
            let mut line = gateway.connect().await;
            line.send(get("/a")).await;
            if line.answer().await.is_some_and(|a| a.status == 200) {
                break;
            }
        }
    };
    timeout(LONG, served).await.expect("its place is free again");
}

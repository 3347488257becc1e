//! The real binary under the signals of a service manager.

use crate::{
    caller::{Line, ask, post},
    process::Process,
    world::{Around, Plan, connection, write},
};
use rustix::process::Signal;
use tokio::{net::TcpStream, task::yield_now};

const NEED: &str = r#"{"beds":1}"#;
const UPSTREAM: &str = "https://refer.riverside.example/v2";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hangup_reads_the_policies_again_and_keeps_the_good_ones() {
    let around = Around::new().await;
    let home = around.home(&Plan::new());
    let gateway = Process::start(&home);
    assert_eq!(ask(gateway.address, post("/more/needs", NEED)).await.status, 404);
    let file = home.policies("integrations/more.toml");
    write(&file, &connection("more", "riverside-council/housing-referrals", UPSTREAM, ""));
    gateway.signal(Signal::HUP);
    gateway.wait_for_log("policies were read again");
    assert_eq!(ask(gateway.address, post("/more/needs", NEED)).await.status, 200);
    write(&file, "id = 7");
    gateway.signal(Signal::HUP);
    gateway.wait_for_log("ALARM: policies were not read again");
    assert_eq!(ask(gateway.address, post("/more/needs", NEED)).await.status, 200);
    assert_eq!(around.arrived().len(), 2);
    gateway.signal(Signal::TERM);
    assert_eq!(gateway.ended().0, Some(0));
    let kinds: Vec<_> = home.leaves().iter().map(|l| l["type"].as_str().unwrap().to_owned()).collect();
    let leaves = home.leaves();
    let activated = leaves.iter().filter(|l| l["type"] == "policy.activated").map(|l| &l["extra"]["by"]);
    assert_eq!(activated.collect::<Vec<_>>(), ["start", "signal"]);
    assert_eq!(kinds.iter().filter(|k| *k == "policy.rejected").count(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn terminate_lets_what_is_under_way_end() {
    let around = Around::new().await;
    let home = around.home(&Plan::new());
    let gateway = Process::start(&home);
    let mut line = Line::open(gateway.address).await;
    let body = r#"{"need":{"beds":1}}"#;
    line.begin("/riverside/needs", body.len()).await;
    gateway.signal(Signal::TERM);
    // It takes no new connection from the moment it was told.
    while TcpStream::connect(gateway.address).await.is_ok() {
        yield_now().await;
    }
    line.send(body).await;
    let answer = line.answer().await;
    assert_eq!((answer.status, answer.sent().as_deref()), (200, Some("yes")), "{answer:?}");
    let (exit, log) = gateway.ended();
    assert_eq!(exit, Some(0), "{log}");
    assert_eq!(around.arrived().len(), 1);
    let leaves = home.leaves();
    assert_eq!(leaves.last().unwrap()["extra"]["ended"], "answered", "the last outcome is in the book");
    assert!(!home.config.control_socket().exists(), "and nobody can ask it any more");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn terminate_does_not_wait_for_ever() {
    let around = Around::new().await;
    let home = around.home(&Plan::new().limits("drain_time = \"200ms\""));
    let gateway = Process::start(&home);
    let mut line = Line::open(gateway.address).await;
    line.begin("/riverside/needs", 10).await;
    gateway.signal(Signal::TERM);
    assert_eq!(gateway.ended().0, Some(0));
    assert!(line.try_answer().await.is_none_or(|a| a.status != 200));
    assert_eq!(around.recipient.connections(), 0);
}

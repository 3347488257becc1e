//! Killed at any instant under load: the record book verifies, and every request that the recipient received has
//! its own earlier allow.
//!
//! Each caller sends by a connection of its own, one request after another. So the first, second, … request that
//! the recipient got from a caller must be the first, second, … that its connection was allowed; one more may have
//! been allowed than was sent, when the kill came in between, and none may have been sent that was not.

use crate::{
    caller::{Line, request},
    process::{Process, havengate},
    world::{Around, COUNCIL, Home, Plan, connection},
};
use serde_json::Value;
use std::{net::SocketAddr, time::Duration};
use tokio::task::JoinSet;

const CALLERS: usize = 4;

/// One caller until its connection breaks: the decisions it was told, in order.
async fn call(address: SocketAddr, caller: usize, round: usize) -> Vec<String> {
    let Ok(stream) = tokio::net::TcpStream::connect(address).await else { return Vec::new() };
    let mut line = Line::over(stream);
    let mut told = Vec::new();
    loop {
        let key = format!("Idempotency-Key: {round}.{caller}.{}\r\n", told.len());
        line.send(request("POST", &format!("/load-{caller}/needs"), &key, r#"{"beds":1}"#)).await;
        let Some(answer) = line.try_answer().await.filter(|a| a.whole) else { return told };
        assert_eq!(answer.status, 200, "{answer:?}");
        told.push(answer.decision().to_string());
    }
}

/// What each caller was allowed from a leaf on, in order, and how many leaves there are now.
fn allowed(home: &Home, from: usize) -> (Vec<Vec<String>>, usize) {
    let rows = home.rows(&format!("SELECT leaf FROM leaves WHERE idx >= {from} ORDER BY idx"));
    let leaves: Vec<Value> = rows.iter().map(|l| serde_json::from_str(l).unwrap()).collect();
    let of = |caller: usize| {
        let id = format!("load-{caller}");
        let allows = leaves.iter().filter(|l| l["decided"] == "allowed" && l["integration"] == id.as_str());
        allows.map(|l| l["decision"].as_str().unwrap().to_owned()).collect()
    };
    ((0..CALLERS).map(of).collect(), from + rows.len())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_under_load_nothing_left_unrecorded() {
    let rounds = if std::env::var_os("LONG_TESTS").is_some() { 200 } else { 50 };
    let around = Around::new().await;
    let mut plan = Plan::new();
    for caller in 0..CALLERS {
        let id = format!("load-{caller}");
        plan = plan.connect(&id, &connection(&id, COUNCIL, "https://refer.riverside.example/v2", ""));
    }
    let home = around.home(&plan);
    let (mut leaves, mut all, mut cut) = (0, 0, 0);
    for round in 0..rounds {
        let gateway = Process::start(&home);
        let mut calling = JoinSet::new();
        for caller in 0..CALLERS {
            let address = gateway.address;
            calling.spawn(async move { (caller, call(address, caller, round).await) });
        }
        // Whole requests so far, then a moment that differs from round to round.
        let before = around.recipient.requests().len();
        around.recipient.received(before + 1 + round % 7).await;
        tokio::time::sleep(Duration::from_micros((round as u64 * 7919) % 20_000)).await;
        gateway.kill();
        let mut told = vec![Vec::new(); CALLERS];
        while let Some(done) = calling.join_next().await {
            let (caller, decisions) = done.unwrap();
            told[caller] = decisions;
        }
        let verified = havengate(&home, &["ledger", "verify"]).output().unwrap();
        let said = String::from_utf8_lossy(&verified.stdout).into_owned();
        assert_eq!(verified.status.code(), Some(0), "round {round}: {said}");
        let (allows, now) = allowed(&home, leaves);
        leaves = now;
        let received = around.arrived_even_in_part();
        for caller in 0..CALLERS {
            let (allows, told) = (&allows[caller], &told[caller]);
            let of = format!("{round}.{caller}.");
            let mut came: Vec<usize> =
                received.iter().filter_map(|k| k.strip_prefix(&of)).map(|n| n.parse().unwrap()).collect();
            came.sort_unstable();
            assert!(came.iter().copied().eq(0..came.len()), "round {round}: one was sent twice or left out: {came:?}");
            assert!(came.len() <= allows.len(), "round {round}: {} came, {} were allowed", came.len(), allows.len());
            assert!(allows.len() <= came.len() + 1, "round {round}: {} allowed, {} came", allows.len(), came.len());
            assert_eq!(told[..], allows[..told.len()], "round {round}: each answer names its own allow, in order");
            assert!(came.len() >= told.len() && allows.len() <= told.len() + 1);
            all += came.len();
            cut += allows.len() - told.len();
        }
    }
    assert!(all >= rounds && cut > 0, "{all} requests, {cut} under way at a kill: the kills met no load");
    println!("{rounds} kills, {all} requests received, {cut} under way at a kill");
}

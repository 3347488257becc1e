//! Killed at any instant, it opens, it verifies, and everything acknowledged is there.

use crate::book::*;
use havengate::{
    flow::DecisionId,
    ledger::{Ledger, Opening, verify},
};
use std::{
    io::{BufRead as _, BufReader, Write as _},
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
};

#[test]
fn killed_at_random_moments_it_loses_nothing_acknowledged() {
    let rounds = if std::env::var_os("LONG_TESTS").is_some() { 200 } else { 12 };
    let book = Book::new();
    for round in 0..rounds {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "crash::writes_until_killed", "--nocapture", "--test-threads=1"])
            .env("LEDGER_TO_CRASH", book.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut acknowledged: Vec<DecisionId> = Vec::new();
        // At a moment that differs from round to round: after so many acknowledgements.
        let enough = 1 + round * 37 % 400;
        let take = |line: std::io::Result<String>, acknowledged: &mut Vec<DecisionId>| {
            let id = line.ok().and_then(|l| l.strip_prefix("ack ").and_then(|id| id.parse().ok()));
            acknowledged.extend::<Option<DecisionId>>(id);
        };
        while acknowledged.len() < enough {
            take(lines.next().expect("the child writes until it is killed"), &mut acknowledged);
        }
        child.kill().unwrap();
        child.wait().unwrap();
        lines.for_each(|line| take(line, &mut acknowledged));
        check(&book.path(), &acknowledged, round);
    }
}

#[tokio::main(flavor = "current_thread")]
async fn check(path: &Path, acknowledged: &[DecisionId], round: usize) {
    let report = verify::verify(path).unwrap();
    assert!(report.is_sound(), "round {round}: {report:?}");
    let ledger = Ledger::open(path, Opening::new("charity")).unwrap();
    for id in acknowledged {
        let found = ledger.decision(*id).await.unwrap();
        assert!(found.is_some_and(|f| f.leaf.contains("\"decided\":\"allowed\"")), "round {round}: {id} is lost");
    }
    ledger.close().await.unwrap();
}

/// The child of the test above: many at once, each telling its parent after it was acknowledged.
#[test]
fn writes_until_killed() {
    let Some(path) = std::env::var_os("LEDGER_TO_CRASH") else { return };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build().unwrap();
    runtime.block_on(async {
        let ledger = Arc::new(Ledger::open(path.as_ref(), Opening::new("charity")).unwrap());
        ledger.append(activation(POLICY)).await.unwrap();
        let writers: Vec<_> = (0..8)
            .map(|_| {
                let ledger = Arc::clone(&ledger);
                tokio::spawn(async move {
                    loop {
                        let id = fresh();
                        permit(&ledger, request(id)).await.unwrap();
                        let mut out = std::io::stdout().lock();
                        writeln!(out, "ack {id}").and_then(|()| out.flush()).unwrap();
                        drop(out);
                        ledger.append_later(outcome(id, "yes")).unwrap();
                    }
                })
            })
            .collect();
        // They end when they are killed, or when one of them fails.
        if let Some(writer) = writers.into_iter().next() {
            writer.await.unwrap();
        }
    });
}

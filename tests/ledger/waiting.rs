//! Full queues, late acknowledgements, callers that went away. The writer is held up through its source of salts.

use crate::book::*;
use havengate::{
    flow::DecisionId,
    ledger::{
        Explained, Ledger, LedgerError, Permission,
        leaf::{Kind, Leaf},
    },
};
use std::{
    sync::{Arc, Condvar, Mutex},
    time::Duration,
};

/// A gate in the writer's way.
#[derive(Clone, Default)]
struct Gate(Arc<(Mutex<(bool, bool)>, Condvar)>);

impl Gate {
    fn shut(&self) {
        *self.0.0.lock().unwrap() = (true, false);
    }
    fn open(&self) {
        self.0.0.lock().unwrap().0 = false;
        self.0.1.notify_all();
    }
    /// Called by the writer.
    fn pass(&self) {
        let mut state = self.0.0.lock().unwrap();
        state.1 = true;
        self.0.1.notify_all();
        drop(self.0.1.wait_while(state, |(shut, _)| *shut).unwrap());
    }
    /// Until the writer stands at the gate.
    fn await_writer(&self) {
        drop(self.0.1.wait_while(self.0.0.lock().unwrap(), |(_, there)| !*there).unwrap());
    }
}

async fn gated(book: &Book, queue: usize, time: Duration) -> (Ledger, Gate) {
    let (gate, mut opening) = (Gate::default(), book.opening());
    let inside = gate.clone();
    opening.queue = queue;
    opening.ledger_time = time;
    opening.random = Arc::new(move |bytes| {
        inside.pass();
        aws_lc_rs::rand::fill(bytes)
    });
    let ledger = Ledger::open(&book.path(), opening).unwrap();
    ledger.append(activation(POLICY)).await.unwrap();
    (ledger, gate)
}

/// Asks until the writer has recorded by itself that nothing was sent.
async fn not_sent(ledger: &Ledger, decision: DecisionId) -> Explained {
    loop {
        if let Some(found) = ledger.decision(decision).await.unwrap().filter(|found| !found.outcomes.is_empty()) {
            assert!(found.outcomes[0].contains(r#""extra":{"sent":"no","why":"abandoned"}"#), "{found:?}");
            return found;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_queue_refuses_at_once_and_loses_nothing() {
    let book = Book::new();
    let (ledger, gate) = gated(&book, 2, Duration::from_secs(60)).await;
    let ledger = Arc::new(ledger);
    gate.shut();
    let asking = Arc::clone(&ledger);
    let first = tokio::spawn(async move { asking.permit(request(fresh())).await });
    gate.await_writer();
    ledger.append_later(tx(Leaf::new(Kind::Boot), vec![])).unwrap();
    ledger.append_later(tx(Leaf::new(Kind::Boot), vec![])).unwrap();
    let refused = ledger.permit(request(fresh())).await;
    assert!(matches!(refused, Err(LedgerError::Overloaded)), "{refused:?}");
    gate.open();
    assert!(matches!(first.await.unwrap(), Ok(Permission::Granted(_))));
    ledger.close().await.unwrap();
    assert_eq!(ledger.head().size, 4, "activation, permission, two boots");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_late_permission_sends_nothing_and_gives_back_what_it_spent() {
    let book = Book::new();
    let (ledger, gate) = gated(&book, 8, Duration::from_millis(500)).await;
    let grant = grant(&book, "a", "amina", 1);
    ledger.append(issue(&grant)).await.unwrap();
    gate.shut();
    let (late, never) = (fresh(), fresh());
    assert_eq!(ledger.permit(consented(late, &grant, 1)).await.unwrap_err(), LedgerError::Timeout);
    assert_eq!(ledger.permit(consented(never, &grant, 2)).await.unwrap_err(), LedgerError::Timeout);
    gate.open();
    let found = not_sent(&ledger, late).await;
    assert!(found.leaf.contains("\"decided\":\"allowed\""), "{found:?}");
    assert_eq!(ledger.view().state(&grant.jti).uses, 0);
    assert_eq!(ledger.decision(never).await.unwrap(), None, "given up before it was its turn");
    assert!(ledger.verify_live().await.unwrap().is_sound());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_that_went_away_is_recorded_as_not_sent() {
    let book = Book::new();
    let (ledger, gate) = gated(&book, 8, Duration::from_secs(60)).await;
    let ledger = Arc::new(ledger);
    let grant = grant(&book, "a", "amina", 1);
    ledger.append(issue(&grant)).await.unwrap();
    gate.shut();
    let gone = fresh();
    let caller = {
        let (ledger, tx) = (Arc::clone(&ledger), consented(gone, &grant, 1));
        tokio::spawn(async move { ledger.permit(tx).await.map(drop) })
    };
    gate.await_writer();
    caller.abort();
    assert!(caller.await.unwrap_err().is_cancelled());
    gate.open();
    not_sent(&ledger, gone).await;
    assert_eq!(ledger.view().state(&grant.jti).uses, 0);
    permit(&ledger, consented(fresh(), &grant, 2)).await.expect("the use was given back");
    assert!(ledger.verify_live().await.unwrap().is_sound());
}

#[tokio::test]
async fn closing_records_what_waits_and_refuses_the_rest() {
    let book = Book::new();
    let ledger = book.ready().await;
    for _ in 0..100 {
        ledger.append_later(tx(Leaf::new(Kind::Boot), vec![])).unwrap();
    }
    ledger.close().await.unwrap();
    ledger.close().await.unwrap();
    assert_eq!(ledger.permit(request(fresh())).await.unwrap_err(), LedgerError::Closed);
    assert_eq!(ledger.health(), Err(LedgerError::Closed));
    let report = havengate::ledger::verify::verify(&book.path()).unwrap();
    assert!(report.is_sound(), "{report:?}");
    assert_eq!((report.entries, report.anchored), (101, 101));
}

//! Time never runs backward for a decision.

use crate::book::*;
use havengate::ledger::AssertFailure;

#[tokio::test]
async fn a_clock_set_back_a_year_revives_nothing_and_is_recorded_once() {
    let book = Book::new();
    let ledger = book.ready().await;
    let grant = grant(&book, "a", "amina", 9);
    ledger.append(issue(&grant)).await.unwrap();
    book.pass(hours(100));
    permit(&ledger, request(fresh())).await.unwrap();
    let before = ledger.head();
    book.pass(-hours(24 * 365));
    let id = fresh();
    assert_eq!(permit(&ledger, consented(id, &grant, 1)).await.unwrap_err(), AssertFailure::ConsentExpired);
    assert_eq!(leaf(&ledger, id).await["day"], "2026-10-28");
    assert!(ledger.head().time >= before.time && ledger.now() >= before.time);
    assert_eq!(ledger.head().size, before.size + 2, "the refusal and one clock.anomaly");
    drop(ledger);
    let ledger = book.open();
    permit(&ledger, request(fresh())).await.unwrap();
    permit(&ledger, request(fresh())).await.unwrap();
    assert!(ledger.head().time >= before.time, "not across a restart either");
    drop(ledger);
    let anomalies: Vec<String> = book
        .raw()
        .prepare("SELECT leaf FROM leaves WHERE leaf LIKE '%clock.anomaly%'")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    assert_eq!(anomalies.len(), 2, "one for each run: {anomalies:?}");
    assert!(anomalies[0].contains(r#""extra":{"seconds":"31536000"}"#), "{anomalies:?}");
}

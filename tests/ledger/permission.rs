//! What is permitted, what is refused at the last moment, and what stands in the record either way.

use crate::book::*;
use havengate::{
    consent::{Ground, Safeguarding, view::Stop, view::StopScope},
    flow::ConsentId,
    ledger::{
        Assert, AssertFailure, Change, LedgerError,
        leaf::{Decided, Kind, Leaf},
    },
    policy::PolicyHash,
};

#[tokio::test]
async fn a_permission_is_recorded_before_there_is_a_receipt() {
    let book = Book::new();
    let ledger = book.ready().await;
    let decision = fresh();
    let receipt = permit(&ledger, request(decision)).await.unwrap();
    assert_eq!((receipt.decision(), receipt.index(), receipt.retry_of()), (decision, 1, None));
    let explained = ledger.decision(decision).await.unwrap().unwrap();
    let leaf: serde_json::Value = serde_json::from_str(&explained.leaf).unwrap();
    assert_eq!((leaf["decided"].as_str(), leaf["day"].as_str()), (Some("allowed"), Some("2026-10-24")));
    assert_eq!((leaf["gateway"].as_str(), leaf["boot"].as_str()), (Some("charity"), Some(ledger.boot())));
    assert_eq!(explained.detail.len(), 2);
    assert!(explained.detail[0].contains("\"category\":\"pd:Name\""), "{:?}", explained.detail);
    assert_eq!(explained.outcomes, Vec::<String>::new());
    ledger.append(outcome(decision, "yes")).await.unwrap();
    assert_eq!(ledger.decision(decision).await.unwrap().unwrap().outcomes.len(), 1);
    assert_eq!(ledger.decision(fresh()).await.unwrap(), None);
    assert!(ledger.verify_live().await.unwrap().is_sound());
}

#[tokio::test]
async fn another_policy_a_stop_or_a_lapse_refuses_and_is_recorded() {
    let book = Book::new();
    let ledger = book.ready().await;
    let mut late = request(fresh());
    late.asserts.push(Assert::NotAfter(book.now() - hours(1)));
    let id = late.leaf.decision.unwrap();
    assert_eq!(permit(&ledger, late).await.unwrap_err(), AssertFailure::OutOfDate);
    assert_eq!(leaf(&ledger, id).await["code"], "consent-changed");

    for (n, scope) in
        [StopScope::Everything, StopScope::Integration(integration()), StopScope::Destination(destination())]
            .into_iter()
            .enumerate()
    {
        let stop = Stop { id: format!("s{n}"), scope, at: book.now() };
        let place = tx(Leaf::placing(&stop), vec![Change::PlaceStop(stop.clone())]);
        ledger.append(place.clone()).await.unwrap();
        assert!(ledger.view().stopped(&integration(), &destination()));
        let id = fresh();
        assert_eq!(permit(&ledger, request(id)).await.unwrap_err(), AssertFailure::Stopped);
        let leaf = leaf(&ledger, id).await;
        assert_eq!((leaf["decided"].as_str(), leaf["code"].as_str()), (Some("refused"), Some("stopped")));
        assert_eq!(leaf["clauses"], serde_json::json!(["TOOLS-1"]));
        assert_eq!(
            leaf["counts"],
            serde_json::json!([["identity", "raw", "blocked", 1], ["location", "raw", "stripped", 1]])
        );
        assert!(matches!(ledger.append(place).await, Err(LedgerError::Conflict(_))), "the same stop again");
        ledger.append(tx(Leaf::lifting(&stop.id), vec![Change::LiftStop(stop.id)])).await.unwrap();
        assert!(!ledger.view().stopped(&integration(), &destination()));
        permit(&ledger, request(fresh())).await.unwrap();
    }

    ledger.append(activation(PolicyHash([8; 32]))).await.unwrap();
    assert_eq!(ledger.view().active_policy(), Some(PolicyHash([8; 32])));
    let id = fresh();
    assert_eq!(permit(&ledger, request(id)).await.unwrap_err(), AssertFailure::PolicyChanged);
    assert_eq!(leaf(&ledger, id).await["code"], "consent-changed");
    let refused = ledger.decision(id).await.unwrap().unwrap();
    assert!(refused.detail[0].contains("\"act\":\"blocked\""), "nothing left: {:?}", refused.detail);
    assert!(ledger.verify_live().await.unwrap().is_sound());
}

#[tokio::test]
async fn an_emergency_grant_lasts_as_long_as_it_says() {
    let book = Book::new();
    let ledger = book.ready().await;
    let id = ConsentId::parse("emergency-1").unwrap();
    let mut tx_ = request(fresh());
    tx_.asserts.push(Assert::SafeguardingLive(id.clone()));
    assert_eq!(permit(&ledger, tx_.clone()).await.unwrap_err(), AssertFailure::EmergencyOver, "unknown");
    let grant = Safeguarding {
        id,
        subject: subject("amina"),
        destination: destination(),
        ground: Ground::Life,
        at: book.now(),
        expires: book.now() + hours(4),
    };
    let notify = Change::Notify { kind: "safeguarding" };
    let record = tx(Leaf::new(Kind::Safeguarding), vec![Change::Safeguard(grant.clone()), notify]);
    ledger.append(record.clone()).await.unwrap();
    assert!(matches!(ledger.append(record).await, Err(LedgerError::Conflict(_))));
    assert!(ledger.view().safeguarding(&grant.subject, &grant.destination, book.now()).is_some());
    tx_.leaf.decision = Some(fresh());
    permit(&ledger, tx_.clone()).await.unwrap();
    book.pass(hours(4));
    tx_.leaf.decision = Some(fresh());
    assert_eq!(permit(&ledger, tx_).await.unwrap_err(), AssertFailure::EmergencyOver);
    drop(ledger);
    let told: (String, i64) =
        book.raw().query_row("SELECT kind, idx FROM outbox", [], |r| Ok((r.get(0)?, r.get(1)?))).unwrap();
    assert_eq!(told.0, "safeguarding");
}

#[tokio::test]
async fn what_breaks_the_rules_of_the_record_book_is_not_recorded() {
    let book = Book::new();
    let ledger = book.ready().await;
    let size = ledger.head().size;
    let malformed =
        |result: Result<_, LedgerError>| assert!(matches!(result, Err(LedgerError::Malformed(_))), "{result:?}");
    let change = |f: &dyn Fn(&mut havengate::ledger::Tx)| {
        let mut tx = request(fresh());
        f(&mut tx);
        tx
    };
    for tx in [
        change(&|tx| tx.leaf.decided = Some(Decided::Refused)),
        change(&|tx| tx.leaf.kind = Kind::Outcome),
        change(&|tx| tx.leaf.decision = None),
        change(&|tx| _ = tx.asserts.remove(0)),
        change(&|tx| tx.leaf.policy = Some(PolicyHash([8; 32]))),
        change(&|tx| tx.changes.push(Change::End(jti("a")))),
        change(&|tx| _ = tx.leaf.extra.insert("note", format!("for {}", subject("amina")))),
        change(&|tx| _ = tx.leaf.extra.insert("note", "x".repeat(5000))),
    ] {
        malformed(ledger.permit(tx).await.map(drop));
    }
    malformed(ledger.append(request(fresh())).await.map(drop));
    malformed(ledger.append(tx(Leaf::new(Kind::Boot), vec![Change::End(jti("a"))])).await.map(drop));
    malformed(ledger.append(tx(Leaf::new(Kind::Boot), vec![Change::LiftStop("s".into())])).await.map(drop));
    let mut told = end(&jti("a"));
    told.leaf.extra.insert("consent", jti("a").to_string());
    malformed(ledger.append(told).await.map(drop));
    let stray = ledger.append(outcome(fresh(), "yes")).await;
    assert!(matches!(stray, Err(LedgerError::Conflict(_))), "{stray:?}");
    let twice = request(fresh());
    permit(&ledger, twice.clone()).await.unwrap();
    assert!(matches!(ledger.permit(twice).await, Err(LedgerError::Conflict(_))));
    assert_eq!(ledger.head().size, size + 1, "only the one permission");
    assert!(ledger.verify_live().await.unwrap().is_sound());
}

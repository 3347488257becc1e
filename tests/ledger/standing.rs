//! Stops, consents and emergencies in the tables are believed only as far as the entries say them.

use crate::book::*;
use havengate::{
    consent::view::{Stop, StopScope},
    ledger::{Change, Leaf, Ledger, LedgerError, OpenError, leaf::Kind, verify, verify::Finding},
};

/// A record book with one consent, a stop of one connection in force and one of everything lifted; closed.
async fn stopped() -> Book {
    let book = Book::new();
    let ledger = book.ready().await;
    ledger.append(issue(&grant(&book, "a", "amina", 9))).await.unwrap();
    for stop in [stop(&book, "kept", StopScope::Integration(integration())), stop(&book, "over", StopScope::Everything)]
    {
        ledger.append(tx(Leaf::placing(&stop), vec![Change::PlaceStop(stop)])).await.unwrap();
    }
    ledger.append(tx(Leaf::lifting("over"), vec![Change::LiftStop("over".into())])).await.unwrap();
    assert!(ledger.verify_live().await.unwrap().is_sound());
    ledger.close().await.unwrap();
    book
}

fn stop(book: &Book, id: &str, scope: StopScope) -> Stop {
    Stop { id: id.into(), scope, at: book.now() }
}

#[tokio::test]
async fn untouched_it_opens_and_the_stop_still_holds() {
    let book = stopped().await;
    assert!(verify::verify(&book.path()).unwrap().is_sound());
    let ledger = book.open();
    assert_eq!(ledger.view().stops().map(|s| s.id.as_str()).collect::<Vec<_>>(), ["kept"]);
}

#[tokio::test]
async fn a_stop_meddled_with_in_the_tables_is_found_by_verify_and_nothing_opens() {
    let gone = || Finding::StopGone("kept".into());
    let changed = || Finding::StopChanged("kept".into());
    for (sql, finding) in [
        ("DELETE FROM stops", gone()),
        ("UPDATE stops SET lifted = 1 WHERE id = 'kept'", gone()),
        ("UPDATE stops SET id = 'other' WHERE id = 'kept'", gone()),
        ("UPDATE stops SET scope = 'integration:other' WHERE id = 'kept'", changed()),
        ("UPDATE stops SET text = replace(text, 'inform', 'other') WHERE id = 'kept'", changed()),
        ("UPDATE stops SET text = '{}' WHERE id = 'kept'", changed()),
        ("UPDATE stops SET lifted = NULL WHERE id = 'over'", Finding::StrayStop(1)),
        ("INSERT INTO stops VALUES ('stray', 'everything', '{}', NULL)", Finding::StrayStop(1)),
        ("UPDATE grants SET jti = 'b'; INSERT INTO grants (jti, issued) VALUES ('c', 1)", Finding::StrayConsent(1)),
        ("INSERT INTO safeguarding (id, at, expires, text) VALUES ('e', 0, 1, '')", Finding::StrayEmergency(1)),
    ] {
        let book = stopped().await;
        book.raw().execute_batch(sql).unwrap();
        let findings = verify::verify(&book.path()).unwrap().findings;
        assert!(findings.contains(&finding), "{sql}: {findings:?}");
        let refused = Ledger::open(&book.path(), book.opening()).unwrap_err();
        assert!(matches!(refused, OpenError::Mismatch(_)), "{sql}: {refused}");
        let said = refused.to_string();
        assert!(said.contains("ledger verify") && said.contains("panel"), "{sql}: {said}");
    }
}

#[tokio::test]
async fn a_stop_and_its_entry_name_the_same_thing_or_are_not_recorded() {
    let book = Book::new();
    let ledger = book.ready().await;
    let size = ledger.head().size;
    let one = stop(&book, "s", StopScope::Integration(integration()));
    let everything = Stop { scope: StopScope::Everything, ..one.clone() };
    let other = Stop { id: "t".into(), ..one.clone() };
    let place = || Change::PlaceStop(one.clone());
    for wrong in [
        tx(Leaf::new(Kind::StopPlaced), vec![place()]),
        tx(Leaf::placing(&everything), vec![place()]),
        tx(Leaf::placing(&one), vec![Change::PlaceStop(everything)]),
        tx(Leaf::placing(&other), vec![place()]),
        tx(Leaf::placing(&one), vec![]),
        tx(Leaf::placing(&one), vec![place(), place()]),
        tx(Leaf::lifting("t"), vec![Change::LiftStop("s".into())]),
        tx(Leaf::lifting("s"), vec![]),
        tx(Leaf::new(Kind::ConsentIssued), vec![]),
    ] {
        let result = ledger.append(wrong).await.map(drop);
        assert!(matches!(result, Err(LedgerError::Malformed(_))), "{result:?}");
    }
    assert_eq!(ledger.head().size, size);
}

#[tokio::test]
async fn a_trigger_put_in_by_hand_does_not_undo_a_stop() {
    let book = stopped().await;
    book.raw()
        .execute_batch("CREATE TRIGGER undo AFTER INSERT ON stops BEGIN DELETE FROM stops WHERE id = new.id; END")
        .unwrap();
    let ledger = book.open();
    let all = stop(&book, "all", StopScope::Everything);
    ledger.append(tx(Leaf::placing(&all), vec![Change::PlaceStop(all)])).await.unwrap();
    ledger.close().await.unwrap();
    assert!(verify::verify(&book.path()).unwrap().is_sound());
}

//! What is done to the rows behind the record book's back is found.

use crate::book::*;
use havengate::ledger::{anchor_path, verify, verify::Finding};
use proptest::prelude::*;
use rusqlite::Connection;
use std::{fs, path::Path, sync::OnceLock};

/// A record book with decisions, outcomes, refusals and consents; closed. Made once, copied for each case.
fn template() -> &'static Book {
    static BOOK: OnceLock<Book> = OnceLock::new();
    BOOK.get_or_init(|| {
        let book = Book::new();
        fill(&book);
        book
    })
}

const ENTRIES: i64 = 1 + 1 + 8 * 2 + 1;

#[tokio::main(flavor = "current_thread")]
async fn fill(book: &Book) {
    let ledger = book.ready().await;
    let grant = grant(book, "a", "amina", 9);
    ledger.append(issue(&grant)).await.unwrap();
    for n in 0..8 {
        let id = fresh();
        permit(&ledger, consented(id, &grant, n)).await.unwrap();
        ledger.append(outcome(id, "yes")).await.unwrap();
    }
    ledger.append(end(&grant.jti)).await.unwrap();
    ledger.close().await.unwrap();
}

/// A copy of the template after something was done to it, and what verifying it says.
fn after(mutate: impl FnOnce(&Connection, &Path)) -> verify::Report {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ledger.db");
    fs::copy(template().path(), &path).unwrap();
    fs::copy(anchor_path(&template().path()), anchor_path(&path)).unwrap();
    let db = Connection::open(&path).unwrap();
    mutate(&db, &path);
    drop(db);
    verify::verify(&path).unwrap()
}

#[test]
fn untouched_it_is_sound_and_says_what_was_checked() {
    let report = after(|_, _| ());
    assert!(report.is_sound(), "{report:?}");
    assert_eq!((report.entries, report.decisions, report.outcomes, report.detail), (ENTRIES as u64, 8, 8, 16));
    assert_eq!((report.anchored, report.root.len(), report.erased, report.emptied), (ENTRIES as u64, 64, 0, 0));
}

#[test]
fn each_kind_of_meddling_is_named() {
    let found = |sql: &str| after(|db, _| db.execute_batch(sql).unwrap()).findings;
    let has = |sql: &str, finding: Finding| {
        let findings = found(sql);
        assert!(findings.contains(&finding), "{sql}: {findings:?}");
    };
    has("UPDATE leaves SET leaf = replace(leaf, 'allowed', 'refused') WHERE idx = 4", Finding::Changed(4));
    has("UPDATE leaves SET leaf = replace(leaf, ':', ': ') WHERE idx = 4", Finding::Form(4));
    has("UPDATE leaves SET hash = zeroblob(32) WHERE idx = 4", Finding::Changed(4));
    has("DELETE FROM leaves WHERE idx = 4", Finding::Gap { expected: 4, found: 5 });
    has("DELETE FROM leaves WHERE idx = 18", Finding::RolledBack { anchored: 19, found: 18 });
    has("DELETE FROM leaves", Finding::Size { head: 19, found: 0 });
    has("INSERT INTO leaves SELECT -1, hash, leaf FROM leaves WHERE idx = 1", Finding::Gap { expected: 0, found: -1 });
    has("INSERT INTO leaves SELECT 19, hash, leaf FROM leaves WHERE idx = 2", Finding::Twice(19));
    has("INSERT INTO leaves SELECT 19, hash, leaf FROM leaves WHERE idx = 2", Finding::Root);
    has("UPDATE detail SET row = replace(row, 'pd:Name', 'pd:Nome') WHERE idx = 4", Finding::Detail(4));
    has("UPDATE detail SET salt = zeroblob(16) WHERE idx = 4 AND n = 1", Finding::Detail(4));
    has("DELETE FROM detail WHERE idx = 4 AND n = 1", Finding::Detail(4));
    has("UPDATE detail SET idx = 3 WHERE idx = 4", Finding::StrayDetail(3));
    has("UPDATE detail SET idx = 99 WHERE idx = 4", Finding::StrayDetail(99));
    has("DELETE FROM decisions WHERE idx = 4", Finding::Lookup(4));
    has("INSERT INTO decisions VALUES (0, 1, 99)", Finding::StrayLookup(1));
    has("UPDATE head SET policy = zeroblob(32)", Finding::Policy);
    has("UPDATE head SET root = zeroblob(32)", Finding::Root);
}

#[test]
fn cut_off_with_a_head_to_match_it_is_found_by_the_anchor() {
    let report = after(|db, path| {
        let older = havengate::ledger::tree::root(
            db.prepare("SELECT hash FROM leaves WHERE idx < 5 ORDER BY idx")
                .unwrap()
                .query_map([], |row| row.get::<_, [u8; 32]>(0))
                .unwrap()
                .map(Result::unwrap),
        );
        db.execute("UPDATE head SET size = 5, root = ?1", [older]).unwrap();
        db.execute_batch(
            "DELETE FROM leaves WHERE idx >= 5; DELETE FROM detail WHERE idx >= 5; DELETE FROM decisions WHERE idx >= 5",
        )
        .unwrap();
        assert!(path.exists());
    });
    assert_eq!(report.findings, [Finding::RolledBack { anchored: 19, found: 5 }]);
    let report = after(|_, path| fs::remove_file(anchor_path(path)).unwrap());
    assert_eq!(report.findings, [Finding::Anchor("is missing".into())]);
}

#[test]
fn erased_details_keep_their_neighbours_checkable() {
    let erase = "UPDATE detail SET hash = ?1, salt = NULL, row = NULL WHERE idx = 4 AND n = 0";
    let erased = |db: &Connection| {
        let (salt, row): (Vec<u8>, String) = db
            .query_row("SELECT salt, row FROM detail WHERE idx = 4 AND n = 0", [], |r| Ok((r.get(0)?, r.get(1)?)))
            .unwrap();
        db.execute(erase, [havengate::ledger::tree::leaf_hash_of(&salt, row.as_bytes())]).unwrap();
    };
    let report = after(|db, _| erased(db));
    assert!(report.is_sound() && report.erased == 1 && report.detail == 15, "{report:?}");
    let report = after(|db, _| {
        erased(db);
        db.execute("UPDATE detail SET row = replace(row, 'sent', 'kept') || ' ' WHERE idx = 4 AND n = 1", []).unwrap();
    });
    assert_eq!(report.findings, [Finding::Detail(4)]);
    let report = after(|db, _| _ = db.execute("DELETE FROM detail WHERE idx = 4", []).unwrap());
    assert!(report.is_sound() && report.emptied == 1, "{report:?}");
}

#[test]
fn another_file_or_none_is_said_to_be_so() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ledger.db");
    assert!(matches!(verify::verify(&path), Err(verify::VerifyError::Missing(_))));
    fs::write(&path, "not a database at all, but long enough to be read as one".repeat(100)).unwrap();
    assert!(matches!(verify::verify(&path), Err(verify::VerifyError::Foreign(_))));
    fs::remove_file(&path).unwrap();
    Connection::open(&path).unwrap().execute_batch("CREATE TABLE t (a)").unwrap();
    assert!(matches!(verify::verify(&path), Err(verify::VerifyError::Foreign(_))));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn any_byte_of_any_entry_counts(idx in 0..ENTRIES, at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut same = false;
        let report = after(|db, _| {
            let read = |row: &rusqlite::Row<'_>| Ok(row.get_ref(0)?.as_bytes()?.to_vec());
            let mut leaf: Vec<u8> = db.query_row("SELECT leaf FROM leaves WHERE idx = ?1", [idx], read).unwrap();
            let place = at.index(leaf.len());
            same = leaf[place] == byte;
            leaf[place] = byte;
            db.execute("UPDATE leaves SET leaf = CAST(?2 AS TEXT) WHERE idx = ?1", (idx, leaf)).unwrap();
        });
        prop_assert_eq!(report.is_sound(), same);
        prop_assert!(same || report.findings.contains(&Finding::Changed(idx)), "{:?}", report.findings);
    }

    #[test]
    fn any_two_entries_in_each_others_place_are_found(a in 0..ENTRIES, b in 0..ENTRIES) {
        let report = after(|db, _| {
            db.execute_batch(&format!(
                "UPDATE leaves SET idx = -100 WHERE idx = {a}; UPDATE leaves SET idx = {a} WHERE idx = {b}; \
                 UPDATE leaves SET idx = {b} WHERE idx = -100;"
            ))
            .unwrap();
        });
        prop_assert_eq!(report.is_sound(), a == b);
        prop_assert!(a == b || report.findings.contains(&Finding::Root));
    }

    #[test]
    fn any_byte_of_the_file_that_can_be_read_differently_is_found_or_harmless(at in any::<prop::sample::Index>(), bit in 0..8_u8) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ledger.db");
        let mut bytes = fs::read(template().path()).unwrap();
        let place = at.index(bytes.len());
        bytes[place] ^= 1_u8 << bit;
        fs::write(&path, bytes).unwrap();
        fs::copy(anchor_path(&template().path()), anchor_path(&path)).unwrap();
        // Whatever it says, it says it without a panic; and what it calls sound has the same root.
        if let Ok(report) = verify::verify(&path) && report.is_sound() {
            prop_assert_eq!(report.root, after(|_, _| ()).root);
        }
    }
}

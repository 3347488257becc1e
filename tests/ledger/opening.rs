//! Who may open a record book, and what is never opened.

use crate::book::*;
use havengate::ledger::{CreateError, Ledger, OpenError, Opening, anchor_path, verify};
use std::{fs, process::Command};

#[tokio::test]
async fn it_is_made_once_and_never_silently() {
    let book = Book::new();
    assert!(matches!(Ledger::create(&book.path(), &book.opening()), Err(CreateError::Exists(_))));
    let elsewhere = book.directory.path().join("other.db");
    let missing = Ledger::open(&elsewhere, book.opening()).unwrap_err();
    assert!(matches!(missing, OpenError::Missing(_)) && missing.to_string().contains("havengate init"), "{missing}");
    assert!(!elsewhere.exists(), "opening makes nothing");
    fs::write(anchor_path(&elsewhere), "an earlier book's").unwrap();
    assert!(matches!(Ledger::create(&elsewhere, &book.opening()), Err(CreateError::Exists(_))));
    assert!(matches!(Ledger::create(&elsewhere, &Opening::new("Not A Name")), Err(CreateError::Name)));
    let nowhere = book.directory.path().join("no/such/directory.db");
    assert!(matches!(Ledger::create(&nowhere, &book.opening()), Err(CreateError::Io { .. })));
    use std::os::unix::fs::PermissionsExt as _;
    assert_eq!(book.path().metadata().unwrap().permissions().mode() & 0o777, 0o600);
}

#[tokio::test]
async fn only_one_may_hold_it() {
    let book = Book::new();
    let ledger = book.ready().await;
    let second = Ledger::open(&book.path(), book.opening()).unwrap_err();
    assert!(matches!(second, OpenError::Held(_)) && second.to_string().contains("running gateway"), "{second}");
    let reader = verify::verify(&book.path()).unwrap_err();
    assert!(matches!(reader, verify::VerifyError::Held(_)), "{reader}");
    let other = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "opening::another_process", "--nocapture"])
        .env("LEDGER_HELD_ELSEWHERE", book.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&other.stdout);
    assert!(said.contains("open: Held, verify: Held"), "{said}");
    permit(&ledger, request(fresh())).await.expect("the holder is not disturbed");
    drop(ledger);
    book.open();
}

/// The second process of the test above.
#[test]
fn another_process() {
    let Some(path) = std::env::var_os("LEDGER_HELD_ELSEWHERE") else { return };
    let name = |debug: String| debug.split(['(', ' ']).next().unwrap_or_default().to_owned();
    let open = name(format!("{:?}", Ledger::open(path.as_ref(), Opening::new("charity")).unwrap_err()));
    let verify = name(format!("{:?}", verify::verify(path.as_ref()).unwrap_err()));
    println!("open: {open}, verify: {verify}");
}

#[tokio::test]
async fn what_is_not_our_book_is_not_opened() {
    let book = Book::new();
    let name = Ledger::open(&book.path(), Opening::new("another")).unwrap_err();
    assert!(matches!(name, OpenError::Gateway), "{name}");
    book.raw().pragma_update(None, "user_version", 3).unwrap();
    assert!(matches!(Ledger::open(&book.path(), book.opening()), Err(OpenError::Version { found: 3, known: 2 })));
    book.raw().pragma_update(None, "application_id", 1).unwrap();
    assert!(matches!(Ledger::open(&book.path(), book.opening()), Err(OpenError::Foreign(_))));
    fs::write(book.path(), "x".repeat(10_000)).unwrap();
    assert!(matches!(Ledger::open(&book.path(), book.opening()), Err(OpenError::Foreign(_))));
    fs::write(book.path(), "").unwrap();
    assert!(matches!(Ledger::open(&book.path(), book.opening()), Err(OpenError::Foreign(_))));
}

/// As the first version made them: the same entries, another look-up table.
#[tokio::test]
async fn a_book_of_the_first_format_is_brought_up_to_date_with_every_entry() {
    let book = Book::new();
    let ledger = book.ready().await;
    let decision = fresh();
    permit(&ledger, request(decision)).await.unwrap();
    let head = ledger.head();
    ledger.close().await.unwrap();
    drop(ledger);
    book.raw()
        .execute_batch(
            "ALTER TABLE decisions RENAME TO now;
             CREATE TABLE decisions (key INTEGER NOT NULL, idx INTEGER NOT NULL, PRIMARY KEY (key, idx))
                 STRICT, WITHOUT ROWID;
             INSERT INTO decisions SELECT key, idx FROM now;
             DROP TABLE now;
             PRAGMA user_version = 1;",
        )
        .unwrap();
    let early = verify::verify(&book.path()).unwrap_err();
    assert!(matches!(early, verify::VerifyError::Version { found: 1, known: 2, .. }), "not an alarm: {early}");
    let ledger = book.open();
    assert_eq!((ledger.head().size, ledger.head().root), (head.size, head.root));
    assert!(ledger.decision(decision).await.unwrap().is_some());
    ledger.close().await.unwrap();
    drop(ledger);
    assert!(verify::verify(&book.path()).unwrap().is_sound());
}

#[tokio::test]
async fn an_older_copy_a_cut_end_or_another_anchor_is_not_opened() {
    let book = Book::new();
    let ledger = book.ready().await;
    permit(&ledger, request(fresh())).await.unwrap();
    drop(ledger);
    let older = fs::read(book.path()).unwrap();
    let older_anchor = fs::read(anchor_path(&book.path())).unwrap();
    let ledger = book.open();
    permit(&ledger, request(fresh())).await.unwrap();
    drop(ledger);
    let newer = fs::read(book.path()).unwrap();

    fs::write(book.path(), &older).unwrap();
    let rolled = Ledger::open(&book.path(), book.opening()).unwrap_err();
    assert!(matches!(rolled, OpenError::RolledBack { size: 2, anchored: 3 }), "{rolled}");
    fs::write(book.path(), &newer).unwrap();
    fs::write(anchor_path(&book.path()), &older_anchor).unwrap();
    book.open();

    fs::remove_file(anchor_path(&book.path())).unwrap();
    let without = Ledger::open(&book.path(), book.opening()).unwrap_err();
    assert!(matches!(without, OpenError::Anchor { .. }) && without.to_string().contains("is missing"), "{without}");
    let changed = String::from_utf8(older_anchor).unwrap().replace("root ", "root 00");
    fs::write(anchor_path(&book.path()), changed).unwrap();
    assert!(matches!(Ledger::open(&book.path(), book.opening()), Err(OpenError::Anchor { .. })));
}

#[tokio::test]
async fn a_changed_entry_or_head_is_not_opened() {
    for mutation in [
        "UPDATE leaves SET leaf = replace(leaf, 'allowed', 'refused')",
        "DELETE FROM leaves WHERE idx = 1",
        "UPDATE head SET size = 1",
        "UPDATE head SET root = zeroblob(32)",
    ] {
        let book = Book::new();
        let ledger = book.ready().await;
        permit(&ledger, request(fresh())).await.unwrap();
        permit(&ledger, request(fresh())).await.unwrap();
        drop(ledger);
        book.raw().execute_batch(mutation).unwrap();
        let refused = Ledger::open(&book.path(), book.opening()).unwrap_err();
        assert!(matches!(refused, OpenError::Mismatch(_)), "{mutation}: {refused}");
        assert!(refused.to_string().contains("ledger verify"), "{refused}");
    }
}

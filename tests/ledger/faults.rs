//! Whatever fails while it is open: nothing is permitted from then on, and what was acknowledged is there.

use crate::{book::*, small_disk::with_a_small_disk};
use havengate::ledger::{Ledger, LedgerError, OpenError, Opening, anchor_path, verify};
use std::{
    path::Path,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

fn poisoned<T: std::fmt::Debug>(result: Result<T, LedgerError>) -> String {
    match result {
        Err(LedgerError::Poisoned(reason)) => reason.to_string(),
        other => panic!("not poisoned: {other:?}"),
    }
}

#[tokio::test]
async fn deleted_while_open_it_denies_everything() {
    for ending in ["", "-wal"] {
        let book = Book::new();
        let ledger = book.ready().await;
        permit(&ledger, request(fresh())).await.unwrap();
        let mut file = book.path().into_os_string();
        file.push(ending);
        std::fs::remove_file(file).unwrap();
        assert!(poisoned(ledger.permit(request(fresh())).await).contains("deleted"), "{ending}");
        assert!(poisoned(ledger.permit(request(fresh())).await).contains("deleted"), "and it stays so");
        assert!(poisoned(ledger.append(activation(POLICY)).await).contains("deleted"));
        assert!(poisoned(ledger.append_later(activation(POLICY))).contains("deleted"));
        assert!(poisoned(ledger.health()).contains("deleted"));
        assert_eq!(ledger.health().unwrap_err().code(), havengate::verdict::Code::LedgerUnavailable);
    }
}

#[tokio::test]
async fn replaced_while_open_it_denies_everything() {
    let book = Book::new();
    let ledger = book.ready().await;
    let copy = book.directory.path().join("copy");
    std::fs::copy(book.path(), &copy).unwrap();
    std::fs::rename(&copy, book.path()).unwrap();
    assert!(poisoned(ledger.permit(request(fresh())).await).contains("replaced"));
}

#[tokio::test]
async fn a_panic_in_the_writer_denies_everything() {
    let book = Book::new();
    let (armed, mut opening) = (Arc::new(AtomicBool::new(false)), book.opening());
    let fuse = Arc::clone(&armed);
    opening.random = Arc::new(move |bytes| {
        assert!(!fuse.load(Ordering::Relaxed), "a fault of ours, made by the test");
        aws_lc_rs::rand::fill(bytes)
    });
    let ledger = Ledger::open(&book.path(), opening).unwrap();
    ledger.append(activation(POLICY)).await.unwrap();
    permit(&ledger, request(fresh())).await.unwrap();
    armed.store(true, Ordering::Relaxed);
    assert!(poisoned(ledger.permit(request(fresh())).await).contains("the writer failed"));
    armed.store(false, Ordering::Relaxed);
    assert!(poisoned(ledger.permit(request(fresh())).await).contains("the writer failed"), "until it is restarted");
    drop(ledger);
    let ledger = book.open();
    assert_eq!(ledger.head().size, 2);
    permit(&ledger, request(fresh())).await.unwrap();
}

#[tokio::test]
async fn without_randomness_nothing_is_recorded() {
    let book = Book::new();
    let (armed, mut opening) = (Arc::new(AtomicBool::new(false)), book.opening());
    let dry = Arc::clone(&armed);
    opening.random = Arc::new(move |bytes| match dry.load(Ordering::Relaxed) {
        true => Err(aws_lc_rs::error::Unspecified),
        false => aws_lc_rs::rand::fill(bytes),
    });
    let ledger = Ledger::open(&book.path(), opening.clone()).unwrap();
    ledger.append(activation(POLICY)).await.unwrap();
    armed.store(true, Ordering::Relaxed);
    assert!(matches!(ledger.permit(request(fresh())).await, Err(LedgerError::Conflict(_))));
    drop(ledger);
    assert!(matches!(Ledger::open(&book.path(), opening), Err(OpenError::Start(_))));
}

#[test]
fn a_full_disk_denies_everything_and_loses_nothing() {
    with_a_small_disk(2, "faults::on_a_disk_that_fills");
}

#[tokio::test]
async fn on_a_disk_that_fills() {
    let Some(disk) = std::env::var_os("SMALL_DISK") else { return };
    let path = Path::new(&disk).join("ledger.db");
    Ledger::create(&path, &Opening::new("charity")).unwrap();
    let ledger = Ledger::open(&path, Opening::new("charity")).unwrap();
    ledger.append(activation(POLICY)).await.unwrap();
    let mut acknowledged = Vec::new();
    let reason = loop {
        let id = fresh();
        match ledger.permit(request(id)).await {
            Ok(_) => acknowledged.push(id),
            error => break poisoned(error),
        }
    };
    assert!(reason.contains("full"), "{reason}");
    assert!(acknowledged.len() > 10 && poisoned(ledger.permit(request(fresh())).await) == reason);
    drop(ledger);
    // More room, and a restart.
    let more = Command::new("mount").args(["-o", "remount,size=16m"]).arg(&disk).status().unwrap();
    assert!(more.success());
    let ledger = Ledger::open(&path, Opening::new("charity")).unwrap();
    for id in acknowledged {
        assert!(ledger.decision(id).await.unwrap().is_some());
    }
    permit(&ledger, request(fresh())).await.unwrap();
    assert!(ledger.verify_live().await.unwrap().is_sound());
    println!("done on a small disk");
}

#[test]
fn a_read_only_disk_is_not_opened() {
    with_a_small_disk(2, "faults::on_a_disk_that_is_read_only");
}

#[tokio::test]
async fn on_a_disk_that_is_read_only() {
    let Some(disk) = std::env::var_os("SMALL_DISK") else { return };
    let path = Path::new(&disk).join("ledger.db");
    Ledger::create(&path, &Opening::new("charity")).unwrap();
    let ledger = Ledger::open(&path, Opening::new("charity")).unwrap();
    ledger.append(activation(POLICY)).await.unwrap();
    ledger.close().await.unwrap();
    let frozen = Command::new("mount").args(["-o", "remount,ro"]).arg(&disk).status().unwrap();
    assert!(frozen.success());
    let refused = Ledger::open(&path, Opening::new("charity")).unwrap_err();
    assert!(matches!(refused, OpenError::Unwritable { .. }), "{refused}");
    let report = verify::verify(&path).unwrap();
    assert!(report.is_sound() && report.entries == 1, "a panel member's copy can be checked: {report:?}");
    let made = Ledger::create(&Path::new(&disk).join("new.db"), &Opening::new("charity"));
    assert!(matches!(made, Err(havengate::ledger::CreateError::Io { .. })), "{made:?}");
    assert!(!anchor_path(&Path::new(&disk).join("new.db")).exists());
    println!("done on a small disk");
}

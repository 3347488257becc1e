//! Without its record book the gateway sends nothing, says so, and is not ready.

use crate::{
    caller::Answer,
    process::Process,
    support::small_disk::with_a_small_disk,
    world::{Around, Plan, World},
};
use havengate::verdict::Code;
use std::{path::Path, process::Command};

const NEED: &str = r#"{"need":{"beds":1}}"#;

/// Refused for want of the record book: nothing left, no decision's id, and monitoring knows.
async fn unavailable(world: &World, answer: &Answer) {
    answer.assert_problem(Code::LedgerUnavailable, None);
    assert_eq!(answer.sent().as_deref(), Some("no"));
    assert_eq!(answer.header("havengate-decision"), None, "nothing was recorded, so there is nothing to explain");
    assert!(answer.header("retry-after").is_some());
    assert!(world.around.arrived().is_empty());
    let ready = world.operations("/readyz").await;
    assert_eq!((ready.status, ready.text().as_str()), (503, "not ready: the record book cannot be written\n"));
    assert_eq!(world.operations("/livez").await.status, 200);
    assert!(world.home.status().await["ledger"]["fault"].is_string());
}

async fn in_order(world: &World) {
    world.forwarded(&world.post("/riverside/needs", NEED).await).await;
    assert_eq!(world.operations("/readyz").await.status, 200);
}

#[tokio::test]
async fn taken_away_nothing_leaves() {
    for ending in ["", "-wal"] {
        let world = World::start().await;
        in_order(&world).await;
        std::fs::remove_file(format!("{}{ending}", world.home.config.ledger.display())).unwrap();
        for _ in 0..2 {
            unavailable(&world, &world.post("/riverside/needs", NEED).await).await;
        }
        // A refusal that cannot be recorded is no other refusal.
        unavailable(&world, &world.post("/linked/needs", NEED).await).await;
        unavailable(&world, &world.post("/riverside/nothing", NEED).await).await;
    }
}

#[tokio::test]
async fn taken_away_during_a_body_nothing_leaves() {
    let world = World::start().await;
    let mut line = world.line().await;
    line.begin("/riverside/needs", NEED.len()).await;
    std::fs::remove_file(&world.home.config.ledger).unwrap();
    line.send(NEED).await;
    unavailable(&world, &line.answer().await).await;
    assert_eq!(world.around.recipient.connections(), 0);
}

#[tokio::test]
async fn replaced_by_a_copy_nothing_leaves() {
    let world = World::start().await;
    in_order(&world).await;
    let (ledger, copy) = (&world.home.config.ledger, world.home.directory.path().join("copy"));
    std::fs::copy(ledger, &copy).unwrap();
    std::fs::rename(&copy, ledger).unwrap();
    unavailable(&world, &world.post("/riverside/needs", NEED).await).await;
}

/// Without it, or with one that does not hold together, the gateway does not start.
#[tokio::test]
async fn a_gateway_starts_only_with_its_own_sound_record_book() {
    let around = Around::new().await;
    let home = around.home(&Plan::new());
    let ledger = &home.config.ledger;
    let kept = std::fs::read(ledger).unwrap();
    std::fs::remove_file(ledger).unwrap();
    let (exit, said) = Process::fails(&home);
    assert!(exit == 4 && said.contains("there is no record book"), "{exit}: {said}");
    assert!(!ledger.exists(), "it is never made in silence");
    std::fs::write(ledger, b"not a database at all, though long enough to be looked at").unwrap();
    let (exit, said) = Process::fails(&home);
    assert!(exit == 4, "{exit}: {said}");
    std::fs::write(ledger, &kept).unwrap();
    let anchor = havengate::ledger::anchor_path(ledger);
    std::fs::remove_file(&anchor).unwrap();
    let (exit, said) = Process::fails(&home);
    assert!(exit == 4 && said.contains("anchor"), "{exit}: {said}");
}

#[test]
fn on_a_full_disk_nothing_leaves() {
    with_a_small_disk(1, "record_book::on_a_disk_that_fills");
}

#[tokio::test]
async fn on_a_disk_that_fills() {
    let Some(disk) = std::env::var_os("SMALL_DISK") else { return };
    let plan = Plan { ledger: Some(Path::new(&disk).join("ledger.db")), ..Plan::new() };
    let world = plan.start().await;
    in_order(&world).await;
    // Somebody else's file takes what is left.
    let mut filler = std::fs::File::create(Path::new(&disk).join("filler")).unwrap();
    while std::io::Write::write_all(&mut filler, &[0; 4096]).is_ok() {}
    let mut allowed = 0;
    let refused = loop {
        let answer = world.post("/riverside/needs", NEED).await;
        if answer.status != 200 {
            break answer;
        }
        allowed += 1;
        assert_eq!(world.around.arrived().len(), 1, "each that left was recorded");
        assert!(allowed < 1000, "the disk never filled");
    };
    unavailable(&world, &refused).await;
    // Room again changes nothing until somebody has looked and started the gateway anew.
    std::fs::remove_file(Path::new(&disk).join("filler")).unwrap();
    unavailable(&world, &world.post("/riverside/needs", NEED).await).await;
    let World { around, home, .. } = world;
    let before = home.leaves().iter().filter(|l| l["decided"] == "allowed").count();
    assert_eq!(before, allowed + 1, "what left is in the book");
    drop(around);
    println!("done on a small disk");
}

#[test]
fn on_a_read_only_disk_no_gateway_starts() {
    with_a_small_disk(1, "record_book::on_a_disk_that_is_read_only");
}

#[tokio::test]
async fn on_a_disk_that_is_read_only() {
    let Some(disk) = std::env::var_os("SMALL_DISK") else { return };
    let around = Around::new().await;
    let home = around.home(&Plan { ledger: Some(Path::new(&disk).join("ledger.db")), ..Plan::new() });
    assert!(Command::new("mount").args(["-o", "remount,ro"]).arg(&disk).status().unwrap().success());
    let (exit, said) = Process::fails(&home);
    assert!(exit == 4 && said.contains("cannot be written"), "{exit}: {said}");
    assert_eq!(around.recipient.connections(), 0);
    println!("done on a small disk");
}

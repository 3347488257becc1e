//! Recipients that close while the gateway runs or while it was down: the next request is refused, connections
//! end, and the panel is told.

use crate::world::{Around, Home, Plan, World, write};
use havengate::{
    gate::control::{Command, Reply},
    ledger::{Leaf, Ledger, Opening, Tx, leaf::Kind},
    verdict::Code,
};
use serde_json::Value;
use std::{fs, sync::Arc};

const NEED: &str = r#"{"need":{"beds":1}}"#;

/// Recipient and reason of each closing, in order, and how many notices wait for the panel.
fn closings(home: &Home) -> (Vec<(String, String)>, usize) {
    let text = |v: &Value| v.as_str().unwrap().to_owned();
    let leaves = home.leaves();
    let closed = leaves.iter().filter(|l| l["type"] == "recipient.closed");
    let told = home.rows("SELECT kind FROM outbox WHERE kind = 'recipient'").len();
    (closed.map(|l| (text(&l["destination"]), text(&l["extra"]["why"]))).collect(), told)
}

async fn change(world: &World, change: impl Fn(&str) -> String) {
    let file = world.home.policies("organisations.toml");
    write(&file, &change(&fs::read_to_string(&file).unwrap()));
    world.home.done(&Command::Reload).await;
}

#[tokio::test]
async fn a_link_that_is_found_closes_a_recipient() {
    let world = World::start().await;
    world.forwarded(&world.post("/riverside/needs", NEED).await).await;
    assert_eq!(world.around.recipient.connections(), 1);
    let link = "\n[[link]]\nfrom = \"riverside-council/housing-referrals\"\nto = \"home-office\"\nkind = \"shares-with\"\n\
                status = \"in-force\"\nconfidence = \"high\"\nevidence = [\"a page\"]\n";
    change(&world, |text| format!("{text}{link}")).await;
    world.around.recipient.ended(1).await;
    let answer = world.post("/riverside/needs", NEED).await;
    world.refused(&answer, Code::DestinationLinked, Some("associated-only-by-data-2")).await;
    // What is ended is ended: nothing is told of what opens.
    change(&world, |text| text.replace(link, "")).await;
    world.forwarded(&world.post("/riverside/needs", NEED).await).await;
    let (_, home) = world.stop().await;
    let (closed, told) = closings(&home);
    assert_eq!(closed, [("riverside-council/housing-referrals".into(), "linked".into())]);
    assert_eq!(told, 1);
}

#[tokio::test]
async fn an_assessment_that_is_taken_out_closes_a_recipient() {
    let world = World::start().await;
    change(&world, |text| {
        let (before, rest) = text.split_once("id = \"street-health/outreach\"").unwrap();
        format!("{before}id = \"street-health/outreach\"{}", rest.replacen("assessed = ", "# assessed = ", 1))
    })
    .await;
    let answer = world.post("/street-health/referrals", r#"{"urgency":"high"}"#).await;
    world.refused(&answer, Code::DestinationUnassessed, Some("assessed-only")).await;
    let (_, home) = world.stop().await;
    assert_eq!(closings(&home).0, [("street-health/outreach".into(), "unassessed".into())]);
}

/// The book's last record is of a day on which the undertaking held.
#[tokio::test]
async fn what_lapsed_while_the_gateway_was_down_is_told_at_start() {
    let (around, plan) = (Around::new().await, Plan::new());
    let home = around.home(&plan);
    let then = || "2026-11-18T12:00:00Z".parse().unwrap();
    let opening = Opening { clock: Arc::new(then), ..Opening::new("test") };
    for file in fs::read_dir(home.config.ledger.parent().unwrap()).unwrap().map(|f| f.unwrap().path()) {
        if file.file_name().unwrap().to_string_lossy().starts_with("ledger") {
            fs::remove_file(file).unwrap();
        }
    }
    Ledger::create(&home.config.ledger, &opening).unwrap();
    let ledger = Ledger::open(&home.config.ledger, opening).unwrap();
    let tx = Tx { asserts: vec![], leaf: Leaf::new(Kind::Boot), detail: vec![], changes: vec![] };
    ledger.append(tx).await.unwrap();
    ledger.close().await.unwrap();
    drop(ledger);

    let world = World::run(around, home).await;
    let answer = world.post("/lapsed/needs", r#"{"beds":1}"#).await;
    world.refused(&answer, Code::DestinationUncommitted, Some("undertaking-required")).await;
    let (around, home) = world.stop().await;
    assert_eq!(closings(&home), (vec![("oldgate/referrals".into(), "uncommitted".into())], 1));
    // Told once.
    let (_, home) = World::run(around, home).await.stop().await;
    assert_eq!(closings(&home).0.len(), 1);
}

/// Whoever writes the day of an ending in beforehand does not open anything with it.
#[tokio::test]
async fn a_link_that_has_not_ended_yet_keeps_the_last_set_active() {
    let world = World::start().await;
    let file = world.home.policies("organisations.toml");
    let text = fs::read_to_string(&file).unwrap();
    let (before, after) = text.split_once("to = \"nrpf-connect\"\nkind = \"shares-with\"").unwrap();
    let ended = after.replacen("status = \"in-force\"", "status = \"ended\"\nended = 2090-01-01", 1);
    write(&file, &format!("{before}to = \"nrpf-connect\"\nkind = \"shares-with\"{ended}"));
    let Reply::Refused { text } = world.home.control(&Command::Reload).await else { panic!("it was taken") };
    assert!(text.contains("has not yet") && text.contains("does not become active"), "{text}");
    let answer = world.post("/linked/needs", NEED).await;
    world.refused(&answer, Code::DestinationLinked, Some("associated-only-by-data-2")).await;
}

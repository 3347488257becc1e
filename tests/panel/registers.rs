//! Recipients, the record book and what is not covered, as people see them.

use crate::world::{CONNECTION, COUNCIL, World};
use havengate::{
    flow::{Act, Clause, Group},
    ledger::tree::{Tree, leaf_hash},
    panel::access::Role,
    verdict::Code,
};

#[tokio::test]
async fn recipients_are_shown_with_what_they_promised_and_the_path_to_the_home_office() {
    let world = World::new().await;
    let mut member = world.signed(Role::Panel).await;
    let list = member.get("/recipients").await.words();
    assert!(list.contains("until 30 September 2027") && list.contains("inform-riverside"), "{list}");
    let one = member.get("/recipients/riverside-council/nrpf").await.words();
    assert!(one.contains("data can reach the Home Office"), "{one}");
    assert!(one.contains("The path to the Home Office") && one.contains("Evidence"), "{one}");
    assert!(one.contains("None is on record. Without one, nothing is sent."), "{one}");
    let picture = member.get("/recipients/map.svg").await;
    assert_eq!(picture.headers.get("content-type").unwrap(), "image/svg+xml");
    assert!(picture.text.contains("role=\"img\""), "{}", picture.text);
    for nobody in ["/recipients/a/b", "/recipients/..%2f/x", "/recipients/A/%3Cb%3E"] {
        assert_eq!(member.get(nobody).await.status, 404, "{nobody}");
    }
}

#[tokio::test]
async fn an_undertaking_that_lapsed_closes_the_recipient_on_the_page_too() {
    let world = World::new().await;
    world.at("2028-01-05T10:00:00Z");
    let mut member = world.signed(Role::Panel).await;
    let list = member.get("/recipients").await.words();
    assert!(list.contains("lapsed on 30 September 2027") && list.contains("Closed: nothing is sent."), "{list}");
    assert!(list.contains("Running out") && list.contains("days over"), "{list}");
}

#[tokio::test]
async fn the_downloaded_entries_come_to_the_root_on_the_page() {
    let world = World::new().await;
    for _ in 0..300 {
        world.sent(CONNECTION, COUNCIL, &[(Group::Identity, "raw", Act::Sent, 3)]).await;
    }
    world.refused(CONNECTION, COUNCIL, Code::ConsentMissing, Clause::Data2ii).await;
    let mut member = world.signed(Role::Panel).await;
    let page = member.get("/record").await;
    let entries = member.get("/record/entries.ndjson").await;
    let mut tree = Tree::new();
    entries.text.lines().for_each(|line| tree.push(leaf_hash(line.as_bytes())));
    let root = data_encoding::HEXLOWER.encode(&tree.root());
    assert_eq!(tree.size(), world.ledger.head().size);
    assert!(page.text.contains(&format!("{}:{root}", tree.size())), "{}", page.text);

    let file = world.home.path().join("record-book.ndjson");
    std::fs::write(&file, &entries.text).unwrap();
    let verify = |kept: String| {
        let mut command = assert_cmd::Command::cargo_bin("havengate").unwrap();
        command.args(["ledger", "verify", "--kept", &kept, "--entries"]).arg(&file);
        command.assert()
    };
    verify(format!("{}:{root}", tree.size())).code(0);
    let mut first = Tree::new();
    entries.text.lines().take(3).for_each(|line| first.push(leaf_hash(line.as_bytes())));
    let noted = data_encoding::HEXLOWER.encode(&first.root());
    verify(format!("3:{noted}")).code(0);
    // Somebody turned a refusal into something else, or cut the end off.
    let text = entries.text.replacen("\"answered\"", "\"Answered\"", 1);
    std::fs::write(&file, text).unwrap();
    let found = verify(format!("{}:{root}", tree.size())).code(4).get_output().stdout.clone();
    assert!(String::from_utf8_lossy(&found).contains("are not those that were noted"));
    std::fs::write(&file, entries.text.lines().take(5).map(|l| format!("{l}\n")).collect::<String>()).unwrap();
    let found = verify(format!("{}:{root}", tree.size())).code(4).get_output().stdout.clone();
    assert!(String::from_utf8_lossy(&found).contains("and only 5 are here"));
    std::fs::write(&file, "not an entry").unwrap();
    verify(format!("3:{noted}")).code(4);
}

#[tokio::test]
async fn a_check_is_begun_on_the_page_and_told_there() {
    let world = World::new().await;
    let mut operator = world.signed(Role::Operator).await;
    assert_eq!(operator.fill("/record", "/record/check", &[]).await.location(), "/record");
    let page = loop {
        let page = operator.get("/record").await.words();
        if !page.contains("Under way") {
            break page;
        }
        tokio::task::yield_now().await;
    };
    assert!(page.contains("In order."), "{page}");
}

#[tokio::test]
async fn what_is_not_covered_is_written_down_once_and_ended_by_the_panel() {
    let world = World::new().await;
    let mut worker = world.signed(Role::Worker).await;
    let fields = [("system", "<b>Hosted cases</b>"), ("how", "vendor-cloud"), ("plan", "Ask for a relay.")];
    assert_eq!(worker.fill("/not-covered", "/not-covered", &fields).await.status, 303);
    let twice = worker.fill("/not-covered", "/not-covered", &fields).await;
    assert!(twice.status == 409 && twice.words().contains("It stands there already"), "{}", twice.text);
    let page = worker.get("/not-covered").await;
    assert!(page.text.contains("&#60;b&#62;Hosted cases") && !page.text.contains("<b>Hosted"), "{}", page.text);
    let end = "/not-covered/1/covered";
    assert_eq!(worker.fill("/not-covered", end, &[]).await.status, 403);
    let mut member = world.signed(Role::Panel).await;
    assert_eq!(member.fill("/not-covered", end, &[]).await.status, 303);
    assert!(member.get("/not-covered").await.words().contains("covered since 20 November 2026"));
    assert_eq!(member.fill("/not-covered", end, &[]).await.status, 409);
    for bad in [("how", "by-magic"), ("system", ""), ("system", "a\u{7}b")] {
        let fields: Vec<_> = fields.iter().map(|f| if f.0 == bad.0 { bad } else { *f }).collect();
        assert_eq!(member.fill("/not-covered", "/not-covered", &fields).await.status, 400, "{bad:?}");
    }
}

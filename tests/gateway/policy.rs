//! New rules while the gateway runs: active whole, or not at all.

use crate::world::{Home, World, connection, write};
use havengate::{
    gate::control::{Command, Reply},
    verdict::Code,
};

const NEED: &str = r#"{"need":{"beds":1}}"#;
const REFERRALS: &str = "https://refer.riverside.example/v2";

fn another(home: &Home, id: &str) {
    let text = connection(id, "riverside-council/housing-referrals", REFERRALS, "");
    write(&home.policies(&format!("integrations/{id}.toml")), &text);
}

#[tokio::test]
async fn a_valid_set_becomes_active_and_is_recorded() {
    let world = World::start().await;
    let before = world.home.status().await["policy"].clone();
    world.refused(&world.post("/more/needs", r#"{"beds":1}"#).await, Code::RouteUnknown, Some("route-unknown")).await;
    another(&world.home, "more");
    let (_, data) = world.home.done(&Command::Reload).await;
    let after = world.home.status().await;
    assert_eq!((&after["policy"], &after["rejected"]), (&data["policy"], &false.into()));
    assert_ne!(after["policy"], before);
    let (_, record) = world.forwarded(&world.post("/more/needs", r#"{"beds":1}"#).await).await;
    assert_eq!(record.leaf["policy"], after["policy"]);
    // Again without a change: nothing is recorded.
    world.home.done(&Command::Reload).await;
    let (_, home) = world.stop().await;
    let activated: Vec<_> = home.leaves().into_iter().filter(|l| l["type"] == "policy.activated").collect();
    let sets: Vec<_> = activated.iter().map(|l| l["policy"].clone()).collect();
    assert_eq!(sets, [before, after["policy"].clone()]);
    let by: Vec<_> = activated.iter().map(|l| l["extra"]["by"].clone()).collect();
    assert_eq!(by, ["start", "command"]);
    let user = std::fs::read_to_string("/proc/self/loginuid").unwrap_or_default();
    let user =
        user.trim().parse().ok().filter(|u| *u != u32::MAX).unwrap_or_else(|| rustix::process::getuid().as_raw());
    assert_eq!(activated[1]["extra"]["user"], user.to_string(), "the user who gave the command");
}

#[tokio::test]
async fn an_invalid_set_keeps_the_last_good_one_and_raises_an_alarm() {
    let world = World::start().await;
    let before = world.home.status().await["policy"].clone();
    let file = world.home.policies("integrations/inform-riverside.toml");
    let good = std::fs::read_to_string(&file).unwrap();
    for broken in [
        good.replace("purpose     =", "porpoise    ="),
        good.replace("\"pd:Name\"", "\"pd:Nmae\""),
        good.replace("riverside-council/housing-referrals", "riverside-council/nobody"),
        String::from("[[operation]"),
    ] {
        write(&file, &broken);
        let Reply::Refused { text } = world.home.control(&Command::Reload).await else { panic!("it was taken") };
        assert!(text.contains("stays active") && text.contains("havengate check"), "{text}");
        let (said, status) = world.home.done(&Command::Status).await;
        assert!(said.contains("ALARM"), "{said}");
        assert_eq!((&status["policy"], &status["rejected"]), (&before, &true.into()));
        let (_, record) = world.forwarded(&world.post("/riverside/needs", NEED).await).await;
        assert_eq!(record.leaf["policy"], before);
    }
    write(&file, &good);
    world.home.done(&Command::Reload).await;
    assert_eq!(world.home.status().await["rejected"], false, "the alarm ends with its cause");
    let (_, home) = world.stop().await;
    let rejected: Vec<_> = home.leaves().into_iter().filter(|l| l["type"] == "policy.rejected").collect();
    assert_eq!(rejected.len(), 4);
    assert!(rejected.iter().all(|l| l["policy"] == before), "each says what stayed active");
}

/// Nobody can loosen the floor, whatever the files say.
#[tokio::test]
async fn a_loosened_floor_is_an_invalid_set() {
    let world = World::start().await;
    let file = world.home.policies("floor.cedar");
    let floor = std::fs::read_to_string(&file).unwrap();
    for loosened in [floor.replacen("forbid", "permit", 1), String::new()] {
        write(&file, &loosened);
        assert!(matches!(world.home.control(&Command::Reload).await, Reply::Refused { .. }));
    }
    std::fs::remove_file(world.home.policies("roots.toml")).unwrap();
    assert!(matches!(world.home.control(&Command::Reload).await, Reply::Refused { .. }));
    let answer = world.post("/rooted/needs", r#"{"beds":1}"#).await;
    world.refused(&answer, Code::DestinationLinked, Some("no-home-office")).await;
}

#[tokio::test]
async fn a_request_under_way_is_not_let_out_by_rules_that_are_gone() {
    let world = World::start().await;
    let before = world.home.status().await["policy"].clone();
    let mut line = world.line().await;
    line.begin("/riverside/needs", NEED.len()).await;
    another(&world.home, "more");
    world.home.done(&Command::Reload).await;
    line.send(NEED).await;
    let answer = line.answer().await;
    let record = world.refused(&answer, Code::ConsentChanged, Some("policy-active")).await;
    assert_eq!(record.leaf["policy"], before, "recorded under the rules that judged it");
    assert!(answer.json()["reasons"][0]["remedy"].as_str().unwrap().contains("again"));
    let (_, record) = world.forwarded(&world.post("/riverside/needs", NEED).await).await;
    assert_ne!(record.leaf["policy"], before);
}

#[tokio::test]
async fn a_connection_that_is_taken_out_is_no_route_any_more() {
    let world = World::start().await;
    world.forwarded(&world.post("/riverside/needs", NEED).await).await;
    std::fs::remove_file(world.home.policies("integrations/inform-riverside.toml")).unwrap();
    world.home.done(&Command::Reload).await;
    world.refused(&world.post("/riverside/needs", NEED).await, Code::RouteUnknown, Some("route-unknown")).await;
}

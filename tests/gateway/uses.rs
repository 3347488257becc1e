//! A consent is spent by use: a repetition is none, and what never left gives its use back.

use crate::{
    consent::REFERRAL,
    support::standin::Behaviour,
    world::{Agreed, World},
};
use havengate::verdict::Code;

const TARGET: &str = "/riverside/referrals/R-1";

fn other() -> String {
    REFERRAL.replace("Amina", "Aminah")
}

#[tokio::test]
async fn the_same_again_is_a_retry_and_something_else_is_one_use_too_many() {
    let world = World::start().await;
    world.home.consent(&Agreed::referral("R-1")).await;
    let (_, first) = world.forwarded(&world.post(TARGET, REFERRAL).await).await;
    assert!(first.leaf.get("retry_of").is_none());
    let (_, retry) = world.forwarded(&world.post(TARGET, REFERRAL).await).await;
    assert_eq!(retry.leaf["retry_of"], first.leaf["decision"]);
    // What never leaves makes no difference to what would.
    let stripped = REFERRAL.replace("QQ123456C", "QQ654321A");
    let (_, retry) = world.forwarded(&world.post(TARGET, &stripped).await).await;
    assert_eq!(retry.leaf["retry_of"], first.leaf["decision"]);

    let answer = world.post(TARGET, &other()).await;
    let record = world.refused(&answer, Code::ConsentSpent, Some("live-consent")).await;
    assert_eq!(record.leaf["clauses"], serde_json::json!(["DATA-2ii"]));
    let (_, retry) = world.forwarded(&world.post(TARGET, REFERRAL).await).await;
    assert_eq!(retry.leaf["retry_of"], first.leaf["decision"], "and a retry is still one");
}

#[tokio::test]
async fn two_uses_are_two() {
    let world = World::start().await;
    world.home.consent(&Agreed { uses: 2, ..Agreed::referral("R-1") }).await;
    for body in [REFERRAL.to_owned(), other()] {
        let (_, record) = world.forwarded(&world.post(TARGET, &body).await).await;
        assert!(record.leaf.get("retry_of").is_none());
    }
    let third = world.post(TARGET, &REFERRAL.replace("Amina", "Amin")).await;
    world.refused(&third, Code::ConsentSpent, Some("live-consent")).await;
}

#[tokio::test]
async fn of_many_at_once_one_spends_the_only_use() {
    let world = World::start().await;
    world.home.consent(&Agreed::referral("R-1")).await;
    let bodies: Vec<String> = (0..8).map(|n| REFERRAL.replace("Amina", &format!("Amina{n}"))).collect();
    let asking: Vec<_> = bodies
        .iter()
        .map(|body| {
            let (address, bytes) = (world.address(), crate::caller::post(TARGET, body));
            tokio::spawn(crate::caller::ask(address, bytes))
        })
        .collect();
    let mut statuses = Vec::new();
    for task in asking {
        let answer = task.await.unwrap();
        if answer.status != 200 {
            answer.assert_problem(Code::ConsentSpent, Some("live-consent"));
        }
        statuses.push(answer.status);
    }
    assert_eq!(statuses.iter().filter(|s| **s == 200).count(), 1, "{statuses:?}");
    assert_eq!(world.around.arrived().len(), 1);
}

#[tokio::test]
async fn what_never_left_gives_its_use_back() {
    let world = World::start().await;
    world.home.consent(&Agreed::referral("R-1")).await;
    world.script([Behaviour::CloseOnAccept]);
    let answer = world.post(TARGET, REFERRAL).await;
    answer.assert_problem(Code::DestinationUnreachable, Some(answer.json()["reasons"][0]["rule"].as_str().unwrap()));
    assert_eq!(answer.sent().as_deref(), Some("no"));
    assert!(world.around.arrived().is_empty());
    let record = world.home.record(answer.decision()).await;
    assert_eq!(record.outcomes[0]["extra"]["ended"], "unsent", "{record:?}");
    // So another use is the first.
    let (_, record) = world.forwarded(&world.post(TARGET, &other()).await).await;
    assert!(record.leaf.get("retry_of").is_none(), "{record:?}");
    world.refused(&world.post(TARGET, REFERRAL).await, Code::ConsentSpent, Some("live-consent")).await;
}

#[tokio::test]
async fn what_may_have_left_stays_spent() {
    let world = World::start().await;
    world.home.consent(&Agreed::referral("R-1")).await;
    world.script([Behaviour::RawThenClose(Vec::new())]);
    let answer = world.post(TARGET, REFERRAL).await;
    let lost = world.failed(&answer, Code::DestinationUnreachable, "connection-ended", "unknown").await;
    assert_eq!(world.around.arrived().len(), 1);
    world.refused(&world.post(TARGET, &other()).await, Code::ConsentSpent, Some("live-consent")).await;
    let (_, record) = world.forwarded(&world.post(TARGET, REFERRAL).await).await;
    assert_eq!(record.leaf["retry_of"], lost.leaf["decision"], "the same again may be sent");
}

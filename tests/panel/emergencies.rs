//! Emergencies as the panel reviews them.

use crate::world::World;
use havengate::{
    consent::Ground,
    flow::{Act, DecisionId, Group},
    gate::control::{ClientRef, Command, Emergency, Reply},
    ledger::{
        Assert, Change, Leaf, Permission, Tx,
        leaf::{Decided, Kind},
    },
    panel::access::Role,
};

const TEAM: &str = "westbridge-council/adult-safeguarding";
const PAGE: &str = "/emergencies";

pub(crate) async fn declared(world: &World) {
    let asked = Emergency {
        app: "inform".parse().unwrap(),
        client: ClientRef::new("R-1").unwrap(),
        destination: TEAM.parse().unwrap(),
        ground: Ground::AdultAtRisk,
    };
    let reply = world.office().handle(Command::ConsentEmergency(asked)).await;
    assert!(matches!(reply, Reply::Done { .. }), "{reply:?}");
}

/// A request under an emergency grant, as the gateway records it.
async fn shared(world: &World, ended: &str) -> DecisionId {
    let decision = world.decision();
    let leaf = Leaf {
        decision: Some(decision),
        policy: Some(world.policy.hash),
        integration: Some("westbridge-safeguarding".parse().unwrap()),
        operation: Some("raise".parse().unwrap()),
        destination: Some(TEAM.parse().unwrap()),
        decided: Some(Decided::Allowed),
        counts: [((Group::Identity, "raw", Act::Sent), 2), ((Group::Location, "raw", Act::Sent), 1)].into(),
        ..Leaf::new(Kind::Decision)
    };
    let (asserts, changes) =
        (vec![Assert::PolicyActive(world.policy.hash)], vec![Change::Notify { kind: "safeguarding" }]);
    let granted = world.ledger.permit(Tx { asserts, leaf, detail: vec![], changes }).await.unwrap();
    assert!(matches!(granted, Permission::Granted(_)));
    let mut leaf = Leaf { decision: Some(decision), ..Leaf::new(Kind::Outcome) };
    leaf.extra.insert("ended", ended.to_owned());
    world.ledger.append(Tx { asserts: vec![], leaf, detail: vec![], changes: vec![] }).await.unwrap();
    decision
}

async fn reminders(world: &World) -> usize {
    let notices = world.ledger.notices(0).await.unwrap();
    notices.iter().filter(|n| n.kind == "safeguarding-overdue").count()
}

#[tokio::test]
async fn an_emergency_shows_with_what_was_shared_and_by_when_it_is_reviewed() {
    let world = World::new().await;
    declared(&world).await;
    world.at("2026-11-20T11:00:00Z");
    let decision = shared(&world, "answered").await;
    world.at("2026-11-20T15:00:00Z");
    // Five hours later: that grant is over, so this belongs to no emergency that is known here.
    shared(&world, "unsent").await;
    let page = world.signed(Role::Panel).await.get(PAGE).await;
    let words = page.words();
    assert!(words.contains("Westbridge Council (example) – adult safeguarding, 20 November 2026"), "{words}");
    assert!(words.contains("To be reviewed by 23 November 2026 at 10:00 ."), "{words}");
    assert!(words.contains("Ground an adult at risk Declared 20 November 2026 at 10:00"), "{words}");
    let shared = "20 November 2026 at 11:00, by the connection westbridge-safeguarding: where the person is, exact; \
         who the person is (names, birth dates, numbers), exact.";
    assert!(words.contains(shared) && words.matches("by the connection").count() == 1, "{words}");
    let label = world.office().keys.subjects.label(&"inform".parse().unwrap(), "R-1");
    for secret in [label.as_str(), &decision.to_string(), "R-1<"] {
        assert!(!page.text.contains(secret), "{secret}");
    }
    assert_eq!(world.signed(Role::Operator).await.get(PAGE).await.status, 403);
}

#[tokio::test]
async fn a_review_is_recorded_once_for_each_member_and_a_second_may_look() {
    let world = World::new().await;
    declared(&world).await;
    let mut member = world.signed(Role::Panel).await;
    let entry = world.ledger.head().size - 1;
    let to = format!("{PAGE}/{entry}/review");
    for wrong in [
        &[][..],
        &[("outcome", "fine")],
        &[("outcome", "not-justified")],
        &[("outcome", "justified"), ("text", "a\u{7}")],
    ] {
        assert_eq!(member.fill(PAGE, &to, wrong).await.status, 400, "{wrong:?}");
    }
    assert_eq!(member.fill(PAGE, "/emergencies/999/review", &[("outcome", "justified")]).await.status, 404);
    assert_eq!(world.ledger.head().size, entry + 1, "nothing was recorded of that");
    let found = [("outcome", "not-justified"), ("text", "It was a <b>form</b>, not a risk.")];
    assert_eq!(member.fill(PAGE, &to, &found).await.location(), PAGE);
    let leaf = world.entries().await.pop().unwrap();
    assert!(leaf.contains(r#""type":"safeguarding.reviewed""#) && leaf.contains(TEAM), "{leaf}");
    assert!(leaf.contains(&format!(r#""entry":"{entry}","outcome":"not-justified""#)), "{leaf}");
    assert!(leaf.contains(r#""by":"panel-"#) && !leaf.contains("form"), "{leaf}");
    let page = member.get(PAGE).await;
    assert!(page.text.contains("&#60;b&#62;form") && !page.text.contains("<b>form"), "{}", page.text);
    assert!(page.text.contains("href=\"/breaches/new\""), "{}", page.text);
    assert!(
        page.words().contains("None waits for a review.") && page.words().contains("It was not justified."),
        "{}",
        page.words()
    );

    let token = member.get(PAGE).await.value("csrf");
    let again = member.send(&to, &[("outcome", "justified"), ("csrf", &token)]).await;
    assert!(again.status == 409 && again.words().contains("You have reviewed it already"), "{}", again.text);
    let mut second = world.signed(Role::Panel).await;
    assert_eq!(second.fill(PAGE, &to, &[("outcome", "justified")]).await.status, 303);
    assert!(member.get(PAGE).await.words().contains("It was justified."));
    let mut third = world.signed(Role::Panel).await;
    let token = third.get("/not-covered").await.value("csrf");
    let late = third.send(&to, &[("outcome", "justified"), ("csrf", &token)]).await;
    assert!(late.status == 409 && late.words().contains("Two panel members"), "{}", late.text);
    let mut worker = world.signed(Role::Worker).await;
    assert_eq!(worker.fill("/not-covered", &to, &[("outcome", "justified")]).await.status, 403);
    assert_eq!(world.ledger.head().size, entry + 3);
    assert!(world.ledger.verify_live().await.unwrap().is_sound());
}

#[tokio::test]
async fn an_overdue_review_is_said_and_the_panel_is_reminded_once() {
    let world = World::new().await;
    declared(&world).await;
    let entry = world.ledger.head().size - 1;
    world.at("2026-11-23T09:59:00Z");
    let mut member = world.signed(Role::Panel).await;
    assert!(!member.get(PAGE).await.words().contains("Overdue."));
    assert_eq!(reminders(&world).await, 0);
    world.at("2026-11-23T10:01:00Z");
    assert!(member.get(PAGE).await.words().contains("Overdue. The review was due by 23 November 2026 at 10:00."));
    while reminders(&world).await == 0 {
        member.get(PAGE).await;
    }
    let leaf = world.entries().await.pop().unwrap();
    assert!(leaf.contains("safeguarding.overdue") && leaf.contains(&format!(r#""entry":"{entry}""#)), "{leaf}");
    // The next emergency's reminder comes, and none for the first again.
    declared(&world).await;
    world.at("2026-11-26T10:02:00Z");
    while reminders(&world).await == 1 {
        member.get(PAGE).await;
    }
    assert_eq!(reminders(&world).await, 2);
    let leaf = world.entries().await.pop().unwrap();
    assert!(!leaf.contains(&format!(r#""entry":"{entry}""#)), "{leaf}");
}

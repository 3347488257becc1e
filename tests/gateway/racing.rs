//! What changes while a request is under way: it ends before or after, never in between.

use crate::{
    caller::{Answer, Line, ask, post},
    consent::REFERRAL,
    world::{Agreed, World},
};
use havengate::{consent::view::StopScope, verdict::Code};

/// Begins a referral, does something in the middle of its body, and finishes it.
async fn halfway(world: &World, target: &str, body: &str, meanwhile: impl Future<Output = ()>) -> Answer {
    let mut line = world.line().await;
    line.begin(target, body.len()).await;
    let (first, second) = body.split_at(body.len() / 2);
    line.send(first).await;
    meanwhile.await;
    line.send(second).await;
    line.answer().await
}

#[tokio::test]
async fn consent_ended_during_the_body_no_longer_serves() {
    let world = World::start().await;
    let consent = world.home.consent(&Agreed::referral("R-1")).await;
    let answer = halfway(&world, "/riverside/referrals/R-1", REFERRAL, world.home.end(&consent)).await;
    // Judged before it was ended: the commit finds it. Judged after: there is nothing to send.
    let code = if answer.status == 409 { Code::ConsentChanged } else { Code::ConsentEnded };
    let record = world.refused(&answer, code, Some("live-consent")).await;
    assert!(record.detail.iter().all(|row| row["act"] == "stripped" || row["act"] == "blocked"), "{record:?}");
    let again = world.post("/riverside/referrals/R-1", REFERRAL).await;
    world.refused(&again, Code::ConsentEnded, Some("live-consent")).await;
}

#[tokio::test]
async fn consent_ended_during_the_body_strips_what_may_be_stripped() {
    let world = World::start().await;
    let items: &[_] = &[("pd:Name", "raw")];
    let consent = world.home.consent(&Agreed { items, ..Agreed::referral("R-1") }).await;
    let body = r#"{"ref":"R-1","firstName":"Amina","need":{"beds":1}}"#;
    let answer = halfway(&world, "/riverside/needs", body, world.home.end(&consent)).await;
    if answer.status == 200 {
        assert_eq!(world.forwarded(&answer).await.0.body_text(), r#"{"need":{"beds":1}}"#);
    } else {
        world.refused(&answer, Code::ConsentChanged, Some("live-consent")).await;
    }
}

#[tokio::test]
async fn a_stop_placed_during_the_body_holds() {
    let world = World::start().await;
    let body = r#"{"need":{"beds":1}}"#;
    let stop = world.home.stop(StopScope::Everything);
    let answer = halfway(&world, "/riverside/needs", body, stop).await;
    world.refused(&answer, Code::Stopped, Some("stopped")).await;
}

#[tokio::test]
async fn consent_recorded_during_the_body_or_not_nothing_partial_leaves() {
    let world = World::start().await;
    let agreed = Agreed::referral("R-1");
    let recorded = async { drop(world.home.consent(&agreed).await) };
    let answer = halfway(&world, "/riverside/referrals/R-1", REFERRAL, recorded).await;
    if answer.status == 200 {
        assert_eq!(world.forwarded(&answer).await.0.body_text(), crate::consent::AGREED);
    } else {
        world.refused(&answer, Code::ConsentMissing, Some("personal-needs-consent")).await;
    }
}

/// Many referrals and the end of their consent at once. The record book orders them: whatever left did so by an
/// allow that stands before the end, and whatever came after the end was refused.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn ending_consent_is_before_or_after_each_request() {
    const ROUNDS: usize = 30;
    const AT_ONCE: usize = 6;
    let world = World::start().await;
    let mut decided = Vec::new();
    for round in 0..ROUNDS {
        let client = format!("R-{round}");
        let agreed = Agreed { uses: 50, ..Agreed::referral(&client) };
        let consent = world.home.consent(&agreed).await;
        let target = format!("/riverside/referrals/{client}");
        let mut lines = Vec::new();
        for n in 0..AT_ONCE {
            let body = REFERRAL.replace("Amina", &format!("Amina{round}x{n}"));
            let mut line = Line::open(world.address()).await;
            line.begin(&target, body.len()).await;
            lines.push((line, n, body));
        }
        let asking: Vec<_> = lines
            .into_iter()
            .map(|(mut line, n, body)| {
                tokio::spawn(async move {
                    line.send(body).await;
                    (n, line.answer().await)
                })
            })
            .collect();
        // In some rounds the end comes first, in others the last referral does.
        if round % 3 == 0 {
            tokio::task::yield_now().await;
        } else if round % 3 == 1 {
            ask(world.address(), post("/riverside/needs", "{}")).await;
        }
        world.home.end(&consent).await;
        for task in asking {
            let (n, answer) = task.await.unwrap();
            let index = world.home.record(answer.decision()).await.index;
            decided.push((round, n, answer, index));
        }
    }
    let received = world.around.arrived();
    let (_, home) = world.stop().await;
    let ends: Vec<usize> =
        home.leaves().iter().enumerate().filter(|(_, l)| l["type"] == "consent.ended").map(|(i, _)| i).collect();
    assert_eq!(ends.len(), ROUNDS);
    let (mut before, mut after) = (0, 0);
    for (round, n, answer, index) in decided {
        let name = format!("\"Amina{round}x{n}\"");
        let arrived = received.iter().filter(|r| r.body_text().contains(&name)).count();
        let earlier = usize::try_from(index).unwrap() < ends[round];
        if answer.status == 200 {
            assert!(earlier && arrived == 1, "round {round}: {index} {} {arrived}", ends[round]);
            before += 1;
        } else {
            assert!(!earlier && arrived == 0, "round {round}: {index} {} {arrived} {answer:?}", ends[round]);
            let code = if answer.status == 409 { Code::ConsentChanged } else { Code::ConsentEnded };
            answer.assert_problem(code, Some("live-consent"));
            after += 1;
        }
    }
    assert!(before > 0 && after > 0, "{before} before, {after} after: nothing raced");
}

//! What *Today* says is wrong: in words, the gravest first, and to each no more than they may know.

use crate::{
    breaches, concerns, emergencies,
    stops::{fill_hidden, place, sheet},
    world::World,
};
use havengate::panel::{self, access::Role};

async fn today(world: &World, role: Role) -> String {
    world.signed(role).await.get("/").await.words()
}

/// These stand on the page, in this order.
#[track_caller]
fn in_order(page: &str, said: &[&str]) {
    let mut from = 0;
    for said in said {
        let at = page[from..].find(said);
        from += at.unwrap_or_else(|| panic!("{said}: not there, or out of order\n{page}"));
    }
}

#[tokio::test]
async fn what_waits_is_said_the_gravest_first_and_what_is_late_becomes_an_alarm() {
    let world = World::new().await;
    let page = today(&world, Role::Panel).await;
    assert!(page.contains("Nothing is wrong.") && page.contains("No breach, concern or emergency waits."), "{page}");
    concerns::give(&mut world.anybody(), "The manager mails the list.").await;
    emergencies::declared(&world).await;
    let code = sheet(&world).await;
    place(&mut world.anybody(), &code, "everything", "").await;
    assert_eq!(breaches::send(&mut world.signed(Role::Worker).await, &breaches::report(&[])).await.status, 200);
    in_order(
        &today(&world, Role::Panel).await,
        &[
            "Alarm: The regulator hears of breach 1 by 09:30 on Monday 23 November 2026, or it is written down why not.",
            "Look soon: 1 concern waits for an answer.",
            "Look soon: 1 emergency disclosure is not reviewed yet. A review is due within 72 hours.",
            "Look soon: 1 stop is in force (“down tools”).",
        ],
    );
    world.at("2026-11-24T10:00:00Z");
    panel::stops::turn(world.running.panel()).await.unwrap();
    let mut member = world.signed(Role::Panel).await;
    let page = member.get("/").await;
    assert_eq!(page.status, 200, "{:?}", page.headers);
    in_order(
        &page.words(),
        &[
            "Alarm: The 72 hours to tell the regulator of breach 1 ended at 09:30 on Monday 23 November 2026.",
            "Overdue: The regulator (ICO) is told; The recipient is asked to give it back and delete it.",
            "Alarm: 1 emergency disclosure is not reviewed yet. A review is due within 72 hours. 1 of them: more than 72 \
             hours ago.",
            "Alarm: 1 stop has waited longer than a working day for the panel’s answer.",
            "Look soon: 1 concern waits for an answer.",
            "Look soon: 1 stop is in force (“down tools”).",
        ],
    );
    for to in ["/breaches", "/concerns", "/emergencies", "/stops"] {
        assert!(page.text.contains(&format!("<a href=\"{to}\">Look there")), "{to}: {}", page.text);
    }
    let to = breaches::page(&mut member).await;
    let told = [("step", "regulator"), ("state", "done"), ("day", "2026-11-24"), ("words", "By phone, late.")];
    let done = fill_hidden(&mut member, &to, &format!("{to}/step"), &["csrf", "once"], &told).await;
    assert_eq!(done.status, 303, "{}", done.text);
    let page = today(&world, Role::Panel).await;
    assert!(page.contains("Alarm: Breach 1 is open. Overdue: The recipient is asked"), "{page}");
    assert!(!page.contains("72 hours to tell the regulator"), "{page}");
}

#[tokio::test]
async fn those_who_run_the_machine_are_told_nothing_of_concerns_and_breaches() {
    let world = World::new().await;
    // Without a member nobody could read it, so it would not be taken.
    world.signed(Role::Panel).await;
    concerns::give(&mut world.anybody(), "The manager mails the list.").await;
    breaches::send(&mut world.signed(Role::Worker).await, &breaches::report(&[])).await;
    let page = today(&world, Role::Operator).await;
    assert!(page.contains("Nothing is wrong.") && page.contains("What panel members are told in confidence"), "{page}");
    emergencies::declared(&world).await;
    let page = world.signed(Role::Operator).await.get("/").await;
    assert!(page.words().contains("1 emergency disclosure is not reviewed yet."), "{}", page.words());
    assert!(!page.text.contains("/emergencies"), "no link leads where they may not go: {}", page.text);
    let alarms = page.text.split("id=\"figures\"").next().unwrap();
    for word in ["concern", "reach"] {
        assert!(!alarms.split("id=\"wrong\"").nth(1).unwrap().contains(word), "{word}: {alarms}");
    }
}

#[tokio::test]
async fn a_concern_whose_text_is_gone_is_an_alarm() {
    let world = World::new().await;
    // Without a member nobody could read it, so it would not be taken.
    world.signed(Role::Panel).await;
    concerns::give(&mut world.anybody(), "The manager mails the list.").await;
    today(&world, Role::Panel).await;
    panel::stops::turn(world.running.panel()).await.unwrap();
    world.running.panel().store().write(|db| db.execute("DELETE FROM concern_texts", [])).await.unwrap();
    let page = today(&world, Role::Panel).await;
    assert!(page.contains("Alarm: The record book knows of 1 text of a concern that is not here any more."), "{page}");
}

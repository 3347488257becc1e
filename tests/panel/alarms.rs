//! What *Today* says is wrong: in words, the gravest first, and to each no more than they may know.

use crate::{
    breaches, concerns, emergencies,
    stops::{fill_hidden, place, sheet},
    webhook::until,
    world::{CONNECTION, World},
};
use havengate::{
    flow::Clause,
    panel::{self, access::Role, figures},
    verdict::Code,
};

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
    let world = World::telling().await;
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
    let world = World::telling().await;
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

#[tokio::test]
async fn a_check_that_did_not_find_the_record_book_in_order_is_an_alarm_until_one_does() {
    let world = World::telling().await;
    let mut operator = world.signed(Role::Operator).await;
    let said = "Alarm: The last check of the record book, on 20 November 2026, did not find it in order.";
    let now = world.ledger.now().as_microsecond();
    // Its file is locked while it is open: what such a check writes down stands in for one.
    let found = "INSERT INTO checks (begun, ended, sound, size, said) VALUES (?1, ?1, 0, 2, 'entry 1 was changed')";
    world.running.panel().store().write(move |db| db.execute(found, [now])).await.unwrap();
    let page = operator.get("/").await.words();
    assert!(page.contains(said) && !page.contains("Nothing is wrong."), "{page}");
    assert_eq!(operator.fill("/record", "/record/check", &[]).await.status, 303);
    until("a check that finds it in order", || async {
        !world.signed(Role::Operator).await.get("/").await.words().contains(said)
    })
    .await;
}

#[tokio::test]
async fn figures_that_stand_still_are_an_alarm_and_every_page_of_figures_says_how_far_it_is_behind() {
    let world = World::telling().await;
    figures::catch_up(world.running.panel()).await.unwrap();
    assert!(today(&world, Role::Panel).await.contains("Nothing is wrong."));
    // What a full disk does: nothing more is added up.
    let full = "CREATE TRIGGER full BEFORE INSERT ON followed BEGIN SELECT raise(ABORT, 'full'); END";
    world.running.panel().store().write(|db| db.execute_batch(full)).await.unwrap();
    world.refused(CONNECTION, "home-office/network", Code::DestinationLinked, Clause::Data1).await;
    let page = today(&world, Role::Panel).await;
    assert!(page.contains("Nothing is wrong.") && page.contains("still being counted: what they say is not"), "{page}");
    for path in ["/stopped", "/left", "/stopped/DATA-1"] {
        let page = world.signed(Role::Panel).await.get(path).await.words();
        assert!(page.contains("still being counted. What they say is not on this page yet."), "{path}: {page}");
    }
    world.later(301);
    let page = today(&world, Role::Panel).await;
    assert!(page.contains("Alarm: The figures stand still:") && !page.contains("Nothing is wrong."), "{page}");
    world.running.panel().store().write(|db| db.execute_batch("DROP TRIGGER full")).await.unwrap();
    figures::catch_up(world.running.panel()).await.unwrap();
    let page = today(&world, Role::Panel).await;
    assert!(page.contains("Alarm: 1 attempt to reach the Home Office") && !page.contains("stand still"), "{page}");
}

//! The page *Messages*, and what holds for everybody who is told.

use crate::{
    concerns,
    stops::{place, sheet},
    webhook::until,
    world::{CONNECTION, TELLING, World},
};
use havengate::{flow::Clause, panel::access::Role, verdict::Code};

#[tokio::test]
async fn without_anybody_to_tell_the_page_says_so() {
    let world = World::new().await;
    let mut member = world.signed(Role::Panel).await;
    let page = member.get("/messages").await;
    assert!(page.words().contains("Nobody is told yet."), "{}", page.text);
    let token = page.value("csrf");
    let answer = member.send("/messages/test", &[("csrf", &token)]).await;
    assert_eq!(answer.status, 409);
    assert!(answer.words().contains("Nobody is told anything yet."), "{}", answer.text);
}

#[tokio::test]
async fn a_form_needs_its_token() {
    let world = World::new().await;
    for path in ["/messages/test", "/messages/again"] {
        let answer = world.signed(Role::Operator).await.send(path, &[("csrf", "guessed")]).await;
        assert_eq!(answer.status, 400, "{path}");
    }
}

/// How many deliveries are in this state on a channel.
async fn standing(world: &World, state: &'static str) -> Vec<String> {
    let read = move |db: &rusqlite::Connection| {
        let mut select = db.prepare("SELECT channel FROM deliveries WHERE state = ?1 ORDER BY channel, message")?;
        select.query_map([state], |row| row.get(0))?.collect::<Result<Vec<String>, _>>()
    };
    world.running.panel().store().read(read).await.unwrap()
}

async fn changed(world: &World) -> Vec<String> {
    world.entries().await.into_iter().filter(|leaf| leaf.contains("\"type\":\"told.changed\"")).collect()
}

#[tokio::test]
async fn who_is_told_instead_hears_what_waits_and_that_it_was_changed() {
    let mut world = World::telling().await;
    world.refused(CONNECTION, "home-office/network", Code::DestinationLinked, Clause::Data1).await;
    until("it waits", || async { standing(&world, "waiting").await.len() == 1 }).await;
    world.restart().await;
    until("it waits still", || async { standing(&world, "waiting").await.len() == 1 }).await;
    assert_eq!(changed(&world).await, [""; 0], "the same as before is no change");
    let before = standing(&world, "waiting").await;
    let world = world.restarted_with(&TELLING.replace("panel@union.example", "it@charity.example")).await;
    // What waited, and that it was changed.
    until("both are handed over", || async { standing(&world, "waiting").await.len() == 2 }).await;
    assert_eq!(standing(&world, "moved").await, before);
    assert!(standing(&world, "waiting").await.iter().all(|channel| *channel != before[0]));
    let changed = changed(&world).await;
    assert!(changed.len() == 1 && changed[0].contains(r#""extra":{"gone":"1","new":"1"}"#), "{changed:?}");
    assert!(!changed[0].contains("charity.example") && !changed[0].contains("mail-"), "{changed:?}");
    world.later(60);
    let mut member = world.signed(Role::Panel).await;
    let said = "Alarm: On 20 November 2026 it was changed to whom messages of alarms go: 1 taken out, 1 put in.";
    until("Today says it", || async { world.signed(Role::Panel).await.get("/").await.words().contains(said) }).await;
    let listed = member.get("/messages").await.words();
    assert!(listed.contains("no longer set up, so the others were told"), "{listed}");
    assert!(listed.contains("it was changed to whom these messages go"), "{listed}");
    // And back again: nothing is lost between them. That it was changed once more waits to be counted.
    let world = world.restarted_with(TELLING).await;
    until("all is handed back", || async {
        standing(&world, "waiting").await == [before[0].as_str(), before[0].as_str()]
    })
    .await;
}

#[tokio::test]
async fn what_nobody_else_is_told_is_said_to_be_lost() {
    let world = World::telling().await;
    world.refused(CONNECTION, "home-office/network", Code::DestinationLinked, Clause::Data1).await;
    until("it waits", || async { standing(&world, "waiting").await.len() == 1 }).await;
    let hook = "[gateway.resolve]\n\"hooks.union.example\" = \"127.0.0.1:1\"\n[[webhook]]\n\
                url = \"https://hooks.union.example/in\"\nsecret = \"file:hook.key\"\nevents = [\"stop\"]\n";
    let world = world.restarted_with(hook).await;
    until("it is lost", || async { standing(&world, "dropped").await.len() == 1 }).await;
    until("the change is told all the same", || async { standing(&world, "waiting").await.len() == 1 }).await;
    let mut member = world.signed(Role::Panel).await;
    let said = "Alarm: 1 message waited for somebody who is told no more, and nobody else is told of such things.";
    let today = member.get("/").await.words();
    assert!(today.contains(said), "{today}");
    assert!(member.get("/messages").await.words().contains("Some messages were lost."));
    let world = world.restarted_with(TELLING).await;
    until("nothing is lost", || async { standing(&world, "dropped").await.is_empty() }).await;
    until("it waits again", || async { standing(&world, "waiting").await.len() == 2 }).await;
}

#[tokio::test]
async fn where_nobody_is_told_no_page_says_that_somebody_is() {
    let world = World::new().await;
    let today = world.signed(Role::Panel).await.get("/").await.words();
    assert!(today.contains("Alarm: Nobody is told of anything by mail or another message"), "{today}");
    assert!(!today.contains("Nothing is wrong."), "{today}");
    let code = sheet(&world).await;
    let placed = place(&mut world.anybody(), &code, "everything", "").await.words();
    let given = concerns::give(&mut world.anybody(), "The manager mails the list.").await.words();
    for (page, seen) in [
        ("stop placed", placed),
        ("concern given", given),
        ("stop", world.anybody().get("/stop").await.words()),
        ("concern", world.anybody().get("/concern").await.words()),
    ] {
        assert!(
            !seen.contains("The panel is told at once") && !seen.contains("is told now") && !seen.contains("were told"),
            "{page}: {seen}"
        );
        assert!(seen.contains("No message is sent") || seen.contains("no message is sent"), "{page}: {seen}");
    }
}

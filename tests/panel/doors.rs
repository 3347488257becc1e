//! Who would come in, or keep others out, where the doors were not shut well: by waiting beforehand, by a clock that
//! jumped, by very many tries, or by very many at once.

use crate::{
    access::{recorded, session, told, words},
    browser::Seen,
    people::{PASSPHRASE, joined},
    world::{CONNECTION, COUNCIL, World},
};
use havengate::{
    flow::Clause,
    panel::{
        access::{Role, account, invitation::Standing, second_factor},
        wrong::Wrong,
    },
    verdict::Code,
};

const WRONG: &str = "The name, the passphrase or the code is not right";

/// The clock goes ahead for one entry of the record book, and back again.
async fn jumped(world: &World, seconds: i64) {
    world.later(seconds);
    world.refused(CONNECTION, COUNCIL, Code::DestinationLinked, Clause::Data1).await;
    world.later(-seconds);
    let panel = world.running.panel();
    assert!(panel.now().duration_since(panel.wall()).as_secs() >= seconds, "the record book is ahead");
}

#[tokio::test]
async fn an_invitation_made_beforehand_waits_once_the_last_member_is_gone() {
    let world = World::new().await;
    world.person(Role::Panel, "Amina").await;
    let invited = world.invited(Role::Panel).await;
    assert_eq!(invited.standing, Standing::Unconfirmed);
    world.person(Role::Worker, "Bo").await;
    world.later(73 * 3600);
    let panel = world.running.panel();
    let members = account::all(panel.store(), panel.now()).await.unwrap();
    let amina = members.iter().find(|a| a.role == Role::Panel).unwrap();
    let before = told(&world).await;
    // By a command, whose clock says that it was long ago.
    let long_ago = panel.now() - jiff::SignedDuration::from_hours(200);
    account::close(panel.store(), amina.id.clone(), long_ago).await.unwrap();
    let waits = async || {
        let seen = world.anybody().send("/invitation", &[("invitation", &invited.code)]).await;
        (seen.status, seen.words().contains("three days after the panel was told"))
    };
    assert_eq!(waits().await, (400, true), "nobody was told yet");
    // Another account is opened, so that what was noted goes into the record book now.
    world.person(Role::Worker, "Cy").await;
    assert_eq!(told(&world).await, before + 1, "the panel is told that the last member's account was closed");
    assert!(recorded(&world).await.contains(&("panel".to_owned(), "closed".to_owned())));
    assert_eq!(waits().await, (400, true));
    world.later(71 * 3600);
    assert_eq!(waits().await, (400, true));
    world.later(3600);
    let now = || world.running.panel().wall();
    assert_eq!(joined(&mut world.anybody(), &invited.code, "Di", now).await.1.status, 200);
}

#[tokio::test]
async fn codes_are_right_by_the_clock_also_after_it_jumped() {
    let world = World::new().await;
    let person = world.person(Role::Panel, "Amina").await;
    jumped(&world, 3600).await;
    let worker = world.person(Role::Worker, "Bo").await;
    assert_eq!(worker.recovery.len(), 10, "a new account is opened by a code of now");
    world.later(30);
    let (mut browser, seen) = world.sign_in(&person).await;
    assert_eq!(seen.status, 303, "{}", seen.text);
    let panel = world.running.panel();
    let held = session(&world, &browser).await;
    world.later(30);
    second_factor(panel, &held, &person.secret.code(panel.wall())).await.unwrap();
    let page = browser.get("/account").await.words();
    assert!(page.contains("20 November 2026, 10:00") && !page.contains("11:0"), "as clocks show it: {page}");
    // Wrong tries lock for as long as ever, though the record book's clock stands still.
    for _ in 0..5 {
        world.try_in("Amina", PASSPHRASE, "000000").await;
    }
    world.later(14 * 60);
    assert_eq!(world.sign_in(&person).await.1.status, 400);
    world.later(60);
    assert_eq!(world.sign_in(&person).await.1.status, 303);
}

#[tokio::test]
async fn a_clock_that_goes_back_lengthens_no_session_and_no_lock() {
    let world = World::new().await;
    let person = world.person(Role::Panel, "Amina").await;
    let mut idle = world.signed(Role::Panel).await;
    world.later(20 * 60);
    assert_eq!(idle.get("/").await.status, 200);
    world.later(-6 * 3600);
    assert_eq!(idle.get("/").await.status, 200, "a session survives it");
    world.later(32 * 60);
    assert_eq!(idle.get("/").await.status, 303, "and ends when it would have ended");
    let mut busy = world.signed(Role::Panel).await;
    let mut minutes = 0;
    while busy.get("/").await.status == 200 {
        world.later(25 * 60);
        minutes += 25;
        assert_eq!(busy.get("/account").await.status == 200, minutes <= 12 * 60, "{minutes}");
        world.later(-20 * 60);
    }
    assert_eq!(minutes, 725, "twelve hours went by, though the clock was put back again and again");
    for _ in 0..5 {
        world.try_in("Amina", PASSPHRASE, "000000").await;
    }
    world.later(-3 * 3600);
    // Otherwise a code of the app of this hour would be older than one that was used.
    let forget = "UPDATE accounts SET totp_step = 0";
    world.running.panel().store().write(move |db| db.execute(forget, [])).await.unwrap();
    assert_eq!(world.sign_in(&person).await.1.status, 400);
    world.later(14 * 60);
    assert_eq!(world.sign_in(&person).await.1.status, 400);
    world.later(2 * 60);
    assert_eq!(world.sign_in(&person).await.1.status, 303);
}

#[tokio::test]
async fn a_lock_of_a_clock_that_was_ahead_lasts_no_longer_after_a_start() {
    let mut world = World::new().await;
    let person = world.person(Role::Panel, "Amina").await;
    world.later(24 * 3600);
    for _ in 0..5 {
        world.try_in("Amina", PASSPHRASE, "000000").await;
    }
    world.later(-23 * 3600);
    world.restart().await;
    assert_eq!(world.sign_in(&person).await.1.status, 400);
    world.later(15 * 60 + 1);
    assert_eq!(world.sign_in(&person).await.1.status, 303);
}

#[tokio::test]
async fn strangers_tries_keep_nobody_out() {
    let world = World::new().await;
    let person = world.person(Role::Panel, "Amina").await;
    world.later(30);
    let mut tries = tokio::task::JoinSet::new();
    // One more than strangers may in a minute, and fewer than one address may have connections.
    for n in 0..31 {
        let mut browser = world.anybody();
        tries.spawn(async move { browser.send("/sign-in", &[("name", &format!("n{n}"))]).await });
    }
    let seen: Vec<Seen> = tries.join_all().await;
    assert!(seen.iter().all(|s| s.status == 400 && s.words().contains(WRONG)), "every failure looks the same");
    assert_eq!(world.sign_in(&person).await.1.status, 303);
}

#[tokio::test]
async fn a_door_that_strangers_locked_leaves_those_inside_alone() {
    let world = World::new().await;
    let person = world.person(Role::Panel, "Amina").await;
    world.later(30);
    let (mut browser, _) = world.sign_in(&person).await;
    let held = session(&world, &browser).await;
    for _ in 0..5 {
        world.try_in("Amina", "not her passphrase", "000000").await;
    }
    world.later(30);
    assert_eq!(world.sign_in(&person).await.1.status, 400, "the door is locked");
    assert_eq!(words(&recorded(&world).await).last(), Some(&"locked"));
    let panel = world.running.panel();
    let code = || person.secret.code(panel.wall());
    second_factor(panel, &held, &code()).await.unwrap();
    let wrong = [("old", "not her passphrase")];
    let seen = browser.fill("/account", "/account/passphrase", &wrong).await;
    assert!(seen.status == 400 && seen.words().contains("not right"), "nor is her passphrase refused: {}", seen.text);
    // Nor does it go the other way.
    world.later(15 * 60);
    for _ in 0..4 {
        let _ = second_factor(panel, &held, "000000").await;
    }
    assert!(matches!(second_factor(panel, &held, &code()).await, Err(Wrong::TooOften(_))));
    assert_eq!(world.sign_in(&person).await.1.status, 303);
}

#[tokio::test]
async fn a_door_that_strangers_keep_locked_opens_to_a_recovery_code_and_the_passphrase() {
    let world = World::new().await;
    let person = world.person(Role::Panel, "Amina").await;
    let other = world.person(Role::Worker, "Bo").await;
    let lock = async || {
        for _ in 0..5 {
            world.try_in("Amina", "not her passphrase", "000000").await;
        }
    };
    lock().await;
    world.later(30);
    let [first, second, third, ..] = &*person.recovery else { panic!("ten codes") };
    let (_, app) = world.sign_in(&person).await;
    assert!(app.status == 400 && app.words().contains(WRONG), "a code of the app does not: {}", app.text);
    for (passphrase, code) in [("not her passphrase", first), (PASSPHRASE, first), (PASSPHRASE, &other.recovery[0])] {
        let (browser, seen) = world.try_in("Amina", passphrase, code).await;
        assert_eq!((seen.text == app.text, browser.cookie()), (true, None), "wrong, used up, or another's");
    }
    let (mut browser, seen) = world.try_in("Amina", PASSPHRASE, &second.to_uppercase()).await;
    assert_eq!(seen.status, 303, "{}", seen.text);
    assert!(browser.get("/account").await.words().contains("You have 8 recovery codes left"));
    assert_eq!(world.try_in("Amina", PASSPHRASE, second).await.1.status, 400, "each once");
    world.later(30);
    assert_eq!(world.sign_in(&person).await.1.status, 400, "it stays locked for whoever tries");
    assert_eq!(words(&recorded(&world).await).last(), Some(&"signed-in"));
    lock().await;
    assert_eq!(world.try_in("Amina", PASSPHRASE, third).await.1.status, 303, "as often as they lock it");
}

#[tokio::test]
async fn many_passphrases_at_once_are_no_more_guesses() {
    let world = World::new().await;
    let person = world.person(Role::Panel, "Amina").await;
    world.later(30);
    let (mut browser, _) = world.sign_in(&person).await;
    let cookie = browser.cookie().unwrap().to_owned();
    let csrf = browser.get("/account").await.value("csrf");
    let mut tries = tokio::task::JoinSet::new();
    for n in 0..20 {
        let (mut browser, csrf) = (world.anybody().with_cookie(&cookie), csrf.clone());
        let guess = format!("guess number {n}");
        let fields = [("csrf", csrf), ("old", guess)];
        tries.spawn(async move {
            let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
            browser.send("/account/passphrase", &fields).await
        });
    }
    let seen: Vec<u16> = tries.join_all().await.iter().map(|s| s.status).collect();
    let looked_at = seen.iter().filter(|status| **status == 400).count();
    assert_eq!((looked_at, seen.iter().filter(|s| **s == 429).count()), (4, 16), "the fifth locks: {seen:?}");
    let right = [("csrf", csrf.as_str()), ("old", PASSPHRASE)];
    assert_eq!(browser.send("/account/passphrase", &right).await.status, 429, "right, but locked");
}

#[tokio::test]
async fn a_token_takes_a_fresh_code_leaves_a_trace_and_ends_with_its_maker() {
    let world = World::new().await;
    let person = world.person(Role::Panel, "Amina").await;
    world.later(30);
    let (mut amina, _) = world.sign_in(&person).await;
    let held = session(&world, &amina).await;
    let (panel, before) = (world.running.panel(), told(&world).await);
    for code in ["", "000000", &person.secret.code(panel.wall())] {
        let fields = [("name", "The council's <b> sheet"), ("code", code)];
        let seen = amina.fill("/api-tokens", "/api-tokens", &fields).await;
        assert!(seen.status == 400 && seen.words().contains("The code is not right"), "{code}: {}", seen.text);
        assert!(!seen.text.contains("class=\"code\"") && seen.words().contains("There are none"), "{}", seen.text);
        assert_eq!(seen.value("name"), "The council&#39;s &#60;b&#62; sheet", "what was typed is not lost");
    }
    let mut tokens = Vec::new();
    for name in ["one", "two"] {
        world.later(30);
        let fields = [("name", name), ("code", &*person.secret.code(panel.wall()))];
        let made = amina.fill("/api-tokens", "/api-tokens", &fields).await;
        assert!(made.status == 200 && made.words().contains("made by Amina on"), "{}", made.text);
        tokens.push(made.text.split("<p class=\"code\">").nth(1).unwrap().split('<').next().unwrap().to_owned());
    }
    assert_eq!(told(&world).await, before + 2, "the panel is told of each");
    let reads = async |token: &String| {
        let mut machine = world.anybody();
        let request = machine.request("GET", "/api/v1/stops").header("authorization", format!("Bearer {token}"));
        machine.ask(request.body(http_body_util::Full::default()).unwrap()).await.status
    };
    assert_eq!((reads(&tokens[0]).await, reads(&tokens[1]).await), (200, 200));
    assert_eq!(amina.fill("/api-tokens", "/api-tokens/1/end", &[]).await.status, 303);
    assert_eq!((reads(&tokens[0]).await, reads(&tokens[1]).await), (401, 200));
    let seen = recorded(&world).await;
    assert_eq!(words(&seen), ["invited", "opened", "signed-in", "token-made", "token-made", "token-ended"]);
    account::close(panel.store(), held.account.clone(), panel.now()).await.unwrap();
    assert_eq!(reads(&tokens[1]).await, 401, "it ends with the account of who made it");
    let mut other = world.signed(Role::Panel).await;
    let page = other.get("/api-tokens").await;
    assert_eq!((page.text.matches(", ended on").count(), page.text.matches("/end\"").count()), (2, 0), "{}", page.text);
    // Another account is opened, so that what was noted goes into the record book now.
    world.person(Role::Worker, "Bo").await;
    let seen = recorded(&world).await;
    assert_eq!(words(&seen)[6..8], ["token-ended", "closed"], "{seen:?}");
}

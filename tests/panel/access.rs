//! Accounts, from the invitation to the last session.

use crate::{
    browser::Browser,
    people::{PASSPHRASE, joined},
    world::World,
};
use havengate::panel::{
    access::{
        Role, account,
        invitation::Standing,
        keys, second_factor,
        session::{self, COOKIE, Session},
    },
    sealed,
    wrong::Wrong,
};

const WRONG: &str = "The name, the passphrase or the code is not right";

/// What the record book says of accounts: role and what happened, in order.
pub(crate) async fn recorded(world: &World) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut from = 0;
    loop {
        let entries = world.ledger.entries(from).await.unwrap();
        let Some(last) = entries.last() else { return found };
        from = last.index + 1;
        for entry in entries {
            let leaf: serde_json::Value = serde_json::from_str(&entry.leaf).unwrap();
            if leaf["type"] == "account" {
                let word = |name: &str| leaf["extra"][name].as_str().unwrap().to_owned();
                assert_eq!(leaf["extra"].as_object().unwrap().len(), 3, "nothing else stands in it: {leaf}");
                assert_eq!(word("account").len(), 16, "an opaque id: {leaf}");
                found.push((word("role"), word("did")));
            }
        }
    }
}

pub(crate) fn words(recorded: &[(String, String)]) -> Vec<&str> {
    recorded.iter().map(|(_, did)| did.as_str()).collect()
}

/// How often the panel was told of an account.
pub(crate) async fn told(world: &World) -> usize {
    world.ledger.notices(0).await.unwrap().iter().filter(|n| n.kind == "account").count()
}

pub(crate) async fn session(world: &World, browser: &Browser) -> Session {
    let token = browser.cookie().unwrap().strip_prefix("__Host-havengate=").unwrap().to_owned();
    session::find(world.running.panel(), &token).await.unwrap().unwrap()
}

#[tokio::test]
async fn the_first_member_joins_signs_in_and_out() {
    let world = World::new().await;
    let person = world.person(Role::Panel, "Amina").await;
    assert_eq!(person.recovery.len(), 10);
    let (_, replayed) = world.sign_in(&person).await;
    assert_eq!(replayed.status, 400, "the code that opened the account was used");
    world.later(30);
    let (mut browser, seen) = world.sign_in(&person).await;
    assert_eq!((seen.status, seen.location()), (303, "/"), "{}", seen.text);
    let cookie = seen.headers.get("set-cookie").unwrap().to_str().unwrap();
    assert!(cookie.starts_with(COOKIE) && cookie.ends_with("; Path=/; Secure; HttpOnly; SameSite=Strict"), "{cookie}");
    let page = browser.get("/").await;
    assert!(page.words().contains("Amina (panel member)"), "{}", page.text);
    let out = browser.fill("/", "/sign-out", &[]).await;
    assert_eq!((out.status, out.location(), browser.cookie()), (303, "/sign-in?out=1", None));
    let recorded = recorded(&world).await;
    assert_eq!(words(&recorded), ["invited", "opened", "signed-in"], "{recorded:?}");
    assert!(recorded.iter().all(|(role, _)| role == "panel"));
    assert_eq!(told(&world).await, 2, "of the invitation and the account, not of signing in");
}

#[tokio::test]
async fn going_on_leads_only_to_our_own_pages() {
    let world = World::new().await;
    let person = world.person(Role::Panel, "Amina").await;
    for (next, to) in
        [("/members", "/members"), ("//evil.example", "/"), ("/\\evil.example", "/"), ("https://evil", "/")]
    {
        world.later(30);
        let code = person.secret.code(world.running.panel().wall());
        let fields = [("name", "AMINA "), ("passphrase", PASSPHRASE), ("code", &code), ("next", next)];
        let seen = world.anybody().send("/sign-in", &fields).await;
        assert_eq!((seen.status, seen.location()), (303, to), "{}", seen.text);
    }
    let seen = world.anybody().get("/sign-in?next=//evil.example&next=/x").await;
    assert!(seen.status == 200 && !seen.text.contains("evil"), "{}", seen.text);
}

#[tokio::test]
async fn an_invitation_works_once_and_for_a_week() {
    let world = World::new().await;
    let first = world.invited(Role::Worker).await;
    let now = || world.running.panel().wall();
    let shouted = first.code.to_uppercase().replace('-', " ");
    let (_, seen) = joined(&mut world.anybody(), &shouted, "Bo", now).await;
    assert_eq!(seen.status, 200, "{}", seen.text);
    let again = world.anybody().send("/invitation", &[("invitation", &first.code)]).await;
    assert!(again.status == 400 && again.text.contains("There is no such invitation"), "{}", again.text);
    let late = world.invited(Role::Worker).await;
    world.later(7 * 86_400);
    let seen = world.anybody().send("/invitation", &[("invitation", &late.code)]).await;
    assert!(seen.status == 400 && seen.text.contains("There is no such invitation"), "{}", seen.text);
}

#[tokio::test]
async fn what_is_wrong_with_the_form_stands_beside_the_field() {
    let world = World::new().await;
    world.person(Role::Worker, "Bo").await;
    let invited = world.invited(Role::Worker).await;
    let mut browser = world.anybody();
    let seen = browser.send("/invitation", &[("invitation", &invited.code)]).await;
    let secret = seen.value("secret");
    let right = havengate::panel::access::totp::Secret::parse(&secret).unwrap().code(world.running.panel().wall());
    for (name, passphrase, again, code, field, words) in [
        ("", PASSPHRASE, PASSPHRASE, right.as_str(), "name", "Say what you want to be called"),
        ("Cy", "not long", "not long", &right, "passphrase", "too short"),
        ("Cy", "Riverside Outreach 1", "Riverside Outreach 1", &right, "passphrase", "one of the first that anybody"),
        ("Cy", PASSPHRASE, "nine herons under a lamb", &right, "again", "not the same"),
        ("Cy", PASSPHRASE, PASSPHRASE, "000000", "code", "The code is not right"),
        (" bO ", PASSPHRASE, PASSPHRASE, &right, "name", "Somebody has this name already"),
    ] {
        let fields = [
            ("invitation", invited.code.as_str()),
            ("secret", &secret),
            ("name", name),
            ("passphrase", passphrase),
            ("again", again),
            ("code", code),
        ];
        let seen = browser.send("/invitation", &fields).await;
        assert_eq!(seen.status, 400, "{field}: {}", seen.text);
        let beside = seen
            .text
            .split(&format!("id=\"{field}-wrong\">"))
            .nth(1)
            .unwrap_or_else(|| panic!("{field}: {}", seen.text));
        assert!(beside.contains(words), "{field}: {}", seen.text);
        assert_eq!(seen.value("secret"), secret, "the app need not be set up again");
        assert!(!seen.text.contains(passphrase), "a passphrase never comes back: {}", seen.text);
    }
}

#[tokio::test]
async fn names_are_shown_and_never_run() {
    let world = World::new().await;
    let name = "<script>alert(1)</script>\"'";
    let person = world.person(Role::Panel, name).await;
    world.later(30);
    let (mut browser, seen) = world.sign_in(&person).await;
    assert_eq!(seen.status, 303, "{}", seen.text);
    for page in ["/members", "/account", "/"] {
        let seen = browser.get(page).await;
        assert_eq!(seen.status, 200, "{page}");
        assert!(!seen.text.contains("<script") && seen.text.contains("script"), "{page}: {}", seen.text);
    }
}

#[tokio::test]
async fn five_wrong_tries_lock_and_every_failure_looks_the_same() {
    let world = World::new().await;
    let person = world.person(Role::Panel, "Amina").await;
    world.later(30);
    let right = person.secret.code(world.running.panel().wall());
    let (_, nobody) = world.try_in("Nobody", PASSPHRASE, &right).await;
    assert!(nobody.status == 400 && nobody.words().contains(WRONG), "{}", nobody.text);
    let (_, first) = world.try_in("Amina", "not her passphrase", &right).await;
    for _ in 0..2 {
        world.try_in("Amina", "not her passphrase", &right).await;
    }
    for _ in 0..2 {
        let (_, code) = world.try_in("Amina", PASSPHRASE, "000000").await;
        assert_eq!(code.text, nobody.text);
    }
    let (browser, locked) = world.try_in("Amina", PASSPHRASE, &right).await;
    assert_eq!((locked.status, &locked.text, browser.cookie()), (400, &nobody.text, None), "locked, whatever is typed");
    assert_eq!(first.text, nobody.text);
    assert_eq!(words(&recorded(&world).await), ["invited", "opened", "locked"]);
    assert_eq!(told(&world).await, 3);
    world.later(14 * 60);
    assert_eq!(world.sign_in(&person).await.1.status, 400);
    world.later(60);
    assert_eq!(world.sign_in(&person).await.1.status, 303);
}

#[tokio::test]
async fn a_session_is_never_one_that_the_browser_brought() {
    let world = World::new().await;
    let person = world.person(Role::Panel, "Amina").await;
    world.later(30);
    let brought = format!("{COOKIE}=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
    let mut victim = world.anybody().with_cookie(&brought);
    let code = person.secret.code(world.running.panel().wall());
    let seen = victim.send("/sign-in", &[("name", "Amina"), ("passphrase", PASSPHRASE), ("code", &code)]).await;
    assert_eq!(seen.status, 303, "{}", seen.text);
    assert_ne!(victim.cookie(), Some(brought.as_str()));
    assert_eq!(world.anybody().with_cookie(&brought).get("/").await.status, 303, "the attacker has no session");
    let first = victim.cookie().unwrap().to_owned();
    world.later(30);
    let (again, _) = world.sign_in(&person).await;
    assert_ne!(again.cookie(), Some(first.as_str()), "each signing in has its own");
}

#[tokio::test]
async fn a_session_ends_when_nobody_uses_it_and_after_a_day_at_work() {
    let world = World::new().await;
    let mut idle = world.signed(Role::Panel).await;
    world.later(29 * 60);
    assert_eq!(idle.get("/").await.status, 200);
    world.later(31 * 60);
    assert_eq!(idle.get("/").await.status, 303);
    let mut busy = world.signed(Role::Panel).await;
    for _ in 0..24 {
        world.later(29 * 60);
        assert_eq!(busy.get("/").await.status, 200);
    }
    world.later(29 * 60);
    assert_eq!(busy.get("/").await.status, 303, "twelve hours are over");
}

#[tokio::test]
async fn a_member_invited_by_command_joins_only_when_a_member_confirms() {
    let world = World::new().await;
    let (mut amina, mut operator) = (world.signed(Role::Panel).await, world.signed(Role::Operator).await);
    let invited = world.invited(Role::Panel).await;
    assert_eq!(invited.standing, Standing::Unconfirmed);
    let closed = world.anybody().send("/invitation", &[("invitation", &invited.code)]).await;
    assert!(closed.status == 400 && closed.text.contains("A panel member must confirm"), "{}", closed.text);
    let code = world.code();
    let asked = [("invitation", invited.id.as_str()), ("do", "confirm"), ("code", &code)];
    let refused = operator.fill("/account", "/members/confirm", &asked).await;
    assert_eq!(refused.status, 403, "{}", refused.text);
    let members = amina.get("/members").await;
    assert!(members.words().contains("Somebody who runs the machine has invited a panel member"), "{}", members.text);
    let wrong = amina
        .fill("/members", "/members/confirm", &[("invitation", &invited.id), ("do", "confirm"), ("code", "1")])
        .await;
    assert!(wrong.status == 400 && wrong.text.contains("The code is not right"), "{}", wrong.text);
    assert!(wrong.text.contains("action=\"/members/confirm\""), "said on the page that the form stands on");
    let still = world.anybody().send("/invitation", &[("invitation", &invited.code)]).await;
    assert_eq!(still.status, 400, "without a second factor nothing is confirmed");
    let done = amina.fill("/members", "/members/confirm", &asked).await;
    assert!(done.status == 200 && done.text.contains("is confirmed"), "{}", done.text);
    let now = || world.running.panel().wall();
    assert_eq!(joined(&mut world.anybody(), &invited.code, "Bo", now).await.1.status, 200);
    assert_eq!(words(&recorded(&world).await), ["invited", "confirmed", "opened"]);
    assert_eq!(told(&world).await, 3);
}

#[tokio::test]
async fn a_member_takes_back_what_nobody_asked_for() {
    let world = World::new().await;
    let mut amina = world.signed(Role::Panel).await;
    let invited = world.invited(Role::Panel).await;
    let code = world.code();
    let done = amina
        .fill("/members", "/members/confirm", &[("invitation", &invited.id), ("do", "take-back"), ("code", &code)])
        .await;
    assert!(done.status == 200 && done.text.contains("is taken back"), "{}", done.text);
    let gone = world.anybody().send("/invitation", &[("invitation", &invited.code)]).await;
    assert!(gone.status == 400 && gone.text.contains("There is no such invitation"), "{}", gone.text);
    assert_eq!(words(&recorded(&world).await), ["invited", "closed"]);
}

#[tokio::test]
async fn where_no_member_is_left_the_panel_has_three_days_to_object() {
    let world = World::new().await;
    world.person(Role::Panel, "Amina").await;
    let panel = world.running.panel();
    let [amina] = &*account::all(panel.store(), panel.now()).await.unwrap() else { panic!("one account") };
    account::close(panel.store(), amina.id.clone(), panel.now()).await.unwrap();
    let invited = world.invited(Role::Panel).await;
    assert_eq!(invited.standing, Standing::Waits);
    let waits = world.anybody().send("/invitation", &[("invitation", &invited.code)]).await;
    assert!(waits.status == 400 && waits.text.contains("three days after the panel was told"), "{}", waits.text);
    // A worker's account is opened, so that what was noted goes into the record book now.
    world.person(Role::Worker, "Bo").await;
    world.later(71 * 3600);
    assert_eq!(world.anybody().send("/invitation", &[("invitation", &invited.code)]).await.status, 400);
    world.later(3600);
    let now = || world.running.panel().wall();
    assert_eq!(joined(&mut world.anybody(), &invited.code, "Cy", now).await.1.status, 200);
}

#[tokio::test]
async fn a_closed_account_loses_everything_at_once() {
    let world = World::new().await;
    let person = world.person(Role::Panel, "Amina").await;
    world.later(30);
    let (mut amina, _) = world.sign_in(&person).await;
    let held = session(&world, &amina).await;
    let panel = world.running.panel();
    assert!(keys::private(panel, &held).is_some());
    let mut other = world.signed(Role::Panel).await;
    let own = session(&world, &other).await.account;
    let refused = other.fill("/members", "/members/close", &[("account", &own), ("code", &world.code())]).await;
    assert!(refused.status == 400 && refused.text.contains("Nobody closes their own"), "{}", refused.text);
    let seen = other.fill("/members", "/members/close", &[("account", &held.account), ("code", &world.code())]).await;
    assert!(
        seen.status == 200 && seen.words().contains("Amina panel member 20 November 2026 20 November 2026 closed"),
        "{}",
        seen.words()
    );
    assert_eq!(amina.get("/").await.status, 303);
    assert!(keys::private(panel, &held).is_none(), "its key is out of memory");
    assert!(keys::members(panel).await.unwrap().iter().all(|(id, _)| *id != held.account), "nothing is sealed to it");
    world.later(30);
    assert_eq!(world.sign_in(&person).await.1.status, 400);
    assert_eq!(words(&recorded(&world).await), ["invited", "opened", "signed-in", "closed"]);
    let again = world.person(Role::Worker, "Amina").await;
    world.later(30);
    assert_eq!(world.sign_in(&again).await.1.status, 303, "the name is free for another account");
}

#[tokio::test]
async fn a_member_reads_what_is_sealed_to_them_also_after_a_new_passphrase() {
    let world = World::new().await;
    let mut person = world.person(Role::Panel, "Amina").await;
    world.later(30);
    let (mut first, _) = world.sign_in(&person).await;
    world.later(30);
    let (mut second, _) = world.sign_in(&person).await;
    let panel = world.running.panel();
    let members = keys::members(panel).await.unwrap();
    let sealed = sealed::seal("concern", "who sleeps where", &members).unwrap();
    let new = "seven kites over the canal";
    let wrong = [("old", "not her passphrase"), ("passphrase", new), ("again", new)];
    let refused = first.fill("/account", "/account/passphrase", &wrong).await;
    assert!(refused.status == 400 && refused.text.contains("Nothing was changed"), "{}", refused.text);
    let fields = [("old", PASSPHRASE), ("passphrase", new), ("again", new)];
    let seen = first.fill("/account", "/account/passphrase", &fields).await;
    assert!(seen.status == 200 && seen.text.contains("Your passphrase is changed"), "{}", seen.text);
    assert_eq!((first.get("/").await.status, second.get("/").await.status), (200, 303), "other sessions ended");
    world.later(30);
    assert_eq!(world.sign_in(&person).await.1.status, 400, "the old one is gone");
    person.passphrase = new.to_owned();
    let (browser, seen) = world.sign_in(&person).await;
    assert_eq!(seen.status, 303, "{}", seen.text);
    let session = session(&world, &browser).await;
    let private = keys::private(panel, &session).unwrap();
    assert_eq!(sealed::open("concern", &sealed, &session.account, &private).unwrap().as_str(), "who sleeps where");
}

#[tokio::test]
async fn a_second_factor_is_taken_once_and_five_wrong_ones_lock() {
    let world = World::new().await;
    let person = world.person(Role::Panel, "Amina").await;
    world.later(30);
    let (browser, _) = world.sign_in(&person).await;
    let (panel, session) = (world.running.panel(), session(&world, &browser).await);
    let code = || person.secret.code(panel.wall());
    assert!(matches!(second_factor(panel, &session, &code()).await, Err(Wrong::Invalid(_))), "used at the door");
    world.later(30);
    second_factor(panel, &session, &code()).await.unwrap();
    assert!(matches!(second_factor(panel, &session, &code()).await, Err(Wrong::Invalid(_))), "used");
    let recovery = person.recovery.first().unwrap();
    second_factor(panel, &session, &recovery.to_uppercase()).await.unwrap();
    for _ in 0..4 {
        assert!(matches!(second_factor(panel, &session, recovery).await, Err(Wrong::Invalid(_))));
    }
    assert!(matches!(second_factor(panel, &session, "000000").await, Err(Wrong::TooOften(900))));
    world.later(30);
    assert!(matches!(second_factor(panel, &session, &code()).await, Err(Wrong::TooOften(_))), "right, but locked");
    assert_eq!(words(&recorded(&world).await).last(), Some(&"locked"));
    world.later(15 * 60);
    second_factor(panel, &session, &code()).await.unwrap();
}

#[tokio::test]
async fn a_lost_phone_is_replaced_with_a_recovery_code() {
    let world = World::new().await;
    let mut person = world.person(Role::Worker, "Bo").await;
    let [first, second, ..] = &*person.recovery.clone() else { panic!("ten codes") };
    let (mut browser, seen) = world.try_in("Bo", PASSPHRASE, first).await;
    assert_eq!(seen.status, 303, "{}", seen.text);
    let first = browser.get(seen.location()).await;
    assert_eq!(first.status, 200, "a page that a support worker may see: {}", first.text);
    assert!(browser.get("/account").await.words().contains("You have 9 recovery codes left"));
    let app = browser.get("/account/app").await;
    person.secret = havengate::panel::access::totp::Secret::parse(&app.value("secret")).unwrap();
    let (text, new) = (person.secret.text(), person.secret.code(world.running.panel().wall()));
    let fields = [("secret", text.as_str()), ("new", &new), ("code", second), ("passphrase", PASSPHRASE)];
    let seen = browser.fill("/account/app", "/account/app", &fields).await;
    assert!(seen.status == 200 && seen.text.contains("come from the new app"), "{}", seen.text);
    world.later(30);
    let (mut browser, seen) = world.sign_in(&person).await;
    assert_eq!(seen.status, 303, "{}", seen.text);
    world.later(30);
    let code = person.secret.code(world.running.panel().wall());
    let codes = browser.fill("/account", "/account/codes", &[("code", &code)]).await;
    assert_eq!((codes.status, codes.text.matches("<li class=\"code\">").count()), (200, 10), "{}", codes.text);
    let old = person.recovery.get(3).unwrap();
    assert_eq!(world.try_in("Bo", PASSPHRASE, old).await.1.status, 400, "the earlier ones no longer work");
}

#[tokio::test]
async fn what_the_store_keeps_opens_nothing() {
    let world = World::new().await;
    let person = world.person(Role::Panel, "Amina").await;
    world.later(30);
    let (browser, _) = world.sign_in(&person).await;
    let mut kept = Vec::new();
    for end in ["", "-wal"] {
        let path = format!("{}{end}", world.store_path().display());
        kept.extend(std::fs::read(path).unwrap_or_default());
    }
    let token = browser.cookie().unwrap().split_once('=').unwrap().1;
    let secret = person.secret.text();
    let raw = data_encoding::BASE32_NOPAD.decode(secret.as_bytes()).unwrap();
    let recovery = person.recovery.first().unwrap().as_bytes();
    for (what, bytes) in [
        ("a passphrase", PASSPHRASE.as_bytes()),
        ("an app's secret", secret.as_bytes()),
        ("its bytes", &raw),
        ("a session's token", token.as_bytes()),
        ("a recovery code", recovery),
    ] {
        assert!(!kept.windows(bytes.len()).any(|window| window == bytes), "{what} stands in the store");
    }
    assert!(kept.windows(5).any(|window| window == b"Amina"), "the store was looked at");
}

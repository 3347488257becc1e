//! Webhooks: signed, repeated under the same id, quiet, and never where the rules say no.

use crate::{
    support::{
        authority::Authority,
        dns::Dns,
        standin::{Behaviour, Recorded, Standin},
    },
    world::{CONNECTION, COUNCIL, World},
};
use data_encoding::BASE64;
use havengate::{
    consent::view::StopScope,
    flow::Clause,
    ledger::{Change, Leaf, Tx, leaf::Kind},
    panel::access::Role,
    verdict::Code,
};
use serde_json::Value;
use std::{fs, future::Future, os::unix::fs::PermissionsExt as _, path::Path, time::Duration};

const SECRET: &str = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

/// Puts a secret where the configuration finds it.
pub(crate) fn secret(home: &Path, file: &str, text: &str) {
    let keys = home.join("keys");
    fs::create_dir_all(&keys).unwrap();
    fs::write(keys.join(file), text).unwrap();
    fs::set_permissions(keys.join(file), fs::Permissions::from_mode(0o600)).unwrap();
}

/// A world with webhooks at these names, which lead to these ports; `gateway` are more lines of `[gateway]`.
async fn world(authority: &Authority, gateway: &str, hooks: &[(&str, u16)], more: &str) -> World {
    let mut text = "[gateway.resolve]\n".to_owned();
    for (name, port) in hooks.iter().filter(|(_, port)| *port > 0) {
        text.push_str(&format!("\"{name}\" = \"127.0.0.1:{port}\"\n"));
    }
    for (name, _) in hooks {
        text.push_str(&format!(
            "[[webhook]]\nurl = \"https://{name}/in?from=havengate\"\nsecret = \"file:hook.key\"\n{more}\n"
        ));
    }
    let gateway = format!("upstream_roots = \"roots.pem\"\n{gateway}");
    World::prepared(&gateway, &text, |home| {
        authority.write(home);
        secret(home, "hook.key", SECRET);
    })
    .await
}

/// Waits for what comes by itself.
pub(crate) async fn until<F: Future<Output = bool>>(what: &str, mut holds: impl FnMut() -> F) {
    for _ in 0..400 {
        if holds().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("it did not come: {what}");
}

/// How deliveries stand, by channel and state.
async fn standing(world: &World) -> Vec<(String, i64, Option<String>)> {
    let read = |db: &rusqlite::Connection| {
        let mut select =
            db.prepare("SELECT state, count(*), min(why) FROM deliveries GROUP BY state ORDER BY state")?;
        select.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?.collect()
    };
    world.running.panel().store().read(read).await.unwrap()
}

/// One number of the store; 0 where there is none.
async fn number(world: &World, select: &'static str) -> i64 {
    let read = move |db: &rusqlite::Connection| db.query_row(select, [], |row| row.get::<_, Option<i64>>(0));
    world.running.panel().store().read(read).await.unwrap().unwrap_or_default()
}

async fn failed_with(world: &World, why: &str) {
    until(why, || async { standing(world).await.iter().any(|(_, _, w)| w.as_deref() == Some(why)) }).await;
}

/// Checks a request as a receiver would, with nothing of ours: gives its id and what it says.
fn verified(request: &Recorded) -> (String, Value) {
    let one = |name: &str| {
        let values = request.values(name);
        assert_eq!(values.len(), 1, "{name}");
        values[0].clone()
    };
    let (id, at, body) = (one("webhook-id"), one("webhook-timestamp"), request.body_text());
    let key = BASE64.decode(SECRET.strip_prefix("whsec_").unwrap().as_bytes()).unwrap();
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, &key);
    let signature = one("webhook-signature");
    let tag = BASE64.decode(signature.strip_prefix("v1,").unwrap().as_bytes()).unwrap();
    aws_lc_rs::hmac::verify(&key, format!("{id}.{at}.{body}").as_bytes(), &tag).expect("the signature is not ours");
    assert!(!id.contains('.') && at.parse::<i64>().is_ok(), "{id} {at}");
    assert_eq!(request.line(), "POST /in?from=havengate HTTP/1.1");
    (id, serde_json::from_str(&body).unwrap())
}

async fn attempt(world: &World) {
    world.refused(CONNECTION, "home-office/network", Code::DestinationLinked, Clause::Data1).await;
}

#[tokio::test]
async fn an_attempt_is_told_at_once_signed_and_without_personal_data() {
    let authority = Authority::new();
    let hook = Standin::tls(&authority.identity(&["hooks.union.example"])).await;
    let world = world(&authority, "", &[("hooks.union.example", hook.address().port())], "").await;
    let decision = world.refused(CONNECTION, "home-office/network", Code::DestinationLinked, Clause::Data1).await;
    // The first notice is of the policy that the world began with, were there one; here it is the attempt.
    let (_, said) = verified(&hook.received(1).await[0]);
    assert_eq!(said["type"], "attempt");
    assert_eq!(said["timestamp"], "2026-11-20T10:00:00Z");
    let data = &said["data"];
    assert_eq!((&data["clause"], &data["connection"]), (&"DATA-1".into(), &CONNECTION.into()));
    assert_eq!((&data["recipient"], &data["decision"]), (&"home-office/network".into(), &decision.to_string().into()));
    assert_eq!(data["headline"], "an attempt to reach the Home Office was stopped");
    assert!(data["summary"].as_str().unwrap().contains("do not give data to the Home Office"), "{data}");
    assert_eq!(data["url"], "http://127.0.0.1/");
    until("recorded as delivered", || async { standing(&world).await == [("delivered".to_owned(), 1, None)] }).await;
    // The dial stands in the record book before it.
    let leaves = world.ledger.entries(0).await.unwrap();
    let contact = leaves.iter().find(|e| e.leaf.contains("\"type\":\"contact\"")).expect("no contact").leaf.clone();
    assert!(contact.contains(r#""decided":"allowed""#) && contact.contains(r#""service":"webhook""#), "{contact}");
    let report = world.ledger.verify_live().await.unwrap();
    assert!(report.is_sound(), "{report:?}");
    let none = "havengate_notifications_pending{channel=\"webhook-1\"} 0";
    until("none pending", || async { world.running.panel().metrics().render().contains(none) }).await;
}

/// When somebody spoke up may point at them: no id that leaves and no page that operators see says it to the minute.
#[tokio::test]
async fn no_id_and_no_page_says_at_which_minute_somebody_spoke_up() {
    let authority = Authority::new();
    let hook = Standin::tls(&authority.identity(&["hooks.union.example"])).await;
    let world = world(&authority, "", &[("hooks.union.example", hook.address().port())], "").await;
    let at = world.ledger.now().as_microsecond();
    for (kind, notice) in [(Kind::ConcernReceived, "concern"), (Kind::BreachReported, "breach")] {
        let mut leaf = Leaf::new(kind);
        leaf.extra.insert("sha256", "ab".repeat(32));
        let changes = vec![Change::Notify { kind: notice }];
        world.ledger.append(Tx { asserts: vec![], leaf, detail: vec![], changes }).await.unwrap();
    }
    let ids: Vec<String> = hook.received(2).await.iter().map(|r| verified(r).0).collect();
    assert_ne!(ids[0], ids[1]);
    for id in &ids {
        let (own, _) = id.split_once('-').unwrap();
        assert!(own.len() == 33 && own.starts_with('n'), "{id}");
        assert!(!id.contains(&format!("{at:x}")) && !id.contains(&at.to_string()), "{id}");
    }
    until("both recorded as delivered", || async { standing(&world).await == [("delivered".to_owned(), 2, None)] })
        .await;
    let seen = world.signed(Role::Operator).await.get("/messages").await.words();
    assert!(!seen.contains("raised a concern") && !seen.contains("a breach was reported"), "{seen}");
    let page = world.signed(Role::Panel).await.get("/messages").await;
    let words = page.words();
    assert!(words.contains("20 November 2026 somebody raised a concern"), "{words}");
    assert!(words.contains("20 November 2026 a breach was reported"), "{words}");
    assert!(words.contains("taken 20 November 2026") && !words.contains("10:0"), "{words}");
    let _member = world.signed(Role::Panel).await;
    for path in ["/concern", "/stop"] {
        assert!(world.anybody().get(path).await.words().contains("The panel is told at once"), "{path}");
    }
}

/// The hour would show who was on shift: neither the record book nor the store keeps it once it was told.
#[tokio::test]
async fn of_a_concern_and_of_a_stop_the_day_is_kept_and_no_hour() {
    let authority = Authority::new();
    let hook = Standin::tls(&authority.identity(&["hooks.union.example"])).await;
    let world = world(&authority, "", &[("hooks.union.example", hook.address().port())], "").await;
    let day = "2026-11-20T00:00:00Z".parse::<jiff::Timestamp>().unwrap();
    let mut leaf = Leaf::new(Kind::ConcernReceived);
    leaf.extra.insert("sha256", "ab".repeat(32));
    let changes = vec![Change::Notify { kind: "concern" }];
    world.ledger.append(Tx { asserts: vec![], leaf, detail: vec![], changes }).await.unwrap();
    let stop = havengate::gate::stops::place(&world.ledger, StopScope::Everything).await.unwrap();
    assert_eq!(stop.at, world.ledger.now(), "whoever placed it may see when");
    attempt(&world).await;
    let said: Vec<Value> = hook.received(3).await.iter().map(|r| verified(r).1).collect();
    let told: Vec<_> = said.iter().map(|s| (s["type"].as_str().unwrap(), s["timestamp"].as_str().unwrap())).collect();
    let (day_said, moment) = ("2026-11-20T00:00:00Z", "2026-11-20T10:00:00Z");
    assert_eq!(told, [("concern", day_said), ("stop", day_said), ("attempt", moment)]);
    let times: Vec<_> = world.ledger.notices(0).await.unwrap().iter().map(|n| (n.kind.clone(), n.at)).collect();
    assert_eq!(times[..2], [("concern".to_owned(), day), ("stop".to_owned(), day)]);
    assert_eq!(times[2].1, world.ledger.now(), "of what a system did the hour is kept");
    assert!(world.ledger.view().stops().all(|s| s.at == day), "{:?}", world.ledger.view().stops().collect::<Vec<_>>());
    until("all delivered", || async { standing(&world).await == [("delivered".to_owned(), 3, None)] }).await;
    let hours = "SELECT (SELECT count(*) FROM messages WHERE at % 86400000000 <> 0) + (SELECT count(*) FROM deliveries \
                 WHERE since % 86400000000 + due % 86400000000 + done % 86400000000 <> 0)";
    assert_eq!(number(&world, hours).await, 0, "an hour is kept of what was told");
    world.ledger.close().await.unwrap();
    let book = rusqlite::Connection::open(world.home.path().join("ledger.db")).unwrap();
    let kept: String = book.query_row("SELECT text FROM stops", [], |row| row.get(0)).unwrap();
    assert!(kept.contains("2026-11-20T00:00:00Z") && !kept.contains("T10:"), "{kept}");
}

#[tokio::test]
async fn who_locks_a_door_again_and_again_hides_nobody_who_joins() {
    let authority = Authority::new();
    let hook = Standin::tls(&authority.identity(&["hooks.union.example"])).await;
    let world = world(&authority, "", &[("hooks.union.example", hook.address().port())], "").await;
    for did in ["locked", "locked", "invited"] {
        let mut leaf = Leaf::new(Kind::Account);
        leaf.extra.insert("did", did.to_owned());
        let changes = vec![Change::Notify { kind: "account" }];
        world.ledger.append(Tx { asserts: vec![], leaf, detail: vec![], changes }).await.unwrap();
    }
    let said: Vec<Value> = hook.received(2).await.iter().map(|r| verified(r).1["data"]["headline"].clone()).collect();
    assert_eq!(said, ["too many wrong tries locked an account", "somebody was invited to the panel"]);
}

/// A clock that was a day ahead and was put right holds nothing up.
#[tokio::test]
async fn a_clock_that_was_ahead_delays_nothing() {
    let authority = Authority::new();
    let hook = Standin::tls(&authority.identity(&["hooks.union.example"])).await;
    hook.script([Behaviour::headers(503, &[])]);
    // That the clock went back is told as well, and not what is looked at here.
    let hooks = [("hooks.union.example", hook.address().port())];
    let mut world = world(&authority, "", &hooks, "events = [\"attempt\"]").await;
    world.at("2026-11-21T10:00:00Z");
    attempt(&world).await;
    failed_with(&world, "server").await;
    world.at("2026-11-20T10:00:00Z");
    // The record book's time stands still for a day now. Somebody sees that it went back before it goes on.
    world.signed(Role::Panel).await.get("/").await;
    world.later(120);
    hook.received(2).await;
    until("delivered", || async { standing(&world).await == [("delivered".to_owned(), 1, None)] }).await;
    // Started again, it knows only what it kept, which lies in the future.
    hook.script([Behaviour::headers(503, &[])]);
    world.at("2026-11-25T10:00:00Z");
    world.refused(CONNECTION, COUNCIL, Code::Forum, Clause::Data5).await;
    until("failed", || async {
        number(&world, "SELECT max(attempts) FROM deliveries WHERE state = 'waiting'").await == 1
    })
    .await;
    world.at("2026-11-21T12:00:00Z");
    world.restart().await;
    until("begun again", || async {
        number(&world, "SELECT max(due) FROM deliveries WHERE state = 'waiting'").await < 1_795_305_600_000_000
    })
    .await;
    world.at("2026-11-21T20:00:00Z");
    hook.received(4).await;
    until("delivered", || async { standing(&world).await == [("delivered".to_owned(), 2, None)] }).await;
}

#[tokio::test]
async fn a_storm_of_a_thousand_is_one_message_and_then_a_count() {
    let authority = Authority::new();
    let hook = Standin::tls(&authority.identity(&["hooks.union.example"])).await;
    let world = world(&authority, "", &[("hooks.union.example", hook.address().port())], "").await;
    for _ in 0..10 {
        futures(&world).await;
    }
    let (first, said) = verified(&hook.received(1).await[0]);
    assert_eq!(said["data"]["count"], 1);
    until("all of them counted", || async { number(&world, "SELECT max(held) FROM notify_topics").await == 999 }).await;
    assert_eq!(hook.requests().len(), 1);
    world.at("2026-11-20T10:11:00Z");
    let (second, said) = verified(&hook.received(2).await[1]);
    assert_ne!(first, second);
    assert_eq!(said["data"]["headline"], "999 more attempts to reach the Home Office were stopped");
    assert_eq!((&said["data"]["count"], &said["data"]["repeated"]), (&999.into(), &true.into()));
    // It goes on: hourly from now.
    attempt(&world).await;
    world.at("2026-11-20T10:40:00Z");
    attempt(&world).await;
    until("both counted", || async { number(&world, "SELECT max(held) FROM notify_topics").await == 2 }).await;
    world.at("2026-11-20T11:12:00Z");
    let (_, said) = verified(&hook.received(3).await[2]);
    assert_eq!(said["data"]["count"], 2);
    // An hour of quiet, and the next one is told at once again.
    world.at("2026-11-20T12:13:00Z");
    until("the topic forgotten", || async { number(&world, "SELECT count(*) FROM notify_topics").await == 0 }).await;
    attempt(&world).await;
    let (_, said) = verified(&hook.received(4).await[3]);
    assert_eq!((&said["data"]["count"], &said["data"]["repeated"]), (&1.into(), &false.into()));
}

/// A hundred attempts at once.
async fn futures(world: &World) {
    for _ in 0..100 {
        let mut leaf = Leaf::new(Kind::Decision);
        leaf.decision = Some(world.decision());
        leaf.decided = Some(havengate::ledger::leaf::Decided::Refused);
        leaf.code = Some(Code::DestinationLinked);
        leaf.integration = Some(CONNECTION.parse().unwrap());
        leaf.destination = Some("home-office/network".parse().unwrap());
        let changes = vec![Change::Notify { kind: "attempt" }];
        world.ledger.append_later(Tx { asserts: vec![], leaf, detail: vec![], changes }).unwrap();
    }
    // The last of them is awaited, and with it all before.
    let leaf = Leaf::new(Kind::RefusedSummary);
    world.ledger.append(Tx { asserts: vec![], leaf, detail: vec![], changes: vec![] }).await.unwrap();
}

#[tokio::test]
async fn down_for_a_day_it_is_tried_again_and_arrives() {
    let authority = Authority::new();
    let hook = Standin::tls(&authority.identity(&["hooks.union.example"])).await;
    hook.script([Behaviour::CloseOnAccept, Behaviour::CloseOnAccept, Behaviour::headers(503, &[])]);
    let world = world(&authority, "", &[("hooks.union.example", hook.address().port())], "").await;
    attempt(&world).await;
    failed_with(&world, "unreachable").await;
    world.at("2026-11-20T16:00:00Z");
    until("a second try", || async { number(&world, "SELECT max(attempts) FROM deliveries").await == 2 }).await;
    assert_eq!(hook.connections(), 2);
    world.at("2026-11-21T04:00:00Z");
    failed_with(&world, "server").await;
    let shown = world.running.panel().metrics().render();
    assert!(shown.contains("havengate_notifications_pending{channel=\"webhook-1\"} 1"), "{shown}");
    world.at("2026-11-21T10:00:00Z");
    let requests = hook.received(2).await;
    assert_eq!(verified(&requests[0]).0, verified(&requests[1]).0);
    until("delivered", || async { standing(&world).await == [("delivered".to_owned(), 1, None)] }).await;
}

#[tokio::test]
async fn after_three_days_it_is_stuck_shown_and_tried_again_by_hand() {
    let authority = Authority::new();
    let hook = Standin::tls(&authority.identity(&["hooks.union.example"])).await;
    hook.script([Behaviour::headers(400, &[]), Behaviour::headers(410, &[])]);
    let world = world(&authority, "", &[("hooks.union.example", hook.address().port())], "").await;
    attempt(&world).await;
    failed_with(&world, "rejected").await;
    world.at("2026-11-23T11:00:00Z");
    until("given up", || async { standing(&world).await == [("stuck".to_owned(), 1, Some("rejected".to_owned()))] })
        .await;
    let stuck = havengate::panel::notify::stuck(world.running.panel()).await.unwrap();
    assert_eq!((stuck.given_up, stuck.late, stuck.lost), (1, 0, 0));
    let mut operator = world.signed(havengate::panel::access::Role::Operator).await;
    let page = operator.get("/messages").await.words();
    assert!(page.contains("Some messages are stuck.") && page.contains("The server refused the message."), "{page}");
    assert!(page.contains("webhook 1, at hooks.union.example: given up after three days"), "{page}");
    let today = operator.get("/").await;
    let said = "Alarm: 1 message could not be delivered for three days and will not be tried again by itself.";
    assert!(
        today.words().contains(said) && today.text.contains("<a href=\"/messages\">Look there"),
        "{}",
        today.words()
    );
    let answer = operator.fill("/messages", "/messages/again", &[]).await;
    assert_eq!((answer.status, answer.location()), (303, "/messages"));
    let requests = hook.received(3).await;
    assert_eq!(verified(&requests[0]).0, verified(&requests[2]).0);
    until("delivered", || async { standing(&world).await == [("delivered".to_owned(), 1, None)] }).await;
    let page = operator.get("/messages").await.words();
    assert!(
        !page.contains("stuck") && page.contains("webhook 1, at hooks.union.example: taken 23 November 2026"),
        "{page}"
    );
}

#[tokio::test]
async fn a_crash_after_it_was_taken_repeats_the_same_id() {
    let authority = Authority::new();
    let hook = Standin::tls(&authority.identity(&["hooks.union.example"])).await;
    hook.script([Behaviour::stall()]);
    let mut world = world(&authority, "", &[("hooks.union.example", hook.address().port())], "").await;
    attempt(&world).await;
    hook.received(1).await;
    world.restart().await;
    let requests = hook.received(2).await;
    assert_eq!(verified(&requests[0]).0, verified(&requests[1]).0);
    until("delivered", || async { standing(&world).await == [("delivered".to_owned(), 1, None)] }).await;
    // Begun again it tells nothing twice.
    world.restart().await;
    world.refused(CONNECTION, COUNCIL, Code::Forum, Clause::Data5).await;
    let requests = hook.received(3).await;
    assert_eq!(verified(&requests[2]).1["data"]["clause"], "DATA-5");
}

#[tokio::test]
async fn a_slow_one_holds_up_no_other_and_runs_out_of_time() {
    let authority = Authority::new();
    let slow = Standin::tls(&authority.identity(&["slow.example"])).await;
    let quick = Standin::tls(&authority.identity(&["quick.example"])).await;
    slow.script([Behaviour::stall()]);
    let hooks = [("slow.example", slow.address().port()), ("quick.example", quick.address().port())];
    let world = world(&authority, "", &hooks, "").await;
    attempt(&world).await;
    slow.received(1).await;
    quick.received(1).await;
    world.refused(CONNECTION, COUNCIL, Code::Forum, Clause::Data5).await;
    quick.received(2).await;
    assert_eq!(slow.requests().len(), 1);
    failed_with(&world, "timeout").await;
}

#[tokio::test]
async fn a_redirect_is_a_failure_and_is_not_followed() {
    let authority = Authority::new();
    let elsewhere = Standin::tls(&authority.identity(&["elsewhere.example"])).await;
    let hook = Standin::tls(&authority.identity(&["hooks.union.example"])).await;
    hook.script([Behaviour::redirect(&format!("https://127.0.0.1:{}/", elsewhere.address().port()))]);
    let world = world(&authority, "", &[("hooks.union.example", hook.address().port())], "").await;
    attempt(&world).await;
    failed_with(&world, "redirected").await;
    assert_eq!(elsewhere.connections(), 0);
}

#[tokio::test]
async fn what_is_not_an_answer_is_a_failure_and_costs_little() {
    for (behaviour, why) in [
        (Behaviour::huge_head(1 << 20), "answer"),
        (Behaviour::garbage(), "answer"),
        (Behaviour::headers(500, &[]), "server"),
        (Behaviour::headers(429, &[]), "later"),
        (Behaviour::headers(404, &[]), "rejected"),
    ] {
        let authority = Authority::new();
        let hook = Standin::tls(&authority.identity(&["hooks.union.example"])).await;
        hook.script([behaviour]);
        let world = world(&authority, "", &[("hooks.union.example", hook.address().port())], "").await;
        attempt(&world).await;
        failed_with(&world, why).await;
    }
}

#[tokio::test]
async fn a_denied_host_is_not_even_looked_up() {
    let dns = Dns::zone(&[("hooks.homeoffice.gov.uk", "A 51.140.0.1")]).await;
    let gateway = format!("dns = [\"{}\"]", dns.address);
    let world = world(&Authority::new(), &gateway, &[("hooks.homeoffice.gov.uk", 0)], "").await;
    attempt(&world).await;
    failed_with(&world, "denied").await;
    assert_eq!(dns.asked(), [""; 0]);
    let leaves = world.ledger.entries(0).await.unwrap();
    assert!(!leaves.iter().any(|e| e.leaf.contains("\"type\":\"contact\"")), "a contact that never was");
}

#[tokio::test]
async fn a_name_that_leads_to_a_denied_one_or_inside_is_not_dialled() {
    for zone in [
        &[("hooks.union.example", "CNAME edge.homeoffice.gov.uk"), ("edge.homeoffice.gov.uk", "A 51.140.0.1")][..],
        &[("hooks.union.example", "A 127.0.0.1")],
        &[("hooks.union.example", "A 169.254.169.254")],
    ] {
        let dns = Dns::new(move |question| question.from(zone).only()).await;
        let gateway = format!("dns = [\"{}\"]", dns.address);
        let world = world(&Authority::new(), &gateway, &[("hooks.union.example", 0)], "").await;
        attempt(&world).await;
        failed_with(&world, "denied").await;
    }
}

#[tokio::test]
async fn a_certificate_of_somebody_else_gets_nothing() {
    let (authority, other) = (Authority::new(), Authority::new());
    for identity in [authority.identity(&["elsewhere.example"]), other.identity(&["hooks.union.example"])] {
        let hook = Standin::tls(&identity).await;
        let world = world(&authority, "", &[("hooks.union.example", hook.address().port())], "").await;
        attempt(&world).await;
        failed_with(&world, "certificate").await;
        assert_eq!(hook.requests().len(), 0);
    }
    let name = "hooks.union.example";
    let hook = Standin::tls(&authority.identity(&[name, "www.homeoffice.gov.uk"])).await;
    let world = world(&authority, "", &[(name, hook.address().port())], "").await;
    attempt(&world).await;
    failed_with(&world, "denied").await;
    assert_eq!(hook.requests().len(), 0);
}

#[tokio::test]
async fn only_the_kinds_that_were_asked_for_are_told() {
    let authority = Authority::new();
    let hook = Standin::tls(&authority.identity(&["hooks.union.example"])).await;
    let hooks = [("hooks.union.example", hook.address().port())];
    let world = world(&authority, "", &hooks, "events = [\"stop\", \"clock\"]").await;
    attempt(&world).await;
    let stop = havengate::consent::view::Stop {
        id: "stop-1".to_owned(),
        scope: havengate::consent::view::StopScope::Everything,
        at: world.ledger.now(),
    };
    let leaf = Leaf::placing(&stop);
    let changes = vec![Change::PlaceStop(stop), Change::Notify { kind: "stop" }];
    world.ledger.append(Tx { asserts: vec![], leaf, detail: vec![], changes }).await.unwrap();
    let (_, said) = verified(&hook.received(1).await[0]);
    assert_eq!(said["type"], "stop");
}

#[tokio::test]
async fn a_secret_that_others_can_read_is_not_used() {
    let authority = Authority::new();
    let hook = Standin::tls(&authority.identity(&["hooks.union.example"])).await;
    let world = world(&authority, "", &[("hooks.union.example", hook.address().port())], "").await;
    let file = world.home.path().join("keys/hook.key");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    attempt(&world).await;
    failed_with(&world, "secret").await;
    assert_eq!(hook.connections(), 0);
}

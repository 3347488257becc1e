//! Stops: placed by anybody with a printed sheet, unnamed; answered and lifted by the panel alone.

use crate::{
    browser::{Browser, Seen},
    world::{CONNECTION, COUNCIL, World},
};
use havengate::{
    consent::view::StopScope,
    flow::Clause,
    ledger::{Change, Leaf, Tx},
    panel::{access::Role, stops},
    verdict::Code,
};
use http_body_util::Full;
use hyper::{Request, body::Bytes, header};
use std::sync::{Arc, Mutex, atomic::Ordering};

/// What stands in an element of this class.
#[track_caller]
pub(crate) fn shown(seen: &Seen, class: &str) -> String {
    let (_, rest) = seen.text.split_once(&format!("class=\"{class}\">")).unwrap_or_else(|| panic!("{}", seen.text));
    rest.split('<').next().unwrap().to_owned()
}

/// Opens a page and sends a form of it, with what stands hidden in it besides.
pub(crate) async fn fill_hidden(
    browser: &mut Browser,
    page: &str,
    to: &str,
    hidden: &[&str],
    fields: &[(&str, &str)],
) -> Seen {
    let seen = browser.get(page).await;
    let values: Vec<(String, String)> = hidden.iter().map(|n| ((*n).to_owned(), seen.value(n))).collect();
    let fields: Vec<(&str, &str)> =
        values.iter().map(|(n, v)| (n.as_str(), v.as_str())).chain(fields.iter().copied()).collect();
    browser.send(to, &fields).await
}

/// A new sheet's code.
pub(crate) async fn sheet(world: &World) -> String {
    let mut member = world.signed(Role::Panel).await;
    let made = fill_hidden(
        &mut member,
        "/stops/sheets",
        "/stops/sheets",
        &["csrf", "once"],
        &[("before", "at-once"), ("until", ""), ("code", &world.code())],
    )
    .await;
    assert_eq!(made.status, 200, "{}", made.text);
    shown(&made, "code figure")
}

pub(crate) async fn place(browser: &mut Browser, code: &str, what: &str, reason: &str) -> Seen {
    let asked = browser.send("/stop", &[("code", code)]).await;
    assert_eq!(asked.status, 200, "{}", asked.words());
    let once = asked.value("once");
    let code = asked.value("code");
    browser.send("/stop/place", &[("code", &code), ("once", &once), ("what", what), ("reason", reason)]).await
}

pub(crate) async fn leaves(world: &World, kind: &str) -> Vec<serde_json::Value> {
    let entries = world.ledger.entries(0).await.unwrap();
    let all = entries.iter().map(|e| serde_json::from_str::<serde_json::Value>(&e.leaf).unwrap());
    all.filter(|leaf| leaf["type"] == kind).collect()
}

pub(crate) async fn told(world: &World, kind: &str) -> usize {
    world.ledger.notices(0).await.unwrap().iter().filter(|n| n.kind == kind).count()
}

#[tokio::test]
async fn a_worker_with_the_sheet_stops_a_recipient_and_is_told_what_happens_now() {
    let world = World::new().await;
    let code = sheet(&world).await;
    let mut worker = world.anybody();
    let placed =
        place(&mut worker, &code.to_ascii_lowercase().replace(' ', ""), &format!("recipient:{COUNCIL}"), "harm").await;
    assert_eq!(placed.status, 200, "{}", placed.text);
    let words = placed.words();
    for part in [
        "Stopped: the recipient Riverside Council (example): housing referrals.",
        "Since 10:00 on Friday 20 November 2026",
        "Emergencies still pass.",
        "The panel answers by the end of Monday 23 November 2026.",
        "You will not be punished.",
        "TOOLS-1: The right to down tools.",
    ] {
        assert!(words.contains(part), "{part}\n{words}");
    }
    let view = world.ledger.view();
    let stop = view.stops().next().unwrap();
    assert_eq!(stop.scope, StopScope::Destination(COUNCIL.parse().unwrap()));
    assert!(words.contains(&stop.id));
    let leaf = &leaves(&world, "stop.placed").await[0];
    assert_eq!(leaf["destination"], COUNCIL);
    let extra: Vec<_> = leaf["extra"].as_object().unwrap().keys().collect();
    assert_eq!(extra, ["reason", "stop"], "a stop names nobody, not even the sheet: {leaf}");
    assert_eq!(told(&world, "stop").await, 1);
}

#[tokio::test]
async fn nothing_is_kept_or_said_of_who_stops() {
    let world = World::new().await;
    let code = sheet(&world).await;
    let lines = Lines::default();
    let writer = lines.clone();
    let all =
        tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(move || writer.clone()).finish();
    let guard = tracing::subscriber::set_default(all);
    let mut worker = world.anybody().with_cookie("__Host-havengate=abcdefghijklmnopqrstuvwxyz; Path=/");
    for seen in [
        worker.get("/stop").await,
        worker.send("/stop", &[("code", "wrong wrong wrong wrong")]).await,
        place(&mut worker, &code, "everything", "").await,
    ] {
        assert!(seen.headers.get(header::SET_COOKIE).is_none(), "{}", seen.text);
        assert_eq!(seen.headers.get(header::CACHE_CONTROL).unwrap(), "no-store");
        assert!(!seen.text.contains("Sign out"), "a cookie was looked at");
    }
    drop(guard);
    let logged = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    assert!(!logged.contains("havengate::panel") && !logged.contains("/stop"), "{logged}");
    assert!(!logged.to_ascii_uppercase().contains(&code), "{logged}");
    for name in ["panel.db", "panel.db-wal", "ledger.db", "ledger.db-wal"] {
        let bytes = std::fs::read(world.home.path().join(name)).unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes).to_ascii_uppercase();
        assert!(!text.contains(&code) && !text.contains(&code.replace(' ', "")), "the code stands in {name}");
    }
}

#[tokio::test]
async fn the_same_form_twice_is_one_stop() {
    let world = World::new().await;
    let code = sheet(&world).await;
    let mut worker = world.anybody();
    let asked = worker.send("/stop", &[("code", &code)]).await;
    let (code, once) = (asked.value("code"), asked.value("once"));
    let fields = [("code", code.as_str()), ("once", once.as_str()), ("what", "everything")];
    for _ in 0..2 {
        let seen = worker.send("/stop/place", &fields).await;
        assert!(seen.words().contains("Stopped: everything."), "{}", seen.words());
    }
    assert_eq!(leaves(&world, "stop.placed").await.len(), 1);
    let other = format!("connection:{CONNECTION}");
    let fields = [("code", code.as_str()), ("once", once.as_str()), ("what", other.as_str())];
    let seen = worker.send("/stop/place", &fields).await;
    assert_eq!((seen.status, leaves(&world, "stop.placed").await.len()), (409, 1), "{}", seen.words());
    assert!(seen.words().contains("for something else"), "{}", seen.words());
}

#[tokio::test]
async fn wrong_codes_are_bounded_and_lock_nobody_out() {
    let world = World::new().await;
    let code = sheet(&world).await;
    let mut other = world.anybody();
    for _ in 0..30 {
        let seen = other.send("/stop", &[("code", "BCDF GHJK MNPQ RSTV")]).await;
        assert_eq!(seen.status, 400, "{}", seen.words());
        assert!(seen.words().contains("not the code of a sheet in use"), "{}", seen.words());
    }
    let seen = other.send("/stop", &[("code", "BCDF GHJK MNPQ RSTV")]).await;
    assert_eq!(seen.status, 429, "{}", seen.words());
    let placed = place(&mut world.anybody(), &code, "everything", "").await;
    assert!(placed.words().contains("Stopped: everything."), "{}", placed.words());
    let without = world.anybody().send("/stop/place", &[("code", ""), ("what", "everything")]).await;
    assert_eq!((without.status, world.ledger.view().stops().count()), (400, 1));
}

#[tokio::test]
async fn a_code_places_ten_stops_an_hour_and_everything_besides() {
    let world = World::new().await;
    let code = sheet(&world).await;
    let mut worker = world.anybody();
    let asked = worker.send("/stop", &[("code", &code)]).await;
    let options = asked.text.split("<option value=\"").skip(1).map(|o| o.split('"').next().unwrap().to_owned());
    let narrow: Vec<String> = options.filter(|o| o.starts_with("recipient:")).take(11).collect();
    assert_eq!(narrow.len(), 11, "{}", asked.text);
    for what in &narrow[..10] {
        assert_eq!(place(&mut worker, &code, what, "").await.status, 200);
    }
    for _ in 0..2 {
        let seen = place(&mut worker, &code, &narrow[10], "").await;
        assert_eq!(seen.status, 429);
        assert!(seen.words().contains("The panel was told. You can still stop everything."), "{}", seen.words());
        assert_eq!(seen.value("code"), asked.value("code"), "and one can do it there");
    }
    assert_eq!((leaves(&world, "stop.placed").await.len(), told(&world, "stop-limit").await), (10, 1));
    let everything = place(&mut worker, &code, "everything", "").await;
    assert_eq!(everything.status, 200, "nobody uses that up for the others");
    assert_eq!(leaves(&world, "stop.placed").await.len(), 11);
    world.at("2026-11-20T11:00:01Z");
    assert_eq!(place(&mut worker, &code, &narrow[10], "").await.status, 200);
}

#[tokio::test]
async fn what_is_stopped_already_is_answered_with_that_stop_and_costs_nothing() {
    let world = World::new().await;
    let code = sheet(&world).await;
    let what = format!("recipient:{COUNCIL}");
    let first = place(&mut world.anybody(), &code, &what, "").await;
    assert!(first.words().contains("Since 10:00 on Friday 20 November 2026"), "{}", first.words());
    for _ in 0..12 {
        let again = place(&mut world.anybody(), &code, &what, "").await;
        assert_eq!((again.status, shown(&again, "code")), (200, shown(&first, "code")), "{}", again.words());
        // Perhaps somebody else placed it: not at which minute.
        let words = again.words();
        assert!(words.contains("It was stopped before you asked. Since Friday 20 November 2026."), "{words}");
        assert!(!words.contains("10:00"), "{words}");
    }
    assert_eq!((leaves(&world, "stop.placed").await.len(), told(&world, "stop").await), (1, 1));
    let other = format!("connection:{CONNECTION}");
    assert_eq!(place(&mut world.anybody(), &code, &other, "").await.status, 200);
    assert_eq!(leaves(&world, "stop.placed").await.len(), 2);
}

#[tokio::test]
async fn only_what_the_policy_knows_can_be_stopped() {
    let world = World::new().await;
    let code = sheet(&world).await;
    for what in ["", "recipient:nobody/nowhere", "connection:../../etc", "<script>", "recipient:home-office/<b>"] {
        let seen = place(&mut world.anybody(), &code, what, "").await;
        assert_eq!(seen.status, 400, "{what}");
        assert!(seen.words().contains("Choose what shall be stopped."), "{}", seen.words());
        assert!(!seen.text.contains("<script>"));
    }
    let seen = place(&mut world.anybody(), &code, "everything", "because of Amina").await;
    assert_eq!((seen.status, world.ledger.view().stops().count()), (400, 0), "{}", seen.words());
    assert!(!seen.text.contains("Amina"));
}

#[tokio::test]
async fn ten_megabytes_and_forms_from_elsewhere_are_not_taken() {
    let world = World::new().await;
    let mut worker = world.anybody();
    for path in ["/stop", "/stop/place", "/stop/ask"] {
        let request = worker.request("POST", path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        let seen = worker.ask(big(request)).await;
        assert_eq!(seen.status, 413, "{path}");
        let mut elsewhere = world.anybody();
        elsewhere.origin = Some("https://evil.example".to_owned());
        let seen = elsewhere.send(path, &[("code", "x")]).await;
        assert!(seen.status == 400 && seen.words().contains("another site"), "{path}: {}", seen.words());
    }
}

/// Ten megabytes, of which the first hundred kilobytes are sent: a server that reads on regardless waits in vain.
pub(crate) fn big(request: http::request::Builder) -> Request<Full<Bytes>> {
    request.body(Full::new(Bytes::from(vec![b'a'; 10 << 20]))).unwrap()
}

#[tokio::test]
async fn a_new_sheet_ends_the_old_one_at_once_or_on_a_day() {
    let world = World::new().await;
    let first = sheet(&world).await;
    let second = sheet(&world).await;
    assert_ne!(first, second);
    assert_eq!(world.anybody().send("/stop", &[("code", &first)]).await.status, 400);
    let mut member = world.signed(Role::Panel).await;
    let fields = [("before", "until"), ("until", "2026-11-30")];
    let made = fill_hidden(&mut member, "/stops/sheets", "/stops/sheets", &["csrf", "once"], &fields).await;
    let third = shown(&made, "code figure");
    assert!(
        made.words().contains("http://127.0.0.1/stop") && made.words().contains("shown this once"),
        "{}",
        made.words()
    );
    let listed = member.get("/stops/sheets").await;
    assert!(listed.words().contains("valid until the end of Monday 30 November 2026"), "{}", listed.words());
    assert!(!listed.text.contains(&third), "a code is shown once");
    for code in [&second, &third] {
        assert_eq!(world.anybody().send("/stop", &[("code", code)]).await.status, 200);
    }
    world.at("2026-12-01T00:00:00Z");
    assert_eq!(world.anybody().send("/stop", &[("code", &second)]).await.status, 400);
    assert_eq!(world.anybody().send("/stop", &[("code", &third)]).await.status, 200);
    let mut member = world.signed(Role::Panel).await;
    let withdraw = ("/stops/sheets", "/stops/sheets/withdraw");
    for wrong in [&[][..], &[("code", "000000")]] {
        let gone = fill_hidden(&mut member, withdraw.0, withdraw.1, &["csrf", "sheet"], wrong).await;
        assert_eq!(gone.status, 400, "a session alone takes no sheet away: {wrong:?}");
    }
    assert_eq!(world.anybody().send("/stop", &[("code", &third)]).await.status, 200);
    let code = [("code", world.code())];
    let code: Vec<(&str, &str)> = code.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let gone = fill_hidden(&mut member, withdraw.0, withdraw.1, &["csrf", "sheet"], &code).await;
    assert_eq!(gone.location(), "/stops/sheets");
    assert_eq!(world.anybody().send("/stop", &[("code", &third)]).await.status, 400);
    assert!(world.anybody().get("/stop").await.words().contains("No sheet is valid at the moment"));
    let acts: Vec<_> = leaves(&world, "stop.code").await.iter().map(|l| l["extra"]["act"].clone()).collect();
    assert_eq!(acts, ["made", "made", "made", "withdrawn"]);
}

#[tokio::test]
async fn a_sheets_form_sent_twice_makes_one_sheet() {
    let world = World::new().await;
    let mut member = world.signed(Role::Panel).await;
    let page = member.get("/stops/sheets").await;
    assert!(!page.text.contains("name=\"code\""), "the first sheet takes nothing away and needs no fresh code");
    sheet(&world).await;
    let page = member.get("/stops/sheets").await;
    let (csrf, once) = (page.value("csrf"), page.value("once"));
    let fresh = world.code();
    let bare = [("csrf", csrf.as_str()), ("once", once.as_str()), ("before", "at-once")];
    assert_eq!(member.send("/stops/sheets", &bare).await.status, 400, "a session alone ends no sheet at once");
    let fields = [("csrf", csrf.as_str()), ("once", once.as_str()), ("before", "at-once"), ("code", fresh.as_str())];
    let made = member.send("/stops/sheets", &fields).await;
    let again = member.send("/stops/sheets", &fields).await;
    assert_eq!((made.status, again.status), (200, 409));
    let code = shown(&made, "code figure");
    assert_eq!(world.anybody().send("/stop", &[("code", &code)]).await.status, 200, "the first sheet stays valid");
    let far = [
        ("csrf", csrf.as_str()),
        ("once", "a2345672345672345672345672345672"),
        ("before", "until"),
        ("until", "2029-01-01"),
    ];
    assert_eq!(member.send("/stops/sheets", &far).await.status, 400);
}

#[tokio::test]
async fn the_list_says_what_each_stop_stopped_and_until_when_an_answer_is_due() {
    let world = World::new().await;
    let code = sheet(&world).await;
    let before = world.refused(CONNECTION, COUNCIL, Code::Stopped, Clause::Tools1).await;
    place(&mut world.anybody(), &code, &format!("recipient:{COUNCIL}"), "told").await;
    let stopped = world.refused(CONNECTION, COUNCIL, Code::Stopped, Clause::Tools1).await;
    world.refused(CONNECTION, COUNCIL, Code::ConsentMissing, Clause::Data2ii).await;
    world.refused("street-health", "street-health/outreach", Code::Stopped, Clause::Tools1).await;
    let mut member = world.signed(Role::Panel).await;
    for _ in 0..2 {
        let words = member.get("/stops").await.words();
        let row = "Riverside Council (example): housing referrals Friday 20 November 2026 I was told to do something \
                   against the charter 1 due by the end of Monday 23 November 2026";
        assert!(words.contains(row), "{words}");
    }
    let id = world.ledger.view().stops().next().unwrap().id.clone();
    let one = member.get(&format!("/stops/{id}")).await;
    assert!(one.words().contains("1 request was stopped"), "{}", one.words());
    assert!(one.text.contains(&stopped.to_string()) && !one.text.contains(&before.to_string()), "{}", one.text);
    assert_eq!(member.get("/stops/aaaaaaaaaaaaaaaaaaaaaaaaaa").await.status, 404);
    assert_eq!(member.get("/stops/%3Cscript%3E").await.status, 404);
}

#[tokio::test]
async fn the_panel_answers_once_and_whoever_has_the_number_reads_it() {
    let world = World::new().await;
    let code = sheet(&world).await;
    let placed = place(&mut world.anybody(), &code, "everything", "").await;
    let id = shown(&placed, "code");
    let mut member = world.signed(Role::Panel).await;
    let (page, to) = (format!("/stops/{id}"), format!("/stops/{id}/answer"));
    let said = "We ask <script>alert(1)</script> the council & answer on Tuesday.";
    let answered = member.fill(&page, &to, &[("words", said)]).await;
    assert_eq!(answered.location(), page);
    assert_eq!(member.fill(&page, &to, &[("words", said)]).await.status, 409);
    assert_eq!(member.fill(&page, &to, &[("words", "")]).await.status, 400);
    let leaf = &leaves(&world, "stop.answered").await[0];
    let keys: Vec<_> = leaf["extra"].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!((keys, leaf["extra"]["stop"].as_str()), (vec!["by", "stop", "words"], Some(id.as_str())));
    assert!(!leaf.to_string().contains("council"), "{leaf}");
    let asked = world.anybody().send("/stop/ask", &[("stop", &format!(" {} ", id.to_ascii_uppercase()))]).await;
    assert!(asked.words().contains("In force.") && !asked.text.contains("<script>"), "{}", asked.text);
    assert!(asked.words().contains("the council &#38; answer on Tuesday."), "{}", asked.words());
    for (number, status) in [("<b>", 400), ("aaaaaaaaaaaaaaaaaaaaaaaaaa", 404)] {
        assert_eq!(world.anybody().send("/stop/ask", &[("stop", number)]).await.status, status);
    }
}

#[tokio::test]
async fn an_answer_that_is_overdue_is_asked_for_once() {
    let world = World::new().await;
    let code = sheet(&world).await;
    place(&mut world.anybody(), &code, "everything", "").await;
    for (when, overdue) in [
        ("2026-11-23T23:59:59Z", 0),
        ("2026-11-24T00:00:01Z", 1),
        ("2026-11-25T10:00:00Z", 1),
        ("2026-12-25T10:00:00Z", 1),
    ] {
        world.at(when);
        stops::turn(world.running.panel()).await.unwrap();
        assert_eq!(told(&world, "stop-overdue").await, overdue, "{when}");
    }
    assert_eq!(leaves(&world, "stop.overdue").await.len(), 1);
    let words = world.signed(Role::Operator).await.get("/stops").await.words();
    assert!(words.contains("Overdue since the end of Monday 23 November 2026"), "{words}");
}

#[tokio::test]
async fn only_a_panel_member_with_a_second_factor_lifts_a_stop() {
    let world = World::new().await;
    let code = sheet(&world).await;
    let placed = place(&mut world.anybody(), &code, "everything", "").await;
    let id = shown(&placed, "code");
    let (page, to) = (format!("/stops/{id}"), format!("/stops/{id}/lift"));
    let fields = [("reason", "The council signed."), ("factor", "000000")];
    for role in [Role::Worker, Role::Operator] {
        let mut other = world.signed(role).await;
        let seen = other.send(&to, &fields).await;
        assert_eq!(seen.status, 403, "{role}");
        assert_eq!(other.get(&page).await.status, 403, "{role}");
    }
    assert_eq!(world.anybody().send(&to, &fields).await.status, 303);
    let mut member = world.signed(Role::Panel).await;
    let seen = member.fill(&page, &to, &fields).await;
    assert_eq!(seen.status, 400);
    assert!(seen.words().contains("The code is not right"), "{}", seen.words());
    let now = world.code();
    let without = member.fill(&page, &to, &[("reason", ""), ("factor", &now)]).await;
    assert!(without.words().contains("Write why the panel lifts it."), "{}", without.words());
    assert!(leaves(&world, "stop.lifted").await.is_empty() && world.ledger.view().stops().count() == 1);

    let why = "The council <b>signed</b>.";
    let lifted = member.fill(&page, &to, &[("reason", why), ("factor", &now)]).await;
    assert_eq!(lifted.location(), page, "{}", lifted.words());
    assert_eq!(world.ledger.view().stops().count(), 0);
    let leaf = &leaves(&world, "stop.lifted").await[0];
    let keys: Vec<_> = leaf["extra"].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!((keys, leaf["extra"]["words"].as_str().unwrap().len()), (vec!["by", "stop", "words"], 64), "{leaf}");
    assert!(
        leaf["extra"]["by"].as_str().unwrap().starts_with("panel-") && !leaf.to_string().contains("council"),
        "{leaf}"
    );
    let asked = world.anybody().send("/stop/ask", &[("stop", &id)]).await;
    assert!(
        asked.words().contains("Lifted on Friday 20 November 2026") && !asked.text.contains("<b>"),
        "{}",
        asked.text
    );
    assert!(asked.words().contains("The council &#60;b&#62;signed"), "{}", asked.words());
    let words = member.get("/stops").await.words();
    assert!(words.contains("Nothing is stopped."), "{words}");
    let csrf = member.get("/stops").await.value("csrf");
    let again = member.send(&to, &[("reason", why), ("factor", &now), ("csrf", &csrf)]).await;
    assert_eq!(again.status, 409);
    assert!(again.words().contains("No stop with this number is in force."), "{}", again.words());
    assert_eq!((leaves(&world, "stop.lifted").await.len(), told(&world, "stop-lifted").await), (1, 1));
}

/// The record book did not acknowledge in time, and recorded it after all.
#[tokio::test]
async fn words_that_may_be_recorded_are_not_dropped() {
    let world = World::new().await;
    let code = sheet(&world).await;
    let mut member = world.signed(Role::Panel).await;
    let id = shown(&place(&mut world.anybody(), &code, "everything", "").await, "code");
    for (action, field, words) in [("answer", "words", "We ask the council."), ("lift", "reason", "They signed.")] {
        let csrf = member.get(&format!("/stops/{id}")).await.value("csrf");
        let now = world.code();
        let size = world.ledger.head().size;
        world.slow.store(true, Ordering::SeqCst);
        let fields = [(field, words), ("factor", now.as_str()), ("csrf", csrf.as_str())];
        let seen = member.send(&format!("/stops/{id}/{action}"), &fields).await;
        assert_eq!(seen.status, 503, "{action}: {}", seen.words());
        world.slow.store(false, Ordering::SeqCst);
        crate::webhook::until("recorded after all", || async { world.ledger.head().size > size }).await;
        let asked = world.anybody().send("/stop/ask", &[("stop", &id)]).await;
        assert!(asked.words().contains(words), "{action}: {}", asked.words());
    }
}

#[tokio::test]
async fn a_lifted_stop_is_said_to_be_lifted() {
    let world = World::new().await;
    let code = sheet(&world).await;
    let placed = place(&mut world.anybody(), &code, "everything", "").await;
    let id = shown(&placed, "code");
    let changes = vec![Change::LiftStop(id.clone()), Change::Notify { kind: "stop-lifted" }];
    let tx = Tx { asserts: vec![], leaf: Leaf::lifting(&id), detail: vec![], changes };
    world.ledger.append(tx).await.unwrap();
    world.refused(CONNECTION, COUNCIL, Code::Stopped, Clause::Tools1).await;
    let mut member = world.signed(Role::Panel).await;
    let words = member.get("/stops").await.words();
    assert!(
        words.contains("Nothing is stopped.") && words.contains("everything Friday 20 November 2026 Friday"),
        "{words}"
    );
    let fields = [("reason", "Again."), ("factor", "000000")];
    let csrf = member.get("/stops").await.value("csrf");
    let fields: Vec<(&str, &str)> = fields.into_iter().chain([("csrf", csrf.as_str())]).collect();
    let again = member.send(&format!("/stops/{id}/lift"), &fields).await;
    assert_eq!(again.status, 409, "{}", again.words());
    assert!(world.anybody().send("/stop/ask", &[("stop", &id)]).await.words().contains("Lifted"));
    let once = world.anybody().send("/stop/place", &[("code", &code), ("once", &id), ("what", "everything")]).await;
    assert_eq!((once.status, world.ledger.view().stops().count()), (409, 0), "an old form says that nothing happened");
}

#[test]
fn no_command_and_no_socket_lifts_a_stop() {
    fn sources(dir: &std::path::Path, found: &mut Vec<std::path::PathBuf>) {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { sources(&path, found) } else { found.push(path) }
        }
    }
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    for file in files.iter().filter(|f| f.extension().is_some_and(|e| e == "rs")) {
        let text = std::fs::read_to_string(file).unwrap();
        let name = file.strip_prefix(&root).unwrap().display().to_string();
        let may = name.starts_with("ledger") || name == "panel/stops/lift.rs";
        assert!(may || !(text.contains("LiftStop") || text.contains("Leaf::lifting")), "{name} lifts a stop");
    }
    for command in ["stop.lift", "stop.lifted", "stop.remove", "stop.end"] {
        let line = serde_json::json!({ "command": command, "with": { "stop": "aaaaaaaaaaaaaaaaaaaaaaaaaa" } });
        assert!(serde_json::from_value::<havengate::gate::control::Command>(line).is_err(), "{command}");
    }
}

/// What would be logged.
#[derive(Clone, Default)]
pub(crate) struct Lines(pub(crate) Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A code's stops are counted for an hour, and for no longer is it known in which hour there were any.
#[tokio::test]
async fn the_hour_in_which_a_code_was_used_is_forgotten_with_the_hour() {
    let mut world = World::new().await;
    let code = sheet(&world).await;
    assert_eq!(place(&mut world.anybody(), &code, &format!("recipient:{COUNCIL}"), "").await.status, 200);
    let count = |db: &rusqlite::Connection| db.query_row("SELECT count(*) FROM tries", [], |row| row.get::<_, i64>(0));
    assert_eq!(world.running.panel().store().read(count).await.unwrap(), 1);
    world.later(3601);
    world.restart().await;
    let forgotten = || {
        let none = |db: &rusqlite::Connection| Ok(!db.prepare("SELECT 1 FROM tries")?.exists([])?);
        let panel = world.running.panel();
        async move { panel.store().read(none).await.unwrap() }
    };
    crate::webhook::until("it is forgotten", forgotten).await;
}

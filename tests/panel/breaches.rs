//! Breaches: sharing by any channel, told to the panel at once, with a clock that runs in words.

use crate::{
    browser::{Browser, Seen},
    stops::{big, fill_hidden, leaves, told},
    webhook::until,
    world::{COUNCIL, World},
};
use havengate::panel::{
    access::Role,
    breaches::{self, Step},
};
use hyper::header;

const WORDS: &str = "Somebody read <script>alert(1)</script> the list out. Bilby.";

pub(crate) fn report<'a>(more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut fields = vec![
        ("channel", "email"),
        ("to", COUNCIL),
        ("when", "week"),
        ("data", "immigration"),
        ("data", "location"),
        ("day", "2026-11-20"),
        ("time", "09:30"),
        ("words", WORDS),
    ];
    for (name, value) in more {
        fields.retain(|(n, _)| n != name);
        fields.push((name, value));
    }
    fields
}

pub(crate) async fn send(browser: &mut Browser, fields: &[(&str, &str)]) -> Seen {
    fill_hidden(browser, "/breaches/new", "/breaches/new", &["csrf", "once"], fields).await
}

pub(crate) async fn page(member: &mut Browser) -> String {
    let list = member.get("/breaches").await;
    let mut links = list.text.split("href=\"/breaches/").skip(1).map(|l| l.split('"').next().unwrap());
    format!("/breaches/{}", links.find(|l| *l != "new").unwrap_or_else(|| panic!("{}", list.text)))
}

#[tokio::test]
async fn a_worker_reports_and_the_panel_is_told_at_once_with_the_hours_left() {
    let world = World::telling().await;
    let mut member = world.signed(Role::Panel).await;
    let mut worker = world.signed(Role::Worker).await;
    let told_words = send(&mut worker, &report(&[])).await.words();
    assert!(told_words.contains("The panel is told now. This is breach 1 in its list."), "{told_words}");
    assert!(told_words.contains("due by 09:30 on Monday 23 November 2026"), "{told_words}");
    assert_eq!(told(&world, "breach").await, 1);
    let leaf = &leaves(&world, "breach.reported").await[0];
    assert_eq!((leaf["destination"].as_str(), &leaf["clauses"]), (Some(COUNCIL), &serde_json::json!(["TRANS-2"])));
    let extra = leaf["extra"].as_object().unwrap();
    assert_eq!(extra.keys().map(String::as_str).collect::<Vec<_>>(), ["breach", "channel", "data", "happened"]);
    assert_eq!(
        (&extra["channel"], &extra["data"], &extra["happened"]),
        (&"email".into(), &"location immigration".into(), &"week".into())
    );

    let list = member.get("/breaches").await;
    assert!(
        list.words().contains(
            "Breach 1 10:00 on Friday 20 November 2026 By email Riverside Council (example): housing referrals"
        )
    );
    assert!(!list.text.contains("Bilby"));
    let at = page(&mut member).await;
    let one = member.get(&at).await;
    let words = one.words();
    for part in [
        "71 hours left to tell the regulator: by 09:30 on Monday 23 November 2026.",
        "Article 33(3)",
        "the name of our data protection officer",
        "in person, by somebody they trust",
        "who did not want to be named",
        "In the last week",
    ] {
        assert!(words.contains(part), "{part}\n{words}");
    }
    assert!(
        one.text.contains("&#60;script&#62;alert(1)") && one.text.contains("Bilby") && !one.text.contains("<script>")
    );
    for name in ["panel.db", "panel.db-wal", "ledger.db", "ledger.db-wal"] {
        let bytes = std::fs::read(world.home.path().join(name)).unwrap_or_default();
        assert!(!bytes.windows(5).any(|w| w == b"Bilby"), "{name}");
    }
}

#[tokio::test]
async fn what_is_left_runs_late_until_it_is_ticked_off() {
    let world = World::new().await;
    let mut member = world.signed(Role::Panel).await;
    send(&mut member, &report(&[])).await;
    let panel = world.running.panel();
    let open = &breaches::open(panel).await.unwrap()[0];
    assert_eq!((open.left.len(), open.overdue.len()), (5, 0));
    assert_eq!(open.regulator_by.unwrap().to_string(), "2026-11-23T09:30:00Z");
    world.at("2026-11-23T10:31:00Z");
    let mut member = world.signed(Role::Panel).await;
    let open = &breaches::open(panel).await.unwrap()[0];
    assert_eq!(open.overdue, [Step::Regulator, Step::Recall]);
    let page = page(&mut member).await;
    let late = member.get(&page).await.words();
    assert!(late.contains("The 72 hours are over since 1 hour"), "{late}");
    assert!(member.get("/breaches").await.words().contains("Overdue: The regulator (ICO) is told"));

    let to = format!("{page}/step");
    for step in Step::ALL {
        let seen = member.get(&page).await;
        let csrf = seen.value("csrf");
        let once = seen.value("once");
        let tick = |state: &'static str, words: &'static str| {
            vec![
                ("csrf", csrf.clone()),
                ("once", once.clone()),
                ("step", step.as_str().to_owned()),
                ("state", state.to_owned()),
                ("day", "2026-11-23".to_owned()),
                ("words", words.to_owned()),
            ]
        };
        let send = async |member: &mut Browser, fields: Vec<(&str, String)>| {
            let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (*n, v.as_str())).collect();
            member.send(&to, &fields).await
        };
        let without = send(&mut member, tick("not-needed", "")).await;
        assert!(without.words().contains("Write why it is not needed."), "{}", without.words());
        assert_eq!(send(&mut member, tick("maybe", "x")).await.status, 400);
        assert_eq!(send(&mut member, tick("not-needed", "No risk <b>at all</b>. Potoroo.")).await.location(), page);
        assert_eq!(send(&mut member, tick("not-needed", "No risk. Potoroo.")).await.status, 409, "twice is once");
    }
    assert!(breaches::open(panel).await.unwrap().is_empty());
    let done = member.get(&page).await;
    assert_eq!(done.text.matches("Potoroo").count(), 5);
    assert!(!done.text.contains("<b>at") && !done.words().contains("hours left"), "{}", done.words());
    let future = fill_hidden(
        &mut member,
        &page,
        &to,
        &["csrf", "once"],
        &[("step", "review"), ("state", "done"), ("day", "2027-01-01")],
    )
    .await;
    assert!(future.words().contains("A day to come"), "{}", future.words());
}

#[tokio::test]
async fn what_is_wrong_is_said_and_what_was_typed_is_not_lost() {
    let world = World::new().await;
    let mut worker = world.signed(Role::Worker).await;
    for (more, said) in [
        (("channel", "<script>"), "Choose how it was shared."),
        (("to", "nobody/nowhere"), "Choose with whom it was shared"),
        (("when", ""), "Choose roughly when it happened."),
        (("data", "everything"), "Choose what was shared from the list."),
        (("day", "2026-11-21"), "in the future"),
        (("day", "yesterday"), "Say on which day we became aware"),
        (("day", "1999-01-01"), "more than ten years ago"),
        (("time", "25:00"), "Say on which day we became aware"),
    ] {
        let seen = send(&mut worker, &report(&[more])).await;
        assert!(seen.status == 400 && seen.words().contains(said), "{said}\n{}", seen.words());
        assert!(seen.text.contains("Bilby") && !seen.text.contains("<script>"), "{}", seen.text);
    }
    let mut none = report(&[]);
    none.retain(|(n, _)| *n != "data");
    assert!(send(&mut worker, &none).await.words().contains("Choose what was shared, or that it is not known yet."));
    assert_eq!(send(&mut worker, &report(&[("words", &"x".repeat(10_001))])).await.status, 413);
    let request =
        worker.request("POST", "/breaches/new").header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    assert_eq!(worker.ask(big(request)).await.status, 413);
    assert!(leaves(&world, "breach.reported").await.is_empty());
}

#[tokio::test]
async fn the_same_form_twice_is_one_breach_and_without_a_key_no_words_are_kept() {
    let world = World::new().await;
    let mut worker = world.signed(Role::Worker).await;
    let form = worker.get("/breaches/new").await;
    let (csrf, once) = (form.value("csrf"), form.value("once"));
    let fields = report(&[("csrf", &csrf), ("once", &once), ("to", "other"), ("time", "")]);
    // The world's workers have keys, too: only members' count.
    for _ in 0..2 {
        let seen = worker.send("/breaches/new", &fields).await;
        assert!(
            seen.words().contains("breach 1") && seen.words().contains("What you wrote was not kept"),
            "{}",
            seen.words()
        );
        assert!(seen.words().contains("due by 00:00 on Monday 23 November 2026"), "{}", seen.words());
    }
    let all = leaves(&world, "breach.reported").await;
    assert_eq!((all.len(), all[0]["extra"]["to"].as_str()), (1, Some("other")));
}

#[tokio::test]
async fn an_open_breach_is_shown_however_many_came_after_it() {
    let world = World::new().await;
    let mut member = world.signed(Role::Panel).await;
    send(&mut member, &report(&[])).await;
    let more = "WITH RECURSIVE n (n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM n WHERE n < 602) \
                INSERT INTO breaches SELECT n, 'b' || n, channel, recipient, happened, data, aware, told, NULL, NULL, entry \
                FROM n, breaches WHERE number = 1";
    let done = Step::ALL.iter().map(|step| {
        format!(
            "INSERT INTO breach_steps (once, breach, step, state, day) \
             SELECT '{step}' || number, id, '{step}', 'done', '2026-11-20' FROM breaches WHERE number > 1;"
        )
    });
    let filled = format!("{more};{}", done.collect::<String>());
    let panel = world.running.panel();
    panel.store().write(move |db| db.execute_batch(&filled)).await.unwrap();
    let open = breaches::open(panel).await.unwrap();
    assert_eq!(open.iter().map(|b| b.number).collect::<Vec<_>>(), [1]);
    let list = member.get("/breaches").await;
    assert!(
        list.text.contains(">Breach 1<") && list.text.contains(">Breach 602<") && !list.text.contains(">Breach 50<")
    );
    assert!(member.get("/").await.words().contains("The regulator hears of breach 1 by"));
}

#[tokio::test]
async fn a_changed_form_that_was_sent_before_is_not_dropped_unsaid() {
    let world = World::new().await;
    let mut member = world.signed(Role::Panel).await;
    let form = member.get("/breaches/new").await;
    let (csrf, once) = (form.value("csrf"), form.value("once"));
    let first = report(&[("csrf", &csrf), ("once", &once)]);
    assert!(!member.send("/breaches/new", &first).await.words().contains("sent this form before"));
    let again = member.send("/breaches/new", &first).await;
    assert!(again.status == 200 && again.words().contains("You had sent this form before."), "{}", again.words());
    for change in
        [("channel", "phone"), ("to", "other"), ("when", "today"), ("time", "09:31"), ("named", "yes"), ("words", "")]
    {
        let other = report(&[("csrf", &csrf), ("once", &once), change]);
        let seen = member.send("/breaches/new", &other).await;
        assert!(seen.status == 409 && seen.words().contains("sent before with something else"), "{}", seen.words());
    }
    assert_eq!(leaves(&world, "breach.reported").await.len(), 1);
}

#[tokio::test]
async fn only_members_read_breaches() {
    let world = World::new().await;
    let mut member = world.signed(Role::Panel).await;
    send(&mut member, &report(&[("named", "yes")])).await;
    let page = page(&mut member).await;
    assert!(member.get(&page).await.words().contains("Reported by A panel, panel-"));
    for role in [Role::Worker, Role::Operator] {
        let mut other = world.signed(role).await;
        for path in ["/breaches", page.as_str()] {
            assert_eq!(other.get(path).await.status, 403, "{role} {path}");
        }
        for to in ["step", "share"] {
            assert_eq!(other.send(&format!("{page}/{to}"), &[("step", "review")]).await.status, 403, "{role} {to}");
        }
    }
    let mut later = world.signed(Role::Panel).await;
    assert!(later.get(&page).await.words().contains("before you had an account"));
    assert_eq!(member.fill(&page, &format!("{page}/share"), &[]).await.location(), page);
    assert!(later.get(&page).await.text.contains("Bilby"));
    assert_eq!(member.get("/breaches/nothing").await.status, 404);
}

/// The law's 72 hours: a day before they are over and when they are, once each, for as long as nobody wrote that it is
/// done.
#[tokio::test]
async fn the_panel_is_reminded_of_the_regulator_a_day_before_and_when_it_is_late() {
    let mut world = World::new().await;
    let mut worker = world.signed(Role::Worker).await;
    for _ in 0..2 {
        assert_eq!(send(&mut worker, &report(&[])).await.status, 200);
    }
    // Each start looks once, as does every half minute.
    for (when, reminders) in [
        ("2026-11-22T09:29:59Z", 0),
        ("2026-11-22T09:30:00Z", 2),
        ("2026-11-23T09:29:00Z", 2),
        ("2026-11-23T09:30:01Z", 4),
        ("2026-11-24T09:30:00Z", 4),
    ] {
        world.at(when);
        world = world.restarted_with("").await;
        until(when, || async { told(&world, "breach-overdue").await == reminders }).await;
    }
    let leaves = leaves(&world, "breach.overdue").await;
    let states: Vec<_> = leaves.iter().map(|leaf| leaf["extra"]["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["soon", "soon", "over", "over"]);
    let reported = crate::stops::leaves(&world, "breach.reported").await;
    assert!(reported.iter().any(|leaf| leaf["extra"]["breach"] == leaves[0]["extra"]["breach"]), "{leaves:?}");
}

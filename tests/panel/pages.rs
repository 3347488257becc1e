//! Today, Stopped, What left and a single decision, as people see them.

use crate::world::{CONNECTION, COUNCIL, World};
use havengate::{
    flow::{Act, Clause, Group},
    ledger::{
        Change, Leaf, Tx,
        leaf::{Decided, Kind},
    },
    panel::{access::Role, figures},
    verdict::Code,
};

async fn seen(world: &World, role: Role, path: &str) -> String {
    figures::catch_up(world.running.panel()).await.unwrap();
    let seen = world.signed(role).await.get(path).await;
    assert_eq!(seen.status, 200, "{path}: {}", seen.text);
    seen.words()
}

fn has(text: &str, words: &[&str]) {
    for words in words {
        assert!(text.contains(words), "{words}\n{text}");
    }
}

fn hasnt(text: &str, words: &[&str]) {
    for words in words {
        assert!(!text.contains(words), "{words}\n{text}");
    }
}

#[tokio::test]
async fn an_empty_book_reads_well() {
    let world = World::new().await;
    let today = seen(&world, Role::Panel, "/").await;
    has(
        &today,
        &[
            "Is anything wrong?",
            "0 stopped by the gateway",
            "0 left.",
            "0 stops in force now",
            "Nobody, through the gateway",
        ],
    );
    hasnt(&today, &["still being counted"]);
    let stopped = seen(&world, Role::Operator, "/stopped").await;
    has(
        &stopped,
        &["Stopped in November 2026", "0 requests were stopped", "Nothing was stopped in November 2026.", "No attempt"],
    );
    hasnt(&stopped, &["After:"]);
    has(
        &seen(&world, Role::Panel, "/left").await,
        &["0 requests left", "Nothing left in November 2026", "Nothing that stands out"],
    );
    has(
        &seen(&world, Role::Panel, "/stopped/DATA-1").await,
        &["0 requests were stopped", "We do not give data to the Home Office"],
    );
    for month in ["1193-03", "9999-12", "0000-01", "2026-Q4", "2026"] {
        has(&seen(&world, Role::Panel, &format!("/stopped?month={month}")).await, &["0 requests were stopped"]);
        has(&seen(&world, Role::Panel, &format!("/left?month={month}")).await, &["0 requests left"]);
        has(&seen(&world, Role::Panel, &format!("/stopped/DATA-1?month={month}")).await, &["0 requests were stopped"]);
    }
}

#[tokio::test]
async fn nothing_is_wrong_is_said_when_nothing_is() {
    let world = World::telling().await;
    // The examples' undertakings run out at the end of September 2027.
    has(&seen(&world, Role::Panel, "/").await, &["Nothing is wrong."]);
    for (now, said) in [
        ("2027-07-31T12:00:00Z", "Nothing is wrong."),
        ("2027-08-02T12:00:00Z", "Look soon:"),
        ("2027-09-30T12:00:00Z", "today is the last day"),
        // In London it is October already.
        ("2027-09-30T23:30:00Z", "Alarm:"),
    ] {
        world.at(now);
        let today = seen(&world, Role::Panel, "/").await;
        has(&today, &[said]);
        assert_ne!(
            today.contains("Nothing is wrong."),
            today.contains("Alarm:") || today.contains("Look soon:"),
            "{today}"
        );
    }
}

#[tokio::test]
async fn an_attempt_a_stop_and_a_refused_policy_are_said_first() {
    let world = World::new().await;
    world.refused(CONNECTION, "home-office/asylum", Code::DestinationLinked, Clause::Data1).await;
    for leaf in [Leaf::new(Kind::PolicyRejected), Leaf::new(Kind::ClockAnomaly)] {
        world.ledger.append(Tx { asserts: vec![], leaf, detail: vec![], changes: vec![] }).await.unwrap();
    }
    let stop = havengate::consent::view::Stop {
        id: "s1".to_owned(),
        scope: havengate::consent::view::StopScope::Everything,
        at: world.ledger.now(),
    };
    let (leaf, changes) = (Leaf::placing(&stop), vec![Change::PlaceStop(stop)]);
    world.ledger.append(Tx { asserts: vec![], leaf, detail: vec![], changes }).await.unwrap();
    let today = seen(&world, Role::Panel, "/").await;
    hasnt(&today, &["Nothing is wrong."]);
    has(
        &today,
        &[
            "Alarm: 1 attempt to reach the Home Office",
            "The last was on 20 November 2026.",
            "New rules were refused on 20 November 2026",
            "The machine’s clock went back 1 time",
            "1 stop is in force (“down tools”).",
            "1 attempt in the last 30 days. None got through.",
        ],
    );
    let stopped = seen(&world, Role::Panel, "/stopped").await;
    has(&stopped, &["Attempts to reach the Home Office", "data can reach the Home Office from there 1 2026-11-20"]);
}

/// Who gets data is said once of each, in whichever order the connections come.
#[tokio::test]
async fn a_recipient_of_two_connections_is_named_once() {
    let world = World::new().await;
    for (connection, to, times) in [(CONNECTION, COUNCIL, 3), ("other", "elsewhere/outreach", 2), ("third", COUNCIL, 1)]
    {
        for _ in 0..times {
            world.sent(connection, to, &[(Group::Identity, "raw", Act::Sent, 1)]).await;
        }
    }
    let today = seen(&world, Role::Panel, "/").await;
    let answer = today.split("Who is getting data about our clients?").nth(1).unwrap().split("Look at").next().unwrap();
    assert_eq!(answer.matches(COUNCIL).count(), 1, "{answer}");
}

#[tokio::test]
async fn what_was_stopped_for_nobody_known_leads_to_itself() {
    let world = World::new().await;
    for to in [None, Some(COUNCIL)] {
        let mut leaf = world.about(CONNECTION, COUNCIL);
        leaf.destination = to.map(|to| to.parse().unwrap());
        leaf.decided = Some(Decided::Refused);
        leaf.clauses = vec![Clause::Data3];
        for _ in 0..if to.is_none() { 3 } else { 4 } {
            leaf.decision = Some(world.decision());
            let tx = Tx { asserts: vec![], leaf: leaf.clone(), detail: vec![], changes: vec![] };
            world.ledger.append(tx).await.unwrap();
        }
    }
    figures::catch_up(world.running.panel()).await.unwrap();
    let mut member = world.signed(Role::Panel).await;
    let to = "/stopped/DATA-3?month=2026-11&#38;recipient=not-known";
    assert!(member.get("/stopped").await.text.contains(to));
    let clause = member.get("/stopped/DATA-3?month=2026-11&recipient=not-known").await;
    assert!(clause.text.contains("&#38;recipient=not-known") && clause.status == 200, "{}", clause.text);
    let words = clause.words();
    has(&words, &["3 requests were stopped by this clause", "Only for no recipient that is known."]);
}

#[tokio::test]
async fn what_was_stopped_is_told_by_clause_recipient_connection_and_hour() {
    let world = World::new().await;
    // In London it is the next day already; the record book's day is UTC's.
    world.at("2027-05-31T23:30:00Z");
    world.refused(CONNECTION, COUNCIL, Code::FieldBlocked, Clause::Data3).await;
    world.refused(CONNECTION, COUNCIL, Code::ConsentMissing, Clause::Data2iv).await;
    world.at("2027-06-01T09:00:00Z");
    world.refused("case-system", "elsewhere/outreach", Code::FieldBlocked, Clause::Data3).await;
    let may = seen(&world, Role::Panel, "/stopped?month=2027-05").await;
    has(
        &may,
        &[
            "2 requests were stopped by the gateway in May 2027. In April 2027: 0.",
            "DATA-3:",
            "DATA-2iv:",
            "a piece of data that may not leave 1",
            "the client has not consented to it 1",
            "Days and months are UTC",
            "Most often on Tuesdays between 0:00 and 0:59: 2 times.",
            "After: June 2027",
        ],
    );
    let june = seen(&world, Role::Panel, "/stopped?month=2027-06").await;
    has(
        &june,
        &["1 request was stopped by the gateway in June 2027. In May 2027: 2.", "elsewhere/outreach", "case-system"],
    );
    let clause = seen(&world, Role::Panel, "/stopped/DATA-3?month=2027-06").await;
    has(&clause, &["1 request was stopped by this clause in June 2027. In May 2027: 1.", "elsewhere/outreach 1"]);
    let one =
        seen(&world, Role::Panel, "/stopped/DATA-3?month=2027-06&recipient=riverside-council/housing-referrals").await;
    has(&one, &["Only for", "0 requests were stopped", "Show everybody"]);
    let year = seen(&world, Role::Panel, "/stopped?month=2027").await;
    has(&year, &["3 requests were stopped by the gateway in 2027", "Jun 2027"]);
}

#[tokio::test]
async fn what_left_is_rounded_and_says_on_what_ground_and_what_changed() {
    let world = World::new().await;
    let values = |n| [(Group::Identity, "raw", Act::Sent, n), (Group::Location, "generalised", Act::Generalised, 3)];
    world.sent(CONNECTION, COUNCIL, &values(27)).await;
    world.at("2026-12-10T10:00:00Z");
    world.sent(CONNECTION, COUNCIL, &values(290)).await;
    let extra = [(Group::Contact, "raw", Act::Sent, 12), (Group::FreeText, "raw", Act::Stripped, 204)];
    world.sent("case-system", "elsewhere/outreach", &extra).await;
    world.sent(CONNECTION, COUNCIL, &[(Group::Special, "raw", Act::Sent, 4)]).await;
    let november = seen(&world, Role::Panel, "/left?month=2026-11").await;
    has(
        &november,
        &[
            "1 request left in November 2026: 1 answered",
            "who the person is (names, birth dates, numbers) exact the client’s consent 20 or more",
            "where the person is rough the client’s consent fewer than 10",
        ],
    );
    hasnt(&november, &["consent 27", "30 or more", "consent 3 "]);
    let december = seen(&world, Role::Operator, "/left?month=2026-12").await;
    has(
        &december,
        &[
            "New: elsewhere/outreach got data, and got none in November 2026.",
            "health, belief and other special data, and did not in November 2026",
            "290 or more, after 20 or more in November 2026",
            "Again and again: case-system tries to send free text, which may not leave: 200 or more held back.",
            "never did",
        ],
    );
    hasnt(&december, &["204"]);
}

#[tokio::test]
async fn for_few_clients_only_yes_and_by_the_quarter() {
    let world = World::few().await;
    world.sent(CONNECTION, COUNCIL, &[(Group::Identity, "raw", Act::Sent, 300)]).await;
    let left = seen(&world, Role::Panel, "/left?month=2026-11").await;
    has(&left, &["What left in October to December 2026", "the client’s consent yes", "fewer than 50 people a year"]);
    hasnt(&left, &["300"]);
}

#[tokio::test]
async fn a_decision_is_told_by_its_number_and_names_nobody() {
    let world = World::new().await;
    let id = world.refused(CONNECTION, COUNCIL, Code::FieldBlocked, Clause::Data3).await.to_string();
    let mut member = world.signed(Role::Panel).await;
    let spaced = format!("{} {}", &id[..13].to_uppercase(), &id[13..]);
    let told = member.fill("/decision", "/decision", &[("number", &spaced)]).await;
    assert_eq!(told.status, 200);
    has(
        &told.words(),
        &[
            "It was stopped. Nothing of it left. Why: a piece of data that may not leave.",
            "20 November 2026, 10:00, London time",
            "DATA-3",
            "They are the rules of now.",
            &id,
        ],
    );
    let sent = world.sent(CONNECTION, COUNCIL, &[(Group::Identity, "raw", Act::Sent, 2)]).await.to_string();
    let told = member.fill("/decision", "/decision", &[("number", &sent)]).await;
    has(&told.words(), &["It was allowed.", "It was sent, and the recipient answered.", "exact 2"]);
    // One that is no number and one that nobody has are not told apart.
    let unknown = "a".repeat(26);
    let mut answers = Vec::new();
    for number in [unknown.as_str(), "", "<script>alert(1)</script>", "x".repeat(60_000).as_str()] {
        let answer = member.fill("/decision", "/decision", &[("number", number)]).await;
        assert_eq!(answer.status, 404);
        has(&answer.words(), &["The record book has no decision with this number."]);
        hasnt(&answer.text, &["<script>alert", &unknown]);
        answers.push(answer.text.len());
    }
    assert!(answers.iter().all(|length| *length == answers[0]), "{answers:?}");
    assert_eq!(world.signed(Role::Operator).await.get("/decision").await.status, 403);
    assert_eq!(member.get(&format!("/decision/{id}")).await.status, 404);
}

#[tokio::test]
async fn a_decision_says_neither_about_whom_nor_where_it_stood() {
    let world = World::new().await;
    let mut leaf = world.about(CONNECTION, COUNCIL);
    (leaf.decided, leaf.code) = (Some(havengate::ledger::leaf::Decided::Refused), Some(Code::FieldBlocked));
    let id = leaf.decision.unwrap().to_string();
    let subject = "k1.secretsecretsecret".parse().unwrap();
    let detail = vec![havengate::ledger::Detail {
        subject: Some(subject),
        category: Some("pd:Name".parse().unwrap()),
        path: Some("$.Aminata".into()),
        ..world.hour()
    }];
    world.ledger.append(Tx { asserts: vec![], leaf, detail, changes: vec![] }).await.unwrap();
    let mut member = world.signed(Role::Panel).await;
    let told = member.fill("/decision", "/decision", &[("number", &id)]).await;
    hasnt(&told.text, &["secretsecret", "Aminata", "erased"]);
    has(&told.words(), &["stopped with the whole request 1"]);
}

#[tokio::test]
async fn addresses_that_make_no_sense_are_refused_without_an_echo() {
    let world = World::new().await;
    let mut member = world.signed(Role::Panel).await;
    let many = format!("/stopped?{}", "a=b&".repeat(40));
    for path in [
        "/stopped?month=2026-13",
        "/stopped?month=%3Cscript%3E",
        "/stopped?month=2026-11&month=2026-10",
        "/left?month=%FF%FE",
        "/left?month=20260-11",
        "/stopped/DATA-1?recipient=%3Cb%3E",
        "/stopped/DATA-1?connection=A%20B",
        &many,
    ] {
        let seen = member.get(path).await;
        assert_eq!(seen.status, 400, "{path}: {}", seen.text);
        hasnt(&seen.text, &["script", "<b>", "2026-13"]);
    }
    for path in ["/stopped/DATA-99", "/stopped/none", "/stopped/%3Cb%3E", "/stopped/..%2f..%2fetc"] {
        assert_eq!(member.get(path).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn names_from_the_policies_are_text_and_nothing_else() {
    let world = World::named("<b onclick=x>Riverside & \"Sons\"</b>").await;
    world.refused(CONNECTION, COUNCIL, Code::FieldBlocked, Clause::Data3).await;
    world.sent(CONNECTION, COUNCIL, &[(Group::Identity, "raw", Act::Sent, 27)]).await;
    figures::catch_up(world.running.panel()).await.unwrap();
    let mut member = world.signed(Role::Panel).await;
    for path in ["/", "/stopped", "/left", "/stopped/DATA-3"] {
        let seen = member.get(path).await;
        assert_eq!(seen.status, 200);
        assert!(!seen.text.contains("<b onclick"), "{path}: {}", seen.text);
        assert!(seen.text.contains("onclick=x"), "{path}: the name is shown\n{}", seen.text);
    }
}

#[tokio::test]
async fn every_chart_has_a_table_and_every_table_names_its_columns() {
    let world = World::new().await;
    world.refused(CONNECTION, COUNCIL, Code::FieldBlocked, Clause::Data3).await;
    world.sent(CONNECTION, COUNCIL, &[(Group::Identity, "raw", Act::Sent, 27)]).await;
    figures::catch_up(world.running.panel()).await.unwrap();
    let mut member = world.signed(Role::Panel).await;
    for path in ["/", "/stopped", "/left", "/stopped/DATA-3", "/decision"] {
        let seen = member.get(path).await.text;
        assert_eq!(seen.matches("<svg").count(), seen.matches("<figure>").count(), "{path}");
        assert_eq!(seen.matches("<svg").count(), seen.matches("role=\"img\"").count(), "{path}");
        assert!(seen.matches("<caption>").count() >= seen.matches("<figure>").count(), "{path}");
        assert_eq!(seen.matches("<table").count(), seen.matches("<caption>").count(), "{path}");
        assert!(!seen.contains("style=") && !seen.contains("<script"), "{path}");
        assert_eq!(seen.matches("<h1>").count(), 1, "{path}");
        let mut ids: Vec<_> = seen.split(" id=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
        let all = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), all, "{path}: an id stands there twice: {ids:?}");
    }
}

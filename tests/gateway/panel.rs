//! The panel's pages beside a gateway, in one process: every figure counted again from the downloaded record book,
//! nothing of the traffic on a page, in an export, in a store or in the log, stops from the sheet to the next request,
//! and what holds when the panel's store fails.

mod counted;
mod member;
mod tables;
mod traffic;

use crate::{browser::Seen, privacy::none_of, world::SAFEGUARDING};
use counted::{Book, shown, text, total};
use havengate::{
    flow::Clause,
    gate::control::{Command, Reply},
    panel::routes::{self, Who},
};
use member::{Beside, Member, PASSPHRASE};
use rustix::process::Signal;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tables::{clause, id, number, table};
use traffic::{MARKERS, Traffic};

const CONNECTION: &str = "inform-riverside";

/// The record book as it is downloaded, once every request that was let through has its end on record.
async fn downloaded(member: &mut Member) -> Book {
    loop {
        let book = Book::read(&member.page("/record/entries.ndjson").await.text);
        if book.at_rest() {
            return book;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_figure_is_that_of_the_download_and_nothing_holds_what_was_sent() {
    let beside = Beside::start().await;
    let mut member = beside.member().await;
    let mut traffic = Traffic::new(&beside, 5);
    traffic.unsent().await;
    assert_eq!(traffic.came_to(), "destination-unreachable");
    traffic.of(60).await;
    traffic.emergency("CLIENTREF-77432").await;
    assert_eq!(traffic.came_to(), "sent");
    let (code, stops) = stopped_and_lifted(&beside, &mut member, &mut traffic).await;
    rules_change(&beside).await;
    traffic.of(40).await;
    // One more stays in force.
    let last = beside.down_tools(&code, &format!("recipient:{SAFEGUARDING}"), "").await;
    traffic.need().await;

    let book = downloaded(&mut member).await;
    assert!(book.refused().count() > 20 && book.sent().count() > 15 && book.attempts() > 0, "the dice made traffic");
    let grounds: Vec<_> = book.grounds().into_keys().map(|[_, _, ground]| ground).collect();
    assert!(["consent", "emergency", "operational"].iter().all(|g| grounds.contains(&(*g).to_owned())), "{grounds:?}");
    assert!(book.sent().count() < book.allowed().count(), "something could not be sent after all");
    assert!(
        book.of("outcome").any(|o| o["extra"]["ended"] == "unknown"),
        "of something nobody knows whether it arrived"
    );
    assert!(book.values().values().any(|n| *n > 20) && book.values().values().any(|n| *n < 10), "{:?}", book.values());
    let day = text(book.entries.last().unwrap(), "day").to_owned();
    assert!(book.entries.iter().all(|leaf| text(leaf, "day")[..7] == day[..7]), "a month ended during the test");
    for period in [&day[..7], &day[..4]] {
        report(&mut member, period, &book).await;
        pages_by_period(&mut member, period, &book).await;
    }
    registers(&mut member, &day[..7], &book).await;
    assert_eq!(book.stops().keys().collect::<Vec<_>>().len(), stops.len() + 1);
    assert!(book.stops().contains_key(&last));

    let answers = std::mem::take(&mut traffic.answers);
    for answer in answers.iter().filter(|a| a.status >= 300) {
        none_of(MARKERS, "an answer", format!("{}{}", answer.head, answer.text()).as_bytes());
    }
    let left = String::from_utf8_lossy(&beside.around.recipient.bytes()).into_owned();
    assert!(left.contains("Zorblina") && left.contains("07700 900871"), "what may leave did: it would be found");
    let decision = answers.iter().find_map(|a| a.header("havengate-decision")).unwrap();
    every_page(&mut member, &day[..7], &decision, &stops).await;
    kept_and_logged(beside, &code);
}

/// Workers stop a connection and then everything; a member lifts both. Gives the sheet's code and the stops.
async fn stopped_and_lifted(beside: &Beside, member: &mut Member, traffic: &mut Traffic<'_>) -> (String, Vec<String>) {
    let code = member.sheet().await;
    traffic.need().await;
    assert_eq!(traffic.came_to(), "sent");
    beside.around.arrived();
    let one = beside.down_tools(&code, &format!("connection:{CONNECTION}"), "harm").await;
    traffic.need().await;
    assert_eq!(traffic.came_to(), "stopped", "the very next request");
    assert!(beside.around.arrived().is_empty(), "something left after a stop");
    let all = beside.down_tools(&code, "everything", "").await;
    traffic.need().await;
    assert_eq!(traffic.came_to(), "stopped");
    assert!(beside.around.arrived().is_empty(), "something left after a stop");
    traffic.emergency("CLIENTREF-77433").await;
    assert_eq!(traffic.came_to(), "sent", "an emergency passes a stop of everything");
    assert_eq!(beside.around.arrived().len(), 1);

    let seen = member.lift(&one, "000000").await;
    assert_eq!(seen.status, 400, "not without a second factor: {}", seen.words());
    let seen = member.lift(&one, &member.next_code()).await;
    assert_eq!((seen.status, seen.location()), (303, format!("/stops/{one}").as_str()), "{}", seen.words());
    traffic.need().await;
    assert_eq!(traffic.came_to(), "stopped", "everything is stopped still");
    let recovery = member.recovery_code();
    assert_eq!(member.lift(&all, &recovery).await.status, 303);
    traffic.need().await;
    assert_eq!(traffic.came_to(), "sent", "both are lifted");
    (code, vec![one, all])
}

/// A set of rules is made active, and another refused.
async fn rules_change(beside: &Beside) {
    let file = beside.home.policies("integrations/city-messages.toml");
    let before = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, format!("{before}\n# Read again.\n")).unwrap();
    beside.home.done(&Command::Reload).await;
    std::fs::write(&file, format!("{before}\nnonsense\n")).unwrap();
    assert!(matches!(beside.home.control(&Command::Reload).await, Reply::Refused { .. }));
    std::fs::write(&file, before).unwrap();
    beside.home.done(&Command::Reload).await;
}

/// What a list of a report says by some members of its rows.
fn rows(report: &Value, list: &str, names: &[&str], figure: &str) -> BTreeMap<Vec<String>, String> {
    let cell = |row: &Value, name: &str| row[name].as_str().map_or_else(|| row[name].to_string(), str::to_owned);
    let rows = report[list].as_array().unwrap().iter();
    rows.map(|row| (names.iter().map(|n| cell(row, n)).collect(), cell(row, figure))).collect()
}

fn said(counts: BTreeMap<String, u64>) -> BTreeMap<Vec<String>, String> {
    counts.into_iter().map(|(key, n)| (vec![key], n.to_string())).collect()
}

async fn report(member: &mut Member, period: &str, book: &Book) {
    let report: Value =
        serde_json::from_str(&member.page(&format!("/reports/{period}/report.json")).await.text).unwrap();
    let (left, stopped) = (book.sent().count(), book.refused().count());
    let cut: u64 = book.cut().values().sum();
    assert_eq!(
        json!([report["left"], report["stopped"], report["cut"], report["attempts"]]),
        json!([left, stopped, cut, book.attempts()]),
        "{period}"
    );
    assert_eq!(report["entries"], book.entries.len(), "all of it is counted");
    for (list, name, member) in
        [("by_clause", "clause", ""), ("by_recipient", "id", "destination"), ("by_connection", "id", "integration")]
    {
        let counted = if member.is_empty() { book.stopped_by_clause() } else { book.stopped_by(member) };
        assert_eq!(rows(&report, list, &[name], "count"), said(counted), "{list} of {period}");
    }
    let grounds: BTreeMap<_, _> = book.grounds().into_iter().map(|(key, n)| (key.to_vec(), shown(n))).collect();
    let values = rows(&report, "values", &["recipient", "group", "ground"], "shown");
    // A report names a recipient's id as `recipient` and its name as `name`.
    assert_eq!(values, grounds, "values of {period}");
    for event in report["events"].as_array().unwrap() {
        let kind = event["id"].as_str().unwrap();
        let counted = book.of(kind).count() as u64;
        // What people agreed to is theirs, and not counted to the one.
        let people = kind.starts_with("consent.");
        let shown = if people { total(&book.parts(kind, |_| 1)) } else { counted.to_string() };
        assert_eq!(event["shown"], shown, "{event}");
    }
    let csv = member.page(&format!("/reports/{period}/report.csv")).await.text;
    for (name, n) in [("left", left as u64), ("stopped", stopped as u64), ("cut", cut), ("attempts", book.attempts())] {
        let line = csv.lines().find(|l| l.starts_with(&format!("total,{name},"))).unwrap();
        assert_eq!(line.rsplit(',').next().unwrap(), n.to_string(), "{line}");
    }
    let by_clause: u64 = csv.lines().filter(|l| l.starts_with("stopped by clause,")).map(last_cell).sum();
    assert_eq!(by_clause, book.stopped_by_clause().values().sum::<u64>());
    let api = member.page(&format!("/api/v1/stopped?period={period}")).await;
    let api: Value = serde_json::from_str(&api.text).unwrap();
    let days = api["over_time"].as_array().unwrap().iter();
    assert_eq!(days.map(|day| day["count"].as_u64().unwrap()).sum::<u64>(), by_clause);
    let api: Value = serde_json::from_str(&member.page(&format!("/api/v1/left?period={period}")).await.text).unwrap();
    assert_eq!(api["grounds"], report["values"]);
}

fn last_cell(line: &str) -> u64 {
    number(line.rsplit(',').next().unwrap())
}

fn by(rows: &[Vec<String>], key: impl Fn(&str) -> String) -> BTreeMap<String, u64> {
    rows.iter().map(|row| (key(&row[0]), number(row.last().unwrap()))).collect()
}

fn sorted<T: Ord>(list: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut list: Vec<T> = list.into_iter().collect();
    list.sort();
    list
}

async fn pages_by_period(member: &mut Member, period: &str, book: &Book) {
    let seen = member.page(&format!("/stopped?month={period}")).await;
    let stopped = book.refused().count() as u64;
    assert!(seen.words().contains(&format!("{stopped} requests were stopped by the gateway")), "{}", seen.words());
    assert_eq!(by(&table(&seen, "Stopped by clause, ", 3), clause), book.stopped_by_clause());
    let pairs = table(&seen, "Stopped by clause and recipient", 3);
    assert_eq!(pairs.iter().map(|r| number(&r[2])).sum::<u64>(), book.stopped_by_clause().values().sum::<u64>());
    assert_eq!(by(&table(&seen, "By recipient", 2), id), book.stopped_by("destination"));
    let connections = by(&table(&seen, "By connection", 2), |cell| cell.replace("no connection that is known", ""));
    assert_eq!(connections, book.stopped_by("integration"));
    let reasons = table(&seen, "Stopped by reason", 2);
    assert_eq!(sorted(reasons.iter().map(|r| number(&r[1]))), sorted(book.stopped_by("code").into_values()));
    assert_eq!(by(&table(&seen, "Sent, with something left out", 2), clause), book.cut());
    let attempts = table(&seen, "Attempts to reach the Home Office", 3);
    assert_eq!(attempts.iter().map(|r| number(&r[1])).sum::<u64>(), book.attempts());
    let hours = table(&seen, "When in the week", 8);
    let hours: u64 = hours.iter().flat_map(|row| row[1..].to_vec()).map(|n| number(&n)).sum();
    assert_eq!(hours, stopped, "hours of the week");

    let seen = member.page(&format!("/left?month={period}")).await;
    let (sent, allowed) = (book.sent().count(), book.allowed().count());
    assert!(seen.words().contains(&format!("{sent} requests left")), "{}", seen.words());
    let unsent = allowed - sent;
    assert!(unsent == 0 || seen.words().contains(&format!("{unsent} more w")), "{unsent}: {}", seen.words());
    let flows = table(&seen, "Requests that left, ", 3);
    let flows: BTreeMap<_, _> = flows.iter().map(|r| ([id(&r[0]), r[1].clone()], number(&r[2]))).collect();
    assert_eq!(flows, book.flows());
    values_left(&seen, book);
}

fn values_left(seen: &Seen, book: &Book) {
    let mut by_recipient: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for ([to, _, _], n) in book.values() {
        by_recipient.entry(to).or_default().push(n);
    }
    assert!(by_recipient.len() > 1, "{by_recipient:?}");
    for (to, parts) in by_recipient {
        let tables = tables::all(seen);
        let mine =
            |t: &&tables::Table| t.caption.starts_with("Pieces of data that left for") && t.caption.contains(&to);
        let mine = tables.iter().find(mine).unwrap_or_else(|| panic!("{to}"));
        assert_eq!(sorted(mine.rows.iter().map(|r| r[3].clone())), sorted(parts.iter().map(|n| shown(*n))), "{to}");
        assert!(mine.caption.ends_with(&format!(": {}", total(&parts))), "{}: {parts:?}", mine.caption);
    }
    let mut grounds: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for ([_, _, ground], n) in book.grounds() {
        grounds.entry(ground).or_default().push(n);
    }
    let shown_grounds = table(seen, "Pieces of data that left, by ground", 2);
    assert_eq!(sorted(shown_grounds.iter().map(|r| r[1].clone())), sorted(grounds.values().map(|p| total(p))));
    let mut held: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for ([group, _], n) in book.held_back() {
        held.entry(group).or_default().push(n);
    }
    let shown_held = table(seen, "Pieces of data that did not leave", 2);
    assert_eq!(sorted(shown_held.iter().map(|r| r[1].clone())), sorted(held.values().map(|p| total(p))));
}

/// Stops, emergencies, consent, the record book, and the first page.
async fn registers(member: &mut Member, month: &str, book: &Book) {
    let stops = book.stops();
    let seen = member.page("/stops").await;
    let in_force = table(&seen, "1 stop in force", 5);
    let lifted = table(&seen, "The last stops that were lifted", 5);
    let shown_stops = in_force.iter().map(|r| number(&r[3])).chain(lifted.iter().map(|r| number(&r[4])));
    assert_eq!(sorted(shown_stops), sorted(stops.values().copied()));
    for (stop, n) in &stops {
        let words = member.page(&format!("/stops/{stop}")).await.words();
        let were = if *n == 1 { "request was" } else { "requests were" };
        assert!(words.contains(&format!("{n} {were} stopped.")), "{n}: {words}");
    }

    let seen = member.page("/emergencies").await;
    let given = book.of("safeguarding").count();
    assert!(seen.words().contains(&format!("{given} wait for a review.")), "{}", seen.words());
    for (index, _) in book.entries.iter().enumerate().filter(|(_, leaf)| leaf["type"] == "safeguarding") {
        assert!(seen.words().contains(&format!("Record book entry {index} ")), "{index}: {}", seen.words());
    }
    assert_eq!(seen.text.matches("by the connection westbridge-safeguarding").count(), book.by_emergency());

    let seen = member.page(&format!("/consent?month={month}")).await;
    let number = |leaf: &Value, name: &str| leaf["extra"][name].as_str().map_or(0, |n| n.parse::<u64>().unwrap());
    let items = |of: &dyn Fn(&Value) -> u64| total(&book.parts("consent.issued", of));
    let ended = book.parts("consent.ended", |leaf| u64::from(leaf["extra"]["because"].is_null()));
    for (shown, what) in [
        (items(&|leaf| number(leaf, "asked")), "items asked for"),
        (items(&|leaf| number(leaf, "asked") - number(leaf, "declined")), "items agreed to"),
        (items(&|leaf| number(leaf, "declined")), "items declined"),
        (total(&ended), "times somebody ended consent"),
    ] {
        assert!(seen.words().contains(&format!("{shown} {what}")), "{shown} {what}: {}", seen.words());
    }

    let today = member.page("/").await.words();
    let (stopped, sent) = (book.refused().count(), book.sent().count());
    for part in
        [format!("{stopped} stopped by the gateway."), format!("{sent} left."), "1 stop in force now".to_owned()]
    {
        assert!(today.contains(&part), "{part}: {today}");
    }
    let api: Value = serde_json::from_str(&member.page("/api/v1/record-book").await.text).unwrap();
    assert_eq!(
        json!([api["size"], api["attempts"], api["starts"]]),
        json!([book.entries.len(), book.attempts(), book.of("boot").count()])
    );
}

/// Every page that a member may look at, with every report and export.
async fn every_page(member: &mut Member, month: &str, decision: &str, stops: &[String]) {
    let report: Value =
        serde_json::from_str(&member.page(&format!("/reports/{month}/report.json")).await.text).unwrap();
    let policy = report["policy"].as_str().unwrap();
    let mut paths: Vec<String> = Vec::new();
    for route in routes::all().iter().filter(|r| r.method == "GET") {
        let may = match route.who {
            Who::Anybody => true,
            Who::Signed(roles) | Who::Token(roles) => roles.iter().any(|r| r.as_str() == "panel"),
        };
        match route.path {
            _ if !may => {}
            path if !path.contains('{') => paths.push(path.to_owned()),
            "/stops/{id}" => paths.extend(stops.iter().map(|stop| format!("/stops/{stop}"))),
            "/stopped/{clause}" => paths.extend(Clause::ALL.iter().map(|c| format!("/stopped/{c}"))),
            path if path.starts_with("/recipients/{") => {
                let one = path.replace("{organisation}", "riverside-council").replace("{system}", "housing-referrals");
                paths.push(one);
            }
            "/reports/{period}/{file}" => {
                for file in ["report.json", "report.csv", "public.json", "public.csv"] {
                    paths.push(format!("/reports/{month}/{file}"));
                    paths.push(format!("/reports/{month}/{file}.minisig"));
                }
            }
            // Nobody wrote any: there is no such page.
            "/concerns/{id}" | "/breaches/{id}" | "/demands/{id}" => {}
            path => paths.push(path.replace("{period}", month).replace("{hash}", policy)),
        }
    }
    assert!(paths.len() > 40, "{paths:?}");
    for path in paths {
        let seen = member.browser.get(&path).await;
        // Somebody who is signed in is led on from the door.
        let led = matches!(path.as_str(), "/setup");
        assert!(seen.status == 200 || led, "{path}: {} {}", seen.status, seen.words());
        none_of(MARKERS, &path, format!("{:?}{}", seen.headers, seen.text).as_bytes());
    }
    let seen = member.browser.fill("/decision", "/decision", &[("decision", decision), ("number", decision)]).await;
    none_of(MARKERS, "/decision", seen.text.as_bytes());
}

/// The stores, and everything the process logged in its life.
fn kept_and_logged(beside: Beside, code: &str) {
    let compact = code.replace(' ', "");
    let secrets = [PASSPHRASE, code, &compact];
    let home = beside.home;
    let files = |when: &str| {
        for file in std::fs::read_dir(home.directory.path()).unwrap().map(Result::unwrap) {
            let name = file.file_name().into_string().unwrap();
            if file.file_type().unwrap().is_file() && name != "roots.pem" {
                let bytes = std::fs::read(file.path()).unwrap();
                none_of(MARKERS, &format!("{name} {when}"), &bytes);
                none_of(&secrets, &format!("{name} {when}"), &bytes);
            }
        }
    };
    assert!(home.directory.path().join("panel.db-wal").exists());
    files("while it runs");
    beside.process.signal(Signal::TERM);
    let (exit, log) = beside.process.ended();
    assert_eq!(exit, Some(0), "{log}");
    assert!(log.matches("havengate::decision").count() > 60, "the decisions are logged");
    none_of(MARKERS, "the log", log.as_bytes());
    none_of(&secrets, "the log", log.as_bytes());
    files("when it has ended");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gateway_whose_panel_fails_decides_as_before_and_the_pages_say_so() {
    let beside = Beside::start().await;
    let mut member = beside.member().await;
    let mut traffic = Traffic::new(&beside, 7);
    let other = rusqlite::Connection::open(beside.store()).unwrap();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    decides(&beside, &mut traffic).await;
    // Reading needs no lock: what was counted is shown, with how much is not.
    let seen = member.page("/").await;
    assert!(seen.words().contains("are still being counted"), "{}", seen.words());
    other.execute_batch("ROLLBACK").unwrap();
    let tables = ["figures_decisions", "figures_decisions_months", "figures_attempts", "stops", "followed"];
    for table in tables {
        other.execute_batch(&format!("DROP TABLE {table}")).unwrap();
    }
    decides(&beside, &mut traffic).await;
    for page in ["/", "/stopped", "/left", "/stops", "/reports/2026"] {
        let seen = member.browser.get(page).await;
        assert_eq!(seen.status, 500, "{page}: {}", seen.words());
        assert!(seen.words().contains("Something failed on our side"), "{page}: {}", seen.words());
        none_of(MARKERS, page, seen.text.as_bytes());
    }
    // Whoever cannot stop it on the page is told of the command, which does, and a stop that stands holds.
    other.execute_batch("DROP TABLE stop_codes").unwrap();
    let seen = member.browser.get("/stop").await;
    assert_eq!(seen.status, 500);
    assert!(seen.words().contains("havengate stop place"), "{}", seen.words());
    beside.home.stop(havengate::consent::view::StopScope::Everything).await;
    traffic.need().await;
    assert_eq!(traffic.came_to(), "stopped");
    beside.process.signal(Signal::TERM);
    let (exit, log) = beside.process.ended();
    assert_eq!(exit, Some(0));
    assert!(log.contains("a page of the panel failed"), "{log}");
    none_of(MARKERS, "the log", log.as_bytes());
}

/// It lets go what may go, and nothing else.
async fn decides(beside: &Beside, traffic: &mut Traffic<'_>) {
    traffic.need().await;
    assert_eq!(traffic.came_to(), "sent");
    assert_eq!(beside.around.arrived().len(), 1);
    for (target, code) in
        [("/linked/needs", "destination-linked"), ("/riverside/referrals/CLIENTREF-77431", "consent-missing")]
    {
        traffic.post(target, r#"{"firstName":"Zorblina","beds":1}"#).await;
        assert_eq!(traffic.came_to(), code);
    }
    assert!(beside.around.arrived().is_empty(), "something left although it was refused");
}

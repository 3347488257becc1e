//! *What left*: groups of data by recipient, form and ground; and drift.

use super::{
    asked::{Around, Asked},
    stopped::steps,
};
use crate::{
    flow::Group,
    panel::{
        Panel,
        access::Visitor,
        alarms::behind,
        charts::{Chart, Point, bars, lines},
        figures::{
            Period, Shown, Small,
            drift::{Drift, drift},
            left::{self, Ground, People, Requests},
            small::FEW_CLIENTS,
        },
        page::{self, Shell},
        words::{self, many},
        wrong::Wrong,
    },
    policy::Policy,
};
use askama::Template;
use axum::{extract::State, response::Response};
use jiff::civil::Date;
use rusqlite::Connection;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

#[derive(Template)]
#[template(config = "src/panel/askama.toml", path = "left.html")]
struct Left {
    shell: Shell,
    around: Around,
    yes_or_no: bool,
    requests: Requests,
    before: u64,
    over_time: Chart,
    flows: Vec<(String, String, u64)>,
    recipients: Vec<Recipient>,
    grounds: Chart,
    held_back: Vec<(&'static str, Shown)>,
    drift: Drifted,
}

/// What one recipient got.
#[derive(Debug, Clone)]
struct Recipient {
    name: String,
    rows: Vec<Row>,
    total: Shown,
}

#[derive(Debug, Clone)]
struct Row {
    group: &'static str,
    form: &'static str,
    count: Shown,
    grounds: String,
}

/// Drift in words.
#[derive(Debug, Clone)]
struct Drifted {
    quiet: bool,
    said: Vec<String>,
    unused: Vec<String>,
}

struct Found {
    requests: Requests,
    before: u64,
    daily: BTreeMap<Date, u64>,
    flows: Vec<(String, String, u64)>,
    people: People,
    grounds: BTreeMap<(String, Group, Ground), Shown>,
    drift: Drift,
}

pub(super) async fn left(State(panel): State<Arc<Panel>>, visitor: Visitor, asked: Asked) -> Result<Response, Wrong> {
    let small = Small::of(panel.config().clients);
    let period = small.period(asked.month(&panel)?);
    let policy = panel.policy();
    let rules = Arc::clone(&policy);
    let found = panel.store().read(move |db| find(db, &period, small, &rules)).await?;
    let flows = found.flows.iter().map(|(c, r, n)| (words::connection(c), words::recipient(&policy, r), *n)).collect();
    page::html(&Left {
        shell: Shell::of(&panel, &visitor, format!("What left in {period}"), "/left"),
        around: Around::of(&panel, period).behind(behind(&panel).await?),
        yes_or_no: small.is_yes_or_no(),
        requests: found.requests,
        before: found.before,
        over_time: over_time(&period, &found),
        flows,
        recipients: recipients(&policy, small, &found),
        grounds: grounds(small, &found.grounds),
        held_back: held_back(small, &found.people),
        drift: said(&policy, &period, &found.drift),
    })
}

fn find(db: &Connection, period: &Period, small: Small, policy: &Policy) -> Result<Found, rusqlite::Error> {
    Ok(Found {
        requests: left::requests(db, period)?,
        before: left::requests(db, &period.before())?.left(),
        daily: left::daily(db, period)?,
        flows: left::flows(db, period)?,
        people: left::people(db, period, small)?,
        grounds: left::on_ground(db, period, small)?,
        drift: drift(db, period, small, policy)?,
    })
}

fn over_time(period: &Period, found: &Found) -> Chart {
    let of = |days: &BTreeSet<Date>| days.iter().filter_map(|day| found.daily.get(day)).sum();
    let points = steps(period).into_iter().map(|(label, days)| Point { label, counts: vec![of(&days)] });
    let points: Vec<_> = points.collect();
    let desc = format!("{} in {period}.", many(found.requests.left(), "request", "requests"));
    bars("time", (&format!("Requests that left, {period}"), &desc), &["Left".to_owned()], &points)
}

/// What each recipient got, by group and form: the finest figures of people that are shown. Every total is made of
/// them.
fn recipients(policy: &Policy, small: Small, found: &Found) -> Vec<Recipient> {
    let mut by: BTreeMap<&String, Vec<Row>> = BTreeMap::new();
    for ((recipient, group, act), shown) in &found.people.given {
        by.entry(recipient).or_default().push(Row {
            group: words::group(*group),
            form: words::act(*act),
            count: *shown,
            grounds: on_what_ground(&found.grounds, recipient, *group),
        });
    }
    by.into_iter()
        .map(|(recipient, rows)| {
            let total = small.total(rows.iter().map(|row| row.count));
            Recipient { name: words::recipient(policy, recipient), rows, total }
        })
        .collect()
}

fn on_what_ground(grounds: &BTreeMap<(String, Group, Ground), Shown>, recipient: &str, group: Group) -> String {
    let found = grounds.keys().filter(|(r, g, _)| r == recipient && *g == group).map(|(_, _, ground)| ground.label());
    found.collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>().join("; ")
}

fn grounds(small: Small, grounds: &BTreeMap<(String, Group, Ground), Shown>) -> Chart {
    let mut by: BTreeMap<Ground, Vec<Shown>> = BTreeMap::new();
    for ((_, _, ground), shown) in grounds {
        by.entry(*ground).or_default().push(*shown);
    }
    let rows = by.into_iter().map(|(ground, parts)| {
        let total = small.total(parts);
        (ground.label().to_owned(), total.least(), total.to_string())
    });
    let rows: Vec<_> = rows.collect();
    let desc = match rows.as_slice() {
        [] => "Nothing left.".to_owned(),
        rows => rows.iter().map(|(name, _, n)| format!("{name}: {n}")).collect::<Vec<_>>().join("; "),
    };
    lines("grounds", ("Pieces of data that left, by ground", &desc), ("Ground", "Pieces of data"), &rows)
}

/// What was held back of requests that were sent, and of those that were stopped.
fn held_back(small: Small, people: &People) -> Vec<(&'static str, Shown)> {
    let mut by: BTreeMap<Group, Vec<Shown>> = BTreeMap::new();
    for ((_, group), shown) in &people.held_back {
        by.entry(*group).or_default().push(*shown);
    }
    by.into_iter().map(|(group, parts)| (words::group(group), small.total(parts))).collect()
}

fn said(policy: &Policy, period: &Period, drift: &Drift) -> Drifted {
    let (name, before) = (|id: &String| words::recipient(policy, id), period.before());
    let mut said = Vec::new();
    for (connection, n) in &drift.other_policy {
        said.push(format!(
            "Alarm: by {connection}, {} left under rules that were not the active ones.",
            many(*n, "request", "requests")
        ));
    }
    said.extend(drift.recipients.iter().map(|id| format!("New: {} got data, and got none in {before}.", name(id))));
    for (id, group) in &drift.groups {
        said.push(format!("New: {} got {}, and did not in {before}.", name(id), words::group(*group)));
    }
    for (id, group, then, now) in &drift.more {
        said.push(format!("Much more: {} got {}: {now}, after {then} in {before}.", name(id), words::group(*group)));
    }
    for (connection, group, n) in &drift.withheld {
        said.push(format!(
            "Again and again: {connection} tries to send {}, which may not leave: {n} held back. Ask why its form asks \
             for it.",
            words::group(*group)
        ));
    }
    let unused = drift.unused.iter().map(|(connection, operation)| format!("{connection}, {operation}")).collect();
    Drifted { quiet: drift.is_quiet(), said, unused }
}

/// For the words on the page.
const fn few_clients() -> usize {
    FEW_CLIENTS
}

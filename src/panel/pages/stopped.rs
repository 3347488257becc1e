//! *Stopped*: over time by clause, recipient and connection, and when in the week.

use super::asked::{Around, Asked};
use crate::panel::{
    Panel,
    access::Visitor,
    alarms::behind,
    charts::{Chart, Point, bars, heat, lines},
    figures::{
        Period,
        events::{self, Attempts},
        stopped::{self, By, Hours, Which},
    },
    page::{self, Shell},
    words::{self, many},
    wrong::Wrong,
};
use crate::policy::Policy;
use askama::Template;
use axum::{extract::State, response::Response};
use jiff::civil::Date;
use rusqlite::Connection;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// Kinds that a picture tells apart; the rest is drawn together.
const SERIES: usize = 3;

#[derive(Template)]
#[template(config = "src/panel/askama.toml", path = "stopped.html")]
struct Stopped {
    shell: Shell,
    around: Around,
    total: u64,
    before: u64,
    over_time: Chart,
    clauses: Vec<Row>,
    pairs: Vec<Row>,
    recipients: Chart,
    connections: Chart,
    codes: Vec<(String, u64)>,
    left_out: Vec<(String, u64)>,
    attempts: Vec<(String, u64, String)>,
    when: Chart,
    hours_unknown: u64,
}

/// A row with a way down.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub to: String,
    pub name: String,
    pub more: String,
    pub count: u64,
}

struct Found {
    total: u64,
    before: u64,
    daily: BTreeMap<Date, BTreeMap<String, u64>>,
    clauses: Vec<(String, u64)>,
    pairs: Vec<(String, String, u64)>,
    recipients: Vec<(String, u64)>,
    connections: Vec<(String, u64)>,
    codes: Vec<(String, u64)>,
    left_out: Vec<(String, u64)>,
    attempts: Vec<Attempts>,
    hours: Hours,
}

pub(super) async fn stopped(
    State(panel): State<Arc<Panel>>,
    visitor: Visitor,
    asked: Asked,
) -> Result<Response, Wrong> {
    let period = asked.month(&panel)?;
    let found = panel.store().read(move |db| find(db, &period)).await?;
    let policy = panel.policy();
    let clause = |(name, count): &(String, u64)| (words::clause(&policy, name), *count);
    let named = |list: &[(String, u64)], name: fn(&Policy, &str) -> String| {
        list.iter().map(|(id, n)| (name(&policy, id), *n, n.to_string())).collect::<Vec<_>>()
    };
    let recipients = named(&found.recipients, words::recipient);
    let connections = named(&found.connections, |_, id| words::connection(id));
    page::html(&Stopped {
        shell: Shell::of(&panel, &visitor, format!("Stopped in {period}"), "/stopped"),
        around: Around::of(&panel, period).behind(behind(&panel).await?),
        total: found.total,
        before: found.before,
        over_time: over_time(&policy, &period, &found),
        clauses: found.clauses.iter().map(|one| clause_row(&policy, &period, one)).collect(),
        pairs: found.pairs.iter().map(|one| pair_row(&policy, &period, one)).collect(),
        recipients: lines("recipients", ("By recipient", &most(&recipients)), ("Recipient", "Stopped"), &recipients),
        connections: lines(
            "connections",
            ("By connection", &most(&connections)),
            ("Connection", "Stopped"),
            &connections,
        ),
        codes: found.codes.iter().map(|(code, n)| (words::code(code).to_owned(), *n)).collect(),
        left_out: found.left_out.iter().map(clause).collect(),
        attempts: found.attempts.iter().map(|a| attempt(&policy, a)).collect(),
        when: when(&period, &found.hours),
        hours_unknown: found.hours.unknown,
    })
}

fn find(db: &Connection, period: &Period) -> Result<Found, rusqlite::Error> {
    let all = Which::default();
    Ok(Found {
        total: stopped::total(db, period, &all)?,
        before: stopped::total(db, &period.before(), &all)?,
        daily: stopped::daily(db, period, By::Clause, &all)?,
        clauses: stopped::by(db, period, By::Clause, &all)?,
        pairs: stopped::clauses_and_recipients(db, period)?,
        recipients: stopped::by(db, period, By::Recipient, &all)?,
        connections: stopped::by(db, period, By::Connection, &all)?,
        codes: stopped::by(db, period, By::Code, &all)?,
        left_out: stopped::left_out(db, period)?,
        attempts: events::attempts(db, period)?,
        hours: stopped::hours(db, period)?,
    })
}

/// Days of a month, months of a year; the clauses that stopped most, told apart.
fn over_time(policy: &Policy, period: &Period, found: &Found) -> Chart {
    let named: Vec<&String> = found.clauses.iter().map(|(clause, _)| clause).take(SERIES).collect();
    let mut series: Vec<_> = named.iter().map(|clause| words::clause(policy, clause)).collect();
    if found.clauses.len() > SERIES {
        series.push("All others".to_owned());
    }
    if series.is_empty() {
        series.push("Stopped".to_owned());
    }
    let empty = BTreeMap::new();
    let points = steps(period).into_iter().map(|(label, days)| {
        let mut counts = vec![0; series.len()];
        for (clause, n) in days.iter().flat_map(|day| found.daily.get(day).unwrap_or(&empty)) {
            let at = named.iter().position(|name| *name == clause).unwrap_or(SERIES);
            if let Some(count) = counts.get_mut(at) {
                *count += n;
            }
        }
        Point { label, counts }
    });
    let points: Vec<_> = points.collect();
    let busiest =
        points.iter().max_by_key(|p| p.counts.iter().sum::<u64>()).filter(|p| p.counts.iter().any(|n| *n > 0));
    let desc = busiest.map_or_else(|| "Nothing was stopped.".to_owned(), |p| format!("The most on {}.", p.label));
    bars("time", (&format!("Stopped in {period}, by clause"), &desc), &series, &points)
}

/// The steps of a picture over time: days, or the months of a year.
pub(super) fn steps(period: &Period) -> Vec<(String, BTreeSet<Date>)> {
    let long = (period.to() - period.from()).get_days() > 100;
    let mut found: Vec<(String, BTreeSet<Date>)> = Vec::new();
    for day in period.days() {
        let label = day.strftime(if long { "%b %Y" } else { "%-d %b" }).to_string();
        match found.last_mut() {
            Some((known, days)) if *known == label => _ = days.insert(day),
            _ => found.push((label, [day].into())),
        }
    }
    found
}

fn clause_row(policy: &Policy, period: &Period, (clause, count): &(String, u64)) -> Row {
    let more = words::text(policy, clause).map(|text| text.summary.clone()).unwrap_or_default();
    Row { to: down(clause, period, None), name: words::clause(policy, clause), more, count: *count }
}

fn pair_row(policy: &Policy, period: &Period, (clause, recipient, count): &(String, String, u64)) -> Row {
    let to = down(clause, period, Some(recipient));
    Row { to, name: words::clause(policy, clause), more: words::recipient(policy, recipient), count: *count }
}

/// In an address: no recipient that was known. Ids of recipients have a stroke in them.
pub(super) const NOBODY: &str = "not-known";

/// The address of a clause's own page; empty where there is no clause.
pub(super) fn down(clause: &str, period: &Period, recipient: Option<&String>) -> String {
    if clause.is_empty() {
        return String::new();
    }
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("month", &period.key());
    if let Some(recipient) = recipient {
        query.append_pair("recipient", if recipient.is_empty() { NOBODY } else { recipient });
    }
    format!("/stopped/{clause}?{}", query.finish())
}

/// The first of a list in words.
pub(super) fn most(list: &[(String, u64, String)]) -> String {
    list.first().map_or_else(|| "Nothing was stopped.".to_owned(), |(name, _, n)| format!("The most: {name}, {n}."))
}

fn attempt(policy: &Policy, attempt: &Attempts) -> (String, u64, String) {
    let from = words::connection(&attempt.connection);
    let what = match attempt.code.is_empty() {
        true => "an address inside a message, which was left out",
        false => words::code(&attempt.code),
    };
    (
        format!("{}, by {from}: {what}", words::recipient(policy, &attempt.recipient)),
        attempt.count,
        attempt.last.clone(),
    )
}

fn when(period: &Period, hours: &Hours) -> Chart {
    let top = hours.counts.iter().max_by_key(|(at, n)| (**n, std::cmp::Reverse(**at)));
    let desc = match top {
        None => "Nothing was stopped.".to_owned(),
        Some(((weekday, hour), n)) => {
            let days = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
            let day = days.get(usize::from(*weekday)).unwrap_or(&"");
            format!("Most often on {day}s between {hour}:00 and {hour}:59: {}.", many(*n, "time", "times"))
        }
    };
    let title = format!("When in the week requests were stopped, {period}");
    heat("week", (&title, &desc), |weekday, hour| hours.at(weekday, hour))
}

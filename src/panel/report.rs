//! Reports: one period's figures as an agenda pack to print, as a table and as JSON, each signed.
//!
//! Everything in it comes from the figures, which anybody with an export of the record book can add up again. The public
//! one, for commissioners and members, says less: no connection, no recipient beside a group of data, no ground.

pub mod csv;
pub mod file;
pub(super) mod issued;
mod pages;
pub mod sign;

pub(super) use pages::{make, routes};

use super::figures::{
    self, Period, Shown, Small, events,
    left::{self, Ground},
    stopped::{self, By, Which},
};
use crate::{
    flow::{Clause, Group},
    ledger::leaf::Kind,
    policy::{Policy, organisations::due},
};
use jiff::{ToSpan as _, civil::Date};
use rusqlite::Connection;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// How far ahead something that runs out is named, days.
const AHEAD: i32 = 60;

/// A period in figures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Report {
    /// The organisation's name.
    pub organisation: String,
    /// `2026-11`, `2026-Q4` or `2026`.
    pub period: String,
    /// The first day, UTC.
    #[schema(value_type = String, format = Date)]
    pub from: Date,
    /// The last day, UTC.
    #[schema(value_type = String, format = Date)]
    pub to: Date,
    /// For anybody outside: it says less.
    pub public: bool,
    /// Entries of the record book that are counted: the first so many.
    pub entries: u64,
    /// The active set of rules, SHA-256 in hexadecimal.
    pub policy: String,
    /// Whether the period is over. Before that, figures still grow.
    pub over: bool,
    /// Requests that left, or may have.
    pub left: u64,
    /// Requests that were stopped.
    pub stopped: u64,
    /// Times that a clause left something out of a request that was let through: one with two clauses counts twice.
    pub cut: u64,
    /// Attempts to reach the Home Office or a recipient from which a path leads there.
    pub attempts: u64,
    /// A year month by month, as far as it has come; empty in a report of anything shorter.
    pub by_month: Vec<ByMonth>,
    /// Stopped requests by clause of the charter. One can fall under several, so these do not add up to `stopped`.
    pub by_clause: Vec<ByClause>,
    /// Stopped requests by recipient; empty in a public report.
    pub by_recipient: Vec<Count>,
    /// Stopped requests by connection; empty in a public report.
    pub by_connection: Vec<Count>,
    /// Values that left, by recipient and group; in a public report by group alone.
    pub values: Vec<Value>,
    /// Other events: stops, emergencies, consents, rules, the machine.
    pub events: Vec<Count>,
    /// What runs out soon or is over; empty in a public report.
    pub due: Vec<String>,
}

/// A count. Of events it is shown as it is; of what people said yes or no to, as figures about people are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Count {
    /// An id or a closed word.
    pub id: String,
    /// For people.
    pub name: String,
    /// How many, or the least that it stands for.
    pub count: u64,
    /// As it is shown.
    pub shown: String,
}

/// One month of a year.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ByMonth {
    /// `2026-11`.
    pub month: String,
    /// Requests that left, or may have.
    pub left: u64,
    /// Requests that were stopped.
    pub stopped: u64,
    /// Attempts to reach the Home Office or a recipient from which a path leads there.
    pub attempts: u64,
}

/// Stopped requests under one clause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ByClause {
    /// The clause, or empty where none decided, as with a broken form.
    pub clause: String,
    /// Its short title.
    pub title: String,
    /// How many.
    pub count: u64,
}

/// People's values that left: *none*, *fewer than 10*, or *so many or more*, rounded down to tens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Value {
    /// The recipient's id; empty in a public report.
    pub recipient: String,
    /// The recipient's name; empty in a public report.
    pub name: String,
    /// The group of data.
    pub group: String,
    /// On what ground; empty in a public report.
    pub ground: String,
    /// As it is shown.
    pub shown: String,
    /// The least that it stands for.
    pub at_least: u64,
}

/// What a report is made for.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// Which days.
    pub period: Period,
    /// For anybody outside.
    pub public: bool,
    /// The organisation's name.
    pub organisation: &'a str,
    /// The rule for small numbers.
    pub small: Small,
    /// Today in London.
    pub today: Date,
}

impl Report {
    /// Makes it from the figures.
    ///
    /// # Errors
    /// When the store fails.
    pub fn make(db: &Connection, policy: &Policy, asked: &Asked<'_>) -> Result<Self, rusqlite::Error> {
        let (period, public) = (asked.period, asked.public);
        let everything = Which::default();
        let named = |by| -> Result<Vec<Count>, rusqlite::Error> {
            let found = if public { Vec::new() } else { stopped::by(db, &period, by, &everything)? };
            Ok(found
                .into_iter()
                .map(|(id, count)| Count { name: name(policy, &id), id, count, shown: count.to_string() })
                .collect())
        };
        let by_clause = stopped::by(db, &period, By::Clause, &everything)?.into_iter();
        Ok(Self {
            organisation: asked.organisation.to_owned(),
            period: period.key(),
            from: period.from(),
            to: period.to(),
            public,
            entries: figures::state(db)?.entries,
            policy: policy.hash.to_string(),
            over: period.to() < asked.today,
            left: left::requests(db, &period)?.left(),
            stopped: stopped::total(db, &period, &everything)?,
            cut: stopped::left_out(db, &period)?.iter().map(|(_, n)| n).sum(),
            attempts: attempts(db, &period)?,
            by_month: months(db, asked)?,
            by_clause: by_clause
                .map(|(clause, count)| ByClause { title: title(policy, &clause), clause, count })
                .collect(),
            by_recipient: named(By::Recipient)?,
            by_connection: named(By::Connection)?,
            values: values(db, policy, asked)?,
            events: counted(db, asked)?,
            due: if public { Vec::new() } else { running_out(policy, asked.today) },
        })
    }
}

fn attempts(db: &Connection, period: &Period) -> Result<u64, rusqlite::Error> {
    Ok(events::attempts(db, period)?.iter().map(|a| a.count).sum())
}

/// Each month of a year that has begun.
fn months(db: &Connection, asked: &Asked<'_>) -> Result<Vec<ByMonth>, rusqlite::Error> {
    let everything = Which::default();
    let month = |month: Period| {
        Ok(ByMonth {
            month: month.key(),
            left: left::requests(db, &month)?.left(),
            stopped: stopped::total(db, &month, &everything)?,
            attempts: attempts(db, &month)?,
        })
    };
    // A UTC month can be ahead of London's.
    let begun = asked.today.saturating_add(1.day());
    asked.period.months().into_iter().filter(|m| m.from() <= begun).map(month).collect()
}

/// A recipient's name; anything else as it is.
fn name(policy: &Policy, id: &str) -> String {
    let system = id.parse().ok().and_then(|id| policy.registry.system(&id).map(|s| s.name.clone()));
    system.unwrap_or_else(|| if id.is_empty() { "not known".to_owned() } else { id.to_owned() })
}

fn title(policy: &Policy, clause: &str) -> String {
    let text = clause.parse::<Clause>().ok().and_then(|c| policy.clauses.get(&c));
    text.map_or_else(|| "No clause: a broken form, or a connection that failed".to_owned(), |t| t.title.clone())
}

/// Values that left. In a public report the total of a group is made from what is shown of its parts.
fn values(db: &Connection, policy: &Policy, asked: &Asked<'_>) -> Result<Vec<Value>, rusqlite::Error> {
    let shown_for = asked.small.period(asked.period);
    let found = left::on_ground(db, &shown_for, asked.small)?.into_iter();
    if asked.public {
        let mut groups: BTreeMap<Group, Vec<Shown>> = BTreeMap::new();
        for ((_, group, _), shown) in found.filter(|((_, _, ground), _)| *ground != Ground::Operational) {
            groups.entry(group).or_default().push(shown);
        }
        let total = |(group, parts): (Group, Vec<Shown>)| {
            Value::of(String::new(), String::new(), group, String::new(), asked.small.total(parts))
        };
        return Ok(groups.into_iter().map(total).collect());
    }
    let value = |((recipient, group, ground), shown): ((String, Group, Ground), Shown)| {
        Value::of(name(policy, &recipient), recipient, group, ground.to_string(), shown)
    };
    Ok(found.map(value).collect())
}

impl Value {
    fn of(name: String, recipient: String, group: Group, ground: String, shown: Shown) -> Self {
        Self { recipient, name, group: group.to_string(), ground, shown: shown.to_string(), at_least: shown.least() }
    }
}

/// Kinds of entries that a report counts, with what pages call them.
const EVENTS: &[(Kind, &str)] = &[
    (Kind::StopPlaced, "Stops placed"),
    (Kind::StopLifted, "Stops lifted by the panel"),
    (Kind::Safeguarding, "Emergency disclosures allowed for"),
    (Kind::SafeguardingReviewed, "Emergency disclosures reviewed"),
    (Kind::ConsentIssued, "Consents recorded"),
    (Kind::ConsentDeclined, "Times that somebody said no to everything"),
    (Kind::ConsentEnded, "Consents ended"),
    (Kind::BreachReported, "Breaches reported"),
    (Kind::DemandRecorded, "Demands for data recorded"),
    (Kind::ConcernReceived, "Concerns received"),
    (Kind::RecipientClosed, "Recipients closed"),
    (Kind::PolicyActivated, "Sets of rules made active"),
    (Kind::PolicyRejected, "Sets of rules refused"),
    (Kind::Boot, "Starts of the gateway"),
    (Kind::ClockAnomaly, "Times that the clock went back"),
];

/// What a person agreed to or took back is theirs: counted as figures about people are, as the page *Consent* does.
const OF_PEOPLE: &[Kind] = &[Kind::ConsentIssued, Kind::ConsentDeclined, Kind::ConsentEnded];

fn counted(db: &Connection, asked: &Asked<'_>) -> Result<Vec<Count>, rusqlite::Error> {
    let one = |(kind, name): &(Kind, &str)| {
        let emergency = matches!(kind, Kind::Safeguarding | Kind::SafeguardingReviewed);
        let people = OF_PEOPLE.contains(kind) || (asked.public && emergency);
        let (count, shown) = if people {
            let shown = of_people(db, *kind, asked)?;
            (shown.least(), shown.to_string())
        } else {
            let n = events::count(db, *kind, &asked.period)?;
            (n, n.to_string())
        };
        Ok(Count { id: kind.to_string(), name: (*name).to_owned(), count, shown })
    };
    EVENTS.iter().map(one).collect()
}

/// How many events of a kind that counts as people: made of what the page *Consent* shows of each recipient and
/// connection, month by month.
fn of_people(db: &Connection, kind: Kind, asked: &Asked<'_>) -> Result<Shown, rusqlite::Error> {
    let cells = |month: &Period| {
        let found = events::told_apart(db, kind.as_str(), month)?.into_iter();
        Ok::<BTreeMap<_, _>, rusqlite::Error>(found.map(|(by, to, word, n)| ((by, to, word), n)).collect())
    };
    let shown = asked.small.over(&asked.small.period(asked.period), cells)?;
    Ok(asked.small.total(shown.into_values()))
}

fn running_out(policy: &Policy, today: Date) -> Vec<String> {
    let soon = due::due(policy).into_iter().filter(|d| d.days(today) <= AHEAD);
    soon.map(|d| format!("{}: {}. {}", d.summary(), d.left(today), d.description())).collect()
}

/// As JSON, for machines and for signing.
///
/// # Errors
/// When it cannot be written, which does not happen.
pub fn json(report: &Report) -> Result<String, serde_json::Error> {
    serde_json::to_string_pretty(report).map(|text| text + "\n")
}

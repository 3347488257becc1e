//! Reports: one period's figures as an agenda pack to print, as a table and as JSON, each signed.
//!
//! Everything in it comes from the figures, which anybody with an export of the record book can add up again. The public
//! one, for commissioners and members, says less: no connection, no recipient beside a group of data, no ground.

pub mod csv;
pub mod file;
pub mod issued;
mod pages;
pub mod sign;

pub(super) use pages::{make, routes};

use super::{
    cited::Cited,
    figures::{
        self, Period, Shown, Small, events,
        left::{self, Ground},
        stopped::{self, By, Which},
    },
    words,
};
use crate::{
    flow::{Clause, Group},
    ledger::leaf::Kind,
    policy::{Policy, difference, organisations::due},
    verdict::destination::day_in_london,
};
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use rusqlite::Connection;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
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
    /// What figures of people are of: the same, or the quarter it is in where the organisation works with few people.
    pub people_period: String,
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
    pub values: Vec<Given>,
    /// Other events: stops, emergencies, consents, rules, the machine.
    pub events: Vec<Count>,
    /// What runs out soon or is over; empty in a public report.
    pub due: Vec<String>,
    /// The clauses of the charter that it speaks of, with the words that the organisation adopted.
    pub clauses: Vec<Cited>,
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
    /// Of what: the report's `period`, or its `people_period`.
    pub period: String,
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
pub struct Given {
    /// The recipient's id; empty in a public report.
    pub recipient: String,
    /// The recipient's name; empty in a public report.
    pub name: String,
    /// The group of data.
    pub group: String,
    /// The same in words.
    pub group_name: String,
    /// On what ground; empty in a public report.
    pub ground: String,
    /// The same in words.
    pub ground_name: String,
    /// As it is shown.
    pub shown: String,
    /// The least that it stands for.
    pub at_least: u64,
    /// Of what: the report's `people_period`.
    pub period: String,
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
    /// Now.
    pub now: Timestamp,
}

impl Asked<'_> {
    /// What figures of people are of.
    fn people(&self) -> Period {
        self.small.period(self.period)
    }

    /// The day of entries that are written now. In summer it is behind London's for an hour.
    fn day(&self) -> Date {
        utc(self.now)
    }
}

/// A moment's day as the record book's entries have it.
fn utc(at: Timestamp) -> Date {
    at.to_zoned(TimeZone::UTC).date()
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
                .map(|(id, count)| Count {
                    name: name(policy, &id),
                    id,
                    count,
                    shown: count.to_string(),
                    period: period.key(),
                })
                .collect())
        };
        let by_clause = stopped::by(db, &period, By::Clause, &everything)?;
        let clauses = cited(policy, public, &by_clause);
        Ok(Self {
            organisation: asked.organisation.to_owned(),
            period: period.key(),
            from: period.from(),
            to: period.to(),
            people_period: asked.people().key(),
            public,
            entries: figures::state(db)?.entries,
            policy: policy.hash.to_string(),
            over: period.to() < asked.day(),
            left: left::requests(db, &period)?.left(),
            stopped: stopped::total(db, &period, &everything)?,
            cut: stopped::left_out(db, &period)?.iter().map(|(_, n)| n).sum(),
            attempts: attempts(db, &period)?,
            by_month: months(db, asked)?,
            by_clause: by_clause
                .into_iter()
                .map(|(clause, count)| ByClause { title: title(policy, &clause), clause, count })
                .collect(),
            by_recipient: named(By::Recipient)?,
            by_connection: named(By::Connection)?,
            values: values(db, policy, asked)?,
            events: counted(db, asked)?,
            due: if public { Vec::new() } else { running_out(policy, day_in_london(asked.now)) },
            clauses,
        })
    }

    /// Without what was said in confidence, as long as the figures still grow: whoever asks again and again would know
    /// when a concern came in, and with it perhaps who gave it (TOOLS-1).
    #[must_use]
    pub fn for_others(mut self) -> Self {
        const IN_CONFIDENCE: [Kind; 2] = [Kind::ConcernReceived, Kind::BreachReported];
        if !self.over {
            self.events.retain(|event| IN_CONFIDENCE.iter().all(|kind| kind.as_str() != event.id));
        }
        self
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
    asked.period.months().into_iter().filter(|m| m.from() <= asked.day()).map(month).collect()
}

/// A recipient's name, with the part of it: two systems of one council are not one. Anything else as it is.
fn name(policy: &Policy, id: &str) -> String {
    let known = id.parse().ok().filter(|id| policy.registry.system(id).is_some());
    match known {
        Some(id) => difference::recipient(&policy.registry, &id),
        None if id.is_empty() => "not known".to_owned(),
        None => id.to_owned(),
    }
}

/// Those that stopped something, and in the panel's own report those of its agenda.
fn cited(policy: &Policy, public: bool, by_clause: &[(String, u64)]) -> Vec<Cited> {
    const AGENDA: &[Clause] = &[Clause::Data1, Clause::Data2, Clause::Data4, Clause::Trans2];
    let stopped = by_clause.iter().filter_map(|(clause, _)| clause.parse().ok());
    let mut all: BTreeSet<Clause> = stopped.collect();
    all.extend(if public { &[] } else { AGENDA });
    all.into_iter().map(|clause| Cited::by(policy, clause)).collect()
}

fn title(policy: &Policy, clause: &str) -> String {
    let text = clause.parse::<Clause>().ok().and_then(|c| policy.clauses.get(&c));
    text.map_or_else(|| "No clause: a broken form, or a connection that failed".to_owned(), |t| t.title.clone())
}

/// Values that left. In a public report the total of a group is made from what is shown of its parts.
fn values(db: &Connection, policy: &Policy, asked: &Asked<'_>) -> Result<Vec<Given>, rusqlite::Error> {
    let period = asked.people();
    let found = left::on_ground(db, &period, asked.small)?.into_iter();
    if asked.public {
        let mut groups: BTreeMap<Group, Vec<Shown>> = BTreeMap::new();
        for ((_, group, _), shown) in found.filter(|((_, _, ground), _)| *ground != Ground::Operational) {
            groups.entry(group).or_default().push(shown);
        }
        let total = |(group, parts): (Group, Vec<Shown>)| Given::of_all(&period, group, asked.small.total(parts));
        return Ok(groups.into_iter().map(total).collect());
    }
    Ok(found.map(|(of, shown)| Given::of(policy, &period, of, shown)).collect())
}

impl Given {
    /// For a recipient, of a group, on a ground.
    pub(super) fn of(
        policy: &Policy,
        period: &Period,
        (recipient, group, ground): (String, Group, Ground),
        shown: Shown,
    ) -> Self {
        Self {
            name: name(policy, &recipient),
            recipient,
            ground: ground.to_string(),
            ground_name: ground.label().to_owned(),
            ..Self::of_all(period, group, shown)
        }
    }

    /// Of a group, for whomever and on whatever ground.
    fn of_all(period: &Period, group: Group, shown: Shown) -> Self {
        Self {
            recipient: String::new(),
            name: String::new(),
            group: group.to_string(),
            group_name: words::group(group).to_owned(),
            ground: String::new(),
            ground_name: String::new(),
            shown: shown.to_string(),
            at_least: shown.least(),
            period: period.key(),
        }
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
        let (count, shown, period) = if people {
            let shown = of_people(db, *kind, asked)?;
            (shown.least(), shown.to_string(), asked.people())
        } else {
            let n = events::count(db, *kind, &asked.period)?;
            (n, n.to_string(), asked.period)
        };
        Ok(Count { id: kind.to_string(), name: (*name).to_owned(), count, shown, period: period.key() })
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
    let shown = asked.small.over(&asked.people(), cells)?;
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

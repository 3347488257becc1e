//! *Today*: is anything wrong? Then what was stopped, what left, and a picture of the last thirty days.

use crate::{
    ledger::leaf::Kind,
    panel::{
        Panel,
        access::{Role, Visitor},
        alarms::{self, Alarm},
        charts::{Chart, Point, bars},
        figures::{Period, events, left, stopped},
        page::{self, Shell},
        routes,
        words::{self, many},
        wrong::Wrong,
    },
    policy::{
        Policy,
        organisations::{due, due::Thing, words::day},
    },
};
use askama::Template;
use axum::{extract::State, response::Response};
use jiff::civil::Date;
use rusqlite::Connection;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// Days of the picture.
const DAYS: u16 = 30;

#[derive(Template)]
#[template(config = "src/panel/askama.toml", path = "today.html")]
struct Today {
    shell: Shell,
    alarms: Vec<Alarm>,
    /// Whether breaches and concerns were looked at as well.
    member: bool,
    counts: Counts,
    stops: usize,
    picture: Chart,
    questions: Vec<Question>,
    behind: u64,
    entries: u64,
}

/// What happened in the last thirty days.
#[derive(Debug, Clone, Default)]
struct Counts {
    stopped: u64,
    left: u64,
    attempts: u64,
    emergencies: u64,
    by_day: BTreeMap<Date, (u64, u64)>,
    clauses: Vec<(String, u64)>,
    flows: Vec<(String, String, u64)>,
}

/// A question for a first meeting, its answer here and now, and where to look.
#[derive(Debug, Clone)]
struct Question {
    asked: &'static str,
    answer: String,
    to: Option<(&'static str, &'static str)>,
}

pub(super) async fn today(State(panel): State<Arc<Panel>>, visitor: Visitor) -> Result<Response, Wrong> {
    let today = panel.today();
    let period = Period::days_to(today, DAYS);
    let counts = panel.store().read(move |db| counts(db, &period)).await?;
    let role = visitor.signed_in()?.role;
    let alarms = alarms::all(&panel, role).await?;
    let all = routes::all();
    let known = |path: &str| all.iter().any(|r| r.path == path && r.method == "GET" && r.who.lets(role));
    let alarms = alarms.into_iter().map(|a| Alarm { to: a.to.filter(|to| known(to)), ..a }).collect();
    let stops = panel.ledger().view().stops().count();
    let mut questions = questions(&panel.policy(), &counts, stops, today);
    questions.iter_mut().for_each(|question| question.to = question.to.filter(|(to, _)| known(to)));
    page::html(&Today {
        shell: Shell::of(&panel, &visitor, "Today", "/"),
        picture: picture(&period, &counts),
        alarms,
        member: role == Role::Panel,
        counts,
        stops,
        questions,
        behind: alarms::behind(&panel).await?,
        entries: panel.ledger().head().size,
    })
}

fn counts(db: &Connection, period: &Period) -> Result<Counts, rusqlite::Error> {
    let all = stopped::Which::default();
    let mut by_day: BTreeMap<Date, (u64, u64)> = period.days().map(|day| (day, (0, 0))).collect();
    for (day, codes) in stopped::daily(db, period, stopped::By::Code, &all)? {
        by_day.entry(day).or_default().0 = codes.values().sum();
    }
    for (day, n) in left::daily(db, period)? {
        by_day.entry(day).or_default().1 = n;
    }
    Ok(Counts {
        stopped: stopped::total(db, period, &all)?,
        left: left::requests(db, period)?.left(),
        attempts: events::attempts(db, period)?.iter().map(|a| a.count).sum(),
        emergencies: events::count(db, Kind::Safeguarding, period)?,
        by_day,
        clauses: stopped::by(db, period, stopped::By::Clause, &all)?,
        flows: left::flows(db, period)?,
    })
}

fn picture(period: &Period, counts: &Counts) -> Chart {
    let point = |(day, (stopped, left)): (&Date, &(u64, u64))| Point {
        label: day.strftime("%-d %b").to_string(),
        counts: vec![*stopped, *left],
    };
    let points: Vec<_> = counts.by_day.iter().map(point).collect();
    let desc = format!(
        "{} stopped and {} left by day, from {period}.",
        many(counts.stopped, "request was", "requests were"),
        counts.left
    );
    let series = ["Stopped by the gateway".to_owned(), "Left".to_owned()];
    bars("days", ("Requests in the last 30 days", &desc), &series, &points)
}

/// Five questions for a first meeting, answered with this organisation's own figures.
fn questions(policy: &Policy, counts: &Counts, stops: usize, today: Date) -> Vec<Question> {
    let most = counts.clauses.first().map(|(clause, n)| {
        format!("Most often ({} in 30 days): {}.", many(*n, "time", "times"), words::clause(policy, clause))
    });
    // One recipient can be reached by several connections; who got most comes first.
    let mut named = BTreeSet::new();
    let recipients: Vec<_> = counts.flows.iter().filter(|(_, to, _)| named.insert(to)).collect();
    let recipients = recipients.iter().map(|(_, to, _)| words::recipient(policy, to)).collect();
    let next = due::due(policy).into_iter().filter(|d| d.thing == Thing::Undertaking && !d.connections.is_empty());
    let next: Vec<_> = next.take(3).map(|d| format!("{}, {} ({})", d.name, day(d.on), d.left(today))).collect();
    let or = |list: Vec<String>, none: &str| if list.is_empty() { none.to_owned() } else { list.join("; ") + "." };
    vec![
        Question {
            asked: "Has anything tried to reach the Home Office?",
            answer: match counts.attempts {
                0 => "Not in the last 30 days, as far as the gateway saw.".to_owned(),
                n => format!("{} in the last 30 days. None got through.", many(n, "attempt", "attempts")),
            },
            to: Some(("/stopped", "Stopped")),
        },
        Question {
            asked: "Who is getting data about our clients?",
            answer: or(recipients, "Nobody, through the gateway, in the last 30 days"),
            to: Some(("/left", "What left")),
        },
        Question {
            asked: "Whose promise not to pass data on runs out next?",
            answer: or(next, "No connection rests on such a promise"),
            to: Some(("/recipients", "Recipients")),
        },
        Question {
            asked: "What is stopped most, and is that a rule that works or a form that asks too much?",
            answer: most.unwrap_or_else(|| "Nothing was stopped in the last 30 days.".to_owned()),
            to: Some(("/stopped", "Stopped")),
        },
        Question {
            asked: "Has anybody downed tools, or used the way for emergencies?",
            answer: format!(
                "{} in force. {} in the last 30 days.",
                many(stops as u64, "stop is", "stops are"),
                many(counts.emergencies, "emergency was recorded", "emergencies were recorded")
            ),
            to: Some(("/stops", "Stops")),
        },
    ]
}

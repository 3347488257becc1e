//! One clause: what it stopped, for whom, by which connection; what it says.

use super::{
    asked::{Around, Asked},
    stopped::{NOBODY, Row, down, most, steps},
};
use crate::{
    flow::{Clause, IntegrationId, SystemId},
    panel::{
        Panel,
        access::Visitor,
        alarms::behind,
        charts::{Chart, Point, bars, lines},
        figures::{
            Period,
            stopped::{self, By, Which},
        },
        page::{self, Shell},
        words,
        wrong::Wrong,
    },
    policy::ClauseText,
};
use askama::Template;
use axum::{
    extract::{Path, State},
    response::Response,
};
use jiff::ToSpan as _;
use rusqlite::Connection;
use std::sync::Arc;

#[derive(Template)]
#[template(config = "src/panel/askama.toml", path = "clause.html")]
struct Page {
    shell: Shell,
    around: Around,
    text: Option<ClauseText>,
    recipient: Option<String>,
    connection: Option<String>,
    all: String,
    total: u64,
    before: u64,
    over_time: Chart,
    year: Chart,
    recipients: Vec<Row>,
    connections: Chart,
    codes: Vec<(String, u64)>,
}

struct Found {
    total: u64,
    before: u64,
    daily: Vec<(String, u64)>,
    months: Vec<(Period, u64)>,
    recipients: Vec<(String, u64)>,
    connections: Vec<(String, u64)>,
    codes: Vec<(String, u64)>,
}

pub(super) async fn clause(
    State(panel): State<Arc<Panel>>,
    visitor: Visitor,
    Path(name): Path<String>,
    asked: Asked,
) -> Result<Response, Wrong> {
    let clause: Clause = name.parse().map_err(|_| Wrong::NotFound)?;
    let period = asked.month(&panel)?;
    let nowhere = "There is no such recipient.";
    let nobody = asked.one::<String>("recipient", nowhere)?.is_some_and(|asked| asked == NOBODY);
    let recipient: Option<SystemId> = if nobody { None } else { asked.one("recipient", nowhere)? };
    let connection: Option<IntegrationId> = asked.one("connection", "There is no such connection.")?;
    let which = Which { clause: Some(clause), recipient: recipient.clone(), nobody, connection: connection.clone() };
    let found = panel.store().read(move |db| find(db, &period, &which)).await?;
    let policy = panel.policy();
    let points: Vec<_> =
        found.daily.iter().map(|(label, n)| Point { label: label.clone(), counts: vec![*n] }).collect();
    let months = found
        .months
        .iter()
        .map(|(month, n)| Point { label: month.from().strftime("%b %y").to_string(), counts: vec![*n] });
    let series = ["Stopped".to_owned()];
    let connections: Vec<_> =
        found.connections.iter().map(|(id, n)| (words::connection(id), *n, n.to_string())).collect();
    let said = format!("{} in {period}.", words::many(found.total, "request", "requests"));
    page::html(&Page {
        shell: Shell::of(&panel, &visitor, format!("Stopped by {}", words::clause(&policy, &name)), "/stopped"),
        around: Around::of(&panel, period).behind(behind(&panel).await?).keeping(&[
            ("recipient", recipient.as_ref().map(SystemId::as_str).or(nobody.then_some(NOBODY))),
            ("connection", connection.as_ref().map(IntegrationId::as_str)),
        ]),
        text: policy.clauses.get(&clause).cloned(),
        recipient: recipient
            .as_ref()
            .map(|id| words::recipient(&policy, id.as_str()))
            .or_else(|| nobody.then(|| words::recipient(&policy, ""))),
        connection: connection.as_ref().map(|id| words::connection(id.as_str())),
        all: down(&name, &period, None),
        total: found.total,
        before: found.before,
        over_time: bars("time", (&format!("{name} in {period}"), &said), &series, &points),
        year: bars("year", (&format!("{name} in twelve months"), &said), &series, &months.collect::<Vec<_>>()),
        recipients: found
            .recipients
            .iter()
            .map(|(id, n)| Row {
                to: down(&name, &period, Some(id)),
                name: words::recipient(&policy, id),
                more: String::new(),
                count: *n,
            })
            .collect(),
        connections: lines(
            "connections",
            ("By connection", &most(&connections)),
            ("Connection", "Stopped"),
            &connections,
        ),
        codes: found.codes.iter().map(|(code, n)| (words::code(code).to_owned(), *n)).collect(),
    })
}

fn find(db: &Connection, period: &Period, which: &Which) -> Result<Found, rusqlite::Error> {
    let by_day = stopped::daily(db, period, By::Code, which)?;
    let of = |days: &std::collections::BTreeSet<jiff::civil::Date>| {
        days.iter().filter_map(|day| by_day.get(day)).flat_map(|codes| codes.values()).sum::<u64>()
    };
    let mut month = Period::month_of(period.to().first_of_month().saturating_sub(11.months()));
    let mut months = Vec::new();
    for _ in 0..12 {
        months.push((month, stopped::total(db, &month, which)?));
        month = month.after();
    }
    Ok(Found {
        total: stopped::total(db, period, which)?,
        before: stopped::total(db, &period.before(), which)?,
        daily: steps(period).iter().map(|(label, days)| (label.clone(), of(days))).collect(),
        months,
        recipients: stopped::by(db, period, By::Recipient, which)?,
        connections: stopped::by(db, period, By::Connection, which)?,
        codes: stopped::by(db, period, By::Code, which)?,
    })
}

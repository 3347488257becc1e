//! `/api/v1`: the panel's figures for machines, read-only. Asked with a session, or with a token that a panel member made.
//!
//! Nothing here says more than the pages do: the same figures by the same rule for small numbers.

mod document;
pub(super) mod tokens;

use super::{
    Panel,
    access::{Role, Visitor},
    figures::{self, Period, events},
    page,
    report::{self, Report},
    routes::{Route, Who},
    wrong::Wrong,
};
use crate::verdict::destination::day_in_london;
use crate::{ledger::leaf::Kind, policy::organisations::words};
use axum::{
    extract::{Path, Query, State},
    response::Response,
};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;

/// Those who may see figures, or a token made by one of them.
const READERS: Who = Who::Token(&[Role::Panel, Role::Operator]);

pub(super) fn routes() -> Vec<Route> {
    let own = vec![
        Route::get("/api/v1/openapi.json", READERS, document::document),
        Route::get("/api/v1/reports/{period}", READERS, report),
        Route::get("/api/v1/stopped", READERS, stopped),
        Route::get("/api/v1/left", READERS, left),
        Route::get("/api/v1/recipients", READERS, recipients),
        Route::get("/api/v1/stops", READERS, stops),
        Route::get("/api/v1/record-book", READERS, record_book),
    ];
    [own, tokens::routes()].concat()
}

/// The same for every answer.
fn json(value: &impl Serialize) -> Result<Response, Wrong> {
    let text = serde_json::to_string(value).map_err(|_| Wrong::broken("an answer could not be written as JSON"))?;
    Ok(page::typed(StatusCode::OK, "application/json", text))
}

/// Which period is asked for: a month by default, this one.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    #[serde(default)]
    period: Option<String>,
    #[serde(default)]
    public: bool,
}

impl Asked {
    fn period(&self, panel: &Panel) -> Result<Period, Wrong> {
        match &self.period {
            None => Ok(Period::month_of(panel.today())),
            Some(text) => text.parse().map_err(|_| Wrong::Invalid("Write a period as 2026-11, 2026-Q4 or 2026.")),
        }
    }
}

#[utoipa::path(get, path = "/api/v1/reports/{period}", tag = "figures",
    params(("period" = String, Path, description = "2026-11, 2026-Q4 or 2026"),
           ("public" = Option<bool>, Query, description = "The report for people outside")),
    responses((status = 200, body = Report), (status = 404, description = "No such period")))]
async fn report(
    State(panel): State<Arc<Panel>>,
    visitor: Visitor,
    Path(period): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Wrong> {
    let period: Period = period.parse().map_err(|_| Wrong::NotFound)?;
    let report = report::make(&panel, period, asked.public).await?;
    json(&if is_member(&visitor) { report } else { report.for_others() })
}

/// Stopped requests of a day.
#[derive(Debug, Serialize, ToSchema)]
struct Day {
    /// UTC.
    day: String,
    /// Under which clause; empty where none decided.
    clause: String,
    /// How many. A request under two clauses counts under both.
    count: u64,
}

#[utoipa::path(get, path = "/api/v1/stopped", tag = "figures",
    params(("period" = Option<String>, Query, description = "2026-11, 2026-Q4 or 2026; this month by default")),
    responses((status = 200, body = [Day])))]
async fn stopped(State(panel): State<Arc<Panel>>, Query(asked): Query<Asked>) -> Result<Response, Wrong> {
    let period = asked.period(&panel)?;
    figures::catch_up(&panel).await?;
    let found = panel
        .store()
        .read(move |db| {
            figures::stopped::daily(db, &period, figures::stopped::By::Clause, &figures::stopped::Which::default())
        })
        .await?;
    let rows = found.into_iter().flat_map(|(day, clauses)| {
        clauses.into_iter().map(move |(clause, count)| Day { day: day.to_string(), clause, count })
    });
    json(&rows.collect::<Vec<_>>())
}

#[utoipa::path(get, path = "/api/v1/left", tag = "figures",
    params(("period" = Option<String>, Query, description = "2026-11, 2026-Q4 or 2026; this month by default")),
    responses((status = 200, body = [report::Value])))]
async fn left(State(panel): State<Arc<Panel>>, Query(asked): Query<Asked>) -> Result<Response, Wrong> {
    let period = asked.period(&panel)?;
    json(&report::make(&panel, period, asked.public).await?.values)
}

/// A recipient that a connection leads to.
#[derive(Debug, Serialize, ToSchema)]
struct Recipient {
    /// Its id.
    id: String,
    /// Its name.
    name: String,
    /// `root`, `associated`, `unassessed` or `clear`.
    class: String,
    /// The same in words.
    words: &'static str,
    /// The last day of its undertaking.
    undertaking_expires: Option<String>,
    /// The last day of its assessment.
    assessed_until: Option<String>,
    /// The connections that lead there.
    connections: Vec<String>,
}

#[utoipa::path(get, path = "/api/v1/recipients", tag = "registers", responses((status = 200, body = [Recipient])))]
async fn recipients(State(panel): State<Arc<Panel>>) -> Result<Response, Wrong> {
    let (policy, today) = (panel.policy(), panel.today());
    let row = |system: &crate::policy::organisations::System| Recipient {
        id: system.id.to_string(),
        name: system.name.clone(),
        class: system.class(today).to_string(),
        words: words::class_of(system, today),
        undertaking_expires: system.undertaking.as_ref().map(|u| u.expires.to_string()),
        assessed_until: system.assessed.as_ref().map(|a| a.until.to_string()),
        connections: policy
            .integrations
            .values()
            .filter(|i| i.destination == system.id)
            .map(|i| i.id.to_string())
            .collect(),
    };
    let rows: Vec<Recipient> = policy.registry.systems.values().map(|s| row(s)).collect();
    json(&rows.into_iter().filter(|row| !row.connections.is_empty()).collect::<Vec<_>>())
}

/// A stop in force.
#[derive(Debug, Serialize, ToSchema)]
struct Stop {
    /// Its id.
    id: String,
    /// `everything`, `integration:…` or `destination:…`.
    covers: String,
    /// On which day it was placed. Not when: the hour could name whoever placed it (TOOLS-1).
    since: String,
}

#[utoipa::path(get, path = "/api/v1/stops", tag = "registers", responses((status = 200, body = [Stop])))]
async fn stops(State(panel): State<Arc<Panel>>) -> Result<Response, Wrong> {
    let view = panel.ledger().view();
    let row = |stop: &crate::consent::view::Stop| Stop {
        id: stop.id.clone(),
        covers: crate::ledger::scope(&stop.scope),
        since: day_in_london(stop.at).to_string(),
    };
    json(&view.stops().map(row).collect::<Vec<_>>())
}

/// The record book.
#[derive(Debug, Serialize, ToSchema)]
struct RecordBook {
    /// Entries.
    size: u64,
    /// RFC 6962 root over them, hexadecimal.
    root: String,
    /// On which day the last was written, in London.
    day: String,
    /// When; for panel members alone, as the moment could be a concern's.
    time: Option<String>,
    /// Whether it can be written.
    writable: bool,
    /// Attempts to reach the Home Office or a linked recipient, ever.
    attempts: u64,
    /// Starts of the gateway, ever.
    starts: u64,
}

#[utoipa::path(get, path = "/api/v1/record-book", tag = "registers", responses((status = 200, body = RecordBook)))]
async fn record_book(State(panel): State<Arc<Panel>>, visitor: Visitor) -> Result<Response, Wrong> {
    figures::catch_up(&panel).await?;
    let ever = Period::between(jiff::civil::date(1, 1, 1), jiff::civil::date(9999, 12, 31));
    let (attempts, starts) = panel
        .store()
        .read(move |db| {
            let attempts = events::attempts(db, &ever)?.iter().map(|a| a.count).sum();
            Ok((attempts, events::count(db, Kind::Boot, &ever)?))
        })
        .await?;
    let head = panel.ledger().head();
    json(&RecordBook {
        size: head.size,
        root: data_encoding::HEXLOWER.encode(&head.root),
        day: day_in_london(head.time).to_string(),
        time: is_member(&visitor).then(|| head.time.to_string()),
        writable: panel.ledger().health().is_ok(),
        attempts,
        starts,
    })
}

/// Whether a panel member asks. A token is no member, whoever made it.
fn is_member(visitor: &Visitor) -> bool {
    visitor.session().is_some_and(|s| s.role == Role::Panel)
}

/// Who asks is known by the guard; a page of a token's own is not.
fn member(visitor: &Visitor) -> Result<&super::access::Session, Wrong> {
    visitor.session().ok_or(Wrong::Forbidden)
}

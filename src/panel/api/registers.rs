//! What stands now: recipients, stops, the record book, rules, emergencies, what is wrong, what is not covered.

use super::{InPeriod, Nothing, Take, is_member, json};
use crate::{
    ledger::leaf::Kind,
    panel::{
        Panel,
        access::{Role, Visitor},
        alarms,
        figures::{
            self, Period,
            events::{self, Mark},
        },
        pages::uncovered,
        wrong::Wrong,
    },
    policy::organisations::words,
    verdict::destination::day_in_london,
};
use axum::{extract::State, response::Response};
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// A recipient that a connection leads to.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Recipient {
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
pub(super) async fn recipients(State(panel): State<Arc<Panel>>, _: Take<Nothing>) -> Result<Response, Wrong> {
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
pub(super) struct Stop {
    /// Its id.
    id: String,
    /// `everything`, `integration:…` or `destination:…`.
    covers: String,
    /// On which day it was placed. Not when: the hour could name whoever placed it (TOOLS-1).
    since: String,
}

#[utoipa::path(get, path = "/api/v1/stops", tag = "registers", responses((status = 200, body = [Stop])))]
pub(super) async fn stops(State(panel): State<Arc<Panel>>, _: Take<Nothing>) -> Result<Response, Wrong> {
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
pub(super) struct RecordBook {
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
pub(super) async fn record_book(
    State(panel): State<Arc<Panel>>,
    visitor: Visitor,
    _: Take<Nothing>,
) -> Result<Response, Wrong> {
    figures::catch_up(&panel).await?;
    let (attempts, starts) = panel
        .store()
        .read(move |db| {
            let attempts = events::attempts(db, &ever())?.iter().map(|a| a.count).sum();
            Ok((attempts, events::count(db, Kind::Boot, &ever())?))
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

fn ever() -> Period {
    Period::between(jiff::civil::date(1, 1, 1), jiff::civil::date(9999, 12, 31))
}

/// A set of rules that became active, or was refused.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Rules {
    /// Its entry in the record book.
    entry: u64,
    /// The day, UTC.
    day: String,
    /// Its mark, SHA-256 in hexadecimal; empty where the record book does not name it.
    policy: String,
    /// Whether it was taken. One that has a mistake in it changes nothing.
    taken: bool,
    /// Whether it is the active one.
    active: bool,
}

#[utoipa::path(get, path = "/api/v1/policies", tag = "registers",
    description = "Sets of rules, the newest first; at most a thousand.",
    responses((status = 200, body = [Rules])))]
pub(super) async fn policies(State(panel): State<Arc<Panel>>, _: Take<Nothing>) -> Result<Response, Wrong> {
    const KINDS: &[Kind] = &[Kind::PolicyActivated, Kind::PolicyRejected];
    figures::catch_up(&panel).await?;
    let marks = panel.store().read(move |db| events::marks(db, KINDS, &ever())).await?;
    let active = marks.iter().find(|mark| mark.kind == Kind::PolicyActivated).map(|mark| mark.entry);
    let row = |mark: &Mark| Rules {
        entry: mark.entry,
        day: mark.day.clone(),
        policy: mark.policy.clone(),
        taken: mark.kind == Kind::PolicyActivated,
        active: Some(mark.entry) == active,
    };
    json(&marks.iter().map(row).collect::<Vec<_>>())
}

/// Something shared because life or a person was at risk. Each is about one person.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Emergency {
    /// Its entry in the record book.
    entry: u64,
    /// The day, UTC.
    day: String,
    /// To whom.
    recipient: String,
    /// `life`, `child-at-risk` or `adult-at-risk`.
    ground: String,
    /// What panel members said of it: `justified`, `more-than-needed` or `not-justified`. Empty: it waits.
    reviews: Vec<String>,
}

#[utoipa::path(get, path = "/api/v1/emergencies", tag = "registers",
    description = "For panel members in a session of their own; a token does not open it.",
    params(("period" = Option<String>, Query, description = "2026-11, 2026-Q4 or 2026; this month by default")),
    responses((status = 200, body = [Emergency])))]
pub(super) async fn emergencies(
    State(panel): State<Arc<Panel>>,
    visitor: Visitor,
    Take(asked): Take<InPeriod>,
) -> Result<Response, Wrong> {
    if !is_member(&visitor) {
        return Err(Wrong::Forbidden);
    }
    let period = asked.period(&panel)?;
    figures::catch_up(&panel).await?;
    let (found, reviews) = panel
        .store()
        .read(move |db| {
            let reviewed = Period::between(period.from(), ever().to());
            let found = events::marks(db, &[Kind::Safeguarding], &period)?;
            Ok((found, events::marks(db, &[Kind::SafeguardingReviewed], &reviewed)?))
        })
        .await?;
    let said = |mark: &Mark, name| mark.extra.get(name).cloned().unwrap_or_default();
    let row = |mark: &Mark| Emergency {
        entry: mark.entry,
        day: mark.day.clone(),
        recipient: mark.recipient.clone(),
        ground: said(mark, "ground"),
        reviews: reviews
            .iter()
            .filter(|review| said(review, "entry") == mark.entry.to_string())
            .map(|review| said(review, "outcome"))
            .collect(),
    };
    json(&found.iter().map(row).collect::<Vec<_>>())
}

/// Something that is wrong.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Alarm {
    /// `alarm` (look now) or `warning` (soon).
    weight: String,
    /// What, and what to do.
    said: String,
    /// The page to look at, where there is one.
    page: Option<&'static str>,
}

#[utoipa::path(get, path = "/api/v1/alarms", tag = "registers",
    description = "What is wrong now, the gravest first; empty where nothing is. Breaches and concerns are among it for \
                   panel members alone.",
    responses((status = 200, body = [Alarm])))]
pub(super) async fn wrong(
    State(panel): State<Arc<Panel>>,
    visitor: Visitor,
    _: Take<Nothing>,
) -> Result<Response, Wrong> {
    let role = if is_member(&visitor) { Role::Panel } else { Role::Operator };
    let found = alarms::all(&panel, role).await?.into_iter();
    json(&found.map(|a| Alarm { weight: a.weight.to_string(), said: a.said, page: a.to }).collect::<Vec<_>>())
}

/// A system that is known to send past the gateway.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Uncovered {
    /// What it is called.
    system: String,
    /// `vendor-cloud`, `own-network`, `by-hand` or `unknown`.
    how: String,
    /// What is planned.
    plan: String,
    /// Since which day it stands on the list, in London.
    since: String,
}

#[utoipa::path(get, path = "/api/v1/not-covered", tag = "registers", responses((status = 200, body = [Uncovered])))]
pub(super) async fn not_covered(State(panel): State<Arc<Panel>>, _: Take<Nothing>) -> Result<Response, Wrong> {
    let row = |(system, how, plan, since)| Uncovered { system, how, plan, since: day_in_london(since).to_string() };
    json(&uncovered::open(&panel).await?.into_iter().map(row).collect::<Vec<_>>())
}

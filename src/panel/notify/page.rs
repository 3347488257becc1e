//! *Messages*: what was told when and by which way, what is stuck and why, and a test.

use super::{
    dial::Failure,
    intake::Facts,
    kind,
    outbox::{self, Stuck, time},
    text,
};
use crate::panel::{
    Panel,
    access::{Role, Visitor, session},
    guard::Fields,
    page::{self, Shell},
    wrong::Wrong,
};
use crate::verdict::destination::london;
use askama::Template;
use axum::{extract::State, response::Response};
use jiff::{SignedDuration, Timestamp};
use rusqlite::params;
use std::sync::Arc;

/// How many messages are shown.
const SHOWN: u32 = 60;
/// How long between two tests.
const BETWEEN_TESTS: SignedDuration = SignedDuration::from_mins(1);

#[derive(Template)]
#[template(config = "src/panel/askama.toml", path = "messages.html")]
struct Messages {
    shell: Shell,
    channels: Vec<String>,
    stuck: Stuck,
    troubles: Vec<Trouble>,
    rows: Vec<Row>,
}

/// What is stuck on one channel.
struct Trouble {
    channel: String,
    words: String,
    count: u64,
    tries: u64,
}

/// One message.
struct Row {
    when: String,
    what: String,
    ways: Vec<String>,
}

struct Found {
    number: i64,
    at: i64,
    facts: String,
    channel: Option<String>,
    state: Option<String>,
    done: Option<i64>,
    why: Option<String>,
}

pub(super) async fn messages(State(panel): State<Arc<Panel>>, visitor: Visitor) -> Result<Response, Wrong> {
    let member = visitor.session().is_some_and(|s| s.role == Role::Panel);
    let (found, troubles) = panel.store().read(move |db| Ok((found(db, member)?, troubles(db)?))).await?;
    let mut rows: Vec<(i64, Row)> = Vec::new();
    let policy = panel.policy();
    for found in found {
        let facts = Facts::read(&found.facts);
        let fresh = rows.last().is_none_or(|(number, _)| *number != found.number);
        if fresh {
            let what = text::headline(&facts, &policy);
            rows.push((found.number, Row { when: when(time(found.at)), what, ways: Vec::new() }));
        }
        if let (Some((_, row)), Some(way)) = (rows.last_mut(), way(&panel, &found, &facts)) {
            row.ways.push(way);
        }
    }
    let told = panel.told.get();
    page::html(&Messages {
        shell: Shell::of(&panel, &visitor, "Messages", "/messages"),
        channels: told.map(|t| t.channels.iter().map(|c| c.name.clone()).collect()).unwrap_or_default(),
        stuck: outbox::stuck(&panel).await?,
        troubles: troubles
            .into_iter()
            .map(|(key, why, count, tries)| Trouble {
                channel: name(&panel, &key),
                words: reason(&why).to_owned(),
                count,
                tries,
            })
            .collect(),
        rows: rows.into_iter().map(|(_, row)| row).collect(),
    })
}

/// That somebody spoke up, and when, is for panel members alone: whoever runs the machine may be the one it is about.
fn found(db: &rusqlite::Connection, member: bool) -> rusqlite::Result<Vec<Found>> {
    let mut select = db.prepare_cached(
        "SELECT m.number, m.at, m.facts, d.channel, d.state, d.done, d.why FROM \
         (SELECT number, at, facts FROM messages WHERE ?2 OR kind NOT IN ('concern', 'breach', 'breach-overdue') \
         ORDER BY number DESC LIMIT ?1) m \
         LEFT JOIN deliveries d ON d.message = m.number ORDER BY m.number DESC, d.channel",
    )?;
    let row = |row: &rusqlite::Row<'_>| {
        Ok(Found {
            number: row.get(0)?,
            at: row.get(1)?,
            facts: row.get(2)?,
            channel: row.get(3)?,
            state: row.get(4)?,
            done: row.get(5)?,
            why: row.get(6)?,
        })
    };
    select.query_map(params![SHOWN, member], row)?.collect()
}

type Troubles = Vec<(String, String, u64, u64)>;

fn troubles(db: &rusqlite::Connection) -> rusqlite::Result<Troubles> {
    let mut select = db.prepare_cached(
        "SELECT channel, coalesce(why, 'later'), count(*), max(attempts) FROM deliveries \
         WHERE state = 'stuck' OR (state = 'waiting' AND why IS NOT NULL) GROUP BY 1, 2 ORDER BY 1, 2",
    )?;
    let count = |n: i64| u64::try_from(n).unwrap_or_default();
    let rows = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?, count(row.get(2)?), count(row.get(3)?))))?;
    rows.collect()
}

/// How one channel was told, or was not.
fn way(panel: &Panel, found: &Found, facts: &Facts) -> Option<String> {
    let Some(channel) = &found.channel else {
        let waits = !kind::of(&facts.kind).at_once;
        return Some(if waits { "in the next summary" } else { "told to nobody" }.to_owned());
    };
    let name = name(panel, channel);
    Some(match found.state.as_deref() {
        Some("delivered") => format!("{name}: taken {}", found.done.map(|d| when(time(d))).unwrap_or_default()),
        Some("stuck") => format!("{name}: given up after three days"),
        Some("waiting") if found.why.is_some() => format!("{name}: not yet, trying again"),
        Some("waiting") => format!("{name}: on its way"),
        Some("moved") => format!("{name}: no longer set up, so the others were told"),
        _ => format!("{name}: no longer set up, and nobody was told"),
    })
}

fn name(panel: &Panel, key: &str) -> String {
    let known = panel.told.get().and_then(|t| t.channels.iter().find(|c| c.key == key));
    known.map_or_else(|| "a way that was removed".to_owned(), |c| c.name.clone())
}

fn reason(why: &str) -> &'static str {
    why.parse::<Failure>().map_or("It failed.", Failure::words)
}

/// The day in London and no more: who sees this page may know who was in the office at which minute.
fn when(at: Timestamp) -> String {
    let zone = london();
    at.to_zoned(zone).strftime("%-d %B %Y").to_string()
}

/// Tries what is stuck again.
pub(super) async fn again(State(panel): State<Arc<Panel>>, _: Visitor, _: Fields) -> Result<Response, Wrong> {
    outbox::again(&panel).await?;
    if let Some(told) = panel.told.get() {
        told.bell.notify_waiters();
    }
    Ok(page::see_other("/messages"))
}

/// Sends a test to everybody who is told.
pub(super) async fn test(State(panel): State<Arc<Panel>>, _: Visitor, _: Fields) -> Result<Response, Wrong> {
    let Some(told) = panel.told.get().cloned() else {
        return Err(Wrong::Conflict("Nobody is told anything yet. Your IT team can set up mail or a webhook."));
    };
    let (now, id) = (panel.passing(), format!("t{}", session::random()?));
    let before = now.saturating_sub(BETWEEN_TESTS).unwrap_or(Timestamp::MIN).as_microsecond();
    let wake = Arc::clone(&told);
    let sent = panel
        .store()
        .write(move |tx| {
            if tx.prepare("SELECT 1 FROM messages WHERE kind = 'test' AND at > ?1 LIMIT 1")?.exists([before])? {
                return Ok(false);
            }
            let keys: Vec<&str> = told.channels.iter().map(|c| c.key.as_str()).collect();
            outbox::add_for(tx, &keys, &id, &Facts::of("test"), now)?;
            Ok(true)
        })
        .await?;
    if !sent {
        return Err(Wrong::TooOften(60));
    }
    wake.bell.notify_waiters();
    Ok(page::see_other("/messages"))
}

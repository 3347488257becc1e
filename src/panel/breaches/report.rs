//! `/breaches/new`: anybody with an account tells the panel of sharing by whatever channel.

use super::{Channel, Data, Happened, kept, steps};
use crate::verdict::destination::london;
use crate::{
    flow::{Clause, SystemId},
    ledger::{Leaf, leaf::Kind},
    panel::{
        Panel,
        access::{Role, Visitor},
        cited::Cited,
        confidential, days,
        guard::Fields,
        once,
        page::{self, Shell},
        stops::scope::{self, Choice},
        wrong::Wrong,
    },
};
use askama::Template;
use axum::{extract::State, response::Response};
use http::StatusCode;
use jiff::{
    Timestamp,
    civil::{Date, Time},
};
use rusqlite::Connection;
use std::sync::Arc;

/// Characters of the words.
const LONGEST: usize = 10_000;

/// A form, empty or as it was sent.
#[derive(Template)]
#[template(config = "src/panel/askama.toml", path = "breaches_new.html")]
struct Form {
    shell: Shell,
    error: &'static str,
    once: String,
    channels: Vec<Choice>,
    recipients: Vec<Choice>,
    happened: Vec<Choice>,
    data: Vec<Choice>,
    today: String,
    longest: usize,
    sent: Sent,
    clause: Cited,
}

/// What was typed, to be shown again beside an error.
#[derive(Debug, Clone, Default)]
struct Sent {
    channel: String,
    to: String,
    when: String,
    data: Vec<String>,
    day: String,
    time: String,
    words: String,
}

#[derive(Template)]
#[template(config = "src/panel/askama.toml", path = "breaches_told.html")]
struct Told {
    shell: Shell,
    number: i64,
    by: String,
    kept: bool,
    /// The form was sent before.
    again: bool,
    panel: bool,
    id: String,
}

/// The form.
pub(super) async fn form(State(panel): State<Arc<Panel>>, visitor: Visitor) -> Result<Response, Wrong> {
    shown(&panel, &visitor, StatusCode::OK, "", Sent::default())
}

fn shown(
    panel: &Panel,
    visitor: &Visitor,
    status: StatusCode,
    error: &'static str,
    sent: Sent,
) -> Result<Response, Wrong> {
    let choice = |value: &str, label: &str| Choice { value: value.to_owned(), label: label.to_owned() };
    let recipients = scope::recipients(&panel.policy());
    let mut response = page::html(&Form {
        shell: Shell::of(panel, visitor, "Report sharing to the panel", "/breaches/new"),
        error,
        once: once::new()?,
        channels: Channel::ALL.iter().map(|c| choice(c.as_str(), c.label())).collect(),
        recipients: recipients.into_iter().map(|(id, label)| Choice { value: id.to_string(), label }).collect(),
        happened: Happened::ALL.iter().map(|h| choice(h.as_str(), h.label())).collect(),
        data: Data::ALL.iter().map(|d| choice(d.as_str(), d.label())).collect(),
        today: panel.today().to_string(),
        longest: LONGEST,
        sent,
        clause: Cited::of(panel, Clause::Trans2),
    })?;
    *response.status_mut() = status;
    Ok(response)
}

/// What was chosen.
struct Chosen {
    channel: Channel,
    recipient: String,
    happened: Happened,
    data: Vec<Data>,
    aware: Timestamp,
}

/// Takes the report: kept, recorded, the panel told.
pub(super) async fn report(
    State(panel): State<Arc<Panel>>,
    visitor: Visitor,
    fields: Fields,
) -> Result<Response, Wrong> {
    let session = visitor.signed_in()?;
    let id = once::of(&fields)?;
    let sent = Sent {
        channel: fields.one("channel")?.to_owned(),
        to: fields.one("to")?.to_owned(),
        when: fields.one("when")?.to_owned(),
        data: fields.all("data").map(str::to_owned).collect(),
        day: fields.one("day")?.to_owned(),
        time: fields.one("time")?.to_owned(),
        words: fields.text("words", LONGEST)?,
    };
    let chosen = match chosen(&panel, &sent) {
        Ok(chosen) => chosen,
        Err(error) => return shown(&panel, &visitor, StatusCode::BAD_REQUEST, error, sent),
    };
    let sealed = confidential::seal_words(&panel, &kept::purpose(&id), &sent.words).await?;
    let kept = sent.words.is_empty() || sealed.is_some();
    let named = (fields.one("named")? == "yes").then(|| session.account.clone());
    let again = keep(&panel, &id, &chosen, sealed, named).await? != once::Sent::First;
    let breach = kept::find(&panel, &id).await?.ok_or_else(|| Wrong::broken("a report was not kept"))?;
    page::html(&Told {
        shell: Shell::of(&panel, &visitor, "The panel is told", "/breaches/new"),
        number: breach.number,
        by: days::moment(steps::regulator_by(breach.aware)),
        kept,
        again,
        panel: session.role == Role::Panel,
        id,
    })
}

fn chosen(panel: &Panel, sent: &Sent) -> Result<Chosen, &'static str> {
    let channel = sent.channel.parse().map_err(|_| "Choose how it was shared.")?;
    let known = |id: &str| SystemId::parse(id).is_ok_and(|id| panel.policy().registry.systems.contains_key(&id));
    let recipient = match sent.to.as_str() {
        "other" | "unknown" => sent.to.clone(),
        id if known(id) => id.to_owned(),
        _ => return Err("Choose with whom it was shared, or that it is somebody else or not known."),
    };
    let happened = sent.when.parse().map_err(|_| "Choose roughly when it happened.")?;
    let mut data: Vec<Data> = Vec::new();
    for one in &sent.data {
        data.push(one.parse().map_err(|_| "Choose what was shared from the list.")?);
    }
    data.sort_unstable();
    data.dedup();
    if data.is_empty() {
        return Err("Choose what was shared, or that it is not known yet.");
    }
    Ok(Chosen { channel, recipient, happened, data, aware: aware(panel.now(), &sent.day, &sent.time)? })
}

/// When we became aware. Without an hour it is the beginning of the day, so that the clock rather runs out early.
fn aware(now: Timestamp, day: &str, time: &str) -> Result<Timestamp, &'static str> {
    const WHEN: &str = "Say on which day we became aware of it, such as 2026-11-20, and if you can at what time.";
    let day: Date = day.parse().map_err(|_| WHEN)?;
    let time: Time = match time {
        "" => Time::midnight(),
        time => time.parse().map_err(|_| WHEN)?,
    };
    let zone = london();
    let at = day.to_datetime(time).to_zoned(zone).map_err(|_| WHEN)?.timestamp();
    let oldest = now.saturating_sub(jiff::SignedDuration::from_hours(10 * 366 * 24)).unwrap_or(Timestamp::MIN);
    match at {
        at if at > now => Err("We cannot have become aware of it in the future. Check the day and the time."),
        at if at < oldest => Err("That is more than ten years ago. Check the day."),
        at => Ok(at),
    }
}

/// Keeps and records it. The same form again does nothing more.
async fn keep(
    panel: &Panel,
    id: &str,
    chosen: &Chosen,
    sealed: Option<String>,
    named: Option<String>,
) -> Result<once::Sent, Wrong> {
    let data = chosen.data.iter().map(|d| d.as_str()).collect::<Vec<_>>().join(" ");
    let row = (
        id.to_owned(),
        chosen.channel.as_str(),
        chosen.recipient.clone(),
        chosen.happened.as_str(),
        data.clone(),
        chosen.aware.as_microsecond(),
        panel.now().as_microsecond(),
        sealed,
        named,
    );
    let (made, recorded, same) = panel.store().write(move |db| insert(db, &row)).await?;
    let sent = once::Sent::of(made, recorded, same)?;
    if sent == once::Sent::Again {
        return Ok(sent);
    }
    let mut leaf = Leaf::new(Kind::BreachReported);
    leaf.clauses = vec![Clause::Trans2];
    match SystemId::parse(&chosen.recipient) {
        Ok(system) if chosen.recipient.contains('/') => leaf.destination = Some(system),
        _ => _ = leaf.extra.insert("to", chosen.recipient.clone()),
    }
    leaf.extra.insert("breach", id.to_owned());
    leaf.extra.insert("channel", chosen.channel.as_str().to_owned());
    leaf.extra.insert("happened", chosen.happened.as_str().to_owned());
    leaf.extra.insert("data", data);
    let (yes, no) =
        ("UPDATE breaches SET entry = ?2 WHERE id = ?1", "DELETE FROM breaches WHERE id = ?1 AND entry IS NULL");
    once::record(panel, leaf, Some("breach"), id.to_owned(), (yes, no)).await.map(|()| sent)
}

/// A report's columns, in their order.
type Row = (String, &'static str, String, &'static str, String, i64, i64, Option<String>, Option<String>);

/// Keeps it, unless its form was sent before. Says whether it is new, whether what is kept is recorded, and whether it is
/// the same. Of words only whether there are any: they are sealed.
fn insert(db: &Connection, row: &Row) -> Result<(bool, bool, bool), rusqlite::Error> {
    let (id, channel, recipient, happened, data, aware, told, sealed, named) = row;
    let insert = "INSERT OR IGNORE INTO breaches (id, channel, recipient, happened, data, aware, told, sealed, reporter) \
                  VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    let made = db.execute(insert, (id, channel, recipient, happened, data, aware, told, sealed, named))? == 1;
    let ask = "SELECT entry NOT NULL, channel = ?2 AND recipient = ?3 AND happened = ?4 AND data = ?5 AND aware = ?6 \
               AND reporter IS ?7 AND (sealed IS NULL) = ?8 FROM breaches WHERE id = ?1";
    let asked = (id, channel, recipient, happened, data, aware, named, sealed.is_none());
    db.query_row(ask, asked, |row| Ok((made, row.get(0)?, row.get(1)?)))
}

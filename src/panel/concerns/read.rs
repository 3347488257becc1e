//! `/concerns`: the panel's members read, answer and close. A text is opened only in the answer to its reader.

use super::{
    FLOOD, LONGEST,
    kept::{self, Book, Concern},
    purpose,
};
use crate::panel::{
    Panel,
    access::{Session, Visitor, keys},
    confidential::{self, Shown},
    days, follow,
    guard::Fields,
    once,
    page::{self, Shell},
    wrong::Wrong,
};
use askama::Template;
use axum::{
    extract::{Path, Query, State},
    response::Response,
};
use jiff::civil::Date;
use serde::Deserialize;
use std::sync::Arc;

#[derive(Template)]
#[template(config = "src/panel/askama.toml", path = "concerns.html")]
struct List {
    shell: Shell,
    missing: i64,
    flooded: Vec<Flooded>,
    concerns: Vec<Row>,
    older: Option<u32>,
}

/// Which part of the list.
#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    /// After so many.
    #[serde(default)]
    after: u32,
}

/// A day that can be closed at once.
struct Flooded {
    day: String,
    said: String,
    many: i64,
    until: i64,
}

struct Row {
    id: String,
    number: i64,
    day: String,
    state: &'static str,
}

#[derive(Template)]
#[template(config = "src/panel/askama.toml", path = "concerns_one.html")]
struct One {
    shell: Shell,
    row: Row,
    closed: bool,
    parts: Vec<Part>,
    others: bool,
    once: String,
    longest: usize,
}

struct Part {
    day: String,
    panel: bool,
    /// Another text was put in the place of the copy for newer members.
    altered: bool,
    /// The record book does not say that it came in.
    unconfirmed: bool,
    shown: Shown,
}

fn said(state: &str) -> &'static str {
    match state {
        "answered" => "answered",
        "closed" => "closed",
        _ => "waits for an answer",
    }
}

fn row(concern: &Concern) -> Row {
    let day = concern.day.parse().map(days::said).unwrap_or_default();
    Row { id: concern.id.clone(), number: concern.number, day, state: said(&concern.state) }
}

/// The list.
pub(super) async fn list(
    State(panel): State<Arc<Panel>>,
    visitor: Visitor,
    Query(asked): Query<Asked>,
) -> Result<Response, Wrong> {
    follow::for_a_page(&panel).await?;
    let concerns = kept::newest(&panel, asked.after).await?;
    let all = u32::try_from(concerns.len()).is_ok_and(|n| n < kept::PAGE);
    let flooded = kept::flooded(&panel, FLOOD).await?.into_iter().map(|f| {
        let said = f.day.parse().map(days::said).unwrap_or_default();
        Flooded { said, day: f.day, many: f.many, until: f.until }
    });
    page::html(&List {
        shell: Shell::of(&panel, &visitor, "Concerns", "/concerns"),
        missing: kept::missing(&panel).await?,
        flooded: flooded.collect(),
        concerns: concerns.iter().map(row).collect(),
        older: if all { None } else { asked.after.checked_add(kept::PAGE) },
    })
}

async fn found(panel: &Panel, id: &str) -> Result<Concern, Wrong> {
    kept::by_id(panel, id).await?.ok_or(Wrong::NotFound)
}

/// One concern with its texts.
pub(super) async fn one(
    State(panel): State<Arc<Panel>>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, Wrong> {
    let (session, concern) = (visitor.signed_in()?, found(&panel, &id).await?);
    let members = keys::members(&panel).await?;
    let texts = kept::texts(&panel, &concern.id).await?;
    let others = |text: &kept::Text| {
        let sealed = text.widest().0.parse::<crate::panel::sealed::Sealed>();
        sealed.is_ok_and(|s| s.is_for(&session.account) && members.iter().any(|(id, _)| !s.is_for(id)))
    };
    let mut parts = Vec::new();
    for text in &texts {
        let book = kept::in_book(&panel, text).await;
        parts.push(Part {
            day: text.day.parse().map(days::said).unwrap_or_default(),
            panel: text.panel,
            altered: text.widest().1,
            unconfirmed: book == Book::NotYet,
            shown: shown(&panel, session, &concern.id, text, book),
        });
    }
    page::html(&One {
        shell: Shell::of(&panel, &visitor, format!("Concern {}", concern.number), "/concerns"),
        row: row(&concern),
        closed: concern.state == "closed",
        parts,
        others: texts.iter().any(others),
        once: once::new()?,
        longest: LONGEST,
    })
}

/// A text as this member reads it: never one that is not what the record book knows.
fn shown(panel: &Panel, session: &Session, concern: &str, text: &kept::Text, book: Book) -> Shown {
    if book == Book::Differs {
        return Shown { words: None, why: "This was changed since it came in, and cannot be read." };
    }
    confidential::show(panel, session, &purpose(concern), text.widest().0)
}

/// Answers, for the one who wrote and for the other members.
pub(super) async fn answer(
    State(panel): State<Arc<Panel>>,
    visitor: Visitor,
    Path(id): Path<String>,
    fields: Fields,
) -> Result<Response, Wrong> {
    visitor.signed_in()?;
    let (concern, once, text) = (found(&panel, &id).await?, once::of(&fields)?, fields.text("text", LONGEST)?);
    if text.is_empty() {
        return Err(Wrong::Invalid("Write what the panel answers."));
    }
    if !kept::answer(&panel, &concern, once, &text).await? {
        return Err(Wrong::Conflict("This answer was sent already."));
    }
    Ok(page::see_other(&format!("/concerns/{}", concern.id)))
}

/// Closes it. Whoever has the code can still add to it, which opens it again.
pub(super) async fn close(
    State(panel): State<Arc<Panel>>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, Wrong> {
    visitor.signed_in()?;
    let concern = found(&panel, &id).await?;
    let (id, close) = (concern.id.clone(), "UPDATE concerns SET state = 'closed' WHERE id = ?1 AND state <> 'closed'");
    if panel.store().write(move |db| db.execute(close, [id])).await? == 0 {
        return Err(Wrong::Conflict("Somebody closed it before."));
    }
    Ok(page::see_other(&format!("/concerns/{}", concern.id)))
}

/// Closes what waits of a day, after a flood. Each stays and is opened again when its writer adds to it.
pub(super) async fn close_day(State(panel): State<Arc<Panel>>, fields: Fields) -> Result<Response, Wrong> {
    const STALE: Wrong = Wrong::Invalid("Open the page of concerns again and choose the day there.");
    let day: Date = fields.one("day")?.parse().map_err(|_| STALE)?;
    let until = fields.one("until")?.parse().map_err(|_| STALE)?;
    if kept::close_day(&panel, day.to_string(), until).await? == 0 {
        return Err(Wrong::Conflict("Nothing of that day waits any more."));
    }
    Ok(page::see_other("/concerns"))
}

/// Lets members who came later read it.
pub(super) async fn share(
    State(panel): State<Arc<Panel>>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, Wrong> {
    let (session, concern) = (visitor.signed_in()?, found(&panel, &id).await?);
    for text in kept::texts(&panel, &concern.id).await? {
        let shared = confidential::share(&panel, session, &purpose(&concern.id), text.widest().0).await?;
        if let Some(shared) = shared {
            let keep = "UPDATE concern_texts SET shared = ?2 WHERE id = ?1";
            panel.store().write(move |db| db.execute(keep, (text.id, shared))).await?;
        }
    }
    Ok(page::see_other(&format!("/concerns/{}", concern.id)))
}

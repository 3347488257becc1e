//! `/concern/answers`: whoever has the receipt code reads the panel's answers and adds to what they wrote.

use super::{
    LONGEST, WRONG, give,
    kept::{self, Book, Concern, Received},
};
use crate::panel::{
    Panel,
    access::{Visitor, keys},
    days,
    guard::Fields,
    letters, once,
    page::{self, Shell},
    tries,
    wrong::Wrong,
};
use askama::Template;
use axum::{extract::State, response::Response};
use http::StatusCode;
use jiff::SignedDuration;
use std::sync::Arc;
use zeroize::Zeroizing;

#[derive(Template)]
#[template(config = "src/panel/askama.toml", path = "concern_door.html")]
struct Door {
    shell: Shell,
    error: &'static str,
}

#[derive(Template)]
#[template(config = "src/panel/askama.toml", path = "concern_answers.html")]
struct Thread {
    shell: Shell,
    said: &'static str,
    closed: bool,
    readers: usize,
    parts: Vec<Part>,
    code: String,
    once: String,
    longest: usize,
}

/// Something that was written. `words` are the panel's; what the person wrote is not shown again, since somebody else
/// may have found the code.
struct Part {
    day: String,
    panel: bool,
    words: Option<Zeroizing<String>>,
}

/// Asks for the code.
pub(super) async fn door(State(panel): State<Arc<Panel>>) -> Result<Response, Wrong> {
    shut(&panel, StatusCode::OK, "")
}

fn shut(panel: &Panel, status: StatusCode, error: &'static str) -> Result<Response, Wrong> {
    let shell = Shell::of(panel, &Visitor::ANYBODY, "Answers to your concern", "/concern");
    let mut response = page::html(&Door { shell, error })?;
    *response.status_mut() = status;
    Ok(response)
}

/// Shows what was answered.
pub(super) async fn answers(State(panel): State<Arc<Panel>>, fields: Fields) -> Result<Response, Wrong> {
    let code = fields.one("code")?;
    match kept::by_code(&panel, code).await? {
        Some(concern) => thread(&panel, &concern, code, "").await,
        None => wrong(&panel).await,
    }
}

/// Adds to it.
pub(super) async fn add(State(panel): State<Arc<Panel>>, fields: Fields) -> Result<Response, Wrong> {
    let (code, once) = (fields.one("code")?, once::of(&fields)?);
    let Some(concern) = kept::by_code(&panel, code).await? else { return wrong(&panel).await };
    let text = fields.text("text", LONGEST)?;
    if text.is_empty() {
        return thread(&panel, &concern, code, "Nothing was added: write what the panel should know.").await;
    }
    match kept::receive(&panel, code, &once, &text).await? {
        Received::Yes => thread(&panel, &concern, code, "The panel has what you added.").await,
        other => give::not_taken(&panel, other),
    }
}

async fn wrong(panel: &Panel) -> Result<Response, Wrong> {
    if tries::within(panel, "concern-code".to_owned(), SignedDuration::from_mins(1), WRONG).await? {
        return shut(panel, StatusCode::BAD_REQUEST, "That is not a receipt code of ours. Check it letter by letter.");
    }
    let said =
        "Many wrong codes were typed in the last minute. A right code still works: check yours, letter by letter.";
    shut(panel, StatusCode::TOO_MANY_REQUESTS, said)
}

async fn thread(panel: &Panel, concern: &Concern, code: &str, said: &'static str) -> Result<Response, Wrong> {
    let texts = kept::texts(panel, &concern.id).await?;
    let mut parts = Vec::new();
    for text in &texts {
        // Whoever can write the store can seal something to the writer: only what the record book knows is the panel's.
        let known = text.panel && kept::in_book(panel, text).await == Book::Holds;
        parts.push(Part {
            day: text.day.parse().map(days::said).unwrap_or_default(),
            panel: text.panel,
            words: if known { kept::open(concern, code, text) } else { None },
        });
    }
    let state = kept::by_id(panel, &concern.id).await?.map(|c| c.state);
    page::html(&Thread {
        shell: Shell::of(panel, &Visitor::ANYBODY, "Answers to your concern", "/concern"),
        said,
        closed: state.as_deref() == Some("closed"),
        readers: keys::members(panel).await?.len(),
        parts,
        code: letters::plain(code),
        once: once::new()?,
        longest: LONGEST,
    })
}

//! `/concern`: anybody writes to the panel.

use super::{
    GROUPS, LONGEST,
    kept::{self, Received},
};
use crate::{
    flow::Clause,
    panel::{
        Panel,
        access::{Visitor, keys},
        cited::Cited,
        guard::Fields,
        letters, once,
        page::{self, Shell},
        wrong::Wrong,
    },
};
use askama::Template;
use axum::{extract::State, response::Response};
use http::StatusCode;
use std::sync::Arc;

#[derive(Template)]
#[template(config = "src/panel/askama.toml", path = "concern.html")]
struct Form {
    shell: Shell,
    error: &'static str,
    readers: usize,
    code: String,
    once: String,
    longest: usize,
    clause: Cited,
}

#[derive(Template)]
#[template(config = "src/panel/askama.toml", path = "concern_received.html")]
struct Receipt {
    shell: Shell,
    code: String,
}

/// Why a text was not taken.
#[derive(Template)]
#[template(config = "src/panel/askama.toml", path = "concern_not_taken.html")]
pub(super) struct NotTaken {
    shell: Shell,
    why: &'static str,
}

/// The form. Its receipt code is made with it, so that a form sent twice has one code.
pub(super) async fn form(State(panel): State<Arc<Panel>>) -> Result<Response, Wrong> {
    shown(&panel, StatusCode::OK, "").await
}

async fn shown(panel: &Panel, status: StatusCode, error: &'static str) -> Result<Response, Wrong> {
    let mut response = page::html(&Form {
        shell: Shell::of(panel, &Visitor::ANYBODY, "Tell the panel about a concern", "/concern"),
        error,
        readers: keys::members(panel).await?.len(),
        code: letters::plain(&letters::code(GROUPS)?),
        once: once::new()?,
        longest: LONGEST,
        clause: Cited::of(panel, Clause::Trans2),
    })?;
    *response.status_mut() = status;
    Ok(response)
}

/// Takes it.
pub(super) async fn give(State(panel): State<Arc<Panel>>, fields: Fields) -> Result<Response, Wrong> {
    let (code, once) = (fields.one("code")?, once::of(&fields)?);
    if !letters::is_code(code, GROUPS) {
        return Err(Wrong::Invalid("Open the page again and send its form anew."));
    }
    let text = fields.text("text", LONGEST)?;
    if text.is_empty() {
        return shown(&panel, StatusCode::BAD_REQUEST, "Write what the panel should know.").await;
    }
    match kept::receive(&panel, code, &once, &text).await? {
        Received::Yes => page::html(&Receipt {
            shell: Shell::of(&panel, &Visitor::ANYBODY, "The panel has it", "/concern"),
            code: grouped(code),
        }),
        other => not_taken(&panel, other),
    }
}

/// A code as it is read aloud: capitals in groups of four.
fn grouped(code: &str) -> String {
    let letters: Vec<char> = letters::plain(code).to_ascii_uppercase().chars().collect();
    letters.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}

/// Says that a text was not kept, and where else to go.
pub(super) fn not_taken(panel: &Panel, why: Received) -> Result<Response, Wrong> {
    let (status, why) = match why {
        Received::TooMuch => (
            StatusCode::TOO_MANY_REQUESTS,
            "More was added to this concern than is taken in a day. You can add to it again tomorrow.",
        ),
        Received::Busy => (
            StatusCode::TOO_MANY_REQUESTS,
            "Very many are writing at this moment. Go back and send it again in a minute.",
        ),
        Received::Full => (
            StatusCode::SERVICE_UNAVAILABLE,
            "The disk space for what the panel keeps is used up. It takes new concerns once the IT team has made room.",
        ),
        _ => (
            StatusCode::SERVICE_UNAVAILABLE,
            "No panel member has a key yet, so nobody could read it, and it would have to be kept in clear.",
        ),
    };
    let shell = Shell::of(panel, &Visitor::ANYBODY, "This could not be taken", "/concern");
    let mut response = page::html(&NotTaken { shell, why })?;
    *response.status_mut() = status;
    Ok(response)
}

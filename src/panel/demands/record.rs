//! `/demands/new`: whoever was asked for data writes down by whom and by what power.

use super::{Answer, Asker, Power, kept};
use crate::{
    flow::Clause,
    panel::{
        Panel,
        access::{Role, Visitor},
        cited::Cited,
        confidential,
        guard::Fields,
        once,
        page::{self, Shell},
        wrong::Wrong,
    },
};
use askama::Template;
use axum::{extract::State, response::Response};
use http::StatusCode;
use std::sync::Arc;

/// Characters of the words.
pub(super) const LONGEST: usize = 10_000;

#[derive(Template)]
#[template(config = "src/panel/askama.toml", path = "demands_new.html")]
struct Form {
    shell: Shell,
    error: &'static str,
    once: String,
    who: Vec<(&'static str, &'static str)>,
    powers: Vec<(&'static str, &'static str, &'static str)>,
    answers: Vec<(&'static str, &'static str)>,
    longest: usize,
    sent: Sent,
    clause: Cited,
}

/// What was typed, to be shown again beside an error.
#[derive(Debug, Clone, Default)]
struct Sent {
    who: String,
    power: String,
    seen: String,
    sha256: String,
    answer: String,
    words: String,
}

#[derive(Template)]
#[template(config = "src/panel/askama.toml", path = "demands_kept.html")]
struct Kept {
    shell: Shell,
    number: i64,
    kept: bool,
    /// The form was sent before.
    again: bool,
    panel: bool,
    id: String,
    power: &'static str,
    obliges: &'static str,
}

/// Each power with what it obliges to.
pub(super) fn powers() -> Vec<(&'static str, &'static str, &'static str)> {
    Power::ALL.iter().map(|p| (p.as_str(), p.label(), p.obliges())).collect()
}

/// Each answer.
pub(super) fn answers() -> Vec<(&'static str, &'static str)> {
    Answer::ALL.iter().map(|a| (a.as_str(), a.label())).collect()
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
    let mut response = page::html(&Form {
        shell: Shell::of(panel, visitor, "Somebody asks for data", "/demands/new"),
        error,
        once: once::new()?,
        who: Asker::ALL.iter().map(|w| (w.as_str(), w.label())).collect(),
        powers: powers(),
        answers: answers(),
        longest: LONGEST,
        sent,
        clause: Cited::of(panel, Clause::Data1),
    })?;
    *response.status_mut() = status;
    Ok(response)
}

/// Takes it down.
pub(super) async fn record(
    State(panel): State<Arc<Panel>>,
    visitor: Visitor,
    fields: Fields,
) -> Result<Response, Wrong> {
    let session = visitor.signed_in()?;
    let id = once::of(&fields)?;
    let sent = Sent {
        who: fields.one("who")?.to_owned(),
        power: fields.one("power")?.to_owned(),
        seen: fields.one("seen")?.to_owned(),
        sha256: fields.one("sha256")?.to_ascii_lowercase(),
        answer: fields.one("answer")?.to_owned(),
        words: fields.text("words", LONGEST)?,
    };
    let (who, power, answer) = match chosen(&sent) {
        Ok(chosen) => chosen,
        Err(error) => return shown(&panel, &visitor, StatusCode::BAD_REQUEST, error, sent),
    };
    let sealed = confidential::seal_words(&panel, &kept::purpose(&id), &sent.words).await?;
    let kept = sent.words.is_empty() || sealed.is_some();
    let document = Some(sent.sha256).filter(|hash| !hash.is_empty());
    let new = kept::New { id: id.clone(), who, power, seen: sent.seen == "yes", document, answer, sealed };
    let again = kept::keep(&panel, new).await? != once::Sent::First;
    let demand = kept::find(&panel, &id).await?.ok_or_else(|| Wrong::broken("a demand was not kept"))?;
    page::html(&Kept {
        shell: Shell::of(&panel, &visitor, "It is in the register", "/demands/new"),
        number: demand.number,
        kept,
        again,
        panel: session.role == Role::Panel,
        id,
        power: power.label(),
        obliges: power.obliges(),
    })
}

fn chosen(sent: &Sent) -> Result<(Asker, Power, Answer), &'static str> {
    let who = sent.who.parse().map_err(|_| "Choose who asked.")?;
    let power = sent.power.parse().map_err(|_| "Choose by what power they asked, or that there was none.")?;
    if !matches!(sent.seen.as_str(), "yes" | "no") {
        return Err("Say whether you saw a document.");
    }
    let hash = sent.sha256.len() == 64 && sent.sha256.bytes().all(|b| b.is_ascii_hexdigit());
    if !sent.sha256.is_empty() && (!hash || sent.seen != "yes") {
        return Err(
            "A document's SHA-256 has 64 characters, from 0 to 9 and a to f, and belongs to one that was seen.",
        );
    }
    let answer = sent.answer.parse().map_err(|_| "Choose what was answered, or that nothing was yet.")?;
    if answer == Answer::Complied && (power == Power::None || sent.seen != "yes") {
        return Err("You wrote that an order was complied with, but no order was seen. A request is not an order. \
                    If data was given, report it as a breach.");
    }
    Ok((who, power, answer))
}

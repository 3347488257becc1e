//! `/demands`: the register, one demand, and what was answered later.

use super::{
    Answer, Asker, Power,
    kept::{self, Demand},
    record::{self, LONGEST},
};
use crate::{
    flow::Clause,
    panel::{
        Panel,
        access::Visitor,
        cited::Cited,
        confidential::{self, Shown},
        days,
        guard::Fields,
        once,
        page::{self, Shell},
        wrong::Wrong,
    },
};
use askama::Template;
use axum::{
    extract::{Path, State},
    response::Response,
};
use std::sync::Arc;

#[derive(Template)]
#[template(config = "src/panel/askama.toml", path = "demands.html")]
struct List {
    shell: Shell,
    demands: Vec<Row>,
    powers: Vec<(&'static str, &'static str, &'static str)>,
    clause: Cited,
}

struct Row {
    id: String,
    number: i64,
    day: String,
    who: &'static str,
    power: &'static str,
    obliges: &'static str,
    seen: bool,
    document: Option<String>,
    answer: &'static str,
    confirmed: bool,
}

#[derive(Template)]
#[template(config = "src/panel/askama.toml", path = "demands_one.html")]
struct One {
    shell: Shell,
    row: Row,
    words: Option<Shown>,
    later: Vec<Later>,
    answers: Vec<(&'static str, &'static str)>,
    once: String,
    longest: usize,
    clause: Cited,
}

struct Later {
    day: String,
    answer: &'static str,
    confirmed: bool,
    words: Option<Shown>,
}

fn label(answer: &str) -> &'static str {
    answer.parse::<Answer>().map(Answer::label).unwrap_or_default()
}

fn row(demand: &Demand) -> Row {
    let power = demand.power.parse::<Power>().unwrap_or(Power::Other);
    Row {
        id: demand.id.clone(),
        number: demand.number,
        day: demand.day.parse().map(days::said).unwrap_or_default(),
        who: demand.who.parse::<Asker>().map(Asker::label).unwrap_or_default(),
        power: power.label(),
        obliges: power.obliges(),
        seen: demand.seen,
        document: demand.document.clone(),
        answer: label(&demand.answer),
        confirmed: demand.confirmed,
    }
}

/// The register.
pub(super) async fn list(State(panel): State<Arc<Panel>>, visitor: Visitor) -> Result<Response, Wrong> {
    page::html(&List {
        shell: Shell::of(&panel, &visitor, "Demands", "/demands"),
        demands: kept::all(&panel).await?.iter().map(row).collect(),
        powers: record::powers(),
        clause: Cited::of(&panel, Clause::Data1),
    })
}

async fn found(panel: &Panel, id: &str) -> Result<Demand, Wrong> {
    kept::find(panel, id).await?.ok_or(Wrong::NotFound)
}

/// One demand.
pub(super) async fn one(
    State(panel): State<Arc<Panel>>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, Wrong> {
    let (session, demand) = (visitor.signed_in()?, found(&panel, &id).await?);
    let purpose = kept::purpose(&demand.id);
    let show = |sealed: &Option<String>| sealed.as_ref().map(|s| confidential::show(&panel, session, &purpose, s));
    let later = kept::later(&panel, &demand.id).await?;
    let later = later.iter().map(|l| Later {
        day: l.day.parse().map(days::said).unwrap_or_default(),
        answer: label(&l.answer),
        confirmed: l.confirmed,
        words: show(&l.sealed),
    });
    page::html(&One {
        shell: Shell::of(&panel, &visitor, format!("Demand {}", demand.number), "/demands"),
        row: row(&demand),
        words: show(&demand.sealed),
        later: later.collect(),
        answers: record::answers(),
        once: once::new()?,
        longest: LONGEST,
        clause: Cited::of(&panel, Clause::Data1),
    })
}

/// Something was answered since.
pub(super) async fn answer(
    State(panel): State<Arc<Panel>>,
    visitor: Visitor,
    Path(id): Path<String>,
    fields: Fields,
) -> Result<Response, Wrong> {
    visitor.signed_in()?;
    let demand = found(&panel, &id).await?;
    let answer: Answer = fields.one("answer")?.parse().map_err(|_| Wrong::Invalid("Choose what was answered."))?;
    if answer == Answer::Complied && (!demand.seen || demand.power == Power::None.as_str()) {
        return Err(Wrong::Invalid(
            "No order was seen, and a request is not an order. If an order came since, record it as a demand of its own.",
        ));
    }
    let words = fields.text("words", LONGEST)?;
    let sealed = confidential::seal_all_words(&panel, &kept::purpose(&demand.id), &words).await?;
    let (id, day) = (once::of(&fields)?, panel.today().to_string());
    let later = kept::Later { id, answer: answer.as_str().to_owned(), day, sealed, confirmed: false };
    if !kept::answer(&panel, &demand, answer, later).await? {
        return Err(Wrong::Conflict("This answer was recorded already."));
    }
    Ok(page::see_other(&format!("/demands/{}", demand.id)))
}

/// Lets members who came later read the words.
pub(super) async fn share(
    State(panel): State<Arc<Panel>>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, Wrong> {
    let (session, demand) = (visitor.signed_in()?, found(&panel, &id).await?);
    let purpose = kept::purpose(&demand.id);
    let first = (demand.id.clone(), demand.sealed.clone(), "UPDATE demands SET sealed = ?2 WHERE id = ?1");
    let later = kept::later(&panel, &demand.id).await?;
    let later = later.into_iter().map(|l| (l.id, l.sealed, "UPDATE demand_answers SET sealed = ?2 WHERE id = ?1"));
    for (id, sealed, keep) in std::iter::once(first).chain(later) {
        if let Some(sealed) = sealed
            && let Some(shared) = confidential::share(&panel, session, &purpose, &sealed).await?
        {
            panel.store().write(move |db| db.execute(keep, (id, shared))).await?;
        }
    }
    Ok(page::see_other(&format!("/demands/{}", demand.id)))
}

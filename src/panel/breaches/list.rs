//! `/breaches`: the panel's list, one breach, and what was done about it.

use super::{
    Channel, Data, Happened,
    kept::{self, Breach},
    steps::{self, Step},
};
use crate::{
    flow::{Clause, SystemId},
    panel::{
        Panel,
        access::Visitor,
        cited::Cited,
        confidential::{self, Shown},
        days,
        guard::Fields,
        once,
        page::{self, Shell},
        stops::scope,
        wrong::Wrong,
    },
};
use askama::Template;
use axum::{
    extract::{Path, State},
    response::Response,
};
use jiff::civil::Date;
use std::sync::Arc;

/// Characters of the words of a step.
const LONGEST: usize = 4000;

#[derive(Template)]
#[template(config = "src/panel/askama.toml", path = "breaches.html")]
struct List {
    shell: Shell,
    breaches: Vec<Row>,
    clause: Cited,
}

struct Row {
    id: String,
    number: i64,
    told: String,
    channel: &'static str,
    to: String,
    left: Vec<(&'static str, bool)>,
    confirmed: bool,
}

#[derive(Template)]
#[template(config = "src/panel/askama.toml", path = "breaches_one.html")]
struct One {
    shell: Shell,
    row: Row,
    happened: &'static str,
    data: Vec<&'static str>,
    aware: String,
    reporter: Option<String>,
    words: Option<Shown>,
    clock: Clock,
    steps: Vec<Follow>,
    today: String,
    clause: Cited,
}

/// The 72 hours, in words.
struct Clock {
    by: String,
    left: String,
    over: bool,
    done: bool,
}

/// A step on the page.
struct Follow {
    step: &'static str,
    label: &'static str,
    advice: &'static str,
    due: String,
    overdue: bool,
    once: String,
    done: Vec<Done>,
}

struct Done {
    day: String,
    applies: bool,
    words: Option<Shown>,
}

/// The list.
pub(super) async fn list(State(panel): State<Arc<Panel>>, visitor: Visitor) -> Result<Response, Wrong> {
    let breaches = kept::listed(&panel).await?;
    page::html(&List {
        shell: Shell::of(&panel, &visitor, "Breaches", "/breaches"),
        breaches: breaches.iter().map(|b| row(&panel, b)).collect(),
        clause: Cited::of(&panel, Clause::Trans2),
    })
}

fn row(panel: &Panel, breach: &Breach) -> Row {
    let to = match breach.recipient.as_str() {
        "other" => "somebody who is not in our registry".to_owned(),
        "unknown" => "not known".to_owned(),
        id => SystemId::parse(id).map_or_else(|_| String::new(), |id| scope::recipient(&panel.policy(), &id)),
    };
    Row {
        id: breach.id.clone(),
        number: breach.number,
        told: days::moment(breach.told),
        channel: breach.channel.parse::<Channel>().map(Channel::label).unwrap_or_default(),
        to,
        left: steps::left(breach, panel.now()).into_iter().map(|l| (l.step.label(), l.overdue)).collect(),
        confirmed: breach.confirmed,
    }
}

/// One breach.
pub(super) async fn one(
    State(panel): State<Arc<Panel>>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, Wrong> {
    let session = visitor.signed_in()?;
    let breach = kept::find(&panel, &id).await?.ok_or(Wrong::NotFound)?;
    let purpose = kept::purpose(&breach.id);
    let show = |sealed: &Option<String>| sealed.as_ref().map(|s| confidential::show(&panel, session, &purpose, s));
    let mut follow = Vec::new();
    for step in Step::ALL {
        let done = breach.steps.iter().filter(|d| d.step == *step).map(|d| Done {
            day: d.day.parse().map(days::said).unwrap_or_default(),
            applies: d.state == "done",
            words: show(&d.sealed),
        });
        let due = steps::due(breach.aware, *step);
        let done: Vec<Done> = done.collect();
        follow.push(Follow {
            step: step.as_str(),
            label: step.label(),
            advice: step.advice(),
            due: days::moment(due),
            overdue: done.is_empty() && panel.now() > due,
            once: once::new()?,
            done,
        });
    }
    let data = breach.data.split(' ').filter_map(|d| d.parse::<Data>().ok()).map(Data::label);
    page::html(&One {
        shell: Shell::of(&panel, &visitor, format!("Breach {}", breach.number), "/breaches"),
        row: row(&panel, &breach),
        happened: breach.happened.parse::<Happened>().map(Happened::label).unwrap_or_default(),
        data: data.collect(),
        aware: days::moment(breach.aware),
        reporter: breach.reporter.clone(),
        words: show(&breach.sealed),
        clock: clock(&panel, &breach),
        steps: follow,
        today: panel.today().to_string(),
        clause: Cited::of(&panel, Clause::Trans2),
    })
}

fn clock(panel: &Panel, breach: &Breach) -> Clock {
    let by = steps::regulator_by(breach.aware);
    let left = by.duration_since(panel.now());
    let (over, left) = (left.is_negative(), left.abs());
    let hours = match left.as_hours() {
        0 => "less than an hour".to_owned(),
        1 => "1 hour".to_owned(),
        hours => format!("{hours} hours"),
    };
    Clock { by: days::moment(by), left: hours, over, done: breach.steps.iter().any(|d| d.step == Step::Regulator) }
}

/// Something was done, or does not apply. What was written before stays.
pub(super) async fn step(
    State(panel): State<Arc<Panel>>,
    visitor: Visitor,
    Path(id): Path<String>,
    fields: Fields,
) -> Result<Response, Wrong> {
    visitor.signed_in()?;
    let breach = kept::find(&panel, &id).await?.ok_or(Wrong::NotFound)?;
    let step: Step = fields.one("step")?.parse().map_err(|_| Wrong::NotFound)?;
    let day: Date = fields.one("day")?.parse().map_err(|_| Wrong::Invalid("Give the day, such as 2026-11-20."))?;
    if day > panel.today() {
        return Err(Wrong::Invalid("A day to come cannot be ticked off. Give the day on which it was done."));
    }
    let words = fields.text("words", LONGEST)?;
    let state = match fields.one("state")? {
        "done" => "done",
        "not-needed" if words.is_empty() => {
            return Err(Wrong::Invalid("Write why it is not needed. The regulator may ask for that."));
        }
        "not-needed" => "not-needed",
        _ => return Err(Wrong::Invalid("Choose whether it was done or is not needed.")),
    };
    let sealed = confidential::seal_all_words(&panel, &kept::purpose(&breach.id), &words).await?;
    let row = (once::of(&fields)?, breach.id.clone(), step.as_str(), state, day.to_string(), sealed);
    let ticked = "INSERT OR IGNORE INTO breach_steps (once, breach, step, state, day, sealed) \
                  VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    if panel.store().write(move |db| db.execute(ticked, row)).await? == 0 {
        return Err(Wrong::Conflict("This was ticked off already."));
    }
    Ok(page::see_other(&format!("/breaches/{}", breach.id)))
}

/// Lets members who came later read the words.
pub(super) async fn share(
    State(panel): State<Arc<Panel>>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, Wrong> {
    let session = visitor.signed_in()?;
    let breach = kept::find(&panel, &id).await?.ok_or(Wrong::NotFound)?;
    let purpose = kept::purpose(&breach.id);
    let mut kept = Vec::new();
    if let Some(sealed) = &breach.sealed
        && let Some(shared) = confidential::share(&panel, session, &purpose, sealed).await?
    {
        kept.push((0, shared));
    }
    for done in &breach.steps {
        if let Some(sealed) = &done.sealed
            && let Some(shared) = confidential::share(&panel, session, &purpose, sealed).await?
        {
            kept.push((done.n, shared));
        }
    }
    let id = breach.id.clone();
    let keep = move |db: &rusqlite::Transaction<'_>| {
        kept.iter().try_for_each(|(n, shared)| {
            match n {
                0 => db.execute("UPDATE breaches SET sealed = ?2 WHERE id = ?1", (&id, shared)),
                n => db.execute("UPDATE breach_steps SET sealed = ?2 WHERE n = ?1", (n, shared)),
            }
            .map(drop)
        })
    };
    panel.store().write(keep).await?;
    Ok(page::see_other(&format!("/breaches/{}", breach.id)))
}

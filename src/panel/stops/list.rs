//! `/stops`: what is in force and what was lifted, until when an answer is due, and the answers.

use super::{Reason, kept, scope, words};
use crate::{
    flow::{Clause, DecisionId},
    ledger::{Change, Leaf, leaf::Kind},
    panel::{
        Panel,
        access::{Role, Visitor},
        cited::Cited,
        days, follow,
        guard::Fields,
        page::{self, Shell},
        wrong::Wrong,
    },
    verdict::destination::day_in_london,
};
use askama::Template;
use axum::{
    extract::{Path, State},
    response::Response,
};
use jiff::civil::Date;
use std::sync::Arc;

/// The longest answer, characters.
pub(super) const WORDS: usize = 4000;
/// Lifted stops that the list shows.
const LIFTED: usize = 100;

/// A stop, as pages show it. Days, no hours: an hour would say who was on shift.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub id: String,
    pub what: String,
    pub reason: &'static str,
    pub since: String,
    pub requests: i64,
    pub due: String,
    pub overdue: bool,
    pub answered: bool,
    pub reminded: bool,
    /// The day and the panel's reason, once it was lifted.
    pub lifted: Option<(String, String)>,
}

/// Something the panel said.
#[derive(Debug, Clone)]
pub(super) struct Said {
    pub day: String,
    pub words: String,
}

#[derive(Template)]
#[template(config = "src/panel/askama.toml", path = "stops.html")]
struct List {
    shell: Shell,
    panel: bool,
    in_force: Vec<Row>,
    lifted: Vec<Row>,
    clause: Cited,
}

#[derive(Template)]
#[template(config = "src/panel/askama.toml", path = "stops_one.html")]
struct One {
    shell: Shell,
    stop: Row,
    answers: Vec<Said>,
    decisions: Vec<String>,
    clause: Cited,
}

/// The list.
pub(super) async fn list(State(panel): State<Arc<Panel>>, visitor: Visitor) -> Result<Response, Wrong> {
    follow::for_a_page(&panel).await?;
    let (lifted, in_force): (Vec<_>, Vec<_>) = all(&panel).await?.into_iter().partition(|s| s.lifted.is_some());
    page::html(&List {
        shell: Shell::of(&panel, &visitor, "Stops", "/stops"),
        panel: visitor.session().is_some_and(|s| s.role == Role::Panel),
        in_force,
        lifted: lifted.into_iter().take(LIFTED).collect(),
        clause: Cited::of(&panel, Clause::Tools1),
    })
}

/// One of them, for the panel member on call.
pub(super) async fn one(
    State(panel): State<Arc<Panel>>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, Wrong> {
    follow::for_a_page(&panel).await?;
    let (stop, answers) = find(&panel, known(&id)?).await?.ok_or(Wrong::NotFound)?;
    let asked = stop.id.clone();
    let decisions = panel
        .store()
        .read(move |db| {
            let mut select =
                db.prepare_cached("SELECT decision FROM stopped_requests WHERE stop = ?1 ORDER BY entry")?;
            select.query_map([asked], |row| row.get(0))?.collect::<Result<Vec<String>, _>>()
        })
        .await?;
    let shell = Shell::of(&panel, &visitor, "A stop", "/stops");
    page::html(&One { shell, stop, answers, decisions, clause: Cited::of(&panel, Clause::Tools1) })
}

/// An id of a path, in its one spelling.
pub(super) fn known(id: &str) -> Result<String, Wrong> {
    id.parse::<DecisionId>().map(|id| id.to_string()).map_err(|_| Wrong::NotFound)
}

/// The panel says what it will do.
pub(super) async fn answer(
    State(panel): State<Arc<Panel>>,
    visitor: Visitor,
    Path(id): Path<String>,
    fields: Fields,
) -> Result<Response, Wrong> {
    let account = visitor.session().map(|s| s.account.clone()).ok_or(Wrong::Forbidden)?;
    let said = fields.text("words", WORDS)?;
    if said.is_empty() {
        return Err(Wrong::Invalid("Write what the panel will do, and when."));
    }
    follow::for_a_page(&panel).await?;
    let (stop, answers) = find(&panel, known(&id)?).await?.ok_or(Wrong::NotFound)?;
    if answers.iter().any(|a| a.words == said) {
        return Err(Wrong::Conflict("The same answer was given already."));
    }
    let hash = words::keep(&panel, said).await?;
    let mut leaf = Leaf::new(Kind::StopAnswered);
    leaf.extra.insert("stop", stop.id.clone());
    leaf.extra.insert("words", hash.clone());
    leaf.extra.insert("by", account);
    if let Err(e) = panel.record(leaf, vec![Change::Notify { kind: kept::ANSWERED }]).await {
        words::not_recorded(&panel, hash, &e).await;
        return Err(e.into());
    }
    Ok(page::see_other(&format!("/stops/{}", stop.id)))
}

/// Every stop, the newest first. Whether one is in force says the record book.
pub(super) async fn all(panel: &Panel) -> Result<Vec<Row>, Wrong> {
    rows(panel, None).await
}

/// One stop and what was said to it.
pub(super) async fn find(panel: &Panel, id: String) -> Result<Option<(Row, Vec<Said>)>, Wrong> {
    let Some(row) = rows(panel, Some(id.clone())).await?.into_iter().next() else { return Ok(None) };
    let said = panel
        .store()
        .read(move |db| {
            let mut select = db.prepare_cached("SELECT day, words FROM stop_answers WHERE stop = ?1 ORDER BY entry")?;
            let rows = select.query_map([id], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?;
            let rows = rows.collect::<Result<Vec<_>, _>>()?;
            rows.into_iter().map(|(day, hash)| Ok((day, words::find(db, &hash)?))).collect::<Result<Vec<_>, _>>()
        })
        .await?;
    let said = said.into_iter().map(|(day, words)| Said { day: spoken(&day), words: words.unwrap_or_else(lost) });
    Ok(Some((row, said.collect())))
}

fn lost() -> String {
    "The words are lost, or are not those that the record book knows. Tell the rest of the panel.".to_owned()
}

/// A row of the table of stops.
struct Kept {
    id: String,
    what: String,
    reason: String,
    day: String,
    requests: i64,
    lifted: Option<(String, Option<String>)>,
    answered: bool,
    reminded: bool,
}

async fn rows(panel: &Panel, only: Option<String>) -> Result<Vec<Row>, Wrong> {
    let only_again = only.clone();
    let kept = panel
        .store()
        .read(move |db| {
            let mut select = db.prepare_cached(
                "SELECT id, what, reason, day, requests, lifted_day, lifted_words, reminded, \
                 EXISTS (SELECT 1 FROM stop_answers a WHERE a.stop = stops.id) FROM stops \
                 WHERE ?1 IS NULL OR id = ?1 ORDER BY lifted IS NOT NULL, entry DESC LIMIT 5000",
            )?;
            let mut rows = select.query([only])?;
            let mut kept = Vec::new();
            while let Some(row) = rows.next()? {
                let lifted = match row.get::<_, Option<String>>(5)? {
                    None => None,
                    Some(day) => Some((day, words::find(db, &row.get::<_, String>(6)?)?)),
                };
                kept.push(Kept {
                    id: row.get(0)?,
                    what: row.get(1)?,
                    reason: row.get(2)?,
                    day: row.get(3)?,
                    requests: row.get(4)?,
                    lifted,
                    answered: row.get(8)?,
                    reminded: row.get(7)?,
                });
            }
            Ok(kept)
        })
        .await?;
    let (policy, kept) = (panel.policy(), in_step(panel, only_again.as_deref(), kept));
    Ok(kept.into_iter().map(|kept| row(&policy, panel.today(), kept)).collect())
}

/// What is in force says the record book's own picture, also where its entries were not all read yet.
fn in_step(panel: &Panel, only: Option<&str>, kept: Vec<Kept>) -> Vec<Kept> {
    let view = panel.ledger().view();
    let unread = view.stops().filter(|s| only.is_none_or(|id| id == s.id) && !kept.iter().any(|k| k.id == s.id));
    let unread = unread.map(|stop| Kept {
        id: stop.id.clone(),
        what: scope::value(&stop.scope),
        reason: String::new(),
        day: day_in_london(stop.at).to_string(),
        requests: 0,
        lifted: None,
        answered: false,
        reminded: true,
    });
    let in_force = |id: &str| view.stops().any(|s| s.id == id);
    let mut all: Vec<_> = unread.collect();
    for mut stop in kept {
        match (in_force(&stop.id), stop.lifted.is_some()) {
            // A record book that was put back may not know of the lifting.
            (true, true) => stop.lifted = None,
            (false, false) => {
                stop.lifted = Some((panel.today().to_string(), Some("Its reason is being read.".to_owned())));
            }
            _ => {}
        }
        all.push(stop);
    }
    all
}

fn row(policy: &crate::policy::Policy, today: Date, kept: Kept) -> Row {
    let due = kept.day.parse::<Date>().map(days::next_working).unwrap_or(today);
    Row {
        what: scope::said(policy, &kept.what),
        reason: kept.reason.parse::<Reason>().map(Reason::label).unwrap_or_default(),
        since: spoken(&kept.day),
        requests: kept.requests,
        due: days::said(due),
        overdue: kept.lifted.is_none() && !kept.answered && today > due,
        answered: kept.answered,
        reminded: kept.reminded,
        lifted: kept.lifted.map(|(day, words)| (spoken(&day), words.unwrap_or_else(lost))),
        id: kept.id,
    }
}

fn spoken(day: &str) -> String {
    day.parse::<Date>().map(days::said).unwrap_or_default()
}

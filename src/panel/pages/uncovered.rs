//! *Not covered*: systems known to send past the gateway, such as a hosted case system that sends from its vendor's own
//! cloud. What is not written down here is believed to be covered, so everybody with an account may add to it.

use crate::panel::{
    Panel,
    access::{Role, Visitor},
    guard::Fields,
    page::{self, Shell, see_other},
    pages::record::moment,
    wrong::Wrong,
};
use askama::Template;
use axum::{
    extract::{Path, State},
    response::Response,
};
use jiff::Timestamp;
use std::sync::Arc;

/// Entries are ended, never taken out.
pub(in crate::panel) const TABLES: &str = "
CREATE TABLE uncovered (n INTEGER PRIMARY KEY, system TEXT NOT NULL, how TEXT NOT NULL, plan TEXT NOT NULL,
    since INTEGER NOT NULL, covered INTEGER) STRICT;
";

/// How a system gets past the gateway.
const WAYS: &[(&str, &str)] = &[
    ("vendor-cloud", "It is hosted, and sends from its vendor's own computers"),
    ("own-network", "It sends from our network, but not through the gateway yet"),
    ("by-hand", "People upload, type or e-mail data into somebody else's system"),
    ("unknown", "We do not know how, only that data leaves"),
];
/// The most entries that are open at once.
const MOST: i64 = 200;

#[derive(Template)]
#[template(config = "src/panel/askama.toml", path = "uncovered.html")]
struct Uncovered {
    shell: Shell,
    open: Vec<Entry>,
    ended: Vec<Entry>,
    ways: &'static [(&'static str, &'static str)],
    may_end: bool,
}

struct Entry {
    number: i64,
    system: String,
    how: &'static str,
    plan: String,
    since: String,
    covered: Option<String>,
}

pub(super) async fn page(State(panel): State<Arc<Panel>>, visitor: Visitor) -> Result<Response, Wrong> {
    let entries = panel.store().read(|db| {
        db.prepare_cached("SELECT n, system, how, plan, since, covered FROM uncovered ORDER BY n DESC LIMIT 1000")?
            .query_map([], Entry::read)?
            .collect::<Result<Vec<_>, _>>()
    });
    let (open, ended) = entries.await?.into_iter().partition(|e| e.covered.is_none());
    let may_end = visitor.session().is_some_and(|s| s.role == Role::Panel);
    page::html(&Uncovered {
        shell: Shell::of(&panel, &visitor, "Not covered", "/not-covered"),
        open,
        ended,
        ways: WAYS,
        may_end,
    })
}

/// Systems that are not covered, with how they get past the gateway, what is planned, and since when they stand here.
pub(in crate::panel) async fn open(panel: &Panel) -> Result<Vec<(String, String, String, Timestamp)>, Wrong> {
    let entries = panel.store().read(|db| {
        db.prepare_cached("SELECT system, how, plan, since FROM uncovered WHERE covered IS NULL ORDER BY n DESC")?
            .query_map([], |row| {
                let since = Timestamp::from_microsecond(row.get(3)?).unwrap_or(Timestamp::MIN);
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, since))
            })?
            .collect()
    });
    entries.await
}

impl Entry {
    fn read(row: &rusqlite::Row<'_>) -> Result<Self, rusqlite::Error> {
        let time = |micros: i64| moment(Timestamp::from_microsecond(micros).unwrap_or(Timestamp::MIN));
        let how: String = row.get(2)?;
        Ok(Self {
            number: row.get(0)?,
            system: row.get(1)?,
            how: WAYS.iter().find(|(id, _)| *id == how).map_or("", |(_, words)| words),
            plan: row.get(3)?,
            since: time(row.get(4)?),
            covered: row.get::<_, Option<i64>>(5)?.map(time),
        })
    }
}

/// Adds a system.
pub(super) async fn add(State(panel): State<Arc<Panel>>, fields: Fields) -> Result<Response, Wrong> {
    let (system, how, plan) = (fields.text("system", 120)?, fields.text("how", 40)?, fields.text("plan", 600)?);
    if system.is_empty() {
        return Err(Wrong::Invalid("Write which system it is."));
    }
    if !WAYS.iter().any(|(id, _)| *id == how) {
        return Err(Wrong::Invalid("Choose how it gets past the gateway."));
    }
    let now = panel.now().as_microsecond();
    let added = panel.store().write(move |db| {
        // The same, sent twice, is one entry.
        db.execute(
            "INSERT INTO uncovered (system, how, plan, since) SELECT ?1, ?2, ?3, ?4 WHERE \
             NOT EXISTS (SELECT 1 FROM uncovered WHERE system = ?1 AND how = ?2 AND covered IS NULL) \
             AND (SELECT count(*) FROM uncovered WHERE covered IS NULL) < ?5",
            (system, how, plan, now, MOST),
        )
    });
    match added.await? {
        0 => Err(Wrong::Conflict("It stands there already, or the list is full.")),
        _ => Ok(see_other("/not-covered")),
    }
}

/// It is covered now.
pub(super) async fn end(State(panel): State<Arc<Panel>>, Path(number): Path<i64>) -> Result<Response, Wrong> {
    let now = panel.now().as_microsecond();
    let ended = panel.store().write(move |db| {
        db.execute("UPDATE uncovered SET covered = ?2 WHERE n = ?1 AND covered IS NULL", (number, now))
    });
    match ended.await? {
        0 => Err(Wrong::Conflict("There is no such open entry.")),
        _ => Ok(see_other("/not-covered")),
    }
}

//! What is kept of a breach.

use super::steps::Step;
use crate::panel::{Panel, wrong::Wrong};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row};

/// A breach as it was reported, and what was done since.
#[derive(Debug, Clone)]
pub(super) struct Breach {
    pub number: i64,
    pub id: String,
    pub channel: String,
    pub recipient: String,
    pub happened: String,
    pub data: String,
    pub aware: Timestamp,
    pub told: Timestamp,
    pub sealed: Option<String>,
    pub reporter: Option<String>,
    /// Whether the record book is known to hold it.
    pub confirmed: bool,
    pub steps: Vec<Done>,
}

/// A step that was done or does not apply.
#[derive(Debug, Clone)]
pub(super) struct Done {
    pub n: i64,
    pub step: Step,
    pub state: String,
    pub day: String,
    pub sealed: Option<String>,
}

const COLUMNS: &str = "number, id, channel, recipient, happened, data, aware, told, sealed, \
    (SELECT name FROM accounts WHERE accounts.id = reporter), entry NOT NULL";

/// What a breach's words are sealed for.
pub(super) fn purpose(id: &str) -> String {
    format!("breach/{id}")
}

/// Of how many breaches of which nothing is left to do the list tells.
const DONE: u32 = 500;

/// A breach of which something is left to do.
fn is_open() -> String {
    let steps = Step::ALL.len();
    format!("(SELECT count(DISTINCT step) FROM breach_steps s WHERE s.breach = breaches.id) < {steps}")
}

/// Every breach of which something is left to do, however many there are, and the newest others.
pub(super) async fn listed(panel: &Panel) -> Result<Vec<Breach>, Wrong> {
    let newest = format!("SELECT number FROM breaches ORDER BY number DESC LIMIT {DONE}");
    with(panel, format!("{} OR number IN ({newest})", is_open())).await
}

/// Every breach of which something is left to do, however many there are.
pub(super) async fn open(panel: &Panel) -> Result<Vec<Breach>, Wrong> {
    with(panel, is_open()).await
}

/// Those of which this holds, the newest first.
async fn with(panel: &Panel, what: String) -> Result<Vec<Breach>, Wrong> {
    let ask = format!("SELECT {COLUMNS} FROM breaches WHERE {what} ORDER BY number DESC");
    panel
        .store()
        .read(move |db| {
            let found = db.prepare_cached(&ask)?.query_map([], breach)?.collect::<Result<Vec<_>, _>>()?;
            found.into_iter().map(|b| with_steps(db, b)).collect()
        })
        .await
}

/// One of them.
pub(super) async fn find(panel: &Panel, id: &str) -> Result<Option<Breach>, Wrong> {
    let (id, ask) = (id.to_owned(), format!("SELECT {COLUMNS} FROM breaches WHERE id = ?1"));
    panel
        .store()
        .read(move |db| {
            let found = db.prepare_cached(&ask)?.query_row([id], breach).optional()?;
            found.map(|b| with_steps(db, b)).transpose()
        })
        .await
}

fn breach(row: &Row<'_>) -> Result<Breach, rusqlite::Error> {
    let time = |micros: i64| Timestamp::from_microsecond(micros).unwrap_or(Timestamp::MIN);
    Ok(Breach {
        number: row.get(0)?,
        id: row.get(1)?,
        channel: row.get(2)?,
        recipient: row.get(3)?,
        happened: row.get(4)?,
        data: row.get(5)?,
        aware: time(row.get(6)?),
        told: time(row.get(7)?),
        sealed: row.get(8)?,
        reporter: row.get(9)?,
        confirmed: row.get(10)?,
        steps: Vec::new(),
    })
}

fn with_steps(db: &Connection, mut breach: Breach) -> Result<Breach, rusqlite::Error> {
    let mut select =
        db.prepare_cached("SELECT n, step, state, day, sealed FROM breach_steps WHERE breach = ?1 ORDER BY n")?;
    let mut rows = select.query([&breach.id])?;
    while let Some(row) = rows.next()? {
        if let Ok(step) = row.get::<_, String>(1)?.parse() {
            breach.steps.push(Done { n: row.get(0)?, step, state: row.get(2)?, day: row.get(3)?, sealed: row.get(4)? });
        }
    }
    Ok(breach)
}

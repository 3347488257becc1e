//! What is kept of a demand, and how it comes into the record book.

use super::{Answer, Asker, Power};
use crate::{
    ledger::{Leaf, leaf::Kind},
    panel::{
        Panel,
        follow::Read,
        once::{self, Sent},
        wrong::Wrong,
    },
};
use rusqlite::{Connection, OptionalExtension as _, Row, Transaction};

/// A demand as it was recorded, with its last answer.
#[derive(Debug, Clone)]
pub(super) struct Demand {
    pub number: i64,
    pub id: String,
    pub who: String,
    pub power: String,
    pub seen: bool,
    pub document: Option<String>,
    pub day: String,
    pub answer: String,
    pub sealed: Option<String>,
    /// Whether the record book is known to hold it.
    pub confirmed: bool,
}

/// An answer that came later.
#[derive(Debug, Clone)]
pub(super) struct Later {
    pub id: String,
    pub answer: String,
    pub day: String,
    pub sealed: Option<String>,
    /// Whether the record book is known to hold it.
    pub confirmed: bool,
}

/// A demand to be kept.
#[derive(Debug, Clone)]
pub(super) struct New {
    pub id: String,
    pub who: Asker,
    pub power: Power,
    pub seen: bool,
    pub document: Option<String>,
    pub answer: Answer,
    pub sealed: Option<String>,
}

/// The answer is the last one that the record book is known to hold.
const COLUMNS: &str = "number, id, who, power, seen, document, day, coalesce((SELECT a.answer FROM demand_answers a \
    WHERE a.demand = demands.id AND a.entry NOT NULL ORDER BY a.n DESC LIMIT 1), answer), sealed, entry NOT NULL";

/// What a demand's words are sealed for.
pub(super) fn purpose(id: &str) -> String {
    format!("demand/{id}")
}

fn demand(row: &Row<'_>) -> Result<Demand, rusqlite::Error> {
    Ok(Demand {
        number: row.get(0)?,
        id: row.get(1)?,
        who: row.get(2)?,
        power: row.get(3)?,
        seen: row.get(4)?,
        document: row.get(5)?,
        day: row.get(6)?,
        answer: row.get(7)?,
        sealed: row.get(8)?,
        confirmed: row.get(9)?,
    })
}

/// The newest demands.
pub(super) async fn all(panel: &Panel) -> Result<Vec<Demand>, Wrong> {
    let ask = format!("SELECT {COLUMNS} FROM demands ORDER BY number DESC LIMIT 500");
    panel.store().read(move |db| db.prepare_cached(&ask)?.query_map([], demand)?.collect()).await
}

/// One of them.
pub(super) async fn find(panel: &Panel, id: &str) -> Result<Option<Demand>, Wrong> {
    let (id, ask) = (id.to_owned(), format!("SELECT {COLUMNS} FROM demands WHERE id = ?1"));
    panel.store().read(move |db| db.prepare_cached(&ask)?.query_row([id], demand).optional()).await
}

/// The answers that came later, in the order in which they were written.
pub(super) async fn later(panel: &Panel, demand: &str) -> Result<Vec<Later>, Wrong> {
    let demand = demand.to_owned();
    let later = |row: &Row<'_>| {
        let (id, answer, day, sealed) = (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
        Ok(Later { id, answer, day, sealed, confirmed: row.get(4)? })
    };
    let ask = "SELECT id, answer, day, sealed, entry NOT NULL FROM demand_answers WHERE demand = ?1 ORDER BY n";
    panel.store().read(move |db| db.prepare_cached(ask)?.query_map([demand], later)?.collect()).await
}

/// Keeps and records a demand. The same form again does nothing more.
pub(super) async fn keep(panel: &Panel, new: New) -> Result<Sent, Wrong> {
    let (row, day) = (new.clone(), panel.today().to_string());
    let (made, recorded, same) = panel.store().write(move |db| insert(db, &row, &day)).await?;
    let sent = Sent::of(made, recorded, same)?;
    if sent == Sent::Again {
        return Ok(sent);
    }
    let mut leaf = about(&new.id, new.answer);
    leaf.extra.insert("who", new.who.as_str().to_owned());
    leaf.extra.insert("power", new.power.as_str().to_owned());
    leaf.extra.insert("seen", if new.seen { "yes" } else { "no" }.to_owned());
    leaf.extra.extend(new.document.map(|sha256| ("sha256", sha256)));
    let (yes, no) =
        ("UPDATE demands SET entry = ?2 WHERE id = ?1", "DELETE FROM demands WHERE id = ?1 AND entry IS NULL");
    once::record(panel, leaf, Some("demand"), new.id, (yes, no)).await.map(|()| sent)
}

/// Keeps it, unless its form was sent before. Says whether it is new, whether what is kept is recorded, and whether it is
/// the same. Of words only whether there are any: they are sealed.
fn insert(db: &Connection, new: &New, day: &str) -> Result<(bool, bool, bool), rusqlite::Error> {
    let (who, power, answer) = (new.who.as_str(), new.power.as_str(), new.answer.as_str());
    let insert = "INSERT OR IGNORE INTO demands (id, who, power, seen, document, answer, sealed, day) \
                  VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    let made = db.execute(insert, (&new.id, who, power, new.seen, &new.document, answer, &new.sealed, day))? == 1;
    let ask = "SELECT entry NOT NULL, who = ?2 AND power = ?3 AND seen = ?4 AND document IS ?5 AND answer = ?6 \
               AND (sealed IS NULL) = ?7 FROM demands WHERE id = ?1";
    let asked = (&new.id, who, power, new.seen, &new.document, answer, new.sealed.is_none());
    db.query_row(ask, asked, |row| Ok((made, row.get(0)?, row.get(1)?)))
}

/// Keeps and records an answer that came later. `false`: this form was sent already.
pub(super) async fn answer(panel: &Panel, demand: &Demand, answer: Answer, later: Later) -> Result<bool, Wrong> {
    let (row, of) = (later.clone(), demand.id.clone());
    let kept = panel.store().write(move |db| {
        let insert =
            "INSERT OR IGNORE INTO demand_answers (id, demand, answer, day, sealed) VALUES (?1, ?2, ?3, ?4, ?5)";
        let made = db.execute(insert, (&row.id, &of, &row.answer, &row.day, &row.sealed))? == 1;
        let ask = "SELECT entry NOT NULL, demand = ?2 AND answer = ?3 AND (sealed IS NULL) = ?4 FROM demand_answers \
                   WHERE id = ?1";
        let asked = (&row.id, &of, &row.answer, row.sealed.is_none());
        db.query_row(ask, asked, |row| Ok((made, row.get(0)?, row.get(1)?)))
    });
    let (made, recorded, same) = kept.await?;
    if Sent::of(made, recorded, same)? == Sent::Again {
        return Ok(false);
    }
    let (yes, no) = (
        "UPDATE demand_answers SET entry = ?2 WHERE id = ?1",
        "DELETE FROM demand_answers WHERE id = ?1 AND entry IS NULL",
    );
    once::record(panel, about(&demand.id, answer), Some("demand"), later.id, (yes, no)).await?;
    Ok(true)
}

/// Notes an entry that speaks of a demand: of the demand itself where it says who asked, otherwise of the first answer
/// with these words that has no entry yet.
pub(in crate::panel) fn recorded(db: &Transaction<'_>, read: &Read) -> Result<(), rusqlite::Error> {
    let of_demand = "UPDATE demands SET entry = ?2 WHERE id = ?1 AND entry IS NULL";
    let of_answer = "UPDATE demand_answers SET entry = ?2 WHERE n = (SELECT min(n) FROM demand_answers \
                     WHERE demand = ?1 AND answer = ?3 AND entry IS NULL) \
                     AND NOT EXISTS (SELECT 1 FROM demand_answers WHERE entry = ?2)";
    let word = |name| read.extra(name).unwrap_or_default();
    let (demand, entry) = (word("demand"), read.index);
    if word("who").is_empty() {
        db.prepare_cached(of_answer)?.execute((demand, entry, word("answer"))).map(drop)
    } else {
        db.prepare_cached(of_demand)?.execute((demand, entry)).map(drop)
    }
}

fn about(demand: &str, answer: Answer) -> Leaf {
    let mut leaf = Leaf::new(Kind::DemandRecorded);
    leaf.extra.insert("demand", demand.to_owned());
    leaf.extra.insert("answer", answer.as_str().to_owned());
    leaf
}

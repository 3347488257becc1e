//! What the pages on policies, emergencies and consent keep of the record book: read once, in its order, a little at a
//! time, beside the pages. It can all be made again from the record book.

use super::{
    Panel,
    pages::{consent, emergencies, policy},
    wrong::Wrong,
};
use crate::ledger::{Entry, LedgerError};
use rusqlite::Transaction;
use serde_json::Value;
use std::{sync::Arc, time::Duration};

/// How far it was read.
pub(super) const TABLES: &str = "
CREATE TABLE followed (one INTEGER PRIMARY KEY CHECK (one = 1), entry INTEGER NOT NULL, notice INTEGER NOT NULL) STRICT;
INSERT INTO followed VALUES (1, 0, 0);
CREATE TABLE followed_days (day TEXT PRIMARY KEY, entry INTEGER NOT NULL) STRICT, WITHOUT ROWID;
";

/// How often it looks for more.
const EVERY: Duration = Duration::from_secs(1);
/// Answers of the record book that a page waits for, at most.
const FOR_A_PAGE: usize = 10;
/// Answers of the record book in one turn beside the pages, which wait for it.
const IN_A_ROW: usize = 10;

/// An entry as the areas read it.
#[derive(Debug)]
pub(super) struct Read {
    /// Its index.
    pub index: i64,
    leaf: Value,
}

impl Read {
    fn of(entry: &Entry) -> Option<Self> {
        let index = i64::try_from(entry.index).ok()?;
        Some(Self { index, leaf: serde_json::from_str(&entry.leaf).ok()? })
    }

    /// A member that is text.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.leaf.get(name)?.as_str()
    }

    /// Something of `extra`.
    pub(super) fn extra(&self, name: &str) -> Option<&str> {
        self.leaf.get("extra")?.get(name)?.as_str()
    }

    /// A number of `extra`.
    pub(super) fn number(&self, name: &str) -> Option<i64> {
        self.extra(name)?.parse().ok()
    }

    /// Its counts, as they stand.
    pub(super) fn counts(&self) -> String {
        self.leaf.get("counts").map_or_else(|| "[]".to_owned(), Value::to_string)
    }
}

/// How far the pages are behind the record book.
#[derive(Debug, Clone, Copy)]
pub(super) struct Progress {
    /// Entries read.
    pub read: u64,
    /// Entries there are.
    pub size: u64,
}

impl Progress {
    /// For a page that must say so; `None` once everything was read.
    pub(super) fn behind(self) -> Option<String> {
        (self.read < self.size).then(|| {
            format!(
                "This page has read {} of the record book's {} entries so far. Look again in a minute.",
                self.read, self.size
            )
        })
    }
}

/// Reads on, for a page that is about to be shown. Where the record book has no time for that, the page shows what was
/// read before and says how far that is.
pub(super) async fn for_a_page(panel: &Panel) -> Result<Progress, Wrong> {
    let _turn = panel.registers().turn().await;
    match up(panel, FOR_A_PAGE).await {
        Ok(progress) => Ok(progress),
        Err(_) => far(panel).await,
    }
}

async fn far(panel: &Panel) -> Result<Progress, Wrong> {
    let size = panel.ledger().head().size;
    Ok(Progress { read: at(panel, size).await?.0, size })
}

/// Reads on, until everything was read or so many answers were. Who calls it has the turn.
pub(super) async fn up(panel: &Panel, answers: usize) -> Result<Progress, Wrong> {
    for _ in 0..answers {
        let size = panel.ledger().head().size;
        let (read, notice) = at(panel, size).await?;
        if read >= size {
            return Ok(Progress { read, size });
        }
        step(panel, size, (read, notice)).await?;
    }
    far(panel).await
}

/// How far entries and notices were read. A record book that is shorter than what was read is another one: begin anew.
async fn at(panel: &Panel, size: u64) -> Result<(u64, u64), Wrong> {
    let number = |n: i64| u64::try_from(n).unwrap_or_default();
    let read = panel.store().read(move |db| {
        db.query_row("SELECT entry, notice FROM followed", [], |row| Ok((number(row.get(0)?), number(row.get(1)?))))
    });
    let (entry, notice) = read.await?;
    if entry <= size {
        return Ok((entry, notice));
    }
    let cleared = panel.store().write(|db| {
        for table in [policy::READ, emergencies::READ, consent::READ, &["followed_days"]].concat() {
            db.execute(&format!("DELETE FROM {table}"), [])?;
        }
        db.execute("UPDATE followed SET entry = 0, notice = 0", [])
    });
    cleared.await.map(|_| (0, 0))
}

/// One answer of entries. Notices come first: an entry is read only when everything that is told of it is known.
async fn step(panel: &Panel, size: u64, (entry, notice): (u64, u64)) -> Result<(), Wrong> {
    let ledger = panel.ledger();
    let notices = ledger.notices(notice).await.map_err(unread)?;
    let until = notices.last().map_or(size, |last| last.entry.min(size));
    let entries = if until > entry { ledger.entries(entry).await.map_err(unread)? } else { Vec::new() };
    let entries: Vec<_> = entries.into_iter().filter(|e| e.index < until).collect();
    let next = entries.last().map_or(entry, |last| last.index + 1);
    let heard = notices.last().map_or(notice, |last| last.number);
    let kept = panel.store().write(move |db| {
        notices.iter().try_for_each(|n| emergencies::told(db, n))?;
        entries.iter().filter_map(Read::of).try_for_each(|read| take(db, &read))?;
        let to = (i64::try_from(next).unwrap_or(i64::MAX), i64::try_from(heard).unwrap_or(i64::MAX));
        db.execute("UPDATE followed SET entry = ?1, notice = ?2", to)
    });
    kept.await.map(drop)
}

fn take(db: &Transaction<'_>, read: &Read) -> Result<(), rusqlite::Error> {
    if let Some(day) = read.text("day") {
        db.prepare_cached("INSERT OR IGNORE INTO followed_days VALUES (?1, ?2)")?.execute((day, read.index))?;
    }
    match read.text("type") {
        Some("policy.activated") => policy::activated(db, read),
        Some("policy.rejected") => policy::rejected(db, read),
        Some("safeguarding" | "safeguarding.reviewed" | "safeguarding.overdue" | "decision" | "outcome") => {
            emergencies::take(db, read)
        }
        Some("consent.issued" | "consent.declined" | "consent.ended") => consent::take(db, read),
        _ => Ok(()),
    }
}

fn unread(error: LedgerError) -> Wrong {
    tracing::warn!(%error, "the record book could not be read for the panel's pages");
    Wrong::Broken
}

/// Reads on for as long as the panel runs, and does what time alone brings about.
pub(super) async fn run(panel: Arc<Panel>, stop: impl Future<Output = ()>) {
    let mut stop = std::pin::pin!(stop);
    loop {
        // A failure is in the log; the next look tries again. With more to read it goes on at once.
        let wait = if matches!(tick(&panel).await, Ok(true)) { Duration::ZERO } else { EVERY };
        tokio::select! {
            () = &mut stop => return,
            () = tokio::time::sleep(wait) => {}
        }
    }
}

/// Whether there is more to read.
async fn tick(panel: &Panel) -> Result<bool, Wrong> {
    let _turn = panel.registers().turn().await;
    if up(panel, IN_A_ROW).await?.behind().is_some() {
        return Ok(true);
    }
    emergencies::remind(panel).await?;
    consent::keep_state(panel).await?;
    Ok(false)
}

/// Turns, and what was worked out already.
#[derive(Debug, Default)]
pub(super) struct Registers {
    turn: tokio::sync::Mutex<()>,
    /// Differences that pages showed; the same two sets differ in the same way for ever.
    pub differences: policy::Known,
}

impl Registers {
    /// One at a time reads on or writes a review, so that nothing is read or written twice.
    pub(super) async fn turn(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.turn.lock().await
    }
}

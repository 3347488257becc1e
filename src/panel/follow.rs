//! The one reader of the record book: entries and what is told of them, in their order, a batch at a time. Every area
//! takes a batch in, and how far that is, in one transaction: ended anywhere, it goes on where it was. Another record
//! book in the place of the known one (a restored one, a successor) is noticed by its entries; then everything that
//! was read is forgotten and read again from the beginning.

mod read;

pub(super) use read::Read;

use super::{
    Panel, breaches, concerns, demands, figures,
    pages::{consent, emergencies, policy},
    stops::kept as stops,
    store::Store,
    wrong::Wrong,
};
use crate::ledger::{Entry, Ledger, LedgerError, Notice};
use rusqlite::{Connection, OptionalExtension as _, Transaction};
use std::{future::Future, pin::pin, sync::Arc, time::Duration};

/// How far it was read, and the first entry of each day.
pub(super) const TABLES: &str = "
CREATE TABLE followed (one INTEGER PRIMARY KEY CHECK (one = 1), next INTEGER NOT NULL, last BLOB NOT NULL,
    active TEXT NOT NULL, notice INTEGER NOT NULL) STRICT;
CREATE TABLE followed_days (day TEXT PRIMARY KEY, entry INTEGER NOT NULL) STRICT, WITHOUT ROWID;
";
/// Those that are made from the record book.
const READ: &[&str] = &["followed", "followed_days"];

/// How often the record book's size is looked at.
const EVERY: Duration = Duration::from_millis(500);
/// After failures it is looked at less and less often, at least this often.
const SELDOM: Duration = Duration::from_secs(60);
/// Batches that a page waits for, at most.
const FOR_A_PAGE: usize = 4;

/// How far the record book was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// Entries that are counted.
    pub entries: u64,
    /// SHA-256 of the last one's leaf; empty before the first.
    last: Vec<u8>,
    /// The set of rules that was active then.
    active: String,
    /// The last notice that was read.
    notice: u64,
}

impl State {
    /// The set of rules that was active at the last entry that is counted, in hexadecimal; empty before the first.
    #[must_use]
    pub fn active(&self) -> &str {
        &self.active
    }
}

/// How far the record book was read.
///
/// # Errors
/// When the store fails.
pub fn state(db: &Connection) -> Result<State, rusqlite::Error> {
    let number = |n: i64| u64::try_from(n).unwrap_or_default();
    let mut select = db.prepare_cached("SELECT next, last, active, notice FROM followed")?;
    let found = select.query_row([], |row| {
        let (entries, notice) = (number(row.get(0)?), number(row.get(3)?));
        Ok(State { entries, last: row.get(1)?, active: row.get(2)?, notice })
    });
    Ok(found.optional()?.unwrap_or(State { entries: 0, last: Vec::new(), active: String::new(), notice: 0 }))
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
///
/// # Errors
/// When the store fails.
pub(super) async fn for_a_page(panel: &Panel) -> Result<Progress, Wrong> {
    let _turn = panel.registers().turn().await;
    match up(panel, FOR_A_PAGE).await {
        Ok(progress) => Ok(progress),
        Err(_) => far(panel).await,
    }
}

/// Reads on, until everything was read or so many batches were.
///
/// # Errors
/// When the record book cannot be read or the store fails.
pub(super) async fn up(panel: &Panel, batches: usize) -> Result<Progress, Wrong> {
    for _ in 0..batches {
        if !step(panel.ledger(), panel.store(), true).await? {
            break;
        }
    }
    far(panel).await
}

async fn far(panel: &Panel) -> Result<Progress, Wrong> {
    let size = panel.ledger().head().size;
    Ok(Progress { read: panel.store().read(state).await?.entries, size })
}

/// Reads everything that the record book holds now. Pages need not wait for it; reports and checks do.
///
/// # Errors
/// When the record book cannot be read or the store fails.
pub async fn catch_up(panel: &Panel) -> Result<(), Wrong> {
    count_all(panel.ledger(), panel.store()).await
}

/// The same, where no panel runs.
///
/// # Errors
/// When the record book cannot be read to its end or the store fails.
pub async fn count_all(ledger: &Ledger, store: &Store) -> Result<(), Wrong> {
    // What comes meanwhile is left to the next time, or a busy gateway would keep this here.
    let until = ledger.head().size;
    let mut sure = false;
    loop {
        let more = step(ledger, store, sure).await?;
        sure = true;
        if store.read(state).await?.entries >= until {
            return Ok(());
        }
        if !more {
            return Err(Wrong::broken("the record book could not be read to its end"));
        }
    }
}

/// Forgets everything that was read and reads it again. Hours whose details were erased meanwhile are no longer known.
///
/// # Errors
/// When the record book cannot be read or the store fails.
pub async fn rebuild(panel: &Panel) -> Result<(), Wrong> {
    panel.store().write(forget).await?;
    catch_up(panel).await
}

/// Keeps up until told to end, and does what time alone brings about. An entry is never half counted.
pub(super) async fn run(panel: Arc<Panel>, ended: impl Future<Output = ()>) {
    let mut ended = pin!(ended);
    let (mut sure, mut wait) = (false, EVERY);
    loop {
        let more = match step(panel.ledger(), panel.store(), sure).await {
            Ok(more) => {
                (sure, wait) = (true, EVERY);
                more
            }
            Err(failure) => {
                if wait == EVERY {
                    failure.log();
                }
                wait = (wait * 2).min(SELDOM);
                false
            }
        };
        if !more {
            // What failed is said in the log already; the next turn tries again.
            let _ = chores(&panel).await;
        }
        let pause = if more { Duration::ZERO } else { wait };
        tokio::select! {
            () = &mut ended => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}

async fn chores(panel: &Panel) -> Result<(), Wrong> {
    let _turn = panel.registers().turn().await;
    if far(panel).await?.behind().is_none() {
        emergencies::remind(panel).await?;
    }
    consent::keep_state(panel).await
}

/// Why a batch was not taken in.
enum Failure {
    Ledger(LedgerError),
    /// Said in the log where it happened.
    Store(Wrong),
}

impl Failure {
    fn log(&self) {
        if let Self::Ledger(error) = self {
            tracing::warn!(%error, "the panel's pages wait: the record book cannot be read");
        }
    }
}

impl From<Failure> for Wrong {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Ledger(error) => Self::broken(&error.to_string()),
            Failure::Store(wrong) => wrong,
        }
    }
}

/// Takes in one batch; says whether there may be more. Not `sure` yet that the book is the known one, it looks even
/// where nothing was added.
async fn step(ledger: &Ledger, store: &Store, sure: bool) -> Result<bool, Failure> {
    let known = store.read(state).await.map_err(Failure::Store)?;
    let size = ledger.head().size;
    if sure && size == known.entries {
        return Ok(false);
    }
    let Some(batch) = Batch::after(&known, ledger, size).await.map_err(Failure::Ledger)? else {
        tracing::warn!("another record book than before: what the panel's pages show is read again");
        store.write(forget).await.map_err(Failure::Store)?;
        return Ok(true);
    };
    let more = !batch.entries.is_empty() || !batch.notices.is_empty();
    if more {
        store.write(move |db| batch.take(db, &known)).await.map_err(Failure::Store)?;
    }
    Ok(more)
}

/// One answer of the record book. Notices come first: an entry is taken in only when everything that is told of it is
/// known.
struct Batch {
    notices: Vec<Notice>,
    entries: Vec<Entry>,
}

impl Batch {
    /// What comes next; `None` where the last known entry is not that of this record book.
    async fn after(known: &State, ledger: &Ledger, size: u64) -> Result<Option<Self>, LedgerError> {
        let from = known.entries.saturating_sub(1);
        let mut entries = ledger.entries(from).await?;
        if known.entries > 0 {
            if !entries.first().is_some_and(|e| e.index == from && digest(&e.leaf) == known.last) {
                return Ok(None);
            }
            entries.remove(0);
            // The known one alone may be as much as the record book answers at once.
            if entries.is_empty() && size > known.entries {
                entries = ledger.entries(known.entries).await?;
            }
        }
        let notices = ledger.notices(known.notice).await?;
        let until = notices.last().map_or(size, |last| last.entry.min(size));
        entries.retain(|e| e.index < until);
        Ok(Some(Self { notices, entries }))
    }

    /// Takes it in, unless somebody else has since.
    fn take(&self, db: &Transaction<'_>, known: &State) -> Result<(), rusqlite::Error> {
        if state(db)? != *known {
            return Ok(());
        }
        for notice in &self.notices {
            emergencies::told(db, notice)?;
        }
        let mut making = figures::Making::new(db, known.active.clone());
        let mut day = String::new();
        for entry in &self.entries {
            making.add(entry)?;
            if let Some(read) = Read::of(entry) {
                first_of_day(db, &read, &mut day)?;
                take(db, &read)?;
            }
        }
        let active = making.finish()?;
        let number = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        let (next, last) = match self.entries.last() {
            Some(last) => (number(last.index.saturating_add(1)), digest(&last.leaf)),
            None => (number(known.entries), known.last.clone()),
        };
        let notice = number(self.notices.last().map_or(known.notice, |last| last.number));
        db.prepare_cached("INSERT OR REPLACE INTO followed VALUES (1, ?1, ?2, ?3, ?4)")?
            .execute((next, last, active, notice))
            .map(drop)
    }
}

fn first_of_day(db: &Transaction<'_>, read: &Read, before: &mut String) -> Result<(), rusqlite::Error> {
    match read.text("day") {
        Some(day) if day != before => {
            day.clone_into(before);
            let mut keep = db.prepare_cached("INSERT OR IGNORE INTO followed_days VALUES (?1, ?2)")?;
            keep.execute((day, read.index)).map(drop)
        }
        _ => Ok(()),
    }
}

fn take(db: &Transaction<'_>, read: &Read) -> Result<(), rusqlite::Error> {
    match read.text("type") {
        Some("decision") => {
            emergencies::take(db, read)?;
            stops::stopped(db, read)
        }
        Some("outcome" | "safeguarding" | "safeguarding.reviewed" | "safeguarding.overdue") => {
            emergencies::take(db, read)
        }
        Some("policy.activated") => policy::activated(db, read),
        Some("policy.rejected") => policy::rejected(db, read),
        Some("consent.issued" | "consent.declined" | "consent.ended") => consent::take(db, read),
        Some("stop.placed" | "stop.answered" | "stop.overdue" | "stop.lifted") => stops::take(db, read),
        Some("concern.received") => concerns::received(db, read),
        Some("concern.answered") => concerns::answered(db, read),
        Some("breach.reported") => breaches::recorded(db, read),
        Some("demand.recorded") => demands::kept::recorded(db, read),
        _ => Ok(()),
    }
}

/// Forgets everything that was read. What people wrote stays.
pub(super) fn forget(db: &Transaction<'_>) -> Result<(), rusqlite::Error> {
    db.execute_batch(figures::FORGET)?;
    for table in [READ, policy::READ, emergencies::READ, consent::READ, stops::READ, concerns::READ].concat() {
        db.execute(&format!("DELETE FROM {table}"), [])?;
    }
    Ok(())
}

fn digest(leaf: &str) -> Vec<u8> {
    aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, leaf.as_bytes()).as_ref().to_vec()
}

/// Turns, and what was worked out already.
#[derive(Debug, Default)]
pub(super) struct Registers {
    turn: tokio::sync::Mutex<()>,
    /// Differences that pages showed; the same two sets differ in the same way for ever.
    pub differences: policy::Known,
}

impl Registers {
    /// One at a time reads on for a page or writes a review, so that nothing is read for nothing or written twice.
    pub(super) async fn turn(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.turn.lock().await
    }
}

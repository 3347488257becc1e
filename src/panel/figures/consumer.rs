//! Keeping up with the record book: what has come since is added up, a batch at a time, with the cursor moved in the
//! same transaction. Ended anywhere, it goes on where it was. Another record book in the place of the known one (a
//! restored one, a successor) is noticed by its entries, and figures are made again from the beginning.

use super::sums::{EMPTY, FORGET, Making};
use crate::{
    ledger::{Entry, Ledger, LedgerError},
    panel::{Panel, store::Store, wrong::Wrong},
};
use rusqlite::{Connection, OptionalExtension as _, Transaction};
use std::{future::Future, pin::pin, sync::Arc, time::Duration};

/// How often the record book's size is looked at.
const EVERY: Duration = Duration::from_millis(500);
/// After failures it is looked at less and less often, at least this often.
const SELDOM: Duration = Duration::from_secs(60);

/// Where the figures have come to.
pub(in crate::panel) const CURSOR: &str = "
CREATE TABLE figures_cursor (id INTEGER PRIMARY KEY CHECK (id = 0), next INTEGER NOT NULL, last BLOB NOT NULL,
    active TEXT NOT NULL) STRICT;
";

/// How far the figures have come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// Entries that are counted.
    pub entries: u64,
    /// SHA-256 of the last one's leaf; empty before the first.
    last: Vec<u8>,
    /// The set of rules that was active then.
    active: String,
}

impl State {
    /// The set of rules that was active at the last entry that is counted, in hexadecimal; empty before the first.
    #[must_use]
    pub fn active(&self) -> &str {
        &self.active
    }
}

/// How far the figures have come.
///
/// # Errors
/// When the store fails.
pub fn state(db: &Connection) -> Result<State, rusqlite::Error> {
    let mut select = db.prepare_cached("SELECT next, last, active FROM figures_cursor")?;
    let found = select.query_row([], |row| {
        let entries = u64::try_from(row.get::<_, i64>(0)?).unwrap_or_default();
        Ok(State { entries, last: row.get(1)?, active: row.get(2)? })
    });
    Ok(found.optional()?.unwrap_or(State { entries: 0, last: Vec::new(), active: String::new() }))
}

/// Counts everything that the record book holds now. Pages need not wait for it; reports and checks do.
///
/// # Errors
/// When the record book cannot be read or the store fails.
pub async fn catch_up(panel: &Panel) -> Result<(), Wrong> {
    count_all(panel.ledger(), panel.store()).await
}

/// The same, where no panel runs.
///
/// # Errors
/// When the record book cannot be read or the store fails.
pub async fn count_all(ledger: &Ledger, store: &Store) -> Result<(), Wrong> {
    // What comes meanwhile is left to the next time, or a busy gateway would keep this here.
    let until = ledger.head().size;
    let mut sure = false;
    while step(ledger, store, sure).await? && store.read(state).await?.entries < until {
        sure = true;
    }
    Ok(())
}

/// Forgets every figure and counts them again from the record book. Hours whose details were erased meanwhile are no
/// longer known.
///
/// # Errors
/// When the record book cannot be read or the store fails.
pub async fn rebuild(panel: &Panel) -> Result<(), Wrong> {
    panel.store().write(forget).await?;
    catch_up(panel).await
}

/// Keeps up until told to end. An entry is never half counted.
pub(in crate::panel) async fn keep(panel: Arc<Panel>, ended: impl Future<Output = ()>) {
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
        let pause = if more { Duration::ZERO } else { wait };
        tokio::select! {
            () = &mut ended => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// Why a batch was not counted.
enum Failure {
    Ledger(LedgerError),
    /// Said in the log where it happened.
    Store(Wrong),
}

impl Failure {
    fn log(&self) {
        if let Self::Ledger(error) = self {
            tracing::warn!(error = %error, "the panel's figures wait: the record book cannot be read");
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

/// Counts one batch; says whether there may be more. Not `sure` yet that the book is the known one, it looks even
/// where nothing was added.
async fn step(ledger: &Ledger, store: &Store, sure: bool) -> Result<bool, Failure> {
    let known = store.read(state).await.map_err(Failure::Store)?;
    if sure && ledger.head().size == known.entries {
        return Ok(false);
    }
    let from = known.entries.saturating_sub(1);
    let mut entries = ledger.entries(from).await.map_err(Failure::Ledger)?;
    if known.entries > 0 {
        let same = entries.first().is_some_and(|e| e.index == from && digest(&e.leaf) == known.last);
        if !same {
            tracing::warn!("another record book than before: the panel's figures are made again");
            store.write(forget).await.map_err(Failure::Store)?;
            return Ok(true);
        }
        entries.remove(0);
    }
    let more = !entries.is_empty();
    if more {
        store.write(move |db| count(db, &known, &entries)).await.map_err(Failure::Store)?;
    }
    Ok(more)
}

/// Counts a batch, unless somebody else has counted since.
fn count(db: &Transaction<'_>, known: &State, entries: &[Entry]) -> Result<(), rusqlite::Error> {
    let Some(last) = entries.last().filter(|_| state(db).is_ok_and(|now| now == *known)) else { return Ok(()) };
    let mut making = Making::new(db, known.active.clone());
    for entry in entries {
        making.add(entry)?;
    }
    let active = making.finish()?;
    let next = i64::try_from(last.index.saturating_add(1)).unwrap_or(i64::MAX);
    db.execute("INSERT OR REPLACE INTO figures_cursor VALUES (0, ?1, ?2, ?3)", (next, digest(&last.leaf), active))?;
    Ok(())
}

fn forget(db: &Transaction<'_>) -> Result<(), rusqlite::Error> {
    db.execute_batch(EMPTY)?;
    db.execute_batch(FORGET)?;
    db.execute("DELETE FROM figures_cursor", [])?;
    Ok(())
}

fn digest(leaf: &str) -> Vec<u8> {
    aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, leaf.as_bytes()).as_ref().to_vec()
}

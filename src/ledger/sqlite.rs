//! The SQLite engine: one file held by one process, one thread that writes, one sync for each group of
//! transactions. Only this room of the ledger touches files and clocks.
//!
//! The order of writes, and what a crash at any point leaves behind: (1) leaf, detail, state and head go to
//! the write-ahead log in one transaction, synced by its commit; a crash before that leaves none of it.
//! (2) The picture is changed and the callers are told. (3) At most once a second the anchor file is
//! replaced; it is never ahead of what was synced, so a crash leaves it behind and the book is sound.

mod anchor;
mod asserts;
mod changes;
mod exposure;
mod files;
mod inspect;
mod query;
mod reading;
mod rebuild;
mod schema;
mod spend;
mod store;
mod time;
mod upgrade;
mod writer;

use super::{
    AssertFailure, Head, LedgerError, Opening, Tx,
    book::{Clock, Entry, Explained, Notice},
    error::{CreateError, OpenError},
    exposure::{Page, Span},
    verify::{Report, VerifyError},
};
use crate::{
    consent::{RetryOf, View},
    flow::DecisionId,
    policy::PolicyHash,
};
use arc_swap::ArcSwap;
use jiff::Timestamp;
use std::{
    path::Path,
    sync::{
        Arc, OnceLock, Weak,
        atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering},
        mpsc::{SyncSender, sync_channel},
    },
    thread::JoinHandle,
};
use tokio::sync::oneshot;

pub use anchor::default_path as anchor_path;
pub(super) use inspect::{inspect, inspect_at};
pub(super) use time::{system_clock, system_random};

/// What the writer is asked to do.
#[derive(Debug)]
pub(super) enum Job {
    /// Record something.
    Write(Write),
    /// A permission was made and nobody was there to use it.
    Abandoned(DecisionId),
    /// Tell everything of a decision.
    Explain(DecisionId, oneshot::Sender<Result<Option<Explained>, LedgerError>>),
    /// Give back the files of a policy set.
    PolicyFiles(PolicyHash, oneshot::Sender<Result<Option<String>, LedgerError>>),
    /// Read some of what went out.
    Exposure(Box<Span>, oneshot::Sender<Result<Page, LedgerError>>),
    /// Read entries in their order.
    Entries(u64, oneshot::Sender<Result<Vec<Entry>, LedgerError>>),
    /// Read the outbox, after a notice's number.
    Notices(u64, oneshot::Sender<Result<Vec<Notice>, LedgerError>>),
    /// Check everything, a little at a time.
    Verify(oneshot::Sender<Result<Report, LedgerError>>),
    /// Stop.
    Close(oneshot::Sender<Result<(), LedgerError>>),
}

/// A transaction and who waits for it.
#[derive(Debug)]
pub(super) struct Write {
    pub tx: Box<Tx>,
    pub reply: Reply,
}

/// Who waits.
#[derive(Debug)]
pub(super) enum Reply {
    /// For a permission.
    Permit(oneshot::Sender<Result<Granting, LedgerError>>),
    /// For a record.
    Append(oneshot::Sender<Result<u64, LedgerError>>),
    /// Nobody.
    Nobody,
}

/// What became of a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Done {
    /// Permitted.
    Granted { index: u64, retry_of: RetryOf },
    /// Refused, and recorded as that.
    Refused(AssertFailure),
    /// Recorded.
    Recorded { index: u64 },
}

/// A permission on its way to whoever asked. Dropped on the way, it tells the writer that nobody can use it.
#[derive(Debug)]
pub(super) struct Granting {
    done: Done,
    decision: Option<DecisionId>,
    jobs: Weak<SyncSender<Job>>,
}

impl Granting {
    fn new(done: Done, decision: Option<DecisionId>, jobs: Weak<SyncSender<Job>>) -> Self {
        Self { done, decision, jobs }
    }

    /// It arrived.
    pub(super) fn take(mut self) -> Done {
        self.decision = None;
        self.done
    }
}

impl Drop for Granting {
    fn drop(&mut self) {
        if let (Done::Granted { .. }, Some(decision)) = (self.done, self.decision)
            && let Some(jobs) = self.jobs.upgrade()
        {
            // With a full queue the record stays an allow without an outcome, as after a crash: its uses
            // stay spent, and a repetition within a day is a retry.
            _ = jobs.try_send(Job::Abandoned(decision));
        }
    }
}

/// What the writer shows to everybody.
pub(super) struct Shared {
    pub view: ArcSwap<View>,
    pub head: ArcSwap<Head>,
    pub clock: Clock,
    pub boot: String,
    /// How many leaves the anchor covers.
    pub anchored: AtomicU64,
    /// The time of the newest of them, microseconds.
    pub anchored_at: AtomicI64,
    poison: OnceLock<Arc<str>>,
    closing: AtomicBool,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("head", &self.head).field("poison", &self.poison).finish_non_exhaustive()
    }
}

impl Shared {
    /// Why nothing can be written, if so.
    pub(super) fn poison(&self) -> Option<LedgerError> {
        self.poison.get().map(|reason| LedgerError::Poisoned(Arc::clone(reason)))
    }

    pub(super) fn health(&self) -> Result<(), LedgerError> {
        match self.poison() {
            Some(poisoned) => Err(poisoned),
            None if self.closing.load(Ordering::Acquire) => Err(LedgerError::Closed),
            None => Ok(()),
        }
    }

    /// What to say when the writer's thread is not there.
    pub(super) fn gone(&self) -> LedgerError {
        self.health().err().unwrap_or(LedgerError::Closed)
    }

    pub(super) fn begin_closing(&self) {
        self.closing.store(true, Ordering::Release);
    }

    /// How many leaves the anchor covers, and the time of the newest of them.
    pub(super) fn anchored(&self) -> (u64, Timestamp) {
        let at = Timestamp::from_microsecond(self.anchored_at.load(Ordering::Acquire)).unwrap_or(Timestamp::MIN);
        (self.anchored.load(Ordering::Acquire), at)
    }

    /// The anchor covers everything up to here.
    pub(super) fn covered(&self, head: &Head) {
        self.anchored_at.store(head.time.as_microsecond(), Ordering::Release);
        self.anchored.store(head.size, Ordering::Release);
    }

    /// From now on everything is refused. The first reason stays.
    fn set_poison(&self, reason: &str) -> LedgerError {
        LedgerError::Poisoned(Arc::clone(self.poison.get_or_init(|| reason.into())))
    }
}

/// See [`super::Ledger::create`].
pub(super) fn create(path: &Path, opening: &Opening) -> Result<(), CreateError> {
    schema::create(path, opening)
}

/// The opened ledger: the way to its writer, what it shows, and its thread.
pub(super) type Opened = (Arc<SyncSender<Job>>, Arc<Shared>, JoinHandle<()>);

/// See [`super::Ledger::open`].
pub(super) fn open(path: &Path, opening: Opening) -> Result<Opened, OpenError> {
    let (jobs, queue) = sync_channel(opening.queue.max(1));
    let jobs = Arc::new(jobs);
    let anchor = opening.anchor.clone().unwrap_or_else(|| anchor_path(path));
    let clock = Arc::clone(&opening.clock);
    let (store, view) = store::Store::open(path, &anchor, opening)?;
    let shared = Arc::new(Shared {
        view: ArcSwap::from_pointee(view),
        head: ArcSwap::from_pointee(store.head()),
        clock,
        boot: store.boot().to_owned(),
        anchored: AtomicU64::new(store.head().size),
        anchored_at: AtomicI64::new(store.head().time.as_microsecond()),
        poison: OnceLock::new(),
        closing: AtomicBool::new(false),
    });
    let keeper = anchor::Keeper::open(anchor, store.head())?;
    let writer = writer::Writer::new(store, queue, Arc::downgrade(&jobs), Arc::clone(&shared), keeper);
    let thread = std::thread::Builder::new()
        .name("ledger".into())
        .spawn(move || writer.run())
        .map_err(|e| OpenError::Start(e.to_string()))?;
    Ok((jobs, shared, thread))
}

/// SQLite's words for a failure: its code and nothing of the values.
fn words(error: &rusqlite::Error) -> String {
    match error.sqlite_error() {
        Some(e) => format!("{e}"),
        None => "an unexpected row".to_owned(),
    }
}

/// Maps what SQLite says about a file that is only being read.
fn unreadable(path: &Path, error: &rusqlite::Error) -> VerifyError {
    use rusqlite::ErrorCode as C;
    match error.sqlite_error_code() {
        Some(C::DatabaseBusy | C::DatabaseLocked) => VerifyError::Held(path.into()),
        Some(C::NotADatabase) => VerifyError::Foreign(path.into()),
        _ => VerifyError::Unreadable { path: path.into(), reason: words(error) },
    }
}

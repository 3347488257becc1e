//! The handle everybody holds: an async shell over the one thread that writes.

use super::{
    LedgerError, OpenError, Permission, Receipt, Recorded, Tx,
    error::CreateError,
    exposure::{Page, Span},
    rules,
    sqlite::{self, Done, Job, Reply, Shared, Write},
    tree::Hash,
    verify::Report,
};
use crate::{consent::View, flow::DecisionId, policy::PolicyHash};
use jiff::Timestamp;
use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        mpsc::{SyncSender, TrySendError},
    },
    thread::JoinHandle,
    time::Duration,
};
use tokio::sync::oneshot;

/// Where the time comes from.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;
/// Where salts come from: fills the slice with cryptographic randomness, or says that it cannot.
pub type Random = Arc<dyn Fn(&mut [u8]) -> Result<(), aws_lc_rs::error::Unspecified> + Send + Sync>;

/// What a gateway brings when it opens its record book.
#[derive(Clone)]
pub struct Opening {
    /// Its name, which stands in every leaf.
    pub gateway: String,
    /// Where the anchor is; by default beside the record book.
    pub anchor: Option<PathBuf>,
    /// How long an acknowledgement may take (`limits.ledger_time`).
    pub ledger_time: Duration,
    /// How many transactions may wait.
    pub queue: usize,
    /// The time.
    pub clock: Clock,
    /// Randomness for salts.
    pub random: Random,
}

impl std::fmt::Debug for Opening {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Opening").field("gateway", &self.gateway).finish_non_exhaustive()
    }
}

impl Opening {
    /// The system's clock and randomness, five seconds, a queue of 1,024, the anchor beside the record book.
    #[must_use]
    pub fn new(gateway: impl Into<String>) -> Self {
        Self {
            gateway: gateway.into(),
            anchor: None,
            ledger_time: Duration::from_secs(5),
            queue: 1024,
            clock: sqlite::system_clock(),
            random: sqlite::system_random(),
        }
    }
}

/// How long the record book is, and what it comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// How many leaves.
    pub size: u64,
    /// The root of the tree over them.
    pub root: Hash,
    /// The last commit's time.
    pub time: Timestamp,
}

/// Everything the record book still knows of one decision.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Explained {
    /// Its leaf's index.
    pub index: u64,
    /// Its leaf, as canonical JSON.
    pub leaf: String,
    /// Its detail rows that were not erased, each as canonical JSON.
    pub detail: Vec<String>,
    /// How many of its detail rows were erased one by one.
    pub erased: u64,
    /// Its outcomes' leaves, as canonical JSON; empty while the request is under way.
    pub outcomes: Vec<String>,
}

/// An entry, for those who make figures of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its index in the log.
    pub index: u64,
    /// Its leaf, as canonical JSON.
    pub leaf: String,
    /// Its detail rows that were not erased, each as canonical JSON.
    pub detail: Vec<String>,
}

/// Something the panel is told, as it stands in the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Its number; they only grow.
    pub number: u64,
    /// `attempt`, `safeguarding`, `stop`, `policy`, `recipient`, ….
    pub kind: String,
    /// The entry it speaks of.
    pub entry: u64,
    /// When that was recorded.
    pub at: Timestamp,
}

/// The record book of one gateway. Share it in an [`Arc`]; the last one dropped closes it.
///
/// Its methods need a tokio runtime with time enabled.
#[derive(Debug)]
pub struct Ledger {
    /// `None` only while it is dropped.
    jobs: Option<Arc<SyncSender<Job>>>,
    writer: Option<JoinHandle<()>>,
    shared: Arc<Shared>,
    ledger_time: Duration,
}

impl Ledger {
    /// Makes an empty record book and its anchor. Only `havengate init` does this; nothing is overwritten.
    ///
    /// # Errors
    /// [`CreateError`] says what is in the way.
    pub fn create(path: &Path, opening: &Opening) -> Result<(), CreateError> {
        sqlite::create(path, opening)
    }

    /// Opens the record book, alone: rebuilds the tree from its rows and compares it with the head and with
    /// the anchor. Never creates anything. Blocks: about a second for a million leaves.
    ///
    /// # Errors
    /// [`OpenError`] says what is wrong and what to do.
    pub fn open(path: &Path, opening: Opening) -> Result<Self, OpenError> {
        let ledger_time = opening.ledger_time;
        let (jobs, shared, writer) = sqlite::open(path, opening)?;
        Ok(Self { jobs: Some(jobs), writer: Some(writer), shared, ledger_time })
    }

    /// Asks for permission: checks every assertion again, records the decision, spends what it spends, all in
    /// one durable transaction. When an assertion fails, the refusal is recorded in its place.
    ///
    /// When the caller stops waiting (time ran out, the client hung up), nobody can send: the writer records
    /// an outcome `sent: no` and gives the uses back.
    ///
    /// # Errors
    /// [`LedgerError`]: nothing may be sent.
    pub async fn permit(&self, tx: Tx) -> Result<Permission, LedgerError> {
        let decision = rules::permit(&tx)?;
        let (reply, answer) = oneshot::channel();
        self.submit(Job::Write(Write { tx: Box::new(tx), reply: Reply::Permit(reply) }))?;
        let granted = self.answer(answer).await?;
        match granted.take() {
            Done::Granted { index, retry_of } => Ok(Permission::Granted(Receipt { decision, retry_of, index })),
            Done::Refused(failure) => Ok(Permission::Refused(failure)),
            Done::Recorded { .. } => Err(LedgerError::Malformed("a permission was answered as a record")),
        }
    }

    /// Records everything that is not a permission, with its changes, and waits until it is durable.
    ///
    /// # Errors
    /// [`LedgerError`]: it was not recorded, or after [`LedgerError::Timeout`] nobody knows yet.
    pub async fn append(&self, tx: Tx) -> Result<Recorded, LedgerError> {
        rules::append(&tx)?;
        let (reply, answer) = oneshot::channel();
        self.submit(Job::Write(Write { tx: Box::new(tx), reply: Reply::Append(reply) }))?;
        Ok(Recorded { index: self.answer(answer).await? })
    }

    /// Records something with the next group commit, without waiting: an outcome must not delay the answer.
    ///
    /// # Errors
    /// [`LedgerError`] when it cannot even be queued. A later failure shows in [`Ledger::health`].
    pub fn append_later(&self, tx: Tx) -> Result<(), LedgerError> {
        rules::append(&tx)?;
        self.submit(Job::Write(Write { tx: Box::new(tx), reply: Reply::Nobody }))
    }

    /// The picture of what is live, as of the last durable commit. Cheap; keep it for one request.
    #[must_use]
    pub fn view(&self) -> Arc<View> {
        self.shared.view.load_full()
    }

    /// How long the record book is now.
    #[must_use]
    pub fn head(&self) -> Head {
        **self.shared.head.load()
    }

    /// The time for a decision: the clock's, but never earlier than the last record's.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        (self.shared.clock)().max(self.head().time)
    }

    /// What the clock says, also where that is earlier than the last record: for what is compared with other clocks.
    #[must_use]
    pub fn clock(&self) -> Timestamp {
        (self.shared.clock)()
    }

    /// For how long entries have waited for the checkpoint that covers them; nothing where none waits. A checkpoint is
    /// the anchor outside the database, written within a second of an entry.
    #[must_use]
    pub fn checkpoint_age(&self) -> Duration {
        let (size, at) = self.shared.anchored();
        if self.head().size <= size {
            return Duration::ZERO;
        }
        Duration::try_from(self.now().duration_since(at)).unwrap_or_default()
    }

    /// The id of this run of the gateway, as every leaf of it says.
    #[must_use]
    pub fn boot(&self) -> &str {
        &self.shared.boot
    }

    /// Whether it can be written.
    ///
    /// # Errors
    /// [`LedgerError::Poisoned`] with the reason; [`LedgerError::Closed`].
    pub fn health(&self) -> Result<(), LedgerError> {
        self.shared.health()
    }

    /// Everything known of one decision; `None` when there is none with this id.
    ///
    /// # Errors
    /// [`LedgerError`] when the record book cannot be read.
    pub async fn decision(&self, id: DecisionId) -> Result<Option<Explained>, LedgerError> {
        let (reply, answer) = oneshot::channel();
        self.send(Job::Explain(id, reply))?;
        self.answer(answer).await
    }

    /// The files of a policy set that was active once, as a JSON object of path and text; `None` for a set that
    /// never was.
    ///
    /// # Errors
    /// [`LedgerError`] when the record book cannot be read.
    pub async fn policy_files(&self, hash: PolicyHash) -> Result<Option<String>, LedgerError> {
        let (reply, answer) = oneshot::channel();
        self.send(Job::PolicyFiles(hash, reply))?;
        self.answer(answer).await
    }

    /// Some of what went out. Ask again from [`Page::next`] until there is none.
    ///
    /// # Errors
    /// [`LedgerError`] when the record book cannot be read.
    pub async fn exposure(&self, span: Span) -> Result<Page, LedgerError> {
        let (reply, answer) = oneshot::channel();
        self.send(Job::Exposure(Box::new(span), reply))?;
        self.answer(answer).await
    }

    /// Some entries, from this index on, in their order; none at the end. Ask again after the last one's index.
    ///
    /// # Errors
    /// [`LedgerError`] when the record book cannot be read.
    pub async fn entries(&self, from: u64) -> Result<Vec<Entry>, LedgerError> {
        let (reply, answer) = oneshot::channel();
        self.send(Job::Entries(from, reply))?;
        self.answer(answer).await
    }

    /// Some notices of the outbox after this number, in their order; none at the end. They are never taken out:
    /// who delivers them remembers how far it came.
    ///
    /// # Errors
    /// [`LedgerError`] when the record book cannot be read.
    pub async fn notices(&self, after: u64) -> Result<Vec<Notice>, LedgerError> {
        let (reply, answer) = oneshot::channel();
        self.send(Job::Notices(after, reply))?;
        self.answer(answer).await
    }

    /// Checks the whole record book while it is in use, in small steps between commits.
    ///
    /// # Errors
    /// [`LedgerError`] when the record book cannot be read. What is wrong with it is in the report.
    pub async fn verify_live(&self) -> Result<Report, LedgerError> {
        let (reply, answer) = oneshot::channel();
        self.send(Job::Verify(reply))?;
        answer.await.map_err(|_| self.shared.gone())?
    }

    /// Records what is waiting, writes the anchor, and closes the file. Later calls get
    /// [`LedgerError::Closed`].
    ///
    /// # Errors
    /// [`LedgerError::Poisoned`] when the last writes failed.
    pub async fn close(&self) -> Result<(), LedgerError> {
        self.shared.begin_closing();
        let (reply, answer) = oneshot::channel();
        let mut job = Job::Close(reply);
        while let Some(jobs) = &self.jobs {
            match jobs.try_send(job) {
                Ok(()) => break,
                Err(TrySendError::Full(back)) => job = back,
                Err(TrySendError::Disconnected(_)) => return self.shared.poison().map_or(Ok(()), Err),
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        answer.await.unwrap_or_else(|_| self.shared.poison().map_or(Ok(()), Err))
    }

    fn submit(&self, job: Job) -> Result<(), LedgerError> {
        self.health()?;
        self.send(job)
    }

    fn send(&self, job: Job) -> Result<(), LedgerError> {
        let jobs = self.jobs.as_ref().ok_or(LedgerError::Closed)?;
        jobs.try_send(job).map_err(|refused| match refused {
            TrySendError::Full(_) => LedgerError::Overloaded,
            TrySendError::Disconnected(_) => self.shared.gone(),
        })
    }

    async fn answer<T>(&self, answer: oneshot::Receiver<Result<T, LedgerError>>) -> Result<T, LedgerError> {
        match tokio::time::timeout(self.ledger_time, answer).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Err(self.shared.gone()),
            Err(_) => Err(LedgerError::Timeout),
        }
    }
}

impl Drop for Ledger {
    /// Waits for the writer: what was queued is recorded and the lock is free when this returns.
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(writer) = self.writer.take() {
            // A writer that panicked has poisoned the record book, which is all there is to say.
            _ = writer.join();
        }
    }
}

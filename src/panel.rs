//! The scrutiny panel's window: pages, stops, concerns, notifications, reports (design sections 1 and 9).
//!
//! Pages are rendered here and work without scripts. Nothing in this room knows the gateway or a body: it reads the
//! record book, the active policy and its own store, and what it may change of the record book are stops, reviews and
//! reports.
//!
//! | what | where |
//! |---|---|
//! | who may ask for what | [`routes`]: every address, method and role, once; `guard` holds to it |
//! | starting and listening | [`start`], [`server`] |
//! | accounts and sessions | [`access`] |
//! | texts that only members may read | [`sealed`]; on pages: `confidential` |
//! | what people say | [`stops`] ("down tools"), [`concerns`], [`breaches`], [`demands`] |
//! | who is told, and how | [`notify`] |
//! | what every page has | `page`; every error is [`wrong`] |
//! | the pages themselves | `pages`, `cited` (a clause and the text that was adopted) |
//! | what things are called on pages, in reports and to machines | `words` |
//! | forms and codes of people without an account | `once`, `tries`, `letters` |
//! | what is wrong, in words | [`alarms`] |
//! | days in London, working days | `days` |
//! | drawings | [`charts`] |
//! | months and years as pages, tables and signed files | [`report`] |
//! | machines that read figures with a token | `api` |
//! | figures made of the record book | [`figures`] |
//! | reading the record book in order, once for every area | `follow` |
//! | what is kept | [`store`]: accounts, figures, what is told to whom. The record book stays the only truth of what was sent |

pub mod access;
pub mod alarms;
mod api;
pub mod breaches;
pub mod charts;
pub mod cited;
mod clock;
pub mod concerns;
mod confidential;
mod days;
pub mod demands;
pub mod figures;
mod follow;
mod guard;
mod letters;
pub mod notify;
mod once;
mod page;
mod pages;
pub mod report;
pub mod routes;
pub mod sealed;
pub mod server;
pub mod start;
pub mod stops;
pub mod store;
mod tries;
mod words;
pub mod wrong;

use crate::{
    config,
    ledger::{Leaf, Ledger, LedgerError, Recorded, Tx},
    metrics::Metrics,
    policy::Policy,
    verdict::destination::day_in_london,
};
use jiff::{Timestamp, civil::Date};
use std::{
    fmt,
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
};
use store::Store;

/// Gives the policy that is active now.
pub type PolicySource = Arc<dyn Fn() -> Arc<Policy> + Send + Sync>;

/// Everything the pages need. Made by [`Panel::new`], shared by all of them.
pub struct Panel {
    ledger: Arc<Ledger>,
    policy: PolicySource,
    store: Store,
    metrics: Arc<Metrics>,
    config: config::Panel,
    gateway: String,
    keys: PathBuf,
    access: access::State,
    /// Who is told; set once by the start.
    told: OnceLock<Arc<notify::Told>>,
    registers: follow::Registers,
    passing: clock::Passing,
    seen: alarms::Seen,
    turns: concerns::Turns,
}

impl fmt::Debug for Panel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Panel").field("gateway", &self.gateway).finish_non_exhaustive()
    }
}

impl Panel {
    /// Puts it together.
    #[must_use]
    pub fn new(
        (config, gateway, keys): (config::Panel, String, PathBuf),
        store: Store,
        ledger: Arc<Ledger>,
        policy: PolicySource,
        metrics: Arc<Metrics>,
    ) -> Arc<Self> {
        let (access, told, registers) = (access::State::default(), OnceLock::new(), follow::Registers::default());
        let (passing, turns) = (clock::Passing::default(), concerns::Turns::default());
        let seen = alarms::Seen::default();
        Arc::new(Self {
            ledger,
            policy,
            store,
            metrics,
            config,
            gateway,
            keys,
            access,
            told,
            registers,
            passing,
            seen,
            turns,
        })
    }

    /// The record book.
    #[must_use]
    pub const fn ledger(&self) -> &Arc<Ledger> {
        &self.ledger
    }

    /// The active policy.
    #[must_use]
    pub fn policy(&self) -> Arc<Policy> {
        (self.policy)()
    }

    /// What is kept beside the record book.
    #[must_use]
    pub const fn store(&self) -> &Store {
        &self.store
    }

    /// What some pages keep of the record book.
    const fn registers(&self) -> &follow::Registers {
        &self.registers
    }

    /// The figures that monitoring reads.
    #[must_use]
    pub const fn metrics(&self) -> &Arc<Metrics> {
        &self.metrics
    }

    /// What the configuration says of the panel.
    #[must_use]
    pub const fn config(&self) -> &config::Panel {
        &self.config
    }

    /// The directory of keys, where the key that signs reports is.
    #[must_use]
    pub fn keys_directory(&self) -> &Path {
        &self.keys
    }

    /// The organisation's name, or the gateway's where none was given.
    #[must_use]
    pub fn organisation(&self) -> &str {
        if self.config.organisation.is_empty() { &self.gateway } else { &self.config.organisation }
    }

    /// Now, never earlier than the last record.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.ledger.now()
    }

    /// What the clock says, also where that is earlier than the last record: for codes that a phone makes by its own.
    #[must_use]
    pub fn wall(&self) -> Timestamp {
        self.ledger.clock()
    }

    /// The time that passes: goes on where the clock went back. For sessions, lock-outs and bounded tries.
    fn passing(&self) -> Timestamp {
        self.passing.now(|| self.wall())
    }

    /// Today in London.
    #[must_use]
    pub fn today(&self) -> Date {
        day_in_london(self.now())
    }

    /// Writes something into the record book: a stop, a review, a report. Never a permission.
    ///
    /// # Errors
    /// [`LedgerError`]: it is not recorded, so it is not done.
    pub async fn record(&self, leaf: Leaf, changes: Vec<crate::ledger::Change>) -> Result<Recorded, LedgerError> {
        self.ledger.append(Tx { asserts: Vec::new(), leaf, detail: Vec::new(), changes }).await
    }
}

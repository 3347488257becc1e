//! The active policy: replaced whole, recorded before it decides anything, and kept when its successor is bad.

use super::{
    keys,
    policy_files::{self, PolicyFilesError},
};
use crate::{
    consent::keys::Keys,
    ledger::{Change, Leaf, Ledger, LedgerError, Tx, leaf::Kind},
    policy::{Diagnostic, Policy, PolicyHash, Severity, Sources},
    verdict::destination::day_in_london,
};
use arc_swap::ArcSwap;
use jiff::civil::Date;
use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

/// The one place that knows which policy is active. A request takes one snapshot and keeps it.
#[derive(Debug)]
pub struct ActivePolicy {
    directory: PathBuf,
    keys: Arc<Keys>,
    current: ArcSwap<Policy>,
    rejected: AtomicBool,
    one_at_a_time: tokio::sync::Mutex<()>,
}

/// Why a set did not become active. The last good one stays.
#[derive(Debug, thiserror::Error)]
pub enum ReloadError {
    /// The files could not be read.
    #[error("policies cannot be read: {0}")]
    Read(#[from] PolicyFilesError),
    /// The system gave no thread to compile them.
    #[error("compiling stopped unexpectedly")]
    Stopped,
    /// The set is invalid.
    #[error("the policy set is invalid: {} errors; the set that was active stays active. Run `havengate check`.", errors(.0))]
    Invalid(Vec<Diagnostic>),
    /// A link is written down as ended on a day that is not over: it would stop denying too early.
    #[error(
        "policies/organisations.toml says that the link from {from} to {to} has ended, and it has not yet: this set does \
         not become active. Write it down when its last day is over"
    )]
    EndsLater {
        /// Where it begins.
        from: String,
        /// Where it leads.
        to: String,
    },
    /// Its places cannot be looked for, so they would leave.
    #[error(
        "policies/places.toml was made with another key than keys/places.key, or that key is missing or was made after the \
         gateway started: no place on the list could be found, so this set does not become active. Put the key back from \
         your backup, or restart the gateway where the key is new"
    )]
    Places,
    /// The activation could not be recorded.
    #[error("the activation could not be recorded, so the set that was active stays active: {0}")]
    Ledger(#[from] LedgerError),
}

impl ActivePolicy {
    /// Compiles a directory and records its activation, at start.
    ///
    /// # Errors
    /// [`ReloadError`]: a gateway without a valid, recorded policy does not start.
    pub async fn start(directory: PathBuf, keys: Arc<Keys>, ledger: &Ledger) -> Result<Self, ReloadError> {
        let (sources, policy) = compile_for(&directory, &keys, day_in_london(ledger.now()))?;
        // The set that was active before the last stop is active still; saying so at each start would be noise.
        if ledger.view().active_policy() != Some(policy.hash) {
            record(ledger, &sources, policy.hash, Activator::Start).await?;
        }
        Ok(Self {
            directory,
            keys,
            current: ArcSwap::from_pointee(policy),
            rejected: AtomicBool::new(false),
            one_at_a_time: tokio::sync::Mutex::new(()),
        })
    }

    /// The snapshot to judge one request by.
    #[must_use]
    pub fn snapshot(&self) -> Arc<Policy> {
        self.current.load_full()
    }

    /// The last reload was refused, so an older set than the files say is active: an alarm.
    #[must_use]
    pub fn rejected(&self) -> bool {
        self.rejected.load(Ordering::Relaxed)
    }

    /// Reads the directory again. Requests in flight end under the set they began with, unless the commit
    /// finds that it is no longer active: then they are refused `consent-changed` and may be sent again.
    ///
    /// # Errors
    /// [`ReloadError`]; the rejection itself is recorded and the panel is told.
    pub async fn reload(&self, ledger: &Ledger, by: Activator) -> Result<PolicyHash, ReloadError> {
        let _turn = self.one_at_a_time.lock().await;
        let (directory, keys, today) = (self.directory.clone(), self.keys.clone(), day_in_london(ledger.now()));
        let compiled = tokio::task::spawn_blocking(move || compile_for(&directory, &keys, today)).await;
        let compiled = compiled.unwrap_or(Err(ReloadError::Stopped));
        self.rejected.store(compiled.is_err(), Ordering::Relaxed);
        match compiled {
            Ok((_, policy))
                if policy.hash == self.snapshot().hash && ledger.view().active_policy() == Some(policy.hash) =>
            {
                Ok(policy.hash)
            }
            Ok((sources, policy)) => {
                record(ledger, &sources, policy.hash, by).await?;
                let hash = policy.hash;
                self.current.store(Arc::new(policy));
                Ok(hash)
            }
            Err(error) => {
                let mut leaf = Leaf::new(Kind::PolicyRejected);
                leaf.policy = Some(self.snapshot().hash);
                let changes = vec![Change::Notify { kind: "policy" }];
                ledger.append(Tx { asserts: Vec::new(), leaf, detail: Vec::new(), changes }).await?;
                Err(error)
            }
        }
    }
}

/// How a set of rules came to be active. It is recorded: the panel sees who activated it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activator {
    /// The gateway started with it.
    Start,
    /// SIGHUP, which says nothing of who sent it.
    Signal,
    /// The command `policy reload`, and the number of the system's user who gave it.
    Command(Option<u32>),
}

async fn record(ledger: &Ledger, sources: &Sources, hash: PolicyHash, by: Activator) -> Result<(), ReloadError> {
    let mut leaf = Leaf::new(Kind::PolicyActivated);
    leaf.policy = Some(hash);
    let (by, user) = match by {
        Activator::Start => ("start", None),
        Activator::Signal => ("signal", None),
        Activator::Command(user) => ("command", user),
    };
    leaf.extra.insert("by", by.to_owned());
    leaf.extra.extend(user.map(|user| ("user", user.to_string())));
    let sources = serde_json::to_string(&sources.0).map_err(|_| LedgerError::Malformed("the policy's files"))?;
    let changes = vec![Change::ActivatePolicy { hash, sources }, Change::Notify { kind: "policy" }];
    ledger.append(Tx { asserts: Vec::new(), leaf, detail: Vec::new(), changes }).await?;
    Ok(())
}

/// Reads and compiles a `policies/` directory to be active from `today` on.
///
/// # Errors
/// [`ReloadError::Read`], [`ReloadError::Invalid`] or [`ReloadError::EndsLater`].
pub fn compile(directory: &Path, today: Date) -> Result<(Sources, Policy), ReloadError> {
    let sources = policy_files::read(directory)?;
    let policy = Policy::compile(&sources).map_err(ReloadError::Invalid)?;
    if let Some(link) = policy.registry.ended_too_early(today).next() {
        return Err(ReloadError::EndsLater { from: link.from.id().to_string(), to: link.to.id().to_string() });
    }
    Ok((sources, policy))
}

/// [`compile`], for these keys.
///
/// # Errors
/// As [`compile`]; also [`ReloadError::Places`].
pub fn compile_for(directory: &Path, keys: &Keys, today: Date) -> Result<(Sources, Policy), ReloadError> {
    let (sources, policy) = compile(directory, today)?;
    if !keys::fits(keys, &policy.places) {
        return Err(ReloadError::Places);
    }
    Ok((sources, policy))
}

fn errors(diagnostics: &[Diagnostic]) -> usize {
    diagnostics.iter().filter(|d| d.severity == Severity::Error).count()
}

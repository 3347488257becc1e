//! Everything that may have changed since screening is asked again, inside the transaction.

use super::spend::{self, Planned};
use crate::{
    flow::ConsentId,
    ledger::{Assert, AssertFailure, LedgerError},
    policy::PolicyHash,
};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _};

/// Why a transaction goes no further. Only the last one is the record book's fault, and stops everything.
#[derive(Debug)]
pub(super) enum Halt {
    /// An assertion does not hold.
    Failed(AssertFailure),
    /// The transaction cannot be recorded; nothing of it was written.
    Refused(LedgerError),
    /// SQLite failed.
    Broken(rusqlite::Error),
}

impl From<rusqlite::Error> for Halt {
    fn from(error: rusqlite::Error) -> Self {
        Self::Broken(error)
    }
}

impl From<AssertFailure> for Halt {
    fn from(failure: AssertFailure) -> Self {
        Self::Failed(failure)
    }
}

/// Checks every assertion against the state as it is within the transaction, without writing anything. Gives
/// what is to be spent.
pub(super) fn check<'a>(
    db: &Connection,
    asserts: &'a [Assert],
    policy: Option<PolicyHash>,
    now: Timestamp,
) -> Result<Vec<Planned<'a>>, Halt> {
    let mut uses = Vec::new();
    for assert in asserts {
        match assert {
            Assert::PolicyActive(hash) => hold(policy == Some(*hash), AssertFailure::PolicyChanged)?,
            Assert::NotStopped { integration, destination } => {
                let scopes = (format!("integration:{integration}"), format!("destination:{destination}"));
                let stopped = db
                    .prepare_cached(
                        "SELECT 1 FROM stops WHERE lifted IS NULL AND scope IN ('everything', ?1, ?2) LIMIT 1",
                    )?
                    .exists(scopes)?;
                hold(!stopped, AssertFailure::Stopped)?;
            }
            Assert::NotAfter(last) => hold(now <= *last, AssertFailure::OutOfDate)?,
            Assert::GrantLive { jti, expires } => {
                live(db, jti, now)?;
                hold(now < *expires, AssertFailure::ConsentExpired)?;
            }
            Assert::SafeguardingLive(id) => {
                let live = db
                    .prepare_cached("SELECT 1 FROM safeguarding WHERE id = ?1 AND at <= ?2 AND ?2 < expires")?
                    .exists((id.as_str(), now.as_microsecond()))?;
                hold(live, AssertFailure::EmergencyOver)?;
            }
            Assert::Spend(spend) => uses.push(spend),
        }
    }
    spend::plan(db, &uses, now)
}

fn hold(holds: bool, otherwise: AssertFailure) -> Result<(), AssertFailure> {
    if holds { Ok(()) } else { Err(otherwise) }
}

/// What a live grant bounds.
#[derive(Debug, Clone)]
pub(super) struct Live {
    pub subject: String,
    pub max_uses: u32,
}

/// The grant as the record book knows it: known, not ended, not expired.
pub(super) fn live(db: &Connection, jti: &ConsentId, now: Timestamp) -> Result<Live, Halt> {
    let row = db
        .prepare_cached("SELECT subject, max_uses, expires, ended FROM grants WHERE jti = ?1")?
        .query_row([jti.as_str()], |row| {
            let known: (Option<String>, Option<u32>, Option<i64>) = (row.get(0)?, row.get(1)?, row.get(2)?);
            Ok((known, row.get::<_, Option<i64>>(3)?))
        })
        .optional()?;
    match row {
        None => Err(AssertFailure::ConsentUnknown.into()),
        Some((_, Some(_))) => Err(AssertFailure::ConsentEnded.into()),
        Some(((Some(subject), Some(max_uses), Some(expires)), None)) => {
            hold(now.as_microsecond() < expires, AssertFailure::ConsentExpired)?;
            Ok(Live { subject, max_uses })
        }
        Some(_) => Err(AssertFailure::ConsentUnknown.into()),
    }
}

//! The second factor: a code of the app, or a recovery code. Each is taken once, and five wrong ones in a row lock the
//! door, or what takes a fresh code in a session, for a while.

use super::{Role, Session, account, audit, codes, totp::Secret};
use crate::panel::{Panel, wrong::Wrong};
use jiff::{SignedDuration, Timestamp};
use rusqlite::{OptionalExtension as _, Transaction};

/// How many wrong tries in a row lock an account.
const TRIES: i64 = 5;
/// For how long.
pub(super) const LOCKED: SignedDuration = SignedDuration::from_mins(15);

/// Asks somebody who is signed in for a fresh code, before something that a stolen session must not do. A code of the
/// app or a recovery code, typed in any form; never one that was used before.
///
/// # Errors
/// [`Wrong::Invalid`] when it is not right, [`Wrong::TooOften`] while the account is locked, [`Wrong::SignIn`] when the
/// session's secrets are not in memory.
pub async fn second_factor(panel: &Panel, session: &Session, code: &str) -> Result<(), Wrong> {
    let unlocked = panel.access.ring.get(session).ok_or_else(|| Wrong::SignIn("%2F".to_owned()))?;
    let (account, typed, now) = (session.account.clone(), code.to_owned(), Moment::now(panel));
    let checked =
        panel.store().write(move |db| check(db, (Side::Session, &account), &unlocked.secret, &typed, now)).await?;
    match checked {
        Checked::Right => Ok(()),
        Checked::Wrong => Err(Wrong::Invalid(
            "The code is not right, or was used before. Wait for the next code of your app and send the form again.",
        )),
        Checked::Locked => {
            audit::flush(panel).await;
            Err(Wrong::TooOften(LOCKED.as_secs().unsigned_abs()))
        }
    }
}

/// What came of a try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Checked {
    Right,
    Wrong,
    Locked,
}

/// Where somebody tries. Each side counts and locks alone: whoever knows a name can lock its door, but not whoever is
/// in already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Side {
    /// Signing in.
    Door,
    /// A session.
    Session,
}

impl Side {
    /// The store's columns: how many failures in a row, and until when it is locked.
    const fn columns(self) -> (&'static str, &'static str) {
        match self {
            Self::Door => ("failures", "locked_until"),
            Self::Session => ("own_failures", "own_locked_until"),
        }
    }
}

/// When a try is made, on both clocks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    /// As phones have it.
    wall: Timestamp,
    /// For how long something is locked.
    passing: Timestamp,
}

impl Moment {
    pub(super) fn now(panel: &Panel) -> Self {
        Self { wall: panel.wall(), passing: panel.passing() }
    }
}

/// Checks a code and spends it. A wrong one is counted.
pub(super) fn check(
    db: &Transaction<'_>,
    (side, account): (Side, &str),
    secret: &Secret,
    typed: &str,
    now: Moment,
) -> Result<Checked, rusqlite::Error> {
    if locked(db, (side, account), now.passing)?.is_some() {
        return Ok(Checked::Locked);
    }
    let ask = "SELECT totp_step FROM accounts WHERE id = ?1 AND closed IS NULL";
    let Some(used) = db.query_row(ask, [account], |row| row.get(0)).optional()? else { return Ok(Checked::Locked) };
    let typed: String = typed.chars().filter(|c| !c.is_whitespace()).collect();
    let right = match secret.accept(&typed, now.wall, used) {
        Some(step) => db.execute("UPDATE accounts SET totp_step = ?2 WHERE id = ?1", (account, step))? == 1,
        None => spend(db, account, &typed)?,
    };
    if !right {
        return failed(db, (side, account), now.passing);
    }
    let (failures, until) = side.columns();
    db.execute(&format!("UPDATE accounts SET {failures} = 0, {until} = NULL WHERE id = ?1"), [account])?;
    Ok(Checked::Right)
}

/// Spends a recovery code, whatever comes of it. `false`: this account has no such code.
pub(super) fn spend(db: &Transaction<'_>, account: &str, typed: &str) -> Result<bool, rusqlite::Error> {
    let typed: String = typed.chars().filter(|c| !c.is_whitespace()).collect();
    let spend = "DELETE FROM recovery WHERE account = ?1 AND code = ?2";
    Ok(db.execute(spend, (account, codes::hash(&typed)))? == 1)
}

/// Counts a wrong try; the last of too many locks this side of the account. `now` is the time that passes.
pub(super) fn failed(
    db: &Transaction<'_>,
    (side, account): (Side, &str),
    now: Timestamp,
) -> Result<Checked, rusqlite::Error> {
    if locked(db, (side, account), now)?.is_some() {
        return Ok(Checked::Locked);
    }
    let (failures, until) = side.columns();
    let count = format!(
        "UPDATE accounts SET {failures} = {failures} + 1 WHERE id = ?1 AND closed IS NULL RETURNING {failures}, role"
    );
    let counted =
        db.query_row(&count, [account], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?))).optional()?;
    match counted {
        Some((tries, role)) if tries >= TRIES => {
            let lock = format!("UPDATE accounts SET {failures} = 0, {until} = ?2 WHERE id = ?1");
            db.execute(&lock, (account, after(now).as_microsecond()))?;
            if let Ok(role) = role.parse::<Role>() {
                audit::note(db, account, role, audit::Did::Locked)?;
            }
            Ok(Checked::Locked)
        }
        Some(_) => Ok(Checked::Wrong),
        None => Ok(Checked::Locked),
    }
}

/// For how long this side is locked still. Never for longer than [`LOCKED`], also where the clock was ahead when it was
/// locked and the gateway was started again since.
pub(super) fn locked(
    db: &Transaction<'_>,
    (side, account): (Side, &str),
    now: Timestamp,
) -> Result<Option<SignedDuration>, rusqlite::Error> {
    let (_, until) = side.columns();
    let ask = format!("SELECT coalesce({until}, 0) FROM accounts WHERE id = ?1");
    let Some(locked) = db.query_row(&ask, [account], |row| row.get::<_, i64>(0)).optional()? else { return Ok(None) };
    let left = account::time(locked).duration_since(now);
    if left > LOCKED {
        let shorten = format!("UPDATE accounts SET {until} = ?2 WHERE id = ?1");
        db.execute(&shorten, (account, after(now).as_microsecond()))?;
    }
    Ok(left.is_positive().then(|| left.min(LOCKED)))
}

fn after(now: Timestamp) -> Timestamp {
    now.saturating_add(LOCKED).unwrap_or(Timestamp::MAX)
}

//! The second factor: a code of the app, or a recovery code. Each is taken once, and five wrong ones in a row lock the
//! account for a while.

use super::{Role, Session, audit, codes, totp::Secret};
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
    let (account, typed, now) = (session.account.clone(), code.to_owned(), panel.now());
    let checked = panel.store().write(move |db| check(db, &account, &unlocked.secret, &typed, now)).await?;
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

/// Checks a code and spends it. A wrong one is counted.
pub(super) fn check(
    db: &Transaction<'_>,
    account: &str,
    secret: &Secret,
    typed: &str,
    now: Timestamp,
) -> Result<Checked, rusqlite::Error> {
    let Some(used) = unless_locked(db, account, now)? else { return Ok(Checked::Locked) };
    let typed: String = typed.chars().filter(|c| !c.is_whitespace()).collect();
    let right = match secret.accept(&typed, now, used) {
        Some(step) => db.execute("UPDATE accounts SET totp_step = ?2 WHERE id = ?1", (account, step))? == 1,
        None => {
            db.execute("DELETE FROM recovery WHERE account = ?1 AND code = ?2", (account, codes::hash(&typed)))? == 1
        }
    };
    if !right {
        return failed(db, account, now);
    }
    db.execute("UPDATE accounts SET failures = 0, locked_until = NULL WHERE id = ?1", [account])?;
    Ok(Checked::Right)
}

/// Counts a wrong try; the last of too many locks the account.
pub(super) fn failed(db: &Transaction<'_>, account: &str, now: Timestamp) -> Result<Checked, rusqlite::Error> {
    if unless_locked(db, account, now)?.is_none() {
        return Ok(Checked::Locked);
    }
    let count = "UPDATE accounts SET failures = failures + 1 WHERE id = ?1 RETURNING failures, role";
    let counted =
        db.query_row(count, [account], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?))).optional()?;
    match counted {
        Some((failures, role)) if failures >= TRIES => {
            let until = now.saturating_add(LOCKED).unwrap_or(Timestamp::MAX).as_microsecond();
            db.execute("UPDATE accounts SET failures = 0, locked_until = ?2 WHERE id = ?1", (account, until))?;
            if let Ok(role) = role.parse::<Role>() {
                audit::note(db, account, role, audit::Did::Locked)?;
            }
            Ok(Checked::Locked)
        }
        _ => Ok(Checked::Wrong),
    }
}

/// The last step whose code was used; `None` while the account is locked, or where there is none.
fn unless_locked(db: &Transaction<'_>, account: &str, now: Timestamp) -> Result<Option<i64>, rusqlite::Error> {
    let ask = "SELECT totp_step FROM accounts WHERE id = ?1 AND closed IS NULL AND coalesce(locked_until, 0) <= ?2";
    db.query_row(ask, (account, now.as_microsecond()), |row| row.get(0)).optional()
}

//! Invitations: how somebody gets an account. A code works once and for a week, and only its hash is kept.
//!
//! Whoever runs the machine can invite by command. Of a panel member such an invitation does nothing until a panel
//! member has confirmed it on the page: nobody makes themselves a member. Only the very first member needs nobody. And
//! where every member's account is closed, nobody is left to confirm: then it opens three days after the record book
//! and the panel were told of it, and of the last account that was closed: an invitation made beforehand waits too.

use super::{Role, account, audit, codes};
use crate::panel::{store::Store, wrong::Wrong};
use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension as _, Row};

/// How long it works.
const WORKS: SignedDuration = SignedDuration::from_hours(7 * 24);
/// How long an unconfirmed one waits where nobody is left to confirm it.
const WAITS: SignedDuration = SignedDuration::from_hours(72);

/// A new invitation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invited {
    /// Its id, which becomes the account's.
    pub id: String,
    /// Its code, seen this once.
    pub code: String,
    /// Until when it works.
    pub expires: Timestamp,
    /// What stands between it and an account.
    pub standing: Standing,
}

/// What stands between an invitation and an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Nothing.
    Open,
    /// A panel member must confirm it.
    Unconfirmed,
    /// Nobody is left to confirm it: it opens three days after the panel was told.
    Waits,
}

/// An invitation that works still.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// Its id.
    pub id: String,
    /// For what.
    pub role: Role,
    /// When it was made.
    pub created: Timestamp,
    /// Until when it works.
    pub expires: Timestamp,
    /// The account that made it; `None`: by command.
    pub by: Option<String>,
    /// What stands between it and an account.
    pub standing: Standing,
}

/// Invites. `by` is the account of a panel member who does it on the page, which confirms it; `None`: by command.
///
/// # Errors
/// [`Wrong::Broken`] when there is no randomness or the store fails.
pub async fn invite(store: &Store, role: Role, by: Option<String>, now: Timestamp) -> Result<Invited, Wrong> {
    let (id, code) = (codes::id()?, codes::invitation()?);
    let expires = now.checked_add(WORKS).map_err(|_| Wrong::broken("the clock is wrong"))?;
    let (hash, kept) = (codes::hash(&code), id.clone());
    let standing = store.write(move |db| {
        let (made, until) = (now.as_microsecond(), expires.as_microsecond());
        let confirmed = by.as_ref().map(|_| made);
        db.execute("DELETE FROM invitations WHERE expires <= ?1", [made])?;
        let insert = "INSERT INTO invitations VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, NULL)";
        db.execute(insert, (&kept, hash, role.as_str(), made, until, by, confirmed))?;
        audit::note(db, &kept, role, audit::Did::Invited)?;
        standing(db, role, confirmed.is_some(), None, now)
    });
    Ok(Invited { id, code, expires, standing: standing.await? })
}

/// Every invitation that works still.
///
/// # Errors
/// [`Wrong::Broken`] when the store fails.
pub async fn all(store: &Store, now: Timestamp) -> Result<Vec<Invitation>, Wrong> {
    let ask = format!("{ASK} WHERE expires > ?1 ORDER BY created");
    let found = store.read(move |db| {
        let rows = db.prepare_cached(&ask)?.query_map([now.as_microsecond()], read)?.collect::<Result<Vec<_>, _>>()?;
        rows.into_iter().flatten().map(|row| row.standing(db, now)).collect::<Result<Vec<_>, _>>()
    });
    found.await
}

/// The invitation of a code, where it works still.
pub(super) fn of_code(db: &Connection, code: &str, now: Timestamp) -> Result<Option<Invitation>, rusqlite::Error> {
    let ask = format!("{ASK} WHERE code = ?1 AND expires > ?2");
    let found = db.query_row(&ask, (codes::hash(code), now.as_microsecond()), read).optional()?.flatten();
    found.map(|row| row.standing(db, now)).transpose()
}

/// A panel member confirms one that was made by command. `false`: there is none that waits for it.
///
/// # Errors
/// [`Wrong::Broken`] when the store fails.
pub(super) async fn confirm(store: &Store, id: String, now: Timestamp) -> Result<bool, Wrong> {
    let confirm = "UPDATE invitations SET confirmed = ?2 WHERE id = ?1 AND confirmed IS NULL AND expires > ?2 \
                   RETURNING role";
    let confirmed = store.write(move |db| {
        let role: Option<String> = db.query_row(confirm, (&id, now.as_microsecond()), |row| row.get(0)).optional()?;
        let Some(role) = role.and_then(|role| role.parse().ok()) else { return Ok(false) };
        audit::note(db, &id, role, audit::Did::Confirmed).map(|()| true)
    });
    confirmed.await
}

/// Takes one back. `false`: there is none.
///
/// # Errors
/// [`Wrong::Broken`] when the store fails.
pub(super) async fn take_back(store: &Store, id: String) -> Result<bool, Wrong> {
    let taken = store.write(move |db| {
        let delete = "DELETE FROM invitations WHERE id = ?1 RETURNING role";
        let role: Option<String> = db.query_row(delete, [&id], |row| row.get(0)).optional()?;
        let Some(role) = role.and_then(|role| role.parse().ok()) else { return Ok(false) };
        audit::note(db, &id, role, audit::Did::Closed).map(|()| true)
    });
    taken.await
}

/// It was used, and works no more.
pub(super) fn used(db: &Connection, id: &str) -> Result<(), rusqlite::Error> {
    db.execute("DELETE FROM invitations WHERE id = ?1", [id]).map(drop)
}

/// The record book was told of it; from now on it waits.
pub(super) fn noticed(db: &Connection, id: &str, now: Timestamp) -> Result<(), rusqlite::Error> {
    let notice = "UPDATE invitations SET noticed = ?2 WHERE id = ?1 AND noticed IS NULL";
    db.execute(notice, (id, now.as_microsecond())).map(drop)
}

const ASK: &str = "SELECT id, role, created, expires, invited_by, confirmed NOT NULL, noticed FROM invitations";

struct Kept {
    invitation: Invitation,
    confirmed: bool,
    noticed: Option<Timestamp>,
}

fn read(row: &Row<'_>) -> Result<Option<Kept>, rusqlite::Error> {
    let Ok(role) = row.get::<_, String>(1)?.parse() else { return Ok(None) };
    let invitation = Invitation {
        id: row.get(0)?,
        role,
        created: account::time(row.get(2)?),
        expires: account::time(row.get(3)?),
        by: row.get(4)?,
        standing: Standing::Unconfirmed,
    };
    let noticed = row.get::<_, Option<i64>>(6)?.map(account::time);
    Ok(Some(Kept { invitation, confirmed: row.get(5)?, noticed }))
}

impl Kept {
    fn standing(self, db: &Connection, now: Timestamp) -> Result<Invitation, rusqlite::Error> {
        let standing = standing(db, self.invitation.role, self.confirmed, self.noticed, now)?;
        Ok(Invitation { standing, ..self.invitation })
    }
}

fn standing(
    db: &Connection,
    role: Role,
    confirmed: bool,
    noticed: Option<Timestamp>,
    now: Timestamp,
) -> Result<Standing, rusqlite::Error> {
    if confirmed || role != Role::Panel || !account::panel_was_open(db)? {
        return Ok(Standing::Open);
    }
    if account::panel_is_open(db)? {
        return Ok(Standing::Unconfirmed);
    }
    // Until the panel was told of the closing, nothing has begun to wait.
    let told = noticed.zip(account::panel_left(db)?).map(|(noticed, left)| noticed.max(left));
    let waited = told.is_some_and(|told| now.duration_since(told) >= WAITS);
    Ok(if waited { Standing::Open } else { Standing::Waits })
}

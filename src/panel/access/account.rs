//! Accounts as the store keeps them.

use super::{
    Role, audit,
    codes::{self, Hash},
    keys::{self, Unlocked},
    passphrase,
};
use crate::panel::{api::tokens, confidential, store::Store, wrong::Wrong};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row};
use unicode_normalization::UnicodeNormalization as _;

/// How many recovery codes somebody has.
const RECOVERY: usize = 10;

/// An account, as lists show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its id, which says nothing of anybody.
    pub id: String,
    /// The name its holder chose.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// Since when it is open.
    pub created: Timestamp,
    /// The day of the last signing in, at its start.
    pub signed_in: Option<Timestamp>,
    /// Whether it is locked at this moment.
    pub locked: bool,
    /// Since when it is closed.
    pub closed: Option<Timestamp>,
}

/// Every account, open ones first, by name.
///
/// # Errors
/// [`Wrong::Broken`] when the store fails.
pub async fn all(store: &Store, now: Timestamp) -> Result<Vec<Account>, Wrong> {
    let now = now.as_microsecond();
    let ask = "SELECT id, name, role, created, signed_in, \
               max(coalesce(locked_until, 0), coalesce(own_locked_until, 0)) > ?1, closed FROM accounts \
               ORDER BY closed NOT NULL, name";
    let rows =
        store.read(move |db| db.prepare_cached(ask)?.query_map([now], listed)?.collect::<Result<Vec<_>, _>>()).await?;
    Ok(rows.into_iter().flatten().collect())
}

fn listed(row: &Row<'_>) -> Result<Option<Account>, rusqlite::Error> {
    let Ok(role) = row.get::<_, String>(2)?.parse() else { return Ok(None) };
    Ok(Some(Account {
        id: row.get(0)?,
        name: row.get(1)?,
        role,
        created: time(row.get(3)?),
        signed_in: row.get::<_, Option<i64>>(4)?.map(time),
        locked: row.get(5)?,
        closed: row.get::<_, Option<i64>>(6)?.map(time),
    }))
}

pub(super) fn time(micros: i64) -> Timestamp {
    Timestamp::from_microsecond(micros).unwrap_or(Timestamp::MIN)
}

/// What came of closing an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closed {
    /// It is closed. It had this role.
    Yes(Role),
    /// There is no open account with this id.
    No,
    /// It is open still: without it nobody could ever open so many sealed texts.
    Last(usize),
}

/// Closes an account: no session, no passphrase, no code, no token and no key of it is left. Its name stays in the list,
/// so that the panel sees who was there. Not where its holder is the only one who can open a text.
///
/// # Errors
/// [`Wrong::Broken`] when the store fails.
pub async fn close(store: &Store, id: String, now: Timestamp) -> Result<Closed, Wrong> {
    closed(store, id, now, false).await
}

/// The same, although texts that only its holder can open are lost for ever by it.
///
/// # Errors
/// [`Wrong::Broken`] when the store fails.
pub async fn close_and_lose(store: &Store, id: String, now: Timestamp) -> Result<Closed, Wrong> {
    closed(store, id, now, true).await
}

async fn closed(store: &Store, id: String, now: Timestamp, lose: bool) -> Result<Closed, Wrong> {
    let close = "UPDATE accounts SET closed = ?2, known_as = NULL, passphrase = NULL, locked = NULL, public = NULL \
                 WHERE id = ?1 AND closed IS NULL RETURNING role";
    let closed = store.write(move |db| {
        match if lose { 0 } else { confidential::only_for(db, &id)? } {
            0 => {}
            texts => return Ok(Closed::Last(texts)),
        }
        let role: Option<String> = db.query_row(close, (&id, now.as_microsecond()), |row| row.get(0)).optional()?;
        let Some(role) = role.and_then(|role| role.parse().ok()) else { return Ok(Closed::No) };
        db.execute("DELETE FROM sessions WHERE account = ?1", [&id])?;
        db.execute("DELETE FROM recovery WHERE account = ?1", [&id])?;
        tokens::end_all(db, &id, now)?;
        audit::note(db, &id, role, audit::Did::Closed)?;
        Ok(Closed::Yes(role))
    });
    closed.await
}

/// How many sealed texts nobody but this account's holder can open.
pub(super) async fn opens_alone(store: &Store, id: String) -> Result<usize, Wrong> {
    store.read(move |db| confidential::only_for(db, &id)).await
}

/// Whether there is an open account of a panel member.
pub(super) fn panel_is_open(db: &Connection) -> Result<bool, rusqlite::Error> {
    exists(db, "SELECT 1 FROM accounts WHERE role = 'panel' AND closed IS NULL LIMIT 1")
}

/// Whether there ever was one.
pub(super) fn panel_was_open(db: &Connection) -> Result<bool, rusqlite::Error> {
    exists(db, "SELECT 1 FROM accounts WHERE role = 'panel' LIMIT 1")
}

/// When the panel was told of the last panel member's account that was closed; `None`: not yet of every one.
pub(super) fn panel_left(db: &Connection) -> Result<Option<Timestamp>, rusqlite::Error> {
    if exists(db, "SELECT 1 FROM account_events WHERE role = 'panel' AND did = 'closed' LIMIT 1")? {
        return Ok(None);
    }
    let ask = "SELECT max(closed) FROM accounts WHERE role = 'panel'";
    Ok(db.prepare_cached(ask)?.query_row([], |row| row.get::<_, Option<i64>>(0))?.map(time))
}

/// The record book was told that it is closed. Of a command, the clock that it ran by is not believed.
pub(super) fn told_closed(db: &Connection, id: &str, now: Timestamp) -> Result<(), rusqlite::Error> {
    let told = "UPDATE accounts SET closed = max(closed, ?2) WHERE id = ?1 AND closed NOT NULL";
    db.prepare_cached(told)?.execute((id, now.as_microsecond())).map(drop)
}

fn exists(db: &Connection, ask: &str) -> Result<bool, rusqlite::Error> {
    db.prepare_cached(ask)?.exists([])
}

/// A name as it is typed at the door: neither case nor spaces matter.
pub(super) fn known_as(name: &str) -> String {
    let folded: String = name.nfkc().flat_map(char::to_lowercase).collect();
    folded.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What an account is opened with, ready for the store.
pub(super) struct Opening {
    pub name: String,
    pub passphrase: String,
    pub locked: Vec<u8>,
    pub public: [u8; 32],
    pub step: i64,
    pub recovery: Vec<Hash>,
}

impl Opening {
    /// Stretches the passphrase and locks the secrets under it.
    pub(super) async fn lock(
        (id, name): (&str, String),
        passphrase: &str,
        unlocked: &Unlocked,
        public: &crate::panel::sealed::Public,
    ) -> Result<Self, Wrong> {
        let (kept, key) = passphrase::make(passphrase).await?;
        let locked = keys::locked(id, unlocked, &key)?;
        Ok(Self { name, passphrase: kept, locked, public: *public.as_bytes(), step: 0, recovery: Vec::new() })
    }

    /// Opens it. `false`: somebody has this name.
    pub(super) fn insert(self, db: &Connection, id: &str, role: Role, now: Timestamp) -> Result<bool, rusqlite::Error> {
        let insert = "INSERT INTO accounts (id, name, known_as, role, passphrase, locked, public, totp_step, created) \
                      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT (known_as) DO NOTHING";
        let known_as = known_as(&self.name);
        let (role_text, created) = (role.as_str(), now.as_microsecond());
        let row = (id, self.name, known_as, role_text, self.passphrase, self.locked, self.public, self.step, created);
        if db.execute(insert, row)? == 0 {
            return Ok(false);
        }
        replace_recovery(db, id, &self.recovery)?;
        audit::note(db, id, role, audit::Did::Opened)?;
        Ok(true)
    }
}

/// Ten new recovery codes, to be shown once, and what is kept of them.
pub(super) fn recovery() -> Result<(Vec<String>, Vec<Hash>), Wrong> {
    let codes = (0..RECOVERY).map(|_| codes::recovery()).collect::<Result<Vec<_>, _>>()?;
    let hashes = codes.iter().map(|code| codes::hash(code)).collect();
    Ok((codes, hashes))
}

/// Keeps these recovery codes and no others.
pub(super) fn replace_recovery(db: &Connection, account: &str, hashes: &[Hash]) -> Result<(), rusqlite::Error> {
    db.execute("DELETE FROM recovery WHERE account = ?1", [account])?;
    let mut insert = db.prepare_cached("INSERT INTO recovery VALUES (?1, ?2)")?;
    hashes.iter().try_for_each(|hash| insert.execute((account, hash)).map(drop))
}

//! What happens to accounts goes into the record book: an opaque id, a role and a closed word. It is noted in the store
//! together with what it speaks of, and moved from there into the record book; so nothing is lost when a command made
//! it, or while the record book cannot be written. A crash in between may leave an entry twice, never none.

use super::{Role, account, invitation};
use crate::{
    flow::name_closed as closed,
    ledger::{Change, Leaf, leaf::Kind},
    panel::Panel,
};
use rusqlite::Connection;
use std::collections::BTreeMap;

closed! {
    /// What happened to an account.
    Did {
        /// Somebody was invited.
        Invited = "invited",
        /// A member of the panel confirmed an invitation that was made by command.
        Confirmed = "confirmed",
        /// It was opened.
        Opened = "opened",
        /// Too many wrong tries.
        Locked = "locked",
        /// It was closed, or an invitation taken back.
        Closed = "closed",
        /// Somebody signed in.
        SignedIn = "signed-in",
        /// Its holder made a token, with which a machine reads figures.
        TokenMade = "token-made",
        /// Its holder ended a token, or its own ended with it.
        TokenEnded = "token-ended",
    }
}

impl Did {
    /// Whether the panel is told at once: who joins and leaves it, that somebody tries passphrases, and that a machine
    /// reads along from now on.
    fn told(self, role: Role) -> bool {
        match self {
            Self::Invited | Self::Confirmed | Self::Opened | Self::Closed => role == Role::Panel,
            Self::Locked | Self::TokenMade => true,
            Self::SignedIn | Self::TokenEnded => false,
        }
    }
}

/// Notes it, in the transaction that does it.
pub(in crate::panel) fn note(db: &Connection, account: &str, role: Role, did: Did) -> Result<(), rusqlite::Error> {
    let insert = "INSERT INTO account_events (account, role, did) VALUES (?1, ?2, ?3)";
    db.prepare_cached(insert)?.execute((account, role.as_str(), did.as_str())).map(drop)
}

/// Moves what was noted into the record book. What cannot be moved now stays noted and is moved later.
pub(in crate::panel) async fn flush(panel: &Panel) {
    let _alone = panel.access.flushing.lock().await;
    let Ok(noted) = panel.store().read(noted).await else { return };
    for (number, account, role, did) in noted {
        let Some((leaf, changes)) = leaf(account.clone(), &role, &did) else {
            tracing::error!("an account's event in the panel's store is damaged; it is left out");
            continue;
        };
        if let Err(error) = panel.record(leaf, changes).await {
            tracing::error!(%error, "what happened to an account is not in the record book yet");
            return;
        }
        let now = panel.now();
        let moved = panel.store().write(move |db| {
            invitation::noticed(db, &account, now)?;
            if did == Did::Closed.as_str() {
                account::told_closed(db, &account, now)?;
            }
            db.execute("DELETE FROM account_events WHERE number = ?1", [number])
        });
        if moved.await.is_err() {
            return;
        }
    }
}

type Noted = (i64, String, String, String);

fn noted(db: &Connection) -> Result<Vec<Noted>, rusqlite::Error> {
    db.prepare_cached("SELECT number, account, role, did FROM account_events ORDER BY number LIMIT 1000")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?
        .collect()
}

fn leaf(account: String, role: &str, did: &str) -> Option<(Leaf, Vec<Change>)> {
    let (role, did) = (role.parse::<Role>().ok()?, did.parse::<Did>().ok()?);
    let mut leaf = Leaf::new(Kind::Account);
    leaf.extra =
        BTreeMap::from([("account", account), ("role", role.as_str().to_owned()), ("did", did.as_str().to_owned())]);
    let changes = if did.told(role) { vec![Change::Notify { kind: "account" }] } else { Vec::new() };
    Some((leaf, changes))
}

//! The members' keys. A public key stands in the store; the private one, and the secret of the app's codes, stand there
//! only under the passphrase, and in memory while their session lasts.

use super::{Session, passphrase, totp::Secret};
use crate::panel::{
    Panel,
    sealed::{Private, Public, lock, unlock},
    wrong::Wrong,
};
use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use zeroize::Zeroizing;

/// The keys of the sessions, by the hash of the session's token.
#[derive(Debug, Default)]
pub(in crate::panel) struct Ring(Mutex<HashMap<[u8; 32], Unlocked>>);

/// An account's secrets.
#[derive(Debug, Clone)]
pub struct Unlocked {
    /// What opens texts that were sealed to this member.
    pub private: Arc<Private>,
    /// What the app's codes are made from.
    pub secret: Secret,
}

/// The panel's members, to seal texts to: the id and public key of every open account of a panel member.
///
/// # Errors
/// [`Wrong::Broken`] when the store fails.
pub async fn members(panel: &Panel) -> Result<Vec<(String, Public)>, Wrong> {
    let rows = panel.store().read(|db| {
        db.prepare_cached(
            "SELECT id, public FROM accounts WHERE role = 'panel' AND closed IS NULL AND public NOT NULL ORDER BY id",
        )?
        .query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, Vec<u8>>(1)?)))?
        .collect::<Result<Vec<_>, _>>()
    });
    rows.await?
        .into_iter()
        .map(|(id, key)| Ok((id, Public::from_bytes(&key).ok_or_else(|| Wrong::broken("a member's key is damaged"))?)))
        .collect()
}

/// The private key of whoever is signed in, for as long as the session lasts. `None` when it is not in memory: sign in
/// again.
#[must_use]
pub fn private(panel: &Panel, session: &Session) -> Option<Arc<Private>> {
    panel.access.ring.get(session).map(|unlocked| unlocked.private)
}

impl Ring {
    pub(super) fn get(&self, session: &Session) -> Option<Unlocked> {
        self.all().get(&session.token).cloned()
    }

    pub(super) fn hold(&self, token: [u8; 32], unlocked: Unlocked) {
        self.all().insert(token, unlocked);
    }

    pub(super) fn forget(&self, token: &[u8; 32]) {
        self.all().remove(token);
    }

    /// The sessions whose keys are held at this moment.
    pub(super) fn held(&self) -> HashSet<[u8; 32]> {
        self.all().keys().copied().collect()
    }

    /// Forgets those of these sessions that are not live. One that was opened since is none of them.
    pub(super) fn forget_over(&self, mut held: HashSet<[u8; 32]>, live: &[[u8; 32]]) {
        live.iter().for_each(|token| _ = held.remove(token));
        self.all().retain(|token, _| !held.contains(token));
    }

    fn all(&self) -> MutexGuard<'_, HashMap<[u8; 32], Unlocked>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Locks an account's secrets under its passphrase's key, for the store.
pub(super) fn locked(account: &str, unlocked: &Unlocked, key: &passphrase::Key) -> Result<Vec<u8>, Wrong> {
    let private = Zeroizing::new(data_encoding::BASE64.encode(unlocked.private.as_bytes()));
    let text = Zeroizing::new(format!("{}\n{}", &*unlocked.secret.text(), &*private));
    lock(key, account.as_bytes(), &text).map_err(|_| Wrong::broken("an account's secrets could not be locked"))
}

/// Unlocks them. `None`: not this key, or not this account's.
pub(super) fn unlocked(account: &str, locked: &[u8], key: &passphrase::Key) -> Option<Unlocked> {
    let text = unlock(key, account.as_bytes(), locked).ok()?;
    let (secret, private) = text.split_once('\n')?;
    let private = Zeroizing::new(data_encoding::BASE64.decode(private.as_bytes()).ok()?);
    Some(Unlocked { private: Arc::new(Private::from_bytes(&private)?), secret: Secret::parse(secret)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_that_opens_while_others_are_swept_keeps_its_keys() {
        let ring = Ring::default();
        let unlocked = || Unlocked {
            private: Arc::new(Private::from_bytes(&[7; 32]).unwrap()),
            secret: Secret::parse("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ").unwrap(),
        };
        let [live, over, new] = [[1; 32], [2; 32], [3; 32]];
        ring.hold(live, unlocked());
        ring.hold(over, unlocked());
        let held = ring.held();
        // Between looking at the ring and hearing from the store, which was asked before this session was in it.
        ring.hold(new, unlocked());
        ring.forget_over(held, &[live]);
        assert_eq!(ring.held(), HashSet::from([live, new]));
    }
}

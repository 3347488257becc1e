//! Passphrases of an account are tried one after the other: what many at once try would be looked at before one of them
//! is counted.

use super::factor::Side;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::sync::OwnedMutexGuard;

/// A turn for each account, at the door and inside. Only accounts that there are get one.
#[derive(Debug, Default)]
pub(super) struct Turns(Mutex<HashMap<(Side, String), Turn>>);

/// Held by whoever's turn it is.
type Turn = Arc<tokio::sync::Mutex<()>>;

impl Turns {
    /// Waits for this account's turn, which lasts until what is given goes.
    pub(super) async fn wait(&self, side: Side, account: &str) -> OwnedMutexGuard<()> {
        let turn = {
            let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(turns.entry((side, account.to_owned())).or_default())
        };
        turn.lock_owned().await
    }
}

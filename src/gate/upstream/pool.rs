//! Connections kept for reuse, under one policy at a time.

use super::connection::{Connection, Lease, Line};
use crate::{
    flow::Host,
    gate::resolve::{Pinned, Way},
    policy::PolicyHash,
};
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::time::Instant;

/// Idle HTTP/1.1 connections kept for one recipient.
const IDLE: usize = 64;
/// Exchanges at once on one HTTP/2 connection; RFC 9113 section 6.5.2 asks peers to allow 100.
const STREAMS: usize = 100;

/// Idle and shared connections. Nothing here outlives the policy it was made under.
#[derive(Debug)]
pub(super) struct Pool {
    state: Mutex<State>,
    idle: Duration,
    sweeping: AtomicBool,
}

#[derive(Debug)]
struct State {
    epoch: PolicyHash,
    kept: HashMap<Key, Vec<Kept>>,
}

/// What a connection is for. The address is compared with the pin each time, so an answer of DNS that rotates does
/// not empty the pool and one that changes does.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    host: Host,
    port: u16,
    tls: bool,
    /// Made with this client certificate and these authorities, and of use to nobody with others.
    identity: Option<[u8; 32]>,
    /// Its certificate was judged for this way alone.
    way: Option<Way>,
}

#[derive(Debug)]
struct Kept {
    connection: Connection,
    since: Instant,
}

/// Where a connection goes back to.
#[derive(Debug, Clone)]
pub(super) struct Home {
    pool: Weak<Pool>,
    key: Key,
    epoch: PolicyHash,
}

impl Pool {
    pub(super) fn new(idle: Duration, epoch: PolicyHash) -> Arc<Self> {
        let state = Mutex::new(State { epoch, kept: HashMap::new() });
        Arc::new(Self { state, idle, sweeping: AtomicBool::new(false) })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A connection to one of the pinned addresses, made under the pin's policy, if there is one.
    pub(super) fn take(self: &Arc<Self>, pinned: &Pinned) -> Option<Lease> {
        let home = self.home(pinned);
        let mut state = self.state();
        if state.epoch != home.epoch {
            return None;
        }
        let kept = state.kept.get_mut(&home.key)?;
        kept.retain(|k| !k.connection.is_closed());
        let at = kept.iter().rposition(|k| {
            pinned.addresses().contains(&k.connection.peer)
                && match &k.connection.line {
                    Line::One(line) => line.is_ready(),
                    Line::Many(_, streams) => streams.open() < STREAMS,
                }
        })?;
        let connection = match kept.get(at).and_then(|k| shared(&k.connection)) {
            Some(shared) => shared,
            None => kept.remove(at).connection,
        };
        Some(Lease::new(connection, home))
    }

    /// Takes on a connection that was just made. An HTTP/2 one can be shared from now on.
    pub(super) fn adopt(self: &Arc<Self>, pinned: &Pinned, connection: Connection) -> Lease {
        let home = self.home(pinned);
        if let Some(shared) = shared(&connection) {
            home.clone().keep(shared);
        }
        if !self.sweeping.swap(true, Ordering::AcqRel) {
            tokio::spawn(sweep(Arc::downgrade(self), self.idle));
        }
        Lease::new(connection, home)
    }

    /// Ends what was made under another policy. Exchanges under way finish; nothing follows them.
    pub(super) fn retire(&self, epoch: PolicyHash) {
        let mut state = self.state();
        if state.epoch != epoch {
            state.epoch = epoch;
            state.kept.clear();
        }
    }

    /// Ends what is kept now.
    pub(super) fn end_kept(&self) {
        self.state().kept.clear();
    }

    fn home(self: &Arc<Self>, pinned: &Pinned) -> Home {
        let identity = pinned.identity().map(|identity| identity.digest());
        let way = pinned.rules().denials.way();
        let key = Key { host: pinned.host().clone(), port: pinned.port(), tls: pinned.tls(), identity, way };
        Home { pool: Arc::downgrade(self), key, epoch: pinned.rules().epoch }
    }

    fn keep(&self, key: Key, epoch: PolicyHash, connection: Connection) {
        let mut state = self.state();
        if state.epoch != epoch || connection.is_closed() {
            return;
        }
        let kept = state.kept.entry(key).or_default();
        if kept.len() < IDLE {
            kept.push(Kept { connection, since: Instant::now() });
        }
    }

    fn drop_unused(&self) {
        let unused = |since: Instant| since.elapsed() >= self.idle;
        self.state().kept.retain(|_, kept| {
            kept.retain(|k| match &k.connection.line {
                _ if k.connection.is_closed() => false,
                Line::One(_) => !unused(k.since),
                Line::Many(_, streams) => streams.open() > 0 || !unused(streams.used()),
            });
            !kept.is_empty()
        });
    }
}

impl Home {
    pub(super) fn keep(self, connection: Connection) {
        if let Some(pool) = self.pool.upgrade() {
            pool.keep(self.key, self.epoch, connection);
        }
    }
}

/// Another handle on an HTTP/2 connection; HTTP/1.1 has none.
fn shared(connection: &Connection) -> Option<Connection> {
    match &connection.line {
        Line::One(_) => None,
        Line::Many(line, streams) => Some(Connection {
            line: Line::Many(line.clone(), streams.clone()),
            meter: connection.meter.clone(),
            peer: connection.peer,
        }),
    }
}

/// Ends connections that nobody used for a while, for as long as the pool lives.
async fn sweep(pool: Weak<Pool>, idle: Duration) {
    loop {
        tokio::time::sleep(idle / 2).await;
        match pool.upgrade() {
            Some(pool) => pool.drop_unused(),
            None => return,
        }
    }
}

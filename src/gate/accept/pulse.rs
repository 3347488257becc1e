//! Whether a connection is still worth holding: nothing asked for too long, or an answer nobody takes.
//!
//! A caller that opens a stream and never reads its answer would otherwise hold a place in the bound on
//! requests for ever.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// How long a connection may be still.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    /// Before the first request.
    pub(super) first: Duration,
    /// Between requests.
    pub(super) idle: Duration,
    /// Between two parts of an answer that the caller takes.
    pub(super) stall: Duration,
}

/// What is to become of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Look again then.
    Until(Instant),
    /// Nothing is in flight and nothing came.
    Idle,
    /// An answer is not being taken.
    Stuck,
}

/// The requests in flight on one connection.
#[derive(Debug)]
pub(super) struct Pulse {
    patience: Patience,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    next: u64,
    /// Since when nothing was in flight, where that is so.
    still_since: Instant,
    /// Requests in flight: since when the caller owes a step, or `None` while we owe the answer.
    in_flight: BTreeMap<u64, Option<Instant>>,
}

impl Pulse {
    pub(super) fn new(patience: Patience) -> Arc<Self> {
        let state = State { next: 0, still_since: Instant::now(), in_flight: BTreeMap::new() };
        Arc::new(Self { patience, state: Mutex::new(state) })
    }

    /// A request began.
    pub(super) fn beat(self: &Arc<Self>) -> Beat {
        let mut state = self.state();
        let id = state.next;
        state.next += 1;
        state.in_flight.insert(id, None);
        Beat { pulse: Arc::clone(self), id }
    }

    pub(super) fn verdict(&self, now: Instant) -> Verdict {
        let state = self.state();
        if state.in_flight.is_empty() {
            let patience = if state.next == 0 { self.patience.first } else { self.patience.idle };
            let until = state.still_since + patience;
            return if until <= now { Verdict::Idle } else { Verdict::Until(until) };
        }
        // While every answer is ours to give, there is nothing to measure yet.
        let oldest = state.in_flight.values().flatten().min();
        let until = oldest.map_or(now, |since| *since) + self.patience.stall;
        if until <= now { Verdict::Stuck } else { Verdict::Until(until) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Every change is one step, so a panic elsewhere leaves nothing half done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One request in flight; ends when dropped.
#[derive(Debug)]
pub(super) struct Beat {
    pulse: Arc<Pulse>,
    id: u64,
}

impl Beat {
    /// The answer took a step towards the caller.
    pub(super) fn answering(&self) {
        self.pulse.state().in_flight.insert(self.id, Some(Instant::now()));
    }
}

impl Drop for Beat {
    fn drop(&mut self) {
        let mut state = self.pulse.state();
        state.in_flight.remove(&self.id);
        state.still_since = Instant::now();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: Duration = Duration::from_secs(1);

    #[test]
    fn stillness_is_measured_only_where_the_caller_owes_a_step() {
        let pulse = Pulse::new(Patience { first: S, idle: 5 * S, stall: 3 * S });
        let now = Instant::now();
        assert_eq!(pulse.verdict(now + 2 * S), Verdict::Idle);
        let deciding = pulse.beat();
        assert!(matches!(pulse.verdict(now + 100 * S), Verdict::Until(_)), "the answer is ours to give");
        let answered = pulse.beat();
        answered.answering();
        assert!(matches!(pulse.verdict(now + 2 * S), Verdict::Until(_)));
        assert_eq!(pulse.verdict(now + 4 * S), Verdict::Stuck, "one stuck answer is enough");
        drop((deciding, answered));
        assert!(matches!(pulse.verdict(now + 4 * S), Verdict::Until(_)));
        assert_eq!(pulse.verdict(now + 6 * S), Verdict::Idle);
    }
}

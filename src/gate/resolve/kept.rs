//! Answers kept for as long as they may be believed. Only what DNS said is kept, never what was made of it: every
//! use is judged afresh, under the rules of that request.

use super::{
    reply::{Family, Reply},
    unresolved::Unresolved,
};
use hickory_resolver::proto::rr::Name;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::time::Instant;

/// Questions whose answers are kept. Recipients are far fewer; aliases come and go.
const QUESTIONS: usize = 1024;

/// A question: which name, which family.
type Question = (Name, Family);
type Said = Result<Arc<Reply>, Unresolved>;

/// What was said in answer to each question. One for the process.
#[derive(Default)]
pub(super) struct Kept(Mutex<HashMap<Question, Arc<Slot>>>);

/// One question. It is asked by one request at a time; whoever waits shares what was said, also a failure, for
/// otherwise each would wait for a dead server in turn.
#[derive(Default)]
struct Slot {
    last: Mutex<Option<Last>>,
    turn: tokio::sync::Mutex<()>,
}

#[derive(Clone)]
struct Last {
    at: Instant,
    until: Instant,
    said: Said,
}

impl Kept {
    /// The answer that is kept, or the one that `ask` brings.
    pub(super) async fn or_ask(
        &self,
        name: &Name,
        family: Family,
        ask: impl Future<Output = Result<Reply, Unresolved>>,
    ) -> Said {
        let wanted = Instant::now();
        let slot = self.slot(name, family);
        if let Some(last) = slot.last().filter(|l| wanted < l.until) {
            return last.said;
        }
        let _turn = slot.turn.lock().await;
        if let Some(last) = slot.last().filter(|l| wanted <= l.at || Instant::now() < l.until) {
            return last.said;
        }
        let said = ask.await.map(Arc::new);
        let at = Instant::now();
        let until = said.as_ref().map_or(at, |reply| at + reply.believed);
        *lock(&slot.last) = Some(Last { at, until, said: said.clone() });
        said
    }

    fn slot(&self, name: &Name, family: Family) -> Arc<Slot> {
        let mut slots = lock(&self.0);
        let question = (name.clone(), family);
        if slots.len() >= QUESTIONS && !slots.contains_key(&question) {
            let now = Instant::now();
            let used = |slot: &Arc<Slot>| Arc::strong_count(slot) > 1;
            slots.retain(|_, s| used(s) || s.last().is_some_and(|l| now < l.until));
            if slots.len() >= QUESTIONS {
                slots.retain(|_, s| used(s));
            }
        }
        slots.entry(question).or_default().clone()
    }
}

impl Slot {
    fn last(&self) -> Option<Last> {
        lock(&self.last).clone()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

//! The one thread that writes. Whatever waits while one group is being synced is the next group.

use super::{
    Done, Granting, Job, Reply, Shared, Write,
    anchor::Keeper,
    changes, exposure,
    inspect::Inspection,
    query, reading,
    store::{Committed, Store},
    words,
};
use crate::{
    flow::DecisionId,
    ledger::{Change, Leaf, LedgerError, Tx, leaf::Kind, verify::Report},
};
use std::{
    collections::{BTreeMap, VecDeque},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Weak,
        mpsc::{Receiver, RecvTimeoutError, SyncSender, TryRecvError},
    },
};
use tokio::sync::oneshot;

/// The largest group. More would make the first of them wait for the last.
const LARGEST_GROUP: usize = 512;

type Verifying = (Inspection, oneshot::Sender<Result<Report, LedgerError>>);

/// The writer's state. It ends when everybody has let go of the ledger, or at [`Job::Close`].
pub(super) struct Writer {
    store: Store,
    queue: Receiver<Job>,
    /// For permissions that come back unused. Weak, so that it does not keep the queue open.
    jobs: Weak<SyncSender<Job>>,
    shared: Arc<Shared>,
    keeper: Keeper,
    /// Taken from the queue while a group was gathered, and not part of it.
    next: Option<Job>,
    verifying: VecDeque<Verifying>,
}

impl Writer {
    pub(super) fn new(
        store: Store,
        queue: Receiver<Job>,
        jobs: Weak<SyncSender<Job>>,
        shared: Arc<Shared>,
        keeper: Keeper,
    ) -> Self {
        Self { store, queue, jobs, shared, keeper, next: None, verifying: VecDeque::new() }
    }

    pub(super) fn run(mut self) {
        let mut closed = None;
        while let Some(job) = self.wait() {
            match job {
                Job::Write(write) => self.group(write),
                Job::Abandoned(decision) => self.group(not_sent(decision)),
                Job::Explain(decision, reply) => {
                    let found = query::explain(self.store.db(), &decision);
                    _ = reply.send(found.map_err(|e| LedgerError::Poisoned(words(&e).into())));
                }
                Job::PolicyFiles(hash, reply) => {
                    let found = query::policy_files(self.store.db(), hash);
                    _ = reply.send(found.map_err(|e| LedgerError::Poisoned(words(&e).into())));
                }
                Job::Exposure(span, reply) => {
                    let found = exposure::page(self.store.db(), &span);
                    _ = reply.send(found.map_err(|e| LedgerError::Poisoned(words(&e).into())));
                }
                Job::Entries(from, reply) => {
                    let found = reading::entries(self.store.db(), from);
                    _ = reply.send(found.map_err(|e| LedgerError::Poisoned(words(&e).into())));
                }
                Job::Notices(after, reply) => {
                    let found = reading::notices(self.store.db(), after);
                    _ = reply.send(found.map_err(|e| LedgerError::Poisoned(words(&e).into())));
                }
                Job::Verify(reply) => self.verifying.push_back((Inspection::new(self.keeper.path()), reply)),
                Job::Close(reply) => {
                    closed = Some(reply);
                    break;
                }
            }
        }
        self.finish(closed);
    }

    /// The next job. While there is none: a step of checking, or the anchor when it is due.
    fn wait(&mut self) -> Option<Job> {
        if let Some(job) = self.next.take() {
            return Some(job);
        }
        loop {
            if !self.verifying.is_empty() {
                match self.queue.try_recv() {
                    Ok(job) => return Some(job),
                    Err(TryRecvError::Empty) => self.verify_some(),
                    Err(TryRecvError::Disconnected) => return None,
                }
            } else if let Some(due) = self.keeper.due().filter(|_| self.shared.poison().is_none()) {
                match self.queue.recv_timeout(due) {
                    Ok(job) => return Some(job),
                    Err(RecvTimeoutError::Timeout) => self.write_anchor(),
                    Err(RecvTimeoutError::Disconnected) => return None,
                }
            } else {
                return self.queue.recv().ok();
            }
        }
    }

    /// Commits a group that begins with this transaction, and tells everybody.
    fn group(&mut self, first: Write) {
        let mut group = vec![first];
        while group.len() < LARGEST_GROUP && self.next.is_none() {
            match self.queue.try_recv() {
                Ok(Job::Write(write)) => group.push(write),
                Ok(Job::Abandoned(decision)) => group.push(not_sent(decision)),
                Ok(other) => self.next = Some(other),
                Err(_) => break,
            }
        }
        // A permission nobody waits for any more is not made at all.
        group.retain(|write| !matches!(&write.reply, Reply::Permit(reply) if reply.is_closed()));
        if group.is_empty() {
            return;
        }
        match self.commit(&group) {
            Ok(answers) => group.into_iter().zip(answers).for_each(|(write, answer)| self.tell(write, answer)),
            Err(error) => group.into_iter().for_each(|write| self.tell(write, Err(error.clone()))),
        }
        if self.shared.poison().is_none() {
            if let Err(reason) = self.store.checkpoint_if_long() {
                self.shared.set_poison(&reason);
            } else if self.keeper.due().is_some_and(|due| due.is_zero()) {
                self.write_anchor();
            }
        }
        if !self.verifying.is_empty() {
            self.verify_some();
        }
    }

    /// Makes a group durable and visible. Any error, and any panic, stops everything from here on.
    fn commit(&mut self, group: &[Write]) -> Result<Vec<Result<Done, LedgerError>>, LedgerError> {
        if let Some(poisoned) = self.shared.poison() {
            return Err(poisoned);
        }
        let result = catch_unwind(AssertUnwindSafe(|| {
            let committed = self.store.commit(group)?;
            self.show(committed)
        }));
        result.unwrap_or_else(|_| Err("the writer failed".into())).map_err(|reason| {
            self.store.roll_back();
            self.shared.set_poison(&reason)
        })
    }

    fn show(&mut self, committed: Committed) -> Result<Vec<Result<Done, LedgerError>>, String> {
        let head = self.store.head();
        if !committed.picture.is_empty() {
            let mut view = (**self.shared.view.load()).clone();
            changes::show(self.store.db(), committed.picture, &mut view).map_err(|e| words(&e))?;
            self.shared.view.store(Arc::new(view));
        }
        self.shared.head.store(Arc::new(head));
        self.keeper.advance(head);
        Ok(committed.answers)
    }

    fn tell(&self, write: Write, answer: Result<Done, LedgerError>) {
        match write.reply {
            Reply::Permit(reply) => {
                let decision = write.tx.leaf.decision;
                // When nobody is there, the granting is dropped here and comes back as an abandoned one.
                _ = reply.send(answer.map(|done| Granting::new(done, decision, Weak::clone(&self.jobs))));
            }
            Reply::Append(reply) => {
                let recorded = answer.and_then(|done| match done {
                    Done::Recorded { index } => Ok(index),
                    Done::Granted { .. } | Done::Refused(_) => {
                        Err(LedgerError::Malformed("a record was answered as a permission"))
                    }
                });
                _ = reply.send(recorded);
            }
            Reply::Nobody => {}
        }
    }

    fn write_anchor(&mut self) {
        match self.keeper.write() {
            Ok(()) => self.shared.covered(&self.store.head()),
            Err(e) => _ = self.shared.set_poison(&format!("its anchor cannot be written: {e}")),
        }
    }

    fn verify_some(&mut self) {
        let Some((mut inspection, reply)) = self.verifying.pop_front() else { return };
        match inspection.step(self.store.db()) {
            Ok(false) => self.verifying.push_back((inspection, reply)),
            Ok(true) => _ = reply.send(Ok(inspection.report())),
            Err(e) => _ = reply.send(Err(LedgerError::Poisoned(words(&e).into()))),
        }
    }

    fn finish(mut self, closed: Option<oneshot::Sender<Result<(), LedgerError>>>) {
        if self.shared.poison().is_none() {
            self.write_anchor();
            if let Err(reason) = self.store.checkpoint_all() {
                self.shared.set_poison(&reason);
            }
        }
        let Self { store, shared, .. } = self;
        drop(store);
        if let Some(reply) = closed {
            _ = reply.send(shared.poison().map_or(Ok(()), Err));
        }
    }
}

/// The outcome of a permission that nobody was there to use.
fn not_sent(decision: DecisionId) -> Write {
    let mut leaf = Leaf::new(Kind::Outcome);
    leaf.decision = Some(decision);
    leaf.extra = BTreeMap::from([("sent", "no".to_owned()), ("why", "abandoned".to_owned())]);
    let changes = vec![Change::Restore(decision)];
    Write { tx: Box::new(Tx { asserts: vec![], leaf, detail: vec![], changes }), reply: Reply::Nobody }
}

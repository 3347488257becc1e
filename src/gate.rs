//! The way in and the way out: sockets, TLS, DNS, deadlines. Start at [`exchange`]: one request, as a
//! straight line; it reads like the list in the crate's documentation.
//!
//! | what | where |
//! |---|---|
//! | the way in | [`accept`], [`wire`], [`server_tls`], [`callers`], [`head`], [`body`] |
//! | the way out | [`spool`], [`budget`], [`resolve`], [`tls`], [`upstream`], [`credentials`], [`answer`]; [`services`] to services of our own |
//! | what is said and written down | [`respond`], [`record`] |
//! | what is told afterwards, and beforehand | [`explanation`], [`rehearsal`] |
//! | running it | [`start`], [`reload`], [`policy_files`], `closings`, [`office`], [`stops`], [`control`], [`operations`], [`keys`] |

pub mod accept;
pub mod answer;
pub mod body;
pub mod budget;
pub mod callers;
mod closings;
pub mod control;
pub mod credentials;
pub mod exchange;
pub mod explanation;
pub mod head;
pub mod keys;
pub mod office;
pub mod operations;
pub mod policy_files;
mod probes;
pub mod record;
pub mod rehearsal;
pub mod reload;
pub mod resolve;
pub mod respond;
pub mod server_tls;
pub mod services;
pub mod spool;
pub mod start;
pub mod stops;
pub mod tls;
pub mod turns;
pub mod upstream;
pub mod wire;

use crate::{
    config::Config,
    consent::keys::Keys,
    flow::{Clause, DecisionId},
    ledger::{Assert, Change, Ledger, Permission, Receipt, Tx, leaf::Kind},
    log::{self, DecisionEvent, Outcome},
    metrics::Metrics,
    policy::Route,
    screen::Screened,
    verdict::{Code, Reason, Refusal},
};
use callers::Callers;
use closings::Closings;
use credentials::{Contact, Credentials, RecordContact};
use exchange::Trail;
use probes::Probes;
use reload::ActivePolicy;
use resolve::Resolver;
use spool::Room;
use std::{collections::BTreeSet, sync::Arc};
use turns::Turns;

/// One running gateway: everything a request needs on its way. Made by [`start`].
#[derive(Debug)]
pub struct Gateway {
    config: Config,
    callers: Callers,
    closings: Closings,
    keys: Arc<Keys>,
    ledger: Arc<Ledger>,
    policy: ActivePolicy,
    resolver: Resolver,
    room: Arc<Room>,
    turns: Turns,
    client: upstream::Client,
    credentials: Credentials,
    metrics: Arc<Metrics>,
    probes: Probes,
}

impl Gateway {
    /// 128 bits that nobody can guess or relate to another decision.
    fn new_decision(&self) -> Result<DecisionId, Refusal> {
        let mut random = [0; 16];
        aws_lc_rs::rand::fill(&mut random).map_err(|_| {
            Refusal::plain(Code::Internal, "The random source failed, so nothing can be recorded or sent.")
        })?;
        Ok(DecisionId::from_bytes(random))
    }

    /// Logs and counts how a request ended: once.
    fn observe(&self, trail: &mut Trail, outcome: Outcome, code: Option<Code>, reasons: &[Reason]) {
        if std::mem::replace(&mut trail.observed, true) {
            return;
        }
        let route = trail.route.as_ref();
        let clauses: BTreeSet<Clause> = reasons.iter().filter_map(|r| r.clause).collect();
        let took = trail.started.elapsed();
        log::decision(&DecisionEvent {
            decision: trail.decision,
            integration: route.map(|r| &r.integration.id),
            operation: route.map(|r| &r.operation.id),
            destination: route.map(|r| &r.integration.destination),
            outcome,
            code,
            clauses: &clauses.into_iter().collect::<Vec<_>>(),
            took,
        });
        let (integration, destination) = (route.map(|r| &r.integration.id), route.map(|r| &r.integration.destination));
        self.metrics.request(integration, destination, outcome, code, took);
    }

    /// Monitoring counts what the panel is told. Before it is recorded: an attempt is one, also where the disk is full.
    fn count_attempt(&self, route: Option<&Route>, tx: &Tx) {
        if tx.changes.iter().any(|c| matches!(c, Change::Notify { kind: "attempt" })) {
            self.metrics.attempt(route.map(|r| &r.integration.id), route.map(|r| &r.integration.destination));
        }
    }

    fn count_fields(&self, screened: &Screened) {
        let admitted = screened.consented().admitted();
        for row in &screened.grounds().rows {
            if let Some(group) = admitted.policy().categories.group(&row.rule.category) {
                self.metrics.fields(&admitted.facts().integration, group, row.act, row.count);
            }
        }
    }
}

impl RecordContact for Gateway {
    /// A dial of a token host is a durable record first, like every other dial.
    async fn record(&self, contact: Contact) -> Result<Receipt, Refusal> {
        let mut leaf = record::about(Kind::Contact, self.new_decision()?, None, None);
        leaf.policy = Some(contact.policy);
        let mut asserts = vec![Assert::PolicyActive(contact.policy)];
        asserts.extend(contact.contactable.not_after.map(Assert::NotAfter));
        if !contact.contactable.emergency {
            let (integration, destination) = (contact.integration.clone(), contact.system.clone());
            asserts.push(Assert::NotStopped { integration, destination });
        }
        leaf.integration = Some(contact.integration);
        leaf.destination = Some(contact.system);
        leaf.decided = Some(crate::ledger::leaf::Decided::Allowed);
        let tx = Tx { asserts, leaf, detail: Vec::new(), changes: Vec::new() };
        match self.ledger.permit(tx).await.map_err(|e| e.refusal())? {
            Permission::Granted(receipt) => Ok(receipt),
            Permission::Refused(failure) => Err(failure.refusal()),
        }
    }
}

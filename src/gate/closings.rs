//! Recipients that close: by a change of policy or because a day has passed. Each request is judged anew, so none
//! needs this to be refused; here the connections kept for them end, and the panel is told.

use super::Gateway;
use crate::{
    ledger::{Change, Leaf, LedgerError, Tx, leaf::Kind},
    policy::{Policy, Sources, organisations::standing},
    verdict::destination::day_in_london,
};
use jiff::civil::Date;
use std::{sync::Arc, time::Duration};
use tokio::sync::Mutex;

/// How long after midnight a connection may still be kept.
const INTERVAL: Duration = Duration::from_secs(60);

/// What the last look saw.
#[derive(Debug)]
pub(super) struct Closings(Mutex<(Arc<Policy>, Date)>);

impl Closings {
    /// Begins where the gateway stopped: `before` holds the files that were active then and the last recorded day.
    /// Where those files cannot be compiled by this version, the current ones stand in for them.
    pub(super) fn since(before: Option<&str>, day: Date, current: &Arc<Policy>) -> Self {
        let compiled = before
            .and_then(|text| serde_json::from_str(text).ok())
            .and_then(|files| Policy::compile(&Sources(files)).ok())
            .map(Arc::new);
        Self(Mutex::new((compiled.unwrap_or_else(|| current.clone()), day)))
    }
}

impl Gateway {
    /// Looks each minute. Ends never; dropped with the gateway.
    pub(super) async fn watch_closings(&self) {
        let mut minute = tokio::time::interval(INTERVAL);
        loop {
            minute.tick().await;
            self.look_for_closings().await;
        }
    }

    /// Records every recipient that closed since the last look, and ends the connections kept for any.
    pub(super) async fn look_for_closings(&self) {
        let mut last = self.closings.0.lock().await;
        let (policy, today) = (self.policy.snapshot(), day_in_london(self.ledger.now()));
        if (last.0.hash, last.1) == (policy.hash, today) {
            return;
        }
        let closed = standing::closed_since((&last.0.registry, last.1), (&policy.registry, today));
        for (system, why) in &closed {
            tracing::warn!(destination = %system, reason = %why, "a recipient closed");
            if let Err(error) = self.record_closing(&policy, system, *why).await {
                // The next look sees the same and tells it again: twice is better than not at all.
                tracing::error!(%error, "a recipient's closing could not be recorded");
                return;
            }
        }
        if !closed.is_empty() {
            self.client.end_kept();
        }
        *last = (policy, today);
    }

    async fn record_closing(
        &self,
        policy: &Policy,
        system: &crate::flow::SystemId,
        why: standing::Closing,
    ) -> Result<(), LedgerError> {
        let mut leaf = Leaf::new(Kind::RecipientClosed);
        leaf.destination = Some(system.clone());
        leaf.policy = Some(policy.hash);
        leaf.extra.insert("why", why.to_string());
        let changes = vec![Change::Notify { kind: "recipient" }];
        self.ledger.append(Tx { asserts: Vec::new(), leaf, detail: Vec::new(), changes }).await.map(drop)
    }
}

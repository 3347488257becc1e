//! Recipients that close: by a change of policy or because a day has passed. Each request is judged anew, so none
//! needs this to be refused; here the connections kept for them end, and the panel is told.

use super::Gateway;
use crate::{
    ledger::{Change, Leaf, LedgerError, Tx, leaf::Kind},
    policy::{Policy, PolicyHash, Registry, Sources, organisations::standing},
    verdict::destination::day_in_london,
};
use jiff::civil::Date;
use std::{sync::Arc, time::Duration};
use tokio::sync::Mutex;

/// How long after midnight a connection may still be kept.
const INTERVAL: Duration = Duration::from_secs(60);

/// What the last look saw.
#[derive(Debug)]
pub(super) struct Closings(Mutex<Seen>);

#[derive(Debug)]
struct Seen {
    /// Of this policy set; `None` is one that a gateway before this one read.
    policy: Option<PolicyHash>,
    registry: Arc<Registry>,
    day: Date,
}

impl Closings {
    /// Begins where the gateway stopped: `before` holds the files that were active then, `day` is that of the last
    /// record. Only the registry of those files is read: a new version may bring a new core, which may have closed
    /// somebody. Where even that cannot be read, the current one stands in for it.
    pub(super) fn since(before: Option<&str>, day: Date, current: &Arc<Policy>) -> Self {
        let files = before.and_then(|text| serde_json::from_str(text).ok()).map(Sources);
        let registry = match files.and_then(|files| Registry::of(&files)) {
            Some(registry) => Arc::new(registry),
            None => {
                if before.is_some() {
                    tracing::warn!("the recipients of the last policy set cannot be compared with today's");
                }
                current.registry.clone()
            }
        };
        Self(Mutex::new(Seen { policy: None, registry, day }))
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

    /// Ends the connections that are kept where a recipient closed since the last look, and records each.
    pub(super) async fn look_for_closings(&self) {
        let mut last = self.closings.0.lock().await;
        let (policy, today) = (self.policy.snapshot(), day_in_london(self.ledger.now()));
        if (last.policy, last.day) == (Some(policy.hash), today) {
            return;
        }
        let closed = standing::closed_since((&last.registry, last.day), (&policy.registry, today));
        if !closed.is_empty() {
            self.client.end_kept();
        }
        for (system, why) in &closed {
            tracing::warn!(destination = %system, reason = %why, "a recipient closed");
            if let Err(error) = self.record_closing(&policy, system, *why).await {
                // The next look sees the same and tells it again: twice is better than not at all.
                tracing::error!(%error, "a recipient's closing could not be recorded");
                return;
            }
        }
        *last = Seen { policy: Some(policy.hash), registry: policy.registry.clone(), day: today };
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

//! Requests from nobody we know: counted, and written down as one leaf a minute, so that a scan of the network
//! cannot fill the record book.

use crate::ledger::{Leaf, Ledger, Tx, leaf::Kind};
use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

const INTERVAL: Duration = Duration::from_secs(60);

/// How many there were since the last summary.
#[derive(Debug, Default)]
pub(super) struct Probes(AtomicU64);

impl Probes {
    pub(super) fn count(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// Writes a summary each minute in which there were any. Ends never; dropped with the gateway.
    pub(super) async fn summarise(&self, ledger: &Ledger) {
        let mut minute = tokio::time::interval_at(tokio::time::Instant::now() + INTERVAL, INTERVAL);
        loop {
            minute.tick().await;
            self.flush(ledger).await;
        }
    }

    /// Writes the summary now. What could not be written is counted again.
    pub(super) async fn flush(&self, ledger: &Ledger) {
        let count = self.0.swap(0, Ordering::Relaxed);
        if count == 0 {
            return;
        }
        let mut leaf = Leaf::new(Kind::RefusedSummary);
        leaf.extra.insert("count", count.to_string());
        let tx = Tx { asserts: Vec::new(), leaf, detail: Vec::new(), changes: Vec::new() };
        if ledger.append(tx).await.is_err() {
            self.0.fetch_add(count, Ordering::Relaxed);
        }
    }
}

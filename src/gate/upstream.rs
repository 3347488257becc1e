//! The way out: the only place that dials a recipient and the only place that writes a request to one.
//!
//! [`Client::send`] takes a request and the receipt of its durable decision, and gives back the recipient's answer
//! or a failure that says whether anything can have left. Connections are pooled for one policy at a time, so that
//! a verdict and the sockets it allowed end together. Nothing is ever sent twice: a pooled connection that was
//! found closed before the first byte is replaced once, and that is all.

mod connection;
mod dial;
mod failure;
mod meter;
mod outbound;
mod outgoing;
mod pool;
pub(super) mod service;

pub use failure::{FailureKind, SendFailure, Sent};
pub use outgoing::Outgoing;

pub(super) use connection::Lease;
pub(super) use outgoing::{is_hop_by_hop, is_private, nominated};

use super::{
    answer::{self, Answer},
    body,
    resolve::Pinned,
    tls::ClientTls,
};
use crate::{config::Limits, ledger::Receipt, policy::PolicyHash};
use connection::Connection;
use http::{Response, StatusCode, Version};
use hyper::body::Incoming;
use pool::Pool;
use std::{pin::pin, sync::Arc, time::Duration};
use tokio::time::{Instant, timeout_at};

/// How long each part of an exchange may take.
#[derive(Debug, Clone, Copy)]
pub struct Times {
    /// Dialling: TCP, TLS and the HTTP/2 preface, over all addresses together.
    pub connect: Duration,
    /// From the last request byte written to the answer's head.
    pub head: Duration,
    /// Writing the request, besides.
    pub write: Duration,
    /// Silence within the answer's body.
    pub quiet: Duration,
    /// The whole answer's body.
    pub whole: Duration,
    /// How long an unused connection is kept.
    pub idle: Duration,
}

impl From<&Limits> for Times {
    fn from(limits: &Limits) -> Self {
        Self {
            connect: limits.connect_time,
            head: limits.upstream_time,
            write: limits.body_time,
            quiet: limits.upstream_time,
            whole: Duration::from_secs(600).max(limits.upstream_time),
            idle: Duration::from_secs(30),
        }
    }
}

/// Sends requests to recipients. One for the process, shared.
#[derive(Debug)]
pub struct Client {
    tls: ClientTls,
    times: Times,
    pool: Arc<Pool>,
}

impl Client {
    /// A client that pools connections of the policy that is active now.
    #[must_use]
    pub fn new(tls: ClientTls, times: Times, active: PolicyHash) -> Self {
        Self { tls, times, pool: Pool::new(times.idle, active) }
    }

    /// Another policy is active: every pooled connection ends, and one still answering is not used again.
    pub fn retire(&self, active: PolicyHash) {
        self.pool.retire(active);
    }

    /// Ends every connection that is kept for reuse. Exchanges under way finish; nothing follows them.
    pub fn end_kept(&self) {
        self.pool.end_kept();
    }

    /// Sends one request whose allow is durable, and waits for the head of the answer. Must not be called twice for
    /// one decision; a [`Receipt`] cannot be had twice.
    ///
    /// # Errors
    /// [`SendFailure`], which says whether any byte of the request can have left.
    pub async fn send(&self, request: Outgoing, receipt: Receipt) -> Result<Answer, SendFailure> {
        if receipt.decision() != request.decision() {
            return Err(SendFailure::new(FailureKind::OtherReceipt, Sent::No));
        }
        if let Some(pooled) = self.pool.take(request.pinned()) {
            match self.exchange(pooled, &request).await {
                Err(failure) if failure.replaceable() => {}
                outcome => return outcome,
            }
        }
        let fresh = self.dial(request.pinned()).await?;
        self.exchange(fresh, &request).await
    }

    async fn dial(&self, pinned: &Pinned) -> Result<Lease, SendFailure> {
        let dialled = dial::dial(pinned, &self.tls, self.times.connect).await;
        let connection = dialled.map_err(|kind| SendFailure::new(kind, Sent::No))?;
        Ok(self.pool.adopt(pinned, connection))
    }

    async fn exchange(&self, mut lease: Lease, request: &Outgoing) -> Result<Answer, SendFailure> {
        let response = self.head(lease.connection(), request).await?;
        let broken = |kind| SendFailure::new(kind, Sent::Unknown);
        if response.status() == StatusCode::SWITCHING_PROTOCOLS {
            return Err(broken(FailureKind::Upgrade));
        }
        if response.version() < Version::HTTP_2 && !answer::framing_is_plain(response.headers()) {
            return Err(broken(FailureKind::Malformed));
        }
        Ok(answer::receive(response, lease, request, &self.times).await)
    }

    /// Writes the request and waits for the answer's head. From here on a failure must know what was written.
    async fn head(&self, connection: &mut Connection, request: &Outgoing) -> Result<Response<Incoming>, SendFailure> {
        let meter = connection.meter.clone();
        let mark = meter.written();
        let sent = || if meter.seal_if_unwritten(mark) { Sent::No } else { Sent::Unknown };
        let begun = Instant::now();
        // A large body is given the time that it takes at the slowest pace at which one may come in.
        let write = self.times.write + body::time_beyond(request.length(), 0);
        let limit = begun + write + self.times.head;
        let mut response = pin!(connection.send(request)?);
        loop {
            let deadline = (meter.last_write().max(begun) + self.times.head).min(limit);
            match timeout_at(deadline, &mut response).await {
                Ok(Ok(response)) => return Ok(response),
                Ok(Err(failed)) if failed.unsent => return Err(SendFailure::new(FailureKind::Closed, Sent::No)),
                Ok(Err(failed)) => return Err(SendFailure::new(failed.kind, sent())),
                Err(_) if (meter.last_write() + self.times.head).min(limit) > Instant::now() => {}
                Err(_) => return Err(SendFailure::new(FailureKind::Timeout, sent())),
            }
        }
    }
}

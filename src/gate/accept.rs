//! The way in: listeners, connections and their bounds, and the end of all of them.
//!
//! A connection is taken when there is room for it, speaks TLS where the configuration says so, and is
//! served by hyper: HTTP/1.1 through [`wire`](super::wire), HTTP/2 where TLS agreed on it. Each request
//! becomes a [`Call`] to an [`Exchange`], which decides; this module knows nothing of policies.
//!
//! Every wait for a caller has an end: the handshake, the first byte, the head, the body (bounded by who
//! reads it), the gap between requests, and an answer that the caller does not take.

mod bodies;
mod connection;
mod pulse;
mod service;

use super::respond::AnswerBody;
use crate::{config::Limits, flow::DecisionId, verdict::Refusal};
use std::{io, net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore, watch},
    task::JoinSet,
    time::timeout,
};

pub use bodies::Inbound;

/// Who is at the other end of a connection, as far as the connection says.
#[derive(Debug, Clone)]
pub struct Peer {
    /// Where the connection came from.
    pub address: SocketAddr,
    /// It is encrypted.
    pub tls: bool,
    /// The DNS and URI names of its verified client certificate; `None` where it showed none.
    pub certificate: Option<Arc<[String]>>,
    /// The server name it asked for in the handshake (SNI).
    pub server_name: Option<Arc<str>>,
}

impl Peer {
    /// Whether it is on this machine.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        self.address.ip().to_canonical().is_loopback()
    }
}

/// One request, its framing checked, nothing else.
#[derive(Debug)]
pub struct Call {
    /// As it came; the body is still on its way.
    pub request: http::Request<Inbound>,
    /// From whom.
    pub peer: Peer,
}

/// What answers requests.
pub trait Exchange: Send + Sync + 'static {
    /// Answers one request. Runs in a task of its own, which a caller that hangs up does not cancel: what was
    /// begun is brought to a recorded end. A panic is answered `internal`, `Havengate-Sent: unknown`.
    ///
    /// A body that is not read to its end closes the connection after the answer.
    fn exchange(self: Arc<Self>, call: Call) -> impl Future<Output = http::Response<AnswerBody>> + Send;

    /// Records a request that the way in refused by itself: a broken head, too many at once, a panic. `claim` is
    /// [`Callers::claim`](super::callers::Callers::claim) of its head, empty where that could not be read. The id
    /// goes back to the caller. Must not wait long: it is asked for in numbers when somebody probes.
    fn refused(
        self: Arc<Self>,
        peer: Peer,
        claim: http::HeaderMap,
        refusal: Refusal,
    ) -> impl Future<Output = Option<DecisionId>> + Send;
}

/// How far the end has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Serving.
    Open,
    /// No new connections or requests; those in flight go on.
    Draining,
    /// Idle connections end.
    Closed,
}

/// The listeners' side of the gateway, ready to serve.
#[derive(Debug)]
pub struct Entrance<E> {
    exchange: Arc<E>,
    limits: Limits,
    tls: Option<Arc<rustls::ServerConfig>>,
    connections: Arc<Semaphore>,
    requests: Arc<Semaphore>,
    phase: watch::Sender<Phase>,
}

/// How serving ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drained {
    /// Requests still in flight when the time was up.
    pub unfinished: usize,
}

/// From the end of the last request to the end of a connection whose caller does not take its bytes.
const LAST_BYTES: Duration = Duration::from_secs(2);

impl<E: Exchange> Entrance<E> {
    /// Bounds connections and requests over all listeners together. Without `tls` callers speak HTTP/1.1 in
    /// clear.
    #[must_use]
    pub fn new(exchange: Arc<E>, limits: Limits, tls: Option<Arc<rustls::ServerConfig>>) -> Self {
        Self {
            exchange,
            connections: Arc::new(Semaphore::new(limits.connections.min(Semaphore::MAX_PERMITS))),
            requests: Arc::new(Semaphore::new(requests(&limits) as usize)),
            tls,
            phase: watch::Sender::new(Phase::Open),
            limits,
        }
    }

    /// Serves until `shutdown` is ready, then lets what is in flight end, for `limits.drain_time` at most.
    /// New requests on connections that are still open are meanwhile refused as `overloaded`.
    pub async fn serve(self, listeners: Vec<TcpListener>, shutdown: impl Future<Output = ()>) -> Drained {
        let this = Arc::new(self);
        let mut doors = JoinSet::new();
        for listener in listeners {
            doors.spawn(Arc::clone(&this).door(listener));
        }
        shutdown.await;
        this.phase.send_replace(Phase::Draining);
        let all = requests(&this.limits);
        let drained = timeout(this.limits.drain_time, this.requests.acquire_many(all)).await;
        let unfinished = if drained.is_ok() { 0 } else { all as usize - this.requests.available_permits() };
        drop(drained);
        this.phase.send_replace(Phase::Closed);
        // Connections that last longer are cut when their tasks are dropped with `doors`.
        let _ = timeout(LAST_BYTES, async { while doors.join_next().await.is_some() {} }).await;
        Drained { unfinished }
    }

    /// Takes connections from one listener while there is room, then waits for them to end.
    async fn door(self: Arc<Self>, listener: TcpListener) {
        let mut phase = self.phase.subscribe();
        let mut connections = JoinSet::new();
        loop {
            let accepted = tokio::select! {
                biased;
                _ = phase.wait_for(|p| *p != Phase::Open) => break,
                Some(_) = connections.join_next() => continue,
                accepted = self.next(&listener) => accepted,
            };
            match accepted {
                Ok((stream, address, permit)) => {
                    connections.spawn(connection::serve(Arc::clone(&self), stream, address, permit));
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    // Out of descriptors: wait for some to come back rather than spin.
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
        }
        drop(listener);
        while connections.join_next().await.is_some() {}
    }

    /// The next connection, with its place. Over the bound, callers wait in the kernel's queue.
    async fn next(&self, listener: &TcpListener) -> io::Result<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
        let permit = Arc::clone(&self.connections).acquire_owned().await.map_err(io::Error::other)?;
        let (stream, address) = listener.accept().await?;
        Ok((stream, address, permit))
    }
}

/// The bound on requests in flight, as semaphores count.
fn requests(limits: &Limits) -> u32 {
    u32::try_from(limits.requests.min(Semaphore::MAX_PERMITS)).unwrap_or(u32::MAX)
}

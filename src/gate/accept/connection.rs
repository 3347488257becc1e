//! One connection: handshake, protocol, service, and an end that the caller can read.

use super::{
    Entrance, Exchange, Peer, Phase,
    pulse::{Patience, Pulse, Verdict},
};
use crate::gate::{
    respond::{self, Sent},
    server_tls::alternative_names,
    wire::{Bounds, End, Wire, WireFault},
};
use hyper::{
    server::conn::{http1, http2},
    service::service_fn,
};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use std::{
    future::poll_fn,
    net::SocketAddr,
    pin::{Pin, pin},
    sync::Arc,
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::TcpStream,
    sync::OwnedSemaphorePermit,
    time::{Instant, sleep_until, timeout},
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

/// HTTP/2 streams of one connection at once.
const STREAMS: u32 = 100;
/// What a caller may still send after an answer that did not wait for it, so that the answer is not lost.
const LINGER_BYTES: u64 = 16 << 20;
const LINGER_TIME: Duration = Duration::from_secs(2);

/// Serves a connection to its end. The permit is its place among all connections.
pub(super) async fn serve<E: Exchange>(
    entrance: Arc<Entrance<E>>,
    stream: TcpStream,
    address: SocketAddr,
    permit: OwnedSemaphorePermit,
) {
    let _ = stream.set_nodelay(true);
    let peer = Peer { address, tls: false, certificate: None, server_name: None };
    match entrance.tls.clone() {
        None => entrance.http1(stream, peer).await,
        Some(config) => {
            let acceptor = TlsAcceptor::from(config);
            // A handshake that fails has asked for nothing, so there is nothing to answer or record.
            let Ok(Ok(stream)) = timeout(entrance.limits.head_time, acceptor.accept(stream)).await else {
                return;
            };
            let (peer, http2) = introduce(peer, &stream);
            if http2 { entrance.http2(stream, peer).await } else { entrance.http1(stream, peer).await }
        }
    }
    drop(permit);
}

/// What the handshake said of the caller, and whether it agreed on HTTP/2.
fn introduce(peer: Peer, stream: &TlsStream<TcpStream>) -> (Peer, bool) {
    let session = stream.get_ref().1;
    let certificate = session.peer_certificates().and_then(<[_]>::first);
    let peer = Peer {
        tls: true,
        certificate: certificate.map(|c| alternative_names(c).into()),
        server_name: session.server_name().map(Into::into),
        ..peer
    };
    (peer, session.alpn_protocol() == Some(b"h2"))
}

impl<E: Exchange> Entrance<E> {
    async fn http1<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(self: Arc<Self>, stream: S, peer: Peer) {
        let (head_time, idle_time) = (self.limits.head_time, self.limits.idle_time);
        let bounds = Bounds::from(&self.limits);
        // The wire ends what is still; this is for a caller who does not take an answer's last bytes.
        let longest = idle_time + 2 * head_time;
        let pulse = Pulse::new(Patience { first: longest, idle: longest, stall: idle_time });
        let service = service_fn(|request| {
            Box::pin(Arc::clone(&self).answer(peer.clone(), pulse.beat(), request))
                as Pin<Box<dyn Future<Output = _> + Send>>
        });
        let mut connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(longest)
            .max_headers(self.limits.headers.max(1))
            .max_buf_size(64 << 10)
            // A caller that has said all it will say may still wait for the answer.
            .half_close(true)
            .serve_connection(TokioIo::new(Wire::new(stream, bounds, head_time, idle_time)), service);
        let mut phase = self.phase.subscribe();
        let mut closing = false;
        let mut look = Instant::now();
        let ended = loop {
            tokio::select! {
                biased;
                ended = poll_fn(|cx| connection.poll_without_shutdown(cx)) => break ended,
                _ = phase.wait_for(|p| *p == Phase::Closed), if !closing => {
                    closing = true;
                    Pin::new(&mut connection).graceful_shutdown();
                }
                () = sleep_until(look) => match pulse.verdict(Instant::now()) {
                    Verdict::Until(then) => look = then,
                    Verdict::Idle | Verdict::Stuck => return,
                },
            }
        };
        // An answer that broke off must not look whole: without a proper end the caller can tell.
        if ended.is_err() {
            return;
        }
        let wire = connection.into_parts().io.into_inner();
        let (end, between) = (wire.end(), wire.between());
        let mut stream = wire.into_stream();
        if let Some(End::Head(fault)) = end {
            self.answer_fault(&mut stream, peer, fault).await;
        }
        close(stream, between).await;
    }

    /// The answer to a head that never became a request.
    async fn answer_fault(&self, stream: &mut (impl AsyncWrite + Unpin), peer: Peer, fault: WireFault) {
        let refusal = fault.refusal();
        let decision = self.record(peer, http::HeaderMap::new(), refusal.clone()).await;
        let bytes = respond::closing_bytes(&respond::problem(&refusal, decision, Sent::No));
        let _ = timeout(self.limits.head_time, stream.write_all(&bytes)).await;
    }

    async fn http2<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(self: Arc<Self>, stream: S, peer: Peer) {
        let (head_time, idle_time) = (self.limits.head_time, self.limits.idle_time);
        let pulse = Pulse::new(Patience { first: head_time, idle: idle_time, stall: idle_time });
        let service = service_fn(|request| Arc::clone(&self).answer(peer.clone(), pulse.beat(), request));
        let connection = http2::Builder::new(TokioExecutor::new())
            .timer(TokioTimer::new())
            .max_concurrent_streams(STREAMS)
            .max_header_list_size(u32::try_from(self.limits.head).unwrap_or(u32::MAX))
            .max_send_buf_size(64 << 10)
            .keep_alive_interval(idle_time)
            .keep_alive_timeout(head_time)
            .serve_connection(TokioIo::new(stream), service);
        let mut connection = pin!(connection);
        let mut phase = self.phase.subscribe();
        let mut closing = false;
        let mut look = Instant::now();
        loop {
            tokio::select! {
                biased;
                _ = connection.as_mut() => return,
                _ = phase.wait_for(|p| *p != Phase::Open), if !closing => {
                    closing = true;
                    connection.as_mut().graceful_shutdown();
                }
                () = sleep_until(look) => match pulse.verdict(Instant::now()) {
                    Verdict::Until(then) => look = then,
                    // Said goodbye and waited once more: nobody is there.
                    Verdict::Idle if closing => return,
                    Verdict::Idle => {
                        closing = true;
                        look = Instant::now() + head_time;
                        connection.as_mut().graceful_shutdown();
                    }
                    Verdict::Stuck => return,
                },
            }
        }
    }
}

/// Ends a connection so that the caller can read its last answer: closing a socket with unread bytes would
/// throw the answer away, so a bounded part of them is read and dropped.
async fn close<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S, between: bool) {
    let _ = timeout(LINGER_TIME, async {
        if stream.shutdown().await.is_ok() && !between {
            let _ = tokio::io::copy(&mut (&mut stream).take(LINGER_BYTES), &mut tokio::io::sink()).await;
        }
    })
    .await;
}

//! Dialling: the only place that opens a connection to a recipient.

use super::{
    FailureKind,
    connection::{Connection, Line, Streams},
    meter::{Meter, Metered},
};
use crate::{
    flow::Host,
    gate::{
        resolve::Pinned,
        tls::{self, ClientTls},
    },
};
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use rustls_pki_types::ServerName;
use std::{net::SocketAddr, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::TlsConnector;

/// An answer's head, bytes.
const HEAD: usize = 64 << 10;
/// HTTP/2 connections are asked for a sign of life this often while in use.
const PING: Duration = Duration::from_secs(20);

/// Dials the pinned addresses in turn and speaks TLS unless the connection's own file says http. When this returns
/// a connection, the certificate was verified and judged, and not one byte of a request was written.
pub(super) async fn dial(pinned: &Pinned, tls: &ClientTls, time: Duration) -> Result<Connection, FailureKind> {
    let each = time / u32::try_from(pinned.addresses().len()).unwrap_or(1).max(1);
    for address in pinned.addresses() {
        match timeout(each, dial_one(*address, pinned, tls)).await {
            Err(_) | Ok(Err(FailureKind::Unreachable)) => {}
            // A certificate that is not the recipient's is an answer, not a reason to look elsewhere.
            Ok(outcome) => return outcome,
        }
    }
    Err(FailureKind::Unreachable)
}

async fn dial_one(address: SocketAddr, pinned: &Pinned, tls: &ClientTls) -> Result<Connection, FailureKind> {
    #[expect(clippy::disallowed_methods, reason = "the one dial: the address was judged and pinned")]
    let socket = TcpStream::connect(address).await.map_err(|_| FailureKind::Unreachable)?;
    // Requests are written whole; waiting to join small ones only costs time.
    let _ = socket.set_nodelay(true);
    let meter = Meter::new();
    let socket = Metered::new(socket, meter.clone());
    let line = if pinned.tls() {
        let config = tls.for_dial(pinned.rules(), pinned.identity().map(|i| &**i)).ok_or(FailureKind::NoAuthorities)?;
        let name = server_name(pinned.host()).ok_or(FailureKind::Certificate)?;
        let socket = TlsConnector::from(config).connect(name, socket).await.map_err(|e| handshake_failure(&e))?;
        let http2 = socket.get_ref().1.alpn_protocol() == Some(b"h2");
        if http2 { many(socket).await? } else { one(socket).await? }
    } else {
        one(socket).await?
    };
    Ok(Connection { line, meter, peer: address })
}

pub(super) fn server_name(host: &Host) -> Option<ServerName<'static>> {
    match host {
        Host::Name(name) => ServerName::try_from(name.clone()).ok(),
        Host::Address(address) => Some(ServerName::IpAddress((*address).into())),
    }
}

pub(super) fn handshake_failure(error: &std::io::Error) -> FailureKind {
    match tls::denial(error) {
        Some(refusal) => FailureKind::Denied(refusal),
        None if tls::is_certificate(error) => FailureKind::Certificate,
        None => FailureKind::Unreachable,
    }
}

async fn one<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(socket: S) -> Result<Line, FailureKind> {
    let handshake = http1::Builder::new().max_buf_size(2 * HEAD).max_header_size(HEAD).handshake(TokioIo::new(socket));
    let (line, connection) = handshake.await.map_err(|_| FailureKind::Unreachable)?;
    drive(connection);
    Ok(Line::One(line))
}

async fn many<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(socket: S) -> Result<Line, FailureKind> {
    let handshake = http2::Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .max_header_list_size(u32::try_from(HEAD).unwrap_or(u32::MAX))
        .keep_alive_interval(PING)
        .keep_alive_timeout(PING)
        .handshake(TokioIo::new(socket));
    let (line, connection) = handshake.await.map_err(|_| FailureKind::Unreachable)?;
    drive(connection);
    Ok(Line::Many(line, Streams::new()))
}

/// Runs a connection until it ends. How it ended is told to whoever waits for an answer on it.
fn drive(connection: impl Future<Output = hyper::Result<()>> + Send + 'static) {
    tokio::spawn(async move {
        if connection.await.is_err() {
            tracing::debug!("a connection to a recipient ended with an error");
        }
    });
}

//! Dialling a service of our own: judged and pinned as a recipient is, after a durable record as every dial is.

use super::{
    FailureKind,
    dial::{handshake_failure, server_name},
};
use crate::{
    gate::{resolve::Pinned, tls::ClientTls},
    ledger::Receipt,
};
use std::{sync::Arc, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

/// Dials the pinned addresses in turn. The receipt is that of the `contact` record.
pub(in crate::gate) async fn connect(pinned: &Pinned, _: Receipt, time: Duration) -> Result<TcpStream, FailureKind> {
    let each = time / u32::try_from(pinned.addresses().len()).unwrap_or(1).max(1);
    for address in pinned.addresses() {
        #[expect(clippy::disallowed_methods, reason = "the address was judged and pinned")]
        let dialled = timeout(each, TcpStream::connect(address)).await;
        if let Ok(Ok(socket)) = dialled {
            return Ok(socket);
        }
    }
    Err(FailureKind::Unreachable)
}

/// Speaks TLS on an open connection: the certificate is verified and judged for the pinned host.
pub(in crate::gate) async fn secure<S: AsyncRead + AsyncWrite + Unpin>(
    pinned: &Pinned,
    socket: S,
    tls: &ClientTls,
    time: Duration,
) -> Result<TlsStream<S>, FailureKind> {
    let config = tls.for_dial(pinned.rules(), None).ok_or(FailureKind::NoAuthorities)?;
    let mut config = rustls::ClientConfig::clone(&config);
    // Mail has no name in ALPN, and webhooks are HTTP/1.1.
    config.alpn_protocols.clear();
    let name = server_name(pinned.host()).ok_or(FailureKind::Certificate)?;
    match timeout(time, TlsConnector::from(Arc::new(config)).connect(name, socket)).await {
        Ok(connected) => connected.map_err(|e| handshake_failure(&e)),
        Err(_) => Err(FailureKind::Unreachable),
    }
}

//! The pages' listener: HTTP/1.1 over TLS, or in clear on loopback; bounded in connections, bytes and time, so that it
//! cannot hurt the gateway beside it, and no one computer keeps the others from its pages.

mod peers;
mod still;

use super::{Panel, routes};
use axum::Router;
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use peers::Peers;
use std::{future::Future, io, net::SocketAddr, pin::pin, sync::Arc, time::Duration};
use still::Counted;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::Semaphore,
};
use tokio_rustls::TlsAcceptor;

/// Connections open at once.
const CONNECTIONS: usize = 128;
/// A TLS handshake; a request's head.
const HEAD: Duration = Duration::from_secs(10);
/// A connection on which next to nothing moves for so long is ended. One that moves may last: the record book of years
/// is downloaded over it.
const STILL: Duration = Duration::from_secs(120);
/// A request's head, bytes.
const BUFFER: usize = 16 << 10;

/// The listener, bound and not yet serving.
#[derive(Debug)]
pub struct Bound {
    listener: TcpListener,
    tls: Option<Arc<rustls::ServerConfig>>,
    panel: Arc<Panel>,
}

impl Bound {
    /// Binds the address of `panel.listen`. `tls` speaks HTTP/1.1 only.
    ///
    /// # Errors
    /// What the system said.
    pub async fn bind(panel: Arc<Panel>, tls: Option<Arc<rustls::ServerConfig>>) -> io::Result<Self> {
        let listener = TcpListener::bind(panel.config().listen).await?;
        Ok(Self { listener, tls, panel })
    }

    /// Where it is.
    ///
    /// # Errors
    /// What the system said.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves until `stop` is ready. Pages under way are then cut off: they are asked for again.
    pub async fn serve(self, stop: impl Future<Output = ()>) {
        let router = routes::router(&self.panel);
        let acceptor = self.tls.map(TlsAcceptor::from);
        let places = Arc::new(Semaphore::new(CONNECTIONS));
        let peers = Arc::new(Peers::of(&self.panel.config().url));
        let mut stop = pin!(stop);
        loop {
            let accepted = tokio::select! {
                () = &mut stop => return,
                place = Arc::clone(&places).acquire_owned() => match place {
                    Ok(place) => tokio::select! {
                        () = &mut stop => return,
                        accepted = self.listener.accept() => accepted.map(|(stream, from)| (stream, from, place)),
                    },
                    Err(_) => return,
                },
            };
            match accepted {
                Ok((stream, from, place)) => {
                    // One that has its share already is hung up on.
                    let Some(share) = peers.enter(from.ip()) else { continue };
                    let (router, acceptor) = (router.clone(), acceptor.clone());
                    tokio::spawn(async move {
                        let (stream, moved) = Counted::new(stream);
                        still::while_it_moves(&moved, STILL, connection(stream, acceptor, router)).await;
                        drop((share, place));
                    });
                }
                // Out of file descriptors, most likely: let others finish before asking again.
                Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
            }
        }
    }
}

async fn connection(stream: Counted<TcpStream>, acceptor: Option<TlsAcceptor>, router: Router) {
    match acceptor {
        None => speak(stream, router).await,
        Some(acceptor) => {
            if let Ok(Ok(stream)) = tokio::time::timeout(HEAD, acceptor.accept(stream)).await {
                speak(stream, router).await;
            }
        }
    }
}

async fn speak(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, router: Router) {
    let _ = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_buf_size(BUFFER)
        .max_headers(64)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router))
        .await;
}

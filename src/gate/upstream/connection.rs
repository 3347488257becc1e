//! One connection to a recipient, and the right to use it once.

use super::{FailureKind, Outgoing, SendFailure, Sent, meter::Meter, outbound::Outbound, pool::Home};
use http::{Request, Response};
use hyper::{
    body::Incoming,
    client::conn::{TrySendError, http1, http2},
};
use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::{runtime::Handle, time::Instant};

/// How long a connection may take to come to rest after its answer was read.
const SETTLING: Duration = Duration::from_secs(1);

/// An open connection, TLS verified.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) line: Line,
    pub(super) meter: Arc<Meter>,
    pub(super) peer: SocketAddr,
}

/// How it speaks.
#[derive(Debug)]
pub(super) enum Line {
    /// HTTP/1.1: one exchange at a time.
    One(http1::SendRequest<Outbound>),
    /// HTTP/2: many, shared.
    Many(http2::SendRequest<Outbound>, Arc<Streams>),
}

/// How much an HTTP/2 connection is in use.
#[derive(Debug)]
pub(super) struct Streams {
    open: AtomicUsize,
    used: Mutex<Instant>,
}

impl Streams {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self { open: AtomicUsize::new(0), used: Mutex::new(Instant::now()) })
    }

    pub(super) fn open(&self) -> usize {
        self.open.load(Ordering::Acquire)
    }

    pub(super) fn used(&self) -> Instant {
        *self.used.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin(&self) {
        self.open.fetch_add(1, Ordering::AcqRel);
    }

    fn end(&self) {
        self.open.fetch_sub(1, Ordering::AcqRel);
        *self.used.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }
}

/// Why no head came.
pub(super) struct Failed {
    pub(super) kind: FailureKind,
    /// hyper gave the message back: it never began to write it.
    pub(super) unsent: bool,
}

impl Connection {
    pub(super) fn is_closed(&self) -> bool {
        match &self.line {
            Line::One(line) => line.is_closed(),
            Line::Many(line, _) => line.is_closed(),
        }
    }

    /// Hands the message over. Dropping the future before it is ready ends the exchange.
    pub(super) fn send(
        &mut self,
        request: &Outgoing,
    ) -> Result<impl Future<Output = Result<Response<Incoming>, Failed>> + use<>, SendFailure> {
        let message = request.message(matches!(self.line, Line::Many(..)));
        let message = message.ok_or(SendFailure::new(FailureKind::Unsendable, Sent::No))?;
        let sending = match &mut self.line {
            Line::One(line) => Either::One(line.try_send_request(message)),
            Line::Many(line, _) => Either::Many(line.try_send_request(message)),
        };
        Ok(async move {
            let outcome = match sending {
                Either::One(sending) => sending.await,
                Either::Many(sending) => sending.await,
            };
            outcome.map_err(failed)
        })
    }
}

enum Either<A, B> {
    One(A),
    Many(B),
}

fn failed(mut error: TrySendError<Request<Outbound>>) -> Failed {
    let unsent = error.take_message().is_some();
    let error = error.error();
    let kind = if error.is_parse() || error.is_parse_too_large() {
        FailureKind::Malformed
    } else if error.is_user() {
        FailureKind::Unsendable
    } else {
        FailureKind::Closed
    };
    Failed { kind, unsent }
}

/// The right to one exchange on a connection. Given back after a whole answer, the connection is used again;
/// dropped, an HTTP/1.1 connection closes and an HTTP/2 one goes on without the stream.
#[derive(Debug)]
pub(in crate::gate) struct Lease {
    connection: Connection,
    home: Home,
    _stream: Option<Stream>,
}

/// One open stream, counted while it lives.
#[derive(Debug)]
struct Stream(Arc<Streams>);

impl Drop for Stream {
    fn drop(&mut self) {
        self.0.end();
    }
}

impl Lease {
    pub(super) fn new(connection: Connection, home: Home) -> Self {
        let stream = match &connection.line {
            Line::One(_) => None,
            Line::Many(_, streams) => {
                streams.begin();
                Some(Stream(streams.clone()))
            }
        };
        Self { connection, home, _stream: stream }
    }

    pub(super) const fn connection(&mut self) -> &mut Connection {
        &mut self.connection
    }

    /// The answer was read to its end.
    pub(in crate::gate) fn give_back(self) {
        if matches!(self.connection.line, Line::One(_)) {
            self.home.settle(self.connection);
        }
    }
}

impl Home {
    /// Keeps an HTTP/1.1 connection once hyper has finished with the last exchange, which takes it a moment.
    fn settle(self, mut connection: Connection) {
        let Line::One(line) = &mut connection.line else { return };
        if line.is_ready() {
            return self.keep(connection);
        }
        // Without a runtime the process is ending, and so may the connection.
        let Ok(runtime) = Handle::try_current() else { return };
        runtime.spawn(async move {
            let ready = match &mut connection.line {
                Line::One(line) => tokio::time::timeout(SETTLING, line.ready()).await,
                Line::Many(..) => return,
            };
            if matches!(ready, Ok(Ok(()))) {
                self.keep(connection);
            }
        });
    }
}

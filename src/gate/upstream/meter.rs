//! What was written to a socket, known for certain when it matters.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::Instant,
};

/// Counts the bytes a socket accepted, and can shut it. One lock covers a write and its count, so that "nothing was
/// written, and nothing will be" is one answer and not two.
#[derive(Debug)]
pub(super) struct Meter(Mutex<State>);

#[derive(Debug)]
struct State {
    written: u64,
    last: Instant,
    sealed: bool,
}

impl Meter {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self(Mutex::new(State { written: 0, last: Instant::now(), sealed: false })))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Bytes written so far.
    pub(super) fn written(&self) -> u64 {
        self.state().written
    }

    /// When a byte was last written.
    pub(super) fn last_write(&self) -> Instant {
        self.state().last
    }

    /// Whether nothing was written since `mark`. If so nothing ever will be: the socket refuses from now on.
    pub(super) fn seal_if_unwritten(&self, mark: u64) -> bool {
        let mut state = self.state();
        let unwritten = state.written == mark;
        state.sealed |= unwritten;
        unwritten
    }

    fn write(&self, write: impl FnOnce() -> Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        let mut state = self.state();
        if state.sealed {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        let outcome = write();
        if let Poll::Ready(Ok(n)) = outcome {
            state.written = state.written.saturating_add(n as u64);
            state.last = Instant::now();
        }
        outcome
    }
}

/// A socket with a meter. It sits below TLS, so it counts what the kernel took and nothing that is still buffered.
#[derive(Debug)]
pub(super) struct Metered<S> {
    inner: S,
    meter: Arc<Meter>,
}

impl<S> Metered<S> {
    pub(super) const fn new(inner: S, meter: Arc<Meter>) -> Self {
        Self { inner, meter }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Metered<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(cx, buf)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Metered<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        this.meter.write(|| Pin::new(&mut this.inner).poll_write(cx, buf))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        this.meter.write(|| Pin::new(&mut this.inner).poll_write_vectored(cx, bufs))
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    #[tokio::test]
    async fn a_sealed_socket_writes_nothing_more() {
        let (ours, mut theirs) = duplex(64);
        let meter = Meter::new();
        let mut socket = Metered::new(ours, meter.clone());
        socket.write_all(b"abc").await.unwrap();
        let mark = meter.written();
        assert_eq!(mark, 3);
        assert!(meter.seal_if_unwritten(mark), "nothing since the mark");
        assert_eq!(socket.write_all(b"d").await.unwrap_err().kind(), io::ErrorKind::BrokenPipe);
        drop(socket);
        let mut seen = Vec::new();
        theirs.read_to_end(&mut seen).await.unwrap();
        assert_eq!(seen, b"abc");
    }

    #[tokio::test]
    async fn a_socket_that_wrote_stays_open() {
        let (ours, _theirs) = duplex(64);
        let meter = Meter::new();
        let mut socket = Metered::new(ours, meter.clone());
        socket.write_all(b"abc").await.unwrap();
        assert!(!meter.seal_if_unwritten(0));
        socket.write_all(b"d").await.unwrap();
        assert_eq!(meter.written(), 4);
    }
}

//! Ending connections on which nothing moves, and no others.

use std::{
    future::Future,
    io::{self, IoSlice},
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// What has to move in a while, either way, bytes: a byte now and then keeps no place.
const LEAST: u64 = 16 << 10;

/// Does the work as long as enough moves in every while.
pub(super) async fn while_it_moves(moved: &AtomicU64, every: Duration, work: impl Future<Output = ()>) {
    let mut work = pin!(work);
    let mut before = 0;
    while tokio::time::timeout(every, work.as_mut()).await.is_err() {
        let now = moved.load(Ordering::Relaxed);
        if now.saturating_sub(before) < LEAST {
            return;
        }
        before = now;
    }
}

/// A stream that counts what it moves.
#[derive(Debug)]
pub(super) struct Counted<S> {
    stream: S,
    moved: Arc<AtomicU64>,
}

impl<S> Counted<S> {
    /// The stream, and its count of bytes both ways.
    pub(super) fn new(stream: S) -> (Self, Arc<AtomicU64>) {
        let moved = Arc::new(AtomicU64::new(0));
        (Self { stream, moved: Arc::clone(&moved) }, moved)
    }

    fn count(&self, bytes: usize) {
        self.moved.fetch_add(u64::try_from(bytes).unwrap_or(0), Ordering::Relaxed);
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Counted<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buf))?;
        self.count(buf.filled().len().saturating_sub(before));
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Counted<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.stream).poll_write(cx, buf))?;
        self.count(written);
        Poll::Ready(Ok(written))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.stream).poll_write_vectored(cx, bufs))?;
        self.count(written);
        Poll::Ready(Ok(written))
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    const WHILE: Duration = Duration::from_millis(200);

    /// Sends so many pieces, one every quarter of a while. Whether they all arrived.
    async fn sent(pieces: usize, bytes: usize) -> bool {
        let (ours, mut theirs) = tokio::io::duplex(64 << 10);
        let (mut ours, moved) = Counted::new(ours);
        let work = async move {
            for _ in 0..pieces {
                ours.write_all(&vec![0; bytes]).await.unwrap();
                tokio::time::sleep(WHILE / 4).await;
            }
        };
        let mut all = Vec::new();
        let (read, ()) = tokio::join!(theirs.read_to_end(&mut all), while_it_moves(&moved, WHILE, work));
        read.unwrap() == pieces * bytes
    }

    #[tokio::test]
    async fn a_download_that_moves_lasts_longer_than_a_while() {
        assert!(sent(12, 16 << 10).await);
    }

    #[tokio::test]
    async fn what_trickles_or_stands_still_is_ended() {
        assert!(!sent(12, 10).await);
        let none = AtomicU64::new(0);
        while_it_moves(&none, WHILE, std::future::pending()).await;
    }
}

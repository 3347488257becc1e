//! A request's body on its way out. What was spooled is read back in blocks and hashed once more: its last bytes leave
//! only when all of it is what was judged, so that another body never arrives whole.

use crate::gate::spool::{Content, Kept, Spool};
use aws_lc_rs::digest::{Context as Hash, SHA256};
use http_body::{Body, Frame, SizeHint};
use hyper::body::Bytes;
use std::{
    fmt, io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};
use tokio::task::{JoinHandle, spawn_blocking};

/// One sending of a body.
#[derive(Debug)]
pub(super) enum Outbound {
    Whole(Option<Bytes>),
    Spooled(Box<Reading>),
}

/// One reading of a spool.
pub(super) struct Reading {
    spool: Arc<Spool>,
    at: u64,
    length: u64,
    hash: Hash,
    sha256: [u8; 32],
    block: Option<JoinHandle<io::Result<Bytes>>>,
}

impl fmt::Debug for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reading").field("at", &self.at).field("length", &self.length).finish_non_exhaustive()
    }
}

impl Outbound {
    pub(super) fn new(content: &Content) -> Self {
        match content.kept() {
            Kept::Memory(bytes) => Self::Whole(Some(bytes.clone()).filter(|bytes| !bytes.is_empty())),
            Kept::Disk(spool, sha256) => Self::Spooled(Box::new(Reading {
                spool: spool.clone(),
                at: 0,
                length: content.length(),
                hash: Hash::new(&SHA256),
                sha256: *sha256,
                block: None,
            })),
        }
    }
}

impl Reading {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        if self.at >= self.length {
            return Poll::Ready(None);
        }
        let (at, length) = (self.at, self.length);
        let block = self.block.get_or_insert_with(|| {
            let spool = self.spool.clone();
            spawn_blocking(move || spool.read(at, length))
        });
        let read = ready!(Pin::new(block).poll(cx)).unwrap_or_else(|e| Err(io::Error::other(e)));
        self.block = None;
        Poll::Ready(Some(read.and_then(|block| self.pass(block))))
    }

    fn pass(&mut self, block: Bytes) -> io::Result<Bytes> {
        self.hash.update(&block);
        self.at += block.len() as u64;
        let last = self.at == self.length;
        if block.is_empty() || self.at > self.length || last && self.hash.clone().finish().as_ref() != self.sha256 {
            tracing::error!("ALARM: a body on disk is no longer what was judged; it was not sent to its end");
            return Err(io::Error::new(io::ErrorKind::InvalidData, "the body on disk is not what was judged"));
        }
        Ok(block)
    }
}

impl Body for Outbound {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        match &mut *self {
            Self::Whole(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            Self::Spooled(reading) => reading.poll(cx).map_ok(Frame::data),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(bytes) => bytes.is_none(),
            Self::Spooled(reading) => reading.at >= reading.length,
        }
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(match self {
            Self::Whole(bytes) => bytes.as_ref().map_or(0, |bytes| bytes.len() as u64),
            Self::Spooled(reading) => reading.length.saturating_sub(reading.at),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::spool::spooled;
    use aws_lc_rs::digest::digest;
    use http_body_util::BodyExt as _;

    /// What of it would reach a recipient, and whether that is all.
    async fn sent(content: &Content) -> (Vec<u8>, bool) {
        let mut body = Outbound::new(content);
        let mut sent = Vec::new();
        while let Some(frame) = body.frame().await {
            match frame {
                Ok(frame) => sent.extend_from_slice(&frame.into_data().unwrap()),
                Err(_) => return (sent, false),
            }
        }
        (sent, true)
    }

    #[tokio::test]
    async fn a_body_on_disk_leaves_whole_only_as_it_was_judged() {
        let bytes: Vec<u8> = (0..700_000u32).map(|i| (i % 253) as u8).collect();
        let length = bytes.len() as u64;
        let sha256: [u8; 32] = digest(&SHA256, &bytes).as_ref().try_into().unwrap();
        let right = spooled(&bytes, length, sha256).await;
        assert_eq!(Outbound::new(&right).size_hint().exact(), Some(length));
        for _ in 0..2 {
            assert!(sent(&right).await == (bytes.clone(), true), "as often as it is asked for");
        }
        let mut other = bytes.clone();
        other[3] ^= 1;
        for wrong in [
            spooled(&other, length, sha256).await,
            spooled(&bytes, length + 1, sha256).await,
            spooled(&bytes, length - 1, sha256).await,
        ] {
            let (came, whole) = sent(&wrong).await;
            assert!(!whole && came.len() < bytes.len() - 1, "{} bytes", came.len());
        }
    }
}

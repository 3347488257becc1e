//! Large bodies take turns, so that a small request waits for a piece of one of them and not for a piece of each.
//!
//! A thread that screens does nothing else meanwhile. With a piece of 64 large bodies before it in the queue at each of
//! its steps, a request of a millisecond would take a tenth of a second.

use hyper::body::Bytes;
use tokio::sync::{Semaphore, SemaphorePermit};

/// What is screened in one turn: of plain members less than a tenth of a millisecond's work, of values within values up to
/// a hundred times that. What is unpacked comes in pieces of twice as much.
pub const PIECE: usize = 16 << 10;
/// Bytes of a body that need no turn: most requests are no larger.
const SMALL: u64 = 128 << 10;

/// Who may screen a piece of a large body, first come, first served.
#[derive(Debug)]
pub struct Turns(Semaphore);

impl Turns {
    /// For so many threads: one is left to small requests, where there is more than one.
    #[must_use]
    pub fn new(threads: usize) -> Self {
        Self(Semaphore::new(threads.saturating_sub(1).max(1)))
    }

    /// The turn to screen the next part of a body of which so many bytes have come; `None`: it needs none.
    pub async fn take(&self, come: u64) -> Option<SemaphorePermit<'_>> {
        if come <= SMALL {
            return None;
        }
        // Others that are ready come first, also where nobody else has a large body.
        tokio::task::yield_now().await;
        // It is never closed; if it were, nobody would wait.
        self.0.acquire().await.ok()
    }
}

/// What has come of a body in parts of one turn each.
pub fn parts(mut chunk: Bytes) -> impl Iterator<Item = Bytes> {
    std::iter::from_fn(move || {
        let part = chunk.split_to(chunk.len().min(PIECE));
        (!part.is_empty()).then_some(part)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        future::{Future, poll_fn},
        pin::pin,
        task::Poll,
    };

    #[test]
    fn a_piece_is_cut_into_turns() {
        let lengths = |n: usize| parts(Bytes::from(vec![7; n])).map(|p| p.len()).collect::<Vec<_>>();
        assert_eq!(lengths(0), [0; 0]);
        assert_eq!(lengths(PIECE), [PIECE]);
        assert_eq!(lengths(2 * PIECE + 1), [PIECE, PIECE, 1]);
    }

    #[tokio::test]
    async fn small_bodies_never_wait_and_large_ones_do() {
        let turns = Turns::new(2);
        let first = turns.take(SMALL + 1).await;
        assert!(first.is_some());
        assert!(turns.take(SMALL).await.is_none(), "it needs none");
        let mut second = pin!(turns.take(SMALL + 1));
        for _ in 0..3 {
            let waits = poll_fn(|cx| Poll::Ready(second.as_mut().poll(cx).is_pending())).await;
            assert!(waits, "there is one turn for two threads");
        }
        drop(first);
        assert!(second.await.is_some());
    }
}

//! An answer's body: passed on as it comes, within its time.

use crate::gate::upstream::{Lease, Times};
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use hyper::body::{Bytes, Incoming};
use std::{
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::time::{Instant, Sleep, sleep_until};

/// How a body failed. The caller's answer is cut short, so that it cannot take the part for the whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    /// The recipient ended it early or broke its framing.
    #[error("the recipient's answer ended before it was whole")]
    Broken,
    /// The recipient fell silent, or took too long altogether.
    #[error("the recipient's answer did not arrive in time")]
    Timeout,
    /// More than the reader takes.
    #[error("the recipient's answer is larger than expected")]
    TooLarge,
}

/// A body that gives its connection back once it was read to the end. Trailers are dropped.
#[derive(Debug)]
pub struct AnswerBody {
    incoming: Incoming,
    lease: Option<Lease>,
    quiet: Duration,
    end: Instant,
    /// Since when the recipient has been silent while somebody was waiting.
    waiting: Option<Instant>,
    alarm: Option<Pin<Box<Sleep>>>,
}

impl AnswerBody {
    pub(super) fn new(incoming: Incoming, lease: Lease, times: &Times) -> Self {
        let end = Instant::now() + times.whole;
        Self { incoming, lease: Some(lease), quiet: times.quiet, end, waiting: None, alarm: None }
    }

    /// The whole body, if it is no longer than `limit` bytes.
    ///
    /// # Errors
    /// [`AnswerError`].
    pub async fn collect(mut self, limit: usize) -> Result<Vec<u8>, AnswerError> {
        let mut whole = Vec::new();
        while let Some(frame) = self.frame().await {
            let Ok(data) = frame?.into_data() else { continue };
            if whole.len() + data.len() > limit {
                return Err(AnswerError::TooLarge);
            }
            whole.extend_from_slice(&data);
        }
        Ok(whole)
    }

    fn poll_time(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let now = Instant::now();
        let deadline = (*self.waiting.get_or_insert(now) + self.quiet).min(self.end);
        let alarm = self.alarm.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        if alarm.deadline() != deadline {
            alarm.as_mut().reset(deadline);
        }
        alarm.as_mut().poll(cx)
    }

    fn fail(&mut self, error: AnswerError) -> Poll<Option<Result<Frame<Bytes>, AnswerError>>> {
        self.lease = None;
        Poll::Ready(Some(Err(error)))
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = AnswerError;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, AnswerError>>> {
        let this = self.get_mut();
        if this.lease.is_none() {
            return Poll::Ready(None);
        }
        loop {
            match Pin::new(&mut this.incoming).poll_frame(cx) {
                Poll::Ready(Some(Ok(frame))) => {
                    this.waiting = None;
                    if Instant::now() >= this.end {
                        return this.fail(AnswerError::Timeout);
                    }
                    if frame.is_data() {
                        return Poll::Ready(Some(Ok(frame)));
                    }
                }
                Poll::Ready(Some(Err(_))) => return this.fail(AnswerError::Broken),
                Poll::Ready(None) => {
                    if let Some(lease) = this.lease.take() {
                        lease.give_back();
                    }
                    return Poll::Ready(None);
                }
                Poll::Pending => {
                    ready!(this.poll_time(cx));
                    return this.fail(AnswerError::Timeout);
                }
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.lease.is_none() || self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}

impl Drop for AnswerBody {
    /// A reader may stop at the last byte without asking for the end.
    fn drop(&mut self) {
        if self.incoming.is_end_stream()
            && let Some(lease) = self.lease.take()
        {
            lease.give_back();
        }
    }
}

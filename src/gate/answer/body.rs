//! An answer's body: passed on as it comes, within its time, or read before.

use crate::gate::upstream::{Lease, Times};
use http_body::{Body, Frame, SizeHint};
use http_body_util::{BodyExt, Full};
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

/// What the caller gets. Trailers are dropped.
#[derive(Debug)]
pub struct AnswerBody(Kind);

#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "nearly every answer is the large one")]
enum Kind {
    Passing(Passing),
    Whole(Full<Bytes>),
}

/// A body that gives its connection back once it was read to the end.
#[derive(Debug)]
struct Passing {
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
        let lease = Some(lease);
        Self(Kind::Passing(Passing { incoming, lease, quiet: times.quiet, end, waiting: None, alarm: None }))
    }

    /// A body that was read, and perhaps changed.
    pub(super) fn whole(bytes: impl Into<Bytes>) -> Self {
        Self(Kind::Whole(Full::new(bytes.into())))
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
}

impl Passing {
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
        match &mut self.get_mut().0 {
            Kind::Passing(passing) => passing.poll_frame(cx),
            Kind::Whole(whole) => Pin::new(whole).poll_frame(cx).map_err(|never| match never {}),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Kind::Passing(passing) => passing.lease.is_none() || passing.incoming.is_end_stream(),
            Kind::Whole(whole) => whole.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Kind::Passing(passing) => passing.incoming.size_hint(),
            Kind::Whole(whole) => whole.size_hint(),
        }
    }
}

impl Passing {
    fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, AnswerError>>> {
        if self.lease.is_none() {
            return Poll::Ready(None);
        }
        loop {
            match Pin::new(&mut self.incoming).poll_frame(cx) {
                Poll::Ready(Some(Ok(frame))) => {
                    self.waiting = None;
                    if Instant::now() >= self.end {
                        return self.fail(AnswerError::Timeout);
                    }
                    if frame.is_data() {
                        return Poll::Ready(Some(Ok(frame)));
                    }
                }
                Poll::Ready(Some(Err(_))) => return self.fail(AnswerError::Broken),
                Poll::Ready(None) => {
                    if let Some(lease) = self.lease.take() {
                        lease.give_back();
                    }
                    return Poll::Ready(None);
                }
                Poll::Pending => {
                    ready!(self.poll_time(cx));
                    return self.fail(AnswerError::Timeout);
                }
            }
        }
    }
}

impl Drop for Passing {
    /// A reader may stop at the last byte without asking for the end.
    fn drop(&mut self) {
        if self.incoming.is_end_stream()
            && let Some(lease) = self.lease.take()
        {
            lease.give_back();
        }
    }
}

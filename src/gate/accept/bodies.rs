//! Bodies that know what depends on them: whether a request was read whole, and how long an answer counts.

use super::pulse::Beat;
use crate::gate::{body::BoxError, respond::AnswerBody};
use http_body::{Body, Frame, SizeHint};
use hyper::body::{Bytes, Incoming};
use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    task::{Context, Poll, ready},
};
use tokio::sync::OwnedSemaphorePermit;

/// A request's body on its way in. Read it with [`gate::body::read`](crate::gate::body::read).
#[derive(Debug)]
pub struct Inbound {
    incoming: Incoming,
    whole: Whole,
}

/// Whether a request's body was read to its end.
#[derive(Debug, Clone)]
pub(super) struct Whole(Arc<AtomicBool>);

impl Whole {
    pub(super) fn is_so(&self) -> bool {
        self.0.load(Relaxed)
    }
}

impl Inbound {
    pub(super) fn new(incoming: Incoming) -> (Self, Whole) {
        let whole = Whole(Arc::new(AtomicBool::new(incoming.is_end_stream())));
        (Self { incoming, whole: whole.clone() }, whole)
    }
}

impl Body for Inbound {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<hyper::Result<Frame<Bytes>>>> {
        let frame = ready!(Pin::new(&mut self.incoming).poll_frame(cx));
        if frame.is_none() || (self.incoming.is_end_stream() && frame.as_ref().is_some_and(Result::is_ok)) {
            self.whole.0.store(true, Relaxed);
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}

/// An answer's body. The request counts as in flight until this is dropped: timeouts and permits that cover
/// only the head would leave streams unbounded.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) body: AnswerBody,
    pub(super) beat: Beat,
    /// `None` where the request was refused for want of one.
    pub(super) _permit: Option<OwnedSemaphorePermit>,
}

impl Body for Answer {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        self.beat.answering();
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

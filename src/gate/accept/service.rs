//! One request: is there room, who decides, and what if deciding fails.

use super::{
    Call, Entrance, Exchange, Peer, Phase,
    bodies::{Answer, Inbound},
    pulse::Beat,
};
use crate::{
    flow::DecisionId,
    gate::{
        callers::Callers,
        respond::{self, AnswerBody, Sent},
        wire::WireFault,
    },
    verdict::{Code, Refusal},
};
use http::{HeaderMap, HeaderValue, Request, Response, Version, header};
use hyper::body::Incoming;
use std::{convert::Infallible, sync::Arc};
use tokio::sync::OwnedSemaphorePermit;

impl<E: Exchange> Entrance<E> {
    /// Answers one request, whatever happens.
    pub(super) async fn answer(
        self: Arc<Self>,
        peer: Peer,
        beat: Beat,
        request: Request<Incoming>,
    ) -> Result<Response<Answer>, Infallible> {
        let http1 = request.version() < Version::HTTP_2;
        let (head, incoming) = request.into_parts();
        let (inbound, whole) = Inbound::new(incoming);
        let claim = Callers::claim(&head.headers);
        let (mut response, permit) = match self.admit(&head.headers) {
            Ok(permit) => {
                let call = Call { request: Request::from_parts(head, inbound), peer: peer.clone() };
                Arc::clone(&self).exchange(call, peer, claim, permit).await
            }
            Err(refusal) => (self.refuse(peer, claim, refusal, Sent::No).await, None),
        };
        // What was not read would be taken for the next request, or would have to be read without end.
        // HTTP/2 ends the one stream instead.
        if http1 && (!whole.is_so() || *self.phase.borrow() != Phase::Open) {
            response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        beat.answering();
        Ok(response.map(|body| Answer { body, beat, _permit: permit }))
    }

    fn admit(&self, headers: &HeaderMap) -> Result<OwnedSemaphorePermit, Refusal> {
        if *self.phase.borrow() != Phase::Open {
            return Err(Refusal::plain(Code::Overloaded, "The gateway is stopping; nothing was sent. Try again soon."));
        }
        // The wire has counted the fields of HTTP/1.1; those of HTTP/2 are counted here.
        if headers.len() > self.limits.headers {
            return Err(WireFault::TooManyFields.refusal());
        }
        Arc::clone(&self.requests).try_acquire_owned().map_err(|_| {
            Refusal::plain(Code::Overloaded, "Too many requests are in flight; nothing was sent. Try again soon.")
        })
    }

    /// In a task of its own, so that neither a panic nor a caller that hangs up leaves anything half done.
    async fn exchange(
        self: Arc<Self>,
        call: Call,
        peer: Peer,
        claim: HeaderMap,
        permit: OwnedSemaphorePermit,
    ) -> (Response<AnswerBody>, Option<OwnedSemaphorePermit>) {
        let exchange = Arc::clone(&self.exchange);
        let task = tokio::spawn(async move { (exchange.exchange(call).await, permit) });
        match task.await {
            Ok((response, permit)) => (response, Some(permit)),
            Err(_) => {
                tracing::error!("a request failed within the gateway");
                let detail =
                    "The gateway failed while it handled this request. Ask the recipient before sending again.";
                (self.refuse(peer, claim, Refusal::plain(Code::Internal, detail), Sent::Unknown).await, None)
            }
        }
    }

    async fn refuse(&self, peer: Peer, claim: HeaderMap, refusal: Refusal, sent: Sent) -> Response<AnswerBody> {
        let decision = self.record(peer, claim, refusal.clone()).await;
        respond::refused(&refusal, decision, sent)
    }

    /// Has a refusal of our own recorded. A recorder that fails takes nothing with it.
    pub(super) async fn record(&self, peer: Peer, claim: HeaderMap, refusal: Refusal) -> Option<DecisionId> {
        let exchange = Arc::clone(&self.exchange);
        tokio::spawn(async move { exchange.refused(peer, claim, refusal).await }).await.ok().flatten()
    }
}

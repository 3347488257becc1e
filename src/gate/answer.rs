//! The recipient's answer, on its way to the caller: bounded, streamed, and without what would lead around us.
//!
//! A redirect is the caller's to follow, as a new request through the gateway: links to the same recipient are
//! turned into the gateway's own route, any other link is withheld. The body is passed on as it comes and is not
//! screened; it never goes further than the caller that asked.

mod body;
mod headers;
mod links;

pub use body::{AnswerBody, AnswerError};
pub use links::OwnRoute;

pub(super) use headers::framing_is_plain;
pub(super) use links::encoded;

use super::upstream::{Lease, Outgoing, Times};
use http::{HeaderMap, HeaderName, Method, Response, StatusCode};
use hyper::body::Incoming;
use links::Links;

/// An answer whose head was read. Dropping it ends the exchange.
#[derive(Debug)]
pub struct Answer {
    /// The recipient's status, redirects included.
    pub status: StatusCode,
    /// What may be passed on. `Content-Length` is absent: the body knows its length.
    pub headers: HeaderMap,
    /// The body.
    pub body: AnswerBody,
    /// Headers that were removed because they led somewhere else, by name: for the record.
    pub withheld: Vec<HeaderName>,
}

/// Takes the answer over from hyper. The connection goes back to the pool when the body was read to its end.
pub(super) fn receive(response: Response<Incoming>, lease: Lease, request: &Outgoing, times: &Times) -> Answer {
    let (head, incoming) = response.into_parts();
    let links = Links::new(request.route(), request.pinned(), &request.url());
    let length_only = request.method() == Method::HEAD || head.status == StatusCode::NOT_MODIFIED;
    let (headers, withheld) = headers::passed_on(head.headers, &links, length_only);
    Answer { status: head.status, headers, body: AnswerBody::new(incoming, lease, times), withheld }
}

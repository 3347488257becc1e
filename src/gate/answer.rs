//! The recipient's answer, on its way to the caller: bounded, streamed, and without what would lead around us.
//!
//! A redirect is the caller's to follow, as a new request through the gateway: links to the same recipient are
//! turned into the gateway's own route, any other link is withheld. The body is passed on as it comes and is not
//! screened; it never goes further than the caller that asked. Where the operation lists places of links, a JSON body
//! is read first and those links are treated alike; a body that cannot be read is withheld.

mod body;
mod headers;
mod links;
mod listed;

pub use body::{AnswerBody, AnswerError};
pub use links::OwnRoute;
pub use listed::{Listed, Unreadable};

pub(super) use headers::framing_is_plain;
pub(super) use links::encoded;

use super::upstream::{Lease, Outgoing, Times};
use http::{HeaderMap, HeaderName, Method, Response, StatusCode};
use hyper::body::Incoming;
use links::Links;
use std::sync::Arc;

/// An answer whose head was read. Dropping it ends the exchange.
#[derive(Debug)]
pub struct Answer {
    /// The recipient's status, redirects included.
    pub status: StatusCode,
    /// What may be passed on. `Content-Length` is absent: the body knows its length.
    pub headers: HeaderMap,
    /// The body.
    pub body: AnswerBody,
    /// What did not get through, for the record.
    pub withheld: Withheld,
}

/// What of an answer led somewhere else, or could not be read; never the links themselves.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Withheld {
    /// Headers that were removed, or lost some of their links; `other` stands for names that the recipient chose.
    pub headers: Vec<HeaderName>,
    /// Listed places of the body, each with how many links were withheld there.
    pub places: Vec<(Arc<str>, u64)>,
    /// Why the whole body was withheld, if it was.
    pub body: Option<Unreadable>,
}

impl Withheld {
    /// How many links were withheld: a header counts once.
    #[must_use]
    pub fn links(&self) -> u64 {
        self.headers.len() as u64 + self.places.iter().map(|(_, count)| count).sum::<u64>()
    }
}

/// Takes the answer over from hyper. The connection goes back to the pool when the body was read to its end.
pub(super) async fn receive(response: Response<Incoming>, lease: Lease, request: &Outgoing, times: &Times) -> Answer {
    let (head, incoming) = response.into_parts();
    let links = Links::new(request.route(), request.pinned(), &request.url());
    let length_only = request.method() == Method::HEAD || head.status == StatusCode::NOT_MODIFIED;
    let (headers, withheld) = headers::passed_on(head.headers, &links, length_only);
    let withheld = Withheld { headers: withheld, ..Withheld::default() };
    let answer = Answer { status: head.status, headers, body: AnswerBody::new(incoming, lease, times), withheld };
    match request.listed() {
        Some(listed) => listed::read(answer, &links, listed).await,
        None => answer,
    }
}

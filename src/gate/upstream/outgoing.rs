//! A request as it will stand on the wire. It is made from a [`Screened`] request, or it asks for a token.

use super::outbound::Outbound;
use crate::{
    flow::DecisionId,
    gate::{
        answer::{Listed, OwnRoute},
        credentials::Credential,
        resolve::{self, Pinned},
        spool::Content,
    },
    ledger::Receipt,
    screen::Screened,
    verdict::{Code, Refusal},
};
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Request,
    header::{self, Entry},
    uri::PathAndQuery,
};
use hyper::body::Bytes;
use std::fmt;

/// A request ready to be sent, once, with its receipt.
pub struct Outgoing {
    decision: DecisionId,
    pinned: Pinned,
    route: OwnRoute,
    listed: Option<Listed>,
    method: Method,
    path_and_query: PathAndQuery,
    headers: HeaderMap,
    body: Content,
}

impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outgoing").field("decision", &self.decision).finish_non_exhaustive()
    }
}

impl Outgoing {
    /// A request that was screened, to where it was judged to go. Nothing of it comes from anywhere else but the
    /// gateway's own credential. `content` is the whole of the body, from [`Held`](crate::gate::spool::Held). `route` says how links in the answer are turned back into the caller's own, `listed`
    /// where they stand in the answer's body, if the operation says.
    ///
    /// # Errors
    /// `internal` when what was screened cannot stand on the wire.
    pub fn screened(
        screened: &Screened,
        content: Content,
        pinned: Pinned,
        route: OwnRoute,
        listed: Option<Listed>,
        credential: Credential,
    ) -> Result<Self, Refusal> {
        let body = screened.body();
        if !content.is_of(screened) {
            return Err(fault());
        }
        let media =
            body.filter(|b| !b.content_type.is_empty()).map(|b| HeaderValue::from_str(&b.content_type)).transpose();
        Self::new(Parts {
            decision: screened.decision(),
            pinned,
            route,
            listed,
            method: screened.method().clone(),
            path_and_query: screened.path_and_query().to_owned(),
            headers: screened.headers().clone(),
            media: media.map_err(|_| fault())?,
            body: content,
            credential,
        })
    }

    /// A request for a token (RFC 6749 section 4.4.2), which holds nothing of the caller's: `scope` and the
    /// credential are the connection's own.
    pub(in crate::gate) fn token_request(
        contact: &Receipt,
        pinned: Pinned,
        path: String,
        scope: &str,
        credential: Credential,
    ) -> Result<Self, Refusal> {
        let mut body = url::form_urlencoded::Serializer::new(String::new());
        body.append_pair("grant_type", "client_credentials");
        if !scope.is_empty() {
            body.append_pair("scope", scope);
        }
        Self::new(Parts {
            decision: contact.decision(),
            pinned,
            route: OwnRoute::none(),
            listed: None,
            method: Method::POST,
            path_and_query: path,
            headers: HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static("application/json"))]),
            media: Some(HeaderValue::from_static("application/x-www-form-urlencoded")),
            body: Content::own(body.finish().into()),
            credential,
        })
    }

    fn new(parts: Parts) -> Result<Self, Refusal> {
        let path_and_query = path_and_query(parts.path_and_query).ok_or_else(fault)?;
        if parts.method == Method::CONNECT {
            return Err(fault());
        }
        let mut headers = end_to_end(parts.headers);
        if let Some(media) = parts.media {
            headers.insert(header::CONTENT_TYPE, media);
        }
        let expects_content = [Method::POST, Method::PUT, Method::PATCH].contains(&parts.method);
        if expects_content || parts.body.length() > 0 {
            headers.insert(header::CONTENT_LENGTH, parts.body.length().into());
        }
        if let Some((name, value)) = parts.credential.into_header() {
            headers.insert(name, value);
        }
        Ok(Self {
            decision: parts.decision,
            pinned: parts.pinned,
            route: parts.route,
            listed: parts.listed,
            method: parts.method,
            path_and_query,
            headers,
            body: parts.body,
        })
    }

    /// The decision that allowed it.
    #[must_use]
    pub const fn decision(&self) -> DecisionId {
        self.decision
    }

    /// Bytes of its body.
    pub(super) const fn length(&self) -> u64 {
        self.body.length()
    }

    /// Where it goes.
    #[must_use]
    pub const fn pinned(&self) -> &Pinned {
        &self.pinned
    }

    pub(in crate::gate) const fn route(&self) -> &OwnRoute {
        &self.route
    }

    pub(in crate::gate) const fn listed(&self) -> Option<&Listed> {
        self.listed.as_ref()
    }

    pub(in crate::gate) const fn method(&self) -> &Method {
        &self.method
    }

    /// The request's own URL, against which links in the answer are read (RFC 9110 section 10.2.2).
    pub(in crate::gate) fn url(&self) -> String {
        format!("{}://{}{}", self.pinned.scheme(), self.pinned.authority(), self.path_and_query)
    }

    /// The message for one attempt. `Host` is the recipient's, whatever the caller's was.
    pub(super) fn message(&self, http2: bool) -> Option<Request<Outbound>> {
        let mut request = Request::new(Outbound::new(&self.body));
        *request.method_mut() = self.method.clone();
        if http2 {
            *request.uri_mut() = self.url().parse().ok()?;
            request.headers_mut().extend(self.headers.clone());
        } else {
            *request.uri_mut() = self.path_and_query.clone().into();
            let host = HeaderValue::from_str(&self.pinned.authority()).ok()?;
            request.headers_mut().insert(header::HOST, host);
            request.headers_mut().extend(self.headers.clone());
        }
        Some(request)
    }
}

/// What an [`Outgoing`] is made of.
struct Parts {
    decision: DecisionId,
    pinned: Pinned,
    route: OwnRoute,
    listed: Option<Listed>,
    method: Method,
    /// As they go on the wire: encoded, beginning with `/`.
    path_and_query: String,
    /// Those of the connection, of the gateway and of credentials are ignored.
    headers: HeaderMap,
    /// The body's type, where there is a body.
    media: Option<HeaderValue>,
    /// Its length is what `Content-Length` says.
    body: Content,
    credential: Credential,
}

fn fault() -> Refusal {
    resolve::refusal(
        Code::Internal,
        "request-unsendable",
        "The gateway could not put this request on the wire.",
        "Nothing was sent. Report the decision's id to whoever runs the gateway.",
    )
}

/// `http` cuts at `#` and lets bytes above ASCII through; neither may happen here.
fn path_and_query(text: String) -> Option<PathAndQuery> {
    let plain = text.starts_with('/') && text.bytes().all(|b| b.is_ascii_graphic() && b != b'#');
    plain.then(|| PathAndQuery::from_maybe_shared(Bytes::from(text)).ok()).flatten()
}

/// Leaves only what is about the message from end to end, and none of what is ours to say or never leaves.
fn end_to_end(headers: HeaderMap) -> HeaderMap {
    let nominated = nominated(&headers);
    let mut kept = HeaderMap::with_capacity(headers.len() + 4);
    let mut last = None;
    for (name, value) in headers {
        // `HeaderMap` gives a name once and then `None` for its further values.
        let Some(name) = name.or_else(|| last.clone()) else { continue };
        last = Some(name.clone());
        if is_ours(&name) || is_hop_by_hop(&name) || nominated.contains(&name) {
            continue;
        }
        match kept.entry(name) {
            Entry::Occupied(mut entry) => entry.append(value),
            Entry::Vacant(entry) => {
                entry.insert(value);
            }
        }
    }
    kept
}

/// What the sender of this hop decides, and what never leaves in either direction.
fn is_ours(name: &HeaderName) -> bool {
    matches!(*name, header::HOST | header::CONTENT_LENGTH | header::EXPECT | header::AUTHORIZATION | header::COOKIE)
        || is_private(name)
}

/// `Havengate-*` and `Consent-*` are between callers and this gateway.
pub(in crate::gate) fn is_private(name: &HeaderName) -> bool {
    name.as_str().starts_with("havengate-") || name.as_str().starts_with("consent-")
}

/// RFC 9110 section 7.6.1, and those that older hops still send.
pub(in crate::gate) fn is_hop_by_hop(name: &HeaderName) -> bool {
    matches!(
        *name,
        header::CONNECTION
            | header::TRANSFER_ENCODING
            | header::TE
            | header::TRAILER
            | header::UPGRADE
            | header::PROXY_AUTHENTICATE
            | header::PROXY_AUTHORIZATION
    ) || matches!(name.as_str(), "keep-alive" | "proxy-connection" | "proxy-authentication-info" | "http2-settings")
}

/// The headers that `Connection` names, which are hop-by-hop too.
pub(in crate::gate) fn nominated(headers: &HeaderMap) -> Vec<HeaderName> {
    headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_path_that_stands_on_the_wire_as_it_is() {
        for good in ["/", "/a/b%20c?x=1&y=%C3%A9", "/a//b"] {
            assert_eq!(path_and_query(good.to_owned()).map(|p| p.to_string()).as_deref(), Some(good));
        }
        for bad in ["", "a", "?x", "*", "/a b", "/a#b", "/é", "/a\r\nX: y", "http://x/", "/a\u{7f}"] {
            assert_eq!(path_and_query(bad.to_owned()), None, "{bad:?}");
        }
    }

    #[test]
    fn headers_of_the_hop_and_of_the_gateway_stay() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("accept", "application/json"),
            ("connection", "x-hop, Keep-Alive"),
            ("x-hop", "1"),
            ("keep-alive", "5"),
            ("host", "spoofed.example"),
            ("content-length", "1"),
            ("transfer-encoding", "chunked"),
            ("te", "trailers"),
            ("expect", "100-continue"),
            ("upgrade", "h2c"),
            ("authorization", "Bearer theirs"),
            ("cookie", "a=b"),
            ("consent-token", "x"),
            ("havengate-token", "x"),
            ("proxy-authorization", "x"),
        ] {
            headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        headers.append("accept", HeaderValue::from_static("text/plain"));
        let kept = end_to_end(headers);
        let kept: Vec<_> = kept.iter().map(|(n, v)| (n.as_str(), v.to_str().unwrap())).collect();
        assert_eq!(kept, [("accept", "application/json"), ("accept", "text/plain")]);
    }
}

//! What stands before every page: who asks, whether the form is our own, and what every answer says to the browser.

use super::{
    Panel,
    access::{Visitor, session},
    api::tokens,
    letters::same,
    routes::Who,
    wrong::{Problem, Wrong},
};
use axum::{
    extract::{FromRequestParts, Request, State},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use http::{HeaderMap, HeaderValue, Method, header, request::Parts};
use std::{
    sync::{Arc, LazyLock},
    time::Duration,
};
use tracing::{Dispatch, instrument::WithSubscriber as _, subscriber::NoSubscriber};

/// The most that a form may hold, bytes: a concern of 20,000 characters in any script, as browsers write them.
const FORM: usize = 256 << 10;
/// A form's body has come in within this, or is not waited for.
const BODY: Duration = Duration::from_secs(10);
/// The most fields that a form may have.
const FIELDS: usize = 256;

/// A log that writes nothing. One that tracing knows of, unlike `Dispatch::none()`: otherwise what first fails here would
/// be taken for something that nobody ever wants logged, also where it fails for somebody signed in.
static NOWHERE: LazyLock<Dispatch> = LazyLock::new(|| Dispatch::new(NoSubscriber::default()));

/// What a page's guard knows.
#[derive(Clone)]
pub(super) struct Gate {
    pub panel: Arc<Panel>,
    pub who: Who,
}

/// A form's fields. Empty for a page that is only looked at.
#[derive(Debug, Clone, Default)]
pub(super) struct Fields(Arc<[(String, String)]>);

impl Fields {
    /// The field of this name. Missing is empty; surrounding space is not part of it.
    ///
    /// # Errors
    /// [`Wrong::Invalid`] when it is there twice.
    pub(super) fn one(&self, name: &str) -> Result<&str, Wrong> {
        let mut values = self.all(name);
        match (values.next(), values.next()) {
            (Some(value), None) => Ok(value.trim()),
            (None, _) => Ok(""),
            (Some(_), Some(_)) => Err(Wrong::Invalid("A field of the form came twice. Open the page again.")),
        }
    }

    /// Every value of a name, such as boxes that were ticked.
    pub(super) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// A field of at most so many characters, without control characters besides line ends.
    ///
    /// # Errors
    /// [`Wrong::Invalid`] says what is wrong with it.
    pub(super) fn text(&self, name: &str, longest: usize) -> Result<String, Wrong> {
        let text = self.one(name)?.replace("\r\n", "\n");
        if text.chars().count() > longest {
            return Err(Wrong::TooLarge);
        }
        if text.chars().any(|c| c.is_control() && c != '\n') {
            return Err(Wrong::Invalid("The text holds characters that cannot be shown."));
        }
        Ok(text)
    }
}

impl<S: Sync> FromRequestParts<S> for Fields {
    type Rejection = Wrong;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Wrong> {
        parts.extensions.get().cloned().ok_or_else(|| Wrong::broken("a form was reached past the guard"))
    }
}

/// Lets a request through to its page, or says why not.
pub(super) async fn guard(State(gate): State<Gate>, request: Request, next: Next) -> Result<Response, Wrong> {
    let (mut parts, body) = request.into_parts();
    let fields = match parts.method {
        Method::GET | Method::HEAD => Fields::default(),
        Method::POST => {
            same_origin(&gate.panel, &parts.headers)?;
            form(&parts.headers, body).await?
        }
        _ => return Err(Wrong::NotFound),
    };
    let visitor = match gate.who {
        Who::Anybody => Visitor::ANYBODY,
        Who::Token(_) if parts.headers.contains_key(header::AUTHORIZATION) => {
            Visitor::signed(machine(&gate.panel, &parts).await?)
        }
        Who::Signed(roles) | Who::Token(roles) => {
            let session = signed(&gate.panel, &parts).await?;
            if !roles.contains(&session.role) {
                return Err(Wrong::Forbidden);
            }
            if parts.method == Method::POST && !same(fields.one("csrf")?.as_bytes(), session.csrf.as_bytes()) {
                return Err(Wrong::Invalid("The form is not of this session. Open the page again and send it anew."));
            }
            Visitor::signed(session)
        }
    };
    parts.extensions.insert(fields);
    parts.extensions.insert(visitor);
    let answer = next.run(Request::from_parts(parts, axum::body::Body::empty()));
    Ok(match gate.who {
        // A line of the log would say when, also the line of something that failed: there is none.
        Who::Anybody => answer.with_subscriber(NOWHERE.clone()).await,
        Who::Signed(_) | Who::Token(_) => answer.await,
    })
}

/// A machine with a token, that only looks.
async fn machine(panel: &Panel, parts: &Parts) -> Result<session::Session, Wrong> {
    let given = parts.headers.get(header::AUTHORIZATION).and_then(|v| v.to_str().ok());
    let token = given.and_then(|v| v.strip_prefix("Bearer ")).filter(|t| t.len() < 128);
    let found = match token {
        Some(token) if parts.method != Method::POST => tokens::find(panel, token).await?,
        _ => None,
    };
    found.ok_or(Wrong::NoToken)
}

/// The session of the request's cookie.
async fn signed(panel: &Panel, parts: &Parts) -> Result<session::Session, Wrong> {
    let found = match cookie(&parts.headers) {
        Some(token) => session::find(panel, token).await?,
        None => None,
    };
    let next = match parts.method {
        Method::POST => "/".to_owned(),
        _ => form_urlencoded::byte_serialize(parts.uri.path().as_bytes()).collect(),
    };
    found.ok_or(Wrong::SignIn(next))
}

/// Our cookie's value. Two of them are none: somebody else set one.
fn cookie(headers: &HeaderMap) -> Option<&str> {
    let pairs = headers.get_all(header::COOKIE).iter().filter_map(|v| v.to_str().ok()).flat_map(|v| v.split(';'));
    let mut ours = pairs.filter_map(|p| p.trim().split_once('=')).filter(|(n, _)| *n == session::COOKIE);
    match (ours.next(), ours.next()) {
        (Some((_, value)), None) if (20..=64).contains(&value.len()) => Some(value),
        _ => None,
    }
}

/// A form comes from one of our own pages, as far as a browser says where it comes from (Fetch Metadata; RFC 6454).
fn same_origin(panel: &Panel, headers: &HeaderMap) -> Result<(), Wrong> {
    let foreign = Wrong::Invalid("The form was sent from another site. Open this site's own page and send it there.");
    match headers.get("sec-fetch-site").map(|v| v.as_bytes()) {
        None | Some(b"same-origin") => {}
        Some(_) => return Err(foreign),
    }
    let ours = panel.config().url.origin().ascii_serialization();
    match headers.get(header::ORIGIN) {
        Some(origin) if origin.as_bytes() != ours.as_bytes() => Err(foreign),
        _ => Ok(()),
    }
}

async fn form(headers: &HeaderMap, body: axum::body::Body) -> Result<Fields, Wrong> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Err(Wrong::Invalid("That is not one of our forms."));
    }
    let read = tokio::time::timeout(BODY, axum::body::to_bytes(body, FORM)).await.map_err(|_| Wrong::TooSlow)?;
    let bytes = read.map_err(|_| Wrong::TooLarge)?;
    let fields: Arc<[(String, String)]> = form_urlencoded::parse(&bytes).into_owned().take(FIELDS + 1).collect();
    // What is not UTF-8 was replaced by this sign.
    if fields.len() > FIELDS || fields.iter().any(|(n, v)| n.contains('\u{fffd}') || v.contains('\u{fffd}')) {
        return Err(Wrong::Invalid("That is not one of our forms."));
    }
    Ok(Fields(fields))
}

/// What every answer tells the browser: nothing from elsewhere, no scripts, no frames, no copies, no trace of where
/// one was.
pub(super) async fn headers(request: Request, next: Next) -> Response {
    const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; \
                          frame-ancestors 'none'";
    let machine = request.uri().path().starts_with("/api/");
    let still = matches!(request.uri().path(), "/panel.css" | "/icon.svg");
    let response = ours(next.run(request).await);
    let mut response = if machine { Problem::instead_of(response) } else { response };
    let headers = response.headers_mut();
    for (name, value) in [
        ("content-security-policy", POLICY),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        // Not `no-referrer`: with it browsers send `Origin: null` with our own forms too.
        ("referrer-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("permissions-policy", "camera=(), geolocation=(), microphone=()"),
        ("strict-transport-security", "max-age=63072000"),
        ("cache-control", if still { "private, max-age=3600" } else { "no-store" }),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// An address or a question that the router could not read is answered by our own page: its own words would repeat
/// what was sent.
fn ours(response: Response) -> Response {
    let plain = response.headers().get(header::CONTENT_TYPE).is_some_and(|v| v.as_bytes().starts_with(b"text/plain"));
    match response.status().is_client_error() && plain {
        true => Wrong::Invalid("The address holds something that cannot be read. Follow a link of these pages.")
            .into_response(),
        false => response,
    }
}

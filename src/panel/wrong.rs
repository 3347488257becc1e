//! What can go wrong with a page, as a page.

use super::page;
use crate::ledger::LedgerError;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use utoipa::ToSchema;

/// Why a page is not given. Its words are for people and hold nothing of what was sent.
#[derive(Debug)]
pub enum Wrong {
    /// There is no such page.
    NotFound,
    /// Sign in first; then go on there.
    SignIn(String),
    /// A machine's token is not in force.
    NoToken,
    /// Signed in, but not for this.
    Forbidden,
    /// What was sent cannot be taken, and why.
    Invalid(&'static str),
    /// More than a form may hold.
    TooLarge,
    /// A form that did not come in within its time.
    TooSlow,
    /// Too often; after so many seconds again.
    TooOften(u64),
    /// It was so already, or is no longer.
    Conflict(&'static str),
    /// A fault of ours. What it was stands in the log.
    Broken,
    /// The same, where somebody wants to stop a flow: there is another way.
    NotStopped,
    /// The record book did not take it, so it is not done.
    NotRecorded,
    /// It is kept, and nobody knows yet whether the record book took it.
    Unconfirmed,
}

impl Wrong {
    /// A fault of ours, said in the log. The words must hold nothing personal.
    #[must_use]
    pub fn broken(why: &str) -> Self {
        tracing::error!(why, "a page of the panel failed");
        Self::Broken
    }
}

impl From<LedgerError> for Wrong {
    fn from(error: LedgerError) -> Self {
        match error {
            LedgerError::Conflict(why) => Self::Conflict(why),
            other => {
                tracing::error!(error = %other, "the record book did not take what the panel recorded");
                Self::NotRecorded
            }
        }
    }
}

impl Wrong {
    /// The status and the words.
    fn said(&self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::NotFound => (StatusCode::NOT_FOUND, "There is no such page", "Check the address, or go to Today."),
            Self::SignIn(_) => (StatusCode::UNAUTHORIZED, "Sign in first", "This page is for people with an account."),
            Self::NoToken => (
                StatusCode::UNAUTHORIZED,
                "The token is not in force",
                "Send one that a panel member made: Authorization: Bearer hg_….",
            ),
            Self::Forbidden => (
                StatusCode::FORBIDDEN,
                "This page is not for your account",
                "Ask a panel member if you think it should be.",
            ),
            Self::Invalid(why) => (StatusCode::BAD_REQUEST, "That could not be taken", why),
            Self::TooLarge => {
                (StatusCode::PAYLOAD_TOO_LARGE, "That is too long", "Send less text. Nothing was kept of it.")
            }
            Self::TooSlow => {
                (StatusCode::REQUEST_TIMEOUT, "That came too slowly", "Nothing was kept of it. Send it again.")
            }
            Self::TooOften(_) => (StatusCode::TOO_MANY_REQUESTS, "Too many tries", "Wait some minutes and try again."),
            Self::Conflict(why) => (StatusCode::CONFLICT, "That is no longer so", why),
            Self::Broken => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "Something failed on our side",
                "Nothing was changed. Try again; if it stays, tell your IT team the time.",
            ),
            Self::NotStopped => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "This page cannot stop anything now",
                "Nothing was stopped yet. Ask your IT team at once to stop it by the command: havengate stop place. It \
                 does not need this page, and keeps no name.",
            ),
            Self::NotRecorded => (
                StatusCode::SERVICE_UNAVAILABLE,
                "The record book did not take it",
                "So it is not done. While the record book cannot be written, the gateway sends nothing.",
            ),
            Self::Unconfirmed => (
                StatusCode::SERVICE_UNAVAILABLE,
                "The record book has not confirmed it yet",
                "It is kept, and the panel may see it already, marked so. Go back and send the same form again in a minute, \
                 without changing it.",
            ),
        }
    }
}

/// What went wrong, for machines (RFC 9457).
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct Problem {
    /// There is no page about it.
    #[serde(rename = "type")]
    kind: &'static str,
    /// In short.
    title: &'static str,
    /// The status of the answer.
    status: u16,
    /// What to do.
    detail: &'static str,
}

impl Problem {
    /// The same answer, where it says that something went wrong, in JSON: no page, and no way to the door.
    pub(super) fn instead_of(response: Response) -> Response {
        let Some(problem) = response.extensions().get::<Self>().copied() else { return response };
        let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut json =
            page::typed(status, "application/problem+json", serde_json::to_string(&problem).unwrap_or_default());
        if status == StatusCode::UNAUTHORIZED {
            json.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        for name in [header::CONNECTION, header::RETRY_AFTER] {
            if let Some(value) = response.headers().get(&name) {
                json.headers_mut().insert(name, value.clone());
            }
        }
        json
    }
}

impl IntoResponse for Wrong {
    fn into_response(self) -> Response {
        let (status, title, words) = self.said();
        let mut response = match &self {
            Self::SignIn(next) => page::see_other(&format!("/sign-in?next={next}")),
            _ => page::plain(status, title, words),
        };
        let problem = Problem { kind: "about:blank", title, status: status.as_u16(), detail: words };
        response.extensions_mut().insert(problem);
        if matches!(self, Self::TooSlow) {
            // What is still to come is not read.
            response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        if let Self::TooOften(seconds) = self {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

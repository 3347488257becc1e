//! Every way to say no: a closed list, each with its status, each naming clause and rule.

use super::{Category, Clause, RuleId, name::closed};
use std::sync::Arc;

closed! {
    /// Why a request was refused: the problem types of design section 10.
    Code {
        /// A chain leads to the Home Office, or it is the Home Office.
        DestinationLinked = "destination-linked",
        /// Nobody has assessed the recipient.
        DestinationUnassessed = "destination-unassessed",
        /// No undertaking in date.
        DestinationUncommitted = "destination-uncommitted",
        /// Two spellings of the destination disagree.
        DestinationMismatch = "destination-mismatch",
        /// A forum the Home Office can reach.
        Forum = "forum",
        /// A worker's stop.
        Stopped = "stopped",
        /// The connection has no such operation.
        OperationUnknown = "operation-unknown",
        /// A needed item has no consent.
        ConsentMissing = "consent-missing",
        /// A token that is not what it says, or somebody else's.
        ConsentInvalid = "consent-invalid",
        /// Too old.
        ConsentExpired = "consent-expired",
        /// Ended by the person.
        ConsentEnded = "consent-ended",
        /// Used as often as it may be.
        ConsentSpent = "consent-spent",
        /// A field that stops the request.
        FieldBlocked = "field-blocked",
        /// A recipient within the body.
        RecipientDenied = "recipient-denied",
        /// Something changed between screening and commit.
        ConsentChanged = "consent-changed",
        /// No such caller.
        CallerUnknown = "caller-unknown",
        /// No such route.
        RouteUnknown = "route-unknown",
        /// The head or the framing breaks the rules of HTTP.
        RequestMalformed = "request-malformed",
        /// The body is not what its type says.
        BodyMalformed = "body-malformed",
        /// The caller was too slow.
        RequestTimeout = "request-timeout",
        /// Over the limit.
        BodyTooLarge = "body-too-large",
        /// A type, charset or coding the operation does not list.
        BodyUnsupported = "body-unsupported",
        /// Too many.
        RateLimited = "rate-limited",
        /// A fault of ours.
        Internal = "internal",
        /// The recipient cannot be reached.
        DestinationUnreachable = "destination-unreachable",
        /// The record book cannot be written.
        LedgerUnavailable = "ledger-unavailable",
        /// Too busy, or stopping.
        Overloaded = "overloaded",
        /// The recipient did not answer in time.
        UpstreamTimeout = "upstream-timeout",
    }
}

impl Code {
    /// The HTTP status (RFC 9110) that goes with it.
    #[must_use]
    pub const fn status(self) -> http::StatusCode {
        use http::StatusCode as S;
        match self {
            Self::DestinationLinked
            | Self::DestinationUnassessed
            | Self::DestinationUncommitted
            | Self::DestinationMismatch
            | Self::Forum
            | Self::Stopped
            | Self::OperationUnknown
            | Self::ConsentMissing
            | Self::ConsentInvalid
            | Self::ConsentExpired
            | Self::ConsentEnded
            | Self::ConsentSpent
            | Self::FieldBlocked
            | Self::RecipientDenied => S::FORBIDDEN,
            Self::ConsentChanged => S::CONFLICT,
            Self::CallerUnknown => S::UNAUTHORIZED,
            Self::RouteUnknown => S::NOT_FOUND,
            Self::RequestMalformed | Self::BodyMalformed => S::BAD_REQUEST,
            Self::RequestTimeout => S::REQUEST_TIMEOUT,
            Self::BodyTooLarge => S::PAYLOAD_TOO_LARGE,
            Self::BodyUnsupported => S::UNSUPPORTED_MEDIA_TYPE,
            Self::RateLimited => S::TOO_MANY_REQUESTS,
            Self::Internal => S::INTERNAL_SERVER_ERROR,
            Self::DestinationUnreachable => S::BAD_GATEWAY,
            Self::LedgerUnavailable | Self::Overloaded => S::SERVICE_UNAVAILABLE,
            Self::UpstreamTimeout => S::GATEWAY_TIMEOUT,
        }
    }
}

/// A refusal: what the caller is told and what the record keeps. Holds no values, hosts or names of people.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {detail}")]
pub struct Refusal {
    /// Which.
    pub code: Code,
    /// One sentence for a person, without personal data.
    pub detail: String,
    /// Each rule that said no.
    pub reasons: Vec<Reason>,
}

/// One rule that said no.
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct Reason {
    /// The clause behind it, where it is the charter's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clause: Option<Clause>,
    /// The rule.
    pub rule: RuleId,
    /// The category, where it is about a field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<Category>,
    /// The rule's path (never an unlisted key, which may be data).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<Arc<str>>,
    /// What would change the outcome.
    pub remedy: String,
}

impl Refusal {
    /// A refusal with no charter rule behind it: transport, form, limits, faults.
    #[must_use]
    pub fn plain(code: Code, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), reasons: Vec::new() }
    }

    /// Adds a reason.
    #[must_use]
    pub fn because(mut self, reason: Reason) -> Self {
        self.reasons.push(reason);
        self
    }
}

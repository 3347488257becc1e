//! How sending fails, and what the recipient can have seen.

use crate::{
    gate::resolve,
    verdict::{Code, Refusal},
};

/// Whether a byte of the request can have left: `Havengate-Sent` when there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sent {
    /// Not one byte. What was spent is given back.
    No,
    /// At least one byte was written and how far it got is not known. What was spent stays spent.
    Unknown,
}

impl Sent {
    /// The header's text.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::No => "no",
            Self::Unknown => "unknown",
        }
    }
}

/// What went wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FailureKind {
    /// The receipt is another decision's. A fault of ours.
    OtherReceipt,
    /// The request could not be put on the wire. A fault of ours.
    Unsendable,
    /// The rules refused the recipient's certificate.
    Denied(Refusal),
    /// No judged address accepted a connection in time.
    Unreachable,
    /// The certificate is not the recipient's, is not in date, or comes from an unknown authority.
    Certificate,
    /// This system has no certification authorities to verify with.
    NoAuthorities,
    /// The connection ended before an answer.
    Closed,
    /// The answer was not HTTP, or its head was too large.
    Malformed,
    /// The recipient switched protocols, which nobody asked it to.
    Upgrade,
    /// No answer in time.
    Timeout,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind:?}, sent: {}", sent.as_str())]
pub struct SendFailure {
    kind: FailureKind,
    sent: Sent,
}

impl SendFailure {
    pub(super) const fn new(kind: FailureKind, sent: Sent) -> Self {
        Self { kind, sent }
    }

    /// What went wrong.
    #[must_use]
    pub const fn kind(&self) -> &FailureKind {
        &self.kind
    }

    /// Whether a byte can have left.
    #[must_use]
    pub const fn sent(&self) -> Sent {
        self.sent
    }

    /// A pooled connection that had ended by itself: nothing left, so another one may be tried.
    pub(super) fn replaceable(&self) -> bool {
        self.kind == FailureKind::Closed && self.sent == Sent::No
    }

    /// What the caller is told.
    #[must_use]
    pub fn into_refusal(self) -> Refusal {
        const AGAIN: &str = "Nothing was sent. Try again later; if it lasts, ask the recipient.";
        const MAYBE: &str = "Something may have arrived. Ask the recipient before sending again.";
        let retry = match self.sent {
            Sent::No => AGAIN,
            Sent::Unknown => MAYBE,
        };
        let unreachable = |rule, detail: &str, remedy| {
            resolve::refusal(Code::DestinationUnreachable, rule, detail.to_owned(), remedy)
        };
        match self.kind {
            FailureKind::Denied(refusal) => refusal,
            FailureKind::OtherReceipt | FailureKind::Unsendable => resolve::refusal(
                Code::Internal,
                "gateway-fault",
                "The gateway made a mistake with this request and stopped it.",
                "Nothing was sent. Report the decision's id to whoever runs the gateway.",
            ),
            FailureKind::Unreachable => unreachable("connect", "The recipient could not be reached.", retry),
            FailureKind::Certificate => unreachable(
                "certificate",
                "The recipient's certificate could not be verified, so nothing was sent to it.",
                "Nothing was sent. Ask the recipient to mend its certificate, or name its authority as \
                 `upstream_roots` in the connection's file.",
            ),
            FailureKind::NoAuthorities => unreachable(
                "certificate",
                "This gateway has no certification authorities to verify the recipient with.",
                "Nothing was sent. Install the system's CA certificates or set gateway.upstream_roots.",
            ),
            FailureKind::Closed => unreachable("connection-ended", "The recipient ended the connection.", retry),
            FailureKind::Malformed => unreachable("answer-malformed", "The recipient's answer was not HTTP.", retry),
            FailureKind::Upgrade => {
                unreachable("answer-upgrade", "The recipient tried to switch to another protocol.", retry)
            }
            FailureKind::Timeout => resolve::refusal(
                Code::UpstreamTimeout,
                "answer-timeout",
                "The recipient did not answer in time.",
                retry,
            ),
        }
    }
}

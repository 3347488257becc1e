//! Why a permission was refused at the last moment, and what the caller is told.

use crate::{
    flow::{Clause, RuleId},
    verdict::{Code, Reason, Refusal},
};

/// Something that held at screening and did not hold at the commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AssertFailure {
    /// Another set of rules is active.
    #[error("the rules changed while the request was being checked")]
    PolicyChanged,
    /// A worker's stop covers the connection or the recipient.
    #[error("a worker has stopped this connection or recipient")]
    Stopped,
    /// No grant with this id is known.
    #[error("the record book knows no consent with this id")]
    ConsentUnknown,
    /// The person ended it while the request was being checked.
    #[error("the person ended a consent while the request was being checked")]
    ConsentEnded,
    /// It expired while the request was being checked.
    #[error("a consent expired before the record was made")]
    ConsentExpired,
    /// It was used as often as it may be.
    #[error("a consent has been used as often as it may be")]
    ConsentSpent,
    /// A consent with the same id but other content, or of somebody else, is known.
    #[error("a consent differs from the one the record book knows by the same id")]
    ConsentDiffers,
    /// An emergency grant is over, or unknown.
    #[error("the emergency grant is over")]
    EmergencyOver,
    /// An undertaking, assessment or approval ran out while the request was being checked.
    #[error("an undertaking, assessment or approval ran out while the request was being checked")]
    OutOfDate,
}

impl AssertFailure {
    /// The problem it is on the wire. `consent-changed` asks the caller to try once more: screened afresh,
    /// the request gets the answer that is now right.
    #[must_use]
    pub const fn code(self) -> Code {
        match self {
            Self::PolicyChanged | Self::ConsentEnded | Self::OutOfDate => Code::ConsentChanged,
            Self::Stopped => Code::Stopped,
            Self::ConsentUnknown => Code::ConsentMissing,
            Self::ConsentDiffers => Code::ConsentInvalid,
            Self::ConsentExpired | Self::EmergencyOver => Code::ConsentExpired,
            Self::ConsentSpent => Code::ConsentSpent,
        }
    }

    /// The clause behind it, where it is the charter's.
    #[must_use]
    pub const fn clause(self) -> Option<Clause> {
        match self {
            Self::PolicyChanged => None,
            Self::Stopped => Some(Clause::Tools1),
            Self::OutOfDate => Some(Clause::Data4),
            Self::ConsentUnknown
            | Self::ConsentEnded
            | Self::ConsentExpired
            | Self::ConsentSpent
            | Self::ConsentDiffers
            | Self::EmergencyOver => Some(Clause::Data2ii),
        }
    }

    /// The rule's name.
    #[must_use]
    pub const fn rule(self) -> &'static str {
        match self {
            Self::PolicyChanged => "policy-active",
            Self::Stopped => "stopped",
            Self::OutOfDate => "in-date",
            Self::ConsentUnknown
            | Self::ConsentEnded
            | Self::ConsentExpired
            | Self::ConsentSpent
            | Self::ConsentDiffers => "live-consent",
            Self::EmergencyOver => "live-emergency",
        }
    }

    /// What would change the outcome.
    #[must_use]
    pub const fn remedy(self) -> &'static str {
        match self {
            Self::PolicyChanged | Self::ConsentEnded | Self::OutOfDate => {
                "Send the request again: it will be checked afresh."
            }
            Self::Stopped => "Only the scrutiny panel lifts a stop.",
            Self::ConsentUnknown => "Record the person's consent, or send the token again.",
            Self::ConsentExpired | Self::ConsentSpent => "Ask the person again, item by item.",
            Self::ConsentDiffers => "Issue the consent again with an id of its own.",
            Self::EmergencyOver => "If the danger is still there, record the emergency again.",
        }
    }

    /// What the caller is told.
    #[must_use]
    pub fn refusal(self) -> Refusal {
        let mut refusal = Refusal::plain(self.code(), self.to_string());
        if let Ok(rule) = RuleId::parse(self.rule()) {
            let (clause, remedy) = (self.clause(), self.remedy().to_owned());
            refusal = refusal.because(Reason { clause, rule, category: None, path: None, remedy });
        }
        refusal
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_failure_names_its_rule_and_what_to_do() {
        use AssertFailure::*;
        for failure in [
            PolicyChanged,
            Stopped,
            ConsentUnknown,
            ConsentEnded,
            ConsentExpired,
            ConsentSpent,
            ConsentDiffers,
            EmergencyOver,
            OutOfDate,
        ] {
            let refusal = failure.refusal();
            assert_eq!(refusal.reasons.len(), 1, "{failure}");
            assert!(refusal.code.status().is_client_error() && !failure.remedy().is_empty(), "{failure}");
        }
    }
}

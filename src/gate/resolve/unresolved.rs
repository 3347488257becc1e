//! How a name leads nowhere that may be dialled. An answer that could not be seen might have held a denial, so
//! each of these refuses the whole look-up.

use super::refusal;
use crate::verdict::{Code, Refusal};

/// Why there is no address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unresolved {
    /// There is no such name, or it has no address: DNS said so.
    Nowhere,
    /// SERVFAIL, REFUSED, a referral, or bytes that are not an answer.
    Failed,
    /// Nobody answered in time.
    Silent,
    /// The answer was cut, and the whole of it could not be had over TCP (RFC 7766).
    Cut,
    /// Aliases in a circle, or more of them than are followed.
    Chain,
    /// Records that no reader can be sure of: two aliases for one name, an alias beside an address (RFC 2181
    /// section 10.1), a DNAME without its CNAME (RFC 6672), a name that is not a host.
    Unclear,
}

impl Unresolved {
    /// What the caller is told.
    pub(super) fn refusal(self) -> Refusal {
        const SERVER: &str = "Nothing was sent. Check this machine's DNS servers (or [gateway.dns]), then try again; \
                              if only this recipient is affected, ask it to mend its name.";
        const THEIRS: &str = "Nothing was sent. Ask the recipient to mend the records of its name in DNS.";
        let (rule, detail, remedy) = match self {
            Self::Nowhere => (
                "name-resolution",
                "The recipient's name could not be resolved to an address.",
                "Nothing was sent. Check the name in the connection's upstream and this machine's DNS, then try again.",
            ),
            Self::Failed => (
                "name-server-failed",
                "DNS gave no whole answer for the recipient's name, so what it leads to could not be judged.",
                SERVER,
            ),
            Self::Silent => ("name-server-silent", "DNS did not answer for the recipient's name in time.", SERVER),
            Self::Cut => (
                "name-answer-cut",
                "The DNS answer for the recipient's name was cut short, and the whole of it could not be had.",
                "Nothing was sent. Let this machine reach its DNS servers over TCP port 53, then try again.",
            ),
            Self::Chain => (
                "name-alias-chain",
                "The recipient's name is an alias that leads in a circle or through too many others.",
                THEIRS,
            ),
            Self::Unclear => (
                "name-answer-unclear",
                "The DNS answer for the recipient's name can be read in more than one way.",
                THEIRS,
            ),
        };
        refusal(Code::DestinationUnreachable, rule, detail, remedy)
    }
}

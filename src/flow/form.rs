//! In what form a value leaves, and what was done with it.

use super::{NameError, name::closed};
use std::{fmt, str::FromStr};

closed! {
    /// A way to make a value rougher. Applied by `screen::transform`; a value it cannot read is withheld.
    Transform {
        /// A date to its year: `1987-04-02` → `1987`.
        Year = "year",
        /// A date to year and month: `1987-04-02` → `1987-04`.
        Month = "month",
        /// A date of birth or an age to a ten-year band at the decision's date: `35-44`.
        AgeBand = "age-band",
        /// A UK postcode to its area: `SE15 4QN` → `SE`.
        PostcodeArea = "postcode-area",
        /// A name to its first letter: `Amina` → `A`.
        Initial = "initial",
    }
}

closed! {
    /// What was done with a field. The only words for it in records, figures and headers.
    Act {
        /// Left as it was.
        Sent = "sent",
        /// Left in a rougher form.
        Generalised = "generalised",
        /// Left as a keyed pseudonym.
        Pseudonymised = "pseudonymised",
        /// Did not leave.
        Stripped = "stripped",
        /// Stopped the whole request.
        Blocked = "blocked",
    }
}

/// The form of a value: consent for one form never covers another (DATA-2 iv).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Form {
    /// Exact.
    Raw,
    /// A keyed pseudonym that differs from destination to destination.
    Pseudonym,
    /// Rough, by one named transform.
    Generalised(Transform),
}

impl Form {
    /// What sending in this form is called in records.
    #[must_use]
    #[inline]
    pub const fn act(self) -> Act {
        match self {
            Self::Raw => Act::Sent,
            Self::Pseudonym => Act::Pseudonymised,
            Self::Generalised(_) => Act::Generalised,
        }
    }
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Raw => f.write_str("raw"),
            Self::Pseudonym => f.write_str("pseudonym"),
            Self::Generalised(t) => write!(f, "generalised:{t}"),
        }
    }
}

impl FromStr for Form {
    type Err = NameError;
    fn from_str(s: &str) -> Result<Self, NameError> {
        match (s, s.strip_prefix("generalised:")) {
            ("raw", _) => Ok(Self::Raw),
            ("pseudonym", _) => Ok(Self::Pseudonym),
            (_, Some(t)) => t.parse().map(Self::Generalised),
            _ => Err(NameError::Unknown("raw pseudonym generalised:<transform>")),
        }
    }
}

//! What must follow a breach, and until when.

use super::kept::Breach;
use crate::flow::name_closed as closed;
use jiff::{SignedDuration, Timestamp};

closed! {
    /// One of the things that follow.
    Step {
        /// The regulator is told, or it is written down why not (UK GDPR Article 33).
        Regulator = "regulator",
        /// The people concerned are told (UK GDPR Article 34).
        People = "people",
        /// The recipient is asked to give it back and to delete it.
        Recall = "recall",
        /// The Home Office's presence is challenged, or the forum left (TRANS-2).
        Forum = "forum",
        /// The panel looked at why it happened and what changes.
        Review = "review",
    }
}

impl Step {
    /// What is done.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Regulator => "The regulator (ICO) is told",
            Self::People => "The people concerned are told",
            Self::Recall => "The recipient is asked to give it back and delete it",
            Self::Forum => "The Home Office is challenged, or the forum left",
            Self::Review => "The panel looked at why it happened and what changes",
        }
    }

    /// How to go about it.
    pub(super) const fn advice(self) -> &'static str {
        match self {
            Self::Regulator => {
                "A breach of personal data is reported to the Information Commissioner within 72 hours after we became \
                 aware of it, unless it is unlikely to put anybody's rights at risk. If it is not reported, write why. \
                 A later report says why it is late."
            }
            Self::People => {
                "Where the risk to somebody is high, they are told without undue delay: in person, by somebody they \
                 trust, in their own language, with an adviser's number. Never by a message to a phone that others see."
            }
            Self::Recall => "In writing: give it back, delete it, say who has seen it, and confirm by a date.",
            Self::Forum => {
                "If the Home Office takes part in the forum, challenge its presence. If it stays, leave. Where no \
                 forum was concerned, write that it does not apply."
            }
            Self::Review => "Why did it happen? What changes, who sees to it, and when is it looked at again?",
        }
    }

    /// So long after becoming aware it is due. The regulator's time is the law's; the others are our own aims.
    const fn within(self) -> SignedDuration {
        match self {
            Self::Regulator => SignedDuration::from_hours(72),
            Self::Recall => SignedDuration::from_hours(24),
            Self::People => SignedDuration::from_hours(7 * 24),
            Self::Forum | Self::Review => SignedDuration::from_hours(28 * 24),
        }
    }
}

/// Until when the regulator is told: 72 hours after becoming aware (UK GDPR Article 33(1)).
pub(super) fn regulator_by(aware: Timestamp) -> Timestamp {
    due(aware, Step::Regulator)
}

/// Until when a step is due.
pub(super) fn due(aware: Timestamp, step: Step) -> Timestamp {
    aware.saturating_add(step.within()).unwrap_or(Timestamp::MAX)
}

/// Something that was not done.
#[derive(Debug, Clone, Copy)]
pub(super) struct Left {
    pub step: Step,
    pub overdue: bool,
}

/// What is left to do.
pub(super) fn left(breach: &Breach, now: Timestamp) -> Vec<Left> {
    let left = Step::ALL.iter().filter(|step| !breach.steps.iter().any(|done| done.step == **step));
    left.map(|step| Left { step: *step, overdue: now > due(breach.aware, *step) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_count_across_a_change_of_the_clock() {
        // The last hour of Saturday before the clocks go back: 72 hours are 72 hours.
        let aware = "2026-10-24T22:30:00Z".parse().unwrap();
        assert_eq!(regulator_by(aware).to_string(), "2026-10-27T22:30:00Z");
    }
}

//! The time of a commit: never earlier than the last one's, whatever the clock does.

use crate::ledger::book::{Clock, Random};
use jiff::{SignedDuration, Timestamp};
use std::{sync::Arc, time::Instant};

/// A clock that goes back by no more than this is an ordinary correction.
const TOLERANCE: SignedDuration = SignedDuration::from_secs(60);

/// The machine's clock.
pub(in crate::ledger) fn system_clock() -> Clock {
    Arc::new(Timestamp::now)
}

/// The machine's randomness.
pub(in crate::ledger) fn system_random() -> Random {
    Arc::new(aws_lc_rs::rand::fill)
}

/// The last commit's time, and when that was by a clock that cannot be set.
#[derive(Debug)]
pub(super) struct Time {
    last: Timestamp,
    since: Instant,
    wrong: bool,
}

impl Time {
    pub(super) const fn new(last: Timestamp, since: Instant) -> Self {
        Self { last, since, wrong: false }
    }

    pub(super) const fn last(&self) -> Timestamp {
        self.last
    }

    /// The time of the next commit. When the clock has gone back by more than a minute, time goes on from the
    /// last commit at its own pace, so that what expires still expires; the second value says by how much the
    /// clock went back, once for each time that it did.
    pub(super) fn next(&mut self, wall: Timestamp, now: Instant) -> (Timestamp, Option<SignedDuration>) {
        let back = self.last.duration_since(wall);
        let wrong = back > TOLERANCE;
        let elapsed =
            SignedDuration::try_from(now.saturating_duration_since(self.since)).unwrap_or(SignedDuration::MAX);
        let next = match wrong {
            true => self.last.checked_add(elapsed).unwrap_or(Timestamp::MAX),
            false => self.last.max(wall),
        };
        let news = (wrong && !self.wrong).then_some(back);
        *self = Self { last: next, since: now, wrong };
        (next, news)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn time_never_runs_backward_and_says_so_once() {
        let start: Timestamp = "2026-10-24T10:00:00Z".parse().unwrap();
        let (year, second) = (SignedDuration::from_hours(24 * 365), SignedDuration::from_secs(1));
        let zero = Instant::now();
        let after = |s| zero + Duration::from_secs(s);
        let mut time = Time::new(start, zero);
        assert_eq!(time.next(start + second, after(1)), (start + second, None));
        assert_eq!(time.next(start - second, after(2)), (start + second, None), "a small correction");
        assert_eq!(time.next(start - year, after(12)), (start + second * 11, Some(year + second)), "a year back");
        assert_eq!(time.next(start - year, after(13)), (start + second * 12, None), "said once");
        assert_eq!(time.next(start + second * 60, after(14)), (start + second * 60, None), "put right");
        assert_eq!(time.next(start - year, after(15)).1, Some(year + second * 60), "and wrong again");
    }
}

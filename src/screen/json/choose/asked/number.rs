//! Numbers, as machines that read JSON keep them (RFC 8259 section 6), as long as those can tell them apart.

use super::Untold;
use std::{borrow::Cow, cmp::Ordering};

/// 2⁵³ − 1. Beyond it and its opposite, different whole numbers are kept as one.
const LARGEST_EXACT: f64 = 9_007_199_254_740_991.0;

pub(in crate::screen::json::choose) struct Number<'s> {
    value: f64,
    /// Empty where it was counted or stands in a policy.
    spelled: Cow<'s, str>,
}

impl<'s> Number<'s> {
    /// `None` where it is no number, which cannot be: it was walked.
    pub(super) fn read(raw: &'s [u8]) -> Option<Self> {
        let spelled = std::str::from_utf8(raw).ok()?;
        let value: f64 = spelled.parse().ok()?;
        (!value.is_nan()).then_some(Self { value, spelled: Cow::Borrowed(spelled) })
    }

    /// Of a policy, which has no whole number beyond [`LARGEST_EXACT`].
    pub(super) const fn of_policy(value: f64) -> Self {
        Self { value, spelled: Cow::Borrowed("") }
    }

    pub(super) const fn small(count: usize) -> Self {
        Self { value: count as f64, spelled: Cow::Borrowed("") }
    }

    /// The same, without copying how it is spelled.
    pub(super) fn again(&self) -> Number<'_> {
        Number { value: self.value, spelled: Cow::Borrowed(&self.spelled) }
    }

    /// # Errors
    /// Where it cannot be told.
    pub(super) fn equals(&self, other: &Self) -> Result<bool, Untold> {
        if !self.may_blur(other) {
            return Ok(self.value == other.value);
        }
        if !self.spelled.is_empty() && self.spelled == other.spelled {
            return Ok(true);
        }
        // JSON spells a whole number in one way, but for fractions of nothing and exponents.
        if self.is_whole() && other.is_whole() { Ok(false) } else { Err(Untold) }
    }

    /// # Errors
    /// Where it cannot be told.
    pub(super) fn order(&self, other: &Self) -> Result<Ordering, Untold> {
        if self.may_blur(other) {
            return Err(Untold);
        }
        self.value.partial_cmp(&other.value).ok_or(Untold)
    }

    /// Whether two different ones could be kept as one and the same.
    fn may_blur(&self, other: &Self) -> bool {
        let large = |number: &Self| number.value.abs() > LARGEST_EXACT;
        !self.value.is_finite() || !other.value.is_finite() || (large(self) && large(other))
    }

    fn is_whole(&self) -> bool {
        let digits = self.spelled.strip_prefix('-').unwrap_or(&self.spelled);
        !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Number<'_> {
        Number::read(text.as_bytes()).unwrap()
    }

    #[test]
    fn numbers_that_machines_keep_as_one_are_told_apart_or_not_at_all() {
        for (a, b, equal, order) in [
            ("1", "1.0", Ok(true), Ok(Ordering::Equal)),
            ("9007199254740991", "9007199254740990", Ok(false), Ok(Ordering::Greater)),
            ("9007199254740993", "9007199254740992", Ok(false), Err(Untold)),
            ("-9007199254740993", "-9007199254740992", Ok(false), Err(Untold)),
            ("12345678901234567890", "12345678901234567891", Ok(false), Err(Untold)),
            ("12345678901234567890", "12345678901234567890", Ok(true), Err(Untold)),
            ("1e400", "2e400", Err(Untold), Err(Untold)),
            ("1e400", "1e400", Ok(true), Err(Untold)),
            ("1e400", "5", Err(Untold), Err(Untold)),
            // The same, spelled otherwise.
            ("1e20", "100000000000000000000", Err(Untold), Err(Untold)),
            // One side is near enough to say.
            ("5", "1e300", Ok(false), Ok(Ordering::Less)),
        ] {
            assert_eq!(number(a).equals(&number(b)), equal, "{a} {b}");
            assert_eq!(number(b).equals(&number(a)), equal, "{b} {a}");
            assert_eq!(number(a).order(&number(b)), order, "{a} {b}");
        }
        assert!(Number::read(b"").is_none() && Number::read(b"NaN").is_none() && Number::read(b"\xff").is_none());
    }
}

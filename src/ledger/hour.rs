//! What is kept to the day only. Whoever raises a concern or downs tools is promised that nobody is looked for: the
//! hour would show who was on shift, or whose screen was open.

use jiff::Timestamp;

/// Notices of what people say without giving a name.
const OF_A_DAY: [&str; 3] = ["concern", "stop", "stop-limit"];
/// Microseconds.
const DAY: i64 = 86_400_000_000;

/// Whether of a notice of this kind no more than the day is kept.
#[must_use]
pub fn is_of_a_day(kind: &str) -> bool {
    OF_A_DAY.contains(&kind)
}

/// The start of the UTC day, which an entry says as well.
#[must_use]
pub fn day(at: Timestamp) -> Timestamp {
    let micros = at.as_microsecond();
    Timestamp::from_microsecond(micros - micros.rem_euclid(DAY)).unwrap_or(Timestamp::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_midnight_before_and_after_1970() {
        for (at, begins) in [
            ("2026-11-20T23:59:59.999999Z", "2026-11-20T00:00:00Z"),
            ("2026-11-20T00:00:00Z", "2026-11-20T00:00:00Z"),
            ("1969-12-31T12:00:00Z", "1969-12-31T00:00:00Z"),
        ] {
            assert_eq!(day(at.parse().unwrap()).to_string(), begins);
        }
    }
}

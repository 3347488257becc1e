//! Check digits, dates and numbers, and the numbers that are plainly technical.

use super::{
    cue::Cue,
    fold::MONEY,
    run::{self, Text, is_alnum},
};

/// Where a number ends that nothing need be looked for in: an amount of money, a date and time without a cue of birth.
pub(super) fn technical(text: Text<'_>, start: usize, end: usize, cue: u64) -> Option<usize> {
    if matches!(text.before(start), MONEY | b'$') {
        return Some(text.while_at(start, |b| b.is_ascii_digit() || b == b','));
    }
    if text.at(end) != b'-' || end - start != 4 || cue & Cue::BIRTH != 0 {
        return None;
    }
    let rest = moment(text, start)?;
    // 1948-07-28 (DOB)
    let born = text.at(rest) == b' ' && run::cue_after(text, rest) & Cue::BIRTH != 0;
    (!born).then_some(rest)
}

/// Whether a text is a date, or a date and time, and nothing more: [`technical`] passes the whole of it, where nothing
/// says that somebody was born then.
#[inline]
pub(super) fn is_time(text: &[u8]) -> bool {
    text.len() >= 10 && text.first().is_some_and(u8::is_ascii_digit) && moment(Text(text), 0) == Some(text.len())
}

/// Where a date ends that stands here, with the time of day and the zone if they follow: `2026-11-22`,
/// `2026-11-22T10:00:00.5+01:00` (RFC 3339, ISO 8601). Nothing longer hides behind one: other digits are no part of it.
#[inline]
fn moment(text: Text<'_>, at: usize) -> Option<usize> {
    let &[y1 @ (b'1' | b'2'), y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = chunk(text, at)? else { return None };
    let date = at + 10;
    let year = two(y1, y2, 99) && two(y3, y4, 99);
    let day = two(m1, m2, 12) && two(d1, d2, 31) && (m1 | m2) != b'0' && (d1 | d2) != b'0';
    if !year || !day || text.at(date).is_ascii_digit() {
        return None;
    }
    let time = if text.at(date) == b'T' { time_of_day(text, date + 1).unwrap_or(date) } else { date };
    Some(zone(text, time).unwrap_or(time))
}

#[inline(always)]
fn chunk<'t, const N: usize>(text: Text<'t>, at: usize) -> Option<&'t [u8; N]> {
    text.0.get(at..).and_then(<[u8]>::first_chunk)
}

/// `10:00`, `10:00:00`, `10:00:00.000000000`.
#[inline]
fn time_of_day(text: Text<'_>, at: usize) -> Option<usize> {
    let &[h1, h2, b':', m1, m2] = chunk(text, at)? else { return None };
    if !two(h1, h2, 24) || !two(m1, m2, 59) {
        return None;
    }
    let minutes = at + 5;
    let seconds = match chunk(text, minutes) {
        Some(&[b':', s1, s2]) if two(s1, s2, 60) => minutes + 3,
        _ => return (!text.at(minutes).is_ascii_digit()).then_some(minutes),
    };
    let after = text.at(seconds);
    if after != b'.' {
        return (!after.is_ascii_digit()).then_some(seconds);
    }
    let fraction = text.while_within(seconds + 1, 10, |b| b.is_ascii_digit());
    Some(if (2..=10).contains(&(fraction - seconds)) { fraction } else { seconds })
}

/// `Z`, `+01:00`, `-0500`.
#[inline]
fn zone(text: Text<'_>, at: usize) -> Option<usize> {
    match text.at(at) {
        b'Z' if !is_alnum(text.at(at + 1)) => Some(at + 1),
        b'+' | b'-' => {
            let minutes = if text.at(at + 3) == b':' { at + 4 } else { at + 3 };
            let (&[h1, h2], &[m1, m2]) = (chunk(text, at + 1)?, chunk(text, minutes)?);
            (two(h1, h2, 18) && two(m1, m2, 59) && !is_alnum(text.at(minutes + 2))).then_some(minutes + 2)
        }
        _ => None,
    }
}

/// Whether these are two digits of a number that is no more than so many.
#[inline(always)]
fn two(tens: u8, ones: u8, most: u8) -> bool {
    let (tens, ones) = (tens.wrapping_sub(b'0'), ones.wrapping_sub(b'0'));
    tens < 10 && ones < 10 && tens * 10 + ones <= most
}

/// Where a UUID in its canonical form ends (RFC 9562 section 4), `8-4-4-4-12` hexadecimal digits: it numbers a record of a
/// system, and what its groups look like they only look like.
pub(super) fn uuid(text: Text<'_>, at: usize, end: usize) -> Option<usize> {
    let apart = |sign: u8| !is_alnum(sign) && sign != b'-';
    let whole = end - at == 8 && text.at(end) == b'-' && is_uuid(text, at);
    (whole && apart(text.before(at)) && apart(text.at(at + 36))).then_some(at + 36)
}

fn is_uuid(text: Text<'_>, at: usize) -> bool {
    let all = text.slice(at, at + 36);
    all.len() == 36
        && all.iter().enumerate().all(|(i, b)| match i {
            8 | 13 | 18 | 23 => *b == b'-',
            _ => b.is_ascii_hexdigit(),
        })
}

/// The digits' sum by weights.
pub(super) fn weighted(digits: &[u8], weights: &[u32]) -> u32 {
    digits.iter().zip(weights).map(|(d, w)| u32::from(d.wrapping_sub(b'0')) * w).sum()
}

/// Luhn's check (ISO/IEC 7812-1 annex B): `490154203237518` passes.
pub(super) fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(i, d)| {
            let d = u32::from(d.wrapping_sub(b'0'));
            if i % 2 == 0 { d } else { d * 2 / 10 + d * 2 % 10 }
        })
        .sum();
    sum.is_multiple_of(10)
}

/// Whether all digits are one.
pub(super) fn all_same(digits: &[u8]) -> bool {
    digits.iter().zip(digits.iter().skip(1)).all(|(a, b)| a == b)
}

/// Whether there is such a day, and somebody alive can have been born on it. No clock is asked: a later year than this
/// is a year to come for as long as this is in use.
pub(super) fn is_day(year: u64, month: u64, day: u64) -> bool {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    is_year(year) && (1..=days).contains(&day)
}

/// A year of birth.
pub(super) fn is_year(year: u64) -> bool {
    (1900..=2039).contains(&year)
}

/// A decimal number: its value, its end, and how many digits follow the point.
#[derive(Clone, Copy)]
pub(super) struct Decimal {
    pub(super) value: f64,
    pub(super) end: usize,
    pub(super) places: usize,
}

/// The number at a digit, without its sign: at most seven digits before the point.
pub(super) fn decimal(text: Text<'_>, start: usize) -> Option<Decimal> {
    let (whole, point) = text.integer(start)?;
    if point - start > 10 {
        return None;
    }
    let mut value = whole as f64;
    if text.at(point) != b'.' || !text.at(point + 1).is_ascii_digit() {
        return Some(Decimal { value, end: point, places: 0 });
    }
    let end = text.while_at(point + 1, |b| b.is_ascii_digit());
    let mut scale = 0.1;
    for digit in text.slice(point + 1, end.min(point + 18)) {
        value += f64::from(digit - b'0') * scale;
        scale /= 10.0;
    }
    Some(Decimal { value, end, places: end - point - 1 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// What is passed unread as a time holds nothing that reading it would find.
        #[test]
        fn nothing_is_found_in_times(
            text in "(19|20)[0-9]{2}-[01][0-9]-[0-3][0-9](T[0-2][0-9]:[0-5][0-9](:[0-5][0-9](\\.[0-9]{1,12})?)?)?\
                (Z|[+-][01][0-9]:?[0-5][0-9])?([T:+.Z-][0-9T:+.Z-]{0,20})?|[0-9T:.Z-]{10,24}",
        ) {
            if is_time(text.as_bytes()) {
                let mut found = Vec::new();
                super::super::scan(&text, Cue::NONE, None, &mut found);
                prop_assert!(found.is_empty(), "{} {:?}", text, found);
            }
        }
    }

    #[test]
    fn a_date_is_passed_and_no_more() {
        for text in [
            "2026-11-22",
            "2026-11-22Z",
            "2026-11-22+01:00",
            "2026-11-22T10:00",
            "2026-11-22T10:00:00Z",
            "2026-11-22T10:00:00.000000001-05:00",
            "1900-01-01T24:00:00+0100",
        ] {
            assert!(is_time(text.as_bytes()), "{text}");
        }
        for text in [
            "2026-11-22-07700900123",
            "2026-11-22T10:00:00+07700900123",
            "2026-11-22T10:00:00.9434765919",
            "2026-13-22",
            "2026-11-32",
            "2026-00-22",
            "2026-11-00",
            "0770-09-01",
            "2026-11-220",
        ] {
            assert!(!is_time(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn checks() {
        assert!(luhn(b"490154203237518") && !luhn(b"490154203237519"));
        assert!(is_day(1980, 2, 29) && !is_day(1981, 2, 29) && !is_day(1980, 13, 1) && !is_day(2080, 2, 29));
        assert!(all_same(b"000") && !all_same(b"001"));
        let d = decimal(Text(b"51.50799,"), 0).unwrap();
        assert!((d.value - 51.50799).abs() < 1e-9 && d.end == 8 && d.places == 5);
    }
}

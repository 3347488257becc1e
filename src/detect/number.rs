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
    if text.at(end) != b'-' {
        return None;
    }
    if end - start == 4 && cue & Cue::BIRTH == 0 && iso_date(text, start) {
        let rest = text.while_at(end, |b| b.is_ascii_digit() || matches!(b, b':' | b'-' | b'+' | b'.' | b'T' | b'Z'));
        // 1948-07-28 (DOB)
        let born = text.at(rest) == b' ' && run::cue_after(text, rest) & Cue::BIRTH != 0;
        return (!born).then_some(rest);
    }
    None
}

/// Whether a text is a date, or a date and time, and nothing more: [`technical`] passes the whole of it, where nothing
/// says that somebody was born then.
#[inline]
pub(super) fn is_time(text: &[u8]) -> bool {
    let Some((date, time)) = text.split_at_checked(10) else { return false };
    let of_date = |(i, b): (usize, &u8)| if matches!(i, 4 | 7) { *b == b'-' } else { b.is_ascii_digit() };
    let of_time = |b: &u8| b.is_ascii_digit() || matches!(b, b':' | b'-' | b'+' | b'.' | b'T' | b'Z');
    date.first().is_some_and(u8::is_ascii_digit)
        && date.iter().enumerate().all(of_date)
        && !time.first().is_some_and(u8::is_ascii_digit)
        && time.iter().all(of_time)
}

/// Whether `YYYY-MM-DD` stands here, as far as its signs go.
fn iso_date(text: Text<'_>, at: usize) -> bool {
    let two = |i: usize| text.at(i).is_ascii_digit() && text.at(i + 1).is_ascii_digit();
    text.at(at + 4) == b'-'
        && two(at + 5)
        && text.at(at + 7) == b'-'
        && two(at + 8)
        && !text.at(at + 10).is_ascii_digit()
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
        fn nothing_is_found_in_times(text in "(19|20)[0-9]{2}-[0-9]{2}-[0-9]{2}([T:+.Z-][0-9T:+.Z-]{0,20})?|[0-9T:.Z-]{10,24}") {
            if is_time(text.as_bytes()) {
                let mut found = Vec::new();
                super::super::scan(&text, Cue::NONE, None, &mut found);
                prop_assert!(found.is_empty(), "{} {:?}", text, found);
            }
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

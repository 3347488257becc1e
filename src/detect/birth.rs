//! Dates of birth, by a cue: no date says by itself whose it is.

use super::{
    Hit, Kind, hit,
    number::{is_day, is_year},
    official::compact_day,
    run::{Text, is_alnum},
    words::{self, role},
};

/// A date at a digit: `1980-02-29`, `29/02/1980`, `29.2.80`, `29 Feb 1980`, `29th February, 1980`, `19800229`, `29021980`, `800229`, `290280`.
/// Day before month, as in this country, or the other way round where only that is a day. `key`: the value's key says
/// that it is one.
pub(super) fn at(text: Text<'_>, start: usize, key: bool) -> Hit {
    if matches!(text.before(start), b'.' | b'/' | b'-') || is_alnum(text.before(start)) {
        return None;
    }
    let (first, end) = text.integer(start)?;
    let end = match end - start {
        8 if compact_day(first) || is_day(first % 10_000, first / 10_000 % 100, first / 1_000_000) => end,
        6 if (short_day(first) || short_day(first % 100 * 10_000 + first / 100 % 100 * 100 + first / 10_000))
            && (key || !is_alnum(text.at(end))) =>
        {
            end
        }
        4 => iso(text, first, end)?,
        1 | 2 => day_first(text, first, end)?,
        _ => return None,
    };
    if text.at(end) == b'T' && text.at(end + 1).is_ascii_digit() {
        return hit(
            start,
            text.while_at(end, |b| is_alnum(b) || matches!(b, b':' | b'.' | b'+' | b'-')),
            Kind::BirthDate,
        );
    }
    if is_alnum(text.at(end)) || text.at(end) == b'/' { None } else { hit(start, end, Kind::BirthDate) }
}

/// `YYMMDD`, as in machine-readable zones.
pub(super) fn short_day(value: u64) -> bool {
    is_day(1900 + value / 10_000, value / 100 % 100, value % 100)
        || is_day(2000 + value / 10_000 % 40, value / 100 % 100, value % 100)
}

fn separator(text: Text<'_>, at: usize) -> Option<u8> {
    let b = text.at(at);
    matches!(b, b'-' | b'/' | b'.' | b' ' | b'|').then_some(b)
}

fn iso(text: Text<'_>, year: u64, end: usize) -> Option<usize> {
    let sep = separator(text, end)?;
    let (month, to) = text.integer(end + 1)?;
    if separator(text, to)? != sep {
        return None;
    }
    let (day, last) = text.integer(to + 1)?;
    (is_day(year, month, day) && last - to <= 3 && to - end <= 3).then_some(last)
}

/// A year in four digits or two.
fn year(text: Text<'_>, at: usize) -> Option<(u64, usize)> {
    let (year, end) = text.integer(at)?;
    match end - at {
        4 => Some((year, end)),
        2 => Some((if year < 40 { 2000 + year } else { 1900 + year }, end)),
        _ => None,
    }
}

fn day_first(text: Text<'_>, first: u64, end: usize) -> Option<usize> {
    // 29/02/1980, 02/29/1980, 29 / 2 / 80.
    let spaced = text.spaces(end);
    if let Some(sep) = separator(text, spaced).or_else(|| separator(text, end))
        && let at = text.spaces(if text.at(spaced) == sep { spaced + 1 } else { end + 1 })
        && let Some((second, to)) = text.integer(at).filter(|(_, to)| to - at <= 2)
    {
        let next = text.spaces(to);
        let next = if text.at(next) == sep { next + 1 } else { to + 1 };
        let (year, last) = year(text, text.spaces(next)).filter(|_| separator(text, to).is_some())?;
        return (is_day(year, second, first) || is_day(year, first, second)).then_some(last);
    }
    // 29 Feb 1980, 29th of February, 1980, 29-Feb-80.
    let mut at = end;
    let (suffix, _) = text.token(at);
    let name = text.slice(at, suffix);
    if [b"st", b"nd", b"rd", b"th"].iter().any(|s| name.eq_ignore_ascii_case(*s)) {
        at = suffix;
    }
    at = text.while_at(at, |b| matches!(b, b' ' | b'-' | b',' | b'.' | b'/')).min(at + 3);
    let (of, _) = text.token(at);
    if text.slice(at, of).eq_ignore_ascii_case(b"of") {
        at = text.spaces(of);
    }
    let (word, _) = text.token(at);
    let month = month(text.slice(at, word))?;
    let next = text.while_at(word, |b| matches!(b, b' ' | b'-' | b',' | b'.' | b'/' | b'\'')).min(word + 3);
    let (year, last) = year(text, next)?;
    is_day(year, month, first).then_some(last)
}

/// A date at the name of a month: `Feb 29, 1980`.
pub(super) fn month_first(text: Text<'_>, start: usize, end: usize) -> Hit {
    let month = month(text.slice(start, end))?;
    let at = text.while_at(end, |b| matches!(b, b' ' | b'.' | b'-')).min(end + 2);
    let (day, mut to) = text.integer(at)?;
    let (suffix, _) = text.token(to);
    if [b"st", b"nd", b"rd", b"th"].iter().any(|s| text.slice(to, suffix).eq_ignore_ascii_case(*s)) {
        to = suffix;
    }
    let next = text.while_at(to, |b| matches!(b, b' ' | b',' | b'-')).min(to + 3);
    let (year, last) = year(text, next)?;
    if is_day(year, month, day) { hit(start, last, Kind::BirthDate) } else { None }
}

/// A month by its name.
fn month(word: &[u8]) -> Option<u64> {
    const NAMES: [&[u8]; 12] =
        [b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec"];
    if words::look(word).role & role::MONTH == 0 {
        return None;
    }
    let short = word.get(..3)?;
    (1..).zip(NAMES).find(|(_, name)| short.eq_ignore_ascii_case(name)).map(|(n, _)| n)
}

/// A number that stands for a date of birth by its key: seconds or milliseconds since 1970, or days since 1900 as
/// spreadsheets count them, `29280` for 29 February 1980.
pub(super) fn is_serial(negative: bool, value: u64, digits: usize) -> bool {
    match digits {
        1..=4 if negative => false,
        5 if !negative => (3_000..=51_000).contains(&value),
        7..=10 => value <= 2_210_000_000,
        11..=13 => value <= 2_210_000_000_000,
        _ => false,
    }
}

/// A day as spreadsheets count them, just after what says that it is one of birth: "dob=29280", "DOB (Excel serial) 29280".
pub(super) fn serial(text: Text<'_>, start: usize, end: usize) -> Hit {
    let (value, to) = text.integer(start)?;
    let sign = text.while_before(start, 4, |b| matches!(b, b' ' | b'=' | b':' | b'-' | b'#' | b'(' | b')' | b'"'));
    let word = text.slice(text.while_before(sign, 12, is_alnum), sign);
    let says = |word: &[u8]| [&b"dob"[..], b"birthdate", b"dateofbirth"].iter().any(|w| word.eq_ignore_ascii_case(w));
    let before = text.slice(sign.saturating_sub(24), sign);
    let serial = word.eq_ignore_ascii_case(b"serial") && before.split(|b| !b.is_ascii_alphabetic()).any(says);
    let says = says(word) || serial;
    if says && to == end && end - start == 5 && is_serial(false, value, 5) {
        hit(start, end, Kind::BirthDate)
    } else {
        None
    }
}

/// A date in three members: `"day":29,"month":2,"year":1980`, at the first of their numbers.
pub(super) fn named_parts(text: Text<'_>, start: usize) -> Hit {
    let sign = |b: u8| matches!(b, b' ' | b'=' | b':' | b'"' | b'\'' | b',' | b'\\');
    let name = text.while_before(start, 6, sign);
    let first = text.while_before(name, 6, is_alnum);
    let (mut at, mut end, mut parts) = (first, start, [0; 3]);
    for _ in 0..3 {
        let (to, _) = text.token(at);
        let part = match text.slice(at, to).to_ascii_lowercase().as_slice() {
            b"year" => parts.get_mut(0),
            b"month" => parts.get_mut(1),
            b"day" => parts.get_mut(2),
            _ => None,
        }?;
        (*part, end) = text.integer(text.while_at(to, sign).min(to + 6))?;
        at = text.while_at(end, sign).min(end + 6);
    }
    let [year, month, day] = parts;
    if is_day(year, month, day) { hit(first, end, Kind::BirthDate) } else { None }
}

/// A part of a date of birth by its key.
pub(super) fn is_part(value: u64, day: bool, month: bool, year: bool) -> bool {
    day && (1..=31).contains(&value) || month && (1..=12).contains(&value) || year && is_year(value)
}

/// Whether a word is a month's name.
pub(super) fn is_month(word: &[u8]) -> bool {
    month(word).is_some()
}

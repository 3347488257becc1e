//! What a key alone makes of a whole value.

use super::{
    Detected, Hit, Kind, birth, codes, coordinates,
    cue::Cue,
    hit, postcode, prose,
    run::{Text, is_of_a_word},
};

/// A split date of birth, an age of a telephone in seconds, half of a pair of coordinates, a place in words: values that
/// say nothing without their key.
pub(super) fn find(text: Text<'_>, cue: u64) -> Hit {
    let blank = |b: u8| matches!(b, b' ' | b'\t' | b'\n' | b'\r');
    let start = text.while_at(0, blank);
    let mut end = text.len();
    while end > start && blank(text.before(end)) {
        end -= 1;
    }
    if start == end {
        return None;
    }
    born(text, start, end, cue).or_else(|| placed(text, start, end, cue)).or_else(|| written(text, start, end, cue))
}

fn born(text: Text<'_>, start: usize, end: usize, cue: u64) -> Hit {
    if cue & (Cue::BIRTH | Cue::DAY | Cue::MONTH | Cue::YEAR) == 0 {
        return None;
    }
    let negative = text.at(start) == b'-';
    let from = start + usize::from(negative);
    let word = text.slice(start, end);
    if cue & Cue::MONTH != 0 && birth::is_month(word) {
        return hit(start, end, Kind::BirthDate);
    }
    // 636940800.0, as some systems write whole numbers.
    let (value, to) = text.integer(from)?;
    let rest = text.slice(to, end);
    if !(rest.is_empty() || rest == b".0") {
        return None;
    }
    let part = birth::is_part(value, cue & Cue::DAY != 0, cue & Cue::MONTH != 0, cue & Cue::YEAR != 0);
    let serial = cue & Cue::BIRTH != 0 && birth::is_serial(negative, value, to - from);
    if part && !negative || serial { hit(start, end, Kind::BirthDate) } else { None }
}

fn placed(text: Text<'_>, start: usize, end: usize, cue: u64) -> Hit {
    let kind = if cue & (Cue::LAT | Cue::LON | Cue::PLACE) != 0 { Kind::Coordinates } else { Kind::Grid };
    if cue & (Cue::LAT | Cue::LON | Cue::PLACE | Cue::EASTING | Cue::NORTHING) != 0
        && coordinates::half(text, start, cue) == Some(end)
    {
        return hit(start, end, kind);
    }
    if cue & Cue::W3W != 0 && codes::triple(text, start) == Some(end) {
        return hit(start, end, Kind::Grid);
    }
    None
}

fn written(text: Text<'_>, start: usize, end: usize, cue: u64) -> Hit {
    let value = text.slice(start, end);
    let letters = value.iter().filter(|b| is_of_a_word(**b) && !b.is_ascii_digit()).count();
    if cue & Cue::SLEEP != 0 && letters >= 4 && !SAYS_NOTHING.iter().any(|w| value.eq_ignore_ascii_case(w.as_bytes())) {
        return Some(Detected { start, end, category: Kind::SleepSite });
    }
    // "back of Asda", where it is asked where somebody is.
    if cue & Cue::WHERE != 0 && value.len() <= 120 && prose::is_place(Text(value)) {
        return hit(start, end, Kind::SleepSite);
    }
    if cue & Cue::ADDRESS != 0 && postcode::is_street(Text(value)) {
        return hit(start, end, Kind::Address);
    }
    None
}

/// Answers to "where do you sleep" that are no place.
const SAYS_NOTHING: [&str; 14] = [
    "unknown",
    "none",
    "null",
    "not known",
    "not recorded",
    "not applicable",
    "declined",
    "true",
    "false",
    "other",
    "withheld",
    "various",
    "not given",
    "prefer not to say",
];

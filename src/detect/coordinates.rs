//! Degrees: decimal pairs, degrees with minutes and seconds, pairs with their names, whole ten-millionths.

use super::{
    Hit, Kind,
    cue::Cue,
    fold::{DEGREE, LETTER},
    hit,
    number::{Decimal, decimal},
    run::{Text, is_alnum},
    words::{self, role},
};

/// What begins at a short number: one of degrees with minutes, or a decimal pair.
pub(super) fn at(text: Text<'_>, start: usize, cue: u64) -> Hit {
    if is_alnum(text.before(start)) {
        return None;
    }
    sexagesimal(text, start)
        .or_else(|| nautical(text, start))
        .or_else(|| standard(text, start))
        .or_else(|| decimal_pair(text, start, cue))
        .or_else(|| comma_pair(text, start))
        .or_else(|| named_half(text, start, cue))
}

/// Half of a pair, by the word before it: `lat 51.50799`.
fn named_half(text: Text<'_>, digit: usize, cue: u64) -> Hit {
    if cue & (Cue::LAT | Cue::LON) == 0 {
        return None;
    }
    let start = if matches!(text.before(digit), b'-' | b'+') { digit - 1 } else { digit };
    let end = half(text, start, cue & (Cue::LAT | Cue::LON | Cue::AXIS))?;
    hit(start, end, Kind::Coordinates)
}

/// A number with its sign.
#[derive(Clone, Copy)]
struct Signed {
    number: Decimal,
    start: usize,
    value: f64,
    signed: bool,
}

fn signed(text: Text<'_>, digit: usize) -> Option<Signed> {
    let number = decimal(text, digit)?;
    let sign = text.before(digit);
    // 5-3.2 is no negative number, unless a sign is how ISO 6709 parts two.
    let signed = matches!(sign, b'-' | b'+');
    let value = if sign == b'-' { -number.value } else { number.value };
    Some(Signed { number, start: if signed { digit - 1 } else { digit }, value, signed })
}

/// What stands between two numbers.
pub(super) struct Between {
    /// Where the second begins, past its sign.
    pub(super) next: usize,
    /// An axis is named.
    pub(super) named: bool,
    /// Nothing but space.
    blank: bool,
}

/// Up to 28 bytes of signs and names of axes: `, `, `&lon=`, `","lng":`, `!4d`, `~`, `%2C`.
pub(super) fn between(text: Text<'_>, from: usize) -> Option<Between> {
    let (mut at, mut named, mut blank) = (from, false, true);
    while at < from + 28 {
        let b = text.at(at);
        if b.is_ascii_digit() {
            return Some(Between { next: at, named, blank });
        }
        let (end, _) = text.token(at);
        if end > at {
            let word = text.slice(at, end);
            // %2C, %20; 4d of a map's link; names with digits, lon_e7.
            if words::look(word).role & role::AXIS != 0 || word.eq_ignore_ascii_case(b"e7") {
                named = true;
                at = end;
                continue;
            }
            // Polish for longitude, and for a tenth of a litre: it says nothing by itself.
            if word.eq_ignore_ascii_case(b"dl") {
                at = end;
                continue;
            }
            return None;
        }
        // Words of another script, which say that there is a second one; and "Long."
        if b == LETTER || b == b'.' && is_alnum(text.before(at)) && !text.before(at).is_ascii_digit() {
            at += 1;
            continue;
        }
        if b == b'%' && matches!(text.slice(at + 1, at + 3), b"2C" | b"2c" | b"20") {
            at += 3;
            blank = false;
            continue;
        }
        if b == b'!' && text.slice(at, at + 3) == b"!4d" {
            (at, named, blank) = (at + 3, true, false);
            continue;
        }
        let separator = matches!(
            b,
            b' ' | b','
                | b';'
                | b':'
                | b'/'
                | b'='
                | b'&'
                | b'"'
                | b'\''
                | b'~'
                | b'_'
                | b'|'
                | b'-'
                | b'+'
                | b'\t'
                | b'<'
                | b'>'
                | b'('
                | b')'
                | b'\n'
                | b'\r'
                | DEGREE
        );
        if !separator {
            return None;
        }
        blank &= matches!(b, b' ' | b'-' | b'+' | b'\t');
        at += 1;
    }
    None
}

fn is_latitude(v: f64) -> bool {
    (-90.0..=90.0).contains(&v)
}

fn is_longitude(v: f64) -> bool {
    (-180.0..=180.0).contains(&v)
}

/// Europe, where those are whom the charter is about.
fn european(lat: f64, lon: f64) -> bool {
    (34.0..=72.0).contains(&lat) && (-25.0..=45.0).contains(&lon)
}

/// Two decimal numbers that are a latitude and a longitude, in either order: `51.50799, -0.12797`. In Europe three
/// places each are enough, elsewhere five; with names or a cue two. ISO 6709: `+51.50799-000.12797/`.
fn decimal_pair(text: Text<'_>, digit: usize, cue: u64) -> Hit {
    let first = signed(text, digit)?;
    if first.number.places == 0
        || matches!(text.at(first.number.end), b'.' | b'%') && text.at(first.number.end + 1) != b'2'
    {
        return None;
    }
    let before = text.before(first.start);
    // 1.53.8 is a version; "point.53.8" a name and a number.
    if before == b'.' && text.before(first.start - 1).is_ascii_digit() || is_alnum(before) {
        return None;
    }
    let gap = between(text, first.number.end)?;
    let second = signed(text, gap.next)?;
    let end = second.number.end;
    // 51.508-51.612 is a range.
    let bare = matches!(text.at(first.number.end), b'-' | b'+') && gap.next == first.number.end + 1;
    let unsigned = bare && !(first.signed && second.signed);
    if second.number.places == 0
        || unsigned
        || text.at(end) == b'.' && text.at(end + 1).is_ascii_digit()
        || text.at(end) == b'%'
    {
        return None;
    }
    let cued = gap.named || cue & (Cue::PLACE | Cue::LAT | Cue::LON | Cue::CELL) != 0;
    let places = first.number.places.min(second.number.places);
    let either = european(first.value, second.value) || european(second.value, first.value);
    let possible = is_latitude(first.value) && is_longitude(second.value)
        || is_longitude(first.value) && is_latitude(second.value);
    let enough = match (cued, either) {
        (true, _) => places >= 2,
        (false, true) => places >= if gap.blank && !second.signed { 4 } else { 3 },
        (false, false) => places >= 5,
    };
    let letter = is_alnum(text.at(end)) && !matches!(text.at(end), b'z' | b'N' | b'S' | b'E' | b'W');
    if !possible || !enough || letter {
        return None;
    }
    let joined = first.signed && second.start == first.number.end;
    hit(first.start, if joined { standard_tail(text, end) } else { end }, Kind::Coordinates)
}

/// What may follow two halves in ISO 6709: a height, the name of the system, the stroke that ends it:
/// `+35.0CRSWGS_84/`.
fn standard_tail(text: Text<'_>, end: usize) -> usize {
    let height = match text.at(end) {
        b'+' | b'-' => text.while_at(end + 1, |b| b.is_ascii_digit() || b == b'.'),
        _ => end,
    };
    let named = text.slice(height, height + 3) == b"CRS";
    let system = if named { text.while_at(height, |b| is_alnum(b) || matches!(b, b'_' | b':')) } else { height };
    match text.at(system) {
        b'/' => system + 1,
        _ if named => system,
        _ => end,
    }
}

/// ISO 6709 in degrees, minutes and seconds without signs between them: `+513028.8-0000740.7/`, `+5130.48-00007.68/`.
fn standard(text: Text<'_>, start: usize) -> Hit {
    if !matches!(text.before(start), b'+' | b'-') {
        return None;
    }
    let half = |sign: usize, degrees: usize| {
        let digit = sign + 1;
        let point = text.while_at(digit, |b| b.is_ascii_digit());
        let sixties = text.slice(digit + degrees, point);
        let real = matches!(sixties.len(), 2 | 4) && sixties.chunks(2).all(|part| part.first() < Some(&b'6'));
        let fraction = text.while_at(point + 1, |b| b.is_ascii_digit());
        let end = if text.at(point) == b'.' && fraction > point + 1 { fraction } else { point };
        (matches!(text.at(sign), b'+' | b'-') && real).then_some((sixties.len(), end))
    };
    let sign = start.checked_sub(1)?;
    let (fine, middle) = half(sign, 2)?;
    let (same, end) = half(middle, 3)?;
    let last = standard_tail(text, end);
    if fine == same && last > end { hit(sign, last, Kind::Coordinates) } else { None }
}

/// A number with a comma before its fraction, as most of Europe writes it. Of four places or more: with three it may as
/// well be thousands.
fn comma_decimal(text: Text<'_>, digit: usize) -> Option<Decimal> {
    let comma = (1..=3).map(|n| digit + n).find(|at| !text.at(*at).is_ascii_digit())?;
    if text.at(comma) != b',' || !text.at(comma + 1).is_ascii_digit() {
        return None;
    }
    let (whole, _) = text.integer(digit)?;
    let end = text.while_at(comma + 1, |b| b.is_ascii_digit());
    let places = end.saturating_sub(comma + 1);
    if !(4..=12).contains(&places) || matches!(text.at(end), b'.' | b',') && is_alnum(text.at(end + 1)) {
        return None;
    }
    let fraction = text.slice(comma + 1, end).iter().rev().fold(0.0, |sum, b| (sum + f64::from(b - b'0')) / 10.0);
    Some(Decimal { value: whole as f64 + fraction, end, places })
}

/// `51,50799; -0,12797`, in Europe. Nothing but a comma between the two would make it four whole numbers.
fn comma_pair(text: Text<'_>, digit: usize) -> Hit {
    let sign = |digit: usize| if matches!(text.before(digit), b'-' | b'+') { digit - 1 } else { digit };
    let value = |of: &Decimal, digit: usize| if text.before(digit) == b'-' { -of.value } else { of.value };
    let first = comma_decimal(text, digit)?;
    let gap = between(text, first.end)?;
    let second = comma_decimal(text, gap.next)?;
    let apart = text.slice(first.end, sign(gap.next)).iter().any(|b| !matches!(b, b',' | b'-' | b'+'));
    let (a, b) = (value(&first, digit), value(&second, gap.next));
    let placed = european(a, b) || european(b, a);
    if apart && placed && !is_alnum(text.at(second.end)) && !matches!(text.before(sign(digit)), b',' | b'.') {
        return hit(sign(digit), second.end, Kind::Coordinates);
    }
    None
}

/// Whether a value alone is half of a pair: what the key says, in range, with the places that make it a place. A key
/// that says "place" and not which half is believed of what could be one in and around this country.
pub(super) fn half(text: Text<'_>, start: usize, cue: u64) -> Option<usize> {
    let digit = if matches!(text.at(start), b'-' | b'+') { start + 1 } else { start };
    let mut one = signed(text, digit)?;
    if let Some(number) = comma_decimal(text, digit) {
        one = Signed { number, value: number.value.copysign(if text.at(start) == b'-' { -1.0 } else { 1.0 }), ..one };
    }
    let (v, places) = (one.value, one.number.places);
    let strict = cue & Cue::AXIS != 0;
    let degrees = cue & Cue::LAT != 0 && is_latitude(v) || cue & Cue::LON != 0 && is_longitude(v);
    let near = (34.0..=72.0).contains(&v) || (-25.0..=45.0).contains(&v);
    if degrees && places >= 3 && (!strict || near && places >= 4) {
        return Some(one.number.end);
    }
    let british = (49.0..=61.5).contains(&v) || (-9.0..=2.5).contains(&v);
    if cue & Cue::PLACE != 0 && british && places >= 4 {
        return Some(one.number.end);
    }
    let e7 = cue & Cue::E7 != 0 && v.abs() >= 100_000.0 && v.abs() <= 1_800_000_000.0;
    let easting = cue & Cue::EASTING != 0 && (50_000.0..=700_000.0).contains(&v);
    let northing = cue & Cue::NORTHING != 0 && (5_000.0..=1_300_000.0).contains(&v);
    // x: 530013 alone may be a screen's; there it takes both.
    if e7 && places == 0 || (easting || northing) && !strict {
        return Some(one.number.end);
    }
    None
}

/// Google's whole ten-millionths: `"lat_e7":515079900,"lon_e7":-1279700`; and halves by a cue in the text.
pub(super) fn whole_degrees(text: Text<'_>, start: usize, end: usize, cue: u64) -> Hit {
    if cue & (Cue::LAT | Cue::LON) == 0 {
        return None;
    }
    let named = text.slice(start.saturating_sub(6), start);
    let e7 = cue & Cue::E7 != 0 || named.windows(2).any(|w| w.eq_ignore_ascii_case(b"e7"));
    if !e7 || !(6..=10).contains(&(end - start)) {
        return None;
    }
    let from = if text.before(start) == b'-' { start - 1 } else { start };
    if let Some(gap) = between(text, end).filter(|gap| gap.named)
        && let Some(second) = signed(text, gap.next)
    {
        return hit(from, second.number.end, Kind::Coordinates);
    }
    hit(from, end, Kind::Coordinates)
}

/// An angle: degrees, perhaps minutes and seconds, with the letter of its half of the earth.
struct Angle {
    start: usize,
    end: usize,
    /// N or S.
    latitude: bool,
    /// Minutes, or places enough.
    fine: bool,
}

/// What begins with the letter of a half of the earth: `N51°30.479 W000°07.678`.
pub(super) fn hemisphere(text: Text<'_>, start: usize) -> Hit {
    if !matches!(text.at(start).to_ascii_uppercase(), b'N' | b'S' | b'E' | b'W') {
        return None;
    }
    let digit = text.spaces(start + 1);
    if !text.at(digit).is_ascii_digit() {
        return None;
    }
    sexagesimal(text, start)
}

/// Two angles: `51°30'28.8"N 0°07'40.7"W`, `51 30 28.8 N, 000 07 40.7 W`, `51d30m29s N 0d7m41s W`, `51.508N 0.128W`,
/// `51-30-29N 000-07-41W`, "51 degrees 30 minutes 29 seconds North", perhaps one on each of two lines.
fn sexagesimal(text: Text<'_>, start: usize) -> Hit {
    let first = angle(text, start)?;
    let next = text.while_at(first.end, |b| matches!(b, b' ' | b',' | b';' | b'/' | b'\t' | b'\r' | b'\n'));
    let second = angle(text, next).filter(|_| next <= first.end + 4)?;
    let fits = first.latitude != second.latitude && first.fine && second.fine;
    if fits { hit(first.start, second.end, Kind::Coordinates) } else { None }
}

fn angle(text: Text<'_>, start: usize) -> Option<Angle> {
    let leading = half_of_the_earth(text, start).filter(|(_, end)| *end == start + 1).map(|(latitude, _)| latitude);
    let digit = if leading.is_some() { text.spaces(start + 1) } else { start };
    let degrees = decimal(text, digit)?;
    if degrees.value > 180.0 || degrees.end - digit > 12 {
        return None;
    }
    let (mut end, mut fine) = (degrees.end, degrees.places >= 2);
    let (mut parts, mut hyphens) = (0, 0);
    if degrees.places == 0 {
        let units: [(&[u8], &[&[u8]]); 2] =
            [(&[DEGREE, b'd', b'D', b' ', b':', b'*', b'-'], DEGREES), (b"'mM :-", MINUTES)];
        for (signs, names) in units {
            let Some(at) = unit_end(text, end, signs, names) else { break };
            let Some(part) = decimal(text, at).filter(|part| text.at(at).is_ascii_digit() && part.end > at) else {
                break;
            };
            if part.value >= 60.0 || part.end - at > 12 {
                return None;
            }
            hyphens += u32::from(text.slice(end, at) == b"-");
            (end, parts) = (part.end, parts + 1);
            if part.places > 0 {
                break;
            }
        }
        fine = parts > 0;
    }
    // 10-12 N is a range.
    if hyphens > 0 && (hyphens, parts) != (2, 2) {
        return None;
    }
    // The mark of the last part, and the letter.
    let marked = text.while_at(end, |b| matches!(b, b'\'' | b'"' | DEGREE)).min(end + 2);
    let units = || [DEGREES, MINUTES, SECONDS].iter().find_map(|names| unit_end(text, marked, b"", names));
    let named = if leading.is_none() && parts > 0 { units() } else { None };
    let letter = |at: usize| half_of_the_earth(text, at);
    let marked = if matches!(text.at(marked), b's' | b'm' | b'd')
        && (leading.is_some() || letter(text.spaces(marked + 1)).is_some())
        && !is_alnum(text.at(marked + 1))
    {
        marked + 1
    } else {
        named.unwrap_or(marked)
    };
    let (latitude, end) = match leading {
        Some(latitude) => (latitude, marked),
        None => {
            let at = text.spaces(marked);
            letter(at).filter(|_| at <= marked + 1)?
        }
    };
    Some(Angle { start, end, latitude, fine })
}

const DEGREES: &[&[u8]] = &[b"deg", b"degs", b"degree", b"degrees"];
const MINUTES: &[&[u8]] = &[b"min", b"mins", b"minute", b"minutes"];
const SECONDS: &[&[u8]] = &[b"sec", b"secs", b"second", b"seconds"];

/// Where a number goes on after the sign or the name of its unit.
fn unit_end(text: Text<'_>, end: usize, signs: &[u8], names: &[&[u8]]) -> Option<usize> {
    let word = text.spaces(end);
    let first = text.at(word) | 32;
    // Most numbers have no unit.
    let to = if names.iter().any(|name| name.first() == Some(&first)) { text.token(word).0 } else { word };
    if to > word && names.iter().any(|name| text.slice(word, to).eq_ignore_ascii_case(name)) {
        return Some(text.spaces(to));
    }
    signs.contains(&text.at(end)).then(|| text.spaces(end + 1))
}

/// The letter or the name of a half of the earth: whether it is of latitudes, and where it ends. At a leading letter the
/// number may be written on to it.
fn half_of_the_earth(text: Text<'_>, at: usize) -> Option<(bool, usize)> {
    let latitude = match text.at(at).to_ascii_lowercase() {
        b'n' | b's' => true,
        b'e' | b'w' => false,
        _ => return None,
    };
    let (end, _) = text.token(at);
    let word = text.slice(at, end);
    let named = [b"north".as_slice(), b"south", b"east", b"west"].iter().any(|name| word.eq_ignore_ascii_case(name));
    let lettered = end == at + 1 || text.at(at + 1).is_ascii_digit();
    (named || lettered).then_some((latitude, if named { end } else { at + 1 }))
}

/// NMEA 0183: `5130.479,N,00007.678,W`.
fn nautical(text: Text<'_>, start: usize) -> Hit {
    let half = |at: usize, digits: usize, letters: &[u8]| {
        let point = text.while_at(at, |b| b.is_ascii_digit());
        let end = text.while_at(point + 1, |b| b.is_ascii_digit());
        let shape = point == at + digits && text.at(point) == b'.' && end > point + 1 && text.at(end) == b',';
        (shape && letters.contains(&text.at(end + 1).to_ascii_uppercase()) && !is_alnum(text.at(end + 2)))
            .then_some(end + 2)
    };
    let first = half(start, 4, b"NS")?;
    let second = half(first + 1, 5, b"EW").filter(|_| text.at(first) == b',')?;
    // The sentence's name, its time.
    let sentence = text.while_before(start, 24, |b| is_alnum(b) || matches!(b, b',' | b'.' | b'$'));
    hit(if text.at(sentence) == b'$' { sentence } else { start }, second, Kind::Coordinates)
}

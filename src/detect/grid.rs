//! Places on a grid of metres: National Grid, easting and northing, MGRS, UTM.

use super::{
    Hit, Kind, coordinates,
    cue::Cue,
    hit,
    official::all,
    pairs::Pairs,
    run::{Run, Text, is_alnum},
    words::{self, role},
};

/// The squares of a hundred kilometres that have land in Great Britain (Ordnance Survey).
const SQUARES: &[u8] =
    b" HP HT HU HW HX HY HZ NA NB NC ND NF NG NH NJ NK NL NM NN NO NR NS NT NU NW NX NY NZ OV SC SD SE \
    SH SJ SK SM SN SO SP SR SS ST SU SV SW SX SY SZ TA TF TG TL TM TQ TR TV ";

/// Grid reference at a letter: a square and an even number of digits, in one word or in halves: `TQ 30013 80445`,
/// `TQ300804`, `TQ 30 80`. The four of a kilometre only in halves, and not after words like NO and SO unless a cue says
/// so. Or easting and northing with their letters: `E530013 N180445`.
pub(super) fn code(text: Text<'_>, run: &Run, start: usize, cue: u64) -> Hit {
    let cued = cue & (Cue::GRID | Cue::PLACE) != 0;
    if let Some(one) = lettered(text, run, start).or_else(|| parted(text, run, start, cued)) {
        return Some(one);
    }
    if run.begins(b"LD") {
        return irish(text, run, cued);
    }
    let square = run.slice(0, 2);
    if !run.begins(b"LLDD") || !is_square(run.at(0), run.at(1)) {
        return None;
    }
    let digits = run.slice(2, run.len).iter().take_while(|b| b.is_ascii_digit()).count();
    // Without a cue in capitals, but for the finest.
    let capitals = text.slice(start, start + 2).iter().all(u8::is_ascii_uppercase);
    for half in [5, 4, 3, 2] {
        let n = 2 + 2 * half;
        // Only the finest over the end of a line: others are numbers in rows.
        let gaps: &[u8] = if half == 5 { b" \n" } else { b" " };
        if digits < 2 * half || !run.ends(n) || !run.gaps_only(n, &[2, 2 + half], gaps) {
            continue;
        }
        let halved = run.gap(2 + half) != 0;
        let spaced = run.gap(2) != 0;
        // Halves are the same length: not TQ 123 45.
        if halved && !run.slice(2, n).iter().all(u8::is_ascii_digit)
            || digits > 2 * half && run.gap(n) == b' ' && !halved
        {
            continue;
        }
        let word = is_word(square);
        let clear = match half {
            2 => capitals && halved && spaced && !word,
            3 => capitals && (!word || halved || !spaced),
            // Nothing else has two fives after two letters; "no 12345 67890" has.
            5 => capitals || !spaced || halved && !word,
            _ => capitals || !spaced,
        };
        if clear && cue & Cue::OTHER == 0 && !is_numbered(text, start) || cued {
            return all(run, n, Kind::Grid);
        }
    }
    None
}

/// In the metres of the National Grid.
fn is_pair(easting: u64, northing: u64) -> bool {
    (50_000..=700_000).contains(&easting) && (5_000..=1_300_000).contains(&northing)
}

/// Irish Grid: one letter and two numbers of as many digits: `J 33650 74050`, in the squares that Northern Ireland lies in.
/// Others, and shorter ones (`J 336 740`), where something says that it is one (Ordnance Survey of Northern Ireland).
fn irish(text: Text<'_>, run: &Run, cued: bool) -> Hit {
    let digits = run.slice(1, run.len).iter().take_while(|b| b.is_ascii_digit()).count();
    for half in [5, 4, 3] {
        let n = 1 + 2 * half;
        let fits =
            digits >= 2 * half && run.ends(n) && run.gaps_only(n, &[1, 1 + half], b" ") && run.gap(1 + half) != 0;
        let clear = half == 5 && is_ulster(run) && !is_numbered(text, run.start);
        if fits && (clear || cued && run.at(0) != b'I') {
            return all(run, n, Kind::Grid);
        }
    }
    None
}

/// Whether an Irish reference of ten digits lies in Northern Ireland, as nearly as a few steps of its border say.
fn is_ulster(run: &Run) -> bool {
    let (column, row) = match run.at(0) {
        b'C' => (200, 400),
        b'D' => (300, 400),
        b'G' => (100, 300),
        b'H' => (200, 300),
        b'J' => (300, 300),
        _ => return false,
    };
    let kilometres =
        |from: usize| run.slice(from, from + 2).iter().fold(0, |n, b| n * 10 + u32::from(b.wrapping_sub(b'0')));
    let (easting, northing) = (column + kilometres(1), row + kilometres(6));
    let west = match northing {
        309..=321 => 236,
        322..=344 => 195,
        345..=361 => 190,
        362..=366 => 197,
        367..=384 => 213,
        385..=392 => 218,
        393..=409 => 228,
        410..=419 => 238,
        420..=429 => 246,
        430..=455 => 258,
        _ => return false,
    };
    (west..=367).contains(&easting)
}

/// Whether a word before says that this is the number of a thing or a company: "Asset SN 1234 5678".
fn is_numbered(text: Text<'_>, start: usize) -> bool {
    let mut at = start;
    for _ in 0..3 {
        let end = text.while_before(at, 4, |b| matches!(b, b' ' | b':' | b'#' | b'.' | b'=' | b'-'));
        at = text.while_before(end, 16, is_alnum);
        let word = text.slice(at, end);
        let is = |of: &[&[u8]]| of.iter().any(|one| word.eq_ignore_ascii_case(one));
        // "Ref SC123456", which Scottish companies have; but "Ref: NS 75266 93568", and "map ref TQ300804".
        if is(&[b"ref", b"reference"]) {
            let before = text.slice(at.saturating_sub(9), at);
            let map = [&b"map "[..], b"grid ", b"os ", b"location "].iter().any(|one| {
                before.get(before.len().saturating_sub(one.len())..).is_some_and(|w| w.eq_ignore_ascii_case(one))
            });
            return !map && text.before(start) == b' ' && text.token(start).0 >= start + 8 && end + 1 == start;
        }
        if is(&[b"house"]) {
            let end = text.while_before(at, 2, |b| b == b' ');
            return text.slice(end.saturating_sub(9), end).eq_ignore_ascii_case(b"companies");
        }
        if is(NUMBERED) {
            return true;
        }
        if !is(&[b"no", b"number", b"code", b"id", b"tag"]) {
            return false;
        }
    }
    false
}

const NUMBERED: &[&[u8]] = &[
    b"asset",
    b"stock",
    b"serial",
    b"toner",
    b"cartridge",
    b"item",
    b"part",
    b"model",
    b"sku",
    b"batch",
    b"meter",
    b"order",
    b"invoice",
    b"company",
    b"charity",
    b"licence",
    b"certificate",
    b"policy",
    b"warranty",
];

/// A reference whose halves are parted by more than a space: `TQ 30013,80445`, `TQ 300 / 804`. With hyphens, as part
/// numbers have them (`TQ-300-804`), only where something says that it is one.
fn parted(text: Text<'_>, run: &Run, start: usize, cued: bool) -> Hit {
    let letters = text.slice(start, start + 2);
    if !is_square(run.at(0), run.at(1)) || !letters.iter().all(u8::is_ascii_alphabetic) {
        return None;
    }
    let first = if matches!(text.at(start + 2), b' ' | b'-') { start + 3 } else { start + 2 };
    let (_, middle) = text.integer(first)?;
    let half = middle - first;
    let second = text.while_at(middle, |b| matches!(b, b' ' | b',' | b'/' | b'-')).min(middle + 3);
    let (_, end) = text.integer(second)?;
    let sign = text.slice(middle, second).iter().copied().find(|b| *b != b' ')?;
    if !(3..=5).contains(&half) || end - second != half || is_alnum(text.at(end)) || text.at(end) == sign {
        return None;
    }
    let hyphened = sign == b'-' || text.at(start + 2) == b'-';
    let capitals = letters.iter().all(u8::is_ascii_uppercase) && !is_word(letters);
    let clear = if hyphened { half == 5 } else { half == 5 || sign == b'/' };
    if cued || clear && capitals { hit(start, end, Kind::Grid) } else { None }
}

/// Whether two capitals name a square.
pub(super) fn is_square(first: u8, second: u8) -> bool {
    static NAMED: Pairs = Pairs::of(SQUARES);
    NAMED.has(first, second)
}

/// A square that is a word or a point of the compass too.
fn is_word(square: &[u8]) -> bool {
    matches!(square, b"NO" | b"SO" | b"ST" | b"SE" | b"SW" | b"NW")
}

/// `E530013 N180445`, or the other way round.
fn lettered(text: Text<'_>, run: &Run, start: usize) -> Hit {
    let east_first = match run.at(0) {
        b'E' | b'X' => true,
        b'N' | b'Y' => false,
        _ => return None,
    };
    let digit = if text.at(start + 1) == b':' || text.at(start + 1) == b'=' {
        text.spaces(start + 2)
    } else {
        text.spaces(start + 1)
    };
    let (first, end) = metre(text, digit)?;
    let next = text.while_at(end, |b| matches!(b, b' ' | b',' | b';' | b'/')).min(end + 3);
    let wanted = if east_first { b"NY" } else { b"EX" };
    if !wanted.contains(&text.at(next).to_ascii_uppercase()) {
        return None;
    }
    let other = text.while_at(next + 1, |b| matches!(b, b' ' | b':' | b'=')).min(next + 3);
    let (second, to) = metre(text, other)?;
    let (easting, northing) = if east_first { (first, second) } else { (second, first) };
    let enough = if east_first { end - digit >= 5 && to - other >= 5 } else { end - digit >= 5 && to - other >= 6 };
    let shape = enough && !is_alnum(text.at(to)) && is_pair(easting, northing);
    if shape { hit(start, to, Kind::Grid) } else { None }
}

/// Metres as people write them: `530013`, `530,013`.
fn metre(text: Text<'_>, digit: usize) -> Option<(u64, usize)> {
    let (first, end) = text.integer(digit)?;
    if text.at(end) == b',' && (1..=4).contains(&(end - digit)) {
        let (rest, last) = text.integer(end + 1).filter(|(_, last)| *last == end + 4)?;
        return Some((first * 1000 + rest, last));
    }
    Some((first, end))
}

/// `easting 530,013, northing 180,445`, at the first digits of three.
pub(super) fn thousands(text: Text<'_>, start: usize, end: usize, cue: u64) -> Hit {
    if text.at(end) != b',' || !text.at(end + 3).is_ascii_digit() {
        return None;
    }
    let (easting, middle) = metre(text, start)?;
    let gap = coordinates::between(text, middle).filter(|gap| gap.named)?;
    let (northing, last) = metre(text, gap.next)?;
    let named = cue & (Cue::EASTING | Cue::GRID) != 0 || axis_before(text, start);
    if named && is_pair(easting, northing) && !is_alnum(text.at(last)) { hit(start, last, Kind::Grid) } else { None }
}

/// Grid places at a digit.
pub(super) fn digits(text: Text<'_>, run: &Run, start: usize, end: usize, cue: u64) -> Hit {
    military(run)
        .or_else(|| if end - start <= 3 { zoned(text, start) } else { None })
        .or_else(|| if matches!(text.before(end), b'E' | b'e') { suffixed(text, start) } else { None })
        .or_else(|| metres(text, start, end, cue))
}

/// A word that says which metres come.
fn axis<'t>(text: Text<'t>, at: usize, names: [&[u8]; 2]) -> usize {
    let (end, _) = text.token(at);
    let word = text.slice(at, end);
    let letters = word.iter().take_while(|b| b.is_ascii_alphabetic()).count();
    let name = text.slice(at, at + letters);
    if names.iter().any(|known| name.eq_ignore_ascii_case(known))
        || name.eq_ignore_ascii_case(names[0].get(..1).unwrap_or_default())
    {
        return text.while_at(at + letters, |b| matches!(b, b' ' | b':' | b'=')).min(at + letters + 3);
    }
    at
}

/// Metres with what they are of after them: `699301mE`, `699301E`, `699301`.
fn metres_of(text: Text<'_>, digit: usize, letter: u8) -> Option<(u64, usize, bool)> {
    let (value, end) = text.integer(digit)?;
    let unit = if text.at(end).eq_ignore_ascii_case(&b'm') { end + 1 } else { end };
    if text.at(unit).eq_ignore_ascii_case(&letter) && !is_alnum(text.at(unit + 1)) {
        return Some((value, unit + 1, true));
    }
    (!is_alnum(text.at(end))).then_some((value, end, false))
}

/// UTM of the northern temperate zone, with spaces and names in it: `30 U 699301 5710228`, `30U 699301mE 5710228mN`, `30U E699301 N5710228`, "zone 30N
/// easting 699301 northing 5710228".
pub(super) fn zoned(text: Text<'_>, start: usize) -> Hit {
    let (zone, end) = text.integer(start)?;
    let band = if text.at(end) == b' ' { end + 1 } else { end };
    let letter = text.at(band).to_ascii_uppercase();
    let shape = (1..=60).contains(&zone) && end - start <= 2 && ((b'S'..=b'X').contains(&letter) || letter == b'N');
    if !shape || is_alnum(text.at(band + 1)) {
        return None;
    }
    let first = text.while_at(band + 1, |b| matches!(b, b' ' | b',' | b':')).min(band + 4);
    let (easting, middle, _) = metres_of(text, axis(text, first, [b"easting", b"eastings"]), b'E')?;
    let next = text.while_at(middle, |b| matches!(b, b' ' | b',' | b'/' | b';')).min(middle + 3);
    let (northing, last, _) = metres_of(text, axis(text, next, [b"northing", b"northings"]), b'N')?;
    let real = (100_000..1_000_000).contains(&easting) && (1_000_000..10_000_000).contains(&northing) && next > middle;
    if real { hit(start, last, Kind::Grid) } else { None }
}

/// `530013mE 180445mN`, `530013E 180445N`.
fn suffixed(text: Text<'_>, start: usize) -> Hit {
    let (easting, middle, _) = metres_of(text, start, b'E').filter(|(_, _, named)| *named)?;
    let next = text.while_at(middle, |b| matches!(b, b' ' | b',' | b'/' | b';')).min(middle + 3);
    let (northing, last, _) = metres_of(text, next, b'N').filter(|(_, _, named)| *named)?;
    if is_pair(easting, northing) { hit(start, last, Kind::Grid) } else { None }
}

/// MGRS `30U XC 99301 10228` and UTM `30U 699301 5710228`: a zone of six degrees, a band, and for MGRS a square.
fn military(run: &Run) -> Hit {
    let zone = run.slice(0, 2).iter().take_while(|b| b.is_ascii_digit()).count();
    let number = run.slice(0, zone).iter().fold(0u32, |n, b| n * 10 + u32::from(b - b'0'));
    let letter = |i: usize| run.at(i).is_ascii_uppercase() && !matches!(run.at(i), b'I' | b'O');
    let band = letter(zone) && (b'C'..=b'X').contains(&run.at(zone));
    if zone == 0 || !(1..=60).contains(&number) || !band || run.gap(1) != 0 && zone == 2 {
        return None;
    }
    let digits = |from: usize| run.slice(from, run.len).iter().take_while(|b| b.is_ascii_digit()).count();
    if letter(zone + 1) && letter(zone + 2) {
        let from = zone + 3;
        for half in [5, 4, 3, 2] {
            let n = from + 2 * half;
            let halved = run.gap(from + half) != 0;
            let fits =
                digits(from) >= 2 * half && run.ends(n) && run.gaps_only(n, &[zone, zone + 1, from, from + half], b" ");
            // One kilometre, and one letter of a zone, look like other things: not 30UXC9930.
            if fits && (half > 2 || halved) && (zone == 2 || half > 3) {
                return all(run, n, Kind::Grid);
            }
        }
        return None;
    }
    let from = zone + 1;
    let utm = digits(from) >= 13
        && run.ends(from + 13)
        && run.gap(from + 6) == b' '
        && run.gaps_only(from + 13, &[zone, from, from + 6], b" ");
    if utm { all(run, from + 13, Kind::Grid) } else { None }
}

/// Easting and northing in metres: `530013,180445`, `X=530013 Y=180445`, `"easting":530013,"northing":180445`.
fn metres(text: Text<'_>, start: usize, end: usize, cue: u64) -> Hit {
    let n = end - start;
    if !(5..=7).contains(&n) || matches!(text.before(start), b',' | b'.' | b'-' | b'/' | b'#') {
        return None;
    }
    let (easting, to) = text.integer(start)?;
    if to != end {
        return None;
    }
    let gap = coordinates::between(text, fraction(text, end))?;
    let (northing, last) = text.integer(gap.next)?;
    let last = if gap.named { fraction(text, last) } else { last };
    let follows = is_alnum(text.at(last)) || matches!(text.at(last), b',' | b'.') && text.at(last + 1).is_ascii_digit();
    let length = text.while_at(gap.next, |b| b.is_ascii_digit()) - gap.next;
    if follows || !(5..=7).contains(&length) || fraction(text, end) > end && !gap.named {
        return None;
    }
    let named = gap.named && axis_before(text, start) || cue & (Cue::GRID | Cue::PLACE | Cue::EASTING) != 0;
    let (_, second) = (easting, northing);
    let comma = matches!(text.slice(end, gap.next), b"," | b", ") && n == 6 && length >= 6;
    let other = cue & Cue::OTHER != 0
        || text.before(start) == b' ' && list(text, start)
        || text.at(last) == b',' && text.slice(last, last + 3).iter().any(u8::is_ascii_digit);
    let either = is_pair(easting, second) || named && is_pair(second, easting);
    if either && (named || comma && !other && easting >= 80_000) { hit(start, last, Kind::Grid) } else { None }
}

/// Past the part of a metre: `530013.45`.
fn fraction(text: Text<'_>, end: usize) -> usize {
    let last = text.while_at(end + 1, |b| b.is_ascii_digit());
    if text.at(end) == b'.' && (1..=3).contains(&last.saturating_sub(end + 1)) { last } else { end }
}

/// Whether a list of numbers goes before: `1, 530013, 180445`.
fn list(text: Text<'_>, start: usize) -> bool {
    text.before(start - 1) == b',' && text.before(start.saturating_sub(2)).is_ascii_digit()
}

/// Whether the name of an axis goes before.
fn axis_before(text: Text<'_>, start: usize) -> bool {
    let end = text.while_before(start, 4, |b| matches!(b, b' ' | b'=' | b':' | b'"' | b'\'' | b'>' | b')'));
    let from = text.while_before(end, 12, is_alnum);
    words::look(text.slice(from, end)).role & role::AXIS != 0
}

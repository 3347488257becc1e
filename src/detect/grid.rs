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
    if let Some(one) = lettered(text, run, start) {
        return Some(one);
    }
    static NAMED: Pairs = Pairs::of(SQUARES);
    let square = run.slice(0, 2);
    if !run.begins(b"LLDD") || !NAMED.has(run.at(0), run.at(1)) {
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
        let word = matches!(square, b"NO" | b"SO" | b"ST" | b"SE" | b"SW" | b"NW");
        let clear = match half {
            2 => capitals && halved && spaced && !word,
            3 => capitals && (!word || halved || !spaced),
            _ => capitals || !spaced,
        };
        if clear && cue & Cue::OTHER == 0 || cued {
            return all(run, n, Kind::Grid);
        }
    }
    None
}

/// In the metres of the National Grid.
fn is_pair(easting: u64, northing: u64) -> bool {
    (50_000..=700_000).contains(&easting) && (5_000..=1_300_000).contains(&northing)
}

/// `E530013 N180445`.
fn lettered(text: Text<'_>, run: &Run, start: usize) -> Hit {
    if !matches!(run.at(0), b'E' | b'X') {
        return None;
    }
    let digit = if text.at(start + 1) == b':' || text.at(start + 1) == b'=' {
        text.spaces(start + 2)
    } else {
        text.spaces(start + 1)
    };
    let (easting, end) = text.integer(digit)?;
    let next = text.while_at(end, |b| matches!(b, b' ' | b',' | b';' | b'/')).min(end + 3);
    if !matches!(text.at(next).to_ascii_uppercase(), b'N' | b'Y') {
        return None;
    }
    let other = text.while_at(next + 1, |b| matches!(b, b' ' | b':' | b'=')).min(next + 3);
    let (northing, to) = text.integer(other)?;
    let shape = end - digit >= 5 && to - other >= 5 && !is_alnum(text.at(to)) && is_pair(easting, northing);
    if shape { hit(start, to, Kind::Grid) } else { None }
}

/// Grid places at a digit.
pub(super) fn digits(text: Text<'_>, run: &Run, start: usize, end: usize, cue: u64) -> Hit {
    military(run).or_else(|| metres(text, start, end, cue))
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
    let gap = coordinates::between(text, end)?;
    let (northing, last) = text.integer(gap.next)?;
    let follows = is_alnum(text.at(last)) || matches!(text.at(last), b',' | b'.') && text.at(last + 1).is_ascii_digit();
    if follows || last - gap.next < 5 || last - gap.next > 7 {
        return None;
    }
    let named = gap.named && axis_before(text, start) || cue & (Cue::GRID | Cue::PLACE | Cue::EASTING) != 0;
    let (_, second) = (easting, northing);
    let comma = matches!(text.slice(end, gap.next), b"," | b", ") && n == 6 && last - gap.next >= 6;
    let other = cue & Cue::OTHER != 0
        || text.before(start) == b' ' && list(text, start)
        || text.at(last) == b',' && text.slice(last, last + 3).iter().any(u8::is_ascii_digit);
    let either = is_pair(easting, second) || named && is_pair(second, easting);
    if either && (named || comma && !other && easting >= 80_000) { hit(start, last, Kind::Grid) } else { None }
}

/// Whether a list of numbers goes before: `1, 530013, 180445`.
fn list(text: Text<'_>, start: usize) -> bool {
    text.before(start - 1) == b',' && text.before(start.saturating_sub(2)).is_ascii_digit()
}

/// Whether the name of an axis goes before.
fn axis_before(text: Text<'_>, start: usize) -> bool {
    let end = text.while_before(start, 4, |b| matches!(b, b' ' | b'=' | b':' | b'"' | b'\'' | b'>'));
    let from = text.while_before(end, 12, is_alnum);
    words::look(text.slice(from, end)).role & role::AXIS != 0
}

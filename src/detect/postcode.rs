//! Postcodes, and addresses that end in one.

use super::{
    Hit, Kind,
    cue::Cue,
    hit,
    official::all,
    pairs::Pairs,
    run::{LOWER, Run, Text, UPPER, WIDE},
    words::{self, role},
};

/// Every postcode area, and what looks like one: BX and XX (not geographic), GX (Gibraltar), JE GY IM.
const AREAS: &[u8] = b" AB AL B BA BB BD BF BH BL BN BR BS BT BX CA CB CF CH CM CO CR CT CV CW DA DD DE DG DH DL DN DT \
    DY E EC EH EN EX FK FY G GL GU GX GY HA HD HG HP HR HS HU HX IG IM IP IV JE KA KT KW KY L LA LD LE LL LN LS LU M ME \
    MK ML N NE NG NN NP NR NW OL OX PA PE PH PL PO PR RG RH RM S SA SE SG SK SL SM SN SO SP SR SS ST SW SY TA TD TF TN \
    TQ TR TS TW UB W WA WC WD WF WN WR WS WV XX YO ZE ";

fn is_area(letters: &[u8]) -> bool {
    static NAMED: Pairs = Pairs::of(AREAS);
    match letters {
        [a] => NAMED.has(*a, b' '),
        [a, b] => NAMED.has(*a, *b),
        _ => false,
    }
}

/// Postcode: `SW1A 1AA` (Royal Mail's shapes and areas), `BFPO 801`, `ASCN 1ZZ`; partial (`SW1A`, `SW1A 1`) with a cue.
/// With a house number and a kind of street before it, the address. `after(end)` is the cue that follows.
pub(super) fn find(text: Text<'_>, run: &Run, start: usize, cue: u64, after: impl Fn(usize) -> u64) -> Hit {
    let cued = cue & (Cue::POSTCODE | Cue::ADDRESS) != 0;
    if let Some(one) = special(run) {
        return Some(one);
    }
    let outward = outward(run)?;
    let (inward, n) = (run.slice(outward, outward + 3), outward + 3);
    let shape = matches!(inward, [d, a, b] if d.is_ascii_digit() && unit(*a) && unit(*b));
    // By its key in any parts: SE1-7PB, SE 1 7PB, SE1 7 PB.
    let area = run.slice(0, 2).iter().take_while(|b| b.is_ascii_uppercase()).count();
    let parted = cue & Cue::POSTCODE != 0 && run.gaps_only(n, &[area, outward, outward + 1], b" -\n");
    if shape && run.ends(n) && (parted || run.gaps_only(n, &[outward], b" \n") || hyphened(text, run, outward)) {
        let end = run.end_of(n)?;
        // M404dn is a printer.
        let model =
            run.gap(outward) == 0 && text.before(end).is_ascii_lowercase() && text.at(start).is_ascii_uppercase();
        if cued || !ordinal(text, end) && !model {
            let from = street_before(text, start).unwrap_or(start);
            let kind = if from < start { Kind::Address } else { Kind::Postcode };
            return hit(from, end, kind);
        }
    }
    // B18+7HY, of a search.
    let plus = start + outward;
    if run.first() == outward && text.at(plus) == b'+' && !super::is_alnum(text.at(plus + 4)) {
        let [digit, a, b] = text.slice(plus + 1, plus + 4) else { return None };
        if digit.is_ascii_digit() && unit(a.to_ascii_uppercase()) && unit(b.to_ascii_uppercase()) {
            return hit(start, plus + 4, Kind::Postcode);
        }
    }
    // "the SA2 postcode area"
    let says = || {
        run.end_of(outward).is_some_and(|end| after(end) & Cue::POSTCODE != 0)
            || run.end_of(outward + 1).is_some_and(|end| after(end) & Cue::POSTCODE != 0)
    };
    if cue & (Cue::POSTCODE | Cue::OUTCODE) == 0 && !says() {
        return None;
    }
    // The outward part alone, or with the sector.
    let sector = outward + 1;
    if run.ends(sector) && run.at(outward).is_ascii_digit() && run.gap(outward) == b' ' {
        return all(run, sector, Kind::Postcode);
    }
    // M1 1CA is neither whole nor a part.
    let broken = run.at(outward).is_ascii_digit() && run.gap(outward) != WIDE;
    let letter = run.at(outward - 1).is_ascii_uppercase();
    let area = run.slice(0, outward).iter().take_while(|b| b.is_ascii_uppercase()).count();
    let real = !letter || matches!(run.slice(0, area), b"E" | b"N" | b"W" | b"EC" | b"SW" | b"WC" | b"NW" | b"SE");
    let alone = run.first() == outward && !broken && real && run.slice(0, 2) != b"GX";
    if alone { all(run, outward, Kind::Postcode) } else { None }
}

/// `TN35-7RS`: with a hyphen where nothing else goes on before or after it, and where the outward part is long enough not
/// to be a size or a lamp.
fn hyphened(text: Text<'_>, run: &Run, outward: usize) -> bool {
    let (start, n) = (run.start, outward + 3);
    let goes_on = |b: u8| matches!(b, b'-' | b'_' | b'/');
    let end = start + n + 1;
    let capitals = !text.slice(start, end).iter().any(u8::is_ascii_lowercase);
    let small = !text.slice(start, end).iter().any(u8::is_ascii_uppercase);
    let apart = !goes_on(text.before(start)) && !goes_on(text.at(end));
    run.gaps_only(n, &[outward], b"-") && run.gap(outward) == b'-' && outward >= 3 && apart && (capitals || small)
}

/// A letter that units are named with.
fn unit(b: u8) -> bool {
    b.is_ascii_uppercase() && !matches!(b, b'C' | b'I' | b'K' | b'M' | b'O' | b'V')
}

/// How long the outward part is.
fn outward(run: &Run) -> Option<usize> {
    let letters = run.slice(0, 3).iter().take_while(|b| b.is_ascii_uppercase()).count();
    if !(1..=2).contains(&letters) || !is_area(run.slice(0, letters)) {
        return None;
    }
    let first = run.at(letters).is_ascii_digit();
    let next = run.at(letters + 1);
    let gap = run.gap(letters + 1) != 0;
    if !first {
        return None;
    }
    // A longer outward part only where an inward part, a gap or the end follows it.
    let inward = |at: usize| {
        run.gap(at) != 0 || run.len == at || run.len >= at + 3 && run.at(at).is_ascii_digit() && unit(run.at(at + 1))
    };
    if gap || run.len == letters + 1 {
        return Some(letters + 1);
    }
    let third = match (letters, next) {
        (_, b'0'..=b'9') => true,
        (1, b) => b"ABCDEFGHJKPSTUW".contains(&b),
        (_, b) => b"ABEHMNPRVWXY".contains(&b),
    };
    if third && inward(letters + 2) { Some(letters + 2) } else { inward(letters + 1).then_some(letters + 1) }
}

/// BFPO numbers, Girobank's code, overseas territories.
fn special(run: &Run) -> Hit {
    if run.slice(0, 4) == b"BFPO" {
        let digits = (4..9).take_while(|i| run.at(*i).is_ascii_digit() && (*i == 4 || run.gap(*i) == 0)).count();
        let n = 4 + digits;
        return if (1..=4).contains(&digits) && run.ends(n) && run.gaps_only(n, &[4], b" \n") {
            all(run, n, Kind::Postcode)
        } else {
            None
        };
    }
    let named = run.is(b"GIR0AA") && run.gaps_only(6, &[3], b" \n");
    if named {
        return all(run, 6, Kind::Postcode);
    }
    let overseas = matches!(
        run.slice(0, 7),
        b"ASCN1ZZ"
            | b"STHL1ZZ"
            | b"TDCU1ZZ"
            | b"FIQQ1ZZ"
            | b"BIQQ1ZZ"
            | b"SIQQ1ZZ"
            | b"PCRN1ZZ"
            | b"BBND1ZZ"
            | b"TKCA1ZZ"
    );
    if overseas && run.ends(7) && run.gaps_only(7, &[4], b" \n") { all(run, 7, Kind::Postcode) } else { None }
}

/// "E2 4th floor": a number in order, in small letters.
fn ordinal(text: Text<'_>, end: usize) -> bool {
    matches!(
        text.slice(end.saturating_sub(3), end),
        b"1st" | b"2nd" | b"3rd" | b"3hr" | [b'4'..=b'9' | b'0', b't', b'h'] | [_, b'h', b'r']
    )
}

/// Where an address begins whose postcode stands here: a house number, up to four words of which the last or the one
/// before is a kind of street, and perhaps a town. "12 High Street, Riverside SW1A 1AA".
fn street_before(text: Text<'_>, postcode: usize) -> Option<usize> {
    let from = postcode.saturating_sub(72);
    // Not in the middle of a word.
    let from = if from == 0 { 0 } else { text.while_at(from, |b| b >= 0x80 || b.is_ascii_alphanumeric()) };
    let (mut at, mut house, mut street) = (from, None, false);
    while at < postcode {
        let (end, seen) = text.token(at);
        if end == at {
            // A sentence ends; "2 times. Street team" is no house.
            let full = text.at(at) == b'.'
                && text.at(at + 1) == b' '
                && text.while_before(at, 4, |b| b.is_ascii_alphabetic()) + 4 == at;
            if matches!(text.at(at), b'!' | b'?')
                || text.at(at) == b';' && !street
                || text.at(at) == b'\n' && text.at(at + 1) == b'\n'
                || full && !street
            {
                (house, street) = (None, false);
            }
            at += 1;
            continue;
        }
        let number = text.at(at).is_ascii_digit()
            && end - at <= 5
            && text.slice(at, end).iter().filter(|b| b.is_ascii_alphabetic()).count() <= 1;
        // 177/2: the second of a stair.
        let second = text.before(at) == b'/' && text.before(at - 1).is_ascii_alphanumeric() && house.is_some();
        if number && !street {
            house = if second { house } else { Some(at) };
        } else if seen & (UPPER | LOWER) != 0 && house.is_some() {
            street |= words::look(text.slice(at, end)).role & role::STREET != 0;
        }
        at = end;
    }
    house.filter(|_| street)
}

/// Whether a whole value is a house number and a street, by its key: "12 High Street".
pub(super) fn is_street(text: Text<'_>) -> bool {
    let (end, _) = text.token(0);
    let number = text.at(0).is_ascii_digit() && end <= 5;
    number && text.0.split(|b| !b.is_ascii_alphanumeric()).any(|word| words::look(word).role & role::STREET != 0)
}

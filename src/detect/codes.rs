//! Places as codes: what3words, Plus codes, geohashes, UPRNs.

use super::{
    Hit, Kind,
    cue::Cue,
    hit,
    official::all,
    run::{Run, Text, is_alnum, is_of_a_word},
};

/// what3words after three strokes: `///filled.count.soap`. The third stroke of `file:///a.b.c` is none of these.
pub(super) fn three_slashes(text: Text<'_>, at: usize) -> Hit {
    if text.slice(at, at + 3) != b"///" || text.before(at) == b':' {
        return None;
    }
    let end = triple(text, at + 3).or_else(|| triple(text, text.spaces(at + 3)))?;
    hit(at, end, Kind::Grid)
}

/// "filled . count . soap", "filled dot count dot soap", after what says what it is.
fn spoken_triple(text: Text<'_>, start: usize) -> Option<usize> {
    let mut at = start;
    for word in 0..3 {
        let end = text.while_at(at, |b| is_of_a_word(b) && !b.is_ascii_digit());
        if !(3..=20).contains(&(end - at)) {
            return None;
        }
        at = end;
        if word < 2 {
            let sign = text.spaces(end);
            let next = match text.at(sign) {
                b'.' => sign + 1,
                _ if sign > end && text.slice(sign, sign + 4).eq_ignore_ascii_case(b"dot ") => sign + 3,
                _ => return None,
            };
            at = text.spaces(next);
        }
    }
    (!is_alnum(text.at(at))).then_some(at)
}

/// Three words of three letters or more with dots between: where they end.
pub(super) fn triple(text: Text<'_>, start: usize) -> Option<usize> {
    let mut at = start;
    for word in 0..3 {
        let end = text.while_at(at, |b| is_of_a_word(b) && !b.is_ascii_digit());
        if !(3..=20).contains(&(end - at)) {
            return None;
        }
        if word < 2 && text.at(end) != b'.' {
            return None;
        }
        at = end + usize::from(word < 2);
    }
    let goes_on = is_alnum(text.at(at)) || text.at(at) == b'.' && is_alnum(text.at(at + 1));
    (!goes_on).then_some(at)
}

/// Letters and digits of Plus codes (Open Location Code).
fn plus_digit(b: u8) -> bool {
    matches!(
        b.to_ascii_uppercase(),
        b'2'..=b'9' | b'C' | b'F' | b'G' | b'H' | b'J' | b'M' | b'P' | b'Q' | b'R' | b'V' | b'W' | b'X'
    )
}

/// Plus code around its `+`: `9C3XGV5C+5R`; short ones (`GV5C+5R`) in capitals with digits and letters.
pub(super) fn plus(text: Text<'_>, at: usize) -> Hit {
    let start = text.while_before(at, 9, plus_digit);
    let end = text.while_at(at + 1, plus_digit).min(at + 8);
    let (head, tail) = (at - start, end - at - 1);
    if is_alnum(text.before(start)) || is_alnum(text.at(end)) || !(2..=7).contains(&tail) {
        return None;
    }
    let code = text.slice(start, end);
    let digits = code.iter().any(u8::is_ascii_digit);
    let letters = code.iter().filter(|b| b.is_ascii_alphabetic()).count();
    let short =
        matches!(head, 4 | 6) && tail <= 3 && digits && letters >= 2 && !code.iter().any(u8::is_ascii_lowercase);
    let full = head == 8 && letters > 0;
    if full || short { hit(start, end, Kind::Grid) } else { None }
}

/// A geohash: letters and digits without a i l o; with a cue five to twelve, otherwise seven or more with a digit,
/// beginning as in Great Britain: `gcpvj0dzf`.
fn geohash(word: &[u8], cue: u64) -> bool {
    let of = |b: &u8| b.is_ascii_alphanumeric() && !matches!(b.to_ascii_lowercase(), b'a' | b'i' | b'l' | b'o');
    let digit = word.iter().any(u8::is_ascii_digit);
    let known = word.get(..2).is_some_and(|w| w.eq_ignore_ascii_case(b"gc"));
    let cued = cue & Cue::GEOHASH != 0;
    word.iter().all(of)
        && if cued { (5..=12).contains(&word.len()) } else { (7..=12).contains(&word.len()) && digit && known }
}

/// Codes at a digit: a geohash or UPRN by its cue. A UPRN has one to twelve digits and no check digit: "UPRN 10092008082".
pub(super) fn digits(text: Text<'_>, run: &Run, start: usize, end: usize, cue: u64) -> Hit {
    let n = run.first();
    let number = run.slice(0, n).iter().all(u8::is_ascii_digit);
    let goes_on = matches!(text.at(end), b'.' | b',') && text.at(end + 1).is_ascii_digit()
        || matches!(text.before(start), b'.' | b',' | b'-') && !is_alnum(text.before(start - 1))
        || matches!(text.before(start), b'.' | b',') && text.before(start - 1).is_ascii_digit();
    let real = run.slice(0, n).iter().any(|b| *b != b'0');
    if cue & Cue::UPRN != 0 && number && n <= 12 && real && run.ends(n) && !goes_on && n == end - start {
        return all(run, n, Kind::Property);
    }
    let hash = cue & Cue::GEOHASH != 0 && geohash(text.slice(start, end), cue);
    if hash { hit(start, end, Kind::Grid) } else { None }
}

/// Codes at a letter.
pub(super) fn code(text: Text<'_>, _: &Run, start: usize, cue: u64) -> Hit {
    let (end, _) = text.token(start);
    let whole = !matches!(text.before(start), b'-' | b'_') && !matches!(text.at(end), b'-' | b'_');
    let found = geohash(text.slice(start, end), cue) && whole && text.slice(start, end).iter().any(u8::is_ascii_digit);
    if found { hit(start, end, Kind::Grid) } else { None }
}

/// Codes without a digit, just after what says what they are: "what3words: filled.count.soap", "geohash: gcpvjx".
pub(super) fn word(text: Text<'_>, start: usize, end: usize, cue: u64) -> Hit {
    if cue & Cue::W3W != 0
        && let Some(end) = triple(text, start).or_else(|| spoken_triple(text, start))
    {
        return hit(start, end, Kind::Grid);
    }
    let all = start == 0 && end == text.len();
    // In these islands; no word begins like that.
    let here = matches!(text.slice(start, start + 2).to_ascii_lowercase().as_slice(), b"gc" | b"gb" | b"gf");
    if geohash(text.slice(start, end), cue) && cue & Cue::GEOHASH != 0 && (all || here) {
        hit(start, end, Kind::Grid)
    } else {
        None
    }
}

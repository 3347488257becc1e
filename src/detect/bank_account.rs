//! A sort code and an account number with words between them that say so.

use super::{
    Hit, Kind, hit,
    run::{Run, Text, is_alnum},
};

/// `s/c 08-99-99 a/c 66374958`, "Sort Code 08-99-99, Acc No 66374958", `08-99-99 / 66374958`, and the other way round.
pub(super) fn labelled(text: Text<'_>, run: &Run) -> Hit {
    let start = run.start;
    if !matches!(run.first(), 2 | 6 | 8) {
        return None;
    }
    if let Some((end, hyphened)) = sort_code(text, start) {
        let gap = label(text, end, &[b"ac", b"acc", b"acct", b"account", b"accountnumber"], b'a')?;
        let (_, last) = text.integer(gap.next)?;
        let whole = last == gap.next + 8 && !is_alnum(text.at(last));
        let said = gap.named || hyphened && gap.stroke;
        return if whole && said { hit(start, last, Kind::BankAccount) } else { None };
    }
    let (_, end) = text.integer(start).filter(|(_, end)| *end == start + 8)?;
    let gap = label(text, end, &[b"sc", b"sort", b"sortcode"], b's').filter(|gap| gap.named)?;
    let (last, _) = sort_code(text, gap.next)?;
    hit(start, last, Kind::BankAccount)
}

/// Where a sort code ends that begins here, and whether there are hyphens in it.
fn sort_code(text: Text<'_>, start: usize) -> Option<(usize, bool)> {
    let digits = |from: usize, to: usize| text.slice(from, to).iter().all(u8::is_ascii_digit);
    let ends = |end: usize| !is_alnum(text.at(end)) && text.len() >= end;
    if digits(start, start + 6) && ends(start + 6) {
        return Some((start + 6, false));
    }
    let sign = text.at(start + 2);
    let parts = (0..3).all(|i| digits(start + 3 * i, start + 3 * i + 2)) && text.at(start + 5) == sign;
    (matches!(sign, b'-' | b' ') && parts && ends(start + 8)).then_some((start + 8, sign == b'-'))
}

/// What stands between the two.
struct Gap {
    next: usize,
    named: bool,
    /// ` / `
    stroke: bool,
}

/// Up to 24 bytes of signs and words that name the second; `initial` begins its abbreviation, a/c or s/c.
fn label(text: Text<'_>, from: usize, names: &[&[u8]], initial: u8) -> Option<Gap> {
    let (mut at, mut named, mut stroke) = (from, false, false);
    while at < from + 24 {
        let (end, _) = text.token(at);
        let word = text.slice(at, end);
        let is = |name: &[u8]| word.eq_ignore_ascii_case(name);
        if text.at(at).is_ascii_digit() {
            return Some(Gap { next: at, named, stroke });
        }
        if end == at {
            let sign = text.at(at);
            if !matches!(
                sign,
                b' ' | b',' | b';' | b':' | b'/' | b'|' | b'.' | b'=' | b'#' | b'-' | b'&' | b'"' | b'\n' | b'\r'
            ) {
                return None;
            }
            stroke |= sign == b'/';
            at += 1;
            continue;
        }
        // a/c, s/c, s/code
        let short = is(&[initial]) && text.at(end) == b'/' && text.at(end + 1).eq_ignore_ascii_case(&b'c');
        let known = names.iter().any(|name| is(name));
        let filling = [&b"c"[..], b"code", b"no", b"num", b"number", b"and", b"is"];
        if !known && !short && !filling.into_iter().any(is) {
            return None;
        }
        // Others sort too.
        named |= known && !is(b"sort") || short || is(b"code");
        at = end;
    }
    None
}

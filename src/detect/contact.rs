//! Ways to reach a person or a device: telephone, e-mail, IP and hardware addresses.

use super::{
    Hit, Kind, coordinates,
    cue::Cue,
    fold::LETTER,
    hit,
    run::{Run, Text, is_alnum, is_of_a_word},
};
use std::net::{Ipv4Addr, Ipv6Addr};

/// Telephone number that begins with a digit: `07700 900123`, `(0113) 496 0123`, `00441632960001`. Numbers from 03, 08
/// and 09 are those of services, and of nobody in particular, unless a cue says otherwise (Ofcom's numbering plan).
/// Mobile ones speak wherever they stand, and as messaging systems keep them: `447700900123`.
pub(super) fn phone(text: Text<'_>, run: &Run, start: usize, cue: u64) -> Hit {
    let cued = cue & Cue::PHONE != 0;
    // A row of figures may begin with 44 and 7 too.
    let parted = run.first() == 2 && matches!(run.gap(2), b' ' | b'-') && run.gap(3) == 0 && run.gap(4) == 0;
    let whole = run.first() == 12 || parted;
    let abroad = run.slice(0, 3) == b"447" && whole && cue & (Cue::OTHER | Cue::UPRN) == 0;
    let mobile = abroad || run.slice(0, 2) == b"07";
    // 1.07700900123 is a figure, and 1,01632960001 may be one.
    let inside = match text.before(start) {
        b'.' => text.before(start - 1).is_ascii_digit(),
        b',' => !mobile && text.before(start - 1).is_ascii_digit(),
        b'+' | b'/' | b'=' | b'_' => !mobile,
        _ => false,
    };
    // But "0 7700 900123". 0.1632 960001 and a 0 in a row of a table are figures.
    let split = run.first() == 1 && run.slice(0, 2) == b"07" && run.gap(1) == b' ' && run.gap(5) != 0;
    let figure = !text.at(start + 1).is_ascii_digit() && text.at(start + 1) != b')' && !split;
    if !cued && (inside || figure || dated(run) || run.at(0) != b'0' && !abroad) {
        return None;
    }
    // +1 07700 900123 is no number; +0100 before one is a zone.
    let country = text.while_before(start, 5, |b| b.is_ascii_digit() || matches!(b, b' ' | b'-'));
    let code = text.slice(country, start).iter().filter(|b| b.is_ascii_digit()).count();
    if text.before(country) == b'+' && country < start && code <= 3 {
        return None;
    }
    // 07/12/2026 is a day, and what follows it no part of a number.
    let loose = run.slice(0, 2) == b"07" && run.first() >= 4;
    let end = dialled(text, start, loose, |digits| {
        let national = match digits {
            [b'0', b'0', b'4', b'4', rest @ ..] => rest.strip_prefix(b"0").unwrap_or(rest),
            [b'4', b'4', rest @ ..] if cued || abroad => rest.strip_prefix(b"0").unwrap_or(rest),
            [b'0', rest @ ..] => rest,
            rest if cued => rest,
            _ => return false,
        };
        is_national(national, cued)
    })?;
    let open = text.before(start) == b'(' && text.slice(start, end).contains(&b')');
    hit(if open { start - 1 } else { start }, end, Kind::Phone)
}

/// Whether a day begins it: in "07-12-2026 150 came" the last are people.
fn dated(run: &Run) -> bool {
    run.begins(b"DDDDDDDD") && run.gaps_all(&[2, 4]) && run.first() == 2 && matches!(run.slice(4, 6), b"19" | b"20")
}

/// Telephone number in the international form: `+44 7700 900456`; or coordinates with their signs (ISO 6709).
pub(super) fn plus(text: Text<'_>, at: usize, cue: u64) -> Hit {
    let first = text.at(at + 1);
    if !first.is_ascii_digit() && first != b'(' {
        return None;
    }
    if let Some(one) = coordinates::at(text, at + 1, cue) {
        return Some(one);
    }
    let loose = text.slice(at + 1, at + 3) == b"44";
    let end = dialled(text, at + 1, loose, |digits| match digits {
        [b'4', b'4', rest @ ..] => is_national(rest.strip_prefix(b"0").unwrap_or(rest), true),
        [b'1', rest @ ..] => rest.len() == 10 && rest.first().is_some_and(|d| *d >= b'2'),
        // A trunk code after a plus, which somebody or a form put there.
        [b'0', rest @ ..] => is_national(rest, false),
        _ => false,
    })
    .or_else(|| abroad(text, at + 1))?;
    hit(at, end, Kind::Phone)
}

/// Ten digits of the national plan, without the nought before them.
fn is_national(digits: &[u8], cued: bool) -> bool {
    match digits {
        // Of 076, pagers but for the Isle of Man; 070 follows a person anywhere, at a price.
        [b'7', b'6', rest @ ..] => digits.len() == 10 && rest.starts_with(b"24"),
        [b'7', second, ..] => digits.len() == 10 && *second != b'0',
        [b'1', second, ..] => digits.len() == 10 && *second != b'0' || cued && digits.len() == 9,
        [b'2', b'0' | b'3' | b'4' | b'8' | b'9', ..] => digits.len() == 10,
        [b'3' | b'8' | b'9', ..] => cued && (9..=10).contains(&digits.len()),
        _ => false,
    }
}

/// The digits of a number with signs between two of them, at the first end of a group where they fit. `loose`: it begins
/// as nothing else does, and may have other signs in it and another number just after it.
fn dialled(text: Text<'_>, start: usize, loose: bool, fits: impl Fn(&[u8]) -> bool) -> Option<usize> {
    let mut digits = [0u8; 15];
    let (mut n, mut at, mut groups, mut broken) = (0, start, 0, false);
    loop {
        let b = text.at(at);
        if b.is_ascii_digit() {
            *digits.get_mut(n)? = b;
            n += 1;
            at += 1;
            if !is_alnum(text.at(at)) {
                groups += 1;
                // 07700 900123,07700 900456
                let list = loose || text.at(start) == b'0' && matches!(text.at(at), b',' | b'/');
                let figure = matches!(text.at(at), b'.' | b',' | b':' | b'/') && text.at(at + 1).is_ascii_digit();
                if n >= 9 && (list || !figure) && fits(digits.get(..n)?) {
                    return Some(at);
                }
            }
            continue;
        }
        at = joint(text, at, loose, &mut broken)?;
        if groups > 6 {
            return None;
        }
    }
}

/// Where the next group of digits begins: past up to two signs, or ` - `, of which white space is one, with one line
/// break in the whole number.
fn joint(text: Text<'_>, from: usize, loose: bool, broken: &mut bool) -> Option<usize> {
    let (mut at, mut signs) = (from, 0u32);
    loop {
        match text.at(at) {
            b if b.is_ascii_digit() => return (1..=2 + u32::from(loose)).contains(&signs).then_some(at),
            b'-' | b'(' | b')' | b'.' => at += 1,
            b'/' | b'_' if loose => at += 1,
            b' ' | b'\t' | b'\r' | b'\n' => {
                let (to, line) = text.blank(at)?;
                if line && *broken {
                    return None;
                }
                (at, *broken) = (to, *broken | line);
            }
            _ => return None,
        }
        signs += 1;
    }
}

/// A number of another country: nine to fifteen digits in groups of two or more, none of which begins like a trunk code.
fn abroad(text: Text<'_>, start: usize) -> Option<usize> {
    let (mut at, mut n, mut groups) = (start, 0, 0);
    if text.at(at) == b'0' || text.at(at) == b'1' || text.slice(at, at + 2) == b"44" {
        return None;
    }
    loop {
        let end = text.while_at(at, |b| b.is_ascii_digit());
        if end - at < 2 && groups > 0 || end == at || groups > 0 && text.at(at) == b'0' && groups == 1 {
            return None;
        }
        (n, groups) = (n + end - at, groups + 1);
        let next = end + 1;
        if matches!(text.at(end), b' ' | b'-') && text.at(next).is_ascii_digit() && n < 15 {
            at = next;
            continue;
        }
        let goes_on = is_alnum(text.at(end)) || text.at(end) == b'.' && text.at(end + 1).is_ascii_digit();
        return ((9..=15).contains(&n) && !goes_on).then_some(end);
    }
}

/// E-mail address around an `@`: `amina@example.org` (RFC 5321, without quoted parts).
/// With a space around the `@` too, unless a website follows.
pub(super) fn email(text: Text<'_>, at: usize) -> Hit {
    let before = if text.before(at) == b' ' { at - 1 } else { at };
    let after = if text.at(at + 1) == b' ' { at + 2 } else { at + 1 };
    let start = local_part(text, before);
    if after > at + 1 && text.slice(after, after + 4).eq_ignore_ascii_case(b"www.") || start == before {
        return None;
    }
    hit(start, domain(text, after)?, Kind::Email)
}

/// E-mail address as people write it for people: `amina (at) example.org`, "amina at example dot org", around the word
/// "at". Without brackets or "dot" only where what is before it looks like nothing else: `amina.r AT example.org`.
pub(super) fn written_email(text: Text<'_>, at: usize) -> Hit {
    let spaced = text.while_before(at, 2, |b| b == b' ');
    let bracketed = matches!(text.before(spaced), b'(' | b'[' | b'{' | b'<');
    let before = if bracketed { text.while_before(spaced - 1, 2, |b| b == b' ') } else { spaced };
    let closed = matches!(text.at(text.spaces(at + 2)), b')' | b']' | b'}' | b'>');
    let after = if bracketed && closed { text.spaces(text.spaces(at + 2) + 1) } else { text.spaces(at + 2) };
    let last = local_part(text, before);
    if last == before || bracketed != closed || after > at + 6 || !bracketed && after == at + 2 {
        return None;
    }
    let start = spoken_local(text, last);
    let local = text.slice(last, before);
    let odd = start < last
        || local.len() >= 4
            && local.iter().take(2).all(u8::is_ascii_alphabetic)
            && local.iter().any(|b| b.is_ascii_digit() || matches!(b, b'.' | b'_'));
    // "contact us at example dot org", "guidance is available at example dot org"
    let somebody = bracketed || odd || !NOBODY.iter().any(|word| local.eq_ignore_ascii_case(word));
    let mailed = PROVIDERS.iter().any(|name| text.slice(after, after + name.len()).eq_ignore_ascii_case(name));
    let end = match spoken_domain(text, after) {
        Some(end) if somebody && (bracketed || odd || mailed || is_mail(text, start)) => end,
        Some(_) => return None,
        None if text.slice(after, after + 4).eq_ignore_ascii_case(b"www.") => return None,
        None if bracketed || odd || mailed && somebody => domain(text, after)?,
        None => return None,
    };
    hit(start, end, Kind::Email)
}

/// What stands before "at" and is no part of an address.
const NOBODY: [&[u8]; 37] = [
    b"us",
    b"me",
    b"him",
    b"her",
    b"them",
    b"it",
    b"you",
    b"look",
    b"out",
    b"in",
    b"on",
    b"up",
    b"is",
    b"are",
    b"be",
    b"available",
    b"found",
    b"online",
    b"form",
    b"forms",
    b"guidance",
    b"support",
    b"details",
    b"information",
    b"apply",
    b"register",
    b"book",
    b"website",
    b"site",
    b"page",
    b"published",
    b"more",
    b"visit",
    b"account",
    b"email",
    b"mail",
    b"here",
];

/// Where people have their mail, and hardly anything else.
const PROVIDERS: [&[u8]; 10] = [
    b"gmail.",
    b"gmail dot ",
    b"googlemail",
    b"outlook.",
    b"outlook dot ",
    b"hotmail",
    b"yahoo.",
    b"yahoo dot ",
    b"icloud.",
    b"icloud dot ",
];

/// Whether what begins here may be an address that is spoken: a few words after one of mail, or first of all.
fn is_mail(text: Text<'_>, start: usize) -> bool {
    let line = text.slice(start.saturating_sub(60), start);
    let said = line.split(|b| !is_alnum(*b)).any(|word| {
        let known = [&b"email"[..], b"emails", b"mail", b"write", b"contact", b"address", b"gmail"];
        known.iter().any(|one| word.eq_ignore_ascii_case(one))
    });
    let signs = text.while_before(start, 4, |b| matches!(b, b' ' | b'"' | b'\'' | b'(' | b'<'));
    said || matches!(text.before(signs), 0 | b':' | b'=' | b'.' | b',' | b';' | b'\n')
}

/// Where an address begins whose signs are spoken too, before this last word of its local part: "jo dot bloggs".
fn spoken_local(text: Text<'_>, last: usize) -> usize {
    let between = |b: u8| matches!(b, b' ' | b'(' | b')' | b'[' | b']');
    let mut start = last;
    for _ in 0..4 {
        let end = text.while_before(start, 3, between);
        let sign = text.while_before(end, 12, |b| b.is_ascii_alphabetic());
        let known = [&b"dot"[..], b"underscore", b"dash", b"hyphen"];
        if end == start || !known.iter().any(|name| text.slice(sign, end).eq_ignore_ascii_case(name)) {
            break;
        }
        let before = text.while_before(sign, 3, between);
        let word = local_part(text, before);
        if before == sign || word == before {
            break;
        }
        start = word;
    }
    start
}

/// Domains that "dot" comes before in spoken addresses; "polka dot dress" is none.
const TOPS: [&[u8]; 24] = [
    b"com", b"org", b"net", b"uk", b"co", b"gov", b"ac", b"info", b"eu", b"ie", b"fr", b"de", b"pl", b"ro", b"es",
    b"it", b"me", b"io", b"app", b"edu", b"scot", b"wales", b"cymru", b"london",
];

/// "mail dot example dot org": where it ends.
fn spoken_domain(text: Text<'_>, start: usize) -> Option<usize> {
    let (mut at, mut end) = (start, None);
    for _ in 0..5 {
        let mut label = text.while_within(at, 63, |b| is_of_a_word(b) || matches!(b, b'-' | b'.'));
        while label > at && matches!(text.before(label), b'.' | b'-') {
            label -= 1;
        }
        if label == at {
            break;
        }
        let top = text.slice(at, label).rsplit(|b| *b == b'.').next().unwrap_or_default();
        if at > start && TOPS.iter().any(|known| top.eq_ignore_ascii_case(known)) {
            end = Some(label);
        }
        let word = text.while_at(label, |b| matches!(b, b' ' | b'(' | b'['));
        if word == label || word > label + 3 || !text.slice(word, word + 3).eq_ignore_ascii_case(b"dot") {
            break;
        }
        at = text.while_at(word + 3, |b| matches!(b, b' ' | b')' | b']')).min(word + 6);
    }
    end
}

/// Where the part before the `@` begins that ends here.
fn local_part(text: Text<'_>, end: usize) -> usize {
    let local = |b: u8| {
        is_of_a_word(b) || matches!(b, b'.' | b'_' | b'%' | b'+' | b'\'' | b'-' | b'&' | b'!' | b'#' | b'=' | b'~')
    };
    let start = text.while_before(end, 64, local);
    text.while_at(start, |b| matches!(b, b'.' | b'\'' | b'=' | b'-' | b'&' | b'!' | b'#')).min(end)
}

/// Where the domain ends that begins here.
fn domain(text: Text<'_>, start: usize) -> Option<usize> {
    let mut end = text.while_within(start, 254, |b| is_of_a_word(b) || matches!(b, b'.' | b'-'));
    while matches!(text.before(end), b'.' | b'-') {
        end -= 1;
    }
    let domain = text.slice(start, end);
    let top = domain.rsplit(|b| *b == b'.').next()?;
    let named =
        top.len() >= 2 && top.iter().all(|b| b.is_ascii_alphabetic() || *b == LETTER) || top.starts_with(b"xn--");
    let dotted =
        domain.len() > top.len() + 1 && domain.first() != Some(&b'.') && !domain.windows(2).any(|w| w == b"..");
    (named && dotted).then_some(end)
}

/// IPv6 address around its colons, or hardware address in pairs: `2001:db8::1`, `00:1A:2B:3C:4D:5E` (RFC 4291, IEEE 802).
pub(super) fn colon(text: Text<'_>, at: usize, cue: u64) -> Hit {
    let of = |b: u8| b.is_ascii_hexdigit() || b == b':';
    let start = text.while_before(at, 5, |b| b.is_ascii_hexdigit());
    if is_alnum(text.before(start)) || text.before(start) == b':' || at - start > 4 {
        return None;
    }
    let mut end = text.while_within(at, 46, of);
    let colons = text.slice(start, end).iter().filter(|b| **b == b':').count();
    if colons < 2 {
        return None;
    }
    if colons == 5 && end - start == 17 && text.slice(start, end).chunks(3).all(|c| c.get(2).is_none_or(|b| *b == b':'))
    {
        let pairs = text.slice(start, end).chunks(3).all(|c| c.iter().take(2).all(u8::is_ascii_hexdigit));
        return if pairs && !is_alnum(text.at(end)) { hit(start, end, Kind::Mac) } else { None };
    }
    // ::ffff:203.0.113.7
    if text.at(end) == b'.' {
        end = text.while_within(end, 16, |b| b.is_ascii_digit() || b == b'.');
    }
    while matches!(text.before(end), b'.') || text.before(end) == b':' && text.before(end - 1) != b':' {
        end -= 1;
    }
    let address: Ipv6Addr = std::str::from_utf8(text.slice(start, end)).ok()?.parse().ok()?;
    let digit = text.slice(start, end).iter().any(u8::is_ascii_digit);
    if is_alnum(text.at(end)) || !digit || cue & Cue::IP == 0 && (address.is_loopback() || address.is_unspecified()) {
        return None;
    }
    if text.at(end) == b'%' {
        end = text.while_at(end + 1, |b| b.is_ascii_alphanumeric());
    }
    hit(start, end, Kind::Ip)
}

/// IPv4 address, or hardware address in other spellings, at a token: `203.0.113.7`, `00-1a-2b-3c-4d-5e`,
/// `001a.2b3c.4d5e`, bare only with a cue. `1.2.3.4` is a version or a
/// paragraph, and `192.168.1.10` a machine in the house, unless a cue says otherwise.
pub(super) fn address_of_device(text: Text<'_>, start: usize, end: usize, cue: u64) -> Hit {
    let n = end - start;
    let hex = |from: usize, n: usize| {
        text.slice(from, from + n).len() == n && text.slice(from, from + n).iter().all(u8::is_ascii_hexdigit)
    };
    match text.at(end) {
        b'-' if n == 2 && hex(start, 2) => {
            let pairs = (0..6).all(|i| hex(start + 3 * i, 2) && (i == 5 || text.at(start + 3 * i + 2) == b'-'));
            let letter = cue & Cue::MAC != 0 || text.slice(start, start + 17).iter().any(u8::is_ascii_alphabetic);
            let ends = !is_alnum(text.at(start + 17)) && text.at(start + 17) != b'-' && text.before(start) != b'-';
            return if pairs && letter && ends { hit(start, start + 17, Kind::Mac) } else { None };
        }
        b'.' if n == 4 && hex(start, 4) => {
            let groups = hex(start + 5, 4) && text.at(start + 9) == b'.' && hex(start + 10, 4);
            let letter = cue & Cue::MAC != 0 || text.slice(start, start + 14).iter().any(u8::is_ascii_alphabetic);
            let goes_on = is_alnum(text.at(start + 14)) || text.at(start + 14) == b'.' && is_alnum(text.at(start + 15));
            return if groups && letter && !goes_on { hit(start, start + 14, Kind::Mac) } else { None };
        }
        _ => {}
    }
    if n == 12 && cue & Cue::MAC != 0 && hex(start, 12) {
        return hit(start, end, Kind::Mac);
    }
    if n > 3
        || text.at(end) != b'.'
        || !text.at(end + 1).is_ascii_digit()
        || matches!(text.before(start), b'.' | b'-' | b'v')
    {
        return None;
    }
    let to = text.while_at(start, |b| b.is_ascii_digit() || b == b'.');
    let to = if text.before(to) == b'.' { to - 1 } else { to };
    let address: Ipv4Addr = std::str::from_utf8(text.slice(start, to)).ok()?.parse().ok()?;
    let cued = cue & Cue::IP != 0;
    let version = to - start < 8 || cue & Cue::OTHER != 0;
    let nobody = address.is_loopback() || address.is_unspecified() || address.is_broadcast() || address.is_private();
    let follows = is_alnum(text.at(to)) || text.at(to) == b'-';
    if follows || !cued && (version || nobody) { None } else { hit(start, to, Kind::Ip) }
}

//! Long runs of letters and digits: hashes and keys, which are passed, and places, pictures and biometrics in them.

use super::{
    Hit, Kind, Next,
    cue::Cue,
    hit,
    run::{DIGIT, LOWER, Text, UPPER, is_alnum},
};

/// How inline data begins, as hexadecimal digits or base64, and what it is. ISO/IEC 19794 records, WSQ (FBI), JPEG, PNG,
/// GIF, JPEG 2000.
const MAGIC: [(&[u8], Kind); 17] = [
    (b"464D5200", Kind::Fingerprint),
    (b"464D5220", Kind::Fingerprint),
    (b"464D520020", Kind::Fingerprint),
    (b"Rk1SA", Kind::Fingerprint),
    (b"46495200", Kind::Fingerprint),
    (b"RklSA", Kind::Fingerprint),
    (b"FFA0FFA", Kind::Fingerprint),
    (b"/6D/p", Kind::Fingerprint),
    (b"46414300", Kind::FacePrint),
    (b"RkFDA", Kind::FacePrint),
    (b"49495200", Kind::Biometric),
    (b"SUlSA", Kind::Biometric),
    (b"/9j/", Kind::Picture),
    (b"FFD8FF", Kind::Picture),
    (b"iVBORw0KGgo", Kind::Picture),
    (b"AAAADGpQICA", Kind::Picture),
    (b"89504E470D0A1A0A", Kind::Picture),
];

fn base64(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=' | b'_' | b'-')
}

/// What a run of base64 or hexadecimal digits is by how it begins.
fn magic(text: Text<'_>, start: usize) -> Hit {
    let first = text.at(start);
    if !matches!(first, b'4' | b'R' | b'F' | b'S' | b'/' | b'i' | b'A' | b'8' | b'f') {
        return None;
    }
    let (_, kind) = MAGIC.iter().find(|(m, _)| {
        let begins = text.slice(start, start + m.len());
        let hex = m.iter().all(u8::is_ascii_hexdigit) && m.len() > 5;
        begins == *m || hex && begins.eq_ignore_ascii_case(m)
    })?;
    let end = text.while_at(start, base64);
    if end - start >= 8 { hit(start, end, *kind) } else { None }
}

/// A short token that begins like inline data: `Rk1SACAyMAA=`.
pub(super) fn short(text: Text<'_>, start: usize, end: usize) -> Hit {
    if end - start < 7 || base64(text.before(start)) && text.before(start) != b'=' {
        return None;
    }
    magic(text, start).or_else(|| if text.at(start) == b'A' { well_known_binary(text, start, end) } else { None })
}

/// Base64 of a place whose first token is letters only: `AQEAACDmEAAAQUC+hAoO…`.
pub(super) fn encoded(text: Text<'_>, start: usize, end: usize) -> Hit {
    let begins = text.at(start) == b'A' && text.at(start + 1) == b'Q' && end - start >= 6;
    if begins { well_known_binary(text, start, end) } else { None }
}

/// Base64 that begins with a stroke: `/9j/4AAQ`.
pub(super) fn slash(text: Text<'_>, at: usize) -> Hit {
    if base64(text.before(at)) || !matches!(text.at(at + 1), b'9' | b'6') { None } else { magic(text, at) }
}

/// `data:image/jpeg;base64,/9j/4AAQ` (RFC 2397): of a picture.
pub(super) fn data(text: Text<'_>, start: usize, end: usize) -> Hit {
    if !text.slice(end, end + 7).eq_ignore_ascii_case(b":image/") {
        return None;
    }
    let to = text.while_at(end, |b| base64(b) || matches!(b, b':' | b';' | b',' | b'.' | b'%'));
    hit(start, to, Kind::Picture)
}

/// A token of twenty letters and digits or more.
pub(super) fn long(text: Text<'_>, start: usize, end: usize, seen: u8, cue: u64) -> Next {
    let whole = || text.while_at(end, base64);
    let found = well_known_binary(text, start, end)
        .or_else(|| magic(text, start))
        .or_else(|| {
            let kind = match () {
                () if cue & Cue::FINGER != 0 => Kind::Fingerprint,
                () if cue & Cue::FACE != 0 => Kind::FacePrint,
                // An image may be a program's, by its digest.
                () if cue & Cue::PICTURE != 0 && !is_digest(text.slice(start, end)) => Kind::Picture,
                () => return None,
            };
            hit(start, whole(), kind)
        })
        .or_else(|| iban(text, start, end));
    if let Some(one) = found {
        return Next::Found(one);
    }
    // Keys, hashes and other encoded data go on past their signs; words do not.
    let mixed = seen & (UPPER | LOWER | DIGIT) == UPPER | LOWER | DIGIT;
    Next::Skip(if mixed { whole() } else { end })
}

/// Digits of MD5, SHA-1 or SHA-2.
fn is_digest(token: &[u8]) -> bool {
    matches!(token.len(), 32 | 40 | 56 | 64 | 96 | 128) && token.iter().all(u8::is_ascii_hexdigit)
}

fn iban(text: Text<'_>, start: usize, end: usize) -> Hit {
    if end - start > 34 || !text.at(start).is_ascii_alphabetic() {
        return None;
    }
    super::official::code(text, &text.gather(start), 0)
}

/// Well-known binary of a point and other shapes (OGC 06-103r4; PostGIS' EWKB), in hexadecimal digits or base64:
/// `0101000000533F6F2A5261C0BFF758FAD005C14940`, `AQEAAABTP28q…`.
fn well_known_binary(text: Text<'_>, start: usize, end: usize) -> Hit {
    // 0x and \x go before.
    let hexed =
        text.at(start) == b'0' && text.at(start + 1) == b'x' || text.at(start) == b'x' && text.before(start) == b'\\';
    let from = match text.at(start) {
        b'0' if hexed => start + 2,
        b'x' if hexed => start + 1,
        _ => start,
    };
    let head = text.slice(from, from + 10);
    let all_hex = text.slice(from, end).iter().all(u8::is_ascii_hexdigit);
    // Byte order, then the kind of shape in four bytes, perhaps with a flag of PostGIS'.
    let little = matches!(head, [b'0', b'1', b'0', b'1'..=b'7', b'0', b'0', b'0', b'0', flag, b'0'] if flag.is_ascii_hexdigit())
        || matches!(
            head,
            [b'0', b'1', b'E' | b'e', b'9' | b'a'..=b'f' | b'A'..=b'F', b'0', b'3', b'0', b'0', b'0', b'0']
        );
    let big = matches!(head, [b'0', b'0', b'0' | b'2', b'0', b'0', b'0', b'0', b'0', b'0', b'1'..=b'7']);
    if all_hex && (little || big) && end - from >= 42 {
        return hit(if text.before(start) == b'\\' { start - 1 } else { start }, end, Kind::Coordinates);
    }
    let encoded = matches!(
        text.slice(start, start + 6),
        [b'A', b'Q', b'E' | b'I' | b'M' | b'Q' | b'U' | b'Y' | b'c', b'A', b'A', b'A']
    ) || matches!(text.slice(start, start + 6), [b'A', b'Q', b'E' | b'I' | b'M', b'A', b'A', b'C']);
    if !encoded || is_alnum(text.before(start)) {
        return None;
    }
    let whole = text.while_at(end, base64);
    if whole - start >= 28 { hit(start, whole, Kind::Coordinates) } else { None }
}

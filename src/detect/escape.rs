//! Characters that are escaped for a URL (RFC 3986 section 2.1) or for HTML.

/// Whether there are any. Most texts have neither sign, which is seen at once.
pub(super) fn any(text: &str) -> bool {
    let signs = |chunk: &[u8]| chunk.iter().fold(false, |any, b| any | (*b == b'%') | (*b == b'&'));
    text.as_bytes().chunks(32).any(signs) && text.match_indices(['%', '&']).any(|(from, _)| at(text, from).is_some())
}

/// The character that is escaped here, and where its escape ends.
pub(super) fn at(text: &str, at: usize) -> Option<(char, usize)> {
    let rest = text.get(at..)?;
    if rest.starts_with('%') { percent(rest.as_bytes(), at) } else { entity(rest, at) }
}

/// `%40`, `%C2%A0`.
fn percent(rest: &[u8], at: usize) -> Option<(char, usize)> {
    let byte = |i: usize| {
        let [b'%', high, low] = rest.get(3 * i..3 * i + 3)? else { return None };
        let digit = |b: &u8| char::from(*b).to_digit(16);
        u8::try_from(digit(high)? * 16 + digit(low)?).ok()
    };
    let first = byte(0)?;
    let length = match first {
        0x20..=0x7e | b'\t' | b'\r' | b'\n' => 1,
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => return None,
    };
    let mut bytes = [0; 4];
    for (i, to) in bytes.iter_mut().enumerate().take(length) {
        *to = byte(i)?;
    }
    let c = std::str::from_utf8(bytes.get(..length)?).ok()?.chars().next()?;
    Some((c, at + 3 * length))
}

/// Names that text from forms and web pages has.
const NAMES: [(&str, char); 17] = [
    ("nbsp", ' '),
    ("amp", '&'),
    ("lt", '<'),
    ("gt", '>'),
    ("quot", '"'),
    ("apos", '\''),
    ("commat", '@'),
    ("period", '.'),
    ("deg", '°'),
    ("prime", '\''),
    ("Prime", '"'),
    ("lsquo", '\''),
    ("rsquo", '\''),
    ("rdquo", '"'),
    ("ndash", '-'),
    ("minus", '-'),
    ("shy", '\u{AD}'),
];

/// `&nbsp;`, `&#64;`, `&#x40;`.
fn entity(rest: &str, at: usize) -> Option<(char, usize)> {
    let end = rest.as_bytes().iter().take(10).position(|b| *b == b';')?;
    let name = rest.get(1..end)?;
    let c = match name.strip_prefix('#') {
        Some(number) => match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16),
            None => number.parse(),
        }
        .ok()
        .and_then(char::from_u32)?,
        None => NAMES.iter().find(|(known, _)| *known == name)?.1,
    };
    Some((c, at + end + 1))
}

//! Characters that are escaped for a URL (RFC 3986 section 2.1) or for HTML.

/// Whether there are any. Most texts have neither sign, which is seen at once.
pub(super) fn any(text: &str) -> bool {
    let signs = |chunk: &[u8]| chunk.iter().fold(false, |any, b| any | (*b == b'%') | (*b == b'&'));
    text.as_bytes().chunks(32).any(signs) && text.match_indices(['%', '&']).any(|(from, _)| at(text, from).is_some())
}

/// A quick test whether one may stand here.
#[inline(always)]
pub(super) fn may_be(text: &[u8], at: usize) -> bool {
    match text.get(at) {
        Some(b'%') => text.get(at + 1).is_some_and(u8::is_ascii_hexdigit),
        Some(b'&') => text.get(at + 1).is_some_and(|b| *b == b'#' || b.is_ascii_alphabetic()),
        _ => false,
    }
}

/// The character that is escaped here, and where its escape ends. What was escaped twice (`&amp;nbsp;`, `%2520`) is read
/// twice.
pub(super) fn at(text: &str, at: usize) -> Option<(char, usize)> {
    let rest = text.get(at..)?;
    if let Some(rest) = rest.strip_prefix('%') {
        let bytes = rest.as_bytes();
        let twice = rest.starts_with("25").then(|| percent(bytes, at + 1, b"25", b"%25")).flatten();
        return twice.or_else(|| percent(bytes, at + 1, b"", b"%"));
    }
    let (c, end) = entity(rest.get(1..)?, at + 1)?;
    let twice = (c == '&').then(|| entity(text.get(end..)?, end)).flatten();
    Some(twice.unwrap_or((c, end)))
}

/// A text without its escapes, and where each byte of it comes from in the text that has them.
pub(super) fn undone(text: &str) -> (String, Vec<(usize, usize)>) {
    let (mut plain, mut from) = (String::with_capacity(text.len()), Vec::with_capacity(text.len()));
    let mut next = 0;
    for (start, c) in text.char_indices() {
        if start < next {
            continue;
        }
        let escaped = if matches!(c, '%' | '&') { at(text, start) } else { None };
        let (c, end) = escaped.unwrap_or((c, start + c.len_utf8()));
        next = end;
        plain.push(c);
        from.resize(plain.len(), (start, end));
    }
    (plain, from)
}

/// `40`, `C2%A0` after the sign at this byte, with what goes on for a sign before the first pair and before others.
fn percent(rest: &[u8], at: usize, first: &[u8], sign: &[u8]) -> Option<(char, usize)> {
    let step = sign.len() + 2;
    let byte = |i: usize| {
        let pair = first.len() + i * step;
        if i > 0 && rest.get(pair - sign.len()..pair) != Some(sign) {
            return None;
        }
        let [high, low] = rest.get(pair..pair + 2)? else { return None };
        let digit = |b: &u8| char::from(*b).to_digit(16);
        u8::try_from(digit(high)? * 16 + digit(low)?).ok()
    };
    let length = match byte(0)? {
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
    Some((c, at + first.len() + 2 + (length - 1) * step))
}

/// Names that text from forms and web pages has.
const NAMES: [(&str, char); 23] = [
    ("nbsp", ' '),
    ("ensp", ' '),
    ("emsp", ' '),
    ("thinsp", ' '),
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
    ("ldquo", '"'),
    ("rdquo", '"'),
    ("hyphen", '-'),
    ("mdash", '-'),
    ("ndash", '-'),
    ("minus", '-'),
    ("shy", '\u{AD}'),
];

/// `nbsp;`, `#64;`, `#x40;` after its sign.
fn entity(rest: &str, at: usize) -> Option<(char, usize)> {
    let end = rest.as_bytes().iter().take(9).position(|b| *b == b';')?;
    let name = rest.get(..end)?;
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

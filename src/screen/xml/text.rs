//! Text and attribute values: from the wire to what they mean, and back.

use super::{
    fault::{Fault, Said},
    scan::{ONES, find, zero},
};
use crate::policy::integration::is_xml_char;

/// How a run of characters is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// Between tags: references mean characters, line ends become one line feed.
    Text,
    /// In quotes: as text, and literal white space becomes spaces (XML 1.0 section 3.3.3).
    Attribute,
    /// CDATA, comments and instructions: no references.
    Verbatim,
}

const CONTROL: Said = ("a character that XML does not allow", "take it out");
const BRACKETS: Said = ("`]]>` in text", "write it as ]]&gt;");
const REFERENCE: Said = ("an `&` that begins no reference", "write it as &amp;");
const ENTITY: Said =
    ("a reference to an entity that is not one of XML's five", "write the character itself, or its number: &#233;");
const NUMBER: Said = ("a reference to a character that XML does not allow", "take it out");

/// Puts what `raw` means at the end of `into`.
pub(super) fn decode(raw: &str, reading: Reading, into: &mut String) -> Result<(), Fault> {
    let mut from = 0;
    while let Some(length) = raw.as_bytes().get(from..).and_then(|rest| rest.iter().position(|b| unusual(*b, reading)))
    {
        let at = from + length;
        into.push_str(raw.get(from..at).unwrap_or_default());
        from = at + one(raw, at, reading, into).map_err(|said| Fault::here(at, said))?;
    }
    into.push_str(raw.get(from..).unwrap_or_default());
    Ok(())
}

/// Whether nothing in it needs a second look, so that it means itself. White space may get one without need.
#[inline]
pub(super) fn plain(raw: &[u8], reading: Reading) -> bool {
    let odd = |word: &[u8; 8]| odd(u64::from_le_bytes(*word), reading);
    match raw.last_chunk::<8>() {
        Some(last) => !raw.as_chunks::<8>().0.iter().any(odd) && !odd(last),
        None => !raw.iter().any(|b| unusual(*b, reading)),
    }
}

/// Whether one of eight bytes may be [`unusual`].
#[inline(always)]
const fn odd(word: u64, reading: Reading) -> bool {
    let control = word.wrapping_sub(ONES * 0x20) & !word & (ONES << 7);
    let odd = control | zero(word ^ (ONES * 0xEF));
    0 != match reading {
        Reading::Text => odd | zero(word ^ (ONES * b'&' as u64)) | zero(word ^ (ONES * b']' as u64)),
        Reading::Attribute => odd | zero(word ^ (ONES * b'&' as u64)),
        Reading::Verbatim => odd,
    }
}

#[inline(always)]
const fn unusual(byte: u8, reading: Reading) -> bool {
    // 0xEF begins U+FFFE and U+FFFF.
    let odd = (byte < b' ' && !matches!(byte, b'\t' | b'\n')) | (byte == 0xEF);
    match reading {
        Reading::Text => odd | (byte == b'&') | (byte == b']'),
        Reading::Attribute => odd | (byte == b'&') | (byte == b'\t') | (byte == b'\n'),
        Reading::Verbatim => odd,
    }
}

/// Reads the unusual character at `at` and says how many bytes it has.
fn one(raw: &str, at: usize, reading: Reading, into: &mut String) -> Result<usize, Said> {
    let rest = raw.get(at..).unwrap_or_default();
    match rest.as_bytes() {
        [b'&', ..] => return reference(rest, into),
        [b']', b']', b'>', ..] => return Err(BRACKETS),
        [b'\r', after @ ..] => {
            into.push(if reading == Reading::Attribute { ' ' } else { '\n' });
            return Ok(if after.first() == Some(&b'\n') { 2 } else { 1 });
        }
        [b'\t' | b'\n', ..] if reading == Reading::Attribute => {
            into.push(' ');
            return Ok(1);
        }
        _ => {}
    }
    let c = rest.chars().next().filter(|c| is_xml_char(*c)).ok_or(CONTROL)?;
    into.push(c);
    Ok(c.len_utf8())
}

/// Reads the reference that `rest` begins with.
fn reference(rest: &str, into: &mut String) -> Result<usize, Said> {
    let (name, _) = rest.strip_prefix('&').and_then(|r| r.split_once(';')).ok_or(REFERENCE)?;
    let c = match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        _ => match name.strip_prefix('#') {
            Some(number) => character(number)?,
            None if crate::policy::integration::is_ncname(name) => return Err(ENTITY),
            None => return Err(REFERENCE),
        },
    };
    into.push(c);
    Ok(name.len() + 2)
}

fn character(number: &str) -> Result<char, Said> {
    let (digits, radix) = number.strip_prefix('x').map_or((number, 10), |hex| (hex, 16));
    if digits.is_empty() || !digits.chars().all(|c| c.is_digit(radix)) {
        return Err(REFERENCE);
    }
    let code = u32::from_str_radix(digits, radix).map_err(|_| NUMBER)?;
    char::from_u32(code).filter(|c| is_xml_char(*c)).ok_or(NUMBER)
}

/// Whether it is white space and nothing else (XML 1.0 section 2.3).
#[inline]
pub(super) fn is_white(text: &[u8]) -> bool {
    text.iter().all(|b| matches!(b, b' ' | b'\n' | b'\t' | b'\r'))
}

/// Writes a text between tags. Every `>` is escaped, so that `]]>` never stands.
pub(super) fn write_text(text: &str, out: &mut Vec<u8>) {
    if find(text.as_bytes(), 0, [b'&', b'<', b'>', b'\r']).is_none() {
        return out.extend_from_slice(text.as_bytes());
    }
    write(text, out, |byte| match byte {
        b'&' => Some(b"&amp;"),
        b'<' => Some(b"&lt;"),
        b'>' => Some(b"&gt;"),
        b'\r' => Some(b"&#13;"),
        _ => None,
    });
}

/// Writes an attribute's value, to stand in double quotes.
pub(super) fn write_value(text: &str, out: &mut Vec<u8>) {
    write(text, out, |byte| match byte {
        b'&' => Some(b"&amp;"),
        b'<' => Some(b"&lt;"),
        b'"' => Some(b"&quot;"),
        b'\t' => Some(b"&#9;"),
        b'\n' => Some(b"&#10;"),
        b'\r' => Some(b"&#13;"),
        _ => None,
    });
}

#[inline(always)]
fn write(text: &str, out: &mut Vec<u8>, escape: impl Fn(u8) -> Option<&'static [u8]>) {
    let mut rest = text.as_bytes();
    while let Some(at) = rest.iter().position(|b| escape(*b).is_some()) {
        let (before, after) = rest.split_at(at);
        out.extend_from_slice(before);
        let Some((byte, after)) = after.split_first() else { return };
        out.extend_from_slice(escape(*byte).unwrap_or_default());
        rest = after;
    }
    out.extend_from_slice(rest);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(raw: &str, reading: Reading) -> Result<String, &'static str> {
        let mut text = String::new();
        decode(raw, reading, &mut text).map(|()| text).map_err(|fault| fault.what)
    }

    #[test]
    fn references_and_line_ends_are_read() {
        assert_eq!(read("a&amp;&lt;&gt;&quot;&apos;&#65;&#x1F600;\r\n\r]", Reading::Text).unwrap(), "a&<>\"'A😀\n\n]");
        assert_eq!(read("a\tb\r\nc&#9;&#13;]]>", Reading::Attribute).unwrap(), "a b c\t\r]]>");
        assert_eq!(read("&amp;\r]", Reading::Verbatim).unwrap(), "&amp;\n]");
    }

    #[test]
    fn what_is_no_reference_or_no_character_is_refused() {
        for raw in ["&", "&;", "&amp", "& amp;", "&#;", "&#x;", "&#X41;", "&#-1;", "&#+65;", "&#x 41;", "&a b;"] {
            assert_eq!(read(raw, Reading::Text), Err(REFERENCE.0), "{raw}");
        }
        for raw in ["&#0;", "&#1;", "&#xD800;", "&#xFFFE;", "&#x110000;", "&#99999999999999999999;"] {
            assert_eq!(read(raw, Reading::Attribute), Err(NUMBER.0), "{raw}");
        }
        assert_eq!(read("&eacute;", Reading::Text), Err(ENTITY.0));
        assert_eq!(read("a]]>", Reading::Text), Err(BRACKETS.0));
        for raw in ["\0", "\u{1}", "\u{b}", "\u{1f}", "\u{fffe}", "\u{ffff}"] {
            for reading in [Reading::Text, Reading::Attribute, Reading::Verbatim] {
                assert_eq!(read(raw, reading), Err(CONTROL.0), "{raw:?}");
            }
        }
        assert!(read("\u{feff}\u{fffd}\u{7f}\u{85}", Reading::Text).is_ok());
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(text in "[ -~\t\n\r&<>\"'\\]é😀\u{feff}]{0,40}") {
            let (mut between, mut quoted) = (Vec::new(), Vec::new());
            write_text(&text, &mut between);
            write_value(&text, &mut quoted);
            prop_assert_eq!(read(std::str::from_utf8(&between).unwrap(), Reading::Text).unwrap(), text.clone());
            prop_assert_eq!(read(std::str::from_utf8(&quoted).unwrap(), Reading::Attribute).unwrap(), text);
        }

        #[test]
        fn what_is_plain_means_itself(raw in "[ -~\t\n&\\]é\u{feff}]{0,40}") {
            for reading in [Reading::Text, Reading::Attribute, Reading::Verbatim] {
                if plain(raw.as_bytes(), reading) {
                    prop_assert_eq!(read(&raw, reading).unwrap(), raw.clone());
                }
            }
        }
    }
}

//! Strings: from the wire to text and back.

use std::borrow::Cow;

/// The text of a string that was already checked, without its quotes.
pub(super) fn decode(raw: &[u8]) -> Cow<'_, str> {
    let raw = std::str::from_utf8(raw).map_or_else(|_| String::from_utf8_lossy(raw), Cow::Borrowed);
    if !raw.as_bytes().contains(&b'\\') {
        return raw;
    }
    let mut text = String::with_capacity(raw.len());
    let mut rest = raw.chars();
    while let Some(c) = rest.next() {
        text.push(if c == '\\' { unescape(&mut rest) } else { c });
    }
    Cow::Owned(text)
}

fn unescape(rest: &mut std::str::Chars<'_>) -> char {
    match rest.next() {
        Some('b') => '\u{8}',
        Some('f') => '\u{c}',
        Some('n') => '\n',
        Some('r') => '\r',
        Some('t') => '\t',
        Some('u') => {
            let mut units = vec![unit(rest)];
            if matches!(units.as_slice(), [0xD800..=0xDBFF]) {
                rest.by_ref().nth(1);
                units.push(unit(rest));
            }
            let decoded = char::decode_utf16(units).next().and_then(Result::ok);
            decoded.unwrap_or(char::REPLACEMENT_CHARACTER)
        }
        Some(c) => c,
        None => char::REPLACEMENT_CHARACTER,
    }
}

fn unit(rest: &mut std::str::Chars<'_>) -> u16 {
    let digits = rest.by_ref().take(4).filter_map(|c| c.to_digit(16));
    digits.fold(0, |unit, digit| unit << 4 | digit as u16)
}

/// Writes a text as a JSON string, escaping only what must be (RFC 8259 section 7).
pub(in crate::screen) fn encode(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    for byte in text.bytes() {
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            0..=0x1f => out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
            _ => out.push(byte),
        }
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn escapes_are_read() {
        assert_eq!(decode(br#"\ud83d\ude00\u00e9\n\"\\\/\b\f\r\tx"#), "😀é\n\"\\/\u{8}\u{c}\r\tx");
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(text in "\\PC*|[\u{0}-\u{7f}]*") {
            let mut out = Vec::new();
            encode(&text, &mut out);
            prop_assert_eq!(serde_json::from_slice::<String>(&out).unwrap(), text.clone());
            prop_assert_eq!(decode(&out[1..out.len() - 1]), text);
        }
    }
}

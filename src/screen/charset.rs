//! Charsets: text that says it is in a Western single-byte charset is put into UTF-8 before anything reads it.
//!
//! `iso-8859-1` is read as `windows-1252`, as the web does (WHATWG Encoding section 4.2): the two differ only in bytes
//! 0x80 to 0x9F, which in ISO 8859-1 are control characters that nobody sends and in practice are the quotes and dashes
//! of Windows software that declares Latin-1. What the recipient is sent is UTF-8, so there is one reading. Five of
//! those bytes mean nothing in windows-1252 either: they are refused.

use crate::verdict::{Code, Refusal};
use bytes::Bytes;

/// A charset that text may be declared to be in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Charset {
    /// UTF-8, which every format checks for itself.
    Utf8,
    /// Bytes below 0x80 only.
    Ascii,
    /// `windows-1252`, and what is declared `iso-8859-1`.
    Western,
}

impl Charset {
    /// The charset of a label (the labels of WHATWG Encoding that senders use), whatever its case.
    #[must_use]
    pub fn of(label: &str) -> Option<Self> {
        match label.to_ascii_lowercase().as_str() {
            "utf-8" | "utf8" => Some(Self::Utf8),
            "us-ascii" | "ascii" | "iso646-us" | "ansi_x3.4-1968" => Some(Self::Ascii),
            "windows-1252" | "cp1252" | "x-cp1252" | "iso-8859-1" | "iso8859-1" | "iso88591" | "iso_8859-1"
            | "iso_8859-1:1987" | "latin1" | "l1" | "cp819" | "ibm819" | "iso-ir-100" | "csisolatin1" => {
                Some(Self::Western)
            }
            _ => None,
        }
    }
}

/// Puts one body into UTF-8.
#[derive(Debug)]
pub struct Transcoder {
    charset: Charset,
    /// Bytes read.
    at: u64,
    /// How many of the first bytes are those of a UTF-8 byte order mark.
    mark: usize,
}

const MARK: [u8; 3] = [0xef, 0xbb, 0xbf];

impl Transcoder {
    /// `None` where there is nothing to do.
    #[must_use]
    pub const fn new(charset: Charset) -> Option<Self> {
        match charset {
            Charset::Utf8 => None,
            Charset::Ascii | Charset::Western => Some(Self { charset, at: 0, mark: 0 }),
        }
    }

    /// The next bytes in UTF-8, however they are cut: at most three for each.
    ///
    /// # Errors
    /// `body-malformed` for a byte that the charset does not have, and for a UTF-8 byte order mark at the beginning of
    /// what is said not to be UTF-8.
    pub fn push(&mut self, bytes: Bytes) -> Result<Bytes, Refusal> {
        self.not_marked(&bytes)?;
        let from = self.at;
        self.at += bytes.len() as u64;
        let Some(first) = bytes.iter().position(|b| !b.is_ascii()) else { return Ok(bytes) };
        if self.charset == Charset::Ascii {
            return Err(unknown("us-ascii", from, first));
        }
        let (plain, rest) = bytes.split_at(first);
        let mut out = Vec::with_capacity(bytes.len() + rest.len());
        out.extend_from_slice(plain);
        for (i, byte) in rest.iter().enumerate() {
            let c = western(*byte).ok_or_else(|| unknown("windows-1252", from, first + i))?;
            out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
        }
        Ok(out.into())
    }

    /// Text that begins with the mark is UTF-8 whatever it is said to be.
    fn not_marked(&mut self, bytes: &[u8]) -> Result<(), Refusal> {
        if usize::try_from(self.at).is_ok_and(|at| at == self.mark) {
            let rest = MARK.get(self.mark..).unwrap_or_default();
            self.mark += bytes.iter().zip(rest).take_while(|(is, mark)| is == mark).count();
            if self.mark == MARK.len() && !rest.is_empty() {
                let detail = "The body begins with UTF-8's byte order mark, and its Content-Type declares another \
                              charset; declare utf-8 and leave the mark out.";
                return Err(Refusal::plain(Code::BodyMalformed, detail));
            }
        }
        Ok(())
    }
}

fn unknown(charset: &str, from: u64, at: usize) -> Refusal {
    let at = from + at as u64;
    let detail =
        format!("Byte {at} of the body is no character of {charset}, the charset that its Content-Type declares.");
    Refusal::plain(Code::BodyMalformed, detail)
}

/// WHATWG Encoding, index windows-1252, without the five bytes that it maps to control characters.
fn western(byte: u8) -> Option<char> {
    const HIGH: [char; 32] = [
        '€', '\0', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\0', 'Ž', '\0', //
        '\0', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\0', 'ž', 'Ÿ',
    ];
    match byte {
        0x80..=0x9f => HIGH.get(usize::from(byte - 0x80)).copied().filter(|c| *c != '\0'),
        _ => Some(char::from(byte)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(charset: Charset, bytes: &[u8], piece: usize) -> Result<String, Refusal> {
        let mut transcoder = Transcoder::new(charset).unwrap();
        let mut out = Vec::new();
        for piece in bytes.chunks(piece) {
            out.extend_from_slice(&transcoder.push(Bytes::copy_from_slice(piece))?);
        }
        Ok(String::from_utf8(out).unwrap())
    }

    #[test]
    fn every_byte_of_windows_1252_has_its_character_or_none() {
        // The published table of the code page, above Latin-1's own.
        let table: [(u8, u32); 27] = [
            (0x80, 0x20ac),
            (0x82, 0x201a),
            (0x83, 0x0192),
            (0x84, 0x201e),
            (0x85, 0x2026),
            (0x86, 0x2020),
            (0x87, 0x2021),
            (0x88, 0x02c6),
            (0x89, 0x2030),
            (0x8a, 0x0160),
            (0x8b, 0x2039),
            (0x8c, 0x0152),
            (0x8e, 0x017d),
            (0x91, 0x2018),
            (0x92, 0x2019),
            (0x93, 0x201c),
            (0x94, 0x201d),
            (0x95, 0x2022),
            (0x96, 0x2013),
            (0x97, 0x2014),
            (0x98, 0x02dc),
            (0x99, 0x2122),
            (0x9a, 0x0161),
            (0x9b, 0x203a),
            (0x9c, 0x0153),
            (0x9e, 0x017e),
            (0x9f, 0x0178),
        ];
        for byte in 0..=255u8 {
            let expected = match table.iter().find(|(b, _)| *b == byte) {
                Some((_, c)) => char::from_u32(*c),
                None if (0x80..=0x9f).contains(&byte) => None,
                None => char::from_u32(u32::from(byte)),
            };
            assert_eq!(western(byte), expected, "{byte:#x}");
        }
    }

    #[test]
    fn where_it_is_cut_never_shows() {
        let text = b"Zo\xeb O\x92Brien \x80 5";
        for piece in 1..=text.len() {
            assert_eq!(all(Charset::Western, text, piece).unwrap(), "Zoë O’Brien € 5", "{piece}");
            let bad = all(Charset::Western, b"Zo\xeb \x81", piece).unwrap_err();
            assert_eq!((bad.code, bad.detail.contains("Byte 4 ")), (Code::BodyMalformed, true), "{piece}: {bad}");
            let bad = all(Charset::Ascii, b"Zo\xeb", piece).unwrap_err();
            assert!(bad.detail.contains("Byte 2 ") && bad.detail.contains("us-ascii"), "{piece}: {bad}");
            let marked = all(Charset::Western, b"\xef\xbb\xbf{}", piece).unwrap_err();
            assert!(marked.detail.contains("byte order mark"), "{piece}: {marked}");
            assert_eq!(all(Charset::Western, b"\xef\xbb{\xbf", piece).unwrap(), "ï»{¿");
        }
        assert_eq!(all(Charset::Ascii, b"plain", 2).unwrap(), "plain");
    }

    #[test]
    fn only_what_is_listed_is_a_charset() {
        assert_eq!(Charset::of("UTF-8"), Some(Charset::Utf8));
        assert_eq!(Charset::of("ISO-8859-1"), Some(Charset::Western));
        assert_eq!(Charset::of("us-ascii"), Some(Charset::Ascii));
        for other in ["utf-16", "utf-16le", "utf-7", "utf-32", "shift_jis", "iso-8859-15", "ebcdic-cp-us", ""] {
            assert_eq!(Charset::of(other), None, "{other}");
        }
        assert!(Transcoder::new(Charset::Utf8).is_none());
    }
}

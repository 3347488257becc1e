//! A value of a document that was walked before: looked into a level at a time, and copied as it is spelled.

use super::{scan, text};
use std::borrow::Cow;

/// The bytes of one JSON value that was found to be one.
#[derive(Debug, Clone, Copy)]
pub(in crate::screen) struct Raw<'b>(&'b [u8]);

/// A member of an object: its name and its value.
pub(in crate::screen) type Member<'b> = (Cow<'b, str>, Raw<'b>);

impl<'b> Raw<'b> {
    /// The one value of a document that was walked; `None` where there is none.
    pub(in crate::screen) fn document(buf: &'b [u8]) -> Option<Self> {
        Reader { buf, pos: 0 }.value()
    }

    /// As it is spelled.
    pub(in crate::screen) const fn bytes(self) -> &'b [u8] {
        self.0
    }

    pub(in crate::screen) fn is_null(self) -> bool {
        self.0 == b"null"
    }

    pub(in crate::screen) fn is_bool(self) -> bool {
        matches!(self.0, b"true" | b"false")
    }

    /// A string's text; `None` for anything else.
    pub(in crate::screen) fn text(self) -> Option<Cow<'b, str>> {
        Some(text::decode(self.0.strip_prefix(b"\"")?.strip_suffix(b"\"")?))
    }

    /// An object's members in order; `None` for anything else.
    pub(in crate::screen) fn members(self) -> Option<Vec<Member<'b>>> {
        let mut reader = self.inside(b'{')?;
        let mut members = Vec::new();
        while !reader.ends(b'}')? {
            scan::significant(reader.buf, &mut reader.pos)?;
            let name = reader.value()?.text()?;
            scan::significant(reader.buf, &mut reader.pos).filter(|b| *b == b':')?;
            reader.pos += 1;
            members.push((name, reader.value()?));
        }
        Some(members)
    }

    /// An array's elements in order; `None` for anything else.
    pub(in crate::screen) fn elements(self) -> Option<Vec<Self>> {
        let mut reader = self.inside(b'[')?;
        let mut elements = Vec::new();
        while !reader.ends(b']')? {
            elements.push(reader.value()?);
        }
        Some(elements)
    }

    /// Sees every string in it as it is spelled, without quotes; names too.
    pub(in crate::screen) fn each_string(self, mut see: impl FnMut(&'b [u8])) {
        let mut reader = Reader { buf: self.0, pos: 0 };
        while let Some(byte) = reader.buf.get(reader.pos) {
            if *byte != b'"' {
                reader.pos += 1;
                continue;
            }
            let Some(Self(string)) = reader.value() else { return };
            see(string.get(1..string.len().saturating_sub(1)).unwrap_or_default());
        }
    }

    fn inside(self, open: u8) -> Option<Reader<'b>> {
        (*self.0.first()? == open).then_some(Reader { buf: self.0, pos: 1 })
    }
}

struct Reader<'b> {
    buf: &'b [u8],
    pos: usize,
}

impl<'b> Reader<'b> {
    fn value(&mut self) -> Option<Raw<'b>> {
        scan::significant(self.buf, &mut self.pos)?;
        let start = self.pos;
        let mut depth = 0_usize;
        loop {
            match self.buf.get(self.pos) {
                Some(b'"') => self.pos = scan::text(self.buf, self.pos, &mut scan::Partial::default()).ok()??.end,
                Some(b'{' | b'[') => {
                    depth += 1;
                    self.pos += 1;
                }
                Some(b'}' | b']') => {
                    depth = depth.checked_sub(1)?;
                    self.pos += 1;
                }
                Some(b',' | b':' | b' ' | b'\n' | b'\r' | b'\t') => self.pos += 1,
                // A number or a word goes on to whatever cannot be in one.
                Some(_) => {
                    let rest = self.buf.get(self.pos..)?;
                    let is_word = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'+' | b'.');
                    self.pos += rest.iter().take_while(|b| is_word(b)).count().max(1);
                }
                None => return None,
            }
            if depth == 0 {
                return self.buf.get(start..self.pos).map(Raw);
            }
        }
    }

    /// Passes a comma, or the end.
    fn ends(&mut self, end: u8) -> Option<bool> {
        let byte = scan::significant(self.buf, &mut self.pos)?;
        self.pos += usize::from(byte == end || byte == b',');
        Some(byte == end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_looked_into_level_by_level() {
        let document =
            Raw::document(br#" { "a" : [ 1 , {"x":"]}\""} , "@{c.id}", -1.5e+3 ] , "b":null,"\u0063":{} } "#).unwrap();
        let members = document.members().unwrap();
        assert_eq!(members.iter().map(|(name, _)| &**name).collect::<Vec<_>>(), ["a", "b", "c"]);
        let elements: Vec<_> = members[0].1.elements().unwrap().iter().map(|e| e.bytes()).collect();
        assert_eq!(elements, [&b"1"[..], br#"{"x":"]}\""}"#, b"\"@{c.id}\"", b"-1.5e+3"]);
        assert!(members[1].1.is_null() && members[2].1.members().unwrap().is_empty());
        let mut strings = vec![];
        document.each_string(|s| strings.push(s));
        assert_eq!(strings, [&b"a"[..], b"x", b"]}\\\"", b"@{c.id}", b"b", b"\\u0063"]);
    }
}

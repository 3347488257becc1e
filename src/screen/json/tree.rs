//! A record as a tree, where a rule looks sideways. Its bytes were walked before: they are JSON, and its depth is bounded.

use super::{scan, tape::Scalar, text};
use std::borrow::Cow;

/// A value in the record.
#[derive(Debug)]
pub(super) struct Node<'b> {
    /// Where it begins in the buffer.
    pub(super) at: usize,
    pub(super) value: Value<'b>,
}

#[derive(Debug)]
pub(super) enum Value<'b> {
    /// As spelled, without quotes.
    Scalar(Scalar, &'b [u8]),
    Array(Vec<Node<'b>>),
    Object(Vec<(Cow<'b, str>, Node<'b>)>),
}

impl<'b> Node<'b> {
    /// The value that begins at `at`; `None` where the bytes are not what was walked.
    pub(super) fn read(buf: &'b [u8], at: usize) -> Option<Self> {
        Reader { buf, pos: at }.value()
    }

    /// Its members' and elements' values.
    pub(super) fn children(&self) -> impl Iterator<Item = &Self> {
        let (elements, members) = match &self.value {
            Value::Scalar(..) => (&[][..], &[][..]),
            Value::Array(elements) => (elements.as_slice(), &[][..]),
            Value::Object(members) => (&[][..], members.as_slice()),
        };
        elements.iter().chain(members.iter().map(|(_, member)| member))
    }

    pub(super) fn member(&self, name: &str) -> Option<&Self> {
        let Value::Object(members) = &self.value else { return None };
        let found = members.iter().position(|(n, _)| n == name);
        #[cfg(test)]
        LOOKED_AT.set(LOOKED_AT.get() + found.map_or(members.len(), |at| at + 1));
        members.get(found?).map(|(_, member)| member)
    }

    pub(super) fn elements(&self) -> &[Self] {
        if let Value::Array(elements) = &self.value { elements } else { &[] }
    }
}

struct Reader<'b> {
    buf: &'b [u8],
    pos: usize,
}

impl<'b> Reader<'b> {
    fn value(&mut self) -> Option<Node<'b>> {
        let byte = scan::significant(self.buf, &mut self.pos)?;
        let at = self.pos;
        let value = match byte {
            b'{' => self.object()?,
            b'[' => self.array()?,
            b'"' => {
                let raw = self.text()?;
                Value::Scalar(Scalar::Text, raw)
            }
            b't' => self.scalar(4, Scalar::Bool)?,
            b'f' => self.scalar(5, Scalar::Bool)?,
            b'n' => self.scalar(4, Scalar::Null)?,
            _ => {
                let length = scan::number(self.buf, at, true).ok()??.checked_sub(at)?;
                self.scalar(length, Scalar::Number)?
            }
        };
        Some(Node { at, value })
    }

    fn scalar(&mut self, length: usize, scalar: Scalar) -> Option<Value<'b>> {
        let raw = self.buf.get(self.pos..self.pos.checked_add(length)?)?;
        self.pos += length;
        Some(Value::Scalar(scalar, raw))
    }

    fn text(&mut self) -> Option<&'b [u8]> {
        let text = scan::text(self.buf, self.pos, &mut scan::Partial::default()).ok()??;
        let raw = self.buf.get(self.pos + 1..text.end - 1)?;
        self.pos = text.end;
        Some(raw)
    }

    fn array(&mut self) -> Option<Value<'b>> {
        let mut elements = Vec::new();
        self.pos += 1;
        while !self.ends(b']')? {
            elements.push(self.value()?);
        }
        Some(Value::Array(elements))
    }

    fn object(&mut self) -> Option<Value<'b>> {
        let mut members = Vec::new();
        self.pos += 1;
        while !self.ends(b'}')? {
            scan::significant(self.buf, &mut self.pos)?;
            let name = text::decode(self.text()?);
            scan::significant(self.buf, &mut self.pos).filter(|b| *b == b':')?;
            self.pos += 1;
            members.push((name, self.value()?));
        }
        Some(Value::Object(members))
    }

    /// Passes a comma, or the end.
    fn ends(&mut self, end: u8) -> Option<bool> {
        let byte = scan::significant(self.buf, &mut self.pos)?;
        self.pos += usize::from(byte == end || byte == b',');
        Some(byte == end)
    }
}

#[cfg(test)]
std::thread_local! {
    /// How many members [`Node::member`] has looked at: what looking up costs, whatever the machine.
    pub(super) static LOOKED_AT: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

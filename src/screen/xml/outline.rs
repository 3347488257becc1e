//! A whole document as a tree, for whoever drafts rules from a sample: what the kernel reads, and read as it reads it.
//!
//! Tokens, names, texts and faults are the kernel's own, so a sample means here what a body will mean there. There are no
//! rules here, and nothing leaves by it.

use super::{
    bindings::{Bindings, Mark, TWICE, UNDECLARED},
    fault::{CUT, DEEP, Fault, NO_START, OTHER_END, OUTSIDE, SECOND, UTF8, UTF16},
    scan::{self, Partial, Token},
    tag::{self, Attribute, declared, prefix},
    text::{self, Reading, is_white},
};
use crate::{policy::integration::Namespaces, screen::body::Limits, verdict::Refusal};
use std::{collections::BTreeSet, ops::Range, sync::Arc};

/// An expanded name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name {
    /// The namespace's URI; empty for none.
    pub namespace: Arc<str>,
    /// The name in it.
    pub local: String,
}

/// An element with all that is in it.
#[derive(Debug)]
pub struct Element {
    /// Its name.
    pub name: Name,
    /// Its attributes in order, without namespace declarations; each name once.
    pub attributes: Vec<(Name, String)>,
    /// The elements directly in it, in order.
    pub children: Vec<Element>,
    /// The text directly in it, references and CDATA as what they mean.
    pub text: String,
}

/// Reads one document. `transcoded`: somebody made UTF-8 of another encoding, which its declaration may still name.
///
/// # Errors
/// `body-malformed` with what is wrong, at which byte and line, as [`XmlScreener`](super::XmlScreener) says it. Never a
/// value or a name.
pub fn read(bytes: &[u8], limits: Limits, transcoded: bool) -> Result<Element, Refusal> {
    Reader::new(limits, transcoded).document(bytes).map_err(|fault| {
        let before = bytes.get(..fault.at).unwrap_or(bytes);
        let line = before.iter().filter(|b| **b == b'\n').count() + 1;
        fault.refusal(fault.at as u64, line as u64)
    })
}

/// An element that has not ended.
struct Open {
    element: Element,
    /// Its name as it is spelled.
    spelled: String,
    bindings: Mark,
}

struct Reader {
    limits: Limits,
    transcoded: bool,
    bindings: Bindings,
    /// Knows none, so that every namespace stays what it is.
    table: Namespaces,
    /// Each namespace once.
    uris: BTreeSet<Arc<str>>,
    open: Vec<Open>,
    root: Option<Element>,
    scratch: String,
}

impl Reader {
    fn new(limits: Limits, transcoded: bool) -> Self {
        Self {
            limits,
            transcoded,
            bindings: Bindings::default(),
            table: Namespaces::default(),
            uris: BTreeSet::new(),
            open: Vec::new(),
            root: None,
            scratch: String::new(),
        }
    }

    fn document(mut self, bytes: &[u8]) -> Result<Element, Fault> {
        if let [0 | 0xfe | 0xff, ..] = bytes {
            return Err(Fault::here(0, UTF16));
        }
        let text = std::str::from_utf8(bytes).map_err(|error| Fault::here(error.valid_up_to(), UTF8))?;
        let (mut pos, mut partial) =
            (if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 }, Partial::default());
        let mut first = true;
        while let Some((kind, end)) = scan::token(bytes, pos, &mut partial, true)? {
            let token = text.get(pos..end).unwrap_or_default();
            self.token(kind, token, first).map_err(|fault| fault.after(pos))?;
            (pos, first) = (end, false);
        }
        match self.root {
            Some(root) if pos == bytes.len() => Ok(root),
            _ => Err(Fault::here(bytes.len(), CUT)),
        }
    }

    fn token(&mut self, kind: Token, token: &str, first: bool) -> Result<(), Fault> {
        match kind {
            Token::Text => self.text(token, Reading::Text),
            Token::Start => self.start(token),
            Token::End => self.end(token),
            Token::Comment => self.verbatim(token, "<!--".len()),
            Token::CData if self.open.is_empty() => Err(Fault::here(0, OUTSIDE)),
            Token::CData => {
                let mark = "<![CDATA[".len();
                let text = token.get(mark..token.len() - "]]>".len()).unwrap_or_default();
                self.text(text, Reading::Verbatim).map_err(|fault| fault.after(mark))
            }
            Token::Instruction if first && tag::is_declaration(token) => tag::declaration(token, self.transcoded),
            Token::Instruction => tag::instruction(token).and_then(|()| self.verbatim(token, "<?".len())),
        }
    }

    fn verbatim(&mut self, token: &str, mark: usize) -> Result<(), Fault> {
        self.scratch.clear();
        let text = token.get(mark..).unwrap_or_default();
        text::decode(text, Reading::Verbatim, &mut self.scratch).map_err(|fault| fault.after(mark))
    }

    fn text(&mut self, raw: &str, reading: Reading) -> Result<(), Fault> {
        match self.open.last_mut() {
            Some(open) => text::decode(raw, reading, &mut open.element.text),
            None => match raw.bytes().position(|b| !is_white(&[b])) {
                Some(at) => Err(Fault::here(at, OUTSIDE)),
                None => Ok(()),
            },
        }
    }

    fn start(&mut self, token: &str) -> Result<(), Fault> {
        if self.root.is_some() {
            return Err(Fault::here(0, SECOND));
        }
        if self.open.len() >= self.limits.depth {
            return Err(Fault::here(0, DEEP));
        }
        let mut attributes = Vec::new();
        let tag = tag::start(token, &mut attributes, self.limits.members)?;
        let bindings = self.bindings.mark();
        let mut values = Vec::new();
        for attribute in &attributes {
            values.push(self.value(token, attribute, bindings)?);
        }
        let of = prefix(token, tag.name.start, tag.local);
        let name =
            self.name(of, part(token, tag.local..tag.name.end)).ok_or(Fault::here(tag.name.start, UNDECLARED))?;
        let attributes = self.attributes(token, &attributes, values)?;
        let element = Element { name, attributes, children: Vec::new(), text: String::new() };
        self.open.push(Open { element, spelled: part(token, tag.name).to_owned(), bindings });
        if tag.empty {
            self.close();
        }
        Ok(())
    }

    /// What an attribute's value means; a declaration is taken.
    fn value(&mut self, token: &str, attribute: &Attribute, since: Mark) -> Result<String, Fault> {
        let mut value = String::new();
        let read = text::decode(part(token, attribute.value.clone()), Reading::Attribute, &mut value);
        read.map_err(|fault| fault.after(attribute.value.start))?;
        if let Some(prefix) = declared(token, attribute) {
            let taken = self.bindings.declare(prefix, &value, since, &self.table);
            taken.map_err(|said| Fault::here(attribute.name.start, said))?;
        }
        Ok(value)
    }

    fn attributes(
        &mut self,
        token: &str,
        attributes: &[Attribute],
        values: Vec<String>,
    ) -> Result<Vec<(Name, String)>, Fault> {
        let (mut all, mut known) = (Vec::new(), BTreeSet::new());
        for (attribute, value) in attributes.iter().zip(values).filter(|(a, _)| declared(token, a).is_none()) {
            let (at, local) = (attribute.name.start, part(token, attribute.local..attribute.name.end));
            let name = match prefix(token, at, attribute.local) {
                // Without a prefix an attribute is in no namespace, whatever the default is.
                "" => Name { namespace: "".into(), local: local.to_owned() },
                prefix => self.name(prefix, local).ok_or(Fault::here(at, UNDECLARED))?,
            };
            if !known.insert(name.clone()) {
                return Err(Fault::here(at, TWICE));
            }
            all.push((name, value));
        }
        Ok(all)
    }

    /// `None`: the prefix is not declared.
    fn name(&mut self, prefix: &str, local: &str) -> Option<Name> {
        let bound = self.bindings.find(prefix)?;
        let uri = bound.uri_without_table();
        let namespace = match self.uris.get(uri) {
            Some(known) => Arc::clone(known),
            None => {
                let new: Arc<str> = uri.into();
                self.uris.insert(Arc::clone(&new));
                new
            }
        };
        Some(Name { namespace, local: local.to_owned() })
    }

    fn end(&mut self, token: &str) -> Result<(), Fault> {
        let name = tag::end(token)?;
        match self.open.last() {
            None => Err(Fault::here(0, NO_START)),
            Some(open) if open.spelled != name => Err(Fault::here(0, OTHER_END)),
            Some(_) => {
                self.close();
                Ok(())
            }
        }
    }

    fn close(&mut self) {
        let Some(closed) = self.open.pop() else { return };
        self.bindings.reset(closed.bindings);
        match self.open.last_mut() {
            Some(outer) => outer.element.children.push(closed.element),
            None => self.root = Some(closed.element),
        }
    }
}

fn part(token: &str, range: Range<usize>) -> &str {
    token.get(range).unwrap_or_default()
}

//! Which prefix stands for which namespace where the walk is (Namespaces in XML 1.0).

use super::fault::Said;
use crate::policy::integration::{Namespaces, Ns, XML_URI};

/// Declarations in force at once: each name is looked up among them.
const MOST: usize = 256;
/// The longest name of a namespace, in bytes: they are kept while their elements are open.
const LONGEST: usize = 2048;
/// What declarations themselves are in.
const XMLNS_URI: &str = "http://www.w3.org/2000/xmlns/";

/// The declarations of the elements that are open, innermost last.
#[derive(Debug, Default)]
pub(super) struct Bindings {
    all: Vec<Binding>,
    /// Prefixes and URIs, end to end.
    text: String,
    /// How often it was changed.
    changes: u64,
}

#[derive(Debug, Clone, Copy)]
struct Binding {
    prefix: usize,
    uri: usize,
    end: usize,
    ns: Ns,
}

/// How far [`Bindings`] went before an element.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Mark(usize, usize);

/// What a name is in: the namespace, and its URI where the table does not know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Bound<'b> {
    pub(super) ns: Ns,
    uri: &'b str,
}

impl Bound<'_> {
    /// No namespace.
    pub(super) const NONE: Self = Self { ns: Ns::NONE, uri: "" };

    /// The namespace, where no table knows any.
    pub(super) fn uri_without_table(&self) -> &str {
        if self.ns == Ns::XML { XML_URI } else { self.uri }
    }
}

impl Bindings {
    pub(super) fn mark(&self) -> Mark {
        Mark(self.all.len(), self.text.len())
    }

    /// Forgets everything since the mark.
    pub(super) fn reset(&mut self, mark: Mark) {
        if self.all.len() == mark.0 {
            return;
        }
        self.changes += 1;
        self.all.truncate(mark.0);
        self.text.truncate(mark.1);
    }

    /// How often it was changed: as long as this is the same, every prefix stands for the same.
    pub(super) fn changes(&self) -> u64 {
        self.changes
    }

    /// What was declared since the mark, in order: the namespace, and whether it is the default.
    pub(super) fn since(&self, mark: Mark) -> impl Iterator<Item = (Ns, bool)> {
        self.all.iter().skip(mark.0).map(|b| (b.ns, b.prefix == b.uri))
    }

    /// Takes a declaration; `prefix` is empty for the default. `since`: where its element's begin.
    pub(super) fn declare(&mut self, prefix: &str, uri: &str, since: Mark, table: &Namespaces) -> Result<(), Said> {
        let reserved = ("a declaration of a reserved prefix or namespace", "take it out");
        match (prefix, uri) {
            ("xml", XML_URI) => return Ok(()),
            ("xml" | "xmlns", _) | (_, XML_URI | XMLNS_URI) => return Err(reserved),
            (prefix, "") if !prefix.is_empty() => {
                return Err(("a prefix that is declared to stand for nothing", "give it a namespace, or take it out"));
            }
            _ => {}
        }
        if self.all.iter().skip(since.0).any(|b| self.prefix(b) == prefix) {
            return Err(TWICE);
        }
        if uri.len() > LONGEST {
            return Err(("a namespace whose name has more than 2,048 bytes", "shorten it"));
        }
        if self.all.len() >= MOST {
            return Err(("more than 256 namespace declarations at once", "declare only those that are used"));
        }
        self.changes += 1;
        let from = self.text.len();
        self.text.push_str(prefix);
        let middle = self.text.len();
        self.text.push_str(uri);
        self.all.push(Binding { prefix: from, uri: middle, end: self.text.len(), ns: table.of_uri(uri) });
        Ok(())
    }

    /// What a prefix stands for; the empty one for the default. `None`: it was not declared.
    #[inline]
    pub(super) fn find(&self, prefix: &str) -> Option<Bound<'_>> {
        match self.all.iter().rev().find(|b| self.prefix(b) == prefix) {
            Some(found) => {
                let known = found.ns != Ns::UNKNOWN;
                let uri = if known { "" } else { self.text.get(found.uri..found.end).unwrap_or_default() };
                Some(Bound { ns: found.ns, uri })
            }
            None if prefix.is_empty() => Some(Bound::NONE),
            None if prefix == "xml" => Some(Bound { ns: Ns::XML, uri: "" }),
            None => None,
        }
    }

    fn prefix(&self, binding: &Binding) -> &str {
        self.text.get(binding.prefix..binding.uri).unwrap_or_default()
    }
}

pub(super) const TWICE: Said = ("an attribute for the second time", "keep one of the two");
pub(super) const UNDECLARED: Said = ("a prefix that is not declared", "declare it with xmlns:…=\"…\"");

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Namespaces {
        Namespaces::new(vec![("h".into(), "urn:h".into())])
    }

    #[test]
    fn the_innermost_declaration_counts_until_its_element_ends() {
        let (mut b, table) = (Bindings::default(), table());
        let outer = b.mark();
        b.declare("x", "urn:h", outer, &table).unwrap();
        b.declare("", "urn:other", outer, &table).unwrap();
        let inner = b.mark();
        b.declare("x", "urn:x", inner, &table).unwrap();
        b.declare("", "", inner, &table).unwrap();
        assert_eq!(b.find("x").unwrap().ns, Ns::UNKNOWN);
        assert_eq!(b.find("").unwrap().ns, Ns::NONE);
        b.reset(inner);
        assert_eq!(b.find("x").unwrap().ns, table.of_prefix("h").unwrap());
        assert_eq!(b.find("").unwrap().ns, Ns::UNKNOWN);
        assert_eq!(b.since(outer).collect::<Vec<_>>(), [(b.find("x").unwrap().ns, false), (Ns::UNKNOWN, true)]);
        assert!(b.find("y").is_none() && b.find("xmlns").is_none());
        assert_eq!(b.find("xml").unwrap().ns, Ns::XML);
    }

    #[test]
    fn reserved_empty_and_repeated_declarations_are_refused() {
        let (mut b, table) = (Bindings::default(), table());
        let mark = b.mark();
        assert!(b.declare("xml", XML_URI, mark, &table).is_ok());
        for (prefix, uri) in [("xml", "urn:h"), ("xmlns", XMLNS_URI), ("a", XML_URI), ("", XMLNS_URI), ("a", "")] {
            assert!(b.declare(prefix, uri, mark, &table).is_err(), "{prefix} {uri}");
        }
        assert!(b.declare("a", "urn:a", mark, &table).is_ok());
        assert_eq!(b.declare("a", "urn:b", mark, &table), Err(TWICE));
        assert!(b.declare("b", &"u".repeat(2049), mark, &table).is_err());
    }
}

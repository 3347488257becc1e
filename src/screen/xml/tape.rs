//! What a record keeps, noted while it is read and written when its subject is known.

use crate::policy::integration::Ns;
use std::ops::Range;

/// One thing to write.
#[derive(Debug)]
pub(super) enum Item {
    /// A kept element begins. Whether it is a [`Shape::Leaf`] shows at its end.
    Open(Element),
    /// A listed element without attributes and declarations.
    Leaf(Leaf),
    /// The innermost [`Shape::Container`] ends.
    Close,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// Holds elements.
    Container,
    /// Holds none. No [`Item::Close`] follows.
    Leaf,
}

/// A part of [`Tape::text`].
pub(super) type Part = Range<u32>;

/// An element that a rule lists, or within which some rule may list something.
#[derive(Debug)]
pub(super) struct Element {
    pub(super) shape: Shape,
    pub(super) name: Name,
    /// Parts of [`Tape::declared`] and [`Tape::attributes`].
    pub(super) declared: Range<u32>,
    pub(super) attributes: Range<u32>,
    /// The rule that lists its text, and the text, of a leaf.
    pub(super) rule: Option<u16>,
    pub(super) text: Part,
    /// Whom it is about: 0 is the record's subject, others its dependants in order.
    pub(super) person: u32,
    /// No element in it can be listed: without a text or an attribute of its own it is nothing.
    pub(super) childless: bool,
    /// It is the document's element, without which there is no document.
    pub(super) root: bool,
}

/// A listed element that holds nothing but a text, and neither attributes nor declarations.
#[derive(Debug)]
pub(super) struct Leaf {
    pub(super) name: Name,
    pub(super) rule: u16,
    pub(super) text: Part,
    /// As [`Element::person`].
    pub(super) person: u32,
    /// As it is spelled, tags and all, where it is written so too as long as its namespace is declared; else empty.
    pub(super) spelled: Part,
}

/// An expanded name.
#[derive(Debug, Clone)]
pub(super) struct Name {
    pub(super) ns: Ns,
    pub(super) local: Part,
    /// It came with a prefix.
    pub(super) prefixed: bool,
    /// Only a wildcard lets it through: the rule, by the tally's count, under which it is recorded if it does not leave.
    pub(super) wild: Option<u32>,
}

/// A listed attribute.
#[derive(Debug)]
pub(super) struct Attribute {
    pub(super) name: Name,
    pub(super) value: Part,
    pub(super) rule: u16,
}

/// What was found where a subject's id should be.
#[derive(Debug, Clone)]
pub(super) enum Hit {
    Nothing,
    /// A value that names nobody: an empty one, or an element that holds elements.
    Nobody,
    Id(Part),
    /// More than one value.
    Several,
}

impl Hit {
    /// Takes note of a value at the subject's place; `None` where it can name nobody.
    pub(super) fn add(&mut self, text: Option<Part>) {
        *self = match (&*self, text) {
            (Self::Nothing, Some(part)) if !part.is_empty() => Self::Id(part),
            (Self::Nothing, _) => Self::Nobody,
            _ => Self::Several,
        };
    }
}

/// The items of the record that is being read, or of what stands outside records since the last writing.
#[derive(Debug, Default)]
pub(super) struct Tape {
    pub(super) items: Vec<Item>,
    /// Names, values and texts that were read, end to end.
    pub(super) text: String,
    pub(super) attributes: Vec<Attribute>,
    /// Namespaces declared by kept elements, and whether as the default.
    pub(super) declared: Vec<(Ns, bool)>,
    /// The record's subject, then its dependants'.
    pub(super) hits: Vec<Hit>,
}

impl Tape {
    /// Keeps a text.
    pub(super) fn keep(&mut self, text: &str) -> Part {
        let from = self.here();
        self.text.push_str(text);
        from..self.here()
    }

    /// Where the next text begins.
    pub(super) fn here(&self) -> u32 {
        self.text.len() as u32
    }

    pub(super) fn get(&self, part: &Part) -> &str {
        self.text.get(wide(part)).unwrap_or_default()
    }

    /// What was declared by an element, and its attributes.
    pub(super) fn of(&self, element: &Element) -> (&[(Ns, bool)], &[Attribute]) {
        let declared = self.declared.get(wide(&element.declared)).unwrap_or_default();
        (declared, self.attributes.get(wide(&element.attributes)).unwrap_or_default())
    }

    pub(super) fn clear(&mut self) {
        self.items.clear();
        self.text.clear();
        self.attributes.clear();
        self.declared.clear();
        self.hits.clear();
    }
}

/// A record has at most 1 GiB, and what is kept of it is not longer.
const fn wide(part: &Range<u32>) -> Range<usize> {
    part.start as usize..part.end as usize
}

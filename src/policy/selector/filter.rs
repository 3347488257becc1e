//! Filters (RFC 9535 section 2.3.5): what a record must say beside a place for the place to be selected.
//!
//! Comparisons of single values with literals and with each other, whether a place is there, the functions of section
//! 2.4, and `&&`, `||`, `!`. What a filter asks of a place costs each of its queries no more than the place is long:
//! `..` and unions within a filter are refused, and queries of more than eight steps. Asked at any depth (`$..[?…]`), a
//! place is looked at once for each container around it: depth times length.

mod read;

use super::Pattern;
pub(super) use read::read;
use std::sync::Arc;

/// A condition.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Filter {
    All(Vec<Filter>),
    Any(Vec<Filter>),
    Not(Box<Filter>),
    /// There is a place.
    Exists(Query),
    Compare(Operand, Comparison, Operand),
    /// `match` and `search`: it is a text, and the pattern says yes.
    Matches(Operand, Pattern),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// What is compared: a value, or nothing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Operand {
    Literal(Scalar),
    /// The value at the one place, and nothing where there are none or several: a singular query, or `value`.
    Value(Query),
    /// The characters of a text, the elements of an array, the members of an object; of anything else nothing.
    Length(Box<Operand>),
    /// How many places there are.
    Count(Query),
}

/// Where to look.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Query {
    /// From the record (`$`), not from what the filter looks at (`@`).
    pub(crate) of_record: bool,
    pub(crate) ways: Vec<Way>,
}

/// A value that a policy writes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Scalar {
    Text(Arc<str>),
    Number(Number),
    Bool(bool),
    Null,
}

/// A number as machines that read JSON keep it (RFC 8259 section 6): by its bits, so that rules can be told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Number(u64);

impl Number {
    pub(crate) const fn of(number: f64) -> Self {
        Self(number.to_bits())
    }

    pub(crate) const fn get(self) -> f64 {
        f64::from_bits(self.0)
    }
}

/// One step of a query.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Way {
    Name(Arc<str>),
    Index(u64),
    /// An element by its place from the end: 1 is the last.
    FromEnd(u64),
    /// Every member and every element.
    Each,
    /// From the first index (inclusive) to the second (exclusive).
    Elements(u64, u64),
    /// The members and elements of which this holds.
    Where(Box<Filter>),
}

impl Filter {
    /// The value at this place is exactly this text.
    pub(super) fn is_text(ways: Vec<Way>, text: &str) -> Self {
        let place = Operand::Value(Query { of_record: false, ways });
        Self::Compare(place, Comparison::Equal, Operand::Literal(Scalar::Text(text.into())))
    }

    /// The name and the text, where it says that the value of this name is exactly this text.
    pub(super) fn as_text(&self) -> Option<(&str, &str)> {
        let Self::Compare(Operand::Value(place), Comparison::Equal, Operand::Literal(Scalar::Text(text))) = self else {
            return None;
        };
        match place.ways.as_slice() {
            [Way::Name(name)] if !place.of_record => Some((name, text)),
            _ => None,
        }
    }
}

//! Filters (RFC 9535 section 2.3.5): what a record must say beside a place for the place to be selected.
//!
//! Comparisons of single places with whole numbers, texts, `true`, `false` and `null`, whether a place is there, and
//! `&&`, `||`, `!`. Functions and queries of several places are refused: a policy's reader should see at once what
//! a rule is about.

use super::SelectorError;
use jsonpath_rust::parser::model::{
    Comparable, Comparison as ParsedComparison, Filter as Parsed, FilterAtom, Literal, Segment, Selector as ParsedStep,
    SingularQuery, SingularQuerySegment, Test,
};
use std::sync::Arc;

/// A condition.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Filter {
    All(Vec<Filter>),
    Any(Vec<Filter>),
    Not(Box<Filter>),
    /// The place is there.
    Exists(Operand),
    Compare(Operand, Comparison, Operand),
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

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Operand {
    Literal(Scalar),
    /// A place relative to what the filter looks at (`@`).
    Here(Vec<Way>),
    /// A place relative to the record (`$`).
    Record(Vec<Way>),
}

/// A value that a policy writes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Scalar {
    Text(Arc<str>),
    Number(i64),
    Bool(bool),
    Null,
}

/// One step of a place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Way {
    Name(Arc<str>),
    Index(u64),
}

impl Filter {
    /// The value at this place is exactly this text.
    pub(super) fn is_text(way: Vec<Way>, text: &str) -> Self {
        Self::Compare(Operand::Here(way), Comparison::Equal, Operand::Literal(Scalar::Text(text.into())))
    }
}

impl Filter {
    /// The name and the text, where it says that the value of this name is exactly this text.
    pub(super) fn as_text(&self) -> Option<(&str, &str)> {
        let Self::Compare(Operand::Here(way), Comparison::Equal, Operand::Literal(Scalar::Text(text))) = self else {
            return None;
        };
        match way.as_slice() {
            [Way::Name(name)] => Some((name, text)),
            _ => None,
        }
    }
}

/// `text` is the whole selector, for the error.
pub(super) fn read(text: &str, parsed: &Parsed) -> Result<Filter, SelectorError> {
    match parsed {
        Parsed::Or(any) => any.iter().map(|f| read(text, f)).collect::<Result<_, _>>().map(Filter::Any),
        Parsed::And(all) => all.iter().map(|f| read(text, f)).collect::<Result<_, _>>().map(Filter::All),
        Parsed::Atom(FilterAtom::Filter { expr, not }) => Ok(negate(read(text, expr)?, *not)),
        Parsed::Atom(FilterAtom::Test { expr, not }) => Ok(negate(Filter::Exists(test(text, expr)?), *not)),
        Parsed::Atom(FilterAtom::Comparison(comparison)) => {
            let (left, right) = comparison.vals();
            let how = match **comparison {
                ParsedComparison::Eq(..) => Comparison::Equal,
                ParsedComparison::Ne(..) => Comparison::NotEqual,
                ParsedComparison::Gt(..) => Comparison::Greater,
                ParsedComparison::Gte(..) => Comparison::GreaterOrEqual,
                ParsedComparison::Lt(..) => Comparison::Less,
                ParsedComparison::Lte(..) => Comparison::LessOrEqual,
            };
            Ok(Filter::Compare(operand(text, left)?, how, operand(text, right)?))
        }
    }
}

fn negate(filter: Filter, not: bool) -> Filter {
    if not { Filter::Not(Box::new(filter)) } else { filter }
}

fn test(text: &str, parsed: &Test) -> Result<Operand, SelectorError> {
    match parsed {
        Test::RelQuery(segments) => {
            segments.iter().map(|s| singular(text, s)).collect::<Result<_, _>>().map(Operand::Here)
        }
        Test::AbsQuery(query) => {
            query.segments.iter().map(|s| singular(text, s)).collect::<Result<_, _>>().map(Operand::Record)
        }
        Test::Function(_) => Err(function(text)),
    }
}

fn singular(text: &str, parsed: &Segment) -> Result<Way, SelectorError> {
    match parsed {
        Segment::Selector(ParsedStep::Name(name)) => Ok(Way::Name(name.as_str().into())),
        Segment::Selector(ParsedStep::Index(index)) => step(text, *index),
        _ => Err(SelectorError::new(
            format!("'{text}' has a filter that looks at several places"),
            "name one place within the filter, such as @.id or @.codes[0].value",
        )),
    }
}

fn step(text: &str, index: i64) -> Result<Way, SelectorError> {
    u64::try_from(index).map(Way::Index).map_err(|_| {
        SelectorError::new(format!("'{text}' counts from the end of an array"), "count from the front within a filter")
    })
}

fn operand(text: &str, parsed: &Comparable) -> Result<Operand, SelectorError> {
    let ways = |segments: &[SingularQuerySegment]| {
        let way = |s: &SingularQuerySegment| match s {
            SingularQuerySegment::Name(name) => Ok(Way::Name(name.as_str().into())),
            SingularQuerySegment::Index(index) => step(text, *index),
        };
        segments.iter().map(way).collect::<Result<Vec<_>, _>>()
    };
    match parsed {
        Comparable::SingularQuery(SingularQuery::Current(segments)) => ways(segments).map(Operand::Here),
        Comparable::SingularQuery(SingularQuery::Root(segments)) => ways(segments).map(Operand::Record),
        Comparable::Function(_) => Err(function(text)),
        Comparable::Literal(literal) => Ok(Operand::Literal(match literal {
            Literal::String(text) => Scalar::Text(text.as_str().into()),
            Literal::Int(number) => Scalar::Number(*number),
            Literal::Bool(value) => Scalar::Bool(*value),
            Literal::Null => Scalar::Null,
            Literal::Float(_) => {
                return Err(SelectorError::new(
                    format!("'{text}' compares with a fraction, which machines round"),
                    "compare with a whole number or a text",
                ));
            }
        })),
    }
}

fn function(text: &str) -> SelectorError {
    SelectorError::new(
        format!("'{text}' calls a function"),
        "compare a place with a text or a number, such as [?@.id == 'dob']; functions are not supported",
    )
}

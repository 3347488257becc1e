//! What a filter asks of one node after another (RFC 9535 sections 2.3.5 and 2.4).

use crate::{
    policy::selector::{Comparison, Filter, Operand, Pattern, Query, Scalar, Way},
    screen::json::{
        tape::Scalar as Shape,
        text,
        tree::{Node, Value},
    },
};
use std::{borrow::Cow, cmp::Ordering, ops::ControlFlow};

/// A filter in which everything that it asks of the record is answered: looked up and read once, however many nodes the
/// filter is asked of, so that no body costs more than its length.
pub(super) enum Asked<'s> {
    All(Vec<Self>),
    Any(Vec<Self>),
    Not(Box<Self>),
    /// The same of every node.
    Known(bool),
    Exists(Path<'s>),
    Compare(Side<'s>, Comparison, Side<'s>),
    Matches(Side<'s>, &'s Pattern),
}

/// Where to look from a node.
pub(super) struct Path<'s>(Vec<Pace<'s>>);

enum Pace<'s> {
    Plain(&'s Way),
    Where(Asked<'s>),
}

/// One side of a comparison.
pub(super) enum Side<'s> {
    /// The same for every node.
    Known(Said<'s>),
    /// What stands at the one place.
    Value(Path<'s>),
    Length(Box<Self>),
    Count(Path<'s>),
}

/// What an operand says.
pub(super) enum Said<'s> {
    /// There is nothing at its place.
    Nothing,
    /// An array or object with so many elements or members.
    Container(usize),
    Text(Cow<'s, str>),
    /// As machines that read JSON keep it (RFC 8259 section 6).
    Number(f64),
    Bool(bool),
    Null,
}

impl<'s> Asked<'s> {
    pub(super) fn of(filter: &'s Filter, root: &'s Node<'_>) -> Self {
        let each = |filters: &'s [Filter]| filters.iter().map(|filter| Self::of(filter, root)).collect();
        match filter {
            Filter::All(all) => Self::All(each(all)),
            Filter::Any(any) => Self::Any(each(any)),
            Filter::Not(not) => Self::Not(Box::new(Self::of(not, root))),
            Filter::Exists(query) => match Path::of(query, root) {
                path if query.of_record => Self::Known(path.leads(root)),
                path => Self::Exists(path),
            },
            Filter::Compare(left, how, right) => Self::Compare(Side::of(left, root), *how, Side::of(right, root)),
            Filter::Matches(text, pattern) => match Side::of(text, root) {
                Side::Known(said) => Self::Known(said.is_in(pattern)),
                side => Self::Matches(side, pattern),
            },
        }
    }

    pub(super) fn holds(&self, here: &Node<'_>) -> bool {
        match self {
            Self::All(all) => all.iter().all(|asked| asked.holds(here)),
            Self::Any(any) => any.iter().any(|asked| asked.holds(here)),
            Self::Not(not) => !not.holds(here),
            Self::Known(answer) => *answer,
            Self::Exists(path) => path.leads(here),
            Self::Matches(side, pattern) => side.said(here).is_in(pattern),
            Self::Compare(left, how, right) => {
                let (left, right) = (&left.said(here), &right.said(here));
                let less = |a, b| order(a, b) == Some(Ordering::Less);
                match how {
                    Comparison::Equal => equal(left, right),
                    Comparison::NotEqual => !equal(left, right),
                    Comparison::Less => less(left, right),
                    Comparison::Greater => less(right, left),
                    Comparison::LessOrEqual => less(left, right) || equal(left, right),
                    Comparison::GreaterOrEqual => less(right, left) || equal(left, right),
                }
            }
        }
    }
}

impl<'s> Path<'s> {
    fn of(query: &'s Query, root: &'s Node<'_>) -> Self {
        let pace = |way: &'s Way| match way {
            Way::Where(filter) => Pace::Where(Asked::of(filter, root)),
            plain => Pace::Plain(plain),
        };
        Self(query.ways.iter().map(pace).collect())
    }

    /// Whether there is a place.
    fn leads(&self, from: &Node<'_>) -> bool {
        each(&self.0, from, &mut |_| ControlFlow::Break(())).is_break()
    }

    fn count(&self, from: &Node<'_>) -> f64 {
        let mut count = 0usize;
        let _ = each(&self.0, from, &mut |_| {
            count += 1;
            ControlFlow::Continue(())
        });
        count as f64
    }

    /// The one place; `None` where there are none or several.
    fn one<'n, 'b>(&self, from: &'n Node<'b>) -> Option<&'n Node<'b>> {
        let mut one = None;
        let several = each(&self.0, from, &mut |node| match one.replace(node) {
            None => ControlFlow::Continue(()),
            Some(_) => ControlFlow::Break(()),
        });
        one.filter(|_| several.is_continue())
    }
}

/// Shows `see` every place. Each node is passed once for each step at most: no two ways lead to one place.
fn each<'n, 'b>(
    paces: &[Pace<'_>],
    node: &'n Node<'b>,
    see: &mut dyn FnMut(&'n Node<'b>) -> ControlFlow<()>,
) -> ControlFlow<()> {
    #[cfg(test)]
    crate::screen::json::tree::LOOKED_AT.set(crate::screen::json::tree::LOOKED_AT.get() + 1);
    let Some((pace, rest)) = paces.split_first() else { return see(node) };
    let place = |at: u64| usize::try_from(at).unwrap_or(usize::MAX);
    let one = match pace {
        Pace::Where(asked) => {
            return node.children().filter(|child| asked.holds(child)).try_for_each(|child| each(rest, child, see));
        }
        Pace::Plain(Way::Each) => return node.children().try_for_each(|child| each(rest, child, see)),
        Pace::Plain(Way::Elements(from, to)) => {
            let mut elements = node.elements().iter().take(place(*to)).skip(place(*from));
            return elements.try_for_each(|element| each(rest, element, see));
        }
        Pace::Plain(Way::Name(name)) => node.member(name),
        Pace::Plain(Way::Index(at)) => node.elements().get(place(*at)),
        Pace::Plain(Way::FromEnd(back)) => {
            let elements = node.elements();
            elements.len().checked_sub(place(*back)).and_then(|at| elements.get(at))
        }
        // Every filter is made ready; if one were not, it would hold nowhere.
        Pace::Plain(Way::Where(_)) => None,
    };
    one.map_or(ControlFlow::Continue(()), |node| each(rest, node, see))
}

impl<'s> Side<'s> {
    fn of(operand: &'s Operand, root: &'s Node<'_>) -> Self {
        match operand {
            Operand::Literal(Scalar::Text(text)) => Self::Known(Said::Text(Cow::Borrowed(text))),
            Operand::Literal(Scalar::Number(number)) => Self::Known(Said::Number(number.get())),
            Operand::Literal(Scalar::Bool(value)) => Self::Known(Said::Bool(*value)),
            Operand::Literal(Scalar::Null) => Self::Known(Said::Null),
            Operand::Value(query) => match Path::of(query, root) {
                path if query.of_record => Self::Known(Said::of(path.one(root))),
                path => Self::Value(path),
            },
            Operand::Count(query) => match Path::of(query, root) {
                path if query.of_record => Self::Known(Said::Number(path.count(root))),
                path => Self::Count(path),
            },
            Operand::Length(of) => match Self::of(of, root) {
                Self::Known(said) => Self::Known(said.length()),
                side => Self::Length(Box::new(side)),
            },
        }
    }

    /// What it says of this node.
    fn said<'r>(&'r self, here: &'r Node<'_>) -> Said<'r> {
        match self {
            Self::Known(said) => said.again(),
            Self::Value(path) => Said::of(path.one(here)),
            Self::Length(of) => of.said(here).length(),
            Self::Count(path) => Said::Number(path.count(here)),
        }
    }
}

impl<'n> Said<'n> {
    fn of(node: Option<&'n Node<'_>>) -> Self {
        match node.map(|node| &node.value) {
            None => Self::Nothing,
            Some(Value::Array(elements)) => Self::Container(elements.len()),
            Some(Value::Object(members)) => Self::Container(members.len()),
            Some(Value::Scalar(Shape::Text | Shape::Simple, raw)) => Self::Text(text::decode(raw)),
            Some(Value::Scalar(Shape::Number, raw)) => Self::Number(number(raw)),
            Some(Value::Scalar(Shape::Bool, raw)) => Self::Bool(*raw == b"true"),
            Some(Value::Scalar(Shape::Null, _)) => Self::Null,
        }
    }

    /// The same, without copying a text.
    fn again(&self) -> Said<'_> {
        match self {
            Self::Nothing => Said::Nothing,
            Self::Container(length) => Said::Container(*length),
            Self::Text(text) => Said::Text(Cow::Borrowed(text)),
            Self::Number(number) => Said::Number(*number),
            Self::Bool(value) => Said::Bool(*value),
            Self::Null => Said::Null,
        }
    }

    /// RFC 9535 section 2.4.4: of a text its Unicode scalar values.
    fn length(&self) -> Said<'static> {
        match self {
            Self::Text(text) => Said::Number(text.chars().count() as f64),
            Self::Container(length) => Said::Number(*length as f64),
            Self::Nothing | Self::Number(_) | Self::Bool(_) | Self::Null => Said::Nothing,
        }
    }

    /// RFC 9535 sections 2.4.6 and 2.4.7: what is no text matches nothing.
    fn is_in(&self, pattern: &Pattern) -> bool {
        matches!(self, Self::Text(text) if pattern.is_in(text))
    }
}

/// RFC 9535 section 2.3.5.2.2, of scalars. A container equals nothing here, not even itself: no rule should hang on it.
fn equal(left: &Said<'_>, right: &Said<'_>) -> bool {
    match (left, right) {
        (Said::Nothing, Said::Nothing) | (Said::Null, Said::Null) => true,
        (Said::Text(a), Said::Text(b)) => a == b,
        (Said::Number(a), Said::Number(b)) => a == b,
        (Said::Bool(a), Said::Bool(b)) => a == b,
        _ => false,
    }
}

fn order(left: &Said<'_>, right: &Said<'_>) -> Option<Ordering> {
    match (left, right) {
        (Said::Text(a), Said::Text(b)) => Some(a.cmp(b)),
        (Said::Number(a), Said::Number(b)) => a.partial_cmp(b),
        _ => None,
    }
}

fn number(raw: &[u8]) -> f64 {
    std::str::from_utf8(raw).ok().and_then(|text| text.parse().ok()).unwrap_or(f64::NAN)
}

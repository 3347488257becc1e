//! What a filter asks of one node after another (RFC 9535 sections 2.3.5 and 2.4).

mod number;

use crate::{
    policy::selector::{Comparison, Filter, Operand, Pattern, Query, Scalar, Way},
    screen::json::{
        tape::Scalar as Shape,
        text,
        tree::{Node, Value},
    },
};
use number::Number;
use std::{borrow::Cow, cmp::Ordering, ops::ControlFlow};

/// It cannot be told. A filter that comes upon it does not hold, also where it is said of it that it is not so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Untold;

type Told<T> = Result<T, Untold>;

/// Why places are not looked at further.
enum Stop {
    Enough,
    Untold,
}

/// A filter in which everything that it asks of the record is answered: looked up and read once, however many nodes the
/// filter is asked of, so that no body costs more than its length.
pub(super) enum Asked<'s> {
    All(Vec<Self>),
    Any(Vec<Self>),
    Not(Box<Self>),
    /// The same of every node.
    Known(Told<bool>),
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
    Number(Number<'s>),
    Bool(bool),
    Null,
    Untold,
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
        self.answer(here) == Ok(true)
    }

    fn answer(&self, here: &Node<'_>) -> Told<bool> {
        match self {
            Self::All(all) => {
                for asked in all {
                    if !asked.answer(here)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Self::Any(any) => {
                for asked in any {
                    if asked.answer(here)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Self::Not(not) => not.answer(here).map(|holds| !holds),
            Self::Known(answer) => *answer,
            Self::Exists(path) => path.leads(here),
            Self::Matches(side, pattern) => side.said(here).is_in(pattern),
            Self::Compare(left, how, right) => {
                let (left, right) = (&left.said(here), &right.said(here));
                let less = |a, b| order(a, b).map(|order| order == Some(Ordering::Less));
                match how {
                    Comparison::Equal => equal(left, right),
                    Comparison::NotEqual => equal(left, right).map(|equal| !equal),
                    Comparison::Less => less(left, right),
                    Comparison::Greater => less(right, left),
                    Comparison::LessOrEqual => Ok(equal(left, right)? || less(left, right)?),
                    Comparison::GreaterOrEqual => Ok(equal(left, right)? || less(right, left)?),
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
    fn leads(&self, from: &Node<'_>) -> Told<bool> {
        match each(&self.0, from, &mut |_| ControlFlow::Break(Stop::Enough)) {
            ControlFlow::Continue(()) => Ok(false),
            ControlFlow::Break(Stop::Enough) => Ok(true),
            ControlFlow::Break(Stop::Untold) => Err(Untold),
        }
    }

    fn count(&self, from: &Node<'_>) -> Said<'static> {
        let mut count = 0usize;
        let counted = each(&self.0, from, &mut |_| {
            count += 1;
            ControlFlow::Continue(())
        });
        if counted.is_break() { Said::Untold } else { Said::Number(Number::small(count)) }
    }

    /// What stands at the one place; nothing where there are none or several.
    fn one<'n>(&self, from: &'n Node<'_>) -> Said<'n> {
        let mut one = None;
        let seen = each(&self.0, from, &mut |node| match one.replace(node) {
            None => ControlFlow::Continue(()),
            Some(_) => ControlFlow::Break(Stop::Enough),
        });
        match seen {
            ControlFlow::Continue(()) => Said::of(one),
            ControlFlow::Break(Stop::Enough) => Said::Nothing,
            ControlFlow::Break(Stop::Untold) => Said::Untold,
        }
    }
}

/// Shows `see` every place. Each node is passed once for each step at most: no two ways lead to one place.
fn each<'n, 'b>(
    paces: &[Pace<'_>],
    node: &'n Node<'b>,
    see: &mut dyn FnMut(&'n Node<'b>) -> ControlFlow<Stop>,
) -> ControlFlow<Stop> {
    #[cfg(test)]
    crate::screen::json::tree::LOOKED_AT.set(crate::screen::json::tree::LOOKED_AT.get() + 1);
    let Some((pace, rest)) = paces.split_first() else { return see(node) };
    let place = |at: u64| usize::try_from(at).unwrap_or(usize::MAX);
    let one = match pace {
        Pace::Where(asked) => {
            return node.children().try_for_each(|child| match asked.answer(child) {
                Ok(true) => each(rest, child, see),
                Ok(false) => ControlFlow::Continue(()),
                Err(Untold) => ControlFlow::Break(Stop::Untold),
            });
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
            Operand::Literal(Scalar::Number(number)) => Self::Known(Said::Number(Number::of_policy(number.get()))),
            Operand::Literal(Scalar::Bool(value)) => Self::Known(Said::Bool(*value)),
            Operand::Literal(Scalar::Null) => Self::Known(Said::Null),
            Operand::Value(query) => match Path::of(query, root) {
                path if query.of_record => Self::Known(path.one(root)),
                path => Self::Value(path),
            },
            Operand::Count(query) => match Path::of(query, root) {
                path if query.of_record => Self::Known(path.count(root)),
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
            Self::Value(path) => path.one(here),
            Self::Length(of) => of.said(here).length(),
            Self::Count(path) => path.count(here),
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
            Some(Value::Scalar(Shape::Number, raw)) => Number::read(raw).map_or(Self::Untold, Self::Number),
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
            Self::Number(number) => Said::Number(number.again()),
            Self::Bool(value) => Said::Bool(*value),
            Self::Null => Said::Null,
            Self::Untold => Said::Untold,
        }
    }

    /// RFC 9535 section 2.4.4: of a text its Unicode scalar values.
    fn length(&self) -> Said<'static> {
        match self {
            Self::Text(text) => Said::Number(Number::small(text.chars().count())),
            Self::Container(length) => Said::Number(Number::small(*length)),
            Self::Nothing | Self::Number(_) | Self::Bool(_) | Self::Null => Said::Nothing,
            Self::Untold => Said::Untold,
        }
    }

    /// RFC 9535 sections 2.4.6 and 2.4.7: what is no text matches nothing.
    fn is_in(&self, pattern: &Pattern) -> Told<bool> {
        match self {
            Self::Text(text) => Ok(pattern.is_in(text)),
            Self::Untold => Err(Untold),
            _ => Ok(false),
        }
    }
}

/// RFC 9535 section 2.3.5.2.2, of scalars. A container equals nothing here, not even itself: no rule should hang on it.
fn equal(left: &Said<'_>, right: &Said<'_>) -> Told<bool> {
    match (left, right) {
        (Said::Untold, _) | (_, Said::Untold) => Err(Untold),
        (Said::Nothing, Said::Nothing) | (Said::Null, Said::Null) => Ok(true),
        (Said::Text(a), Said::Text(b)) => Ok(a == b),
        (Said::Number(a), Said::Number(b)) => a.equals(b),
        (Said::Bool(a), Said::Bool(b)) => Ok(a == b),
        _ => Ok(false),
    }
}

fn order(left: &Said<'_>, right: &Said<'_>) -> Told<Option<Ordering>> {
    match (left, right) {
        (Said::Untold, _) | (_, Said::Untold) => Err(Untold),
        (Said::Text(a), Said::Text(b)) => Ok(Some(a.cmp(b))),
        (Said::Number(a), Said::Number(b)) => a.order(b).map(Some),
        _ => Ok(None),
    }
}

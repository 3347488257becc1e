//! Selectors with their places in the file, and what may not be said of one value twice.

use super::{Problems, place};
use crate::policy::{
    integration::Format,
    selector::{Matcher, Selector},
};
use std::ops::Range;

/// A selector, what it stands for, and where it is written.
#[derive(Debug, Clone)]
pub(in crate::policy::compile) struct Placed<T> {
    pub(in crate::policy::compile) span: Range<usize>,
    pub(in crate::policy::compile) selector: Selector,
    pub(in crate::policy::compile) target: T,
}

impl<T> Placed<T> {
    pub(in crate::policy::compile) const fn new(span: Range<usize>, selector: Selector, target: T) -> Self {
        Self { span, selector, target }
    }
}

pub(in crate::policy::compile) fn parse(
    file: &str,
    span: Range<usize>,
    text: &str,
    format: &Format,
    problems: &mut Problems,
) -> Option<Selector> {
    match format.selector(text) {
        Ok(selector) => Some(selector),
        Err(error) => {
            problems.error(place(file, span), error.message, error.mend);
            None
        }
    }
}

pub(in crate::policy::compile) fn matcher<T: Clone>(
    file: &str,
    span: Range<usize>,
    targets: &[Placed<T>],
    problems: &mut Problems,
) -> Option<Matcher<T>> {
    let set: Vec<_> = targets.iter().map(|t| (t.selector.clone(), t.target.clone())).collect();
    match Matcher::compile(&set) {
        Ok(matcher) => Some(matcher),
        Err(error) => {
            problems.error(place(file, span), error.message, error.mend);
            None
        }
    }
}

/// A filter is decided when its record is whole, so what says where records and people are has none.
pub(in crate::policy::compile) fn no_filter(
    file: &str,
    span: &Range<usize>,
    selector: &Selector,
    problems: &mut Problems,
) {
    if selector.has_filter() {
        let mend = "select all of them with [*]; only `[operation.body.record.fields]` may have filters";
        problems.error(
            place(file, span.clone()),
            format!("`{selector}` has a filter, which cannot be decided here"),
            mend,
        );
    }
}

/// Pairs (outer, inner) of which the inner can select the outer's place or one below it. Two that can select
/// the same place stand in it both ways round.
pub(in crate::policy::compile) fn within<T>(targets: &[Placed<T>]) -> Vec<(&Placed<T>, &Placed<T>)> {
    let Ok(below) = Selector::parse("$..*") else { return Vec::new() };
    let set: Vec<_> = targets
        .iter()
        .enumerate()
        .flat_map(|(i, t)| [(t.selector.clone(), (i, false)), (t.selector.join(&below), (i, true))])
        .collect();
    let Ok(matcher) = Matcher::compile(&set) else { return Vec::new() };
    let mut pairs = std::collections::BTreeSet::new();
    for (a, b) in matcher.ambiguous() {
        let (Some((_, (i, i_below))), Some((_, (j, j_below)))) = (set.get(*a), set.get(*b)) else { continue };
        match (i_below, j_below) {
            (true, false) => drop(pairs.insert((*i, *j))),
            (false, true) => drop(pairs.insert((*j, *i))),
            (false, false) => pairs.extend([(*i, *j), (*j, *i)]),
            (true, true) => {}
        }
    }
    pairs.into_iter().filter(|(i, j)| i != j).filter_map(|(i, j)| Some((targets.get(i)?, targets.get(j)?))).collect()
}

/// Reports rules of which two can select one and the same value. One may well lie within the other: a rule
/// speaks of a single value, and an object or array at its place leaves only by the rules for what is in it.
pub(in crate::policy::compile) fn same_place<'t, T: 't>(
    file: &str,
    targets: impl IntoIterator<Item = &'t Placed<T>>,
    problems: &mut Problems,
) {
    let targets: Vec<_> = targets.into_iter().collect();
    let set: Vec<_> = targets.iter().map(|t| (t.selector.clone(), ())).collect();
    // A set too large to compile is reported where its own matcher is compiled.
    let Ok(matcher) = Matcher::compile(&set) else { return };
    for (i, j) in matcher.ambiguous() {
        let (Some(a), Some(b)) = (targets.get(*i), targets.get(*j)) else { continue };
        let message = format!("`{}` and `{}` can select the same place", a.selector, b.selector);
        problems.error(place(file, b.span.clone()), message, "keep one of the two rules");
    }
}

/// Positions are 16 bits wide. Beyond that no matcher compiles, which is reported then.
pub(in crate::policy::compile) fn index(position: usize) -> u16 {
    u16::try_from(position).unwrap_or(u16::MAX)
}

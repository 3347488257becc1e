//! No request may have two meanings: routes and operations that overlap.

use super::{Problems, place};
use crate::policy::integration::{Integration, Operation, PathSegment, RouteRule};
use std::{ops::Range, sync::Arc};

/// A compiled connection and where its route is written.
pub(super) struct Connection<'a> {
    pub(super) file: &'a str,
    pub(super) at: Range<usize>,
    pub(super) integration: Integration,
}

/// Between connections of one app.
pub(super) fn check(connections: &[Connection<'_>], problems: &mut Problems) {
    for (n, later) in connections.iter().enumerate() {
        for earlier in connections.iter().take(n).filter(|e| e.integration.app == later.integration.app) {
            let at = || place(later.file, later.at.clone());
            let (a, b) = (&earlier.integration, &later.integration);
            match (&a.route, &b.route) {
                (a_route, b_route) if a_route == b_route => {
                    let mend = "give one of them another prefix or host, or let another app call it";
                    problems.error(at(), format!("`{}` has the same route for the same app", a.id), mend);
                }
                (RouteRule::Prefix(p), RouteRule::Prefix(q)) => {
                    for (outer, inner, prefix) in
                        [(a, b, q.strip_prefix(p.as_slice())), (b, a, p.strip_prefix(q.as_slice()))]
                    {
                        if prefix.is_some_and(|rest| outer.operations.iter().any(|o| begins(&o.path, rest))) {
                            let message = format!(
                                "requests meant for `{}` go to `{}`, whose prefix is longer",
                                outer.id, inner.id
                            );
                            problems.warn(at(), message, "choose prefixes of which neither begins the other");
                        }
                    }
                }
                _ => {}
            }
        }
    }
}

/// Within one connection: two operations may overlap only where one is narrower throughout.
/// Answers the other operation's id.
pub(super) fn overlaps<'o>(operation: &Operation, others: &'o [Arc<Operation>]) -> Option<&'o Arc<Operation>> {
    others.iter().find(|other| {
        other.method == operation.method
            && meet(&other.path, &operation.path)
            && narrower(&other.path, &operation.path) == narrower(&operation.path, &other.path)
    })
}

/// Whether some path has both shapes.
fn meet(a: &[PathSegment], b: &[PathSegment]) -> bool {
    a.len() == b.len()
        && a.iter().zip(b).all(|pair| match pair {
            (PathSegment::Literal(a), PathSegment::Literal(b)) => a == b,
            _ => true,
        })
}

/// Whether, of two templates that meet, `a` is literal wherever `b` is.
fn narrower(a: &[PathSegment], b: &[PathSegment]) -> bool {
    a.iter().zip(b).all(|(a, b)| matches!(a, PathSegment::Literal(_)) || matches!(b, PathSegment::Field(_)))
}

/// Whether some path of this template begins with these segments.
fn begins(template: &[PathSegment], with: &[String]) -> bool {
    template.len() >= with.len()
        && template.iter().zip(with).all(|(segment, text)| match segment {
            PathSegment::Literal(literal) => literal == text,
            PathSegment::Field(_) => true,
        })
}

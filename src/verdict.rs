//! The order of checks, once.
//!
//! A [`Route`](crate::policy::Route) becomes [`Admitted`] when the charter lets us contact the recipient at
//! all, then [`Consented`] when every consent that was presented is genuine. Each is the proof that the one
//! before was made: private fields, one constructor. What may leave is then asked field by field of a
//! [`Decider`]. Pure: `now`, the policy and the view of the ledger are arguments.

pub mod consent;
pub mod destination;
pub mod disclosure;
pub mod judge;
pub mod rules;

pub use consent::Consented;
pub use destination::Admitted;
pub use disclosure::Decider;

pub use crate::flow::{Code, Reason, Refusal};

use crate::{
    flow::{Category, Clause, RuleId},
    policy::charter::Ruling,
};
use std::sync::Arc;

/// Says a denial in the words of the rules that made it: the first rule gives the code and the sentence.
/// `None` when the ruling allows.
fn refusal_of(ruling: &Ruling, category: Option<&Category>, path: Option<&Arc<str>>) -> Option<Refusal> {
    let Ruling::Deny { by } = ruling else { return None };
    let reasons = by.iter().map(|(rule, clause)| reason(rule, *clause, category, path)).collect();
    let (code, said, _) = by.first().map_or((Code::Internal, "No rule was named.", ""), |(rule, _)| rules::of(rule));
    Some(Refusal { code, detail: said.to_owned(), reasons })
}

fn reason(rule: &RuleId, clause: Option<Clause>, category: Option<&Category>, path: Option<&Arc<str>>) -> Reason {
    let (_, _, remedy) = rules::of(rule);
    Reason { clause, rule: rule.clone(), category: category.cloned(), path: path.cloned(), remedy: remedy.to_owned() }
}

//! Which rule lists a place of a JSON document.

use super::document::Step;
use crate::policy::integration::{BodyRules, FieldRule, RecordTarget, Target};

/// The rules that list a place, the record's before what is outside records. Of rules that look sideways all that may.
pub(super) fn rules<'r>(body: &'r BodyRules, place: &[Step]) -> Vec<&'r FieldRule> {
    let mut state = body.matcher.start();
    let mut record = None;
    for step in place.iter().map(Some).chain([None]) {
        if record.is_none() {
            let kind = body.matcher.accepts(state).iter().find_map(|t| match t {
                Target::Record(kind) => body.records.get(usize::from(*kind)),
                Target::Envelope(_) => None,
            });
            record = kind.map(|rules| (rules, rules.matcher.start()));
        }
        let Some(step) = step else { break };
        let (name, index) = match step {
            Step::Name(name) => (Some(name.as_str()), 0),
            Step::Index(index) => (None, *index),
        };
        state = name.map_or_else(|| body.matcher.element(state, index), |n| body.matcher.member(state, n));
        if let Some((rules, at)) = &mut record {
            *at = name.map_or_else(|| rules.matcher.element(*at, index), |n| rules.matcher.member(*at, n));
        }
    }
    let mut found = Vec::new();
    if let Some((rules, at)) = record {
        found.extend(rules.matcher.accepts(at).iter().filter_map(|t| match t {
            RecordTarget::Field(i) | RecordTarget::Choice(i) => rules.fields.get(usize::from(*i)).map(AsRef::as_ref),
            _ => None,
        }));
    }
    found.extend(body.matcher.accepts(state).iter().filter_map(|t| match t {
        Target::Envelope(i) => body.envelope.get(usize::from(*i)).map(AsRef::as_ref),
        Target::Record(_) => None,
    }));
    found
}

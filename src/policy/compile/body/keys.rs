//! Names of members that are data: `{"c-4711": {…}}` says whom it is about before it says anything else.
//!
//! A consent and the record book call the names of a place's members by the place and `~`.

use super::{
    Meaning, Problems, fields, index, parse, place,
    selectors::{self, Placed},
};
use crate::{
    flow::Form,
    policy::{
        compile::fields::Site,
        integration::{Denied, Detected, FieldRule, Format, RecordTarget},
        source::{
            At,
            integration::{Field, Record},
        },
    },
};
use std::ops::Range;

/// Adds the rules for names to a record's. Gives the one for its own.
pub(super) fn compile(
    file: &str,
    text: &Record,
    format: &Format,
    (rules, targets): (&mut Vec<FieldRule>, &mut Vec<Placed<RecordTarget>>),
    meaning: &Meaning<'_>,
    problems: &mut Problems,
) -> Option<u16> {
    let first = text.key.as_ref().map(At::span).or_else(|| text.keys.keys().next().map(At::span));
    if let Some(span) = first.filter(|_| !matches!(format, Format::Json | Format::JsonLines)) {
        let mend = "take it out; only JSON bodies have members with names of their own";
        problems.error(place(file, span), "this format has no such names", mend);
        return None;
    }
    for (key, field) in &text.keys {
        let Some(selector) = parse(file, key.span(), key.get_ref(), format, problems) else { continue };
        selectors::no_filter(file, &key.span(), &selector, problems);
        let named = format!("{}.*~", key.get_ref());
        if let Some(rule) = rule(file, &named, key.span(), field, meaning, problems) {
            targets.push(Placed::new(key.span(), selector, RecordTarget::Keys(index(rules.len()))));
            rules.push(rule);
        }
    }
    let key = text.key.as_ref()?;
    let rule = rule(file, "~", key.span(), key, meaning, problems)?;
    rules.push(rule);
    Some(index(rules.len() - 1))
}

/// A name is there or its member is not: nothing else can stand in its place.
fn rule(
    file: &str,
    path: &str,
    span: Range<usize>,
    field: &At<Field>,
    meaning: &Meaning<'_>,
    problems: &mut Problems,
) -> Option<FieldRule> {
    let key = toml::Spanned::new(span.clone(), path.to_owned());
    let rule = fields::rule(file, &key, span, field.get_ref(), Site::Body, meaning, problems)?;
    if !matches!(rule.denied, Denied::Strip | Denied::Block) || rule.within.is_some() {
        let mend = "write \"strip\", with which the whole member goes, or \"block\"";
        problems.error(place(file, field.span()), "nothing can stand in place of a member's name", mend);
        return None;
    }
    if rule.detected == Detected::Span {
        let mend = "write detected = \"value\", with which the whole member goes, or \"block\"";
        problems.error(place(file, field.span()), "two names could become one and the same", mend);
        return None;
    }
    if matches!(rule.otherwise, Some(Form::Generalised(_))) {
        let mend = "write otherwise = \"pseudonym\", or take it out";
        problems.error(place(file, field.span()), "two names could become one and the same", mend);
        return None;
    }
    Some(rule)
}

//! Values that hold others: `encoding = "json"` with the `fields` that are within.

use super::{Site, place, template};
use crate::policy::{
    compile::{
        Meaning, Problems,
        body::selectors::{self, Placed, index, matcher, parse},
    },
    integration::{BodyRules, FieldRule, Format, RecordRules, RecordTarget, SubjectSource, Target, Unlisted, Within},
    selector::Selector,
    source::{
        At,
        integration::{Field, Fields},
        read::hint,
    },
};
use std::sync::Arc;

/// What can be read within a value, from the outside in.
const KNOWN: [&str; 3] = ["json", "base64", "form"];

/// `None` where the value is plain, and where what is said of it cannot be read, which is reported.
pub(super) fn compile(
    file: &str,
    key: &At<String>,
    text: &Field,
    site: Site,
    meaning: &Meaning<'_>,
    problems: &mut Problems,
) -> Option<Within> {
    if text.template.is_some() || text.parameters.is_some() || text.language.is_some() {
        return template::compile(file, key, text, site, meaning, problems);
    }
    let Some(encoding) = &text.encoding else {
        if let Some(at) = text.unlisted.as_ref().map(At::span).or_else(|| text.fields.as_ref().map(|_| key.span())) {
            let mend = "add `encoding = \"json\"`, or take `fields` and `unlisted` out";
            problems.error(place(file, at), "nothing says how what is within is written", mend);
        }
        return None;
    };
    if site != Site::Body {
        let mend = "list what it holds as one category; only values of a body are looked into";
        problems.error(place(file, encoding.span()), "nothing is looked into here", mend);
        return None;
    }
    let layers: Vec<&str> = encoding.get_ref().0.iter().map(String::as_str).collect();
    let (base64, inner) = match layers.as_slice() {
        ["base64"] => (true, None),
        ["base64", inner] => (true, Some(*inner)),
        [inner] => (false, Some(*inner)),
        _ => (false, Some("")),
    };
    let format = match inner {
        None => None,
        Some("json") => Some(Format::Json),
        Some("form") => Some(Format::Form),
        Some(other) => {
            let mend = format!("{}known: {}; or [\"base64\", \"json\"]", hint(other, KNOWN), KNOWN.join(", "));
            problems.error(place(file, encoding.span()), format!("`{}` is not known here", layers.join(", ")), mend);
            return None;
        }
    };
    let rules = match (format, &text.fields) {
        (None, None) => None,
        (None, Some(_)) => {
            let mend = "write [\"base64\", \"json\"] if there is JSON within";
            problems.error(place(file, encoding.span()), "nothing says how the fields within are written", mend);
            return None;
        }
        (Some(_), None) => {
            let mend = "add `fields = { … }` with the places that are within; without it nothing in it leaves";
            problems.error(place(file, encoding.span()), "nothing says what is within", mend);
            return None;
        }
        (Some(format), Some(fields)) => {
            let unlisted = crate::policy::compile::body::unlisted_or_strip(file, text.unlisted.as_ref(), problems)?;
            Some(Arc::new(rules(file, key, format, fields, unlisted, meaning, problems)?))
        }
    };
    Some(Within { base64, rules, template: None })
}

/// What is within is one record, about whom the value is.
fn rules(
    file: &str,
    key: &At<String>,
    format: Format,
    fields: &Fields,
    unlisted: Unlisted,
    meaning: &Meaning<'_>,
    problems: &mut Problems,
) -> Option<BodyRules> {
    let (mut rules, mut targets, mut choices) = (Vec::new(), Vec::new(), Vec::new());
    for (place, rule) in super::compile(file, fields, Site::within(&format), meaning, problems) {
        let Some(selector) = parse(file, place.span(), place.get_ref(), &format, problems) else { continue };
        let at = index(rules.len());
        let target = if selector.has_filter() {
            choices.push((at, selector.clone()));
            RecordTarget::Choice(at)
        } else {
            RecordTarget::Field(at)
        };
        targets.push(Placed::new(place.span(), selector, target));
        // A consent names the place from the outside in.
        rules.push(Arc::new(FieldRule { path: format!("{}/{}", key.get_ref(), rule.path).into(), ..rule }));
    }
    selectors::same_place(file, targets.iter().filter(|t| matches!(t.target, RecordTarget::Field(_))), problems);
    let whole = [Placed::new(key.span(), Selector::root(), Target::Record(0))];
    let record = RecordRules {
        aggregate: None,
        key: None,
        subject: SubjectSource::Path(String::new()),
        fields: rules,
        choices,
        dependants: None,
        matcher: matcher(file, key.span(), &targets, problems)?,
    };
    let document = matcher(file, key.span(), &whole, problems)?;
    let media = if format == Format::Form { "application/x-www-form-urlencoded" } else { "application/json" };
    let media = media.to_owned();
    Some(BodyRules {
        keys: crate::policy::integration::Keys::default(),
        media,
        limit: None,
        format,
        unlisted,
        envelope: Vec::new(),
        records: vec![record],
        matcher: document,
    })
}

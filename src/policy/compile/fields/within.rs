//! Values that hold others: `encoding = "json"` (or `"xml"`, `"form"`, or one of them in base64) with the `fields` that
//! are within.

use super::{Site, place, template};
use crate::policy::{
    compile::{
        Meaning, Problems,
        body::{
            selectors::{self, Placed, index, matcher},
            xml::namespaces,
        },
    },
    integration::{
        BodyRules, FieldRule, Format, Namespaces, RecordRules, RecordTarget, SubjectSource, Target, Template, Unlisted,
        Within, XmlFormat,
    },
    selector::Selector,
    source::{
        At,
        integration::{Field, Fields},
        read::hint,
    },
};
use std::sync::Arc;

/// What can be read within a value, from the outside in.
const KNOWN: [&str; 4] = ["json", "xml", "base64", "form"];

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
        let said = [
            text.unlisted.as_ref().map(At::span),
            text.fields.as_ref().map(|_| key.span()),
            text.namespaces.as_ref().map(At::span),
        ];
        if let Some(at) = said.into_iter().flatten().next() {
            let mend = "add `encoding = \"json\"`, or take `fields`, `namespaces` and `unlisted` out";
            problems.error(place(file, at), "nothing says how what is within is written", mend);
        }
        return None;
    };
    if !matches!(site, Site::Body | Site::Cell | Site::Pair | Site::Xml) {
        let mend = "list what it holds as one category; only values of JSON, XML, tables and forms are looked into";
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
        Some("xml") => Some(xml(file, text, problems)?),
        Some(other) => {
            let mend = format!("{}known: {}; or [\"base64\", \"json\"]", hint(other, KNOWN), KNOWN.join(", "));
            problems.error(place(file, encoding.span()), format!("`{}` is not known here", layers.join(", ")), mend);
            return None;
        }
    };
    if let (Some(table), false) = (&text.namespaces, matches!(format, Some(Format::Xml(_)))) {
        let mend = "take it out, or correct `encoding`";
        problems.error(place(file, table.span()), "`namespaces` is for XML", mend);
        return None;
    }
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

fn xml(file: &str, text: &Field, problems: &mut Problems) -> Option<Format> {
    let namespaces = match &text.namespaces {
        Some(table) => namespaces(file, table.get_ref(), problems)?,
        None => Namespaces::default(),
    };
    Some(Format::Xml(Arc::new(XmlFormat { namespaces, action: None })))
}

/// Where a place is, from the document that is within.
fn selector(file: &str, at: &At<String>, format: &Format, problems: &mut Problems) -> Option<Selector> {
    let text = at.get_ref();
    if let (Format::Xml(_), Some(rest)) = (format, text.strip_prefix('/')) {
        let mend = match rest.strip_prefix('/') {
            Some(deep) => format!("write `.//{deep}`"),
            None => format!("write `{rest}`: the way from the document within begins with its element"),
        };
        problems.error(place(file, at.span()), format!("`{text}` begins with a slash"), mend);
        return None;
    }
    match format.selector(text) {
        Ok(selector) => Some(selector),
        Err(error) => {
            let mend = error.mend.replace("under `[operation.body]`", "beside `encoding`");
            problems.error(place(file, at.span()), error.message, mend);
            None
        }
    }
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
        let Some(selector) = selector(file, place, &format, problems) else { continue };
        let at = index(rules.len());
        let target = if selector.has_filter() {
            choices.push((at, selector.clone()));
            RecordTarget::Choice(at)
        } else {
            RecordTarget::Field(at)
        };
        targets.push(Placed::new(place.span(), selector, target));
        rules.push(Arc::new(moved_rule(rule, &|path| format!("{}/{path}", key.get_ref()))));
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
    let media = match format {
        Format::Form => "application/x-www-form-urlencoded",
        Format::Xml(_) => "application/xml",
        _ => "application/json",
    };
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

/// The rules with other names for the places they list, and for those within them: a consent names a place from the
/// outside in, and what is within is compiled first.
pub(in crate::policy::compile) fn moved(rules: BodyRules, name: &dyn Fn(&str) -> String) -> BodyRules {
    let records = rules.records.into_iter().map(|r| RecordRules { fields: all_moved(r.fields, name), ..r }).collect();
    BodyRules { envelope: all_moved(rules.envelope, name), records, ..rules }
}

/// One of them.
pub(in crate::policy::compile) fn moved_rule(rule: FieldRule, name: &dyn Fn(&str) -> String) -> FieldRule {
    let within = rule.within.map(|within| Within {
        base64: within.base64,
        rules: within.rules.map(|rules| match Arc::try_unwrap(rules) {
            Ok(rules) => Arc::new(moved(rules, name)),
            Err(shared) => shared,
        }),
        template: within.template.map(|template| match Arc::try_unwrap(template) {
            Ok(template) => Arc::new(Template { rules: all_moved(template.rules, name), ..template }),
            Err(shared) => shared,
        }),
    });
    FieldRule { path: name(&rule.path).into(), within, ..rule }
}

fn all_moved(rules: Vec<Arc<FieldRule>>, name: &dyn Fn(&str) -> String) -> Vec<Arc<FieldRule>> {
    // They were compiled a moment ago, and nobody else has them yet.
    rules.into_iter().map(|rule| Arc::new(moved_rule(Arc::unwrap_or_clone(rule), name))).collect()
}

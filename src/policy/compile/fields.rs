//! What a listed place holds and in which forms it may be tried.

mod one_of;
mod template;
mod within;

pub(super) use within::{moved, moved_rule};

use super::{Meaning, Problems, place};
use crate::{
    flow::{Category, Form, Transform},
    policy::{
        diagnostic::Place,
        integration::{Denied, Detected, FieldRule, Format, Within, is_xml_char},
        source::{
            At,
            integration::{Denied as DeniedText, Field, Fields},
            read::hint,
        },
    },
};
use std::{ops::Range, sync::Arc};

/// Where a rule stands, which decides what can be put in a withheld value's place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Site {
    /// A path has no other place to put anything: withholding stops the request.
    Path,
    /// A pair goes, or its value is replaced.
    Query,
    /// A line goes, or its value is replaced.
    Header,
    /// Anything JSON can hold.
    Body,
    /// A cell of a table is emptied or replaced; its column stays.
    Cell,
    /// A pair of a form goes, or its value is replaced.
    Pair,
    /// The whole body is a text: it is replaced, or withholding it stops the request.
    Text,
    /// The whole body is bytes: withholding them stops the request.
    Bytes,
    /// An element or attribute of XML goes, is emptied or replaced.
    Xml,
}

impl Site {
    /// Of a place within a body of this format.
    pub(super) const fn within(format: &Format) -> Self {
        match format {
            Format::Json | Format::JsonLines | Format::Batch(_) => Self::Body,
            Format::Table(_) => Self::Cell,
            Format::Form | Format::Multipart(_) => Self::Pair,
            Format::Text => Self::Text,
            Format::Binary(_) => Self::Bytes,
            Format::Xml(_) => Self::Xml,
        }
    }
}

/// The rules in the order they are written, each with its key.
pub(super) fn compile<'t>(
    file: &str,
    fields: &'t Fields,
    site: Site,
    meaning: &Meaning<'_>,
    problems: &mut Problems,
) -> Vec<(&'t At<String>, FieldRule)> {
    let mut rules: Vec<_> = fields
        .iter()
        .filter_map(|(key, field)| {
            Some((key, rule(file, key, field.span(), field.get_ref(), site, meaning, problems)?))
        })
        .collect();
    rules.sort_by_key(|(key, _)| key.span().start);
    rules
}

/// Said where a file may leave that is more than a picture.
pub(super) const NOT_LOOKED_INTO: &str = "nobody looks into a PDF or an office file: the names of authors, tracked \
                                          changes, hidden sheets and pictures with their places leave with it";
pub(super) const NOT_LOOKED_INTO_MEND: &str = "list a picture instead (\"image/jpeg\"), which is cleaned, or say so to \
                                               the panel before it permits documents in `local.cedar`";

/// `year`, `age-band`, …, or `pseudonym`.
pub(super) fn form(text: &str) -> Option<Form> {
    match text {
        "pseudonym" => Some(Form::Pseudonym),
        transform => transform.parse().ok().map(Form::Generalised),
    }
}

/// What stands at `key`; `span` is where that is written.
pub(super) fn rule(
    file: &str,
    key: &At<String>,
    span: Range<usize>,
    text: &Field,
    site: Site,
    meaning: &Meaning<'_>,
    problems: &mut Problems,
) -> Option<FieldRule> {
    let within = within::compile(file, key, text, site, meaning, problems);
    let category = match (&text.category, &within) {
        (Some(category), _) => {
            let at = place(file, text.category_span.clone().unwrap_or(span));
            known(at, category, meaning, problems).then(|| category.clone())
        }
        // What is within is what is judged; nothing leaves by this rule's own category.
        (None, Some(Within { rules: Some(_), .. } | Within { template: Some(_), .. })) => {
            Category::parse("hg:Document").ok()
        }
        // What is wrong with the query was said.
        (None, None) if text.template.is_some() || text.parameters.is_some() || text.language.is_some() => None,
        (None, _) => {
            let mend = "add `category = \"…\"`, or `encoding` with the `fields` that are within it";
            problems.error(place(file, span), format!("nothing says what `{}` holds", key.get_ref()), mend);
            None
        }
    };
    let otherwise = match (&text.otherwise, &category) {
        (Some(o), Some(category)) => otherwise(file, o, category, meaning, problems),
        _ => None,
    };
    let only = text.only.as_ref().is_some_and(|only| *only.get_ref());
    if let Some(at) = text.only.as_ref().filter(|_| only && text.otherwise.is_none()) {
        let mend = "add `otherwise`, or take `only` out";
        problems.error(place(file, at.span()), "`only` says that only `otherwise` may leave, and there is none", mend);
    }
    let documents = category.as_ref().is_some_and(|category| meaning.categories.is_within(category, "hg:Document"));
    // Of whole bodies and parts their media type says more, and who compiles them asks it.
    if documents && text.category.is_some() && !matches!(site, Site::Bytes | Site::Text | Site::Pair) {
        problems.warn(
            place(file, text.category_span.clone().unwrap_or(key.span())),
            NOT_LOOKED_INTO,
            NOT_LOOKED_INTO_MEND,
        );
    }
    let denied = match (&text.template, &text.denied) {
        // Without it, the request asks for something else.
        (Some(_), None) => Denied::Block,
        _ => denied(file, text.denied.as_ref(), site, problems)?,
    };
    let detected = detected(file, text.detected.as_ref(), problems)?;
    let one_of = one_of::compile(file, text, site, problems);
    let (path, category) = (Arc::from(key.get_ref().as_str()), category?);
    Some(FieldRule { path, category, otherwise, only, denied, required: false, detected, within, one_of })
}

fn known(at: Place<'_>, category: &Category, meaning: &Meaning<'_>, problems: &mut Problems) -> bool {
    let known = meaning.categories.group(category).is_some();
    if !known {
        let names = meaning.categories.0.keys().map(Category::as_str);
        let mend = format!("{}categories are listed in `categories.toml`", hint(category.as_str(), names));
        problems.error(at, format!("there is no category `{category}`"), mend);
    }
    known
}

fn otherwise(
    file: &str,
    text: &At<String>,
    category: &Category,
    meaning: &Meaning<'_>,
    problems: &mut Problems,
) -> Option<Form> {
    let names = || Transform::ALL.iter().map(|t| t.as_str()).chain(["pseudonym"]);
    let Some(form) = form(text.get_ref()) else {
        let mend = format!("{}known: {}", hint(text.get_ref(), names()), names().collect::<Vec<_>>().join(", "));
        problems.error(place(file, text.span()), format!("`{}` is not a form", text.get_ref()), mend);
        return None;
    };
    let makes_sense = meaning.forms.get(category)?;
    if !makes_sense.contains(&form) {
        let words: Vec<_> = names().filter(|n| self::form(n).is_some_and(|f| makes_sense.contains(&f))).collect();
        let mend = match words.as_slice() {
            [] => format!("take `otherwise` out: `{category}` leaves exactly or not at all"),
            words => format!("for `{category}` there is: {}", words.join(", ")),
        };
        problems.error(place(file, text.span()), format!("`{}` means nothing for `{category}`", text.get_ref()), mend);
    }
    Some(form)
}

fn detected(file: &str, text: Option<&At<String>>, problems: &mut Problems) -> Option<Detected> {
    let Some(text) = text else { return Some(Detected::Value) };
    match text.get_ref().as_str() {
        "value" => Some(Detected::Value),
        "span" => Some(Detected::Span),
        "block" => Some(Detected::Block),
        other => {
            let known = ["value", "span", "block"];
            let mend = format!("{}known: {}", hint(other, known), known.join(", "));
            problems.error(place(file, text.span()), format!("`{other}` is not known here"), mend);
            None
        }
    }
}

fn denied(file: &str, text: Option<&At<DeniedText>>, site: Site, problems: &mut Problems) -> Option<Denied> {
    let Some(text) = text else {
        let whole = matches!(site, Site::Path | Site::Text | Site::Bytes);
        return Some(if whole { Denied::Block } else { Denied::Strip });
    };
    let denied = match text.get_ref() {
        DeniedText::Word(word) => match word.as_str() {
            "strip" => Denied::Strip,
            "null" => Denied::Null,
            "empty" => Denied::Empty,
            "block" => Denied::Block,
            other => {
                let known = ["strip", "null", "empty", "block"];
                let mend = format!("{}known: {}, {{ const = \"…\" }}", hint(other, known), known.join(", "));
                problems.error(place(file, text.span()), format!("`{other}` is not known here"), mend);
                return None;
            }
        },
        DeniedText::Const(text) => Denied::Const(text.as_str().into()),
    };
    match (site, &denied) {
        (Site::Path | Site::Bytes, Denied::Block) | (Site::Body, _) => {}
        (Site::Query | Site::Cell | Site::Pair, other) if *other != Denied::Null => {}
        (Site::Text, Denied::Block | Denied::Empty | Denied::Const(_)) => {}
        (Site::Xml, Denied::Strip | Denied::Empty | Denied::Block) => {}
        (Site::Xml, Denied::Const(text)) if text.chars().all(is_xml_char) => {}
        (Site::Header, Denied::Strip | Denied::Block) => {}
        (Site::Header, Denied::Const(text)) if text.bytes().all(|b| matches!(b, b' '..=b'~')) => {}
        (Site::Path, _) => {
            let mend = "take `denied` out: a withheld path parameter always stops the request";
            problems.error(place(file, text.span()), "nothing can stand in place of a path parameter", mend);
        }
        (Site::Header, _) => {
            let mend = "write \"strip\", \"block\" or { const = \"…\" } in plain ASCII";
            problems.error(place(file, text.span()), "this cannot stand in a header", mend);
        }
        (Site::Query | Site::Cell | Site::Pair, _) => {
            let what = match site {
                Site::Cell => "a table",
                Site::Pair => "a form",
                _ => "a query",
            };
            let mend = "write \"strip\" or \"empty\"";
            problems.error(place(file, text.span()), format!("{what} has no null"), mend);
        }
        (Site::Text, _) => {
            let mend = "write \"block\", \"empty\" or { const = \"…\" }";
            problems.error(place(file, text.span()), "the whole body is this one value", mend);
        }
        (Site::Bytes, _) => {
            let mend = "take `denied` out: a withheld body always stops the request";
            problems.error(place(file, text.span()), "nothing can stand in place of a body that is not text", mend);
        }
        (Site::Xml, Denied::Const(_)) => {
            let mend = "take the control characters out";
            problems.error(place(file, text.span()), "this text cannot stand in XML", mend);
        }
        (Site::Xml, _) => {
            let mend = "write \"strip\", \"empty\" or { const = \"…\" }";
            problems.error(place(file, text.span()), "XML has no null", mend);
        }
    }
    Some(denied)
}

//! What only XML bodies say: namespaces, the SOAP action, and where their selectors begin.

use super::{Problems, place};
use crate::policy::{
    integration::{Format, Namespaces, SoapAction, XmlFormat, is_ncname},
    source::{
        At,
        integration::{Body, Dependants},
    },
};
use std::{collections::BTreeMap, sync::Arc};

/// The format with its namespaces and action. Other formats have neither.
pub(super) fn complete(file: &str, text: &Body, format: Format, problems: &mut Problems) -> Option<Format> {
    let Format::Xml(_) = format else {
        let spans = [text.namespaces.as_ref().map(|n| n.span()), text.action.as_ref().map(|a| a.span())];
        for (span, key) in spans.into_iter().zip(["namespaces", "action"]) {
            let Some(span) = span else { continue };
            let mend = "take it out, or correct `media`";
            problems.error(place(file, span), format!("`{key}` is for XML bodies"), mend);
        }
        return Some(format);
    };
    let namespaces = match &text.namespaces {
        Some(table) => namespaces(file, table.get_ref(), problems)?,
        None => Namespaces::default(),
    };
    let action = match &text.action {
        Some(uri) => Some(action(file, uri, text.media.get_ref(), problems)?),
        None => None,
    };
    Some(Format::Xml(Arc::new(XmlFormat { namespaces, action })))
}

/// What prefixes stand for. `None` where that cannot be, which is reported.
pub(in crate::policy::compile) fn namespaces(
    file: &str,
    text: &BTreeMap<At<String>, At<String>>,
    problems: &mut Problems,
) -> Option<Namespaces> {
    let mut table: Vec<(Arc<str>, Arc<str>)> = Vec::new();
    let mut good = true;
    for (prefix, uri) in text {
        let wrong = wrong_prefix(prefix.get_ref()).map(|(what, mend)| (prefix.span(), what, mend));
        let wrong = wrong.or_else(|| wrong_uri(uri.get_ref()).map(|(what, mend)| (uri.span(), what, mend)));
        if let Some((span, what, mend)) = wrong {
            problems.error(place(file, span), what, mend);
            good = false;
        } else if table.iter().any(|(_, known)| **known == *uri.get_ref().as_str()) {
            problems.error(place(file, uri.span()), "two prefixes stand for one namespace", "keep one of them");
            good = false;
        }
        table.push((prefix.get_ref().as_str().into(), uri.get_ref().as_str().into()));
    }
    if let Some((prefix, _)) = text.iter().nth(Namespaces::MOST) {
        let what = format!("there are more than {} namespaces", Namespaces::MOST);
        problems.error(place(file, prefix.span()), what, "list only those of places that are listed");
        good = false;
    }
    good.then(|| Namespaces::new(table))
}

fn wrong_prefix(prefix: &str) -> Option<(&'static str, &'static str)> {
    match prefix {
        "" => None,
        "xml" => Some(("`xml` always stands for its own namespace", "take it out; `@xml:lang` can be used without")),
        "xmlns" => Some(("`xmlns` cannot be a prefix", "choose another")),
        prefix if is_ncname(prefix) => None,
        _ => Some(("this cannot be a prefix", "write letters and digits, beginning with a letter; \"\" for no prefix")),
    }
}

fn wrong_uri(uri: &str) -> Option<(&'static str, &'static str)> {
    let odd = |c: char| c.is_whitespace() || c.is_control();
    match uri {
        "" => Some(("a namespace has no empty name", "write its URI, or take the line out: such names are in none")),
        "http://www.w3.org/XML/1998/namespace" | "http://www.w3.org/2000/xmlns/" => {
            Some(("this namespace is built in", "take it out"))
        }
        uri if uri.contains(odd) => Some(("a namespace's name has no white space", "write its URI as documents do")),
        _ => None,
    }
}

fn action(file: &str, uri: &At<String>, media: &str, problems: &mut Problems) -> Option<SoapAction> {
    let action = SoapAction::new(uri.get_ref(), media);
    if action.is_none() {
        let (what, mend) = if matches!(media, "text/xml" | "application/soap+xml") {
            ("this cannot be a SOAP action", "write its URI in plain ASCII, without spaces and quotes")
        } else {
            (
                "`action` is for SOAP bodies",
                "take it out, or write media = \"text/xml\" (SOAP 1.1) or \"application/soap+xml\" (SOAP 1.2)",
            )
        };
        problems.error(place(file, uri.span()), what, mend);
    }
    action
}

/// Outside records places are named from the document, within one from the record: the same words would otherwise be
/// read in two ways.
pub(super) fn anchored(file: &str, text: &Body, format: &Format, problems: &mut Problems) {
    let Format::Xml(_) = format else { return };
    for key in text.envelope.keys() {
        absolute(file, key, problems);
    }
    for record in text.record.iter().map(At::get_ref) {
        if let Some(select) = &record.select {
            absolute(file, select, problems);
            element(file, select.span(), select.get_ref(), "a record", problems);
        }
        for key in record.fields.keys() {
            relative(file, key.span(), key.get_ref(), problems);
        }
        if let Some((subject, path)) =
            record.subject.as_ref().and_then(|s| Some((s, s.get_ref().strip_prefix("body:")?)))
        {
            relative(file, subject.span(), path, problems);
        }
        let Some(dependants) = &record.dependants else { continue };
        let (at, select) = match dependants.get_ref() {
            Dependants::Select(select) => (dependants.span(), select),
            Dependants::Both { select, subject } => {
                let path = subject.get_ref();
                relative(file, subject.span(), path.strip_prefix("body:").unwrap_or(path), problems);
                (select.span(), select.get_ref())
            }
        };
        relative(file, at.clone(), select, problems);
        element(file, at, select, "a dependant", problems);
    }
}

fn absolute(file: &str, path: &At<String>, problems: &mut Problems) {
    if !path.get_ref().starts_with('/') {
        let message = format!("`{}` does not begin at the document", path.get_ref());
        let mend =
            "begin it with `/` and the document's element, such as /soap:Envelope/soap:Body/h:Case, or with `//`";
        problems.error(place(file, path.span()), message, mend);
    }
}

fn relative(file: &str, span: std::ops::Range<usize>, path: &str, problems: &mut Problems) {
    if let Some(rest) = path.strip_prefix('/') {
        let message = format!("`{path}` begins at the document, and here places are named from the record");
        let mend = match rest.strip_prefix('/') {
            Some(deep) => format!("write `.//{deep}`"),
            None => "write the way from the record's element down, without the first `/`".to_owned(),
        };
        problems.error(place(file, span), message, mend);
    }
}

fn element(file: &str, span: std::ops::Range<usize>, path: &str, what: &str, problems: &mut Problems) {
    if path.rsplit('/').next().is_some_and(|last| last.starts_with('@')) {
        problems.error(
            place(file, span),
            format!("{what} is an element, and `{path}` is an attribute"),
            "name the element",
        );
    }
}

//! One operation: a method, a path, and what may leave with it.

use super::{
    Meaning, Problems, answer, body,
    fields::{self, Site},
    place, upstream,
};
pub(super) use crate::policy::integration::Operation;
use crate::{
    flow::{Category, Form, Group},
    policy::{
        headers,
        integration::{BodyRules, Denied, Detected, FieldRule, Format, Holding, PathSegment, SubjectSource, Unlisted},
        source::{
            At,
            integration::{Fields, Header, Headers, Operation as Text},
            read::hint,
        },
    },
};
use http::{HeaderName, Method};
use std::{collections::BTreeMap, sync::Arc};

pub(super) fn compile(
    file: &str,
    text: &Text,
    named: body::batch::Named<'_>,
    meaning: &Meaning<'_>,
    problems: &mut Problems,
) -> Option<Operation> {
    let method = method(file, &text.method, problems);
    let path = template(file, &text.path, problems);
    let path_fields = path_fields(file, text, path.as_deref(), meaning, problems);
    let query = by_name(fields::compile(file, &text.query, Site::Query, meaning, problems));
    let headers = listed_headers(file, &text.headers, meaning, problems);
    let places = body::Places { query: &query, path: path.as_deref(), is_told: false, named };
    let subject = text.subject.as_ref().and_then(|s| subject(file, text, s, &places, problems));
    let body = text.body.as_ref().map(|b| (b, body::compile(file, b, &places, meaning, problems)));
    let answer = text.response.as_ref().map(|r| answer::compile(file, r, method.as_ref(), &headers, problems));
    let (method, path) = (method?, path?);
    if let Some((at, rules)) = &body {
        if [Method::GET, Method::HEAD, Method::DELETE].contains(&method) {
            let mend = "take `[operation.body]` out, or correct the method";
            problems.error(place(file, at.span()), format!("a {method} request carries no body"), mend);
        }
        if method == Method::PUT && rules.as_ref().is_some_and(strips) {
            let mend =
                "use PATCH where the recipient offers it, or write `unlisted = \"block\"` and `denied = \"block\"`";
            let message = "PUT replaces what the recipient holds: whatever is stripped here is erased there";
            problems.warn(place(file, text.method.span()), message, mend);
        }
    }
    let body = match body {
        Some((_, rules)) => Some(Arc::new(rules?)),
        None => None,
    };
    let subject = subject.unwrap_or(SubjectSource::None);
    if body.is_none() && text.subject.is_none() {
        let rules = path_fields.values().chain(query.values()).chain(headers.values());
        unattributed(file, text, rules, meaning, problems);
    }
    let answer = match answer {
        Some(rules) => Some(Arc::new(rules?)),
        None => None,
    };
    let id = text.id.get_ref().clone();
    Some(Operation { id, method, path, path_fields, query, headers, subject, body, answer })
}

/// Whom a request without a body is about: `path:id`, `query:id`, `header:X-Ref`.
fn subject(
    file: &str,
    operation: &Text,
    text: &At<String>,
    places: &body::Places<'_>,
    problems: &mut Problems,
) -> Option<SubjectSource> {
    if operation.body.is_some() {
        let mend = "move it to the `[[operation.body.record]]` that it is about";
        problems.error(
            place(file, text.span()),
            "an operation with a body says in its records whom they are about",
            mend,
        );
        return None;
    }
    let subject = body::subject_of_request(file, text, places, problems)?;
    if subject.is_none() {
        let mend = "write path:reference, query:id or header:X-Ref";
        problems.error(place(file, text.span()), "this does not say where the client's id is", mend);
    }
    subject
}

/// Personal values of nobody in particular can have no consent: a path that holds one never leaves.
fn unattributed<'r>(
    file: &str,
    text: &Text,
    rules: impl Iterator<Item = &'r Arc<FieldRule>>,
    meaning: &Meaning<'_>,
    problems: &mut Problems,
) {
    let mut personal = rules.filter(|r| meaning.categories.group(&r.category) != Some(Group::Operational));
    if let Some(rule) = personal.next() {
        let mend = "add `subject = \"path:…\"` (or query:…, header:…); without it nothing about a person leaves";
        let message = format!("`{}` is about a person and nothing says about whom", rule.path);
        problems.warn(place(file, text.id.span()), message, mend);
    }
}

fn method(file: &str, text: &At<String>, problems: &mut Problems) -> Option<Method> {
    const KNOWN: [&str; 6] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];
    if KNOWN.contains(&text.get_ref().as_str()) {
        return text.get_ref().parse().ok();
    }
    let upper = text.get_ref().to_ascii_uppercase();
    let mend = format!("{}known: {}", hint(&upper, KNOWN), KNOWN.join(", "));
    problems.error(place(file, text.span()), format!("`{}` is not a method the gateway carries", text.get_ref()), mend);
    None
}

/// `/referrals/{reference}/notes`.
fn template(file: &str, text: &At<String>, problems: &mut Problems) -> Option<Vec<PathSegment>> {
    let mut wrong = |message: String, mend: &str| {
        problems.error(place(file, text.span()), message, mend);
        None
    };
    let path = text.get_ref().strip_prefix('/');
    let Some(segments) = path.and_then(upstream::segments) else {
        let mend = "write it from the first `/`, decoded, without `%`, `?`, `#` or empty segments";
        return wrong(format!("`{}` is not a path template", text.get_ref()), mend);
    };
    let mut names: Vec<&str> = Vec::new();
    let mut template = Vec::new();
    for segment in &segments {
        match segment.strip_prefix('{').and_then(|s| s.strip_suffix('}')) {
            Some(name) if is_name(name) && !names.contains(&name) => {
                names.push(name);
                template.push(PathSegment::Field(name.to_owned()));
            }
            Some(name) if is_name(name) => return wrong(format!("`{{{name}}}` stands here twice"), "name them apart"),
            None if !segment.contains(['{', '}']) => template.push(PathSegment::Literal(segment.clone())),
            _ => {
                let mend = "a parameter is a whole segment: /referrals/{reference}";
                return wrong(format!("`{segment}` is neither text nor a parameter"), mend);
            }
        }
    }
    Some(template)
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
}

/// Every parameter has a rule and every rule a parameter.
fn path_fields(
    file: &str,
    text: &Text,
    path: Option<&[PathSegment]>,
    meaning: &Meaning<'_>,
    problems: &mut Problems,
) -> BTreeMap<String, Arc<FieldRule>> {
    let rules = by_name(fields::compile(file, &text.path_fields, Site::Path, meaning, problems));
    let Some(path) = path else { return rules };
    let parameters: Vec<&str> = parameters(path).collect();
    for name in parameters.iter().filter(|name| !has(&text.path_fields, name)) {
        let mend = format!("add `path_fields = {{ {name} = \"pd:Identifier\" }}` with what it holds");
        problems.error(place(file, text.path.span()), format!("nothing says what `{{{name}}}` holds"), mend);
    }
    for key in text.path_fields.keys().filter(|key| !parameters.contains(&key.get_ref().as_str())) {
        let mend = match parameters.as_slice() {
            [] => "write it into the path as `{…}`, or take the rule out".to_owned(),
            all => format!("{}parameters: {}", hint(key.get_ref(), all.iter().copied()), all.join(", ")),
        };
        problems.error(place(file, key.span()), format!("the path has no parameter `{}`", key.get_ref()), mend);
    }
    rules
}

/// The names of a template's parameters.
pub(super) fn parameters(path: &[PathSegment]) -> impl Iterator<Item = &str> {
    path.iter().filter_map(|s| match s {
        PathSegment::Field(name) => Some(name.as_str()),
        PathSegment::Literal(_) => None,
    })
}

fn has(fields: &Fields, name: &str) -> bool {
    fields.keys().any(|k| k.get_ref() == name)
}

fn by_name(rules: Vec<(&At<String>, FieldRule)>) -> BTreeMap<String, Arc<FieldRule>> {
    rules.into_iter().map(|(key, rule)| (key.get_ref().clone(), Arc::new(rule))).collect()
}

/// The headers that may leave besides the safe default list, by their names in lower case.
fn listed_headers(
    file: &str,
    text: &Headers,
    meaning: &Meaning<'_>,
    problems: &mut Problems,
) -> BTreeMap<String, Arc<FieldRule>> {
    let mut rules = BTreeMap::new();
    let mut add = |key: &At<String>, rule: Option<FieldRule>, problems: &mut Problems| {
        let Some(name) = listable(file, key, problems) else { return };
        if let Some(rule) = rule
            && rules.insert(name.as_str().to_owned(), Arc::new(rule)).is_some()
        {
            problems.error(place(file, key.span()), format!("`{name}` stands here twice"), "keep one of them");
        }
    };
    match text {
        Headers::Opaque(names) => {
            for name in names {
                add(name, opaque(name), problems);
            }
        }
        Headers::Rules(table) => {
            for (name, header) in table {
                let rule = match header.get_ref() {
                    Header::Opaque => opaque(name),
                    Header::Holds(field) => {
                        fields::rule(file, name, header.span(), field, Site::Header, meaning, problems)
                    }
                };
                add(name, rule, problems);
            }
        }
    }
    rules
}

/// Leaves as a mark that is the same for the same value and says nothing else: what a key for safe repetition or
/// for joining two logs needs. The value may well be a client's reference, so it never leaves as it is.
fn opaque(name: &At<String>) -> Option<FieldRule> {
    Some(FieldRule {
        path: name.get_ref().as_str().into(),
        category: Category::parse("hg:Operational").ok()?,
        otherwise: Some(Form::Pseudonym),
        only: true,
        denied: Denied::Strip,
        required: false,
        detected: Detected::Value,
        within: None,
        one_of: None,
    })
}

/// The name of a header that may be listed.
fn listable(file: &str, text: &At<String>, problems: &mut Problems) -> Option<HeaderName> {
    let name = header_name(file, text, problems)?;
    if let Some(why) = headers::never_leaves(&name) {
        problems.error(place(file, text.span()), format!("`{name}` never leaves: {why}"), "take it out");
        return None;
    }
    if let Some(why) = says_too_much(&name) {
        let mend = "take it out unless the recipient cannot do without it";
        problems.warn(place(file, text.span()), format!("`{name}` {why}"), mend);
    }
    Some(name)
}

/// A header's name, in any case.
pub(super) fn header_name(file: &str, text: &At<String>, problems: &mut Problems) -> Option<HeaderName> {
    let name = HeaderName::from_bytes(text.get_ref().as_bytes()).ok();
    if name.is_none() {
        let mend = "write its name alone, such as Idempotency-Key";
        problems.error(place(file, text.span()), format!("`{}` is not a header's name", text.get_ref()), mend);
    }
    name
}

fn says_too_much(name: &HeaderName) -> Option<&'static str> {
    match name.as_str() {
        "cookie" => Some("can hold anything, and nothing looks into it"),
        "user-agent" | "referer" | "origin" => Some("tells which system and page sent the request"),
        "forwarded" | "via" | "x-real-ip" => Some("tells from which address the request came"),
        n if n.starts_with("x-forwarded") => Some("tells from which address the request came"),
        _ => None,
    }
}

fn strips(body: &BodyRules) -> bool {
    let mut rules = body.envelope.iter().chain(body.records.iter().flat_map(|r| &r.fields));
    let in_parts = match &body.format {
        Format::Multipart(parts) => parts.list.iter().any(|part| match &part.holds {
            Holding::Document(rules) => strips(rules),
            Holding::Text(_) | Holding::Bytes(_) => false,
        }),
        Format::Batch(batch) => batch.operations.iter().filter_map(|o| o.body.as_ref()).any(|body| strips(body)),
        _ => false,
    };
    body.unlisted == Unlisted::Strip || in_parts || rules.any(|r| r.denied != Denied::Block)
}

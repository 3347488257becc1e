//! `template = "… WHERE Email = :email"`: a query of which only literals vary, each with what it holds.

use super::{Meaning, Problems, Site, place};
use crate::policy::{
    integration::{FieldRule, Language, Piece, Template, Within},
    source::{
        At,
        integration::{Field, Fields},
        read::hint,
    },
};
use std::sync::Arc;

/// `None` where what is said cannot be read, which is reported.
pub(super) fn compile(
    file: &str,
    key: &At<String>,
    text: &Field,
    site: Site,
    meaning: &Meaning<'_>,
    problems: &mut Problems,
) -> Option<Within> {
    let mut wrong = |span, message: &str, mend: &str| problems.error(place(file, span), message, mend);
    let (Some(language), Some(template), Some(parameters)) = (&text.language, &text.template, &text.parameters) else {
        let mend = "write `language = \"soql\"` (or \"fhir\"), `template` and `parameters`";
        wrong(key.span(), "a query needs all three of its keys", mend);
        return None;
    };
    let others = [
        text.encoding.as_ref().map(At::span),
        text.one_of.as_ref().map(At::span),
        text.otherwise.as_ref().map(At::span),
        text.category_span.clone(),
    ];
    if let Some(span) = others.into_iter().flatten().next() {
        wrong(span, "a query leaves as its template and its parameters say", "take this out");
        return None;
    }
    if !matches!(site, Site::Query | Site::Body | Site::Pair) {
        wrong(template.span(), "no query is read here", "list it under `query`, or as a field of the body");
        return None;
    }
    let language = match language.get_ref().as_str() {
        "soql" => Language::Soql,
        "fhir" => Language::Fhir,
        other => {
            let mend = format!("{}known: soql, fhir", hint(other, ["soql", "fhir"]));
            wrong(language.span(), &format!("`{other}` is not known here"), &mend);
            return None;
        }
    };
    let rules = super::compile(file, parameters, Site::Text, meaning, problems);
    if rules.len() != parameters.len() {
        return None;
    }
    let names: Vec<&str> = rules.iter().map(|(key, _)| key.get_ref().as_str()).collect();
    let pieces = pieces(file, template, parameters, (language, &names), problems)?;
    let rules = rules.iter().map(|(name, rule)| {
        let path = format!("{}/{}", key.get_ref(), name.get_ref()).into();
        Arc::new(FieldRule { path, ..rule.clone() })
    });
    let template = Template { language, pieces, rules: rules.collect() };
    Some(Within { base64: false, rules: None, template: Some(Arc::new(template)) })
}

/// A colon with a parameter's whole name after it stands for a literal, outside quotes.
fn pieces(
    file: &str,
    template: &At<String>,
    parameters: &Fields,
    (language, names): (Language, &[&str]),
    problems: &mut Problems,
) -> Option<Vec<Piece>> {
    let (mut pieces, mut fixed, mut rest) = (Vec::new(), String::new(), template.get_ref().as_str());
    let mut seen = Vec::new();
    let mut wrong = |span, message: &str, mend: &str| {
        problems.error(place(file, span), message, mend);
        None
    };
    while let Some(c) = rest.chars().next() {
        rest = rest.get(c.len_utf8()..)?;
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        let Some(number) = names.iter().position(|known| c == ':' && *known == name) else {
            fixed.push(c);
            continue;
        };
        let quoted = language == Language::Soql && fixed.matches('\'').count() % 2 == 1;
        if quoted || seen.contains(&number) || (fixed.is_empty() && !pieces.is_empty()) {
            let mend = "write each parameter once, outside quotes, with something between two of them";
            return wrong(template.span(), &format!("`:{name}` cannot be read here"), mend);
        }
        if !fixed.is_empty() {
            pieces.push(Piece::Text(std::mem::take(&mut fixed).into()));
        }
        seen.push(number);
        pieces.push(Piece::Literal(number));
        rest = after;
    }
    if !fixed.is_empty() {
        pieces.push(Piece::Text(fixed.into()));
    }
    if let Some((_, name)) = names.iter().enumerate().find(|(number, _)| !seen.contains(number)) {
        let at = parameters.keys().find(|key| key.get_ref() == name).map_or_else(|| template.span(), At::span);
        return wrong(at, &format!("the template has no `:{name}`"), "write it where the literal stands");
    }
    Some(pieces)
}

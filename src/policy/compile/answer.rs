//! What of an operation's answers is read: the places where links stand.

use super::{
    Problems,
    body::selectors::{self, Placed, index, matcher, parse},
    place,
};
use crate::policy::{
    integration::{AnswerRules, FieldRule, Format},
    source::{At, integration::Response},
};
use http::{Method, header};
use std::{collections::BTreeMap, sync::Arc};

/// `headers` are those the operation lets the caller send.
pub(super) fn compile(
    file: &str,
    text: &At<Response>,
    method: Option<&Method>,
    headers: &BTreeMap<String, Arc<FieldRule>>,
    problems: &mut Problems,
) -> Option<AnswerRules> {
    let links = &text.get_ref().links;
    if links.get_ref().is_empty() {
        let mend = "name the places of links, such as \"$.nextRecordsUrl\", or take `[operation.response]` out";
        problems.error(place(file, links.span()), "`links` lists nothing", mend);
    }
    if method == Some(&Method::HEAD) {
        let mend = "take `[operation.response]` out, or correct the method";
        problems.error(place(file, text.span()), "the answer to HEAD has no body", mend);
    }
    for name in
        headers.keys().filter(|name| [header::ACCEPT_ENCODING, header::RANGE].iter().any(|h| h == name.as_str()))
    {
        let mend = format!("take `{name}` out of `headers`: an answer that is coded or partial is not passed on");
        problems.error(place(file, text.span()), format!("links cannot be read where `{name}` is sent"), mend);
    }
    let mut targets = Vec::new();
    for link in links.get_ref() {
        if let Some(selector) = parse(file, link.span(), link.get_ref(), &Format::Json, problems) {
            selectors::no_filter(file, &link.span(), &selector, problems);
            targets.push(Placed::new(link.span(), selector, index(targets.len())));
        }
    }
    selectors::same_place(file, &targets, problems);
    let matcher = matcher(file, text.span(), &targets, problems)?;
    Some(AnswerRules { links: targets.iter().map(|t| t.selector.as_str().into()).collect(), matcher })
}

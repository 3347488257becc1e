//! Operations of a connection that both sets have, and what is done with what may not leave.

use super::{
    Area, Found, Way,
    connections::Pair,
    data::{self, Operations},
    list, reach,
};
use crate::{
    flow::OperationId,
    policy::{
        Operation,
        integration::{BodyRules, Denied, Detected, FieldRule, PathSegment, Unlisted},
    },
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

pub(super) fn compare(pair: Pair<'_>, to: &str, same_recipient: bool, found: &mut Found) {
    let by_id = |all: &'_ [Arc<Operation>]| -> BTreeMap<OperationId, Arc<Operation>> {
        all.iter().map(|o| (o.id.clone(), Arc::clone(o))).collect()
    };
    let (old, new) = (by_id(&pair.old.1.operations), by_id(&pair.new.1.operations));
    for (id, before) in old.iter().filter(|(id, _)| !new.contains_key(*id)) {
        let text = format!("The connection {} has no operation {id} any more.", pair.new.1.id);
        let behind = data::all(pair.old.0, &data::of(pair.old.0, pair.old.1, before));
        found.with(Area::Connections, Way::Tightens, text, behind);
    }
    for (id, after) in &new {
        let Some(before) = old.get(id) else {
            let text =
                format!("The connection {} to {to} has a new operation, {id}: {}.", pair.new.1.id, request(after));
            let behind = data::all(pair.new.0, &data::of(pair.new.0, pair.new.1, after));
            found.with(Area::Connections, Way::Loosens, text, behind);
            continue;
        };
        let pair = Operations { old: (pair.old.0, pair.old.1, before), new: (pair.new.0, pair.new.1, after), to };
        frame(&pair, found);
        fields(&pair, found);
        // To somebody else everything is new: the connection's own sentence lists it.
        if same_recipient {
            data::compare(&pair, found);
        }
    }
}

fn request(operation: &Operation) -> String {
    let mut path = String::new();
    for segment in &operation.path {
        path.push('/');
        match segment {
            PathSegment::Literal(text) => path.push_str(text),
            PathSegment::Field(name) => path.push_str(&format!("{{{name}}}")),
        }
    }
    format!("{} {path}", operation.method)
}

/// The operation itself and its body as a whole.
fn frame(pair: &Operations<'_>, found: &mut Found) {
    let (before, after) = (pair.old.2, pair.new.2);
    let by = data::by(pair.new.1, after);
    let mut say = |way, text: String| found.say(Area::Connections, way, text);
    if request(before) != request(after) {
        say(
            Way::Neither,
            format!("Another request is meant: {}, until now {} ({by}).", request(after), request(before)),
        );
    }
    let whom = |o: &Operation| o.subject_of_request().cloned();
    let records = |o: &Operation| o.body.iter().flat_map(|b| &b.records).map(|r| r.subject.clone()).collect::<Vec<_>>();
    if whom(before) != whom(after) || records(before) != records(after) {
        say(
            Way::Neither,
            format!(
                "Whom a request is about is read from another place ({by}). Consent is looked for under what stands there."
            ),
        );
    }
    links_in_answers(before, after, &mut say);
    let (old, new) = match (&before.body, &after.body) {
        (None, None) => return,
        (None, Some(_)) => return say(Way::Loosens, format!("A request may have a body from now on ({by}).")),
        (Some(_), None) => return say(Way::Tightens, format!("A request may have no body any more ({by}).")),
        (Some(old), Some(new)) => (old, new),
    };
    match (old.unlisted, new.unlisted) {
        (Unlisted::Strip, Unlisted::Block) => say(
            Way::Tightens,
            format!(
                "Something that no rule lists stops the whole request from now on; until now it was taken out and the rest was sent ({by})."
            ),
        ),
        (Unlisted::Block, Unlisted::Strip) => say(
            Way::Loosens,
            format!(
                "Something that no rule lists is taken out from now on and the rest is sent; until now it stopped the whole request ({by})."
            ),
        ),
        _ => {}
    }
    if old.limit != new.limit {
        let said = |limit: Option<u64>| {
            limit.map_or_else(|| "what the gateway gives every body".to_owned(), |n| format!("{n} bytes"))
        };
        let way = match (old.limit, new.limit) {
            (Some(a), Some(b)) if b < a => Way::Tightens,
            (Some(_), Some(_)) => Way::Loosens,
            _ => Way::Neither,
        };
        say(way, format!("A body may be as large as {}, until now {} ({by}).", said(new.limit), said(old.limit)));
    }
    if old.media != new.media {
        say(Way::Neither, format!("Bodies are {} from now on, until now {} ({by}).", new.media, old.media));
    }
    counts(old, new, &by, found);
}

/// Links in answers, which must not lead around the gateway.
fn links_in_answers(before: &Operation, after: &Operation, say: &mut impl FnMut(Way, String)) {
    let links = |o: &Operation| o.answer.as_ref().map(|a| a.links.clone());
    let id = &after.id;
    match (links(before), links(after)) {
        (None, Some(_)) => {
            say(Way::Tightens, format!("Links in answers to the operation {id} are looked at from now on."))
        }
        (Some(_), None) => {
            say(Way::Loosens, format!("Answers to the operation {id} are passed on as they come, with their links."))
        }
        (a, b) if a != b => {
            say(Way::Unclear, format!("Links are looked for at other places of answers to the operation {id}."))
        }
        _ => {}
    }
}

/// Tables of counts, and whether they may cross who people are with where.
fn counts(old: &BodyRules, new: &BodyRules, by: &str, found: &mut Found) {
    let crossed =
        |body: &BodyRules| body.records.iter().filter_map(|r| r.aggregate.as_ref()).any(|a| a.crossed.is_some());
    let way = match (crossed(old), crossed(new)) {
        (false, true) => Way::Loosens,
        (true, false) => Way::Tightens,
        _ => return,
    };
    let now = if way == Way::Loosens { "may" } else { "may no longer" };
    let text =
        format!("A table of counts {now} say who people are and where at once, by the panel's own decision ({by}).");
    found.say(Area::Data, way, text);
}

/// What is said of the same place besides its category.
fn fields(pair: &Operations<'_>, found: &mut Found) {
    let (old, new) = (rules(pair.old.2), rules(pair.new.2));
    let by = data::by(pair.new.1, pair.new.2);
    for (path, after) in &new {
        let Some(before) = old.get(path) else { continue };
        let mut say = |way, text: String| found.say(Area::Data, way, format!("{text} ({by}, `{path}`)."));
        match (before.required, after.required) {
            (false, true) => say(Way::Tightens, "Where this may not leave, nothing is sent from now on".to_owned()),
            (true, false) => {
                say(Way::Loosens, "Where this may not leave, the rest is sent all the same from now on".to_owned())
            }
            _ => {}
        }
        match (&before.denied, &after.denied) {
            (Denied::Block, Denied::Block) => {}
            (Denied::Block, _) => {
                say(Way::Loosens, "Where this may not leave, it no longer stops the whole request".to_owned())
            }
            (_, Denied::Block) => say(Way::Tightens, "Where this may not leave, it stops the whole request".to_owned()),
            (a, b) if a != b => {
                say(Way::Neither, "Where this may not leave, something else is left in its place".to_owned())
            }
            _ => {}
        }
        detected(before, after, &mut say);
        texts(before, after, &mut say);
    }
}

fn rules(operation: &Operation) -> BTreeMap<Arc<str>, Arc<FieldRule>> {
    reach::places(operation).into_iter().map(|p| (Arc::clone(&p.rule.path), p.rule)).collect()
}

fn detected(before: &FieldRule, after: &FieldRule, say: &mut impl FnMut(Way, String)) {
    let (strict, words) = (
        |d: Detected| match d {
            Detected::Span => 0,
            Detected::Value => 1,
            Detected::Block => 2,
        },
        match after.detected {
            Detected::Span => "is cut out and the rest of the value is sent",
            Detected::Value => "takes the whole value out",
            Detected::Block => "stops the whole request",
        },
    );
    let way = match strict(after.detected).cmp(&strict(before.detected)) {
        std::cmp::Ordering::Less => Way::Loosens,
        std::cmp::Ordering::Equal => return,
        std::cmp::Ordering::Greater => Way::Tightens,
    };
    say(way, format!("What is found in this text and may not leave {words} from now on"));
}

fn texts(before: &FieldRule, after: &FieldRule, say: &mut impl FnMut(Way, String)) {
    let quoted = |all: BTreeSet<&Arc<str>>| list(&all.iter().map(|t| format!("“{t}”")).collect::<Vec<_>>(), 5);
    match (&before.one_of, &after.one_of) {
        (None, Some(_)) => say(Way::Tightens, "Only the texts that the rule lists may leave from now on".to_owned()),
        (Some(_), None) => {
            say(Way::Loosens, "Any text may leave from now on, until now only those that the rule listed".to_owned())
        }
        (Some(a), Some(b)) => {
            let (a, b): (BTreeSet<_>, BTreeSet<_>) = (a.iter().collect(), b.iter().collect());
            let (more, fewer): (BTreeSet<_>, BTreeSet<_>) =
                (b.difference(&a).copied().collect(), a.difference(&b).copied().collect());
            if !more.is_empty() {
                say(Way::Loosens, format!("These texts may leave too from now on: {}", quoted(more)));
            }
            if !fewer.is_empty() {
                say(Way::Tightens, format!("These texts may no longer leave: {}", quoted(fewer)));
            }
        }
        (None, None) => {}
    }
}

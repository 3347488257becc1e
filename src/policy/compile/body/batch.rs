//! `batch = "salesforce-composite"`: a body of requests, each one of the connection's other operations.

use super::{Places, Problems, place, size, unlisted};
use crate::policy::{
    integration::{Batch, BatchKind, BodyRules, Format, Operation, Upstream},
    source::{
        At,
        integration::{Body, Operation as OperationText},
        read::hint,
    },
};
use std::sync::Arc;

/// The operations that a batch may name: those of its connection that are none themselves.
#[derive(Clone, Copy)]
pub(in crate::policy::compile) struct Named<'a> {
    /// As far as they could be compiled.
    pub(in crate::policy::compile) operations: &'a [Arc<Operation>],
    /// All of them, as they are written.
    pub(in crate::policy::compile) texts: &'a [OperationText],
    /// Where the connection leads, as far as that could be read.
    pub(in crate::policy::compile) upstream: Option<&'a Upstream>,
}

/// Whether an operation's body is a batch.
pub(in crate::policy::compile) fn is_batch(text: &OperationText) -> bool {
    text.body.as_ref().is_some_and(|body| body.get_ref().batch.is_some())
}

pub(super) fn compile(
    file: &str,
    text: &Body,
    kind: &At<String>,
    places: &Places<'_>,
    problems: &mut Problems,
) -> Option<BodyRules> {
    let mut fine = keys(file, text, problems);
    let known = BatchKind::ALL.iter().find(|(name, _)| name == kind.get_ref());
    let in_parts = known.is_some_and(|(_, kind)| *kind == BatchKind::OdataMultipart);
    if in_parts && text.media.get_ref() != "multipart/mixed" {
        let mend = "write `media = \"multipart/mixed\"`, or `batch = \"odata-json\"`";
        problems.error(place(file, text.media.span()), "requests are wrapped in parts", mend);
        fine = false;
    } else if !in_parts && !matches!(Format::of(text.media.get_ref()), Some(Format::Json)) {
        let mend = "write `media = \"application/json\"`, or the JSON type that the recipient takes";
        problems.error(place(file, text.media.span()), "requests are wrapped in JSON", mend);
        fine = false;
    }
    if known.is_none() {
        let names = || BatchKind::ALL.iter().map(|(name, _)| *name);
        let known = names().collect::<Vec<_>>().join(", ");
        let mend = format!("{}known: {known}", hint(kind.get_ref(), names()));
        problems.error(place(file, kind.span()), format!("`{}` is not known here", kind.get_ref()), mend);
    }
    let limit = text.limit.as_ref().map_or(Some(None), |limit| size::compile(file, limit, problems).map(Some));
    let unlisted = unlisted(file, &text.unlisted, problems);
    let operations = operations(file, text, kind, places.named, problems)?;
    // Of one that could not be read, which is reported, nothing is said here.
    let upstream = places.named.upstream?;
    let at = (upstream.origin(), upstream.base.clone());
    let rules = Batch::rules(known?.1, at, operations, text.media.get_ref().as_str(), unlisted?)?;
    let limit = limit?;
    fine.then_some(BodyRules { limit, ..rules })
}

fn keys(file: &str, text: &Body, problems: &mut Problems) -> bool {
    let said = [
        text.content.as_ref().map(At::span),
        text.subject.as_ref().map(At::span),
        text.dialect.as_ref().map(At::span),
        text.namespaces.as_ref().map(At::span),
        text.action.as_ref().map(At::span),
        text.aggregate.as_ref().map(At::span),
        text.required.first().map(At::span),
        text.envelope.keys().next().map(At::span),
        text.record.first().map(At::span),
        text.part.first().map(At::span),
    ];
    let Some(span) = said.into_iter().flatten().next() else { return true };
    let mend = "take it out: each operation named under `operations` says what its requests may hold";
    problems.error(place(file, span), "a batch holds requests and no values of its own", mend);
    false
}

fn operations(
    file: &str,
    text: &Body,
    kind: &At<String>,
    named: Named<'_>,
    problems: &mut Problems,
) -> Option<Vec<Arc<Operation>>> {
    let Some(names) = text.operations.as_ref().filter(|names| !names.get_ref().is_empty()) else {
        let at = text.operations.as_ref().map_or_else(|| kind.span(), At::span);
        let mend = "add `operations = [\"…\"]` with the ids of this connection's operations that may stand in it";
        problems.error(place(file, at), "nothing says which requests this batch may hold", mend);
        return None;
    };
    let mut found: Vec<Arc<Operation>> = Vec::new();
    let mut fine = true;
    for name in names.get_ref() {
        let id = name.get_ref().as_str();
        let mut wrong = |message: String, mend: &str| {
            problems.error(place(file, name.span()), message, mend);
            fine = false;
        };
        let Some(written) = named.texts.iter().find(|o| o.id.get_ref().as_str() == id) else {
            let known = named.texts.iter().filter(|o| !is_batch(o)).map(|o| o.id.get_ref().as_str());
            let mend = format!("{}add the operation to this connection, or correct the name", hint(id, known));
            wrong(format!("there is no operation `{id}`"), &mend);
            continue;
        };
        if is_batch(written) {
            wrong(format!("`{id}` is a batch itself"), "name the operations that stand in it");
            continue;
        }
        if found.iter().any(|o| o.id.as_str() == id) {
            wrong(format!("`{id}` stands here twice"), "keep one of them");
            continue;
        }
        // One that is not there has faults of its own, which are reported.
        let Some(operation) = named.operations.iter().find(|o| o.id.as_str() == id) else {
            fine = false;
            continue;
        };
        if operation.body.as_ref().is_some_and(|body| body.format != Format::Json) {
            wrong(format!("the body of `{id}` is not JSON, as bodies within a batch are"), "take it out");
            continue;
        }
        found.push(Arc::clone(operation));
    }
    fine.then_some(found)
}

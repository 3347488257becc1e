//! What a body may hold: records, envelope, subjects, dependants, and the matchers that find them.

mod aggregate;
mod answers;
pub(super) mod batch;
mod flat;
mod keys;
mod multipart;
mod record;
pub(super) mod selectors;
mod size;
mod table;
mod whole;
pub(super) mod xml;

use super::{
    Meaning, Problems,
    fields::{self, Site},
    operation, place,
};
use crate::policy::{
    integration::{BodyRules, FieldRule, Format, PathSegment, Target, Unlisted},
    selector::Selector,
    source::{
        At,
        integration::{Body, Record},
        read::hint,
    },
};
pub(super) use record::subject_of_request;
use selectors::{Placed, index, matcher, parse};
use std::{collections::BTreeMap, ops::Range, sync::Arc};

/// Where else in the request a subject can be.
pub(super) struct Places<'a> {
    pub(super) query: &'a BTreeMap<String, Arc<FieldRule>>,
    /// `None` where the template cannot be read, which is reported.
    pub(super) path: Option<&'a [PathSegment]>,
    /// These are the rules of a part, of a body that says itself whom it is about.
    pub(super) is_told: bool,
    /// What a batch may hold.
    pub(super) named: batch::Named<'a>,
}

impl Places<'_> {
    fn parameters(&self) -> impl Iterator<Item = &str> {
        operation::parameters(self.path.unwrap_or_default())
    }
}

pub(super) fn compile(
    file: &str,
    text: &At<Body>,
    places: &Places<'_>,
    meaning: &Meaning<'_>,
    problems: &mut Problems,
) -> Option<BodyRules> {
    let (span, text) = (text.span(), text.get_ref());
    if let Some(kind) = &text.batch {
        return batch::compile(file, text, kind, places, problems);
    }
    if let Some(operations) = &text.operations {
        let mend = "say how requests are wrapped, such as `batch = \"salesforce-composite\"`, or take it out";
        problems.error(place(file, operations.span()), "only a batch holds other operations", mend);
        return None;
    }
    if text.media.get_ref() == multipart::MEDIA {
        return multipart::compile(file, text, places, meaning, problems);
    }
    if let Some(part) = text.part.first() {
        let mend = "write `media = \"multipart/form-data\"`, or list the fields of the body itself";
        problems.error(place(file, part.span()), "a body of this media type has no parts", mend);
        return None;
    }
    listed(file, (span, text), places, meaning, problems)
}

/// A body that lists its values itself.
fn listed(
    file: &str,
    (span, text): (Range<usize>, &Body),
    places: &Places<'_>,
    meaning: &Meaning<'_>,
    problems: &mut Problems,
) -> Option<BodyRules> {
    let format = format(file, text, problems)?;
    xml::anchored(file, text, &format, problems);
    let limit = text.limit.as_ref().map_or(Some(None), |limit| size::compile(file, limit, problems).map(Some));
    let unlisted = unlisted(file, &text.unlisted, problems);
    if format.is_whole() {
        let rules = whole::compile(file, text, format, unlisted?, places, meaning, problems)?;
        return Some(BodyRules { limit: limit?, ..rules });
    }
    if !flat::check(file, text, &format, problems) {
        return None;
    }
    let (mut envelope, mut targets) = (Vec::new(), Vec::new());
    for (key, rule) in fields::compile(file, &text.envelope, Site::within(&format), meaning, problems) {
        if let Some(selector) = parse(file, key.span(), key.get_ref(), &format, problems) {
            selectors::no_filter(file, &key.span(), &selector, problems);
            targets.push(Placed::new(key.span(), selector, Target::Envelope(index(envelope.len()))));
            envelope.push(rule);
        }
    }
    let whole = toml::Spanned::new(span.clone(), Record::default());
    let records: Vec<&At<Record>> = match &text.aggregate {
        Some(_) => Vec::new(),
        None if text.record.is_empty() => vec![&whole],
        None => text.record.iter().collect(),
    };
    let mut drafts = Vec::new();
    for record in &records {
        let rules = record::compile(file, record, &format, places, meaning, problems);
        drafts.push((record.span(), record.get_ref().select.as_ref(), rules));
    }
    if let Some(cells) = &text.aggregate {
        let rules = aggregate::compile(file, text, cells, &format, places, meaning, problems)?;
        drafts.push((cells.span(), cells.get_ref().select.as_ref(), rules));
    }
    let mut compiled = placed(file, drafts, &format, &mut targets, problems);
    apart(file, &targets, problems);
    one_request_subject(file, &records, &compiled, problems);
    require(file, &text.required, &mut envelope, &mut compiled, problems);
    let matcher = matcher(file, span, &targets, problems);
    let records: Option<Vec<_>> = compiled.into_iter().map(|r| r.finish(file, problems)).collect();
    let (envelope, media) = (envelope.into_iter().map(Arc::new).collect(), text.media.get_ref().clone());
    Some(BodyRules {
        keys: crate::policy::integration::Keys::default(),
        media,
        format,
        limit: limit?,
        unlisted: unlisted?,
        envelope,
        records: records?,
        matcher: matcher?,
    })
}

/// A kind of record with its place in the file and, where it is said, what selects it.
type Drafted<'t> = (Range<usize>, Option<&'t At<String>>, record::Draft);

/// Where each kind of record is; those whose place cannot be read are reported and left out.
fn placed(
    file: &str,
    drafts: Vec<Drafted<'_>>,
    format: &Format,
    targets: &mut Vec<Placed<Target>>,
    problems: &mut Problems,
) -> Vec<record::Draft> {
    let mut compiled = Vec::new();
    for (span, select, rules) in drafts {
        let (at, select) = match select {
            Some(select) => (select.span(), parse(file, select.span(), select.get_ref(), format, problems)),
            None => (span, Some(Selector::root())),
        };
        if let Some(selector) = select {
            selectors::no_filter(file, &at, &selector, problems);
            targets.push(Placed::new(at, selector, Target::Record(index(compiled.len()))));
            compiled.push(rules);
        }
    }
    compiled
}

/// How the body is read, with what the media type alone does not say.
fn format(file: &str, text: &Body, problems: &mut Problems) -> Option<Format> {
    let format = match Format::of(text.media.get_ref()) {
        Some(Format::Table(usual)) => {
            Some(Format::Table(table::dialect(file, usual, text.dialect.as_ref(), problems)?))
        }
        None if text.content.is_some() => return whole::format(file, &text.media, problems),
        format => format,
    };
    let Some(format) = format else {
        let mend = "write \"application/json\", \"application/xml\", \"text/csv\", \"application/x-www-form-urlencoded\" or \"text/plain\", in \
                    lower case and without parameters; what is no list of values leaves as one `content`";
        problems.error(place(file, text.media.span()), "this media type cannot be screened", mend);
        return None;
    };
    if !whole::keys(file, text, &format, problems) {
        return None;
    }
    xml::complete(file, text, format, problems)
}

/// What is not said is stripped: only whole bodies must say.
pub(super) fn unlisted_or_strip(file: &str, text: Option<&At<String>>, problems: &mut Problems) -> Option<Unlisted> {
    text.map_or(Some(Unlisted::Strip), |text| unlisted(file, text, problems))
}

fn unlisted(file: &str, text: &At<String>, problems: &mut Problems) -> Option<Unlisted> {
    match text.get_ref().as_str() {
        "strip" => Some(Unlisted::Strip),
        "block" => Some(Unlisted::Block),
        other => {
            let mend = format!("{}known: strip, block", hint(other, ["strip", "block"]));
            problems.error(place(file, text.span()), format!("`{other}` is not known here"), mend);
            None
        }
    }
}

/// The envelope is outside records, and no record is inside another: else one value would have two meanings.
fn apart(file: &str, targets: &[Placed<Target>], problems: &mut Problems) {
    let is_record = |t: &&Placed<Target>| matches!(t.target, Target::Record(_));
    selectors::same_place(file, targets.iter().filter(|t| !is_record(t)), problems);
    for (outer, inner) in selectors::within(targets).into_iter().filter(|(outer, _)| is_record(outer)) {
        let message = match inner.target {
            Target::Envelope(_) => format!("`{}` lies within the record `{}`", inner.selector, outer.selector),
            Target::Record(_) => format!("the record `{}` lies within the record `{}`", inner.selector, outer.selector),
        };
        let mend = match inner.target {
            Target::Envelope(_) if outer.selector.is_root() => {
                "list it under `[operation.body.record.fields]`, or give the record a `select`: without one, \
                 the whole document is one record"
            }
            Target::Envelope(_) => "list it under `[operation.body.record.fields]`, relative to the record",
            Target::Record(_) => "make it a `dependants` of the outer record, or select them apart",
        };
        problems.error(place(file, inner.span.clone()), message, mend);
    }
}

/// Path, query and headers are about one person, so records that look there look at the same place.
fn one_request_subject(file: &str, texts: &[&At<Record>], records: &[record::Draft], problems: &mut Problems) {
    let mut named = texts.iter().zip(records).filter(|(_, record)| record.subject.is_of_request());
    let Some((_, first)) = named.next() else { return };
    for (text, _) in named.filter(|(_, other)| other.subject != first.subject) {
        let at = text.get_ref().subject.as_ref().map_or_else(|| text.span(), |s| s.span());
        let mend = "name one place in the request for all records, or say within each record whom it is about";
        problems.error(place(file, at), "two records name two people of one request", mend);
    }
}

/// Marks what the request is hollow without. A path names a field as it is written where it is listed.
fn require(
    file: &str,
    required: &[At<String>],
    envelope: &mut [FieldRule],
    records: &mut [record::Draft],
    problems: &mut Problems,
) {
    for path in required {
        let mut all: Vec<&mut FieldRule> =
            envelope.iter_mut().chain(records.iter_mut().flat_map(|r| r.fields.iter_mut())).collect();
        let mut found = false;
        for rule in all.iter_mut().filter(|rule| *rule.path == **path.get_ref()) {
            rule.required = true;
            found = true;
        }
        if !found {
            let known: Vec<&str> = all.iter().map(|rule| &*rule.path).collect();
            let mend =
                format!("{}write it as the field is listed, relative to its record", hint(path.get_ref(), known));
            problems.error(
                place(file, path.span()),
                format!("`{}` is required and names no field", path.get_ref()),
                mend,
            );
        }
    }
}

//! One kind of record: its fields, whose data it is, and the people within it.

use super::{
    Meaning, Places, Problems, answers, fields, index, keys, matcher, parse, place,
    selectors::{self, Placed},
};
use crate::policy::{
    compile::{fields::Site, operation},
    integration::{Aggregate, Dependants, FieldRule, Format, RecordRules, RecordTarget, SubjectSource},
    selector::Selector,
    source::{
        At,
        integration::{Dependants as DependantsText, Record},
        read::hint,
    },
};
use std::{ops::Range, sync::Arc};

/// A record before its required fields are marked.
pub(super) struct Draft {
    pub(super) fields: Vec<FieldRule>,
    pub(super) subject: SubjectSource,
    span: Range<usize>,
    dependants: Option<Dependants>,
    targets: Vec<Placed<RecordTarget>>,
    pub(super) aggregate: Option<Aggregate>,
    key: Option<u16>,
}

impl Draft {
    pub(super) fn place(&mut self, span: Range<usize>, selector: Selector, target: RecordTarget) {
        self.targets.push(Placed::new(span, selector, target));
    }

    pub(super) fn finish(self, file: &str, problems: &mut Problems) -> Option<RecordRules> {
        if self.aggregate.is_some() {
            // Its places were listed after the record's own were looked at.
            selectors::same_place(file, &self.targets, problems);
        }
        let matcher = matcher(file, self.span, &self.targets, problems)?;
        let fields = self.fields.into_iter().map(Arc::new).collect();
        let choices = self.targets.into_iter().filter_map(|t| match t.target {
            RecordTarget::Choice(rule) => Some((rule, t.selector)),
            _ => None,
        });
        let choices = choices.collect();
        Some(RecordRules {
            subject: self.subject,
            fields,
            choices,
            aggregate: self.aggregate,
            key: self.key,
            dependants: self.dependants,
            matcher,
        })
    }
}

pub(super) fn compile(
    file: &str,
    record: &At<Record>,
    format: &Format,
    places: &Places<'_>,
    meaning: &Meaning<'_>,
    problems: &mut Problems,
) -> Draft {
    let text = record.get_ref();
    let (mut rules, mut targets) = (Vec::new(), Vec::new());
    for (key, rule) in fields::compile(file, &text.fields, Site::within(format), meaning, problems) {
        if let Some(selector) = parse(file, key.span(), key.get_ref(), format, problems) {
            let rule_at = index(rules.len());
            let filtered = selector.has_filter();
            let target = if filtered { RecordTarget::Choice(rule_at) } else { RecordTarget::Field(rule_at) };
            targets.push(Placed::new(key.span(), selector, target));
            rules.push(rule);
        }
    }
    for table in &text.answers {
        for (placed, rule) in answers::compile(file, table, format, meaning, problems) {
            let target = RecordTarget::Choice(index(rules.len()));
            targets.push(Placed::new(placed.span, placed.selector, target));
            rules.push(rule);
        }
    }
    let key = keys::compile(file, text, format, (&mut rules, &mut targets), meaning, problems);
    // Which of two filters holds is known when the record is; two that both hold let nothing out.
    let plain = targets.iter().filter(|t| matches!(t.target, RecordTarget::Field(_) | RecordTarget::Keys(_)));
    selectors::same_place(file, plain, problems);
    let subject = match &text.subject {
        None if text.aggregate => SubjectSource::None,
        None if places.is_told => SubjectSource::Path(String::new()),
        None => {
            unattributed(file, record, &rules, format, meaning, problems);
            SubjectSource::None
        }
        // Where it cannot be read the set is refused; the rest of the record is still looked at.
        Some(text) => subject(file, text, format, places, &mut targets, problems).unwrap_or(SubjectSource::None),
    };
    let dependants = match &text.dependants {
        None => None,
        Some(text) => dependants(file, text, format, &subject, &mut targets, problems),
    };
    Draft { fields: rules, span: record.span(), subject, dependants, targets, aggregate: None, key }
}

/// `body:$.ref`, `path:reference`, `query:id`, `header:X-Ref`.
fn subject(
    file: &str,
    text: &At<String>,
    format: &Format,
    places: &Places<'_>,
    targets: &mut Vec<Placed<RecordTarget>>,
    problems: &mut Problems,
) -> Option<SubjectSource> {
    let span = text.span();
    if text.get_ref() == "key" {
        if !matches!(format, Format::Json | Format::JsonLines) {
            problems.error(
                place(file, span),
                "this format has no members with names",
                "write body:… for where the id is",
            );
            return None;
        }
        return Some(SubjectSource::Key);
    }
    if let Some(path) = text.get_ref().strip_prefix("body:") {
        let selector = parse(file, span.clone(), path, format, problems)?;
        one_place(file, &span, &selector, problems);
        targets.push(Placed::new(span, selector, RecordTarget::Subject));
        return Some(SubjectSource::Body(path.into()));
    }
    let subject = subject_of_request(file, text, places, problems)?;
    if subject.is_none() {
        let name = if format.is_flat() { "ref" } else { "$.ref" };
        let mend = format!("write body:{name}, path:reference, query:id or header:X-Ref");
        problems.error(place(file, span), "this does not say where the client's id is", mend);
    }
    subject
}

/// `path:reference`, `query:id`, `header:X-Ref`: `Some(None)` where it is written in none of these ways.
pub(in crate::policy::compile) fn subject_of_request(
    file: &str,
    text: &At<String>,
    places: &Places<'_>,
    problems: &mut Problems,
) -> Option<Option<SubjectSource>> {
    let span = text.span();
    let subject = match text.get_ref().split_once(':') {
        Some(("path", name)) if places.path.is_none() || places.parameters().any(|p| p == name) => {
            SubjectSource::Path(name.to_owned())
        }
        Some(("path", name)) => {
            let mend = format!("{}name a parameter of the operation's `path`", hint(name, places.parameters()));
            problems.error(place(file, span), format!("the path has no parameter `{name}`"), mend);
            return None;
        }
        Some(("query", name)) => {
            if name.is_empty() {
                problems.error(place(file, span), "the subject's query parameter has no name", "write query:id");
            } else if !places.query.contains_key(name) {
                let mend = "list it under `query` if the recipient needs it; otherwise it is only read here";
                problems.warn(
                    place(file, span),
                    format!("the query parameter `{name}` names the client and is not listed"),
                    mend,
                );
            }
            SubjectSource::Query(name.to_owned())
        }
        Some(("header", name)) => {
            let header = operation::header_name(file, &toml::Spanned::new(span, name.to_owned()), problems)?;
            SubjectSource::Header(header)
        }
        _ => return Some(None),
    };
    Some(Some(subject))
}

/// A string: each dependant's id is where the record's own is, relative to it. A table says where.
fn dependants(
    file: &str,
    text: &At<DependantsText>,
    format: &Format,
    of: &SubjectSource,
    targets: &mut Vec<Placed<RecordTarget>>,
    problems: &mut Problems,
) -> Option<Dependants> {
    let (at, select, subject_at, subject) = match (text.get_ref(), of) {
        (DependantsText::Both { select, subject }, _) => {
            let path = subject.get_ref();
            (select.span(), select.get_ref(), subject.span(), path.strip_prefix("body:").unwrap_or(path))
        }
        (DependantsText::Select(select), SubjectSource::Body(path)) => (text.span(), select, text.span(), &**path),
        (DependantsText::Select(_), _) => {
            let mend = "write { select = \"$.children[*]\", subject = \"$.ref\" }";
            problems.error(place(file, text.span()), "nothing says where a dependant's own id is", mend);
            return None;
        }
    };
    let people = parse(file, at.clone(), select, format, problems)?;
    let id = parse(file, subject_at.clone(), subject, format, problems)?;
    if people.is_root() {
        let mend = "select the people within the record, such as $.children[*]";
        problems.error(place(file, at.clone()), "the record would be its own dependant", mend);
        return None;
    }
    one_place(file, &subject_at, &id, problems);
    selectors::no_filter(file, &at, &people, problems);
    let id = people.join(&id);
    let dependants = Dependants { select: select.as_str().into(), subject: subject.into() };
    targets.push(Placed::new(at, people, RecordTarget::Dependant));
    targets.push(Placed::new(subject_at, id, RecordTarget::DependantSubject));
    let last: Vec<_> = targets
        .iter()
        .filter(|t| !matches!(t.target, RecordTarget::Field(_) | RecordTarget::Choice(_) | RecordTarget::Keys(_)))
        .cloned()
        .collect();
    for (outer, inner) in selectors::within(&last) {
        if outer.target == RecordTarget::Dependant && inner.target == RecordTarget::Subject {
            let mend = "say where the record's own id is, outside its dependants";
            problems.error(place(file, inner.span.clone()), "the record's subject lies within a dependant", mend);
        }
    }
    Some(dependants)
}

/// Two values for one subject would make the record nobody's.
fn one_place(file: &str, span: &Range<usize>, selector: &Selector, problems: &mut Problems) {
    if !selector.is_singular() {
        let mend = if selector.as_str().starts_with('$') {
            "name one place, without `*`, `..`, unions or slices"
        } else {
            "name one place, without `*` or `//`"
        };
        problems.error(place(file, span.clone()), format!("`{selector}` can select several places"), mend);
    }
}

/// Personal fields of nobody in particular can have no consent and never leave.
fn unattributed(
    file: &str,
    record: &At<Record>,
    rules: &[FieldRule],
    format: &Format,
    meaning: &Meaning<'_>,
    problems: &mut Problems,
) {
    let personal = |r: &&FieldRule| meaning.categories.group(&r.category) != Some(crate::flow::Group::Operational);
    if let Some(rule) = rules.iter().find(personal) {
        let name = if format.is_flat() { "…" } else { "$.…" };
        let mend = format!("add `subject = \"body:{name}\"`; without it nothing about a person leaves");
        problems.warn(
            place(file, record.span()),
            format!("`{}` is about a person and nothing says about whom", rule.path),
            mend,
        );
    }
}

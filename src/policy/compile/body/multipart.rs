//! `[[operation.body.part]]`: the parts of `multipart/form-data`, each with what a body of its own type may say.

use super::{Meaning, Places, Problems, fields, place, record, size, unlisted, whole};
use crate::{
    flow::Group,
    policy::{
        compile::fields::Site,
        integration::{
            BodyRules, Denied, FieldRule, Format, Holding, PartRules, Parts, RecordRules, SubjectSource, Target,
        },
        selector::{Matcher, Selector},
        source::{
            At,
            integration::{Body, Part},
            read::hint,
        },
    },
};
use std::sync::Arc;

pub(super) const MEDIA: &str = "multipart/form-data";

/// Whom the body is about.
enum About {
    /// Whom the request names, or nobody.
    Request(SubjectSource),
    /// Whom the part of this name names.
    Part(Arc<str>),
}

pub(super) fn compile(
    file: &str,
    text: &Body,
    places: &Places<'_>,
    meaning: &Meaning<'_>,
    problems: &mut Problems,
) -> Option<BodyRules> {
    let mut fine = keys(file, text, problems);
    let unlisted = unlisted(file, &text.unlisted, problems);
    let about = about(file, text, places, problems)?;
    let is_told = !matches!(about, About::Request(SubjectSource::None));
    let places = Places { is_told, ..*places };
    let (mut rules, mut list): (Vec<FieldRule>, Vec<PartRules>) = (Vec::new(), Vec::new());
    for part in &text.part {
        fine &= name(file, part.get_ref(), &list, problems);
        match self::part(file, text, part, &mut rules, &places, meaning, problems) {
            Some(part) => list.push(part),
            None => fine = false,
        }
    }
    require(file, &text.required, &mut rules, problems);
    let (subject, named) = match about {
        About::Request(subject) => (subject, None),
        About::Part(name) => (SubjectSource::None, Some(name)),
    };
    let format = Format::Multipart(Arc::new(Parts { list, subject: named }));
    let fields = rules.into_iter().map(Arc::new).collect();
    let matcher = Matcher::compile(&[]).ok()?;
    let record =
        RecordRules { aggregate: None, key: None, subject, fields, choices: Vec::new(), dependants: None, matcher };
    let matcher = Matcher::compile(&[(Selector::root(), Target::Record(0))]).ok()?;
    let limit = text.limit.as_ref().map_or(Some(None), |limit| size::compile(file, limit, problems).map(Some))?;
    let (media, unlisted) = (MEDIA.to_owned(), unlisted?);
    fine.then(|| BodyRules {
        media,
        format,
        limit,
        unlisted,
        envelope: Vec::new(),
        records: vec![record],
        matcher,
        keys: Default::default(),
    })
}

fn keys(file: &str, text: &Body, problems: &mut Problems) -> bool {
    let said = [
        text.content.as_ref().map(At::span),
        text.dialect.as_ref().map(At::span),
        text.namespaces.as_ref().map(At::span),
        text.action.as_ref().map(At::span),
        text.envelope.keys().next().map(At::span),
        text.record.first().map(At::span),
    ];
    let mut said = said.into_iter().flatten();
    if let Some(span) = said.next() {
        let mend = "move it to the `[[operation.body.part]]` that it is said of";
        problems.error(place(file, span), "a multipart body holds its values in its parts", mend);
        return false;
    }
    if text.part.is_empty() {
        let mend = "add `[[operation.body.part]]` with a `name` and what it holds";
        problems.error(place(file, text.media.span()), "nothing says which parts this body has", mend);
        return false;
    }
    true
}

/// `path:reference`, `query:id`, `header:X-Ref`, `part:client_ref`.
fn about(file: &str, text: &Body, places: &Places<'_>, problems: &mut Problems) -> Option<About> {
    let Some(written) = &text.subject else { return Some(About::Request(SubjectSource::None)) };
    if let Some(name) = written.get_ref().strip_prefix("part:") {
        let listed = text.part.iter().map(At::get_ref).find(|part| part.name.get_ref() == name);
        let is_text = |part: &Part| part.media.as_ref().is_none_or(|media| media.get_ref() == "text/plain");
        let repeated = |part: &Part| part.repeated.as_ref().is_some_and(|repeated| *repeated.get_ref());
        if listed.is_some_and(|part| !is_text(part) || repeated(part)) {
            let mend = "name a part in plain text that stands once";
            problems.error(place(file, written.span()), format!("the part `{name}` cannot name one person"), mend);
            return None;
        }
        if !name.is_empty() {
            return Some(About::Part(name.into()));
        }
    }
    let subject = record::subject_of_request(file, written, places, problems)?;
    if subject.is_none() {
        let mend = "write part:client_ref, path:reference, query:id or header:X-Ref";
        problems.error(place(file, written.span()), "this does not say where the client's id is", mend);
    }
    subject.map(About::Request)
}

/// What every reader of a quoted string takes for the same name.
fn name(file: &str, part: &Part, others: &[PartRules], problems: &mut Problems) -> bool {
    let text = part.name.get_ref();
    let odd = |c: char| c.is_control() || matches!(c, '"' | '\\' | '%');
    let (message, mend) = match text.as_str() {
        "" | "_charset_" => ("this is no name for a part that holds data".to_owned(), "write the form field's name"),
        text if text.contains(odd) => {
            let mend = "ask the recipient for a name without quotes, backslashes, percent signs and control characters";
            ("readers take this name differently".to_owned(), mend)
        }
        text if others.iter().any(|other| *other.name == *text) => {
            (format!("the part `{text}` stands here twice"), "write `repeated = true` where several may come")
        }
        _ => return true,
    };
    problems.error(place(file, part.name.span()), message, mend);
    false
}

fn part(
    file: &str,
    body: &Body,
    part: &At<Part>,
    rules: &mut Vec<FieldRule>,
    places: &Places<'_>,
    meaning: &Meaning<'_>,
    problems: &mut Problems,
) -> Option<PartRules> {
    let (span, text) = (part.span(), part.get_ref());
    let name = text.name.get_ref();
    let media = text.media.clone().unwrap_or_else(|| toml::Spanned::new(text.name.span(), "text/plain".to_owned()));
    let format = match Format::of(media.get_ref()) {
        _ if media.get_ref().starts_with("multipart/") => {
            let mend = "list the parts within it as parts of the body, if the recipient takes them so";
            problems.error(place(file, media.span()), "parts within parts cannot be screened", mend);
            return None;
        }
        None if text.content.is_some() => Some(whole::format(file, &media, problems)?),
        format => format,
    };
    let media_text = media.get_ref().clone();
    let holds = if let Some(format) = format.filter(Format::is_whole) {
        let number = u16::try_from(rules.len()).ok()?;
        rules.push(value(file, part, &format, (&media, places.is_told), meaning, problems)?);
        if matches!(format, Format::Text) { Holding::Text(number) } else { Holding::Bytes(number) }
    } else {
        let body = Body {
            aggregate: None,
            media,
            unlisted: text.unlisted.clone().unwrap_or_else(|| body.unlisted.clone()),
            required: text.required.clone(),
            envelope: text.envelope.clone(),
            record: text.record.clone(),
            dialect: text.dialect.clone(),
            content: text.content.clone(),
            subject: None,
            part: Vec::new(),
            namespaces: text.namespaces.clone(),
            action: None,
            batch: None,
            operations: None,
            limit: None,
        };
        own_subjects(file, &body, problems)?;
        let document = super::compile(file, &toml::Spanned::new(span, body), places, meaning, problems)?;
        Holding::Document(Arc::new(named(document, name)))
    };
    let filename = match &text.filename {
        None => None,
        Some(field) => {
            let key = toml::Spanned::new(field.span(), format!("{name}/filename"));
            let rule = fields::rule(file, &key, field.span(), field.get_ref(), Site::Header, meaning, problems)?;
            rules.push(rule);
            Some(u16::try_from(rules.len() - 1).ok()?)
        }
    };
    let repeated = text.repeated.as_ref().is_some_and(|repeated| *repeated.get_ref());
    Some(PartRules { name: name.as_str().into(), media: media_text, repeated, filename, holds })
}

/// A part that is one value. What a consent names is the part.
fn value(
    file: &str,
    part: &At<Part>,
    format: &Format,
    (media, is_told): (&At<String>, bool),
    meaning: &Meaning<'_>,
    problems: &mut Problems,
) -> Option<FieldRule> {
    let text = part.get_ref();
    let others = [
        text.envelope.keys().next().map(At::span),
        text.record.first().map(At::span),
        text.dialect.as_ref().map(At::span),
        text.namespaces.as_ref().map(At::span),
        text.required.first().map(At::span),
        text.unlisted.as_ref().map(At::span),
    ];
    if let Some(span) = others.into_iter().flatten().next() {
        let mend = "write `content = \"…\"`; where it is required, say so under `[operation.body]`";
        problems.error(place(file, span), "this part is one value and has no places in it", mend);
        return None;
    }
    let Some(content) = &text.content else {
        let mend = "add `content = \"hg:FreeText\"`, or what the part holds";
        problems.error(place(file, part.span()), "nothing says what this part holds", mend);
        return None;
    };
    let rule = fields::rule(file, &text.name, content.span(), content.get_ref(), Site::Pair, meaning, problems)?;
    if let Format::Binary(kind) = format {
        whole::opaque(file, content, (kind, &rule), meaning, problems);
        if let Some(listed) = &content.get_ref().one_of {
            let message = "bytes that nobody reads cannot be one of these texts";
            problems.error(place(file, listed.span()), message, "take it out");
        }
        if matches!(rule.denied, Denied::Empty | Denied::Const(_)) {
            let mend = "write \"strip\" or \"block\"";
            problems.error(place(file, media.span()), "nothing can stand in place of bytes that are not read", mend);
        }
    }
    if !is_told && meaning.categories.group(&rule.category) != Some(Group::Operational) {
        let mend = "add `subject = \"part:…\"` (or path:…, query:…, header:…) to `[operation.body]`; without it \
                    nothing about a person leaves";
        let message = format!("the part `{}` is about a person and nothing says about whom", rule.path);
        problems.warn(place(file, content.span()), message, mend);
    }
    Some(rule)
}

/// What of the request names the person is said once, for the whole body.
fn own_subjects(file: &str, body: &Body, problems: &mut Problems) -> Option<()> {
    let subjects = body.record.iter().filter_map(|record| record.get_ref().subject.as_ref());
    let mut others = subjects.filter(|subject| !subject.get_ref().starts_with("body:"));
    let Some(other) = others.next() else { return Some(()) };
    let mend = "write it as `subject` of `[operation.body]`, for all its parts; a part's record may say body:…";
    problems.error(place(file, other.span()), "a part does not say whom the request is about", mend);
    None
}

/// Marks the parts that the request is hollow without.
fn require(file: &str, required: &[At<String>], rules: &mut [FieldRule], problems: &mut Problems) {
    for name in required {
        if let Some(rule) = rules.iter_mut().find(|rule| *rule.path == **name.get_ref()) {
            rule.required = true;
            continue;
        }
        let known = rules.iter().map(|rule| &*rule.path);
        let mend = format!("{}name a part that is one value; others say it themselves", hint(name.get_ref(), known));
        problems.error(place(file, name.span()), format!("`{}` is required and names no part", name.get_ref()), mend);
    }
}

/// The rules with the part before the places they list: a consent names them from the outside in.
fn named(rules: BodyRules, part: &str) -> BodyRules {
    fields::moved(rules, &|path| format!("{part}/{path}"))
}

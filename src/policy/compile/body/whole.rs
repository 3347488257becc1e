//! A body that is one value: plain text, or bytes that nobody looks into.

use super::super::fields::{NOT_LOOKED_INTO, NOT_LOOKED_INTO_MEND};
use super::{Meaning, Places, Problems, Site, fields, place, record, require};
use crate::{
    flow::Group,
    policy::{
        integration::{
            BodyRules, CONTENT, Document, FieldRule, Format, RecordRules, RecordTarget, SubjectSource, Target, Unlisted,
        },
        selector::{Matcher, Selector},
        source::{
            At,
            integration::{Body, Field},
        },
    },
};
use std::sync::Arc;

/// Bytes of a media type that has no format of its own.
pub(super) fn format(file: &str, media: &At<String>, problems: &mut Problems) -> Option<Format> {
    let text = media.get_ref().as_str();
    let token = |s: &str| {
        !s.is_empty() && s.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"!#$&-^_.+".contains(&b))
    };
    if !text.split_once('/').is_some_and(|(kind, of)| token(kind) && token(of)) {
        let mend = "write it in lower case and without parameters, such as \"application/pdf\"";
        problems.error(place(file, media.span()), "this is not a media type", mend);
        return None;
    }
    if is_structured(text) {
        let mend = "list its fields; only a format that has none leaves as one value";
        problems.error(place(file, media.span()), "bodies of this media type hold values of their own", mend);
        return None;
    }
    if is_file(text) && Document::of(text).is_none() {
        let mend = if text.starts_with("image/") {
            "have it converted to image/jpeg or image/png, from which place and time can be taken out"
        } else {
            "pictures (JPEG, PNG, GIF, WebP), PDF and office files (.docx, .xlsx, .pptx, .odt, .ods, .odp) can be listed"
        };
        problems.error(place(file, media.span()), "no document of this media type leaves", mend);
        return None;
    }
    Some(Format::Binary(text.into()))
}

/// Text, messages and everything with fields: taken as one value, they would pass unread.
fn is_structured(media: &str) -> bool {
    let kinds = ["text/", "message/", "multipart/", "model/"];
    let endings = ["json", "xml", "ndjson", "jsonl", "yaml", "csv", "x-www-form-urlencoded", "graphql", "json-seq"];
    let of = media.split_once('/').map_or("", |(_, of)| of);
    kinds.iter().any(|kind| media.starts_with(kind))
        || endings.iter().any(|end| of.rsplit(['+', '-', '.']).next() == Some(end) || of == *end)
}

/// Whether the keys fit the format: `dialect` is a table's, `content` and `subject` a whole body's.
pub(super) fn keys(file: &str, text: &Body, format: &Format, problems: &mut Problems) -> bool {
    let mut fine = true;
    let mut wrong = |span, message: &str, mend: &str| {
        problems.error(place(file, span), message, mend);
        fine = false;
    };
    if let Some(dialect) = text.dialect.as_ref().filter(|_| !matches!(format, Format::Table(_))) {
        let mend = "take it out, or write `media = \"text/csv\"`";
        wrong(dialect.span(), "only a table has a dialect", mend);
    }
    if !format.is_whole() {
        if let Some(content) = &text.content {
            let mend = "list its fields under `[operation.body.record.fields]`";
            wrong(content.span(), "bodies of this media type hold values of their own", mend);
        }
        if let Some(subject) = &text.subject {
            let mend = "move it to the `[[operation.body.record]]` that it is about";
            wrong(subject.span(), "a body says in its records whom they are about", mend);
        }
    }
    fine
}

pub(super) fn compile(
    file: &str,
    text: &Body,
    format: Format,
    unlisted: Unlisted,
    places: &Places<'_>,
    meaning: &Meaning<'_>,
    problems: &mut Problems,
) -> Option<BodyRules> {
    let records = text.record.first().map(At::span);
    let fine = keys(file, text, &format, problems);
    if let Some(span) = text.envelope.keys().next().map(At::span).or(records) {
        let mend = "write `content = \"hg:FreeText\"` and, where it is about somebody, `subject = \"path:…\"`";
        problems.error(place(file, span), "this body is one value and has no places in it", mend);
        return None;
    }
    let Some(content) = &text.content else {
        let mend = "add `content = \"hg:FreeText\"`, or what the body holds";
        problems.error(place(file, text.media.span()), "nothing says what this body holds", mend);
        return None;
    };
    let key = toml::Spanned::new(content.span(), CONTENT.to_owned());
    let site = Site::within(&format);
    let mut rule = fields::rule(file, &key, content.span(), content.get_ref(), site, meaning, problems)?;
    if matches!(format, Format::Text) && meaning.categories.is_within(&rule.category, "hg:Document") {
        let mend = "write \"hg:FreeText\", or what the text holds";
        problems.error(place(file, content.span()), "a text is no document: it leaves by what it says", mend);
    }
    if let Format::Binary(media) = &format {
        opaque(file, content, (media, &rule), meaning, problems);
    }
    require(file, &text.required, std::slice::from_mut(&mut rule), &mut [], problems);
    let subject = subject(file, text, (content, &rule), places, meaning, problems)?;
    let matcher = Matcher::compile(&[(Selector::root(), RecordTarget::Field(0))]).ok()?;
    let record = RecordRules {
        aggregate: None,
        key: None,
        subject,
        fields: vec![Arc::new(rule)],
        choices: Vec::new(),
        dependants: None,
        matcher,
    };
    let matcher = Matcher::compile(&[(Selector::root(), Target::Record(0))]).ok()?;
    let media = text.media.get_ref().clone();
    // The caller knows the limit.
    fine.then(|| BodyRules {
        keys: crate::policy::integration::Keys::default(),
        media,
        limit: None,
        format,
        unlisted,
        envelope: Vec::new(),
        records: vec![record],
        matcher,
    })
}

/// Nobody looks into these bytes: they may hold anything about anybody, and there is no rougher form of them.
pub(super) fn opaque(
    file: &str,
    content: &At<Field>,
    (media, rule): (&str, &FieldRule),
    meaning: &Meaning<'_>,
    problems: &mut Problems,
) {
    let at = || place(file, content.get_ref().category_span.clone().unwrap_or(content.span()));
    let is_document = meaning.categories.is_within(&rule.category, "hg:Document");
    if is_document && Document::of(media).is_none_or(|document| !document.is_cleaned()) {
        problems.warn(at(), NOT_LOOKED_INTO, NOT_LOOKED_INTO_MEND);
    }
    if is_file(media) && !is_document {
        let mend = "write \"hg:Document\", or a category of your own below it";
        problems.error(at(), format!("a body of {media} is a document, whatever else it holds"), mend);
    } else if meaning.categories.group(&rule.category) == Some(Group::Operational) {
        let mend = "write \"hg:Document\", or a category that says whose data it can hold";
        problems.error(at(), "nobody can tell that bytes which are not read are about no person", mend);
    }
    if let Some(otherwise) = &content.get_ref().otherwise {
        let mend = "take `otherwise` out";
        problems.error(place(file, otherwise.span()), "bytes that are not read have no rougher form", mend);
    }
}

/// Scans, pictures, recordings, office files and archives, which hold the like.
fn is_file(media: &str) -> bool {
    let kinds = ["image/", "audio/", "video/", "font/", "application/vnd.", "application/x-"];
    let known = ["application/pdf", "application/msword", "application/rtf", "application/zip", "application/gzip"];
    kinds.iter().any(|kind| media.starts_with(kind)) || known.contains(&media)
}

/// `path:reference`, `query:id`, `header:X-Ref`: nothing in the body can name anybody.
pub(super) fn subject(
    file: &str,
    text: &Body,
    (content, rule): (&At<Field>, &FieldRule),
    places: &Places<'_>,
    meaning: &Meaning<'_>,
    problems: &mut Problems,
) -> Option<SubjectSource> {
    let Some(written) = &text.subject else {
        if meaning.categories.group(&rule.category) != Some(Group::Operational) {
            let mend = "add `subject = \"path:…\"` (or query:…, header:…); without it nothing about a person leaves";
            let message = "the body is about a person and nothing says about whom";
            problems.warn(place(file, content.span()), message, mend);
        }
        return Some(SubjectSource::None);
    };
    let subject = record::subject_of_request(file, written, places, problems)?;
    if subject.is_none() {
        let mend = "write path:reference, query:id or header:X-Ref";
        problems.error(place(file, written.span()), "this does not say where the client's id is", mend);
    }
    subject
}

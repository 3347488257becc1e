//! What the kernel must do, written the slow and obvious way: over a tree, with selectors followed by
//! recursion, two passes over each record, and no code shared with the kernel.

use crate::{
    document::Document,
    rules::{Record, Rules, TODAY, pseudonym},
};
use havengate::{
    flow::{Act, Form},
    policy::integration::{Denied, FieldRule, Unlisted},
    screen::{Person, Ruling, transform},
    verdict::Code,
};
use std::collections::BTreeMap;

/// What is expected of a body: the output and, by person, rule and act, the counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Expected {
    pub(crate) output: String,
    pub(crate) counts: BTreeMap<(String, String, Act), u64>,
    pub(crate) unlisted: u64,
}

pub(crate) type Rule = dyn Fn(&Person, &FieldRule) -> Ruling;

/// Screens a document.
pub(crate) fn screen(rules: &Rules, ruling: &Rule, document: &Document) -> Result<Expected, Code> {
    let mut model = Model { rules, ruling, expected: Expected::default() };
    let output = model.outside(document, &[])?.unwrap_or_else(|| "null".to_owned());
    Ok(Expected { output, ..model.expected })
}

struct Model<'a> {
    rules: &'a Rules,
    ruling: &'a Rule,
    expected: Expected,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Key {
    Name(String),
    Index(usize),
}

/// Inside a record: where each dependant is, and who is who.
struct People {
    dependants: Vec<(Vec<Key>, Person)>,
    record: Person,
}

impl Model<'_> {
    fn outside(&mut self, value: &Document, path: &[Key]) -> Result<Option<String>, Code> {
        let rules = self.rules;
        if let Some(record) = rules.records.iter().find(|r| selects(&r.select, path)) {
            return self.record(record, value);
        }
        let selectors: Vec<&str> =
            rules.envelope.iter().map(|f| &*f.path).chain(rules.records.iter().map(|r| r.select.as_str())).collect();
        if is_container(value) && selectors.iter().any(|s| below(s, path)) {
            return self.container(value, path, |model, child, path| model.outside(child, path));
        }
        let listed: Vec<_> = rules.envelope.iter().filter(|f| selects(&f.path, path)).collect();
        match listed.as_slice() {
            [rule] if !is_container(value) => self.field(rule, &Person::Unknown, value, path),
            _ if rules.unlisted == Unlisted::Block => Err(Code::FieldBlocked),
            _ => Ok(self.unlisted(path)),
        }
    }

    fn record(&mut self, record: &Record, root: &Document) -> Result<Option<String>, Code> {
        if self.rules.unlisted == Unlisted::Block && surprise(record, root, &[]) {
            return Err(Code::FieldBlocked);
        }
        let people = people(record, root);
        self.inside(record, &people, root, &[])
    }

    fn inside(&mut self, r: &Record, people: &People, value: &Document, path: &[Key]) -> Result<Option<String>, Code> {
        if is_container(value) && deeper(r, path) {
            return self.container(value, path, |model, child, path| model.inside(r, people, child, path));
        }
        match listed(r, path) {
            Some(rule) if !is_container(value) => self.field(rule, people.at(path), value, path),
            _ => Ok(self.unlisted(path)),
        }
    }

    fn container(
        &mut self,
        value: &Document,
        path: &[Key],
        mut child: impl FnMut(&mut Self, &Document, &[Key]) -> Result<Option<String>, Code>,
    ) -> Result<Option<String>, Code> {
        let at = |key| [path, &[key]].concat();
        match value {
            Document::Array(elements) => {
                let mut kept = Vec::new();
                for (i, element) in elements.iter().enumerate() {
                    let text = child(self, element, &at(Key::Index(i)))?;
                    kept.push(text.unwrap_or_else(|| "null".to_owned()));
                }
                Ok(Some(format!("[{}]", kept.join(","))))
            }
            Document::Object(members) => {
                let mut kept = Vec::new();
                for (name, member) in members {
                    if let Some(text) = child(self, member, &at(Key::Name(name.text.to_owned())))? {
                        kept.push(format!("\"{}\":{text}", name.raw));
                    }
                }
                Ok(Some(format!("{{{}}}", kept.join(","))))
            }
            _ => unreachable!(),
        }
    }

    fn unlisted(&mut self, _: &[Key]) -> Option<String> {
        self.expected.unlisted += 1;
        None
    }

    fn field(&mut self, rule: &FieldRule, who: &Person, value: &Document, _: &[Key]) -> Result<Option<String>, Code> {
        let ruling = (self.ruling)(who, rule);
        let text = match &ruling {
            Ruling::Send(form) => rework(*form, value),
            Ruling::Withhold(_) => None,
        };
        let act = match (&ruling, &text) {
            (Ruling::Send(form), Some(_)) => form.act(),
            _ => Act::Stripped,
        };
        if text.is_none() && (rule.required || rule.denied == Denied::Block) {
            return Err(match &ruling {
                Ruling::Withhold(why) => why.code,
                Ruling::Send(_) => Code::FieldBlocked,
            });
        }
        let key = (format!("{who:?}"), rule.path.to_string(), act);
        *self.expected.counts.entry(key).or_default() += 1;
        Ok(text.or_else(|| match &rule.denied {
            Denied::Strip | Denied::Block => None,
            Denied::Null => Some("null".to_owned()),
            Denied::Empty => Some("\"\"".to_owned()),
            Denied::Const(text) => Some(serde_json::to_string(&**text).unwrap()),
        }))
    }
}

fn rework(form: Form, value: &Document) -> Option<String> {
    let quoted = |text: String| serde_json::to_string(&text).unwrap();
    match (form, value) {
        (_, Document::Word("null")) => Some("null".to_owned()),
        (Form::Raw, Document::Word(word)) => Some((*word).to_owned()),
        (Form::Raw, Document::Text(text)) => Some(format!("\"{}\"", text.raw)),
        (Form::Pseudonym, Document::Word(text)) => Some(quoted(pseudonym(text))),
        (Form::Pseudonym, Document::Text(text)) => Some(quoted(pseudonym(text.text))),
        (Form::Generalised(_), Document::Word("true" | "false")) => None,
        (Form::Generalised(t), Document::Word(text)) => transform::apply(t, text, TODAY).map(quoted),
        (Form::Generalised(t), Document::Text(text)) => transform::apply(t, text.text, TODAY).map(quoted),
        _ => unreachable!(),
    }
}

/// Every selector of a record, from its root.
fn selectors(record: &Record) -> Vec<String> {
    let dependants = record.dependants.iter().flat_map(|(select, subject)| [select.clone(), joined(select, subject)]);
    let fields = record.fields.iter().map(|f| f.path.to_string());
    fields.chain(record.subject.clone()).chain(dependants).collect()
}

fn joined(select: &str, subject: &str) -> String {
    format!("{select}{}", subject.strip_prefix('$').unwrap())
}

fn deeper(record: &Record, path: &[Key]) -> bool {
    selectors(record).iter().any(|s| below(s, path))
}

fn listed<'r>(record: &'r Record, path: &[Key]) -> Option<&'r FieldRule> {
    let listed: Vec<_> = record.fields.iter().filter(|f| selects(&f.path, path)).collect();
    if let [rule] = listed.as_slice() { Some(rule) } else { None }
}

/// Whether something no rule names is there.
fn surprise(record: &Record, value: &Document, path: &[Key]) -> bool {
    match value {
        value if is_container(value) && deeper(record, path) => children(value)
            .iter()
            .any(|(key, child)| surprise(record, child, &[path, std::slice::from_ref(key)].concat())),
        value if is_container(value) => true,
        _ => listed(record, path).is_none() && !names_somebody(record, path),
    }
}

fn names_somebody(record: &Record, path: &[Key]) -> bool {
    record.subject.iter().any(|s| selects(s, path))
        || record.dependants.iter().any(|(select, subject)| {
            selects(&joined(select, subject), path) && (0..=path.len()).any(|n| selects(select, &path[..n]))
        })
}

fn people(record: &Record, root: &Document) -> People {
    let mut places = Vec::new();
    visit(root, &[], &mut |path, value| places.push((path.to_vec(), value.clone())));
    let one = |values: Vec<&Document>| match values.as_slice() {
        [] => Person::Unknown,
        [Document::Text(text)] if !text.text.is_empty() => Person::One(text.text.into()),
        [Document::Word(word)] if !matches!(*word, "null" | "true" | "false") => Person::One((*word).into()),
        [_] => Person::Unknown,
        _ => Person::Ambiguous,
    };
    let record_person = match &record.subject {
        Some(subject) => one(places.iter().filter(|(p, _)| selects(subject, p)).map(|(_, v)| v).collect()),
        None => Person::One("from the path".into()),
    };
    let mut dependants = Vec::new();
    if let Some((select, subject)) = &record.dependants {
        let roots: Vec<&Vec<Key>> = places.iter().map(|(p, _)| p).filter(|p| selects(select, p)).collect();
        let innermost =
            |path: &[Key]| roots.iter().filter(|r| path.starts_with(r)).max_by_key(|r| r.len()).map(|r| r.to_vec());
        for root in &roots {
            let ids = places
                .iter()
                .filter(|(p, _)| selects(&joined(select, subject), p) && innermost(p).as_ref() == Some(*root));
            dependants.push((root.to_vec(), one(ids.map(|(_, v)| v).collect())));
        }
    }
    People { dependants, record: record_person }
}

impl People {
    fn at(&self, path: &[Key]) -> &Person {
        let inside = self.dependants.iter().filter(|(root, _)| path.starts_with(root));
        inside.max_by_key(|(root, _)| root.len()).map_or(&self.record, |(_, person)| person)
    }
}

fn visit(value: &Document, path: &[Key], see: &mut impl FnMut(&[Key], &Document)) {
    see(path, value);
    for (key, child) in children(value) {
        visit(child, &[path, &[key]].concat(), see);
    }
}

fn children(value: &Document) -> Vec<(Key, &Document)> {
    match value {
        Document::Array(elements) => elements.iter().enumerate().map(|(i, e)| (Key::Index(i), e)).collect(),
        Document::Object(members) => members.iter().map(|(n, m)| (Key::Name(n.text.to_owned()), m)).collect(),
        _ => vec![],
    }
}

fn is_container(value: &Document) -> bool {
    matches!(value, Document::Array(_) | Document::Object(_))
}

/// A selector's segments: whether it descends, and what it passes.
fn segments(selector: &str) -> Vec<Segment> {
    let mut rest = selector.strip_prefix('$').unwrap();
    let mut segments = Vec::new();
    while !rest.is_empty() {
        let descend = rest.strip_prefix("..");
        rest = descend.unwrap_or(rest);
        rest = rest.strip_prefix('.').unwrap_or(rest);
        let end = match rest.strip_prefix('[') {
            Some(inner) => inner.find(']').unwrap() + 2,
            None => rest.find(['.', '[']).unwrap_or(rest.len()),
        };
        let (step, after) = rest.split_at(end);
        segments.push((descend.is_some(), step.trim_matches(['[', ']', '\'']).to_owned()));
        rest = after;
    }
    segments
}

fn passes(step: &str, key: &Key) -> bool {
    match key {
        _ if step == "*" => true,
        Key::Name(name) => step == name && step.parse::<usize>().is_err(),
        Key::Index(index) => step.parse() == Ok(*index),
    }
}

fn selects(selector: &str, path: &[Key]) -> bool {
    follow(&segments(selector), path, &|segments| segments.is_empty())
}

/// Whether something below the path could be selected, whatever stands there.
fn below(selector: &str, path: &[Key]) -> bool {
    follow(&segments(selector), path, &|segments| !segments.is_empty())
}

type Segment = (bool, String);

fn follow(segments: &[Segment], path: &[Key], at_end: &dyn Fn(&[Segment]) -> bool) -> bool {
    let Some((key, deeper)) = path.split_first() else { return at_end(segments) };
    let Some(((descend, step), rest)) = segments.split_first() else { return false };
    (passes(step, key) && follow(rest, deeper, at_end)) || (*descend && follow(segments, deeper, at_end))
}

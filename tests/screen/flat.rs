//! Rules for bodies without nesting, and screening them in pieces.

use crate::rules::{LIMITS, Once};
use havengate::{
    policy::{
        integration::{
            BodyRules, Denied, FieldRule, Format, RecordRules, RecordTarget, SubjectSource, Target, Unlisted,
        },
        selector::{Matcher, Selector},
    },
    screen::{
        Findings, Person, Ruling,
        body::{BodyScreener, Limits},
    },
    verdict::Refusal,
};
use std::sync::Arc;

/// A flat body's rules by name.
#[derive(Debug, Clone)]
pub(crate) struct Flat {
    pub(crate) format: Format,
    pub(crate) unlisted: Unlisted,
    pub(crate) subject: Option<String>,
    pub(crate) fields: Vec<FieldRule>,
}

impl Flat {
    pub(crate) fn of(format: Format, subject: &str, fields: &[&str]) -> Self {
        let fields = fields.iter().map(|f| crate::rules::field(f)).collect();
        Self { format, unlisted: Unlisted::Strip, subject: Some(subject.to_owned()), fields }
    }

    pub(crate) fn denied(mut self, name: &str, denied: &Denied) -> Self {
        self.fields.iter_mut().filter(|f| *f.path == *name).for_each(|f| f.denied = denied.clone());
        self
    }

    pub(crate) fn compile(&self) -> Arc<BodyRules> {
        let selector = |name: &str| self.format.selector(name).unwrap();
        let mut places: Vec<_> =
            (0..).zip(&self.fields).map(|(i, f)| (selector(&f.path), RecordTarget::Field(i))).collect();
        places.extend(self.subject.iter().map(|s| (selector(s), RecordTarget::Subject)));
        Arc::new(BodyRules {
            keys: havengate::policy::integration::Keys::default(),
            limit: None,
            media: "text/csv".to_owned(),
            format: self.format.clone(),
            unlisted: self.unlisted,
            envelope: vec![],
            matcher: Matcher::compile(&[(Selector::root(), Target::Record(0))]).unwrap(),
            records: vec![RecordRules {
                aggregate: None,
                key: None,
                choices: Vec::new(),
                subject: match &self.subject {
                    Some(name) => SubjectSource::Body(name.as_str().into()),
                    None => SubjectSource::Path("reference".to_owned()),
                },
                fields: self.fields.iter().cloned().map(Arc::new).collect(),
                dependants: None,
                matcher: Matcher::compile(&places).unwrap(),
            }],
        })
    }
}

/// What leaves of `pieces`, which are one body, and what was done.
pub(crate) fn in_pieces<'a>(
    rules: &Flat,
    limits: Limits,
    ruling: impl Fn(&Person, &FieldRule) -> Ruling,
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> Result<(Vec<u8>, Findings), Refusal> {
    let mut judge = Once::new(ruling);
    let mut screener = BodyScreener::new(rules.compile(), limits, Person::One("from the path".into()));
    let mut out = Vec::new();
    for piece in pieces {
        screener.push(piece, &mut judge)?;
        out.extend(screener.take());
    }
    let screened = screener.finish(&mut judge)?;
    out.extend(&screened.bytes);
    Ok((out, screened.findings()))
}

/// What leaves of a body, the same however it is cut in two and byte by byte.
pub(crate) fn screen(
    rules: &Flat,
    ruling: impl Fn(&Person, &FieldRule) -> Ruling,
    body: &[u8],
) -> Result<String, Refusal> {
    let whole = in_pieces(rules, LIMITS, &ruling, [body]);
    assert_eq!(whole, in_pieces(rules, LIMITS, &ruling, body.chunks(1)), "byte by byte");
    for at in 0..=body.len() {
        let (before, after) = body.split_at(at);
        assert_eq!(whole, in_pieces(rules, LIMITS, &ruling, [before, after]), "cut at {at}");
    }
    whole.map(|(out, _)| String::from_utf8(out).unwrap())
}

//! Body rules and judges for the tests, described plainly enough that the model can read them too.

use havengate::{
    flow::{Category, Form, Transform},
    policy::{
        integration::{
            BodyRules, Denied, Dependants, Detected, FieldRule, Format, RecordRules, RecordTarget, SubjectSource,
            Target, Unlisted,
        },
        selector::{Matcher, Selector},
    },
    screen::{
        Judge, KnownBy, Person, Ruling,
        body::{Limits, ScreenedBody},
        json::JsonScreener,
    },
    verdict::{Code, Refusal},
};
use std::{collections::HashSet, sync::Arc};

/// A body's rules by selector text.
#[derive(Debug, Clone)]
pub(crate) struct Rules {
    pub(crate) unlisted: Unlisted,
    pub(crate) envelope: Vec<FieldRule>,
    pub(crate) records: Vec<Record>,
}

#[derive(Debug, Clone)]
pub(crate) struct Record {
    pub(crate) select: String,
    pub(crate) subject: Option<String>,
    pub(crate) dependants: Option<(String, String)>,
    pub(crate) fields: Vec<FieldRule>,
}

pub(crate) fn field(path: &str) -> FieldRule {
    FieldRule {
        path: path.into(),
        category: Category::parse("pd:Name").unwrap(),
        otherwise: None,
        only: false,
        denied: Denied::Strip,
        required: false,
        detected: Detected::Value,
        within: None,
        one_of: None,
    }
}

pub(crate) fn record(select: &str, subject: &str, fields: &[&str]) -> Record {
    Record {
        select: select.to_owned(),
        subject: Some(subject.to_owned()),
        dependants: None,
        fields: fields.iter().map(|f| field(f)).collect(),
    }
}

fn selector(text: &str) -> Selector {
    Selector::parse(text).unwrap()
}

impl Rules {
    pub(crate) fn of(records: &[Record]) -> Self {
        Self { unlisted: Unlisted::Strip, envelope: vec![], records: records.to_vec() }
    }

    pub(crate) fn compile(&self) -> Arc<BodyRules> {
        self.compile_as("application/json", Format::Json, &selector)
    }

    pub(crate) fn compile_lines(&self) -> Arc<BodyRules> {
        self.compile_as("application/jsonl", Format::JsonLines, &selector)
    }

    /// In another format, whose selectors `selector` reads.
    pub(crate) fn compile_as(
        &self,
        media: &str,
        format: Format,
        selector: &dyn Fn(&str) -> Selector,
    ) -> Arc<BodyRules> {
        let share = |rules: &[FieldRule]| rules.iter().cloned().map(Arc::new).collect();
        let envelope = (0..).zip(&self.envelope).map(|(i, f)| (selector(&f.path), Target::Envelope(i)));
        let records = (0..).zip(&self.records).map(|(i, r)| (selector(&r.select), Target::Record(i)));
        Arc::new(BodyRules {
            keys: havengate::policy::integration::Keys::default(),
            media: media.to_owned(),
            format,
            limit: None,
            unlisted: self.unlisted,
            envelope: share(&self.envelope),
            matcher: Matcher::compile(&envelope.chain(records).collect::<Vec<_>>()).unwrap(),
            records: self
                .records
                .iter()
                .map(|record| RecordRules {
                    aggregate: None,
                    key: None,
                    subject: match &record.subject {
                        Some(text) => SubjectSource::Body(text.as_str().into()),
                        None => SubjectSource::Path("reference".to_owned()),
                    },
                    fields: share(&record.fields),
                    choices: (0..)
                        .zip(record.fields.iter().map(|f| selector(&f.path)))
                        .filter(|(_, s): &(u16, Selector)| s.has_filter())
                        .collect(),
                    dependants: record.dependants.as_ref().map(|(select, subject)| Dependants {
                        select: select.as_str().into(),
                        subject: subject.as_str().into(),
                    }),
                    matcher: record.matcher(selector),
                })
                .collect(),
        })
    }
}

impl Record {
    fn matcher(&self, selector: &dyn Fn(&str) -> Selector) -> Matcher<RecordTarget> {
        let target = |i, s: &Selector| if s.has_filter() { RecordTarget::Choice(i) } else { RecordTarget::Field(i) };
        let fields = (0..).zip(self.fields.iter().map(|f| selector(&f.path)));
        let mut places: Vec<_> = fields.map(|(i, s)| (s.clone(), target(i, &s))).collect();
        places.extend(self.subject.iter().map(|s| (selector(s), RecordTarget::Subject)));
        if let Some((select, subject)) = &self.dependants {
            places.push((selector(select), RecordTarget::Dependant));
            places.push((selector(select).join(&selector(subject)), RecordTarget::DependantSubject));
        }
        Matcher::compile(&places).unwrap()
    }
}

/// Decides by a pure function of the person and the rule, and fails the test when asked twice.
pub(crate) struct Once<F> {
    pub(crate) ruling: F,
    asked: HashSet<(Person, Arc<str>)>,
}

impl<F: Fn(&Person, &FieldRule) -> Ruling> Once<F> {
    pub(crate) fn new(ruling: F) -> Self {
        Self { ruling, asked: HashSet::new() }
    }
}

impl<F: Fn(&Person, &FieldRule) -> Ruling> Judge for Once<F> {
    fn judge(&mut self, person: &Person, rule: &FieldRule) -> Ruling {
        assert!(self.asked.insert((person.clone(), Arc::clone(&rule.path))), "asked twice: {person:?} {}", rule.path);
        (self.ruling)(person, rule)
    }
    fn names(&mut self, _: Option<&FieldRule>, _: &str) -> Option<Arc<Refusal>> {
        None
    }
    fn reads_every(&self, _: &FieldRule) -> bool {
        false
    }
    fn detects(&self) -> bool {
        false
    }
    fn places(&self) -> Option<&havengate::detect::Places> {
        None
    }
    fn holds(&self, _: &FieldRule, _: &Category) -> bool {
        false
    }
    fn is_operational(&self, _: &FieldRule) -> bool {
        false
    }
    fn bytes(&self, rule: &FieldRule) -> havengate::screen::Bytes {
        match rule.category.as_str() {
            "hg:Document" => havengate::screen::Bytes::Document,
            "pd:Biometric" => havengate::screen::Bytes::Biometric,
            _ => havengate::screen::Bytes::Other,
        }
    }
    fn known_by(&self, _: &FieldRule) -> havengate::screen::KnownBy {
        havengate::screen::KnownBy::Nothing
    }

    fn pseudonym(&self, _: &Category, value: &str) -> String {
        pseudonym(value)
    }
    fn today(&self) -> jiff::civil::Date {
        TODAY
    }
}

pub(crate) const TODAY: jiff::civil::Date = jiff::civil::date(2026, 11, 21);
pub(crate) const LIMITS: Limits = Limits { record: 1 << 20, depth: 64, members: 10_000, people: 10_000 };

/// Marked, and not marked twice, so that screening twice changes nothing.
pub(crate) fn pseudonym(value: &str) -> String {
    if value.starts_with("p:") { value.to_owned() } else { format!("p:{}\"", value.len()) }
}

pub(crate) fn withhold() -> Ruling {
    Ruling::Withhold(Arc::new(Refusal::plain(Code::ConsentMissing, "no consent for this item")))
}

/// The first form of everything leaves.
pub(crate) fn everything(_: &Person, rule: &FieldRule) -> Ruling {
    Ruling::Send(rule.forms().next().unwrap_or(Form::Raw))
}

/// Only what is about this person leaves.
pub(crate) fn only(id: &'static str) -> impl Fn(&Person, &FieldRule) -> Ruling {
    move |person, rule| if *person == Person::One(id.into()) { everything(person, rule) } else { withhold() }
}

/// Year, and nothing exact.
pub(crate) fn year(path: &str) -> FieldRule {
    FieldRule { otherwise: Some(Form::Generalised(Transform::Year)), only: true, ..field(path) }
}

/// What a judge answers whose values are searched, where only its rulings matter.
macro_rules! searching {
    () => {
        fn names(
            &mut self,
            _: Option<&havengate::policy::integration::FieldRule>,
            _: &str,
        ) -> Option<std::sync::Arc<havengate::verdict::Refusal>> {
            None
        }
        fn reads_every(&self, _: &havengate::policy::integration::FieldRule) -> bool {
            false
        }
        fn detects(&self) -> bool {
            true
        }
        fn places(&self) -> Option<&havengate::detect::Places> {
            None
        }
        fn bytes(&self, _: &havengate::policy::integration::FieldRule) -> havengate::screen::Bytes {
            havengate::screen::Bytes::Other
        }
        fn today(&self) -> jiff::civil::Date {
            $crate::rules::TODAY
        }
    };
}
pub(crate) use searching;

/// Screens `pieces` as one body.
pub(crate) fn screen_pieces<'a>(
    rules: &Rules,
    limits: Limits,
    ruling: impl Fn(&Person, &FieldRule) -> Ruling,
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> Result<ScreenedBody, Refusal> {
    let mut judge = Once::new(ruling);
    let mut screener = JsonScreener::new(rules.compile(), limits, Person::One("from the path".into()));
    for piece in pieces {
        screener.push(piece, &mut judge)?;
    }
    screener.finish(&mut judge)
}

/// Screens `body` and gives the output as text.
pub(crate) fn screen(
    rules: &Rules,
    ruling: impl Fn(&Person, &FieldRule) -> Ruling,
    body: &str,
) -> Result<String, Refusal> {
    screen_pieces(rules, LIMITS, ruling, [body.as_bytes()]).map(|s| String::from_utf8(s.bytes).unwrap())
}

/// Withholds what is called a name; everything else is about nobody.
pub(crate) struct ButNames;
impl Judge for ButNames {
    searching!();
    fn judge(&mut self, _: &Person, rule: &FieldRule) -> Ruling {
        if names_somebody(rule) { withhold() } else { Ruling::Send(Form::Raw) }
    }
    fn holds(&self, _: &FieldRule, _: &Category) -> bool {
        false
    }
    fn is_operational(&self, rule: &FieldRule) -> bool {
        !names_somebody(rule)
    }
    fn known_by(&self, _: &FieldRule) -> KnownBy {
        KnownBy::Words
    }
    fn pseudonym(&self, _: &Category, value: &str) -> String {
        value.to_owned()
    }
}

fn names_somebody(rule: &FieldRule) -> bool {
    rule.path.ends_with("ame")
}

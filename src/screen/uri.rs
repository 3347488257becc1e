//! Path and query: judged like a body, and written again by us (RFC 3986).

mod read;

pub use read::{PAIRS, pairs, segments};

use super::{
    Findings, Judge, Person,
    tally::{Outcome, Outer, PersonId, Plain, Rules, Tally, Taught},
};
use crate::{
    policy::integration::{Denied, FieldRule, Operation, PathSegment},
    verdict::{Code, Refusal},
};
use std::{borrow::Cow, collections::HashSet, sync::Arc};

/// What of a request's target may leave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScreenedTarget {
    /// Encoded segments below the route, to be put behind the upstream's base (see [`encode_literal`]).
    pub path: Vec<String>,
    /// The same segments as whoever decodes them once will read them.
    pub decoded: Vec<String>,
    /// The encoded query without `?`; `None` where no pair leaves.
    pub query: Option<String>,
    /// What was done.
    pub findings: Findings,
}

impl ScreenedTarget {
    /// The request target: the upstream's decoded base segments, the path and the query.
    #[must_use]
    pub fn path_and_query(&self, base: &[String]) -> String {
        let base = base.iter().map(|s| encode_literal(s));
        let segments: Vec<String> = base.chain(self.path.iter().cloned()).collect();
        let path = format!("/{}", segments.join("/"));
        match &self.query {
            Some(query) => format!("{path}?{query}"),
            None => path,
        }
    }
}

/// The value of a path parameter, for `subject = "path:…"`. `segments` are the request's, below the route.
#[must_use]
pub fn parameter<'a>(operation: &Operation, segments: &'a [String], name: &str) -> Option<&'a str> {
    let mut pairs = operation.path.iter().zip(segments);
    pairs.find_map(|(template, segment)| match template {
        PathSegment::Field(field) if field == name => Some(segment.as_str()),
        _ => None,
    })
}

/// Whom a parameter names, for `subject = "path:…"`, `"query:…"` and `"header:…"`: give every value of it.
#[must_use]
pub fn person<'a>(values: impl IntoIterator<Item = &'a str>) -> Person {
    let mut values = values.into_iter();
    match (values.next(), values.next()) {
        (Some(id), None) if !id.is_empty() => Person::One(id.into()),
        (_, None) => Person::Unknown,
        (_, Some(_)) => Person::Ambiguous,
    }
}

/// Screens the target of a request that matched `operation`. `segments` are the decoded path segments below
/// the route, `query` the decoded pairs, `person` whom path and query are about. What one of them withholds does not
/// leave in another.
///
/// # Errors
/// When a path parameter or a `required` or blocking query parameter may not leave; when a listed parameter
/// stands in the query twice; when the path is not the operation's.
pub fn screen(
    operation: &Operation,
    segments: &[String],
    query: &[(String, String)],
    person: &Person,
    judge: &mut dyn Judge,
) -> Result<ScreenedTarget, Refusal> {
    let mut target = Target::new(operation, segments, query, person);
    target.withheld(judge)?;
    target.screen(None, judge)
}

/// What listed parameters of a target say about nobody, in which is looked for what does not leave elsewhere.
pub(super) fn open<'t>(
    operation: &'t Operation,
    segments: &'t [String],
    query: &'t [(String, String)],
    judge: &dyn Judge,
) -> Vec<&'t str> {
    let rules: Vec<_> = operation.path_fields.values().chain(operation.query.values()).collect();
    let listed = listed(operation, segments, query);
    listed
        .filter(|(at, _)| rules.get(*at).is_some_and(|rule| judge.is_operational(rule)))
        .map(|(_, text)| text)
        .collect()
}

/// Each listed parameter's rule, by its number, and value.
fn listed<'t>(
    operation: &'t Operation,
    segments: &'t [String],
    query: &'t [(String, String)],
) -> impl Iterator<Item = (usize, &'t str)> {
    let path = operation.path.iter().zip(segments).filter_map(|(template, segment)| match template {
        PathSegment::Field(name) => Some((operation.path_fields.keys().position(|n| n == name)?, segment.as_str())),
        PathSegment::Literal(_) => None,
    });
    let query = query.iter().filter_map(|(name, value)| {
        let rule = operation.query.keys().position(|n| n == name)?;
        Some((operation.path_fields.len() + rule, value.as_str()))
    });
    path.chain(query)
}

/// A path without one of its segments is another path: a withheld one always stops the request.
fn blocking(rule: &Arc<FieldRule>) -> Arc<FieldRule> {
    match (&rule.denied, rule.required) {
        (Denied::Block, _) | (_, true) => Arc::clone(rule),
        _ => Arc::new(FieldRule { denied: Denied::Block, ..(**rule).clone() }),
    }
}

/// A target that is not decided yet.
pub(super) struct Target<'a> {
    operation: &'a Operation,
    segments: &'a [String],
    query: &'a [(String, String)],
    person: PersonId,
    tally: Tally,
}

impl<'a> Target<'a> {
    pub(super) fn new(
        operation: &'a Operation,
        segments: &'a [String],
        query: &'a [(String, String)],
        person: &Person,
    ) -> Self {
        let path_rules = operation.path_fields.values().map(blocking);
        let mut tally = Tally::new(Rules::listed(path_rules.chain(operation.query.values().cloned())), 1);
        let person = tally.person(person);
        Self { operation, segments, query, person, tally }
    }

    /// What its parameters withhold, which is looked for in the others from now on.
    pub(super) fn withheld(&mut self, judge: &mut dyn Judge) -> Result<Vec<Taught>, Refusal> {
        self.tally.within_record(None);
        if judge.detects() {
            for (rule, value) in listed(self.operation, self.segments, self.query) {
                self.tally.learn((self.person, rule), judge, Plain(value)).map_err(|refusal| *refusal)?;
            }
        }
        Ok(self.tally.take_withheld())
    }

    /// Decides it, beside what is withheld elsewhere.
    pub(super) fn screen(
        mut self,
        around: Option<Arc<Outer>>,
        judge: &mut dyn Judge,
    ) -> Result<ScreenedTarget, Refusal> {
        self.tally.within_record(around);
        let (path, decoded) = self.path(judge)?;
        let query = self.pairs(judge)?;
        Ok(ScreenedTarget { path, decoded, query, findings: self.tally.findings() })
    }

    /// Encoded and decoded.
    fn path(&mut self, judge: &mut dyn Judge) -> Result<(Vec<String>, Vec<String>), Refusal> {
        let (operation, segments) = (self.operation, self.segments);
        if segments.len() != operation.path.len() {
            return Err(Refusal::plain(Code::OperationUnknown, "the path is not this operation's"));
        }
        let (mut path, mut decoded) = (Vec::new(), Vec::new());
        for (template, segment) in operation.path.iter().zip(segments) {
            let (encoded, text) = match template {
                PathSegment::Literal(literal) if literal == segment => (encode_literal(segment), segment.clone()),
                PathSegment::Literal(_) => {
                    return Err(Refusal::plain(Code::OperationUnknown, "the path is not this operation's"));
                }
                PathSegment::Field(name) => {
                    let text = self.segment(name, segment, judge)?;
                    (encode(&text), text)
                }
            };
            path.push(encoded);
            decoded.push(text);
        }
        Ok((path, decoded))
    }

    fn segment(&mut self, name: &str, segment: &str, judge: &mut dyn Judge) -> Result<String, Refusal> {
        let Some(rule) = self.operation.path_fields.keys().position(|n| n == name) else {
            let detail = format!("the path parameter {name} has no rule, and a path cannot leave without it");
            return Err(super::tally::unlisted(detail));
        };
        let text = match self.decide(rule, segment, judge)? {
            Some(text) => text,
            None => return Err(Refusal::plain(Code::Internal, "a path parameter was withheld without a refusal")),
        };
        // Servers resolve these however they are encoded (RFC 3986 section 5.2.4).
        if matches!(&*text, "" | "." | "..") {
            let detail = format!("the path parameter {name} is empty or a dot segment");
            return Err(Refusal::plain(Code::RequestMalformed, detail));
        }
        Ok(text.into_owned())
    }

    fn pairs(&mut self, judge: &mut dyn Judge) -> Result<Option<String>, Refusal> {
        let mut seen = HashSet::new();
        let mut written: Vec<String> = Vec::new();
        for (name, value) in self.query {
            let Some(rule) = self.operation.query.keys().position(|n| n == name) else {
                self.tally.unlisted += 1;
                continue;
            };
            if !seen.insert(rule) {
                let detail = format!("the query parameter {name} stands there twice");
                return Err(Refusal::plain(Code::RequestMalformed, detail));
            }
            if let Some(text) = self.decide(self.operation.path_fields.len() + rule, value, judge)? {
                written.push(format!("{}={}", encode(name), encode(&text)));
            }
        }
        Ok((!written.is_empty()).then(|| written.join("&")))
    }

    /// The text that may stand there; `None` where nothing may.
    fn decide<'v>(
        &mut self,
        rule: usize,
        value: &'v str,
        judge: &mut dyn Judge,
    ) -> Result<Option<Cow<'v, str>>, Refusal> {
        let outcome = self.tally.decide((self.person, rule), judge, Plain(value));
        Ok(match outcome.map_err(|refusal| *refusal)? {
            Outcome::Raw => Some(Cow::Borrowed(value)),
            Outcome::Text(text) => Some(Cow::Owned(text)),
            Outcome::Withheld(Denied::Empty) => Some(Cow::Borrowed("")),
            Outcome::Withheld(Denied::Const(text)) => Some(Cow::Owned(text.to_string())),
            Outcome::Withheld(Denied::Strip | Denied::Null | Denied::Block) => None,
        })
    }
}

/// Percent-encodes a value: everything but RFC 3986 *unreserved*, so that no part of it is read as syntax.
#[must_use]
pub fn encode(text: &str) -> String {
    percent(text, unreserved)
}

/// Percent-encodes a segment that a policy wrote: RFC 3986 *pchar* stays, such as the brackets of OData.
#[must_use]
pub fn encode_literal(segment: &str) -> String {
    percent(segment, |byte| unreserved(byte) || b"!$&'()*+,;=:@".contains(&byte))
}

const fn unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

fn percent(text: &str, plain: impl Fn(u8) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if plain(byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        flow::{Act, Category, Form, Transform},
        policy::integration::Detected,
        screen::Ruling,
    };
    use proptest::prelude::*;

    struct Allow(fn(&FieldRule) -> Ruling, bool);

    impl Judge for Allow {
        fn judge(&mut self, _: &Person, rule: &FieldRule) -> Ruling {
            (self.0)(rule)
        }
        fn names(&mut self, rule: Option<&FieldRule>, text: &str) -> Option<Arc<Refusal>> {
            let Ruling::Withhold(why) = none(rule?) else { return None };
            text.contains("denied.example").then_some(why)
        }
        fn reads_every(&self, _: &FieldRule) -> bool {
            false
        }
        fn detects(&self) -> bool {
            self.1
        }
        fn places(&self) -> Option<&crate::detect::Places> {
            None
        }
        fn holds(&self, _: &FieldRule, _: &Category) -> bool {
            false
        }
        fn is_operational(&self, rule: &FieldRule) -> bool {
            &*rule.path == "note"
        }
        fn bytes(&self, _: &FieldRule) -> crate::verdict::judge::Bytes {
            crate::verdict::judge::Bytes::Other
        }
        fn known_by(&self, _: &FieldRule) -> crate::screen::KnownBy {
            crate::screen::KnownBy::Words
        }
        fn pseudonym(&self, _: &Category, value: &str) -> String {
            format!("~{}", value.len())
        }
        fn today(&self) -> jiff::civil::Date {
            jiff::civil::date(2026, 11, 21)
        }
    }

    fn all(rule: &FieldRule) -> Ruling {
        Ruling::Send(rule.forms().next().unwrap())
    }

    fn none(_: &FieldRule) -> Ruling {
        Ruling::Withhold(Arc::new(Refusal::plain(Code::ConsentMissing, "no consent for this item")))
    }

    fn rule(path: &str, otherwise: Option<Form>, denied: Denied) -> (String, Arc<FieldRule>) {
        let category = Category::parse("pd:Identifier").unwrap();
        let rule = FieldRule {
            path: path.into(),
            category,
            only: otherwise.is_some(),
            otherwise,
            denied,
            required: false,
            detected: Detected::Value,
            within: None,
            one_of: None,
        };
        (path.to_owned(), Arc::new(rule))
    }

    fn operation() -> Operation {
        Operation {
            id: "refer".parse().unwrap(),
            method: http::Method::POST,
            path: vec![PathSegment::Literal("ref(s)".into()), PathSegment::Field("reference".into())],
            path_fields: [rule("reference", None, Denied::Strip)].into(),
            query: [
                rule("area", Some(Form::Generalised(Transform::PostcodeArea)), Denied::Strip),
                rule("note", None, Denied::Const("none given".into())),
            ]
            .into(),
            headers: [].into(),
            subject: crate::policy::integration::SubjectSource::None,
            body: None,
            answer: None,
        }
    }

    fn run(judge: fn(&FieldRule) -> Ruling, path: &[&str], query: &[(&str, &str)]) -> Result<ScreenedTarget, Refusal> {
        let path: Vec<_> = path.iter().map(|s| (*s).to_owned()).collect();
        let query: Vec<_> = query.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        screen(&operation(), &path, &query, &Person::Unknown, &mut Allow(judge, false))
    }

    #[test]
    fn what_may_leave_is_written_again() {
        let query = [("area", "SE15 4QN"), ("debug", "1"), ("note", "a&b=ü")];
        let target = run(all, &["ref(s)", "A/1;x"], &query).unwrap();
        assert_eq!(target.path_and_query(&["v 2".into()]), "/v%202/ref(s)/A%2F1%3Bx?area=SE&note=a%26b%3D%C3%BC");
        assert_eq!(target.findings.unlisted, 1);
        let acts: Vec<_> = target.findings.listed.iter().map(|f| (&*f.rule.path, f.act)).collect();
        assert_eq!(acts, [("reference", Act::Sent), ("area", Act::Generalised), ("note", Act::Sent)]);
    }

    #[test]
    fn a_withheld_path_parameter_stops_the_request_with_its_reason() {
        let refusal = run(none, &["ref(s)", "A1"], &[]).unwrap_err();
        assert_eq!(refusal.code, Code::ConsentMissing);
        assert!(refusal.detail.contains("reference may not leave") && !refusal.detail.contains("A1"));
    }

    #[test]
    fn withheld_query_parameters_go_or_become_what_their_rule_says() {
        let only_path = |r: &FieldRule| if &*r.path == "reference" { all(r) } else { none(r) };
        let target = run(only_path, &["ref(s)", "A1"], &[("area", "SE15 4QN"), ("note", "x")]).unwrap();
        assert_eq!(target.query.as_deref(), Some("note=none%20given"));
        assert_eq!(run(only_path, &["ref(s)", "A1"], &[("area", "SE15 4QN")]).unwrap().query, None);
    }

    #[test]
    fn a_value_that_names_a_denied_recipient_is_withheld_by_its_rule() {
        let target = run(all, &["ref(s)", "A1"], &[("note", "to x@denied.example")]).unwrap();
        assert_eq!(target.query.as_deref(), Some("note=none%20given"));
        let acts: Vec<_> = target.findings.listed.iter().map(|f| (&*f.rule.path, f.act)).collect();
        assert_eq!(acts, [("reference", Act::Sent), ("note", Act::Stripped)]);
        assert_eq!(run(all, &["ref(s)", "denied.example"], &[]).unwrap_err().code, Code::ConsentMissing);
    }

    #[test]
    fn what_one_parameter_withholds_does_not_leave_in_another() {
        let operation = Operation {
            path_fields: [].into(),
            path: vec![],
            query: [rule("name", None, Denied::Strip), rule("note", None, Denied::Strip)].into(),
            ..operation()
        };
        let but_names = |r: &FieldRule| if &*r.path == "name" { none(r) } else { all(r) };
        let run = |note: &str, name: &str| {
            let query = [("note".to_owned(), note.to_owned()), ("name".to_owned(), name.to_owned())];
            screen(&operation, &[], &query, &Person::Unknown, &mut Allow(but_names, true)).unwrap().query
        };
        assert_eq!(run("saw Warsame today", "Amina Warsame"), None);
        assert_eq!(run("saw Ada today", "Amina Warsame").as_deref(), Some("note=saw%20Ada%20today"));
    }

    #[test]
    fn what_could_be_read_twice_is_refused() {
        let twice = run(all, &["ref(s)", "A1"], &[("note", "1"), ("note", "2")]).unwrap_err();
        assert_eq!((twice.code, twice.detail.contains("twice")), (Code::RequestMalformed, true));
        assert_eq!(run(all, &["ref(s)", ".."], &[]).unwrap_err().code, Code::RequestMalformed);
        assert_eq!(run(all, &["other", "A1"], &[]).unwrap_err().code, Code::OperationUnknown);
        assert_eq!(run(all, &["ref(s)"], &[]).unwrap_err().code, Code::OperationUnknown);
    }

    #[test]
    fn a_path_parameter_without_a_rule_stops_the_request() {
        let operation = Operation { path_fields: [].into(), ..operation() };
        let path = ["ref(s)".to_owned(), "A1".to_owned()];
        let refusal = screen(&operation, &path, &[], &Person::Unknown, &mut Allow(all, false)).unwrap_err();
        assert_eq!(refusal.code, Code::FieldBlocked);
        assert_eq!(parameter(&operation, &path, "reference"), Some("A1"));
    }

    #[test]
    fn a_parameter_names_one_person_or_nobody() {
        assert_eq!(person(["a"]), Person::One("a".into()));
        assert_eq!(person([""]), Person::Unknown);
        assert_eq!(person([]), Person::Unknown);
        assert_eq!(person(["a", "a"]), Person::Ambiguous);
    }

    proptest! {
        #[test]
        fn encoding_is_undone_by_decoding(text in "\\PC{0,20}") {
            let decoded: String = url::form_urlencoded::parse(format!("v={}", encode(&text)).as_bytes()).next().unwrap().1.into();
            prop_assert_eq!(&decoded, &text);
            let safe = |b: u8| b.is_ascii_graphic() && !b"/?#[]\"<>\\^`{|}".contains(&b);
            prop_assert!(encode_literal(&text).bytes().all(safe));
        }
    }
}

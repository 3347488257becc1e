//! Which of the caller's headers leave: a short safe list and what the operation lists.
//!
//! By default `Accept`, `Prefer`, `If-Match`, `If-None-Match`, `If-Modified-Since`, `If-Unmodified-Since`: they
//! say how to answer and, within their grammar (see `safe`), nothing about a person. `Accept-Language` is not among them, since a language can
//! point at a nationality, nor is `Idempotency-Key`, which often holds a client's reference. `Content-Type`,
//! framing, `Host` and upstream credentials are the gate's, and so is `Authorization` where it passes through.
//! `User-Agent`, `Referer`, `Cookie`, `Forwarded` and `X-Forwarded-*` leave only where an operation lists them, and
//! what is listed is judged by the category it is said to hold, or leaves as an opaque mark.

mod safe;

use super::{
    Findings, Judge, Person, Ruling,
    tally::{Outcome, Outer, PersonId, Plain, Rules, Tally, Taught},
};
use crate::{
    detect::{self, Cue},
    flow::Category,
    policy::{
        headers::never_leaves,
        integration::{Denied, Detected, FieldRule, Operation},
    },
    verdict::{Code, Refusal},
};
use http::{HeaderMap, HeaderName, HeaderValue, header};
use std::{borrow::Cow, sync::Arc};

/// Leave unless named by `Connection`. Those marked may stand there several times: they are lists.
static DEFAULT: [(HeaderName, bool); 6] = [
    (header::ACCEPT, true),
    (HeaderName::from_static("prefer"), true),
    (header::IF_MATCH, true),
    (header::IF_NONE_MATCH, true),
    (header::IF_MODIFIED_SINCE, false),
    (header::IF_UNMODIFIED_SINCE, false),
];

/// The headers that leave, and what was done with the listed ones, which are judged like a query's parameters. What one
/// of them withholds does not leave in another.
///
/// # Errors
/// `request-malformed` when one that would leave holds bytes other than visible ASCII, space and tab (RFC
/// 9110 section 5.5), stands there twice although it is not a list, or is of the safe list and says something else than
/// its grammar has; the judge's refusal when a listed one may
/// not leave and its rule says that this stops the request, or when another names a recipient that may not receive
/// anything, or holds what may not leave: no rule says what could stand in its place.
pub fn screen(
    operation: &Operation,
    headers: &HeaderMap,
    person: &Person,
    judge: &mut dyn Judge,
) -> Result<(HeaderMap, Findings), Refusal> {
    let mut sent = Sent::new(operation, headers, person);
    sent.withheld(judge)?;
    sent.screen(None, judge)
}

/// Headers that are not decided yet.
pub(super) struct Sent<'a> {
    operation: &'a Operation,
    headers: &'a HeaderMap,
    /// Those that `Connection` makes hop by hop.
    nominated: Vec<String>,
    person: PersonId,
    tally: Tally,
}

impl<'a> Sent<'a> {
    pub(super) fn new(operation: &'a Operation, headers: &'a HeaderMap, person: &Person) -> Self {
        let mut tally = Tally::new(Rules::listed(operation.headers.values().cloned()), 1);
        let person = tally.person(person);
        Self { operation, headers, nominated: nominated(headers), person, tally }
    }

    /// What the listed ones say about nobody, and what entity tags say, in which is looked for what does not leave
    /// elsewhere.
    pub(super) fn open(&self, judge: &dyn Judge) -> Vec<String> {
        let open = |(name, value): (&HeaderName, &HeaderValue)| {
            let text = value.to_str().ok().filter(|_| self.may_leave(name))?;
            match self.operation.headers.get(name.as_str()) {
                Some(rule) => judge.is_operational(rule).then(|| text.to_owned()),
                None if [header::IF_MATCH, header::IF_NONE_MATCH].contains(name) => {
                    Some(safe::that_may_say_something(name, text))
                }
                None => None,
            }
        };
        self.headers.iter().filter_map(open).collect()
    }

    /// What the listed ones withhold, which is looked for in the others from now on.
    pub(super) fn withheld(&mut self, judge: &mut dyn Judge) -> Result<Vec<Taught>, Refusal> {
        self.tally.within_record(None);
        if judge.detects() {
            for (name, value) in self.headers {
                // What is not text is refused when it is decided.
                let (Some(rule), Ok(text)) = (self.rule(name), value.to_str()) else { continue };
                if self.may_leave(name) {
                    self.tally.learn((self.person, rule), judge, Plain(text)).map_err(|refusal| *refusal)?;
                }
            }
        }
        Ok(self.tally.take_withheld())
    }

    /// Decides them, beside what is withheld elsewhere.
    pub(super) fn screen(
        mut self,
        around: Option<Arc<Outer>>,
        judge: &mut dyn Judge,
    ) -> Result<(HeaderMap, Findings), Refusal> {
        self.tally.within_record(around);
        let mut leaving = HeaderMap::new();
        for name in self.headers.keys() {
            let rule = self.rule(name);
            let default = safe(name).filter(|_| rule.is_none());
            if (rule.is_none() && default.is_none()) || !self.may_leave(name) {
                continue;
            }
            let values = self.headers.get_all(name);
            if default != Some(true) && values.iter().nth(1).is_some() {
                return Err(Refusal::plain(Code::RequestMalformed, format!("the header {name} stands there twice")));
            }
            for value in values {
                let text = visible(name, value)?;
                let kept = match rule {
                    None => self.of_the_safe(name, text, judge)?,
                    Some(rule) => self.judged(rule, judge, text)?,
                };
                if let Some(value) = kept {
                    leaving.append(name.clone(), value);
                }
            }
        }
        Ok((leaving, self.tally.findings()))
    }

    fn rule(&self, name: &HeaderName) -> Option<usize> {
        self.operation.headers.keys().position(|listed| listed == name.as_str())
    }

    fn may_leave(&self, name: &HeaderName) -> bool {
        never_leaves(name).is_none() && !self.nominated.iter().any(|n| n == name.as_str())
    }

    /// What of a listed header's value may leave.
    fn judged(&mut self, rule: usize, judge: &mut dyn Judge, text: &str) -> Result<Option<HeaderValue>, Refusal> {
        let outcome = self.tally.decide((self.person, rule), judge, Plain(text));
        let kept: Cow<'_, str> = match outcome.map_err(|refusal| *refusal)? {
            Outcome::Raw => Cow::Borrowed(text),
            Outcome::Text(other) => Cow::Owned(other),
            Outcome::Withheld(Denied::Const(other)) => Cow::Owned(other.to_string()),
            Outcome::Withheld(Denied::Strip | Denied::Null | Denied::Empty | Denied::Block) => return Ok(None),
        };
        let value = HeaderValue::from_str(&kept);
        value
            .map(Some)
            .map_err(|_| Refusal::plain(Code::Internal, "a header's permitted form cannot stand in a header"))
    }

    /// What may leave of a header of the safe list. No rule lists it, so nothing may stand in it that no rule could let
    /// out without consent, nor what is withheld beside it.
    fn of_the_safe(
        &mut self,
        name: &HeaderName,
        text: &str,
        judge: &mut dyn Judge,
    ) -> Result<Option<HeaderValue>, Refusal> {
        no_recipient(name, text, judge)?;
        let Some(kept) = within_grammar(name, text)? else { return Ok(None) };
        if judge.detects() {
            let said = safe::that_may_say_something(name, &kept);
            holds_nothing(name, &said, judge)?;
            // No rule of this number: nothing is recorded, since nothing leaves.
            if self.tally.withholds_name(usize::MAX, &said) {
                let detail = format!(
                    "The header {name} stops the request: something that the request withholds stands in it too."
                );
                return Err(Refusal::plain(Code::FieldBlocked, detail));
            }
        }
        let value = HeaderValue::from_str(&kept).map(Some);
        value.map_err(|_| Refusal::plain(Code::Internal, "a header's permitted form cannot stand in a header"))
    }
}

/// Whether a header is of the safe list; then, whether it is a list.
fn safe(name: &HeaderName) -> Option<bool> {
    DEFAULT.iter().find(|(n, _)| n == name).map(|(_, list)| *list)
}

/// What leaves, in one order however it came, for the digest that tells a retry from another use.
#[must_use]
pub fn lines(headers: &HeaderMap) -> Vec<u8> {
    let mut lines: Vec<_> = headers
        .iter()
        .map(|(name, value)| [name.as_str().as_bytes(), b": ", value.as_bytes(), b"\n"].concat())
        .collect();
    lines.sort();
    lines.concat()
}

fn visible<'v>(name: &HeaderName, value: &'v HeaderValue) -> Result<&'v str, Refusal> {
    // `to_str` is exactly that: visible ASCII, space and tab.
    value.to_str().map_err(|_| {
        let detail = format!("the header {name} holds bytes that are not visible ASCII");
        Refusal::plain(Code::RequestMalformed, detail)
    })
}

fn no_recipient(name: &HeaderName, text: &str, judge: &mut dyn Judge) -> Result<(), Refusal> {
    judge.names(None, text).map_or(Ok(()), |why| {
        Err(Refusal { detail: format!("The header {name} stops the request: {}", why.detail), ..(*why).clone() })
    })
}

/// Refuses a header in which something is found that may not leave about nobody known.
fn holds_nothing(name: &HeaderName, text: &str, judge: &mut dyn Judge) -> Result<(), Refusal> {
    let places = judge.places().filter(|places| !places.is_empty());
    // A number in it is a version or a weight.
    let cue = Cue::of_key("version");
    if places.is_none() && !detect::worth_scanning(text.as_bytes(), cue) {
        return Ok(());
    }
    let mut found = Vec::new();
    detect::scan(text, cue, places, &mut found);
    for found in found {
        let category = Category::parse(found.category.category());
        let rule = FieldRule {
            path: name.as_str().into(),
            category: category.map_err(|_| Refusal::plain(Code::Internal, "a detector finds what has no category"))?,
            otherwise: None,
            only: false,
            denied: Denied::Block,
            required: false,
            detected: Detected::Block,
            within: None,
            one_of: None,
        };
        if let Ruling::Withhold(why) = judge.judge(&Person::Unknown, &rule) {
            let detail = format!("The header {name} stops the request: {}", why.detail);
            return Err(Refusal { detail, ..(*why).clone() });
        }
    }
    Ok(())
}

fn within_grammar(name: &HeaderName, text: &str) -> Result<Option<String>, Refusal> {
    safe::permitted(name, text).map_err(|expected| {
        let detail = format!("the header {name} is not {expected}; correct it, or list it in the operation's headers");
        Refusal::plain(Code::RequestMalformed, detail)
    })
}

/// Names that `Connection` makes hop by hop.
fn nominated(headers: &HeaderMap) -> Vec<String> {
    let values = headers.get_all(header::CONNECTION).iter().map(|v| String::from_utf8_lossy(v.as_bytes()));
    values.flat_map(|v| v.split(',').map(|n| n.trim().to_ascii_lowercase()).collect::<Vec<_>>()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{flow::Form, policy::integration::SubjectSource};

    /// Lets operational values out and withholds the rest; a pseudonym is the value's length.
    struct Stand;

    impl Judge for Stand {
        fn judge(&mut self, _: &Person, rule: &FieldRule) -> Ruling {
            if rule.category.as_str() == "hg:Operational" {
                Ruling::Send(rule.forms().next().unwrap())
            } else {
                Ruling::Withhold(Arc::new(Refusal::plain(Code::ConsentMissing, "no consent")))
            }
        }
        fn names(&mut self, _: Option<&FieldRule>, text: &str) -> Option<Arc<Refusal>> {
            let refusal = || Arc::new(Refusal::plain(Code::RecipientDenied, "It is denied."));
            text.contains("denied.example").then(refusal)
        }
        fn reads_every(&self, _: &FieldRule) -> bool {
            false
        }
        fn detects(&self) -> bool {
            true
        }
        fn places(&self) -> Option<&crate::detect::Places> {
            None
        }
        fn holds(&self, _: &FieldRule, _: &Category) -> bool {
            false
        }
        fn is_operational(&self, rule: &FieldRule) -> bool {
            rule.category.as_str() == "hg:Operational"
        }
        fn bytes(&self, _: &FieldRule) -> crate::verdict::judge::Bytes {
            crate::verdict::judge::Bytes::Other
        }
        fn known_by(&self, rule: &FieldRule) -> crate::screen::KnownBy {
            match rule.category.as_str() {
                "pd:Name" => crate::screen::KnownBy::Words,
                _ => crate::screen::KnownBy::Nothing,
            }
        }
        fn pseudonym(&self, _: &Category, value: &str) -> String {
            format!("mark-{}", value.len())
        }
        fn today(&self) -> jiff::civil::Date {
            jiff::civil::date(2026, 11, 22)
        }
    }

    fn rule(name: &str, category: &str, denied: Denied, only: bool) -> (String, Arc<FieldRule>) {
        let otherwise = only.then_some(Form::Pseudonym);
        let category = Category::parse(category).unwrap();
        let rule = FieldRule {
            path: name.into(),
            category,
            otherwise,
            only,
            denied,
            required: false,
            detected: Detected::Value,
            within: None,
            one_of: None,
        };
        (name.to_owned(), Arc::new(rule))
    }

    fn with(rules: Vec<(String, Arc<FieldRule>)>, headers: &[(&str, &[u8])]) -> Result<Vec<String>, Refusal> {
        let operation = Operation {
            id: "refer".parse().unwrap(),
            method: http::Method::POST,
            path: vec![],
            path_fields: [].into(),
            query: [].into(),
            headers: rules.into_iter().collect(),
            subject: SubjectSource::None,
            body: None,
            answer: None,
        };
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(name.parse::<HeaderName>().unwrap(), HeaderValue::from_bytes(value).unwrap());
        }
        let (leaving, _) = screen(&operation, &map, &Person::Unknown, &mut Stand)?;
        Ok(leaving.iter().map(|(n, v)| format!("{n}: {}", v.to_str().unwrap())).collect())
    }

    fn run(listed: &[&str], headers: &[(&str, &[u8])]) -> Result<Vec<String>, Refusal> {
        with(listed.iter().map(|n| rule(n, "hg:Operational", Denied::Strip, false)).collect(), headers)
    }

    #[test]
    fn a_header_that_names_a_denied_recipient_does_not_leave() {
        let refused = run(&[], &[("accept", b"https://denied.example/")]).unwrap_err();
        assert_eq!(refused.code, Code::RecipientDenied);
        assert!(refused.detail.contains("accept") && !refused.detail.contains("denied.example"));
        assert_eq!(run(&["referer"], &[("referer", b"https://denied.example/")]), Ok(vec![]));
        assert_eq!(run(&[], &[("referer", b"https://denied.example/")]), Ok(vec![]));
    }

    #[test]
    fn what_is_listed_is_judged() {
        let sent: [(&str, &[u8]); 1] = [("x-case", b"INF-1")];
        let opaque = vec![rule("x-case", "hg:Operational", Denied::Strip, true)];
        assert_eq!(with(opaque, &sent), Ok(vec!["x-case: mark-5".into()]));
        assert_eq!(with(vec![rule("x-case", "pd:Identifier", Denied::Strip, false)], &sent), Ok(vec![]));
        let instead = rule("x-case", "pd:Identifier", Denied::Const("none".into()), false);
        assert_eq!(with(vec![instead], &sent), Ok(vec!["x-case: none".into()]));
        let refused = with(vec![rule("x-case", "pd:Identifier", Denied::Block, false)], &sent).unwrap_err();
        assert_eq!(refused.code, Code::ConsentMissing);
        // A rule for one of the default headers is obeyed, too.
        let accept = vec![rule("accept", "pd:Identifier", Denied::Strip, false)];
        assert_eq!(with(accept, &[("accept", b"a/b")]), Ok(vec![]));
    }

    const TELLING: [&str; 13] = [
        "user-agent",
        "referer",
        "cookie",
        "forwarded",
        "x-forwarded-for",
        "x-forwarded-proto",
        "x-real-ip",
        "via",
        "accept-language",
        "idempotency-key",
        "traceparent",
        "origin",
        "from",
    ];

    #[test]
    fn what_tells_of_a_person_or_a_place_leaves_only_when_listed() {
        for name in TELLING {
            assert_eq!(run(&[], &[(name, b"x")]), Ok(vec![]), "{name}");
            assert_eq!(run(&[name], &[(name, b"x")]), Ok(vec![format!("{name}: x")]), "{name}");
        }
    }

    #[test]
    fn some_headers_never_leave() {
        for name in ["host", "te", "authorization", "x-http-method-override", "consent-token", "havengate-x"] {
            assert_eq!(run(&[name], &[(name, b"x")]), Ok(vec![]), "{name}");
        }
        assert_eq!(run(&["x-case"], &[("connection", b"close, X-Case"), ("x-case", b"1")]), Ok(vec![]));
    }

    #[test]
    fn how_to_answer_leaves() {
        let headers: [(&str, &[u8]); 3] = [("accept", b"a/b"), ("accept", b"c/d"), ("if-match", b"\"1\"")];
        assert_eq!(run(&[], &headers), Ok(vec!["accept: a/b".into(), "accept: c/d".into(), "if-match: \"1\"".into()]));
    }

    #[test]
    fn of_a_preference_only_what_is_known_leaves() {
        let callback = b"odata.callback; url=\"https://evil.example\", return=minimal";
        assert_eq!(run(&[], &[("prefer", callback)]), Ok(vec!["prefer: return=minimal".into()]));
        assert_eq!(run(&[], &[("prefer", b"odata.callback; url=\"https://evil.example\"")]), Ok(vec![]));
        // One that is listed is judged instead.
        assert_eq!(run(&["prefer"], &[("prefer", b"x")]), Ok(vec!["prefer: x".into()]));
    }

    #[test]
    fn what_is_outside_the_grammar_is_refused_and_not_repeated() {
        for name in ["accept", "if-match", "if-none-match", "if-modified-since", "if-unmodified-since"] {
            let refused = run(&[], &[(name, b"Jan Kowalski")]).unwrap_err();
            assert_eq!(refused.code, Code::RequestMalformed, "{name}");
            assert!(refused.detail.contains(name) && !refused.detail.contains("Jan"), "{}", refused.detail);
        }
    }

    #[test]
    fn what_two_readers_could_read_differently_is_refused() {
        let refused = run(&["x-case"], &[("x-case", "é".as_bytes())]).unwrap_err();
        assert!(refused.detail.contains("visible ASCII"));
        let refused = run(&["x-case"], &[("x-case", b"1"), ("x-case", b"2")]).unwrap_err();
        assert!(refused.detail.contains("twice"));
        // What does not leave is not our business here.
        assert_eq!(run(&[], &[("x-case", "é".as_bytes())]), Ok(vec![]));
    }

    #[test]
    fn the_safe_list_is_searched_as_other_headers_are() {
        for (name, value) in [
            ("if-match", "\"AB123456C\""),
            ("if-none-match", "W/\"1\", W/\"ref/AB123456C\""),
            ("accept", "application/json;version=AB123456C"),
            ("accept", "application/vnd.ab123456c+json"),
        ] {
            let refused = run(&[], &[(name, value.as_bytes())]).unwrap_err();
            assert_eq!(refused.code, Code::ConsentMissing, "{name}: {value}");
            let told = refused.detail.contains(name) && !refused.detail.contains("123456");
            assert!(told, "{}", refused.detail);
        }
        for (name, value) in [
            (
                "if-match",
                "\"33a64df551425fcc55e4d42a148795d9f25f89d4\", W/\"9434765919\", \"XrY7u+Ae7tCTyyK7j1rNww==\"",
            ),
            ("if-match", "W/\"123\""),
            ("if-none-match", "*"),
            ("accept", "text/html, application/json;q=0.9;odata.metadata=none, */*;q=0.1"),
            ("accept", "application/fhir+json;fhirVersion=4.0"),
            ("prefer", "return=minimal"),
            ("if-modified-since", "Sun, 22 Nov 2026 09:30:00 GMT"),
        ] {
            assert_eq!(run(&[], &[(name, value.as_bytes())]), Ok(vec![format!("{name}: {value}")]));
        }
        let accept = run(&[], &[("accept", b"text/html;x=\"NI AB123456C\"")]);
        assert_eq!(accept, Ok(vec!["accept: text/html".into()]));
    }

    #[test]
    fn what_one_header_withholds_does_not_leave_in_another() {
        let rules = || {
            vec![
                rule("x-name", "pd:Name", Denied::Strip, false),
                rule("x-note", "hg:Operational", Denied::Strip, false),
            ]
        };
        let note = |note: &'static str| with(rules(), &[("x-note", note.as_bytes()), ("x-name", b"Amina Warsame")]);
        assert_eq!(note("saw Warsame"), Ok(vec![]));
        assert_eq!(note("saw Ada"), Ok(vec!["x-note: saw Ada".into()]));
        let tagged = with(rules(), &[("if-match", b"\"r-warsame\""), ("x-name", b"Amina Warsame")]).unwrap_err();
        assert!(tagged.detail.contains("if-match") && !tagged.detail.contains("arsame"), "{}", tagged.detail);
    }
}

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
    Findings, Judge, Person,
    tally::{Outcome, Plain, Rules, Tally},
};
use crate::{
    policy::{
        headers::never_leaves,
        integration::{Denied, Operation},
    },
    verdict::{Code, Refusal},
};
use http::{HeaderMap, HeaderName, HeaderValue, header};
use std::borrow::Cow;

/// Leave unless named by `Connection`. Those marked may stand there several times: they are lists.
static DEFAULT: [(HeaderName, bool); 6] = [
    (header::ACCEPT, true),
    (HeaderName::from_static("prefer"), true),
    (header::IF_MATCH, true),
    (header::IF_NONE_MATCH, true),
    (header::IF_MODIFIED_SINCE, false),
    (header::IF_UNMODIFIED_SINCE, false),
];

/// The headers that leave, and what was done with the listed ones, which are judged like a query's parameters.
///
/// # Errors
/// `request-malformed` when one that would leave holds bytes other than visible ASCII, space and tab (RFC
/// 9110 section 5.5), stands there twice although it is not a list, or is of the safe list and says something else than
/// its grammar has; the judge's refusal when a listed one may
/// not leave and its rule says that this stops the request, or when another names a recipient that may not receive
/// anything: no rule says what could stand in its place.
pub fn screen(
    operation: &Operation,
    headers: &HeaderMap,
    person: &Person,
    judge: &mut dyn Judge,
) -> Result<(HeaderMap, Findings), Refusal> {
    let nominated = nominated(headers);
    let mut tally = Tally::new(Rules::Listed(operation.headers.values().cloned().collect()), 1);
    let mut leaving = HeaderMap::new();
    for name in headers.keys() {
        let rule = operation.headers.keys().position(|listed| listed == name.as_str());
        let default = DEFAULT.iter().find(|(n, _)| n == name).filter(|_| rule.is_none());
        if (rule.is_none() && default.is_none())
            || never_leaves(name).is_some()
            || nominated.iter().any(|n| n == name.as_str())
        {
            continue;
        }
        let values = headers.get_all(name);
        let is_list = default.is_some_and(|(_, list)| *list);
        if !is_list && values.iter().nth(1).is_some() {
            return Err(Refusal::plain(Code::RequestMalformed, format!("the header {name} stands there twice")));
        }
        for value in values {
            let text = visible(name, value)?;
            let kept = match rule {
                None => no_recipient(name, text, judge).and_then(|()| within_grammar(name, text))?,
                Some(rule) => judged(&mut tally, rule, person, judge, text)?,
            };
            if let Some(value) = kept {
                leaving.append(name.clone(), value);
            }
        }
    }
    Ok((leaving, tally.findings()))
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

/// What of a listed header's value may leave.
fn judged(
    tally: &mut Tally,
    rule: usize,
    person: &Person,
    judge: &mut dyn Judge,
    text: &str,
) -> Result<Option<HeaderValue>, Refusal> {
    let person = tally.person(person);
    let outcome = tally.decide((person, rule), judge, Plain(text));
    let kept: Cow<'_, str> = match outcome.map_err(|refusal| *refusal)? {
        Outcome::Raw => Cow::Borrowed(text),
        Outcome::Text(other) => Cow::Owned(other),
        Outcome::Withheld(Denied::Const(other)) => Cow::Owned(other.to_string()),
        Outcome::Withheld(Denied::Strip | Denied::Null | Denied::Empty | Denied::Block) => return Ok(None),
    };
    let value = HeaderValue::from_str(&kept);
    value.map(Some).map_err(|_| Refusal::plain(Code::Internal, "a header's permitted form cannot stand in a header"))
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

/// What may leave of a header of the safe list.
fn within_grammar(name: &HeaderName, text: &str) -> Result<Option<HeaderValue>, Refusal> {
    let permitted = safe::permitted(name, text).map_err(|expected| {
        let detail = format!("the header {name} is not {expected}; correct it, or list it in the operation's headers");
        Refusal::plain(Code::RequestMalformed, detail)
    })?;
    let value = permitted.map(|text| HeaderValue::from_str(&text)).transpose();
    value.map_err(|_| Refusal::plain(Code::Internal, "a header's permitted form cannot stand in a header"))
}

/// Names that `Connection` makes hop by hop.
fn nominated(headers: &HeaderMap) -> Vec<String> {
    let values = headers.get_all(header::CONNECTION).iter().map(|v| String::from_utf8_lossy(v.as_bytes()));
    values.flat_map(|v| v.split(',').map(|n| n.trim().to_ascii_lowercase()).collect::<Vec<_>>()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        flow::{Category, Form},
        policy::integration::{Detected, FieldRule, SubjectSource},
        screen::Ruling,
    };
    use std::sync::Arc;

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
            false
        }
        fn places(&self) -> Option<&crate::detect::Places> {
            None
        }
        fn holds(&self, _: &FieldRule, _: &Category) -> bool {
            false
        }
        fn is_operational(&self, _: &FieldRule) -> bool {
            false
        }
        fn bytes(&self, _: &FieldRule) -> crate::verdict::judge::Bytes {
            crate::verdict::judge::Bytes::Other
        }
        fn known_by(&self, _: &FieldRule) -> crate::screen::KnownBy {
            crate::screen::KnownBy::Nothing
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
}

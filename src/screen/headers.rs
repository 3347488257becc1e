//! Which of the caller's headers leave: a short safe list and what the operation lists.
//!
//! By default `Accept`, `Prefer`, `If-Match`, `If-None-Match`, `If-Modified-Since`, `If-Unmodified-Since`: they
//! say how to answer and say nothing about a person. `Accept-Language` is not among them, since a language can
//! point at a nationality, nor is `Idempotency-Key`, which often holds a client's reference. `Content-Type`,
//! framing, `Host` and upstream credentials are the gate's, and so is `Authorization` where it passes through.
//! `User-Agent`, `Referer`, `Cookie`, `Forwarded` and `X-Forwarded-*` leave only where an operation lists them.

use super::{Judge, dotted::dotted};
use crate::{
    policy::integration::Operation,
    verdict::{Code, Refusal},
};
use http::{HeaderMap, HeaderName, HeaderValue, header};

/// Leave unless named by `Connection`. Those marked may stand there several times: they are lists.
static DEFAULT: [(HeaderName, bool); 6] = [
    (header::ACCEPT, true),
    (HeaderName::from_static("prefer"), true),
    (header::IF_MATCH, true),
    (header::IF_NONE_MATCH, true),
    (header::IF_MODIFIED_SINCE, false),
    (header::IF_UNMODIFIED_SINCE, false),
];

/// Never leave from the caller, listed or not: hop by hop (RFC 9110 section 7.6.1), framing, what the gate
/// writes itself, and names by which some servers let a header replace the method or path that was judged.
const NEVER: [&str; 23] = [
    "connection",
    "keep-alive",
    "proxy-connection",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "http2-settings",
    "content-length",
    "content-encoding",
    "content-type",
    "content-digest",
    "digest",
    "expect",
    "host",
    "authorization",
    "x-http-method",
    "x-http-method-override",
    "x-method-override",
    "x-original-url",
    "x-rewrite-url",
];

/// Why this header may not be listed by an operation, if it may not: for policy errors.
#[must_use]
pub fn never(name: &HeaderName) -> Option<&'static str> {
    let name = name.as_str();
    if name.starts_with("consent-") || name.starts_with("havengate-") {
        Some("Consent-* and Havengate-* headers are between the caller and the gateway and never leave")
    } else if NEVER.contains(&name) {
        Some("this header is about one connection, or is written by the gateway itself, and never leaves")
    } else {
        None
    }
}

/// The headers that leave, in the order they came.
///
/// # Errors
/// `request-malformed` when one that would leave holds bytes other than visible ASCII, space and tab (RFC
/// 9110 section 5.5), or stands there twice although it is not a list. The judge's refusal when one names a recipient
/// that may not receive anything: a header has no rule that says what could stand in its place.
pub fn screen(operation: &Operation, headers: &HeaderMap, judge: &mut dyn Judge) -> Result<HeaderMap, Refusal> {
    let nominated = nominated(headers);
    let mut leaving = HeaderMap::new();
    for name in headers.keys() {
        let default = DEFAULT.iter().find(|(n, _)| n == name);
        let listed = default.is_some() || operation.headers.contains(name);
        if !listed || never(name).is_some() || nominated.iter().any(|n| n == name.as_str()) {
            continue;
        }
        for value in headers.get_all(name) {
            check(name, value)?;
            no_recipient(name, value, judge)?;
            let list = default.is_some_and(|(_, list)| *list);
            if leaving.append(name.clone(), value.clone()) && !list {
                let detail = format!("the header {name} stands there twice");
                return Err(Refusal::plain(Code::RequestMalformed, detail));
            }
        }
    }
    Ok(leaving)
}

fn check(name: &HeaderName, value: &HeaderValue) -> Result<(), Refusal> {
    if value.as_bytes().iter().all(|b| matches!(b, b'\t' | b' '..=b'~')) {
        return Ok(());
    }
    let detail = format!("the header {name} holds bytes that are not visible ASCII");
    Err(Refusal::plain(Code::RequestMalformed, detail))
}

fn no_recipient(name: &HeaderName, value: &HeaderValue, judge: &mut dyn Judge) -> Result<(), Refusal> {
    let named = value.to_str().ok().filter(|text| dotted(text.as_bytes())).and_then(|text| judge.names(None, text));
    named.map_or(Ok(()), |why| {
        Err(Refusal { detail: format!("The header {name} stops the request: {}", why.detail), ..(*why).clone() })
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
    use crate::{
        flow::Category,
        policy::integration::FieldRule,
        screen::{Person, Ruling},
    };
    use std::sync::Arc;

    fn run(listed: &[&str], headers: &[(&str, &[u8])]) -> Result<Vec<String>, Refusal> {
        let operation = Operation {
            id: "refer".parse().unwrap(),
            method: http::Method::POST,
            path: vec![],
            path_fields: [].into(),
            query: [].into(),
            headers: listed.iter().map(|n| n.parse().unwrap()).collect(),
            body: None,
            answer: None,
        };
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(name.parse::<HeaderName>().unwrap(), HeaderValue::from_bytes(value).unwrap());
        }
        let leaving = screen(&operation, &map, &mut Denying)?;
        Ok(leaving.iter().map(|(n, v)| format!("{n}: {}", v.to_str().unwrap())).collect())
    }

    struct Denying;

    impl Judge for Denying {
        fn judge(&mut self, _: &Person, _: &FieldRule) -> Ruling {
            unreachable!("headers have no rules")
        }
        fn names(&mut self, _: Option<&FieldRule>, text: &str) -> Option<Arc<Refusal>> {
            let refusal = || Arc::new(Refusal::plain(Code::RecipientDenied, "It is denied."));
            text.contains("denied.example").then(refusal)
        }
        fn lists_recipients(&self, _: &FieldRule) -> bool {
            false
        }
        fn pseudonym(&self, _: &Category, _: &str) -> String {
            String::new()
        }
        fn today(&self) -> jiff::civil::Date {
            jiff::civil::date(2026, 11, 21)
        }
    }

    #[test]
    fn a_header_that_names_a_denied_recipient_stops_the_request() {
        for (listed, name) in [(&["referer"][..], "referer"), (&[], "accept")] {
            let refused = run(listed, &[(name, b"https://denied.example/")]).unwrap_err();
            assert_eq!(refused.code, Code::RecipientDenied);
            assert!(refused.detail.contains(name) && !refused.detail.contains("denied.example"));
        }
        assert_eq!(run(&[], &[("referer", b"https://denied.example/")]), Ok(vec![]));
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
        for name in NEVER.into_iter().chain(["consent-token", "consent-ref", "havengate-token", "havengate-x"]) {
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
    fn what_two_readers_could_read_differently_is_refused() {
        let refused = run(&["x-case"], &[("x-case", "é".as_bytes())]).unwrap_err();
        assert!(refused.detail.contains("visible ASCII"));
        let refused = run(&["x-case"], &[("x-case", b"1"), ("x-case", b"2")]).unwrap_err();
        assert!(refused.detail.contains("twice"));
        // What does not leave is not our business here.
        assert_eq!(run(&[], &[("x-case", "é".as_bytes())]), Ok(vec![]));
    }
}

//! What a caller is told: refusals as RFC 9457 problem documents, and the headers of forwarded answers.

use super::body::BoxError;
use crate::{
    flow::{Act, DecisionId},
    screen::{Findings, coding},
    verdict::{Code, Reason, Refusal},
};
use http::{HeaderMap, HeaderName, HeaderValue, Response, header};
use http_body_util::{BodyExt as _, Full, combinators::UnsyncBoxBody};
use hyper::body::Bytes;
use serde::Serialize;
use std::{collections::BTreeSet, fmt::Write as _, sync::Arc};

/// The body of an answer: a problem document, or the recipient's answer as it streams back.
pub type AnswerBody = UnsyncBoxBody<Bytes, BoxError>;

/// The decision's id.
pub const DECISION: HeaderName = HeaderName::from_static("havengate-decision");
/// Whether anything left: `yes`, `no`, `unknown`.
pub const SENT: HeaderName = HeaderName::from_static("havengate-sent");
/// What was removed from a forwarded request.
pub const REMOVED: HeaderName = HeaderName::from_static("havengate-removed");

/// On every refusal that a person can read (design section 1).
pub const EMERGENCY: &str = "Danger to life: phone 999 now. Nothing here stops you.";

/// Whether a refused request reached the recipient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sent {
    /// Nothing left.
    No,
    /// It was received, and the answer is not passed on.
    Yes,
    /// It was on its way when something broke: the sender must ask the recipient before sending again.
    Unknown,
}

impl Sent {
    const fn as_str(self) -> &'static str {
        match self {
            Self::No => "no",
            Self::Yes => "yes",
            Self::Unknown => "unknown",
        }
    }
}

/// The answer to a refused request. `decision` is absent only where nothing could be recorded.
#[must_use]
pub fn refused(refusal: &Refusal, decision: Option<DecisionId>, sent: Sent) -> Response<AnswerBody> {
    problem(refusal, decision, sent).map(|bytes| Full::new(bytes).map_err(|never| match never {}).boxed_unsync())
}

/// The same answer, with its document in memory.
#[must_use]
pub fn problem(refusal: &Refusal, decision: Option<DecisionId>, sent: Sent) -> Response<Bytes> {
    let code = refusal.code;
    let document = Problem {
        kind: format!("urn:havengate:problem:{code}"),
        title: title(code),
        status: code.status().as_u16(),
        detail: &refusal.detail,
        instance: decision.map(|d| format!("urn:havengate:decision:{d}")),
        reasons: &refusal.reasons,
        help: EMERGENCY,
    };
    // Strings and numbers always serialise; were they not to, the status and headers still say no.
    let mut response = Response::new(Bytes::from(serde_json::to_vec(&document).unwrap_or_default()));
    *response.status_mut() = code.status();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(SENT, HeaderValue::from_static(sent.as_str()));
    if let Some(decision) = decision {
        headers.insert(DECISION, text(&decision.to_string()));
    }
    match code {
        Code::RateLimited | Code::LedgerUnavailable | Code::Overloaded => {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
        }
        // RFC 9110 section 12.5.3: only where the coding is what was not accepted.
        Code::BodyUnsupported if refusal.reasons.iter().any(|r| r.rule.as_str() == coding::RULE) => {
            headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(coding::ACCEPTED));
        }
        // RFC 9110 section 15.5.2: a 401 names a way to authenticate.
        Code::CallerUnknown => {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Havengate-Token"));
        }
        _ => {}
    }
    response
}

#[derive(Serialize)]
struct Problem<'a> {
    #[serde(rename = "type")]
    kind: String,
    title: &'static str,
    status: u16,
    detail: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    instance: Option<String>,
    reasons: &'a [Reason],
    help: &'static str,
}

const fn title(code: Code) -> &'static str {
    match code {
        Code::DestinationLinked => "The recipient is the Home Office, or can pass data to it",
        Code::DestinationUnassessed => "Nobody has assessed this recipient",
        Code::DestinationUncommitted => "The recipient has no no-onward-sharing undertaking in date",
        Code::DestinationMismatch => "It is not certain who the recipient is",
        Code::Forum => "The recipient is a forum the Home Office can reach",
        Code::Stopped => "A worker has stopped this flow",
        Code::OperationUnknown => "The connection has no such operation",
        Code::ConsentMissing => "There is no consent for something the request needs",
        Code::ConsentInvalid => "The consent is not valid for this",
        Code::ConsentExpired => "The consent has expired",
        Code::ConsentEnded => "The person has ended the consent",
        Code::ConsentSpent => "The consent has been used as often as it may be",
        Code::FieldBlocked => "The request holds something that must not leave",
        Code::RecipientDenied => "The request names a recipient that may not receive it",
        Code::ConsentChanged => "Consent changed while the request was being checked",
        Code::CallerUnknown => "The caller is not known",
        Code::RouteUnknown => "No connection has this address",
        Code::RequestMalformed => "The request breaks the rules of HTTP",
        Code::BodyMalformed => "The body is not what its type says",
        Code::RequestTimeout => "The request did not arrive in time",
        Code::BodyTooLarge => "The body is too large",
        Code::BodyUnsupported => "The body is of a type this operation does not take",
        Code::RateLimited => "Too many requests",
        Code::Internal => "The gateway failed",
        Code::DestinationUnreachable => "The recipient cannot be reached",
        Code::LedgerUnavailable => "The record book cannot be written, so nothing may leave",
        Code::Overloaded => "The gateway is too busy, or is stopping",
        Code::UpstreamTimeout => "The recipient did not answer in time",
    }
}

/// What did not leave with a forwarded request, for `Havengate-Removed`: rules' paths only, never a key that
/// a caller made up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Removed {
    /// Listed values.
    pub values: u64,
    /// The rules that list them.
    pub paths: BTreeSet<Arc<str>>,
    /// Members, elements and parameters that no rule lists.
    pub unlisted: u64,
}

/// `Havengate-Removed` stays below this many bytes; what does not fit is said with `more`.
const REMOVED_BYTES: usize = 2048;

impl Removed {
    /// From what screening found.
    #[must_use]
    pub fn of(findings: &Findings) -> Self {
        let mut removed = Self { unlisted: findings.unlisted, ..Self::default() };
        for finding in findings.listed.iter().filter(|f| f.act == Act::Stripped) {
            removed.values += finding.count;
            removed.paths.insert(Arc::clone(&finding.rule.path));
        }
        removed
    }

    /// The header's value: a structured field item (RFC 9651) with a count and its parameters. Paths are
    /// separated by spaces; a space, `%` or byte outside ASCII within one is percent-encoded.
    #[must_use]
    pub fn header(&self) -> HeaderValue {
        let mut value = self.values.to_string();
        let (mut quoted, mut more) = (String::new(), false);
        for path in &self.paths {
            let path = quotable(path);
            if quoted.len() + path.len() > REMOVED_BYTES - 128 {
                more = true;
                break;
            }
            if !quoted.is_empty() {
                quoted.push(' ');
            }
            quoted.push_str(&path);
        }
        if !quoted.is_empty() {
            let _ = write!(value, ";paths=\"{quoted}\"");
        }
        if more {
            value.push_str(";more");
        }
        if self.unlisted > 0 {
            let _ = write!(value, ";unlisted={}", self.unlisted);
        }
        text(&value)
    }
}

/// A path without spaces, quotation marks as they are quoted, and nothing outside ASCII.
pub(super) fn quotable(path: &str) -> String {
    let mut quoted = String::new();
    for byte in path.bytes() {
        match byte {
            b'"' | b'\\' => {
                quoted.push('\\');
                quoted.push(byte as char);
            }
            b'%' => quoted.push_str("%25"),
            0x21..=0x7e => quoted.push(byte as char),
            _ => {
                let _ = write!(quoted, "%{byte:02X}");
            }
        }
    }
    quoted
}

/// Marks a recipient's answer as the outcome of a decision. Names of ours that the recipient sent are
/// replaced; everything else about its headers is for `upstream`.
pub fn forwarded(headers: &mut HeaderMap, decision: DecisionId, removed: &Removed) {
    let ours: Vec<HeaderName> = headers.keys().filter(|n| is_ours(n)).cloned().collect();
    for name in ours {
        headers.remove(name);
    }
    headers.insert(DECISION, text(&decision.to_string()));
    headers.insert(SENT, HeaderValue::from_static("yes"));
    headers.insert(REMOVED, removed.header());
}

/// `Havengate-*` and `Consent-*` travel in neither direction (design section 6).
fn is_ours(name: &HeaderName) -> bool {
    name.as_str().starts_with("havengate-") || name.as_str().starts_with("consent-")
}

/// A value whose text is ASCII by construction.
fn text(value: &str) -> HeaderValue {
    HeaderValue::from_str(value).unwrap_or(HeaderValue::from_static("unprintable"))
}

/// A whole HTTP/1.1 answer that closes its connection, for where no HTTP library may be asked.
#[must_use]
pub fn closing_bytes(response: &Response<Bytes>) -> Vec<u8> {
    let status = response.status();
    let mut bytes = format!("HTTP/1.1 {} {}\r\n", status.as_str(), status.canonical_reason().unwrap_or_default());
    for (name, value) in response.headers() {
        let _ = write!(bytes, "{name}: {}\r\n", value.to_str().unwrap_or_default());
    }
    let _ = write!(bytes, "content-length: {}\r\nconnection: close\r\n\r\n", response.body().len());
    let mut bytes = bytes.into_bytes();
    bytes.extend_from_slice(response.body());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::Clause;

    fn decision() -> DecisionId {
        DecisionId::from_bytes([7; 16])
    }

    #[test]
    fn a_refusal_is_a_problem_document() {
        let refusal = Refusal::plain(Code::ConsentMissing, "The name needs consent.").because(Reason {
            clause: Some(Clause::Data2ii),
            rule: "personal-needs-consent".parse().unwrap(),
            category: Some("pd:Name".parse().unwrap()),
            path: Some("$.firstName".into()),
            remedy: "Record consent for the name.".into(),
        });
        let response = problem(&refusal, Some(decision()), Sent::No);
        assert_eq!(response.status(), 403);
        assert_eq!(response.headers()["havengate-sent"], "no");
        assert_eq!(response.headers()["havengate-decision"], decision().to_string());
        assert_eq!(response.headers()["cache-control"], "no-store");
        assert_eq!(response.headers()["content-type"], "application/problem+json");
        let expected = serde_json::json!({
            "type": "urn:havengate:problem:consent-missing",
            "title": "There is no consent for something the request needs",
            "status": 403,
            "detail": "The name needs consent.",
            "instance": format!("urn:havengate:decision:{}", decision()),
            "reasons": [{
                "clause": "DATA-2ii", "rule": "personal-needs-consent", "category": "pd:Name",
                "path": "$.firstName", "remedy": "Record consent for the name."
            }],
            "help": "Danger to life: phone 999 now. Nothing here stops you."
        });
        assert_eq!(serde_json::from_slice::<serde_json::Value>(response.body()).unwrap(), expected);
    }

    #[test]
    fn only_codes_that_pass_with_time_say_when_to_try_again() {
        for code in Code::ALL {
            let response = problem(&Refusal::plain(*code, "x"), None, Sent::Unknown);
            let later = matches!(code, Code::RateLimited | Code::LedgerUnavailable | Code::Overloaded);
            assert_eq!(response.headers().contains_key("retry-after"), later, "{code}");
            assert_eq!(response.headers()["havengate-sent"], "unknown");
            assert!(!response.headers().contains_key("havengate-decision"));
            assert_eq!(response.status() == 401, response.headers().contains_key("www-authenticate"));
        }
    }

    #[test]
    fn removed_is_counted_quoted_and_bounded() {
        let removed =
            |paths: &[&str]| Removed { values: 3, paths: paths.iter().map(|p| Arc::from(*p)).collect(), unlisted: 2 };
        assert_eq!(removed(&["$.note", "$.dob"]).header(), "3;paths=\"$.dob $.note\";unlisted=2");
        assert_eq!(removed(&["$['a \"é%']"]).header(), "3;paths=\"$['a%20\\\"%C3%A9%25']\";unlisted=2");
        assert_eq!(Removed::default().header(), "0");
        let many: Vec<String> = (0..1000).map(|i| format!("$.field{i}")).collect();
        let many = removed(&many.iter().map(String::as_str).collect::<Vec<_>>()).header();
        assert!(many.len() <= REMOVED_BYTES && many.to_str().unwrap().ends_with("\";more;unlisted=2"), "{many:?}");
    }

    #[test]
    fn a_recipient_cannot_speak_for_the_gateway() {
        let mut headers = HeaderMap::new();
        headers.append("havengate-sent", HeaderValue::from_static("no"));
        headers.append("havengate-note", HeaderValue::from_static("x"));
        headers.append("consent-ref", HeaderValue::from_static("x"));
        headers.append("etag", HeaderValue::from_static("x"));
        forwarded(&mut headers, decision(), &Removed::default());
        assert_eq!(headers["havengate-sent"], "yes");
        assert_eq!(headers.len(), 4);
        assert_eq!(headers["etag"], "x");
    }
}

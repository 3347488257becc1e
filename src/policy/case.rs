//! Cases: requests whose outcome an organisation has written down. `havengate check` runs them, so that a
//! change of policy shows what it changes before it is active.
//!
//! A case is a directory `cases/<name>/` with
//! - `request.http`: one HTTP/1.1 request as it would be sent, without `Content-Length`; line ends are LF or
//!   CRLF; what follows the blank line is the body, less one last line end;
//! - `consent.json`, optional: who calls, and which consents, emergency grants and stops are in force;
//! - `expect.toml`: the moment and the outcome.
//!
//! This reads cases, strictly. Running them needs rooms that policy does not know.

mod request;
mod situation;

use super::{
    Diagnostic,
    diagnostic::{Problems, place},
    source::{At, read::read},
};
use crate::flow::{Clause, Code, RuleId};
use jiff::Timestamp;
use serde::Deserialize;

pub use request::CaseRequest;
pub use situation::{ClientGrant, ClientSafeguarding, Situation};

/// One case, read.
#[derive(Debug, Clone)]
pub struct Case {
    /// The directory's name.
    pub name: String,
    /// What the calling system sends.
    pub request: CaseRequest,
    /// What is in force at the time.
    pub situation: Situation,
    /// What must come of it.
    pub expect: Expect,
}

/// What must come of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expect {
    /// The moment it happens.
    pub now: Timestamp,
    /// One sentence for people: what this case shows.
    pub why: String,
    /// What happens.
    pub outcome: Outcome,
}

/// Sent or refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It leaves.
    Sent {
        /// The rules' paths of which some value did not leave, as `Havengate-Removed` lists them, in any order.
        removed: Vec<String>,
        /// The body that leaves, as [`comparable`] makes it; `None`: not compared.
        upstream_body: Option<String>,
    },
    /// Nothing leaves.
    Refused {
        /// The refusal's code.
        code: Code,
        /// A clause that some reason names.
        clause: Option<Clause>,
        /// A rule that some reason names.
        rule: Option<RuleId>,
    },
}

impl Case {
    /// Reads a case from the texts of its files.
    ///
    /// # Errors
    /// Everything that is wrong with them, as with policy files.
    pub fn parse(name: &str, request: &str, consent: Option<&str>, expect: &str) -> Result<Self, Vec<Diagnostic>> {
        let mut problems = Problems::default();
        let file = |part: &str| format!("cases/{name}/{part}");
        let request = request::parse(&file("request.http"), request, &mut problems);
        let situation = match consent {
            Some(text) => situation::parse(&file("consent.json"), text, &mut problems),
            None => Some(Situation::default()),
        };
        let json = request.as_ref().is_none_or(CaseRequest::is_json);
        let expect = read_expect(&file("expect.toml"), expect, json, &mut problems);
        match (request, situation, expect, problems.refused()) {
            (Some(request), Some(situation), Some(expect), false) => {
                Ok(Self { name: name.to_owned(), request, situation, expect })
            }
            _ => Err(problems.into_sorted()),
        }
    }
}

/// What is compared of a body: of JSON all but the white space between its tokens, of others all but how lines end.
#[must_use]
pub fn comparable(body: &str, json: bool) -> String {
    if json { compact(body) } else { body.replace("\r\n", "\n").trim_end_matches('\n').to_owned() }
}

/// JSON text without the white space between its tokens. Order, number text and strings stay as they are.
#[must_use]
pub fn compact(json: &str) -> String {
    let (mut in_string, mut escaped) = (false, false);
    let kept = |c: &char| {
        if in_string {
            (in_string, escaped) = (escaped || *c != '"', !escaped && *c == '\\');
            return true;
        }
        in_string = *c == '"';
        !matches!(c, ' ' | '\t' | '\r' | '\n')
    };
    json.chars().filter(kept).collect()
}

/// Mirror of `expect.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ExpectFile {
    why: At<String>,
    now: At<toml::value::Datetime>,
    outcome: At<String>,
    code: Option<At<Code>>,
    clause: Option<At<Clause>>,
    rule: Option<At<RuleId>>,
    removed: Option<At<Vec<String>>>,
    upstream_body: Option<At<String>>,
}

fn read_expect(file: &str, text: &str, json: bool, problems: &mut Problems) -> Option<Expect> {
    let text: ExpectFile = read(file, text, problems)?;
    let now = text.now.get_ref().to_string().parse::<Timestamp>().ok();
    if now.is_none() {
        let mend = "write a moment with its offset, such as 2026-11-21T10:00:00Z";
        problems.error(place(file, text.now.span()), "this is not a moment", mend);
    }
    let outcome = match text.outcome.get_ref().as_str() {
        "sent" => sent(file, &text, json, problems),
        "refused" => refused(file, &text, problems),
        other => {
            let mend = "write \"sent\" or \"refused\"";
            problems.error(place(file, text.outcome.span()), format!("`{other}` is not an outcome"), mend);
            None
        }
    };
    Some(Expect { now: now?, why: text.why.into_inner(), outcome: outcome? })
}

fn sent(file: &str, text: &ExpectFile, json: bool, problems: &mut Problems) -> Option<Outcome> {
    let misplaced =
        [text.code.as_ref().map(At::span), text.clause.as_ref().map(At::span), text.rule.as_ref().map(At::span)];
    for span in misplaced.into_iter().flatten() {
        let mend = "take it out, or write outcome = \"refused\"";
        problems.error(place(file, span), "what is sent has no refusal's code, clause or rule", mend);
    }
    let upstream_body = text.upstream_body.as_ref().map(|body| {
        if json && serde_json::from_str::<serde::de::IgnoredAny>(body.get_ref()).is_err() {
            problems.error(place(file, body.span()), "this is not JSON", "write the whole body that leaves");
        }
        comparable(body.get_ref(), json)
    });
    let removed = text.removed.as_ref().map(|r| r.get_ref().clone()).unwrap_or_default();
    Some(Outcome::Sent { removed, upstream_body })
}

fn refused(file: &str, text: &ExpectFile, problems: &mut Problems) -> Option<Outcome> {
    let misplaced = [text.removed.as_ref().map(At::span), text.upstream_body.as_ref().map(At::span)];
    for span in misplaced.into_iter().flatten() {
        let mend = "take it out: of what is refused nothing leaves";
        problems.error(place(file, span), "a refusal removes nothing and sends nothing", mend);
    }
    let Some(code) = &text.code else {
        let mend = "add `code = \"…\"`: why matters as much as whether";
        problems.error(place(file, text.outcome.span()), "the refusal's code is missing", mend);
        return None;
    };
    Some(Outcome::Refused {
        code: *code.get_ref(),
        clause: text.clause.as_ref().map(|c| *c.get_ref()),
        rule: text.rule.as_ref().map(|r| r.get_ref().clone()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const REQUEST: &str =
        "POST /riverside/needs HTTP/1.1\r\nHost: gateway\r\nContent-Type: application/json\r\n\r\n{\"a\": 1}\n";

    #[test]
    fn a_case_is_read_whole() {
        let expect = "why = \"need leaves\"\nnow = 2026-11-21T10:00:00Z\noutcome = \"sent\"\nremoved = [\"$.dob\"]\nupstream_body = '''{ \"a b\": 1 }'''";
        let case = Case::parse("x", REQUEST, Some("{\"app\":\"inform\",\"stops\":[\"everything\"]}"), expect).unwrap();
        assert_eq!(case.request.body, b"{\"a\": 1}");
        assert_eq!(case.request.target, "/riverside/needs");
        assert_eq!(case.situation.stops, [crate::consent::view::StopScope::Everything]);
        let Outcome::Sent { upstream_body, removed } = case.expect.outcome else { panic!("refused") };
        assert_eq!((upstream_body.as_deref(), removed), (Some("{\"a b\":1}"), vec!["$.dob".to_owned()]));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let expect = "why = \"x\"\nnow = 2026-11-21\noutcome = \"refused\"\nremoved = []";
        let found = Case::parse(
            "x",
            "GET / HTTP/1.1\nContent-Length: 0\n\n",
            Some("{\"app\":\"inform\",\"grant\":[]}"),
            expect,
        );
        let found: Vec<_> = found.unwrap_err().into_iter().map(|d| format!("{}: {}", d.file, d.message)).collect();
        assert_eq!(
            found,
            [
                "cases/x/consent.json: unknown key `grant`",
                "cases/x/expect.toml: this is not a moment",
                "cases/x/expect.toml: the refusal's code is missing",
                "cases/x/expect.toml: a refusal removes nothing and sends nothing",
                "cases/x/request.http: the request has no `Host`",
                "cases/x/request.http: the runner counts the body itself",
            ]
        );
    }

    #[test]
    fn of_what_is_not_json_every_line_is_compared() {
        assert_eq!(comparable("a, b\r\nc\r\n", false), "a, b\nc");
        let request = "POST /needs/table HTTP/1.1\nHost: x\nContent-Type: text/csv\n\na\nb\n";
        let expect = "why = \"x\"\nnow = 2026-11-21T10:00:00Z\noutcome = \"sent\"\nupstream_body = \"a\\n \\n\"";
        let case = Case::parse("table", request, None, expect).unwrap();
        let Outcome::Sent { upstream_body, .. } = case.expect.outcome else { panic!("refused") };
        assert_eq!(upstream_body.as_deref(), Some("a\n "));
    }

    #[test]
    fn compacting_leaves_strings_alone() {
        assert_eq!(compact("{ \"a \\\" b\" : [ 1.0 , \"\\\\\" ] }\n"), "{\"a \\\" b\":[1.0,\"\\\\\"]}");
    }
}

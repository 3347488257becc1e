//! Values of which every one is listed: what leaves is as it is listed, and nothing else does.

use crate::rules::{Rules, everything, field, record, screen, withhold};
use havengate::{
    flow::Act,
    policy::integration::{Denied, FieldRule},
    screen::Person,
    verdict::Code,
};
use std::sync::Arc;

const DOCUMENT: &str = "query ($ref: ID!) {\n  beds(ref: $ref) { free }\n}";

fn listed(path: &str, texts: &[&str]) -> FieldRule {
    let texts: Vec<Arc<str>> = texts.iter().map(|text| Arc::from(*text)).collect();
    FieldRule { one_of: Some(texts.into()), ..field(path) }
}

fn rules(fields: Vec<FieldRule>) -> Rules {
    let mut rules = Rules::of(&[record("$", "$.ref", &[])]);
    rules.records[0].fields = fields;
    rules
}

#[test]
fn only_listed_texts_leave_and_as_they_are_listed() {
    let rules = rules(vec![listed("$.status", &["Open", "In  progress", "2", "true"])]);
    for (sent, leaves) in [
        (r#""Open""#, r#"{"status":"Open"}"#),
        (r#""In progress""#, r#"{"status":"In  progress"}"#),
        (r#"" Open\n""#, r#"{"status":"Open"}"#),
        (r#""Op\u0065n""#, r#"{"status":"Op\u0065n"}"#),
        ("2", r#"{"status":2}"#),
        ("true", r#"{"status":true}"#),
        ("null", r#"{"status":null}"#),
        (r#""open""#, "{}"),
        (r#""Open, Ada""#, "{}"),
        (r#""OpenIn progress""#, "{}"),
        (r#""Inprogress""#, "{}"),
        (r#""""#, "{}"),
        ("2.0", "{}"),
        ("3", "{}"),
        (r#"["Open"]"#, "{}"),
    ] {
        assert_eq!(screen(&rules, everything, &format!(r#"{{"status":{sent}}}"#)).unwrap(), leaves, "{sent}");
    }
    let nothing = |_: &Person, _: &FieldRule| withhold();
    assert_eq!(screen(&rules, nothing, r#"{"status":"Open"}"#).unwrap(), "{}", "consent is asked for all the same");
}

#[test]
fn a_query_is_one_of_the_documents_that_somebody_read() {
    let query = FieldRule { required: true, ..listed("$.query", &[DOCUMENT]) };
    let rules = rules(vec![query, field("$.variables.ref")]);
    let sent = |query: &str| format!(r#"{{"query":"{query}","variables":{{"ref":"C-1","name":"Ada"}}}}"#);
    let folded = "query ($ref: ID!) { beds(ref: $ref) { free } }";
    let leaves = format!(r#"{{"query":"{}","variables":{{"ref":"C-1"}}}}"#, DOCUMENT.replace('\n', "\\u000a"));
    assert_eq!(screen(&rules, everything, &sent(folded)).unwrap(), leaves);
    // What a comment would swallow elsewhere does not matter: the listed text leaves.
    for other in
        ["query { people { name } }", "query ($ref: ID!) { beds(ref: $ref) { free name } }", &folded.to_lowercase()]
    {
        let refusal = screen(&rules, everything, &sent(other)).unwrap_err();
        assert_eq!(refusal.code, Code::FieldBlocked);
        assert_eq!(&*refusal.reasons[0].rule.to_string(), "listed-value");
        assert!(refusal.detail.ends_with("the value is none of those that its rule lists"), "{}", refusal.detail);
        assert!(!refusal.detail.contains("people"));
    }
}

#[test]
fn what_is_not_listed_is_counted_and_told() {
    let rules = rules(vec![FieldRule { denied: Denied::Const("Other".into()), ..listed("$.status", &["Open"]) }]);
    let body = br#"{"status":"Ada"}"#;
    let screened = crate::rules::screen_pieces(&rules, crate::rules::LIMITS, everything, [&body[..]]).unwrap();
    let found = screened.findings();
    assert_eq!(String::from_utf8(screened.bytes).unwrap(), r#"{"status":"Other"}"#);
    let acts: Vec<_> = found.listed.iter().map(|f| (&*f.rule.path, f.act, f.count)).collect();
    assert_eq!(acts, [("$.status", Act::Stripped, 1)]);
    let why = found.listed[0].withheld.as_ref().unwrap();
    assert_eq!(&*why.reasons[0].rule.to_string(), "listed-value");
}

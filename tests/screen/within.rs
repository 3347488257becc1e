//! Values that hold others: read by their own rules, and about whom the value is about.

use crate::rules::{Record, Rules, everything, field, record, screen, withhold};
use havengate::{
    policy::integration::{Denied, FieldRule, Within},
    screen::{Person, Ruling},
    verdict::Code,
};

/// A rule within another is called by both places, as a policy compiles it.
fn json_within(base64: bool, denied: Denied, fields: &[&str]) -> FieldRule {
    let inner = Record { subject: None, ..record("$", "", fields) };
    let rules = Rules::of(&[inner]).compile();
    FieldRule { denied, within: Some(Within { base64, rules: Some(rules), template: None }), ..field("$.payload") }
}

fn rules(rule: FieldRule) -> Rules {
    Rules::of(&[Record { fields: vec![rule], ..record("$[*]", "$.id", &[]) }])
}

fn names(person: &Person, rule: &FieldRule) -> Ruling {
    if &*rule.path == "$.name" && *person != Person::One("c-1".into()) { withhold() } else { everything(person, rule) }
}

#[test]
fn json_in_a_string_is_screened_and_written_again() {
    let rules = rules(json_within(false, Denied::Strip, &["$.name", "$.beds"]));
    let body = r#"[{"id":"c-1","payload":"{\"name\":\"Am\\u0069na\", \"beds\":2,\"dob\":\"1987-04-02\"}"},{"id":"c-2","payload":"{\"name\":\"Omar\",\"beds\":1}"}]"#;
    assert_eq!(
        screen(&rules, names, body).unwrap(),
        r#"[{"payload":"{\"name\":\"Am\\u0069na\",\"beds\":2}"},{"payload":"{\"beds\":1}"}]"#
    );
}

#[test]
fn what_cannot_be_read_as_its_rule_says_is_withheld() {
    for (value, left) in [
        (r#""""#, r#"[{"payload":""}]"#),
        ("null", r#"[{"payload":null}]"#),
        (r#""Amina""#, "[{}]"),
        (r#""{\"name\":1,\"name\":2}""#, "[{}]"),
        (r#""{} {}""#, "[{}]"),
        ("7", "[{}]"),
        ("{}", "[{}]"),
    ] {
        let body = format!(r#"[{{"id":"c-1","payload":{value}}}]"#);
        assert_eq!(
            screen(&rules(json_within(false, Denied::Strip, &["$.name"])), names, &body).unwrap(),
            left,
            "{value}"
        );
    }
    let body = r#"[{"id":"c-1","payload":"Amina"}]"#;
    let refusal = screen(&rules(json_within(false, Denied::Block, &["$.name"])), names, body).unwrap_err();
    assert_eq!(refusal.code, Code::FieldBlocked);
    assert!(refusal.reasons.iter().any(|r| r.rule.as_str() == "readable-within"), "{refusal:?}");
    assert!(!refusal.detail.contains("Amina"));
}

#[test]
fn base64_is_taken_off_and_put_back() {
    let rules = rules(json_within(true, Denied::Strip, &["$.beds"]));
    // {"beds":2,"name":"Amina"} in three spellings, and with spare bits set.
    for (value, left) in [
        ("eyJiZWRzIjoyLCJuYW1lIjoiQW1pbmEifQ==", "eyJiZWRzIjoyfQ=="),
        ("eyJiZWRzIjoyLCJuYW1lIjoiQW1pbmEifQ", "eyJiZWRzIjoyfQ"),
    ] {
        let body = format!(r#"[{{"payload":"{value}"}}]"#);
        assert_eq!(screen(&rules, everything, &body).unwrap(), format!(r#"[{{"payload":"{left}"}}]"#));
    }
    for spoiled in ["eyJiZWRzIjoyfR==", "eyJi ZWRzIjoyfQ==", "eyJiZWRzIjoyfQ=", "!"] {
        let body = format!(r#"[{{"payload":"{spoiled}"}}]"#);
        assert_eq!(screen(&rules, everything, &body).unwrap(), "[{}]", "{spoiled}");
    }
}

#[test]
fn something_within_can_stop_the_request() {
    let inner = Record { subject: None, ..record("$", "", &[]) };
    let inner = Record { fields: vec![FieldRule { required: true, ..field("$.name") }], ..inner };
    let within = Within { base64: false, rules: Some(Rules::of(&[inner]).compile()), template: None };
    let rules = rules(FieldRule { within: Some(within), ..field("$.payload") });
    let refusal = screen(&rules, names, r#"[{"id":"c-2","payload":"{\"name\":\"Omar\"}"}]"#).unwrap_err();
    assert!(refusal.detail.contains("is needed and may not leave"), "{}", refusal.detail);
}

#[test]
fn what_the_record_withholds_does_not_leave_within_another_value() {
    use havengate::{
        detect::Places,
        flow::{Category, Form},
        screen::{Bytes, Judge, KnownBy, json::JsonScreener},
    };
    use std::sync::Arc;

    /// Withholds names; everything else is about nobody.
    struct ButNames;
    impl Judge for ButNames {
        fn judge(&mut self, _: &Person, rule: &FieldRule) -> Ruling {
            if &*rule.path == "$.name" { withhold() } else { Ruling::Send(Form::Raw) }
        }
        fn names(&mut self, _: Option<&FieldRule>, _: &str) -> Option<Arc<havengate::verdict::Refusal>> {
            None
        }
        fn reads_every(&self, _: &FieldRule) -> bool {
            false
        }
        fn detects(&self) -> bool {
            true
        }
        fn places(&self) -> Option<&Places> {
            None
        }
        fn holds(&self, _: &FieldRule, _: &Category) -> bool {
            false
        }
        fn is_operational(&self, rule: &FieldRule) -> bool {
            &*rule.path != "$.name"
        }
        fn known_by(&self, _: &FieldRule) -> KnownBy {
            KnownBy::Words
        }
        fn bytes(&self, _: &FieldRule) -> Bytes {
            Bytes::Other
        }
        fn pseudonym(&self, _: &Category, value: &str) -> String {
            value.to_owned()
        }
        fn today(&self) -> jiff::civil::Date {
            jiff::civil::date(2026, 11, 22)
        }
    }

    let other = |path: &str| FieldRule { category: Category::parse("hg:HousingNeed").unwrap(), ..field(path) };
    let deepest = Record { subject: None, fields: vec![other("$.r")], ..record("$", "", &[]) };
    let deepest = Within { base64: false, rules: Some(Rules::of(&[deepest]).compile()), template: None };
    let inner = vec![other("$.q"), FieldRule { within: Some(deepest), ..other("$.p") }];
    let inner = Record { subject: None, fields: inner, ..record("$", "", &[]) };
    let within = Within { base64: true, rules: Some(Rules::of(&[inner]).compile()), template: None };
    let fields = vec![FieldRule { within: Some(within), ..other("$.p") }, field("$.name")];
    let rules = Rules::of(&[Record { fields, ..record("$", "$.id", &[]) }]).compile();
    let encode = |text: &str| data_encoding::BASE64.encode(text.as_bytes());
    let payload = encode(r#"{"q":"for Zan\u0065le","p":"{\"r\":\"zanele\"}"}"#);
    let mut screener = JsonScreener::new(rules, crate::rules::LIMITS, Person::Unknown);
    screener.push(format!(r#"{{"p":"{payload}","name":"Zanele"}}"#).as_bytes(), &mut ButNames).unwrap();
    let out = String::from_utf8(screener.finish(&mut ButNames).unwrap().bytes).unwrap();
    assert_eq!(out, format!(r#"{{"p":"{}"}}"#, encode(r#"{"p":"{}"}"#)));
}

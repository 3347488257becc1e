//! Values that hold others: read by their own rules, and about whom the value is about.

use crate::rules::{ButNames, LIMITS, Record, Rules, everything, field, record, screen, screen_pieces, withhold};
use havengate::{
    flow::Category,
    policy::{
        integration::{BodyRules, Denied, FieldRule, Format, Unlisted, Within},
        selector::Selector,
    },
    screen::{Findings, Person, Ruling, body::BodyScreener, json::JsonScreener},
    verdict::Code,
};
use std::sync::Arc;

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

fn other(path: &str) -> FieldRule {
    FieldRule { category: Category::parse("hg:HousingNeed").unwrap(), ..field(path) }
}

/// What leaves of a body when names do not, and what was done.
fn but_names(rules: &Rules, body: &str) -> (String, Findings) {
    let mut screener = JsonScreener::new(rules.compile(), LIMITS, Person::Unknown);
    screener.push(body.as_bytes(), &mut ButNames).unwrap();
    let screened = screener.finish(&mut ButNames).unwrap();
    let findings = screened.findings();
    (String::from_utf8(screened.bytes).unwrap(), findings)
}

/// A document of XML within `path`, whose element is `h:Case`.
fn xml_within(path: &str, base64: bool, unlisted: Unlisted, fields: Vec<FieldRule>) -> FieldRule {
    let mut inner = Rules::of(&[Record { subject: None, fields, ..record("/", "", &[]) }]);
    inner.unlisted = unlisted;
    let within = Within { base64, rules: Some(crate::xml::compile(&inner)), template: None };
    FieldRule { within: Some(within), ..other(path) }
}

fn escaped(text: &str) -> String {
    serde_json::to_string(text).unwrap()
}

#[test]
fn xml_in_a_string_is_screened_and_written_again() {
    let fields = vec![field("h:Case/h:Name"), other("h:Case/h:Need"), other("h:Case/h:Need/@code")];
    let payload = xml_within("$.payload", false, Unlisted::Strip, fields);
    let rules = Rules::of(&[Record { fields: vec![payload], ..record("$", "$.id", &[]) }]);
    let sent = r#"<?xml version="1.0" encoding="utf-16"?>
<x:Case xmlns:x="urn:example:housing" sort="Amina">
  <!-- Amina --><x:Name>Am<![CDATA[in]]>a</x:Name><x:Dob>1987-04-02</x:Dob><x:Need code="b&amp;b">2 &lt; 3 "beds"</x:Need>
</x:Case>"#;
    let body = format!(r#"{{"id":"c-1","payload":{}}}"#, escaped(sent));
    let left = r#"<?xml version="1.0" encoding="UTF-8"?><h:Case xmlns:h="urn:example:housing"><h:Need code="b&amp;b">2 &lt; 3 "beds"</h:Need></h:Case>"#;
    let ruling = |_: &Person, rule: &FieldRule| {
        if names_somebody_else(rule) { withhold() } else { everything(&Person::Unknown, rule) }
    };
    let whole = screen(&rules, ruling, &body).unwrap();
    assert_eq!(whole, format!(r#"{{"payload":{}}}"#, escaped(left)));
    for cut in 1..body.len() {
        let (before, after) = body.as_bytes().split_at(cut);
        let cut = screen_pieces(&rules, LIMITS, ruling, [before, after]).unwrap();
        assert_eq!(String::from_utf8(cut.bytes).unwrap(), whole);
    }
}

fn names_somebody_else(rule: &FieldRule) -> bool {
    rule.path.ends_with("Name")
}

#[test]
fn xml_that_cannot_be_read_in_one_way_is_withheld() {
    let rules = |unlisted| {
        let payload = xml_within("$.payload", false, unlisted, vec![other("h:Case/h:Need")]);
        Rules::of(&[Record { fields: vec![payload], ..record("$", "$.id", &[]) }])
    };
    let deep = format!(r#"<h:Case xmlns:h="urn:example:housing">{}"#, "<a>".repeat(LIMITS.depth + 1));
    for value in [
        "Amina",
        "",
        " ",
        r#"<!DOCTYPE h:Case [<!ENTITY a "Amina">]><h:Case xmlns:h="urn:example:housing"><h:Need>&a;</h:Need></h:Case>"#,
        r#"<h:Case xmlns:h="urn:example:housing"><h:Need>&eacute;</h:Need></h:Case>"#,
        r#"<h:Case xmlns:h="urn:example:housing"/><h:Case xmlns:h="urn:example:housing"/>"#,
        r#"<h:Case xmlns:h="urn:example:housing"><h:Need>2</h:Case>"#,
        r#"<h:Case><h:Need>2</h:Need></h:Case>"#,
        r#"<Other>Amina</Other>"#,
        &deep,
    ] {
        let body = format!(r#"{{"payload":{}}}"#, escaped(value));
        let left = if value.is_empty() { r#"{"payload":""}"# } else { "{}" };
        assert_eq!(screen(&rules(Unlisted::Strip), everything, &body).unwrap(), left, "{value}");
    }
    let body = format!(r#"{{"payload":{}}}"#, escaped("<Other>Amina</Other>"));
    let refusal = screen(&rules(Unlisted::Block), everything, &body).unwrap_err();
    assert_eq!(refusal.code, Code::FieldBlocked);
    assert!(refusal.reasons.iter().any(|r| r.rule.as_str() == "listed"), "{refusal:?}");
}

#[test]
fn xml_stands_in_base64_in_forms_and_in_xml() {
    let encode = |text: &str| data_encoding::BASE64.encode(text.as_bytes());
    let sent = r#"<Case><Need>2</Need><Dob>1987-04-02</Dob></Case>"#;
    let left = "<Case><Need>2</Need></Case>";
    let payload = |path: &str, base64| xml_within(path, base64, Unlisted::Strip, vec![other("Case/Need")]);

    let rules = Rules::of(&[Record { fields: vec![payload("$.p", true)], ..record("$", "$.id", &[]) }]);
    let body = format!(r#"{{"p":"{}"}}"#, encode(sent));
    assert_eq!(screen(&rules, everything, &body).unwrap(), format!(r#"{{"p":"{}"}}"#, encode(left)));
    // Bytes are in the encoding that they say they are.
    let body = format!(r#"{{"p":"{}"}}"#, encode(&format!(r#"<?xml version="1.0" encoding="utf-16"?>{sent}"#)));
    assert_eq!(screen(&rules, everything, &body).unwrap(), "{}");

    let screened = |rules: Arc<BodyRules>, body: &str| {
        let mut judge = crate::rules::Once::new(everything);
        let mut screener = BodyScreener::new(rules, LIMITS, Person::Unknown);
        screener.push(body.as_bytes(), &mut judge).unwrap();
        String::from_utf8(screener.finish(&mut judge).unwrap().bytes).unwrap()
    };
    let form = Rules::of(&[Record { subject: None, fields: vec![payload("p", false)], ..record("", "", &[]) }]);
    let form = form.compile_as("application/x-www-form-urlencoded", Format::Form, &|text| {
        if text.is_empty() { Selector::root() } else { Selector::name(text) }
    });
    let encoded = |b: u8| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") };
    let pair = |text: &str| format!("p={}", text.bytes().map(encoded).collect::<String>());
    assert_eq!(screened(form, &pair(sent)), pair(left));

    for (path, sent) in [
        ("Post/Xml", format!("<Post><Xml><![CDATA[{sent}]]></Xml></Post>")),
        ("Post/@xml", format!("<Post xml='{}'/>", sent.replace('<', "&lt;"))),
    ] {
        let fields = vec![payload(path, false)];
        let around = Rules::of(&[Record { subject: None, fields, ..record("/", "", &[]) }]);
        let written = screened(crate::xml::compile(&around), &sent);
        let post = roxmltree::Document::parse(&written).unwrap();
        let root = post.root_element();
        let value = root.attribute("xml").or_else(|| root.first_element_child().unwrap().text());
        assert_eq!(value, Some(left), "{written}");
    }
}

#[test]
fn what_is_withheld_within_a_value_leaves_in_none_beside_it() {
    let inner = xml_within("$.payload", true, Unlisted::Strip, vec![field("Case/Fullname"), other("Case/Note")]);
    let json = json_within(false, Denied::Strip, &["$.name"]);
    let json = FieldRule { path: "$.json".into(), ..json };
    let deeper = xml_within(
        "$.outer",
        false,
        Unlisted::Strip,
        vec![FieldRule {
            path: "Case/Inner".into(),
            ..xml_within("Case/Inner", false, Unlisted::Strip, vec![field("Deep/Fullname")])
        }],
    );
    let fields = vec![inner, json, deeper, other("$.note"), other("$.beds")];
    let rules = Rules::of(&[Record { fields, ..record("$", "$.id", &[]) }]);
    let encode = |text: &str| data_encoding::BASE64.encode(text.as_bytes());
    for (payload, note, leaves) in [
        (r#""payload":"@<Case><Fullname>Zanele</Fullname></Case>""#, "for Zanele", false),
        (r#""payload":"@<Case><Fullname>Zanele</Fullname></Case>""#, "for Omar", true),
        (r#""json":"{\"name\":\"Zanele\"}""#, r"Zan\u0065le again", false),
        (
            r#""outer":"<Case><Inner>&lt;Deep>&lt;Fullname>Zanele&lt;/Fullname>&lt;/Deep></Inner></Case>""#,
            "zanele",
            false,
        ),
        // What cannot be read says nothing.
        (r#""json":"{\"name\":\"Zanele\"""#, "Zanele", true),
    ] {
        let payload = match payload.split_once('@') {
            Some((name, xml)) => format!("{name}{}\"", encode(xml.trim_end_matches('"'))),
            None => payload.to_owned(),
        };
        for body in [format!(r#"{{{payload},"note":"{note}"}}"#), format!(r#"{{"note":"{note}",{payload}}}"#)] {
            let (left, findings) = but_names(&rules, &body);
            assert_eq!(left.contains("note"), leaves, "{body} → {left}");
            assert!(!left.contains("zanele") && (leaves || !left.contains("Zan")), "{left}");
            let found = findings.listed.iter().find(|f| &*f.rule.path == "$.note" && f.withheld.is_some());
            assert_eq!(found.is_some(), !leaves, "{findings:?}");
            if let Some(found) = found {
                assert_eq!((found.rule.category.as_str(), found.count), ("pd:Name", 1));
                let why = found.withheld.as_ref().unwrap();
                assert!(why.reasons.iter().any(|r| r.rule.as_str() == "known-value"), "{why:?}");
            }
        }
    }
    // The next record knows nothing of it.
    let many = Rules::of(&[Record { select: "$[*]".into(), ..rules.records[0].clone() }]);
    let body = r#"[{"json":"{\"name\":\"Zanele\"}"},{"note":"Zanele"}]"#;
    assert_eq!(but_names(&many, body).0, r#"[{"json":"{}"},{"note":"Zanele"}]"#);
}

#[test]
fn what_the_record_withholds_does_not_leave_within_its_xml() {
    let inner = xml_within("$.payload", false, Unlisted::Strip, vec![field("Case/Fullname"), other("Case/Note")]);
    let rules = Rules::of(&[Record { fields: vec![inner, field("$.name")], ..record("$", "$.id", &[]) }]);
    let (left, findings) =
        but_names(&rules, r#"{"payload":"<Case><Note>for Zan&#101;le</Note></Case>","name":"Zanele"}"#);
    assert_eq!(left, r#"{"payload":"<Case/>"}"#);
    // A name that is withheld without and within is found once in a note.
    assert_eq!(findings.listed.iter().filter(|f| f.rule.path.ends_with("Note")).map(|f| f.count).sum::<u64>(), 1);
    let body = r#"{"payload":"<Case><Fullname>Zanele</Fullname><Note>Zanele</Note></Case>","name":"Zanele"}"#;
    let (left, findings) = but_names(&rules, body);
    assert_eq!(left, r#"{"payload":"<Case/>"}"#);
    assert_eq!(findings.listed.iter().filter(|f| f.rule.path.ends_with("Note")).map(|f| f.count).sum::<u64>(), 1);
}

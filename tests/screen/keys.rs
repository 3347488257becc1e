//! Names of members that are data.

use crate::rules::{LIMITS, Once, Rules, everything, field, pseudonym, record, withhold};
use havengate::{
    flow::{Category, Form},
    policy::{
        integration::{BodyRules, FieldRule, RecordTarget, SubjectSource},
        selector::{Matcher, Selector},
    },
    screen::{Person, Ruling, json::JsonScreener},
    verdict::Refusal,
};
use std::sync::Arc;

fn named(path: &str, otherwise: Option<Form>) -> FieldRule {
    let only = otherwise.is_some();
    FieldRule { category: Category::parse("pd:Identifier").unwrap(), otherwise, only, ..field(path) }
}

/// Records are the members of `$.clients`, each named by its client.
fn by_client(key: FieldRule) -> BodyRules {
    let one = crate::rules::Record { fields: vec![field("$.a"), field("$.b.c")], ..record("$.clients.*", "$.x", &[]) };
    let mut rules = Arc::into_inner(Rules::of(&[one]).compile()).unwrap();
    let record = &mut rules.records[0];
    record.fields.push(Arc::new(key));
    record.subject = SubjectSource::Key;
    record.key = Some(2);
    let selector = |text: &str| Selector::parse(text).unwrap();
    let places = [(selector("$.a"), RecordTarget::Field(0)), (selector("$.b.c"), RecordTarget::Field(1))];
    record.matcher = Matcher::compile(&places).unwrap();
    rules
}

/// One record with an object whose names are data.
fn answers(keys: FieldRule) -> BodyRules {
    let one = crate::rules::Record {
        fields: vec![field("$.id"), field("$.by.*"), field("$.by.*.v")],
        ..record("$", "$.id", &[])
    };
    let mut rules = Arc::into_inner(Rules::of(&[one]).compile()).unwrap();
    let selector = |text: &str| Selector::parse(text).unwrap();
    let places = [
        (selector("$.id"), RecordTarget::Field(0)),
        (selector("$.id"), RecordTarget::Subject),
        (selector("$.by.*"), RecordTarget::Field(1)),
        (selector("$.by.*.v"), RecordTarget::Field(2)),
        (selector("$.by"), RecordTarget::Keys(3)),
    ];
    rules.records[0].fields.push(Arc::new(keys));
    rules.records[0].matcher = Matcher::compile(&places).unwrap();
    rules
}

fn run(rules: BodyRules, ruling: impl Fn(&Person, &FieldRule) -> Ruling, body: &str) -> Result<String, Refusal> {
    let rules = Arc::new(rules);
    let mut judge = Once::new(&ruling);
    let mut screener = JsonScreener::new(Arc::clone(&rules), LIMITS, Person::Unknown);
    screener.push(body.as_bytes(), &mut judge)?;
    let whole = String::from_utf8(screener.finish(&mut judge)?.bytes).unwrap();
    for cut in 0..body.len() {
        let mut judge = Once::new(&ruling);
        let mut screener = JsonScreener::new(Arc::clone(&rules), LIMITS, Person::Unknown);
        screener.push(&body.as_bytes()[..cut], &mut judge)?;
        screener.push(&body.as_bytes()[cut..], &mut judge)?;
        let cut_up = screener.finish(&mut judge)?.bytes;
        assert_eq!(String::from_utf8(cut_up).unwrap(), whole, "cut at {cut}");
    }
    Ok(whole)
}

fn but_identifiers(person: &Person, rule: &FieldRule) -> Ruling {
    if rule.category.as_str() == "pd:Identifier" { withhold() } else { everything(person, rule) }
}

const CLIENTS: &str = r#"{"clients":{ "c-1" : {"a":1,"x":0,"b":{"c":2,"d":3}},"c\u002d2":{"a":4},"c-3":5,"c-4":{}}}"#;

#[test]
fn a_record_is_about_the_client_that_its_name_names() {
    let only_first = |person: &Person, rule: &FieldRule| match person {
        Person::One(id) if &**id == "c-1" => everything(person, rule),
        Person::One(id) if &**id == "c-2" && &*rule.path == "~" => everything(person, rule),
        _ => withhold(),
    };
    let out = run(by_client(named("~", None)), only_first, CLIENTS).unwrap();
    assert_eq!(out, r#"{"clients":{"c-1":{"a":1,"b":{"c":2}},"c\u002d2":{}}}"#);
}

#[test]
fn a_name_that_may_not_leave_takes_its_member_with_it() {
    assert_eq!(run(by_client(named("~", None)), but_identifiers, CLIENTS).unwrap(), r#"{"clients":{}}"#);
    let body = r#"{"id":"p","by":{"x":1,"y":{"v":2,"w":3},"z":[4]}}"#;
    assert_eq!(run(answers(named("$.by.*~", None)), but_identifiers, body).unwrap(), r#"{"id":"p","by":{}}"#);
    assert_eq!(
        run(answers(named("$.by.*~", None)), everything, body).unwrap(),
        r#"{"id":"p","by":{"x":1,"y":{"v":2},"z":[null]}}"#
    );
}

#[test]
fn a_name_leaves_as_its_pseudonym() {
    let out = run(by_client(named("~", Some(Form::Pseudonym))), everything, CLIENTS).unwrap();
    let [one, two, four] = ["c-1", "c-2", "c-4"].map(|name| serde_json::json!(pseudonym(name)));
    let expected = format!(r#"{{"clients":{{{one}:{{"a":1,"b":{{"c":2}}}},{two}:{{"a":4}},{four}:{{}}}}}}"#);
    assert_eq!(out, expected);
    let body = r#"{"id":"p","by":{ "x" : 1, "y" : {"v":2},"z":[4],"é":5}}"#;
    let out = run(answers(named("$.by.*~", Some(Form::Pseudonym))), everything, body).unwrap();
    let [x, y, z, e] = ["x", "y", "z", "é"].map(|name| serde_json::json!(pseudonym(name)));
    assert_eq!(out, format!(r#"{{"id":"p","by":{{{x}:1,{y}:{{"v":2}},{z}:[null],{e}:5}}}}"#));
}

#[test]
fn an_element_has_no_name_and_is_nobodys() {
    let body = r#"{"clients":[{"a":1}]}"#;
    let known = |person: &Person, rule: &FieldRule| match person {
        Person::One(_) => everything(person, rule),
        _ => withhold(),
    };
    assert_eq!(run(by_client(named("~", None)), known, body).unwrap(), r#"{"clients":[{}]}"#);
}

//! Query texts: only the listed query leaves, and in it only literals that may, written by us.

use crate::rules::{Rules, everything, field, pseudonym, record, screen, withhold};
use havengate::{
    flow::Form,
    policy::integration::{Denied, FieldRule, Language, Piece, Template, Within},
    screen::Person,
    verdict::Code,
};
use proptest::prelude::*;
use std::sync::Arc;

fn text(fixed: &str) -> Piece {
    Piece::Text(fixed.into())
}

/// `$.q`, as this template, of which a literal may leave only by these rules.
fn rules(language: Language, pieces: Vec<Piece>, rules: Vec<FieldRule>) -> Rules {
    let template = Template { language, pieces, rules: rules.into_iter().map(Arc::new).collect() };
    let within = Within { base64: false, rules: None, template: Some(Arc::new(template)) };
    let mut rules = Rules::of(&[record("$", "$.ref", &[])]);
    rules.records[0].fields = vec![FieldRule { within: Some(within), denied: Denied::Block, ..field("$.q") }];
    rules
}

fn literal(path: &str) -> FieldRule {
    FieldRule { denied: Denied::Block, ..field(path) }
}

fn soql(rule: FieldRule) -> Rules {
    let pieces =
        vec![text("SELECT Id FROM Contact WHERE Email = "), Piece::Literal(0), text(" AND Status__c = 'Open'")];
    rules(Language::Soql, pieces, vec![rule])
}

fn json(query: &str) -> String {
    serde_json::json!({ "q": query }).to_string()
}

fn out(screened: &str) -> String {
    serde_json::from_str::<serde_json::Value>(screened).unwrap()["q"].as_str().unwrap().to_owned()
}

fn query(literal: &str) -> String {
    format!("SELECT Id FROM Contact WHERE Email = {literal} AND Status__c = 'Open'")
}

#[test]
fn the_listed_query_leaves_with_its_literal_written_again() {
    for (sent, leaves) in [
        ("'a@b.example'", "'a@b.example'"),
        (r#"'O\'Brien \\ \n \"'"#, r#"'O\'Brien \\ \n "'"#),
        ("''", "''"),
        ("2026-01-02T00:00:00Z", "2026-01-02T00:00:00Z"),
        ("-1.5", "-1.5"),
    ] {
        let screened = screen(&soql(literal("$.q/email")), everything, &json(&query(sent))).unwrap();
        assert_eq!(out(&screened), query(leaves));
    }
    let spaced = query("'x'").replace(" AND", "\n  AND");
    assert_eq!(out(&screen(&soql(literal("$.q/email")), everything, &json(&spaced)).unwrap()), query("'x'"));
    let marked = FieldRule { otherwise: Some(Form::Pseudonym), only: true, ..literal("$.q/email") };
    let screened = screen(&soql(marked), everything, &json(&query("'x'"))).unwrap();
    assert_eq!(out(&screened), query(&format!("'{}'", pseudonym("x"))));
}

#[test]
fn another_query_stops_the_request() {
    for sent in [
        query("'x' OR Name LIKE 'A%'"),
        query("'x\\' OR Name = 'y'"),
        query("'x"),
        query("'x\\u0027'"),
        query("'a\\%'"),
        query("'a\u{7}'"),
        query("Name"),
        query("1 OR 1"),
        query("null"),
        query("\"x\""),
        query("'x'") + " ",
        query("'x'") + " LIMIT 1",
        query("'x'").to_lowercase(),
        query("'x'").replace("Open", "Closed"),
        query("'x'").replace("Id FROM", "Id, Name FROM"),
        String::new() + "SELECT Name FROM Contact",
    ] {
        let refusal = screen(&soql(literal("$.q/email")), everything, &json(&sent)).expect_err(&sent);
        assert_eq!(refusal.code, Code::FieldBlocked, "{sent}");
        assert_eq!(&*refusal.reasons[0].rule.to_string(), "listed-query", "{sent}");
        assert!(refusal.detail.ends_with("the query is not the one that its rule lists"), "{}", refusal.detail);
    }
}

#[test]
fn a_withheld_literal_stops_the_request_or_is_replaced() {
    let nothing = |_: &Person, _: &FieldRule| withhold();
    let refusal = screen(&soql(literal("$.q/email")), nothing, &json(&query("'x'"))).unwrap_err();
    assert_eq!(refusal.code, Code::ConsentMissing);
    assert!(refusal.detail.starts_with("$.q/email may not leave and stops the request"), "{}", refusal.detail);
    let instead = FieldRule { denied: Denied::Const("it's".into()), ..field("$.q/email") };
    assert_eq!(out(&screen(&soql(instead), nothing, &json(&query("'x'"))).unwrap()), query(r"'it\'s'"));
}

#[test]
fn a_search_value_is_read_with_its_system() {
    let pieces = vec![text("https://fhir.nhs.uk/Id/nhs-number|"), Piece::Literal(0)];
    let rules = rules(Language::Fhir, pieces, vec![literal("$.q/number")]);
    for value in ["9434765919", r"a\,b\|c\$d\\e", "it's, no".split(',').next().unwrap()] {
        let sent = format!("https://fhir.nhs.uk/Id/nhs-number|{value}");
        assert_eq!(out(&screen(&rules, everything, &json(&sent)).unwrap()), sent);
    }
    for other in ["1,2", "1|2", "", r"a\b", "1\\", "1$2"] {
        let sent = format!("https://fhir.nhs.uk/Id/nhs-number|{other}");
        let refusal = screen(&rules, everything, &json(&sent)).expect_err(other);
        assert_eq!(&*refusal.reasons[0].rule.to_string(), "listed-query", "{other}");
    }
    assert!(screen(&rules, everything, &json("urn:other|1")).is_err());
}

proptest! {
    /// Whatever a literal says, what is written says the same and is one literal.
    #[test]
    fn what_is_written_is_read_the_same(said in "[ -~é\n\t]{1,20}") {
        for language in [Language::Soql, Language::Fhir] {
            let Some(written) = language.write(&said, "'") else { continue };
            let rest = if language == Language::Soql { " AND x" } else { "|x" };
            let text = format!("{written}{rest}");
            prop_assert_eq!(language.read(&text), Some((said.clone(), rest)));
        }
    }
}

//! Every figure that a rule or a dashboard asks for is one that `/metrics` gives.

use crate::deploy;
use havengate::{
    flow::{Act, Group},
    log::Outcome,
    metrics::Metrics,
    policy::{Policy, shipped},
};
use regex::Regex;
use serde_json::Value;
use std::{collections::BTreeSet, fs, time::Duration};

/// What `/metrics` gives: every name, with the labels that any of its series has.
fn given() -> BTreeSet<String> {
    let metrics = Metrics::new().unwrap();
    let policy = Policy::compile(&shipped::sources()).unwrap();
    metrics.policy(&policy);
    let integration = policy.integrations.keys().next().unwrap();
    metrics.request(Some(integration), None, Outcome::Forwarded, None, Duration::from_millis(1));
    metrics.fields(integration, Group::Identity, Act::Sent, 1);
    metrics.flush();
    metrics.screened(Duration::from_millis(1));
    metrics.committed(Duration::from_millis(1));
    metrics.attempt(Some(integration), None);
    metrics.consents(&[("live", 1)]);
    metrics.notifications("email-1", 0);
    let text = metrics.render();
    let series = text.lines().filter(|l| !l.starts_with('#'));
    let names = series.map(|l| l.split(['{', ' ']).next().unwrap().to_owned());
    names.chain(["up".to_owned()]).collect()
}

/// The names in an expression: not what is in braces, not functions, not words of the language.
fn asked(expression: &str) -> BTreeSet<String> {
    const WORDS: &[&str] = &["by", "on", "or", "and", "unless", "offset", "without", "ignoring", "group_left"];
    let bare = Regex::new(r#"\{[^}]*\}|\[[^\]]*\]|"[^"]*"|\b(by|on|without|ignoring)\s*\([^)]*\)"#).unwrap();
    let bare = bare.replace_all(expression, " ");
    let word = Regex::new(r"[a-zA-Z_:][a-zA-Z0-9_:]*\s*\(?").unwrap();
    let words = word.find_iter(&bare).map(|m| m.as_str());
    let names = words.filter(|w| !w.ends_with('(')).map(|w| w.trim().to_owned());
    names.filter(|w| !WORDS.contains(&w.as_str()) && !matches!(w.as_str(), "h" | "m" | "s" | "d")).collect()
}

#[test]
fn the_reader_of_expressions_finds_names_and_nothing_else() {
    let names =
        asked(r#"sum by (le) (rate(a_total{x=~"b|c"}[5m])) / on (job) time() or (up unless up offset 15m) > 0.05"#);
    assert_eq!(names, BTreeSet::from(["a_total".to_owned(), "up".to_owned()]));
}

#[test]
fn rules_ask_for_what_there_is() {
    let text = fs::read_to_string(deploy("prometheus/havengate.rules.yml")).unwrap();
    let mut given = given();
    given.extend(text.lines().filter_map(|l| l.trim().strip_prefix("- record: ")).map(str::to_owned));
    let mut expressions = Vec::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let Some(first) = line.trim().strip_prefix("expr: ") else { continue };
        let mut expression = first.trim_start_matches('|').to_owned();
        while let Some(more) = lines.next_if(|l| first == "|" && l.starts_with("          ")) {
            expression.push_str(more);
        }
        expressions.push(expression);
    }
    assert!(expressions.len() >= 19, "{}", expressions.len());
    for expression in expressions {
        let missing: Vec<_> = asked(&expression).difference(&given).cloned().collect();
        assert!(missing.is_empty(), "{missing:?} in {expression}");
    }
}

#[test]
fn dashboards_ask_for_what_there_is() {
    let given = given();
    for name in ["traffic", "health"] {
        let text = fs::read_to_string(deploy(&format!("grafana/dashboards/{name}.json"))).unwrap();
        let board: Value = serde_json::from_str(&text).unwrap();
        let targets = board["panels"].as_array().unwrap().iter().flat_map(|p| p["targets"].as_array().unwrap());
        for target in targets {
            let expression = target["expr"].as_str().unwrap();
            let names = asked(expression);
            assert!(!names.is_empty(), "{expression}");
            let missing: Vec<_> = names.difference(&given).cloned().collect();
            assert!(missing.is_empty(), "{missing:?} in {expression}");
        }
    }
}

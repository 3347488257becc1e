//! A single decision, by a number that somebody brings to the panel. It is sent as a form, so that no address, and no
//! list of addresses a browser keeps, holds it. Nothing here names a client: no label, no place in a message.

use crate::verdict::destination::london;
use crate::{
    flow::{Act, Category, DecisionId, Group, RuleId},
    ledger::Explained,
    panel::{
        Panel,
        access::Visitor,
        guard::Fields,
        page::{self, Shell},
        words,
        wrong::Wrong,
    },
    policy::{ClauseText, Policy, organisations::words::day},
    verdict::rules,
};
use askama::Template;
use axum::{extract::State, response::Response};
use http::StatusCode;
use jiff::{Timestamp, civil::Date};
use serde::Deserialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

#[derive(Template)]
#[template(config = "src/panel/askama.toml", path = "decision.html")]
struct Page {
    shell: Shell,
    missing: bool,
    told: Option<Told>,
}

/// A decision in words.
#[derive(Debug, Clone)]
struct Told {
    number: String,
    verdict: &'static str,
    stopped: bool,
    reason: Option<String>,
    day: String,
    time: Option<String>,
    connection: String,
    operation: String,
    recipient: String,
    clauses: Vec<(String, Option<ClauseText>)>,
    rule: Option<(&'static str, &'static str)>,
    counts: Vec<(&'static str, &'static str, u64)>,
    categories: Vec<(String, &'static str, u64)>,
    erased: Option<&'static str>,
    rules: &'static str,
    ended: Vec<&'static str>,
    entry: u64,
}

pub(super) async fn ask(State(panel): State<Arc<Panel>>, visitor: Visitor) -> Result<Response, Wrong> {
    page::html(&Page { shell: Shell::of(&panel, &visitor, "A decision", "/decision"), missing: false, told: None })
}

pub(super) async fn show(State(panel): State<Arc<Panel>>, visitor: Visitor, fields: Fields) -> Result<Response, Wrong> {
    let typed: String = fields.one("number")?.chars().filter(|c| !c.is_whitespace() && *c != '-').take(64).collect();
    let known = match typed.parse::<DecisionId>() {
        Ok(id) => panel.ledger().decision(id).await?.map(|known| (id, known)),
        Err(_) => None,
    };
    let told = known.and_then(|(id, known)| told(id, &known, &panel.policy()));
    let missing = told.is_none();
    let mut response =
        page::html(&Page { shell: Shell::of(&panel, &visitor, "A decision", "/decision"), missing, told })?;
    if missing {
        *response.status_mut() = StatusCode::NOT_FOUND;
    }
    Ok(response)
}

/// What an entry says, as far as it is told.
#[derive(Deserialize)]
struct Leaf {
    day: Date,
    rc: Option<String>,
    integration: Option<String>,
    operation: Option<String>,
    destination: Option<String>,
    decided: Option<String>,
    code: Option<String>,
    policy: Option<String>,
    #[serde(default)]
    clauses: Vec<String>,
    #[serde(default)]
    counts: Vec<(Group, String, Act, u64)>,
    #[serde(default)]
    extra: BTreeMap<String, String>,
}

/// What a detail says, as far as it is told: neither about whom, nor where in the message.
#[derive(Deserialize)]
struct Detail {
    at: Timestamp,
    category: Option<Category>,
    act: Act,
    count: u64,
}

fn told(id: DecisionId, known: &Explained, policy: &Policy) -> Option<Told> {
    let leaf: Leaf = serde_json::from_str(&known.leaf).ok()?;
    let detail: Vec<Detail> = known.detail.iter().filter_map(|row| serde_json::from_str(row).ok()).collect();
    let stopped = leaf.decided.as_deref() == Some("refused");
    let london = london();
    let time = detail.first().map(|row| row.at.to_zoned(london).strftime("%-d %B %Y, %H:%M").to_string());
    let erased = match (detail.is_empty() && leaf.rc.is_some(), known.erased > 0) {
        (true, _) => Some(
            "The details of this decision have been erased, as they are after a time. What is left is on this page.",
        ),
        (false, true) => Some("Some details of this decision have been erased."),
        (false, false) => None,
    };
    let clauses = leaf.clauses.iter().map(|name| (words::clause(policy, name), words::text(policy, name).cloned()));
    let same = leaf.policy.is_some_and(|hash| hash == policy.hash.to_string());
    Some(Told {
        number: id.to_string(),
        verdict: match (stopped, leaf.decided.as_deref()) {
            (true, _) => "It was stopped. Nothing of it left.",
            (false, Some(_)) => "It was allowed.",
            (false, None) => "It is not about a request.",
        },
        stopped,
        reason: leaf.code.as_deref().filter(|_| stopped).map(|code| words::code(code).to_owned()),
        day: day(leaf.day),
        time,
        connection: words::connection(leaf.integration.as_deref().unwrap_or_default()),
        operation: leaf.operation.unwrap_or_default(),
        recipient: words::recipient(policy, leaf.destination.as_deref().unwrap_or_default()),
        clauses: clauses.collect(),
        rule: rule_said(leaf.extra.get("rule"), leaf.code.as_deref().unwrap_or_default()),
        counts: leaf.counts.iter().map(|(group, _, act, n)| (words::group(*group), words::act(*act), *n)).collect(),
        categories: categories(&detail, policy),
        erased,
        rules: if same { "They are the rules of now." } else { "They are not the rules of now." },
        ended: known
            .outcomes
            .iter()
            .filter_map(|outcome| ended(outcome))
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect(),
        entry: known.index,
    })
}

/// The rule in words, and what would change it.
fn rule_said(rule: Option<&String>, code: &str) -> Option<(&'static str, &'static str)> {
    let rule = rule.filter(|rule| *rule != code)?;
    Some(rules::recorded(&RuleId::parse(rule).ok()?, code))
}

/// What kinds of data it was about, from the details that are left.
fn categories(detail: &[Detail], policy: &Policy) -> Vec<(String, &'static str, u64)> {
    let mut found: BTreeMap<(String, &'static str), u64> = BTreeMap::new();
    for row in detail {
        let Some(category) = &row.category else { continue };
        let label =
            policy.categories.0.get(category).map_or("a kind that the rules do not know any more", |c| &c.label);
        *found.entry((label.to_owned(), words::act(row.act))).or_default() += row.count;
    }
    found.into_iter().map(|((label, act), n)| (label, act, n)).collect()
}

fn ended(outcome: &str) -> Option<&'static str> {
    let outcome: Leaf = serde_json::from_str(outcome).ok()?;
    let extra = |name: &str| outcome.extra.get(name).map(String::as_str);
    Some(match (extra("ended"), extra("sent")) {
        (Some("answered"), _) => "It was sent, and the recipient answered.",
        (Some("unsent"), _) | (_, Some("no")) => "Nothing was sent after all: the recipient could not be reached.",
        _ => "It may have been sent: the line broke before an answer came.",
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::shipped;

    fn explained(detail: &[&str], erased: u64) -> Explained {
        let leaf = r#"{"clauses":["DATA-3"],"code":"field-blocked","counts":[["location","raw","blocked",1]],
            "day":"2026-10-24","decided":"refused","destination":"nobody/knows","extra":{"rule":"no-sleep-site"},
            "policy":"00","rc":"ab","type":"decision"}"#;
        let detail = detail.iter().map(|row| (*row).to_owned()).collect();
        Explained { index: 7, leaf: leaf.to_owned(), detail, erased, outcomes: Vec::new() }
    }

    #[test]
    fn what_is_erased_is_said_to_be_and_the_rest_is_told() {
        let policy = Policy::compile(&shipped::sources()).unwrap();
        let id = DecisionId::from_bytes([7; 16]);
        let row =
            r#"{"act":"blocked","at":"2026-10-24T22:30:00Z","category":"hg:SleepSite","count":1,"path":"$.Amina"}"#;
        let kept = told(id, &explained(&[row], 0), &policy).unwrap();
        assert_eq!((kept.erased, kept.time.as_deref()), (None, Some("24 October 2026, 23:30")));
        assert_eq!(kept.categories.len(), 1);
        let partly = told(id, &explained(&[row], 1), &policy).unwrap();
        assert_eq!(partly.erased, Some("Some details of this decision have been erased."));
        let gone = told(id, &explained(&[], 0), &policy).unwrap();
        assert!(gone.erased.unwrap().starts_with("The details of this decision have been erased"));
        assert_eq!((gone.time, gone.day.as_str(), gone.recipient.as_str()), (None, "24 October 2026", "nobody/knows"));
        assert_eq!(gone.counts, [("where the person is", "stopped with the whole request", 1)]);
        assert_eq!(
            (gone.rules, gone.rule.unwrap().0),
            ("They are not the rules of now.", "Where somebody sleeps does not leave.")
        );
        for told in [kept, partly] {
            assert!(!format!("{told:?}").contains("Amina"), "no place in a message");
        }
    }
}

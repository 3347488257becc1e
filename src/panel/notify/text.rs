//! A message in words, and as JSON for systems. Made of ids, closed words, and what the organisation itself calls its
//! recipients and clauses.

use super::{intake::Facts, kind, outbox::Due};
use crate::{
    panel::Panel,
    policy::{Policy, organisations::Class},
};
use serde_json::{Map, Value, json};
use std::fmt::Write as _;

/// A message as mail.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Letter {
    pub subject: String,
    pub body: String,
}

/// In words.
pub(super) fn letter(panel: &Panel, facts: &Facts) -> Letter {
    let policy = panel.policy();
    let headline = headline(facts, &policy);
    let mut body = format!("{}.\n\n", capital(&headline));
    for line in &facts.lines {
        let _ = writeln!(body, "- {}", self::headline(line, &policy));
    }
    if !facts.lines.is_empty() {
        body.push('\n');
    }
    about(&mut body, facts, &policy);
    let url = panel.config().url.as_str();
    let _ = write!(
        body,
        "Look: {url}\n\nThis message holds no personal data, and neither should an answer to it.\n\
         Danger to life: phone 999 now. Nothing here stops you.\n\n-- \n{}\n",
        panel.organisation()
    );
    Letter { subject: line(&format!("Havengate: {headline}")), body }
}

fn about(body: &mut String, facts: &Facts, policy: &Policy) {
    let known = kind::of(&facts.kind);
    if !known.about.is_empty() {
        let _ = writeln!(body, "{}\n", known.about);
    }
    let mut row = |name: &str, value: &str| {
        let _ = writeln!(body, "{name}: {value}");
    };
    if let Some(recipient) = &facts.recipient {
        let name = policy.registry.system(recipient).map_or("", |s| s.name.as_str());
        row("Recipient", &line(&if name.is_empty() { recipient.to_string() } else { format!("{name} ({recipient})") }));
    }
    if let Some(connection) = &facts.connection {
        row("Connection", connection.as_str());
    }
    if let Some(clause) = facts.clause {
        let summary = policy.clauses.get(&clause).map_or("", |c| c.summary.as_str());
        row("Clause", &line(&format!("{clause}. {summary}")));
    }
    if let Some(decision) = &facts.decision {
        row(if facts.count > 1 || facts.more { "The last one's number" } else { "Its number" }, decision);
    }
    if let Some(day) = facts.day {
        row("Day", &day.to_string());
    }
    if !body.ends_with("\n\n") {
        body.push('\n');
    }
}

/// One line: what happened, how often.
pub(super) fn headline(facts: &Facts, policy: &Policy) -> String {
    let known = kind::of(&facts.kind);
    let linked = facts.kind == "attempt"
        && facts.recipient.as_ref().and_then(|r| policy.registry.system(r)).is_some_and(|s| s.linked != Class::Root);
    let words = |text: &str| {
        if linked { text.replace("the Home Office", "somebody linked with the Home Office") } else { text.to_owned() }
    };
    let (one, many) = facts.did.and_then(kind::account).unwrap_or((known.one, known.many));
    match (facts.more, facts.count) {
        (true, 0 | 1) => format!("again, {}", words(one)),
        (true, n) => format!("{n} more {}", words(many)),
        (false, 0 | 1) => words(one),
        (false, n) => format!("{n} {}", words(many)),
    }
}

/// As JSON: `{type, timestamp, data}` (Standard Webhooks).
pub(super) fn document(panel: &Panel, due: &Due) -> Value {
    let (facts, policy) = (&due.facts, panel.policy());
    let mut data = Map::new();
    let mut put = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            data.insert(name.to_owned(), Value::String(value));
        }
    };
    put("clause", facts.clause.map(|c| c.to_string()));
    put("code", facts.code.map(|c| c.to_string()));
    put("connection", facts.connection.as_ref().map(ToString::to_string));
    put("day", facts.day.map(|d| d.to_string()));
    put("decision", facts.decision.clone());
    put("headline", Some(headline(facts, &policy)));
    put("recipient", facts.recipient.as_ref().map(ToString::to_string));
    put("summary", facts.clause.and_then(|c| policy.clauses.get(&c)).map(|c| c.summary.clone()));
    put("url", Some(panel.config().url.to_string()));
    data.insert("count".to_owned(), json!(facts.count.max(1)));
    data.insert("repeated".to_owned(), json!(facts.more));
    json!({ "type": facts.kind, "timestamp": due.at.to_string(), "data": data })
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// On one line, whatever an organisation called something.
fn line(text: &str) -> String {
    text.split(|c: char| c.is_control() || c.is_whitespace()).filter(|w| !w.is_empty()).collect::<Vec<_>>().join(" ")
}

//! A rehearsal in words: each step, each rule with its clause, and what would change the outcome. No value of
//! the request stands in it.

use super::Rehearsal;
use crate::screen::Screened;
use serde_json::{Value, json};
use std::fmt::Write as _;

/// The rehearsal, step by step.
#[must_use]
pub fn told(rehearsal: &Rehearsal) -> (String, Value) {
    let mut text = String::from("Nothing was sent.\n");
    for step in &rehearsal.passed {
        let _ = writeln!(text, "  passed   {}", step.as_str());
    }
    let data = match &rehearsal.outcome {
        Ok(screened) => {
            text.push_str(&would_leave(screened));
            leaving(screened)
        }
        Err((step, refusal)) => {
            let _ = writeln!(text, "  STOPPED  {}: {} ({})", step.as_str(), refusal.detail, refusal.code);
            for reason in &refusal.reasons {
                let clause = reason.clause.map_or("", |c| c.as_str());
                let path = reason.path.as_deref().unwrap_or_default();
                let _ = writeln!(
                    text,
                    "    {clause} {} {path}\n      what would change it: {}",
                    reason.rule, reason.remedy
                );
            }
            json!({
                "sent": false,
                "step": step.as_str(),
                "code": refusal.code,
                "detail": refusal.detail,
                "reasons": refusal.reasons,
            })
        }
    };
    (text, data)
}

fn would_leave(screened: &Screened) -> String {
    let mut text = format!("  {} {}\n", screened.method(), screened.path_and_query());
    for finding in &screened.findings().listed {
        let _ = write!(text, "  {:<14} {:<32} {}", finding.act, finding.rule.path, finding.rule.category);
        match finding.withheld.as_ref().and_then(|w| w.reasons.first()) {
            Some(reason) => {
                let clause = reason.clause.map_or("", |c| c.as_str());
                let _ = writeln!(text, "  {clause} {}\n      what would change it: {}", reason.rule, reason.remedy);
            }
            None => text.push('\n'),
        }
    }
    let _ = writeln!(text, "  {} values that no rule lists did not leave", screened.findings().unlisted);
    text
}

/// What would leave, without a value in it.
#[must_use]
pub fn leaving(screened: &Screened) -> Value {
    let fields: Vec<Value> = screened
        .findings()
        .listed
        .iter()
        .map(|f| {
            json!({
                "path": &*f.rule.path,
                "category": f.rule.category,
                "form": f.form.to_string(),
                "act": f.act,
                "count": f.count,
                "reasons": f.withheld.as_ref().map(|w| &w.reasons),
            })
        })
        .collect();
    json!({ "sent": true, "fields": fields, "unlisted": screened.findings().unlisted })
}

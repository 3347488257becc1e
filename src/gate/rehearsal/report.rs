//! A rehearsal in words: each step, each rule with its clause, and what would change the outcome. No value of
//! the request stands in it, no key that no rule lists, and no path, which may name a client.

use super::{Rehearsal, Step};
use crate::{
    flow::{Act, Category, IntegrationId, OperationId, SystemId},
    screen::{Finding, Screened},
    verdict::{Code, Reason, Refusal},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::{
    fmt::{self, Write as _},
    sync::Arc,
};

/// What came of one request: what machines are told, and what a running gateway answers to `judge`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// Whether it would be sent.
    pub sent: bool,
    /// The connection, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection: Option<IntegrationId>,
    /// Its operation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<OperationId>,
    /// Who would receive it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recipient: Option<SystemId>,
    /// The steps it passed, in order.
    #[serde(default)]
    pub passed: Vec<Step>,
    /// What would be done with each listed place, where it would be sent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<ToldField>,
    /// How many values no rule lists, where it would be sent: they would not leave.
    #[serde(default)]
    pub unlisted: u64,
    /// Why it would be refused.
    #[serde(flatten)]
    pub refused: Option<ToldRefusal>,
}

/// What would be done with the values at one listed place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToldField {
    /// The rule's path.
    pub path: Arc<str>,
    /// What it holds.
    pub category: Category,
    /// In what form, or would have had to be.
    pub form: String,
    /// What would be done.
    pub act: Act,
    /// With how many values.
    pub count: u64,
    /// Why it would not leave.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<Code>,
    /// Each rule that says so.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<Reason>,
}

/// Why a request would be refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToldRefusal {
    /// At which step.
    pub step: Step,
    /// The problem's code.
    pub code: Code,
    /// One sentence for a person.
    pub detail: String,
    /// Each rule that says no.
    pub reasons: Vec<Reason>,
}

/// The rehearsal for a person and for a machine.
#[must_use]
pub fn told(rehearsal: &Rehearsal) -> (String, Value) {
    let told = Told::of(rehearsal);
    // Strings and numbers always serialise; were they not to, null is no permission.
    (format!("Nothing was sent.\n{told}"), serde_json::to_value(&told).unwrap_or_default())
}

impl Told {
    /// What came of a rehearsal.
    #[must_use]
    pub fn of(rehearsal: &Rehearsal) -> Self {
        let route = rehearsal.route.as_ref();
        let mut told = Self {
            sent: false,
            connection: route.map(|r| r.integration.id.clone()),
            operation: route.map(|r| r.operation.id.clone()),
            recipient: route.map(|r| r.integration.destination.clone()),
            passed: rehearsal.passed.clone(),
            fields: Vec::new(),
            unlisted: 0,
            refused: None,
        };
        match &rehearsal.outcome {
            Ok(screened) => told.leaving(screened),
            Err((step, refusal)) => told.refused = Some(ToldRefusal::of(*step, refusal)),
        }
        told
    }

    fn leaving(&mut self, screened: &Screened) {
        self.sent = true;
        self.unlisted = screened.findings().unlisted;
        for finding in &screened.findings().listed {
            let field = ToldField::of(finding);
            // A batch has one finding for each person and rule; together they say as much.
            match self.fields.iter_mut().find(|known| known.is_like(&field)) {
                Some(known) => known.count += field.count,
                None => self.fields.push(field),
            }
        }
    }

    /// How many listed values would not leave with a request that would.
    #[must_use]
    pub fn stripped(&self) -> u64 {
        self.fields.iter().filter(|f| f.act == Act::Stripped).map(|f| f.count).sum()
    }
}

impl ToldRefusal {
    fn of(step: Step, refusal: &Refusal) -> Self {
        Self { step, code: refusal.code, detail: refusal.detail.clone(), reasons: refusal.reasons.clone() }
    }
}

impl ToldField {
    fn of(finding: &Finding) -> Self {
        let withheld = finding.withheld.as_ref();
        Self {
            path: finding.rule.path.clone(),
            category: finding.rule.category.clone(),
            form: finding.form.to_string(),
            act: finding.act,
            count: finding.count,
            code: withheld.map(|w| w.code),
            reasons: withheld.map(|w| w.reasons.clone()).unwrap_or_default(),
        }
    }

    fn is_like(&self, other: &Self) -> bool {
        self.path == other.path && self.act == other.act && self.form == other.form && self.reasons == other.reasons
    }
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let (Some(connection), Some(operation), Some(recipient)) =
            (&self.connection, &self.operation, &self.recipient)
        {
            writeln!(f, "  connection {connection}, operation {operation}, to {recipient}")?;
        }
        for step in &self.passed {
            writeln!(f, "  passed   {step}")?;
        }
        match &self.refused {
            Some(refused) => {
                writeln!(f, "  STOPPED  {}: {} ({})", refused.step, refused.detail, refused.code)?;
                f.write_str(&because(&refused.reasons, "    "))
            }
            None => f.write_str(&self.in_detail("  ")),
        }
    }
}

impl Told {
    /// What would leave and what would not, a line each, for a request that would be sent.
    #[must_use]
    pub fn in_detail(&self, indent: &str) -> String {
        let mut text = String::new();
        for field in &self.fields {
            let act = if field.act == Act::Generalised { field.form.as_str() } else { field.act.as_str() };
            let times = if field.count == 1 { String::new() } else { format!(" × {}", field.count) };
            let _ = writeln!(text, "{indent}{act:<22} {:<28} {}{times}", field.path, field.category);
            // The first rule is the one that gives the code; the others would say no after it.
            text.push_str(&because(field.reasons.get(..1).unwrap_or_default(), &format!("{indent}    ")));
        }
        match self.unlisted {
            0 => {}
            1 => _ = writeln!(text, "{indent}1 value that no rule lists does not leave"),
            n => _ = writeln!(text, "{indent}{n} values that no rule lists do not leave"),
        }
        text
    }
}

/// Each rule with its clause and place, and what would change the outcome.
#[must_use]
pub fn because(reasons: &[Reason], indent: &str) -> String {
    let mut text = String::new();
    for reason in reasons {
        let clause = reason.clause.map(|c| format!("{c} ")).unwrap_or_default();
        let path = reason.path.as_deref().map(|p| format!(" {p}")).unwrap_or_default();
        let _ =
            writeln!(text, "{indent}{clause}{}{path}\n{indent}  what would change it: {}", reason.rule, reason.remedy);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_gateway_answers_is_read_back() {
        let refused = Told::of(&Rehearsal::unread(Refusal::plain(Code::RequestMalformed, "Two hosts.")));
        let leaves = Told {
            sent: true,
            passed: Step::ALL.to_vec(),
            fields: vec![ToldField {
                path: "$.dob".into(),
                category: "pd:BirthDate".parse().unwrap(),
                form: "raw".into(),
                act: Act::Stripped,
                count: 2,
                code: Some(Code::ConsentMissing),
                reasons: Vec::new(),
            }],
            unlisted: 1,
            refused: None,
            ..refused.clone()
        };
        for told in [refused, leaves] {
            let json = serde_json::to_string(&told).unwrap();
            assert_eq!(serde_json::from_str::<Told>(&json).unwrap(), told, "{json}");
        }
    }
}

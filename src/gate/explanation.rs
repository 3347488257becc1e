//! A recorded decision in words, for the person whose request was stopped and whoever they ask. Labels of
//! clients and consents stand only in what machines get.

use super::record;
use crate::{
    flow::{Act, Category, Clause, Group, RuleId},
    ledger::Explained,
    policy::Policy,
    verdict::rules,
};
use serde_json::{Value, json};
use std::{collections::BTreeMap, fmt::Write as _};

/// What the record book knows of a decision, for a person and for a machine. `policy` is the active one: it
/// names clauses and recipients.
#[must_use]
pub fn told(known: &Explained, policy: &Policy) -> (String, Value) {
    let parse = |text: &String| serde_json::from_str::<Value>(text).unwrap_or_default();
    let record = parse(&known.leaf);
    let detail: Vec<Value> = known.detail.iter().map(parse).collect();
    let outcomes: Vec<Value> = known.outcomes.iter().map(parse).collect();
    let text = [
        what_and_where(&record, policy),
        why(&record, policy),
        figures(&record),
        places(&detail, known.erased, policy),
        by_which_rules(&record, policy),
        outcome(&record, &outcomes),
    ]
    .concat();
    let data = json!({
        "index": known.index,
        "record": record,
        "detail": detail,
        "erased": known.erased,
        "outcomes": outcomes,
    });
    (text, data)
}

fn text<'v>(record: &'v Value, key: &str) -> Option<&'v str> {
    record.get(key)?.as_str()
}

fn allowed(record: &Value) -> bool {
    text(record, "decided") == Some("allowed")
}

fn what_and_where(record: &Value, policy: &Policy) -> String {
    let verdict = match (allowed(record), text(record, "code")) {
        (true, _) => "allowed".to_owned(),
        (false, Some(code)) => format!("STOPPED ({code})"),
        (false, None) => text(record, "decided").unwrap_or("recorded").to_owned(),
    };
    let decision = text(record, "decision").unwrap_or_default();
    let mut said = format!("Decision {decision} of {}: {verdict}\n", text(record, "day").unwrap_or("an unknown day"));
    if let Some(connection) = text(record, "integration") {
        let operation = text(record, "operation").map(|o| format!(", operation {o}")).unwrap_or_default();
        let _ = writeln!(said, "  connection  {connection}{operation}");
    }
    if let Some(recipient) = text(record, "destination") {
        let name = policy.registry.systems.iter().find(|(id, _)| id.as_str() == recipient);
        let name = name.map(|(_, system)| format!(" ({})", system.name)).unwrap_or_default();
        let _ = writeln!(said, "  recipient   {recipient}{name}");
    }
    said
}

/// The clauses with their titles, and the first rule that said no with what would change it.
fn why(record: &Value, policy: &Policy) -> String {
    let mut said = String::new();
    let clauses = record.get("clauses").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    for (i, name) in clauses.enumerate() {
        let title = name.parse::<Clause>().ok().and_then(|clause| policy.clauses.get(&clause));
        let title = title.map(|text| format!("  {}", text.title)).unwrap_or_default();
        let head = match i {
            0 if allowed(record) => "kept by",
            0 => "because",
            _ => "",
        };
        let _ = writeln!(said, "  {head:<11} {name}{title}");
    }
    let rule = record.get("extra").and_then(|extra| text(extra, "rule")).and_then(|r| RuleId::parse(r).ok());
    if let Some(rule) = rule {
        // A check made before the charter is asked has no words of its own here: the code says it.
        let code = text(record, "code").unwrap_or_default();
        let own = rule.as_str() == code;
        let (words, remedy) = rules::recorded(&rule, code);
        let _ = match own {
            true => writeln!(said, "  rule        {rule}"),
            false => writeln!(said, "  rule        {rule}: {words}\n  what would change it: {remedy}"),
        };
    }
    said
}

/// How many values of each kind left or did not.
fn figures(record: &Value) -> String {
    let mut said = String::new();
    for count in record.get("counts").and_then(Value::as_array).into_iter().flatten() {
        let part = |i: usize| count.get(i).and_then(Value::as_str).unwrap_or_default();
        let number = count.get(3).and_then(Value::as_u64).unwrap_or_default();
        let values = if number == 1 { "value" } else { "values" };
        let _ = writeln!(said, "  {number} {values} of {}: {}", group(part(0)), act(part(2)));
    }
    said
}

fn group(name: &str) -> &str {
    match name.parse() {
        Ok(Group::Immigration) => "immigration status",
        Ok(Group::Special) => "a special category (health, belief, …)",
        Ok(Group::FreeText) => "free text",
        Ok(Group::Operational) => "no person (operational)",
        _ => name,
    }
}

fn act(name: &str) -> &str {
    match name.parse() {
        Ok(Act::Sent) => "left as it was",
        Ok(Act::Generalised) => "left in a rougher form",
        Ok(Act::Pseudonymised) => "left as a pseudonym",
        Ok(Act::Stripped) => "did not leave",
        Ok(Act::Blocked) => "stopped the request",
        Err(_) => name,
    }
}

/// What happened at each place, of everybody in the request together.
fn places(detail: &[Value], erased: u64, policy: &Policy) -> String {
    let mut counts: BTreeMap<(&str, &str, &str), u64> = BTreeMap::new();
    // A row without a category says only when a request was stopped.
    for row in detail.iter().filter(|row| text(row, "category").is_some()) {
        let key = (
            text(row, "path").unwrap_or_default(),
            text(row, "category").unwrap_or_default(),
            text(row, "act").unwrap_or_default(),
        );
        *counts.entry(key).or_default() += row.get("count").and_then(Value::as_u64).unwrap_or(1);
    }
    let mut said = String::new();
    for ((path, category, done), count) in counts {
        let label = category.parse::<Category>().ok().and_then(|c| policy.categories.0.get(&c));
        let label = label.map_or(category, |facts| facts.label.as_str());
        let times = if count == 1 { String::new() } else { format!(" × {count}") };
        let _ = writeln!(said, "    {path:<28} {label}{times}: {}", act(done));
    }
    if erased > 0 {
        let _ = writeln!(said, "    {erased} more of its details were erased since");
    }
    said
}

fn by_which_rules(record: &Value, policy: &Policy) -> String {
    let Some(hash) = text(record, "policy") else { return String::new() };
    let same = if hash == policy.hash.to_string() { "the set of now" } else { "not the set of now" };
    format!("  policy      {hash} ({same})\n")
}

fn outcome(record: &Value, outcomes: &[Value]) -> String {
    if !allowed(record) {
        return "  outcome     nothing was sent\n".to_owned();
    }
    let mut said = String::new();
    for leaf in outcomes {
        let extra = leaf.get("extra").unwrap_or(&Value::Null);
        let how = match text(extra, "ended").or_else(|| text(extra, "why")) {
            Some("answered") => "it was sent and the recipient answered",
            Some("unsent") => {
                "nothing was sent: the recipient could not be reached; what it would have spent was given back"
            }
            Some("unknown") => "it may have been sent: the connection broke; ask the recipient before sending again",
            Some("abandoned") => "nothing was sent: the gateway did not wait for its own record; nothing was spent",
            Some(other) => other,
            None => "recorded without a word",
        };
        let status = text(extra, "status").map(|s| format!(" (status {s})")).unwrap_or_default();
        let _ = writeln!(said, "  outcome     {how}{status}");
        said.push_str(&withheld(extra));
    }
    if said.is_empty() {
        said.push_str("  outcome     none is recorded: it is under way, or the gateway was cut off while it was\n");
    }
    said
}

/// What of the answer was not passed on.
fn withheld(extra: &Value) -> String {
    let mut said = String::new();
    if let Some(links) = text(extra, record::WITHHELD) {
        let at = text(extra, record::WITHHELD_AT).unwrap_or_default();
        let _ = writeln!(said, "  withheld    links of the answer that led past the gateway: {links}, at {at}");
    }
    if let Some(why) = text(extra, record::WITHHELD_BODY) {
        let _ = writeln!(said, "  withheld    the answer's body, whose links could not be checked ({why})");
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::shipped;

    fn policy() -> Policy {
        Policy::compile(&shipped::sources()).unwrap()
    }

    fn known(leaf: &Value, detail: &[Value], outcomes: &[Value]) -> Explained {
        let texts = |values: &[Value]| values.iter().map(Value::to_string).collect();
        Explained { index: 7, leaf: leaf.to_string(), detail: texts(detail), erased: 2, outcomes: texts(outcomes) }
    }

    #[test]
    fn what_left_is_told_in_words_and_labels_stay_with_machines() {
        let leaf = json!({
            "type": "decision", "day": "2026-11-21", "decision": "aaaaaaaaaaaaaaaaaaaaaaaaaa", "decided": "allowed",
            "integration": "inform-riverside", "operation": "refer",
            "destination": "riverside-council/housing-referrals", "clauses": ["DATA-3"], "policy": "00",
            "counts": [["identity", "raw", "sent", 2], ["immigration", "raw", "stripped", 1]],
        });
        let row = |path: &str, act: &str| {
            json!({
                "at": "2026-11-21T10:00:00Z", "subject": "k1.abc", "consent": "jjj", "category": "pd:Name",
                "form": "raw", "path": path, "act": act, "count": 1,
            })
        };
        let detail = [row("$.firstName", "sent"), row("$.firstName", "sent"), row("$.lastName", "stripped")];
        let outcomes = [json!({ "type": "outcome", "extra": {
            "ended": "answered", "status": "201", "withheld": "3", "withheld_at": "location $.next", "withheld_body": "media"
        } })];
        let (text, data) = told(&known(&leaf, &detail, &outcomes), &policy());
        let expected = "\
Decision aaaaaaaaaaaaaaaaaaaaaaaaaa of 2026-11-21: allowed
  connection  inform-riverside, operation refer
  recipient   riverside-council/housing-referrals (Riverside Council (example))
  kept by     DATA-3  Nothing that finds people who sleep rough
  2 values of identity: left as it was
  1 value of immigration status: did not leave
    $.firstName                  Name × 2: left as it was
    $.lastName                   Name: did not leave
    2 more of its details were erased since
  policy      00 (not the set of now)
  outcome     it was sent and the recipient answered (status 201)
  withheld    links of the answer that led past the gateway: 3, at location $.next
  withheld    the answer's body, whose links could not be checked (media)
";
        assert_eq!(text, expected, "\n{text}");
        assert_eq!((&data["detail"][0]["subject"], &data["index"]), (&json!("k1.abc"), &json!(7)));
    }

    #[test]
    fn how_it_ended_is_told_whatever_is_recorded() {
        let leaf = json!({ "type": "decision", "day": "2026-11-21", "decided": "allowed" });
        for (outcomes, says) in [
            (vec![], "none is recorded"),
            (vec![json!({ "extra": { "ended": "unsent" } })], "nothing was sent: the recipient could not be reached"),
            (vec![json!({ "extra": { "ended": "unknown" } })], "ask the recipient before sending again"),
            (vec![json!({ "extra": { "sent": "no", "why": "abandoned" } })], "did not wait for its own record"),
        ] {
            let (text, _) = told(&known(&leaf, &[], &outcomes), &policy());
            assert!(text.contains(says), "{text}");
        }
        // A row that is not as we write them takes nothing with it.
        let odd =
            json!({ "type": "decision", "counts": [1, ["x"]], "clauses": [1, "OWN-1"], "extra": { "rule": "ours" } });
        let (text, _) = told(&known(&odd, &[json!(null)], &[]), &policy());
        assert!(text.contains("OWN-1") && text.contains("ours") && text.contains("nothing was sent"), "{text}");
    }
}

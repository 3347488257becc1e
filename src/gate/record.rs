//! What is written down of a request: a screened one as the transaction that permits it, a refused one as
//! the leaf that says why.

use super::{answer::Withheld, respond::quotable};
use crate::{
    flow::{Act, Clause, DecisionId, Form, Group},
    ledger::{
        Assert, Change, Detail, Leaf, Tx,
        leaf::{Decided, Kind},
    },
    policy::{Policy, Route},
    screen::Screened,
    verdict::{
        Code, Refusal,
        disclosure::{Grounds, Row},
        rules,
    },
};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// The transaction that permits a screened request, with everything that must still hold.
#[must_use]
pub fn permission(screened: &Screened) -> Tx {
    let admitted = screened.consented().admitted();
    let grounds = screened.grounds();
    let facts = admitted.facts();
    let mut leaf = about(Kind::Decision, screened.decision(), Some(admitted.route()), Some(admitted.policy()));
    leaf.decided = Some(Decided::Allowed);
    for row in &grounds.rows {
        count(&mut leaf, admitted.policy(), row);
    }
    leaf.clauses = withheld_clauses(&grounds.rows);
    let basis = basis(grounds, admitted.policy());
    if !basis.is_empty() {
        leaf.extra.insert(BASIS, basis);
    }
    let mut asserts = vec![Assert::PolicyActive(admitted.policy().hash)];
    asserts.extend(admitted.not_after().map(Assert::NotAfter));
    if grounds.safeguarding.is_empty() {
        asserts.push(Assert::NotStopped { integration: facts.integration.clone(), destination: facts.system.clone() });
    }
    for (system, until) in &grounds.recipients {
        let (integration, destination) = (facts.integration.clone(), system.clone());
        asserts.push(Assert::NotStopped { integration, destination });
        asserts.extend(until.map(Assert::NotAfter));
    }
    asserts.extend(grounds.grants.iter().map(|g| Assert::GrantLive { jti: g.jti.clone(), expires: g.expires }));
    asserts.extend(grounds.safeguarding.iter().cloned().map(Assert::SafeguardingLive));
    asserts.extend(grounds.uses.iter().cloned().map(Assert::Spend));
    let mut changes: Vec<Change> =
        screened.consented().tokens().map(|g| Change::Remember(g.as_ref().clone())).collect();
    if !grounds.safeguarding.is_empty() {
        changes.push(Change::Notify { kind: "safeguarding" });
    }
    let named = grounds.rows.iter().filter_map(|r| r.withheld.as_deref()).filter(|w| w.code == Code::RecipientDenied);
    for withheld in named {
        // The first is said; an attempt to reach the Home Office is told, although the rest was sent.
        if let Some(reason) = withheld.reasons.first() {
            leaf.extra.entry("rule").or_insert_with(|| reason.rule.to_string());
        }
        let attempt = is_attempt(withheld);
        if attempt {
            leaf.extra.entry(ATTEMPT).or_insert_with(|| linked_rule(withheld));
        }
        if attempt && !changes.iter().any(|c| matches!(c, Change::Notify { kind: "attempt" })) {
            changes.push(Change::Notify { kind: "attempt" });
        }
    }
    let detail = grounds.rows.iter().map(|row| detail(row, admitted.now())).collect();
    Tx { asserts, leaf, detail, changes }
}

/// The record of a refusal. An attempt to reach a linked recipient is told to the panel at once (TRANS-2).
#[must_use]
pub fn refusal(
    decision: DecisionId,
    refusal: &Refusal,
    route: Option<&Route>,
    policy: Option<&Policy>,
    now: Timestamp,
) -> Tx {
    let mut leaf = about(Kind::Decision, decision, route, policy);
    leaf.decided = Some(Decided::Refused);
    leaf.code = Some(refusal.code);
    leaf.clauses = clauses(refusal);
    if let Some(rule) = refusal.reasons.first() {
        leaf.extra.insert("rule", rule.rule.to_string());
    }
    if is_attempt(refusal) {
        leaf.extra.insert(ATTEMPT, linked_rule(refusal));
    }
    let row = |category, path| Detail {
        at: now,
        subject: None,
        consent: None,
        category,
        form: None,
        path,
        act: Act::Blocked,
        count: 1,
    };
    let named = refusal.reasons.iter().filter(|r| r.category.is_some());
    let mut detail: Vec<Detail> = named.map(|r| row(r.category.clone(), r.path.clone())).collect();
    if detail.is_empty() {
        // A leaf knows only the day. Figures say in which hours requests are stopped.
        detail.push(row(None, None));
    }
    let changes = if is_attempt(refusal) { vec![Change::Notify { kind: "attempt" }] } else { Vec::new() };
    Tx { asserts: Vec::new(), leaf, detail, changes }
}

/// Whether it was an attempt to reach a linked recipient or a forum, by a connection or by what the request named.
fn is_attempt(refusal: &Refusal) -> bool {
    match refusal.code {
        Code::DestinationLinked | Code::Forum => true,
        Code::RecipientDenied => refusal.reasons.iter().any(|reason| rules::is_linked(reason.rule.as_str())),
        _ => false,
    }
}

/// The record of a permitted request that had no answer, and why. Where no request byte was written, the uses are
/// given back. What a certificate shows comes after the allow: a linked recipient found by it is told to the panel as
/// one that was found before (TRANS-2).
#[must_use]
pub fn unanswered(decision: DecisionId, refusal: &Refusal, unsent: bool) -> Tx {
    let mut tx = outcome(decision, if unsent { "unsent" } else { "unknown" });
    tx.leaf.code = Some(refusal.code);
    tx.leaf.clauses = clauses(refusal);
    if let Some(rule) = refusal.reasons.first() {
        tx.leaf.extra.insert("rule", rule.rule.to_string());
    }
    if is_attempt(refusal) {
        tx.leaf.extra.insert(ATTEMPT, linked_rule(refusal));
        tx.changes.push(Change::Notify { kind: "attempt" });
    }
    if unsent {
        tx.changes.push(Change::Restore(decision));
    }
    tx
}

fn clauses(refusal: &Refusal) -> Vec<Clause> {
    refusal.reasons.iter().filter_map(|r| r.clause).collect::<BTreeSet<_>>().into_iter().collect()
}

/// In an entry of an attempt to reach the Home Office, somebody linked or a forum: the rule that says so, which is not
/// always the first.
const ATTEMPT: &str = crate::ledger::leaf::ATTEMPT;

fn linked_rule(refusal: &Refusal) -> String {
    let linked = refusal.reasons.iter().find(|reason| rules::is_linked(reason.rule.as_str()));
    linked.or(refusal.reasons.first()).map_or_else(|| refusal.code.to_string(), |reason| reason.rule.to_string())
}

/// On what ground values left, by group: `identity:consent:3 location:emergency:1`, `aggregate` for counts of at least
/// ten people. Figures say it after the details were erased; nobody is found by it. What is operational needs none.
const BASIS: &str = crate::ledger::leaf::BASIS;

fn basis(grounds: &Grounds, policy: &Policy) -> String {
    let mut found: BTreeMap<(Group, &str), u64> = BTreeMap::new();
    for row in grounds.rows.iter().filter(|row| crate::ledger::exposure::left(row.act)) {
        let group = policy.categories.group(&row.rule.category).unwrap_or(Group::FreeText);
        let ground = match &row.consent {
            _ if group == Group::Operational => continue,
            Some(id) if grounds.safeguarding.contains(id) => "emergency",
            Some(_) => "consent",
            None => "aggregate",
        };
        *found.entry((group, ground)).or_default() += row.count;
    }
    let said: Vec<_> = found.iter().map(|((group, ground), n)| format!("{group}:{ground}:{n}")).collect();
    said.join(" ")
}

/// In an outcome: how many links of the answer were withheld.
pub const WITHHELD: &str = "withheld";
/// In an outcome: the headers and listed places they were withheld at, separated by spaces. Never a link.
pub const WITHHELD_AT: &str = "withheld_at";
/// In an outcome: why the answer's body was withheld.
pub const WITHHELD_BODY: &str = "withheld_body";
/// [`WITHHELD_AT`] stays below this many bytes; `...` says that there is more.
const PLACES_BYTES: usize = 1024;

/// The record of an answer: its status, and what of it was withheld.
#[must_use]
pub fn answered(decision: DecisionId, status: u16, withheld: &Withheld) -> Tx {
    let mut tx = outcome(decision, "answered");
    let extra = &mut tx.leaf.extra;
    extra.insert("status", status.to_string());
    if withheld.links() > 0 {
        let places = withheld.places.iter().map(|(place, _)| quotable(place));
        let mut at = String::new();
        for place in withheld.headers.iter().map(ToString::to_string).chain(places) {
            let room = at.len() + place.len() < PLACES_BYTES;
            at = [at.as_str(), if room { &place } else { "..." }].join(if at.is_empty() { "" } else { " " });
            if !room {
                break;
            }
        }
        extra.insert(WITHHELD, withheld.links().to_string());
        extra.insert(WITHHELD_AT, at);
    }
    if let Some(why) = withheld.body {
        extra.insert(WITHHELD_BODY, why.to_string());
    }
    tx
}

fn outcome(decision: DecisionId, ended: &'static str) -> Tx {
    let mut leaf = Leaf::new(Kind::Outcome);
    leaf.decision = Some(decision);
    leaf.extra.insert("ended", ended.to_owned());
    Tx { asserts: Vec::new(), leaf, detail: Vec::new(), changes: Vec::new() }
}

/// A leaf about a connection, with what is known so far.
#[must_use]
pub fn about(kind: Kind, decision: DecisionId, route: Option<&Route>, policy: Option<&Policy>) -> Leaf {
    let mut leaf = Leaf::new(kind);
    leaf.decision = Some(decision);
    leaf.policy = policy.map(|p| p.hash);
    if let Some(route) = route {
        leaf.integration = Some(route.integration.id.clone());
        leaf.operation = Some(route.operation.id.clone());
        leaf.destination = Some(route.integration.destination.clone());
    }
    leaf
}

fn count(leaf: &mut Leaf, policy: &Policy, row: &Row) {
    // An unknown category never leaves; it is counted with free text, the least known group.
    let group = policy.categories.group(&row.rule.category).unwrap_or(crate::flow::Group::FreeText);
    let form = match row.form {
        Form::Raw => "raw",
        Form::Pseudonym => "pseudonym",
        Form::Generalised(_) => "generalised",
    };
    *leaf.counts.entry((group, form, row.act)).or_default() += row.count;
}

fn withheld_clauses(rows: &[Row]) -> Vec<Clause> {
    let clauses: BTreeSet<Clause> = rows
        .iter()
        .filter_map(|r| r.withheld.as_ref())
        .filter_map(|refusal| refusal.reasons.first())
        .filter_map(|reason| reason.clause)
        .collect();
    clauses.into_iter().collect()
}

fn detail(row: &Row, at: Timestamp) -> Detail {
    Detail {
        at,
        subject: row.subject.clone(),
        consent: row.consent.clone(),
        category: Some(row.rule.category.clone()),
        form: Some(row.form),
        path: Some(row.rule.path.clone()),
        act: row.act,
        count: row.count,
    }
}

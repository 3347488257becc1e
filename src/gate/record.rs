//! What is written down of a request: a screened one as the transaction that permits it, a refused one as
//! the leaf that says why.

use crate::{
    flow::{Act, Clause, DecisionId, Form},
    ledger::{
        Assert, Change, Detail, Leaf, Tx,
        leaf::{Decided, Kind},
    },
    policy::{Policy, Route},
    screen::Screened,
    verdict::{Refusal, disclosure::Row},
};
use jiff::Timestamp;
use std::collections::BTreeSet;

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
    let mut asserts = vec![Assert::PolicyActive(admitted.policy().hash)];
    asserts.extend(admitted.not_after().map(Assert::NotAfter));
    if grounds.safeguarding.is_empty() {
        asserts.push(Assert::NotStopped { integration: facts.integration.clone(), destination: facts.system.clone() });
    }
    asserts.extend(grounds.grants.iter().map(|g| Assert::GrantLive { jti: g.jti.clone(), expires: g.expires }));
    asserts.extend(grounds.safeguarding.iter().cloned().map(Assert::SafeguardingLive));
    asserts.extend(grounds.uses.iter().cloned().map(Assert::Spend));
    let mut changes: Vec<Change> =
        screened.consented().tokens().map(|g| Change::Remember(g.as_ref().clone())).collect();
    if !grounds.safeguarding.is_empty() {
        changes.push(Change::Notify { kind: "safeguarding" });
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
    leaf.clauses = refusal.reasons.iter().filter_map(|r| r.clause).collect::<BTreeSet<_>>().into_iter().collect();
    if let Some(rule) = refusal.reasons.first() {
        leaf.extra.insert("rule", rule.rule.to_string());
    }
    let detail = refusal
        .reasons
        .iter()
        .filter(|r| r.category.is_some())
        .map(|r| Detail {
            at: now,
            subject: None,
            consent: None,
            category: r.category.clone(),
            form: None,
            path: r.path.clone(),
            act: Act::Blocked,
            count: 1,
        })
        .collect();
    let attempt = matches!(refusal.code, crate::verdict::Code::DestinationLinked | crate::verdict::Code::Forum);
    let changes = if attempt { vec![Change::Notify { kind: "attempt" }] } else { Vec::new() };
    Tx { asserts: Vec::new(), leaf, detail, changes }
}

/// The record of how a permitted request ended: a closed word, and the uses given back where no request
/// byte was written.
#[must_use]
pub fn outcome(decision: DecisionId, ended: &'static str, status: Option<u16>, unsent: bool) -> Tx {
    let mut leaf = Leaf::new(Kind::Outcome);
    leaf.decision = Some(decision);
    leaf.extra.insert("ended", ended.to_owned());
    if let Some(status) = status {
        leaf.extra.insert("status", status.to_string());
    }
    let changes = if unsent { vec![Change::Restore(decision)] } else { Vec::new() };
    Tx { asserts: Vec::new(), leaf, detail: Vec::new(), changes }
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

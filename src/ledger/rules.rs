//! What a transaction must look like before the writer sees it. No state changes without a leaf that says
//! so, nothing is permitted by anything but a permission, and no label reaches a leaf.

use super::{
    Assert, Change, LedgerError, Tx,
    leaf::{Decided, Kind, Leaf, STOP},
};
use crate::flow::DecisionId;

/// The most detail rows, assertions (uses among them) or changes that one transaction may have.
const MOST_DETAIL: usize = 100_000;
/// Labels shorter than this are not looked for in a leaf's text: they would be found by chance.
const SHORTEST_LABEL: usize = 8;

/// Checks a permission's form and gives its decision.
pub(super) fn permit(tx: &Tx) -> Result<DecisionId, LedgerError> {
    size(tx)?;
    if !matches!(tx.leaf.kind, Kind::Decision | Kind::Contact) || tx.leaf.decided != Some(Decided::Allowed) {
        return Err(LedgerError::Malformed("a permission is a decision or a contact that is allowed"));
    }
    if !tx.asserts.iter().any(|a| matches!(a, Assert::PolicyActive(hash) if Some(*hash) == tx.leaf.policy)) {
        return Err(LedgerError::Malformed("a permission asserts that the policy it names is the active one"));
    }
    if !tx.changes.iter().all(|c| matches!(c, Change::Remember(_) | Change::Notify { .. })) {
        return Err(LedgerError::Malformed("a permission changes nothing but what it spends and remembers"));
    }
    common(tx)?;
    tx.leaf.decision.ok_or(LedgerError::Malformed("a permission has a decision id"))
}

/// Checks the form of everything else.
pub(super) fn append(tx: &Tx) -> Result<(), LedgerError> {
    size(tx)?;
    if matches!(tx.leaf.kind, Kind::Decision | Kind::Contact) && tx.leaf.decided != Some(Decided::Refused) {
        return Err(LedgerError::Malformed("an allowed decision is recorded by a permission only"));
    }
    if tx.leaf.kind == Kind::Outcome && tx.leaf.decision.is_none() {
        return Err(LedgerError::Malformed("an outcome names its decision"));
    }
    if tx.asserts.iter().any(|a| matches!(a, Assert::Spend(_))) {
        return Err(LedgerError::Malformed("only a permission spends"));
    }
    if !tx.changes.iter().all(|change| says(tx, change)) {
        return Err(LedgerError::Malformed("a change needs a leaf of its own kind that names the same thing"));
    }
    if !makes(tx) {
        return Err(LedgerError::Malformed("a stop, a consent and an emergency have a leaf each, for one change"));
    }
    common(tx)
}

/// Whether the leaf says what this change does.
fn says(tx: &Tx, change: &Change) -> bool {
    let kind = tx.leaf.kind;
    match change {
        Change::ActivatePolicy { hash, .. } => kind == Kind::PolicyActivated && tx.leaf.policy == Some(*hash),
        Change::Issue(_) => kind == Kind::ConsentIssued,
        Change::End(_) | Change::EndAll(_) => kind == Kind::ConsentEnded,
        Change::Safeguard(_) => kind == Kind::Safeguarding,
        Change::PlaceStop(stop) => {
            let (leaf, named) = (&tx.leaf, Leaf::placing(stop));
            kind == Kind::StopPlaced
                && (&leaf.integration, &leaf.destination) == (&named.integration, &named.destination)
                && leaf.extra.get(STOP) == Some(&stop.id)
        }
        Change::LiftStop(id) => kind == Kind::StopLifted && tx.leaf.extra.get(STOP) == Some(id),
        Change::Restore(decision) => kind == Kind::Outcome && tx.leaf.decision == Some(*decision),
        Change::Remember(_) | Change::Notify { .. } => true,
    }
}

/// Whether the leaf makes the one change that it says. From these leaves the tables are checked again, so that
/// one without its change, or with two, would make the record book look tampered with.
fn makes(tx: &Tx) -> bool {
    let one = |made: fn(&Change) -> bool| tx.changes.iter().filter(|c| made(c)).count() == 1;
    match tx.leaf.kind {
        Kind::StopPlaced => one(|c| matches!(c, Change::PlaceStop(_))),
        Kind::StopLifted => one(|c| matches!(c, Change::LiftStop(_))),
        Kind::ConsentIssued => one(|c| matches!(c, Change::Issue(_))),
        Kind::Safeguarding => one(|c| matches!(c, Change::Safeguard(_))),
        _ => true,
    }
}

/// Before anything else is looked at: one writer serves everybody, and must not be kept by one request.
fn size(tx: &Tx) -> Result<(), LedgerError> {
    match tx.detail.len().max(tx.asserts.len()).max(tx.changes.len()) {
        0..=MOST_DETAIL => Ok(()),
        _ => Err(LedgerError::Malformed("more detail rows, assertions or changes than one record may have")),
    }
}

fn common(tx: &Tx) -> Result<(), LedgerError> {
    let told = |label: &str| label.len() >= SHORTEST_LABEL && tx.leaf.extra.values().any(|v| v.contains(label));
    if !tx.leaf.extra.is_empty() && labels(tx).any(told) {
        return Err(LedgerError::Malformed("a leaf holds no subject or consent label"));
    }
    Ok(())
}

/// Every subject and consent label the transaction speaks of.
fn labels(tx: &Tx) -> impl Iterator<Item = &str> {
    let detail = tx
        .detail
        .iter()
        .flat_map(|d| d.subject.as_ref().map(|s| s.as_str()).into_iter().chain(d.consent.as_ref().map(|c| c.as_str())));
    let asserts = tx.asserts.iter().flat_map(|a| match a {
        Assert::GrantLive { jti, .. } | Assert::SafeguardingLive(jti) => [Some(jti.as_str()), None],
        Assert::Spend(spend) => [Some(spend.jti.as_str()), Some(spend.subject.as_str())],
        Assert::PolicyActive(_) | Assert::NotStopped { .. } | Assert::NotAfter(_) => [None, None],
    });
    let changes = tx.changes.iter().flat_map(|c| match c {
        Change::Issue(g) | Change::Remember(g) => [Some(g.jti.as_str()), Some(g.subject.as_str())],
        Change::End(jti) => [Some(jti.as_str()), None],
        Change::EndAll(subject) => [Some(subject.as_str()), None],
        Change::Safeguard(g) => [Some(g.id.as_str()), Some(g.subject.as_str())],
        Change::ActivatePolicy { .. }
        | Change::PlaceStop(_)
        | Change::LiftStop(_)
        | Change::Restore(_)
        | Change::Notify { .. } => [None, None],
    });
    detail.chain(asserts.flatten()).chain(changes.flatten())
}

//! A worker's stop ("down tools", TOOLS-1): placed by anybody, unnamed, lifted only by the panel on its page.

use crate::{
    consent::view::{Stop, StopScope},
    flow::{DecisionId, IntegrationId},
    ledger::{Change, Leaf, Ledger, LedgerError, Tx},
    policy::Policy,
};
use std::collections::BTreeSet;

/// Whether the policy knows what a stop names. A stop of a misspelt name would stop nothing.
///
/// # Errors
/// What is wrong and the names there are.
pub fn check(scope: &StopScope, policy: &Policy) -> Result<(), String> {
    let integrations = || policy.integrations.keys().map(IntegrationId::as_str).collect::<Vec<_>>().join(", ");
    let recipients: BTreeSet<_> = policy.integrations.values().map(|i| i.destination.as_str()).collect();
    match scope {
        StopScope::Integration(id) if !policy.integrations.contains_key(id) => {
            Err(format!("there is no connection {id}\n  mend: write one of {}", integrations()))
        }
        StopScope::Destination(id) if !policy.registry.systems.contains_key(id) => {
            let names = recipients.into_iter().collect::<Vec<_>>().join(", ");
            Err(format!("there is no recipient {id}\n  mend: write a system of organisations.toml, such as {names}"))
        }
        _ => Ok(()),
    }
}

/// Places a stop. When this returns, no later commit lets anything out that it covers, safeguarding apart.
///
/// # Errors
/// [`LedgerError`]: it is not in force, or after [`LedgerError::Timeout`] nobody knows yet.
pub async fn place(ledger: &Ledger, scope: StopScope) -> Result<Stop, LedgerError> {
    let mut random = [0; 16];
    aws_lc_rs::rand::fill(&mut random).map_err(|_| LedgerError::Malformed("the system has no randomness"))?;
    let stop = Stop { id: DecisionId::from_bytes(random).to_string(), scope, at: ledger.now() };
    let leaf = Leaf::placing(&stop);
    let changes = vec![Change::PlaceStop(stop.clone()), Change::Notify { kind: "stop" }];
    ledger.append(Tx { asserts: Vec::new(), leaf, detail: Vec::new(), changes }).await?;
    Ok(stop)
}

/// A stop in force, for the person who placed it.
#[must_use]
pub fn said(stop: &Stop) -> String {
    let what = match &stop.scope {
        StopScope::Integration(id) => format!("the connection {id}"),
        StopScope::Destination(id) => format!("the recipient {id}"),
        StopScope::Everything => "everything".to_owned(),
    };
    format!(
        "Stopped: {what}. Emergencies still pass. Only a panel member lifts it.\nIts number, for the panel: {}",
        stop.id
    )
}

//! Reminds the panel that the regulator must hear of a breach: a day before the 72 hours are over, and when they are.
//! Once each.

use super::open;
use crate::{
    ledger::{Change, Leaf, leaf::Kind},
    panel::{Panel, notify, wrong::Wrong},
};
use jiff::{SignedDuration, Timestamp};

/// The outbox's word for it.
const OVERDUE: &str = "breach-overdue";
/// So long before.
const BEFORE: SignedDuration = SignedDuration::from_hours(24);

/// Looks at every open breach.
pub(in crate::panel) async fn remind(panel: &Panel) -> Result<(), Wrong> {
    let now = panel.now();
    for breach in open(panel).await? {
        let Some(state) = breach.regulator_by.and_then(|by| state(by, now)) else { continue };
        let mark = format!("breach-{state}:{}", breach.id);
        if notify::is_noted(panel, &mark).await? {
            continue;
        }
        let mut leaf = Leaf::new(Kind::BreachOverdue);
        leaf.extra.insert("breach", breach.id);
        leaf.extra.insert("state", state.to_owned());
        // Recorded first: of a reminder that was lost nobody would know.
        panel.record(leaf, vec![Change::Notify { kind: OVERDUE }]).await?;
        notify::note(panel, mark).await?;
    }
    Ok(())
}

fn state(by: Timestamp, now: Timestamp) -> Option<&'static str> {
    let left = by.duration_since(now);
    if left.is_negative() { Some("over") } else { (left <= BEFORE).then_some("soon") }
}

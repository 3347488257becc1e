//! Reminds the panel of a stop that nobody answered by the end of the next working day. Once for each.

use super::list;
use crate::{
    ledger::{Change, Leaf, leaf::Kind},
    panel::{Panel, wrong::Wrong},
};

/// The outbox's word for it.
const OVERDUE: &str = "stop-overdue";

pub(super) async fn remind(panel: &Panel) -> Result<(), Wrong> {
    let overdue: Vec<_> = list::all(panel).await?.into_iter().filter(|s| s.overdue && !s.reminded).collect();
    for stop in overdue {
        let id = stop.id.clone();
        // Marked first: a reminder that was lost is better than one every minute.
        let marked = move |db: &rusqlite::Transaction<'_>| {
            db.execute("UPDATE stops SET reminded = 1 WHERE id = ?1 AND reminded = 0", [id])
        };
        if panel.store().write(marked).await? == 1 {
            let mut leaf = Leaf::new(Kind::StopOverdue);
            leaf.extra.insert("stop", stop.id);
            panel.record(leaf, vec![Change::Notify { kind: OVERDUE }]).await?;
        }
    }
    Ok(())
}

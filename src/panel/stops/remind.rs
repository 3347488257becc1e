//! Reminds the panel of a stop that nobody answered by the end of the next working day. Once for each.

use super::list;
use crate::{
    ledger::{Change, Leaf, leaf::Kind},
    panel::{Panel, wrong::Wrong},
};

/// The outbox's word for it.
const OVERDUE: &str = "stop-overdue";

/// Everything was read before, as far as it could be.
pub(super) async fn remind(panel: &Panel) -> Result<(), Wrong> {
    let overdue: Vec<_> = list::all(panel).await?.into_iter().filter(|s| s.overdue && !s.reminded).collect();
    for stop in overdue {
        let mut leaf = Leaf::new(Kind::StopOverdue);
        leaf.extra.insert("stop", stop.id.clone());
        panel.record(leaf, vec![Change::Notify { kind: OVERDUE }]).await?;
        // Its entry says so too, once it is read: a record book that cannot be read makes no second reminder.
        let mark =
            move |db: &rusqlite::Transaction<'_>| db.execute("UPDATE stops SET reminded = 1 WHERE id = ?1", [stop.id]);
        panel.store().write(mark).await?;
    }
    Ok(())
}

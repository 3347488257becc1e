//! What was kept and is not known to be recorded: the record book was too slow to say so, or the gateway ended between the
//! two. Where its entry is there after all, that is noted, at the start and while the panel runs. Until then it is listed
//! and marked.

use crate::panel::{Panel, breaches, concerns, demands, wrong::Wrong};
use rusqlite::{Connection, Transaction};
use serde_json::Value;
use std::{sync::Arc, time::Duration};

/// How often it looks.
const EVERY: Duration = Duration::from_secs(3);

/// What an area keeps and may not have confirmed.
#[derive(Debug)]
pub(in crate::panel) struct Unconfirmed {
    /// The kind of message that tells of its entries.
    pub kind: &'static str,
    /// Asks whether something is not confirmed.
    pub waits: &'static str,
    /// Notes an entry, by what it holds besides its type.
    pub confirm: fn(&Transaction<'_>, &Extra, i64) -> Result<(), rusqlite::Error>,
}

/// What an entry holds besides its type.
#[derive(Debug)]
pub(in crate::panel) struct Extra(Value);

impl Extra {
    /// One of its words; empty where it is not there.
    pub(in crate::panel) fn word(&self, name: &str) -> &str {
        self.0.get("extra").and_then(|e| e.get(name)).and_then(Value::as_str).unwrap_or_default()
    }
}

const AREAS: [&Unconfirmed; 3] = [&concerns::UNCONFIRMED, &breaches::UNCONFIRMED, &demands::UNCONFIRMED];

/// Looks again and again, until `stop` is ready.
pub(in crate::panel) async fn watch(panel: Arc<Panel>, stop: impl Future<Output = ()>) {
    let mut stop = std::pin::pin!(stop);
    // Whatever is kept is kept before its entry is made: what was looked through is not looked through again.
    let mut after = 0;
    loop {
        // The next look tries again. No line of the log says that the record book was asked: that would tell when somebody
        // raised a concern.
        let _ = look(&panel, &mut after).await;
        tokio::select! {
            () = &mut stop => return,
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}

/// Looks through the messages after this one.
async fn look(panel: &Panel, after: &mut u64) -> Result<(), Wrong> {
    let waits = |db: &Connection| {
        AREAS.iter().try_fold(false, |any, area| Ok(any || db.prepare_cached(area.waits)?.exists([])?))
    };
    if !panel.store().read(waits).await? {
        return Ok(());
    }
    loop {
        let told = panel.ledger().notices(*after).await.map_err(|_| Wrong::Broken)?;
        let Some(last) = told.last().map(|notice| notice.number) else { return Ok(()) };
        for notice in told {
            let Some(area) = AREAS.into_iter().find(|area| area.kind == notice.kind) else { continue };
            let entry = panel.ledger().entries(notice.entry).await.map_err(|_| Wrong::Broken)?.into_iter().next();
            let leaf = entry.filter(|e| e.index == notice.entry).and_then(|e| serde_json::from_str(&e.leaf).ok());
            let Some(extra) = leaf.map(Extra) else { continue };
            let entry = i64::try_from(notice.entry).unwrap_or(i64::MAX);
            panel.store().write(move |db| (area.confirm)(db, &extra, entry)).await?;
        }
        *after = last;
    }
}

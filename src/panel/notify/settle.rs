//! Whom the messages go to is written by whoever runs the machine. That it changed stands in the record book, is told
//! to those who are told from now on, and is an alarm for a while. No address is in any of it.

use super::{
    channel::{Channel, To},
    intake::set,
};
use crate::{
    ledger::{Change, Leaf, leaf::Kind},
    panel::{Panel, wrong::Wrong},
};
use rusqlite::Connection;
use std::{collections::BTreeSet, sync::Arc, time::Duration};
use tokio::{sync::watch, time};

/// The notice.
const KIND: &str = "told";
/// What the store calls one whom messages go to.
const ONE: &str = "channel:";
/// What says that it knows them.
const KNOWN: &str = "channels";
/// How long after it could not be recorded.
const AGAIN: Duration = Duration::from_secs(60);

/// Compares with the last start, until that is done.
pub(super) async fn run(panel: Arc<Panel>, told: BTreeSet<String>, mut stop: watch::Receiver<bool>) {
    // Said in the log where it failed.
    while settle(&panel, told.clone()).await.is_err() {
        tokio::select! {
            _ = stop.wait_for(|s| *s) => return,
            () = time::sleep(AGAIN) => {}
        }
    }
}

async fn settle(panel: &Panel, now: BTreeSet<String>) -> Result<(), Wrong> {
    if let Some(before) = panel.store().read(before).await? {
        if before == now {
            return Ok(());
        }
        let mut leaf = Leaf::new(Kind::ToldChanged);
        leaf.extra.insert("gone", before.difference(&now).count().to_string());
        leaf.extra.insert("new", now.difference(&before).count().to_string());
        // Recorded first: what was lost in between is told again.
        panel.record(leaf, vec![Change::Notify { kind: KIND }]).await?;
    }
    panel
        .store()
        .write(move |tx| {
            tx.execute("DELETE FROM notify_state WHERE name GLOB ?1 || '*'", [ONE])?;
            now.iter().try_for_each(|one| set(tx, one, 1))?;
            set(tx, KNOWN, 1)
        })
        .await
}

/// Who was told at the last start; `None` before the first.
fn before(db: &Connection) -> rusqlite::Result<Option<BTreeSet<String>>> {
    if super::intake::state(db, KNOWN)?.is_none() {
        return Ok(None);
    }
    let mut select = db.prepare("SELECT name FROM notify_state WHERE name GLOB ?1 || '*'")?;
    let names = select.query_map([ONE], |row| row.get(0))?;
    names.collect::<Result<_, _>>().map(Some)
}

/// One whom messages go to, without the address, and of what.
pub(super) fn name(channel: &Channel) -> String {
    let events = match &channel.to {
        To::Mail(..) => String::new(),
        To::Hook(hook) => hook.events.join(" "),
    };
    format!("{ONE}{}:{events}", channel.key)
}

//! When very many concerns come in: somebody may want the page shut, so that nobody speaks up. It stays open. Past what
//! a day brings, concerns are taken one after another in the order they came, and one computer waits for its own
//! ([`crate::panel::server`] bounds its connections), so that a flood costs whoever makes it, and the others a minute.
//! The panel gets one message at first and then counts ([`crate::panel::notify`]), pages through the list, and closes a
//! flooded day at once. However many it leaves open, the next one is taken.

use super::kept::Received;
use crate::panel::{Panel, tries, wrong::Wrong};
use jiff::SignedDuration;
use std::time::Duration;
use tokio::sync::Semaphore;

/// New concerns in a day that wait for nobody.
const A_DAY: i64 = 200;
/// From one to the next beyond that.
const PACE: Duration = Duration::from_secs(1);
/// The longest that one waits for its turn.
const WAIT: Duration = Duration::from_secs(60);
/// Bytes of the panel's store.
const BYTES: i64 = 4 << 30;

/// Whose turn it is: one at a time, in the order they came. Knows nothing of who waits.
#[derive(Debug)]
pub(in crate::panel) struct Turns(Semaphore);

impl Default for Turns {
    fn default() -> Self {
        Self(Semaphore::new(1))
    }
}

/// Whether another concern is taken, at once or when its turn came.
pub(super) async fn taken(panel: &Panel) -> Result<Received, Wrong> {
    if full(panel).await? {
        return Ok(Received::Full);
    }
    if tries::within(panel, "concerns".to_owned(), SignedDuration::from_hours(24), A_DAY).await? {
        return Ok(Received::Yes);
    }
    let Ok(Ok(_turn)) = tokio::time::timeout(WAIT, panel.turns.0.acquire()).await else { return Ok(Received::Busy) };
    tokio::time::sleep(PACE).await;
    Ok(Received::Yes)
}

async fn full(panel: &Panel) -> Result<bool, Wrong> {
    let ask = "SELECT (page_count - freelist_count) * page_size >= ?1 \
               FROM pragma_page_count, pragma_freelist_count, pragma_page_size";
    panel.store().read(move |db| db.prepare_cached(ask)?.query_row([BYTES], |row| row.get(0))).await
}

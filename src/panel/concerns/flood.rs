//! When very many concerns come in: somebody may want the page shut, so that nobody speaks up. It stays open. Past what
//! a day brings, concerns are taken one after another in the order they came, and one computer waits for its own
//! ([`crate::panel::server`] bounds its connections), so that a flood costs whoever makes it, and the others a minute.
//! The panel gets one message at first and then counts ([`crate::panel::notify`]), pages through the list, and closes a
//! flooded day at once. However many it leaves open, the next one is taken.

use super::kept::Received;
use crate::panel::{Panel, tries, wrong::Wrong};
use jiff::SignedDuration;
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};

/// New concerns in a day that wait for nobody.
const A_DAY: i64 = 200;
/// From one to the next beyond that.
const PACE: Duration = Duration::from_secs(1);
/// The longest that one waits for its turn.
const WAIT: Duration = Duration::from_secs(60);
/// Bytes of the panel's store.
const BYTES: i64 = 4 << 30;

/// How many wait for their turn, the one whose turn it is among them. Each holds a connection, and those who want to stop
/// a flow need one, too: these are a third of all. One computer, which may have 32, does not fill them.
const WAITING: usize = 40;

/// Whose turn it is: one at a time, in the order they came. Knows nothing of who waits.
#[derive(Debug)]
pub(in crate::panel) struct Turns {
    turn: Semaphore,
    places: Semaphore,
}

impl Default for Turns {
    fn default() -> Self {
        Self { turn: Semaphore::new(1), places: Semaphore::new(WAITING) }
    }
}

impl Turns {
    /// Waits for a turn. `None`, at once: as many wait as may, or, later: it did not come.
    async fn wait(&self) -> Option<(SemaphorePermit<'_>, SemaphorePermit<'_>)> {
        let place = self.places.try_acquire().ok()?;
        let turn = tokio::time::timeout(WAIT, self.turn.acquire()).await.ok()?.ok()?;
        Some((place, turn))
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
    let Some(_turn) = panel.turns.wait().await else { return Ok(Received::Busy) };
    tokio::time::sleep(PACE).await;
    Ok(Received::Yes)
}

async fn full(panel: &Panel) -> Result<bool, Wrong> {
    let ask = "SELECT (page_count - freelist_count) * page_size >= ?1 \
               FROM pragma_page_count, pragma_freelist_count, pragma_page_size";
    panel.store().read(move |db| db.prepare_cached(ask)?.query_row([BYTES], |row| row.get(0))).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn so_many_wait_and_the_next_one_is_told_at_once() {
        let turns = Turns::default();
        let first = turns.wait().await.unwrap();
        let mut others: Vec<_> = (1..WAITING).map(|_| Box::pin(turns.wait())).collect();
        let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
        for other in &mut others {
            assert!(other.as_mut().poll(&mut cx).is_pending());
        }
        assert!(turns.wait().await.is_none(), "told without waiting");
        drop(first);
        let second = others.remove(0).await.unwrap();
        drop((second, others));
        assert!(turns.wait().await.is_some(), "places come free");
    }
}

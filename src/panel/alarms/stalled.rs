//! Figures that do not move although there is something to count. What the pages say is old then, and that nothing is
//! wrong is what they would say of an attempt that was not counted.

use super::{Alarm, Weight, many};
use crate::panel::{Panel, breaches, figures, tries, wrong::Wrong};
use jiff::{SignedDuration, Timestamp};
use std::{
    pin::pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// Figures that have not moved for so long stand still.
const STILL: SignedDuration = SignedDuration::from_mins(5);
/// How often it is looked beside the pages.
const EVERY: Duration = Duration::from_secs(30);

/// How far the figures had come when they were last seen to move, or to be complete, and when that was.
#[derive(Debug, Default)]
pub(in crate::panel) struct Seen(Mutex<Option<(u64, Timestamp)>>);

impl Seen {
    /// For how long they have stood still.
    fn still(&self, counted: u64, behind: u64, now: Timestamp) -> SignedDuration {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match *seen {
            Some((before, since)) if before == counted && behind > 0 => now.duration_since(since),
            _ => {
                *seen = Some((counted, now));
                SignedDuration::ZERO
            }
        }
    }
}

/// Whether they stand still now.
pub(super) async fn look(panel: &Panel) -> Result<Option<Alarm>, Wrong> {
    let counted = panel.store().read(figures::state).await?.entries;
    let behind = panel.ledger().head().size.saturating_sub(counted);
    if panel.seen.still(counted, behind, panel.passing()) < STILL {
        return Ok(None);
    }
    let said = format!(
        "The figures stand still: {} of the record book not counted, for minutes now. An attempt to reach the Home Office \
         among them is not seen here. The disk may be full: tell your IT team.",
        many(behind, "entry is", "entries are")
    );
    Ok(Some(Alarm::new(Weight::Alarm, said, "/record")))
}

/// Looks also while nobody looks at a page, reminds of what time alone makes due, and forgets what it makes over.
pub(in crate::panel) async fn watch(panel: Arc<Panel>, stop: impl Future<Output = ()>) {
    let mut stop = pin!(stop);
    loop {
        // What failed is said in the log already; the next look tries again.
        let _ = look(&panel).await;
        let _ = breaches::remind(&panel).await;
        let _ = tries::forget(&panel).await;
        tokio::select! {
            () = &mut stop => return,
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_stand_still_only_while_there_is_something_to_count_and_none_is() {
        let (seen, minutes) = (Seen::default(), |n: i64| Timestamp::from_second(n * 60).unwrap());
        for (counted, behind, at, still) in
            [(3, 0, 0, 0), (3, 0, 60, 0), (3, 4, 61, 1), (3, 9, 66, 6), (4, 9, 67, 0), (4, 9, 72, 5), (13, 0, 73, 0)]
        {
            assert_eq!(seen.still(counted, behind, minutes(at)).as_mins(), still, "{at}");
        }
    }
}

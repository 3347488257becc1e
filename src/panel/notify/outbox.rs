//! Messages and their deliveries in the store.

use super::{Told, dial::Failure, intake::Facts, kind};
use crate::panel::{Panel, wrong::Wrong};
use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, Transaction, params};

/// The first wait after a failure; it doubles from there.
const FIRST: SignedDuration = SignedDuration::from_mins(1);
/// The longest wait.
const LONGEST: SignedDuration = SignedDuration::from_hours(6);
/// After so long without success a delivery is stuck.
const GIVE_UP: SignedDuration = SignedDuration::from_hours(72);
/// What has waited for longer is late.
const LATE: SignedDuration = SignedDuration::from_hours(1);
/// What was delivered is forgotten after so long.
const KEPT: SignedDuration = SignedDuration::from_hours(24 * 90);
/// How many are taken up at once.
const ROUND: u32 = 20;

/// What could not be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stuck {
    /// Deliveries given up after three days.
    pub given_up: u64,
    /// Deliveries that have been tried for more than an hour.
    pub late: u64,
}

/// One delivery that is due.
#[derive(Debug, Clone)]
pub(super) struct Due {
    pub message: i64,
    pub id: String,
    pub at: Timestamp,
    pub attempts: u32,
    pub since: Timestamp,
    pub facts: Facts,
}

/// Adds a message for every channel that wants it. One that is there already is not added again.
pub(super) fn add(tx: &Transaction<'_>, told: &Told, id: &str, facts: &Facts, now: Timestamp) -> rusqlite::Result<()> {
    let at_once = kind::of(&facts.kind).at_once;
    let wanted = |key: &str| told.channels.iter().any(|c| c.key == key && c.wants(&facts.kind, at_once));
    let keys: Vec<&str> = told.channels.iter().map(|c| c.key.as_str()).filter(|k| wanted(k)).collect();
    add_for(tx, &keys, id, facts, now)
}

/// The same for these channels.
pub(super) fn add_for(
    tx: &Transaction<'_>,
    channels: &[&str],
    id: &str,
    facts: &Facts,
    now: Timestamp,
) -> rusqlite::Result<()> {
    let micros = now.as_microsecond();
    let added = tx
        .prepare_cached("INSERT OR IGNORE INTO messages (id, kind, at, facts) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![id, facts.kind, micros, facts.json()])?;
    if added == 0 {
        return Ok(());
    }
    let message = tx.last_insert_rowid();
    for channel in channels {
        tx.prepare_cached(
            "INSERT INTO deliveries (message, channel, state, since, due) VALUES (?1, ?2, 'waiting', ?3, ?3)",
        )?
        .execute(params![message, channel, micros])?;
    }
    Ok(())
}

/// What is due on a channel, the oldest first.
pub(super) async fn due(panel: &Panel, channel: &str) -> Result<Vec<Due>, Wrong> {
    let (channel, now) = (channel.to_owned(), panel.now().as_microsecond());
    panel.store().read(move |db| due_of(db, &channel, now)).await
}

fn due_of(db: &Connection, channel: &str, now: i64) -> rusqlite::Result<Vec<Due>> {
    let mut select = db.prepare_cached(
        "SELECT m.number, m.id, m.at, d.attempts, d.since, m.facts FROM deliveries d JOIN messages m \
         ON m.number = d.message WHERE d.channel = ?1 AND d.state = 'waiting' AND d.due <= ?2 \
         ORDER BY m.number LIMIT ?3",
    )?;
    let rows = select.query_map(params![channel, now, ROUND], |row| {
        Ok(Due {
            message: row.get(0)?,
            id: row.get(1)?,
            at: time(row.get(2)?),
            attempts: row.get(3)?,
            since: time(row.get(4)?),
            facts: Facts::read(&row.get::<_, String>(5)?),
        })
    })?;
    rows.collect()
}

/// The other side accepted it. What waits on this channel for its next try need not wait: the way is open again.
pub(super) async fn delivered(panel: &Panel, channel: &str, message: i64) -> Result<(), Wrong> {
    let (channel, now) = (channel.to_owned(), panel.now().as_microsecond());
    panel
        .store()
        .write(move |tx| {
            tx.prepare_cached(
                "UPDATE deliveries SET state = 'delivered', done = ?3, attempts = attempts + 1, why = NULL \
                 WHERE channel = ?1 AND message = ?2",
            )?
            .execute(params![channel, message, now])?;
            tx.prepare_cached(
                "UPDATE deliveries SET due = ?2 WHERE channel = ?1 AND state = 'waiting' AND due > ?2 \
                 AND why <> 'rejected' AND why <> 'fault'",
            )?
            .execute(params![channel, now])
        })
        .await
        .map(drop)
}

/// It failed: when it is tried again, or that it is not. When the way itself is shut, what else is due on the channel
/// waits with it.
pub(super) async fn failed(panel: &Panel, channel: &str, due: &Due, why: Failure) -> Result<(), Wrong> {
    let now = panel.now();
    let over = now.duration_since(due.since) >= GIVE_UP;
    let next = now.saturating_add(wait(due.attempts, random())).unwrap_or(Timestamp::MAX).as_microsecond();
    let (channel, message, micros) = (channel.to_owned(), due.message, now.as_microsecond());
    panel
        .store()
        .write(move |tx| {
            tx.prepare_cached(
                "UPDATE deliveries SET state = ?3, attempts = attempts + 1, due = ?4, why = ?5 \
                 WHERE channel = ?1 AND message = ?2",
            )?
            .execute(params![
                channel,
                message,
                if over { "stuck" } else { "waiting" },
                next,
                why.as_str()
            ])?;
            if why.of_the_way() {
                tx.prepare_cached(
                    "UPDATE deliveries SET due = ?3, why = coalesce(why, ?4) \
                     WHERE channel = ?1 AND state = 'waiting' AND due <= ?2 AND since > ?5",
                )?
                .execute(params![
                    channel,
                    micros,
                    next,
                    why.as_str(),
                    micros - GIVE_UP.as_micros() as i64
                ])?;
            }
            Ok(())
        })
        .await
}

/// How long after the n-th failure: a minute, doubling to six hours, and up to a fifth more, so that not everything
/// comes back at the same moment.
fn wait(attempts: u32, random: u8) -> SignedDuration {
    let doubled = FIRST.checked_mul(1 << attempts.min(9)).unwrap_or(LONGEST).min(LONGEST);
    doubled + doubled / 5 * i32::from(random) / 255
}

fn random() -> u8 {
    let mut byte = [0];
    // Without randomness there is no jitter, which is no reason not to wait.
    let _ = aws_lc_rs::rand::fill(&mut byte);
    byte.first().copied().unwrap_or_default()
}

/// Tries everything that is stuck again, as if it were new.
pub(super) async fn again(panel: &Panel) -> Result<usize, Wrong> {
    let now = panel.now().as_microsecond();
    panel
        .store()
        .write(move |tx| {
            tx.execute(
                "UPDATE deliveries SET state = 'waiting', attempts = 0, since = ?1, due = ?1 WHERE state = 'stuck' \
                 OR (state = 'waiting' AND attempts > 0)",
                [now],
            )
        })
        .await
}

/// Forgets what was delivered long ago, and what waits for a channel that is no more.
pub(super) fn prune(tx: &Transaction<'_>, told: &Told, now: Timestamp) -> rusqlite::Result<()> {
    let mut keys = tx.prepare("SELECT DISTINCT channel FROM deliveries WHERE state IN ('waiting', 'stuck')")?;
    let keys: Vec<String> = keys.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    for gone in keys.iter().filter(|k| !told.channels.iter().any(|c| c.key == **k)) {
        tx.execute(
            "UPDATE deliveries SET state = 'dropped' WHERE channel = ?1 AND state IN ('waiting', 'stuck')",
            [gone],
        )?;
    }
    let oldest = now.saturating_sub(KEPT).unwrap_or(Timestamp::MIN).as_microsecond();
    tx.execute(
        "DELETE FROM messages WHERE at < ?1 AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.message = number \
         AND d.state IN ('waiting', 'stuck'))",
        [oldest],
    )?;
    Ok(())
}

/// What could not be told.
pub(super) async fn stuck(panel: &Panel) -> Result<Stuck, Wrong> {
    let late = panel.now().saturating_sub(LATE).unwrap_or(Timestamp::MIN).as_microsecond();
    panel
        .store()
        .read(move |db| {
            db.query_row(
                "SELECT count(*) FILTER (WHERE state = 'stuck'), \
                 count(*) FILTER (WHERE state = 'waiting' AND attempts > 0 AND since < ?1) FROM deliveries",
                [late],
                |row| Ok(Stuck { given_up: count(row.get(0)?), late: count(row.get(1)?) }),
            )
        })
        .await
}

/// Shows monitoring how many deliveries wait or are stuck.
pub(super) async fn show(panel: &Panel, told: &Told) -> Result<(), Wrong> {
    let waiting: Vec<(String, i64)> = panel
        .store()
        .read(|db| {
            let mut select = db.prepare_cached(
                "SELECT channel, count(*) FROM deliveries WHERE state IN ('waiting', 'stuck') GROUP BY channel",
            )?;
            select.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
        })
        .await?;
    for channel in &told.channels {
        let pending = waiting.iter().find(|(key, _)| *key == channel.key).map_or(0, |(_, n)| *n);
        panel.metrics().notifications(&channel.label, count(pending));
    }
    Ok(())
}

fn count(n: i64) -> u64 {
    u64::try_from(n).unwrap_or_default()
}

pub(super) fn time(micros: i64) -> Timestamp {
    Timestamp::from_microsecond(micros).unwrap_or(Timestamp::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_six_hours_and_never_come_all_at_once() {
        let minutes: Vec<i64> = (0..12).map(|n| wait(n, 0).as_mins()).collect();
        assert_eq!(minutes, [1, 2, 4, 8, 16, 32, 64, 128, 256, 360, 360, 360]);
        assert_eq!(wait(0, 255).as_secs(), 72);
        assert_eq!(wait(u32::MAX, 255).as_mins(), 432);
    }
}

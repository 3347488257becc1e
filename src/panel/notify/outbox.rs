//! Messages and their deliveries in the store.

use super::{Told, channel::Channel, dial::Failure, intake::Facts, kind};
use crate::{
    ledger::hour::{day, is_of_a_day},
    panel::{Panel, wrong::Wrong},
};
use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, Transaction, params};

/// The first wait after a failure; it doubles from there.
const FIRST: SignedDuration = SignedDuration::from_mins(1);
/// The longest wait.
const LONGEST: SignedDuration = SignedDuration::from_hours(6);
/// After so long without success a delivery is stuck.
const GIVE_UP: SignedDuration = SignedDuration::from_hours(72);
/// What has waited for longer is late.
pub(super) const LATE: SignedDuration = SignedDuration::from_hours(1);
/// What was lost is said for so long.
const LOST: SignedDuration = SignedDuration::from_hours(24 * 30);
/// What was delivered is forgotten after so long.
const KEPT: SignedDuration = SignedDuration::from_hours(24 * 90);
/// Microseconds.
const DAY: i64 = 86_400_000_000;
/// How many are taken up at once.
const ROUND: u32 = 20;

/// What could not be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stuck {
    /// Deliveries given up after three days.
    pub given_up: u64,
    /// Deliveries that have been tried for more than an hour.
    pub late: u64,
    /// Deliveries to somebody who is told no more, of what nobody else is told; of the last thirty days.
    pub lost: u64,
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
    // What nobody is told needs no hour either.
    let at = if is_of_a_day(&facts.kind) || channels.is_empty() { day(now) } else { now };
    let added = tx
        .prepare_cached("INSERT OR IGNORE INTO messages (id, kind, at, facts) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![id, facts.kind, at.as_microsecond(), facts.json()])?;
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
    let (channel, now) = (channel.to_owned(), panel.passing().as_microsecond());
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

/// The other side accepted it: from now on the day is enough. What waits on this channel for its next try need not
/// wait: the way is open again.
pub(super) async fn delivered(panel: &Panel, channel: &str, message: i64) -> Result<(), Wrong> {
    let now = panel.passing();
    let (channel, day, now) = (channel.to_owned(), day(now).as_microsecond(), now.as_microsecond());
    panel
        .store()
        .write(move |tx| {
            tx.prepare_cached(
                "UPDATE deliveries SET state = 'delivered', done = ?3, since = ?3, due = ?3, attempts = attempts + 1, \
                 why = NULL WHERE channel = ?1 AND message = ?2",
            )?
            .execute(params![channel, message, day])?;
            forget_hours(tx, message)?;
            tx.prepare_cached(
                "UPDATE deliveries SET due = ?2 WHERE channel = ?1 AND state = 'waiting' AND due > ?2 \
                 AND why <> 'rejected' AND why <> 'fault'",
            )?
            .execute(params![channel, now])
        })
        .await
        .map(drop)
}

/// Of what was told or given up no hour is kept: it may be that of a concern. Of a test it is, for a minute: there are
/// not many of them.
fn forget_hours(tx: &Transaction<'_>, message: i64) -> rusqlite::Result<()> {
    tx.prepare_cached(
        "UPDATE messages SET at = at - at % ?2 WHERE number = ?1 AND kind <> 'test' AND NOT EXISTS \
         (SELECT 1 FROM deliveries d WHERE d.message = number AND d.state = 'waiting')",
    )?
    .execute([message, DAY])
    .map(drop)
}

/// It failed: when it is tried again, or that it is not. When the way itself is shut, what else is due on the channel
/// waits with it.
pub(super) async fn failed(panel: &Panel, channel: &str, due: &Due, why: Failure) -> Result<(), Wrong> {
    let now = panel.passing();
    let over = now.duration_since(due.since) >= GIVE_UP;
    let next = now.saturating_add(wait(due.attempts, random())).unwrap_or(Timestamp::MAX).as_microsecond();
    let (channel, message, micros) = (channel.to_owned(), due.message, now.as_microsecond());
    panel
        .store()
        .write(move |tx| {
            tx.prepare_cached(
                "UPDATE deliveries SET state = ?3, attempts = attempts + 1, due = ?4, why = ?5, \
                 since = CASE ?3 WHEN 'stuck' THEN since - since % ?6 ELSE since END \
                 WHERE channel = ?1 AND message = ?2",
            )?
            .execute(params![
                channel,
                message,
                if over { "stuck" } else { "waiting" },
                if over { day(now).as_microsecond() } else { next },
                why.as_str(),
                DAY
            ])?;
            if over {
                forget_hours(tx, message)?;
            }
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
    let now = panel.passing().as_microsecond();
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

/// The clock may have been ahead when it ran last: nothing waits longer than it would from now on.
pub(super) fn clamp(tx: &Transaction<'_>, now: Timestamp) -> rusqlite::Result<()> {
    let latest = now.saturating_add(LONGEST + LONGEST / 5).unwrap_or(Timestamp::MAX).as_microsecond();
    let now = now.as_microsecond();
    tx.execute("UPDATE messages SET at = ?1 WHERE at > ?1", [now])?;
    tx.execute("UPDATE deliveries SET since = ?1 WHERE since > ?1", [now])?;
    tx.execute("UPDATE deliveries SET due = ?1 WHERE due > ?1", [latest])?;
    Ok(())
}

/// Hands over what waits for a channel that is no more, and forgets what was delivered long ago.
pub(super) fn prune(tx: &Transaction<'_>, told: &Told, now: Timestamp) -> rusqlite::Result<()> {
    let mut waits = tx.prepare(
        "SELECT d.channel, d.message, m.kind FROM deliveries d JOIN messages m ON m.number = d.message \
         WHERE d.state IN ('waiting', 'stuck') ORDER BY d.message",
    )?;
    let waits: Vec<(String, i64, String)> =
        waits.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?.collect::<Result<_, _>>()?;
    for (gone, message, kind) in waits.iter().filter(|(key, ..)| !told.channels.iter().any(|c| c.key == *key)) {
        hand_over(tx, told, (gone, *message, kind), now)?;
    }
    // One that is there again gets what was lost with it.
    for channel in &told.channels {
        tx.execute(
            "UPDATE deliveries SET state = 'waiting', attempts = 0, since = ?2, due = ?2 \
             WHERE channel = ?1 AND state = 'dropped'",
            params![channel.key, now.as_microsecond()],
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

/// A message whose channel was removed goes to those that there are. Where none of them is told such things it is lost,
/// and said to be.
fn hand_over(
    tx: &Transaction<'_>,
    told: &Told,
    (gone, message, kind): (&str, i64, &str),
    now: Timestamp,
) -> rusqlite::Result<()> {
    let at_once = kind::of(kind).at_once;
    let takes = |c: &&Channel| c.is_mail() || (kind != "digest" && c.wants(kind, at_once));
    let heirs: Vec<&Channel> = told.channels.iter().filter(takes).collect();
    for heir in &heirs {
        // It may have waited for this one before, and have been taken from it.
        tx.prepare_cached(
            "INSERT INTO deliveries (message, channel, state, since, due) VALUES (?1, ?2, 'waiting', ?3, ?3) \
             ON CONFLICT (channel, message) DO UPDATE SET state = 'waiting', attempts = 0, since = ?3, due = ?3 \
             WHERE state IN ('moved', 'dropped')",
        )?
        .execute(params![message, heir.key, now.as_microsecond()])?;
    }
    let state = if heirs.is_empty() { "dropped" } else { "moved" };
    tx.prepare_cached("UPDATE deliveries SET state = ?3, since = ?4, due = ?4 WHERE channel = ?1 AND message = ?2")?
        .execute(params![gone, message, state, day(now).as_microsecond()])?;
    forget_hours(tx, message)
}

/// What could not be told.
pub(super) async fn stuck(panel: &Panel) -> Result<Stuck, Wrong> {
    let before = |so_long| panel.passing().saturating_sub(so_long).unwrap_or(Timestamp::MIN).as_microsecond();
    let (late, lost) = (before(LATE), before(LOST));
    panel
        .store()
        .read(move |db| {
            db.query_row(
                "SELECT count(*) FILTER (WHERE state = 'stuck'), \
                 count(*) FILTER (WHERE state = 'waiting' AND attempts > 0 AND since < ?1), \
                 count(*) FILTER (WHERE state = 'dropped' AND since > ?2) FROM deliveries",
                [late, lost],
                |row| Ok(Stuck { given_up: count(row.get(0)?), late: count(row.get(1)?), lost: count(row.get(2)?) }),
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

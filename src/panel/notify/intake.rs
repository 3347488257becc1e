//! From the record book's outbox to messages: what is told at once, what is held back, what waits for the digest.

use super::{Told, digest as summary, kind, outbox};
use crate::{
    flow::{Clause, Code, DecisionId, IntegrationId, SystemId},
    ledger::{Entry, Ledger, LedgerError, Notice, hour::day},
    panel::{Panel, access::audit::Did, wrong::Wrong},
};
use aws_lc_rs::digest;
use data_encoding::HEXLOWER;
use jiff::{SignedDuration, Timestamp};
use rusqlite::{OptionalExtension as _, Transaction, params};
use std::{sync::Arc, time::Duration};
use tokio::sync::watch;

/// How often the outbox is looked at.
const EVERY: Duration = Duration::from_millis(500);
/// How long after it could not be read, or the store not be written.
const FAULT: Duration = Duration::from_secs(5);
/// What is older when notifications begin is history and told to nobody.
const RECENT: SignedDuration = SignedDuration::from_hours(72);
/// How long a kind, recipient and connection is quiet after it was told the first time.
const QUIET: SignedDuration = SignedDuration::from_mins(10);
/// And after that, while it goes on.
const QUIETER: SignedDuration = SignedDuration::from_hours(1);

/// What a message is made of: ids and closed words, each parsed again from the record book before it stands here.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) struct Facts {
    pub kind: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub connection: Option<IntegrationId>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub recipient: Option<SystemId>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub clause: Option<Clause>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub code: Option<Code>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub decision: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub day: Option<jiff::civil::Date>,
    /// Of an account: what happened to it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub did: Option<Did>,
    /// How often; 0 and 1 are once.
    #[serde(default)]
    pub count: u64,
    /// Whether these come after one that was told already.
    #[serde(default)]
    pub more: bool,
    /// What a digest lists.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub lines: Vec<Facts>,
}

impl Facts {
    pub(super) fn of(kind: &str) -> Self {
        Self { kind: kind.to_owned(), ..Self::default() }
    }

    /// Of a notice and the leaf it speaks of. What is not an id or a closed word does not come in.
    fn read_from(notice: &Notice, leaf: Option<&str>) -> Self {
        let leaf: serde_json::Value = leaf.and_then(|l| serde_json::from_str(l).ok()).unwrap_or_default();
        let text = |name: &str| leaf.get(name).and_then(serde_json::Value::as_str);
        let clause = leaf.get("clauses").and_then(|c| c.get(0)).and_then(serde_json::Value::as_str);
        Self {
            connection: text("integration").and_then(|t| t.parse().ok()),
            recipient: text("destination").and_then(|t| t.parse().ok()),
            clause: clause.and_then(|c| c.parse().ok()),
            code: text("code").and_then(|t| t.parse().ok()),
            decision: text("decision").and_then(|t| t.parse::<DecisionId>().ok()).map(|d| d.to_string()),
            day: text("day").and_then(|t| t.parse().ok()),
            did: leaf.get("extra").and_then(|e| e.get("did")?.as_str()).and_then(|t| t.parse().ok()),
            ..Self::of(&notice.kind)
        }
    }

    /// What is told as one.
    fn topic(&self) -> String {
        let connection = self.connection.as_ref().map_or("", |c| c.as_str());
        // Who locks a door every hour must not hide that somebody joined.
        let did = self.did.map_or("", Did::as_str);
        format!("{}|{}|{connection}|{did}", self.kind, self.recipient.as_ref().map_or("", |r| r.as_str()))
    }

    pub(super) fn json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// As they stand in the store. Something else is general words.
    pub(super) fn read(json: &str) -> Self {
        serde_json::from_str(json).unwrap_or_else(|_| Self::of("other"))
    }
}

/// Reads the outbox until the panel stops.
pub(super) async fn run(panel: Arc<Panel>, told: Arc<Told>, mut stop: watch::Receiver<bool>) {
    let mut tick = tokio::time::interval(EVERY);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    // Said once for a time of trouble, not twice a second.
    let mut trouble = false;
    let mut begun = false;
    loop {
        tokio::select! {
            _ = stop.wait_for(|s| *s) => return,
            _ = tick.tick() => {}
        }
        let done = async {
            if !begun {
                begin(&panel, &told).await?;
                begun = true;
            }
            while take(&panel, &told).await? {}
            look_again(&panel, &told).await
        };
        let failed: Result<bool, Wrong> = done.await;
        if failed.is_err() && !std::mem::replace(&mut trouble, failed.is_err()) {
            tracing::error!("ALARM: the panel's messages cannot be made; trying again until they can");
        }
        trouble = failed.is_err();
        if trouble {
            tick.reset_after(FAULT);
        }
        if failed.is_ok_and(|made| made) {
            told.bell.notify_waiters();
            let _ = outbox::show(&panel, &told).await;
        }
    }
}

/// What the record book gave. That it could not be read is said once, by [`run`].
fn read<T>(given: Result<T, LedgerError>) -> Result<T, Wrong> {
    given.map_err(|_| Wrong::Broken)
}

/// Where to begin: where we were, or with what is recent. A record book that is another one than last time is begun
/// anew: ids tell its notices from those told already.
async fn begin(panel: &Panel, told: &Arc<Told>) -> Result<(), Wrong> {
    let known = panel.store().read(|db| state(db, "cursor")).await?;
    let at = panel.store().read(|db| state(db, "cursor-at")).await?;
    let same = match (known, at) {
        (Some(cursor), Some(at)) if cursor > 0 => {
            let found = read(panel.ledger().notices(number(cursor) - 1).await)?;
            found.first().is_some_and(|n| n.number == number(cursor) && n.at.as_microsecond() == at)
        }
        (Some(_), _) => true,
        (None, _) => false,
    };
    let cursor = if same { None } else { Some(recent(panel).await?) };
    let (now, channels) = (panel.passing(), Arc::clone(told));
    panel
        .store()
        .write(move |tx| {
            if let Some((cursor, at)) = cursor {
                set(tx, "cursor", cursor)?;
                set(tx, "cursor-at", at)?;
            }
            outbox::clamp(tx, now)?;
            let latest = now.saturating_add(QUIETER).unwrap_or(Timestamp::MAX).as_microsecond();
            tx.execute("UPDATE notify_topics SET until = ?1 WHERE until > ?1", [latest])?;
            summary::clamp(tx, &channels, now)?;
            outbox::prune(tx, &channels, now)
        })
        .await?;
    outbox::show(panel, told).await
}

/// The last notice that is not recent.
async fn recent(panel: &Panel) -> Result<(i64, i64), Wrong> {
    // Some notices are kept to the day only: those of the whole first day are taken.
    let oldest = day(panel.now().saturating_sub(RECENT).unwrap_or(Timestamp::MIN));
    let mut cursor = (0, 0);
    loop {
        let notices = read(panel.ledger().notices(number(cursor.0)).await)?;
        for notice in &notices {
            if notice.at >= oldest {
                return Ok(cursor);
            }
            cursor = (signed(notice.number), notice.at.as_microsecond());
        }
        if notices.is_empty() {
            return Ok(cursor);
        }
    }
}

/// Some notices become messages, and the cursor moves past them, in one transaction. Whether there were any.
async fn take(panel: &Panel, told: &Arc<Told>) -> Result<bool, Wrong> {
    let cursor = panel.store().read(|db| state(db, "cursor")).await?.unwrap_or_default();
    let notices = read(panel.ledger().notices(number(cursor)).await)?;
    let Some(last) = notices.last() else { return Ok(false) };
    let last = (signed(last.number), last.at.as_microsecond());
    let mut found = Vec::with_capacity(notices.len());
    let mut page: Vec<Entry> = Vec::new();
    for notice in notices {
        let leaf = read(leaf(panel.ledger(), &mut page, notice.entry).await)?;
        found.push((id(&panel.gateway, &notice, leaf), Facts::read_from(&notice, leaf)));
    }
    let (now, told_now) = (panel.passing(), Arc::clone(told));
    panel
        .store()
        .write(move |tx| {
            for (id, facts) in &found {
                one(tx, &told_now, id, facts, now)?;
            }
            set(tx, "cursor", last.0)?;
            set(tx, "cursor-at", last.1)
        })
        .await?;
    told.bell.notify_waiters();
    outbox::show(panel, told).await?;
    Ok(true)
}

/// The leaf of an entry; notices come in its order, so one page holds many of them.
async fn leaf<'p>(ledger: &Ledger, page: &'p mut Vec<Entry>, index: u64) -> Result<Option<&'p str>, LedgerError> {
    if !page.iter().any(|e| e.index == index) {
        *page = ledger.entries(index).await?;
    }
    Ok(page.iter().find(|e| e.index == index).map(|e| e.leaf.as_str()))
}

/// A message's id, which leaves with it. The same for the same notice of the same record book, and it says nothing: not
/// when, which could point at whoever raised a concern, and not how many there were before.
fn id(gateway: &str, notice: &Notice, leaf: Option<&str>) -> String {
    let of = format!("notice\n{gateway}\n{}\n{}\n{}", notice.number, notice.entry, leaf.unwrap_or_default());
    let hash = HEXLOWER.encode(digest::digest(&digest::SHA256, of.as_bytes()).as_ref());
    format!("n{}", hash.chars().take(32).collect::<String>())
}

fn one(tx: &Transaction<'_>, told: &Told, id: &str, facts: &Facts, now: Timestamp) -> rusqlite::Result<()> {
    if !kind::of(&facts.kind).at_once {
        summary::keep(tx, told, facts)?;
    }
    let topic = facts.topic();
    let quiet = tx
        .prepare_cached(
            "UPDATE notify_topics SET held = held + 1, first = coalesce(first, ?2), facts = ?3 WHERE topic = ?1",
        )?
        .execute(params![topic, id, facts.json()])?;
    if quiet > 0 {
        return Ok(());
    }
    let until = now.saturating_add(QUIET).unwrap_or(Timestamp::MAX).as_microsecond();
    tx.prepare_cached("INSERT INTO notify_topics (topic, until, held, facts) VALUES (?1, ?2, 0, ?3)")?
        .execute(params![topic, until, facts.json()])?;
    outbox::add(tx, told, id, facts, now)
}

/// Topics whose quiet time is over become a message with a count, or are forgotten; the digest when it is due. Whether
/// a message was made.
async fn look_again(panel: &Panel, told: &Arc<Told>) -> Result<bool, Wrong> {
    let now = panel.passing();
    let micros = now.as_microsecond();
    let ripe = panel
        .store()
        .read(move |db| {
            let topics =
                db.prepare_cached("SELECT 1 FROM notify_topics WHERE until <= ?1 LIMIT 1")?.exists([micros])?;
            Ok(topics || state(db, "digest")?.is_none_or(|due| due <= micros))
        })
        .await?;
    if !ripe {
        return Ok(false);
    }
    let told = Arc::clone(told);
    panel
        .store()
        .write(move |tx| {
            let counted = counts(tx, &told, now)?;
            let summed = summary::make(tx, &told, now)?;
            Ok(counted || summed)
        })
        .await
}

fn counts(tx: &Transaction<'_>, told: &Told, now: Timestamp) -> rusqlite::Result<bool> {
    let micros = now.as_microsecond();
    tx.prepare_cached("DELETE FROM notify_topics WHERE until <= ?1 AND held = 0")?.execute([micros])?;
    let mut select = tx.prepare_cached("SELECT topic, held, first, facts FROM notify_topics WHERE until <= ?1")?;
    let ripe: Vec<(String, i64, String, String)> = select
        .query_map([micros], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?
        .collect::<Result<_, _>>()?;
    let until = now.saturating_add(QUIETER).unwrap_or(Timestamp::MAX).as_microsecond();
    for (topic, held, first, facts) in &ripe {
        let facts = Facts { count: number(*held), more: true, ..Facts::read(facts) };
        outbox::add(tx, told, &format!("{first}-x"), &facts, now)?;
        tx.prepare_cached("UPDATE notify_topics SET until = ?2, held = 0, first = NULL WHERE topic = ?1")?
            .execute(params![topic, until])?;
    }
    Ok(!ripe.is_empty())
}

/// A number that is remembered.
pub(super) fn state(db: &rusqlite::Connection, name: &str) -> rusqlite::Result<Option<i64>> {
    db.prepare_cached("SELECT value FROM notify_state WHERE name = ?1")?.query_row([name], |row| row.get(0)).optional()
}

/// Remembers it.
pub(super) fn set(tx: &Transaction<'_>, name: &str, value: i64) -> rusqlite::Result<()> {
    tx.prepare_cached("INSERT INTO notify_state VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = ?2")?
        .execute(params![name, value])
        .map(drop)
}

fn number(n: i64) -> u64 {
    u64::try_from(n).unwrap_or_default()
}

fn signed(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

//! What a transaction changes besides the log, in the tables and then in everybody's picture.

use super::{
    asserts::Halt,
    spend::{self, InFlight},
};
use crate::{
    consent::{Grant, GrantState, Safeguarding, View, view::Stop},
    flow::ConsentId,
    ledger::{
        AssertFailure, Change, LedgerError,
        hour::{day, is_of_a_day},
        standing,
    },
    policy::PolicyHash,
};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _};
use std::collections::{BTreeMap, BTreeSet};

/// A change to the picture, made when the transaction is durable.
#[derive(Debug)]
pub(super) enum Picture {
    Issued(Box<Grant>),
    State(ConsentId),
    Safeguarding(Box<Safeguarding>),
    Stopped(Stop),
    Lifted(String),
    Policy(PolicyHash),
}

/// Whether the changes can be made. Asked before anything is written, so that none of them can fail halfway.
pub(super) fn admit(db: &Connection, changes: &[Change]) -> Result<(), Halt> {
    let refuse = |why| Err(Halt::Refused(LedgerError::Conflict(why)));
    for change in changes {
        match change {
            Change::Issue(grant) if exists(db, "SELECT 1 FROM grants WHERE jti = ?1", grant.jti.as_str())? => {
                return refuse("a consent with this id is known already");
            }
            Change::Safeguard(grant) if exists(db, "SELECT 1 FROM safeguarding WHERE id = ?1", grant.id.as_str())? => {
                return refuse("an emergency grant with this id is known already");
            }
            Change::PlaceStop(stop) if exists(db, "SELECT 1 FROM stops WHERE id = ?1", &stop.id)? => {
                return refuse("a stop with this id is known already");
            }
            Change::LiftStop(id) if !exists(db, "SELECT 1 FROM stops WHERE id = ?1 AND lifted IS NULL", id)? => {
                return refuse("no stop with this id is in force");
            }
            _ => {}
        }
    }
    Ok(())
}

fn exists(db: &Connection, sql: &str, id: &str) -> Result<bool, rusqlite::Error> {
    db.prepare_cached(sql)?.exists([id])
}

/// Keeps a token's grant. A fact, not a permission: it is kept even when the permission is then refused, so
/// that everybody's picture shows what is known of it.
pub(super) fn remember(db: &Connection, grant: &Grant, picture: &mut Vec<Picture>) -> Result<(), Halt> {
    let known = db
        .prepare_cached("SELECT text FROM grants WHERE jti = ?1")?
        .query_row([grant.jti.as_str()], |row| row.get::<_, Option<String>>(0))
        .optional()?;
    match known {
        Some(Some(text)) if text == json(grant)? => Ok(()),
        // Written by a version that spelled it otherwise, perhaps.
        Some(Some(text)) => match serde_json::from_str::<Grant>(&text) {
            Ok(known) if known == *grant => Ok(()),
            _ => Err(AssertFailure::ConsentDiffers.into()),
        },
        Some(None) | None => {
            keep(db, grant, false)?;
            picture.push(Picture::State(grant.jti.clone()));
            Ok(())
        }
    }
}

/// Writes a grant. It is born ended where all of the person's grants were ended after it was given, or where
/// it was ended before it was ever seen.
fn keep(db: &Connection, grant: &Grant, issued: bool) -> Result<(), Halt> {
    db.prepare_cached(
        "INSERT INTO grants (jti, issued, subject, expires, max_uses, text, ended) VALUES (?1, ?2, ?3, ?4, ?5, ?6, \
         (SELECT at FROM ends WHERE subject = ?3 AND at >= ?7)) \
         ON CONFLICT (jti) DO UPDATE SET subject = ?3, expires = ?4, max_uses = ?5, text = ?6 WHERE text IS NULL",
    )?
    .execute((
        grant.jti.as_str(),
        issued,
        grant.subject.as_str(),
        grant.expires.as_microsecond(),
        grant.max_uses,
        json(grant)?,
        grant.consent.at.as_microsecond(),
    ))?;
    Ok(())
}

/// Where and when the changes are made, and what they reach.
pub(super) struct Context<'a> {
    pub db: &'a Connection,
    pub index: u64,
    pub now: Timestamp,
    pub policy: &'a mut Option<PolicyHash>,
    pub in_flight: &'a mut InFlight,
    pub picture: &'a mut Vec<Picture>,
}

impl Context<'_> {
    /// Makes one change. [`Change::Remember`] was made before the assertions.
    pub(super) fn apply(&mut self, change: &Change) -> Result<(), Halt> {
        let (db, now) = (self.db, self.now.as_microsecond());
        match change {
            Change::Remember(_) => {}
            Change::ActivatePolicy { hash, sources } => {
                db.prepare_cached("INSERT OR IGNORE INTO policies VALUES (?1, ?2, ?3)")?
                    .execute((hash.0, sources, now))?;
                *self.policy = Some(*hash);
                self.picture.push(Picture::Policy(*hash));
            }
            Change::Issue(grant) => {
                keep(db, grant, true)?;
                self.picture.push(Picture::Issued(Box::new(grant.clone())));
                self.picture.push(Picture::State(grant.jti.clone()));
            }
            Change::End(jti) => {
                db.prepare_cached(
                    "INSERT INTO grants (jti, issued, ended) VALUES (?1, 0, ?2) \
                     ON CONFLICT (jti) DO UPDATE SET ended = coalesce(ended, ?2)",
                )?
                .execute((jti.as_str(), now))?;
                self.picture.push(Picture::State(jti.clone()));
            }
            Change::EndAll(subject) => self.end_all(subject.as_str())?,
            Change::Safeguard(grant) => self.safeguard(grant)?,
            Change::PlaceStop(stop) => self.place(stop)?,
            Change::LiftStop(id) => {
                db.prepare_cached("UPDATE stops SET lifted = ?2 WHERE id = ?1 AND lifted IS NULL")?
                    .execute((id, now))?;
                self.picture.push(Picture::Lifted(id.clone()));
            }
            Change::Restore(decision) => {
                let spends = self.in_flight.take(decision);
                spend::restore(db, &spends)?;
                self.picture.extend(spends.iter().map(|s| Picture::State(s.jti().clone())));
            }
            Change::Notify { kind } => {
                let index = i64::try_from(self.index).unwrap_or(i64::MAX);
                let created = if is_of_a_day(kind) { day(self.now) } else { self.now };
                db.prepare_cached("INSERT INTO outbox (kind, idx, created) VALUES (?1, ?2, ?3)")?.execute((
                    kind,
                    index,
                    created.as_microsecond(),
                ))?;
            }
        }
        Ok(())
    }

    fn end_all(&mut self, subject: &str) -> Result<(), Halt> {
        let now = self.now.as_microsecond();
        self.db
            .prepare_cached("INSERT INTO ends VALUES (?1, ?2) ON CONFLICT (subject) DO UPDATE SET at = ?2")?
            .execute((subject, now))?;
        let mut ended = self
            .db
            .prepare_cached("UPDATE grants SET ended = ?2 WHERE subject = ?1 AND ended IS NULL RETURNING jti")?;
        for jti in ended.query_map((subject, now), |row| row.get::<_, String>(0))? {
            self.picture.extend(ConsentId::parse(&jti?).map(Picture::State));
        }
        Ok(())
    }

    fn safeguard(&mut self, grant: &Safeguarding) -> Result<(), Halt> {
        let times = (grant.at.as_microsecond(), grant.expires.as_microsecond());
        self.db
            .prepare_cached("INSERT OR IGNORE INTO safeguarding (id, at, expires, text) VALUES (?1, ?2, ?3, ?4)")?
            .execute((grant.id.as_str(), times.0, times.1, json(grant)?))?;
        self.picture.push(Picture::Safeguarding(Box::new(grant.clone())));
        Ok(())
    }

    /// The hour would show who was on shift. The day is enough: a stop holds until it is lifted.
    fn place(&mut self, stop: &Stop) -> Result<(), Halt> {
        let stop = &Stop { at: day(stop.at), ..stop.clone() };
        let scope = standing::scope(&stop.scope);
        self.db.prepare_cached("INSERT OR IGNORE INTO stops (id, scope, text) VALUES (?1, ?2, ?3)")?.execute((
            &stop.id,
            scope,
            json(stop)?,
        ))?;
        self.picture.push(Picture::Stopped(stop.clone()));
        Ok(())
    }
}

fn json(value: &impl serde::Serialize) -> Result<String, Halt> {
    serde_json::to_string(value)
        .map_err(|_| Halt::Refused(LedgerError::Malformed("something to be kept cannot be written as JSON")))
}

/// Makes the same changes in everybody's picture, once they are durable. States are read back from the tables.
pub(super) fn show(db: &Connection, changes: Vec<Picture>, view: &mut View) -> Result<(), rusqlite::Error> {
    let mut touched = BTreeSet::new();
    for change in changes {
        match change {
            Picture::Issued(grant) => view.add_grant(*grant),
            Picture::State(jti) => _ = touched.insert(jti),
            Picture::Safeguarding(grant) => view.add_safeguarding(*grant),
            Picture::Stopped(stop) => view.place_stop(stop),
            Picture::Lifted(id) => view.lift_stop(&id),
            Picture::Policy(hash) => view.set_policy(hash),
        }
    }
    for jti in touched {
        let state = state(db, &jti)?;
        view.set_state(jti, state);
    }
    Ok(())
}

/// What the tables know of a grant.
pub(super) fn state(db: &Connection, jti: &ConsentId) -> Result<GrantState, rusqlite::Error> {
    let ended: Option<Option<i64>> = db
        .prepare_cached("SELECT ended FROM grants WHERE jti = ?1")?
        .query_row([jti.as_str()], |row| row.get(0))
        .optional()?;
    let (mut counts, mut last_use) = (BTreeMap::<String, u32>::new(), None);
    let mut select = db.prepare_cached("SELECT item, at FROM uses WHERE jti = ?1")?;
    for row in select.query_map([jti.as_str()], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?)))? {
        let (item, at) = row?;
        *counts.entry(item).or_default() += 1;
        last_use = last_use.max(Some(at));
    }
    let uses = counts.into_values().max().unwrap_or(0);
    let time = |micros: Option<i64>| micros.map(|m| Timestamp::from_microsecond(m).unwrap_or(Timestamp::MIN));
    Ok(GrantState { ended: time(ended.flatten()), uses, last_use: time(last_use) })
}

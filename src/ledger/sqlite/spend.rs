//! Uses (design section 6): counted once each, repeated freely for a day, given back when nothing left.

use super::asserts::{Halt, Live, live};
use crate::{
    consent::{RetryOf, Use},
    flow::{ConsentId, DecisionId},
    ledger::AssertFailure,
};
use jiff::{SignedDuration, Timestamp};
use rusqlite::Connection;
use std::collections::{BTreeMap, HashMap, HashSet, hash_map::Entry};

/// The same use within this time of the first is a retry. Retries do not lengthen it.
const RETRY: SignedDuration = SignedDuration::from_hours(24);
/// Decisions without an outcome that are remembered, for giving back what they spent: between one and two
/// times as many. What those spent that are forgotten stays spent.
const GENERATION: usize = 50_000;

/// Names one spend: the row of `uses`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Spend {
    jti: ConsentId,
    item: String,
    number: i64,
}

/// What a decision does to one use.
#[derive(Debug)]
pub(super) struct Planned<'a> {
    spend: Spend,
    using: &'a Use,
    /// The decision that spent it, where this is a retry.
    first: RetryOf,
}

/// Finds out for each use whether it is a retry or within its bound. A use named twice is one use.
pub(super) fn plan<'a>(db: &Connection, uses: &[&'a Use], now: Timestamp) -> Result<Vec<Planned<'a>>, Halt> {
    let mut grants: BTreeMap<&ConsentId, Live> = BTreeMap::new();
    let mut planned: Vec<Planned<'a>> = Vec::with_capacity(uses.len());
    let mut seen = HashSet::with_capacity(uses.len());
    // Of each item: how often it was spent before, the highest number, and how often it is spent anew here.
    let mut items: HashMap<(&ConsentId, &str), (i64, i64, i64)> = HashMap::new();
    for &using in uses {
        if !seen.insert((&using.jti, &using.item, &using.subject, &using.operation, &using.digest)) {
            continue;
        }
        let grant = match grants.get(&using.jti) {
            Some(grant) => grant,
            None => grants.entry(&using.jti).or_insert(live(db, &using.jti, now)?),
        };
        if grant.subject != using.subject.as_str() {
            return Err(AssertFailure::ConsentDiffers.into());
        }
        let (jti, item) = (using.jti.clone(), using.item.clone());
        if let Some((number, first)) = repeated(db, using, now)? {
            planned.push(Planned { spend: Spend { jti, item, number }, using, first: Some(first) });
            continue;
        }
        let (spent, last, earlier) = match items.entry((&using.jti, using.item.as_str())) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => {
                let (spent, last) = counted(db, using)?;
                new.insert((spent, last, 0))
            }
        };
        if spent.saturating_add(*earlier) >= i64::from(grant.max_uses.min(using.max_uses)) {
            return Err(AssertFailure::ConsentSpent.into());
        }
        *earlier = earlier.saturating_add(1);
        let number = last.saturating_add(*earlier);
        planned.push(Planned { spend: Spend { jti, item, number }, using, first: None });
    }
    Ok(planned)
}

/// The decision that all of this repeats; `None` as soon as anything is new.
pub(super) fn retry_of(planned: &[Planned<'_>]) -> RetryOf {
    let first = planned.first()?.first;
    first.filter(|_| planned.iter().all(|p| p.first.is_some()))
}

/// Writes what was planned for a decision.
pub(super) fn write(
    db: &Connection,
    planned: Vec<Planned<'_>>,
    decision: DecisionId,
    now: Timestamp,
) -> Result<Vec<Spend>, rusqlite::Error> {
    for Planned { spend, using, first } in &planned {
        let key = (using.jti.as_str(), &using.item, spend.number);
        if first.is_some() {
            db.prepare_cached("UPDATE uses SET holders = holders + 1 WHERE jti = ?1 AND item = ?2 AND spend = ?3")?
                .execute(key)?;
        } else {
            db.prepare_cached("INSERT INTO uses VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 1)")?.execute((
                key.0,
                key.1,
                key.2,
                using.subject.as_str(),
                &using.operation,
                using.digest,
                decision.as_bytes(),
                now.as_microsecond(),
            ))?;
        }
    }
    Ok(planned.into_iter().map(|p| p.spend).collect())
}

/// Gives back what a decision spent. A use that another decision rests on (a retry that did leave) stays spent.
pub(super) fn restore(db: &Connection, spends: &[Spend]) -> Result<(), rusqlite::Error> {
    for Spend { jti, item, number } in spends {
        let key = (jti.as_str(), item, number);
        db.prepare_cached("UPDATE uses SET holders = holders - 1 WHERE jti = ?1 AND item = ?2 AND spend = ?3")?
            .execute(key)?;
        db.prepare_cached("DELETE FROM uses WHERE jti = ?1 AND item = ?2 AND spend = ?3 AND holders <= 0")?
            .execute(key)?;
    }
    Ok(())
}

/// The latest spend that this use repeats. (Sorted here and not by SQLite, which would compile a sorted
/// statement again at every use.)
fn repeated(db: &Connection, using: &Use, now: Timestamp) -> Result<Option<(i64, DecisionId)>, rusqlite::Error> {
    let after = now.checked_sub(RETRY).unwrap_or(Timestamp::MIN).as_microsecond();
    let mut select = db.prepare_cached(
        "SELECT at, spend, decision FROM uses WHERE jti = ?1 AND item = ?2 AND digest = ?3 AND subject = ?4 \
         AND operation = ?5 AND at > ?6",
    )?;
    let rows = select.query_map(
        (using.jti.as_str(), &using.item, using.digest, using.subject.as_str(), &using.operation, after),
        |row| Ok((row.get::<_, i64>(0)?, row.get(1)?, DecisionId::from_bytes(row.get(2)?))),
    )?;
    let latest = rows.collect::<Result<Vec<_>, _>>()?.into_iter().max();
    Ok(latest.map(|(_, number, decision)| (number, decision)))
}

/// How often the item was spent, and the highest number of a spend.
fn counted(db: &Connection, using: &Use) -> Result<(i64, i64), rusqlite::Error> {
    db.prepare_cached("SELECT count(*), coalesce(max(spend), 0) FROM uses WHERE jti = ?1 AND item = ?2")?
        .query_row((using.jti.as_str(), &using.item), |row| Ok((row.get(0)?, row.get(1)?)))
}

/// Allowed decisions that have no outcome yet, with what each spent. Only in memory: what was under way at a
/// crash may have been sent, so its uses stay spent.
///
/// Two generations, so that forgetting those whose outcome never came costs nothing: when the younger is full
/// it becomes the older, and what was the older is forgotten.
#[derive(Debug, Default)]
pub(super) struct InFlight {
    younger: HashMap<DecisionId, Vec<Spend>>,
    older: HashMap<DecisionId, Vec<Spend>>,
}

impl InFlight {
    pub(super) fn begin(&mut self, decision: DecisionId, spends: Vec<Spend>) {
        if self.younger.len() >= GENERATION {
            self.older = std::mem::take(&mut self.younger);
        }
        self.younger.insert(decision, spends);
    }

    pub(super) fn knows(&self, decision: &DecisionId) -> bool {
        self.younger.contains_key(decision) || self.older.contains_key(decision)
    }

    /// Takes what a decision spent, so that it is given back once at most.
    pub(super) fn take(&mut self, decision: &DecisionId) -> Vec<Spend> {
        let spends = self.younger.get_mut(decision).or_else(|| self.older.get_mut(decision));
        spends.map(std::mem::take).unwrap_or_default()
    }

    pub(super) fn end(&mut self, decision: &DecisionId) {
        self.younger.remove(decision);
        self.older.remove(decision);
    }
}

impl Spend {
    pub(super) const fn jti(&self) -> &ConsentId {
        &self.jti
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_outcome_is_forgotten_in_the_end_and_not_at_once() {
        let id = |n: usize| DecisionId::from_bytes((n as u128).to_be_bytes());
        let mut in_flight = InFlight::default();
        (0..GENERATION + 1).for_each(|n| in_flight.begin(id(n), vec![]));
        assert!(in_flight.knows(&id(0)) && in_flight.knows(&id(GENERATION)));
        in_flight.end(&id(1));
        assert!(!in_flight.knows(&id(1)));
        (GENERATION + 1..2 * GENERATION + 1).for_each(|n| in_flight.begin(id(n), vec![]));
        assert!(!in_flight.knows(&id(0)) && in_flight.knows(&id(GENERATION)));
    }
}

//! What one entry of the record book says, as far as figures are made of it.

use crate::{
    flow::{Act, Code, Group},
    ledger::{
        Entry, exposure,
        leaf::{ATTEMPT, BASIS, Kind},
    },
    verdict::rules,
};
use jiff::{Timestamp, tz::TimeZone};
use serde::Deserialize;
use std::collections::BTreeMap;

/// A leaf, as its canonical JSON has it. What is not there is empty.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Fact {
    #[serde(rename = "type")]
    pub kind: Option<Kind>,
    pub day: String,
    pub decision: String,
    pub integration: String,
    pub operation: String,
    pub destination: String,
    pub decided: String,
    pub code: String,
    pub clauses: Vec<String>,
    pub counts: Vec<(Group, String, Act, i64)>,
    pub policy: String,
    pub extra: BTreeMap<String, String>,
}

impl Fact {
    /// Reads a leaf. `None`: this version does not know what it says.
    pub(super) fn read(leaf: &str) -> Option<Self> {
        serde_json::from_str::<Self>(leaf).ok().filter(|fact| fact.kind.is_some() && fact.day.len() == 10)
    }

    pub(super) fn extra(&self, name: &str) -> &str {
        self.extra.get(name).map_or("", String::as_str)
    }

    /// An attempt to reach the Home Office or a linked recipient, or one found out on the way.
    pub(super) fn is_attempt(&self) -> bool {
        let named = matches!(self.code.parse(), Ok(Code::DestinationLinked | Code::Forum));
        named || !self.extra(ATTEMPT).is_empty() || rules::is_linked(self.extra("rule"))
    }

    /// The rule that says that it was an attempt, or the one that decided.
    pub(super) fn rule(&self) -> &str {
        let attempt = self.extra(ATTEMPT);
        if attempt.is_empty() { self.extra("rule") } else { attempt }
    }

    /// What left, by group, form and act.
    pub(super) fn left(&self) -> impl Iterator<Item = &(Group, String, Act, i64)> {
        self.counts.iter().filter(|(_, _, act, _)| exposure::left(*act))
    }

    /// What left, by group and on what ground. What the entry gives no ground for is `unknown`.
    pub(super) fn grounds(&self) -> BTreeMap<(Group, String), i64> {
        let mut found = BTreeMap::new();
        let mut given: BTreeMap<Group, i64> = BTreeMap::new();
        for one in self.extra(BASIS).split(' ').filter_map(ground) {
            *given.entry(one.0).or_default() += one.2;
            *found.entry((one.0, one.1.to_owned())).or_default() += one.2;
        }
        let mut all: BTreeMap<Group, i64> = BTreeMap::new();
        self.left().for_each(|(group, _, _, n)| *all.entry(*group).or_default() += n);
        for (group, n) in all {
            let rest = n - given.get(&group).copied().unwrap_or_default();
            let basis = if group == Group::Operational { "operational" } else { "unknown" };
            if rest > 0 {
                *found.entry((group, basis.to_owned())).or_default() += rest;
            }
        }
        found
    }

    /// How an allowed request ended: `answered`, `unsent`, `unknown`.
    pub(super) fn ended(&self) -> &'static str {
        match (self.extra("ended"), self.extra("sent")) {
            ("unsent", _) | (_, "no") => "unsent",
            ("answered", _) => "answered",
            _ => "unknown",
        }
    }
}

/// `identity:consent:3`.
fn ground(text: &str) -> Option<(Group, &str, i64)> {
    let (group, rest) = text.split_once(':')?;
    let (basis, n) = rest.split_once(':')?;
    Some((group.parse().ok()?, basis, n.parse().ok()?))
}

/// The weekday, Monday first from 1, and the hour in which something was decided, where its details still say.
pub(super) fn hour(entry: &Entry, london: &TimeZone) -> Option<(i8, i8)> {
    #[derive(Deserialize)]
    struct Row {
        at: Timestamp,
    }
    let row: Row = serde_json::from_str(entry.detail.first()?).ok()?;
    let at = row.at.to_zoned(london.clone());
    Some((at.weekday().to_monday_one_offset(), at.hour()))
}

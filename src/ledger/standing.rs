//! What the entries say must stand in the tables: which stops are in force, and how many consents and emergency
//! grants there can be. The tables are not hashed; whoever edits them is found because the entries, which are,
//! say otherwise. A stop above all is lifted by the panel alone (TOOLS-1), never by a row taken out.

use super::{
    leaf::{Kind, STOP},
    verify::Finding,
};
use crate::consent::view::{Stop, StopScope};
use std::collections::BTreeMap;

/// What the entries so far come to.
#[derive(Debug, Default)]
pub(super) struct Standing {
    /// The scope of each stop in force, by its id.
    stops: BTreeMap<String, String>,
    issued: u64,
    safeguarding: u64,
}

/// A row that says that a stop is in force.
#[derive(Debug)]
pub(super) struct StopRow {
    pub id: String,
    pub scope: String,
    pub text: String,
}

/// How many rows there are of what entries give.
#[derive(Debug, Clone, Copy)]
pub(super) struct Counts {
    /// Consents issued here; tokens are not among them.
    pub issued: i64,
    pub safeguarding: i64,
}

impl Standing {
    /// Takes in the next entry's text, which was hashed. Only a few kinds are read: opening goes through a
    /// million entries in about a second.
    pub(super) fn text(&mut self, index: u64, text: &[u8]) -> Result<(), Finding> {
        let speaks = |text: &str| KINDS.iter().any(|kind| text.contains(kind.as_str()));
        if !std::str::from_utf8(text).is_ok_and(speaks) {
            return Ok(());
        }
        match serde_json::from_slice(text) {
            Ok(json) => self.entry(i64::try_from(index).unwrap_or(i64::MAX), &json),
            Err(_) => Ok(()),
        }
    }

    /// Takes in the next entry.
    pub(super) fn entry(&mut self, index: i64, json: &serde_json::Value) -> Result<(), Finding> {
        let says = |name: &str| json.get(name).and_then(serde_json::Value::as_str);
        let stop = || json.get("extra").and_then(|e| e.get(STOP)).and_then(serde_json::Value::as_str);
        match says("type").and_then(|kind| KINDS.into_iter().find(|k| k.as_str() == kind)) {
            Some(Kind::StopPlaced) => {
                let covers = covers(says("integration"), says("destination"));
                let before = stop().zip(covers).map(|(id, covers)| self.stops.insert(id.to_owned(), covers));
                if before == Some(None) { Ok(()) } else { Err(Finding::StopEntry(index)) }
            }
            Some(Kind::StopLifted) => {
                stop().and_then(|id| self.stops.remove(id)).map(drop).ok_or(Finding::StopEntry(index))
            }
            Some(Kind::ConsentIssued) => {
                self.issued = self.issued.saturating_add(1);
                Ok(())
            }
            Some(Kind::Safeguarding) => {
                self.safeguarding = self.safeguarding.saturating_add(1);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Compares the stops in force with the rows that say so.
    pub(super) fn stops(&self, rows: &[StopRow]) -> Vec<Finding> {
        let mut expected = self.stops.clone();
        let (mut found, mut stray) = (Vec::new(), 0_u64);
        for row in rows {
            match expected.remove(&row.id) {
                None => stray += 1,
                Some(covers) if row.scope == covers && row.says(&covers) => {}
                Some(_) => found.push(Finding::StopChanged(row.id.clone())),
            }
        }
        found.extend(expected.into_keys().map(Finding::StopGone));
        if stray > 0 {
            found.push(Finding::StrayStop(stray));
        }
        found
    }

    /// Compares the counts. Fewer rows than entries are no finding: what is over may be taken out.
    pub(super) fn counts(&self, rows: Counts) -> Vec<Finding> {
        let more = |rows: i64, entries: u64| u64::try_from(rows).unwrap_or(0).checked_sub(entries).filter(|n| *n > 0);
        let consents = more(rows.issued, self.issued).map(Finding::StrayConsent);
        let emergencies = more(rows.safeguarding, self.safeguarding).map(Finding::StrayEmergency);
        consents.into_iter().chain(emergencies).collect()
    }
}

/// The kinds that speak of what must stand.
const KINDS: [Kind; 4] = [Kind::StopPlaced, Kind::StopLifted, Kind::ConsentIssued, Kind::Safeguarding];

impl StopRow {
    /// Whether the stop that screening is shown is this one.
    fn says(&self, covers: &str) -> bool {
        serde_json::from_str::<Stop>(&self.text).is_ok_and(|s| s.id == self.id && scope(&s.scope) == covers)
    }
}

/// What a stop covers, as the table of stops has it: `everything`, `integration:…` or `destination:…`.
#[must_use]
pub fn scope(scope: &StopScope) -> String {
    match scope {
        StopScope::Everything => "everything".to_owned(),
        StopScope::Integration(id) => format!("integration:{id}"),
        StopScope::Destination(id) => format!("destination:{id}"),
    }
}

/// The same from its entry, which names the connection, the recipient or, for everything, neither.
fn covers(integration: Option<&str>, destination: Option<&str>) -> Option<String> {
    match (integration, destination) {
        (None, None) => Some("everything".to_owned()),
        (Some(id), None) => Some(format!("integration:{id}")),
        (None, Some(id)) => Some(format!("destination:{id}")),
        (Some(_), Some(_)) => None,
    }
}

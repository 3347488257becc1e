//! `consent.json`: what is in force when the case happens.

use super::{Diagnostic, Problems, place};
use crate::{
    consent::{AdviceRecord, ConsentAct, Grant, Ground, Item, Safeguarding, view::StopScope},
    flow::{App, ConsentId, SubjectLabel, SystemId},
    policy::source::read::explain,
};
use jiff::Timestamp;
use serde::Deserialize;

/// Who calls, and what is in force. Clients are named by the id that stands in the request; the runner makes
/// their labels under a fixed test key.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Situation {
    /// The caller; absent: the only app that the connections know, if there is one.
    #[serde(default)]
    pub app: Option<App>,
    /// Consents in the ledger.
    #[serde(default)]
    pub grants: Vec<ClientGrant>,
    /// Those of them that the person has ended.
    #[serde(default)]
    pub ended: Vec<ConsentId>,
    /// Emergency grants.
    #[serde(default)]
    pub safeguarding: Vec<ClientSafeguarding>,
    /// Stops in force: `"everything"`, `{"integration": "…"}`, `{"destination": "…"}`.
    #[serde(default)]
    pub stops: Vec<StopScope>,
}

impl Situation {
    /// Reads a `consent.json`, named `file` in what is wrong with it.
    ///
    /// # Errors
    /// Everything that is wrong with it, as with policy files.
    pub fn parse(file: &str, text: &str) -> Result<Self, Vec<Diagnostic>> {
        let mut problems = Problems::default();
        match parse(file, text, &mut problems) {
            Some(situation) if !problems.refused() => Ok(situation),
            _ => Err(problems.into_sorted()),
        }
    }
}

/// A [`Grant`] whose subject is named by a client's id.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClientGrant {
    /// The client's id, as the request has it.
    pub client: String,
    jti: ConsentId,
    not_before: Timestamp,
    expires: Timestamp,
    max_uses: u32,
    items: Vec<Item>,
    consent: ConsentAct,
    advice: Option<AdviceRecord>,
}

impl ClientGrant {
    /// The grant, once the client's label is known.
    #[must_use]
    pub fn grant(&self, subject: SubjectLabel) -> Grant {
        Grant {
            jti: self.jti.clone(),
            subject,
            not_before: self.not_before,
            expires: self.expires,
            max_uses: self.max_uses,
            items: self.items.clone(),
            consent: self.consent.clone(),
            advice: self.advice.clone(),
        }
    }
}

/// A [`Safeguarding`] whose subject is named by a client's id.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClientSafeguarding {
    /// The client's id, as the request has it.
    pub client: String,
    id: ConsentId,
    destination: SystemId,
    ground: Ground,
    at: Timestamp,
    expires: Timestamp,
}

impl ClientSafeguarding {
    /// The grant, once the client's label is known.
    #[must_use]
    pub fn grant(&self, subject: SubjectLabel) -> Safeguarding {
        Safeguarding {
            id: self.id.clone(),
            subject,
            destination: self.destination.clone(),
            ground: self.ground,
            at: self.at,
            expires: self.expires,
        }
    }
}

pub(super) fn parse(file: &str, text: &str, problems: &mut Problems) -> Option<Situation> {
    match serde_json::from_str::<Situation>(text) {
        Ok(situation) => {
            for jti in situation.ended.iter().filter(|jti| situation.grants.iter().all(|g| g.jti != **jti)) {
                let mend = "list the grant under `grants` too, or correct the id";
                problems.error(place(file, None), format!("`{jti}` is ended and no grant has that id"), mend);
            }
            Some(situation)
        }
        Err(error) => {
            let whole = error.to_string();
            let message = whole.rsplit_once(" at line ").map_or(whole.as_str(), |(message, _)| message);
            let (message, mend) = explain(message, None);
            problems.error(place(file, offset(text, error.line(), error.column())), message, mend);
            None
        }
    }
}

/// serde_json counts lines and columns from 1; the place is the rest of that line.
fn offset(text: &str, line: usize, column: usize) -> std::ops::Range<usize> {
    let before: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let at = (before + column.saturating_sub(1)).min(text.len());
    at..(at + 1).min(text.len())
}

//! What can be asked of a running gateway, and what it answers.

use crate::{
    consent::{Ground, issue::Draft, view::StopScope},
    flow::{App, ConsentId, DecisionId, Purpose, SystemId},
    ledger::exposure::Span,
};
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use std::fmt;

/// A command. On the wire `{"command":"consent.end","with":{…}}`; unknown keys are errors.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "command", content = "with", deny_unknown_fields)]
pub enum Command {
    /// Reads `policies/` again; an invalid set keeps the last good one.
    #[serde(rename = "reload")]
    Reload,
    /// How it is.
    #[serde(rename = "status")]
    Status,
    /// Records a consent in the ledger.
    #[serde(rename = "consent.issue")]
    ConsentIssue(Box<IssueGrant>),
    /// Records that somebody was asked and said no to everything.
    #[serde(rename = "consent.declined")]
    ConsentDeclined(Declined),
    /// Ends consent, at once.
    #[serde(rename = "consent.end")]
    ConsentEnd(End),
    /// Records an emergency: one client, one recipient, four hours.
    #[serde(rename = "consent.emergency")]
    ConsentEmergency(Emergency),
    /// Places a stop.
    #[serde(rename = "stop.place")]
    StopPlace {
        /// What it covers.
        scope: StopScope,
    },
    /// Tells how a decision came about.
    #[serde(rename = "explain")]
    Explain {
        /// Which.
        #[serde(deserialize_with = "decision_id")]
        decision: DecisionId,
    },
    /// Judges a request with the consents and stops in force. Nothing is sent and nothing is recorded.
    #[serde(rename = "judge")]
    Judge {
        /// The system that would send it.
        app: App,
        /// One HTTP/1.1 request, body included; line ends may be LF.
        request: String,
        /// As if it were this moment; now where it is absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<jiff::Timestamp>,
    },
    /// Reads some of what went to recipients. Nothing is recorded.
    #[serde(rename = "destinations.exposure")]
    Exposure(Span),
    /// Recomputes the whole record book.
    #[serde(rename = "ledger.verify")]
    LedgerVerify,
}

/// A consent to record. The gateway, which holds the key, makes the client's label.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IssueGrant {
    /// The system whose record it is.
    pub app: App,
    /// The record's id there.
    pub client: ClientRef,
    /// What was agreed.
    pub draft: Draft,
}

/// Somebody declined everything. It names nobody: who said no leaves no trace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Declined {
    /// The recipient that was asked about.
    pub destination: SystemId,
    /// For what.
    pub purpose: Purpose,
    /// For how many items.
    pub items: u16,
}

/// Which consent ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum End {
    /// One.
    Consent(ConsentId),
    /// Every one of a client.
    Client {
        /// The system whose record it is.
        app: App,
        /// The record's id there.
        client: ClientRef,
        /// Because the client died.
        died: bool,
    },
}

/// An emergency disclosure (design section 1, Emergencies).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Emergency {
    /// The system whose record it is.
    pub app: App,
    /// The record's id there.
    pub client: ClientRef,
    /// To whom.
    pub destination: SystemId,
    /// Why.
    pub ground: Ground,
}

/// A client's id in the calling system, as that system writes it: 1 to 256 bytes without control characters.
/// Never shown, logged or stored: only the label made from it is.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct ClientRef(String);

impl ClientRef {
    /// Checks and keeps a reference. `None`: empty, too long, or with control characters.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let fits = (1..=256).contains(&text.len()) && !text.chars().any(char::is_control);
        fits.then(|| Self(text.to_owned()))
    }

    /// The text, to make the label.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ClientRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientRef(…)")
    }
}

impl<'de> Deserialize<'de> for ClientRef {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        Self::new(&text).ok_or_else(|| D::Error::custom("1 to 256 bytes without control characters"))
    }
}

fn decision_id<'de, D: Deserializer<'de>>(d: D) -> Result<DecisionId, D::Error> {
    String::deserialize(d)?.parse().map_err(D::Error::custom)
}

/// The answer to a command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "reply", content = "with", deny_unknown_fields)]
pub enum Reply {
    /// Done.
    Done {
        /// For a person.
        text: String,
        /// For a machine.
        data: serde_json::Value,
    },
    /// Understood and not done: why, and the mend.
    Refused {
        /// For a person, without personal data.
        text: String,
    },
    /// Not understood; the connection closes.
    Invalid {
        /// What was wrong with the line.
        text: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_one_form_on_the_wire() {
        for (json, command) in [
            (r#"{"command":"reload"}"#, Command::Reload),
            (r#"{"command":"ledger.verify"}"#, Command::LedgerVerify),
            (
                r#"{"command":"consent.declined","with":{"destination":"a/b","purpose":"health","items":3}}"#,
                Command::ConsentDeclined(Declined {
                    destination: "a/b".parse().unwrap(),
                    purpose: Purpose::Health,
                    items: 3,
                }),
            ),
            (
                r#"{"command":"stop.place","with":{"scope":{"destination":"a/b"}}}"#,
                Command::StopPlace { scope: StopScope::Destination("a/b".parse().unwrap()) },
            ),
            (
                r#"{"command":"stop.place","with":{"scope":"everything"}}"#,
                Command::StopPlace { scope: StopScope::Everything },
            ),
            (
                r#"{"command":"consent.end","with":{"client":{"app":"inform","client":"C-1","died":true}}}"#,
                Command::ConsentEnd(End::Client {
                    app: "inform".parse().unwrap(),
                    client: ClientRef::new("C-1").unwrap(),
                    died: true,
                }),
            ),
            (
                r#"{"command":"explain","with":{"decision":"aaaaaaaaaaaaaaaaaaaaaaaaaa"}}"#,
                Command::Explain { decision: DecisionId::from_bytes([0; 16]) },
            ),
        ] {
            assert_eq!(serde_json::to_string(&command).unwrap(), json);
            assert_eq!(serde_json::from_str::<Command>(json).unwrap(), command);
        }
    }

    #[test]
    fn what_is_not_exactly_a_command_is_not_one() {
        for json in [
            r#"{"command":"stop.lift","with":{"id":"x"}}"#,
            r#"{"command":"reload","force":true}"#,
            r#"{"command":"reload","command":"status"}"#,
            r#"{"command":"stop.place","with":{"scope":"everything","until":1}}"#,
            r#"{"command":"stop.place","with":{"scope":"everything","scope":"everything"}}"#,
            r#"{"command":"consent.end","with":{"client":{"app":"inform","client":"","died":true}}}"#,
            r#"{"command":"consent.end","with":{"client":{"app":"inform","client":"a\nb","died":true}}}"#,
            r#"["reload"]"#,
            r#""reload""#,
            "{}",
        ] {
            assert!(serde_json::from_str::<Command>(json).is_err(), "{json}");
        }
    }

    #[test]
    fn a_client_reference_does_not_show() {
        let end = End::Client { app: "inform".parse().unwrap(), client: ClientRef::new("C-1").unwrap(), died: false };
        assert!(!format!("{end:?}").contains("C-1"));
    }
}

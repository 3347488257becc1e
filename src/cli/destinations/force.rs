//! What judges now: the files on disk are read here, and a running gateway may hold others, and stops.

use crate::{
    cli::{Exit, destinations::many, running},
    config::Config,
    gate::control::Command,
    policy::Policy,
};
use serde_json::{Value, json};
use std::path::PathBuf;

/// How what was read stands to what judges.
#[derive(Debug)]
pub(super) struct Force {
    policies: PathBuf,
    gateway: Gateway,
    /// Stops in force, where a gateway said.
    pub(super) stops: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Gateway {
    None,
    Silent,
    Same,
    Other,
}

/// Asks the running gateway.
pub(super) fn now(config: &Config, policy: &Policy) -> Force {
    let (gateway, stops) = match running::ask(config, &Command::Status, Exit::Unavailable) {
        Ok(None) => (Gateway::None, None),
        Err(_) => (Gateway::Silent, None),
        Ok(Some(status)) => {
            let same = status.data.get("policy").and_then(Value::as_str) == Some(policy.hash.to_string().as_str());
            let stops = status.data.get("stops").and_then(Value::as_u64);
            (if same { Gateway::Same } else { Gateway::Other }, stops)
        }
    };
    Force { policies: config.policies.clone(), gateway, stops }
}

impl Force {
    pub(super) fn text(&self) -> String {
        let judges = match self.gateway {
            Gateway::None => "no gateway is running",
            Gateway::Silent => "whether a running gateway judges by the same is not known: it did not answer",
            Gateway::Same => "the running gateway judges by the same",
            Gateway::Other => "the running gateway judges by ANOTHER set until: havengate policy reload",
        };
        let stops = match self.stops {
            None => "Stops are not looked at here: `havengate explain` does.".to_owned(),
            Some(0) => "No stop is in force.".to_owned(),
            Some(n) => {
                let n = many(usize::try_from(n).unwrap_or(usize::MAX), "stop");
                format!("In force: {n}. Whether this is stopped, `havengate explain` says.")
            }
        };
        format!("Read from {}; {judges}. {stops}\n", self.policies.display())
    }

    pub(super) fn data(&self) -> Value {
        let same = match self.gateway {
            Gateway::Same => Some(true),
            Gateway::Other => Some(false),
            Gateway::None | Gateway::Silent => None,
        };
        json!({ "running": self.gateway != Gateway::None, "same_policy": same, "stops": self.stops })
    }
}

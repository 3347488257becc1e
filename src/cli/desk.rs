//! Where commands about consent, stops and records are carried out: at the running gateway's control socket, or
//! in the record book itself when no gateway holds it.

use super::{Context, Exit, Failure, Printed, consent};
use crate::{
    config::Config,
    gate::{
        control::{self, Command, ControlError, Reply},
        keys,
        office::Office,
        reload,
    },
    ledger::{Ledger, Opening},
};
use jiff::Timestamp;
use std::{path::Path, sync::Arc};

/// One home's desk.
#[derive(Debug)]
pub(super) struct HomeDesk {
    config: Config,
}

impl HomeDesk {
    /// The desk of the home that the configuration names.
    ///
    /// # Errors
    /// When the configuration is at fault.
    pub(super) fn of(context: &Context) -> Result<Self, Failure> {
        Ok(Self { config: context.load()? })
    }

    /// Carries a command out and says what came of it.
    ///
    /// # Errors
    /// [`Exit::Finding`] when it was understood and refused, [`Exit::Unavailable`] when nobody could be asked.
    pub(super) async fn carry_out(&self, command: Command) -> Result<Printed, Failure> {
        match consent::Desk::ask(self, command).await {
            Ok(Reply::Done { text, data }) => Ok(Printed::done(text, data)),
            Ok(Reply::Refused { text }) => Err(Failure::new(Exit::Finding, text)),
            Ok(Reply::Invalid { text }) => {
                let text = format!("the gateway did not understand: is it of another version? {text}");
                Err(Failure::new(Exit::Unavailable, text))
            }
            Err(error) => Err(Failure::new(Exit::Unavailable, error.to_string())),
        }
    }

    async fn alone(&self, command: Command) -> Reply {
        let refused = |text: String| Reply::Refused { text };
        let keys = match keys::load_dir(&self.config.keys) {
            Ok(keys) => Arc::new(keys),
            Err(error) => return refused(error.to_string()),
        };
        let policy = match reload::compile_for(&self.config.policies, &keys, super::today()) {
            Ok((_, policy)) => Arc::new(policy),
            Err(error) => return refused(error.to_string()),
        };
        let ledger = match Ledger::open(&self.config.ledger, Opening::new(self.config.gateway.name.clone())) {
            Ok(ledger) => Arc::new(ledger),
            Err(error) => return refused(error.to_string()),
        };
        let office = Office {
            ledger: ledger.clone(),
            keys,
            policy,
            limits: self.config.limits.clone(),
            audience: self.config.gateway.audience.clone(),
        };
        let reply = office.handle(command).await;
        match ledger.close().await {
            Ok(()) => reply,
            Err(error) => refused(error.to_string()),
        }
    }
}

impl consent::Desk for HomeDesk {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
    fn keys(&self) -> &Path {
        &self.config.keys
    }
    fn audience(&self) -> &str {
        &self.config.gateway.audience
    }
    async fn ask(&self, command: Command) -> Result<Reply, ControlError> {
        match control::call(&self.config.control_socket(), &command).await {
            Err(ControlError::NotRunning(_)) => Ok(self.alone(command).await),
            other => other,
        }
    }
}

impl From<consent::Failure> for Failure {
    fn from(failure: consent::Failure) -> Self {
        let exit = match failure.exit {
            1 => Exit::Finding,
            2 => Exit::Usage,
            3 => Exit::Configuration,
            _ => Exit::Unavailable,
        };
        Self::new(exit, failure.text)
    }
}

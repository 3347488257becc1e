//! `havengate stop place`: down tools. There is no command that lifts a stop: that takes a panel member.

use super::{Context, Exit, Failure, Printed, running};
use crate::{
    config::Config,
    consent::view::{Stop, StopScope},
    flow::{IntegrationId, SystemId},
    gate::{control, policy_files, stops},
    ledger::{Ledger, Opening},
    policy::Policy,
};
use serde_json::json;

/// Stop a flow ("down tools").
#[derive(Debug, clap::Subcommand)]
pub enum StopCommand {
    /// Stop a connection, a recipient or everything, at once
    ///
    /// Any worker may: nobody is named or recorded. Emergencies still pass. Only a panel member lifts it, on the
    /// panel's page.
    Place(Place),
}

/// What `stop place` is told.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
pub struct Place {
    /// A connection, by the id of its file in policies/integrations
    #[arg(long, value_name = "ID")]
    pub connection: Option<IntegrationId>,
    /// A recipient, by its id in policies/organisations.toml
    #[arg(long, value_name = "SYSTEM")]
    pub recipient: Option<SystemId>,
    /// Everything
    #[arg(long)]
    pub everything: bool,
}

/// Carries it out.
pub(super) fn run(command: StopCommand, context: &Context) -> Result<Printed, Failure> {
    let StopCommand::Place(args) = command;
    let scope = match (args.connection, args.recipient) {
        (Some(connection), _) => StopScope::Integration(connection),
        (None, Some(recipient)) => StopScope::Destination(recipient),
        (None, None) => StopScope::Everything,
    };
    let config = context.load()?;
    let command = control::Command::StopPlace { scope: scope.clone() };
    if let Some(printed) = running::ask(&config, &command, Exit::Finding)? {
        return Ok(printed);
    }
    // Where the policies cannot be read or compiled, a stop must still be possible.
    let policy = policy_files::read(&config.policies).ok().and_then(|sources| Policy::compile(&sources).ok());
    if let Some(policy) = policy {
        stops::check(&scope, &policy).map_err(|text| Failure::new(Exit::Finding, text))?;
    }
    let stop = offline(&config, scope)?;
    Ok(Printed::done(stops::said(&stop), json!({ "stop": stop })))
}

/// Nobody holds the record book: the stop goes into it here.
fn offline(config: &Config, scope: StopScope) -> Result<Stop, Failure> {
    running::wait(async {
        let ledger = Ledger::open(&config.ledger, Opening::new(&config.gateway.name))
            .map_err(|e| Failure::new(Exit::Ledger, e.to_string()))?;
        let placed = stops::place(&ledger, scope).await;
        let closed = ledger.close().await;
        let stop = placed.and_then(|stop| closed.map(|()| stop));
        stop.map_err(|e| Failure::new(Exit::Unavailable, format!("the stop is not in force: {e}")))
    })?
}

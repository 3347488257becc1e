//! `havengate policy …`.

use super::{Context, Exit, Failure, Printed, running};
use crate::gate::control;

/// Change the rules in force.
#[derive(Debug, clap::Subcommand)]
pub enum PolicyCommand {
    /// Let the running gateway take up changed policies
    ///
    /// It reads policies/ again and changes over between two requests. Where they are at fault it keeps the last
    /// good set and says so. `havengate check` shows beforehand what is at fault.
    Reload,
}

/// Carries it out.
pub(super) fn run(command: &PolicyCommand, context: &Context) -> Result<Printed, Failure> {
    let PolicyCommand::Reload = command;
    let mend = "start it with `havengate run`: it reads policies/ when it starts";
    running::must(context, &control::Command::Reload, Exit::Configuration, mend)
}

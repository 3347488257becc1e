//! `havengate explain`: why something was stopped or left: of a decision in the record book, or of a request
//! that has not been sent.

use super::{Context, Exit, Failure, Printed, desk::HomeDesk};
use crate::{
    flow::{App, DecisionId},
    gate::control::Command,
};
use jiff::Timestamp;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// What `explain` is told.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  havengate explain 4tq2m7k3v5x6y7z2a3b4c5d6e7
  havengate explain --request referral.http --app inform

Ends with 1 where the request would be refused. --json prints what is recorded of a decision as it is: `index`, `record`,
`detail`, `erased`, `outcomes`; of a request `sent` (whether it would be), `connection`, `operation`, `recipient`,
`passed`, `fields`, `unlisted`, or `step`, `code`, `detail`, `reasons`.")]
pub struct Explain {
    /// A decision's id
    #[arg(required_unless_present = "request", conflicts_with = "request")]
    decision: Option<DecisionId>,
    /// A file with one HTTP/1.1 request, body included; line ends may be LF
    #[arg(long, value_name = "FILE", requires = "app")]
    request: Option<PathBuf>,
    /// The system that would send it
    #[arg(long)]
    app: Option<App>,
    /// As if it were this moment [default: now]
    #[arg(long, value_name = "TIME")]
    at: Option<Timestamp>,
}

/// Carries it out.
pub(super) async fn run(args: Explain, context: &Context) -> Result<Printed, Failure> {
    match (args.decision, args.request, args.app) {
        (Some(decision), ..) => HomeDesk::of(context)?.carry_out(Command::Explain { decision }).await,
        (None, Some(path), Some(app)) => request(&path, app, args.at, context).await,
        _ => Err(Failure::new(Exit::Usage, "name a decision, or a request and the system that sends it")),
    }
}

async fn request(path: &Path, app: App, at: Option<Timestamp>, context: &Context) -> Result<Printed, Failure> {
    let request = std::fs::read_to_string(path).map_err(|e| Failure::system(path, &e))?;
    let judge = Command::Judge { app, request, at };
    let mut printed = HomeDesk::of(context)?.carry_out(judge).await?;
    if printed.data.get("sent") != Some(&Value::Bool(true)) {
        printed.exit = Exit::Finding;
    }
    Ok(printed)
}

//! `havengate ledger verify`: the record book, checked from its rows alone.

use super::{Context, Exit, Failure, Printed, running};
use crate::{
    gate::control,
    ledger::verify::{self, Report, VerifyError},
};
use serde_json::json;
use std::path::PathBuf;

/// Look after the record book.
#[derive(Debug, clap::Subcommand)]
pub enum LedgerCommand {
    /// Check that no record was changed, taken out, moved or cut off
    ///
    /// Recomputes everything from the rows. Ends with 4 when something is wrong. Whoever rewrites the whole book, its
    /// head and its anchor is found only by somebody who kept an earlier size and root: keep those this prints.
    Verify(Verify),
}

/// What `ledger verify` is told.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Example, with a copy that the panel holds:

  havengate ledger verify --file copy/ledger.db")]
pub struct Verify {
    /// A record book that no gateway holds, such as a copy, instead of the configured one
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// An anchor file that was kept elsewhere
    #[arg(long, value_name = "FILE", requires = "file")]
    pub anchor: Option<PathBuf>,
}

/// Carries it out.
pub(super) fn run(command: LedgerCommand, context: &Context) -> Result<Printed, Failure> {
    let LedgerCommand::Verify(args) = command;
    let path = match args.file {
        Some(file) => file,
        None => {
            let config = context.load()?;
            // The running gateway holds the file alone and checks it between commits.
            if let Some(printed) = running::ask(&config, &control::Command::LedgerVerify, Exit::Ledger)? {
                return Ok(judged(printed));
            }
            config.ledger
        }
    };
    let report = match &args.anchor {
        Some(anchor) => verify::verify_against(&path, anchor),
        None => verify::verify(&path),
    };
    Ok(printed(&report.map_err(failure)?))
}

fn printed(report: &Report) -> Printed {
    let exit = if report.is_sound() { Exit::Ok } else { Exit::Ledger };
    Printed { text: report.to_string(), data: json!({ "sound": report.is_sound(), "report": report }), exit }
}

/// A running gateway's answer ends the process as an offline one would.
fn judged(mut printed: Printed) -> Printed {
    if printed.data.get("sound") != Some(&true.into()) {
        printed.exit = Exit::Ledger;
    }
    printed
}

fn failure(error: VerifyError) -> Failure {
    Failure::new(Exit::Unavailable, error.to_string())
}

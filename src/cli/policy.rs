//! `havengate policy …`.

use super::{Context, Exit, Failure, Printed, running};
use crate::{
    gate::{control, policy_files},
    ledger::{Ledger, OpenError, Opening},
    policy::{
        Diagnostic, PolicyHash, Sources,
        difference::{self, Difference, Version, Way},
    },
};
use serde_json::json;
use std::{fmt::Write as _, path::Path};

/// Compare sets of rules, and change those in force.
#[derive(Debug, clap::Subcommand)]
pub enum PolicyCommand {
    /// Let the running gateway take up changed policies
    ///
    /// It reads policies/ again and changes over between two requests. Where they are at fault it keeps the last
    /// good set and says so. `havengate check` shows beforehand what is at fault.
    Reload,
    /// Say in words what differs between two sets of rules
    ///
    /// The same sentences that the panel's page "Policy" shows: who may get what from now on, and who no longer. Ends
    /// with 1 when something lets more out, so that a script can ask for a second pair of eyes.
    Diff(Diff),
}

/// What `policy diff` is told.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Example: what would change if the edited policies became active, compared with a copy of those in force.

  havengate policy diff /var/backups/policies policies")]
pub struct Diff {
    /// The set before: a directory, or the hash of one that was active once (while no gateway holds the record book)
    #[arg(value_name = "OLD")]
    pub old: String,
    /// The set after, likewise
    #[arg(value_name = "NEW")]
    pub new: String,
}

/// Carries it out.
pub(super) fn run(command: &PolicyCommand, context: &Context) -> Result<Printed, Failure> {
    match command {
        PolicyCommand::Reload => {
            let mend = "start it with `havengate run`: it reads policies/ when it starts";
            running::must(context, &control::Command::Reload, Exit::Configuration, mend)
        }
        PolicyCommand::Diff(args) => diff(args, context),
    }
}

fn diff(args: &Diff, context: &Context) -> Result<Printed, Failure> {
    let (old, new) = (sources(&args.old, context)?, sources(&args.new, context)?);
    let (old, new) = (read(&args.old, old)?, read(&args.new, new)?);
    let found = difference::difference(&old, &new);
    let loosens = found.said.iter().any(|s| s.way == Way::Loosens);
    let exit = if loosens { Exit::Finding } else { Exit::Ok };
    let data = json!({ "said": found.said, "files": found.files, "lets_more_out": loosens });
    Ok(Printed { text: text(&found), data, exit })
}

fn sources(which: &str, context: &Context) -> Result<Sources, Failure> {
    match hash(which) {
        Some(hash) => recorded(hash, context),
        None => policy_files::read(Path::new(which)).map_err(|e| {
            let mend = "name a directory of policies, or the 64 digits of a set's hash";
            Failure::new(Exit::Usage, format!("{e}\n  mend: {mend}"))
        }),
    }
}

fn hash(text: &str) -> Option<PolicyHash> {
    let bytes = data_encoding::HEXLOWER_PERMISSIVE.decode(text.as_bytes()).ok()?;
    Some(PolicyHash(bytes.try_into().ok()?))
}

/// A set that was active once, from the record book.
fn recorded(hash: PolicyHash, context: &Context) -> Result<Sources, Failure> {
    let config = context.load()?;
    let held = |e: OpenError| {
        let mend =
            "a running gateway holds the record book alone: look at the panel's page \"Policy\", or name directories";
        Failure::new(Exit::Unavailable, format!("{e}\n  mend: {mend}"))
    };
    let read = async {
        let ledger = Ledger::open(&config.ledger, Opening::new(config.gateway.name.clone())).map_err(held)?;
        let files = ledger.policy_files(hash).await;
        let closed = ledger.close().await;
        let files = files.and_then(|files| closed.map(|()| files));
        files.map_err(|e| Failure::new(Exit::Ledger, e.to_string()))
    };
    let files = running::wait(read)??;
    let files = files.ok_or_else(|| {
        let mend = "the panel's page \"Policy\" lists them";
        Failure::new(Exit::Usage, format!("the record book has no set with this hash\n  mend: {mend}"))
    })?;
    let files = serde_json::from_str(&files);
    files.map(Sources).map_err(|_| Failure::new(Exit::Ledger, "the record book's files of this set cannot be read"))
}

fn read(which: &str, sources: Sources) -> Result<Version, Failure> {
    Version::read(sources).map_err(|found: Vec<Diagnostic>| {
        let first = found.first().map_or_else(String::new, |d| format!(" ({}: {})", d.file, d.message));
        let mend =
            "see `havengate check`; a set that another version of Havengate wrote cannot be compared by this one";
        Failure::new(Exit::Configuration, format!("{which} does not compile{first}\n  mend: {mend}"))
    })
}

fn text(found: &Difference) -> String {
    let mut text = String::new();
    if found.moves_nothing() {
        text.push_str("No difference in what may go where.\n");
    }
    let mut area = None;
    for said in &found.said {
        if area != Some(said.area) {
            let _ = writeln!(text, "\n{}", said.area);
            area = Some(said.area);
        }
        let _ = writeln!(text, "- {} {}.", said.text, said.way);
        for line in said.behind.iter().flat_map(|behind| behind.lines()) {
            let _ = writeln!(text, "    {line}");
        }
    }
    if !found.files.is_empty() {
        text.push_str("\nFiles\n");
    }
    for file in &found.files {
        let _ = writeln!(text, "- {} was {}", file.path, file.how);
    }
    text.trim().to_owned()
}

//! `havengate panel report`: a period's figures as files, each with its signature.

use super::{asked_for, done, store};
use crate::{
    cli::{Exit, Failure, Printed, destinations::save, running::wait},
    config::Config,
    gate::policy_files,
    ledger::{Ledger, OpenError, Opening},
    panel::{
        figures::{self, Period, Small, events},
        report::{self, Asked, file, issued, sign::Signer},
        store::Store,
    },
    policy::Policy,
};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// What `panel report` is told.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Example: November for the meeting, and the year for commissioners and members.

  havengate panel report 2026-11 --out agenda
  havengate panel report 2026 --public

Anybody checks a file with minisign, and the public key that was noted at a meeting:

  minisign -Vm report-2026-11.csv -P RWQ…

Run it as the gateway's own user, such as with `sudo -u havengate`.")]
pub struct Report {
    /// A month (2026-11), a quarter (2026-Q4) or a year (2026)
    #[arg(value_name = "PERIOD")]
    pub period: Period,
    /// The one for commissioners and members: no connection, no recipient, no ground
    #[arg(long)]
    pub public: bool,
    /// The directory to write into; made where it is missing
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub out: PathBuf,
    /// Put it in place of an earlier one that says something else
    #[arg(long)]
    pub force: bool,
}

/// Carries it out.
pub(super) fn run(config: &Config, args: &Report) -> Result<Printed, Failure> {
    let Made { files, report, rules_differ } = made(config, args)?;
    let signer = Signer::open(&config.keys).map_err(|e| Failure::system(&config.keys.join("report.key"), &e))?;
    let files = file::signed(files, &signer);
    let paths: Vec<PathBuf> = files.iter().map(|(name, _)| args.out.join(name)).collect();
    put(args, &files)?;
    let key = signer.public();
    let entries = report.get("entries").and_then(Value::as_u64).unwrap_or_default();
    let mut text = format!("Counted from the first {entries} entries of the record book.");
    if report.get("over") != Some(&Value::Bool(true)) {
        text.push_str(" The period is not over: these figures still grow.");
    }
    if rules_differ {
        text.push_str(
            "\nThe policy files are not the rules that the record book last says are active. Names and titles are those of \
             the files.",
        );
    }
    text.push_str("\n\n");
    for path in &paths {
        text.push_str(&format!("  {}\n", path.display()));
    }
    let example = file::Form::Csv.name_of(&args.period.key(), args.public);
    text.push_str(&format!("\nTo check one: minisign -Vm {example} -P {key}"));
    let data = json!({ "report": report, "files": paths, "key": key, "rules_differ": rules_differ });
    Ok(Printed::done(text, data))
}

fn small(config: &Config) -> Result<Small, Failure> {
    Ok(Small::of(asked_for(config)?.clients))
}

/// What is written.
struct Made {
    /// Name and text.
    files: Vec<(String, String)>,
    /// What the file of JSON says.
    report: Value,
    /// Whether the policy files are other rules than those that were active when the last entry was counted.
    rules_differ: bool,
}

/// What was given out before where that is final, by a page or by this command; otherwise made from the figures.
fn made(config: &Config, args: &Report) -> Result<Made, Failure> {
    let panel = asked_for(config)?;
    let (store, period, public) = (store(config)?, args.period, args.public);
    if let Some(files) = done(issued::all(&store, &period, public))? {
        return with(files, &period.key(), public, false);
    }
    let sources = policy_files::read(&config.policies).map_err(|e| Failure::new(Exit::Configuration, e.to_string()))?;
    let policy = Policy::compile(&sources).map_err(|_| {
        Failure::new(Exit::Configuration, "the policy files do not compile\n  mend: see `havengate check`")
    })?;
    let counted = count(config, &store)?;
    let organisation = match panel.organisation.as_str() {
        "" => config.gateway.name.clone(),
        name => name.to_owned(),
    };
    let (now, small) = (Timestamp::now(), small(config)?);
    let (report, whole, rules_differ) = done(store.read(move |db| {
        let asked = Asked { period, public, organisation: &organisation, small, now };
        let report = report::Report::make(db, &policy, &asked)?;
        let state = figures::state(db)?;
        let rules_differ = !state.active().is_empty() && state.active() != report.policy;
        Ok((report, counted || events::later_than(db, period.to())?, rules_differ))
    }))?;
    // What is kept is kept for ever: not what a running gateway may not have counted yet, nor what is named by other
    // rules than its own.
    let files = match whole && !rules_differ && issued::is_final(&period, now) {
        true => done(issued::keep_all(&store, &report, small))?,
        false => file::texts(&report, small).map_err(|e| Failure::new(Exit::Unavailable, e.to_string()))?,
    };
    with(files, &period.key(), public, rules_differ)
}

fn with(files: Vec<(String, String)>, period: &str, public: bool, rules_differ: bool) -> Result<Made, Failure> {
    let name = file::Form::Json.name_of(period, public);
    let text = files.iter().find(|(known, _)| *known == name).map(|(_, text)| text.as_str());
    let report = serde_json::from_str(text.unwrap_or_default());
    let report =
        report.map_err(|_| Failure::new(Exit::Unavailable, "the panel's store holds a report that is none"))?;
    Ok(Made { files, report, rules_differ })
}

/// Counts what is not counted yet, where no gateway holds the record book; a running one does it by itself. Says whether
/// everything is counted.
fn count(config: &Config, store: &Store) -> Result<bool, Failure> {
    wait(async {
        let ledger = match Ledger::open(&config.ledger, Opening::new(&config.gateway.name)) {
            Err(OpenError::Held(_)) => return Ok(false),
            ledger => ledger.map_err(|e| Failure::new(Exit::Ledger, e.to_string()))?,
        };
        let counted = figures::count_all(&ledger, store).await;
        let closed = ledger.close().await;
        counted.map_err(|_| Failure::new(Exit::Unavailable, "the record book could not be counted; try again"))?;
        closed.map_err(|e| Failure::new(Exit::Ledger, e.to_string()))?;
        Ok(true)
    })?
}

/// Writes the files; all of them may be written before the first is.
fn put(args: &Report, files: &[(String, String)]) -> Result<(), Failure> {
    fs::create_dir_all(&args.out).map_err(|e| Failure::system(&args.out, &e))?;
    let mut missing = Vec::new();
    for (name, text) in files {
        let path = args.out.join(name);
        match there(&path, text)? {
            There::Same => {}
            There::Other if !args.force => {
                let text = format!(
                    "{} is there and says something else, so nothing was written\n  \
                     mend: write into another directory with --out, or replace it with --force",
                    path.display()
                );
                return Err(Failure::new(Exit::Finding, text));
            }
            There::Nothing | There::Other => missing.push((path, text)),
        }
    }
    missing.into_iter().try_for_each(|(path, text)| save::fresh(&path, text.as_bytes()))
}

enum There {
    Nothing,
    Same,
    Other,
}

fn there(path: &Path, text: &str) -> Result<There, Failure> {
    match fs::metadata(path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(There::Nothing),
        // Not read then: it may be of any length.
        Ok(facts) if facts.len() != text.len() as u64 => return Ok(There::Other),
        facts => facts.map_err(|e| Failure::system(path, &e))?,
    };
    let same = fs::read(path).map_err(|e| Failure::system(path, &e))? == text.as_bytes();
    Ok(if same { There::Same } else { There::Other })
}

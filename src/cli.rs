//! Commands: the tree, what they print, and how the process ends. A file for each in `cli/`.

pub mod caller;
mod cases;
pub mod check;
pub mod check_output;
pub mod completions;
pub mod consent;
pub mod demo;
mod desk;
pub mod destinations;
pub mod explain;
pub mod init;
pub mod ledger;
mod offline;
pub mod panel;
pub mod places;
pub mod policy;
pub mod rehearse;
pub mod run;
mod running;
pub mod screen;
mod shipped;
pub mod stop;
pub mod suggest;

use crate::config::{self, Config, Faults};
use clap::{CommandFactory as _, Parser, Subcommand, error::ErrorKind};
use running::wait;
use serde_json::{Value, json};
use std::{
    ffi::OsString,
    io::{self, IsTerminal as _, Write as _},
    path::PathBuf,
    process::ExitCode,
};

/// An outbound data-flow gateway for homelessness charities that keep the Support Not Deport charter.
///
/// It stands between your case system and everybody else's. What the charter does not let out stays in: no data
/// to the Home Office, directly or through others; nothing about a client without the client's own consent, item
/// by item; and a record that the scrutiny panel can check for itself.
#[derive(Debug, Parser)]
#[command(name = "havengate", version, after_help = AFTER, propagate_version = true, disable_help_subcommand = true)]
pub struct Cli {
    /// The configuration [default: $HAVENGATE_CONFIG, or havengate.toml here]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Print one JSON document instead of text
    #[arg(long, global = true)]
    pub json: bool,
    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

const AFTER: &str = "\
Begin with `havengate init`, then `havengate caller add`.

Exit codes: 0 done; 1 something was found; 2 wrong usage; 3 configuration or policy at fault;
4 the record book does not hold together; 5 unavailable.

Danger to life: phone 999 now. Nothing here stops you.";

/// What can be done. A command stands here once it works.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show what leaves and what stays, on this machine alone
    ///
    /// Makes a temporary home with the shipped policies, starts the gateway in it beside a stand-in for somebody
    /// else's database, sends requests as a case system would, and shows what was sent, what left the building and
    /// which clause of the charter decided. Then it stays up and prints requests to try. Needs nothing, and sends
    /// nothing beyond this machine.
    Demo(demo::Demo),
    /// Run the gateway
    ///
    /// Stops on SIGTERM or SIGINT, after the requests in flight have ended. Reads policies again on SIGHUP; where
    /// they are at fault it keeps the last good set and says so. It starts only when configuration, keys, record
    /// book and policies are all sound.
    Run(run::Run),
    /// Check policies and run their cases
    ///
    /// Compiles policies/ as the gateway would and runs every case in policies/cases. Prints what is wrong with
    /// file, line and the mend, and warns of what is legal but unwise: names that are not asked of DNS, connections
    /// in plain http. Nothing is sent, and a running gateway is not asked. Ends with 3 where the set is invalid and
    /// with 1 where a case came out otherwise than it says.
    Check(check::Check),
    /// Explain a decision, or a request that was not sent
    ///
    /// With a decision's id (Havengate-Decision in the answer): what was decided, by which clauses and rules, what
    /// would change it, and how it ended. With a request: each step it would pass, each rule with its clause, and
    /// what would change the outcome, with the consents and stops in force. Nothing is sent.
    Explain(explain::Explain),
    /// Draft a connection from samples, or from a recipient's OpenAPI document
    ///
    /// Reads what your case system sends and writes down what each place seems to hold and why: by its name, by what the
    /// detectors find in its values, by a question's text. What could not be told stands as a comment, so that it does
    /// not leave. Says whether the draft compiles and what of the samples would leave today. Nothing is sent, and no
    /// value of a sample is repeated.
    Suggest(suggest::Suggest),
    /// Show what would leave of one body, from the policy files alone
    ///
    /// Reads a body on standard input, makes the request of the operation it is for, and shows the difference: what
    /// leaves, what stays and which rule keeps it, what leaves in a rougher form, and what would change that. Nothing
    /// is sent and no socket is opened. It needs no home, no keys and no record book: nobody has consented unless a file
    /// says so.
    Screen(screen::Screen),
    /// Judge recorded requests, or a live copy of them, before cut-over
    ///
    /// Says of each request what would leave, what would be taken out and what would be refused, by which rule, and
    /// what would change it; then the figures for each operation. Nothing is sent: there is no client in it.
    ///
    /// A request that went to the gateway is judged as it was. One that went to a recipient directly is judged as if
    /// it had come by the connection that leads there. One that no connection covers is a finding: once the network
    /// lets only the gateway out, it will fail. Each is judged by itself: a consent that one of them would use up is
    /// still there for the next.
    ///
    /// The consents and stops are those of the running gateway, which takes requests of up to 64 KiB, or of the
    /// record book where none runs. Reports hold no values, no URLs and no client's reference.
    Rehearse(rehearse::Rehearse),
    /// Record, end and sign consent
    ///
    /// Consent is given item by item: one piece of data, in one form, to one recipient, for one purpose. A command
    /// reaches the running gateway, or the record book itself where none runs. The record book keeps a keyed label
    /// of a client, never the reference.
    #[command(subcommand)]
    Consent(consent::ConsentCommand),
    /// Look after recipients: who they are, why one is closed, what runs out
    ///
    /// A recipient is a system of an organisation (riverside-council/housing-referrals). The registry is
    /// policies/organisations.toml, which is yours, and policies/roots.toml, the Home Office and its bodies, which
    /// nobody changes. Commands that change it compile the whole policy first, say what opens and what closes, and keep
    /// every comment; none needs a running gateway.
    #[command(subcommand)]
    Destinations(destinations::DestinationsCommand),
    /// Keep the list of sleep sites and refuges, which is looked for in everything that leaves
    ///
    /// The places are read from standard input and kept nowhere: policies/places.toml holds digests under a key of this
    /// home, keys/places.key. The gateway finds a listed place within any value, however it is spelled.
    #[command(subcommand)]
    Places(places::PlacesCommand),
    /// Make a home: configuration, policies, keys and an empty record book
    ///
    /// Makes havengate.toml with every key explained, policies to start from, keys that only you can read, and an
    /// empty record book. Overwrites nothing; when it fails half-way it removes what it made.
    Init(init::Init),
    /// Say which systems may call
    #[command(subcommand)]
    Caller(caller::CallerCommand),
    /// Look after the record book
    #[command(subcommand)]
    Ledger(ledger::LedgerCommand),
    /// Stop a flow ("down tools")
    #[command(subcommand)]
    Stop(stop::StopCommand),
    /// Say who may look at the scrutiny panel's pages
    #[command(subcommand)]
    Panel(panel::PanelCommand),
    /// Change the rules in force
    #[command(subcommand)]
    Policy(policy::PolicyCommand),
    /// Print a script that completes commands in your shell
    Completions(completions::Completions),
    /// Write the manual pages
    Man(completions::Man),
}

/// How the process ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done.
    Ok = 0,
    /// Something was found: a case that failed, an outcome not as stated.
    Finding = 1,
    /// Wrong usage.
    Usage = 2,
    /// Configuration or policy at fault.
    Configuration = 3,
    /// The record book does not hold together.
    Ledger = 4,
    /// Something needed is not there or said no: a file, a socket, a disk.
    Unavailable = 5,
}

/// What goes to standard output.
#[derive(Debug, Clone, PartialEq)]
pub struct Printed {
    /// For a person.
    pub text: String,
    /// For a machine, with `--json`.
    pub data: Value,
    /// [`Exit::Ok`], or [`Exit::Finding`] where what is printed is a finding.
    pub exit: Exit,
}

/// Why a command did not do it: standard error, or with `--json` a document on standard output.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{text}")]
pub struct Failure {
    /// How the process ends.
    pub exit: Exit,
    /// What was wrong and what to do, for a person. Never holds a value.
    pub text: String,
    /// More for a machine, or null.
    pub details: Value,
}

/// What every command is told besides its own arguments.
#[derive(Debug, Clone)]
pub struct Context {
    /// The configuration's path.
    pub file: PathBuf,
    /// Whether standard output is for a machine.
    pub json: bool,
}

/// Reads the arguments, does it, prints it. The first argument is the program's name.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> Exit {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let json = arguments.iter().take_while(|a| *a != "--").any(|a| a == "--json");
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => return told(&error, json),
    };
    let variable = std::env::var_os(config::CONFIG_VARIABLE);
    let context = Context { file: config::locate(cli.config.as_deref(), variable.as_deref()), json: cli.json };
    match dispatch(cli.command, &context) {
        Ok(printed) => {
            show(&if context.json { pretty(&printed.data) } else { printed.text });
            printed.exit
        }
        Err(failure) => {
            if context.json {
                show(&pretty(&failed(failure.exit, &failure.text, &failure.details)));
            } else {
                let _ = writeln!(io::stderr().lock(), "error: {}", failure.text);
            }
            failure.exit
        }
    }
}

fn dispatch(command: Command, context: &Context) -> Result<Printed, Failure> {
    match command {
        Command::Demo(args) => wait(demo::run(args, context.json))?,
        Command::Run(args) => run::run(&args, context),
        Command::Check(args) => check::run(args, context),
        Command::Explain(args) => wait(explain::run(args, context))?,
        Command::Suggest(args) => suggest::run(&args, context),
        Command::Screen(args) => screen::run(&args, context),
        Command::Rehearse(args) => wait(rehearse::run(args, context))?,
        Command::Consent(args) => {
            let desk = desk::HomeDesk::of(context)?;
            let printed = wait(consent::run(args, &desk))??;
            Ok(Printed::done(printed.text, printed.data))
        }
        Command::Caller(command) => caller::run(command, context),
        Command::Destinations(command) => destinations::run(command, context),
        Command::Places(command) => places::run(command, context),
        Command::Init(args) => init::run(&args),
        Command::Ledger(command) => ledger::run(command, context),
        Command::Stop(command) => stop::run(command, context),
        Command::Panel(command) => panel::run(command, context),
        Command::Policy(command) => policy::run(&command, context),
        Command::Completions(args) => Ok(completions::completions(&args, Cli::command())),
        Command::Man(args) => completions::man(&args, Cli::command()),
    }
}

/// A failure for a machine: the whole text, and what to do apart where it says so.
fn failed(exit: Exit, text: &str, details: &Value) -> Value {
    let mend = text.split_once("\n  mend: ").map(|(_, mend)| mend.trim_end());
    json!({ "error": { "exit": exit as u8, "text": text, "mend": mend, "details": details } })
}

/// Help and version are answers; anything else is wrong usage.
fn told(error: &clap::Error, json: bool) -> Exit {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            let _ = error.print();
            Exit::Ok
        }
        _ => {
            if json {
                show(&pretty(&failed(Exit::Usage, error.to_string().trim_end(), &Value::Null)));
            } else {
                let _ = error.print();
            }
            Exit::Usage
        }
    }
}

/// Standard output that was closed early is the reader's choice.
fn show(text: &str) {
    let mut out = io::stdout().lock();
    let _ =
        if text.ends_with('\n') || text.is_empty() { out.write_all(text.as_bytes()) } else { writeln!(out, "{text}") };
    let _ = out.flush();
}

fn pretty(data: &Value) -> String {
    serde_json::to_string_pretty(data).unwrap_or_default()
}

/// Whether a person who can see colours reads standard output.
#[must_use]
pub fn colours() -> bool {
    io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty())
}

impl Context {
    /// The configuration, with the environment laid over it.
    ///
    /// # Errors
    /// [`Exit::Configuration`] with everything that is wrong.
    pub fn load(&self) -> Result<Config, Failure> {
        Ok(Config::load(&self.file, std::env::vars_os())?)
    }
}

impl Printed {
    /// Done.
    #[must_use]
    pub fn done(text: impl Into<String>, data: Value) -> Self {
        Self { text: text.into(), data, exit: Exit::Ok }
    }
}

impl Failure {
    /// What was wrong and what to do.
    #[must_use]
    pub fn new(exit: Exit, text: impl Into<String>) -> Self {
        Self { exit, text: text.into(), details: Value::Null }
    }

    /// What the system said of a path.
    #[must_use]
    pub fn system(path: &std::path::Path, error: &io::Error) -> Self {
        Self::new(Exit::Unavailable, format!("{}: {error}", path.display()))
    }
}

impl From<Faults> for Failure {
    fn from(faults: Faults) -> Self {
        let details = json!({ "faults": faults.list() });
        Self { exit: Exit::Configuration, text: format!("the configuration is at fault\n{faults}"), details }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// The day by which policies are judged (Europe/London).
fn today() -> jiff::civil::Date {
    crate::verdict::destination::day_in_london(jiff::Timestamp::now())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tree_of_commands_is_sound() {
        Cli::command().debug_assert();
    }
}

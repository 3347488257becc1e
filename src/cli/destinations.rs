//! `havengate destinations …`: who the recipients are, why one is closed, what runs out, and how the registry is
//! changed without losing a comment.

mod data;
mod due;
mod edit;
mod effect;
mod exposure;
mod force;
mod graph;
mod letter;
mod list;
pub(super) mod save;
mod show;
mod write;

use super::{Context, Exit, Failure, Printed, check::links_that_hold, check_output::diagnostics, today};
use crate::{
    gate::policy_files,
    policy::{
        Diagnostic, Policy, Sources,
        organisations::{System, find::Asked},
    },
};
use jiff::civil::Date;
use std::path::PathBuf;

/// Look after recipients.
#[derive(Debug, clap::Subcommand)]
pub enum DestinationsCommand {
    /// List recipients by class
    List(list::List),
    /// Show everything known of a recipient or an organisation
    Show(show::Show),
    /// Say why something is open or closed: a host, a URL, an address, a mail domain, a tenant id, an id
    ///
    /// The same place gets the same answer however it is spelled: hosts go through the gateway's own reading. Shows
    /// the class, the path to the Home Office with evidence, dates and how certain each link is, which entry matched,
    /// and what would change it. Nothing is asked of DNS.
    Why(show::Why),
    /// List what runs out: assessments, undertakings, approvals, deadlines
    Due(due::DueArgs),
    /// Draw who passes data to whom, with the ways to the Home Office marked
    Graph(graph::Graph),
    /// Write the letter to print and sign: to a forum the challenge (TRANS-2), to others the request for an undertaking
    Letter(letter::LetterArgs),
    /// Say what went to a recipient since a day, from the record book
    ///
    /// For the panel figures by month; for workers, with --references, which of the clients they name had something
    /// sent, so that those can be told in person. The record book holds keyed labels and never a reference: the list
    /// comes from your case system, and it is not kept.
    Exposure(exposure::ExposureArgs),
    /// Add an organisation, a system, or what a system answers at
    Add(write::Add),
    /// Record that somebody looked at where a system's data goes, and why it is safe
    Assess(write::Assess),
    /// Record a system's undertaking not to pass data on (DATA-4)
    Undertake(write::Undertake),
    /// Record how far the challenge to the Home Office's presence in a forum has come (TRANS-2)
    Forum(write::ForumArgs),
    /// Record that data passes from one organisation to another, with evidence
    Link(write::Link),
    /// Record that a link has ended; it is kept, shown, and denies nothing any more
    EndLink(write::EndLink),
}

/// Carries it out.
pub(super) fn run(command: DestinationsCommand, context: &Context) -> Result<Printed, Failure> {
    use DestinationsCommand as C;
    match command {
        C::List(args) => list::run(&args, context),
        C::Show(args) => show::show(&args, context),
        C::Why(args) => show::why(&args, context),
        C::Due(args) => due::run(&args, context),
        C::Graph(args) => graph::run(&args, context),
        C::Letter(args) => letter::run(&args, context),
        C::Exposure(args) => exposure::run(&args, context),
        C::Add(args) => write::run(&args, context),
        C::Assess(args) => write::run(&args, context),
        C::Undertake(args) => write::run(&args, context),
        C::Forum(args) => write::run(&args, context),
        C::Link(args) => write::run(&args, context),
        C::EndLink(args) => write::run(&args, context),
    }
}

/// The day that is asked about.
#[derive(Debug, Clone, Copy, clap::Args)]
struct AsOf {
    /// As if it were this day, 2027-10-01 [default: today in London]
    #[arg(long, value_name = "DAY", value_parser = crate::cli::destinations::written_day)]
    at: Option<Date>,
}

impl AsOf {
    fn day(self) -> Date {
        self.at.unwrap_or_else(today)
    }
}

/// A day as the files write it.
fn written_day(text: &str) -> Result<Date, &'static str> {
    text.parse().map_err(|_| "write a day that exists as year-month-day, such as 2027-09-30")
}

/// The rules as they stand in the files.
struct Files {
    directory: PathBuf,
    sources: Sources,
}

impl Files {
    fn read(directory: PathBuf) -> Result<Self, Failure> {
        let sources = policy_files::read(&directory).map_err(|e| Failure::new(Exit::Configuration, e.to_string()))?;
        Ok(Self { directory, sources })
    }

    /// The rules compiled.
    fn compile(&self) -> Result<Policy, Failure> {
        let compiled = Policy::compile(&self.sources);
        let policy = compiled.map_err(|found| invalid("the policy set is invalid", &found, &self.sources))?;
        links_that_hold(&policy)?;
        Ok(policy)
    }
}

/// The configured policies, compiled.
fn policy(context: &Context) -> Result<Policy, Failure> {
    Files::read(context.load()?.policies)?.compile()
}

fn invalid(what: &str, found: &[Diagnostic], sources: &Sources) -> Failure {
    let text = diagnostics::text(found, sources, "policies", super::colours());
    Failure { exit: Exit::Configuration, text: format!("{what}\n{text}"), details: diagnostics::data(found, sources) }
}

/// Nobody of that name is in the registry.
fn unknown(asked: &str, policy: &Policy) -> Failure {
    let found = policy.registry.find(asked).map(|a| a.near).unwrap_or_default();
    let near = if found.is_empty() { policy.registry.near(asked) } else { found };
    let mend = match near.as_slice() {
        [] => "`havengate destinations list` shows every recipient".to_owned(),
        near => format!("did you mean {}? `havengate destinations list` shows every recipient", near.join(", ")),
    };
    Failure::new(Exit::Usage, format!("the registry has no recipient or organisation of this id\n  mend: {mend}"))
}

/// The one recipient that is meant.
fn one<'p>(asked: &str, policy: &'p Policy) -> Result<&'p System, Failure> {
    let answer = policy.registry.find(asked).ok().filter(|a| matches!(a.asked, Asked::Entry(_)));
    let answer = answer.ok_or_else(|| unknown(asked, policy))?;
    match answer.found.as_slice() {
        [only] => Ok(only.system),
        all => {
            let ids: Vec<_> = all.iter().map(|f| f.system.id.as_str()).collect();
            let mend = match ids.is_empty() {
                true => "add the system that you send to: `havengate destinations add`".to_owned(),
                false => format!("name one of its systems: {}", ids.join(", ")),
            };
            Err(Failure::new(Exit::Usage, format!("this is an organisation, not a recipient\n  mend: {mend}")))
        }
    }
}

fn many(n: usize, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}

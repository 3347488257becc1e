//! `havengate destinations exposure`: what had gone to a recipient when a link is found.

mod list;
mod told;

use super::{Context, Exit, Failure, Files, Printed, unknown};
use crate::{
    cli::running,
    config::Config,
    flow::{App, SubjectLabel, SystemId},
    gate::{
        control::{self, ClientRef, Command, ControlError, Reply},
        keys,
    },
    ledger::{
        Ledger, Opening,
        exposure::{Figures, Page, People, Sent, Span},
    },
    policy::{
        Policy,
        organisations::find::{Asked, By},
    },
};
use jiff::civil::Date;
use std::{
    collections::{BTreeSet, HashMap},
    ops::ControlFlow,
    path::PathBuf,
};

/// No gateway was there before.
const BEFORE_ALL: Date = jiff::civil::date(2000, 1, 1);
/// More systems than this are not named to the gateway: it gives everything, and we pick.
const NAMED: usize = 500;

/// What `exposure` is told.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  havengate destinations exposure riverside-council --since 2026-10-01
  havengate destinations exposure nrpf-connect --through --since 2026-10-01
  havengate destinations exposure riverside-council --since 2026-10-01 --references clients.txt --caller inform

Without --references: figures for the panel, in whole months. Requests are counted as they are; values only as fewer than
10, 10 or more, 20 or more and so on, so that nobody is found by them. With --references: those of the list of whom
something went, since when and what kinds, for workers to tell them in person; no figures. Do not leave the list lying
about: --references - reads it from standard input. One reference a line and nothing else: no columns, no heading; capital
and small letters are different. Ends with 1 where a reference of the list was found.

--json: `recipients`, `since`, `months` (an array of `month`, `requests`, `arrival_unknown`, `values`), `erased`, `first_known`
(the first day in the record book, or null), `cannot_know`; with --references `caller`, `read` (how many), `references` (an array of `reference`, `since`, `groups`, `to`, `answered`), `incomplete`.")]
pub struct ExposureArgs {
    /// A system, or an organisation: all its systems
    #[arg(value_name = "ID")]
    id: String,
    /// The first day that counts
    #[arg(long, value_name = "DAY", value_parser = crate::cli::destinations::written_day)]
    since: Date,
    /// Also every recipient from which client data goes on to it
    #[arg(long)]
    through: bool,
    /// A list of client references, one a line, as the case system writes them; - is standard input
    #[arg(long, value_name = "FILE", requires = "caller")]
    references: Option<PathBuf>,
    /// The case system the references are of, as `app` in policies/integrations says it
    #[arg(long, value_name = "APP", requires = "references")]
    caller: Option<App>,
}

/// Carries it out.
pub(super) fn run(args: &ExposureArgs, context: &Context) -> Result<Printed, Failure> {
    let config = context.load()?;
    let policy = Files::read(config.policies.clone())?.compile()?;
    let systems = args.systems(&policy)?;
    let group = |category: &_| policy.categories.group(category);
    if args.since > super::today() {
        let text = format!("--since {} is to come, and nothing was sent yet\n  mend: write a day that was", args.since);
        return Err(Failure::new(Exit::Usage, text));
    }
    match (&args.references, &args.caller) {
        (Some(path), Some(caller)) => {
            check_caller(caller, &policy, &config)?;
            let references = list::references(path)?;
            let labels = labels(&references, caller, &config)?;
            let mut people = People::default();
            // Records say the day in UTC, which in summer begins an hour after London's.
            let since = args.since.yesterday().unwrap_or(args.since);
            read(&config, &systems, since, |sent| {
                people.add(sent, group, |label| labels.get(label).copied());
                ControlFlow::Continue(())
            })?;
            let known = told::Known { since: args.since, first: first(&config)? };
            Ok(told::workers(&people, &references, caller, &systems, known))
        }
        _ => {
            let mut figures = Figures::default();
            let since = args.since.first_of_month();
            read(&config, &systems, since, |sent| {
                figures.add(sent, group);
                ControlFlow::Continue(())
            })?;
            let known = told::Known { since, first: first(&config)? };
            Ok(told::panel(&figures.finish(), &systems, known))
        }
    }
}

impl ExposureArgs {
    /// The recipients that are meant. One that the registry no longer knows may still be in the record book.
    fn systems(&self, policy: &Policy) -> Result<BTreeSet<SystemId>, Failure> {
        let registry = &policy.registry;
        let gone = || SystemId::parse(&self.id).ok().filter(|id| id.as_str().contains('/') && !self.through);
        let answer = registry.find(&self.id).ok().filter(|a| matches!(a.asked, Asked::Entry(_)));
        let Some(answer) = answer else {
            return gone().map(|id| [id].into()).ok_or_else(|| unknown(&self.id, policy));
        };
        let mut systems: BTreeSet<SystemId> = answer.found.iter().map(|f| f.system.id.clone()).collect();
        let by_id = answer.found.iter().find(|f| f.by == By::Id).map(|f| &f.system.organisation);
        if let Some(organisation) = answer.organisation.map(|o| &o.id).or(by_id).filter(|_| self.through) {
            systems.extend(registry.through(organisation).into_iter().map(|s| s.id.clone()));
        }
        if systems.is_empty() {
            let text = "this organisation has no systems, so nothing was sent to it\n  mend: --through adds the recipients \
                        from which data goes on to it";
            return Err(Failure::new(Exit::Finding, text));
        }
        Ok(systems)
    }
}

/// A misspelt caller would find nobody, and nobody would be told.
fn check_caller(caller: &App, policy: &Policy, config: &Config) -> Result<(), Failure> {
    let connections = policy.integrations.values().map(|i| &i.app);
    let known: BTreeSet<&App> = connections.chain(config.callers.iter().map(|c| &c.app)).collect();
    if known.contains(caller) {
        return Ok(());
    }
    let names: Vec<_> = known.iter().map(|app| app.as_str()).collect();
    let text = format!("no caller or connection is called so\n  mend: write one of {}", names.join(", "));
    Err(Failure::new(Exit::Usage, text))
}

/// Each label that a reference may stand under, of every key there was, with the reference's position.
fn labels(references: &[ClientRef], caller: &App, config: &Config) -> Result<HashMap<SubjectLabel, usize>, Failure> {
    let keys = keys::load_dir(&config.keys).map_err(|e| Failure::new(Exit::Configuration, e.to_string()))?;
    let each = references.iter().enumerate();
    Ok(each.flat_map(|(i, r)| keys.subjects.labels(caller, r.as_str()).into_iter().map(move |l| (l, i))).collect())
}

/// The first day of which the record book knows that something was sent, to anybody.
fn first(config: &Config) -> Result<Option<Date>, Failure> {
    let mut first = None;
    read(config, &BTreeSet::new(), BEFORE_ALL, |sent| {
        first = Some(sent.day);
        ControlFlow::Break(())
    })?;
    Ok(first)
}

/// Reads all of it, or until it is enough, from the running gateway or from the record book that nobody holds. No systems: to
/// whomever it went.
fn read(
    config: &Config,
    systems: &BTreeSet<SystemId>,
    since: Date,
    mut each: impl FnMut(&Sent) -> ControlFlow<()>,
) -> Result<(), Failure> {
    running::wait(async {
        let named = if systems.len() > NAMED { BTreeSet::new() } else { systems.clone() };
        let mut span = Span { systems: named, since, entry: 0, row: 0 };
        let mut book = None;
        let done = loop {
            let page = match &book {
                Some(ledger) => offline(ledger, &span).await,
                None => match online(config, &span).await {
                    Ok(Some(page)) => Ok(page),
                    Ok(None) => {
                        let opening = Opening::new(&config.gateway.name);
                        let ledger = Ledger::open(&config.ledger, opening)
                            .map_err(|e| Failure::new(Exit::Unavailable, e.to_string()))?;
                        offline(book.insert(ledger), &span).await
                    }
                    Err(failure) => Err(failure),
                },
            };
            let page = match page {
                Ok(page) => page,
                Err(failure) => break Err(failure),
            };
            let mut wanted = page.sent.iter().filter(|s| systems.is_empty() || systems.contains(&s.to));
            let enough = wanted.try_for_each(&mut each).is_break();
            match page.next.filter(|_| !enough) {
                None => break Ok(()),
                // It always goes on; a gateway that did not would keep us here for ever.
                Some(next) if next > (span.entry, span.row) => (span.entry, span.row) = next,
                Some(_) => break Err(Failure::new(Exit::Unavailable, "the gateway's answer goes round in a circle")),
            }
        };
        if let Some(ledger) = book {
            ledger.close().await.map_err(|e| Failure::new(Exit::Unavailable, e.to_string()))?;
        }
        done
    })?
}

async fn offline(ledger: &Ledger, span: &Span) -> Result<Page, Failure> {
    ledger.exposure(span.clone()).await.map_err(|e| Failure::new(Exit::Unavailable, e.to_string()))
}

/// `None` where no gateway runs.
async fn online(config: &Config, span: &Span) -> Result<Option<Page>, Failure> {
    let unavailable = |text: String| Failure::new(Exit::Unavailable, text);
    match control::call(&config.control_socket(), &Command::Exposure(span.clone())).await {
        Ok(Reply::Done { data, .. }) => serde_json::from_value(data)
            .map(Some)
            .map_err(|_| unavailable("the gateway's answer was not understood: is it of another version?".to_owned())),
        Ok(Reply::Refused { text }) => Err(unavailable(text)),
        Ok(Reply::Invalid { text }) => {
            Err(unavailable(format!("the gateway did not understand: is it of another version? {text}")))
        }
        Err(ControlError::NotRunning(_)) => Ok(None),
        Err(error) => Err(unavailable(error.to_string())),
    }
}

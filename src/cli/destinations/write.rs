//! The commands that change `organisations.toml`: in memory, compiled whole, shown, and only then written.

mod add;
mod findings;
mod links;
mod undertake;

pub(super) use add::Add;
pub(super) use findings::{Assess, ForumArgs};
pub(super) use links::{EndLink, Link};
pub(super) use undertake::Undertake;

use super::{
    Context, Exit, Failure, Files, Printed,
    edit::{self, NoEdit, Registry},
    effect::Effect,
    invalid, save,
};
use crate::{
    cli::{check_output::diagnostics, running},
    config::Config,
    gate::control,
    policy::{Class, Diagnostic, Policy, organisations::words},
};
use jiff::civil::Date;
use serde_json::json;

/// The file that is changed.
const FILE: &str = "organisations.toml";
/// The file that is not.
const CORE: &str = "roots.toml";

/// What every change is told besides.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(super) struct How {
    /// Show what would change and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Let the running gateway take it up at once
    #[arg(long, conflicts_with = "dry_run")]
    reload: bool,
}

/// A change to the registry.
pub(super) trait Change {
    /// The organisation or system that is changed, where the core must not hold it.
    fn subject(&self) -> Option<&str>;
    fn how(&self) -> How;
    /// Makes it. Gives what stood there before, where something is replaced.
    fn make(&self, registry: &mut Registry) -> Result<Option<String>, Failure>;
}

impl From<NoEdit> for Failure {
    fn from(error: NoEdit) -> Self {
        Self::new(Exit::Finding, error.to_string())
    }
}

/// Carries a change out.
pub(super) fn run(change: &impl Change, context: &Context) -> Result<Printed, Failure> {
    let config = context.load()?;
    let mut files = Files::read(config.policies.clone())?;
    let target = save::Target::open(&files.directory.join(FILE))?;
    if files.sources.get(FILE) != Some(target.text()) {
        let text = format!("{FILE} was changed while it was read; nothing was written\n  mend: run it again");
        return Err(Failure::new(Exit::Unavailable, text));
    }
    if let Some(id) = change.subject() {
        refuse_core(&files, id)?;
    }
    let before = Policy::compile(&files.sources);
    if let (Some(id), Ok(policy)) = (change.subject(), &before) {
        refuse_council(policy, id)?;
    }
    let Some(mut registry) = Registry::read(target.text()) else {
        return Err(invalid("the policy set is invalid", &before.err().unwrap_or_default(), &files.sources));
    };
    let replaced = change.make(&mut registry)?;
    let text = with_ends_of(target.text(), registry.text());
    files.sources.insert(FILE, text.as_str());
    let after = Policy::compile(&files.sources).map_err(|found| {
        let what = match before {
            Ok(_) => "with this change the policy set would be invalid, so nothing was written",
            Err(_) => "the policy set is invalid already, so nothing was written: mend this first",
        };
        invalid(what, &found, &files.sources)
    })?;
    let effect = Effect::of(before.as_ref().ok(), &after, super::today());
    let stays = change.subject().filter(|_| effect.is_none()).map_or_else(String::new, |id| stays(id, &after));
    let outcome = Outcome {
        stays,
        difference: if text == target.text() { String::new() } else { edit::difference(target.text(), &text) },
        effect,
        warnings: fresh(before.as_ref().map_or(&[][..], |p| &p.warnings), &after.warnings),
        replaced,
    };
    let dry = change.how().dry_run || outcome.difference.is_empty();
    if !dry {
        target.replace(&text)?;
    }
    outcome.printed(change.how(), dry, &config, &files)
}

/// The Home Office and its bodies are the core.
fn refuse_core(files: &Files, id: &str) -> Result<(), Failure> {
    let organisation = id.split('/').next().unwrap_or(id);
    let mut core = files.sources.get(CORE).and_then(Registry::read);
    let holds = core.as_mut().is_some_and(|r| r.has_organisation(organisation).unwrap_or(true));
    if !holds {
        return Ok(());
    }
    let text = format!(
        "{organisation} stands in {CORE}, the Home Office and its bodies, which nobody changes\n  mend: nothing opens it; \
         if the entry is wrong, tell the project, with a source"
    );
    Err(Failure::new(Exit::Finding, text))
}

/// A council is many systems, and one line of its domain says nothing of any of them.
fn refuse_council(policy: &Policy, id: &str) -> Result<(), Failure> {
    let id = id.split('/').next().unwrap_or(id);
    let Some(council) = policy.registry.organisations.values().find(|o| o.council && o.id.as_str() == id) else {
        return Ok(());
    };
    let text =
        format!("{id} is the whole of {}, known by its domain alone\n  mend: {}", council.name, words::ADD_THE_ONE);
    Err(Failure::new(Exit::Finding, text))
}

/// What has begun has a first day that is not to come.
fn begun(option: &str, first: Option<Date>) -> Result<(), Failure> {
    match first {
        Some(day) if day > super::today() => {
            let text = format!("--{option} {day} is to come\n  mend: write the first day; record it when it has come");
            Err(Failure::new(Exit::Usage, text))
        }
        _ => Ok(()),
    }
}

/// Warnings that the change brings.
fn fresh(before: &[Diagnostic], after: &[Diagnostic]) -> Vec<Diagnostic> {
    let known = |d: &&Diagnostic| !before.iter().any(|b| (&b.file, &b.message) == (&d.file, &d.message));
    after.iter().filter(known).cloned().collect()
}

/// The text with the line ends of the old one: an editor that wrote CR LF should find them.
fn with_ends_of(old: &str, new: String) -> String {
    let returns = old.matches("\r\n").count();
    if returns * 2 <= old.matches('\n').count() {
        return new;
    }
    new.replace("\r\n", "\n").replace('\n', "\r\n")
}

/// How a recipient stands whose class a change left as it was, and why.
fn stays(id: &str, after: &Policy) -> String {
    let today = super::today();
    let Some(system) = id.parse().ok().and_then(|id| after.registry.system(&id)) else { return String::new() };
    let standing = words::standing(&after.registry, system, today);
    let mut text = format!("  {} stays {}\n", system.id, standing.class);
    for because in &standing.because {
        text.push_str(&format!("    because     {because}\n"));
    }
    if standing.class == Class::Clear && system.undertaking_current(today) && !system.home_office_forum {
        text.push_str("    open        to a connection, item by item\n");
    }
    for next in &standing.changes {
        text.push_str(&format!("    what next   {next}\n"));
    }
    text
}

/// What a change comes to.
struct Outcome {
    /// Why a recipient stands as before.
    stays: String,
    difference: String,
    effect: Effect,
    warnings: Vec<Diagnostic>,
    replaced: Option<String>,
}

impl Outcome {
    fn printed(self, how: How, dry: bool, config: &Config, files: &Files) -> Result<Printed, Failure> {
        let mut text = String::new();
        if let Some(replaced) = &self.replaced {
            text.push_str(&format!("Stood there before: {replaced}\n\n"));
        }
        if self.difference.is_empty() {
            text.push_str("Nothing changes: it stands there already.\n");
        } else {
            text.push_str(&format!("{}\n{}{}\n", self.difference, self.effect.text(), self.stays));
        }
        text.push_str(&diagnostics::text(&self.warnings, &files.sources, "policies", crate::cli::colours()));
        let file = files.directory.join(FILE);
        let mut reloaded = None;
        match (dry, how.dry_run) {
            (true, true) if !self.difference.is_empty() => text.push_str("Nothing was written (--dry-run).\n"),
            (true, _) => {}
            (false, _) => {
                text.push_str(&format!(
                    "Written to {}. Run `havengate check`: it runs the cases too.\n",
                    file.display()
                ));
                let (said, done) = taken_up(how, config)?;
                text.push_str(&said);
                reloaded = done;
            }
        }
        let data = json!({
            "file": file, "written": !dry, "difference": self.difference, "replaced": self.replaced,
            "effect": self.effect.data(), "warnings": diagnostics::data(&self.warnings, &files.sources),
            "reloaded": reloaded,
        });
        Ok(Printed::done(text, data))
    }
}

/// Whether a running gateway judges by it, or how it will.
fn taken_up(how: How, config: &Config) -> Result<(String, Option<bool>), Failure> {
    if how.reload {
        let unread = |mut failure: Failure| {
            failure.text = format!("it was written, and the gateway did not take it up: {}", failure.text);
            failure
        };
        return Ok(match running::ask(config, &control::Command::Reload, Exit::Configuration).map_err(unread)? {
            Some(printed) => (format!("{}\n", printed.text), Some(true)),
            None => ("No gateway is running; the next one reads it when it starts.\n".to_owned(), Some(false)),
        });
    }
    Ok(match running::ask(config, &control::Command::Status, Exit::Unavailable) {
        Ok(None) => (String::new(), None),
        Ok(Some(_)) | Err(_) => {
            ("The running gateway judges by the old set until: havengate policy reload\n".to_owned(), Some(false))
        }
    })
}

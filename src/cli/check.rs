//! `havengate check`: is the policy set valid, is it wise, and does it do what its cases say?

use super::{Context, Exit, Failure, Printed, cases, cases::Failed, check_output::diagnostics, offline, services};
use crate::{
    gate::{credentials, keys, policy_files},
    policy::{Diagnostic, Policy, Sources},
};
use serde_json::{Value, json};
use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
    sync::Arc,
};

/// What `check` is told.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  havengate check
  havengate check /etc/havengate/policies.next

--json prints one document. Where the set is valid: `policy` (its SHA-256), `warnings` (an array of `severity`, `file`,
`line`, `column`, `message`, `mend`), `notes` (an array of texts), `cases` (how many), `failed` (an array; of a case that
came out otherwise `case` and `differences`, of one that cannot be read an array as `warnings`). Where it is invalid:
`error` with `exit`, `text` and `details`, an array as `warnings`.")]
pub struct Check {
    /// The directory, and nothing but it: no configuration is read [default: the configuration's]
    #[arg(value_name = "POLICIES")]
    directory: Option<PathBuf>,
}

/// Carries it out.
pub(super) fn run(args: Check, context: &Context) -> Result<Printed, Failure> {
    let (directory, mut notices, config) = match args.directory {
        Some(directory) => (directory, Vec::new(), None),
        None => {
            let config = context.load()?;
            (config.policies.clone(), config.warnings(), Some(config))
        }
    };
    let keys = config.as_ref().map(|c| c.keys.clone());
    let sources = policy_files::read(&directory).map_err(|e| Failure::new(Exit::Configuration, e.to_string()))?;
    let policy = Policy::compile(&sources).map_err(|found| invalid(&found, &sources))?;
    links_that_hold(&policy)?;
    if let Some(keys) = &keys {
        places_that_are_found(&policy, keys)?;
    }
    let policy = Arc::new(policy);
    let ran = cases::run(&directory, &policy).map_err(|e| Failure::system(&directory, &e))?;
    notices.extend(plain_http(&policy));
    notices.extend(keys.iter().flat_map(|keys| without_files(&policy, keys)));
    notices.extend(config.iter().flat_map(|config| services::untold(config, &policy)));
    if ran.cases > 0 && !policy.places.is_empty() {
        notices.push(format!("of the cases: {}", offline::WITHOUT_PLACES));
    }
    let mut text = diagnostics::text(&policy.warnings, &sources, "policies", super::colours());
    for notice in &notices {
        let _ = writeln!(text, "note: {notice}");
    }
    for failed in &ran.failed {
        text.push_str(&said(failed));
    }
    let many = |n: usize, what: &str| if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") };
    let _ = writeln!(
        text,
        "policy {}\n{}, {}, {}; {}, {} failed",
        policy.hash,
        many(policy.integrations.len(), "connection"),
        many(policy.registry.systems.len(), "recipient"),
        many(policy.warnings.len(), "warning"),
        many(ran.cases, "case"),
        ran.failed.len()
    );
    let data = json!({
        "policy": policy.hash.to_string(),
        "warnings": diagnostics::data(&policy.warnings, &sources),
        "notes": notices,
        "cases": ran.cases,
        "failed": ran.failed.iter().map(failed_data).collect::<Vec<_>>(),
    });
    let exit = if ran.failed.is_empty() { Exit::Ok } else { Exit::Finding };
    Ok(Printed { text, data, exit })
}

pub(super) fn invalid(found: &[Diagnostic], sources: &Sources) -> Failure {
    let text = diagnostics::text(found, sources, "policies", super::colours());
    Failure {
        exit: Exit::Configuration,
        text: format!("the policy set is invalid\n{text}"),
        details: diagnostics::data(found, sources),
    }
}

/// Compiling knows no day; a link that ends tomorrow conducts today.
pub(super) fn links_that_hold(policy: &Policy) -> Result<(), Failure> {
    let early = policy.registry.ended_too_early(super::today());
    let said: Vec<String> = early
        .map(|l| format!("organisations.toml: the link from {} to {} has not ended yet", l.from.id(), l.to.id()))
        .collect();
    if said.is_empty() {
        return Ok(());
    }
    let mend = "write `status = \"ended\"` and `ended` once its last day is over, and take them out until then";
    Err(Failure::new(Exit::Configuration, format!("{}\n  mend: {mend}", said.join("\n"))))
}

/// A list that was made with another key finds nothing: a gateway does not start with it.
fn places_that_are_found(policy: &Policy, keys: &Path) -> Result<(), Failure> {
    if policy.places.is_empty()
        || keys::load_places(keys).is_ok_and(|k| policy.places.key().is_some_and(|id| id.0 == k.id()))
    {
        return Ok(());
    }
    let text = "places.toml: its digests were not made with keys/places.key, which is another, or missing: no place on the \
                list would be found, and the gateway does not start\n  mend: put the key back from your backup; where it \
                is lost, take places.toml away and add every place again";
    Err(Failure::new(Exit::Configuration, text))
}

fn plain_http(policy: &Policy) -> impl Iterator<Item = String> + '_ {
    policy.integrations.values().filter_map(|i| {
        let reason = i.upstream.plain_http.as_ref()?;
        Some(format!("connection {} speaks plain http: {reason}", i.id))
    })
}

/// Connections whose every request is refused until somebody puts a file there.
fn without_files(policy: &Policy, keys: &Path) -> Vec<String> {
    let each = policy.integrations.values().flat_map(|i| {
        let files = credentials::unusable_files(keys, i);
        files.into_iter().map(|problem| format!("connection {} is refused: keys/{problem}", i.id)).collect::<Vec<_>>()
    });
    each.collect()
}

fn said(failed: &Failed) -> String {
    match failed {
        Failed::Unreadable { found, sources } => diagnostics::text(found, sources, "policies", super::colours()),
        Failed::Otherwise { name, differences } => format!(
            "case {name} failed\n  {}\n  mend: the rules, or policies/cases/{name}/expect.toml where the rules are \
             right\n",
            differences.join("\n").replace('\n', "\n  ")
        ),
    }
}

fn failed_data(failed: &Failed) -> Value {
    match failed {
        Failed::Unreadable { found, sources } => diagnostics::data(found, sources),
        Failed::Otherwise { name, differences } => json!({ "case": name, "differences": differences }),
    }
}

//! `havengate screen`: what would leave of one body, by the policy files alone. Nothing is sent and no socket is opened.

mod ask;
mod document;
mod place;
mod show;
mod text;

use super::{Context, Exit, Failure, Printed, cases, check, offline};
use crate::{
    flow::{Act, IntegrationId, OperationId},
    gate::{
        policy_files,
        rehearsal::{Rehearsal, report::Told},
    },
    policy::{Policy, case::Situation},
};
use ask::Asked;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

/// What `screen` is told.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  havengate screen --integration inform-riverside --operation need < need.json
  havengate screen --integration inform-riverside --path /riverside/referrals/R-1024 --consent consent.json < referral.json
  havengate screen --sample policies/cases/inform-riverside-refer-consented

In what is shown, lines marked `-` stay here and lines marked `~` leave in another form. It shows the body, which is
clients' data: it is for the eyes of those who have the body anyway. --json holds paths, categories and counts, and of
the body only what may leave.

A request that the gateway would send ends with 0, also where values are taken out; one it would refuse ends with 1.

--json prints one document: `sent` (whether it would be), `connection`, `operation`, `recipient`, `passed`, `fields`
(`path`, `category`, `form`, `act`, `count`, `code`, `reasons`), `unlisted`, or `step`, `code`, `detail`, `reasons`;
`leave`, `withheld`, `notes`, and `body` (as text; `body_base64` where it is not UTF-8).")]
pub struct Screen {
    /// The connection
    #[arg(long, value_name = "ID", required_unless_present = "sample", conflicts_with = "sample")]
    integration: Option<IntegrationId>,
    /// Its operation [default: the one that --method and --path name, or the only one with a body]
    #[arg(long, value_name = "ID", conflicts_with = "path")]
    operation: Option<OperationId>,
    /// The method [default: the operation's]
    #[arg(long, conflicts_with = "sample")]
    method: Option<http::Method>,
    /// Path and query as the case system sends them: /riverside/referrals/R-1024
    #[arg(long, conflicts_with = "sample")]
    path: Option<String>,
    /// A header as the case system sends it. Repeat for each
    #[arg(long = "header", value_name = "NAME: VALUE", conflicts_with = "sample")]
    headers: Vec<String>,
    /// Consents, emergencies and stops in force, in a file as the cases' consent.json; or `none`
    #[arg(long, value_name = "FILE", default_value = "none", conflicts_with = "sample")]
    consent: PathBuf,
    /// As if it were this moment [default: now; of a case, its own]
    #[arg(long, value_name = "TIME")]
    now: Option<Timestamp>,
    /// A case, whole, instead of a body: policies/cases/NAME
    #[arg(long, value_name = "DIR", conflicts_with = "operation")]
    sample: Option<PathBuf>,
    /// The policies [default: the configuration's, or policies/ here where there is no configuration]
    #[arg(long, value_name = "DIR")]
    policies: Option<PathBuf>,
}

/// Carries it out.
pub(super) fn run(args: &Screen, context: &Context) -> Result<Printed, Failure> {
    let policy = Arc::new(policy(args.policies.as_deref(), context)?);
    let asked = Asked::of(args, &policy)?;
    let keys = offline::test_keys().map_err(|e| Failure::new(Exit::Unavailable, e.to_string()))?;
    let judge = offline::Offline { policy: &policy, keys: &keys, situation: &asked.situation, now: asked.now };
    let rehearsal = judge.judge(asked.app.clone(), &asked.request);
    Ok(printed(&asked, &rehearsal, &policy))
}

/// The policy set that a command without a home works with.
pub(super) fn policy(named: Option<&Path>, context: &Context) -> Result<Policy, Failure> {
    let directory = directory(named, context)?;
    let sources = policy_files::read(&directory).map_err(|e| Failure::new(Exit::Configuration, e.to_string()))?;
    Policy::compile(&sources).map_err(|found| check::invalid(&found, &sources))
}

/// Where the policies are: as named, as the configuration says, or here.
pub(super) fn directory(named: Option<&Path>, context: &Context) -> Result<PathBuf, Failure> {
    match named {
        Some(directory) => Ok(directory.to_owned()),
        None if context.file.exists() || !Path::new("policies").is_dir() => Ok(context.load()?.policies),
        None => Ok("policies".into()),
    }
}

fn printed(asked: &Asked, rehearsal: &Rehearsal, policy: &Policy) -> Printed {
    let told = Told::of(rehearsal);
    let counts = Counts::of(&told);
    let body = rehearsal.outcome.as_ref().ok().and_then(|s| s.body()).map(|b| b.bytes.clone());
    let mut notes = asked.notes.clone();
    notes.extend(standing_notes(&asked.situation, policy));
    let shown = show::Shown {
        told: &told,
        counts: &counts,
        notes: &notes,
        rules: rehearsal.route.as_ref().and_then(|r| r.operation.body.as_deref()),
        before: &asked.request.body,
        after: body.as_deref(),
        colours: super::colours(),
    };
    let text = shown.text();
    let mut data = serde_json::to_value(&told).unwrap_or_default();
    if let Value::Object(map) = &mut data {
        map.insert("leave".into(), counts.leave.into());
        map.insert("withheld".into(), counts.withheld.into());
        map.insert("notes".into(), json!(notes));
        match body.as_deref().map(|b| (std::str::from_utf8(b), b)) {
            Some((Ok(text), _)) => drop(map.insert("body".into(), text.into())),
            Some((Err(_), b)) => drop(map.insert("body_base64".into(), data_encoding::BASE64.encode(b).into())),
            None => {}
        }
    }
    Printed { text, data, exit: if told.sent { Exit::Ok } else { Exit::Finding } }
}

/// What somebody who reads the result has to know.
fn standing_notes(situation: &Situation, policy: &Policy) -> Vec<String> {
    let mut notes = Vec::new();
    if situation.grants.is_empty() && situation.safeguarding.is_empty() {
        notes.push("judged as if nobody had consented to anything; --consent FILE says otherwise".to_owned());
    }
    notes.push("pseudonyms here are made with a key that everybody knows; the gateway's are others".to_owned());
    if !policy.places.is_empty() {
        notes.push(offline::WITHOUT_PLACES.to_owned());
    }
    notes
}

/// How many values leave and how many do not.
struct Counts {
    leave: u64,
    withheld: u64,
}

impl Counts {
    fn of(told: &Told) -> Self {
        let gone = |act| matches!(act, Act::Stripped | Act::Blocked);
        let sum = |left: bool| told.fields.iter().filter(|f| gone(f.act) != left).map(|f| f.count).sum();
        Self { leave: sum(true), withheld: sum(false) }
    }
}

impl Asked {
    /// A case, whole.
    fn of_case(directory: &Path, now: Option<Timestamp>, policy: &Policy) -> Result<Self, Failure> {
        let case = match cases::read(directory).map_err(|e| Failure::system(directory, &e))? {
            Ok(case) => case,
            Err((found, sources)) => return Err(check::invalid(&found, &sources)),
        };
        let app = cases::caller(&case.situation, policy).ok_or_else(|| {
            let text = "the case names no caller, and the connections have more than one\n  mend: add `app` to its \
                        consent.json";
            Failure::new(Exit::Configuration, text)
        })?;
        let now = now.unwrap_or(case.expect.now);
        Ok(Self { app, request: case.request, situation: case.situation, now, notes: Vec::new() })
    }
}

//! `havengate check`: is the policy set valid, is it wise, and does it do what its cases say?

use super::{Context, Exit, Failure, Printed, cases, cases::Failed, check_output::diagnostics};
use crate::{
    gate::policy_files,
    policy::{Diagnostic, Policy, Sources},
};
use serde_json::{Value, json};
use std::{fmt::Write as _, path::PathBuf, sync::Arc};

/// Check policies and run their cases
///
/// Compiles `policies/` as the gateway would and runs every case in `policies/cases`. Prints what is wrong with
/// file, line and the mend, and warns of what is legal but unwise. Nothing is sent; a running gateway is not asked.
#[derive(Debug, clap::Args)]
pub struct Check {
    /// The directory [default: the configuration's]
    #[arg(value_name = "POLICIES")]
    directory: Option<PathBuf>,
}

/// Carries it out.
pub(super) fn run(args: Check, context: &Context) -> Result<Printed, Failure> {
    let (directory, mut notices) = match args.directory {
        Some(directory) => (directory, Vec::new()),
        None => {
            let config = context.load()?;
            (config.policies.clone(), config.warnings())
        }
    };
    let sources = policy_files::read(&directory).map_err(|e| Failure::new(Exit::Configuration, e.to_string()))?;
    let policy = Policy::compile(&sources).map_err(|found| invalid(&found, &sources))?;
    let policy = Arc::new(policy);
    let ran = cases::run(&directory, &policy).map_err(|e| Failure::system(&directory, &e))?;
    notices.extend(plain_http(&policy));
    let mut text = diagnostics::text(&policy.warnings, &sources, "policies", super::colours());
    for notice in &notices {
        let _ = writeln!(text, "note: {notice}");
    }
    for failed in &ran.failed {
        text.push_str(&said(failed, &sources));
    }
    let _ = writeln!(
        text,
        "policy {}\n{} connections, {} recipients, {} warnings; {} cases, {} failed",
        policy.hash,
        policy.integrations.len(),
        policy.registry.systems.len(),
        policy.warnings.len(),
        ran.cases,
        ran.failed.len()
    );
    let data = json!({
        "policy": policy.hash.to_string(),
        "warnings": diagnostics::data(&policy.warnings, &sources),
        "notes": notices,
        "cases": ran.cases,
        "failed": ran.failed.iter().map(|f| failed_data(f, &sources)).collect::<Vec<_>>(),
    });
    let exit = if ran.failed.is_empty() { Exit::Ok } else { Exit::Finding };
    Ok(Printed { text, data, exit })
}

fn invalid(found: &[Diagnostic], sources: &Sources) -> Failure {
    let text = diagnostics::text(found, sources, "policies", super::colours());
    Failure {
        exit: Exit::Configuration,
        text: format!("the policy set is invalid\n{text}"),
        details: diagnostics::data(found, sources),
    }
}

fn plain_http(policy: &Policy) -> impl Iterator<Item = String> + '_ {
    policy.integrations.values().filter_map(|i| {
        let reason = i.upstream.plain_http.as_ref()?;
        Some(format!("connection {} speaks plain http: {reason}", i.id))
    })
}

fn said(failed: &Failed, sources: &Sources) -> String {
    match failed {
        Failed::Unreadable(found) => diagnostics::text(found, sources, "policies", super::colours()),
        Failed::Otherwise { name, differences } => {
            format!("case {name} failed\n  {}\n", differences.join("\n").replace('\n', "\n  "))
        }
    }
}

fn failed_data(failed: &Failed, sources: &Sources) -> Value {
    match failed {
        Failed::Unreadable(found) => diagnostics::data(found, sources),
        Failed::Otherwise { name, differences } => json!({ "case": name, "differences": differences }),
    }
}

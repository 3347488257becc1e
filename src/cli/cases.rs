//! Runs the cases that an organisation keeps beside its policies: what would leave, compared with what it
//! wrote down should. Nothing is sent, and no key of the gateway is used.

use super::offline::{Offline, test_keys};
use crate::{
    consent::keys::Keys,
    flow::App,
    gate::respond::Removed,
    policy::{
        Diagnostic, Policy, Sources,
        case::{self, Case, Outcome, Situation},
    },
    screen::Screened,
    verdict::Refusal,
};
use std::{io, path::Path, sync::Arc};

/// One case that did not come out as written, or could not be read.
#[derive(Debug)]
pub(super) enum Failed {
    /// Its files are at fault.
    Unreadable {
        /// What is wrong.
        found: Vec<Diagnostic>,
        /// The files it is found in.
        sources: Sources,
    },
    /// It came out otherwise.
    Otherwise {
        /// The case.
        name: String,
        /// What was stated and what came out, line by line.
        differences: Vec<String>,
    },
}

/// What running the cases came to.
#[derive(Debug, Default)]
pub(super) struct Ran {
    /// How many there are.
    pub(super) cases: usize,
    /// Those that failed.
    pub(super) failed: Vec<Failed>,
}

/// Runs every case below `policies/cases`. No such directory is no cases.
pub(super) fn run(directory: &Path, policy: &Arc<Policy>) -> io::Result<Ran> {
    let mut ran = Ran::default();
    let cases = directory.join("cases");
    if !cases.is_dir() {
        return Ok(ran);
    }
    let keys = test_keys()?;
    let mut names: Vec<_> = std::fs::read_dir(cases)?.collect::<Result<_, _>>()?;
    names.retain(|entry| entry.path().is_dir());
    names.sort_by_key(std::fs::DirEntry::file_name);
    for entry in names {
        ran.cases += 1;
        match read(&entry.path())? {
            Err((found, sources)) => ran.failed.push(Failed::Unreadable { found, sources }),
            Ok(case) => {
                let differences = differences(&case, policy, &keys);
                if !differences.is_empty() {
                    ran.failed.push(Failed::Otherwise { name: case.name, differences });
                }
            }
        }
    }
    Ok(ran)
}

/// A case, or what is wrong with its files and the files themselves, so that the line can be shown.
pub(super) fn read(directory: &Path) -> io::Result<Result<Case, (Vec<Diagnostic>, Sources)>> {
    let name = directory.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let mut sources = Sources::default();
    let mut file = |part: &str| {
        let path = directory.join(part);
        let shown = format!("cases/{name}/{part}");
        let text = std::fs::read_to_string(&path).map_err(|e| io::Error::new(e.kind(), format!("{shown}: {e}")))?;
        sources.0.insert(shown, text.clone());
        io::Result::Ok(text)
    };
    let consent = directory.join("consent.json").exists().then(|| file("consent.json")).transpose()?;
    let (request, expect) = (file("request.http")?, file("expect.toml")?);
    Ok(Case::parse(&name, &request, consent.as_deref(), &expect).map_err(|found| (found, sources)))
}

fn differences(case: &Case, policy: &Arc<Policy>, keys: &Arc<Keys>) -> Vec<String> {
    let Some(app) = caller(&case.situation, policy) else {
        return vec!["the case names no caller (`app` in consent.json), and the connections have more than one".into()];
    };
    let offline = Offline { policy, keys, situation: &case.situation, now: case.expect.now };
    let result = offline.judge(app, &case.request).outcome.map_err(|(_, refusal)| refusal);
    match (&case.expect.outcome, result) {
        (Outcome::Sent { removed, upstream_body }, Ok(screened)) => {
            sent(removed, upstream_body.as_deref(), case.request.is_json(), &screened)
        }
        (Outcome::Refused { .. }, Ok(_)) => vec!["stated: refused; came out: sent".into()],
        (Outcome::Sent { .. }, Err(refusal)) => vec![format!("stated: sent; came out: refused, {refusal}")],
        (Outcome::Refused { code, clause, rule }, Err(refusal)) => {
            let mut differences = Vec::new();
            if *code != refusal.code {
                differences.push(format!("stated code: {code}; came out: {}", refusal.code));
            }
            if clause.is_some_and(|c| refusal.reasons.iter().all(|r| r.clause != Some(c))) {
                differences.push(format!("no reason names the stated clause; the reasons name {}", rules(&refusal)));
            }
            if rule.as_ref().is_some_and(|rule| refusal.reasons.iter().all(|r| r.rule != *rule)) {
                differences.push(format!("no reason names the stated rule; the reasons name {}", rules(&refusal)));
            }
            differences
        }
    }
}

fn rules(refusal: &Refusal) -> String {
    refusal.reasons.iter().map(|r| r.rule.as_str()).collect::<Vec<_>>().join(", ")
}

fn sent(removed: &[String], body: Option<&str>, json: bool, screened: &Screened) -> Vec<String> {
    let mut differences = Vec::new();
    let gone: Vec<String> = Removed::of(screened.findings()).paths.iter().map(ToString::to_string).collect();
    let mut stated = removed.to_vec();
    stated.sort_unstable();
    stated.dedup();
    if stated != gone {
        differences.push(format!("stated removed: {}; came out: {}", stated.join(" "), gone.join(" ")));
    }
    if let Some(body) = body {
        let leaves = screened.body().map(|b| String::from_utf8_lossy(&b.bytes).into_owned()).unwrap_or_default();
        let leaves = case::comparable(&leaves, json);
        if leaves != body {
            differences.push(format!("stated body:\n  {body}\ncame out:\n  {leaves}"));
        }
    }
    differences
}

/// Who calls: who is named, or the only app that the connections know.
pub(super) fn caller(situation: &Situation, policy: &Policy) -> Option<App> {
    situation.app.clone().or_else(|| {
        let mut apps = policy.integrations.values().map(|i| &i.app);
        let first = apps.next()?;
        apps.all(|app| app == first).then(|| first.clone())
    })
}

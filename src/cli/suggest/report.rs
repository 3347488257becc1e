//! What becomes of the draft: whether it compiles, what of the samples would leave today, and what to do next.

use super::{Drafted, Suggest, draft::OperationDraft};
use crate::{
    cli::{Printed, check_output::diagnostics, offline},
    flow::{Act, App},
    gate::rehearsal::report::Told,
    policy::{
        Policy, Sources,
        case::{CaseRequest, Situation},
    },
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use jiff::Timestamp;
use serde_json::json;
use std::{collections::BTreeMap, fmt::Write as _, path::Path, sync::Arc};

/// Samples that are tried.
const TRIED: usize = 50;

/// An entry for a recipient that organisations.toml does not have.
pub(super) fn proposal(destination: &str, upstream: &str) -> String {
    let owner = destination.split('/').next().unwrap_or(destination);
    let host = url::Url::parse(upstream).ok().and_then(|u| u.host_str().map(str::to_owned)).unwrap_or_default();
    format!(
        "[[organisation]]\nid = \"{owner}\"\nname = \"{owner}\"\n\n[[organisation.system]]\nid = \"{destination}\"\n\
         kind = \"housing\"\nhosts = [\"{host}\"]\n"
    )
}

/// What the draft came to, together with the policies it is for.
#[derive(Default)]
pub(super) struct Trial {
    /// What is wrong with it; empty: it compiles.
    errors: Option<(String, serde_json::Value)>,
    /// By path, category and act, how many values.
    today: BTreeMap<(String, String, Act), u64>,
    unlisted: u64,
    tried: usize,
    refused: BTreeMap<String, usize>,
    /// It was tried as if the recipient were assessed and had given its undertaking.
    as_if: bool,
}

impl Trial {
    pub(super) fn of(drafted: &Drafted, sources: &Sources) -> Self {
        let mut sources = sources.clone();
        sources.insert(format!("integrations/{}.toml", drafted.id), drafted.text.as_str());
        let mut trial = Self { as_if: drafted.proposal.is_some(), ..Self::default() };
        if let (true, Some(text)) =
            (trial.as_if, sources.get("organisations.toml").and_then(|t| with_recipient(t, drafted)))
        {
            sources.insert("organisations.toml", text);
        }
        match Policy::compile(&sources) {
            Ok(policy) => trial.screen(drafted, &Arc::new(policy)),
            Err(found) => {
                let text = diagnostics::text(&found, &sources, "policies", false);
                trial.errors = Some((text, diagnostics::data(&found, &sources)));
            }
        }
        trial
    }

    /// Judges samples by the draft, with nobody's consent.
    fn screen(&mut self, drafted: &Drafted, policy: &Arc<Policy>) {
        let (Some(operation), Ok(keys)) = (drafted.operations.first(), offline::test_keys()) else { return };
        let Some(app) = policy.integrations.get(drafted.id.as_str()).map(|i| i.app.clone()) else { return };
        let situation = Situation::default();
        let judge = offline::Offline { policy, keys: &keys, situation: &situation, now: Timestamp::now() };
        for body in drafted.bodies.iter().take(TRIED) {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, HeaderValue::from_static("gateway.example"));
            let (media, action) = sent_as(operation);
            headers.extend(HeaderValue::from_str(&media).ok().map(|media| (header::CONTENT_TYPE, media)));
            headers.extend(action.map(|action| (HeaderName::from_static("soapaction"), action)));
            let target = format!("{}{}", drafted.prefix, operation.path);
            let request = CaseRequest { method: Method::POST, target, headers, body: body.clone() };
            self.tried += 1;
            self.add(&Told::of(&judge.judge(App::clone(&app), &request)));
        }
    }

    fn add(&mut self, told: &Told) {
        if let Some(refused) = &told.refused {
            *self.refused.entry(refused.code.to_string()).or_default() += 1;
        }
        self.unlisted += told.unlisted;
        for field in &told.fields {
            *self.today.entry((field.path.to_string(), field.category.to_string(), field.act)).or_default() +=
                field.count;
        }
    }
}

/// The type, and in SOAP 1.1 the action, that a request of this operation says.
fn sent_as(operation: &OperationDraft) -> (String, Option<HeaderValue>) {
    let quoted = operation.action.as_ref().map(|action| format!("\"{action}\""));
    match quoted {
        Some(action) if operation.media == "text/xml" => (operation.media.clone(), HeaderValue::from_str(&action).ok()),
        Some(action) => (format!("{}; action={action}", operation.media), None),
        None => (operation.media.clone(), None),
    }
}

/// The registry with the recipient as if it might receive, for the trial alone: that is nobody's to assume.
fn with_recipient(text: &str, drafted: &Drafted) -> Option<String> {
    let mut registry: toml::Table = text.parse().ok()?;
    let entry: toml::Table = format!("{}{AS_IF}", drafted.proposal.as_ref()?).parse().ok()?;
    let new = entry.get("organisation")?.as_array()?.first()?.as_table()?.clone();
    let all = registry.entry("organisation").or_insert_with(|| toml::Value::Array(Vec::new())).as_array_mut()?;
    match all.iter_mut().find(|o| o.get("id") == new.get("id")).and_then(toml::Value::as_table_mut) {
        Some(owner) => {
            let systems = owner.entry("system").or_insert_with(|| toml::Value::Array(Vec::new())).as_array_mut()?;
            systems.extend(new.get("system")?.as_array()?.iter().cloned());
        }
        None => all.push(toml::Value::Table(new)),
    }
    toml::to_string(&registry).ok()
}

const AS_IF: &str = "assessed = { on = 2026-01-01, until = 2999-01-01, by = \"panel\", reason = \"trial\" }\n\
                     undertaking = { sha256 = \"b9d4163a4537b9a5e93cb8e57e9d0ee6baa3e87f6de8a30a8a2ab5e8bb9c5f9c\", role = \
                     \"trial\", signed = 2026-01-01, expires = 2999-01-01, except_required_by_law = true, tells_us_first = \
                     true }\n";

/// The draft with what a person has to know.
pub(super) fn printed(drafted: &Drafted, trial: &Trial, written: Option<&Path>, args: &Suggest) -> Printed {
    let listed = drafted.proposed.iter().filter(|p| p.guess.category.is_some()).count();
    let untold = drafted.proposed.len() - listed;
    let mut report = format!(
        "Nothing was sent. Drafted {} from {}: {listed} places listed, {untold} could not be told (they stand as comments, \
         so they do not leave).\n",
        drafted.id, drafted.from
    );
    if drafted.left_out > 0 {
        let _ = writeln!(report, "{} operations take a body in a format that is not drafted here.", drafted.left_out);
    }
    let data_names: usize = drafted.operations.iter().map(|o| o.shape.left_out()).sum();
    if data_names > 0 {
        let _ = writeln!(report, "{data_names} members whose names look like somebody's data are left out.");
    }
    let unasked: usize = drafted.operations.iter().map(|o| o.shape.unasked.len()).sum();
    if unasked > 0 {
        let _ = writeln!(report, "{unasked} questions in which somebody may be named are left out.");
    }
    match &trial.errors {
        None if drafted.proposal.is_some() => {
            report.push_str("The draft compiles with your policies once the recipient stands in organisations.toml.\n");
        }
        None => report.push_str("The draft compiles with your policies.\n"),
        Some((text, _)) => {
            let _ = writeln!(report, "The draft does NOT compile yet:\n{text}");
        }
    }
    report.push_str(&today(trial));
    report.push_str(&next(drafted, written, args));
    let text = match written {
        Some(path) => format!("Written to {}.\n{report}", path.display()),
        None => {
            let comments: Vec<String> = report.lines().map(|l| format!("# {l}").trim_end().to_owned()).collect();
            format!("{}\n{}\n", drafted.text, comments.join("\n"))
        }
    };
    let proposals: Vec<_> = drafted
        .proposed
        .iter()
        .map(|p| json!({ "operation": p.operation, "path": p.path, "category": p.guess.category, "why": p.guess.why }))
        .collect();
    let today: Vec<_> = trial
        .today
        .iter()
        .map(|((path, category, act), n)| json!({ "path": path, "category": category, "act": act, "count": n }))
        .collect();
    let data = json!({
        "id": drafted.id, "draft": drafted.text, "written": written, "compiles": trial.errors.is_none(),
        "errors": trial.errors.as_ref().map(|(_, data)| data), "proposals": proposals, "listed": listed,
        "untold": untold, "today": { "fields": today, "unlisted": trial.unlisted, "refused": trial.refused },
    });
    Printed::done(text, data)
}

/// What of the samples would leave today.
fn today(trial: &Trial) -> String {
    if trial.tried == 0 {
        return String::new();
    }
    let as_if = if trial.as_if { ", as if the recipient were assessed and had given its undertaking" } else { "" };
    let mut text = format!("\nThe samples, screened with nobody's consent{as_if}:\n");
    for ((path, category, act), count) in &trial.today {
        let _ = writeln!(text, "  {:<14} {path:<36} {category} × {count}", act.as_str());
    }
    let _ = writeln!(text, "  {} values that nothing lists do not leave", trial.unlisted);
    for (code, n) in &trial.refused {
        let _ = writeln!(text, "  {n} of {} refused: {code}", trial.tried);
    }
    text
}

fn next(drafted: &Drafted, written: Option<&Path>, args: &Suggest) -> String {
    let mut steps = Vec::new();
    if written.is_none() {
        steps.push(format!("save it as policies/integrations/{}.toml (or run this again with --write)", drafted.id));
    }
    steps.push("read every line; settle each TODO: category, subject, method, path, address, purpose".to_owned());
    if drafted.proposal.is_some() {
        steps.push(format!(
            "put {} into policies/organisations.toml, as the draft's head says; assess it, ask for its undertaking",
            drafted.destination
        ));
    }
    let policies = args.policies.as_ref().map(|p| format!(" {}", p.display())).unwrap_or_default();
    steps.push(format!("havengate check{policies}"));
    let sample = args.samples.iter().find(|p| p.as_path() != Path::new("-"));
    let sample = sample.map_or_else(|| "SAMPLE".to_owned(), |p| p.display().to_string());
    let charset = drafted.operations.first().and_then(|o| Some((&o.media, o.charset?)));
    let header = charset.map(|(media, charset)| format!(" --header 'content-type: {media}; charset={charset}'"));
    let header = header.unwrap_or_default();
    let which = drafted.operations.first().map(|o| format!(" --operation {}", o.id)).unwrap_or_default();
    let policies = args.policies.as_ref().map(|p| format!(" --policies {}", p.display())).unwrap_or_default();
    steps.push(format!("havengate screen --integration {}{which}{policies}{header} < {sample}", drafted.id));
    steps.push("havengate policy reload      # a running gateway decides by it from then on".to_owned());
    let mut text = String::from("\nNext:\n");
    for (i, step) in steps.iter().enumerate() {
        let _ = writeln!(text, "  {}. {step}", i + 1);
    }
    text
}

//! `havengate demo`: the real gateway beside a stand-in for somebody else's database, and what becomes of
//! realistic requests. Every outcome comes back over a socket; nothing here is told in advance.

mod overlay;
mod scenario;
mod show;
mod stage;
mod standin;

use super::{Exit, Failure, Printed};
use crate::verdict::Code;
use jiff::Timestamp;
use scenario::{Scenario, Stated};
use serde_json::{Value, json};
use stage::{Answer, Stage, Trouble};
use standin::StandIn;
use std::io::Write as _;

/// What `demo` is told.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
--json prints one document with an array `outcomes`: `name`, `sent`, `received`, `status`, `code`, `clause`,
`decision`, `as_stated`.")]
pub struct Demo {
    /// Exit when everything was shown; with 1 if any outcome was not as stated
    #[arg(long)]
    once: bool,
}

/// One scenario, played.
#[derive(Debug)]
struct Played {
    name: &'static str,
    sent: String,
    received: Vec<String>,
    status: u16,
    code: Option<String>,
    clauses: Vec<String>,
    detail: Option<String>,
    decision: Option<String>,
    removed: Option<String>,
    /// What was not as stated; empty is as stated.
    otherwise: Vec<String>,
}

/// Carries it out.
pub(super) async fn run(args: Demo, machine: bool) -> Result<Printed, Failure> {
    let sources = stage::sources(Timestamp::now());
    let standin = StandIn::start(stage::hosts(&sources)).await.map_err(Trouble::from)?;
    let stage = Stage::set(&sources, &standin).await?;
    let mut played = Vec::new();
    for scenario in scenario::all() {
        played.push(play(&stage, &standin, &scenario).await?);
    }
    played.push(without_record_book(&sources, &standin).await?);
    let as_stated = played.iter().all(|p| p.otherwise.is_empty());
    let printed = Printed {
        text: show::table(&played, super::colours()),
        data: json!({ "outcomes": played.iter().map(Played::data).collect::<Vec<_>>() }),
        exit: if as_stated { Exit::Ok } else { Exit::Finding },
    };
    if args.once || machine {
        return Ok(printed);
    }
    let pages = stage.pages().await?;
    let mut out = std::io::stdout();
    let _ = writeln!(out, "{}\n{}", printed.text, show::try_it(&stage, &pages));
    let _ = out.flush();
    let terminated = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate());
    match terminated {
        Ok(mut terminated) => tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminated.recv() => {}
        },
        Err(_) => drop(tokio::signal::ctrl_c().await),
    }
    Ok(Printed { text: String::new(), ..printed })
}

async fn play(stage: &Stage, standin: &StandIn, scenario: &Scenario) -> Result<Played, Trouble> {
    standin.take();
    let answer = stage.play(scenario).await?;
    let clauses = match &answer.decision {
        Some(decision) => stage.clauses(decision).await?,
        None => Vec::new(),
    };
    let received = standin.take().iter().map(|bytes| String::from_utf8_lossy(bytes).into_owned()).collect();
    Ok(Played::new(scenario, answer, clauses, received))
}

/// A second gateway whose record book is taken away: then nothing leaves, whatever the rules say.
async fn without_record_book(sources: &crate::policy::Sources, standin: &StandIn) -> Result<Played, Trouble> {
    let stage = Stage::set(sources, standin).await?;
    stage.lose_the_record_book()?;
    let scenario = Scenario {
        name: "The record book cannot be written (a second gateway)",
        target: "/riverside/needs",
        media: scenario::JSON,
        body: r#"{"need":{"type":"hostel","beds":1}}"#,
        before: Vec::new(),
        stated: Stated { code: Some(Code::LedgerUnavailable), clause: None, leaves: &[], stays: &[] },
    };
    standin.take();
    let answer = stage.play(&scenario).await?;
    let received = standin.take().iter().map(|bytes| String::from_utf8_lossy(bytes).into_owned()).collect();
    Ok(Played::new(&scenario, answer, Vec::new(), received))
}

impl Played {
    fn new(scenario: &Scenario, answer: Answer, clauses: Vec<String>, received: Vec<String>) -> Self {
        let text = |key: &str| answer.body.get(key).and_then(Value::as_str).map(str::to_owned);
        let code = text("type").and_then(|t| t.strip_prefix("urn:havengate:problem:").map(str::to_owned));
        let mut played = Self {
            name: scenario.name,
            sent: format!("POST {}\n{}", scenario.target, scenario.body),
            received,
            status: answer.status,
            detail: code.as_ref().and_then(|_| text("detail")),
            code,
            clauses,
            decision: answer.decision,
            removed: answer.removed,
            otherwise: Vec::new(),
        };
        played.otherwise = played.compare(&scenario.stated);
        played
    }

    fn compare(&self, stated: &Stated) -> Vec<String> {
        let mut otherwise = Vec::new();
        let mut must = |holds: bool, what: String| {
            if !holds {
                otherwise.push(what);
            }
        };
        let code = stated.code.map(|c| c.as_str().to_owned());
        must(self.code == code, format!("code {:?}, not {code:?}", self.code));
        let status = stated.code.map_or(201, |c| c.status().as_u16());
        must(self.status == status, format!("status {}, not {status}", self.status));
        if let Some(clause) = stated.clause {
            must(self.clauses.iter().any(|c| c == clause.as_str()), format!("{:?} without {clause}", self.clauses));
        }
        let requests = usize::from(stated.code.is_none());
        must(self.received.len() == requests, format!("{} requests left, not {requests}", self.received.len()));
        let all = self.received.concat();
        for leaves in stated.leaves {
            must(all.contains(leaves), format!("{leaves} did not leave"));
        }
        for stays in stated.stays {
            must(!all.contains(stays), format!("{stays} left"));
        }
        otherwise
    }

    fn data(&self) -> Value {
        json!({
            "name": self.name,
            "sent": self.sent,
            "received": self.received,
            "status": self.status,
            "code": self.code,
            "clause": self.clauses.first(),
            "clauses": self.clauses,
            "decision": self.decision,
            "removed": self.removed,
            "as_stated": self.otherwise.is_empty(),
            "otherwise": self.otherwise,
        })
    }
}

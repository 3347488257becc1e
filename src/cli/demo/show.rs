//! The demonstration as a table that a support worker can read.

use super::{
    Played,
    stage::{self, Pages, Stage},
};
use serde_json::Value;
use std::fmt::Write as _;

const COLUMN: usize = 34;

/// What the case system sent, what left the building, which clause decided.
pub(super) fn table(played: &[Played], colours: bool) -> String {
    let paint = |code: &str, text: &str| if colours { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() };
    let rule = "─".repeat(COLUMN * 3 + 6);
    let mut text = format!(
        "{rule}\n{:<COLUMN$} │ {:<COLUMN$} │ {}\n{rule}\n",
        "The case system sent", "What left the building", "What decided"
    );
    for (i, one) in played.iter().enumerate() {
        let _ = writeln!(text, "{}", paint("1", &format!("{}. {}", i + 1, one.name)));
        let sent = wrapped(&lines(&one.sent));
        let left = if one.received.is_empty() { vec!["nothing".to_owned()] } else { left(one) };
        let why = wrapped(&why(one));
        for row in 0..sent.len().max(left.len()).max(why.len()) {
            let cell = |column: &[String]| column.get(row).cloned().unwrap_or_default();
            let left = format!("{:<COLUMN$}", cell(&left));
            let left = paint(if one.received.is_empty() { "31" } else { "32" }, &left);
            let _ = writeln!(text, "{:<COLUMN$} │ {left} │ {}", cell(&sent), cell(&why));
        }
        for otherwise in &one.otherwise {
            let _ = writeln!(text, "{}", paint("31;1", &format!("NOT AS STATED: {otherwise}")));
        }
        let _ = writeln!(text, "{rule}");
    }
    let as_stated = played.iter().filter(|p| p.otherwise.is_empty()).count();
    let _ = writeln!(text, "{as_stated} of {} outcomes are as the charter says they must be.", played.len());
    text
}

/// A request's target and the values of its body, one a line. What is not JSON is shown as it is.
fn lines(request: &str) -> Vec<String> {
    let (target, body) = request.split_once('\n').unwrap_or((request, ""));
    let mut lines = vec![target.to_owned()];
    match serde_json::from_str::<Value>(body) {
        // A parser that keeps the last of two equal names would hide one of them here.
        Ok(value) if !body.contains("\\u") => flatten("", &value, &mut lines),
        _ => lines.extend(body.lines().map(str::to_owned)),
    }
    lines
}

fn left(one: &Played) -> Vec<String> {
    let mut all = Vec::new();
    for request in &one.received {
        let (head, body) = request.split_once("\r\n\r\n").unwrap_or((request, ""));
        let target = head.lines().next().unwrap_or_default().trim_end_matches(" HTTP/1.1");
        all.extend(lines(&format!("{target}\n{body}")));
    }
    wrapped(&all)
}

fn why(one: &Played) -> Vec<String> {
    let mut why = Vec::new();
    if !one.clauses.is_empty() {
        why.push(one.clauses.join(", "));
    }
    match (&one.code, &one.detail) {
        (Some(code), detail) => {
            why.push(format!("stopped: {code}"));
            why.extend(detail.clone());
        }
        (None, _) => {
            let removed = one.removed.as_deref().unwrap_or_default();
            let paths = removed.split('"').nth(1).filter(|paths| !paths.is_empty());
            let unlisted = removed.rsplit_once("unlisted=").map(|(_, n)| n).filter(|n| *n != "0");
            let unlisted = unlisted.map(|n| format!("{n} that nobody listed"));
            let without: Vec<_> = paths.map(str::to_owned).into_iter().chain(unlisted).collect();
            why.push(if without.is_empty() {
                "sent".to_owned()
            } else {
                format!("sent without {}", without.join(" and "))
            });
        }
    }
    why.extend(one.decision.as_ref().map(|d| format!("decision {d}")));
    why
}

fn flatten(path: &str, value: &Value, into: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                flatten(&if path.is_empty() { name.clone() } else { format!("{path}.{name}") }, value, into);
            }
        }
        Value::Array(elements) => {
            for (i, value) in elements.iter().enumerate() {
                flatten(&format!("{path}[{}]", i + 1), value, into);
            }
        }
        Value::String(text) => into.push(format!("{path}: {text}")),
        other => into.push(format!("{path}: {other}")),
    }
}

/// Breaks lines at the column's width, at a space where there is one.
fn wrapped(lines: &[String]) -> Vec<String> {
    let mut all = Vec::new();
    for line in lines {
        let mut row = String::new();
        for word in line.split_inclusive(' ') {
            if !row.is_empty() && row.chars().count() + word.trim_end().chars().count() > COLUMN {
                all.push(std::mem::take(&mut row));
            }
            for c in word.chars() {
                if row.chars().count() == COLUMN {
                    all.push(std::mem::take(&mut row));
                }
                row.push(c);
            }
        }
        all.push(row);
    }
    all.iter().map(|row| row.trim_end().to_owned()).collect()
}

/// Requests to try while it stays up.
pub(super) fn try_it(stage: &Stage, pages: &Pages) -> String {
    let (at, panel) = (stage.address(), pages.address());
    format!(
        "The gateway stays up at {at}. Try, in another terminal:\n\n\
         \x20 curl -i http://{at}/riverside/needs -H 'Content-Type: application/json' \\\n\
         \x20   -d '{{\"firstName\":\"Amina\",\"need\":{{\"type\":\"hostel\"}}}}'\n\n\
         \x20 curl -i http://{at}/riverside/referrals/R-2001 -H 'Content-Type: application/json' \\\n\
         \x20   -d '{{\"firstName\":\"Amina\",\"need\":{{\"type\":\"hostel\"}}}}'\n\n\
         and, with the `Havengate-Decision` of either answer:\n\n\
         \x20 target/release/havengate --config {} explain DECISION\n\n\
         The scrutiny panel sees all of it. Open http://{panel}/invitation in Firefox, Chrome or Edge on this machine\n\
         and type this code; it works once. You choose a name and a passphrase, and need an authenticator app:\n\n\
         \x20 {}\n\n\
         Its home is {}. Ctrl-C ends it and removes everything.\n",
        stage.configuration().display(),
        pages.code,
        stage::home(stage).display(),
    )
}

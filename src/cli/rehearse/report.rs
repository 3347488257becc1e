//! What a rehearsal came to: each request by its number, then each operation by its figures. No value, no URL and
//! no reference of a client stands in it.

use super::{
    Printed,
    bench::{Judged, Source},
};
use crate::{
    cli::Exit,
    flow::{IntegrationId, OperationId},
    gate::rehearsal::report::{Told, because},
    verdict::Code,
};
use http::Method;
use serde_json::{Map, Value, json};
use std::{collections::BTreeMap, fmt::Write as _};

/// Where a request stood in what was recorded.
#[derive(Debug, Clone, Copy)]
pub(super) struct Whence {
    /// Which file, counted from 0; `None` came in live.
    pub(super) file: Option<usize>,
    /// Which of its entries, counted from 1.
    pub(super) entry: usize,
}

/// One request and what came of it.
#[derive(Debug)]
pub(super) struct Line {
    number: u64,
    whence: Whence,
    method: &'static str,
    judged: Judged,
}

/// Everything that was rehearsed, each request kept.
#[derive(Debug)]
pub(super) struct Report {
    source: Source,
    lines: Vec<Line>,
    summary: Summary,
}

/// The figures: bounded by the operations there are.
#[derive(Debug, Default)]
pub(super) struct Summary {
    requests: u64,
    operations: BTreeMap<Option<(IntegrationId, OperationId)>, Counts>,
    not_covered: u64,
    not_judged: u64,
    skipped: u64,
}

#[derive(Debug, Default)]
struct Counts {
    leaves: u64,
    stripped: u64,
    refused: BTreeMap<Code, u64>,
}

impl Report {
    pub(super) fn new(source: Source) -> Self {
        Self { source, lines: Vec::new(), summary: Summary::default() }
    }

    /// An entry that never goes over a network.
    pub(super) const fn skip(&mut self) {
        self.summary.skipped += 1;
    }

    pub(super) fn add(&mut self, whence: Whence, method: &Option<Method>, judged: Judged) {
        let line = self.summary.line(whence, method.as_ref(), judged);
        self.lines.push(line);
    }

    pub(super) fn add_unreadable(&mut self, whence: Whence, why: &str) {
        self.add(whence, &None, Judged::Not(why.to_owned()));
    }

    pub(super) fn printed(self, files: &[String]) -> Printed {
        let mut text = format!("Nothing was sent. {}\n", self.source.in_words());
        let mut shown = None;
        for line in &self.lines {
            if shown != line.whence.file {
                shown = line.whence.file;
                let _ = writeln!(text, "\n{}", shown.and_then(|i| files.get(i)).map_or("", String::as_str));
            }
            text.push_str(&line.text());
        }
        text.push('\n');
        text.push_str(&self.summary.text());
        let mut data = self.summary.data(self.source);
        data.insert("requests".to_owned(), self.lines.iter().map(|l| l.data(files)).collect());
        Printed { text, data: Value::Object(data), exit: self.summary.exit() }
    }
}

impl Source {
    /// Whose word it is, for a person.
    pub(super) const fn in_words(self) -> &'static str {
        match self {
            Self::Gateway { same_rules: true } => {
                "The running gateway judged, with its rules and the consents and stops in force."
            }
            Self::Gateway { same_rules: false } => {
                "The running gateway judged, with its rules and the consents and stops in force.\nnote: policies/ was \
                 changed since the gateway read it: `havengate policy reload`, then rehearse again."
            }
            Self::RecordBook => "Judged by policies/ as it is now, with the consents and stops in the record book.",
            Self::Nowhere => "Judged by policies/ as it is now, as if nobody had consented and nothing were stopped.",
        }
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::Gateway { .. } => "gateway",
            Self::RecordBook => "record-book",
            Self::Nowhere => "no-consents",
        }
    }
}

impl Summary {
    /// Counts one request and numbers it.
    pub(super) fn line(&mut self, whence: Whence, method: Option<&Method>, judged: Judged) -> Line {
        self.requests += 1;
        match &judged {
            Judged::NotCovered(_) => self.not_covered += 1,
            Judged::Not(_) => self.not_judged += 1,
            Judged::Told { told, .. } => {
                let counts = self.operations.entry(told.connection.clone().zip(told.operation.clone())).or_default();
                match &told.refused {
                    Some(refused) => *counts.refused.entry(refused.code).or_default() += 1,
                    None if is_whole(told) => counts.leaves += 1,
                    None => counts.stripped += 1,
                }
            }
        }
        Line { number: self.requests, whence, method: name(method), judged }
    }

    /// [`Exit::Finding`] when anything would not pass, or nobody knows.
    pub(super) fn exit(&self) -> Exit {
        let refused = self.operations.values().any(|counts| !counts.refused.is_empty());
        if refused || self.not_covered + self.not_judged > 0 { Exit::Finding } else { Exit::Ok }
    }

    /// The figures as a table.
    pub(super) fn text(&self) -> String {
        let mut text = format!("{:<40} {:>8} {:>8} {:>8}\n", "", "as it is", "stripped", "refused");
        for (operation, counts) in &self.operations {
            let operation = operation.as_ref().map_or_else(|| "no operation".to_owned(), |(i, o)| format!("{i}/{o}"));
            let refused: u64 = counts.refused.values().sum();
            let codes: Vec<String> = counts.refused.iter().map(|(code, n)| format!("{code} {n}")).collect();
            let row = format!(
                "{operation:<40} {:>8} {:>8} {refused:>8}  {}",
                counts.leaves,
                counts.stripped,
                codes.join(", ")
            );
            let _ = writeln!(text, "{}", row.trim_end());
        }
        let mut rest = |n: u64, what: &str| {
            if n > 0 {
                let _ = writeln!(text, "{what:<40} {n:>8}");
            }
        };
        rest(self.not_covered, "not covered by any connection");
        rest(self.not_judged, "not judged");
        rest(self.skipped, "passed over (never leave the browser)");
        text
    }

    /// The figures for a machine.
    pub(super) fn data(&self, source: Source) -> Map<String, Value> {
        let operations = self.operations.iter().map(|(operation, counts)| {
            let (connection, operation) = operation.as_ref().map(|(c, o)| (c, o)).unzip();
            let refused: Map<String, Value> =
                counts.refused.iter().map(|(code, n)| (code.to_string(), (*n).into())).collect();
            json!({
                "connection": connection, "operation": operation,
                "leaves": counts.leaves, "stripped": counts.stripped, "refused": refused,
            })
        });
        let mut data = Map::new();
        data.insert("sent".to_owned(), false.into());
        data.insert("judged_by".to_owned(), source.as_str().into());
        if let Source::Gateway { same_rules } = source {
            data.insert("same_rules".to_owned(), same_rules.into());
        }
        data.insert("operations".to_owned(), operations.collect());
        data.insert("not_covered".to_owned(), self.not_covered.into());
        data.insert("not_judged".to_owned(), self.not_judged.into());
        data.insert("skipped".to_owned(), self.skipped.into());
        data
    }
}

impl Line {
    /// One line, without what stands behind it.
    pub(super) fn headline(&self) -> String {
        let result = match &self.judged {
            Judged::NotCovered(why) => format!("NOT COVERED  {why}"),
            Judged::Not(why) => format!("NOT JUDGED  {why}"),
            Judged::Told { told, direct } => {
                let way = if *direct { ", sent to the recipient directly" } else { "" };
                let what = match (&told.connection, &told.operation) {
                    (Some(connection), Some(operation)) => format!("{connection}/{operation}{way}"),
                    _ => format!("no operation{way}"),
                };
                match &told.refused {
                    Some(refused) => format!("{what}: REFUSED  {}", refused.code),
                    None if is_whole(told) => format!("{what}: would leave"),
                    None => format!("{what}: would leave, {} stripped", told.stripped() + told.unlisted),
                }
            }
        };
        format!("{:>4}  {} {result}\n", self.number, self.method)
    }

    fn text(&self) -> String {
        let mut text = self.headline();
        if let Judged::Told { told, .. } = &self.judged {
            match &told.refused {
                Some(refused) => {
                    let _ = writeln!(text, "        at the step {}: {}", refused.step, refused.detail);
                    text.push_str(&because(&refused.reasons, "        "));
                }
                None => text.push_str(&told.in_detail("        ")),
            }
        }
        text
    }

    /// The same for a machine.
    pub(super) fn data(&self, files: &[String]) -> Value {
        let mut data = Map::new();
        data.insert("number".to_owned(), self.number.into());
        if let Some(file) = self.whence.file.and_then(|i| files.get(i)) {
            data.insert("file".to_owned(), file.as_str().into());
            data.insert("entry".to_owned(), self.whence.entry.into());
        }
        data.insert("method".to_owned(), self.method.into());
        let result = match &self.judged {
            Judged::NotCovered(why) | Judged::Not(why) => {
                data.insert("why".to_owned(), why.as_str().into());
                if matches!(self.judged, Judged::NotCovered(_)) { "not-covered" } else { "not-judged" }
            }
            Judged::Told { told, direct } => {
                data.insert("direct".to_owned(), (*direct).into());
                if let Ok(Value::Object(mut told)) = serde_json::to_value(told) {
                    // `sent` is what would be done; beside "nothing was sent" it would read as what was.
                    told.remove("sent");
                    data.extend(told);
                }
                match &told.refused {
                    Some(_) => "refused",
                    None if is_whole(told) => "leaves",
                    None => "stripped",
                }
            }
        };
        data.insert("result".to_owned(), result.into());
        Value::Object(data)
    }
}

/// Nothing of it would stay behind. A rougher form or a pseudonym is what its rule asks for.
fn is_whole(told: &Told) -> bool {
    told.stripped() + told.unlisted == 0
}

/// A method's name where it is one of HTTP's own: any other is whatever somebody wrote.
fn name(method: Option<&Method>) -> &'static str {
    const KNOWN: [&str; 9] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "CONNECT", "TRACE"];
    method.and_then(|m| KNOWN.into_iter().find(|known| *known == m.as_str())).unwrap_or("?")
}

//! Findings about policy files, for a person (file, line, the line itself with a mark, the mend) and for a machine.

use crate::policy::{Diagnostic, Severity, Sources};
use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, SourceCode};
use serde_json::{Value, json};
use std::fmt;

/// How wide a report is, in characters.
const WIDTH: usize = 110;

/// Every finding, errors first as they were given, with a count at the end. Empty when there is none.
///
/// `root` is the policies directory as a person should read it; `sources` holds the texts that spans point into.
#[must_use]
pub fn text(findings: &[Diagnostic], sources: &Sources, root: &str, colours: bool) -> String {
    let theme = if colours { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    let handler =
        GraphicalReportHandler::new_themed(theme).with_width(WIDTH).with_links(false).without_syntax_highlighting();
    let mut out = String::new();
    for finding in in_order(findings) {
        let report = Report::new(finding, sources, root);
        let mut block = String::new();
        if handler.render_report(&mut block, &report).is_err() {
            block = format!("{}: {}\n  mend: {}\n", report.place(), finding.message, finding.mend);
        }
        // The library pads lines; a copied report should not.
        block.lines().for_each(|line| {
            out.push_str(line.trim_end());
            out.push('\n');
        });
    }
    if !findings.is_empty() {
        out.push_str(&summary(findings));
    }
    out
}

/// Every finding as an object with `severity`, `file`, `line`, `column`, `message`, `mend`.
#[must_use]
pub fn data(findings: &[Diagnostic], sources: &Sources) -> Value {
    let each = in_order(findings).map(|f| {
        let (line, column) = at(f, sources).unzip();
        let severity = name(f.severity);
        json!({ "severity": severity, "file": f.file, "line": line, "column": column, "message": f.message, "mend": f.mend })
    });
    Value::Array(each.collect())
}

/// Errors before warnings; within each as they were given.
fn in_order(findings: &[Diagnostic]) -> impl Iterator<Item = &Diagnostic> {
    let of = |severity| findings.iter().filter(move |f| f.severity == severity);
    of(Severity::Error).chain(of(Severity::Warning))
}

fn summary(findings: &[Diagnostic]) -> String {
    let errors = findings.iter().filter(|f| f.severity == Severity::Error).count();
    let warnings = findings.len() - errors;
    let many = |n: usize, what: &str| if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") };
    format!("{}, {}\n", many(errors, "error"), many(warnings, "warning"))
}

const fn name(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

/// Line and column, in characters and from 1, where the finding's span is known.
fn at(finding: &Diagnostic, sources: &Sources) -> Option<(usize, usize)> {
    let before = sources.0.get(&finding.file)?.get(..finding.span.as_ref()?.start)?;
    let column = before.rsplit('\n').next().map_or(0, |l| l.chars().count()) + 1;
    Some((before.matches('\n').count() + 1, column))
}

/// One finding as the library wants it.
struct Report<'a> {
    finding: &'a Diagnostic,
    path: String,
    line: Option<usize>,
    source: Option<NamedSource<String>>,
}

impl<'a> Report<'a> {
    fn new(finding: &'a Diagnostic, sources: &Sources, root: &str) -> Self {
        let path = format!("{}/{}", root.trim_end_matches('/'), finding.file);
        // A span that does not fit its text would hide the whole report.
        let fits = |text: &&String| finding.span.as_ref().is_some_and(|s| text.get(s.start..s.end).is_some());
        let source = sources.0.get(&finding.file).filter(fits).map(|text| NamedSource::new(&path, text.clone()));
        Self { finding, line: at(finding, sources).map(|(line, _)| line), path, source }
    }

    fn place(&self) -> String {
        self.line.map_or_else(|| self.path.clone(), |line| format!("{}:{line}", self.path))
    }
}

impl fmt::Debug for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Without a line to show, the file must be in the sentence.
        match &self.source {
            Some(_) => f.write_str(&self.finding.message),
            None => write!(f, "{}: {}", self.place(), self.finding.message),
        }
    }
}

impl std::error::Error for Report<'_> {}

impl miette::Diagnostic for Report<'_> {
    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.finding.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
        })
    }
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        (!self.finding.mend.is_empty()).then(|| Box::new(&self.finding.mend) as _)
    }
    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.source.as_ref().map(|s| s as _)
    }
    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let span = self.source.as_ref().and(self.finding.span.as_ref())?;
        Some(Box::new(std::iter::once(LabeledSpan::underline(span.start..span.end.max(span.start + 1)))))
    }
}

//! The policy room from outside: files in, a snapshot or findings out.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test's helpers may stop the test")]

mod aggregates;
mod batch;
mod cases;
mod chains;
mod default_registry;
mod errors;
mod flat_bodies;
mod forum;
mod hostile;
mod lookalikes;
mod parts;
mod registry;
mod route;
mod shipped;
mod sound;
mod xml;

use havengate::policy::{Policy, Severity, Sources, shipped as files};

/// The shipped files with one place of one file changed. An empty `from` replaces the whole file.
fn with(file: &str, from: &str, to: &str) -> Sources {
    let mut sources = files::sources();
    let text = sources.get(file).unwrap_or_default().to_owned();
    let changed = if from.is_empty() {
        to.to_owned()
    } else {
        assert!(text.contains(from), "{file} does not hold {from}");
        text.replacen(from, to, 1)
    };
    sources.insert(file, changed);
    sources
}

/// What compiling finds, one a line: `file:line error: message; mend`. Sets that compile show their warnings.
fn findings(sources: &Sources) -> String {
    let found = match Policy::compile(sources) {
        Ok(policy) => policy.warnings,
        Err(found) => found,
    };
    let lines = found.iter().map(|d| {
        let line = d.line(sources.get(&d.file).unwrap_or_default());
        let severity = if d.severity == Severity::Error { "error" } else { "warning" };
        format!("{}:{line} {severity}: {}; {}", d.file, d.message, d.mend)
    });
    lines.collect::<Vec<_>>().join("\n")
}

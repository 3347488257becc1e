//! The log: JSON lines on standard error, one canonical event for each decision, never personal data.

use crate::{
    config::Config,
    flow::{Clause, DecisionId, IntegrationId, OperationId, SystemId, name_closed as closed},
    verdict::Code,
};
use std::{panic::PanicHookInfo, time::Duration};
use tracing::Level;
use tracing_subscriber::{
    Layer as _,
    filter::{Targets, filter_fn},
    layer::SubscriberExt as _,
};

/// The target of the one event that every decision logs.
pub const DECISION: &str = "havengate::decision";

closed! { /// How a request ended, in the log and in figures.
    Outcome {
        /// It left, and the recipient's answer went back.
        Forwarded = "forwarded",
        /// It was stopped: nothing left.
        Refused = "refused",
        /// It was allowed, but the recipient was not reached or its answer broke.
        Failed = "failed",
    }
}

/// What the log says of a decision: ids and codes, never a value, a host, a path or a person.
#[derive(Debug, Clone, Copy)]
pub struct DecisionEvent<'a> {
    /// The id a person can bring to the panel.
    pub decision: DecisionId,
    /// The connection, once a route was found.
    pub integration: Option<&'a IntegrationId>,
    /// The operation, once one matched.
    pub operation: Option<&'a OperationId>,
    /// The recipient, once a route was found.
    pub destination: Option<&'a SystemId>,
    /// How it ended.
    pub outcome: Outcome,
    /// Why it did not leave, or how it failed.
    pub code: Option<Code>,
    /// The clauses that decided.
    pub clauses: &'a [Clause],
    /// From the request's first byte.
    pub took: Duration,
}

/// Why logging cannot start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LogError {
    /// The configuration's filter is not one.
    #[error("log.filter is not a filter")]
    Filter,
    /// Somebody started it before.
    #[error("logging was started twice")]
    Twice,
}

/// Starts logging to standard error and makes panics log their place only.
///
/// # Errors
/// [`LogError`]: a filter that is not one, or a second start.
pub fn init(config: &Config) -> Result<(), LogError> {
    tracing::subscriber::set_global_default(subscriber(&config.log, std::io::stderr)?).map_err(|_| LogError::Twice)?;
    std::panic::set_hook(Box::new(panicked));
    Ok(())
}

/// The canonical event. Every decision logs exactly one.
pub fn decision(event: &DecisionEvent<'_>) {
    let clauses = event.clauses.iter().map(|c| c.as_str()).collect::<Vec<_>>().join(" ");
    tracing::info!(
        target: DECISION,
        decision = %event.decision,
        integration = event.integration.map(IntegrationId::as_str),
        operation = event.operation.map(OperationId::as_str),
        destination = event.destination.map(SystemId::as_str),
        outcome = event.outcome.as_str(),
        code = event.code.map(Code::as_str),
        clauses,
        milliseconds = u64::try_from(event.took.as_millis()).unwrap_or(u64::MAX),
        "decision"
    );
}

fn subscriber<W>(filter: &str, writer: W) -> Result<impl tracing::Subscriber + Send + Sync + use<W>, LogError>
where
    W: for<'w> tracing_subscriber::fmt::MakeWriter<'w> + Send + Sync + 'static,
{
    let chosen: Targets = filter.parse().map_err(|_| LogError::Filter)?;
    // Libraries print headers and names when they debug, so no filter of the operator's lets them.
    let safe = filter_fn(|m| *m.level() <= Level::WARN || m.target().starts_with("havengate"));
    let lines = tracing_subscriber::fmt::layer().json().flatten_event(true).with_current_span(false);
    let lines = lines.with_span_list(false).with_writer(writer);
    Ok(tracing_subscriber::registry().with(lines.with_filter(chosen).with_filter(safe)))
}

/// A panic's message may hold what was being worked on, so only its place is told.
fn panicked(info: &PanicHookInfo<'_>) {
    let (file, line) = info.location().map_or(("unknown", 0), |l| (l.file(), l.line()));
    tracing::error!(target: "havengate::panic", file, line, "panic");
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        io,
        sync::{Arc, Mutex},
    };

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn logged(filter: &str, act: impl FnOnce()) -> String {
        let lines = Lines::default();
        let writer = lines.clone();
        tracing::subscriber::with_default(subscriber(filter, move || writer.clone()).unwrap(), act);
        String::from_utf8(lines.0.lock().unwrap().clone()).unwrap()
    }

    #[test]
    fn a_decision_is_one_line_of_ids_and_codes() {
        let integration = IntegrationId::parse("inform-riverside").unwrap();
        let text = logged("info", || {
            decision(&DecisionEvent {
                decision: DecisionId::from_bytes([0; 16]),
                integration: Some(&integration),
                operation: None,
                destination: None,
                outcome: Outcome::Refused,
                code: Some(Code::ConsentMissing),
                clauses: &[Clause::Data2ii, Clause::Data2iv],
                took: Duration::from_millis(12),
            });
        });
        let line: serde_json::Value = serde_json::from_str(&text).unwrap();
        let expected = serde_json::json!({
            "timestamp": line["timestamp"], "level": "INFO", "target": "havengate::decision", "message": "decision",
            "decision": "aaaaaaaaaaaaaaaaaaaaaaaaaa", "integration": "inform-riverside", "outcome": "refused",
            "code": "consent-missing", "clauses": "DATA-2ii DATA-2iv", "milliseconds": 12,
        });
        assert_eq!(line, expected);
    }

    #[test]
    fn libraries_never_log_below_warn() {
        let text = logged("trace", || {
            tracing::debug!(target: "h2::codec", header = "secret");
            tracing::info!(target: "hyper", "secret");
            tracing::warn!(target: "hickory_resolver", "told");
            tracing::trace!(target: "havengate::gate", "ours");
        });
        assert!(!text.contains("secret") && text.contains("told") && text.contains("ours"), "{text}");
    }

    #[test]
    fn a_panic_tells_its_place_only() {
        let text = logged("info", || {
            let before = std::panic::take_hook();
            std::panic::set_hook(Box::new(panicked));
            let ended = std::panic::catch_unwind(|| panic!("Amina Khan, SE15 4QN"));
            std::panic::set_hook(before);
            assert!(ended.is_err());
        });
        assert!(text.contains("src/log.rs") && text.contains("havengate::panic"), "{text}");
        assert!(!text.contains("Amina"), "{text}");
    }
}

//! The series by name, each with what it means.

use prometheus::{
    Error, Gauge, GaugeVec, Histogram, HistogramOpts, IntCounterVec, Opts, Registry, core::Collector,
    process_collector::ProcessCollector,
};

/// Seconds, from a commit to a stalled recipient.
const SECONDS: &[f64] = &[0.000_1, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0];

/// Every series, registered.
#[derive(Debug)]
pub(super) struct Series {
    pub registry: Registry,
    pub process: Registry,
    pub requests: IntCounterVec,
    pub attempts: IntCounterVec,
    pub fields: IntCounterVec,
    pub request_seconds: Histogram,
    pub screen_seconds: Histogram,
    pub commit_seconds: Histogram,
    pub ledger_size: Gauge,
    pub checkpoint_age: Gauge,
    pub consents: GaugeVec,
    pub stops: Gauge,
    pub notifications: GaugeVec,
    pub ready: Gauge,
    pub policy_rejected: Gauge,
    pub clock: Gauge,
    pub undertakings: GaugeVec,
    pub policy: GaugeVec,
    pub build: GaugeVec,
}

impl Series {
    pub(super) fn new() -> Result<Self, Error> {
        let registry = Registry::new_custom(Some("havengate".to_owned()), None)?;
        let r = &registry;
        let requests = Opts::new("requests_total", "Requests by how they ended");
        let attempts = Opts::new("attempts_total", "Attempts to reach the Home Office, somebody linked or a forum");
        let fields = Opts::new("fields_total", "Values of listed fields by what was done with them; counted hourly");
        let consents = Opts::new("consents", "Grants by state, rounded down to tens; brought up to date hourly");
        let notifications = Opts::new("notifications_pending", "Messages that wait for a channel or are stuck");
        let undertakings = Opts::new(
            "undertaking_expiry_timestamp_seconds",
            "When a recipient's no-onward-sharing undertaking lapses",
        );
        let requests = IntCounterVec::new(requests, &["integration", "destination", "outcome", "code"])?;
        let series = Self {
            requests: add(r, requests)?,
            attempts: add(r, IntCounterVec::new(attempts, &["integration", "destination"])?)?,
            fields: add(r, IntCounterVec::new(fields, &["integration", "group", "act"])?)?,
            request_seconds: seconds(r, "request_seconds", "From a request's first byte to its answer's head")?,
            screen_seconds: seconds(r, "screen_seconds", "Screening one body")?,
            commit_seconds: seconds(r, "ledger_commit_seconds", "A transaction of the record book, until durable")?,
            ledger_size: add(r, Gauge::new("ledger_size", "Leaves of the record book")?)?,
            checkpoint_age: add(
                r,
                Gauge::new(
                    "ledger_checkpoint_age_seconds",
                    "How long entries have waited for the checkpoint that covers them; 0 when none waits",
                )?,
            )?,
            consents: add(r, GaugeVec::new(consents, &["state"])?)?,
            stops: add(r, Gauge::new("stops", "Stops in force")?)?,
            ready: add(r, Gauge::new("ready", "1 while the gateway can serve, as /readyz says")?)?,
            policy_rejected: add(
                r,
                Gauge::new("policy_rejected", "1 while the policy files are at fault and an older set is active")?,
            )?,
            clock: add(r, Gauge::new("clock_seconds", "The gateway's clock, seconds since 1970")?)?,
            notifications: add(r, GaugeVec::new(notifications, &["channel"])?)?,
            undertakings: add(r, GaugeVec::new(undertakings, &["destination"])?)?,
            policy: add(r, GaugeVec::new(Opts::new("policy_info", "The active policy, by hash"), &["hash"])?)?,
            build: add(r, GaugeVec::new(Opts::new("build_info", "This build"), &["version"])?)?,
            process: process()?,
            registry,
        };
        Ok(series)
    }
}

fn add<C: Collector + Clone + 'static>(registry: &Registry, collector: C) -> Result<C, Error> {
    registry.register(Box::new(collector.clone()))?;
    Ok(collector)
}

fn seconds(registry: &Registry, name: &str, help: &str) -> Result<Histogram, Error> {
    add(registry, Histogram::with_opts(HistogramOpts::new(name, help).buckets(SECONDS.to_vec()))?)
}

/// Figures of the process itself (memory, threads, files) keep the names that every dashboard knows.
fn process() -> Result<Registry, Error> {
    let registry = Registry::new();
    registry.register(Box::new(ProcessCollector::for_self()))?;
    Ok(registry)
}

//! What is counted (design section 10). Labels come only from closed sets: codes, groups and acts are enums, and
//! the ids of connections and recipients are those of the active policy; anything else is `unknown`.
//!
//! No clock here: durations are arguments, and `flush` is called hourly by whoever owns a timer.

mod registry;

use crate::{
    flow::{Act, Group, IntegrationId, SystemId},
    log::Outcome,
    policy::Policy,
    verdict::{Code, destination::london},
};
use registry::Series;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// The label of an id that the active policy does not know, and of none.
const UNKNOWN: &str = "unknown";
/// Consents are shown in steps of so many.
const SMALLEST: u64 = 10;

/// All figures of one process.
#[derive(Debug)]
pub struct Metrics {
    series: Series,
    known: Mutex<Known>,
    fields: Mutex<BTreeMap<(IntegrationId, Group, Act), u64>>,
    consents: Mutex<Consents>,
}

/// How many consents there are, held back until the next [`Metrics::flush`].
#[derive(Debug, Default)]
struct Consents {
    counts: Vec<(&'static str, u64)>,
    shown: bool,
}

/// The ids that may be labels.
#[derive(Debug, Default)]
struct Known {
    integrations: BTreeSet<IntegrationId>,
    destinations: BTreeSet<SystemId>,
}

impl Metrics {
    /// Figures of a process that has no policy yet.
    ///
    /// # Errors
    /// When a name is not one that Prometheus accepts: a fault of ours, found by the first test.
    pub fn new() -> Result<Self, prometheus::Error> {
        let series = Series::new()?;
        label(&series.build, &[env!("CARGO_PKG_VERSION")], |g| g.set(1.0));
        Ok(Self { series, known: Mutex::default(), fields: Mutex::default(), consents: Mutex::default() })
    }

    /// A policy became active: its ids may be labels now, and its undertakings are shown.
    pub fn policy(&self, policy: &Policy) {
        let integrations: BTreeSet<_> = policy.integrations.keys().cloned().collect();
        let destinations: BTreeSet<_> = policy.integrations.values().map(|i| i.destination.clone()).collect();
        self.series.policy.reset();
        label(&self.series.policy, &[&policy.hash.to_string()], |g| g.set(1.0));
        self.series.undertakings.reset();
        for id in &destinations {
            if let Some(undertaking) = policy.registry.systems.get(id).and_then(|s| s.undertaking.as_ref()) {
                let end = end_of(undertaking.expires);
                label(&self.series.undertakings, &[id.as_str()], |g| g.set(end));
            }
        }
        // There from the start: the first attempt is an increase of something, which monitoring sees.
        for one in policy.integrations.values() {
            label(&self.series.attempts, &[one.id.as_str(), one.destination.as_str()], |c| c.inc_by(0));
        }
        *hold(&self.known) = Known { integrations, destinations };
    }

    /// One request ended.
    pub fn request(
        &self,
        integration: Option<&IntegrationId>,
        destination: Option<&SystemId>,
        outcome: Outcome,
        code: Option<Code>,
        took: Duration,
    ) {
        let known = hold(&self.known);
        let integration = integration.filter(|i| known.integrations.contains(*i)).map_or(UNKNOWN, |i| i.as_str());
        let destination = destination.filter(|d| known.destinations.contains(*d)).map_or(UNKNOWN, |d| d.as_str());
        let labels = [integration, destination, outcome.as_str(), code.map_or("none", Code::as_str)];
        label(&self.series.requests, &labels, prometheus::IntCounter::inc);
        self.series.request_seconds.observe(took.as_secs_f64());
    }

    /// An attempt to reach the Home Office, somebody linked with it or a forum, by a connection or by what a request
    /// named. The panel is told of the same.
    pub fn attempt(&self, integration: Option<&IntegrationId>, destination: Option<&SystemId>) {
        let known = hold(&self.known);
        let integration = integration.filter(|i| known.integrations.contains(*i)).map_or(UNKNOWN, |i| i.as_str());
        let destination = destination.filter(|d| known.destinations.contains(*d)).map_or(UNKNOWN, |d| d.as_str());
        label(&self.series.attempts, &[integration, destination], prometheus::IntCounter::inc);
    }

    /// So many values of a group were treated so. Held back until the next [`Metrics::flush`], so that a scrape
    /// does not time one disclosure.
    pub fn fields(&self, integration: &IntegrationId, group: Group, act: Act, count: u64) {
        // An id that is not the policy's never becomes a label; see `flush`.
        let mut fields = hold(&self.fields);
        let held = fields.entry((integration.clone(), group, act)).or_default();
        *held = held.saturating_add(count);
    }

    /// Shows the fields counted since the last time, and how many consents there are. Hourly, and not at the end of the
    /// process.
    pub fn flush(&self) {
        self.show(&hold(&self.consents).counts);
        let held = std::mem::take(&mut *hold(&self.fields));
        let known = hold(&self.known);
        for ((integration, group, act), count) in held {
            let integration = if known.integrations.contains(&integration) { integration.as_str() } else { UNKNOWN };
            let labels = [integration, group.as_str(), act.as_str()];
            label(&self.series.fields, &labels, |c| c.inc_by(count));
        }
    }

    /// A body was screened.
    pub fn screened(&self, took: Duration) {
        self.series.screen_seconds.observe(took.as_secs_f64());
    }

    /// A transaction of the record book was acknowledged.
    pub fn committed(&self, took: Duration) {
        self.series.commit_seconds.observe(took.as_secs_f64());
    }

    /// The record book has so many leaves.
    #[expect(clippy::cast_precision_loss, reason = "exact below 2^53 leaves")]
    pub fn ledger_size(&self, leaves: u64) {
        self.series.ledger_size.set(leaves as f64);
    }

    /// The last checkpoint is so old.
    pub fn checkpoint_age(&self, age: Duration) {
        self.series.checkpoint_age.set(age.as_secs_f64());
    }

    /// How many consents there are in each state: [`crate::consent::View::counts`]. Shown once, and then held back until
    /// the next [`Metrics::flush`], rounded down to tens: one person's yes or no is not to be seen.
    pub fn consents(&self, counts: &[(&'static str, u64)]) {
        let mut held = hold(&self.consents);
        held.counts = counts.to_vec();
        if !std::mem::replace(&mut held.shown, true) {
            self.show(counts);
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "exact below 2^53 consents")]
    fn show(&self, consents: &[(&'static str, u64)]) {
        for (state, count) in consents {
            label(&self.series.consents, &[state], |g| g.set((count - count % SMALLEST) as f64));
        }
    }

    /// How many stops are in force.
    #[expect(clippy::cast_precision_loss, reason = "exact below 2^53 stops")]
    pub fn stops(&self, count: usize) {
        self.series.stops.set(count as f64);
    }

    /// Whether the gateway can serve, and whether the policy files are at fault so that an older set is active.
    pub fn state(&self, ready: bool, policy_rejected: bool) {
        self.series.ready.set(if ready { 1.0 } else { 0.0 });
        self.series.policy_rejected.set(if policy_rejected { 1.0 } else { 0.0 });
    }

    /// What the gateway's clock says, so that monitoring sees one that is wrong: dates decide what may leave.
    #[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 are exact below 2^53")]
    pub fn clock(&self, now: jiff::Timestamp) {
        self.series.clock.set(now.as_millisecond() as f64 / 1000.0);
    }

    /// So many messages wait for a channel or are stuck. The label is the channel's place in the configuration.
    #[expect(clippy::cast_precision_loss, reason = "exact below 2^53 messages")]
    pub fn notifications(&self, channel: &str, pending: u64) {
        label(&self.series.notifications, &[channel], |g| g.set(pending as f64));
    }

    /// Everything in the Prometheus text format 0.0.4.
    #[must_use]
    pub fn render(&self) -> String {
        let mut families = self.series.registry.gather();
        families.extend(self.series.process.gather());
        prometheus::TextEncoder::new()
            .encode_to_string(&families)
            .unwrap_or_else(|_| "# the figures could not be written\n".to_owned())
    }
}

/// Changes the series with these labels. A wrong number of labels is a fault of ours that must not end a request.
fn label<T: prometheus::core::MetricVecBuilder>(
    vec: &prometheus::core::MetricVec<T>,
    labels: &[&str],
    change: impl FnOnce(&T::M),
) {
    match vec.get_metric_with_label_values(labels) {
        Ok(metric) => change(&metric),
        Err(_) => tracing::warn!("a figure has the wrong labels"),
    }
}

/// The first instant at which an undertaking with this last day has lapsed. Dates are Europe/London, end inclusive.
#[expect(clippy::cast_precision_loss, reason = "seconds since 1970 are exact below 2^53")]
fn end_of(last_day: jiff::civil::Date) -> f64 {
    let next = last_day.tomorrow().unwrap_or(last_day);
    next.to_zoned(london()).map_or(0.0, |z| z.timestamp().as_second() as f64)
}

/// A figure is worth more than the panic that poisoned its lock.
fn hold<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line<'a>(text: &'a str, name: &str) -> Vec<&'a str> {
        text.lines().filter(|l| l.starts_with(name)).collect()
    }

    #[test]
    fn an_id_that_the_policy_does_not_know_is_no_label() {
        let metrics = Metrics::new().unwrap();
        let secret = IntegrationId::parse("amina-khan").unwrap();
        metrics.request(Some(&secret), None, Outcome::Refused, Some(Code::RouteUnknown), Duration::from_millis(3));
        metrics.fields(&secret, Group::Identity, Act::Stripped, 2);
        metrics.flush();
        let text = metrics.render();
        assert!(!text.contains("amina"), "{text}");
        let labels = r#"{code="route-unknown",destination="unknown",integration="unknown",outcome="refused"} 1"#;
        assert_eq!(line(&text, "havengate_requests_total"), [format!("havengate_requests_total{labels}")]);
    }

    #[test]
    fn fields_are_shown_only_by_a_flush() {
        let metrics = Metrics::new().unwrap();
        let id = IntegrationId::parse("inform-riverside").unwrap();
        hold(&metrics.known).integrations.insert(id.clone());
        metrics.fields(&id, Group::Identity, Act::Sent, 2);
        metrics.fields(&id, Group::Identity, Act::Sent, 3);
        assert!(!metrics.render().contains("havengate_fields_total{"));
        metrics.flush();
        metrics.flush();
        let shown = r#"havengate_fields_total{act="sent",group="identity",integration="inform-riverside"} 5"#;
        assert_eq!(line(&metrics.render(), "havengate_fields_total"), [shown]);
    }

    #[test]
    fn one_persons_yes_or_no_moves_no_figure_at_once_and_ten_move_it_by_the_hour() {
        let metrics = Metrics::new().unwrap();
        let shown = |metrics: &Metrics| line(&metrics.render(), "havengate_consents").join(" ");
        metrics.consents(&[("live", 40)]);
        assert_eq!(shown(&metrics), "havengate_consents{state=\"live\"} 40");
        metrics.consents(&[("live", 39)]);
        assert_eq!(shown(&metrics), "havengate_consents{state=\"live\"} 40", "not before the hour");
        metrics.flush();
        assert_eq!(shown(&metrics), "havengate_consents{state=\"live\"} 30");
        metrics.consents(&[("live", 38)]);
        metrics.flush();
        assert_eq!(shown(&metrics), "havengate_consents{state=\"live\"} 30");
    }

    #[test]
    fn an_attempt_is_counted_for_its_connection_which_is_there_from_the_start() {
        let metrics = Metrics::new().unwrap();
        let policy = Policy::compile(&crate::policy::shipped::sources()).unwrap();
        metrics.policy(&policy);
        let one = policy.integrations.values().next().unwrap();
        let labels = format!("{{destination=\"{}\",integration=\"{}\"}}", one.destination, one.id);
        let shown = |n: u64| metrics.render().contains(&format!("havengate_attempts_total{labels} {n}\n"));
        assert!(shown(0));
        metrics.attempt(Some(&one.id), Some(&one.destination));
        assert!(shown(1));
        metrics.policy(&policy);
        assert!(shown(1), "other rules forget no attempt");
        metrics.attempt(None, None);
        let unknown = "havengate_attempts_total{destination=\"unknown\",integration=\"unknown\"} 1";
        assert!(metrics.render().contains(unknown));
    }

    #[test]
    fn gauges_have_the_names_that_the_design_gives() {
        let metrics = Metrics::new().unwrap();
        metrics.consents(&[("live", 31), ("ended", 9)]);
        metrics.stops(2);
        metrics.state(true, false);
        metrics.clock("2026-11-20T10:00:00.5Z".parse().unwrap());
        metrics.notifications("email-1", 3);
        metrics.ledger_size(41);
        metrics.checkpoint_age(Duration::from_secs(1));
        metrics.screened(Duration::from_micros(80));
        metrics.committed(Duration::from_millis(2));
        metrics.request(None, None, Outcome::Forwarded, None, Duration::from_millis(1));
        let text = metrics.render();
        for shown in [
            "havengate_consents{state=\"live\"} 30",
            "havengate_consents{state=\"ended\"} 0",
            "havengate_stops 2",
            "havengate_ready 1",
            "havengate_policy_rejected 0",
            "havengate_clock_seconds 1795168800.5",
            "havengate_notifications_pending{channel=\"email-1\"} 3",
            "havengate_ledger_size 41",
            "havengate_ledger_checkpoint_age_seconds 1",
            "havengate_screen_seconds_count 1",
            "havengate_ledger_commit_seconds_count 1",
            "havengate_request_seconds_count 1",
            concat!("havengate_build_info{version=\"", env!("CARGO_PKG_VERSION"), "\"} 1"),
            "process_resident_memory_bytes",
        ] {
            assert!(text.lines().any(|l| l.starts_with(shown)), "{shown}\n{text}");
        }
    }

    #[test]
    fn an_undertaking_lapses_when_its_last_day_ends_in_london() {
        let winter: jiff::Timestamp = "2027-02-01T00:00:00Z".parse().unwrap();
        let summer: jiff::Timestamp = "2027-08-31T23:00:00Z".parse().unwrap();
        assert_eq!(end_of(jiff::civil::date(2027, 1, 31)), winter.as_second() as f64);
        assert_eq!(end_of(jiff::civil::date(2027, 8, 31)), summer.as_second() as f64);
    }
}

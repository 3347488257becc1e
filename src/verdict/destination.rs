//! May this recipient be contacted at all, before anything of anybody is looked at?

use super::{Code, Reason, Refusal, refusal_of, rules};
use crate::{
    consent::View,
    flow::{IntegrationId, Purpose},
    policy::{
        Integration, Policy, Route,
        charter::RecipientFacts,
        organisations::{ChainStep, Class, HostPattern, System},
    },
};
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use std::{fmt::Write as _, sync::Arc};

/// Proof that the charter lets this connection contact its recipient now. No DNS query and no connection
/// is made without one.
#[derive(Debug, Clone)]
pub struct Admitted {
    policy: Arc<Policy>,
    route: Route,
    facts: RecipientFacts,
    now: Timestamp,
    today: Date,
    not_after: Option<Timestamp>,
}

/// What was relied on when another system was found contactable: it must still hold when the contact is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Contactable {
    /// The first of its dates to run out.
    pub not_after: Option<Timestamp>,
    /// The panel approved it for emergencies: a stop does not hold it back.
    pub emergency: bool,
}

impl Admitted {
    /// Asks the charter.
    ///
    /// # Errors
    /// The refusal with every rule that said no; for a linked recipient, with the chain and its evidence.
    pub fn admit(policy: Arc<Policy>, route: Route, view: &View, now: Timestamp) -> Result<Self, Refusal> {
        let today = day_in_london(now);
        let Some(system) = policy.registry.system(&route.integration.destination) else {
            return Err(Refusal::plain(
                Code::DestinationUnassessed,
                "The registry does not know this recipient. Add it to policies/organisations.toml and assess it.",
            ));
        };
        let stopped = view.stopped(&route.integration.id, &system.id);
        let facts = facts(&route.integration, system, stopped, today);
        if let Some(mut refusal) = refusal_of(&policy.charter.contact(&facts), None, None) {
            if matches!(facts.class, Class::Root | Class::Associated) && !system.chain.is_empty() {
                let _ = write!(refusal.detail, " {}", in_words(&system.chain));
            }
            if refusal.code == Code::DestinationUnassessed && system.linked == Class::Unassessed {
                refusal.detail = format!(
                    "A path from this recipient to the Home Office is spoken of and not certain, and no assessment in \
                     date answers it. {}",
                    in_words(&system.chain)
                );
            }
            return Err(refusal);
        }
        let not_after = runs_out(&route, system, &facts);
        Ok(Self { policy, route, facts, now, today, not_after })
    }

    /// Asks whether the whole target, parameters included, is still the recipient's: on a host that others share, a
    /// path may be somebody else's, down to the Home Office's. `path` holds what leaves below the upstream's base,
    /// decoded.
    ///
    /// # Errors
    /// `destination-linked` for a path of a linked system in whatever spelling, `destination-mismatch` for another's.
    pub fn keeps_to(&self, path: &[String]) -> Result<(), Refusal> {
        let whole: Vec<String> = self.route.integration.upstream.base.iter().chain(path).cloned().collect();
        self.owns(&whole)
    }

    /// As [`Admitted::keeps_to`], for a whole path from the host's root.
    ///
    /// # Errors
    /// As [`Admitted::keeps_to`].
    pub fn owns(&self, whole: &[String]) -> Result<(), Refusal> {
        let (upstream, destination) = (&self.route.integration.upstream, &self.facts.system);
        let spelled = format!("https://{}/{}", upstream.host, whole.join("/"));
        let has_path_there = |system: &&System| {
            system.id != *destination
                && system.hosts.iter().any(|p| matches!(p, HostPattern::Path(host, _) if *host == upstream.host))
        };
        let registry = &self.policy.registry;
        let found = registry.system_of(&upstream.host, whole);
        let linked = registry.linked_within(&spelled).into_iter().find(has_path_there);
        let another = linked.or(found).filter(|system| system.id != *destination);
        match (another.map(|system| system.linked), found) {
            (Some(Class::Root), _) => Err(rules::refusal("no-home-office")),
            (Some(Class::Associated), _) => Err(rules::refusal("associated-only-by-data-2")),
            (None, Some(_)) => Ok(()),
            _ => Err(Refusal::plain(
                Code::DestinationMismatch,
                "The request's path leads to another recipient on the same host.",
            )),
        }
    }

    /// Asks whether this connection may also contact another system now: the one that gives out its tokens. It is
    /// judged as a recipient like any other.
    ///
    /// # Errors
    /// As [`Admitted::admit`].
    pub fn also(&self, system: &System, view: &View) -> Result<Contactable, Refusal> {
        let integration = &self.route.integration;
        let stopped = view.stopped(&integration.id, &system.id);
        let facts = facts(integration, system, stopped, self.today);
        if let Some(refusal) = refusal_of(&self.policy.charter.contact(&facts), None, None) {
            let detail = format!("The host that gives out tokens: {}", refusal.detail);
            return Err(Refusal { detail, ..refusal });
        }
        Ok(Contactable { not_after: runs_out(&self.route, system, &facts), emergency: facts.safeguarding_recipient })
    }

    /// The one snapshot this request is judged by.
    #[must_use]
    pub const fn policy(&self) -> &Arc<Policy> {
        &self.policy
    }
    /// Connection and operation.
    #[must_use]
    pub const fn route(&self) -> &Route {
        &self.route
    }
    /// The recipient's facts, as of [`Admitted::now`].
    #[must_use]
    pub const fn facts(&self) -> &RecipientFacts {
        &self.facts
    }
    /// When it was judged.
    #[must_use]
    pub const fn now(&self) -> Timestamp {
        self.now
    }
    /// That day in London.
    #[must_use]
    pub const fn today(&self) -> Date {
        self.today
    }
    /// The first of undertaking, assessment and approval to run out: the commit asserts it again.
    #[must_use]
    pub const fn not_after(&self) -> Option<Timestamp> {
        self.not_after
    }
}

/// Whether the charter would let a connection contact its recipient on a day, were no stop in force. For people
/// who change the registry and want to see what that opens and closes; it permits nothing.
///
/// # Errors
/// The refusal with every rule that says no.
pub fn opening(policy: &Policy, integration: &Integration, today: Date) -> Result<(), Refusal> {
    let Some(system) = policy.registry.system(&integration.destination) else {
        return Err(Refusal::plain(Code::DestinationUnassessed, "The registry does not know this recipient."));
    };
    let ruling = policy.charter.contact(&facts(integration, system, false, today));
    refusal_of(&ruling, None, None).map_or(Ok(()), Err)
}

/// The charter's rules that keep a recipient closed to everybody on a day: to a connection that nobody approved and
/// that is no emergency, stops aside. For people who ask why; it permits nothing.
#[must_use]
pub fn closed_by(policy: &Policy, system: &System, today: Date) -> Vec<Reason> {
    let Ok(integration) = IntegrationId::parse("none") else { return Vec::new() };
    let facts = RecipientFacts {
        integration,
        system: system.id.clone(),
        class: system.class(today),
        kind: system.kind,
        purpose: Purpose::Support,
        undertaking: system.undertaking_current(today),
        approved: false,
        stopped: false,
        home_office_forum: system.home_office_forum,
        safeguarding_recipient: false,
    };
    let refusal = refusal_of(&policy.charter.contact(&facts), None, None);
    // What the organisation's own rules say depends on the connection.
    refusal.into_iter().flat_map(|r| r.reasons).filter(|reason| reason.clause.is_some()).collect()
}

/// What the charter is told of a system that a connection would contact.
pub(super) fn facts(integration: &Integration, system: &System, stopped: bool, today: Date) -> RecipientFacts {
    let purpose = integration.purpose;
    RecipientFacts {
        integration: integration.id.clone(),
        system: system.id.clone(),
        class: system.class(today),
        kind: system.kind,
        purpose,
        undertaking: system.undertaking_current(today),
        approved: integration.approval.as_ref().is_some_and(|a| a.on <= today && today <= a.until),
        stopped,
        home_office_forum: system.home_office_forum,
        safeguarding_recipient: purpose == Purpose::Safeguarding
            && system.safeguarding_approved.is_some_and(|on| on <= today),
    }
}

/// Only dates that a rule relied on: an emergency does not wait for an assessment, and an approval that was not
/// needed may lapse.
fn runs_out(route: &Route, system: &System, facts: &RecipientFacts) -> Option<Timestamp> {
    let approval = route.integration.approval.as_ref().filter(|_| facts.class == Class::Associated);
    let approved = approval.and_then(|approval| end_of_day_in_london(approval.until));
    [approved, relied_on_until(system, facts.class)].into_iter().flatten().min()
}

/// When the first of a recipient's own dates runs out, of those that an allow relies on in this class.
pub(super) fn relied_on_until(system: &System, class: Class) -> Option<Timestamp> {
    let days = [
        system.undertaking.as_ref().map(|u| u.expires),
        system.assessed.as_ref().map(|a| a.until).filter(|_| class == Class::Clear),
    ];
    days.into_iter().flatten().filter_map(end_of_day_in_london).min()
}

/// Policies speak of days in Europe/London (design section 4).
#[must_use]
pub fn day_in_london(now: Timestamp) -> Date {
    now.to_zoned(london()).date()
}

/// The last instant of a day in London; dates in policies are inclusive.
#[must_use]
pub fn end_of_day_in_london(day: Date) -> Option<Timestamp> {
    let next = day.tomorrow().ok()?.to_zoned(london()).ok()?.timestamp();
    next.checked_sub(jiff::SignedDuration::from_nanos(1)).ok()
}

/// The time zone of the policies' days, and of the people who read them.
#[must_use]
pub fn london() -> TimeZone {
    // The time zone database is compiled in; were the name ever missing, UTC is at most an hour away.
    TimeZone::get("Europe/London").unwrap_or(TimeZone::UTC)
}

/// A chain as a sentence: who passes data to whom, since when, and where it is written.
pub(super) fn in_words(chain: &[ChainStep]) -> String {
    let mut text = String::from("The path:");
    for (i, step) in chain.iter().enumerate() {
        let _ =
            write!(text, "{} {} {} {}", if i == 0 { "" } else { ";" }, step.from, step.kind.replace('-', " "), step.to);
        if let Some(since) = step.since {
            let _ = write!(text, " since {since}");
        }
        if let Some(evidence) = step.evidence.first() {
            let _ = write!(text, " ({evidence})");
        }
    }
    text.push('.');
    text
}

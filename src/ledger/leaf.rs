//! What is recorded for ever (the leaf) and what can be erased (its detail rows).

use super::{canonical::Value, failure::AssertFailure, tree::Hash};
use crate::{
    consent::view::{Stop, StopScope},
    flow::{
        Act, Category, Clause, DecisionId, Form, Group, IntegrationId, OperationId, SubjectLabel, SystemId,
        name_closed as closed,
    },
    policy::PolicyHash,
    verdict::Code,
};
use jiff::{Timestamp, civil::Date};
use std::{borrow::Cow, collections::BTreeMap, sync::Arc};

/// The longest a leaf may be, in bytes (design section 8).
pub const LONGEST: usize = 4096;
/// The name of a stop's id in `extra`.
pub(super) const STOP: &str = "stop";
/// The name in `extra` of the grounds on which something left.
pub const BASIS: &str = "basis";
/// The name in `extra` of the rule that says it was an attempt to reach the Home Office, somebody linked or a forum.
pub const ATTEMPT: &str = "attempt";

closed! {
    /// The type of a leaf (design section 8).
    Kind {
        /// A request was allowed or refused.
        Decision = "decision",
        /// How an allowed request ended.
        Outcome = "outcome",
        /// A connection to a recipient was made without a request (OAuth token host).
        Contact = "contact",
        /// Consent given.
        ConsentIssued = "consent.issued",
        /// Consent ended.
        ConsentEnded = "consent.ended",
        /// Somebody was asked and said no to everything. Says to whom and for what, and nothing of who it was.
        ConsentDeclined = "consent.declined",
        /// An emergency grant.
        Safeguarding = "safeguarding",
        /// A stop.
        StopPlaced = "stop.placed",
        /// A stop lifted.
        StopLifted = "stop.lifted",
        /// A policy became active.
        PolicyActivated = "policy.activated",
        /// A reload was refused; the last good policy stays.
        PolicyRejected = "policy.rejected",
        /// A recipient closed: a link was found, an assessment or an undertaking ended.
        RecipientClosed = "recipient.closed",
        /// The clock went back.
        ClockAnomaly = "clock.anomaly",
        /// The gateway started.
        Boot = "boot",
        /// Probes from unknown callers, one leaf a minute.
        RefusedSummary = "refused.summary",
        /// The panel answered a stop with what it will do.
        StopAnswered = "stop.answered",
        /// Nobody answered a stop in time, and the panel was reminded.
        StopOverdue = "stop.overdue",
        /// A sheet with a code for stops was made, withdrawn or used too often.
        StopCode = "stop.code",
        /// The panel reviewed an emergency disclosure.
        SafeguardingReviewed = "safeguarding.reviewed",
        /// An emergency disclosure was not reviewed in time, and the panel is reminded, once.
        SafeguardingOverdue = "safeguarding.overdue",
        /// Somebody reported sharing, by whatever channel (TRANS-2).
        BreachReported = "breach.reported",
        /// Somebody demanded data: who, and by what power.
        DemandRecorded = "demand.recorded",
        /// A breach's 72 hours to the regulator are nearly or quite over, and nobody wrote that it was told: once each.
        BreachOverdue = "breach.overdue",
        /// Other people or systems are told of alarms than at the last start. Says how many, not who.
        ToldChanged = "told.changed",
        /// A check of the whole record book did not find it in order.
        BookUnsound = "book.unsound",
        /// A concern came in. Its text is encrypted to the panel and stands elsewhere.
        ConcernReceived = "concern.received",
        /// The panel answered a concern. The answer is encrypted to the panel and to whoever wrote, and stands elsewhere.
        ConcernAnswered = "concern.answered",
        /// An account of the panel's pages was invited, opened, locked, closed, or signed in to, or made or ended a token
        /// for a machine.
        Account = "account",
    }
}

closed! {
    /// What a decision leaf says was done.
    Decided {
        /// Allowed.
        Allowed = "allowed",
        /// Refused.
        Refused = "refused",
    }
}

/// A leaf. Serialised as RFC 8785 canonical JSON, at most 4 KiB. Holds no subject or consent label, no
/// values, hosts, URLs or names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaf {
    /// Its type.
    pub kind: Kind,
    /// The UTC day. Set by the writer.
    pub day: Option<Date>,
    /// The decision it is about.
    pub decision: Option<DecisionId>,
    /// The connection.
    pub integration: Option<IntegrationId>,
    /// The operation.
    pub operation: Option<OperationId>,
    /// The recipient.
    pub destination: Option<SystemId>,
    /// Allowed or refused.
    pub decided: Option<Decided>,
    /// Why it was refused, or how it ended.
    pub code: Option<Code>,
    /// The clauses that decided.
    pub clauses: Vec<Clause>,
    /// How many values of each group left or did not, by form and act.
    pub counts: BTreeMap<(Group, &'static str, Act), u64>,
    /// The rules that decided.
    pub policy: Option<PolicyHash>,
    /// The decision this one repeats. Set by the writer.
    pub retry_of: Option<DecisionId>,
    /// Anything else that is fixed by the kind: a closed set of keys with ASCII text.
    pub extra: BTreeMap<&'static str, String>,
}

impl Leaf {
    /// An empty leaf of a kind.
    #[must_use]
    pub const fn new(kind: Kind) -> Self {
        Self {
            kind,
            day: None,
            decision: None,
            integration: None,
            operation: None,
            destination: None,
            decided: None,
            code: None,
            clauses: Vec::new(),
            counts: BTreeMap::new(),
            policy: None,
            retry_of: None,
            extra: BTreeMap::new(),
        }
    }

    /// The entry that places a stop. It names what is stopped, so that nobody can narrow the stop afterwards.
    #[must_use]
    pub fn placing(stop: &Stop) -> Self {
        let mut leaf = Self { extra: BTreeMap::from([(STOP, stop.id.clone())]), ..Self::new(Kind::StopPlaced) };
        match &stop.scope {
            StopScope::Integration(integration) => leaf.integration = Some(integration.clone()),
            StopScope::Destination(destination) => leaf.destination = Some(destination.clone()),
            StopScope::Everything => {}
        }
        leaf
    }

    /// The entry that lifts the stop with this id.
    #[must_use]
    pub fn lifting(stop: &str) -> Self {
        Self { extra: BTreeMap::from([(STOP, stop.to_owned())]), ..Self::new(Kind::StopLifted) }
    }

    /// What is recorded instead when a permission is refused at the commit: nothing left, and why.
    #[must_use]
    pub fn refused(&self, why: AssertFailure) -> Self {
        let mut counts = BTreeMap::new();
        for (&(group, form, act), &n) in &self.counts {
            *counts.entry((group, form, kept(act))).or_insert(0) += n;
        }
        let clauses = why.clause().into_iter().collect();
        let mut extra = self.extra.clone();
        // Nothing left, on no ground.
        extra.remove(BASIS);
        Self { decided: Some(Decided::Refused), code: Some(why.code()), clauses, counts, extra, ..self.clone() }
    }

    /// The canonical text. When forms make it too long they are counted together as `any`.
    ///
    /// # Errors
    /// [`TooLong`] when it is over [`LONGEST`] even so.
    pub(super) fn canonical(&self, stamp: &Stamp<'_>) -> Result<String, TooLong> {
        let text = self.value(stamp, &self.counts).canonical();
        if text.len() <= LONGEST {
            return Ok(text);
        }
        let mut counts = BTreeMap::new();
        for (&(group, _, act), &n) in &self.counts {
            *counts.entry((group, "any", act)).or_insert(0) += n;
        }
        Some(self.value(stamp, &counts).canonical()).filter(|text| text.len() <= LONGEST).ok_or(TooLong)
    }

    fn value<'a>(&'a self, stamp: &Stamp<'a>, counts: &Counts) -> Value<'a> {
        let clauses: Vec<_> = self.clauses.iter().map(|c| Value::text(c.as_str())).collect();
        let counts: Vec<_> = counts.iter().map(count).collect();
        let extra: BTreeMap<_, _> =
            self.extra.iter().map(|(k, v)| (Cow::Borrowed(*k), Value::text(v.as_str()))).collect();
        let members: [(&str, Option<Value<'a>>); 16] = [
            ("type", Some(Value::text(self.kind.as_str()))),
            ("gateway", Some(Value::text(stamp.gateway))),
            ("boot", Some(Value::text(stamp.boot))),
            ("day", self.day.map(|d| Value::text(d.to_string()))),
            ("decision", self.decision.map(|d| Value::text(d.to_string()))),
            ("integration", self.integration.as_ref().map(|i| Value::text(i.as_str()))),
            ("operation", self.operation.as_ref().map(|o| Value::text(o.as_str()))),
            ("destination", self.destination.as_ref().map(|d| Value::text(d.as_str()))),
            ("decided", self.decided.map(|d| Value::text(d.as_str()))),
            ("code", self.code.map(|c| Value::text(c.as_str()))),
            ("policy", self.policy.map(|p| Value::text(p.to_string()))),
            ("rc", stamp.rc.map(|rc| Value::text(data_encoding::HEXLOWER.encode(&rc)))),
            ("retry_of", self.retry_of.map(|d| Value::text(d.to_string()))),
            ("clauses", Some(clauses).filter(|c| !c.is_empty()).map(Value::List)),
            ("counts", Some(counts).filter(|c| !c.is_empty()).map(Value::List)),
            ("extra", Some(extra).filter(|e| !e.is_empty()).map(Value::Map)),
        ];
        Value::Map(members.into_iter().filter_map(|(name, value)| Some((name.into(), value?))).collect())
    }
}

type Counts = BTreeMap<(Group, &'static str, Act), u64>;

/// `["identity","raw","sent",2]`.
fn count<'a>((&(group, form, act), &n): (&(Group, &'static str, Act), &u64)) -> Value<'a> {
    Value::List(vec![Value::text(group.as_str()), Value::text(form), Value::text(act.as_str()), Value::Number(n)])
}

/// What an act becomes when the request was stopped at the last moment: what would have left was blocked.
const fn kept(act: Act) -> Act {
    match act {
        Act::Sent | Act::Generalised | Act::Pseudonymised | Act::Blocked => Act::Blocked,
        Act::Stripped => Act::Stripped,
    }
}

/// What the writer adds to every leaf.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stamp<'a> {
    /// The gateway's name.
    pub gateway: &'a str,
    /// The id of this run of the gateway.
    pub boot: &'a str,
    /// The root over the salted detail rows, where there are any.
    pub rc: Option<Hash>,
}

/// A leaf that would be over [`LONGEST`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooLong;

/// One erasable row: what happened to one category of one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detail {
    /// Exactly when.
    pub at: Timestamp,
    /// About whom; `None` outside records.
    pub subject: Option<SubjectLabel>,
    /// Under which consent.
    pub consent: Option<crate::flow::ConsentId>,
    /// What.
    pub category: Option<Category>,
    /// In what form.
    pub form: Option<Form>,
    /// The rule's path.
    pub path: Option<Arc<str>>,
    /// What was done.
    pub act: Act,
    /// How many values.
    pub count: u64,
}

impl Detail {
    /// The row as it stands when the request was stopped at the last moment.
    pub(super) fn refused(&self) -> Self {
        Self { act: kept(self.act), ..self.clone() }
    }

    /// The row's canonical text, which is hashed after a salt of its own.
    pub(super) fn canonical(&self) -> String {
        self.value().canonical()
    }

    fn value<'a>(&'a self) -> Value<'a> {
        let members: [(&str, Option<Value<'a>>); 8] = [
            ("at", Some(Value::text(self.at.to_string()))),
            ("subject", self.subject.as_ref().map(|s| Value::text(s.as_str()))),
            ("consent", self.consent.as_ref().map(|c| Value::text(c.as_str()))),
            ("category", self.category.as_ref().map(|c| Value::text(c.as_str()))),
            ("form", self.form.map(|f| Value::text(f.to_string()))),
            ("path", self.path.as_deref().map(Value::text)),
            ("act", Some(Value::text(self.act.as_str()))),
            ("count", Some(Value::Number(self.count))),
        ];
        Value::Map(members.into_iter().filter_map(|(name, value)| Some((name.into(), value?))).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::{Form, Transform};

    const STAMP: Stamp<'_> = Stamp { gateway: "charity", boot: "b", rc: Some([0xab; 32]) };

    fn full() -> Leaf {
        let mut leaf = Leaf::new(Kind::Decision);
        leaf.day = Some(jiff::civil::date(2026, 10, 24));
        leaf.decision = Some(DecisionId::from_bytes([0; 16]));
        leaf.integration = Some(IntegrationId::parse("inform-riverside").unwrap());
        leaf.operation = Some(OperationId::parse("refer").unwrap());
        leaf.destination = Some(SystemId::parse("riverside-council/housing-referrals").unwrap());
        leaf.decided = Some(Decided::Allowed);
        leaf.counts.insert((Group::Identity, "raw", Act::Sent), 2);
        leaf.counts.insert((Group::Location, "raw", Act::Stripped), 1);
        leaf.policy = Some(PolicyHash([1; 32]));
        leaf
    }

    #[test]
    fn a_leaf_is_one_line_of_sorted_names() {
        assert_eq!(
            full().canonical(&STAMP).unwrap(),
            concat!(
                r#"{"boot":"b","counts":[["identity","raw","sent",2],["location","raw","stripped",1]],"#,
                r#""day":"2026-10-24","decided":"allowed","decision":"aaaaaaaaaaaaaaaaaaaaaaaaaa","#,
                r#""destination":"riverside-council/housing-referrals","gateway":"charity","#,
                r#""integration":"inform-riverside","operation":"refer","#,
                r#""policy":"0101010101010101010101010101010101010101010101010101010101010101","#,
                r#""rc":"abababababababababababababababababababababababababababababababab","type":"decision"}"#
            )
        );
    }

    #[test]
    fn refused_at_the_last_moment_nothing_left() {
        let refused = full().refused(AssertFailure::Stopped);
        assert_eq!((refused.decided, refused.code), (Some(Decided::Refused), Some(Code::Stopped)));
        assert_eq!(refused.clauses, [Clause::Tools1]);
        let acts: Vec<_> = refused.counts.keys().map(|(_, _, act)| *act).collect();
        assert_eq!(acts, [Act::Blocked, Act::Stripped]);
    }

    #[test]
    fn every_count_at_once_still_fits_and_loses_no_figure() {
        let forms = ["raw", "pseudonym", "generalised:year", "generalised:month", "generalised:age-band"];
        let mut leaf = full();
        for group in Group::ALL {
            for form in forms {
                Act::ALL.iter().for_each(|act| _ = leaf.counts.insert((*group, form, *act), 1000));
            }
        }
        let text = leaf.canonical(&STAMP).unwrap();
        assert!(text.len() <= LONGEST && text.contains(r#"["identity","any","sent",5000]"#), "{text}");
        leaf.extra.insert("note", "x".repeat(LONGEST));
        assert_eq!(leaf.canonical(&STAMP), Err(TooLong));
    }

    #[test]
    fn a_detail_row_says_everything_once() {
        let row = Detail {
            at: "2026-10-24T10:00:00.000001Z".parse().unwrap(),
            subject: Some(SubjectLabel::parse("k1.abc").unwrap()),
            consent: None,
            category: Some(Category::parse("pd:BirthDate").unwrap()),
            form: Some(Form::Generalised(Transform::Year)),
            path: Some("$.dob".into()),
            act: Act::Generalised,
            count: 1,
        };
        assert_eq!(
            row.canonical(),
            concat!(
                r#"{"act":"generalised","at":"2026-10-24T10:00:00.000001Z","category":"pd:BirthDate","count":1,"#,
                r#""form":"generalised:year","path":"$.dob","subject":"k1.abc"}"#
            )
        );
        assert_eq!(row.refused().act, Act::Blocked);
    }
}

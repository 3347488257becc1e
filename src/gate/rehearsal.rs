//! A whole request judged without a network: what `check`, `explain`, `rehearse` and the cases do. The same
//! steps in the same order as `gate::exchange`, with the commit's own checks left to the ledger.

pub mod report;

use super::{
    body::{self, Intake},
    head::{self, LineEnds},
    wire,
};
use crate::{
    config::Limits,
    consent::{View, keys::Keys},
    flow::{App, DecisionId, Flow, name_closed as closed},
    policy::{Policy, Route},
    screen::{Screened, Screening},
    verdict::{Admitted, Code, Consented, Decider, Refusal, disclosure::Memory},
};
use hyper::body::Bytes;
use jiff::Timestamp;
use std::sync::Arc;

/// Everything a request is judged by besides itself.
#[derive(Debug, Clone)]
pub struct Situation<'a> {
    /// The rules.
    pub policy: &'a Arc<Policy>,
    /// The consents, stops and emergencies.
    pub view: &'a View,
    /// The keys that make labels and pseudonyms.
    pub keys: &'a Arc<Keys>,
    /// Bounds.
    pub limits: &'a Limits,
    /// What consent tokens must be addressed to.
    pub audience: &'a str,
    /// When.
    pub now: Timestamp,
}

/// How far a request came.
#[derive(Debug)]
pub struct Rehearsal {
    /// The route, where there is one.
    pub route: Option<Route>,
    /// The steps that were passed, in order.
    pub passed: Vec<Step>,
    /// What would be sent, or why nothing would.
    pub outcome: Result<Screened, (Step, Refusal)>,
}

closed! {
    /// The steps a request walks, as pages and terminals call them.
    Step {
        /// Whether it can be read at all, and in one way only.
        Request = "request",
        /// Which connection and operation it is.
        Route = "route",
        /// Whether the recipient may be contacted.
        Recipient = "recipient",
        /// Whether the consents presented are genuine.
        Consent = "consent",
        /// What of it may leave.
        Screening = "screening",
    }
}

/// Judges one written HTTP/1.1 request, body included; lines may end in LF.
#[must_use]
pub fn judge(situation: &Situation<'_>, decision: DecisionId, app: App, request: &[u8]) -> Rehearsal {
    let bounds = wire::Bounds { head: situation.limits.head, fields: situation.limits.headers };
    let read = head::parse_request(request, LineEnds::LfToo, bounds)
        .and_then(|(parts, body)| Ok((head::canonical(parts, app, None)?, body)));
    match read {
        Ok((flow, body)) => rehearse(situation, decision, flow, request.get(body).unwrap_or_default()),
        Err(refusal) => Rehearsal::unread(refusal),
    }
}

/// Judges one request that was read.
#[must_use]
pub fn rehearse(situation: &Situation<'_>, decision: DecisionId, flow: Flow, body: &[u8]) -> Rehearsal {
    let mut rehearsal = Rehearsal::unread(Refusal::plain(Code::Internal, "Nothing was judged."));
    rehearsal.passed.push(Step::Request);
    rehearsal.outcome = walk(situation, decision, flow, body, &mut rehearsal.route, &mut rehearsal.passed);
    rehearsal
}

impl Rehearsal {
    /// Of a request that could not be read.
    #[must_use]
    pub const fn unread(refusal: Refusal) -> Self {
        Self { route: None, passed: Vec::new(), outcome: Err((Step::Request, refusal)) }
    }
}

fn walk(
    situation: &Situation<'_>,
    decision: DecisionId,
    flow: Flow,
    body: &[u8],
    known: &mut Option<Route>,
    passed: &mut Vec<Step>,
) -> Result<Screened, (Step, Refusal)> {
    let at = |step: Step| move |refusal: Refusal| (step, refusal);
    let route = situation.policy.route(&flow).map_err(at(Step::Route))?;
    *known = Some(route.clone());
    passed.push(Step::Route);
    let admitted =
        Admitted::admit(situation.policy.clone(), route, situation.view, situation.now).map_err(at(Step::Recipient))?;
    passed.push(Step::Recipient);
    let consented =
        Consented::present(admitted, &flow.headers, &situation.keys.issuers, situation.audience, situation.view)
            .map_err(at(Step::Consent))?;
    passed.push(Step::Consent);
    let screened = screen(situation, decision, consented, flow, body).map_err(at(Step::Screening))?;
    passed.push(Step::Screening);
    Ok(screened)
}

fn screen(
    situation: &Situation<'_>,
    decision: DecisionId,
    consented: Consented,
    flow: Flow,
    body: &[u8],
) -> Result<Screened, Refusal> {
    let rules = consented.admitted().route().operation.body.clone();
    let media = rules.as_ref().map(|rules| rules.media.as_str());
    let reading = body::read_type(&flow.headers, body.is_empty(), media)?;
    let bounds = body::Bounds::of(situation.limits, rules.as_ref().and_then(|rules| rules.limit));
    body::check_length(body.len() as u64, bounds)?;
    let mut intake = Intake::new(&reading, bounds);
    let mut memory = Memory::default();
    let limits = situation.limits.into();
    let mut screening = Screening::begin(decision, consented.clone(), flow, limits, reading.received);
    let mut decider = Decider::new(consented, situation.view, situation.keys, &mut memory);
    if !body.is_empty() {
        intake.feed(Bytes::copy_from_slice(body));
        while let Some(piece) = intake.next()? {
            screening.push(&piece, &mut decider)?;
        }
        intake.finish()?;
    }
    screening.finish(decider)
}

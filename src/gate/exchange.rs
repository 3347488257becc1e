//! One request, as a straight line: accept → Flow → Route → Admitted → Consented → Screened → Receipt →
//! upstream. Read `Gateway::walk` from top to bottom: each step consumes the proof of the one before, and
//! a step that fails ends the walk in `Gateway::refuse`.

use super::{
    Gateway,
    accept::{Call, Exchange, Inbound, Peer},
    answer::{Answer, Listed, OwnRoute, Unreadable, Withheld},
    body::{self, Arriving, Intake},
    credentials::{Credential, TokenWay},
    head, record,
    resolve::{Pinned, Rules},
    respond::{self, AnswerBody, Removed, Sent},
    spool::{Content, Held},
    turns,
    upstream::{self, Outgoing},
};
use crate::{
    flow::{DecisionId, Flow},
    ledger::{Permission, Receipt, Tx},
    log::Outcome,
    policy::{
        Policy, Route,
        integration::{AnswerRules, Auth},
    },
    screen::{Screened, Screening},
    verdict::{Admitted, Code, Consented, Decider, Refusal, disclosure::Memory},
};
use http::{HeaderMap, Response, header};
use http_body::Body as _;
use http_body_util::BodyExt as _;
use std::{sync::Arc, time::Instant};

/// What is known of a request so far: enough to refuse it at any step with a full record.
#[derive(Debug)]
pub(super) struct Trail {
    pub(super) decision: DecisionId,
    pub(super) started: Instant,
    /// Refusals of callers we do not know are summed up once a minute.
    pub(super) known_caller: bool,
    pub(super) policy: Option<Arc<Policy>>,
    pub(super) route: Option<Route>,
    /// Whether any byte may have reached the recipient.
    pub(super) sent: Sent,
    /// The decision is in the ledger: what follows is its outcome.
    pub(super) recorded: bool,
    /// It was logged and counted, which happens once.
    pub(super) observed: bool,
}

impl Exchange for Gateway {
    async fn exchange(self: Arc<Self>, call: Call) -> Response<AnswerBody> {
        let decision = match self.new_decision() {
            Ok(decision) => decision,
            Err(refusal) => return respond::refused(&refusal, None, Sent::No),
        };
        let mut trail = Trail {
            decision,
            started: Instant::now(),
            known_caller: false,
            policy: None,
            route: None,
            sent: Sent::No,
            recorded: false,
            observed: false,
        };
        match self.walk(call, &mut trail).await {
            Ok(response) => response,
            Err(refusal) => self.refuse(refusal, &mut trail).await,
        }
    }

    async fn refused(self: Arc<Self>, peer: Peer, mut claim: HeaderMap, refusal: Refusal) -> Option<DecisionId> {
        if self.callers.authenticate(&peer, &mut claim).is_err() {
            self.probes.count();
            return None;
        }
        let decision = self.new_decision().ok()?;
        let tx = record::refusal(decision, &refusal, None, None, self.ledger.now());
        self.count_attempt(None, &tx);
        self.ledger.append_later(tx).ok().map(|()| decision)
    }
}

impl Gateway {
    /// The straight line.
    async fn walk(&self, call: Call, trail: &mut Trail) -> Result<Response<AnswerBody>, Refusal> {
        let (mut parts, body) = call.request.into_parts();
        let app = self.callers.authenticate(&call.peer, &mut parts.headers)?;
        trail.known_caller = true;
        let flow = head::canonical(parts, app, call.peer.server_name.as_deref())?;

        let policy = self.policy.snapshot();
        trail.policy = Some(policy.clone());
        let route = policy.route(&flow)?;
        trail.route = Some(route.clone());

        let view = self.ledger.view();
        let admitted = Admitted::admit(policy.clone(), route.clone(), &view, self.ledger.now())?;
        let consented =
            Consented::present(admitted, &flow.headers, &self.keys.issuers, &self.config.gateway.audience, &view)?;
        let pinned = self.pin(consented.admitted()).await?;

        let received = authorization(&flow.headers);
        let (screened, content) = self.screen(consented, flow, body, trail).await?;
        let outgoing = self.address(&screened, content, &route, pinned, &received).await?;
        let receipt = self.permit(&screened, trail).await?;
        let answer = self.send(outgoing, receipt, trail).await?;
        Ok(self.forward(answer, &screened, trail))
    }

    /// Where the recipient really is: rules first, then one resolution, judged and pinned.
    async fn pin(&self, admitted: &Admitted) -> Result<Pinned, Refusal> {
        let (policy, integration) = (admitted.policy(), &admitted.route().integration);
        let (to, upstream) = (&integration.destination, &integration.upstream);
        let listed = policy.registry.system(to).map_or(&[][..], |s| &s.addresses);
        let identity = self.credentials.identity(integration)?;
        let rules = Rules::of(policy, to, &upstream.host, admitted.facts().safeguarding_recipient);
        let pinned = self.resolver.judge_and_pin(&rules, listed, upstream).await?;
        Ok(pinned.with_identity(identity))
    }

    /// Reads the body to its end, judging as it comes. Nothing is sent before all of it has passed.
    async fn screen(
        &self,
        consented: Consented,
        flow: Flow,
        body: Inbound,
        trail: &Trail,
    ) -> Result<(Screened, Content), Refusal> {
        let started = Instant::now();
        let limits = &self.config.limits;
        let rules = consented.admitted().route().operation.body.clone();
        let reading = body::read_type(&flow.headers, body.is_end_stream(), rules.as_ref().map(|r| r.media.as_str()))?;
        let bounds = body::Bounds::of(limits, rules.as_ref().and_then(|r| r.limit));
        let mut memory = Memory::default();
        let declared = body.size_hint().exact();
        let memory_needed = bounds.memory(declared, limits.record as u64, reading.codings.len() as u64);
        let _memory = self.room.admit(memory_needed)?;
        let mut intake = Intake::new(&reading, bounds);
        let mut screening = Screening::begin(trail.decision, consented.clone(), flow, limits.into(), reading.received);
        let view = self.ledger.view();
        let mut held = Held::new(self.room.clone());
        let mut arriving = Arriving::new(body, bounds)?;
        while let Some(chunk) = arriving.next().await? {
            for part in turns::parts(chunk) {
                intake.feed(part);
                while intake.has_more() {
                    let turn = arriving.aside(self.turns.take(intake.length())).await;
                    let Some(piece) = intake.next()? else { break };
                    screening.push(&piece, &mut Decider::new(consented.clone(), &view, &self.keys, &mut memory))?;
                    drop(turn);
                    arriving.aside(held.keep(&mut screening, intake.length())).await?;
                }
            }
        }
        intake.finish()?;
        // The view as it is now that the body is whole; the commit asserts all of it once more.
        let view = self.ledger.view();
        let screened = screening.finish(Decider::new(consented, &view, &self.keys, &mut memory))?;
        let content = held.finish(&screened).await?;
        self.metrics.screened(started.elapsed());
        Ok((screened, content))
    }

    /// The durable allow. Everything that may have changed since screening is checked again in its transaction.
    async fn permit(&self, screened: &Screened, trail: &mut Trail) -> Result<Receipt, Refusal> {
        let started = Instant::now();
        let tx = record::permission(screened);
        self.count_attempt(trail.route.as_ref(), &tx);
        let permission = self.ledger.permit(tx).await.map_err(|e| e.refusal())?;
        self.metrics.committed(started.elapsed());
        trail.recorded = true;
        match permission {
            Permission::Granted(receipt) => Ok(receipt),
            Permission::Refused(failure) => Err(failure.refusal()),
        }
    }

    /// Sends what was screened, under its receipt, and waits for the head of the answer.
    async fn send(&self, outgoing: Outgoing, receipt: Receipt, trail: &mut Trail) -> Result<Answer, Refusal> {
        self.client.send(outgoing, receipt).await.map_err(|failure| {
            let unsent = failure.sent() == upstream::Sent::No;
            trail.sent = if unsent { Sent::No } else { Sent::Unknown };
            let refusal = failure.into_refusal();
            self.ended(trail, &refusal, unsent);
            refusal
        })
    }

    /// Puts together what will stand on the wire, before the decision is recorded: a token that cannot be
    /// fetched spends nothing.
    async fn address(
        &self,
        screened: &Screened,
        content: Content,
        route: &Route,
        pinned: Pinned,
        received: &HeaderMap,
    ) -> Result<Outgoing, Refusal> {
        let credential = self.credential(screened, route, received).await?;
        let listed = route.operation.answer.clone().map(|rules| self.listed(rules));
        Outgoing::screened(screened, content, pinned, OwnRoute::of(&route.integration), listed, credential)
    }

    /// What the recipient knows us by. An OAuth token host is a destination like any other: known to the
    /// registry, put to the charter, pinned, and dialled only after a durable `contact`.
    async fn credential(
        &self,
        screened: &Screened,
        route: &Route,
        received: &HeaderMap,
    ) -> Result<Credential, Refusal> {
        let Auth::OAuth2 { token, .. } = &route.integration.auth else {
            return self.credentials.without_token(&route.integration, received);
        };
        let admitted = screened.consented().admitted();
        let Some(system) = admitted.policy().registry.system_of(&token.host, &token.base) else {
            return Err(Refusal::plain(Code::DestinationUnassessed, "The registry does not know the token host."));
        };
        let contactable = admitted.also(system, &self.ledger.view())?;
        let rules = Rules::of(admitted.policy(), &system.id, &token.host, contactable.emergency);
        let (resolver, client, listed, system) = (&self.resolver, &self.client, &system.addresses[..], &system.id);
        let way = TokenWay { resolver, client, rules: &rules, listed, system, contactable, contact: self };
        self.credentials.of(&route.integration, received, &way).await
    }

    /// An answer whose links are read is held in memory: no more of it than of a request.
    fn listed(&self, rules: Arc<AnswerRules>) -> Listed {
        Listed { rules, bytes: self.config.limits.body, depth: self.config.limits.depth }
    }

    /// Passes the answer back, marked with the decision it belongs to. Of one that could not be read, status and headers
    /// of an error or a redirect still say what the sender must know; a success would be taken for an empty one.
    fn forward(&self, answer: Answer, screened: &Screened, trail: &mut Trail) -> Response<AnswerBody> {
        if answer.status == http::StatusCode::UNAUTHORIZED {
            self.credentials.rejected(&screened.consented().admitted().facts().integration);
        }
        let unusable = answer.withheld.body.filter(|_| answer.status.is_success());
        let refusal = unusable.map(Unreadable::refusal);
        self.answered(trail, answer.status.as_u16(), &answer.withheld, refusal.as_ref().map(|r| r.code));
        self.count_fields(screened);
        if let Some(refusal) = refusal {
            return respond::refused(&refusal, Some(trail.decision), Sent::Yes);
        }
        let mut response = Response::new(answer.body.map_err(Into::into).boxed_unsync());
        *response.status_mut() = answer.status;
        *response.headers_mut() = answer.headers;
        respond::forwarded(response.headers_mut(), trail.decision, &Removed::of(screened.findings()));
        response
    }

    /// The recipient answered: recorded with what of the answer was withheld, and never where that led.
    fn answered(&self, trail: &mut Trail, status: u16, withheld: &Withheld, code: Option<Code>) {
        let outcome = if code.is_none() { Outcome::Forwarded } else { Outcome::Failed };
        self.observe(trail, outcome, code, &[]);
        let tx = record::answered(trail.decision, status, withheld);
        if *withheld != Withheld::default() {
            let at = tx.leaf.extra.get(record::WITHHELD_AT).map(String::as_str);
            let body = withheld.body.map(|why| why.as_str());
            tracing::warn!(decision = %trail.decision, links = withheld.links(), at, body, "part of an answer was withheld");
        }
        self.record(trail, tx);
    }

    /// A permitted request had no answer: recorded with the next group commit, without delaying what the caller is told.
    fn ended(&self, trail: &mut Trail, refusal: &Refusal, unsent: bool) {
        self.observe(trail, Outcome::Failed, Some(refusal.code), &refusal.reasons);
        let tx = record::unanswered(trail.decision, refusal, unsent);
        self.count_attempt(trail.route.as_ref(), &tx);
        self.record(trail, tx);
    }

    fn record(&self, trail: &Trail, tx: Tx) {
        if let Err(error) = self.ledger.append_later(tx) {
            tracing::error!(decision = %trail.decision, %error, "an outcome could not be recorded");
        }
    }

    /// Every refusal is recorded as an allow is, durably and before it is answered.
    async fn refuse(&self, refusal: Refusal, trail: &mut Trail) -> Response<AnswerBody> {
        if !trail.known_caller {
            self.probes.count();
            return respond::refused(&refusal, None, Sent::No);
        }
        self.observe(trail, Outcome::Refused, Some(refusal.code), &refusal.reasons);
        if trail.recorded {
            return respond::refused(&refusal, Some(trail.decision), trail.sent);
        }
        let now = self.ledger.now();
        let tx = record::refusal(trail.decision, &refusal, trail.route.as_ref(), trail.policy.as_deref(), now);
        self.count_attempt(trail.route.as_ref(), &tx);
        match self.ledger.append(tx).await {
            Ok(_) => respond::refused(&refusal, Some(trail.decision), Sent::No),
            Err(error) => respond::refused(&error.refusal(), None, Sent::No),
        }
    }
}

/// The caller's own `Authorization`, for connections that pass it on. Nothing else of the head outlives screening.
fn authorization(headers: &HeaderMap) -> HeaderMap {
    let values = headers.get_all(header::AUTHORIZATION).iter();
    values.map(|v| (header::AUTHORIZATION, v.clone())).collect()
}

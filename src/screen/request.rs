//! One request's screening, from a consented head to the only thing that may be sent.

use super::{
    Received, batch,
    beside::{Beside, PIECE},
    body::{BodyScreener, Limits},
    headers, soap,
    tally::Outer,
    uri,
};
use crate::{
    flow::{DecisionId, Flow, Group},
    policy::{
        Route,
        integration::{FieldRule, RouteRule, SubjectSource},
    },
    verdict::{
        Code, Consented, Decider, Refusal,
        disclosure::Grounds,
        judge::{Findings, Judge as _, Person},
    },
};
use aws_lc_rs::digest::{Context as Hash, SHA256};
use std::{fmt, sync::Arc};

/// A consented request whose body is still passing. Push what arrives; [`Screening::finish`] makes the proof.
#[derive(Debug)]
pub struct Screening {
    decision: DecisionId,
    consented: Consented,
    flow: Flow,
    body: Option<BodyScreener>,
    received: Received,
    taken: Taken,
    /// Path, query and headers, for what the body withholds. `None`: not read yet.
    beside: Option<Beside>,
}

/// Proof that every byte of a request passed: what is sent is written from this and from nothing else.
#[derive(Debug)]
pub struct Screened {
    decision: DecisionId,
    consented: Consented,
    method: http::Method,
    path_and_query: String,
    headers: http::HeaderMap,
    body: Option<Body>,
    findings: Findings,
    grounds: Grounds,
}

/// A permitted body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Body {
    /// Its `Content-Type`.
    pub content_type: String,
    /// Permitted bytes, all of them together.
    pub length: u64,
    /// Their SHA-256: what was taken before the end is sent only if it, with the rest, comes to this.
    pub sha256: [u8; 32],
    /// Those that were not taken before: all of them, unless [`Screening::take`] was called.
    pub bytes: bytes::Bytes,
}

/// What of a body was given away before its end.
#[derive(Default)]
struct Taken {
    hash: Option<Hash>,
    length: u64,
}

impl fmt::Debug for Taken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Taken").field("length", &self.length).finish_non_exhaustive()
    }
}

impl Taken {
    fn add(&mut self, bytes: &[u8]) {
        self.hash.get_or_insert_with(|| Hash::new(&SHA256)).update(bytes);
        self.length += bytes.len() as u64;
    }

    /// The body that this began, and these bytes end.
    fn ended(mut self, content_type: String, bytes: Vec<u8>) -> Result<Body, Refusal> {
        self.add(&bytes);
        let sha256 = self.hash.and_then(|hash| hash.finish().as_ref().try_into().ok());
        let sha256 = sha256.ok_or_else(|| Refusal::plain(Code::Internal, "the body could not be hashed"))?;
        Ok(Body { content_type, length: self.length, sha256, bytes: bytes.into() })
    }
}

impl Screening {
    /// Begins. The body's type was checked against the operation's by whoever reads it, and `received` is what that
    /// found; what is pushed is unpacked and in UTF-8 where it is text.
    #[must_use]
    pub fn begin(decision: DecisionId, consented: Consented, flow: Flow, limits: Limits, received: Received) -> Self {
        let rules = consented.admitted().route().operation.body.clone();
        let body = rules.map(|rules| {
            let person = person_of_request(&consented, &flow);
            BodyScreener::received(rules, limits, person, &received)
        });
        Self { decision, consented, flow, body, received, taken: Taken::default(), beside: None }
    }

    /// Takes the next bytes of the body.
    ///
    /// # Errors
    /// At the first byte that may not pass.
    pub fn push(&mut self, bytes: &[u8], decider: &mut Decider<'_>) -> Result<(), Refusal> {
        self.answered_by(decider)?;
        if self.beside.is_none() {
            self.listen(decider);
        }
        let (Some(screener), Some(beside)) = (&mut self.body, &mut self.beside) else {
            return Err(Refusal::plain(Code::BodyUnsupported, "This operation takes no body."));
        };
        if !beside.listens() {
            return screener.push(bytes, decider);
        }
        for piece in bytes.chunks(PIECE) {
            screener.push(piece, decider)?;
            beside.add(&screener.take_withheld())?;
        }
        Ok(())
    }

    /// From here on what the body withholds is looked for in path, query and headers.
    fn listen(&mut self, decider: &Decider<'_>) {
        let beside = self.beside.insert(Beside::default());
        let Some(screener) = &mut self.body else { return };
        if decider.detects() {
            let route = self.consented.admitted().route();
            let operation = &route.operation;
            let target = uri::open(operation, below(route, &self.flow), &self.flow.query, decider);
            let headers = headers::Sent::new(operation, &self.flow.headers, &Person::Unknown).open(decider);
            *beside = Beside::of(target.into_iter().chain(headers.iter().map(String::as_str)));
        }
        if beside.listens() {
            screener.keep_withheld();
        }
    }

    /// The permitted bytes so far, which are not given again. They may be sent only once [`Screening::finish`] has made
    /// the proof, which says what they must come to.
    pub fn take(&mut self) -> Vec<u8> {
        let bytes = self.body.as_mut().map(BodyScreener::take).unwrap_or_default();
        self.taken.add(&bytes);
        bytes
    }

    /// The body has ended: judges what is left of it, then path, query and headers, about the same person.
    ///
    /// # Errors
    /// When anything is withheld that stops the request, or a consent was presented for nobody in it.
    pub fn finish(mut self, mut decider: Decider<'_>) -> Result<Screened, Refusal> {
        self.answered_by(&decider)?;
        let mut beside = self.beside.take().unwrap_or_default();
        let mut findings = Findings::default();
        let mut body = None;
        let mut person = person_of_request(&self.consented, &self.flow);
        let route = self.consented.admitted().route().clone();
        if let Some(screener) = self.body.take() {
            let mut content_type = std::mem::take(&mut self.received.content_type);
            if let Some(boundary) = screener.boundary() {
                content_type.push_str(&format!("; boundary={boundary}"));
            }
            let mut screened = screener.finish(&mut decider)?;
            beside.add(&screened.take_withheld())?;
            for target in screened.targets() {
                self.consented
                    .admitted()
                    .owns(&target.path)
                    .map_err(|refusal| batch::within(target.request, refusal))?;
            }
            findings = screened.findings();
            if person == Person::Unknown {
                person = self.person_of_target(&findings.people);
            }
            body = Some(std::mem::take(&mut self.taken).ended(content_type, screened.bytes)?);
        }
        let operation = &route.operation;
        let mut target = uri::Target::new(operation, below(&route, &self.flow), &self.flow.query, &person);
        let mut headers = headers::Sent::new(operation, &self.flow.headers, &person);
        let (of_target, of_headers) = (target.withheld(&mut decider)?, headers.withheld(&mut decider)?);
        let around = Outer::of(beside.held().iter().chain(&of_target).chain(&of_headers))?;
        let target = target.screen(around.clone(), &mut decider)?;
        self.consented.admitted().keeps_to(&target.decoded)?;
        let path_and_query = target.path_and_query(&route.integration.upstream.base);
        findings.absorb(target.findings);
        let (mut headers, found) = headers.screen(around, &mut decider)?;
        findings.absorb(found);
        if let (Some(rules), Some(body)) = (&operation.body, &mut body) {
            let listed = rules.format.action();
            soap::screen(listed, &self.flow.headers, &self.received, &mut body.content_type, &mut headers)?;
        }
        let digest = decider.digest([
            self.flow.method.as_str().as_bytes(),
            path_and_query.as_bytes(),
            headers::lines(&headers).as_slice(),
            body.as_ref().map_or(&[][..], |b| b.content_type.as_bytes()),
            body.as_ref().map_or(&[][..], |b| &b.sha256),
        ]);
        let mut grounds = decider.conclude(&findings)?;
        grounds.uses.iter_mut().for_each(|spent| spent.digest = digest);
        Ok(Screened {
            decision: self.decision,
            consented: self.consented,
            method: self.flow.method,
            path_and_query,
            headers,
            body,
            findings,
            grounds,
        })
    }

    fn answered_by(&self, decider: &Decider<'_>) -> Result<(), Refusal> {
        if decider.is_of(&self.consented) {
            return Ok(());
        }
        Err(Refusal::plain(Code::Internal, "a request was about to be decided by another's consent"))
    }

    /// Whom path and query are about where only the body says: the one person it is about, unless path or query
    /// name somebody, and somebody else. Consent of one person never carries another's identifier out.
    fn person_of_target(&self, people: &[Person]) -> Person {
        let Some(Person::One(id)) = people.first() else { return Person::Unknown };
        if people.iter().any(|p| *p != Person::One(id.clone())) {
            return Person::Ambiguous;
        }
        let (admitted, route) = (self.consented.admitted(), self.consented.admitted().route());
        let names_people =
            |rule: &FieldRule| admitted.policy().categories.group(&rule.category) == Some(Group::Identity);
        let path = route.path_params.iter().map(|(n, v)| (route.operation.path_fields.get(n), v));
        let query = self.flow.query.iter().map(|(n, v)| (route.operation.query.get(n), v));
        let somebody_else = |(rule, value): (Option<&Arc<FieldRule>>, &str)| {
            rule.is_some_and(|rule| names_people(rule)) && *value != **id
        };
        let headers = self.flow.headers.iter().filter_map(|(name, value)| {
            // A value that is not text is refused when the headers are screened.
            Some((route.operation.headers.get(name.as_str())?, value.to_str().ok()?))
        });
        let headers = headers.map(|(rule, value)| (Some(rule), value));
        if path.chain(query).map(|(rule, value)| (rule, value.as_str())).chain(headers).any(somebody_else) {
            Person::Ambiguous
        } else {
            Person::One(id.clone())
        }
    }
}

/// The request's path below the route: what the operation's template stands for.
fn below<'f>(route: &Route, flow: &'f Flow) -> &'f [String] {
    match &route.integration.route {
        RouteRule::Prefix(prefix) => flow.path.strip_prefix(prefix.as_slice()).unwrap_or_default(),
        RouteRule::Host(_) => &flow.path,
    }
}

/// The person that path, query or header names, where the operation says that one of them does.
fn person_of_request(consented: &Consented, flow: &Flow) -> Person {
    let route = consented.admitted().route();
    let Some(subject) = route.operation.subject_of_request() else { return Person::Unknown };
    let found: Vec<&str> = match subject {
        SubjectSource::Path(name) => route.path_params.get(name).map(String::as_str).into_iter().collect(),
        SubjectSource::Query(name) => flow.query.iter().filter(|(n, _)| n == name).map(|(_, v)| v.as_str()).collect(),
        SubjectSource::Header(name) => flow.headers.get_all(name).iter().filter_map(|v| v.to_str().ok()).collect(),
        SubjectSource::Body(_) | SubjectSource::Key | SubjectSource::None => return Person::Unknown,
    };
    uri::person(found)
}

impl Screened {
    /// The decision this is about.
    #[must_use]
    pub const fn decision(&self) -> DecisionId {
        self.decision
    }
    /// The proof this one was made from.
    #[must_use]
    pub const fn consented(&self) -> &Consented {
        &self.consented
    }
    /// The method.
    #[must_use]
    pub const fn method(&self) -> &http::Method {
        &self.method
    }
    /// The encoded target below the upstream's origin.
    #[must_use]
    pub fn path_and_query(&self) -> &str {
        &self.path_and_query
    }
    /// The headers that leave, without credentials and content headers.
    #[must_use]
    pub const fn headers(&self) -> &http::HeaderMap {
        &self.headers
    }
    /// The permitted body.
    #[must_use]
    pub const fn body(&self) -> Option<&Body> {
        self.body.as_ref()
    }
    /// What was done.
    #[must_use]
    pub const fn findings(&self) -> &Findings {
        &self.findings
    }
    /// What it rests on.
    #[must_use]
    pub const fn grounds(&self) -> &Grounds {
        &self.grounds
    }
}

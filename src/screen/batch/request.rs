//! One inner request, judged as the operation that it asks for would be alone.

use super::{
    BatchScreener, fault,
    refer::Earlier,
    url::Url,
    wrapper::{Permitted, Request},
};
use crate::{
    policy::integration::{Batch, BatchKind, BodyRules, FieldRule, Operation, PathSegment, SubjectSource},
    screen::{
        Judge, Person,
        beside::{Beside, PIECE},
        body::{BodyScreener, InnerTarget, ScreenedBody},
        headers,
        json::raw::Raw,
        tally::{Outer, Taught},
        uri,
    },
    verdict::{Code, Refusal},
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
};

/// What an inner request asks for.
struct Asked {
    operation: Arc<Operation>,
    url: Url,
    /// Decoded path parameters, without references.
    parameters: BTreeMap<String, String>,
    headers: HeaderMap,
}

impl BatchScreener {
    /// Judges one and writes what may leave of it.
    pub(super) fn request(
        &mut self,
        at: usize,
        request: &Request<'_>,
        earlier: &Earlier<'_>,
        judge: &mut dyn Judge,
        out: &mut Vec<u8>,
    ) -> Result<(), Refusal> {
        self.leave_out(request.unlisted)?;
        let asked = self.asked(request, earlier)?;
        for reference in asked.url.references.iter().flatten() {
            self.operational(Batch::REFERENCE, reference, judge)?;
        }
        let operation = &asked.operation;
        let mut person = asked.person();
        let mut body = None;
        let mut beside = asked.beside(judge);
        if let Some(screened) = self.body((request, operation, &person), earlier, &mut beside, judge)? {
            let findings = screened.findings();
            if person == Person::Unknown {
                person = asked.person_of_target(&findings.people, judge);
            }
            self.tally.absorb(findings).map_err(|refusal| *refusal)?;
            body = Some(screened.bytes);
        }
        let literal = asked.with_references();
        let routed = literal.as_ref().unwrap_or(operation);
        let mut target = uri::Target::new(routed, &asked.url.path, &asked.url.query, &person);
        let mut headers = headers::Sent::new(operation, &asked.headers, &person);
        let withheld = [target.withheld(judge)?, headers.withheld(judge)?].concat();
        self.called.add(&withheld)?;
        let around = Outer::of(beside.held().iter().chain(&withheld))?;
        let target = target.screen(around.clone(), judge)?;
        let url = asked.url.write(&target.path, target.query.as_deref());
        let paths = asked.url.leads_to(&target.decoded, &self.batch.base);
        self.targets.extend(paths.into_iter().map(|path| InnerTarget { request: at, path }));
        self.tally.absorb(target.findings).map_err(|refusal| *refusal)?;
        let (leaving, found) = headers.screen(around, judge)?;
        self.tally.absorb(found).map_err(|refusal| *refusal)?;
        let mut headers = lines(&leaving)?;
        if matches!(self.batch.kind, BatchKind::OdataJson | BatchKind::OdataMultipart)
            && let (Some(rules), Some(_)) = (&operation.body, &body)
        {
            headers.insert(0, ("content-type".to_owned(), rules.media.clone()));
        }
        let permitted = Permitted { method: operation.method.as_str(), url, headers, body };
        request.write(self.batch.kind, &permitted, out)
    }

    /// Finds the operation.
    fn asked(&self, request: &Request<'_>, earlier: &Earlier<'_>) -> Result<Asked, Refusal> {
        let unknown = || {
            let detail = "none of the operations that this batch may hold has its method and path; add one to \
                          `operations`, reviewed as any other change";
            Refusal::plain(Code::OperationUnknown, detail.to_owned())
        };
        let url = Url::read(&request.url, &self.batch, earlier)?;
        let method = match self.batch.kind {
            // OData JSON Format 4.01 section 19.1: any case.
            BatchKind::OdataJson => Method::from_bytes(request.method.to_ascii_uppercase().as_bytes()),
            _ => Method::from_bytes(request.method.as_bytes()),
        };
        let method = method.map_err(|_| unknown())?;
        let found = self.batch.find(&method, &url.path, |at| url.refers(at));
        let (operation, mut parameters) = found.ok_or_else(unknown)?;
        let operation = Arc::clone(operation);
        for (at, segment) in operation.path.iter().enumerate() {
            if let (PathSegment::Field(name), true) = (segment, url.refers(at)) {
                if operation.path_fields.get(name).is_none_or(|rule| !rule.may_refer()) {
                    return Err(unknown());
                }
                parameters.remove(name);
            }
        }
        let headers = header_map(request, operation.body.as_deref())?;
        Ok(Asked { operation, url, parameters, headers })
    }

    fn body(
        &mut self,
        (request, operation, person): (&Request<'_>, &Operation, &Person),
        earlier: &Earlier<'_>,
        beside: &mut Beside,
        judge: &mut dyn Judge,
    ) -> Result<Option<ScreenedBody>, Refusal> {
        let (Some(rules), body) = (&operation.body, request.body) else {
            return match request.body {
                None => Ok(None),
                Some(_) => Err(Refusal::plain(Code::BodyUnsupported, "this operation takes no body")),
            };
        };
        let body = body.ok_or_else(|| fault("it has no body, and its operation takes one"))?;
        let references = self.references(body, earlier, judge)?;
        let mut screener = BodyScreener::new(Arc::clone(rules), self.limits, person.clone());
        let BodyScreener::Json(json) = &mut screener else {
            return Err(Refusal::plain(Code::Internal, "an inner request's body is no JSON document"));
        };
        json.refer(references);
        if !beside.listens() && !self.called.listens() {
            screener.push(body.bytes(), judge)?;
            return screener.finish(judge).map(Some);
        }
        screener.keep_withheld();
        for piece in body.bytes().chunks(PIECE) {
            screener.push(piece, judge)?;
            self.withheld(&screener.take_withheld(), beside)?;
        }
        let mut screened = screener.finish(judge)?;
        self.withheld(&screened.take_withheld(), beside)?;
        Ok(Some(screened))
    }

    /// What an inner request's body withholds is looked for in its URL and headers, and in what all requests are called.
    fn withheld(&mut self, withheld: &[Taught], beside: &mut Beside) -> Result<(), Refusal> {
        beside.add(withheld)?;
        self.called.add(withheld)
    }

    /// Judges the references in a body, so that they may leave wherever a value is listed.
    fn references(
        &mut self,
        body: Raw<'_>,
        earlier: &Earlier<'_>,
        judge: &mut dyn Judge,
    ) -> Result<Arc<HashSet<Vec<u8>>>, Refusal> {
        let mut found = HashSet::new();
        body.each_string(|text| {
            // One that is spelled with escapes is judged as what its place says.
            if std::str::from_utf8(text).is_ok_and(|text| earlier.is_reference(text)) {
                found.insert(text.to_vec());
            }
        });
        for text in &found {
            self.operational(Batch::REFERENCE, &String::from_utf8_lossy(text), judge)?;
        }
        Ok(Arc::new(found))
    }
}

impl Asked {
    /// The person that path, query or a header names. A reference names nobody.
    fn person(&self) -> Person {
        let Some(subject) = self.operation.subject_of_request() else { return Person::Unknown };
        let found: Vec<&str> = match subject {
            SubjectSource::Path(name) => self.parameters.get(name).map(String::as_str).into_iter().collect(),
            SubjectSource::Query(name) => {
                self.url.query.iter().filter(|(n, _)| n == name).map(|(_, v)| v.as_str()).collect()
            }
            SubjectSource::Header(name) => {
                self.headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).collect()
            }
            SubjectSource::Body(_) | SubjectSource::Key | SubjectSource::None => return Person::Unknown,
        };
        uri::person(found)
    }

    /// What of its URL and headers is searched for what its body withholds. A reference says nothing of anybody.
    fn beside(&self, judge: &dyn Judge) -> Beside {
        if !judge.detects() {
            return Beside::default();
        }
        let target = uri::open(&self.operation, &self.url.path, &self.url.query, judge);
        let headers = headers::Sent::new(&self.operation, &self.headers, &Person::Unknown).open(judge);
        Beside::of(target.into_iter().chain(headers.iter().map(String::as_str)))
    }

    /// Whom path and query are about where only the body says: as of a request that stands alone.
    fn person_of_target(&self, people: &[Person], judge: &dyn Judge) -> Person {
        let Some(Person::One(id)) = people.first() else { return Person::Unknown };
        if people.iter().any(|person| *person != Person::One(Arc::clone(id))) {
            return Person::Ambiguous;
        }
        let operation = &self.operation;
        let path = self.parameters.iter().map(|(n, v)| (operation.path_fields.get(n), v.as_str()));
        let query = self.url.query.iter().map(|(n, v)| (operation.query.get(n), v.as_str()));
        let headers = self
            .headers
            .iter()
            .filter_map(|(name, value)| Some((Some(operation.headers.get(name.as_str())?), value.to_str().ok()?)));
        let somebody_else = |(rule, value): (Option<&Arc<FieldRule>>, &str)| {
            rule.is_some_and(|rule| judge.names_people(rule)) && *value != **id
        };
        if path.chain(query).chain(headers).any(somebody_else) {
            Person::Ambiguous
        } else {
            Person::One(Arc::clone(id))
        }
    }

    /// The operation with the references in place of the parameters they stand for, which were judged as references.
    fn with_references(&self) -> Option<Arc<Operation>> {
        if self.url.references.iter().all(Option::is_none) {
            return None;
        }
        let operation = &self.operation;
        let segments = operation.path.iter().zip(&self.url.path).enumerate();
        let path = segments.map(
            |(at, (segment, text))| {
                if self.url.refers(at) { PathSegment::Literal(text.clone()) } else { segment.clone() }
            },
        );
        Some(Arc::new(Operation {
            id: operation.id.clone(),
            method: operation.method.clone(),
            path: path.collect(),
            path_fields: operation.path_fields.clone(),
            query: operation.query.clone(),
            headers: BTreeMap::new(),
            subject: operation.subject.clone(),
            body: None,
            answer: None,
        }))
    }
}

/// An inner request's headers. Of a body's type only what is listed is taken, and that is written by us.
fn header_map(request: &Request<'_>, body: Option<&BodyRules>) -> Result<HeaderMap, Refusal> {
    let mut headers = HeaderMap::new();
    for (name, value) in &request.headers {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| fault("a header's name is none"))?;
        if name == header::CONTENT_TYPE
            && let Some(rules) = body
        {
            let essence = value.split(';').next().unwrap_or_default().trim();
            if !essence.eq_ignore_ascii_case(&rules.media) {
                let detail = format!("its Content-Type is not `{}`, which its operation takes", rules.media);
                return Err(Refusal::plain(Code::BodyUnsupported, detail));
            }
        }
        let value = HeaderValue::from_str(value);
        let value = value.map_err(|_| fault("a header's value holds a character that cannot stand in one"))?;
        headers.try_append(name, value).map_err(|_| fault("it has too many headers"))?;
    }
    Ok(headers)
}

/// Each name once: only what is a list stands there several times.
fn lines(headers: &HeaderMap) -> Result<Vec<(String, String)>, Refusal> {
    let mut lines = Vec::new();
    for name in headers.keys() {
        let values: Result<Vec<&str>, _> = headers.get_all(name).iter().map(HeaderValue::to_str).collect();
        let values = values.map_err(|_| Refusal::plain(Code::Internal, "a permitted header is not text"))?;
        lines.push((name.as_str().to_owned(), values.join(", ")));
    }
    Ok(lines)
}

//! Batches: requests within a body, each judged as the request that it is and written again.
//!
//! - **One interpretation.** The wrapper is JSON (or, in OData's older batches, parts) that the kernel can read in one way only, and is held whole, within the
//!   bound of one record; no more requests stand in it than an object may have members. A URL is decoded once, by the
//!   rules for the URLs of requests.
//! - **As if alone.** Method and path find one of the listed operations, or the whole batch stops. Path, query, headers
//!   and body are judged by that operation's rules, about whom they say they are. What was done counts for the whole.
//! - **Names.** Requests are called by short names or random UUIDs, which are searched like any value; what is exactly a
//!   reference to one that stands before leaves in a path's parameter or as a listed value. Whom it leads to nobody
//!   here knows: it names no subject.
//! - **Positive listing.** Of the wrapper leaves what the format has and is named here; the rest is removed and counted,
//!   or stops the request.
//! - Where inner requests lead is told to whoever knows the recipient ([`ScreenedBody::targets`]).

mod frames;
mod http;
mod refer;
mod request;
mod url;
mod wrapper;

use super::{
    Judge, Person,
    beside::Beside,
    body::{InnerTarget, Limits, ScreenedBody},
    json::{JsonScreener, raw::Raw},
    tally::{self, Outcome, Plain, Tally, UNKNOWN},
};
use crate::{
    policy::integration::{Batch, BatchKind, BodyRules, Unlisted},
    verdict::{Code, Refusal},
};
use refer::Earlier;
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};
use wrapper::{Request, Wrapper, comma};

/// Screens one body of requests.
#[derive(Debug)]
pub struct BatchScreener {
    batch: Arc<Batch>,
    limits: Limits,
    unlisted: Unlisted,
    /// Reads the wrapper and keeps nothing of it.
    frame: JsonScreener,
    /// What stands between parts, where requests stand in them.
    boundary: Option<String>,
    /// The body so far.
    bytes: Vec<u8>,
    tally: Tally,
    targets: Vec<InnerTarget>,
    /// What requests and groups of them are called, for what they withhold.
    called: Beside,
    refused: Option<Refusal>,
}

impl BatchScreener {
    /// A screener for one body.
    #[must_use]
    pub fn new(rules: Arc<BodyRules>, batch: Arc<Batch>, limits: Limits) -> Self {
        Self {
            limits,
            unlisted: rules.unlisted,
            frame: JsonScreener::new(Arc::clone(&batch.frame), limits, Person::Unknown),
            boundary: None,
            bytes: Vec::new(),
            tally: Tally::of_body(&rules, limits),
            targets: Vec::new(),
            called: Beside::default(),
            refused: None,
            batch,
        }
    }

    /// Of parts that stand between this boundary, as the `Content-Type` says.
    #[must_use]
    pub fn bounded(mut self, boundary: Option<&str>) -> Self {
        self.boundary = boundary.map(str::to_owned);
        self
    }

    /// What stands between the parts of what leaves; `None` where requests are wrapped in JSON.
    #[must_use]
    pub fn boundary(&self) -> Option<String> {
        let parts = self.batch.kind == BatchKind::OdataMultipart;
        parts.then(|| http::boundary(self.boundary.as_deref().unwrap_or_default()))
    }

    /// Takes the next bytes, however they are cut.
    ///
    /// # Errors
    /// As [`BodyScreener::push`](super::body::BodyScreener::push); the same again for every later call.
    pub fn push(&mut self, bytes: &[u8], judge: &mut dyn Judge) -> Result<(), Refusal> {
        if let Some(refusal) = &self.refused {
            return Err(refusal.clone());
        }
        self.keep(bytes, judge).map_err(|refusal| {
            self.bytes = Vec::new();
            self.refused.insert(refusal).clone()
        })
    }

    fn keep(&mut self, bytes: &[u8], judge: &mut dyn Judge) -> Result<(), Refusal> {
        let limit = self.limits.record;
        let room = limit.saturating_sub(self.bytes.len());
        let (fits, rest) = bytes.split_at_checked(room).unwrap_or((bytes, &[]));
        if self.batch.kind != BatchKind::OdataMultipart {
            self.frame.push(fits, judge)?;
            self.frame.take();
        }
        self.bytes.extend_from_slice(fits);
        if rest.is_empty() {
            return Ok(());
        }
        let detail = format!("the batch has more than {limit} bytes, which is the limit for one; send it in several");
        Err(Refusal::plain(Code::BodyTooLarge, detail))
    }

    /// Nothing: no inner request is decided before all have come.
    pub const fn take(&mut self) -> Vec<u8> {
        Vec::new()
    }

    /// The body is complete.
    ///
    /// # Errors
    /// As [`BodyScreener::push`](super::body::BodyScreener::push). What stops an inner request says its position, from 0;
    /// `operation-unknown` where it is none of those listed.
    pub fn finish(mut self, judge: &mut dyn Judge) -> Result<ScreenedBody, Refusal> {
        if let Some(refusal) = self.refused {
            return Err(refusal);
        }
        let bytes = std::mem::take(&mut self.bytes);
        let out = if self.batch.kind == BatchKind::OdataMultipart {
            self.parts(&bytes, judge)?
        } else {
            let frame = self.new_frame();
            std::mem::replace(&mut self.frame, frame).finish(judge)?;
            let document = Raw::document(&bytes).ok_or_else(misread)?;
            let wrapper = Wrapper::read(self.batch.kind, document)?;
            self.leave_out(wrapper.unlisted)?;
            self.requests(&wrapper, judge)?
        };
        if !self.called.held().is_empty() {
            let detail = "what one of its requests or groups is called holds something that the batch withholds; call them by \
                          running numbers such as `r1`";
            return Err(Refusal::plain(Code::FieldBlocked, detail));
        }
        let mut screened = ScreenedBody::new(out, self.tally);
        screened.targets = self.targets;
        Ok(screened)
    }

    fn new_frame(&self) -> JsonScreener {
        JsonScreener::new(Arc::clone(&self.batch.frame), self.limits, Person::Unknown)
    }

    /// Requests in parts, some of them in change sets.
    fn parts(&mut self, bytes: &[u8], judge: &mut dyn Judge) -> Result<Vec<u8>, Refusal> {
        let Some(boundary) = self.boundary.take() else {
            let detail = "the Content-Type names no boundary, which a multipart batch needs";
            return Err(Refusal::plain(Code::BodyUnsupported, detail));
        };
        let messages = frames::read(bytes, &boundary, self.limits.members)?;
        let mut requests: Vec<Request<'_>> = Vec::new();
        for (at, message) in messages.iter().enumerate() {
            requests.push(self.message(message, judge).map_err(|refusal| within(at, refusal))?);
        }
        self.names(&requests, judge)?;
        let mut earlier = Earlier { kind: self.batch.kind, names: HashSet::new() };
        let mut writer = http::Writer::new(&boundary);
        for (at, (message, request)) in messages.iter().zip(&requests).enumerate() {
            let mut out = Vec::new();
            let name = request.name.as_deref();
            self.request(at, request, &earlier, judge, &mut out)
                .and_then(|()| writer.part(message.set, name, &out))
                .map_err(|refusal| within(at, refusal))?;
            earlier.names.extend(name);
        }
        Ok(writer.end())
    }

    /// One request in a part, whose body is JSON that can be read in one way only.
    fn message<'m>(&self, message: &'m frames::Message, judge: &mut dyn Judge) -> Result<Request<'m>, Refusal> {
        let http::Split { mut request, body } = http::read(message, &self.batch.origin)?;
        if let Some(body) = body {
            let mut frame = self.new_frame();
            frame.push(body, judge)?;
            frame.finish(judge)?;
            request.body = Some(Raw::document(body).ok_or_else(misread)?);
        }
        Ok(request)
    }

    fn requests(&mut self, wrapper: &Wrapper<'_>, judge: &mut dyn Judge) -> Result<Vec<u8>, Refusal> {
        let (kind, most) = (self.batch.kind, self.limits.members);
        if wrapper.requests.len() > most {
            let detail = format!("the batch has more than {most} requests; send it in several");
            return Err(Refusal::plain(Code::BodyTooLarge, detail));
        }
        let requests: Vec<Request<'_>> = numbered(&wrapper.requests, |raw| Request::read(kind, *raw))?;
        self.names(&requests, judge)?;
        let mut out = Vec::new();
        wrapper.begin(kind, &mut out);
        let mut earlier = Earlier { kind, names: HashSet::new() };
        if kind == BatchKind::FhirBundle {
            earlier.names = requests.iter().filter_map(|request| request.name.as_deref()).collect();
        }
        for (at, request) in requests.iter().enumerate() {
            comma(&mut out);
            self.request(at, request, &earlier, judge, &mut out).map_err(|refusal| within(at, refusal))?;
            earlier.names.extend(request.name.as_deref());
        }
        out.extend_from_slice(b"]}");
        Ok(out)
    }

    /// Judges what requests are called, and what they say of each other.
    fn names(&mut self, requests: &[Request<'_>], judge: &mut dyn Judge) -> Result<(), Refusal> {
        let kind = self.batch.kind;
        let mut seen = HashSet::new();
        let mut groups: HashMap<&str, usize> = HashMap::new();
        for (at, request) in requests.iter().enumerate() {
            let mut name = || {
                for after in &request.after {
                    if !seen.contains(&**after) && !groups.contains_key(&**after) {
                        return Err(fault("its `dependsOn` names no request that stands before it"));
                    }
                }
                if let Some(group) = request.group.as_deref() {
                    refer::check_name(kind, group)?;
                    groups.insert(group, at);
                    self.operational(Batch::ID, group, judge)?;
                }
                let Some(name) = request.name.as_deref() else { return Ok(()) };
                refer::check_name(kind, name)?;
                if !seen.insert(name) || groups.contains_key(name) {
                    return Err(fault("it is called as another is"));
                }
                self.operational(Batch::ID, name, judge)
            };
            name().map_err(|refusal| within(at, refusal))?;
        }
        if judge.detects() {
            self.called = Beside::of(seen.into_iter().chain(groups.into_keys()));
        }
        Ok(())
    }

    /// Decides a text that says nothing of anybody, or stops the request.
    fn operational(&mut self, rule: usize, text: &str, judge: &mut dyn Judge) -> Result<(), Refusal> {
        match self.tally.decide((UNKNOWN, rule), judge, Plain(text)).map_err(|refusal| *refusal)? {
            Outcome::Raw => Ok(()),
            _ => Err(fault(
                "what it is called, or how it refers to another, may not leave; use a name that says nothing",
            )),
        }
    }

    fn leave_out(&mut self, number: u64) -> Result<(), Refusal> {
        self.tally.unlisted += number;
        if number > 0 && self.unlisted == Unlisted::Block {
            let detail = "what stands around the requests has a member that the format does not have here, and this \
                          operation stops on that";
            return Err(tally::unlisted(detail.to_owned()));
        }
        Ok(())
    }
}

/// Each of them, or the first fault with its position.
fn numbered<'r, R, T>(all: &'r [R], read: impl Fn(&'r R) -> Result<T, Refusal>) -> Result<Vec<T>, Refusal> {
    all.iter().enumerate().map(|(at, one)| read(one).map_err(|refusal| within(at, refusal))).collect()
}

/// Says which inner request stopped the whole, from 0, and never where it leads.
pub(super) fn within(request: usize, refusal: Refusal) -> Refusal {
    Refusal { detail: format!("in request {request} of the batch: {}", refusal.detail), ..refusal }
}

fn fault(what: &str) -> Refusal {
    Refusal::plain(Code::BodyMalformed, what.to_owned())
}

#[cold]
fn misread() -> Refusal {
    Refusal::plain(Code::Internal, "a batch could not be read again")
}

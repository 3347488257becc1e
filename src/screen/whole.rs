//! Bodies that are one value: plain text, and bytes that nobody looks into.
//!
//! The whole body is held, within the bound of one record, and decided once, about the person that the request names.
//! Text must be UTF-8 without control characters other than tabs and line breaks; a byte order mark at its beginning
//! is read over and not written. Documents are what their media type says and leave by their category, pictures without
//! what was noted in them (`picture`); other bytes are no document. What does not leave stops the request. A
//! category whose values must be read one by one, because they name recipients, never lets bytes out.

use super::{
    Judge, Person,
    body::{Limits, ScreenedBody},
    picture::{self, Stay},
    tally::{Glimpse, Lying, Outcome, Plain, Tally, Value},
};
use crate::{
    policy::integration::{BodyRules, Denied, Document, Format, SubjectSource},
    verdict::{Code, Refusal, judge::Bytes},
};
use std::sync::Arc;

/// Screens one body that is one value.
#[derive(Debug)]
pub struct WholeScreener {
    rules: Arc<BodyRules>,
    limit: usize,
    request_person: Person,
    is_text: bool,
    body: Vec<u8>,
    tally: Tally,
    refused: Option<Refusal>,
}

impl WholeScreener {
    /// A screener for one body. `request_person` is whom it is about where path, query or a header says so.
    #[must_use]
    pub fn new(rules: Arc<BodyRules>, is_text: bool, limits: Limits, request_person: Person) -> Self {
        let tally = Tally::of_body(&rules, limits);
        let request_person = match rules.records.first().map(|record| &record.subject) {
            Some(SubjectSource::Path(_) | SubjectSource::Query(_) | SubjectSource::Header(_)) => request_person,
            _ => Person::Unknown,
        };
        Self { rules, limit: limits.record, request_person, is_text, body: Vec::new(), tally, refused: None }
    }

    /// Takes the next bytes, however they are cut.
    ///
    /// # Errors
    /// `body-too-large`; the same again for every later call.
    pub fn push(&mut self, bytes: &[u8], _: &mut dyn Judge) -> Result<(), Refusal> {
        if let Some(refusal) = &self.refused {
            return Err(refusal.clone());
        }
        if bytes.len() > self.limit.saturating_sub(self.body.len()) {
            let detail = format!("the body has more than {} bytes, which is the limit for one value", self.limit);
            self.body = Vec::new();
            return Err(self.refused.insert(Refusal::plain(Code::BodyTooLarge, detail)).clone());
        }
        self.body.extend_from_slice(bytes);
        Ok(())
    }

    /// Nothing: the body leaves whole or not at all.
    pub fn take(&mut self) -> Vec<u8> {
        Vec::new()
    }

    /// The body is complete.
    ///
    /// # Errors
    /// As [`BodyScreener::push`](super::body::BodyScreener::push).
    pub fn finish(mut self, judge: &mut dyn Judge) -> Result<ScreenedBody, Refusal> {
        if let Some(refusal) = self.refused {
            return Err(refusal);
        }
        let who = (self.tally.person(&self.request_person), self.rules.envelope.len());
        let bytes = if self.is_text {
            let text = text(&self.body)?;
            instead(self.tally.decide(who, judge, Plain(text)), || text.as_bytes().to_vec())?
        } else {
            let rule = self.rules.records.first().and_then(|record| record.fields.first()).map(Arc::clone);
            let held = rule.as_ref().map(|rule| judge.bytes(rule));
            let (Some(rule), Some(held)) = (rule, held) else {
                return Err(Refusal::plain(Code::Internal, "no rule says what these bytes are"));
            };
            if held != Bytes::Document && judge.reads_every(&rule) {
                let detail = "the body is of a category whose values must be read, and nobody reads these bytes";
                return Err(Refusal::plain(Code::FieldBlocked, detail));
            }
            let body = std::mem::take(&mut self.body);
            match self.tally.decide(who, judge, Unread).map_err(|refusal| *refusal)? {
                Outcome::Raw => {
                    let said = match &self.rules.format {
                        Format::Binary(media) => Document::of(media),
                        _ => None,
                    };
                    leaving(said, body, held).map_err(|stay| stay.of_body(&rule))?
                }
                outcome => instead(Ok(outcome), Vec::new)?,
            }
        };
        Ok(ScreenedBody::new(bytes, self.tally))
    }
}

/// What leaves of bytes that may: a body that is said to be a document is one of that kind.
pub(super) fn leaving(said: Option<Document>, body: Vec<u8>, held: Bytes) -> Result<Vec<u8>, Stay> {
    match said {
        Some(document) if held == Bytes::Document => picture::cleaned(document, &body),
        _ => Ok(picture::leaving(&body, held)?.unwrap_or(body)),
    }
}

fn instead(outcome: Result<Outcome<'_>, Box<Refusal>>, body: impl FnOnce() -> Vec<u8>) -> Result<Vec<u8>, Refusal> {
    match outcome.map_err(|refusal| *refusal)? {
        Outcome::Raw => Ok(body()),
        Outcome::Text(text) => Ok(text.into_bytes()),
        Outcome::Withheld(Denied::Const(text)) => Ok(text.as_bytes().to_vec()),
        Outcome::Withheld(_) => Ok(Vec::new()),
    }
}

pub(super) fn text(body: &[u8]) -> Result<&str, Refusal> {
    let mark = if body.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    let fault = |what, at: usize| {
        let detail = format!("the body is not text that can be read in one way only: {what} at byte {at}");
        Err(Refusal::plain(Code::BodyMalformed, detail))
    };
    let rest = body.get(mark..).unwrap_or_default();
    if let Some(at) = rest.iter().position(|b| b.is_ascii_control() && !matches!(b, b'\t' | b'\r' | b'\n')) {
        return fault("a control character", mark + at);
    }
    if rest.starts_with(b"\xef\xbb\xbf") {
        return fault("a second byte order mark", mark);
    }
    match std::str::from_utf8(rest) {
        Ok(text) => Ok(text),
        Err(error) => fault("invalid UTF-8", mark + error.valid_up_to()),
    }
}

/// Bytes that nobody looks into.
pub(super) struct Unread;

impl<'v> Lying<'v> for Unread {
    fn is_dotted(&mut self) -> bool {
        false
    }
    fn glimpse(&self) -> Glimpse<'v> {
        Glimpse::Word
    }
    fn read(self) -> Value<'v> {
        Value::Null
    }
}

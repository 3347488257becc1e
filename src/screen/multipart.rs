//! Parts: `multipart/form-data`, as RFC 7578 has it, read strictly and written again.
//!
//! - **One interpretation.** The boundary stands in a line of its own, ended by CR LF, and nowhere else. Nothing stands
//!   before the first and after the last but empty lines. A part says once what it is called and of what type it is, in
//!   quotes without backslashes; encodings, `name*` and `filename*` are refused with what to write instead.
//! - **Positive listing.** A part is listed by its name, literally, and is judged by rules of its own. Others are removed
//!   and counted, or stop the request; the one that names the subject never stops it. A listed name stands once, unless
//!   its rule says `repeated`. Headers of parts that nobody knows go, and count.
//! - **Parts that are one value** (text, and bytes that nobody looks into) are one record together: they are held,
//!   within the bound of one record, and decided at the end, so that what one withholds is looked for in the others. Where
//!   parts together are larger, those that have come are decided then. A text that is empty is a value that is not there.
//! - **Parts that hold others** are screened by their format, and held like values where other parts could hold what they
//!   withhold, or the other way round (see `together`). A part that names the subject must stand before those it is
//!   asked for.
//! - **File names** are values: they leave by their rule, or a neutral one stands in their place.
//! - **Order stays**, as RFC 7578 section 5.2 demands. The boundary that leaves is ours, and what would hold it stops.

mod decide;
pub(super) mod framing;
mod head;
mod together;
mod write;

use super::{
    Judge, Person,
    body::{BodyScreener, Limits, ScreenedBody},
    tally::{self, Tally},
    whole,
};
use crate::{
    policy::integration::{BodyRules, Holding, PartRules, Parts, Unlisted},
    verdict::{Code, Refusal},
};
use decide::Item;
use framing::{Event, Fault, Framing};
use head::Head;
use std::sync::Arc;
use together::Together;
use write::Writer;

/// Screens one body of parts.
#[derive(Debug)]
pub struct MultipartScreener {
    rules: Arc<BodyRules>,
    parts: Arc<Parts>,
    limits: Limits,
    /// `None`: nobody said where parts end.
    framing: Option<Framing>,
    open: Open,
    /// How many parts of each listed name came; of the subject's last, where it is not listed.
    seen: Vec<u32>,
    /// How many parts came.
    count: usize,
    about: About,
    /// Parts that are not written yet, and their bytes.
    pending: Vec<Item>,
    held: usize,
    /// How many files have left.
    files: usize,
    tally: Tally,
    together: Together,
    writer: Writer,
    refused: Option<Refusal>,
}

/// Whom the body is about.
#[derive(Debug)]
enum About {
    /// As far as is known: nobody, if no part says it.
    Known(Person),
    /// A part that did not come yet says it.
    Awaited,
}

/// The part that is being read.
#[derive(Debug)]
enum Open {
    /// None, or one of which nothing is kept.
    Skipped,
    /// One that must be empty: a form's file that was not chosen.
    Unchosen,
    /// One that is held whole. `rule`: the position of its rules.
    Value { rule: Option<usize>, head: Head, bytes: Vec<u8> },
    /// One with rules of its own that is held to what others withhold.
    Held { rule: usize, rules: Arc<BodyRules>, head: Head, bytes: Vec<u8> },
    /// One with rules of its own. `written`: its head left already.
    Document { rule: usize, head: Head, screener: Box<BodyScreener>, bytes: Vec<u8>, written: bool },
}

impl MultipartScreener {
    /// A screener for one body. `request_person` is whom it is about where path, query or a header says so; `boundary`
    /// is what its `Content-Type` says stands between its parts, without which it is refused.
    #[must_use]
    pub fn new(
        rules: Arc<BodyRules>,
        parts: Arc<Parts>,
        limits: Limits,
        request_person: Person,
        boundary: Option<&str>,
    ) -> Self {
        let by_request = rules.records.first().is_some_and(|record| record.subject.is_of_request());
        let about = match &parts.subject {
            Some(_) => About::Awaited,
            None => About::Known(if by_request { request_person } else { Person::Unknown }),
        };
        let mut tally = Tally::of_body(&rules, limits);
        tally.begin_record();
        tally.within_record(None);
        Self {
            limits,
            framing: boundary.map(Framing::new),
            open: Open::Skipped,
            seen: vec![0; parts.list.len() + 1],
            count: 0,
            about,
            pending: Vec::new(),
            held: 0,
            files: 0,
            tally,
            together: Together::of(&parts),
            writer: Writer::new(boundary.unwrap_or_default()),
            refused: None,
            rules,
            parts,
        }
    }

    /// What stands between the parts of what leaves.
    #[must_use]
    pub fn boundary(&self) -> &str {
        self.writer.boundary()
    }

    /// Takes the next bytes, however they are cut.
    ///
    /// # Errors
    /// As [`BodyScreener::push`]; the same again for every later call.
    pub fn push(&mut self, bytes: &[u8], judge: &mut dyn Judge) -> Result<(), Refusal> {
        if let Some(refusal) = &self.refused {
            return Err(refusal.clone());
        }
        let Some(mut framing) = self.framing.take() else {
            let detail = "the Content-Type names no boundary, which a multipart body needs";
            return Err(Refusal::plain(Code::BodyUnsupported, detail));
        };
        framing.push(bytes);
        let done = self.read(&mut framing, judge);
        self.framing = Some(framing);
        done.map_err(|refusal| self.refuse(refusal))
    }

    /// The permitted bytes so far, which are not given again.
    pub fn take(&mut self) -> Vec<u8> {
        self.writer.take()
    }

    /// The body is complete.
    ///
    /// # Errors
    /// As [`BodyScreener::push`]; also when the last boundary is missing.
    pub fn finish(mut self, judge: &mut dyn Judge) -> Result<ScreenedBody, Refusal> {
        self.push(&[], judge)?;
        if let Some(framing) = &self.framing {
            framing.finish().map_err(|fault| self.malformed(&fault))?;
        }
        if matches!(self.about, About::Awaited) {
            self.about = About::Known(Person::Unknown);
        }
        self.write(judge)?;
        self.writer.end();
        let mut screened = ScreenedBody::new(self.writer.take(), self.tally);
        screened.withheld = self.together.withheld();
        Ok(screened)
    }

    /// Nothing is held of a body that was refused.
    fn refuse(&mut self, refusal: Refusal) -> Refusal {
        self.open = Open::Skipped;
        self.pending = Vec::new();
        self.framing = None;
        self.writer.take();
        self.refused.insert(refusal).clone()
    }

    fn read(&mut self, framing: &mut Framing, judge: &mut dyn Judge) -> Result<(), Refusal> {
        loop {
            match framing.next().map_err(|fault| self.malformed(&fault))? {
                None => return Ok(()),
                Some(Event::Head(bytes, at)) => {
                    self.count += 1;
                    let head = head::read(&bytes, at).map_err(|fault| self.malformed(&fault))?;
                    self.open = self.begin(head, at, judge)?;
                }
                Some(Event::Content) => self.content(framing.content(), judge)?,
                Some(Event::End) => self.end(judge)?,
            }
        }
    }

    /// A part begins at byte `at`.
    fn begin(&mut self, head: Head, at: usize, judge: &dyn Judge) -> Result<Open, Refusal> {
        let fault = |what| Fault::new(at, what);
        if self.count > self.limits.members {
            return Err(self.malformed(&fault("more parts than the limit")));
        }
        let rule = self.parts.list.iter().position(|part| *part.name == *head.name);
        let names = self.parts.subject.as_deref() == Some(head.name.as_str());
        if rule.is_none() && !names {
            self.unlisted(1, at)?;
            return Ok(Open::Skipped);
        }
        let seen = self.seen.get_mut(rule.unwrap_or(self.parts.list.len()));
        let again = seen.is_some_and(|seen| std::mem::replace(seen, seen.saturating_add(1)) > 0);
        let parts = Arc::clone(&self.parts);
        let listed = rule.and_then(|rule| parts.list.get(rule));
        if again && !listed.is_some_and(|part| part.repeated) {
            return Err(self.malformed(&fault("a listed name for the second time")));
        }
        self.unlisted(head.others, at)?;
        if head.filename.as_deref() == Some("") {
            return Ok(Open::Unchosen);
        }
        self.check_type(&head, listed)?;
        match (rule, listed.map(|part| &part.holds)) {
            (Some(rule), Some(Holding::Document(rules))) => {
                let screener = self.screener(rules)?;
                if self.holds(judge) {
                    return Ok(Open::Held { rule, rules: Arc::clone(rules), head, bytes: Vec::new() });
                }
                Ok(Open::Document { rule, head, screener, bytes: Vec::new(), written: false })
            }
            _ => Ok(Open::Value { rule, head, bytes: Vec::new() }),
        }
    }

    /// A part without a type is read as the one that is listed.
    fn check_type(&self, head: &Head, listed: Option<&PartRules>) -> Result<(), Refusal> {
        let media = listed.map_or("text/plain", |part| &part.media);
        let Some(sent) = &head.media else { return Ok(()) };
        if head::is_type(sent, media) {
            return Ok(());
        }
        let count = self.count;
        let detail = format!("part {count} is not what is taken under its name: {media}, in UTF-8 where it is text");
        Err(Refusal::plain(Code::BodyUnsupported, detail))
    }

    fn screener(&self, rules: &Arc<BodyRules>) -> Result<Box<BodyScreener>, Refusal> {
        let asked = rules.records.iter().any(|record| record.subject.is_of_request());
        let person = match &self.about {
            About::Known(person) => person.clone(),
            About::Awaited if asked => return Err(self.awaited()),
            About::Awaited => Person::Unknown,
        };
        Ok(Box::new(BodyScreener::new(Arc::clone(rules), self.limits, person)))
    }

    /// A part must be decided, or more must be held than a record, before it is known whom the body is about.
    #[cold]
    fn awaited(&self) -> Refusal {
        let name = self.parts.subject.as_deref().unwrap_or_default();
        let count = self.count;
        let detail = format!("part {count} came before `{name}`, which says whom it is about; send `{name}` first");
        Refusal::plain(Code::BodyMalformed, detail)
    }

    /// Something that nobody listed, in the part that begins at byte `at`.
    fn unlisted(&mut self, number: u64, at: usize) -> Result<(), Refusal> {
        self.tally.unlisted += number;
        if number > 0 && self.rules.unlisted == Unlisted::Block {
            let count = self.count;
            let what = "is unlisted or has a header that is";
            return Err(tally::unlisted(format!("part {count} at byte {at} {what}, and this operation stops on that")));
        }
        Ok(())
    }

    fn content(&mut self, content: &[u8], judge: &mut dyn Judge) -> Result<(), Refusal> {
        let (count, limit) = (self.count, self.limits.record);
        match &mut self.open {
            Open::Skipped => return Ok(()),
            Open::Unchosen => {
                let detail = format!("part {count} is a file without a name that is not empty");
                return Err(Refusal::plain(Code::BodyMalformed, detail));
            }
            Open::Value { bytes, .. } => {
                if content.len() > limit.saturating_sub(bytes.len()) {
                    let detail = format!("part {count} has more than {limit} bytes, which is the limit for one value");
                    return Err(Refusal::plain(Code::BodyTooLarge, detail));
                }
                bytes.extend_from_slice(content);
            }
            Open::Held { bytes, .. } => {
                bytes.extend_from_slice(content);
                if bytes.len().saturating_add(self.held) > limit {
                    return self.stream(judge);
                }
                return Ok(());
            }
            Open::Document { screener, bytes, .. } => {
                screener.push(content, judge).map_err(|refusal| in_part(count, refusal))?;
                bytes.append(&mut screener.take());
            }
        }
        self.spill(judge)
    }

    /// Writes what a document has given already, where everything held would be more than one record.
    fn spill(&mut self, judge: &mut dyn Judge) -> Result<(), Refusal> {
        let open = match &self.open {
            Open::Document { written: true, .. } => usize::MAX,
            Open::Document { bytes, .. } => bytes.len(),
            _ => return Ok(()),
        };
        if open.saturating_add(self.held) <= self.limits.record {
            return Ok(());
        }
        self.write(judge)?;
        let mut open = std::mem::replace(&mut self.open, Open::Skipped);
        if let Open::Document { rule, head, bytes, written, .. } = &mut open {
            if !*written {
                self.head(*rule, head, judge)?;
                *written = true;
            }
            self.writer.content(bytes)?;
            bytes.clear();
        }
        self.open = open;
        Ok(())
    }

    /// The part is whole.
    fn end(&mut self, judge: &mut dyn Judge) -> Result<(), Refusal> {
        let count = self.count;
        match std::mem::replace(&mut self.open, Open::Skipped) {
            Open::Skipped | Open::Unchosen => return Ok(()),
            Open::Value { rule, head, bytes } => {
                if self.parts.subject.as_deref() == Some(head.name.as_str()) {
                    self.about = About::Known(subject(&bytes).map_err(|refusal| in_part(count, refusal))?);
                }
                let Some(rule) = rule else {
                    self.tally.unlisted += 1;
                    return Ok(());
                };
                self.held = self.held.saturating_add(bytes.len());
                self.pending.push(Item::Value { rule, head, bytes, count });
            }
            Open::Held { rule, rules, head, bytes } => {
                self.held = self.held.saturating_add(bytes.len());
                self.pending.push(Item::Held { rule, rules, head, bytes, count });
            }
            Open::Document { rule, head, screener, mut bytes, written } => {
                let mut screened = screener.finish(judge).map_err(|refusal| in_part(count, refusal))?;
                bytes.append(&mut screened.bytes);
                self.tally.absorb(screened.findings()).map_err(|refusal| *refusal)?;
                self.streamed(screened.tally.withheld())?;
                if written {
                    return self.writer.content(&bytes);
                }
                self.held = self.held.saturating_add(bytes.len());
                self.pending.push(Item::Document { rule, head, bytes });
            }
        }
        if self.held > self.limits.record { self.write(judge) } else { Ok(()) }
    }

    #[cold]
    fn malformed(&self, fault: &Fault) -> Refusal {
        let Fault { at, what, mend } = fault;
        let mend = mend.map(|mend| format!("; {mend}")).unwrap_or_default();
        let detail =
            format!("the body does not have parts that can be read in one way only: {what} at byte {at}{mend}");
        Refusal::plain(Code::BodyMalformed, detail)
    }
}

/// Whom a part names, that is the client's id and nothing else.
fn subject(bytes: &[u8]) -> Result<Person, Refusal> {
    let id = whole::text(bytes)?;
    Ok(if id.is_empty() { Person::Unknown } else { Person::One(id.into()) })
}

/// What is wrong with a part's bytes is told by their place in it.
fn in_part(count: usize, refusal: Refusal) -> Refusal {
    match refusal.code {
        Code::BodyMalformed | Code::BodyTooLarge => {
            Refusal { detail: format!("in part {count}: {}", refusal.detail), ..refusal }
        }
        _ => refusal,
    }
}

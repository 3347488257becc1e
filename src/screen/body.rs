//! One body, whatever its format: bytes are pushed in, permitted bytes come out.

use super::{
    FindingRef, Findings, Judge, Person, Received,
    batch::BatchScreener,
    form::FormScreener,
    json::JsonScreener,
    multipart::MultipartScreener,
    table::TableScreener,
    tally::{Outer, Tally, Taught},
    whole::WholeScreener,
    xml::XmlScreener,
};
use crate::{
    policy::integration::{BodyRules, Format},
    verdict::{Code, Refusal},
};
use std::sync::Arc;

/// Bounds. At the bound a body is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// One record, or one value with its name outside records, in bytes. At most 1 GiB.
    pub record: usize,
    /// Containers within containers.
    pub depth: usize,
    /// Members of one object; attributes of one element.
    pub members: usize,
    /// People that one body may be about: each costs memory, decisions and a row in the record book.
    pub people: usize,
}

/// Screens one body in the format that its rules name.
#[derive(Debug)]
pub enum BodyScreener {
    /// One JSON document, or one a line.
    Json(Box<JsonScreener>),
    /// RFC 4180 and its relatives.
    Table(TableScreener),
    /// WHATWG forms.
    Form(FormScreener),
    /// Text or bytes that are one value.
    Whole(WholeScreener),
    /// Parts with rules of their own.
    Multipart(Box<MultipartScreener>),
    /// Requests, each with an operation's rules.
    Batch(Box<BatchScreener>),
    /// XML 1.0 with namespaces.
    Xml(Box<XmlScreener>),
}

/// What may leave of a body, and what was done to get there.
#[derive(Debug)]
pub struct ScreenedBody {
    /// The body to send, or what of it was not taken before.
    pub bytes: Vec<u8>,
    pub(super) tally: Tally,
    /// Where requests within it lead.
    pub(super) targets: Vec<InnerTarget>,
    /// What parts of it withhold.
    pub(super) withheld: Vec<Taught>,
}

/// Where a request within a body leads: whether that is still the recipient's is asked of whoever knows the recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InnerTarget {
    /// Which request it is, from 0.
    pub request: usize,
    /// Decoded segments from the host's root, as a recipient may read them.
    pub path: Vec<String>,
}

impl ScreenedBody {
    pub(super) const fn new(bytes: Vec<u8>, tally: Tally) -> Self {
        Self { bytes, tally, targets: Vec::new(), withheld: Vec::new() }
    }

    /// Where requests within it lead; each in every way in which the recipient may read it.
    #[must_use]
    pub fn targets(&self) -> &[InnerTarget] {
        &self.targets
    }

    /// What was withheld since it was taken last, where that is kept.
    pub(super) fn take_withheld(&mut self) -> Vec<Taught> {
        let mut withheld = std::mem::take(&mut self.withheld);
        withheld.append(&mut self.tally.take_withheld());
        withheld
    }

    /// What was done, to keep.
    #[must_use]
    pub fn findings(&self) -> Findings {
        self.tally.findings()
    }

    /// What was done to listed places, one by one, in the order of [`Findings::listed`].
    pub fn each_finding<'s>(&'s self, see: impl FnMut(FindingRef<'s>)) {
        self.tally.each(see);
    }
}

impl BodyScreener {
    /// A screener for one body. `request_person` is whom records are about whose subject is in the path, the
    /// query or a header; for others it is not asked. For what needs nothing more said of how it came: a `multipart`
    /// body, which names no boundary here, is refused.
    #[must_use]
    pub fn new(rules: Arc<BodyRules>, limits: Limits, request_person: Person) -> Self {
        Self::received(rules, limits, request_person, &Received::default())
    }

    /// As [`BodyScreener::new`], for a body that came as `received` says.
    #[must_use]
    pub fn received(rules: Arc<BodyRules>, limits: Limits, request_person: Person, received: &Received) -> Self {
        match &rules.format {
            Format::Json | Format::JsonLines => Self::Json(Box::new(JsonScreener::new(rules, limits, request_person))),
            Format::Table(dialect) => {
                let dialect = dialect.clone();
                Self::Table(TableScreener::new(rules, dialect, limits, &request_person))
            }
            Format::Form => Self::Form(FormScreener::new(rules, limits, request_person)),
            Format::Text => Self::Whole(WholeScreener::new(rules, true, limits, request_person)),
            Format::Binary(_) => Self::Whole(WholeScreener::new(rules, false, limits, request_person)),
            Format::Multipart(parts) => {
                let (parts, boundary) = (Arc::clone(parts), received.boundary.as_deref());
                let screener = MultipartScreener::new(rules, parts, limits, request_person, boundary);
                Self::Multipart(Box::new(screener))
            }
            Format::Batch(batch) => {
                let batch = Arc::clone(batch);
                let screener = BatchScreener::new(rules, batch, limits);
                Self::Batch(Box::new(screener.bounded(received.boundary.as_deref())))
            }
            Format::Xml(_) => {
                let xml = XmlScreener::new(rules, limits, request_person);
                Self::Xml(Box::new(if received.transcoded { xml.transcoded() } else { xml }))
            }
        }
    }

    /// Takes the next bytes, however they are cut.
    ///
    /// # Errors
    /// The refusal of the whole request; the same again for every later call. `body-malformed` and
    /// `body-too-large` say what is wrong and where, never a value or an unlisted name. `field-blocked` for
    /// unlisted data under `unlisted = "block"` and for rules with `denied = "block"`, unless the judge's own code
    /// says that consent or the recipient is what is missing. For a `required` rule the judge's code stays.
    pub fn push(&mut self, bytes: &[u8], judge: &mut dyn Judge) -> Result<(), Refusal> {
        match self {
            Self::Json(json) => json.push(bytes, judge),
            Self::Table(table) => table.push(bytes, judge),
            Self::Form(form) => form.push(bytes, judge),
            Self::Whole(whole) => whole.push(bytes, judge),
            Self::Multipart(parts) => parts.push(bytes, judge),
            Self::Batch(batch) => batch.push(bytes, judge),
            Self::Xml(xml) => xml.push(bytes, judge),
        }
    }

    /// It stands within a value of a record, or in a part beside others: what is withheld there does not leave here
    /// either.
    ///
    /// # Errors
    /// `internal` for a format that is never within a value.
    pub(super) fn within_record(&mut self, outer: Option<Arc<Outer>>) -> Result<(), Refusal> {
        match self {
            Self::Json(json) => json.within_record(outer),
            Self::Form(form) => form.within_record(outer),
            Self::Xml(xml) => xml.within_record(outer),
            Self::Table(table) => table.within_record(outer),
            _ => return Err(Refusal::plain(Code::Internal, "a value holds a format that no value can hold")),
        }
        Ok(())
    }

    /// From here on what it withholds is kept until it is taken, for what stands beside the body. Of text and bytes that
    /// are one value, and of batches, nothing is; what parts withhold is told at their end.
    pub(super) fn keep_withheld(&mut self) {
        match self {
            Self::Json(json) => json.within_record(None),
            Self::Form(form) => form.within_record(None),
            Self::Xml(xml) => xml.within_record(None),
            Self::Table(table) => table.within_record(None),
            Self::Whole(_) | Self::Multipart(_) | Self::Batch(_) => {}
        }
    }

    /// What was withheld since this was asked last.
    pub(super) fn take_withheld(&mut self) -> Vec<Taught> {
        match self {
            Self::Json(json) => json.take_withheld(),
            Self::Form(form) => form.take_withheld(),
            Self::Xml(xml) => xml.take_withheld(),
            Self::Table(table) => table.take_withheld(),
            Self::Whole(_) | Self::Multipart(_) | Self::Batch(_) => Vec::new(),
        }
    }

    /// The permitted bytes so far, which are not given again. They may be sent only once the whole body has passed.
    pub fn take(&mut self) -> Vec<u8> {
        match self {
            Self::Json(json) => json.take(),
            Self::Table(table) => table.take(),
            Self::Form(form) => form.take(),
            Self::Whole(whole) => whole.take(),
            Self::Multipart(parts) => parts.take(),
            Self::Batch(batch) => batch.take(),
            Self::Xml(xml) => xml.take(),
        }
    }

    /// The body is complete.
    ///
    /// # Errors
    /// As [`BodyScreener::push`]; also when the body is not complete.
    pub fn finish(self, judge: &mut dyn Judge) -> Result<ScreenedBody, Refusal> {
        match self {
            Self::Json(json) => json.finish(judge),
            Self::Table(table) => table.finish(judge),
            Self::Form(form) => form.finish(judge),
            Self::Whole(whole) => whole.finish(judge),
            Self::Multipart(parts) => parts.finish(judge),
            Self::Batch(batch) => batch.finish(judge),
            Self::Xml(xml) => xml.finish(judge),
        }
    }

    /// What stands between the parts of what leaves, which its `Content-Type` must say (RFC 2046 section 5.1). It is
    /// another than what arrived, and known from the beginning. `None` for what has no parts.
    #[must_use]
    pub fn boundary(&self) -> Option<String> {
        match self {
            Self::Multipart(parts) => Some(parts.boundary().to_owned()),
            Self::Batch(batch) => batch.boundary(),
            _ => None,
        }
    }
}

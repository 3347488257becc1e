//! The XML kernel: bytes are pushed in, permitted bytes come out. SOAP 1.1 and 1.2 are XML with known names.
//!
//! One pass, sans-io, with memory for one record and the output. The rules:
//!
//! - **One interpretation.** XML 1.0 (fifth edition) with namespaces, strictly, in UTF-8 (a UTF-8 byte order mark is left
//!   out: it says nothing else). No document type, so no entities but the five, and no other file is ever meant. Two
//!   roots, attributes that stand twice (after their namespaces are known), prefixes that are not declared, and depth,
//!   attributes, names or records over their limits are refused. A text is judged as it means: references, line ends,
//!   CDATA and comments within it are gone before anybody looks at it.
//! - **Positive listing.** A rule lists an element's text or an attribute; an element within which some rule may list
//!   something leaves without what is unlisted. An element at a listed place that holds elements is unlisted unless a
//!   rule selects within it; text beside elements is unlisted everywhere. Comments, instructions and white space between
//!   elements never leave.
//! - **Our spelling.** What leaves is written from what was judged. Prefixes and declarations can carry data, so only the
//!   connection's own leave. Order stays.
//! - **A record is atomic**, as in [JSON](super::json). What is about whom is decided alike.
//! - **Withheld** values leave as their rule says. A stripped element goes, unless one of its attributes may leave; one
//!   in which only attributes can be listed leaves only with one of them, for its value is in them. Elements in which
//!   elements can be listed stay, as in JSON. The document's own element stays whatever happens, for without it there is
//!   no document; if no rule lists anything in it the request is refused.
//! - **Where the input is cut never shows**: not in the output, not in a refusal.

mod bindings;
mod fault;
pub mod outline;
mod scan;
mod tag;
mod tape;
mod text;
mod walk;
mod write;

use super::{
    Findings, Judge, Person,
    body::{Limits, ScreenedBody},
    tally::{Outer, Taught},
};
use crate::{
    policy::integration::{BodyRules, Format, XmlFormat},
    verdict::Refusal,
};
use std::sync::Arc;
use walk::{Turn, Walk};

/// Input is walked in pieces of this size, which bounds what is buffered beside a record.
const PIECE: usize = 128 << 10;
/// As for JSON.
const LARGEST_RECORD: usize = 1 << 30;

/// Screens one body.
#[derive(Debug)]
pub struct XmlScreener {
    rules: Arc<BodyRules>,
    xml: Arc<XmlFormat>,
    walk: Walk,
    /// The token that was cut.
    buffer: Vec<u8>,
    refused: Option<Refusal>,
}

impl XmlScreener {
    /// A screener for one body. `request_person` is whom records are about whose subject is in the path, the
    /// query or a header; for others it is not asked. Rules of another format know no namespace.
    #[must_use]
    pub fn new(rules: Arc<BodyRules>, limits: Limits, request_person: Person) -> Self {
        let limits = Limits { record: limits.record.min(LARGEST_RECORD), ..limits };
        let xml = match &rules.format {
            Format::Xml(xml) => Arc::clone(xml),
            _ => Arc::default(),
        };
        let walk = Walk::new(&rules, &xml, limits, request_person);
        Self { rules, xml, walk, buffer: Vec::new(), refused: None }
    }

    /// The bytes are UTF-8 that somebody made of another encoding, which the XML declaration may still name. What leaves
    /// says UTF-8.
    #[must_use]
    pub const fn transcoded(mut self) -> Self {
        self.walk.transcoded = true;
        self
    }

    /// It stands within a value of a record.
    pub(super) fn within_record(&mut self, outer: Option<Arc<Outer>>) {
        self.walk.tally.within_record(outer);
    }

    /// What was withheld since this was asked last, once something stands around it or beside it.
    pub(super) fn take_withheld(&mut self) -> Vec<Taught> {
        self.walk.tally.take_withheld()
    }

    /// Takes the next bytes, however they are cut.
    ///
    /// # Errors
    /// The refusal of the whole request; the same again for every later call. `body-malformed` and
    /// `body-too-large` say what is wrong and at which byte and line, never a value or an unlisted name.
    /// `field-blocked` for unlisted data under `unlisted = "block"`, for a document in which no rule lists anything, and
    /// for rules with `denied = "block"`, unless the judge's own code says that consent or the recipient is what is
    /// missing. For a `required` rule the judge's code stays.
    pub fn push(&mut self, bytes: &[u8], judge: &mut dyn Judge) -> Result<(), Refusal> {
        for piece in bytes.chunks(PIECE) {
            self.turn(piece, false, judge)?;
        }
        Ok(())
    }

    /// The body is complete.
    ///
    /// # Errors
    /// As [`XmlScreener::push`]; also when the document is not complete.
    pub fn finish(mut self, judge: &mut dyn Judge) -> Result<ScreenedBody, Refusal> {
        self.turn(&[], true, judge)?;
        Ok(ScreenedBody::new(self.walk.out, self.walk.tally))
    }

    /// The permitted bytes so far, which are not given again. They may be sent only once the body has passed.
    pub fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.walk.out)
    }

    /// What was done so far. After a refusal nothing leaves: then this says what the rules had done until
    /// then and, as [`Act::Blocked`](crate::flow::Act::Blocked), which listed value stopped the request.
    #[must_use]
    pub fn findings(&self) -> Findings {
        self.walk.tally.findings()
    }

    fn turn(&mut self, piece: &[u8], at_end: bool, judge: &mut dyn Judge) -> Result<(), Refusal> {
        if let Some(refusal) = &self.refused {
            return Err(refusal.clone());
        }
        // What is complete is read where it lies; only what was cut is copied together.
        let in_place = self.buffer.is_empty();
        if !in_place {
            self.buffer.extend_from_slice(piece);
        }
        let buf = if in_place { piece } else { &self.buffer };
        let mut turn = Turn { rules: &self.rules, xml: &self.xml, buf, judge, at_end };
        match self.walk.turn(&mut turn) {
            Ok(done) => {
                if in_place {
                    self.buffer.extend_from_slice(piece.get(done..).unwrap_or_default());
                } else {
                    self.buffer.drain(..done.min(self.buffer.len()));
                }
                Ok(())
            }
            Err(refusal) => {
                self.buffer = Vec::new();
                self.walk.out = Vec::new();
                self.refused = Some((*refusal).clone());
                Err(*refusal)
            }
        }
    }
}

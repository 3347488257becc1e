//! The JSON kernel: bytes are pushed in, permitted bytes come out.
//!
//! One pass, sans-io, with memory for one record and the output. The rules:
//!
//! - **One interpretation.** RFC 8259 strictly. Duplicate names (after unescaping), lone surrogates, invalid
//!   UTF-8, byte order marks, bytes after the document, and depth, members or records over their limits are
//!   refused. What is written is copied from what was judged: numbers, strings and the order of members stay
//!   exactly as they came; white space between tokens goes.
//! - **Positive listing.** Outside records only the envelope's places leave, within a record only its fields,
//!   and containers within which some rule may select something. A rule lists scalars; a container at a
//!   listed place is unlisted unless a rule selects within it. What is unlisted is removed (a member) or
//!   becomes `null` (an element, or the document itself), or stops the request.
//! - **Sideways.** A rule whose selector has a filter is chosen when its record is whole. Where two filters claim a
//!   value, no rule lists it.
//! - **A record is atomic.** Its subject may come last; it is read to its end, each (person, rule) is judged
//!   once for the whole body, then it is written. Values within a dependant are about that dependant,
//!   innermost first. The value that names a subject leaves only if it is also listed; if it is not it counts
//!   as unlisted but never stops the request.
//! - **Withheld** values leave as their rule says; in an array, where others' indices must stay, a stripped
//!   one becomes `null`. A listed `null` leaves as `null` in every permitted form.
//! - **Lines.** Of JSON Lines every line is a document of its own, and so are its records. People are counted and rules
//!   judged over the whole body. Blank lines go.
//! - **Where the input is cut never shows**: not in the output, not in a refusal.

mod choose;
pub mod links;
mod names;
pub(super) mod raw;
mod said;
mod scan;
mod tape;
pub(super) mod text;
mod tree;
mod walk;
mod write;

use super::{
    Findings, Judge, Person,
    body::{Limits, ScreenedBody},
    tally::{Outer, Taught},
};
use crate::{
    policy::integration::{BodyRules, Format},
    verdict::Refusal,
};
use std::{collections::HashSet, sync::Arc};
use walk::{Turn, Walk};

/// Input is walked in pieces of this size, which bounds what is buffered beside a record.
const PIECE: usize = 128 << 10;
/// Offsets within a record are kept in 32 bits.
const LARGEST_RECORD: usize = 1 << 30;

/// Screens one body.
#[derive(Debug)]
pub struct JsonScreener {
    rules: Arc<BodyRules>,
    /// Every line is a document.
    lines: bool,
    walk: Walk,
    /// Input that is not decided yet: the open record, or the token that was cut.
    buffer: Vec<u8>,
    refused: Option<Refusal>,
}

impl JsonScreener {
    /// A screener for one body. `request_person` is whom records are about whose subject is in the path, the
    /// query or a header; for others it is not asked.
    #[must_use]
    pub fn new(rules: Arc<BodyRules>, limits: Limits, request_person: Person) -> Self {
        let limits = Limits { record: limits.record.min(LARGEST_RECORD), ..limits };
        let walk = Walk::new(&rules, limits, request_person);
        let lines = rules.format == Format::JsonLines;
        Self { rules, lines, walk, buffer: Vec::new(), refused: None }
    }

    /// It stands within a value of a record.
    pub(super) fn within_record(&mut self, outer: Option<Arc<Outer>>) {
        self.walk.tally.within_record(outer);
    }

    /// What was withheld since this was asked last, once something stands around it or beside it.
    pub(super) fn take_withheld(&mut self) -> Vec<Taught> {
        self.walk.tally.take_withheld()
    }

    /// Lets references to other requests of a batch through, which were judged as that.
    pub(super) fn refer(&mut self, references: Arc<HashSet<Vec<u8>>>) {
        self.walk.tally.refer(references);
    }

    /// Takes the next bytes, however they are cut.
    ///
    /// # Errors
    /// The refusal of the whole request; the same again for every later call. `body-malformed` and
    /// `body-too-large` say what is wrong and at which byte, never a value or an unlisted name.
    /// `field-blocked` for unlisted data under `unlisted = "block"` and for rules with `denied = "block"`,
    /// unless the judge's own code says that consent or the recipient is what is missing. For a `required`
    /// rule the judge's code stays.
    pub fn push(&mut self, bytes: &[u8], judge: &mut dyn Judge) -> Result<(), Refusal> {
        for piece in bytes.chunks(PIECE) {
            if self.lines {
                self.push_lines(piece, judge)?;
            } else {
                self.turn(piece, false, judge)?;
            }
        }
        Ok(())
    }

    /// Whether anything but white space came of the document that is open.
    fn has_begun(&self) -> bool {
        self.walk.has_begun() || !self.buffer.is_empty()
    }

    fn push_lines(&mut self, piece: &[u8], judge: &mut dyn Judge) -> Result<(), Refusal> {
        for part in piece.split_inclusive(|b| *b == b'\n') {
            let Some(rest) = part.strip_suffix(b"\n") else {
                return self.turn(part, false, judge);
            };
            self.turn(rest, false, judge)?;
            // A document never goes on after its line: white space within it is no place for a line to end.
            let begun = self.has_begun();
            if begun {
                self.turn(&[], true, judge)?;
            }
            self.walk.next_line(begun);
        }
        Ok(())
    }

    /// The body is complete.
    ///
    /// # Errors
    /// As [`JsonScreener::push`]; also when the document is not complete.
    pub fn finish(mut self, judge: &mut dyn Judge) -> Result<ScreenedBody, Refusal> {
        if !self.lines || self.has_begun() {
            self.turn(&[], true, judge)?;
        }
        if let Some(refusal) = self.refused {
            return Err(refusal);
        }
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
        self.walk.out.reserve(piece.len());
        // What is complete is read where it lies; only what was cut is copied together.
        let in_place = self.buffer.is_empty();
        if !in_place {
            self.buffer.extend_from_slice(piece);
        }
        let buf = if in_place { piece } else { &self.buffer };
        let mut turn = Turn::new(&self.rules, buf, judge, at_end, &self.walk);
        match self.walk.turn(&mut turn) {
            Ok(done) => {
                if in_place {
                    self.buffer.extend_from_slice(piece.get(done..).unwrap_or_default());
                } else {
                    self.buffer.drain(..done.min(self.buffer.len()));
                }
                self.walk.shift(done);
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

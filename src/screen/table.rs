//! Tables: CSV and its relatives, row by row, each a record. Bytes are pushed in, permitted bytes come out.
//!
//! One pass, sans-io, with memory for one row and the output. The rules:
//!
//! - **One interpretation.** RFC 4180 in the operation's dialect, strictly: a quote stands only around a cell or twice
//!   within one, every row has as many cells as the first, and columns have names that even forgiving readers tell
//!   apart. Empty lines (some readers skip them), a row that repeats the header row (two tables in one), Excel's
//!   `sep=;` line, carriage returns without line feeds, control characters and invalid UTF-8 are refused. A byte order
//!   mark at the very beginning is read over and not written.
//! - **What leaves** is copied from what was judged: cells, their quoting, line ends and the last line's end as they
//!   came. Text that a spreadsheet would take for a formula is data and stays what it is. Only what stands in another
//!   value's place is quoted by us, where it must be.
//! - **Positive listing.** A row is a record and a column a place in it, by its name in the header row, literally. The
//!   cells of a column that no rule lists are emptied; the column stays, so that positions hold. Its name leaves only
//!   if the connection's file holds it (`dialect.columns`): a table made by turning rows into columns has people's
//!   names there. In its place stands `withheld_7`, by the column's place. `unlisted = "block"` refuses a cell with
//!   something in it; the one that names the subject is emptied and counted, but never stops the request.
//! - **A row is atomic**; whom it is about may come last.
//! - **An empty cell** is a value that is not there: nothing is decided and nothing counted. It leaves as it came where
//!   values of its column may leave, and otherwise looks like a withheld one, so that its look says nothing.
//! - **Where the input is cut never shows**: not in the output, not in a refusal.

mod header;
mod row;
mod rows;
mod scan;
mod write;

use super::{
    Judge, Person,
    body::{Limits, ScreenedBody},
    tally::{Outer, Taught},
};
use crate::{
    policy::integration::{BodyRules, Dialect},
    verdict::Refusal,
};
use rows::Rows;
use std::sync::Arc;

/// Input is read in pieces of this size, which bounds what is buffered beside a row.
const PIECE: usize = 128 << 10;

/// Screens one table.
#[derive(Debug)]
pub struct TableScreener {
    rows: Rows,
    /// The row that was cut.
    buffer: Vec<u8>,
    refused: Option<Refusal>,
}

impl TableScreener {
    /// A screener for one table. `request_person` is whom rows are about whose subject is in the path, the query or a
    /// header; for others it is not asked.
    #[must_use]
    pub fn new(rules: Arc<BodyRules>, dialect: Dialect, limits: Limits, request_person: &Person) -> Self {
        Self { rows: Rows::new(rules, dialect, limits, request_person), buffer: Vec::new(), refused: None }
    }

    /// It stands beside other parts.
    pub(super) fn within_record(&mut self, outer: Option<Arc<Outer>>) {
        self.rows.tally.within_record(outer);
    }

    /// What was withheld since this was asked last, once something stands around it or beside it.
    pub(super) fn take_withheld(&mut self) -> Vec<Taught> {
        self.rows.tally.take_withheld()
    }

    /// Takes the next bytes, however they are cut.
    ///
    /// # Errors
    /// As [`BodyScreener::push`](super::body::BodyScreener::push). Rows are counted from 1, the header row with them.
    pub fn push(&mut self, bytes: &[u8], judge: &mut dyn Judge) -> Result<(), Refusal> {
        for piece in bytes.chunks(PIECE) {
            self.turn(piece, false, judge)?;
        }
        Ok(())
    }

    /// The permitted bytes so far, which are not given again. They may be sent only once the body has passed.
    pub fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.rows.out)
    }

    /// The body is complete.
    ///
    /// # Errors
    /// As [`TableScreener::push`]; also when the last row is not whole.
    pub fn finish(mut self, judge: &mut dyn Judge) -> Result<ScreenedBody, Refusal> {
        self.turn(&[], true, judge)?;
        Ok(ScreenedBody::new(self.rows.out, self.rows.tally))
    }

    fn turn(&mut self, piece: &[u8], at_end: bool, judge: &mut dyn Judge) -> Result<(), Refusal> {
        if let Some(refusal) = &self.refused {
            return Err(refusal.clone());
        }
        // What is complete is read where it lies; only a row that was cut is copied together.
        let in_place = self.buffer.is_empty();
        if !in_place {
            self.buffer.extend_from_slice(piece);
        }
        let bytes = if in_place { piece } else { &self.buffer };
        match self.rows.read(bytes, at_end, judge) {
            Ok(done) if in_place => self.buffer.extend_from_slice(piece.get(done..).unwrap_or_default()),
            Ok(done) => drop(self.buffer.drain(..done.min(self.buffer.len()))),
            Err(refusal) => {
                self.buffer = Vec::new();
                self.rows.out = Vec::new();
                self.refused = Some((*refusal).clone());
                return Err(*refusal);
            }
        }
        Ok(())
    }
}

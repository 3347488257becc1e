//! What a cell says, and what is written in another's place.

use super::row::Cell;
use crate::{
    policy::integration::Dialect,
    screen::{
        dotted::Lookout,
        tally::{Glimpse, Lying, Value},
    },
    verdict::{Code, Refusal},
};
use std::borrow::Cow;

/// The text of a cell: without the quotes around it, and those within it once.
pub(super) fn text<'a>(row: &'a [u8], cell: Cell, dialect: &Dialect) -> Cow<'a, str> {
    let (from, to) = cell.inside();
    // The row is UTF-8, and no cell begins or ends within a character.
    let text = String::from_utf8_lossy(row.get(from..to).unwrap_or_default());
    match dialect.quote.map(char::from) {
        Some(quote) if cell.doubled => {
            let mut before = false;
            let once = text.chars().filter(|c| {
                before = *c == quote && !before;
                *c != quote || before
            });
            Cow::Owned(once.collect())
        }
        _ => text,
    }
}

/// Writes a text as a cell, quoted where it must be. `alone`: it is its row's only cell, and empty would be no row.
///
/// # Errors
/// When no cell of the dialect can hold it, which loading policies should have refused.
pub(super) fn cell(text: &str, dialect: &Dialect, alone: bool, out: &mut Vec<u8>) -> Result<(), Box<Refusal>> {
    if !dialect.can_hold(text) {
        let detail = "a text that no cell can hold was to stand in one; this is a fault of ours";
        return Err(Box::new(Refusal::plain(Code::Internal, detail)));
    }
    match dialect.quote {
        Some(quote) if dialect.must_quote(text) || (alone && text.is_empty()) => {
            out.push(quote);
            for byte in text.bytes() {
                if byte == quote {
                    out.push(quote);
                }
                out.push(byte);
            }
            out.push(quote);
        }
        _ => out.extend_from_slice(text.as_bytes()),
    }
    Ok(())
}

/// A cell where it lies.
pub(super) struct InCell<'a, 'l> {
    pub(super) bytes: &'a [u8],
    pub(super) cell: Cell,
    pub(super) dialect: &'l Dialect,
    pub(super) lookout: &'l mut Lookout,
}

impl<'a> Lying<'a> for InCell<'a, '_> {
    #[inline(always)]
    fn is_dotted(&mut self) -> bool {
        // A quote that is written twice is an escape: nothing is told from how it looks.
        self.cell.doubled || self.lookout.is_dotted(self.bytes, self.cell.from, self.cell.to)
    }

    #[inline(always)]
    fn glimpse(&self) -> Glimpse<'a> {
        let (from, to) = self.cell.inside();
        Glimpse::Text(self.bytes.get(from..to).unwrap_or_default())
    }

    fn read(self) -> Value<'a> {
        Value::Text(text(self.bytes, self.cell, self.dialect))
    }
}

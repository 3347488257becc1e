//! Refusing: what is malformed and what is too large, in the same order however the input is cut.

use super::{Turn, Walk, Walked, newlines};
use crate::{
    screen::xml::fault::Fault,
    verdict::{Code, Refusal},
};

impl Walk {
    /// Refuses what is kept for one decision if it reaches beyond the bound: a record, or outside records a token or an
    /// element whose text may be listed. `end`: in the body.
    #[inline]
    pub(super) fn within(&self, end: u64) -> Walked<()> {
        let from = match self.record {
            Some(record) => record.at,
            None if self.frame.collects && !self.frame.children => self.frame.at,
            None => self.at,
        };
        if end - from > self.limits.record as u64 { Err(self.too_large(from)) } else { Ok(()) }
    }

    #[cold]
    fn too_large(&self, at: u64) -> Box<Refusal> {
        let limit = self.limits.record;
        let detail = format!("the record or value at byte {at} has more than {limit} bytes, which is the limit");
        Box::new(Refusal::plain(Code::BodyTooLarge, detail))
    }

    /// `fault`: in the buffer.
    #[cold]
    pub(super) fn fail<T>(&self, turn: &Turn<'_>, fault: Fault) -> Walked<T> {
        let at = self.before + fault.at as u64;
        let line = self.lines + newlines(turn.buf.get(..fault.at).unwrap_or(turn.buf)) + 1;
        Err(Box::new(fault.refusal(at, line)))
    }
}

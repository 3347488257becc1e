//! Refusing: what is malformed and what is too large, in the same order however the input is cut.

use super::{Turn, Walk, Walked};
use crate::{
    screen::json::scan::Fault,
    verdict::{Code, Refusal},
};

impl Walk {
    /// The first byte that is one too many: of the record or, outside records, of a token.
    #[inline]
    pub(super) fn bound(&self) -> usize {
        self.record.map_or(self.token(), |r| r.at) + self.limits.record
    }

    /// Outside records, refuses a token that ends after the bound. A record is asked once, at its end.
    #[inline]
    pub(super) fn within(&mut self, turn: &mut Turn<'_>, end: usize) -> Walked<()> {
        if self.record.is_none() && end - self.token() > self.limits.record {
            return self.token_too_large(turn);
        }
        Ok(())
    }

    #[cold]
    fn token_too_large(&mut self, turn: &mut Turn<'_>) -> Walked<()> {
        self.write_outside(turn)?;
        Err(self.too_large(self.bound()))
    }

    #[cold]
    pub(super) fn too_large(&self, bound: usize) -> Box<Refusal> {
        let at = self.before + (bound - self.limits.record) as u64;
        let limit = self.limits.record;
        let detail = format!("the record or value at byte {at} has more than {limit} bytes, which is the limit");
        Box::new(Refusal::plain(Code::BodyTooLarge, detail))
    }

    pub(super) fn expected<T>(&mut self, turn: &mut Turn<'_>, what: &'static str) -> Walked<T> {
        self.fail(turn, Fault::here(self.pos, what))
    }

    #[cold]
    pub(super) fn fail<T>(&mut self, turn: &mut Turn<'_>, fault: Fault) -> Walked<T> {
        let at = self.before + fault.at as u64;
        let detail = format!("the body is not JSON that can be read in one way only: {} at byte {at}", fault.what);
        self.give_up(turn, fault.seen, Refusal::plain(Code::BodyMalformed, detail))
    }

    /// Refuses for something found at `seen`, unless something earlier in the body is refused first.
    pub(super) fn give_up<T>(&mut self, turn: &mut Turn<'_>, seen: usize, refusal: Refusal) -> Walked<T> {
        self.write_outside(turn)?;
        let bound = self.bound();
        if seen >= bound && seen < turn.buf.len() {
            return Err(self.too_large(bound));
        }
        Err(Box::new(refusal))
    }
}

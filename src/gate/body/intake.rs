//! From what arrived to what is screened: unpacked, in UTF-8, and in bounds at every step.

use super::{Bounds, Reading, check_length};
use crate::{
    screen::{charset::Transcoder, coding::Decoder},
    verdict::Refusal,
};
use hyper::body::Bytes;

/// One body. [`Intake::feed`] it what arrives, take [`Intake::next`] until there is no more, and at its end
/// [`Intake::finish`]. A body that is neither packed nor in another charset passes through without a copy.
#[derive(Debug)]
pub struct Intake {
    decoder: Option<Decoder>,
    transcoder: Option<Transcoder>,
    plain: Bytes,
    bounds: Bounds,
    length: u64,
}

impl Intake {
    /// For a body with this head.
    #[must_use]
    pub fn new(reading: &Reading, bounds: Bounds) -> Self {
        let decoder = Decoder::new(&reading.codings, bounds.bytes);
        let transcoder = Transcoder::new(reading.charset);
        Self { decoder, transcoder, plain: Bytes::new(), bounds, length: 0 }
    }

    /// Takes the next bytes as they arrived.
    pub fn feed(&mut self, bytes: Bytes) {
        match &mut self.decoder {
            Some(decoder) => decoder.feed(bytes),
            None => self.plain = bytes,
        }
    }

    /// Whether there may be more to screen of what it was fed.
    #[must_use]
    pub fn has_more(&self) -> bool {
        self.decoder.is_some() || !self.plain.is_empty()
    }

    /// The next bytes to screen; `None` until it is fed again.
    ///
    /// # Errors
    /// `body-malformed`, `body-too-large`, `body-unsupported`: see [`Decoder::next`] and [`Transcoder::push`].
    #[expect(clippy::should_implement_trait, reason = "it goes on after None, and an iterator need not")]
    pub fn next(&mut self) -> Result<Option<Bytes>, Refusal> {
        let piece = match &mut self.decoder {
            Some(decoder) => decoder.next()?,
            None => Some(std::mem::take(&mut self.plain)).filter(|plain| !plain.is_empty()),
        };
        let Some(piece) = piece else { return Ok(None) };
        let piece = match &mut self.transcoder {
            Some(transcoder) => transcoder.push(piece)?,
            None => piece,
        };
        self.length += piece.len() as u64;
        check_length(self.length, self.bounds)?;
        Ok(Some(piece))
    }

    /// Bytes given to be screened so far.
    #[must_use]
    pub const fn length(&self) -> u64 {
        self.length
    }

    /// The body has ended.
    ///
    /// # Errors
    /// `body-malformed` where it is packed and not whole.
    pub fn finish(&self) -> Result<(), Refusal> {
        self.decoder.as_ref().map_or(Ok(()), Decoder::finish)
    }
}

//! One coding of a body: a stream that is read to its end, in bounded pieces, within its ratio.

use super::{Coding, FREE, RATIO, brotli::Brotli, inflate::Inflate, zstd::Zstd};
use crate::verdict::{Code, Refusal};
use bytes::{Buf as _, Bytes};
use std::fmt;

/// Decoded bytes come in pieces no larger than this.
pub(super) const PIECE: usize = 32 << 10;

/// What one step of a codec did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Step {
    /// Bytes taken of the input.
    pub(super) read: usize,
    /// Bytes put into the output.
    pub(super) written: usize,
    /// The stream has ended, checksum and all.
    pub(super) ended: bool,
}

/// Why a codec cannot go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wrong {
    /// Not what the coding's document says, or the checksum is another.
    Malformed(&'static str),
    /// A window larger than may be kept.
    Window(&'static str),
    /// Memory could not be had.
    Memory,
}

/// What reads one coding. It may keep input that it cannot use yet.
pub(super) trait Codec: Send {
    /// Takes some of `input` and fills some of `output`.
    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Result<Step, Wrong>;
}

/// One coding of a body.
pub(super) struct Stage {
    coding: Coding,
    codec: Box<dyn Codec>,
    input: Bytes,
    output: Box<[u8]>,
    /// The last piece was full, so that more may come without input.
    more: bool,
    ended: bool,
    read: u64,
    made: u64,
    limit: u64,
}

impl fmt::Debug for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stage").field("coding", &self.coding).field("ended", &self.ended).finish_non_exhaustive()
    }
}

impl Stage {
    pub(super) fn new(coding: Coding, limit: u64) -> Self {
        let codec: Box<dyn Codec> = match coding {
            Coding::Gzip => Box::new(Inflate::gzip()),
            Coding::Deflate => Box::new(Inflate::deflate()),
            Coding::Brotli => Box::new(Brotli::new()),
            Coding::Zstd => Box::new(Zstd::new()),
        };
        let output = vec![0; PIECE].into_boxed_slice();
        Self { coding, codec, input: Bytes::new(), output, more: false, ended: false, read: 0, made: 0, limit }
    }

    /// Takes the next bytes. What was fed before has been used up by then.
    pub(super) fn feed(&mut self, bytes: Bytes) {
        self.input = bytes;
    }

    pub(super) fn next(&mut self) -> Result<Option<Bytes>, Refusal> {
        loop {
            if self.ended {
                return if self.input.is_empty() { Ok(None) } else { Err(self.trailing()) };
            }
            if self.input.is_empty() && !self.more {
                return Ok(None);
            }
            let step = self.codec.step(&self.input, &mut self.output).map_err(|wrong| self.wrong(wrong))?;
            self.input.advance(step.read.min(self.input.len()));
            self.read += step.read as u64;
            self.made += step.written as u64;
            self.ended = step.ended;
            self.more = step.written == self.output.len();
            if self.made > self.limit {
                let detail =
                    format!("The body unpacks to more than {} bytes; send it in smaller requests.", self.limit);
                return Err(Refusal::plain(Code::BodyTooLarge, detail));
            }
            within_ratio(self.made, self.read)?;
            if step.written > 0 {
                return Ok(self.output.get(..step.written).map(Bytes::copy_from_slice));
            }
            if step.read == 0 && !step.ended {
                // Neither input nor room is missing.
                return if self.input.is_empty() { Ok(None) } else { Err(self.wrong(Wrong::Malformed("is damaged"))) };
            }
        }
    }

    pub(super) fn finish(&self) -> Result<(), Refusal> {
        match self.ended {
            true if self.input.is_empty() => Ok(()),
            true => Err(self.trailing()),
            false => Err(self.wrong(Wrong::Malformed("ends before it is whole"))),
        }
    }

    pub(super) const fn read(&self) -> u64 {
        self.read
    }

    pub(super) const fn made(&self) -> u64 {
        self.made
    }

    fn trailing(&self) -> Refusal {
        let (name, at) = (self.coding.name(), self.read);
        let more = match self.coding {
            Coding::Gzip => "more follows (another member, or padding)",
            Coding::Zstd => "more follows (another frame, or a skippable one)",
            Coding::Deflate | Coding::Brotli => "more follows",
        };
        let detail = format!(
            "The {name} stream of the body ends at byte {at} and {more}; send one stream and nothing after it."
        );
        Refusal::plain(Code::BodyMalformed, detail)
    }

    fn wrong(&self, wrong: Wrong) -> Refusal {
        let name = self.coding.name();
        match wrong {
            Wrong::Malformed(why) => {
                let detail = format!("The body says it is {name}, but the stream {why}.");
                Refusal::plain(Code::BodyMalformed, detail)
            }
            Wrong::Window(why) => {
                let detail = format!("The {name} stream of the body {why}.");
                Refusal::plain(Code::BodyUnsupported, detail)
            }
            Wrong::Memory => Refusal::plain(Code::Overloaded, "There is no memory to unpack the body now."),
        }
    }
}

/// Whether `made` bytes may have come of `read`.
pub(super) fn within_ratio(made: u64, read: u64) -> Result<(), Refusal> {
    if made <= read.saturating_mul(RATIO).saturating_add(FREE) {
        return Ok(());
    }
    let detail =
        format!("The body unpacks to more than {RATIO} times its size; send it less tightly packed, or uncoded.");
    Err(Refusal::plain(Code::BodyTooLarge, detail))
}

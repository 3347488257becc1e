//! Content codings (RFC 9110 section 8.4): what a compressed body says once it is unpacked. What is judged is what
//! leaves, so a body is screened decoded and goes on uncoded.
//!
//! Known: `gzip` (`x-gzip`), `deflate` (in its zlib wrapping, or raw as some senders have it), `br`, `zstd`; at most
//! two, one over the other. A coded body is one stream and is read to its last byte: a stream that is cut short, fails
//! its checksum, or is followed by anything (a second gzip member, a second zstd frame, padding) is refused, because
//! two readers could take it for two different bodies.
//!
//! A few bytes can unpack to very many, so each stage may make [`FREE`] bytes and beyond that [`RATIO`] times what it
//! has read, and never more than the operation's own limit. Windows are bounded by RFC 9659 (zstd, 8 MiB) and RFC 7932
//! (brotli, 16 MiB; its large-window variant is refused).

mod brotli;
mod inflate;
mod stage;
mod zstd;

use crate::{
    flow::RuleId,
    verdict::{Code, Reason, Refusal},
};
use bytes::Bytes;
use stage::Stage;

/// What a 415 answers in `Accept-Encoding` (RFC 9110 section 12.5.3).
pub const ACCEPTED: &str = "gzip, deflate, br, zstd";
/// The rule that a refusal names where the coding is what was not accepted.
pub const RULE: &str = "content-coding";
/// Bytes that a stage may make whatever it has read.
pub const FREE: u64 = 1 << 20;
/// Bytes that a stage may make beyond that for each byte it has read.
pub const RATIO: u64 = 100;
/// The largest window that any coding may ask for: brotli's.
pub const LARGEST_WINDOW: u64 = 16 << 20;
/// Codings of one body.
const MOST: usize = 2;

/// One content coding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coding {
    /// RFC 1952.
    Gzip,
    /// RFC 1950, or RFC 1951 bare.
    Deflate,
    /// RFC 7932.
    Brotli,
    /// RFC 8878.
    Zstd,
}

impl Coding {
    const fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Deflate => "deflate",
            Self::Brotli => "br",
            Self::Zstd => "zstd",
        }
    }
}

/// The codings that `Content-Encoding` lists, in the order in which they were applied. `identity` is none.
///
/// # Errors
/// `body-unsupported` for one that is not known, for more than two, and for a list that is not one.
pub fn listed<'v>(values: impl IntoIterator<Item = &'v str>) -> Result<Vec<Coding>, Refusal> {
    let mut codings = Vec::new();
    for name in values.into_iter().filter(|value| !value.trim().is_empty()).flat_map(|value| value.split(',')) {
        match name.trim().to_ascii_lowercase().as_str() {
            "identity" => {}
            "gzip" | "x-gzip" => codings.push(Coding::Gzip),
            "deflate" => codings.push(Coding::Deflate),
            "br" => codings.push(Coding::Brotli),
            "zstd" => codings.push(Coding::Zstd),
            _ => return Err(unsupported("The body has a Content-Encoding that is not accepted here.")),
        }
    }
    if codings.len() > MOST {
        return Err(unsupported("The body is coded more than twice over."));
    }
    Ok(codings)
}

fn unsupported(detail: &str) -> Refusal {
    let refusal = Refusal::plain(Code::BodyUnsupported, detail);
    let remedy = format!("Send it uncoded, or in one or two of: {ACCEPTED}.");
    match RuleId::parse(RULE) {
        Ok(rule) => refusal.because(Reason { clause: None, rule, category: None, path: None, remedy }),
        Err(_) => refusal,
    }
}

/// Unpacks one body: [`Decoder::feed`] it, take [`Decoder::next`] until there is no more, and at its end
/// [`Decoder::finish`]. Output comes in pieces of at most 32 KiB however much one byte unpacks to.
#[derive(Debug)]
pub struct Decoder {
    /// In the order of decoding: what was applied last is first. Never empty.
    first: Stage,
    second: Option<Stage>,
}

impl Decoder {
    /// For a body with these codings (in the order of [`listed`]), of which no stage may make more than `limit` bytes.
    /// `None` where there is nothing to unpack.
    #[must_use]
    pub fn new(codings: &[Coding], limit: u64) -> Option<Self> {
        let mut stages = codings.iter().rev().map(|coding| Stage::new(*coding, limit));
        Some(Self { first: stages.next()?, second: stages.next() })
    }

    /// Takes the next bytes as they arrived, however they are cut.
    pub fn feed(&mut self, bytes: Bytes) {
        self.first.feed(bytes);
    }

    /// The next decoded bytes; `None` until it is fed again. Not an iterator: it goes on after `None`.
    ///
    /// # Errors
    /// `body-malformed` for what is not a whole stream of its coding and nothing besides; `body-too-large` for one that
    /// expands too far; `body-unsupported` for a window that is too large.
    #[expect(clippy::should_implement_trait, reason = "it goes on after None, and an iterator need not")]
    pub fn next(&mut self) -> Result<Option<Bytes>, Refusal> {
        let Some(second) = &mut self.second else { return self.first.next() };
        loop {
            if let Some(piece) = second.next()? {
                // What both make together is bounded like what each makes.
                stage::within_ratio(second.made(), self.first.read())?;
                return Ok(Some(piece));
            }
            match self.first.next()? {
                Some(piece) => second.feed(piece),
                None => return Ok(None),
            }
        }
    }

    /// The body has ended.
    ///
    /// # Errors
    /// `body-malformed` where a stream has not.
    pub fn finish(&self) -> Result<(), Refusal> {
        self.first.finish()?;
        self.second.as_ref().map_or(Ok(()), Stage::finish)
    }
}

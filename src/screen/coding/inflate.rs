//! `gzip` (RFC 1952) and `deflate` (RFC 1950), over zlib-rs. Checksums and lengths are the library's to compare.

use super::stage::{Codec, Step, Wrong};
use flate2::{Decompress, FlushDecompress, Status};

/// The largest window there is: 32 KiB.
const WINDOW_BITS: u8 = 15;

/// Reads either.
pub(super) struct Inflate {
    state: State,
}

enum State {
    /// It is not known yet in which wrapping it comes; the first byte, if that has come.
    Undecided(Option<u8>),
    Reading(Decompress),
}

impl Inflate {
    pub(super) fn gzip() -> Self {
        Self { state: State::Reading(Decompress::new_gzip(WINDOW_BITS)) }
    }

    pub(super) const fn deflate() -> Self {
        Self { state: State::Undecided(None) }
    }
}

impl Codec for Inflate {
    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Result<Step, Wrong> {
        let first = match (&mut self.state, input) {
            (State::Reading(inner), _) => return inflate(inner, input, output),
            (State::Undecided(_), []) => return Ok(Step { read: 0, written: 0, ended: false }),
            (State::Undecided(first @ None), [byte, ..]) => {
                *first = Some(*byte);
                return Ok(Step { read: 1, written: 0, ended: false });
            }
            (State::Undecided(Some(first)), [second, ..]) => (*first, *second),
        };
        let mut inner = Decompress::new(is_zlib(first));
        // The first byte alone makes no output: the shortest stream has two.
        inflate(&mut inner, &[first.0], &mut [])?;
        self.state = State::Reading(inner);
        self.step(input, output)
    }
}

/// Whether a stream begins with zlib's header (RFC 1950 section 2.2). A bare stream begins like that only where its
/// first block is stored and padded with something else than zeros, which no compressor writes; it is then not read
/// as one, and refused.
fn is_zlib((first, second): (u8, u8)) -> bool {
    first & 0x0f == 8 && first >> 4 <= 7 && (u16::from(first) << 8 | u16::from(second)).is_multiple_of(31)
}

fn inflate(inner: &mut Decompress, input: &[u8], output: &mut [u8]) -> Result<Step, Wrong> {
    let (read, written) = (inner.total_in(), inner.total_out());
    let status = inner
        .decompress(input, output, FlushDecompress::None)
        .map_err(|_| Wrong::Malformed("is damaged, or its checksum is another"))?;
    let since = |now: u64, then: u64| usize::try_from(now.saturating_sub(then)).unwrap_or(usize::MAX);
    Ok(Step {
        read: since(inner.total_in(), read),
        written: since(inner.total_out(), written),
        ended: status == Status::StreamEnd,
    })
}

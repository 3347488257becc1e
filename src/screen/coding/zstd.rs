//! `zstd` (RFC 8878), over the reference library.

use super::stage::{Codec, Step, Wrong};
use zstd_safe::{DCtx, DParameter, InBuffer, OutBuffer};

/// 8 MiB, which is what RFC 9659 gives the content coding.
const WINDOW_LOG: u32 = 23;
/// What a frame begins with. A skippable frame begins otherwise: it says nothing, and can hold anything.
const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// Reads one frame.
pub(super) struct Zstd {
    inner: Option<DCtx<'static>>,
    /// How much of the magic number was seen.
    seen: usize,
}

impl Zstd {
    pub(super) fn new() -> Self {
        let inner = DCtx::try_create()
            .and_then(|mut inner| inner.set_parameter(DParameter::WindowLogMax(WINDOW_LOG)).is_ok().then_some(inner));
        Self { inner, seen: 0 }
    }
}

impl Codec for Zstd {
    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Result<Step, Wrong> {
        let Some(inner) = &mut self.inner else { return Err(Wrong::Memory) };
        let expected = MAGIC.get(self.seen..).unwrap_or_default();
        if input.iter().zip(expected).any(|(is, expected)| is != expected) {
            return Err(Wrong::Malformed("does not begin with a frame of data"));
        }
        self.seen += input.len().min(expected.len());
        let mut from = InBuffer::around(input);
        let mut to = OutBuffer::around(output);
        let left = inner.decompress_stream(&mut to, &mut from).map_err(wrong)?;
        Ok(Step { read: from.pos(), written: to.pos(), ended: left == 0 })
    }
}

fn wrong(code: zstd_safe::ErrorCode) -> Wrong {
    match zstd_safe::get_error_name(code) {
        name if name.contains("too much memory") => {
            Wrong::Window("needs a window of more than 8 MiB; pack it with a lower level or `--long=23`")
        }
        name if name.contains("checksum") => Wrong::Malformed("does not match its checksum"),
        name if name.contains("Allocation") => Wrong::Memory,
        name if name.contains("Dictionary") => Wrong::Malformed("needs a dictionary"),
        _ => Wrong::Malformed("is damaged"),
    }
}

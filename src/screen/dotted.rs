//! The quick look at every exact value: could it hold the name of a host at all?
//!
//! A dot makes a name; so may an escape of JSON or of URLs, or a character that stands for a dot. Most values have none
//! of them, and finding that out must cost next to nothing.

use wide::u8x16;

/// Whether a text, or a JSON string as it is spelled, could hold a dotted name: it has a dot, the beginning of an
/// escape, or one of the bytes with which characters begin that stand for a dot or a percent sign (U+2024, U+3002,
/// U+FF05, U+FF0E, U+FF61 and others).
pub(super) fn dotted(text: &[u8]) -> bool {
    let (blocks, rest) = text.as_chunks::<16>();
    let dots = |bytes: &[u8]| bytes.iter().any(|b| matches!(b, b'.' | b'%' | b'\\' | 0xE2 | 0xE3 | 0xEF));
    blocks.iter().any(|block| unusual(block) && dots(block)) || dots(rest)
}

/// Bytes looked at together.
const BLOCK: usize = 32;

/// Looks ahead of the values of one buffer, which come one after another: whole stretches are passed at once.
#[derive(Debug)]
pub(super) struct Lookout {
    /// Nothing unusual stands between these two.
    from: usize,
    to: usize,
    /// The end of the block after `to`, in which something unusual stands.
    after: usize,
    /// How far looking ahead is any use.
    end: usize,
}

impl Lookout {
    /// `end`: of the last value.
    pub(super) const fn new(end: usize) -> Self {
        Self { from: 0, to: 0, after: 0, end }
    }

    /// [`dotted`], of the text between two places.
    #[inline(always)]
    pub(super) fn is_dotted(&mut self, buf: &[u8], from: usize, to: usize) -> bool {
        (from < self.from || to > self.to) && self.look(buf, from, to)
    }

    #[inline(never)]
    fn look(&mut self, buf: &[u8], from: usize, to: usize) -> bool {
        if from >= self.after {
            self.pass(buf, from);
            if to <= self.to {
                return false;
            }
        }
        buf.get(from..to).is_none_or(dotted)
    }

    /// Finds the next block with something unusual in it.
    fn pass(&mut self, buf: &[u8], from: usize) {
        let (blocks, rest) = buf.get(from..self.end).unwrap_or_default().as_chunks::<BLOCK>();
        let passed = blocks.iter().take_while(|block| !unusual(*block)).count() * BLOCK;
        let all = passed == blocks.len() * BLOCK && !unusual(rest);
        (self.from, self.to) = (from, if all { from + passed + rest.len() } else { from + passed });
        self.after = self.to + BLOCK;
    }
}

/// Whether a byte is a dot, a percent sign, a backslash or outside ASCII.
#[inline(always)]
fn unusual(text: &[u8]) -> bool {
    let (vectors, rest) = text.as_chunks::<16>();
    let of = |bytes: &[u8; 16]| {
        let bytes = u8x16::new(*bytes);
        let is = |byte| bytes.simd_eq(u8x16::splat(byte));
        is(b'.') | is(b'%') | is(b'\\') | bytes
    };
    let seen = vectors.iter().fold(u8x16::ZERO, |seen, bytes| seen | of(bytes));
    seen.to_bitmask() != 0 || rest.iter().any(|b| matches!(b, b'.' | b'%' | b'\\' | 0x80..))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn looking_ahead_sees_what_a_plain_look_sees(
            text in "[a-z\"]{0,90}([.%\\\\é。．․ß][a-z\"]{0,90}){0,4}",
            cuts in proptest::collection::vec(0usize..40, 0..12),
        ) {
            let buf = text.as_bytes();
            let mut lookout = Lookout::new(buf.len());
            let mut from = 0;
            for cut in cuts {
                let to = (from + cut).min(buf.len());
                let plain = buf[from..to].iter().any(|b| b".%\\".contains(b) || [0xE2, 0xE3, 0xEF].contains(b));
                prop_assert_eq!(lookout.is_dotted(buf, from, to), plain);
                from = to;
            }
            prop_assert_eq!(dotted(buf), text.contains(['.', '%', '\\', '。', '．', '․']));
        }
    }
}

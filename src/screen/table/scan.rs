//! Looking for the next byte that means something, sixteen at a time.

/// The bytes that mean something in one dialect.
#[derive(Debug, Clone, Copy)]
pub(super) struct Marks {
    pub(super) delimiter: u8,
    /// Something that is looked for anyway, where no cell is quoted.
    pub(super) quote: u8,
}

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;

impl Marks {
    pub(super) fn new(delimiter: u8, quote: Option<u8>) -> Self {
        Self { delimiter, quote: quote.unwrap_or(delimiter) }
    }

    /// The first delimiter, quote or control character from `at` on, or the end of what there is. `wide`: whether a
    /// byte outside ASCII was passed; bytes of the last sixteen after the place may count as passed.
    #[inline]
    pub(super) fn next(self, bytes: &[u8], mut at: usize, wide: &mut bool) -> usize {
        while let Some(chunk) = bytes.get(at..).and_then(<[u8]>::first_chunk::<16>) {
            let whole = u128::from_le_bytes(*chunk);
            let (low, high) = (whole as u64, (whole >> 64) as u64);
            *wide |= (low | high) & HIGH != 0;
            let (in_low, in_high) = (self.special(low), self.special(high));
            if in_low | in_high != 0 {
                let skip = if in_low != 0 { in_low.trailing_zeros() } else { 64 + in_high.trailing_zeros() };
                return at + (skip / 8) as usize;
            }
            at += 16;
        }
        while let Some(byte) = bytes.get(at) {
            if *byte == self.delimiter || *byte == self.quote || byte.is_ascii_control() {
                break;
            }
            *wide |= byte & 0x80 != 0;
            at += 1;
        }
        at
    }

    /// Eight bytes at once: the highest bit of each byte that [`Marks::next`] stops at, and of no other. Nothing is carried
    /// from one byte to the next, so one look at the word finds all of them.
    #[inline(always)]
    pub(super) const fn all(self, word: u64) -> u64 {
        let seven = word & !HIGH;
        let delimiter = exact(word ^ (ONES * self.delimiter as u64));
        let quote = exact(word ^ (ONES * self.quote as u64));
        let delete = exact(word ^ (ONES * 0x7f));
        let control = !((seven + ONES * 0x60) | word) & HIGH;
        delimiter | quote | delete | control
    }

    /// Eight bytes at once: the lowest bit set is in the first byte that means something; bits above it mean nothing.
    /// (The classic zero-byte test on words; borrows only go upwards.)
    #[inline]
    const fn special(self, word: u64) -> u64 {
        let delimiter = word ^ (ONES * self.delimiter as u64);
        let quote = word ^ (ONES * self.quote as u64);
        let delete = word ^ (ONES * 0x7f);
        let zero = (delimiter.wrapping_sub(ONES) & !delimiter)
            | (quote.wrapping_sub(ONES) & !quote)
            | (delete.wrapping_sub(ONES) & !delete);
        (zero | word.wrapping_sub(ONES * 0x20) & !word) & HIGH
    }
}

/// The highest bit of each byte that is zero.
#[inline(always)]
const fn exact(word: u64) -> u64 {
    !(((word & !HIGH) + !HIGH) | word) & HIGH
}

/// Whether a byte of these eight is outside ASCII.
#[inline(always)]
pub(super) const fn is_wide(word: u64) -> bool {
    word & HIGH != 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn sixteen_at_a_time_finds_what_one_at_a_time_finds(
            bytes in proptest::collection::vec(prop_oneof![8 => 0x20u8..0x7f, 1 => any::<u8>(), 1 => Just(b'"')], 0..80),
            from in 0usize..80,
        ) {
            let marks = Marks::new(b';', Some(b'"'));
            let from = from.min(bytes.len());
            let meant = |b: &u8| *b == b';' || *b == b'"' || *b < 0x20 || *b == 0x7f;
            let expected = bytes[from..].iter().position(meant).map_or(bytes.len(), |n| from + n);
            for (n, chunk) in bytes.as_chunks::<8>().0.iter().enumerate() {
                let word = u64::from_le_bytes(*chunk);
                for (i, byte) in chunk.iter().enumerate() {
                    let found = marks.all(word) & (0x80 << (8 * i)) != 0;
                    prop_assert_eq!(found, meant(byte), "{} {}", n, i);
                }
                prop_assert_eq!(is_wide(word), !chunk.is_ascii());
            }
            let mut wide = false;
            prop_assert_eq!(marks.next(&bytes, from, &mut wide), expected);
            prop_assert!(wide || bytes[from..expected].is_ascii());
        }
    }
}

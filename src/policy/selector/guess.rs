//! Names as they are expected on the wire: machines write the same members in the same order, again and again,
//! and comparing with what came last time is far cheaper than reading a name and looking it up.

use super::State;
use wide::u8x16;

/// The longest name with its quote and colon that is compared at once.
const LONGEST: usize = 32;

/// A name, its closing quote and the colon, to be compared in two vectors.
#[derive(Debug)]
pub(crate) struct Expected {
    bytes: [u8x16; 2],
    /// A bit for each byte that must be the same, the first one's the lowest.
    same: u32,
    /// 0 for a name that is too long or that must be escaped: it is never expected.
    len: usize,
    /// The state after the member.
    pub(crate) next: State,
}

impl Expected {
    pub(super) fn new(name: &str, next: State) -> Self {
        let plain = name.bytes().all(|b| b >= b' ' && b != b'"' && b != b'\\');
        let spelled = format!("{name}\":");
        let len = if plain && spelled.len() <= LONGEST { spelled.len() } else { 0 };
        let mut bytes = [0; LONGEST];
        for (to, byte) in bytes.iter_mut().zip(spelled.bytes().take(len)) {
            *to = byte;
        }
        let same = u32::MAX.checked_shr((LONGEST - len) as u32).unwrap_or(0);
        Self { bytes: vectors(&bytes), same, len, next }
    }

    /// How many bytes it has with its quote and colon.
    #[inline]
    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    /// Whether `input` begins with it. Always false near the end of the input.
    #[inline]
    pub(crate) fn begins(&self, input: &[u8]) -> bool {
        let Some(input) = input.first_chunk::<LONGEST>() else { return false };
        let ([a, b], [expected_a, expected_b]) = (vectors(input), self.bytes);
        let same = a.simd_eq(expected_a).to_bitmask() | b.simd_eq(expected_b).to_bitmask() << 16;
        self.len > 0 && same & self.same == self.same
    }
}

#[inline]
fn vectors(bytes: &[u8; LONGEST]) -> [u8x16; 2] {
    let vector = |half: Option<&[u8; 16]>| half.map_or(u8x16::ZERO, |half| u8x16::new(*half));
    [vector(bytes.first_chunk()), vector(bytes.last_chunk())]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::selector::DEAD;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn begins_says_what_starts_with_says(name in "[abé\"\\\\\u{1}]{0,3}|x{25,34}", input in "[abé\":]{0,6}x{0,40}[\":]{0,2}") {
            let expected = Expected::new(&name, DEAD);
            let padded = format!("{input}{}", " ".repeat(40));
            let spelled = format!("{name}\":");
            let plain = !name.contains(['"', '\\', '\u{1}']) && spelled.len() <= 32;
            prop_assert_eq!(expected.begins(padded.as_bytes()), plain && input.starts_with(&spelled));
            let itself = format!("{spelled}{padded}");
            prop_assert_eq!(expected.begins(itself.as_bytes()), plain);
        }
    }
}

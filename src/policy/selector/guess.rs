//! Names as they are expected on the wire: machines write the same members in the same order, again and again,
//! and comparing with what came last time is far cheaper than reading a name and looking it up.

use super::State;

/// The longest name with its quote and colon that is compared at once.
const LONGEST: usize = 32;

/// A name, its closing quote and the colon, to be compared in two words.
#[derive(Debug)]
pub(crate) struct Expected {
    bytes: [u128; 2],
    mask: [u128; 2],
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
        let mut mask = [0; LONGEST];
        for ((to, covered), byte) in bytes.iter_mut().zip(&mut mask).zip(spelled.bytes().take(len)) {
            (*to, *covered) = (byte, 0xff);
        }
        Self { bytes: words(&bytes), mask: words(&mask), len, next }
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
        let ([a, b], [expected_a, expected_b], [mask_a, mask_b]) = (words(input), self.bytes, self.mask);
        self.len > 0 && ((a & mask_a) ^ expected_a) | ((b & mask_b) ^ expected_b) == 0
    }
}

#[inline]
fn words(bytes: &[u8; LONGEST]) -> [u128; 2] {
    let (low, high) = (bytes.first_chunk::<16>(), bytes.last_chunk::<16>());
    [low.map_or(0, |b| u128::from_le_bytes(*b)), high.map_or(0, |b| u128::from_le_bytes(*b))]
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

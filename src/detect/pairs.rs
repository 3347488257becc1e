//! Lists of names of one or two capitals, each found by one look.

/// For each first letter, a bit for each second one; the lowest for none.
pub(super) struct Pairs([u32; 32]);

impl Pairs {
    /// The names in a list with spaces between.
    #[expect(clippy::indexing_slicing, reason = "runs while compiling")]
    pub(super) const fn of(list: &[u8]) -> Self {
        let mut bits = [0; 32];
        let mut i = 0;
        while i < list.len() {
            if list[i] == b' ' {
                i += 1;
            } else {
                let second = if i + 1 < list.len() { list[i + 1] } else { b' ' };
                bits[(list[i] & 31) as usize] |= 1 << (second & 31);
                i += if second == b' ' { 1 } else { 2 };
            }
        }
        Self(bits)
    }

    /// Whether a name is listed; `second` is a space where it has one letter.
    #[inline]
    pub(super) fn has(&self, first: u8, second: u8) -> bool {
        first.is_ascii_uppercase()
            && (second.is_ascii_uppercase() || second == b' ')
            && self.0.get(usize::from(first & 31)).is_some_and(|bits| bits >> (second & 31) & 1 == 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn has_what_is_listed_and_nothing_else() {
        let list = b" AB B  BZ Z ZA ";
        static PAIRS: Pairs = Pairs::of(b" AB B  BZ Z ZA ");
        for first in 0..=255 {
            for second in 0..=255 {
                let name = [b' ', first, second, b' '];
                let one = first.is_ascii_uppercase() && second == b' ' && list.windows(3).any(|w| w == &name[..3]);
                let two = second.is_ascii_uppercase() && list.windows(4).any(|w| w == name);
                assert_eq!(PAIRS.has(first, second), one || two, "{first} {second}");
            }
        }
    }
}

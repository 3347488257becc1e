//! The quick look at every value that may leave: most hold nothing that anything here could find, and finding that out
//! must cost next to nothing.
//!
//! Eight bytes are told apart into letters and others at once; whatever else is asked is asked at the ends of words.

use super::{escape, known::Known, words};

/// Whether a text has a byte that something other than prose needs (a digit, one of `./:@+<`, or one outside ASCII), or
/// a word that a phrase may begin with; or, where values are known, whether one of them may stand in it.
#[inline(always)]
pub(super) fn worth(text: &[u8], known: Option<&Known>) -> bool {
    let (mut begins, mut several) = (0, false);
    let mut at = 0;
    while at < text.len() {
        let mut others = !letters(eight(text, at)) & HIGH;
        while others != 0 {
            let end = at + (others.trailing_zeros() / 8) as usize;
            others &= others.wrapping_sub(1);
            // What lies beyond the text is no letter either.
            let Some(b) = text.get(end) else { break };
            if CLASS.get(*b as usize) != Some(&GAP) || known.is_some() && (*b == b'\\' || escape::may_be(text, end)) {
                return true;
            }
            if known.is_some_and(|known| known.may_begin_at(text, begins)) {
                return true;
            }
            several |= *b == b' ';
            if begins_phrase(text, begins, end) {
                return true;
            }
            begins = end + 1;
        }
        at += 8;
    }
    if known.is_some_and(|known| known.may_begin_at(text, begins)) {
        return true;
    }
    // What is one word is nothing unless it is long, as encoded data with hyphens; a phrase may be joined by anything.
    !several && text.len() >= ENCODED || begins > 0 && begins_phrase(text, begins, text.len())
}

#[inline(always)]
fn begins_phrase(text: &[u8], from: usize, to: usize) -> bool {
    let length = to - from;
    if length < 3 {
        return false;
    }
    let first = text.get(from).copied().unwrap_or(0);
    length >= ENCODED
        || words::may_begin_phrase(first, length) && words::begins_phrase(text.get(from..to).unwrap_or_default())
}

/// A byte between words.
const GAP: u8 = 1;

/// 0 for letters.
static CLASS: [u8; 256] = classes();

#[expect(clippy::indexing_slicing, reason = "runs while compiling")]
const fn classes() -> [u8; 256] {
    let mut table = [2; 256];
    let mut b = 0;
    while b < 128 {
        table[b] = match b as u8 {
            b'a'..=b'z' | b'A'..=b'Z' => 0,
            b'.'..=b':' | b'@' | b'+' | b'<' => 2,
            _ => GAP,
        };
        b += 1;
    }
    table
}

/// Letters in one go that could be encoded data.
const ENCODED: usize = 20;

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;

/// The upper bit of each byte that is a letter of ASCII.
#[inline(always)]
const fn letters(bytes: u64) -> u64 {
    let small = (bytes | (ONES * 0x20)) & !HIGH;
    let from_a = small.wrapping_add(ONES * (0x80 - b'a' as u64));
    let beyond_z = small.wrapping_add(ONES * (0x7f - b'z' as u64));
    from_a & !beyond_z & !bytes & HIGH
}

/// The eight bytes from here, the first lowest; zeros beyond the end.
#[inline(always)]
fn eight(text: &[u8], at: usize) -> u64 {
    let rest = text.get(at..).unwrap_or_default();
    if let Some(whole) = rest.first_chunk::<8>() {
        return u64::from_le_bytes(*whole);
    }
    let beyond = 8 * (8 - rest.len() as u32);
    if let Some(last) = text.last_chunk::<8>() {
        return u64::from_le_bytes(*last).checked_shr(beyond).unwrap_or(0);
    }
    match (rest.first_chunk::<4>(), rest.last_chunk::<4>()) {
        (Some(first), Some(last)) => {
            let last = u64::from(u32::from_le_bytes(*last)) << 32;
            u64::from(u32::from_le_bytes(*first)) | last.checked_shr(beyond).unwrap_or(0) & !0xffff_ffff
        }
        _ => rest.iter().rev().fold(0, |word, b| word << 8 | u64::from(*b)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// [`worth`] without known values, byte by byte.
    fn plain(text: &[u8]) -> bool {
        let others = |b: &u8| !b.is_ascii() || b.is_ascii_digit() || b"./:@+<".contains(b);
        let mut words = text.split(|b| !b.is_ascii_alphabetic());
        let phrase = words.any(|word| word.len() >= 20 || word.len() > 2 && words::begins_phrase(word));
        let several = text.iter().any(|b| !b.is_ascii_alphabetic());
        text.iter().any(others) || several && phrase || !text.contains(&b' ') && text.len() >= 20
    }

    /// What a phrase of sleeping out is made of, in any spelling: words, and whatever people and systems join them with.
    const PHRASE: &str = "(in|on|by|under|the|slept|sleeping|seen|a|near|of|code|at|dot)?([ \t\n,'\"()_;|=&*-]{1,2}\
        (in|on|by|under|the|beneath|rough|share|at|TENT|tent|bench|squat|bridge|stairs|doorway|Arches|ABC|dot|com)){1,5}[ )']?";

    proptest! {
        #[test]
        fn says_what_a_plain_loop_says(
            text in "([a-z]{1,9}|tent|SLEEPING|bridge|[a-z]{18,22})?([ ,'\\-é4@\u{0}\\\\]{1,2}([a-zA-Z]{1,9}|doorway|sharecode)){0,5}",
        ) {
            prop_assert_eq!(worth(text.as_bytes(), None), plain(text.as_bytes()), "{}", text);
        }

        /// The promise of [`super::super::worth_scanning`].
        #[test]
        fn what_is_not_worth_scanning_holds_nothing(text in PHRASE) {
            let mut found = Vec::new();
            super::super::scan(&text, super::super::Cue::NONE, None, &mut found);
            prop_assert!(worth(text.as_bytes(), None) || found.is_empty(), "{} {:?}", text, found);
        }

        #[test]
        fn eight_bytes_are_read_from_anywhere(text in proptest::collection::vec(any::<u8>(), 0..30), at in 0usize..32) {
            let mut expected = [0; 8];
            for (to, from) in expected.iter_mut().zip(text.iter().skip(at)) {
                *to = *from;
            }
            let read = eight(&text, at);
            prop_assert_eq!(read, u64::from_le_bytes(expected));
            let marks = letters(read).to_le_bytes();
            prop_assert!(expected.iter().zip(marks).all(|(b, mark)| (mark == 0x80) == b.is_ascii_alphabetic()));
        }

        #[test]
        fn a_known_value_is_never_missed(
            value in "[a-cA-C]{3,6}( [a-c']{1,4})?", before in "([a-z'é\\\\]{0,9}[ ,'-]){0,3}", after in "([ ,'s-][a-z']{0,9}){0,3}",
        ) {
            let mut known = Known::new();
            known.add(&value, 0);
            known.add_whole(&value, 0);
            for text in [format!("{before}{value}{after}"), before] {
                let mut found = Vec::new();
                known.find(&text, &mut found);
                prop_assert!(worth(text.as_bytes(), Some(&known)) || found.is_empty(), "{}", text);
            }
        }
    }
}

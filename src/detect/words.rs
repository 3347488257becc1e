//! The words that detectors know, found by one look-up for each word of a text.

mod phrases;
mod values;

use super::cue::Cue;

/// What a word means to detectors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Word {
    /// What it says of a value after it.
    pub(super) cue: u64,
    /// Its part in prose and notations ([`role`]).
    pub(super) role: u32,
}

/// Parts that words play.
pub(super) mod role {
    /// Stands between a cue and its value: "no.", "is", "reference".
    pub(in crate::detect) const FILLING: u32 = 1;
    /// Names a notation that begins here.
    pub(in crate::detect) const NOTATION: u32 = 1 << 1;
    /// The name of a host of maps.
    pub(in crate::detect) const HOST: u32 = 1 << 2;
    /// Says that somebody sleeps somewhere.
    pub(in crate::detect) const SLEEP: u32 = 1 << 3;
    /// Says that somebody was or is somewhere.
    pub(in crate::detect) const SEEN: u32 = 1 << 4;
    /// Says that somebody, or as well something, was or is somewhere.
    pub(in crate::detect) const PLACED: u32 = 1 << 25;
    /// A thing that people sleep in or under, and hardly anybody else speaks of.
    pub(in crate::detect) const SITE: u32 = 1 << 5;
    /// A place out of doors that is a site only with a word of sleeping.
    pub(in crate::detect) const OUTDOORS: u32 = 1 << 6;
    /// in, at, on, by, near …
    pub(in crate::detect) const AT: u32 = 1 << 7;
    /// under, beneath …
    pub(in crate::detect) const UNDER: u32 = 1 << 8;
    /// A site one is under, not at: a bridge.
    pub(in crate::detect) const ROOF: u32 = 1 << 9;
    /// Beside, behind, round … something that one is not in.
    pub(in crate::detect) const OUT: u32 = 1 << 18;
    /// Where people sleep who have a bed, and when and how: none of it says that somebody sleeps out.
    pub(in crate::detect) const HOME: u32 = 1 << 19;
    /// Says that somebody lives or stays somewhere.
    pub(in crate::detect) const STAY: u32 = 1 << 20;
    /// Where nobody lives who has a home.
    pub(in crate::detect) const ROUGH: u32 = 1 << 21;
    /// Somebody.
    pub(in crate::detect) const PERSON: u32 = 1 << 22;
    /// Says of somebody that they have no home.
    pub(in crate::detect) const HOMELESS: u32 = 1 << 23;
    /// Makes a whole sentence, which says something of a place.
    pub(in crate::detect) const VERB: u32 = 1 << 24;
    /// What a phrase about where somebody sleeps may be noticed at.
    pub(in crate::detect) const PHRASE: u32 = SLEEP | SITE | CAMP | STAY | HOMELESS;
    /// Both parts of "at" and "on".
    pub(in crate::detect) const FILLING_AT: u32 = FILLING | AT;
    /// "dot", in an e-mail address for people.
    pub(in crate::detect) const DOT: u32 = 1 << 17;
    /// What is pitched or left where somebody sleeps.
    pub(in crate::detect) const CAMP: u32 = 1 << 10;
    /// Something else happens there.
    pub(in crate::detect) const BUSY: u32 = 1 << 11;
    /// An axis: between two numbers it makes them a pair.
    pub(in crate::detect) const AXIS: u32 = 1 << 12;
    /// A kind of street.
    pub(in crate::detect) const STREET: u32 = 1 << 13;
    /// A month.
    pub(in crate::detect) const MONTH: u32 = 1 << 14;
    /// Says that a part of a postcode comes, after "postcode".
    pub(in crate::detect) const PART: u32 = 1 << 16;
    /// the, a, his …
    pub(in crate::detect) const ARTICLE: u32 = 1 << 15;
}
use role::{DOT, PHRASE};

/// What some words say of a value after them, their parts, and the words.
type Meaning = (u64, u32, &'static [&'static str]);

static MEANINGS: [Meaning; values::MEANINGS.len() + phrases::MEANINGS.len()] = all();

#[expect(clippy::indexing_slicing, reason = "runs while compiling")]
const fn all() -> [Meaning; values::MEANINGS.len() + phrases::MEANINGS.len()] {
    let mut all: [Meaning; values::MEANINGS.len() + phrases::MEANINGS.len()] =
        [(0, 0, &[]); values::MEANINGS.len() + phrases::MEANINGS.len()];
    let mut i = 0;
    while i < all.len() {
        let values = values::MEANINGS.len();
        all[i] = if i < values { values::MEANINGS[i] } else { phrases::MEANINGS[i - values] };
        i += 1;
    }
    all
}

const SLOTS: usize = 4096;

/// For each slot, the number of a word in [`MEANINGS`], counted through, plus one.
/// With it its place among them, its length and its first letter, so that most other words are told apart at once.
static TABLE: [(u16, u8, u8, u8); SLOTS] = build();

/// A bit for each slot of a word that a phrase of sleeping out may begin with.
static PHRASES: [u64; SLOTS / 64] = phrases();

/// For each letter that such a word begins with, a bit for each length.
static LENGTHS: [u32; 32] = lengths();

#[inline(always)]
const fn slot(first: u8, middle: u8, last: u8, second: u8, len: usize) -> usize {
    let h = (first | 32) as usize * 131
        + (middle | 32) as usize * 31
        + (last | 32) as usize * 1009
        + (second | 32) as usize * 57
        + len * 613;
    (h ^ (h >> 7)) % SLOTS
}

#[expect(clippy::indexing_slicing, reason = "runs while compiling")]
const fn build() -> [(u16, u8, u8, u8); SLOTS] {
    let mut table = [(0, 0, 0, 0); SLOTS];
    let mut i = 0;
    while i < MEANINGS.len() {
        let words = MEANINGS[i].2;
        let mut j = 0;
        while j < words.len() {
            let word = words[j].as_bytes();
            let n = word.len();
            let mut at = slot(word[0], word[n / 2], word[n - 1], word[if n > 1 { 1 } else { 0 }], n);
            while table[at].0 != 0 {
                at = (at + 1) % SLOTS;
            }
            table[at] = (i as u16 + 1, j as u8, n as u8, word[0]);
            j += 1;
        }
        i += 1;
    }
    table
}

#[expect(clippy::indexing_slicing, reason = "runs while compiling")]
const fn phrases() -> [u64; SLOTS / 64] {
    let mut bits = [0; SLOTS / 64];
    let mut i = 0;
    while i < MEANINGS.len() {
        let (cue, role, words) = MEANINGS[i];
        let mut j = 0;
        while j < words.len() && (role & (PHRASE | DOT) != 0 || cue & Cue::SHARE != 0) {
            let word = words[j].as_bytes();
            let n = word.len();
            let at = slot(word[0], word[n / 2], word[n - 1], word[if n > 1 { 1 } else { 0 }], n);
            bits[at / 64] |= 1 << (at % 64);
            j += 1;
        }
        i += 1;
    }
    bits
}

#[expect(clippy::indexing_slicing, reason = "runs while compiling")]
const fn lengths() -> [u32; 32] {
    let mut bits = [0; 32];
    let mut i = 0;
    while i < MEANINGS.len() {
        let (cue, role, words) = MEANINGS[i];
        let mut j = 0;
        while j < words.len() && (role & (PHRASE | DOT) != 0 || cue & Cue::SHARE != 0) {
            let word = words[j].as_bytes();
            bits[(word[0] & 31) as usize] |= 1 << word.len();
            j += 1;
        }
        i += 1;
    }
    bits
}

/// A quick test whether [`begins_phrase`] could say yes of a word with this first letter and length.
#[inline(always)]
pub(super) fn may_begin_phrase(first: u8, length: usize) -> bool {
    LENGTHS.get(usize::from(first & 31)).is_some_and(|bits| bits.checked_shr(length as u32).unwrap_or(0) & 1 == 1)
}

/// Whether a phrase of sleeping out, or a code in letters, may begin with a word.
#[inline(always)]
pub(super) fn begins_phrase(word: &[u8]) -> bool {
    let n = word.len();
    let (Some(first), Some(middle), Some(last)) = (word.first(), word.get(n / 2), word.last()) else { return false };
    let at = slot(*first, *middle, *last, *word.get(1).unwrap_or(first), n);
    PHRASES.get(at / 64).is_some_and(|bits| bits >> (at % 64) & 1 == 1) && {
        let found = look(word);
        found.role & (PHRASE | DOT) != 0 || found.cue & Cue::SHARE != 0
    }
}

const NOTHING: Word = Word { cue: 0, role: 0 };

/// What a word of letters and digits means, in whichever case it is written. A word with two meanings has both.
#[inline(always)]
pub(super) fn look(word: &[u8]) -> Word {
    let n = word.len();
    if n > 24 {
        return NOTHING;
    }
    let (Some(first), Some(middle), Some(last)) = (word.first(), word.get(n / 2), word.last()) else { return NOTHING };
    let second = word.get(1).unwrap_or(first);
    let mut at = slot(*first, *middle, *last, *second, n);
    let mut found = NOTHING;
    while let Some((meaning, number, length, letter)) = TABLE.get(at).filter(|entry| entry.0 != 0) {
        if *length as usize == n
            && *letter == *first | 32
            && let Some((cue, role, words)) = MEANINGS.get(*meaning as usize - 1)
            && words.get(*number as usize).is_some_and(|w| w.as_bytes().eq_ignore_ascii_case(word))
        {
            found.cue |= cue;
            found.role |= role;
        }
        at = (at + 1) % SLOTS;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_found_with_all_it_means() {
        for (cue, role, words) in &MEANINGS {
            for word in *words {
                let found = look(word.to_ascii_uppercase().as_bytes());
                assert_eq!((found.cue & cue, found.role & role), (*cue, *role), "{word}");
            }
        }
        assert_eq!(look(b"perhaps"), NOTHING);
        assert_eq!(look(b""), NOTHING);
        let used = TABLE.iter().filter(|entry| entry.0 != 0).count();
        assert!(used < SLOTS / 3, "{used}");
    }
}

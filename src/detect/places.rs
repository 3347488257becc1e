//! The organisation's own list of sleep sites and refuges, kept as keyed digests: no readable place stands in a file.
//!
//! A digest is the first two bytes of a quick keyed hash, then fourteen of HMAC-SHA-256 over the phrase's folded words.
//! The two bytes tell at once that nearly every phrase of a text is none of them; the rest is asked only then. Without the
//! key neither says anything about the place.

use super::{
    Kind,
    fold::{Folded, LETTER},
    run::{Text, is_of_a_word},
};
use aws_lc_rs::hmac;

/// A place's digest.
pub type Digest = [u8; 16];

/// An entry of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// [`Kind::SleepSite`] or [`Kind::Refuge`].
    pub kind: Kind,
    /// How many words it has: one to eight.
    pub words: u8,
    /// [`Places::digest`].
    pub digest: Digest,
}

/// Words of the longest phrase.
const MOST: usize = 8;

/// The list, ready to be looked for.
pub struct Places {
    key: hmac::Key,
    quick: Quick,
    /// By digest.
    entries: Vec<Place>,
    /// A bit for each first two bytes.
    tags: Vec<u64>,
    /// A bit for each number of words.
    lengths: u16,
}

impl std::fmt::Debug for Places {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Places").field("entries", &self.entries.len()).finish_non_exhaustive()
    }
}

impl Places {
    /// The list with its key. Entries of no words or more than eight are never found.
    pub fn new(key: &[u8], entries: impl IntoIterator<Item = Place>) -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, key);
        let quick = Quick::of(&key);
        let mut entries: Vec<Place> = entries.into_iter().collect();
        entries.sort_unstable_by_key(|place| place.digest);
        let mut tags = vec![0u64; 1024];
        let mut lengths = 0;
        for place in &entries {
            let tag = tag(&place.digest);
            if let Some(bits) = tags.get_mut(tag as usize / 64) {
                *bits |= 1 << (tag % 64);
            }
            lengths |= 1u16.checked_shl(u32::from(place.words)).unwrap_or(0);
        }
        Self { key, quick, entries, tags, lengths }
    }

    /// Whether there is nothing to look for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// A phrase's digest and how many words it has. Nothing, if it has none or more than eight.
    #[must_use]
    pub fn digest(key: &[u8], phrase: &str) -> Option<(u8, Digest)> {
        let key = hmac::Key::new(hmac::HMAC_SHA256, key);
        let quick = Quick::of(&key);
        let folded = Folded::of(phrase);
        let mut words: Vec<(usize, usize)> = Vec::new();
        each_word(&folded.bytes, |start, end| words.push((start, end)));
        if words.is_empty() || words.len() > MOST {
            return None;
        }
        let hashes = words.iter().map(|(start, end)| quick.word(folded.bytes.get(*start..*end).unwrap_or_default()));
        let short = quick.phrase(hashes);
        Some((words.len() as u8, exact(&key, short, &folded.bytes, &words)))
    }

    /// Finds entries in folded text.
    pub(super) fn find(&self, bytes: &[u8], mut see: impl FnMut(usize, usize, Kind)) {
        if self.entries.is_empty() {
            return;
        }
        self.find_words(bytes, &mut see);
        // Scripts without spaces: letters of another are no part of the word they are written on to.
        let joined = |pair: &[u8]| matches!(pair, [a, b] if (*a == LETTER) != (*b == LETTER) && is_of_a_word(*a) && is_of_a_word(*b));
        if bytes.contains(&LETTER) && bytes.windows(2).any(joined) {
            let apart: Vec<u8> = bytes.iter().map(|b| if *b == LETTER { b' ' } else { *b }).collect();
            self.find_words(&apart, &mut see);
        }
    }

    fn find_words(&self, bytes: &[u8], see: &mut impl FnMut(usize, usize, Kind)) {
        // The last eight words: where they are and their hashes.
        let mut last = [(0usize, 0usize, 0u64); MOST];
        let mut count = 0;
        each_word(bytes, |start, end| {
            last.rotate_left(1);
            let hash = self.quick.word(bytes.get(start..end).unwrap_or_default());
            if let Some(place) = last.last_mut() {
                *place = (start, end, hash);
            }
            count = MOST.min(count + 1);
            for n in (1..=count).rev().filter(|n| self.lengths >> n & 1 == 1) {
                let phrase = last.get(MOST - n..).unwrap_or_default();
                let short = self.quick.phrase(phrase.iter().map(|(_, _, hash)| *hash));
                if self.tags.get(short as usize / 64).is_none_or(|bits| bits >> (short % 64) & 1 == 0) {
                    continue;
                }
                let words: Vec<(usize, usize)> = phrase.iter().map(|(start, end, _)| (*start, *end)).collect();
                let digest = exact(&self.key, short, bytes, &words);
                if let Ok(at) = self.entries.binary_search_by_key(&digest, |place| place.digest)
                    && let (Some(place), Some((from, _, _))) = (self.entries.get(at), phrase.first())
                {
                    see(*from, end, place.kind);
                    break;
                }
            }
        });
    }
}

fn tag(digest: &Digest) -> u16 {
    let [a, b, ..] = digest;
    u16::from_be_bytes([*a, *b])
}

/// Words of letters and digits; an apostrophe is part of none and parts none.
fn each_word(bytes: &[u8], mut see: impl FnMut(usize, usize)) {
    let text = Text(bytes);
    let mut at = 0;
    while at < text.len() {
        let mut end = text.while_at(at, is_of_a_word);
        if end == at {
            at += 1;
            continue;
        }
        while text.at(end) == b'\'' && is_of_a_word(text.at(end + 1)) {
            end = text.while_at(end + 1, is_of_a_word);
        }
        see(at, end);
        at = end;
    }
}

/// The quick hash followed by HMAC-SHA-256 over the words in small letters, each ended by a space.
fn exact(key: &hmac::Key, short: u16, bytes: &[u8], words: &[(usize, usize)]) -> Digest {
    let mut context = hmac::Context::with_key(key);
    for (start, end) in words {
        for b in bytes.get(*start..*end).unwrap_or_default().iter().filter(|b| **b != b'\'') {
            context.update(&[b.to_ascii_lowercase()]);
        }
        context.update(b" ");
    }
    let tag = context.sign();
    let mut digest = [0; 16];
    let short = short.to_be_bytes();
    for (to, from) in digest.iter_mut().zip(short.iter().chain(tag.as_ref())) {
        *to = *from;
    }
    digest
}

/// A quick keyed hash of words and phrases: sixteen bits, to ask first.
struct Quick(u64, u64);

impl Quick {
    fn of(key: &hmac::Key) -> Self {
        let tag = hmac::sign(key, b"havengate places, quick hash");
        let number = |from: usize| {
            tag.as_ref().get(from..from + 8).and_then(|b| b.try_into().ok()).map_or(0, u64::from_be_bytes)
        };
        Self(number(0), number(8) | 1)
    }

    fn word(&self, word: &[u8]) -> u64 {
        let eat = |hash: u64, b: &u8| (hash ^ u64::from(b.to_ascii_lowercase())).wrapping_mul(self.1).rotate_left(23);
        word.iter().filter(|b| **b != b'\'').fold(self.0, eat)
    }

    fn phrase(&self, words: impl Iterator<Item = u64>) -> u16 {
        let hash = words.fold(self.1, |hash, word| (hash.rotate_left(19) ^ word).wrapping_mul(self.0 | 1));
        (hash >> 48) as u16
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::{Cue, scan};

    fn places(phrases: &[(&str, Kind)]) -> Places {
        let entry = |(phrase, kind): &(&str, Kind)| {
            let (words, digest) = Places::digest(b"key", phrase).unwrap();
            Place { kind: *kind, words, digest }
        };
        Places::new(b"key", phrases.iter().map(entry))
    }

    fn found(places: &Places, text: &str) -> Vec<(String, Kind)> {
        let mut found = Vec::new();
        scan(text, Cue::NONE, Some(places), &mut found);
        found.into_iter().map(|one| (text.get(one.start..one.end).unwrap().to_owned(), one.category)).collect()
    }

    #[test]
    fn listed_places_are_found_however_they_are_written() {
        let places = places(&[
            ("Old Mill Arches", Kind::SleepSite),
            ("Rosewood", Kind::Refuge),
            ("St. Anne's Yard", Kind::SleepSite),
        ]);
        let spelled =
            ["by Old Mill Arches now", "by OLD-MILL\u{A0}Аrches now", "old  mill, arches", "在Old Mill Arches附近"];
        for text in spelled {
            assert_eq!(found(&places, text).len(), 1, "{text}");
        }
        assert_eq!(found(&places, "moved to Rosewood."), [("Rosewood".to_owned(), Kind::Refuge)]);
        assert_eq!(found(&places, "near st annes yard"), [("st annes yard".to_owned(), Kind::SleepSite)]);
        assert_eq!(found(&places, "the old mill and its owner"), []);
        assert!(!format!("{places:?}").contains("key"));
    }

    #[test]
    fn a_digest_depends_on_the_key_and_on_nothing_in_how_it_is_written() {
        let one = Places::digest(b"key", "Old Mill Arches").unwrap();
        assert_eq!(one, Places::digest(b"key", "  old MILL arches. ").unwrap());
        assert_ne!(one, Places::digest(b"other", "Old Mill Arches").unwrap());
        assert_eq!(Places::digest(b"key", " . "), None);
        assert_eq!(Places::digest(b"key", "a b c d e f g h i"), None);
    }
}

//! The record's own withheld values, looked for in its other text: a name stripped from its field is not left in a note.

use super::fold;

/// Texts that were withheld from one record.
#[derive(Debug, Default)]
pub struct Known {
    /// Values in folded words, each word with its hash.
    values: Vec<(Vec<u64>, u16)>,
    /// A bit for each first word's hash.
    first: [u64; 8],
}

/// Words that are parts of names, streets and sentences alike: alone they are nobody's.
const COMMON: &[&str] = &[
    "the",
    "and",
    "for",
    "with",
    "not",
    "are",
    "was",
    "has",
    "had",
    "his",
    "her",
    "she",
    "him",
    "they",
    "them",
    "from",
    "this",
    "that",
    "have",
    "been",
    "will",
    "would",
    "can",
    "may",
    "who",
    "where",
    "when",
    "what",
    "why",
    "how",
    "out",
    "off",
    "all",
    "any",
    "one",
    "two",
    "new",
    "old",
    "yes",
    "none",
    "null",
    "true",
    "false",
    "unknown",
    "other",
    "mrs",
    "miss",
    "street",
    "road",
    "lane",
    "avenue",
    "close",
    "house",
    "flat",
    "room",
    "floor",
    "court",
    "place",
    "park",
    "hill",
    "green",
    "way",
    "drive",
    "gardens",
    "terrace",
    "square",
    "north",
    "south",
    "east",
    "west",
    "upper",
    "lower",
    "high",
    "great",
    "little",
    "saint",
    "church",
    "station",
    "centre",
    "center",
    "hostel",
    "hotel",
    "shelter",
    "city",
    "town",
    "council",
    "borough",
    "county",
    "london",
    "england",
    "scotland",
    "wales",
    "britain",
    "british",
    "kingdom",
    "united",
    "day",
    "night",
    "week",
    "month",
    "year",
    "today",
    "january",
    "february",
    "march",
    "april",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
    "male",
    "female",
    "man",
    "woman",
    "single",
    "married",
    "support",
    "worker",
    "client",
    "case",
    "note",
    "notes",
    "home",
    "office",
    "number",
    "english",
    "mother",
    "father",
    "brother",
    "sister",
    "son",
    "daughter",
    "wife",
    "husband",
    "partner",
    "friend",
    "child",
    "children",
    "family",
    "under",
    "over",
    "near",
    "next",
    "behind",
    "bridge",
    "doorway",
    "tent",
    "car",
    "van",
    "bus",
    "shop",
    "bank",
    "library",
    "canal",
    "river",
    "rose",
    "grace",
    "hope",
    "will",
    "mark",
    "bill",
    "rich",
    "art",
    "dawn",
    "summer",
    "joy",
    "faith",
    "young",
    "long",
    "short",
    "white",
    "black",
    "brown",
    "grey",
    "king",
    "queen",
    "prince",
    "bishop",
    "pope",
    "wood",
    "field",
    "stone",
    "hall",
    "wells",
    "law",
    "best",
    "good",
    "well",
    "does",
    "did",
    "but",
    "you",
    "your",
    "our",
    "their",
    "its",
    "about",
    "after",
    "before",
];

impl Known {
    /// Knows nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether there is nothing to look for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Looks for this text from now on: whole, and where it has several words also for each word of three letters or
    /// more that is not a common one. `category` is what the caller counts it under.
    pub fn add(&mut self, text: &str, category: u16) {
        let mut words = Vec::new();
        each_word(text, |_, _, hash, length| words.push((hash, length)));
        let letters: usize = words.iter().map(|(_, length)| length).sum();
        if letters < 3 || words.len() > 64 {
            return;
        }
        let common = |hash: u64| COMMON.iter().any(|word| word_hash(word) == hash);
        if let [(one, _)] = words.as_slice() {
            if !common(*one) {
                self.insert(vec![*one], category);
            }
            return;
        }
        // Sentences are looked for whole only.
        if words.len() <= 6 {
            for (hash, length) in &words {
                if *length >= 3 && !common(*hash) {
                    self.insert(vec![*hash], category);
                }
            }
        }
        self.insert(words.into_iter().map(|(hash, _)| hash).collect(), category);
    }

    /// Looks for this text from now on, whole and not for its words: a number, a date, an address.
    pub fn add_whole(&mut self, text: &str, category: u16) {
        let mut words = Vec::new();
        let mut letters = 0;
        each_word(text, |_, _, hash, length| {
            words.push(hash);
            letters += length;
        });
        // What is shorter stands in many texts by chance.
        if letters >= 4 && words.len() <= 64 {
            self.insert(words, category);
        }
    }

    fn insert(&mut self, words: Vec<u64>, category: u16) {
        let Some(first) = words.first() else { return };
        if let Some(bits) = self.first.get_mut((first >> 6) as usize % 8) {
            *bits |= 1 << (first & 63);
        }
        if !self.values.iter().any(|(known, _)| *known == words) {
            self.values.push((words, category));
            // Longer first, so that the longest is found.
            self.values.sort_by_key(|(words, _)| std::cmp::Reverse(words.len()));
        }
    }

    /// Finds them in a text as whole words, however they are written: where they stand and their category, in order,
    /// without overlaps.
    pub fn find(&self, text: &str, found: &mut Vec<(usize, usize, u16)>) {
        if self.values.is_empty() {
            return;
        }
        let mut to = 0;
        each_word(text, |start, _, hash, _| {
            let bit = self.first.get((hash >> 6) as usize % 8).is_some_and(|bits| bits >> (hash & 63) & 1 == 1);
            if !bit || start < to {
                return;
            }
            for (words, category) in self.values.iter().filter(|(words, _)| words.first() == Some(&hash)) {
                if let Some(end) = matches(text, start, words) {
                    found.push((start, end, *category));
                    to = end;
                    return;
                }
            }
        });
    }
}

/// Where these words end, if they stand here.
fn matches(text: &str, start: usize, words: &[u64]) -> Option<usize> {
    let mut wanted = words.iter();
    let mut end = None;
    let mut next = wanted.next();
    walk(text.get(start..)?, |_, to, hash, _| {
        if next != Some(&hash) {
            return false;
        }
        end = Some(start + to);
        next = wanted.next();
        next.is_some()
    });
    if next.is_some() { None } else { end }
}

fn each_word(text: &str, mut see: impl FnMut(usize, usize, u64, usize)) {
    walk(text, |start, end, hash, length| {
        see(start, end, hash, length);
        true
    });
}

fn word_hash(word: &str) -> u64 {
    let mut of = 0;
    walk(word, |_, _, hash, _| {
        of = hash;
        false
    });
    of
}

/// The words of a text, folded: where each begins and ends, its hash and length. Stops when it is told to.
fn walk(text: &str, mut see: impl FnMut(usize, usize, u64, usize) -> bool) {
    const SEED: u64 = 0xcbf2_9ce4_8422_2325;
    let mut word: Option<(usize, u64, usize)> = None;
    let mut end = 0;
    for (at, c) in text.char_indices() {
        let owner = is_possessive(text, at, c);
        let (mut any, mut apart) = (false, owner);
        let mut eat = |b: u8| {
            if b.is_ascii_alphanumeric() || b >= 0x80 {
                let (_, hash, length) = word.get_or_insert((at, SEED, 0));
                // A letter of another script counts as itself.
                let of = if b.is_ascii() { u64::from(b.to_ascii_lowercase()) } else { u64::from(lower(c)) };
                *hash = (*hash ^ of).wrapping_mul(0x0000_0100_0000_01b3);
                *length += 1;
                any = true;
            } else if b != b'\'' {
                apart = true;
            }
        };
        fold::fold(c, &mut eat);
        if apart && !any {
            if let Some((start, hash, length)) = word.take()
                && !see(start, end, mixed(hash), length)
            {
                return;
            }
        } else if any {
            end = at + c.len_utf8();
        }
    }
    if let Some((start, hash, length)) = word {
        see(start, end, mixed(hash), length);
    }
}

/// Whether a word ends here although letters follow: the apostrophe of "Amina's".
fn is_possessive(text: &str, at: usize, c: char) -> bool {
    if !matches!(c, '\'' | '\u{2019}' | '\u{2bc}') {
        return false;
    }
    let mut after = text.get(at + c.len_utf8()..).unwrap_or_default().chars();
    after.next().is_some_and(|s| matches!(s, 's' | 'S')) && !after.next().is_some_and(char::is_alphanumeric)
}

fn mixed(hash: u64) -> u64 {
    hash ^ hash >> 29
}

fn lower(c: char) -> u32 {
    c.to_lowercase().next().unwrap_or(c) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_text(values: &[&str], text: &str) -> Vec<String> {
        let mut known = Known::new();
        for (i, value) in (0..).zip(values) {
            known.add(value, i);
        }
        let mut found = Vec::new();
        known.find(text, &mut found);
        found.into_iter().map(|(start, end, _)| text.get(start..end).unwrap().to_owned()).collect()
    }

    #[test]
    fn names_are_found_in_notes_however_they_are_written() {
        assert_eq!(in_text(&["Amina Yusuf"], "Met AMINA  yusuf today; Amina is well."), ["AMINA  yusuf", "Amina"]);
        assert_eq!(in_text(&["José Ñandú"], "jose nandu came"), ["jose nandu"]);
        assert_eq!(in_text(&["O'Neill"], "saw Oneill"), ["Oneill"]);
        assert_eq!(in_text(&["Amina"], "Amina's and Amina\u{2019}s. bag"), ["Amina", "Amina"]);
        assert_eq!(in_text(&["Юлия"], "это Юлия."), ["Юлия"]);
        assert_eq!(in_text(&["Rose Park"], "the rose in the park; Rose Park came"), ["Rose Park"]);
        assert_eq!(in_text(&["Li"], "Li came"), Vec::<String>::new());
        assert_eq!(in_text(&["Amina"], "Aminata and examina"), Vec::<String>::new());
        assert!(Known::new().is_empty());
    }
}

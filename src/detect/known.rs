//! The record's own withheld values, looked for in its other text: a name stripped from its field is not left in a note.

mod any;
mod common;

use super::escape;
use any::walk_any;
use common::is_common;

/// Texts that were withheld from one record.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// The hashes of the values' folded words, value after value.
    words: Vec<u64>,
    /// Longer first, so that the longest is found.
    values: Vec<Entry>,
    /// A bit for each first word's hash.
    first: [u64; 8],
    /// A bit for each letter and digit of ASCII that a first word begins with.
    begins: u64,
    /// For the value that is being added.
    adding: Vec<Word>,
}

/// One value: its words, and what it is counted under.
#[derive(Debug, Clone, Copy)]
struct Entry {
    from: usize,
    to: usize,
    category: u16,
}

/// One folded word.
#[derive(Debug, Clone, Copy)]
struct Word {
    hash: u64,
    length: usize,
    /// The bit of [`Known::begins`], if it has one.
    begins: u64,
    /// It is a character of a script without spaces, right after another.
    follows: bool,
}

impl Known {
    /// Knows nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether there is nothing to look for.
    #[must_use]
    #[inline]
    pub const fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.words.clear();
        self.values.clear();
        (self.first, self.begins) = ([0; 8], 0);
    }

    /// Looks for this text from now on: whole, and where it has several words also for each word of three letters or
    /// more that is not a common one. `category` is what the caller counts it under.
    pub fn add(&mut self, text: &str, category: u16) {
        let words = self.read(text);
        let letters: usize = words.iter().map(|word| word.length).sum();
        if letters >= 3 && words.len() <= 64 {
            if let [one] = words.as_slice() {
                if !is_common(one.hash) {
                    self.insert(&words, category);
                }
            } else {
                // Sentences are looked for whole only. Characters that follow each other are looked for together.
                let each = words.chunk_by(|_, next| next.follows);
                if each.clone().count() <= 6 {
                    for part in each.filter(|part| part.iter().map(|word| word.length).sum::<usize>() >= 3) {
                        if !matches!(part, [word] if is_common(word.hash)) {
                            self.insert(part, category);
                        }
                    }
                }
                self.insert(&words, category);
            }
        }
        self.adding = words;
    }

    /// How many values are looked for.
    #[must_use]
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Looks for this text from now on, whole and not for its words: a number, a date, an address.
    pub fn add_whole(&mut self, text: &str, category: u16) {
        let words = self.read(text);
        let letters: usize = words.iter().map(|word| word.length).sum();
        // What is shorter stands in many texts by chance.
        if letters >= 4 && words.len() <= 64 {
            self.insert(&words, category);
        }
        self.adding = words;
    }

    /// The words of a value to add.
    fn read(&mut self, text: &str) -> Vec<Word> {
        let mut words = std::mem::take(&mut self.adding);
        words.clear();
        let see = |_, _, word| {
            words.push(word);
            true
        };
        if escape::any(text) {
            walk(&escape::undone(text).0, see)
        } else {
            walk(text, see)
        }
        words
    }

    fn insert(&mut self, words: &[Word], category: u16) {
        let Some(first) = words.first() else { return };
        if let Some(bits) = self.first.get_mut((first.hash >> 6) as usize % 8) {
            *bits |= 1 << (first.hash & 63);
        }
        self.begins |= first.begins;
        let same = |entry: &Entry| self.words(*entry).iter().eq(words.iter().map(|word| &word.hash));
        if self.values.iter().any(same) {
            return;
        }
        let from = self.words.len();
        self.words.extend(words.iter().map(|word| word.hash));
        let entry = Entry { from, to: self.words.len(), category };
        let before = self.values.partition_point(|other| other.to - other.from >= words.len());
        self.values.insert(before, entry);
    }

    fn words(&self, entry: Entry) -> &[u64] {
        self.words.get(entry.from..entry.to).unwrap_or_default()
    }

    /// Whether a word may begin a value that has this hash.
    #[inline]
    fn may_begin(&self, hash: u64) -> bool {
        self.first.get((hash >> 6) as usize % 8).is_some_and(|bits| bits >> (hash & 63) & 1 == 1)
    }

    /// Whether a value may begin with the word of ASCII that begins here, if one does.
    #[inline(always)]
    pub(super) fn may_begin_at(&self, text: &[u8], at: usize) -> bool {
        text.get(at).is_some_and(|b| begins(*b) & self.begins != 0) && self.may_begin(hashed(text, at).0)
    }

    /// A quick test whether [`Known::find`] could find anything in a text, or in one as it is spelled on the wire with
    /// backslashes before what does not stand for itself: `false` means that it finds nothing.
    #[must_use]
    #[inline]
    pub fn may_stand_in(&self, text: &[u8]) -> bool {
        let mut at = 0;
        // Words are read as `find` reads them, but none that begins with another letter than a value does.
        while let Some(b) = text.get(at) {
            let bit = begins(*b);
            if bit == 0 {
                if *b >= 0x80 || *b == b'\\' || escape::may_be(text, at) {
                    return true;
                }
                at += 1;
            } else if bit & self.begins == 0 {
                at = past(text, at);
            } else {
                let (hash, end) = hashed(text, at);
                if self.may_begin(hash) {
                    return true;
                }
                at = end;
            }
        }
        false
    }

    /// Finds them in a text as whole words, however they are written and escaped: where they stand and their category, in
    /// order, without overlaps.
    pub fn find(&self, text: &str, found: &mut Vec<(usize, usize, u16)>) {
        if self.values.is_empty() || !self.may_stand_in(text.as_bytes()) {
            return;
        }
        if !escape::any(text) {
            return self.stand_in(text, found);
        }
        let first = found.len();
        let (plain, from) = escape::undone(text);
        self.stand_in(&plain, found);
        for (start, end, _) in found.iter_mut().skip(first) {
            *start = from.get(*start).map_or(0, |(start, _)| *start);
            *end = end.checked_sub(1).and_then(|last| from.get(last)).map_or(text.len(), |(_, end)| *end);
        }
    }

    /// [`Known::find`], in a text without escapes.
    fn stand_in(&self, text: &str, found: &mut Vec<(usize, usize, u16)>) {
        let mut to = 0;
        walk(text, |start, _, Word { hash, .. }| {
            if start < to || !self.may_begin(hash) {
                return true;
            }
            let here = self.values.iter().filter(|entry| self.words.get(entry.from) == Some(&hash));
            for entry in here {
                if let Some(end) = matches(text, start, self.words(*entry)) {
                    found.push((start, end, entry.category));
                    to = end;
                    break;
                }
            }
            true
        });
    }
}

/// Where these words end, if they stand here.
fn matches(text: &str, start: usize, words: &[u64]) -> Option<usize> {
    let mut wanted = words.iter();
    let mut end = None;
    let mut next = wanted.next();
    walk(text.get(start..)?, |_, to, Word { hash, .. }| {
        if next != Some(&hash) {
            return false;
        }
        end = Some(start + to);
        next = wanted.next();
        next.is_some()
    });
    if next.is_some() { None } else { end }
}

const SEED: u64 = 0xcbf2_9ce4_8422_2325;

/// A word's hash with one letter more.
#[inline(always)]
const fn more(hash: u64, letter: u64) -> u64 {
    (hash ^ letter).wrapping_mul(0x0000_0100_0000_01b3)
}

const fn mixed(hash: u64) -> u64 {
    hash ^ hash >> 29
}

/// The words of a text, folded: where each begins and ends, and what it is. Stops when it is told to.
fn walk(text: &str, see: impl FnMut(usize, usize, Word) -> bool) {
    if text.is_ascii() { walk_ascii(text.as_bytes(), see) } else { walk_any(text, see) }
}

/// [`walk`], through a text in ASCII, which is folded already.
fn walk_ascii(text: &[u8], mut see: impl FnMut(usize, usize, Word) -> bool) {
    let mut at = 0;
    while let Some(b) = text.get(at) {
        let bit = begins(*b);
        if bit == 0 {
            at += 1;
            continue;
        }
        let (start, mut word) = (at, Word { hash: SEED, length: 0, begins: bit, follows: false });
        at = past(text, start);
        let mut end = at;
        for (place, b) in (start..at).zip(text.get(start..at).unwrap_or_default()) {
            if *b != b'\'' {
                word.hash = more(word.hash, u64::from(b.to_ascii_lowercase()));
                word.length += 1;
                end = place + 1;
            }
        }
        if !see(start, end, Word { hash: mixed(word.hash), ..word }) {
            return;
        }
    }
}

/// The end of a word in ASCII as [`walk`] would find it, or the first byte outside ASCII in it.
#[inline(always)]
fn past(text: &[u8], from: usize) -> usize {
    let mut at = from;
    while let Some(b) = text.get(at) {
        let within = BEGINS.get(*b as usize).is_some_and(|bit| *bit != 0) || *b == b'\'' && !possessive(text, at);
        if !within {
            break;
        }
        at += 1;
    }
    at
}

/// [`past`], with the word's hash.
#[inline(always)]
fn hashed(text: &[u8], from: usize) -> (u64, usize) {
    let end = past(text, from);
    let letters = text.get(from..end).unwrap_or_default().iter().filter(|b| **b != b'\'');
    let hash = letters.fold(SEED, |hash, b| more(hash, u64::from(b.to_ascii_lowercase())));
    (mixed(hash), end)
}

/// The bit of a letter or digit of ASCII in whichever case; 0 for every other byte.
#[inline(always)]
fn begins(b: u8) -> u64 {
    BEGINS.get(b as usize).copied().unwrap_or(0)
}

static BEGINS: [u64; 256] = bits();

#[expect(clippy::indexing_slicing, reason = "runs while compiling")]
const fn bits() -> [u64; 256] {
    let mut table = [0; 256];
    let mut b = 0;
    while b < 128 {
        if (b as u8).is_ascii_alphanumeric() {
            table[b] = 1 << if (b as u8).is_ascii_digit() { b - 48 + 32 } else { b & 31 };
        }
        b += 1;
    }
    table
}

/// Whether a word ends here although letters follow: the apostrophe of "Amina's".
fn is_possessive(text: &str, at: usize, c: char) -> bool {
    if !matches!(c, '\'' | '\u{2019}' | '\u{2bc}') {
        return false;
    }
    let mut after = text.get(at + c.len_utf8()..).unwrap_or_default().chars();
    after.next().is_some_and(|s| matches!(s, 's' | 'S')) && !after.next().is_some_and(char::is_alphanumeric)
}

/// [`is_possessive`] of an apostrophe in ASCII. A byte outside it may be a letter or not: then neither is said.
fn possessive(text: &[u8], at: usize) -> bool {
    matches!(text.get(at + 1), Some(b's' | b'S'))
        && !text.get(at + 2).is_some_and(|b| b.is_ascii_alphanumeric() || *b >= 0x80)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

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
    fn common_words_are_known_as_such() {
        let hash = |text: &str| {
            let mut hash = 0;
            walk(text, |_, _, word| {
                hash = word.hash;
                true
            });
            hash
        };
        assert!(common::COMMON.iter().all(|word| is_common(hash(&word.to_uppercase()))));
        assert!(!is_common(hash("amina")) && !is_common(hash("thee")));
    }

    proptest! {
        #[test]
        fn words_of_ascii_are_those_of_any_text(text in "([a-cA-C1s]{1,4}|['sS -]{1,3}){0,8}") {
            let (mut one, mut other) = (Vec::new(), Vec::new());
            walk_ascii(text.as_bytes(), |start, end, w| {
                one.push((start, end, w.hash, w.length, w.begins));
                one.len() < 5
            });
            walk_any(&text, |start, end, w| {
                other.push((start, end, w.hash, w.length, w.begins));
                other.len() < 5
            });
            prop_assert_eq!(one, other, "{}", text);
        }

        #[test]
        fn a_quick_look_misses_nothing(
            values in proptest::collection::vec("[a-cA-C'é’ 1]{3,8}", 1..4),
            text in "[a-cA-C'é’sS 1-]{0,30}",
            around in proptest::collection::vec("[a-c ]{0,4}", 3),
        ) {
            for text in [text, format!("{}{}{}", around[0], values[0], around[1]), format!("x {} {}", values[0], around[2])] {
                let mut known = Known::new();
                known.add("forgotten", 9);
                known.clear();
                for (i, value) in (0..).zip(&values) {
                    known.add(value, i);
                    known.add_whole(value, i);
                }
                let mut slow = Vec::new();
                let mut to = 0;
                walk(&text, |start, _, word| {
                    let entry = known.values.iter().filter(|e| start >= to && known.words[e.from] == word.hash);
                    if let Some((end, entry)) = entry.filter_map(|e| Some((matches(&text, start, known.words(*e))?, e))).next() {
                        slow.push((start, end, entry.category));
                        to = end;
                    }
                    true
                });
                let mut found = Vec::new();
                known.find(&text, &mut found);
                prop_assert_eq!(&found, &slow);
                prop_assert!(known.may_stand_in(text.as_bytes()) || found.is_empty());
            }
        }
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

    #[test]
    fn what_is_escaped_hides_no_name() {
        for (value, text, what) in [
            ("Siobhan O'Brien", "Ask O&#39;Brien", "O&#39;Brien"),
            ("Siobhan O'Brien", "Ask O%27Brien now", "O%27Brien"),
            ("Siobhan O'Brien", "Ask O&rsquo;Brien", "O&rsquo;Brien"),
            ("Siobhan O'Brien", "Ask O&amp;#39;Brien", "O&amp;#39;Brien"),
            ("Siobhan O'Brien", "Ask O%2527Brien", "O%2527Brien"),
            ("Siobhan O'Brien", "x%20Siobhan", "Siobhan"),
            ("Siobhan O'Brien", "%22Siobhan%22", "Siobhan"),
            ("Siobhan O'Brien", "tell%0ASiobhan", "Siobhan"),
            ("Siobhan O'Brien", "siobhan%20o&apos;brien", "siobhan%20o&apos;brien"),
            ("Siobhan O&#39;Brien", "Ask O'Brien", "O'Brien"),
            ("Amina Yusuf", "Amina&#39;s", "Amina"),
            ("Zoë", "Zo&#235; is here", "Zo&#235;"),
            ("Zoë", "?q=Zo%C3%AB", "Zo%C3%AB"),
            ("Zoë", "?q=Zo%25C3%25AB", "Zo%25C3%25AB"),
            ("王小明", "&#29579;&#23567;&#26126;", "&#29579;&#23567;&#26126;"),
            ("Ήρα Μίχου", "%CE%89%CF%81%CE%B1", "%CE%89%CF%81%CE%B1"),
        ] {
            assert_eq!(in_text(&[value], text), [what], "{text}");
            let mut known = Known::new();
            known.add(value, 0);
            assert!(super::super::worth_looking(text.as_bytes(), super::super::Cue::NONE, &known), "{text}");
        }
        let mut known = Known::new();
        known.add_whole("R-10245", 0);
        let mut found = Vec::new();
        known.find("see R%2D10245", &mut found);
        assert_eq!(found, [(4, 13, 0)]);
        assert!(in_text(&["Amina"], "Amina%74a and R&D, 50% of &c").is_empty());
    }

    #[test]
    fn names_are_found_in_scripts_without_spaces() {
        let found = |values: &[&str], text: &str| in_text(values, text);
        assert_eq!(found(&["王小明"], "见到王小明了，王小明很好。"), ["王小明", "王小明"]);
        assert_eq!(found(&["王小明"], "王 小明来过"), ["王 小明"]);
        assert_eq!(found(&["王 小明"], "今天小明来过"), ["小明"]);
        assert_eq!(found(&["Amina Warsame"], "见到Warsame了"), ["Warsame"]);
        assert_eq!(found(&["Amina Warsame"], "アミナさん（Amina）とＷａｒｓａｍｅさん"), ["Amina", "Ｗａｒｓａｍｅ"]);
        assert_eq!(found(&["김민수"], "김민수는 왔다"), ["김민수"]);
        // As syllables, and in their parts.
        assert_eq!(found(&["김민수"], "\u{1100}\u{1175}\u{11b7}\u{1106}\u{1175}\u{11ab}\u{1109}\u{116e}는").len(), 1);
        assert_eq!(found(&["สมชาย"], "พบสมชายวันนี้"), ["สมชาย"]);
        assert_eq!(found(&["マリア・ガルシア"], "ｶﾞﾙｼｱさんは来た"), ["ｶﾞﾙｼｱ"]);
        assert_eq!(found(&["Юлия"], "见到Юлия了"), ["Юлия"]);
        assert_eq!(found(&["أمينة"], "أمينة2"), ["أمينة"]);
        assert_eq!(found(&["Amina"], "met Amina😊 and ★Amina→"), ["Amina", "Amina"]);
        // One character stands in many words; a part of a word of another script is not that word.
        assert_eq!(found(&["王"], "国王来了"), Vec::<String>::new());
        assert_eq!(found(&["Наталья", "Anna"], "Ната, льяно, Маннa"), Vec::<String>::new());
        assert_eq!(found(&["Наталья"], "это НАТАЛЬЯ."), ["НАТАЛЬЯ"]);
    }

    #[test]
    fn two_characters_are_enough_and_one_is_not() {
        let mut known = Known::new();
        known.add_whole("王", 0);
        assert!(known.is_empty());
        known.add_whole("王明", 0);
        assert_eq!(known.len(), 1);
    }
}

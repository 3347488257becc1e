//! The words of a text in any script.
//!
//! Words end where a letter of one script is written on to a letter or digit of another: 见到Warsame了 is no name, and
//! has one in it. In scripts that are written without spaces each character is a word, so that whatever they spell is
//! found wherever it stands.

use super::{SEED, Word, begins, is_possessive, mixed, more};
use crate::detect::fold;
use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};

/// How a letter stands beside others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    /// Latin, or a digit.
    Latin,
    /// Of another alphabet, and drawn like a Latin letter: it may stand among those of either.
    Drawn,
    /// Of another script with spaces.
    Other,
    /// Of a script without.
    Unspaced,
}

impl Side {
    /// Of a character, by what it folds to. `None`: it is no letter or digit.
    fn of(c: char, folded: &[u8]) -> Option<Self> {
        let letter = folded.contains(&fold::LETTER);
        match () {
            () if letter && is_unspaced(c) => Some(Self::Unspaced),
            () if letter => Some(Self::Other),
            () if !folded.iter().any(u8::is_ascii_alphanumeric) => None,
            () if matches!(c, '\u{370}'..='\u{52F}') => Some(Self::Drawn),
            () => Some(Self::Latin),
        }
    }

    /// Whether a word of this ends before a character of the other.
    fn ends_before(self, next: Self, c: char) -> bool {
        match (self, next) {
            // A vowel or last consonant of Hangul's belongs to the syllable before it.
            (Self::Unspaced, Self::Unspaced) => !matches!(c, '\u{1160}'..='\u{11FF}' | '\u{D7B0}'..='\u{D7FF}'),
            (Self::Unspaced, _) | (_, Self::Unspaced) => true,
            (Self::Latin, Self::Other) | (Self::Other, Self::Latin) => true,
            _ => false,
        }
    }
}

/// Thai, Lao, Tibetan, Burmese, Khmer, Tai, Han, Kana, Bopomofo, Hangul (which has spaces, but writes particles on to
/// names), Yi, and their forms of half width.
fn is_unspaced(c: char) -> bool {
    matches!(
        c,
        '\u{E00}'..='\u{109F}'
            | '\u{1100}'..='\u{11FF}'
            | '\u{1780}'..='\u{17FF}'
            | '\u{1950}'..='\u{19DF}'
            | '\u{3005}'..='\u{3007}'
            | '\u{3041}'..='\u{31BF}'
            | '\u{31F0}'..='\u{31FF}'
            | '\u{3400}'..='\u{4DBF}'
            | '\u{4E00}'..='\u{A4CF}'
            | '\u{A960}'..='\u{A97F}'
            | '\u{A9E0}'..='\u{A9FF}'
            | '\u{AA60}'..='\u{AADF}'
            | '\u{AC00}'..='\u{D7FF}'
            | '\u{F900}'..='\u{FAFF}'
            | '\u{FF66}'..='\u{FFDC}'
            | '\u{1B000}'..='\u{1B2FF}'
            | '\u{20000}'..='\u{3FFFF}'
    )
}

/// A word that goes on.
struct Open {
    start: usize,
    end: usize,
    side: Side,
    word: Word,
}

impl Open {
    fn eat(&mut self, c: char, folded: &[u8]) {
        for b in folded.iter().filter(|b| b.is_ascii_alphanumeric()) {
            self.word.hash = more(self.word.hash, u64::from(b.to_ascii_lowercase()));
            self.word.length += 1;
        }
        if folded.contains(&fold::LETTER) {
            // It counts as itself, without its accents.
            let parts = std::iter::once(c).nfkd().filter(|part| !is_combining_mark(*part));
            self.word.hash = parts.fold(self.word.hash, |hash, part| more(hash, u64::from(lower(part))));
            // One character says as much as letters do together.
            self.word.length = if self.side == Side::Unspaced { 2 } else { self.word.length + 1 };
        }
    }

    fn seen(&self, see: &mut impl FnMut(usize, usize, Word) -> bool) -> bool {
        see(self.start, self.end, Word { hash: mixed(self.word.hash), ..self.word })
    }
}

/// The words of a text, as [`super::walk`] gives them.
pub(super) fn walk_any(text: &str, mut see: impl FnMut(usize, usize, Word) -> bool) {
    let mut word: Option<Open> = None;
    let mut folded = Vec::with_capacity(8);
    for (at, c) in text.char_indices() {
        folded.clear();
        fold::fold(c, |b| folded.push(b));
        let Some(side) = Side::of(c, &folded) else {
            // What folds to nothing does not show, and an apostrophe is a part of most words that it stands in.
            let apart = folded.iter().any(|b| *b != b'\'') || is_possessive(text, at, c);
            if let Some(done) = word.take_if(|_| apart)
                && !done.seen(&mut see)
            {
                return;
            }
            continue;
        };
        let mut follows = false;
        if let Some(done) = word.take_if(|open| open.side.ends_before(side, c)) {
            follows = (done.side, side) == (Side::Unspaced, Side::Unspaced);
            if !done.seen(&mut see) {
                return;
            }
        }
        let begins = folded.first().map_or(0, |b| begins(*b));
        let new = Word { hash: SEED, length: 0, begins, follows };
        let open = word.get_or_insert(Open { start: at, end: at, side, word: new });
        (open.end, open.side) = (at + c.len_utf8(), side);
        open.eat(c, &folded);
    }
    if let Some(done) = word {
        done.seen(&mut see);
    }
}

fn lower(c: char) -> u32 {
    c.to_lowercase().next().unwrap_or(c) as u32
}

//! One spelling for letters, digits, spaces and signs that look the same.
//!
//! Text in ASCII is read where it lies. Other text is folded to bytes, each with the place in the text that it came
//! from: full-width and mathematical forms and digits of other scripts to ASCII, Cyrillic and Greek letters to the
//! Latin ones they look like, accents and zero-width characters away, every dash to `-`, every space to a space, every
//! raised or ideographic dot to `.`. What folds to nothing in ASCII becomes one byte above it. What is escaped for a URL or
//! for HTML (`SE1%207PB`, `SE1&nbsp;7PB`) is read as what it stands for.

use super::escape;
use std::borrow::Cow;
use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};

/// A letter that has no counterpart in ASCII.
pub(super) const LETTER: u8 = 0xC0;
/// A degree sign.
pub(super) const DEGREE: u8 = 0xB0;
/// A currency sign.
pub(super) const MONEY: u8 = 0xA3;
/// Any other character.
const OTHER: u8 = 0xFF;

/// A text as detectors read it.
pub(super) struct Folded<'t> {
    pub(super) bytes: Cow<'t, [u8]>,
    /// Where a plus stands for a space that is escaped in a link.
    spaces: Vec<u32>,
    /// For each byte, the start and end of the character it came from. Empty: every byte is itself.
    from: Vec<(u32, u32)>,
}

impl<'t> Folded<'t> {
    pub(super) fn of(text: &'t str) -> Self {
        let escaped = escape::any(text);
        if text.is_ascii() && !escaped {
            return Self { bytes: Cow::Borrowed(text.as_bytes()), spaces: Vec::new(), from: Vec::new() };
        }
        let mut spaces = Vec::new();
        let mut bytes = Vec::with_capacity(text.len());
        let mut from = Vec::with_capacity(text.len());
        // Within a link a space must not end it: there it is a plus.
        let (mut next, mut link) = (0, false);
        for (at, c) in text.char_indices() {
            if at < next {
                continue;
            }
            let (c, end) = match c {
                '%' | '&' if escaped => match escape::at(text, at) {
                    Some((c, end)) if link && (c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>')) => {
                        spaces.push(bytes.len() as u32);
                        ('+', end)
                    }
                    escaped => escaped.unwrap_or((c, at + 1)),
                },
                _ => (c, at + c.len_utf8()),
            };
            next = end;
            link = (link || c == ':' && text.as_bytes().get(at..at + 3) == Some(b"://")) && !c.is_whitespace();
            fold(c, |b| bytes.push(b));
            from.resize(bytes.len(), (at as u32, end as u32));
        }
        Self { bytes: Cow::Owned(bytes), spaces, from }
    }

    /// The same, where links end at the first escaped space, if there are any: what is spelled with spaces in it stands
    /// in a link with them escaped.
    pub(super) fn spaced(&self) -> Option<Vec<u8>> {
        let mut bytes = if self.spaces.is_empty() { None } else { Some(self.bytes.to_vec()) }?;
        for at in &self.spaces {
            if let Some(b) = bytes.get_mut(*at as usize) {
                *b = b' ';
            }
        }
        Some(bytes)
    }

    /// Where a stretch of bytes lies in the text.
    pub(super) fn place(&self, start: usize, end: usize) -> (usize, usize) {
        match (self.from.get(start), self.from.get(end.saturating_sub(1))) {
            (Some((start, _)), Some((_, end))) => (*start as usize, *end as usize),
            _ => (start, end),
        }
    }
}

/// What U+00C0 to U+00FF fold to: most of what is not ASCII in names here, and found at once.
const LATIN: &[u8; 64] = b"AAAAAAACEEEEIIIIDNOOOOO\xFFOUUUUY\xC0saaaaaaaceeeeiiiidnooooo\xFFouuuuy\xC0y";

/// Gives the bytes for one character.
pub(super) fn fold(c: char, mut push: impl FnMut(u8)) {
    if c.is_ascii() {
        return push(c as u8);
    }
    if let Some(letter) = (c as usize).checked_sub(0xC0).and_then(|at| LATIN.get(at)) {
        return push(*letter);
    }
    match c {
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' => {}
        '\u{180B}'..='\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' => {}
        '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{E0000}'..='\u{E01EF}' => {}
        '°' | 'º' | '˚' => push(DEGREE),
        '£' | '€' | '¥' | '¢' => push(MONEY),
        // Above or below the line they are powers and notes, not numbers.
        '²' | '³' | '¹' | '\u{2070}'..='\u{209C}' => push(OTHER),
        '\u{2010}'..='\u{2015}' | '−' | '\u{FE58}' | '\u{FE63}' | '\u{2043}' | '\u{00AF}' => push(b'-'),
        '·' | '․' | '‧' | '。' | '．' | '｡' | '・' | '･' | '⋅' | '•' | '∙' => push(b'.'),
        '′' | '’' | '‘' | '‛' | 'ʹ' | 'ʼ' | '´' | '＇' => push(b'\''),
        '″' | '”' | '“' | '‟' | '＂' => push(b'"'),
        '⁄' | '∕' => push(b'/'),
        '‚' | '٬' | '،' => push(b','),
        '٫' => push(b'.'),
        '∶' | '꞉' => push(b':'),
        c if c.is_whitespace() => push(b' '),
        c => match looks_like(c) {
            Some(b) => push(b),
            None => decomposed(c, push),
        },
    }
}

/// The ASCII of a compatibility form without its accents, or one byte that says what it is.
fn decomposed(c: char, mut push: impl FnMut(u8)) {
    let mut any = false;
    for part in std::iter::once(c).nfkd().filter(|part| !is_combining_mark(*part)) {
        any = true;
        match looks_like(part) {
            _ if part.is_ascii() => push(part as u8),
            Some(b) => push(b),
            None if part.is_alphanumeric() => push(LETTER),
            None => push(OTHER),
        }
    }
    if !any && !is_combining_mark(c) {
        push(OTHER);
    }
}

/// Beginnings of the decimal digits of other scripts.
const ZEROS: [u32; 12] = [0x660, 0x6F0, 0x7C0, 0x966, 0x9E6, 0xA66, 0xAE6, 0xB66, 0xBE6, 0xC66, 0xCE6, 0xE50];

/// The ASCII letter or digit that a character is drawn like (Unicode's confusables, UTS 39, of the alphabets that
/// people type or paste by mistake).
fn looks_like(c: char) -> Option<u8> {
    let drawn = (c as u32).checked_sub(FIRST_DRAWN).and_then(|at| DRAWN.get(at as usize));
    if let Some(to) = drawn.copied().filter(|to| *to != 0) {
        return Some(to);
    }
    if c == 'ℓ' {
        return Some(b'l');
    }
    if (c as u32) < ZEROS[0] {
        return None;
    }
    let zero = ZEROS.iter().find(|zero| (c as u32).wrapping_sub(**zero) < 10)?;
    Some(b'0' + (c as u32 - zero) as u8)
}

/// The first letter in [`DRAWN`], and how many there are.
const FIRST_DRAWN: u32 = 0xC6;
const MANY_DRAWN: usize = 0x530 - FIRST_DRAWN as usize;

/// What letters from [`FIRST_DRAWN`] on are drawn like; 0: like none.
static DRAWN: [u8; MANY_DRAWN] = drawn();

#[expect(clippy::indexing_slicing, reason = "runs while compiling")]
const fn drawn() -> [u8; MANY_DRAWN] {
    // Each of two bytes in UTF-8.
    const FROM: &[u8] = "АВЕЅZІЈКМНОРСТУХԌԚԜаеѕіјорсухһԁԛԝкмтвнгѵӀӏΑΒΕΖΗΙΚΜΝΟΡΤΥΧοναρικτυγχıɡɑØøŁłÐðđĐßæÆ".as_bytes();
    const TO: &[u8] = b"ABESZIJKMHOPCTYXGQWaesijopcyxhdqwkmtbhrvIlABEZHIKMNOPTYXovapiktuyxigaOoLlDddDsaA";
    let mut table = [0; MANY_DRAWN];
    let (mut i, mut j) = (0, 0);
    while i < FROM.len() {
        if FROM[i] < 0x80 {
            i += 1;
        } else {
            let c = ((FROM[i] & 0x1F) as usize) << 6 | (FROM[i + 1] & 0x3F) as usize;
            if table[c - FIRST_DRAWN as usize] == 0 {
                table[c - FIRST_DRAWN as usize] = TO[j];
            }
            i += 2;
        }
        j += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_spelling() {
        let cases = [
            ("АВ１２\u{200B}34\u{A0}56‑C", "AB1234 56-C"),
            ("５１．５", "51.5"),
            ("filled・count・soap", "filled.count.soap"),
            ("José Ñandú", "Jose Nandu"),
            ("٠٧٧٠٠", "07700"),
            ("𝟎𝟕", "07"),
            ("ﬁ", "fi"),
            ("e\u{301}", "e"),
            ("SE1%207PB %c2%a0%E2%80%99", "SE1 7PB  '"),
            ("P&lt;GBR&nbsp;&#64;&#x40;&amp;", "P<GBR @@&"),
            ("SE1&amp;nbsp;7PB&thinsp;SE1%25207PB%25C2%25A0", "SE1 7PB SE1 7PB "),
            ("50% of R&D; 5%2 100%25 &amp;c; &amp;amp", "50% of R&D; 5%2 100% &c; &amp"),
        ];
        for (text, expected) in cases {
            assert_eq!(Folded::of(text).bytes.as_ref(), expected.as_bytes(), "{text}");
        }
        assert_eq!(Folded::of("51°30′").bytes.as_ref(), b"51\xB030'");
        assert_eq!(Folded::of("王").bytes.as_ref(), [LETTER]);
    }

    #[test]
    fn latin_letters_fold_as_all_others_do() {
        for c in '\u{C0}'..='\u{FF}' {
            let (mut short, mut long) = (Vec::new(), Vec::new());
            fold(c, |b| short.push(b));
            match looks_like(c) {
                Some(b) => long.push(b),
                None => decomposed(c, |b| long.push(b)),
            }
            assert_eq!(short, long, "{c}");
        }
    }

    #[test]
    fn places_are_in_the_text() {
        let text = "x\u{200B}é12\u{A0}3";
        let folded = Folded::of(text);
        assert_eq!(folded.bytes.as_ref(), b"xe12 3");
        let (start, end) = folded.place(1, 4);
        assert_eq!(text.get(start..end), Some("é12"));
    }
}

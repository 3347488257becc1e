//! Text as resolvers and mail programs read it: one spelling for every way to write a name.
//!
//! What UTS 46 maps to ASCII (full-width and mathematical letters, ligatures, the dots of East Asian scripts) becomes
//! that ASCII; what it ignores, and what URL parsers leave out (tab, line ends), goes. Every other character outside
//! ASCII ends a name. Two readings of one text exist where something goes: the characters around it may belong
//! together or not. Both are kept, by remembering the places.

use std::{borrow::Cow, collections::HashMap, sync::LazyLock};

/// A text, folded. Letters keep their case where nothing had to be folded.
#[derive(Debug)]
pub(super) struct Folded<'t> {
    pub(super) bytes: Cow<'t, [u8]>,
    /// Where something went, ascending.
    seams: Vec<usize>,
}

impl<'t> Folded<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        let plain = |b: u8| b.is_ascii() && !matches!(b, b'\t' | b'\n' | b'\r');
        if text.bytes().all(plain) {
            return Self { bytes: Cow::Borrowed(text.as_bytes()), seams: Vec::new() };
        }
        let (mut bytes, mut seams) = (Vec::with_capacity(text.len()), Vec::new());
        for c in text.chars() {
            match fold(c) {
                Fold::Stays(byte) => bytes.push(byte),
                Fold::Is(text) => bytes.extend_from_slice(text.as_bytes()),
                Fold::Goes if seams.last() == Some(&bytes.len()) => {}
                Fold::Goes => seams.push(bytes.len()),
                Fold::EndsName => bytes.push(b' '),
            }
        }
        Self { bytes: Cow::Owned(bytes), seams }
    }

    /// Whether something went at this place, so that a name may begin or end here.
    pub(super) fn is_seam(&self, at: usize) -> bool {
        self.seams.binary_search(&at).is_ok()
    }

    /// Whether something went after this place.
    pub(super) fn has_seam_after(&self, at: usize) -> bool {
        self.seams.last().is_some_and(|last| *last > at)
    }
}

/// A text without one layer of percent-encoding (RFC 3986 section 2.1), in whatever characters it is spelled; `None`
/// where it has none.
pub(super) fn percent_decoded(text: &str) -> Option<String> {
    let (mut decoded, mut rest) = (Vec::new(), text.chars());
    let mut found = false;
    while let Some(c) = rest.next() {
        let ascii = |c: Option<char>| c.filter(|c| !c.is_ascii()).map_or(c, folded_alone);
        let digit = |c: Option<char>| ascii(c).and_then(|c| c.to_digit(16));
        if ascii(Some(c)) == Some('%') {
            let mut after = rest.clone();
            if let (Some(high), Some(low)) = (digit(after.next()), digit(after.next())) {
                decoded.push((high << 4 | low) as u8);
                (rest, found) = (after, true);
                continue;
            }
        }
        decoded.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
    }
    found.then(|| String::from_utf8_lossy(&decoded).into_owned())
}

/// The one ASCII character that a character means.
fn folded_alone(c: char) -> Option<char> {
    match fold(c) {
        Fold::Stays(byte) => Some(byte.into()),
        Fold::Is(text) => text.parse().ok(),
        Fold::Goes | Fold::EndsName => None,
    }
}

enum Fold {
    Stays(u8),
    Is(&'static str),
    Goes,
    EndsName,
}

fn fold(c: char) -> Fold {
    match (c, u8::try_from(c)) {
        ('\t' | '\n' | '\r', _) => Fold::Goes,
        (_, Ok(byte)) if byte.is_ascii() => Fold::Stays(byte),
        // UTS 46 keeps it; what still follows IDNA 2003 reads it so.
        ('ß' | 'ẞ', _) => Fold::Is("ss"),
        // Compatible with a dot in Unicode, and no part of a name in UTS 46.
        ('․', _) => Fold::Stays(b'.'),
        _ if is_ignorable(c) => Fold::Goes,
        ('！'..='～', _) => u8::try_from(c as u32 - 0xFEE0).map_or(Fold::EndsName, Fold::Stays),
        _ => MAPPED.get(&c).map_or(Fold::EndsName, |text| if text.is_empty() { Fold::Goes } else { Fold::Is(text) }),
    }
}

/// Default_Ignorable_Code_Point, Unicode 16.0 (`DerivedCoreProperties.txt`).
const fn is_ignorable(c: char) -> bool {
    matches!(
        c as u32,
        0xAD | 0x34F
            | 0x61C
            | 0x115F..=0x1160
            | 0x17B4..=0x17B5
            | 0x180B..=0x180F
            | 0x200B..=0x200F
            | 0x202A..=0x202E
            | 0x2060..=0x206F
            | 0x3164
            | 0xFE00..=0xFE0F
            | 0xFEFF
            | 0xFFA0
            | 0xFFF0..=0xFFF8
            | 0x1BCA0..=0x1BCA3
            | 0x1D173..=0x1D17A
            | 0xE0000..=0xE0FFF
    )
}

/// Where Unicode keeps characters that mean ASCII ones. A test looks everywhere else for more.
const COMPATIBLE: [std::ops::RangeInclusive<u32>; 18] = [
    0x80..=0x24F,
    0x2B0..=0x2FF,
    0x1D00..=0x1DBF,
    0x1E00..=0x1EFF,
    0x2000..=0x24FF,
    0x2C7C..=0x2C7D,
    0x3000..=0x3002,
    0x3200..=0x33FF,
    0xA640..=0xA7FF,
    0xAB30..=0xAB6F,
    0xFB00..=0xFB06,
    0xFE00..=0xFFEF,
    0x10780..=0x107BF,
    0x1CCD6..=0x1CCF9,
    0x1D400..=0x1D7FF,
    0x1DF95..=0x1DF95,
    0x1F100..=0x1F1FF,
    0x1FBF0..=0x1FBF9,
];

/// What each of them means within a name, as the one canonicaliser of hosts says.
static MAPPED: LazyLock<HashMap<char, Box<str>>> = LazyLock::new(|| {
    let all = COMPATIBLE.into_iter().flatten().filter_map(char::from_u32);
    all.filter_map(|c| Some((c, mapped(c)?))).collect()
});

fn mapped(c: char) -> Option<Box<str>> {
    let url::Host::Domain(name) = url::Host::parse(&format!("a{c}b")).ok()? else { return None };
    let within = name.strip_prefix('a')?.strip_suffix('b')?;
    Some(within.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(text: &str) -> (String, Vec<usize>) {
        let folded = Folded::new(text);
        (String::from_utf8(folded.bytes.to_vec()).unwrap(), folded.seams)
    }

    #[test]
    fn what_means_ascii_becomes_ascii() {
        assert_eq!(folded("Plain.Text"), ("Plain.Text".into(), vec![]));
        assert_eq!(folded("ｈｏｍｅ。ｇｏｖ．uk"), ("home.gov.uk".into(), vec![]));
        assert_eq!(folded("ℋ𝐨ⓜe·oﬃce"), ("home office".into(), vec![]));
        assert_eq!(folded("a\u{200b}\u{ad}b\nc"), ("abc".into(), vec![1, 2]));
        assert_eq!(folded("é, ж ß"), (" ,   ss".into(), vec![]));
    }

    #[test]
    fn one_layer_of_percent_encoding_goes() {
        let decoded = |text| percent_decoded(text);
        assert_eq!(decoded("100% of é, %, %4, %zz"), None);
        assert_eq!(decoded("a%2Eb%2eé%C3%A9%252e%ff").as_deref(), Some("a.b.éé%2e\u{fffd}"));
        assert_eq!(decoded("a％２Ｅb%").as_deref(), Some("a.b%"));
    }

    #[test]
    fn no_character_that_means_ascii_was_left_out() {
        let elsewhere = |c: &char| !COMPATIBLE.iter().any(|r| r.contains(&(*c as u32))) && !is_ignorable(*c);
        let of_a_name = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.".contains(&b));
        let all = (0x80..0x2_0000).filter_map(char::from_u32).filter(elsewhere);
        let left_out: Vec<char> = all.filter(|c| mapped(*c).is_some_and(|text| of_a_name(&text))).collect();
        assert_eq!(left_out, Vec::<char>::new());
    }

    /// `screen::dotted` looks for these lead bytes.
    #[test]
    fn what_means_a_dot_begins_with_one_of_three_bytes() {
        for (c, _) in MAPPED.iter().filter(|(_, text)| text.contains('.')) {
            assert!(matches!(c.to_string().as_bytes()[0], 0xE2 | 0xE3 | 0xEF), "{:x}", *c as u32);
        }
    }
}

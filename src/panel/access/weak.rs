//! Which passphrases are not taken: short ones, and those that are tried first (NIST SP 800-63B-4 section 3.1.1.2). No
//! other rules: they make people choose worse ones.

use std::collections::BTreeSet;
use unicode_normalization::UnicodeNormalization as _;

/// Characters that it has at least.
pub(super) const SHORTEST: usize = 12;
/// And at most: more is a mistake.
pub(super) const LONGEST: usize = 200;
/// What must be left of it once everything that is tried first is taken out.
const LEFT: usize = 6;
/// How many different characters must be left.
const DIFFERENT: usize = 4;
/// Neighbours on keyboards, in the alphabet and in numbers; four of a run in a row are one choice.
const RUNS: &[&str] = &[
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "01234567890",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm",
];
/// The words of passwords that leak most often, and of our own trade; longer ones first where one holds another.
const WORDS: &[&str] = &[
    "administrator",
    "supportnotdeport",
    "passphrase",
    "homelessness",
    "manchester",
    "havengate",
    "password",
    "passwort",
    "passw0rd",
    "p@ssw0rd",
    "p@ssword",
    "pa55word",
    "christmas",
    "computer",
    "princess",
    "football",
    "baseball",
    "sunshine",
    "starwars",
    "superman",
    "liverpool",
    "homeless",
    "iloveyou",
    "welcome1",
    "trustno1",
    "whatever",
    "arsenal",
    "chelsea",
    "charlie",
    "michael",
    "letmein",
    "welcome",
    "charity",
    "council",
    "london",
    "monkey",
    "dragon",
    "shadow",
    "master",
    "secret",
    "summer",
    "winter",
    "spring",
    "autumn",
    "changeme",
    "access",
    "admin",
    "login",
    "panel",
    "hello",
    "love",
];

/// Why a passphrase is not taken; `None` when it is. `names` are those that somebody would try for this account: the
/// organisation's and its holder's.
pub(super) fn why<'a>(passphrase: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'static str> {
    match passphrase.chars().count() {
        n if n < SHORTEST => return Some("The passphrase is too short: it needs at least 12 characters."),
        n if n > LONGEST => return Some("The passphrase is too long: it may have 200 characters."),
        _ => {}
    }
    let names: Vec<String> = names.into_iter().flat_map(|name| name.split_whitespace()).map(folded).collect();
    let mut left = folded(passphrase);
    let own = names.iter().map(String::as_str).filter(|word| word.chars().count() >= 3);
    for word in own.chain(WORDS.iter().copied()) {
        left = left.replace(word, "");
    }
    let left = without_runs(&left);
    let different: BTreeSet<char> = left.chars().collect();
    (left.chars().count() < LEFT || different.len() < DIFFERENT).then_some(
        "That passphrase is one of the first that anybody would try. Take four or more words that have nothing to do \
         with each other, or with you and your organisation.",
    )
}

fn folded(text: &str) -> String {
    text.nfkc()
        .flat_map(char::to_lowercase)
        .filter(|c| !c.is_whitespace() && !matches!(c, '-' | '_' | '.' | '!'))
        .collect()
}

/// The text without what stands four times or more in a row of neighbours.
fn without_runs(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    let mut left = String::new();
    let mut rest = letters.as_slice();
    while let Some((first, after)) = rest.split_first() {
        match run(rest) {
            n if n >= 4 => rest = rest.get(n..).unwrap_or_default(),
            _ => {
                left.push(*first);
                rest = after;
            }
        }
    }
    left
}

/// How many at the start are neighbours, in either direction, or the same.
fn run(text: &[char]) -> usize {
    let neighbours = |row: &str| {
        let row: Vec<char> = row.chars().collect();
        let back: Vec<char> = row.iter().rev().copied().collect();
        [row, back].iter().map(|row| longest(text, row)).max().unwrap_or_default()
    };
    let same = text.iter().take_while(|c| Some(*c) == text.first()).count();
    RUNS.iter().map(|row| neighbours(row)).max().unwrap_or_default().max(same)
}

fn longest(text: &[char], row: &[char]) -> usize {
    let starts = (0..row.len()).filter_map(|from| row.get(from..));
    starts.map(|row| row.iter().zip(text).take_while(|(a, b)| a == b).count()).max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_tried_first_is_not_taken() {
        let names = ["Riverside Outreach", "Amina Okafor"];
        for bad in [
            "short",
            "passwordpassword",
            "Password-1234567",
            "qwertyuiop123456",
            "aaaaaaaaaaaaaaaa",
            "123456789012",
            "RiversideOutreach",
            "Riverside Outreach 2026",
            "riverside-outreach!!",
            "amina okafor 1",
            "letmein letmein",
            "abababababab",
            "zyxwvutsrqpo",
            "Havengate2026!",
            "１２３４５６７８９０１２",
            "summer summer summer",
            "            ",
        ] {
            assert!(why(bad, names).is_some(), "{bad}");
        }
        for good in [
            "correct horse battery staple",
            "nine herons under a lamp",
            "вересень кава трамвай",
            "k3q9ttmxxaa9p",
            "rain over riverside again",
            "t\u{e9}l\u{e9}phone bleu jardin",
            "我们一起坐在桥下面看河水慢慢流过去",
        ] {
            assert_eq!(why(good, names), None, "{good}");
        }
        assert!(why(&"é".repeat(201), names).unwrap().contains("too long"));
        assert!(why("elevenchars", names).unwrap().contains("too short"));
    }
}

//! TOML into mirrors, and serde's errors into words: what was wrong, where, the mend.

use super::At;
use crate::policy::diagnostic::{Problems, place};
use jiff::civil::Date;
use serde::de::DeserializeOwned;
use std::ops::Range;

/// Reads a file strictly. Unknown and duplicate keys are errors.
pub(in crate::policy) fn read<T: DeserializeOwned>(file: &str, text: &str, problems: &mut Problems) -> Option<T> {
    match toml::from_str(text) {
        Ok(mirror) => Some(mirror),
        Err(error) => {
            let (message, mend) = explain(error.message(), error.span().and_then(|s| text.get(s)));
            problems.error(place(file, error.span()), message, mend);
            None
        }
    }
}

/// The candidate nearest to `word`, if one is near enough to be what was meant.
pub(in crate::policy) fn did_you_mean<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|c| (strsim::damerau_levenshtein(word, c), c))
        .min()
        .filter(|(distance, c)| *distance <= 1 + c.len().min(word.len()) / 4)
        .map(|(_, c)| c)
}

/// "did you mean `x`? " or nothing, to stand before a mend.
pub(in crate::policy) fn hint<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    did_you_mean(word, candidates).map_or_else(String::new, |c| format!("did you mean `{c}`? "))
}

/// A day: a TOML local date, `2026-10-01`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::policy) struct Day(pub(in crate::policy) Date);

impl<'de> serde::Deserialize<'de> for Day {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let wrong = || serde::de::Error::custom("is not a day; write one such as 2026-10-01, without quotes");
        let toml::value::Datetime { date: Some(date), time: None, offset: None } =
            toml::value::Datetime::deserialize(d).map_err(|_| wrong())?
        else {
            return Err(wrong());
        };
        let number = |n: u8| i8::try_from(n).map_err(|_| wrong());
        let year = i16::try_from(date.year).map_err(|_| wrong())?;
        Date::new(year, number(date.month)?, number(date.day)?).map(Day).map_err(|_| wrong())
    }
}

/// The bytes of both.
pub(in crate::policy) fn across<A, B>(a: &At<A>, b: &At<B>) -> Range<usize> {
    a.span().start.min(b.span().start)..a.span().end.max(b.span().end)
}

/// serde's and toml's words are for programmers: says the same for the person who mends the file. `found`
/// is the text of the offending bytes.
pub(in crate::policy) fn explain(message: &str, found: Option<&str>) -> (String, String) {
    let message = message.trim_end();
    if let Some((name, expected)) =
        quoted_after(message, "unknown field ").or_else(|| quoted_after(message, "unknown variant "))
    {
        let known = backticked(expected);
        let mend = match known.as_slice() {
            [] => "take it out: nothing may stand here".to_owned(),
            known => format!("{}known here: {}", hint(name, known.iter().copied()), known.join(", ")),
        };
        return (format!("unknown key `{name}`"), mend);
    }
    if let Some((name, _)) = quoted_after(message, "missing field ") {
        return (format!("the key `{name}` is missing"), format!("add `{name} = …` to this table"));
    }
    if message.starts_with("duplicate") {
        return ("the key stands here twice".to_owned(), "keep one of them".to_owned());
    }
    let found = found.map(|f| f.lines().next().unwrap_or_default().trim()).filter(|f| !f.is_empty());
    if let Some(known) = message.strip_prefix("is not one of ") {
        let word = found.unwrap_or_default().trim_matches('"');
        return (
            format!("`{word}` is not known here"),
            format!("{}known: {}", hint(word, known.split(' ')), known.split(' ').collect::<Vec<_>>().join(", ")),
        );
    }
    if ["is ", "may ", "holds "].iter().any(|w| message.starts_with(w)) {
        let (message, mend) = message.split_once("; ").unwrap_or((message, "correct the value"));
        let value = found.map_or_else(|| "the value".to_owned(), |f| format!("`{}`", f.trim_matches('"')));
        return (format!("{value} {message}"), mend.to_owned());
    }
    if let Some((got, wanted)) = message.strip_prefix("invalid type: ").and_then(|m| m.rsplit_once(", expected ")) {
        return (format!("expected {wanted}, found {got}"), "correct the value".to_owned());
    }
    (message.replace('\n', "; "), "correct the TOML".to_owned())
}

/// For "unknown field `x`, rest" after the prefix: `("x", "rest")`.
fn quoted_after<'a>(message: &'a str, prefix: &str) -> Option<(&'a str, &'a str)> {
    message.strip_prefix(prefix)?.strip_prefix('`')?.split_once('`')
}

fn backticked(s: &str) -> Vec<&str> {
    s.split('`').skip(1).step_by(2).collect()
}

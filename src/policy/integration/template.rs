//! Query texts of which only literals vary: what is written in SOQL or in a FHIR search value.

use super::FieldRule;
use std::sync::Arc;

/// A text with places for literals, each of which has a rule.
#[derive(Debug)]
pub struct Template {
    /// How literals are written.
    pub language: Language,
    /// Texts and literals, in their order; no two literals stand next to each other.
    pub pieces: Vec<Piece>,
    /// The literals' rules.
    pub rules: Vec<Arc<FieldRule>>,
}

/// One piece of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Exactly this, but for white space where the language does not mind it.
    Text(Box<str>),
    /// A literal; the position of its rule.
    Literal(usize),
}

/// How a query's literals are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// Salesforce's SOQL: strings in single quotes with backslash escapes; numbers and dates as they are.
    Soql,
    /// FHIR R4 search values (section 3.1.1.4.0.1): `\`, `,`, `|` and `$` are escaped by a backslash.
    Fhir,
}

impl Language {
    /// Reads the literal at the beginning of a text: what it says, and the rest. `None` where there is none that can be
    /// read in one way only.
    #[must_use]
    pub fn read(self, text: &str) -> Option<(String, &str)> {
        match self {
            Self::Soql => match text.strip_prefix('\'') {
                Some(quoted) => read_quoted(quoted),
                None => {
                    let end = text.find(|c: char| !is_bare(c)).unwrap_or(text.len());
                    let (bare, rest) = text.split_at(end);
                    is_number(bare).then(|| (bare.to_owned(), rest))
                }
            },
            Self::Fhir => read_fhir(text),
        }
    }

    /// Writes a literal that says this, in the way that `was` was written. `None` where it cannot be.
    #[must_use]
    pub fn write(self, text: &str, was: &str) -> Option<String> {
        match self {
            Self::Soql if was.starts_with('\'') => write_quoted(text),
            Self::Soql => is_number(text).then(|| text.to_owned()),
            Self::Fhir => {
                let mut out = String::new();
                for c in text.chars() {
                    if c.is_control() {
                        return None;
                    }
                    if is_special(c) {
                        out.push('\\');
                    }
                    out.push(c);
                }
                Some(out)
            }
        }
    }
}

const fn is_bare(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | ':' | '+' | '-' | '_')
}

/// A number, a date or a time: what begins with a digit or a sign.
fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    digits.starts_with(|c: char| c.is_ascii_digit())
        && digits.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | ':' | '+' | '-' | 'T' | 'Z'))
}

/// SOQL's escapes that mean one character in every version. `\_` and `\%` are for LIKE, whose patterns match many.
const ESCAPES: [(char, char); 6] = [('\'', '\''), ('"', '"'), ('\\', '\\'), ('n', '\n'), ('r', '\r'), ('t', '\t')];

fn read_quoted(quoted: &str) -> Option<(String, &str)> {
    let (mut said, mut rest) = (String::new(), quoted.chars());
    loop {
        match rest.next()? {
            '\'' => return Some((said, rest.as_str())),
            '\\' => {
                let escape = rest.next()?;
                said.push(ESCAPES.iter().find(|(written, _)| *written == escape)?.1);
            }
            c if c.is_control() => return None,
            c => said.push(c),
        }
    }
}

fn write_quoted(text: &str) -> Option<String> {
    let mut out = String::from("'");
    for c in text.chars() {
        match ESCAPES.iter().find(|(_, said)| *said == c) {
            // A double quote needs none within single ones.
            Some(('"', _)) => out.push('"'),
            Some((escape, _)) => out.extend(['\\', *escape]),
            None if c.is_control() => return None,
            None => out.push(c),
        }
    }
    out.push('\'');
    Some(out)
}

const fn is_special(c: char) -> bool {
    matches!(c, '\\' | ',' | '|' | '$')
}

/// Up to what separates values, or to the end.
fn read_fhir(text: &str) -> Option<(String, &str)> {
    let mut said = String::new();
    let mut rest = text.chars();
    while let Some(c) = rest.clone().next() {
        match c {
            '\\' => {
                rest.next();
                said.push(rest.next().filter(|c| is_special(*c))?);
                continue;
            }
            c if is_special(c) => break,
            c if c.is_control() => return None,
            c => said.push(c),
        }
        rest.next();
    }
    (!said.is_empty()).then_some((said, rest.as_str()))
}

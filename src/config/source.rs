//! The file and the environment, read into known keys with the place of each. Nothing is typed here.

use super::{
    fault::{Fault, Place, shown},
    schema::{self, KEYS},
};
use ::config::{Environment, Source as _};
use std::{
    collections::{BTreeMap, HashMap},
    ffi::OsString,
    ops::Range,
    path::{Path, PathBuf},
};
use toml::de::{DeTable, DeValue};

/// What was given, by key.
#[derive(Debug, Default)]
pub(super) struct Source {
    /// Known keys.
    pub given: BTreeMap<&'static str, Given>,
    /// `[gateway.resolve]`: name and value, in the file's order of names.
    pub resolve: Vec<(String, Given)>,
    /// Where `[gateway.tls]` stands, if it does, even when it is empty.
    pub tls: Option<Place>,
    /// `[[caller]]`: its place and its keys.
    pub callers: Vec<Entry>,
    /// `[[webhook]]`: its place and its keys.
    pub webhooks: Vec<Entry>,
    /// What is wrong so far.
    pub faults: Vec<Fault>,
}

/// One entry of a list: its place and its keys.
pub(super) type Entry = (Place, BTreeMap<String, Given>);

/// The sections that are lists, read from the file only.
const LISTS: &[&str] = &["caller", "webhook"];

/// One value and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Given {
    /// The value.
    pub raw: Raw,
    /// Where.
    pub place: Place,
}

/// A value before its key's kind is asked.
#[derive(Debug, Clone)]
pub(super) enum Raw {
    /// A string of the file.
    Text(String),
    /// A decimal integer of the file.
    Integer(String),
    /// `true` or `false` of the file.
    Boolean(bool),
    /// An array of the file.
    List(Vec<Given>),
    /// Anything else, by what it is called.
    Other(&'static str),
    /// The text of an environment variable: its key's kind says what it is.
    Variable(String),
}

/// A file and its text, for places.
struct File<'a> {
    path: &'a Path,
    text: &'a str,
}

impl Source {
    /// Reads the file's text.
    pub(super) fn file(&mut self, path: &Path, text: &str) {
        let file = File { path, text };
        match DeTable::parse(text) {
            Ok(table) => self.section(&file, "", table.get_ref()),
            // The parser's own display quotes the line; its message is made of fixed words only.
            Err(e) => self.faults.push(Fault {
                place: e.span().map_or_else(|| Place::File(path.to_owned()), |span| file.place(span)),
                key: None,
                message: format!("this is not TOML: {}", e.message()),
                mend: "correct the line; text stands in \"quotes\", and a key stands once".to_owned(),
            }),
        }
    }

    fn section(&mut self, file: &File<'_>, prefix: &str, table: &DeTable<'_>) {
        for (name, value) in table {
            let path = match prefix {
                "" => name.get_ref().to_string(),
                prefix => format!("{prefix}.{}", name.get_ref()),
            };
            match (schema::find(&path), value.get_ref()) {
                (Some(key), raw) => {
                    self.given.insert(key.path, file.given(value.span(), raw));
                }
                (None, DeValue::Table(t)) if path == "gateway.resolve" => {
                    self.resolve
                        .extend(t.iter().map(|(n, v)| (n.get_ref().to_string(), file.given(v.span(), v.get_ref()))));
                }
                (None, DeValue::Array(list)) if LISTS.contains(&path.as_str()) => {
                    for entry in list {
                        self.entry(file, &path, entry.span(), entry.get_ref());
                    }
                }
                (None, DeValue::Table(t)) if schema::is_section(&path) && !LISTS.contains(&path.as_str()) => {
                    if path == "gateway.tls" {
                        self.tls = Some(file.place(name.span()));
                    }
                    self.section(file, &path, t);
                }
                (None, _) => self.faults.push(unknown(file.place(name.span()), prefix, &path)),
            }
        }
    }

    fn entry(&mut self, file: &File<'_>, list: &str, span: Range<usize>, entry: &DeValue<'_>) {
        let place = file.place(span);
        let DeValue::Table(table) = entry else {
            return self.faults.push(list_shape(place, list));
        };
        let keys = table.iter().map(|(n, v)| (n.get_ref().to_string(), file.given(v.span(), v.get_ref())));
        let entries = if list == "caller" { &mut self.callers } else { &mut self.webhooks };
        entries.push((place, keys.collect()));
    }

    /// Lays the environment over the file.
    pub(super) fn environment(&mut self, variables: impl IntoIterator<Item = (OsString, OsString)>) {
        let mut known = HashMap::new();
        for (name, value) in variables {
            let lossy = name.to_string_lossy();
            if !lossy.to_ascii_uppercase().starts_with("HAVENGATE_") || lossy == super::CONFIG_VARIABLE {
                continue;
            }
            match (key_of(&lossy), value.into_string()) {
                (None, _) => self.faults.push(unknown_variable(&lossy)),
                (Some(key), Err(_)) => self.faults.push(Fault {
                    place: Place::Environment(lossy.into_owned()),
                    key: Some(key.path.to_owned()),
                    message: "is not UTF-8 text".to_owned(),
                    mend: "set it again, or unset it".to_owned(),
                }),
                (Some(_), Ok(value)) => {
                    known.insert(lossy.into_owned(), value);
                }
            }
        }
        // Both separators must be said, or the library ignores the overrides in silence; and it must not
        // guess types (`007` would become 7): the key's kind decides.
        let overlay = Environment::with_prefix("HAVENGATE")
            .prefix_separator("__")
            .separator("__")
            .source(Some(known))
            .collect()
            .unwrap_or_default();
        for key in KEYS {
            if let Some(text) = overlay.get(key.path).and_then(|v| v.clone().into_string().ok()) {
                let place = Place::Environment(variable(key.path));
                self.given.insert(key.path, Given { raw: Raw::Variable(text), place });
            }
        }
    }
}

impl File<'_> {
    fn place(&self, span: Range<usize>) -> Place {
        let before = self.text.get(..span.start).unwrap_or(self.text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |l| l.chars().count()) + 1;
        Place::At { file: PathBuf::from(self.path), line, column }
    }

    fn given(&self, span: Range<usize>, value: &DeValue<'_>) -> Given {
        let raw = match value {
            DeValue::String(s) => Raw::Text(s.to_string()),
            DeValue::Integer(i) if i.radix() == 10 => Raw::Integer(i.as_str().to_owned()),
            DeValue::Integer(_) => Raw::Other("a number that is not decimal"),
            DeValue::Boolean(b) => Raw::Boolean(*b),
            DeValue::Array(a) => Raw::List(a.iter().map(|v| self.given(v.span(), v.get_ref())).collect()),
            DeValue::Float(_) => Raw::Other("a fraction"),
            DeValue::Datetime(_) => Raw::Other("a date or time"),
            DeValue::Table(_) => Raw::Other("a section"),
        };
        Given { raw, place: self.place(span) }
    }
}

/// `limits.body` → `HAVENGATE__LIMITS__BODY`.
pub(super) fn variable(path: &str) -> String {
    format!("HAVENGATE__{}", path.to_ascii_uppercase().replace('.', "__"))
}

/// The key a variable overrides. Exactly one spelling of each, so that two can never disagree.
fn key_of(name: &str) -> Option<&'static schema::Key> {
    KEYS.iter().find(|k| variable(k.path) == name)
}

fn unknown(place: Place, section: &str, path: &str) -> Fault {
    if LISTS.contains(&path) {
        return list_shape(place, path);
    }
    if schema::is_section(path) {
        return Fault {
            place,
            key: Some(path.to_owned()),
            message: "is a section".to_owned(),
            mend: format!("write [{path}] on a line of its own and its keys below it"),
        };
    }
    let mend = match section {
        "" => format!(
            "the sections are {}",
            schema::SECTIONS.iter().map(|(s, _)| *s).filter(|s| !s.contains('.')).collect::<Vec<_>>().join(", ")
        ),
        s => format!("the keys of [{s}] are {}", schema::keys_of(s).map(|(n, _)| n).collect::<Vec<_>>().join(", ")),
    };
    Fault { place, key: Some(shown(path)), message: "there is no such key".to_owned(), mend }
}

fn list_shape(place: Place, list: &str) -> Fault {
    Fault {
        place,
        key: Some(list.to_owned()),
        message: "expected entries of a list".to_owned(),
        mend: format!("write [[{list}]], with two brackets, for each {list}"),
    }
}

fn unknown_variable(name: &str) -> Fault {
    let upper = name.to_ascii_uppercase();
    let close = upper.trim_start_matches("HAVENGATE").trim_start_matches('_').replace("__", ".").to_ascii_lowercase();
    let guess = KEYS.iter().find(|k| k.path == close || k.path.replace('.', "_") == close);
    let mend = match guess {
        Some(key) => format!("write {}", variable(key.path)),
        None if close.starts_with("gateway.resolve") || LISTS.iter().any(|l| close.starts_with(l)) => {
            "[gateway.resolve], [[caller]] and [[webhook]] are read from the file only".to_owned()
        }
        None => "unset it; overrides are HAVENGATE__SECTION__KEY, such as HAVENGATE__LIMITS__BODY".to_owned(),
    };
    let place = Place::Environment(shown(name));
    Fault { place, key: None, message: "Havengate knows no such variable".to_owned(), mend }
}

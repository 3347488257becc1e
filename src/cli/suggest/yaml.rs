//! YAML 1.2 documents as JSON values, for OpenAPI documents, which are mostly written so.
//!
//! What a document says twice, in another document or in words of its own (tags) is refused, and so is what grows beyond a
//! bound while it is read: aliases count as what they stand for. Numbers stay texts, because `3.1` is a version here.

use granit_parser::{Event, Parser, ScalarStyle, Tag};
use serde_json::{Map, Value};
use std::collections::HashMap;

/// Values of one document, those that aliases repeat among them.
const VALUES: usize = 1_000_000;
/// Bytes of a text that count as a value more.
const TEXT: usize = 64;
/// Lists and mappings within each other.
const DEPTH: usize = 100;

/// Reads one document.
///
/// # Errors
/// What is wrong and in which line; no value and no key is repeated.
pub(super) fn read(text: &str) -> Result<Value, String> {
    let mut reader = Reader::default();
    for event in Parser::new_from_str(text) {
        match event {
            Ok((event, span)) => {
                let line = span.start.line();
                reader.event(event).map_err(|what| format!("line {line}: {what}"))?;
            }
            Err(error) => {
                let (mark, what) = (error.marker(), error.kind());
                return Err(format!("line {}, column {}: this is not YAML: {what}", mark.line(), mark.col() + 1));
            }
        }
    }
    Ok(reader.root.unwrap_or(Value::Null))
}

/// A list or mapping that has not ended.
struct Open {
    anchor: usize,
    /// How many values there were before it.
    before: usize,
    within: Within,
}

enum Within {
    List(Vec<Value>),
    Mapping {
        members: Map<String, Value>,
        /// The key whose value comes next.
        key: Option<Key>,
        /// Mappings whose members it takes over where it has none of its own (`<<`, of YAML 1.1).
        merged: Vec<Value>,
    },
}

enum Key {
    Name(String),
    Merge,
}

#[derive(Default)]
struct Reader {
    open: Vec<Open>,
    root: Option<Value>,
    /// What aliases stand for, and how many values that is.
    anchors: HashMap<usize, (Value, usize)>,
    /// How many values there were so far, and how many are kept for aliases: what stands in several anchors often.
    values: usize,
    kept: usize,
}

impl Reader {
    fn event(&mut self, event: Event<'_>) -> Result<(), String> {
        match event {
            Event::DocumentStart(..) if self.root.is_some() => {
                Err("a second document begins here; give one file for each".to_owned())
            }
            Event::Scalar(text, style, anchor, tag) => {
                known(tag.as_deref())?;
                let before = self.values;
                // A long text is as much as many short ones, each time an alias repeats it.
                self.count(1 + text.len() / TEXT)?;
                let plain = style == ScalarStyle::Plain && tag.is_none();
                if let Some(key) = self.awaits_key() {
                    *key = Some(if plain && text == "<<" { Key::Merge } else { Key::Name(text.clone().into_owned()) });
                    return self.keep(anchor, &Value::String(text.into_owned()), before);
                }
                self.put(scalar(&text, plain), anchor, before)
            }
            Event::SequenceStart(_, anchor, tag) => self.begin(Within::List(Vec::new()), anchor, tag.as_deref()),
            Event::MappingStart(_, anchor, tag) => {
                let within = Within::Mapping { members: Map::new(), key: None, merged: Vec::new() };
                self.begin(within, anchor, tag.as_deref())
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let Some(open) = self.open.pop() else { return Ok(()) };
                let value = open.within.value()?;
                self.put(value, open.anchor, open.before)
            }
            Event::Alias(anchor) => {
                let (value, size) = self.anchors.get(&anchor).ok_or("an alias stands for what it is itself part of")?;
                let (size, before) = (*size, self.values);
                if self.values + size > VALUES {
                    return Err(TOO_LARGE.to_owned());
                }
                let value = value.clone();
                self.count(size)?;
                match (self.awaits_key(), value) {
                    (Some(key), Value::String(name)) => *key = Some(Key::Name(name)),
                    (Some(_), _) => return Err(NO_KEY.to_owned()),
                    (None, value) => self.put(value, 0, before)?,
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn begin(&mut self, within: Within, anchor: usize, tag: Option<&Tag>) -> Result<(), String> {
        known(tag)?;
        if self.awaits_key().is_some() {
            return Err(NO_KEY.to_owned());
        }
        if self.open.len() >= DEPTH {
            return Err(format!("there are more than {DEPTH} lists and mappings within each other here"));
        }
        let before = self.values;
        self.count(1)?;
        self.open.push(Open { anchor, before, within });
        Ok(())
    }

    fn count(&mut self, more: usize) -> Result<(), String> {
        self.values += more;
        if self.values > VALUES { Err(TOO_LARGE.to_owned()) } else { Ok(()) }
    }

    /// Where the next key goes, if a key comes next.
    fn awaits_key(&mut self) -> Option<&mut Option<Key>> {
        match &mut self.open.last_mut()?.within {
            Within::Mapping { key: key @ None, .. } => Some(key),
            _ => None,
        }
    }

    /// A whole value, which began after so many.
    fn put(&mut self, value: Value, anchor: usize, before: usize) -> Result<(), String> {
        self.keep(anchor, &value, before)?;
        match self.open.last_mut().map(|open| &mut open.within) {
            None => self.root = Some(value),
            Some(Within::List(items)) => items.push(value),
            Some(Within::Mapping { members, key, merged }) => match key.take() {
                Some(Key::Name(name)) if members.contains_key(&name) => {
                    return Err("a key stands here for the second time in its mapping; keep one of the two".to_owned());
                }
                Some(Key::Name(name)) => {
                    members.insert(name, value);
                }
                Some(Key::Merge) => merged.push(value),
                None => return Err(NO_KEY.to_owned()),
            },
        }
        Ok(())
    }

    fn keep(&mut self, anchor: usize, value: &Value, before: usize) -> Result<(), String> {
        if anchor > 0 {
            let size = self.values - before;
            self.kept += size;
            if self.kept > VALUES {
                return Err(TOO_LARGE.to_owned());
            }
            self.anchors.insert(anchor, (value.clone(), size));
        }
        Ok(())
    }
}

const NO_KEY: &str = "a key here is a list or a mapping; keys have to be texts";
const TOO_LARGE: &str = "with what its aliases repeat the document has more than 1,000,000 values";

impl Within {
    fn value(self) -> Result<Value, String> {
        let (mut members, merged) = match self {
            Self::List(items) => return Ok(Value::Array(items)),
            Self::Mapping { members, merged, .. } => (members, merged),
        };
        let merged = merged.into_iter().flat_map(|value| match value {
            Value::Array(all) => all,
            one => vec![one],
        });
        for one in merged {
            let Value::Object(more) = one else { return Err("`<<` takes over what is no mapping".to_owned()) };
            for (name, value) in more {
                members.entry(name).or_insert(value);
            }
        }
        Ok(Value::Object(members))
    }
}

/// The core schema's null and booleans (YAML 1.2 section 10.3.2).
fn scalar(text: &str, plain: bool) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" if plain => Value::Null,
        "true" | "True" | "TRUE" if plain => Value::Bool(true),
        "false" | "False" | "FALSE" if plain => Value::Bool(false),
        text => Value::String(text.to_owned()),
    }
}

/// What another tag means only its writer knows; some tools read other files for one.
fn known(tag: Option<&Tag>) -> Result<(), String> {
    match tag {
        Some(tag) if tag.core_suffix().is_none() => {
            Err("a tag stands here that is not YAML's own; write out what it stands for".to_owned())
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn yaml_is_read_as_what_it_means() {
        let text =
            "a: &x {b: 1, 'c': \"d\"}\ne: [*x, ~, true, 'true', yes, 3.10]\nf:\n  <<: *x\n  b: own\n200: |\n  g\n  h\n";
        let x = json!({"b": "1", "c": "d"});
        let read = read(text).unwrap();
        let expected =
            json!({"a": x, "e": [x, null, true, "true", "yes", "3.10"], "f": {"b": "own", "c": "d"}, "200": "g\nh\n"});
        assert_eq!(read, expected);
        assert_eq!(super::read("# nothing\n").unwrap(), Value::Null);
        let nested = format!("{}x{}", "&a [".repeat(60), "]".repeat(60));
        assert!(super::read(&nested).is_ok());
    }

    #[test]
    fn what_can_be_read_in_two_ways_or_grows_is_refused() {
        let deep = "[".repeat(101) + &"]".repeat(101);
        let rows = (1..12).map(|n| format!("a{n}: &a{n} [{}]", format!("*a{}, ", n - 1).repeat(10)));
        let bomb = format!("a0: &a0 zorblina\n{}\n", rows.collect::<Vec<_>>().join("\n"));
        let long = format!("a: &a {}\nb: [{}]\n", "zorblina".repeat(10_000), "*a, ".repeat(1000));
        for (text, what) in [
            ("zorblina: 1\nb: 2\nzorblina: 3\n", "line 3: a key stands here for the second time"),
            ("a: 1\n---\nb: 1\n", "line 2: a second document"),
            ("a: !include zorblina.yaml\n", "line 1: a tag"),
            ("? [zorblina]\n: 1\n", "line 1: a key here is a list"),
            ("a: 'zorblina\n", "this is not YAML: "),
            ("a: {zorblina\n", "this is not YAML: "),
            ("a:\n\t- zorblina\n", "this is not YAML: "),
            ("a: *zorblina\n", "line 1, column 4: this is not YAML: "),
            ("a: &a [*a]\n", "line 1: an alias stands for what it is itself part of"),
            ("<<: zorblina\n", "`<<` takes over what is no mapping"),
            (&long, "more than 1,000,000 values"),
            (&deep, "more than 100 lists"),
            (&bomb, "more than 1,000,000 values"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(what) && !error.contains("zorblina"), "{text}: {error}");
        }
    }
}

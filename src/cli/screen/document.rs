//! A JSON document as lines, each with its place: text and numbers stay as they are written.

/// One step down.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Step {
    /// A member, by its unescaped name.
    Name(String),
    /// An element; of JSON Lines, a line first.
    Index(u64),
}

/// A value, or the beginning of a container; where a container ends, `end`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    /// From the document's root.
    pub(super) place: Vec<Step>,
    /// The member's name as written, quotes and all, where it has one.
    pub(super) key: Option<String>,
    /// The value as written, or a bracket.
    pub(super) text: String,
    /// It ends a container.
    pub(super) end: bool,
}

/// A document's lines. `None` where it is not JSON.
pub(super) fn lines(json: &str) -> Option<Vec<Line>> {
    serde_json::from_str::<serde::de::IgnoredAny>(json).ok()?;
    let mut reader = Reader { rest: json.trim_start(), lines: Vec::new(), place: Vec::new() };
    reader.value(None)?;
    Some(reader.lines)
}

/// It was read by another before: this one only finds the tokens.
struct Reader<'j> {
    rest: &'j str,
    lines: Vec<Line>,
    place: Vec<Step>,
}

impl<'j> Reader<'j> {
    fn value(&mut self, key: Option<&'j str>) -> Option<()> {
        let open = self.rest.chars().next()?;
        if !matches!(open, '{' | '[') {
            let text = self.token()?;
            self.line(key, text, false);
            return Some(());
        }
        let close = if open == '{' { '}' } else { ']' };
        self.skip(open)?;
        if self.skip(close).is_some() {
            self.line(key, if open == '{' { "{}" } else { "[]" }, false);
            return Some(());
        }
        self.line(key, if open == '{' { "{" } else { "[" }, false);
        let mut index = 0;
        loop {
            let name = if open == '{' { Some(self.token()?) } else { None };
            self.place.push(match name {
                Some(name) => Step::Name(serde_json::from_str(name).ok()?),
                None => Step::Index(index),
            });
            if name.is_some() {
                self.skip(':')?;
            }
            self.value(name)?;
            self.place.pop();
            index += 1;
            if self.skip(',').is_none() {
                break;
            }
        }
        self.skip(close)?;
        self.line(None, if open == '{' { "}" } else { "]" }, true);
        Some(())
    }

    fn line(&mut self, key: Option<&str>, text: &str, end: bool) {
        self.lines.push(Line { place: self.place.clone(), key: key.map(str::to_owned), text: text.to_owned(), end });
    }

    fn skip(&mut self, sign: char) -> Option<()> {
        self.rest = self.rest.strip_prefix(sign)?.trim_start();
        Some(())
    }

    /// A string, number or word as written.
    fn token(&mut self) -> Option<&'j str> {
        let mut escaped = false;
        let end = if self.rest.starts_with('"') {
            let close = |(i, c): &(usize, char)| {
                let ends = *i > 0 && *c == '"' && !escaped;
                escaped = *c == '\\' && !escaped;
                ends
            };
            self.rest.char_indices().find(close)?.0 + 1
        } else {
            self.rest.find([',', ']', '}', ' ', '\t', '\r', '\n', ':']).unwrap_or(self.rest.len())
        };
        let (token, rest) = self.rest.split_at_checked(end)?;
        self.rest = rest.trim_start();
        Some(token)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_has_its_place_and_its_text() {
        let found = lines(r#" { "a\u0062" : [ 1.0 , "x\"]," , {} ], "n": null }"#).unwrap();
        let said: Vec<_> = found.iter().map(|l| (l.place.len(), l.key.as_deref(), l.text.as_str(), l.end)).collect();
        assert_eq!(
            said,
            [
                (0, None, "{", false),
                (1, Some("\"a\\u0062\""), "[", false),
                (2, None, "1.0", false),
                (2, None, "\"x\\\"],\"", false),
                (2, None, "{}", false),
                (1, None, "]", true),
                (1, Some("\"n\""), "null", false),
                (0, None, "}", true),
            ]
        );
        assert_eq!(found[2].place, [Step::Name("ab".into()), Step::Index(0)]);
        assert_eq!(lines("{\"a\":"), None);
    }
}

//! Rewrites the links in a JSON answer: every byte stays but the listed strings.
//!
//! An answer is not screened, so nothing else is judged here; but it must be JSON that every reader reads alike as far
//! as the places of strings go, or a link could stand where only some of them see it. A name that stands twice is no
//! such doubt: the places of both are the same.

use super::{
    scan::{self, Fault, Partial},
    text,
};
use crate::policy::{integration::AnswerRules, selector::State};
use std::{borrow::Cow, sync::Arc};

/// An answer with its links rewritten.
#[derive(Debug, PartialEq, Eq)]
pub struct Rewritten {
    /// The document.
    pub bytes: Vec<u8>,
    /// Whether a byte of it changed.
    pub changed: bool,
    /// For each place at which links were withheld, how many.
    pub withheld: Vec<(Arc<str>, u64)>,
}

/// The document is not JSON that can be read in one way only, or is nested too deeply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the answer is not JSON that can be read in one way only")]
pub struct NotJson;

/// Rewrites a whole document. `own` says what a link becomes; `None` withholds it, and `null` stands there. An empty
/// string is no link. `depth` bounds nesting.
///
/// # Errors
/// [`NotJson`].
pub fn rewrite(
    document: &[u8],
    rules: &AnswerRules,
    depth: usize,
    own: &mut dyn FnMut(&str) -> Option<String>,
) -> Result<Rewritten, NotJson> {
    let mut walk = Walk {
        document,
        pos: 0,
        rules,
        depth,
        own,
        open: Vec::new(),
        copied: 0,
        out: Vec::with_capacity(document.len()),
        withheld: vec![0; rules.links.len()],
    };
    walk.document()?;
    let changed = walk.copied > 0;
    walk.copy_to(document.len());
    let places = rules.links.iter().cloned().zip(walk.withheld).filter(|(_, count)| *count > 0);
    Ok(Rewritten { bytes: walk.out, changed, withheld: places.collect() })
}

#[derive(Debug, Clone, Copy)]
enum Open {
    Object(State),
    Array(State, u64),
}

struct Walk<'a> {
    document: &'a [u8],
    pos: usize,
    rules: &'a AnswerRules,
    depth: usize,
    own: &'a mut dyn FnMut(&str) -> Option<String>,
    open: Vec<Open>,
    /// How much of the document is in `out`, as it is or rewritten.
    copied: usize,
    out: Vec<u8>,
    withheld: Vec<u64>,
}

impl From<Fault> for NotJson {
    fn from(_: Fault) -> Self {
        Self
    }
}

impl<'a> Walk<'a> {
    fn document(&mut self) -> Result<(), NotJson> {
        let mut state = self.rules.matcher.start();
        while let Some(next) = self.value(state)? {
            state = next;
        }
        match scan::significant(self.document, &mut self.pos) {
            None => Ok(()),
            Some(_) => Err(NotJson),
        }
    }

    /// Reads a value, or the beginning of one; the state of the value that comes next, if one does.
    fn value(&mut self, state: State) -> Result<Option<State>, NotJson> {
        match self.significant()? {
            b'{' => {
                self.open(Open::Object(state))?;
                if self.significant()? != b'}' {
                    return self.member(state).map(Some);
                }
                self.close();
            }
            b'[' => {
                self.open(Open::Array(state, 0))?;
                if self.significant()? != b']' {
                    return Ok(Some(self.rules.matcher.element(state, 0)));
                }
                self.close();
            }
            b'"' => self.string(state)?,
            b't' => self.pos = scan::literal(self.document, self.pos, b"true")?.ok_or(NotJson)?,
            b'f' => self.pos = scan::literal(self.document, self.pos, b"false")?.ok_or(NotJson)?,
            b'n' => self.pos = scan::literal(self.document, self.pos, b"null")?.ok_or(NotJson)?,
            b'-' | b'0'..=b'9' => self.pos = scan::number(self.document, self.pos, true)?.ok_or(NotJson)?,
            _ => return Err(NotJson),
        }
        self.after()
    }

    /// After a value: what comes next in the container, or in the one around it.
    fn after(&mut self) -> Result<Option<State>, NotJson> {
        while let Some(open) = self.open.last().copied() {
            match (self.significant()?, open) {
                (b',', Open::Object(state)) => {
                    self.pos += 1;
                    return self.member(state).map(Some);
                }
                (b',', Open::Array(state, index)) => {
                    self.pos += 1;
                    let index = index + 1;
                    self.open.pop();
                    self.open.push(Open::Array(state, index));
                    return Ok(Some(self.rules.matcher.element(state, index)));
                }
                (b'}', Open::Object(_)) | (b']', Open::Array(..)) => self.close(),
                _ => return Err(NotJson),
            }
        }
        Ok(None)
    }

    /// Reads a member's name and colon; the state of its value.
    fn member(&mut self, state: State) -> Result<State, NotJson> {
        if self.significant()? != b'"' {
            return Err(NotJson);
        }
        let name = self.text()?;
        if self.significant()? != b':' {
            return Err(NotJson);
        }
        self.pos += 1;
        Ok(self.rules.matcher.member(state, &name))
    }

    fn string(&mut self, state: State) -> Result<(), NotJson> {
        let from = self.pos;
        let link = self.text()?;
        let rules = self.rules;
        let Some(place) = rules.matcher.accepts(state).first().filter(|_| !link.is_empty()) else { return Ok(()) };
        let own = (self.own)(&link);
        if own.as_deref() == Some(&*link) {
            return Ok(());
        }
        self.copy_to(from);
        self.copied = self.pos;
        match own {
            Some(own) => text::encode(&own, &mut self.out),
            None => {
                self.out.extend_from_slice(b"null");
                if let Some(count) = self.withheld.get_mut(usize::from(*place)) {
                    *count += 1;
                }
            }
        }
        Ok(())
    }

    /// Reads the string that begins here.
    fn text(&mut self) -> Result<Cow<'a, str>, NotJson> {
        let (from, document) = (self.pos, self.document);
        let read = scan::text(document, from, &mut Partial::default())?.ok_or(NotJson)?;
        self.pos = read.end;
        Ok(text::decode(document.get(from + 1..read.end - 1).unwrap_or_default()))
    }

    fn significant(&mut self) -> Result<u8, NotJson> {
        scan::significant(self.document, &mut self.pos).ok_or(NotJson)
    }

    fn open(&mut self, open: Open) -> Result<(), NotJson> {
        if self.open.len() >= self.depth {
            return Err(NotJson);
        }
        self.open.push(open);
        self.pos += 1;
        Ok(())
    }

    fn close(&mut self) {
        self.open.pop();
        self.pos += 1;
    }

    fn copy_to(&mut self, to: usize) {
        self.out.extend_from_slice(self.document.get(self.copied..to).unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::selector::{Matcher, Selector};
    use proptest::prelude::*;

    fn rules(links: &[&str]) -> AnswerRules {
        let set: Vec<_> = (0..).zip(links).map(|(i, s)| (Selector::parse(s).unwrap(), i)).collect();
        AnswerRules { links: links.iter().map(|s| (*s).into()).collect(), matcher: Matcher::compile(&set).unwrap() }
    }

    /// Ours begin with `/own`; a link is ours if it begins with `/`.
    fn own(link: &str) -> Option<String> {
        link.starts_with('/').then(|| format!("/own{link}"))
    }

    fn run(links: &[&str], document: &str) -> Result<(String, Vec<(String, u64)>), NotJson> {
        let done = rewrite(document.as_bytes(), &rules(links), 64, &mut own)?;
        assert_eq!(done.changed, done.bytes != document.as_bytes());
        let withheld = done.withheld.iter().map(|(place, n)| (place.to_string(), *n)).collect();
        Ok((String::from_utf8(done.bytes).unwrap(), withheld))
    }

    #[test]
    fn listed_strings_are_rewritten_or_withheld_and_every_other_byte_stays() {
        let document = "{ \"next\" :\t\"\\/page\\u002f2\" , \"a\":[1.0e0, {\"url\": \"https://x\"},\r\n {\"url\":\"/y\"}],\
                        \"next\":\"//é\",\"other\":\"/z\", \"n\" : {\"next\":\"/no\"} }\n";
        let (out, withheld) = run(&["$.next", "$.a[*].url", "$.n"], document).unwrap();
        let expected = "{ \"next\" :\t\"/own/page/2\" , \"a\":[1.0e0, {\"url\": null},\r\n {\"url\":\"/own/y\"}],\
                        \"next\":\"/own//é\",\"other\":\"/z\", \"n\" : {\"next\":\"/no\"} }\n";
        assert_eq!((out.as_str(), withheld), (expected, vec![("$.a[*].url".to_owned(), 1)]));
    }

    #[test]
    fn what_is_no_string_or_empty_is_no_link() {
        for document in
            ["{\"next\":null}", "{\"next\":\"\"}", "{\"next\":[\"/x\"],\"more\":true}", "[]", " 1 ", "{}", "\"/x\""]
        {
            assert_eq!(run(&["$.next"], document), Ok((document.to_owned(), vec![])));
        }
        assert_eq!(run(&["$"], "\"https://x\"").unwrap().0, "null");
        assert_eq!(
            run(&["$..['@odata.nextLink']"], "[{\"@odata.nextLink\":\"/x\"}]").unwrap().0,
            "[{\"@odata.nextLink\":\"/own/x\"}]"
        );
    }

    #[test]
    fn what_is_not_json_is_not_read() {
        let deep = format!("{}1{}", "[".repeat(65), "]".repeat(65));
        for document in [
            "",
            "{",
            "[1",
            "{\"a\"}",
            "{\"a\":}",
            "{\"a\":1,}",
            "[1,]",
            "[1 2]",
            "{a:1}",
            "\"a",
            "'a'",
            "01",
            "1 2",
            "tru",
            "nul",
            "{\"a\":1]",
            "\"\\ud800\"",
            "\"\n\"",
            "\u{feff}{}",
            "{} x",
            "NaN",
            &deep,
        ] {
            assert_eq!(run(&["$..a"], document), Err(NotJson), "{document}");
        }
        assert_eq!(rewrite(b"\"\xff\"", &rules(&["$"]), 64, &mut own), Err(NotJson));
    }

    proptest! {
        /// What serde_json reads, with the same strings in the same places but the listed ones.
        #[test]
        fn only_listed_strings_change(text in "[{}\\[\\]\":,a1 /\\\\u0e-]{0,40}") {
            let read = serde_json::from_str::<serde_json::Value>(&text);
            match run(&["$.a", "$[*]"], &text) {
                Ok((out, _)) => {
                    prop_assert!(read.is_ok(), "{}", text);
                    prop_assert!(serde_json::from_str::<serde_json::Value>(&out).is_ok());
                }
                // serde_json refuses numbers that are too large for it, and nothing else that we take.
                Err(NotJson) => prop_assert!(read.is_err(), "{}", text),
            }
        }
    }
}

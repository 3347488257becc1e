//! RFC 9535 selectors, compiled together into one matcher that is walked once.
//!
//! [`Selector::parse`] reads one, [`Selector::join`] puts one behind another, [`Matcher::compile`] turns a
//! set into a deterministic automaton. `jsonpath-rust` parses; what it may accept wrongly, and what cannot
//! be decided while walking forward, is an error when policies are loaded, with a mend.
//!
//! Supported: names, `*`, indices from the front, unions, slices that go forward one by one, at most one descendant
//! segment (`..`), and filters, which are decided when the record is whole.

mod automaton;
mod build;
mod filter;
mod guess;
mod matcher;
mod name_key;
mod regexp;
mod xpath;

use jsonpath_rust::parser::{
    model::{Segment as Parsed, Selector as ParsedStep},
    parse_json_path,
};
use std::{fmt, sync::Arc};

pub use automaton::State;
pub(crate) use automaton::{Automaton, DEAD, UNLISTED};
pub(crate) use filter::{Comparison, Filter, Operand, Query, Scalar, Way};
pub use matcher::Matcher;
pub(crate) use name_key::NameKey;
pub(crate) use regexp::Pattern;
pub(crate) use xpath::{ATTRIBUTE, CHILD};

/// Segments one selector may have.
const SEGMENTS: usize = 64;
/// Brackets and parentheses within each other that one may have: the parser reads some of them several times.
const NESTED: usize = 10;

/// What is wrong with a selector or with a set of them. Quotes policy text, which is not personal data.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SelectorError {
    /// What is wrong, with what was expected.
    pub message: String,
    /// What to do.
    pub mend: String,
}

impl SelectorError {
    fn new(message: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { message: message.into(), mend: mend.into() }
    }
}

/// One selector, checked.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Selector {
    text: Arc<str>,
    segments: Vec<Segment>,
}

/// One step down (child) or any number of steps and then one (descendant).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Segment {
    pub(crate) descendant: bool,
    pub(crate) steps: Vec<Step>,
}

/// What one step may pass through.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Step {
    Name(Arc<str>),
    Wildcard,
    /// From the first index (inclusive) to the second (exclusive).
    Elements(u64, u64),
    /// Members and elements of which this holds. A matcher passes all of them: what looks sideways is decided once the
    /// record is there.
    Filter(Filter),
}

impl Selector {
    /// Reads a selector such as `$.clients[*].dob`.
    ///
    /// # Errors
    /// [`SelectorError`] when it is not RFC 9535 or uses what the matcher cannot decide.
    pub fn parse(text: &str) -> Result<Self, SelectorError> {
        lint_nesting(text)?;
        let query = parse_json_path(text).map_err(|_| no_selector(text))?;
        if query.segments.len() > SEGMENTS {
            return Err(SelectorError::new(format!("'{text}' has more than {SEGMENTS} segments"), "shorten it"));
        }
        let segments = query.segments.iter().map(|s| segment(text, s)).collect::<Result<Vec<_>, _>>()?;
        if segments.iter().filter(|s| s.descendant).count() > 1 {
            return Err(SelectorError::new(
                format!("'{text}' has more than one descendant segment (..)"),
                "name the way to the place, or keep only one '..'",
            ));
        }
        lint_white_space(text)?;
        Ok(Self { text: text.into(), segments })
    }

    /// The one member of this name, taken literally: how formats without nesting name a place.
    #[must_use]
    pub fn name(name: &str) -> Self {
        Self { text: name.into(), segments: vec![Segment { descendant: false, steps: vec![Step::Name(name.into())] }] }
    }

    /// A table's column `answer`, only in rows whose column `question` is exactly `text`. It is written
    /// `Answer where Question is "nationality"`, the text as JSON writes it, and no [`Matcher`] walks it.
    #[must_use]
    pub fn answer_where(answer: &str, question: &str, text: &str) -> Self {
        let filter = Filter::is_text(vec![Way::Name(question.into())], text);
        let segment = |step| Segment { descendant: false, steps: vec![step] };
        Self {
            text: format!("{answer} where {question} is {}", serde_json::Value::from(text)).into(),
            segments: vec![segment(Step::Filter(filter)), segment(Step::Name(answer.into()))],
        }
    }

    /// Of [`Selector::answer_where`]: the column with the answer, the one with the question, and the question.
    #[must_use]
    pub fn answered(&self) -> Option<(&str, &str, &str)> {
        let [row, column] = self.segments.as_slice() else { return None };
        let ([Step::Filter(filter)], [Step::Name(answer)]) = (row.steps.as_slice(), column.steps.as_slice()) else {
            return None;
        };
        let (question, text) = filter.as_text()?;
        Some((answer, question, text))
    }

    /// `$`, the whole of what it is applied to.
    #[must_use]
    pub fn root() -> Self {
        Self { text: "$".into(), segments: Vec::new() }
    }

    /// The selector as it was written; after [`Selector::join`], both texts put together.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The places `relative` selects, seen from each place `self` selects: `$.children[*]` joined with
    /// `$.id` is `$.children[*].id`.
    #[must_use]
    pub fn join(&self, relative: &Self) -> Self {
        let text = match relative.text.strip_prefix('$') {
            Some(rest) => format!("{}{rest}", self.text),
            None => format!("{}/{}", self.text, relative.text),
        };
        let segments = self.segments.iter().chain(&relative.segments).cloned().collect();
        Self { text: text.into(), segments }
    }

    /// Its steps, in order.
    pub(crate) fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// Whether what it selects depends on what stands beside it.
    #[must_use]
    pub fn has_filter(&self) -> bool {
        self.segments.iter().flat_map(|s| &s.steps).any(|step| matches!(step, Step::Filter(_)))
    }

    /// The places it selects, but only where of the container that the last step passes through `path`, a singular
    /// selector relative to it, is exactly this text: `$.answers[*]` where `$.id` is `dob` is
    /// `$.answers[?@.id == "dob"]`.
    ///
    /// # Errors
    /// When the last segment is not `[*]`, or `path` can select several places.
    pub fn only_where(&self, path: &Self, text: &str) -> Result<Self, SelectorError> {
        let [before @ .., last] = self.segments.as_slice() else { return Err(no_elements(&self.text)) };
        let Some(way) = path.way().filter(|_| last.steps == [Step::Wildcard]) else {
            return Err(no_elements(&self.text));
        };
        let Some(before_text) = self.text.strip_suffix("[*]") else { return Err(no_elements(&self.text)) };
        let filter = Filter::is_text(way, text);
        let rest = path.text.strip_prefix('$').unwrap_or(&path.text);
        let written = format!("{before_text}[?@{rest} == {}]", serde_json::Value::from(text));
        let last = Segment { descendant: last.descendant, steps: vec![Step::Filter(filter)] };
        Ok(Self { text: written.into(), segments: before.iter().cloned().chain([last]).collect() })
    }

    /// The names and indices of a singular selector, in order.
    fn way(&self) -> Option<Vec<Way>> {
        self.segments
            .iter()
            .map(|s| match (s.descendant, s.steps.as_slice()) {
                (false, [Step::Name(name)]) => Some(Way::Name(Arc::clone(name))),
                (false, [Step::Elements(from, to)]) if to.saturating_sub(*from) == 1 => Some(Way::Index(*from)),
                _ => None,
            })
            .collect()
    }

    /// Whether it is `$`, the whole of what it is applied to.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.segments.is_empty()
    }

    /// Whether it passes through an array or a wildcard, so that it may select several places.
    #[must_use]
    pub fn is_singular(&self) -> bool {
        self.segments.iter().all(|s| match s.steps.as_slice() {
            [Step::Name(_)] => !s.descendant,
            [Step::Elements(from, to)] => !s.descendant && to.saturating_sub(*from) == 1,
            _ => false,
        })
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn no_selector(text: &str) -> SelectorError {
    let mend = if text.contains('?') {
        "within a filter compare one place, length(…), count(…) or value(…) with a value, such as [?@.id == 'dob']; \
         match(…, '…') and search(…, '…') stand by themselves"
    } else {
        "write it like $.clients[*].firstName, and names with other characters like $['first name']"
    };
    SelectorError::new(format!("'{text}' is not an RFC 9535 selector"), mend)
}

/// Reading what is nested takes the parser up to three times as long for each step inwards.
fn lint_nesting(text: &str) -> Result<(), SelectorError> {
    let (mut depth, mut quotes) = (0usize, Quotes::default());
    for c in text.chars() {
        match c {
            c if quotes.hold(c) => {}
            '[' | '(' => depth += 1,
            ']' | ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > NESTED {
            let message = format!("'{text}' has more than {NESTED} brackets and parentheses within each other");
            return Err(SelectorError::new(message, "take parentheses out, or filter once instead of within a filter"));
        }
    }
    Ok(())
}

/// The parser forgives white space within names and numbers, and trims names by Unicode white space: two
/// readings of one text. We allow it only beside brackets, commas, colons and operators, as RFC 9535 does; before a dot
/// RFC 9535 allows it too, but parsers disagree.
fn lint_white_space(text: &str) -> Result<(), SelectorError> {
    let (mut before, mut quotes) = (' ', Quotes::default());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        if !quotes.hold(c) && c.is_whitespace() {
            let mut strange = !c.is_ascii();
            while let Some(c) = rest.next_if(|c| c.is_whitespace()) {
                strange |= !c.is_ascii();
            }
            let beside = |c: char| "[,:?=<>!&|()".contains(c);
            let around = beside(before) || rest.peek().is_some_and(|c| *c == ']' || beside(*c));
            if strange || !around {
                return Err(SelectorError::new(
                    format!("'{text}' has white space where it may not stand"),
                    "remove it, or quote the name: $['first name']",
                ));
            }
        }
        before = c;
    }
    Ok(())
}

/// Where a reading of a selector's characters is among its quotes.
#[derive(Default)]
struct Quotes {
    open: Option<char>,
    escaped: bool,
}

impl Quotes {
    /// Whether the next character stands within quotes or is one of them.
    fn hold(&mut self, c: char) -> bool {
        match self.open {
            Some(_) if self.escaped => self.escaped = false,
            Some(_) if c == '\\' => self.escaped = true,
            Some(quote) if c == quote => self.open = None,
            Some(_) => {}
            None if matches!(c, '\'' | '"') => self.open = Some(c),
            None => return false,
        }
        true
    }
}

fn segment(text: &str, parsed: &Parsed) -> Result<Segment, SelectorError> {
    match parsed {
        Parsed::Descendant(inner) => Ok(Segment { descendant: true, ..segment(text, inner)? }),
        Parsed::Selector(one) => Ok(Segment { descendant: false, steps: vec![step(text, one)?] }),
        Parsed::Selectors(many) => {
            let steps = many.iter().map(|s| step(text, s)).collect::<Result<_, _>>()?;
            Ok(Segment { descendant: false, steps })
        }
    }
}

fn step(text: &str, parsed: &ParsedStep) -> Result<Step, SelectorError> {
    let backwards = || {
        SelectorError::new(
            format!("'{text}' counts from the end of an array"),
            "count from the front, or use [*]; the end is not known while a body is read",
        )
    };
    let index = |i: i64| u64::try_from(i).map_err(|_| backwards());
    match parsed {
        ParsedStep::Name(name) => Ok(Step::Name(name.as_str().into())),
        ParsedStep::Wildcard => Ok(Step::Wildcard),
        ParsedStep::Index(i) => index(*i).map(|i| Step::Elements(i, i.saturating_add(1))),
        ParsedStep::Slice(from, to, None | Some(1)) => {
            let from = index(from.unwrap_or(0))?;
            Ok(Step::Elements(from, to.map_or(Ok(u64::MAX), index)?))
        }
        ParsedStep::Slice(..) => Err(SelectorError::new(
            format!("'{text}' has a slice whose step is not 1"),
            "use a slice without a step, or list the indices: [0,2,4]",
        )),
        ParsedStep::Filter(parsed) => filter::read(text, parsed).map(Step::Filter),
    }
}

fn no_elements(text: &str) -> SelectorError {
    SelectorError::new(
        format!("'{text}' does not select elements one by one, each with its question at one place"),
        "end it with [*], such as $.answers[*], and name one place within each, such as $.id",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        Selector::parse(text).unwrap_err().message
    }

    #[test]
    fn what_cannot_be_decided_forward_is_refused_with_a_reason() {
        assert!(refused("$.a[-1]").contains("end of an array"));
        assert!(refused("$.a[1:-1]").contains("end of an array"));
        assert!(refused("$.a[::2]").contains("step"));
        assert!(refused("$.a[?@.b[0,1]]").contains("several places"));
        assert!(refused("$.a[?@..b]").contains("any depth"));
        assert!(refused("$.a[?@.b > 1e999]").contains("too large"));
        assert!(refused("$..a..b").contains("more than one descendant"));
        for text in ["$.a\u{a0}", "$.a b", "$[1 2]"] {
            assert!(Selector::parse(text).is_err(), "{text}");
        }
        for text in ["", "a", "$.", "$.a.", "$ a", "$['a'", "$[01]"] {
            assert!(refused(text).contains("not an RFC 9535 selector"), "{text}");
        }
        assert!(refused(&format!("${}", ".a".repeat(65))).contains("more than 64"));
    }

    /// RFC 9535 section 2.4.9, but for what looks at any depth or calls functions of its own.
    #[test]
    fn the_examples_of_the_standard_are_typed_as_it_says() {
        for (text, well_typed) in [
            ("$[?length(@) < 3]", true),
            ("$[?length(@.*) < 3]", false),
            ("$[?count(@.*) == 1]", true),
            ("$[?count(1) == 1]", false),
            ("$[?match(@.timezone, 'Europe/.*')]", true),
            ("$[?match(@.timezone, 'Europe/.*') == true]", false),
            ("$[?value(@.*.color) == \"red\"]", true),
            ("$[?value(@.*.color)]", false),
            ("$[?length(value(@.*.color)) > 1 && !search(value(@.*.color), '[Rr]ed')]", true),
        ] {
            assert_eq!(Selector::parse(text).is_ok(), well_typed, "{text}");
        }
    }

    #[test]
    fn filters_that_mean_nothing_are_refused_with_what_to_write() {
        let mut wrong = Vec::new();
        for (text, what, mend) in [
            ("$[?length(@.a)]", "no condition", "[?length(@.codes) > 1]"),
            ("$[?!count(@.*)]", "no condition", "[?count(@.codes) > 1]"),
            ("$[?length(@.*) > 1]", "several places", "count(…)"),
            ("$[?length((@.a)) > 1]", "a condition", "name a place"),
            ("$[?length(match(@.a, 'x')) > 1]", "it is a condition", "stand by itself"),
            ("$[?count(1) > 1]", "not an RFC 9535", "count(…)"),
            ("$[?count(length(@.a)) > 1]", "no query", "count(@.codes[*])"),
            ("$[?value('a') == 'a']", "no query", "value(@.codes[*])"),
            ("$[?match(@.a, @.b)]", "not written out", "in quotes"),
            ("$[?search(@.a, 1)]", "not written out", "in quotes"),
            ("$[?match(@.*, 'a')]", "several places", "value(…)"),
            ("$[?match(@.a, '[')]", "ends too early", "close the brackets"),
            ("$[?match(@.a, '^a$')]", "^ or $", "take it out"),
            ("$[?match(@.a, 'a') == true]", "not an RFC 9535", "stand by themselves"),
            ("$[?lower(@.a) == 'a']", "not an RFC 9535", "length(…)"),
            ("$[?in(@.a, 'a')]", "does not have", "the functions are"),
            ("$[?length (@.a) > 1]", "not an RFC 9535", "length(…)"),
            ("$[?count(@..a) > 1]", "any depth", "name the way"),
            ("$[?count(@['a','b']) > 1]", "side by side", "&& or ||"),
            ("$[?@.a[-2:]]", "from the end", "from the front"),
            ("$[?@.a == 1e400]", "too large", "1e308"),
            ("$[?((((((((((@.a))))))))))]", "within each other", "take parentheses out"),
        ] {
            let error = Selector::parse(text).expect_err(text);
            wrong.extend((!error.message.contains(what) || !error.mend.contains(mend)).then_some(error));
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
        // What the parser would read three times for each step inwards is not read.
        let nested = |open: &str, close: &str, n: usize| format!("$[?{}@.a{}]", open.repeat(n), close.repeat(n));
        for (open, close) in [("length(", " == 1)"), ("match(@[?", "],'x')"), ("(", ")"), ("@[?", "]"), ("!(", ")")] {
            assert!(refused(&nested(open, close, 60)).contains("within each other"), "{open}");
            drop(Selector::parse(&nested(open, close, 9)));
        }
    }

    #[test]
    fn joining_continues_from_each_place() {
        let join = |a: &str, b: &str| Selector::parse(a).unwrap().join(&Selector::parse(b).unwrap());
        assert_eq!(join("$.children[*]", "$.id"), Selector::parse("$.children[*].id").unwrap());
        assert_eq!(join("$", "$.id"), Selector::parse("$.id").unwrap());
        assert!(join("$.a", "$").segments.len() == 1);
    }

    #[test]
    fn singular_means_one_place_at_most() {
        let singular = |s: &str| Selector::parse(s).unwrap().is_singular();
        assert!(singular("$.a[0]['b c']") && singular("$"));
        assert!(!singular("$.a[*]") && !singular("$..a") && !singular("$['a','b']") && !singular("$[0:2]"));
    }
}

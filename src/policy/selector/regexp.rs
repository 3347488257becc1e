//! I-Regexp (RFC 9485), the patterns of `match` and `search`: read strictly, and made into an automaton that looks at
//! each byte of a text once. A pattern whose automaton would be large is refused when policies are loaded.
//!
//! RFC 9485 takes `^` and `$` for themselves, and other programs take them for the ends of the text: both are refused
//! outside brackets.

use regex_automata::{
    Anchored, Input,
    dfa::{Automaton, StartKind, dense},
    nfa::thompson,
};
use std::{cmp::Ordering, fmt, iter::Peekable, str::Chars, sync::Arc};

/// Bytes that the automaton of one pattern may take, and that building it may.
const LARGEST: usize = 1 << 20;
const BUILDING: usize = 2 << 20;
/// How often something may be repeated by number, and how deep groups may be nested.
const REPEATS: u32 = 1000;
const NESTED: u32 = 32;

/// What a pattern is asked of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Kind {
    /// Whether it is the whole text.
    Match,
    /// Whether it is anywhere in it.
    Search,
}

/// A pattern, ready to be asked.
#[derive(Clone)]
pub(crate) struct Pattern {
    text: Arc<str>,
    kind: Kind,
    automaton: Arc<dense::DFA<Vec<u32>>>,
}

/// Why a text is no pattern. The message goes on from the selector's text.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) message: String,
    pub(super) mend: &'static str,
}

impl Pattern {
    pub(super) fn new(text: &str, kind: Kind) -> Result<Self, Fault> {
        let mut reader = Reader { text, rest: text.chars().peekable(), out: String::new(), nested: 0 };
        reader.alternatives()?;
        if reader.rest.next().is_some() {
            return Err(reader.fault("has a closing parenthesis too many", "write \\) where it means itself"));
        }
        let (pattern, start) = match kind {
            Kind::Match => (format!("(?:{})\\z", reader.out), StartKind::Anchored),
            Kind::Search => (reader.out, StartKind::Unanchored),
        };
        let bounds = dense::Config::new().dfa_size_limit(Some(LARGEST)).determinize_size_limit(Some(BUILDING));
        let automaton = dense::Builder::new()
            .configure(bounds.start_kind(start))
            .thompson(thompson::Config::new().nfa_size_limit(Some(BUILDING)))
            .build(&pattern);
        match automaton {
            Ok(automaton) => Ok(Self { text: text.into(), kind, automaton: Arc::new(automaton) }),
            Err(_) => Err(Fault {
                message: format!("has the pattern '{text}', which needs too much to be asked of every record"),
                mend: "repeat less, write [A-Za-z] instead of \\p{L} where that is enough, or use match(…) instead of \
                       search(…)",
            }),
        }
    }

    /// Whether it says yes to this text. It costs one step for each byte.
    pub(crate) fn is_in(&self, text: &str) -> bool {
        let anchored = if self.kind == Kind::Match { Anchored::Yes } else { Anchored::No };
        let input = Input::new(text).anchored(anchored).earliest(true);
        // An automaton without bytes at which it gives up answers always.
        self.automaton.try_search_fwd(&input).is_ok_and(|found| found.is_some())
    }
}

/// Reads a pattern and writes it as the automaton's builder reads it, every character by its number.
struct Reader<'t> {
    text: &'t str,
    rest: Peekable<Chars<'t>>,
    out: String,
    nested: u32,
}

impl Reader<'_> {
    fn alternatives(&mut self) -> Result<(), Fault> {
        loop {
            while self.rest.peek().is_some_and(|c| !matches!(c, '|' | ')')) {
                self.atom()?;
                self.quantifier()?;
            }
            if self.rest.next_if_eq(&'|').is_none() {
                return Ok(());
            }
            self.out.push('|');
        }
    }

    fn atom(&mut self) -> Result<(), Fault> {
        match self.rest.next() {
            Some('(') => self.group(),
            Some('[') => self.class(),
            Some('.') => {
                self.out.push_str("[^\\n\\r]");
                Ok(())
            }
            Some('\\') => match self.escape()? {
                Some(c) => {
                    self.literal(c);
                    Ok(())
                }
                None => Ok(()),
            },
            Some('^' | '$') => Err(self.fault(
                "has ^ or $, which means itself to some programs and an end of the text to others",
                "take it out: match(…) looks at the whole text and search(…) anywhere in it; for itself write \\^ or [$]",
            )),
            Some('*' | '+' | '?' | '{') => {
                Err(self.fault("repeats nothing, or repeats twice", "write \\*, \\+, \\? or \\{ where it means itself"))
            }
            Some(']' | '}') => Err(self.fault("has a bracket that closes nothing", "write \\] or \\}")),
            Some(c) => {
                self.literal(c);
                Ok(())
            }
            None => Err(self.ended()),
        }
    }

    fn group(&mut self) -> Result<(), Fault> {
        if self.nested >= NESTED {
            return Err(self.fault("has too many groups within each other", "take the inner ones out"));
        }
        self.nested += 1;
        // What a group matched is not kept.
        self.out.push_str("(?:");
        self.alternatives()?;
        if self.rest.next() != Some(')') {
            return Err(self.fault("has a group without an end", "close it, or write \\( where it means itself"));
        }
        self.nested -= 1;
        self.out.push(')');
        Ok(())
    }

    fn quantifier(&mut self) -> Result<(), Fault> {
        if let Some(c) = self.rest.next_if(|c| matches!(c, '*' | '+' | '?')) {
            self.out.push(c);
            return Ok(());
        }
        if self.rest.next_if_eq(&'{').is_none() {
            return Ok(());
        }
        let least = self.number()?;
        let most = match self.rest.next_if_eq(&',') {
            None => Some(least),
            Some(_) if self.rest.peek() == Some(&'}') => None,
            Some(_) => Some(self.number()?),
        };
        if self.rest.next() != Some('}') || most.is_some_and(|most| most < least) {
            return Err(self.fault("repeats a number of times that is none", "write {2}, {2,} or {2,5}"));
        }
        let most = most.map(|most| most.to_string()).unwrap_or_default();
        self.out.push_str(&format!("{{{least},{most}}}"));
        Ok(())
    }

    fn number(&mut self) -> Result<u32, Fault> {
        let mut number = None;
        while let Some(digit) = self.rest.peek().filter(|c| c.is_ascii_digit()).and_then(|c| c.to_digit(10)) {
            self.rest.next();
            let next = number.unwrap_or(0) * 10 + digit;
            if next > REPEATS {
                return Err(self.fault("repeats something more than 1,000 times", "repeat it less, or write + or *"));
            }
            number = Some(next);
        }
        number.ok_or_else(|| self.fault("repeats a number of times that is none", "write {2}, {2,} or {2,5}"))
    }

    /// After a backslash: the character that it means; `None` where it was a class of characters, which is written.
    fn escape(&mut self) -> Result<Option<char>, Fault> {
        match self.rest.next() {
            Some(c @ ('(' | ')' | '*' | '+' | '-' | '.' | '?' | '[' | '\\' | ']' | '^' | '{' | '|' | '}')) => {
                Ok(Some(c))
            }
            Some('n') => Ok(Some('\n')),
            Some('r') => Ok(Some('\r')),
            Some('t') => Ok(Some('\t')),
            Some(p @ ('p' | 'P')) => self.property(p).map(|()| None),
            Some('d' | 'D') => Err(self.fault("has \\d, which RFC 9485 does not have", "write [0-9] or \\p{Nd}")),
            Some('w' | 'W') => Err(self.fault("has \\w, which RFC 9485 does not have", "write [A-Za-z0-9_]")),
            Some('s' | 'S') => Err(self.fault("has \\s, which RFC 9485 does not have", "write [ \\t\\n\\r]")),
            Some('$') => Err(self.fault("has \\$, which RFC 9485 does not have", "write [$]")),
            Some(_) => {
                Err(self.fault("has a backslash before what needs none", "take it out; \\\\ is the backslash itself"))
            }
            None => Err(self.ended()),
        }
    }

    /// `\p{Lu}`: a general category of Unicode.
    fn property(&mut self, p: char) -> Result<(), Fault> {
        const KNOWN: [(char, &str); 7] =
            [('L', "lmotu"), ('M', "cen"), ('N', "dlo"), ('P', "cdefios"), ('Z', "lps"), ('S', "ckmo"), ('C', "cfno")];
        let mut category = String::new();
        if self.rest.next_if_eq(&'{').is_some() {
            while let Some(c) = self.rest.next_if(char::is_ascii_alphabetic) {
                category.push(c);
            }
        }
        let known = KNOWN.iter().any(|(major, minors)| {
            let minor = category.strip_prefix(*major);
            minor.is_some_and(|minor| minor.is_empty() || (minor.len() == 1 && minors.contains(minor)))
        });
        if !known || self.rest.next() != Some('}') {
            return Err(self.fault("names a kind of character that there is not", "write \\p{L}, \\p{Lu}, \\p{Nd}, …"));
        }
        self.out.push_str(&format!("\\{p}{{{category}}}"));
        Ok(())
    }

    fn class(&mut self) -> Result<(), Fault> {
        self.out.push('[');
        if self.rest.next_if_eq(&'^').is_some() {
            self.out.push('^');
        }
        let mut first = true;
        loop {
            let mut alone = false;
            let c = match self.rest.next() {
                Some(']') if first => return Err(self.fault("has empty brackets", "write \\] within them")),
                Some(']') => break,
                Some('-') if first || self.rest.peek() == Some(&']') => {
                    alone = true;
                    Some('-')
                }
                Some('[' | '-') => return Err(self.fault("has [ or - within brackets", "write \\[ or \\-")),
                Some('\\') => self.escape()?,
                Some(c) => Some(c),
                None => return Err(self.ended()),
            };
            if let Some(from) = c {
                self.range(from, alone)?;
            }
            first = false;
        }
        self.out.push(']');
        Ok(())
    }

    /// A character within brackets, and up to which where it is the first of a range. `alone`: it is none.
    fn range(&mut self, from: char, alone: bool) -> Result<(), Fault> {
        self.literal(from);
        let mut ahead = self.rest.clone();
        if alone || ahead.next() != Some('-') || matches!(ahead.next(), Some(']') | None) {
            return Ok(());
        }
        self.rest.next();
        let to = match self.rest.next() {
            Some('\\') => self.escape()?,
            Some('[' | '-') | None => None,
            to => to,
        };
        let Some(to) = to.filter(|to| from <= *to) else {
            return Err(self.fault("has a range within brackets that has no end", "write [a-z], and \\- for itself"));
        };
        self.out.push('-');
        self.literal(to);
        Ok(())
    }

    fn literal(&mut self, c: char) {
        self.out.push_str(&format!("\\x{{{:X}}}", u32::from(c)));
    }

    fn ended(&self) -> Fault {
        self.fault("ends too early", "close the brackets, and write \\\\ for the backslash itself")
    }

    fn fault(&self, what: &str, mend: &'static str) -> Fault {
        Fault { message: format!("has the pattern '{}', which {what}", self.text), mend }
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}({:?})", self.kind, self.text)
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Pattern {}

impl PartialOrd for Pattern {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// By what is written: the automaton follows from it.
impl Ord for Pattern {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.kind, &self.text).cmp(&(other.kind, &other.text))
    }
}

impl std::hash::Hash for Pattern {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        (self.kind, &self.text).hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn patterns_are_those_of_rfc_9485() {
        for text in [
            "",
            "a|",
            "()",
            "a{2}",
            "a{2,}b{0,3}",
            "[a-c]",
            "[^a-c]",
            "[-a]",
            "[a-]",
            "[^-a]",
            "[\\--a]",
            "[a$^.*]",
            "\\^",
            "[$]",
            "\\(\\)\\*\\+\\-\\.\\?\\[\\\\\\]\\{\\|\\}\\n\\r\\t",
            "\\p{L}\\P{Lu}[\\p{Nd}x]",
            "\\p{Cn}",
            "-,=<>!&~#",
            "é{2}",
            "[à-ü]",
        ] {
            assert!(Pattern::new(text, Kind::Match).is_ok(), "{text}: {:?}", Pattern::new(text, Kind::Match));
        }
    }

    #[test]
    fn what_is_no_pattern_is_refused_with_what_to_write() {
        for (text, what) in [
            ("^a", "^ or $"),
            ("a$", "^ or $"),
            ("\\$", "write"),
            ("\\d", "\\d"),
            ("\\w+", "\\w"),
            ("[\\s]", "\\s"),
            ("\\b", "backslash"),
            ("\\1", "backslash"),
            ("\\x41", "backslash"),
            ("\\u0041", "backslash"),
            ("\\pL", "kind of character"),
            ("\\p{Greek}", "kind of character"),
            ("\\p{Cs}", "kind of character"),
            ("\\p{Lul}", "kind of character"),
            ("\\p{Lu", "kind of character"),
            ("a**", "repeats"),
            ("a*?", "repeats"),
            ("+", "repeats"),
            ("a{2}{3}", "repeats"),
            ("a{,3}", "repeats"),
            ("a{3,2}", "repeats"),
            ("a{}", "repeats"),
            ("a{1001}", "1,000"),
            ("a{99999999999}", "1,000"),
            ("(a", "without an end"),
            ("(?:a)", "repeats"),
            ("(?i)a", "repeats"),
            ("a)", "too many"),
            ("a]", "closes nothing"),
            ("a}", "closes nothing"),
            ("[]", "empty"),
            ("[^]", "empty"),
            ("[a", "ends too early"),
            ("[", "ends too early"),
            ("\\", "ends too early"),
            ("[a-", "within brackets"),
            ("[c-a]", "range"),
            ("[a-\\p{L}]", "range"),
            ("[a-z-9]", "within brackets"),
            ("[[:alpha:]]", "within brackets"),
            ("[a&&[b]]", "within brackets"),
        ] {
            let fault = Pattern::new(text, Kind::Match).expect_err(text);
            assert!(fault.message.contains(what) || fault.mend.contains(what), "{text}: {fault:?}");
        }
        assert!(Pattern::new(&"(".repeat(40), Kind::Match).unwrap_err().message.contains("within each other"));
    }

    #[test]
    fn what_would_cost_much_is_refused_before_it_does() {
        for (text, kind) in [
            ("[ab]*a[ab]{40}", Kind::Search),
            (".*a.{20}", Kind::Match),
            ("((a{100}){100}){100}", Kind::Match),
            ("(x+x+)+y\\p{L}{500}", Kind::Search),
            ("((((a{1000}){1000}){1000}){1000}){1000}", Kind::Match),
        ] {
            let fault = Pattern::new(text, kind).expect_err(text);
            assert!(fault.message.contains("needs too much"), "{fault:?}");
        }
        // What people write is not.
        for text in ["\\p{Lu}\\p{L}*( \\p{Lu}\\p{L}*){0,3}", "[A-Z]{2}[0-9]{6}[A-D]", ".{1,200}", "https?://[^/]+/.*"] {
            let pattern = Pattern::new(text, Kind::Match).expect(text);
            assert!(Pattern::new(text, Kind::Search).is_ok(), "{pattern:?}");
        }
        // The worst for engines that try again and again.
        let pattern = Pattern::new("(x+x+)+y", Kind::Search).unwrap();
        assert!(!pattern.is_in(&"x".repeat(1 << 20)));
    }

    fn pattern() -> impl Strategy<Value = String> {
        let atom = proptest::sample::select(
            &[
                "a",
                "b",
                "é",
                "\\.",
                "\\-",
                "-",
                "[ab]",
                "[^a]",
                "[a-bé]",
                "[-.]",
                "\\p{Zs}",
                "\\P{Zs}",
                "[\\p{Zs}a]",
                "€",
            ][..],
        );
        atom.prop_map(str::to_owned).prop_recursive(3, 12, 3, |inner| {
            prop_oneof![
                (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("{a}{b}")),
                (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}|{b})")),
                (inner.clone(), proptest::sample::select(&["*", "+", "?", "{2}", "{1,}", "{0,2}"][..]))
                    .prop_map(|(a, times)| format!("({a}){times}")),
                inner.prop_map(|a| format!("({a}|)")),
            ]
        })
    }

    proptest! {
        #[test]
        fn a_pattern_says_what_another_engine_says(pattern in pattern(), text in "[abé€.\\- \n]{0,8}") {
            let whole = regex::Regex::new(&format!(r"\A(?:{pattern})\z")).unwrap();
            let anywhere = regex::Regex::new(&pattern).unwrap();
            prop_assert_eq!(Pattern::new(&pattern, Kind::Match).unwrap().is_in(&text), whole.is_match(&text));
            prop_assert_eq!(Pattern::new(&pattern, Kind::Search).unwrap().is_in(&text), anywhere.is_match(&text));
        }

        #[test]
        fn any_text_is_a_pattern_or_is_refused(text in "[\\[\\](){}|^$.*+?,a-c0-3\\\\pL&~-]{0,20}|\\PC{0,20}", of in "\\PC{0,20}") {
            for kind in [Kind::Match, Kind::Search] {
                match Pattern::new(&text, kind) {
                    Ok(pattern) => drop(pattern.is_in(&of)),
                    Err(fault) => {
                        let large = fault.message.contains("needs too much");
                        prop_assert!(!large || text.contains('{'), "{}", text);
                    }
                }
            }
        }
    }
}

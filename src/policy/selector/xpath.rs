//! Selectors for XML: the part of XPath 1.0 that names places forward, and nothing else.
//!
//! Child (`a/b`), descendant (`a//b`, `.//b`), attribute (`@id`, `a/@id`), name tests with prefixes of the policy's own
//! table, `*` for every element and `@*` for every attribute, and `.` for the whole of what it is applied to. Absolute
//! (`/a/b`, `//b`) and relative paths give the same segments; who asks knows which of them it wants.
//!
//! Every step is two: a mark that says whether a child element or an attribute is meant, and an expanded name. So `*`
//! never means an attribute, and the matcher need not know what XML is.

use super::{SEGMENTS, Segment, Selector, SelectorError, Step};
use crate::policy::integration::{Namespaces, is_ncname};

/// What leads to a child element. No XML name begins with it.
pub(crate) const CHILD: &str = "<";
/// What leads to an attribute. No XML name begins with it.
pub(crate) const ATTRIBUTE: &str = "@";

impl Selector {
    /// Reads a selector such as `h:Name/h:Given`, `@id` or `/soap:Envelope/soap:Body/h:Case`.
    ///
    /// # Errors
    /// [`SelectorError`] when it is not XPath, uses a prefix that is not declared, or what is not supported.
    pub fn xpath(text: &str, namespaces: &Namespaces) -> Result<Self, SelectorError> {
        unsupported(text)?;
        let mut segments = Vec::new();
        let (mut rest, mut descendant) = beginning(text);
        while !rest.is_empty() || descendant {
            let (step, after) = rest.split_once('/').map_or((rest, None), |(step, after)| (step, Some(after)));
            let is_attribute = step.starts_with('@');
            segments.extend(self::step(text, step, descendant, namespaces)?);
            let Some(after) = after else { break };
            if is_attribute {
                return Err(error(text, "goes on after an attribute, which holds nothing", "end it there"));
            }
            if after.is_empty() {
                return Err(error(text, "ends in a slash", "name what is meant after it, or take it out"));
            }
            (rest, descendant) = after.strip_prefix('/').map_or((after, false), |after| (after, true));
        }
        if segments.len() > SEGMENTS {
            return Err(error(text, &format!("has more than {} steps", SEGMENTS / 2), "shorten it"));
        }
        if segments.iter().filter(|s| s.descendant).count() > 1 {
            let mend = "name the way to the place, or keep only one `//`";
            return Err(error(text, "has more than one descendant step (//)", mend));
        }
        Ok(Self { text: text.into(), segments })
    }
}

/// The first step, and whether it may lie at any depth.
fn beginning(text: &str) -> (&str, bool) {
    if let Some(rest) = text.strip_prefix(".//").or_else(|| text.strip_prefix("//")) {
        return (rest, true);
    }
    if text == "." {
        return ("", false);
    }
    let rest = text.strip_prefix("./").or_else(|| text.strip_prefix('/')).unwrap_or(text);
    (rest, false)
}

/// A step's two segments.
fn step(text: &str, step: &str, descendant: bool, namespaces: &Namespaces) -> Result<[Segment; 2], SelectorError> {
    let (mark, name) = match step.strip_prefix('@') {
        Some(name) => (ATTRIBUTE, name),
        None => (CHILD, step),
    };
    let test = match name {
        "*" => Step::Wildcard,
        name => Step::Name(expanded(text, name, mark, namespaces)?.into()),
    };
    Ok([Segment { descendant, steps: vec![Step::Name(mark.into())] }, Segment { descendant: false, steps: vec![test] }])
}

fn expanded(text: &str, name: &str, mark: &str, namespaces: &Namespaces) -> Result<String, SelectorError> {
    let (prefix, local) = match name.split_once(':') {
        Some((prefix, local)) if is_ncname(prefix) => (prefix, local),
        Some(_) => return Err(not_a_name(text, name)),
        None => ("", name),
    };
    if local == "*" {
        let mend = "list the names, or write * for every element whose namespace is in `namespaces`";
        return Err(error(text, &format!("names everything of one namespace with `{name}`"), mend));
    }
    if !is_ncname(local) {
        return Err(not_a_name(text, name));
    }
    let found = namespaces.of_prefix(prefix);
    match found {
        // An attribute without a prefix is in no namespace, whatever the default is.
        _ if prefix.is_empty() && mark == ATTRIBUTE => Ok(local.to_owned()),
        None if prefix.is_empty() => Ok(local.to_owned()),
        Some(ns) => Ok(format!("{}{local}", ns.mark())),
        None => {
            let near = crate::policy::source::read::hint(prefix, namespaces.prefixes());
            let mend = format!("{near}add `{prefix} = \"…\"` to `namespaces` under `[operation.body]`");
            Err(error(text, &format!("uses the prefix `{prefix}`, which is not declared"), mend))
        }
    }
}

/// What XPath has and this has not, with what to write instead.
fn unsupported(text: &str) -> Result<(), SelectorError> {
    let table = [
        ("$", "is written for JSON", "name the place as XPath does: h:Name/h:Given, @id"),
        ("(", "calls a function or tests a kind of node", "leave it out: naming an element means its text"),
        ("[", "has a predicate or a position", "take it out: a name means every element of that name in that place"),
        ("::", "names an axis", "write @id for an attribute, a/b for a child, .//b for a descendant"),
        ("..", "goes upwards", "begin where the way down begins; select the record higher up"),
        ("|", "joins two places", "list each of them by itself"),
    ];
    if text.is_empty() {
        return Err(SelectorError::new("an empty selector names no place", "write it like h:Name/h:Given or @id"));
    }
    if text.contains(char::is_whitespace) {
        return Err(error(text, "has white space in it", "take it out"));
    }
    match table.iter().find(|(sign, ..)| text.contains(sign)) {
        Some((_, what, mend)) => Err(error(text, what, *mend)),
        None => Ok(()),
    }
}

fn not_a_name(text: &str, name: &str) -> SelectorError {
    let mend = "write it like h:Name/h:Given or @id";
    match name {
        "" => error(text, "has a step without a name", mend),
        "." => error(text, "has a `.` in the middle", "take it out"),
        name => error(text, &format!("has the step `{name}`, which is no XML name"), mend),
    }
}

fn error(text: &str, what: &str, mend: impl Into<String>) -> SelectorError {
    SelectorError::new(format!("'{text}' {what}"), mend)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::selector::{Matcher, State};

    fn table() -> Namespaces {
        Namespaces::new(vec![("h".into(), "urn:h".into()), ("".into(), "urn:d".into())])
    }

    fn plain() -> Namespaces {
        Namespaces::new(vec![("h".into(), "urn:h".into())])
    }

    fn walk(matcher: &Matcher<usize>, path: &[&str]) -> State {
        path.iter().fold(matcher.start(), |state, step| {
            let (mark, name) = step.split_at(1);
            matcher.member(matcher.member(state, mark), name)
        })
    }

    fn compile(selectors: &[&str]) -> Matcher<usize> {
        let set: Vec<_> = (0..).zip(selectors).map(|(i, s)| (Selector::xpath(s, &plain()).unwrap(), i)).collect();
        Matcher::compile(&set).unwrap()
    }

    #[test]
    fn places_are_walked_element_by_element() {
        let m = compile(&["/h:Case/h:Name", "/h:Case/@id", "//note", "/h:Case/*", "//@ref", "/h:Case/@*", "."]);
        assert_eq!(m.accepts(walk(&m, &["<2:Case", "<2:Name"])), [0, 3]);
        assert_eq!(m.accepts(walk(&m, &["<2:Case", "@id"])), [1, 5]);
        assert_eq!(m.accepts(walk(&m, &["<2:Case", "<note"])), [2, 3]);
        assert_eq!(m.accepts(walk(&m, &["<a", "<b", "<note"])), [2]);
        assert_eq!(m.accepts(walk(&m, &["<a", "@ref"])), [4]);
        assert_eq!(m.accepts(walk(&m, &["<2:Case", "@2:id"])), [5]);
        assert_eq!(m.accepts(m.start()), [6]);
        assert!(m.accepts(walk(&m, &["<Case", "<2:Name"])).is_empty());
    }

    #[test]
    fn names_without_a_prefix_are_in_the_default_namespace_and_attributes_in_none() {
        let segments = |s: &str, n: &Namespaces| Selector::xpath(s, n).unwrap().segments;
        assert_eq!(segments("a/@b", &table())[1].steps, [Step::Name("3:a".into())]);
        assert_eq!(segments("a/@b", &table())[3].steps, [Step::Name("b".into())]);
        assert_eq!(segments("a", &plain())[1].steps, [Step::Name("a".into())]);
        assert_eq!(segments("@xml:lang", &plain())[1].steps, [Step::Name("1:lang".into())]);
    }

    #[test]
    fn absolute_and_relative_paths_give_the_same_segments() {
        let segments = |s: &str| Selector::xpath(s, &plain()).unwrap().segments;
        assert_eq!(segments("/a/b"), segments("a/b"));
        assert_eq!(segments("./a"), segments("a"));
        assert_eq!(segments("//a"), segments(".//a"));
        assert!(segments("/").is_empty() && segments(".").is_empty());
        let singular = |s: &str| Selector::xpath(s, &plain()).unwrap().is_singular();
        assert!(singular("a/@b") && !singular("a/*") && !singular(".//a"));
        let joined = Selector::xpath("h:Child", &plain()).unwrap().join(&Selector::xpath("@id", &plain()).unwrap());
        assert_eq!((joined.as_str(), &joined.segments), ("h:Child/@id", &segments("h:Child/@id")));
    }

    #[test]
    fn what_is_not_supported_is_refused_with_what_to_write_instead() {
        for (text, message, mend) in [
            ("", "names no place", "h:Name/h:Given"),
            ("$.a", "written for JSON", "h:Name/h:Given"),
            ("a/text()", "function", "means its text"),
            ("a[1]", "position", "every element"),
            ("child::a", "axis", ".//b"),
            ("../a", "upwards", "higher up"),
            ("a|b", "joins two", "each of them"),
            ("a /b", "white space", "take it out"),
            ("x:a", "prefix `x`", "add `x = \"…\"`"),
            ("hh:a", "prefix `hh`", "did you mean `h`"),
            ("h:*", "everything of one namespace", "list the names"),
            ("@a/b", "after an attribute", "end it there"),
            ("a/", "ends in a slash", "take it out"),
            ("a///b", "without a name", "h:Name"),
            ("//", "without a name", "h:Name"),
            (".//", "without a name", "h:Name"),
            ("a/./b", "in the middle", "take it out"),
            ("a//b//c", "more than one descendant", "keep only one"),
            ("1a", "no XML name", "h:Name"),
            ("a:b:c", "no XML name", "h:Name"),
            ("@", "without a name", "h:Name"),
            ("a@b", "no XML name", "h:Name"),
        ] {
            let found = Selector::xpath(text, &plain()).map_err(|e| (e.message, e.mend));
            assert!(matches!(&found, Err((m, n)) if m.contains(message) && n.contains(mend)), "{text}: {found:?}");
        }
        assert!(Selector::xpath(&"/a".repeat(33), &plain()).unwrap_err().message.contains("more than 32"));
    }
}

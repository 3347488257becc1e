//! Start tags, end tags and the XML declaration: their names and attributes, checked against the grammar.

use super::fault::{Fault, Said};
use crate::policy::integration::is_ncname;
use std::ops::Range;

/// The longest name, in bytes.
const NAME: usize = 1024;

/// An attribute in its tag.
#[derive(Debug, Clone)]
pub(super) struct Attribute {
    /// The whole name.
    pub(super) name: Range<usize>,
    /// Where its local part begins; the name's beginning where it has no prefix.
    pub(super) local: usize,
    /// The value without its quotes.
    pub(super) value: Range<usize>,
}

/// A start tag.
#[derive(Debug, Clone)]
pub(super) struct Tag {
    pub(super) name: Range<usize>,
    pub(super) local: usize,
    /// `<a/>`.
    pub(super) empty: bool,
}

const BLANK: Said = ("attributes with nothing between them", "put a space between them");
const EQUALS: Said = ("an attribute without `=`", "write it as name=\"value\"");
const QUOTE: Said = ("an attribute whose value is not in quotes", "write it as name=\"value\"");
const BAD_NAME: Said = ("something that is no XML name", "correct the name");
const LONG_NAME: Said = ("a name of more than 1,024 bytes", "shorten it");
const MANY: Said = ("an element with more attributes than the limit", "send fewer in one element");
const END: Said = ("a tag that does not end as it must", "end it with `>` or `/>`");

/// Reads `<name …>`, with its attributes into `attributes`, at most so many.
pub(super) fn start(token: &str, attributes: &mut Vec<Attribute>, most: usize) -> Result<Tag, Fault> {
    attributes.clear();
    let (name, local) = qualified(token, 1)?;
    let mut at = name.end;
    loop {
        let blank = white(token, at);
        match token.get(blank..).map(str::as_bytes).unwrap_or_default() {
            b">" => return Ok(Tag { name, local, empty: false }),
            b"/>" => return Ok(Tag { name, local, empty: true }),
            [b'/' | b'>', ..] | [] => return Err(Fault::here(blank, END)),
            _ if blank == at => return Err(Fault::here(at, BLANK)),
            _ if attributes.len() >= most => return Err(Fault::here(blank, MANY)),
            _ => {}
        }
        let attribute = attribute(token, blank)?;
        at = attribute.value.end + 1;
        attributes.push(attribute);
    }
}

/// Reads `</name>`; gives the name.
pub(super) fn end(token: &str) -> Result<&str, Fault> {
    let (name, _) = qualified(token, 2)?;
    match token.get(white(token, name.end)..) {
        Some(">") => Ok(token.get(name).unwrap_or_default()),
        _ => Err(Fault::here(white(token, 2), END)),
    }
}

fn attribute(token: &str, at: usize) -> Result<Attribute, Fault> {
    let (name, local) = qualified(token, at)?;
    let equals = white(token, name.end);
    if token.as_bytes().get(equals) != Some(&b'=') {
        return Err(Fault::here(equals, EQUALS));
    }
    let open = white(token, equals + 1);
    let quote = match token.as_bytes().get(open) {
        Some(quote @ (b'"' | b'\'')) => char::from(*quote),
        _ => return Err(Fault::here(open, QUOTE)),
    };
    let from = open + 1;
    let length = token.get(from..).and_then(|rest| rest.find(quote)).ok_or_else(|| Fault::here(open, QUOTE))?;
    Ok(Attribute { name, local, value: from..from + length })
}

/// The prefix of a name that begins at `from` and whose local part begins at `local`.
pub(super) fn prefix(token: &str, from: usize, local: usize) -> &str {
    if local == from { "" } else { token.get(from..local - 1).unwrap_or_default() }
}

/// The prefix that an attribute declares, where it is a declaration; empty for the default.
pub(super) fn declared<'t>(token: &'t str, attribute: &Attribute) -> Option<&'t str> {
    let name = token.get(attribute.name.clone()).unwrap_or_default();
    let rest = name.strip_prefix("xmlns")?;
    if rest.is_empty() { Some("") } else { rest.strip_prefix(':') }
}

/// The name at `at`, and where its local part begins (Namespaces in XML 1.0 section 4).
fn qualified(token: &str, at: usize) -> Result<(Range<usize>, usize), Fault> {
    let rest = token.get(at..).unwrap_or_default();
    if let Some(found) = usual(rest.as_bytes(), at) {
        return Ok(found);
    }
    let ends = |b: &u8| class(*b) == ENDS;
    let name = rest.as_bytes().iter().position(ends).and_then(|end| rest.get(..end)).unwrap_or(rest);
    if name.len() > NAME {
        return Err(Fault::here(at, LONG_NAME));
    }
    let good = match name.split_once(':') {
        Some((prefix, local)) => is_name(prefix) && is_name(local),
        None => is_name(name),
    };
    if !good {
        return Err(Fault::here(at, BAD_NAME));
    }
    let local = name.find(':').map_or(at, |colon| at + colon + 1);
    Ok((at..at + name.len(), local))
}

/// [`qualified`], of a name made of what nearly every name is made of; every other is looked at again.
#[inline]
fn usual(rest: &[u8], at: usize) -> Option<(Range<usize>, usize)> {
    let part = |from: usize| {
        let (first, more) = rest.get(from..)?.split_first()?;
        let within = more.iter().position(|b| class(*b) > WITHIN)?;
        (class(*first) == LETTER).then_some(from + 1 + within)
    };
    let mut end = part(0)?;
    let mut local = 0;
    if rest.get(end) == Some(&b':') {
        local = end + 1;
        end = part(local)?;
    }
    let done = end <= NAME && rest.get(end).is_some_and(|b| class(*b) == ENDS);
    done.then_some((at..at + end, at + local))
}

const LETTER: u8 = 0;
/// Within a name, but not at its beginning.
const WITHIN: u8 = 1;
/// After a name.
const ENDS: u8 = 2;
const ANOTHER: u8 = 3;

static CLASS: [u8; 256] = classes();

#[inline(always)]
fn class(b: u8) -> u8 {
    CLASS.get(b as usize).copied().unwrap_or(ANOTHER)
}

#[expect(clippy::indexing_slicing, reason = "runs while compiling")]
const fn classes() -> [u8; 256] {
    let mut table = [ANOTHER; 256];
    let mut b = 0;
    while b < 128 {
        table[b] = match b as u8 {
            b'a'..=b'z' | b'A'..=b'Z' => LETTER,
            b'0'..=b'9' | b'_' | b'-' => WITHIN,
            b' ' | b'\t' | b'\n' | b'\r' | b'=' | b'/' | b'>' | b'"' | b'\'' => ENDS,
            _ => ANOTHER,
        };
        b += 1;
    }
    table
}

/// [`is_ncname`], with a quick look at what nearly every name is made of.
#[inline]
fn is_name(name: &str) -> bool {
    let usual = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
    let quick = name.as_bytes().first().is_some_and(u8::is_ascii_alphabetic) && name.as_bytes().iter().all(usual);
    quick || is_ncname(name)
}

/// The first byte from `at` on that is not white space.
fn white(token: &str, at: usize) -> usize {
    let rest = token.as_bytes().get(at..).unwrap_or_default();
    at + rest.iter().take_while(|b| matches!(b, b' ' | b'\t' | b'\n' | b'\r')).count()
}

/// Whether an instruction is the XML declaration.
pub(super) fn is_declaration(token: &str) -> bool {
    token.strip_prefix("<?xml").is_some_and(|rest| rest.starts_with([' ', '\t', '\n', '\r', '?']))
}

/// Checks `<?xml version="1.0" encoding="…" standalone="…"?>` (XML 1.0 section 2.8). `any_encoding`: it says what the
/// bytes were before somebody made them UTF-8.
pub(super) fn declaration(token: &str, any_encoding: bool) -> Result<(), Fault> {
    const WRONG: Said =
        ("an XML declaration that is not as it must be", "write <?xml version=\"1.0\" encoding=\"UTF-8\"?>");
    const VERSION: Said = ("another version of XML than 1.0", "send XML 1.0");
    const ENCODING: Said = ("another encoding than UTF-8 in the XML declaration", "send it in UTF-8 and say so");
    let wrong = |at| Fault::here(at, WRONG);
    let body = token.strip_suffix("?>").ok_or_else(|| wrong(0))?;
    let (mut at, mut last) = ("<?xml".len(), None);
    loop {
        let from = white(body, at);
        if from >= body.len() {
            break;
        }
        let found = if from == at { Err(wrong(at)) } else { attribute(body, from).map_err(|_| wrong(from)) }?;
        let name = body.get(found.name.clone()).unwrap_or_default();
        let value = body.get(found.value.clone()).unwrap_or_default();
        let order = ["version", "encoding", "standalone"].iter().position(|known| *known == name);
        let (Some(order), true) = (order, order > last && (order == Some(0) || last.is_some())) else {
            return Err(wrong(from));
        };
        match order {
            0 if value != "1.0" => return Err(Fault::here(from, VERSION)),
            1 if !any_encoding && !value.eq_ignore_ascii_case("utf-8") => return Err(Fault::here(from, ENCODING)),
            1 if !is_encoding(value) => return Err(wrong(from)),
            2 if !matches!(value, "yes" | "no") => return Err(wrong(from)),
            _ => {}
        }
        last = Some(order);
        at = found.value.end + 1;
    }
    if last.is_none() { Err(wrong(0)) } else { Ok(()) }
}

fn is_encoding(value: &str) -> bool {
    let later = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
    value.as_bytes().first().is_some_and(u8::is_ascii_alphabetic) && value.bytes().all(later)
}

/// The target of `<?target …?>` (XML 1.0 section 2.6); a name without a colon, and not `xml` in any case.
pub(super) fn instruction(token: &str) -> Result<(), Fault> {
    let body = token.strip_prefix("<?").and_then(|t| t.strip_suffix("?>")).unwrap_or_default();
    let target = body.split([' ', '\t', '\n', '\r']).next().unwrap_or_default();
    if target.eq_ignore_ascii_case("xml") {
        let said = ("an XML declaration that is not at the very beginning", "put it first, with nothing before it");
        return Err(Fault::here(0, said));
    }
    if !is_name(target) {
        return Err(Fault::here(2, BAD_NAME));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(token: &str) -> Result<Vec<(&str, &str)>, &'static str> {
        let mut attributes = Vec::new();
        let tag = start(token, &mut attributes, 3).map_err(|fault| fault.what)?;
        let part = |range: Range<usize>| token.get(range).unwrap();
        let pairs = attributes.iter().map(|a| (part(a.name.clone()), part(a.value.clone())));
        Ok([(part(tag.name), part(tag.local..tag.local + 1))].into_iter().chain(pairs).collect())
    }

    #[test]
    fn tags_are_read() {
        assert_eq!(names("<h:a b='\"' c = \"d>/\"\n/>").unwrap(), [("h:a", "a"), ("b", "\""), ("c", "d>/")]);
        assert_eq!(end("</h:a >").unwrap(), "h:a");
    }

    #[test]
    fn what_is_no_tag_is_refused() {
        for (token, what) in [
            ("<a b>", EQUALS.0),
            ("<a b=c>", QUOTE.0),
            ("<a b=''c=''>", BLANK.0),
            ("<a b='' / >", END.0),
            ("<a b='' c='' d='' e=''>", MANY.0),
            ("<a:b:c>", BAD_NAME.0),
            ("<:a>", BAD_NAME.0),
            ("<a:>", BAD_NAME.0),
            ("<a 1b=''>", BAD_NAME.0),
            ("<a =''>", BAD_NAME.0),
            ("<a,b>", BAD_NAME.0),
        ] {
            assert_eq!(names(token), Err(what), "{token}");
        }
        assert_eq!(names(&format!("<{}>", "a".repeat(1025))), Err(LONG_NAME.0));
        assert!(end("</a b>").is_err() && end("</ a>").is_err() && end("</>").is_err());
    }

    #[test]
    fn the_declaration_says_one_point_nought_and_utf_8() {
        for good in [
            "<?xml version=\"1.0\"?>",
            "<?xml version='1.0' encoding='utf-8' standalone='no' ?>",
            "<?xml version = \"1.0\" standalone=\"yes\"?>",
        ] {
            assert_eq!(declaration(good, false), Ok(()), "{good}");
        }
        for bad in [
            "<?xml?>",
            "<?xml ?>",
            "<?xml encoding='UTF-8'?>",
            "<?xml version='1.0' version='1.0'?>",
            "<?xml version='1.0' standalone='no' encoding='UTF-8'?>",
            "<?xml version='1.0'encoding='UTF-8'?>",
            "<?xml version='1.1'?>",
            "<?xml version='1.0' encoding='ISO-8859-1'?>",
            "<?xml version='1.0' encoding='UTF-16'?>",
            "<?xml version='1.0' standalone='maybe'?>",
            "<?xml version='1.0' x='y'?>",
            "<?xml version=1.0?>",
        ] {
            assert!(declaration(bad, false).is_err(), "{bad}");
        }
        assert_eq!(declaration("<?xml version='1.0' encoding='ISO-8859-1'?>", true), Ok(()));
        assert!(declaration("<?xml version='1.0' encoding='&#32;'?>", true).is_err());
        assert!(instruction("<?XmL a?>").is_err() && instruction("<??>").is_err() && instruction("<?a b?>").is_ok());
    }
}

//! What the headers of the safe list may say: what their grammar has, and of `Prefer` only what is known.
//!
//! A preference may be ignored by whoever reads it (RFC 7240 section 2), so one that is not known is left out: OData's
//! `callback` would have the recipient call an address of the caller's choice. The others are conditions and kinds of
//! answer. Without them the request would be another one, so a value that is none of them is refused.

use http::{HeaderName, header};
use jiff::fmt::strtime;

/// The value as it may leave; `None` where nothing of it may.
///
/// # Errors
/// What it is not.
pub(super) fn permitted(name: &HeaderName, text: &str) -> Result<Option<String>, &'static str> {
    let same = |right: bool, what| if right { Ok(Some(text.to_owned())) } else { Err(what) };
    match *name {
        header::ACCEPT => media_ranges(text).map(Some).ok_or("a list of media ranges (RFC 9110 section 12.5.1)"),
        header::IF_MATCH | header::IF_NONE_MATCH => {
            same(are_entity_tags(text), "a list of entity tags (RFC 9110 section 8.8.3)")
        }
        header::IF_MODIFIED_SINCE | header::IF_UNMODIFIED_SINCE => {
            same(is_date(text), "a date such as `Sun, 22 Nov 2026 09:30:00 GMT` (RFC 9110 section 5.6.7)")
        }
        _ if name.as_str() == "prefer" => Ok(preferences(text)),
        _ => Ok(None),
    }
}

/// The preferences that are known and say nothing else, in one spelling: RFC 7240, RFC 8144, and the page size of OData
/// 4.01 (part 1, section 8.2.8.5). Of the same one twice the first counts (RFC 7240 section 2).
fn preferences(text: &str) -> Option<String> {
    let mut known: Vec<(&'static str, String)> = Vec::new();
    for preference in split(text, b',')? {
        // Parameters of a preference mean something to few, and can hold anything.
        let preference = split(preference, b';')?.first().copied().unwrap_or_default();
        let (name, value) = preference.split_once('=').unwrap_or((preference, ""));
        let Some((name, said)) = preference_known(&name.trim().to_ascii_lowercase(), unquoted(value.trim())) else {
            continue;
        };
        if known.iter().all(|(other, _)| *other != name) {
            known.push((name, said));
        }
    }
    let said: Vec<String> = known.into_iter().map(|(_, said)| said).collect();
    (!said.is_empty()).then(|| said.join(", "))
}

fn preference_known(name: &str, value: &str) -> Option<(&'static str, String)> {
    const WORDS: [(&str, [&str; 2]); 2] =
        [("return", ["minimal", "representation"]), ("handling", ["strict", "lenient"])];
    const NUMBERS: [&str; 3] = ["wait", "maxpagesize", "odata.maxpagesize"];
    if name == "respond-async" && value.is_empty() {
        return Some(("respond-async", "respond-async".to_owned()));
    }
    if let Some(known) = NUMBERS.into_iter().find(|known| *known == name) {
        let digits = (1..=9).contains(&value.len()) && value.bytes().all(|b| b.is_ascii_digit());
        let number: u32 = value.parse().ok().filter(|_| digits)?;
        return Some((known, format!("{known}={number}")));
    }
    let (known, values) = WORDS.into_iter().find(|(known, _)| *known == name)?;
    let value = values.into_iter().find(|v| v.eq_ignore_ascii_case(value))?;
    Some((known, format!("{known}={value}")))
}

fn unquoted(value: &str) -> &str {
    value.strip_prefix('"').and_then(|v| v.strip_suffix('"')).unwrap_or(value)
}

/// The ranges with those of their parameters that are known to say how to answer; others mean something to few, and can
/// hold anything. RFC 9110 section 12.5.1; an empty list is one. `None` where it is none.
fn media_ranges(text: &str) -> Option<String> {
    let range = |range: &str| {
        let parts = split(range, b';')?;
        let (essence, parameters) = parts.split_first()?;
        let (kind, name) = essence.trim().split_once('/')?;
        let sound = is_token(kind) && is_token(name) && (kind != "*" || name == "*");
        let parameters: Vec<&str> = parameters.iter().map(|part| part.trim()).collect();
        if !sound || !parameters.iter().all(|part| is_parameter(part)) {
            return None;
        }
        let known = parameters.into_iter().filter(|part| is_known_parameter(part));
        Some(std::iter::once(essence.trim()).chain(known).collect::<Vec<_>>().join(";"))
    };
    let ranges = split(text, b',')?;
    let kept: Option<Vec<String>> = ranges.into_iter().map(str::trim).filter(|r| !r.is_empty()).map(range).collect();
    Some(kept?.join(", "))
}

/// RFC 9110, and what OData 4.01 (JSON Format, section 3) and FHIR R4 (section 3.2.0.8) say of how an answer is written.
fn is_known_parameter(text: &str) -> bool {
    const KNOWN: [&str; 8] =
        ["q", "charset", "version", "metadata", "streaming", "ieee754compatible", "exponentialdecimals", "fhirversion"];
    let name = text.split_once('=').map_or(text, |(name, _)| name).to_ascii_lowercase();
    KNOWN.contains(&name.as_str()) || name.starts_with("odata.")
}

/// The same without entity tags in which nobody could read anything: running numbers, and what is random or a digest.
pub(super) fn that_may_say_something(name: &HeaderName, text: &str) -> String {
    match *name {
        header::IF_MATCH | header::IF_NONE_MATCH => {
            text.split('"').filter(|tag| !is_opaque(tag)).collect::<Vec<_>>().join(" ")
        }
        // A date and time of a change, by its grammar.
        header::IF_MODIFIED_SINCE | header::IF_UNMODIFIED_SINCE => String::new(),
        _ => text.to_owned(),
    }
}

/// Running numbers, and digests and random marks in hexadecimal digits or base64: small letters, capitals and digits change
/// in them all the time, as they do in nothing that people write.
fn is_opaque(tag: &str) -> bool {
    let class = |b: &u8| match b {
        b'0'..=b'9' => 0,
        b'a'..=b'z' => 1,
        b'A'..=b'Z' => 2,
        _ => 3,
    };
    let in_base64 = |b: u8| b.is_ascii_alphanumeric() || b"+/-_=".contains(&b);
    let signs: Vec<u8> = tag.bytes().map(|b| class(&b)).filter(|class| *class != 3).collect();
    let changes = signs.iter().zip(signs.iter().skip(1)).filter(|(one, two)| one != two).count();
    tag.bytes().all(|b| b.is_ascii_digit())
        || (tag.len() >= 11 && tag.bytes().all(in_base64) && changes * 3 >= tag.len())
}

/// `name=value` or `name="value"` (RFC 9110 section 5.6.6).
fn is_parameter(text: &str) -> bool {
    let Some((name, value)) = text.split_once('=') else { return text.is_empty() };
    is_token(name) && (is_token(value) || is_quoted(value))
}

/// One quoted string and nothing besides.
fn is_quoted(text: &str) -> bool {
    let Some(within) = text.strip_prefix('"').and_then(|t| t.strip_suffix('"')) else { return false };
    let mut escaped = false;
    let ended_before = within.bytes().any(|b| {
        let ends = b == b'"' && !escaped;
        escaped = b == b'\\' && !escaped;
        ends
    });
    !ended_before && !escaped
}

/// RFC 9110 section 5.6.2; no registered type or parameter is longer (RFC 6838 section 4.2).
fn is_token(text: &str) -> bool {
    let of_a_token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    (1..=127).contains(&text.len()) && text.bytes().all(of_a_token)
}

/// `*`, or one tag or several, weak or strong. Nothing is escaped in a tag.
fn are_entity_tags(text: &str) -> bool {
    let mut rest = text.trim();
    if rest == "*" {
        return true;
    }
    loop {
        let tag = rest.strip_prefix("W/").unwrap_or(rest).strip_prefix('"').and_then(|tag| tag.split_once('"'));
        let Some((opaque, after)) = tag else { return false };
        if opaque.bytes().any(|b| !b.is_ascii_graphic()) {
            return false;
        }
        let after = after.trim_start();
        if after.is_empty() {
            return true;
        }
        let Some(next) = after.strip_prefix(',') else { return false };
        rest = next.trim_start();
    }
}

/// The one form that senders may write. The day of the week must be that day's.
fn is_date(text: &str) -> bool {
    const FORM: &str = "%a, %d %b %Y %H:%M:%S GMT";
    let date = strtime::parse(FORM, text).and_then(|parsed| parsed.to_datetime());
    date.and_then(|date| strtime::format(FORM, date)).is_ok_and(|written| written == text)
}

/// The parts between separators outside quoted strings; `None` where such a string does not end (RFC 9110 section
/// 5.6.4).
fn split(text: &str, separator: u8) -> Option<Vec<&str>> {
    let (mut parts, mut from, mut quoted, mut escaped) = (Vec::new(), 0, false, false);
    for (i, b) in text.bytes().enumerate() {
        match b {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ if b == separator && !quoted => {
                parts.push(text.get(from..i)?);
                from = i + 1;
            }
            _ => {}
        }
    }
    parts.push(text.get(from..)?);
    (!quoted).then_some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_known_preferences_leave() {
        for (text, left) in [
            ("return=minimal", Some("return=minimal")),
            ("Return = \"REPRESENTATION\"; foo=\"x, y\"", Some("return=representation")),
            ("respond-async, wait=010", Some("respond-async, wait=10")),
            (
                "handling=lenient,odata.maxpagesize=50, maxpagesize=5",
                Some("handling=lenient, odata.maxpagesize=50, maxpagesize=5"),
            ),
            ("return=minimal, return=representation", Some("return=minimal")),
            ("odata.callback; url=\"https://evil.example\", return=minimal", Some("return=minimal")),
            ("foo=\"a, return=minimal\"", None),
            ("foo=\"a, return=minimal", None),
            ("foo=\"\\\", return=minimal, \"", None),
            ("respond-async; url=\"https://evil.example\"", Some("respond-async")),
            ("respond-async=jan", None),
            ("wait=jan, wait=-1, wait=+1, wait=12345678901, wait=", None),
            ("return=jan, handling", None),
            ("odata.include-annotations=\"jan.*\"", None),
            ("", None),
        ] {
            assert_eq!(preferences(text).as_deref(), left, "{text}");
        }
    }

    #[test]
    fn a_kind_of_answer_is_a_media_range() {
        for good in [
            "*/*",
            "",
            "application/json",
            "text/*;q=0.3, application/json;odata.metadata=minimal;q=1",
            "application/ld+json; profile=\"http://www.w3.org/ns/json-ld#compacted, \\\"x\\\"\"",
        ] {
            assert!(media_ranges(good).is_some(), "{good}");
        }
        for bad in [
            "json",
            "https://evil.example/",
            "a/b/c",
            "a/b;",
            "*/json",
            "a/b;c=d e",
            "a/b;c=\"d",
            "a/b;c=\"d\"e\"",
            "a/b;c=\"d\"e\"f\"",
            "a /b",
        ] {
            assert_eq!(media_ranges(bad).is_some(), bad == "a/b;", "{bad}");
        }
    }

    #[test]
    fn of_a_kind_of_answer_only_known_parameters_leave() {
        for (text, left) in [
            ("text/html;x=\"NI AB123456C\"", "text/html"),
            ("text/html; q=0.3 ;jan=1;Charset=utf-8, a/b;", "text/html;q=0.3;Charset=utf-8, a/b"),
            (
                "application/json;odata.metadata=minimal;IEEE754Compatible=true",
                "application/json;odata.metadata=minimal;IEEE754Compatible=true",
            ),
            ("application/fhir+json; fhirVersion=4.0", "application/fhir+json;fhirVersion=4.0"),
            ("*/*", "*/*"),
        ] {
            assert_eq!(media_ranges(text).as_deref(), Some(left), "{text}");
        }
    }

    #[test]
    fn tags_in_which_nobody_could_read_anything_are_not_searched() {
        for tag in [
            "",
            "3",
            "1234567890",
            "33a64df551425fcc55e4d42a148795d9f25f89d4",
            "rOpc0aY7Ow==",
            "BwWWja0YfJA=",
            "XrY7u+Ae7tCTyyK7j1rNww==",
            "61ebe359-bfdc-4613-8bf2-c5e300945f0a",
            "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU",
        ] {
            assert!(is_opaque(tag), "{tag}");
        }
        for tag in [
            "AB123456C",
            "NI-AB123456C-x",
            "AB123456C-AB123456D",
            "AminaWarsame1987",
            "client/AB123456C",
            "1987-04-02",
            "v1",
        ] {
            assert!(!is_opaque(tag), "{tag}");
        }
    }

    #[test]
    fn conditions_are_tags_and_dates() {
        for good in ["*", "\"\"", "\"a,b\\\"", "W/\"1\" , \"2\"", "\"1\",W/\"2\""] {
            assert!(are_entity_tags(good), "{good}");
        }
        for bad in ["", "1", "w/\"1\"", "\"1\" \"2\"", "\"1\",", "\"1", "\"a b\"", "*, \"1\"", "\"1\"; jan"] {
            assert!(!are_entity_tags(bad), "{bad}");
        }
        assert!(is_date("Sun, 22 Nov 2026 09:30:00 GMT"));
        for bad in [
            "",
            "Mon, 22 Nov 2026 09:30:00 GMT",
            "Sun, 22 Nov 2026 09:30:00 +0000",
            "Sunday, 22-Nov-26 09:30:00 GMT",
            "Sun, 22 Nov 2026 09:30:00 GMT jan",
            "jan",
        ] {
            assert!(!is_date(bad), "{bad}");
        }
    }

    proptest! {
        /// Whatever is asked, what leaves of it is written by us and read alike once more.
        #[test]
        fn preferences_are_ours(text in "(return=minimal|wait=7|respond-async|[a-z;,=\" \\\\]{0,9}|, ?){0,6}") {
            if let Some(left) = preferences(&text) {
                prop_assert!(left.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"=-., ".contains(&b)));
                let again = preferences(&left);
                prop_assert_eq!(again.as_deref(), Some(left.as_str()));
            }
        }
    }
}

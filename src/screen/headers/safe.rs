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
        header::ACCEPT => same(are_media_ranges(text), "a list of media ranges (RFC 9110 section 12.5.1)"),
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

/// RFC 9110 section 12.5.1. An empty list is one.
fn are_media_ranges(text: &str) -> bool {
    let range = |range: &str| {
        let Some(parts) = split(range, b';') else { return false };
        let mut parts = parts.into_iter().map(str::trim);
        let essence = parts.next().and_then(|essence| essence.split_once('/'));
        essence.is_some_and(|(kind, name)| is_token(kind) && is_token(name) && (kind != "*" || name == "*"))
            && parts.all(is_parameter)
    };
    split(text, b',').is_some_and(|ranges| ranges.into_iter().map(str::trim).filter(|r| !r.is_empty()).all(range))
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
            assert!(are_media_ranges(good), "{good}");
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
            assert_eq!(are_media_ranges(bad), bad == "a/b;", "{bad}");
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

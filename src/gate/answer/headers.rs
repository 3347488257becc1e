//! Which headers of an answer are passed on.

use super::links::Links;
use crate::gate::upstream::{is_hop_by_hop, is_private, nominated};
use http::{
    HeaderMap, HeaderName,
    header::{self, Entry},
};

/// Whether the body's end is where both sides think: chunked and nothing else, or no transfer coding. A body under
/// another transfer coding would reach the caller still coded, without a word about it.
pub(in crate::gate) fn framing_is_plain(headers: &HeaderMap) -> bool {
    let mut codings = headers.get_all(header::TRANSFER_ENCODING).iter();
    match (codings.next(), codings.next()) {
        (None, _) => true,
        (Some(one), None) => {
            one.as_bytes().eq_ignore_ascii_case(b"chunked") && !headers.contains_key(header::CONTENT_LENGTH)
        }
        (Some(_), Some(_)) => false,
    }
}

/// The headers the caller gets, and the names of those that led elsewhere, as they may be recorded.
pub(super) fn passed_on(headers: HeaderMap, links: &Links, length_only: bool) -> (HeaderMap, Vec<HeaderName>) {
    let nominated = nominated(&headers);
    let (mut kept, mut withheld) = (HeaderMap::with_capacity(headers.len()), Vec::new());
    for name in headers.keys() {
        if is_hop_by_hop(name) || is_private(name) || is_dropped(name) || nominated.contains(name) {
            continue;
        }
        if *name == header::CONTENT_LENGTH && !length_only {
            continue;
        }
        let values = headers.get_all(name).iter();
        if !is_link(name) {
            values.for_each(|value| append(&mut kept, name, value.clone()));
            continue;
        }
        let rewritten = links.rewrite(name, values);
        if !rewritten.whole {
            withheld.push(recorded(name));
        }
        rewritten.values.into_iter().for_each(|value| append(&mut kept, name, value));
    }
    (kept, withheld)
}

fn append(headers: &mut HeaderMap, name: &HeaderName, value: http::HeaderValue) {
    match headers.entry(name) {
        Entry::Occupied(mut entry) => entry.append(value),
        Entry::Vacant(entry) => {
            entry.insert(value);
        }
    }
}

/// Headers whose value is one link or several.
fn is_link(name: &HeaderName) -> bool {
    *name == header::LINK
        || *name == header::REFRESH
        || name.as_str().ends_with("location")
        || name.as_str() == "azure-asyncoperation"
}

/// Links' usual names.
const KNOWN: [&str; 6] =
    ["location", "content-location", "operation-location", "azure-asyncoperation", "link", "refresh"];

/// A name for the permanent record: a recipient can put anything into a name of its own, even a client's, so one that
/// is not usual is only called `other`.
fn recorded(name: &HeaderName) -> HeaderName {
    let known = KNOWN.into_iter().find(|known| *known == name.as_str());
    HeaderName::from_static(known.unwrap_or("other"))
}

/// Headers that would change how the caller reaches the recipient, tell it about hops behind us, keep state in it,
/// or speak to a proxy in front of us.
fn is_dropped(name: &HeaderName) -> bool {
    matches!(
        *name,
        header::ALT_SVC
            | header::SET_COOKIE
            | header::STRICT_TRANSPORT_SECURITY
            | header::FORWARDED
            | header::VIA
            | header::PUBLIC_KEY_PINS
            | header::PUBLIC_KEY_PINS_REPORT_ONLY
            | header::CONTENT_SECURITY_POLICY_REPORT_ONLY
    ) || matches!(
        name.as_str(),
        "alt-used"
            | "set-cookie2"
            | "clear-site-data"
            | "uri"
            | "nel"
            | "report-to"
            | "reporting-endpoints"
            | "expect-ct"
            | "service-worker-allowed"
            | "sourcemap"
            | "x-sourcemap"
            | "x-sendfile"
    ) || ["x-forwarded-", "x-accel-"].iter().any(|p| name.as_str().starts_with(p))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn map(lines: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in lines {
            map.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        map
    }

    #[test]
    fn a_name_that_the_recipient_chose_is_not_recorded() {
        assert_eq!(recorded(&header::LOCATION), "location");
        for chosen in ["x-jan-kowalski-location", "jan-location", "x-location"] {
            let name = HeaderName::from_static(chosen);
            assert!(is_link(&name));
            assert_eq!(recorded(&name), "other");
        }
    }

    #[test]
    fn only_chunked_or_nothing() {
        assert!(framing_is_plain(&map(&[("content-length", "3")])));
        assert!(framing_is_plain(&map(&[("transfer-encoding", "Chunked")])));
        for odd in [
            &[("transfer-encoding", "gzip, chunked")][..],
            &[("transfer-encoding", "identity")],
            &[("transfer-encoding", "chunked"), ("transfer-encoding", "chunked")],
            &[("transfer-encoding", "chunked"), ("content-length", "3")],
        ] {
            assert!(!framing_is_plain(&map(odd)), "{odd:?}");
        }
    }
}

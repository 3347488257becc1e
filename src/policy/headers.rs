//! Headers that never leave from the caller, whatever a connection's file says.

use http::HeaderName;

/// Hop by hop (RFC 9110 section 7.6.1, and those that older hops still send), framing, and what the gateway writes
/// itself.
const OURS: [&str; 20] = [
    "connection",
    "keep-alive",
    "proxy-connection",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "http2-settings",
    "content-length",
    "content-encoding",
    "content-type",
    // Of bytes that do not leave as they came (RFC 9530, and what it replaced).
    "content-digest",
    "content-md5",
    "digest",
    "repr-digest",
    "unencoded-digest",
    "expect",
    "host",
];

/// Names by which some servers let a header replace the method or path that was judged.
const OVERRIDES: [&str; 5] =
    ["x-http-method", "x-http-method-override", "x-method-override", "x-original-url", "x-rewrite-url"];

/// Why a header never leaves from the caller, if it never does.
#[must_use]
pub fn never_leaves(name: &HeaderName) -> Option<&'static str> {
    let name = name.as_str();
    if name.starts_with("consent-") || name.starts_with("havengate-") {
        Some("it is between the caller and the gateway")
    } else if name == "authorization" {
        Some("`auth` says how the gateway authenticates; `passthrough = true` lets the caller's through")
    } else if OURS.contains(&name) {
        Some("the gateway writes it itself")
    } else if OVERRIDES.contains(&name) {
        Some("some servers let it replace the method or the path that was judged")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_its_reason() {
        let why = |name: &str| never_leaves(&name.parse().unwrap());
        assert!(OURS.iter().chain(&OVERRIDES).all(|name| why(name).is_some()));
        assert!(why("consent-token").is_some() && why("havengate-token").is_some());
        assert!(why("authorization").unwrap().contains("passthrough"));
        assert_eq!((why("idempotency-key"), why("accept"), why("x-consent-token")), (None, None, None));
    }
}

//! An address in a value, read in the one way that every reader shares, or not at all.

use crate::flow::Host;

/// Who a value is addressed to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Named {
    /// Whoever has this mail domain.
    Mail(String),
    /// Whoever answers at this host and decoded path.
    Web(Host, Vec<String>),
    /// Something without a dot: a tenant id, if anything.
    Tenant,
}

/// Longer than any address that is one (RFC 5321 section 4.5.3.1; URLs by custom).
const LONGEST: usize = 2048;

/// Reads one mail address, URL, host or tenant id. `None` for several, for a display name, for anything that is
/// quoted, commented, routed or not ASCII: mail programs and URL parsers disagree about those.
pub(super) fn read(text: &str) -> Option<Named> {
    if text.is_empty() || text.len() > LONGEST || !text.bytes().all(|b| b.is_ascii_graphic()) {
        return None;
    }
    if text.contains("://") {
        return web(text);
    }
    let mail = text.get(..7).filter(|s| s.eq_ignore_ascii_case("mailto:")).and_then(|_| text.get(7..));
    match mail {
        Some(address) => domain(address).map(Named::Mail),
        None if text.contains('@') => domain(text).map(Named::Mail),
        None if text.contains(['.', '/', ':']) => web(&format!("https://{text}")),
        None => text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b)).then_some(Named::Tenant),
    }
}

/// The domain of a mail address: dot-atoms on both sides (RFC 5321 section 4.1.2), without the `%` and `!` that relays
/// once read as routes.
fn domain(address: &str) -> Option<String> {
    let (local, domain) = address.split_once('@')?;
    let atom =
        |a: &str| !a.is_empty() && a.bytes().all(|b| b.is_ascii_alphanumeric() || b"#$&'*+/=?^_`{|}~-".contains(&b));
    if local.len() > 64 || !local.split('.').all(atom) {
        return None;
    }
    match host(domain)? {
        Host::Name(name) => Some(name),
        Host::Address(_) => None,
    }
}

/// A URL of the web, without user names and with plain characters in its authority.
fn web(text: &str) -> Option<Named> {
    let (scheme, rest) = text.split_once("://")?;
    if !["https", "http"].iter().any(|s| scheme.eq_ignore_ascii_case(s)) || text.contains('\\') {
        return None;
    }
    let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let (name, port) = authority.split_once(':').unwrap_or((authority, "443"));
    port.parse::<u16>().ok().filter(|_| port.bytes().all(|b| b.is_ascii_digit()))?;
    let host = host(name)?;
    // Path rules are compared decoded, with dot segments resolved.
    let url = url::Url::parse(&format!("https://host{path}")).ok()?;
    let segments = url.path_segments()?.filter(|s| !s.is_empty());
    let decoded: Option<Vec<String>> = segments.map(decoded).collect();
    Some(Named::Web(host, decoded?))
}

/// A name with a dot, or an IPv4 address, of plain characters.
fn host(text: &str) -> Option<Host> {
    let plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.".contains(&b));
    Host::parse(text).ok().filter(|host| match host {
        Host::Name(name) => plain && name.contains('.'),
        Host::Address(_) => plain,
    })
}

fn decoded(segment: &str) -> Option<String> {
    // A form's decoding, less its plus sign and its pairs.
    let pair = format!("s={}", segment.replace('+', "%2B").replace('&', "%26"));
    let (_, text) = url::form_urlencoded::parse(pair.as_bytes()).next()?;
    (!text.contains(char::REPLACEMENT_CHARACTER)).then(|| text.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn mail(domain: &str) -> Option<Named> {
        Some(Named::Mail(domain.to_owned()))
    }

    fn at(host: &str, path: &[&str]) -> Option<Named> {
        Some(Named::Web(Host::parse(host).unwrap(), path.iter().map(ToString::to_string).collect()))
    }

    #[test]
    fn plain_addresses_are_read() {
        assert_eq!(read("duty.desk+beds@Shelter.Example."), mail("shelter.example"));
        assert_eq!(read("MAILTO:desk@shelter.example"), mail("shelter.example"));
        assert_eq!(read("desk@xn--bcher-kva.example"), mail("xn--bcher-kva.example"));
        assert_eq!(read("https://api.shelter.example:8443/a%20b/../c?d#e"), at("api.shelter.example", &["c"]));
        assert_eq!(read("www.gov.uk//report%2Dit"), at("www.gov.uk", &["report-it"]));
        assert_eq!(read("api.shelter.example"), at("api.shelter.example", &[]));
        assert_eq!(read("0x7f.1/x"), at("127.0.0.1", &["x"]));
        assert_eq!(read("00DExample0000001"), Some(Named::Tenant));
    }

    #[test]
    fn what_can_be_read_in_two_ways_is_not_read() {
        for text in [
            "",
            " desk@shelter.example",
            "a@shelter.example, b@shelter.example",
            "a@shelter.example;b@shelter.example",
            "a@shelter.example b@shelter.example",
            "Desk <desk@shelter.example>",
            "\"Home Office\" <a@x.example>",
            "<desk@shelter.example>",
            "desk(comment)@shelter.example",
            "\"desk\"@shelter.example",
            "\"a@homeoffice.gov.uk\"@shelter.example",
            "a%homeoffice.gov.uk@shelter.example",
            "homeoffice.gov.uk!a@shelter.example",
            "@relay.example:a@shelter.example",
            "a@b@shelter.example",
            "a@[1.2.3.4]",
            "a@1.2.3.4",
            "a@[IPv6:2001:db8::1]",
            "a@localhost",
            "a@bücher.example",
            "a@shelter。example",
            "a@shel\u{ad}ter.example",
            "a@shelter..example",
            "a@shelter.example..",
            ".a@shelter.example",
            "a..b@shelter.example",
            "mailto:a@shelter.example?cc=b@shelter.example",
            "mailto:a@shelter.example,b@shelter.example",
            "ftp://shelter.example/",
            "javascript://shelter.example/",
            "https:/shelter.example",
            "https:///shelter.example",
            "https://user@shelter.example/",
            "https://shelter.example\\@other.example/",
            "https://shelter%2eexample/",
            "https://shelter.example:0x50/",
            "https://shelter.example:/",
            "https://shelter.example:80:80/",
            "//shelter.example/",
            "shelter.example\t",
            "a,b",
        ] {
            assert_eq!(read(text), None, "{text:?}");
        }
    }

    proptest! {
        /// Where we read a host, the WHATWG URL parser reads the same one.
        #[test]
        fn a_url_parser_reads_the_same_host(text in "(https?://)?[a-zA-Z0-9.@:/%\\\\?#\\[\\]-]{0,30}") {
            if let Some(Named::Web(host, _)) = read(&text) {
                let whole = if text.contains("://") { text.clone() } else { format!("https://{text}") };
                let url = url::Url::parse(&whole).unwrap();
                prop_assert_eq!(Host::parse(url.host_str().unwrap()), Ok(host));
            }
        }
    }
}

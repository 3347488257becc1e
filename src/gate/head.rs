//! A request's head becomes a [`Flow`]: every spelling of host, path and query becomes one, or the request
//! is refused. Nothing later reads the spelling again.

use super::wire::{self, Parser, WireFault};
use crate::{
    flow::{App, Flow, Host, HostError},
    screen::uri,
    verdict::{Code, Refusal},
};
use http::{HeaderMap, Method, Uri, header, request::Parts, uri::Scheme};
use std::{borrow::Cow, ops::Range};

/// Reads a head that came over a checked wire, HTTP/1.1 or HTTP/2.
///
/// `server_name` is the name the caller asked for in its TLS handshake (SNI), where it did.
///
/// # Errors
/// `destination-mismatch` where target, `Host` and SNI name two places; `request-malformed` for everything that two readers could read differently.
pub fn canonical(parts: Parts, app: App, server_name: Option<&str>) -> Result<Flow, Refusal> {
    if parts.method == Method::CONNECT {
        return Err(WireFault::Connect.refusal());
    }
    check_fields(&parts.headers)?;
    let host = one_host(&parts.uri, &parts.headers, server_name)?;
    let path = uri::segments(parts.uri.path())?;
    let query = uri::pairs(parts.uri.query().unwrap_or_default())?;
    Ok(Flow { app, method: parts.method, host, path, query, headers: parts.headers })
}

fn check_fields(headers: &HeaderMap) -> Result<(), Refusal> {
    // HTTP/1.1 heads were checked on the wire; HTTP/2 values may hold bytes outside ASCII.
    if headers.values().any(|v| v.to_str().is_err()) {
        return Err(WireFault::Byte.refusal());
    }
    if headers.get_all(header::CONTENT_TYPE).iter().count() > 1 {
        return Err(malformed("The request has two Content-Type headers; send exactly one."));
    }
    Ok(())
}

/// The one place the request is addressed to, however many times it says so.
fn one_host(uri: &Uri, headers: &HeaderMap, server_name: Option<&str>) -> Result<Host, Refusal> {
    let mut named = headers.get_all(header::HOST).iter();
    let header = named.next().map(|v| v.to_str().unwrap_or_default());
    if named.next().is_some() {
        return Err(WireFault::HostTwice.refusal());
    }
    let read = |text: &str, whence: &str| {
        // The URL standard allows more in a host (`a,b`) than any name that can be asked of DNS.
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b':' | b'[' | b']');
        let host = if text.bytes().all(plain) { Host::parse_authority(text) } else { Err(HostError::Extra) };
        host.map_err(|e| malformed(format!("The host in the request's {whence} {e}.")))
    };
    let target = uri.authority().map(|a| read(a.as_str(), "target")).transpose()?;
    let header = header.map(|h| read(h, "Host header")).transpose()?;
    let default_port = uri.scheme().map(|s| if *s == Scheme::HTTPS { 443 } else { 80 });
    let host = match (target, header) {
        (Some((host, port)), Some((other, other_port))) => {
            if host != other || port.or(default_port) != other_port.or(default_port) {
                return Err(mismatch("The request's target and its Host header name two different places."));
            }
            host
        }
        (Some((host, _)), None) | (None, Some((host, _))) => host,
        (None, None) => return Err(WireFault::HostMissing.refusal()),
    };
    if let Some(name) = server_name
        && Host::parse(name).ok().as_ref() != Some(&host)
    {
        return Err(mismatch("The request's host and the name in its TLS handshake are two different places."));
    }
    Ok(host)
}

/// How lines may end in a request that was written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineEnds {
    /// CRLF, as on the wire.
    Crlf,
    /// LF too, as editors write files. Without `Content-Length` what follows the head is the body, and the
    /// empty line may be missing where there is none.
    LfToo,
}

/// Reads one request from text: a recorded one, or a policy case's `request.http`. Where its body is in
/// `text` comes with its head, which is to be read by [`canonical`].
///
/// # Errors
/// What the wire would refuse is refused here, and so is a chunked body, which has no one place.
pub fn parse_request(text: &[u8], ends: LineEnds, bounds: wire::Bounds) -> Result<(Parts, Range<usize>), Refusal> {
    let (head, start) = match ends {
        LineEnds::Crlf => (Cow::Borrowed(text), None),
        LineEnds::LfToo => with_crlf(text),
    };
    let length = Parser::new(bounds).advance(&head).map_err(WireFault::refusal)?;
    if length == 0 {
        return Err(WireFault::HeadCut.refusal());
    }
    let parts = read_parts(head.get(..length).unwrap_or_default()).ok_or_else(|| WireFault::RequestLine.refusal())?;
    if parts.headers.contains_key(header::TRANSFER_ENCODING) {
        return Err(malformed(
            "A written request cannot be chunked: write its body as it is, with its Content-Length.",
        ));
    }
    let start = start.unwrap_or(length);
    let declared = parts.headers.get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse::<usize>().ok());
    let end = match (declared, ends) {
        (None, LineEnds::LfToo) => text.len(),
        (None, LineEnds::Crlf) => start,
        (Some(n), _) => start.saturating_add(n),
    };
    let after = text.get(end..).ok_or_else(|| {
        Refusal::plain(Code::BodyMalformed, "The body is shorter than its Content-Length says; correct the length.")
    })?;
    let blank = ends == LineEnds::LfToo && after.iter().all(u8::is_ascii_whitespace);
    if !after.is_empty() && !blank {
        return Err(malformed("There is more after the request than its Content-Length says."));
    }
    Ok((parts, start..end))
}

/// The head with CRLF at each line's end, and where the body starts in the text as it was.
fn with_crlf(text: &[u8]) -> (Cow<'_, [u8]>, Option<usize>) {
    let (mut head, mut start) = (Vec::new(), 0);
    for line in text.split_inclusive(|b| *b == b'\n') {
        start += line.len();
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        head.extend_from_slice(line);
        head.extend_from_slice(b"\r\n");
        if line.is_empty() {
            return (Cow::Owned(head), Some(start));
        }
    }
    head.extend_from_slice(b"\r\n");
    (Cow::Owned(head), Some(start))
}

fn read_parts(head: &[u8]) -> Option<Parts> {
    let (method, target) = wire::request_line(head)?;
    let mut request = http::Request::builder().method(method).uri(target);
    for (name, value) in wire::fields(head) {
        request = request.header(name, value);
    }
    Some(request.body(()).ok()?.into_parts().0)
}

fn malformed(detail: impl Into<String>) -> Refusal {
    Refusal::plain(Code::RequestMalformed, detail)
}

fn mismatch(detail: &str) -> Refusal {
    Refusal::plain(Code::DestinationMismatch, detail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const BOUNDS: wire::Bounds = wire::Bounds { head: 4096, fields: 20 };

    fn flow(request: &str, server_name: Option<&str>) -> Result<Flow, Refusal> {
        let (parts, _) = parse_request(request.as_bytes(), LineEnds::LfToo, BOUNDS)?;
        canonical(parts, "inform".parse().unwrap(), server_name)
    }

    fn get(target: &str) -> Result<Flow, Refusal> {
        flow(&format!("GET {target} HTTP/1.1\nHost: gateway.local\n"), None)
    }

    #[test]
    fn path_and_query_are_decoded_once() {
        let flow = get("/riverside/a%20b/%252e?area=N%2B1+x&flag&e=%C3%A9&&n=a%0Ab").unwrap();
        assert_eq!(flow.path, ["riverside", "a b", "%2e"]);
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        assert_eq!(flow.query, [pair("area", "N+1 x"), pair("flag", ""), pair("e", "é"), pair("n", "a\nb")]);
        assert_eq!(get("/").unwrap().path, [""]);
        assert_eq!(get("/a/").unwrap().path, ["a", ""]);
        assert_eq!(get("http://gateway.local:80").unwrap().path, [""]);
    }

    #[test]
    fn what_could_be_read_twice_is_refused() {
        for (target, says) in [
            ("/a%2Fb", "slash"),
            ("/a%5cb", "slash"),
            ("/a%00", "control"),
            ("/a%0a", "control"),
            ("/%C2%85", "control"),
            ("/%FF", "UTF-8"),
            ("/%C0%AF", "UTF-8"),
            ("/a%", "two hexadecimal"),
            ("/a%2", "two hexadecimal"),
            ("/a%zz", "two hexadecimal"),
            ("//a", "empty segment"),
            ("/a//b", "empty segment"),
            ("/a/../b", "`..`"),
            ("/a/%2e%2E/b", "`..`"),
            ("/./a", "`.`"),
            ("/a/..;x/b", "`..`"),
            ("/a?b;c", "%3B"),
            ("/a?b=%", "two hexadecimal"),
            ("/a?b=%00", "control"),
            ("/a?%ED%A0%80", "UTF-8"),
        ] {
            let refusal = get(target).expect_err(target);
            assert_eq!(refusal.code, Code::RequestMalformed, "{target}");
            assert!(refusal.detail.contains(says), "{target}: {}", refusal.detail);
        }
        assert!(get(&format!("/?{}", "a&".repeat(uri::PAIRS))).is_ok());
        assert!(get(&format!("/?{}", "a&".repeat(uri::PAIRS + 1))).is_err());
    }

    #[test]
    fn every_name_of_the_destination_agrees() {
        let ask = |target: &str, host: &str, sni| {
            flow(&format!("GET {target} HTTP/1.1\nHost: {host}\n"), sni).map(|f| f.host.to_string()).map_err(|r| r.code)
        };
        let same = Ok("a.example".to_owned());
        assert_eq!(ask("/", "A.example.:8080", Some("a.EXAMPLE")), same);
        assert_eq!(ask("http://a.example/", "a.example:80", None), same);
        assert_eq!(ask("https://A.example:443/", "a.example", None), same);
        for (target, host, sni) in [
            ("http://b.example/", "a.example", None),
            ("http://a.example:8080/", "a.example", None),
            ("https://a.example/", "a.example:80", None),
            ("/", "a.example", Some("b.example")),
            ("/", "127.1", Some("a.example")),
        ] {
            assert_eq!(ask(target, host, sni), Err(Code::DestinationMismatch), "{target} {host}");
        }
        for host in ["a.example/x", "u@a.example", "a.example:0", "a b", "a,b", "[::1"] {
            assert_eq!(ask("/", host, None), Err(Code::RequestMalformed), "{host}");
        }
    }

    #[test]
    fn headers_with_two_meanings_are_refused() {
        let ask = |fields: &str| flow(&format!("POST / HTTP/1.1\nHost: a\n{fields}\n"), None).map_err(|r| r.code).err();
        let json = "Content-Type: application/json\n";
        assert_eq!(ask(json), None);
        assert_eq!(ask(&json.repeat(2)), Some(Code::RequestMalformed));
    }

    #[test]
    fn written_requests_keep_the_place_of_their_body() {
        let body = |text: &str, ends| {
            let read = parse_request(text.as_bytes(), ends, BOUNDS);
            read.map(|(_, range)| text.get(range).unwrap().to_owned()).map_err(|r| r.detail)
        };
        assert_eq!(body("POST / HTTP/1.1\nHost: a\n\n{}\n", LineEnds::LfToo).unwrap(), "{}\n");
        assert_eq!(body("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}\n", LineEnds::LfToo).unwrap(), "{}");
        assert_eq!(body("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}", LineEnds::Crlf).unwrap(), "{}");
        assert_eq!(body("GET / HTTP/1.1\nHost: a", LineEnds::LfToo).unwrap(), "");
        assert!(body("GET / HTTP/1.1\nHost: a\n\n", LineEnds::Crlf).unwrap_err().contains("LF alone"));
        assert!(
            body("POST / HTTP/1.1\nHost: a\nContent-Length: 3\n\n{}", LineEnds::LfToo).unwrap_err().contains("short")
        );
        assert!(
            body("POST / HTTP/1.1\nHost: a\nContent-Length: 1\n\n{}", LineEnds::LfToo).unwrap_err().contains("more")
        );
        assert!(body("POST / HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n", LineEnds::LfToo).is_err());
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic_and_segments_keep_their_promise(target in "/[ -~é%]{0,30}") {
            if let Ok(flow) = get(&target) {
                for (i, s) in flow.path.iter().enumerate() {
                    prop_assert!(!s.contains('/') && s != "." && s != ".." && !s.chars().any(char::is_control));
                    prop_assert!(!s.is_empty() || i + 1 == flow.path.len());
                }
            }
        }

        #[test]
        fn any_bytes_parse_or_are_refused(text in prop::collection::vec(any::<u8>(), 0..300)) {
            for ends in [LineEnds::Crlf, LineEnds::LfToo] {
                if let Ok((_, body)) = parse_request(&text, ends, BOUNDS) {
                    prop_assert!(text.get(body).is_some());
                }
            }
        }
    }
}

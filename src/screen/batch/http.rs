//! Requests as HTTP/1.1 writes them (RFC 9112), within the parts of a batch: read strictly, written anew.
//!
//! A request line has a method, a URL and nothing or `HTTP/1.1`. Lines end in CR LF. `Host` and a whole URL name this
//! connection's recipient or nobody. The body is what the part holds after an empty line, without empty lines at its end;
//! a `Content-Length` says as much. Codings, tunnelled methods and continued lines are refused.

use super::{
    frames::{Message, fields, is_token, malformed},
    wrapper::{Permitted, Request},
};
use crate::{
    screen::multipart::framing::find,
    verdict::{Code, Refusal},
};
use aws_lc_rs::digest::{SHA256, digest};
use std::borrow::Cow;

/// Header lines that change what the others or the body say. What they would say to whom is not for us to guess.
const REFUSED: [&str; 8] = [
    "content-encoding",
    "content-transfer-encoding",
    "expect",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "x-http-method",
    "x-http-method-override",
];

/// What is known of a request before its body is looked into.
#[derive(Debug)]
pub(super) struct Split<'m> {
    pub(super) request: Request<'m>,
    /// Its body, which may be anything yet.
    pub(super) body: Option<&'m [u8]>,
}

/// Reads one. `origin` is the recipient's: `https://refer.riverside.example`.
///
/// # Errors
/// `body-malformed` with what is wrong and at which byte of the body.
pub(super) fn read<'m>(message: &'m Message, origin: &str) -> Result<Split<'m>, Refusal> {
    let fault = |what: &str| malformed(what, message.at);
    let bytes = message.bytes.as_slice();
    let end = bytes.windows(4).position(|w| w == b"\r\n\r\n");
    let (head, body) = match end {
        Some(end) => (bytes.get(..end), bytes.get(end + 4..)),
        // The empty line's end is the boundary's.
        None => (Some(bytes.strip_suffix(b"\r\n").unwrap_or(bytes)), None),
    };
    let (head, body) = (head.unwrap_or_default(), body.unwrap_or_default());
    let line_end = head.windows(2).position(|w| w == b"\r\n").unwrap_or(head.len());
    let (line, lines) = head.split_at(line_end);
    let mut request = request_line(line, origin).map_err(fault)?;
    let (mut length, mut host, mut typed) = (None, None, false);
    for field in fields(lines).map_err(fault)? {
        let (name, value) = field.map_err(fault)?;
        let lower = name.to_ascii_lowercase();
        match lower.as_str() {
            "content-length" if length.is_some() => return Err(fault("a Content-Length twice in one request")),
            "content-length" => length = Some(value.parse().ok().filter(|_| value.bytes().all(|b| b.is_ascii_digit()))),
            "host" if host.is_some() => return Err(fault("a Host twice in one request")),
            "host" => host = Some(value),
            "content-type" if typed => return Err(fault("a Content-Type twice in one request")),
            "content-id" => {
                return Err(fault("a Content-ID within a request, which belongs beside its part's Content-Type,"));
            }
            refused if REFUSED.contains(&refused) => {
                return Err(fault("a header that says how the request or its body is to be read otherwise,"));
            }
            _ => {
                typed |= lower == "content-type";
                request.headers.push((Cow::Owned(lower), Cow::Borrowed(value)));
            }
        }
    }
    if let Some(host) = host {
        let authority = origin.split_once("://").map_or("", |(_, authority)| authority);
        if !host.eq_ignore_ascii_case(authority) {
            return Err(fault("a Host that is not this connection's recipient"));
        }
        request.host = Some(authority.to_owned());
    }
    request.name = message.name.as_deref().map(Cow::Borrowed);
    request.unlisted = message.unlisted;
    let body = content(body, length).map_err(fault)?;
    Ok(Split { request, body: (!body.is_empty()).then_some(body) })
}

/// `POST /accounts HTTP/1.1`.
fn request_line<'m>(line: &'m [u8], origin: &str) -> Result<Request<'m>, &'static str> {
    let text = std::str::from_utf8(line).map_err(|_| "a request line that is not UTF-8")?;
    if text.contains(['\r', '\n']) {
        return Err("a line that does not end in CR LF");
    }
    let mut words = text.split(' ');
    let (Some(method), Some(url), version, None) = (words.next(), words.next(), words.next(), words.next()) else {
        return Err("a request line that is not a method, a URL and `HTTP/1.1`");
    };
    if !is_token(method) || url.is_empty() || version.is_some_and(|version| version != "HTTP/1.1") {
        return Err("a request line that is not a method, a URL and `HTTP/1.1`");
    }
    let mut request = Request { method: Cow::Borrowed(method), url: Cow::Borrowed(url), ..Request::default() };
    // Another host is refused where URLs are read.
    let own = url.split_at_checked(origin.len()).filter(|(from, _)| from.eq_ignore_ascii_case(origin));
    if let Some((_, path)) = own.filter(|(_, path)| path.starts_with('/')) {
        request.url = Cow::Borrowed(path);
        request.origin = Some(origin.to_owned());
    }
    Ok(request)
}

/// The body without the empty lines that clients put after it. `length` is what a `Content-Length` says, if it is a
/// number.
fn content(body: &[u8], length: Option<Option<usize>>) -> Result<&[u8], &'static str> {
    let empty = |rest: &[u8]| rest.chunks(2).all(|pair| pair == b"\r\n");
    match length {
        None if empty(body) => Ok(&[]),
        None => Ok(body),
        Some(length) => {
            let (body, rest) = length.and_then(|length| body.split_at_checked(length)).ok_or(LENGTH)?;
            if empty(rest) { Ok(body) } else { Err(LENGTH) }
        }
    }
}

const LENGTH: &str = "a Content-Length that is not the length of its body,";

impl Request<'_> {
    /// Writes what may leave of it as a message.
    ///
    /// # Errors
    /// Where its URL could not stand in a line, which is a fault of ours.
    pub(super) fn write_http(&self, permitted: &Permitted<'_>, out: &mut Vec<u8>) -> Result<(), Refusal> {
        if !permitted.url.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(Refusal::plain(Code::Internal, "a permitted URL cannot stand in a request line"));
        }
        let origin = self.origin.as_deref().unwrap_or_default();
        let mut head = format!("{} {origin}{} HTTP/1.1\r\n", permitted.method, permitted.url);
        let host = self.host.as_ref().map(|host| ("Host", host.as_str()));
        let headers = permitted.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        for (name, value) in host.into_iter().chain(headers) {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if let Some(body) = &permitted.body {
            head.push_str(&format!("Content-Length: {}\r\n", body.len()));
        }
        head.push_str("\r\n");
        out.extend_from_slice(head.as_bytes());
        out.extend_from_slice(permitted.body.as_deref().unwrap_or_default());
        Ok(())
    }
}

/// How the boundary of a batch begins, and that of a change set.
const BOUNDARY: &str = "havengate-batch-";
const SET: &str = "havengate-set-";

/// The boundary of a batch that came with another.
pub(super) fn boundary(received: &str) -> String {
    format!("{BOUNDARY}{}", mark(received))
}

fn mark(received: &str) -> String {
    let hash = digest(&SHA256, received.as_bytes());
    hash.as_ref().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// Writes parts, with boundaries of our own.
#[derive(Debug)]
pub(super) struct Writer {
    /// What all our boundaries end in.
    mark: String,
    out: Vec<u8>,
    set: Option<usize>,
}

impl Writer {
    /// Boundaries that only depend on the one that arrived: whoever sends a batch again that holds ours by accident
    /// needs only another of their own.
    pub(super) fn new(received: &str) -> Self {
        Self { mark: mark(received), out: Vec::new(), set: None }
    }

    fn boundary(&self) -> String {
        format!("{BOUNDARY}{}", self.mark)
    }

    fn of_set(&self, set: usize) -> String {
        format!("{SET}{set}-{}", self.mark)
    }

    /// Writes a request's part.
    ///
    /// # Errors
    /// Where it holds what would be taken for a boundary.
    pub(super) fn part(&mut self, set: Option<usize>, name: Option<&str>, message: &[u8]) -> Result<(), Refusal> {
        let held = |boundary: &str| find(message, format!("--{boundary}").as_bytes()).is_some();
        if held(BOUNDARY) || held(SET) {
            let detail = "a request that would leave holds a boundary of ours; take it out";
            return Err(Refusal::plain(Code::BodyMalformed, detail));
        }
        if self.set != set {
            self.end_set();
            if let Some(set) = set {
                let head = format!(
                    "--{}\r\nContent-Type: multipart/mixed; boundary={}\r\n\r\n",
                    self.boundary(),
                    self.of_set(set)
                );
                self.out.extend_from_slice(head.as_bytes());
            }
            self.set = set;
        }
        let boundary = set.map_or_else(|| self.boundary(), |set| self.of_set(set));
        let name = name.map(|name| format!("Content-ID: {name}\r\n")).unwrap_or_default();
        let head = format!(
            "--{boundary}\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n{name}\r\n"
        );
        self.out.extend_from_slice(head.as_bytes());
        self.out.extend_from_slice(message);
        self.out.extend_from_slice(b"\r\n");
        Ok(())
    }

    fn end_set(&mut self) {
        if let Some(set) = self.set.take() {
            let end = format!("--{}--\r\n", self.of_set(set));
            self.out.extend_from_slice(end.as_bytes());
        }
    }

    /// All that was written, with the last boundary.
    pub(super) fn end(mut self) -> Vec<u8> {
        self.end_set();
        let end = format!("--{}--\r\n", self.boundary());
        self.out.extend_from_slice(end.as_bytes());
        self.out
    }
}

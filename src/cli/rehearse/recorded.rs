//! A request as it was recorded, whatever recorded it.

use super::{Failure, har};
use crate::{
    cli::Exit,
    config::Limits,
    flow::Host,
    gate::{
        head::{self, LineEnds},
        wire,
    },
};
use http::{HeaderMap, HeaderName, Method, header, request::Parts, uri::Scheme};
use std::{fs::File, io::Read as _, path::Path};

/// No recording is larger, in bytes.
const LARGEST: u64 = 512 << 20;

/// One entry of a recording.
#[derive(Debug)]
pub(super) enum Entry {
    /// A request.
    Request(Box<Recorded>),
    /// It never goes over a network (`data:`, `blob:`).
    Skipped,
    /// It cannot be judged from what was recorded, and why.
    Unreadable(&'static str),
}

/// A request and where it went. `Debug` would show clients' data, so there is none of what it holds.
pub(super) struct Recorded {
    /// The method; `None` where the request cannot even be read, which the judge will say.
    pub(super) method: Option<Method>,
    /// Where it went.
    pub(super) to: Address,
    /// Path and query as they stood on the wire.
    pub(super) target: String,
    headers: HeaderMap,
    body: Vec<u8>,
    /// As it was written down, to be judged as it is.
    original: Option<Vec<u8>>,
}

/// Where a request went, as far as its recording says.
#[derive(Debug, Clone, Default)]
pub(super) struct Address {
    /// Whether it was https; `None`: not recorded.
    pub(super) https: Option<bool>,
    /// The host; `None`: not recorded, or not one.
    pub(super) host: Option<Host>,
    /// The port, where it was written or follows from the scheme.
    pub(super) port: Option<u16>,
    /// The recording says the whole URL, so that a host nobody knows is not taken for the gateway's.
    pub(super) whole: bool,
}

impl std::fmt::Debug for Recorded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Recorded(…)")
    }
}

/// Reads a recording: a HAR where the file begins as JSON does, otherwise one HTTP/1.1 request.
pub(super) fn read(path: &Path, limits: &Limits) -> Result<Vec<Entry>, Failure> {
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(LARGEST + 1).read_to_end(&mut bytes))
        .map_err(|e| Failure::system(path, &e))?;
    if bytes.len() as u64 > LARGEST {
        let text = format!("{}: is larger than 512 MiB\n  mend: record fewer requests in one file", path.display());
        return Err(Failure::new(Exit::Usage, text));
    }
    // Some tools write a byte order mark.
    let json = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    if json.trim_ascii_start().first() == Some(&b'{') {
        return har::read(json).map_err(|why| Failure::new(Exit::Usage, format!("{}: {why}", path.display())));
    }
    Ok(vec![Entry::Request(Box::new(written(bytes, limits)))])
}

/// One request as text. What cannot be read is kept as it is, for the judge to say why.
fn written(bytes: Vec<u8>, limits: &Limits) -> Recorded {
    let bounds = wire::Bounds { head: limits.head, fields: limits.headers };
    let Ok((parts, body)) = head::parse_request(&bytes, LineEnds::LfToo, bounds) else {
        return Recorded::unreadable(bytes);
    };
    let body = bytes.get(body).unwrap_or_default().to_vec();
    Recorded { original: Some(bytes), ..Recorded::arrived(parts, body) }
}

impl Recorded {
    /// A request that arrived here or stands in a file, where at most `Host` says whom it was for.
    pub(super) fn arrived(parts: Parts, body: Vec<u8>) -> Self {
        let mut to = Address::default();
        let authority = match parts.uri.authority() {
            Some(authority) => {
                to.https = parts.uri.scheme().map(|scheme| *scheme == Scheme::HTTPS);
                to.whole = true;
                Some(authority.as_str())
            }
            None => parts.headers.get(header::HOST).and_then(|v| v.to_str().ok()),
        };
        if let Some(Ok((host, port))) = authority.map(Host::parse_authority) {
            to.port = port.or(to.https.map(|https| if https { 443 } else { 80 }));
            to.host = Some(host);
        }
        let target = parts.uri.path_and_query().map_or("/", |t| t.as_str()).to_owned();
        Self { method: Some(parts.method), to, target, headers: parts.headers, body, original: None }
    }

    /// A request from its parts.
    pub(super) fn new(method: Method, to: Address, target: String, headers: HeaderMap, body: Vec<u8>) -> Self {
        Self { method: Some(method), to, target, headers, body, original: None }
    }

    fn unreadable(bytes: Vec<u8>) -> Self {
        Self {
            method: None,
            to: Address::default(),
            target: String::new(),
            headers: HeaderMap::new(),
            body: Vec::new(),
            original: Some(bytes),
        }
    }

    /// The request as HTTP/1.1, as it was recorded.
    pub(super) fn as_it_was(&self) -> Vec<u8> {
        match (&self.original, self.headers.get(header::HOST), &self.to.host) {
            (Some(original), ..) => original.clone(),
            (None, Some(host), _) => self.addressed(host.as_bytes(), &self.target),
            (None, None, host) => {
                let host = host.as_ref().map(ToString::to_string).unwrap_or_default();
                self.addressed(host.as_bytes(), &self.target)
            }
        }
    }

    /// The request as HTTP/1.1, addressed elsewhere.
    pub(super) fn addressed(&self, host: &[u8], target: &str) -> Vec<u8> {
        let method = self.method.as_ref().map_or("GET", Method::as_str);
        let mut bytes = format!("{method} {target} HTTP/1.1\r\nHost: ").into_bytes();
        bytes.extend_from_slice(host);
        bytes.extend_from_slice(b"\r\n");
        for (name, value) in self.headers.iter().filter(|(name, _)| !is_framing(name)) {
            bytes.extend_from_slice(name.as_str().as_bytes());
            bytes.extend_from_slice(b": ");
            bytes.extend_from_slice(value.as_bytes());
            bytes.extend_from_slice(b"\r\n");
        }
        // Always there: without it, a body that is empty could not be told from one that follows.
        bytes.extend_from_slice(format!("Content-Length: {}\r\n\r\n", self.body.len()).as_bytes());
        bytes.extend_from_slice(&self.body);
        bytes
    }
}

/// Host and framing are written anew: the body is whole and its chunks are gone.
fn is_framing(name: &HeaderName) -> bool {
    matches!(*name, header::HOST | header::CONTENT_LENGTH | header::TRANSFER_ENCODING)
}

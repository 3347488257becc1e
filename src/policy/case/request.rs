//! `request.http`: one request as text.

use super::{Problems, place};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use std::ops::Range;

/// A request as the calling system sends it: not canonicalised, not judged.
#[derive(Debug, Clone)]
pub struct CaseRequest {
    /// The method.
    pub method: Method,
    /// The request target as written: `/riverside/referrals?area=E09000028`.
    pub target: String,
    /// Headers, `Host` among them.
    pub headers: HeaderMap,
    /// The body; empty where there is none.
    pub body: Vec<u8>,
}

impl CaseRequest {
    /// Whether its body says that it is JSON.
    #[must_use]
    pub fn is_json(&self) -> bool {
        let media = self.headers.get(http::header::CONTENT_TYPE).and_then(|media| media.to_str().ok());
        media.is_none_or(|media| media.split(';').next().unwrap_or_default().trim().ends_with("json"))
    }
}

pub(super) fn parse(file: &str, text: &str, problems: &mut Problems) -> Option<CaseRequest> {
    let (head, body) = split(text);
    let mut lines = lines(head);
    let first = lines.next().unwrap_or((0..0, ""));
    let start = start_line(first.1);
    if start.is_none() {
        let mend = "begin with a line such as POST /riverside/needs HTTP/1.1";
        problems.error(place(file, first.0), "this is not the first line of an HTTP/1.1 request", mend);
    }
    let mut headers = HeaderMap::new();
    for (span, line) in lines {
        let Some((name, value)) = header(line) else {
            let mend = "write `Name: value`, one a line, and an empty line before the body";
            problems.error(place(file, span), "this is not a header", mend);
            continue;
        };
        if name == http::header::CONTENT_LENGTH || name == http::header::TRANSFER_ENCODING {
            problems.error(place(file, span), "the runner counts the body itself", "take the header out");
        }
        headers.append(name, value);
    }
    if !headers.contains_key(http::header::HOST) {
        problems.error(place(file, None), "the request has no `Host`", "add one, such as Host: gateway.local");
    }
    let (method, target) = start?;
    Some(CaseRequest { method, target, headers, body: body.as_bytes().to_vec() })
}

/// Head and body around the first empty line; the body less one last line end, which editors add.
fn split(text: &str) -> (&str, &str) {
    let blank = ["\r\n\r\n", "\n\n"].into_iter().filter_map(|b| text.find(b).map(|i| (i, b.len()))).min();
    let (head, body) = match blank {
        Some((i, len)) => (text.get(..i).unwrap_or_default(), text.get(i + len..).unwrap_or_default()),
        None => (text.trim_end_matches(['\r', '\n']), ""),
    };
    let body = body.strip_suffix('\n').map_or(body, |b| b.strip_suffix('\r').unwrap_or(b));
    (head, body)
}

fn lines(head: &str) -> impl Iterator<Item = (Range<usize>, &str)> {
    let mut start = 0;
    head.split('\n').map(move |line| {
        let span = start..start + line.len();
        start += line.len() + 1;
        (span, line.strip_suffix('\r').unwrap_or(line))
    })
}

fn start_line(line: &str) -> Option<(Method, String)> {
    let mut parts = line.split(' ');
    match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some(method), Some(target), Some("HTTP/1.1"), None) if !target.is_empty() => {
            Some((method.parse().ok()?, target.to_owned()))
        }
        _ => None,
    }
}

fn header(line: &str) -> Option<(HeaderName, HeaderValue)> {
    let (name, value) = line.split_once(':')?;
    Some((HeaderName::from_bytes(name.as_bytes()).ok()?, HeaderValue::from_str(value.trim()).ok()?))
}

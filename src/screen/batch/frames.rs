//! OData's multipart batches: their frame and what each part says of itself (OData 4.01 Protocol section 11.7.7,
//! RFC 2046 section 5.1).
//!
//! - **One interpretation.** Parts are framed as in forms: boundaries in lines of their own, ended by CR LF, nothing before
//!   the first and after the last but empty lines. A part is one request (`application/http`) or a change set
//!   (`multipart/mixed`), which holds requests and no other set. Encodings that would have to be undone are refused.
//! - What a part says beside its type, its encoding, its length and its `Content-ID` is unlisted.

use crate::{
    screen::multipart::framing::{Event, Framing},
    verdict::{Code, Refusal},
};

/// One request as it stands in its part.
#[derive(Debug)]
pub(super) struct Message {
    /// Which change set it is of, from 0.
    pub(super) set: Option<usize>,
    /// Its `Content-ID`.
    pub(super) name: Option<String>,
    /// The request's bytes, and where they begin in the body.
    pub(super) bytes: Vec<u8>,
    pub(super) at: usize,
    /// Headers of the part that nobody knows.
    pub(super) unlisted: u64,
}

/// Something framed.
struct Part {
    head: Head,
    bytes: Vec<u8>,
    at: usize,
}

/// What a part says of itself.
struct Head {
    holds: Holds,
    name: Option<String>,
    unlisted: u64,
}

enum Holds {
    Request,
    /// A change set, with its boundary.
    Set(String),
}

/// Reads all requests, in their order.
///
/// # Errors
/// `body-malformed` with what is wrong and at which byte, `body-too-large` for more than `most` requests.
pub(super) fn read(body: &[u8], boundary: &str, most: usize) -> Result<Vec<Message>, Refusal> {
    let mut messages = Vec::new();
    let mut sets = 0;
    for part in parts(body, boundary, 0, most)? {
        let Part { head: Head { holds, name, unlisted }, bytes, at } = part;
        let boundary = match holds {
            Holds::Request => {
                messages.push(Message { set: None, name, bytes, at, unlisted });
                continue;
            }
            Holds::Set(boundary) => boundary,
        };
        if name.is_some() {
            return Err(malformed("a change set with a Content-ID, which only requests have,", at));
        }
        for (first, inner) in (0..).zip(parts(&bytes, &boundary, at, most)?) {
            if matches!(inner.head.holds, Holds::Set(_)) {
                return Err(malformed("a change set within a change set", inner.at));
            }
            let unlisted = inner.head.unlisted + if first == 0 { unlisted } else { 0 };
            let Part { head: Head { name, .. }, bytes, at } = inner;
            messages.push(Message { set: Some(sets), name, bytes, at, unlisted });
        }
        sets += 1;
    }
    if messages.len() > most {
        return Err(too_many(most));
    }
    Ok(messages)
}

/// The parts between boundaries, of which there is at least one. `base` is where `bytes` begins in the body.
fn parts(bytes: &[u8], boundary: &str, base: usize, most: usize) -> Result<Vec<Part>, Refusal> {
    let mut framing = Framing::new(boundary);
    framing.push(bytes);
    let mut parts: Vec<Part> = Vec::new();
    loop {
        let event = framing.next().map_err(|fault| malformed(fault.what, base + fault.at))?;
        match (event, parts.last_mut()) {
            (None, _) => break,
            (Some(Event::Head(lines, at)), _) => {
                let head = head(&lines).map_err(|what| malformed(what, base + at))?;
                let at = base + at + lines.len() + "\r\n\r\n".len();
                parts.push(Part { head, bytes: Vec::new(), at });
            }
            (Some(Event::Content), Some(part)) => part.bytes.extend_from_slice(framing.content()),
            (Some(Event::Content | Event::End), _) => {}
        }
        if parts.len() > most {
            return Err(too_many(most));
        }
    }
    framing.finish().map_err(|fault| malformed(fault.what, base + fault.at))?;
    if parts.is_empty() {
        return Err(malformed("no part at all", base));
    }
    Ok(parts)
}

/// What a part's header lines say.
fn head(lines: &[u8]) -> Result<Head, &'static str> {
    let (mut holds, mut coding, mut name, mut length, mut unlisted) = (None, None, None, None, 0);
    for line in fields(lines)? {
        let (field, value) = line?;
        let place = match field.to_ascii_lowercase().as_str() {
            "content-type" => &mut holds,
            "content-transfer-encoding" => &mut coding,
            "content-id" => &mut name,
            // The boundary says it.
            "content-length" => &mut length,
            "mime-version" => continue,
            _ => {
                unlisted += 1;
                continue;
            }
        };
        if place.replace(value).is_some() {
            return Err("a Content-Type, Content-Transfer-Encoding, Content-ID or Content-Length twice in one part");
        }
    }
    if !coding.is_none_or(|c| ["binary", "8bit", "7bit"].iter().any(|known| c.eq_ignore_ascii_case(known))) {
        return Err("a Content-Transfer-Encoding other than `binary`");
    }
    let holds = kind(holds.ok_or("a part without a Content-Type")?)?;
    Ok(Head { holds, name: name.map(str::to_owned), unlisted })
}

/// Header lines, each a name and a value in one line.
///
/// # Errors
/// What is wrong with them: of one line, when that is reached.
pub(super) fn fields(lines: &[u8]) -> Result<impl Iterator<Item = Result<(&str, &str), &'static str>>, &'static str> {
    let text = std::str::from_utf8(lines).map_err(|_| "headers that are not UTF-8")?;
    let lines = text.split("\r\n").filter(|line| !line.is_empty());
    Ok(lines.map(|line| {
        if line.contains(['\r', '\n']) {
            return Err("a line that does not end in CR LF");
        }
        if line.chars().any(|c| c.is_control() && c != '\t') {
            return Err("a control character in headers");
        }
        let field = line.split_once(':').filter(|(name, _)| is_token(name));
        let (name, value) = field.ok_or("a header line that is not a name, a colon and a value in one line")?;
        Ok((name, value.trim_matches([' ', '\t'])))
    }))
}

/// `application/http`, or `multipart/mixed` with its boundary; with no other parameter that says something.
fn kind(media: &str) -> Result<Holds, &'static str> {
    let mut parameters = media.split(';').map(|part| part.trim_matches([' ', '\t']));
    let essence = parameters.next().unwrap_or_default();
    let pairs: Vec<(&str, &str)> = parameters.filter_map(|p| p.split_once('=')).collect();
    if essence.eq_ignore_ascii_case("application/http") {
        let plain = pairs.iter().all(|(name, value)| match name.to_ascii_lowercase().as_str() {
            "msgtype" => value.eq_ignore_ascii_case("request"),
            "version" => *value == "1.1",
            _ => false,
        });
        return if plain { Ok(Holds::Request) } else { Err("a part of `application/http` that is no plain request") };
    }
    if !essence.eq_ignore_ascii_case("multipart/mixed") {
        return Err("a part that is neither `application/http` nor `multipart/mixed`");
    }
    let boundary = match pairs.as_slice() {
        [(name, value)] if name.eq_ignore_ascii_case("boundary") => *value,
        _ => return Err("a change set whose Content-Type does not say its boundary, and nothing else,"),
    };
    let quoted = boundary.strip_prefix('"').and_then(|b| b.strip_suffix('"'));
    let boundary = quoted.unwrap_or(boundary);
    let may = |b: u8| b.is_ascii_alphanumeric() || b"'()+_,-./:=? ".contains(&b);
    if !(1..=70).contains(&boundary.len()) || !boundary.bytes().all(may) || boundary.ends_with(' ') {
        return Err("a boundary that is none (RFC 2046 section 5.1.1)");
    }
    Ok(Holds::Set(boundary.to_owned()))
}

/// RFC 9110 section 5.6.2.
pub(super) fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
}

#[cold]
pub(super) fn malformed(what: &str, at: usize) -> Refusal {
    let detail = format!("the body is not a batch that can be read in one way only: {what} at byte {at}");
    Refusal::plain(Code::BodyMalformed, detail)
}

#[cold]
fn too_many(most: usize) -> Refusal {
    let detail = format!("the batch has more than {most} requests; send it in several");
    Refusal::plain(Code::BodyTooLarge, detail)
}

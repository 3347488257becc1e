//! Paths and queries as they are spelled, decoded once and in one way only.

use crate::verdict::{Code, Refusal};

/// Query parameters in one request, at most.
pub const PAIRS: usize = 256;

/// Decoded path segments of a path that begins with `/`, without the leading empty one.
///
/// # Errors
/// `request-malformed`, where the path could be read as another.
pub fn segments(path: &str) -> Result<Vec<String>, Refusal> {
    let Some(path) = path.strip_prefix('/') else {
        return Err(malformed("The path does not begin with `/`."));
    };
    let mut segments = Vec::new();
    let mut rest = path.split('/').peekable();
    while let Some(raw) = rest.next() {
        let segment = decode(raw, Part::Path)?;
        if segment.contains(['/', '\\']) {
            return Err(malformed("The path holds an encoded slash or a backslash, which servers read differently."));
        }
        if segment.is_empty() && rest.peek().is_some() {
            return Err(malformed("The path holds an empty segment (`//`), which servers read differently."));
        }
        // Some servers drop `;…` before they resolve dots.
        let name = segment.split(';').next().unwrap_or_default();
        if name == "." || name == ".." {
            return Err(malformed("The path holds a `.` or `..` segment; send the path it leads to."));
        }
        segments.push(segment);
    }
    Ok(segments)
}

/// Decoded query pairs, by the rules of HTML forms (`+` is a space).
///
/// # Errors
/// `request-malformed`, where the query could be read as another.
pub fn pairs(query: &str) -> Result<Vec<(String, String)>, Refusal> {
    if query.contains(';') {
        return Err(malformed("The query holds `;`, which some servers read as `&`; send it as %3B."));
    }
    let mut pairs = Vec::new();
    for raw in query.split('&').filter(|p| !p.is_empty()) {
        if pairs.len() == PAIRS {
            return Err(malformed(format!("The query has more than {PAIRS} parameters.")));
        }
        let (name, value) = raw.split_once('=').unwrap_or((raw, ""));
        pairs.push((decode(name, Part::Query)?, decode(value, Part::Query)?));
    }
    Ok(pairs)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Path,
    Query,
}

/// Percent-decoding, once and exactly.
fn decode(raw: &str, part: Part) -> Result<String, Refusal> {
    let place = if part == Part::Path { "path" } else { "query" };
    let mut bytes = Vec::with_capacity(raw.len());
    let mut rest = raw.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let digit = |b: Option<u8>| b.and_then(|b| (b as char).to_digit(16)).and_then(|d| u8::try_from(d).ok());
                let (Some(high), Some(low)) = (digit(rest.next()), digit(rest.next())) else {
                    return Err(malformed(format!("The {place} holds `%` without two hexadecimal digits after it.")));
                };
                (high << 4) | low
            }
            b'+' if part == Part::Query => b' ',
            other => other,
        });
    }
    let text = String::from_utf8(bytes)
        .map_err(|_| malformed(format!("The {place} holds percent-encoded bytes that are not UTF-8.")))?;
    // A line break in a query value is text; in a path it is nothing but a trick.
    let allowed = |c: char| part == Part::Query && matches!(c, '\t' | '\n' | '\r');
    if text.chars().any(|c| c.is_control() && !allowed(c)) {
        return Err(malformed(format!("The {place} holds an encoded control character.")));
    }
    Ok(text)
}

fn malformed(detail: impl Into<String>) -> Refusal {
    Refusal::plain(Code::RequestMalformed, detail)
}

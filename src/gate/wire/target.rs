//! The request target: origin form or absolute form, nothing else (RFC 9112 section 3.2).

use super::WireFault;

/// Checks the form and the characters. What the target means is read later, by `gate::head`.
pub(super) fn check(target: &[u8]) -> Result<(), WireFault> {
    if target == b"*" {
        return Err(WireFault::Asterisk);
    }
    if target.contains(&b'#') {
        return Err(WireFault::Fragment);
    }
    let after_authority = match target.first() {
        Some(b'/') => target,
        _ => absolute(target).ok_or(WireFault::Target)?,
    };
    let mut parts = after_authority.splitn(2, |b| *b == b'?');
    let (path, query) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    // The library parses the target again: what it would not take must not reach it.
    if path.iter().all(|b| in_path(*b)) && query.iter().all(|b| in_query(*b)) && http::Uri::try_from(target).is_ok() {
        Ok(())
    } else {
        Err(WireFault::Target)
    }
}

/// What follows `http://authority`, where the target is that.
fn absolute(target: &[u8]) -> Option<&[u8]> {
    let scheme = [b"http://".as_slice(), b"https://"].into_iter().find(|s| {
        let start = target.get(..s.len());
        start.is_some_and(|t| t.eq_ignore_ascii_case(s))
    })?;
    let rest = target.get(scheme.len()..)?;
    let end = rest.iter().position(|b| matches!(b, b'/' | b'?')).unwrap_or(rest.len());
    let authority = rest.get(..end)?;
    let plain =
        |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~' | b':' | b'[' | b']' | b'%');
    (!authority.is_empty() && authority.iter().all(plain)).then(|| rest.get(end..)).flatten()
}

/// RFC 3986 `pchar` and `/`, and the three that URL libraries leave as they are.
const fn in_path(b: u8) -> bool {
    b.is_ascii_alphanumeric()
        || matches!(
            b,
            b'-' | b'.' | b'_' | b'~' | b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b';' | b'='
        )
        || matches!(b, b':' | b'@' | b'%' | b'/' | b'[' | b']' | b'|')
}

/// Visible ASCII but for what the WHATWG URL standard percent-encodes in a query.
const fn in_query(b: u8) -> bool {
    b.is_ascii_graphic() && !matches!(b, b'"' | b'<' | b'>' | b'#')
}

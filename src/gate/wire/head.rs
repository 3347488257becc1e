//! A request's head, checked line by line as it arrives (RFC 9112 sections 2 to 6).

use super::{WireFault, parser::Bounds, target};

/// How the body is framed (RFC 9112 section 6.3). A request with neither header has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// No body.
    None,
    /// So many bytes.
    Length(u64),
    /// Chunks.
    Chunked,
}

/// The part of a head seen so far. Bytes are looked at once, however they arrive.
#[derive(Debug, Default)]
pub(super) struct HeadScan {
    /// Bytes looked at, from the head's first.
    seen: usize,
    /// Where the current line began.
    line: usize,
    /// The last byte was a carriage return.
    after_cr: bool,
    /// Lines that are whole: the request line and fields.
    lines: usize,
    tally: Tally,
}

impl HeadScan {
    pub(super) const fn started(&self) -> bool {
        self.seen > 0
    }

    /// Looks at the bytes of `head` not yet looked at. `head` begins with the head's first byte. When the
    /// head is whole and valid: its length and how the body is framed.
    pub(super) fn advance(&mut self, head: &[u8], bounds: Bounds) -> Result<Option<(usize, Framing)>, WireFault> {
        let fresh = head.get(self.seen..).unwrap_or_default();
        for byte in fresh {
            self.seen += 1;
            if self.seen > bounds.head {
                return Err(WireFault::HeadTooLarge);
            }
            match (self.after_cr, byte) {
                (true, b'\n') => {
                    self.after_cr = false;
                    let line = head.get(self.line..self.seen - 2).unwrap_or_default();
                    self.line = self.seen;
                    if self.whole_line(line, bounds)? {
                        return self.tally.framing().map(|f| Some((self.seen, f)));
                    }
                }
                (true, _) => return Err(WireFault::BareCr),
                (false, b'\r') => self.after_cr = true,
                (false, b'\n') => return Err(WireFault::BareLf),
                (false, b' ' | 0x21..=0x7e) => {}
                (false, b'\t') if self.lines > 0 => {}
                _ => return Err(WireFault::Byte),
            }
        }
        Ok(None)
    }

    /// Whether this line, the empty one, ends the head.
    fn whole_line(&mut self, line: &[u8], bounds: Bounds) -> Result<bool, WireFault> {
        self.lines += 1;
        if self.lines == 1 {
            return check_request_line(line).map(|()| false);
        }
        if line.is_empty() {
            return Ok(true);
        }
        if self.lines - 1 > bounds.fields {
            return Err(WireFault::TooManyFields);
        }
        self.tally.field(line).map(|()| false)
    }
}

fn check_request_line(line: &[u8]) -> Result<(), WireFault> {
    let mut parts = line.split(|b| *b == b' ');
    let (Some(method), Some(aim), Some(version), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(WireFault::RequestLine);
    };
    match (method, version) {
        (b"PRI", b"HTTP/2.0") => return Err(WireFault::Http2Preface),
        (_, b"HTTP/1.0") => return Err(WireFault::Http10),
        (_, b"HTTP/1.1") => {}
        (_, v) if v.starts_with(b"HTTP/") => return Err(WireFault::Version),
        _ => return Err(WireFault::RequestLine),
    }
    if method == b"CONNECT" {
        return Err(WireFault::Connect);
    }
    if method.is_empty() || !method.iter().all(|b| is_token(*b)) {
        return Err(WireFault::Method);
    }
    target::check(aim)
}

/// What was seen of the headers that frame or address a message.
#[derive(Debug, Default)]
struct Tally {
    host: bool,
    length: Option<u64>,
    chunked: bool,
    expect: bool,
}

impl Tally {
    fn field(&mut self, line: &[u8]) -> Result<(), WireFault> {
        if line.first().is_some_and(|b| matches!(b, b' ' | b'\t')) {
            return Err(WireFault::ObsFold);
        }
        let (name, value) = split_field(line).ok_or(WireFault::FieldName)?;
        if name.last().is_some_and(|b| matches!(b, b' ' | b'\t')) {
            return Err(WireFault::SpaceBeforeColon);
        }
        if name.is_empty() || !name.iter().all(|b| is_token(*b)) {
            return Err(WireFault::FieldName);
        }
        if name.eq_ignore_ascii_case(b"host") {
            self.host(value)
        } else if name.eq_ignore_ascii_case(b"content-length") {
            self.length(value)
        } else if name.eq_ignore_ascii_case(b"transfer-encoding") {
            let second = std::mem::replace(&mut self.chunked, true);
            if !second && value.eq_ignore_ascii_case(b"chunked") { Ok(()) } else { Err(WireFault::Coding) }
        } else if name.eq_ignore_ascii_case(b"expect") {
            let second = std::mem::replace(&mut self.expect, true);
            if !second && value.eq_ignore_ascii_case(b"100-continue") { Ok(()) } else { Err(WireFault::Expect) }
        } else if name.eq_ignore_ascii_case(b"upgrade") {
            Err(WireFault::Upgrade)
        } else {
            Ok(())
        }
    }

    fn host(&mut self, value: &[u8]) -> Result<(), WireFault> {
        if std::mem::replace(&mut self.host, true) {
            return Err(WireFault::HostTwice);
        }
        if value.is_empty() { Err(WireFault::HostMissing) } else { Ok(()) }
    }

    fn length(&mut self, value: &[u8]) -> Result<(), WireFault> {
        if self.length.is_some() {
            return Err(WireFault::LengthTwice);
        }
        if value.is_empty() || !value.iter().all(u8::is_ascii_digit) {
            return Err(WireFault::Length);
        }
        // 63 bits: above them libraries give a length another meaning.
        let number = std::str::from_utf8(value).ok().and_then(|v| v.parse::<i64>().ok());
        self.length = Some(number.and_then(|n| u64::try_from(n).ok()).ok_or(WireFault::Length)?);
        Ok(())
    }

    fn framing(&self) -> Result<Framing, WireFault> {
        match (self.host, self.length, self.chunked) {
            (false, ..) => Err(WireFault::HostMissing),
            (true, Some(_), true) => Err(WireFault::LengthAndCoding),
            (true, Some(length), false) => Ok(Framing::Length(length)),
            (true, None, true) => Ok(Framing::Chunked),
            (true, None, false) => Ok(Framing::None),
        }
    }
}

/// The name as it stands and the value without the optional whitespace around it.
fn split_field(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = line.iter().position(|b| *b == b':')?;
    Some((line.get(..colon)?, line.get(colon + 1..)?.trim_ascii()))
}

/// The method and the target of a head that a [`Parser`](super::Parser) passed.
#[must_use]
pub fn request_line(head: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut parts = lines(head).next()?.split(|b| *b == b' ');
    Some((parts.next()?, parts.next()?))
}

/// The fields, name and value, of a head that a [`Parser`](super::Parser) passed.
pub fn fields(head: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    lines(head).skip(1).filter_map(split_field)
}

fn lines(head: &[u8]) -> impl Iterator<Item = &[u8]> {
    head.split(|b| *b == b'\n').map(|l| l.strip_suffix(b"\r").unwrap_or(l))
}

/// `tchar` of RFC 9110 section 5.6.2.
const fn is_token(b: u8) -> bool {
    b.is_ascii_alphanumeric()
        || matches!(
            b,
            b'!' | b'#' | b'$' | b'%' | b'&' | b'\'' | b'*' | b'+' | b'-' | b'.' | b'^' | b'_' | b'`' | b'|' | b'~'
        )
}

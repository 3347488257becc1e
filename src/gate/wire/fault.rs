//! Every way a message can break the rules of its wire: a closed list, each with what to do about it.

use crate::verdict::{Code, Refusal};

/// A rule of RFC 9112 that a message broke, or a bound it went over. Never holds the caller's bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum WireFault {
    /// Not `METHOD target HTTP/1.1` with single spaces (RFC 9112 section 3).
    #[error("the request line is not `METHOD target HTTP/1.1` with single spaces")]
    RequestLine,
    /// The method is not a token (RFC 9110 section 9.1).
    #[error("the method is not an HTTP token")]
    Method,
    /// Neither origin form nor absolute form, or a character that must be percent-encoded.
    #[error("the request target is neither a path nor an http URL, or holds a character that must be percent-encoded")]
    Target,
    /// A fragment never travels (RFC 9112 section 3.2).
    #[error("the request target holds a fragment; send the part before `#` only")]
    Fragment,
    /// Tunnels are never opened.
    #[error("CONNECT is not accepted: this gateway reads what it carries and opens no tunnels")]
    Connect,
    /// `OPTIONS *` addresses no recipient.
    #[error("the target `*` is not accepted; name a path")]
    Asterisk,
    /// HTTP/1.0.
    #[error("HTTP/1.0 is not accepted; send HTTP/1.1")]
    Http10,
    /// The HTTP/2 preface on a connection in clear.
    #[error("HTTP/2 is not accepted in clear; use TLS with ALPN `h2`, or HTTP/1.1")]
    Http2Preface,
    /// Any other version.
    #[error("the HTTP version is not HTTP/1.1")]
    Version,
    /// A line feed without a carriage return.
    #[error("a line of the head ends in LF alone; end each line in CRLF")]
    BareLf,
    /// A carriage return without a line feed.
    #[error("a carriage return in the head is not followed by LF")]
    BareCr,
    /// A control character, NUL, or a byte outside ASCII.
    #[error("the head holds a control character or a byte outside ASCII")]
    Byte,
    /// A folded line (RFC 9112 section 5.2).
    #[error("a header is folded over two lines; send it on one")]
    ObsFold,
    /// A header's name is empty or not a token.
    #[error("a header's name is empty or not an HTTP token")]
    FieldName,
    /// Whitespace between name and colon (RFC 9112 section 5.1).
    #[error("a header has a space before its colon")]
    SpaceBeforeColon,
    /// Over the bound on bytes.
    #[error("the request's head is larger than this gateway accepts")]
    HeadTooLarge,
    /// Over the bound on fields.
    #[error("the request has more headers than this gateway accepts")]
    TooManyFields,
    /// No `Host`, or an empty one.
    #[error("the request has no Host header; send exactly one")]
    HostMissing,
    /// Two of them.
    #[error("the request has two Host headers; send exactly one")]
    HostTwice,
    /// Two of them, equal or not.
    #[error("the request has two Content-Length headers; send one, or chunked coding")]
    LengthTwice,
    /// Not a plain decimal number.
    #[error("Content-Length is not a plain decimal number")]
    Length,
    /// Not exactly `chunked`, once.
    #[error("Transfer-Encoding is not exactly `chunked`, once")]
    Coding,
    /// Both (RFC 9112 section 6.1): the classic of request smuggling.
    #[error("the request has both Content-Length and Transfer-Encoding; send one of them")]
    LengthAndCoding,
    /// A change of protocol.
    #[error("Upgrade is not accepted: this gateway reads what it carries")]
    Upgrade,
    /// An expectation other than `100-continue`.
    #[error("Expect is not exactly `100-continue`, once")]
    Expect,
    /// The connection ended within a head.
    #[error("the connection ended before the request's head was whole")]
    HeadCut,
    /// The head did not become whole in time.
    #[error("the request's head did not arrive in time")]
    HeadLate,
    /// Not 1 to 16 hexadecimal digits and CRLF.
    #[error("a chunk's size is not 1 to 16 hexadecimal digits and CRLF")]
    ChunkSize,
    /// Extensions mean something to somebody.
    #[error("a chunk has an extension; send the size alone")]
    ChunkExtension,
    /// A chunk's data is not followed by CRLF.
    #[error("a chunk is longer or shorter than its size says")]
    ChunkEnd,
    /// Fields after the body were never judged with the head.
    #[error("the body is followed by trailer fields; send them as headers or not at all")]
    Trailers,
}

impl WireFault {
    /// The refusal the caller is told.
    #[must_use]
    pub fn refusal(self) -> Refusal {
        let code = match self {
            Self::HeadLate => Code::RequestTimeout,
            _ => Code::RequestMalformed,
        };
        let mut detail = self.to_string();
        if let Some(first) = detail.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        detail.push('.');
        Refusal::plain(code, detail)
    }
}

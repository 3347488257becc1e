//! How a body came, as far as it matters to who reads it and to what its type says when it leaves.

/// What the gate took off a body, or read of its `Content-Type`, before it is screened.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Received {
    /// Its `Content-Type` as it leaves: the operation's media type and the parameters that stay true. Empty without a
    /// body.
    pub content_type: String,
    /// It came in another charset and was put into UTF-8: what the document says of its own encoding is no longer so.
    pub transcoded: bool,
    /// What stands between the parts of a `multipart` body (RFC 2046 section 5.1.1), unquoted.
    pub boundary: Option<String>,
    /// SOAP 1.2's action (RFC 3902 section 2), unquoted and not compared with anything yet.
    pub action: Option<String>,
}

//! What a caller's bytes must look like before an HTTP library may read them (RFC 9112).
//!
//! HTTP libraries forgive: a length beside a coding, a bare line feed, two hosts. Whoever forgives
//! differently from the next reader lets a request mean two things, and a gateway must judge the one
//! that is sent. So every HTTP/1.1 message of a connection passes a [`Parser`] first. It is pure: bytes
//! in, how many of them may be passed on out, the same for every way of splitting them. [`Wire`] is the
//! thin shell that puts it around a socket, with the deadlines that only a socket has.

mod chunk;
mod fault;
mod head;
mod parser;
mod shell;
mod target;

pub use fault::WireFault;
pub use head::{Framing, fields, request_line};
pub use parser::{Bounds, Parser, Place};
pub use shell::{End, Wire};

#[cfg(test)]
mod tests;

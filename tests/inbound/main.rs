//! The way in, over real sockets: what a caller may send, what it is told, and that nothing else is ever seen
//! by the exchange behind it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::disallowed_methods,
    reason = "tests play the caller, and fail by panicking"
)]

mod bodies;
mod bounds;
mod ending;
mod gateway;
mod heads;
mod http2;
mod spellings;
mod tls;

//! The way out over real sockets: what is judged, pinned, written, and what comes back.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on stops"
)]

#[path = "../support/mod.rs"]
mod support;

mod answers;
mod book;
mod credentials;
mod denials;
mod identity;
mod names;
mod pinning;
mod pooling;
mod screening;
mod sending;
mod spellings;
mod tls;
mod tricks;
mod ways;

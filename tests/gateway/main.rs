//! The whole gateway over real sockets: what a caller is told, what the recipient received, and what the record
//! book holds. What one room does by itself is tested in that room's area.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::disallowed_methods,
    reason = "tests play everybody outside the gateway, and fail by panicking"
)]

#[path = "../support/mod.rs"]
mod support;

mod answers;
mod batch;
#[path = "../panel/browser.rs"]
#[allow(dead_code, reason = "the panel's own tests use all of it")]
mod browser;
mod caller;
mod callers;
mod closings;
mod coded;
mod consent;
mod crash;
mod destinations;
mod documents;
mod large;
mod named;
mod names;
mod namespace;
mod oauth;
mod panel;
mod parts;
mod places;
mod policy;
mod privacy;
mod process;
mod racing;
mod recipients;
mod record_book;
mod sharing;
mod signals;
mod target;
mod tls;
mod upstream;
mod uses;
mod world;

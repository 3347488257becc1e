//! The scrutiny panel's window, through real sockets.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::disallowed_methods,
    reason = "tests play everybody outside the panel, and fail by panicking"
)]

#[path = "../support/mod.rs"]
mod support;

mod browser;
mod figures;
mod frame;
mod pages;
mod world;

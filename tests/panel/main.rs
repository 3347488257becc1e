//! The scrutiny panel's window, through real sockets.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests play everybody outside the panel, and fail by panicking"
)]

#[path = "../support/mod.rs"]
mod support;

mod browser;
mod consent;
mod emergencies;
mod frame;
mod policy;
mod registers;
mod world;

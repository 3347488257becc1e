//! The scrutiny panel's window, through real sockets.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on stops"
)]

#[path = "../support/mod.rs"]
mod support;

mod browser;
mod frame;
mod mail;
mod messages;
mod webhook;
mod world;

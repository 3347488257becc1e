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

mod access;
mod breaches;
mod browser;
mod by_hand;
mod concerns;
mod demands;
mod frame;
mod hostile;
mod people;
mod stops;
mod world;

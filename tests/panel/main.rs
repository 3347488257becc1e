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

mod access;
mod alarms;
mod breaches;
mod browser;
mod by_hand;
mod concerns;
mod consent;
mod demands;
mod doors;
mod emergencies;
mod figures;
mod follow;
mod frame;
mod hostile;
mod machines;
mod mail;
mod messages;
mod pages;
mod people;
mod policy;
mod registers;
mod reports;
mod stops;
mod unconfirmed;
mod webhook;
mod world;

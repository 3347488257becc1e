//! The charter's rules, asked with every kind of fact.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test that panics is a test that fails"
)]

mod facts;
mod files;
mod floor;
mod local;
mod model;
mod pairs;

//! The screening room: selectors against an oracle, the JSON kernel against a plain model of its rules.
//!
//! `PROPTEST_CASES=20000 cargo nextest run --test screen` looks longer for what the properties forbid.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test stops at the first surprise"
)]

#[path = "../support/mod.rs"]
mod support;

mod aggregate;
mod batch;
mod cells;
mod coding;
mod document;
mod flat;
mod flat_properties;
mod form;
mod inside;
mod json;
mod keys;
mod lines;
mod malformed;
mod model;
mod multipart;
mod named;
mod one_of;
mod picture;
mod properties;
mod rules;
mod searched;
mod selector;
mod sideways;
mod table;
mod template;
mod whole;
mod within;
mod xml;

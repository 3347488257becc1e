//! Consent: tokens that are what they say and nothing else, the grant that answers for a field, the socket and
//! the command that record it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test that cannot go on fails; clippy's own exemption covers only functions marked as tests"
)]

mod command;
mod control;
mod hostile;
mod matching;
mod round_trip;
mod world;

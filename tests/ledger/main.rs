//! The record book from outside: what it permits, what it refuses, what it survives, what it finds.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that meets something unexpected stops there; clippy's own exception covers only #[test] functions"
)]

mod book;
mod clock;
mod consent;
mod crash;
mod faults;
mod opening;
mod permission;
mod picture;
#[path = "../support/small_disk.rs"]
mod small_disk;
mod standing;
mod verifying;
mod waiting;

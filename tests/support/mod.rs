//! What several test areas share. Included with `#[path = "../support/mod.rs"] mod support;`.
#![allow(dead_code, unreachable_pub, missing_docs, reason = "each area uses some of it")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on stops"
)]

pub mod authority;
pub mod dns;
pub mod pictures;
pub mod small_disk;
pub mod spellings;
pub mod standin;

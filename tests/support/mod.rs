//! What several test areas share. Included with `#[path = "../support/mod.rs"] mod support;`.
#![allow(dead_code, unreachable_pub, reason = "each area uses some of it")]

pub mod authority;
pub mod standin;

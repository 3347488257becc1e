//! Rehearsals, as an IT team makes them before cut-over: over the real program, with and without a running gateway.
//! Whatever is rehearsed, nobody is sent anything, and no report holds anything of anybody.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "tests play the IT team, and fail by panicking"
)]

mod files;
mod home;
mod live;
mod running;

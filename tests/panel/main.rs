//! The scrutiny panel's window, through real sockets.

#[path = "../support/mod.rs"]
mod support;

mod browser;
mod concerns;
mod frame;
mod stops;
mod world;

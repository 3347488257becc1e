//! The scrutiny panel's window, through real sockets.

#[path = "../support/mod.rs"]
mod support;

mod breaches;
mod browser;
mod concerns;
mod demands;
mod frame;
mod stops;
mod world;

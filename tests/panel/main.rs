//! The scrutiny panel's window, through real sockets.

#[path = "../support/mod.rs"]
mod support;

mod browser;
mod frame;
mod mail;
mod messages;
mod webhook;
mod world;

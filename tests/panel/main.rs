//! The scrutiny panel's window, through real sockets.

#[path = "../support/mod.rs"]
mod support;

mod access;
mod browser;
mod by_hand;
mod frame;
mod hostile;
mod people;
mod world;

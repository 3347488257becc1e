//! The scrutiny panel's window, through real sockets.

#[path = "../support/mod.rs"]
mod support;

mod browser;
mod consent;
mod emergencies;
mod frame;
mod policy;
mod registers;
mod world;

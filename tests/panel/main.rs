//! The scrutiny panel's window, through real sockets.

#[path = "../support/mod.rs"]
mod support;

mod browser;
mod figures;
mod frame;
mod pages;
mod registers;
mod reports;
mod stops;
mod world;

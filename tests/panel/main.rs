//! The scrutiny panel's window, through real sockets.

#[path = "../support/mod.rs"]
mod support;

mod browser;
mod figures;
mod frame;
mod mail;
mod messages;
mod pages;
mod registers;
mod reports;
mod stops;
mod webhook;
mod world;

//! The scrutiny panel's window, through real sockets.

#[path = "../support/mod.rs"]
mod support;

mod access;
mod breaches;
mod browser;
mod by_hand;
mod concerns;
mod demands;
mod frame;
mod hostile;
mod people;
mod stops;
mod world;

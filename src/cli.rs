//! Commands.

pub mod consent;

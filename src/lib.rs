//! Havengate.
pub mod cli;
pub mod config;
pub mod consent;
pub mod flow;
pub mod gate;
pub mod hardening;
pub mod ledger;
pub mod log;
pub mod metrics;
pub mod policy;
pub mod screen;
pub mod verdict;

//! What IT watches with: the shipped rules, routes and dashboards, checked by the tools that read them; and a real
//! Prometheus that scrapes a running gateway, lets an alert fire and tells a real Alertmanager.
//!
//! A tool that is not on this machine is said and its test passes over; `tests/run` installs them where it can.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on stops"
)]

mod alert;
mod files;
mod names;

use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// What `deploy/` ships.
fn deploy(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy").join(name)
}

/// The first of these programs that is here.
fn tool(names: &[&str]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).flat_map(|d| names.iter().map(move |n| d.join(n))).find(|p| p.is_file());
    if found.is_none() {
        eprintln!("passed over: {} is not on this machine; tests/run installs it", names.join(" or "));
    }
    found
}

/// What a command says, where it succeeds.
#[track_caller]
fn said(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}");
    text
}

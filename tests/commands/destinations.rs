//! `havengate destinations …` with real files, and what is drawn and written by it.

mod calendar;
mod picture;
mod reading;
mod sequences;
mod writing;

use super::{havengate, said};
use serde_json::Value;
use std::{fs, path::Path};

fn home() -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    assert_eq!(said(havengate(home.path()).arg("init")).0, Some(0));
    home
}

/// `havengate destinations …`: how it ended, and what it said.
fn run(home: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    said(havengate(home).arg("destinations").args(arguments))
}

/// The same for a machine.
fn data(home: &Path, arguments: &[&str]) -> (Option<i32>, Value) {
    let (exit, out, err) = said(havengate(home).args(["--json", "destinations"]).args(arguments));
    (exit, serde_json::from_str(&out).unwrap_or_else(|e| panic!("{e}: {out}{err}")))
}

fn registry(home: &Path) -> String {
    fs::read_to_string(home.join("policies/organisations.toml")).unwrap()
}

fn append(home: &Path, text: &str) {
    fs::write(home.join("policies/organisations.toml"), registry(home) + text).unwrap();
}

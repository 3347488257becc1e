//! The configuration: what is accepted, what is refused and in which words, and that no message holds a value.

mod environment;
mod file;

use havengate::config::{Config, Faults};
use std::{ffi::OsString, path::Path};

/// Reads a text with these variables, as `/home/h/havengate.toml`.
fn parse(text: &str, variables: &[(&str, &str)]) -> Result<Config, Faults> {
    let variables = variables.iter().map(|(n, v)| (OsString::from(n), OsString::from(v)));
    Config::parse(text, Path::new("/home/h/havengate.toml"), variables)
}

/// Says the only fault of a text, as a person reads it.
#[track_caller]
fn refused(text: &str, variables: &[(&str, &str)]) -> String {
    let faults = parse(text, variables).err();
    assert_eq!(faults.as_ref().map(|f| f.list().len()), Some(1), "{text} {variables:?}: {faults:?}");
    faults.map(|f| f.to_string()).unwrap_or_default()
}

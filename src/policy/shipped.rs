//! The policies that come with this version: the core every organisation shares, and a starting point.
//!
//! The core is compiled in, so that a copy in `policies/` which was changed is found at start.

use super::{
    Sources,
    charter::{FLOOR, SCHEMA},
};

macro_rules! shipped {
    ($($name:literal),+ $(,)?) => { &[$(($name, include_str!(concat!("../../policies/", $name)))),+] };
}

/// The core: the charter's floor, the schema it is validated against, the category tree, the Home Office's roots.
/// Copies in `policies/` must match byte for byte.
pub const CORE: &[(&str, &str)] = &[
    ("floor.cedar", FLOOR),
    ("schema.cedarschema", SCHEMA),
    ("categories.toml", include_str!("../../policies/categories.toml")),
    ("roots.toml", include_str!("../../policies/roots.toml")),
];

/// What an organisation starts from and makes its own.
pub const START: &[(&str, &str)] = shipped![
    "README.md",
    "local.cedar",
    "charter.toml",
    "organisations.toml",
    "councils.toml",
    "integrations/city-messages.toml",
    "integrations/inform-riverside.toml",
    "integrations/salesforce-contact.toml",
    "integrations/street-health.toml",
    "integrations/westbridge-safeguarding.toml",
];

/// The shipped set as it would be read from disk.
#[must_use]
pub fn sources() -> Sources {
    let mut sources = Sources::default();
    for (name, text) in CORE.iter().chain(START) {
        sources.insert(*name, *text);
    }
    sources
}

//! Detectors: every family's spellings, how much is found of a labelled set, how little of what is clean.
//!
//! `HAVENGATE_DETECT_TABLE=1 cargo nextest run --test detect --no-capture measured` prints the table of the README.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test stops at the first surprise"
)]

mod clean;
mod families;
mod glued;
mod inside;
mod labelled;
mod measured;
mod properties;
mod random;
#[path = "../screen/rules.rs"]
#[expect(dead_code, reason = "the tests of screening use all of it")]
mod rules;
mod scripts;
mod spellings;
mod written;

use families::FAMILIES;
use havengate::detect::{Cue, Detected, scan};

fn found(text: &str, key: &str) -> Vec<Detected> {
    let mut found = Vec::new();
    scan(text, Cue::of_key(key), None, &mut found);
    found
}

#[test]
fn every_example_of_every_family() {
    let mut wrong = Vec::new();
    for family in FAMILIES {
        let keys = if family.by_key { vec![family.key] } else { vec![family.key, ""] };
        for key in keys {
            for text in family.valid {
                if !found(text, key).iter().any(|one| family.kinds.contains(&one.category)) {
                    wrong.push(format!("{} key {key:?}: {text:?} gave {:?}", family.name, found(text, key)));
                }
            }
        }
        for key in [family.key, ""] {
            for text in family.invalid {
                if found(text, key).iter().any(|one| family.kinds.contains(&one.category)) {
                    wrong.push(format!("{} key {key:?}: {text:?} is none, gave {:?}", family.name, found(text, key)));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong.join("\n"));
}

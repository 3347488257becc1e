//! `places.toml` as text: read for people, added to at its end, and taken from with every other comment kept.

use super::{Exit, Failure, kind_name};
use crate::detect::{Digest, Kind};
use data_encoding::HEXLOWER;
use jiff::civil::Date;
use std::{collections::BTreeSet, fmt::Write as _};
use toml_edit::{DocumentMut, Item, Table};

/// One entry, as it is written.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) kind: String,
    pub(super) digest: String,
    pub(super) words: i64,
    pub(super) added: String,
    pub(super) note: Option<String>,
}

/// The file.
#[derive(Debug, Default)]
pub(super) struct List {
    pub(super) text: String,
    /// The mark of the key the digests are made with.
    pub(super) key: Option<String>,
    pub(super) places: Vec<Entry>,
}

const HEAD: &str = "\
# Where people sleep rough and where refuges are, so that the gateway withholds whatever says so. Digests under
# keys/places.key: no place can be read from here. `havengate places add | list | remove | test`.
";

impl List {
    /// Reads the file.
    ///
    /// # Errors
    /// [`Exit::Configuration`] where it is not TOML; the compiler says more.
    pub(super) fn read(text: &str) -> Result<Self, Failure> {
        let document = document(text)?;
        let word = |t: &Table, key: &str| t.get(key).and_then(Item::as_str).map(str::to_owned);
        let entry = |t: &Table| Entry {
            kind: word(t, "kind").unwrap_or_default(),
            digest: word(t, "digest").unwrap_or_default(),
            words: t.get("words").and_then(Item::as_integer).unwrap_or_default(),
            added: t.get("added").map(|i| i.to_string().trim().to_owned()).unwrap_or_default(),
            note: word(t, "note"),
        };
        let places = document.get("place").and_then(Item::as_array_of_tables);
        let places = places.map(|all| all.iter().map(entry).collect()).unwrap_or_default();
        Ok(Self { text: text.to_owned(), key: word(document.as_table(), "key"), places })
    }

    /// Adds a place at the end.
    pub(super) fn add(
        &mut self,
        key: &[u8],
        (kind, words, digest): (Kind, u8, Digest),
        note: Option<&str>,
        today: Date,
    ) {
        if self.key.is_none() {
            let mark = HEXLOWER.encode(key);
            self.text = format!("{HEAD}key = \"{mark}\"\n{}", self.text);
            self.key = Some(mark);
        }
        if !self.text.ends_with('\n') {
            self.text.push('\n');
        }
        let (kind, digest) = (kind_name(kind), HEXLOWER.encode(&digest));
        let _ = write!(
            self.text,
            "\n[[place]]\nkind   = \"{kind}\"\ndigest = \"{digest}\"\nwords  = {words}\nadded  = {today}\n"
        );
        if let Some(note) = note {
            let _ = writeln!(self.text, "note   = {}", toml_edit::Value::from(note));
        }
    }

    /// The file without these digests.
    ///
    /// # Errors
    /// As [`List::read`].
    pub(super) fn without(&self, digests: &BTreeSet<String>) -> Result<String, Failure> {
        let mut document = document(&self.text)?;
        if let Some(all) = document.get_mut("place").and_then(Item::as_array_of_tables_mut) {
            all.retain(|t| t.get("digest").and_then(Item::as_str).is_none_or(|d| !digests.contains(d)));
        }
        Ok(document.to_string())
    }
}

fn document(text: &str) -> Result<DocumentMut, Failure> {
    text.parse().map_err(|_| {
        Failure::new(Exit::Configuration, "policies/places.toml is not TOML\n  mend: `havengate check` says where")
    })
}

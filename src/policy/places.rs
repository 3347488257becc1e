//! The organisation's own list of places, as `places.toml` keeps it: digests under a key that is not in it.

use crate::detect::{Kind, Place, Places};
use std::sync::OnceLock;

/// The file's name below `policies/`.
pub const FILE: &str = "places.toml";

/// Which key a list's digests are made with. It says nothing about the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlacesKeyId(pub [u8; 8]);

/// The list, and once a key was there, ready to be looked for.
#[derive(Debug, Default)]
pub struct PlaceList {
    key: Option<PlacesKeyId>,
    entries: Vec<Place>,
    ready: OnceLock<Places>,
}

impl PlaceList {
    /// A list whose digests are made with this key.
    #[must_use]
    pub const fn new(key: PlacesKeyId, entries: Vec<Place>) -> Self {
        Self { key: Some(key), entries, ready: OnceLock::new() }
    }

    /// Whether there is nothing to look for.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The entries.
    #[must_use]
    pub fn entries(&self) -> &[Place] {
        &self.entries
    }

    /// The key that the digests are made with. `None`: there is no file.
    #[must_use]
    pub const fn key(&self) -> Option<PlacesKeyId> {
        self.key
    }

    /// The list, ready to be looked for with its key; worked out once. `None` where it is empty, or where the key is
    /// another: nothing could be found with it, so a gateway is not started and a set not made active then.
    #[must_use]
    pub fn with(&self, key: PlacesKeyId, secret: &[u8]) -> Option<&Places> {
        if self.is_empty() || self.key != Some(key) {
            return None;
        }
        Some(self.ready.get_or_init(|| Places::new(secret, self.entries.iter().copied())))
    }
}

/// What `kind` is called in the file.
#[must_use]
pub const fn kind_name(kind: Kind) -> &'static str {
    if matches!(kind, Kind::Refuge) { "refuge" } else { "sleep-site" }
}

/// The kind of a name.
#[must_use]
pub fn kind_of(name: &str) -> Option<Kind> {
    [Kind::SleepSite, Kind::Refuge].into_iter().find(|kind| kind_name(*kind) == name)
}

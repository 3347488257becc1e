//! Mirror of `places.toml`: where nobody may be found through us.

use super::{At, read::Day};
use serde::Deserialize;

/// The whole file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::policy) struct PlacesFile {
    /// Which key the digests are made with.
    pub(in crate::policy) key: At<String>,
    #[serde(default)]
    pub(in crate::policy) place: Vec<Place>,
}

/// `[[place]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::policy) struct Place {
    pub(in crate::policy) kind: At<String>,
    /// 32 hex digits.
    pub(in crate::policy) digest: At<String>,
    pub(in crate::policy) words: At<u8>,
    pub(in crate::policy) added: At<Day>,
    /// For people; it must not say where the place is.
    pub(in crate::policy) note: Option<At<String>>,
}

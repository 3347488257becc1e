//! `data:` URLs (RFC 2397), as far as they hold documents.

use crate::policy::integration::Document;
use data_encoding::{BASE64, BASE64_NOPAD};

/// A document within a URL, and nothing else that could be in one: no name, no character set.
pub(in crate::screen) struct DataUrl {
    /// What it says it is.
    pub(in crate::screen) document: Document,
    /// The document.
    pub(in crate::screen) bytes: Vec<u8>,
}

impl DataUrl {
    /// Reads one, strictly.
    pub(in crate::screen) fn read(text: &str) -> Option<Self> {
        let (head, data) = text.split_once(',')?;
        let head = head.to_ascii_lowercase();
        let document = Document::of(head.strip_prefix("data:")?.strip_suffix(";base64")?)?;
        let bytes = BASE64.decode(data.as_bytes()).or_else(|_| BASE64_NOPAD.decode(data.as_bytes())).ok()?;
        Some(Self { document, bytes })
    }

    /// Writes what leaves of it.
    pub(in crate::screen) fn write(&self, bytes: &[u8]) -> String {
        format!("data:{};base64,{}", self.document.media(), BASE64.encode(bytes))
    }
}

/// Whether browsers would take a text for such a URL: what is said before the comma has no spaces, and says a type, an
/// encoding or nothing at all.
pub(in crate::screen) fn is_data_url(text: &str) -> bool {
    let text = text.trim_ascii_start();
    let Some((scheme, rest)) = text.split_at_checked(5) else { return false };
    // Asked of nearly every value, which begins otherwise.
    if !scheme.eq_ignore_ascii_case("data:") {
        return false;
    }
    let Some((head, _)) = rest.split_once(',') else { return false };
    let says = head.is_empty() || head.contains(['/', ';']);
    says && !head.contains(' ')
}

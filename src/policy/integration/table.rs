//! How a table's rows and cells are told apart.

use std::sync::Arc;

/// What separates cells, what may stand around them, and where the columns' names come from.
///
/// Rows end with LF or CRLF. A quote within a quoted cell is written twice (RFC 4180 section 2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dialect {
    /// Between cells: one ASCII character.
    pub delimiter: u8,
    /// Around a cell that holds a delimiter, a quote or a line break. `None`: no cell is quoted, and none can hold one
    /// (IANA `text/tab-separated-values`).
    pub quote: Option<u8>,
    /// The first row names the columns.
    pub header: bool,
    /// With a header row: names besides the listed ones that may stand in it when it leaves. Without one: the columns'
    /// names in their order.
    pub columns: Vec<Arc<str>>,
}

impl Dialect {
    /// RFC 4180, with a header row.
    #[must_use]
    pub const fn csv() -> Self {
        Self { delimiter: b',', quote: Some(b'"'), header: true, columns: Vec::new() }
    }

    /// IANA `text/tab-separated-values`: tabs, a header row, no quoting.
    #[must_use]
    pub const fn tsv() -> Self {
        Self { delimiter: b'\t', quote: None, header: true, columns: Vec::new() }
    }

    /// Whether a cell with this text must be quoted.
    #[must_use]
    pub fn must_quote(&self, text: &str) -> bool {
        text.bytes().any(|b| matches!(b, b'\r' | b'\n') || b == self.delimiter || Some(b) == self.quote)
    }

    /// Whether a cell can hold this text so that every reader reads it: no control character that is neither a tab nor
    /// a line break, no byte order mark in front, and without quoting nothing that would need it or be taken for it.
    #[must_use]
    pub fn can_hold(&self, text: &str) -> bool {
        let odd = |b: u8| (b < b' ' && !matches!(b, b'\t' | b'\r' | b'\n')) || b == 0x7f;
        !text.bytes().any(odd)
            && !text.starts_with('\u{feff}')
            && (self.quote.is_some() || !(self.must_quote(text) || text.starts_with('"')))
    }
}

/// A column's name as forgiving readers compare it: without white space around it, and capitals alike.
#[must_use]
pub fn folded(name: &str) -> String {
    name.trim().to_lowercase()
}

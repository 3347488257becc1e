//! What is wrong with the bytes, where, and what to do.

/// A fault in the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fault {
    /// Where it is.
    pub(super) at: usize,
    /// How many bytes one must have to know.
    pub(super) seen: usize,
    /// What, without repeating it.
    pub(super) what: &'static str,
    /// What to do.
    pub(super) mend: &'static str,
}

/// What is wrong, and what to do.
pub(super) type Said = (&'static str, &'static str);

pub(super) const UTF16: Said = ("UTF-16 or UTF-32", "send it in UTF-8");
pub(super) const UTF8: Said = ("invalid UTF-8", "send it in UTF-8");

impl Fault {
    pub(super) const fn here(at: usize, (what, mend): Said) -> Self {
        Self { at, seen: at + 1, what, mend }
    }

    /// The same, of bytes before which `by` others stand.
    pub(super) const fn after(self, by: usize) -> Self {
        Self { at: self.at + by, seen: self.seen + by, ..self }
    }
}

//! What is wrong with the bytes, where, and what to do.

use crate::verdict::{Code, Refusal};

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

pub(super) const OUTSIDE: Said = ("text outside the document's element", "take it out, or send one document");
pub(super) const CUT: Said = ("an end where more must come", "send the whole document");
pub(super) const SECOND: Said = ("a second element beside the document's", "send one document");
pub(super) const DEEP: Said = ("more nesting than the limit", "send it flatter, or ask for a higher limit");
pub(super) const OTHER_END: Said =
    ("an end tag that is not the open element's", "end the elements in the order they began");
pub(super) const NO_START: Said = ("an end tag without a start tag", "take it out");

impl Fault {
    pub(super) const fn here(at: usize, (what, mend): Said) -> Self {
        Self { at, seen: at + 1, what, mend }
    }

    /// The same, of bytes before which `by` others stand.
    pub(super) const fn after(self, by: usize) -> Self {
        Self { at: self.at + by, seen: self.seen + by, ..self }
    }

    /// The refusal of the body; `at` and `line` are the body's.
    pub(super) fn refusal(self, at: u64, line: u64) -> Refusal {
        let (what, mend) = (self.what, self.mend);
        let detail = format!(
            "the body is not XML that can be read in one way only: {what} at byte {at}, in line {line}; {mend}"
        );
        Refusal::plain(Code::BodyMalformed, detail)
    }
}

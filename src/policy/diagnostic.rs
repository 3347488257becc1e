//! What is wrong with a policy file, where, and the mend.

use std::ops::Range;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The set is refused.
    Error,
    /// Legal but unwise.
    Warning,
}

/// One finding about one place in one file. Policy files are not personal data, so the text may quote
/// keys; it never quotes secrets, which policies do not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad.
    pub severity: Severity,
    /// Path below `policies/`.
    pub file: String,
    /// Byte range in the file, where known.
    pub span: Option<Range<usize>>,
    /// What is wrong, with what was expected.
    pub message: String,
    /// What to do.
    pub mend: String,
}

impl Diagnostic {
    /// The line the span begins on, counted from 1, in the text of the file it is about. 1 where no span is known.
    #[must_use]
    pub fn line(&self, text: &str) -> usize {
        let start = self.span.as_ref().map_or(0, |s| s.start);
        1 + text.bytes().take(start).filter(|b| *b == b'\n').count()
    }
}

/// The findings about a set of files, collected while reading goes on: a person mends ten errors in one
/// sitting rather than in ten.
#[derive(Debug, Default)]
pub(in crate::policy) struct Problems(Vec<Diagnostic>);

/// A place to find fault with: a file and, where known, the bytes.
#[derive(Debug, Clone)]
pub(in crate::policy) struct Place<'a> {
    /// Path below `policies/`.
    pub(in crate::policy) file: &'a str,
    /// Where in it.
    pub(in crate::policy) span: Option<Range<usize>>,
}

/// `place(file, span)`; short because every check needs one.
pub(in crate::policy) fn place(file: &str, span: impl Into<Option<Range<usize>>>) -> Place<'_> {
    Place { file, span: span.into() }
}

impl Problems {
    /// The set is refused because of this.
    pub(in crate::policy) fn error(&mut self, at: Place<'_>, message: impl Into<String>, mend: impl Into<String>) {
        self.push(Severity::Error, at, message.into(), mend.into());
    }

    /// Legal but unwise.
    pub(in crate::policy) fn warn(&mut self, at: Place<'_>, message: impl Into<String>, mend: impl Into<String>) {
        self.push(Severity::Warning, at, message.into(), mend.into());
    }

    /// Adds what another room found.
    pub(in crate::policy) fn extend(&mut self, found: impl IntoIterator<Item = Diagnostic>) {
        self.0.extend(found);
    }

    /// Whether the set is refused.
    pub(in crate::policy) fn refused(&self) -> bool {
        self.0.iter().any(|d| d.severity == Severity::Error)
    }

    /// Everything found, by file and place.
    pub(in crate::policy) fn into_sorted(mut self) -> Vec<Diagnostic> {
        self.0.sort_by(|a, b| (&a.file, start(a), a.severity).cmp(&(&b.file, start(b), b.severity)));
        self.0
    }

    fn push(&mut self, severity: Severity, at: Place<'_>, message: String, mend: String) {
        self.0.push(Diagnostic { severity, file: at.file.to_owned(), span: at.span, message, mend });
    }
}

fn start(d: &Diagnostic) -> usize {
    d.span.as_ref().map_or(0, |s| s.start)
}

//! What is wrong with a policy file, where, and the mend.

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
    pub span: Option<std::ops::Range<usize>>,
    /// What is wrong, with what was expected.
    pub message: String,
    /// What to do.
    pub mend: String,
}

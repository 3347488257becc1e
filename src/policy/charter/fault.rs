//! Cedar's errors as our diagnostics: file, bytes, what is wrong, the mend.

use crate::policy::{Diagnostic, Severity};
use cedar_policy::ParseErrors;

/// Every error of a parse.
pub(super) fn from_parse(file: &str, errors: &ParseErrors) -> Vec<Diagnostic> {
    let mend = "correct the rule; https://docs.cedarpolicy.com/policies/syntax-policy.html has the grammar";
    errors.iter().flat_map(|e| from_cedar(file, e, mend)).collect()
}

/// One error and those related to it. `mend` is said where Cedar itself gives no help.
pub(super) fn from_cedar(file: &str, error: &dyn miette::Diagnostic, mend: &str) -> Vec<Diagnostic> {
    let label = error.labels().and_then(|mut labels| labels.next());
    let said = label.as_ref().and_then(|l| l.label()).map(|l| format!(" ({l})")).unwrap_or_default();
    let mut found = vec![Diagnostic {
        severity: Severity::Error,
        file: file.to_owned(),
        span: label.map(|l| l.offset()..l.offset().saturating_add(l.len())),
        message: format!("{error}{said}"),
        mend: error.help().map_or_else(|| mend.to_owned(), |h| h.to_string()),
    }];
    for related in error.related().into_iter().flatten() {
        found.extend(from_cedar(file, related, mend));
    }
    found
}

//! What is said when a value stops a request.

use crate::{
    flow::{Clause, RuleId},
    policy::integration::FieldRule,
    verdict::{Code, Reason, Refusal},
};
use std::sync::Arc;

/// Why a value stopped the request. The judge's code stays where it says that consent or the recipient is
/// what is missing, so that the caller learns the mend; for any other cause it is the field that stops.
pub(super) fn stop(rule: &FieldRule, why: &Refusal) -> Refusal {
    let mut refusal = why.clone();
    let kept = matches!(
        refusal.code,
        Code::DestinationLinked
            | Code::DestinationUnassessed
            | Code::DestinationUncommitted
            | Code::DestinationMismatch
            | Code::Forum
            | Code::Stopped
            | Code::ConsentMissing
            | Code::ConsentInvalid
            | Code::ConsentExpired
            | Code::ConsentEnded
            | Code::ConsentSpent
            | Code::ConsentChanged
            | Code::RecipientDenied
    );
    if rule.required {
        refusal.detail = format!("{} is needed and may not leave, so nothing was sent: {}", rule.path, refusal.detail);
    } else {
        refusal.detail = format!("{} may not leave and stops the request: {}", rule.path, refusal.detail);
        refusal.code = if kept { refusal.code } else { Code::FieldBlocked };
    }
    refusal
}

pub(super) fn cannot_read(rule: &FieldRule) -> Refusal {
    let refusal = Refusal::plain(Code::FieldBlocked, "the value cannot be read, so it cannot be made rougher");
    let remedy = "send a date as 1987-04-02 or 02/04/1987, a whole UK postcode, or a name that begins with a letter";
    with_reason(refusal, "readable", None, Some(rule), remedy)
}

/// The refusal for something that no rule lists, where the operation stops on that.
pub(in crate::screen) fn unlisted(detail: String) -> Refusal {
    let refusal = Refusal::plain(Code::FieldBlocked, detail);
    with_reason(refusal, "listed", None, None, "leave it out, or list its place in the connection's file")
}

/// What [`no_document`] is called in records.
pub(super) const NO_DOCUMENT: &str = "document-listed";

/// The refusal for a document in which nothing is listed, where what is unlisted is left out: of this nothing would be
/// left. As a value of a record it is withheld.
pub(in crate::screen) fn no_document(detail: String) -> Refusal {
    let refusal = Refusal::plain(Code::FieldBlocked, detail);
    with_reason(refusal, NO_DOCUMENT, None, None, "leave it out, or list its places in the connection's file")
}

pub(super) fn with_reason(
    refusal: Refusal,
    id: &str,
    clause: Option<Clause>,
    rule: Option<&FieldRule>,
    remedy: &str,
) -> Refusal {
    let Ok(id) = RuleId::parse(id) else { return refusal };
    refusal.because(Reason {
        clause,
        rule: id,
        category: rule.map(|r| r.category.clone()),
        path: rule.map(|r| Arc::clone(&r.path)),
        remedy: remedy.to_owned(),
    })
}

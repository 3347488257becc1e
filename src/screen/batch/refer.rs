//! What inner requests are called, and how others refer to them.

use super::fault;
use crate::{policy::integration::BatchKind, verdict::Refusal};
use std::collections::HashSet;

/// The names that a request may refer to: of those before it; in a FHIR bundle, where order means nothing, of all.
#[derive(Debug)]
pub(super) struct Earlier<'b> {
    pub(super) kind: BatchKind,
    pub(super) names: HashSet<&'b str>,
}

impl Earlier<'_> {
    /// `@{c0.id}` (Salesforce), `$c0` (OData).
    pub(super) fn is_reference_in_path(&self, segment: &str) -> bool {
        match self.kind {
            BatchKind::SalesforceComposite | BatchKind::OdataJson | BatchKind::OdataMultipart => {
                self.is_reference(segment)
            }
            BatchKind::SalesforceBatch | BatchKind::FhirBundle => false,
        }
    }

    /// Whether a text is nothing but a reference to what one of them makes.
    pub(super) fn is_reference(&self, text: &str) -> bool {
        match self.kind {
            BatchKind::SalesforceComposite => {
                let inside = text.strip_prefix("@{").and_then(|text| text.strip_suffix('}'));
                let parts = inside.and_then(|inside| inside.split_once('.'));
                parts.is_some_and(|(name, field)| self.names.contains(name) && is_field(field))
            }
            BatchKind::OdataJson | BatchKind::OdataMultipart => {
                text.strip_prefix('$').is_some_and(|name| self.names.contains(name))
            }
            BatchKind::FhirBundle => self.names.contains(text),
            BatchKind::SalesforceBatch => false,
        }
    }
}

/// `id`, `Account.Id`, `records[0].Id`.
fn is_field(field: &str) -> bool {
    let is_part = |part: &str| {
        let (name, index) = match part.strip_suffix(']').and_then(|part| part.split_once('[')) {
            Some((name, index)) => (name, Some(index)),
            None => (part, None),
        };
        is_short(name, 40, |b| b.is_ascii_alphanumeric() || b == b'_')
            && index.is_none_or(|index| is_short(index, 3, |b| b.is_ascii_digit()))
    };
    field.split('.').count() <= 5 && field.split('.').all(is_part)
}

fn is_short(text: &str, most: usize, allowed: impl Fn(u8) -> bool) -> bool {
    !text.is_empty() && text.len() <= most && text.bytes().all(allowed)
}

/// Checks what a request calls itself.
///
/// # Errors
/// What to write instead: the name may hold anything, and so may be a client's reference.
pub(super) fn check_name(kind: BatchKind, name: &str) -> Result<(), Refusal> {
    let id = kind.id();
    if kind == BatchKind::FhirBundle {
        if name.strip_prefix("urn:uuid:").is_some_and(is_uuid) {
            return Ok(());
        }
        return Err(fault(&format!("its `{id}` is not `urn:uuid:` with a random UUID (RFC 9562)")));
    }
    if is_short(name, 40, |b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-')) {
        return Ok(());
    }
    let mend = "use a running number such as `r1`, never a client's reference";
    Err(fault(&format!("its `{id}` is not 1 to 40 letters, digits, `_` or `-`; {mend}")))
}

fn is_uuid(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    let lengths: Vec<usize> = groups.iter().map(|group| group.len()).collect();
    lengths == [8, 4, 4, 4, 12] && groups.iter().all(|group| group.bytes().all(|b| b.is_ascii_hexdigit()))
}

//! What the rules say of a place in a document, whatever its format.

use super::dotted::dotted;
use crate::policy::integration::{RecordTarget, Target};

/// Whether a member's name could hold a host's, or an address in any notation.
pub(super) fn may_name_somebody(name: &[u8]) -> bool {
    dotted(name) || name.first().is_some_and(u8::is_ascii_digit) || name.contains(&b':')
}

/// What the rules say of one place, in a word: flags, and the place of its rule or kind of record.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place(pub(super) u32);

/// A rule lists it.
pub(super) const LISTED: u32 = 1 << 16;
/// Something below it may be listed.
pub(super) const DEEPER: u32 = 1 << 17;
/// It is a record.
pub(super) const RECORD: u32 = 1 << 18;
/// It names the record's subject.
pub(super) const SUBJECT: u32 = 1 << 19;
/// It is a dependant.
pub(super) const DEPENDANT: u32 = 1 << 20;
/// It names a dependant.
pub(super) const DEPENDANT_SUBJECT: u32 = 1 << 21;
/// Rules with filters may list it.
pub(super) const CHOICE: u32 = 1 << 22;
/// It is an object whose members' names are values.
pub(super) const KEYED: u32 = 1 << 23;
/// What stands for no rule where a rule is still to be chosen.
pub(super) const NO_RULE: u16 = u16::MAX;
/// It says something besides which rule lists it.
pub(super) const SPECIAL: u32 = RECORD | SUBJECT | DEPENDANT | DEPENDANT_SUBJECT;

impl Place {
    /// No rule says anything of it.
    pub(super) const NOTHING: Self = Self(0);

    #[inline]
    pub(super) const fn has(self, flags: u32) -> bool {
        self.0 & flags != 0
    }

    #[inline]
    pub(super) const fn index(self) -> u16 {
        self.0 as u16
    }

    pub(super) fn in_document(accepts: &[Target], leaf: bool) -> u32 {
        let record = accepts.iter().find_map(|t| match t {
            Target::Record(kind) => Some(u32::from(*kind) | RECORD),
            Target::Envelope(_) => None,
        });
        let rules = accepts.iter().filter_map(|t| match t {
            Target::Envelope(rule) => Some(*rule),
            Target::Record(_) => None,
        });
        record.unwrap_or_else(|| only(rules)) | deeper(leaf)
    }

    pub(super) fn in_record(accepts: &[RecordTarget], leaf: bool) -> u32 {
        let rules = accepts.iter().filter_map(|t| match t {
            RecordTarget::Field(rule) => Some(*rule),
            _ => None,
        });
        let chosen = accepts.iter().any(|t| matches!(t, RecordTarget::Choice(_)));
        let flags = accepts.iter().map(|t| match t {
            RecordTarget::Field(_) | RecordTarget::Choice(_) => 0,
            RecordTarget::Keys(_) => KEYED,
            RecordTarget::Subject => SUBJECT,
            RecordTarget::Dependant => DEPENDANT,
            RecordTarget::DependantSubject => DEPENDANT_SUBJECT,
        });
        let keys = accepts.iter().find_map(|t| match t {
            RecordTarget::Keys(rule) => Some(u32::from(*rule)),
            _ => None,
        });
        if let Some(rule) = keys {
            // A scalar there is no object, and no rule lists it.
            return flags.fold(rule | deeper(leaf), |all, flag| all | flag);
        }
        let rule = match (chosen, only(rules)) {
            (false, rule) => rule,
            (true, rule) if rule & LISTED == 0 => u32::from(NO_RULE) | CHOICE,
            (true, rule) => rule & !LISTED | CHOICE,
        };
        flags.fold(rule | deeper(leaf), |all, flag| all | flag)
    }
}

/// The rule that lists a place. Two rules for one place are refused when policies are loaded; if they came
/// here, neither would count.
fn only(rules: impl Iterator<Item = u16>) -> u32 {
    let rules: Vec<u16> = rules.collect();
    if let [rule] = rules.as_slice() { u32::from(*rule) | LISTED } else { 0 }
}

const fn deeper(leaf: bool) -> u32 {
    if leaf { 0 } else { DEEPER }
}

//! What is known of a rule before any value of it is read.

use super::Rules;
use crate::{
    detect::Cue,
    policy::integration::FieldRule,
    screen::{Bytes, Judge, KnownBy},
};

/// What holds of a rule's values, whomever they are about.
#[derive(Debug, Clone, Copy)]
pub(super) struct About {
    /// What the rule's key says.
    pub(super) cue: Cue,
    /// Whether what may leave exactly is searched.
    pub(super) searched: bool,
    /// Whether one that may leave as it is may leave unread. Not where each is a file or in base64, or is searched because
    /// its key is data too and says more than the rule's or because any text may be a listed place.
    pub(super) plain: bool,
    /// It leaves without anybody's consent.
    pub(super) open: bool,
    /// How they are looked for elsewhere, once one did not leave.
    pub(super) known_by: Option<KnownBy>,
    /// What of files they may be.
    pub(super) held: Bytes,
    /// What is within them is asked about.
    pub(super) within: bool,
    /// Each is looked at for the recipient it names, however it names one, or must be one of those that its rule lists.
    pub(super) every: bool,
}

impl About {
    pub(super) fn of(number: usize, rules: &Rules, rule: &FieldRule, judge: &dyn Judge) -> Self {
        let searched = judge.detects();
        let places = judge.places().is_some_and(|places| !places.is_empty());
        let cue = match &rules.body {
            // Nothing asks what a key says where nothing is searched.
            _ if !searched => Cue::NONE,
            Some(body) => body.cues().get(number).copied().unwrap_or_else(|| Cue::of_path(&rule.path)),
            None => Cue::of_path(&rule.path),
        };
        let open = searched && judge.is_operational(rule);
        let within = rule.within.as_ref().is_some_and(|within| within.rules.is_some() || within.template.is_some());
        let held = judge.bytes(rule);
        Self {
            cue,
            searched,
            plain: held == Bytes::Other && rule.within.is_none() && !(searched && (places || says_more(rule))),
            open,
            known_by: None,
            held,
            within,
            every: rule.one_of.is_some() || judge.reads_every(rule),
        }
    }
}

/// Whether a rule's values are more than its path says: their keys are data, or they hold others.
pub(super) fn says_more(rule: &FieldRule) -> bool {
    rule.path.ends_with('*') || rule.path.ends_with("*]") || rule.within.is_some()
}

//! What becomes of finds that overlap.
//!
//! Who may have one thing may not have another that stands in it. So what is made of other words (an address, a phrase,
//! a link, an e-mail address) hides nothing in it, and only what is the same, or a part that says no more, gives way.

use super::{Detected, Kind};

/// Puts finds in order, makes one of those of one kind that overlap, and takes out what lies in another and is no more
/// than a part of it.
pub(super) fn settle(found: &mut Vec<Detected>, first: usize) {
    let apart = |pair: &[Detected]| matches!(pair, [a, b] if a.end <= b.start);
    if found.get(first..).unwrap_or_default().windows(2).all(apart) {
        return;
    }
    let mut all = found.split_off(first);
    // Longer ones first, and of two that are the same the one found first.
    all.sort_by_key(|one| (one.start, usize::MAX - one.end));
    // Of each kind, where the last is: those of one kind do not overlap, so no other can reach further.
    let mut last = [None; Kind::ALL.len()];
    for one in all {
        let Some(own) = last.get(one.category as usize).copied() else { continue };
        if let Some(same) = own.and_then(|at: usize| found.get_mut(at)).filter(|same| same.end > one.start) {
            same.end = same.end.max(one.end);
            continue;
        }
        let mut others = last.iter().flatten().filter_map(|at| found.get(*at));
        if others.any(|other| one.end <= other.end && is_part(one.category, other.category)) {
            continue;
        }
        if let Some(own) = last.get_mut(one.category as usize) {
            *own = Some(found.len());
        }
        found.push(one);
    }
}

/// Whether what lies in something of the other kind says no more than that does.
const fn is_part(kind: Kind, of: Kind) -> bool {
    match of {
        Kind::Address => matches!(kind, Kind::Postcode),
        // A link to a place may say where it is in several ways.
        Kind::Coordinates | Kind::Grid => {
            let says_where = matches!(kind, Kind::Coordinates | Kind::Grid | Kind::Postcode | Kind::Address);
            says_where || matches!(kind, Kind::Property | Kind::Cell)
        }
        Kind::SleepSite | Kind::Refuge | Kind::Email => false,
        // Any other is one number or code, and what its parts look like they only look like. What stands on a list
        // stands there whatever it looks like.
        _ => !matches!(kind, Kind::SleepSite | Kind::Refuge),
    }
}

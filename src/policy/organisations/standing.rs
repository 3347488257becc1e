//! How recipients stand on a day, and which of them closed since another: what a panel should hear of.

use super::{Class, Registry};
use crate::flow::{SystemId, name_closed as closed};
use jiff::civil::Date;

closed! {
    /// Why nothing, or less, may reach a recipient that could be reached before.
    Closing {
        /// A chain to the Home Office was found, or it turned out to be a part of it (DATA-1).
        Linked = "linked",
        /// The Home Office is present in the forum (DATA-5).
        Forum = "forum",
        /// Its assessment ended, or a link put it in question.
        Unassessed = "unassessed",
        /// Its undertaking lapsed or was taken out (DATA-4).
        Uncommitted = "uncommitted",
        /// The registry does not know it any more.
        Removed = "removed",
    }
}

/// Every system of `before` that stands worse in `after`, with the gravest reason.
#[must_use]
pub fn closed_since(before: (&Registry, Date), after: (&Registry, Date)) -> Vec<(SystemId, Closing)> {
    let was = before.0.systems.values();
    was.filter_map(|was| {
        let Some(is) = after.0.system(&was.id) else { return Some((was.id.clone(), Closing::Removed)) };
        let (class_was, class_is) = (was.class(before.1), is.class(after.1));
        let closing = if class_is != class_was && matches!(class_is, Class::Root | Class::Associated) {
            Closing::Linked
        } else if is.home_office_forum && !was.home_office_forum {
            Closing::Forum
        } else if class_is != class_was && class_is == Class::Unassessed {
            Closing::Unassessed
        } else if was.undertaking_current(before.1) && !is.undertaking_current(after.1) {
            Closing::Uncommitted
        } else {
            return None;
        };
        Some((was.id.clone(), closing))
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{
        Policy,
        organisations::{Assessment, System, Undertaking},
        shipped,
    };
    use jiff::civil::date;

    const SYSTEM: &str = "riverside-council/housing-referrals";
    const BEFORE: Date = date(2026, 9, 30);
    const AFTER: Date = date(2026, 10, 1);

    /// One system that is clear and committed for the whole of 2026, changed.
    fn registry(change: impl Fn(&mut System)) -> Registry {
        let shipped = Policy::compile(&shipped::sources()).unwrap().registry;
        let mut system = shipped.system(&SYSTEM.parse().unwrap()).unwrap().clone();
        system.assessed = system.assessed.map(|a| Assessment { on: date(2026, 1, 1), until: date(2027, 1, 1), ..a });
        system.undertaking =
            system.undertaking.map(|u| Undertaking { signed: date(2026, 1, 1), expires: date(2027, 1, 1), ..u });
        change(&mut system);
        Registry::new([(system.id.clone(), system)].into())
    }

    fn closing(before: impl Fn(&mut System), after: impl Fn(&mut System)) -> Option<Closing> {
        let closed = closed_since((&registry(before), BEFORE), (&registry(after), AFTER));
        closed.first().map(|(_, why)| *why)
    }

    #[test]
    fn each_way_to_close_is_told_and_nothing_else() {
        let same = |_: &mut System| {};
        let until = |day: Date| move |s: &mut System| s.assessed.as_mut().unwrap().until = day;
        let expires = |day: Date| move |s: &mut System| s.undertaking.as_mut().unwrap().expires = day;
        let linked = |class: Class| move |s: &mut System| s.linked = class;
        assert_eq!(closing(same, same), None);
        assert_eq!(closing(until(BEFORE), until(BEFORE)), Some(Closing::Unassessed), "the last day is inclusive");
        assert_eq!(closing(expires(BEFORE), expires(BEFORE)), Some(Closing::Uncommitted));
        assert_eq!(closing(expires(AFTER), expires(AFTER)), None);
        assert_eq!(closing(same, linked(Class::Associated)), Some(Closing::Linked));
        assert_eq!(closing(same, linked(Class::Root)), Some(Closing::Linked));
        assert_eq!(closing(linked(Class::Associated), linked(Class::Unassessed)), Some(Closing::Unassessed));
        assert_eq!(closing(same, |s| s.home_office_forum = true), Some(Closing::Forum));
        assert_eq!(closing(linked(Class::Root), same), None, "what opens is no closing");
        let gone = closed_since((&registry(same), BEFORE), (&Registry::default(), AFTER));
        assert_eq!(gone.first().map(|(_, why)| *why), Some(Closing::Removed));
    }
}

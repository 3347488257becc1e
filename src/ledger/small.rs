//! Small numbers: the one rule for figures that tell of people (design section 9).
//!
//! Counts of events (a stop, an attempt, a request that was stopped) are shown as they are: nobody is found by them.
//! Counts of people, or of people's values, crossed with anything about them are shown as *none*, *fewer than 10*, or
//! rounded down to tens. A total beside such figures is made from what is shown of them and from nothing else, so that
//! taking figures away from it gives nothing that was not shown: not of the rows of a table, and not of the months of a
//! year. Where an organisation works with fewer than [`FEW_CLIENTS`] people a year, only *yes* and *none* are said, and
//! by the quarter.

use std::fmt;

/// Fewer people or values than this are not told apart (design sections 7 and 9).
pub const SMALLEST: u64 = 10;
/// With fewer clients a year than this, figures of people are yes or none by the quarter.
pub const FEW_CLIENTS: usize = 50;

/// The rule, for one organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Small {
    few_clients: bool,
}

/// A figure of people as it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shown {
    /// Nothing.
    None,
    /// At least one; how many is not said, as the organisation works with few people.
    Some,
    /// One to nine.
    Few,
    /// At least so many: a multiple of ten, or in a total of several figures below ten how many these are.
    AtLeast(u64),
}

impl Small {
    /// For an organisation that works with about so many people in a year.
    #[must_use]
    pub const fn of(clients: usize) -> Self {
        Self { few_clients: clients < FEW_CLIENTS }
    }

    /// Whether only yes and none are said, by the quarter.
    #[must_use]
    pub const fn is_yes_or_no(self) -> bool {
        self.few_clients
    }

    /// A figure as it is shown.
    #[must_use]
    pub const fn shown(self, n: u64) -> Shown {
        match (n, self.few_clients) {
            (0, _) => Shown::None,
            (_, true) => Shown::Some,
            (n, false) if n < SMALLEST => Shown::Few,
            (n, false) => Shown::AtLeast(n - n % SMALLEST),
        }
    }

    /// A count of values that are about so many people, zero where that is not known: of fewer than ten people it is few,
    /// however many values they are.
    #[must_use]
    pub const fn shown_of(self, values: u64, people: u64) -> Shown {
        let few = values > 0 && people > 0 && people < SMALLEST;
        self.shown(if few { 1 } else { values })
    }

    /// The total of figures that are shown: what follows from them and no more.
    #[must_use]
    pub fn total(self, parts: impl IntoIterator<Item = Shown>) -> Shown {
        let mut parts = parts.into_iter().filter(|part| *part != Shown::None);
        // One part alone is its own total.
        let Some(first) = parts.next() else { return Shown::None };
        let mut least = first.least();
        let mut several = false;
        for part in parts {
            least = least.saturating_add(part.least());
            several = true;
        }
        match (several, self.shown(least)) {
            // Two of *fewer than 10* may be eighteen: only that there is one in each is known.
            (true, Shown::Few) => Shown::AtLeast(least),
            (true, shown) => shown,
            (false, _) => first,
        }
    }
}

impl Shown {
    /// The least that it may stand for. Charts draw this.
    #[must_use]
    pub const fn least(self) -> u64 {
        match self {
            Self::None => 0,
            Self::Some | Self::Few => 1,
            Self::AtLeast(n) => n,
        }
    }

    /// Much more than another figure, as far as the two are shown: twice as much and at least fifty more.
    #[must_use]
    pub const fn is_much_more_than(self, before: Self) -> bool {
        let (now, then) = (self.least(), before.least());
        now >= then.saturating_mul(2) && now >= then.saturating_add(50)
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("none"),
            Self::Some => f.write_str("yes"),
            Self::Few => write!(f, "fewer than {SMALLEST}"),
            Self::AtLeast(n) => write!(f, "{n} or more"),
        }
    }
}

/// As pages say it, so that a machine gets no more than a person.
impl serde::Serialize for Shown {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MANY: Small = Small::of(400);

    /// What somebody who sees a figure knows of the count behind it.
    fn known(shown: Shown) -> (u64, u64) {
        match shown {
            Shown::None => (0, 0),
            Shown::Some => (1, u64::MAX),
            Shown::Few => (1, SMALLEST - 1),
            Shown::AtLeast(n) => (n, n + SMALLEST - 1),
        }
    }

    #[test]
    fn a_figure_reads_well() {
        let said = |n| MANY.shown(n).to_string();
        assert_eq!(
            [said(0), said(1), said(9), said(10), said(29)],
            ["none", "fewer than 10", "fewer than 10", "10 or more", "20 or more"]
        );
        assert_eq!([Small::of(49).shown(0).to_string(), Small::of(49).shown(700).to_string()], ["none", "yes"]);
    }

    #[test]
    fn a_total_follows_from_its_parts() {
        let total = |parts: &[u64]| MANY.total(parts.iter().map(|n| MANY.shown(*n)));
        assert_eq!(
            (total(&[]), total(&[0, 0]), total(&[3, 0]), total(&[3, 4])),
            (Shown::None, Shown::None, Shown::Few, Shown::AtLeast(2)),
            "two of fewer than 10 can be more than 9"
        );
        assert_eq!(
            (total(&[27]), total(&[27, 3]), total(&[20, 30])),
            (Shown::AtLeast(20), Shown::AtLeast(20), Shown::AtLeast(50))
        );
        assert_eq!(total(&[9; 12]), Shown::AtLeast(10), "only that there is one in each is known");
        assert_eq!(Small::of(1).total([Shown::Some, Shown::Some]), Shown::Some);
    }

    #[test]
    fn values_of_few_people_are_few() {
        let said = |values, people| MANY.shown_of(values, people);
        assert_eq!((said(900, 1), said(900, 9), said(9, 9)), (Shown::Few, Shown::Few, Shown::Few));
        assert_eq!((said(900, 10), said(907, 0), said(0, 0)), (Shown::AtLeast(900), Shown::AtLeast(900), Shown::None));
        assert_eq!(Small::of(49).shown_of(900, 100), Shown::Some);
    }

    #[test]
    fn what_is_much_more() {
        assert!(MANY.shown(120).is_much_more_than(MANY.shown(60)) && MANY.shown(60).is_much_more_than(Shown::None));
        assert!(!MANY.shown(40).is_much_more_than(Shown::None) && !MANY.shown(150).is_much_more_than(MANY.shown(100)));
    }

    proptest! {
        /// Two months, or two figures of which one holds the other: what is between them, where it is one to nine, is
        /// never narrowed to fewer possibilities than *fewer than 10* itself leaves.
        #[test]
        fn taking_one_figure_from_another_finds_nobody(part in 0_u64..2_000, rest in 1_u64..10) {
            let (whole_least, whole_most) = known(MANY.shown(part + rest));
            let (part_least, part_most) = known(MANY.shown(part));
            let (least, most) = (whole_least.saturating_sub(part_most), whole_most - part_least);
            prop_assert!(least <= 1 && most - least >= SMALLEST - 2, "{part} + {rest}: {least} to {most}");
        }

        /// A total is the same for everything that looks the same: it says nothing more than its parts do.
        #[test]
        fn a_total_tells_nothing_that_its_parts_do_not(counts in prop::collection::vec(0_u64..200, 0..30), other in any::<u64>()) {
            let shown: Vec<_> = counts.iter().map(|n| MANY.shown(*n)).collect();
            // Another truth behind the same figures.
            let others: Vec<_> = shown.iter().map(|s| { let (least, most) = known(*s); least + other % (most - least + 1) }).collect();
            let again: Vec<_> = others.iter().map(|n| MANY.shown(*n)).collect();
            prop_assert_eq!(&shown, &again);
            let total = MANY.total(shown.iter().copied());
            prop_assert_eq!(total, MANY.total(again));
            prop_assert!(total.least() <= counts.iter().sum::<u64>());
            prop_assert!((total == Shown::None) == (counts.iter().sum::<u64>() == 0));
        }

        /// A small organisation says nothing but whether there was any.
        #[test]
        fn few_clients_are_never_counted(n in 1_u64..10_000, m in 1_u64..10_000) {
            let few = Small::of(FEW_CLIENTS - 1);
            prop_assert_eq!(few.shown(n), few.shown(m));
            prop_assert_eq!(few.total([few.shown(n), few.shown(m)]), few.shown(n));
        }
    }
}

//! The rule for small numbers ([`crate::ledger::small`]) over a span of days.

use super::Period;
pub use crate::ledger::small::{FEW_CLIENTS, Shown, Small};
use std::collections::BTreeMap;

impl Small {
    /// The period for which figures of people are shown when this one is asked for.
    #[must_use]
    pub fn period(self, asked: Period) -> Period {
        let longer = (asked.to() - asked.from()).get_days() > 31;
        if self.is_yes_or_no() && !longer { Period::quarter_of(asked.from()) } else { asked }
    }

    /// Figures of people over a period, cell by cell. Those of a quarter or a year are made of what its months show, and
    /// of nothing else: a figure rounded from the true sum would say, beside eleven months, what the twelfth hides.
    ///
    /// # Errors
    /// When counting a month fails.
    pub fn over<K: Ord, E>(
        self,
        period: &Period,
        mut count: impl FnMut(&Period) -> Result<BTreeMap<K, u64>, E>,
    ) -> Result<BTreeMap<K, Shown>, E> {
        let mut parts: BTreeMap<K, Vec<Shown>> = BTreeMap::new();
        for part in period.parts() {
            for (key, n) in count(&part)?.into_iter().filter(|(_, n)| *n > 0) {
                parts.entry(key).or_default().push(self.shown(n));
            }
        }
        Ok(parts.into_iter().map(|(key, parts)| (key, self.total(parts))).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::small::SMALLEST;
    use proptest::prelude::*;
    use std::convert::Infallible;

    const MANY: Small = Small::of(400);

    #[test]
    fn people_of_a_small_organisation_are_told_by_the_quarter() {
        let month: Period = "2026-11".parse().unwrap();
        assert_eq!((MANY.period(month).key(), Small::of(49).period(month).key()), ("2026-11".into(), "2026-Q4".into()));
        let year: Period = "2026".parse().unwrap();
        assert_eq!(Small::of(49).period(year), year);
    }

    /// Everything that anybody can ask of a year: its months, its quarters, and the year.
    fn seen(counts: &[u64]) -> Vec<Shown> {
        let year: Period = "2026".parse().unwrap();
        let months = year.months();
        let quarters = months.iter().map(|m| Period::quarter_of(m.from()));
        let asked = months.iter().copied().chain(quarters).chain([year]);
        let of = |month: &Period| {
            let n = counts.get(usize::try_from(month.from().month() - 1).unwrap());
            Ok::<_, Infallible>(BTreeMap::from([((), *n.unwrap())]))
        };
        asked.map(|p| MANY.over(&p, of).unwrap().get(&()).copied().unwrap_or(Shown::None)).collect()
    }

    #[test]
    fn one_a_month_or_nine_a_month_look_the_same_in_the_year() {
        let months = |n: u64, months: usize| seen(&(0..12).map(|m| if m < months { n } else { 0 }).collect::<Vec<_>>());
        assert_eq!(months(1, 9).last(), Some(&Shown::AtLeast(9)));
        assert_eq!(months(1, 9), months(9, 9), "fewer than 10 in the year would say that each month had one");
        assert_eq!(months(1, 10), months(9, 10), "90 or more in the year would say that each month had nine");
    }

    proptest! {
        /// Whoever sees every month, quarter and year knows of a month what that month's own figure says: each count that
        /// it leaves possible stays possible.
        #[test]
        fn a_year_narrows_no_month(counts in prop::collection::vec(prop_oneof![Just(0), 1_u64..10, 0_u64..60], 12)) {
            let all = seen(&counts);
            for month in 0..12 {
                let (least, most) = match MANY.shown(counts[month]) {
                    Shown::None => (0, 0),
                    Shown::AtLeast(n) => (n, n + SMALLEST - 1),
                    _ => (1, SMALLEST - 1),
                };
                for other in least..=most {
                    let mut counts = counts.clone();
                    counts[month] = other;
                    prop_assert_eq!(&seen(&counts), &all, "month {}: {}", month, other);
                }
            }
        }
    }
}

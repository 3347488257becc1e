//! Cells of a table of counts: a cell of a few people is about people, and goes.

use super::{Tally, refusals::with_reason};
use crate::{
    flow::Clause,
    policy::integration::{Aggregate, FieldRule, GROUP_SIZE},
    screen::Judge,
    verdict::{Code, Refusal},
};
use std::sync::Arc;

impl Tally {
    /// Whether a cell with these counts may be judged as a group's. `counts` are the counts' exact texts, one for each
    /// place that is there.
    ///
    /// # Errors
    /// `field-blocked` for a table that crosses who people are with where they are without a decision that holds today.
    pub(in crate::screen) fn is_group<'c>(
        &self,
        aggregate: &Aggregate,
        counts: impl IntoIterator<Item = &'c str>,
        judge: &dyn Judge,
    ) -> Result<bool, Box<Refusal>> {
        let today = judge.today();
        let decided = aggregate.crossed.as_ref().is_some_and(|a| a.on <= today && today <= a.until);
        if aggregate.crosses && !decided {
            return Err(Box::new(crossed()));
        }
        let mut found = 0;
        let mut all = true;
        for count in counts {
            found += 1;
            all &= people(count).is_some_and(|people| people >= GROUP_SIZE);
        }
        Ok(all && found == aggregate.counts.len())
    }

    /// Notes that a value went because its cell is too small.
    pub(in crate::screen) fn suppress(&mut self, number: usize) {
        let Some(rule) = self.rules.get(number) else { return };
        let why = Arc::new(small(rule));
        self.object(number, why);
    }
}

/// A number of people, written in digits alone.
fn people(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.len() <= 15 && text.bytes().all(|b| b.is_ascii_digit());
    if digits { text.parse().ok() } else { None }
}

fn small(rule: &FieldRule) -> Refusal {
    let detail = format!("A cell of a table that counts fewer than {GROUP_SIZE} people is about people.");
    let remedy = "count over a longer time or a wider area, or take out a dimension";
    with_reason(Refusal::plain(Code::FieldBlocked, detail), "small-cell", Some(Clause::Data3), Some(rule), remedy)
}

fn crossed() -> Refusal {
    let detail = "The table crosses nationality, immigration or ethnicity with places, and the panel's decision on it \
                  is not in force.";
    let remedy = "take one of the two dimensions out, or ask the panel";
    with_reason(Refusal::plain(Code::FieldBlocked, detail), "crossed-table", Some(Clause::Data3), None, remedy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_is_digits_alone() {
        for (text, expected) in [("10", Some(10)), ("0", Some(0)), ("007", Some(7)), ("1234567", Some(1_234_567))] {
            assert_eq!(people(text), expected);
        }
        for text in ["", "-1", "+10", "1e3", "10.0", " 10", "1,000", "12 of 30", "ten", "9999999999999999", "\u{664}"] {
            assert_eq!(people(text), None, "{text}");
        }
    }
}

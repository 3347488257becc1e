//! What went to recipients since a day, read from the record book: when a link is found, the panel is told in
//! figures, and workers are told whom to tell (TRANS-2).
//!
//! The rows come in pages, so that a running gateway reads a little at a time between commits. What is made of
//! them is pure. Detail rows are erased after a time; what the leaves then still say is counted, and of whom and
//! on what ground it was is said to be unknown.

use super::small::{FEW_CLIENTS, Shown, Small};
use crate::flow::{Act, Category, Group, SubjectLabel, SystemId, name_closed as closed};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

closed! {
    /// On what ground something left.
    Basis {
        /// The person's consent.
        Consent = "consent",
        /// An emergency grant.
        Emergency = "emergency",
        /// It was about nobody.
        Nobody = "about nobody",
        /// The detail was erased.
        Erased = "details erased",
    }
}

/// What is read: from which entry on, and of that entry from which row on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Span {
    /// To whom; empty is to everybody.
    pub systems: BTreeSet<SystemId>,
    /// From the beginning of this day, UTC, on.
    pub since: Date,
    /// The entry to begin with.
    pub entry: u64,
    /// The row of that entry to begin with.
    pub row: u64,
}

/// Some of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Page {
    /// Requests that were sent, or may have been.
    pub sent: Vec<Sent>,
    /// Where to go on; `None` at the end.
    pub next: Option<(u64, u64)>,
}

/// A request that was sent, or may have been; or the rest of one whose rows did not fit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sent {
    /// Its entry.
    pub entry: u64,
    /// The UTC day.
    pub day: Date,
    /// To whom.
    pub to: SystemId,
    /// Whether the recipient answered. Otherwise nobody knows what arrived, and the worse is assumed.
    pub answered: bool,
    /// Its first rows; the figures are given only here.
    pub first: bool,
    /// What left, by group and form.
    pub left: Vec<(Group, String, u64)>,
    /// Rows that were erased.
    pub erased: bool,
    /// What left, by person and category.
    pub rows: Vec<Left>,
}

/// What left, of one category of one person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Left {
    /// About whom.
    pub subject: Option<SubjectLabel>,
    /// What.
    pub category: Category,
    /// `raw`, `pseudonym` or `generalised`.
    pub form: String,
    /// On what ground.
    pub basis: Basis,
    /// How many values.
    pub count: u64,
}

/// Whether an act let something out.
#[must_use]
pub const fn left(act: Act) -> bool {
    matches!(act, Act::Sent | Act::Generalised | Act::Pseudonymised)
}

/// Figures for the panel: counts of requests as they are, counts of values so that nobody is found by them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Figures {
    /// Requests by month, and of those how many whose arrival is not known.
    pub requests: BTreeMap<Month, (u64, u64)>,
    /// Values by month, group, form and ground.
    pub values: BTreeMap<(Month, Group, String, Basis), Cell>,
    /// Requests of whose details nothing or not everything is kept.
    pub erased: u64,
    entry: Option<Open>,
}

/// Year and month.
pub type Month = (i16, i8);

/// A figure before it is made safe.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cell {
    values: u64,
    people: BTreeSet<SubjectLabel>,
}

impl Cell {
    /// As it is shown: in tens, and few where it is of few people.
    #[must_use]
    pub fn shown(&self) -> Shown {
        Small::of(FEW_CLIENTS).shown_of(self.values, self.people.len() as u64)
    }
}

/// An entry whose rows may not all have come yet.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Open {
    entry: u64,
    month: Month,
    left: Vec<(Group, String, u64)>,
    known: BTreeMap<(Group, String), u64>,
    erased: bool,
}

impl Figures {
    /// Takes in a request, or the rest of one. They come in the record book's order. A category that no rule
    /// knows any more counts as free text, the least known group.
    pub fn add(&mut self, sent: &Sent, group: impl Fn(&Category) -> Option<Group>) {
        if self.entry.as_ref().is_none_or(|open| open.entry != sent.entry) {
            self.close();
            let month = (sent.day.year(), sent.day.month());
            let requests = self.requests.entry(month).or_default();
            requests.0 += 1;
            requests.1 += u64::from(!sent.answered);
            let (left, known) = (sent.left.clone(), BTreeMap::new());
            self.entry = Some(Open { entry: sent.entry, month, left, known, erased: false });
        }
        let Some(open) = &mut self.entry else { return };
        open.erased |= sent.erased;
        for row in &sent.rows {
            let group = group(&row.category).unwrap_or(Group::FreeText);
            *open.known.entry((group, row.form.clone())).or_default() += row.count;
            let cell = self.values.entry((open.month, group, row.form.clone(), row.basis)).or_default();
            cell.values += row.count;
            cell.people.extend(row.subject.clone());
        }
    }

    /// After the last.
    #[must_use]
    pub fn finish(mut self) -> Self {
        self.close();
        self
    }

    /// What the leaf counts and no row explains any more.
    fn close(&mut self) {
        let Some(open) = self.entry.take().filter(|open| open.erased) else { return };
        self.erased += 1;
        for (group, form, count) in open.left {
            let same = |key: &(Group, String)| key.0 == group && (form == "any" || key.1 == form);
            let known: u64 = open.known.iter().filter(|(key, _)| same(key)).map(|(_, n)| n).sum();
            let rest = count.saturating_sub(known);
            if rest > 0 {
                self.values.entry((open.month, group, form, Basis::Erased)).or_default().values += rest;
            }
        }
    }
}

/// Of whom something went, for the workers who tell them. No figures: only since when, and what.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct People {
    /// By the position of the reference that was asked about.
    pub found: BTreeMap<usize, Told>,
    /// Something of which no detail is kept went too, so that others may be concerned.
    pub erased: bool,
}

/// What a person is told of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The first day.
    pub since: Date,
    /// What groups of data.
    pub groups: BTreeSet<Group>,
    /// To whom.
    pub to: BTreeSet<SystemId>,
    /// At least one of the requests was answered. Otherwise it is not known that anything arrived.
    pub answered: bool,
}

impl People {
    /// Takes in a request. `who` gives the position of the reference that a label was made from.
    pub fn add(
        &mut self,
        sent: &Sent,
        group: impl Fn(&Category) -> Option<Group>,
        who: impl Fn(&SubjectLabel) -> Option<usize>,
    ) {
        self.erased |= sent.erased;
        for row in &sent.rows {
            let Some(person) = row.subject.as_ref().and_then(&who) else { continue };
            let new = || Told { since: sent.day, groups: BTreeSet::new(), to: BTreeSet::new(), answered: false };
            let told = self.found.entry(person).or_insert_with(new);
            told.since = told.since.min(sent.day);
            told.answered |= sent.answered;
            told.groups.insert(group(&row.category).unwrap_or(Group::FreeText));
            told.to.insert(sent.to.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn sent(entry: u64, people: std::ops::Range<u64>, count: u64) -> Sent {
        let row = |n| Left {
            subject: SubjectLabel::parse(&format!("k1.p{n}")).ok(),
            category: Category::parse("pd:Name").unwrap(),
            form: "raw".into(),
            basis: Basis::Consent,
            count,
        };
        let left = vec![(Group::Identity, "raw".into(), count * (people.end - people.start))];
        let to = SystemId::parse("a/x").unwrap();
        let day = date(2026, 10, 24);
        Sent { entry, day, to, answered: true, first: true, left, erased: false, rows: people.map(row).collect() }
    }

    fn shown(figures: Figures) -> Vec<String> {
        let figures = figures.finish();
        figures.values.iter().map(|((_, group, _, basis), cell)| format!("{group} {basis} {}", cell.shown())).collect()
    }

    fn group(_: &Category) -> Option<Group> {
        Some(Group::Identity)
    }

    #[test]
    fn few_people_are_few_however_many_values_went() {
        let mut figures = Figures::default();
        figures.add(&sent(0, 0..9, 100), group);
        assert_eq!(shown(figures.clone()), ["identity consent fewer than 10"]);
        figures.add(&sent(1, 9..10, 1), group);
        assert_eq!(shown(figures), ["identity consent 900 or more"]);
    }

    #[test]
    fn one_more_or_less_does_not_show() {
        let at = |people| {
            let mut figures = Figures::default();
            figures.add(&sent(0, 0..people, 1), group);
            shown(figures)
        };
        assert_eq!(at(23), at(24));
        assert_eq!(at(24), ["identity consent 20 or more"]);
    }

    #[test]
    fn what_was_erased_is_counted_and_its_ground_unknown() {
        let mut figures = Figures::default();
        let mut request = sent(0, 0..10, 2);
        (request.left, request.erased) = (vec![(Group::Identity, "any".into(), 60)], true);
        figures.add(&request, group);
        let figures = figures.finish();
        assert_eq!(figures.erased, 1);
        assert_eq!(shown(figures), ["identity details erased 40 or more", "identity consent 20 or more"]);
    }

    #[test]
    fn a_request_in_two_parts_is_one() {
        let mut figures = Figures::default();
        figures.add(&sent(0, 0..6, 1), group);
        figures.add(&Sent { first: false, left: Vec::new(), ..sent(0, 6..12, 1) }, group);
        let figures = figures.finish();
        assert_eq!(figures.requests, [((2026, 10), (1, 0))].into());
        assert_eq!(shown(figures), ["identity consent 10 or more"]);
    }

    #[test]
    fn workers_learn_whom_and_what_and_no_figures() {
        let mut people = People::default();
        people.add(&sent(0, 0..3, 1), group, |label| (label.as_str() == "k1.p1").then_some(7));
        assert_eq!(people.found.keys().collect::<Vec<_>>(), [&7]);
        assert_eq!(people.found[&7].since, date(2026, 10, 24));
    }
}

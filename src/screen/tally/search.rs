//! What is in a value that its rule does not say: searched for in everything that would leave exactly, and decided like
//! a listed category (design section 7).
//!
//! A find that its rule's category may hold anyway is no surprise. For every other the judge is asked as for a field of
//! the found category at the same place; where that may not leave, [`FieldRule::detected`] says what becomes of the
//! value. So does a value that the same record withholds elsewhere: a name that is stripped from its own field does
//! not leave in a note.

use super::{
    Glimpse, PersonId, Ruled, Tally, Value, fault,
    refusals::{stop, with_reason},
};
use crate::{
    detect::{self, Cue, Kind, Known},
    flow::{Act, Category, Clause, Form},
    policy::integration::{Denied, Detected, FieldRule},
    screen::{FindingRef, Judge, KnownBy, Person, Ruling},
    verdict::{Code, Refusal},
};
use std::{collections::BTreeMap, ops::Range, sync::Arc};

/// What stands where something was found and went.
const REMOVED: &str = "[removed]";

/// Values that one record may withhold and that are looked for in its others: each costs time in each.
const MOST_KNOWN: usize = 2048;

fn too_many_known() -> Refusal {
    let detail = format!(
        "One record holds more than {MOST_KNOWN} names, numbers or addresses that may not leave; send it in smaller records."
    );
    Refusal::plain(Code::BodyTooLarge, detail)
}

/// What one request's searching has found.
#[derive(Debug, Default)]
pub(super) struct Search {
    /// What the record that is being written withholds.
    known: Known,
    /// What was withheld outside records, in this document.
    outside: Known,
    /// What the records around it withhold, where it stands within a value.
    outer: Option<Arc<Outer>>,
    /// Categories of values that are withheld within the record's values. They are counted on from the rules, and never
    /// forgotten, so that one number always means the same.
    lent: Vec<Category>,
    /// What is withheld here, for the record around it. `None`: there is none.
    withheld: Option<Vec<Taught>>,
    /// By slot and what it was.
    finds: BTreeMap<(usize, What), Find>,
    /// Why what is found in a name that a wildcard lets through does not leave, by rule and kind; `None`: it may.
    in_names: BTreeMap<(usize, Kind), Option<Arc<Refusal>>>,
    spans: Vec<detect::Detected>,
    known_spans: Vec<(usize, usize, u16)>,
}

/// What becomes of a value that was searched.
pub(super) enum Found {
    /// It leaves as it is.
    Nothing,
    /// It leaves as this text.
    Removed(String),
    /// It is withheld.
    Withheld,
}

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    Kind(Kind),
    /// The value of another rule.
    Known(u16),
    /// The value of a rule of the record around this one, so many steps out.
    Outer(u8, u16),
}

/// What the record around a value withholds, for what is within that value.
#[derive(Debug)]
pub(in crate::screen) struct Outer {
    known: Known,
    /// What each of its rules lists.
    categories: Vec<Category>,
    around: Option<Arc<Self>>,
}

impl Outer {
    /// Around a document that is no value: what is withheld beside it.
    ///
    /// # Errors
    /// When that is more than can be looked for.
    pub(in crate::screen) fn of<'t>(withheld: impl Iterator<Item = &'t Taught>) -> Result<Option<Arc<Self>>, Refusal> {
        let mut search = Search::default();
        for taught in withheld {
            let number = search.lend(&taught.category, 0);
            search.teach(&taught.text, taught.whole, number, &taught.category).map_err(|refusal| *refusal)?;
        }
        let outer = Self { known: search.known, categories: search.lent, around: None };
        Ok((!outer.known.is_empty()).then(|| Arc::new(outer)))
    }

    /// This one and those around it, nearest first, each with how far out it is.
    fn chain(outer: Option<&Arc<Self>>) -> impl Iterator<Item = (u8, &Self)> {
        (0u8..).zip(std::iter::successors(outer.map(|outer| &**outer), |outer| outer.around.as_deref()))
    }
}

/// A value that is withheld within another, for the record that the other is in.
#[derive(Debug, Clone)]
pub(in crate::screen) struct Taught {
    text: String,
    /// Looked for as a whole, not by its words.
    whole: bool,
    category: Category,
}

/// What became of one kind of find in one rule's values of one person.
#[derive(Debug)]
struct Find {
    /// The rule, as if it listed what was found.
    rule: Arc<FieldRule>,
    /// Why it may not leave; `None`: it may.
    why: Option<Arc<Refusal>>,
    sent: u32,
    withheld: u32,
    blocked: bool,
}

/// Digits a number needs to be anything without its key saying so.
const DIGITS: usize = 9;

impl Search {
    /// Whether the value must be read.
    #[inline]
    pub(super) fn is_worth(&self, glimpse: Glimpse<'_>, cue: Cue, open: bool) -> bool {
        let outer = |text| {
            self.outer.is_some() && Outer::chain(self.outer.as_ref()).any(|(_, outer)| outer.known.may_stand_in(text))
        };
        let known = open && !self.known.is_empty();
        match glimpse {
            Glimpse::Text(text) if known => detect::worth_looking(text, cue, &self.known) || outer(text),
            Glimpse::Text(text) => detect::worth_scanning(text, cue) || open && outer(text),
            Glimpse::Number(number) if cue != Cue::NONE || number.len() >= DIGITS => true,
            // What is known has three letters and digits at least.
            Glimpse::Number(number) if number.len() < 3 => false,
            Glimpse::Number(number) => known && self.known.may_stand_in(number) || open && outer(number),
            Glimpse::Word => false,
        }
    }

    fn look(&mut self, value: &Value<'_>, cue: Cue, open: bool, judge: &dyn Judge) -> Vec<(Range<usize>, What)> {
        self.spans.clear();
        self.known_spans.clear();
        match value {
            Value::Text(text) => {
                detect::scan(text, cue, judge.places(), &mut self.spans);
                if open {
                    self.known.find(text, &mut self.known_spans);
                }
            }
            Value::Number(number) => {
                detect::scan_number(number, cue, &mut self.spans);
                if open {
                    self.known.find(number, &mut self.known_spans);
                }
            }
            Value::Bool(_) | Value::Null => {}
        }
        if self.spans.is_empty() && self.known_spans.is_empty() && self.outer.is_none() {
            return Vec::new();
        }
        let finds = self.spans.iter().map(|d| (d.start..d.end, What::Kind(d.category)));
        let known = self.known_spans.iter().map(|(from, to, rule)| (*from..*to, What::Known(*rule)));
        let mut all: Vec<_> = finds.chain(known).collect();
        if let (true, Some(outer), Value::Text(text) | Value::Number(text)) = (open, &self.outer, value) {
            for (steps, outer) in Outer::chain(Some(outer)) {
                let mut spans = Vec::new();
                outer.known.find(text, &mut spans);
                for (from, to, rule) in spans {
                    // What the record itself withholds, those around it know of too.
                    let known = all.iter().any(|(at, what)| *at == (from..to) && !matches!(what, What::Kind(_)));
                    if !known {
                        all.push((from..to, What::Outer(steps, rule)));
                    }
                }
            }
        }
        all
    }

    /// The number of a category, counted on from those of so many rules.
    fn lend(&mut self, category: &Category, rules: usize) -> u16 {
        let place = self.lent.iter().position(|known| known == category).unwrap_or_else(|| {
            self.lent.push(category.clone());
            self.lent.len() - 1
        });
        u16::try_from(rules + place).unwrap_or(u16::MAX)
    }

    /// Takes note of a value that is withheld, under this number.
    fn teach(&mut self, text: &str, whole: bool, number: u16, category: &Category) -> Result<(), Box<Refusal>> {
        if whole {
            self.known.add_whole(text, number);
        } else {
            self.known.add(text, number);
        }
        if self.known.len() > MOST_KNOWN {
            return Err(Box::new(too_many_known()));
        }
        // One more than can be looked for says so.
        if let Some(withheld) = self.withheld.as_mut().filter(|withheld| withheld.len() <= MOST_KNOWN) {
            withheld.push(Taught { text: text.to_owned(), whole, category: category.clone() });
        }
        Ok(())
    }

    /// What an [`What::Outer`] lists.
    fn outer_category(&self, steps: u8, rule: u16) -> Option<Category> {
        let (_, outer) = Outer::chain(self.outer.as_ref()).nth(usize::from(steps))?;
        outer.categories.get(usize::from(rule)).cloned()
    }

    /// Everything that was found, in the order of slots. `describe` gives a slot's person.
    pub(super) fn each<'t>(
        &'t self,
        person: impl Fn(usize) -> Option<&'t Person>,
        see: &mut impl FnMut(FindingRef<'t>),
    ) {
        for ((at, _), find) in &self.finds {
            let Some(person) = person(*at) else { continue };
            let acts =
                [(Act::Sent, find.sent), (Act::Stripped, find.withheld), (Act::Blocked, u32::from(find.blocked))];
            for (act, count) in acts.into_iter().filter(|(_, count)| *count > 0) {
                let withheld = find.why.as_ref();
                see(FindingRef { person, rule: &find.rule, form: Form::Raw, act, count: count.into(), withheld });
            }
        }
    }
}

impl Tally {
    /// A record begins to be written: what the one before withheld is forgotten.
    pub(in crate::screen) fn begin_record(&mut self) {
        self.search.known.clear();
    }

    /// What stands outside records begins to be written: what was withheld there before is known again, until
    /// [`Tally::end_outside`].
    pub(in crate::screen) fn begin_outside(&mut self) {
        std::mem::swap(&mut self.search.known, &mut self.search.outside);
    }

    /// What stood outside records is written, as far as it was read.
    pub(in crate::screen) fn end_outside(&mut self) {
        std::mem::swap(&mut self.search.known, &mut self.search.outside);
    }

    /// Another document begins: what was withheld outside the records of the one before is forgotten.
    pub(in crate::screen) fn begin_document(&mut self) {
        self.search.outside.clear();
    }

    /// What this record withholds, and what those around it do, for what is within one of its values.
    pub(super) fn as_outer(&self) -> Option<Arc<Outer>> {
        if self.search.known.is_empty() {
            return self.search.outer.clone();
        }
        let rules = self.rules.all.iter().map(|rule| rule.category.clone());
        let categories = rules.chain(self.search.lent.iter().cloned()).collect();
        let around = self.search.outer.clone();
        Some(Arc::new(Outer { known: self.search.known.clone(), categories, around }))
    }

    /// It stands within a value: what is withheld around it does not leave here.
    pub(in crate::screen) fn within_record(&mut self, outer: Option<Arc<Outer>>) {
        self.search.outer = outer;
        self.search.withheld = Some(Vec::new());
    }

    /// What was withheld here, for the record around it.
    pub(in crate::screen) fn withheld(self) -> Vec<Taught> {
        self.search.withheld.unwrap_or_default()
    }

    /// What was withheld since this was asked last.
    pub(in crate::screen) fn take_withheld(&mut self) -> Vec<Taught> {
        self.search.withheld.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// Whether what the record withholds is looked for in this rule's values. Of a rule that was asked about.
    pub(in crate::screen) fn is_open(&self, number: usize) -> bool {
        self.about.get(number).is_some_and(|about| about.is_some_and(|about| about.open))
    }

    /// Takes note of what is withheld within one of the record's values, for what it says must not leave beside it.
    ///
    /// # Errors
    /// When more is withheld than can be looked for.
    pub(in crate::screen) fn learn_withheld(&mut self, withheld: Vec<Taught>) -> Result<(), Box<Refusal>> {
        for taught in withheld {
            let number = self.search.lend(&taught.category, self.count);
            self.search.teach(&taught.text, taught.whole, number, &taught.category)?;
        }
        Ok(())
    }

    /// Takes note of a value of the record that is about to be written, for what it says must not leave elsewhere.
    ///
    /// # Errors
    /// As [`Tally::decide`], where the judge cannot be asked.
    #[inline]
    pub(in crate::screen) fn learn<'v>(
        &mut self,
        who: (PersonId, usize),
        judge: &mut dyn Judge,
        value: impl super::Lying<'v>,
    ) -> Result<(), Box<Refusal>> {
        if self.references.is_some() && self.refers(who.1, &value) {
            return Ok(());
        }
        let at = self.asked(who, judge)?;
        match self.slots.get(at).map(|slot| slot.ruled) {
            Some(Ruled::Within) if self.about.get(who.1).is_some_and(|about| about.is_some_and(|a| a.searched)) => {
                self.learn_within(who, judge, value)
            }
            Some(Ruled::Withheld | Ruled::Reworked) => self.teach(who.1, judge, value),
            _ => Ok(()),
        }
    }

    /// Takes note of a value that does not leave as it is.
    #[inline(never)]
    fn teach<'v>(&mut self, rule: usize, judge: &dyn Judge, value: impl super::Lying<'v>) -> Result<(), Box<Refusal>> {
        let (Some(listed), Some(Some(about))) = (self.rules.get(rule), self.about.get_mut(rule)) else {
            return Err(fault());
        };
        if !about.searched || about.known_by == Some(KnownBy::Nothing) {
            return Ok(());
        }
        let known_by = *about.known_by.get_or_insert_with(|| judge.known_by(listed));
        let (Value::Text(text) | Value::Number(text)) = value.read() else { return Ok(()) };
        let rule = u16::try_from(rule).unwrap_or(u16::MAX);
        let whole = match known_by {
            KnownBy::Nothing => return Ok(()),
            KnownBy::Words => false,
            KnownBy::Whole => true,
        };
        self.search.teach(&text, whole, rule, &listed.category)?;
        // What is in base64 is looked for as what it says, too.
        let in_base64 =
            listed.within.as_ref().filter(|within| within.base64).and_then(|_| super::within::base64(&text));
        match in_base64.and_then(|(_, bytes)| String::from_utf8(bytes).ok()) {
            Some(said) => self.search.teach(&said, whole, rule, &listed.category),
            None => Ok(()),
        }
    }

    /// What speaks against a name that only a wildcard of this rule lets through: something in it that, about nobody
    /// known, may not leave. Whom it is about may come after it, so nobody's consent opens it.
    pub(in crate::screen) fn against_name(
        &mut self,
        number: usize,
        name: &str,
        judge: &mut dyn Judge,
    ) -> Option<Arc<Refusal>> {
        let places = judge.places().filter(|places| !places.is_empty());
        if !judge.detects() || (places.is_none() && !detect::worth_scanning(name.as_bytes(), Cue::NONE)) {
            return None;
        }
        self.search.spans.clear();
        detect::scan(name, Cue::NONE, places, &mut self.search.spans);
        let Search { spans, in_names, .. } = &mut self.search;
        spans.iter().find_map(|found| {
            let why = in_names.entry((number, found.category)).or_insert_with(|| {
                let Some(rule) = self.rules.get(number) else { return Some(Arc::new(*fault())) };
                let what = What::Kind(found.category);
                let Ok(category) = Category::parse(found.category.category()) else { return Some(Arc::new(*fault())) };
                find(rule, what, category, &Person::Unknown, judge).why
            });
            why.clone()
        })
    }

    /// Whether a name that only a wildcard lets through holds what its record, or one around it, withholds. Recorded as
    /// a value of this rule.
    pub(in crate::screen) fn withholds_name(&mut self, number: usize, name: &str) -> bool {
        let mut found = Vec::new();
        self.search.known.find(name, &mut found);
        for (_, outer) in Outer::chain(self.search.outer.as_ref()) {
            outer.known.find(name, &mut found);
        }
        let Some(rule) = self.rules.get(number).filter(|_| !found.is_empty()) else { return !found.is_empty() };
        let why = Arc::new(elsewhere(rule));
        self.object(number, why);
        true
    }

    /// Searches a value that otherwise leaves as it is.
    ///
    /// # Errors
    /// When what was found stops the request.
    pub(super) fn searched(
        &mut self,
        (person, number): (PersonId, usize),
        judge: &mut dyn Judge,
        value: &Value<'_>,
        cue: Cue,
    ) -> Result<Found, Box<Refusal>> {
        let at = person.0 as usize * self.count + number;
        let open = self.is_open(number);
        let found = self.search.look(value, cue, open, judge);
        if found.is_empty() {
            return Ok(Found::Nothing);
        }
        let (Some(rule), Some(who)) = (self.rules.get(number), self.people.get(person.0 as usize)) else {
            return Err(fault());
        };
        // What is found in a group's value is about one of them.
        let who = if *who == Person::Group { &Person::Unknown } else { who };
        let mut gone = Vec::new();
        let mut stops = None;
        for (span, what) in found {
            let Some(category) = category(what, &self.rules, &self.search) else { return Err(fault()) };
            // What the record withholds is no part of anything that leaves without consent.
            if matches!(what, What::Kind(_)) && judge.holds(rule, &category) {
                continue;
            }
            let find = self.search.finds.entry((at, what)).or_insert_with(|| find(rule, what, category, who, judge));
            match &find.why {
                None => find.sent = find.sent.saturating_add(1),
                Some(why) if rule.detected == Detected::Block || (rule.detected == Detected::Value && fatal(rule)) => {
                    find.blocked = true;
                    stops.get_or_insert_with(|| Arc::clone(why));
                }
                Some(_) => {
                    find.withheld = find.withheld.saturating_add(1);
                    gone.push(span);
                }
            }
        }
        if let Some(why) = stops {
            return Err(Box::new(stop(rule, &why)));
        }
        if gone.is_empty() {
            return Ok(Found::Nothing);
        }
        Ok(match (rule.detected, value) {
            (Detected::Span, Value::Text(text)) => Found::Removed(without(text, gone)),
            _ => Found::Withheld,
        })
    }
}

fn fatal(rule: &FieldRule) -> bool {
    rule.required || rule.denied == Denied::Block
}

fn category(what: What, rules: &super::Rules, search: &Search) -> Option<Category> {
    match what {
        What::Kind(kind) => Category::parse(kind.category()).ok(),
        What::Known(rule) => {
            let listed = rules.get(usize::from(rule)).map(|r| &r.category);
            let lent = || search.lent.get(usize::from(rule).checked_sub(rules.all.len())?);
            listed.or_else(lent).cloned()
        }
        What::Outer(steps, rule) => search.outer_category(steps, rule),
    }
}

/// May it leave? Asked once for each person, rule and kind.
fn find(rule: &FieldRule, what: What, category: Category, who: &Person, judge: &mut dyn Judge) -> Find {
    let found = FieldRule { category, otherwise: None, only: false, ..rule.clone() };
    let why = match what {
        What::Known(_) | What::Outer(..) => Some(Arc::new(elsewhere(&found))),
        What::Kind(kind) => match judge.judge(who, &found) {
            Ruling::Send(Form::Raw) => None,
            Ruling::Withhold(why) => Some(Arc::new(because((*why).clone(), kind.name(), None, &found))),
            Ruling::Send(_) => Some(Arc::new(elsewhere(&found))),
        },
    };
    Find { rule: Arc::new(found), why, sent: 0, withheld: 0, blocked: false }
}

fn elsewhere(found: &FieldRule) -> Refusal {
    let detail = "A value of this record that does not leave stands in another of its values too.".to_owned();
    because(Refusal::plain(Code::FieldBlocked, detail), "known-value", Some(Clause::Data3), found)
}

fn because(refusal: Refusal, id: &str, clause: Option<Clause>, found: &FieldRule) -> Refusal {
    let remedy = "take it out of this value; if the place always holds it, list the place as what it is";
    with_reason(refusal, id, clause, Some(found), remedy)
}

/// The text with a mark at each of these places.
fn without(text: &str, mut spans: Vec<Range<usize>>) -> String {
    spans.sort_by_key(|s| (s.start, s.end));
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for span in spans {
        if span.start >= done {
            out.push_str(text.get(done..span.start).unwrap_or_default());
            out.push_str(REMOVED);
        }
        done = done.max(span.end);
    }
    out.push_str(text.get(done..).unwrap_or_default());
    out
}

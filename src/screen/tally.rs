//! People, rulings and counts: each (person, rule) is judged once and remembered.

mod about;
mod files;
mod group;
mod one_of;
mod refusals;
mod search;
mod slot;
mod template;
mod value;
mod within;

pub(super) use refusals::{no_document, unlisted};
pub(super) use search::{Outer, Taught};
pub(super) use value::{Glimpse, Lying, Outcome, Plain, Value};

use super::{Finding, FindingRef, Findings, Judge, Person, body::Limits, picture::looks_like_file};
use crate::{
    detect::Cue,
    flow::{Act, Form, RuleId},
    policy::integration::{BodyRules, Denied, FieldRule},
    verdict::{Code, Refusal, judge::Bytes},
};
use about::{About, says_more};
use files::Leaves;
use refusals::{cannot_read, stop};
use search::{Found, Search};
use slot::{Look, Reasons, Ruled, Slot, UNASKED};
use std::{
    collections::{BTreeMap, HashMap, HashSet, hash_map::Entry},
    sync::Arc,
};
use within::Inner;

/// A person's place in [`Tally`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PersonId(u32);

/// One person more than a request may be about: nothing of them is decided.
const TOO_MANY: PersonId = PersonId(u32::MAX);
pub(super) const UNKNOWN: PersonId = PersonId(0);
pub(super) const AMBIGUOUS: PersonId = PersonId(1);
pub(super) const GROUP: PersonId = PersonId(2);

/// What was decided and done so far.
#[derive(Debug)]
pub(super) struct Tally {
    rules: Rules,
    /// How many rules there are.
    count: usize,
    people: Vec<Person>,
    /// How many people one request may be about.
    most: usize,
    known: HashMap<Arc<str>, PersonId>,
    /// One for each (person, rule), people first.
    slots: Vec<Slot>,
    reasons: Reasons,
    /// For each rule, why values could not be made rougher, once one could not.
    unreadable: Vec<Option<Arc<Refusal>>>,
    /// Values withheld for the recipients they name, by slot and rule.
    objections: BTreeMap<(usize, Option<RuleId>), Objection>,
    /// For each rule, what holds of all its values, once one was asked about.
    about: Vec<Option<About>>,
    search: Search,
    /// What was done within values, and within which bounds they are read. `None`: no rule here looks into one.
    inner: Inner,
    /// Texts that refer to other requests of a batch and were judged as that: they leave wherever something is listed.
    references: Option<Arc<HashSet<Vec<u8>>>>,
    limits: Option<Limits>,
    /// Unlisted members, elements, parameters.
    pub(super) unlisted: u64,
}

/// Values of one slot that were withheld although their place may leave.
#[derive(Debug)]
struct Objection {
    why: Arc<Refusal>,
    withheld: u32,
    blocked: bool,
}

/// The rules of one body, or of one target; each has a number, which is its place.
#[derive(Debug)]
pub(super) struct Rules {
    all: Arc<[Arc<FieldRule>]>,
    /// Whose they are: the envelope's, then each kind of record's. `None`: as listed.
    body: Option<Arc<BodyRules>>,
}

impl Rules {
    pub(super) fn listed(rules: impl IntoIterator<Item = Arc<FieldRule>>) -> Self {
        Self { all: rules.into_iter().collect(), body: None }
    }

    #[inline]
    fn get(&self, number: usize) -> Option<&Arc<FieldRule>> {
        self.all.get(number)
    }
}

impl Tally {
    /// Rules are told apart by their position here.
    pub(super) fn new(rules: Rules, most: usize) -> Self {
        let count = rules.all.len();
        let mut tally = Self {
            rules,
            count,
            people: Vec::new(),
            most,
            known: HashMap::new(),
            slots: Vec::new(),
            reasons: Reasons::default(),
            unreadable: Vec::new(),
            objections: BTreeMap::new(),
            about: Vec::new(),
            search: Search::default(),
            inner: Inner::default(),
            references: None,
            limits: None,
            unlisted: 0,
        };
        tally.unreadable.resize(count, None);
        tally.about.resize(count, None);
        tally.add(Person::Unknown);
        tally.add(Person::Ambiguous);
        tally.add(Person::Group);
        tally
    }

    /// For a body, whose values may hold others.
    pub(super) fn of_body(rules: &Arc<BodyRules>, limits: Limits) -> Self {
        let all = Rules { all: Arc::clone(rules.shared_rules()), body: Some(Arc::clone(rules)) };
        Self { limits: Some(limits), ..Self::new(all, limits.people) }
    }

    /// Lets references to other requests of a batch through, which were judged as that.
    pub(super) fn refer(&mut self, references: Arc<HashSet<Vec<u8>>>) {
        self.references = Some(references);
    }

    /// Whether a value is nothing but a reference, in a place that may hold one: what it leads to is none of the texts
    /// that a rule lists, and cannot be looked into.
    #[inline]
    fn refers<'v>(&self, rule: usize, value: &impl Lying<'v>) -> bool {
        let Some(references) = &self.references else { return false };
        matches!(value.glimpse(), Glimpse::Text(text) if references.contains(text))
            && self.rules.get(rule).is_some_and(|rule| rule.may_refer())
    }

    /// The place of a person with this id.
    pub(super) fn one(&mut self, id: &str) -> PersonId {
        // Fields of one record, and often neighbouring records, are about the same person.
        if let Some(Person::One(last)) = self.people.last()
            && **last == *id
        {
            return PersonId(self.people.len() as u32 - 1);
        }
        let place = match self.known.entry(id.into()) {
            Entry::Occupied(known) => return *known.get(),
            // Unknown, ambiguous and groups have places too.
            Entry::Vacant(_) if self.people.len() >= self.most.saturating_add(3) => return TOO_MANY,
            Entry::Vacant(place) => {
                self.people.push(Person::One(Arc::clone(place.key())));
                *place.insert(PersonId(self.people.len() as u32 - 1))
            }
        };
        self.slots.resize(self.people.len() * self.count, UNASKED);
        place
    }

    /// The place of a person.
    pub(super) fn person(&mut self, person: &Person) -> PersonId {
        match person {
            Person::Unknown => UNKNOWN,
            Person::Ambiguous => AMBIGUOUS,
            Person::Group => GROUP,
            Person::One(id) => self.one(id),
        }
    }

    fn add(&mut self, person: Person) -> PersonId {
        self.people.push(person);
        self.slots.resize(self.people.len() * self.count, UNASKED);
        PersonId(self.people.len() as u32 - 1)
    }

    /// Decides one value. It is read only where its form must change or it may name a recipient.
    ///
    /// # Errors
    /// When withholding it stops the request.
    #[inline]
    pub(super) fn decide<'s, 'v>(
        &'s mut self,
        who: (PersonId, usize),
        judge: &mut dyn Judge,
        mut value: impl Lying<'v>,
    ) -> Result<Outcome<'s>, Box<Refusal>> {
        if self.passes(who, judge, &mut value)? {
            return Ok(Outcome::Raw);
        }
        self.closely(who, judge, value)
    }

    /// Whether a value leaves as it is, unread; then it is counted. Any other is decided by [`Tally::closely`].
    ///
    /// # Errors
    /// When the judge cannot be asked.
    #[inline(always)]
    pub(super) fn passes<'v>(
        &mut self,
        who: (PersonId, usize),
        judge: &mut dyn Judge,
        value: &mut impl Lying<'v>,
    ) -> Result<bool, Box<Refusal>> {
        if self.references.is_some() && self.refers(who.1, value) {
            return Ok(false);
        }
        let at = self.asked(who, judge)?;
        let Some(slot) = self.slots.get_mut(at) else { return Ok(false) };
        if slot.look == Look::Closely || value.is_dotted() {
            return Ok(false);
        }
        let glimpse = value.glimpse();
        let worth = slot.look == Look::AtAGlance
            && self.about.get(who.1).and_then(Option::as_ref).is_none_or(|about| {
                let About { cue, open, .. } = *about;
                self.search.is_worth(glimpse, cue.with(value.said()), open)
            });
        if worth || is_file(glimpse) {
            return Ok(false);
        }
        slot.sent = slot.sent.saturating_add(1);
        Ok(true)
    }

    /// Decides a value that must be read or does not leave.
    ///
    /// # Errors
    /// As [`Tally::decide`].
    #[inline(never)]
    pub(super) fn closely<'s, 'v>(
        &'s mut self,
        who: (PersonId, usize),
        judge: &mut dyn Judge,
        value: impl Lying<'v>,
    ) -> Result<Outcome<'s>, Box<Refusal>> {
        if self.references.is_some() && self.refers(who.1, &value) {
            return Ok(Outcome::Raw);
        }
        let at = self.asked(who, judge)?;
        let (Some(slot), Some(Some(about))) = (self.slots.get(at), self.about.get(who.1)) else {
            return Err(fault());
        };
        match (slot.ruled, *about) {
            (Ruled::Raw | Ruled::Recipient, about) => self.exactly(who, about, judge, value),
            (Ruled::Within, _) => self.within(who, judge, value),
            _ => self.otherwise(who, judge, value),
        }
    }

    /// Whether values of this person under this rule may leave in some form. It lets nothing out and counts nothing:
    /// it says how to write a place that is empty, so that what stands there does not tell it from a withheld one.
    ///
    /// # Errors
    /// As [`Tally::decide`], but never because of a value.
    pub(super) fn permits(&mut self, who: (PersonId, usize), judge: &mut dyn Judge) -> Result<bool, Box<Refusal>> {
        let at = self.asked(who, judge)?;
        Ok(self.slots.get(at).is_some_and(|slot| slot.ruled != Ruled::Withheld))
    }

    /// The slot of a person and a rule, once the judge was asked.
    #[inline(always)]
    fn asked(&mut self, (person, rule): (PersonId, usize), judge: &mut dyn Judge) -> Result<usize, Box<Refusal>> {
        let at = (person.0 as usize).wrapping_mul(self.count).wrapping_add(rule);
        if self.slots.get(at).is_none_or(|slot| slot.ruled == Ruled::No) {
            self.ask((person, rule), at, judge)?;
        }
        Ok(at)
    }

    #[inline(never)]
    fn ask(&mut self, (who, rule): (PersonId, usize), at: usize, judge: &mut dyn Judge) -> Result<(), Box<Refusal>> {
        let (Some(slot), Some(person), Some(listed), Some(about)) =
            (self.slots.get_mut(at), self.people.get(who.0 as usize), self.rules.get(rule), self.about.get_mut(rule))
        else {
            return Err(if who == TOO_MANY { too_many(self.most) } else { fault() });
        };
        let about = match about {
            Some(about) => about,
            None => about.insert(About::of(rule, &self.rules, listed, judge)),
        };
        slot.ask(person, listed, about, &mut self.reasons, judge)
    }

    /// Decides an exact value by the recipients it names, and by what else is in it.
    #[inline(never)]
    fn exactly<'v>(
        &mut self,
        (person, number): (PersonId, usize),
        About { cue, searched, held, .. }: About,
        judge: &mut dyn Judge,
        value: impl Lying<'v>,
    ) -> Result<Outcome<'_>, Box<Refusal>> {
        let at = person.0 as usize * self.count + number;
        let Some(rule) = self.rules.get(number) else { return Err(fault()) };
        let said = cue.with(value.said());
        let cue = if says_more(rule) { said.with(value.key()) } else { said };
        let mut value = value.read();
        if rule.one_of.is_some() {
            return self.one_of((person, number), judge, &value);
        }
        match files::leaves(rule, held, &value) {
            Leaves::NoFile => {}
            Leaves::Not(stay) => return self.named((at, number), Arc::new(stay.refusal(rule))),
            leaves => {
                self.sent((person, number));
                return Ok(if let Leaves::Cleaned(text) = leaves { Outcome::Text(text) } else { Outcome::Raw });
            }
        }
        let mut alphabet = None;
        if rule.within.is_some() && matches!(value, Value::Number(_) | Value::Bool(_)) {
            // No base64, as its rule says that it is.
            let rule = Arc::clone(rule);
            return self.unread((person, number), &rule);
        }
        if let (Some(_), Value::Text(text)) = (&rule.within, &value) {
            let Some((found, bytes)) = within::base64(text) else {
                let rule = Arc::clone(rule);
                return self.unread((person, number), &rule);
            };
            let Ok(text) = String::from_utf8(bytes) else {
                if held == Bytes::Biometric {
                    self.sent((person, number));
                    return Ok(Outcome::Raw);
                }
                // Nobody can look into it, and it is no file that its rule says it is.
                let rule = Arc::clone(rule);
                return self.unread((person, number), &rule);
            };
            (alphabet, value) = (Some(found), Value::Text(text.into()));
        }
        let why = match &value {
            Value::Null => None,
            Value::Text(text) | Value::Number(text) | Value::Bool(text) => judge.names(Some(rule), text),
        };
        match why {
            Some(why) => self.named((at, number), why),
            None if searched => {
                let outcome = self.found((person, number), judge, &value, cue)?;
                Ok(match (outcome, alphabet) {
                    (Outcome::Text(text), Some(alphabet)) => Outcome::Text(alphabet.encode(text.as_bytes())),
                    (outcome, _) => outcome,
                })
            }
            None => {
                self.sent((person, number));
                Ok(Outcome::Raw)
            }
        }
    }

    /// A value that names a recipient who may not receive it, or that is a file which may not leave here.
    fn named(&mut self, (at, number): (usize, usize), why: Arc<Refusal>) -> Result<Outcome<'_>, Box<Refusal>> {
        let Some(rule) = self.rules.get(number) else { return Err(fault()) };
        let key = (at, why.reasons.first().map(|reason| reason.rule.clone()));
        let objection =
            self.objections.entry(key).or_insert_with(|| Objection { why: why.clone(), withheld: 0, blocked: false });
        if rule.required || rule.denied == Denied::Block {
            objection.blocked = true;
            return Err(Box::new(stop(rule, &why)));
        }
        objection.withheld = objection.withheld.saturating_add(1);
        Ok(Outcome::Withheld(&rule.denied))
    }

    /// An exact value that names nobody who may not receive it: what else is in it?
    fn found<'s>(
        &'s mut self,
        who: (PersonId, usize),
        judge: &mut dyn Judge,
        value: &Value<'_>,
        cue: Cue,
    ) -> Result<Outcome<'s>, Box<Refusal>> {
        match self.searched(who, judge, value, cue)? {
            Found::Nothing => {
                self.sent(who);
                Ok(Outcome::Raw)
            }
            Found::Removed(text) => {
                self.sent(who);
                Ok(Outcome::Text(text))
            }
            Found::Withheld => match self.rules.get(who.1) {
                Some(rule) => Ok(Outcome::Withheld(&rule.denied)),
                None => Err(fault()),
            },
        }
    }

    #[inline]
    fn sent(&mut self, (person, rule): (PersonId, usize)) {
        if let Some(slot) = self.slots.get_mut(person.0 as usize * self.count + rule) {
            slot.sent = slot.sent.saturating_add(1);
        }
    }

    /// Notes that a member was left out for the recipient that its name names, as if it were a value of the rule's, of
    /// nobody in particular: whom it is about may come after it.
    pub(super) fn object(&mut self, number: usize, why: Arc<Refusal>) {
        let key = (UNKNOWN.0 as usize * self.count + number, why.reasons.first().map(|reason| reason.rule.clone()));
        let objection = self.objections.entry(key).or_insert(Objection { why, withheld: 0, blocked: false });
        objection.withheld = objection.withheld.saturating_add(1);
    }

    fn otherwise<'s, 'v>(
        &'s mut self,
        (person, number): (PersonId, usize),
        judge: &mut dyn Judge,
        value: impl Lying<'v>,
    ) -> Result<Outcome<'s>, Box<Refusal>> {
        let at = person.0 as usize * self.count + number;
        let (Some(slot), Some(rule)) = (self.slots.get_mut(at), self.rules.get(number)) else { return Err(fault()) };
        let mut why = self.reasons.of(slot);
        if slot.ruled == Ruled::Reworked {
            if let Some(outcome) = rework(slot.form, value.read(), rule, judge) {
                slot.sent = slot.sent.saturating_add(1);
                return Ok(outcome);
            }
            let Some(unreadable) = self.unreadable.get_mut(number) else { return Err(fault()) };
            why = Some(unreadable.get_or_insert_with(|| Arc::new(cannot_read(rule))));
        }
        if rule.required || rule.denied == Denied::Block {
            slot.blocked = true;
            return Err(why.map_or_else(fault, |why| Box::new(stop(rule, why))));
        }
        slot.withheld = slot.withheld.saturating_add(1);
        Ok(Outcome::Withheld(&rule.denied))
    }

    /// Everything that was done, people in the order they were met, rules in theirs; then what was withheld for the
    /// recipients it names.
    pub(super) fn each<'t>(&'t self, mut see: impl FnMut(FindingRef<'t>)) {
        for (person, slots) in self.people.iter().zip(self.slots.chunks(self.count.max(1))) {
            for ((rule, slot), unreadable) in self.rules.all.iter().zip(slots).zip(&self.unreadable) {
                slot.each(person, rule, self.reasons.of(slot).or(unreadable.as_ref()), &mut see);
            }
        }
        for ((at, _), objection) in &self.objections {
            let (person, number) = (at.checked_div(self.count), at.checked_rem(self.count));
            let person = person.and_then(|p| self.people.get(p));
            let (Some(person), Some(rule)) = (person, number.and_then(|n| self.rules.get(n))) else { continue };
            for (act, count) in [(Act::Stripped, objection.withheld), (Act::Blocked, objection.blocked.into())] {
                if count > 0 {
                    let withheld = Some(&objection.why);
                    see(FindingRef { person, rule, form: Form::Raw, act, count: count.into(), withheld });
                }
            }
        }
        let person = |at: usize| self.people.get(at.checked_div(self.count)?);
        self.search.each(person, &mut see);
        self.inner.each(&mut see);
    }

    /// As [`Tally::each`], to keep.
    pub(super) fn findings(&self) -> Findings {
        let mut listed = Vec::new();
        self.each(|found| listed.push(Finding::from(found)));
        let within = self.inner.people().iter().filter(|p| !self.people.contains(p));
        let people = self.people.iter().filter(|p| matches!(p, Person::One(_))).chain(within).cloned().collect();
        Findings { listed, unlisted: self.unlisted + self.inner.unlisted(), people }
    }
}

/// Whether a value begins like a file.
#[inline]
fn is_file(glimpse: Glimpse<'_>) -> bool {
    matches!(glimpse, Glimpse::Text(text) if looks_like_file(text))
}

fn too_many(most: usize) -> Box<Refusal> {
    let detail = format!("The request is about more than {most} people; send it in smaller requests.");
    Box::new(Refusal::plain(Code::BodyTooLarge, detail))
}

#[cold]
fn fault() -> Box<Refusal> {
    Box::new(Refusal::plain(Code::Internal, "a person or a rule that does not exist was asked for"))
}

/// The value in another form; `None` where it cannot be read.
fn rework(form: Form, value: Value<'_>, rule: &FieldRule, judge: &mut dyn Judge) -> Option<Outcome<'static>> {
    let text = match (form, value) {
        (_, Value::Null) | (Form::Raw, _) => return Some(Outcome::Raw),
        (Form::Pseudonym, Value::Text(text) | Value::Number(text) | Value::Bool(text)) => {
            judge.pseudonym(&rule.category, &text)
        }
        (Form::Generalised(transform), Value::Text(text) | Value::Number(text)) => {
            super::transform::apply(transform, &text, judge.today())?
        }
        (Form::Generalised(_), Value::Bool(_)) => return None,
    };
    Some(Outcome::Text(text))
}

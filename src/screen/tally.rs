//! People, rulings and counts: each (person, rule) is judged once and remembered.

use super::{Finding, Findings, Judge, Person, Ruling};
use crate::{
    flow::{Act, Form, RuleId},
    policy::integration::{Denied, FieldRule},
    verdict::{Code, Reason, Refusal},
};
use std::{borrow::Cow, collections::BTreeMap, sync::Arc};

/// A person's place in [`Tally`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PersonId(u32);

pub(super) const UNKNOWN: PersonId = PersonId(0);
pub(super) const AMBIGUOUS: PersonId = PersonId(1);

/// What was decided and done so far.
#[derive(Debug)]
pub(super) struct Tally {
    rules: Vec<Arc<FieldRule>>,
    people: Vec<Person>,
    known: BTreeMap<Arc<str>, PersonId>,
    /// One for each (person, rule), people first.
    slots: Vec<Slot>,
    /// Unlisted members, elements, parameters.
    pub(super) unlisted: u64,
}

#[derive(Debug, Clone, Default)]
struct Slot {
    ruling: Option<Ruling>,
    sent: u32,
    withheld: u32,
    blocked: bool,
}

/// A permitted value, or what stands in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome<'a> {
    /// It leaves as it is.
    Raw,
    /// It leaves as this text.
    Text(String),
    /// It does not leave.
    Withheld(&'a Denied),
}

/// A value as rules see it.
#[derive(Debug, Clone)]
pub(super) enum Value<'a> {
    /// A string's text or a number's.
    Text(Cow<'a, str>),
    /// `true` or `false`.
    Bool(Cow<'a, str>),
    /// `null`: there is nothing to make rougher.
    Null,
}

impl Tally {
    /// Rules are told apart by their position here.
    pub(super) fn new(rules: Vec<Arc<FieldRule>>) -> Self {
        let mut tally = Self { rules, people: Vec::new(), known: BTreeMap::new(), slots: Vec::new(), unlisted: 0 };
        tally.add(Person::Unknown);
        tally.add(Person::Ambiguous);
        tally
    }

    /// The place of a person with this id.
    pub(super) fn one(&mut self, id: &str) -> PersonId {
        // Fields of one record, and often neighbouring records, are about the same person.
        if let Some(Person::One(last)) = self.people.last()
            && **last == *id
        {
            return PersonId(self.people.len() as u32 - 1);
        }
        if let Some(known) = self.known.get(id) {
            return *known;
        }
        let id: Arc<str> = id.into();
        let place = self.add(Person::One(Arc::clone(&id)));
        self.known.insert(id, place);
        place
    }

    /// The place of a person.
    pub(super) fn person(&mut self, person: &Person) -> PersonId {
        match person {
            Person::Unknown => UNKNOWN,
            Person::Ambiguous => AMBIGUOUS,
            Person::One(id) => self.one(id),
        }
    }

    fn add(&mut self, person: Person) -> PersonId {
        self.people.push(person);
        self.slots.resize(self.people.len() * self.rules.len(), Slot::default());
        PersonId(self.people.len() as u32 - 1)
    }

    /// Decides one value. `value` is read only where its form must change.
    ///
    /// # Errors
    /// When withholding it stops the request.
    #[inline]
    pub(super) fn decide<'s, 'v>(
        &'s mut self,
        (person, rule): (PersonId, usize),
        judge: &mut dyn Judge,
        value: impl FnOnce() -> Value<'v>,
    ) -> Result<Outcome<'s>, Box<Refusal>> {
        let at = person.0 as usize * self.rules.len() + rule;
        let (Some(slot), Some(rule)) = (self.slots.get_mut(at), self.rules.get(rule)) else {
            return Err(Box::new(Refusal::plain(Code::Internal, "a rule that does not exist was asked for")));
        };
        if slot.ruling.is_none() {
            let Some(person) = self.people.get(person.0 as usize) else {
                return Err(Box::new(Refusal::plain(Code::Internal, "a person who does not exist was asked for")));
            };
            slot.ruling = Some(ask(person, rule, judge)?);
        }
        if let Some(Ruling::Send(form)) = slot.ruling {
            if form == Form::Raw {
                slot.sent = slot.sent.saturating_add(1);
                return Ok(Outcome::Raw);
            }
            if let Some(outcome) = rework(form, value(), rule, judge) {
                slot.sent = slot.sent.saturating_add(1);
                return Ok(outcome);
            }
        }
        if rule.required || rule.denied == Denied::Block {
            slot.blocked = true;
            return Err(Box::new(stop(rule, slot.ruling.as_ref())));
        }
        slot.withheld = slot.withheld.saturating_add(1);
        Ok(Outcome::Withheld(&rule.denied))
    }

    /// Everything that was done, people in the order they were met, rules in theirs.
    pub(super) fn findings(&self) -> Findings {
        let mut listed = Vec::new();
        let mut slots = self.slots.iter();
        for person in &self.people {
            for (rule, slot) in self.rules.iter().zip(slots.by_ref()) {
                slot.findings(person, rule, &mut listed);
            }
        }
        let people = self.people.iter().filter(|p| matches!(p, Person::One(_))).cloned().collect();
        Findings { listed, unlisted: self.unlisted, people }
    }
}

impl Slot {
    fn findings(&self, person: &Person, rule: &Arc<FieldRule>, listed: &mut Vec<Finding>) {
        let (form, withheld) = match &self.ruling {
            None => return,
            Some(Ruling::Send(form)) => (*form, None),
            Some(Ruling::Withhold(why)) => (first_form(rule), Some(Arc::clone(why))),
        };
        let mut add = |act, count: u32, withheld| {
            if count > 0 {
                let (person, rule) = (person.clone(), Arc::clone(rule));
                listed.push(Finding { person, rule, form, act, count: count.into(), withheld });
            }
        };
        add(form.act(), self.sent, None);
        if self.withheld > 0 || self.blocked {
            let withheld = withheld.unwrap_or_else(|| Arc::new(unreadable(rule)));
            add(Act::Stripped, self.withheld, Some(Arc::clone(&withheld)));
            add(Act::Blocked, self.blocked.into(), Some(withheld));
        }
    }
}

fn first_form(rule: &FieldRule) -> Form {
    rule.forms().next().unwrap_or(Form::Raw)
}

#[cold]
fn ask(person: &Person, rule: &FieldRule, judge: &mut dyn Judge) -> Result<Ruling, Box<Refusal>> {
    match judge.judge(person, rule) {
        Ruling::Send(form) if !rule.forms().any(|f| f == form) => {
            let detail =
                format!("a form was allowed that the rule {} does not name; this is a fault of ours", rule.path);
            Err(Box::new(Refusal::plain(Code::Internal, detail)))
        }
        ruling => Ok(ruling),
    }
}

/// The value in another form; `None` where it cannot be read.
fn rework(form: Form, value: Value<'_>, rule: &FieldRule, judge: &mut dyn Judge) -> Option<Outcome<'static>> {
    let text = match (form, value) {
        (_, Value::Null) | (Form::Raw, _) => return Some(Outcome::Raw),
        (Form::Pseudonym, Value::Text(text) | Value::Bool(text)) => judge.pseudonym(&rule.category, &text),
        (Form::Generalised(transform), Value::Text(text)) => super::transform::apply(transform, &text, judge.today())?,
        (Form::Generalised(_), Value::Bool(_)) => return None,
    };
    Some(Outcome::Text(text))
}

/// Why a value stopped the request. The judge's code stays where it says that consent or the recipient is
/// what is missing, so that the caller learns the mend; for any other cause it is the field that stops.
fn stop(rule: &FieldRule, ruling: Option<&Ruling>) -> Refusal {
    let mut refusal = match ruling {
        Some(Ruling::Withhold(why)) => (**why).clone(),
        _ => unreadable(rule),
    };
    let kept = matches!(
        refusal.code,
        Code::DestinationLinked
            | Code::DestinationUnassessed
            | Code::DestinationUncommitted
            | Code::DestinationMismatch
            | Code::Forum
            | Code::Stopped
            | Code::ConsentMissing
            | Code::ConsentInvalid
            | Code::ConsentExpired
            | Code::ConsentEnded
            | Code::ConsentSpent
            | Code::ConsentChanged
            | Code::RecipientDenied
    );
    if rule.required {
        refusal.detail = format!("{} is needed and may not leave, so nothing was sent: {}", rule.path, refusal.detail);
    } else {
        refusal.detail = format!("{} may not leave and stops the request: {}", rule.path, refusal.detail);
        refusal.code = if kept { refusal.code } else { Code::FieldBlocked };
    }
    refusal
}

fn unreadable(rule: &FieldRule) -> Refusal {
    let refusal = Refusal::plain(Code::FieldBlocked, "the value cannot be read, so it cannot be made rougher");
    let remedy = "send a date as 1987-04-02 or 02/04/1987, a whole UK postcode, or a name that begins with a letter";
    with_reason(refusal, "readable", Some(rule), remedy)
}

/// The refusal for something that no rule lists, where the operation stops on that.
pub(super) fn unlisted(detail: String) -> Refusal {
    let refusal = Refusal::plain(Code::FieldBlocked, detail);
    with_reason(refusal, "listed", None, "leave it out, or list its place in the connection's file")
}

fn with_reason(refusal: Refusal, id: &str, rule: Option<&FieldRule>, remedy: &str) -> Refusal {
    let Ok(id) = RuleId::parse(id) else { return refusal };
    refusal.because(Reason {
        clause: None,
        rule: id,
        category: rule.map(|r| r.category.clone()),
        path: rule.map(|r| Arc::clone(&r.path)),
        remedy: remedy.to_owned(),
    })
}

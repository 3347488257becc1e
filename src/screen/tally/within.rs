//! Values that hold others: read by their own rules, and written again from what was judged.
//!
//! What is within is about whom the value is about. A value that cannot be read as its rule says is withheld: nothing
//! that nobody could look into leaves.

use super::{
    Lying, Outcome, PersonId, Rules, Tally, Value, fault,
    refusals::{NO_DOCUMENT, stop, with_reason},
};
use crate::{
    flow::{Act, Form},
    policy::integration::{BodyRules, Denied, FieldRule, Format, Within, is_xml_char},
    screen::{
        Finding, FindingRef, Findings, Judge, Person, Received,
        body::{BodyScreener, ScreenedBody},
    },
    verdict::{Code, Refusal},
};
use data_encoding::{BASE64, BASE64_NOPAD, BASE64URL, BASE64URL_NOPAD, Encoding};
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

/// What was done within values so far.
#[derive(Debug, Default)]
pub(super) struct Inner {
    /// By whom, by which rule, in which form, and what was done.
    done: HashMap<(Person, Arc<str>, String, Form, Act), Finding>,
    order: Vec<(Person, Arc<str>, String, Form, Act)>,
    people: Vec<Person>,
    known: HashSet<Person>,
    unlisted: u64,
}

impl Inner {
    pub(super) fn absorb(&mut self, findings: Findings) {
        self.unlisted += findings.unlisted;
        for person in findings.people {
            if self.known.insert(person.clone()) {
                self.people.push(person);
            }
        }
        for found in findings.listed {
            let category = found.rule.category.as_str().to_owned();
            let key = (found.person.clone(), Arc::clone(&found.rule.path), category, found.form, found.act);
            match self.done.get_mut(&key) {
                Some(known) => known.count += found.count,
                None => {
                    self.order.push(key.clone());
                    self.done.insert(key, found);
                }
            }
        }
    }

    pub(super) fn each<'t>(&'t self, see: &mut impl FnMut(FindingRef<'t>)) {
        for found in self.order.iter().filter_map(|key| self.done.get(key)) {
            let Finding { person, rule, form, act, count, withheld } = found;
            let (form, act, count, withheld) = (*form, *act, *count, withheld.as_ref());
            see(FindingRef { person, rule, form, act, count, withheld });
        }
    }

    pub(super) const fn unlisted(&self) -> u64 {
        self.unlisted
    }

    pub(super) fn people(&self) -> &[Person] {
        &self.people
    }
}

impl Tally {
    /// Decides what is within a value.
    ///
    /// # Errors
    /// When something within stops the request, or withholding the value does.
    pub(super) fn within<'v>(
        &mut self,
        who: (PersonId, usize),
        judge: &mut dyn Judge,
        value: impl Lying<'v>,
    ) -> Result<Outcome<'_>, Box<Refusal>> {
        let rule = self.rules.get(who.1).map(Arc::clone);
        let (Some(rule), Some(person)) = (rule, self.people.get(who.0.0 as usize).cloned()) else {
            return Err(fault());
        };
        let Some(within) = &rule.within else { return Err(fault()) };
        if let Some(template) = &within.template {
            return self.template(who, judge, template, &value.read());
        }
        let text = match value.read() {
            Value::Null => return Ok(Outcome::Raw),
            Value::Text(text) if text.is_empty() => return Ok(Outcome::Raw),
            Value::Text(text) => text,
            Value::Number(_) | Value::Bool(_) => return self.unread(who, &rule),
        };
        let Some((alphabet, inside)) = decoded(within, &text) else { return self.unread(who, &rule) };
        let Some(rules) = &within.rules else { return Err(fault()) };
        match self.document((rules, alphabet.is_none()), person, &inside, judge) {
            Ok(screened) => {
                let findings = screened.findings();
                let text = encoded(alphabet, screened.bytes).ok_or_else(fault)?;
                if !self.rules.can_hold(&text) {
                    return self.unread(who, &rule);
                }
                self.inner.absorb(findings);
                self.sent(who);
                Ok(Outcome::Text(text))
            }
            Err(refusal) if is_unread(&refusal) => self.unread(who, &rule),
            Err(refusal) => Err(Box::new(refusal)),
        }
    }

    /// What is withheld within a value must not leave beside it either: it is read once more, for that alone. What
    /// cannot be read, or stops the request, does so when it is decided.
    ///
    /// # Errors
    /// When more is withheld than can be looked for.
    pub(super) fn learn_within<'v>(
        &mut self,
        who: (PersonId, usize),
        judge: &mut dyn Judge,
        value: impl Lying<'v>,
    ) -> Result<(), Box<Refusal>> {
        let rule = self.rules.get(who.1).map(Arc::clone);
        let (Some(rule), Some(person)) = (rule, self.people.get(who.0.0 as usize).cloned()) else {
            return Err(fault());
        };
        if let Some(Within { template: Some(template), .. }) = &rule.within {
            return self.learn_template(&person, judge, template, &value.read());
        }
        let Some(within @ Within { rules: Some(rules), .. }) = &rule.within else { return Ok(()) };
        let Value::Text(text) = value.read() else { return Ok(()) };
        let Some((alphabet, inside)) = decoded(within, &text) else { return Ok(()) };
        match self.document((rules, alphabet.is_none()), person, &inside, judge) {
            Ok(screened) => self.learn_withheld(screened.tally.withheld()),
            Err(_) => Ok(()),
        }
    }

    /// What is within, by its own rules. What a text says of its own encoding is no longer so where it was part of
    /// another; `transcoded` says that.
    fn document(
        &self,
        (rules, transcoded): (&Arc<BodyRules>, bool),
        person: Person,
        inside: &[u8],
        judge: &mut dyn Judge,
    ) -> Result<ScreenedBody, Refusal> {
        let limits = self.limits.ok_or_else(|| *fault())?;
        let received = Received { transcoded, ..Received::default() };
        let mut screener = BodyScreener::received(Arc::clone(rules), limits, person, &received);
        screener.within_record(self.as_outer())?;
        screener.push(inside, judge)?;
        screener.finish(judge)
    }

    /// Adds what was done to a document that is a part of this body.
    ///
    /// # Errors
    /// When the parts together are about more people than one request may be.
    pub(in crate::screen) fn absorb(&mut self, findings: Findings) -> Result<(), Box<Refusal>> {
        self.inner.absorb(findings);
        if self.inner.people().len() > self.most { Err(super::too_many(self.most)) } else { Ok(()) }
    }

    /// A value that cannot be read as its rule says, or is none of those it lists.
    pub(super) fn unread(
        &mut self,
        (person, number): (PersonId, usize),
        rule: &FieldRule,
    ) -> Result<Outcome<'_>, Box<Refusal>> {
        let at = person.0 as usize * self.count + number;
        let (Some(slot), Some(listed), Some(known)) =
            (self.slots.get_mut(at), self.rules.get(number), self.unreadable.get_mut(number))
        else {
            return Err(fault());
        };
        let why = known.get_or_insert_with(|| {
            Arc::new(match &rule.within {
                _ if rule.one_of.is_some() => super::one_of::unlisted(rule),
                Some(Within { template: Some(_), .. }) => super::template::other(rule),
                _ => unreadable(rule),
            })
        });
        if rule.required || rule.denied == Denied::Block {
            slot.blocked = true;
            return Err(Box::new(stop(rule, why)));
        }
        slot.withheld = slot.withheld.saturating_add(1);
        Ok(Outcome::Withheld(&listed.denied))
    }
}

impl Rules {
    /// Whether what was within a value can be written again where the value stood. JSON can say what XML around it
    /// cannot, and XML what no cell without quotes can hold.
    fn can_hold(&self, text: &str) -> bool {
        match self.body.as_ref().map(|body| &body.format) {
            Some(Format::Table(dialect)) => dialect.can_hold(text),
            _ => text.chars().all(is_xml_char),
        }
    }
}

/// The alphabet a value is in, with or without padding.
pub(super) type Alphabet = Encoding;

/// What a value says once base64 is taken off, and how to put it back. `None` where it is not what the rule says.
fn decoded(within: &Within, text: &str) -> Option<(Option<Alphabet>, Vec<u8>)> {
    if !within.base64 {
        return Some((None, text.as_bytes().to_vec()));
    }
    let (alphabet, bytes) = base64(text)?;
    Some((Some(alphabet), bytes))
}

/// Strict: one alphabet, canonical, without white space (RFC 4648 section 3.5), so that nothing hides in spare bits.
pub(super) fn base64(text: &str) -> Option<(Alphabet, Vec<u8>)> {
    let alphabets: [Alphabet; 4] = [BASE64, BASE64_NOPAD, BASE64URL, BASE64URL_NOPAD];
    alphabets.into_iter().find_map(|alphabet| {
        let bytes = alphabet.decode(text.as_bytes()).ok()?;
        Some((alphabet, bytes))
    })
}

fn encoded(alphabet: Option<Alphabet>, bytes: Vec<u8>) -> Option<String> {
    match alphabet {
        Some(alphabet) => Some(alphabet.encode(&bytes)),
        None => String::from_utf8(bytes).ok(),
    }
}

/// Whether a refusal of what is within says only that it cannot be read, or that nothing in it is listed: then the value
/// is withheld, as it would be without anything in it.
fn is_unread(refusal: &Refusal) -> bool {
    matches!(refusal.code, Code::BodyMalformed | Code::BodyTooLarge)
        || refusal.reasons.iter().any(|reason| reason.rule.as_str() == NO_DOCUMENT)
}

fn unreadable(rule: &FieldRule) -> Refusal {
    let refusal = Refusal::plain(Code::FieldBlocked, "what is within the value cannot be read as its rule says");
    let remedy = "send it in the encoding that the connection's file names, or correct `encoding` there";
    with_reason(refusal, "readable-within", None, Some(rule), remedy)
}

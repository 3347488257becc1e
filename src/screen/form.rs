//! Forms: `application/x-www-form-urlencoded`, as WHATWG's URL standard (section 5) has it, read strictly.
//!
//! A form is one record. It is held whole, within the bound of one record, and read at its end. The rules:
//!
//! - **One interpretation.** `%` is followed by two hexadecimal digits, names and values are UTF-8 once decoded, values
//!   have no control characters but tabs and line breaks, names none at all, and a name that the rules hold stands once,
//!   unless it ends in `[]`, with which programs write lists. `&` alone separates pairs: `;` is text. `+` is a space.
//!   Empty pairs go; a pair without `=` is a name with an empty value.
//! - **What leaves** is written again by us, pair by pair in the order they came, everything percent-encoded but RFC
//!   3986 *unreserved*, so that no reader takes a part of it for syntax.
//! - **Positive listing.** A pair is listed by its decoded name, literally. Others are removed and counted, or stop the
//!   request; the one that names the subject never stops it. A withheld value's pair goes, or holds what its rule says.
//! - **An empty value** is a value that is not there, as browsers send it for every box that was left empty: nothing is
//!   decided and nothing counted. It leaves where values of its name may leave, and otherwise becomes what a withheld
//!   one becomes.

mod decode;

use super::{
    Judge, Person,
    body::{Limits, ScreenedBody},
    tally::{self, AMBIGUOUS, Outcome, Outer, PersonId, Plain, Tally, Taught, UNKNOWN},
    uri::encode,
};
use crate::{
    policy::integration::{BodyRules, Denied, RecordTarget, SubjectSource, Unlisted},
    verdict::{Code, Refusal},
};
use decode::Pair;
use std::{borrow::Cow, collections::HashSet, sync::Arc};

/// Screens one form.
#[derive(Debug)]
pub struct FormScreener {
    rules: Arc<BodyRules>,
    limits: Limits,
    request_person: Person,
    body: Vec<u8>,
    tally: Tally,
    refused: Option<Refusal>,
}

/// A pair that some rule knows.
struct Known<'a> {
    pair: Pair<'a>,
    rule: Option<u16>,
    subject: bool,
}

impl FormScreener {
    /// A screener for one form. `request_person` is whom it is about where path, query or a header says so.
    #[must_use]
    pub fn new(rules: Arc<BodyRules>, limits: Limits, request_person: Person) -> Self {
        let tally = Tally::of_body(&rules, limits);
        Self { rules, limits, request_person, body: Vec::new(), tally, refused: None }
    }

    /// Takes the next bytes, however they are cut.
    ///
    /// # Errors
    /// `body-too-large`; the same again for every later call.
    pub fn push(&mut self, bytes: &[u8], _: &mut dyn Judge) -> Result<(), Refusal> {
        if let Some(refusal) = &self.refused {
            return Err(refusal.clone());
        }
        let limit = self.limits.record;
        if bytes.len() > limit.saturating_sub(self.body.len()) {
            let detail = format!("the form has more than {limit} bytes, which is the limit");
            self.body = Vec::new();
            return Err(self.refused.insert(Refusal::plain(Code::BodyTooLarge, detail)).clone());
        }
        self.body.extend_from_slice(bytes);
        Ok(())
    }

    /// It stands within a value of a record.
    pub(super) fn within_record(&mut self, outer: Option<Arc<Outer>>) {
        self.tally.within_record(outer);
    }

    /// What was withheld since this was asked last, once something stands around it or beside it.
    pub(super) fn take_withheld(&mut self) -> Vec<Taught> {
        self.tally.take_withheld()
    }

    /// Nothing: a form is one record, and leaves at its end.
    pub fn take(&mut self) -> Vec<u8> {
        Vec::new()
    }

    /// The body is complete.
    ///
    /// # Errors
    /// As [`BodyScreener::push`](super::body::BodyScreener::push).
    pub fn finish(mut self, judge: &mut dyn Judge) -> Result<ScreenedBody, Refusal> {
        if let Some(refusal) = self.refused {
            return Err(refusal);
        }
        let body = std::mem::take(&mut self.body);
        let known = self.read(&body)?;
        let person = self.person(&known);
        self.learn(person, &known, judge).map_err(|refusal| *refusal)?;
        let mut out = String::new();
        for Known { pair, rule, .. } in &known {
            let Some(rule) = rule else {
                self.tally.unlisted += 1;
                continue;
            };
            if let Some(value) = self.decide(person, *rule, &pair.value, judge).map_err(|refusal| *refusal)? {
                if !out.is_empty() {
                    out.push('&');
                }
                out.push_str(&encode(&pair.name));
                out.push('=');
                out.push_str(&encode(&value));
            }
        }
        Ok(ScreenedBody::new(out.into_bytes(), self.tally))
    }

    /// What one pair withholds must not leave in another.
    fn learn(&mut self, person: PersonId, known: &[Known<'_>], judge: &mut dyn Judge) -> Result<(), Box<Refusal>> {
        if !judge.detects() {
            return Ok(());
        }
        for (pair, rule) in known.iter().filter_map(|known| Some((&known.pair, known.rule?))) {
            let who = (person, self.rules.envelope.len() + usize::from(rule));
            self.tally.learn(who, judge, Plain(&pair.value))?;
        }
        Ok(())
    }

    /// The pairs that rules know, in their order. All are read.
    fn read<'b>(&mut self, body: &'b [u8]) -> Result<Vec<Known<'b>>, Refusal> {
        let mut known = Vec::new();
        let mut seen = HashSet::new();
        let mut count = 0;
        for pair in decode::pairs(body) {
            let pair = pair.map_err(|fault| malformed(fault.what, fault.at))?;
            count += 1;
            if count > self.limits.members {
                return Err(malformed("more pairs than the limit", pair.at));
            }
            let (rule, subject) = self.place(&pair.name);
            if rule.is_none() && !subject {
                if self.rules.unlisted == Unlisted::Block {
                    let at = pair.at;
                    let detail = format!(
                        "the form holds a pair at byte {at} that no rule lists, and this operation stops on that"
                    );
                    return Err(tally::unlisted(detail));
                }
                self.tally.unlisted += 1;
                continue;
            }
            if !seen.insert(pair.name.clone()) && !pair.name.ends_with("[]") {
                return Err(malformed("a listed name for the second time", pair.at));
            }
            known.push(Known { pair, rule, subject });
        }
        Ok(known)
    }

    /// The rule that lists a name, and whether it names the subject.
    fn place(&self, name: &str) -> (Option<u16>, bool) {
        let Some(record) = self.rules.records.first() else { return (None, false) };
        let mut place = (None, false);
        for target in record.matcher.accepts(record.matcher.member(record.matcher.start(), name)) {
            match target {
                RecordTarget::Field(rule) => place.0 = Some(*rule),
                RecordTarget::Subject => place.1 = true,
                RecordTarget::Choice(_)
                | RecordTarget::Keys(_)
                | RecordTarget::Dependant
                | RecordTarget::DependantSubject => {}
            }
        }
        place
    }

    fn person(&mut self, known: &[Known<'_>]) -> PersonId {
        match self.rules.records.first().map(|record| &record.subject) {
            Some(SubjectSource::Path(_) | SubjectSource::Query(_) | SubjectSource::Header(_)) => {
                self.tally.person(&self.request_person)
            }
            Some(SubjectSource::Body(_)) => {
                let mut ids = known.iter().filter(|pair| pair.subject).map(|known| &known.pair.value);
                match (ids.next(), ids.next()) {
                    (Some(id), None) if !id.is_empty() => self.tally.one(id),
                    (_, Some(_)) => AMBIGUOUS,
                    _ => UNKNOWN,
                }
            }
            Some(SubjectSource::Key | SubjectSource::None) | None => UNKNOWN,
        }
    }

    /// The value that may stand there; `None` where the pair goes.
    fn decide<'v>(
        &mut self,
        person: PersonId,
        number: u16,
        value: &'v str,
        judge: &mut dyn Judge,
    ) -> Result<Option<Cow<'v, str>>, Box<Refusal>> {
        let number = usize::from(number);
        let who = (person, self.rules.envelope.len() + number);
        if value.is_empty() {
            let rule = self.rules.records.first().and_then(|record| record.fields.get(number));
            let permitted = self.tally.permits(who, judge)?;
            return Ok(if permitted { Some(Cow::Borrowed("")) } else { rule.and_then(|rule| stead(&rule.denied)) });
        }
        Ok(match self.tally.decide(who, judge, Plain(value))? {
            Outcome::Raw => Some(Cow::Borrowed(value)),
            Outcome::Text(text) => Some(Cow::Owned(text)),
            Outcome::Withheld(denied) => stead(denied),
        })
    }
}

fn stead<'v>(denied: &Denied) -> Option<Cow<'v, str>> {
    match denied {
        Denied::Empty => Some(Cow::Borrowed("")),
        Denied::Const(text) => Some(Cow::Owned(text.to_string())),
        // Blocking only comes here for an empty value, which holds nothing to stop for.
        Denied::Strip | Denied::Null | Denied::Block => None,
    }
}

#[cold]
fn malformed(what: &str, at: usize) -> Refusal {
    let detail = format!("the body is not a form that can be read in one way only: {what} at byte {at}");
    Refusal::plain(Code::BodyMalformed, detail)
}

//! The question screening asks of each value, and what it tells of the answers.

use super::Refusal;
use crate::{
    detect::Places,
    flow::{Act, Category, Form},
    policy::integration::FieldRule,
};
use std::sync::Arc;

/// Who a value is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Person {
    /// Nobody that the rules can name: outside records, no subject declared, or none found.
    Unknown,
    /// More than one subject in one record: nothing personal may leave.
    Ambiguous,
    /// At least [`GROUP_SIZE`](crate::policy::integration::GROUP_SIZE) people together: a cell of a table of counts.
    Group,
    /// The decoded subject string's text, or a number's exact text. Never logged or stored.
    One(Arc<str>),
}

/// What may happen to one listed value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ruling {
    /// It may leave in this form (one of [`FieldRule::forms`]).
    Send(Form),
    /// It may not; why, as the refusal that applies if the request stops because of it.
    Withhold(Arc<Refusal>),
}

/// What of a withheld value gives its person away wherever else it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KnownBy {
    /// Each word of it, as of a name.
    Words,
    /// All of it, as of a number.
    Whole,
    /// Nothing: many people share it.
    Nothing,
}

/// What a rule's category makes of bytes that are a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bytes {
    /// A document or picture (`hg:Document`): nothing but one leaves, and pictures are cleaned.
    Document,
    /// A fingerprint, face or iris (`pd:Biometric`): no document.
    Biometric,
    /// Neither.
    Other,
}

/// Decides. Implemented by `verdict`; the kernel asks once for each (person, rule) and remembers.
pub trait Judge {
    /// May the value that `rule` lists leave, about this person?
    fn judge(&mut self, person: &Person, rule: &FieldRule) -> Ruling;

    /// What speaks against this exact text, which otherwise may leave: the recipients it names. `rule` lists it; `None`
    /// where no rule does, as with a header of the safe list or a member's name that a wildcard let through.
    fn names(&mut self, rule: Option<&FieldRule>, text: &str) -> Option<Arc<Refusal>>;

    /// Whether [`Judge::names`] must see every value that `rule` lists, and not only those that could hold the name of a
    /// host: what it lists is a recipient, or somebody is known by an address, which a number can spell.
    fn reads_every(&self, rule: &FieldRule) -> bool;

    /// Whether values that may leave are searched for what their rule does not say. Off only where screening is
    /// measured without it.
    fn detects(&self) -> bool;

    /// The organisation's own list of sleep sites and other places.
    fn places(&self) -> Option<&Places>;

    /// Whether a value that `rule` lists may hold something of the category `found` as part of what it is.
    fn holds(&self, rule: &FieldRule, found: &Category) -> bool;

    /// Whether what `rule` lists is about nobody, so that it leaves without anybody's consent. Only there are a record's
    /// withheld values looked for: who consents to an e-mail address consents to the name in it.
    fn is_operational(&self, rule: &FieldRule) -> bool;

    /// Whether what `rule` lists names people: beside a client's id it may name somebody else.
    fn names_people(&self, rule: &FieldRule) -> bool {
        !self.is_operational(rule)
    }

    /// How a value that `rule` lists, and that does not leave as it is, is looked for in the record's other values.
    fn known_by(&self, rule: &FieldRule) -> KnownBy;

    /// What of files a value that `rule` lists may be.
    fn bytes(&self, rule: &FieldRule) -> Bytes;

    /// A keyed pseudonym of a value for this request's destination (HMAC, so that two destinations cannot join).
    fn pseudonym(&self, category: &Category, value: &str) -> String;

    /// The date to reckon ages at.
    fn today(&self) -> jiff::civil::Date;
}

/// What was done with one listed place of one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// About whom.
    pub person: Person,
    /// By which rule.
    pub rule: Arc<FieldRule>,
    /// In which form it left, or would have had to (the first form tried) when it did not.
    pub form: Form,
    /// What was done.
    pub act: Act,
    /// How many values.
    pub count: u64,
    /// Why, where it did not leave.
    pub withheld: Option<Arc<Refusal>>,
}

/// A [`Finding`] that is only looked at: a body of many records has thousands.
#[derive(Debug, Clone, Copy)]
pub struct FindingRef<'a> {
    /// About whom.
    pub person: &'a Person,
    /// By which rule.
    pub rule: &'a Arc<FieldRule>,
    /// As [`Finding::form`].
    pub form: Form,
    /// What was done.
    pub act: Act,
    /// How many values.
    pub count: u64,
    /// Why, where it did not leave.
    pub withheld: Option<&'a Arc<Refusal>>,
}

impl From<FindingRef<'_>> for Finding {
    fn from(found: FindingRef<'_>) -> Self {
        let FindingRef { person, rule, form, act, count, withheld } = found;
        Self { person: person.clone(), rule: Arc::clone(rule), form, act, count, withheld: withheld.map(Arc::clone) }
    }
}

/// Everything that was done to one request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Findings {
    /// Listed places, one entry for each (person, rule, act).
    pub listed: Vec<Finding>,
    /// Unlisted members, elements, parameters that did not leave.
    pub unlisted: u64,
    /// People the body was about (records and dependants with one subject).
    pub people: Vec<Person>,
}

impl Findings {
    /// Adds what was done to another part of the same request: its target beside its body.
    pub fn absorb(&mut self, other: Self) {
        self.listed.extend(other.listed);
        self.unlisted += other.unlisted;
        for person in other.people {
            if !self.people.contains(&person) {
                self.people.push(person);
            }
        }
    }
}

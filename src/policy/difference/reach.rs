//! What may leave by an operation, and on which grounds: each listed place, asked of the charter.
//!
//! The recipient's dates are left out: an undertaking and an assessment are taken to be in date, and nothing to be
//! stopped. What the registry says of the recipient (its class, a forum) is not.

use crate::{
    flow::{Category, Form, Purpose},
    policy::{
        Class, Integration, Operation, Policy,
        charter::{Advice, DisclosureFacts, RecipientFacts, Ruling},
        integration::{BodyRules, FieldRule, Format, Holding, RecordRules, SubjectSource},
    },
};
use std::sync::Arc;

/// On which of the seven grounds below something may leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Grounds(u8);

/// The grounds, the least first, and how they are said.
const GROUNDS: [(&str, u8); 7] = [
    ("without consent", 1),
    ("as a count of at least ten people", 2),
    ("with consent", 4),
    ("with consent that names this very place", 8),
    ("with consent and independent immigration advice", 16),
    ("with consent that names this very place and independent immigration advice", 32),
    ("in an emergency", 64),
];

impl Grounds {
    /// Whether there is none: it never leaves.
    #[must_use]
    pub const fn none(self) -> bool {
        self.0 == 0
    }

    /// Whether it needs nobody's consent and no emergency.
    #[must_use]
    pub const fn needs_none(self) -> bool {
        self.0 & 3 != 0
    }

    /// Whether it may leave on one that `other` has not.
    #[must_use]
    pub const fn more_than(self, other: Self) -> bool {
        self.0 & !other.0 != 0
    }

    /// Either's.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// As part of a sentence: the least that it takes, and what else opens it.
    #[must_use]
    pub fn words(self) -> String {
        let has = |bit: u8| self.0 & bit != 0;
        let said = |bit: u8| GROUNDS.iter().find(|(_, b)| *b == bit).map(|(words, _)| *words);
        if has(1) {
            return said(1).unwrap_or_default().to_owned();
        }
        let by_consent = [4, 8, 16, 32].into_iter().find(|bit| has(*bit));
        let grounds = [by_consent, Some(2).filter(|b| has(*b)), Some(64).filter(|b| has(*b))];
        let words: Vec<_> = grounds.into_iter().flatten().filter_map(said).collect();
        words.join(", or ")
    }
}

/// What the charter is told of a connection's recipient on a day when everything that has dates is in date.
#[must_use]
pub fn recipient(policy: &Policy, integration: &Integration) -> Option<RecipientFacts> {
    let system = policy.registry.system(&integration.destination)?;
    Some(RecipientFacts {
        integration: integration.id.clone(),
        system: system.id.clone(),
        class: if matches!(system.linked, Class::Root | Class::Associated) { system.linked } else { Class::Clear },
        kind: system.kind,
        purpose: integration.purpose,
        undertaking: true,
        approved: integration.approval.is_some(),
        stopped: false,
        home_office_forum: system.home_office_forum,
        safeguarding_recipient: integration.purpose == Purpose::Safeguarding && system.safeguarding_approved.is_some(),
    })
}

/// Whether the charter lets anything be sent there at all.
#[must_use]
pub fn open(policy: &Policy, facts: &RecipientFacts) -> bool {
    matches!(policy.charter.contact(facts), Ruling::Allow { .. })
}

/// A listed place, and whom it can be about.
#[derive(Debug, Clone)]
pub struct Place {
    /// Its rule.
    pub rule: Arc<FieldRule>,
    /// One person whom the request names.
    pub person: bool,
    /// A count of people.
    pub count: bool,
}

/// Every place that an operation lists, those within values, parts and the requests of a batch too.
#[must_use]
pub fn places(operation: &Operation) -> Vec<Place> {
    let person = operation.subject_of_request().is_some();
    let mut found = Vec::new();
    for fields in [&operation.path_fields, &operation.query, &operation.headers] {
        fields.values().for_each(|rule| add(rule, (person, false), &mut found));
    }
    if let Some(body) = &operation.body {
        inside(body, person, &mut found);
    }
    found
}

fn inside(body: &BodyRules, person: bool, found: &mut Vec<Place>) {
    let named = |record: &RecordRules| record.subject != SubjectSource::None;
    body.envelope.iter().for_each(|rule| add(rule, (person, false), found));
    for record in &body.records {
        let of = (person || named(record), record.aggregate.is_some());
        record.fields.iter().for_each(|rule| add(rule, of, found));
    }
    if let Format::Batch(batch) = &body.format {
        // None of them is a batch itself.
        batch.operations.iter().for_each(|operation| found.extend(places(operation)));
    }
    if let Format::Multipart(parts) = &body.format {
        let person = person || parts.subject.is_some() || body.records.iter().any(named);
        for part in &parts.list {
            if let Holding::Document(rules) = &part.holds {
                inside(rules, person, found);
            }
        }
    }
}

/// Where a value holds others, they are what is judged.
fn add(rule: &Arc<FieldRule>, (person, count): (bool, bool), found: &mut Vec<Place>) {
    let within = rule.within.as_ref();
    match within.and_then(|w| w.rules.as_ref()) {
        Some(rules) => inside(rules, person, found),
        None => match within.and_then(|w| w.template.as_ref()) {
            Some(template) => template.rules.iter().for_each(|rule| add(rule, (person, count), found)),
            None => found.push(Place { rule: Arc::clone(rule), person, count }),
        },
    }
}

/// On which grounds a category may go in a form from a place.
#[must_use]
pub fn grounds(policy: &Policy, to: &RecipientFacts, category: &Category, form: Form, place: &Place) -> Grounds {
    let mut found = Grounds::default();
    for (_, bit) in GROUNDS {
        let facts = facts(to, category, form, (place, bit));
        let possible = match bit {
            1 => true,
            2 => place.count,
            _ => place.person,
        };
        if possible && matches!(policy.charter.disclose(&facts), Ruling::Allow { .. }) {
            found.0 |= bit;
        }
    }
    found
}

fn facts(to: &RecipientFacts, category: &Category, form: Form, (place, bit): (&Place, u8)) -> DisclosureFacts {
    let consent = matches!(bit, 4 | 8 | 16 | 32);
    DisclosureFacts {
        recipient: to.clone(),
        category: category.clone(),
        form,
        one_subject: place.person && bit != 2,
        consent_item: consent,
        consent_live: consent,
        consent_path: matches!(bit, 8 | 32),
        explained: consent,
        active: consent,
        this_person: true,
        advice: if matches!(bit, 16 | 32) { Advice::Obtained } else { Advice::None },
        safeguarding: bit == 64,
        aggregate: bit == 2,
    }
}

/// A form as pages say it.
#[must_use]
pub const fn form(form: Form) -> &'static str {
    use crate::flow::Transform;
    match form {
        Form::Raw => "exact",
        Form::Pseudonym => "as a pseudonym",
        Form::Generalised(Transform::Year) => "roughly, as the year alone",
        Form::Generalised(Transform::Month) => "roughly, as year and month",
        Form::Generalised(Transform::AgeBand) => "roughly, as a band of ten years",
        Form::Generalised(Transform::PostcodeArea) => "roughly, as the first letters of the postcode",
        Form::Generalised(Transform::Initial) => "roughly, as the first letter",
    }
}

//! May this category of this person leave, in this form, for this recipient? Facts here, the charter's word there.

mod named;

use super::{Code, Consented, Refusal, consent, refusal_of};
use crate::{
    consent::{
        Grant, Use, View,
        keys::Keys,
        matching::{self, NotLive},
    },
    detect::Places,
    flow::{Act, Category, ConsentId, Form, Group, SubjectLabel, SystemId},
    policy::{Class, charter::DisclosureFacts, integration::FieldRule, places::PlacesKeyId},
    verdict::judge::{Bytes, Finding, Findings, Judge, KnownBy, Person, Ruling},
};
use jiff::Timestamp;
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

/// What a request's decisions rested on, kept while its body passes.
#[derive(Debug, Default)]
pub struct Memory {
    labels: HashMap<Arc<str>, Vec<SubjectLabel>>,
    bases: HashMap<(Person, Arc<str>, Category, Form), Basis>,
    /// Recipients within the data that may receive it, and until when that holds.
    recipients: BTreeMap<SystemId, Option<Timestamp>>,
}

/// Why one category of one person may leave in one form.
#[derive(Debug, Clone, Default)]
struct Basis {
    label: Option<SubjectLabel>,
    item: Option<(Arc<Grant>, String)>,
    safeguarding: Option<ConsentId>,
}

/// Answers the screening kernel for one request. Borrowed anew for each piece of the body, so that no lock
/// on the view is held while bytes are awaited.
#[derive(Debug)]
pub struct Decider<'a> {
    consented: Consented,
    view: &'a View,
    keys: &'a Keys,
    memory: &'a mut Memory,
}

/// What a screened request rests on: all of it must still hold when the decision is recorded.
#[derive(Debug, Default)]
pub struct Grounds {
    /// What was done with each listed place of each person.
    pub rows: Vec<Row>,
    /// Grants that something left under.
    pub grants: Vec<Arc<Grant>>,
    /// Emergency grants that something left under.
    pub safeguarding: Vec<ConsentId>,
    /// What is spent. The output's digest is filled in when the output is known.
    pub uses: Vec<Use>,
    /// Recipients named in the data: they too must not be stopped, and what their being allowed rests on must be in
    /// date, until when is said where it ends.
    pub recipients: BTreeMap<SystemId, Option<Timestamp>>,
}

/// What was done with one listed place of one person, under labels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// About whom; `None` outside records.
    pub subject: Option<SubjectLabel>,
    /// Under which consent.
    pub consent: Option<ConsentId>,
    /// By which rule.
    pub rule: Arc<FieldRule>,
    /// In what form, or would have had to.
    pub form: Form,
    /// What was done.
    pub act: Act,
    /// How many values.
    pub count: u64,
    /// Why, where it did not leave.
    pub withheld: Option<Arc<Refusal>>,
}

impl<'a> Decider<'a> {
    /// For one consented request.
    #[must_use]
    pub fn new(consented: Consented, view: &'a View, keys: &'a Keys, memory: &'a mut Memory) -> Self {
        Self { consented, view, keys, memory }
    }

    /// Whether it answers for this request. Another's consent never opens anything here.
    #[must_use]
    pub fn is_of(&self, consented: &Consented) -> bool {
        self.consented.is(consented)
    }

    fn labels(&mut self, person: &Person) -> Vec<SubjectLabel> {
        let Person::One(id) = person else { return Vec::new() };
        if let Some(known) = self.memory.labels.get(id) {
            return known.clone();
        }
        let app = &self.consented.admitted().route().integration.app;
        let labels = self.keys.subjects.labels(app, id);
        self.memory.labels.insert(id.clone(), labels.clone());
        labels
    }

    fn facts(&mut self, person: &Person, rule: &FieldRule, form: Form) -> (DisclosureFacts, Basis, Option<NotLive>) {
        let labels = self.labels(person);
        let admitted = self.consented.admitted();
        let recipient = admitted.facts().clone();
        let found = matching::find(&matching::Question {
            view: self.view,
            presented: self.consented.presented(),
            subject: &labels,
            system: &recipient.system,
            category: &rule.category,
            purpose: recipient.purpose,
            form,
            path: &rule.path,
            now: admitted.now(),
            immigration: admitted.policy().categories.group(&rule.category) == Some(Group::Immigration),
            associated: recipient.class == Class::Associated,
        });
        let safeguarding = labels
            .iter()
            .find_map(|l| self.view.safeguarding(l, &recipient.system, admitted.now()))
            .filter(|_| recipient.safeguarding_recipient);
        let basis = Basis {
            label: found.used.as_ref().map(|(g, _)| g.subject.clone()).or_else(|| labels.first().cloned()),
            item: found.used.clone(),
            safeguarding: safeguarding.map(|s| s.id.clone()),
        };
        let facts = DisclosureFacts {
            recipient,
            category: rule.category.clone(),
            form,
            one_subject: !labels.is_empty(),
            consent_item: found.consent_item,
            consent_live: found.consent_live,
            consent_path: found.consent_path,
            explained: found.explained,
            active: found.active,
            this_person: found.this_person,
            advice: found.advice,
            safeguarding: safeguarding.is_some(),
            aggregate: *person == Person::Group,
        };
        (facts, basis, found.why_not_live)
    }

    /// The keyed digest of what would be sent: it tells a retry from another use (design section 6).
    #[must_use]
    pub fn digest<'p>(&self, parts: impl IntoIterator<Item = &'p [u8]>) -> [u8; 32] {
        self.keys.uses.digest(parts)
    }

    /// Turns what was done into what is recorded, and refuses consents presented for nobody in the request.
    ///
    /// # Errors
    /// [`consent::borrowed`] when a presented grant belongs to no person of the request.
    pub fn conclude(mut self, findings: &Findings) -> Result<Grounds, Refusal> {
        let mut present = HashSet::new();
        for person in findings.people.iter().chain(findings.listed.iter().map(|f| &f.person)) {
            present.extend(self.labels(person));
        }
        if self.consented.presented().iter().any(|g| !present.contains(&g.subject)) {
            return Err(consent::borrowed());
        }
        let mut grounds = Grounds { recipients: std::mem::take(&mut self.memory.recipients), ..Grounds::default() };
        for finding in &findings.listed {
            let row = self.row(finding, &mut grounds);
            grounds.rows.push(row);
        }
        Ok(grounds)
    }

    fn row(&mut self, finding: &Finding, grounds: &mut Grounds) -> Row {
        let rule = &finding.rule;
        let key = (finding.person.clone(), rule.path.clone(), rule.category.clone(), finding.form);
        let basis = self.memory.bases.get(&key).cloned().unwrap_or_default();
        let left = !matches!(finding.act, Act::Stripped | Act::Blocked);
        if left {
            self.rest_on(&basis, grounds);
        }
        let consent = basis.safeguarding.clone().or_else(|| basis.item.as_ref().map(|(g, _)| g.jti.clone()));
        Row {
            subject: basis.label.or_else(|| self.labels(&finding.person).into_iter().next()),
            consent: consent.filter(|_| left),
            rule: finding.rule.clone(),
            form: finding.form,
            act: finding.act,
            count: finding.count,
            withheld: finding.withheld.clone(),
        }
    }

    fn rest_on(&self, basis: &Basis, grounds: &mut Grounds) {
        // An emergency rests on its own grant even where there is consent: it must pass a stop, and spends nothing.
        if let Some(id) = &basis.safeguarding {
            if !grounds.safeguarding.contains(id) {
                grounds.safeguarding.push(id.clone());
            }
            return;
        }
        let Some((grant, item)) = &basis.item else { return };
        if !grounds.grants.iter().any(|g| g.jti == grant.jti) {
            grounds.grants.push(grant.clone());
        }
        let route = self.consented.admitted().route();
        let spent = Use {
            jti: grant.jti.clone(),
            item: item.clone(),
            subject: grant.subject.clone(),
            operation: format!("{}/{}", route.integration.id, route.operation.id),
            digest: [0; 32],
            max_uses: grant.max_uses,
        };
        if !grounds.uses.contains(&spent) {
            grounds.uses.push(spent);
        }
    }
}

impl Judge for Decider<'_> {
    fn judge(&mut self, person: &Person, rule: &FieldRule) -> Ruling {
        let mut first_denial = None;
        for form in rule.forms() {
            let (facts, basis, not_live) = self.facts(person, rule, form);
            let ruling = self.consented.admitted().policy().charter.disclose(&facts);
            match refusal_of(&ruling, Some(&rule.category), Some(&rule.path)) {
                None => {
                    // Operational data rests on nothing; a grant that was not needed is not spent.
                    let basis = if personal(&self.consented, &rule.category) { basis } else { Basis::default() };
                    let key = (person.clone(), rule.path.clone(), rule.category.clone(), form);
                    self.memory.bases.insert(key, basis);
                    return Ruling::Send(form);
                }
                Some(refusal) => {
                    first_denial.get_or_insert_with(|| with_consent_state(refusal, not_live));
                }
            }
        }
        Ruling::Withhold(Arc::new(first_denial.unwrap_or_else(|| {
            Refusal::plain(Code::Internal, "The rule names no form in which the value could leave.")
        })))
    }

    fn names(&mut self, rule: Option<&FieldRule>, text: &str) -> Option<Arc<Refusal>> {
        self.objection(rule, text).map(Arc::new)
    }

    fn reads_every(&self, rule: &FieldRule) -> bool {
        self.is_recipient(rule) || self.consented.admitted().policy().registry.links_addresses()
    }

    fn detects(&self) -> bool {
        true
    }

    fn places(&self) -> Option<&Places> {
        let key = self.keys.places.as_ref()?;
        self.consented.admitted().policy().places.with(PlacesKeyId(key.id()), key.secret())
    }

    fn holds(&self, rule: &FieldRule, found: &Category) -> bool {
        self.consented.admitted().policy().categories.holds(&rule.category, found)
    }

    fn is_operational(&self, rule: &FieldRule) -> bool {
        !personal(&self.consented, &rule.category)
    }

    fn names_people(&self, rule: &FieldRule) -> bool {
        self.consented.admitted().policy().categories.group(&rule.category) == Some(Group::Identity)
    }

    fn known_by(&self, rule: &FieldRule) -> KnownBy {
        let categories = &self.consented.admitted().policy().categories;
        let within = |names: &[&str]| names.iter().any(|name| categories.is_within(&rule.category, name));
        match () {
            () if within(&KNOWN_BY_WORDS) => KnownBy::Words,
            () if within(&KNOWN_WHOLE) => KnownBy::Whole,
            () => KnownBy::Nothing,
        }
    }

    fn bytes(&self, rule: &FieldRule) -> Bytes {
        let categories = &self.consented.admitted().policy().categories;
        match () {
            () if categories.is_within(&rule.category, "hg:Document") => Bytes::Document,
            () if categories.is_within(&rule.category, "pd:Biometric") => Bytes::Biometric,
            () => Bytes::Other,
        }
    }

    fn pseudonym(&self, category: &Category, value: &str) -> String {
        let destination = &self.consented.admitted().facts().system;
        self.keys.pseudonyms.pseudonym(destination, category, value)
    }

    fn today(&self) -> jiff::civil::Date {
        self.consented.admitted().today()
    }
}

/// Of a value of these, each word gives the person away.
const KNOWN_BY_WORDS: [&str; 1] = ["pd:Name"];

/// Values of these stand for one person, or for one place; of others, such as a gender or a year, many people share
/// one.
const KNOWN_WHOLE: [&str; 9] = [
    "pd:Identifier",
    "pd:OfficialID",
    "pd:BankAccount",
    "pd:Contact",
    "pd:BirthDate",
    "pd:PhysicalAddress",
    "hg:SleepSite",
    "hg:HomeOfficeReference",
    "hg:ChainNumber",
];

fn personal(consented: &Consented, category: &Category) -> bool {
    consented.admitted().policy().categories.group(category) != Some(Group::Operational)
}

/// Where the charter's first objection is consent, the refusal says what became of it: ended, expired or spent.
fn with_consent_state(mut refusal: Refusal, not_live: Option<NotLive>) -> Refusal {
    let about_consent = matches!(refusal.code, Code::ConsentMissing | Code::ConsentExpired);
    let Some(state) = not_live.filter(|_| about_consent) else { return refusal };
    let (code, detail) = match state {
        NotLive::Ended => (Code::ConsentEnded, "The person ended this consent."),
        NotLive::Expired => (Code::ConsentExpired, "The consent has expired."),
        NotLive::NotYet => (Code::ConsentInvalid, "The consent is not valid yet."),
        NotLive::Spent => (Code::ConsentSpent, "The consent was used as often as it may be."),
    };
    refusal.code = code;
    detail.clone_into(&mut refusal.detail);
    refusal
}

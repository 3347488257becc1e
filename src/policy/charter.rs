//! The charter, asked: Cedar decides on facts that Rust computed.
//!
//! [`Charter::compile`] reads the rules once; [`Charter::contact`] and [`Charter::disclose`] ask them. Anything
//! Cedar cannot work out is a denial: it skips a rule that fails, and a failing `forbid` would otherwise open.

mod entities;
mod fault;
mod memo;
mod request;
mod rules;

use crate::{
    flow::{Category, Clause, Form, IntegrationId, Purpose, RuleId, SystemId},
    policy::{
        Categories, Diagnostic,
        organisations::{Class, SystemKind},
    },
};
use cedar_policy::{Authorizer, Decision, Entities, PolicySet, Request, Schema};
use memo::Memo;
use request::Vocabulary;
use std::{collections::HashMap, sync::Arc};

pub use rules::{Effect, Mention, Mentioned, Rule};

/// The floor this build enforces. `policies/floor.cedar` must equal it byte for byte.
pub const FLOOR: &str = include_str!("../../policies/floor.cedar");

/// The schema this build computes facts for. `policies/schema.cedarschema` must equal it byte for byte.
pub const SCHEMA: &str = include_str!("../../policies/schema.cedarschema");

/// The rule named when nothing forbids and nothing permits.
pub const NOT_PERMITTED: &str = "not-permitted";

/// The rule named when a rule could not be worked out.
pub const CHARTER_ERROR: &str = "charter-error";

/// The three Cedar files of `policies/`, as read.
#[derive(Debug, Clone, Copy)]
pub struct CedarSources<'a> {
    /// `floor.cedar`.
    pub floor: &'a str,
    /// `local.cedar`.
    pub local: &'a str,
    /// `schema.cedarschema`.
    pub schema: &'a str,
}

/// Floor and local rules, validated against the schema, with entities built once and decisions memoised.
#[derive(Debug)]
pub struct Charter {
    schema: Schema,
    policies: PolicySet,
    entities: Entities,
    vocabulary: Vocabulary,
    /// Categories that are about no person.
    operational: std::collections::BTreeSet<Category>,
    /// The floor's rules in order, then the local ones.
    rules: Vec<Rule>,
    rank: HashMap<RuleId, usize>,
    mentions: Vec<Mention>,
    warnings: Vec<Diagnostic>,
    not_permitted: RuleId,
    charter_error: RuleId,
    contacts: Memo<RecipientFacts>,
    disclosures: Memo<DisclosureFacts>,
}

impl Charter {
    /// Reads, checks and joins the rules.
    ///
    /// # Errors
    /// Every finding at once: a floor or schema unlike this build's; a rule without an `@id`; anything that is
    /// not valid Cedar or does not fit the schema; a category tree that is not a tree.
    pub fn compile(sources: &CedarSources<'_>, categories: &Categories) -> Result<Self, Vec<Diagnostic>> {
        let changed: Vec<_> = [
            rules::differs(rules::FLOOR_FILE, sources.floor, FLOOR),
            rules::differs(rules::SCHEMA_FILE, sources.schema, SCHEMA),
        ]
        .into_iter()
        .flatten()
        .collect();
        if changed.is_empty() { Self::assemble(sources, categories) } else { Err(changed) }
    }

    /// [`Charter::compile`] without asking that floor and schema are this build's.
    fn assemble(sources: &CedarSources<'_>, categories: &Categories) -> Result<Self, Vec<Diagnostic>> {
        let schema = rules::schema(sources.schema)?;
        let vocabulary = Vocabulary::new()?;
        let rulebook = rules::read(sources, &schema, categories);
        let entities = entities::build(categories, &vocabulary, &schema);
        let (rulebook, entities) = match (rulebook, entities) {
            (Ok(r), Ok(e)) => (r, e),
            (r, e) => return Err(r.err().into_iter().chain(e.err()).flatten().collect()),
        };
        Ok(Self {
            schema,
            policies: rulebook.policies,
            entities,
            vocabulary,
            operational: entities::operational(categories),
            rank: rulebook.rules.iter().enumerate().map(|(i, r)| (r.id.clone(), i)).collect(),
            rules: rulebook.rules,
            mentions: rulebook.mentions,
            warnings: rulebook.warnings,
            not_permitted: rules::reserved(NOT_PERMITTED)?,
            charter_error: rules::reserved(CHARTER_ERROR)?,
            contacts: Memo::new(),
            disclosures: Memo::new(),
        })
    }

    /// May the gateway connect to this recipient at all?
    #[must_use]
    pub fn contact(&self, facts: &RecipientFacts) -> Ruling {
        self.contacts.get_or(facts, || self.ask(self.vocabulary.contact(facts, &self.schema)))
    }

    /// May this category of this person go to this recipient in this form?
    #[must_use]
    pub fn disclose(&self, facts: &DisclosureFacts) -> Ruling {
        self.disclosures.get_or(facts, || {
            let personal = !self.operational.contains(&facts.category);
            self.ask(self.vocabulary.disclose(facts, personal, &self.schema))
        })
    }

    /// Every rule: the floor's in order, then the local ones.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// Connections and recipients that local rules name, for the policy room to check that they exist.
    #[must_use]
    pub fn mentions(&self) -> &[Mention] {
        &self.mentions
    }

    /// Local rules that are legal but unwise: one that can never apply, one that reads differently than it works.
    #[must_use]
    pub fn warnings(&self) -> &[Diagnostic] {
        &self.warnings
    }

    fn ask(&self, request: Option<Request>) -> Ruling {
        let Some(request) = request else { return self.failed(Vec::new()) };
        let response = Authorizer::new().is_authorized(&request, &self.policies, &self.entities);
        let mut ranks = Vec::new();
        for id in response.diagnostics().reason() {
            let Some(rank) = self.rank.get(AsRef::<str>::as_ref(id)) else { return self.failed(Vec::new()) };
            ranks.push(*rank);
        }
        ranks.sort_unstable();
        let by = ranks.into_iter().filter_map(|i| self.rules.get(i));
        let errors = response.diagnostics().errors().next().is_some();
        match response.decision() {
            Decision::Allow if errors => self.failed(Vec::new()),
            Decision::Allow => Ruling::Allow { by: by.map(|r| r.id.clone()).collect() },
            Decision::Deny => {
                let by: Vec<_> = by.map(|r| (r.id.clone(), r.clause)).collect();
                match (errors, by.is_empty()) {
                    (true, _) => self.failed(by),
                    (false, true) => Ruling::Deny { by: [(self.not_permitted.clone(), None)].into() },
                    (false, false) => Ruling::Deny { by: by.into() },
                }
            }
        }
    }

    /// A denial because something could not be worked out, after the forbids that could.
    fn failed(&self, mut by: Vec<(RuleId, Option<Clause>)>) -> Ruling {
        by.push((self.charter_error.clone(), None));
        Ruling::Deny { by: by.into() }
    }
}

/// The facts of a recipient, as of `now`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RecipientFacts {
    /// The connection asking.
    pub integration: IntegrationId,
    /// The recipient.
    pub system: SystemId,
    /// Its class today.
    pub class: Class,
    /// What it is for.
    pub kind: SystemKind,
    /// What the data is for.
    pub purpose: Purpose,
    /// Its undertaking is in date.
    pub undertaking: bool,
    /// The panel approved this connection and the approval is in date.
    pub approved: bool,
    /// A worker's stop covers this connection, this recipient or everything.
    pub stopped: bool,
    /// A forum the Home Office can reach.
    pub home_office_forum: bool,
    /// The purpose is safeguarding and the panel has approved this recipient for it beforehand.
    pub safeguarding_recipient: bool,
}

/// The facts of one category of one subject in one form for one recipient.
///
/// `consent_live`, `explained` and `active` are about the grant of `consent_item`; without one they are not read,
/// so that a missing consent is told as missing and not also as lapsed and unexplained.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DisclosureFacts {
    /// The recipient.
    pub recipient: RecipientFacts,
    /// What.
    pub category: Category,
    /// In what form.
    pub form: Form,
    /// The record names exactly one subject.
    pub one_subject: bool,
    /// Some grant of this subject has an item for exactly this category, form, recipient and purpose.
    pub consent_item: bool,
    /// That grant is neither ended, expired, spent nor not yet valid.
    pub consent_live: bool,
    /// The item also names this path.
    pub consent_path: bool,
    /// Purpose, necessity, risks and alternatives were explained before consent.
    pub explained: bool,
    /// Consent was an act of the person or of somebody who may act for them (never best-interests for
    /// an associated recipient; never interpreted by family for immigration items).
    pub active: bool,
    /// The grant is this subject's: no grant of somebody else was presented for this record. True where nothing
    /// was presented.
    pub this_person: bool,
    /// Independent advice was obtained before. `declined-after-offer` is [`Advice::Declined`].
    pub advice: Advice,
    /// A live safeguarding grant for this subject and recipient. Counts only where the recipient's facts say
    /// that the purpose is safeguarding and that the panel approved it, and where `one_subject`; data about no
    /// person needs none then.
    pub safeguarding: bool,
    /// The value is a count of at least ten people.
    pub aggregate: bool,
}

/// Whether independent immigration advice came before (DATA-2 iii, ADVICE).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Advice {
    /// Not recorded.
    None,
    /// Offered, and the person declined.
    Declined,
    /// Obtained.
    Obtained,
}

/// What Cedar said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ruling {
    /// A local permit applied and nothing forbade.
    Allow {
        /// The permits.
        by: Arc<[RuleId]>,
    },
    /// Forbidden, or permitted by nothing.
    Deny {
        /// The forbids that applied, in the floor's order, each with its clause; never empty.
        by: Arc<[(RuleId, Option<Clause>)]>,
    },
}

#[cfg(test)]
mod tests;

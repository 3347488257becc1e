//! Facts as a Cedar request, validated against the schema.

use super::{Advice, DisclosureFacts, RecipientFacts, fault};
use crate::{flow::Purpose, policy::Diagnostic};
use cedar_policy::{Context, EntityId, EntityTypeName, EntityUid, Request, RestrictedExpression, Schema};

/// The schema's types and actions, parsed once.
#[derive(Debug)]
pub(super) struct Vocabulary {
    integration: EntityTypeName,
    system: EntityTypeName,
    class: EntityTypeName,
    kind: EntityTypeName,
    purpose: EntityTypeName,
    form: EntityTypeName,
    advice: EntityTypeName,
    pub(super) group: EntityTypeName,
    pub(super) category: EntityTypeName,
    contact: EntityUid,
    disclose: EntityUid,
}

type Facts = Vec<(String, RestrictedExpression)>;

impl Vocabulary {
    pub(super) fn new() -> Result<Self, Vec<Diagnostic>> {
        let name = |s: &str| s.parse::<EntityTypeName>().map_err(|e| fault::from_parse(super::rules::SCHEMA_FILE, &e));
        let action = name("HG::Action")?;
        Ok(Self {
            integration: name("HG::Integration")?,
            system: name("HG::System")?,
            class: name("HG::Class")?,
            kind: name("HG::Kind")?,
            purpose: name("HG::Purpose")?,
            form: name("HG::Form")?,
            advice: name("HG::Advice")?,
            group: name("HG::Group")?,
            category: name("HG::Category")?,
            contact: uid(&action, "contact"),
            disclose: uid(&action, "disclose"),
        })
    }

    /// `None` where the facts do not fit the schema, which is a denial.
    pub(super) fn contact(&self, facts: &RecipientFacts, schema: &Schema) -> Option<Request> {
        let mut pairs = self.recipient(facts);
        pairs.push(flag("emergency", emergency_recipient(facts)));
        self.request(facts, &self.contact, pairs, schema)
    }

    /// `personal`: the category is about a person. `None` where the facts do not fit the schema.
    pub(super) fn disclose(&self, facts: &DisclosureFacts, personal: bool, schema: &Schema) -> Option<Request> {
        let advice = match facts.advice {
            Advice::None => "none",
            Advice::Declined => "declined",
            Advice::Obtained => "obtained",
        };
        let granted = facts.safeguarding && facts.one_subject; // a grant is one person's
        let emergency = emergency_recipient(&facts.recipient) && (granted || !personal);
        let mut pairs = self.recipient(&facts.recipient);
        pairs.extend([
            flag("emergency", emergency),
            entity("category", &self.category, facts.category.as_str()),
            entity("form", &self.form, &facts.form.to_string()),
            flag("one_subject", facts.one_subject),
            flag("consent_item", facts.consent_item),
            flag("consent_live", facts.consent_live),
            flag("consent_path", facts.consent_path),
            flag("explained", facts.explained),
            flag("active", facts.active),
            flag("this_person", facts.this_person),
            entity("advice", &self.advice, advice),
            flag("aggregate", facts.aggregate),
        ]);
        self.request(&facts.recipient, &self.disclose, pairs, schema)
    }

    fn recipient(&self, facts: &RecipientFacts) -> Facts {
        vec![
            entity("class", &self.class, facts.class.as_str()),
            entity("kind", &self.kind, facts.kind.as_str()),
            entity("purpose", &self.purpose, facts.purpose.as_str()),
            flag("undertaking", facts.undertaking),
            flag("approved", facts.approved),
            flag("stopped", facts.stopped),
            flag("home_office_forum", facts.home_office_forum),
        ]
    }

    fn request(&self, facts: &RecipientFacts, action: &EntityUid, pairs: Facts, schema: &Schema) -> Option<Request> {
        let from = uid(&self.integration, facts.integration.as_str());
        let to = uid(&self.system, facts.system.as_str());
        let context = Context::from_pairs(pairs).ok()?;
        Request::new(from, action.clone(), to, context, Some(schema)).ok()
    }
}

/// The purpose is an emergency and the panel approved the recipient for it. Asked for both, although the fact
/// should already mean both: a door to everything is worth two keys.
fn emergency_recipient(facts: &RecipientFacts) -> bool {
    facts.purpose == Purpose::Safeguarding && facts.safeguarding_recipient
}

pub(super) fn uid(of: &EntityTypeName, id: &str) -> EntityUid {
    EntityUid::from_type_name_and_id(of.clone(), EntityId::new(id))
}

fn flag(name: &str, value: bool) -> (String, RestrictedExpression) {
    (name.to_owned(), RestrictedExpression::new_bool(value))
}

fn entity(name: &str, of: &EntityTypeName, id: &str) -> (String, RestrictedExpression) {
    (name.to_owned(), RestrictedExpression::new_entity_uid(uid(of, id)))
}

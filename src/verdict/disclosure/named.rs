//! Recipients that stand in the data itself: on a relay, the host is not who receives (design section 5).
//!
//! Three questions, each answered by the registry alone, without DNS. Of every exact value: does it hold a host, mail
//! domain or path of the Home Office? Of a client's own address besides: is it at somebody associated? Of a value
//! listed as `hg:Recipient`: whose is it, and may they be contacted? The last is put to the charter in the same
//! words as for a connection's own recipient, but no approval and no emergency opens it: those are given for one
//! recipient, and this is another.

mod read;

use super::{
    super::{
        Reason,
        destination::{facts, in_words, relied_on_until},
        refusal_of, rules,
    },
    Decider, Refusal,
};
use crate::{
    flow::{Clause, RuleId},
    policy::{
        Categories, Class, Policy,
        charter::RecipientFacts,
        integration::FieldRule,
        organisations::{Registry, System},
    },
};
use read::{Named, read};

/// A recipient in the data may not receive anything.
const RECIPIENT: &str = "recipient-in-body";
/// It cannot be told which recipient it is.
const UNREADABLE: &str = "recipient-unreadable";
/// The Home Office in a value that is no recipient.
const HOME_OFFICE: &str = "no-home-office-address";
/// The client's own address is at somebody associated.
const LINKED: &str = "no-linked-address";

/// What a listed value is, as far as recipients go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Recipient,
    ClientContact,
    Other,
}

impl Role {
    fn of(rule: &FieldRule, categories: &Categories) -> Self {
        if categories.is_within(&rule.category, "hg:Recipient") {
            Self::Recipient
        } else if categories.is_within(&rule.category, "hg:ClientContact") {
            Self::ClientContact
        } else {
            Self::Other
        }
    }
}

impl Decider<'_> {
    pub(super) fn is_recipient(&self, rule: &FieldRule) -> bool {
        Role::of(rule, &self.consented.admitted().policy().categories) == Role::Recipient
    }

    /// Why a value may not leave exactly, for whom it names.
    pub(super) fn objection(&mut self, rule: Option<&FieldRule>, text: &str) -> Option<Refusal> {
        let policy = self.consented.admitted().policy().clone();
        let today = self.consented.admitted().today();
        let role = rule.map_or(Role::Other, |rule| Role::of(rule, &policy.categories));
        let linked = policy.registry.linked_within(text);
        let of_class = |class| linked.iter().copied().find(|system| system.class(today) == class);
        match (role, of_class(Class::Root), of_class(Class::Associated)) {
            (Role::Recipient, Some(system), _) | (Role::Recipient, None, Some(system)) => {
                self.may_not_receive(&policy, system, rule)
            }
            (_, Some(root), _) => Some(refusal(HOME_OFFICE, &chain(root), rule)),
            (Role::ClientContact, None, Some(associated)) => Some(refusal(LINKED, &chain(associated), rule)),
            (Role::Recipient, None, None) => self.recipient(&policy, text, rule),
            (Role::ClientContact | Role::Other, None, _) => None,
        }
    }

    /// Judges whoever the value is the address of.
    fn recipient(&mut self, policy: &Policy, text: &str, rule: Option<&FieldRule>) -> Option<Refusal> {
        let (systems, readable) = addressed(&policy.registry, text);
        if systems.is_empty() {
            return Some(if readable { unknown(rule) } else { refusal(UNREADABLE, "", rule) });
        }
        systems.into_iter().find_map(|system| self.may_not_receive(policy, system, rule))
    }

    /// Asks the charter; remembers what an allow rests on.
    fn may_not_receive(&mut self, policy: &Policy, system: &System, rule: Option<&FieldRule>) -> Option<Refusal> {
        let admitted = self.consented.admitted();
        let integration = &admitted.route().integration;
        let stopped = self.view.stopped(&integration.id, &system.id);
        let facts = RecipientFacts {
            approved: false,
            safeguarding_recipient: false,
            ..facts(integration, system, stopped, admitted.today())
        };
        let path = rule.map(|rule| &rule.path);
        let Some(why) = refusal_of(&policy.charter.contact(&facts), rule.map(|rule| &rule.category), path) else {
            self.memory.recipients.insert(system.id.clone(), relied_on_until(system, facts.class));
            return None;
        };
        let mut refusal = refusal(RECIPIENT, "", rule);
        refusal.detail = format!("{} It is of class {}: {}{}", refusal.detail, facts.class, why.detail, chain(system));
        if let (Some(first), Some(cause)) = (refusal.reasons.first_mut(), why.reasons.first()) {
            first.clause = cause.clause;
        }
        refusal.reasons.extend(why.reasons);
        Some(refusal)
    }
}

/// The chain as a sentence after another; empty where there is none, and for whom it closes nothing.
fn chain(system: &System) -> String {
    match system.linked {
        Class::Root | Class::Associated if !system.chain.is_empty() => format!(" {}", in_words(&system.chain)),
        _ => String::new(),
    }
}

/// Everybody who has the address, and whether it can be read as one at all.
fn addressed<'r>(registry: &'r Registry, text: &str) -> (Vec<&'r System>, bool) {
    let mut systems: Vec<_> = registry.systems_of_tenant(text).collect();
    let named = read(text);
    match &named {
        Some(Named::Mail(domain)) => systems.extend(registry.systems_of_mail(domain)),
        Some(Named::Web(host, path)) => systems.extend(registry.system_of(host, path)),
        Some(Named::Tenant) | None => {}
    }
    (systems, named.is_some())
}

/// Nobody in the registry has the address: nobody has assessed whose it is.
fn unknown(rule: Option<&FieldRule>) -> Refusal {
    let mut refusal = refusal(RECIPIENT, " The registry knows nobody by this address, host or tenant id.", rule);
    refusal.reasons.extend(reason("assessed-only", rule));
    refusal
}

fn refusal(id: &str, more: &str, rule: Option<&FieldRule>) -> Refusal {
    let reason = reason(id, rule);
    let (code, said, _) = reason.as_ref().map_or((super::Code::RecipientDenied, "", ""), |r| rules::of(&r.rule));
    Refusal { code, detail: format!("{said}{more}"), reasons: reason.into_iter().collect() }
}

fn reason(id: &str, rule: Option<&FieldRule>) -> Option<Reason> {
    let id = RuleId::parse(id).ok()?;
    let (_, _, remedy) = rules::of(&id);
    Some(Reason {
        clause: Some(Clause::Data1),
        rule: id,
        category: rule.map(|rule| rule.category.clone()),
        path: rule.map(|rule| rule.path.clone()),
        remedy: remedy.to_owned(),
    })
}

//! Which grant answers for one field: the facts that `policy::charter` is asked with.
//!
//! Only computed here, never judged: the floor decides which of the facts a recipient needs.

use super::{AdviceState, Capacity, Grant, Interpreter, Item, View, token::SKEW};
use crate::{
    flow::{Category, Form, Purpose, SubjectLabel, SystemId},
    policy::charter::Advice,
};
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;

/// The same use within this time is a retry (design section 6).
pub const RETRY: SignedDuration = SignedDuration::from_hours(24);

/// One field of one person for one recipient.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// The picture of what is live.
    pub view: &'a View,
    /// Grants presented with the request: verified tokens, and those that `Consent-Ref` names.
    pub presented: &'a [Arc<Grant>],
    /// The record's labels under every epoch ([`super::subject::SubjectKeys::labels`]); empty when the record
    /// names nobody or more than one.
    pub subject: &'a [SubjectLabel],
    /// To whom.
    pub system: &'a SystemId,
    /// What.
    pub category: &'a Category,
    /// For what.
    pub purpose: Purpose,
    /// In what form.
    pub form: Form,
    /// The rule's path, as the selector was written.
    pub path: &'a str,
    /// When.
    pub now: Timestamp,
    /// The category's group is immigration.
    pub immigration: bool,
    /// The recipient's class is associated.
    pub associated: bool,
}

/// What is known about consent for one field. The booleans are those of
/// [`DisclosureFacts`](crate::policy::charter::DisclosureFacts), about the best grant; without any they are
/// false and `this_person` says whether somebody else's was presented.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match {
    /// Some grant of this person has an item for exactly this category, form, recipient and purpose, whose
    /// path, if it names one, is this path.
    pub consent_item: bool,
    /// That grant is neither ended, expired, spent nor not yet valid.
    pub consent_live: bool,
    /// The item names this path.
    pub consent_path: bool,
    /// Purpose, necessity, risks and alternatives were explained before the person agreed.
    pub explained: bool,
    /// The person, or somebody who may, agreed to what they understood.
    pub active: bool,
    /// `false`: only somebody else's consent was presented for this.
    pub this_person: bool,
    /// Independent advice before the consent starts.
    pub advice: Advice,
    /// The live grant and the id of its item: what a use spends. `None` unless `consent_live`.
    pub used: Option<(Arc<Grant>, String)>,
    /// Why the best grant is not live. `None` when it is, and when there is no grant.
    pub why_not_live: Option<NotLive>,
}

/// Why a grant is not live.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NotLive {
    /// The person ended it.
    Ended,
    /// Too old.
    Expired,
    /// It starts later.
    NotYet,
    /// Used as often as it may be, the last time over 24 hours ago.
    Spent,
}

/// Finds the best grant for a field: one that satisfies every fact before one that does not, and always the
/// same one for the same question.
#[must_use]
pub fn find(q: &Question<'_>) -> Match {
    let best = candidates(q).max_by(|a, b| a.rank(q).cmp(&b.rank(q)));
    let Some(best) = best else {
        let borrowed = q.presented.iter().any(|g| item(q, g).is_some());
        return Match {
            consent_item: false,
            consent_live: false,
            consent_path: false,
            explained: false,
            active: false,
            this_person: !borrowed,
            advice: Advice::None,
            used: None,
            why_not_live: None,
        };
    };
    Match {
        consent_item: true,
        consent_live: best.not_live.is_none(),
        consent_path: best.item.path.is_some(),
        explained: best.explained,
        active: best.active,
        this_person: true,
        advice: best.advice,
        used: best.not_live.is_none().then(|| (Arc::clone(best.grant), best.item.id.clone())),
        why_not_live: best.not_live,
    }
}

/// A grant of this person with an item for this field.
struct Candidate<'a> {
    grant: &'a Arc<Grant>,
    item: &'a Item,
    not_live: Option<NotLive>,
    explained: bool,
    active: bool,
    advice: Advice,
    unspent: bool,
}

fn candidates<'a>(q: &'a Question<'a>) -> impl Iterator<Item = Candidate<'a>> {
    let presented = q.presented.iter().filter(|g| q.subject.contains(&g.subject));
    let known = q.subject.iter().flat_map(|label| q.view.grants(label));
    presented.chain(known).filter_map(|grant| Candidate::new(q, grant))
}

/// The grant's item for this field, whoever's grant it is: one that names the path before one that does not,
/// then the one that stands first. Equality only, so an ancestor category, another form or a path that merely
/// selects the same place never answers.
fn item<'a>(q: &Question<'_>, grant: &'a Grant) -> Option<&'a Item> {
    let fits = |item: &&Item| {
        item.destination == *q.system
            && item.category == *q.category
            && item.purpose == q.purpose
            && item.form == q.form
            && item.path.as_ref().is_none_or(|p| **p == *q.path)
    };
    grant.items.iter().filter(fits).min_by_key(|item| item.path.is_none())
}

impl<'a> Candidate<'a> {
    fn new(q: &Question<'_>, grant: &'a Arc<Grant>) -> Option<Self> {
        let item = item(q, grant)?;
        let state = q.view.state(&grant.jti);
        let unspent = state.uses < grant.max_uses;
        // Within 24 hours it may be a retry: the commit, which sees the use's digest, decides.
        let retry = state.last_use.is_some_and(|t| q.now.duration_since(t) <= RETRY);
        let not_live = if state.ended.is_some() {
            Some(NotLive::Ended)
        } else if grant.expires <= q.now {
            Some(NotLive::Expired)
        } else if grant.not_before.duration_since(q.now) > SKEW {
            Some(NotLive::NotYet)
        } else if !unspent && !retry {
            Some(NotLive::Spent)
        } else {
            None
        };
        let (explained, active, advice) = (explained(grant), active(q, grant), advice(grant));
        Some(Self { grant, item, not_live, explained, active, advice, unspent })
    }

    /// What every recipient needs comes first. Then the path for an associated recipient, which always needs
    /// it, and advice for the others, which never need the path. Then one with uses left, so that a grant
    /// that is only live for a retry does not stand before a fresh one; then the one that ends first, so that
    /// the others are kept; its id and its bytes last, so that the answer never depends on the order of maps.
    fn rank(&self, q: &Question<'_>) -> impl Ord + use<'a> {
        let path = self.item.path.is_some();
        let (first, second) = if q.associated { (Advice::None, self.advice) } else { (self.advice, Advice::None) };
        (
            (self.not_live.is_none(), self.explained, self.active),
            (first, path, second),
            self.unspent,
            std::cmp::Reverse((self.not_live, self.grant.expires, &self.grant.jti, &self.item.id)),
        )
    }
}

fn explained(grant: &Grant) -> bool {
    let told = &grant.consent.explained;
    [told.purpose, told.necessity, told.risks, told.alternatives].into_iter().all(|t| t <= grant.consent.at)
}

fn active(q: &Question<'_>, grant: &Grant) -> bool {
    let consent = &grant.consent;
    let agreed_before = consent.at <= grant.not_before;
    let may_decide = !(q.associated && consent.capacity == Capacity::BestInterests);
    let understood = match consent.interpreter {
        Interpreter::Family => !q.immigration,
        // An interpreter was needed and there was none: nobody can say the person was informed.
        Interpreter::None => consent.own_language,
        Interpreter::Professional | Interpreter::Staff | Interpreter::NotNeeded => true,
    };
    agreed_before && may_decide && understood
}

fn advice(grant: &Grant) -> Advice {
    match &grant.advice {
        Some(a) if a.at <= grant.not_before => match a.state {
            AdviceState::Obtained if a.independent => Advice::Obtained,
            AdviceState::Obtained => Advice::None,
            AdviceState::DeclinedAfterOffer => Advice::Declined,
        },
        _ => Advice::None,
    }
}

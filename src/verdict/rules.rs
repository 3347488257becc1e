//! What each charter rule is called in a refusal, and what would change the outcome.
//!
//! The words are for a support worker or somebody in IT. They promise nothing: the rule decides, afresh, each time.

use super::{Code, Reason, Refusal};
use crate::flow::{Clause, RuleId};

/// The refusal code of a rule, what is said, and what would change the outcome.
///
/// A rule that is not the floor's is the organisation's own and stops a field. `live-consent` is said as expired;
/// who knows that a consent was ended or used up says that instead.
#[must_use]
pub fn of(rule: &RuleId) -> (Code, &'static str, &'static str) {
    recipient(rule.as_str())
        .or_else(|| named(rule.as_str()))
        .or_else(|| data(rule.as_str()))
        .or_else(|| unworkable(rule.as_str()))
        .or_else(|| consent(rule.as_str()))
        .unwrap_or((
            Code::FieldBlocked,
            "A rule of this organisation stops this.",
            "Read the rule in policies/local.cedar. Only the people who look after the policies can change it.",
        ))
}

/// What is said of a rule that the record book names beside a decision's code, and what would change the outcome. A check
/// that is none of the charter's has no words of its own here.
#[must_use]
pub fn recorded(rule: &RuleId, code: &str) -> (&'static str, &'static str) {
    let (own, said, remedy) = of(rule);
    match code {
        "destination-unreachable" => (
            "The recipient's name or machine could not be reached. That is a fault on the line, no rule of the charter.",
            "Check DNS and the address in the connection's file, then send it again.",
        ),
        _ if own == Code::FieldBlocked && code != Code::FieldBlocked.as_str() => (
            "A check of the gateway's own stopped this, no rule of the charter.",
            "The code says which: see \"When something was stopped\" in the README.",
        ),
        _ => (said, remedy),
    }
}

/// Whether a rule stops what would have reached the Home Office, somebody linked with it, or a forum it attends: an
/// attempt, of which the panel is told at once (TRANS-2).
#[must_use]
pub fn is_linked(rule: &str) -> bool {
    matches!(
        rule,
        "no-home-office"
            | "no-home-office-forum"
            | "associated-only-by-data-2"
            | "no-home-office-address"
            | "no-linked-address"
    )
}

/// The refusal by a rule about who receives, in its own words.
#[must_use]
pub fn refusal(rule: &str) -> Refusal {
    let Ok(rule) = RuleId::parse(rule) else {
        return Refusal::plain(Code::DestinationLinked, "The recipient is linked with the Home Office.");
    };
    let (code, detail, remedy) = of(&rule);
    let (clause, remedy) = (Some(Clause::Data1), remedy.to_owned());
    Refusal::plain(code, detail).because(Reason { clause, rule, category: None, path: None, remedy })
}

/// Rules about who receives.
fn recipient(rule: &str) -> Option<(Code, &'static str, &'static str)> {
    Some(match rule {
        "no-home-office" => (
            Code::DestinationLinked,
            "The recipient is the Home Office, part of it, or works for it.",
            "Nothing opens this. Where a client wants something to reach the Home Office, an independent immigration \
             adviser can do it with them, on paper, outside this system.",
        ),
        "no-home-office-forum" => (
            Code::Forum,
            "The Home Office can reach this forum.",
            "The organisation challenges the Home Office's presence or leaves. It opens when the record of recipients \
             says, with evidence, that the Home Office has left.",
        ),
        "associated-only-by-data-2" => (
            Code::DestinationLinked,
            "A sharing path leads from the recipient to the Home Office.",
            "If the path is wrong or has ended, correct the record of recipients with evidence. Otherwise only a \
             connection for accommodation that the scrutiny panel has approved, with consent and advice for each \
             item, may use it.",
        ),
        "assessed-only" => (
            Code::DestinationUnassessed,
            "Nobody has assessed where this recipient's data goes, or the assessment has run out.",
            "Ask whoever looks after recipients to assess it and record the result with a date.",
        ),
        "undertaking-required" => (
            Code::DestinationUncommitted,
            "The recipient has no undertaking in date not to pass data on.",
            "Ask the recipient to sign, or renew, the no-onward-sharing undertaking, and record it.",
        ),
        "stopped" => (
            Code::Stopped,
            "A worker has stopped this.",
            "Only the scrutiny panel can lift a stop. An emergency disclosure to a recipient the panel approved for \
             emergencies is not held back.",
        ),
        _ => return None,
    })
}

/// Rules about whom the data itself names.
fn named(rule: &str) -> Option<(Code, &'static str, &'static str)> {
    let (said, remedy) = match rule {
        "recipient-in-body" => (
            "A recipient named in the request may not receive anything.",
            "Send it to a recipient that is assessed and has an undertaking in date. If this one should be, ask whoever \
             looks after recipients to record its mail domain, host or tenant id, and what was found out about it.",
        ),
        "recipient-unreadable" => (
            "A recipient in the request cannot be read as exactly one mail address, web address, host or tenant id.",
            "Write one plain address in each field: no name before it, no second address, no quotes or comments, and \
             an international domain as xn--….",
        ),
        "no-home-office-address" => (
            "A value holds a mail or web address of the Home Office, of a part of it, or of somebody who works for it.",
            "Leave the address out. Where a client wants something to reach the Home Office, an independent immigration \
             adviser can do it with them, on paper, outside this system.",
        ),
        "no-linked-address" => (
            "The client's address is at an organisation from which a sharing path leads to the Home Office.",
            "Ask the client for another way to reach them. If the path is wrong or has ended, correct the record of \
             recipients with evidence.",
        ),
        _ => return None,
    };
    Some((Code::RecipientDenied, said, remedy))
}

/// Rules about what may leave whatever anybody agreed to.
fn data(rule: &str) -> Option<(Code, &'static str, &'static str)> {
    Some(match rule {
        "classified-only" => (
            Code::FieldBlocked,
            "Nobody has said what kind of data this is, or it is free text, which can hold anything.",
            "Send the facts in fields of their own, and list each with its category in the connection's file.",
        ),
        "documents-one-by-one" => (
            Code::FieldBlocked,
            "A document or picture leaves only exactly, from the one place in the message that the client's own consent \
             in force names, and only to a recipient from which no path leads to the Home Office.",
            "Look at the document with the client. If they agree to this very one, record consent that names its place \
             in the message; an emergency does not open it. Otherwise send the facts that are needed in fields of their \
             own.",
        ),
        "no-sleep-site" => (
            Code::FieldBlocked,
            "Where somebody sleeps does not leave.",
            "Leave it out. In danger to life, a worker can record an emergency disclosure.",
        ),
        "no-refuge-location" => (
            Code::FieldBlocked,
            "Where a refuge is never leaves.",
            "Leave it out. The refuge itself can be asked to make contact.",
        ),
        "no-exact-location" => (
            Code::FieldBlocked,
            "A place leaves as a region, a local authority or a postcode area at most.",
            "Send the local authority instead, or set `otherwise = \"postcode-area\"` for the field; the client \
             consents to that rougher form.",
        ),
        "safeguarding-never-immigration" => (
            Code::FieldBlocked,
            "An emergency disclosure carries no immigration status, nor what is sensitive because of it.",
            "Leave it out: nobody needs it to save a life.",
        ),
        "safeguarding-health-only" => (
            Code::FieldBlocked,
            "An emergency disclosure carries health, and no other special category of data.",
            "Leave it out, or send it with the client's consent by a connection for another purpose.",
        ),
        "not-permitted" => (
            Code::FieldBlocked,
            "No rule of this organisation allows this.",
            "Whoever looks after the policies can add a permit to policies/local.cedar, within the charter.",
        ),
        _ => return None,
    })
}

/// Rules that could not be worked out.
fn unworkable(rule: &str) -> Option<(Code, &'static str, &'static str)> {
    matches!(rule, "charter-error" | "facts-complete").then_some((
        Code::Internal,
        "A rule could not be worked out, so nothing is allowed.",
        "Tell whoever runs the gateway. `havengate check` tests the rules; the last change to policies/local.cedar is \
         the first place to look.",
    ))
}

/// Rules about consent.
fn consent(rule: &str) -> Option<(Code, &'static str, &'static str)> {
    Some(match rule {
        "active-and-this-person" => (
            Code::ConsentInvalid,
            "The record is not about exactly one known client, or the consent is not this client's own act.",
            "Check that the record carries one client reference, and that the consent was given by this client, or \
             by somebody who may act for them.",
        ),
        "personal-needs-consent" => (
            Code::ConsentMissing,
            "The client has not consented to this item, in this form, for this recipient and purpose.",
            "Ask the client. If they agree, record consent for this item. If they do not, send without it.",
        ),
        "each-discrete-item" => (
            Code::ConsentMissing,
            "For this recipient, consent is needed for each piece of data by name, and there is none for this one.",
            "Ask the client about this very item, and record consent that names its place in the message.",
        ),
        "live-consent" => (
            Code::ConsentExpired,
            "The client's consent is no longer in force, or not yet.",
            "Ask the client again. If they agree, record a new consent.",
        ),
        "explained" => (
            Code::ConsentInvalid,
            "Nobody recorded that purpose, need, risks and alternatives were explained before the client agreed.",
            "Explain all four to the client in their language, ask again, and record a new consent.",
        ),
        "advice-first" => (
            Code::ConsentInvalid,
            "The client has not had independent immigration advice before this item leaves.",
            "Help the client to get independent immigration advice (a referral to an adviser needs no advice first), \
             then ask again and record a new consent.",
        ),
        _ => return None,
    })
}

//! What things are called on pages.

use crate::{
    flow::{Act, Clause, Code, Group},
    policy::{ClauseText, Policy, organisations},
};
use std::borrow::Borrow;

/// A recipient by its id: its name and the id.
pub(super) fn recipient(policy: &Policy, id: &str) -> String {
    if id.is_empty() {
        return "no recipient that is known".to_owned();
    }
    let system = policy.registry.systems.get(id);
    system.map_or_else(|| id.to_owned(), |system| format!("{} ({id})", system.name))
}

/// A connection by its id.
pub(super) fn connection(id: &str) -> String {
    if id.is_empty() { "no connection that is known".to_owned() } else { id.to_owned() }
}

/// A clause by its name: the name and its title. Where there is none, the form, the line or the machine stopped it.
pub(super) fn clause(policy: &Policy, name: &str) -> String {
    match (name.is_empty(), text(policy, name)) {
        (true, _) => "No clause: a fault in the request, the line or a machine".to_owned(),
        (false, Some(text)) => format!("{name}: {}", text.title),
        (false, None) => name.to_owned(),
    }
}

/// What the charter's file says of a clause.
pub(super) fn text<'p>(policy: &'p Policy, name: &str) -> Option<&'p ClauseText> {
    name.parse::<Clause>().ok().and_then(|clause| policy.clauses.get(&clause))
}

/// A group of data.
pub(super) const fn group(group: Group) -> &'static str {
    match group {
        Group::Identity => "who the person is (names, birth dates, numbers)",
        Group::Contact => "how to reach the person",
        Group::Location => "where the person is",
        Group::Immigration => "immigration status",
        Group::Special => "health, belief and other special data",
        Group::FreeText => "free text",
        Group::Operational => "nothing about a person",
    }
}

/// The form in which values left, or that they did not.
pub(super) const fn act(act: Act) -> &'static str {
    match act {
        Act::Sent => "exact",
        Act::Generalised => "rough",
        Act::Pseudonymised => "under a pseudonym",
        Act::Stripped => "held back",
        Act::Blocked => "stopped with the whole request",
    }
}

/// Why a request was stopped, from its code.
pub(super) fn code(name: &str) -> &str {
    let Ok(code) = name.parse::<Code>() else { return "not written down" };
    match code {
        Code::DestinationLinked => "data can reach the Home Office from there",
        Code::DestinationUnassessed => "nobody has assessed the recipient, or the assessment ran out",
        Code::DestinationUncommitted => "the recipient has no undertaking in date",
        Code::DestinationMismatch => "it was not certain who the recipient is",
        Code::Forum => "the Home Office can reach this forum",
        Code::Stopped => "a worker’s stop (“down tools”)",
        Code::OperationUnknown => "the connection does not do this",
        Code::ConsentMissing => "the client has not consented to it",
        Code::ConsentInvalid => "the consent is not what it says, or somebody else’s",
        Code::ConsentExpired => "the consent has run out",
        Code::ConsentEnded => "the client ended the consent",
        Code::ConsentSpent => "the consent was used as often as it may be",
        Code::FieldBlocked => "a piece of data that may not leave",
        Code::RecipientDenied => "a recipient named inside the message",
        Code::ConsentChanged => "the consent changed meanwhile",
        Code::CallerUnknown => "an unknown sender",
        Code::RouteUnknown => "an address that no connection has",
        Code::RequestMalformed | Code::BodyMalformed => "the message was broken",
        Code::RequestTimeout => "the sender was too slow",
        Code::BodyTooLarge => "the message was too long",
        Code::BodyUnsupported => "a kind of message that is not listed",
        Code::RateLimited => "too many at once",
        Code::Internal => "a fault of the gateway",
        Code::DestinationUnreachable => "the recipient could not be reached",
        Code::LedgerUnavailable => "the record book could not be written",
        Code::Overloaded => "the gateway was too busy",
        Code::UpstreamTimeout => "the recipient did not answer in time",
    }
}

/// A day as tables write it, `2026-11-20`; anything else as it is.
pub(super) fn day(text: &str) -> String {
    text.parse().map_or_else(|_| text.to_owned(), organisations::words::day)
}

/// `1 request`, `3 requests`. Templates bring figures by reference.
pub(super) fn many(n: impl Borrow<u64>, one: &str, more: &str) -> String {
    let n = n.borrow();
    format!("{n} {}", if *n == 1 { one } else { more })
}

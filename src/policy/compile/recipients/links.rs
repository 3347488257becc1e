//! One `[[link]]`.

use super::{Known, Problems, place};
use crate::{
    flow::{OrganisationId, SystemId},
    policy::{
        organisations::{Carries, Confidence, Link, LinkKind, LinkStatus, Node},
        source::{
            At, organisations as source,
            read::{across, hint},
        },
    },
};
use std::collections::BTreeSet;

pub(super) fn compile(file: &str, text: &source::Link, known: &Known<'_>, problems: &mut Problems) -> Option<Link> {
    let from = node(file, &text.from, known, problems);
    let to = node(file, &text.to, known, problems);
    let carries = carries(file, text, known, problems);
    check_dates(file, text, problems);
    super::sound::link(file, text, problems);
    if text.evidence.get_ref().iter().all(|e| e.trim().is_empty()) {
        let mend = "add where it is written: a page, a document, when it was read";
        problems.error(place(file, text.evidence.span()), "a link without evidence is a rumour", mend);
    }
    let uncertain = text.confidence != Confidence::High || *text.status.get_ref() == LinkStatus::Contested;
    if uncertain && text.note.as_deref().is_none_or(|n| n.trim().is_empty()) {
        let mend = "add `note = \"…\"` that says what is uncertain and how it can be confirmed";
        problems.error(place(file, text.kind.span()), "an uncertain link says nowhere what is uncertain", mend);
    }
    let (from, to) = (from?, to?);
    if from.organisation == to.organisation {
        let mend = "name two organisations: within one, data is taken to be where the law says it is";
        problems.error(
            place(file, across(&text.from, &text.to)),
            "the link leads from an organisation to itself",
            mend,
        );
    }
    Some(Link {
        from,
        to,
        kind: *text.kind.get_ref(),
        carries,
        status: *text.status.get_ref(),
        confidence: text.confidence,
        since: text.since.as_ref().map(|d| d.get_ref().0),
        ended: text.ended.as_ref().map(|d| d.get_ref().0),
        evidence: text.evidence.get_ref().clone(),
        note: text.note.clone(),
        core: file == super::ROOTS,
    })
}

/// An organisation's id or a system's.
fn node(file: &str, id: &At<String>, known: &Known<'_>, problems: &mut Problems) -> Option<Node> {
    let organisation = OrganisationId::parse(id.get_ref()).ok().filter(|o| known.organisations.contains_key(o));
    if let Some(organisation) = organisation {
        return Some(Node { organisation, system: None });
    }
    let system = SystemId::parse(id.get_ref()).ok();
    if let Some((system, (_, owner))) = system.and_then(|s| known.systems.get(&s).map(|found| (s, found))) {
        return Some(Node { organisation: owner.id.get_ref().clone(), system: Some(system) });
    }
    let names = known.organisation_ids().into_iter().chain(known.systems.keys().map(|s| s.as_str()));
    let mend = format!("{}add it as an `[[organisation]]`, or correct the id", hint(id.get_ref(), names));
    problems.error(place(file, id.span()), format!("the link leads nowhere: there is no `{}`", id.get_ref()), mend);
    None
}

/// Whose client data goes along. Where nothing is said, everybody's.
fn carries(file: &str, text: &source::Link, known: &Known<'_>, problems: &mut Problems) -> Carries {
    let Some(carries) = &text.carries else { return Carries::All };
    if *text.kind.get_ref() == LinkKind::PolicyContact {
        let mend = "take `carries` out, or give the link the kind that says how client data passes";
        problems.error(place(file, carries.span()), "policy contact carries no client data", mend);
    }
    let source::Carries::Systems(systems) = carries.get_ref() else { return Carries::All };
    if systems.is_empty() {
        let mend = "name the systems whose client data passes, or write `carries = \"all\"`";
        problems.error(place(file, carries.span()), "the link carries nothing", mend);
    }
    for system in systems.iter().filter(|s| !known.systems.contains_key(s.get_ref())) {
        let names = known.systems.keys().map(|s| s.as_str());
        let mend = format!(
            "{}add it as an `[[organisation.system]]`, or correct the id",
            hint(system.get_ref().as_str(), names)
        );
        problems.error(place(file, system.span()), format!("there is no system `{}`", system.get_ref()), mend);
    }
    Carries::Systems(systems.iter().map(|s| s.get_ref().clone()).collect::<BTreeSet<_>>())
}

fn check_dates(file: &str, text: &source::Link, problems: &mut Problems) {
    let Some(ended) = &text.ended else { return };
    if *text.status.get_ref() != LinkStatus::Ended {
        let mend = "write `status = \"ended\"`, or take `ended` out";
        problems.error(place(file, ended.span()), format!("the link has ended and is {}", text.status.get_ref()), mend);
    }
    if let Some(since) = text.since.as_ref().filter(|since| since.get_ref() > ended.get_ref()) {
        problems.error(place(file, across(since, ended)), "the link ended before it began", "correct the dates");
    }
}

//! Recipients and links: what was added, assessed, promised, found out.

use super::{Area, Found, Way, recipient};
use crate::policy::{
    Registry,
    organisations::{Assessment, Class, Link, LinkStatus, System, Undertaking, words},
};
use std::collections::BTreeMap;

/// With more new or gone recipients than this, only their number is told, and their names behind it.
const MANY: usize = 12;

/// All recipients and links of both sets.
pub(super) fn compare(old: &Registry, new: &Registry, found: &mut Found) {
    let names = |of: &Registry, but: &Registry| -> Vec<String> {
        let only = of.systems.keys().filter(|id| !but.systems.contains_key(*id));
        only.map(|id| recipient(of, id)).collect()
    };
    there(&names(new, old), "is on record as a recipient from now on", "recipients are new on record", found);
    there(&names(old, new), "is no longer on record as a recipient", "recipients are no longer on record", found);
    for (id, after) in &new.systems {
        if let Some(before) = old.systems.get(id) {
            one(&recipient(new, id), before, after, found);
        }
    }
    links(old, new, found);
}

/// A recipient that is only on record receives nothing: that takes a connection, which is told apart.
fn there(names: &[String], one: &str, many: &str, found: &mut Found) {
    match names.len() {
        0 => {}
        1..=MANY => names.iter().for_each(|n| found.say(Area::Recipients, Way::Neither, format!("{n} {one}."))),
        n => found.with(Area::Recipients, Way::Neither, format!("{n} {many}."), names.to_vec()),
    }
}

fn one(name: &str, before: &System, after: &System, found: &mut Found) {
    let mut say = |way, text: String| found.say(Area::Recipients, way, text);
    if before.linked != after.linked {
        let way = if strict(after.linked) > strict(before.linked) { Way::Tightens } else { Way::Loosens };
        let now = linked(after.linked);
        say(way, format!("Of {name} it is now said: {now}. Until now: {}.", linked(before.linked)));
    }
    assessment(name, before.assessed.as_ref(), after.assessed.as_ref(), &mut say);
    undertaking(name, before.undertaking.as_ref(), after.undertaking.as_ref(), &mut say);
    match (before.safeguarding_approved, after.safeguarding_approved) {
        (None, Some(on)) => {
            say(Way::Loosens, format!("The panel approved {name} for emergencies on {}.", words::day(on)))
        }
        (Some(_), None) => say(Way::Tightens, format!("{name} is no longer approved for emergencies.")),
        (Some(a), Some(b)) if a != b => {
            say(Way::Neither, format!("The panel's approval of {name} for emergencies is of {}.", words::day(b)));
        }
        _ => {}
    }
    match (before.home_office_forum, after.home_office_forum) {
        (false, true) => say(Way::Tightens, format!("The Home Office can reach the forum {name}: nothing goes there.")),
        (true, false) => {
            say(Way::Loosens, format!("The forum {name} is no longer one that the Home Office can reach."))
        }
        _ => {}
    }
    if before.forum != after.forum {
        let text = match &after.forum {
            Some(forum) => format!("The forum {name}: {} since {}.", forum.state, words::day(forum.since)),
            None => format!("Of the forum {name} no challenge is on record any more."),
        };
        say(Way::Neither, text);
    }
    if before.kind != after.kind {
        let (now, then) = (words::kind(after.kind), words::kind(before.kind));
        say(Way::Neither, format!("{name} is on record as “{now}” from now on, until now as “{then}”."));
    }
    let found_at = |s: &System| (s.hosts.clone(), s.addresses.clone(), s.certificate_organisations.clone());
    if found_at(before) != found_at(after) {
        say(Way::Neither, format!("{name} is found at other addresses than before."));
    }
}

const fn strict(class: Class) -> u8 {
    match class {
        Class::Root => 3,
        Class::Associated => 2,
        Class::Unassessed => 1,
        Class::Clear => 0,
    }
}

const fn linked(class: Class) -> &'static str {
    match class {
        Class::Root => "it is the Home Office or works for it",
        Class::Associated => "client data can go on from there to the Home Office",
        Class::Unassessed => "a path to the Home Office is spoken of and not certain",
        Class::Clear => "no path to the Home Office is known",
    }
}

fn assessment(name: &str, before: Option<&Assessment>, after: Option<&Assessment>, say: &mut impl FnMut(Way, String)) {
    match (before, after) {
        (None, Some(a)) => {
            let until = words::day(a.until);
            say(Way::Loosens, format!("{name} was assessed by the {}, until {until}: {}", a.by, a.reason));
        }
        (Some(_), None) => say(Way::Tightens, format!("The assessment of {name} is taken out.")),
        (Some(a), Some(b)) => reassessed(name, a, b, say),
        (None, None) => {}
    }
}

/// Each thing that differs is told: later dates must not hide what opens a recipient.
fn reassessed(name: &str, a: &Assessment, b: &Assessment, say: &mut impl FnMut(Way, String)) {
    let way = if b.until > a.until || b.on < a.on { Way::Loosens } else { Way::Tightens };
    if a.until != b.until {
        let (now, then) = (words::day(b.until), words::day(a.until));
        say(way, format!("The assessment of {name} by the {} lasts until {now}, until now {then}.", b.by));
    } else if a.on != b.on {
        let (now, then) = (words::day(b.on), words::day(a.on));
        say(way, format!("The assessment of {name} by the {} holds from {now} on, until now from {then}.", b.by));
    }
    if a.answers_chain != b.answers_chain {
        let (way, now) = match b.answers_chain {
            true => (Way::Loosens, "answers the path to the Home Office that is spoken of"),
            false => (Way::Tightens, "no longer answers the path to the Home Office that is spoken of"),
        };
        say(way, format!("The assessment of {name} {now}: {}", b.reason));
    } else if (&a.reason, &a.by) != (&b.reason, &b.by) {
        say(Way::Neither, format!("The assessment of {name} reads otherwise: {}", b.reason));
    }
}

fn undertaking(
    name: &str,
    before: Option<&Undertaking>,
    after: Option<&Undertaking>,
    say: &mut impl FnMut(Way, String),
) {
    let exceptions = |u: &Undertaking| match (u.except_required_by_law, u.tells_us_first) {
        (false, _) => "without exception",
        (true, true) => "except what the law requires, and it tells us first",
        (true, false) => "except what the law requires, without telling us first",
    };
    match (before, after) {
        (None, Some(u)) => {
            let (until, how) = (words::day(u.expires), exceptions(u));
            say(Way::Loosens, format!("{name} gave a no-onward-sharing undertaking until {until}, {how}."));
        }
        (Some(_), None) => say(Way::Tightens, format!("The no-onward-sharing undertaking of {name} is taken out.")),
        (Some(a), Some(b)) => other_promise(name, (a, b), exceptions, say),
        (None, None) => {}
    }
}

/// Each thing that differs is told: later dates must not hide new exceptions.
fn other_promise(
    name: &str,
    (a, b): (&Undertaking, &Undertaking),
    exceptions: impl Fn(&Undertaking) -> &'static str,
    say: &mut impl FnMut(Way, String),
) {
    let way = if b.expires > a.expires || b.signed < a.signed { Way::Loosens } else { Way::Tightens };
    if a.expires != b.expires {
        let lapses = if b.expires < a.expires { "lapses earlier, on" } else { "lasts until" };
        let (now, then) = (words::day(b.expires), words::day(a.expires));
        say(way, format!("The undertaking of {name} {lapses} {now}, until now {then}."));
    } else if a.signed != b.signed {
        let (now, then) = (words::day(b.signed), words::day(a.signed));
        say(way, format!("The undertaking of {name} holds from {now} on, until now from {then}."));
    }
    if exceptions(a) != exceptions(b) {
        say(Way::Neither, format!("The undertaking of {name} holds {}, until now {}.", exceptions(b), exceptions(a)));
    }
    if (&a.sha256, &a.role) != (&b.sha256, &b.role) {
        say(Way::Neither, format!("The undertaking of {name} is another document."));
    }
}

type Key<'a> = (&'a str, &'a str, &'static str);

fn links(old: &Registry, new: &Registry, found: &mut Found) {
    let (before, after) = (by_ends(old), by_ends(new));
    for (key, links) in &after {
        let known = before.get(key).map_or(&[][..], Vec::as_slice);
        // Each that is new or changed is told beside another one that is no longer as it was.
        let mut earlier = known.iter().filter(|k| !links.contains(k));
        for link in links.iter().filter(|l| !known.contains(l)) {
            changed(new, earlier.next().copied(), link, found);
        }
    }
    for (key, links) in &before {
        let left = after.get(key).map_or(&[][..], Vec::as_slice);
        let gone: Vec<_> = links.iter().filter(|l| !left.contains(l)).collect();
        // Some were changed, which is told above; those beyond them were taken out.
        let changed = left.iter().filter(|l| !links.contains(l)).count();
        for link in gone.into_iter().skip(changed) {
            let text = format!("A link is taken out: {}.", words::link(old, link));
            let way = if link.status == LinkStatus::Ended { Way::Neither } else { Way::Loosens };
            found.with(Area::Links, way, text, behind(link));
        }
    }
}

fn by_ends(registry: &Registry) -> BTreeMap<Key<'_>, Vec<&Link>> {
    let mut found: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for link in &registry.links {
        found.entry((link.from.id(), link.to.id(), link.kind.as_str())).or_default().push(link);
    }
    found
}

fn changed(new: &Registry, before: Option<&Link>, link: &Link, found: &mut Found) {
    let said = words::link(new, link);
    let (way, text) = match before {
        None if link.status == LinkStatus::Ended => {
            (Way::Neither, format!("A link that has ended is on record: {said}."))
        }
        None => (Way::Tightens, format!("A link is on record: {said}.")),
        Some(b) if b.status != LinkStatus::Ended && link.status == LinkStatus::Ended => {
            (Way::Loosens, format!("A link ended: {said}."))
        }
        Some(b) if b.status != link.status || b.confidence != link.confidence || b.carries != link.carries => {
            (Way::Neither, format!("Of a link something else is said: {said}. Until now: {}.", words::holds(b)))
        }
        Some(_) => (Way::Neither, format!("Of a link the dates, the evidence or the note are different: {said}.")),
    };
    found.with(Area::Links, way, text, behind(link));
}

fn behind(link: &Link) -> Vec<String> {
    link.evidence.iter().cloned().chain(link.note.clone()).collect()
}

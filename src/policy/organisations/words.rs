//! What the registry says of a recipient, in words for people who are not technical.

use super::{
    Carries, ChainStep, Class, Confidence, ForumState, Link, LinkKind, LinkStatus, Node, Registry, System, SystemKind,
};
use jiff::civil::Date;
use std::fmt::Write as _;

/// A recipient on a day: its class, what makes it that, and what would change it. Whole sentences.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The class.
    pub class: Class,
    /// What makes it that.
    pub because: Vec<String>,
    /// What would change it, or what keeps it closed besides.
    pub changes: Vec<String>,
}

/// What the registry says of a recipient on a day.
#[must_use]
pub fn standing(registry: &Registry, system: &System, today: Date) -> Standing {
    let class = system.class(today);
    let mut said = Standing { class, because: Vec::new(), changes: Vec::new() };
    if registry.organisations.get(&system.organisation).is_some_and(|o| o.council) {
        said.because.push("It is a whole council, known by its domain alone, and nobody has assessed that.".to_owned());
        said.changes.push(format!("Do not assess the whole: {ADD_THE_ONE}."));
        return said;
    }
    linked(system, today, &mut said);
    assessed(system, today, &mut said);
    forum(system, &mut said);
    if class != Class::Root {
        said.undertaking(system, today);
    }
    said
}

fn linked(system: &System, today: Date, said: &mut Standing) {
    let links = "If a link of the path is wrong or has ended, correct it with evidence (`havengate destinations \
                 end-link`, or its status in organisations.toml).";
    match system.linked {
        Class::Root if system.chain.is_empty() => {
            said.because.push("It is the Home Office or one of its own services.".to_owned());
            said.changes.push(NOTHING_OPENS.to_owned());
        }
        Class::Root => {
            said.because
                .push("It is part of the Home Office, run by it, or works for it: the path says how.".to_owned());
            said.changes.push(NOTHING_OPENS.to_owned());
            said.changes.push(links.to_owned());
        }
        Class::Associated => {
            said.because.push(match &system.associated {
                Some(own) if system.chain.iter().all(|s| s.link.is_none()) => own.reason.clone(),
                _ => "Client data that goes there can reach the Home Office: every link of the path is in force and \
                      certain."
                    .to_owned(),
            });
            said.changes.push(
                "Only a connection for accommodation that the scrutiny panel approved may use it, with an undertaking, \
                 independent advice beforehand and consent to each item (DATA-2). No assessment opens it."
                    .to_owned(),
            );
            said.changes.push(links.to_owned());
        }
        Class::Unassessed if system.class(today) == Class::Clear => {
            let reason = system.assessed.as_ref().map_or("", |a| a.reason.as_str());
            said.because.push(format!(
                "A path to the Home Office is spoken of, contested or not certain; the assessment answers it: {reason}"
            ));
        }
        Class::Unassessed => {
            said.because.push(
                "A path to the Home Office is spoken of, and a link of it is contested or not certain.".to_owned(),
            );
            said.changes.push(
                "Find out. If the path does not carry this system's data, say why in an assessment (`havengate \
                 destinations assess … --answers-chain`); if it has ended, end the link; if it is certain, say so, and \
                 it is associated."
                    .to_owned(),
            );
        }
        Class::Clear => said.because.push("No path to the Home Office is known now.".to_owned()),
    }
}

/// A council is many systems; its domain says nothing of any of them.
pub const ADD_THE_ONE: &str = "add the one system that you send to, with its own host (`havengate destinations add`), and \
                               work with that";

const NOTHING_OPENS: &str = "Nothing opens it. Where a client wants something to reach the Home Office, an \
                             independent immigration adviser can do it with them, on paper, outside this system.";

fn assessed(system: &System, today: Date, said: &mut Standing) {
    if matches!(system.linked, Class::Root | Class::Associated) {
        return;
    }
    let assess = || "Look at where its data goes and record it: `havengate destinations assess`.".to_owned();
    match &system.assessed {
        None => {
            said.because.push("Nobody has assessed it.".to_owned());
            said.changes.push(assess());
        }
        Some(a) if today < a.on => {
            said.because.push(format!("Its assessment by the {} begins only on {}.", a.by, day(a.on)));
        }
        Some(a) if a.until < today => {
            said.because.push(format!("Its assessment by the {} ended on {}.", a.by, day(a.until)));
            said.changes.push(assess());
        }
        Some(a) => {
            said.because.push(match system.linked {
                Class::Unassessed if a.answers_chain => format!("Assessed by the {} until {}.", a.by, day(a.until)),
                _ => format!("Assessed by the {} until {}: {}", a.by, day(a.until), a.reason),
            });
            if system.linked == Class::Unassessed && !a.answers_chain {
                said.because.push("The assessment does not answer the path.".to_owned());
            }
            said.changes.push(format!("The assessment ends with {}.", day(a.until)));
        }
    }
}

fn forum(system: &System, said: &mut Standing) {
    if !system.home_office_forum {
        return;
    }
    said.because.push(match system.forum.map(|f| (f.state, f.since, f.deadline)) {
        None => "The Home Office attends this forum, so nothing goes there (DATA-5).".to_owned(),
        Some((ForumState::Present, since, _)) => {
            format!("The Home Office has been in this forum since {}, so nothing goes there (DATA-5).", day(since))
        }
        Some((ForumState::Challenged, since, deadline)) => format!(
            "We challenged the Home Office's presence on {}{}. Nothing goes there meanwhile (DATA-5).",
            day(since),
            deadline.map_or(String::new(), |d| format!(", until {}", day(d)))
        ),
        Some((ForumState::Left, since, _)) => {
            format!("We left this forum on {} because the Home Office was there (DATA-5, TRANS-2).", day(since))
        }
    });
    said.changes.push(
        "It opens when the Home Office has left and the record says so with evidence: the link ended and `forum` taken \
         out. `havengate destinations letter` writes the challenge."
            .to_owned(),
    );
}

impl Standing {
    fn undertaking(&mut self, system: &System, today: Date) {
        let ask = "Ask it to sign the no-onward-sharing undertaking (`havengate destinations letter`) and record it \
                   (`havengate destinations undertake`).";
        match &system.undertaking {
            Some(u) if system.undertaking_current(today) => {
                self.changes.push(format!("The undertaking ends with {}.", day(u.expires)));
            }
            Some(u) if today < u.signed => {
                self.changes.push(format!("Its undertaking begins only on {}: nothing goes before.", day(u.signed)));
            }
            Some(u) => {
                self.changes.push(format!("Its undertaking ended on {}: nothing goes (DATA-4). {ask}", day(u.expires)));
            }
            None => self.changes.push(format!("It has given no undertaking: nothing goes (DATA-4). {ask}")),
        }
    }
}

/// `22 November 2026`.
#[must_use]
pub fn day(date: Date) -> String {
    date.strftime("%-d %B %Y").to_string()
}

/// What a link does, between two names.
#[must_use]
pub const fn verb(kind: LinkKind) -> &'static str {
    match kind {
        LinkKind::IsPartOf => "is part of",
        LinkKind::ProcessorFor => "works for",
        LinkKind::SharesWith => "shares data with",
        LinkKind::ForumAttendedBy => "is a forum attended by",
        LinkKind::OperatedBy => "is run by",
        LinkKind::PolicyContact => "talks about policy with",
    }
}

/// Whether a link holds, and how sure that is: `certain`, `contested`, `not certain (low confidence)`, `ended …`.
#[must_use]
pub fn holds(link: &Link) -> String {
    match (link.status, link.confidence, link.ended) {
        (LinkStatus::Ended, _, Some(ended)) => format!("ended {}", day(ended)),
        (LinkStatus::Ended, _, None) => "ended".to_owned(),
        (LinkStatus::Contested, ..) => "contested".to_owned(),
        (LinkStatus::InForce, Confidence::High, _) => "certain".to_owned(),
        (LinkStatus::InForce, other, _) => format!("not certain ({other} confidence)"),
    }
}

/// Whose client data goes along, in words.
#[must_use]
pub fn carries(link: &Link) -> String {
    match &link.carries {
        _ if link.kind == LinkKind::PolicyContact => "no client data".to_owned(),
        Carries::All => match &link.from.system {
            Some(system) => format!("all client data in {system}"),
            None => "everybody's client data".to_owned(),
        },
        Carries::Systems(systems) => {
            let names: Vec<_> = systems.iter().map(|s| s.as_str()).collect();
            format!("only of {}", names.join(", "))
        }
    }
}

/// Where a link begins or ends: an organisation, and the one system of it that is meant.
#[must_use]
pub fn at(name: &str, node: &Node) -> String {
    node.system.as_ref().map_or_else(|| name.to_owned(), |system| format!("{name} ({system})"))
}

/// A link as a sentence without its end: between whom, since when, whether it holds, what it carries.
#[must_use]
pub fn link(registry: &Registry, link: &Link) -> String {
    let name = |node: &Node| at(registry.name(&node.organisation), node);
    let since = link.since.map_or(String::new(), |d| format!(" since {}", day(d)));
    let (from, to) = (name(&link.from), name(&link.to));
    format!("{from} {} {to}{since}; {}; {}", verb(link.kind), holds(link), carries(link))
}

/// A step of a chain as a sentence, with its dates and how sure it is.
#[must_use]
pub fn step(registry: &Registry, step: &ChainStep) -> String {
    let Some(link) = step.link.and_then(|i| registry.links.get(i)) else {
        return format!("{}: the record of recipients itself says that data can reach {}.", step.from, step.to);
    };
    let mut said = format!("{} {} {}", at(&step.from, &link.from), verb(link.kind), at(&step.to, &link.to));
    if let Some(since) = link.since {
        let _ = write!(said, " since {}", day(since));
    }
    let _ = write!(said, "; {}; {}.", holds(link), carries(link));
    said
}

/// What a system is for, as pages say it.
#[must_use]
pub const fn kind(kind: SystemKind) -> &'static str {
    match kind {
        SystemKind::Housing => "housing",
        SystemKind::Health => "health",
        SystemKind::Safeguarding => "safeguarding",
        SystemKind::ImmigrationAdviser => "independent immigration adviser",
        SystemKind::Funder => "funder",
        SystemKind::Relay => "passes messages on",
        SystemKind::Forum => "forum",
        SystemKind::Supplier => "runs a system for us",
        SystemKind::Support => "support",
        SystemKind::Government => "government",
    }
}

/// A recipient's class on a day as a short phrase.
#[must_use]
pub fn class_of(system: &System, today: Date) -> &'static str {
    match (system.class(today), system.linked) {
        (Class::Clear, Class::Unassessed) => "a path is spoken of; the assessment answers it",
        (class, _) => self::class(class),
    }
}

/// A class as a short phrase.
#[must_use]
pub const fn class(class: Class) -> &'static str {
    match class {
        Class::Root => "the Home Office or working for it",
        Class::Associated => "data can reach the Home Office",
        Class::Unassessed => "not assessed, or in question",
        Class::Clear => "assessed, no path known",
    }
}

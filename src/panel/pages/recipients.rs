//! *Recipients*: who data can go to, where it can go from there, what they promised, and what runs out.

use crate::{
    flow::{Clause, SystemId},
    panel::{
        Panel,
        access::Visitor,
        cited::Cited,
        page::{self, Shell},
        wrong::Wrong,
    },
    policy::{
        Policy,
        organisations::{
            Class, Link, Registry, System,
            due::{self, Due},
            map::{self, Map},
            words,
        },
    },
};
use askama::Template;
use axum::{
    extract::{Path, State},
    response::Response,
};
use http::StatusCode;
use jiff::civil::Date;
use std::sync::Arc;

/// How far ahead something that runs out is shown as near, days.
const NEAR: i32 = 60;

#[derive(Template)]
#[template(config = "src/panel/askama.toml", path = "recipients.html")]
struct Recipients {
    shell: Shell,
    today: String,
    used: Vec<Row>,
    others: Vec<Row>,
    forums: Vec<Forum>,
    soon: Vec<Soon>,
    roots: usize,
    described: String,
    clauses: [Cited; 2],
}

/// A recipient in the list.
struct Row {
    id: String,
    name: String,
    kind: &'static str,
    class: &'static str,
    /// Whether the class itself closes it.
    closed: bool,
    undertaking: String,
    assessed: String,
    connections: Vec<String>,
}

struct Forum {
    name: String,
    id: String,
    state: String,
}

struct Soon {
    summary: String,
    left: String,
    description: String,
    over: bool,
}

pub(super) async fn list(State(panel): State<Arc<Panel>>, visitor: Visitor) -> Result<Response, Wrong> {
    let (policy, today) = (panel.policy(), panel.today());
    let registry = &policy.registry;
    let roots = registry.systems.values().filter(|s| s.linked == Class::Root).count();
    let rows = registry.systems.values().filter(|s| s.linked != Class::Root && !of_the_core(registry, s));
    let (used, others): (Vec<Row>, Vec<Row>) =
        rows.map(|s| Row::of(&policy, s, today)).partition(|row| !row.connections.is_empty());
    let forums = registry.systems.values().filter_map(|s| Forum::of(s)).collect();
    let soon = due::due(&policy).iter().filter(|d| d.days(today) <= NEAR).map(|d| Soon::of(d, today)).collect();
    page::html(&Recipients {
        shell: Shell::of(&panel, &visitor, "Recipients", "/recipients"),
        today: words::day(today),
        used,
        others,
        forums,
        soon,
        roots,
        described: Map::new(registry, today, None).described(),
        clauses: [Clause::Data5, Clause::Trans2].map(|clause| Cited::of(&panel, clause)),
    })
}

/// Known by the shipped core and used by nobody here: twenty rows that say the same.
fn of_the_core(registry: &Registry, system: &System) -> bool {
    registry.organisations.get(&system.organisation).is_some_and(|o| o.core || o.council)
}

impl Row {
    fn of(policy: &Policy, system: &System, today: Date) -> Self {
        let class = system.class(today);
        let users = policy.integrations.values().filter(|i| i.destination == system.id);
        let undertaking = match &system.undertaking {
            None => "none".to_owned(),
            Some(u) if u.expires < today => format!("lapsed on {}", words::day(u.expires)),
            Some(u) if u.signed > today => format!("begins on {}", words::day(u.signed)),
            Some(u) => format!("until {}", words::day(u.expires)),
        };
        let assessed = match &system.assessed {
            None => "not assessed".to_owned(),
            Some(a) if a.until < today => format!("ran out on {}", words::day(a.until)),
            Some(a) => format!("until {}, by the {}", words::day(a.until), a.by),
        };
        Self {
            id: system.id.to_string(),
            name: system.name.clone(),
            kind: words::kind(system.kind),
            class: words::class_of(system, today),
            closed: class != Class::Clear || !system.undertaking_current(today),
            undertaking,
            assessed,
            connections: users.map(|i| i.id.to_string()).collect(),
        }
    }
}

impl Forum {
    fn of(system: &System) -> Option<Self> {
        let state = match (&system.forum, system.home_office_forum) {
            (Some(forum), _) => {
                let by = forum
                    .deadline
                    .map_or(String::new(), |d| format!("; the Home Office is to be gone by {}", words::day(d)));
                format!("{} since {}{by}", forum.state, words::day(forum.since))
            }
            (None, true) => "the Home Office attends it, and nobody has written down a challenge yet".to_owned(),
            (None, false) => return None,
        };
        Some(Self { name: system.name.clone(), id: system.id.to_string(), state })
    }
}

impl Soon {
    fn of(due: &Due, today: Date) -> Self {
        Self {
            summary: due.summary(),
            left: due.left(today),
            description: due.description(),
            over: due.days(today) < 0,
        }
    }
}

/// The picture alone: it is large, and a page that shows it stays small.
pub(super) async fn picture(State(panel): State<Arc<Panel>>) -> Response {
    let policy = panel.policy();
    let svg = map::svg(&Map::new(&policy.registry, panel.today(), None));
    page::typed(StatusCode::OK, "image/svg+xml", svg)
}

/// Where data can go from one recipient.
pub(super) async fn picture_from(
    State(panel): State<Arc<Panel>>,
    Path((organisation, system)): Path<(String, String)>,
) -> Result<Response, Wrong> {
    let policy = panel.policy();
    let id = SystemId::parse(&format!("{organisation}/{system}")).map_err(|_| Wrong::NotFound)?;
    policy.registry.system(&id).ok_or(Wrong::NotFound)?;
    let svg = map::svg(&Map::new(&policy.registry, panel.today(), Some(id.as_str())));
    Ok(page::typed(StatusCode::OK, "image/svg+xml", svg))
}

#[derive(Template)]
#[template(config = "src/panel/askama.toml", path = "recipient.html")]
struct Recipient {
    shell: Shell,
    row: Row,
    organisation: String,
    because: Vec<String>,
    changes: Vec<String>,
    path: Vec<Step>,
    links: Vec<Shown>,
    undertaking: Option<Promise>,
    assessment: Option<Looked>,
    emergencies: Option<String>,
    approvals: Vec<(String, String)>,
    note: String,
    evidence: Vec<String>,
    clause: Cited,
}

/// A step of the way to the Home Office.
struct Step {
    said: String,
    evidence: Vec<String>,
}

/// A link that concerns this recipient.
struct Shown {
    said: String,
    evidence: Vec<String>,
    note: String,
}

struct Promise {
    role: String,
    from: String,
    to: String,
    exceptions: &'static str,
    first: &'static str,
    sha256: String,
}

struct Looked {
    by: String,
    from: String,
    to: String,
    reason: String,
}

pub(super) async fn one(
    State(panel): State<Arc<Panel>>,
    visitor: Visitor,
    Path((organisation, system)): Path<(String, String)>,
) -> Result<Response, Wrong> {
    let (policy, today) = (panel.policy(), panel.today());
    let id = SystemId::parse(&format!("{organisation}/{system}")).map_err(|_| Wrong::NotFound)?;
    let system = policy.registry.system(&id).ok_or(Wrong::NotFound)?;
    let standing = words::standing(&policy.registry, system, today);
    let registry = &policy.registry;
    let step = |s| Step { said: words::step(registry, s), evidence: s.evidence.clone() };
    let concerns = |l: &&Link| l.from.organisation == system.organisation || l.to.organisation == system.organisation;
    page::html(&Recipient {
        shell: Shell::of(&panel, &visitor, &system.name, "/recipients"),
        row: Row::of(&policy, system, today),
        organisation: registry.name(&system.organisation).to_owned(),
        because: standing.because,
        changes: standing.changes,
        path: system.chain.iter().map(step).collect(),
        links: registry.links.iter().filter(concerns).map(|l| Shown::of(registry, l)).collect(),
        undertaking: Promise::of(system),
        assessment: system.assessed.as_ref().map(|a| Looked {
            by: a.by.clone(),
            from: words::day(a.on),
            to: words::day(a.until),
            reason: a.reason.clone(),
        }),
        emergencies: system.safeguarding_approved.map(words::day),
        approvals: approvals(&policy, &id),
        note: system.about.note.clone().unwrap_or_default(),
        evidence: system.about.evidence.clone(),
        clause: Cited::of(&panel, Clause::Data4),
    })
}

impl Shown {
    fn of(registry: &Registry, link: &Link) -> Self {
        Self {
            said: words::link(registry, link),
            evidence: link.evidence.clone(),
            note: link.note.clone().unwrap_or_default(),
        }
    }
}

impl Promise {
    fn of(system: &System) -> Option<Self> {
        system.undertaking.as_ref().map(|u| Self {
            role: u.role.clone(),
            from: words::day(u.signed),
            to: words::day(u.expires),
            exceptions: if u.except_required_by_law { "except what the law requires" } else { "without exception" },
            first: if u.tells_us_first { "it tells us first" } else { "it does not promise to tell us first" },
            sha256: u.sha256.clone(),
        })
    }
}

/// The panel's approvals of connections to this recipient.
fn approvals(policy: &Policy, id: &SystemId) -> Vec<(String, String)> {
    let to = policy.integrations.values().filter(|i| i.destination == *id);
    to.filter_map(|i| {
        let approval = i.approval.as_ref()?;
        Some((i.id.to_string(), format!("{} to {}", words::day(approval.on), words::day(approval.until))))
    })
    .collect()
}

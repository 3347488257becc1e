//! `havengate destinations show` and `why`.

use super::{AsOf, Context, Exit, Failure, Files, Printed, data, force, unknown};
use crate::{
    flow::Host,
    policy::{
        Class, Policy,
        organisations::{
            About, Link, LinkKind, LinkStatus, System,
            find::{Answer, Asked, By},
            words,
        },
    },
    verdict::destination,
};
use jiff::civil::Date;
use serde_json::json;
use std::{fmt::Write as _, net::IpAddr};

/// What `show` is told.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  havengate destinations show riverside-council/housing-referrals
  havengate destinations show riverside-council

--json: `organisation`, `systems` (each with `class`, `because`, `closed_by`, `changes`, `chain`, `hosts`, `paths`,
`mail_domains`, `tenants`, `addresses`, `assessed`, `undertaking`, `safeguarding_approved`, `forum`, `about`,
`connections`) and `links` (each with `from`, `to`, `kind`, `carries`, `status`, `confidence`, `since`, `ended`, `evidence`, `note`).")]
pub struct Show {
    /// An organisation or a system
    #[arg(value_name = "ID")]
    id: String,
    #[command(flatten)]
    as_of: AsOf,
}

/// What `why` is told.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  havengate destinations why refer.riverside.example
  havengate destinations why https://www.gov.uk/report-immigration-crime/address
  havengate destinations why duty@homeoffice.gov.uk
  havengate destinations why 192.0.2.7
  havengate destinations why riverside-council/nrpf
  havengate destinations why \"Home Office\"

Reads the policy files on disk, and asks a running gateway whether it judges by the same and how many stops are in force;
which connection a stop covers, `havengate explain` says. Ends with 1 where nothing may be sent there now, or a stop is in
force. --json: `asked`, `day`, `known`, `class` (the gravest of what was found)
and `found`, an array of `matched` (the entry that matched), `system`, as of `show`, and `past` (links that carry nothing
now); `near` (ids that may be meant), `read_from`, and `gateway` (`running`, `same_policy`, `stops`).")]
pub struct Why {
    /// What you ask about, in any spelling
    #[arg(value_name = "WHAT")]
    what: String,
    #[command(flatten)]
    as_of: AsOf,
}

/// Everything of a recipient or an organisation.
pub(super) fn show(args: &Show, context: &Context) -> Result<Printed, Failure> {
    let policy = super::policy(context)?;
    let today = args.as_of.day();
    let answer = policy.registry.find(&args.id).ok().filter(|a| matches!(a.asked, Asked::Entry(_)));
    let answer = answer.ok_or_else(|| unknown(&args.id, &policy))?;
    let registry = &policy.registry;
    let owner = answer.organisation.or_else(|| registry.organisations.get(&answer.found.first()?.system.organisation));
    let owner = owner.ok_or_else(|| unknown(&args.id, &policy))?;
    let mut text = format!("{} ({})\n", owner.name, owner.id);
    if owner.core {
        text.push_str("  in roots.toml: the Home Office and its bodies\n");
    }
    about(&mut text, "  ", &owner.about);
    for found in &answer.found {
        text.push('\n');
        recipient(&mut text, found.system, &policy, today);
    }
    let single = answer.found.first().filter(|_| answer.organisation.is_none()).map(|f| f.system.id.as_str());
    let touches = |l: &&Link| match single {
        // A link of the whole organisation is one of each of its systems.
        Some(id) => [&l.from, &l.to]
            .iter()
            .any(|n| n.organisation == owner.id && n.system.as_ref().is_none_or(|s| s.as_str() == id)),
        None => l.from.organisation == owner.id || l.to.organisation == owner.id,
    };
    let links: Vec<&Link> = registry.links.iter().filter(touches).collect();
    if !links.is_empty() {
        text.push_str("\nLinks\n");
    }
    for link in &links {
        said(&mut text, link, &policy);
    }
    let systems: Vec<_> = answer.found.iter().map(|f| data::system(&policy, f.system, today)).collect();
    let links: Vec<_> = links.into_iter().map(data::link).collect();
    let data = json!({ "day": today, "organisation": data::organisation(owner), "systems": systems, "links": links });
    Ok(Printed::done(text, data))
}

/// Why something is open or closed.
pub(super) fn why(args: &Why, context: &Context) -> Result<Printed, Failure> {
    let config = context.load()?;
    let policy = Files::read(config.policies.clone())?.compile()?;
    let today = args.as_of.day();
    let answer = policy.registry.find(&args.what).map_err(|e| {
        let mend = "write a host (refer.riverside.example), a host and a path, an address, or an id that \
                    `havengate destinations list` shows";
        Failure::new(Exit::Usage, format!("what you ask about {e}\n  mend: {mend}"))
    })?;
    if answer.found.is_empty() && answer.asked.like_an_id() {
        return Err(unknown(&args.what, &policy));
    }
    let force = force::now(&config, &policy);
    let mut text = String::new();
    for (i, found) in answer.found.iter().enumerate() {
        if i > 0 {
            text.push('\n');
        }
        let how = match found.by {
            By::Id => "by its id".to_owned(),
            By::Organisation => format!("a system of {}", found.system.name),
            By::Pattern(pattern) => format!("matches {pattern}"),
            By::Address(net) => format!("its own address {net}"),
        };
        let _ = writeln!(text, "{}: {how}", answer.asked);
        recipient(&mut text, found.system, &policy, today);
        was(&mut text, &past(found.system, &policy), &policy);
    }
    if answer.found.is_empty() {
        text.push_str(&nobody(&answer));
    }
    let _ = write!(text, "\n{}", force.text());
    let class = answer.found.iter().map(|f| f.system.class(today)).min();
    // Which flow a stop covers is for `explain` to say; until then nothing is called open.
    let open = class == Some(Class::Clear)
        && force.stops.is_none_or(|n| n == 0)
        && answer.found.iter().all(|f| f.system.undertaking_current(today) && !f.system.home_office_forum);
    let found: Vec<_> = answer
        .found
        .iter()
        .map(|f| {
            let matched = match f.by {
                By::Pattern(pattern) => Some(pattern.to_string()),
                By::Address(net) => Some(net.to_string()),
                By::Id | By::Organisation => None,
            };
            let past: Vec<_> = past(f.system, &policy).into_iter().map(data::link).collect();
            json!({ "matched": matched, "system": data::system(&policy, f.system, today), "past": past })
        })
        .collect();
    let data = json!({
        "asked": answer.asked.to_string(), "day": today, "known": !found.is_empty(),
        "class": class.unwrap_or(Class::Unassessed), "open": open, "found": found, "near": answer.near,
        "read_from": config.policies, "gateway": force.data(),
    });
    Ok(Printed { text, data, exit: if open { Exit::Ok } else { Exit::Finding } })
}

fn nobody(answer: &Answer<'_>) -> String {
    let asked = &answer.asked;
    if let Some(organisation) = answer.organisation {
        return format!("{} ({}): an organisation without systems. Nothing is sent to it.\n", organisation.name, asked);
    }
    if let Asked::Several(_) = asked {
        return format!("{asked}: which one? For example: {}\n", answer.near.join(", "));
    }
    let more = match asked {
        Asked::Host(Host::Address(address), _) if inside(*address) => {
            " It is an address of this machine or of private networks: it is whose `addresses` list it."
        }
        Asked::Mail(_) => " As a client's own address it is a matter of consent.",
        _ => "",
    };
    let near = match answer.near.as_slice() {
        [] => String::new(),
        near => format!("  did you mean {}?\n", near.join(", ")),
    };
    format!(
        "{asked}: unassessed: the registry knows nobody there\n{near}  Nothing is sent to whom nobody knows.{more}\n  \
         what would change it: find out whose it is, then `havengate destinations add` and `assess`.\n"
    )
}

fn inside(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(a) => a.is_private() || a.is_loopback() || a.is_link_local() || a.is_unspecified(),
        IpAddr::V6(a) => a.is_loopback() || a.is_unique_local() || a.is_unicast_link_local() || a.is_unspecified(),
    }
}

/// Links of a recipient that carry nothing now: what once was, and talk about policy.
fn past<'p>(system: &System, policy: &'p Policy) -> Vec<&'p Link> {
    let own = |l: &&Link| {
        l.from.organisation == system.organisation && l.from.system.as_ref().is_none_or(|s| *s == system.id)
    };
    let idle = |l: &&Link| l.status == LinkStatus::Ended || l.kind == LinkKind::PolicyContact;
    policy.registry.links.iter().filter(own).filter(idle).collect()
}

fn was(text: &mut String, links: &[&Link], policy: &Policy) {
    for link in links {
        let name = if link.status == LinkStatus::Ended { "it did" } else { "it talks" };
        let _ = writeln!(text, "  {name:<11} {}", words::link(&policy.registry, link));
        for evidence in &link.evidence {
            let _ = writeln!(text, "  {:<11}    evidence: {evidence}", "");
        }
        if let Some(note) = &link.note {
            let _ = writeln!(text, "  {:<11}    note: {note}", "");
        }
    }
}

/// One recipient, as a paragraph of facts.
fn recipient(text: &mut String, system: &System, policy: &Policy, today: Date) {
    let standing = words::standing(&policy.registry, system, today);
    let _ = writeln!(text, "{}: {} ({})", system.id, standing.class, words::class_of(system, today));
    let _ = writeln!(text, "  whose       {}; {}", system.name, words::kind(system.kind));
    for (i, because) in standing.because.iter().enumerate() {
        let _ = writeln!(text, "  {:<11} {because}", if i == 0 { "because" } else { "" });
    }
    let rules: Vec<String> = destination::closed_by(policy, system, today)
        .iter()
        .map(|r| format!("{} ({})", r.rule, r.clause.map_or("", |c| c.as_str())))
        .collect();
    if !rules.is_empty() {
        let _ = writeln!(text, "  closed by   {}", rules.join(", "));
    }
    for (i, step) in system.chain.iter().enumerate() {
        let _ = writeln!(
            text,
            "  {:<11} {}. {}",
            if i == 0 { "path" } else { "" },
            i + 1,
            words::step(&policy.registry, step)
        );
        let link = step.link.and_then(|i| policy.registry.links.get(i));
        for evidence in &step.evidence {
            let _ = writeln!(text, "  {:<11}    evidence: {evidence}", "");
        }
        if let Some(note) = link.and_then(|l| l.note.as_ref()) {
            let _ = writeln!(text, "  {:<11}    note: {note}", "");
        }
    }
    if !system.hosts.is_empty() {
        let hosts: Vec<_> = system.hosts.iter().map(ToString::to_string).collect();
        let _ = writeln!(text, "  found at    {}", hosts.join(", "));
    }
    if !system.addresses.is_empty() {
        let nets: Vec<_> = system.addresses.iter().map(ToString::to_string).collect();
        let _ = writeln!(text, "  own addresses {}", nets.join(", "));
    }
    if let Some(u) = &system.undertaking {
        let first = if u.tells_us_first { "tells us first" } else { "does not tell us first" };
        let law = if u.except_required_by_law { "except what the law requires" } else { "without exception" };
        let _ = writeln!(
            text,
            "  undertaking signed by the {}, {} to {}; {law}; {first}; document {}",
            u.role, u.signed, u.expires, u.sha256
        );
    }
    if let Some(on) = system.safeguarding_approved {
        let _ = writeln!(text, "  emergencies approved by the panel on {}", words::day(on));
    }
    about(text, "  ", &system.about);
    for connection in policy.integrations.values().filter(|i| i.destination == system.id) {
        let now = match destination::opening(policy, connection, today) {
            Ok(()) => "open, item by item".to_owned(),
            Err(refusal) => format!("refused ({}): {}", refusal.code, refusal.detail),
        };
        let _ = writeln!(text, "  connection  {}: {now}", connection.id);
    }
    for (i, change) in standing.changes.iter().enumerate() {
        let _ = writeln!(text, "  {:<11} {change}", if i == 0 { "what next" } else { "" });
    }
}

fn about(text: &mut String, indent: &str, about: &About) {
    let sure = about.confidence.map_or(String::new(), |c| format!(" ({c} confidence)"));
    for (i, evidence) in about.evidence.iter().enumerate() {
        let name = if i == 0 { "evidence" } else { "" };
        let _ = writeln!(text, "{indent}{name:<11} {evidence}{}", if i == 0 { sure.as_str() } else { "" });
    }
    if let Some(note) = &about.note {
        let _ = writeln!(text, "{indent}{:<11} {note}", "note");
    }
}

/// A link and what is known of it.
fn said(text: &mut String, link: &Link, policy: &Policy) {
    let _ = writeln!(text, "  {}", words::link(&policy.registry, link));
    for evidence in &link.evidence {
        let _ = writeln!(text, "     evidence: {evidence}");
    }
    if let Some(note) = &link.note {
        let _ = writeln!(text, "     note: {note}");
    }
}

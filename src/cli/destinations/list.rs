//! `havengate destinations list`.

use super::{AsOf, Context, Failure, Files, Printed, data, force, many};
use crate::policy::{
    Class, Policy,
    organisations::{System, SystemKind, words},
};
use jiff::civil::Date;
use serde_json::json;
use std::fmt::Write as _;

/// What `list` is told.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  havengate destinations list
  havengate destinations list --class unassessed --used
  havengate destinations list --kind forum --kind relay
  havengate --json destinations list --class clear

--json: `day`, `recipients` (an array as of `show`), `read_from`, and `gateway` as of `why`.")]
pub struct List {
    /// Only these: root, associated, unassessed, clear. Repeatable
    #[arg(long, value_name = "CLASS")]
    class: Vec<Class>,
    /// Only of this kind: housing, health, safeguarding, immigration-adviser, funder, relay, forum, supplier, support,
    /// government. Repeatable
    #[arg(long, value_name = "KIND")]
    kind: Vec<SystemKind>,
    /// Only of organisations whose id or name holds this
    #[arg(long, value_name = "TEXT")]
    organisation: Option<String>,
    /// Also the local authorities of councils.toml, which are known by their domains and no more
    #[arg(long)]
    councils: bool,
    /// Only recipients that a connection uses
    #[arg(long)]
    used: bool,
    #[command(flatten)]
    as_of: AsOf,
}

/// Carries it out.
pub(super) fn run(args: &List, context: &Context) -> Result<Printed, Failure> {
    let config = context.load()?;
    let policy = Files::read(config.policies.clone())?.compile()?;
    let today = args.as_of.day();
    let systems = policy.registry.systems.values().map(AsRef::as_ref);
    let shown: Vec<&System> = systems.filter(|s| args.wants(s, &policy, today)).collect();
    let mut text = String::new();
    for class in Class::ALL {
        let of: Vec<_> = shown.iter().filter(|s| s.class(today) == *class).collect();
        if of.is_empty() {
            continue;
        }
        let _ = writeln!(text, "{} ({}): {}", class, of.len(), words::class(*class));
        for system in of {
            let _ = writeln!(text, "  {:<44} {}", system.id.as_str(), line(system, &policy, today));
        }
        text.push('\n');
    }
    let _ = writeln!(text, "{}, as of {}", many(shown.len(), "recipient"), words::day(today));
    let councils = policy.registry.organisations.values().filter(|o| o.council).count();
    if councils > 0 && !args.shows_councils() {
        let _ = writeln!(
            text,
            "Besides, {councils} local authorities are known by their domains and not assessed: --councils lists them, \
             `why` finds one."
        );
    }
    let force = force::now(&config, &policy);
    text.push_str(&force.text());
    let recipients: Vec<_> = shown.iter().map(|s| data::system(&policy, s, today)).collect();
    let data = json!({
        "day": today, "recipients": recipients, "read_from": config.policies, "gateway": force.data(),
    });
    Ok(Printed::done(text, data))
}

impl List {
    /// Who looks for a name should find it wherever it stands.
    const fn shows_councils(&self) -> bool {
        self.councils || self.organisation.is_some()
    }

    fn wants(&self, system: &System, policy: &Policy, today: Date) -> bool {
        let holds = |text: &str, part: &str| text.to_lowercase().contains(&part.to_lowercase());
        let organisation = self.organisation.as_ref();
        let council = policy.registry.organisations.get(&system.organisation).is_some_and(|o| o.council);
        (!council || self.shows_councils())
            && (self.class.is_empty() || self.class.contains(&system.class(today)))
            && (self.kind.is_empty() || self.kind.contains(&system.kind))
            && organisation.is_none_or(|o| holds(system.organisation.as_str(), o) || holds(&system.name, o))
            && (!self.used || policy.integrations.values().any(|i| i.destination == system.id))
    }
}

/// Whose it is, and what matters most of it.
fn line(system: &System, policy: &Policy, today: Date) -> String {
    let mut parts = vec![system.name.clone(), words::kind(system.kind).to_owned()];
    if !matches!(system.class(today), Class::Root | Class::Associated) {
        parts.push(match &system.assessed {
            Some(a) if a.until < today => format!("assessment ended {}", a.until),
            Some(a) => format!("assessed until {}", a.until),
            None => "not assessed".to_owned(),
        });
    }
    if system.home_office_forum {
        parts.push("the Home Office is in this forum".to_owned());
    }
    if system.class(today) != Class::Root {
        parts.push(match &system.undertaking {
            Some(u) if u.expires < today => format!("undertaking ended {}", u.expires),
            Some(u) => format!("undertaking until {}", u.expires),
            None => "no undertaking".to_owned(),
        });
    }
    let used = policy.integrations.values().filter(|i| i.destination == system.id).count();
    if used > 0 {
        parts.push(many(used, "connection"));
    }
    parts.join("; ")
}

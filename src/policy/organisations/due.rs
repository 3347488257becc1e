//! What runs out, and when: assessments, undertakings, approvals, deadlines of challenges.

use super::{Class, ForumState, words};
use crate::{flow::name_closed as closed, policy::Policy};
use jiff::{ToSpan as _, civil::Date};

closed! {
    /// What runs out.
    Thing {
        /// A recipient's assessment.
        Assessment = "assessment",
        /// A recipient's undertaking (DATA-4).
        Undertaking = "undertaking",
        /// The panel's approval of a connection (DATA-2).
        Approval = "approval",
        /// The deadline of a challenge in a forum (TRANS-2).
        Forum = "forum",
        /// The panel's leave for emergency disclosures. It has no end; a look each year is proposed.
        Safeguarding = "safeguarding",
    }
}

/// Something that runs out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// Its last day; for a safeguarding approval the day a year after it was given.
    pub on: Date,
    /// What.
    pub thing: Thing,
    /// Of which recipient or connection.
    pub id: String,
    /// Its name, for people.
    pub name: String,
    /// What happens then.
    pub then: String,
    /// What to do.
    pub mend: String,
    /// Connections that stop.
    pub connections: Vec<String>,
}

/// Everything that runs out, the earliest first. Nothing of a root: it is closed whatever anybody wrote about it.
#[must_use]
pub fn due(policy: &Policy) -> Vec<Due> {
    let mut found = Vec::new();
    for system in policy.registry.systems.values().filter(|s| s.linked != Class::Root) {
        let users = policy.integrations.values().filter(|i| i.destination == system.id);
        let connections: Vec<String> = users.map(|i| i.id.to_string()).collect();
        let mut push = |on, thing, then: &str, mend: String| {
            let (id, name) = (system.id.to_string(), system.name.clone());
            let connections = if thing == Thing::Safeguarding { Vec::new() } else { connections.clone() };
            found.push(Due { on, thing, id, name, then: then.to_owned(), mend, connections });
        };
        if let Some(a) = &system.assessed {
            let mend = format!("Look again at where its data goes, then: havengate destinations assess {}", system.id);
            push(a.until, Thing::Assessment, "Nothing is sent there any more until it is assessed again.", mend);
        }
        if let Some(u) = &system.undertaking {
            let mend = format!("Ask for it in time: havengate destinations letter {}", system.id);
            push(u.expires, Thing::Undertaking, "Nothing is sent there any more until it is renewed (DATA-4).", mend);
        }
        if let Some((forum, deadline)) = system.forum.and_then(|f| Some((f, f.deadline?)))
            && forum.state != ForumState::Left
        {
            let then = "If the Home Office is still there, we leave (TRANS-2). It is closed to us meanwhile.";
            let mend = "Ask whether it has left; record what you find in organisations.toml; tell the panel.";
            push(deadline, Thing::Forum, then, mend.to_owned());
        }
        if let Some(on) = system.safeguarding_approved {
            let then = "The approval has no end. A look each year is proposed; nothing stops by itself.";
            let mend = "Ask the panel whether emergencies should still go there, and record the new day.";
            push(on.saturating_add(1.year()), Thing::Safeguarding, then, mend.to_owned());
        }
    }
    for connection in policy.integrations.values() {
        let Some(approval) = &connection.approval else { continue };
        let system = policy.registry.system(&connection.destination);
        let needed = system.is_some_and(|s| s.linked == Class::Associated);
        let then = if needed {
            "The connection stops until the panel approves it again (DATA-2)."
        } else {
            "The recipient is not associated today, so nothing stops."
        };
        found.push(Due {
            on: approval.until,
            thing: Thing::Approval,
            id: connection.id.to_string(),
            name: system.map_or_else(|| connection.destination.to_string(), |s| s.name.clone()),
            then: then.to_owned(),
            mend: format!("Bring it to the panel, then write `approval` in integrations/{}.toml.", connection.id),
            connections: if needed { vec![connection.id.to_string()] } else { Vec::new() },
        });
    }
    found.sort_by(|a, b| (a.on, a.thing, &a.id).cmp(&(b.on, b.thing, &b.id)));
    found
}

impl Due {
    /// One line: what it is the last day of.
    #[must_use]
    pub fn summary(&self) -> String {
        match self.thing {
            Thing::Assessment => format!("Last day of the assessment of {} ({})", self.name, self.id),
            Thing::Undertaking => format!("Last day of the undertaking of {} ({})", self.name, self.id),
            Thing::Approval => {
                format!("Last day of the panel's approval of the connection {} ({})", self.id, self.name)
            }
            Thing::Forum => format!("Deadline: the Home Office to leave the forum of {} ({})", self.name, self.id),
            Thing::Safeguarding => format!("Look again at the emergency approval of {} ({})", self.name, self.id),
        }
    }

    /// `5 days left`, `today is the last day`, `12 days over`.
    #[must_use]
    pub fn left(&self, today: Date) -> String {
        let many = |n: i32| if n == 1 { "1 day".to_owned() } else { format!("{n} days") };
        match self.days(today) {
            0 => "today is the last day".to_owned(),
            n if n > 0 => format!("{} left", many(n)),
            n => format!("{} over", many(n.saturating_neg())),
        }
    }

    /// Days from today to the last one; below zero when it is over.
    #[must_use]
    pub fn days(&self, today: Date) -> i32 {
        (self.on - today).get_days()
    }

    /// What happens, what stops, what to do.
    #[must_use]
    pub fn description(&self) -> String {
        let stops = match self.connections.as_slice() {
            [] => String::new(),
            list => format!(" Connections: {}.", list.join(", ")),
        };
        format!("Until {}. {}{stops} {}", words::day(self.on), self.then, self.mend)
    }
}

//! What had gone, in words: figures for the panel, references for workers, never both.

use crate::{
    cli::{Exit, Printed, destinations::many},
    flow::{App, Group, SystemId},
    gate::control::ClientRef,
    ledger::exposure::{Basis, Figures, Month, People},
    policy::organisations::words,
};
use jiff::civil::Date;
use serde_json::{Value, json};
use std::{collections::BTreeSet, fmt::Write as _};

/// What no figure of the record book says.
const CANNOT_KNOW: [&str; 3] = [
    "What went by telephone, e-mail or paper, or from a hosted case system that never crossed this gateway.",
    "What the recipient did with it, and what went before this record book began.",
    "Of whom something went once its details were erased: then only the figures are left.",
];

/// From when on something can be said.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known {
    /// What was asked.
    pub(super) since: Date,
    /// The first day of which the record book knows that something was sent, to anybody.
    pub(super) first: Option<Date>,
}

impl Known {
    fn text(self) -> String {
        match self.first {
            None => "\nThe record book holds nothing that was sent to anybody.\n".to_owned(),
            Some(first) if self.since < first => format!(
                "\nThe record book knows of nothing sent to anybody before {}: of the time from {} to then it can say \
                 nothing.\n",
                words::day(first),
                words::day(self.since)
            ),
            Some(first) => format!("\nThe first that the record book knows of was sent on {}.\n", words::day(first)),
        }
    }
}

/// For the panel.
pub(super) fn panel(figures: &Figures, systems: &BTreeSet<SystemId>, known: Known) -> Printed {
    let Known { since, first } = known;
    let mut text = format!("What went to {} since {} (whole months, UTC)\n", named(systems), words::day(since));
    let mut months = Vec::new();
    for (month, (requests, unknown)) in &figures.requests {
        let name = written(*month);
        let _ = write!(text, "\n{name}: {}", many(usize::try_from(*requests).unwrap_or(usize::MAX), "request"));
        if *unknown > 0 {
            let _ = write!(text, ", of {unknown} of which it is not known that they arrived");
        }
        text.push('\n');
        let mut values = Vec::new();
        for ((_, group, form, basis), cell) in figures.values.iter().filter(|((m, ..), _)| m == month) {
            let shown = cell.shown().to_string();
            let _ = writeln!(text, "  {:<24} {:<12} {:<26} {shown}", grouped(*group), formed(form), based(*basis));
            values.push(json!({ "group": group, "form": form, "basis": basis, "values": shown }));
        }
        months.push(json!({ "month": name, "requests": requests, "arrival_unknown": unknown, "values": values }));
    }
    if months.is_empty() {
        text.push_str("\nThe record book knows of nothing.\n");
    }
    if figures.erased > 0 {
        let erased = many(usize::try_from(figures.erased).unwrap_or(usize::MAX), "request");
        let _ = writeln!(text, "\nOf {erased} the details, or some of them, were erased.");
    }
    text.push_str(&known.text());
    text.push_str("\nWhat the record book cannot know\n");
    for line in CANNOT_KNOW {
        let _ = writeln!(text, "  {line}");
    }
    let data = json!({
        "recipients": systems, "since": since, "months": months, "erased": figures.erased, "first_known": first,
        "cannot_know": CANNOT_KNOW,
    });
    Printed::done(text, data)
}

/// For workers, who tell people.
pub(super) fn workers(
    people: &People,
    references: &[ClientRef],
    caller: &App,
    systems: &BTreeSet<SystemId>,
    known: Known,
) -> Printed {
    let Known { since, first } = known;
    let mut text = format!(
        "Clients of {caller} of whom something went to {} since {}\nRead {}. Capital and small letters are different: c-1 is \
         not C-1.\n\n",
        named(systems),
        words::day(since),
        many(references.len(), "reference")
    );
    let mut found: Vec<Value> = Vec::new();
    for (position, told) in &people.found {
        let Some(reference) = references.get(*position) else { continue };
        let groups: Vec<_> = told.groups.iter().map(|g| grouped(*g)).collect();
        let arrived = if told.answered { "" } else { " (it is not known that it arrived)" };
        let _ = writeln!(
            text,
            "{}\n  first on {}: {}{arrived}",
            reference.as_str(),
            words::day(told.since),
            groups.join(", ")
        );
        if systems.len() > 1 {
            let to: Vec<_> = told.to.iter().map(SystemId::as_str).collect();
            let _ = writeln!(text, "  to {}", to.join(", "));
        }
        found.push(json!({
            "reference": reference.as_str(), "since": told.since, "groups": told.groups, "to": told.to,
            "answered": told.answered,
        }));
    }
    if found.is_empty() {
        text.push_str("None of the list is in the details that are kept.\n");
    } else {
        text.push_str(
            "\nTell them in person, with an independent adviser to turn to. Send nothing to their phones. Do not keep this \
             list.\n",
        );
    }
    text.push_str(match people.erased {
        true => {
            "\nSomething else went of which the details, or some of them, were erased: it cannot be said of whom. Others of \
             the list may be concerned.\n"
        }
        false => "\nOf every request in this time the details are still kept.\n",
    });
    text.push_str(&known.text());
    for line in CANNOT_KNOW {
        let _ = writeln!(text, "  Not known: {line}");
    }
    let exit = if found.is_empty() { Exit::Ok } else { Exit::Finding };
    let data = json!({
        "caller": caller, "recipients": systems, "since": since, "first_known": first, "read": references.len(),
        "references": found, "incomplete": people.erased,
        "cannot_know": CANNOT_KNOW,
    });
    Printed { text, data, exit }
}

fn named(systems: &BTreeSet<SystemId>) -> String {
    let names: Vec<_> = systems.iter().map(SystemId::as_str).collect();
    match names.as_slice() {
        [] => "nobody".to_owned(),
        few if few.len() <= 5 => few.join(", "),
        all => format!("{} recipients", all.len()),
    }
}

fn written((year, month): Month) -> String {
    format!("{year}-{month:02}")
}

const fn grouped(group: Group) -> &'static str {
    match group {
        Group::Identity => "identity",
        Group::Contact => "contact",
        Group::Location => "location",
        Group::Immigration => "immigration status",
        Group::Special => "health, belief and alike",
        Group::FreeText => "free text",
        Group::Operational => "about nobody",
    }
}

fn formed(form: &str) -> &str {
    match form {
        "raw" => "exact",
        "generalised" => "rough",
        "pseudonym" => "a pseudonym",
        _ => "in any form",
    }
}

const fn based(basis: Basis) -> &'static str {
    match basis {
        Basis::Consent => "with consent",
        Basis::Emergency => "in an emergency",
        Basis::Nobody => "about nobody",
        Basis::Erased => "ground no longer known",
    }
}

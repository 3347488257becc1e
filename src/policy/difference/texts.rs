//! The charter's texts, the categories and the list of places.

use super::{Area, Found, Way, data::label};
use crate::{
    flow::Group,
    policy::{ClauseText, Policy},
};

pub(super) fn compare(old: &Policy, new: &Policy, found: &mut Found) {
    for (clause, after) in &new.clauses {
        clause_text(clause.as_str(), old.clauses.get(clause), Some(after), found);
    }
    for (clause, before) in old.clauses.iter().filter(|(c, _)| !new.clauses.contains_key(*c)) {
        clause_text(clause.as_str(), Some(before), None, found);
    }
    for (name, after) in &new.added_clauses {
        clause_text(name, old.added_clauses.get(name), Some(after), found);
    }
    for (name, before) in old.added_clauses.iter().filter(|(n, _)| !new.added_clauses.contains_key(*n)) {
        clause_text(name, Some(before), None, found);
    }
    categories(old, new, found);
    places(old, new, found);
}

fn clause_text(clause: &str, before: Option<&ClauseText>, after: Option<&ClauseText>, found: &mut Found) {
    let mut say = |text: String, behind: Vec<String>| found.with(Area::Texts, Way::Neither, text, behind);
    match (before, after) {
        (None, Some(a)) => say(
            format!("The charter has a text for {clause}: {}.", a.title),
            vec![a.summary.clone(), a.adopted.clone()],
        ),
        (Some(b), None) => {
            say(format!("The charter has no text for {clause} any more."), vec![b.summary.clone(), b.adopted.clone()])
        }
        (Some(b), Some(a)) if a.adopted != b.adopted => {
            let was =
                if b.adopted.is_empty() { "It had none.".to_owned() } else { format!("Until now: {}", b.adopted) };
            let now = if a.adopted.is_empty() { "None.".to_owned() } else { format!("Now: {}", a.adopted) };
            say(format!("The text that we adopted for {clause} is another."), vec![now, was]);
        }
        (Some(b), Some(a)) if a != b => {
            let behind = vec![format!("Now: {}", a.summary), format!("Until now: {}", b.summary)];
            say(format!("The summary or the title of {clause} is another."), behind);
        }
        _ => {}
    }
}

fn categories(old: &Policy, new: &Policy, found: &mut Found) {
    let mut say = |way, text: String| found.say(Area::Categories, way, text);
    for (category, after) in &new.categories.0 {
        let what = label(new, category);
        let Some(before) = old.categories.0.get(category) else {
            say(
                Way::Neither,
                format!("There is a new category, {what} ({category}), of the group {}.", group(after.group)),
            );
            continue;
        };
        if before.group != after.group {
            let way = match (before.group, after.group) {
                (_, Group::Operational) => Way::Loosens,
                (Group::Operational, _) => Way::Tightens,
                _ => Way::Neither,
            };
            let (now, then) = (group(after.group), group(before.group));
            say(way, format!("The category {what} ({category}) belongs to the group {now}, until now {then}."));
        }
        if before.parent != after.parent {
            let under = |p: &Option<crate::flow::Category>, policy: &Policy| {
                p.as_ref().map_or_else(|| "nothing".to_owned(), |p| label(policy, p))
            };
            let (now, then) = (under(&after.parent, new), under(&before.parent, old));
            say(Way::Neither, format!("The category {what} ({category}) stands under {now}, until now under {then}."));
        }
        match (before.coarse, after.coarse) {
            (false, true) => say(Way::Loosens, format!("{what} ({category}) counts as a place that finds nobody.")),
            (true, false) => {
                say(Way::Tightens, format!("{what} ({category}) no longer counts as a place that finds nobody."))
            }
            _ => {}
        }
        if before.holds != after.holds {
            let way = if after.holds.len() < before.holds.len() { Way::Tightens } else { Way::Loosens };
            say(way, format!("What a value of {what} ({category}) may hold as part of what it is has changed."));
        }
        if before.label != after.label {
            say(
                Way::Neither,
                format!("The category {category} is called “{}”, until now “{}”.", after.label, before.label),
            );
        }
    }
    for category in old.categories.0.keys().filter(|c| !new.categories.0.contains_key(*c)) {
        say(Way::Neither, format!("There is no category {} ({category}) any more.", label(old, category)));
    }
}

fn group(group: Group) -> &'static str {
    match group {
        Group::Immigration => "immigration status",
        Group::Operational => "about nobody",
        other => other.as_str(),
    }
}

/// How many entries came and went. Which places they are stands nowhere: only digests are kept.
fn places(old: &Policy, new: &Policy, found: &mut Found) {
    let (before, after) = (old.places.entries(), new.places.entries());
    let mut say = |way, text: String| found.say(Area::Places, way, text);
    if old.places.key() != new.places.key() && !before.is_empty() && !after.is_empty() {
        let text = format!(
            "The list of sleep sites and refuges is made with another key: {} entries, until now {}.",
            after.len(),
            before.len()
        );
        return say(if after.len() < before.len() { Way::Loosens } else { Way::Neither }, text);
    }
    let gone = before.iter().filter(|p| !after.contains(p)).count();
    let came = after.iter().filter(|p| !before.contains(p)).count();
    let size = after.len();
    if gone > 0 {
        say(
            Way::Loosens,
            format!(
                "{gone} entries of the list of sleep sites and refuges are gone: the gateway no longer looks for them. It has {size} now."
            ),
        );
    }
    if came > 0 {
        say(
            Way::Tightens,
            format!("{came} entries of the list of sleep sites and refuges are new. It has {size} now."),
        );
    }
}

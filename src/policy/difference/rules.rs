//! Cedar's rules by their `@id`. What a rule does to data shows in what may go where; here stands that it was touched,
//! and its text.

use super::{Area, Found, Version, Way};
use crate::policy::{
    charter::{Effect, FLOOR, Rule},
    shipped,
};
use std::collections::BTreeMap;

pub(super) fn compare(old: &Version, new: &Version, found: &mut Found) {
    let (before, after) = (texts(old), texts(new));
    for (id, (rule, text)) in &before {
        if !after.contains_key(id) {
            let way = opposite(way(rule));
            say(way, format!("The rule “{id}”, which {}, is gone.", does(rule)), &[text], found);
        }
    }
    for (id, (rule, text)) in &after {
        match before.get(id) {
            None => say(way(rule), format!("There is a new rule, “{id}”, which {}.", does(rule)), &[text], found),
            Some((_, earlier)) if earlier != text => {
                let words = format!("The rule “{id}”, which {}, reads otherwise.", does(rule));
                say(Way::Neither, words, &[text, earlier], found);
            }
            Some(_) => {}
        }
    }
    if old.other_core != new.other_core {
        let text = "The core files (the charter's floor, the categories and the Home Office's bodies) are of another \
                    version of Havengate. They were compared as this version has them.";
        found.say(Area::Rules, Way::Neither, text);
    }
}

fn say(way: Way, text: String, texts: &[&String], found: &mut Found) {
    let behind = match texts {
        [now, earlier] => vec![format!("Now:\n{now}"), format!("Until now:\n{earlier}")],
        texts => texts.iter().map(|t| (*t).clone()).collect(),
    };
    found.with(Area::Rules, way, text, behind);
}

/// Each rule and how it reads. Where the core was of another version, this version's floor was read.
fn texts(version: &Version) -> BTreeMap<&str, (&Rule, String)> {
    let text = |rule: &Rule| {
        let core = shipped::CORE.iter().any(|(name, _)| *name == rule.file);
        let file = if core { FLOOR } else { version.sources.get(rule.file).unwrap_or_default() };
        file.get(rule.span.clone()).unwrap_or_default().to_owned()
    };
    version.policy.charter.rules().iter().map(|rule| (rule.id.as_str(), (rule, text(rule)))).collect()
}

const fn way(rule: &Rule) -> Way {
    match rule.effect {
        Effect::Permit => Way::Loosens,
        Effect::Forbid => Way::Tightens,
    }
}

const fn opposite(way: Way) -> Way {
    match way {
        Way::Loosens => Way::Tightens,
        Way::Tightens => Way::Loosens,
        other => other,
    }
}

const fn does(rule: &Rule) -> &'static str {
    match rule.effect {
        Effect::Permit => "allows something",
        Effect::Forbid => "forbids something",
    }
}

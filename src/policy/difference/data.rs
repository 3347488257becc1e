//! What may go where: which category, in which form, to whom, from which places, on which grounds.

use super::{
    Area, Found, Way, list,
    reach::{self, Grounds},
};
use crate::{
    flow::{Category, Form},
    policy::{Integration, Operation, Policy},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// What may leave by an operation: for each category and form the places it may leave from, and on which grounds.
pub(super) type Reach = BTreeMap<(Category, Form), Places>;
/// Places, and on which grounds something may leave from each.
type Places = BTreeMap<Arc<str>, Grounds>;

/// The most places that one sentence names.
const NAMED: usize = 5;

/// What may leave by an operation. Empty where the connection is closed whatever is sent.
pub(super) fn of(policy: &Policy, integration: &Integration, operation: &Operation) -> Reach {
    let mut found = Reach::new();
    let Some(to) = reach::recipient(policy, integration).filter(|to| reach::open(policy, to)) else { return found };
    for place in reach::places(operation) {
        for form in place.rule.forms() {
            let grounds = reach::grounds(policy, &to, &place.rule.category, form, &place);
            if !grounds.none() {
                let places = found.entry((place.rule.category.clone(), form)).or_default();
                let known = places.entry(Arc::clone(&place.rule.path)).or_default();
                *known = known.or(grounds);
            }
        }
    }
    found
}

/// Everything that may leave by an operation, a line each.
pub(super) fn all(policy: &Policy, reach: &Reach) -> Vec<String> {
    let line = |((category, form), places): (&(Category, Form), &Places)| {
        let grounds: BTreeSet<_> = places.values().copied().collect();
        let words: Vec<_> = grounds.into_iter().map(Grounds::words).collect();
        format!("{}, {}, {}", label(policy, category), reach::form(*form), words.join("; from elsewhere "))
    };
    reach.iter().map(line).collect()
}

/// One operation that both sets have, to the same recipient.
pub(super) struct Operations<'a> {
    pub old: (&'a Policy, &'a Integration, &'a Operation),
    pub new: (&'a Policy, &'a Integration, &'a Operation),
    /// The recipient, in words.
    pub to: &'a str,
}

/// What may leave by it now and could not before, and the other way round.
pub(super) fn compare(pair: &Operations<'_>, found: &mut Found) {
    let (before, after) = (of(pair.old.0, pair.old.1, pair.old.2), of(pair.new.0, pair.new.1, pair.new.2));
    called_otherwise(pair, found);
    let keys: BTreeSet<_> = before.keys().chain(after.keys()).collect();
    let nowhere = Places::new();
    for key in keys {
        let (old, new) = (before.get(key).unwrap_or(&nowhere), after.get(key).unwrap_or(&nowhere));
        if old != new {
            one(pair, key, (old, new), found);
        }
    }
}

fn one(pair: &Operations<'_>, (category, form): &(Category, Form), (old, new): (&Places, &Places), found: &mut Found) {
    let policy = if new.is_empty() { pair.old.0 } else { pair.new.0 };
    let (what, form, to) = (label(policy, category), reach::form(*form), pair.to);
    let by = by(pair.new.1, pair.new.2);
    let mut say = |way, text| found.say(Area::Data, way, text);
    for (grounds, places) in by_grounds(new, |path, _| !old.contains_key(path)) {
        let grounds = grounds.words();
        say(
            Way::Loosens,
            match old.is_empty() {
                true => format!("From now on {what} may go to {to}, {form}, {grounds} ({by}, {places})."),
                false => format!("From now on {what} may also go to {to} from {places}, {form}, {grounds} ({by})."),
            },
        );
    }
    for (_, places) in by_grounds(old, |path, _| !new.contains_key(path)) {
        say(
            Way::Tightens,
            match new.is_empty() {
                true => format!("From now on {what} no longer goes to {to}, {form} ({by}, {places})."),
                false => format!("From now on {what} no longer goes to {to} from {places}, {form} ({by})."),
            },
        );
    }
    for (path, now) in new {
        let Some(before) = old.get(path).filter(|before| *before != now) else { continue };
        let way = if now.more_than(*before) { Way::Loosens } else { Way::Tightens };
        let (now, before) = (now.words(), before.words());
        say(way, format!("From now on {what} may go to {to}, {form}, {now}; until now {before} ({by}, `{path}`)."));
    }
}

/// The places that are asked for, by their grounds.
fn by_grounds(places: &Places, which: impl Fn(&Arc<str>, Grounds) -> bool) -> BTreeMap<Grounds, String> {
    let mut found: BTreeMap<Grounds, Vec<String>> = BTreeMap::new();
    for (path, grounds) in places.iter().filter(|(path, grounds)| which(path, **grounds)) {
        found.entry(*grounds).or_default().push(format!("`{path}`"));
    }
    found.into_iter().map(|(grounds, paths)| (grounds, list(&paths, NAMED))).collect()
}

/// A place that is called something else is judged as something else: the quietest way to let something out.
fn called_otherwise(pair: &Operations<'_>, found: &mut Found) {
    let (old, new) = (names(pair.old.2), names(pair.new.2));
    for (path, now) in &new {
        let Some(before) = old.get(path).filter(|before| *before != now) else { continue };
        let named = |policy: &Policy, all: &BTreeSet<Category>| {
            list(&all.iter().map(|c| format!("“{}”", label(policy, c))).collect::<Vec<_>>(), NAMED)
        };
        let about_nobody = |policy: &Policy, all: &BTreeSet<Category>| {
            all.iter().any(|c| policy.categories.group(c) == Some(crate::flow::Group::Operational))
        };
        let way = match (about_nobody(pair.old.0, before), about_nobody(pair.new.0, now)) {
            (false, true) => Way::Loosens,
            (true, false) => Way::Tightens,
            _ => Way::Neither,
        };
        let (by, now) = (by(pair.new.1, pair.new.2), named(pair.new.0, now));
        let before = named(pair.old.0, before);
        found.say(
            Area::Data,
            way,
            format!("What stands at `{path}` counts as {now} from now on, until now as {before} ({by})."),
        );
    }
}

fn names(operation: &Operation) -> BTreeMap<Arc<str>, BTreeSet<Category>> {
    let mut found: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for place in reach::places(operation) {
        found.entry(Arc::clone(&place.rule.path)).or_default().insert(place.rule.category.clone());
    }
    found
}

/// By which connection and operation.
pub(super) fn by(integration: &Integration, operation: &Operation) -> String {
    format!("connection {}, operation {}", integration.id, operation.id)
}

/// What a category is called within a sentence.
pub(super) fn label(policy: &Policy, category: &Category) -> String {
    const NAMES: [&str; 2] = ["National ", "Home "];
    let Some(facts) = policy.categories.0.get(category) else { return category.to_string() };
    if category.as_str() == "hg:Operational" {
        return "operational data".to_owned();
    }
    let mut letters = facts.label.chars();
    let (first, second) = (letters.next(), letters.next());
    // A name of its own keeps its capitals.
    if NAMES.iter().any(|n| facts.label.starts_with(n)) || second.is_some_and(char::is_uppercase) {
        return facts.label.clone();
    }
    first.into_iter().flat_map(char::to_lowercase).chain(facts.label.chars().skip(1)).collect()
}

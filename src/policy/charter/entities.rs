//! The category tree as Cedar entities: category → parent → group.

use super::{
    fault,
    request::{Vocabulary, uid},
};
use crate::{
    flow::{Category, Group},
    policy::{Categories, Diagnostic, Severity},
};
use cedar_policy::{Entities, Entity, RestrictedExpression, Schema};
use std::collections::{BTreeSet, HashMap, HashSet};

const FILE: &str = "categories.toml";

/// Builds the entities once for a policy set.
pub(super) fn build(
    categories: &Categories,
    vocabulary: &Vocabulary,
    schema: &Schema,
) -> Result<Entities, Vec<Diagnostic>> {
    let mut found = Vec::new();
    let mut entities = Vec::new();
    for (category, facts) in &categories.0 {
        if let Some(problem) = misplaced(category, categories) {
            found.push(problem);
        }
        let mut parents = HashSet::from([uid(&vocabulary.group, facts.group.as_str())]);
        parents.extend(facts.parent.as_ref().map(|p| uid(&vocabulary.category, p.as_str())));
        let coarse = HashMap::from([("coarse".to_owned(), RestrictedExpression::new_bool(facts.coarse))]);
        match Entity::new(uid(&vocabulary.category, category.as_str()), coarse, parents) {
            Ok(entity) => entities.push(entity),
            Err(e) => found.extend(fault::from_cedar(FILE, &e, "report this: the categories could not be built")),
        }
    }
    if !found.is_empty() {
        return Err(found);
    }
    Entities::from_entities(entities, Some(schema))
        .map_err(|e| fault::from_cedar(FILE, &e, "make every category's parents a tree that ends in its group"))
}

/// Categories that are about no person: `operational`, with every ancestor.
pub(super) fn operational(categories: &Categories) -> BTreeSet<Category> {
    let is = |c: &&Category| lineage(c, categories).is_some_and(|l| l.iter().all(|g| *g == Group::Operational));
    categories.0.keys().filter(is).cloned().collect()
}

/// What is wrong with a category's place in the tree. A category that is operational and something else would
/// need no consent for the something else.
fn misplaced(category: &Category, categories: &Categories) -> Option<Diagnostic> {
    let problem = |message: String, mend: &str| Diagnostic {
        severity: Severity::Error,
        file: FILE.to_owned(),
        span: None,
        message,
        mend: mend.to_owned(),
    };
    let Some(groups) = lineage(category, categories) else {
        return Some(problem(
            format!("the parents of {category} do not end: one is unknown, or they go round in a circle"),
            "name a parent that exists and that is not below this category",
        ));
    };
    let operational = groups.iter().filter(|g| **g == Group::Operational).count();
    (operational != 0 && operational != groups.len()).then(|| {
        problem(
            format!("{category} is in the group operational and, by a parent, in another"),
            "give it the group of its parent: data about a person is never operational",
        )
    })
}

/// The groups of a category and of all its ancestors; `None` where a parent is unknown or the line is a circle.
fn lineage(category: &Category, categories: &Categories) -> Option<Vec<Group>> {
    let mut groups = Vec::new();
    let mut at = Some(category);
    while let Some(c) = at {
        let facts = categories.0.get(c)?;
        if groups.len() >= categories.0.len() {
            return None;
        }
        groups.push(facts.group);
        at = facts.parent.as_ref();
    }
    Some(groups)
}

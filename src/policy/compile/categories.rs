//! The category tree: what each category is called, which group it belongs to, which rougher forms it has.

use super::{Problems, place};
use crate::{
    flow::{Category, Form, Group},
    policy::{
        Categories, Sources,
        diagnostic::Place,
        source::{
            At, LOCAL_CATEGORIES,
            categories::{Core, CoreFile, Local, LocalFile},
            read::{hint, read},
        },
    },
};
use std::collections::BTreeMap;

const CORE: &str = "categories.toml";

/// The rougher forms that mean something for each category.
pub(super) type Forms = BTreeMap<Category, Vec<Form>>;

/// One category as either file gives it.
struct Entry<'a> {
    at: Place<'a>,
    label: &'a str,
    group: Option<Group>,
    parent: Option<&'a At<Category>>,
    coarse: bool,
    forms: Option<Vec<Form>>,
    holds: Option<&'a [At<Category>]>,
}

/// `None` where a file cannot be read, which is reported.
pub(super) fn compile(sources: &Sources, problems: &mut Problems) -> Option<(Categories, Forms)> {
    let mut tree = Tree::default();
    let core: CoreFile = read(CORE, sources.get(CORE)?, problems)?;
    let local: Option<LocalFile> = match sources.get(LOCAL_CATEGORIES) {
        Some(text) => Some(read(LOCAL_CATEGORIES, text, problems)?),
        None => None,
    };
    for (id, core) in &core.category {
        let entry = core_entry(id, core.get_ref(), problems);
        tree.entries.insert(id.get_ref(), entry);
    }
    for (id, local) in local.iter().flat_map(|f| &f.category) {
        if tree.entries.contains_key(id.get_ref()) {
            let mend = "take it out, or give your category a name of its own: the core is not redefined";
            problems.error(place(LOCAL_CATEGORIES, id.span()), format!("`{}` is a core category", id.get_ref()), mend);
        } else {
            tree.entries.insert(id.get_ref(), local_entry(id, local.get_ref()));
        }
    }
    Some(tree.resolve(problems))
}

fn core_entry<'a>(id: &At<Category>, core: &'a Core, problems: &mut Problems) -> Entry<'a> {
    let forms = core.forms.as_ref().map(|forms| {
        let parsed = forms.get_ref().iter().map(|f| super::fields::form(f));
        if parsed.clone().any(|f| f.is_none()) {
            let mend = "list transforms, such as \"year\", or \"pseudonym\"";
            problems.error(place(CORE, forms.span()), "not every entry is a form", mend);
        }
        parsed.flatten().collect()
    });
    Entry {
        at: place(CORE, id.span()),
        label: &core.label,
        group: core.group,
        parent: core.parent.as_ref(),
        coarse: core.coarse,
        forms,
        holds: core.holds.as_deref(),
    }
}

fn local_entry<'a>(id: &At<Category>, local: &'a Local) -> Entry<'a> {
    let at = place(LOCAL_CATEGORIES, id.span());
    Entry { at, label: &local.label, group: None, parent: Some(&local.parent), coarse: false, forms: None, holds: None }
}

#[derive(Default)]
struct Tree<'a> {
    entries: BTreeMap<&'a Category, Entry<'a>>,
}

impl Tree<'_> {
    fn resolve(&self, problems: &mut Problems) -> (Categories, Forms) {
        let (mut categories, mut forms) = (Categories::default(), Forms::new());
        for (id, entry) in &self.entries {
            let Some(line) = self.line(entry, problems) else { continue };
            let Some(group) = line.iter().find_map(|e| e.group) else {
                let mend = "add `group = \"…\"` to it or to a parent";
                problems.error(entry.at.clone(), format!("`{id}` belongs to no group"), mend);
                continue;
            };
            // Only a core category says that it is coarse; an organisation's own take it from their parent.
            let coarse = if entry.at.file == CORE { entry.coarse } else { line.iter().any(|e| e.coarse) };
            let parent = entry.parent.map(|p| p.get_ref().clone());
            let holds = self.held(&line, problems);
            let facts = crate::policy::CategoryFacts { label: entry.label.to_owned(), group, parent, coarse, holds };
            categories.0.insert((*id).clone(), facts);
            forms.insert((*id).clone(), line.iter().find_map(|e| e.forms.clone()).unwrap_or_default());
        }
        (categories, forms)
    }

    /// What the nearest of a line says that it holds.
    fn held(&self, line: &[&Entry<'_>], problems: &mut Problems) -> Vec<Category> {
        let held = line.iter().find_map(|e| e.holds).unwrap_or_default();
        for unknown in held.iter().filter(|c| !self.entries.contains_key(c.get_ref())) {
            let known = self.entries.keys().map(|c| c.as_str());
            let mend = format!("{}name a category of `{CORE}`", hint(unknown.get_ref().as_str(), known));
            problems.error(place(CORE, unknown.span()), format!("there is no category `{}`", unknown.get_ref()), mend);
        }
        held.iter().map(|c| c.get_ref().clone()).collect()
    }

    /// The entry and its ancestors, nearest first. `None` where the line is broken, which is reported.
    fn line<'s>(&'s self, entry: &'s Entry<'s>, problems: &mut Problems) -> Option<Vec<&'s Entry<'s>>> {
        let mut line = vec![entry];
        let mut next = entry.parent;
        while let Some(parent) = next {
            let at = place(entry.at.file, entry.parent.map(At::span));
            let Some(found) = self.entries.get(parent.get_ref()) else {
                // The child that names the unknown parent is told of; its own children would only repeat it.
                if line.len() == 1 {
                    let known = self.entries.keys().map(|c| c.as_str());
                    let mend = format!("{}name a category of `{CORE}`", hint(parent.get_ref().as_str(), known));
                    problems.error(at, format!("there is no category `{}`", parent.get_ref()), mend);
                }
                return None;
            };
            if line.len() > self.entries.len() {
                problems.error(at, "the category is its own ancestor", "name another parent");
                return None;
            }
            line.push(found);
            next = found.parent;
        }
        Some(line)
    }
}

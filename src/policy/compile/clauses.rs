//! The charter's clauses, as the organisation shows them.

use super::{Problems, place};
use crate::{
    flow::Clause,
    policy::{
        ClauseText, Sources,
        source::{
            At,
            charter::{CharterFile, ClauseEntry},
            read::{hint, read},
        },
    },
};
use std::collections::BTreeMap;

const FILE: &str = "charter.toml";

type Clauses = (BTreeMap<Clause, ClauseText>, BTreeMap<String, ClauseText>);

pub(super) fn compile(sources: &Sources, problems: &mut Problems) -> Option<Clauses> {
    let file: CharterFile = read(FILE, sources.get(FILE)?, problems)?;
    let known = || Clause::ALL.iter().map(|c| c.as_str());
    let mut clauses = BTreeMap::new();
    for (name, entry) in &file.clause {
        match name.get_ref().parse::<Clause>() {
            Ok(clause) => drop(clauses.insert(clause, text(entry, problems))),
            Err(_) => {
                let mend = format!("{}a clause of your own goes under `[added.…]`", hint(name.get_ref(), known()));
                problems.error(
                    place(FILE, name.span()),
                    format!("the charter has no clause `{}`", name.get_ref()),
                    mend,
                );
            }
        }
    }
    for missing in Clause::ALL.iter().filter(|c| !clauses.contains_key(c)) {
        let mend = format!("add `[clause.{missing}]` with `title` and `summary`; refusals cite it");
        problems.error(place(FILE, None), format!("the clause {missing} is missing"), mend);
    }
    let mut added = BTreeMap::new();
    for (name, entry) in &file.added {
        if name.get_ref().parse::<Clause>().is_ok() {
            let mend = format!("paste your text into `adopted` of `[clause.{}]`", name.get_ref());
            problems.error(place(FILE, name.span()), "this is a clause of the charter itself", mend);
        }
        added.insert(name.get_ref().clone(), text(entry, problems));
    }
    Some((clauses, added))
}

fn text(entry: &At<ClauseEntry>, problems: &mut Problems) -> ClauseText {
    let entry = entry.get_ref();
    for part in [&entry.title, &entry.summary] {
        if part.get_ref().trim().is_empty() {
            problems.error(place(FILE, part.span()), "this is empty", "say in plain English what the clause asks");
        }
    }
    ClauseText {
        title: entry.title.get_ref().clone(),
        summary: entry.summary.get_ref().clone(),
        adopted: entry.adopted.clone(),
    }
}

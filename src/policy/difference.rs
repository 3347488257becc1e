//! What changed between two sets of rules, in whole sentences: for a scrutiny panel that reads no TOML, and for whoever
//! is about to make a set active.
//!
//! What may go where is not read off the files but asked of the charter, for each listed place of each operation and
//! for every ground on which it could leave ([`reach`]); so a rule, a link, a category moved to another group and a
//! place that is called something else all show in what they do. Pure: no day is "today" here, and what is in date is
//! said by its dates.

mod connections;
mod data;
mod operations;
pub mod reach;
mod recipients;
pub mod replay;
mod rest;
mod rules;
mod texts;

use super::{Diagnostic, Policy, Registry, Sources, shipped};
use crate::flow::{SystemId, name_closed as closed};

/// A set that can be compared: its files, and what they mean.
#[derive(Debug)]
pub struct Version {
    /// The files, as they were active.
    pub sources: Sources,
    /// What they mean.
    pub policy: Policy,
    /// Its core files are of another version of Havengate, and were read as this one has them.
    pub other_core: bool,
}

impl Version {
    /// Compiles a set to be compared. Where only its core files are unlike this version's, it is read with this
    /// version's: what an organisation wrote itself can then still be compared.
    ///
    /// # Errors
    /// What is wrong with it, where it cannot be compiled even so: another version of Havengate wrote it.
    pub fn read(sources: Sources) -> Result<Self, Vec<Diagnostic>> {
        let found = match Policy::compile(&sources) {
            Ok(policy) => return Ok(Self { sources, policy, other_core: false }),
            Err(found) => found,
        };
        let mut with_ours = sources.clone();
        for (name, text) in shipped::CORE {
            with_ours.insert(*name, *text);
        }
        if with_ours == sources {
            return Err(found);
        }
        Policy::compile(&with_ours).map(|policy| Self { sources, policy, other_core: true })
    }
}

closed! {
    /// Which way a change goes.
    Way {
        /// It lets more out, or out more easily.
        Loosens = "This lets more out",
        /// It lets less out.
        Tightens = "This lets less out",
        /// Neither, as far as can be said.
        Neither = "This lets neither more nor less out",
        /// Nobody has taught these words what comes of it.
        Unclear = "Whether this lets more out must be read in the file",
    }
}

closed! {
    /// What a change is about, in the order in which it is told.
    Area {
        /// Connections and operations.
        Connections = "Connections",
        /// What may go where.
        Data = "What may go where",
        /// Recipients: class, assessment, undertaking, forum.
        Recipients = "Recipients",
        /// Who shares data with whom.
        Links = "Links between organisations",
        /// The charter's rules and the organisation's own.
        Rules = "Rules",
        /// What the charter's clauses say to people.
        Texts = "The charter's texts",
        /// What kinds of data there are.
        Categories = "Categories",
        /// The list of sleep sites and refuges.
        Places = "The list of places",
    }
}

impl Area {
    /// What [`Said::behind`] holds, as a heading.
    #[must_use]
    pub const fn behind(self) -> &'static str {
        match self {
            Self::Connections | Self::Data => "What may go by it",
            Self::Links => "The evidence",
            Self::Rules => "The rule’s text",
            Self::Texts => "The texts",
            Self::Recipients => "Which they are",
            Self::Categories | Self::Places => "What stands behind it",
        }
    }
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Said {
    /// What it is about.
    pub area: Area,
    /// Which way it goes.
    pub way: Way,
    /// A whole sentence.
    pub text: String,
    /// What stands behind it: evidence, the rule's text, what may go by a new connection.
    pub behind: Vec<String>,
}

/// A file that is not as it was.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Changed {
    /// Its path below `policies/`.
    pub path: String,
    /// `added`, `taken out` or `changed`.
    pub how: &'static str,
}

/// Everything that is told of two sets.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Difference {
    /// The changes, by area.
    pub said: Vec<Said>,
    /// The files.
    pub files: Vec<Changed>,
}

impl Difference {
    /// Whether what may go where stays as it was: nothing that was found loosens, tightens or is unclear.
    #[must_use]
    pub fn moves_nothing(&self) -> bool {
        self.said.iter().all(|s| s.way == Way::Neither)
    }
}

/// What is different in `new`, in words.
#[must_use]
pub fn difference(old: &Version, new: &Version) -> Difference {
    let mut found = Found::default();
    connections::compare(&old.policy, &new.policy, &mut found);
    rest::compare(old, new, &mut found);
    recipients::compare(&old.policy.registry, &new.policy.registry, &mut found);
    rules::compare(old, new, &mut found);
    texts::compare(&old.policy, &new.policy, &mut found);
    // Stable: within an area the order is that of connections, recipients and files.
    found.0.sort_by_key(|said| said.area);
    Difference { said: found.0, files: files(&old.sources, &new.sources) }
}

/// Which files are not as they were.
#[must_use]
pub fn files(old: &Sources, new: &Sources) -> Vec<Changed> {
    let mut paths: Vec<&String> = old.0.keys().chain(new.0.keys()).collect();
    paths.sort();
    paths.dedup();
    let how = |path: &str| match (old.get(path), new.get(path)) {
        (None, Some(_)) => Some("added"),
        (Some(_), None) => Some("taken out"),
        (Some(a), Some(b)) if a != b => Some("changed"),
        _ => None,
    };
    paths.into_iter().filter_map(|p| Some(Changed { path: p.clone(), how: how(p)? })).collect()
}

/// What was found so far.
#[derive(Debug, Default)]
struct Found(Vec<Said>);

impl Found {
    fn say(&mut self, area: Area, way: Way, text: impl Into<String>) {
        self.with(area, way, text, Vec::new());
    }

    fn with(&mut self, area: Area, way: Way, text: impl Into<String>, behind: Vec<String>) {
        self.0.push(Said { area, way, text: text.into(), behind });
    }
}

/// A recipient as pages name it: `Riverside Council – housing referrals`.
#[must_use]
pub fn recipient(registry: &Registry, id: &SystemId) -> String {
    let Some((organisation, part)) = id.as_str().split_once('/') else { return id.to_string() };
    let name = registry.system(id).map_or(organisation, |s| registry.name(&s.organisation));
    format!("{name} – {}", part.replace(['-', '_', '/'], " "))
}

/// `a`, `a and b`, `a, b and c`; with more than `most` of them, how many more.
fn list(all: &[String], most: usize) -> String {
    let (shown, more) = all.split_at(all.len().min(most));
    match (shown, more.len()) {
        ([], _) => String::new(),
        ([one], 0) => one.clone(),
        ([first @ .., last], 0) => format!("{} and {last}", first.join(", ")),
        (shown, n) => format!("{} and {n} more", shown.join(", ")),
    }
}

#[cfg(test)]
mod tests;

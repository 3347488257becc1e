//! Mirrors into meaning: joins the files, checks what only shows across them, and builds the [`Policy`].

mod answer;
mod body;
mod categories;
mod clauses;
mod connection;
mod credentials;
mod fields;
mod operation;
mod places;
mod recipients;
mod routes;
mod upstream;

use super::{
    Categories, Charter, Diagnostic, Policy, Sources,
    charter::{CedarSources, FLOOR, Mentioned, SCHEMA},
    diagnostic::{Problems, place},
    source::{
        self,
        read::{hint, read},
    },
};
use crate::flow::IntegrationId;
use categories::Forms;
use std::{collections::BTreeMap, sync::Arc};

impl Policy {
    /// Compiles a set of files into one immutable snapshot. Pure: no clock, no file, no network; what is
    /// in date is decided at each request.
    ///
    /// # Errors
    /// Everything that is wrong, and the warnings, in order of file and place. There is no partial policy.
    pub fn compile(sources: &Sources) -> Result<Self, Vec<Diagnostic>> {
        let mut problems = Problems::default();
        sources.check_names(&mut problems);
        let found = compile(sources, &mut problems);
        let refused = problems.refused();
        let mut diagnostics = problems.into_sorted();
        match found {
            Some(mut policy) if !refused => {
                policy.warnings.append(&mut diagnostics);
                Ok(policy)
            }
            _ => Err(diagnostics),
        }
    }
}

fn compile(sources: &Sources, problems: &mut Problems) -> Option<Policy> {
    let categories = categories::compile(sources, problems);
    let registry = recipients::compile(sources, problems);
    let places = places::compile(sources, problems);
    let (clauses, added_clauses) = clauses::compile(sources, problems).unwrap_or_default();
    let mirrors: Vec<_> = sources
        .integrations()
        .filter_map(|(file, text)| Some((file, read::<source::integration::IntegrationFile>(file, text, problems)?)))
        .collect();
    // Without these every connection would be found fault with for what another file lacks.
    let ((categories, forms), registry) = (categories?, registry?);
    let meaning = Meaning { categories: &categories, forms: &forms, registry: &registry };
    let connections: Vec<_> = mirrors
        .iter()
        .filter_map(|(file, mirror)| {
            let integration = connection::compile(file, mirror, &meaning, problems)?;
            Some(routes::Connection { file, at: mirror.route.span(), integration })
        })
        .collect();
    routes::check(&connections, problems);
    let integrations: BTreeMap<_, _> =
        connections.into_iter().map(|c| (c.integration.id.clone(), c.integration.into())).collect();
    let charter = charter(sources, &categories, problems);
    let charter = charter.inspect(|charter| {
        problems.extend(charter.warnings().iter().cloned());
        check_mentions(charter, &registry, &integrations, problems);
    })?;
    let (warnings, places) = (Vec::new(), places?);
    let registry = Arc::new(registry);
    Some(Policy {
        hash: sources.hash(),
        integrations,
        registry,
        categories,
        places,
        charter,
        clauses,
        added_clauses,
        warnings,
    })
}

/// Cedar is asked even where something else is wrong, so that its findings are in the same list. A changed core
/// file is reported by name; the local rules are then still read against the floor they were written for.
fn charter(sources: &Sources, categories: &Categories, problems: &mut Problems) -> Option<Charter> {
    let local = sources.get("local.cedar")?;
    match Charter::compile(&CedarSources { floor: FLOOR, local, schema: SCHEMA }, categories) {
        Ok(charter) => Some(charter),
        Err(found) => {
            problems.extend(found);
            None
        }
    }
}

/// A rule about a connection or a recipient that does not exist never applies, which nobody would notice.
fn check_mentions(
    charter: &Charter,
    registry: &super::Registry,
    integrations: &BTreeMap<IntegrationId, Arc<super::Integration>>,
    problems: &mut Problems,
) {
    for mention in charter.mentions() {
        let (known, what): (Vec<&str>, _) = match mention.of {
            Mentioned::Integration => (integrations.keys().map(|id| id.as_str()).collect(), "connection"),
            Mentioned::System => (registry.systems.keys().map(|id| id.as_str()).collect(), "system"),
        };
        if !known.contains(&mention.id.as_str()) {
            let mend = format!("{}correct the name, or take the rule out", hint(&mention.id, known));
            let message = format!("there is no {what} `{}`: the rule would never apply", mention.id);
            problems.error(place(mention.file, mention.span.clone()), message, mend);
        }
    }
}

/// What the rest is read against.
struct Meaning<'a> {
    categories: &'a Categories,
    forms: &'a Forms,
    registry: &'a super::Registry,
}

impl super::Registry {
    /// The recipients of a policy set as far as they can be read, whatever else is wrong with it or has changed since:
    /// to be compared with, never to decide by.
    #[must_use]
    pub fn of(sources: &Sources) -> Option<Self> {
        recipients::compile(sources, &mut Problems::default())
    }
}

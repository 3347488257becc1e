//! The registry: joins `roots.toml` and `organisations.toml`, follows the links, gives each system its class.

mod claims;
mod councils;
mod links;
mod lookalike;
mod sound;
mod system;

pub(super) use system::{in_order, not_empty, one_of, sha256};

use super::{Problems, place};
use crate::{
    flow::{OrganisationId, SystemId},
    policy::{
        Class, Registry, Sources,
        organisations::{self, About, ChainStep, Confidence, chain::Graph},
        source::{
            organisations::{CouncilsFile, Organisation, OrganisationsFile, System},
            read::read,
        },
    },
};
use std::collections::{BTreeMap, BTreeSet};

/// The Home Office and its bodies: part of the core.
const ROOTS: &str = "roots.toml";
/// Everybody else, as the organisation knows them.
const OWN: &str = "organisations.toml";
/// Local authorities, so that they are known.
const COUNCILS: &str = "councils.toml";

/// An organisation or a system, and the file it was read from.
#[derive(Debug)]
struct In<'a, T> {
    file: &'a str,
    text: &'a T,
}

impl<T> Copy for In<'_, T> {}
impl<T> Clone for In<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

/// Everybody by id.
#[derive(Debug, Default)]
struct Known<'a> {
    organisations: BTreeMap<&'a OrganisationId, In<'a, Organisation>>,
    systems: BTreeMap<&'a SystemId, (In<'a, System>, &'a Organisation)>,
}

/// `None` where a file cannot be read, which is reported.
pub(super) fn compile(sources: &Sources, problems: &mut Problems) -> Option<Registry> {
    let mut file = |name| sources.get(name).and_then(|text| read::<OrganisationsFile>(name, text, problems));
    let (roots, own) = (file(ROOTS), file(OWN));
    let councils = match sources.get(COUNCILS) {
        Some(text) => read(COUNCILS, text, problems)?,
        None => CouncilsFile::default(),
    };
    let own = own?;
    let councils = councils::expand(COUNCILS, &councils, &own, problems);
    let files = [(ROOTS, roots?), (OWN, own), (COUNCILS, councils)];
    let mut known = Known::default();
    for (file, mirror) in &files {
        for organisation in &mirror.organisation {
            known.add(In { file, text: organisation }, problems);
        }
    }
    let links = files
        .iter()
        .flat_map(|(file, mirror)| mirror.link.iter().map(move |l| (*file, l)))
        .filter_map(|(file, link)| links::compile(file, link, &known, problems))
        .collect();
    let roots = known.organisations.iter().filter(|(_, o)| is_root(o.text)).map(|(id, _)| (*id).clone()).collect();
    let graph = Graph::new(links, roots);
    let mut systems = BTreeMap::new();
    for (id, (system, organisation)) in &known.systems {
        let mut compiled = system::compile(system.file, system.text, organisation, problems);
        known.judge(&graph, system.text, organisation, &mut compiled);
        systems.insert((*id).clone(), compiled);
    }
    let organisations = known.organisations.iter().map(|(id, o)| ((*id).clone(), kept(*o))).collect();
    let registry = Registry::new(systems).with(organisations, graph.into_links());
    sound::check(&known, problems);
    claims::check(&known, &registry, problems);
    lookalike::check(&known, &registry, problems);
    Some(registry)
}

impl<'a> Known<'a> {
    fn add(&mut self, organisation: In<'a, Organisation>, problems: &mut Problems) {
        let In { file, text } = organisation;
        let at = || place(file, text.id.span());
        if let Some(other) = self.organisations.get(text.id.get_ref()) {
            let mend = if other.file == ROOTS && file == OWN {
                "take it out: `roots.toml` holds it, and what it holds is not changed here"
            } else {
                "give one of them another id, or join them"
            };
            problems.error(at(), format!("the organisation `{}` stands here twice", text.id.get_ref()), mend);
            return;
        }
        if let Some(root) = text.root.as_ref().filter(|_| file != ROOTS) {
            let mend = "take it out, and add a `[[link]]` to `home-office` that says how they are connected";
            problems.error(place(file, root.span()), "`root` stands only in `roots.toml`", mend);
        }
        uncertain_needs_note(file, text.confidence.as_ref(), text.note.as_deref(), &text.evidence, problems);
        self.organisations.insert(text.id.get_ref(), organisation);
        for system in &text.system {
            let id = &system.id;
            let at = || place(file, id.span());
            if !id.get_ref().as_str().strip_prefix(text.id.get_ref().as_str()).is_some_and(|rest| rest.starts_with('/'))
            {
                let mend = format!("write `{}/…`: a system's id begins with its organisation's", text.id.get_ref());
                problems.error(at(), format!("`{}` is not a system of `{}`", id.get_ref(), text.id.get_ref()), mend);
            }
            uncertain_needs_note(file, system.confidence.as_ref(), system.note.as_deref(), &system.evidence, problems);
            if self.systems.insert(id.get_ref(), (In { file, text: system }, text)).is_some() {
                let mend = "give one of them another id, or join them";
                problems.error(at(), format!("the system `{}` stands here twice", id.get_ref()), mend);
            }
        }
    }

    /// What the links and the registry itself say of a system.
    fn judge(&self, graph: &Graph, text: &System, organisation: &Organisation, system: &mut organisations::System) {
        let (class, chain) = graph.class(organisation.id.get_ref(), text.id.get_ref());
        system.linked = class;
        system.chain = chain.into_iter().filter_map(|i| Some(self.step(i, graph.links().get(i)?))).collect();
        if let Some(associated) = text.associated.as_ref().map(|a| a.get_ref()).filter(|_| class > Class::Associated) {
            let reason = associated.reason.get_ref().clone();
            system.linked = Class::Associated;
            system.chain = vec![ChainStep {
                from: organisation.name.get_ref().clone(),
                kind: "associated".to_owned(),
                to: self.home_office(),
                since: None,
                evidence: [reason].into_iter().chain(associated.evidence.iter().cloned()).collect(),
                link: None,
            }];
        }
        let attended = graph.attended_by_root(organisation.id.get_ref(), text.id.get_ref());
        system.home_office_forum = text.kind == organisations::SystemKind::Forum && (attended || text.forum.is_some());
    }

    fn step(&self, position: usize, link: &organisations::Link) -> ChainStep {
        ChainStep {
            from: self.name(&link.from.organisation),
            kind: link.kind.to_string(),
            to: self.name(&link.to.organisation),
            since: link.since,
            evidence: link.evidence.clone(),
            link: Some(position),
        }
    }

    fn name(&self, id: &OrganisationId) -> String {
        self.organisations.get(id).map_or_else(|| id.to_string(), |o| o.text.name.get_ref().clone())
    }

    fn home_office(&self) -> String {
        let root = self.organisations.values().find(|o| is_root(o.text));
        root.map_or_else(|| "Home Office".to_owned(), |o| o.text.name.get_ref().clone())
    }

    fn organisation_ids(&self) -> BTreeSet<&str> {
        self.organisations.keys().map(|id| id.as_str()).collect()
    }
}

/// What people are shown of an organisation.
fn kept(organisation: In<'_, Organisation>) -> organisations::Organisation {
    let In { file, text } = organisation;
    organisations::Organisation {
        id: text.id.get_ref().clone(),
        name: text.name.get_ref().clone(),
        root: is_root(text),
        core: file == ROOTS,
        council: file == COUNCILS,
        about: about(text.confidence.as_ref(), &text.evidence, text.note.as_deref()),
    }
}

/// How sure an entry is, and where it is written.
fn about(confidence: Option<&crate::policy::source::At<Confidence>>, evidence: &[String], note: Option<&str>) -> About {
    About { confidence: confidence.map(|c| *c.get_ref()), evidence: evidence.to_vec(), note: note.map(str::to_owned) }
}

fn is_root(organisation: &Organisation) -> bool {
    organisation.root.as_ref().is_some_and(|root| *root.get_ref())
}

/// What is not certain is never stated as fact: a note says what is uncertain.
fn uncertain_needs_note(
    file: &str,
    confidence: Option<&crate::policy::source::At<Confidence>>,
    note: Option<&str>,
    evidence: &[String],
    problems: &mut Problems,
) {
    let Some(confidence) = confidence else { return };
    if *confidence.get_ref() != Confidence::High && note.is_none_or(|n| n.trim().is_empty()) {
        let mend = "add `note = \"…\"` that says what is uncertain and how it can be confirmed";
        problems.error(place(file, confidence.span()), "an uncertain entry says nowhere what is uncertain", mend);
    }
    if evidence.is_empty() {
        let mend = "add `evidence = [\"…\"]`: a page, a document, when it was read";
        problems.error(place(file, confidence.span()), "the confidence rests on no evidence", mend);
    }
}

//! Local authorities by the domain they use: known, so that a refusal can say who somebody is, and unassessed.

use super::{Problems, place};
use crate::{
    flow::Host,
    policy::{
        organisations::SystemKind,
        source::{
            At,
            organisations::{CouncilsFile, Organisation, OrganisationsFile, System},
        },
    },
};
use std::collections::BTreeSet;
use toml::Spanned;

/// Each as an organisation with one system: its domain and all below it. What the organisation's own file claims
/// is left to it, so that one team of a council can be assessed while the rest is not.
pub(super) fn expand(
    file: &str,
    councils: &CouncilsFile,
    own: &OrganisationsFile,
    problems: &mut Problems,
) -> OrganisationsFile {
    let claimed: BTreeSet<&str> = own
        .organisation
        .iter()
        .flat_map(|o| &o.system)
        .flat_map(|s| s.hosts.iter().chain(&s.mail_domains))
        .map(|host| host.get_ref().strip_prefix("*.").unwrap_or(host.get_ref()))
        .collect();
    let mut organisation = Vec::new();
    for (domain, name) in &councils.council {
        if !matches!(Host::parse(domain.get_ref()), Ok(Host::Name(read)) if read == *domain.get_ref()) {
            let mend = "write the domain alone, in lower case, such as riverside.gov.uk";
            problems.error(place(file, domain.span()), format!("`{}` is not a domain", domain.get_ref()), mend);
        } else if !claimed.contains(domain.get_ref().as_str()) {
            organisation.extend(council(domain, name));
        }
    }
    OrganisationsFile { organisation, link: Vec::new() }
}

fn council(domain: &At<String>, name: &At<String>) -> Option<Organisation> {
    let at = |text: String| Spanned::new(domain.span(), text);
    let id = domain.get_ref().replace('.', "-");
    let system = System {
        id: Spanned::new(domain.span(), format!("{id}/network").parse().ok()?),
        kind: SystemKind::Government,
        hosts: vec![at(domain.get_ref().clone()), at(format!("*.{}", domain.get_ref()))],
        paths: Vec::new(),
        addresses: Vec::new(),
        mail_domains: vec![at(domain.get_ref().clone())],
        tenants: Vec::new(),
        certificate_organisations: Vec::new(),
        assessed: None,
        undertaking: None,
        safeguarding: None,
        forum: None,
        associated: None,
        confidence: None,
        evidence: Vec::new(),
        note: None,
    };
    Some(Organisation {
        id: Spanned::new(domain.span(), id.parse().ok()?),
        name: Spanned::new(name.span(), format!("{} (local authority)", name.get_ref())),
        root: None,
        confidence: None,
        evidence: Vec::new(),
        note: None,
        system: vec![system],
    })
}

//! What belongs to the Home Office, and to systems linked with it, besides their hosts: networks, and what their
//! certificates are made out to. It can only add a denial to somebody who was let through by name.

use super::{Class, HostPattern, System};
use crate::flow::{Host, SystemId};
use ipnet::IpNet;
use std::{collections::HashMap, net::IpAddr};
use unicode_normalization::UnicodeNormalization as _;

/// Of roots and associated systems only; roots come first.
#[derive(Debug, Default)]
pub(in crate::policy) struct Belongings {
    networks: Vec<(IpNet, SystemId)>,
    certificates: HashMap<String, Vec<SystemId>>,
    /// Roots' exact hosts, by the name that `*.` stands before in a certificate that covers them.
    covered: HashMap<String, SystemId>,
}

impl Belongings {
    pub(in crate::policy) fn new<'a>(systems: impl Iterator<Item = &'a System>) -> Self {
        let mut linked: Vec<_> = systems.filter(|s| s.linked <= Class::Associated).collect();
        linked.sort_by_key(|s| s.linked);
        let mut found = Self::default();
        for system in linked {
            found.networks.extend(system.addresses.iter().map(|network| (*network, system.id.clone())));
            for name in &system.certificate_organisations {
                found.certificates.entry(organisation_key(name)).or_default().push(system.id.clone());
            }
            let hosts = system.hosts.iter().filter(|_| system.linked == Class::Root);
            for (_, above) in hosts.filter_map(exact_name).filter_map(|name| name.split_once('.')) {
                found.covered.entry(above.to_owned()).or_insert_with(|| system.id.clone());
            }
        }
        found
    }

    pub(in crate::policy) fn at(&self, address: IpAddr) -> impl Iterator<Item = &SystemId> {
        self.networks.iter().filter(move |(network, _)| network.contains(&address)).map(|(_, id)| id)
    }

    pub(in crate::policy) fn made_out_to(&self, organisation: &str) -> impl Iterator<Item = &SystemId> {
        self.certificates.get(&organisation_key(organisation)).into_iter().flatten()
    }

    pub(in crate::policy) fn covered_by(&self, above: &str) -> Option<&SystemId> {
        self.covered.get(above)
    }
}

fn exact_name(pattern: &HostPattern) -> Option<&str> {
    match pattern {
        HostPattern::Exact(Host::Name(name)) => Some(name),
        _ => None,
    }
}

/// What two spellings of an organisation's name have in common: Unicode's compatible forms (NFKC), case, white space
/// and characters that are not seen. The whole name is compared, never a part.
pub(in crate::policy) fn organisation_key(name: &str) -> String {
    let folded: String = name
        .nfkc()
        .filter(|c| !is_unseen(*c))
        .flat_map(char::to_uppercase)
        .flat_map(char::to_lowercase)
        .nfkc()
        .collect();
    folded.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Unicode's default-ignorable code points.
const fn is_unseen(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fff8}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_name_are_one_name() {
        for spelling in [
            "Home Office",
            "HOME OFFICE",
            "  home \t office ",
            "home\u{a0}office",
            "home\u{3000}office",
            "Ｈｏｍｅ Ｏｆｆｉｃｅ",
            "home o\u{fb03}ce",
            "ho\u{200b}me of\u{ad}fice\u{feff}",
        ] {
            assert_eq!(organisation_key(spelling), "home office", "{spelling:?}");
        }
        for other in ["Home Office Stores Ltd", "Homeoffice", "The Home Office", "Home", ""] {
            assert_ne!(organisation_key(other), "home office", "{other:?}");
        }
        assert_eq!(organisation_key("Straße"), organisation_key("STRASSE"));
    }
}

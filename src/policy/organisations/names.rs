//! Does a text name somebody of the Home Office? One automaton for all their hosts and mail domains.
//!
//! Built of the systems a chain makes root or associated; found in any text, in every spelling ([`Folded`]), as
//! whole names: `nothomeoffice.gov.uk` and `homeoffice.gov.uk.example.org` are somebody else. A name stands for
//! itself and all below it. Where a text can be read in two ways, the one that finds a name counts: so it is read as
//! it stands, and percent-decoded, as servers decode what they are given.

mod path;

use super::{
    Class, HostPattern, System,
    fold::{Folded, percent_decoded},
};
use crate::flow::{Host, SystemId};
use aho_corasick::AhoCorasick;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// No label is longer (RFC 1035 section 2.3.4).
const LABEL: usize = 64;
/// How often a text may have been percent-encoded, one time after another.
const ENCODED: usize = 3;

/// The names of linked systems.
#[derive(Debug, Default)]
pub(in crate::policy) struct Names {
    /// `None`: there are no names, or, where there are claims, too many for one automaton. Then every text holds one.
    automaton: Option<AhoCorasick>,
    /// By the automaton's patterns.
    claims: Vec<Vec<Claim>>,
    addresses: HashMap<Host, SystemId>,
}

#[derive(Debug)]
struct Claim {
    system: SystemId,
    covers: Covers,
}

/// What of a name is the system's.
#[derive(Debug)]
enum Covers {
    /// It, and what is below it.
    Whole,
    /// What is below it.
    Below,
    /// This path of it, in lower case, and what is below.
    Path(Vec<String>),
}

impl Names {
    pub(in crate::policy) fn new<'a>(systems: impl Iterator<Item = &'a System>) -> Self {
        let mut found: BTreeMap<&str, Vec<Claim>> = BTreeMap::new();
        let mut addresses = HashMap::new();
        for system in systems.filter(|s| matches!(s.linked, Class::Root | Class::Associated)) {
            for pattern in &system.hosts {
                let (name, covers) = match pattern {
                    HostPattern::Exact(Host::Name(name)) | HostPattern::Mail(name) => (name, Covers::Whole),
                    HostPattern::Below(name) | HostPattern::MailBelow(name) => (name, Covers::Below),
                    HostPattern::Path(Host::Name(name), path) => {
                        (name, Covers::Path(path.iter().map(|s| s.to_lowercase()).collect()))
                    }
                    HostPattern::Exact(address) => {
                        addresses.insert(address.clone(), system.id.clone());
                        continue;
                    }
                    HostPattern::Path(Host::Address(_), _) | HostPattern::Tenant(_) => continue,
                };
                found.entry(name).or_default().push(Claim { system: system.id.clone(), covers });
            }
        }
        let automaton = (!found.is_empty())
            .then(|| AhoCorasick::builder().ascii_case_insensitive(true).build(found.keys()).ok())
            .flatten();
        Self { automaton, claims: found.into_values().collect(), addresses }
    }

    /// Whether somebody is known by an address.
    pub(in crate::policy) fn have_addresses(&self) -> bool {
        !self.addresses.is_empty()
    }

    /// The systems whose hosts, mail domains or paths stand in a text.
    pub(in crate::policy) fn within(&self, text: &str) -> BTreeSet<&SystemId> {
        let mut found = BTreeSet::new();
        let folded = Folded::new(text);
        self.read(&folded, &mut found);
        if folded.bytes.contains(&b'%') {
            let decoded = std::iter::successors(percent_decoded(text), |text| percent_decoded(text));
            decoded.take(ENCODED).for_each(|text| _ = self.read(&Folded::new(&text), &mut found));
        }
        found
    }

    /// One reading of a text. Gives back how many bytes of paths it looked at, which is linear in the text.
    fn read<'n>(&'n self, text: &Folded<'_>, found: &mut BTreeSet<&'n SystemId>) -> usize {
        let allowed = path::allowed(text.bytes.len());
        let mut left = allowed;
        match &self.automaton {
            Some(automaton) => {
                for hit in automaton.find_overlapping_iter(&*text.bytes) {
                    if begins(text, hit.start()) && ends(text, hit.end()) {
                        let claims = self.claims.get(hit.pattern().as_usize()).map_or(&[][..], Vec::as_slice);
                        self::hit(claims, text, hit.span(), &mut left, found);
                    }
                }
            }
            None => found.extend(self.claims.iter().flatten().map(|claim| &claim.system)),
        }
        if !self.addresses.is_empty() {
            found.extend(addresses(text).filter_map(|host| self.addresses.get(&host)));
        }
        allowed - left
    }
}

/// Whose of the claims to a name it is, where it stands.
fn hit<'n>(
    claims: &'n [Claim],
    text: &Folded<'_>,
    at: aho_corasick::Span,
    left: &mut usize,
    found: &mut BTreeSet<&'n SystemId>,
) {
    let mut paths = Vec::new();
    for claim in claims {
        match &claim.covers {
            Covers::Path(path) if !found.contains(&claim.system) => paths.push((path.as_slice(), &claim.system)),
            Covers::Path(_) => {}
            Covers::Whole => drop(found.insert(&claim.system)),
            Covers::Below => {
                if matches!(text.bytes.get(..at.start), Some([.., label, b'.']) if label.is_ascii_alphanumeric()) {
                    found.insert(&claim.system);
                }
            }
        }
    }
    if !paths.is_empty() {
        found.extend(path::owners(text, at.end, paths, left));
    }
}

/// Whether a name can begin here: after nothing, a dot, or what no label holds.
fn begins(text: &Folded<'_>, at: usize) -> bool {
    let before = text.bytes.get(..at).unwrap_or_default();
    // No label begins with a hyphen.
    let hyphens = before.iter().rev().take_while(|b| **b == b'-').count();
    let before = before.get(..at - hyphens).unwrap_or_default();
    let in_label = before.last().is_some_and(u8::is_ascii_alphanumeric);
    !in_label || text.is_seam(at) || text.is_seam(before.len()) || is_escape(before)
}

/// Whether what stands before a name is the end of an escape, as texts within texts have them: `%40`, `=40`, `\n`,
/// `\u0040`.
fn is_escape(before: &[u8]) -> bool {
    match before {
        [.., b'%' | b'=', a, b] if a.is_ascii_hexdigit() && b.is_ascii_hexdigit() => true,
        [.., b'\\', b'n' | b'r' | b't' | b'b' | b'f'] => true,
        _ => before.last_chunk().is_some_and(|[slash, u, digits @ ..]: &[u8; 6]| {
            (*slash, *u) == (b'\\', b'u') && digits.iter().all(u8::is_ascii_hexdigit)
        }),
    }
}

/// Whether a name can end here: before nothing, a dot that nothing follows, or what no label holds. No top-level
/// domain has a hyphen, so `gov.uk-based` is a name and a word.
fn ends(text: &Folded<'_>, at: usize) -> bool {
    let after = text.bytes.get(at..).unwrap_or_default();
    let goes_on = match after {
        [] => false,
        [b'-', ..] => {
            let in_label = |b: &&u8| b.is_ascii_alphanumeric() || **b == b'-';
            let label = after.iter().take(LABEL).take_while(in_label).count();
            matches!(after.get(label..), Some([b'.', next, ..]) if next.is_ascii_alphanumeric())
        }
        [b'.', next, ..] => next.is_ascii_alphanumeric() && !text.is_seam(at + 1),
        [first, ..] => first.is_ascii_alphanumeric(),
    };
    !goes_on || text.is_seam(at)
}

/// Whatever in a text can be read as an address, in every notation.
fn addresses<'t>(text: &'t Folded<'_>) -> impl Iterator<Item = Host> + 't {
    let words = text.bytes.split(|b| !(b.is_ascii_alphanumeric() || matches!(b, b'.' | b':')));
    let words = words.filter_map(|w| std::str::from_utf8(w).ok()).map(|w| w.trim_end_matches(['.', ':']));
    let host = |s: &str| Host::parse(s).ok().filter(|h| matches!(h, Host::Address(_)));
    words.flat_map(move |w| {
        let bare = w.rsplit_once(':').map_or(w, |(host, _)| host);
        let long = w.contains("::") || w.matches(':').count() == 7;
        [host(w), host(bare), if long { host(&format!("[{w}]")) } else { None }].into_iter().flatten()
    })
}

#[cfg(test)]
mod tests;

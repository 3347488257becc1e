//! Does a text name somebody of the Home Office? One automaton for all their hosts and mail domains.
//!
//! Built of the systems a chain makes root or associated; found in any text, in every spelling ([`Folded`]), as
//! whole names: `nothomeoffice.gov.uk` and `homeoffice.gov.uk.example.org` are somebody else. A name stands for
//! itself and all below it. Where a text can be read in two ways, the one that finds a name counts.

use super::{Class, HostPattern, System, fold::Folded};
use crate::flow::{Host, SystemId};
use aho_corasick::AhoCorasick;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// No label is longer (RFC 1035 section 2.3.4).
const LABEL: usize = 64;

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

    /// The systems whose hosts, mail domains or paths stand in a text.
    pub(in crate::policy) fn within(&self, text: &str) -> BTreeSet<&SystemId> {
        let text = Folded::new(text);
        let mut found = BTreeSet::new();
        match &self.automaton {
            Some(automaton) => {
                for hit in automaton.find_overlapping_iter(&*text.bytes) {
                    if begins(&text, hit.start()) && ends(&text, hit.end()) {
                        let claims = self.claims.get(hit.pattern().as_usize()).into_iter().flatten();
                        let holds = |claim: &&Claim| claim.covers.holds(&text, hit.start(), hit.end());
                        found.extend(claims.filter(holds).map(|claim| &claim.system));
                    }
                }
            }
            None => found.extend(self.claims.iter().flatten().map(|claim| &claim.system)),
        }
        if !self.addresses.is_empty() {
            found.extend(addresses(&text).filter_map(|host| self.addresses.get(&host)));
        }
        found
    }
}

impl Covers {
    fn holds(&self, text: &Folded<'_>, start: usize, end: usize) -> bool {
        match self {
            Self::Whole => true,
            Self::Below => match text.bytes.get(..start) {
                Some([.., label, b'.']) => label.is_ascii_alphanumeric(),
                _ => false,
            },
            Self::Path(path) => {
                let found = segments(text.bytes.get(end..).unwrap_or_default());
                let (Some((last, before)), true) = (path.split_last(), found.len() >= path.len()) else { return false };
                // Where something went, the path may have ended there.
                let same = |s: &String| s == last || (s.starts_with(last.as_str()) && text.has_seam_after(end));
                found.starts_with(before) && found.get(before.len()).is_some_and(same)
            }
        }
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

/// The path that follows a host, in lower case: percent-decoded, dot segments resolved, without empty segments and
/// the punctuation of a sentence.
fn segments(after: &[u8]) -> Vec<String> {
    let after = after.strip_prefix(b".").unwrap_or(after);
    let after = match after.split_first() {
        Some((b':', port)) => port.iter().position(|b| !b.is_ascii_digit()).and_then(|n| port.get(n..)),
        _ => Some(after),
    };
    let decoded = percent_decoded(after.unwrap_or_default());
    let mut parts = decoded.split(|b| matches!(b, b'/' | b'\\'));
    let mut path: Vec<String> = Vec::new();
    if parts.next().is_none_or(|before| !before.is_empty()) {
        return path;
    }
    for part in parts {
        let word = part.iter().take_while(|b| b.is_ascii_alphanumeric() || b"-._~".contains(b)).count();
        let text = String::from_utf8_lossy(part.get(..word).unwrap_or_default()).to_ascii_lowercase();
        match text.as_str() {
            ".." => drop(path.pop()),
            "" | "." => {}
            _ => path.push(text.trim_end_matches('.').to_owned()),
        }
        if word < part.len() {
            break;
        }
    }
    path
}

fn percent_decoded(text: &[u8]) -> Vec<u8> {
    let (mut decoded, mut rest) = (Vec::new(), text);
    while let Some((byte, after)) = rest.split_first() {
        let digits = after.get(..2).and_then(|d| std::str::from_utf8(d).ok());
        let escaped = digits.filter(|_| *byte == b'%').and_then(|d| u8::from_str_radix(d, 16).ok());
        decoded.push(escaped.unwrap_or(*byte));
        rest = if escaped.is_some() { after.get(2..).unwrap_or_default() } else { after };
        // Nobody's path is longer, and a text may hold many hosts.
        if decoded.len() > 512 {
            break;
        }
    }
    decoded
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

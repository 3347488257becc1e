//! What somebody asks about, in whatever spelling: an id, a host, a URL, an address, a mail domain, a tenant id.
//!
//! Everything is looked up as the gateway looks it up, so that the answer is the gateway's own; here is only said
//! which entry made it.

use super::{HostPattern, Organisation, Registry, System};
use crate::flow::{Host, OrganisationId, SystemId};
use std::fmt;

/// What was asked about, in its one spelling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// An organisation or a system of the registry.
    Entry(String),
    /// A host, or a place on one; decoded segments.
    Host(Host, Vec<String>),
    /// The domain of a mail address; what stood before the `@` is not kept.
    Mail(String),
    /// Anything else: perhaps a tenant's id.
    Tenant,
    /// A part of so many organisations' names.
    Several(usize),
}

impl Asked {
    /// It is written like an id, and is none: no host outside has a name without a dot.
    #[must_use]
    pub fn like_an_id(&self) -> bool {
        matches!(self, Self::Host(Host::Name(name), _) if !name.contains('.'))
    }
}

/// Of more organisations whose names hold a part, no more ids are given.
const NEAR: usize = 8;

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Entry(id) => f.write_str(id),
            Self::Host(host, path) => path.iter().try_fold(host.fmt(f)?, |(), s| write!(f, "/{s}")),
            Self::Mail(domain) => write!(f, "mail to {domain}"),
            Self::Tenant => f.write_str("a tenant id"),
            Self::Several(n) => write!(f, "a part of {n} names"),
        }
    }
}

/// Something of the registry that what was asked about belongs to.
#[derive(Debug, Clone)]
pub struct Found<'r> {
    /// The recipient.
    pub system: &'r System,
    /// How it was found.
    pub by: By<'r>,
}

/// Which entry matched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By<'r> {
    /// Its id.
    Id,
    /// Its organisation's id.
    Organisation,
    /// A host, a path, a mail domain or a tenant id.
    Pattern(&'r HostPattern),
    /// One of its own special-use addresses.
    Address(&'r ipnet::IpNet),
}

/// What the registry says to a question.
#[derive(Debug, Clone)]
pub struct Answer<'r> {
    /// The question in one spelling.
    pub asked: Asked,
    /// The organisation of that id.
    pub organisation: Option<&'r Organisation>,
    /// The recipients, the gravest first.
    pub found: Vec<Found<'r>>,
    /// Where nothing was found: ids that may have been meant.
    pub near: Vec<&'r str>,
}

/// The question is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not an id, a name, a host, an address, a mail domain or a tenant id of the registry")]
pub struct NotAsked;

impl Registry {
    /// Answers a question.
    ///
    /// # Errors
    /// [`NotAsked`] where the text can be none of these.
    pub fn find<'r>(&'r self, text: &str) -> Result<Answer<'r>, NotAsked> {
        let text = text.trim();
        let place = || match (self.place(text), self.named(text)) {
            (Ok(place), named) if !place.found.is_empty() || named.is_none() => Ok(place),
            (_, Some(named)) => Ok(named),
            (place, None) => place,
        };
        let mut answer = self.entry(text).map_or_else(place, Ok)?;
        answer.found.sort_by_key(|f| f.system.linked);
        if answer.found.is_empty() && answer.organisation.is_none() && answer.near.is_empty() {
            answer.near = self.near(text);
        }
        Ok(answer)
    }

    /// Ids are written in small letters, and people do not always.
    fn entry(&self, text: &str) -> Option<Answer<'_>> {
        let id = text.to_lowercase();
        if let Some(system) = SystemId::parse(&id).ok().and_then(|id| self.systems.get(&id)) {
            return Some(Answer::of(Asked::Entry(id), vec![Found { system, by: By::Id }]));
        }
        self.organisations.get(&OrganisationId::parse(&id).ok()?).map(|o| self.whole(o))
    }

    fn whole<'r>(&'r self, organisation: &'r Organisation) -> Answer<'r> {
        let found = self.systems_of(&organisation.id).map(|system| Found { system, by: By::Organisation }).collect();
        let asked = Asked::Entry(organisation.id.to_string());
        Answer { organisation: Some(organisation), ..Answer::of(asked, found) }
    }

    /// By a name or a part of one. Of several that hold the part, the ids are given.
    fn named(&self, text: &str) -> Option<Answer<'_>> {
        let part = text.to_lowercase();
        if part.chars().count() < 3 || part.contains(['@', '/']) {
            return None;
        }
        let names = || self.organisations.values().map(|o| (o.name.to_lowercase(), o));
        if let Some((_, organisation)) = names().find(|(name, _)| *name == part) {
            return Some(self.whole(organisation));
        }
        let mut holding: Vec<&Organisation> = names().filter(|(n, _)| n.contains(&part)).map(|(_, o)| o).collect();
        holding.sort_by_key(|o| o.council);
        match holding.as_slice() {
            [] => None,
            [one] => Some(self.whole(one)),
            several => {
                let near = several.iter().take(NEAR).map(|o| o.id.as_str()).collect();
                Some(Answer { near, ..Answer::of(Asked::Several(several.len()), Vec::new()) })
            }
        }
    }

    /// Ids that are nearly what was written.
    #[must_use]
    pub fn near(&self, text: &str) -> Vec<&str> {
        let text = text.trim().to_lowercase();
        let ids = self.systems.keys().map(|s| s.as_str()).chain(self.organisations.keys().map(|o| o.as_str()));
        let far = |id: &str| strsim::damerau_levenshtein(&text, id);
        let mut near: Vec<_> = ids.map(|id| (far(id), id)).filter(|(d, id)| *d <= 1 + id.len() / 4).collect();
        near.sort_unstable();
        near.into_iter().take(3).map(|(_, id)| id).collect()
    }

    fn place(&self, text: &str) -> Result<Answer<'_>, NotAsked> {
        let is = |p: &HostPattern| matches!(p, HostPattern::Tenant(id) if id.to_lowercase() == text.to_lowercase());
        let tenants: Vec<_> = self.systems_of_tenant(text).map(|system| Found::by_entry(system, is)).collect();
        if !tenants.is_empty() {
            return Ok(Answer::of(Asked::Tenant, tenants));
        }
        if let Some((_, domain)) = text.rsplit_once('@').filter(|_| !text.contains("://") && !text.contains('/')) {
            let Ok(Host::Name(domain)) = Host::parse(domain) else { return Err(NotAsked) };
            let mut found = self.mail(&domain);
            if found.is_empty() {
                found.extend(self.host(&Host::Name(domain.clone()), &[]));
            }
            return Ok(Answer::of(Asked::Mail(domain), found));
        }
        let (host, path) = host_and_path(text).ok_or(NotAsked)?;
        let mut found: Vec<Found<'_>> = self.host(&host, &path).into_iter().collect();
        match &host {
            // A domain is asked about as a host and as the end of a mail address.
            Host::Name(domain) if path.is_empty() => {
                let new = self.mail(domain);
                let known: Vec<_> = found.iter().map(|f| f.system.id.clone()).collect();
                found.extend(new.into_iter().filter(|f| !known.contains(&f.system.id)));
            }
            Host::Address(address) => found.extend(self.systems.values().filter_map(|system| {
                let net = system.addresses.iter().find(|net| net.contains(address))?;
                Some(Found { system, by: By::Address(net) })
            })),
            Host::Name(_) => {}
        }
        Ok(Answer::of(Asked::Host(host, path), found))
    }

    /// Whose host it is, and which of its entries says so.
    fn host(&self, host: &Host, path: &[String]) -> Option<Found<'_>> {
        let system = self.system_of(host, path)?;
        let length = |p: &HostPattern| match p {
            HostPattern::Path(h, rule) if h == host && path.starts_with(rule) => Some((2, rule.len())),
            HostPattern::Exact(h) if h == host => Some((1, 0)),
            HostPattern::Below(x) if below(host, x) => Some((0, x.len())),
            _ => None,
        };
        let pattern = system.hosts.iter().filter_map(|p| Some((length(p)?, p))).max_by_key(|(length, _)| *length);
        // The gateway's answer stands, even where we could not say which entry made it.
        Some(Found { system, by: pattern.map_or(By::Id, |(_, p)| By::Pattern(p)) })
    }

    fn mail(&self, domain: &str) -> Vec<Found<'_>> {
        let is = |p: &HostPattern| match p {
            HostPattern::Mail(x) => x == domain,
            HostPattern::MailBelow(x) => below(&Host::Name(domain.to_owned()), x),
            _ => false,
        };
        self.systems_of_mail(domain).map(|system| Found::by_entry(system, is)).collect()
    }
}

impl<'r> Answer<'r> {
    const fn of(asked: Asked, found: Vec<Found<'r>>) -> Self {
        Self { asked, organisation: None, found, near: Vec::new() }
    }
}

impl<'r> Found<'r> {
    /// The gateway's answer stands, even where we could not say which entry made it.
    fn by_entry(system: &'r System, is: impl Fn(&HostPattern) -> bool) -> Self {
        Self { system, by: system.hosts.iter().find(|p| is(p)).map_or(By::Id, By::Pattern) }
    }
}

fn below(host: &Host, x: &str) -> bool {
    matches!(host, Host::Name(name) if name.strip_suffix(x).is_some_and(|before| before.ends_with('.')))
}

/// `https://Refer.Riverside.example:443/v2/x?y`, or less of it. What follows `?` or `#` is not looked at.
fn host_and_path(text: &str) -> Option<(Host, Vec<String>)> {
    // As browsers do (WHATWG URL): a backslash is a slash, and dot segments lead up, however they are written.
    let text = text.replace('\\', "/");
    let text = text.split_once("://").map_or(text.as_str(), |(_, rest)| rest);
    let (authority, path) = text.split_at(text.find(['/', '?', '#']).unwrap_or(text.len()));
    let authority = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let host = match Host::parse_authority(authority) {
        Ok((host, _)) => host,
        // An IPv6 address as people write it.
        Err(_) => Host::Address(authority.parse::<std::net::Ipv6Addr>().ok().map(|a| a.to_canonical())?),
    };
    let url = url::Url::parse(&format!("https://host{path}")).ok()?;
    let segments = url.path_segments()?.filter(|s| !s.is_empty()).map(decoded);
    Some((host, segments.collect::<Option<Vec<_>>>()?))
}

/// A segment without its percent-encoding. `None`: not UTF-8, or cut short.
fn decoded(segment: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let digits = [rest.next()?, rest.next()?];
                data_encoding::HEXLOWER_PERMISSIVE.decode(&digits).ok()?.first().copied()?
            }
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(host) => host.fmt(f),
            Self::Below(x) => write!(f, "*.{x}"),
            Self::Path(host, path) => write!(f, "{host}/{}", path.join("/")),
            Self::Mail(x) => write!(f, "@{x}"),
            Self::MailBelow(x) => write!(f, "@*.{x}"),
            Self::Tenant(id) => write!(f, "tenant {id}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::policy::{Policy, shipped};

    fn found(text: &str) -> String {
        let policy = Policy::compile(&shipped::sources()).unwrap();
        match policy.registry.find(text) {
            Ok(answer) => {
                let found: Vec<_> = answer.found.iter().map(|f| format!("{} {:?}", f.system.id, f.by)).collect();
                format!("{}: {}", answer.asked, found.join(", "))
            }
            Err(e) => e.to_string(),
        }
    }

    #[test]
    fn every_spelling_of_a_host_is_the_same_question() {
        let plain = found("refer.riverside.example");
        assert!(plain.starts_with("refer.riverside.example: riverside-council/housing-referrals"), "{plain}");
        for other in
            ["REFER.riverside.example.", "refer。riverside.example", "https://u:p@Refer.Riverside.example:443/?a=b#c"]
        {
            assert_eq!(found(other), plain, "{other}");
        }
    }

    #[test]
    fn dot_segments_lead_where_the_gateway_is_led() {
        for path in [
            "report-immigration-crime",
            "x/../report-immigration-crime",
            "./report-immigration-crime/",
            "%2e/report-immigration-crime",
            "x/%2E%2e/report-immigration-crime",
            ".%2e/../report-immigration-crime/y?z",
            "/report%2Dimmigration-crime",
        ] {
            let said = found(&format!("https://www.gov.uk/{path}"));
            assert!(said.contains("home-office/report-immigration-crime Pattern(Path("), "{path}: {said}");
        }
        assert!(found("www.gov.uk\\report-immigration-crime").contains("home-office/report-immigration-crime"));
        assert!(!found("www.gov.uk/report-immigration-crime/../housing").contains("home-office"));
    }

    #[test]
    fn the_entry_that_matched_is_named() {
        for (asked, part) in [
            ("x.homeoffice.gov.uk", "home-office/network Pattern(Below(\"homeoffice.gov.uk\"))"),
            ("www.gov.uk/report%2Dimmigration-crime/x", "home-office/report-immigration-crime Pattern(Path("),
            ("someone@homeoffice.gov.uk", "mail to homeoffice.gov.uk: home-office/network Pattern(Mail("),
            ("someone@a.b.homeoffice.gov.uk", "home-office/network Pattern(MailBelow("),
            ("00DExample0000001", "a tenant id: harbour-crm/contacts Pattern(Tenant("),
            ("riverside-council/nrpf", "riverside-council/nrpf: riverside-council/nrpf Id"),
            ("home-office", "home-office/network Organisation"),
            ("HOME-OFFICE/Network", "home-office/network: home-office/network Id"),
            ("CHAIN", "chain: chain/database Organisation"),
            ("home office", "home-office: "),
            ("nrpf conn", "nrpf-connect: "),
            ("council", "names: "),
            ("nobody.example", "nobody.example: "),
            ("2130706433", "127.0.0.1: "),
            ("::1", "[::1]: "),
        ] {
            assert!(found(asked).contains(part), "{asked}: {}", found(asked));
        }
        let policy = Policy::compile(&shipped::sources()).unwrap();
        let near = |text: &str| policy.registry.find(text).unwrap().near;
        assert_eq!(near("riverside-counci/nrpf").first(), Some(&"riverside-council/nrpf"));
        assert!(near("council").len() > 1 && near("nobody.example").is_empty());
        // What a person's address begins with is nobody's business.
        assert!(!found("someone@homeoffice.gov.uk").contains("someone"));
        for wrong in ["", "a b", "http://", "x@", "a/%zz", "a/%ff"] {
            assert!(found(wrong).contains("is not an id"), "{wrong}");
        }
    }
}

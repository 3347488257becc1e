//! The registry of organisations, systems and links, and each system's class (design section 5).

pub(in crate::policy) mod belongings;
pub mod calendar;
mod carried;
pub(in crate::policy) mod chain;
pub mod due;
mod entry;
pub mod find;
mod fold;
pub(in crate::policy) mod hosts;
pub mod letter;
pub mod map;
mod names;
pub mod standing;
pub mod words;

pub use chain::{Graph, Leads};
pub use entry::{About, Associated, Carries, Forum, Link, Node, Organisation};

use crate::flow::{Host, OrganisationId, SystemId, name_closed as closed};
use belongings::Belongings;
use hosts::Index;
use jiff::civil::Date;
use names::Names;
use std::{collections::BTreeMap, net::IpAddr, sync::Arc};

closed! {
    /// What the registry says of a recipient on a given day.
    Class {
        /// The Home Office, its bodies, its processors.
        Root = "root",
        /// A conducting, high-confidence chain leads to a root, or the registry says so with a reason.
        Associated = "associated",
        /// Unknown, assessment missing or lapsed, or a contested chain not answered by the assessment.
        Unassessed = "unassessed",
        /// Assessed, no conducting chain.
        Clear = "clear",
    }
}

closed! {
    /// What a system is for.
    SystemKind {
        /// Housing.
        Housing = "housing",
        /// Health care.
        Health = "health",
        /// Safeguarding teams, ambulance and hospital, the severe-weather desk.
        Safeguarding = "safeguarding",
        /// A regulated, independent immigration adviser.
        ImmigrationAdviser = "immigration-adviser",
        /// Funders and commissioners.
        Funder = "funder",
        /// Passes messages on: the person judged is the recipient inside the body.
        Relay = "relay",
        /// A meeting or mailing list (DATA-5).
        Forum = "forum",
        /// A case-management or office system run for us.
        Supplier = "supplier",
        /// Other support services.
        Support = "support",
        /// Police, courts, government.
        Government = "government",
    }
}

closed! {
    /// How data reaches the other.
    LinkKind {
        /// A part of it.
        IsPartOf = "is-part-of",
        /// Works for it under contract.
        ProcessorFor = "processor-for",
        /// Passes data on.
        SharesWith = "shares-with",
        /// A meeting or list the other attends.
        ForumAttendedBy = "forum-attended-by",
        /// Run by it.
        OperatedBy = "operated-by",
        /// Talks about policy; no client data. Shown, denies nothing.
        PolicyContact = "policy-contact",
    }
}

closed! {
    /// Whether a link holds.
    LinkStatus {
        /// It does.
        InForce = "in-force",
        /// Somebody says it does, somebody that it does not.
        Contested = "contested",
        /// It did. Shown, denies nothing.
        Ended = "ended",
    }
}

closed! {
    /// How sure the evidence makes us.
    Confidence {
        /// Written by a party to it or by a court, regulator or Parliament.
        High = "high",
        /// Likely; a detail is unconfirmed.
        Medium = "medium",
        /// Somebody says so.
        Low = "low",
    }
}

closed! {
    /// The way of a challenge.
    ForumState {
        /// The Home Office is there.
        Present = "present",
        /// We asked that it leave.
        Challenged = "challenged",
        /// We left.
        Left = "left",
    }
}

/// Every organisation and system known, and the links between them.
///
/// The empty registry permits nothing: an unknown recipient is refused.
#[derive(Debug, Default)]
pub struct Registry {
    /// Systems by id. Look-ups by host know only what [`Registry::new`] was given.
    pub systems: BTreeMap<SystemId, Arc<System>>,
    /// Organisations by id.
    pub organisations: BTreeMap<OrganisationId, Organisation>,
    /// Every link in the order of the files, ended ones and policy contact too: shown to people, decided already.
    pub links: Vec<Link>,
    index: Index,
    belongings: Belongings,
    names: Names,
}

impl Registry {
    /// A registry of these systems. Where two claim the same host, which compiling refuses, a root wins.
    #[must_use]
    pub fn new(systems: BTreeMap<SystemId, System>) -> Self {
        let systems: BTreeMap<_, _> = systems.into_iter().map(|(id, system)| (id, Arc::new(system))).collect();
        let index = Index::new(systems.values());
        let each = || systems.values().map(Arc::as_ref);
        let (belongings, names) = (Belongings::new(each()), Names::new(each()));
        Self { systems, organisations: BTreeMap::new(), links: Vec::new(), index, belongings, names }
    }

    /// The same, with who owns the systems and how they are linked, to be shown.
    #[must_use]
    pub fn with(mut self, organisations: BTreeMap<OrganisationId, Organisation>, links: Vec<Link>) -> Self {
        (self.organisations, self.links) = (organisations, links);
        self
    }

    /// An organisation's name; its id where it has none.
    #[must_use]
    pub fn name<'a>(&'a self, id: &'a OrganisationId) -> &'a str {
        self.organisations.get(id).map_or(id.as_str(), |o| o.name.as_str())
    }

    /// An organisation's systems.
    pub fn systems_of<'a>(&'a self, id: &'a OrganisationId) -> impl Iterator<Item = &'a System> {
        self.systems.values().map(Arc::as_ref).filter(move |s| s.organisation == *id)
    }

    /// The links as a graph whose ends are the Home Office and its bodies' parent.
    #[must_use]
    pub fn graph(&self) -> Graph {
        let roots = self.organisations.values().filter(|o| o.root).map(|o| o.id.clone()).collect();
        Graph::new(self.links.clone(), roots)
    }

    /// Links written down as ended whose last day is not over: they deny nothing, and should still.
    pub fn ended_too_early(&self, today: Date) -> impl Iterator<Item = &Link> {
        self.links.iter().filter(move |l| l.status == LinkStatus::Ended && l.ended.is_some_and(|last| last >= today))
    }

    /// The systems from which client data goes on to an organisation, by links that certainly conduct or only
    /// perhaps: whatever goes to them may have come there.
    #[must_use]
    pub fn through(&self, organisation: &OrganisationId) -> Vec<&System> {
        let graph = Graph::new(self.links.clone(), [organisation.clone()].into());
        let leads = |s: &&System| graph.class(&s.organisation, &s.id).0 != Class::Clear;
        self.systems.values().map(Arc::as_ref).filter(leads).collect()
    }

    /// A recipient by its id.
    #[must_use]
    pub fn system(&self, id: &SystemId) -> Option<&System> {
        self.systems.get(id).map(Arc::as_ref)
    }

    /// Whose host this is. Deny beats allow: a root's host, pattern or path is found before anything else;
    /// then the longest path rule, the exact host, the longest `*.x`. `path` holds decoded segments.
    #[must_use]
    pub fn system_of(&self, host: &Host, path: &[String]) -> Option<&System> {
        self.index.find(host, path).map(Arc::as_ref)
    }

    /// Roots and associated systems that list the network of this address; roots first.
    pub fn linked_at(&self, address: IpAddr) -> impl Iterator<Item = &System> {
        self.belongings.at(address).filter_map(|id| self.system(id))
    }

    /// Roots and associated systems whose certificates are made out to this organisation, whatever the case, white
    /// space and compatible forms of its name; roots first.
    pub fn linked_by_certificate(&self, organisation: &str) -> impl Iterator<Item = &System> {
        self.belongings.made_out_to(organisation).filter_map(|id| self.system(id))
    }

    /// A root with a host that a certificate for `*.above` covers.
    #[must_use]
    pub fn root_covered_by(&self, above: &str) -> Option<&System> {
        self.belongings.covered_by(above).and_then(|id| self.system(id))
    }

    /// The root whose host this is, exactly or by `*.x`: no flow and no DNS query, ever.
    #[must_use]
    pub fn root_by_host(&self, host: &Host) -> Option<&System> {
        self.index.root(host).map(Arc::as_ref)
    }

    /// Everybody whose mail this domain may be: mail to it reaches them all, so all must be judged. `domain` is a
    /// canonical name ([`Host::Name`]).
    pub fn systems_of_mail(&self, domain: &str) -> impl Iterator<Item = &System> {
        self.index.by_mail(domain).iter().map(Arc::as_ref)
    }

    /// Whose tenant id this is. Written in another case it is nobody's, unless that somebody is linked: on some
    /// services case makes no difference.
    pub fn systems_of_tenant(&self, id: &str) -> impl Iterator<Item = &System> {
        let known = self.index.by_tenant(id);
        known.filter(|(same, s)| *same || matches!(s.linked, Class::Root | Class::Associated)).map(|(_, s)| s.as_ref())
    }

    /// Whether [`Registry::linked_within`] looks for addresses besides: then a text without a dot can hold one, too.
    #[must_use]
    pub fn links_addresses(&self) -> bool {
        self.names.have_addresses()
    }

    /// The systems from which a chain leads to the Home Office and whose hosts, mail domains or paths stand somewhere
    /// in a text, themselves or something below them, in whatever spelling; those of roots first.
    #[must_use]
    pub fn linked_within(&self, text: &str) -> Vec<&System> {
        let found = self.names.within(text);
        let mut found: Vec<_> = found.into_iter().filter_map(|id| self.system(id)).collect();
        found.sort_by_key(|system| system.linked);
        found
    }
}

/// A recipient: one system of one organisation.
#[derive(Debug, Clone)]
pub struct System {
    /// Its id.
    pub id: SystemId,
    /// Whose it is.
    pub organisation: OrganisationId,
    /// The organisation's name, for people.
    pub name: String,
    /// What it is for.
    pub kind: SystemKind,
    /// Where it is found: hosts it answers at, and its mail domains and tenant ids.
    pub hosts: Vec<HostPattern>,
    /// Networks the organisation lists for it: special-use addresses it may answer at (a server on its own network),
    /// and for a root or an associated system those that nobody else's name may lead to.
    pub addresses: Vec<ipnet::IpNet>,
    /// The organisations that its certificates are made out to, where they tell it from others.
    pub certificate_organisations: Vec<String>,
    /// The panel's or the organisation's assessment.
    pub assessed: Option<Assessment>,
    /// The no-onward-sharing undertaking (DATA-4).
    pub undertaking: Option<Undertaking>,
    /// When the panel approved it for emergency disclosures.
    pub safeguarding_approved: Option<Date>,
    /// The chain to a root that makes it root or associated, or that an assessment must answer; root last.
    pub chain: Vec<ChainStep>,
    /// What the links alone say: root, associated, unassessed (contested chain) or clear.
    pub linked: Class,
    /// The Home Office has access to this forum (DATA-5): an in-force `forum-attended-by` link says so. Holds on
    /// after we left, until that link is ended.
    pub home_office_forum: bool,
    /// How far the challenge has come, where somebody wrote it down.
    pub forum: Option<Forum>,
    /// The registry's own word, with a reason, that it is associated.
    pub associated: Option<Associated>,
    /// How sure the entry is, and where it is written.
    pub about: About,
}

/// A host a system answers at. Deny beats allow: a host of any root is a root's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HostPattern {
    /// Exactly this host.
    Exact(Host),
    /// `*.x`: every name below `x`, without `x`.
    Below(String),
    /// `www.gov.uk/report-immigration-crime`: this path and all below it, decoded, on a host that others share.
    Path(Host, Vec<String>),
    /// A domain of its mail addresses, exactly. Says nothing of hosts.
    Mail(String),
    /// Every domain below this one is of its mail addresses.
    MailBelow(String),
    /// Its id on a service that others share.
    Tenant(String),
}

/// Somebody looked at a recipient and wrote down why it is safe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assessment {
    /// First day, Europe/London.
    pub on: Date,
    /// Last day, inclusive.
    pub until: Date,
    /// Whose word it is: `panel` or `organisation`.
    pub by: String,
    /// What was looked at, and why it is safe.
    pub reason: String,
    /// The assessment names the contested or low-confidence chain and says why it does not conduct.
    pub answers_chain: bool,
}

/// A recipient's dated promise not to pass data on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undertaking {
    /// SHA-256 of the signed document, hex.
    pub sha256: String,
    /// The signer's role, never a name.
    pub role: String,
    /// First day, Europe/London.
    pub signed: Date,
    /// Last day, inclusive.
    pub expires: Date,
    /// It excepts what the law requires.
    pub except_required_by_law: bool,
    /// The recipient tells us before such a disclosure.
    pub tells_us_first: bool,
}

/// One link of a chain, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainStep {
    /// From this organisation (its name).
    pub from: String,
    /// How: `shares-with`, `is-part-of`, ….
    pub kind: String,
    /// To this organisation (its name).
    pub to: String,
    /// Since when, where known.
    pub since: Option<Date>,
    /// Where it is written.
    pub evidence: Vec<String>,
    /// The link, by its position in [`Registry::links`]; `None` where the registry's own word is the reason.
    pub link: Option<usize>,
}

impl System {
    /// The class on a day: the links' word, then whether an assessment is in date.
    #[must_use]
    pub fn class(&self, today: Date) -> Class {
        let assessment = self.assessed.as_ref().filter(|a| a.on <= today && today <= a.until);
        match (self.linked, assessment) {
            (Class::Root, _) => Class::Root,
            (Class::Associated, _) => Class::Associated,
            (Class::Unassessed, Some(a)) if a.answers_chain => Class::Clear,
            (Class::Clear, Some(_)) => Class::Clear,
            _ => Class::Unassessed,
        }
    }

    /// Whether its undertaking is in date.
    #[must_use]
    pub fn undertaking_current(&self, today: Date) -> bool {
        self.undertaking.as_ref().is_some_and(|u| u.signed <= today && today <= u.expires)
    }
}

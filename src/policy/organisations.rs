//! The registry of organisations, systems and links, and each system's class (design section 5).

use crate::flow::{Host, OrganisationId, SystemId, name_closed as closed};
use jiff::civil::Date;
use std::collections::BTreeMap;

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

/// Every organisation and system known, and the links between them.
#[derive(Debug, Default)]
pub struct Registry {
    /// Systems by id.
    pub systems: BTreeMap<SystemId, System>,
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
    /// Host patterns it answers at.
    pub hosts: Vec<HostPattern>,
    /// Special-use addresses the organisation lists for it (a server on its own network), else none.
    pub addresses: Vec<ipnet::IpNet>,
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
    /// The Home Office has access to this forum (DATA-5), until it was left.
    pub home_office_forum: bool,
}

/// A host a system answers at. Deny beats allow: a host of any root is a root's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HostPattern {
    /// Exactly this host.
    Exact(Host),
    /// `*.x`: every name below `x`, without `x`.
    Below(String),
}

/// Somebody looked at a recipient and wrote down why it is safe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assessment {
    /// First day, Europe/London.
    pub on: Date,
    /// Last day, inclusive.
    pub until: Date,
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

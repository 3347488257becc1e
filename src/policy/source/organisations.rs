//! Mirror of `roots.toml`, `organisations.toml` and `councils.toml`: organisations, their systems, and the links between them.

use super::{At, read::Day};
use crate::{
    flow::{OrganisationId, SystemId},
    policy::organisations::{Confidence, ForumState, LinkKind, LinkStatus, SystemKind},
};
use serde::Deserialize;
use std::collections::BTreeMap;

/// The whole file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::policy) struct OrganisationsFile {
    #[serde(default)]
    pub(in crate::policy) organisation: Vec<Organisation>,
    #[serde(default)]
    pub(in crate::policy) link: Vec<Link>,
}

/// The whole of `councils.toml`: local authorities' names by their domains.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::policy) struct CouncilsFile {
    #[serde(default)]
    pub(in crate::policy) council: BTreeMap<At<String>, At<String>>,
}

/// A legal body or a part of one.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::policy) struct Organisation {
    pub(in crate::policy) id: At<OrganisationId>,
    pub(in crate::policy) name: At<String>,
    /// Only in `roots.toml`: this is the Home Office.
    pub(in crate::policy) root: Option<At<bool>>,
    /// How sure the evidence makes us of what is said here.
    pub(in crate::policy) confidence: Option<At<Confidence>>,
    /// Where it is written.
    #[serde(default)]
    pub(in crate::policy) evidence: Vec<String>,
    /// What is uncertain, in words.
    pub(in crate::policy) note: Option<String>,
    #[serde(default)]
    pub(in crate::policy) system: Vec<System>,
}

/// A recipient.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::policy) struct System {
    pub(in crate::policy) id: At<SystemId>,
    pub(in crate::policy) kind: SystemKind,
    /// `refer.riverside.example`, `*.riverside.example`, an address.
    #[serde(default)]
    pub(in crate::policy) hosts: Vec<At<String>>,
    /// `www.gov.uk/report-immigration-crime`: that path and all below it, on a host that others share.
    #[serde(default)]
    pub(in crate::policy) paths: Vec<At<String>>,
    /// Special-use addresses it may resolve to: a server on its own network.
    #[serde(default)]
    pub(in crate::policy) addresses: Vec<At<String>>,
    /// The organisation (O) its certificates are made out to.
    #[serde(default)]
    pub(in crate::policy) certificate_organisations: Vec<At<String>>,
    /// Domains of its mail addresses; `*.x` as with hosts.
    #[serde(default)]
    pub(in crate::policy) mail_domains: Vec<At<String>>,
    /// Tenant ids on a shared service.
    #[serde(default)]
    pub(in crate::policy) tenants: Vec<At<String>>,
    pub(in crate::policy) assessed: Option<At<Assessed>>,
    pub(in crate::policy) undertaking: Option<At<Undertaking>>,
    pub(in crate::policy) safeguarding: Option<At<Safeguarding>>,
    pub(in crate::policy) forum: Option<At<Forum>>,
    pub(in crate::policy) associated: Option<At<Associated>>,
    pub(in crate::policy) confidence: Option<At<Confidence>>,
    #[serde(default)]
    pub(in crate::policy) evidence: Vec<String>,
    pub(in crate::policy) note: Option<String>,
}

/// Somebody looked and wrote down why it is safe.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::policy) struct Assessed {
    pub(in crate::policy) on: At<Day>,
    pub(in crate::policy) until: At<Day>,
    pub(in crate::policy) by: At<String>,
    pub(in crate::policy) reason: At<String>,
    /// The reason answers a contested or uncertain chain to the Home Office.
    #[serde(default)]
    pub(in crate::policy) answers_chain: bool,
}

/// The promise not to pass data on.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::policy) struct Undertaking {
    pub(in crate::policy) sha256: At<String>,
    pub(in crate::policy) role: At<String>,
    pub(in crate::policy) signed: At<Day>,
    pub(in crate::policy) expires: At<Day>,
    pub(in crate::policy) except_required_by_law: bool,
    pub(in crate::policy) tells_us_first: At<bool>,
}

/// The panel's leave to send emergency disclosures.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::policy) struct Safeguarding {
    pub(in crate::policy) approved_on: At<Day>,
    pub(in crate::policy) by: At<String>,
}

/// How far a challenge to the Home Office's presence has come (TRANS-2).
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::policy) struct Forum {
    pub(in crate::policy) state: ForumState,
    pub(in crate::policy) since: At<Day>,
    pub(in crate::policy) deadline: Option<At<Day>>,
}

/// Associated because the registry says so: CHAIN, which the charter names.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::policy) struct Associated {
    pub(in crate::policy) reason: At<String>,
    pub(in crate::policy) evidence: Vec<String>,
}

/// One organisation's data reaching another.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::policy) struct Link {
    /// An organisation's or a system's id.
    pub(in crate::policy) from: At<String>,
    pub(in crate::policy) to: At<String>,
    pub(in crate::policy) kind: At<LinkKind>,
    pub(in crate::policy) carries: Option<At<Carries>>,
    pub(in crate::policy) status: At<LinkStatus>,
    pub(in crate::policy) confidence: Confidence,
    pub(in crate::policy) since: Option<At<Day>>,
    pub(in crate::policy) ended: Option<At<Day>>,
    pub(in crate::policy) evidence: At<Vec<String>>,
    pub(in crate::policy) note: Option<String>,
}

/// Whose client data goes along a link.
#[derive(Debug)]
pub(in crate::policy) enum Carries {
    /// `"all"`.
    All,
    /// Of these systems.
    Systems(Vec<At<SystemId>>),
}

impl<'de> Deserialize<'de> for Carries {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Carries;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("\"all\" or a list of systems")
            }
            fn visit_str<E: serde::de::Error>(self, s: &str) -> Result<Carries, E> {
                if s == "all" { Ok(Carries::All) } else { Err(E::custom("is not one of all")) }
            }
            fn visit_seq<A: serde::de::SeqAccess<'de>>(self, seq: A) -> Result<Carries, A::Error> {
                Vec::deserialize(serde::de::value::SeqAccessDeserializer::new(seq)).map(Carries::Systems)
            }
        }
        d.deserialize_any(Visitor)
    }
}

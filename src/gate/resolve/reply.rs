//! What one DNS answer says of the name that was asked about, and nothing else in it.
//!
//! Pure. Read is only the answer section, and of it only the records that stand on the way from the asked name
//! along its aliases; additional and authority records, and records of other names, lead nowhere.

use super::unresolved::Unresolved;
use crate::flow::Host;
use hickory_resolver::proto::{
    op::{Message, MessageType, ResponseCode},
    rr::{DNSClass, Name, RData, Record, RecordType},
};
use std::{net::IpAddr, time::Duration};

/// No answer is believed for longer, whatever its TTL: a denial that DNS would show is seen by then.
const BELIEVED: Duration = Duration::from_secs(300);
/// No absence is believed for longer: a name that was mended works soon.
const DOUBTED: Duration = Duration::from_secs(30);
/// Aliases followed for one name. Public resolvers follow 8 to 16.
pub(super) const ALIASES: usize = 10;

/// Which addresses are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Family {
    /// A records.
    V4,
    /// AAAA records.
    V6,
}

impl Family {
    /// The record type to ask for.
    pub(super) const fn record(self) -> RecordType {
        match self {
            Self::V4 => RecordType::A,
            Self::V6 => RecordType::AAAA,
        }
    }
}

/// One answer, read. It is judged each time it is used, so it may be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reply {
    /// Each alias on the way, in order, as the name to ask and as the host to judge.
    pub(super) aliases: Vec<(Name, Host)>,
    /// Every address at the end of the way, of either family: all of them are judged.
    pub(super) shown: Vec<IpAddr>,
    /// Those of the family that was asked for.
    pub(super) addresses: Vec<IpAddr>,
    /// The way goes on at the last alias, of which this answer says nothing more.
    pub(super) onward: bool,
    /// For how long the answer may be used again.
    pub(super) believed: Duration,
}

impl Reply {
    /// An answer that needs no server.
    pub(super) const fn fixed(addresses: Vec<IpAddr>) -> Self {
        Self { aliases: Vec::new(), shown: Vec::new(), addresses, onward: false, believed: BELIEVED }
    }
}

/// Reads an answer to the question for `asked`.
///
/// # Errors
/// [`Unresolved::Failed`] where it is no answer, [`Unresolved::Chain`] and [`Unresolved::Unclear`] where it is one
/// that must not be followed.
pub(super) fn read(asked: &Name, family: Family, message: &Message) -> Result<Reply, Unresolved> {
    let code = message.metadata.response_code;
    let ours = matches!(message.queries.as_slice(), [q] if q.name() == asked && q.query_type() == family.record());
    let answered = matches!(code, ResponseCode::NoError | ResponseCode::NXDomain);
    if !ours || !answered || message.metadata.message_type != MessageType::Response {
        return Err(Unresolved::Failed);
    }
    let mut way = Way { at: asked.clone(), aliases: Vec::new(), shown: Vec::new(), ttl: BELIEVED };
    while way.step(&message.answers)? {
        let (last, before) = way.aliases.split_last().ok_or(Unresolved::Unclear)?;
        if last.0 == *asked || before.iter().any(|a| a.0 == last.0) || way.aliases.len() > ALIASES {
            return Err(Unresolved::Chain);
        }
    }
    // By the record's kind: an IPv4 address that came mapped in an AAAA record belongs to those.
    let addresses: Vec<_> = way.shown.iter().filter(|(of, _)| *of == family).map(|(_, address)| *address).collect();
    let shown: Vec<_> = way.shown.iter().map(|(_, address)| *address).collect();
    let absent = code == ResponseCode::NXDomain;
    if absent && !shown.is_empty() {
        return Err(Unresolved::Unclear);
    }
    let (proven, lasts) = absence(&way.at, message);
    if addresses.is_empty() && way.aliases.is_empty() && !proven && is_referral(message) {
        return Err(Unresolved::Failed);
    }
    let onward = addresses.is_empty() && !way.aliases.is_empty() && !absent && !proven;
    let believed = if addresses.is_empty() && !onward { way.ttl.min(lasts) } else { way.ttl };
    Ok(Reply { aliases: way.aliases, shown, addresses, onward, believed })
}

/// How far along the aliases the reading has come.
struct Way {
    at: Name,
    aliases: Vec<(Name, Host)>,
    shown: Vec<(Family, IpAddr)>,
    ttl: Duration,
}

impl Way {
    /// Reads every record of the name that the way is at. True where it is an alias, and the way goes on there.
    fn step(&mut self, records: &[Record]) -> Result<bool, Unresolved> {
        let mut alias: Option<&Name> = None;
        let mut renamed = false;
        for record in records {
            if record.record_type() == RecordType::DNAME && record.name.zone_of(&self.at) {
                renamed = true;
            }
            if record.name != self.at {
                continue;
            }
            if record.dns_class != DNSClass::IN {
                return Err(Unresolved::Unclear);
            }
            match &record.data {
                RData::A(a) => self.shown.push((Family::V4, a.0.into())),
                RData::AAAA(a) => self.shown.push((Family::V6, IpAddr::from(a.0).to_canonical())),
                RData::CNAME(to) if alias.is_none_or(|other| *other == to.0) => alias = Some(&to.0),
                // Signatures say nothing of where a name leads.
                _ if record.record_type() == RecordType::RRSIG => {}
                _ => return Err(Unresolved::Unclear),
            }
            self.ttl = self.ttl.min(lifetime(record.ttl));
        }
        let Some(to) = alias else {
            // A name below a DNAME has its CNAME beside it in every answer (RFC 6672 section 3.1).
            return if renamed { Err(Unresolved::Unclear) } else { Ok(false) };
        };
        if !self.shown.is_empty() {
            return Err(Unresolved::Unclear);
        }
        self.aliases.push((to.to_lowercase(), host(to)?));
        self.at = to.clone();
        Ok(true)
    }
}

/// A name that is no host name by our own canonicaliser cannot be judged, so it is not followed.
fn host(name: &Name) -> Result<Host, Unresolved> {
    match Host::parse(&name.to_ascii()) {
        Ok(host @ Host::Name(_)) => Ok(host),
        _ => Err(Unresolved::Unclear),
    }
}

/// A TTL with its highest bit set is none (RFC 2181 section 8).
fn lifetime(ttl: u32) -> Duration {
    Duration::from_secs(i32::try_from(ttl).map_or(0, |_| u64::from(ttl)))
}

/// Whether the answer proves that `at` has no more to show (RFC 2308: the SOA of its zone), and for how long an
/// absence is believed.
fn absence(at: &Name, message: &Message) -> (bool, Duration) {
    let proof = message.authorities.iter().find_map(|r| match &r.data {
        RData::SOA(soa) if r.name.zone_of(at) => Some(lifetime(r.ttl).min(lifetime(soa.minimum))),
        _ => None,
    });
    (proof.is_some(), proof.map_or(DOUBTED, |lasts| lasts.min(DOUBTED)))
}

/// A server that only says whom else to ask is no resolver (RFC 2308 section 2.2.1).
fn is_referral(message: &Message) -> bool {
    message.authorities.iter().any(|r| r.record_type() == RecordType::NS)
}

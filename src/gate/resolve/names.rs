//! DNS, asked properly: absolute names only, no hosts file, no search list, A and AAAA, every name on the way.

use super::{Rules, judge, judge_address, leads_nowhere};
use crate::{flow::Host, verdict::Refusal};
use hickory_resolver::{
    TokioResolver,
    config::{NameServerConfig, ResolveHosts, ResolverConfig, ResolverOpts},
    net::runtime::TokioRuntimeProvider,
    proto::rr::{Name, RData, Record, RecordType},
    system_conf::read_system_conf,
};
use std::{
    fmt,
    net::{IpAddr, SocketAddr},
    time::Duration,
};

/// One try at one server.
const TRY: Duration = Duration::from_secs(2);
/// A whole look-up, retries and CNAMEs included.
const WHOLE: Duration = Duration::from_secs(8);
/// No answer is believed for longer, whatever its TTL.
const BELIEVED: Duration = Duration::from_secs(300);
/// No failure is believed for longer.
const DOUBTED: Duration = Duration::from_secs(10);
/// Aliases followed in one answer.
const ALIASES: usize = 8;
/// Addresses kept of one answer.
const ADDRESSES: usize = 16;

/// A DNS client. `None` when the machine names no server: then only overrides and addresses resolve.
pub(super) struct Names(Option<TokioResolver>);

impl fmt::Debug for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Names").field(&self.0.is_some()).finish()
    }
}

impl Names {
    pub(super) fn new(servers: &[SocketAddr]) -> Self {
        let servers = if servers.is_empty() { system_servers() } else { servers.iter().copied().map(server).collect() };
        if servers.is_empty() {
            tracing::warn!("no DNS server is configured; only names in [gateway.resolve] can be reached");
            return Self(None);
        }
        let config = ResolverConfig::from_parts(None, Vec::new(), servers);
        let resolver = TokioResolver::builder_with_config(config, TokioRuntimeProvider::default())
            .with_options(options())
            .build()
            .inspect_err(|_| tracing::error!("the DNS client could not be made; names cannot be resolved"));
        Self(resolver.ok())
    }

    /// Every address that the name leads to, each judged, none chosen. One denied name or address in either
    /// answer refuses all: an answer that mixes is not to be trusted.
    pub(super) async fn look_up(&self, rules: &Rules, name: &str) -> Result<Vec<IpAddr>, Refusal> {
        let resolver = self.0.as_ref().ok_or_else(leads_nowhere)?;
        let name = Name::from_ascii(format!("{name}.")).map_err(|_| leads_nowhere())?;
        let both = async {
            tokio::join!(resolver.lookup(name.clone(), RecordType::A), resolver.lookup(name.clone(), RecordType::AAAA))
        };
        let (v4, v6) = tokio::time::timeout(WHOLE, both).await.map_err(|_| leads_nowhere())?;
        let mut found = Vec::new();
        // A server that fails one of the two questions is common and harmless: only what was answered, and
        // judged, is dialled.
        for answer in [v4, v6].into_iter().flatten() {
            judge_records(rules, answer.answers())?;
            found.extend(addresses(&name, answer.answers()));
        }
        found.truncate(ADDRESSES);
        if found.is_empty() { Err(leads_nowhere()) } else { Ok(found) }
    }
}

/// Shows the rules every name and address in the answer, also those that will not be used.
fn judge_records(rules: &Rules, records: &[Record]) -> Result<(), Refusal> {
    for record in records {
        judge(rules, &host(&record.name)?)?;
        match &record.data {
            RData::CNAME(target) => judge(rules, &host(target)?)?,
            RData::A(a) => judge_address(rules, a.0.into())?,
            RData::AAAA(a) => judge_address(rules, IpAddr::from(a.0).to_canonical())?,
            _ => {}
        }
    }
    Ok(())
}

/// A name that is not a host by our own canonicaliser cannot be judged, so it is not followed.
fn host(name: &Name) -> Result<Host, Refusal> {
    Host::parse(&name.to_ascii()).map_err(|_| leads_nowhere())
}

/// The addresses of the name itself or of the end of its chain of aliases; an answer may hold others.
fn addresses(name: &Name, records: &[Record]) -> Vec<IpAddr> {
    let mut end = name;
    for _ in 0..ALIASES {
        let next = records.iter().find_map(|r| match &r.data {
            RData::CNAME(target) if r.name == *end => Some(&target.0),
            _ => None,
        });
        match next {
            Some(next) => end = next,
            None => break,
        }
    }
    records
        .iter()
        .filter(|r| r.name == *end)
        .filter_map(|r| match &r.data {
            RData::A(a) => Some(IpAddr::from(a.0)),
            RData::AAAA(a) => Some(IpAddr::from(a.0)),
            _ => None,
        })
        .collect()
}

fn server(address: SocketAddr) -> NameServerConfig {
    let mut server = NameServerConfig::udp_and_tcp(address.ip());
    for connection in &mut server.connections {
        connection.port = address.port();
    }
    server
}

/// The servers of the system's configuration, without its search list and options.
fn system_servers() -> Vec<NameServerConfig> {
    read_system_conf().map(|(config, _)| config.name_servers().to_vec()).unwrap_or_default()
}

fn options() -> ResolverOpts {
    let mut options = ResolverOpts::default();
    options.timeout = TRY;
    options.attempts = 2;
    options.use_hosts_file = ResolveHosts::Never;
    options.preserve_intermediates = true;
    options.try_tcp_on_error = true;
    options.cache_size = 1024;
    options.positive_max_ttl = Some(BELIEVED);
    options.negative_max_ttl = Some(DOUBTED);
    options
}

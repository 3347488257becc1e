//! Names in DNS: absolute ones only, no hosts file, no search list, A and AAAA, one question at a time.
//!
//! The name was judged before the first question. Each alias is judged when it is seen and before anything is asked
//! about it; each address is judged, whether or not it will be dialled. HTTPS and SVCB records are not asked for.
//! The machine's DNS server may have followed an alias before it answered; that nobody can undo here.

use super::{
    Rules, judge, judge_address,
    kept::Kept,
    reply::{ALIASES, Family, Reply},
    servers::Servers,
    unresolved::Unresolved,
};
use crate::verdict::Refusal;
use hickory_resolver::proto::rr::Name;
use std::{
    collections::HashSet,
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    sync::Arc,
    time::Duration,
};

/// A whole look-up: both families, every alias, every server.
const WHOLE: Duration = Duration::from_secs(8);
/// Addresses kept of one family's answer. All are judged.
const ADDRESSES: usize = 16;

/// A DNS client. Without a server only overrides and addresses resolve.
pub(super) struct Names {
    servers: Option<Servers>,
    kept: Kept,
}

impl fmt::Debug for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Names").field("servers", &self.servers.is_some()).finish_non_exhaustive()
    }
}

impl Names {
    pub(super) fn new(servers: &[std::net::SocketAddr]) -> Self {
        let servers = Servers::new(servers);
        if servers.is_none() {
            tracing::warn!("no DNS server is configured; only names in [gateway.resolve] can be reached");
        }
        Self { servers, kept: Kept::default() }
    }

    /// Every address that the name leads to, each judged, none chosen. The caller has judged the name.
    ///
    /// A family without addresses is common and says nothing; one whose answer could not be seen refuses the
    /// other too, because what was not seen might have been a denial.
    pub(super) async fn look_up(&self, rules: &Rules, name: &str) -> Result<Vec<IpAddr>, Refusal> {
        let name = Name::from_ascii(format!("{name}.")).map_err(|_| Unresolved::Unclear.refusal())?;
        // A denial ends both at once; a failure waits for the other, which may have a denial to show.
        let both = async { tokio::try_join!(self.walk(rules, &name, Family::V4), self.walk(rules, &name, Family::V6)) };
        let (v4, v6) = tokio::time::timeout(WHOLE, both).await.map_err(|_| Unresolved::Silent.refusal())??;
        let found = v4.and_then(|v4| v6.map(|v6| [v4, v6].concat())).map_err(Unresolved::refusal)?;
        if found.is_empty() { Err(Unresolved::Nowhere.refusal()) } else { Ok(found) }
    }

    /// Follows the aliases of one family to the addresses at their end.
    async fn walk(
        &self,
        rules: &Rules,
        name: &Name,
        family: Family,
    ) -> Result<Result<Vec<IpAddr>, Unresolved>, Refusal> {
        let mut seen = HashSet::from([name.clone()]);
        let mut at = name.clone();
        loop {
            let reply = match self.ask(&at, family).await {
                Ok(reply) => reply,
                Err(unresolved) => return Ok(Err(unresolved)),
            };
            judge_reply(rules, &reply)?;
            for (alias, _) in &reply.aliases {
                if !seen.insert(alias.clone()) || seen.len() > ALIASES + 1 {
                    return Ok(Err(Unresolved::Chain));
                }
            }
            match reply.aliases.last() {
                Some((alias, _)) if reply.onward => at = alias.clone(),
                _ => return Ok(Ok(reply.addresses.iter().copied().take(ADDRESSES).collect())),
            }
        }
    }

    async fn ask(&self, name: &Name, family: Family) -> Result<Arc<Reply>, Unresolved> {
        if let Some(addresses) = known_without_asking(name, family) {
            return Ok(Arc::new(Reply::fixed(addresses)));
        }
        let servers = self.servers.as_ref().ok_or(Unresolved::Failed)?;
        self.kept.or_ask(name, family, servers.ask(name, family)).await
    }
}

/// Shows the rules everything on the way, also what will not be used.
fn judge_reply(rules: &Rules, reply: &Reply) -> Result<(), Refusal> {
    reply.aliases.iter().try_for_each(|(_, alias)| judge(rules, alias))?;
    reply.shown.iter().try_for_each(|address| judge_address(rules, *address))
}

/// Names that no DNS server is asked for (RFC 6761, RFC 7686).
fn known_without_asking(name: &Name, family: Family) -> Option<Vec<IpAddr>> {
    let top = name.iter().next_back()?.to_ascii_lowercase();
    match top.as_slice() {
        b"localhost" => Some(vec![match family {
            Family::V4 => Ipv4Addr::LOCALHOST.into(),
            Family::V6 => Ipv6Addr::LOCALHOST.into(),
        }]),
        b"invalid" | b"onion" => Some(Vec::new()),
        _ => None,
    }
}

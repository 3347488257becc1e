//! From a judged recipient to addresses that were judged too: rules, then names, then the pin.
//!
//! A host that a rule denies gets not even a DNS query. What DNS says can only add a denial: every name and
//! every address of the answer is shown to the rules, and one that is denied refuses the whole answer. What is
//! left is pinned, and only a pinned address is ever dialled (design section 5, invariants 7 and 8).

mod denials;
mod kept;
mod names;
mod pinned;
mod reply;
mod servers;
mod special_use;
mod unresolved;

pub use denials::{Denials, Rules, Way};
pub use pinned::Pinned;
pub use special_use::{SpecialUse, special_use};

use crate::{
    config,
    flow::{Host, RuleId},
    policy::integration::Upstream,
    verdict::{Code, Reason, Refusal},
};
use ipnet::IpNet;
use names::Names;
use std::{
    collections::BTreeMap,
    net::{IpAddr, SocketAddr, UdpSocket},
};
use unresolved::Unresolved;

/// Finds, judges and pins addresses. One for the process.
#[derive(Debug)]
pub struct Resolver {
    overrides: BTreeMap<Host, config::Override>,
    names: Names,
    own: Vec<SocketAddr>,
}

impl Resolver {
    /// From the configuration. `own` are the addresses that our listeners are bound to (all of them: callers',
    /// panel, operations), which are never dialled; the configured `listen` addresses are added to them.
    #[must_use]
    pub fn new(gateway: &config::Gateway, own: &[SocketAddr]) -> Self {
        Self {
            overrides: gateway.resolve.clone(),
            names: Names::new(&gateway.dns),
            own: gateway.listen.iter().chain(own).copied().collect(),
        }
    }

    /// Judges where `upstream` really is, and pins it for one request. `listed` are the special-use networks that
    /// the registry lists for the system ([`System::addresses`](crate::policy::organisations::System)).
    ///
    /// # Errors
    /// A denial of the rules as it stands; `destination-mismatch` when the name leads to a special-use address
    /// that is not listed or to this gateway itself; `destination-unreachable` when it leads nowhere.
    pub async fn judge_and_pin(&self, rules: &Rules, listed: &[IpNet], upstream: &Upstream) -> Result<Pinned, Refusal> {
        judge(rules, &upstream.host)?;
        let fixed = self.overrides.get(&upstream.host);
        let found = match (fixed, &upstream.host) {
            (Some(fixed), _) => vec![fixed.address],
            (None, Host::Address(address)) => vec![*address],
            (None, Host::Name(name)) => self.names.look_up(rules, name).await?,
        };
        let port = fixed.and_then(|f| f.port).unwrap_or(upstream.port);
        let mut addresses = Vec::with_capacity(found.len());
        for address in found {
            let address = address.to_canonical();
            judge_address(rules, address)?;
            if fixed.is_none() {
                refuse_special_use(listed, address)?;
            }
            let address = SocketAddr::new(address, port);
            self.refuse_own(address)?;
            addresses.push(address);
        }
        Pinned::new(rules, upstream, addresses).ok_or_else(|| Unresolved::Nowhere.refusal())
    }

    fn refuse_own(&self, address: SocketAddr) -> Result<(), Refusal> {
        let own = self.own.iter().any(|o| {
            o.port() == address.port()
                && (o.ip().to_canonical() == address.ip()
                    || address.ip().is_unspecified()
                    || (o.ip().is_unspecified() && is_local(address.ip())))
        });
        if own {
            return Err(refusal(
                Code::DestinationMismatch,
                "own-listener",
                "The recipient's name leads back to this gateway.",
                "Correct the connection's upstream or the entry in [gateway.resolve].",
            ));
        }
        Ok(())
    }
}

/// Whether an address is one of this machine's. Binding is the only portable way to ask; nothing is sent. A
/// machine that cannot answer counts as local: refusing is the safe mistake.
fn is_local(address: IpAddr) -> bool {
    match UdpSocket::bind((address, 0)) {
        Ok(_) => true,
        Err(e) => e.kind() != std::io::ErrorKind::AddrNotAvailable,
    }
}

pub(super) fn judge(rules: &Rules, host: &Host) -> Result<(), Refusal> {
    rules.denials.denies(host).map_or(Ok(()), Err)
}

/// Shows an address to the rules, and with it the IPv4 address that it may embed.
pub(super) fn judge_address(rules: &Rules, address: IpAddr) -> Result<(), Refusal> {
    judge(rules, &Host::Address(address))?;
    special_use::embedded(address).into_iter().try_for_each(|inner| judge(rules, &Host::Address(inner.into())))
}

fn refuse_special_use(listed: &[IpNet], address: IpAddr) -> Result<(), Refusal> {
    let Some(kind) = special_use(address) else { return Ok(()) };
    if listed.iter().any(|network| network.contains(&address)) {
        return Ok(());
    }
    Err(refusal(
        Code::DestinationMismatch,
        "special-use-address",
        format!("The recipient's name leads to an address that is not a public one ({kind})."),
        "If the recipient really is there, list the address under the system's addresses in organisations.toml, or \
         fix the name in [gateway.resolve].",
    ))
}

pub(super) fn refusal(code: Code, rule: &'static str, detail: impl Into<String>, remedy: &'static str) -> Refusal {
    let refusal = Refusal::plain(code, detail);
    match RuleId::parse(rule) {
        Ok(rule) => refusal.because(Reason { clause: None, rule, category: None, path: None, remedy: remedy.into() }),
        Err(_) => refusal,
    }
}

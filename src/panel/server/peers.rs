//! How many connections each address has open: in memory, while they are open, and written nowhere.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use url::{Host, Url};

/// Connections of one address. Of all the places one computer takes a quarter.
const EACH: usize = 32;

/// Who has how many connections.
#[derive(Debug, Default)]
pub(super) struct Peers {
    counts: Mutex<HashMap<IpAddr, usize>>,
    /// Everybody comes through a proxy on this machine, which is one address for all of them.
    proxied: bool,
}

/// One connection's share. Dropping it gives it back.
#[derive(Debug)]
pub(super) struct Share(Option<(Arc<Peers>, IpAddr)>);

impl Peers {
    /// For pages that people reach under this address. Where it is not of this machine, whoever connects from this machine
    /// is the proxy in front of them.
    pub(super) fn of(url: &Url) -> Self {
        let own = match url.host() {
            Some(Host::Ipv4(ip)) => ip.is_loopback(),
            Some(Host::Ipv6(ip)) => ip.is_loopback(),
            Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            None => false,
        };
        Self { proxied: !own, ..Self::default() }
    }

    /// Another connection of this address; `None` where it has as many as one may have.
    pub(super) fn enter(self: &Arc<Self>, from: IpAddr) -> Option<Share> {
        let peer = peer(from);
        if self.proxied && from.to_canonical().is_loopback() {
            return Some(Share(None));
        }
        let mut counts = self.counts();
        let count = counts.entry(peer).or_default();
        if *count >= EACH {
            return None;
        }
        *count += 1;
        Some(Share(Some((Arc::clone(self), peer))))
    }

    fn counts(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        // Counts are whole at every moment.
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let Some((peers, peer)) = &self.0 else { return };
        let mut counts = peers.counts();
        if let Some(count) = counts.get_mut(peer) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                counts.remove(peer);
            }
        }
    }
}

/// Whom an address stands for: of IPv6 its network (/64), in which one computer has as many addresses as it likes.
fn peer(from: IpAddr) -> IpAddr {
    match from.to_canonical() {
        IpAddr::V4(four) => IpAddr::V4(four),
        IpAddr::V6(six) => IpAddr::V6(Ipv6Addr::from_bits(six.to_bits() & !u128::from(u64::MAX))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(address: &str) -> IpAddr {
        address.parse().unwrap()
    }

    #[test]
    fn an_address_has_its_share_and_gets_it_back() {
        let peers = Arc::new(Peers::default());
        let mut held: Vec<_> = (0..EACH).map(|_| peers.enter(at("192.0.2.1")).unwrap()).collect();
        assert!(peers.enter(at("192.0.2.1")).is_none() && peers.enter(at("::ffff:192.0.2.1")).is_none());
        assert!(peers.enter(at("192.0.2.2")).is_some());
        held.pop();
        held.push(peers.enter(at("192.0.2.1")).unwrap());
        drop(held);
        assert!(peers.counts().is_empty(), "nothing is remembered of who was here");
    }

    #[test]
    fn behind_a_proxy_on_this_machine_nobody_takes_the_others_share() {
        let of = |url: &str| Arc::new(Peers::of(&url.parse().unwrap()));
        let people = of("https://panel.charity.example");
        for from in ["127.0.0.1", "::1", "::ffff:127.0.0.1", "192.0.2.1"] {
            let held: Vec<_> = (0..=EACH).map(|_| people.enter(at(from))).collect();
            assert_eq!(held.iter().all(Option::is_some), from != "192.0.2.1", "{from}");
        }
        for own in ["http://127.0.0.1:8080", "http://localhost:8080", "https://[::1]:8443"] {
            let peers = of(own);
            let held: Vec<_> = (0..=EACH).map(|_| peers.enter(at("127.0.0.1"))).collect();
            assert!(held.last().unwrap().is_none(), "{own}: there is no proxy");
        }
    }

    #[test]
    fn an_ipv6_network_is_one() {
        let peers = Arc::new(Peers::default());
        let held: Vec<_> = (0..EACH).map(|n| peers.enter(at(&format!("2001:db8::{n:x}"))).unwrap()).collect();
        assert!(peers.enter(at("2001:db8::ffff")).is_none() && peers.enter(at("2001:db8:0:1::1")).is_some());
        drop(held);
    }
}

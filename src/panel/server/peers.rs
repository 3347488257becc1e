//! How many connections each address has open: in memory, while they are open, and written nowhere.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Connections of one address. Of all the places one computer takes a quarter.
const EACH: usize = 32;

/// Who has how many connections.
#[derive(Debug, Default)]
pub(super) struct Peers(Mutex<HashMap<IpAddr, usize>>);

/// One connection's share. Dropping it gives it back.
#[derive(Debug)]
pub(super) struct Share {
    peers: Arc<Peers>,
    peer: IpAddr,
}

impl Peers {
    /// Another connection of this address; `None` where it has as many as one may have.
    pub(super) fn enter(self: &Arc<Self>, from: IpAddr) -> Option<Share> {
        let peer = peer(from);
        let mut counts = self.counts();
        let count = counts.entry(peer).or_default();
        if *count >= EACH {
            return None;
        }
        *count += 1;
        Some(Share { peers: Arc::clone(self), peer })
    }

    fn counts(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        // Counts are whole at every moment.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut counts = self.peers.counts();
        if let Some(count) = counts.get_mut(&self.peer) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                counts.remove(&self.peer);
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
    fn an_ipv6_network_is_one() {
        let peers = Arc::new(Peers::default());
        let held: Vec<_> = (0..EACH).map(|n| peers.enter(at(&format!("2001:db8::{n:x}"))).unwrap()).collect();
        assert!(peers.enter(at("2001:db8::ffff")).is_none() && peers.enter(at("2001:db8:0:1::1")).is_some());
        drop(held);
    }
}

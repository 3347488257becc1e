//! One of a system's `addresses`: where it answers on a private network, or networks nobody else's name may lead to.
//!
//! An entry lets a recipient's name lead where no name may lead otherwise, so it says exactly where: never to this
//! machine as a whole, to the local link or a cloud's metadata, nor to more than one kind of network at once.

use super::super::{Problems, place};
use crate::policy::source::At;
use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Reported and left out where it is none, or one that is not allowed.
pub(super) fn read(file: &str, text: &At<String>, problems: &mut Problems) -> Option<IpNet> {
    let s = text.get_ref();
    let at = || place(file, text.span());
    let Some(net) = s.parse().ok().or_else(|| s.parse::<IpAddr>().ok().map(IpNet::from)) else {
        let mend = "write an address or a network, such as 10.20.0.0/16";
        problems.error(at(), format!("`{s}` is not an address"), mend);
        return None;
    };
    if let Some((wrong, mend)) = objection(net) {
        problems.error(at(), format!("`{s}` {wrong}"), mend);
        return None;
    }
    if LOOPBACK.iter().any(|block| block.contains(&net)) {
        let mend = "keep it only if the recipient's system really runs on the gateway's own machine";
        problems.warn(at(), format!("`{s}` is this machine itself"), mend);
    }
    Some(net)
}

/// What is wrong with it, and the mend.
fn objection(net: IpNet) -> Option<(&'static str, String)> {
    if let Some(mend) = as_ipv4(net) {
        return Some(("is IPv4 written as IPv6, which no address is compared with", mend));
    }
    let trunc = net.trunc();
    if net != trunc {
        let mend = format!("write `{trunc}` for the whole network, or `{}` for the one address", net.addr());
        return Some(("is neither an address nor a network", mend));
    }
    let overlaps = |block: &IpNet| block.contains(&net) || net.contains(block);
    if LINK.iter().any(overlaps) {
        let mend = "write the narrower network in which the system answers, without the local link and the addresses of \
                    clouds' metadata services";
        return Some(("reaches the local link or a cloud's metadata service", mend.to_owned()));
    }
    if LOOPBACK.iter().any(overlaps) && net.prefix_len() != net.max_prefix_len() {
        let mend = "write the one address at which the system answers on this machine, such as 127.0.0.1";
        return Some(("reaches all of this machine", mend.to_owned()));
    }
    SPECIAL.iter().any(|block| net.contains(block) && net != *block).then(|| {
        let mend = "write the network in which the system answers, such as 10.20.0.0/16".to_owned();
        ("is wider than a private network", mend)
    })
}

/// The same in IPv4, where it is an IPv4-mapped network (RFC 4291 section 2.5.5.2).
fn as_ipv4(net: IpNet) -> Option<String> {
    let IpNet::V6(net) = net else { return None };
    let address = net.addr().to_ipv4_mapped()?;
    let ipv4 = net.prefix_len().checked_sub(96).and_then(|length| Ipv4Net::new(address, length).ok());
    Some(ipv4.map_or_else(|| "write a network of IPv4".to_owned(), |net| format!("write `{}`", net.trunc())))
}

const fn ipv4(a: u8, b: u8, c: u8, d: u8, length: u8) -> IpNet {
    IpNet::V4(Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), length))
}

const fn ipv6(first: u16, length: u8) -> IpNet {
    IpNet::V6(Ipv6Net::new_assert(Ipv6Addr::new(first, 0, 0, 0, 0, 0, 0, 0), length))
}

/// RFC 1122 section 3.2.1.3, RFC 4291 section 2.5.3.
const LOOPBACK: [IpNet; 2] = [ipv4(127, 0, 0, 0, 8), IpNet::V6(Ipv6Net::new_assert(Ipv6Addr::LOCALHOST, 128))];

/// RFC 3927, RFC 4291, and where clouds keep metadata and host services (Alibaba, Oracle, Azure, AWS).
const LINK: [IpNet; 6] = [
    ipv4(169, 254, 0, 0, 16),
    ipv6(0xfe80, 10),
    ipv4(100, 100, 100, 200, 32),
    ipv4(192, 0, 0, 192, 32),
    ipv4(168, 63, 129, 16, 32),
    IpNet::V6(Ipv6Net::new_assert(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254), 128)),
];

/// RFC 1918, RFC 6598, RFC 4193.
const SPECIAL: [IpNet; 5] =
    [ipv4(10, 0, 0, 0, 8), ipv4(172, 16, 0, 0, 12), ipv4(192, 168, 0, 0, 16), ipv4(100, 64, 0, 0, 10), ipv6(0xfc00, 7)];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_is_one_that_a_system_can_be_in() {
        for good in [
            "10.20.0.0/16",
            "10.0.0.0/8",
            "192.168.4.7/32",
            "127.0.0.1/32",
            "::1/128",
            "fd12:3456::/32",
            "51.140.0.0/16",
            "100.64.0.0/16",
        ] {
            assert_eq!(objection(good.parse().unwrap()), None, "{good}");
        }
        for (bad, why) in [
            ("::ffff:1.2.3.0/120", "write `1.2.3.0/24`"),
            ("::ffff:0:0/96", "write `0.0.0.0/0`"),
            ("10.20.0.1/16", "write `10.20.0.0/16`"),
            ("0.0.0.0/0", "narrower"),
            ("::/0", "narrower"),
            ("169.254.169.254/32", "narrower"),
            ("168.0.0.0/7", "narrower"),
            ("fe80::/64", "narrower"),
            ("fd00::/8", "narrower"),
            ("100.64.0.0/10", "narrower"),
            ("127.0.0.0/8", "one address"),
            ("127.0.0.0/31", "one address"),
            ("::/8", "one address"),
            ("10.0.0.0/7", "such as 10.20.0.0/16"),
            ("192.160.0.0/11", "such as 10.20.0.0/16"),
        ] {
            let said = objection(bad.parse::<IpNet>().unwrap());
            assert!(said.as_ref().is_some_and(|(_, mend)| mend.contains(why)), "{bad}: {said:?}");
        }
    }
}

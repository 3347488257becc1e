//! Addresses that are not simply somebody on the public internet.
//!
//! From the IANA IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890 and its updates). Of IPv6 only
//! 2000::/3 is public at all, so everything outside it is special without being listed.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

/// Why an address is not a public one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpecialUse {
    /// This machine.
    Loopback,
    /// A private network: RFC 1918, RFC 4193.
    Private,
    /// One link: RFC 3927, RFC 4291. Cloud metadata services live here.
    LinkLocal,
    /// A provider's own translation: RFC 6598.
    SharedTranslation,
    /// A cloud's metadata or host service at an address that is otherwise public.
    Metadata,
    /// Many hosts at once: multicast and broadcast.
    Multicast,
    /// Examples and tests: RFC 5737, RFC 2544, RFC 3849, RFC 9637.
    Documentation,
    /// Unspecified, reserved, or not assigned to the public internet.
    Reserved,
}

impl fmt::Display for SpecialUse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Loopback => "this machine itself",
            Self::Private => "a private network",
            Self::LinkLocal => "the local link",
            Self::SharedTranslation => "a provider's shared range",
            Self::Metadata => "a cloud's metadata service",
            Self::Multicast => "multicast or broadcast",
            Self::Documentation => "documentation or tests",
            Self::Reserved => "a reserved range",
        })
    }
}

/// What is special about an address, or about an IPv4 address it embeds. `None` is public.
#[must_use]
pub fn special_use(address: IpAddr) -> Option<SpecialUse> {
    match address.to_canonical() {
        IpAddr::V4(a) => ipv4(a),
        IpAddr::V6(a) => {
            let outer = if is_only_a_way(a) { None } else { ipv6(a) };
            outer.or_else(|| embedded(a.into()).into_iter().find_map(ipv4))
        }
    }
}

/// NAT64's own prefix, 6to4 and Teredo: where they lead is what the IPv4 address within says.
const fn is_only_a_way(address: Ipv6Addr) -> bool {
    matches!(address.segments(), [0x64, 0xff9b, 0, 0, 0, 0, ..] | [0x2002, ..] | [0x2001, 0, ..])
}

/// The IPv4 addresses that an IPv6 address leads to: NAT64 (RFC 6052; the local prefixes of RFC 8215 in each length
/// they can have), 6to4 (RFC 3056), Teredo (RFC 4380: the server and the client), ISATAP (RFC 5214), IPv4-compatible
/// (RFC 4291), IPv4-translated (RFC 2765). Where the path through a translator ends, the rules must look too.
pub(super) fn embedded(address: IpAddr) -> Vec<Ipv4Addr> {
    let IpAddr::V6(a) = address else { return Vec::new() };
    let [s0, s1, s2, s3, s4, s5, s6, s7] = a.segments();
    let mut found = match (s0, s1, s2, s3, s4, s5) {
        (0x64, 0xff9b, 0, 0, 0, 0) | (0, 0, 0, 0, 0, 0) | (0, 0, 0, 0, 0xffff, 0) => vec![joined(s6, s7)],
        (0x64, 0xff9b, 1, ..) => local_nat64(a).to_vec(),
        (0x2002, ..) => vec![joined(s1, s2)],
        (0x2001, 0, ..) => vec![joined(s2, s3), joined(!s6, !s7)],
        _ => Vec::new(),
    };
    if matches!((s4, s5), (0 | 0x200, 0x5efe)) {
        found.push(joined(s6, s7));
    }
    found
}

/// RFC 6052 section 2.2: the prefix may be 48, 56, 64 or 96 bits long, and bits 64 to 71 are skipped.
const fn local_nat64(address: Ipv6Addr) -> [Ipv4Addr; 4] {
    let [_, _, _, _, _, _, b6, b7, _, b9, b10, b11, b12, b13, b14, b15] = address.octets();
    [
        Ipv4Addr::new(b6, b7, b9, b10),
        Ipv4Addr::new(b7, b9, b10, b11),
        Ipv4Addr::new(b9, b10, b11, b12),
        Ipv4Addr::new(b12, b13, b14, b15),
    ]
}

const fn joined(high: u16, low: u16) -> Ipv4Addr {
    let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
    Ipv4Addr::new(a, b, c, d)
}

const fn ipv4(address: Ipv4Addr) -> Option<SpecialUse> {
    Some(match address.octets() {
        [127, ..] => SpecialUse::Loopback,
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] => SpecialUse::Private,
        [169, 254, ..] => SpecialUse::LinkLocal,
        [100, 64..=127, ..] => SpecialUse::SharedTranslation,
        [168, 63, 129, 16] => SpecialUse::Metadata,
        [224..=239, ..] | [255, 255, 255, 255] => SpecialUse::Multicast,
        [192, 0, 2, _] | [198, 51, 100, _] | [203, 0, 113, _] | [198, 18 | 19, ..] => SpecialUse::Documentation,
        [0 | 240..=255, ..] | [192, 0, 0, _] | [192, 88, 99, _] => SpecialUse::Reserved,
        _ => return None,
    })
}

const fn ipv6(address: Ipv6Addr) -> Option<SpecialUse> {
    Some(match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 1] => SpecialUse::Loopback,
        [0xfc00..=0xfdff, ..] => SpecialUse::Private,
        [0xfe80..=0xfebf, ..] => SpecialUse::LinkLocal,
        [0xff00..=0xffff, ..] => SpecialUse::Multicast,
        [0x2001, 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] | [0x2001, 2, 0, ..] => SpecialUse::Documentation,
        // 2001::/23 is for protocols; Teredo was taken out above.
        [0x2001, 0..=0x1ff, ..] => SpecialUse::Reserved,
        [0x2000..=0x3fff, ..] => return None,
        _ => SpecialUse::Reserved,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(s: &str) -> Option<SpecialUse> {
        special_use(s.parse().unwrap())
    }

    #[test]
    fn public_addresses_are_not_special() {
        for s in
            ["8.8.8.8", "51.140.0.1", "172.32.0.1", "100.128.0.1", "2a00:1450::1", "2606:4700::1", "2001:4860::8888"]
        {
            assert_eq!(of(s), None, "{s}");
        }
    }

    #[test]
    fn each_registry_entry_is_recognised() {
        use SpecialUse as S;
        for (s, want) in [
            ("127.0.0.1", S::Loopback),
            ("127.255.255.254", S::Loopback),
            ("::1", S::Loopback),
            ("10.1.2.3", S::Private),
            ("172.16.0.1", S::Private),
            ("172.31.255.255", S::Private),
            ("192.168.1.1", S::Private),
            ("fd00:ec2::254", S::Private),
            ("169.254.169.254", S::LinkLocal),
            ("fe80::1", S::LinkLocal),
            ("100.100.100.200", S::SharedTranslation),
            ("168.63.129.16", S::Metadata),
            ("224.0.0.1", S::Multicast),
            ("255.255.255.255", S::Multicast),
            ("ff02::1", S::Multicast),
            ("192.0.2.1", S::Documentation),
            ("198.19.255.255", S::Documentation),
            ("2001:db8::1", S::Documentation),
            ("3fff:fff::1", S::Documentation),
            ("0.0.0.0", S::Reserved),
            ("0.1.2.3", S::Reserved),
            ("240.0.0.1", S::Reserved),
            ("192.88.99.1", S::Reserved),
            ("::", S::Reserved),
            ("::7f00:1", S::Reserved),
            ("64:ff9b:1::7f00:1", S::Reserved),
            ("2001:20::1", S::Reserved),
            ("fec0::1", S::Reserved),
            ("5f00::1", S::Reserved),
        ] {
            assert_eq!(of(s), Some(want), "{s}");
        }
    }

    #[test]
    fn an_embedded_address_is_judged_where_it_leads() {
        assert_eq!(of("::ffff:10.0.0.1"), Some(SpecialUse::Private));
        assert_eq!(of("64:ff9b::127.0.0.1"), Some(SpecialUse::Loopback));
        assert_eq!(of("64:ff9b::8.8.8.8"), None);
        assert_eq!(of("2002:7f00:1::"), Some(SpecialUse::Loopback));
        assert_eq!(of("2002:808:808::1"), None);
        // Teredo: the client is the complement of the last 32 bits.
        assert_eq!(of("2001:0:808:808::80ff:fffe"), Some(SpecialUse::Loopback));
        assert_eq!(of("2001:0:a00:1::f7f7:f7f7"), Some(SpecialUse::Private));
        assert_eq!(of("2001:0:808:808::f7f7:f7f7"), None);
        // ISATAP: the interface id says whose IPv4 network it is on.
        assert_eq!(of("2a00:1450::5efe:10.0.0.1"), Some(SpecialUse::Private));
        assert_eq!(of("2a00:1450::200:5efe:8.8.8.8"), None);
        assert_eq!(of("64:ff9b:1::8.8.8.8"), Some(SpecialUse::Reserved));
    }

    #[test]
    fn every_embedding_shows_what_it_embeds() {
        for s in [
            "64:ff9b::51.140.0.66",
            "64:ff9b:1:338c:0:4200::",
            "64:ff9b:1:33:8c:42::",
            "64:ff9b:1:0:33:8c00:4200:0",
            "64:ff9b:1::51.140.0.66",
            "2002:338c:42::1",
            "2001:0:338c:42::1",
            "2001:0:808:808::cc73:ffbd",
            "2a00::5efe:51.140.0.66",
            "::51.140.0.66",
            "::ffff:0:51.140.0.66",
        ] {
            let found = embedded(s.parse().unwrap());
            assert!(found.contains(&Ipv4Addr::new(51, 140, 0, 66)), "{s}: {found:?}");
        }
        assert!(embedded("2a00:1450::338c:42".parse().unwrap()).is_empty());
    }
}

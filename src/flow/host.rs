//! One spelling for every host: lower case, IDNA, no trailing dot, canonical addresses.
//!
//! This is the only canonicaliser: request targets, `Host`, `:authority`, SNI, the registry, the configuration, links
//! in answers, names in DNS and in certificates all come through here. It reads what the WHATWG URL standard reads
//! (UTS 46, every notation of an IPv4 address) and refuses more: percent-encoding, user names, zone ids, characters
//! that no name in DNS has. A name in other letters that look like Latin ones is another name, in punycode; nobody
//! knows it, so it is denied as unassessed, and the registry does not take it in.

use std::{fmt, net::IpAddr};

/// Why a host could not be read. Never repeats it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HostError {
    /// Not a host by the WHATWG URL standard and UTS 46.
    #[error("is not a host name or address")]
    Invalid,
    /// Holds userinfo, a path, or anything besides a host and a port.
    #[error("holds more than a host and a port")]
    Extra,
    /// The port is not a number from 1 to 65535.
    #[error("has a port that is not a number from 1 to 65535")]
    Port,
}

/// A canonical host. Two spellings the WHATWG URL parser makes equal are equal here.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Host {
    /// A registered name: ASCII, lower case, no trailing dot.
    Name(String),
    /// An address; IPv4-mapped IPv6 is the IPv4 address.
    Address(IpAddr),
}

impl Host {
    /// Reads a host alone: `refer.riverside.example`, `[::1]`, `127.1`.
    ///
    /// # Errors
    /// [`HostError`] when it is not a host.
    pub fn parse(s: &str) -> Result<Self, HostError> {
        if s.is_empty() || s.bytes().any(|b| matches!(b, b'@' | b'/' | b'\\' | b'?' | b'#' | b'%' | b' ' | b'\t')) {
            return Err(HostError::Extra);
        }
        match url::Host::parse(s).map_err(|_| HostError::Invalid)? {
            url::Host::Domain(name) => {
                let name = name.strip_suffix('.').unwrap_or(&name);
                let whole = !name.is_empty() && name.len() <= 253;
                if !whole || !name.split('.').all(is_label) {
                    return Err(HostError::Invalid);
                }
                Ok(Self::Name(name.to_owned()))
            }
            url::Host::Ipv4(a) => Ok(Self::Address(a.into())),
            url::Host::Ipv6(a) => Ok(Self::Address(IpAddr::V6(a).to_canonical())),
        }
    }

    /// Reads an authority without userinfo: a host and, perhaps, `:port`.
    ///
    /// # Errors
    /// [`HostError`] says which part is wrong.
    pub fn parse_authority(s: &str) -> Result<(Self, Option<u16>), HostError> {
        let (host, port) = match s.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') && (host.starts_with('[') || !host.contains(':')) => {
                (host, Some(port))
            }
            _ => (s, None),
        };
        let port = match port {
            None => None,
            Some(p) if !p.is_empty() && p.bytes().all(|b| b.is_ascii_digit()) => {
                Some(p.parse::<u16>().ok().filter(|p| *p > 0).ok_or(HostError::Port)?)
            }
            Some(_) => return Err(HostError::Port),
        };
        Ok((Self::parse(host)?, port))
    }
}

/// The URL standard lets `a,b` and `a*b` pass; as names they are read by some and not by others. The underscore is in
/// use.
fn is_label(label: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_');
    !label.is_empty() && label.len() <= 63 && label.bytes().all(plain)
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(n) => f.write_str(n),
            Self::Address(IpAddr::V4(a)) => a.fmt(f),
            Self::Address(IpAddr::V6(a)) => write!(f, "[{a}]"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_spelling_is_one_host() {
        for s in [
            "Refer.Riverside.EXAMPLE",
            "refer.riverside.example.",
            "refer。riverside．example｡",
            "ｒｅｆｅｒ.riverside.example",
            "re\u{ad}fer.river\u{200b}side.exam\u{2060}ple",
            "ℛefer.riverside.exampl\u{1d4ee}",
        ] {
            assert_eq!(Host::parse(s), Ok(Host::Name("refer.riverside.example".into())), "{s}");
        }
        for s in ["straße.example", "STRASSE.example", "xn--strae-oqa.example", "XN--STRAE-OQA.Example"] {
            let expected = if s.starts_with("STRASSE") { "strasse.example" } else { "xn--strae-oqa.example" };
            assert_eq!(Host::parse(s), Ok(Host::Name(expected.into())), "{s}");
        }
        for s in [
            "127.0.0.1",
            "127.1",
            "127.0.1",
            "127.0.0.1.",
            "0x7f000001",
            "0X7F.1",
            "0177.0.0.01",
            "2130706433",
            "017700000001",
            "１２７.0.0.1",
            "[::ffff:127.0.0.1]",
            "[::FFFF:7f00:1]",
            "[0:0:0:0:0:ffff:7f00:0001]",
        ] {
            assert_eq!(Host::parse(s), Ok(Host::Address([127, 0, 0, 1].into())), "{s}");
        }
    }

    #[test]
    fn letters_that_look_alike_are_another_name() {
        for s in ["h\u{43e}meoffice.gov.uk", "home\u{3bf}ffice.gov.uk", "homeoffi\u{441}e.gov.uk"] {
            assert!(Host::parse(s).unwrap().to_string().starts_with("xn--"), "{s}");
        }
        // A ligature is two letters and no more.
        assert_eq!(Host::parse("homeo\u{fb03}ce.gov.uk"), Ok(Host::Name("homeoffice.gov.uk".into())));
    }

    #[test]
    fn more_or_less_than_a_host_is_refused() {
        for s in [
            "",
            ".",
            "..",
            "a@b",
            "u:p@a",
            "a/b",
            "a\\b",
            "a b",
            "a\tb",
            "a\nb",
            "a\0b",
            "a?b",
            "a#b",
            "a%2eb",
            "%61",
            "a%00b",
            "a..b",
            "a.example..",
            ".a",
            "[::1",
            "::1",
            "[127.0.0.1]",
            "[::1]]",
            "[fe80::1%25eth0]",
            "[fe80::1%eth0]",
            "[v1.x]",
            "[]",
            "a,b",
            "a*b",
            "*.a",
            "a!b",
            "a'b",
            "a;b",
            "a=b",
            "a:b",
            "a|b",
            "a^b",
            "256.256.256.256",
            "1.2.3.4.5",
            "1.2.3.08",
            "0x100000000",
            "a.1",
            "xn--a",
            "xn--",
            "\u{ad}",
            "a\u{fffd}b",
        ] {
            assert!(Host::parse(s).is_err(), "{s:?}");
        }
        assert!(Host::parse(&format!("{}.example", "a".repeat(63))).is_ok());
        assert!(Host::parse(&format!("{}.example", "a".repeat(64))).is_err());
        assert!(Host::parse(&"a.".repeat(128)).is_err());
        assert_eq!(Host::parse_authority("a.example:0"), Err(HostError::Port));
        assert_eq!(Host::parse_authority("a.example:"), Err(HostError::Port));
        assert_eq!(Host::parse_authority("a.example:65536"), Err(HostError::Port));
        assert_eq!(Host::parse_authority("a.example:+80"), Err(HostError::Port));
        assert_eq!(Host::parse_authority("[::1]:80").map(|(_, p)| p), Ok(Some(80)));
    }

    /// The URL standard's reading, made one where we make more one: the last dot and mapped addresses.
    fn standard(s: &str) -> Option<Host> {
        let url = url::Url::parse(&format!("http://{s}/")).ok()?;
        match url.host()? {
            url::Host::Domain(name) => Some(Host::Name(name.strip_suffix('.').unwrap_or(name).to_owned())),
            url::Host::Ipv4(a) => Some(Host::Address(a.into())),
            url::Host::Ipv6(a) => Some(Host::Address(IpAddr::V6(a).to_canonical())),
        }
    }

    /// Text that is often a host, in the letters that hosts are disguised with.
    fn hostlike() -> impl Strategy<Value = String> {
        prop_oneof![
            "[a-cA-C0-9.xX%ａｂ０。．\u{ad}\u{200b}ßéо_-]{1,12}",
            "[0-9xX.]{1,16}",
            "\\[[0-9a-fA-F:.%]{2,24}\\]",
            "[ -~]{1,8}",
            any::<String>(),
        ]
    }

    /// Another way to write the same character.
    fn disguised(c: char, how: u8) -> String {
        let wide = char::from_u32(u32::from(c) + 0xfee0).filter(|_| c.is_ascii_graphic()).unwrap_or(c);
        match (c, how % 6) {
            ('.', 0 | 1) => "。".into(),
            ('.', 2) => "｡".into(),
            (_, 0) => c.to_uppercase().to_string(),
            (_, 1) => wide.to_string(),
            (_, 2) => format!("\u{ad}{c}"),
            (_, 3) => format!("{c}\u{200b}"),
            _ => c.to_string(),
        }
    }

    proptest! {
        #[test]
        fn it_agrees_with_the_standard_wherever_both_accept(s in hostlike()) {
            if let (Ok(host), Some(standard)) = (Host::parse(&s), standard(&s)) {
                prop_assert_eq!(&host, &standard);
            }
            // And what we accept the standard accepts.
            prop_assert!(Host::parse(&s).is_err() || standard(&s).is_some());
        }

        #[test]
        fn two_spellings_that_are_one_url_are_one_host(a in hostlike(), b in hostlike()) {
            if standard(&a).is_some()
                && standard(&a) == standard(&b)
                && let (Ok(a), Ok(b)) = (Host::parse(&a), Host::parse(&b))
            {
                prop_assert_eq!(a, b);
            }
        }

        #[test]
        fn once_canonical_is_canonical(s in hostlike()) {
            if let Ok(host) = Host::parse(&s) {
                prop_assert_eq!(Host::parse(&host.to_string()), Ok(host.clone()));
                prop_assert_eq!(Host::parse_authority(&format!("{host}:8443")), Ok((host, Some(8443))));
            }
        }

        #[test]
        fn no_disguise_makes_another_name(
            name in "[a-z][a-z0-9]{0,8}(\\.[a-z][a-z0-9]{0,8}){1,3}",
            how in prop::collection::vec(any::<u8>(), 40),
            dot in any::<bool>(),
        ) {
            let disguise: String = name.chars().zip(how.iter().cycle()).map(|(c, how)| disguised(c, *how)).collect();
            let disguise = if dot { disguise + "." } else { disguise };
            prop_assert_eq!(Host::parse(&disguise), Ok(Host::Name(name)), "{:?}", disguise);
        }

        #[test]
        fn every_number_of_an_address_is_the_address(bits in any::<u32>()) {
            let [a, b, c, d] = bits.to_be_bytes();
            let (bc_d, cd) = (bits & 0xff_ffff, bits & 0xffff);
            for s in [
                format!("{bits}"), format!("{bits:#x}"), format!("0{bits:o}"), format!("{a}.{bc_d}"), format!("{a}.{b}.{cd}"),
                format!("{a:#x}.{b:#x}.{c:#x}.{d:#x}"), format!("0{a:o}.0{b:o}.{c}.{d}."), format!("{a}.{b}.0x{cd:X}"),
                format!("[::ffff:{a}.{b}.{c}.{d}]"), format!("[::ffff:{:x}:{cd:x}]", bits >> 16),
            ] {
                prop_assert_eq!(Host::parse(&s), Ok(Host::Address([a, b, c, d].into())), "{}", s);
            }
        }
    }
}

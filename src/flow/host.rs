//! One spelling for every host: lower case, IDNA, no trailing dot, canonical addresses.

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
                if name.is_empty() || name.len() > 253 || name.split('.').any(|l| l.is_empty() || l.len() > 63) {
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

    #[test]
    fn every_spelling_is_one_host() {
        for s in ["Refer.Riverside.EXAMPLE", "refer.riverside.example.", "refer。riverside.example"] {
            assert_eq!(Host::parse(s), Ok(Host::Name("refer.riverside.example".into())), "{s}");
        }
        for s in ["127.0.0.1", "127.1", "0x7f000001", "2130706433", "[::ffff:127.0.0.1]"] {
            assert_eq!(Host::parse(s), Ok(Host::Address([127, 0, 0, 1].into())), "{s}");
        }
    }

    #[test]
    fn more_than_a_host_is_refused() {
        for s in ["", "a@b", "a/b", "a b", "a%2eb", "a..b", "[::1"] {
            assert!(Host::parse(s).is_err(), "{s}");
        }
        assert_eq!(Host::parse_authority("a.example:0"), Err(HostError::Port));
        assert_eq!(Host::parse_authority("a.example:"), Err(HostError::Port));
        assert_eq!(Host::parse_authority("[::1]:80").map(|(_, p)| p), Ok(Some(80)));
    }
}

//! Where a recorded request would come in: as it was sent, where it went to the gateway; by the connection that
//! leads to its recipient, where it still went there directly.

use super::recorded::{Address, Recorded};
use crate::{
    flow::{App, Host},
    policy::{
        Integration, Operation, Policy,
        integration::{PathSegment, RouteRule},
    },
};
use http::Method;
use std::{net::SocketAddr, sync::Arc};

/// A host that no connection can have: RFC 6761 keeps `.invalid` free.
const NOWHERE: &str = "rehearsal.invalid";

/// The connections of one calling system, and how the gateway itself is addressed.
#[derive(Debug)]
pub(super) struct Map {
    policy: Arc<Policy>,
    app: App,
    listen: Vec<SocketAddr>,
    names: Vec<(Host, Option<u16>)>,
}

/// Where a request would come in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// It was sent to the gateway.
    AsItWas,
    /// It went to the recipient; by the connection it would be addressed so.
    Through {
        /// `Host`.
        host: String,
        /// Path and query.
        target: String,
    },
    /// No connection of this system leads there, and what is known of it. Never the URL, nor its host, which
    /// may name a person or a refuge.
    NotCovered(String),
}

impl Map {
    /// The map for one system. `names` are more names of the gateway.
    pub(super) fn new(policy: Arc<Policy>, app: App, listen: &[SocketAddr], names: Vec<(Host, Option<u16>)>) -> Self {
        Self { policy, app, listen: listen.to_vec(), names }
    }

    /// Where this one would come in.
    pub(super) fn place(&self, request: &Recorded) -> Place {
        let (to, target) = (&request.to, request.target.as_str());
        let Some(host) = &to.host else { return if to.whole { self.not_covered(to, &[]) } else { Place::AsItWas } };
        if self.policy.integrations.values().any(|i| matches!(&i.route, RouteRule::Host(h) if h == host)) {
            return Place::AsItWas;
        }
        let (path, query) = target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)));
        let segments: Vec<&str> = path.strip_prefix('/').unwrap_or(path).split('/').collect();
        if let Some((integration, rest)) = self.leading_to(to, request.method.as_ref(), &segments) {
            return through(integration, rest, query);
        }
        if !to.whole || self.is_gateway(host, to.port) { Place::AsItWas } else { self.not_covered(to, &segments) }
    }

    /// The connection of this system whose upstream the request went to: the longest base, and of several the one
    /// with such an operation.
    fn leading_to<'s>(
        &self,
        to: &Address,
        method: Option<&Method>,
        path: &'s [&'s str],
    ) -> Option<(&Integration, &'s [&'s str])> {
        let ours = self.policy.integrations.values().filter(|i| i.app == self.app);
        ours.filter_map(|i| Some((&**i, below(i, to, path)?))).max_by_key(|(i, rest)| {
            let has = i.operations.iter().any(|o| method == Some(&o.method) && fits(o, rest));
            (i.upstream.base.len(), has)
        })
    }

    fn is_gateway(&self, host: &Host, port: Option<u16>) -> bool {
        let local = match host {
            Host::Name(name) => name == "localhost",
            Host::Address(address) => address.is_loopback(),
        };
        let listens = self.listen.iter().any(|at| {
            let ip = at.ip();
            let same = matches!(host, Host::Address(address) if *address == ip);
            port == Some(at.port()) && (same || local && (ip.is_loopback() || ip.is_unspecified()))
        });
        listens || self.names.iter().any(|(name, at)| name == host && at.is_none_or(|at| port == Some(at)))
    }

    fn not_covered(&self, to: &Address, path: &[&str]) -> Place {
        let others = self.policy.integrations.values().find(|i| below(i, to, path).is_some());
        let decoded: Vec<String> = path.iter().map(|&s| s.to_owned()).collect();
        let known = to.host.as_ref().and_then(|host| self.policy.registry.system_of(host, &decoded));
        Place::NotCovered(match (others, known) {
            (Some(other), _) => format!("the connection {} leads there, but only for {}", other.id, other.app),
            (None, Some(system)) => format!("it goes to {}, and no connection of {} does", system.id, self.app),
            (None, None) => "it goes to a host that the record of recipients does not know".to_owned(),
        })
    }
}

/// What of the path is left below a connection's upstream, where the request went there. What the recording does
/// not say (a scheme, a port that is the scheme's own) speaks against nothing.
fn below<'s>(integration: &Integration, to: &Address, path: &'s [&'s str]) -> Option<&'s [&'s str]> {
    let upstream = &integration.upstream;
    let https = upstream.plain_http.is_none();
    let port = to.port.unwrap_or(if https { 443 } else { 80 });
    let same = to.host.as_ref() == Some(&upstream.host) && to.https.is_none_or(|s| s == https) && port == upstream.port;
    let (base, rest) = path.split_at_checked(upstream.base.len())?;
    (same && base.iter().zip(&upstream.base).all(|(a, b)| a == b)).then_some(rest)
}

fn fits(operation: &Operation, path: &[&str]) -> bool {
    operation.path.len() == path.len()
        && operation.path.iter().zip(path).all(|(segment, text)| match segment {
            PathSegment::Literal(literal) => literal == text,
            PathSegment::Field(_) => true,
        })
}

/// The same request by way of the gateway.
fn through(integration: &Integration, rest: &[&str], query: Option<&str>) -> Place {
    let (host, mut segments) = match &integration.route {
        RouteRule::Host(host) => (host.to_string(), Vec::new()),
        RouteRule::Prefix(prefix) => (NOWHERE.to_owned(), prefix.iter().map(|s| encoded(s)).collect()),
    };
    segments.extend(rest.iter().map(|&s| s.to_owned()));
    let query = query.map(|q| format!("?{q}")).unwrap_or_default();
    Place::Through { host, target: format!("/{}{query}", segments.join("/")) }
}

/// A route's segment as it stands in a URL.
fn encoded(segment: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@".contains(&b);
    segment.bytes().map(|b| if plain(b) { (b as char).to_string() } else { format!("%{b:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::shipped;
    use http::HeaderMap;

    fn map() -> Map {
        let policy = Arc::new(Policy::compile(&shipped::sources()).unwrap());
        let listen = vec!["127.0.0.1:8080".parse().unwrap()];
        let names = vec![(Host::parse("gateway.charity.example").unwrap(), None)];
        Map::new(policy, "inform".parse().unwrap(), &listen, names)
    }

    fn place(url: &str) -> Place {
        let url = url::Url::parse(url).unwrap();
        let to = Address {
            https: Some(url.scheme() == "https"),
            host: Host::parse(url.host_str().unwrap()).ok(),
            port: url.port_or_known_default(),
            whole: true,
        };
        let query = url.query().map(|q| format!("?{q}")).unwrap_or_default();
        let target = format!("{}{query}", url.path());
        map().place(&Recorded::new(Method::POST, to, target, HeaderMap::new(), Vec::new()))
    }

    #[test]
    fn what_went_to_a_recipient_comes_by_its_connection() {
        let target = |url: &str| match place(url) {
            Place::Through { host, target } if host == NOWHERE => target,
            other => panic!("{url}: {other:?}"),
        };
        assert_eq!(target("https://refer.riverside.example/v2/referrals/R%201?a=b"), "/riverside/referrals/R%201?a=b");
        assert_eq!(target("https://Refer.Riverside.example.:443/v2"), "/riverside");
        assert_eq!(target("https://harbour.crm.example/services/data/v60.0/sobjects/Contact"), "/crm/sobjects/Contact");
    }

    #[test]
    fn what_went_to_the_gateway_stays_as_it_was() {
        for url in [
            "http://127.0.0.1:8080/riverside/needs",
            "http://localhost:8080/x",
            "https://gateway.charity.example/riverside/needs",
        ] {
            assert_eq!(place(url), Place::AsItWas, "{url}");
        }
    }

    #[test]
    fn what_no_connection_covers_is_said_without_its_url() {
        for (url, says) in [
            ("https://refer.riverside.example/v1/referrals/R-1024", "riverside-council/housing-referrals"),
            ("http://refer.riverside.example/v2/needs", "riverside-council/housing-referrals"),
            ("https://refer.riverside.example:8443/v2/needs", "riverside-council/housing-referrals"),
            ("https://amina.example/riverside/needs", "does not know"),
            ("http://127.0.0.1:9090/riverside/needs", "does not know"),
        ] {
            let Place::NotCovered(why) = place(url) else { panic!("{url}") };
            assert!(why.contains(says) && !why.contains("R-1024") && !why.contains("amina"), "{url}: {why}");
        }
    }
}

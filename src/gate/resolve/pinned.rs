//! A recipient whose addresses were judged.

use super::Rules;
use crate::{flow::Host, gate::credentials::Identity, policy::integration::Upstream};
use std::{net::SocketAddr, sync::Arc};

/// Proof that these addresses were judged under these rules for this host. Only [`super::Resolver`] makes it, and
/// the dial uses nothing else.
#[derive(Debug, Clone)]
pub struct Pinned {
    host: Host,
    port: u16,
    tls: bool,
    addresses: Vec<SocketAddr>,
    rules: Rules,
    identity: Option<Arc<Identity>>,
}

impl Pinned {
    /// `None` without an address.
    pub(super) fn new(rules: &Rules, upstream: &Upstream, addresses: Vec<SocketAddr>) -> Option<Self> {
        (!addresses.is_empty()).then(|| Self {
            host: upstream.host.clone(),
            port: upstream.port,
            tls: upstream.plain_http.is_none(),
            addresses,
            rules: rules.clone(),
            identity: None,
        })
    }

    /// The same recipient, dialled with a client certificate or authorities of the connection's own.
    #[must_use]
    pub fn with_identity(self, identity: Option<Arc<Identity>>) -> Self {
        Self { identity, ..self }
    }

    /// What TLS is made with, where it is not the usual.
    pub(in crate::gate) const fn identity(&self) -> Option<&Arc<Identity>> {
        self.identity.as_ref()
    }

    /// The recipient's host: what `Host` names and what the certificate must be for.
    #[must_use]
    pub const fn host(&self) -> &Host {
        &self.host
    }

    /// The port of the recipient's URL, which an override may replace in the addresses but not here.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Whether the connection is TLS. Only a connection that gives its reason speaks plain http.
    #[must_use]
    pub const fn tls(&self) -> bool {
        self.tls
    }

    /// The first address that will be dialled.
    #[must_use]
    pub fn address(&self) -> Option<SocketAddr> {
        self.addresses.first().copied()
    }

    /// Every address that was judged, in the order they are dialled. Never empty.
    #[must_use]
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// The rules they were judged by.
    #[must_use]
    pub const fn rules(&self) -> &Rules {
        &self.rules
    }

    /// `Host` and `:authority`: the port only where it is not the scheme's own (RFC 9110 section 4.2).
    #[must_use]
    pub fn authority(&self) -> String {
        match (self.tls, self.port) {
            (true, 443) | (false, 80) => self.host.to_string(),
            (_, port) => format!("{}:{port}", self.host),
        }
    }

    /// `https` or `http`.
    #[must_use]
    pub const fn scheme(&self) -> &'static str {
        if self.tls { "https" } else { "http" }
    }
}

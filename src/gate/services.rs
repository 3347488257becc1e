//! Services of our own that are dialled: mail servers and webhooks. They get nobody's data, and are judged all the
//! same: by the registry before DNS, by their addresses after it, by their certificates, and never without a `contact`
//! in the record book (design section 11, invariant 1).

use super::{
    credentials, record,
    resolve::{Pinned, Resolver, Rules},
    tls::{ClientTls, RootsError},
    upstream::{FailureKind, service},
};
use crate::{
    config::Config,
    flow::{DecisionId, Host},
    ledger::{
        Assert, Ledger, Permission, Receipt, Tx,
        leaf::{Decided, Kind},
    },
    policy::{Policy, PolicyHash, integration::Upstream},
    verdict::{Code, Refusal},
};
use secrecy::SecretString;
use std::{fmt, net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};
use tokio_rustls::client::TlsStream;

/// Gives the policy that is active now.
pub type PolicySource = Arc<dyn Fn() -> Arc<Policy> + Send + Sync>;

/// Why a service is not reached. Closed words: they are shown on pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unserved {
    /// The registry or the rules for addresses say no.
    Denied,
    /// Its name leads nowhere.
    Unresolved,
    /// Nobody answered there.
    Unreachable,
    /// Its certificate is not its own.
    Certificate,
    /// The record book did not take the contact.
    NotRecorded,
}

/// Dials services. One for the process.
pub struct Services {
    resolver: Resolver,
    tls: ClientTls,
    time: Duration,
    keys: PathBuf,
    ledger: Arc<Ledger>,
    policy: PolicySource,
}

impl fmt::Debug for Services {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Services").finish_non_exhaustive()
    }
}

impl Services {
    /// From the configuration. `own` are the addresses of all our listeners, which are never dialled.
    ///
    /// # Errors
    /// [`RootsError`] when the file of `gateway.upstream_roots` cannot be used.
    pub fn new(
        config: &Config,
        own: &[SocketAddr],
        ledger: Arc<Ledger>,
        policy: PolicySource,
    ) -> Result<Self, RootsError> {
        Ok(Self {
            resolver: Resolver::new(&config.gateway, own),
            tls: ClientTls::new(config.gateway.upstream_roots.as_deref())?,
            time: config.limits.connect_time.min(Duration::from_secs(10)),
            keys: config.keys.clone(),
            ledger,
            policy,
        })
    }

    /// A secret of the keys directory.
    #[must_use]
    pub fn secret(&self, file: &str) -> Option<SecretString> {
        credentials::service_secret(&self.keys, file)
    }

    /// Judges, records, dials: in that order. `service` is a closed word for the record: `smtp`, `webhook`.
    ///
    /// # Errors
    /// [`Unserved`] says in closed words why not.
    pub async fn connect(
        &self,
        service: &'static str,
        host: &Host,
        port: u16,
    ) -> Result<(Pinned, TcpStream), Unserved> {
        let policy = (self.policy)();
        let rules = Rules::of_service(&policy);
        let upstream = Upstream { host: host.clone(), port, plain_http: None, base: Vec::new() };
        let pinned = self.resolver.judge_and_pin(&rules, &[], &upstream).await.map_err(|r| unresolved(&r))?;
        let receipt = self.record(service, policy.hash).await?;
        let socket = service::connect(&pinned, receipt, self.time).await.map_err(|kind| unserved(&kind))?;
        Ok((pinned, socket))
    }

    /// Speaks TLS on a connection of [`Services::connect`].
    ///
    /// # Errors
    /// [`Unserved`] when the certificate is not the service's own, or is somebody's who gets nothing.
    pub async fn secure<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        pinned: &Pinned,
        socket: S,
    ) -> Result<TlsStream<S>, Unserved> {
        service::secure(pinned, socket, &self.tls, self.time).await.map_err(|kind| unserved(&kind))
    }

    async fn record(&self, service: &'static str, policy: PolicyHash) -> Result<Receipt, Unserved> {
        let mut random = [0; 16];
        aws_lc_rs::rand::fill(&mut random).map_err(|_| Unserved::NotRecorded)?;
        let mut leaf = record::about(Kind::Contact, DecisionId::from_bytes(random), None, None);
        leaf.policy = Some(policy);
        leaf.decided = Some(Decided::Allowed);
        leaf.extra.insert("service", service.to_owned());
        let asserts = vec![Assert::PolicyActive(policy)];
        let tx = Tx { asserts, leaf, detail: Vec::new(), changes: Vec::new() };
        match self.ledger.permit(tx).await {
            Ok(Permission::Granted(receipt)) => Ok(receipt),
            Ok(Permission::Refused(_)) | Err(_) => Err(Unserved::NotRecorded),
        }
    }
}

fn unresolved(refusal: &Refusal) -> Unserved {
    if refusal.code == Code::DestinationUnreachable { Unserved::Unresolved } else { Unserved::Denied }
}

const fn unserved(kind: &FailureKind) -> Unserved {
    match kind {
        FailureKind::Denied(_) => Unserved::Denied,
        FailureKind::Certificate | FailureKind::NoAuthorities => Unserved::Certificate,
        _ => Unserved::Unreachable,
    }
}

//! Starting and stopping a gateway: everything that may be wrong is found before the first connection.

use super::{
    Gateway, accept,
    callers::Callers,
    closings::Closings,
    control,
    credentials::Credentials,
    keys,
    operations::{self, Readiness},
    probes::Probes,
    reload::{Activator, ActivePolicy},
    resolve::Resolver,
    server_tls,
    spool::Room,
    tls::ClientTls,
    turns::Turns,
    upstream,
};
use crate::{
    config::Config,
    ledger::{Leaf, Ledger, LedgerError, Opening, Tx, leaf::Kind},
    metrics::Metrics,
    policy::{Policy, PolicyHash},
    verdict::destination::day_in_london,
};
use std::{io, net::SocketAddr, sync::Arc};
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};

/// Why a gateway did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Keys.
    #[error(transparent)]
    Keys(#[from] keys::KeysError),
    /// The record book.
    #[error(transparent)]
    Ledger(#[from] crate::ledger::OpenError),
    /// The record book, once open.
    #[error("the record book does not take the start's record: {0}")]
    Record(#[from] LedgerError),
    /// Policies.
    #[error(transparent)]
    Policy(#[from] super::reload::ReloadError),
    /// TLS for callers.
    #[error(transparent)]
    ServerTls(#[from] server_tls::ServerTlsError),
    /// Authorities for recipients.
    #[error(transparent)]
    Roots(#[from] super::tls::RootsError),
    /// The control socket.
    #[error(transparent)]
    Control(#[from] control::ControlError),
    /// A listener.
    #[error("{0} cannot be listened at: {1}")]
    Listen(SocketAddr, io::Error),
    /// Where large bodies wait.
    #[error("no file can be made in the directory for large bodies (limits.spool, or the home): {0}")]
    Spool(io::Error),
    /// Metrics.
    #[error("metrics cannot be registered: {0}")]
    Metrics(String),
}

/// A running gateway. Dropping it cuts everything off; [`Running::stop`] drains.
#[derive(Debug)]
pub struct Running {
    gateway: Arc<Gateway>,
    addresses: Vec<SocketAddr>,
    operations: Option<SocketAddr>,
    shutdown: watch::Sender<bool>,
    entrance: JoinHandle<accept::Drained>,
    others: Vec<JoinHandle<()>>,
}

impl Gateway {
    /// Starts a gateway: keys, record book, policy, listeners, in this order. Never creates a record book.
    ///
    /// # Errors
    /// [`StartError`] says what is wrong and what to do; nothing is listening then.
    pub async fn start(config: Config) -> Result<Running, StartError> {
        let keys = Arc::new(keys::load_dir(&config.keys)?);
        let mut opening = Opening::new(config.gateway.name.clone());
        opening.ledger_time = config.limits.ledger_time;
        let ledger = Arc::new(Ledger::open(&config.ledger, opening)?);
        let (last_day, last_policy) = (day_in_london(ledger.head().time), ledger.view().active_policy());
        record_boot(&ledger, &config).await?;
        let policy = ActivePolicy::start(config.policies.clone(), keys.clone(), &ledger).await?;
        let last_files = match last_policy {
            Some(hash) => ledger.policy_files(hash).await?,
            None => None,
        };
        let server_tls = config.gateway.tls.as_ref().map(server_tls::server_config).transpose()?;
        let client_tls = ClientTls::new(config.gateway.upstream_roots.as_deref())?;
        let (listeners, addresses) = listen(&config.gateway.listen).await?;
        let (operations_listener, operations) = match config.operations.listen {
            Some(address) => {
                let (mut bound, mut at) = listen(&[address]).await?;
                (bound.pop(), at.pop())
            }
            None => (None, None),
        };
        Room::probe(&config.spool).map_err(StartError::Spool)?;
        let metrics = Arc::new(Metrics::new().map_err(|e| StartError::Metrics(e.to_string()))?);
        metrics.policy(&policy.snapshot());
        let own: Vec<SocketAddr> = addresses.iter().chain(&operations).copied().collect();
        let socket = control::ControlSocket::bind(&config.control_socket()).await?;
        let gateway = Arc::new(Self {
            callers: Callers::new(&config.callers),
            closings: Closings::since(last_files.as_deref(), last_day, &policy.snapshot()),
            resolver: Resolver::new(&config.gateway, &own),
            turns: Turns::new(tokio::runtime::Handle::current().metrics().num_workers()),
            room: Room::new(config.spool.clone(), config.limits.spool_total as u64, config.limits.memory as u64),
            client: upstream::Client::new(client_tls, (&config.limits).into(), policy.snapshot().hash),
            credentials: Credentials::new(config.keys.clone()),
            probes: Probes::default(),
            keys,
            ledger,
            policy,
            metrics,
            config,
        });
        let (shutdown, _) = watch::channel(false);
        let mut others = gateway.background(&shutdown, socket);
        if let Some(listener) = operations_listener {
            others.push(gateway.operations(listener, &shutdown));
        }
        let entrance = accept::Entrance::new(gateway.clone(), gateway.config.limits.clone(), server_tls);
        let entrance = tokio::spawn(entrance.serve(listeners, told(&shutdown)));
        Ok(Running { gateway, addresses, operations, shutdown, entrance, others })
    }

    /// What runs beside the requests: the control socket, the summary of probes, the look for recipients that closed.
    fn background(
        self: &Arc<Self>,
        shutdown: &watch::Sender<bool>,
        socket: control::ControlSocket,
    ) -> Vec<JoinHandle<()>> {
        let gateway = self.clone();
        let control = tokio::spawn(socket.serve(gateway, control::Bounds::default(), told(shutdown)));
        let gateway = self.clone();
        let probes = tokio::spawn(async move { gateway.probes.summarise(&gateway.ledger).await });
        let gateway = self.clone();
        let closings = tokio::spawn(async move { gateway.watch_closings().await });
        vec![control, probes, closings]
    }

    fn operations(self: &Arc<Self>, listener: TcpListener, shutdown: &watch::Sender<bool>) -> JoinHandle<()> {
        let (asked, shown) = (self.clone(), self.clone());
        let operations = operations::Operations {
            metrics: self.metrics.clone(),
            ready: Arc::new(move || match asked.ledger.health() {
                Ok(()) => Readiness::Ready,
                Err(_) => Readiness::NotReady("the record book cannot be written"),
            }),
            refresh: Arc::new(move |metrics| {
                let view = shown.ledger.view();
                metrics.ledger_size(shown.ledger.head().size);
                metrics.consents(&view.counts(shown.ledger.now()));
                metrics.stops(view.stops().count());
                metrics.checkpoint_age(shown.ledger.checkpoint_age());
                metrics.state(shown.ledger.health().is_ok(), shown.policy.rejected());
                metrics.clock(shown.ledger.now());
            }),
        };
        tokio::spawn(operations::serve(listener, operations, told(shutdown)))
    }

    /// Makes another policy set active, or keeps the one that is.
    ///
    /// # Errors
    /// [`super::reload::ReloadError`]; the refusal is recorded and shown by `status`.
    pub async fn reload(&self, by: Activator) -> Result<PolicyHash, super::reload::ReloadError> {
        let before = self.policy.snapshot().hash;
        let hash = self.policy.reload(&self.ledger, by).await.inspect_err(|error| {
            tracing::error!(%error, "ALARM: policies were not read again; the set that was active stays active");
        })?;
        self.credentials.forget();
        if hash != before {
            self.client.retire(hash);
            self.metrics.policy(&self.policy.snapshot());
            self.look_for_closings().await;
        }
        Ok(hash)
    }
}

impl Running {
    /// Where callers connect.
    #[must_use]
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Where `/metrics` is.
    #[must_use]
    pub const fn operations(&self) -> Option<SocketAddr> {
        self.operations
    }

    /// The gateway itself, to reload it or ask how it is.
    #[must_use]
    pub const fn gateway(&self) -> &Arc<Gateway> {
        &self.gateway
    }

    /// The record book.
    #[must_use]
    pub fn ledger(&self) -> &Arc<Ledger> {
        &self.gateway.ledger
    }

    /// The figures that monitoring reads.
    #[must_use]
    pub fn metrics(&self) -> &Arc<Metrics> {
        &self.gateway.metrics
    }

    /// Gives the active policy, whenever it is asked.
    pub fn policy(&self) -> impl Fn() -> Arc<Policy> + Send + Sync + use<> {
        let gateway = Arc::clone(&self.gateway);
        move || gateway.policy.snapshot()
    }

    /// Stops taking requests, lets those in flight end within `limits.drain_time`, closes the record book.
    ///
    /// # Errors
    /// [`LedgerError`] when the last records could not be written.
    pub async fn stop(self) -> Result<accept::Drained, LedgerError> {
        self.shutdown.send_replace(true);
        let drained = self.entrance.await.unwrap_or(accept::Drained { unfinished: 0 });
        for task in self.others {
            task.abort();
        }
        self.gateway.probes.flush(&self.gateway.ledger).await;
        self.gateway.metrics.flush();
        self.gateway.ledger.close().await?;
        Ok(drained)
    }
}

/// Everything that changes what the gateway trusts is in the first leaf of a run: fixed names above all.
async fn record_boot(ledger: &Ledger, config: &Config) -> Result<(), LedgerError> {
    let mut leaf = Leaf::new(Kind::Boot);
    leaf.extra.insert("version", env!("CARGO_PKG_VERSION").to_owned());
    let overrides = format!("{:?}", config.gateway.resolve);
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, overrides.as_bytes());
    leaf.extra.insert("overrides", config.gateway.resolve.len().to_string());
    leaf.extra.insert("overrides_sha256", data_encoding::HEXLOWER.encode(digest.as_ref()));
    let tx = Tx { asserts: Vec::new(), leaf, detail: Vec::new(), changes: Vec::new() };
    ledger.append(tx).await.map(drop)
}

async fn listen(addresses: &[SocketAddr]) -> Result<(Vec<TcpListener>, Vec<SocketAddr>), StartError> {
    let mut listeners = Vec::new();
    let mut bound = Vec::new();
    for &address in addresses {
        let listener = TcpListener::bind(address).await.map_err(|e| StartError::Listen(address, e))?;
        bound.push(listener.local_addr().map_err(|e| StartError::Listen(address, e))?);
        listeners.push(listener);
    }
    Ok((listeners, bound))
}

/// Ready once the gateway stops.
fn told(shutdown: &watch::Sender<bool>) -> impl Future<Output = ()> + Send + use<> {
    let mut stopping = shutdown.subscribe();
    async move {
        let _ = stopping.wait_for(|stop| *stop).await;
    }
}

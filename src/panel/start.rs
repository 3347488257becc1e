//! Starting and stopping the panel: its store, its listener, and what runs beside the pages.

use super::{
    Panel, PolicySource, access, alarms, follow,
    notify::{self, dial::Dial},
    server, stops,
    store::{Store, StoreError},
};
use crate::{config::Config, ledger::Ledger, metrics::Metrics};
use std::{io, net::SocketAddr, sync::Arc};
use tokio::{sync::watch, task::JoinHandle};

/// What the panel is given by the process around it.
pub struct Given {
    /// The record book.
    pub ledger: Arc<Ledger>,
    /// The active policy.
    pub policy: PolicySource,
    /// Figures that monitoring reads.
    pub metrics: Arc<Metrics>,
    /// TLS for browsers, speaking HTTP/1.1 only; `None` on loopback.
    pub tls: Option<Arc<rustls::ServerConfig>>,
    /// The way out to mail servers and webhooks, which judges every address; `None` where nobody is told.
    pub dial: Option<Arc<dyn Dial>>,
}

impl std::fmt::Debug for Given {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Given").finish_non_exhaustive()
    }
}

/// Why the panel did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Its store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Its listener.
    #[error("panel.listen: {0} cannot be listened at: {1}")]
    Listen(SocketAddr, io::Error),
    /// A step failed.
    #[error("the panel's store could not be opened")]
    Failed,
}

/// A running panel. Dropping it cuts it off.
#[derive(Debug)]
pub struct Running {
    panel: Arc<Panel>,
    address: SocketAddr,
    shutdown: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

/// Starts the panel where the configuration asks for it.
///
/// # Errors
/// [`StartError`] says what is wrong; nothing is listening then.
pub async fn start(config: &Config, given: Given) -> Result<Option<Running>, StartError> {
    let Some(asked) = config.panel.clone() else { return Ok(None) };
    let (path, listen) = (config.panel_store(), asked.listen);
    let store = tokio::task::spawn_blocking(move || Store::open(&path)).await.map_err(|_| StartError::Failed)??;
    let parts = (asked, config.gateway.name.clone(), config.keys.clone());
    let panel = Panel::new(parts, store, given.ledger, given.policy, given.metrics);
    access::begin(&panel).await.map_err(|_| StartError::Failed)?;
    let bound = server::Bound::bind(Arc::clone(&panel), given.tls).await.map_err(|e| StartError::Listen(listen, e))?;
    let address = bound.address().map_err(|e| StartError::Listen(listen, e))?;
    let (shutdown, _) = watch::channel(false);
    let mut tasks = vec![
        tokio::spawn(bound.serve(told(&shutdown))),
        tokio::spawn(access::watch(Arc::clone(&panel), told(&shutdown))),
        tokio::spawn(follow::run(Arc::clone(&panel), told(&shutdown))),
        tokio::spawn(stops::watch(Arc::clone(&panel), told(&shutdown))),
        tokio::spawn(alarms::watch(Arc::clone(&panel), told(&shutdown))),
    ];
    tasks.extend(notify::start(&panel, &config.notify, given.dial, &shutdown));
    Ok(Some(Running { panel, address, shutdown, tasks }))
}

impl Running {
    /// Where browsers connect.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The panel itself.
    #[must_use]
    pub const fn panel(&self) -> &Arc<Panel> {
        &self.panel
    }

    /// Ends it. What was recorded stays recorded.
    pub async fn stop(self) {
        self.shutdown.send_replace(true);
        for mut task in self.tasks {
            if tokio::time::timeout(std::time::Duration::from_secs(5), &mut task).await.is_err() {
                task.abort();
            }
        }
    }
}

/// Ready once the panel stops.
fn told(shutdown: &watch::Sender<bool>) -> impl Future<Output = ()> + Send + use<> {
    let mut stopping = shutdown.subscribe();
    async move {
        let _ = stopping.wait_for(|stop| *stop).await;
    }
}

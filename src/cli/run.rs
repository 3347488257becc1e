//! `havengate run`: the gateway itself, until it is told to stop.

use super::{Context, Exit, Failure, Printed, services};
use crate::{
    config::Config,
    gate::{
        Gateway,
        reload::{Activator, ReloadError},
        server_tls,
        start::{Running, StartError},
    },
    log, panel,
};
use serde_json::json;
use std::sync::Arc;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// What `run` is told: nothing besides the configuration.
#[derive(Debug, clap::Args)]
pub struct Run {}

/// Carries it out.
pub(super) fn run(_args: &Run, context: &Context) -> Result<Printed, Failure> {
    let config = context.load()?;
    log::init(&config).map_err(|e| Failure::new(Exit::Configuration, e.to_string()))?;
    threads()?.block_on(async {
        let mut signals = Signals::listen().map_err(|e| Failure::new(Exit::Unavailable, e.to_string()))?;
        let running = Gateway::start(config.clone()).await?;
        let window = people(&config, &running).await?;
        for address in running.addresses() {
            tracing::info!(%address, "listening");
        }
        if let Some(window) = &window {
            tracing::info!(address = %window.address(), "the panel's pages");
        }
        let _ = sd_notify::notify(&[sd_notify::NotifyState::Ready]);
        while signals.next().await == Told::Reload {
            // A refusal is said, recorded and shown by `status` already; the last good set stays active.
            if let Ok(hash) = running.gateway().reload(Activator::Signal).await {
                tracing::info!(policy = %hash, "policies were read again");
            }
        }
        let _ = sd_notify::notify(&[sd_notify::NotifyState::Stopping]);
        if let Some(window) = window {
            window.stop().await;
        }
        let drained = running
            .stop()
            .await
            .map_err(|e| Failure::new(Exit::Ledger, format!("the last records were not written: {e}")))?;
        Ok(Printed::done("stopped", json!({ "unfinished": drained.unfinished })))
    })
}

/// The panel's pages beside a running gateway, where the configuration asks for them.
pub(super) async fn people(config: &Config, running: &Running) -> Result<Option<panel::start::Running>, Failure> {
    let tls = match config.panel.as_ref().and_then(|p| p.tls.as_ref()) {
        None => None,
        Some(tls) => {
            let mut server = rustls::ServerConfig::clone(&*server_tls::server_config(tls).map_err(StartError::from)?);
            server.alpn_protocols = vec![b"http/1.1".to_vec()];
            Some(Arc::new(server))
        }
    };
    let dial = services::dial(config, running).map_err(StartError::from)?;
    let given = panel::start::Given {
        ledger: Arc::clone(running.ledger()),
        policy: Arc::new(running.policy()),
        metrics: Arc::clone(running.metrics()),
        tls,
        dial,
    };
    panel::start::start(config, given).await.map_err(|e| Failure::new(Exit::Unavailable, e.to_string()))
}

/// How many steps a thread takes before it looks which sockets are ready. A step may be a part of a large body: with
/// tokio's own 61 a small request would wait for 61 of them, twice.
const STEPS: u32 = 2;

fn threads() -> Result<tokio::runtime::Runtime, Failure> {
    let built = tokio::runtime::Builder::new_multi_thread().event_interval(STEPS).enable_all().build();
    built.map_err(|e| Failure::new(Exit::Unavailable, format!("the system gives no event queue: {e}")))
}

#[derive(Debug, PartialEq, Eq)]
enum Told {
    Reload,
    Stop,
}

struct Signals {
    hangup: Signal,
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn listen() -> std::io::Result<Self> {
        Ok(Self {
            hangup: signal(SignalKind::hangup())?,
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn next(&mut self) -> Told {
        tokio::select! {
            _ = self.hangup.recv() => Told::Reload,
            _ = self.terminate.recv() => Told::Stop,
            _ = self.interrupt.recv() => Told::Stop,
        }
    }
}

impl From<StartError> for Failure {
    fn from(error: StartError) -> Self {
        let exit = match &error {
            StartError::Ledger(_) | StartError::Record(_) => Exit::Ledger,
            StartError::Spool(_) | StartError::Listen(..) | StartError::Control(_) | StartError::Metrics(_) => {
                Exit::Unavailable
            }
            StartError::Keys(_) | StartError::Policy(_) | StartError::ServerTls(_) | StartError::Roots(_) => {
                Exit::Configuration
            }
        };
        match error {
            StartError::Policy(error) => error.into(),
            error => Self::new(exit, error.to_string()),
        }
    }
}

impl From<ReloadError> for Failure {
    fn from(error: ReloadError) -> Self {
        Self::new(Exit::Configuration, error.to_string())
    }
}

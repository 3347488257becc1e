//! Joins the gateway's judged way out with the panel's messages, which may not know the gateway.

use crate::{
    config::Config,
    flow::Host,
    gate::{
        services::{Services, Unserved},
        start::Running,
        tls::RootsError,
    },
    panel::notify::dial::{Dial, Dialled, Failure, Later, Line},
};
use secrecy::SecretString;
use std::sync::Arc;

/// The way out of a running gateway.
pub(super) fn dial(config: &Config, running: &Running) -> Result<Arc<dyn Dial>, RootsError> {
    let mut own: Vec<_> = running.addresses().to_vec();
    own.extend(running.operations());
    own.extend(config.panel.as_ref().map(|p| p.listen));
    let services = Services::new(config, &own, Arc::clone(running.ledger()), Arc::new(running.policy()))?;
    Ok(through(services))
}

/// The same, where there is no whole gateway around it.
#[must_use]
pub fn through(services: Services) -> Arc<dyn Dial> {
    Arc::new(Out(Arc::new(services)))
}

struct Out(Arc<Services>);

impl Dial for Out {
    fn connect<'a>(&'a self, service: &'static str, host: &'a Host, port: u16) -> Later<'a, Result<Dialled, Failure>> {
        Box::pin(async move {
            let (pinned, socket) = self.0.connect(service, host, port).await.map_err(failure)?;
            let address = socket.peer_addr().map_err(|_| Failure::Unreachable)?;
            let services = Arc::clone(&self.0);
            let secure = move |line: Line| -> Later<'static, Result<Line, Failure>> {
                Box::pin(async move {
                    let secured = services.secure(&pinned, line).await.map_err(failure)?;
                    Ok(Box::new(secured) as Line)
                })
            };
            Ok(Dialled { line: Box::new(socket), address, secure: Box::new(secure) })
        })
    }

    fn secret(&self, file: &str) -> Option<SecretString> {
        self.0.secret(file)
    }
}

const fn failure(unserved: Unserved) -> Failure {
    match unserved {
        Unserved::Denied => Failure::Denied,
        Unserved::Unresolved => Failure::Unresolved,
        Unserved::Unreachable => Failure::Unreachable,
        Unserved::Certificate => Failure::Certificate,
        Unserved::NotRecorded => Failure::NotRecorded,
    }
}

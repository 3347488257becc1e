//! Joins the gateway's judged way out with the panel's messages, which may not know the gateway.

use crate::{
    config::{Config, PASSWORD_FILE},
    flow::Host,
    gate::{
        credentials,
        resolve::Rules,
        services::{Services, Unserved},
        start::Running,
        tls::RootsError,
    },
    panel::notify::dial::{Dial, Dialled, Failure, Later, Line},
    policy::Policy,
};
use secrecy::SecretString;
use std::sync::Arc;

/// The way out of a running gateway, where the configuration tells anybody.
pub(super) fn dial(config: &Config, running: &Running) -> Result<Option<Arc<dyn Dial>>, RootsError> {
    if !config.notify.tells_anybody() {
        return Ok(None);
    }
    let mut own: Vec<_> = running.addresses().to_vec();
    own.extend(running.operations());
    own.extend(config.panel.as_ref().map(|p| p.listen));
    let services = Services::new(config, &own, Arc::clone(running.ledger()), Arc::new(running.policy()))?;
    Ok(Some(through(services)))
}

/// The same, where there is no whole gateway around it.
#[must_use]
pub fn through(services: Services) -> Arc<dyn Dial> {
    Arc::new(Out(Arc::new(services)))
}

/// Who would be told nothing, and why, as far as that can be known without asking anybody.
pub(super) fn untold(config: &Config, policy: &Arc<Policy>) -> Vec<String> {
    let rules = Rules::of_service(policy);
    let mut found = Vec::new();
    let mut look = |what: &str, host: &Host, file: Option<&str>| {
        if rules.denials.denies(host).is_some() {
            found.push(format!("{what} gets no messages: the registry links {host} with the Home Office"));
        }
        let problem = file.and_then(|file| credentials::unusable_service_file(&config.keys, file));
        found.extend(problem.map(|problem| format!("{what} gets no messages: keys/{problem}")));
    };
    if let Some(mail) = &config.notify.mail {
        look("the mail server", &mail.host, mail.user.as_ref().map(|_| PASSWORD_FILE));
    }
    for hook in &config.notify.webhooks {
        look("a webhook", &hook.host, Some(&hook.secret));
    }
    found
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

//! How the gateway authenticates to recipients. Nothing here is ever logged, recorded or echoed.
//!
//! Secrets are files below the keys directory, for their owner's eyes only; the caller's own `Authorization` leaves
//! only where the connection says so; OAuth 2.0 tokens come from a token host that is resolved, judged, pinned and
//! recorded like any recipient.

mod identity;
mod oauth;
mod secret;

pub use identity::Identity;
pub use oauth::{Contact, RecordContact};

use super::{
    resolve::{self, Resolver, Rules},
    upstream::Client,
};
use crate::{
    flow::{IntegrationId, SystemId},
    policy::{
        PolicyHash,
        integration::{Auth, ClientCertificate, Integration},
    },
    verdict::{Code, Refusal, destination::Contactable},
};
use http::{HeaderMap, HeaderName, HeaderValue, header};
use ipnet::IpNet;
use secrecy::{ExposeSecret, SecretString};
use std::{
    collections::HashMap,
    fmt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// What one request authenticates with. Marked sensitive, shown by nothing.
pub struct Credential(Option<(HeaderName, HeaderValue)>);

impl Credential {
    /// Nothing.
    #[must_use]
    pub const fn none() -> Self {
        Self(None)
    }

    fn new(name: HeaderName, value: &str) -> Option<Self> {
        Self::of_value(name, HeaderValue::try_from(value).ok()?)
    }

    fn of_value(name: HeaderName, mut value: HeaderValue) -> Option<Self> {
        value.set_sensitive(true);
        Some(Self(Some((name, value))))
    }

    pub(super) fn into_header(self) -> Option<(HeaderName, HeaderValue)> {
        self.0
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Credential(hidden)" } else { "Credential(none)" })
    }
}

/// What of a connection's own files cannot be used as it is now, in words for whoever looks after them.
#[must_use]
pub fn unusable_files(keys: &Path, integration: &Integration) -> Vec<String> {
    let secret = match &integration.auth {
        Auth::Header { secret_file, .. } | Auth::OAuth2 { secret_file, .. } => Some(secret_file),
        Auth::None | Auth::Passthrough => None,
    };
    let secret = secret.and_then(|file| Some(format!("{file}: {}", secret::read(keys, file).err()?)));
    let identity = Identity::read(keys, integration).err();
    let identity = identity.map(|problem| format!("its certificate, key or roots: {problem}"));
    secret.into_iter().chain(identity).collect()
}

/// Why a service's secret file cannot be used as it is now, in words for whoever looks after it.
#[must_use]
pub fn unusable_service_file(keys: &Path, file: &str) -> Option<String> {
    Some(format!("{file}: {}", secret::read(keys, file).err()?))
}

/// The one line of a secret file for a service of our own, such as a mail server's password. `None` when it cannot be
/// used; the reason is in the log, without the secret.
#[must_use]
pub fn service_secret(keys: &Path, file: &str) -> Option<SecretString> {
    secret::read(keys, file)
        .inspect_err(|problem| tracing::error!(%problem, file, "a service's secret cannot be used"))
        .ok()
}

/// Secrets read so far and tokens held. One for the process.
#[derive(Debug)]
pub struct Credentials {
    keys: PathBuf,
    secrets: Mutex<HashMap<String, Arc<SecretString>>>,
    tokens: Mutex<HashMap<(IntegrationId, PolicyHash), Arc<oauth::Slot>>>,
    identities: Mutex<HashMap<Files, Arc<Identity>>>,
}

/// The names of an identity's files: certificate and key, authorities.
type Files = (Option<ClientCertificate>, Option<String>);

/// What an OAuth 2.0 token host is reached with.
pub struct TokenWay<'a, R> {
    /// The one resolver.
    pub resolver: &'a Resolver,
    /// The one client.
    pub client: &'a Client,
    /// The rules of the request's policy snapshot.
    pub rules: &'a Rules,
    /// Special-use networks that the registry lists for the token host's system.
    pub listed: &'a [IpNet],
    /// The token host's system, as the contact record names it.
    pub system: &'a SystemId,
    /// What the charter relied on when it let that system be contacted.
    pub contactable: Contactable,
    /// Makes the durable record that comes before the dial.
    pub contact: &'a R,
}

impl Credentials {
    /// With the directory that secret files are in.
    #[must_use]
    pub fn new(keys: PathBuf) -> Self {
        Self { keys, secrets: Mutex::default(), tokens: Mutex::default(), identities: Mutex::default() }
    }

    /// Forgets every secret and token read under an earlier policy: called when a policy becomes active, so that a
    /// secret that was changed is read again.
    pub fn forget(&self) {
        lock(&self.secrets).clear();
        lock(&self.tokens).clear();
        lock(&self.identities).clear();
    }

    /// The recipient no longer takes this connection's token: the next request fetches another.
    pub fn rejected(&self, integration: &IntegrationId) {
        lock(&self.tokens).retain(|(id, _), _| id != integration);
    }

    /// What a request of this connection authenticates with. `received` are the caller's headers, of which at most
    /// `Authorization` is used, and only for [`Auth::Passthrough`].
    ///
    /// # Errors
    /// `internal` when a secret cannot be read (the reason is in the log, without the secret); for OAuth 2.0 every
    /// refusal of judging, recording and reaching the token host.
    pub async fn of<R: RecordContact>(
        &self,
        integration: &Integration,
        received: &HeaderMap,
        way: &TokenWay<'_, R>,
    ) -> Result<Credential, Refusal> {
        let Auth::OAuth2 { token, client_id, secret_file, scope } = &integration.auth else {
            return self.without_token(integration, received);
        };
        let slot = self.slot(&integration.id, way.rules.epoch);
        // Somebody else's token host is not shown who we are to this recipient.
        let own = *way.system == integration.destination;
        let identity = if own { self.identity(integration)? } else { None };
        let request = oauth::TokenRequest { integration: &integration.id, token, client_id, scope, identity };
        slot.token(|| self.secret(secret_file), &request, way).await
    }

    /// The same for connections that need nobody else's word.
    ///
    /// # Errors
    /// `internal` when a secret cannot be read, or where a token is needed after all.
    pub fn without_token(&self, integration: &Integration, received: &HeaderMap) -> Result<Credential, Refusal> {
        match &integration.auth {
            Auth::None => Ok(Credential::none()),
            Auth::Passthrough => passthrough(received),
            Auth::Header { name, secret_file, prefix } => {
                let secret = self.secret(secret_file)?;
                let value = SecretString::from(format!("{prefix}{}", secret.expose_secret()));
                Credential::new(name.clone(), value.expose_secret()).ok_or_else(unusable)
            }
            Auth::OAuth2 { .. } => Err(unusable()),
        }
    }

    /// What TLS to this connection's recipient is made with, where the connection has files of its own.
    ///
    /// # Errors
    /// `internal` when a file cannot be used; the reason is in the log.
    pub fn identity(&self, integration: &Integration) -> Result<Option<Arc<Identity>>, Refusal> {
        let files = (integration.client_certificate.clone(), integration.upstream_roots.clone());
        if let Some(known) = lock(&self.identities).get(&files) {
            return Ok(Some(known.clone()));
        }
        let read = Identity::read(&self.keys, integration).map_err(|problem| {
            tracing::error!(%problem, integration = %integration.id, "a connection's certificate, key or roots cannot be used");
            unusable()
        })?;
        Ok(read.map(|identity| {
            let identity = Arc::new(identity);
            lock(&self.identities).insert(files, identity.clone());
            identity
        }))
    }

    fn slot(&self, integration: &IntegrationId, epoch: PolicyHash) -> Arc<oauth::Slot> {
        let mut tokens = lock(&self.tokens);
        tokens.retain(|(_, of), _| *of == epoch);
        tokens.entry((integration.clone(), epoch)).or_default().clone()
    }

    fn secret(&self, file: &str) -> Result<Arc<SecretString>, Refusal> {
        if let Some(known) = lock(&self.secrets).get(file) {
            return Ok(known.clone());
        }
        let read = secret::read(&self.keys, file).map_err(|problem| {
            tracing::error!(%problem, file, "a connection's secret cannot be used");
            unusable()
        })?;
        let read = Arc::new(read);
        lock(&self.secrets).insert(file.to_owned(), read.clone());
        Ok(read)
    }
}

/// The caller's own `Authorization`, if there is exactly one.
fn passthrough(received: &HeaderMap) -> Result<Credential, Refusal> {
    let mut values = received.get_all(header::AUTHORIZATION).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(Credential::none()),
        (Some(one), None) => Credential::of_value(header::AUTHORIZATION, one.clone()).ok_or_else(unusable),
        (Some(_), Some(_)) => Err(resolve::refusal(
            Code::RequestMalformed,
            "one-authorization",
            "The request has more than one Authorization header.",
            "Send exactly one.",
        )),
    }
}

fn unusable() -> Refusal {
    resolve::refusal(
        Code::Internal,
        "credential",
        "The gateway's credential for this recipient cannot be used.",
        "Nothing was sent. Whoever runs the gateway finds the reason in its log.",
    )
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

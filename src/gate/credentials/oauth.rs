//! OAuth 2.0 client credentials (RFC 6749 section 4.4): one token a connection, fetched by one request at a time.

use super::{Credential, Identity, TokenWay, unusable};
use crate::{
    flow::{IntegrationId, SystemId},
    gate::{answer::encoded, resolve, upstream::Outgoing},
    ledger::Receipt,
    policy::{PolicyHash, integration::Upstream},
    verdict::{Code, Refusal, destination::Contactable},
};
use data_encoding::BASE64;
use http::{StatusCode, header};
use secrecy::{ExposeSecret, SecretString};
use std::{sync::Arc, time::Duration};
use tokio::{sync::Mutex, time::Instant};
use url::form_urlencoded;

/// A token host's answer, bytes.
const LONGEST: usize = 64 << 10;
/// A token is not used in the last part of its life: a request may be under way for so long.
const MARGIN: Duration = Duration::from_secs(30);
/// How long a token is held that does not say.
const UNSAID: Duration = Duration::from_secs(60);
/// How long a token is held, whatever it says.
const MOST: Duration = Duration::from_secs(3600);

/// A dial of a token host, as it is recorded: nothing in it is about a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// The connection that needs a token.
    pub integration: IntegrationId,
    /// The token host's system.
    pub system: SystemId,
    /// The rules that judged it, which must be the active ones when it is recorded.
    pub policy: PolicyHash,
    /// What must still hold then.
    pub contactable: Contactable,
}

/// Writes the `contact` record. No record, no dial.
pub trait RecordContact: Sync {
    /// Makes the record durable. The receipt is what allows the request for a token to be sent.
    fn record(&self, contact: Contact) -> impl Future<Output = Result<Receipt, Refusal>> + Send;
}

/// What a token is asked for.
pub(super) struct TokenRequest<'a> {
    pub(super) integration: &'a IntegrationId,
    pub(super) token: &'a Upstream,
    pub(super) client_id: &'a str,
    pub(super) scope: &'a str,
    /// What TLS to the token host is made with, where it is the recipient's own.
    pub(super) identity: Option<Arc<Identity>>,
}

/// Where one connection's token is held. Its lock is kept while a token is fetched, so that only one is.
#[derive(Debug, Default)]
pub(super) struct Slot(Mutex<Last>);

/// How the last fetch ended.
#[derive(Debug, Default)]
enum Last {
    #[default]
    Nothing,
    Held(Held),
    Failed {
        at: Instant,
        refusal: Refusal,
    },
}

#[derive(Debug)]
struct Held {
    token: SecretString,
    until: Instant,
}

impl Slot {
    /// The token that is held, or a new one. Whoever waited while a fetch failed shares its failure; otherwise each
    /// would wait for a dead token host in turn.
    pub(super) async fn token<R: RecordContact>(
        &self,
        secret: impl FnOnce() -> Result<Arc<SecretString>, Refusal>,
        request: &TokenRequest<'_>,
        way: &TokenWay<'_, R>,
    ) -> Result<Credential, Refusal> {
        let asked = Instant::now();
        let mut last = self.0.lock().await;
        match &*last {
            Last::Held(held) if Instant::now() < held.until => return bearer(&held.token),
            Last::Failed { at, refusal } if *at >= asked => return Err(refusal.clone()),
            _ => *last = Last::Nothing,
        }
        let fetched = match secret() {
            Ok(secret) => fetch(&secret, request, way).await,
            Err(refusal) => Err(refusal),
        };
        match fetched {
            Ok(fresh) => {
                let credential = bearer(&fresh.token)?;
                *last = Last::Held(fresh);
                Ok(credential)
            }
            Err(refusal) => {
                *last = Last::Failed { at: Instant::now(), refusal: refusal.clone() };
                Err(refusal)
            }
        }
    }
}

fn bearer(token: &SecretString) -> Result<Credential, Refusal> {
    let value = SecretString::from(format!("Bearer {}", token.expose_secret()));
    Credential::new(header::AUTHORIZATION, value.expose_secret()).ok_or_else(unusable)
}

/// Judge, record, dial, ask: in that order.
async fn fetch<R: RecordContact>(
    secret: &SecretString,
    request: &TokenRequest<'_>,
    way: &TokenWay<'_, R>,
) -> Result<Held, Refusal> {
    let pinned = way.resolver.judge_and_pin(way.rules, way.listed, request.token).await?;
    let pinned = pinned.with_identity(request.identity.clone());
    let (integration, system) = (request.integration.clone(), way.system.clone());
    let contact = Contact { integration, system, policy: way.rules.epoch, contactable: way.contactable };
    let receipt = way.contact.record(contact).await?;
    let path = encoded(&request.token.base).ok_or_else(unusable)?;
    let path = if path.is_empty() { "/".to_owned() } else { path };
    let outgoing = Outgoing::token_request(&receipt, pinned, path, request.scope, basic(request.client_id, secret)?)?;
    let answer = way.client.send(outgoing, receipt).await.map_err(|f| f.into_refusal())?;
    if answer.status != StatusCode::OK {
        return Err(refused(&format!("It answered {}.", answer.status.as_u16())));
    }
    let body = answer.body.collect(LONGEST).await.map_err(|_| refused("Its answer was not whole."))?;
    held(&zeroize::Zeroizing::new(body))
}

/// RFC 6749 section 2.3.1: both parts are form-encoded before they are joined.
fn basic(client_id: &str, secret: &SecretString) -> Result<Credential, Refusal> {
    let form = |s: &str| form_urlencoded::byte_serialize(s.as_bytes()).collect::<String>();
    let pair = SecretString::from(format!("{}:{}", form(client_id), form(secret.expose_secret())));
    let value = SecretString::from(format!("Basic {}", BASE64.encode(pair.expose_secret().as_bytes())));
    Credential::new(header::AUTHORIZATION, value.expose_secret()).ok_or_else(unusable)
}

#[derive(serde::Deserialize)]
struct TokenAnswer {
    access_token: String,
    token_type: String,
    expires_in: Option<u64>,
}

fn held(body: &[u8]) -> Result<Held, Refusal> {
    let answer: TokenAnswer = serde_json::from_slice(body).map_err(|_| refused("Its answer was not a token."))?;
    let token = SecretString::from(answer.access_token);
    let text = token.expose_secret();
    let plain = !text.is_empty() && text.len() <= 8 << 10 && text.bytes().all(|b| b.is_ascii_graphic());
    if !plain || !answer.token_type.eq_ignore_ascii_case("bearer") {
        return Err(refused("Its answer was not a bearer token."));
    }
    let life = answer.expires_in.map_or(UNSAID, Duration::from_secs).min(MOST);
    Ok(Held { token, until: Instant::now() + life.saturating_sub(MARGIN.min(life / 2)) })
}

/// What a token host says of us stays with us: its text may repeat the secret.
fn refused(how: &str) -> Refusal {
    resolve::refusal(
        Code::DestinationUnreachable,
        "token",
        format!("The recipient's token service gave no token. {how}"),
        "Nothing was sent. Whoever runs the gateway checks the connection's client id, secret and scope.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn life(json: &str) -> Result<Duration, Refusal> {
        held(json.as_bytes()).map(|h| h.until.saturating_duration_since(Instant::now()))
    }

    #[test]
    fn a_token_is_used_for_less_than_its_life() {
        let near = |got: Duration, want: u64| got.abs_diff(Duration::from_secs(want)) < Duration::from_secs(2);
        assert!(near(life(r#"{"access_token":"t","token_type":"Bearer","expires_in":600}"#).unwrap(), 570));
        assert!(near(life(r#"{"access_token":"t","token_type":"bearer","expires_in":20,"x":1}"#).unwrap(), 10));
        assert!(near(life(r#"{"access_token":"t","token_type":"BEARER"}"#).unwrap(), 30));
        assert!(near(life(r#"{"access_token":"t","token_type":"Bearer","expires_in":99999999}"#).unwrap(), 3570));
        assert!(life(r#"{"access_token":"t","token_type":"Bearer","expires_in":0}"#).unwrap().is_zero());
    }

    #[test]
    fn what_is_not_a_bearer_token_is_refused_without_repeating_it() {
        for bad in [
            "",
            "s3cret",
            "{}",
            r#"{"access_token":"","token_type":"Bearer"}"#,
            r#"{"access_token":"s3cret\r\nX-Evil: 1","token_type":"Bearer"}"#,
            r#"{"access_token":"s3cret","token_type":"mac"}"#,
            r#"{"access_token":"s3cret","token_type":"Bearer","expires_in":"soon"}"#,
            r#"{"access_token":"s3cret","access_token":"other","token_type":"Bearer"}"#,
        ] {
            let refusal = life(bad).unwrap_err();
            assert_eq!(refusal.code, Code::DestinationUnreachable, "{bad}");
            assert!(!format!("{refusal:?}").contains("s3cret"), "{bad}");
        }
    }

    #[test]
    fn id_and_secret_are_form_encoded_before_they_are_joined() {
        let (name, value) = basic("a b", &SecretString::from("c:d")).unwrap().into_header().unwrap();
        assert_eq!(name, header::AUTHORIZATION);
        assert_eq!(value.to_str().unwrap(), format!("Basic {}", BASE64.encode(b"a+b:c%3Ad")));
        assert!(value.is_sensitive());
    }
}

//! Webhooks by the Standard Webhooks scheme (standardwebhooks.com, version 1): `webhook-id`, `webhook-timestamp` and
//! `webhook-signature: v1,` with an HMAC-SHA256 over `id.timestamp.body`.
//!
//! Any 2xx is acceptance, and no more of an answer than its head is read. A redirect is a failure: nobody judged where
//! it leads.

use super::{
    dial::{Dial, Failure},
    outbox::Due,
    text,
};
use crate::{config::Webhook, panel::Panel};
use aws_lc_rs::hmac;
use data_encoding::BASE64;
use http::{HeaderValue, Request, StatusCode, header};
use http_body_util::Full;
use hyper::{body::Bytes, client::conn::http1};
use hyper_util::rt::TokioIo;
use secrecy::ExposeSecret as _;
use std::time::Duration;
use zeroize::Zeroizing;

/// One delivery, all of it.
pub(super) const TIME: Duration = Duration::from_secs(10);
/// An answer's head, bytes.
const HEAD: usize = 16 << 10;

/// Sends one message. When this returns without a failure, the other side took it.
pub(super) async fn send(panel: &Panel, dial: &dyn Dial, hook: &Webhook, id: &str, due: &Due) -> Result<(), Failure> {
    let body = text::document(panel, due).to_string();
    let key = key(dial, &hook.secret).ok_or(Failure::Secret)?;
    let request = signed(hook, id, panel.wall().as_second(), body, &key).ok_or(Failure::Fault)?;
    let port = hook.url.port_or_known_default().ok_or(Failure::Fault)?;
    let dialled = dial.connect("webhook", &hook.host, port).await?;
    let line = match hook.url.scheme() {
        "https" => (dialled.secure)(dialled.line).await?,
        _ if dialled.address.ip().is_loopback() => dialled.line,
        _ => return Err(Failure::Clear),
    };
    let handshake = http1::Builder::new().max_buf_size(HEAD).max_headers(64).handshake(TokioIo::new(line));
    let (mut sender, connection) = handshake.await.map_err(|_| Failure::Unreachable)?;
    // Ends with this delivery, whatever the other side would still say.
    let mut driver = tokio::task::JoinSet::new();
    driver.spawn(connection);
    let answer = sender
        .send_request(request)
        .await
        .map_err(|e| if e.is_parse() || e.is_parse_too_large() { Failure::Answer } else { Failure::Unreachable })?;
    accepted(answer.status())
}

fn accepted(status: StatusCode) -> Result<(), Failure> {
    match status.as_u16() {
        200..=299 => Ok(()),
        300..=399 => Err(Failure::Redirected),
        408 | 425 | 429 => Err(Failure::Later),
        400..=499 => Err(Failure::Rejected),
        500..=599 => Err(Failure::Server),
        _ => Err(Failure::Answer),
    }
}

/// `whsec_` and base64 of 24 to 64 bytes.
fn key(dial: &dyn Dial, file: &str) -> Option<hmac::Key> {
    let secret = dial.secret(file)?;
    let encoded = secret.expose_secret().strip_prefix("whsec_")?;
    let bytes = Zeroizing::new(BASE64.decode(encoded.as_bytes()).ok()?);
    (24..=64).contains(&bytes.len()).then(|| hmac::Key::new(hmac::HMAC_SHA256, &bytes))
}

fn signed(hook: &Webhook, id: &str, second: i64, body: String, key: &hmac::Key) -> Option<Request<Full<Bytes>>> {
    let tag = hmac::sign(key, format!("{id}.{second}.{body}").as_bytes());
    let signature = HeaderValue::try_from(format!("v1,{}", BASE64.encode(tag.as_ref()))).ok()?;
    let host = match hook.url.port() {
        Some(port) => format!("{}:{port}", hook.host),
        None => hook.host.to_string(),
    };
    let target = match hook.url.query() {
        Some(query) => format!("{}?{query}", hook.url.path()),
        None => hook.url.path().to_owned(),
    };
    Request::post(target)
        .header(header::HOST, host)
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::USER_AGENT, "Havengate")
        .header(header::CONNECTION, "close")
        .header("webhook-id", id)
        .header("webhook-timestamp", second)
        .header("webhook-signature", signature)
        .body(Full::new(Bytes::from(body)))
        .ok()
}

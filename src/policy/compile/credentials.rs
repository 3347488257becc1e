//! How the gateway authenticates to a recipient. Secrets are names of files, never text.

use super::{Meaning, Problems, place, upstream};
use crate::{
    flow::SystemId,
    policy::{
        Class,
        integration::{Auth, ClientCertificate},
        source::{
            At,
            integration::{Auth as Text, IntegrationFile, OAuth2},
        },
    },
};

pub(super) fn compile(
    file: &str,
    text: &At<Text>,
    destination: &SystemId,
    meaning: &Meaning<'_>,
    problems: &mut Problems,
) -> Option<Auth> {
    let at = place(file, text.span());
    match text.get_ref() {
        Text { header: Some(name), secret: Some(secret), prefix, passthrough: None, oauth2: None } => {
            let name = header(file, name, problems);
            let secret_file = secret_file(file, secret, problems)?;
            let prefix = prefix.as_ref().map(|p| p.get_ref().clone()).unwrap_or_default();
            Some(Auth::Header { name: name?, secret_file, prefix })
        }
        Text { header: None, secret: None, prefix: None, passthrough: Some(yes), oauth2: None } => {
            if !*yes.get_ref() {
                let mend = "write `passthrough = true`, or take `auth` out";
                problems.error(place(file, yes.span()), "`passthrough = false` says nothing", mend);
            }
            Some(Auth::Passthrough)
        }
        Text { header: None, secret: None, prefix: None, passthrough: None, oauth2: Some(oauth2) } => {
            token(file, oauth2.get_ref(), destination, meaning, problems)
        }
        _ => {
            let mend = "write one of { header = \"…\", secret = \"file:…\" }, { passthrough = true }, { oauth2 = {…} }";
            problems.error(at, "`auth` is not one whole way to authenticate", mend);
            None
        }
    }
}

fn token(
    file: &str,
    text: &OAuth2,
    destination: &SystemId,
    meaning: &Meaning<'_>,
    problems: &mut Problems,
) -> Option<Auth> {
    let token = upstream::compile(file, &text.token, None, problems);
    let secret_file = secret_file(file, &text.secret, problems);
    let (token, secret_file) = (token?, secret_file?);
    // The client secret goes there: it must be this recipient, or one that nothing is held against.
    let owner = meaning.registry.system_of(&token.host, &token.base);
    if !owner.is_some_and(|s| s.id == *destination || s.linked == Class::Clear) {
        let message = match owner {
            Some(other) => format!("the token host belongs to `{}`, which is not clear", other.id),
            None => "no system of the registry answers at the token host".to_owned(),
        };
        let mend = "add the host to this destination's `hosts`, or to a system of its own that is assessed";
        problems.error(place(file, text.token.span()), message, mend);
    }
    Some(Auth::OAuth2 { token, client_id: text.client_id.get_ref().clone(), secret_file, scope: text.scope.clone() })
}

/// Files of the connection's own for TLS.
pub(super) struct Tls {
    pub(super) client_certificate: Option<ClientCertificate>,
    pub(super) upstream_roots: Option<String>,
}

/// A file that cannot be used is reported, and then nothing is compiled: a connection never goes without.
pub(super) fn tls(file: &str, text: &IntegrationFile, problems: &mut Problems) -> Tls {
    let spans = [text.client_certificate.as_ref().map(At::span), text.upstream_roots.as_ref().map(At::span)];
    if let (Some(_), Some(span)) = (&text.plain_http, spans.into_iter().flatten().next()) {
        let mend = "take it out, or take `plain_http` out and write the URL with https";
        problems.error(place(file, span), "plain http has no certificates", mend);
    }
    let client_certificate = text.client_certificate.as_ref().and_then(|client| {
        let certificate = secret_file(file, &client.get_ref().certificate, problems);
        let key = secret_file(file, &client.get_ref().key, problems);
        Some(ClientCertificate { certificate_file: certificate?, key_file: key? })
    });
    let upstream_roots = text.upstream_roots.as_ref().and_then(|roots| secret_file(file, roots, problems));
    Tls { client_certificate, upstream_roots }
}

/// The header a secret goes into.
fn header(file: &str, text: &At<String>, problems: &mut Problems) -> Option<http::HeaderName> {
    let name = super::operation::header_name(file, text, problems)?;
    if let Some(why) = crate::policy::headers::never_leaves(&name).filter(|_| name != http::header::AUTHORIZATION) {
        let mend = "name the header that the recipient's documentation gives for its key";
        problems.error(place(file, text.span()), format!("`{name}` cannot carry a secret: {why}"), mend);
    }
    Some(name)
}

/// `file:riverside.key` → `riverside.key`, a name in the keys directory and never a way out of it.
fn secret_file(file: &str, text: &At<String>, problems: &mut Problems) -> Option<String> {
    let name = text.get_ref().strip_prefix("file:").filter(|name| {
        !name.starts_with('.')
            && !name.is_empty()
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'))
    });
    if name.is_none() {
        // The text is not repeated: somebody may have written the secret itself.
        let mend = "write `file:` and the name of a file in the keys directory, such as file:riverside.key";
        problems.error(place(file, text.span()), "this does not name a secret's file", mend);
    }
    name.map(str::to_owned)
}

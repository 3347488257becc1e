//! `[notify]` and `[[webhook]]`: how the panel is told, besides its pages.

use super::{
    fault::shown,
    read::{self, Expected, Reader},
    schema::Key,
    source::{Entry, Given, Raw},
};
use crate::flow::{Host, name_closed as closed};
use std::collections::BTreeSet;

/// The most webhooks, and the most addresses.
const MOST: usize = 20;
/// Where the password of `notify.user` is, in the keys directory.
pub const PASSWORD_FILE: &str = "smtp.key";

/// How the panel is told.
#[derive(Debug, Clone)]
pub struct Notify {
    /// By mail, where a server is given.
    pub mail: Option<Mail>,
    /// Systems that are told.
    pub webhooks: Vec<Webhook>,
    /// How often what can wait is told by mail.
    pub digest: Rhythm,
}

/// A mail server and who is told through it.
#[derive(Debug, Clone)]
pub struct Mail {
    /// Its host.
    pub host: Host,
    /// Its port.
    pub port: u16,
    /// TLS from the first byte; otherwise STARTTLS.
    pub tls: bool,
    /// Who signs in, with the password of [`PASSWORD_FILE`].
    pub user: Option<String>,
    /// Whom it comes from.
    pub from: String,
    /// Whom it goes to: at least one.
    pub to: Vec<String>,
}

/// A system that is told.
#[derive(Debug, Clone)]
pub struct Webhook {
    /// Where; https, or http for `localhost`.
    pub url: url::Url,
    /// The URL's host, canonical.
    pub host: Host,
    /// The file of its secret in the keys directory.
    pub secret: String,
    /// The kinds it is told; empty is every kind.
    pub events: Vec<String>,
}

closed! {
    /// How often a digest is sent.
    Rhythm {
        /// Every day.
        Daily = "daily",
        /// Every Monday.
        Weekly = "weekly",
        /// Not at all.
        Never = "never",
    }
}

impl Notify {
    /// Whether anybody is told at all.
    #[must_use]
    pub const fn tells_anybody(&self) -> bool {
        self.mail.is_some() || !self.webhooks.is_empty()
    }
}

/// Everything of it. `None` when something is at fault.
pub(super) fn read(r: &mut Reader<'_>, webhooks: Vec<Entry>) -> Option<Notify> {
    let digest = r.read("notify.digest", rhythm);
    let mail = mail(r);
    let first = webhooks.first().map(|(place, _)| place.clone());
    if let (Some(place), true) = (first.clone(), webhooks.len() > MOST) {
        r.fault(place, "webhook", "there are more than 20", "remove some");
    }
    let webhooks: Vec<Option<Webhook>> = webhooks.into_iter().map(|entry| webhook(r, entry)).collect();
    if r.place("panel.listen").is_none()
        && let Some(place) = r.place("notify.smtp").or(first)
    {
        let mend = "set panel.listen, panel.url and panel.clients: messages lead to the panel's pages";
        r.fault(place, "notify", "needs the panel's pages", mend);
    }
    Some(Notify { mail: mail?, webhooks: webhooks.into_iter().collect::<Option<_>>()?, digest: digest? })
}

/// `Some(None)` where no mail is asked for.
fn mail(r: &mut Reader<'_>) -> Option<Option<Mail>> {
    let server = r.read("notify.smtp", server);
    let user = r.read("notify.user", read::words);
    let (from, to) = (r.read("notify.from", address), r.read("notify.to", addresses));
    let Some(place) = r.place("notify.smtp") else {
        if let Some(path) = ["notify.user", "notify.from", "notify.to"].into_iter().find(|p| r.place(p).is_some())
            && let Some(place) = r.place(path)
        {
            r.fault(place, path, "there is no mail server", "set notify.smtp too, or remove this");
            return None;
        }
        return Some(None);
    };
    for path in ["notify.from", "notify.to"] {
        if r.place(path).is_none() {
            r.fault(place.clone(), path, "is missing", "write the address that mail comes from, and whom it goes to");
        }
    }
    let (host, port, tls) = server?;
    Some(Some(Mail { host, port, tls, user, from: from?, to: to? }))
}

fn server(given: &Given, _: &Key) -> Result<(Host, u16, bool), Expected> {
    let expected = || {
        Expected(
            "expected smtps:// or smtp:// and a host, perhaps with a port, and nothing else".to_owned(),
            "write one such as \"smtps://mail.charity.example:465\"; user and password do not stand here".to_owned(),
        )
    };
    let (scheme, rest) = read::text(given)?.split_once("://").ok_or_else(expected)?;
    let (host, port) = Host::parse_authority(rest.trim_end_matches('/')).map_err(|_| expected())?;
    match scheme {
        "smtps" => Ok((host, port.unwrap_or(465), true)),
        "smtp" => Ok((host, port.unwrap_or(587), false)),
        _ => Err(expected()),
    }
}

fn address(given: &Given, _: &Key) -> Result<String, Expected> {
    mailbox(read::text(given)?)
}

fn mailbox(text: &str) -> Result<String, Expected> {
    let text = text.trim();
    let plain = text.is_ascii() && text.len() <= 254;
    match text.parse::<lettre::Address>() {
        Ok(_) if plain => Ok(text.to_owned()),
        _ => Err(Expected(
            "expected a mail address without a name beside it".to_owned(),
            "write one such as \"panel@union.example\"".to_owned(),
        )),
    }
}

fn addresses(given: &Given, _: &Key) -> Result<Vec<String>, Expected> {
    let list: Vec<String> = match &given.raw {
        Raw::List(items) => items.iter().map(|i| mailbox(read::text(i)?)).collect::<Result<_, _>>()?,
        Raw::Variable(list) => list.split(',').map(mailbox).collect::<Result<_, _>>()?,
        raw => {
            let message = format!("expected a list of mail addresses, found {}", raw.kind());
            return Err(Expected(message, "put it in brackets: [\"panel@union.example\"]".to_owned()));
        }
    };
    let twice = list.iter().enumerate().any(|(i, a)| list.iter().skip(i + 1).any(|b| a.eq_ignore_ascii_case(b)));
    if list.is_empty() || list.len() > MOST || twice {
        return Err(Expected("expected 1 to 20 different addresses".to_owned(), "remove what is too much".to_owned()));
    }
    Ok(list)
}

fn rhythm(given: &Given, _: &Key) -> Result<Rhythm, Expected> {
    read::text(given)?.parse().map_err(|_| {
        Expected("expected daily, weekly or never".to_owned(), "write one of them in \"quotes\"".to_owned())
    })
}

fn webhook(r: &mut Reader<'_>, (place, keys): Entry) -> Option<Webhook> {
    let (mut url, mut secret, mut events, mut sound) = (None, None, Vec::new(), true);
    for (name, given) in keys {
        let read = match name.as_str() {
            "url" => read::text(&given).and_then(target).map(|t| url = Some(t)),
            "secret" => read::text(&given).and_then(secret_file).map(|s| secret = Some(s)),
            "events" => kinds(&given).map(|k| events = k),
            _ => Err(Expected("there is no such key".to_owned(), "the keys are url, secret and events".to_owned())),
        };
        if let Err(Expected(message, mend)) = read {
            r.fault(given.place, &format!("webhook.{}", shown(&name)), &message, &mend);
            sound = false;
        }
    }
    if !sound {
        return None;
    }
    let Some((url, host)) = url else {
        r.fault(place, "webhook.url", "is missing", "write url = \"https://hooks.union.example/havengate\"");
        return None;
    };
    let Some(secret) = secret else {
        r.fault(place, "webhook.secret", "is missing", "write secret = \"file:union.key\"");
        return None;
    };
    Some(Webhook { url, host, secret, events })
}

fn target(text: &str) -> Result<(url::Url, Host), Expected> {
    let expected = || {
        Expected(
            "expected https and a host, without user, password or fragment; http only for localhost".to_owned(),
            "write one such as \"https://hooks.union.example/havengate\"".to_owned(),
        )
    };
    let url: url::Url = text.parse().map_err(|_| expected())?;
    let host = Host::parse(url.host_str().unwrap_or_default()).map_err(|_| expected())?;
    // Like every private address, this machine is found by [gateway.resolve] only.
    let here = url.host_str() == Some("localhost");
    let nobody = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    let safe = url.scheme() == "https" || (url.scheme() == "http" && here);
    if safe && nobody { Ok((url, host)) } else { Err(expected()) }
}

fn secret_file(text: &str) -> Result<String, Expected> {
    let name = text.strip_prefix("file:").unwrap_or_default();
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    if (1..=64).contains(&name.len()) && !name.starts_with('.') && name.bytes().all(plain) {
        return Ok(name.to_owned());
    }
    Err(Expected(
        "expected \"file:\" and the name of a file in the keys directory".to_owned(),
        "write \"file:union.key\", never the secret itself".to_owned(),
    ))
}

fn kinds(given: &Given) -> Result<Vec<String>, Expected> {
    let expected = || {
        let mend = "write one such as [\"attempt\", \"stop\"], or remove the key for every kind";
        Expected("expected a list of kinds".to_owned(), mend.to_owned())
    };
    let Raw::List(items) = &given.raw else { return Err(expected()) };
    let kind = |k: &str| (1..=40).contains(&k.len()) && k.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
    let listed: BTreeSet<String> = items
        .iter()
        .map(|i| read::text(i).ok().filter(|k| kind(k)).map(ToOwned::to_owned).ok_or_else(expected))
        .collect::<Result<_, _>>()?;
    if listed.is_empty() { Err(expected()) } else { Ok(listed.into_iter().collect()) }
}

//! Who is told: each mail address and each webhook is a channel of its own.

use crate::config::{Mail, Notify, Webhook};
use std::sync::Arc;

/// One channel.
#[derive(Debug)]
pub(super) struct Channel {
    /// In the store and in ids: the same as long as the address is the same, and not the address.
    pub key: String,
    /// In figures: `email-1`.
    pub label: String,
    /// On pages: `email 1, at union.example`.
    pub name: String,
    pub to: To,
}

/// What it is.
#[derive(Debug)]
pub(super) enum To {
    /// One address.
    Mail(Arc<Mail>, String),
    /// One webhook.
    Hook(Box<Webhook>),
}

impl Channel {
    /// Whether it is told of this kind. Mail is told what matters at once, and the rest in its digest.
    pub(super) fn wants(&self, kind: &str, at_once: bool) -> bool {
        match &self.to {
            To::Mail(..) => at_once,
            // Nobody chooses not to hear that it was changed who hears.
            To::Hook(hook) => kind == "told" || hook.events.is_empty() || hook.events.iter().any(|e| e == kind),
        }
    }

    pub(super) const fn is_mail(&self) -> bool {
        matches!(self.to, To::Mail(..))
    }
}

/// Every channel of the configuration, in its order.
pub(super) fn all(asked: &Notify) -> Vec<Channel> {
    let mail = asked.mail.clone().map(Arc::new);
    let mails = mail.iter().flat_map(|mail| mail.to.iter().map(move |to| (Arc::clone(mail), to.clone())));
    let mails = mails.enumerate().map(|(i, (mail, to))| {
        let domain = to.rsplit('@').next().unwrap_or_default().to_owned();
        Channel {
            key: key("mail", &to),
            label: format!("email-{}", i + 1),
            name: format!("email {}, at {domain}", i + 1),
            to: To::Mail(mail, to),
        }
    });
    let hooks = asked.webhooks.iter().enumerate().map(|(i, hook)| Channel {
        key: key("hook", hook.url.as_str()),
        label: format!("webhook-{}", i + 1),
        name: format!("webhook {}, at {}", i + 1, hook.host),
        to: To::Hook(Box::new(hook.clone())),
    });
    mails.chain(hooks).collect()
}

fn key(what: &str, of: &str) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, of.as_bytes());
    let short = digest.as_ref().get(..6).unwrap_or_default();
    format!("{what}-{}", data_encoding::HEXLOWER.encode(short))
}

//! `[[caller]]`: who may call, and how each proves it.

use super::{
    Caller, Proof, Tls,
    fault::{Place, shown},
    read::{self, Expected, Reader},
    source::{Given, Raw},
};
use crate::flow::App;
use std::collections::BTreeMap;

/// Each entry, and then what must hold between them.
pub(super) fn read(
    r: &mut Reader<'_>,
    entries: Vec<(Place, BTreeMap<String, Given>)>,
    tls: Option<&Tls>,
) -> Vec<Caller> {
    let mut callers: Vec<Caller> = Vec::new();
    for (place, keys) in entries {
        let Some(caller) = one(r, &place, keys) else { continue };
        if let Some((message, mend)) = clash(&caller.proof, &callers, tls) {
            r.fault(place, "caller", message, mend);
        }
        callers.push(caller);
    }
    callers
}

/// Two callers that cannot be told apart, or a proof that nothing asks for.
fn clash(proof: &Proof, before: &[Caller], tls: Option<&Tls>) -> Option<(&'static str, &'static str)> {
    let twice = before.iter().any(|c| c.proof == *proof);
    match proof {
        Proof::Loopback if twice => {
            Some(("another caller already has loopback = true", "give this one a token: loopback is for one app"))
        }
        _ if twice => Some(("another caller above proves itself the same way", "give each its own token or name")),
        Proof::San(_) if tls.is_none_or(|t| t.client_roots.is_none()) => {
            Some(("a certificate name needs gateway.tls.client_roots", "set that key, or give this caller a token"))
        }
        _ => None,
    }
}

fn one(r: &mut Reader<'_>, place: &Place, keys: BTreeMap<String, Given>) -> Option<Caller> {
    const PROOFS: &str = "write exactly one of token_sha256, san, or loopback = true";
    let (mut app, mut proofs, mut sound) = (None, Vec::new(), true);
    for (name, given) in keys {
        let read = match name.as_str() {
            "app" => read::text(&given).and_then(app_of).map(|a| app = Some(a)),
            "token_sha256" => read::text(&given).and_then(digest).map(|d| proofs.push(Proof::Token(d))),
            "san" => read::text(&given).and_then(san).map(|s| proofs.push(Proof::San(s))),
            "loopback" => match given.raw {
                Raw::Boolean(true) => {
                    proofs.push(Proof::Loopback);
                    Ok(())
                }
                _ => Err(Expected("may only be true".to_owned(), "write loopback = true, or remove it".to_owned())),
            },
            _ => Err(Expected("there is no such key".to_owned(), format!("besides app, {PROOFS}"))),
        };
        if let Err(Expected(message, mend)) = read {
            r.fault(given.place, &format!("caller.{}", shown(&name)), &message, &mend);
            sound = false;
        }
    }
    if !sound {
        return None;
    }
    let Some(app) = app else {
        r.fault(place.clone(), "caller.app", "is missing", "write app = \"inform\", as your integrations name it");
        return None;
    };
    let mut proofs = proofs.into_iter();
    match (proofs.next(), proofs.next()) {
        (Some(proof), None) => Some(Caller { app, proof }),
        _ => {
            r.fault(place.clone(), "caller", "needs one way to prove who calls, and only one", PROOFS);
            None
        }
    }
}

fn app_of(text: &str) -> Result<App, Expected> {
    App::parse(text).map_err(|e| Expected(e.to_string(), "write the name that your integrations use".to_owned()))
}

fn digest(text: &str) -> Result<[u8; 32], Expected> {
    let bytes = data_encoding::HEXLOWER_PERMISSIVE.decode(text.as_bytes()).ok();
    bytes.and_then(|b| b.try_into().ok()).ok_or_else(|| {
        let mend = "write the SHA-256 of the token, never the token; `havengate caller add` makes both";
        Expected("expected 64 hexadecimal digits".to_owned(), mend.to_owned())
    })
}

fn san(text: &str) -> Result<String, Expected> {
    if text.len() <= 253 && text.bytes().all(|b| b.is_ascii_graphic()) {
        return Ok(text.to_owned());
    }
    let mend = "write the DNS or URI name exactly as the certificate has it";
    Err(Expected("expected a name of at most 253 printable characters".to_owned(), mend.to_owned()))
}

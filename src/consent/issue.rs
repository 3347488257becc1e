//! Making consent: a grant for the ledger, and the same grant as a signed token. Pure: time and random bytes
//! are arguments.

use super::{
    AdviceRecord, ConsentAct, Grant, Item,
    token::{Broken, IssuingKey, MAX_BYTES, SKEW, TokenText, check, write},
};
use crate::flow::{Category, ConsentId, Form, Purpose, SubjectLabel, SystemId};
use data_encoding::BASE64URL_NOPAD;
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;

/// What a support worker recorded, before it has an id and a subject.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Draft {
    /// To whom; one recipient, named to the person.
    pub destination: SystemId,
    /// For what.
    pub purpose: Purpose,
    /// What, in what form, where.
    pub items: Vec<DraftItem>,
    /// What the person was asked for and declined. Only their number is recorded, so that the panel sees whether
    /// people can say no.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub declined: Vec<DraftItem>,
    /// From when.
    pub not_before: Timestamp,
    /// Until.
    pub expires: Timestamp,
    /// How many different uses each item may have.
    pub max_uses: u32,
    /// How the person agreed.
    pub consent: ConsentAct,
    /// Independent immigration advice before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub advice: Option<AdviceRecord>,
}

/// One discrete piece of data.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DraftItem {
    /// What.
    pub category: Category,
    /// In what form.
    #[serde(with = "super::form_text")]
    pub form: Form,
    /// Only at this selector.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<Arc<str>>,
}

/// The most items that can be declined in one conversation.
pub const MOST_DECLINED: usize = 100;

/// Why no consent was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IssueError {
    /// A rule about what a consent may be.
    #[error("{0}")]
    Rule(#[from] Broken),
    /// Over before it began.
    #[error("the consent would have expired already; choose a later end")]
    Expired,
    /// Explanations, agreement or advice in the future.
    #[error("what was explained, agreed or advised lies in the future; record it when it has happened")]
    Future,
    /// The token would be over 8 KiB.
    #[error("the token would be longer than 8 KiB; split the consent into several")]
    TooLong,
    /// Agreed to and declined at once.
    #[error("the same piece of data was agreed to and declined; list it once")]
    Both,
    /// More than one conversation can be about.
    #[error("more than 100 declined items; list what the person was asked for")]
    Declined,
    /// The notice's name.
    #[error("a notice's name is 1 to 128 letters, digits, '-', '_', '.' and '/'")]
    Notice,
}

/// Makes a grant: `jti` is 16 bytes of a cryptographic random source. Times are cut to whole seconds.
///
/// # Errors
/// The first rule that the consent would break.
pub fn grant(draft: &Draft, subject: SubjectLabel, jti: [u8; 16], now: Timestamp) -> Result<Grant, IssueError> {
    if draft.declined.iter().any(|declined| draft.items.contains(declined)) {
        return Err(IssueError::Both);
    }
    if draft.declined.len() > MOST_DECLINED {
        return Err(IssueError::Declined);
    }
    let items = draft.items.iter().enumerate().map(|(i, item)| Item {
        id: format!("i{}", i + 1),
        destination: draft.destination.clone(),
        category: item.category.clone(),
        purpose: draft.purpose,
        form: item.form,
        path: item.path.clone(),
    });
    let mut grant = Grant {
        jti: ConsentId::from_bytes(jti),
        subject,
        not_before: draft.not_before,
        expires: draft.expires,
        max_uses: draft.max_uses,
        items: items.collect(),
        consent: draft.consent.clone(),
        advice: draft.advice.clone(),
    };
    cut_to_seconds(&mut grant)?;
    check(&grant)?;
    if grant.expires <= now {
        return Err(IssueError::Expired);
    }
    // The explanations and the advice are no later than these two.
    let recorded = [Some(grant.consent.at), grant.advice.as_ref().map(|a| a.at)];
    if recorded.into_iter().flatten().any(|t| t.duration_since(now) > SKEW) {
        return Err(IssueError::Future);
    }
    Ok(grant)
}

/// Cutting every time down keeps their order, and never makes a consent live longer.
fn cut_to_seconds(grant: &mut Grant) -> Result<(), IssueError> {
    let told = &mut grant.consent.explained;
    let times = [
        &mut grant.not_before,
        &mut grant.expires,
        &mut grant.consent.at,
        &mut told.purpose,
        &mut told.necessity,
        &mut told.risks,
        &mut told.alternatives,
    ];
    for time in times.into_iter().chain(grant.advice.as_mut().map(|a| &mut a.at)) {
        let second = time.duration_since(Timestamp::UNIX_EPOCH).as_secs();
        let fraction = SignedDuration::from_secs(second);
        *time = Timestamp::UNIX_EPOCH.checked_add(fraction).map_err(|_| Broken::WholeSeconds)?;
    }
    Ok(())
}

/// What a token says besides the grant.
#[derive(Debug, Clone, Copy)]
pub struct Envelope<'a> {
    /// `aud`: the gateway it is for, as its configuration names it.
    pub audience: &'a str,
    /// `iat`; whole seconds, no later than the grant's start.
    pub issued_at: Timestamp,
    /// The name of the wording that was shown: `riverside-housing/2026-09`.
    pub notice: &'a str,
    /// 16 random bytes for the receipt's UUID (RFC 9562 version 4).
    pub receipt: [u8; 16],
}

/// Writes a grant as a token that [`token::verify`](super::token::verify) reads back to the same grant.
///
/// # Errors
/// The first rule that the token would break.
pub fn sign(grant: &Grant, envelope: &Envelope<'_>, key: &IssuingKey) -> Result<String, IssueError> {
    check(grant)?;
    super::token::check_issued(grant, envelope.issued_at)?;
    if !super::token::is_notice(envelope.notice) {
        return Err(IssueError::Notice);
    }
    let receipt = receipt(envelope.receipt);
    let text = TokenText {
        issuer: key.public().issuer(),
        audience: envelope.audience,
        issued_at: envelope.issued_at,
        notice: envelope.notice,
        receipt: &receipt,
    };
    let kid = key.public().kid();
    let header = format!(r#"{{"alg":"Ed25519","kid":"{kid}","typ":"havengate-consent+jwt"}}"#);
    let signed = [header, write(grant, &text)].map(|part| BASE64URL_NOPAD.encode(part.as_bytes())).join(".");
    let signature = BASE64URL_NOPAD.encode(&key.sign(signed.as_bytes()));
    let token = format!("{signed}.{signature}");
    if token.len() > MAX_BYTES { Err(IssueError::TooLong) } else { Ok(token) }
}

/// `urn:uuid:` of version 4 and the RFC's variant.
fn receipt(random: [u8; 16]) -> String {
    let bits = (u128::from_be_bytes(random) & !(0xf << 76) & !(0b11 << 62)) | (4 << 76) | (0b10 << 62);
    let hex = format!("{bits:032x}");
    let mut out = String::from("urn:uuid:");
    for (i, digit) in hex.chars().enumerate() {
        if matches!(i, 8 | 12 | 16 | 20) {
            out.push('-');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_receipt_is_a_version_4_uuid() {
        assert_eq!(super::receipt([0xff; 16]), "urn:uuid:ffffffff-ffff-4fff-bfff-ffffffffffff");
        assert_eq!(super::receipt([0; 16]), "urn:uuid:00000000-0000-4000-8000-000000000000");
    }
}

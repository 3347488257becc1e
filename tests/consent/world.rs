//! One charity, one council, one client.

use aws_lc_rs::signature::Ed25519KeyPair;
use data_encoding::BASE64URL_NOPAD;
use havengate::consent::{
    AdviceRecord, ConsentAct, Explained, Grant,
    issue::{self, Draft, DraftItem, Envelope},
    keys::Secret,
    subject::SubjectKeys,
    token::{IssuerKeys, IssuingKey},
};
use havengate::flow::SubjectLabel;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::BTreeMap;

pub(crate) const AUDIENCE: &str = "urn:havengate:gateway:charity.example";
pub(crate) const ISSUER: &str = "https://consent.charity.example";
pub(crate) const COUNCIL: &str = "riverside-council/housing-referrals";
pub(crate) const NOW: i64 = 1_795_255_300;

pub(crate) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

pub(crate) fn seed() -> Secret {
    Secret::new([42; 32])
}

pub(crate) fn issuing() -> IssuingKey {
    IssuingKey::from_seed(Some("c1".parse().unwrap()), ISSUER, &seed()).unwrap()
}

pub(crate) fn issuers() -> IssuerKeys {
    let mut keys = IssuerKeys::default();
    assert!(keys.add(issuing().public().clone()));
    keys
}

pub(crate) fn subjects() -> SubjectKeys {
    let epochs = BTreeMap::from([(2, Secret::new([2; 32])), (3, Secret::new([3; 32]))]);
    SubjectKeys::new(&epochs, 3).unwrap()
}

pub(crate) fn label(record: &str) -> SubjectLabel {
    subjects().label(&"inform".parse().unwrap(), record)
}

/// The payload of design section 6, word for word but for what it leaves open.
pub(crate) fn claims() -> Value {
    json!({
        "iss": ISSUER, "aud": AUDIENCE, "sub": label("C-1"), "jti": "abcdefghijklmnopqrstuvwx23",
        "iat": 1_795_255_200, "nbf": 1_795_255_200, "exp": 1_796_464_800, "ver": 1, "max_uses": 1,
        "authorization_details": [
            {"type": "urn:havengate:consent-item:1", "id": "i1", "actions": ["disclose"],
             "locations": [COUNCIL], "datatypes": ["https://w3id.org/dpv/pd#Name"],
             "purpose": "urn:havengate:purpose:accommodation", "form": "raw", "path": "$.firstName"},
            {"type": "urn:havengate:consent-item:1", "id": "i2", "actions": ["disclose"],
             "locations": [COUNCIL], "datatypes": ["https://w3id.org/dpv/pd#BirthDate"],
             "purpose": "urn:havengate:purpose:accommodation", "form": "generalised:year"}],
        "consent": {"act": "signed-on-device", "at": 1_795_255_000,
            "receipt": "urn:uuid:0b0ddbb8-37d0-4d6c-a1c4-0a3d3a4f9b1e",
            "explained": {"purpose": 1_795_254_000, "necessity": 1_795_254_000, "risks": 1_795_254_060,
                          "alternatives": 1_795_254_120},
            "notice": "riverside-housing/2026-09", "own_language": true, "interpreter": "professional",
            "spoke_alone": true, "capacity": "presumed"},
        "advice": {"at": 1_795_168_800, "state": "obtained", "register": "IAA", "independent": true}
    })
}

pub(crate) const HEADER: &str = r#"{"alg":"Ed25519","kid":"c1","typ":"havengate-consent+jwt"}"#;

/// Signs any header and payload with the issuer's key, as somebody who holds it could.
pub(crate) fn signed(header: &str, payload: &str) -> String {
    let pair = Ed25519KeyPair::from_seed_unchecked(&[42; 32]).unwrap();
    let text = format!("{}.{}", BASE64URL_NOPAD.encode(header.as_bytes()), BASE64URL_NOPAD.encode(payload.as_bytes()));
    format!("{text}.{}", BASE64URL_NOPAD.encode(pair.sign(text.as_bytes()).as_ref()))
}

pub(crate) fn draft(items: &[&str]) -> Draft {
    let item = |text: &&str| {
        let (category, form) = text.split_once('=').unwrap_or((text, "raw"));
        DraftItem { category: category.parse().unwrap(), form: form.parse().unwrap(), path: None }
    };
    let told = at(NOW - 1000);
    Draft {
        destination: COUNCIL.parse().unwrap(),
        purpose: "accommodation".parse().unwrap(),
        items: items.iter().map(item).collect(),
        declined: Vec::new(),
        not_before: at(NOW - 100),
        expires: at(NOW + 14 * 86_400),
        max_uses: 1,
        consent: ConsentAct {
            act: "signed-on-paper".parse().unwrap(),
            at: at(NOW - 500),
            explained: Explained { purpose: told, necessity: told, risks: told, alternatives: told },
            capacity: "presumed".parse().unwrap(),
            interpreter: "not-needed".parse().unwrap(),
            spoke_alone: true,
            own_language: true,
        },
        advice: Some(AdviceRecord {
            at: at(NOW - 86_400),
            state: "obtained".parse().unwrap(),
            register: "IAA".parse().unwrap(),
            independent: true,
        }),
    }
}

pub(crate) fn grant(record: &str, items: &[&str], id: u8) -> Grant {
    issue::grant(&draft(items), label(record), [id; 16], at(NOW)).unwrap()
}

pub(crate) fn envelope() -> Envelope<'static> {
    Envelope { audience: AUDIENCE, issued_at: at(NOW - 200), notice: "riverside-housing/2026-09", receipt: [7; 16] }
}

//! The payload: design section 6's claims, read and written.

use super::{
    TokenError,
    strict::{Json, Members},
};
use crate::consent::{AdviceRecord, ConsentAct, Explained, Grant, Item};
use crate::flow::{Category, Form, Purpose};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

const ITEM_TYPE: &str = "urn:havengate:consent-item:1";
const PURPOSE: &str = "urn:havengate:purpose:";
const RECEIPT: &str = "urn:uuid:";

/// What a payload says.
pub(super) struct Claims {
    pub(super) issuer: String,
    pub(super) audience: String,
    pub(super) issued_at: Timestamp,
    pub(super) grant: Grant,
}

/// Reads a payload whose signature held. Every member is mandatory but an item's `path` and `advice`.
pub(super) fn read(payload: &[u8]) -> Result<Claims, TokenError> {
    let mut claims = Members::read(payload, "payload")?;
    if claims.integer("ver")? != 1 {
        return Err(claims.wrong("ver", "1"));
    }
    let issuer = claims.text("iss")?;
    let audience = claims.text("aud")?;
    let issued_at = claims.time("iat")?;
    let max_uses = claims.integer("max_uses")?;
    let grant = Grant {
        jti: claims.parsed("jti", "26 base32 characters")?,
        subject: claims.parsed("sub", "a keyed client label")?,
        not_before: claims.time("nbf")?,
        expires: claims.time("exp")?,
        max_uses: u32::try_from(max_uses).map_err(|_| claims.wrong("max_uses", "a number from 1 to 10000"))?,
        items: claims.list("authorization_details")?.into_iter().map(item).collect::<Result<_, _>>()?,
        consent: consent(claims.object("consent")?)?,
        advice: claims.take("advice").map(|json| advice(Members::of(json, "advice")?)).transpose()?,
    };
    claims.end()?;
    Ok(Claims { issuer, audience, issued_at, grant })
}

fn item(json: Json) -> Result<Item, TokenError> {
    let mut item = Members::of(json, "item")?;
    if item.text("type")? != ITEM_TYPE {
        return Err(item.wrong("type", "`urn:havengate:consent-item:1`"));
    }
    if item.only("actions")? != "disclose" {
        return Err(item.wrong("actions", "exactly `disclose`"));
    }
    let (destination, category, purpose) = (item.only("locations")?, item.only("datatypes")?, item.text("purpose")?);
    let purpose = purpose.strip_prefix(PURPOSE).and_then(|p| p.parse::<Purpose>().ok());
    let read = Item {
        id: item.text("id")?,
        destination: destination.parse().map_err(|_| item.wrong("locations", "a recipient's id"))?,
        category: Category::from_iri(&category).map_err(|_| item.wrong("datatypes", "a data category's IRI"))?,
        purpose: purpose.ok_or_else(|| item.wrong("purpose", "`urn:havengate:purpose:` and a purpose"))?,
        form: item.parsed::<Form>("form", "`raw`, `pseudonym` or `generalised:` and a transform")?,
        path: match item.take("path") {
            None => None,
            Some(Json::Text(path)) => Some(path.into()),
            Some(_) => return Err(item.wrong("path", "one string")),
        },
    };
    item.end()?;
    Ok(read)
}

fn consent(mut consent: Members) -> Result<ConsentAct, TokenError> {
    let receipt = consent.text("receipt")?;
    if !receipt.strip_prefix(RECEIPT).is_some_and(is_uuid) {
        return Err(consent.wrong("receipt", "a `urn:uuid:`"));
    }
    let notice = consent.text("notice")?;
    if !is_notice(&notice) {
        return Err(consent.wrong("notice", NOTICE));
    }
    let mut told = consent.object("explained")?;
    let explained = Explained {
        purpose: told.time("purpose")?,
        necessity: told.time("necessity")?,
        risks: told.time("risks")?,
        alternatives: told.time("alternatives")?,
    };
    told.end()?;
    let read = ConsentAct {
        act: consent.parsed("act", "an act this version knows")?,
        at: consent.time("at")?,
        explained,
        capacity: consent.parsed("capacity", "a capacity this version knows")?,
        interpreter: consent.parsed("interpreter", "an interpreter this version knows")?,
        spoke_alone: consent.boolean("spoke_alone")?,
        own_language: consent.boolean("own_language")?,
    };
    consent.end()?;
    Ok(read)
}

fn advice(mut advice: Members) -> Result<AdviceRecord, TokenError> {
    let read = AdviceRecord {
        at: advice.time("at")?,
        state: advice.parsed("state", "`obtained` or `declined-after-offer`")?,
        register: advice.parsed("register", "a regulator's register this version knows")?,
        independent: advice.boolean("independent")?,
    };
    advice.end()?;
    Ok(read)
}

/// What a token says besides the grant.
pub(in crate::consent) struct TokenText<'a> {
    pub(in crate::consent) issuer: &'a str,
    pub(in crate::consent) audience: &'a str,
    pub(in crate::consent) issued_at: Timestamp,
    pub(in crate::consent) notice: &'a str,
    pub(in crate::consent) receipt: &'a str,
}

/// Writes the payload that [`read`] reads back to the same grant.
pub(in crate::consent) fn write(grant: &Grant, text: &TokenText<'_>) -> String {
    let consent = &grant.consent;
    let told = &consent.explained;
    let mut claims = json!({
        "iss": text.issuer, "aud": text.audience, "sub": grant.subject, "jti": grant.jti,
        "iat": text.issued_at.as_second(), "nbf": grant.not_before.as_second(), "exp": grant.expires.as_second(),
        "ver": 1, "max_uses": grant.max_uses,
        "authorization_details": grant.items.iter().map(item_json).collect::<Vec<_>>(),
        "consent": {
            "act": consent.act, "at": consent.at.as_second(), "receipt": text.receipt,
            "explained": {
                "purpose": told.purpose.as_second(), "necessity": told.necessity.as_second(),
                "risks": told.risks.as_second(), "alternatives": told.alternatives.as_second(),
            },
            "notice": text.notice, "own_language": consent.own_language, "interpreter": consent.interpreter,
            "spoke_alone": consent.spoke_alone, "capacity": consent.capacity,
        },
    });
    if let (Some(advice), Value::Object(claims)) = (&grant.advice, &mut claims) {
        let advice = json!({
            "at": advice.at.as_second(), "state": advice.state, "register": advice.register,
            "independent": advice.independent,
        });
        claims.insert("advice".to_owned(), advice);
    }
    claims.to_string()
}

fn item_json(item: &Item) -> Value {
    let mut members = Map::new();
    let mut put = |name: &str, value: Value| members.insert(name.to_owned(), value);
    put("type", ITEM_TYPE.into());
    put("id", item.id.as_str().into());
    put("actions", json!(["disclose"]));
    put("locations", json!([item.destination]));
    put("datatypes", json!([item.category.iri()]));
    put("purpose", format!("{PURPOSE}{}", item.purpose).into());
    put("form", item.form.to_string().into());
    if let Some(path) = &item.path {
        put("path", path.as_ref().into());
    }
    Value::Object(members)
}

pub(in crate::consent) const NOTICE: &str = "1 to 128 letters, digits, '-', '_', '.' and '/'";

/// The name of the wording that was shown; never free text.
pub(in crate::consent) fn is_notice(s: &str) -> bool {
    (1..=128).contains(&s.len())
        && s.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'/'))
}

/// RFC 9562 section 4: 8-4-4-4-12 hexadecimal digits.
fn is_uuid(s: &str) -> bool {
    s.len() == 36
        && s.bytes()
            .enumerate()
            .all(|(i, b)| if matches!(i, 8 | 13 | 18 | 23) { b == b'-' } else { b.is_ascii_hexdigit() })
}

//! The consents a request presents: genuine, for us, live, or the request stops here.

use super::{Admitted, Code, Reason, Refusal};
use crate::{
    consent::{Grant, View, token, token::IssuerKeys},
    flow::{Clause, ConsentId, RuleId},
};
use std::sync::Arc;

/// How many `Consent-Token` and `Consent-Ref` values a request may hold together.
const MAX_PRESENTED: usize = 32;

/// Proof that every consent presented with an admitted request was verified. Grants that the ledger holds
/// are found record by record and need no presenting.
/// Cheap to clone: the clones are one proof.
#[derive(Debug, Clone)]
pub struct Consented(Arc<Proof>);

#[derive(Debug)]
struct Proof {
    admitted: Admitted,
    presented: Vec<Arc<Grant>>,
    from_tokens: Vec<ConsentId>,
}

impl Consented {
    /// Whether both are the same proof: of one request, not merely alike.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Verifies `Consent-Token` and looks `Consent-Ref` up.
    ///
    /// # Errors
    /// One bad consent refuses the request: a sender that presents a forged, ended or expired consent
    /// believes something that is not so.
    pub fn present(
        admitted: Admitted,
        headers: &http::HeaderMap,
        issuers: &IssuerKeys,
        audience: &str,
        view: &View,
    ) -> Result<Self, Refusal> {
        let now = admitted.now();
        let mut presented = Vec::new();
        let mut from_tokens = Vec::new();
        let tokens = headers.get_all("consent-token");
        let refs = headers.get_all("consent-ref");
        if tokens.iter().count() + refs.iter().count() > MAX_PRESENTED {
            return Err(refuse(Code::ConsentInvalid, "More than 32 consents were presented with one request."));
        }
        for value in tokens {
            let text = value.to_str().map_err(|_| refuse(Code::ConsentInvalid, "A Consent-Token is not ASCII."))?;
            let grant = token::verify(text.trim(), issuers, audience, now)
                .map_err(|e| refuse(e.code(), format!("A Consent-Token was refused: {e}.")))?;
            from_tokens.push(grant.jti.clone());
            presented.push(Arc::new(grant));
        }
        for value in refs {
            let id = value.to_str().ok().and_then(|s| ConsentId::parse(s.trim()).ok());
            let grant = id.as_ref().and_then(|id| view.by_id(id));
            presented.push(
                grant
                    .cloned()
                    .ok_or_else(|| refuse(Code::ConsentInvalid, "A Consent-Ref names no consent we hold."))?,
            );
        }
        for grant in &presented {
            if view.state(&grant.jti).ended.is_some() {
                return Err(refuse(Code::ConsentEnded, "The consent sent with this was ended by the person."));
            }
            if now >= grant.expires {
                return Err(refuse(Code::ConsentExpired, "The consent sent with this has expired."));
            }
        }
        Ok(Self(Arc::new(Proof { admitted, presented, from_tokens })))
    }

    /// The proof this one was made from.
    #[must_use]
    pub fn admitted(&self) -> &Admitted {
        &self.0.admitted
    }

    /// What was presented, verified.
    #[must_use]
    pub fn presented(&self) -> &[Arc<Grant>] {
        &self.0.presented
    }

    /// The grants that came as tokens: the ledger remembers them, so that they can be counted and ended.
    pub fn tokens(&self) -> impl Iterator<Item = &Arc<Grant>> {
        self.0.presented.iter().filter(|g| self.0.from_tokens.contains(&g.jti))
    }
}

fn refuse(code: Code, detail: impl Into<String>) -> Refusal {
    let (rule, remedy) = match code {
        Code::ConsentEnded | Code::ConsentExpired => (
            "live-consent",
            "Ask the person again, item by item, if they still want this; then send without the old consent.",
        ),
        _ => ("active-and-this-person", "Send the consent that this person gave for this recipient, as it was issued."),
    };
    let mut refusal = Refusal::plain(code, detail);
    if let Ok(rule) = RuleId::parse(rule) {
        refusal.reasons.push(Reason {
            clause: Some(Clause::Data2ii),
            rule,
            category: None,
            path: None,
            remedy: remedy.to_owned(),
        });
    }
    refusal
}

/// A consent was presented for somebody who is not in the request.
#[must_use]
pub fn borrowed() -> Refusal {
    refuse(Code::ConsentInvalid, "The consent sent with this is another client's: nobody in this request gave it.")
}

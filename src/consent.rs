//! Consent: signed tokens and grants in the ledger, one shape for both.
//!
//! Design section 6. `token` verifies a JWS by hand and `issue` makes one; `subject` makes the keyed labels
//! that stand for clients; `view` is the in-memory picture of what is live that the gateway reads for each
//! record, `matching` finds the grant that answers for one field; `keys` is how all their keys are written.

pub mod issue;
pub mod keys;
pub mod matching;
pub mod subject;
pub mod token;
pub mod view;

use crate::flow::{Category, ConsentId, DecisionId, Form, Purpose, SubjectLabel, SystemId, name_closed as closed};
use jiff::Timestamp;
use std::sync::Arc;

pub use view::View;

/// One person's consent to a list of discrete disclosures, from a token or from the ledger.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// Its id.
    pub jti: ConsentId,
    /// Whose.
    pub subject: SubjectLabel,
    /// Not before.
    pub not_before: Timestamp,
    /// Until: at this instant it is expired.
    pub expires: Timestamp,
    /// How many different uses each item may have.
    pub max_uses: u32,
    /// What may be disclosed.
    pub items: Vec<Item>,
    /// How the person agreed.
    pub consent: ConsentAct,
    /// Independent immigration advice before.
    pub advice: Option<AdviceRecord>,
}

/// One discrete piece of data (DATA-2 iv): one category, one form, one recipient, one purpose.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// Its id within the grant.
    pub id: String,
    /// To whom.
    pub destination: SystemId,
    /// What.
    pub category: Category,
    /// For what.
    pub purpose: Purpose,
    /// In what form. Serialised as `raw`, `pseudonym`, `generalised:<transform>`.
    #[serde(with = "form_text")]
    pub form: Form,
    /// Only at this selector, compared literally; narrows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<Arc<str>>,
}

/// How consent was given.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConsentAct {
    /// What the person did.
    pub act: ActOfConsent,
    /// When.
    pub at: Timestamp,
    /// When each of the four steps was explained (DATA-2 i).
    pub explained: Explained,
    /// Who may decide.
    pub capacity: Capacity,
    /// Who interpreted.
    pub interpreter: Interpreter,
    /// The person was spoken to alone.
    pub spoke_alone: bool,
    /// In the person's own language.
    pub own_language: bool,
}

/// The four explanations of DATA-2 i.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Explained {
    /// What it is for.
    pub purpose: Timestamp,
    /// Why it is needed.
    pub necessity: Timestamp,
    /// What could go wrong.
    pub risks: Timestamp,
    /// What else there is.
    pub alternatives: Timestamp,
}

/// Independent immigration advice (DATA-2 iii).
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdviceRecord {
    /// When.
    pub at: Timestamp,
    /// Obtained, or offered and declined.
    pub state: AdviceState,
    /// The regulator's register the adviser is on; never looked up online.
    pub register: Register,
    /// Independent of us, of the recipient and of the Home Office.
    pub independent: bool,
}

closed! { /// What the person did to agree: always an act, never silence.
    ActOfConsent {
        /// Signed on the device.
        SignedOnDevice = "signed-on-device",
        /// Signed on paper.
        SignedOnPaper = "signed-on-paper",
        /// Said so, and a second worker witnessed it.
        SpokenWitnessed = "spoken-witnessed",
    }
}
closed! { /// Who may decide (design section 6).
    Capacity {
        /// An adult presumed to have capacity.
        Presumed = "presumed",
        /// Capacity was assessed.
        Assessed = "assessed",
        /// Decided in the person's best interests; never for an associated recipient.
        BestInterests = "best-interests",
        /// A child competent to decide. An age-disputed person counts as a child.
        ChildCompetent = "child-competent",
        /// Somebody with parental responsibility.
        ParentalResponsibility = "parental-responsibility",
    }
}
closed! { /// Who interpreted.
    Interpreter {
        /// A professional.
        Professional = "professional",
        /// A member of staff.
        Staff = "staff",
        /// Family or friend; never for immigration items.
        Family = "family",
        /// There was none although one was needed.
        None = "none",
        /// Not needed.
        NotNeeded = "not-needed",
    }
}
closed! { /// The state of advice.
    AdviceState {
        /// Obtained.
        Obtained = "obtained",
        /// Offered and declined; never enough for an associated recipient.
        DeclinedAfterOffer = "declined-after-offer",
    }
}
closed! { /// Registers of independent advisers.
    Register {
        /// Immigration Advice Authority.
        Iaa = "IAA",
        /// Solicitors Regulation Authority.
        Sra = "SRA",
        /// Bar Standards Board.
        Bsb = "BSB",
        /// CILEx Regulation.
        Cilex = "CILEX",
        /// Law Society of Scotland.
        LawSocietyScotland = "LSS",
        /// Faculty of Advocates.
        FacultyOfAdvocates = "FOA",
        /// Law Society of Northern Ireland.
        LawSocietyNorthernIreland = "LSNI",
        /// Bar of Northern Ireland.
        BarNorthernIreland = "BNI",
    }
}
closed! { /// Why an emergency disclosure may be made (design section 1, Emergencies).
    Ground {
        /// Danger to life.
        Life = "life",
        /// A child at risk.
        ChildAtRisk = "child-at-risk",
        /// An adult at risk.
        AdultAtRisk = "adult-at-risk",
    }
}

/// An emergency grant: one client, one recipient, four hours, never immigration data.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Safeguarding {
    /// Its id.
    pub id: ConsentId,
    /// Whose.
    pub subject: SubjectLabel,
    /// To whom.
    pub destination: SystemId,
    /// Why.
    pub ground: Ground,
    /// When recorded.
    pub at: Timestamp,
    /// Four hours later.
    pub expires: Timestamp,
}

/// A spend of one item (design section 6, *use*): the same use within 24 hours is a retry and spends nothing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Use {
    /// The grant.
    pub jti: ConsentId,
    /// The item's id.
    pub item: String,
    /// Whose.
    pub subject: SubjectLabel,
    /// `<integration>/<operation>`.
    pub operation: String,
    /// HMAC-SHA-256 of the screened output under the use key.
    pub digest: [u8; 32],
    /// The grant's bound on different uses.
    pub max_uses: u32,
}

/// What is known of a grant beyond its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct GrantState {
    /// When it was ended, if it was.
    pub ended: Option<Timestamp>,
    /// The most-used item's count of different uses.
    pub uses: u32,
    /// When it was last used, if ever.
    pub last_use: Option<Timestamp>,
}

/// The decision a retry repeats.
pub type RetryOf = Option<DecisionId>;

/// Serde text of a [`Form`].
pub mod form_text {
    use crate::flow::Form;
    /// Writes `raw`, `pseudonym` or `generalised:<transform>`.
    pub fn serialize<S: serde::Serializer>(form: &Form, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(form)
    }
    /// Reads it back.
    pub fn deserialize<'de, D: serde::Deserializer<'de>>(d: D) -> Result<Form, D::Error> {
        use serde::Deserialize as _;
        std::borrow::Cow::<'de, str>::deserialize(d)?.parse().map_err(serde::de::Error::custom)
    }
}

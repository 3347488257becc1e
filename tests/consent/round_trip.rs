//! What is issued verifies, and means the same.

use crate::world::*;
use havengate::{
    consent::{
        ActOfConsent, AdviceRecord, AdviceState, Capacity, Explained, Interpreter, Register,
        issue::{self, Draft, DraftItem, Envelope, IssueError},
        token::{Broken, verify},
    },
    flow::{Form, Purpose, Transform},
};
use jiff::Timestamp;
use proptest::{prelude::*, sample::select};

fn form() -> impl Strategy<Value = Form> {
    prop_oneof![Just(Form::Raw), Just(Form::Pseudonym), select(Transform::ALL).prop_map(Form::Generalised)]
}

fn item() -> impl Strategy<Value = DraftItem> {
    let category = select(&["pd:Name", "pd:BirthDate", "hg:ImmigrationStatus", "hg:FreeText"][..]);
    let path = prop::option::of("[^\\p{Cc}]{1,40}");
    (category, form(), path).prop_map(|(category, form, path)| DraftItem {
        category: category.parse().unwrap(),
        form,
        path: path.map(Into::into),
    })
}

/// Good drafts and, now and then, one whose times are in the wrong order or whose life is too long.
fn any_draft() -> impl Strategy<Value = Draft> {
    let said = (
        select(ActOfConsent::ALL),
        select(Capacity::ALL),
        select(Interpreter::ALL),
        any::<(bool, bool)>(),
        prop::option::of((select(AdviceState::ALL), select(Register::ALL), any::<bool>())),
    );
    // Seconds: told before agreed, agreed before the start, life after it; and a half second on some of them.
    let times = (-9i64..9_000, -9i64..9_000, -9i64..31 * 86_400, any::<bool>());
    let purpose = prop_oneof![Just(Purpose::Accommodation), select(Purpose::ALL)];
    (purpose, prop::collection::vec(item(), 0..12), times, 0u32..9, said).prop_map(
        |(purpose, items, (told, agreed, life, half), max_uses, (act, capacity, interpreter, (alone, own), advice))| {
            let mut draft = draft(&[]);
            let start = NOW - 100;
            let time = |second| Timestamp::new(second, if half { 500_000_000 } else { 0 }).unwrap();
            let told = time(start - agreed - told);
            draft.purpose = purpose;
            draft.items = items;
            draft.not_before = time(start);
            draft.expires = time(start + life);
            draft.max_uses = max_uses;
            draft.consent.act = act;
            draft.consent.at = time(start - agreed);
            draft.consent.explained = Explained { purpose: told, necessity: told, risks: told, alternatives: told };
            draft.consent.capacity = capacity;
            draft.consent.interpreter = interpreter;
            draft.consent.spoke_alone = alone;
            draft.consent.own_language = own;
            draft.advice =
                advice.map(|(state, register, independent)| AdviceRecord { at: told, state, register, independent });
            draft
        },
    )
}

proptest! {
    #[test]
    fn whatever_is_issued_verifies_to_the_same_grant(draft in any_draft(), jti in any::<[u8; 16]>(), receipt in any::<[u8; 16]>()) {
        let grant = issue::grant(&draft, label("C-1"), jti, at(NOW));
        prop_assume!(grant.is_ok());
        let grant = grant.unwrap();
        let envelope = Envelope { issued_at: grant.not_before, receipt, ..envelope() };
        match issue::sign(&grant, &envelope, &issuing()) {
            Ok(token) => prop_assert_eq!(verify(&token, &issuers(), AUDIENCE, at(NOW)), Ok(grant)),
            Err(e) => prop_assert_eq!(e, IssueError::TooLong),
        }
    }

    /// The ledger keeps a grant as JSON.
    #[test]
    fn a_grant_is_the_same_after_the_ledger_s_json(draft in any_draft()) {
        let Ok(grant) = issue::grant(&draft, label("C-1"), [1; 16], at(NOW)) else { return Ok(()) };
        let json = serde_json::to_string(&grant).unwrap();
        prop_assert_eq!(serde_json::from_str::<havengate::consent::Grant>(&json).unwrap(), grant);
    }
}

#[test]
fn a_draft_that_breaks_a_rule_makes_no_grant() {
    let refused = |change: fn(&mut Draft)| {
        let mut draft = draft(&["pd:Name"]);
        change(&mut draft);
        issue::grant(&draft, label("C-1"), [1; 16], at(NOW)).unwrap_err()
    };
    assert_eq!(refused(|d| d.items.clear()), IssueError::Rule(Broken::Items));
    assert_eq!(refused(|d| d.max_uses = 0), IssueError::Rule(Broken::Uses));
    assert_eq!(refused(|d| d.consent.explained.risks = at(NOW)), IssueError::Rule(Broken::ExplainedAfter));
    assert_eq!(refused(|d| d.consent.at = at(NOW)), IssueError::Rule(Broken::AgreedAfter));
    assert_eq!(refused(|d| d.expires = at(NOW - 1)), IssueError::Expired);
    assert_eq!(refused(|d| d.expires = d.not_before), IssueError::Rule(Broken::NoLife));
    let too_long = IssueError::Rule(Broken::TooLong);
    assert_eq!(refused(|d| d.expires = at(NOW + 181 * 86_400)), too_long);
    let health = |d: &mut Draft| {
        d.purpose = Purpose::Health;
        d.expires = at(NOW + 31 * 86_400);
    };
    assert_eq!(refused(health), too_long);
}

#[test]
fn a_consent_cannot_be_recorded_before_it_was_given() {
    let mut later = draft(&["pd:Name"]);
    later.consent.at = at(NOW + 3600);
    later.not_before = at(NOW + 3600);
    assert_eq!(issue::grant(&later, label("C-1"), [1; 16], at(NOW)), Err(IssueError::Future));
}

#[test]
fn a_token_names_nothing_but_the_grant() {
    let grant = grant("C-1", &["pd:Name"], 1);
    for (change, expected) in [
        (Envelope { notice: "for Amina", ..envelope() }, IssueError::Notice),
        (Envelope { issued_at: at(NOW), ..envelope() }, IssueError::Rule(Broken::IssuedAfter)),
    ] {
        assert_eq!(issue::sign(&grant, &change, &issuing()), Err(expected));
    }
    let many: Vec<&str> = std::iter::repeat_n("pd:Name", 64).collect();
    let long = crate::world::grant("C-1", &many, 1);
    assert_eq!(issue::sign(&long, &envelope(), &issuing()), Err(IssueError::TooLong));
}

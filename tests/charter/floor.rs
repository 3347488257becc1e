//! The floor against its model, and against permits that allow everything.

use crate::{
    facts::{
        PERMIT_ALL, any_disclosure, any_recipient, charter, consented, denied_by, disclosure, emergency, names,
        recipient, unconsented,
    },
    model,
};
use havengate::{
    flow::{Form, Purpose, Transform},
    policy::{
        Class,
        charter::{Advice, Charter, DisclosureFacts, RecipientFacts},
        organisations::SystemKind,
    },
};
use proptest::prelude::*;
use std::sync::LazyLock;

static OPEN: LazyLock<Charter> = LazyLock::new(|| charter(PERMIT_ALL));

fn bits<const N: usize>() -> impl Iterator<Item = [bool; N]> {
    (0..1_usize << N).map(|n| std::array::from_fn(|i| n & (1 << i) != 0))
}

#[test]
fn contact_is_the_model_for_all_facts() {
    for class in Class::ALL {
        for purpose in Purpose::ALL {
            for [undertaking, approved, stopped, home_office_forum, safeguarding_recipient] in bits() {
                let facts = RecipientFacts {
                    class: *class,
                    purpose: *purpose,
                    undertaking,
                    approved,
                    stopped,
                    home_office_forum,
                    safeguarding_recipient,
                    ..recipient()
                };
                assert_eq!(denied_by(&OPEN.contact(&facts)), model::contact(&facts), "{facts:?}");
            }
        }
    }
}

/// All of consent's booleans, for one kind of data at a time.
fn consent_is_the_model(recipient: &RecipientFacts, category: &str, form: Form) {
    for advice in [Advice::None, Advice::Declined, Advice::Obtained] {
        for bools in bits() {
            let facts = disclosure(recipient.clone(), category, form, advice, bools);
            assert_eq!(denied_by(&OPEN.disclose(&facts)), model::disclose(&facts), "{facts:?}");
        }
    }
}

#[test]
fn a_name_to_a_clear_recipient() {
    consent_is_the_model(&recipient(), "pd:Name", Form::Raw);
}

#[test]
fn a_name_to_an_associated_recipient() {
    consent_is_the_model(&RecipientFacts { class: Class::Associated, ..recipient() }, "pd:Name", Form::Raw);
}

#[test]
fn immigration_status_to_a_clear_recipient() {
    consent_is_the_model(&recipient(), "hg:ImmigrationStatus", Form::Raw);
}

#[test]
fn a_document_to_each_class_of_recipient() {
    for class in Class::ALL {
        consent_is_the_model(&RecipientFacts { class: *class, ..recipient() }, "hg:Document", Form::Raw);
    }
}

#[test]
fn a_document_in_an_emergency_and_in_other_forms() {
    consent_is_the_model(&emergency("hg:Document").recipient, "hg:Document", Form::Raw);
    consent_is_the_model(&recipient(), "hg:ScannedLetter", Form::Pseudonym);
}

#[test]
fn a_sleep_site_in_an_emergency() {
    consent_is_the_model(&emergency("hg:SleepSite").recipient, "hg:SleepSite", Form::Raw);
}

#[test]
#[ignore = "long: every consent boolean for every category, class, door and sort of form, 800,000 decisions"]
fn every_fact_is_the_model() {
    let door = emergency("pd:Name").recipient;
    let rough = [Transform::PostcodeArea, Transform::Year].map(Form::Generalised);
    std::thread::scope(|s| {
        for class in Class::ALL {
            let recipients = [recipient(), door.clone()].map(|r| RecipientFacts { class: *class, ..r });
            s.spawn(move || {
                for (recipient, name) in recipients.iter().flat_map(|r| names().into_iter().map(move |n| (r, n))) {
                    for form in [Form::Raw, Form::Pseudonym].into_iter().chain(rough) {
                        consent_is_the_model(recipient, name, form);
                    }
                }
            });
        }
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn any_disclosure_is_the_model(facts in any_disclosure()) {
        prop_assert_eq!(denied_by(&OPEN.disclose(&facts)), model::disclose(&facts));
    }

    #[test]
    fn the_home_office_gets_nothing(facts in any_disclosure()) {
        let recipient = RecipientFacts { class: Class::Root, ..facts.recipient.clone() };
        let facts = DisclosureFacts { recipient, ..facts };
        prop_assert_eq!(&denied_by(&OPEN.contact(&facts.recipient))[0], "no-home-office");
        prop_assert_eq!(&denied_by(&OPEN.disclose(&facts))[0], "no-home-office");
    }

    #[test]
    fn what_may_not_be_contacted_may_not_be_told_a_name(facts in any_disclosure()) {
        let facts = DisclosureFacts { category: "pd:Name".parse().unwrap(), ..facts };
        if !denied_by(&OPEN.contact(&facts.recipient)).is_empty() {
            prop_assert!(!denied_by(&OPEN.disclose(&facts)).is_empty());
        }
    }
}

/// Permits from the narrowest to the widest.
const PERMITS: &[&str] = &[
    "permit (principal, action, resource);",
    "permit (principal, action == HG::Action::\"contact\", resource);",
    "permit (principal, action == HG::Action::\"disclose\", resource);",
    "permit (principal == HG::Integration::\"inform-riverside\", action, resource);",
    "permit (principal, action, resource == HG::System::\"riverside-council/housing-referrals\");",
    "permit (principal, action, resource) when { context.class == HG::Class::\"root\" };",
    "permit (principal, action, resource) when { context.stopped || !context.stopped };",
    "permit (principal, action, resource) unless { context.undertaking };",
    "permit (principal, action == HG::Action::\"disclose\", resource) when { !context.consent_item };",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn no_permit_opens_the_floor(
        chosen in prop::sample::subsequence(PERMITS.to_vec(), 0..=9),
        disclosures in prop::collection::vec(any_disclosure(), 20),
        contacts in prop::collection::vec(any_recipient(), 20),
    ) {
        let local: String = chosen.iter().enumerate().map(|(i, p)| format!("@id(\"p{i}\")\n{p}\n")).collect();
        let charter = charter(&local);
        for facts in &disclosures {
            let (by, floor) = (denied_by(&charter.disclose(facts)), model::disclose(facts));
            prop_assert!(floor.is_empty() || by == floor, "{:?} {:?}", facts, by);
        }
        for facts in &contacts {
            let (by, floor) = (denied_by(&charter.contact(facts)), model::contact(facts));
            prop_assert!(floor.is_empty() || by == floor, "{:?} {:?}", facts, by);
        }
    }
}

#[test]
fn an_emergency_needs_both_the_purpose_and_the_approval() {
    let good = emergency("pd:Name");
    assert!(denied_by(&OPEN.disclose(&good)).is_empty());
    let health = RecipientFacts { purpose: Purpose::Health, ..good.recipient.clone() };
    let unapproved = RecipientFacts { safeguarding_recipient: false, ..good.recipient.clone() };
    for recipient in [health, unapproved] {
        let facts = DisclosureFacts { recipient, ..good.clone() };
        assert_eq!(denied_by(&OPEN.disclose(&facts)), ["personal-needs-consent"]);
    }
}

#[test]
fn an_emergency_grant_is_one_persons() {
    let nobody = DisclosureFacts { one_subject: false, ..emergency("pd:Name") };
    assert_eq!(denied_by(&OPEN.disclose(&nobody)), ["active-and-this-person", "personal-needs-consent"]);
    // Not even as a count: an associated recipient gets those by no door.
    let recipient = RecipientFacts { class: Class::Associated, ..nobody.recipient.clone() };
    let count = DisclosureFacts { recipient, aggregate: true, ..nobody };
    let by = ["associated-only-by-data-2", "each-discrete-item", "advice-first"];
    assert_eq!(denied_by(&OPEN.disclose(&count)), by);
}

#[test]
fn a_referral_to_an_adviser_never_waits_for_advice() {
    let recipient = RecipientFacts {
        kind: SystemKind::ImmigrationAdviser,
        purpose: Purpose::ImmigrationAdvice,
        approved: false,
        ..recipient()
    };
    let facts = DisclosureFacts { recipient, advice: Advice::None, ..consented("hg:ImmigrationStatus") };
    assert!(denied_by(&OPEN.disclose(&facts)).is_empty());
    let none = DisclosureFacts { recipient: facts.recipient, ..unconsented("hg:ImmigrationStatus") };
    assert_eq!(denied_by(&OPEN.disclose(&none)), ["personal-needs-consent"]);
}

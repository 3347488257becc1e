//! The shipped local rules, and what a local rule can and cannot do.

use crate::facts::{LOCAL, any_disclosure, category, charter, consented, denied_by, emergency, recipient, unconsented};
use havengate::{
    flow::{Form, Purpose, Transform},
    policy::charter::{Charter, DisclosureFacts, RecipientFacts, Ruling},
};
use proptest::prelude::*;
use std::sync::LazyLock;

static SHIPPED: LazyLock<Charter> = LazyLock::new(|| charter(LOCAL));

fn allowed_by(ruling: &Ruling) -> Vec<String> {
    match ruling {
        Ruling::Allow { by } => by.iter().map(ToString::to_string).collect(),
        Ruling::Deny { by } => panic!("denied by {by:?}"),
    }
}

fn with_purpose(purpose: Purpose, facts: DisclosureFacts) -> DisclosureFacts {
    DisclosureFacts { recipient: RecipientFacts { purpose, ..facts.recipient }, ..facts }
}

#[test]
fn the_shipped_rules_allow_what_a_charity_needs() {
    let year = Form::Generalised(Transform::Year);
    assert_eq!(allowed_by(&SHIPPED.contact(&recipient())), ["contact-permitted-recipients"]);
    for (facts, by) in [
        (unconsented("hg:Operational"), "operational-data"),
        (consented("pd:Name"), "consented-items"),
        (DisclosureFacts { form: year, ..consented("pd:Name") }, "consented-rougher-items"),
        (emergency("pd:MentalHealth"), "emergencies"),
        (
            with_purpose(Purpose::Statistics, DisclosureFacts { aggregate: true, ..unconsented("pd:EthnicOrigin") }),
            "counts-of-ten",
        ),
    ] {
        assert_eq!(allowed_by(&SHIPPED.disclose(&facts)), [by], "{facts:?}");
    }
    assert!(SHIPPED.warnings().is_empty(), "{:?}", SHIPPED.warnings());
}

/// The permit that the panel may switch on, as the shipped file has it behind `//`.
fn switched_on() -> String {
    let from = LOCAL.find("// @id(\"documents-with-consent\")").unwrap();
    let (before, rest) = LOCAL.split_at(from);
    let (rule, after) = rest.split_at(rest.find("\n\n").unwrap());
    format!("{before}{}{after}", rule.replace("// ", ""))
}

#[test]
fn documents_leave_only_once_the_panel_permits_them_and_then_one_by_one() {
    let open = charter(&switched_on());
    assert!(open.warnings().is_empty(), "{:?}", open.warnings());
    let document = consented("hg:Document");
    for name in ["hg:Document", "hg:ScannedLetter"] {
        assert_eq!(denied_by(&SHIPPED.disclose(&consented(name))), ["not-permitted"]);
        assert_eq!(allowed_by(&open.disclose(&consented(name))), ["documents-with-consent"]);
    }
    let prose = consented("hg:FreeText");
    for (facts, by) in [
        (prose, "classified-only"),
        (emergency("hg:Document"), "documents-one-by-one"),
        (DisclosureFacts { consent_path: false, ..document.clone() }, "documents-one-by-one"),
        (DisclosureFacts { consent_live: false, ..document.clone() }, "documents-one-by-one"),
        (with_purpose(Purpose::Statistics, document), "statistics-are-counts"),
    ] {
        assert_eq!(denied_by(&open.disclose(&facts))[0], by, "{facts:?}");
    }
}

#[test]
fn the_shipped_rules_are_stricter_about_counts_and_operations() {
    let counts = with_purpose(Purpose::Statistics, consented("pd:Name"));
    assert_eq!(denied_by(&SHIPPED.disclose(&counts)), ["statistics-are-counts"]);
    let running = with_purpose(Purpose::Operations, consented("pd:Name"));
    assert_eq!(denied_by(&SHIPPED.disclose(&running)), ["operations-carry-no-person"]);
    let aggregate = DisclosureFacts { aggregate: true, ..unconsented("pd:Name") };
    assert_eq!(denied_by(&SHIPPED.disclose(&aggregate)), ["not-permitted"]);
}

#[test]
fn without_a_permit_nothing_is_allowed() {
    let empty = charter("");
    assert_eq!(denied_by(&empty.contact(&recipient())), ["not-permitted"]);
    assert_eq!(denied_by(&empty.disclose(&unconsented("hg:Operational"))), ["not-permitted"]);
}

#[test]
fn a_local_forbid_comes_after_the_floor_and_may_have_a_clause() {
    let charter = charter(&format!(
        "{LOCAL}\n@id(\"no-names\") @clause(\"DATA-3\") forbid (principal, action == HG::Action::\"disclose\", \
         resource) when {{ context.category in HG::Category::\"pd:Name\" }};\n@id(\"shut\") forbid (principal, \
         action, resource);"
    ));
    let Ruling::Deny { by } = charter.disclose(&unconsented("pd:Name")) else { panic!("allowed") };
    let told: Vec<_> = by.iter().map(|(r, c)| (r.as_str(), c.map(|c| c.as_str()))).collect();
    assert_eq!(told, [("personal-needs-consent", Some("DATA-2ii")), ("no-names", Some("DATA-3")), ("shut", None)]);
}

/// Cedar skips a rule that fails. A forbid that fails must not open what it was to keep shut.
#[test]
fn a_rule_that_fails_denies() {
    // Valid by the schema; fails when asked about a category that has no entity.
    let touchy = format!(
        "{LOCAL}\n@id(\"touchy\") forbid (principal, action == HG::Action::\"disclose\", resource) when {{ \
         context.category.coarse }};"
    );
    let unknown = DisclosureFacts { category: category("pd:ShoeSize"), ..consented("pd:Name") };
    assert_eq!(denied_by(&charter(&touchy).disclose(&unknown)), ["classified-only", "charter-error"]);

    // Overflows for every request.
    let overflow = format!(
        "{LOCAL}\n@id(\"overflow\") forbid (principal, action, resource) when {{ 9223372036854775807 + 1 == 2 }};"
    );
    let charter = charter(&overflow);
    assert_eq!(denied_by(&charter.contact(&recipient())), ["charter-error"]);
    assert_eq!(denied_by(&charter.disclose(&consented("pd:Name"))), ["charter-error"]);
}

#[test]
fn asking_twice_gives_the_same_ruling() {
    let facts = unconsented("pd:Name");
    assert_eq!(SHIPPED.disclose(&facts), SHIPPED.disclose(&facts));
    let other = DisclosureFacts { category: category("hg:Operational"), ..facts.clone() };
    assert_ne!(SHIPPED.disclose(&facts), SHIPPED.disclose(&other));
}

#[test]
fn a_charter_is_shared_between_threads() {
    fn shared<T: Send + Sync>(_: &T) {}
    shared(&*SHIPPED);
    std::thread::scope(|s| {
        for _ in 0..4 {
            s.spawn(|| assert_eq!(denied_by(&SHIPPED.disclose(&unconsented("pd:Name"))), ["personal-needs-consent"]));
        }
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Under the shipped rules nothing about a person leaves without this person's consent, outside the two
    /// exceptions that the charter's design names.
    #[test]
    fn nothing_personal_leaves_by_accident(facts in any_disclosure()) {
        if facts.category != category("hg:Operational") && denied_by(&SHIPPED.disclose(&facts)).is_empty() {
            let consent = facts.consent_item && facts.consent_live && facts.explained && facts.active
                && facts.this_person && facts.one_subject;
            let emergency = facts.safeguarding && facts.one_subject && facts.recipient.safeguarding_recipient
                && facts.recipient.purpose == Purpose::Safeguarding;
            let count = facts.aggregate && facts.recipient.purpose == Purpose::Statistics;
            prop_assert!(consent || emergency || count, "{:?}", facts);
        }
    }
}

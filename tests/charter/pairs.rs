//! For every floor rule: facts that trigger exactly it, and the neighbour, one fact away, that does not.

use crate::facts::{PERMIT_ALL, UNKNOWN, category, charter, consented, denied_by, emergency, recipient, unconsented};
use havengate::{
    flow::{Form, Purpose, Transform},
    policy::{
        Class,
        charter::{Advice, DisclosureFacts, RecipientFacts, Ruling},
        organisations::SystemKind,
    },
};

/// Rule, the facts that trigger it alone, the neighbours that are allowed.
type Pair = (&'static str, DisclosureFacts, Vec<DisclosureFacts>);

fn to(recipient: RecipientFacts) -> DisclosureFacts {
    DisclosureFacts { recipient, ..consented("pd:Name") }
}

fn recipients() -> Vec<Pair> {
    let (r, door) = (recipient, || emergency("pd:Name").recipient);
    let operational_door = |change: fn(&mut RecipientFacts)| {
        let mut r = door();
        change(&mut r);
        DisclosureFacts { recipient: r, ..unconsented("hg:Operational") }
    };
    let urgent = |change: fn(&mut RecipientFacts)| {
        let mut r = door();
        change(&mut r);
        DisclosureFacts { recipient: r, ..emergency("pd:Name") }
    };
    vec![
        ("no-home-office", to(RecipientFacts { class: Class::Root, ..r() }), vec![to(r())]),
        ("no-home-office", urgent(|r| r.class = Class::Root), vec![urgent(|_| ())]),
        ("no-home-office-forum", to(RecipientFacts { home_office_forum: true, ..r() }), vec![to(r())]),
        ("no-home-office-forum", urgent(|r| r.home_office_forum = true), vec![urgent(|_| ())]),
        (
            "associated-only-by-data-2",
            to(RecipientFacts { class: Class::Associated, approved: false, ..r() }),
            vec![to(RecipientFacts { class: Class::Associated, ..r() }), urgent(|r| r.class = Class::Associated)],
        ),
        (
            "associated-only-by-data-2",
            to(RecipientFacts { class: Class::Associated, purpose: Purpose::Health, ..r() }),
            vec![
                to(RecipientFacts { purpose: Purpose::Health, ..r() }),
                operational_door(|r| r.class = Class::Associated),
            ],
        ),
        (
            "assessed-only",
            to(RecipientFacts { class: Class::Unassessed, ..r() }),
            vec![to(r()), urgent(|r| r.class = Class::Unassessed)],
        ),
        ("undertaking-required", to(RecipientFacts { undertaking: false, ..r() }), vec![to(r())]),
        ("undertaking-required", urgent(|r| r.undertaking = false), vec![urgent(|_| ())]),
        (
            "stopped",
            to(RecipientFacts { stopped: true, ..r() }),
            vec![to(r()), urgent(|r| r.stopped = true), operational_door(|r| r.stopped = true)],
        ),
        (
            "stopped",
            DisclosureFacts {
                safeguarding: false,
                recipient: RecipientFacts { stopped: true, ..door() },
                ..consented("pd:Name")
            },
            vec![urgent(|r| r.stopped = true)],
        ),
    ]
}

fn data() -> Vec<Pair> {
    let as_form = |form, name| DisclosureFacts { form, ..consented(name) };
    let area = Form::Generalised(Transform::PostcodeArea);
    let door = || emergency("pd:Name").recipient;
    vec![
        ("classified-only", consented(UNKNOWN), vec![consented("pd:Name")]),
        ("classified-only", consented("hg:FreeText"), vec![consented("pd:Name")]),
        ("classified-only", emergency("hg:FreeText"), vec![emergency("pd:Name")]),
        ("classified-only", as_form(Form::Pseudonym, "hg:FreeText"), vec![as_form(Form::Pseudonym, "pd:Name")]),
        ("documents-one-by-one", as_form(Form::Pseudonym, "hg:Document"), vec![consented("hg:Document")]),
        (
            "documents-one-by-one",
            DisclosureFacts { consent_path: false, ..consented("hg:ScannedLetter") },
            vec![consented("hg:ScannedLetter"), DisclosureFacts { consent_path: false, ..consented("pd:Name") }],
        ),
        (
            "documents-one-by-one",
            DisclosureFacts { aggregate: true, ..consented("hg:Document") },
            vec![consented("hg:Document")],
        ),
        ("documents-one-by-one", emergency("hg:Document"), vec![emergency("pd:Name")]),
        (
            "documents-one-by-one",
            DisclosureFacts { safeguarding: true, recipient: door(), ..consented("hg:Document") },
            vec![DisclosureFacts { recipient: door(), ..consented("hg:Document") }],
        ),
        (
            "documents-one-by-one",
            DisclosureFacts {
                recipient: RecipientFacts { class: Class::Associated, ..recipient() },
                ..consented("hg:Document")
            },
            vec![
                consented("hg:Document"),
                DisclosureFacts {
                    recipient: RecipientFacts { class: Class::Associated, ..recipient() },
                    ..consented("pd:Name")
                },
            ],
        ),
        ("classified-only", emergency(UNKNOWN), vec![emergency("pd:Name")]),
        ("no-sleep-site", as_form(Form::Pseudonym, "hg:SleepSite"), vec![emergency("hg:SleepSite")]),
        ("no-sleep-site", as_form(area, "hg:TentPitch"), vec![as_form(area, "pd:PhysicalAddress")]),
        ("no-refuge-location", as_form(area, "hg:RefugeLocation"), vec![as_form(area, "pd:PhysicalAddress")]),
        ("no-refuge-location", emergency("hg:RefugeLocation"), vec![emergency("pd:PhysicalAddress")]),
        (
            "no-exact-location",
            consented("pd:PhysicalAddress"),
            vec![
                as_form(area, "pd:PhysicalAddress"),
                as_form(Form::Pseudonym, "pd:PhysicalAddress"),
                consented("pd:Region"),
                emergency("pd:PhysicalAddress"),
            ],
        ),
        (
            "safeguarding-never-immigration",
            DisclosureFacts {
                recipient: emergency("pd:Name").recipient,
                safeguarding: true,
                ..consented("hg:RoughSleepingHistory")
            },
            vec![consented("hg:RoughSleepingHistory")],
        ),
        ("safeguarding-never-immigration", emergency("hg:ImmigrationStatus"), vec![emergency("pd:MentalHealth")]),
        ("safeguarding-health-only", emergency("pd:EthnicOrigin"), vec![emergency("pd:MedicalHealth")]),
    ]
}

fn consent() -> Vec<Pair> {
    let name = || consented("pd:Name");
    let associated = || DisclosureFacts {
        recipient: RecipientFacts { class: Class::Associated, ..recipient() },
        ..consented("pd:Name")
    };
    let adviser = || RecipientFacts { kind: SystemKind::ImmigrationAdviser, ..recipient() };
    let status = || consented("hg:ImmigrationStatus");
    vec![
        ("active-and-this-person", DisclosureFacts { one_subject: false, ..name() }, vec![name()]),
        ("active-and-this-person", DisclosureFacts { active: false, ..name() }, vec![name()]),
        ("active-and-this-person", DisclosureFacts { this_person: false, ..name() }, vec![name()]),
        (
            "active-and-this-person",
            DisclosureFacts { one_subject: false, recipient: emergency("pd:Name").recipient, ..name() },
            vec![emergency("pd:Name")],
        ),
        (
            "personal-needs-consent",
            unconsented("pd:Name"),
            vec![
                name(),
                emergency("pd:Name"),
                unconsented("hg:Operational"),
                DisclosureFacts { aggregate: true, ..unconsented("pd:Name") },
                DisclosureFacts { aggregate: true, one_subject: false, ..unconsented("pd:EthnicOrigin") },
            ],
        ),
        ("each-discrete-item", DisclosureFacts { consent_path: false, ..associated() }, vec![associated()]),
        (
            "each-discrete-item",
            DisclosureFacts { consent_item: false, aggregate: true, ..associated() },
            vec![DisclosureFacts { consent_path: false, ..name() }],
        ),
        ("live-consent", DisclosureFacts { consent_live: false, ..name() }, vec![name()]),
        ("explained", DisclosureFacts { explained: false, ..name() }, vec![name()]),
        ("advice-first", DisclosureFacts { advice: Advice::None, ..status() }, vec![status()]),
        (
            "advice-first",
            DisclosureFacts { advice: Advice::Declined, ..status() },
            vec![DisclosureFacts { recipient: adviser(), advice: Advice::None, ..status() }],
        ),
        (
            "advice-first",
            DisclosureFacts { advice: Advice::Declined, ..associated() },
            vec![associated(), DisclosureFacts { advice: Advice::None, ..name() }],
        ),
        (
            "advice-first",
            DisclosureFacts {
                recipient: RecipientFacts { class: Class::Associated, ..adviser() },
                advice: Advice::None,
                ..name()
            },
            vec![associated()],
        ),
    ]
}

#[test]
fn each_rule_alone_and_its_neighbour() {
    let charter = charter(PERMIT_ALL);
    let mut shown = std::collections::BTreeSet::new();
    for (rule, facts, neighbours) in [recipients(), data(), consent()].into_iter().flatten() {
        assert_eq!(denied_by(&charter.disclose(&facts)), [rule], "{facts:?}");
        for neighbour in neighbours {
            assert!(denied_by(&charter.disclose(&neighbour)).is_empty(), "{rule}: {neighbour:?}");
        }
        shown.insert(rule);
    }
    let floor: std::collections::BTreeSet<_> =
        charter.rules().iter().filter(|r| r.file == "floor.cedar").map(|r| r.id.as_str()).collect();
    let unshown: Vec<_> = floor.difference(&shown).collect();
    // No request that the gateway can make lacks a fact; the unit tests of the charter take one away.
    assert_eq!(unshown, [&"facts-complete"]);
}

#[test]
fn contact_obeys_the_rules_about_recipients_and_no_other() {
    let charter = charter(PERMIT_ALL);
    for (rule, facts, _) in recipients() {
        if facts.recipient.purpose != Purpose::Safeguarding {
            assert_eq!(denied_by(&charter.contact(&facts.recipient)), [rule], "{facts:?}");
        }
    }
    let door = emergency("pd:Name").recipient;
    for class in [Class::Clear, Class::Associated, Class::Unassessed] {
        let facts = RecipientFacts { class, stopped: true, ..door.clone() };
        assert!(denied_by(&charter.contact(&facts)).is_empty(), "{facts:?}");
    }
    let facts = RecipientFacts { class: Class::Root, ..door };
    assert_eq!(denied_by(&charter.contact(&facts)), ["no-home-office"]);
}

#[test]
fn reasons_come_most_fundamental_first_with_their_clauses() {
    let recipient = RecipientFacts { class: Class::Root, undertaking: false, stopped: true, ..recipient() };
    let facts = DisclosureFacts { recipient, ..unconsented("hg:SleepSite") };
    let Ruling::Deny { by } = charter(PERMIT_ALL).disclose(&facts) else { panic!("allowed") };
    let told: Vec<_> = by.iter().map(|(r, c)| format!("{r} {}", c.unwrap())).collect();
    assert_eq!(
        told,
        [
            "no-home-office DATA-1",
            "undertaking-required DATA-4",
            "stopped TOOLS-1",
            "no-sleep-site DATA-3",
            "no-exact-location DATA-3",
            "personal-needs-consent DATA-2ii"
        ]
    );
}

#[test]
fn an_unknown_category_never_leaves() {
    let facts = DisclosureFacts { category: category(UNKNOWN), ..consented("pd:Name") };
    assert_eq!(denied_by(&charter(crate::facts::LOCAL).disclose(&facts)), ["classified-only"]);
}

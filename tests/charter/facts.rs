//! A small category tree and facts to ask about.

use havengate::{
    flow::{Category, Form, Group, Purpose},
    policy::{
        Categories, Class,
        charter::{Advice, CedarSources, Charter, DisclosureFacts, FLOOR, RecipientFacts, Ruling, SCHEMA},
        organisations::SystemKind,
    },
};
use proptest::prelude::*;

pub(crate) const LOCAL: &str = include_str!("../../policies/local.cedar");

/// Permits whatever the floor does not forbid.
pub(crate) const PERMIT_ALL: &str = "@id(\"everything\") permit (principal, action, resource);";

/// Category, group, parent, coarse.
const TREE: &[(&str, Group, Option<&str>, bool)] = &[
    ("pd:Name", Group::Identity, None, false),
    ("pd:TelephoneNumber", Group::Contact, None, false),
    ("pd:PhysicalAddress", Group::Location, None, false),
    ("pd:Region", Group::Location, None, true),
    ("hg:SleepSite", Group::Location, None, false),
    ("hg:TentPitch", Group::Location, Some("hg:SleepSite"), false),
    ("hg:RefugeLocation", Group::Location, Some("pd:PhysicalAddress"), false),
    ("hg:ImmigrationStatus", Group::Immigration, None, false),
    ("hg:RoughSleepingHistory", Group::Immigration, None, false),
    ("pd:MedicalHealth", Group::Special, None, false),
    ("pd:MentalHealth", Group::Special, Some("pd:MedicalHealth"), false),
    ("pd:EthnicOrigin", Group::Special, None, false),
    ("hg:FreeText", Group::FreeText, None, false),
    ("hg:Document", Group::FreeText, None, false),
    ("hg:ScannedLetter", Group::FreeText, Some("hg:Document"), false),
    ("hg:Operational", Group::Operational, None, false),
];

/// A category nobody defined.
pub(crate) const UNKNOWN: &str = "pd:ShoeSize";

pub(crate) fn categories() -> Categories {
    let facts = |(_, group, parent, coarse): &(&str, Group, Option<&str>, bool)| havengate::policy::CategoryFacts {
        label: "a label".to_owned(),
        group: *group,
        parent: parent.map(category),
        coarse: *coarse,
        holds: Vec::new(),
    };
    Categories(TREE.iter().map(|row| (category(row.0), facts(row))).collect())
}

pub(crate) fn category(name: &str) -> Category {
    name.parse().unwrap()
}

pub(crate) fn sources(local: &str) -> CedarSources<'_> {
    CedarSources { floor: FLOOR, local, schema: SCHEMA }
}

pub(crate) fn charter(local: &str) -> Charter {
    Charter::compile(&sources(local), &categories()).unwrap()
}

/// A recipient that everything is in order with.
pub(crate) fn recipient() -> RecipientFacts {
    RecipientFacts {
        integration: "inform-riverside".parse().unwrap(),
        system: "riverside-council/housing-referrals".parse().unwrap(),
        class: Class::Clear,
        kind: SystemKind::Housing,
        purpose: Purpose::Accommodation,
        undertaking: true,
        approved: true,
        stopped: false,
        home_office_forum: false,
        safeguarding_recipient: false,
    }
}

/// A consent with nothing missing.
pub(crate) fn consented(name: &str) -> DisclosureFacts {
    DisclosureFacts {
        recipient: recipient(),
        category: category(name),
        form: Form::Raw,
        one_subject: true,
        consent_item: true,
        consent_live: true,
        consent_path: true,
        explained: true,
        active: true,
        this_person: true,
        advice: Advice::Obtained,
        safeguarding: false,
        aggregate: false,
    }
}

/// No consent at all.
pub(crate) fn unconsented(name: &str) -> DisclosureFacts {
    DisclosureFacts {
        consent_item: false,
        consent_live: false,
        consent_path: false,
        explained: false,
        active: false,
        advice: Advice::None,
        ..consented(name)
    }
}

/// A worker's emergency grant, at a recipient the panel approved for emergencies, and no consent.
pub(crate) fn emergency(name: &str) -> DisclosureFacts {
    let recipient = RecipientFacts { purpose: Purpose::Safeguarding, safeguarding_recipient: true, ..recipient() };
    DisclosureFacts { recipient, safeguarding: true, ..unconsented(name) }
}

/// The rules that denied, in the order told; empty where it was allowed.
pub(crate) fn denied_by(ruling: &Ruling) -> Vec<String> {
    match ruling {
        Ruling::Allow { by } => {
            assert!(!by.is_empty(), "an allow that nothing allowed");
            Vec::new()
        }
        Ruling::Deny { by } => {
            assert!(!by.is_empty(), "a denial without a reason");
            by.iter().map(|(rule, _)| rule.to_string()).collect()
        }
    }
}

pub(crate) fn any_recipient() -> impl Strategy<Value = RecipientFacts> {
    let select = prop::sample::select::<Class>;
    (
        select(Class::ALL.to_vec()),
        prop::sample::select(SystemKind::ALL.to_vec()),
        prop::sample::select(Purpose::ALL.to_vec()),
        any::<[bool; 5]>(),
    )
        .prop_map(|(class, kind, purpose, [a, b, c, d, e])| RecipientFacts {
            class,
            kind,
            purpose,
            undertaking: a,
            approved: b,
            stopped: c,
            home_office_forum: d,
            safeguarding_recipient: e,
            ..recipient()
        })
}

pub(crate) fn forms() -> Vec<Form> {
    let rough = havengate::flow::Transform::ALL.iter().map(|t| Form::Generalised(*t));
    [Form::Raw, Form::Pseudonym].into_iter().chain(rough).collect()
}

pub(crate) fn names() -> Vec<&'static str> {
    TREE.iter().map(|row| row.0).chain([UNKNOWN]).collect()
}

pub(crate) fn any_disclosure() -> impl Strategy<Value = DisclosureFacts> {
    (
        any_recipient(),
        prop::sample::select(names()),
        prop::sample::select(forms()),
        prop::sample::select(vec![Advice::None, Advice::Declined, Advice::Obtained]),
        any::<[bool; 9]>(),
    )
        .prop_map(|(recipient, name, form, advice, bools)| disclosure(recipient, name, form, advice, bools))
}

pub(crate) fn disclosure(
    recipient: RecipientFacts,
    name: &str,
    form: Form,
    advice: Advice,
    [a, b, c, d, e, f, g, h, i]: [bool; 9],
) -> DisclosureFacts {
    DisclosureFacts {
        recipient,
        category: category(name),
        form,
        one_subject: a,
        consent_item: b,
        consent_live: c,
        consent_path: d,
        explained: e,
        active: f,
        this_person: g,
        advice,
        safeguarding: h,
        aggregate: i,
    }
}

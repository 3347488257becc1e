//! The floor written a second time, in Rust, from the design and not from `floor.cedar`.

use crate::facts::{UNKNOWN, category};
use havengate::{
    flow::{Form, Purpose, Transform},
    policy::{
        Class,
        charter::{Advice, DisclosureFacts, RecipientFacts},
        organisations::SystemKind,
    },
};

/// What sort of data a test category is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sort {
    Ordinary,
    Place,
    RoughPlace,
    SleepSite,
    Refuge,
    Immigration,
    Health,
    OtherSpecial,
    Prose,
    Document,
    Nobody,
    Unclassified,
}

fn sort(facts: &DisclosureFacts) -> Sort {
    match facts.category.as_str() {
        "pd:Name" | "pd:TelephoneNumber" => Sort::Ordinary,
        "pd:PhysicalAddress" => Sort::Place,
        "pd:Region" => Sort::RoughPlace,
        "hg:SleepSite" | "hg:TentPitch" => Sort::SleepSite,
        "hg:RefugeLocation" => Sort::Refuge,
        "hg:ImmigrationStatus" | "hg:RoughSleepingHistory" => Sort::Immigration,
        "pd:MedicalHealth" | "pd:MentalHealth" => Sort::Health,
        "pd:EthnicOrigin" => Sort::OtherSpecial,
        "hg:FreeText" => Sort::Prose,
        "hg:Document" | "hg:ScannedLetter" => Sort::Document,
        "hg:Operational" => Sort::Nobody,
        _ => {
            assert_eq!(facts.category, category(UNKNOWN));
            Sort::Unclassified
        }
    }
}

/// Which rules forbid connecting, in order.
pub(crate) fn contact(r: &RecipientFacts) -> Vec<&'static str> {
    recipient(r, r.purpose == Purpose::Safeguarding && r.safeguarding_recipient)
}

fn recipient(r: &RecipientFacts, emergency: bool) -> Vec<&'static str> {
    let mut no = Vec::new();
    if r.class == Class::Root {
        no.push("no-home-office");
    }
    if r.home_office_forum {
        no.push("no-home-office-forum");
    }
    match r.class {
        _ if emergency => {}
        Class::Associated if r.approved && r.purpose == Purpose::Accommodation => {}
        Class::Associated => no.push("associated-only-by-data-2"),
        Class::Unassessed => no.push("assessed-only"),
        _ => {}
    }
    if !r.undertaking {
        no.push("undertaking-required");
    }
    if r.stopped && !emergency {
        no.push("stopped");
    }
    no
}

/// Which rules forbid disclosing, in order.
pub(crate) fn disclose(f: &DisclosureFacts) -> Vec<&'static str> {
    let sort = sort(f);
    let door = f.recipient.purpose == Purpose::Safeguarding && f.recipient.safeguarding_recipient;
    let emergency = door && (sort == Sort::Nobody || (f.safeguarding && f.one_subject));
    let mut no = recipient(&f.recipient, emergency);
    no.extend(data(f, sort, emergency));
    if sort != Sort::Nobody {
        no.extend(person(f, sort, emergency));
    }
    no
}

fn data(f: &DisclosureFacts, sort: Sort, emergency: bool) -> Vec<&'static str> {
    let mut no = Vec::new();
    if matches!(sort, Sort::Unclassified | Sort::Prose) {
        no.push("classified-only");
    }
    if sort == Sort::Document && !agreed_to_this_document(f, emergency) {
        no.push("documents-one-by-one");
    }
    if sort == Sort::SleepSite && !emergency {
        no.push("no-sleep-site");
    }
    if sort == Sort::Refuge {
        no.push("no-refuge-location");
    }
    let exact = match f.form {
        Form::Pseudonym | Form::Generalised(Transform::PostcodeArea) => false,
        Form::Raw | Form::Generalised(_) => matches!(sort, Sort::Place | Sort::SleepSite | Sort::Refuge),
    };
    if exact && !emergency {
        no.push("no-exact-location");
    }
    if sort == Sort::Immigration && f.recipient.purpose == Purpose::Safeguarding {
        no.push("safeguarding-never-immigration");
    }
    if sort == Sort::OtherSpecial && emergency {
        no.push("safeguarding-health-only");
    }
    no
}

/// Everything that a consent can say was said, of this very document, for a recipient with no path to the Home Office.
fn agreed_to_this_document(f: &DisclosureFacts, emergency: bool) -> bool {
    let consent = [f.consent_item, f.consent_live, f.consent_path, f.explained, f.active];
    let theirs = f.one_subject && f.this_person;
    let clear = f.recipient.class == Class::Clear;
    clear && theirs && consent.into_iter().all(|fact| fact) && f.form == Form::Raw && !f.aggregate && !emergency
}

fn person(f: &DisclosureFacts, sort: Sort, emergency: bool) -> Vec<&'static str> {
    let associated = f.recipient.class == Class::Associated;
    let mut no = Vec::new();
    if emergency {
        return no;
    }
    let count = f.aggregate && !f.consent_item;
    let passive = f.consent_item && !f.active;
    if !count && (!f.one_subject || !f.this_person || passive) {
        no.push("active-and-this-person");
    }
    if !f.consent_item && !f.aggregate {
        no.push("personal-needs-consent");
    }
    if associated && !(f.consent_item && f.consent_path) {
        no.push("each-discrete-item");
    }
    if f.consent_item && !f.consent_live {
        no.push("live-consent");
    }
    if f.consent_item && !f.explained {
        no.push("explained");
    }
    let needs_advice = if associated {
        true
    } else {
        sort == Sort::Immigration && !f.aggregate && f.recipient.kind != SystemKind::ImmigrationAdviser
    };
    if needs_advice && f.advice != Advice::Obtained {
        no.push("advice-first");
    }
    no
}

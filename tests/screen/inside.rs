//! What may leave hides nothing that may not: identifiers inside addresses, phrases of sleeping out, links to maps and
//! e-mail addresses, as the shipped tree of categories has it.

use crate::rules::{LIMITS, Record, Rules, field, record, searching, withhold};
use havengate::{
    detect::Kind,
    flow::Category,
    policy::{
        Categories, Policy,
        integration::{Denied, Detected, FieldRule},
        shipped,
    },
    screen::{Judge, KnownBy, Person, Ruling, json::JsonScreener},
    verdict::{Code, Refusal},
};

/// As in an emergency: every place may leave, and nothing else that detectors find.
struct PlacesOnly(Categories);

impl Judge for PlacesOnly {
    searching!();
    fn judge(&mut self, _: &Person, rule: &FieldRule) -> Ruling {
        let own = rule.category.as_str().starts_with("hg:")
            && Kind::ALL.iter().all(|kind| kind.category() != rule.category.as_str());
        if own || self.0.is_within(&rule.category, "pd:Location") {
            return Ruling::Send(rule.forms().next().unwrap());
        }
        withhold()
    }
    fn holds(&self, rule: &FieldRule, found: &Category) -> bool {
        self.0.holds(&rule.category, found)
    }
    fn is_operational(&self, rule: &FieldRule) -> bool {
        rule.category.as_str().starts_with("hg:")
    }
    fn known_by(&self, _: &FieldRule) -> KnownBy {
        KnownBy::Nothing
    }
    fn pseudonym(&self, _: &Category, value: &str) -> String {
        format!("~{}", value.len())
    }
}

fn categories() -> Categories {
    Policy::compile(&shipped::sources()).unwrap().categories.clone()
}

fn sent(categories: &Categories, rule: FieldRule, text: &str) -> Result<String, Refusal> {
    let rules = Rules::of(&[Record { fields: vec![rule], ..record("$", "$.id", &[]) }]);
    let body = serde_json::json!({ "concern": { "where": text } }).to_string();
    let mut judge = PlacesOnly(categories.clone());
    let mut screener = JsonScreener::new(rules.compile(), LIMITS, Person::Unknown);
    screener.push(body.as_bytes(), &mut judge)?;
    let out = screener.finish(&mut judge)?.bytes;
    let out: serde_json::Value = serde_json::from_slice(&out).unwrap();
    Ok(out["concern"]["where"].as_str().unwrap_or_default().to_owned())
}

fn rule(category: &str, detected: Detected, denied: Denied) -> FieldRule {
    FieldRule { category: Category::parse(category).unwrap(), detected, denied, ..field("$.concern.where") }
}

/// What says who somebody is, as people write it, and the part of it that must not leave.
const IDENTIFIERS: &[(&str, &str)] = &[
    ("Home Office ref A1234567", "A1234567"),
    ("refused asylum, HO ref M1234567/2", "M1234567"),
    ("CHAIN no 98765", "98765"),
    ("ARC ACX1234567", "ACX1234567"),
    ("ARC ACX/1234567/8", "/8"),
    ("port ref EDD/7654321", "7654321"),
    ("CID 12345678", "12345678"),
    ("UAN 3434-0123-4567-8901", "0123-4567"),
    ("GWF123456789", "123456789"),
    ("BRP ZU1234567", "ZU1234567"),
    ("share code W1X 2Y3 Z4A", "2Y3"),
    ("NASS ref 18/05/01234", "18/05/01234"),
    ("customer number K12345678", "K12345678"),
    ("passport 925665416", "925665416"),
    ("NI AB123456C", "AB123456C"),
    ("NHS 943 476 5919", "943 476 5919"),
    ("dob 02/04/1987", "02/04/1987"),
    ("ring Amina 07700900123", "07700900123"),
    ("amina@mail.example", "amina@mail"),
    ("driving licence MORGA753116SM9IJ", "MORGA753116SM9IJ"),
    ("account 08-99-99 66374958", "66374958"),
    ("IMEI 490154203237518", "490154203237518"),
];

/// What a value of a place is made of, and as what it may be listed.
const AROUND: &[(&str, &[&str])] = &[
    (
        "12 High Street, {}, London SE1 7PB",
        &["hg:ServiceLocation", "hg:AccommodationAddress", "hg:MeetingPlace", "hg:SleepSite"],
    ),
    ("12 High Street, ask for {}, SE1 7PB", &["hg:ServiceLocation", "hg:AccommodationAddress", "hg:MeetingPlace"]),
    ("Refused 2 times. Street team saw {} in E1 6AN", &["hg:ServiceLocation"]),
    ("sleeping in the doorway of Boots, {}", &["hg:SleepSite"]),
    ("in the underpass at Exit 3 with {} and a friend", &["hg:SleepSite"]),
    ("{}, bedded down behind the library", &["hg:SleepSite"]),
    (
        "https://www.google.com/maps/place/x?q=51.50799,-0.12797 {}",
        &["hg:ServiceLocation", "hg:SleepSite", "pd:GPSCoordinate"],
    ),
];

#[test]
fn a_place_that_may_leave_takes_nobodys_number_with_it() {
    let categories = categories();
    for (around, listed) in AROUND {
        for (said, part) in IDENTIFIERS {
            let text = around.replace("{}", said);
            for category in *listed {
                let all = sent(&categories, rule(category, Detected::Value, Denied::Strip), &text).unwrap();
                assert_eq!(all, "", "{category}: {text}");
                let rest = sent(&categories, rule(category, Detected::Span, Denied::Strip), &text).unwrap();
                assert!(rest.contains("[removed]") && !rest.contains(part), "{category}: {text}: {rest}");
                let stopped = sent(&categories, rule(category, Detected::Value, Denied::Block), &text).unwrap_err();
                assert!([Code::ConsentMissing, Code::FieldBlocked].contains(&stopped.code), "{text}: {stopped:?}");
            }
        }
    }
}

#[test]
fn what_has_no_spaces_around_it_takes_nobodys_number_with_it_either() {
    let categories = categories();
    for (category, text) in [
        ("hg:ServiceLocation", "https://www.google.com/maps/place/x?q=AB123456C"),
        ("hg:MeetingPlace", "https://maps.google.com/?q=51.50799,-0.12797&ref=GWF123456789"),
        ("pd:GPSCoordinate", "maps.app.goo.gl/abcDEF?note=Home+Office+ref+A1234567"),
        ("hg:ServiceLocation", "https://what3words.com/filled.count.soap?CHAIN=98765"),
        ("hg:SleepSite", "https://thestreetlink.org.uk/alert/4711?arc=ASC1234567"),
        ("hg:StaffContact", "amina.AB123456C@mail.example"),
    ] {
        let out = sent(&categories, rule(category, Detected::Value, Denied::Strip), text).unwrap();
        assert_eq!(out, "", "{category}: {text}");
    }
}

#[test]
fn where_somebody_sleeps_and_where_a_service_is_leave_as_they_are() {
    let categories = categories();
    for (category, text) in [
        ("hg:SleepSite", "sleeping in the doorway of Boots, 12 High Street, London SE1 7PB"),
        ("hg:SleepSite", "bedded down behind the library at 51.50799, -0.12797; cardboard, blue tent"),
        ("hg:ServiceLocation", "Day Centre, 1 Mill Road, Leeds LS1 4AP"),
        (
            "hg:ServiceLocation",
            "https://www.google.com/maps/place/Day+Centre/@51.5079901,-0.1279701,17z/data=!3d51.50798!4d-0.12796",
        ),
        ("hg:AccommodationAddress", "Flat 3, 12 High Street, London SE1 7PB"),
        ("hg:MeetingPlace", "outside the station, 12 High Street, SE1 7PB"),
        ("hg:StaffContact", "j.smith@charity.example"),
    ] {
        let out = sent(&categories, rule(category, Detected::Value, Denied::Strip), text).unwrap();
        assert_eq!(out, text, "{category}");
    }
}

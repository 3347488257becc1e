//! What stands in something else that is found is found as well: an address, a phrase of sleeping out, a link and an
//! e-mail address hide nothing.

use crate::{
    found,
    random::Random,
    spellings::{SPELLINGS, Spelling},
};
use havengate::detect::Kind;

/// What a text is made of around something else, and as what the whole of it is found, under which key.
const AROUND: &[(&str, &str, Kind)] = &[
    ("12 High Street, {}, London SE1 7PB", "", Kind::Address),
    ("12 High Street, {}, London SE1 7PB", "address", Kind::Address),
    ("Mill House, 4 Canal Lane, {}, LS1 4AP", "where", Kind::Address),
    ("sleeping in the doorway of Boots, {}, opposite the bank", "", Kind::SleepSite),
    ("usually in the underpass at Exit 3, {} and often there", "", Kind::SleepSite),
    ("behind the bins, {}", "sleepSite", Kind::SleepSite),
    ("tent by the canal: {}", "note", Kind::SleepSite),
];

/// The same, of what has no spaces in it.
const AROUND_ONE_WORD: &[(&str, &str, Kind)] = &[
    ("https://www.google.com/maps/place/x?q={}", "", Kind::Coordinates),
    ("see https://maps.google.com/?q=51.50799,-0.12797&note={}.", "", Kind::Coordinates),
    ("maps.app.goo.gl/abcDEF?of={}", "", Kind::Coordinates),
    ("https://what3words.com/filled.count.soap?{}", "link", Kind::Grid),
];

/// Whether it is something else than a place, and speaks wherever it stands.
fn is_strong(family: &Spelling) -> bool {
    !family.location && !["date of birth", "telephone", "picture or biometric"].contains(&family.name)
}

fn is_there(text: &str, key: &str, value: &str, family: &Spelling, around: Kind) -> bool {
    let all = found(text, key);
    let (start, end) = (text.find(value).unwrap(), text.find(value).unwrap() + value.len());
    let own = |kind: &Kind| family.kinds.contains(kind);
    all.iter().any(|one| own(&one.category) && one.start <= start && one.end >= end)
        && all.iter().any(|one| one.category == around && one.start <= start && one.end >= end)
}

#[test]
fn nothing_is_hidden_in_an_address_or_a_phrase() {
    let mut wrong = Vec::new();
    // A picture is longer than what stands between a street and its postcode.
    let short = |family: &&Spelling| !family.location && family.name != "picture or biometric";
    for family in SPELLINGS.iter().filter(short) {
        let mut r = Random(7);
        for (i, (around, key, kind)) in AROUND.iter().cycle().take(AROUND.len() * 6).enumerate() {
            let value = (family.make)(&mut r);
            let carrier = family.cues.get(i % family.cues.len().max(1)).unwrap_or(&"ref {}");
            // A sentence ends the phrase.
            let said = carrier.replace("{}", &value);
            if said.trim_end_matches('.').contains(". ") || *kind == Kind::Address && said.contains([';', '!', '?']) {
                continue;
            }
            let text = around.replace("{}", said.trim_end_matches('.'));
            if !is_there(&text, key, &value, family, *kind) {
                wrong.push(format!("{} {key:?}: {text:?} gave {:?}", family.name, found(&text, key)));
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn nothing_is_hidden_in_a_link() {
    let mut wrong = Vec::new();
    for family in SPELLINGS.iter().filter(|family| is_strong(family)) {
        let mut r = Random(11);
        for (i, (around, key, kind)) in AROUND_ONE_WORD.iter().cycle().take(AROUND_ONE_WORD.len() * 6).enumerate() {
            let value = (family.make)(&mut r);
            let carrier = family.cues.get(i % family.cues.len().max(1)).unwrap_or(&"{}");
            let said = carrier.split("{}").next().unwrap().replace(": ", ":").replace(' ', "+") + &value;
            if value.contains([' ', '<', '\'']) || said.contains("{}") || carrier.starts_with("{}") {
                continue;
            }
            let text = around.replace("{}", &said);
            if !is_there(&text, key, &value, family, *kind) {
                wrong.push(format!("{} {key:?}: {text:?} gave {:?}", family.name, found(&text, key)));
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn nothing_is_hidden_in_an_e_mail_address() {
    for (text, kind) in [
        ("amina.AB123456C@mail.example", Kind::NationalInsurance),
        ("write to 07700900123@mms.example today", Kind::Phone),
        ("a@AB123456C.mail.example", Kind::NationalInsurance),
        ("GWF123456789@mail.example", Kind::HomeOffice),
        ("a.chain-98765@mail.example", Kind::Chain),
    ] {
        let kinds: Vec<Kind> = found(text, "").iter().map(|one| one.category).collect();
        assert!(kinds.contains(&kind) && kinds.contains(&Kind::Email), "{text}: {kinds:?}");
    }
    // What its domain is called says nothing of what comes after it.
    assert_eq!(found("jo@chain.example 98765", "").len(), 1);
}

/// Sleeping out and listed places are something else than the address they are written in.
#[test]
fn what_is_written_in_an_address_is_judged_for_itself() {
    let kinds = |text: &str, key: &str| found(text, key).iter().map(|one| one.category).collect::<Vec<_>>();
    let text = "12 High Street, sleeping in the doorway of Boots, London SE1 7PB";
    assert_eq!(kinds(text, ""), [Kind::Address, Kind::SleepSite]);
    // A postcode is a part of its address.
    assert_eq!(kinds("12 High Street, London SE1 7PB", ""), [Kind::Address]);
    assert_eq!(kinds("2 times. Street team saw him in E1 6AN", ""), [Kind::Postcode]);
    assert_eq!(kinds("12 St. Anne's Road, London SE1 7PB", ""), [Kind::Address]);
}

/// What people share of a place holds a place and nothing else.
#[test]
fn links_to_places_hold_places_only() {
    for text in [
        "https://www.google.com/maps/place/Riverside+Day+Centre/@51.5079901,-0.1279701,17z/data=!3m1!4b1!4m6!3m5!1s0x487604b900d26973:0x4291f3172409ea92!8m2!3d51.5079868!4d-0.1279647!16s%2Fg%2F11b6_8x7nc?entry=ttu&g_ep=EgoyMDI2MTExOC4wIKXMDSoASAFQAw%3D%3D",
        "https://www.google.com/maps/dir/51.50799,-0.12797/Leeds+LS1+4AP/@52.6,-1.9,8z/am=t/data=!3m2!4b1!5s0x487604ba3a3b3b3b:0x1",
        "https://maps.google.com/maps?q=SE1+7PB&hl=en&sll=51.50799,-0.12797&sspn=0.006,0.014&t=m&z=16",
        "https://www.openstreetmap.org/?mlat=51.50799&mlon=-0.12797#map=17/51.50799/-0.12797",
        "https://www.openstreetmap.org/node/1234567890#map=19/51.50799/-0.12797",
        "https://www.bing.com/maps?cp=51.50799~-0.12797&lvl=17.2&style=r&FORM=SNPS",
        "https://www.streetmap.co.uk/map?x=530013&y=180445&z=110&sv=530013,180445&st=4",
        "https://maps.apple.com/?address=1%20Mill%20Road,%20Leeds,%20LS1%204AP&auid=12345678901234567890&ll=51.50799,-0.12797&lsp=9902&q=Day%20Centre",
        "https://maps.app.goo.gl/aB3dE5fG7hJ9kL1m8",
        "https://goo.gl/maps/3dE5fG7hJ9kL1m8N2",
        "https://waze.com/ul?ll=51.50799,-0.12797&navigate=yes&utm_campaign=default&utm_source=waze_website",
        "https://w3w.co/filled.count.soap",
        "https://plus.codes/9C3XGV5C+5R",
        "https://geohash.org/gcpvj0dzf",
    ] {
        for one in found(text, "") {
            let place = matches!(one.category, Kind::Coordinates | Kind::Grid);
            assert!(place, "{text}: {:?} {}", one.category, &text[one.start..one.end]);
        }
    }
}

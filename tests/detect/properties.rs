//! What holds for every text.

use crate::{found, random::Random, spellings::SPELLINGS};
use havengate::detect::{Cue, scan, worth_scanning};
use proptest::prelude::*;

const KEYS: &[&str] = &[
    "",
    "note",
    "dob",
    "lat",
    "lng",
    "x",
    "lat_e7",
    "postcode",
    "area",
    "shareCode",
    "chainNumber",
    "uprn",
    "photo",
    "sleepSite",
    "address",
    "geohash",
    "what3words",
    "phone",
    "orderNumber",
    "dobDay",
    "accountNumber",
    "location",
];

fn text() -> impl Strategy<Value = String> {
    let pieces = prop_oneof![
        "\\PC{0,12}",
        "[0-9 .,:/+°'\"NSEW()-]{0,24}",
        "[A-Z0-9 -]{0,16}",
        "[a-z ]{0,16}",
        "(https?://|///|POINT\\(|P<GBR|data:image/|CHAIN no\\. |born |lat=|@|::){1,3}",
        "(sleeping|tent|in the doorway|under|bridge|at|of|the|[A-Z][a-z]{2,5}|\\.| )( (sleeping|tent|doorway|under|bridge|near|of)){0,4}",
        (0..SPELLINGS.len(), any::<u64>()).prop_map(|(i, seed)| (SPELLINGS[i].make)(&mut Random(seed))),
    ];
    proptest::collection::vec(pieces, 0..8).prop_map(|parts| parts.concat())
}

/// Spellings whose meaning does not hang on capitals.
fn robust() -> impl Strategy<Value = (usize, u64)> {
    let names = [
        "National Insurance number",
        "NHS number",
        "UAN",
        "GWF",
        "IBAN",
        "telephone",
        "postcode",
        "decimal pair",
        "driving licence",
        "IMEI",
    ];
    let which: Vec<usize> = (0..SPELLINGS.len()).filter(|i| names.contains(&SPELLINGS[*i].name)).collect();
    (proptest::sample::select(which), any::<u64>())
}

/// The same text as other characters that look the same, or with some that do not show.
fn disguised(text: &str, r: &mut Random) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match r.below(6) {
            0 => out.push(r.of(&['\u{200B}', '\u{AD}', '\u{200D}', '\u{2060}', '\u{FEFF}'])),
            1 if c.is_ascii_alphanumeric() => {
                out.push(char::from_u32(c as u32 - 0x21 + 0xFF01).unwrap());
                continue;
            }
            2 if c == ' ' => {
                out.push(r.of(&['\u{A0}', '\u{2009}', '\u{3000}']));
                continue;
            }
            3 => {
                let look = "AaBCcEeHKMOoPpTXxyi".find(c).and_then(|i| "АаВСсЕеНКМОоРрТХхуі".chars().nth(i));
                out.push(look.unwrap_or(c));
                continue;
            }
            4 if c == '-' => {
                out.push(r.of(&['‐', '‑', '–', '−']));
                continue;
            }
            _ => {}
        }
        out.push(c);
    }
    out
}

/// One character that is read as several may hold several finds, and is still one place.
#[test]
fn what_lies_in_one_character_is_one_find() {
    for (text, key) in [("¼", "uprn"), ("½", "uprn"), ("a ¾ b", "uprn")] {
        let found = found(text, key);
        assert!(found.windows(2).all(|pair| pair[0].end <= pair[1].start), "{text}: {found:?}");
    }
}

proptest! {
    #[test]
    fn spans_lie_in_the_text_in_order_and_those_of_one_kind_apart(
        text in text(), key in proptest::sample::select(KEYS),
    ) {
        let all = found(&text, key);
        for (i, one) in all.iter().enumerate() {
            prop_assert!(one.start < one.end && one.end <= text.len(), "{one:?}");
            prop_assert!(text.is_char_boundary(one.start) && text.is_char_boundary(one.end), "{one:?}");
            for before in &all[..i] {
                prop_assert!(before.start <= one.start, "{before:?} {one:?}");
                prop_assert!(before.category != one.category || before.end <= one.start, "{before:?} {one:?}");
            }
        }
    }

    #[test]
    fn what_is_not_worth_scanning_holds_nothing(text in text(), key in proptest::sample::select(KEYS)) {
        if !worth_scanning(text.as_bytes(), Cue::of_key(key)) {
            prop_assert_eq!(found(&text, key), []);
        }
    }

    #[test]
    fn what_went_before_stays(text in text()) {
        let mut twice = found("AB123456C", "");
        let first = twice.clone();
        scan(&text, Cue::NONE, None, &mut twice);
        prop_assert_eq!(&twice[..1], &first[..]);
        prop_assert_eq!(&twice[1..], &found(&text, "")[..]);
    }

    #[test]
    fn a_disguise_changes_nothing((family, seed) in robust(), how in any::<u64>()) {
        let plain = format!("He gave {} today", (SPELLINGS[family].make)(&mut Random(seed)));
        let hidden = disguised(&plain, &mut Random(how));
        let kinds = |text: &str| found(text, "").iter().map(|one| one.category).collect::<Vec<_>>();
        prop_assert_eq!(kinds(&plain), kinds(&hidden), "{} as {}", plain, hidden);
    }

    #[test]
    fn capitals_change_nothing_where_a_number_is_checked((family, seed) in robust()) {
        let plain = (SPELLINGS[family].make)(&mut Random(seed));
        // "e2 4th" may be a floor.
        prop_assume!(!["ST", "ND", "RD", "TH", "HR"].iter().any(|end| plain.to_uppercase().ends_with(end)));
        let kinds = |text: &str| found(text, "").iter().map(|one| one.category).collect::<Vec<_>>();
        prop_assert_eq!(kinds(&plain.to_uppercase()), kinds(&plain.to_lowercase()), "{}", plain);
    }
}

/// Time grows with the length, whatever is in it.
#[test]
fn hostile_text_takes_no_longer_than_its_length() {
    let pieces = [
        "(",
        "1",
        "1 ",
        "1.1 ",
        "1-",
        "a@",
        "@",
        "POINT(",
        "POINT((1 1",
        "MCC 1 ",
        "A1 ",
        "///a",
        "://",
        "::",
        "f:",
        "<",
        "P<",
        "sleeping in ",
        "tent by ",
        "in the doorway of ",
        "+4",
        "1°1'",
        "data:image/",
        "51.50799,",
        "gpslatitude=",
        "é",
        "王",
        "王1",
        "a王",
        "是SE1 7PB",
        "sleeping王",
        "1\u{200B}",
        "https://maps.google.com/",
        "goo.",
        "12 high street ",
        "SW1A 1AA",
        "srid=1;",
        "born 1 ",
        "tel0 ",
        "nini1",
        "tel",
        "chain chain ",
        "<gml:pos ",
    ];
    for piece in pieces {
        let text = piece.repeat(10_000 / piece.len());
        let from = std::time::Instant::now();
        found(&text, "");
        found(&text, "location");
        if std::env::var_os("HAVENGATE_DETECT_TABLE").is_some() {
            println!("{piece:?}: {:?}", from.elapsed());
        }
        assert!(from.elapsed().as_secs() < 30, "{piece:?}: {:?}", from.elapsed());
    }
}

/// What number-like rules take for theirs in a UUID is not there: it numbers a record of a system (RFC 9562 section 4).
#[test]
fn a_hundred_thousand_uuids_are_nothing_else() {
    let mut random = Random(20_261_122);
    for n in 0..100_000 {
        let hex = if n % 4 == 3 { "0123456789ABCDEF" } else { "0123456789abcdef" };
        let mut group = |length| random.text(length, hex);
        let (a, b, c, d, e) = (group(8), group(4), group(4), group(4), group(12));
        let uuid = match n % 3 {
            // Random (version 4), by time (version 7), and whatever somebody's system makes.
            0 => format!("{a}-{b}-4{}-a{}-{e}", &c[1..], &d[1..]),
            1 => format!("019a{}-{b}-7{}-9{}-{e}", &a[4..], &c[1..], &d[1..]),
            _ => format!("{a}-{b}-{c}-{d}-{e}"),
        };
        let key = ["", "id", "reference", "fullUrl", "$.subject.reference", "uprn", "nhsNumber", "phone"][n % 8];
        for text in [
            uuid.clone(),
            format!("Patient/{uuid}"),
            format!("urn:uuid:{uuid}"),
            format!("https://fhir.example/Patient/{uuid}/_history"),
            format!("contacts({uuid})"),
        ] {
            assert_eq!(found(&text, key), [], "{text} under {key:?}");
        }
    }
}

/// What only looks like a part of one is read as before.
#[test]
fn what_is_no_uuid_is_looked_into() {
    for text in ["AB123456C-2f3c-4a5b-8c6d-0123456789ab", "2f3c4a5b-8c6d 07700 900123"] {
        assert_ne!(found(text, ""), [], "{text}");
    }
    // A number that only begins where a UUID ends.
    let uuid = "ab12cd34-8c6d-4a5b-8c6d-0123456789ab";
    assert_ne!(found(&format!("{uuid} 07700 900123"), ""), []);
    assert_ne!(found(&format!("AB123456C {uuid}"), ""), []);
}

//! Spellings that real systems and hurried people write, and what only looks like them.

use crate::found;
use havengate::detect::{Cue, Kind, worth_scanning};

/// A line ends within a number wherever a width, an indentation or a cell of a table says so.
#[test]
fn wrapped_and_indented_text_hides_nothing() {
    use Kind::{HomeOffice, NationalInsurance, Nhs, Phone, Postcode};
    for (text, kind) in [
        ("07700\n   900123", Phone),
        ("07700\t900123", Phone),
        ("020\n7946 0018", Phone),
        ("call 07700-\n900123", Phone),
        ("(0113)\r\n\t496 0123", Phone),
        ("SE1\n   7PB", Postcode),
        ("SE1\t7PB", Postcode),
        ("SE1   7PB", Postcode),
        ("BFPO 801\n12 parcels", Postcode),
        ("AB\n123456C", NationalInsurance),
        ("NI AB 12 34\n 56 C", NationalInsurance),
        ("AB 12 34 56\r\n          C", NationalInsurance),
        ("943 476\n      5919", Nhs),
        ("943\n476 5919", Nhs),
        ("943-476-\n5919", Nhs),
        ("9434765919 12345", Nhs),
        ("3434-0123-\n4567-8901", HomeOffice),
        ("GWF\n987654321", HomeOffice),
        ("HO ref M1234567\nMonday", HomeOffice),
    ] {
        let kinds: Vec<Kind> = found(text, "").iter().map(|one| one.category).collect();
        assert_eq!(kinds, [kind], "{text:?}");
    }
    // What a key says to be a part of one is read to the end of its line.
    assert!(!found("M1\n2 beds", "postcode").is_empty());
}

/// Rows and columns of figures, and words that begin a line, are not read across.
#[test]
fn lines_of_a_table_stay_apart() {
    for text in [
        "AB123456\nA client came.",
        "AB123456\tC",
        "943\t476\t5919",
        "943 476\n5919 12",
        "12 943 476 5919 88",
        "07700\n\n900123",
        "SE1\n\n7PB",
        "123456\n12345678",
        "Form SA10\nTHE NOTES",
        "SE 1234\n5678",
        "SO 2024\n2025",
        "0.1632 960001",
        "0\t116884\n465\t9",
        "Room B2\n1st floor",
    ] {
        assert_eq!(found(text, ""), [], "{text:?}");
    }
}

/// A date before something is passed, and that is read.
#[test]
fn nothing_hides_behind_a_date() {
    use Kind::{HomeOffice, Nhs, Phone};
    for (text, kind, what) in [
        ("2026-11-22-07700900123", Phone, "07700900123"),
        ("ref 2026-11-22-07700900123 ok", Phone, "07700900123"),
        ("2026-11-22+447700900123", Phone, "+447700900123"),
        ("2026-11-22T10:00:00+07700900123", Phone, "+07700900123"),
        ("2026-11-22T10:00:00Z-07700900123", Phone, "07700900123"),
        ("2026-11-22-9434765919", Nhs, "9434765919"),
        ("2026-11-22T10:00:00.9434765919", Nhs, "9434765919"),
        ("2026-11-22-3434-0123-4567-8901", HomeOffice, "3434-0123-4567-8901"),
        ("0770-09-00-123", Phone, "0770-09-00-123"),
        ("0771-12-25-123", Phone, "0771-12-25-123"),
    ] {
        let all = found(text, "");
        assert!(all.iter().any(|one| one.category == kind && &text[one.start..one.end] == what), "{text}: {all:?}");
    }
    for text in ["2026-11-22", "2026-11-22T10:00:00.123456789+01:00", "log-2026-11-22-0001.txt", "2026-11-22_export"] {
        assert_eq!(found(text, ""), [], "{text}");
    }
}

/// The quick look sees what the slow one finds, whatever joins the words.
#[test]
fn phrases_joined_by_other_than_spaces_are_worth_scanning() {
    for text in ["in-tent", "under-bridge", "in-squat", "by,bench", "on(tent", "on\tbench", "under 'stairs'"] {
        assert!(worth_scanning(text.as_bytes(), Cue::NONE), "{text}");
        assert_eq!(found(text, "").first().map(|one| one.category), Some(Kind::SleepSite), "{text}");
    }
    for text in ["in-progress", "no-cache", "HOUSING_REGISTER", "tent", "bridge"] {
        assert!(!worth_scanning(text.as_bytes(), Cue::NONE), "{text}");
    }
}

/// A mobile number is one as messaging systems keep it, as people space it and wherever it stands.
#[test]
fn telephones_as_systems_and_people_write_them() {
    for (text, what) in [
        ("447700900123", "447700900123"),
        ("wa.me/447700900123", "447700900123"),
        ("44 7700 900123", "44 7700 900123"),
        ("call_07700900123.mp3", "07700900123"),
        ("number=07700900123", "07700900123"),
        ("Smith,07700900123,M", "07700900123"),
        ("42,07700900123,M", "07700900123"),
        ("Tel.07700900123", "07700900123"),
        ("07700/900123", "07700/900123"),
        ("07700_900123", "07700_900123"),
        ("07700 - 900 - 123", "07700 - 900 - 123"),
        ("07624 400123", "07624 400123"),
        ("+07700 900123", "+07700 900123"),
        ("+44 - 7700 - 900123", "+44 - 7700 - 900123"),
        ("Sun, 22 Nov 2026 10:00:00 +0000 07700 900123", "07700 900123"),
        ("Smith,02079460018", "02079460018"),
    ] {
        let all = found(text, "");
        assert!(
            matches!(&all[..], [one] if one.category == Kind::Phone && &text[one.start..one.end] == what),
            "{text}: {all:?}"
        );
    }
    for text in ["07700 900123/07700 900456", "07700 900123,07700 900456", "020 7946 0018 / 020 7946 0019"] {
        assert_eq!(found(text, "").len(), 2, "{text}");
    }
    for text in [
        "order 447700900123",
        "4477009001234",
        "1447700900123",
        "07/12/2026 150 attended",
        "07-12-2026 150 attended",
        "0.07700900123",
        "1.07700900123",
        "07600 900123",
        "47 53 46\n44 77 17 71 13 25",
        "44.7393 0.0 17.33",
        "/assets/01632960001/logo.png",
    ] {
        assert_eq!(found(text, ""), [], "{text}");
    }
}

/// What a reference is may be said after it.
#[test]
fn references_with_their_cue_behind_them() {
    use Kind::{HomeOffice, ResidencePermit, ShareCode};
    for (text, kind) in [
        ("Ref A1234567 (Home Office)", HomeOffice),
        ("A1234567 Home Office", HomeOffice),
        ("A1234567 - Home Office", HomeOffice),
        ("Ref: M1234567/2 (HO)", HomeOffice),
        ("12345678 (case ID)", HomeOffice),
        ("W12345678 share code", ShareCode),
        ("W12 345 678 (share code)", ShareCode),
        ("AB1234567 (BRP)", ResidencePermit),
        ("ABC1234567 is her ARC number", ResidencePermit),
    ] {
        let all = found(text, "");
        assert!(matches!(&all[..], [one] if one.category == kind), "{text}: {all:?}");
    }
    for text in ["A1234567 home delivery", "A1234567 office", "ABCDE1234 share the news", "AB1234567 (PO)"] {
        assert_eq!(found(text, ""), [], "{text}");
    }
}

/// Groups, signs and orders that people choose where they say what a number is.
#[test]
fn what_is_named_may_be_written_in_any_parts() {
    use Kind::{BirthDate, HomeOffice, NationalInsurance, Nhs, Postcode, ResidencePermit};
    for (text, kind) in [
        ("NI number: AB 123 456 C", NationalInsurance),
        ("NHS No. 94347 65919", Nhs),
        ("NHS number 9434 765 919", Nhs),
        ("postcode SE1-7PB", Postcode),
        ("postcode: SE 1 7PB", Postcode),
        ("Postcode SE1 7 PB", Postcode),
        ("H.O. ref A1234567", HomeOffice),
        ("H/O ref A1234567", HomeOffice),
        ("HO ref: A12 34567", HomeOffice),
        ("HO ref A 123 4567", HomeOffice),
        ("ARC number ABC/1234567", HomeOffice),
        ("BRP: ZU 1234567", ResidencePermit),
        ("BRP ZU-123-4567", ResidencePermit),
        ("NASS ref: 18-05-01234", ResidencePermit),
        ("18/05/01234 (NASS)", ResidencePermit),
        ("dob 01021980", BirthDate),
        ("DOB: 310180", BirthDate),
        ("01/02/1980 is his date of birth", BirthDate),
    ] {
        let all = found(text, "");
        assert!(matches!(&all[..], [one] if one.category == kind), "{text}: {all:?}");
    }
    for text in ["ref 01021980", "18-05-01234", "SE 1 7PB", "A12 34567", "ZU 1234567", "to go to 1234567 AB"] {
        assert_eq!(found(text, ""), [], "{text}");
    }
}

/// A label on a line of its own speaks of the next.
#[test]
fn a_label_may_stand_on_the_line_before() {
    use Kind::{BirthDate, Chain, HomeOffice, NationalInsurance, Passport, ShareCode};
    for (text, kind) in [
        ("Home Office ref:\nM1234567", HomeOffice),
        ("DOB:\n29/02/1980", BirthDate),
        ("D.O.B.:\r\n  01/02/1980", BirthDate),
        ("Date of birth\n\n01/02/1980", BirthDate),
        ("NI\nAB123456", NationalInsurance),
        ("Passport no:\n925665416", Passport),
        ("CHAIN number:\n98765", Chain),
        ("Share code:\nW12 345 678", ShareCode),
    ] {
        let all = found(text, "");
        assert!(matches!(&all[..], [one] if one.category == kind), "{text:?}: {all:?}");
    }
    for text in ["the supply chain\n12000 meals", "She was born here.\nMeeting on 01/02/2026", "order\n12345678 boxes"]
    {
        assert_eq!(found(text, ""), [], "{text:?}");
    }
    // What a line says of an order is not said of the next line.
    assert_eq!(found("Your order:\n9434765919", "").len(), 1);
}

/// A phrase goes on where its line is wrapped, and is taken whole; another line says something else.
#[test]
fn a_place_is_found_over_the_end_of_a_line() {
    for text in [
        "bedded down in the\n  doorway of Boots",
        "sleeping\r\n   under the bridge by the canal",
        "tent behind\nthe car park at the back of the library",
    ] {
        let all = found(text, "");
        let whole = matches!(&all[..], [one] if (one.category, one.start, one.end) == (Kind::SleepSite, 0, text.len()));
        assert!(whole, "{text:?}: {all:?}");
    }
    for text in [
        "He slept.\n\nUnder the bridge project report",
        "Sleeps badly\nVolunteers in the garden",
        "Needs: sleeping bag\nMeets friends in the park",
        "Sleeping tablets reviewed\n- in the garden: benches",
    ] {
        assert_eq!(found(text, ""), [], "{text:?}");
    }
}

/// Coordinates as most of Europe writes numbers, and as ISO 6709, surveyors and speech write them.
#[test]
fn degrees_and_metres_as_others_write_them() {
    use Kind::{Coordinates, Grid};
    for (text, what, kind) in [
        ("bei 51,50799; -0,12797 gesehen", "51,50799; -0,12797", Coordinates),
        ("51,50799 -0,12797", "51,50799 -0,12797", Coordinates),
        ("pin +513028.8-0000740.7/", "+513028.8-0000740.7/", Coordinates),
        ("pin +51.50799-000.12797+35.0CRSWGS_84/", "+51.50799-000.12797+35.0CRSWGS_84/", Coordinates),
        ("51-30-29N 000-07-41W", "51-30-29N 000-07-41W", Coordinates),
        ("51 deg 30' 28.8\" N\n0 deg 7' 40.7\" W", "51 deg 30' 28.8\" N\n0 deg 7' 40.7\" W", Coordinates),
        ("easting 530,013, northing 180,445", "530,013, northing 180,445", Grid),
        ("530013mE 180445mN", "530013mE 180445mN", Grid),
        ("zone 30N easting 699301 northing 5710228", "30N easting 699301 northing 5710228", Grid),
        ("TQ 30013,80445", "TQ 30013,80445", Grid),
        ("pin J 33650 74050 again", "J 33650 74050", Grid),
        ("grid ref J 336 740", "J 336 740", Grid),
    ] {
        let all: Vec<_> = found(text, "").iter().map(|one| (&text[one.start..one.end], one.category)).collect();
        assert_eq!(all, [(what, kind)], "{text}");
    }
    assert_eq!(found("51,50799", "latitude").len(), 1);
    for text in [
        "51,5079,-0,1279",
        "51,507; -0,127",
        "12,3456; 145,6789",
        "51-30-29N",
        "10-12 N 5-6 E",
        "J 336 740",
        "A 33650 74050",
        "5301,3 1804,45",
    ] {
        assert_eq!(found(text, ""), [], "{text}");
    }
}

/// E-mail addresses for people's eyes and ears.
#[test]
fn e_mail_addresses_without_their_sign() {
    for (text, what) in [
        ("amina (at) example.org", "amina (at) example.org"),
        ("write amina[at]mail.example.org today", "amina[at]mail.example.org"),
        ("amina at example dot org", "amina at example dot org"),
        ("amina (at) example (dot) org (dot) uk.", "amina (at) example (dot) org (dot) uk"),
        ("amina.r AT example.org", "amina.r AT example.org"),
        ("amina @ example.org", "amina @ example.org"),
        ("amina%40example.org", "amina%40example.org"),
    ] {
        let all: Vec<_> = found(text, "").iter().map(|one| (&text[one.start..one.end], one.category)).collect();
        assert_eq!(all, [(what, Kind::Email)], "{text}");
        assert!(worth_scanning(text.as_bytes(), Cue::NONE), "{text}");
    }
    for text in
        ["look at example.org", "us at example dot org", "at polka dot cafe", "talk @ www.example.org", "dot at dot"]
    {
        assert_eq!(found(text, ""), [], "{text}");
    }
}

/// A key that asks where a person is makes a place of a few words; one that any site or service has makes none.
#[test]
fn only_a_persons_whereabouts_are_a_place_in_words() {
    for key in ["lastSeen", "client.last_seen", "foundAt", "found_at", "whereabouts", "Where was he last seen?"] {
        for text in ["back of Asda", "Bench opp. cathedral", "car park stairwell lvl 2"] {
            assert_eq!(found(text, key).first().map(|one| one.category), Some(Kind::SleepSite), "{key}: {text}");
        }
    }
    for key in ["where", "place", "site", "spot", "directions", "locationDetails"] {
        for text in [
            "Front office, Riverside Hub",
            "Bridge House, 12 High Street",
            "Next to the library, first floor",
            "The Bridge",
            "Tower Bridge project",
            "Tunnel Road office",
            "Next Steps hub",
            "By Your Side",
            "Porch House",
        ] {
            assert!(found(text, key).iter().all(|one| one.category != Kind::SleepSite), "{key}: {text}");
        }
        assert_eq!(found("tent behind the bins", key).len(), 1, "{key}");
    }
}

/// A website that is said aloud is no address of mail, and of one that is none is left.
#[test]
fn spoken_addresses_whole_and_no_websites() {
    for (text, what) in [
        ("write to jo dot bloggs at gmail dot com", "jo dot bloggs at gmail dot com"),
        ("it is jo (dot) bloggs (at) example (dot) com", "jo (dot) bloggs (at) example (dot) com"),
        ("jo underscore b dash 7 at example dot org", "jo underscore b dash 7 at example dot org"),
        ("her email is amina at example dot org", "amina at example dot org"),
        ("reach her on jobloggs at outlook.com", "jobloggs at outlook.com"),
        ("jobloggs at hotmail.co.uk", "jobloggs at hotmail.co.uk"),
        ("now jobloggs at icloud dot com", "jobloggs at icloud dot com"),
    ] {
        let all: Vec<_> = found(text, "").iter().map(|one| (&text[one.start..one.end], one.category)).collect();
        assert_eq!(all, [(what, Kind::Email)], "{text}");
    }
}

/// What is escaped for a URL or for HTML is read as what it stands for, and the whole escape is found.
#[test]
fn escapes_hide_nothing() {
    for (text, what, kind) in [
        ("pc=SE1%207PB&x", "SE1%207PB", Kind::Postcode),
        ("<b>SE1&nbsp;7PB</b>", "SE1&nbsp;7PB", Kind::Postcode),
        ("q=SE1+7PB", "SE1+7PB", Kind::Postcode),
        ("AB%2012%2034%2056%20C", "AB%2012%2034%2056%20C", Kind::NationalInsurance),
        ("call 07700&#160;900123", "07700&#160;900123", Kind::Phone),
        ("call 07700&emsp;900123", "07700&emsp;900123", Kind::Phone),
        ("call 07700&amp;nbsp;900123", "07700&amp;nbsp;900123", Kind::Phone),
        ("https://x.example/?t=07700%20900123&u=1", "07700%20900123", Kind::Phone),
        ("https://x.example/?nino=AB%20123456%20C", "AB%20123456%20C", Kind::NationalInsurance),
        ("https://x.example/?pc=SE1%207PB", "SE1%207PB", Kind::Postcode),
    ] {
        let all: Vec<_> = found(text, "").iter().map(|one| (&text[one.start..one.end], one.category)).collect();
        assert_eq!(all, [(what, kind)], "{text}");
    }
}

use super::*;
use crate::policy::{Policy, Registry, shipped};
use proptest::prelude::*;
use std::sync::LazyLock;

static SHIPPED: LazyLock<std::sync::Arc<Registry>> =
    LazyLock::new(|| Policy::compile(&shipped::sources()).unwrap().registry);

/// Whether a text names a root, and whether it names anybody associated.
fn names(text: &str) -> (bool, bool) {
    let found = SHIPPED.linked_within(text);
    (found.iter().any(|s| s.linked == Class::Root), found.iter().any(|s| s.linked == Class::Associated))
}

#[test]
fn every_spelling_of_a_name_is_found() {
    for text in [
        "homeoffice.gov.uk",
        "HOMEOFFICE.GOV.UK",
        "someone@homeoffice.gov.uk.",
        "a.b.homeoffice.gov.uk",
        "https://www.homeoffice.gov.uk:443/x?y#z",
        "mail (someone@homeoffice.gov.uk), or call",
        "a%homeoffice.gov.uk@relay.example",
        "homeoffice.gov.uk!someone@relay.example",
        "@relay.example:someone@homeoffice.gov.uk",
        "\"Home Office\" <someone@homeoffice.gov.uk>",
        "someone%40homeoffice.gov.uk",
        "see\\nhomeoffice.gov.uk",
        "\\u0040homeoffice.gov.uk",
        "ｈｏｍｅｏｆｆｉｃｅ．ｇｏｖ．ｕｋ",
        "homeoffice。gov｡uk",
        "homeoffice․gov․uk",
        "homeo\u{200b}ffice.gov.\u{ad}uk",
        "write to\u{200b}home\u{feff}office.gov.uk\u{2060}now",
        "homeoﬃce.gov.uk",
        "𝐡omeoffice.gov.uk",
        "home\noffice.gov.uk",
        "line\nhomeoffice.gov.uk\nline",
        "-homeoffice.gov.uk-",
        "_homeoffice.gov.uk_",
        "a homeoffice.gov.uk-based team",
        "发送到homeoffice.gov.uk吧",
        "someone@homeoffice.gsi.gov.uk",
        "www.gov.uk/report-immigration-crime",
        "https://WWW.GOV.UK:443//./x/../%72eport-immigration-crime?y",
        "see www.gov.uk/report-immigration-crime.",
        "https://www.gov.uk\\report-immigration-crime/form",
        "https://www%2ehomeoffice%2egov%2euk/x",
        "h%6fmeoffice.gov.uk",
        "homeoffice%252Egov%252euk",
        "home%6fffice%25252egov.uk",
        "homeoffice%E3%80%82gov.uk",
        "ho%EF%BD%8Deoffice.gov.uk",
        "homeoffice％２Ｅgov.uk",
        "100% sure: see\u{200b}homeoffice%2egov.uk",
        "a%40homeoffice%2egov.uk%20now",
        "https://street-health.example/?to=https%3A%2F%2Fwww.gov.uk%2F%2572eport-immigration-crime",
        "https://www.gov.uk/%2e%2e/report-immigration-crime%20now",
        "https://www.gov.uk/report-immigration-crime/../housing",
        "www.gov.uk/housing/www.gov.uk/../../report-immigration-crime",
        "hmpo.gov.uk",
        "paßport.service.gov.uk",
    ] {
        assert!(names(text).0, "{text:?}");
    }
}

#[test]
fn other_names_are_somebody_else() {
    for text in [
        "",
        "the Home Office",
        "homeoffice",
        "nothomeoffice.gov.uk",
        "not-homeoffice.gov.uk",
        "homeoffice.gov.uk.example.org",
        "homeoffice.gov.uk-example.org",
        "homeoffice.gov.ukx",
        "homeoffice.gov",
        "gov.uk",
        "www.gov.uk",
        "www.gov.uk/report-immigration-crime-statistics",
        "www.gov.uk/x/report-immigration-crime",
        "https://www.gov.uk/housing",
        "https://www.gov.uk/housing/../housing/a, https://www.gov.uk/x/..",
        "%6eothomeoffice%2egov%2euk",
        "homeoffice%2egov%2eukx",
        "100% of homeoffice%",
        "gsi.gov.uk",
        "1.5",
        "2026-11-21T10:00:00.000Z",
        "someone@riverside.example",
    ] {
        assert_eq!(names(text), (false, false), "{text:?}");
    }
    assert_eq!(names("someone@met.police.uk"), (false, true));
}

#[test]
fn what_is_below_a_wildcard_is_not_the_name_itself() {
    let names = |hosts: Vec<HostPattern>| {
        let mut system = SHIPPED.system(&SystemId::parse("home-office/network").unwrap()).unwrap().clone();
        system.hosts = hosts;
        Names::new([system].iter())
    };
    let below = names(vec![HostPattern::Below("x.example".into())]);
    assert_eq!(below.within("a@b.x.example").len(), 1);
    assert_eq!(below.within("a@x.example, .x.example").len(), 0);
    let address = |s: &str| HostPattern::Exact(Host::parse(s).unwrap());
    let addresses = names(vec![address("198.51.100.7"), address("[2001:db8::7]")]);
    for text in ["at 198.51.100.7.", "http://0xC6.51.100.7:80/", "[2001:DB8::7]", "[::ffff:198.51.100.7]", "3325256711"]
    {
        // Without a name there is no automaton.
        assert_eq!(addresses.within(text).len(), 1, "{text}");
    }
    assert_eq!(addresses.within("at 198.51.100.70 or 8").len(), 0);
    assert_eq!(names(vec![]).within("homeoffice.gov.uk").len(), 0);
}

/// However often a host stands in a text, what follows it is read about once.
#[test]
fn paths_within_paths_are_not_read_again_and_again() {
    let read = |text: &str| {
        let (folded, mut found) = (Folded::new(text), BTreeSet::new());
        (SHIPPED.names.read(&folded, &mut found), !found.is_empty())
    };
    for n in [10, 1_000, 20_000] {
        let text = "www.gov.uk/".repeat(n);
        assert!(read(&text).0 <= path::allowed(text.len()), "{n}");
        // What was not read to its end may lead anywhere.
        assert_eq!(read(&text).1, n > 10, "{n}");
        let apart = "https://www.gov.uk/housing/a ".repeat(n);
        let (bytes, found) = read(&apart);
        assert!(bytes <= apart.len() && !found, "{n}: {bytes}");
    }
    for n in [1, 150, 2_000] {
        let dots = "x/../".repeat(n);
        assert!(read(&format!("https://www.gov.uk/{dots}report-immigration-crime")).1, "{n}");
        assert!(!read(&format!("https://www.gov.uk/{dots}housing")).1, "{n}");
    }
}

/// A name of a root as somebody might spell it.
fn spelled() -> impl Strategy<Value = String> {
    let name = proptest::sample::select(vec![
        "homeoffice.gov.uk",
        "fed.homeoffice.gov.uk",
        "ukba.gsi.gov.uk",
        "visas-immigration.service.gov.uk",
        "immigrationfacts.campaign.gov.uk",
        "www.gov.uk/report-immigration-crime",
    ]);
    (name, proptest::collection::vec((any::<u8>(), any::<bool>()), 64)).prop_map(|(name, how)| {
        let mut text = String::new();
        for (c, (n, extra)) in name.chars().zip(how) {
            if extra && n % 3 == 0 {
                text.push(
                    ['\u{200b}', '\u{ad}', '\u{200d}', '\u{2060}', '\u{fe0f}', '\n', '\t', '\u{202e}'][n as usize % 8],
                );
            }
            match (c, n % 4) {
                ('.', 0) => text.push('。'),
                ('.', 1) => text.push('．'),
                ('.', 2) => text.push('｡'),
                (c, 0) if c.is_ascii_graphic() => text.extend(char::from_u32(c as u32 + 0xFEE0)),
                (c, 1) => text.extend(c.to_uppercase()),
                (c, _) if n > 200 => text.push_str(&format!("%{:02x}", c as u32)),
                (c, _) if n > 150 => text.push_str(&format!("%25{:02X}", c as u32)),
                (c, _) => text.push(c),
            }
        }
        text
    })
}

proptest! {
    #[test]
    fn no_spelling_is_missed(name in spelled(), before in "(\\PC{0,20}[ @/<(\"'.,:=é。\u{200b}])?", after in "([ /,>)\"';:?!é\u{200b}]\\PC{0,20})?") {
        let text = format!("{before}{name}{after}");
        prop_assert!(names(&text).0, "{:?}", text);
    }

    #[test]
    fn nothing_makes_it_panic(text in "\\PC{0,60}|(homeoffice\\.gov\\.uk|www\\.gov\\.uk|[-./%\\\\:@\u{200b}\n]|%2|[a-f0-9]){0,12}") {
        names(&text);
    }
}

//! Detectors beside a set of plain regular expressions of the same rules, by how much of the text is scanned.
//!
//! `cargo bench --bench detect`. The regular expressions are the shapes alone: no check digits, no cues, no folding, no
//! words; where the set matches, each expression that did is run for its places, as a set gives none.

use divan::{Bencher, black_box, counter::BytesCount};
use havengate::detect::{Cue, Detected, scan, worth_scanning};
use regex::{Regex, RegexSet};
use std::sync::LazyLock;

fn main() {
    divan::main();
}

/// Values as a case system sends them, some with a note, one in so many with an identifier or a place.
fn values(one_in: usize) -> Vec<String> {
    let words = [
        "accommodation",
        "support",
        "two",
        "temporary",
        "hostel",
        "shared",
        "single",
        "north",
        "urgent",
        "review",
        "needs",
        "any",
    ];
    let found = [
        "AB 12 34 56 C",
        "943 476 5919",
        "SW1A 1AA",
        "51.50799, -0.12797",
        "07700 900123",
        "TQ 30013 80445",
        "amina@example.org",
    ];
    let mut n = 0x5eed_usize;
    let mut below = |most: usize| {
        n = n.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (n >> 33) % most
    };
    (0..4000)
        .map(|i| {
            let count = if i % 7 == 0 { 40 } else { 3 };
            let mut text: Vec<&str> =
                (0..count).map(|_| words.get(below(words.len())).copied().unwrap_or_default()).collect();
            if i % one_in == one_in / 2 {
                text.push(found.get(below(found.len())).copied().unwrap_or_default());
            }
            match i % 5 {
                0 if i % 2 == 0 => "2026-11-21T09:12:00Z".to_owned(),
                _ => text.join(" "),
            }
        })
        .collect()
}

const RULES: &[&str] = &[
    r"(?i)\b[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z][ .-]?\d\d[ .-]?\d\d[ .-]?\d\d[ .-]?[A-D]\b",
    r"\b\d{3}[ -]?\d{3}[ -]?\d{4}\b",
    r"(?i)\b(?:[A-PR-UWYZ][A-HK-Y]?[0-9][0-9A-Z]?|GIR) ?[0-9][ABD-HJLNP-UW-Z]{2}\b",
    r"(?:\+44|0044|0)[ ()]*(?:7\d{3}|1\d{2,3}|2\d)[ )-]*\d{3,4}[ -]?\d{3,4}\b",
    r"[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}",
    r"[-+]?\d{1,2}\.\d{3,}\s*[, ]\s*[-+]?\d{1,3}\.\d{3,}",
    r#"\d{1,3}[°d ]\s?\d{1,2}['m ]\s?\d{1,2}(?:\.\d+)?["s]?\s*[NSEW]"#,
    r"\b[HJNOST][A-HJ-Z] ?\d{2,5} ?\d{2,5}\b",
    r"(?i)\bGB\d{2} ?[A-Z]{4}(?: ?\d){14}\b",
    r"\b3434[ -]?\d{4}[ -]?\d{4}[ -]?\d{4}\b",
    r"(?i)\bGWF[ -]?\d{9}\b",
    r"\b[RZ][A-Z][X0-9]\d{6}\b",
    r"(?i)\b[A-Z9]{5}\d[0156]\d[0-3]\d{2}[A-Z9]{2}[A-Z0-9][A-Z]{2}\b",
    r"\b[A-Z]{2}\d{2} ?[A-Z]{3}\b",
    r"\b\d{15}\b",
    r"\b(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}\b",
    r"\b(?:\d{1,3}\.){3}\d{1,3}\b",
    r"///[a-z]{3,}\.[a-z]{3,}\.[a-z]{3,}",
    r"\b[23456789CFGHJMPQRVWX]{8}\+[23456789CFGHJMPQRVWX]{2,3}\b",
    r"\b\d{1,2}[C-X] ?[A-Z]{2} ?\d{4,10}\b",
    r"(?i)(?:POINT|LINESTRING|POLYGON)\s*\(",
    r"https?://(?:maps\.app\.goo\.gl|goo\.gl/maps|w3w\.co|what3words\.com|plus\.codes|geohash\.org)/\S+",
    r"(?i)\b(?:sleeping|bedded|tent|camped)\b.{0,60}\b(?:doorway|bridge|park|canal|underpass|bench)\b",
    r"(?i)\b(?:chain|home office|ho ref|arc|nass|share code|passport|uprn|dob|born)\b.{0,20}\d{2,}",
];

static SET: LazyLock<Option<(RegexSet, Vec<Regex>)>> =
    LazyLock::new(|| Some((RegexSet::new(RULES).ok()?, RULES.iter().filter_map(|r| Regex::new(r).ok()).collect())));

#[divan::bench(args = [10, 100, 100_000])]
fn detectors(bencher: Bencher, one_in: usize) {
    let values = values(one_in);
    let bytes: usize = values.iter().map(String::len).sum();
    bencher.counter(BytesCount::new(bytes)).bench_local(|| {
        let mut found: Vec<Detected> = Vec::new();
        for text in &values {
            if worth_scanning(text.as_bytes(), Cue::NONE) {
                scan(text, Cue::NONE, None, &mut found);
            }
        }
        black_box(found.len())
    });
}

/// Every value scanned, worth it or not.
#[divan::bench(args = [10, 100, 100_000])]
fn scan_alone(bencher: Bencher, one_in: usize) {
    let values = values(one_in);
    let bytes: usize = values.iter().map(String::len).sum();
    bencher.counter(BytesCount::new(bytes)).bench_local(|| {
        let mut found: Vec<Detected> = Vec::new();
        for text in &values {
            scan(text, Cue::NONE, None, &mut found);
        }
        black_box(found.len())
    });
}

#[divan::bench(args = [10, 100, 100_000])]
fn regex_set(bencher: Bencher, one_in: usize) {
    let values = values(one_in);
    let bytes: usize = values.iter().map(String::len).sum();
    let Some((set, each)) = SET.as_ref() else { return };
    bencher.counter(BytesCount::new(bytes)).bench_local(|| {
        let mut found = 0;
        for text in &values {
            for number in &set.matches(text) {
                found += each.get(number).map_or(0, |one| one.find_iter(text).count());
            }
        }
        black_box(found)
    });
}

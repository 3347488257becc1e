//! The XML kernel beside the route "quick-xml reads, drops, writes", on the same documents in one run.
//!
//! `cargo bench --bench xml` prints a table. Documents are made here, deterministically. A case has 20 elements: 13
//! leave, four are listed and withheld, three are listed nowhere. The other route drops by name and decides nothing, does
//! not join texts and keeps the sender's declarations: less than what is asked here. Times are of one thread; the best of
//! many rounds. `cargo bench --bench xml -- profile` runs the kernel alone 20 times, for callgrind; `profile
//! detect` with the detectors, `profile other` the other route.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a bench stops at the first surprise")]

#[path = "support/judge.rs"]
mod judge;

use havengate::{
    policy::{
        integration::{
            BodyRules, Denied, FieldRule, Format, Namespaces, RecordRules, RecordTarget, SubjectSource, Target,
            Unlisted, XmlFormat,
        },
        selector::{Matcher, Selector},
    },
    screen::{
        Person,
        body::{Limits, ScreenedBody},
        xml::XmlScreener,
    },
};
use judge::ByCategory;
use quick_xml::{Reader, Writer, events::Event};
use std::{
    collections::HashSet,
    hint::black_box,
    sync::Arc,
    time::{Duration, Instant},
};

/// As the gateway runs; both routes gain.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let rules = rules();
    let batch = corpus(100, false);
    let asked = |word: &str| std::env::args().any(|a| a == word);
    if asked("profile") {
        for _ in 0..20 {
            match asked("other") {
                true => drop(black_box(round_trip(&batch))),
                false => drop(black_box(kernel(&rules, &batch, asked("detect")))),
            }
        }
        return;
    }
    println!("| document | bytes | kernel MB/s | with detectors MB/s | quick-xml MB/s | ratio | with detectors |");
    println!("|---|---|---|---|---|---|---|");
    for (name, document) in [("4 KB", corpus(4, false)), ("batch", batch), ("batch, indented", corpus(85, true))] {
        check(&rules, &document);
        let kernel_time = best(|| drop(black_box(kernel(&rules, &document, false))));
        let detect_time = best(|| drop(black_box(kernel(&rules, &document, true))));
        let other_time = best(|| drop(black_box(round_trip(&document))));
        let rate = |t: Duration| document.len() as f64 / t.as_secs_f64() / 1e6;
        println!(
            "| {name} | {} | {:.0} | {:.0} | {:.0} | {:.2} | {:.2} |",
            document.len(),
            rate(kernel_time),
            rate(detect_time),
            rate(other_time),
            other_time.as_secs_f64() / kernel_time.as_secs_f64(),
            other_time.as_secs_f64() / detect_time.as_secs_f64(),
        );
    }
}

/// Both routes send the same elements.
fn check(rules: &Arc<BodyRules>, document: &[u8]) {
    let elements = |bytes: &[u8]| {
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        let parsed = roxmltree::Document::parse(&text).unwrap();
        let texts = |node: roxmltree::Node<'_, '_>| node.text().unwrap_or_default().trim().to_owned();
        let all = parsed.descendants().filter(|n| n.is_element());
        all.map(|n| (n.tag_name().name().to_owned(), texts(n))).collect::<Vec<_>>()
    };
    assert_eq!(elements(&kernel(rules, document, false).bytes), elements(&round_trip(document)));
}

fn best(mut run: impl FnMut()) -> Duration {
    let until = Instant::now() + Duration::from_secs(2);
    let mut best = Duration::MAX;
    while Instant::now() < until {
        for _ in 0..16 {
            let from = Instant::now();
            run();
            best = best.min(from.elapsed());
        }
    }
    best
}

const SENT: [&str; 13] = [
    "NeedType",
    "Bedrooms",
    "HouseholdSize",
    "Pets",
    "StepFree",
    "PreferredArea",
    "MoveBy",
    "Benefits",
    "SupportLevel",
    "Interpreter",
    "Worker",
    "CreatedAt",
    "UpdatedAt",
];
const WITHHELD: [&str; 4] = ["FirstName", "LastName", "DateOfBirth", "Phone"];
const UNLISTED: [&str; 3] = ["Nationality", "SleepSite", "CaseNotes"];
const HOUSING: &str = "urn:example:housing";

/// Screens, and looks at every finding as the record book does.
fn kernel(rules: &Arc<BodyRules>, document: &[u8], detects: bool) -> ScreenedBody {
    let limits = Limits { record: 1 << 20, depth: 64, members: 10_000, people: 10_000 };
    let mut judge = ByCategory::new(detects);
    let mut screener = XmlScreener::new(Arc::clone(rules), limits, Person::Unknown);
    screener.push(document, &mut judge).unwrap();
    let screened = screener.finish(&mut judge).unwrap();
    let mut values = 0;
    screened.each_finding(|found| values += found.count);
    black_box(values);
    screened
}

/// Reads events, leaves out what is not sent, writes the others.
fn round_trip(document: &[u8]) -> Vec<u8> {
    let kept: HashSet<String> = SENT.iter().chain(&["Cases", "Case"]).map(|n| format!("h:{n}")).collect();
    let mut reader = Reader::from_str(std::str::from_utf8(document).unwrap());
    reader.config_mut().trim_text(true);
    let mut writer = Writer::new(Vec::with_capacity(document.len()));
    let mut dropped = 0;
    loop {
        match reader.read_event().unwrap() {
            Event::Eof => return writer.into_inner(),
            Event::Start(tag) if dropped > 0 || !kept.contains(tag.name().as_ref()) => dropped += 1,
            Event::End(_) if dropped > 0 => dropped -= 1,
            _ if dropped > 0 => {}
            event => writer.write_event(event).unwrap(),
        }
    }
}

fn rule(path: &str, category: &str) -> Arc<FieldRule> {
    Arc::new(FieldRule {
        path: path.into(),
        category: category.parse().unwrap(),
        otherwise: None,
        only: false,
        denied: Denied::Strip,
        required: false,
        detected: havengate::policy::integration::Detected::Value,
        within: None,
        one_of: None,
    })
}

fn rules() -> Arc<BodyRules> {
    let namespaces = Namespaces::new(vec![("h".into(), HOUSING.into())]);
    let selector = |s: &str| Selector::xpath(s, &namespaces).unwrap();
    let sent = SENT.iter().map(|name| rule(&format!("h:{name}"), "hg:Operational"));
    let withheld = WITHHELD.iter().map(|name| rule(&format!("h:{name}"), "pd:Name"));
    let fields: Vec<_> = sent.chain(withheld).chain([rule("@ref", "hg:Operational")]).collect();
    let mut places: Vec<_> = (0u16..).zip(&fields).map(|(i, f)| (selector(&f.path), RecordTarget::Field(i))).collect();
    places.push((selector("@ref"), RecordTarget::Subject));
    let record = RecordRules {
        aggregate: None,
        key: None,
        choices: Vec::new(),
        subject: SubjectSource::Body("@ref".into()),
        fields,
        dependants: None,
        matcher: Matcher::compile(&places).unwrap(),
    };
    let document = [(selector("/h:Cases/h:Case"), Target::Record(0))];
    Arc::new(BodyRules {
        keys: havengate::policy::integration::Keys::default(),
        limit: None,
        media: "application/xml".to_owned(),
        format: Format::Xml(Arc::new(XmlFormat { namespaces: namespaces.clone(), action: None })),
        unlisted: Unlisted::Strip,
        envelope: vec![],
        records: vec![record],
        matcher: Matcher::compile(&document).unwrap(),
    })
}

/// A batch of cases, on one line or indented.
fn corpus(cases: usize, indented: bool) -> Vec<u8> {
    let mut random = Random(0x5eed);
    let (outer, inner) = if indented { ("\n  ", "\n    ") } else { ("", "") };
    let all: String = (0..cases).map(|_| case(&mut random, (outer, inner))).collect();
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?><h:Cases xmlns:h=\"{HOUSING}\">{all}</h:Cases>").into_bytes()
}

fn case(random: &mut Random, (outer, inner): (&str, &str)) -> String {
    let names = WITHHELD.iter().take(2).chain(&SENT).chain(&UNLISTED).chain(WITHHELD.iter().skip(2));
    let elements: String = names
        .enumerate()
        .map(|(i, name)| {
            let value = match (*name, i % 4) {
                ("CreatedAt" | "UpdatedAt", _) => format!("2026-11-{:02}T09:00:00Z", 1 + random.below(21)),
                ("DateOfBirth", _) => format!("19{:02}-04-1{}", 50 + random.below(50), random.below(10)),
                ("FirstName", _) => ["Amina", "José", "Grace", "Li"][random.below(4) as usize].to_owned(),
                ("LastName", _) => ["Yusuf", "O'Neill", "Okonkwo-Hill", "Park"][random.below(4) as usize].to_owned(),
                ("Phone", _) => format!("07700 900{:03}", random.below(1000)),
                ("CaseNotes", _) => random.words(7),
                (_, 0) => random.below(9).to_string(),
                _ => random.words(2 + i % 2),
            };
            format!("{inner}<h:{name}>{value}</h:{name}>")
        })
        .collect();
    format!("{outer}<h:Case ref=\"HG-{:08}\">{elements}{outer}</h:Case>", random.below(100_000_000))
}

/// SplitMix64: the same corpus on every machine.
struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % n
    }

    /// Words; about one text in twenty has an accent.
    fn words(&mut self, n: usize) -> String {
        const WORDS: [&str; 8] = ["accommodation", "support", "two", "hostel", "shared", "north", "urgent", "needs"];
        let mut words: Vec<&str> = (0..n).map(|_| WORDS[self.below(8) as usize]).collect();
        if self.below(20) == 0 {
            words.push("café");
        }
        words.join(" ")
    }
}

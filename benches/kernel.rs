//! The JSON kernel beside the route "serde_json parse, one walk, serialise", on the same documents in one run.
//!
//! `cargo bench --bench kernel` prints a table. Documents are made here, deterministically; their SHA-256 is
//! printed, so that two runs can be seen to have measured the same thing. A referral has 30 members: 20 leave,
//! five are listed and withheld, five are listed nowhere. Times are of one thread; the best of many rounds.
//! `cargo bench --bench kernel -- profile` runs the kernel alone on the largest document for five seconds.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a bench stops at the first surprise")]

use havengate::{
    flow::{Category, Form},
    policy::{
        integration::{
            BodyRules, Denied, Detected, FieldRule, Format, RecordRules, RecordTarget, SubjectSource, Target, Unlisted,
        },
        selector::{Matcher, Selector},
    },
    screen::{
        Judge, Person, Ruling,
        body::{Limits, ScreenedBody},
        json::JsonScreener,
    },
    verdict::{Code, Refusal},
};
use serde_json::Value;
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
    let batch = corpus(106);
    if std::env::args().any(|a| a == "profile") {
        let until = Instant::now() + Duration::from_secs(5);
        while Instant::now() < until {
            black_box(kernel(&rules, &batch));
        }
        return;
    }
    let sizes = [("1 KB", corpus(1)), ("4 KB", corpus(4)), ("95 KB", batch)];
    println!("| document | bytes | kernel MB/s | DOM route MB/s | ratio | kernel µs | sha256 of the document |");
    println!("|---|---|---|---|---|---|---|");
    for (name, document) in sizes {
        check(&rules, &document);
        let kernel_time = best(|| drop(black_box(kernel(&rules, &document))));
        let dom_time = best(|| drop(black_box(dom(&document))));
        let rate = |t: Duration| document.len() as f64 / t.as_secs_f64() / 1e6;
        println!(
            "| {name} | {} | {:.0} | {:.0} | {:.1} | {:.1} | {} |",
            document.len(),
            rate(kernel_time),
            rate(dom_time),
            dom_time.as_secs_f64() / kernel_time.as_secs_f64(),
            kernel_time.as_secs_f64() * 1e6,
            hex(&document),
        );
    }
}

/// Both routes send the same members.
fn check(rules: &Arc<BodyRules>, document: &[u8]) {
    let ours: Value = serde_json::from_slice(&kernel(rules, document).bytes).unwrap();
    let theirs: Value = serde_json::from_slice(&dom(document)).unwrap();
    assert_eq!(ours, theirs);
}

fn best(mut run: impl FnMut()) -> Duration {
    let until = Instant::now() + Duration::from_secs(3);
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

fn hex(document: &[u8]) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, document);
    digest.as_ref().iter().map(|b| format!("{b:02x}")).collect()
}

const SENT: [&str; 20] = [
    "ref",
    "needType",
    "bedrooms",
    "householdSize",
    "pets",
    "stepFree",
    "groundFloor",
    "preferredArea",
    "moveBy",
    "tenancyHistory",
    "benefitsClaimed",
    "incomeBand",
    "supportLevel",
    "riskAssessed",
    "interpreter",
    "contactDays",
    "worker",
    "team",
    "createdAt",
    "updatedAt",
];
const WITHHELD: [&str; 5] = ["firstName", "lastName", "dateOfBirth", "phone", "postcode"];
const UNLISTED: [&str; 5] = ["nationality", "sleepSite", "chainNumber", "homeOfficeRef", "caseNotes"];

/// Screens, and looks at every finding as the record book does.
fn kernel(rules: &Arc<BodyRules>, document: &[u8]) -> ScreenedBody {
    let limits = Limits { record: 1 << 20, depth: 64, members: 10_000, people: 10_000 };
    let mut judge = ByCategory { refusal: Arc::new(Refusal::plain(Code::ConsentMissing, "no consent")) };
    let mut screener = JsonScreener::new(Arc::clone(rules), limits, Person::Unknown);
    screener.push(document, &mut judge).unwrap();
    let screened = screener.finish(&mut judge).unwrap();
    let mut values = 0;
    screened.each_finding(|found| values += found.count);
    black_box(values);
    screened
}

fn dom(document: &[u8]) -> Vec<u8> {
    let allowed: HashSet<&str> = SENT.into_iter().collect();
    let mut value: Value = serde_json::from_slice(document).unwrap();
    if let Some(members) = value.as_object_mut() {
        members.retain(|name, _| name == "batchId" || name == "clients");
    }
    for client in value["clients"].as_array_mut().unwrap() {
        client.as_object_mut().unwrap().retain(|name, _| allowed.contains(name.as_str()));
    }
    serde_json::to_vec(&value).unwrap()
}

struct ByCategory {
    refusal: Arc<Refusal>,
}

impl Judge for ByCategory {
    fn judge(&mut self, _: &Person, rule: &FieldRule) -> Ruling {
        match rule.category.as_str() {
            "hg:Operational" => Ruling::Send(Form::Raw),
            _ => Ruling::Withhold(Arc::clone(&self.refusal)),
        }
    }
    fn names(&mut self, _: Option<&FieldRule>, _: &str) -> Option<Arc<Refusal>> {
        None
    }
    fn reads_every(&self, _: &FieldRule) -> bool {
        false
    }
    fn detects(&self) -> bool {
        false
    }
    fn places(&self) -> Option<&havengate::detect::Places> {
        None
    }
    fn holds(&self, _: &FieldRule, _: &Category) -> bool {
        false
    }
    fn is_operational(&self, _: &FieldRule) -> bool {
        false
    }
    fn bytes(&self, _: &FieldRule) -> havengate::screen::Bytes {
        havengate::screen::Bytes::Other
    }
    fn known_by(&self, _: &FieldRule) -> havengate::screen::KnownBy {
        havengate::screen::KnownBy::Nothing
    }

    fn pseudonym(&self, _: &Category, _: &str) -> String {
        String::new()
    }
    fn today(&self) -> jiff::civil::Date {
        jiff::civil::date(2026, 11, 21)
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
        detected: Detected::Value,
        within: None,
        one_of: None,
    })
}

fn rules() -> Arc<BodyRules> {
    let selector = |s: &str| Selector::parse(s).unwrap();
    let fields: Vec<_> = SENT
        .iter()
        .map(|name| rule(&format!("$.{name}"), "hg:Operational"))
        .chain(WITHHELD.iter().map(|name| rule(&format!("$.{name}"), "pd:Name")))
        .collect();
    let mut places: Vec<_> = (0u16..).zip(&fields).map(|(i, f)| (selector(&f.path), RecordTarget::Field(i))).collect();
    places.push((selector("$.ref"), RecordTarget::Subject));
    let record = RecordRules {
        aggregate: None,
        key: None,
        choices: Vec::new(),
        subject: SubjectSource::Body("$.ref".into()),
        fields,
        dependants: None,
        matcher: Matcher::compile(&places).unwrap(),
    };
    let document = [(selector("$.batchId"), Target::Envelope(0)), (selector("$.clients[*]"), Target::Record(0))];
    Arc::new(BodyRules {
        limit: None,
        media: "application/json".to_owned(),
        format: Format::Json,
        unlisted: Unlisted::Strip,
        envelope: vec![rule("$.batchId", "hg:Operational")],
        records: vec![record],
        matcher: Matcher::compile(&document).unwrap(),
    })
}

/// A batch of referrals, as a case system writes it: compact, members in one order.
fn corpus(records: usize) -> Vec<u8> {
    let mut random = Random(0x5eed);
    let clients: Vec<String> = (0..records).map(|_| client(&mut random)).collect();
    format!("{{\"batchId\":\"2026-11-21-01\",\"clients\":[{}]}}", clients.join(",")).into_bytes()
}

fn client(random: &mut Random) -> String {
    let mut members = Vec::new();
    let all = WITHHELD.iter().take(2).chain(&SENT).chain(&UNLISTED).chain(WITHHELD.iter().skip(2));
    for (i, name) in all.enumerate() {
        let value = match (*name, i % 5) {
            ("ref", _) => format!("\"HG-{:08}\"", random.below(100_000_000)),
            ("createdAt" | "updatedAt", _) => {
                format!("\"2026-11-{:02}T09:{:02}:00Z\"", 1 + random.below(21), random.below(60))
            }
            ("dateOfBirth", _) => {
                format!("\"19{:02}-0{}-1{}\"", 50 + random.below(50), 1 + random.below(9), random.below(10))
            }
            ("caseNotes", _) => format!("\"{}\"", random.words(7)),
            (_, 0) => random.below(9).to_string(),
            (_, 1) => ["true", "false", "null"][random.below(3) as usize].to_owned(),
            _ => format!("\"{}\"", random.words(2 + i % 2)),
        };
        members.push(format!("\"{name}\":{value}"));
    }
    format!("{{{}}}", members.join(","))
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

    /// Words; about one string in twenty has an accent or an escape.
    fn words(&mut self, n: usize) -> String {
        const WORDS: [&str; 12] = [
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
        let mut words: Vec<&str> = (0..n).map(|_| WORDS[self.below(12) as usize]).collect();
        match self.below(40) {
            0 => words.push("café"),
            1 => words.push("\\\"noted\\\""),
            _ => {}
        }
        words.join(" ")
    }
}

//! The JSON kernel, without and with the detectors, beside the routes "parse to a tree, one walk, serialise" of
//! serde_json, sonic-rs and simd-json, on the same documents in one run.
//!
//! `cargo bench --bench kernel` prints a table. Documents are made here, deterministically; their SHA-256 is
//! printed, so that two runs can be seen to have measured the same thing. A referral has 30 members: 20 leave,
//! five are listed and withheld, five are listed nowhere. Times are of one thread; the best of many rounds.
//! `cargo bench --bench kernel -- profile` runs the kernel alone on the largest document 20 times, for callgrind, or as
//! often as a number says; `profile detect` with the detectors.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a bench stops at the first surprise")]

#[path = "support/judge.rs"]
mod judge;

use havengate::{
    policy::{
        integration::{
            BodyRules, Denied, Detected, FieldRule, Format, RecordRules, RecordTarget, SubjectSource, Target, Unlisted,
        },
        selector::{Matcher, Selector},
    },
    screen::{
        Person,
        body::{Limits, ScreenedBody},
        json::JsonScreener,
    },
};
use judge::ByCategory;
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
    let asked = |word: &str| std::env::args().any(|a| a == word);
    if asked("profile") {
        // So many rounds and no more: instructions are counted, not seconds.
        let rounds = std::env::args().find_map(|a| a.parse().ok()).unwrap_or(20);
        for _ in 0..rounds {
            black_box(kernel(&rules, &batch, asked("detect")));
        }
        return;
    }
    let sizes = [("95 KB", batch), ("4 KB", corpus(4)), ("1 KB", corpus(1))];
    println!("| document | bytes | route | MB/s | µs | x serde_json |");
    println!("|---|---|---|---|---|---|");
    for (name, document) in &sizes {
        check(&rules, document);
        let mut routes: [Route<'_>; 5] = [
            ("serde_json DOM", Box::new(|| drop(black_box(dom(document))))),
            ("kernel, detectors off", Box::new(|| drop(black_box(kernel(&rules, document, false))))),
            ("kernel, detectors on", Box::new(|| drop(black_box(kernel(&rules, document, true))))),
            ("sonic-rs DOM", Box::new(|| drop(black_box(sonic(document))))),
            ("simd-json DOM", Box::new(|| drop(black_box(simd(document))))),
        ];
        let times = best(&mut routes);
        for ((route, _), time) in routes.iter().zip(&times) {
            let rate = document.len() as f64 / time.as_secs_f64() / 1e6;
            let (micros, ratio) = (time.as_secs_f64() * 1e6, times[0].as_secs_f64() / time.as_secs_f64());
            println!("| {name} | {} | {route} | {rate:.0} | {micros:.1} | {ratio:.2} |", document.len());
        }
    }
    for (name, document) in sizes {
        println!("{name}: sha256 {}", hex(&document));
    }
}

/// A way to do it, and what it is called.
type Route<'a> = (&'static str, Box<dyn FnMut() + 'a>);

/// All routes send the same members: nothing is to be found in what leaves of these documents but what the rules name.
fn check(rules: &Arc<BodyRules>, document: &[u8]) {
    let read = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).unwrap();
    let ours = read(&kernel(rules, document, false).bytes);
    assert_eq!(ours, read(&dom(document)));
    assert_eq!(ours, read(&sonic(document)));
    assert_eq!(ours, read(&simd(document)));
    assert_eq!(ours, read(&kernel(rules, document, true).bytes));
}

/// The best time of each, in turns, so that what else the machine does falls on all of them.
fn best(routes: &mut [Route<'_>]) -> Vec<Duration> {
    let until = Instant::now() + Duration::from_secs(8);
    let mut best = vec![Duration::MAX; routes.len()];
    while Instant::now() < until {
        for ((_, run), best) in routes.iter_mut().zip(&mut best) {
            for _ in 0..16 {
                let from = Instant::now();
                run();
                *best = (*best).min(from.elapsed());
            }
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
const WITHHELD: [(&str, &str); 5] = [
    ("firstName", "pd:Name"),
    ("lastName", "pd:Name"),
    ("dateOfBirth", "pd:BirthDate"),
    ("phone", "pd:TelephoneNumber"),
    ("postcode", "pd:PostalCode"),
];
const UNLISTED: [&str; 5] = ["nationality", "sleepSite", "chainNumber", "homeOfficeRef", "caseNotes"];

/// Screens, and looks at every finding as the record book does.
fn kernel(rules: &Arc<BodyRules>, document: &[u8], detects: bool) -> ScreenedBody {
    let limits = Limits { record: 1 << 20, depth: 64, members: 10_000, people: 10_000 };
    let mut judge = ByCategory::new(detects);
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

/// [`dom`], by sonic-rs.
fn sonic(document: &[u8]) -> Vec<u8> {
    use sonic_rs::JsonValueMutTrait as _;
    let allowed: HashSet<&str> = SENT.into_iter().collect();
    let keep = |object: &mut sonic_rs::Object, kept: &dyn Fn(&str) -> bool| {
        let gone: Vec<String> = object.iter().map(|(name, _)| name.to_owned()).filter(|name| !kept(name)).collect();
        for name in gone {
            object.remove(&name);
        }
    };
    let mut value: sonic_rs::Value = sonic_rs::from_slice(document).unwrap();
    if let Some(members) = value.as_object_mut() {
        keep(members, &|name| name == "batchId" || name == "clients");
    }
    for client in value["clients"].as_array_mut().unwrap().iter_mut() {
        keep(client.as_object_mut().unwrap(), &|name| allowed.contains(name));
    }
    sonic_rs::to_vec(&value).unwrap()
}

/// [`dom`], by simd-json's borrowed values; it reads in place, so that a copy belongs to it.
fn simd(document: &[u8]) -> Vec<u8> {
    use simd_json::prelude::{ValueAsMutArray as _, ValueAsMutObject as _, Writable as _};
    let allowed: HashSet<&str> = SENT.into_iter().collect();
    let mut copy = document.to_vec();
    let mut value = simd_json::to_borrowed_value(&mut copy).unwrap();
    let members = value.as_object_mut().unwrap();
    members.retain(|name, _| name == "batchId" || name == "clients");
    for client in members.get_mut("clients").unwrap().as_array_mut().unwrap() {
        client.as_object_mut().unwrap().retain(|name, _| allowed.contains(name.as_ref()));
    }
    let mut out = Vec::with_capacity(document.len());
    value.write(&mut out).unwrap();
    out
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
        .chain(WITHHELD.iter().map(|(name, category)| rule(&format!("$.{name}"), category)))
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
        keys: havengate::policy::integration::Keys::default(),
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
    let withheld = || WITHHELD.iter().map(|(name, _)| name);
    let all = withheld().take(2).chain(&SENT).chain(&UNLISTED).chain(withheld().skip(2));
    for (i, name) in all.enumerate() {
        let value = match (*name, i % 5) {
            ("ref", _) => format!("\"HG-{:08}\"", random.below(100_000_000)),
            ("createdAt" | "updatedAt", _) => {
                format!("\"2026-11-{:02}T09:{:02}:00Z\"", 1 + random.below(21), random.below(60))
            }
            ("dateOfBirth", _) => {
                format!("\"19{:02}-0{}-1{}\"", 50 + random.below(50), 1 + random.below(9), random.below(10))
            }
            ("firstName", _) => format!("\"{}\"", FIRST[random.below(8) as usize]),
            ("lastName", _) => format!("\"{}\"", LAST[random.below(8) as usize]),
            ("phone", _) => format!("\"07700 900{:03}\"", random.below(1000)),
            ("postcode", _) => format!("\"SE{} {}AB\"", 1 + random.below(28), random.below(10)),
            ("caseNotes", _) => format!("\"{}\"", random.words(7)),
            (_, 0) => random.below(9).to_string(),
            (_, 1) => ["true", "false", "null"][random.below(3) as usize].to_owned(),
            _ => format!("\"{}\"", random.words(2 + i % 2)),
        };
        members.push(format!("\"{name}\":{value}"));
    }
    format!("{{{}}}", members.join(","))
}

const FIRST: [&str; 8] = ["Amina", "Oluwaseun", "José", "Grace", "Tomasz", "Siân", "Li", "Rose"];
const LAST: [&str; 8] = ["Yusuf", "O'Neill", "Okonkwo-Hill", "Park", "Nowak", "White", "Chen", "Begum"];

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

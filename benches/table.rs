//! The table kernel beside the csv crate's route "read each row, empty what may not leave, write it", on the same
//! tables in one run.
//!
//! `cargo bench --bench table` prints a table. Documents are made here, deterministically, in the shape of HMIS CSV's
//! Client.csv: 38 columns, mostly short or empty; 20 leave, four are listed and withheld, 14 are listed nowhere. Times
//! are of one thread; the best of many rounds. The csv route neither checks UTF-8 nor judges: it knows beforehand which
//! columns leave.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a bench stops at the first surprise")]

#[path = "support/judge.rs"]
mod judge;

use havengate::{
    flow::Category,
    policy::{
        integration::{
            BodyRules, Denied, Dialect, FieldRule, Format, RecordRules, RecordTarget, SubjectSource, Target, Unlisted,
        },
        selector::{Matcher, Selector},
    },
    screen::{
        Person,
        body::{BodyScreener, Limits},
    },
};
use judge::ByCategory;
use std::{
    hint::black_box,
    sync::Arc,
    time::{Duration, Instant},
};

/// As the gateway runs; both routes gain.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const COLUMNS: usize = 38;
const SENT: std::ops::Range<usize> = 10..30;
const WITHHELD: std::ops::Range<usize> = 1..5;

fn main() {
    let rules = rules();
    let large = corpus(16_000);
    let asked = |word: &str| std::env::args().any(|a| a == word);
    if asked("profile") {
        let rows = corpus(1000);
        for _ in 0..5 {
            black_box(kernel(&rules, &rows, asked("detect")));
        }
        return;
    }
    println!("| document | bytes | kernel MB/s | with detectors MB/s | csv route MB/s | ratio | with detectors |");
    println!("|---|---|---|---|---|---|---|");
    for (name, document) in [("20 rows", corpus(20)), ("1,000 rows", corpus(1000)), ("16,000 rows", large)] {
        check(&rules, &document);
        let kernel_time = best(|| drop(black_box(kernel(&rules, &document, false))));
        let detect_time = best(|| drop(black_box(kernel(&rules, &document, true))));
        let csv_time = best(|| drop(black_box(csv_route(&document))));
        let rate = |t: Duration| document.len() as f64 / t.as_secs_f64() / 1e6;
        let ratio = |time: Duration| csv_time.as_secs_f64() / time.as_secs_f64();
        println!(
            "| {name} | {} | {:.0} | {:.0} | {:.0} | {:.2} | {:.2} |",
            document.len(),
            rate(kernel_time),
            rate(detect_time),
            rate(csv_time),
            ratio(kernel_time),
            ratio(detect_time),
        );
    }
}

/// Both routes let the same cells leave.
fn check(rules: &Arc<BodyRules>, document: &[u8]) {
    let read = |table: &[u8]| csv::Reader::from_reader(table).records().collect::<Result<Vec<_>, _>>().unwrap();
    assert_eq!(read(&kernel(rules, document, false)), read(&csv_route(document)));
}

fn best(mut round: impl FnMut()) -> Duration {
    let until = Instant::now() + Duration::from_millis(1500);
    let mut best = Duration::MAX;
    while Instant::now() < until {
        let begun = Instant::now();
        round();
        best = best.min(begun.elapsed());
    }
    best
}

fn kernel(rules: &Arc<BodyRules>, document: &[u8], detects: bool) -> Vec<u8> {
    let mut judge = ByCategory::new(detects);
    let limits = Limits { record: 1 << 20, depth: 64, members: 10_000, people: 100_000 };
    let mut screener = BodyScreener::new(Arc::clone(rules), limits, Person::Unknown);
    for piece in document.chunks(64 << 10) {
        screener.push(piece, &mut judge).unwrap();
    }
    screener.finish(&mut judge).unwrap().bytes
}

fn csv_route(document: &[u8]) -> Vec<u8> {
    let mut reader = csv::Reader::from_reader(document);
    let mut writer = csv::Writer::from_writer(Vec::with_capacity(document.len()));
    writer.write_byte_record(reader.byte_headers().unwrap()).unwrap();
    let mut row = csv::ByteRecord::new();
    while reader.read_byte_record(&mut row).unwrap() {
        let cells = row.iter().enumerate().map(|(i, cell)| if SENT.contains(&i) { cell } else { b"" });
        writer.write_record(cells).unwrap();
    }
    writer.into_inner().unwrap()
}

fn name(column: usize) -> String {
    format!("Column{column}")
}

fn rules() -> Arc<BodyRules> {
    let rule = |column: usize, category: &str| {
        Arc::new(FieldRule {
            path: name(column).into(),
            category: Category::parse(category).unwrap(),
            otherwise: None,
            only: false,
            denied: Denied::Strip,
            required: false,
            detected: havengate::policy::integration::Detected::Value,
            within: None,
            one_of: None,
        })
    };
    let sent = SENT.map(|column| rule(column, "hg:Operational"));
    let fields: Vec<_> = sent.chain(WITHHELD.map(|column| rule(column, "pd:Name"))).collect();
    let mut places: Vec<_> =
        (0u16..).zip(&fields).map(|(i, f)| (Selector::name(&f.path), RecordTarget::Field(i))).collect();
    places.push((Selector::name(&name(0)), RecordTarget::Subject));
    let record = RecordRules {
        aggregate: None,
        key: None,
        choices: Vec::new(),
        subject: SubjectSource::Body(name(0).into()),
        fields,
        dependants: None,
        matcher: Matcher::compile(&places).unwrap(),
    };
    let columns = (0..COLUMNS).map(|column| name(column).into()).collect();
    Arc::new(BodyRules {
        keys: havengate::policy::integration::Keys::default(),
        limit: None,
        media: "text/csv".to_owned(),
        format: Format::Table(Dialect { columns, ..Dialect::csv() }),
        unlisted: Unlisted::Strip,
        envelope: vec![],
        records: vec![record],
        matcher: Matcher::compile(&[(Selector::root(), Target::Record(0))]).unwrap(),
    })
}

/// Rows as a case system exports them: one cell in four empty, one text in twenty quoted.
fn corpus(rows: usize) -> Vec<u8> {
    let mut seed = 0x5eed_u64;
    let mut below = |n: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % n
    };
    let mut text = (0..COLUMNS).map(name).collect::<Vec<_>>().join(",");
    text.push('\n');
    for row in 0..rows {
        let cells = (0..COLUMNS).map(|column| match (column, below(20)) {
            (0, _) => format!("HG-{row:08}"),
            (1..5, 0..15) => {
                ["Amina", "O'Neill", "José", "Okonkwo-Hill", "Grace", "Park"][below(6) as usize].to_owned()
            }
            (1..5, _) => String::new(),
            (_, 0..5) => String::new(),
            (_, 5..14) => below(100).to_string(),
            (_, 14) => format!("\"Said: \"\"{}\"\", then left\"", below(1000)),
            (_, 15..18) => format!("2026-11-{:02} 09:{:02}:00", 1 + below(21), below(60)),
            _ => ["temporary", "single room", "café", "needs review"][below(4) as usize].to_owned(),
        });
        text.push_str(&cells.collect::<Vec<_>>().join(","));
        text.push('\n');
    }
    text.into_bytes()
}

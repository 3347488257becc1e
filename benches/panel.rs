//! Pages at ten million decisions: each asked for through a socket, p50 and p95. Then the gateway's p99 while the panel
//! is busy, beside alone.
//!
//! `cargo bench --bench panel` prints both tables; `-- 100000` makes fewer decisions, `-- beside` prints only the second.
//! Entries are made here, deterministically: three years of twenty connections to thirty recipients. They go through
//! the panel's own adding up and not through a record book, which would take an hour. The aim: every page under 200 ms.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a bench stops at the first surprise"
)]

#[path = "panel/beside.rs"]
mod beside;
#[path = "exchange/body.rs"]
#[allow(dead_code, reason = "the exchange's bench uses all of it")]
mod body;
#[path = "support/disk.rs"]
mod disk;
#[path = "exchange/home.rs"]
#[allow(dead_code, reason = "the exchange's bench uses all of it")]
mod home;
#[path = "exchange/load.rs"]
#[allow(dead_code, reason = "the exchange's bench uses all of it")]
mod load;
#[path = "exchange/process.rs"]
#[allow(dead_code, reason = "the exchange's bench uses all of it")]
mod process;
#[path = "exchange/recipient.rs"]
mod recipient;

use havengate::{
    config::Config,
    flow::{Act, Clause, Code, DecisionId, Group},
    ledger::{Change, Entry, Leaf, Ledger, Opening, Tx, leaf::Kind},
    metrics::Metrics,
    panel::{
        Panel,
        access::session,
        figures::Making,
        start::{Given, start},
    },
    policy::{Policy, shipped},
};
use jiff::{ToSpan as _, civil::Date};
use std::{
    io::{Read as _, Write as _},
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

/// As the gateway runs.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const DAYS: u64 = 3 * 365;
const CONNECTIONS: u64 = 20;
const RECIPIENTS: u64 = 30;
/// Entries of one transaction, as many as the record book gives at once.
const BATCH: u64 = 500;
const ROUNDS: usize = 60;
const LAST: Date = jiff::civil::date(2026, 11, 20);
const PAGES: [&str; 10] = [
    "/",
    "/stopped",
    "/stopped?month=2026",
    "/stopped/DATA-3",
    "/stopped/DATA-3?month=2026",
    "/stopped/DATA-3?month=2026-10&recipient=recipient-7/system",
    "/left",
    "/left?month=2026",
    "/reports/2026-10",
    "/reports/2026",
];

fn main() {
    let decisions = std::env::args().find_map(|a| a.parse().ok()).unwrap_or(10_000_000);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    if !std::env::args().any(|a| a == "beside") {
        runtime.block_on(pages(decisions));
    }
    beside::compare(&runtime);
}

async fn pages(decisions: u64) {
    let home = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let text =
        "[gateway]\nname = \"bench\"\n[panel]\nlisten = \"127.0.0.1:0\"\nurl = \"http://127.0.0.1\"\nclients = 400\n";
    let config = Config::parse(text, &home.path().join("havengate.toml"), []).unwrap();
    let mut opening = Opening::new("bench");
    opening.clock = Arc::new(|| LAST.at(10, 0, 0, 0).in_tz("UTC").unwrap().timestamp());
    Ledger::create(&config.ledger, &opening).unwrap();
    let ledger = Arc::new(Ledger::open(&config.ledger, opening).unwrap());
    let sources = shipped::sources();
    let policy = Arc::new(Policy::compile(&sources).unwrap());
    let mut leaf = Leaf::new(Kind::PolicyActivated);
    leaf.policy = Some(policy.hash);
    let activate = Change::ActivatePolicy { hash: policy.hash, sources: serde_json::to_string(&sources.0).unwrap() };
    ledger.append(Tx { asserts: vec![], leaf, detail: vec![], changes: vec![activate] }).await.unwrap();
    let metrics = Arc::new(Metrics::new().unwrap());
    let hash = policy.hash.to_string();
    let given = Given { ledger, policy: Arc::new(move || Arc::clone(&policy)), metrics, tls: None, dial: None };
    let running = start(&config, given).await.unwrap().unwrap();
    let begun = Instant::now();
    fill(running.panel(), decisions, &hash).await;
    let took = begun.elapsed().as_secs_f64();
    println!("{decisions} decisions added up in {took:.0} s, {:.0} a second", decisions as f64 / took);
    let cookie = sign_in(running.panel()).await;
    println!("| page | p50 ms | p95 ms |\n|---|---|---|");
    for page in PAGES {
        let (address, cookie) = (running.address(), cookie.clone());
        let times = tokio::task::spawn_blocking(move || measure(address, page, &cookie)).await.unwrap();
        let at = |percent: usize| times[times.len() * percent / 100].as_secs_f64() * 1e3;
        println!("| {page} | {:.1} | {:.1} |", at(50), at(95));
    }
    running.stop().await;
}

async fn fill(panel: &Panel, decisions: u64, policy: &str) {
    for batch in 0..decisions.div_ceil(BATCH) {
        let policy = policy.to_owned();
        let add = move |db: &rusqlite::Transaction<'_>| {
            let mut making = Making::new(db, policy.clone());
            for n in batch * BATCH..((batch + 1) * BATCH).min(decisions) {
                entries(n, decisions, &policy).iter().try_for_each(|entry| making.add(entry))?;
            }
            making.finish()
        };
        panel.store().write(add).await.unwrap();
    }
}

/// A decision and, where it was allowed, its outcome.
fn entries(n: u64, of: u64, policy: &str) -> Vec<Entry> {
    let dice = n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20;
    let day = LAST.saturating_sub(i32::try_from(DAYS - 1 - n * DAYS / of).unwrap().days());
    let id = DecisionId::from_bytes((u128::from(n) << 64).to_be_bytes());
    let connection = dice % CONNECTIONS;
    let recipient = (connection + dice / 64 % 3) % RECIPIENTS;
    let about = format!(
        r#""day":"{day}","decision":"{id}","destination":"recipient-{recipient}/system","gateway":"bench","integration":"connection-{connection}","operation":"refer","policy":"{policy}","type":"decision""#
    );
    let at = format!(r#"{{"act":"blocked","at":"{day}T{:02}:00:00Z","count":1}}"#, dice % 24);
    if dice.is_multiple_of(5) {
        // A clause has its codes.
        let (clause, code) = (pick(Clause::ALL, dice / 11), pick(Code::ALL, dice / 11 + dice / 7 % 2));
        let leaf = format!(r#"{{"boot":"b","clauses":["{clause}"],"code":"{code}","decided":"refused",{about}}}"#);
        return vec![Entry { index: n, leaf, detail: vec![at] }];
    }
    let groups: Vec<_> = (0..4)
        .map(|i| format!(r#"["{}","raw","{}",2]"#, pick(Group::ALL, dice / 13 + i), pick(Act::ALL, dice / 17 + i)))
        .collect();
    let leaf = format!(r#"{{"boot":"b","counts":[{}],"decided":"allowed",{about}}}"#, groups.join(","));
    let outcome = format!(r#"{{"day":"{day}","decision":"{id}","extra":{{"ended":"answered"}},"type":"outcome"}}"#);
    let entry = |leaf, detail| Entry { index: n, leaf, detail };
    vec![entry(leaf, vec![at]), entry(outcome, Vec::new())]
}

fn pick<T: Copy>(list: &[T], n: u64) -> T {
    list[usize::try_from(n).unwrap() % list.len()]
}

async fn sign_in(panel: &Panel) -> String {
    let account = "INSERT INTO accounts (id, name, role, created) VALUES ('a', 'A member', 'panel', 0)";
    panel.store().write(move |db| db.execute(account, [])).await.unwrap();
    let cookie = session::open(panel, "a".to_owned()).await.unwrap();
    cookie.split(';').next().unwrap().to_owned()
}

fn measure(address: SocketAddr, page: &str, cookie: &str) -> Vec<Duration> {
    let mut times: Vec<_> = (0..ROUNDS)
        .map(|_| {
            let begun = Instant::now();
            let answer = get(address, page, cookie);
            assert!(answer.starts_with("HTTP/1.1 200"), "{page}: {answer}");
            begun.elapsed()
        })
        .collect();
    times.sort_unstable();
    times
}

#[expect(clippy::disallowed_methods, reason = "the bench is the browser")]
fn get(address: SocketAddr, page: &str, cookie: &str) -> String {
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    write!(stream, "GET {page} HTTP/1.1\r\nhost: 127.0.0.1\r\ncookie: {cookie}\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

//! A gibibyte through the real gateway: how much memory it takes beyond what the gateway has anyway, and how long.
//!
//! `cargo bench --bench size` starts `havengate run` in a temporary home, once for each kind of body, sends it a body of
//! so many records on loopback and reads the most memory that the process ever held from `/proc` (Linux). The recipient
//! counts and hashes what arrives, and both must be what the rules let leave. `-- 64` sends 64 MiB of each instead.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a bench that meets something unexpected stops there"
)]

#[path = "exchange/process.rs"]
#[allow(dead_code, reason = "the other bench that shares it needs more of it")]
mod process;

use aws_lc_rs::digest::{Context, SHA256};
use flate2::{Compression, write::GzEncoder};
use havengate::{config::Config, gate::keys, ledger::Ledger, ledger::Opening, policy::shipped};
use process::Process;
use std::{
    fs,
    io::{BufWriter, Read as _, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    path::Path,
    sync::mpsc::{Receiver, channel},
    time::{Duration, Instant},
};

/// Bytes beyond what the gateway holds anyway.
const TARGET: f64 = 64.0;

fn main() {
    let size = std::env::args().find_map(|a| a.parse::<u64>().ok()).unwrap_or(1024) << 20;
    println!("| body | MiB | packed MiB | idle MiB | peak MiB | more | seconds | MB/s |");
    println!("|---|---|---|---|---|---|---|---|");
    let over = [false, true].into_iter().flat_map(|packed| KINDS.iter().map(move |kind| (kind, packed)));
    for (kind, packed) in over.filter(|(kind, packed)| !packed || kind.name == "ndjson") {
        measure(kind, size, packed);
    }
}

/// A kind of body: what comes and, in the same places, what leaves.
struct Kind {
    name: &'static str,
    media: &'static str,
    head: [&'static str; 2],
    tail: &'static str,
    between: &'static str,
    record: fn(u64) -> [String; 2],
    rules: &'static str,
}

const NAMES: [&str; 5] = ["Amina Yusuf", "Tomasz Nowak", "Grace Okonkwo", "Li Chen", "Siobhan Kelly"];
const AREAS: [&str; 4] = ["north side", "near the market", "anywhere", "close to the school"];
const NOTE: &str = "a room on the ground floor with a door that locks, for two people and a dog; review in 3 weeks";

const fn of(list: &'static [&'static str], n: u64) -> &'static str {
    list[(n % list.len() as u64) as usize]
}

fn json(n: u64) -> [String; 2] {
    let rest = format!("\"beds\":{},\"area\":\"{}\",\"note\":\"{NOTE}\"}}", n % 7, of(&AREAS, n));
    [format!("{{\"name\":\"{}\",{rest}", of(&NAMES, n)), format!("{{{rest}")]
}

fn csv(n: u64) -> [String; 2] {
    let rest = format!(",{},{},\"{NOTE}, call\"\n", n % 7, of(&AREAS, n));
    [format!("{}{rest}", of(&NAMES, n)), rest]
}

fn xml(n: u64) -> [String; 2] {
    let rest = format!("<h:Beds>{}</h:Beds><h:Area>{}</h:Area><h:Note>{NOTE}</h:Note></h:Case>", n % 7, of(&AREAS, n));
    [format!("<h:Case><h:Name>{}</h:Name>{rest}", of(&NAMES, n)), format!("<h:Case>{rest}")]
}

const JSON: &str = "\"$.name\" = \"pd:Name\"\n\"$.beds\" = \"hg:HousingNeed\"\n\"$.area\" = \"hg:HousingNeed\"\n\
                    \"$.note\" = \"hg:HousingNeed\"\n";
const CSV: &str =
    "Name = \"pd:Name\"\nBeds = \"hg:HousingNeed\"\nArea = \"hg:HousingNeed\"\nNote = \"hg:HousingNeed\"\n";
const XML: &str = "\"h:Name\" = \"pd:Name\"\n\"h:Beds\" = \"hg:HousingNeed\"\n\"h:Area\" = \"hg:HousingNeed\"\n\
                   \"h:Note\" = \"hg:HousingNeed\"\n";
const CASES: &str = "<h:Cases xmlns:h=\"urn:example:housing\">";

const KINDS: [Kind; 4] = [
    Kind {
        name: "json",
        media: "application/json",
        head: ["[", "["],
        tail: "]",
        between: ",",
        record: json,
        rules: JSON,
    },
    Kind {
        name: "ndjson",
        media: "application/x-ndjson",
        head: ["", ""],
        tail: "\n",
        between: "\n",
        record: json,
        rules: JSON,
    },
    Kind {
        name: "csv",
        media: "text/csv",
        head: ["Name,Beds,Area,Note\n", "Name,Beds,Area,Note\n"],
        tail: "",
        between: "",
        record: csv,
        rules: CSV,
    },
    Kind {
        name: "xml",
        media: "application/xml",
        head: [CASES, CASES],
        tail: "</h:Cases>",
        between: "",
        record: xml,
        rules: XML,
    },
];

impl Kind {
    /// Writes a body of about so many bytes as it comes (0) or leaves (1), where coming it has so many.
    fn write(&self, records: u64, which: usize, to: &mut impl Write) {
        let mut put = |text: &str| to.write_all(text.as_bytes()).expect("somebody to read it");
        put(self.head[which]);
        for n in 0..records {
            if n > 0 {
                put(self.between);
            }
            put(&(self.record)(n)[which]);
        }
        put(self.tail);
    }

    fn operation(&self) -> String {
        let (name, media, rules) = (self.name, self.media, self.rules);
        let (more, select) = match name {
            "json" => ("", "select = \"$[*]\"\n"),
            "csv" => ("dialect = { columns = [\"Name\", \"Beds\", \"Area\", \"Note\"] }\n", ""),
            "xml" => ("namespaces = { h = \"urn:example:housing\" }\n", "select = \"/h:Cases/h:Case\"\n"),
            _ => ("", ""),
        };
        format!(
            "\n[[operation]]\nid = \"{name}\"\nmethod = \"POST\"\npath = \"/{name}\"\n\n[operation.body]\n\
             media = \"{media}\"\nunlisted = \"strip\"\nlimit = \"2GiB\"\n{more}\n[[operation.body.record]]\n{select}\
             \n[operation.body.record.fields]\n{rules}"
        )
    }
}

/// What is written is counted and hashed.
struct Tally {
    bytes: u64,
    hash: Context,
}

impl Write for Tally {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.bytes += bytes.len() as u64;
        self.hash.update(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Tally {
    fn new() -> Self {
        Self { bytes: 0, hash: Context::new(&SHA256) }
    }

    fn of(kind: &Kind, records: u64, which: usize) -> Received {
        let mut tally = BufWriter::with_capacity(1 << 20, Self::new());
        kind.write(records, which, &mut tally);
        tally.into_inner().ok().expect("everything counted").done()
    }

    fn done(self) -> Received {
        (self.bytes, self.hash.finish().as_ref().to_vec())
    }
}

/// How many bytes, and their SHA-256.
type Received = (u64, Vec<u8>);

fn measure(kind: &Kind, size: u64, packed: bool) {
    let (recipient, received) = recipient();
    let (home, address) = home(recipient);
    let gateway = Process::gateway(&home.path().join("havengate.toml"), address);
    let records = size / (kind.record)(0)[0].len() as u64;
    send(kind, 10, packed, address);
    assert_eq!(received.recv().expect("a small body"), Tally::of(kind, 10, 1));
    let (idle, _) = gateway.memory();
    let (coming, _) = Tally::of(kind, records, 0);
    let expected = Tally::of(kind, records, 1);
    let (took, length) = send(kind, records, packed, address);
    assert_eq!(received.recv().expect("the body"), expected, "{}", kind.name);
    let (peak, _) = gateway.memory();
    let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
    println!(
        "| {}{} | {:.0} | {:.0} | {idle:.1} | {peak:.1} | {:.1}{} | {:.1} | {:.0} |",
        kind.name,
        if packed { ", gzip" } else { "" },
        mib(coming),
        mib(length),
        peak - idle,
        if peak - idle > TARGET { " (over the target)" } else { "" },
        took.as_secs_f64(),
        coming as f64 / took.as_secs_f64() / 1e6,
    );
}

/// Sends a body and waits for the answer: how long that took, and how many bytes went.
fn send(kind: &Kind, records: u64, packed: bool, to: SocketAddr) -> (Duration, u64) {
    let pack = || {
        let mut to = BufWriter::with_capacity(1 << 20, GzEncoder::new(Vec::new(), Compression::fast()));
        kind.write(records, 0, &mut to);
        to.into_inner().expect("everything packed").finish().expect("a gzip stream")
    };
    let packed = packed.then(pack);
    let length = packed.as_ref().map_or_else(|| Tally::of(kind, records, 0).0, |bytes| bytes.len() as u64);
    #[expect(clippy::disallowed_methods, reason = "a bench calls its own gateway on loopback")]
    let stream = TcpStream::connect(to).expect("the gateway");
    let begun = Instant::now();
    let mut out = BufWriter::with_capacity(256 << 10, &stream);
    let coding = if packed.is_some() { "Content-Encoding: gzip\r\n" } else { "" };
    write!(
        out,
        "POST /size/{} HTTP/1.1\r\nHost: gateway\r\nContent-Type: {}\r\n{coding}Content-Length: {length}\r\n\
         Connection: close\r\n\r\n",
        kind.name, kind.media
    )
    .expect("a head");
    match packed {
        Some(bytes) => out.write_all(&bytes).expect("somebody to read it"),
        None => kind.write(records, 0, &mut out),
    }
    out.flush().expect("somebody to read it");
    let mut answer = String::new();
    (&stream).read_to_string(&mut answer).expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 200"), "{}: {answer}", kind.name);
    (begun.elapsed(), length)
}

/// Counts and hashes what arrives.
fn recipient() -> (SocketAddr, Receiver<Received>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let (tell, told) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let tell = tell.clone();
            std::thread::spawn(move || {
                while let Some(received) = receive(&stream) {
                    tell.send(received).expect("somebody who asks");
                    (&stream).write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").expect("somebody to read it");
                }
            });
        }
    });
    (address, told)
}

/// One request's body; only `Content-Length` is understood.
fn receive(mut stream: &TcpStream) -> Option<Received> {
    let mut buffer = vec![0; 256 << 10];
    let mut held = 0;
    let head = loop {
        if let Some(at) = buffer[..held].windows(4).position(|w| w == b"\r\n\r\n") {
            break at + 4;
        }
        match stream.read(&mut buffer[held..]) {
            Ok(n @ 1..) => held += n,
            _ => return None,
        }
    };
    let text = String::from_utf8_lossy(&buffer[..head]).to_ascii_lowercase();
    let length = text.lines().find_map(|line| line.strip_prefix("content-length:")).expect("a length");
    let length: u64 = length.trim().parse().expect("a length");
    let mut tally = Tally::new();
    tally.write_all(&buffer[head..held]).expect("counted");
    while tally.bytes < length {
        let n = stream.read(&mut buffer).ok().filter(|n| *n > 0).expect("the rest of the body");
        tally.write_all(&buffer[..n]).expect("counted");
    }
    Some(tally.done())
}

/// A gateway's home with a connection of one operation for each kind, and where it listens.
fn home(recipient: SocketAddr) -> (tempfile::TempDir, SocketAddr) {
    let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a directory");
    keys::create_dir(&directory.path().join("keys")).expect("keys");
    policies(&directory.path().join("policies"));
    let address = TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a port");
    let text = format!(
        "[gateway]\nname = \"bench\"\nlisten = [\"{address}\"]\n\n[gateway.resolve]\n\
         \"refer.bench.example\" = \"{recipient}\"\n\n[[caller]]\napp = \"bench\"\nloopback = true\n"
    );
    let file = directory.path().join("havengate.toml");
    fs::write(&file, &text).expect("a file");
    let config = Config::parse(&text, &file, []).expect("a configuration");
    Ledger::create(&config.ledger, &Opening::new("bench")).expect("a record book");
    (directory, address)
}

fn policies(to: &Path) {
    let mut sources = shipped::sources();
    // Others' secrets are not in this home.
    sources.0.retain(|name, _| !name.starts_with("integrations/"));
    let (before, after) = (days_from_now(-30), days_from_now(300));
    let organisations = format!(
        "{}\n[[organisation]]\nid = \"bench-council\"\nname = \"Bench (example)\"\n[[organisation.system]]\n\
         id = \"bench-council/referrals\"\nkind = \"housing\"\nhosts = [\"refer.bench.example\"]\n\
         assessed = {{ on = {before}, until = {after}, by = \"panel\", reason = \"invented for the bench\" }}\n\
         undertaking = {{ sha256 = \"{}\", role = \"Head of Housing\", signed = {before}, expires = {after}, \
         except_required_by_law = true, tells_us_first = true }}\n",
        sources.get("organisations.toml").unwrap_or_default(),
        "b9d4163a4537b9a5".repeat(4)
    );
    sources.insert("organisations.toml", organisations);
    let operations: String = KINDS.iter().map(Kind::operation).collect();
    let connection = format!(
        "id = \"size\"\napp = \"bench\"\ndestination = \"bench-council/referrals\"\n\
         upstream = \"http://refer.bench.example\"\nplain_http = \"a bench on this machine\"\n\
         route = {{ prefix = \"/size\" }}\npurpose = \"accommodation\"\n{operations}"
    );
    sources.insert("integrations/size.toml", connection);
    for (name, text) in sources.0 {
        let file = to.join(name);
        fs::create_dir_all(file.parent().expect("a directory")).expect("a directory");
        fs::write(file, text).expect("a file");
    }
}

fn days_from_now(days: i32) -> jiff::civil::Date {
    use jiff::ToSpan as _;
    let today = jiff::Timestamp::now().in_tz("Europe/London").expect("a time zone").date();
    today.saturating_add(days.days())
}

//! Who may know whom, and who may touch sockets, files, a clock or randomness (design section 3).

use crate::paths::{code, paths};

/// A line and what is wrong with it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Finding(pub(crate) usize, pub(crate) String);

/// Which rooms a room may know. `a::B` is one name of a room and nothing else of it.
const KNOWS: &[(&str, &[&str])] = &[
    ("flow", &[]),
    ("detect", &[]),
    ("policy", &["flow", "detect"]),
    // Nouns only: the facts the charter is asked with, which policy is active.
    ("consent", &["flow", "policy::charter::Advice", "policy::PolicyHash"]),
    ("verdict", &["policy", "consent", "detect", "flow"]),
    ("screen", &["verdict", "policy", "detect", "flow"]),
    ("ledger", &["verdict", "consent", "flow", "policy::PolicyHash"]),
    ("config", &["flow"]),
    ("hardening", &[]),
    ("log", &["config", "flow", "verdict"]),
    ("metrics", &["flow", "log", "policy", "verdict"]),
    ("gate", &["flow", "policy", "consent", "verdict", "screen", "ledger", "config", "log", "metrics"]),
    ("panel", &["flow", "policy", "consent", "verdict", "ledger", "config", "log", "metrics"]),
    ("consent_pages", &["flow", "policy", "consent", "verdict", "ledger", "config", "log", "metrics"]),
    (
        "cli",
        &[
            "flow",
            "policy",
            "consent",
            "verdict",
            "screen",
            "detect",
            "ledger",
            "config",
            "log",
            "metrics",
            "gate",
            "panel",
            "consent_pages",
            "hardening",
        ],
    ),
    ("main", &["cli", "hardening", "log"]),
    ("lib", &[]),
];

/// Parts of a room that may know more, each for the reason given.
const ALSO: &[(&str, &[&str])] = &[
    // A case says which grants are in force.
    ("policy/case", &["consent"]),
];

/// Rooms that take everything they need as arguments, with no runtime either.
const PURE: &[&str] = &["flow", "detect", "policy", "consent", "verdict", "screen"];

/// Rooms and files that may not touch the world but may wait for each other.
const CALM: &[&str] = &["ledger", "metrics"];

/// Parts of a calm room that are its hands. `ledger/book` is the handle that takes the system's clock and randomness.
const HANDS: &[&str] = &["ledger/book", "ledger/sqlite", "ledger/postgres", "ledger/publish"];

/// The world. A path that holds one of these touches it.
const WORLD: &[&str] = &[
    "std::fs",
    "std::env",
    "std::process",
    "std::os::unix::net",
    "std::net::TcpStream",
    "std::net::TcpListener",
    "std::net::UdpSocket",
    "std::net::ToSocketAddrs",
    "std::io::stdin",
    "std::io::stdout",
    "std::io::stderr",
    "std::time::Instant",
    "std::time::SystemTime",
    "Instant::now",
    "SystemTime::now",
    "Timestamp::now",
    "Zoned::now",
    "std::thread::sleep",
    "aws_lc_rs::rand",
    "rand",
    "getrandom",
    "tokio::net",
    "tokio::fs",
    "tokio::time",
    "tokio::process",
    "rusqlite",
    "hickory_resolver",
    "hyper",
    "rustix",
    "println!",
    "eprintln!",
    "print!",
    "eprint!",
];

/// No file is longer, tests apart.
const LINES: usize = 600;

/// Everything wrong with one source, by its path below `src/`.
pub(crate) fn judge(name: &str, text: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let stem = name.trim_end_matches(".rs");
    let room = stem.split('/').next().unwrap_or(stem);
    let Some((_, known)) = KNOWS.iter().find(|(r, _)| *r == room) else {
        return vec![Finding(1, format!("there is no room {room}: say in the architecture test whom it may know"))];
    };
    let code = code(text);
    let lines = code.lines().count();
    if lines >= LINES {
        findings.push(Finding(lines, format!("{lines} lines before the tests, and no file has {LINES} lines")));
    }
    let module: Vec<&str> = if matches!(stem, "lib" | "main") { Vec::new() } else { stem.split('/').collect() };
    for (line, path) in paths(&code) {
        let mut find = |what: String| findings.push(Finding(line, what));
        if let Some(inner) = from_root(&path, &module) {
            let other = inner.split("::").next().unwrap_or_default();
            let is_room = KNOWS.iter().any(|(r, _)| *r == other);
            let also = ALSO.iter().filter(|(part, _)| stem == *part || stem.starts_with(&format!("{part}/")));
            let also = also.flat_map(|(_, rooms)| *rooms);
            let may = known
                .iter()
                .chain(also)
                .any(|k| inner == *k || inner.strip_prefix(k).is_some_and(|r| r.starts_with("::")));
            if is_room && other != room && !may && room != "lib" {
                let inner = if known.iter().any(|k| k.starts_with(&format!("{other}::"))) { &inner } else { other };
                find(format!("{room} may not know {inner}"));
            }
        }
        let pure = PURE.contains(&room);
        let calm = CALM.contains(&room) && !HANDS.iter().any(|h| stem == *h || stem.starts_with(&format!("{h}/")));
        if pure && has(&path, "tokio") {
            find(format!("{room} may not touch tokio: it takes what it needs as arguments"));
        } else if let Some(world) = WORLD.iter().find(|w| has(&path, w)).filter(|_| pure || calm) {
            find(format!("{room} may not touch {world}: it takes what it needs as arguments"));
        }
        let dials = has(&path, "TcpStream::connect") || has(&path, "lookup_host");
        let may_dial = ["gate/upstream", "gate/resolve"].iter().any(|d| stem.starts_with(d)) || room == "cli";
        if dials && !may_dial {
            find("only gate/upstream and gate/resolve dial, with a judged address".to_owned());
        }
    }
    findings
}

/// `crate::policy::X`, `super::policy::X` or `havengate::policy::X` as `policy::X`; anything else is not ours.
fn from_root(path: &str, module: &[&str]) -> Option<String> {
    let mut parts: Vec<&str> = path.split("::").collect();
    let up = parts.iter().take_while(|p| **p == "super").count();
    let ours = matches!(parts.first(), Some(&"crate" | &"havengate"));
    match () {
        () if ours => Some(parts.split_off(1).join("::")),
        () if up > 0 && up <= module.len() => {
            let base = module.get(..module.len() - up).unwrap_or_default();
            Some([base, parts.get(up..).unwrap_or_default()].concat().join("::"))
        }
        () => None,
    }
}

/// Whether a path holds these segments one after another.
fn has(path: &str, part: &str) -> bool {
    format!("::{path}::").contains(&format!("::{part}::"))
}

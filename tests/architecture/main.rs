//! The house's rules, held by reading its sources: who may know whom, who may touch the world, how long a file may
//! be, and that nothing names the machine it was written on. Every rule is also tried on a source that breaks it.

mod paths;
mod rules;

use rules::{Finding, judge};
use std::{
    fs,
    path::{Path, PathBuf},
};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every file below a directory, without what building leaves.
fn files(below: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(below).into_iter().flatten().flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        let left_by_tools = name == "target" || name == ".git" || name == "fuzz-corpus";
        match entry.file_type() {
            Ok(t) if t.is_dir() && !left_by_tools => found.extend(files(&path)),
            Ok(t) if t.is_file() && !left_by_tools => found.push(path),
            _ => {}
        }
    }
    found.sort();
    found
}

#[test]
fn the_rooms_keep_their_rules() {
    let mut findings: Vec<String> = Vec::new();
    let sources = files(&root().join("src"));
    assert!(sources.len() > 20, "the sources were not found");
    for path in sources.iter().filter(|p| p.extension().is_some_and(|e| e == "rs")) {
        let name = path.strip_prefix(root().join("src")).unwrap().to_string_lossy().into_owned();
        let text = fs::read_to_string(path).unwrap();
        findings
            .extend(judge(&name, &text).into_iter().map(|Finding(line, what)| format!("src/{name}:{line}: {what}")));
    }
    assert!(findings.is_empty(), "\n{}", findings.join("\n"));
}

#[test]
fn nothing_names_the_machine_it_was_written_on() {
    // In two parts each, so that this file does not name them either.
    let words = [concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("fa", "rm-"), concat!("/ho", "me/user")];
    let mut findings = Vec::new();
    for path in files(root()) {
        let Ok(text) = fs::read_to_string(&path) else { continue };
        for (i, line) in text.lines().enumerate() {
            findings.extend(
                words.iter().filter(|w| line.contains(*w)).map(|w| format!("{}:{}: {w}", path.display(), i + 1)),
            );
        }
    }
    assert!(findings.is_empty(), "\n{}", findings.join("\n"));
}

/// A broken rule is found, and the finding says which.
#[test]
fn a_broken_rule_is_found() {
    let long = "fn f() {}\n".repeat(600);
    let cases = [
        ("flow/host.rs", "use crate::policy::Policy;", "flow may not know policy"),
        ("flow.rs", "use super::policy;", "flow may not know policy"),
        ("policy/source/toml.rs", "use super::super::super::gate::wire;", "policy may not know gate"),
        ("policy/source.rs", "use crate::{flow::Host, verdict::{Code, Refusal}};", "policy may not know verdict"),
        ("verdict/destination.rs", "fn f() { crate::ledger::leaf::f() }", "verdict may not know ledger"),
        ("screen/json.rs", "use crate::consent::Grant;", "screen may not know consent"),
        ("ledger/leaf.rs", "use crate::policy::{PolicyHash, Policy};", "ledger may not know policy::Policy"),
        ("ledger/leaf.rs", "use crate::policy;", "ledger may not know policy"),
        ("ledger/leaf.rs", "use crate::policy::*;", "ledger may not know policy"),
        ("panel/pages.rs", "use crate::gate::respond;", "panel may not know gate"),
        ("gate/exchange.rs", "use crate::cli::Exit;", "gate may not know cli"),
        ("shed/tools.rs", "", "there is no room shed"),
        ("policy/source.rs", "use std::{collections::BTreeMap, fs};", "policy may not touch std::fs"),
        ("policy/compile.rs", "fn f() { let _ = std::env::var(\"X\"); }", "policy may not touch std::env"),
        ("verdict.rs", "fn f() -> Timestamp { jiff::Timestamp::now() }", "verdict may not touch Timestamp::now"),
        ("verdict.rs", "use std::time::{Duration, Instant};", "verdict may not touch std::time::Instant"),
        ("consent/issue.rs", "use aws_lc_rs::{digest, rand};", "consent may not touch aws_lc_rs::rand"),
        ("screen.rs", "use tokio::io::AsyncRead;", "screen may not touch tokio"),
        ("screen.rs", "fn f() { println!(\"x\"); }", "screen may not touch println!"),
        ("flow/host.rs", "use std::net::{IpAddr, TcpStream};", "flow may not touch std::net::TcpStream"),
        ("ledger/tree.rs", "use std::fs::File;", "ledger may not touch std::fs"),
        ("metrics.rs", "use std::time::Instant;", "metrics may not touch std::time::Instant"),
        ("gate/exchange.rs", "fn f() { tokio::net::TcpStream::connect(a); }", "only gate/upstream"),
        ("screen/xml.rs", &long, "600 lines"),
    ];
    for (name, text, expected) in cases {
        let findings = judge(name, text);
        assert!(
            findings.iter().any(|f| f.1.contains(expected)),
            "{name}: {text:.60} gave {findings:?}, not {expected}"
        );
    }
}

/// What looks like a broken rule and is none.
#[test]
fn what_is_allowed_is_not_found() {
    let long_tests = format!("fn f() {{}}\n#[cfg(test)]\nmod tests {{\n{}}}\n", "// x\n".repeat(700));
    let cases = [
        ("flow/host.rs", "use super::name::closed;\nuse std::net::IpAddr;\nuse crate::flow::Host;"),
        (
            "policy/source.rs",
            "// use crate::gate;\n/* use std::fs; */ /// std::fs\nconst S: &str = \"use std::fs; crate::gate\";",
        ),
        (
            "policy/source.rs",
            "const S: &str = r#\"use std::fs; \" crate::gate::x\"#; const C: char = '\"'; use crate::flow;",
        ),
        ("policy/source.rs", "fn f() {}\n#[cfg(test)]\nmod tests { use std::fs; use crate::gate; }"),
        (
            "verdict.rs",
            "use std::time::Duration; use jiff::Timestamp; use crate::{policy::Policy, consent::View, flow::Flow};",
        ),
        ("ledger/leaf.rs", "use crate::{policy::PolicyHash, verdict::Code, consent::Grant};"),
        ("ledger/sqlite.rs", "use std::{fs, time::Instant};"),
        ("gate/upstream/dial.rs", "fn f() { tokio::net::TcpStream::connect(a); }"),
        ("cli/init.rs", "use crate::{gate, ledger, config}; use std::fs;"),
        ("main.rs", "use havengate::cli;"),
        ("screen/xml.rs", &long_tests),
    ];
    for (name, text) in cases {
        assert_eq!(judge(name, text), [], "{name}: {text:.80}");
    }
}

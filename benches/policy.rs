//! Compiling policies: how long a start or a reload takes, and a look-up by host beside a plain hash map.
//!
//! `cargo bench --bench policy`. Budget: 500 organisations and 100 connections in 300 ms.

use divan::{Bencher, black_box};
use havengate::{
    flow::Host,
    policy::{Policy, Sources, shipped},
};
use std::{collections::HashMap, fmt::Write as _};

fn main() {
    divan::main();
}

/// The shipped set, with `organisations` more (a system, four hosts and a link each) and `connections` more.
fn sources(organisations: usize, connections: usize) -> Sources {
    let mut sources = shipped::sources();
    let mut text = sources.get("organisations.toml").unwrap_or_default().to_owned();
    for i in 0..organisations {
        let to =
            if i % 50 == 0 { "nrpf-connect".to_owned() } else { format!("council-{}", (i * 7 + 1) % organisations) };
        let _ = write!(
            text,
            "[[organisation]]\nid = \"council-{i}\"\nname = \"Council {i}\"\n[[organisation.system]]\n\
             id = \"council-{i}/referrals\"\nkind = \"housing\"\n\
             hosts = [\"refer.c{i}.example\", \"api.c{i}.example\", \"old.c{i}.example\", \"*.more.c{i}.example\"]\n\
             [[link]]\nfrom = \"council-{i}\"\nto = \"{to}\"\nkind = \"shares-with\"\nstatus = \"in-force\"\n\
             confidence = \"high\"\nevidence = [\"page\"]\n"
        );
    }
    let template = sources.get("integrations/inform-riverside.toml").unwrap_or_default().to_owned();
    for i in 0..connections {
        let to = i % organisations.max(1);
        let file = template
            .replace("\"inform-riverside\"", &format!("\"c{i}\""))
            .replace("\"/riverside\"", &format!("\"/c{i}\""))
            .replace("riverside-council/housing-referrals", &format!("council-{to}/referrals"))
            .replace("refer.riverside.example", &format!("refer.c{to}.example"));
        sources.insert(format!("integrations/c{i}.toml"), file);
    }
    sources.insert("organisations.toml", text);
    sources
}

#[divan::bench(sample_count = 10, args = [(0, 0), (500, 100), (5000, 0)])]
fn compile(bencher: Bencher<'_, '_>, (organisations, connections): (usize, usize)) {
    let sources = sources(organisations, connections);
    bencher.bench_local(|| Policy::compile(black_box(&sources)).map(|p| p.integrations.len()).map_err(|e| e.len()));
}

#[divan::bench(args = [500, 5000])]
fn host_look_up(bencher: Bencher<'_, '_>, organisations: usize) {
    let Ok(policy) = Policy::compile(&sources(organisations, 0)) else { return };
    let Ok(host) = Host::parse("api.c250.example") else { return };
    bencher.bench_local(|| policy.registry.system_of(black_box(&host), &[]).is_some());
}

#[divan::bench(args = [500, 5000])]
fn host_look_up_in_a_plain_map(bencher: Bencher<'_, '_>, organisations: usize) {
    let map: HashMap<Host, usize> =
        (0..organisations * 4).filter_map(|i| Some((Host::parse(&format!("h{i}.c{i}.example")).ok()?, i))).collect();
    let Ok(host) = Host::parse("h250.c250.example") else { return };
    bencher.bench_local(|| map.contains_key(black_box(&host)));
}

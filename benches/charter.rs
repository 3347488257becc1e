//! What asking the charter costs: cold (Cedar decides) and remembered (the hot path of screening).

#![allow(clippy::expect_used, reason = "a bench that panics is a bench that fails")]

use divan::{Bencher, black_box};
use havengate::{
    flow::{Category, Form, Group, Purpose},
    policy::{
        Categories, CategoryFacts, Class,
        charter::{Advice, CedarSources, Charter, DisclosureFacts, FLOOR, RecipientFacts, SCHEMA},
        organisations::SystemKind,
    },
};

const LOCAL: &str = include_str!("../policies/local.cedar");

fn main() {
    divan::main();
}

fn categories() -> Categories {
    let facts =
        CategoryFacts { label: String::new(), group: Group::Identity, parent: None, coarse: false, holds: Vec::new() };
    let name = |i| format!("pd:Name{i}").parse::<Category>().expect("a name");
    Categories((0..100).map(|i| (name(i), facts.clone())).collect())
}

fn charter() -> Charter {
    Charter::compile(&CedarSources { floor: FLOOR, local: LOCAL, schema: SCHEMA }, &categories()).expect("rules")
}

/// `i` chooses the integration, so that a thousand of them are a thousand different facts.
fn facts(i: usize) -> DisclosureFacts {
    DisclosureFacts {
        recipient: RecipientFacts {
            integration: format!("inform-riverside-{i}").parse().expect("a name"),
            system: "riverside-council/housing-referrals".parse().expect("a name"),
            class: Class::Clear,
            kind: SystemKind::Housing,
            purpose: Purpose::Accommodation,
            undertaking: true,
            approved: false,
            stopped: false,
            home_office_forum: false,
            safeguarding_recipient: false,
        },
        category: "pd:Name7".parse().expect("a name"),
        form: Form::Raw,
        one_subject: true,
        consent_item: true,
        consent_live: true,
        consent_path: true,
        explained: true,
        active: true,
        this_person: true,
        advice: Advice::Obtained,
        safeguarding: false,
        aggregate: false,
    }
}

#[divan::bench]
fn compile() -> Charter {
    charter()
}

#[divan::bench(sample_count = 200, sample_size = 20)]
fn disclose_cold(bencher: Bencher<'_, '_>) {
    let charter = charter();
    let mut i = 0;
    bencher
        .with_inputs(|| {
            i += 1;
            facts(i)
        })
        .bench_local_refs(|facts| charter.disclose(black_box(facts)));
}

#[divan::bench(threads = [1, 2], sample_size = 1000)]
fn disclose_remembered(bencher: Bencher<'_, '_>) {
    let charter = charter();
    let asked: Vec<_> = (0..1000).map(facts).collect();
    asked.iter().for_each(|f| drop(charter.disclose(f)));
    let again = facts(500);
    bencher.bench(|| charter.disclose(black_box(&again)));
}

#[divan::bench(sample_size = 1000)]
fn contact_remembered(bencher: Bencher<'_, '_>) {
    let charter = charter();
    let facts = facts(1);
    bencher.bench_local(|| charter.contact(black_box(&facts.recipient)));
}

//! Bodies that somebody broke at random: nothing panics, where a body is cut never shows, what leaves can be read by
//! others, and no value leaves that the judge keeps.
//!
//! Every body of a small corpus is changed a few bytes, words and stretches at a time. The seed is fixed and stands in
//! each failure. Longer, or from another seed: `FUZZ_ROUNDS=1000000 FUZZ_SEED=7 cargo test --release --test fuzz`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test stops at the first surprise"
)]

mod codings;
mod corpus;
mod detectors;
mod formats;
mod judge;
#[path = "../detect/random.rs"]
#[expect(dead_code, reason = "other tests use all of it")]
mod random;

use random::Random;

/// How many changed bodies each test tries, if the environment does not say.
const ROUNDS: u64 = 1500;

/// A number that the environment may give.
fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().map_or(otherwise, |text| text.parse().expect("a number"))
}

/// Tries one thing after another, each with randomness of its own that can be had again from what a failure says.
fn rounds(mut one: impl FnMut(&mut Random)) {
    let first = number("FUZZ_SEED", 0x5eed);
    for seed in first..first + number("FUZZ_ROUNDS", ROUNDS) {
        let failed = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| one(&mut Random(seed))));
        assert!(failed.is_ok(), "failed; again with FUZZ_SEED={seed} FUZZ_ROUNDS=1");
    }
}

/// Changes a body: so many times a byte is turned, a word put in, or a stretch taken out, doubled, or put from another
/// body in.
fn mutate(random: &mut Random, body: &mut Vec<u8>, words: &[&str], other: &[u8]) {
    let stretch = |random: &mut Random, of: &[u8]| {
        let from = random.below(of.len() as u64 + 1) as usize;
        let most = (of.len() - from).min(40) as u64;
        from..from + random.below(most + 1) as usize
    };
    for _ in 0..random.below(6) {
        let at = random.below(body.len() as u64 + 1) as usize;
        match random.below(6) {
            0 if at < body.len() => body[at] ^= 1 << random.below(8),
            0 | 1 => drop(body.splice(at..at, random.of(words).bytes())),
            2 => drop(body.drain(stretch(random, body))),
            3 => {
                let twice = body[stretch(random, body)].to_vec();
                drop(body.splice(at..at, twice));
            }
            4 => drop(body.splice(at..at, other[stretch(random, other)].iter().copied())),
            _ => {
                let gone = stretch(random, body);
                drop(body.splice(gone, random.of(words).bytes()));
            }
        }
    }
}

/// Cuts bytes into a few pieces.
fn cut<'b>(random: &mut Random, mut bytes: &'b [u8]) -> Vec<&'b [u8]> {
    let mut pieces = Vec::new();
    while !bytes.is_empty() {
        let most = random.of(&[1, 3, 20, 200]).min(bytes.len() as u64);
        let (piece, rest) = bytes.split_at(random.between(1, most) as usize);
        pieces.push(piece);
        bytes = rest;
    }
    pieces
}

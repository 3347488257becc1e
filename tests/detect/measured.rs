//! How much is found of a labelled set, and how little of what is clean.

use crate::{
    clean, found,
    random::Random,
    spellings::{SPELLINGS, Spelling},
};
use havengate::detect::Detected;

/// Spellings made of each family.
const EACH: usize = 200;

/// Sentences around what speaks for itself.
const CARRIERS: &[&str] = &[
    "{}",
    "Ref: {}",
    "({})",
    "Client gave {} over the phone.",
    "notes - {}; follow up on Tuesday",
    "\"{}\"",
    "Spoke to worker.\n{}\nWill call back.",
    "{}, seen by duty worker",
    "see {} for details",
    "was told {}.",
];

struct Document {
    text: String,
    start: usize,
    end: usize,
}

fn documents(family: &Spelling) -> Vec<Document> {
    let mut r = Random(family.name.bytes().fold(7, |n, b| (n * 31 + u64::from(b)) % 1_000_003));
    let carriers = if family.cues.is_empty() { CARRIERS } else { family.cues };
    (0..EACH)
        .map(|_| {
            let value = (family.make)(&mut r);
            let carrier = r.of(carriers);
            let start = carrier.find("{}").unwrap();
            Document { text: carrier.replace("{}", &value), start, end: start + value.len() }
        })
        .collect()
}

struct Measured {
    name: &'static str,
    location: bool,
    right: usize,
    /// Of the right kind, where nothing of it stands.
    wrong: usize,
    missed: Vec<String>,
}

/// Right: something of the kind covers nine tenths of what was labelled, or three quarters of its digits where a
/// notation has names around them, or half of a phrase.
fn measure(family: &Spelling, clean: &[(String, Vec<Detected>)]) -> Measured {
    let mut of = Measured { name: family.name, location: family.location, right: 0, wrong: 0, missed: Vec::new() };
    for document in documents(family) {
        let spans = found(&document.text, "");
        let ours = spans.iter().filter(|one| family.kinds.contains(&one.category));
        let covered: usize =
            ours.clone().map(|one| one.end.min(document.end).saturating_sub(one.start.max(document.start))).sum();
        let digits = |from: usize, to: usize| document.text[from..to].bytes().filter(u8::is_ascii_digit).count();
        let inside: usize = ours.clone().map(|one| digits(one.start, one.end)).sum();
        let all = digits(document.start, document.end);
        let length = document.end - document.start;
        let whole = covered * 10 >= length * 9 || if all >= 6 { inside * 4 >= all * 3 } else { covered * 2 >= length };
        if whole {
            of.right += 1;
        } else {
            of.missed.push(format!("{:?} gave {spans:?}", document.text));
        }
        of.wrong += ours.filter(|one| one.end <= document.start || one.start >= document.end).count();
    }
    for (_, spans) in clean {
        of.wrong += spans.iter().filter(|one| family.kinds.contains(&one.category)).count();
    }
    of
}

#[test]
fn measured() {
    let clean: Vec<(String, Vec<Detected>)> =
        clean::documents().into_iter().map(|text| (text.clone(), found(&text, ""))).collect();
    let all: Vec<Measured> = SPELLINGS.iter().map(|family| measure(family, &clean)).collect();
    let alarmed: Vec<_> = clean.iter().filter(|(_, spans)| !spans.is_empty()).collect();
    let share = alarmed.len() as f64 / clean.len() as f64;
    if std::env::var_os("HAVENGATE_DETECT_TABLE").is_some() {
        println!("| what | spellings | found | of what was found, right |\n|---|---|---|---|");
        for of in &all {
            let precision = of.right as f64 / (of.right + of.wrong).max(1) as f64;
            println!(
                "| {} | {EACH} | {:.1} % | {:.1} % |",
                of.name,
                of.right as f64 / EACH as f64 * 100.0,
                precision * 100.0
            );
        }
        println!("\nClean documents: {}, with a false alarm: {} ({:.2} %).", clean.len(), alarmed.len(), share * 100.0);
        for of in all.iter().filter(|of| !of.missed.is_empty()) {
            println!("{}: {}", of.name, of.missed.iter().take(4).cloned().collect::<Vec<_>>().join("\n    "));
        }
        for (text, spans) in &alarmed {
            println!("alarm: {text:?} {spans:?}");
        }
    }
    assert!(clean.len() >= 600, "{}", clean.len());
    assert!(share <= 0.01, "{alarmed:?}");
    let places: Vec<&Measured> = all.iter().filter(|of| of.location).collect();
    let recall = places.iter().map(|of| of.right).sum::<usize>() as f64 / (places.len() * EACH) as f64;
    assert!(recall >= 0.98, "places: {recall}");
    for of in &all {
        let recall = of.right as f64 / EACH as f64;
        let precision = of.right as f64 / (of.right + of.wrong).max(1) as f64;
        assert!(recall >= 0.97, "{}: {recall}: {:?}", of.name, of.missed.first());
        assert!(precision >= 0.97, "{}: {precision}", of.name);
    }
}

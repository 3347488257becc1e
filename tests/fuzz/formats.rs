//! Bodies of every format.

use crate::{
    corpus::{ALL, BOUNDARY, Corpus, rules},
    cut,
    judge::{Keeper, SECRET},
    mutate,
    random::Random,
    rounds,
};
use havengate::{
    policy::integration::BodyRules,
    screen::{
        Findings, Person, Received,
        body::{BodyScreener, Limits},
    },
    verdict::{Code, Refusal},
};
use std::sync::Arc;

/// Bytes that a record may have. Every body of the corpora is within the last; some are not within the others.
const RECORDS: [usize; 4] = [20, 80, 200, 600];

type Left = Result<(Vec<u8>, Option<String>, Findings), Refusal>;

fn screen(rules: &Arc<BodyRules>, record: usize, pieces: &[&[u8]]) -> Left {
    let limits = Limits { record, depth: 12, members: 20, people: 5 };
    let received = Received { boundary: Some(BOUNDARY.to_owned()), ..Received::default() };
    let mut screener = BodyScreener::received(Arc::clone(rules), limits, Person::Unknown, &received);
    for piece in pieces {
        screener.push(piece, &mut Keeper)?;
    }
    let boundary = screener.boundary();
    let screened = screener.finish(&mut Keeper)?;
    let findings = screened.findings();
    Ok((screened.bytes, boundary, findings))
}

/// Breaks one corpus's bodies; every one of them leaves as it is.
fn breaks(operation: &str) {
    let corpus = ALL.iter().find(|corpus| corpus.operation == operation).unwrap();
    let rules = rules(operation);
    for body in corpus.bodies {
        screen(&rules, RECORDS[3], &[body.as_bytes()]).unwrap_or_else(|refusal| panic!("{}\n{body}", refusal.detail));
    }
    let (mut left, mut too_large) = (0, 0);
    rounds(|random| match one(corpus, &rules, random) {
        Became::Left => left += 1,
        Became::TooLarge => too_large += 1,
        Became::Refused | Became::Unchanged => {}
    });
    // A test whose every broken body is refused at once tests nothing, nor does one that no bound stops.
    let few = crate::number("FUZZ_ROUNDS", crate::ROUNDS) < 100;
    assert!(few || (left > 0 && too_large > 0), "{left} left, {too_large} were too large");
}

/// What became of a body that was to be broken.
enum Became {
    /// Nothing of it was changed.
    Unchanged,
    /// It leaves, less what is withheld.
    Left,
    /// A record of it was larger than the round's bound.
    TooLarge,
    Refused,
}

fn one(corpus: &Corpus, rules: &Arc<BodyRules>, random: &mut Random) -> Became {
    let before = random.of(corpus.bodies).as_bytes();
    let mut body = before.to_vec();
    let other = random.of(corpus.bodies);
    let record = random.of(&RECORDS);
    mutate(random, &mut body, corpus.words, other.as_bytes());
    let whole = screen(rules, record, &[&body]);
    let shown = String::from_utf8_lossy(&body).into_owned();
    assert_eq!(screen(rules, record, &cut(random, &body)), whole, "cut otherwise\n{shown}");
    match whole {
        Err(refusal) => {
            assert!(!holds(&format!("{refusal:?}")), "a refusal tells\n{shown}\n{refusal:?}");
            let bound = format!("has more than {record} bytes");
            let too_large = refusal.code == Code::BodyTooLarge && refusal.detail.contains(&bound);
            if too_large { Became::TooLarge } else { Became::Refused }
        }
        Ok((bytes, boundary, _)) => {
            let text = String::from_utf8(bytes).unwrap();
            for read in meanings(corpus.operation, &text, boundary.as_deref()) {
                assert!(!holds(&read), "it left\n{shown}\n{text}");
            }
            if body == before { Became::Unchanged } else { Became::Left }
        }
    }
}

fn holds(text: &str) -> bool {
    text.to_lowercase().contains(&SECRET.to_lowercase())
}

/// What leaves, as it is spelled and as others read it; they can.
fn meanings(operation: &str, text: &str, boundary: Option<&str>) -> Vec<String> {
    let mut all = vec![text.to_owned(), decoded(text)];
    match operation {
        "json" | "batch" => all.push(json(text)),
        "lines" => all.extend(text.lines().filter(|line| !line.trim().is_empty()).map(json)),
        "xml" | "soap" => {
            let document = roxmltree::Document::parse(text).unwrap_or_else(|e| panic!("{e}\n{text}"));
            for node in document.descendants() {
                all.extend(node.text().map(str::to_owned));
                all.extend(node.attributes().map(|a| format!("{} {}", a.name(), a.value())));
            }
        }
        "csv" => {
            let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
            let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
            for row in &rows {
                // Only what a rule says is packed is unpacked.
                for (name, cell) in rows[0].iter().zip(row) {
                    match name {
                        "Case" if row != &rows[0] && !cell.is_empty() => all.push(json(cell)),
                        "Packed" => {
                            let packed = data_encoding::BASE64.decode(cell.as_bytes());
                            all.extend(packed.iter().map(|bytes| decoded(&String::from_utf8_lossy(bytes))));
                        }
                        _ => {}
                    }
                    all.push(cell.to_owned());
                }
            }
        }
        "form" => {
            all.extend(url::form_urlencoded::parse(text.as_bytes()).map(|(name, value)| format!("{name} {value}")))
        }
        "multipart" => all.extend(parts(text, boundary.unwrap())),
        other => panic!("{other} is read by nobody"),
    }
    all
}

/// With its escapes read.
fn json(text: &str) -> String {
    let value: serde_json::Value = match serde_json::from_str(text) {
        Ok(value) => value,
        // JSON knows no largest number; this reader does.
        Err(e) if e.to_string().starts_with("number out of range") => return String::new(),
        Err(e) => panic!("{e}\n{text}"),
    };
    fn say(value: &serde_json::Value, all: &mut String) {
        match value {
            serde_json::Value::String(text) => all.push_str(&format!("{text}\n{}\n", decoded(text))),
            serde_json::Value::Array(elements) => elements.iter().for_each(|e| say(e, all)),
            serde_json::Value::Object(members) => members.iter().for_each(|(name, member)| {
                all.push_str(&format!("{name}\n"));
                say(member, all);
            }),
            _ => {}
        }
    }
    let mut all = String::new();
    say(&value, &mut all);
    all
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        let pair = after.get(..2).and_then(|pair| std::str::from_utf8(pair).ok());
        match pair.and_then(|pair| u8::from_str_radix(pair, 16).ok()).filter(|_| *byte == b'%') {
            Some(meant) => {
                bytes.push(meant);
                rest = &after[2..];
            }
            None => {
                bytes.push(*byte);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn parts(body: &str, boundary: &str) -> Vec<String> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let mut form = multer::Multipart::with_reader(body.as_bytes(), boundary);
        let mut parts = Vec::new();
        while let Some(field) = form.next_field().await.unwrap() {
            parts.push(format!("{:?} {:?}", field.name(), field.file_name()));
            parts.push(field.text().await.unwrap());
        }
        parts
    })
}

#[test]
fn broken_json() {
    breaks("json");
}

#[test]
fn broken_lines_of_json() {
    breaks("lines");
}

#[test]
fn broken_xml() {
    breaks("xml");
}

#[test]
fn broken_soap() {
    breaks("soap");
}

#[test]
fn broken_tables() {
    breaks("csv");
}

#[test]
fn broken_forms() {
    breaks("form");
}

#[test]
fn broken_forms_of_parts() {
    breaks("multipart");
}

#[test]
fn broken_batches() {
    breaks("batch");
}

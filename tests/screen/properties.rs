//! Whatever goes in: the output is what the model says, the same however the input is cut, the same when
//! screened again; and no bytes make the kernel panic.

use crate::{
    document::{Document, batch, document},
    model,
    rules::{LIMITS, Record, Rules, field, screen_pieces, withhold},
};
use havengate::{
    flow::{Form, Transform},
    policy::integration::{Denied, FieldRule, Unlisted},
    screen::{Person, Ruling, body::Limits},
    verdict::Refusal,
};
use proptest::prelude::*;

const PLACES: [&str; 16] = [
    "$",
    "$.a",
    "$.b",
    "$.id",
    "$.*",
    "$[*]",
    "$[1]",
    "$.a.b",
    "$.a[*]",
    "$.b[0].a",
    "$..a",
    "$..id",
    "$.*.b",
    "$['a name with more than sixteen bytes']",
    "$.é",
    "$.b.b.b",
];

fn place() -> impl Strategy<Value = &'static str> {
    proptest::sample::select(&PLACES[..])
}

fn denied() -> impl Strategy<Value = Denied> {
    prop_oneof![
        4 => Just(Denied::Strip),
        2 => Just(Denied::Null),
        1 => Just(Denied::Empty),
        1 => Just(Denied::Const("wïth \"held\"".into())),
        1 => Just(Denied::Block),
    ]
}

fn rule() -> impl Strategy<Value = FieldRule> {
    let form =
        prop_oneof![Just(Form::Pseudonym), proptest::sample::select(Transform::ALL).prop_map(Form::Generalised),];
    (place(), proptest::option::of(form), any::<bool>(), denied(), proptest::bool::weighted(0.1)).prop_map(
        |(path, otherwise, only, denied, required)| FieldRule {
            only: only && otherwise.is_some(),
            otherwise,
            denied,
            required,
            ..field(path)
        },
    )
}

/// Rules with distinct paths, as the policy compiler guarantees.
fn some_rules(n: std::ops::Range<usize>) -> impl Strategy<Value = Vec<FieldRule>> {
    proptest::collection::vec(rule(), n).prop_map(|mut rules| {
        let mut seen = std::collections::HashSet::new();
        rules.retain(|r| seen.insert(r.path.clone()));
        rules
    })
}

fn a_record() -> impl Strategy<Value = Record> {
    let dependants = proptest::option::weighted(0.4, (place(), place()));
    (place(), proptest::option::of(place()), dependants, some_rules(0..6)).prop_map(
        |(select, subject, dependants, fields)| Record {
            select: select.to_owned(),
            subject: subject.map(str::to_owned),
            dependants: dependants.map(|(a, b)| (a.to_owned(), b.to_owned())),
            fields,
        },
    )
}

fn rules() -> impl Strategy<Value = Rules> {
    let unlisted = prop_oneof![5 => Just(Unlisted::Strip), 1 => Just(Unlisted::Block)];
    (unlisted, some_rules(0..4), proptest::collection::vec(a_record(), 1..3))
        .prop_map(|(unlisted, envelope, records)| Rules { unlisted, envelope, records })
}

/// A pure judge: some (person, rule) pairs may leave in one of the rule's forms, others not.
fn ruling(seed: u64, by_person: bool) -> impl Fn(&Person, &FieldRule) -> Ruling {
    move |person, rule| {
        let person = if by_person { format!("{person:?}") } else { String::new() };
        let hash = format!("{seed}{person}{}", rule.path)
            .bytes()
            .fold(seed | 1, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3))
            >> 20;
        let forms: Vec<Form> = rule.forms().collect();
        match hash % 3 {
            0 => withhold(),
            n => Ruling::Send(forms[n as usize % forms.len()]),
        }
    }
}

fn agrees(rules: &Rules, seed: u64, document: &Document, spelling: u64) -> Result<(), TestCaseError> {
    let body = document.spelled(spelling);
    let ours = screen_pieces(rules, LIMITS, ruling(seed, true), [body.as_bytes()]);
    match (ours, model::screen(rules, &ruling(seed, true), document)) {
        (Ok(ours), Ok(expected)) => {
            prop_assert_eq!(std::str::from_utf8(&ours.bytes).unwrap(), &expected.output, "{}", body);
            serde_json::from_slice::<serde::de::IgnoredAny>(&ours.bytes).unwrap();
            let findings = ours.findings();
            let counts =
                findings.listed.iter().map(|f| ((format!("{:?}", f.person), f.rule.path.to_string(), f.act), f.count));
            // The same rule's path may stand in the envelope and in two kinds of record.
            let mut merged = std::collections::BTreeMap::new();
            counts.for_each(|(key, n)| *merged.entry(key).or_insert(0) += n);
            prop_assert_eq!(merged, expected.counts);
            prop_assert_eq!(findings.unlisted, expected.unlisted);
        }
        (Err(ours), Err(expected)) => prop_assert_eq!(ours.code, expected, "{}", body),
        (ours, expected) => prop_assert!(false, "{body}: {ours:?} but {expected:?}"),
    }
    Ok(())
}

/// Where to cut: pieces of these lengths, in turn.
fn cut<'b>(body: &'b [u8], lengths: &[usize]) -> Vec<&'b [u8]> {
    let mut rest = body;
    let mut pieces = Vec::new();
    for length in lengths.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let (piece, after) = rest.split_at((*length).min(rest.len()));
        pieces.push(piece);
        rest = after;
    }
    pieces
}

fn same_however_cut(
    rules: &Rules,
    limits: Limits,
    seed: u64,
    body: &[u8],
    lengths: &[usize],
) -> Result<(), TestCaseError> {
    let run = |pieces: Vec<&[u8]>| {
        let screened = screen_pieces(rules, limits, ruling(seed, true), pieces)?;
        let findings = screened.findings();
        Ok::<_, Refusal>((screened.bytes, findings))
    };
    let whole = run(vec![body]);
    let bytes = run(body.chunks(1).collect());
    prop_assert_eq!(&whole, &bytes, "byte by byte");
    let pieces = run(cut(body, lengths));
    prop_assert_eq!(&whole, &pieces, "in pieces");
    if let Ok((output, _)) = whole {
        // What we accept, others accept; what we write is JSON.
        std::str::from_utf8(body).unwrap();
        serde_json::from_slice::<serde::de::IgnoredAny>(body).unwrap();
        serde_json::from_slice::<serde::de::IgnoredAny>(&output).unwrap();
    }
    Ok(())
}

const SNIPPETS: [&[u8]; 22] = [
    b"\"",
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b":",
    b"\\",
    b"\\u00",
    b"\\ud800",
    b"\\udc00",
    b"\0",
    b"\x1f",
    b"\xff",
    b"\xc3",
    b"\xe2\x82",
    b"0",
    b"-",
    b"1e",
    b".",
    b"tru",
    b"\xef\xbb\xbf",
];

fn lengths() -> impl Strategy<Value = Vec<usize>> {
    proptest::collection::vec(1usize..40, 1..6)
}

proptest! {
    #[test]
    fn the_kernel_does_what_the_model_does(
        rules in rules(), document in document(), seed in any::<u64>(), spelling in prop_oneof![Just(0), any::<u64>()],
    ) {
        // Two kinds of record with one path for a rule would be asked twice for one path.
        let mut rules = rules;
        rules.records.truncate(1);
        rules.envelope.retain(|e| rules.records[0].fields.iter().all(|f| f.path != e.path));
        agrees(&rules, seed, &document, spelling)?;
    }

    #[test]
    fn batches_are_read_as_the_model_reads_them(
        rules in one_record(), document in batch(), seed in any::<u64>(), spelling in prop_oneof![3 => Just(0), 1 => any::<u64>()],
        lengths in lengths(), record in prop_oneof![Just(1usize << 20), 1usize..200], members in 1usize..8,
    ) {
        let mut rules = rules;
        rules.records[0].select = "$[*]".to_owned();
        agrees(&rules, seed, &document, spelling)?;
        let body = document.spelled(spelling);
        same_however_cut(&rules, Limits { record, members, ..LIMITS }, seed, body.as_bytes(), &lengths)?;
    }

    #[test]
    fn broken_batches_are_refused_the_same_way_however_cut(
        rules in one_record(), document in batch(), seed in any::<u64>(), lengths in lengths(),
        edits in proptest::collection::vec((any::<prop::sample::Index>(), 0usize..4, 0..SNIPPETS.len()), 1..3),
    ) {
        let mut rules = rules;
        rules.records[0].select = "$[*]".to_owned();
        let mut body = document.spelled(0).into_bytes();
        for (at, remove, insert) in edits {
            let at = at.index(body.len() + 1);
            let to = (at + remove).min(body.len());
            body.splice(at..to, SNIPPETS[insert].iter().copied());
        }
        same_however_cut(&rules, LIMITS, seed, &body, &lengths)?;
    }

    #[test]
    fn where_the_input_is_cut_never_shows(
        rules in one_record(), document in document(), seed in any::<u64>(), lengths in lengths(),
        record in prop_oneof![Just(1usize << 20), 1usize..120], depth in 1usize..8, members in 1usize..8,
    ) {
        let limits = Limits { record, depth, members, people: 1000 };
        same_however_cut(&rules, limits, seed, document.spelled(seed).as_bytes(), &lengths)?;
    }

    #[test]
    fn broken_input_is_refused_the_same_way_however_cut(
        rules in one_record(), document in document(), seed in any::<u64>(), lengths in lengths(),
        record in prop_oneof![Just(1usize << 20), 1usize..120],
        edits in proptest::collection::vec((any::<prop::sample::Index>(), 0usize..4, 0..SNIPPETS.len()), 1..4),
    ) {
        let mut body = document.spelled(seed).into_bytes();
        for (at, remove, insert) in edits {
            let at = at.index(body.len() + 1);
            let to = (at + remove).min(body.len());
            body.splice(at..to, SNIPPETS[insert].iter().copied());
        }
        same_however_cut(&rules, Limits { record, ..LIMITS }, seed, &body, &lengths)?;
    }

    #[test]
    fn arbitrary_bytes_never_panic(
        rules in one_record(), seed in any::<u64>(), lengths in lengths(),
        body in prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..60),
            "[\\[\\]{}:,\"\\\\a0-9eE.+ tfnu-]{0,60}".prop_map(String::into_bytes),
        ],
    ) {
        same_however_cut(&rules, LIMITS, seed, &body, &lengths)?;
    }

    #[test]
    fn screened_again_it_is_unchanged(rules in one_record(), document in document(), seed in any::<u64>()) {
        // Without fixed texts: in an array they stand where an unlisted container became null.
        let mut rules = rules;
        let fields = rules.records.iter_mut().flat_map(|r| &mut r.fields);
        for rule in fields.chain(&mut rules.envelope) {
            rule.denied = if rule.denied == Denied::Null { Denied::Null } else { Denied::Strip };
            rule.required = false;
        }
        rules.unlisted = Unlisted::Strip;
        let body = document.spelled(seed);
        let once = screen_pieces(&rules, LIMITS, ruling(seed, false), [body.as_bytes()]).unwrap();
        let twice = screen_pieces(&rules, LIMITS, ruling(seed, false), [once.bytes.as_slice()]).unwrap();
        prop_assert_eq!(String::from_utf8(twice.bytes), String::from_utf8(once.bytes));
    }
}

fn one_record() -> impl Strategy<Value = Rules> {
    rules().prop_map(|mut rules| {
        rules.records.truncate(1);
        rules.envelope.retain(|e| rules.records[0].fields.iter().all(|f| f.path != e.path));
        rules
    })
}

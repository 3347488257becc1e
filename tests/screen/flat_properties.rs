//! Tables and forms of any content: what leaves, read by an independent parser, is what was judged and nothing else.

use crate::{
    flat::{Flat, in_pieces},
    rules::{LIMITS, everything, field, pseudonym, withhold},
};
use havengate::{
    flow::Form,
    policy::integration::{Denied, Dialect, FieldRule, Format, Unlisted},
    screen::{Person, Ruling, body::Limits},
};
use proptest::prelude::*;

const NAMES: [&str; 6] = ["Ref", "First Name", "DOB", "note;s", "\"quoted\"", "x\ny"];

/// What a judge says of a person and a rule, out of a seed.
fn ruling(seed: u64) -> impl Fn(&Person, &FieldRule) -> Ruling {
    move |person, rule| match hash(seed, person, &rule.path) {
        0 => withhold(),
        1 if rule.otherwise.is_some() => Ruling::Send(Form::Pseudonym),
        _ => Ruling::Send(Form::Raw),
    }
}

fn hash(seed: u64, person: &Person, path: &str) -> u64 {
    let text = format!("{person:?}{path}");
    let hash = text.bytes().fold(seed | 1, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
    (hash >> 20) % 3
}

/// The value that must leave; `None`: its place is left out or emptied.
fn leaves(seed: u64, person: &Person, rule: &FieldRule, value: &str) -> Option<String> {
    match (hash(seed, person, &rule.path), &rule.denied) {
        (0, Denied::Const(text)) => Some(text.to_string()),
        (0, Denied::Empty) => Some(String::new()),
        (0, _) => None,
        (1, _) if rule.otherwise.is_some() && !value.is_empty() => Some(pseudonym(value)),
        _ => Some(value.to_owned()),
    }
}

fn person(id: Option<&str>) -> Person {
    id.filter(|id| !id.is_empty()).map_or(Person::Unknown, |id| Person::One(id.into()))
}

fn rules(format: Format) -> impl Strategy<Value = Flat> {
    let denied = prop_oneof![Just(Denied::Strip), Just(Denied::Empty), Just(Denied::Const("not, \"given\"".into()))];
    let fields = proptest::collection::vec((0..NAMES.len(), denied, any::<bool>()), 0..5);
    (fields, 0..NAMES.len()).prop_map(move |(fields, subject)| {
        let mut flat = Flat::of(format.clone(), NAMES[subject], &[]);
        for (name, denied, rougher) in fields {
            let otherwise = rougher.then_some(Form::Pseudonym);
            if flat.fields.iter().all(|f| *f.path != *NAMES[name]) {
                flat.fields.push(FieldRule { denied, otherwise, ..field(NAMES[name]) });
            }
        }
        flat
    })
}

fn cell() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => "[a-z0-9 ]{0,6}",
        2 => "[ab,;\"'\t\r\n=+@-]{0,6}",
        1 => "[a-zé€😀．。\"]{0,40}",
        1 => Just(String::new()),
    ]
}

/// A table of some of the names in some order, perhaps one that no rule knows, and its rows.
fn table() -> impl Strategy<Value = (Vec<String>, Vec<Vec<String>>)> {
    let names = Just(NAMES.iter().chain(&["Somebody's name"]).map(|n| (*n).to_owned()).collect::<Vec<_>>());
    (names.prop_shuffle(), 1usize..=7).prop_flat_map(|(mut names, n)| {
        names.truncate(n);
        let rows = proptest::collection::vec(proptest::collection::vec(cell(), n..=n), 0..8);
        // A row of a single empty cell is no row to most readers, and one like the header is another header.
        (Just(names.clone()), rows.prop_filter("no header", move |rows| !rows.contains(&names)))
    })
}

/// Writes a table; `seed` says which cells are quoted that need not be.
fn written(rows: &[Vec<String>], seed: u64, crlf: bool, last: bool) -> Vec<u8> {
    let mut text = String::new();
    for (r, row) in rows.iter().enumerate() {
        let cells = row.iter().enumerate().map(|(c, cell)| {
            let must = cell.contains([',', '"', '\r', '\n']) || (row.len() == 1 && cell.is_empty());
            let may = seed >> ((r * 7 + c) % 64) & 1 == 1;
            if must || may { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell.clone() }
        });
        text.push_str(&cells.collect::<Vec<_>>().join(","));
        if last || r + 1 < rows.len() {
            text.push_str(if crlf { "\r\n" } else { "\n" });
        }
    }
    text.into_bytes()
}

fn read(table: &[u8]) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(table);
    reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect()
}

/// What must be read from what leaves.
fn expected(flat: &Flat, seed: u64, names: &[String], rows: &[Vec<String>]) -> Vec<Vec<String>> {
    let rule = |name: &str| flat.fields.iter().find(|f| *f.path == *name);
    let known = |name: &str| rule(name).is_some() || flat.subject.as_deref() == Some(name);
    let header = names.iter().enumerate();
    let header = header.map(|(i, n)| if known(n) { n.clone() } else { format!("withheld_{}", i + 1) }).collect();
    let row = |row: &Vec<String>| {
        let id = names.iter().position(|n| Some(&**n) == flat.subject.as_deref());
        let person = person(id.map(|i| &*row[i]));
        let cell = |(name, value): (&String, &String)| {
            rule(name).and_then(|rule| leaves(seed, &person, rule, value)).unwrap_or_default()
        };
        names.iter().zip(row).map(cell).collect()
    };
    std::iter::once(header).chain(rows.iter().map(row)).collect()
}

fn same_however_cut(flat: &Flat, limits: Limits, seed: u64, body: &[u8], at: usize) -> Result<(), TestCaseError> {
    let whole = in_pieces(flat, limits, ruling(seed), [body]);
    prop_assert_eq!(&whole, &in_pieces(flat, limits, ruling(seed), body.chunks(1)), "byte by byte");
    let (before, after) = body.split_at(at.min(body.len()));
    prop_assert_eq!(&whole, &in_pieces(flat, limits, ruling(seed), [before, after]), "cut in two");
    Ok(())
}

const SNIPPETS: [&[u8]; 12] =
    [b"\"", b",", b"\r", b"\n", b"\r\n", b"\"\"", b"\0", b"\xff", b"\xc3", b"\xef\xbb\xbf", b"sep=;\n", b" "];

proptest! {
    #[test]
    fn what_leaves_of_a_table_is_what_was_judged(
        flat in rules(Format::Table(Dialect::csv())), (names, rows) in table(), seed in any::<u64>(),
        crlf in any::<bool>(), last in any::<bool>(), cut in 0usize..200, mark in any::<bool>(),
    ) {
        let all: Vec<_> = std::iter::once(names.clone()).chain(rows.iter().cloned()).collect();
        let mut body = written(&all, seed, crlf, last);
        prop_assert_eq!(&read(&body), &all, "the fixture");
        if mark {
            body.splice(0..0, *b"\xef\xbb\xbf");
        }
        let (out, found) = in_pieces(&flat, LIMITS, ruling(seed), [&body[..]]).unwrap();
        prop_assert_eq!(read(&out), expected(&flat, seed, &names, &rows), "{}", String::from_utf8_lossy(&out));
        let listed = |name: &String| flat.fields.iter().any(|f| *f.path == **name);
        let cells = rows.iter().flat_map(|row| names.iter().zip(row));
        prop_assert_eq!(found.unlisted, cells.filter(|(n, v)| !listed(n) && !v.is_empty()).count() as u64);
        same_however_cut(&flat, LIMITS, seed, &body, cut)?;
        // Screened again, where nothing is made rougher twice, it is unchanged.
        let mut again = flat;
        again.fields.iter_mut().for_each(|f| (f.otherwise, f.denied) = (None, Denied::Strip));
        again.subject = None;
        let (once, _) = in_pieces(&again, LIMITS, ruling(seed), [&body[..]]).unwrap();
        let (twice, _) = in_pieces(&again, LIMITS, ruling(seed), [&once[..]]).unwrap();
        prop_assert_eq!(once, twice);
    }

    #[test]
    fn a_broken_table_is_refused_or_read_as_others_read_it(
        flat in rules(Format::Table(Dialect::csv())), (names, rows) in table(), seed in any::<u64>(), cut in 0usize..200,
        record in prop_oneof![Just(1usize << 20), 1usize..60], members in 1usize..9,
        edits in proptest::collection::vec((any::<prop::sample::Index>(), 0usize..4, 0..SNIPPETS.len()), 1..4),
    ) {
        let all: Vec<_> = std::iter::once(names).chain(rows).collect();
        let mut body = written(&all, seed, false, true);
        for (at, remove, insert) in edits {
            let at = at.index(body.len() + 1);
            let to = (at + remove).min(body.len());
            body.splice(at..to, SNIPPETS[insert].iter().copied());
        }
        same_however_cut(&flat, Limits { record, members, ..LIMITS }, seed, &body, cut)?;
        let mut flat = flat;
        flat.fields.iter_mut().for_each(|f| f.otherwise = None);
        if let Ok((out, _)) = in_pieces(&flat, LIMITS, everything, [&body[..]]) {
            let (came, left) = (read(&body), read(&out));
            prop_assert_eq!(came.len(), left.len());
            for (r, (came, left)) in came.iter().zip(&left).enumerate() {
                prop_assert_eq!(came.len(), left.len());
                prop_assert!(r == 0 || came.iter().zip(left).all(|(c, l)| l.is_empty() || c == l));
            }
        }
    }

    #[test]
    fn what_leaves_of_a_form_is_what_was_judged(
        flat in rules(Format::Form), pairs in proptest::collection::vec((0usize..8, cell(), any::<u64>()), 0..8),
        seed in any::<u64>(), cut in 0usize..200,
    ) {
        let name = |n: usize| *NAMES.get(n).unwrap_or(&"somebody's name");
        let mut seen = std::collections::HashSet::new();
        let usable = |(n, ..): &&(usize, String, u64)| *n >= NAMES.len() || (!name(*n).contains('\n') && seen.insert(*n));
        let pairs: Vec<_> = pairs.iter().filter(usable).map(|(n, v, spell)| (name(*n), v.as_str(), *spell)).collect();
        let written: Vec<_> = pairs.iter().map(|(n, v, spell)| format!("{}={}", spelled(n, *spell), spelled(v, *spell))).collect();
        let body = written.join("&");
        let read = |body: &[u8]| url::form_urlencoded::parse(body).into_owned().collect::<Vec<_>>();
        let all: Vec<_> = pairs.iter().map(|(n, v, _)| ((*n).to_owned(), (*v).to_owned())).collect();
        prop_assert_eq!(&read(body.as_bytes()), &all, "the fixture");
        let (out, _) = in_pieces(&flat, LIMITS, ruling(seed), [body.as_bytes()]).unwrap();
        let person = person(all.iter().find(|(n, _)| Some(&**n) == flat.subject.as_deref()).map(|(_, v)| &**v));
        let expected: Vec<_> = all.iter().filter_map(|(n, v)| {
            let rule = flat.fields.iter().find(|f| *f.path == **n)?;
            Some((n.clone(), leaves(seed, &person, rule, v)?))
        }).collect();
        prop_assert_eq!(read(&out), expected);
        same_however_cut(&flat, LIMITS, seed, body.as_bytes(), cut)?;
    }

    #[test]
    fn arbitrary_bytes_never_panic(
        body in prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..80),
            "[a%=&+;0-9\",\r\nR]{0,60}".prop_map(String::into_bytes),
        ],
        seed in any::<u64>(), record in 1usize..80, members in 1usize..6, cut in 0usize..80,
        of in prop_oneof![Just(Format::Form), Just(Format::Text), Just(Format::Table(Dialect::csv())), Just(Format::Table(Dialect::tsv()))],
        block in any::<bool>(),
    ) {
        let mut flat = Flat::of(of, "R", &["a", "%", "content"]);
        flat.unlisted = if block { Unlisted::Block } else { Unlisted::Strip };
        if flat.format.is_whole() {
            flat.fields.truncate(1);
        }
        let limits = Limits { record, members, ..LIMITS };
        same_however_cut(&flat, limits, seed, &body, cut)?;
        if let Ok((out, _)) = in_pieces(&flat, LIMITS, everything, [&body[..]]) {
            prop_assert!(std::str::from_utf8(&out).is_ok());
        }
    }
}

/// One of the ways to spell a text in a form.
fn spelled(text: &str, seed: u64) -> String {
    let byte = |(i, b): (usize, u8)| match b {
        b' ' if seed >> (i % 64) & 1 == 1 => "+".to_owned(),
        b if b.is_ascii_alphanumeric() && seed >> (i % 61) & 1 == 1 => char::from(b).to_string(),
        b if i % 2 == 1 => format!("%{b:02x}"),
        b => format!("%{b:02X}"),
    };
    text.bytes().enumerate().map(byte).collect()
}

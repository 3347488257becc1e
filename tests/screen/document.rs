//! Random documents with the spelling of every token kept.

use proptest::prelude::*;

#[derive(Debug, Clone)]
pub(crate) enum Document {
    /// `null`, `true`, `false` or a number, as spelled.
    Word(&'static str),
    Text(Spelled),
    Array(Vec<Document>),
    Object(Vec<(Spelled, Document)>),
}

/// A string as spelled between its quotes, and what it says.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spelled {
    pub(crate) raw: &'static str,
    pub(crate) text: &'static str,
}

const fn plain(text: &'static str) -> Spelled {
    Spelled { raw: text, text }
}

const NAMES: [Spelled; 8] = [
    plain("a"),
    plain("b"),
    Spelled { raw: "\\u0061", text: "a" },
    plain("id"),
    Spelled { raw: "i\\u0064", text: "id" },
    plain("a name with more than sixteen bytes"),
    plain("é"),
    plain(""),
];

const TEXTS: [Spelled; 8] = [
    plain("a"),
    plain("b"),
    plain(""),
    plain("1987-04-02"),
    plain("SE15 4QN"),
    Spelled { raw: "\\u0062", text: "b" },
    Spelled { raw: "\\ud83d\\ude00 \\\"q\\\"", text: "😀 \"q\"" },
    plain("a longer text, with ünïcode in it, that spans more than one word"),
];

const WORDS: [&str; 8] = ["null", "true", "false", "0", "-1.50", "39", "1987", "2E+400"];

pub(crate) fn document() -> impl Strategy<Value = Document> {
    let leaf = prop_oneof![
        proptest::sample::select(&WORDS[..]).prop_map(Document::Word),
        proptest::sample::select(&TEXTS[..]).prop_map(Document::Text),
    ];
    leaf.prop_recursive(5, 60, 6, |inner| {
        let member = (proptest::sample::select(&NAMES[..]), inner.clone());
        prop_oneof![
            1 => proptest::collection::vec(inner, 0..5).prop_map(Document::Array),
            2 => proptest::collection::vec(member, 0..7).prop_map(|mut members: Vec<(Spelled, Document)>| {
                let mut seen = std::collections::HashSet::new();
                members.retain(|(name, _)| seen.insert(name.text));
                Document::Object(members)
            }),
        ]
    })
}

/// Records that look like each other, as case systems write them, with here and there a difference.
pub(crate) fn batch() -> impl Strategy<Value = Document> {
    let value = prop_oneof![
        4 => proptest::sample::select(&WORDS[..]).prop_map(Document::Word),
        4 => proptest::sample::select(&TEXTS[..]).prop_map(Document::Text),
        1 => document(),
    ];
    let names = proptest::sample::subsequence(NAMES.to_vec(), 1..NAMES.len()).prop_shuffle();
    (names, proptest::collection::vec(proptest::collection::vec(value, NAMES.len()), 1..8), any::<u64>()).prop_map(
        |(names, records, odd)| {
            let record = |(i, values): (usize, Vec<Document>)| {
                let mut seen = std::collections::HashSet::new();
                let mut members: Vec<_> = names.iter().copied().zip(values).collect();
                members.retain(|(name, _)| seen.insert(name.text));
                if odd >> i & 7 == 0 {
                    members.rotate_left(1);
                    members.pop();
                }
                Document::Object(members)
            };
            Document::Array(records.into_iter().enumerate().map(record).collect())
        },
    )
}

impl Document {
    /// The document with white space between tokens, chosen by `seed`; none for 0.
    pub(crate) fn spelled(&self, seed: u64) -> String {
        let mut out = String::new();
        let mut space = Space(seed);
        self.write(&mut out, &mut space);
        space.put(&mut out);
        out
    }

    fn write(&self, out: &mut String, space: &mut Space) {
        space.put(out);
        match self {
            Self::Word(word) => out.push_str(word),
            Self::Text(text) => out.push_str(&format!("\"{}\"", text.raw)),
            Self::Array(elements) => {
                out.push('[');
                for (i, element) in elements.iter().enumerate() {
                    out.push_str(if i > 0 { "," } else { "" });
                    element.write(out, space);
                    space.put(out);
                }
                space.put(out);
                out.push(']');
            }
            Self::Object(members) => {
                out.push('{');
                for (i, (name, member)) in members.iter().enumerate() {
                    out.push_str(if i > 0 { "," } else { "" });
                    space.put(out);
                    out.push_str(&format!("\"{}\"", name.raw));
                    space.put(out);
                    out.push(':');
                    member.write(out, space);
                    space.put(out);
                }
                space.put(out);
                out.push('}');
            }
        }
    }
}

struct Space(u64);

impl Space {
    fn put(&mut self, out: &mut String) {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(if self.0 == 0 { 0 } else { 1 });
        out.push_str(["", "", "", "", " ", "\n", "\t \r"].get((self.0 >> 33) as usize % 7).unwrap());
    }
}

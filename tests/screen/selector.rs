//! The matcher selects exactly the nodes that a conforming implementation selects.

use havengate::policy::selector::{Matcher, Selector, State};
use proptest::prelude::*;
use serde_json::Value;
use serde_json_path::JsonPath;
use std::collections::BTreeSet;

const NAMES: [&str; 6] = ["a", "b", "ab", "first name", "é'\"\\", "accommodationHistory"];

fn name() -> impl Strategy<Value = &'static str> {
    proptest::sample::select(&NAMES[..])
}

fn document() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![Just(Value::Null), any::<bool>().prop_map(Value::from), (0..9).prop_map(Value::from)];
    leaf.prop_recursive(5, 80, 5, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            proptest::collection::vec((name(), inner), 0..5)
                .prop_map(|m| Value::Object(m.into_iter().map(|(n, v)| (n.to_owned(), v)).collect())),
        ]
    })
}

fn step() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => name().prop_map(|n| format!("\"{}\"", n.replace('\\', "\\\\").replace('"', "\\\""))),
        2 => Just("*".to_owned()),
        1 => (0..4u8).prop_map(|i| i.to_string()),
        1 => (proptest::option::of(0..4u8), proptest::option::of(0..5u8)).prop_map(|(a, b)| {
            let text = |n: Option<u8>| n.map_or(String::new(), |n| n.to_string());
            format!("{}:{}", text(a), text(b))
        }),
    ]
}

fn selector() -> impl Strategy<Value = String> {
    let segment = proptest::collection::vec(step(), 1..3).prop_map(|steps| format!("[{}]", steps.join(",")));
    (proptest::collection::vec(segment, 0..5), proptest::option::of(0..5usize)).prop_map(|(segments, descend)| {
        let mut text = "$".to_owned();
        for (i, segment) in segments.iter().enumerate() {
            text.push_str(if Some(i) == descend { ".." } else { "" });
            text.push_str(segment);
        }
        text
    })
}

/// Every (normalised path, selector) pair the matcher accepts.
fn walk(m: &Matcher<usize>, state: State, value: &Value, path: &str, found: &mut BTreeSet<(String, usize)>) {
    found.extend(m.accepts(state).iter().map(|i| (path.to_owned(), *i)));
    match value {
        Value::Array(elements) => {
            for (i, element) in (0..).zip(elements) {
                walk(m, m.element(state, i), element, &format!("{path}/{i}"), found);
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                walk(m, m.member(state, name), member, &format!("{path}/{}", pointer(name)), found);
            }
        }
        _ => {}
    }
    if m.is_leaf(state) {
        assert!(found.iter().all(|(p, _)| !p.starts_with(&format!("{path}/"))), "a leaf selects below");
    }
    if m.is_dead(state) {
        assert!(m.accepts(state).is_empty() && m.is_leaf(state));
    }
}

fn pointer(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

proptest! {
    #[test]
    fn the_matcher_selects_what_the_oracle_selects(
        document in document(),
        selectors in proptest::collection::vec(selector(), 1..5),
    ) {
        let compiled: Vec<_> = selectors.iter().map(|s| Selector::parse(s).unwrap()).zip(0usize..).collect();
        let matcher = Matcher::compile(&compiled).unwrap();
        let mut found = BTreeSet::new();
        walk(&matcher, matcher.start(), &document, "", &mut found);

        let mut expected = BTreeSet::new();
        for (i, text) in selectors.iter().enumerate() {
            let oracle = JsonPath::parse(text).unwrap();
            expected.extend(oracle.query_located(&document).locations().map(|l| (l.to_json_pointer(), i)));
        }
        prop_assert_eq!(&found, &expected);

        // Whatever two selectors share here was announced as ambiguous.
        for (path, i) in &found {
            for (_, j) in found.iter().filter(|(p, j)| p == path && j > i) {
                prop_assert!(matcher.ambiguous().contains(&(*i, *j)));
            }
        }
    }

    #[test]
    fn joining_is_selecting_from_each_selected_place(
        document in document(), outer in selector(), inner in selector(),
    ) {
        let (first, then) = (Selector::parse(&outer).unwrap(), Selector::parse(&inner).unwrap());
        let joined = Matcher::compile(&[(first.join(&then), 0)]).unwrap();
        let mut found = BTreeSet::new();
        walk(&joined, joined.start(), &document, "", &mut found);

        let (outer, inner) = (JsonPath::parse(&outer).unwrap(), JsonPath::parse(&inner).unwrap());
        let mut expected = BTreeSet::new();
        for node in outer.query_located(&document) {
            let above = node.location().to_json_pointer();
            let below = inner.query_located(node.node());
            expected.extend(below.locations().map(|l| (format!("{above}{}", l.to_json_pointer()), 0)));
        }
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn what_is_accepted_is_rfc_9535(text in "\\$[$@.\\[\\]*'\"a-c0-9:, \\t\\u{a0}?()\\\\u-]{0,12}") {
        if let Ok(selector) = Selector::parse(&text) {
            prop_assert!(JsonPath::parse(selector.as_str()).is_ok(), "only we accept {:?}", text);
        }
    }

    #[test]
    fn white_space_is_read_as_the_oracle_reads_it(
        parts in proptest::collection::vec(
            proptest::sample::select(&["$", ".a", "..", "b", "[", "]", "'a'", "\"b c\"", "*", ",", "1", "0", ":", " ", "\n", "\u{3000}", "-"][..]),
            0..9,
        ),
    ) {
        let text = format!("${}", parts.concat());
        if let Ok(selector) = Selector::parse(&text) {
            prop_assert!(JsonPath::parse(selector.as_str()).is_ok(), "only we accept {:?}", text);
        }
    }

    #[test]
    fn filters_that_are_accepted_are_rfc_9535(
        parts in proptest::collection::vec(
            proptest::sample::select(&[
                "length(", "count(", "value(", "match(", "search(", ")", "@", "@.a", "@.*", "$", ".a", "[*]", "[0]", "[?",
                "]", "==", "<", "1", "-0.5", "1e2", "'a'", ",", "!", "&&", "||", "(", " ", "\n", "true", "null", "-",
            ][..]),
            0..9,
        ),
    ) {
        let text = format!("$[?{}]", parts.concat());
        if let Ok(selector) = Selector::parse(&text) {
            prop_assert!(JsonPath::parse(selector.as_str()).is_ok(), "only we accept {:?}", text);
        }
    }

    #[test]
    fn functions_are_typed_as_the_oracle_types_them(filter in filter(), not in any::<bool>()) {
        let text = format!("$[?{}{filter}]", if not { "!" } else { "" });
        prop_assert_eq!(Selector::parse(&text).is_ok(), JsonPath::parse(&text).is_ok(), "{}", text);
    }
}

#[test]
fn a_filter_looks_eight_steps_far_and_no_further() {
    for (before, after) in [
        ("@", ""),
        ("!$", ""),
        ("@", " == 1"),
        ("1 < $", ""),
        ("count(@", ") > 1"),
        ("match(@", ", 'a')"),
        ("value(@.*", ") == 1"),
        ("@[?@", "]"),
        ("@.a[?$", " == 1]"),
    ] {
        let filter = |steps: usize| Selector::parse(&format!("$.a[?{before}{}{after}]", "['b']".repeat(steps)));
        assert!(filter(7).is_ok(), "{before}");
        let error = filter(9).expect_err(before);
        assert!(error.message.contains("looks more than 8 steps far"), "{error}");
        assert!(error.mend.contains("at most 8 steps from @ or $"), "{}", error.mend);
    }
    assert!(Selector::parse(&format!("$.a[?@{} == 1]", ".b".repeat(8))).is_ok());
}

/// A filter of functions, whatever their arguments are.
fn filter() -> impl Strategy<Value = String> {
    let plain = proptest::sample::select(
        &[
            "@.a", "@", "$.a[0]", "@.*", "$[1:]", "@[?@.a]", "1", "1.5", "'x'", "true", "null", "@.a == 1", "(@.a)",
            "!@.a",
        ][..],
    );
    let argument = plain.prop_map(str::to_owned).prop_recursive(2, 4, 2, |inner| {
        prop_oneof![
            3 => (proptest::sample::select(&["length", "count", "value"][..]), inner.clone()).prop_map(|(f, a)| format!("{f}({a})")),
            1 => (proptest::sample::select(&["match", "search"][..]), inner).prop_map(|(f, a)| format!("{f}({a}, 'x')")),
        ]
    });
    prop_oneof![
        argument.clone(),
        (argument.clone(), proptest::sample::select(&["==", "!=", "<", ">="][..]), argument.clone())
            .prop_map(|(a, how, b)| format!("{a} {how} {b}")),
        (argument.clone(), argument).prop_map(|(a, b)| format!("length({a}, {b})")),
    ]
}

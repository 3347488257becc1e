//! Rules that look at what stands beside a value: filters, and the questions that say what an answer holds.

use crate::rules::{LIMITS, Rules, everything, field, record, screen, screen_pieces, withhold};
use havengate::{
    policy::{
        integration::{FieldRule, Unlisted},
        selector::Selector,
    },
    screen::{Person, Ruling},
    verdict::Code,
};

const NHS: &str = "$.identifier[?@.system == 'https://fhir.nhs.uk/Id/nhs-number'].value";
const LOCAL: &str = "$.identifier[?@.system == 'urn:local'].value";

fn patient(fields: &[&str]) -> Rules {
    Rules::of(&[record("$", "$.id", fields)])
}

fn but(path: &'static str) -> impl Fn(&Person, &FieldRule) -> Ruling {
    move |person, rule| if &*rule.path == path { withhold() } else { everything(person, rule) }
}

#[test]
fn the_rule_whose_filter_holds_decides() {
    // The system stands before its value, after it, escaped, and is another's.
    let body = r#"{"identifier":[
        {"system":"https://fhir.nhs.uk/Id/nhs-number","value":"9434765919"},
        {"value":"c-1","system":"urn:local"},
        {"value":"c-2","system":"urn:loc\u0061l"},
        {"value":"x","system":"urn:other"}],"id":"p"}"#;
    let rules = patient(&[NHS, LOCAL, "$.identifier[*].system"]);
    let out = screen(&rules, but(NHS), body).unwrap();
    assert_eq!(
        out,
        r#"{"identifier":[{"system":"https://fhir.nhs.uk/Id/nhs-number"},{"value":"c-1","system":"urn:local"},{"value":"c-2","system":"urn:loc\u0061l"},{"system":"urn:other"}]}"#
    );
}

#[test]
fn without_a_filter_that_holds_the_plain_rule_decides_or_nothing_lists_the_value() {
    let body = r#"{"identifier":[{"system":"urn:local","value":"c-1"},{"system":"urn:other","value":"c-2"}]}"#;
    let rules = patient(&[LOCAL, "$.identifier[*].value"]);
    assert_eq!(screen(&rules, but(LOCAL), body).unwrap(), r#"{"identifier":[{},{"value":"c-2"}]}"#);
    assert_eq!(screen(&patient(&[LOCAL]), everything, body).unwrap(), r#"{"identifier":[{"value":"c-1"},{}]}"#);
    let array = r#"{"a":[1,2,3]}"#;
    assert_eq!(screen(&patient(&["$.a[?@ > 1]"]), everything, array).unwrap(), r#"{"a":[null,2,3]}"#);
}

#[test]
fn what_two_filters_claim_is_unlisted() {
    let rules = patient(&["$.a[?@.b == 1].v", "$.a[?@.c == 1].v"]);
    let body = r#"{"a":[{"b":1,"v":"x"},{"c":1,"v":"y"},{"b":1,"c":1,"v":"z"}]}"#;
    assert_eq!(screen(&rules, everything, body).unwrap(), r#"{"a":[{"v":"x"},{"v":"y"},{}]}"#);
    let block = Rules { unlisted: Unlisted::Block, ..patient(&["$.a[?@.b == 1].v", "$.a[*].b"]) };
    let refusal = screen(&block, everything, r#"{"a":[{"b":1,"v":"x"},{"b":2,"v":"y"}]}"#).unwrap_err();
    assert_eq!(refusal.code, Code::FieldBlocked);
    assert!(refusal.detail.contains("at byte 33 that no rule lists"), "{}", refusal.detail);
}

#[test]
fn numbers_that_machines_would_round_to_one_are_not_the_same() {
    let compared = |filter: &str, s: &str, c: &str| {
        let rules = patient(&[&format!("$.a[?{filter}].v")]);
        let out = screen(&rules, everything, &format!(r#"{{"a":[{{"c":{c},"v":1}}],"s":{s}}}"#)).unwrap();
        assert!([r#"{"a":[{"v":1}]}"#, r#"{"a":[{}]}"#].contains(&&*out), "{out}");
        out.contains('v')
    };
    for (s, c) in [
        ("12345678901234567890", "12345678901234567891"),
        ("9007199254740993", "9007199254740992"),
        ("-9007199254740993", "-9007199254740992"),
        ("1e400", "2e400"),
    ] {
        assert!(compared("@.c == $.s", c, c), "{c}");
        for filter in ["@.c == $.s", "@.c < $.s", "@.c > $.s", "@.c <= $.s", "!(@.c < $.s)", "!(@.c >= $.s)"] {
            assert!(!compared(filter, s, c), "{filter} with {s} and {c}");
        }
    }
    assert!(compared("@.c != $.s", "9007199254740993", "9007199254740992"));
    // What cannot be told is not so, and not otherwise either.
    for filter in ["@.c != $.s", "!(@.c == $.s)", "!@[?@ == $.s]", "count(@[?@ == $.s]) == 0", "@.v == 1 && @.c != $.s"]
    {
        assert!(!compared(filter, "1e400", "10e399"), "{filter}");
    }
    // A policy cannot write one.
    for filter in ["@.c == 9007199254740993", "@.c != 9007199254740992.0", "@.c < 1e400"] {
        assert!(Selector::parse(&format!("$.a[?{filter}].v")).is_err(), "{filter}");
    }
    assert!(compared("@.c < 9007199254740991 && @.c == 5.0", "0", "5"));
}

#[test]
fn a_filter_looks_no_further_than_its_record() {
    let rules = Rules::of(&[record("$.r[*]", "$.id", &["$.v[?$.kind == 'bed']"])]);
    let body = r#"{"kind":"bed","r":[{"v":[1],"kind":"bed"},{"v":[2],"kind":"person"},{"v":[3]}]}"#;
    assert_eq!(screen(&rules, everything, body).unwrap(), r#"{"r":[{"v":[1]},{"v":[null]},{"v":[null]}]}"#);
}

#[test]
fn functions_are_asked_of_the_whole_record() {
    let rules = patient(&[
        "$.codes[?match(@.code, '[A-Z][0-9]{2}') && length(@.text) <= 5].text",
        "$.beds[?count($.codes[*]) > 1 && @.n >= 1.5].n",
        "$.notes[?value($.codes[?@.code == 'A01'].text) == 'beds' && !search(@.by, '(staff|nurse)')].by",
        "$.last[?@ != $.last[-1]]",
    ]);
    // What the filters ask for comes last, and is escaped.
    let body = r#"{"beds":[{"n":1},{"n":2},{"n":1.50}],"notes":[{"by":"staff7"},{"by":"c-1"}],"last":[1,2,3],
        "codes":[{"text":"b\u0065ds","code":"A\u00301"},{"text":"a room","code":"B02"},{"text":"x","code":"b2"}],"id":"p"}"#;
    let left = r#"{"beds":[{},{"n":2},{"n":1.50}],"notes":[{},{"by":"c-1"}],"last":[1,2,null],"codes":[{"text":"b\u0065ds"},{},{}]}"#;
    assert_eq!(screen(&rules, everything, body).unwrap(), left);
    for cut in 1..body.len() {
        let (before, after) = body.as_bytes().split_at(cut);
        let screened = screen_pieces(&rules, LIMITS, everything, [before, after]).unwrap();
        assert_eq!(String::from_utf8(screened.bytes).unwrap(), left, "cut at {cut}");
    }
}

#[test]
fn a_container_at_a_chosen_place_is_no_value() {
    let rules = patient(&["$.a[?@.q == 1].v", "$.a[?@.q == 1].v.inner"]);
    let body = r#"{"a":[{"q":1,"v":{"inner":1,"x":2}},{"q":2,"v":{"inner":3}}]}"#;
    assert_eq!(screen(&rules, everything, body).unwrap(), r#"{"a":[{"v":{"inner":1}},{"v":{}}]}"#);
}

const PEOPLE: &str = "$.people[?@.ok == true].v";

#[test]
fn names_that_only_a_filter_lets_through_go_where_it_holds_for_nothing() {
    for (fields, body, left) in [
        (&[PEOPLE][..], r#"{"people":{"Zorblatt Quux":{"ok":false,"v":1}}}"#, r#"{"people":{}}"#),
        (&[PEOPLE], r#"{"people":{"Zorblatt Quux":{"ok":false}}}"#, r#"{"people":{}}"#),
        (&[PEOPLE], r#"{"people":{"Zorblatt":{},"A":{"v":1,"ok":true},"B":{}}}"#, r#"{"people":{"A":{"v":1}}}"#),
        // Elements stay for the others' indices.
        (&[PEOPLE], r#"{"people":[{"ok":false,"v":1},{"ok":true,"v":2}]}"#, r#"{"people":[{},{"v":2}]}"#),
        // A wildcard below the filter, above it, and any depth.
        (
            &["$[?@.share == true].tags.*.v"],
            r#"{"a":{"share":false,"tags":{"Zorblatt clinic":{"v":1}}},"b":{"share":true,"tags":{"c":{"v":1}}}}"#,
            r#"{"b":{"tags":{"c":{"v":1}}}}"#,
        ),
        (&["$.l[?@.share].t.*.v"], r#"{"l":[{"t":{"Zorblatt clinic":{"v":1}}}]}"#, r#"{"l":[{"t":{}}]}"#),
        (&["$.p.*.t[?@.share].v"], r#"{"p":{"Zorblatt":{"t":[{"v":1}]}}}"#, r#"{"p":{}}"#),
        (&["$..[?@.ok == true].v"], r#"{"Zorblatt":{"Quux":[{"v":1}]},"b":{"v":1,"ok":true}}"#, r#"{"b":{"v":1}}"#),
        (&["$.p[?@.ok].*[?@.w].v"], r#"{"p":{"a":{"Zorblatt":[{"v":1}],"ok":1}}}"#, r#"{"p":{}}"#),
        // Something else in it is listed.
        (&[PEOPLE, "$.people.*.w"], r#"{"people":{"A":{"v":1,"w":2},"Zorblatt":{}}}"#, r#"{"people":{"A":{"w":2}}}"#),
        // A rule names it, whatever its filter says; names that other rules let through are theirs.
        (&[PEOPLE, "$.people['A'].w"], r#"{"people":{"A":{"v":1},"Zorblatt":{"v":1}}}"#, r#"{"people":{"A":{}}}"#),
        (&["$.a[?@.ok].b.v"], r#"{"a":[{"b":{"v":1}}]}"#, r#"{"a":[{"b":{}}]}"#),
        (&[PEOPLE, "$.notes.*.text"], r#"{"notes":{"n1":{"x":1}}}"#, r#"{"notes":{"n1":{}}}"#),
    ] {
        assert_eq!(screen(&patient(fields), everything, body).unwrap(), left, "{fields:?} of {body}");
    }
}

#[test]
fn a_member_that_goes_because_no_filter_holds_is_unlisted() {
    let body = r#"{"people":{"Zorblatt Quux":{"ok":false,"w":{"x":{}},"v":1},"B":{"v":2,"ok":true}}}"#;
    let rules = patient(&[PEOPLE]);
    let screened = screen_pieces(&rules, LIMITS, everything, [body.as_bytes()]).unwrap();
    // Both `ok`s, `w`, the one `v`, and what they stand in.
    assert_eq!(screened.findings().unlisted, 5);
    let block = Rules { unlisted: Unlisted::Block, ..patient(&[PEOPLE, "$.people[?@.ok == true].w.x"]) };
    let refusal = screen(&block, everything, r#"{"people":{"Zorblatt":{"w":{}}}}"#).unwrap_err();
    assert_eq!(refusal.code, Code::FieldBlocked);
    assert!(refusal.detail.contains("at byte 22 that no rule lists"), "{}", refusal.detail);
}

#[test]
fn a_required_choice_stops_the_request() {
    let mut rules = patient(&[LOCAL]);
    rules.records[0].fields[0] = FieldRule { required: true, ..field(LOCAL) };
    let body = r#"{"identifier":[{"system":"urn:local","value":"c-1"}]}"#;
    let refusal = screen(&rules, |_, _| withhold(), body).unwrap_err();
    assert!(refusal.detail.contains("is needed and may not leave"), "{}", refusal.detail);
}

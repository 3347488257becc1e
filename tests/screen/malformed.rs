//! What is not JSON, or is JSON in two ways: each refused with what and where, in bounded memory and time.

use crate::rules::{LIMITS, Once, Rules, everything, record, screen_pieces};
use havengate::{
    screen::{Person, json::JsonScreener},
    verdict::{Code, Refusal},
};

fn anything() -> Rules {
    Rules::of(&[record("$", "$.ref", &["$..*"])])
}

fn refuse(body: &[u8]) -> Refusal {
    match screen_pieces(&anything(), LIMITS, everything, [body]) {
        Ok(_) => panic!("accepted {}", String::from_utf8_lossy(body)),
        Err(refusal) => refusal,
    }
}

/// Bodies, what is said of them, and the byte that is named.
const MALFORMED: [(&[u8], &str, usize); 86] = [
    (b"", "an end", 0),
    (b" \n", "an end", 2),
    (b"{", "an end", 1),
    (b"[", "an end", 1),
    (b"[1", "an end", 2),
    (b"[1,", "an end", 3),
    (b"{\"a\"", "an end", 4),
    (b"{\"a\":", "an end", 5),
    (b"{\"a\":1", "an end", 6),
    (b"\"abc", "an end", 4),
    (b"\"a\\", "an end", 3),
    (b"\"a\\u12", "an end", 6),
    (b"tru", "an end", 3),
    (b"[1]x", "after the end", 3),
    (b"{}{}", "after the end", 2),
    (b"1 2", "after the end", 2),
    (b"{}\0", "after the end", 2),
    (b"[]]", "after the end", 2),
    (b"]", "where a value", 0),
    (b"}", "where a value", 0),
    (b",", "where a value", 0),
    (b"[,1]", "where a value", 1),
    (b"[1,,2]", "where a value", 3),
    (b"[1,]", "where a value", 3),
    (b"{\"a\":}", "where a value", 5),
    (b"{\"a\":,}", "where a value", 5),
    (b"[+1]", "where a value", 1),
    (b"[.5]", "where a value", 1),
    (b"['a']", "where a value", 1),
    (b"[NaN]", "where a value", 1),
    (b"[Infinity]", "where a value", 1),
    (b"[True]", "where a value", 1),
    (b"[undefined]", "where a value", 1),
    (b"[/**/1]", "where a value", 1),
    (b"# c\n1", "where a value", 0),
    (b"\x0c[]", "where a value", 0),
    (b"\xc2\xa0[]", "where a value", 0),
    (b"[\xe2\x80\xa8]", "where a value", 1),
    (b"\xff", "where a value", 0),
    (b"\0", "where a value", 0),
    (b"\xef\xbb\xbf{}", "byte order mark", 0),
    (b"\xfe\xff\0{\0}", "where a value", 0),
    (b"{\0}\0", "member's name", 1),
    (b"[-]", "without a digit", 2),
    (b"[-a]", "without a digit", 2),
    (b"[1.]", "without a digit", 3),
    (b"[1.e5]", "without a digit", 3),
    (b"[1e]", "without a digit", 3),
    (b"[1e+]", "without a digit", 4),
    (b"[-", "without a digit", 2),
    (b"1.", "without a digit", 2),
    (b"[01]", "a comma or the end", 2),
    (b"[-01]", "a comma or the end", 3),
    (b"[0x1]", "a comma or the end", 2),
    (b"[1_000]", "a comma or the end", 2),
    (b"[1 2]", "a comma or the end", 3),
    (b"[1}", "a comma or the end", 2),
    (b"{\"a\":1]", "a comma or the end", 6),
    (b"{\"a\":1 \"b\":2}", "a comma or the end", 7),
    (b"[\"a\"\"b\"]", "a comma or the end", 4),
    (b"[nul]", "true, false or null", 4),
    (b"[truE]", "true, false or null", 4),
    (b"[nullx]", "a comma or the end", 5),
    (b"{a:1}", "member's name", 1),
    (b"{1:1}", "member's name", 1),
    (b"{'a':1}", "member's name", 1),
    (b"{\"a\":1,}", "member's name", 7),
    (b"{,}", "member's name", 1),
    (b"{null:1}", "member's name", 1),
    (b"{\"a\" 1}", "a colon", 5),
    (b"{\"a\"}", "a colon", 4),
    (b"{\"a\",1}", "a colon", 4),
    (b"[\"a\nb\"]", "control character", 3),
    (b"[\"a\tb\"]", "control character", 3),
    (b"[\"a\0b\"]", "control character", 3),
    (b"{\"\x1f\":1}", "control character", 2),
    (b"[\"\\x41\"]", "escape that JSON does not have", 2),
    (b"[\"\\'\"]", "escape that JSON does not have", 2),
    (b"[\"\\u12G4\"]", "four hexadecimal digits", 2),
    (b"[\"\\u+123\"]", "four hexadecimal digits", 2),
    (b"[\"\\ud800\"]", "surrogate", 2),
    (b"[\"\\ud800\\u0041\"]", "surrogate", 2),
    (b"[\"\\udc00\\ud800\"]", "surrogate", 2),
    (b"[\"ab\xed\xa0\x80\"]", "invalid UTF-8", 4),
    (b"[\"\xc0\xaf\"]", "invalid UTF-8", 2),
    (b"{\"abc\xe2\x82\":1}", "invalid UTF-8", 5),
];

#[test]
fn what_is_not_json_is_refused_with_what_and_where() {
    for (body, what, at) in MALFORMED {
        let refusal = refuse(body);
        let shown = String::from_utf8_lossy(body);
        assert_eq!(refusal.code, Code::BodyMalformed, "{shown}");
        assert!(refusal.detail.contains(what), "{shown}: {}", refusal.detail);
        assert!(refusal.detail.ends_with(&format!("at byte {at}")), "{shown}: {}", refusal.detail);
        assert!(serde_json::from_slice::<serde_json::Value>(body).is_err(), "serde_json accepts {shown}");
    }
}

#[test]
fn one_name_twice_is_refused_however_it_is_spelled() {
    let long = "n".repeat(40);
    for body in [
        r#"{"a":1,"a":2}"#.to_owned(),
        r#"{"a":1,"\u0061":2}"#.to_owned(),
        r#"{"x":{"\/":1,"/":2}}"#.to_owned(),
        r#"[{"😀":1,"\ud83d\ude00":2}]"#.to_owned(),
        r#"{"a\u0000":1,"a\u0000":2}"#.to_owned(),
        r#"{"":1,"":2}"#.to_owned(),
        format!(r#"{{"{long}":1,"b":2,"{long}":3}}"#),
    ] {
        let refusal = refuse(body.as_bytes());
        assert!(refusal.detail.contains("for the second time"), "{body}: {}", refusal.detail);
        // Where nothing leaves, too: what is judged must be one document.
        let dropped =
            screen_pieces(&Rules::of(&[record("$", "$.ref", &["$.zz"])]), LIMITS, everything, [body.as_bytes()]);
        assert_eq!(dropped.unwrap_err().detail, refusal.detail);
    }
    // One name in two objects is nothing strange.
    screen_pieces(&anything(), LIMITS, everything, [&br#"{"a":{"a":1},"b":{"a":{"a":2}}}"#[..]]).unwrap();
}

#[test]
fn a_name_twice_among_many_is_found() {
    for n in [10, 60, 200, 9_000] {
        let members: Vec<String> = (0..n).map(|i| format!("\"some-name-{i}\":{i}")).collect();
        let good = format!("{{{}}}", members.join(","));
        for rules in [anything(), Rules::of(&[record("$.x", "$.ref", &["$.zz"])])] {
            screen_pieces(&rules, LIMITS, everything, [good.as_bytes()]).unwrap();
            let bad = good.replace('}', ",\"some\\u002dname-3\":0}");
            let refusal = screen_pieces(&rules, LIMITS, everything, [bad.as_bytes()]).unwrap_err();
            assert!(refusal.detail.contains("for the second time"), "{n}: {}", refusal.detail);
        }
    }
}

#[test]
fn a_name_twice_is_found_at_any_stride() {
    let rules = Rules::of(&[record("$[*]", "$.ref", &["$.first", "$.second", "$.third"])]);
    let usual = r#"{"first":"some text that is long","second":12,"third":true}"#;
    let odd = r#"{"first":"some text that is long","second":12,"first":"some text that is long","third":true}"#;
    let body = format!("[{usual},{usual},{odd},{usual}]");
    let refusal = screen_pieces(&rules, LIMITS, everything, [body.as_bytes()]).unwrap_err();
    assert!(refusal.detail.contains("for the second time"), "{}", refusal.detail);
    let few = havengate::screen::body::Limits { members: 2, ..LIMITS };
    let refusal = screen_pieces(&rules, few, everything, [format!("[{usual},{usual}]").as_bytes()]).unwrap_err();
    assert!(refusal.detail.contains("more members than the limit"), "{}", refusal.detail);
}

/// Members that no rule lists are passed quickly where the one before them was followed by another.
#[test]
fn an_unlisted_name_twice_is_found_at_any_stride() {
    let rules = Rules::of(&[record("$[*]", "$.ref", &["$.first", "$.second"])]);
    let usual = r#"{"first":"some text that is long","note":"x","third":[1],"second":12,"more":true}"#;
    let body = |odd: &str| format!("[{usual},{usual},{{\"first\":\"some text that is long\",{odd}}},{usual}]");
    for odd in [
        r#""note":"x","note":"some text that is long","second":12"#,
        r#""note":"x","not\u0065":2,"second":12"#,
        r#""n\u006fte":"x","note":2,"second":12"#,
        r#""note":1,"second":12,"note":2,"more":null"#,
        r#""note":1,"first":"some text that is long","second":12"#,
        r#""note":1,"other":2,"\u0066irst":3,"second":12"#,
    ] {
        let refusal = screen_pieces(&rules, LIMITS, everything, [body(odd).as_bytes()]).unwrap_err();
        assert!(refusal.detail.contains("for the second time"), "{odd}: {}", refusal.detail);
    }
    let screened = screen_pieces(&rules, LIMITS, everything, [body(r#""note":1,"other":"é","second":12"#).as_bytes()]);
    let screened = screened.unwrap();
    let (out, findings) = (screened.bytes.clone(), screened.findings());
    let expected = r#"{"first":"some text that is long","second":12}"#;
    assert_eq!(String::from_utf8(out).unwrap(), format!("[{}]", [expected; 4].join(",")));
    assert_eq!(findings.unlisted, 11);
}

#[test]
fn endless_nesting_is_refused_at_the_limit() {
    for (open, per_level) in [(&b"["[..], 1), (br#"{"a":"#, 5)] {
        for rules in [anything(), Rules::of(&[record("$.x", "$.ref", &["$.zz"])])] {
            let mut judge = Once::new(everything);
            let mut screener = JsonScreener::new(rules.compile(), LIMITS, Person::Unknown);
            let piece = open.repeat(1000);
            let refusal = screener.push(&piece, &mut judge).unwrap_err();
            assert!(refusal.detail.contains("more nesting than the limit"), "{}", refusal.detail);
            assert!(refusal.detail.ends_with(&format!("at byte {}", 64 * per_level)), "{}", refusal.detail);
            // And a gibibyte more of it costs nothing.
            for _ in 0..1_000_000 {
                assert!(screener.push(&piece, &mut judge).is_err());
            }
        }
    }
}

#[test]
fn what_is_larger_than_a_record_may_be_is_refused() {
    let long = "x".repeat(10 << 20);
    let bodies = [
        format!("\"{long}\""),
        format!("{{\"a\":\"{long}\"}}"),
        format!("{{\"{long}\":1}}"),
        format!("{{\"a\" {}:1}}", " ".repeat(10 << 20)),
        format!("{{\"a\":[{}1]}}", "1,".repeat(1 << 20)),
    ];
    for rules in [anything(), Rules::of(&[record("$.x", "$.ref", &["$.zz"])])] {
        for (i, body) in bodies.iter().enumerate() {
            match screen_pieces(&rules, LIMITS, everything, body.as_bytes().chunks(10_000)) {
                Err(refusal) => assert_eq!(refusal.code, Code::BodyTooLarge, "{i}"),
                // An unlisted container outside records is read and dropped, whatever its length.
                Ok(screened) => assert!(i == 4 && screened.bytes == b"{}"),
            }
        }
    }
    let many = format!("[{}1]", "1, ".repeat(1 << 20));
    let rules = Rules::of(&[record("$[*]", "$.ref", &["$"])]);
    assert!(screen_pieces(&rules, LIMITS, everything, many.as_bytes().chunks(7_000)).is_ok());
}

#[test]
fn too_many_members_are_refused() {
    let members: Vec<String> = (0..100_000).map(|i| format!("\"{i}\":0")).collect();
    let refusal = refuse(format!("{{{}}}", members.join(",")).as_bytes());
    assert!(refusal.detail.contains("more members than the limit"), "{}", refusal.detail);
}

#[test]
fn an_endless_number_is_refused() {
    for digits in ["1".repeat(2000), format!("0.{}", "1".repeat(2000)), format!("1e{}", "1".repeat(2000))] {
        for body in [format!("[{digits}]"), format!("[{digits}x]")] {
            let whole = refuse(body.as_bytes());
            assert!(whole.detail.contains("1,024 characters at byte 1"), "{}", whole.detail);
            let cut = screen_pieces(&anything(), LIMITS, everything, body.as_bytes().chunks(1)).unwrap_err();
            assert_eq!(cut, whole);
        }
    }
}

#[test]
fn what_is_unusual_but_json_is_accepted() {
    let accepted = [
        "\"\"",
        "0",
        "-0",
        "-0.0e-0",
        "1E400",
        "[]",
        "{}",
        " \t\r\n[ ] \n",
        "[[],{}]",
        "{\"\":0}",
        "\"\\u0000\"",
        "\"\u{7f}\u{80}\u{2028}\u{ffff}\u{10ffff}\"",
        "\"\\ud834\\udd1e\"",
        "[1,-1.5,\"a\",null,true,false]",
        "\"\\/\\b\\f\\n\\r\\t\"",
    ];
    for body in accepted {
        let rules = Rules::of(&[record("$", "$.ref", &["$..*", "$"])]);
        let screened = screen_pieces(&rules, LIMITS, everything, [body.as_bytes()]).unwrap();
        assert_eq!(String::from_utf8(screened.bytes).unwrap(), body.replace(" \t\r\n[ ] \n", "[]"));
    }
}

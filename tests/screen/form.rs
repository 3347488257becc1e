//! Forms: what leaves of them, and what is no form that can be read in one way only.

use crate::{
    flat::{Flat, in_pieces, screen},
    rules::{LIMITS, everything, only, withhold, year},
};
use havengate::{
    flow::Act,
    policy::integration::{Denied, FieldRule, Format, Unlisted},
    screen::{Person, Ruling, body::Limits},
    verdict::Code,
};

fn form(fields: &[&str]) -> Flat {
    Flat::of(Format::Form, "ref", fields)
}

fn nothing(_: &Person, _: &FieldRule) -> Ruling {
    withhold()
}

#[test]
fn listed_pairs_leave_written_again_and_others_go() {
    let mut rules = form(&["first_name", "note", "beds", "agree"]);
    rules.fields.push(year("dob"));
    let body = "ref=C-001&first%5Fname=Zs%C3%B3fia+Okonjo&dob=1987-04-02&&note=a%26b%3Dc;d%0D%0Ae+%2B+f&ni=QQ123456C&beds=2&agree";
    assert_eq!(
        screen(&rules, everything, body.as_bytes()).unwrap(),
        "first_name=Zs%C3%B3fia%20Okonjo&dob=1987&note=a%26b%3Dc%3Bd%0D%0Ae%20%2B%20f&beds=2&agree="
    );
    let (_, found) = in_pieces(&rules, LIMITS, everything, [body.as_bytes()]).unwrap();
    assert_eq!(found.unlisted, 2, "the reference and the number");
    assert_eq!(screen(&rules, everything, b"").unwrap(), "");
    assert_eq!(screen(&rules, everything, b"&&x=1&=2").unwrap(), "");
}

#[test]
fn a_form_is_about_the_person_it_names() {
    let rules = form(&["name", "ref"]);
    assert_eq!(screen(&rules, only("C-1"), b"name=Ada&ref=C%2D1").unwrap(), "name=Ada&ref=C-1");
    assert_eq!(screen(&rules, only("C-1"), b"name=Ada&ref=C-2").unwrap(), "");
    assert_eq!(screen(&rules, only(""), b"name=Ada&ref=").unwrap(), "");
    let mut rules = form(&["name"]);
    rules.subject = None;
    assert_eq!(screen(&rules, only("from the path"), b"name=Ada&ref=C-2").unwrap(), "name=Ada");
    // A list of people is nobody in particular.
    let rules = Flat::of(Format::Form, "ref[]", &["name"]);
    assert_eq!(screen(&rules, only("C-1"), b"name=Ada&ref[]=C-1").unwrap(), "name=Ada");
    assert_eq!(screen(&rules, only("C-1"), b"name=Ada&ref[]=C-1&ref[]=C-1").unwrap(), "");
}

#[test]
fn a_withheld_pair_goes_or_holds_what_its_rule_says() {
    let rules = form(&["a", "b", "c"]).denied("b", &Denied::Empty).denied("c", &Denied::Const("not given".into()));
    assert_eq!(screen(&rules, nothing, b"a=1&b=2&c=3").unwrap(), "b=&c=not%20given");
    assert_eq!(screen(&rules, nothing, b"a=&b=&c=").unwrap(), "b=&c=not%20given", "empty ones look the same");
    let (_, found) = in_pieces(&rules, LIMITS, nothing, [&b"a=&b=&c=3"[..]]).unwrap();
    let counts: Vec<_> = found.listed.iter().map(|f| (&*f.rule.path, f.act, f.count)).collect();
    assert_eq!(counts, [("c", Act::Stripped, 1)]);
    let rules = rules.denied("a", &Denied::Block);
    assert_eq!(screen(&rules, nothing, b"a=&b=1").unwrap(), "b=");
    let refusal = screen(&rules, nothing, b"a=1").unwrap_err();
    assert_eq!(refusal.code, Code::ConsentMissing);
    assert!(refusal.detail.starts_with("a may not leave and stops the request"), "{}", refusal.detail);
}

#[test]
fn an_unlisted_pair_stops_the_form_where_the_operation_says_so() {
    let mut rules = form(&["a"]);
    rules.unlisted = Unlisted::Block;
    assert_eq!(screen(&rules, everything, b"a=1&ref=2").unwrap(), "a=1");
    let refusal = screen(&rules, everything, b"a=1&secret=2").unwrap_err();
    assert_eq!(refusal.code, Code::FieldBlocked);
    assert!(refusal.detail.contains("a pair at byte 4 that no rule lists"), "{}", refusal.detail);
    assert!(!refusal.detail.contains("secret"));
}

#[test]
fn only_lists_may_repeat_their_name() {
    let rules = form(&["need[]", "a"]);
    let out = screen(&rules, everything, b"need[]=x&need%5B%5D=y&other=1&other=2").unwrap();
    assert_eq!(out, "need%5B%5D=x&need%5B%5D=y");
    for body in [&b"a=1&x=2&a=3"[..], b"a=1&x=2&%61=3", b"ref=1&x&ref=1"] {
        let refusal = screen(&rules, everything, body).unwrap_err();
        assert_eq!(refusal.code, Code::BodyMalformed);
        assert!(refusal.detail.ends_with("a listed name for the second time at byte 8"), "{}", refusal.detail);
    }
}

/// Bodies, and what is said of them.
const MALFORMED: [(&[u8], &str); 16] = [
    (b"a=%00", "a control character at byte 2"),
    (b"a%00=1", "a control character at byte 1"),
    (b"x=1&y=%1b", "a control character at byte 6"),
    (b"a%0a=1", "a control character at byte 1"),
    (b"a=1\r\n", "a control character at byte 3"),
    (b"a=\0", "a control character at byte 2"),
    (b"a=%7f", "a control character at byte 2"),
    (b"a=%zz", "a percent sign without two hexadecimal digits at byte 2"),
    (b"a=%4", "a percent sign without two hexadecimal digits at byte 2"),
    (b"a=%", "a percent sign without two hexadecimal digits at byte 2"),
    (b"a=100%&b=2", "a percent sign without two hexadecimal digits at byte 5"),
    (b"a=%u0041", "a percent sign without two hexadecimal digits at byte 2"),
    (b"a=%+4", "a percent sign without two hexadecimal digits at byte 2"),
    (b"a=caf%e9", "invalid UTF-8 in the name or value at byte 2"),
    (b"x=caf\xe9", "invalid UTF-8 in the name or value at byte 2"),
    (b"%ed%a0%80=1", "invalid UTF-8 in the name or value at byte 0"),
];

#[test]
fn what_is_no_form_is_refused_with_what_and_where() {
    for (body, what) in MALFORMED {
        let shown = String::from_utf8_lossy(body);
        for rules in [form(&["a"]), form(&["other"])] {
            let refusal = screen(&rules, everything, body).expect_err(&shown);
            assert_eq!(refusal.code, Code::BodyMalformed, "{shown}");
            assert!(refusal.detail.ends_with(what), "{shown}: {}", refusal.detail);
        }
    }
}

#[test]
fn too_many_pairs_and_too_many_bytes_are_refused() {
    let limits = Limits { record: 1 << 20, members: 1000, ..LIMITS };
    let body = "a=1&".repeat(100_000);
    let rules = form(&["b"]);
    let refusal = in_pieces(&rules, limits, everything, [body.as_bytes()]).unwrap_err();
    assert_eq!(refusal.code, Code::BodyMalformed);
    assert!(refusal.detail.ends_with("more pairs than the limit at byte 4000"), "{}", refusal.detail);
    let limits = Limits { record: 100, ..LIMITS };
    let whole = in_pieces(&rules, limits, everything, [body.as_bytes()]).unwrap_err();
    assert_eq!(
        (whole.code, &*whole.detail),
        (Code::BodyTooLarge, "the form has more than 100 bytes, which is the limit")
    );
    assert_eq!(in_pieces(&rules, limits, everything, body.as_bytes().chunks(7)).unwrap_err(), whole);
}

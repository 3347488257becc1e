//! JSON Lines: every line is a document, and the body is one body.

use crate::{
    document::document,
    rules::{LIMITS, Rules, everything, record, screen},
};
use havengate::{
    screen::{Judge, Person, json::JsonScreener},
    verdict::{Code, Refusal},
};
use proptest::prelude::*;

fn lines(rules: &Rules, pieces: &[&[u8]]) -> Result<String, Refusal> {
    let mut judge = crate::rules::Once::new(everything);
    let judge: &mut dyn Judge = &mut judge;
    let mut screener = JsonScreener::new(rules.compile_lines(), LIMITS, Person::Unknown);
    let mut out = Vec::new();
    for piece in pieces {
        screener.push(piece, judge)?;
        out.append(&mut screener.take());
    }
    out.append(&mut screener.finish(judge)?.bytes);
    Ok(String::from_utf8(out).unwrap())
}

fn one() -> Rules {
    Rules::of(&[record("$", "$.id", &["$.id", "$.a"])])
}

#[test]
fn each_line_is_a_document_and_blank_lines_go() {
    let body = b"{\"id\":1,\"a\":2,\"x\":3}\n\n  \r\n{ \"a\": 5, \"id\": 4 }\r\n7\n{\"id\":8}";
    let expected = "{\"id\":1,\"a\":2}\n{\"a\":5,\"id\":4}\nnull\n{\"id\":8}";
    assert_eq!(lines(&one(), &[body]).unwrap(), expected);
    for cut in 0..body.len() {
        assert_eq!(lines(&one(), &[&body[..cut], &body[cut..]]).unwrap(), expected, "cut at {cut}");
    }
    assert_eq!(lines(&one(), &[b""]).unwrap(), "");
    assert_eq!(lines(&one(), &[b"\n"]).unwrap(), "");
}

#[test]
fn a_document_ends_with_its_line_and_a_line_with_its_document() {
    for (body, what, at) in [
        (&b"{\"id\":1}\n{\"id\":\n2}\n"[..], "an end where more must come", 15),
        (b"{\"id\":1} {\"id\":2}\n", "something after the end of the document", 9),
        (b"{\"id\":1}\ntru\n", "an end where more must come", 12),
        (b"{\"id\":1}\n\"a\n\"\n", "an end where more must come", 11),
        (b"{\"id\":1}\n{\"id\":1", "an end where more must come", 16),
    ] {
        for cut in 0..body.len() {
            let refusal = lines(&one(), &[&body[..cut], &body[cut..]]).unwrap_err();
            assert_eq!(refusal.code, Code::BodyMalformed);
            assert!(refusal.detail.contains(what), "{} (cut at {cut})", refusal.detail);
            assert!(refusal.detail.contains(&format!("byte {at}")), "{} (cut at {cut})", refusal.detail);
        }
    }
}

proptest! {
    #[test]
    fn lines_say_what_documents_say_one_by_one(documents in proptest::collection::vec(document(), 0..6), cut in 0usize..400) {
        let rules = Rules::of(&[record("$", "$.id", &["$.a", "$.b", "$[*].a", "$..id"])]);
        let texts: Vec<String> = documents.iter().map(|d| d.spelled(0)).collect();
        let body = texts.join("\n");
        let cut = cut.min(body.len());
        let whole = lines(&rules, &[&body.as_bytes()[..cut], &body.as_bytes()[cut..]]);
        let each: Result<Vec<String>, Refusal> = texts.iter().map(|t| screen(&rules, everything, t)).collect();
        match (whole, each) {
            (Ok(whole), Ok(each)) => prop_assert_eq!(whole, each.join("\n")),
            (Err(whole), Err(each)) => prop_assert_eq!(whole.code, each.code),
            (whole, each) => prop_assert!(false, "{:?} and {:?}", whole, each),
        }
    }
}

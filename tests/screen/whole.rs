//! Bodies that are one value: text by what it says, bytes by what they are.

use crate::{
    flat::{Flat, in_pieces, screen},
    rules::{LIMITS, everything, only, withhold, year},
};
use havengate::{
    flow::Act,
    policy::integration::{CONTENT, Denied, FieldRule, Format},
    screen::{
        Judge, Person, Ruling,
        body::{BodyScreener, Limits},
    },
    verdict::{Code, Refusal},
};
use std::sync::Arc;

fn whole(format: Format, denied: Denied) -> Flat {
    let rules = Flat { subject: None, ..Flat::of(format, "", &[CONTENT]) };
    rules.denied(CONTENT, &denied)
}

fn bytes() -> Format {
    Format::Binary("application/octet-stream".into())
}

fn nothing(_: &Person, _: &FieldRule) -> Ruling {
    withhold()
}

#[test]
fn a_text_leaves_whole_or_as_its_rule_says() {
    let note = "Ring Zsófia\tafter 6\r\nat the centre.\n".as_bytes();
    let rules = whole(Format::Text, Denied::Const("Withheld".into()));
    assert_eq!(screen(&rules, only("from the path"), note).unwrap().as_bytes(), note);
    assert_eq!(screen(&rules, only("somebody else"), note).unwrap(), "Withheld");
    assert_eq!(screen(&whole(Format::Text, Denied::Empty), nothing, note).unwrap(), "");
    let refusal = screen(&whole(Format::Text, Denied::Block), nothing, note).unwrap_err();
    assert_eq!(refusal.code, Code::ConsentMissing);
    assert!(refusal.detail.starts_with("content may not leave and stops the request"), "{}", refusal.detail);
    let (_, found) = in_pieces(&rules, LIMITS, nothing, [note]).unwrap();
    let counts: Vec<_> = found.listed.iter().map(|f| (&*f.rule.path, f.act, f.count)).collect();
    assert_eq!(counts, [(CONTENT, Act::Stripped, 1)]);
    let rougher = Flat { fields: vec![year(CONTENT)], ..rules };
    assert_eq!(screen(&rougher, everything, b"1987-04-02").unwrap(), "1987");
}

#[test]
fn what_is_no_plain_text_is_refused_with_what_and_where() {
    for (body, what) in [
        (&b"a\0b"[..], "a control character at byte 1"),
        (b"ab\x1b[31m", "a control character at byte 2"),
        (b"ab\x7f", "a control character at byte 2"),
        (b"\xff\xfea\0", "a control character at byte 3"),
        (b"caf\xe9", "invalid UTF-8 at byte 3"),
        (b"\xef\xbb\xbf\xef\xbb\xbfa", "a second byte order mark at byte 3"),
    ] {
        let refusal = screen(&whole(Format::Text, Denied::Block), everything, body).unwrap_err();
        assert_eq!(refusal.code, Code::BodyMalformed);
        assert!(refusal.detail.ends_with(what), "{}", refusal.detail);
    }
    assert_eq!(screen(&whole(Format::Text, Denied::Block), everything, b"\xef\xbb\xbfa").unwrap(), "a");
}

#[test]
fn bytes_leave_whole_or_stop_the_request() {
    let rules = whole(bytes(), Denied::Block);
    let body = b"HGv1\0\xff denied.example";
    let (out, _) = in_pieces(&rules, LIMITS, only("from the path"), body.chunks(3)).unwrap();
    assert_eq!(out, body);
    assert_eq!(in_pieces(&rules, LIMITS, nothing, [&body[..]]).unwrap_err().code, Code::ConsentMissing);
    let limits = Limits { record: 10, ..LIMITS };
    let large = in_pieces(&rules, limits, everything, [&body[..]]).unwrap_err();
    assert_eq!(
        (large.code, &*large.detail),
        (Code::BodyTooLarge, "the body has more than 10 bytes, which is the limit for one value")
    );
    assert_eq!(in_pieces(&rules, limits, everything, body.chunks(1)).unwrap_err(), large);
}

/// Lets everything leave that names no recipient, and wants to read every value.
struct Reader;

impl Judge for Reader {
    fn judge(&mut self, person: &Person, rule: &FieldRule) -> Ruling {
        everything(person, rule)
    }
    fn names(&mut self, _: Option<&FieldRule>, text: &str) -> Option<Arc<Refusal>> {
        text.contains("denied.example").then(|| Arc::new(Refusal::plain(Code::RecipientDenied, "denied")))
    }
    fn reads_every(&self, _: &FieldRule) -> bool {
        true
    }
    fn detects(&self) -> bool {
        false
    }
    fn places(&self) -> Option<&havengate::detect::Places> {
        None
    }
    fn holds(&self, _: &FieldRule, _: &havengate::flow::Category) -> bool {
        false
    }
    fn is_operational(&self, _: &FieldRule) -> bool {
        false
    }
    fn bytes(&self, _: &FieldRule) -> havengate::screen::Bytes {
        havengate::screen::Bytes::Other
    }
    fn known_by(&self, _: &FieldRule) -> havengate::screen::KnownBy {
        havengate::screen::KnownBy::Nothing
    }
    fn pseudonym(&self, _: &havengate::flow::Category, _: &str) -> String {
        String::new()
    }
    fn today(&self) -> jiff::civil::Date {
        crate::rules::TODAY
    }
}

#[test]
fn a_text_is_read_for_the_recipients_it_names_and_unread_bytes_are_none() {
    let run = |format, body: &[u8]| {
        let mut screener = BodyScreener::new(whole(format, Denied::Block).compile(), LIMITS, Person::Unknown);
        screener.push(body, &mut Reader).unwrap();
        screener.finish(&mut Reader).map(|s| s.bytes)
    };
    assert_eq!(run(Format::Text, b"to nobody").unwrap(), b"to nobody");
    assert_eq!(run(Format::Text, b"to x@denied.example").unwrap_err().code, Code::RecipientDenied);
    let refusal = run(bytes(), b"to nobody").unwrap_err();
    assert_eq!(refusal.code, Code::FieldBlocked);
    assert!(refusal.detail.contains("nobody reads these bytes"), "{}", refusal.detail);
}

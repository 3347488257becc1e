//! OData's multipart batches: what leaves of each request, and what cannot be read in one way only.

use super::{BASE, Consents, in_pieces, rules, screen};
use crate::rules::LIMITS;
use havengate::{
    screen::{
        Person, Received,
        body::{BodyScreener, Limits},
    },
    verdict::Code,
};
use proptest::prelude::*;

pub(super) const BOUNDARY: &str = "batch_36522ad7";
const STRIP: &str = "odata-multipart-strip";
const ORIGIN: &str = "https://refer.riverside.example";

/// A request in a part of its own, or of a change set. `id` is its Content-ID.
fn part(boundary: &str, id: Option<&str>, message: &str) -> String {
    let id = id.map(|id| format!("Content-ID: {id}\r\n")).unwrap_or_default();
    format!(
        "--{boundary}\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n{id}\r\n{message}\r\n"
    )
}

fn post(url: &str, body: &str) -> String {
    let length = body.len();
    format!("POST {url} HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}")
}

fn set(boundary: &str, parts: &str) -> String {
    format!("--{BOUNDARY}\r\nContent-Type: multipart/mixed; boundary={boundary}\r\n\r\n{parts}--{boundary}--\r\n")
}

fn batch(parts: &str) -> String {
    format!("{parts}--{BOUNDARY}--\r\n")
}

/// A batch of one request.
fn one(message: &str) -> String {
    batch(&part(BOUNDARY, None, message))
}

fn refused(body: &str, code: Code, said: &str) {
    let refusal = screen(STRIP, body).expect_err(body);
    assert_eq!((refusal.code, refusal.detail.contains(said)), (code, true), "{body}\n{}", refusal.detail);
    assert!(!refusal.detail.contains("Zsofia"), "{}", refusal.detail);
}

const GET: &str = "GET contacts/A-1 HTTP/1.1\r\nAccept: application/json\r\n\r\n";

fn good() -> String {
    let first = post(
        &format!("{ORIGIN}{BASE}/contacts?area=N%201&trace=Zsofia"),
        r#"{"name":"Zsofia","ref":"A-1","beds":2,"x":1}"#,
    )
    .replace("Content-Length", "X-Case: A-1\r\nCookie: x\r\nPrefer: return=minimal\r\nContent-Length");
    let second = post("$1/orders", r#"{"beds":1,"ni":"QQ123456C"}"#);
    let third = "PATCH /contacts/A-1 HTTP/1.1\r\nHost: refer.riverside.example\r\nContent-Type: application/json; \
                 charset=utf-8\r\n\r\n{\"name\":\"Zsofia\"}\r\n";
    let parts = [part("cs_1", Some("1"), &first), part("cs_1", Some("2"), &second)].concat();
    let other = part("\"cs 2\"", None, third).replace('"', "").replace("{name:Zsofia}", r#"{"name":"Zsofia"}"#);
    let other = set("\"cs 2\"", &other).replace("--\"cs 2\"--", "--cs 2--");
    batch(&[part(BOUNDARY, None, GET), set("cs_1", &parts), other].concat())
}

#[test]
fn each_request_in_a_part_is_judged_and_written_again() {
    let mut judge = Consents { detects: true };
    let received = Received { boundary: Some(BOUNDARY.to_owned()), ..Received::default() };
    let mut screener = BodyScreener::received(rules(STRIP), LIMITS, Person::Unknown, &received);
    let ours = screener.boundary().unwrap();
    let mark = ours.strip_prefix("havengate-batch-").unwrap().to_owned();
    screener.push(good().as_bytes(), &mut judge).unwrap();
    let screened = screener.finish(&mut judge).unwrap();
    let targets: Vec<_> = screened.targets().iter().map(|t| (t.request, t.path.join("/"))).collect();
    assert!(targets.contains(&(1, "services/data/v60.0/contacts".to_owned())), "{targets:?}");
    assert!(screened.findings().unlisted >= 3, "{:?}", screened.findings());
    let (first, second) = (format!("havengate-set-0-{mark}"), format!("havengate-set-1-{mark}"));
    let head = "Content-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n";
    let expected = format!(
        "--{ours}\r\n{head}\r\nGET contacts/A-1 HTTP/1.1\r\naccept: application/json\r\n\r\n\r\n\
         --{ours}\r\nContent-Type: multipart/mixed; boundary={first}\r\n\r\n\
         --{first}\r\n{head}Content-ID: 1\r\n\r\n\
         POST {ORIGIN}{BASE}/contacts?area=N%201 HTTP/1.1\r\ncontent-type: application/json\r\nx-case: A-1\r\n\
         prefer: return=minimal\r\nContent-Length: 26\r\n\r\n{{\"name\":\"Zsofia\",\"beds\":2}}\r\n\
         --{first}\r\n{head}Content-ID: 2\r\n\r\n\
         POST $1/orders HTTP/1.1\r\ncontent-type: application/json\r\nContent-Length: 10\r\n\r\n{{\"beds\":1}}\r\n\
         --{first}--\r\n\
         --{ours}\r\nContent-Type: multipart/mixed; boundary={second}\r\n\r\n\
         --{second}\r\n{head}\r\n\
         PATCH /contacts/A-1 HTTP/1.1\r\nHost: refer.riverside.example\r\ncontent-type: application/json\r\n\
         Content-Length: 17\r\n\r\n{{\"name\":\"Zsofia\"}}\r\n\
         --{second}--\r\n--{ours}--\r\n"
    );
    assert_eq!(String::from_utf8(screened.bytes).unwrap(), expected);
}

#[test]
fn what_a_request_may_not_say_does_not_leave_or_stops_the_whole() {
    let stranger = post("contacts", r#"{"ref":"B-2","name":"Zsofia","beds":1}"#);
    let out = screen(STRIP, &one(&stranger)).unwrap();
    assert!(out.contains("\r\n\r\n{\"beds\":1}\r\n") && !out.contains("Zsofia"), "{out}");
    refused(
        &one("GET contacts/B-2 HTTP/1.1\r\n\r\n"),
        Code::ConsentMissing,
        "in request 0 of the batch: id may not leave",
    );
    refused(&one("DELETE contacts/A-1 HTTP/1.1\r\n\r\n"), Code::OperationUnknown, "none of the operations");
    refused(&one("get contacts/A-1 HTTP/1.1\r\n\r\n"), Code::OperationUnknown, "none of the operations");
    refused(&one(&post("contacts/A-1", "{}").replace("POST", "GET")), Code::BodyUnsupported, "takes no body");
    let typed = one(&post("contacts", "{}").replace("/json", "/xml"));
    refused(&typed, Code::BodyUnsupported, "its Content-Type is not `application/json`");
    let second = [part(BOUNDARY, None, GET), part(BOUNDARY, None, &post("contacts", "{\"a\":1,\"a\":2}"))].concat();
    refused(&batch(&second), Code::BodyMalformed, "in request 1 of the batch");
    let block = |body: &str| screen("odata-multipart-block", body).unwrap_err();
    let odd = one(GET).replace("Content-Transfer", "X-Zsofia: 1\r\nContent-Transfer");
    assert_eq!(block(&odd).code, Code::FieldBlocked);
    assert!(screen(STRIP, &odd).is_ok_and(|out| !out.contains("Zsofia")));
}

#[test]
fn what_parts_say_of_themselves_is_read_in_one_way_or_not_at_all() {
    let good = one(GET);
    let kept = |from: &str, to: &str| {
        let body = good.replacen(from, to, 1);
        assert_ne!(body, good, "{from}");
        screen(STRIP, &body).unwrap_or_else(|refusal| panic!("{body}\n{}", refusal.detail))
    };
    let whole = screen(STRIP, &good).unwrap();
    assert_eq!(kept("application/http", "Application/HTTP; msgtype=request"), whole);
    assert_eq!(kept("Content-Transfer-Encoding: binary\r\n", ""), whole);
    assert_eq!(kept("GET contacts/A-1 HTTP/1.1", "GET contacts/A-1"), whole);
    // The empty line after the headers may be the boundary's.
    assert_eq!(kept("json\r\n\r\n", "json\r\n"), whole);
    assert_eq!(kept("json\r\n\r\n", "json\r\n\r\n\r\n"), whole);
    for (from, to, said) in [
        (
            "application/http",
            "text/plain",
            "a part that is neither `application/http` nor `multipart/mixed` at byte 18",
        ),
        ("application/http", "application/http; msgtype=response", "no plain request at byte 18"),
        ("Content-Type: application/http\r\n", "", "a part without a Content-Type"),
        ("binary", "base64", "a Content-Transfer-Encoding other than `binary`"),
        ("Content-Transfer-Encoding: binary", "Content-Type: application/http", "twice in one part"),
        ("binary", "binary\r\nContent-ID: 1\r\nContent-Id: 2", "twice in one part"),
        ("binary", "binary\r\n folded", "a header line that is not a name, a colon and a value"),
        ("Accept:", "Accept :", "a header line that is not a name, a colon and a value"),
        ("Accept:", "Host: evil.example\r\nAccept:", "a Host that is not this connection's recipient"),
        (
            "Accept:",
            "Transfer-Encoding: chunked\r\nAccept:",
            "a header that says how the request or its body is to be read",
        ),
        ("Accept:", "X-HTTP-Method: DELETE\r\nAccept:", "a header that says how the request or its body is to be read"),
        ("Accept:", "Content-ID: 1\r\nAccept:", "a Content-ID within a request"),
        ("Accept:", "Content-Length: 1\r\nAccept:", "a Content-Length that is not the length of its body"),
        ("Accept:", "Content-Length: +0\r\nAccept:", "a Content-Length that is not the length of its body"),
        ("Accept:", "Content-Length: 0\r\nContent-Length: 0\r\nAccept:", "a Content-Length twice"),
        ("HTTP/1.1", "HTTP/1.0", "a request line that is not"),
        ("HTTP/1.1", "HTTP/1.1 Zsofia", "a request line that is not"),
        ("GET contacts/A-1 HTTP/1.1\r\n", "GET contacts/A-1 HTTP/1.1\n", "a line that does not end in CR LF"),
        ("json\r\n\r\n", "json\n\n", "a line that does not end in CR LF"),
        ("GET contacts", "GET  contacts", "a request line that is not"),
        ("contacts/A-1", "https://evil.example/contacts/A-1", "names a host"),
        ("contacts/A-1", "https://refer.riverside.example.evil.example/contacts/A-1", "names a host"),
        ("contacts/A-1", "https://refer.riverside.example:8443/contacts/A-1", "names a host"),
        ("contacts/A-1", "http://refer.riverside.example/contacts/A-1", "names a host"),
        ("contacts/A-1", "//evil.example/contacts/A-1", "names a host"),
    ] {
        let body = good.replacen(from, to, 1);
        assert_ne!(body, good, "{from}");
        refused(&body, Code::BodyMalformed, said);
    }
}

#[test]
fn what_stands_around_parts_is_refused_with_its_place() {
    let good = one(GET);
    for (body, said) in [
        (format!("Zsofia\r\n{good}"), "something other than the boundary before the first part at byte 0"),
        (format!("{good}Zsofia"), "something after the last boundary"),
        (good.replace("\r\n", "\n"), "a line that begins like the boundary"),
        (good.replace("--\r\n", "\r\n"), "the last boundary, with `--` after it, is missing at byte 162"),
        (format!("--{BOUNDARY}--\r\n"), "no part at all at byte 0"),
        (String::new(), "the last boundary, with `--` after it, is missing"),
        (batch(&set("cs", "")), "no part at all at byte"),
        (
            batch(&set("cs", &set("deep", &part("deep", None, GET)).replace(BOUNDARY, "cs"))),
            "a change set within a change set",
        ),
        (
            batch(&set("cs", &part("cs", None, GET)).replace("--cs--", "--cs--Zsofia")),
            "something after the last boundary",
        ),
        (batch(&set("cs", &part("cs", None, GET)).replace("mixed;", "mixed; type=x;")), "does not say its boundary"),
        (batch(&set(BOUNDARY, &part("cs", None, GET))), "byte"),
        (
            batch(&format!("{}{}", part(BOUNDARY, Some("1"), GET), part(BOUNDARY, Some("1"), GET))),
            "in request 1 of the batch: it is called as another is",
        ),
        (batch(&part(BOUNDARY, Some("Zsofia Okonjo"), GET)), "its `Content-ID` is not 1 to 40 letters"),
    ] {
        refused(&body, Code::BodyMalformed, said);
    }
    let mut screener = BodyScreener::new(rules(STRIP), LIMITS, Person::Unknown);
    screener.push(good.as_bytes(), &mut Consents { detects: true }).unwrap();
    let refusal = screener.finish(&mut Consents { detects: true }).unwrap_err();
    assert_eq!(refusal.code, Code::BodyUnsupported);
}

#[test]
fn a_reference_leads_to_a_request_before_it_and_leaves_as_it_is() {
    let first = part(BOUNDARY, Some("1"), &post("contacts", r#"{"ref":"B-2","beds":1}"#));
    let second = |parent: &str| {
        let body = format!(r#"{{"ref":"B-2","parent":"{parent}"}}"#);
        batch(&format!("{first}{}", part(BOUNDARY, Some("2"), &post("contacts", &body))))
    };
    assert!(screen(STRIP, &second("$1")).unwrap().contains(r#"{"parent":"$1"}"#));
    for no in ["$2", "$3", "$1 Zsofia", "$1/x"] {
        assert!(!screen(STRIP, &second(no)).unwrap().contains("parent"), "{no}");
    }
    let path = batch(&format!("{first}{}", part(BOUNDARY, None, &post("contacts/$1", "{}"))));
    refused(&path, Code::OperationUnknown, "in request 1 of the batch");
}

#[test]
fn a_batch_in_parts_is_bounded() {
    let limits = Limits { members: 100, record: 64 << 20, ..LIMITS };
    let many = |n: usize| batch(&part(BOUNDARY, None, GET).repeat(n));
    assert!(in_pieces(STRIP, limits, [many(100).as_bytes()]).is_ok());
    let refusal = in_pieces(STRIP, limits, [many(101).as_bytes()]).unwrap_err();
    assert_eq!(
        (refusal.code, &*refusal.detail),
        (Code::BodyTooLarge, "the batch has more than 100 requests; send it in several")
    );
    let sets = batch(&set("cs", &part("cs", None, GET).repeat(60)).repeat(2));
    assert_eq!(in_pieces(STRIP, limits, [sets.as_bytes()]).unwrap_err().code, Code::BodyTooLarge);
    let refusal = in_pieces(STRIP, Limits { record: 1000, ..LIMITS }, [many(100).as_bytes()]).unwrap_err();
    assert_eq!(refusal.code, Code::BodyTooLarge);
}

#[test]
fn where_a_batch_in_parts_is_cut_never_shows() {
    for body in [good(), good().replace("/orders", "/nowhere"), good().replace("cs_1--", "cs_1-")] {
        let result = |pieces: Vec<&[u8]>| {
            in_pieces(STRIP, LIMITS, pieces).map(|s| (s.bytes.clone(), s.findings())).map_err(|r| (r.code, r.detail))
        };
        let whole = result(vec![body.as_bytes()]);
        for at in 0..body.len() {
            let (a, b) = body.as_bytes().split_at(at);
            assert_eq!(result(vec![a, b]), whole, "{at}");
        }
        assert_eq!(result(body.as_bytes().chunks(1).collect()), whole);
    }
}

proptest! {
    /// However a batch is spoiled, what leaves is a batch that is read again and then leaves as it is.
    #[test]
    fn what_leaves_is_read_again_and_stays(at in 0_usize..2000, with in prop::sample::select(vec!["", "\r\n", "\n", "-", "--", "Zsofia", ":", ";", " ", "\0", "{", "\""])) {
        let mut body = good();
        let at = at.min(body.len());
        body.insert_str(at, with);
        if let Ok(out) = screen(STRIP, &body) {
            let mark = out.lines().next().unwrap().trim_start_matches('-').to_owned();
            let received = Received { boundary: Some(mark), ..Received::default() };
            let mut judge = Consents { detects: true };
            let mut again = BodyScreener::received(rules("odata-multipart-block"), LIMITS, Person::Unknown, &received);
            again.push(out.as_bytes(), &mut judge).unwrap();
            // Whom a record is about does not leave, so what is about them does not leave again.
            let twice = String::from_utf8(again.finish(&mut judge).unwrap().bytes).unwrap();
            let requests = |text: &str| text.lines().filter(|line| line.ends_with(" HTTP/1.1")).count();
            prop_assert_eq!(requests(&twice), requests(&out));
            prop_assert!(!out.contains("QQ123456C") && !out.contains("trace"));
        }
    }
}

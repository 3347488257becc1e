//! Who calls, and what of a call never reaches the recipient.

use crate::{
    caller::{post, request},
    support::standin::Behaviour,
    world::{Plan, World},
};
use aws_lc_rs::digest;
use data_encoding::HEXLOWER;
use havengate::verdict::Code;

const NEED: &str = r#"{"need":{"beds":1}}"#;

fn with_token() -> Plan {
    let sha256 = HEXLOWER.encode(digest::digest(&digest::SHA256, b"a-callers-secret").as_ref());
    let callers = format!(
        "[[caller]]\napp = \"inform\"\ntoken_sha256 = \"{sha256}\"\n[[caller]]\napp = \"outreach\"\ntoken_sha256 = \"{}\"\n",
        HEXLOWER.encode(digest::digest(&digest::SHA256, b"another-secret").as_ref())
    );
    Plan { callers, ..Plan::new() }
}

#[tokio::test]
async fn an_unknown_caller_gets_nothing_and_is_summed_up() {
    let world = with_token().start().await;
    for fields in ["", "Havengate-Token: wrong\r\n", "Havengate-Token: a-callers-secret\r\nHavengate-Token: x\r\n"] {
        for target in ["/riverside/needs", "/nowhere", "/rooted/needs"] {
            let answer = world.post_with(target, fields, NEED).await;
            answer.assert_problem(Code::CallerUnknown, None);
            assert_eq!(answer.sent().as_deref(), Some("no"));
            assert_eq!(answer.header("havengate-decision"), None, "{answer:?}");
            assert!(answer.header("www-authenticate").is_some());
        }
    }
    // Broken framing from nobody known is a probe as well.
    let broken = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n";
    world.ask(broken).await.assert_problem(Code::RequestMalformed, None);
    assert_eq!(world.around.recipient.connections(), 0);
    let (_, home) = world.stop().await;
    let leaves = home.leaves();
    let kinds: Vec<_> = leaves.iter().map(|l| l["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["boot", "policy.activated", "refused.summary"]);
    assert_eq!(leaves[2]["extra"]["count"], "10");
}

#[tokio::test]
async fn a_token_names_its_caller_and_stays_here() {
    let world = with_token().start().await;
    let answer = world.post_with("/riverside/needs", "Havengate-Token: a-callers-secret\r\n", NEED).await;
    let (received, _) = world.forwarded(&answer).await;
    assert!(!String::from_utf8_lossy(&received.head).contains("a-callers-secret"));
    assert!(received.names().iter().all(|n| !n.starts_with("havengate-")), "{received:?}");
    // Another system's connections are not its own.
    let answer = world.post_with("/riverside/needs", "Havengate-Token: another-secret\r\n", NEED).await;
    world.refused(&answer, Code::RouteUnknown, Some("route-unknown")).await;
}

/// One that proves itself is told what became of its request, also where nobody had room to read it.
#[tokio::test]
async fn a_known_callers_refusal_is_recorded_even_when_there_was_no_room() {
    let world = with_token().limits("requests = 1").start().await;
    world.script([Behaviour::stall()]);
    let proof = "Havengate-Token: a-callers-secret\r\n";
    let mut first = world.line().await;
    first.send(request("POST", "/riverside/needs", proof, NEED)).await;
    world.around.recipient.received(1).await;
    world.around.arrived();
    let answer = world.post_with("/riverside/needs", proof, NEED).await;
    world.refused(&answer, Code::Overloaded, None).await;
    // Nobody known gets no record of their own.
    let answer = world.post_with("/riverside/needs", "Havengate-Token: wrong\r\n", NEED).await;
    answer.assert_problem(Code::Overloaded, None);
    assert_eq!(answer.header("havengate-decision"), None);
}

/// Head fields that say who, where from and by what way never leave, whatever their case.
#[tokio::test]
async fn what_says_who_asks_never_leaves() {
    let world = with_token().start().await;
    let fields = [
        "Havengate-Token: a-callers-secret",
        "cookie: session=leaves-not",
        "User-Agent: leaves-not/1",
        "Referer: https://inform.example/clients/leaves-not",
        "X-Forwarded-For: 192.0.2.7, leaves-not",
        "Forwarded: for=leaves-not",
        "X-Real-IP: leaves-not",
        "Origin: https://leaves-not.example",
        "Authorization: Bearer leaves-not",
        "Proxy-Authorization: Basic leaves-not",
        "X-API-Key: leaves-not",
        "Accept-Language: ti-leaves-not",
        "From: leaves-not@charity.example",
        "Via: 1.1 leaves-not",
        "X-Http-Method-Override: leaves-not",
        "X-Original-Url: /leaves-not",
        "Traceparent: leaves-not",
        "Havengate-Sent: leaves-not",
        "Havengate-Decision: leaves-not",
        "Consent-Note: leaves-not",
        "Connection: X-Nominated",
        "X-Nominated: leaves-not",
        "Idempotency-Key: leaves",
        "Accept: application/json",
        "Prefer: return=minimal",
    ];
    let fields: String = fields.iter().map(|f| format!("{f}\r\n")).collect();
    let mut line = world.line().await;
    line.send(request("POST", "/riverside/needs", &fields, NEED)).await;
    let (received, _) = world.forwarded(&line.answer().await).await;
    let head = String::from_utf8(received.head.clone()).unwrap();
    assert!(!head.contains("leaves-not") && !head.contains("gateway"), "{head}");
    let mut names = received.names();
    names.sort();
    assert_eq!(names, ["accept", "content-length", "content-type", "host", "idempotency-key", "prefer", "x-api-key"]);
    assert_eq!(received.header("x-api-key").as_deref(), Some("an-upstream-secret"));
}

/// The rows of issue "Bad input" that need the whole gateway: the record of them, and nothing upstream.
#[tokio::test]
async fn what_is_malformed_is_recorded_and_reaches_nobody() {
    let world = World::start().await;
    let head = "POST /riverside/needs HTTP/1.1\r\nHost: gateway\r\n";
    let json = "Content-Type: application/json\r\n";
    let close = "Connection: close\r\n";
    let deep = "[".repeat(100_000);
    let members: String = (0..10_001).map(|i| format!("\"k{i}\":1,")).collect();
    for (bytes, code) in [
        (format!("{head}{json}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{{}}"), Code::RequestMalformed),
        (format!("{head}{json}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{{}}"), Code::RequestMalformed),
        (format!("{head}{json}Host: other\r\nContent-Length: 2\r\n\r\n{{}}"), Code::RequestMalformed),
        (format!("{head}{json}Transfer-Encoding: chunked\r\n\r\n2;x=y\r\n{{}}\r\n0\r\n\r\n"), Code::RequestMalformed),
        (format!("{head}Content-Length: 2\r\n\r\n{{}}").replace("gateway\r\n", "gateway\n"), Code::RequestMalformed),
        (format!("{head}{json}{json}Content-Length: 2\r\n\r\n{{}}"), Code::RequestMalformed),
        (format!("{head}{json}{close}Content-Length: 2\r\nContent-Encoding: gzip\r\n\r\n{{}}"), Code::BodyMalformed),
        (format!("{head}{close}Content-Length: 2\r\n\r\n{{}}"), Code::BodyUnsupported),
        (
            format!("{head}{close}Content-Type: application/json; charset=utf-16\r\nContent-Length: 2\r\n\r\n{{}}"),
            Code::BodyUnsupported,
        ),
        (format!("{head}{close}{json}Content-Length: 1\r\n\r\n{{"), Code::BodyMalformed),
        (format!("{head}{close}{json}Content-Length: 3\r\n\r\n{{}}x"), Code::BodyMalformed),
        (format!("{head}{close}{json}Content-Length: 100000\r\n\r\n{deep}"), Code::BodyMalformed),
        (format!("{head}{close}{json}Content-Length: 99999999\r\n\r\n{{}}"), Code::BodyTooLarge),
        (String::from_utf8(post("/riverside/needs", &format!("{{{members}\"k\":1}}"))).unwrap(), Code::BodyMalformed),
        (
            String::from_utf8(post("/riverside/needs", r#"{"priority":1,"prior\u0069ty":2}"#)).unwrap(),
            Code::BodyMalformed,
        ),
        (String::from_utf8(post("/riverside/export", "{}")).unwrap(), Code::OperationUnknown),
        (String::from_utf8(post("/riverside/referrals/a%2Fb", "{}")).unwrap(), Code::RequestMalformed),
        (
            "CONNECT refer.riverside.example:443 HTTP/1.1\r\nHost: refer.riverside.example:443\r\n\r\n".into(),
            Code::RequestMalformed,
        ),
    ] {
        let mut line = world.line().await;
        line.send(&bytes).await;
        let answer = line.answer().await;
        let rule = (code == Code::OperationUnknown).then_some("operation-unknown");
        world.refused(&answer, code, rule).await;
    }
    assert_eq!(world.around.recipient.connections(), 0);
}

#[tokio::test]
async fn a_body_that_stalls_or_is_cut_off_is_recorded_and_reaches_nobody() {
    let world = Plan::new().limits("body_time = \"200ms\"").start().await;
    let mut line = world.line().await;
    line.begin("/riverside/needs", 100).await;
    line.send("{\"need\":").await;
    world.refused(&line.answer().await, Code::RequestTimeout, None).await;

    let mut line = world.line().await;
    line.begin("/riverside/needs", 100).await;
    line.send("{\"need\":").await;
    drop(line);
    let (around, home) = world.stop().await;
    assert_eq!(around.recipient.connections(), 0);
    let codes: Vec<_> = home.leaves().iter().filter_map(|l| l["code"].as_str().map(str::to_owned)).collect();
    assert_eq!(codes, ["request-timeout", "body-malformed"]);
}

/// A caller's own credential leaves only by a connection that passes it on.
#[tokio::test]
async fn authorization_passes_where_the_connection_says_so() {
    let text = crate::world::connection(
        "passing",
        "riverside-council/housing-referrals",
        "https://refer.riverside.example/v2",
        "auth = { passthrough = true }",
    );
    let world = Plan::new().connect("passing", &text).start().await;
    let authorization = "Authorization: Bearer of-the-case-system\r\n";
    let answer = world.post_with("/passing/needs", authorization, r#"{"beds":1}"#).await;
    let (received, _) = world.forwarded(&answer).await;
    assert_eq!(received.header("authorization").as_deref(), Some("Bearer of-the-case-system"));
    assert_eq!(received.header("x-api-key"), None);
    let (received, _) = world.forwarded(&world.post_with("/riverside/needs", authorization, NEED).await).await;
    assert_eq!(received.header("authorization"), None);
    let twice = authorization.repeat(2);
    let answer = world.post_with("/passing/needs", &twice, r#"{"beds":1}"#).await;
    world.refused(&answer, Code::RequestMalformed, Some("one-authorization")).await;
}

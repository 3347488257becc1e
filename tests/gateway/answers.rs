//! Links in answers, from the recipient's bytes to the caller's, and what the record book keeps of those withheld.

use crate::{
    caller::{Answer, request},
    support::standin::Behaviour,
    world::World,
};
use havengate::{gate::control::Command, verdict::Code};

const PAGE: &str = "/crm/query/01gD0000002HU6KIAW-2000";
const TOKEN: &str = r#"{"access_token":"t","token_type":"Bearer","expires_in":3600}"#;

async fn page(behaviour: Behaviour) -> (World, Answer) {
    let world = World::start().await;
    world.around.token_host.script([Behaviour::json(200, TOKEN)]);
    world.script([behaviour]);
    let answer = world.ask(request("GET", PAGE, "Connection: close\r\n", "")).await;
    assert_eq!(world.around.arrived_one().line(), "GET /services/data/v60.0/query/01gD0000002HU6KIAW-2000 HTTP/1.1");
    (world, answer)
}

fn typed(status: u16, kind: &str, more: &str, body: &str) -> Behaviour {
    let length = body.len();
    let head = format!("HTTP/1.1 {status} Answer\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n{more}\r\n");
    Behaviour::Raw((head + body).into_bytes())
}

/// The outcome, and that neither it nor the explanation holds the link.
async fn outcome(world: &World, answer: &Answer, told: &str) -> serde_json::Value {
    let record = world.home.record(answer.decision()).await;
    let (text, data) = world.home.done(&Command::Explain { decision: answer.decision() }).await;
    assert!(text.contains(told), "{text}");
    assert!(!format!("{text}{data}").contains("evil"), "{text}{data}");
    assert_eq!(record.outcomes.len(), 1);
    record.outcomes[0]["extra"].clone()
}

#[tokio::test]
async fn the_next_page_is_reached_through_the_gateway() {
    let body = r#"{"done": false, "nextRecordsUrl":"/services/data/v60.0/query/01gD0000002HU6KIAW-4000","records":[{"attributes":{"type":"Contact","url":"/services/data/v60.0/sobjects/Contact/003"}}]}"#;
    let (world, answer) = page(typed(200, "application/json;charset=UTF-8", "", body)).await;
    let ours = body.replace("/services/data/v60.0/", "/crm/");
    assert_eq!((answer.status, answer.text()), (200, ours.clone()));
    assert_eq!(answer.header("content-length").as_deref(), Some(&*ours.len().to_string()));
    assert_eq!(answer.sent().as_deref(), Some("yes"));
    let extra = outcome(&world, &answer, "answered").await;
    assert_eq!(extra, serde_json::json!({ "ended": "answered", "status": "200" }));
    // And the link works.
    let next = answer.json()["nextRecordsUrl"].as_str().unwrap().to_owned();
    world.script([typed(200, "application/json", "", "{\"done\":true}")]);
    let answer = world.ask(request("GET", &next, "Connection: close\r\n", "")).await;
    assert_eq!((answer.status, answer.text().as_str()), (200, "{\"done\":true}"));
    assert_eq!(world.around.arrived_one().line(), "GET /services/data/v60.0/query/01gD0000002HU6KIAW-4000 HTTP/1.1");
}

#[tokio::test]
async fn links_that_lead_elsewhere_are_withheld_and_recorded_without_them() {
    let more = "Location: https://evil.example/\r\nX-Jan-Kowalski-Location: https://evil.example/\r\nRefresh: 0; url=https://evil.example/\r\nAlt-Svc: h3=\"evil.example:443\"\r\n";
    let body = r#"{"nextRecordsUrl":"https://evil.example/query/2","records":[{"attributes":{"url":"//evil.example/"}},{"attributes":{"url":"/other"}}]}"#;
    let (world, answer) = page(typed(200, "application/json", more, body)).await;
    assert_eq!(
        answer.text(),
        r#"{"nextRecordsUrl":null,"records":[{"attributes":{"url":null}},{"attributes":{"url":null}}]}"#
    );
    assert!(!answer.head.contains("evil"), "{}", answer.head);
    let extra = outcome(&world, &answer, "led past the gateway: 6, at location other refresh $.nextRecordsUrl").await;
    assert_eq!(extra["withheld"], "6");
    assert_eq!(extra["withheld_at"], "location other refresh $.nextRecordsUrl $.records[*].attributes.url");
}

#[tokio::test]
async fn a_success_that_cannot_be_read_is_not_passed_on() {
    for (behaviour, why) in [
        (typed(200, "text/html", "", "<a href=https://evil.example/>"), "media"),
        (typed(200, "application/json", "Content-Encoding: gzip\r\n", "evil"), "coding"),
        (typed(200, "application/json", "", "{\"nextRecordsUrl\":\"https://evil.example/\""), "malformed"),
    ] {
        let (world, answer) = page(behaviour).await;
        answer.assert_problem(Code::DestinationUnreachable, Some("answer-unreadable"));
        assert_eq!((answer.status, answer.sent().as_deref()), (502, Some("yes")), "{why}");
        assert!(!answer.text().contains("evil") && answer.detail().contains("The recipient answered"), "{answer:?}");
        let extra = outcome(&world, &answer, &format!("could not be checked ({why})")).await;
        assert_eq!(extra, serde_json::json!({ "ended": "answered", "status": "200", "withheld_body": why }));
    }
}

#[tokio::test]
async fn a_redirect_keeps_its_way_through_us_without_its_page() {
    let more = "Location: /services/data/v60.0/query/next\r\n";
    let (world, answer) = page(typed(302, "text/html", more, "<a href=https://evil.example/>moved</a>")).await;
    assert_eq!((answer.status, answer.text().as_str()), (302, ""));
    assert_eq!(answer.header("location").as_deref(), Some("/crm/query/next"));
    assert_eq!(outcome(&world, &answer, "status 302").await["withheld_body"], "media");
}

#[tokio::test]
async fn an_error_keeps_its_status_without_a_body_that_cannot_be_read() {
    let (world, answer) = page(typed(429, "text/html", "Retry-After: 7\r\n", "<a href=https://evil.example/>")).await;
    assert_eq!((answer.status, answer.text().as_str()), (429, ""));
    assert_eq!((answer.header("retry-after").as_deref(), answer.header("content-type")), (Some("7"), None));
    assert_eq!(outcome(&world, &answer, "status 429").await["withheld_body"], "media");
}

#[tokio::test]
async fn without_the_key_answers_pass_as_they_come() {
    let world = World::start().await;
    let html = "<a href=https://evil.example/>";
    world.script([typed(200, "text/html", "Content-Encoding: x\r\nETag: \"1\"\r\n", html)]);
    let answer = world.post("/riverside/needs", r#"{"need":{"beds":1}}"#).await;
    assert_eq!((answer.status, answer.text().as_str()), (200, html));
    assert_eq!(
        (answer.header("content-encoding").as_deref(), answer.header("etag").as_deref()),
        (Some("x"), Some("\"1\""))
    );
}

//! Recipients that stand in the data: what the relay received, what the caller is told, what is recorded.

use crate::{
    caller::{Answer, request},
    world::{Agreed, Plan, SAFEGUARDING, World},
};
use havengate::{consent::view::StopScope, verdict::Code};
use proptest::{
    prelude::*,
    strategy::ValueTree as _,
    test_runner::{Config, TestRunner},
};

const PARTNER: &str = "/messages/v2/notifications/partner-email";
const NEEDS: &str = "/riverside/needs";

fn message(to: &str) -> String {
    serde_json::json!({ "email_address": to, "template_id": "t" }).to_string()
}

/// Asserts that the address was refused for this rule and class, and repeated nowhere.
async fn denied(world: &World, to: &str, rule: &str, class: &str) -> Answer {
    let answer = world.post(PARTNER, &message(to)).await;
    let first = if rule == "recipient-unreadable" { rule } else { "recipient-in-body" };
    let record = world.refused(&answer, Code::RecipientDenied, Some(first)).await;
    let json = answer.json();
    let rules: Vec<_> = json["reasons"].as_array().unwrap().iter().map(|r| r["rule"].as_str().unwrap()).collect();
    assert!(rules.contains(&rule), "{to}: {rules:?}");
    assert!(answer.detail().contains(class), "{to}: {}", answer.detail());
    let kept = format!("{} {:?}", answer.text(), record).to_lowercase();
    assert!(!kept.contains(&to.to_lowercase()), "{to}: {kept}");
    assert_eq!(record.leaf["extra"]["rule"], first);
    let attempt = &record.leaf["extra"]["attempt"];
    assert_eq!(attempt.as_str(), Some(rule).filter(|_| matches!(class, "root" | "associated")), "{to}: {attempt}");
    answer
}

#[tokio::test]
async fn a_relay_carries_to_a_clear_recipient_and_to_nobody_else() {
    let world = World::start().await;
    let (received, record) = world.forwarded(&world.post(PARTNER, &message("duty@street-health.example")).await).await;
    assert_eq!(received.body_text(), message("duty@street-health.example"));
    assert_eq!(record.detail[0]["category"], "hg:Recipient");

    denied(&world, "a@homeoffice.gov.uk", "no-home-office", "root").await;
    denied(&world, "https://www.gov.uk/report-immigration-crime/form", "no-home-office", "root").await;
    let answer = denied(&world, "team@nrpf.riverside.example", "associated-only-by-data-2", "associated").await;
    assert!(answer.detail().contains("shares with"), "the chain is shown: {}", answer.detail());
    // Known, and assessed by nobody.
    denied(&world, "x@mungos.org", "assessed-only", "unassessed").await;
    denied(&world, "https://beds.newtown.example/in", "assessed-only", "unassessed").await;
    // Its undertaking lapsed.
    denied(&world, "referrals.oldgate.example", "undertaking-required", "clear").await;
    for nobody in ["x@unknown.example", "198.51.100.7", "00DSomebodyElse01", "refer.riverside.example.evil.example"] {
        denied(&world, nobody, "assessed-only", "knows nobody").await;
    }
    let shown = world.operations("/metrics").await.text();
    let counted: Vec<_> =
        shown.lines().filter(|l| l.starts_with("havengate_attempts_total") && !l.ends_with(" 0")).collect();
    assert!(counted.len() == 1 && counted[0].ends_with(" 3"), "monitoring counts what the panel is told: {counted:?}");
    let (_, home) = world.stop().await;
    let told = home.rows("SELECT kind FROM outbox WHERE kind = 'attempt'");
    assert_eq!(told.len(), 3, "the panel is told of each attempt to reach the Home Office or who is linked to it");
}

#[tokio::test]
async fn an_address_that_can_be_read_in_two_ways_is_refused_or_judged_at_every_name() {
    let world = World::start().await;
    for unreadable in [
        "duty@street-health.example, a@unknown.example",
        "Street Health <duty@street-health.example>",
        "\"duty\"@street-health.example",
        "duty(desk)@street-health.example",
        "a%unknown.example@street-health.example",
        "unknown.example!a@street-health.example",
        "@unknown.example:a@street-health.example",
        "a@[198.51.100.7]",
        "duty@street-health\u{3002}example",
        "duty@street\u{ad}-health.example",
        " duty@street-health.example",
    ] {
        denied(&world, unreadable, "recipient-unreadable", "exactly one").await;
    }
    for root in [
        "duty@street-health.example, a@homeoffice.gov.uk",
        "Home Office <a@homeoffice.gov.uk>",
        "a%homeoffice.gov.uk@street-health.example",
        "homeoffice.gov.uk!a@street-health.example",
        "\"a@homeoffice.gov.uk\"@street-health.example",
        "a@ｈｏｍｅｏｆｆｉｃｅ.gov.uk",
        "a@home\u{200b}office.gov.uk.",
        "https://street-health.example/?to=https://www.homeoffice.gov.uk/",
    ] {
        denied(&world, root, "no-home-office", "root").await;
    }
}

#[tokio::test]
async fn a_withheld_copy_goes_and_the_rest_is_sent() {
    let world = World::start().await;
    let body = r#"{"email_address":"duty@street-health.example","template_id":"t","copy_to":["x@homeoffice.gov.uk","beds@housing.riverside.example","x@unknown.example",7,null]}"#;
    let answer = world.post(PARTNER, body).await;
    let (received, record) = world.forwarded(&answer).await;
    assert_eq!(
        received.body_text(),
        r#"{"email_address":"duty@street-health.example","template_id":"t","copy_to":[null,"beds@housing.riverside.example",null,null,null]}"#
    );
    assert_eq!(answer.header("havengate-removed").as_deref(), Some("3;paths=\"$.copy_to[*]\""));
    assert_eq!(
        (&record.leaf["extra"]["rule"], &record.leaf["clauses"]),
        (&"recipient-in-body".into(), &serde_json::json!(["DATA-1"]))
    );
    let stripped: Vec<_> = record.detail.iter().filter(|row| row["act"] == "stripped").collect();
    assert_eq!(stripped.iter().map(|row| row["count"].as_u64().unwrap()).sum::<u64>(), 3, "{stripped:?}");
    let (told, _) = world.home.done(&havengate::gate::control::Command::Explain { decision: answer.decision() }).await;
    assert!(told.contains("recipient-in-body: A recipient named in the request"), "{told}");
    let (_, home) = world.stop().await;
    assert_eq!(home.rows("SELECT kind FROM outbox WHERE kind = 'attempt'").len(), 1);
}

#[tokio::test]
async fn a_stop_on_a_recipient_holds_on_a_relay_too() {
    let world = World::start().await;
    world.home.stop(StopScope::Destination("street-health/outreach".parse().unwrap())).await;
    denied(&world, "duty@street-health.example", "stopped", "clear").await;
    world.forwarded(&world.post(PARTNER, &message("beds@housing.riverside.example")).await).await;
}

#[tokio::test]
async fn consent_does_not_carry_a_clients_own_address_to_the_home_office_or_who_is_linked_to_it() {
    let world = World::start().await;
    let items = &[("pd:EmailAddressPersonal", "raw")];
    let agreed = Agreed {
        to: "city-messages/notifications",
        purpose: "client-message",
        items,
        uses: 9,
        ..Agreed::referral("R-1")
    };
    world.home.consent(&agreed).await;
    let email = |to: &str| format!(r#"{{"email_address":"{to}","template_id":"t","reference":"R-1"}}"#);
    for (to, rule) in [("jan@HomeOffice.gov.uk", "no-home-office-address"), ("jan@met.police.uk", "no-linked-address")]
    {
        let answer = world.post("/messages/v2/notifications/email", &email(to)).await;
        world.refused(&answer, Code::RecipientDenied, Some(rule)).await;
        assert!(!answer.text().contains("jan"));
    }
    let answer = world.post("/messages/v2/notifications/email", &email("jan@mail.example")).await;
    assert!(world.forwarded(&answer).await.0.body_text().contains("jan@mail.example"));
}

#[tokio::test]
async fn an_emergency_opens_it_for_nobody() {
    let world = World::start().await;
    assert!(matches!(world.home.emergency("R-1", SAFEGUARDING).await, havengate::gate::control::Reply::Done { .. }));
    let concern = |name: &str| {
        format!(
            r#"{{"adult":{{"ref":"R-1","name":"{name}","phone":"x@homeoffice.gov.uk"}},"concern":{{"where":"Mill Lane","urgency":"www.homeoffice.gov.uk"}}}}"#
        )
    };
    let answer = world.post("/westbridge-safeguarding/concerns", &concern("Jan")).await;
    let (received, record) = world.forwarded(&answer).await;
    assert_eq!(received.body_text(), r#"{"adult":{"ref":"R-1","name":"Jan"},"concern":{"where":"Mill Lane"}}"#);
    assert_eq!(record.leaf["extra"]["basis"], "identity:emergency:2 location:emergency:1");
    assert_eq!(record.leaf["extra"]["attempt"], "no-home-office-address");
    // What it cannot do without stops it, and says whom to phone.
    let answer = world.post("/westbridge-safeguarding/concerns", &concern("Jan, x@homeoffice.gov.uk")).await;
    world.refused(&answer, Code::RecipientDenied, Some("no-home-office-address")).await;
    assert!(answer.text().contains("phone 999 now"));
}

#[tokio::test]
async fn path_query_and_header_are_read_too() {
    let plan = Plan::new().connect(
        "free",
        r#"
id = "free"
app = "inform"
destination = "riverside-council/housing-referrals"
upstream = "https://refer.riverside.example/v2"
route = { prefix = "/free" }
purpose = "accommodation"
[[operation]]
id = "look"
method = "GET"
path = "/beds/{place}"
path_fields = { place = "hg:ServiceLocation" }
query = { q = "hg:Operational", to = "hg:Recipient" }
headers = { X-Note = "hg:Operational" }
"#,
    );
    let world = plan.start().await;
    let get = async |target: &str, fields: &str| {
        world.ask(request("GET", target, &format!("{fields}Connection: close\r\n"), "")).await
    };
    let (received, _) =
        world.forwarded(&get("/free/beds/1?q=a.b&to=beds@housing.riverside.example", "X-Note: a.b\r\n").await).await;
    assert_eq!(received.line(), "GET /v2/beds/1?q=a.b&to=beds%40housing.riverside.example HTTP/1.1");
    for (target, fields) in [
        ("/free/beds/www.homeoffice.gov.uk", ""),
        ("/free/beds/x%40homeoffice.gov.uk", ""),
        ("/free/beds/1", "Accept: application/json;profile=\"https://homeoffice.gov.uk/\"\r\n"),
    ] {
        world.refused(&get(target, fields).await, Code::RecipientDenied, Some("no-home-office-address")).await;
    }
    // Of how to answer only what is known leaves, and a callback is not.
    let fields = "Prefer: odata.callback; url=\"https://evil.example/\", return=minimal\r\n";
    let (received, _) = world.forwarded(&get("/free/beds/1", fields).await).await;
    assert_eq!(received.header("prefer").as_deref(), Some("return=minimal"));
    let refused = get("/free/beds/1", "If-Match: Jan Kowalski\r\n").await;
    world.refused(&refused, Code::RequestMalformed, None).await;
    // A listed header goes as its rule says, like a parameter of the query.
    let fields = "X-Note: mail x@homeoffice.gov.uk\r\n";
    let (received, record) = world.forwarded(&get("/free/beds/1", fields).await).await;
    assert_eq!(received.header("x-note"), None);
    assert!(record.detail.iter().any(|row| row["path"] == "X-Note" && row["act"] == "stripped"), "{record:?}");
    for query in ["q=x@homeoffice.gov.uk", "q=ｈomeoffice%E3%80%82gov.uk", "to=x@unknown.example", "to=x"] {
        let (received, _) =
            world.forwarded(&get(&format!("/free/beds/1?{query}").replace('ｈ', "%EF%BD%88"), "").await).await;
        assert_eq!(received.line(), "GET /v2/beds/1 HTTP/1.1", "{query}");
    }
}

/// Who is known by an address is found in values without a dot, too, and in numbers.
#[tokio::test]
async fn an_address_of_somebody_who_works_for_the_home_office_does_not_leave() {
    let mut plan = Plan::new();
    plan.sources.0.get_mut("organisations.toml").unwrap().push_str(
        r#"
[[organisation]]
id = "farm"
name = "Farm"
[[organisation.system]]
id = "farm/hosting"
kind = "supplier"
hosts = ["198.51.100.7", "[2001:db8::7]"]
[[link]]
from = "farm"
to = "home-office"
kind = "processor-for"
status = "in-force"
confidence = "high"
evidence = ["invented"]
"#,
    );
    let world = plan.start().await;
    for value in
        ["3325256711", "\"3325256711\"", "\"2001:db8::7\"", "\"http://[2001:DB8:0:0:0:0:0:7]/\"", "\"198.51.100.7\""]
    {
        let body = format!("{{\"need\":{{\"beds\":1,\"type\":{value}}},\"priority\":{value}}}");
        let (received, record) = world.forwarded(&world.post(NEEDS, &body).await).await;
        assert_eq!(received.body_text(), "{\"need\":{\"beds\":1}}", "{body}");
        assert_eq!(record.leaf["extra"]["rule"], "no-home-office-address");
    }
}

/// However a name of the Home Office is spelled, and wherever it stands in a text, it does not leave.
#[tokio::test]
async fn no_spelling_of_the_home_office_leaves() {
    let world = World::start().await;
    let spelled = (
        proptest::sample::select(vec!["homeoffice.gov.uk", "ukba.gsi.gov.uk", "visas-immigration.service.gov.uk"]),
        proptest::collection::vec(0u8..12, 40),
        "(\\PC{0,12}[ @/,(])?",
        "([ /,)]\\PC{0,12})?",
    );
    for text in ["https://www%2ehomeoffice%2egov%2euk/x", "h%6fmeoffice%2Egov%2Euk", "homeoffice%252egov%252euk"] {
        let body = format!("{{\"need\":{{\"beds\":1,\"type\":\"{text}\"}},\"priority\":\"{text}\"}}");
        let (received, _) = world.forwarded(&world.post(NEEDS, &body).await).await;
        assert_eq!(received.body_text(), "{\"need\":{\"beds\":1}}", "{body}");
    }
    let mut runner = TestRunner::deterministic();
    for _ in 0..Config::with_cases(64).cases {
        let (name, how, before, after) = spelled.new_tree(&mut runner).unwrap().current();
        let mut json = String::new();
        for (c, n) in name.chars().zip(how) {
            match n {
                0 => json += &format!("\\u{:04x}", c as u32),
                1 => json += &format!("\\u{:04X}", c as u32 + 0xFEE0),
                2 => json.extend(['\u{200b}', c]),
                3 => json += &format!("\\u00ad{c}"),
                4 if c == '.' => json.push('。'),
                5 => json.extend(c.to_uppercase()),
                6 => json += &format!("\\n{c}"),
                7 => json += &format!("%{:02x}", c as u32),
                8 => json += &format!("%25{:02X}", c as u32),
                _ => json.push(c),
            }
        }
        let quote = |s: &str| serde_json::to_string(s).unwrap().trim_matches('"').to_owned();
        let text = format!("{}{json}{}", quote(&before), quote(&after));
        let body = format!("{{\"need\":{{\"beds\":1,\"type\":\"{text}\"}},\"priority\":\"{text}\"}}");
        let (received, _) = world.forwarded(&world.post(NEEDS, &body).await).await;
        assert_eq!(received.body_text(), "{\"need\":{\"beds\":1}}", "{body}");
    }
}

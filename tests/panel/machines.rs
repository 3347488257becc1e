//! The API: its document and its answers are the same, and it says to nobody more than the pages do.

use crate::{
    browser::{Browser, Seen},
    concerns, emergencies,
    world::{CONNECTION, COUNCIL, World},
};
use havengate::{
    flow::{Act, Clause, Group},
    ledger::{Leaf, Tx, leaf::Kind},
    panel::{access::Role, routes},
    verdict::Code,
};
use serde_json::Value;

/// Something of everything.
async fn lively(world: &World) {
    for (month, n) in [(11, 20), (12, 90)] {
        world.at(&format!("2026-{month}-20T10:00:00Z"));
        let values = [(Group::Immigration, "raw", Act::Sent, n), (Group::Contact, "raw", Act::Generalised, 3)];
        world.sent(CONNECTION, COUNCIL, &values).await;
        world.sent(CONNECTION, COUNCIL, &[(Group::FreeText, "raw", Act::Stripped, 200)]).await;
        world.refused(CONNECTION, COUNCIL, Code::ConsentMissing, Clause::Data2ii).await;
        world.refused(CONNECTION, "home-office/asylum", Code::DestinationLinked, Clause::Data1).await;
    }
    let to = |kind, extra: &[(&'static str, &str)]| {
        let mut leaf = Leaf { destination: Some(COUNCIL.parse().unwrap()), ..Leaf::new(kind) };
        leaf.extra.extend(extra.iter().map(|(name, word)| (*name, (*word).to_owned())));
        leaf
    };
    for leaf in [
        to(Kind::ConsentDeclined, &[("asked", "30"), ("declined", "4")]),
        Leaf::new(Kind::PolicyRejected),
        Leaf::new(Kind::ConcernReceived),
    ] {
        world.ledger.append(Tx { asserts: vec![], leaf, detail: vec![], changes: vec![] }).await.unwrap();
    }
    emergencies::declared(world).await;
    let fields = [("system", "Case system"), ("how", "vendor-cloud"), ("plan", "Ask the vendor")];
    let added = world.signed(Role::Worker).await.fill("/not-covered", "/not-covered", &fields).await;
    assert_eq!(added.status, 303);
}

async fn token(world: &World, member: &mut Browser) -> String {
    let made = member.fill("/api-tokens", "/api-tokens", &[("name", "A sheet"), ("code", &world.code())]).await;
    made.text.split("<p class=\"code\">").nth(1).unwrap().split('<').next().unwrap().to_owned()
}

async fn bearing(world: &World, path: &str, token: &str) -> Seen {
    let mut machine = world.anybody();
    let request = machine.request("GET", path).header("authorization", format!("Bearer {token}"));
    machine.ask(request.body(http_body_util::Full::default()).unwrap()).await
}

/// The answer as JSON, of this status and type.
fn read(seen: &Seen, status: u16, kind: &str) -> Value {
    assert_eq!((seen.status, seen.headers["content-type"].to_str().unwrap()), (status, kind), "{}", seen.text);
    serde_json::from_str(&seen.text).unwrap()
}

fn problem(seen: &Seen, status: u16) -> Value {
    let said = read(seen, status, "application/problem+json");
    assert_eq!((&said["status"], &said["type"]), (&status.into(), &"about:blank".into()), "{said}");
    assert!(seen.headers.get("location").is_none(), "a machine cannot sign in");
    assert_eq!(seen.headers.get("www-authenticate").is_some(), status == 401, "{said}");
    said
}

async fn get(browser: &mut Browser, path: &str) -> Value {
    read(&browser.get(path).await, 200, "application/json")
}

/// Whether an answer is what the document says: every member it has and needs, and no other.
fn fits(document: &Value, schema: &Value, value: &Value, at: &str) {
    if let Some(name) = schema["$ref"].as_str() {
        return fits(document, document.pointer(name.trim_start_matches('#')).unwrap(), value, at);
    }
    if let Some(all) = schema["oneOf"].as_array() {
        let all = all.iter().filter(|one| (one["type"] == "null") == value.is_null());
        return all.for_each(|one| fits(document, one, value, at));
    }
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let kinds = schema["type"].as_array().cloned().unwrap_or_else(|| vec![schema["type"].clone()]);
    assert!(kinds.contains(&kind.into()), "{at}: {kind}, not {kinds:?}");
    for (i, one) in value.as_array().into_iter().flatten().enumerate() {
        fits(document, &schema["items"], one, &format!("{at}[{i}]"));
    }
    if let Some(members) = value.as_object() {
        let known = schema["properties"].as_object().unwrap();
        for (name, one) in members {
            let schema = known.get(name).unwrap_or_else(|| panic!("{at}.{name} is not in the document"));
            fits(document, schema, one, &format!("{at}.{name}"));
        }
        for name in schema["required"].as_array().into_iter().flatten() {
            assert!(members.contains_key(name.as_str().unwrap()), "{at}.{name} is missing");
        }
    }
}

#[tokio::test]
async fn every_address_answers_as_its_document_says() {
    let world = World::new().await;
    lively(&world).await;
    let (mut member, mut worker) = (world.signed(Role::Panel).await, world.signed(Role::Worker).await);
    let token = token(&world, &mut member).await;
    let document = get(&mut member, "/api/v1/openapi.json").await;
    let documented: Vec<&String> = document["paths"].as_object().unwrap().keys().collect();
    let mut routes: Vec<_> = routes::all().iter().map(|r| r.path).filter(|p| p.starts_with("/api/")).collect();
    routes.retain(|path| *path != "/api/v1/openapi.json");
    routes.sort_unstable();
    assert_eq!(documented, routes, "what there is, is documented");
    for (path, of) in document["paths"].as_object().unwrap() {
        let answers = &of["get"]["responses"];
        for status in ["200", "400", "401", "403", "500"] {
            assert!(answers[status].is_object(), "{path}: {status}");
        }
        let path = path.replace("{period}", "2026-12");
        let said = get(&mut member, &path).await;
        fits(&document, &answers["200"]["content"]["application/json"]["schema"], &said, &path);
        if let Some(list) = said.as_array() {
            assert!(path.contains("stops") || !list.is_empty(), "{path}: nothing was tried");
        }
        let seen = bearing(&world, &path, &token).await;
        match path.as_str() {
            "/api/v1/emergencies" => drop(problem(&seen, 403)),
            _ => fits(
                &document,
                &answers["200"]["content"]["application/json"]["schema"],
                &read(&seen, 200, "application/json"),
                &path,
            ),
        }
        problem(&worker.get(&path).await, 403);
        problem(&bearing(&world, &path, "hg_wrong").await, 401);
        problem(&world.anybody().get(&path).await, 401);
        for more in ["?xyzzy=1", "?period=2026-13", "?month=2026-Q4", "?public=xyzzy", "?period=2026-11&period=2026-12"]
        {
            let said = problem(&member.get(&format!("{path}{more}")).await, 400).to_string();
            assert!(!said.contains("xyzzy") && !said.contains("2026-13"), "{said}");
        }
    }
    problem(&member.get("/api/v1/reports/2026-13").await, 404);
    problem(&member.get("/api/v1/nothing").await, 404);
    problem(&member.get("/api/v1/reports/2026-11?period=2026-10").await, 400);
}

#[tokio::test]
async fn machines_read_what_the_pages_show() {
    let world = World::new().await;
    lively(&world).await;
    let mut member = world.signed(Role::Panel).await;
    let stopped = get(&mut member, "/api/v1/stopped?period=2026").await;
    assert_eq!([&stopped["step"], &stopped["total"]], [&Value::from("month"), &Value::from(4)], "{stopped}");
    assert!(stopped["over_time"].as_array().unwrap().iter().all(|row| row["from"].as_str().unwrap().ends_with("-01")));
    let pair = serde_json::json!({ "clause": "DATA-1", "recipient": "home-office/asylum", "count": 2 });
    assert!(stopped["by_clause_and_recipient"].as_array().unwrap().contains(&pair), "{stopped}");
    // Friday and Sunday, at ten in London.
    let hours = serde_json::json!([
        { "weekday": 5, "hour": 10, "count": 2 },
        { "weekday": 7, "hour": 10, "count": 2 }
    ]);
    assert_eq!((&stopped["hours"], &stopped["attempts"][0]["count"]), (&hours, &2.into()), "{stopped}");
    let month = get(&mut member, "/api/v1/stopped?period=2026-12").await;
    assert_eq!([&month["step"], &month["over_time"][0]["from"]], ["day", "2026-12-20"]);

    let left = get(&mut member, "/api/v1/left").await;
    assert_eq!([&left["period"], &left["people_period"]], ["2026-12", "2026-12"]);
    assert_eq!([&left["flows"][0]["connection"], &left["flows"][0]["recipient"]], [CONNECTION, COUNCIL]);
    let forms: Vec<_> =
        left["forms"].as_array().unwrap().iter().map(|f| [&f["group"], &f["act"], &f["shown"]]).collect();
    assert_eq!(forms, [["contact", "generalised", "fewer than 10"], ["immigration", "sent", "90 or more"]]);
    assert_eq!(left["grounds"], get(&mut member, "/api/v1/reports/2026-12").await["values"]);
    assert_eq!([&left["held_back"][0]["group_name"], &left["held_back"][0]["shown"]], ["free text", "200 or more"]);

    let drift = get(&mut member, "/api/v1/drift").await;
    let more =
        serde_json::json!({ "recipient": COUNCIL, "group": "immigration", "then": "20 or more", "now": "90 or more" });
    assert_eq!((&drift["more"][0], &drift["quiet"], &drift["before"]), (&more, &false.into(), &"2026-11".into()));
    assert_eq!(drift["withheld"][0]["connection"], CONNECTION);

    let consent = get(&mut member, "/api/v1/consent").await;
    let by = &consent["by_recipient"][0];
    assert_eq!([&by["recipient"], &by["figures"]["asked"]], [COUNCIL, "30 or more"], "{consent}");
    assert_eq!([&by["figures"]["declined"], &consent["total"]["ended"]], ["fewer than 10", "none"], "{consent}");

    let rules = get(&mut member, "/api/v1/policies").await;
    assert_eq!(
        [&rules[0]["taken"], &rules[0]["active"], &rules[1]["taken"], &rules[1]["active"]],
        [false, false, true, true]
    );
    let emergencies = get(&mut member, "/api/v1/emergencies").await;
    assert_eq!([&emergencies[0]["ground"], &emergencies[0]["day"]], ["adult-at-risk", "2026-12-20"]);
    let uncovered = get(&mut member, "/api/v1/not-covered").await;
    assert_eq!([&uncovered[0]["how"], &uncovered[0]["since"]], ["vendor-cloud", "2026-12-20"]);
}

#[tokio::test]
async fn what_waits_in_confidence_is_an_alarm_for_members_alone() {
    let world = World::telling().await;
    let waits = |alarms: &Value| alarms.to_string().contains("concern");
    let mut member = world.signed(Role::Panel).await;
    let sent = concerns::give(&mut world.anybody(), "Somebody passed a list on.").await;
    let token = token(&world, &mut member).await;
    let all = get(&mut member, "/api/v1/alarms").await;
    assert!(waits(&all), "{all}: {}", sent.text);
    let others = get(&mut world.signed(Role::Operator).await, "/api/v1/alarms").await;
    assert!(!waits(&others), "{others}");
    let others = read(&bearing(&world, "/api/v1/alarms", &token).await, 200, "application/json");
    assert!(!waits(&others), "{others}");
}

#[tokio::test]
async fn where_few_people_are_worked_with_machines_are_told_yes_by_the_quarter() {
    let world = World::of(49, "").await;
    lively(&world).await;
    let mut member = world.signed(Role::Panel).await;
    for path in ["/api/v1/left?period=2026-12", "/api/v1/drift?period=2026-12", "/api/v1/consent?month=2026-12"] {
        let said = get(&mut member, path).await;
        assert_eq!(said["people_period"], "2026-Q4", "{path}");
        let text = said.to_string();
        assert!(!text.contains("or more") && !text.contains("fewer than"), "{path}: {said}");
    }
    let left = get(&mut member, "/api/v1/left?period=2026-12").await;
    assert_eq!((&left["period"], &left["forms"][0]["shown"]), (&"2026-12".into(), &"yes".into()));
    let consent = get(&mut member, "/api/v1/consent").await;
    assert_eq!((&consent["total"]["asked"], &consent["by_recipient"]), (&"yes".into(), &Value::Array(vec![])));
}

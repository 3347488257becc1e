//! Requests within requests, over real sockets: each is judged as it would be alone, and the batch is written anew.

use crate::world::{Agreed, COUNCIL, Plan, World, connection};
use havengate::verdict::Code;

const CONNECTION: &str = r#"
id = "sf"
app = "inform"
destination = "riverside-council/housing-referrals"
upstream = "https://refer.riverside.example/services/data/v60.0"
route = { prefix = "/sf" }
purpose = "accommodation"

[[operation]]
id = "composite"
method = "POST"
path = "/composite"
[operation.body]
media = "application/json"
unlisted = "strip"
batch = "salesforce-composite"
operations = ["create-contact", "add-need"]

[[operation]]
id = "create-contact"
method = "POST"
path = "/sobjects/Contact"
[operation.body]
media = "application/json"
unlisted = "strip"
[[operation.body.record]]
subject = "body:$.Client_Ref__c"
[operation.body.record.fields]
"$.FirstName" = "pd:Name"
"$.LastName" = "pd:Name"
"$.Birthdate" = "pd:BirthDate"

[[operation]]
id = "add-need"
method = "PATCH"
path = "/sobjects/Need__c/{id}"
path_fields = { id = "pd:Identifier" }
[operation.body]
media = "application/json"
unlisted = "strip"
[[operation.body.record]]
[operation.body.record.fields]
"$.Beds__c" = "hg:HousingNeed"
"$.Contact__c" = "pd:Identifier"
"#;

async fn world() -> World {
    assert!(CONNECTION.contains(COUNCIL));
    Plan::new().connect("sf", CONNECTION).start().await
}

const BODY: &str = r#"{"allOrNone": true, "compositeRequest": [
    {"method": "POST", "url": "/services/data/v60.0/sobjects/Contact?trace=Zsofia", "referenceId": "c0",
     "body": {"Client_Ref__c": "R-1", "FirstName": "Zsofia", "LastName": "Okonjo", "Birthdate": "1991-04-02", "Email": "z@mail.example"}},
    {"method": "POST", "url": "/services/data/v60.0/sobjects/Contact", "referenceId": "c1",
     "body": {"Client_Ref__c": "R-2", "FirstName": "Idris", "LastName": "Vale"}},
    {"method": "PATCH", "url": "/services/data/v60.0/sobjects/Need__c/@{c0.id}", "referenceId": "n0",
     "httpHeaders": {"If-Match": "\"7\"", "X-Trace": "Zsofia"},
     "body": {"Beds__c": 2, "Contact__c": "@{c0.id}"}}]}"#;

#[tokio::test]
async fn each_inner_request_leaves_as_it_would_alone() {
    let world = world().await;
    let items: &[_] = &[("pd:Name", "raw")];
    world.home.consent(&Agreed { items, ..Agreed::referral("R-1") }).await;
    let answer = world.post("/sf/composite", BODY).await;
    let (received, record) = world.forwarded(&answer).await;
    assert_eq!(received.line(), "POST /services/data/v60.0/composite HTTP/1.1");
    let expected = r#"{"allOrNone":true,"compositeRequest":[{"referenceId":"c0","method":"POST","url":"/services/data/v60.0/sobjects/Contact","body":{"FirstName":"Zsofia","LastName":"Okonjo"}},{"referenceId":"c1","method":"POST","url":"/services/data/v60.0/sobjects/Contact","body":{}},{"referenceId":"n0","method":"PATCH","url":"/services/data/v60.0/sobjects/Need__c/@{c0.id}","httpHeaders":{"if-match":"\"7\""},"body":{"Beds__c":2,"Contact__c":"@{c0.id}"}}]}"#;
    assert_eq!(received.body_text(), expected);
    assert_eq!(record.leaf["operation"], "composite");
    assert!(record.detail.iter().any(|row| row["path"] == "$.LastName" && row["act"] == "stripped"), "{record:?}");
}

#[tokio::test]
async fn what_no_operation_lists_stops_the_whole_and_names_its_position() {
    let world = world().await;
    let body = BODY.replace("/services/data/v60.0/sobjects/Need__c/@{c0.id}", "/services/data/v60.0/sobjects/Zsofia");
    let answer = world.post("/sf/composite", &body).await;
    assert!(answer.detail().starts_with("in request 2 of the batch: none of the operations"), "{}", answer.detail());
    assert!(!answer.detail().contains("Zsofia"), "{}", answer.detail());
    world.refused(&answer, Code::OperationUnknown, None).await;
    // Her number in a path needs consent, as in the path of a request.
    let answer = world.post("/sf/composite", &BODY.replace("@{c0.id}\", \"ref", "003A\", \"ref")).await;
    assert!(answer.detail().starts_with("in request 2 of the batch: id may not leave"), "{}", answer.detail());
    world.refused(&answer, Code::ConsentInvalid, Some("active-and-this-person")).await;
}

/// As for the path of a request: what a parameter says decides whose path it is.
#[tokio::test]
async fn an_inner_path_of_the_home_office_on_a_shared_host_stops_the_whole() {
    let mut plan = Plan::new();
    let registry = plan.sources.0.get_mut("organisations.toml").unwrap();
    registry.push_str(&format!(
        "\n[[organisation]]\nid = \"pages\"\nname = \"pages\"\n[[organisation.system]]\nid = \"pages/all\"\n\
         kind = \"support\"\nhosts = [\"www.gov.uk\"]\n\
         assessed = {{ on = 2026-10-01, until = 2090-09-30, by = \"panel\", reason = \"Invented.\" }}\n\
         undertaking = {{ sha256 = \"{}\", role = \"Manager\", signed = 2026-10-01, expires = 2090-09-30, \
         except_required_by_law = true, tells_us_first = true }}\n",
        "b9d4163a4537b9a5".repeat(4)
    ));
    let pages = r#"
[[operation]]
id = "page"
method = "GET"
path = "/{page}"
path_fields = { page = "hg:TemplateReference" }
[[operation]]
id = "batch"
method = "POST"
path = "/all/$batch"
[operation.body]
media = "application/json"
unlisted = "strip"
batch = "odata-json"
operations = ["page"]
"#;
    let text = connection("govuk", "pages/all", "https://www.gov.uk", "") + pages;
    let world = plan.connect("govuk", &text).start().await;
    let batch = |page: &str| {
        format!(
            r#"{{"requests":[{{"id":"0","method":"GET","url":"housing"}},{{"id":"1","method":"GET","url":"{page}"}}]}}"#
        )
    };
    for page in ["report-immigration-crime", "/Report-Immigration-CRIME", "report-immigration%2Dcrime"] {
        let answer = world.post("/govuk/all/$batch", &batch(page)).await;
        assert!(answer.detail().starts_with("in request 1 of the batch: "), "{}", answer.detail());
        world.refused(&answer, Code::DestinationLinked, Some("no-home-office")).await;
    }
    let (received, _) = world.forwarded(&world.post("/govuk/all/$batch", &batch("tenancy")).await).await;
    assert_eq!(received.body_text(), batch("tenancy"));
}

#[tokio::test]
async fn an_odata_batch_in_parts_arrives_within_boundaries_that_its_type_names() {
    let text = CONNECTION.replace("salesforce-composite", "odata-multipart").replace(
        "path = \"/composite\"\n[operation.body]\nmedia = \"application/json\"",
        "path = \"/$batch\"\n[operation.body]\nmedia = \"multipart/mixed\"",
    );
    let world = Plan::new().connect("sf", &text).start().await;
    let inner = r#"{"Client_Ref__c": "R-1", "FirstName": "Zsofia"}"#;
    let ask = async |host: &str| {
        let body = format!(
            "--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\nContent-Type: application/http\r\n\
             Content-Transfer-Encoding: binary\r\nContent-ID: 1\r\n\r\n\
             POST https://{host}/services/data/v60.0/sobjects/Contact HTTP/1.1\r\n\
             Content-Type: application/json\r\n\r\n{inner}\r\n--c--\r\n--b--\r\n"
        );
        let length = body.len();
        let head = format!(
            "POST /sf/$batch HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\nContent-Length: {length}\r\n\
             Content-Type: multipart/mixed; boundary=b\r\n\r\n"
        );
        world.ask(format!("{head}{body}")).await
    };
    let (received, _) = world.forwarded(&ask("refer.riverside.example").await).await;
    let media = received.header("content-type").unwrap();
    let boundary = media.strip_prefix("multipart/mixed; boundary=").unwrap();
    let sent = received.body_text();
    assert!(sent.starts_with(&format!("--{boundary}\r\n")) && sent.ends_with(&format!("--{boundary}--\r\n")), "{sent}");
    assert!(sent.contains("\r\nContent-ID: 1\r\n") && sent.contains("Content-Length: 2\r\n\r\n{}\r\n"), "{sent}");
    assert!(!sent.contains("Zsofia") && !sent.contains("R-1"), "{sent}");
    let answer = ask("evil.example").await;
    assert!(answer.detail().starts_with("in request 0 of the batch: its URL names a host"), "{}", answer.detail());
    world.refused(&answer, Code::BodyMalformed, None).await;
}

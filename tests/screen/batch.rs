//! Requests within a body: what leaves of each, and what is no batch that can be read in one way only.

mod parts;

use crate::rules::{LIMITS, TODAY, pseudonym, withhold};
use havengate::{
    detect::Places,
    flow::Category,
    policy::{
        Policy,
        integration::{BodyRules, FieldRule, Integration, RouteRule},
        shipped,
    },
    screen::{
        Judge, KnownBy, Person, Received, Ruling,
        body::{BodyScreener, Limits, ScreenedBody},
    },
    verdict::{Code, Refusal},
};
use proptest::prelude::*;
use std::sync::{Arc, LazyLock};

const CONNECTION: &str = r#"
id = "batches"
app = "batches"
destination = "riverside-council/housing-referrals"
upstream = "https://refer.riverside.example/services/data/v60.0"
route = { prefix = "/batches" }
purpose = "accommodation"

[[operation]]
id = "create"
method = "POST"
path = "/contacts"
query = { area = "hg:HousingNeed", by = "pd:Name" }
headers = { X-Case = { category = "pd:Identifier" }, X-Room = "hg:HousingNeed" }
[operation.body]
media = "application/json"
unlisted = "strip"
[[operation.body.record]]
subject = "body:$.ref"
[operation.body.record.fields]
"$.name" = "pd:Name"
"$.beds" = "hg:HousingNeed"
"$.parent" = "pd:Identifier"
"$.note" = "hg:Operational"
"$.kind" = { category = "hg:Operational", one_of = ["person"] }

[[operation]]
id = "change"
method = "PATCH"
path = "/contacts/{id}"
path_fields = { id = "pd:Identifier" }
[operation.body]
media = "application/json"
unlisted = "strip"
[[operation.body.record]]
subject = "path:id"
[operation.body.record.fields]
"$.name" = "pd:Name"
"$.beds" = "hg:HousingNeed"

[[operation]]
id = "link"
method = "POST"
path = "/{from}/orders"
path_fields = { from = "pd:Identifier" }
[operation.body]
media = "application/json"
unlisted = "strip"
[[operation.body.record]]
[operation.body.record.fields]
"$.beds" = "hg:HousingNeed"

[[operation]]
id = "kinds"
method = "GET"
path = "/kinds/{kind}"
path_fields = { kind = { category = "hg:Operational", one_of = ["person"] } }

[[operation]]
id = "look"
method = "GET"
path = "/contacts/{id}"
path_fields = { id = "pd:Identifier" }
subject = "path:id"
"#;

/// The connection with a batch of each kind.
static BATCHES: LazyLock<Arc<Integration>> = LazyLock::new(|| {
    let mut text = CONNECTION.to_owned();
    for kind in ["salesforce-composite", "salesforce-batch", "odata-json", "odata-multipart", "fhir-bundle"] {
        let media = if kind == "odata-multipart" { "multipart/mixed" } else { "application/json" };
        for unlisted in ["strip", "block"] {
            text += &format!(
                "[[operation]]\nid = \"{kind}-{unlisted}\"\nmethod = \"POST\"\npath = \"/{kind}/{unlisted}\"\n\
                 [operation.body]\nmedia = \"{media}\"\nunlisted = \"{unlisted}\"\nbatch = \"{kind}\"\n\
                 operations = [\"create\", \"change\", \"link\", \"look\", \"kinds\"]\n"
            );
        }
    }
    let mut sources = shipped::sources();
    sources.insert("integrations/batches.toml", text);
    let policy = Policy::compile(&sources).unwrap();
    let prefix = RouteRule::Prefix(vec!["batches".to_owned()]);
    policy.integrations.values().find(|i| i.route == prefix).unwrap().clone()
});

fn rules(operation: &str) -> Arc<BodyRules> {
    BATCHES.operations.iter().find(|o| o.id.as_str() == operation).unwrap().body.clone().unwrap()
}

/// Lets everything about A-1 and everything operational out.
struct Consents {
    detects: bool,
}

impl Judge for Consents {
    fn bytes(&self, _: &FieldRule) -> havengate::screen::Bytes {
        havengate::screen::Bytes::Other
    }
    fn judge(&mut self, person: &Person, rule: &FieldRule) -> Ruling {
        if self.is_operational(rule) || *person == Person::One("A-1".into()) {
            Ruling::Send(rule.forms().next().unwrap())
        } else {
            withhold()
        }
    }
    fn names(&mut self, _: Option<&FieldRule>, text: &str) -> Option<Arc<Refusal>> {
        text.contains("denied.example").then(|| Arc::new(Refusal::plain(Code::RecipientDenied, "It is denied.")))
    }
    fn reads_every(&self, _: &FieldRule) -> bool {
        false
    }
    fn detects(&self) -> bool {
        self.detects
    }
    fn places(&self) -> Option<&Places> {
        None
    }
    fn holds(&self, _: &FieldRule, _: &Category) -> bool {
        false
    }
    fn is_operational(&self, rule: &FieldRule) -> bool {
        matches!(rule.category.as_str(), "hg:Operational" | "hg:HousingNeed")
    }
    fn known_by(&self, _: &FieldRule) -> KnownBy {
        KnownBy::Words
    }
    fn pseudonym(&self, _: &Category, value: &str) -> String {
        pseudonym(value)
    }
    fn today(&self) -> jiff::civil::Date {
        TODAY
    }
}

fn in_pieces<'a>(
    operation: &str,
    limits: Limits,
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> Result<ScreenedBody, Refusal> {
    let mut judge = Consents { detects: true };
    let received = Received { boundary: Some(parts::BOUNDARY.to_owned()), ..Received::default() };
    let mut screener = BodyScreener::received(rules(operation), limits, Person::Unknown, &received);
    for piece in pieces {
        screener.push(piece, &mut judge)?;
        assert!(screener.take().is_empty());
    }
    screener.finish(&mut judge)
}

fn screen(operation: &str, body: &str) -> Result<String, Refusal> {
    in_pieces(operation, LIMITS, [body.as_bytes()]).map(|s| String::from_utf8(s.bytes).unwrap())
}

fn composite(requests: &str) -> String {
    format!("{{\"allOrNone\": true, \"compositeRequest\": [{requests}]}}")
}

const BASE: &str = "/services/data/v60.0";

fn refused(operation: &str, body: &str, code: Code, part: &str) {
    let refusal = screen(operation, body).expect_err(body);
    assert_eq!((refusal.code, refusal.detail.contains(part)), (code, true), "{body}\n{}", refusal.detail);
    assert!(!refusal.detail.contains("Zsofia"), "{}", refusal.detail);
}

#[test]
fn salesforce_composite_is_judged_request_by_request() {
    let body = composite(&format!(
        r#"{{"method":"POST","url":"{BASE}/contacts?area=N%201&trace=Zsofia","referenceId":"c0","httpHeaders":{{"X-Case":"A-1","Cookie":"x","If-Match":"\"3\""}},
            "body":{{"name":"Zsofia","ref":"A-1","beds":2,"x":1}},"y":2}},
           {{"method":"POST","url":"{BASE}/contacts","referenceId":"c1","body":{{"ref":"B-2","name":"Idris","beds":1}}}},
           {{"method":"PATCH","url":"{BASE}/contacts/@{{c0.id}}","referenceId":"c2","body":{{"name":"Idris","beds":3}}}},
           {{"method":"POST","url":"{BASE}/contacts","referenceId":"c3","body":{{"ref":"B-2","parent":"@{{c0.records[0].Id}}","note":"@{{c9.id}}"}}}},
           {{"method":"GET","url":"{BASE}/contacts/A-1","referenceId":"c4"}}"#
    ));
    let out = screen("salesforce-composite-strip", &body).unwrap();
    let expected = r#"{"allOrNone":true,"compositeRequest":[{"referenceId":"c0","method":"POST","url":"/services/data/v60.0/contacts?area=N%201","httpHeaders":{"x-case":"A-1","if-match":"\"3\""},"body":{"name":"Zsofia","beds":2}},{"referenceId":"c1","method":"POST","url":"/services/data/v60.0/contacts","body":{"beds":1}},{"referenceId":"c2","method":"PATCH","url":"/services/data/v60.0/contacts/@{c0.id}","body":{"beds":3}},{"referenceId":"c3","method":"POST","url":"/services/data/v60.0/contacts","body":{"parent":"@{c0.records[0].Id}","note":"@{c9.id}"}},{"referenceId":"c4","method":"GET","url":"/services/data/v60.0/contacts/A-1"}]}"#;
    assert_eq!(out, expected);
}

#[test]
fn salesforce_batch_is_judged_request_by_request() {
    let body = r#"{"haltOnError":false,"batchRequests":[{"method":"PATCH","url":"v60.0/contacts/A-1","richInput":{"name":"Zsofia","ni":"QQ123456C"}},{"method":"GET","url":"v60.0/contacts/A-1","richInput":null}],"z":1}"#;
    let expected = r#"{"haltOnError":false,"batchRequests":[{"method":"PATCH","url":"v60.0/contacts/A-1","richInput":{"name":"Zsofia"}},{"method":"GET","url":"v60.0/contacts/A-1"}]}"#;
    assert_eq!(screen("salesforce-batch-strip", body).unwrap(), expected);
}

#[test]
fn odata_is_judged_request_by_request() {
    let body = r#"{"requests":[
        {"id":"new","atomicityGroup":"g1","method":"post","url":"contacts","headers":{"Content-Type":"application/json; charset=utf-8","Prefer":"return=minimal"},"body":{"ref":"A-1","name":"Zsofia"}},
        {"id":"2","atomicityGroup":"g1","dependsOn":["new"],"method":"POST","url":"$new/orders","headers":{"content-type":"application/json"},"body":{"beds":1,"contact":"$new"}},
        {"id":"3","dependsOn":["g1"],"method":"GET","url":"/contacts/A-1"}]}"#;
    let expected = r#"{"requests":[{"id":"new","atomicityGroup":"g1","method":"POST","url":"contacts","headers":{"content-type":"application/json","prefer":"return=minimal"},"body":{"name":"Zsofia"}},{"id":"2","atomicityGroup":"g1","dependsOn":["new"],"method":"POST","url":"$new/orders","headers":{"content-type":"application/json"},"body":{"beds":1}},{"id":"3","dependsOn":["g1"],"method":"GET","url":"/contacts/A-1"}]}"#;
    assert_eq!(screen("odata-json-strip", body).unwrap(), expected);
}

const UUID: &str = "urn:uuid:61ebe359-bfdc-4613-8bf2-c5e300945f0a";

#[test]
fn a_fhir_bundle_is_judged_entry_by_entry() {
    let body = format!(
        r#"{{"resourceType":"Bundle","type":"transaction","id":"x","entry":[
        {{"fullUrl":"urn:uuid:88f151c0-a954-468a-88bd-5ae15c08e059","resource":{{"ref":"B-2","parent":"{UUID}","name":"Idris"}},"request":{{"method":"POST","url":"contacts","ifNoneExist":"identifier=B-2"}}}},
        {{"fullUrl":"{UUID}","resource":{{"ref":"A-1","name":"Zsofia"}},"request":{{"method":"POST","url":"contacts","ifMatch":"W/\"2\""}},"search":{{}}}}]}}"#
    );
    let expected = format!(
        r#"{{"resourceType":"Bundle","type":"transaction","entry":[{{"fullUrl":"urn:uuid:88f151c0-a954-468a-88bd-5ae15c08e059","request":{{"method":"POST","url":"contacts"}},"resource":{{"parent":"{UUID}"}}}},{{"fullUrl":"{UUID}","request":{{"method":"POST","url":"contacts","ifMatch":"W/\"2\""}},"resource":{{"name":"Zsofia"}}}}]}}"#
    );
    assert_eq!(screen("fhir-bundle-strip", &body).unwrap(), expected);
}

#[test]
fn an_inner_url_leads_where_its_operation_is_and_nowhere_else() {
    let one = |url: &str| composite(&format!("{{\"method\":\"GET\",\"url\":\"{url}\",\"referenceId\":\"c\"}}"));
    for (url, code, part) in [
        (
            "/services/data/v60.0/contacts//A-1",
            Code::RequestMalformed,
            "in request 0 of the batch: The path holds an empty",
        ),
        ("/services/data/v60.0/contacts/../A-1", Code::RequestMalformed, "`.` or `..`"),
        ("/services/data/v60.0/contacts/%2e%2e", Code::RequestMalformed, "`.` or `..`"),
        ("/services/data/v60.0/contacts/a%2Fb", Code::RequestMalformed, "encoded slash"),
        ("/services/data/v60.0/contacts/%zz", Code::RequestMalformed, "two hexadecimal digits"),
        ("/services/data/v60.0/contacts/\\u0000", Code::BodyMalformed, "must be percent-encoded"),
        ("/services/data/v60.0/contacts/A-1#x", Code::BodyMalformed, "must be percent-encoded"),
        ("/services/data/v60.0/contacts/A-1?a;b", Code::RequestMalformed, "`;`"),
        ("https://evil.example/contacts/A-1", Code::BodyMalformed, "names a host"),
        ("//evil.example/contacts/A-1", Code::BodyMalformed, "names a host"),
        ("", Code::BodyMalformed, "empty URL"),
        ("/", Code::BodyMalformed, "empty URL"),
        (
            "/services/data/v60.0/Zsofia/A-1",
            Code::OperationUnknown,
            "in request 0 of the batch: none of the operations",
        ),
        ("/services/data/v60.0/contacts/A-1/", Code::OperationUnknown, "none of the operations"),
        ("/services/data/v61.0/contacts/A-1", Code::OperationUnknown, "none of the operations"),
        ("/services/data/v60.0/salesforce-composite/strip", Code::OperationUnknown, "none of the operations"),
        ("/services/data/v60.0/contacts/B-2", Code::ConsentMissing, "id may not leave"),
        ("/services/data/v60.0/contacts/@{c.id}", Code::BodyMalformed, "refers to no request that stands before it"),
    ] {
        refused("salesforce-composite-strip", &one(url), code, part);
    }
    let deleted = one("/services/data/v60.0/contacts/A-1").replace("GET", "DELETE");
    refused("salesforce-composite-strip", &deleted, Code::OperationUnknown, "none of the operations");
}

#[test]
fn where_inner_requests_lead_is_told_in_every_reading() {
    let body = |url: &str| composite(&format!("{{\"method\":\"GET\",\"url\":\"{url}\",\"referenceId\":\"c\"}}"));
    let targets = |url: &str| {
        let screened = in_pieces("salesforce-composite-strip", LIMITS, [body(url).as_bytes()]).unwrap();
        screened.targets().iter().map(|t| t.path.join("/")).collect::<Vec<_>>()
    };
    let whole = "services/data/v60.0/contacts/A-1";
    assert_eq!(targets("/services/data/v60.0/contacts/A-1"), [whole]);
    assert_eq!(targets("/contacts/A-1"), [whole, "contacts/A-1"]);
    assert_eq!(targets("contacts/A-1"), [whole]);
    assert_eq!(targets("v60.0/contacts/A-1"), [whole, "services/data/v60.0/v60.0/contacts/A-1"]);
}

#[test]
fn what_is_no_batch_is_refused_with_its_place() {
    let one = r#"{"method":"GET","url":"contacts/A-1","referenceId":"c"}"#;
    let malformed = |requests: &str, part: &str| {
        refused("salesforce-composite-strip", &composite(requests), Code::BodyMalformed, part);
    };
    malformed(&format!("{one},{one}"), "in request 1 of the batch: it is called as another is");
    malformed(&format!("{one},7"), "in request 1 of the batch");
    malformed(&one.replace("\"c\"", "\"Zsofia Okonjo\""), "its `referenceId` is not 1 to 40 letters");
    malformed(&one.replace("\"c\"", "7"), "what it is called is not a text");
    malformed(&one.replace(",\"referenceId\":\"c\"", ""), "it has no `referenceId`");
    malformed(&one.replace("\"method\":\"GET\",", ""), "it has no `method`");
    malformed(&one.replace("\"url\":\"contacts/A-1\",", ""), "it has no `url`");
    malformed(&one.replace("GET", "POST").replace("/A-1", ""), "it has no body");
    malformed(&one.replace("\"method\"", "\"method\":\"GET\",\"m\\u0065thod\""), "at byte");
    malformed(&one.replace("GET", "\\ud800"), "surrogate");
    for body in ["[]", "7", "{}", r#"{"compositeRequest":{}}"#, r#"{"allOrNone":"Zsofia","compositeRequest":[]}"#, ""] {
        refused("salesforce-composite-strip", body, Code::BodyMalformed, "");
    }
    let twice = r#"{"compositeRequest":[],"compositeRequest":[]}"#;
    refused("salesforce-composite-strip", twice, Code::BodyMalformed, "at byte");
    let taken = composite(&one.replace("\"GET\"", "\"GET\",\"body\":{\"name\":\"Zsofia\"}"));
    refused("salesforce-composite-strip", &taken, Code::BodyUnsupported, "takes no body");
    let nested = composite(&format!(
        "{{\"method\":\"GET\",\"url\":\"contacts/A-1\",\"referenceId\":\"c\",\"compositeRequest\":[{one}]}}"
    ));
    let out = screen("salesforce-composite-strip", &nested).unwrap();
    assert_eq!(out.matches("compositeRequest").count(), 1, "{out}");
    refused("salesforce-composite-block", &nested, Code::FieldBlocked, "in request 0 of the batch");
    refused("salesforce-composite-block", r#"{"compositeRequest":[],"Zsofia":1}"#, Code::FieldBlocked, "stops on that");
    let later = r#"{"requests":[{"id":"1","dependsOn":["2"],"method":"GET","url":"contacts/A-1"},{"id":"2","method":"GET","url":"contacts/A-1"}]}"#;
    refused("odata-json-strip", later, Code::BodyMalformed, "in request 0 of the batch: its `dependsOn`");
    let typed = r#"{"requests":[{"id":"1","method":"PATCH","url":"contacts/A-1","headers":{"Content-Type":"text/xml"},"body":{}}]}"#;
    refused("odata-json-strip", typed, Code::BodyUnsupported, "its Content-Type is not `application/json`");
    let local = r#"{"resourceType":"Bundle","type":"batch","entry":[{"fullUrl":"Patient/Zsofia","request":{"method":"GET","url":"contacts/A-1"}}]}"#;
    refused("fhir-bundle-strip", local, Code::BodyMalformed, "its `fullUrl` is not `urn:uuid:`");
    refused(
        "fhir-bundle-strip",
        r#"{"resourceType":"Bundle","type":"document","entry":[]}"#,
        Code::BodyMalformed,
        "`type`",
    );
    refused(
        "fhir-bundle-strip",
        r#"{"resourceType":"Bundle","entry":[]}"#,
        Code::BodyMalformed,
        "has a `resourceType`",
    );
}

#[test]
fn a_reference_leaves_only_where_it_is_exactly_one_to_an_earlier_request() {
    let first = r#"{"method":"GET","url":"contacts/A-1","referenceId":"c0"}"#;
    let with = |parent: &str| {
        let body = format!(
            r#"{first},{{"method":"POST","url":"contacts","referenceId":"c1","body":{{"ref":"B-2","parent":"{parent}"}}}},{}"#,
            first.replace("c0", "c2")
        );
        screen("salesforce-composite-strip", &composite(&body)).unwrap().contains("\"parent\"")
    };
    assert!(with("@{c0.id}") && with("@{c0.Account.Owner_Id__c}"));
    for no in [
        "@{c1.id}",
        "@{c2.id}",
        "@{c0}",
        "@{c0.}",
        "@{c0.id} Zsofia",
        "x@{c0.id}",
        "@{c0.Zsofia Okonjo}",
        "@{c0.a[x]}",
        "\\u0040{c0.id}",
    ] {
        assert!(!with(no), "{no}");
    }
    let kind = format!(
        r#"{first},{{"method":"POST","url":"contacts","referenceId":"c1","body":{{"kind":"@{{c0.type}}","note":"@{{c0.type}}"}}}}"#
    );
    let out = screen("salesforce-composite-strip", &composite(&kind)).unwrap();
    assert!(out.contains("note") && !out.contains("kind"), "no reference is one of the texts that a rule lists: {out}");
    let path = format!(r#"{first},{{"method":"GET","url":"kinds/@{{c0.type}}","referenceId":"c1"}}"#);
    refused("salesforce-composite-strip", &composite(&path), Code::OperationUnknown, "in request 1 of the batch");
    let hidden = format!(
        r#"{first},{{"method":"POST","url":"contacts","referenceId":"c1","body":{{"ref":"B-2","parent":"@{{c0.AB123456C}}"}}}}"#
    );
    refused("salesforce-composite-strip", &composite(&hidden), Code::ConsentMissing, "in request 1 of the batch");
    let named = composite(&first.replace("c0", "AB123456C"));
    refused("salesforce-composite-strip", &named, Code::ConsentMissing, "in request 0 of the batch");
}

#[test]
fn what_a_request_withholds_is_looked_for_in_its_url_and_headers() {
    let one = |query: &str, room: &str, name: &str| {
        let body = composite(&format!(
            r#"{{"method":"POST","url":"{BASE}/contacts?{query}","referenceId":"c0","httpHeaders":{{"X-Room":"{room}"}},"body":{{"ref":"B-2","name":"{name}"}}}}"#
        ));
        let out = screen("salesforce-composite-strip", &body).unwrap();
        let out: serde_json::Value = serde_json::from_str(&out).unwrap();
        let request = &out["compositeRequest"][0];
        let query = request["url"].as_str().unwrap().split_once('?').map(|(_, query)| query.to_owned());
        (query, request["httpHeaders"]["x-room"].as_str().map(str::to_owned))
    };
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(one("area=north", "two beds", "Zsofia Warsame"), (some("area=north"), some("two beds")));
    assert_eq!(one("area=near+Warsame", "Zsofia's", "Zsofia Warsame"), (None, None));
    assert_eq!(one("area=near+Warsame&by=Warsame", "with warsame", ""), (None, None));
    assert_eq!(one("area=near+Idris&by=Warsame", "with Idris", ""), (some("area=near%20Idris"), some("with Idris")));
}

#[test]
fn no_request_is_called_what_the_batch_withholds() {
    let composite = |id: &str, name: &str| {
        composite(&format!(
            r#"{{"method":"POST","url":"{BASE}/contacts","referenceId":"{id}","body":{{"ref":"A-1","beds":1}}}},
               {{"method":"POST","url":"{BASE}/contacts","referenceId":"c2","body":{{"ref":"B-2","name":"{name}","parent":"@{{{id}.id}}"}}}}"#
        ))
    };
    for id in ["Zsofia_Warsame", "new-warsame", "WARSAME"] {
        refused(
            "salesforce-composite-strip",
            &composite(id, "Zsofia Warsame"),
            Code::FieldBlocked,
            "called holds something",
        );
    }
    assert!(screen("salesforce-composite-strip", &composite("new_contact", "Zsofia Warsame")).is_ok());
    // What is let out of it may be what it is called.
    assert!(screen("salesforce-composite-strip", &composite("Zsofia", "Idris")).is_ok());
    let grouped = r#"{"requests":[{"id":"1","atomicityGroup":"zsofia","method":"POST","url":"contacts","headers":{"content-type":"application/json"},"body":{"ref":"B-2","name":"Zsofia Warsame"}}]}"#;
    refused("odata-json-strip", grouped, Code::FieldBlocked, "called holds something");
}

#[test]
fn a_batch_is_bounded() {
    let one = r#"{"method":"GET","url":"contacts/A-1"}"#;
    let many = |n: usize| format!("{{\"batchRequests\":[{}]}}", vec![one; n].join(","));
    let limits = Limits { members: 100, record: 64 << 20, ..LIMITS };
    assert!(in_pieces("salesforce-batch-strip", limits, [many(100).as_bytes()]).is_ok());
    let refusal = in_pieces("salesforce-batch-strip", limits, [many(100_000).as_bytes()]).unwrap_err();
    assert_eq!(
        (refusal.code, &*refusal.detail),
        (Code::BodyTooLarge, "the batch has more than 100 requests; send it in several")
    );
    let limits = Limits { record: 1000, ..LIMITS };
    let refusal = in_pieces("salesforce-batch-strip", limits, [many(100).as_bytes()]).unwrap_err();
    assert_eq!(refusal.code, Code::BodyTooLarge);
    let deep = format!("{{\"x\":{}", "[".repeat(100));
    refused("salesforce-batch-strip", &deep, Code::BodyMalformed, "");
}

#[test]
fn where_it_is_cut_never_shows() {
    let good = composite(
        r#"{"method":"POST","url":"contacts","referenceId":"c0","body":{"ref":"B-2","name":"Zsofia é😀","beds":1}}"#,
    );
    for body in
        [good.clone(), good.replace("contacts", "nowhere"), good.replace("é", "\u{1}"), good.replace("}}]", "}]")]
    {
        let result = |pieces: Vec<&[u8]>| {
            let screened = in_pieces("salesforce-composite-strip", LIMITS, pieces);
            screened.map(|s| s.bytes).map_err(|r| (r.code, r.detail))
        };
        let whole = result(vec![body.as_bytes()]);
        for at in 0..body.len() {
            let (a, b) = body.as_bytes().split_at(at);
            assert_eq!(result(vec![a, b]), whole, "{at}");
        }
        assert_eq!(result(body.as_bytes().chunks(1).collect()), whole);
    }
}

#[test]
fn random_uuids_are_not_taken_for_something_else() {
    let mut seed = 0x9E37_79B9_7F4A_7C15_u64;
    let mut refused = 0;
    for _ in 0..2000 {
        let mut next = || {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            seed
        };
        let (a, b) = (next(), next());
        let uuid = format!(
            "urn:uuid:{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}",
            a >> 32,
            a >> 16 & 0xffff,
            a & 0xfff,
            b >> 52,
            b & 0xffff_ffff_ffff
        );
        let body = format!(
            r#"{{"resourceType":"Bundle","type":"batch","entry":[{{"fullUrl":"{uuid}","request":{{"method":"GET","url":"contacts/A-1"}}}}]}}"#
        );
        refused += u32::from(screen("fhir-bundle-strip", &body).is_err());
    }
    assert_eq!(refused, 0, "of 2000");
}

proptest! {
    #[test]
    fn no_denied_value_leaves_in_any_spelling(
        place in 0_usize..6, secret in "[A-Z][a-z]{7,12}", kind in 0_usize..4,
    ) {
        let body = |secret: &str| {
            let value = |at: usize| if at == place { secret } else { "x" };
            let (url, trace, header, name, deep, key) = (value(0), value(1), value(2), value(3), value(4), value(5));
            let url = format!("contacts?area2={url}&trace={trace}");
            let resource = format!(r#"{{"ref":"B-2","name":"{name}","deep":[{{"a":"{deep}"}}],"k{key}":1}}"#);
            match kind {
                0 => composite(&format!(r#"{{"method":"POST","url":"{url}","referenceId":"c","httpHeaders":{{"X-Case":"{header}"}},"body":{resource}}}"#)),
                1 => format!(r#"{{"batchRequests":[{{"method":"POST","url":"{url}","x":"{header}","richInput":{resource}}}]}}"#),
                2 => format!(r#"{{"requests":[{{"id":"c","method":"POST","url":"{url}","headers":{{"X-Case":"{header}"}},"body":{resource}}}]}}"#),
                _ => format!(r#"{{"resourceType":"Bundle","type":"batch","entry":[{{"resource":{resource},"request":{{"method":"POST","url":"{url}","ifNoneExist":"{header}"}}}}]}}"#),
            }
        };
        let operation = ["salesforce-composite-strip", "salesforce-batch-strip", "odata-json-strip", "fhir-bundle-strip"][kind];
        let percent: String = secret.bytes().map(|b| format!("%{b:02X}")).collect();
        let escaped: String = secret.encode_utf16().map(|u| format!("\\u{u:04x}")).collect();
        let expected = screen(operation, &body("x")).unwrap();
        for spelled in [secret.clone(), escaped, if place < 2 { percent } else { secret.clone() }] {
            prop_assert_eq!(&screen(operation, &body(&spelled)).unwrap(), &expected);
        }
    }
}

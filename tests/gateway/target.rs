//! Whom path, query and headers are about, and what of them leaves.

use crate::{
    caller::request,
    world::{Agreed, COUNCIL, Plan, connection},
};
use havengate::verdict::Code;

/// Looks one client up by a reference in the path; a header may hold it too.
fn plan() -> Plan {
    let more = r#"
[[operation]]
id = "look-up"
method = "GET"
path = "/people/{reference}"
path_fields = { reference = "pd:Identifier" }
query = { name = "pd:Name", page = "hg:Operational" }
headers = { X-Client = "pd:Identifier", X-Trace = "opaque", X-Page = "hg:Operational" }
subject = "path:reference"
"#;
    let text = connection("looker", COUNCIL, "https://refer.riverside.example", "");
    Plan::new().connect("looker", &(text + more))
}

#[tokio::test]
async fn a_request_without_a_body_is_about_the_person_its_path_names() {
    let world = plan().start().await;
    let target = "/looker/people/R-1?name=Amina&page=2";
    let answer = world.ask(request("GET", target, "", "")).await;
    let record = world.refused(&answer, Code::ConsentMissing, Some("personal-needs-consent")).await;
    assert_eq!(record.leaf["operation"], "look-up");

    let agreed = Agreed { items: &[("pd:Identifier", "raw")], ..Agreed::referral("R-1") };
    world.home.consent(&agreed).await;
    let fields = "X-Client: R-1\r\nX-Trace: R-1\r\nX-Page: 2\r\n";
    let (received, record) = world.forwarded(&world.ask(request("GET", target, fields, "")).await).await;
    assert_eq!(received.line(), "GET /people/R-1?page=2 HTTP/1.1");
    assert_eq!(
        (received.header("x-client").as_deref(), received.header("x-page").as_deref()),
        (Some("R-1"), Some("2"))
    );
    let mark = received.header("x-trace").unwrap();
    assert!(mark.len() > 20 && !mark.contains("R-1"), "{mark}");
    assert!(record.detail.iter().any(|row| row["path"] == "X-Trace" && row["act"] == "pseudonymised"), "{record:?}");
    assert!(record.detail.iter().any(|row| row["path"] == "X-Client" && row["act"] == "sent"), "{record:?}");
    assert!(record.detail.iter().any(|row| row["path"] == "name" && row["act"] == "stripped"), "{record:?}");

    // The same value gives the same mark, so that a repetition is known as one.
    let (again, _) = world.forwarded(&world.ask(request("GET", target, fields, "")).await).await;
    assert_eq!(again.header("x-trace"), Some(mark));
    // Somebody else's path is not opened by her consent.
    let answer = world.ask(request("GET", "/looker/people/R-2", "", "")).await;
    world.refused(&answer, Code::ConsentMissing, Some("personal-needs-consent")).await;
}

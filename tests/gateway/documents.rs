//! Documents: shut as shipped, then one by one, and pictures without the place where they were taken.

use crate::{
    support::pictures::{NOTED, photo, photo_cleaned},
    world::{Agreed, COUNCIL, Plan},
};
use havengate::verdict::Code;

const OPERATION: &str = r#"
id = "scans"
app = "inform"
destination = "riverside-council/housing-referrals"
upstream = "https://refer.riverside.example"
route = { prefix = "/scans" }
purpose = "accommodation"

[[operation]]
id = "scan"
method = "PUT"
path = "/people/{reference}/photo"
path_fields = { reference = "pd:Identifier" }
[operation.body]
media = "image/jpeg"
unlisted = "block"
content = "hg:Document"
subject = "path:reference"
"#;

fn upload(client: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "PUT /scans/people/{client}/photo HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\nContent-Type: image/jpeg\r\n\
         Content-Length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

/// The panel has taken the `//` away.
fn permitted() -> Plan {
    let mut plan = Plan::new().connect("scans", OPERATION);
    let local = plan.sources.0.get_mut("local.cedar").unwrap();
    let (before, rest) = local.split_once("// @id(\"documents-with-consent\")").unwrap();
    let (rule, after) = rest.split_once("\n\n").unwrap();
    *local = format!("{before}@id(\"documents-with-consent\"){}\n\n{after}", rule.replace("// ", ""));
    plan
}

const ITEMS: &[(&str, &str)] = &[("hg:Document@content", "raw"), ("pd:Identifier", "raw")];

#[tokio::test]
async fn a_photo_leaves_without_the_place_where_it_was_taken() {
    let world = permitted().start().await;
    world.home.consent(&Agreed { items: ITEMS, uses: 2, ..Agreed::referral("R-1") }).await;
    let sent = photo();
    assert!(sent.windows(NOTED.len()).any(|window| window == NOTED));
    let (received, record) = world.forwarded(&world.ask(upload("R-1", &sent)).await).await;
    assert_eq!(received.line(), "PUT /people/R-1/photo HTTP/1.1");
    assert_eq!(received.body, photo_cleaned());
    assert_eq!(record.leaf["destination"], COUNCIL);
    let row = record.detail.iter().find(|row| row["path"] == "content").unwrap();
    assert_eq!((&row["category"], &row["act"]), (&"hg:Document".into(), &"sent".into()));

    let refused = world.ask(upload("R-1", &sent[..sent.len() / 2])).await;
    world.refused(&refused, Code::BodyMalformed, Some("document-readable")).await;
}

#[tokio::test]
async fn a_consent_that_names_no_place_opens_no_document() {
    let world = permitted().start().await;
    let items: &[_] = &[("hg:Document", "raw"), ("pd:Identifier", "raw")];
    world.home.consent(&Agreed { items, ..Agreed::referral("R-1") }).await;
    let answer = world.ask(upload("R-1", &photo())).await;
    world.refused(&answer, Code::FieldBlocked, Some("documents-one-by-one")).await;
}

#[tokio::test]
async fn as_shipped_no_document_leaves_whatever_anybody_agreed_to() {
    let world = Plan::new().connect("scans", OPERATION).start().await;
    world.home.consent(&Agreed { items: ITEMS, ..Agreed::referral("R-1") }).await;
    let answer = world.ask(upload("R-1", &photo())).await;
    world.refused(&answer, Code::FieldBlocked, Some("not-permitted")).await;
}

//! Bodies of requests: what may be said of them in a connection's file, and what not.

use super::{findings, with};

const FILE: &str = "integrations/street-health.toml";

/// A connection with a batch, whose body begins on line 13, and two operations that may stand in it.
fn connection(body: &str) -> String {
    let text = format!(
        "id = \"street-health\"\napp = \"inform\"\ndestination = \"street-health/outreach\"\n\
         upstream = \"https://referrals.street-health.example/api\"\nroute = {{ prefix = \"/street-health\" }}\n\
         purpose = \"health\"\n\n[[operation]]\nid = \"batch\"\nmethod = \"POST\"\npath = \"/batch\"\n\
         [operation.body]\n{body}\n\
         [[operation]]\nid = \"need\"\nmethod = \"POST\"\npath = \"/needs\"\n[operation.body]\n\
         media = \"application/json\"\nunlisted = \"strip\"\n[[operation.body.record]]\n\
         [operation.body.record.fields]\n\"$.beds\" = \"hg:HousingNeed\"\n\
         [[operation]]\nid = \"list\"\nmethod = \"GET\"\npath = \"/needs\"\n\
         [[operation]]\nid = \"table\"\nmethod = \"POST\"\npath = \"/table\"\n[operation.body]\n\
         media = \"text/csv\"\nunlisted = \"strip\"\n[[operation.body.record]]\n\
         [operation.body.record.fields]\nbeds = \"hg:HousingNeed\"\n"
    );
    findings(&with(FILE, "", &text)).replace(FILE, "at")
}

fn batch(kind: &str, operations: &str) -> String {
    format!("media = \"application/json\"\nunlisted = \"strip\"\nbatch = \"{kind}\"\noperations = [{operations}]")
}

#[test]
fn a_batch_names_operations_of_its_connection() {
    let good = batch("odata-json", "\"need\", \"list\"");
    for (body, expected) in [
        (good.clone(), ""),
        (batch("salesforce-composite", "\"need\""), ""),
        (batch("salesforce-batch", "\"need\""), ""),
        (batch("fhir-bundle", "\"need\"").replace("/json", "/fhir+json"), ""),
        (
            batch("odata", "\"need\""),
            "at:15 error: `odata` is not known here; known: salesforce-composite, salesforce-batch, odata-json, odata-multipart, fhir-bundle",
        ),
        (batch("odata-multipart", "\"need\"").replace("application/json", "multipart/mixed"), ""),
        (
            batch("odata-multipart", "\"need\""),
            "at:13 error: requests are wrapped in parts; write `media = \"multipart/mixed\"`, or `batch = \"odata-json\"`",
        ),
        (
            batch("odata-json", "\"need\"").replace("application/json", "multipart/mixed"),
            "at:13 error: requests are wrapped in JSON; write `media = \"application/json\"`, or the JSON type that the recipient takes",
        ),
        (
            batch("odata-json", "\"needs\""),
            "at:16 error: there is no operation `needs`; did you mean `need`? add the operation to this connection, or correct the name",
        ),
        (
            batch("odata-json", "\"batch\""),
            "at:16 error: `batch` is a batch itself; name the operations that stand in it",
        ),
        (batch("odata-json", "\"need\", \"need\""), "at:16 error: `need` stands here twice; keep one of them"),
        (
            batch("odata-json", "\"table\""),
            "at:16 error: the body of `table` is not JSON, as bodies within a batch are; take it out",
        ),
        (
            batch("odata-json", ""),
            "at:16 error: nothing says which requests this batch may hold; add `operations = [\"…\"]` with the ids of this connection's operations that may stand in it",
        ),
        (
            good.replace("batch = \"odata-json\"\n", ""),
            "at:15 error: only a batch holds other operations; say how requests are wrapped, such as `batch = \"salesforce-composite\"`, or take it out",
        ),
        (
            good.replace("application/json", "text/csv"),
            "at:13 error: requests are wrapped in JSON; write `media = \"application/json\"`, or the JSON type that the recipient takes",
        ),
        (
            format!("{good}\n[[operation.body.record]]\n[operation.body.record.fields]\n\"$.x\" = \"pd:Name\""),
            "at:17 error: a batch holds requests and no values of its own; take it out: each operation named under `operations` says what its requests may hold",
        ),
        (
            format!("{good}\n[operation.body.envelope]\n\"$.x\" = \"pd:Name\""),
            "at:18 error: a batch holds requests and no values of its own; take it out: each operation named under `operations` says what its requests may hold",
        ),
    ] {
        assert_eq!(connection(&body), expected, "{body}");
    }
}

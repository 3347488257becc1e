//! `havengate screen`: the difference a person sees, what a machine is told, and that no home is needed.

use super::{havengate, said};
use serde_json::{Value, json};
use std::{fs, path::Path};

const NEED: &str =
    r#"{"ref":"R-1","firstName":"Amina","dob":"1987-04-02","need":{"type":"room","beds":1},"inside":[7]}"#;

/// A directory with the shipped policies and nothing else.
fn policies() -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("policies"), &home.path().join("policies"));
    home
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

fn screen(home: &Path, args: &[&str], body: &str) -> (Option<i32>, String) {
    let (exit, out, err) = said(havengate(home).arg("screen").args(args).write_stdin(body));
    assert_eq!(err, "", "{args:?}");
    (exit, out)
}

fn data(home: &Path, args: &[&str], body: &str) -> (Option<i32>, Value) {
    let (exit, out) = screen(home, &[&["--json"], args].concat(), body);
    (exit, serde_json::from_str(&out).unwrap())
}

const TO_NEED: [&str; 4] = ["--integration", "inform-riverside", "--operation", "need"];

#[test]
fn a_person_sees_what_leaves_what_stays_and_why() {
    let home = policies();
    let (exit, out) = screen(home.path(), &TO_NEED, NEED);
    assert_eq!(exit, Some(0));
    for line in [
        "-   \"firstName\": \"Amina\"    # $.firstName pd:Name: consent-missing (personal-needs-consent)\n",
        "    \"need\": {\n      \"type\": \"room\"\n      \"beds\": 1\n    }\n",
        "-   \"inside\": [\n-     7    # no rule lists it\n-   ]\n",
        "DATA-2ii personal-needs-consent keeps $.ref (pd:Identifier), $.firstName (pd:Name), $.dob (pd:BirthDate)\n",
        "  what would change it: Ask the client.",
        "note: judged as if nobody had consented to anything",
        "2 values leave, 3 withheld, 1 unlisted.\n",
    ] {
        assert!(out.contains(line), "{line}\n{out}");
    }
    assert!(!out.contains('\x1b'), "colours are for terminals");
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1, "nothing is written");
}

#[test]
fn a_machine_is_told_places_and_only_what_may_leave() {
    let home = policies();
    let (exit, data) = data(home.path(), &TO_NEED, NEED);
    assert_eq!(
        (exit, &data["sent"], &data["body"]),
        (Some(0), &json!(true), &json!("{\"need\":{\"type\":\"room\",\"beds\":1}}"))
    );
    assert_eq!((&data["leave"], &data["withheld"], &data["unlisted"]), (&json!(2), &json!(3), &json!(1)));
    assert_eq!(data["fields"][0]["code"], "consent-missing");
    let text = data.to_string();
    for value in ["Amina", "1987", "R-1\"", "inside"] {
        assert!(!text.contains(value), "{value}\n{text}");
    }
}

#[test]
fn a_refusal_ends_with_1_and_says_which_place_stops_it() {
    let home = policies();
    let to =
        ["--integration", "inform-riverside", "--path", "/riverside/referrals/R-1024", "--now", "2026-11-21T10:00:00Z"];
    let (exit, out) = screen(home.path(), &to, "{\"firstName\":\"Amina\",\"need\":{\"beds\":2}}");
    assert_eq!(exit, Some(1));
    for part in [
        "-   \"firstName\": \"Amina\"    # $.firstName pd:Name: this stops it (personal-needs-consent)\n",
        "-     \"beds\": 2\n",
        "Refused (consent-missing): nothing leaves.\n",
    ] {
        assert!(out.contains(part), "{part}\n{out}");
    }
    let (exit, data) = data(home.path(), &to, "{\"firstName\":\"Amina\"}");
    assert_eq!((exit, &data["code"], data.get("body")), (Some(1), &json!("consent-missing"), None));
    assert!(!data.to_string().contains("Amina") && !data.to_string().contains("R-1024"), "{data}");
}

/// A connection of which a wide operation stands before a narrow one.
const TABLES: &str = r#"
id = "tables"
app = "inform"
destination = "riverside-council/housing-referrals"
upstream = "https://refer.riverside.example/api"
route = { prefix = "/tables" }
purpose = "accommodation"

[[operation]]
id = "one"
method = "POST"
path = "/c/{kind}"
path_fields = { kind = "hg:Operational" }
[operation.body]
media = "application/json"
unlisted = "strip"
[[operation.body.record]]
[operation.body.record.fields]
"$.beds" = "hg:HousingNeed"

[[operation]]
id = "table"
method = "POST"
path = "/c/needs"
[operation.body]
media = "text/csv"
unlisted = "strip"
[[operation.body.record]]
[operation.body.record.fields]
Beds = "hg:HousingNeed"
"#;

#[test]
fn a_path_leads_where_the_gateway_would_lead_it() {
    let home = policies();
    fs::write(home.path().join("policies/integrations/tables.toml"), TABLES).unwrap();
    for (path, body, sent) in [
        ("/tables/c/needs", "Beds\n2\n", "Beds\n2\n"),
        ("/tables/c/nee%64s?x=1", "Beds\n2\n", "Beds\n2\n"),
        ("/tables/c/others", "{\"beds\":2}", "{\"beds\":2}"),
    ] {
        let (exit, data) = data(home.path(), &["--integration", "tables", "--path", path], body);
        assert_eq!((exit, &data["body"]), (Some(0), &json!(sent)), "{path}\n{data}");
    }
}

#[test]
fn one_person_is_found_in_a_cell_of_many() {
    let home = policies();
    let counts = TABLES.split("\n[[operation]]").next().unwrap().replace("accommodation", "statistics")
        + "\n"
        + "[[operation]]\nid = \"counts\"\nmethod = \"POST\"\npath = \"/counts\"\n[operation.body]\nmedia = \"text/csv\"\n\
           unlisted = \"strip\"\n[operation.body.aggregate]\ndimensions = { Nationality = \"pd:Nationality\" }\n\
           count = [\"People\"]\nfields = { Month = \"hg:Operational\" }\n";
    fs::write(home.path().join("policies/integrations/tables.toml"), counts).unwrap();
    let body =
        "Nationality,Month,People\nEritrean,2026-10,12\nSudanese z@example.org,AB 12 34 56 C,12\nSudanese,2026-11,3\n";
    let (exit, data) = data(home.path(), &["--integration", "tables", "--operation", "counts"], body);
    let sent = "Nationality,Month,People\nEritrean,2026-10,12\n,,12\n,,\n";
    assert_eq!((exit, &data["body"]), (Some(0), &json!(sent)), "{data}");
}

#[test]
fn consents_of_a_file_open_what_they_say_and_rougher_forms_are_shown() {
    let home = policies();
    let consent = "policies/cases/inform-riverside-refer-consented/consent.json";
    let mut to = vec!["--integration", "inform-riverside", "--path", "/riverside/referrals/R-1024"];
    to.extend(["--now", "2026-11-21T10:00:00Z", "--consent", consent]);
    let (exit, out) = screen(home.path(), &to, r#"{"firstName":"Amina","lastName":"Warsame","dob":"1987-04-02"}"#);
    assert_eq!(exit, Some(0), "{out}");
    assert!(
        out.contains("~   \"dob\": \"1987-04-02\" → \"1987\"    # $.dob pd:BirthDate: leaves as generalised:year\n")
    );
    assert!(!out.contains("nobody had consented"), "{out}");
}

const NOTES: &str = r#"
id = "notes"
app = "notes"
destination = "riverside-council/housing-referrals"
upstream = "https://refer.riverside.example/notes"
route = { prefix = "/notes" }
purpose = "accommodation"
[[operation]]
id = "note"
method = "POST"
path = "/about/{topic}"
path_fields = { topic = "hg:HousingNeed" }
query = { note = "hg:HousingNeed", by = "pd:Name" }
headers = { X-Room = "hg:HousingNeed" }
[operation.body]
media = "application/x-ndjson"
unlisted = "strip"
[[operation.body.record]]
subject = "body:$.ref"
[operation.body.record.fields]
"$.name" = "pd:Name"
"$.beds" = "hg:HousingNeed"
"#;

#[test]
fn what_a_body_withholds_leaves_in_neither_path_query_nor_header() {
    let home = policies();
    fs::write(home.path().join("policies/integrations/notes.toml"), NOTES).unwrap();
    // Whoever is withheld anywhere in the body, among very many.
    let rows: String = (0..3000).map(|n| format!("{{\"name\":\"Person{n} Vrax{n}\",\"beds\":1}}\n")).collect();
    let body = format!("{rows}{{\"name\":\"Amina Warsame\",\"beds\":2}}\n{rows}");
    let told = |path: &str, room: &str, body: &str| {
        let header = format!("X-Room: {room}");
        let (exit, data) = data(home.path(), &["--integration", "notes", "--path", path, "--header", &header], body);
        let act = |of: &str| {
            let fields = data["fields"].as_array().into_iter().flatten();
            fields
                .filter(|f| f["path"].as_str().is_some_and(|p| p.to_lowercase().ends_with(of)))
                .map(|f| f["act"].as_str().unwrap().to_owned())
                .collect::<Vec<_>>()
                .join(" ")
        };
        (exit, act("note"), act("x-room"), data["code"].clone())
    };
    let said = |exit, note: &str, room: &str| (Some(exit), note.to_owned(), room.to_owned(), Value::Null);
    assert_eq!(told("/notes/about/beds?note=two+rooms", "a room", &body), said(0, "sent", "sent"));
    assert_eq!(told("/notes/about/beds?note=saw+Warsame", "for Amina", &body), said(0, "stripped", "stripped"));
    assert_eq!(told("/notes/about/beds?note=saw+vrax2999", "two beds", &body), said(0, "stripped", "sent"));
    assert_eq!(
        told("/notes/about/beds?note=saw+Idris&by=Idris", "idris's", "{\"beds\":1}\n"),
        said(0, "stripped", "stripped")
    );
    let (exit, .., code) = told("/notes/about/warsame?note=two+rooms", "a room", &body);
    assert_eq!((exit, code), (Some(1), json!("field-blocked")));
}

#[test]
fn every_case_that_ships_can_be_looked_at() {
    let home = policies();
    for entry in fs::read_dir(home.path().join("policies/cases")).unwrap() {
        let case = entry.unwrap().path();
        let expect = fs::read_to_string(case.join("expect.toml")).unwrap();
        let exit = if expect.contains("outcome = \"sent\"") { 0 } else { 1 };
        let (ended, out) = screen(home.path(), &["--sample", case.to_str().unwrap()], "");
        assert_eq!(ended, Some(exit), "{}\n{out}", case.display());
    }
}

#[test]
fn what_cannot_be_asked_is_wrong_usage() {
    let home = policies();
    for (wrong, part) in [
        (&["--integration", "nowhere"][..], "one of city-messages, inform-riverside"),
        (&["--integration", "inform-riverside"], "say --operation, one of need, refer, refer-batch"),
        (&["--integration", "inform-riverside", "--operation", "x"], "there is no such operation"),
        (
            &["--integration", "inform-riverside", "--operation", "need", "--header", "s3cret"],
            "--header number 1 is not one",
        ),
    ] {
        let (exit, _, err) = said(havengate(home.path()).arg("screen").args(wrong).write_stdin(NEED));
        assert_eq!(exit, Some(2), "{wrong:?}");
        assert!(err.contains(part) && !err.contains("s3cret"), "{err}");
    }
    let (exit, _, err) = said(havengate(home.path()).args(["screen", "--policies", "gone"]).args(TO_NEED));
    assert_eq!(exit, Some(3), "{err}");
}

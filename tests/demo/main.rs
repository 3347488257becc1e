//! The first command of the README, as a stranger runs it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that meets something unexpected stops there"
)]

use serde_json::Value;
use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    process::{Child, Command, Stdio},
};

fn demo(arguments: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("havengate"));
    let output = command.arg("demo").args(arguments).stdin(Stdio::null()).output().unwrap();
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    (output.status.code(), String::from_utf8(output.stdout).unwrap())
}

/// The one outcome whose name holds these words.
fn outcome<'a>(outcomes: &'a [Value], words: &str) -> &'a Value {
    let mut found = outcomes.iter().filter(|o| o["name"].as_str().unwrap().contains(words));
    let one = found.next().unwrap_or_else(|| panic!("no outcome is called {words}"));
    assert!(found.next().is_none(), "two outcomes are called {words}");
    one
}

/// What the stand-in received, head and body apart.
fn received(outcome: &Value) -> (String, Value) {
    let received = outcome["received"].as_array().unwrap();
    assert_eq!(received.len(), 1, "{outcome}");
    let (head, body) = received[0].as_str().unwrap().split_once("\r\n\r\n").unwrap();
    (head.to_owned(), serde_json::from_str(body).unwrap())
}

#[test]
fn every_outcome_is_as_stated_and_the_bytes_say_so() {
    let (exit, printed) = demo(&["--once", "--json"]);
    let printed: Value = serde_json::from_str(&printed).unwrap();
    let outcomes = printed["outcomes"].as_array().unwrap();
    assert_eq!(exit, Some(0), "{printed}");
    assert!(outcomes.len() >= 15, "{}", outcomes.len());
    for outcome in outcomes {
        assert_eq!(outcome["as_stated"], true, "{outcome}");
        for key in ["name", "sent", "received", "status", "code", "clause", "decision", "as_stated"] {
            assert!(outcome.get(key).is_some(), "{key} is missing: {outcome}");
        }
        let refused = outcome["code"].is_string();
        assert_eq!(refused, outcome["received"].as_array().unwrap().is_empty(), "{outcome}");
        assert_eq!(refused, outcome["status"].as_u64().unwrap() >= 400, "{outcome}");
    }
}

#[test]
fn what_left_is_what_was_agreed() {
    let (_, printed) = demo(&["--once", "--json"]);
    let printed: Value = serde_json::from_str(&printed).unwrap();
    let outcomes = printed["outcomes"].as_array().unwrap();
    let (head, body) = received(outcome(outcomes, "the need goes, the person stays"));
    assert!(head.starts_with("POST /v2/needs HTTP/1.1\r\n"), "{head}");
    assert_eq!(body, serde_json::json!({ "need": { "type": "hostel", "beds": 1 }, "priority": "high" }));
    let (head, body) = received(outcome(outcomes, "item by item"));
    assert_eq!(
        body,
        serde_json::json!({
            "firstName": "Amina", "lastName": "Tesfay", "dob": "1991", "phone": "07700 900123",
            "need": { "type": "hostel", "beds": 1 }
        })
    );
    assert!(!head.to_lowercase().contains("user-agent") && !head.to_lowercase().contains("consent"), "{head}");
    let (_, body) = received(outcome(outcomes, "A batch of two clients"));
    assert_eq!(body["clients"][0]["firstName"], "Amina");
    assert_eq!(body["clients"][1], serde_json::json!({ "beds": 1 }));
    let (_, body) = received(outcome(outcomes, "Life at risk tonight"));
    assert_eq!(body["concern"]["where"], "underpass, Mill Lane");
    assert!(body["adult"].get("nationality").is_none() && body["adult"].get("status").is_none(), "{body}");
    let bytes = |words: &str| outcome(outcomes, words)["received"][0].as_str().unwrap().to_owned();
    let table = bytes("A spreadsheet of two clients");
    assert!(table.contains("content-type: text/csv\r\n") || table.contains("Content-Type: text/csv\r\n"), "{table}");
    let rows = "Ref,First Name,Need,Beds,Priority,withheld_6\r\n,Amina,hostel,1,high,\r\n,,,2,normal,\r\n";
    assert!(table.ends_with(&format!("\r\n\r\n{rows}")), "{table}");
    let soap = bytes("A SOAP envelope");
    assert!(soap.contains("<h:Need><h:Type>hostel</h:Type></h:Need>"), "{soap}");
    for (name, code) in [
        ("whose data reaches the Home Office", "destination-linked"),
        ("The Home Office itself", "destination-linked"),
        ("nobody has assessed", "destination-unassessed"),
        ("undertaking has lapsed", "destination-uncommitted"),
        ("A message to the Home Office", "recipient-denied"),
        ("tampered", "consent-invalid"),
        ("record book cannot be written", "ledger-unavailable"),
    ] {
        assert_eq!(outcome(outcomes, name)["code"], code, "{name}");
    }
}

#[test]
fn a_person_reads_a_table() {
    let (exit, printed) = demo(&["--once"]);
    assert_eq!(exit, Some(0));
    for words in ["Amina", "DATA-1", "DATA-2ii", "nrpf-connect"] {
        assert!(printed.contains(words), "{words}: {printed}");
    }
}

/// Killed when it is dropped.
struct Staying(Child);

impl Drop for Staying {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn the_panels_pages_stay_up_and_the_invitation_opens_an_account() {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("havengate"));
    let child = command.arg("demo").stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
    let mut staying = Staying(child);
    let mut lines = BufReader::new(staying.0.stdout.take().unwrap()).lines().map(Result::unwrap);
    let said = lines.find(|line| line.contains("/invitation")).expect("where the pages are");
    let address = said.split("http://").nth(1).unwrap().split("/invitation").next().unwrap();
    let code = lines.by_ref().skip_while(|line| !line.is_empty()).find(|line| !line.is_empty()).unwrap();
    let form = form_urlencoded::Serializer::new(String::new()).append_pair("invitation", code.trim()).finish();
    let page = sent(address, &form);
    assert!(page.starts_with("HTTP/1.1 200"), "{page}");
    assert!(page.contains("name=\"passphrase\"") && page.contains("Demonstration"), "{page}");
    let other = form_urlencoded::Serializer::new(String::new()).append_pair("invitation", "another").finish();
    assert!(sent(address, &other).starts_with("HTTP/1.1 400"), "only the code that was printed");
}

/// Sends the form as a browser does that was at the printed address.
#[expect(clippy::disallowed_methods, reason = "the test is the browser")]
fn sent(to: &str, form: &str) -> String {
    let mut stream = std::net::TcpStream::connect(to).unwrap();
    let length = form.len();
    write!(
        stream,
        "POST /invitation HTTP/1.1\r\nHost: {to}\r\nOrigin: http://{to}\r\nConnection: close\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n\r\n{form}"
    )
    .unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

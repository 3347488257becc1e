//! What had gone to a recipient, asked with the real command of a running gateway and of the record book it left.

use crate::{
    caller::post,
    process::{Process, havengate},
    support::standin::Behaviour,
    world::{Agreed, Around, COUNCIL, Home, Plan, SAFEGUARDING},
};
use rustix::process::Signal;
use serde_json::{Value, json};
use std::fs;

/// `havengate --json destinations exposure …`: how it ended and what it said.
fn exposure(home: &Home, arguments: &[&str]) -> (Option<i32>, Value) {
    let all = [&["--json", "destinations", "exposure"], arguments].concat();
    let output = havengate(home, &all).output().unwrap();
    let (out, err) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    (output.status.code(), serde_json::from_str(&out).unwrap_or_else(|e| panic!("{e}: {out}{err}")))
}

/// Everything that can be asked of it, once.
fn told(home: &Home) -> Vec<Value> {
    let list = home.directory.path().join("clients.txt");
    fs::write(&list, "R-0\r\n\nR-1\nR-2\nR-9\nR-77\n").unwrap();
    let list = list.to_str().unwrap();
    let workers = ["--since", "2026-01-01", "--references", list, "--caller", "inform"];
    let (exit, panel) = exposure(home, &[COUNCIL, "--since", "2026-01-15"]);
    assert_eq!(exit, Some(0));
    let (exit, people) = exposure(home, &[&["riverside-council"], &workers[..]].concat());
    assert_eq!(exit, Some(1), "somebody was found");
    let (exit, nobody) = exposure(home, &[&["harbour-crm"], &workers[..]].concat());
    assert_eq!((exit, &nobody["references"]), (Some(0), &json!([])));
    let (_, through) = exposure(home, &["nrpf-connect", "--through", "--since", "2026-01-01"]);
    let (_, emergency) = exposure(home, &[SAFEGUARDING, "--since", "2026-01-01"]);
    vec![panel, people, through, emergency]
}

async fn refer(gateway: &Process, client: usize, body: &str) -> u16 {
    crate::caller::ask(gateway.address, post(&format!("/riverside/referrals/R-{client}"), body)).await.status
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_panel_gets_figures_and_workers_get_references_and_never_both() {
    let around = Around::new().await;
    let home = around.home(&Plan::new());
    let gateway = Process::start(&home);
    for client in 0..12 {
        let client_id = format!("R-{client}");
        home.consent(&Agreed::referral(&client_id)).await;
        let body =
            if client == 0 { r#"{"firstName":"Amina","phone":"07700 900123"}"# } else { r#"{"firstName":"Amina"}"# };
        assert_eq!(refer(&gateway, client, body).await, 200);
    }
    // One whose arrival nobody knows of, and one that was refused.
    home.consent(&Agreed::referral("R-77")).await;
    around.recipient.script([Behaviour::RawThenClose(Vec::new())]);
    assert_ne!(refer(&gateway, 77, r#"{"firstName":"Amina"}"#).await, 200);
    assert_ne!(refer(&gateway, 78, r#"{"firstName":"Amina"}"#).await, 200);

    let asked = told(&home);
    let [panel, people, through, emergency] = asked.as_slice() else { unreachable!() };
    let [month] = panel["months"].as_array().unwrap().as_slice() else { panic!("{panel}") };
    assert_eq!((&month["requests"], &month["arrival_unknown"], &panel["erased"]), (&json!(13), &json!(1), &json!(0)));
    let values = |group: &str| -> Vec<(&str, &str)> {
        let all = month["values"].as_array().unwrap().iter().filter(|v| v["group"] == group);
        all.map(|v| (v["basis"].as_str().unwrap(), v["values"].as_str().unwrap())).collect()
    };
    let today = havengate::verdict::destination::day_in_london(jiff::Timestamp::now());
    assert!(panel["first_known"].as_str().unwrap() <= today.to_string().as_str(), "{panel}");
    assert_eq!(people["read"], json!(5));
    // A reference and a name of thirteen people; one telephone.
    assert_eq!(values("identity"), [("consent", "20 or more")]);
    assert_eq!(values("contact"), [("consent", "fewer than 10")]);
    assert!(!panel.to_string().contains("R-") && !panel.to_string().contains("k1."), "{panel}");

    let found: Vec<_> = people["references"].as_array().unwrap().iter().collect();
    let references: Vec<_> = found.iter().map(|r| r["reference"].as_str().unwrap()).collect();
    assert_eq!(references, ["R-0", "R-1", "R-2", "R-9", "R-77"]);
    assert_eq!(found[0]["groups"], json!(["identity", "contact"]));
    assert_eq!((&found[1]["groups"], &found[1]["answered"]), (&json!(["identity"]), &json!(true)));
    assert_eq!((&found[4]["answered"], &people["incomplete"]), (&json!(false), &json!(false)));
    assert!(!people.to_string().contains("requests") && !people.to_string().contains("values"), "{people}");
    assert_eq!(emergency["months"], json!([]));
    // Housing referrals do not go on to NRPF Connect, and nothing went to the team whose data does.
    assert_eq!(through["recipients"], json!(["nrpf-connect/database", "riverside-council/nrpf"]));
    assert_eq!(through["months"], json!([]));

    gateway.signal(Signal::TERM);
    assert_eq!(gateway.ended().0, Some(0));
    assert_eq!(told(&home), asked, "the record book says the same when nobody holds it");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_erased_is_counted_and_said_to_be_unknown() {
    let around = Around::new().await;
    let home = around.home(&Plan::new());
    let gateway = Process::start(&home);
    for client in 0..2 {
        home.consent(&Agreed::referral(&format!("R-{client}"))).await;
        assert_eq!(refer(&gateway, client, r#"{"firstName":"Amina"}"#).await, 200);
    }
    home.emergency("R-5", SAFEGUARDING).await;
    gateway.signal(Signal::TERM);
    assert_eq!(gateway.ended().0, Some(0));
    // As retention will: all rows of the first request.
    let book = rusqlite::Connection::open(&home.config.ledger).unwrap();
    book.execute("DELETE FROM detail WHERE idx = (SELECT min(idx) FROM detail)", []).unwrap();
    drop(book);
    let (_, panel) = exposure(&home, &[COUNCIL, "--since", "2026-01-01"]);
    assert_eq!((&panel["erased"], &panel["months"][0]["requests"]), (&json!(1), &json!(2)));
    let grounds: Vec<_> = panel["months"][0]["values"].as_array().unwrap().iter().map(|v| &v["basis"]).collect();
    assert!(grounds.contains(&&json!("details erased")) && grounds.contains(&&json!("consent")), "{panel}");
    let list = home.directory.path().join("clients.txt");
    fs::write(&list, "R-0\nR-1\n").unwrap();
    let workers = ["--since", "2026-01-01", "--references", list.to_str().unwrap(), "--caller", "inform"];
    let (_, people) = exposure(&home, &[&[COUNCIL], &workers[..]].concat());
    let found: Vec<_> = people["references"].as_array().unwrap().iter().map(|r| &r["reference"]).collect();
    assert_eq!((found, &people["incomplete"]), (vec![&json!("R-1")], &json!(true)));

    for (arguments, exit, part) in [
        (&[COUNCIL, "--since", "2026-01-01", "--references", "gone.txt", "--caller", "inform"][..], 5, "gone.txt"),
        (
            &[COUNCIL, "--since", "2026-01-01", "--references", list.to_str().unwrap(), "--caller", "infrom"],
            2,
            "write one of",
        ),
        (&["nobody", "--since", "2026-01-01"], 2, "no recipient"),
    ] {
        let (ended, said) = exposure(&home, arguments);
        assert!(ended == Some(exit) && said["error"]["text"].as_str().unwrap().contains(part), "{said}");
    }
    fs::write(&list, "R-0\nR-\u{7}1 Amina\n").unwrap();
    let (ended, said) = exposure(&home, &[&[COUNCIL], &workers[..]].concat());
    let text = said["error"]["text"].as_str().unwrap();
    assert!(ended == Some(2) && text.contains("line 2") && !text.contains("Amina"), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_about_many_people_takes_many_pages() {
    let around = Around::new().await;
    let home = around.home(&Plan::new());
    let gateway = Process::start(&home);
    let clients: Vec<String> = (0..400).map(|n| format!(r#"{{"ref":"R-{n}","beds":1}}"#)).collect();
    for client in ["R-3", "R-399"] {
        let items = &[("pd:Identifier", "raw"), ("pd:Name", "raw")];
        home.consent(&Agreed { items, ..Agreed::referral(client) }).await;
    }
    let body = format!(r#"{{"batchId":"b","clients":[{}]}}"#, clients.join(","));
    let answer = crate::caller::ask(gateway.address, post("/riverside/batches", &body)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let list = home.directory.path().join("clients.txt");
    let lines: Vec<String> = (0..400).map(|n| format!("R-{n}")).collect();
    fs::write(&list, lines.join("\n")).unwrap();
    let workers = ["--since", "2026-01-01", "--references", list.to_str().unwrap(), "--caller", "inform"];
    let (_, people) = exposure(&home, &[&[COUNCIL], &workers[..]].concat());
    let found: Vec<_> = people["references"].as_array().unwrap().iter().map(|r| &r["reference"]).collect();
    assert_eq!(found, [&json!("R-3"), &json!("R-399")]);
    let (_, panel) = exposure(&home, &[COUNCIL, "--since", "2026-01-01"]);
    assert_eq!((&panel["months"][0]["requests"], &panel["erased"]), (&json!(1), &json!(0)));
    let operational = panel["months"][0]["values"].as_array().unwrap().iter().find(|v| v["group"] == "operational");
    assert_eq!(operational.unwrap()["values"], "400 or more", "{panel}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_that_is_written_and_taken_up_closes_the_next_request() {
    let around = Around::new().await;
    let home = around.home(&Plan::new());
    let gateway = Process::start(&home);
    let need = || crate::caller::ask(gateway.address, post("/riverside/needs", r#"{"need":{"beds":1}}"#));
    assert_eq!(need().await.status, 200);
    around.arrived_one();
    let change = |arguments: &[&str]| {
        let output = havengate(&home, &[&["destinations"], arguments].concat()).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let link = ["link", "riverside-council", "home-office", "--kind", "shares-with", "--confidence", "high"];
    let said = change(&[&link[..], &["--evidence", "minutes"]].concat());
    assert!(said.contains("The running gateway judges by the old set until: havengate policy reload"), "{said}");
    assert_eq!(need().await.status, 200);
    around.arrived_one();
    let end =
        ["end-link", "riverside-council", "nrpf-connect", "--ended", "2026-11-01", "--evidence", "letter", "--reload"];
    let said = change(&end);
    assert!(said.contains("is active."), "{said}");
    let answer = need().await;
    answer.assert_problem(havengate::verdict::Code::DestinationLinked, Some("associated-only-by-data-2"));
    assert!(answer.detail().contains("Riverside Council (example) shares with Home Office (minutes)"), "{answer:?}");
    assert!(around.arrived().is_empty());
}

//! Recordings, judged with what the record book holds.

use super::home::{Home, REFERRAL, fixture};
use serde_json::{Value, json};

fn results(report: &Value) -> Vec<&str> {
    report["requests"].as_array().unwrap().iter().map(|r| r["result"].as_str().unwrap()).collect()
}

#[test]
fn from_an_empty_home_to_a_rehearsed_connection() {
    let home = Home::new();
    let checked = home.run(&["check"]);
    assert_eq!(checked.exit, 0, "{}{}", checked.out, checked.err);
    assert!(checked.out.contains("note: refer.riverside.example is not asked of DNS: it is 127.0.0.1 port"));

    let har = fixture("referrals.har");
    let (exit, before) = home.rehearse(&[&har]);
    assert_eq!(exit, 1);
    assert_eq!(results(&before), ["refused", "stripped", "not-covered", "not-judged"]);
    assert_eq!(before["judged_by"], "record-book");
    let first = &before["requests"][0];
    assert_eq!((&first["code"], &first["step"]), (&json!("consent-missing"), &json!("screening")));
    assert_eq!(first["reasons"][0]["clause"], "DATA-2ii");
    assert_eq!(first["reasons"][0]["rule"], "personal-needs-consent");
    assert_eq!(first["reasons"][0]["path"], "$.firstName");
    assert!(first["reasons"][0]["remedy"].as_str().unwrap().contains("Ask the client"));

    home.consent();
    let (exit, after) = home.rehearse(&[&har]);
    assert_eq!(exit, 1, "one is not covered");
    assert_eq!(results(&after), ["stripped", "stripped", "not-covered", "not-judged"]);
    let place = |path: &str| {
        let fields = after["requests"][0]["fields"].as_array().unwrap();
        fields.iter().find(|f| f["path"] == path).unwrap()["act"].clone()
    };
    assert_eq!(
        [place("$.firstName"), place("reference"), place("$.bedded_down"), place("$.lastName")],
        ["sent", "sent", "stripped", "stripped"]
    );
    let expected = json!([
        { "connection": "inform-riverside", "operation": "need", "leaves": 0, "stripped": 1, "refused": {} },
        { "connection": "inform-riverside", "operation": "refer", "leaves": 0, "stripped": 1, "refused": {} },
    ]);
    assert_eq!(after["operations"], expected);
    assert_eq!([&after["not_covered"], &after["not_judged"], &after["skipped"]], [1, 1, 1]);
    assert_eq!((&after["requests"][1]["direct"], &after["requests"][0]["direct"]), (&json!(true), &json!(false)));
    assert_eq!((&after["requests"][3]["file"], &after["requests"][3]["entry"]), (&json!(har), &json!(5)));
    assert!(after["requests"][3]["why"].as_str().unwrap().contains("base64"));

    let verified = home.run(&["ledger", "verify"]);
    assert_eq!(verified.exit, 0, "{}", verified.out);
    let size = |out: &str| out.split_whitespace().find_map(|word| word.parse::<u64>().ok());
    let again = home.run(&["ledger", "verify"]);
    assert_eq!(size(&again.out), size(&verified.out), "a rehearsal records nothing");
}

#[test]
fn ended_consent_and_no_consents_are_judged_alike() {
    let home = Home::new();
    home.consent();
    let file = home.file("referral.http", REFERRAL);
    let (exit, report) = home.rehearse(&[&file]);
    assert_eq!((exit, results(&report)), (0, vec!["stripped"]));
    assert_eq!(report["requests"][0]["unlisted"], 1);

    let (exit, report) = home.rehearse(&["--without-consents", &file]);
    assert_eq!((exit, &report["judged_by"]), (1, &json!("no-consents")));
    assert_eq!(report["operations"][0]["refused"], json!({ "consent-missing": 1 }));

    let ended = home.run(&["consent", "end", "--app", "inform", "--client", "R-1024"]);
    assert_eq!(ended.exit, 0, "{}", ended.err);
    let (exit, report) = home.rehearse(&[&file]);
    assert_eq!((exit, &report["requests"][0]["code"]), (1, &json!("consent-ended")));

    assert_eq!(home.run(&["stop", "place", "--connection", "inform-riverside"]).exit, 0);
    let (exit, report) = home.rehearse(&[&file]);
    assert_eq!((exit, &report["requests"][0]["code"]), (1, &json!("stopped")));
    assert_eq!(report["requests"][0]["step"], "recipient");
}

#[test]
fn a_recorded_request_is_judged_as_it_stood_on_the_wire() {
    let home = Home::new();
    home.consent();
    let with = |from: &str, to: &str| REFERRAL.replace(from, to);
    let direct = with("/riverside", "/v2").replace("gateway.charity.example", "refer.riverside.example");
    for (text, result, code) in [
        (direct, "stripped", None),
        (with("application/json", "text/json"), "refused", Some("body-unsupported")),
        (with("Content-Type: application/json\n", ""), "refused", Some("body-unsupported")),
        (with("{\"firstName\"", "{\"firstName\":\"Minnie\",\"firstName\""), "refused", Some("body-malformed")),
        (with("Host: gateway", "Host: Amina\nHost: gateway"), "refused", Some("request-malformed")),
        (with("POST /riverside", "Amina /riverside"), "refused", Some("operation-unknown")),
        (with("/referrals/R-1024", "/Amina"), "refused", Some("operation-unknown")),
        (with("/riverside/referrals", "/Warsame"), "refused", Some("route-unknown")),
        (with("POST /riverside", "POST https://amina.example/riverside"), "not-covered", None),
    ] {
        let file = home.file("request.http", &text);
        let (exit, report) = home.rehearse(&[&file]);
        assert_eq!(results(&report), [result], "{text}\n{report}");
        assert_eq!(report["requests"][0]["code"].as_str(), code, "{text}\n{report}");
        assert_eq!(exit, i32::from(result != "stripped"), "{text}");
    }
}

#[test]
fn explain_says_the_same_of_one_request_and_no_more() {
    let home = Home::new();
    let file = home.file("referral.http", REFERRAL);
    let refused = home.run(&["explain", "--request", &file, "--app", "inform"]);
    assert_eq!(refused.exit, 1, "{}", refused.err);
    assert!(refused.out.contains("connection inform-riverside, operation refer") && refused.out.contains("STOPPED"));
    home.consent();
    let leaves = home.run(&["explain", "--request", &file, "--app", "inform"]);
    assert_eq!(leaves.exit, 0, "{}", leaves.err);
    assert!(leaves.out.contains("passed   screening") && leaves.out.contains("$.firstName"), "{}", leaves.out);
    for said in [refused.out, leaves.out] {
        super::home::nothing_personal(&said);
    }
    home.nobody_was_sent_anything();
}

#[test]
fn what_cannot_be_read_is_said_by_its_place() {
    let home = Home::new();
    let broken = home.file("broken.har", "{\"log\":{\"entries\":[{\"request\":{\"method\":[\"Amina\"]}}]}}");
    let said = home.run(&["rehearse", "--app", "inform", &broken]);
    assert_eq!(said.exit, 2);
    assert!(said.err.contains("broken.har: line 1, column") && !said.err.contains("Amina"), "{}", said.err);
    assert_eq!(home.run(&["rehearse", "--app", "inform", "gone.har"]).exit, 5);
    for wrong in [
        &["rehearse", "--app", "inform"][..],
        &["rehearse", "x.har"],
        &["rehearse", "--app", "inform", "--listen", "127.0.0.1:0", "x.har"],
        &["rehearse", "--app", "inform", "--listen", "0.0.0.0:0"],
    ] {
        assert_eq!(home.run(wrong).exit, 2, "{wrong:?}");
    }
    home.edit("policies/integrations/inform-riverside.toml", |text| text.replace("app  ", "apq  "));
    let said = home.run(&["rehearse", "--app", "inform", &broken]);
    assert!(said.exit == 3 && said.err.contains("havengate check"), "{}", said.err);
}

/// Beside the types: the room has no word for dialling anybody.
#[test]
fn there_is_nothing_here_to_send_with() {
    let below = |name: &str| std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(name);
    let mut sources = vec![below("cli/rehearse.rs"), below("gate/rehearsal.rs")];
    for directory in ["cli/rehearse", "gate/rehearsal"] {
        sources.extend(std::fs::read_dir(below(directory)).unwrap().map(|e| e.unwrap().path()));
    }
    assert!(sources.len() > 6);
    for source in sources {
        let text = std::fs::read_to_string(&source).unwrap();
        for word in
            ["TcpStream", "TcpSocket", "UdpSocket", "gate::upstream", "upstream::", "resolve::", "Client", "hyper_util"]
        {
            assert!(!text.contains(word), "{}: {word}", source.display());
        }
    }
}

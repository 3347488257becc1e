//! What is shown of recipients, and of what was asked about in any spelling.

use super::{append, data, home, run};
use crate::{havengate, said};
use serde_json::{Value, json};

fn ids(recipients: &Value) -> Vec<&str> {
    recipients.as_array().unwrap().iter().map(|r| r["id"].as_str().unwrap()).collect()
}

#[test]
fn recipients_are_listed_by_class_and_filtered() {
    let home = home();
    let (exit, out, err) = run(home.path(), &["list"]);
    assert_eq!((exit, err.as_str()), (Some(0), ""));
    for part in ["root (", "associated (", "unassessed (", "clear (", "riverside-council/nrpf", "no undertaking"] {
        assert!(out.contains(part), "{part}\n{out}");
    }
    let list = |arguments: &[&str]| {
        let (exit, data) = data(home.path(), &[&["list"], arguments].concat());
        assert_eq!(exit, Some(0), "{data}");
        data["recipients"].clone()
    };
    assert_eq!(ids(&list(&["--kind", "forum"])), ["london-councils/rough-sleeping-forum"]);
    assert_eq!(ids(&list(&["--class", "associated", "--organisation", "riverside"])), ["riverside-council/nrpf"]);
    let used = list(&["--used"]);
    assert!(used.as_array().unwrap().iter().all(|r| r["connections"][0]["open"] == json!(true)), "{used}");
    // An assessment that has run out is none.
    let later = list(&["--class", "clear", "--at", "2027-10-01"]);
    assert_eq!(ids(&later), [""; 0]);
    assert_eq!(run(home.path(), &["list", "--class", "open"]).0, Some(2));
}

#[test]
fn every_spelling_of_a_place_gets_one_answer() {
    let home = home();
    for (spellings, class, id) in [
        (
            &["refer.riverside.example", "REFER.Riverside.Example.", "https://x@refer.riverside.example:443/v2?a#b"][..],
            "clear",
            "riverside-council/housing-referrals",
        ),
        (&["a.homeoffice.gov.uk", "A.HOMEOFFICE。gov.uk", "duty@a.homeoffice.gov.uk"], "root", "home-office/network"),
        (
            &["www.gov.uk/report-immigration-crime", "http://WWW.GOV.UK/report%2dimmigration-crime/now"],
            "root",
            "home-office/report-immigration-crime",
        ),
        (&["nrpf.riverside.example", "riverside-council/nrpf"], "associated", "riverside-council/nrpf"),
        (&["00DExample0000001"], "clear", "harbour-crm/contacts"),
    ] {
        for spelling in spellings {
            let (exit, data) = data(home.path(), &["why", spelling]);
            let found = &data["found"][0]["system"];
            assert_eq!((&data["class"], &found["id"]), (&json!(class), &json!(id)), "{spelling}: {data}");
            assert_eq!(exit, Some(i32::from(class != "clear")), "{spelling}");
        }
    }
    let (exit, data) = data(home.path(), &["why", "www.gov.uk/housing"]);
    assert_eq!((exit, &data["known"], &data["class"]), (Some(1), &json!(false), &json!("unassessed")));
}

#[test]
fn why_shows_the_path_the_evidence_and_what_would_change_it() {
    let home = home();
    let (exit, out, _) = run(home.path(), &["why", "nrpf.riverside.example"]);
    assert_eq!(exit, Some(1));
    for part in [
        "matches nrpf.riverside.example",
        "associated (data can reach the Home Office)",
        "closed by   associated-only-by-data-2 (DATA-1), undertaking-required (DATA-4)",
        "1. Riverside Council (example) shares data with NRPF Connect since 1 January 2014; certain; only of riverside-council/nrpf.",
        "2. NRPF Connect shares data with Home Office; certain",
        "evidence: Camden Council's page",
        "what next",
        "end-link",
    ] {
        assert!(out.contains(part), "{part}\n{out}");
    }
    let (_, data) = data(home.path(), &["why", "riverside-council/nrpf"]);
    let chain = &data["found"][0]["system"]["chain"];
    assert_eq!(
        (&chain[0]["link"]["confidence"], &chain[0]["link"]["since"], &chain[1]["link"]["carries"]),
        (&json!("high"), &json!("2014-01-01"), &json!("all"))
    );
    // A question that holds somebody's address is not repeated.
    let (_, out, err) = run(home.path(), &["why", "amina.k@homeoffice.gov.uk"]);
    assert!(out.contains("mail to homeoffice.gov.uk") && !format!("{out}{err}").contains("amina"), "{out}");
}

#[test]
fn ids_in_any_case_and_names_are_found_and_near_ones_offered() {
    let home = home();
    for (asked, id) in [
        ("RIVERSIDE-COUNCIL/NRPF", "riverside-council/nrpf"),
        ("CHAIN", "chain/database"),
        ("nrpf conn", ""),
        ("Home Office", "home-office/network"),
    ] {
        let (exit, data) = data(home.path(), &["why", asked]);
        let ids: Vec<_> =
            data["found"].as_array().unwrap().iter().map(|f| f["system"]["id"].as_str().unwrap()).collect();
        assert!(exit == Some(1) && (id.is_empty() || ids.contains(&id)), "{asked}: {data}");
    }
    let (exit, out, _) = run(home.path(), &["why", "127.0.0.1"]);
    assert!(exit == Some(1) && out.contains("address of this machine or of private networks"), "{out}");
    let (_, out, _) = run(home.path(), &["why", "council"]);
    assert!(out.contains("names: which one? For example: ") && out.contains("riverside-council"), "{out}");
    let (exit, _, err) = run(home.path(), &["why", "riverside-council/nrp"]);
    assert!(exit == Some(2) && err.contains("did you mean riverside-council/nrpf"), "{err}");
    assert!(!err.contains("assess"), "{err}");
    let (exit, out, _) = run(home.path(), &["why", "camden.gov.uk"]);
    assert!(exit == Some(1) && out.contains("add the one system that you send to"), "{out}");
    let (_, out, _) = run(home.path(), &["letter", "harbour-crm"]);
    assert!(out.contains("harbour-crm/contacts"), "{out}");
}

#[test]
fn why_says_what_was_and_what_it_read_from() {
    let home = home();
    let (_, out, _) = run(home.path(), &["why", "gla"]);
    for part in
        ["it did ", "ended 28 February 2017", "The Guardian", "no gateway is running", "Stops are not looked at"]
    {
        assert!(out.contains(part), "{part}\n{out}");
    }
    let (_, out, _) = run(home.path(), &["why", "homeless-link"]);
    assert!(out.contains("it talks ") && out.contains("talks about policy with"), "{out}");
    let (_, data) = data(home.path(), &["why", "gla"]);
    assert_eq!(data["gateway"], json!({ "running": false, "same_policy": null, "stops": null }));
    assert!(data["found"][0]["past"].as_array().unwrap().iter().any(|l| l["status"] == "ended"), "{data}");
}

#[test]
fn an_answered_path_is_not_said_to_be_unknown() {
    let home = home();
    let assess = ["assess", "dwp/services", "--until", "2090-01-01", "--by", "panel", "--reason", "Asked them."];
    let (_, out, _) = run(home.path(), &assess);
    assert!(out.contains("dwp/services stays unassessed") && out.contains("does not answer the path"), "{out}");
    assert_eq!(run(home.path(), &[&assess[..], &["--answers-chain"]].concat()).0, Some(0));
    let (_, out, _) = run(home.path(), &["why", "dwp/services"]);
    assert!(out.contains("the assessment answers it: Asked them."), "{out}");
    assert!(!out.contains("no path known") && !out.contains("Find out."), "{out}");
}

#[test]
fn a_link_of_one_system_is_not_said_of_the_whole() {
    let home = home();
    append(
        home.path(),
        "\n[[link]]\nfrom = \"harbour-crm/contacts\"\nto = \"home-office\"\nkind = \"shares-with\"\n\
         status = \"in-force\"\nconfidence = \"high\"\nevidence = [\"page\"]\n",
    );
    for command in [&["why", "harbour-crm/contacts"][..], &["show", "harbour-crm"], &["graph"]] {
        let (_, out, _) = run(home.path(), command);
        assert!(
            out.contains("(harbour-crm/contacts)") && out.contains("all client data in harbour-crm/contacts"),
            "{out}"
        );
    }
    assert_eq!(run(home.path(), &["graph", "--svg", "map.svg"]).0, Some(0));
    let svg = std::fs::read_to_string(home.path().join("map.svg")).unwrap();
    assert!(svg.contains(">shares data with, only contacts<"), "{svg}");
}

#[test]
fn show_keeps_ended_links_and_policy_contact_in_view() {
    let home = home();
    let (exit, out, _) = run(home.path(), &["show", "gla"]);
    assert_eq!(exit, Some(0));
    for part in ["Greater London Authority (gla)", "ended 28 February 2017", "only of chain/database", "The Guardian"] {
        assert!(out.contains(part), "{part}\n{out}");
    }
    let (_, data) = data(home.path(), &["show", "homeless-link/services"]);
    let kinds: Vec<_> = data["links"].as_array().unwrap().iter().map(|l| l["kind"].as_str().unwrap()).collect();
    assert!(kinds.contains(&"policy-contact") && kinds.contains(&"operated-by"), "{data}");
    let (exit, _, err) = run(home.path(), &["show", "riverside-counci"]);
    assert!(exit == Some(2) && err.contains("did you mean riverside-council"), "{err}");
    let (_, out, _) = run(home.path(), &["show", "chain/database"]);
    assert!(out.contains("The charter names CHAIN"), "{out}");
}

#[test]
fn letters_ask_a_forum_to_end_access_and_others_for_the_undertaking() {
    let home = home();
    let (exit, out, _) = run(home.path(), &["letter", "london-councils/rough-sleeping-forum", "--at", "2026-11-22"]);
    assert_eq!(exit, Some(0));
    for part in ["22 November 2026", "no longer attends", "Please answer by 20 December 2026", "[Signature]", "leave"] {
        assert!(out.contains(part), "{part}\n{out}");
    }
    assert!(out.lines().all(|l| l.chars().count() <= 78), "{out}");
    let (_, letter) = data(home.path(), &["letter", "riverside-council/nrpf", "--at", "2026-11-22"]);
    let text = letter["text"].as_str().unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(letter["asks"], "undertaking");
    for part in
        ["We will not pass information", "unless the law forbids that too", "NRPF Connect shares data with Home"]
    {
        assert!(text.contains(part), "{part}\n{text}");
    }
    // A deadline that was set is the letter's.
    let forum = "\n[[organisation]]\nid = \"m\"\nname = \"M\"\n[[organisation.system]]\nid = \"m/meeting\"\n\
                 kind = \"forum\"\nforum = { state = \"challenged\", since = 2026-11-01, deadline = 2026-12-24 }\n\
                 [[link]]\nfrom = \"m\"\nto = \"home-office\"\nkind = \"forum-attended-by\"\nstatus = \"in-force\"\n\
                 confidence = \"high\"\nevidence = [\"A worker, Sam K., told the panel.\"]\n";
    append(home.path(), forum);
    let (_, letter) = data(home.path(), &["letter", "m/meeting", "--at", "2026-11-22"]);
    assert_eq!((&letter["asks"], &letter["deadline"]), (&json!("challenge"), &json!("2026-12-24")));
    // Who told us stays with us.
    for (id, secret) in [("m/meeting", "Sam K."), ("riverside-council/nrpf", "Camden Council's page")] {
        let (_, out, _) = run(home.path(), &["letter", id]);
        let out = out.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(!out.contains(secret) && out.contains("without naming who told you"), "{out}");
    }
    let (_, out, _) = run(home.path(), &["letter", "riverside-council/nrpf"]);
    let out = out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(out.contains("it opens nothing else") && !out.contains("We would like to go on"), "{out}");
    let (exit, _, err) = run(home.path(), &["letter", "camden-gov-uk/network"]);
    assert!(exit == Some(1) && err.contains("a whole council") && err.contains("destinations add"), "{err}");
    let (exit, _, err) = run(home.path(), &["letter", "home-office/network"]);
    assert!(exit == Some(1) && err.contains("nothing is asked of it"), "{err}");
}

#[test]
fn a_broken_set_is_said_with_its_place_and_help_teaches() {
    let home = home();
    append(home.path(), "\n[[link]]\nfrom = \"nobody\"\n");
    let (exit, _, err) = run(home.path(), &["list"]);
    assert!(exit == Some(3) && err.contains("policies/organisations.toml:"), "{err}");
    for command in [
        "list",
        "show",
        "why",
        "due",
        "graph",
        "letter",
        "exposure",
        "add",
        "assess",
        "undertake",
        "forum",
        "link",
        "end-link",
    ] {
        let (exit, out, _) = said(havengate(home.path()).args(["destinations", command, "--help"]));
        assert!(exit == Some(0) && out.contains("Example"), "{command}\n{out}");
    }
}

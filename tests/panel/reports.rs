//! Reports and the API: the same figures as the record book's, signed, and safe to give away.

use crate::{
    browser::Browser,
    world::{CONNECTION, COUNCIL, World},
};
use havengate::{
    flow::{Act, Clause, Group},
    panel::access::Role,
    policy::shipped,
    verdict::Code,
};
use serde_json::Value;
use std::process::Command;

async fn lively() -> World {
    let world = World::new().await;
    world.at("2026-11-30T23:30:00Z");
    world.refused(CONNECTION, COUNCIL, Code::ConsentMissing, Clause::Data2ii).await;
    world.at("2026-12-03T10:00:00Z");
    for _ in 0..7 {
        world
            .sent(CONNECTION, COUNCIL, &[(Group::Identity, "raw", Act::Sent, 5), (Group::Contact, "raw", Act::Sent, 1)])
            .await;
    }
    for _ in 0..3 {
        world.refused(CONNECTION, COUNCIL, Code::ConsentMissing, Clause::Data2ii).await;
    }
    world.refused(CONNECTION, "riverside-council/nrpf", Code::DestinationLinked, Clause::Data1).await;
    world.at("2026-12-20T10:00:00Z");
    world
}

async fn json(browser: &mut Browser, path: &str) -> Value {
    let seen = browser.get(path).await;
    assert_eq!((seen.status, seen.headers.get("content-type").unwrap().to_str().unwrap()), (200, "application/json"));
    serde_json::from_str(&seen.text).unwrap()
}

#[tokio::test]
async fn a_month_is_its_entries_added_up() {
    let world = lively().await;
    let mut member = world.signed(Role::Panel).await;
    let report = json(&mut member, "/reports/2026-12/report.json").await;
    assert_eq!([&report["stopped"], &report["left"], &report["attempts"]], [4, 7, 1], "{report}");
    assert_eq!(report["entries"], world.ledger.head().size, "{report}");
    let clauses = report["by_clause"].as_array().unwrap();
    assert!(clauses.iter().any(|c| c["clause"] == "DATA-2ii" && c["count"] == 3), "{report}");
    let shown: Vec<&str> = report["values"].as_array().unwrap().iter().map(|v| v["shown"].as_str().unwrap()).collect();
    assert!(shown.contains(&"30 or more") && shown.contains(&"fewer than 10"), "{shown:?}");
    let page = member.get("/reports/2026-12").await.words();
    assert!(page.contains("The period is not over") && page.contains("4 requests stopped"), "{page}");
    assert!(page.contains("No data to the Home Office"), "{page}");
    let before = json(&mut member, "/reports/2026-11/report.json").await;
    assert_eq!((&before["stopped"], &before["over"]), (&1.into(), &true.into()));
    let nothing = json(&mut member, "/reports/1999-02/report.json").await;
    assert_eq!(nothing["stopped"], 0);
    for bad in ["/reports/2026-13", "/reports/next", "/reports/2026-12/report.exe", "/reports/2026-12/..%2fx"] {
        assert_eq!(member.get(bad).await.status, 404, "{bad}");
    }
}

#[tokio::test]
async fn the_public_one_names_no_recipient_and_no_ground() {
    let world = lively().await;
    let mut member = world.signed(Role::Panel).await;
    let page = member.get("/reports/2026-12?public=yes").await.words();
    let table = member.get("/reports/2026-12/public.csv").await.text;
    for text in [&page, &table] {
        for secret in ["Riverside Council", "riverside-council", CONNECTION, "consent / ", "Running out"] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
        assert!(text.contains("30 or more"), "{text}");
    }
}

/// Nine months with one value each, and ten with nine each: what the year and the quarters say beside the months gives no
/// month away, anywhere that they are said.
#[tokio::test]
async fn the_months_of_a_year_cannot_be_told_from_the_year() {
    for (months, each) in [(9, 1), (10, 9)] {
        let world = World::new().await;
        for month in 1..=months {
            world.at(&format!("2027-{month:02}-10T10:00:00Z"));
            world.sent(CONNECTION, COUNCIL, &[(Group::Immigration, "raw", Act::Sent, each)]).await;
        }
        world.at("2027-12-20T10:00:00Z");
        let mut member = world.signed(Role::Panel).await;
        let month = json(&mut member, "/api/v1/reports/2027-03").await;
        assert_eq!(month["values"][0]["shown"], "fewer than 10");
        for (period, most) in [("2027", months), ("2027-Q1", 3)] {
            let said = format!("{} or more", if most == 10 { 10 } else { most });
            for path in [format!("/api/v1/reports/{period}"), format!("/api/v1/reports/{period}?public=true")] {
                let report = json(&mut member, &path).await;
                assert_eq!(report["values"][0]["shown"], said.as_str(), "{path}");
                assert_eq!(report["values"][0]["at_least"], most, "{path}");
            }
            let table = member.get(&format!("/reports/{period}/report.csv")).await.text;
            assert!(table.contains(&format!(",{said}\r\n")), "{table}");
            let page = member.get(&format!("/left?month={period}")).await.words();
            assert!(page.contains(&format!("immigration status exact the client’s consent {said}")), "{page}");
            for told in ["90 or more", "20 or more", "fewer than 10 ", "27 "] {
                let place = page.split("What they got").nth(1).unwrap();
                assert!(!place.contains(told), "{told}: {place}");
            }
        }
    }
}

/// Checked by a tool that is not ours, where the machine has it.
#[tokio::test]
async fn a_signature_is_minisigns() {
    let world = lively().await;
    let mut member = world.signed(Role::Panel).await;
    let csv = member.get("/reports/2026-12/report.csv").await;
    let name = "report-2026-12.csv";
    assert!(csv.headers.get("content-disposition").unwrap().to_str().unwrap().contains(name));
    let signature = member.get("/reports/2026-12/report.csv.minisig").await.text;
    assert!(signature.contains(&format!("trusted comment: file:{name}")), "{signature}");
    let page = member.get("/reports").await.words();
    let key = page.split("-P ").nth(1).unwrap().split(' ').next().unwrap().to_owned();
    let file = world.home.path().join(name);
    std::fs::write(&file, &csv.text).unwrap();
    std::fs::write(file.with_extension("csv.minisig"), &signature).unwrap();
    let verify = || Command::new("minisign").args(["-V", "-P", &key, "-m"]).arg(&file).output();
    match verify() {
        Err(_) => eprintln!("notice: passed over, for want of minisign"),
        Ok(done) => {
            assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
            std::fs::write(&file, csv.text.replace(",4\r\n", ",0\r\n")).unwrap();
            assert!(!verify().unwrap().status.success(), "a changed figure is found");
        }
    }
}

/// The program itself, beside a panel that runs.
#[tokio::test]
async fn the_command_says_what_the_page_says() {
    let world = lively().await;
    for (name, text) in &shipped::sources().0 {
        let path = world.home.path().join("policies").join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let file = "[gateway]\nname = \"test\"\n[panel]\nlisten = \"127.0.0.1:0\"\nurl = \"http://127.0.0.1\"\n\
                organisation = \"Riverside Outreach\"\nclients = 400\n";
    std::fs::write(world.home.path().join("havengate.toml"), file).unwrap();
    let mut member = world.signed(Role::Panel).await;
    for (period, public, address) in [
        ("2026-12", false, "/reports/2026-12/report.json"),
        ("2026-12", true, "/reports/2026-12/public.json"),
        ("2026", false, "/reports/2026/report.json"),
    ] {
        let mut page = json(&mut member, address).await;
        let mut command = assert_cmd::Command::cargo_bin("havengate").unwrap();
        command.current_dir(world.home.path()).args(["--json", "panel", "report", period, "--force"]);
        command.args(public.then_some("--public"));
        let done = command.assert().code(0).get_output().stdout.clone();
        let said: Value = serde_json::from_slice(&done).unwrap();
        let mut report = said["report"].clone();
        assert_eq!(report["entries"], world.ledger.head().size);
        // The world's clock is not the program's.
        for today in ["over", "due", "by_month"] {
            page.as_object_mut().unwrap().remove(today);
            report.as_object_mut().unwrap().remove(today);
        }
        assert_eq!(report, page, "{address}");
        let html = said["files"].as_array().unwrap().iter().map(|f| f.as_str().unwrap());
        let html = html.filter(|f| f.ends_with(".html")).map(|f| world.home.path().join(f)).next().unwrap();
        let html = std::fs::read_to_string(html).unwrap();
        let figure = format!("<span class=\"figure\">{}</span> requests stopped", report["stopped"]);
        let shown = member.get(address.trim_end_matches("/report.json").trim_end_matches("/public.json")).await;
        assert!(html.contains(&figure) && shown.text.contains(&figure), "{figure}: {html}");
    }
}

#[tokio::test]
async fn a_year_stands_month_beside_month() {
    let world = lively().await;
    let mut member = world.signed(Role::Panel).await;
    let page = member.get("/reports/2026").await;
    assert!(page.text.contains("<h2>Month by month</h2>") && page.text.contains("<svg role=\"img\""), "{}", page.text);
    assert!(page.text.contains("<details open><summary>The same figures as a table"), "printed too: {}", page.text);
    let words = page.words();
    assert!(words.contains("Left Stopped by the gateway Attempts to reach the Home Office"), "{words}");
    assert!(words.contains("Nov 0 1 0") && words.contains("Dec 7 4 1"), "{words}");
    let year = json(&mut member, "/reports/2026/report.json").await;
    let months = year["by_month"].as_array().unwrap();
    assert_eq!((months.len(), &months[11]["month"]), (12, &"2026-12".into()));
    for what in ["left", "stopped", "attempts"] {
        let sum: u64 = months.iter().map(|m| m[what].as_u64().unwrap()).sum();
        assert_eq!(year[what], sum, "{what}: the months come to the year");
    }
    assert!(member.get("/reports/2026/report.csv").await.text.contains("by month,2026-12,stopped,,4\r\n"));
    assert!(!member.get("/reports/2026-12").await.text.contains("Month by month"));
    let next = json(&mut member, "/reports/2027/report.json").await;
    assert_eq!(next["by_month"], serde_json::json!([]), "no month of it has begun");
    assert!(member.get("/reports/2026?public=yes").await.text.contains("Month by month"));
}

#[tokio::test]
async fn a_machine_reads_figures_by_a_token_until_it_is_ended() {
    let world = lively().await;
    let mut member = world.signed(Role::Panel).await;
    let name = ("name", "<i>Commissioner's sheet</i>");
    let made = member.fill("/api-tokens", "/api-tokens", &[name, ("code", &world.code())]).await;
    let token = made.text.split("<p class=\"code\">").nth(1).unwrap().split('<').next().unwrap().to_owned();
    assert!(made.text.contains("&#60;i&#62;Commissioner"), "{}", made.text);
    assert!(!member.get("/api-tokens").await.text.contains(&token), "it is shown once");
    let ask = async |path: &str, token: &str| {
        let mut machine = world.anybody();
        let request = machine.request("GET", path).header("authorization", format!("Bearer {token}"));
        machine.ask(request.body(http_body_util::Full::default()).unwrap()).await
    };
    let document: Value = serde_json::from_str(&ask("/api/v1/openapi.json", &token).await.text).unwrap();
    for (path, _) in document["paths"].as_object().unwrap() {
        let seen = ask(&path.replace("{period}", "2026-12"), &token).await;
        assert!(seen.status == 200 && serde_json::from_str::<Value>(&seen.text).is_ok(), "{path}: {}", seen.text);
    }
    let report: Value = serde_json::from_str(&ask("/api/v1/reports/2026-12", &token).await.text).unwrap();
    assert_eq!(report, json(&mut member, "/reports/2026-12/report.json").await, "the API says what the page says");
    // A token opens figures and nothing else.
    for path in ["/", "/record", "/api-tokens", "/recipients", "/reports/2026-12"] {
        assert_eq!(ask(path, &token).await.status, 303, "{path}");
    }
    assert_eq!(ask("/api/v1/stops", "hg_wrong").await.status, 401);
    assert_eq!(member.fill("/api-tokens", "/api-tokens/1/end", &[]).await.status, 303);
    assert_eq!(ask("/api/v1/stops", &token).await.status, 401);
    assert_eq!(world.anybody().get("/api/v1/stops").await.status, 303);
}

#[tokio::test]
async fn a_signature_fits_the_file_that_was_given_out_and_a_month_that_is_over_stays_as_it_was() {
    let world = lively().await;
    let mut member = world.signed(Role::Panel).await;
    let given = member.get("/reports/2026-12/report.json").await.text;
    let signature = member.get("/reports/2026-12/report.json.minisig").await.text;
    world.refused(CONNECTION, COUNCIL, Code::ConsentMissing, Clause::Data2ii).await;
    assert_eq!(
        member.get("/reports/2026-12/report.json.minisig").await.text,
        signature,
        "the one for the file at hand"
    );
    let newer = member.get("/reports/2026-12/report.json").await.text;
    assert!(newer != given && member.get("/reports/2026-12/report.json.minisig").await.text != signature);
    world.at("2027-01-03T10:00:00Z");
    let mut member = world.signed(Role::Panel).await;
    let over = member.get("/reports/2026-12/report.json").await.text;
    world.refused(CONNECTION, COUNCIL, Code::ConsentMissing, Clause::Data2ii).await;
    assert_eq!(member.get("/reports/2026-12/report.json").await.text, over, "a month that is over");
}

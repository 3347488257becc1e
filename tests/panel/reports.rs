//! Reports and the API: the same figures as the record book's, signed, and safe to give away.

use crate::{
    browser::{Browser, Seen},
    world::{CONNECTION, COUNCIL, World},
};
use havengate::{
    flow::{Act, Clause, Group},
    ledger::{Leaf, Tx, leaf::Kind},
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

/// A machine asks, with a token.
async fn bearing(world: &World, path: &str, token: &str) -> Seen {
    let mut machine = world.anybody();
    let request = machine.request("GET", path).header("authorization", format!("Bearer {token}"));
    machine.ask(request.body(http_body_util::Full::default()).unwrap()).await
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

/// What the program needs beside a panel that runs: policy files and a configuration.
fn prepared(world: &World, organisation: &str) {
    for (name, text) in &shipped::sources().0 {
        let path = world.home.path().join("policies").join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let file = format!(
        "[gateway]\nname = \"test\"\n[panel]\nlisten = \"127.0.0.1:0\"\nurl = \"http://127.0.0.1\"\n\
         organisation = \"{organisation}\"\nclients = 400\n"
    );
    std::fs::write(world.home.path().join("havengate.toml"), file).unwrap();
}

/// The program itself, beside a panel that runs.
#[tokio::test]
async fn the_command_says_what_the_page_says() {
    let world = lively().await;
    prepared(&world, "Riverside Outreach");
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
        let begun = report["by_month"].as_array().unwrap().len().min(page["by_month"].as_array().unwrap().len());
        for months in [&mut report, &mut page] {
            months["by_month"].as_array_mut().unwrap().truncate(begun);
        }
        for today in ["over", "due"] {
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

/// Of a period that is over there is one file of each name, whoever made it first, and one signature that fits it.
#[tokio::test]
async fn page_and_command_give_out_the_same_files_of_a_month_that_is_over() {
    let world = lively().await;
    world.at("2027-01-03T10:00:00Z");
    let mut member = world.signed(Role::Panel).await;
    let given = member.get("/reports/2026-12/report.json").await.text;
    assert!(given.contains("\"over\": true"), "{given}");
    // Were it made anew, it would count this entry and name this organisation.
    world.refused(CONNECTION, COUNCIL, Code::ConsentMissing, Clause::Data2ii).await;
    prepared(&world, "Another name");
    let written = |period: &str| {
        let mut command = assert_cmd::Command::cargo_bin("havengate").unwrap();
        command
            .current_dir(world.home.path())
            .args(["--json", "panel", "report", period, "--out", "agenda", "--force"]);
        let done = command.assert().code(0).get_output().stdout.clone();
        serde_json::from_slice::<Value>(&done).unwrap()["report"].clone()
    };
    let file = |name: &str| std::fs::read_to_string(world.home.path().join("agenda").join(name)).unwrap();
    // The other way round: a time before there was a gateway is over by every clock.
    for (period, first) in [("2026-12", "page"), ("2020-05", "command")] {
        let said = written(period);
        if first == "page" {
            assert_eq!(said, serde_json::from_str::<Value>(&given).unwrap());
        }
        for form in ["html", "csv", "json"] {
            for end in ["", ".minisig"] {
                let page = member.get(&format!("/reports/{period}/report.{form}{end}")).await.text;
                assert_eq!(
                    file(&format!("report-{period}.{form}{end}")),
                    page,
                    "{period}, first by the {first}: {form}{end}"
                );
            }
        }
    }
    assert!(file("report-2020-05.html").contains("Another name"), "the command made it");
    assert!(!file("report-2026-12.html").contains("Another name"), "the page made it");
}

#[tokio::test]
async fn where_few_people_are_worked_with_every_figure_says_that_it_is_the_quarters() {
    let world = World::of(49, "").await;
    world.sent(CONNECTION, COUNCIL, &[(Group::Immigration, "raw", Act::Sent, 40)]).await;
    world.at("2026-12-20T10:00:00Z");
    let mut member = world.signed(Role::Panel).await;
    let report = json(&mut member, "/reports/2026-12/report.json").await;
    assert_eq!((&report["period"], &report["people_period"]), (&"2026-12".into(), &"2026-Q4".into()), "{report}");
    let value = &report["values"][0];
    assert_eq!((&value["shown"], &value["period"]), (&"yes".into(), &"2026-Q4".into()), "{report}");
    for event in report["events"].as_array().unwrap() {
        let people = event["id"].as_str().unwrap().starts_with("consent.");
        assert_eq!(event["period"], if people { "2026-Q4" } else { "2026-12" }, "{event}");
    }
    let table = member.get("/reports/2026-12/report.csv").await.text;
    assert!(table.contains("report,people_period,What figures of people are of,,2026-Q4\r\n"), "{table}");
    assert!(table.contains("immigration status / the client’s consent / 2026-Q4,yes\r\n"), "{table}");
    assert!(table.contains("Consents recorded,2026-Q4,none\r\n"), "{table}");
    let page = member.get("/reports/2026-12").await.words();
    assert!(page.contains("What left, October to December 2026"), "{page}");
    assert!(page.contains("Consents recorded (October to December 2026) none"), "{page}");
}

/// Whoever asks every minute would know the minute of a concern.
#[tokio::test]
async fn nobody_but_a_member_can_tell_when_a_concern_came_in() {
    let world = World::new().await;
    for kind in [Kind::ConcernReceived, Kind::BreachReported] {
        let tx = Tx { asserts: vec![], leaf: Leaf::new(kind), detail: vec![], changes: vec![] };
        world.ledger.append(tx).await.unwrap();
    }
    let mut member = world.signed(Role::Panel).await;
    let made = member.fill("/api-tokens", "/api-tokens", &[("name", "A sheet"), ("code", &world.code())]).await;
    let token = made.text.split("<p class=\"code\">").nth(1).unwrap().split('<').next().unwrap().to_owned();
    let mut operator = world.signed(Role::Operator).await;
    let counted = ["Concerns received", "Breaches reported"];
    let paths = ["2026-11", "2026-Q4", "2026"].map(|p| [format!("/reports/{p}"), format!("/api/v1/reports/{p}")]);
    for path in paths.as_flattened().iter().flat_map(|p| [p.clone(), format!("{p}?public=true")]) {
        let whole = member.get(&path).await.text;
        assert!(counted.iter().all(|said| whole.contains(said)), "{path}: {whole}");
        let seen = operator.get(&path).await;
        assert!(seen.status == 200 && !counted.iter().any(|said| seen.text.contains(said)), "{path}: {}", seen.text);
        if path.starts_with("/api") {
            let seen = bearing(&world, &path, &token).await;
            assert!(
                seen.status == 200 && !counted.iter().any(|said| seen.text.contains(said)),
                "{path}: {}",
                seen.text
            );
        }
    }
    let said = operator.get("/reports/2026-11").await.words();
    assert!(said.contains("counted here for panel members alone until the period is over"), "{said}");
    let (page, api) = (operator.get("/record").await.words(), operator.get("/api/v1/record-book").await.text);
    assert!(page.contains("the last on 20 November 2026 ") && !page.contains("20 November 2026 at"), "{page}");
    assert!(api.contains("\"day\":\"2026-11-20\"") && !api.contains("T10:00"), "{api}");
    assert!(!bearing(&world, "/api/v1/record-book", &token).await.text.contains("T10:00"));
    assert!(member.get("/record").await.words().contains("20 November 2026 at 10:00"));
    assert!(member.get("/api/v1/record-book").await.text.contains("T10:00"));
    world.at("2026-12-01T00:00:00Z");
    let over = world.signed(Role::Operator).await.get("/reports/2026-11").await.words();
    assert!(over.contains("Concerns received 1") && over.contains("Breaches reported 1"), "{over}");
}

/// In summer London's day begins while the record book's still has an hour to go.
#[tokio::test]
async fn a_month_is_over_when_the_record_books_is() {
    let world = World::new().await;
    for (now, over, months) in [("2027-07-31T23:30:00Z", false, 7), ("2027-08-01T00:00:00Z", true, 8)] {
        world.at(now);
        let mut member = world.signed(Role::Panel).await;
        let month = json(&mut member, "/reports/2027-07/report.json").await;
        assert_eq!(month["over"], over, "{now}");
        let year = json(&mut member, "/reports/2027/report.json").await;
        assert_eq!(year["by_month"].as_array().unwrap().len(), months, "{now}");
    }
}

#[tokio::test]
async fn a_report_speaks_in_words_and_cites_what_the_charter_says() {
    let world = lively().await;
    let mut member = world.signed(Role::Panel).await;
    let page = member.get("/reports/2026-12").await;
    for said in [
        "who the person is (names, birth dates, numbers)",
        "the client’s consent",
        "<h2>What the charter says</h2>",
        "aria-label=\"Charter, DATA-4\"",
        "aria-label=\"Charter, TRANS-2\"",
        "aria-label=\"Charter, DATA-2ii\"",
    ] {
        assert!(page.text.contains(said), "{said}: {}", page.text);
    }
    assert!(!page.text.contains("<td>consent</td>") && !page.text.contains("<td>identity</td>"), "{}", page.text);
    let report = json(&mut member, "/reports/2026-12/report.json").await;
    assert_eq!(
        (&report["values"][0]["group"], &report["values"][0]["ground"]),
        (&"identity".into(), &"consent".into())
    );
    assert!(report["clauses"].as_array().unwrap().iter().any(|c| c["id"] == "DATA-1"), "{report}");
    let public = member.get("/reports/2026-12?public=yes").await.text;
    assert!(public.contains("Charter, DATA-2ii") && !public.contains("Charter, DATA-4"), "{public}");
    let recipient = member.get(&format!("/recipients/{COUNCIL}")).await.text;
    assert!(recipient.contains("Charter, DATA-4"), "{recipient}");
}

#[tokio::test]
async fn reports_lead_to_every_file_that_one_may_have_and_to_no_other() {
    let world = lively().await;
    for role in [Role::Panel, Role::Operator] {
        let mut browser = world.signed(role).await;
        let page = browser.get("/reports").await.text;
        let links = page.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap());
        let links: Vec<_> = links.filter(|to| to.starts_with("/reports/20") || to.starts_with("/api")).collect();
        for known in ["/reports/2026-12/public.json.minisig", "/reports/2026/report.html", "/reports/2026/public.csv"] {
            assert_eq!(links.contains(&known), role == Role::Panel, "{known} for {role}");
        }
        assert_eq!(links.contains(&"/api-tokens"), role == Role::Panel);
        for to in links.iter().filter(|to| to.contains("2026") || to.starts_with("/api")) {
            assert_eq!(browser.get(to).await.status, 200, "{to} for {role}");
        }
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
    let ask = async |path: &str, token: &str| bearing(&world, path, token).await;
    let report: Value = serde_json::from_str(&ask("/api/v1/reports/2026-12", &token).await.text).unwrap();
    let mut page = json(&mut member, "/reports/2026-12/report.json").await;
    // The month is not over, and a token is no member.
    page["events"].as_array_mut().unwrap().retain(|e| e["id"] != "concern.received" && e["id"] != "breach.reported");
    assert_eq!(report, page, "the API says what the page says");
    // A token opens figures and nothing else.
    for path in ["/", "/record", "/api-tokens", "/recipients", "/reports/2026-12"] {
        assert_eq!(ask(path, &token).await.status, 303, "{path}");
    }
    assert_eq!(ask("/api/v1/stops", "hg_wrong").await.status, 401);
    assert_eq!(member.fill("/api-tokens", "/api-tokens/1/end", &[]).await.status, 303);
    assert_eq!(ask("/api/v1/stops", &token).await.status, 401);
    assert_eq!(world.anybody().get("/api/v1/stops").await.status, 401);
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

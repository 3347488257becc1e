//! Commands that change the registry: what they write, what they refuse, and what they say it opens and closes.

use super::{append, data, home, registry, run};
use crate::{havengate, said};
use havengate::verdict::destination::day_in_london;
use jiff::Timestamp;
use serde_json::json;
use std::{
    fs,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink},
};

const LINK: [&str; 9] = [
    "link",
    "riverside-council",
    "home-office",
    "--kind",
    "shares-with",
    "--confidence",
    "high",
    "--evidence",
    "minutes",
];

#[test]
fn a_link_says_what_it_closes_before_it_is_written() {
    let home = home();
    let before = registry(home.path());
    let (exit, out, err) = run(home.path(), &[&LINK[..], &["--dry-run"]].concat());
    assert_eq!((exit, err.as_str()), (Some(0), ""));
    for part in [
        "  + from = \"riverside-council\"\n",
        "riverside-council/housing-referrals (Riverside Council (example)): clear → associated",
        "connection inform-riverside to riverside-council/housing-referrals: will be refused (destination-linked)",
        "destinations exposure riverside-council/housing-referrals --since",
        "Nothing was written (--dry-run).",
    ] {
        assert!(out.contains(part), "{part}\n{out}");
    }
    assert_eq!(registry(home.path()), before);

    let (exit, said) = data(home.path(), &LINK);
    assert_eq!((exit, &said["written"]), (Some(0), &json!(true)));
    let connection = &said["effect"]["connections"][0];
    assert_eq!(connection["before"], json!({ "open": true, "code": null }));
    assert_eq!(
        (&connection["after"]["open"], &connection["after"]["code"]),
        (&json!(false), &json!("destination-linked"))
    );
    assert!(registry(home.path()).starts_with(before.trim_end()), "it is added at the end and nothing else is touched");
    let (exit, _, err) = run(home.path(), &LINK);
    assert!(exit == Some(1) && err.contains("stands there already"), "{err}");

    let end = ["end-link", "riverside-council", "home-office", "--ended", "2026-01-05", "--evidence", "letter"];
    let (exit, out, _) = run(home.path(), &end);
    assert_eq!(exit, Some(0));
    assert!(
        out.contains("associated → clear")
            && out.contains("inform-riverside to riverside-council/housing-referrals: opens"),
        "{out}"
    );
    let text = registry(home.path());
    assert!(text.contains("evidence = [\"minutes\", \"letter\"]\nended = 2026-01-05\n"), "{text}");
    let (exit, _, err) = run(home.path(), &end);
    assert!(
        exit == Some(1) && err.contains("no link from riverside-council to home-office that has not ended"),
        "{err}"
    );
}

#[test]
fn a_link_that_holds_today_does_not_end_today() {
    let home = home();
    assert_eq!(run(home.path(), &LINK).0, Some(0));
    let before = registry(home.path());
    let end = |day: &str, more: &[&str]| {
        run(home.path(), &[&["end-link", "riverside-council", "home-office", "--ended", day], more].concat())
    };
    for day in [day_in_london(Timestamp::now()).to_string().as_str(), "2090-01-01"] {
        let (exit, _, err) = end(day, &["--evidence", "letter"]);
        assert!(exit == Some(2) && err.contains("still holds today") && err.contains("mend: "), "{err}");
    }
    let (exit, _, err) = end("2026-01-05", &[]);
    assert!(exit == Some(2) && err.contains("--evidence"), "{err}");
    for (more, part) in [
        (&["--status", "ended"][..], "--ended"),
        (&["--status", "ended", "--ended", "2090-01-01"], "still holds today"),
        (&["--since", "2090-01-01"], "is to come"),
    ] {
        let (exit, _, err) = run(home.path(), &[&LINK[..], more].concat());
        assert!(exit == Some(2) && err.contains(part), "{err}");
    }
    assert_eq!(registry(home.path()), before);
    // Who writes it by hand is told by `check`.
    let by_hand = before.replace(
        "status = \"in-force\"\nconfidence = \"high\"\nevidence = [\"minutes\"]",
        "status = \"ended\"\nended = 2090-01-01\nconfidence = \"high\"\nevidence = [\"minutes\"]",
    );
    assert_ne!(by_hand, before);
    fs::write(home.path().join("policies/organisations.toml"), by_hand).unwrap();
    let (exit, _, err) = said(havengate(home.path()).arg("check"));
    assert!(exit == Some(3) && err.contains("riverside-council to home-office has not ended yet"), "{err}");
    let (exit, _, err) = run(home.path(), &["why", "riverside-council"]);
    assert!(exit == Some(3) && err.contains("has not ended yet"), "{err}");
}

#[test]
fn a_new_recipient_is_added_assessed_and_undertakes() {
    let home = home();
    let path = home.path();
    let system = ["add", "newtown/beds", "--kind", "housing", "--host", "beds.newtown.example"];
    let (exit, _, err) = run(path, &system);
    assert!(exit == Some(2) && err.contains("--name"), "{err}");
    assert_eq!(run(path, &[&system[..], &["--name", "Newtown Shelter"]].concat()).0, Some(0));
    assert_eq!(
        run(path, &["add", "newtown/beds", "--host", "*.beds.newtown.example", "--mail-domain", "newtown.example"]).0,
        Some(0)
    );
    assert!(registry(path).contains(
        "hosts = [\"beds.newtown.example\", \"*.beds.newtown.example\"]\nmail_domains = [\"newtown.example\"]\n"
    ));
    for (again, part) in [
        (&["add", "newtown/beds", "--host", "beds.newtown.example"][..], "with all of that"),
        (&["add", "newtown/beds", "--kind", "health"], "only what it answers at"),
        (&["add", "newtown", "--name", "N"], "newtown stands there already"),
        (
            &["assess", "newtown/bed", "--until", "2027-01-01", "--by", "panel", "--reason", "r"],
            "has no system newtown/bed",
        ),
    ] {
        let (exit, _, err) = run(path, again);
        assert!(exit == Some(1) && err.contains(part) && err.contains("mend: "), "{err}");
    }
    let (_, out, _) =
        run(path, &["assess", "newtown/beds", "--until", "2090-01-01", "--by", "panel", "--reason", "Its own."]);
    assert!(out.contains("newtown/beds (Newtown Shelter): unassessed → clear"), "{out}");
    fs::write(path.join("signed.pdf"), "the signed document").unwrap();
    let undertake = |how: [&str; 2]| {
        let more = [
            "--role",
            "Manager",
            "--signed",
            "2026-10-01",
            "--expires",
            "2090-01-01",
            "--except-required-by-law",
            "yes",
            "--tells-us-first",
            "yes",
        ];
        data(path, &[&["undertake", "newtown/beds"][..], &how, &more].concat())
    };
    let (exit, said) = undertake(["--document", "signed.pdf"]);
    assert_eq!((exit, &said["replaced"]), (Some(0), &json!(null)));
    let sha256 = "4d58a1a9f69acdaca7a1f1cfc6a6f5a1f6a1";
    let (_, shown) = data(path, &["show", "newtown/beds"]);
    let kept = shown["systems"][0]["undertaking"]["sha256"].as_str().unwrap();
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, b"the signed document");
    assert_eq!(kept, data_encoding::HEXLOWER.encode(digest.as_ref()));
    let (exit, out, err) = run(path, &["why", "beds.newtown.example"]);
    assert_eq!(exit, Some(0), "{out}{err}");
    // A wrong one is refused with its place; a new one replaces the old, which is shown.
    let (exit, said) = undertake(["--sha256", sha256]);
    assert_eq!(exit, Some(3));
    assert!(said["error"]["details"][0]["message"].as_str().unwrap().contains("not a SHA-256"), "{said}");
    let (exit, said) = undertake(["--sha256", &"AB".repeat(32)]);
    assert_eq!(exit, Some(0));
    assert!(said["replaced"].as_str().unwrap().contains(kept), "{said}");
    assert!(registry(path).contains(&"ab".repeat(32)) && !registry(path).contains(kept));
}

#[test]
fn an_old_answer_to_a_path_is_not_the_new_assessments() {
    let home = home();
    let assess = |more: &[&str]| {
        let all = ["assess", "dwp/services", "--until", "2090-01-01", "--by", "panel", "--reason", "r"];
        run(home.path(), &[&all[..], more].concat()).1
    };
    assert!(
        assess(&["--answers-chain"]).contains("dwp/services (Department for Work and Pensions): unassessed → clear")
    );
    let out = assess(&[]);
    assert!(out.contains("Stood there before: ") && out.contains("clear → unassessed"), "{out}");
    assert!(registry(home.path()).contains("answers_chain = false"));
    assert!(assess(&[]).contains("Nothing changes"));
}

#[test]
fn a_forum_is_closed_in_every_state() {
    let home = home();
    let text = "\n[[organisation]]\nid = \"m\"\nname = \"M\"\n[[organisation.system]]\nid = \"m/meeting\"\nkind = \"forum\"\n\
                assessed = { on = 2026-01-01, until = 2090-01-01, by = \"panel\", reason = \"r\" }\n";
    append(home.path(), text);
    let (exit, out, _) = run(home.path(), &["forum", "m/meeting", "--state", "present", "--since", "2026-11-01"]);
    assert_eq!(exit, Some(0));
    assert!(out.contains("a forum the Home Office can reach: nothing goes there (DATA-5)"), "{out}");
    let (exit, _, err) = run(home.path(), &["forum", "m/meeting", "--state", "challenged"]);
    assert!(exit == Some(3) && err.contains("a challenge without a deadline"), "{err}");
    let state = |arguments: &[&str]| {
        let (exit, out, err) = run(home.path(), &[&["forum", "m/meeting"], arguments].concat());
        assert_eq!(exit, Some(0), "{out}{err}");
        let (exit, why) = data(home.path(), &["why", "m/meeting"]);
        assert_eq!(exit, Some(1));
        let system = &why["found"][0]["system"];
        assert_eq!(system["home_office_forum"], json!(true));
        system["forum"].clone()
    };
    let challenged = state(&["--state", "challenged", "--since", "2026-11-02", "--deadline", "2026-12-01"]);
    assert_eq!(challenged, json!({ "state": "challenged", "since": "2026-11-02", "deadline": "2026-12-01" }));
    let left = state(&["--state", "left", "--since", "2026-11-03"]);
    assert_eq!(left, json!({ "state": "left", "since": "2026-11-03", "deadline": null }));
}

#[test]
fn what_does_not_compile_is_not_written_and_the_core_is_nobodys() {
    let home = home();
    let before = registry(home.path());
    for (arguments, exit, part) in [
        (
            &[
                "link",
                "riverside-council",
                "home-offic",
                "--kind",
                "shares-with",
                "--confidence",
                "high",
                "--evidence",
                "x",
            ][..],
            3,
            "did you mean `home-office`?",
        ),
        (
            &["link", "riverside-council", "gla", "--kind", "shares-with", "--confidence", "low", "--evidence", "x"],
            3,
            "what is uncertain",
        ),
        (&["add", "a/b", "--name", "A", "--kind", "housing", "--host", "refer.riverside.example"], 3, "claimed by"),
        (&["add", "a/b", "--name", "A", "--kind", "housing", "--host", "x.homeoffice.gov.uk"], 3, "a root"),
        (&["add", "a/b", "--name", "A", "--kind", "housing", "--host", "*.gov.uk"], 3, "public suffix"),
        (
            &["assess", "gla/rough-sleeping", "--until", "2020-01-01", "--by", "panel", "--reason", "r"],
            3,
            "wrong way round",
        ),
        (
            &["assess", "home-office/network", "--until", "2090-01-01", "--by", "panel", "--reason", "r"],
            1,
            "stands in roots.toml",
        ),
        (&["add", "border-force/x", "--kind", "housing"], 1, "stands in roots.toml"),
        (&["forum", "gla/rough-sleeping", "--state", "present"], 3, "has no forum state"),
        (
            &["end-link", "uk-visas-and-immigration", "home-office", "--ended", "2026-01-01", "--evidence", "x"],
            1,
            "no link from",
        ),
    ] {
        let (ended, out, err) = run(home.path(), arguments);
        assert!(ended == Some(exit) && err.contains(part) && out.is_empty(), "{arguments:?}: {ended:?} {out}{err}");
        assert_eq!(registry(home.path()), before, "{arguments:?}");
    }
    let (_, _, err) = run(home.path(), &["add", "a/b", "--name", "A", "--kind", "housing", "--host", "*.gov.uk"]);
    assert!(err.contains("policies/organisations.toml:") && err.contains("nothing was written"), "{err}");
    // What was broken before can be mended by hand only, and says where.
    append(home.path(), "\n[[link]\n");
    let (exit, _, err) = run(home.path(), &LINK);
    assert!(exit == Some(3) && err.contains("organisations.toml:"), "{err}");
}

#[test]
fn line_ends_stay_and_what_was_broken_before_is_said_first() {
    let home = home();
    let path = home.path().join("policies/organisations.toml");
    fs::write(&path, registry(home.path()).replace('\n', "\r\n")).unwrap();
    assert_eq!(run(home.path(), &LINK).0, Some(0));
    let text = registry(home.path());
    assert_eq!(text.matches('\n').count(), text.matches("\r\n").count());
    assert!(text.contains("from = \"riverside-council\"\r\nto = \"home-office\"\r\n"), "{text}");
    append(home.path(), "\n[[organisation]]\nid = \"n\"\nname = \"\"\n");
    let end = ["end-link", "riverside-council", "home-office", "--ended", "2026-01-05", "--evidence", "letter"];
    let (exit, _, err) = run(home.path(), &end);
    assert!(exit == Some(3) && err.contains("invalid already") && !err.contains("with this change"), "{err}");
}

#[test]
fn wrong_words_are_said_to_machines_too() {
    let home = home();
    let end = ["end-link", "a", "b", "--ended", "5.1.2026", "--evidence", "letter"];
    let (exit, _, err) = run(home.path(), &end);
    assert!(exit == Some(2) && err.contains("such as 2027-09-30"), "{err}");
    let (exit, said) = data(home.path(), &end);
    assert!(exit == Some(2) && said["error"]["text"].as_str().unwrap().contains("2027-09-30"), "{said}");
    let (_, said) = data(home.path(), &["show", "riverside-counci"]);
    assert!(said["error"]["mend"].as_str().unwrap().starts_with("did you mean riverside-council"), "{said}");
}

#[test]
fn the_file_keeps_its_mode_and_its_place() {
    let home = home();
    let (real, name) = (home.path().join("kept/registry.toml"), home.path().join("policies/organisations.toml"));
    fs::create_dir(home.path().join("kept")).unwrap();
    fs::rename(&name, &real).unwrap();
    symlink("../kept/registry.toml", &name).unwrap();
    fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
    let before = fs::metadata(&real).unwrap();
    assert_eq!(run(home.path(), &LINK).0, Some(0));
    let after = fs::metadata(&real).unwrap();
    assert!(fs::symlink_metadata(&name).unwrap().is_symlink());
    assert_eq!((after.mode(), after.uid(), after.gid()), (before.mode(), before.uid(), before.gid()));
    assert!(fs::read_to_string(&real).unwrap().contains("minutes"));
    let left: Vec<_> = fs::read_dir(home.path().join("kept")).unwrap().collect();
    assert_eq!(left.len(), 1, "nothing is left beside it");
}

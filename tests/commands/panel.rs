//! `havengate panel …`: accounts of the panel's pages, with and without a store.

use super::{havengate, said};
use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

const FILE: &str = "[panel]\nlisten = \"127.0.0.1:0\"\nurl = \"https://panel.charity.example\"\nclients = 400\n";

fn home(file: &str) -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("havengate.toml"), file).unwrap();
    home
}

#[test]
fn an_invitation_is_printed_once_and_only_its_hash_is_kept() {
    let home = home(FILE);
    let (exit, out, err) = said(havengate(home.path()).args(["panel", "invite", "--role", "panel"]));
    assert_eq!((exit, err.as_str()), (Some(0), ""), "{out}");
    assert!(
        out.contains("address  https://panel.charity.example/invitation") && !out.contains("It does nothing yet"),
        "{out}"
    );
    let code = out.lines().find_map(|l| l.trim().strip_prefix("code     ")).unwrap();
    assert_eq!((code.len(), code.matches('-').count()), (29, 5), "120 bits in groups of four: {code}");
    let store = home.path().join("panel.db");
    assert_eq!(fs::metadata(&store).unwrap().permissions().mode() & 0o777, 0o600);
    let mut kept = fs::read(&store).unwrap();
    kept.extend(fs::read(home.path().join("panel.db-wal")).unwrap_or_default());
    assert!(!kept.windows(4).any(|w| w == code.as_bytes().get(..4).unwrap()), "not even a part of the code is kept");
    let (exit, out, err) = said(havengate(home.path()).args(["panel", "accounts"]));
    assert!(exit == Some(0) && out.contains("There is no account yet"), "an invitation is no account: {out}{err}");
}

#[test]
fn machines_get_it_as_json() {
    let home = home(FILE);
    let (exit, out, err) = said(havengate(home.path()).args(["--json", "panel", "invite", "--role", "worker"]));
    assert_eq!(exit, Some(0), "{err}");
    let data: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&data["role"], &data["usable"]), (&"worker".into(), &true.into()), "{data}");
    let expires: jiff::Timestamp = data["expires"].as_str().unwrap().parse().unwrap();
    let days = expires.duration_since(jiff::Timestamp::now()).as_hours();
    assert!((167..=168).contains(&days), "a week: {data}");
    let (_, out, _) = said(havengate(home.path()).args(["--json", "panel", "accounts"]));
    assert_eq!(serde_json::from_str::<serde_json::Value>(&out).unwrap(), serde_json::json!({ "accounts": [] }));
}

#[test]
fn what_cannot_be_done_is_said_with_the_mend() {
    let home = home(FILE);
    for (arguments, exit, part) in [
        (&["panel", "invite", "--role", "admin"][..], 2, "panel worker operator"),
        (&["panel", "invite"], 2, "--role"),
        (&["panel", "close", "nobody"], 1, "mend: look at `havengate panel accounts`"),
    ] {
        let (ended, out, err) = said(havengate(home.path()).args(arguments));
        assert!(ended == Some(exit) && err.contains(part), "{arguments:?}: {out}{err}");
    }
    let without = self::home("");
    let (exit, _, err) = said(havengate(without.path()).args(["panel", "invite", "--role", "panel"]));
    assert!(exit == Some(3) && err.contains("mend: write panel.listen, panel.url and panel.clients"), "{err}");
    assert!(!without.path().join("panel.db").exists(), "nothing was made");
}

#[test]
fn a_store_that_others_can_read_is_not_used() {
    let home = home(FILE);
    let store = home.path().join("panel.db");
    fs::write(&store, "").unwrap();
    fs::set_permissions(&store, fs::Permissions::from_mode(0o644)).unwrap();
    let (exit, _, err) = said(havengate(home.path()).args(["panel", "invite", "--role", "panel"]));
    assert!(exit == Some(5) && err.contains("set its mode to 0600"), "{err}");
    fs::set_permissions(&store, fs::Permissions::from_mode(0o600)).unwrap();
    fs::write(&store, "not a database, but long enough to be read as one".repeat(50)).unwrap();
    let (exit, _, err) = said(havengate(home.path()).args(["panel", "accounts"]));
    assert!(exit == Some(5) && err.contains("panel.db"), "{err}");
}

/// A home with a record book, and a panel.
fn gateway() -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    let (exit, _, err) = said(havengate(home.path()).args(["init", "--name", "charity.example"]));
    assert_eq!(exit, Some(0), "{err}");
    let file = home.path().join("havengate.toml");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replace("[panel]\n", FILE)).unwrap();
    home
}

fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(dir).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_report_is_written_signed_and_never_over_another() {
    let home = gateway();
    let out_dir = home.path().join("agenda/march");
    let report = ["panel", "report", "2025-03", "--out", "agenda/march"];
    let (exit, out, err) = said(havengate(home.path()).args(report));
    assert_eq!(exit, Some(0), "{err}");
    assert!(out.contains("Counted from the first") && out.contains("entries of the record book."), "{out}");
    assert_eq!(
        names(&out_dir),
        [
            "report-2025-03.csv",
            "report-2025-03.csv.minisig",
            "report-2025-03.html",
            "report-2025-03.html.minisig",
            "report-2025-03.json",
            "report-2025-03.json.minisig"
        ]
    );
    let page = out_dir.join("report-2025-03.html");
    let text = fs::read_to_string(&page).unwrap();
    for elsewhere in ["href=", "src=", "url(", "@import", "<script"] {
        assert!(!text.contains(elsewhere), "the page stands alone: {elsewhere}");
    }
    assert!(text.contains("<style>") && text.contains("<h1>Report: March 2025</h1>"), "{text}");
    assert_eq!(said(havengate(home.path()).args(report)).0, Some(0), "the same again is no harm");

    fs::write(&page, text.replace("March", "April")).unwrap();
    fs::remove_file(out_dir.join("report-2025-03.csv")).unwrap();
    let (exit, _, err) = said(havengate(home.path()).args(report));
    assert!(exit == Some(1) && err.contains("report-2025-03.html is there and says something else"), "{err}");
    assert!(err.contains("--force") && !out_dir.join("report-2025-03.csv").exists(), "nothing was written: {err}");
    let (exit, _, err) = said(havengate(home.path()).args(report).arg("--force"));
    assert_eq!((exit, fs::read_to_string(&page).unwrap()), (Some(0), text), "{err}");

    let (exit, out, err) =
        said(havengate(home.path()).args(["--json", "panel", "report", "2025", "--public", "--out", "public"]));
    assert_eq!(exit, Some(0), "{err}");
    let data: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&data["report"]["public"], &data["rules_differ"]), (&true.into(), &false.into()), "{data}");
    assert_eq!(data["files"][0], "public/public-report-2025.csv", "{data}");
    assert_eq!(data["report"]["by_month"].as_array().unwrap().len(), 12, "{data}");
}

/// By a tool that is not ours, where the machine has it.
#[test]
fn a_reports_files_are_minisigns() {
    let home = gateway();
    let (exit, out, err) = said(havengate(home.path()).args(["--json", "panel", "report", "2025-Q1"]));
    assert_eq!(exit, Some(0), "{err}");
    let data: serde_json::Value = serde_json::from_str(&out).unwrap();
    let verify = |file: &str| {
        let mut minisign = std::process::Command::new("minisign");
        minisign.args(["-V", "-P", data["key"].as_str().unwrap(), "-m", file]).current_dir(home.path());
        minisign.output()
    };
    for file in ["report-2025-Q1.html", "report-2025-Q1.csv", "report-2025-Q1.json"] {
        match verify(file) {
            Err(_) => return eprintln!("notice: passed over, for want of minisign"),
            Ok(done) => assert!(done.status.success(), "{file}: {}", String::from_utf8_lossy(&done.stderr)),
        }
        let path = home.path().join(file);
        fs::write(&path, fs::read_to_string(&path).unwrap().replace("2025", "2024")).unwrap();
        assert!(!verify(file).unwrap().status.success(), "{file} was changed");
    }
}

#[test]
fn a_report_that_cannot_be_made_is_said_with_the_mend() {
    let home = gateway();
    let (exit, _, err) = said(havengate(home.path()).args(["panel", "report", "november"]));
    assert!(exit == Some(2) && err.contains("write a month as 2026-11"), "{err}");
    fs::write(home.path().join("policies/roots.toml"), "nonsense").unwrap();
    let (exit, _, err) = said(havengate(home.path()).args(["panel", "report", "2025-03"]));
    assert!(exit == Some(3) && err.contains("mend: see `havengate check`"), "{err}");
    let without = self::home("");
    let (exit, _, err) = said(havengate(without.path()).args(["panel", "report", "2025-03"]));
    assert!(exit == Some(3) && err.contains("mend: write panel.listen"), "{err}");
    assert_eq!(names(without.path()), ["havengate.toml"], "nothing was made");
}

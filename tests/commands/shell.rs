//! Help, versions, completions, manual pages, and how wrong usage and a wrong configuration end.

use super::{havengate, said};

#[test]
fn help_teaches_and_ends_well() {
    let home = tempfile::tempdir().unwrap();
    let (exit, out, _) = said(havengate(home.path()).arg("--help"));
    assert_eq!(exit, Some(0));
    for part in ["charter", "caller", "--config", "--json", "Exit codes", "phone 999"] {
        assert!(out.contains(part), "{part}\n{out}");
    }
    let (exit, out, _) = said(havengate(home.path()).args(["caller", "add", "--help"]));
    assert!(exit == Some(0) && out.contains("Example"), "{out}");
    let (exit, out, _) = said(havengate(home.path()).arg("--version"));
    assert_eq!((exit, out), (Some(0), format!("havengate {}\n", env!("CARGO_PKG_VERSION"))));
}

#[test]
fn every_command_teaches_more_than_its_line() {
    let home = tempfile::tempdir().unwrap();
    for (command, part) in [
        (&["demo"][..], "stand-in"),
        (&["run"], "SIGHUP"),
        (&["check"], "policies/cases"),
        (&["explain"], "Havengate-Decision"),
        (&["rehearse"], "mirroring proxy"),
        (&["consent"], "item by item"),
        (&["consent", "issue"], "Example"),
        (&["consent", "keygen"], "consent-issuing.key"),
        (&["consent", "end"], "by a person"),
        (&["consent", "emergency"], "4 hours"),
        (&["destinations"], "roots.toml"),
        (&["destinations", "why"], "Nothing is asked of DNS"),
        (&["init"], "Overwrites nothing"),
        (&["screen"], "in a rougher form"),
        (&["suggest"], "The draft guesses"),
        (&["places", "add"], "in no shell history"),
    ] {
        let (exit, out, err) = said(havengate(home.path()).args(command).arg("--help"));
        assert_eq!(exit, Some(0), "{command:?}: {err}");
        assert!(out.contains(part), "{command:?}: {part}\n{out}");
    }
}

#[test]
fn wrong_usage_ends_with_2() {
    let home = tempfile::tempdir().unwrap();
    for wrong in [&["fly"][..], &[], &["caller"], &["caller", "add"], &["caller", "add", "In Form"], &["--jsn", "man"]]
    {
        let (exit, out, err) = said(havengate(home.path()).args(wrong));
        assert_eq!((exit, out.as_str()), (Some(2), ""), "{wrong:?}: {err}");
        assert!(!err.is_empty(), "{wrong:?}");
    }
}

#[test]
fn a_wrong_configuration_ends_with_3_and_tells_a_machine_where() {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("havengate.toml"), "\nlimits.body = \"hunter2\"\n").unwrap();
    let (exit, out, err) = said(havengate(home.path()).args(["caller", "add", "inform"]));
    assert_eq!((exit, out.as_str()), (Some(3), ""));
    assert!(err.contains("havengate.toml:2:15: limits.body: expected a size"), "{err}");
    assert!(!err.contains("hunter2"), "{err}");

    let (exit, out, err) = said(havengate(home.path()).args(["--json", "caller", "add", "inform"]));
    let data: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((exit, err.as_str(), &data["error"]["exit"]), (Some(3), "", &3.into()));
    assert_eq!(data["error"]["details"]["faults"][0]["key"], "limits.body");
    assert_eq!(data["error"]["details"]["faults"][0]["place"]["at"]["line"], 2);
}

#[test]
fn a_missing_configuration_says_how_to_make_one() {
    let home = tempfile::tempdir().unwrap();
    let (exit, _, err) = said(havengate(home.path()).args(["--config", "gone.toml", "caller", "add", "inform"]));
    assert_eq!(exit, Some(3));
    assert!(err.contains("gone.toml: cannot be read and written") && err.contains("havengate init"), "{err}");
    let mut elsewhere = havengate(home.path());
    let (_, _, err) = said(elsewhere.env("HAVENGATE_CONFIG", "other.toml").args(["caller", "add", "inform"]));
    assert!(err.contains("other.toml"), "{err}");
}

#[test]
fn completions_and_manual_pages_cover_every_command() {
    let home = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let (exit, out, _) = said(havengate(home.path()).args(["completions", shell]));
        assert!(exit == Some(0) && out.contains("caller") && out.contains("rehearse"), "{shell}");
    }
    let (exit, _, err) = said(havengate(home.path()).args(["man", "pages"]));
    assert_eq!(exit, Some(0), "{err}");
    let page = std::fs::read_to_string(home.path().join("pages/havengate-caller-add.1")).unwrap();
    assert!(page.contains("Havengate\\-Token"), "{page}");
    let page = std::fs::read_to_string(home.path().join("pages/havengate-rehearse.1")).unwrap();
    assert!(page.contains("cut\\-over") && page.contains("HAR"), "{page}");
    let (_, out, _) = said(havengate(home.path()).arg("man"));
    assert!(out.contains(".TH havengate 1"), "{out}");
}

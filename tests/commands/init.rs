//! `havengate init`, and what can be done with the home it makes.

use super::{havengate, said};
use havengate::{config::Config, policy::Sources};
use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink},
    path::Path,
};

/// Every path below a directory with its mode.
fn tree(root: &Path) -> BTreeMap<String, u32> {
    let mut found = BTreeMap::new();
    let mut left = vec![root.to_owned()];
    while let Some(directory) = left.pop() {
        for entry in fs::read_dir(&directory).unwrap() {
            let path = entry.unwrap().path();
            let facts = fs::symlink_metadata(&path).unwrap();
            found.insert(path.strip_prefix(root).unwrap().to_str().unwrap().to_owned(), facts.mode() & 0o7777);
            if facts.is_dir() {
                left.push(path);
            }
        }
    }
    found
}

#[test]
fn a_home_is_whole_and_only_its_owner_reads_it() {
    let parent = tempfile::tempdir().unwrap();
    let (exit, out, err) = said(havengate(parent.path()).args(["init", "--name", "charity.example", "home"]));
    assert_eq!((exit, err.as_str()), (Some(0), ""));
    assert!(out.contains("Made a home for charity.example in home"), "{out}");

    let home = parent.path().join("home");
    assert_eq!(fs::metadata(&home).unwrap().permissions().mode() & 0o7777, 0o700);
    let tree = tree(&home);
    for private in ["havengate.toml", "keys/subject.key", "keys/pseudonym.key", "keys/use.key", "ledger.db"] {
        assert_eq!(tree.get(private), Some(&0o600), "{private} {tree:?}");
    }
    for directory in ["keys", "keys/issuers", "policies", "policies/integrations"] {
        assert_eq!(tree.get(directory), Some(&0o700), "{directory}");
    }
    let config = Config::load(&home.join("havengate.toml"), []).unwrap();
    assert_eq!(config.gateway.name, "charity.example");
    assert_eq!((config.home.as_path(), config.ledger), (home.as_path(), home.join("ledger.db")));

    let mut sources = Sources::default();
    for name in tree.keys().filter_map(|n| n.strip_prefix("policies/")).filter(|n| n.contains('.')) {
        if !name.starts_with("cases/") {
            sources.insert(name, fs::read_to_string(home.join("policies").join(name)).unwrap());
        }
    }
    let policy = havengate::policy::Policy::compile(&sources).unwrap_or_else(|e| panic!("{e:?}"));
    assert!(!policy.integrations.is_empty());
}

#[test]
fn nothing_is_overwritten_and_nothing_is_left_of_a_refusal() {
    for there in ["havengate.toml", "policies", "keys", "ledger.db", "ledger.db.anchor"] {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join(there), "mine").unwrap();
        let before = tree(home.path());
        let (exit, out, err) = said(havengate(home.path()).args(["init", "."]));
        assert_eq!((exit, out.as_str()), (Some(5), ""));
        assert!(err.contains(&format!("./{there} exists already\n  mend: ")), "{err}");
        assert_eq!(tree(home.path()), before);
        assert_eq!(fs::read_to_string(home.path().join(there)).unwrap(), "mine");
    }
}

#[test]
fn a_link_that_leads_nowhere_is_something_that_is_there() {
    let home = tempfile::tempdir().unwrap();
    symlink("/nowhere/ledger.db", home.path().join("ledger.db")).unwrap();
    let (exit, _, err) = said(havengate(home.path()).args(["init"]));
    assert!(exit == Some(5) && err.contains("ledger.db exists already"), "{err}");
}

#[test]
fn half_a_home_is_taken_away_again_and_strangers_files_stay() {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("notes.txt"), "mine").unwrap();
    // The record book cannot be made where a file of SQLite's already stands.
    fs::create_dir(home.path().join("ledger.db-wal")).unwrap();
    fs::write(home.path().join("ledger.db-wal/x"), "mine").unwrap();
    let before = tree(home.path());
    let (exit, ..) = said(havengate(home.path()).args(["init"]));
    assert_eq!((exit, tree(home.path())), (Some(5), before));
}

#[test]
fn a_missing_parent_and_a_wrong_name_make_nothing() {
    let home = tempfile::tempdir().unwrap();
    let (exit, _, err) = said(havengate(home.path()).args(["init", "a/b/c"]));
    assert!(exit == Some(5) && err.contains("a/b/c: No such file or directory"), "{err}");
    let (exit, _, err) = said(havengate(home.path()).args(["init", "--name", "Charity Ltd", "home"]));
    assert!(exit == Some(2) && err.contains("--name takes"), "{err}");
    assert_eq!(tree(home.path()), BTreeMap::new());
}

#[test]
fn the_record_book_holds_together_and_a_changed_one_does_not() {
    let home = tempfile::tempdir().unwrap();
    assert_eq!(said(havengate(home.path()).args(["init"])).0, Some(0));
    let (exit, out, err) = said(havengate(home.path()).args(["ledger", "verify"]));
    assert_eq!(exit, Some(0), "{err}");
    assert!(out.contains("The record book holds together: ") && out.contains("root "), "{out}");

    for (what, name, part) in [
        (
            "--recipient",
            "riverside-council/housing",
            "there is no recipient riverside-council/housing\n  mend: write a system",
        ),
        ("--connection", "inform-river", "there is no connection inform-river\n  mend: write one of "),
    ] {
        let (exit, _, err) = said(havengate(home.path()).args(["stop", "place", what, name]));
        assert!(exit == Some(1) && err.contains(part), "{err}");
    }
    let (exit, out, err) = said(havengate(home.path()).args(["stop", "place", "--connection", "inform-riverside"]));
    assert_eq!(exit, Some(0), "{err}");
    assert!(out.contains("Stopped: the connection inform-riverside."), "{out}");
    let (exit, out, err) = said(havengate(home.path()).args(["--json", "stop", "place", "--everything"]));
    assert_eq!(exit, Some(0), "{err}");
    let stop: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(stop["stop"]["scope"], "everything");
    let (_, out, _) = said(havengate(home.path()).args(["--json", "ledger", "verify"]));
    let report: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&report["sound"], &report["report"]["findings"]), (&true.into(), &serde_json::json!([])));

    rusqlite::Connection::open(home.path().join("ledger.db")).unwrap().execute_batch(CUT).unwrap();
    let (exit, out, _) = said(havengate(home.path()).args(["ledger", "verify"]));
    assert_eq!(exit, Some(4), "{out}");
    assert!(out.contains("wrong: ") && out.contains("DOES NOT HOLD TOGETHER"), "{out}");
}

/// Takes the newest record out.
const CUT: &str = "DELETE FROM leaves WHERE idx = (SELECT max(idx) FROM leaves)";

#[test]
fn a_missing_record_book_is_unavailable_and_a_stop_needs_to_say_what() {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("havengate.toml"), "").unwrap();
    let (exit, _, err) = said(havengate(home.path()).args(["ledger", "verify"]));
    assert!(exit == Some(5) && err.contains("there is no record book at"), "{err}");
    let (exit, _, err) = said(havengate(home.path()).args(["stop", "place"]));
    assert!(exit == Some(2) && err.contains("--everything"), "{err}");
}

//! `havengate panel …`: accounts of the panel's pages, with and without a store.

use super::{havengate, said};
use std::{fs, os::unix::fs::PermissionsExt as _};

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

//! `havengate check` on a home whose policies, cases and configuration somebody edited.

use super::{havengate, said};
use serde_json::{Value, json};
use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

fn home() -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    assert_eq!(said(havengate(home.path()).arg("init")).0, Some(0));
    home
}

fn edit(home: &Path, name: &str, from: &str, to: &str) {
    let before = fs::read_to_string(home.join(name)).unwrap();
    let after = before.replacen(from, to, 1);
    assert_ne!(before, after, "{name} was to be changed");
    fs::write(home.join(name), after).unwrap();
}

fn check(home: &Path) -> (Option<i32>, Value) {
    let (exit, out, err) = said(havengate(home).args(["--json", "check"]));
    (exit, serde_json::from_str(&out).unwrap_or_else(|e| panic!("{e}: {out}{err}")))
}

#[test]
fn what_ships_is_sound_and_what_is_unwise_is_noted() {
    let home = home();
    edit(home.path(), "havengate.toml", "[gateway.resolve]\n", "[gateway.resolve]\n\"a.example\" = \"127.0.0.1:9\"\n");
    let messages = "policies/integrations/city-messages.toml";
    edit(
        home.path(),
        messages,
        "\"https://api.messages.example\"",
        "\"http://api.messages.example\"\nplain_http = \"ours\"",
    );
    let (exit, data) = check(home.path());
    assert_eq!((exit, &data["failed"]), (Some(0), &json!([])), "{data}");
    assert!(data["cases"].as_u64().unwrap() > 0 && data["policy"].as_str().unwrap().len() == 64);
    assert_eq!(data["warnings"][0]["file"], "integrations/city-messages.toml");
    // Of the five connections that ship, one has its key, and one a key that others can read.
    let key = |name: &str, mode: u32| {
        let file = home.path().join("keys").join(name);
        fs::write(&file, "s3cret\n").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
    };
    key("riverside.key", 0o600);
    key("westbridge.key", 0o644);
    let (_, data) = check(home.path());
    let (missing, mode) = (
        "the file cannot be opened: check that it exists and belongs to the gateway's user",
        "others may read or change it: chmod 0600",
    );
    let keys = [
        ("city-messages", "messages.key", missing),
        ("salesforce-contact", "crm.secret", missing),
        ("street-health", "street-health.key", missing),
        ("westbridge-safeguarding", "westbridge.key", mode),
    ];
    let keys = keys.map(|(id, file, why)| format!("connection {id} is refused: keys/{file}: {why}"));
    let expected = [
        "nobody may call: add a caller with `havengate caller add APP`",
        "a.example is not asked of DNS: it is 127.0.0.1 port 9",
        "connection city-messages speaks plain http: ours",
    ];
    let expected: Vec<_> = expected.map(str::to_owned).into_iter().chain(keys).collect();
    assert_eq!(data["notes"], json!(expected));
    let (_, out, _) = said(havengate(home.path()).arg("check"));
    for note in expected {
        assert!(out.contains(&format!("note: {note}\n")), "{out}");
    }
}

#[test]
fn who_would_be_told_nothing_is_noted() {
    let home = home();
    let told = "[panel]\nlisten = \"127.0.0.1:8443\"\nurl = \"http://localhost:8443\"\nclients = 400\n";
    edit(home.path(), "havengate.toml", "[panel]\n", told);
    let told = "[notify]\nsmtp = \"smtps://mail.homeoffice.gov.uk\"\nuser = \"u\"\nfrom = \"a@b.example\"\n\
                to = [\"panel@union.example\"]\n";
    edit(home.path(), "havengate.toml", "[notify]\n", told);
    let hook = "\n[[webhook]]\nurl = \"https://hooks.union.example/\"\nsecret = \"file:union.key\"\n";
    let file = home.path().join("havengate.toml");
    fs::write(&file, fs::read_to_string(&file).unwrap() + hook).unwrap();
    let (exit, data) = check(home.path());
    assert_eq!(exit, Some(0), "{data}");
    let notes = data["notes"].to_string();
    for part in [
        "the mail server gets no messages: the registry links mail.homeoffice.gov.uk with the Home Office",
        "the mail server gets no messages: keys/smtp.key: the file cannot be opened",
        "a webhook gets no messages: keys/union.key: the file cannot be opened",
    ] {
        assert!(notes.contains(part), "{part}\n{notes}");
    }
}

#[test]
fn a_broken_set_is_shown_with_its_line_and_ends_with_3() {
    let home = home();
    edit(home.path(), "policies/integrations/inform-riverside.toml", "\"accommodation\"", "\"housing\"");
    let (exit, out, err) = said(havengate(home.path()).arg("check"));
    assert_eq!((exit, out.as_str()), (Some(3), ""));
    for part in
        ["error: the policy set is invalid\n", "policies/integrations/inform-riverside.toml:", "\"housing\"", "help: "]
    {
        assert!(err.contains(part), "{part}\n{err}");
    }
    let (exit, data) = check(home.path());
    let first = &data["error"]["details"][0];
    assert_eq!((exit, &data["error"]["exit"], &first["severity"]), (Some(3), &json!(3), &json!("error")));
    assert!(first["line"].as_u64().is_some() && !first["mend"].as_str().unwrap().is_empty(), "{first}");
}

#[test]
fn a_case_that_comes_out_otherwise_or_cannot_be_read_ends_with_1() {
    let home = home();
    let case = |name: &str| format!("policies/cases/{name}/expect.toml");
    let removed = "removed = [\"$.ni\", ";
    edit(home.path(), &case("inform-riverside-refer-consented"), removed, "removed = [");
    edit(home.path(), &case("inform-riverside-refer-hollow"), "now ", "nwo ");
    let (exit, out, _) = said(havengate(home.path()).arg("check"));
    assert_eq!(exit, Some(1), "{out}");
    for part in [
        "case inform-riverside-refer-consented failed\n  stated removed: ",
        "mend: the rules, or policies/cases/inform-riverside-refer-consented/expect.toml",
        "policies/cases/inform-riverside-refer-hollow/expect.toml:",
        "cases, 2 failed\n",
    ] {
        assert!(out.contains(part), "{part}\n{out}");
    }
    let (_, data) = check(home.path());
    assert_eq!(data["failed"][0]["case"], "inform-riverside-refer-consented");
    assert_eq!(data["failed"][1][0]["file"], "cases/inform-riverside-refer-hollow/expect.toml");
}

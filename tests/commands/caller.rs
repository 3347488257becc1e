//! `havengate caller add`.

use super::{havengate, said};
use aws_lc_rs::digest;
use havengate::config::{Config, Proof};
use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

const FILE: &str = "# ours\n[gateway] # mind the order\nname = \"charity.example\"";

fn home() -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("havengate.toml"), FILE).unwrap();
    fs::set_permissions(home.path().join("havengate.toml"), fs::Permissions::from_mode(0o640)).unwrap();
    home
}

fn text(home: &Path) -> String {
    fs::read_to_string(home.join("havengate.toml")).unwrap()
}

fn callers(home: &Path) -> Vec<(String, Proof)> {
    let config = Config::load(&home.join("havengate.toml"), []).unwrap();
    config.callers.into_iter().map(|c| (c.app.to_string(), c.proof)).collect()
}

#[test]
fn a_token_is_printed_once_and_only_its_digest_is_kept() {
    let home = home();
    let (exit, out, err) = said(havengate(home.path()).args(["caller", "add", "inform"]));
    assert_eq!((exit, err.as_str()), (Some(0), ""));
    let token = out.lines().find_map(|l| l.trim().strip_prefix("Havengate-Token: ")).unwrap();
    assert_eq!(token.len(), 43, "256 bits in base64url");
    let sha256 = digest::digest(&digest::SHA256, token.as_bytes());
    assert_eq!(callers(home.path()), [("inform".to_owned(), Proof::Token(sha256.as_ref().try_into().unwrap()))]);
    let text = text(home.path());
    assert!(text.starts_with(&format!("{FILE}\n\n[[caller]]\napp = \"inform\"\ntoken_sha256 = \"")), "{text}");
    assert!(!text.contains(token));
    let mode = fs::metadata(home.path().join("havengate.toml")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o640);
}

#[test]
fn two_callers_have_two_tokens_and_machines_get_them_too() {
    let home = home();
    let add = |app: &str| {
        let (exit, out, err) = said(havengate(home.path()).args(["--json", "caller", "add", app]));
        assert_eq!(exit, Some(0), "{err}");
        let data: serde_json::Value = serde_json::from_str(&out).unwrap();
        assert_eq!((&data["app"], &data["proof"]), (&app.into(), &"token".into()));
        data["token"].as_str().unwrap().to_owned()
    };
    assert_ne!(add("inform"), add("sheets"));
    assert_eq!(callers(home.path()).len(), 2);
}

#[test]
fn a_duplicate_is_refused_and_nothing_changes() {
    let home = home();
    assert_eq!(said(havengate(home.path()).args(["caller", "add", "inform", "--loopback"])).0, Some(0));
    let before = text(home.path());
    for (arguments, part) in [
        (&["inform"][..], "already lets inform call\n  mend: remove its [[caller]] first, or add --another"),
        (&["sheets", "--loopback"], "already knows inform by this proof"),
        (&["inform", "--loopback", "--another"], "already knows inform by this proof"),
        (&["sheets", "--san", "sheets.example"], "needs gateway.tls.client_roots"),
        (&["sheets", "--san", "no\nname"], "config"),
    ] {
        let (exit, out, err) = said(havengate(home.path()).args(["caller", "add"]).args(arguments));
        assert_eq!((exit, out.as_str()), (Some(3), ""), "{arguments:?}: {err}");
        assert!(err.contains(part), "{arguments:?}: {err}");
        assert_eq!(text(home.path()), before);
    }
    let (exit, ..) = said(havengate(home.path()).args(["caller", "add", "inform", "--another"]));
    assert_eq!((exit, callers(home.path()).len()), (Some(0), 2));
}

#[test]
fn a_certificate_name_is_written_as_text() {
    let home = home();
    let path = home.path().join("havengate.toml");
    fs::write(&path, "[gateway.tls]\ncertificate = \"c\"\nkey = \"k\"\nclient_roots = \"r\"\n").unwrap();
    let san = "spiffe://charity.example/in\"form";
    let (exit, _, err) = said(havengate(home.path()).args(["caller", "add", "inform", "--san", san]));
    assert_eq!(exit, Some(0), "{err}");
    assert_eq!(callers(home.path()), [("inform".to_owned(), Proof::San(san.to_owned()))]);
}

#[test]
fn two_at_once_both_stand_in_the_file() {
    let home = home();
    std::thread::scope(|scope| {
        for i in 0..8 {
            let home = home.path();
            scope.spawn(move || said(havengate(home).args(["caller", "add", &format!("app-{i}")])));
        }
    });
    assert_eq!(callers(home.path()).len(), 8);
}

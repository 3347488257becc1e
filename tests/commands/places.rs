//! `havengate places`: the list holds no place, keeps its comments, and is checked with the key it was made with.

use super::{havengate, said};
use serde_json::{Value, json};
use std::{
    fs,
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
};

fn home() -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    assert_eq!(said(havengate(home.path()).arg("init")).0, Some(0));
    home
}

fn places(home: &Path, args: &[&str], lines: &str) -> (Option<i32>, String) {
    let (exit, out, err) = said(havengate(home).arg("places").args(args).write_stdin(lines));
    (exit, out + &err)
}

#[test]
fn places_are_added_listed_tested_and_removed_and_never_said() {
    let home = home();
    let (exit, out) = places(home.path(), &["add"], "Old Mill Arches\n\nthe  old-mill arches\nOLD mill arches.\n");
    assert_eq!((exit, out.lines().next()), (Some(0), Some("2 added, 2 on the list.")), "{out}");
    assert!(!out.contains("Restart"), "init made the key: {out}");
    let file = home.path().join("policies/places.toml");
    let text = fs::read_to_string(&file).unwrap() + "# ours\n";
    fs::write(&file, &text).unwrap();
    let (exit, out) = places(home.path(), &["add", "--kind", "refuge", "--note", "from the consortium"], "Rosewood\n");
    assert!(exit == Some(0) && out.contains("1 of one word alone"), "{out}");
    let (_, out) = places(home.path(), &["list"], "");
    assert!(out.starts_with("3 places are listed.\n  sleep-site  ") && out.contains("from the consortium"), "{out}");
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.contains("# ours\n") && text.contains("kind   = \"refuge\""), "{text}");
    for word in ["mill", "arches", "rosewood"] {
        assert!(!text.to_lowercase().contains(word) && !out.to_lowercase().contains(word), "{word}");
    }
    assert_eq!(places(home.path(), &["test"], "old MILL arches\nrosewood\n").0, Some(0));
    let (exit, out) = places(home.path(), &["test"], "Rosewood\nElm Yard\n");
    assert_eq!((exit, out.as_str()), (Some(1), "line 1: listed\nline 2: not listed\n"));
    let (exit, out) = places(home.path(), &["remove"], "rose wood\n");
    assert!(exit == Some(1) && out.contains("no such place"), "{out}");
    assert_eq!(places(home.path(), &["remove"], "ROSEWOOD\n").0, Some(0));
    let mark = text.lines().find_map(|l| l.strip_prefix("digest = \"")).and_then(|l| l.get(..8)).unwrap().to_owned();
    assert_eq!(places(home.path(), &["remove", "--digest", &mark], "").0, Some(0));
    let (_, out, _) = said(havengate(home.path()).args(["--json", "places", "list"]));
    let data: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(data["places"].as_array().unwrap().len(), 1);
    let (exit, out, err) = said(havengate(home.path()).arg("check"));
    assert!(
        exit != Some(3) && out.contains("note: of the cases: the places of places.toml are not looked for"),
        "{out}{err}"
    );
}

#[test]
fn what_is_listed_while_somebody_types_stays_listed() {
    let home = home();
    assert_eq!(places(home.path(), &["add"], "Elm Yard\n").0, Some(0));
    for (arguments, line, said) in [
        (["places", "remove"], "Elm Yard\n", "1 removed, 1 on the list."),
        (["places", "add"], "Old Mill\n", "1 added, 3 on"),
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_havengate"));
        command.env_clear().current_dir(home.path()).args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut typing = command.spawn().unwrap();
        let mut keys = typing.stdin.take().unwrap();
        // More than a pipe holds: once it is written, the command waits for what comes next.
        keys.write_all(&[b'\n'; 1 << 18]).unwrap();
        let name = format!("Rosewood {}\n", arguments[1]);
        assert_eq!(places(home.path(), &["add", "--kind", "refuge"], &name).0, Some(0));
        keys.write_all(line.as_bytes()).unwrap();
        drop(keys);
        let output = typing.wait_with_output().unwrap();
        let out = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success() && out.starts_with(said), "{arguments:?}: {out}");
        assert_eq!(places(home.path(), &["test"], &name).0, Some(0), "{arguments:?}");
    }
}

#[test]
fn a_list_that_is_too_long_is_refused_whole() {
    let home = home();
    let file = home.path().join("policies/places.toml");
    // The cut would fall within a name, and within a letter.
    let long = format!("Elm Yard\n{}Sant\u{e9} House\n", "\n".repeat((1 << 20) - 14));
    assert_eq!(long.find('\u{e9}').unwrap() + 1, 1 << 20);
    for command in ["add", "remove", "test"] {
        let (exit, out) = places(home.path(), &[command], &long);
        assert!(exit == Some(2) && out.contains("longer than 1 MiB; nothing was changed"), "{command}: {exit:?} {out}");
        assert!(!file.exists());
    }
    let whole = format!("Elm Yard\n{}Elm House", "\n".repeat((1 << 20) - 18));
    assert_eq!(whole.len(), 1 << 20);
    let (exit, out) = places(home.path(), &["add"], &whole);
    assert!(exit == Some(0) && out.starts_with("2 added, 2 on the list."), "{out}");
}

#[test]
fn an_older_home_gets_its_key_and_a_lost_one_is_not_made_again() {
    let home = home();
    let key = home.path().join("keys/places.key");
    fs::remove_file(&key).unwrap();
    assert_ne!(said(havengate(home.path()).arg("check")).0, Some(3), "without a list no key is needed");
    let (exit, out) = places(home.path(), &["add"], "Old Mill Arches\n");
    assert!(exit == Some(0) && out.contains("Made keys/places.key") && out.contains("Restart"), "{out}");
    fs::remove_file(&key).unwrap();
    let (exit, out) = places(home.path(), &["add"], "Elm Yard\n");
    assert!(exit == Some(3) && out.contains("places.key is missing"), "{out}");
    let (exit, _, err) = said(havengate(home.path()).arg("check"));
    assert!(exit == Some(3) && err.contains("no place on the list would be found"), "{err}");
}

#[test]
fn what_is_wrong_is_said_by_its_line_and_never_repeated() {
    let home = home();
    for (lines, part) in
        [("Elm Yard\na b c d e f g h i\n", "line 2 has no word, or more than eight"), ("\n", "no place was given")]
    {
        let (exit, out) = places(home.path(), &["add"], lines);
        assert!(exit == Some(2) && out.contains(part) && !out.contains("Elm") && !out.contains("c d"), "{out}");
    }
    assert!(!home.path().join("policies/places.toml").exists());
    let bad =
        "key = \"0011223344556677\"\n[[place]]\nkind = \"doorway\"\ndigest = \"xyz\"\nwords = 9\nadded = 2026-11-22\n";
    fs::write(home.path().join("policies/places.toml"), bad).unwrap();
    let (exit, out, _) = said(havengate(home.path()).args(["--json", "check"]));
    let data: Value = serde_json::from_str(&out).unwrap();
    let messages: Vec<_> = data["error"]["details"].as_array().unwrap().iter().map(|d| d["message"].clone()).collect();
    assert_eq!(exit, Some(3));
    for message in ["this is not a kind of place", "this is not a digest: 32 hex digits", "a place has 1 to 8 words"] {
        assert!(messages.contains(&json!(message)), "{messages:?}");
    }
}

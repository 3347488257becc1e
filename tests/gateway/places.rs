//! A place on the organisation's own list does not leave, in whatever spelling, once `havengate places add` listed it.

use crate::{
    caller::ask,
    process::{Process, havengate},
    world::{Around, Home, Plan},
};
use std::{io::Write as _, process::Stdio};

/// `havengate places …`, with lines on standard input: how it ended and what it said.
fn places(home: &Home, arguments: &[&str], lines: &str) -> (Option<i32>, String) {
    let mut command = havengate(home, &[&["places"], arguments].concat());
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(said).unwrap())
}

fn need(kind: &str) -> Vec<u8> {
    let body = format!("{{\"need\":{{\"type\":\"{kind}\",\"beds\":1}}}}");
    crate::caller::request("POST", "/riverside/needs", "Connection: close\r\n", &body)
}

/// Each is the listed place, spelled otherwise.
const SPELLINGS: [&str; 5] = [
    "bed near Old Mill Arches",
    "bed near OLD  mill-ARCHES",
    "Old\u{200b} M\u{200d}ill\u{a0}Arches tonight",
    "\\u004fld Mill \\u0410rches",
    "old   MILL arches",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_listed_place_is_found_in_every_spelling_and_nothing_else_is() {
    let around = Around::new().await;
    let home = around.home(&Plan::new());
    let gateway = Process::start(&home);
    assert_eq!(ask(gateway.address, need(SPELLINGS[0])).await.status, 200, "not listed yet");
    assert!(String::from_utf8(around.arrived_one().body).unwrap().contains("Arches"));

    let (exit, said) = places(&home, &["add", "--note", "outreach list"], "Old Mill Arches\n");
    assert_eq!(exit, Some(0), "{said}");
    let reload = havengate(&home, &["policy", "reload"]).output().unwrap();
    assert!(reload.status.success(), "{reload:?}");
    for spelling in SPELLINGS {
        let answer = ask(gateway.address, need(spelling)).await;
        let removed = answer.head.to_lowercase().contains("havengate-removed: 1;paths=\"$.need.type\"");
        assert!(answer.status == 200 && removed, "{spelling}: {answer:?}");
        assert_eq!(String::from_utf8(around.arrived_one().body).unwrap(), "{\"need\":{\"beds\":1}}", "{spelling}");
    }
    let answer = ask(gateway.address, need("a bed near the old mill")).await;
    assert!(answer.status == 200 && String::from_utf8(around.arrived_one().body).unwrap().contains("old mill"));

    // Why, in the words of the record book, which hold no place.
    let log = gateway.kill();
    let list = std::fs::read_to_string(home.policies("places.toml")).unwrap();
    for text in [&log, &list] {
        assert!(!text.to_lowercase().contains("arches"), "{text}");
    }
    let leaves: Vec<_> = home.leaves().iter().map(ToString::to_string).collect();
    let withheld = r#""counts":[["location","raw","stripped",1],["operational","raw","sent",1]]"#;
    let why = leaves.iter().filter(|leaf| leaf.contains(withheld) && leaf.contains(r#""clauses":["DATA-3"]"#)).count();
    assert_eq!(why, SPELLINGS.len(), "{leaves:#?}");
    for file in home.book() {
        let text = String::from_utf8_lossy(&std::fs::read(&file).unwrap()).to_lowercase();
        assert!(!text.contains("arches"), "{}", file.display());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_whose_key_is_lost_stops_the_start_and_never_opens() {
    let around = Around::new().await;
    let home = around.home(&Plan::new());
    assert_eq!(places(&home, &["add"], "Old Mill Arches\n").0, Some(0));
    let key = home.config.keys.join("places.key");
    let kept = std::fs::read(&key).unwrap();
    std::fs::remove_file(&key).unwrap();
    let (exit, said) = Process::fails(&home);
    assert!(exit == 3 && said.contains("keys/places.key") && said.contains("backup"), "{exit} {said}");
    let (exit, said) = places(&home, &["add"], "Rosewood\n");
    assert!(exit == Some(3) && said.contains("places.key is missing"), "{exit:?} {said}");
    // Another home's key finds nothing, so it does not count either.
    let other = tempfile::tempdir().unwrap();
    havengate::gate::keys::create_dir(&other.path().join("keys")).unwrap();
    std::fs::copy(other.path().join("keys/places.key"), &key).unwrap();
    let (exit, said) = Process::fails(&home);
    assert!(exit == 3 && said.contains("another key"), "{exit} {said}");
    std::fs::write(&key, kept).unwrap();
    drop(Process::start(&home));
}

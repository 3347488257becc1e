//! `nftables.conf`, tried.

use super::edge::{Edge, From};
use std::{fs, path::PathBuf, process::Command};

const GATEWAY: u32 = 990;
const SOMEBODY: u32 = 1001;

fn file() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("deploy/nftables.conf")
}

#[test]
fn the_rules_are_read_by_nft() {
    match Command::new("nft").arg("-c").arg("-f").arg(file()).output() {
        Err(_) => println!("skipped: nft is not here"),
        Ok(o) if String::from_utf8_lossy(&o.stderr).contains("Operation not permitted") => {
            println!("skipped: nft may not ask the kernel here");
        }
        Ok(output) => assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr)),
    }
}

#[test]
fn the_way_round_fails_and_the_way_through_works() {
    let edge = match Edge::new() {
        Ok(edge) => edge,
        Err(why) => return println!("skipped: no network namespaces here: {why}"),
    };
    let _gateway = edge.listen(false, "0.0.0.0:8080");
    let _metrics = edge.listen(false, "0.0.0.0:9464");
    let _panel = edge.listen(false, "0.0.0.0:8443");
    let _recipient = edge.listen(true, "0.0.0.0:443");
    let _other = edge.listen(true, "0.0.0.0:8443");
    let round = [
        (From::Case, "10.78.0.2:443", "bypass_forward"),
        (From::Case, "10.78.0.2:8443", "bypass_forward"),
        (From::Gate(SOMEBODY), "10.78.0.2:443", "bypass_local"),
        (From::Gate(0), "10.78.0.2:443", "bypass_local"),
        (From::Gate(GATEWAY), "10.78.0.2:8443", "bypass_local"),
    ];
    let through = [
        (From::Case, "10.77.0.1:8080"),
        (From::World, "10.78.0.1:8443"),
        (From::Gate(SOMEBODY), "127.0.0.1:8080"),
        (From::Gate(GATEWAY), "10.78.0.2:443"),
    ];
    let others = [
        (From::Case, "10.77.0.1:9464", "metrics are for administrators"),
        (From::Case, "10.77.0.1:8443", "the panel's pages are for people"),
        (From::World, "10.78.0.1:8080", "the gateway is for case systems"),
    ];

    // Without the rules everything opens: what fails below fails because of them.
    for (from, to) in round.iter().chain(&others).map(|r| (r.0, r.1)).chain(through) {
        assert!(edge.connects(from, to), "before the rules: {from:?} to {to}");
    }
    let home = tempfile::tempdir().unwrap();
    let rules = home.path().join("nftables.conf");
    let text = fs::read_to_string(file()).unwrap();
    // The world stands for the network that people work in.
    let mut here = text;
    for (name, network) in [("case_networks", "10.77.0.0/24"), ("people_networks", "10.78.0.0/24")] {
        let theirs = format!("define {name} = {{ 10.20.0.0/16 }}");
        assert!(here.contains(&theirs), "the definition that the test replaces");
        here = here.replace(&theirs, &format!("define {name} = {{ {network} }}"));
    }
    assert!(here.contains(&format!("define gateway_user = {GATEWAY}\n")));
    fs::write(&rules, here).unwrap();
    edge.load(&rules).unwrap();
    edge.load(&rules).expect("loading twice replaces");

    for (from, to) in through {
        assert!(edge.connects(from, to), "{from:?} to {to}");
    }
    for (from, to, why) in others {
        assert!(!edge.connects(from, to), "{from:?} to {to}: {why}");
    }
    for (from, to, counter) in round {
        let before = edge.counter(counter);
        assert!(!edge.connects(from, to), "{from:?} to {to}");
        assert_ne!(edge.counter(counter), before, "{from:?} to {to} is counted");
    }
}

//! After any sequence of commands that write, the registry compiles, and every comment of it is still there.

use super::{home, registry, run};
use havengate::policy::{Policy, shipped};
use proptest::prelude::*;
use std::fs;

/// A registry whose layout a careless writer would spoil.
const FILE: &str = "\
# Top of the file.

[[organisation]]   # beside a header
id = \"a\"
# within an organisation
name = \"A\"

# before a system
[[organisation.system]]
id = \"a/x\"
kind = \"housing\"
hosts = [
  # before the first
  \"one.example\",   # beside the first
  \"two.example\"    # beside the last, which has no comma
  # before the end
]
# between keys
assessed = { on = 2026-10-01, until = 2090-09-30, by = \"panel\", reason = \"r # no comment\" }   # beside an inline table
undertaking = { # begins on a line of its own
  sha256 = \"b9d4163a4537b9a5e93cb8e57e9d0ee6baa3e87f6de8a30a8a2ab5e8bb9c5f9c\", # beside a digest
  role = \"Manager\", signed = 2026-10-01, expires = 2090-09-30,
  except_required_by_law = true, tells_us_first = true
}

[[organisation.system]]
id = \"a/forum\"
kind = \"forum\"
[organisation.system.forum] # a table of its own
state = \"challenged\"
# before a day
since = 2026-10-01 # beside a day
deadline = 2026-12-01 # beside a deadline

[[link]] # beside a link
from = 'a'
to = \"b\"
kind = \"shares-with\" # how
status = \"in-force\" # whether
confidence = \"high\"
evidence = [
  \"page\", # which page
]
# after a link

[[organisation]]
id = \"b\"
name = \"B\"
[[organisation.system]]
id = \"b/x\"
kind = \"support\"

[[link]]
from = \"b\"
to = \"home-office\"
kind = \"policy-contact\"
status = \"in-force\"
confidence = \"high\"
evidence = [\"page\"]

# The end of the file.
";

/// Every comment of a file, in any order.
fn comments(text: &str) -> Vec<String> {
    let mut found: Vec<String> = text
        .lines()
        .filter(|line| !line.contains("no comment") || line.matches('#').count() > 1)
        .filter_map(|line| Some(line.get(line.rfind('#')?..)?.to_owned()))
        .collect();
    found.sort();
    found
}

fn words(line: &str) -> Vec<String> {
    line.split(' ').map(|w| w.replace('_', " ")).collect()
}

/// A command, often one that cannot be carried out.
fn command() -> impl Strategy<Value = Vec<String>> {
    let system = prop::sample::select(vec!["a/x", "a/forum", "b/x", "c/y", "nobody/x", "home-office/network"]);
    let node = prop::sample::select(vec!["a", "b", "a/x", "b/x", "c", "home-office", "nobody"]);
    let day = prop::sample::select(vec!["2026-01-01", "2026-11-30", "2090-01-01"]);
    let kind = prop::sample::select(vec!["shares-with", "policy-contact", "processor-for", "forum-attended-by"]);
    let host =
        prop::sample::select(vec!["one.example", "three.example", "*.four.example", "*.uk", "x.homeoffice.gov.uk"]);
    let state = prop::sample::select(vec!["present", "challenged", "left"]);
    prop_oneof![
        (system.clone(), host).prop_map(|(s, h)| words(&format!("add {s} --name N --kind support --host {h}"))),
        (system.clone(), day.clone()).prop_map(|(s, d)| words(&format!("add {s} --host five.example --tenant t{d}"))),
        (system.clone(), day.clone(), any::<bool>()).prop_map(|(s, d, a)| {
            let answers = if a { " --answers-chain" } else { "" };
            words(&format!("assess {s} --until {d} --by panel --reason it_is_\"safe\"_#1{answers}"))
        }),
        (system.clone(), day.clone()).prop_map(|(s, d)| words(&format!(
            "undertake {s} --sha256 {} --role Head --signed 2026-01-01 --expires {d} --except-required-by-law no \
             --tells-us-first yes",
            "ab".repeat(32)
        ))),
        (system, state, day.clone(), any::<bool>()).prop_map(|(s, state, d, deadline)| {
            let deadline = if deadline { format!(" --deadline {d}") } else { String::new() };
            words(&format!("forum {s} --state {state} --since 2026-11-01{deadline}"))
        }),
        (node.clone(), node.clone(), kind).prop_map(|(f, t, k)| words(&format!(
            "link {f} {t} --kind {k} --confidence high --evidence seen_on_a_page"
        ))),
        (node.clone(), node, day)
            .prop_map(|(f, t, d)| words(&format!("end-link {f} {t} --ended {d} --evidence letter"))),
    ]
}

proptest! {
    // Each step starts a program, which compiles the whole policy twice.
    #![proptest_config(ProptestConfig { cases: 6, max_shrink_iters: 20, ..ProptestConfig::default() })]
    #[test]
    fn the_registry_compiles_and_no_comment_is_lost(commands in prop::collection::vec(command(), 1..9)) {
        let home = home();
        let path = home.path();
        fs::write(path.join("policies/organisations.toml"), FILE).unwrap();
        for name in fs::read_dir(path.join("policies/integrations")).unwrap() {
            fs::remove_file(name.unwrap().path()).unwrap();
        }
        for command in commands {
            let before = registry(path);
            let arguments: Vec<&str> = command.iter().map(String::as_str).collect();
            let (exit, out, err) = run(path, &arguments);
            prop_assert!(matches!(exit, Some(0..=3)), "{arguments:?}: {exit:?} {out}{err}");
            let after = registry(path);
            if exit != Some(0) {
                prop_assert_eq!(&before, &after, "{:?}", arguments);
            }
            let mut sources = shipped::sources();
            sources.0.retain(|name, _| !name.starts_with("integrations/"));
            sources.insert("organisations.toml", after.as_str());
            prop_assert!(Policy::compile(&sources).is_ok(), "{arguments:?}\n{after}");
            let kept = comments(&after);
            for comment in comments(FILE) {
                prop_assert!(kept.contains(&comment), "{comment} was lost by {arguments:?}\n{after}");
            }
        }
    }
}

#[test]
fn the_file_of_the_test_is_sound() {
    let mut sources = shipped::sources();
    sources.0.retain(|name, _| !name.starts_with("integrations/"));
    sources.insert("organisations.toml", FILE);
    Policy::compile(&sources).unwrap_or_else(|e| panic!("{e:#?}"));
    assert!(comments(FILE).len() > 20);
}

//! Classes over small link graphs: what conducts, what does not, which chain is shown.

use havengate::{
    flow::SystemId,
    policy::{Class, Policy, Registry, organisations::System},
};
use jiff::civil::date;
use std::fmt::Write as _;

/// A registry of organisations `a` to `d`, each with systems `x` and `y`, and these links, one a line:
/// `from kind to`, then any of `contested`, `ended`, `medium`, `low`, `carries=a/x,a/y`, `evidence=3`.
fn registry(links: &str) -> std::sync::Arc<Registry> {
    let mut text = String::new();
    for o in ["a", "b", "c", "d"] {
        write!(text, "[[organisation]]\nid = \"{o}\"\nname = \"{}\"\n", o.to_uppercase()).unwrap();
        for s in ["x", "y"] {
            let kind = if (o, s) == ("d", "y") { "forum" } else { "support" };
            write!(text, "[[organisation.system]]\nid = \"{o}/{s}\"\nkind = \"{kind}\"\n").unwrap();
        }
    }
    for line in links.lines().map(str::trim).filter(|l| !l.is_empty()) {
        text.push_str(&link(line));
    }
    let mut sources = super::with("organisations.toml", "", &text);
    sources.0.retain(|path, _| !path.starts_with("integrations/"));
    Policy::compile(&sources).unwrap_or_else(|found| panic!("{found:#?}")).registry
}

fn link(line: &str) -> String {
    let words: Vec<&str> = line.split(' ').collect();
    let has = |word: &str| words.contains(&word);
    let value = |key: &str| words.iter().find_map(|w| w.strip_prefix(key));
    let status = ["contested", "ended"].into_iter().find(|w| has(w)).unwrap_or("in-force");
    let confidence = ["medium", "low"].into_iter().find(|w| has(w)).unwrap_or("high");
    let evidence = value("evidence=").map_or(1, |n| n.parse().unwrap());
    let carries = value("carries=").map_or(String::new(), |systems| {
        let systems: Vec<_> = systems.split(',').map(|s| format!("\"{s}\"")).collect();
        format!("carries = [{}]\n", systems.join(", "))
    });
    format!(
        "[[link]]\nfrom = \"{}\"\nkind = \"{}\"\nto = \"{}\"\nstatus = \"{status}\"\nconfidence = \"{confidence}\"\n\
         note = \"n\"\nevidence = {:?}\n{carries}",
        words[0],
        words[1],
        words[2],
        vec!["page"; evidence]
    )
}

fn system<'r>(registry: &'r Registry, id: &str) -> &'r System {
    registry.system(&SystemId::parse(id).unwrap()).unwrap()
}

/// `class: A shares-with B, B shares-with Home Office`.
fn said(registry: &Registry, id: &str) -> String {
    let system = system(registry, id);
    let steps: Vec<_> = system.chain.iter().map(|s| format!("{} {} {}", s.from, s.kind, s.to)).collect();
    format!("{}: {}", system.linked, steps.join(", "))
}

#[test]
fn one_link() {
    for (link, expected) in [
        ("", "clear: "),
        ("a shares-with home-office", "associated: A shares-with Home Office"),
        ("a forum-attended-by home-office", "associated: A forum-attended-by Home Office"),
        ("a shares-with home-office contested", "unassessed: A shares-with Home Office"),
        ("a shares-with home-office medium", "unassessed: A shares-with Home Office"),
        ("a shares-with home-office low", "unassessed: A shares-with Home Office"),
        ("a shares-with home-office ended", "clear: "),
        ("a policy-contact home-office", "clear: "),
        ("a is-part-of home-office", "root: A is-part-of Home Office"),
        ("a processor-for home-office", "root: A processor-for Home Office"),
        ("a operated-by home-office", "root: A operated-by Home Office"),
        ("a processor-for home-office contested", "unassessed: A processor-for Home Office"),
        ("a processor-for home-office carries=a/y", "clear: "),
        ("a shares-with home-office carries=a/x", "associated: A shares-with Home Office"),
        ("a/x shares-with home-office", "associated: A shares-with Home Office"),
        ("a/y shares-with home-office", "clear: "),
        ("home-office shares-with a", "clear: "),
    ] {
        assert_eq!(said(&registry(link), "a/x"), expected, "{link}");
    }
}

#[test]
fn longer_chains() {
    for (links, expected) in [
        (
            "a shares-with b\nb processor-for uk-visas-and-immigration",
            "associated: A shares-with B, B processor-for UK Visas and Immigration, UK Visas and Immigration is-part-of Home Office",
        ),
        (
            "a processor-for b\nb is-part-of border-force",
            "root: A processor-for B, B is-part-of Border Force, Border Force is-part-of Home Office",
        ),
        // One uncertain link puts the whole chain in question.
        (
            "a shares-with b\nb shares-with home-office contested",
            "unassessed: A shares-with B, B shares-with Home Office",
        ),
        // A certain chain counts for more than a shorter one in question.
        (
            "a shares-with home-office contested\na shares-with b\nb shares-with home-office",
            "associated: A shares-with B, B shares-with Home Office",
        ),
        ("a shares-with b\nb shares-with home-office ended", "clear: "),
        ("a shares-with b\nb policy-contact home-office", "clear: "),
    ] {
        assert_eq!(said(&registry(links), "a/x"), expected, "{links}");
    }
}

#[test]
fn cycles_end() {
    let circle = "a shares-with b\nb shares-with c\nc shares-with a\na shares-with a/x ended";
    let circle = circle.lines().take(3).collect::<Vec<_>>().join("\n");
    assert_eq!(said(&registry(&circle), "a/x"), "clear: ");
    let open = format!("{circle}\nc shares-with home-office\nb shares-with d\nd shares-with b");
    assert_eq!(
        said(&registry(&open), "a/x"),
        "associated: A shares-with B, B shares-with C, C shares-with Home Office"
    );
    assert_eq!(said(&registry(&open), "c/y"), "associated: C shares-with Home Office");
    assert_eq!(
        said(&registry(&open), "d/x"),
        "associated: D shares-with B, B shares-with C, C shares-with Home Office"
    );
}

#[test]
fn data_is_followed_and_not_organisations() {
    for (links, expected) in [
        // Lands in b as a whole: any of b's systems may hold it.
        (
            "a shares-with b\nb shares-with home-office carries=b/y",
            "associated: A shares-with B, B shares-with Home Office",
        ),
        ("a shares-with b\nb/y shares-with home-office", "associated: A shares-with B, B shares-with Home Office"),
        // Lands in one system of b, and another's data goes on.
        ("a shares-with b/x\nb shares-with home-office carries=b/y", "clear: "),
        ("a shares-with b/x\nb/y shares-with home-office", "clear: "),
        (
            "a shares-with b/x\nb shares-with home-office carries=b/x",
            "associated: A shares-with B, B shares-with Home Office",
        ),
        // The onward link names whose client data goes along.
        ("a shares-with b\nb shares-with home-office carries=c/x", "clear: "),
        (
            "a shares-with b\nb shares-with home-office carries=a/x",
            "associated: A shares-with B, B shares-with Home Office",
        ),
        ("a shares-with b carries=a/y\nb shares-with home-office", "clear: "),
        // Once in b as a whole it may be b/y's, wherever it goes from there.
        (
            "a shares-with b\nb shares-with c carries=b/y\nc shares-with home-office carries=b/y",
            "associated: A shares-with B, B shares-with C, C shares-with Home Office",
        ),
        (
            "a shares-with b\nb shares-with c\nc shares-with d\nd shares-with home-office carries=b/y",
            "associated: A shares-with B, B shares-with C, C shares-with D, D shares-with Home Office",
        ),
        // And once in b/x it is that system's, and not another's.
        (
            "a shares-with b/x\nb shares-with c\nc shares-with home-office carries=b/x",
            "associated: A shares-with B, B shares-with C, C shares-with Home Office",
        ),
        ("a shares-with b/x\nb shares-with c\nc shares-with home-office carries=b/y", "clear: "),
        // The way there counts: c has nothing from b.
        ("a shares-with b\na shares-with c\nc shares-with home-office carries=b/y", "clear: "),
        // The longer way to c is the one that matters.
        (
            "a shares-with c\na shares-with b\nb shares-with c\nc shares-with home-office carries=b/y",
            "associated: A shares-with B, B shares-with C, C shares-with Home Office",
        ),
        // Back in one system of b, it is still what it may have become there.
        (
            "a shares-with b\nb shares-with c\nc shares-with b/x\nb/x shares-with d carries=b/y\nd shares-with home-office carries=c/x",
            "associated: A shares-with B, B shares-with C, C shares-with B, B shares-with D, D shares-with Home Office",
        ),
        // In a circle data comes back as more than it was.
        (
            "a shares-with b\nb shares-with c\nc shares-with b\nb shares-with home-office carries=c/x",
            "associated: A shares-with B, B shares-with C, C shares-with B, B shares-with Home Office",
        ),
        (
            "a shares-with b\nb shares-with a\na/y shares-with home-office carries=a/y",
            "associated: A shares-with B, B shares-with A, A shares-with Home Office",
        ),
    ] {
        assert_eq!(said(&registry(links), "a/x"), expected, "{links}");
    }
}

#[test]
fn among_the_shortest_the_best_evidenced_is_shown() {
    let links =
        "a shares-with b\nb shares-with home-office\na shares-with c evidence=2\nc shares-with home-office evidence=2";
    assert_eq!(said(&registry(links), "a/x"), "associated: A shares-with C, C shares-with Home Office");
    let links = format!("{links}\na shares-with home-office");
    assert_eq!(said(&registry(&links), "a/x"), "associated: A shares-with Home Office");
}

#[test]
fn a_forum_the_home_office_attends_is_one() {
    let forum = |links: &str| system(&registry(links), "d/y").home_office_forum;
    assert!(forum("d/y forum-attended-by home-office"));
    assert!(forum("d/y forum-attended-by immigration-enforcement"));
    assert!(!forum("d/x forum-attended-by home-office"));
    assert!(!forum("d/y forum-attended-by home-office ended"));
    assert!(!forum("d/y forum-attended-by a"));
    // A meeting is one for what it is, not for whom else data reaches.
    assert!(!forum("d/y shares-with home-office"));
    assert!(!system(&registry("a forum-attended-by home-office"), "a/x").home_office_forum);
}

#[test]
fn the_class_on_a_day() {
    let text = |linked: &str, answers: bool| {
        format!(
            "[[organisation]]\nid = \"a\"\nname = \"A\"\n[[organisation.system]]\nid = \"a/x\"\nkind = \"housing\"\n\
             assessed = {{ on = 2026-10-01, until = 2026-10-31, by = \"panel\", reason = \"r\", answers_chain = {answers} }}\n{}",
            if linked.is_empty() { String::new() } else { link(linked) }
        )
    };
    let class = |linked: &str, answers, day| {
        let mut sources = super::with("organisations.toml", "", &text(linked, answers));
        sources.0.retain(|path, _| !path.starts_with("integrations/"));
        system(&Policy::compile(&sources).unwrap().registry, "a/x").class(day)
    };
    let (first, last) = (date(2026, 10, 1), date(2026, 10, 31));
    assert_eq!(class("", false, first), Class::Clear);
    assert_eq!(class("", false, last), Class::Clear);
    assert_eq!(class("", false, last.tomorrow().unwrap()), Class::Unassessed);
    assert_eq!(class("", false, first.yesterday().unwrap()), Class::Unassessed);
    let contested = "a shares-with home-office contested";
    assert_eq!(class(contested, false, first), Class::Unassessed);
    assert_eq!(class(contested, true, first), Class::Clear);
    assert_eq!(class(contested, true, last.tomorrow().unwrap()), Class::Unassessed);
    assert_eq!(class("a shares-with home-office", true, first), Class::Associated);
    assert_eq!(class("a processor-for home-office", true, first), Class::Root);
}

/// Each of a ring of organisations names its own and its neighbour's system: what is remembered grows on the way, and
/// the search ends all the same.
#[test]
fn a_large_ring_ends() {
    let mut text = String::new();
    for i in 0..60 {
        let (next, before) = ((i + 1) % 60, (i + 59) % 60);
        write!(
            text,
            "[[organisation]]\nid = \"o{i}\"\nname = \"O{i}\"\n[[organisation.system]]\nid = \"o{i}/x\"\nkind = \"support\"\n{}",
            link(&format!("o{i} shares-with o{next} carries=o{i}/x,o{before}/x"))
        )
        .unwrap();
    }
    text.push_str(&link("o59 shares-with home-office carries=o30/x"));
    let mut sources = super::with("organisations.toml", "", &text);
    sources.0.retain(|path, _| !path.starts_with("integrations/"));
    let registry = Policy::compile(&sources).unwrap().registry;
    assert_eq!(system(&registry, "o20/x").chain.len(), 40);
    // Past o59 without o30: once around, and by o30 then.
    assert_eq!(system(&registry, "o31/x").chain.len(), 89);
}

//! The map: as text, and as a picture that any reader of XML takes, without anything from elsewhere.

use super::{append, data, home, run};
use std::fs;

/// Its name, its attributes, and the text directly within it.
type Element = (String, Vec<(String, String)>, String);

/// Every element of a document with its attributes and its text, as a strict reader finds them.
fn elements(text: &str) -> Vec<Element> {
    let mut rest = text.strip_prefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>").expect("a declaration").trim_start();
    let mut open: Vec<usize> = Vec::new();
    let mut found: Vec<Element> = Vec::new();
    while !rest.is_empty() {
        let Some(tag) = rest.strip_prefix('<') else {
            let (said, after) = rest.split_at(rest.find('<').expect("nothing stands after the root"));
            let at = *open.last().expect("nothing stands outside the root");
            found[at].2.push_str(&unescaped(said));
            rest = after;
            continue;
        };
        let (inside, after) = tag.split_once('>').expect("a tag ends");
        assert!(!inside.contains('<') && !inside.starts_with('!') && !inside.starts_with('?'), "{inside}");
        rest = if open.len() == 1 && inside.starts_with('/') { after.trim_start() } else { after };
        if let Some(name) = inside.strip_prefix('/') {
            let at = open.pop().expect("only what is open is closed");
            assert_eq!(found[at].0, name);
            continue;
        }
        let (inside, empty) = inside.strip_suffix('/').map_or((inside, false), |i| (i, true));
        let (name, attributes) = inside.split_once(' ').unwrap_or((inside, ""));
        assert!(open.len() == usize::from(!found.is_empty()).max(open.len()), "one root");
        found.push((name.to_owned(), read(attributes), String::new()));
        if !empty {
            open.push(found.len() - 1);
        }
    }
    assert!(open.is_empty(), "{open:?}");
    found
}

fn read(mut text: &str) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    while !text.is_empty() {
        let (name, rest) = text.split_once("=\"").unwrap_or_else(|| panic!("no attribute: {text}"));
        let (value, rest) = rest.split_once('"').expect("a value ends");
        assert!(name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b':')), "{name}");
        assert!(found.iter().all(|(n, _)| n != name), "{name} stands twice");
        found.push((name.to_owned(), unescaped(value)));
        text = rest.strip_prefix(' ').unwrap_or(rest);
    }
    found
}

fn unescaped(text: &str) -> String {
    let mut parts = text.split('&');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once(';').unwrap_or_else(|| panic!("& is not escaped: {part}"));
        out.push(match name {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "#39" => '\'',
            other => panic!("&{other};"),
        });
        out.push_str(rest);
    }
    assert!(!out.contains('\u{0}'));
    out
}

#[test]
fn the_tree_leads_from_the_home_office_back_and_from_anybody_on() {
    let home = home();
    let (exit, out, err) = run(home.path(), &["graph"]);
    assert_eq!((exit, err.as_str()), (Some(0), ""));
    for part in [
        "Home Office, with ",
        "├─ ■ NRPF Connect shares data with it: certain; everybody's client data\n│  └─ ■ Riverside Council (example) shares",
        "■ CHAIN (Combined Homelessness and Information Network) can reach it: registry's word",
        "◇ Cifas shares data with it: not certain (medium confidence)",
        "· Homeless Link talks about policy with it",
        "ended 28 February 2017",
    ] {
        assert!(out.contains(part), "{part}\n{out}");
    }
    assert!(!out.contains("Street Health"), "who has no links is left out");
    let (_, out, _) = run(home.path(), &["graph", "--from", "riverside-council"]);
    assert!(out.starts_with("Riverside Council (example)\n└─ ■ shares data with NRPF Connect: certain;"), "{out}");
    // The other system's data does not take that way.
    let (_, out, _) = run(home.path(), &["graph", "--from", "riverside-council/housing-referrals"]);
    assert_eq!(out, "No links.\n");
    assert_eq!(run(home.path(), &["graph", "--from", "nobody"]).0, Some(2));
}

#[test]
fn circles_end() {
    let home = home();
    let mut text = String::new();
    for (from, to) in [("a", "b"), ("b", "c"), ("c", "a"), ("c", "home-office"), ("x", "y"), ("y", "x")] {
        text += &format!(
            "[[link]]\nfrom = \"{from}\"\nto = \"{to}\"\nkind = \"shares-with\"\nstatus = \"in-force\"\nconfidence = \"high\"\nevidence = [\"page\"]\n"
        );
    }
    for id in ["a", "b", "c", "x", "y"] {
        text += &format!("[[organisation]]\nid = \"{id}\"\nname = \"{}\"\n", id.to_uppercase());
    }
    append(home.path(), &format!("\n{text}"));
    let (exit, out, _) = run(home.path(), &["graph"]);
    assert!(exit == Some(0) && out.contains("(see above)") && out.contains("Other links\n"), "{out}");
    assert!(out.contains("■ C shares data with it") && out.contains("· X shares data with Y: "), "{out}");
    assert_eq!(run(home.path(), &["graph", "--svg", "map.svg"]).0, Some(0));
    elements(&fs::read_to_string(home.path().join("map.svg")).unwrap());
}

#[test]
fn the_picture_can_be_read_by_everybody_and_fetches_nothing() {
    let home = home();
    let odd = "\n[[organisation]]\nid = \"odd\"\nname = \"<script>a('1')</script> & \\\"Sons\\\"\"\n\
               [[link]]\nfrom = \"odd\"\nto = \"home-office\"\nkind = \"processor-for\"\nstatus = \"in-force\"\n\
               confidence = \"high\"\nevidence = [\"page\"]\n";
    append(home.path(), odd);
    let (exit, out, err) = run(home.path(), &["graph", "--svg", "map.svg"]);
    assert_eq!((exit, err.as_str()), (Some(0), ""));
    assert!(out.contains("drawn in map.svg"), "{out}");
    let text = fs::read_to_string(home.path().join("map.svg")).unwrap();
    let elements = elements(&text);
    let names: std::collections::BTreeSet<_> = elements.iter().map(|(name, ..)| name.as_str()).collect();
    let expected = ["defs", "desc", "marker", "path", "rect", "svg", "text", "title"];
    assert_eq!(names.into_iter().collect::<Vec<_>>(), expected, "no script, no style, no image, no link");
    for (name, attributes, _) in &elements {
        for (key, value) in attributes {
            assert!(!key.starts_with("on") && !key.contains("href") && key != "style", "{name} {key}");
            let inner = !value.contains("url(") || value.starts_with("url(#");
            assert!(inner && (key == "xmlns" || !value.contains("://")), "{key}={value}");
        }
    }
    let said = |name: &str| elements.iter().filter(|e| e.0 == name).map(|e| e.2.as_str()).collect::<Vec<_>>();
    assert!(said("title")[0].starts_with("Who passes data to whom"));
    let description = said("desc")[0];
    assert!(description.contains("NRPF Connect shares data with Home Office (certain; leads to the Home Office)"));
    // In one box, over two lines.
    let words = said("text").join(" ");
    assert!(words.contains("<script>a('1')</script>") && words.contains("& \"Sons\""), "{words}");
    // Ways to the Home Office: by thickness or dashes, and in words.
    let lines = |width: &str, dashes: bool| {
        let has = |a: &[(String, String)], k: &str| a.iter().find(|(n, _)| n == k).map(|(_, v)| v.clone());
        elements
            .iter()
            .filter(|(n, a, _)| {
                n == "path"
                    && has(a, "stroke-width").as_deref() == Some(width)
                    && has(a, "stroke-dasharray").is_some() == dashes
            })
            .count()
    };
    let (_, data) = data(home.path(), &["graph"]);
    let looks = |look: &str| data["links"].as_array().unwrap().iter().filter(|l| l["look"] == look).count();
    // Each once more in the key.
    assert_eq!(lines("4", false), looks("leads to the Home Office") + 1);
    assert_eq!(lines("2.4", true), looks("may lead to the Home Office") + 1);
    assert_eq!(lines("1.3", true), looks("carries nothing now") + 1);
    assert!(said("text").iter().filter(|t| t.contains("→ Home Office")).count() == looks("leads to the Home Office"));
}

#[test]
fn nothing_is_drawn_over_anything() {
    let home = home();
    assert_eq!(run(home.path(), &["graph", "--svg", "map.svg"]).0, Some(0));
    let text = fs::read_to_string(home.path().join("map.svg")).unwrap();
    let boxes: Vec<[f64; 4]> = elements(&text)
        .iter()
        .filter(|(name, a, _)| name == "rect" && a.iter().any(|(k, v)| k == "width" && v == "264"))
        .map(|(_, a, _)| {
            ["x", "y", "width", "height"].map(|key| a.iter().find(|(k, _)| k == key).unwrap().1.parse().unwrap())
        })
        .collect();
    assert!(boxes.len() > 15);
    for (i, a) in boxes.iter().enumerate() {
        for b in &boxes[i + 1..] {
            let apart = a[0] + a[2] < b[0] || b[0] + b[2] < a[0] || a[1] + a[3] < b[1] || b[1] + b[3] < a[1];
            assert!(apart, "{a:?} {b:?}");
        }
    }
    let size = |key: &str| -> f64 { elements(&text)[0].1.iter().find(|(k, _)| k == key).unwrap().1.parse().unwrap() };
    assert!(boxes.iter().all(|b| b[0] > 0.0 && b[0] + b[2] < size("width") && b[1] + b[3] < size("height")));
}

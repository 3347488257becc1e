//! What runs out, as a table and as a calendar file that a strict reader of RFC 5545 takes.

use super::{append, data, home, run};
use serde_json::json;
use std::{collections::BTreeMap, fs, path::Path};

/// A component: its properties in order, with parameters in the name, and what is within it.
#[derive(Debug, Default)]
struct Component {
    name: String,
    properties: Vec<(String, String)>,
    within: Vec<Component>,
}

impl Component {
    /// The value of a property that stands here exactly once.
    fn one(&self, name: &str) -> &str {
        let mut found = self.properties.iter().filter(|(n, _)| n == name);
        match (found.next(), found.next()) {
            (Some((_, value)), None) => value,
            _ => panic!("{name} must stand once in {self:?}"),
        }
    }
}

/// Section 3.1 and 3.4, strictly.
fn read(bytes: &[u8]) -> Component {
    let text = std::str::from_utf8(bytes).unwrap();
    let text = text.strip_suffix("\r\n").expect("the last line ends");
    let mut lines: Vec<String> = Vec::new();
    for line in text.split("\r\n") {
        assert!(line.len() <= 75 && !line.is_empty(), "{} octets: {line}", line.len());
        assert!(!line.chars().any(|c| c.is_control()), "{line:?}");
        match line.strip_prefix(' ') {
            Some(more) => lines.last_mut().expect("a first line is not folded").push_str(more),
            None => lines.push(line.to_owned()),
        }
    }
    let mut open = vec![Component::default()];
    for line in lines {
        let (name, value) = line.split_once(':').unwrap_or_else(|| panic!("no property: {line}"));
        match name {
            "BEGIN" => open.push(Component { name: value.to_owned(), ..Component::default() }),
            "END" => {
                let ended = open.pop().unwrap();
                assert_eq!(ended.name, value);
                open.last_mut().unwrap().within.push(ended);
            }
            name => {
                assert!(name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b';' | b'=')), "{name}");
                open.last_mut().unwrap().properties.push((name.to_owned(), value.to_owned()));
            }
        }
    }
    assert_eq!(open.len(), 1, "a component is not ended");
    let mut all = open.pop().unwrap();
    assert!(all.properties.is_empty() && all.within.len() == 1, "one calendar and nothing besides");
    all.within.pop().unwrap()
}

/// TEXT of section 3.3.11 read back. Anything it may not hold unescaped stops the test.
fn text(value: &str) -> String {
    let mut out = String::new();
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('n' | 'N') => out.push('\n'),
                Some(c @ ('\\' | ';' | ',')) => out.push(c),
                other => panic!("{other:?} is escaped in {value}"),
            },
            ';' | ',' => panic!("{c} is not escaped in {value}"),
            c => out.push(c),
        }
    }
    out
}

/// Each event's summary, with its identifier and its day.
fn events(path: &Path) -> BTreeMap<String, (String, String)> {
    let calendar = read(&fs::read(path).unwrap());
    assert_eq!((calendar.name.as_str(), calendar.one("VERSION")), ("VCALENDAR", "2.0"));
    assert!(!calendar.one("PRODID").is_empty());
    let mut found = BTreeMap::new();
    for event in &calendar.within {
        assert_eq!(event.name, "VEVENT");
        let stamp = event.one("DTSTAMP");
        assert!(stamp.len() == 16 && stamp.ends_with('Z') && stamp.as_bytes()[8] == b'T', "{stamp}");
        let day = |s: &str| jiff::civil::Date::strptime("%Y%m%d", s).unwrap();
        let (start, end) = (event.one("DTSTART;VALUE=DATE"), event.one("DTEND;VALUE=DATE"));
        assert_eq!(day(start).tomorrow().unwrap(), day(end));
        let [alarm] = event.within.as_slice() else { panic!("one reminder: {event:?}") };
        assert_eq!((alarm.name.as_str(), alarm.one("ACTION"), alarm.one("TRIGGER")), ("VALARM", "DISPLAY", "-P14D"));
        assert!(!alarm.one("DESCRIPTION").is_empty());
        text(event.one("DESCRIPTION"));
        let old = found.insert(text(event.one("SUMMARY")), (event.one("UID").to_owned(), start.to_owned()));
        assert!(old.is_none(), "{old:?}");
    }
    let ids: std::collections::BTreeSet<_> = found.values().map(|(uid, _)| uid).collect();
    assert_eq!(ids.len(), found.len(), "identifiers are each event's own");
    found
}

const HARD: &str = "\n[[organisation]]\nid = \"hard\"\nname = \"Ünïçödé; with, many \\\\ odd — chäräctérs ✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓✓ and a line\"\n\
[[organisation.system]]\nid = \"hard/meeting\"\nkind = \"forum\"\n\
forum = { state = \"challenged\", since = 2026-01-01, deadline = 2026-02-03 }\n\
assessed = { on = 2025-01-01, until = 2026-12-31, by = \"panel\", reason = \"r\" }\n";

#[test]
fn what_is_over_comes_first_and_what_stops_is_named() {
    let home = home();
    append(home.path(), HARD);
    let (exit, out, _) = run(home.path(), &["due", "--at", "2026-12-01", "--within", "400"]);
    assert_eq!(exit, Some(0));
    let first = out.lines().next().unwrap();
    assert!(first.starts_with("2026-02-03  301 days over"), "{out}");
    assert!(out.contains("2026-12-31  30 days left") && out.contains("connection: inform-riverside"), "{out}");
    let connection = home.path().join("policies/integrations/inform-riverside.toml");
    let approved = format!(
        "approval = {{ by = \"panel\", on = 2026-10-01, until = 2026-12-05, minutes_sha256 = \"{}\" }}\n{}",
        "ab".repeat(32),
        fs::read_to_string(&connection).unwrap()
    );
    fs::write(&connection, approved).unwrap();
    let (_, out, _) = run(home.path(), &["due", "--at", "2026-12-01"]);
    assert!(
        out.contains("2026-12-05  4 days left") && out.contains("approval of the connection inform-riverside"),
        "{out}"
    );
    fs::write(&connection, fs::read_to_string(&connection).unwrap().split_once('\n').unwrap().1).unwrap();
    let (_, near) = data(home.path(), &["due", "--at", "2026-12-31", "--within", "0"]);
    let things: Vec<_> = near["due"].as_array().unwrap().iter().map(|d| (&d["thing"], &d["days"])).collect();
    assert_eq!(things, [(&json!("forum"), &json!(-331)), (&json!("assessment"), &json!(0))]);
}

#[test]
fn the_calendar_is_one_a_strict_reader_takes() {
    let home = home();
    append(home.path(), HARD);
    let path = home.path().join("due.ics");
    let (exit, _, err) = run(home.path(), &["due", "--ics", "due.ics"]);
    assert_eq!((exit, err.as_str()), (Some(0), ""));
    let before = events(&path);
    // Everything with a day: five assessments and undertakings, one emergency approval, and the two above.
    assert_eq!(before.len(), 5 + 5 + 1 + 2, "{before:#?}");
    let odd = before.keys().filter(|k| k.contains("Ünïçödé; with, many \\ odd — chäräctérs ✓✓✓")).count();
    assert_eq!(odd, 2, "{before:#?}");

    // A renewed assessment moves; it is not another event.
    let renew =
        ["assess", "riverside-council/housing-referrals", "--until", "2029-01-31", "--by", "panel", "--reason", "r"];
    assert_eq!(run(home.path(), &renew).0, Some(0));
    assert_eq!(run(home.path(), &["due", "--ics", "due.ics"]).0, Some(0));
    let after = events(&path);
    let moved: Vec<_> = before.iter().filter(|(k, v)| after.get(*k) != Some(v)).collect();
    let [(summary, (uid, day))] = moved.as_slice() else { panic!("{moved:?}") };
    assert_eq!(
        (after[*summary].0.as_str(), day.as_str(), after[*summary].1.as_str()),
        (uid.as_str(), "20270930", "20290131")
    );
}

//! The shipped policies, made to fit a demonstration on any day: the sample recipients' dates move with the
//! calendar, and four recipients are added that nobody may send to.

use crate::policy::{Sources, shipped};
use jiff::civil::{Date, date};

/// The day the shipped samples were written for.
const WRITTEN: Date = date(2026, 11, 21);

const RECIPIENTS: &str = include_str!("recipients.toml");
const CONNECTIONS: &[(&str, &str)] = &[
    ("integrations/demo-nrpf.toml", include_str!("demo-nrpf.toml")),
    ("integrations/demo-home-office.toml", include_str!("demo-home-office.toml")),
    ("integrations/demo-unassessed.toml", include_str!("demo-unassessed.toml")),
    ("integrations/demo-lapsed.toml", include_str!("demo-lapsed.toml")),
];

/// The set that the demonstration runs with.
pub(super) fn sources(today: Date) -> Sources {
    let mut sources = shipped::sources();
    if let Some(text) = sources.0.get_mut("organisations.toml") {
        *text = moved(&format!("{text}\n{RECIPIENTS}"), today);
    }
    for (name, text) in CONNECTIONS {
        sources.insert(*name, *text);
    }
    sources
}

/// Moves the dates of assessments, undertakings and approvals by as many days as have passed since the
/// samples were written. Dates of links and evidence are facts and stay.
fn moved(text: &str, today: Date) -> String {
    let Ok(passed) = WRITTEN.until(today) else { return text.to_owned() };
    let dated = |line: &str| ["assessed", "undertaking", "safeguarding"].iter().any(|key| line.starts_with(key));
    let lines = text.lines().map(|line| if dated(line) { move_line(line, passed) } else { line.to_owned() });
    lines.collect::<Vec<_>>().join("\n")
}

fn move_line(line: &str, by: jiff::Span) -> String {
    let word = |w: &str| {
        let bare = w.trim_end_matches(',');
        let comma = if bare.len() < w.len() { "," } else { "" };
        match bare.parse::<Date>().ok().and_then(|date| date.checked_add(by).ok()) {
            Some(date) if bare.len() == 10 => format!("{date}{comma}"),
            _ => w.to_owned(),
        }
    };
    line.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Policy;

    #[test]
    fn the_demonstration_compiles_on_any_day() {
        for today in [WRITTEN, date(2031, 2, 28), date(2027, 10, 1)] {
            let policy = Policy::compile(&sources(today)).unwrap();
            let council = policy.registry.system(&"riverside-council/housing-referrals".parse().unwrap()).unwrap();
            assert!(council.undertaking_current(today));
            let lapsed = policy.registry.system(&"demo-lapsed/referrals".parse().unwrap()).unwrap();
            assert!(!lapsed.undertaking_current(today));
        }
    }
}

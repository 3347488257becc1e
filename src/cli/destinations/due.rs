//! `havengate destinations due`.

use super::{AsOf, Context, Failure, Files, Printed, many, save};
use crate::policy::organisations::{calendar, due, words};
use jiff::Timestamp;
use serde_json::json;
use std::{fmt::Write as _, path::PathBuf};

/// Days that the table looks ahead when nobody says.
const WITHIN: i32 = 90;

/// What `due` is told.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  havengate destinations due
  havengate destinations due --within 365
  havengate destinations due --ics /srv/calendars/havengate.ics

The calendar holds everything that has a day, with a reminder two weeks before each; an event keeps its identity when
its day moves, so writing the file again each night keeps a shared calendar right. A day that is over comes first.
Ends with 0 whatever is due. --json: `day`, `within`, and `due`, an array of `on`, `days` (below 0: over), `thing`, `id`,
`name`, `then`, `mend`, `connections`.")]
pub struct DueArgs {
    /// Only what runs out within so many days, and what is over [default: 90; in the calendar everything]
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(i32).range(0..=36500))]
    within: Option<i32>,
    /// Also write a calendar file (RFC 5545) here, in place of one that is there
    #[arg(long, value_name = "FILE")]
    ics: Option<PathBuf>,
    #[command(flatten)]
    as_of: AsOf,
}

/// Carries it out.
pub(super) fn run(args: &DueArgs, context: &Context) -> Result<Printed, Failure> {
    let config = context.load()?;
    let policy = Files::read(config.policies.clone())?.compile()?;
    let today = args.as_of.day();
    let all = due::due(&policy);
    let near = |within: i32| all.iter().filter(move |d| d.days(today) <= within);
    let within = args.within.unwrap_or(WITHIN);
    let mut text = String::new();
    for item in near(within) {
        let _ = writeln!(text, "{}  {:<22} {}", item.on, item.left(today), item.summary());
        let stops = if item.connections.is_empty() {
            String::new()
        } else {
            format!(" ({}: {})", many(item.connections.len(), "connection"), item.connections.join(", "))
        };
        let _ = writeln!(text, "            {}{stops}\n            {}", item.then, item.mend);
    }
    if text.is_empty() {
        let _ = writeln!(text, "Nothing runs out within {within} days of {}.", words::day(today));
    }
    if let Some(path) = &args.ics {
        let items: Vec<_> = match args.within {
            Some(within) => near(within).cloned().collect(),
            None => all.clone(),
        };
        let calendar = calendar::calendar(&items, &config.gateway.audience, Timestamp::now());
        save::fresh(path, calendar.as_bytes())?;
        let _ = writeln!(text, "{} written to {}", many(items.len(), "event"), path.display());
    }
    let items = near(within).map(|d| {
        json!({
            "on": d.on, "days": d.days(today), "thing": d.thing, "id": d.id, "name": d.name, "then": d.then,
            "mend": d.mend, "connections": d.connections,
        })
    });
    let data = json!({ "day": today, "within": within, "due": items.collect::<Vec<_>>() });
    Ok(Printed::done(text, data))
}

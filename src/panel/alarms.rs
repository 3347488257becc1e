//! Is anything wrong? Each thing that may be is looked at here, once; *Today*, reports and the API say what was found.
//! An area with something of its own to say adds a [`Look`] to `LOOKS`.

mod stalled;
mod waiting;

use super::{
    Panel,
    access::Role,
    figures::{self, Period, events},
    words::{day, many},
    wrong::Wrong,
};
use crate::{
    flow::name_closed as closed,
    ledger::leaf::Kind,
    policy::organisations::{due, due::Thing, words},
    verdict::destination::day_in_london,
};
use jiff::{Timestamp, ToSpan as _, civil::Date};
use rusqlite::{Connection, OptionalExtension as _};

closed! {
    /// How much it matters.
    Weight {
        /// Somebody may be harmed, or nothing can be proved: look now.
        Alarm = "alarm",
        /// It needs somebody soon.
        Warning = "warning",
    }
}

/// Something that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Alarm {
    /// How much it matters.
    pub weight: Weight,
    /// What, and what to do; whole sentences without anything personal.
    pub said: String,
    /// Where to look, where there is a page for it.
    pub to: Option<&'static str>,
}

impl Alarm {
    fn new(weight: Weight, said: impl Into<String>, to: &'static str) -> Self {
        Self { weight, said: said.into(), to: Some(to) }
    }
}

pub(super) use stalled::{Seen, watch};

/// What is looked at in the store: its day is today in London.
pub type Look = fn(&Connection, Date) -> Result<Vec<Alarm>, rusqlite::Error>;

/// Everything that is looked at in the store.
const LOOKS: &[Look] = &[attempts, other_policy, closed_recipients, rejected, clock, unsound, told];

/// For how many days an event stays an alarm.
const DAYS: u16 = 30;
/// So many days before its last day, something that runs out is said.
const SOON: i32 = 60;

/// What is wrong now, the gravest first: alarms before warnings, and among them what harms people before what waits.
/// Empty: nothing is. Nothing of concerns and breaches is among it but for panel members.
///
/// # Errors
/// When the store fails.
pub async fn all(panel: &Panel, role: Role) -> Result<Vec<Alarm>, Wrong> {
    let today = panel.today();
    let mut found = book(panel);
    let looked = panel.store().read(move |db| LOOKS.iter().map(|look| look(db, today)).collect::<Result<Vec<_>, _>>());
    found.extend(looked.await?.into_iter().flatten());
    found.extend(stalled::look(panel).await?);
    if role == Role::Panel {
        found.extend(waiting::breaches(panel).await?);
        found.extend(waiting::concerns(panel).await?);
    }
    found.extend(waiting::emergencies(panel).await?);
    found.extend(waiting::nobody_told(panel));
    found.extend(waiting::messages(panel).await?);
    found.extend(waiting::stops(panel).await?);
    found.extend(running_out(panel, today));
    // Those of one weight stay in the order in which they were looked at.
    found.sort_by_key(|alarm| alarm.weight);
    Ok(found)
}

/// The record book and the rules themselves.
fn book(panel: &Panel) -> Vec<Alarm> {
    let mut found = Vec::new();
    if panel.ledger().health().is_err() {
        let said =
            "The record book cannot be written. Until it can, the gateway sends nothing at all. Tell your IT team.";
        found.push(Alarm { weight: Weight::Alarm, said: said.to_owned(), to: None });
    }
    let active = panel.ledger().view().active_policy();
    if active.is_some_and(|hash| hash != panel.policy().hash) {
        let said = "The rules that the gateway has loaded are not those that the record book says are active. Nothing is \
                    sent under them. Ask your IT team.";
        found.push(Alarm::new(Weight::Alarm, said, "/policy"));
    }
    found
}

fn recent(today: Date) -> Period {
    // A UTC day can be ahead of London's, and never is by more than one.
    Period::days_to(today.saturating_add(1.day()), DAYS + 1)
}

fn attempts(db: &Connection, today: Date) -> Result<Vec<Alarm>, rusqlite::Error> {
    let found = events::attempts(db, &recent(today))?;
    let count: u64 = found.iter().map(|a| a.count).sum();
    let Some(last) = found.iter().map(|a| a.last.as_str()).max() else { return Ok(Vec::new()) };
    let said = format!(
        "{} to reach the Home Office, or somebody from whom data can reach it, in the last {DAYS} days. Nothing reached \
         it through the gateway. The last was on {}.",
        many(count, "attempt", "attempts"),
        day(last)
    );
    Ok(vec![Alarm::new(Weight::Alarm, said, "/stopped")])
}

fn other_policy(db: &Connection, today: Date) -> Result<Vec<Alarm>, rusqlite::Error> {
    let found = events::told_apart(db, events::OTHER_POLICY, &recent(today))?;
    let count: u64 = found.iter().map(|(_, _, _, n)| n).sum();
    let said = format!(
        "{} left under rules that were not the active ones. That cannot happen unless somebody changed the machine. Have \
         the record book checked.",
        many(count, "request", "requests")
    );
    Ok(if count == 0 { Vec::new() } else { vec![Alarm::new(Weight::Alarm, said, "/left")] })
}

fn closed_recipients(db: &Connection, today: Date) -> Result<Vec<Alarm>, rusqlite::Error> {
    let found = events::marks(db, &[Kind::RecipientClosed], &recent(today))?;
    let linked = found.iter().filter(|m| m.extra.get("why").is_some_and(|why| why == "linked" || why == "forum"));
    Ok(linked
        .map(|mark| {
            let said = format!(
                "On {} it was found that data can reach the Home Office from {}. It was closed. See what had gone there \
                 before, and tell the people it concerns (TRANS-2).",
                day(&mark.day),
                mark.recipient
            );
            Alarm::new(Weight::Alarm, said, "/recipients")
        })
        .collect())
}

fn clock(db: &Connection, today: Date) -> Result<Vec<Alarm>, rusqlite::Error> {
    let count = events::count(db, Kind::ClockAnomaly, &recent(today))?;
    let said = format!(
        "The machine’s clock went back {} in the last {DAYS} days. No consent lives longer by it. Ask your IT team why.",
        many(count, "time", "times")
    );
    Ok(if count == 0 { Vec::new() } else { vec![Alarm::new(Weight::Warning, said, "/record")] })
}

/// What the last check of the record book found.
fn unsound(db: &Connection, _: Date) -> Result<Vec<Alarm>, rusqlite::Error> {
    let last = "SELECT coalesce(sound, 0), ended FROM checks WHERE ended IS NOT NULL ORDER BY n DESC LIMIT 1";
    let last = db.prepare_cached(last)?.query_row([], |row| Ok((row.get::<_, bool>(0)?, row.get(1)?))).optional()?;
    let Some((false, ended)) = last else { return Ok(Vec::new()) };
    let said = format!(
        "The last check of the record book, on {}, did not find it in order. It may have been changed, or its disk may be \
         failing: nothing that these pages say is sure until it is known why. Tell your IT team, and keep every copy.",
        words::day(day_in_london(Timestamp::from_microsecond(ended).unwrap_or(Timestamp::MIN)))
    );
    Ok(vec![Alarm::new(Weight::Alarm, said, "/record")])
}

/// That others are told of alarms than before.
fn told(db: &Connection, today: Date) -> Result<Vec<Alarm>, rusqlite::Error> {
    let found = events::marks(db, &[Kind::ToldChanged], &recent(today))?;
    let said = |mark: &events::Mark| {
        let number = |name: &str| mark.extra.get(name).and_then(|n| n.parse::<u64>().ok()).unwrap_or(0);
        let (gone, new) = (number("gone"), number("new"));
        let said = format!(
            "On {} it was changed to whom messages of alarms go: {} taken out, {} put in. Ask who did that, and whether \
             the right people hear of alarms.",
            day(&mark.day),
            gone,
            new
        );
        Alarm::new(if gone > 0 { Weight::Alarm } else { Weight::Warning }, said, "/messages")
    };
    Ok(found.iter().map(said).collect())
}

/// Rules that were refused after the last that were taken.
fn rejected(db: &Connection, today: Date) -> Result<Vec<Alarm>, rusqlite::Error> {
    let ever = Period::between(jiff::civil::date(1, 1, 1), today.saturating_add(1.day()));
    let marks = events::marks(db, &[Kind::PolicyRejected, Kind::PolicyActivated], &ever)?;
    let Some(mark) = marks.first().filter(|mark| mark.kind == Kind::PolicyRejected) else { return Ok(Vec::new()) };
    let said = format!(
        "New rules were refused on {} because something in them is wrong. The older ones still hold. Ask your IT team.",
        day(&mark.day)
    );
    Ok(vec![Alarm::new(Weight::Alarm, said, "/policy")])
}

/// What has run out or soon will, where a connection or a forum depends on it.
fn running_out(panel: &Panel, today: Date) -> Vec<Alarm> {
    let due = due::due(&panel.policy()).into_iter();
    let matters =
        |d: &due::Due| d.thing != Thing::Safeguarding && (d.thing == Thing::Forum || !d.connections.is_empty());
    due.filter(|d| matters(d) && d.days(today) <= SOON)
        .map(|d| {
            let weight = if d.days(today) < 0 { Weight::Alarm } else { Weight::Warning };
            let said = format!("{}: {} ({}). {}", d.summary(), words::day(d.on), d.left(today), d.then);
            Alarm::new(weight, said, "/recipients")
        })
        .collect()
}

/// Whether the figures are behind the record book, and by how many entries.
///
/// # Errors
/// When the store fails.
pub async fn behind(panel: &Panel) -> Result<u64, Wrong> {
    let counted = panel.store().read(figures::state).await?.entries;
    Ok(panel.ledger().head().size.saturating_sub(counted))
}

//! *Consent*: asked, given, declined, ended, expired; advice offered and obtained. By recipient and month, never by
//! worker and never of one person.

mod kept;

use crate::{
    flow::{Clause, SystemId},
    ledger::small::{SMALLEST, Shown},
    panel::{
        Panel,
        access::Visitor,
        follow,
        page::{self, Shell},
        wrong::Wrong,
    },
    policy::{difference, organisations::words},
};
use askama::Template;
use axum::{
    extract::{Query, State, rejection::QueryRejection},
    response::Response,
};
use jiff::{ToSpan as _, civil::Date};
use kept::Sum;
use std::sync::Arc;

pub(in crate::panel) use kept::{READ, TABLES, keep_state, take};

/// With fewer clients than this in a year, figures would show people: only yes and no, by quarter.
const SMALL: usize = 50;
/// From so many items asked for in three months on, hardly any declined is a warning.
const ENOUGH: u64 = 50;
/// Of a hundred items, fewer than this many declined are hardly any.
const HARDLY: u64 = 2;
/// Months of the overview.
const MONTHS: i32 = 12;

/// What the address asks for.
#[derive(Debug, serde::Deserialize)]
pub(in crate::panel) struct Asked {
    month: Option<String>,
}

#[derive(Template)]
#[template(config = "src/panel/askama.toml", path = "consent.html")]
struct Consent {
    shell: Shell,
    month: String,
    before: String,
    after: Option<String>,
    behind: Option<String>,
    small: bool,
    quarters: Vec<Quarter>,
    now: Vec<(&'static str, String)>,
    total: Figures,
    unrecorded: bool,
    recipients: Vec<(String, Figures)>,
    months: Vec<(String, Figures)>,
    advice: Vec<(&'static str, String)>,
    expired: String,
    ritual: bool,
    clauses: Vec<(String, String, String)>,
}

/// Figures of items, safe to show.
struct Figures {
    asked: String,
    given: String,
    declined: String,
    ended: String,
    died: String,
}

struct Quarter {
    name: String,
    asked: &'static str,
    declined: &'static str,
    ended: &'static str,
}

pub(in crate::panel) async fn page(
    State(panel): State<Arc<Panel>>,
    visitor: Visitor,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Response, Wrong> {
    let Query(asked) = asked.map_err(|_| MONTH)?;
    let progress = follow::for_a_page(&panel).await?;
    let today = panel.today();
    let month = asked.month.map_or(Ok(today.first_of_month()), |text| first_of(&text))?;
    let small = panel.config().clients < SMALL;
    let (from, to) = (month, month.saturating_add(1.month()));
    let sums = kept::by_recipient(&panel, from, to).await?;
    let total = sums.iter().fold(Sum::default(), |sum, (_, _, other)| sum.and(other));
    let recent = kept::total(&panel, month.saturating_sub(2.months()), to).await?;
    let expired = if small { String::new() } else { expired(&panel, from, to).await? };
    page::html(&Consent {
        shell: Shell::of(&panel, &visitor, "Consent", "/consent"),
        month: named(month),
        before: short(month.saturating_sub(1.month())),
        after: (to <= today).then(|| short(to)),
        behind: progress.behind(),
        small,
        quarters: if small { quarters(&panel, month).await? } else { Vec::new() },
        now: now(&panel),
        unrecorded: total.unrecorded > 0,
        recipients: sums.iter().map(|(to, by, sum)| (named_recipient(&panel, to, by), Figures::of(sum))).collect(),
        months: if small { Vec::new() } else { months(&panel, month).await? },
        advice: advice(&total),
        total: Figures::of(&total),
        expired,
        ritual: recent.asked >= ENOUGH && recent.declined.saturating_mul(100) < recent.asked.saturating_mul(HARDLY),
        clauses: clauses(&panel),
    })
}

const MONTH: Wrong = Wrong::Invalid("A month is written as 2026-11.");

/// The first day of a month that is written as `2026-11`.
fn first_of(text: &str) -> Result<Date, Wrong> {
    let shape = text.len() == 7 && text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    let date = if shape { format!("{text}-01").parse::<Date>().ok() } else { None };
    date.filter(|d| (2000..=2999).contains(&d.year())).ok_or(MONTH)
}

fn short(month: Date) -> String {
    month.strftime("%Y-%m").to_string()
}

fn named(month: Date) -> String {
    month.strftime("%B %Y").to_string()
}

/// A count of people's items, so that neither one figure nor the difference of two finds anybody.
fn shown(n: u64) -> String {
    let shown = if n < SMALLEST { Shown::Few } else { Shown::AtLeast(n - n % SMALLEST) };
    shown.to_string()
}

impl Figures {
    fn of(sum: &Sum) -> Self {
        Self {
            asked: shown(sum.asked),
            given: shown(sum.asked.saturating_sub(sum.declined)),
            declined: shown(sum.declined),
            ended: shown(sum.ended),
            died: shown(sum.died),
        }
    }
}

fn named_recipient(panel: &Panel, to: &str, by: &str) -> String {
    let name = match SystemId::parse(to) {
        Ok(id) => difference::recipient(&panel.policy().registry, &id),
        Err(_) => return "More than one recipient, or not recorded".to_owned(),
    };
    if by.is_empty() { name } else { format!("{name} (connection {by})") }
}

fn advice(total: &Sum) -> Vec<(&'static str, String)> {
    vec![
        ("Obtained before consent", shown(total.obtained)),
        ("Offered, and the person declined it", shown(total.offered)),
        ("None on record", shown(total.no_advice)),
    ]
}

/// What is live in the record book at this moment.
fn now(panel: &Panel) -> Vec<(&'static str, String)> {
    let words = |state| match state {
        "live" => "in force",
        "ended" => "ended by the person",
        _ => "run out",
    };
    panel.ledger().view().counts(panel.now()).into_iter().map(|(state, n)| (words(state), shown(n))).collect()
}

async fn months(panel: &Panel, last: Date) -> Result<Vec<(String, Figures)>, Wrong> {
    let mut found = Vec::new();
    for back in 0..MONTHS {
        let from = last.saturating_sub(back.months());
        let sum = kept::total(panel, from, from.saturating_add(1.month())).await?;
        if sum != Sum::default() {
            found.push((named(from), Figures::of(&sum)));
        }
    }
    Ok(found)
}

async fn quarters(panel: &Panel, month: Date) -> Result<Vec<Quarter>, Wrong> {
    let within = i32::from((month.month() - 1) % 3);
    let first = month.saturating_sub(within.months());
    let mut found = Vec::new();
    for back in 0..4 {
        let from = first.saturating_sub((back * 3).months());
        let sum = kept::total(panel, from, from.saturating_add(3.months())).await?;
        let yes = |n| if n > 0 { "yes" } else { "no" };
        found.push(Quarter {
            name: format!("{} to {}", named(from), named(from.saturating_add(2.months()))),
            asked: yes(sum.asked + sum.unrecorded),
            declined: yes(sum.declined),
            ended: yes(sum.ended),
        });
    }
    Ok(found)
}

/// How many consents ran out in a month. The record book has no entry for that; the panel's pages count once a day.
async fn expired(panel: &Panel, from: Date, to: Date) -> Result<String, Wrong> {
    let Some((begun, before)) = kept::first_state(panel, from).await? else {
        return Ok("not counted in this month. Counting begins when the panel's pages run.".to_owned());
    };
    let after = match kept::first_state(panel, to).await? {
        Some((_, after)) => after,
        None => panel.ledger().view().counts(panel.now()).iter().find(|(s, _)| *s == "expired").map_or(0, |(_, n)| *n),
    };
    if begun >= to {
        return Ok("not counted in this month.".to_owned());
    }
    let since = if begun == from { String::new() } else { format!(", counted from {} on", words::day(begun)) };
    Ok(format!("{}{since}.", shown(after.saturating_sub(before))))
}

fn clauses(panel: &Panel) -> Vec<(String, String, String)> {
    let policy = panel.policy();
    let text = |c: Clause| {
        let text = policy.clauses.get(&c)?;
        Some((format!("{c}: {}", text.title), text.summary.clone(), text.adopted.clone()))
    };
    [Clause::Data2ii, Clause::Data2iii, Clause::Data2iv].into_iter().filter_map(text).collect()
}

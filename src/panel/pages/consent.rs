//! *Consent*: asked, given, declined, ended, expired; advice offered and obtained. By recipient and month, never by
//! worker and never of one person.

mod kept;

use crate::{
    flow::{Clause, SystemId},
    panel::{
        Panel,
        access::Visitor,
        figures::{Period, Shown, Small},
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
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

pub(in crate::panel) use kept::{READ, TABLES, keep_state, take};

/// From so many items asked for in three months on, hardly any declined is a warning.
const ENOUGH: u64 = 50;
/// Of a hundred items, fewer than this many declined are hardly any.
const HARDLY: u64 = 2;
/// What ran out in a month is counted at the latest so many days after the first of the next.
const LATE: i32 = 3;
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
    now: Vec<(&'static str, Shown)>,
    total: Figures,
    unrecorded: bool,
    recipients: Vec<(String, Figures)>,
    months: Vec<(String, Figures)>,
    advice: Vec<(&'static str, Shown)>,
    expired: String,
    ritual: Option<String>,
    clauses: Vec<(String, String, String)>,
}

/// Figures of items as they are shown: of one recipient by one connection, or made of what is shown of several.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::panel) struct Figures {
    /// Items that were asked for.
    #[schema(value_type = String)]
    asked: Shown,
    /// Items that were agreed to.
    #[schema(value_type = String)]
    given: Shown,
    /// Items that were declined.
    #[schema(value_type = String)]
    declined: Shown,
    /// Times that somebody ended consent.
    #[schema(value_type = String)]
    ended: Shown,
    /// Consents that were ended because a client died.
    #[schema(value_type = String)]
    died: Shown,
    /// Consents for which independent advice was obtained before.
    #[schema(value_type = String)]
    obtained: Shown,
    /// Consents for which advice was offered and declined.
    #[schema(value_type = String)]
    offered: Shown,
    /// Consents without advice on record.
    #[schema(value_type = String)]
    no_advice: Shown,
}

/// Consent, as machines are told of it.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::panel) struct Told {
    /// Of what: the month, or the quarter it is in where the organisation works with few people.
    people_period: String,
    /// All of it.
    total: Figures,
    /// By recipient and connection; empty where the organisation works with few people.
    by_recipient: Vec<ByRecipient>,
    /// Consents that ran out, in a sentence, as nobody may have counted them; empty where the organisation works with few
    /// people.
    ran_out: String,
    /// Since when nearly nobody said no, in a sentence; empty where that is not so.
    ritual: String,
}

/// Of one recipient by one connection.
#[derive(Debug, Serialize, ToSchema)]
struct ByRecipient {
    /// The recipient's id; empty where there was more than one, or none was recorded.
    recipient: String,
    /// The connection's id, or empty.
    connection: String,
    /// The figures.
    figures: Figures,
}

/// The figures of a month, by its first day.
pub(in crate::panel) async fn told(panel: &Panel, month: Date) -> Result<Told, Wrong> {
    follow::for_a_page(panel).await?;
    let small = Small::of(panel.config().clients);
    let ritual = ritual(panel, month, small).await?.unwrap_or_default();
    if small.is_yes_or_no() {
        let quarter = Period::quarter_of(month);
        let sum = kept::total(panel, quarter.from(), quarter.to().saturating_add(1.day())).await?;
        let total = Figures { asked: small.shown(sum.asked + sum.unrecorded), ..Figures::of(small, &sum) };
        let (by_recipient, ran_out) = (Vec::new(), String::new());
        return Ok(Told { people_period: quarter.key(), total, by_recipient, ran_out, ritual });
    }
    let (from, to) = (month, month.saturating_add(1.month()));
    let sums = kept::by_recipient(panel, from, to).await?.into_iter();
    let by_recipient: Vec<_> = sums
        .map(|(recipient, connection, sum)| ByRecipient { recipient, connection, figures: Figures::of(small, &sum) })
        .collect();
    Ok(Told {
        people_period: Period::month_of(month).key(),
        total: Figures::total(small, by_recipient.iter().map(|by| &by.figures)),
        ran_out: expired(panel, from, to, small).await?,
        by_recipient,
        ritual,
    })
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
    let small = Small::of(panel.config().clients);
    let (from, to) = (month, month.saturating_add(1.month()));
    let sums = kept::by_recipient(&panel, from, to).await?;
    let recipients: Vec<_> =
        sums.iter().map(|(to, by, sum)| (named_recipient(&panel, to, by), Figures::of(small, sum))).collect();
    let total = Figures::total(small, recipients.iter().map(|(_, figures)| figures));
    let few = small.is_yes_or_no();
    page::html(&Consent {
        shell: Shell::of(&panel, &visitor, "Consent", "/consent"),
        month: named(month),
        before: short(month.saturating_sub(1.month())),
        after: (to <= today).then(|| short(to)),
        behind: progress.behind(),
        small: few,
        quarters: if few { quarters(&panel, month).await? } else { Vec::new() },
        now: now(&panel, small),
        unrecorded: sums.iter().any(|(_, _, sum)| sum.unrecorded > 0),
        months: if few { Vec::new() } else { months(&panel, month, small).await? },
        advice: advice(&total),
        recipients,
        total,
        expired: if few { String::new() } else { expired(&panel, from, to, small).await? },
        ritual: ritual(&panel, month, small).await?,
        clauses: clauses(&panel),
    })
}

/// Where nearly nobody says no: since when, in words. Few people are told of by quarters that are over, or the warning
/// itself would say on which day how many were asked.
async fn ritual(panel: &Panel, month: Date, small: Small) -> Result<Option<String>, Wrong> {
    let period = match Period::quarter_of(month) {
        _ if !small.is_yes_or_no() => Period::between(month.saturating_sub(2.months()), month.last_of_month()),
        quarter if quarter.to() < panel.today() => quarter,
        quarter => quarter.before(),
    };
    let sum = kept::total(panel, period.from(), period.to().saturating_add(1.day())).await?;
    let hardly = sum.asked >= ENOUGH && sum.declined.saturating_mul(100) < sum.asked.saturating_mul(HARDLY);
    let said = match small.is_yes_or_no() {
        true => format!("In {period}, many items were asked for, and hardly any were declined."),
        false => format!(
            "In the three months up to {}, {ENOUGH} or more items were asked for, and fewer than {HARDLY} in 100 were \
             declined.",
            named(month)
        ),
    };
    Ok(hardly.then_some(said))
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

impl Figures {
    fn of(small: Small, sum: &Sum) -> Self {
        let shown = |n| small.shown(n);
        Self {
            asked: shown(sum.asked),
            given: shown(sum.asked.saturating_sub(sum.declined)),
            declined: shown(sum.declined),
            ended: shown(sum.ended),
            died: shown(sum.died),
            obtained: shown(sum.obtained),
            offered: shown(sum.offered),
            no_advice: shown(sum.no_advice),
        }
    }

    /// Of several recipients: made of what is shown of each, so that nothing can be taken from it.
    fn total<'f>(small: Small, parts: impl Iterator<Item = &'f Self> + Clone) -> Self {
        let total = |of: fn(&Self) -> Shown| small.total(parts.clone().map(of));
        Self {
            asked: total(|f| f.asked),
            given: total(|f| f.given),
            declined: total(|f| f.declined),
            ended: total(|f| f.ended),
            died: total(|f| f.died),
            obtained: total(|f| f.obtained),
            offered: total(|f| f.offered),
            no_advice: total(|f| f.no_advice),
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

fn advice(total: &Figures) -> Vec<(&'static str, Shown)> {
    vec![
        ("Obtained before consent", total.obtained),
        ("Offered, and the person declined it", total.offered),
        ("None on record", total.no_advice),
    ]
}

/// What is live in the record book at this moment.
fn now(panel: &Panel, small: Small) -> Vec<(&'static str, Shown)> {
    let words = |state| match state {
        "live" => "in force",
        "ended" => "ended by the person",
        _ => "run out",
    };
    let counts = panel.ledger().view().counts(panel.now());
    counts.into_iter().map(|(state, n)| (words(state), small.shown(n))).collect()
}

async fn months(panel: &Panel, last: Date, small: Small) -> Result<Vec<(String, Figures)>, Wrong> {
    let mut found = Vec::new();
    for back in 0..MONTHS {
        let from = last.saturating_sub(back.months());
        let sums = kept::by_recipient(panel, from, from.saturating_add(1.month())).await?;
        let parts: Vec<_> = sums.iter().map(|(_, _, sum)| Figures::of(small, sum)).collect();
        if !parts.is_empty() {
            found.push((named(from), Figures::total(small, parts.iter())));
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

/// How many consents ran out in a month. The record book has no entry for that; the panel's pages count once a day. What
/// was first counted long after the month's end holds what ran out since, and is not said.
async fn expired(panel: &Panel, from: Date, to: Date, small: Small) -> Result<String, Wrong> {
    let uncounted = "not counted in this month. The panel’s pages count while they run.";
    let Some((begun, before)) = kept::first_state(panel, from).await?.filter(|(begun, _)| *begun < to) else {
        return Ok(uncounted.to_owned());
    };
    let (counted, after) = match kept::first_state(panel, to).await? {
        Some(after) => after,
        None => (panel.today(), kept::expired_now(panel)),
    };
    if counted > to.saturating_add(LATE.days()) {
        return Ok(uncounted.to_owned());
    }
    let since = if begun == from { String::new() } else { format!(", counted from {} on", words::day(begun)) };
    Ok(format!("{}{since}.", small.shown(after.saturating_sub(before))))
}

fn clauses(panel: &Panel) -> Vec<(String, String, String)> {
    let policy = panel.policy();
    let text = |c: Clause| {
        let text = policy.clauses.get(&c)?;
        Some((format!("{c}: {}", text.title), text.summary.clone(), text.adopted.clone()))
    };
    [Clause::Data2ii, Clause::Data2iii, Clause::Data2iv].into_iter().filter_map(text).collect()
}

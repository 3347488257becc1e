//! Figures over time: what was stopped, what left, what changed, who consented, and all of it as a report.

use super::{InMonth, InPeriod, Public, Take, is_member, json};
use crate::{
    flow::Group,
    panel::{
        Panel,
        access::Visitor,
        figures::{
            self, Period, Shown, Small, drift, events,
            left::{self, Ground},
            stopped::{self, By, Hours, Which},
        },
        pages::consent,
        report::{self, Given, Report},
        words,
        wrong::Wrong,
    },
    policy::Policy,
};
use axum::{
    extract::{Path, State},
    response::Response,
};
use jiff::civil::Date;
use serde::Serialize;
use std::{collections::BTreeMap, sync::Arc};
use utoipa::ToSchema;

#[utoipa::path(get, path = "/api/v1/reports/{period}", tag = "figures",
    description = "A month, a quarter or a year in figures. Concerns received and breaches reported are in it for panel \
                   members alone until the period is over.",
    params(("period" = String, Path, description = "2026-11, 2026-Q4 or 2026"),
           ("public" = Option<bool>, Query, description = "The report for people outside")),
    responses((status = 200, body = Report), (status = 404, description = "No such period")))]
pub(super) async fn report(
    State(panel): State<Arc<Panel>>,
    visitor: Visitor,
    Path(period): Path<String>,
    Take(asked): Take<Public>,
) -> Result<Response, Wrong> {
    let period: Period = period.parse().map_err(|_| Wrong::NotFound)?;
    let report = report::make(&panel, period, asked.public).await?;
    json(&if is_member(&visitor) { report } else { report.for_others() })
}

/// What was stopped: events, as they are.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Stopped {
    /// `2026-11`, `2026-Q4` or `2026`.
    period: String,
    /// Requests that were stopped.
    total: u64,
    /// Of what a row of `over_time` is: `day`, or `month` in a year.
    step: &'static str,
    /// By day or month, and clause.
    over_time: Vec<StoppedIn>,
    /// By clause and recipient. A request under two clauses counts under both.
    by_clause_and_recipient: Vec<Pair>,
    /// By clause.
    by_clause: Vec<Counted>,
    /// By recipient; empty where it was not known.
    by_recipient: Vec<Counted>,
    /// By connection; empty where it was none.
    by_connection: Vec<Counted>,
    /// By the code of the refusal.
    by_code: Vec<Counted>,
    /// Requests that were sent with something left out because of a clause.
    left_out: Vec<Counted>,
    /// Attempts to reach the Home Office or a linked recipient.
    attempts: Vec<Attempt>,
    /// When in the week, in London's weekdays and hours, by whole months.
    hours: Vec<Hour>,
    /// Requests whose hour is not known any more.
    hours_unknown: u64,
}

/// Stopped requests of a day or a month.
#[derive(Debug, Serialize, ToSchema)]
struct StoppedIn {
    /// Its first day, UTC.
    #[schema(value_type = String, format = Date)]
    from: Date,
    /// Under which clause; empty where none decided.
    clause: String,
    /// How many. A request under two clauses counts under both.
    count: u64,
}

/// Stopped requests under a clause for a recipient.
#[derive(Debug, Serialize, ToSchema)]
struct Pair {
    /// Empty where none decided.
    clause: String,
    /// Empty where it was not known.
    recipient: String,
    /// How many.
    count: u64,
}

/// A count of events.
#[derive(Debug, Serialize, ToSchema)]
struct Counted {
    /// An id or a closed word.
    id: String,
    /// For people.
    name: String,
    /// How many.
    count: u64,
}

/// Attempts to reach the Home Office or a linked recipient.
#[derive(Debug, Serialize, ToSchema)]
struct Attempt {
    /// Empty where none was named.
    connection: String,
    /// Empty where it is not known.
    recipient: String,
    /// Of the refusal; empty where the rest of the request was sent without it.
    code: String,
    /// The rule that stopped it.
    rule: String,
    /// The last day of the period on which there was one, UTC.
    last: String,
    /// How many.
    count: u64,
}

/// Stopped requests of a weekday's hour.
#[derive(Debug, Serialize, ToSchema)]
struct Hour {
    /// 1 is Monday, 7 Sunday.
    weekday: u8,
    /// 0 to 23.
    hour: u8,
    /// How many.
    count: u64,
}

#[utoipa::path(get, path = "/api/v1/stopped", tag = "figures",
    params(("period" = Option<String>, Query, description = "2026-11, 2026-Q4 or 2026; this month by default")),
    responses((status = 200, body = Stopped)))]
pub(super) async fn stopped(State(panel): State<Arc<Panel>>, Take(asked): Take<InPeriod>) -> Result<Response, Wrong> {
    let period = asked.period(&panel)?;
    figures::catch_up(&panel).await?;
    let policy = panel.policy();
    json(&panel.store().read(move |db| Stopped::read(db, &policy, &period)).await?)
}

impl Stopped {
    fn read(db: &rusqlite::Connection, policy: &Policy, period: &Period) -> Result<Self, rusqlite::Error> {
        let all = Which::default();
        let by = |by, name: fn(&Policy, &str) -> String| {
            Ok::<_, rusqlite::Error>(counted(policy, stopped::by(db, period, by, &all)?, name))
        };
        let days = stopped::daily(db, period, By::Clause, &all)?.into_iter();
        let pairs = stopped::clauses_and_recipients(db, period)?.into_iter();
        let Hours { counts, unknown } = stopped::hours(db, period)?;
        Ok(Self {
            period: period.key(),
            total: stopped::total(db, period, &all)?,
            step: step(period),
            over_time: days
                .flat_map(|(from, clauses)| {
                    clauses.into_iter().map(move |(clause, count)| StoppedIn { from, clause, count })
                })
                .collect(),
            by_clause_and_recipient: pairs
                .map(|(clause, recipient, count)| Pair { clause, recipient, count })
                .collect(),
            by_clause: by(By::Clause, words::clause)?,
            by_recipient: by(By::Recipient, words::recipient)?,
            by_connection: by(By::Connection, |_, id| words::connection(id))?,
            by_code: by(By::Code, |_, code| words::code(code).to_owned())?,
            left_out: counted(policy, stopped::left_out(db, period)?, words::clause),
            attempts: events::attempts(db, period)?.into_iter().map(Attempt::of).collect(),
            hours: counts
                .into_iter()
                .map(|((weekday, hour), count)| Hour { weekday: weekday + 1, hour, count })
                .collect(),
            hours_unknown: unknown,
        })
    }
}

fn counted(policy: &Policy, found: Vec<(String, u64)>, name: fn(&Policy, &str) -> String) -> Vec<Counted> {
    found.into_iter().map(|(id, count)| Counted { name: name(policy, &id), id, count }).collect()
}

/// Of what a row over time is.
fn step(period: &Period) -> &'static str {
    if period.months().is_empty() { "day" } else { "month" }
}

impl Attempt {
    fn of(found: events::Attempts) -> Self {
        let events::Attempts { connection, recipient, code, rule, last, count } = found;
        Self { connection, recipient, code, rule, last, count }
    }
}

/// What left: requests as they are, people's values by the rule for small numbers.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Left {
    /// Of requests: `2026-11`, `2026-Q4` or `2026`.
    period: String,
    /// Of figures of people: the same, or the quarter it is in where the organisation works with few people.
    people_period: String,
    /// How the requests ended.
    requests: Requests,
    /// Of what a row of `over_time` is: `day`, or `month` in a year.
    step: &'static str,
    /// Requests that left, or may have, by day or month.
    over_time: Vec<LeftIn>,
    /// Requests that left, or may have, by connection and recipient.
    flows: Vec<Flow>,
    /// Values that left, by recipient, group and form.
    forms: Vec<Form>,
    /// Values that left, by recipient, group and ground.
    grounds: Vec<Given>,
    /// Values that were left out of requests, by group.
    held_back: Vec<HeldBack>,
}

/// Requests that were let through.
#[derive(Debug, Serialize, ToSchema)]
struct Requests {
    /// Allowed by the gateway.
    allowed: u64,
    /// The recipient answered.
    answered: u64,
    /// Nothing of it left after all.
    unsent: u64,
    /// Nobody knows whether it arrived.
    unknown: u64,
    /// What left, or may have.
    left: u64,
}

/// Requests of a day or a month.
#[derive(Debug, Serialize, ToSchema)]
struct LeftIn {
    /// Its first day, UTC.
    #[schema(value_type = String, format = Date)]
    from: Date,
    /// How many left, or may have.
    count: u64,
}

/// Requests by a connection to a recipient.
#[derive(Debug, Serialize, ToSchema)]
struct Flow {
    /// The connection's id.
    connection: String,
    /// The recipient's id.
    recipient: String,
    /// How many left, or may have.
    count: u64,
}

/// Values of a group in a form.
#[derive(Debug, Serialize, ToSchema)]
struct Form {
    /// The recipient's id.
    recipient: String,
    /// The recipient's name.
    name: String,
    /// The group of data.
    group: String,
    /// The same in words.
    group_name: &'static str,
    /// What was done with them: `sent`, `generalised` or `pseudonymised`.
    act: String,
    /// The same in words.
    act_name: &'static str,
    /// As it is shown.
    #[schema(value_type = String)]
    shown: Shown,
    /// The least that it stands for.
    at_least: u64,
}

/// Values that were left out.
#[derive(Debug, Serialize, ToSchema)]
struct HeldBack {
    /// The group of data.
    group: String,
    /// The same in words.
    group_name: &'static str,
    /// As it is shown.
    #[schema(value_type = String)]
    shown: Shown,
    /// The least that it stands for.
    at_least: u64,
}

#[utoipa::path(get, path = "/api/v1/left", tag = "figures",
    params(("period" = Option<String>, Query, description = "2026-11, 2026-Q4 or 2026; this month by default")),
    responses((status = 200, body = Left)))]
pub(super) async fn left(State(panel): State<Arc<Panel>>, Take(asked): Take<InPeriod>) -> Result<Response, Wrong> {
    let (period, small) = (asked.period(&panel)?, Small::of(panel.config().clients));
    figures::catch_up(&panel).await?;
    let policy = panel.policy();
    json(&panel.store().read(move |db| Left::read(db, &policy, &period, small)).await?)
}

impl Left {
    fn read(
        db: &rusqlite::Connection,
        policy: &Policy,
        period: &Period,
        small: Small,
    ) -> Result<Self, rusqlite::Error> {
        let of = small.period(*period);
        let people = left::people(db, &of, small)?;
        let requests = left::requests(db, period)?;
        let ground = |((recipient, group, ground), shown): ((String, Group, Ground), Shown)| {
            Given::of(policy, &of, (recipient, group, ground), shown)
        };
        let mut held_back: BTreeMap<Group, Vec<Shown>> = BTreeMap::new();
        for ((_, group), shown) in people.held_back {
            held_back.entry(group).or_default().push(shown);
        }
        let held_back = held_back.into_iter().map(|(group, parts)| (group, small.total(parts)));
        Ok(Self {
            period: period.key(),
            people_period: of.key(),
            requests: Requests::of(requests),
            step: step(period),
            over_time: left::daily(db, period)?.into_iter().map(|(from, count)| LeftIn { from, count }).collect(),
            flows: left::flows(db, period)?
                .into_iter()
                .map(|(connection, recipient, count)| Flow { connection, recipient, count })
                .collect(),
            forms: people
                .given
                .into_iter()
                .map(|((recipient, group, act), shown)| Form {
                    name: words::recipient(policy, &recipient),
                    recipient,
                    group: group.to_string(),
                    group_name: words::group(group),
                    act: act.to_string(),
                    act_name: words::act(act),
                    shown,
                    at_least: shown.least(),
                })
                .collect(),
            grounds: left::on_ground(db, &of, small)?.into_iter().map(ground).collect(),
            held_back: held_back
                .map(|(group, shown)| HeldBack {
                    group: group.to_string(),
                    group_name: words::group(group),
                    shown,
                    at_least: shown.least(),
                })
                .collect(),
        })
    }
}

impl Requests {
    const fn of(found: left::Requests) -> Self {
        let left::Requests { allowed, answered, unsent, unknown } = found;
        Self { allowed, answered, unsent, unknown, left: found.left() }
    }
}

/// What changed since the period before, and what departs from what was agreed. Nothing of it is a fault by itself.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Drift {
    /// Of what: the period asked for, or the quarter it is in where the organisation works with few people.
    people_period: String,
    /// What it is compared with.
    before: String,
    /// Nothing changed and nothing departs; operations nobody used apart.
    quiet: bool,
    /// Recipients that got something and had got nothing before.
    recipients: Vec<String>,
    /// Groups of data that a recipient got and had not got before; new recipients apart.
    groups: Vec<NewGroup>,
    /// Of which a recipient got much more than before.
    more: Vec<More>,
    /// Requests that left under rules that were not the active ones, by connection.
    other_policy: Vec<Counted>,
    /// Operations that the policies allow and nobody ever used.
    unused: Vec<Unused>,
    /// Connections that try again and again to send what may not leave.
    withheld: Vec<Withheld>,
}

/// A group that is new to a recipient.
#[derive(Debug, Serialize, ToSchema)]
struct NewGroup {
    /// The recipient's id.
    recipient: String,
    /// The group of data.
    group: String,
}

/// Much more than before.
#[derive(Debug, Serialize, ToSchema)]
struct More {
    /// The recipient's id.
    recipient: String,
    /// The group of data.
    group: String,
    /// Before, as it is shown.
    #[schema(value_type = String)]
    then: Shown,
    /// Now, as it is shown.
    #[schema(value_type = String)]
    now: Shown,
}

/// What nobody used.
#[derive(Debug, Serialize, ToSchema)]
struct Unused {
    /// The connection's id.
    connection: String,
    /// The operation's id.
    operation: String,
}

/// What was held back again and again.
#[derive(Debug, Serialize, ToSchema)]
struct Withheld {
    /// The connection's id.
    connection: String,
    /// The group of data.
    group: String,
    /// As it is shown.
    #[schema(value_type = String)]
    shown: Shown,
}

#[utoipa::path(get, path = "/api/v1/drift", tag = "figures",
    params(("period" = Option<String>, Query, description = "2026-11, 2026-Q4 or 2026; this month by default")),
    responses((status = 200, body = Drift)))]
pub(super) async fn drift(State(panel): State<Arc<Panel>>, Take(asked): Take<InPeriod>) -> Result<Response, Wrong> {
    let small = Small::of(panel.config().clients);
    let period = small.period(asked.period(&panel)?);
    figures::catch_up(&panel).await?;
    let policy = panel.policy();
    let found = panel.store().read(move |db| drift::drift(db, &period, small, &policy)).await?;
    json(&Drift {
        people_period: period.key(),
        before: period.before().key(),
        quiet: found.is_quiet(),
        groups: found.groups.into_iter().map(|(to, of)| NewGroup { recipient: to, group: of.to_string() }).collect(),
        more: found
            .more
            .into_iter()
            .map(|(recipient, group, then, now)| More { recipient, group: group.to_string(), then, now })
            .collect(),
        other_policy: found
            .other_policy
            .into_iter()
            .map(|(id, count)| Counted { name: words::connection(&id), id, count })
            .collect(),
        unused: found.unused.into_iter().map(|(connection, operation)| Unused { connection, operation }).collect(),
        withheld: found
            .withheld
            .into_iter()
            .map(|(connection, group, shown)| Withheld { connection, group: group.to_string(), shown })
            .collect(),
        recipients: found.recipients,
    })
}

#[utoipa::path(get, path = "/api/v1/consent", tag = "figures",
    description = "Whether people are asked, and whether they are free to say no: single pieces of data, by recipient and \
                   connection.",
    params(("month" = Option<String>, Query, description = "2026-11; this month by default")),
    responses((status = 200, body = consent::Told)))]
pub(super) async fn consents(State(panel): State<Arc<Panel>>, Take(asked): Take<InMonth>) -> Result<Response, Wrong> {
    json(&consent::told(&panel, asked.month(&panel)?).await?)
}

//! *Emergencies*: what was shared because life or a person was at risk, and the panel's review of it within 72 hours.

mod kept;

use crate::{
    flow::{Clause, SystemId},
    ledger::{Change, Leaf, leaf::Kind},
    panel::{
        Panel,
        access::Visitor,
        follow,
        guard::Fields,
        page::{self, Shell, see_other},
        pages::record::moment,
        words::{self, day},
        wrong::Wrong,
    },
    policy::difference,
};
use askama::Template;
use axum::{
    extract::{Path, State},
    response::Response,
};
use jiff::{SignedDuration, Timestamp};
use kept::{Emergency, Sharing};
use std::{collections::BTreeSet, sync::Arc};

pub(in crate::panel) use kept::{READ, TABLES, remind, take, told};

/// How long the panel has for a review (design section 1, Emergencies).
const TO_REVIEW: SignedDuration = SignedDuration::from_hours(72);
/// Emergencies that one page shows.
const SHOWN: i64 = 200;
/// Answers of the record book that a review waits for: more than there ever are.
const ALL: usize = 100_000;
/// The most characters of a review.
const LONGEST: usize = 4000;

/// What a review came to, as the record book has it and in words.
const OUTCOMES: [(&str, &str); 3] = [
    (JUSTIFIED, "It was justified"),
    ("more-than-needed", "It was justified, but more was shared than was needed"),
    (NOT_JUSTIFIED, "It was not justified"),
];
const JUSTIFIED: &str = "justified";
const NOT_JUSTIFIED: &str = "not-justified";

#[derive(Template)]
#[template(config = "src/panel/askama.toml", path = "emergencies.html")]
struct Emergencies {
    shell: Shell,
    waiting: u64,
    overdue: u64,
    open: Vec<Row>,
    done: Vec<Row>,
    behind: Option<String>,
    more: bool,
    outcomes: [(&'static str, &'static str); 3],
    clauses: Vec<(String, String, String)>,
}

/// An emergency as it is shown.
struct Row {
    entry: i64,
    day: String,
    given: Option<String>,
    to: String,
    to_id: String,
    ground: &'static str,
    due: String,
    overdue: bool,
    shared: Vec<String>,
    reviews: Vec<Review>,
    /// The person who looks at the page may still review it.
    mine: bool,
}

struct Review {
    day: String,
    outcome: &'static str,
    breach: bool,
    text: String,
    by: String,
}

pub(in crate::panel) async fn page(State(panel): State<Arc<Panel>>, visitor: Visitor) -> Result<Response, Wrong> {
    let progress = follow::for_a_page(&panel).await?;
    let waiting = open(&panel).await?;
    let all = kept::all(&panel, SHOWN).await?;
    let account = visitor.session().map(|s| s.account.clone()).unwrap_or_default();
    let more = i64::try_from(all.len()).is_ok_and(|n| n >= SHOWN);
    let (done, open) = all.into_iter().map(|e| Row::of(&panel, e, &account)).partition(|row| !row.reviews.is_empty());
    let policy = panel.policy();
    let clause = |c: Clause| {
        let text = policy.clauses.get(&c)?;
        Some((format!("{c}: {}", text.title), text.summary.clone(), text.adopted.clone()))
    };
    page::html(&Emergencies {
        shell: Shell::of(&panel, &visitor, "Emergencies", "/emergencies"),
        waiting: waiting.waiting,
        overdue: waiting.overdue,
        open,
        done,
        behind: progress.behind(),
        more,
        outcomes: OUTCOMES,
        clauses: [Clause::Data2ii, Clause::Unite2017].into_iter().filter_map(clause).collect(),
    })
}

impl Row {
    fn of(panel: &Panel, kept: Emergency, account: &str) -> Self {
        let (due, overdue) = due(&kept, panel.now());
        let mine = kept.reviews.len() < 2 && kept.reviews.iter().all(|r| r.account != account);
        Self {
            entry: kept.entry,
            day: day(&kept.day),
            given: kept.at.map(moment),
            to: name(panel, &kept.destination),
            to_id: kept.destination,
            ground: ground(&kept.ground),
            due,
            overdue: overdue && kept.reviews.is_empty(),
            shared: kept.shared.iter().map(Sharing::words).collect(),
            reviews: kept.reviews.into_iter().map(Review::of).collect(),
            mine,
        }
    }
}

impl Review {
    fn of(kept: kept::Review) -> Self {
        let outcome = OUTCOMES.iter().find(|(id, _)| *id == kept.outcome);
        Self {
            day: day(&kept.day),
            outcome: outcome.map_or("It was reviewed", |(_, words)| words),
            breach: kept.outcome == NOT_JUSTIFIED,
            text: kept.text.unwrap_or_default(),
            by: kept.name.unwrap_or_else(|| "a panel member whose account is gone".to_owned()),
        }
    }
}

/// By when it is to be reviewed. Where only the day is known, that day's end counts as when it was given.
fn due(kept: &Emergency, now: Timestamp) -> (String, bool) {
    let Some(by) = kept.at.and_then(|at| at.checked_add(TO_REVIEW).ok()) else {
        return ("within 72 hours of that day".to_owned(), false);
    };
    (moment(by), by < now)
}

fn name(panel: &Panel, destination: &str) -> String {
    SystemId::parse(destination)
        .map_or_else(|_| destination.to_owned(), |id| difference::recipient(&panel.policy().registry, &id))
}

fn ground(text: &str) -> &'static str {
    match text {
        "life" => "danger to life",
        "child-at-risk" => "a child at risk",
        "adult-at-risk" => "an adult at risk",
        _ => "a ground that this version does not know",
    }
}

impl Sharing {
    /// Groups and forms, never how much: it is about one person.
    fn words(&self) -> String {
        let mut groups = BTreeSet::new();
        for (group, form, act, _) in
            serde_json::from_str::<Vec<(String, String, String, u64)>>(&self.counts).unwrap_or_default()
        {
            if matches!(act.as_str(), "sent" | "generalised" | "pseudonymised") {
                let form = match form.as_str() {
                    "raw" => "exact",
                    "generalised" => "rough",
                    "pseudonym" => "as a pseudonym",
                    _ => "in more than one form",
                };
                let known = group.parse().map(words::group);
                groups.insert(format!("{}, {form}", known.unwrap_or(&group)));
            }
        }
        let what = if groups.is_empty() {
            "nothing about the client".to_owned()
        } else {
            groups.into_iter().collect::<Vec<_>>().join("; ")
        };
        let end = match self.ended.as_deref() {
            Some("answered") => "",
            Some("unsent") => " It was not sent after all: the recipient could not be reached.",
            Some(_) => " Whether it arrived is not known.",
            None => " No answer is on record yet.",
        };
        format!("{}, by the connection {}: {what}.{end}", moment(self.at), self.integration)
    }
}

/// Keeps a panel member's review, once for each member and twice at most.
pub(in crate::panel) async fn review(
    State(panel): State<Arc<Panel>>,
    visitor: Visitor,
    Path(entry): Path<String>,
    fields: Fields,
) -> Result<Response, Wrong> {
    let session = visitor.signed_in()?;
    let entry: i64 = entry.parse().map_err(|_| Wrong::NotFound)?;
    let chosen = fields.one("outcome")?;
    let outcome = OUTCOMES.iter().find(|(id, _)| *id == chosen).map(|(id, _)| *id);
    let outcome = outcome.ok_or(Wrong::Invalid("Choose what the review came to."))?;
    let text = fields.text("text", LONGEST)?;
    if outcome != JUSTIFIED && text.is_empty() {
        return Err(Wrong::Invalid("Write in a sentence what was not right. Name nobody."));
    }
    let _turn = panel.registers().turn().await;
    if follow::up(&panel, ALL).await?.behind().is_some() {
        return Err(Wrong::Broken);
    }
    let known = kept::one(&panel, entry).await?.ok_or(Wrong::NotFound)?;
    if known.reviews.len() >= 2 {
        return Err(Wrong::Conflict("Two panel members have reviewed it already."));
    }
    if known.reviews.iter().any(|r| r.account == session.account) {
        return Err(Wrong::Conflict("You have reviewed it already. What was recorded cannot be changed."));
    }
    kept::write_down(&panel, entry, &session.account, text).await?;
    let mut leaf = Leaf::new(Kind::SafeguardingReviewed);
    leaf.destination = SystemId::parse(&known.destination).ok();
    leaf.extra.insert("entry", entry.to_string());
    leaf.extra.insert("outcome", outcome.to_owned());
    leaf.extra.insert("by", session.account.clone());
    panel.record(leaf, Vec::new()).await?;
    follow::up(&panel, ALL).await?;
    Ok(see_other("/emergencies"))
}

/// Emergencies that wait for their review.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::panel) struct Open {
    /// All of them.
    pub waiting: u64,
    /// Of those, for longer than 72 hours.
    pub overdue: u64,
}

/// How many emergencies wait for their review; for *Today*.
pub(in crate::panel) async fn open(panel: &Panel) -> Result<Open, Wrong> {
    follow::for_a_page(panel).await?;
    let before = panel.now().checked_sub(TO_REVIEW).unwrap_or(Timestamp::MIN);
    kept::waiting(panel, before).await
}

/// What the panel is told when a review is overdue.
fn reminder(emergency: &Emergency) -> (Leaf, Vec<Change>) {
    let mut leaf = Leaf::new(Kind::SafeguardingOverdue);
    leaf.destination = SystemId::parse(&emergency.destination).ok();
    leaf.extra.insert("entry", emergency.entry.to_string());
    (leaf, vec![Change::Notify { kind: "safeguarding-overdue" }])
}

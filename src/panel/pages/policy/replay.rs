//! What a set of rules would have changed in the thirty days before it, from the erasable detail rows of the record
//! book: a little at a time, to a bound, and as far as the rows can tell. An organisation that works with few people is
//! told yes or no, since the beginning of a quarter.

use super::{
    files,
    kept::{self, Activation, Replayed},
    parsed,
};
use crate::{
    flow::{Act, Category, Form, IntegrationId, OperationId},
    ledger::{Entry, small::SMALLEST},
    panel::{
        Panel,
        figures::{Period, Shown, Small},
        wrong::Wrong,
    },
    policy::{
        Policy, PolicyHash, Sources,
        difference::{
            self, Version, reach,
            replay::{Fate, Recorded, fate, passes},
        },
        organisations::words,
    },
};
use jiff::{ToSpan as _, civil::Date};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    hash::{DefaultHasher, Hash as _, Hasher as _},
    sync::Arc,
    time::Duration,
};

/// How far back it looks.
const DAYS: i32 = 30;
/// The most entries that are read.
const ENTRIES: u64 = 200_000;
/// The most different things that are told apart.
const KINDS: usize = 20_000;
/// The most sets that were in force in that time.
const SETS: usize = 12;
/// The most lines that are kept of what would have been different.
const LINES: usize = 300;
/// Between two answers of the record book: the gateway writes meanwhile.
const PAUSE: Duration = Duration::from_millis(5);

/// Works it out and keeps what was found.
pub(super) async fn finish(panel: Arc<Panel>, this: Activation) {
    let found = work(&panel, &this).await.unwrap_or_else(|_| Replayed {
        but: vec!["It could not be worked out: something failed on our side, and the log says what.".to_owned()],
        ..Replayed::default()
    });
    if kept::end(&panel, this.entry, &found).await.is_err() {
        tracing::error!("what a replay found could not be kept for the panel's page");
    }
}

async fn work(panel: &Panel, this: &Activation) -> Result<Replayed, Wrong> {
    let day: Date = this.day.parse().map_err(|_| Wrong::broken("an entry of the record book has no day"))?;
    let hash = parsed(&this.hash).ok_or(Wrong::NotFound)?;
    let (from, small) = (day.saturating_sub(DAYS.days()), Small::of(panel.config().clients));
    let from = if small.is_yes_or_no() { Period::quarter_of(from).from() } else { from };
    let until = u64::try_from(this.entry).unwrap_or_default();
    let mut seen = Seen { but: BTreeSet::new(), ..Seen::default() };
    if let Some(first) = kept::first_entry(panel, from.to_string()).await? {
        read(panel, (u64::try_from(first).unwrap_or_default(), until), hash, &mut seen).await?;
    }
    let mut sets = BTreeMap::from([(hash, files(panel, hash).await?)]);
    for then in seen.sets().into_iter().take(SETS) {
        sets.insert(then, files(panel, then).await?);
    }
    let days = format!("{} to {}", words::day(from), words::day(day));
    let judged = tokio::task::spawn_blocking(move || judge(seen, sets, hash, small));
    let found = judged.await.map_err(|_| Wrong::broken("a replay stopped unexpectedly"))?;
    Ok(Replayed { days, ..found })
}

async fn read(panel: &Panel, (first, until): (u64, u64), hash: PolicyHash, seen: &mut Seen) -> Result<(), Wrong> {
    let mut at = first;
    while at < until {
        let entries =
            panel.ledger().entries(at).await.map_err(|_| Wrong::broken("the record book could not be read"))?;
        let Some(last) = entries.last() else { return Ok(()) };
        at = last.index + 1;
        entries.iter().filter(|e| e.index < until).for_each(|e| seen.take(e, hash));
        if at.saturating_sub(first) >= ENTRIES || seen.values.len() >= KINDS {
            let words = "There was more than can be looked at in one go, so only the first part of these days was.";
            seen.but.insert(words.to_owned());
            return Ok(());
        }
        tokio::time::sleep(PAUSE).await;
    }
    Ok(())
}

/// A count of values, and whether they were of fewer than ten people.
#[derive(Debug, Clone, Default)]
struct Figure {
    values: u64,
    /// Marks of the first ten people; whoever comes after changes nothing.
    people: BTreeSet<u64>,
}

impl Figure {
    fn and(&mut self, other: &Self) {
        self.values = self.values.saturating_add(other.values);
        let room = SMALLEST as usize;
        for person in &other.people {
            if self.people.len() < room {
                self.people.insert(*person);
            }
        }
    }

    fn shown(&self, small: Small) -> String {
        match small.shown_of(self.values, self.people.len() as u64) {
            Shown::Few => format!("fewer than {SMALLEST} values, or of fewer than {SMALLEST} people"),
            Shown::AtLeast(n) => format!("{n} values or more"),
            yes_or_none => yes_or_none.to_string(),
        }
    }
}

/// What was read.
#[derive(Debug, Default)]
struct Seen {
    requests: u64,
    erased: u64,
    values: BTreeMap<(PolicyHash, Date, Recorded), Figure>,
    closed: BTreeMap<(PolicyHash, Date, IntegrationId, OperationId), u64>,
    but: BTreeSet<String>,
}

impl Seen {
    /// Takes in a decision that was made under another set.
    fn take(&mut self, entry: &Entry, hash: PolicyHash) {
        let Ok(leaf) = serde_json::from_str::<Value>(&entry.leaf) else { return };
        let text = |name: &str| leaf.get(name).and_then(Value::as_str);
        if text("type") != Some("decision") {
            return;
        }
        let Some(then) = text("policy").and_then(parsed).filter(|then| *then != hash) else { return };
        let named = || {
            let day = text("day")?.parse::<Date>().ok()?;
            Some((day, IntegrationId::parse(text("integration")?).ok()?, OperationId::parse(text("operation")?).ok()?))
        };
        let Some((day, integration, operation)) = named() else { return };
        self.requests += 1;
        if leaf.get("rc").is_some() && entry.detail.is_empty() {
            self.erased += 1;
        }
        let closing = ["destination-linked", "destination-unassessed", "destination-uncommitted", "forum"];
        if text("decided") == Some("refused") && text("code").is_some_and(|c| closing.contains(&c)) {
            *self.closed.entry((then, day, integration.clone(), operation.clone())).or_default() += 1;
        }
        for row in &entry.detail {
            let Some((recorded, figure)) = detail(row, &integration, &operation) else { continue };
            self.values.entry((then, day, recorded)).or_default().and(&figure);
        }
    }

    fn sets(&self) -> BTreeSet<PolicyHash> {
        self.values.keys().map(|(then, ..)| *then).chain(self.closed.keys().map(|(then, ..)| *then)).collect()
    }
}

fn detail(row: &str, integration: &IntegrationId, operation: &OperationId) -> Option<(Recorded, Figure)> {
    let row: Value = serde_json::from_str(row).ok()?;
    let text = |name: &str| row.get(name).and_then(Value::as_str);
    let person = text("subject").map(|subject| {
        let mut hasher = DefaultHasher::new();
        subject.hash(&mut hasher);
        hasher.finish()
    });
    let recorded = Recorded {
        integration: integration.clone(),
        operation: operation.clone(),
        category: Category::parse(text("category")?).ok()?,
        form: text("form").and_then(|f| f.parse::<Form>().ok()),
        path: text("path")?.into(),
        act: text("act")?.parse::<Act>().ok()?,
    };
    let values = row.get("count").and_then(Value::as_u64).unwrap_or(0);
    Some((recorded, Figure { values, people: person.into_iter().collect() }))
}

/// Asks both sets of everything that was seen.
fn judge(seen: Seen, sets: BTreeMap<PolicyHash, Sources>, hash: PolicyHash, small: Small) -> Replayed {
    let mut found = Replayed { requests: seen.requests, ..Replayed::default() };
    let read: BTreeMap<_, _> = sets.into_iter().filter_map(|(h, s)| Some((h, Version::read(s).ok()?.policy))).collect();
    let mut but = seen.but.clone();
    if seen.erased > 0 {
        but.insert(format!("Of {} requests the details were erased, so nothing can be said of them.", seen.erased));
    }
    let unreadable = "A set that was in force cannot be read by this version of Havengate, so what was decided under it could not be looked at.";
    let Some(other) = read.get(&hash) else {
        found.but =
            vec!["This set cannot be read by this version of Havengate, so nothing can be replayed.".to_owned()];
        return found;
    };
    let (mut less, mut more) = (BTreeMap::<String, Figure>::new(), BTreeMap::<String, Figure>::new());
    for ((then, day, row), figure) in &seen.values {
        let Some(then) = read.get(then) else {
            but.insert(unreadable.to_owned());
            continue;
        };
        let (lines, words) = match fate(then, other, row, *day) {
            Fate::Same => continue,
            Fate::Unknown => {
                but.insert("Of some values nothing can be said: the set that they were recorded under does not say how they could leave.".to_owned());
                continue;
            }
            Fate::Kept(why) => (&mut less, format!("would not have left: {why}")),
            Fate::OnlyWith(grounds) => (&mut less, format!("would have left only {grounds}")),
            Fate::Leaves(grounds) => (&mut more, format!("was held back and could have left, {grounds}")),
        };
        lines.entry(format!("{} {words}.", what(then, row))).or_default().and(figure);
    }
    found.less = lines(less, &mut but, small);
    found.more = lines(more, &mut but, small);
    found.more.extend(opened(&seen, &read, other));
    found.but = but.into_iter().collect();
    found
}

fn lines(all: BTreeMap<String, Figure>, but: &mut BTreeSet<String>, small: Small) -> Vec<(String, String)> {
    if all.len() > LINES {
        but.insert(format!("Only the first {LINES} differences are listed."));
    }
    all.into_iter().take(LINES).map(|(text, figure)| (text, figure.shown(small))).collect()
}

/// Requests that were stopped because the recipient was closed, and would have come further. Events, as they are.
fn opened(seen: &Seen, read: &BTreeMap<PolicyHash, Policy>, other: &Policy) -> Vec<(String, String)> {
    let mut opened = BTreeMap::<&IntegrationId, u64>::new();
    for ((then, day, integration, operation), n) in &seen.closed {
        let before = read.get(then).is_some_and(|then| passes(then, integration, operation, *day));
        if !before && passes(other, integration, operation, *day) {
            *opened.entry(integration).or_default() += n;
        }
    }
    let line = |(integration, n): (&IntegrationId, u64)| {
        let requests = if n == 1 { "1 request".to_owned() } else { format!("{n} requests") };
        let text = format!(
            "By the connection {integration}, requests that were stopped because the recipient was closed would have come further."
        );
        (text, requests)
    };
    opened.into_iter().map(line).collect()
}

fn what(then: &Policy, row: &Recorded) -> String {
    let label = then.categories.0.get(&row.category).map_or_else(|| row.category.to_string(), |f| f.label.clone());
    let to = then.integrations.get(&row.integration);
    let to =
        to.map_or_else(|| "an unknown recipient".to_owned(), |i| difference::recipient(&then.registry, &i.destination));
    let form = row.form.map_or(String::new(), |form| format!(", {}", reach::form(form)));
    format!("{label} to {to}{form} (connection {}, operation {}, `{}`)", row.integration, row.operation, row.path)
}

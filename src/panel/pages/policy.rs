//! *Policy*: every set of rules that was ever active, what each changed in words, and what it would have changed in the
//! month before it.

mod kept;
mod replay;

use crate::{
    panel::{
        Panel,
        access::Visitor,
        follow,
        guard::Fields,
        page::{self, Shell, see_other},
        pages::record::moment,
        words::day,
        wrong::Wrong,
    },
    policy::{
        PolicyHash, Sources,
        difference::{self, Area, Changed, Difference, Said, Version, Way},
    },
};
use askama::Template;
use axum::{
    extract::{Path, Query, State, rejection::QueryRejection},
    response::Response,
};
use kept::{Activation, Replayed};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

pub(in crate::panel) use kept::{READ, TABLES, activated, rejected};

/// Sets that one page lists.
const SHOWN: i64 = 200;
/// Sets at fault that one page lists.
const REFUSED: i64 = 20;
/// Differences that are kept ready.
const READY: usize = 64;

/// Differences that were worked out, by the hashes of both sets.
#[derive(Debug, Default)]
pub(in crate::panel) struct Known(Mutex<BTreeMap<(PolicyHash, PolicyHash), Arc<Told>>>);

/// What can be told of two sets.
#[derive(Debug)]
enum Told {
    /// In words.
    Words(Difference),
    /// This version of Havengate cannot read one of them: only which files changed.
    Files(Vec<Changed>),
}

#[derive(Template)]
#[template(config = "src/panel/askama.toml", path = "policies.html")]
struct Policies {
    shell: Shell,
    behind: Option<String>,
    versions: Vec<Row>,
    refused: Vec<(i64, String)>,
    more: bool,
}

/// A set in the list.
struct Row {
    entry: i64,
    hash: String,
    short: String,
    day: String,
    gateway: String,
    boot: String,
    by: String,
    active: bool,
}

pub(in crate::panel) async fn list(State(panel): State<Arc<Panel>>, visitor: Visitor) -> Result<Response, Wrong> {
    let progress = follow::for_a_page(&panel).await?;
    let all = kept::all(&panel, SHOWN).await?;
    let more = i64::try_from(all.len()).is_ok_and(|n| n >= SHOWN);
    let versions = all.into_iter().enumerate().map(|(i, a)| Row::of(a, i == 0)).collect();
    let refused = kept::rejections(&panel, REFUSED).await?;
    page::html(&Policies {
        shell: Shell::of(&panel, &visitor, "Policy", "/policy"),
        refused: refused.into_iter().map(|(entry, on)| (entry, day(&on))).collect(),
        behind: progress.behind(),
        versions,
        more,
    })
}

/// Who made a set active, as its entry says it.
fn activator(extra: &BTreeMap<String, String>) -> String {
    let user = extra.get("user").map(|user| format!(" of the machine's user number {user}"));
    match extra.get("by").map(String::as_str) {
        Some("start") => "at the gateway's start".to_owned(),
        Some("signal") => "by a signal to the program, which does not say whose".to_owned(),
        Some("command") => format!("by the command policy reload{}", user.unwrap_or_default()),
        _ => "by whom is not recorded".to_owned(),
    }
}

impl Row {
    fn of(activation: Activation, active: bool) -> Self {
        Self {
            entry: activation.entry,
            short: activation.hash.chars().take(12).collect(),
            hash: activation.hash,
            day: day(&activation.day),
            gateway: activation.gateway,
            boot: activation.boot,
            by: activator(&activation.by),
            active,
        }
    }
}

/// Which of its activations, where a set was active more than once.
#[derive(Debug, serde::Deserialize)]
pub(in crate::panel) struct Which {
    entry: Option<i64>,
}

#[derive(Template)]
#[template(config = "src/panel/askama.toml", path = "policy.html")]
struct One {
    shell: Shell,
    row: Row,
    before: Option<Row>,
    areas: Vec<(Area, Vec<Said>)>,
    files: Vec<Changed>,
    unreadable: bool,
    nothing: bool,
    loosens: Vec<String>,
    replay: Option<Shown>,
    running: bool,
}

/// What was found by replaying, as it is shown.
struct Shown {
    when: String,
    result: Replayed,
}

pub(in crate::panel) async fn one(
    State(panel): State<Arc<Panel>>,
    visitor: Visitor,
    Path(hash): Path<String>,
    which: Result<Query<Which>, QueryRejection>,
) -> Result<Response, Wrong> {
    let Query(which) = which.map_err(|_| Wrong::NotFound)?;
    follow::for_a_page(&panel).await?;
    let (this, before) = both(&panel, &hash, which.entry).await?;
    let told = match &before {
        Some(before) => Some(told(&panel, before, &this).await?),
        None => None,
    };
    let active = panel.ledger().view().active_policy().is_some_and(|h| h.to_string() == this.hash);
    let (replay, running) = kept::replayed(&panel, this.entry).await?;
    let (said, files, unreadable) = match told.as_deref() {
        Some(Told::Words(difference)) => (difference.said.clone(), difference.files.clone(), false),
        Some(Told::Files(files)) => (Vec::new(), files.clone(), true),
        None => (Vec::new(), Vec::new(), false),
    };
    page::html(&One {
        shell: Shell::of(&panel, &visitor, format!("Policy of {}", day(&this.day)), "/policy"),
        nothing: before.is_some() && !unreadable && said.iter().all(|s| s.way == Way::Neither),
        loosens: said.iter().filter(|s| s.way == Way::Loosens).map(|s| s.text.clone()).collect(),
        areas: by_area(said),
        files,
        unreadable,
        row: Row::of(this, active),
        before: before.map(|b| Row::of(b, false)),
        replay: replay.map(|(at, result)| Shown { when: moment(at), result }),
        running,
    })
}

fn by_area(said: Vec<Said>) -> Vec<(Area, Vec<Said>)> {
    let mut areas: BTreeMap<Area, Vec<Said>> = BTreeMap::new();
    for one in said {
        areas.entry(one.area).or_default().push(one);
    }
    areas.into_iter().collect()
}

/// The activation that is asked for, the last of this set where none is named, and the one before it.
async fn both(panel: &Panel, hash: &str, entry: Option<i64>) -> Result<(Activation, Option<Activation>), Wrong> {
    if parsed(hash).is_none() {
        return Err(Wrong::NotFound);
    }
    kept::both(panel, hash.to_owned(), entry).await?.ok_or(Wrong::NotFound)
}

fn parsed(hash: &str) -> Option<PolicyHash> {
    let bytes = data_encoding::HEXLOWER.decode(hash.as_bytes()).ok()?;
    Some(PolicyHash(bytes.try_into().ok()?))
}

/// A set's files as the record book has them.
async fn files(panel: &Panel, hash: PolicyHash) -> Result<Sources, Wrong> {
    let unread = |why| Wrong::broken(why);
    let files = panel.ledger().policy_files(hash).await.map_err(|_| unread("the record book could not be read"))?;
    let files = files.ok_or_else(|| unread("the record book has no files of a set that was active"))?;
    let files = serde_json::from_str(&files).map_err(|_| unread("the record book's files of a set cannot be read"))?;
    Ok(Sources(files))
}

async fn told(panel: &Panel, before: &Activation, this: &Activation) -> Result<Arc<Told>, Wrong> {
    let key = (parsed(&before.hash).ok_or(Wrong::NotFound)?, parsed(&this.hash).ok_or(Wrong::NotFound)?);
    let known = &panel.registers().differences.0;
    if let Some(told) = known.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
        return Ok(Arc::clone(told));
    }
    let (old, new) = (files(panel, key.0).await?, files(panel, key.1).await?);
    let worked_out = tokio::task::spawn_blocking(move || {
        let changed = difference::files(&old, &new);
        match (Version::read(old), Version::read(new)) {
            (Ok(old), Ok(new)) => Told::Words(difference::difference(&old, &new)),
            _ => Told::Files(changed),
        }
    });
    let told = Arc::new(worked_out.await.map_err(|_| Wrong::broken("two policies could not be compared"))?);
    let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
    if known.len() >= READY {
        known.clear();
    }
    known.insert(key, Arc::clone(&told));
    drop(known);
    Ok(told)
}

/// Works out what a set would have changed in the month before it, unless that is under way.
pub(in crate::panel) async fn replay(
    State(panel): State<Arc<Panel>>,
    Path(hash): Path<String>,
    fields: Fields,
) -> Result<Response, Wrong> {
    let entry = fields.one("entry")?.parse::<i64>().map_err(|_| Wrong::Invalid("That is not one of our forms."))?;
    let (this, before) = both(&panel, &hash, Some(entry)).await?;
    if before.is_none() {
        return Err(Wrong::Conflict("It is the first set: there was none before it."));
    }
    if !kept::begin(&panel, entry).await? {
        return Err(Wrong::Conflict("That is being worked out. Look again in a minute."));
    }
    let to = format!("/policy/{}?entry={entry}", this.hash);
    tokio::spawn(replay::finish(panel, this));
    Ok(see_other(&to))
}

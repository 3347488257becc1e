//! *Record book*: how long it is, what it comes to, when it was last checked, and how to check it oneself.

use crate::verdict::destination::{day_in_london, london};
use crate::{
    ledger::{Change, Leaf, Ledger, leaf::Kind},
    panel::{
        Panel,
        access::{Role, Visitor},
        page::{self, Shell, see_other},
        wrong::Wrong,
    },
    policy::organisations::words,
};
use askama::Template;
use axum::{
    body::{Body, Bytes},
    extract::State,
    response::Response,
};
use http::{HeaderValue, StatusCode, header};
use http_body_util::channel::{Channel, Sender};
use jiff::Timestamp;
use rusqlite::OptionalExtension as _;
use std::{io, sync::Arc};

/// The checks that were made, the last few of them. Times are microseconds since 1970.
pub(in crate::panel) const TABLES: &str = "
CREATE TABLE checks (n INTEGER PRIMARY KEY, begun INTEGER NOT NULL, ended INTEGER, sound INTEGER, size INTEGER,
    root TEXT, said TEXT) STRICT;
";

/// A check that has not ended after so long was cut off by a restart.
const LONGEST_CHECK: i64 = 3_600_000_000;

#[derive(Template)]
#[template(config = "src/panel/askama.toml", path = "record.html")]
struct Record {
    shell: Shell,
    size: u64,
    root: String,
    /// When the last entry was written; for others than members the day, as the minute could be a concern's.
    time: String,
    fault: bool,
    checks: Vec<Check>,
    running: bool,
    /// Whether the entries may be downloaded: they say exactly what figures round.
    member: bool,
}

struct Check {
    when: String,
    sound: Option<bool>,
    size: u64,
    said: String,
}

pub(super) async fn page(State(panel): State<Arc<Panel>>, visitor: Visitor) -> Result<Response, Wrong> {
    let head = panel.ledger().head();
    let checks = checks(&panel).await?;
    let member = visitor.session().is_some_and(|s| s.role == Role::Panel);
    page::html(&Record {
        shell: Shell::of(&panel, &visitor, "Record book", "/record"),
        size: head.size,
        root: data_encoding::HEXLOWER.encode(&head.root),
        time: if member { moment(head.time) } else { words::day(day_in_london(head.time)) },
        fault: panel.ledger().health().is_err(),
        member,
        running: checks.iter().any(|c| c.sound.is_none()),
        checks,
    })
}

async fn checks(panel: &Panel) -> Result<Vec<Check>, Wrong> {
    let cut = panel.now().as_microsecond().saturating_sub(LONGEST_CHECK);
    panel
        .store()
        .read(move |db| {
            db.prepare_cached(
                "SELECT begun, sound, size, said FROM checks WHERE ended IS NOT NULL OR begun > ?1 \
                 ORDER BY n DESC LIMIT 12",
            )?
            .query_map([cut], |row| {
                Ok(Check {
                    when: moment(Timestamp::from_microsecond(row.get(0)?).unwrap_or(Timestamp::MIN)),
                    sound: row.get(1)?,
                    size: row.get::<_, Option<i64>>(2)?.and_then(|n| u64::try_from(n).ok()).unwrap_or(0),
                    said: row.get::<_, Option<String>>(3)?.unwrap_or_default(),
                })
            })?
            .collect()
        })
        .await
}

/// A moment in London, to the minute.
pub(in crate::panel) fn moment(at: Timestamp) -> String {
    let zone = london();
    let at = at.to_zoned(zone);
    format!("{} at {}", words::day(at.date()), at.strftime("%H:%M"))
}

/// Begins a check of the whole record book, unless one is under way.
pub(super) async fn check(State(panel): State<Arc<Panel>>) -> Result<Response, Wrong> {
    let now = panel.now().as_microsecond();
    let begun = panel
        .store()
        .write(move |db| {
            let running: Option<i64> = db
                .query_row(
                    "SELECT n FROM checks WHERE ended IS NULL AND begun > ?1",
                    [now.saturating_sub(LONGEST_CHECK)],
                    |row| row.get(0),
                )
                .optional()?;
            if running.is_some() {
                return Ok(None);
            }
            db.execute("INSERT INTO checks (begun) VALUES (?1)", [now])?;
            Ok(Some(db.last_insert_rowid()))
        })
        .await?;
    let number = begun.ok_or(Wrong::Conflict("A check is under way. Look again in a minute."))?;
    tokio::spawn(finish(Arc::clone(&panel), number));
    Ok(see_other("/record"))
}

async fn finish(panel: Arc<Panel>, number: i64) {
    let before = panel.ledger().head();
    let checked = panel.ledger().verify_live().await;
    let now = panel.now().as_microsecond();
    let (sound, said) = match &checked {
        Ok(report) => (report.is_sound(), report.to_string()),
        Err(e) => (false, e.to_string()),
    };
    let (size, root) = (i64::try_from(before.size).unwrap_or(i64::MAX), data_encoding::HEXLOWER.encode(&before.root));
    let kept = panel.store().write(move |db| {
        let change = "UPDATE checks SET ended = ?2, sound = ?3, size = ?4, root = ?5, said = ?6 WHERE n = ?1";
        db.execute(change, (number, now, sound, size, root, said))
    });
    if kept.await.is_err() {
        tracing::error!("what a check of the record book found could not be kept for the panel's page");
    }
    if checked.is_ok_and(|report| !report.is_sound()) {
        let told = panel.record(Leaf::new(Kind::BookUnsound), vec![Change::Notify { kind: "book-unsound" }]).await;
        if told.is_err() {
            tracing::error!("ALARM: the record book is not in order, and nobody could be told");
        }
    }
}

/// Every entry, a line each, as they are hashed: `havengate ledger verify --entries` recomputes the root from them.
pub(super) async fn entries(State(panel): State<Arc<Panel>>) -> Result<Response, Wrong> {
    let size = panel.ledger().head().size;
    let (sender, body) = Channel::<Bytes, io::Error>::new(2);
    tokio::spawn(write_out(Arc::clone(panel.ledger()), size, sender));
    let mut response = page::typed(StatusCode::OK, "application/x-ndjson", Body::new(body));
    let name = format!("attachment; filename=\"record-book-{size}.ndjson\"");
    let name = HeaderValue::from_str(&name).map_err(|_| Wrong::broken("a file's name could not be written"))?;
    response.headers_mut().insert(header::CONTENT_DISPOSITION, name);
    Ok(response)
}

/// Sends entries up to a size. Whatever fails cuts the answer off, so that nothing short passes for whole.
async fn write_out(ledger: Arc<Ledger>, size: u64, mut to: Sender<Bytes, io::Error>) {
    let mut from = 0;
    while from < size {
        let Ok(entries) = ledger.entries(from).await else { return to.abort(cut()) };
        let mut text = String::new();
        for entry in entries.iter().filter(|e| e.index < size) {
            text.push_str(&entry.leaf);
            text.push('\n');
        }
        let Some(last) = entries.last() else { return to.abort(cut()) };
        from = last.index + 1;
        if to.send_data(text.into()).await.is_err() {
            return;
        }
    }
}

fn cut() -> io::Error {
    io::Error::other("the record book could not be read to its end")
}

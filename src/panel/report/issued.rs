//! Files of reports as they were given out, so that a signature fits the file that somebody has, and a period that is
//! over says for ever what it said when it was first given out, whether by a page or by the command.

use super::{
    Report,
    file::{self, Form},
};
use crate::panel::{
    figures::{Period, Small},
    store::Store,
    wrong::Wrong,
};
use jiff::{Timestamp, ToSpan as _};
use rusqlite::{OptionalExtension as _, Transaction};

/// A period's file is final once its last day is over everywhere that days are counted here.
pub(in crate::panel) const TABLES: &str = "
CREATE TABLE report_files (name TEXT PRIMARY KEY, text TEXT NOT NULL, final INTEGER NOT NULL) STRICT, WITHOUT ROWID;
";

/// Whether what is given out now of a period is final.
#[must_use]
pub fn is_final(period: &Period, now: Timestamp) -> bool {
    period.to().saturating_add(1.day()) < super::utc(now)
}

/// A file as it was given out: always where it is final, and otherwise where its signature is asked for.
pub(super) async fn find(store: &Store, name: &str, signature: bool) -> Result<Option<String>, Wrong> {
    let name = name.to_owned();
    store
        .read(move |db| {
            db.prepare_cached("SELECT text FROM report_files WHERE name = ?1 AND (final OR ?2)")?
                .query_row((name, signature), |row| row.get(0))
                .optional()
        })
        .await
}

/// Every file of a period where all of them are final: name and text.
///
/// # Errors
/// [`Wrong`] when the store fails.
pub async fn all(store: &Store, period: &Period, public: bool) -> Result<Option<Vec<(String, String)>>, Wrong> {
    let mut files = Vec::new();
    for form in Form::ALL {
        let name = form.name_of(&period.key(), public);
        let Some(text) = find(store, &name, false).await? else { return Ok(None) };
        files.push((name, text));
    }
    Ok(Some(files))
}

/// Keeps every file of a report for ever, so that they say the same. Where some were final meanwhile, these are given
/// out.
///
/// # Errors
/// [`Wrong`] when a file cannot be written or the store fails.
pub async fn keep_all(store: &Store, report: &Report, small: Small) -> Result<Vec<(String, String)>, Wrong> {
    let files = file::texts(report, small).map_err(|e| Wrong::broken(&e.to_string()))?;
    let kept = store.write(move |db| {
        let one = |(name, text): (String, String)| {
            let text = put(db, &name, &text, true)?;
            Ok((name, text))
        };
        files.into_iter().map(one).collect()
    });
    kept.await
}

/// Keeps a file that is about to be given out and may still change. Where another was final meanwhile, that one is given
/// out.
pub(super) async fn keep(store: &Store, name: &str, text: String) -> Result<String, Wrong> {
    let name = name.to_owned();
    store.write(move |db| put(db, &name, &text, false)).await
}

fn put(db: &Transaction<'_>, name: &str, text: &str, over: bool) -> Result<String, rusqlite::Error> {
    db.execute(
        "INSERT INTO report_files VALUES (?1, ?2, ?3) ON CONFLICT (name) DO UPDATE SET text = ?2, final = ?3 WHERE NOT final",
        (name, text, over),
    )?;
    db.query_row("SELECT text FROM report_files WHERE name = ?1", [name], |row| row.get(0))
}

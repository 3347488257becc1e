//! Files of reports as they were given out, so that a signature fits the file that somebody has, and a month that is
//! over says for ever what it said when it was first given out.

use crate::panel::{Panel, wrong::Wrong};
use jiff::{ToSpan as _, civil::Date};
use rusqlite::OptionalExtension as _;

/// A period's file is final once its last day is over everywhere that days are counted here.
pub(in crate::panel) const TABLES: &str = "
CREATE TABLE report_files (name TEXT PRIMARY KEY, text TEXT NOT NULL, final INTEGER NOT NULL) STRICT, WITHOUT ROWID;
";

/// A file as it was given out: always where it is final, and otherwise where its signature is asked for.
pub(super) async fn find(panel: &Panel, name: &str, signature: bool) -> Result<Option<String>, Wrong> {
    let name = name.to_owned();
    panel
        .store()
        .read(move |db| {
            db.prepare_cached("SELECT text FROM report_files WHERE name = ?1 AND (final OR ?2)")?
                .query_row((name, signature), |row| row.get(0))
                .optional()
        })
        .await
}

/// Keeps a file that is about to be given out. Where another was final meanwhile, that one is given out.
pub(super) async fn keep(panel: &Panel, name: &str, text: String, last: Date) -> Result<String, Wrong> {
    let over = last.saturating_add(1.day()) < panel.today();
    let name = name.to_owned();
    panel
        .store()
        .write(move |db| {
            db.execute(
                "INSERT INTO report_files VALUES (?1, ?2, ?3) ON CONFLICT (name) DO UPDATE SET text = ?2, final = ?3 \
                 WHERE NOT final",
                (&name, &text, over),
            )?;
            db.query_row("SELECT text FROM report_files WHERE name = ?1", [&name], |row| row.get(0))
        })
        .await
}

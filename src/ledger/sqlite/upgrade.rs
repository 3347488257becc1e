//! Record books of earlier versions. Entries never change; what changes is how they are found.

use super::schema::FORMAT;
use crate::ledger::error::OpenError;
use rusqlite::Connection;
use std::path::Path;

/// Format 1 kept the look-up table in one sorted piece. Runs are of [`super::query::RUN`] entries.
const FROM_1: &str = "
ALTER TABLE decisions RENAME TO before;
CREATE TABLE decisions (run INTEGER NOT NULL, key INTEGER NOT NULL, idx INTEGER NOT NULL,
    PRIMARY KEY (run, key, idx)) STRICT, WITHOUT ROWID;
INSERT INTO decisions SELECT idx / 1024, key, idx FROM before;
DROP TABLE before;
";

/// Brings a book that this process holds to the present format, whole or not at all.
pub(super) fn upgrade(db: &Connection, path: &Path, found: i64) -> Result<(), OpenError> {
    match found {
        FORMAT => Ok(()),
        1 => step(db, FROM_1).map_err(|e| {
            // Dropping the connection would roll it back as well; the file is as it was.
            _ = db.execute_batch("ROLLBACK");
            super::schema::refused(path, &e)
        }),
        found => Err(OpenError::Version { found, known: FORMAT }),
    }
}

fn step(db: &Connection, sql: &str) -> Result<(), rusqlite::Error> {
    db.execute_batch("BEGIN IMMEDIATE")?;
    db.execute_batch(sql)?;
    db.pragma_update(None, "user_version", FORMAT)?;
    db.execute_batch("COMMIT")
}

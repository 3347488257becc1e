//! From format 1, which read the record book three times over, each with a place of its own, to 2.

use super::FORMAT;
use crate::panel::{follow, stops};
use rusqlite::Connection;

/// What was made from the record book, and where the three were. It is read again.
const GONE: &str = "
DROP TABLE figures_cursor; DROP TABLE followed; DROP TABLE followed_days; DROP TABLE stops_followed;
DROP TABLE stops; DROP TABLE stop_answers; DROP TABLE stopped_requests;
";

/// What people wrote stays. Where each stands in the record book is found by reading that again; the panel's answers to
/// concerns stood nowhere in it.
const WRITTEN: &str = "
ALTER TABLE concern_texts DROP COLUMN recorded; ALTER TABLE concern_texts ADD COLUMN entry INTEGER;
CREATE INDEX concerns_state ON concerns (state, day);
CREATE INDEX concern_texts_of ON concern_texts (concern);
CREATE INDEX concern_texts_unconfirmed ON concern_texts (sha256) WHERE entry IS NULL;
ALTER TABLE breaches DROP COLUMN recorded; ALTER TABLE breaches ADD COLUMN entry INTEGER;
CREATE INDEX breach_steps_of ON breach_steps (breach, step);
ALTER TABLE demands DROP COLUMN answered; ALTER TABLE demands DROP COLUMN recorded;
ALTER TABLE demands ADD COLUMN entry INTEGER;
ALTER TABLE demand_answers RENAME TO demand_answers_1;
CREATE TABLE demand_answers (n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, demand TEXT NOT NULL, answer TEXT NOT NULL,
    day TEXT NOT NULL, sealed TEXT, entry INTEGER) STRICT;
INSERT INTO demand_answers (id, demand, answer, day, sealed)
    SELECT id, demand, answer, day, sealed FROM demand_answers_1 ORDER BY day, id;
DROP TABLE demand_answers_1;
";

/// Brings a store up to date, or leaves it as it is.
pub(super) fn bring(db: &Connection) -> Result<(), rusqlite::Error> {
    let change = db.unchecked_transaction()?;
    change.execute_batch(&[GONE, stops::kept::TABLES, follow::TABLES, WRITTEN].concat())?;
    follow::forget(&change)?;
    change.pragma_update(None, "user_version", FORMAT)?;
    change.commit()
}

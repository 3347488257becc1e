//! Reads the rows for a check, a thousand at a time, so that a running gateway can check itself between commits.

use super::{
    anchor::{self, Anchor},
    query, rebuild, schema, unreadable, words,
};
use crate::ledger::standing::Counts;
use crate::ledger::verify::{Check, Finding, HeadRow, Report, Row, VerifyError};
use rusqlite::{Connection, OpenFlags};
use std::path::Path;

/// Entries of one step: a few milliseconds.
const STEP: usize = 500;

/// Checks a file that nobody has open.
pub(in crate::ledger) fn inspect(path: &Path) -> Result<Report, VerifyError> {
    inspect_at(path, &anchor::default_path(path))
}

/// The same with an anchor elsewhere.
pub(in crate::ledger) fn inspect_at(path: &Path, anchor: &Path) -> Result<Report, VerifyError> {
    if path.metadata().is_err_and(|e| e.kind() == std::io::ErrorKind::NotFound) {
        return Err(VerifyError::Missing(path.into()));
    }
    let db = read_only(path).map_err(|e| unreadable(path, &e))?;
    let number = |name: &str| db.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    if number("application_id").map_err(|e| unreadable(path, &e))? != schema::APPLICATION {
        return Err(VerifyError::Foreign(path.into()));
    }
    match number("user_version").map_err(|e| unreadable(path, &e))? {
        schema::FORMAT => {}
        found => return Err(VerifyError::Version { path: path.into(), found, known: schema::FORMAT }),
    }
    let mut inspection = Inspection::new(anchor);
    // One snapshot for all steps.
    let read = db.execute_batch("BEGIN").and_then(|()| {
        inspection.engine(&db)?;
        while !inspection.step(&db)? {}
        Ok(())
    });
    if let Err(e) = read {
        inspection.check.find(Finding::Damaged(words(&e)));
    }
    Ok(inspection.report())
}

/// A file without a write-ahead log needs no shared memory and so no writable directory.
fn read_only(path: &Path) -> Result<Connection, rusqlite::Error> {
    let open = |path: &Path, more| {
        let db = schema::connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY | more)?;
        db.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
        Ok(db)
    };
    open(path, OpenFlags::empty()).or_else(|error: rusqlite::Error| {
        let log = super::files::beside(path, "-wal").metadata().map_or(0, |m| m.len());
        match (error.sqlite_error_code(), path.to_str()) {
            (Some(rusqlite::ErrorCode::CannotOpen | rusqlite::ErrorCode::ReadOnly), Some(text)) if log == 0 => {
                let escaped = text.replace('%', "%25").replace('?', "%3f").replace('#', "%23");
                open(Path::new(&format!("file:{escaped}?immutable=1")), OpenFlags::SQLITE_OPEN_URI)
            }
            _ => Err(error),
        }
    })
}

/// A check that is under way.
#[derive(Debug)]
pub(super) struct Inspection {
    check: Check,
    next: i64,
    counts: Option<Counts>,
}

impl Inspection {
    /// Begins, with the anchor as it is now.
    pub(super) fn new(anchor: &Path) -> Self {
        let anchor = Anchor::read(anchor).map(|a| (a.size, a.root));
        Self { check: Check::new(anchor), next: i64::MIN, counts: None }
    }

    /// What takes one long read, and so is not asked of a running gateway: what SQLite itself finds wrong with
    /// the file, and rows that belong to no entry.
    fn engine(&mut self, db: &Connection) -> Result<(), rusqlite::Error> {
        let mut check = db.prepare("PRAGMA quick_check(10)")?;
        for said in check.query_map([], |row| row.get::<_, String>(0))? {
            match said?.as_str() {
                "ok" => {}
                said => self.check.find(Finding::Damaged(said.to_owned())),
            }
        }
        let stray: Option<i64> =
            db.query_row("SELECT min(idx) FROM detail WHERE idx NOT IN (SELECT idx FROM leaves)", [], |row| {
                row.get(0)
            })?;
        if let Some(index) = stray {
            self.check.find(Finding::StrayDetail(index));
        }
        let stray: i64 =
            db.query_row("SELECT count(*) FROM decisions WHERE idx NOT IN (SELECT idx FROM leaves)", [], |row| {
                row.get(0)
            })?;
        if stray > 0 {
            self.check.find(Finding::StrayLookup(stray));
        }
        self.counts = Some(rebuild::counts(db)?);
        Ok(())
    }

    /// Checks some more entries, and after the last one the head. Whether that was all.
    pub(super) fn step(&mut self, db: &Connection) -> Result<bool, rusqlite::Error> {
        let mut select = db.prepare_cached("SELECT idx, leaf, hash FROM leaves WHERE idx >= ?1 ORDER BY idx")?;
        let mut rows = select.query([self.next])?;
        for _ in 0..STEP {
            let Some(row) = rows.next()? else {
                return self.finish(db).map(|()| true);
            };
            let idx: i64 = row.get(0)?;
            let says = self.check.entry(idx, row.get_ref(1)?.as_bytes()?, row.get_ref(2)?.as_bytes()?);
            self.next = idx.saturating_add(1);
            self.check.detail(idx, says.rc.as_deref(), &detail(db, idx)?);
            if let Some(decision) = says.decision {
                let found = db
                    .prepare_cached("SELECT 1 FROM decisions WHERE run = ?1 AND key = ?2 AND idx = ?3")?
                    .exists(query::place(&decision, idx))?;
                if !found {
                    self.check.find(Finding::Lookup(idx));
                }
            }
        }
        Ok(false)
    }

    fn finish(&mut self, db: &Connection) -> Result<(), rusqlite::Error> {
        let (stops, counts) = (rebuild::stops(db)?, self.counts);
        let head = db.query_row("SELECT size, root, policy FROM head WHERE id = 1", [], |row| {
            Ok(HeadRow { size: row.get(0)?, root: row.get(1)?, policy: row.get(2)?, stops, counts })
        })?;
        self.check.finish(&head);
        Ok(())
    }

    pub(super) fn report(self) -> Report {
        self.check.report()
    }
}

fn detail(db: &Connection, idx: i64) -> Result<Vec<Row>, rusqlite::Error> {
    let mut select = db.prepare_cached("SELECT salt, row, hash, n FROM detail WHERE idx = ?1")?;
    let mut rows = select.query([idx])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let bytes = |i| Ok::<_, rusqlite::Error>(row.get_ref(i)?.as_bytes_or_null()?.map(<[u8]>::to_vec));
        let kept = match (bytes(0)?, bytes(1)?, bytes(2)?) {
            (Some(salt), Some(row), _) => Row::Kept { salt, row },
            (_, _, hash) => Row::Erased(hash.unwrap_or_default()),
        };
        found.push((row.get::<_, i64>(3)?, kept));
    }
    // Here and not by SQLite, which would compile a sorted statement again for every entry.
    found.sort_by_key(|(n, _)| *n);
    Ok(found.into_iter().map(|(_, row)| row).collect())
}

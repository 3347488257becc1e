//! The tables, the engine's settings, and how a record book is made and connected to.

use super::{anchor, anchor::Anchor, words};
use crate::ledger::{
    Head, Opening,
    error::{CreateError, OpenError},
    tree::Tree,
};
use rusqlite::{Connection, ErrorCode, OpenFlags, config::DbConfig};
use std::path::Path;

/// `HVLG`: tells our files from others.
pub(super) const APPLICATION: i64 = 0x4856_4c47;
/// The format of the tables.
pub(super) const FORMAT: i64 = 2;
/// SQLite before 3.51.3 can lose a write-ahead log when a checkpoint meets a reset (design section 8).
const OLDEST_ENGINE: i32 = 3_051_003;

/// `leaves` only grows. `detail` rows are erasable: an erased row keeps its hash, so that its neighbours can
/// still be checked. `decisions` finds leaves by decision: see `query`. `uses` has a row for
/// each spend, with how many decisions rest on it. Times are microseconds since 1970.
const TABLES: &str = "
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE head (id INTEGER PRIMARY KEY CHECK (id = 1), size INTEGER NOT NULL, root BLOB NOT NULL,
    time INTEGER NOT NULL, policy BLOB) STRICT;
CREATE TABLE leaves (idx INTEGER PRIMARY KEY, hash BLOB NOT NULL, leaf TEXT NOT NULL) STRICT;
CREATE TABLE detail (idx INTEGER NOT NULL, n INTEGER NOT NULL, salt BLOB, row TEXT, hash BLOB,
    PRIMARY KEY (idx, n), CHECK ((salt IS NULL) = (row IS NULL) AND (row IS NULL) <> (hash IS NULL)))
    STRICT, WITHOUT ROWID;
CREATE TABLE decisions (run INTEGER NOT NULL, key INTEGER NOT NULL, idx INTEGER NOT NULL,
    PRIMARY KEY (run, key, idx)) STRICT, WITHOUT ROWID;
CREATE TABLE grants (n INTEGER PRIMARY KEY, jti TEXT NOT NULL UNIQUE, issued INTEGER NOT NULL, subject TEXT,
    expires INTEGER, max_uses INTEGER, ended INTEGER, text TEXT) STRICT;
CREATE INDEX grants_by_subject ON grants (subject);
CREATE TABLE ends (subject TEXT PRIMARY KEY, at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE uses (jti TEXT NOT NULL, item TEXT NOT NULL, spend INTEGER NOT NULL, subject TEXT NOT NULL,
    operation TEXT NOT NULL, digest BLOB NOT NULL, decision BLOB NOT NULL, at INTEGER NOT NULL,
    holders INTEGER NOT NULL, PRIMARY KEY (jti, item, spend)) STRICT, WITHOUT ROWID;
CREATE TABLE safeguarding (n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, at INTEGER NOT NULL,
    expires INTEGER NOT NULL, text TEXT NOT NULL) STRICT;
CREATE TABLE stops (id TEXT PRIMARY KEY, scope TEXT NOT NULL, text TEXT NOT NULL, lifted INTEGER)
    STRICT, WITHOUT ROWID;
CREATE TABLE policies (hash BLOB PRIMARY KEY, sources TEXT NOT NULL, at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE outbox (id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, idx INTEGER NOT NULL,
    created INTEGER NOT NULL) STRICT;
";

/// Makes the file and its anchor. Leaves nothing behind when it fails.
pub(super) fn create(path: &Path, opening: &Opening) -> Result<(), CreateError> {
    crate::flow::App::parse(&opening.gateway).map_err(|_| CreateError::Name)?;
    let anchor = opening.anchor.clone().unwrap_or_else(|| anchor::default_path(path));
    if let Some(there) = [path, &anchor].into_iter().find(|p| p.symlink_metadata().is_ok()) {
        return Err(CreateError::Exists(there.into()));
    }
    let io = |reason: String| CreateError::Io { path: path.into(), reason };
    super::files::reserve(path).map_err(|e| io(e.to_string()))?;
    let made = fill(path, opening).map_err(|e| io(words(&e))).and_then(|head| {
        super::files::sync_directory(path).map_err(|e| io(e.to_string()))?;
        Anchor::of(&head).write(&anchor).map_err(|e| CreateError::Io { path: anchor.clone(), reason: e.to_string() })
    });
    if made.is_err() {
        super::files::remove_all(path);
    }
    made
}

fn fill(path: &Path, opening: &Opening) -> Result<Head, rusqlite::Error> {
    let db = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    db.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
    db.pragma_update(None, "journal_mode", "WAL")?;
    db.pragma_update(None, "synchronous", "FULL")?;
    let head = Head { size: 0, root: Tree::new().root(), time: (opening.clock)() };
    db.execute_batch("BEGIN IMMEDIATE")?;
    db.execute_batch(TABLES)?;
    db.pragma_update(None, "application_id", APPLICATION)?;
    db.pragma_update(None, "user_version", FORMAT)?;
    db.execute("INSERT INTO meta VALUES ('gateway', ?1), ('opened', '0')", [&opening.gateway])?;
    db.execute("INSERT INTO head VALUES (1, 0, ?1, ?2, NULL)", (head.root, head.time.as_microsecond()))?;
    db.execute_batch("COMMIT")?;
    db.close().map_err(|(_, e)| e)?;
    Ok(head)
}

/// Connects without waiting for locks and without ever making a file.
pub(super) fn connect(path: &Path, access: OpenFlags) -> Result<Connection, rusqlite::Error> {
    let flags = access | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_EXRESCODE;
    let db = Connection::open_with_flags(path, flags)?;
    db.busy_timeout(std::time::Duration::ZERO)?;
    db.set_prepared_statement_cache_capacity(64);
    Ok(db)
}

/// Connects for writing, alone, with the settings that durability rests on, each read back.
pub(super) fn hold(path: &Path, gateway: &str) -> Result<Connection, OpenError> {
    if rusqlite::version_number() < OLDEST_ENGINE {
        return Err(OpenError::Engine("its version is older than 3.51.3"));
    }
    if path.metadata().is_err_and(|e| e.kind() == std::io::ErrorKind::NotFound) {
        return Err(OpenError::Missing(path.into()));
    }
    let refuse = |e: rusqlite::Error| refused(path, &e);
    let db = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE).map_err(refuse)?;
    // Before anything is read, so that the first read takes the lock and no shared memory is ever used.
    db.pragma_update(None, "locking_mode", "EXCLUSIVE").map_err(refuse)?;
    let format = identify(&db, path)?;
    if db.is_readonly(rusqlite::MAIN_DB).map_err(refuse)? {
        return Err(OpenError::Unwritable { path: path.into(), reason: "it is read-only".into() });
    }
    settle(&db).map_err(refuse)?;
    let text = |name: &str| db.pragma_query_value(None, name, |row| row.get::<_, String>(0)).map_err(refuse);
    let number = |name: &str| db.pragma_query_value(None, name, |row| row.get::<_, i64>(0)).map_err(refuse);
    if text("journal_mode")? != "wal" {
        return Err(OpenError::Engine("journal_mode is not WAL"));
    }
    if number("synchronous")? != 2 {
        return Err(OpenError::Engine("synchronous is not FULL"));
    }
    if text("locking_mode")? != "exclusive" {
        return Err(OpenError::Engine("locking_mode is not EXCLUSIVE"));
    }
    let name: String =
        db.query_row("SELECT value FROM meta WHERE key = 'gateway'", [], |row| row.get(0)).map_err(refuse)?;
    if name != gateway {
        return Err(OpenError::Gateway);
    }
    super::upgrade::upgrade(&db, path, format)?;
    // A trial write: a read-only disk or a full one is found now and not at the first request.
    db.execute("UPDATE meta SET value = CAST(value AS INTEGER) + 1 WHERE key = 'opened'", []).map_err(refuse)?;
    Ok(db)
}

/// Whether it is one of our files, and in which format.
fn identify(db: &Connection, path: &Path) -> Result<i64, OpenError> {
    let number =
        |name: &str| db.pragma_query_value(None, name, |row| row.get::<_, i64>(0)).map_err(|e| refused(path, &e));
    if number("application_id")? != APPLICATION {
        return Err(OpenError::Foreign(path.into()));
    }
    match number("user_version")? {
        found if (1..=FORMAT).contains(&found) => Ok(found),
        found => Err(OpenError::Version { found, known: FORMAT }),
    }
}

/// `secure_delete`: an erased row is overwritten. No automatic checkpoints: the writer makes them itself,
/// because SQLite drops the errors of automatic ones and a lost sync must stop everything.
fn settle(db: &Connection) -> Result<(), rusqlite::Error> {
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    // We have none; one put in by hand could undo a stop as it is written.
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false)?;
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW, false)?;
    // After a failed sync the log is the only good copy: it must not be folded in on the way out.
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    for (name, value) in [
        ("synchronous", "FULL"),
        ("secure_delete", "ON"),
        ("trusted_schema", "OFF"),
        ("cell_size_check", "ON"),
        ("temp_store", "MEMORY"),
        ("mmap_size", "0"),
        ("cache_size", "-16384"),
        ("wal_autocheckpoint", "0"),
    ] {
        db.pragma_update(None, name, value)?;
    }
    Ok(())
}

/// Maps what SQLite says while a record book is opened.
pub(super) fn refused(path: &Path, error: &rusqlite::Error) -> OpenError {
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => OpenError::Held(path.into()),
        Some(ErrorCode::NotADatabase) => OpenError::Foreign(path.into()),
        Some(ErrorCode::DatabaseCorrupt) | None => OpenError::Mismatch(words(error)),
        Some(_) => OpenError::Unwritable { path: path.into(), reason: words(error) },
    }
}

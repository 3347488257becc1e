//! What the panel keeps beside the record book: one SQLite file, `panel.db`. Accounts and sessions, figures made from
//! the record book's entries, what is told to whom. The figures can be made again from the record book at any time.
//!
//! Two connections: one that writes, one that only reads, so that a page never waits for figures being made.

mod from_1;

use super::{
    access,
    api::tokens,
    breaches, concerns, demands, figures, follow, notify,
    pages::{consent, emergencies, policy, record, uncovered},
    report::issued,
    stops, tries,
    wrong::Wrong,
};
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};
use std::{
    fs::OpenOptions,
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

/// `HVPN`: tells our files from others.
const APPLICATION: i64 = 0x4856_504e;
/// The format of the tables.
const FORMAT: i64 = 2;

/// Each area keeps its own tables, named here once.
const TABLES: &[&str] = &[
    access::TABLES,
    tries::TABLES,
    stops::TABLES,
    stops::kept::TABLES,
    concerns::TABLES,
    breaches::TABLES,
    demands::TABLES,
    figures::SUMS,
    figures::KEPT,
    follow::TABLES,
    notify::TABLES,
    record::TABLES,
    uncovered::TABLES,
    policy::TABLES,
    emergencies::TABLES,
    consent::TABLES,
    tokens::TABLES,
    issued::TABLES,
];

/// Why the store cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file.
    #[error("{}: {reason}. It must be a file of this gateway that only its user can read", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What is wrong; never a part of it.
        reason: String,
    },
    /// Another version made it.
    #[error("{}: was made by another version (format {found}, this one knows {FORMAT})", path.display())]
    Version {
        /// Which.
        path: PathBuf,
        /// What it says.
        found: i64,
    },
}

/// The store. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    write: Arc<Mutex<Connection>>,
    read: Arc<Mutex<Connection>>,
}

impl Store {
    /// Opens it, and makes it where there is none. Blocks.
    ///
    /// # Errors
    /// [`StoreError`] says what is in the way.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let file = |reason: String| StoreError::File { path: path.to_owned(), reason };
        reserve(path).map_err(|e| file(e.to_string()))?;
        let write = connect(path, false).map_err(|e| file(words(&e)))?;
        prepare(&write, path)?;
        let read = connect(path, true).map_err(|e| file(words(&e)))?;
        Ok(Self { write: Arc::new(Mutex::new(write)), read: Arc::new(Mutex::new(read)) })
    }

    /// Reads. What it is given may not wait for anything but the database.
    ///
    /// # Errors
    /// [`Wrong::Broken`] when the database fails.
    pub async fn read<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&Connection) -> Result<T, rusqlite::Error> + Send + 'static,
    ) -> Result<T, Wrong> {
        let read = Arc::clone(&self.read);
        blocking(move || ask(&read.lock().unwrap_or_else(PoisonError::into_inner))).await
    }

    /// Changes, all of it or nothing: an error, also one of its own, rolls back.
    ///
    /// # Errors
    /// [`Wrong::Broken`] when the database fails.
    pub async fn write<T: Send + 'static>(
        &self,
        change: impl FnOnce(&Transaction<'_>) -> Result<T, rusqlite::Error> + Send + 'static,
    ) -> Result<T, Wrong> {
        let write = Arc::clone(&self.write);
        blocking(move || {
            let mut db = write.lock().unwrap_or_else(PoisonError::into_inner);
            let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let done = change(&transaction)?;
            transaction.commit()?;
            Ok(done)
        })
        .await
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, rusqlite::Error> + Send + 'static,
) -> Result<T, Wrong> {
    match tokio::task::spawn_blocking(work).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(e)) => Err(Wrong::broken(&words(&e))),
        Err(_) => Err(Wrong::broken("a step of the panel's store failed")),
    }
}

/// The file is ours alone before SQLite writes a byte into it.
fn reserve(path: &Path) -> std::io::Result<()> {
    OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(path)?;
    let mode = path.metadata()?.permissions().mode();
    if mode & 0o077 != 0 {
        return Err(std::io::Error::other("others may read it; set its mode to 0600"));
    }
    Ok(())
}

fn connect(path: &Path, only_read: bool) -> Result<Connection, rusqlite::Error> {
    let db = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    db.busy_timeout(std::time::Duration::from_secs(5))?;
    for (name, value) in [
        ("journal_mode", "WAL"),
        ("synchronous", "FULL"),
        ("secure_delete", "ON"),
        ("foreign_keys", "ON"),
        ("trusted_schema", "OFF"),
        ("temp_store", "MEMORY"),
    ] {
        db.pragma_update(None, name, value)?;
    }
    db.pragma_update(None, "query_only", only_read)?;
    db.set_prepared_statement_cache_capacity(128);
    Ok(db)
}

fn prepare(db: &Connection, path: &Path) -> Result<(), StoreError> {
    let file = |e: rusqlite::Error| StoreError::File { path: path.to_owned(), reason: words(&e) };
    let number = |name: &str| db.pragma_query_value(None, name, |row| row.get::<_, i64>(0)).map_err(file);
    match (number("application_id")?, number("user_version")?) {
        (0, 0) => {
            let tables = TABLES.concat();
            let made = format!(
                "BEGIN IMMEDIATE; {tables} PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {FORMAT}; COMMIT;"
            );
            db.execute_batch(&made).map_err(file)
        }
        (APPLICATION, FORMAT) => Ok(()),
        (APPLICATION, 1) => from_1::bring(db).map_err(file),
        (APPLICATION, found) => Err(StoreError::Version { path: path.to_owned(), found }),
        _ => Err(StoreError::File { path: path.to_owned(), reason: "it is no store of a panel".to_owned() }),
    }
}

/// SQLite's words for a failure: its code and nothing of the values.
fn words(error: &rusqlite::Error) -> String {
    error.sqlite_error().map_or_else(|| "an unexpected row".to_owned(), |e| format!("{e}"))
}

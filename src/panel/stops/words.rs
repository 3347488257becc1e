//! Words of a panel member that the record book only knows the hash of.
//!
//! The hash is over a salt and the words, so that nobody finds short words by trying. They are kept before the record
//! is made: what stands in the record book can always be shown.

use crate::{
    ledger::LedgerError,
    panel::{Panel, access::session, wrong::Wrong},
};
use aws_lc_rs::digest::{SHA256, digest};
use rusqlite::{Connection, OptionalExtension as _};

/// Keeps words and gives the hash by which the record book knows them.
pub(in crate::panel) async fn keep(panel: &Panel, words: String) -> Result<String, Wrong> {
    let salt = session::random()?;
    let hash = data_encoding::HEXLOWER.encode(digest(&SHA256, format!("{salt}\n{words}").as_bytes()).as_ref());
    let row = (hash.clone(), salt, words);
    panel.store().write(move |db| db.execute("INSERT INTO stop_words VALUES (?1, ?2, ?3)", row)).await?;
    Ok(hash)
}

/// What becomes of words when their record failed: they are taken back, unless they may be recorded after all. Then
/// they stay, since the record book may know them; without a record nobody is shown them.
pub(in crate::panel) async fn not_recorded(panel: &Panel, hash: String, error: &LedgerError) {
    if error.may_be_recorded() {
        return;
    }
    // They are of no use without a record, and nobody is shown them.
    let _ = panel.store().write(move |db| db.execute("DELETE FROM stop_words WHERE sha256 = ?1", [hash])).await;
}

/// The words of a hash, where they still say what the record book holds.
pub(super) fn find(db: &Connection, hash: &str) -> Result<Option<String>, rusqlite::Error> {
    let mut select = db.prepare_cached("SELECT salt, words FROM stop_words WHERE sha256 = ?1")?;
    let found = select.query_row([hash], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))).optional()?;
    Ok(found.and_then(|(salt, words)| {
        let again = data_encoding::HEXLOWER.encode(digest(&SHA256, format!("{salt}\n{words}").as_bytes()).as_ref());
        (again == hash).then_some(words)
    }))
}

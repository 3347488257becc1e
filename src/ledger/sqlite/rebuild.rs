//! At the start nothing is believed: the tree is built from the rows and compared with the head and with the
//! anchor, and the picture of what is live is read from the tables.

use super::{anchor::Anchor, changes, schema};
use crate::{
    consent::{Grant, Safeguarding, View, view::Stop},
    flow::ConsentId,
    ledger::{
        error::OpenError,
        standing::{Counts, Standing, StopRow},
        tree::{self, Tree},
    },
    policy::PolicyHash,
};
use jiff::{SignedDuration, Timestamp};
use rusqlite::Connection;
use std::path::Path;

/// How long the picture shows an expired grant, so that a refusal can say *expired* rather than *missing*.
const SHOW_EXPIRED: SignedDuration = SignedDuration::from_hours(24 * 31);
/// How long it shows the ending of a token nobody has seen; tokens live 180 days at most.
const SHOW_ENDED: SignedDuration = SignedDuration::from_hours(24 * 400);

/// What the rows come to.
pub(super) struct Rebuilt {
    pub tree: Tree,
    pub last: Timestamp,
    pub policy: Option<PolicyHash>,
    pub view: View,
}

pub(super) fn rebuild(db: &Connection, path: &Path, anchor: &Path, wall: Timestamp) -> Result<Rebuilt, OpenError> {
    let anchored = Anchor::read(anchor).map_err(|reason| OpenError::Anchor { path: anchor.into(), reason })?;
    let refuse = |e: rusqlite::Error| schema::refused(path, &e);
    let (tree, standing) = grow(db, &anchored).map_err(refuse)??;
    let (size, root, last, policy): (i64, [u8; 32], i64, Option<[u8; 32]>) = db
        .query_row("SELECT size, root, time, policy FROM head WHERE id = 1", [], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        })
        .map_err(refuse)?;
    if u64::try_from(size) != Ok(tree.size()) || root != tree.root() {
        return Err(OpenError::Mismatch(format!(
            "its head speaks of {size} entries and {} are there, or their root differs",
            tree.size()
        )));
    }
    stands(db, &standing).map_err(refuse)??;
    let last = Timestamp::from_microsecond(last)
        .map_err(|_| OpenError::Mismatch("the last commit's time is not a time".into()))?;
    let policy = policy.map(PolicyHash);
    let view = view(db, policy, last.max(wall)).map_err(refuse)??;
    Ok(Rebuilt { tree, last, policy, view })
}

/// Hashes every leaf, in order, and compares with the anchor on the way.
fn grow(db: &Connection, anchored: &Anchor) -> Result<Result<(Tree, Standing), OpenError>, rusqlite::Error> {
    let (mut tree, mut standing) = (Tree::new(), Standing::default());
    let mut agrees = anchored.size == 0 && anchored.root == tree.root();
    let mut select = db.prepare("SELECT idx, leaf FROM leaves ORDER BY idx")?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        if u64::try_from(row.get::<_, i64>(0)?) != Ok(tree.size()) {
            return Ok(Err(OpenError::Mismatch(format!("entry {} is missing", tree.size()))));
        }
        let text = row.get_ref(1)?.as_bytes().map_err(rusqlite::Error::from)?;
        if let Err(finding) = standing.text(tree.size(), text) {
            return Ok(Err(OpenError::Mismatch(finding.to_string())));
        }
        tree.push(tree::leaf_hash(text));
        if tree.size() == anchored.size {
            agrees = tree.root() == anchored.root;
        }
    }
    Ok(match agrees {
        true => Ok((tree, standing)),
        false if tree.size() < anchored.size => {
            Err(OpenError::RolledBack { size: tree.size(), anchored: anchored.size })
        }
        false => Err(OpenError::Mismatch(format!("its first {} entries are not those of its anchor", anchored.size))),
    })
}

/// Whether the tables hold what the entries say and no more. A row that was taken out or put in by hand is not
/// believed: nothing is sent until the panel knows.
fn stands(db: &Connection, standing: &Standing) -> Result<Result<(), OpenError>, rusqlite::Error> {
    let mut found = standing.stops(&stops(db)?);
    found.extend(standing.counts(counts(db)?));
    Ok(found.first().map_or(Ok(()), |finding| Err(OpenError::Mismatch(finding.to_string()))))
}

/// The stops in force, as the table has them.
pub(super) fn stops(db: &Connection) -> Result<Vec<StopRow>, rusqlite::Error> {
    db.prepare_cached("SELECT id, scope, text FROM stops WHERE lifted IS NULL")?
        .query_map([], |row| Ok(StopRow { id: row.get(0)?, scope: row.get(1)?, text: row.get(2)? }))?
        .collect()
}

/// How many consents and emergency grants the tables have.
pub(super) fn counts(db: &Connection) -> Result<Counts, rusqlite::Error> {
    db.query_row(
        "SELECT (SELECT count(*) FROM grants WHERE issued = 1), (SELECT count(*) FROM safeguarding)",
        [],
        |row| Ok(Counts { issued: row.get(0)?, safeguarding: row.get(1)? }),
    )
}

/// The picture as of `now`.
pub(super) fn view(
    db: &Connection,
    policy: Option<PolicyHash>,
    now: Timestamp,
) -> Result<Result<View, OpenError>, rusqlite::Error> {
    let mut view = View::default();
    if let Some(policy) = policy {
        view.set_policy(policy);
    }
    let since = |age| now.checked_sub(age).unwrap_or(Timestamp::MIN).as_microsecond();
    let mut grants = db.prepare(
        "SELECT jti, CASE issued WHEN 1 THEN text END FROM grants WHERE coalesce(expires > ?1, ended > ?2) ORDER BY n",
    )?;
    let mut rows = grants.query((since(SHOW_EXPIRED), since(SHOW_ENDED)))?;
    while let Some(row) = rows.next()? {
        let Ok(jti) = ConsentId::parse(&row.get::<_, String>(0)?) else { return Ok(Err(unreadable("a consent's id"))) };
        if let Some(text) = row.get::<_, Option<String>>(1)? {
            let Ok(grant) = serde_json::from_str::<Grant>(&text) else { return Ok(Err(unreadable("a consent"))) };
            view.add_grant(grant);
        }
        let state = changes::state(db, &jti)?;
        view.set_state(jti, state);
    }
    for text in texts(db, "SELECT text FROM safeguarding WHERE expires > ?1 ORDER BY n", now)? {
        match serde_json::from_str::<Safeguarding>(&text) {
            Ok(grant) => view.add_safeguarding(grant),
            Err(_) => return Ok(Err(unreadable("an emergency grant"))),
        }
    }
    for text in texts(db, "SELECT text FROM stops WHERE lifted IS NULL AND ?1 = ?1", now)? {
        match serde_json::from_str::<Stop>(&text) {
            Ok(stop) => view.place_stop(stop),
            Err(_) => return Ok(Err(unreadable("a stop"))),
        }
    }
    Ok(Ok(view))
}

fn texts(db: &Connection, sql: &str, now: Timestamp) -> Result<Vec<String>, rusqlite::Error> {
    db.prepare(sql)?.query_map([now.as_microsecond()], |row| row.get(0))?.collect()
}

fn unreadable(what: &str) -> OpenError {
    OpenError::Mismatch(format!("{what} in it cannot be read"))
}

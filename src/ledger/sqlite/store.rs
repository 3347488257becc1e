//! The open database: a group of transactions becomes one durable commit, or none of it.

use super::{
    Done, Reply, Write,
    asserts::{self, Halt},
    changes::{self, Context, Picture},
    files::Files,
    query, rebuild, schema, spend,
    spend::InFlight,
    time::Time,
    words,
};
use crate::{
    consent::{RetryOf, View},
    flow::DecisionId,
    ledger::{
        Change, Detail, Head, Leaf, LedgerError, Opening, Tx,
        book::{Clock, Random},
        error::OpenError,
        leaf::{Kind, Stamp},
        tree::{self, Tree},
    },
    policy::PolicyHash,
};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use rusqlite::Connection;
use std::{collections::BTreeMap, path::Path, time::Instant};

/// Bytes of salt of a detail row: nobody can try values against its hash.
const SALT: usize = 16;
/// When the write-ahead log has this many pages of 4 KiB it is moved into the database.
const CHECKPOINT: i64 = 4096;

/// The database and what the writer knows of it.
pub(super) struct Store {
    db: Connection,
    tree: Tree,
    policy: Option<PolicyHash>,
    in_flight: InFlight,
    time: Time,
    files: Files,
    gateway: String,
    boot: String,
    clock: Clock,
    random: Random,
}

/// A durable group.
pub(super) struct Committed {
    /// What became of each transaction, in order.
    pub answers: Vec<Result<Done, LedgerError>>,
    /// What changes in the picture.
    pub picture: Vec<Picture>,
}

/// A leaf and its rows, ready to be written.
struct Prepared {
    text: String,
    rows: Vec<([u8; SALT], String)>,
}

impl Store {
    /// Opens, checks and rebuilds.
    pub(super) fn open(path: &Path, anchor: &Path, opening: Opening) -> Result<(Self, View), OpenError> {
        let mut boot = [0; 10];
        (opening.random)(&mut boot).map_err(|_| OpenError::Start("no randomness".into()))?;
        let db = schema::hold(path, &opening.gateway)?;
        let unwritable = |e: std::io::Error| OpenError::Unwritable { path: path.into(), reason: e.to_string() };
        let files = Files::watch(path).map_err(unwritable)?;
        let rebuild::Rebuilt { tree, last, policy, view } = rebuild::rebuild(&db, path, anchor, (opening.clock)())?;
        let store = Self {
            db,
            tree,
            policy,
            in_flight: InFlight::default(),
            time: Time::new(last, Instant::now()),
            files,
            gateway: opening.gateway,
            boot: data_encoding::BASE32_NOPAD.encode(&boot).to_ascii_lowercase(),
            clock: opening.clock,
            random: opening.random,
        };
        Ok((store, view))
    }

    pub(super) fn head(&self) -> Head {
        Head { size: self.tree.size(), root: self.tree.root(), time: self.time.last() }
    }

    pub(super) fn boot(&self) -> &str {
        &self.boot
    }

    pub(super) const fn db(&self) -> &Connection {
        &self.db
    }

    /// Commits a group: one transaction, one sync. An error means that nothing is known to be durable; the
    /// text is for operators.
    pub(super) fn commit(&mut self, group: &[Write]) -> Result<Committed, String> {
        let told = |e: &rusqlite::Error| words(e);
        let mut committed = Committed { answers: Vec::with_capacity(group.len()), picture: Vec::new() };
        self.run("BEGIN IMMEDIATE")?;
        let (now, back) = self.time.next((self.clock)(), Instant::now());
        if let Some(back) = back {
            self.clock_went_back(back, now, &mut committed.picture)?;
        }
        for write in group {
            let answer = match self.one(write, now, &mut committed.picture) {
                Ok(done) => Ok(done),
                Err(Halt::Failed(failure)) => Err(LedgerError::Failed(failure)),
                Err(Halt::Refused(error)) => Err(error),
                Err(Halt::Broken(e)) => return Err(told(&e)),
            };
            committed.answers.push(answer);
        }
        let head = self.head();
        self.db
            .prepare_cached("UPDATE head SET size = ?1, root = ?2, time = ?3, policy = ?4 WHERE id = 1")
            .and_then(|mut update| {
                let policy = self.policy.map(|p| p.0);
                update.execute((integer(head.size), head.root, head.time.as_microsecond(), policy))
            })
            .map_err(|e| told(&e))?;
        self.run("COMMIT")?;
        self.files.check()?;
        Ok(committed)
    }

    fn run(&self, sql: &str) -> Result<(), String> {
        self.db.prepare_cached(sql).and_then(|mut statement| statement.execute([])).map(drop).map_err(|e| words(&e))
    }

    /// Gives up a transaction that is under way.
    pub(super) fn roll_back(&self) {
        if !self.db.is_autocommit() {
            _ = self.db.execute_batch("ROLLBACK");
        }
    }

    /// Moves the write-ahead log into the database when it has become long. An error here is one of the disk's,
    /// and as serious as one of a commit.
    pub(super) fn checkpoint_if_long(&self) -> Result<(), String> {
        let long = self.checkpoint("NOOP")?;
        if long >= CHECKPOINT { self.checkpoint("PASSIVE").map(drop) } else { Ok(()) }
    }

    /// Moves all of the write-ahead log into the database.
    pub(super) fn checkpoint_all(&self) -> Result<(), String> {
        self.checkpoint("TRUNCATE").map(drop)
    }

    /// The pages in the write-ahead log, after a checkpoint of this mode.
    fn checkpoint(&self, mode: &str) -> Result<i64, String> {
        let row = |row: &rusqlite::Row<'_>| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, row.get::<_, i64>(2)?));
        let (busy, pages, moved) = self
            .db
            .prepare_cached(&format!("PRAGMA wal_checkpoint({mode})"))
            .and_then(|mut checkpoint| checkpoint.query_row([], row))
            .map_err(|e| words(&e))?;
        match mode {
            "NOOP" => Ok(pages),
            _ if busy == 0 && pages == moved => Ok(pages),
            _ => Err("the write-ahead log could not be moved into the database".into()),
        }
    }

    fn one(&mut self, write: &Write, now: Timestamp, picture: &mut Vec<Picture>) -> Result<Done, Halt> {
        match write.reply {
            Reply::Permit(_) => self.permit(&write.tx, now, picture),
            Reply::Append(_) | Reply::Nobody => self.append(&write.tx, now, picture),
        }
    }

    fn permit(&mut self, tx: &Tx, now: Timestamp, picture: &mut Vec<Picture>) -> Result<Done, Halt> {
        let decision =
            tx.leaf.decision.ok_or(Halt::Refused(LedgerError::Malformed("a permission has a decision id")))?;
        if self.in_flight.knows(&decision) {
            return Err(Halt::Refused(LedgerError::Conflict("this decision was permitted already")));
        }
        let planned = remember_all(&self.db, &tx.changes, picture)
            .and_then(|()| asserts::check(&self.db, &tx.asserts, self.policy, now));
        let planned = match planned {
            Ok(planned) => planned,
            Err(Halt::Failed(failure)) => {
                let detail: Vec<_> = tx.detail.iter().map(Detail::refused).collect();
                let prepared = self.prepare(&tx.leaf.refused(failure), &detail, None, now)?;
                self.write(prepared, Some(decision))?;
                return Ok(Done::Refused(failure));
            }
            Err(halt) => return Err(halt),
        };
        let retry_of = spend::retry_of(&planned);
        let prepared = self.prepare(&tx.leaf, &tx.detail, retry_of, now)?;
        let index = self.write(prepared, Some(decision))?;
        let spends = spend::write(&self.db, planned, decision, now)?;
        picture.extend(spends.iter().map(|s| Picture::State(s.jti().clone())));
        self.in_flight.begin(decision, spends);
        self.change(&tx.changes, index, now, picture)?;
        Ok(Done::Granted { index, retry_of })
    }

    fn append(&mut self, tx: &Tx, now: Timestamp, picture: &mut Vec<Picture>) -> Result<Done, Halt> {
        changes::admit(&self.db, &tx.changes)?;
        remember_all(&self.db, &tx.changes, picture)?;
        asserts::check(&self.db, &tx.asserts, self.policy, now)?;
        let ending = tx.leaf.decision.filter(|_| tx.leaf.kind == Kind::Outcome);
        if let Some(decision) = ending
            && !self.in_flight.knows(&decision)
            && !query::allowed(&self.db, &decision)?
        {
            return Err(Halt::Refused(LedgerError::Conflict("an outcome needs an earlier allowed decision")));
        }
        let prepared = self.prepare(&tx.leaf, &tx.detail, tx.leaf.retry_of, now)?;
        let index = self.write(prepared, tx.leaf.decision)?;
        self.change(&tx.changes, index, now, picture)?;
        if let Some(decision) = ending {
            self.in_flight.end(&decision);
        }
        Ok(Done::Recorded { index })
    }

    fn change(&mut self, list: &[Change], index: u64, now: Timestamp, picture: &mut Vec<Picture>) -> Result<(), Halt> {
        let Self { db, policy, in_flight, .. } = self;
        let mut context = Context { db, index, now, policy, in_flight, picture };
        // After the leaf was written nothing may be refused any more: that would leave half a transaction.
        list.iter().try_for_each(|change| context.apply(change)).map_err(|halt| match halt {
            Halt::Broken(e) => Halt::Broken(e),
            Halt::Failed(_) | Halt::Refused(_) => Halt::Broken(rusqlite::Error::InvalidQuery),
        })
    }

    fn clock_went_back(
        &mut self,
        back: SignedDuration,
        now: Timestamp,
        picture: &mut Vec<Picture>,
    ) -> Result<(), String> {
        let mut leaf = Leaf::new(Kind::ClockAnomaly);
        leaf.extra = BTreeMap::from([("seconds", back.as_secs().to_string())]);
        let tx = Tx { asserts: vec![], leaf, detail: vec![], changes: vec![Change::Notify { kind: "clock" }] };
        match self.append(&tx, now, picture) {
            Ok(_) => Ok(()),
            Err(Halt::Broken(e)) => Err(words(&e)),
            Err(_) => Err("the clock's going back could not be recorded".into()),
        }
    }

    /// Makes the leaf's text and its salted rows; nothing is written yet.
    fn prepare(&self, leaf: &Leaf, detail: &[Detail], retry_of: RetryOf, now: Timestamp) -> Result<Prepared, Halt> {
        let mut salts = vec![[0; SALT]; detail.len()];
        if !salts.is_empty() {
            (self.random)(salts.as_flattened_mut())
                .map_err(|_| Halt::Refused(LedgerError::Conflict("there is no randomness for its salts")))?;
        }
        let rows: Vec<_> = salts.into_iter().zip(detail.iter().map(Detail::canonical)).collect();
        let rc = (!rows.is_empty())
            .then(|| tree::root(rows.iter().map(|(salt, row)| tree::leaf_hash_of(salt, row.as_bytes()))));
        let day = Some(TimeZone::UTC.to_datetime(now).date());
        let text = Leaf { day, retry_of, ..leaf.clone() }
            .canonical(&Stamp { gateway: &self.gateway, boot: &self.boot, rc })
            .map_err(|_| Halt::Refused(LedgerError::Malformed("the leaf is longer than 4 KiB")))?;
        Ok(Prepared { text, rows })
    }

    /// Writes a leaf and its rows, and gives its index.
    fn write(&mut self, prepared: Prepared, decision: Option<DecisionId>) -> Result<u64, rusqlite::Error> {
        let (index, hash) = (self.tree.size(), tree::leaf_hash(prepared.text.as_bytes()));
        let idx = integer(index);
        self.db.prepare_cached("INSERT INTO leaves VALUES (?1, ?2, ?3)")?.execute((idx, hash, &prepared.text))?;
        if let Some(decision) = decision {
            self.db
                .prepare_cached("INSERT INTO decisions VALUES (?1, ?2, ?3)")?
                .execute(query::place(&decision, idx))?;
        }
        if !prepared.rows.is_empty() {
            let mut insert = self.db.prepare_cached("INSERT INTO detail VALUES (?1, ?2, ?3, ?4, NULL)")?;
            for (n, (salt, row)) in (0_i64..).zip(&prepared.rows) {
                insert.execute((idx, n, salt, row))?;
            }
        }
        self.tree.push(hash);
        Ok(index)
    }
}

fn remember_all(db: &Connection, list: &[Change], picture: &mut Vec<Picture>) -> Result<(), Halt> {
    list.iter().try_for_each(|change| match change {
        Change::Remember(grant) => changes::remember(db, grant, picture),
        _ => Ok(()),
    })
}

/// SQLite's integers are signed; a log never reaches 2⁶³ entries.
pub(super) fn integer(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

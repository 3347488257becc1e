//! What is kept of a concern, and how a text comes in: sealed, then recorded, and only then said to be taken.

use super::{TEXTS, flood, purpose};
use crate::{
    ledger::{Leaf, leaf::Kind},
    panel::{
        Panel,
        access::keys,
        confidential, letters, once,
        sealed::{self, Private, Public, SealError, Sealed},
        tries,
        wrong::Wrong,
    },
};
use aws_lc_rs::{digest, hmac};
use data_encoding::{BASE64, HEXLOWER};
use jiff::SignedDuration;
use rusqlite::{Connection, OptionalExtension as _, Row};
use zeroize::Zeroizing;

/// In which [`TEXTS`] are counted.
const DAY: SignedDuration = SignedDuration::from_hours(24);
/// As what the writer of a concern stands among those who an answer is sealed to.
const WRITER: &str = "writer";

/// A concern without its texts.
#[derive(Debug, Clone)]
pub(super) struct Concern {
    pub number: i64,
    pub id: String,
    pub day: String,
    pub state: String,
    public: Vec<u8>,
    private: Vec<u8>,
}

/// One of its texts.
#[derive(Debug, Clone)]
pub(super) struct Text {
    pub id: String,
    pub panel: bool,
    pub day: String,
    pub sealed: String,
    pub shared: Option<String>,
    pub sha256: String,
    entry: Option<i64>,
}

/// What the record book says of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Book {
    /// It is the text that came in.
    Holds,
    /// Its entry is not known.
    NotYet,
    /// Another text came in, or none.
    Differs,
}

impl Text {
    /// The text as most members can open it, and whether another one was put in the place of the shared copy.
    pub(super) fn widest(&self) -> (&str, bool) {
        confidential::widest(&self.sealed, self.shared.as_deref())
    }
}

/// What became of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Received {
    /// It is kept and recorded.
    Yes,
    /// Nobody could read it.
    NoMembers,
    /// As much as is added to a concern in a day.
    TooMuch,
    /// So many write at once that its turn did not come.
    Busy,
    /// The store holds as much as it may.
    Full,
}

/// Concerns on one page of the list.
pub(super) const PAGE: u32 = 500;

const COLUMNS: &str = "number, id, day, state, public, private";

fn concern(row: &Row<'_>) -> Result<Concern, rusqlite::Error> {
    Ok(Concern {
        number: row.get(0)?,
        id: row.get(1)?,
        day: row.get(2)?,
        state: row.get(3)?,
        public: row.get(4)?,
        private: row.get(5)?,
    })
}

/// The concern of a receipt code. It is found by the code's hash: how long that takes tells nothing of the code.
pub(super) async fn by_code(panel: &Panel, code: &str) -> Result<Option<Concern>, Wrong> {
    let digest = letters::digest(code);
    let ask = format!("SELECT {COLUMNS} FROM concerns WHERE code = ?1");
    panel.store().read(move |db| db.prepare_cached(&ask)?.query_row([digest], concern).optional()).await
}

/// The concern with this id.
pub(super) async fn by_id(panel: &Panel, id: &str) -> Result<Option<Concern>, Wrong> {
    let (id, ask) = (id.to_owned(), format!("SELECT {COLUMNS} FROM concerns WHERE id = ?1"));
    panel.store().read(move |db| db.prepare_cached(&ask)?.query_row([id], concern).optional()).await
}

/// The newest concerns, those first that are not closed, after so many.
pub(super) async fn newest(panel: &Panel, after: u32) -> Result<Vec<Concern>, Wrong> {
    let ask = format!("SELECT {COLUMNS} FROM concerns ORDER BY state = 'closed', number DESC LIMIT {PAGE} OFFSET ?1");
    panel.store().read(move |db| db.prepare_cached(&ask)?.query_map([after], concern)?.collect()).await
}

/// A day of which very many concerns wait for an answer.
#[derive(Debug, Clone)]
pub(super) struct Flooded {
    pub day: String,
    pub many: i64,
    /// The newest of them.
    pub until: i64,
}

/// Days of which so many or more wait, the newest first.
pub(super) async fn flooded(panel: &Panel, many: i64) -> Result<Vec<Flooded>, Wrong> {
    let ask = "SELECT day, count(*), max(number) FROM concerns WHERE state = 'new' GROUP BY day HAVING count(*) >= ?1 \
               ORDER BY day DESC LIMIT 100";
    let day = |row: &Row<'_>| Ok(Flooded { day: row.get(0)?, many: row.get(1)?, until: row.get(2)? });
    panel.store().read(move |db| db.prepare_cached(ask)?.query_map([many], day)?.collect()).await
}

/// Closes what waits of a day, up to this number: not what came in since somebody looked. Gives how many that were.
pub(super) async fn close_day(panel: &Panel, day: String, until: i64) -> Result<usize, Wrong> {
    let close = "UPDATE concerns SET state = 'closed' WHERE state = 'new' AND day = ?1 AND number <= ?2";
    panel.store().write(move |db| db.execute(close, (day, until))).await
}

/// The texts of a concern, in their order.
pub(super) async fn texts(panel: &Panel, concern: &str) -> Result<Vec<Text>, Wrong> {
    let concern = concern.to_owned();
    let text = |row: &Row<'_>| {
        Ok(Text {
            id: row.get(0)?,
            panel: row.get(1)?,
            day: row.get(2)?,
            sealed: row.get(3)?,
            shared: row.get(4)?,
            sha256: row.get(5)?,
            entry: row.get(6)?,
        })
    };
    let ask = "SELECT id, panel, day, sealed, shared, sha256, entry FROM concern_texts WHERE concern = ?1 ORDER BY n";
    panel.store().read(move |db| db.prepare_cached(ask)?.query_map([concern], text)?.collect()).await
}

/// Asks the record book itself: whoever can write the store can write a hash and the number of an entry there, too.
pub(super) async fn in_book(panel: &Panel, text: &Text) -> Book {
    if hash(&text.sealed) != text.sha256 {
        return Book::Differs;
    }
    let Some(index) = text.entry.and_then(|entry| u64::try_from(entry).ok()) else { return Book::NotYet };
    // A record book that cannot be read just now confirms nothing.
    let Ok(entries) = panel.ledger().entries(index).await else { return Book::NotYet };
    let entry = entries.first().filter(|entry| entry.index == index);
    let leaf = entry.and_then(|entry| serde_json::from_str::<serde_json::Value>(&entry.leaf).ok());
    let kind = if text.panel { Kind::ConcernAnswered } else { Kind::ConcernReceived };
    let holds = leaf.is_some_and(|leaf| {
        let sha256 = leaf.get("extra").and_then(|extra| extra.get("sha256"));
        leaf.get("type").is_some_and(|t| t == kind.as_str()) && sha256.is_some_and(|s| *s == text.sha256)
    });
    if holds { Book::Holds } else { Book::Differs }
}

/// How many entries of the record book speak of a text that is not in the store.
pub(super) async fn missing(panel: &Panel) -> Result<i64, Wrong> {
    let ask = "SELECT count(*) FROM concern_entries WHERE sha256 NOT IN (SELECT sha256 FROM concern_texts)";
    panel.store().read(move |db| db.query_row(ask, [], |row| row.get(0))).await
}

/// Takes a text in. The same form again does nothing more: its text stays what it was.
pub(super) async fn receive(panel: &Panel, code: &str, once: &str, text: &str) -> Result<Received, Wrong> {
    let code = letters::plain(code);
    let before = by_code(panel, &code).await?;
    let new = match &before {
        Some(_) => None,
        None => Some(made(panel, &code)?),
    };
    let id = before.as_ref().or(new.as_ref()).map(|c| c.id.clone()).unwrap_or_default();
    let sealed = match sealed::seal(&purpose(&id), text, &keys::members(panel).await?) {
        Ok(sealed) => sealed.to_string(),
        Err(SealError::NoMember) => return Ok(Received::NoMembers),
        Err(_) => return Err(Wrong::broken("a concern could not be sealed")),
    };
    // The code's holder alone could tell from this whether a text is the same.
    let same = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, code.as_bytes()), format!("{once}\n{text}").as_bytes());
    let same = HEXLOWER.encode(same.as_ref());
    if known(panel, &same).await? != Some(true) {
        let taken = match new {
            Some(_) => flood::taken(panel).await?,
            None if tries::within(panel, format!("concern:{id}"), DAY, TEXTS).await? => Received::Yes,
            None => Received::TooMuch,
        };
        if taken != Received::Yes {
            return Ok(taken);
        }
    }
    let row = (same.clone(), id, panel.today().to_string(), sealed.clone(), hash(&sealed));
    let digest = letters::digest(&code);
    let (sha256, recorded) = panel.store().write(move |db| insert(db, new.as_ref(), digest, &row)).await?;
    if !recorded {
        record(panel, same, sha256).await?;
    }
    Ok(Received::Yes)
}

fn made(panel: &Panel, code: &str) -> Result<Concern, Wrong> {
    let failed = |_| Wrong::broken("a concern's keys could not be made");
    let (public, private) = sealed::generate().map_err(failed)?;
    let private = Zeroizing::new(BASE64.encode(private.as_bytes()));
    // Of the code, so that a form sent twice at once is about one concern.
    let id = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, code.as_bytes()), b"the id of a concern");
    let id = HEXLOWER.encode(id.as_ref()).chars().take(32).collect();
    Ok(Concern {
        number: 0,
        id,
        day: panel.today().to_string(),
        state: "new".to_owned(),
        public: public.as_bytes().to_vec(),
        private: sealed::seal_under_code(code, &private).map_err(failed)?,
    })
}

/// Whether a text is recorded; `None` where it is not even kept.
async fn known(panel: &Panel, same: &str) -> Result<Option<bool>, Wrong> {
    let same = same.to_owned();
    let ask = "SELECT entry NOT NULL FROM concern_texts WHERE id = ?1";
    panel.store().read(move |db| db.prepare_cached(ask)?.query_row([same], |row| row.get(0)).optional()).await
}

/// Keeps it, unless it is there. Gives the hash of what is there, and whether that is recorded.
fn insert(
    db: &Connection,
    new: Option<&Concern>,
    digest: [u8; 32],
    (same, concern, day, sealed, sha256): &(String, String, String, String, String),
) -> Result<(String, bool), rusqlite::Error> {
    if let Some(new) = new {
        db.execute(
            "INSERT OR IGNORE INTO concerns (id, code, public, private, day, state) VALUES (?1, ?2, ?3, ?4, ?5, 'new')",
            (&new.id, digest, &new.public, &new.private, &new.day),
        )?;
    }
    let inserted = db.execute(
        "INSERT OR IGNORE INTO concern_texts (id, concern, panel, day, sealed, sha256) \
         VALUES (?1, ?2, 0, ?3, ?4, ?5)",
        (same, concern, day, sealed, sha256),
    )?;
    if inserted == 1 {
        db.execute("UPDATE concerns SET state = 'new' WHERE id = ?1", [concern])?;
    }
    let ask = "SELECT sha256, entry NOT NULL FROM concern_texts WHERE id = ?1";
    db.query_row(ask, [same], |row| Ok((row.get(0)?, row.get(1)?)))
}

/// What becomes of a text that is recorded, and of one that certainly is not.
const NOTED: (&str, &str) =
    ("UPDATE concern_texts SET entry = ?2 WHERE id = ?1", "DELETE FROM concern_texts WHERE id = ?1 AND entry IS NULL");

/// The record book knows of it, or it is not kept.
async fn record(panel: &Panel, same: String, sha256: String) -> Result<(), Wrong> {
    let mut leaf = Leaf::new(Kind::ConcernReceived);
    leaf.extra.insert("sha256", sha256);
    let recorded = once::record(panel, leaf, Some("concern"), same, NOTED).await;
    if recorded.is_err() {
        let empty = "DELETE FROM concerns WHERE id NOT IN (SELECT concern FROM concern_texts)";
        panel.store().write(move |db| db.execute(empty, [])).await?;
    }
    recorded
}

/// The panel's answer: for the members, and for whoever has the code. It is recorded, or it is not given. `false`: this
/// form was sent already.
pub(super) async fn answer(panel: &Panel, concern: &Concern, once: String, text: &str) -> Result<bool, Wrong> {
    let failed = || Wrong::broken("an answer could not be sealed");
    let mut readers = keys::members(panel).await?;
    readers.push((WRITER.to_owned(), Public::from_bytes(&concern.public).ok_or_else(failed)?));
    let sealed = sealed::seal(&purpose(&concern.id), text, &readers).map_err(|_| failed())?.to_string();
    let (id, day, sha256, same) = (concern.id.clone(), panel.today().to_string(), hash(&sealed), once.clone());
    let kept = panel.store().write(move |db| {
        db.execute(
            "INSERT OR IGNORE INTO concern_texts (id, concern, panel, day, sealed, sha256) \
             VALUES (?1, ?2, 1, ?3, ?4, ?5)",
            (&same, id, day, sealed, sha256),
        )?;
        let ask = "SELECT sha256, entry NOT NULL FROM concern_texts WHERE id = ?1";
        db.query_row(ask, [same], |row| Ok((row.get(0)?, row.get(1)?)))
    });
    let (sha256, recorded): (String, bool) = kept.await?;
    if recorded {
        return Ok(false);
    }
    let mut leaf = Leaf::new(Kind::ConcernAnswered);
    leaf.extra.insert("sha256", sha256);
    // Nobody is told by a message: its time would be the answer's.
    once::record(panel, leaf, None, once, NOTED).await?;
    let (id, answered) = (concern.id.clone(), "UPDATE concerns SET state = 'answered' WHERE id = ?1");
    panel.store().write(move |db| db.execute(answered, [id])).await?;
    Ok(true)
}

/// An answer's words, for whoever has the code.
pub(super) fn open(concern: &Concern, code: &str, text: &Text) -> Option<Zeroizing<String>> {
    let private = sealed::open_under_code(&letters::plain(code), &concern.private).ok()?;
    let private = Zeroizing::new(BASE64.decode(private.as_bytes()).ok()?);
    let private = Private::from_bytes(&private)?;
    sealed::open(&purpose(&concern.id), &text.sealed.parse::<Sealed>().ok()?, WRITER, &private).ok()
}

/// SHA-256 of a sealed text, as the record book has it.
pub(super) fn hash(sealed: &str) -> String {
    HEXLOWER.encode(digest::digest(&digest::SHA256, sealed.as_bytes()).as_ref())
}

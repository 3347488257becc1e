//! Sessions: a random token in a cookie, its hash in the store.

use super::{Role, keys::Unlocked};
use crate::panel::{Panel, wrong::Wrong};
use jiff::{SignedDuration, Timestamp};
use rusqlite::OptionalExtension as _;

/// Without a request for so long, a session is over.
const IDLE: SignedDuration = SignedDuration::from_mins(30);
/// So long after signing in, it is over in any case.
const LONGEST: SignedDuration = SignedDuration::from_hours(12);
/// How often a session's last use is written down.
const SEEN_EVERY: SignedDuration = SignedDuration::from_mins(1);

/// The cookie's name. With `__Host-` a browser keeps it to this host, over TLS, for every path (RFC 6265bis).
pub const COOKIE: &str = "__Host-havengate";

/// Somebody signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The account's id.
    pub account: String,
    /// Its name, as the person chose it.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// What every form of this session carries.
    pub csrf: String,
    /// SHA-256 of the cookie's token.
    pub token: [u8; 32],
}

/// Opens a session for an account that has just proved itself. Gives the cookie's value: never a token that the
/// browser brought (session fixation).
///
/// # Errors
/// [`Wrong::Broken`] when there is no randomness or the store fails.
pub async fn open(panel: &Panel, account: String) -> Result<String, Wrong> {
    opened(panel, account, None).await
}

/// The same, keeping the account's secrets in memory for as long as the session lasts.
///
/// # Errors
/// [`Wrong::Broken`] when there is no randomness or the store fails.
pub async fn open_with(panel: &Panel, account: String, unlocked: Unlocked) -> Result<String, Wrong> {
    opened(panel, account, Some(unlocked)).await
}

async fn opened(panel: &Panel, account: String, unlocked: Option<Unlocked>) -> Result<String, Wrong> {
    let (token, csrf) = (random()?, random()?);
    let (digest, now) = (digest(&token), panel.passing().as_microsecond());
    let oldest = panel.passing().saturating_sub(LONGEST).unwrap_or(Timestamp::MIN).as_microsecond();
    panel
        .store()
        .write(move |db| {
            db.execute("DELETE FROM sessions WHERE created < ?1", [oldest])?;
            db.execute("INSERT INTO sessions VALUES (?1, ?2, ?3, ?4, ?4)", (digest, account, csrf, now))
        })
        .await?;
    if let Some(unlocked) = unlocked {
        panel.access.ring.hold(digest, unlocked);
    }
    Ok(format!("{COOKIE}={token}; Path=/; Secure; HttpOnly; SameSite=Strict"))
}

/// The session of a cookie's token, where it is in date and its account is open.
///
/// # Errors
/// [`Wrong::Broken`] when the store fails.
pub async fn find(panel: &Panel, token: &str) -> Result<Option<Session>, Wrong> {
    let (digest, now) = (digest(token), panel.passing());
    let found = panel
        .store()
        .read(move |db| {
            db.prepare_cached(
                "SELECT a.id, a.name, a.role, s.csrf, s.created, s.seen FROM sessions s JOIN accounts a \
                 ON a.id = s.account WHERE s.token = ?1 AND a.closed IS NULL",
            )?
            .query_row([digest], |row| {
                let times = (row.get::<_, i64>(4)?, row.get::<_, i64>(5)?);
                Ok(((row.get(0)?, row.get(1)?, row.get::<_, String>(2)?, row.get(3)?), times))
            })
            .optional()
        })
        .await?;
    let Some(((account, name, role, csrf), (created, seen))) = found else {
        panel.access.ring.forget(&digest);
        return Ok(None);
    };
    let Ok(role) = role.parse::<Role>() else { return Ok(None) };
    let since = |micros: i64| now.duration_since(Timestamp::from_microsecond(micros).unwrap_or(Timestamp::MIN));
    if since(created) > LONGEST || since(seen) > IDLE {
        end(panel, digest).await?;
        return Ok(None);
    }
    if since(seen) > SEEN_EVERY {
        let at = now.as_microsecond();
        let seen = move |db: &rusqlite::Transaction<'_>| {
            db.execute("UPDATE sessions SET seen = ?2 WHERE token = ?1", (digest, at))
        };
        panel.store().write(seen).await?;
    }
    Ok(Some(Session { account, name, role, csrf, token: digest }))
}

/// Ends a session.
///
/// # Errors
/// [`Wrong::Broken`] when the store fails.
pub async fn close(panel: &Panel, session: &Session) -> Result<(), Wrong> {
    end(panel, session.token).await
}

async fn end(panel: &Panel, token: [u8; 32]) -> Result<(), Wrong> {
    panel.access.ring.forget(&token);
    panel.store().write(move |db| db.execute("DELETE FROM sessions WHERE token = ?1", [token])).await.map(drop)
}

/// Ends every session that is over, and forgets their keys.
pub(super) async fn sweep(panel: &Panel) -> Result<(), Wrong> {
    let before = |length| panel.passing().saturating_sub(length).unwrap_or(Timestamp::MIN).as_microsecond();
    let (created, seen) = (before(LONGEST), before(IDLE + SEEN_EVERY));
    // Looked at first: the keys of a session that opens meanwhile, which the store may not know of yet, stay.
    let held = panel.access.ring.held();
    let live = panel.store().write(move |db| {
        db.execute("DELETE FROM sessions WHERE created < ?1 OR seen < ?2", (created, seen))?;
        db.prepare_cached("SELECT token FROM sessions")?.query_map([], |row| row.get(0))?.collect::<Result<Vec<_>, _>>()
    });
    panel.access.ring.forget_over(held, &live.await?);
    Ok(())
}

/// What a browser that signs out is told.
pub const GONE: &str = "__Host-havengate=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0";

/// SHA-256, as which tokens are kept.
pub(in crate::panel) fn digest(token: &str) -> [u8; 32] {
    let mut bytes = [0; 32];
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, token.as_bytes());
    bytes.copy_from_slice(digest.as_ref());
    bytes
}

/// 160 bits in base32: nobody guesses it.
pub(in crate::panel) fn random() -> Result<String, Wrong> {
    let mut bytes = [0; 20];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| Wrong::broken("the random source failed"))?;
    Ok(data_encoding::BASE32_NOPAD.encode(&bytes).to_ascii_lowercase())
}

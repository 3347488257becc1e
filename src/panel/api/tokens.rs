//! Tokens for machines that read figures: made and ended by panel members, shown once, kept as SHA-256.

use super::member;
use crate::panel::{
    Panel,
    access::{Role, Session, Visitor, session},
    guard::Fields,
    page::{self, Shell, see_other},
    pages::record::moment,
    routes::{PANEL, Route},
    wrong::Wrong,
};
use askama::Template;
use axum::{
    extract::{Path, State},
    response::Response,
};
use jiff::Timestamp;
use rusqlite::OptionalExtension as _;
use std::sync::Arc;

/// Ended ones stay, so that the panel sees that there was one.
pub(in crate::panel) const TABLES: &str = "
CREATE TABLE api_tokens (n INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE, name TEXT NOT NULL, created INTEGER NOT NULL,
    ended INTEGER) STRICT;
";

/// The most tokens that are in force at once.
const MOST: i64 = 20;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get("/api-tokens", PANEL, list),
        Route::post("/api-tokens", PANEL, make),
        Route::post("/api-tokens/{number}/end", PANEL, end),
    ]
}

#[derive(Template)]
#[template(config = "src/panel/askama.toml", path = "api_tokens.html")]
struct Tokens {
    shell: Shell,
    tokens: Vec<Token>,
    /// The one that was just made.
    made: Option<String>,
}

struct Token {
    number: i64,
    name: String,
    created: String,
    ended: Option<String>,
}

async fn list(State(panel): State<Arc<Panel>>, visitor: Visitor) -> Result<Response, Wrong> {
    page(&panel, &visitor, None).await
}

async fn page(panel: &Panel, visitor: &Visitor, made: Option<String>) -> Result<Response, Wrong> {
    let tokens = panel.store().read(|db| {
        let time = |micros: i64| moment(Timestamp::from_microsecond(micros).unwrap_or(Timestamp::MIN));
        db.prepare_cached("SELECT n, name, created, ended FROM api_tokens ORDER BY n DESC LIMIT 200")?
            .query_map([], |row| {
                let ended = row.get::<_, Option<i64>>(3)?.map(time);
                Ok(Token { number: row.get(0)?, name: row.get(1)?, created: time(row.get(2)?), ended })
            })?
            .collect::<Result<Vec<_>, _>>()
    });
    let shell = Shell::of(panel, visitor, "Tokens for machines", "/reports");
    page::html(&Tokens { shell, tokens: tokens.await?, made })
}

/// Makes one, and shows it this once.
async fn make(State(panel): State<Arc<Panel>>, visitor: Visitor, fields: Fields) -> Result<Response, Wrong> {
    member(&visitor)?;
    let name = fields.text("name", 80)?;
    if name.is_empty() {
        return Err(Wrong::Invalid("Write what the token is for."));
    }
    let token = format!("hg_{}", session::random()?);
    let (digest, now) = (session::digest(&token), panel.now().as_microsecond());
    let made = panel.store().write(move |db| {
        db.execute(
            "INSERT INTO api_tokens (digest, name, created) SELECT ?1, ?2, ?3 \
             WHERE (SELECT count(*) FROM api_tokens WHERE ended IS NULL) < ?4",
            (digest, name, now, MOST),
        )
    });
    match made.await? {
        0 => Err(Wrong::Conflict("There are as many tokens as there may be. End one first.")),
        _ => page(&panel, &visitor, Some(token)).await,
    }
}

async fn end(State(panel): State<Arc<Panel>>, Path(number): Path<i64>) -> Result<Response, Wrong> {
    let now = panel.now().as_microsecond();
    let ended = panel
        .store()
        .write(move |db| db.execute("UPDATE api_tokens SET ended = ?2 WHERE n = ?1 AND ended IS NULL", (number, now)));
    match ended.await? {
        0 => Err(Wrong::Conflict("There is no such token in force.")),
        _ => Ok(see_other("/api-tokens")),
    }
}

/// Whether a token is in force. It stands for no person: its session has no account and can send no form.
pub(in crate::panel) async fn find(panel: &Panel, token: &str) -> Result<Option<Session>, Wrong> {
    let digest = session::digest(token);
    let found: Option<i64> = panel
        .store()
        .read(move |db| {
            db.prepare_cached("SELECT n FROM api_tokens WHERE digest = ?1 AND ended IS NULL")?
                .query_row([digest], |row| row.get(0))
                .optional()
        })
        .await?;
    Ok(found.map(|_| Session {
        account: String::new(),
        name: "a machine".to_owned(),
        role: Role::Operator,
        csrf: String::new(),
        token: digest,
    }))
}

//! Tokens for machines that read figures: made and ended by panel members, shown once, kept as SHA-256. A token is its
//! maker's: making one takes a fresh code, the record book says that it was made and ended, and it ends with the account.

use crate::panel::{
    Panel,
    access::{
        Role, Session, Visitor,
        audit::{self, Did},
        second_factor, session,
    },
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
use http::StatusCode;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _};
use std::sync::Arc;

/// Ended ones stay, so that the panel sees that there was one. `account` made it.
pub(in crate::panel) const TABLES: &str = "
CREATE TABLE api_tokens (n INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE, name TEXT NOT NULL,
    account TEXT NOT NULL REFERENCES accounts (id), created INTEGER NOT NULL, ended INTEGER) STRICT;
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
    wrong: Option<&'static str>,
    /// What was typed into the form that was not taken.
    typed: String,
}

struct Token {
    number: i64,
    name: String,
    by: String,
    created: String,
    ended: Option<String>,
}

async fn list(State(panel): State<Arc<Panel>>, visitor: Visitor) -> Result<Response, Wrong> {
    page(&panel, &visitor, None, None).await
}

/// `refused`: why the form was not taken, and the name that stood in it.
async fn page(
    panel: &Panel,
    visitor: &Visitor,
    made: Option<String>,
    refused: Option<(&'static str, String)>,
) -> Result<Response, Wrong> {
    let tokens = panel.store().read(|db| {
        let time = |micros: i64| moment(Timestamp::from_microsecond(micros).unwrap_or(Timestamp::MIN));
        let ask = "SELECT t.n, t.name, a.name, t.created, t.ended FROM api_tokens t JOIN accounts a ON a.id = t.account \
                   ORDER BY t.n DESC LIMIT 200";
        db.prepare_cached(ask)?
            .query_map([], |row| {
                let (created, ended) = (time(row.get(3)?), row.get::<_, Option<i64>>(4)?.map(time));
                Ok(Token { number: row.get(0)?, name: row.get(1)?, by: row.get(2)?, created, ended })
            })?
            .collect::<Result<Vec<_>, _>>()
    });
    let shell = Shell::of(panel, visitor, "Tokens for machines", "/reports");
    let (wrong, typed) = refused.unzip();
    let tokens = Tokens { shell, tokens: tokens.await?, made, wrong, typed: typed.unwrap_or_default() };
    page::html(&tokens)
}

/// Makes one, and shows it this once. What was wrong is said beside the form.
async fn make(State(panel): State<Arc<Panel>>, visitor: Visitor, fields: Fields) -> Result<Response, Wrong> {
    let name = fields.text("name", 80)?;
    match made(&panel, visitor.signed_in()?, name.clone(), fields.one("code")?).await {
        Ok(token) => page(&panel, &visitor, Some(token), None).await,
        Err(Wrong::Invalid(why)) => {
            let mut page = page(&panel, &visitor, None, Some((why, name))).await?;
            *page.status_mut() = StatusCode::BAD_REQUEST;
            Ok(page)
        }
        Err(wrong) => Err(wrong),
    }
}

async fn made(panel: &Panel, session: &Session, name: String, code: &str) -> Result<String, Wrong> {
    if name.is_empty() {
        return Err(Wrong::Invalid("Write what the token is for."));
    }
    second_factor(panel, session, code).await?;
    let token = format!("hg_{}", session::random()?);
    let (digest, account, now) = (session::digest(&token), session.account.clone(), panel.now().as_microsecond());
    let made = panel.store().write(move |db| {
        // The account may have been closed since the page was asked for.
        let made = db.execute(
            "INSERT INTO api_tokens (digest, name, account, created) SELECT ?1, ?2, id, ?4 FROM accounts \
             WHERE id = ?3 AND closed IS NULL AND (SELECT count(*) FROM api_tokens WHERE ended IS NULL) < ?5",
            (digest, name, &account, now, MOST),
        )?;
        if made > 0 {
            audit::note(db, &account, Role::Panel, Did::TokenMade)?;
        }
        Ok(made)
    });
    let made = made.await?;
    audit::flush(panel).await;
    match made {
        0 => Err(Wrong::Conflict("There are as many tokens as there may be. End one first.")),
        _ => Ok(token),
    }
}

/// Ends one. It takes no code: it only takes something away.
async fn end(State(panel): State<Arc<Panel>>, Path(number): Path<i64>, visitor: Visitor) -> Result<Response, Wrong> {
    let (account, now) = (visitor.signed_in()?.account.clone(), panel.now().as_microsecond());
    let ended = panel.store().write(move |db| {
        let ended = db.execute("UPDATE api_tokens SET ended = ?2 WHERE n = ?1 AND ended IS NULL", (number, now))?;
        if ended > 0 {
            audit::note(db, &account, Role::Panel, Did::TokenEnded)?;
        }
        Ok(ended)
    });
    let ended = ended.await?;
    audit::flush(&panel).await;
    match ended {
        0 => Err(Wrong::Conflict("There is no such token in force.")),
        _ => Ok(see_other("/api-tokens")),
    }
}

/// Ends those that an account made, in the transaction that closes it.
pub(in crate::panel) fn end_all(db: &Connection, account: &str, now: Timestamp) -> Result<(), rusqlite::Error> {
    let end = "UPDATE api_tokens SET ended = ?2 WHERE account = ?1 AND ended IS NULL";
    let ended = db.execute(end, (account, now.as_microsecond()))?;
    (0..ended).try_for_each(|_| audit::note(db, account, Role::Panel, Did::TokenEnded))
}

/// Whether a token is in force. It stands for no person: its session has no account and can send no form.
pub(in crate::panel) async fn find(panel: &Panel, token: &str) -> Result<Option<Session>, Wrong> {
    let digest = session::digest(token);
    let found: Option<i64> = panel
        .store()
        .read(move |db| {
            let ask = "SELECT t.n FROM api_tokens t JOIN accounts a ON a.id = t.account \
                       WHERE t.digest = ?1 AND t.ended IS NULL AND a.closed IS NULL";
            db.prepare_cached(ask)?.query_row([digest], |row| row.get(0)).optional()
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

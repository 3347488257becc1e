//! `/sign-in` and `/sign-out`. A wrong name, a wrong passphrase, a wrong code and a locked account get one answer, after
//! about one time.

use super::{
    Role, Visitor, account, audit,
    factor::{self, Checked, Moment, Side},
    keys::{self, Unlocked},
    passphrase, session,
};
use crate::panel::{
    Panel,
    guard::Fields,
    page::{self, Shell},
    routes,
    wrong::Wrong,
};
use askama::Template;
use axum::{
    extract::{RawQuery, State},
    response::Response,
};
use http::{HeaderValue, StatusCode, header};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Transaction};
use std::{sync::Arc, time::Duration};
use tokio::time::Instant;

/// A wrong answer takes a whole multiple of this, so that its time says nothing of what was wrong.
const PACE: Duration = Duration::from_millis(500);
const DAY: i64 = 86_400_000_000;

#[derive(Template)]
#[template(config = "src/panel/askama.toml", path = "sign_in.html")]
struct Door {
    shell: Shell,
    next: String,
    wrong: bool,
    signed_out: bool,
}

pub(super) async fn door(
    State(panel): State<Arc<Panel>>,
    visitor: Visitor,
    RawQuery(query): RawQuery,
) -> Result<Response, Wrong> {
    let query = query.unwrap_or_default();
    let value = |name: &str| form_urlencoded::parse(query.as_bytes()).find(|(n, _)| n == name).map(|(_, v)| v);
    let next = value("next").filter(|next| ours(next)).unwrap_or_default().into_owned();
    let shell = Shell::of(&panel, &visitor, "Sign in", "/sign-in");
    page::html(&Door { shell, next, wrong: false, signed_out: value("out").is_some() })
}

pub(super) async fn sign_in(
    State(panel): State<Arc<Panel>>,
    visitor: Visitor,
    fields: Fields,
) -> Result<Response, Wrong> {
    let began = Instant::now();
    let next = Some(fields.one("next")?).filter(|next| ours(next)).unwrap_or_default();
    match prove(&panel, &fields).await? {
        Some((account, role, unlocked)) => {
            let cookie = session::open_with(&panel, account, unlocked).await?;
            audit::flush(&panel).await;
            let home = routes::links(role).first().map_or("/", |(to, _)| to);
            let mut response = page::see_other(if next.is_empty() { home } else { next });
            let cookie = HeaderValue::from_str(&cookie).map_err(|_| Wrong::broken("a cookie could not be made"))?;
            response.headers_mut().insert(header::SET_COOKIE, cookie);
            Ok(response)
        }
        None => {
            audit::flush(&panel).await;
            let paces = began.elapsed().as_millis() / PACE.as_millis() + 1;
            tokio::time::sleep_until(began + PACE * u32::try_from(paces).unwrap_or(1)).await;
            let shell = Shell::of(&panel, &visitor, "Sign in", "/sign-in");
            let mut page = page::html(&Door { shell, next: next.to_owned(), wrong: true, signed_out: false })?;
            *page.status_mut() = StatusCode::BAD_REQUEST;
            Ok(page)
        }
    }
}

pub(super) async fn sign_out(State(panel): State<Arc<Panel>>, visitor: Visitor) -> Result<Response, Wrong> {
    if let Some(session) = visitor.session() {
        session::close(&panel, session).await?;
    }
    let mut response = page::see_other("/sign-in?out=1");
    response.headers_mut().insert(header::SET_COOKIE, HeaderValue::from_static(session::GONE));
    Ok(response)
}

struct Known {
    id: String,
    role: Role,
    passphrase: String,
    locked: Vec<u8>,
}

/// Name, passphrase and code: all of it right, or nothing is said.
async fn prove(panel: &Panel, fields: &Fields) -> Result<Option<(String, Role, Unlocked)>, Wrong> {
    let (name, code) = (account::known_as(fields.one("name")?), fields.one("code")?.to_owned());
    let known = panel.store().read(move |db| known(db, &name)).await?;
    let Some(known) = known else {
        in_vain(panel, fields).await?;
        return Ok(None);
    };
    let _turn = panel.access.turns.wait(Side::Door, &known.id).await;
    let (id, now) = (known.id.clone(), panel.passing());
    if panel.store().write(move |db| factor::locked(db, (Side::Door, &id), now)).await?.is_some() {
        return past_the_lock(panel, fields, known, code).await;
    }
    let key = passphrase::check(fields.one("passphrase")?, Some(&known.passphrase)).await?;
    let unlocked = key.and_then(|key| keys::unlocked(&known.id, &known.locked, &key));
    let (id, role, secret) = (known.id.clone(), known.role, unlocked.as_ref().map(|u| u.secret.clone()));
    let (today, now, passing) = (panel.now(), Moment::now(panel), panel.passing());
    let checked = panel.store().write(move |db| match secret {
        None => factor::failed(db, (Side::Door, &id), passing),
        Some(secret) => match factor::check(db, (Side::Door, &id), &secret, &code, now)? {
            Checked::Right => in_at_last(db, &id, role, today).map(|()| Checked::Right),
            wrong => Ok(wrong),
        },
    });
    Ok(match (checked.await?, unlocked) {
        (Checked::Right, Some(unlocked)) => Some((known.id, known.role, unlocked)),
        _ => None,
    })
}

/// Takes as long as for the passphrase of a name that there is, while that costs little enough: how long it takes does not
/// say which names there are, or which are locked. Beyond, it takes the pace.
async fn in_vain(panel: &Panel, fields: &Fields) -> Result<(), Wrong> {
    if panel.access.tries.count() {
        passphrase::check(fields.one("passphrase")?, None).await?;
    }
    Ok(())
}

/// A locked door opens to the right passphrase with a recovery code: whoever knows a name can lock its door as often as
/// they like, and must not keep a member out by it. The code is spent by the try, right or wrong, and before anything is
/// stretched: so a stolen sheet of codes gives ten guesses, and strangers cost no more than for names that there are not. The lock
/// stays.
async fn past_the_lock(
    panel: &Panel,
    fields: &Fields,
    known: Known,
    code: String,
) -> Result<Option<(String, Role, Unlocked)>, Wrong> {
    let id = known.id.clone();
    if !panel.store().write(move |db| factor::spend(db, &id, &code)).await? {
        in_vain(panel, fields).await?;
        return Ok(None);
    }
    let key = passphrase::check(fields.one("passphrase")?, Some(&known.passphrase)).await?;
    let Some(unlocked) = key.and_then(|key| keys::unlocked(&known.id, &known.locked, &key)) else { return Ok(None) };
    let (id, role, today) = (known.id.clone(), known.role, panel.now());
    panel.store().write(move |db| in_at_last(db, &id, role, today)).await?;
    Ok(Some((known.id, known.role, unlocked)))
}

fn in_at_last(db: &Transaction<'_>, id: &str, role: Role, now: Timestamp) -> Result<(), rusqlite::Error> {
    let now = now.as_microsecond();
    db.execute("UPDATE accounts SET signed_in = ?2 WHERE id = ?1", (id, now - now.rem_euclid(DAY)))?;
    audit::note(db, id, role, audit::Did::SignedIn)
}

fn known(db: &Connection, name: &str) -> Result<Option<Known>, rusqlite::Error> {
    let ask = "SELECT id, role, passphrase, locked FROM accounts \
               WHERE known_as = ?1 AND closed IS NULL AND passphrase NOT NULL AND locked NOT NULL";
    let found = db
        .prepare_cached(ask)?
        .query_row([name], |row| Ok((row.get(0)?, row.get::<_, String>(1)?, row.get(2)?, row.get(3)?)));
    let Some((id, role, passphrase, locked)) = found.optional()? else { return Ok(None) };
    Ok(role.parse().ok().map(|role| Known { id, role, passphrase, locked }))
}

/// An address of ours to go on to: a path in plain letters, and no other host behind a second slash (a browser also takes
/// a backslash, or a tab in between, for one).
fn ours(next: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/-_.~?=&%".contains(c);
    next.starts_with('/') && !next.starts_with("//") && next.len() <= 512 && next.chars().all(plain)
}

#[cfg(test)]
mod tests {
    use super::ours;

    #[test]
    fn only_paths_of_ours_are_gone_on_to() {
        for good in ["/", "/stops", "/stopped?month=2026-11&clause=DATA-1", "/a/b-c_d.e"] {
            assert!(ours(good), "{good}");
        }
        for bad in [
            "",
            "stops",
            "//evil.example",
            "/\\evil.example",
            "/\t/evil.example",
            "https://evil.example",
            "\\\\evil",
            "/ /evil",
            "/\r\nSet-Cookie:x",
            "javascript:alert(1)",
            "/@evil:x",
        ] {
            assert!(!ours(bad), "{bad:?}");
        }
    }
}

//! `/account`: one's own passphrase, sessions, recovery codes and app.

use super::{
    Said, Session, Visitor, account,
    factor::{self, Checked, Side, second_factor},
    joining::{self, Codes},
    keys::{self, Unlocked},
    passphrase,
    setup::Setup,
    totp,
};
use crate::panel::{
    Panel,
    guard::Fields,
    page::{self, Shell},
    wrong::Wrong,
};
use askama::Template;
use axum::{extract::State, response::Response};
use jiff::{SignedDuration, Timestamp};
use rusqlite::Row;
use std::sync::Arc;

#[derive(Template)]
#[template(config = "src/panel/askama.toml", path = "account.html")]
struct Own {
    shell: Shell,
    role: &'static str,
    sessions: Vec<Open>,
    recovery: i64,
    said: Option<Said>,
}

/// A session, as the page lists it.
struct Open {
    since: String,
    seen: String,
    this: bool,
}

#[derive(Template)]
#[template(config = "src/panel/askama.toml", path = "app.html")]
struct App {
    shell: Shell,
    setup: Setup,
}

pub(super) async fn own(State(panel): State<Arc<Panel>>, visitor: Visitor) -> Result<Response, Wrong> {
    shown(&panel, &visitor, None).await
}

async fn shown(panel: &Panel, visitor: &Visitor, said: Option<Said>) -> Result<Response, Wrong> {
    let session = visitor.signed_in()?;
    let (account, token) = (session.account.clone(), session.token);
    let (rows, recovery) = panel
        .store()
        .read(move |db| {
            let ask = "SELECT created, seen, token FROM sessions WHERE account = ?1 ORDER BY created DESC";
            let rows = db
                .prepare_cached(ask)?
                .query_map([&account], |row| Ok((row.get(0)?, row.get(1)?, row.get::<_, [u8; 32]>(2)?)))?
                .collect::<Result<Vec<(i64, i64, _)>, _>>()?;
            let count = "SELECT count(*) FROM recovery WHERE account = ?1";
            Ok((rows, db.query_row(count, [&account], |row| row.get::<_, i64>(0))?))
        })
        .await?;
    // As the wall clock says it now, where it went back meanwhile.
    let ahead = panel.passing().duration_since(panel.wall());
    let at = |micros| account::time(micros).saturating_sub(ahead).unwrap_or(Timestamp::MIN);
    let moment = |micros| super::local(at(micros)).strftime("%-d %B %Y, %H:%M").to_string();
    let sessions =
        rows.into_iter().map(|(since, seen, t)| Open { since: moment(since), seen: moment(seen), this: t == token });
    page::html(&Own {
        shell: Shell::of(panel, visitor, "Your account", "/account"),
        role: session.role.label(),
        sessions: sessions.collect(),
        recovery,
        said,
    })
}

/// What was wrong with a form is said on the page that it stands on.
async fn again(panel: &Panel, visitor: &Visitor, sent: Result<Response, Wrong>) -> Result<Response, Wrong> {
    match sent {
        Err(Wrong::Invalid(words)) => Said::refused(shown(panel, visitor, Some(Said::wrong(words))).await),
        sent => sent,
    }
}

/// A new passphrase locks the account's secrets anew, and ends every other session.
pub(super) async fn change(
    State(panel): State<Arc<Panel>>,
    visitor: Visitor,
    fields: Fields,
) -> Result<Response, Wrong> {
    again(&panel, &visitor, change_now(&panel, &visitor, &fields).await).await
}

async fn change_now(panel: &Panel, visitor: &Visitor, fields: &Fields) -> Result<Response, Wrong> {
    let session = visitor.signed_in()?;
    let unlocked = proved(panel, session, fields.one("old")?).await?;
    let new = joining::passphrase(panel, fields, &session.name)?.map_err(|(_, why)| Wrong::Invalid(why))?;
    let (kept, key) = passphrase::make(new).await?;
    let locked = keys::locked(&session.account, &unlocked, &key)?;
    let (account, token) = (session.account.clone(), session.token);
    let changed = panel.store().write(move |db| {
        let update = "UPDATE accounts SET passphrase = ?2, locked = ?3 WHERE id = ?1 AND closed IS NULL";
        db.execute(update, (&account, kept, locked))?;
        db.execute("DELETE FROM sessions WHERE account = ?1 AND token <> ?2", (&account, token))
    });
    changed.await?;
    super::session::sweep(panel).await?;
    shown(panel, visitor, Some(Said::done("Your passphrase is changed. Every other session of yours has ended."))).await
}

pub(super) async fn end_others(State(panel): State<Arc<Panel>>, visitor: Visitor) -> Result<Response, Wrong> {
    let session = visitor.signed_in()?;
    let (account, token) = (session.account.clone(), session.token);
    let end = "DELETE FROM sessions WHERE account = ?1 AND token <> ?2";
    panel.store().write(move |db| db.execute(end, (account, token))).await?;
    super::session::sweep(&panel).await?;
    shown(&panel, &visitor, Some(Said::done("Every other session of yours has ended."))).await
}

pub(super) async fn new_codes(
    State(panel): State<Arc<Panel>>,
    visitor: Visitor,
    fields: Fields,
) -> Result<Response, Wrong> {
    again(&panel, &visitor, new_codes_now(&panel, &visitor, &fields).await).await
}

async fn new_codes_now(panel: &Panel, visitor: &Visitor, fields: &Fields) -> Result<Response, Wrong> {
    let session = visitor.signed_in()?;
    second_factor(panel, session, fields.one("code")?).await?;
    let ((codes, hashes), account) = (account::recovery()?, session.account.clone());
    panel.store().write(move |db| account::replace_recovery(db, &account, &hashes)).await?;
    let shell = Shell::of(panel, visitor, "Your new recovery codes", "/account");
    page::html(&Codes { shell, opened: false, codes })
}

pub(super) async fn app(State(panel): State<Arc<Panel>>, visitor: Visitor) -> Result<Response, Wrong> {
    let setup = Setup::of(&totp::Secret::new()?, panel.organisation(), visitor.signed_in()?.role.label())?;
    page::html(&App { shell: Shell::of(&panel, &visitor, "Another app for your codes", "/account"), setup })
}

/// Another app, such as on a new phone: with the passphrase, and a code of the old app or a recovery code.
pub(super) async fn change_app(
    State(panel): State<Arc<Panel>>,
    visitor: Visitor,
    fields: Fields,
) -> Result<Response, Wrong> {
    let session = visitor.signed_in()?;
    let secret = totp::Secret::parse(fields.one("secret")?).ok_or(Wrong::Invalid("That is not one of our forms."))?;
    let step = secret.accept(fields.one("new")?, panel.wall(), 0).ok_or(Wrong::Invalid(
        "The new app's code is not right. Open the page again, add its picture to the app, and type what it shows.",
    ))?;
    let private = proved(&panel, session, fields.one("passphrase")?).await?.private;
    second_factor(&panel, session, fields.one("code")?).await?;
    let unlocked = Unlocked { private, secret };
    let (kept, key) = passphrase::make(fields.one("passphrase")?).await?;
    let locked = keys::locked(&session.account, &unlocked, &key)?;
    let account = session.account.clone();
    let changed = panel.store().write(move |db| {
        let update =
            "UPDATE accounts SET passphrase = ?2, locked = ?3, totp_step = ?4 WHERE id = ?1 AND closed IS NULL";
        db.execute(update, (account, kept, locked, step))
    });
    changed.await?;
    // Other sessions still hold the old app's secret.
    let (account, token) = (session.account.clone(), session.token);
    let end = "DELETE FROM sessions WHERE account = ?1 AND token <> ?2";
    panel.store().write(move |db| db.execute(end, (account, token))).await?;
    super::session::sweep(&panel).await?;
    panel.access.ring.hold(session.token, unlocked);
    shown(
        &panel,
        &visitor,
        Some(Said::done("From now on your codes come from the new app. Remove the entry in the old one.")),
    )
    .await
}

/// The account's secrets, for somebody who types its passphrase again. One try at a time, and a wrong one is counted.
async fn proved(panel: &Panel, session: &Session, passphrase: &str) -> Result<Unlocked, Wrong> {
    let _turn = panel.access.turns.wait(Side::Session, &session.account).await;
    let (account, now) = (session.account.clone(), panel.passing());
    let ask = "SELECT passphrase, locked FROM accounts WHERE id = ?1 AND closed IS NULL";
    let kept = panel.store().write(move |db| {
        let left = factor::locked(db, (Side::Session, &account), now)?;
        let row = |row: &Row<'_>| Ok((left, row.get::<_, Option<String>>(0)?, row.get::<_, Option<Vec<u8>>>(1)?));
        db.query_row(ask, [&account], row)
    });
    let (left, kept, locked) = kept.await?;
    if let Some(left) = left {
        return Err(too_often(left));
    }
    let key = passphrase::check(passphrase, kept.as_deref()).await?;
    let unlocked = key.zip(locked).and_then(|(key, locked)| keys::unlocked(&session.account, &locked, &key));
    let (account, now, right) = (session.account.clone(), panel.passing(), unlocked.is_some());
    let checked = panel.store().write(move |db| {
        if !right {
            return factor::failed(db, (Side::Session, &account), now);
        }
        // A wrong code may have locked it while the passphrase was stretched.
        let left = factor::locked(db, (Side::Session, &account), now)?;
        Ok(if left.is_some() { Checked::Locked } else { Checked::Right })
    });
    match (checked.await?, unlocked) {
        (Checked::Right, Some(unlocked)) => Ok(unlocked),
        (Checked::Locked, _) => {
            super::audit::flush(panel).await;
            Err(too_often(factor::LOCKED))
        }
        _ => Err(Wrong::Invalid("The passphrase you have now is not right. Nothing was changed.")),
    }
}

fn too_often(left: SignedDuration) -> Wrong {
    Wrong::TooOften(left.as_secs().unsigned_abs() + 1)
}

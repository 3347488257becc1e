//! Printed sheets: every worker has the same one, so that its code says nothing of who typed it. A new sheet is made
//! here, its code shown once.

use super::place;
use crate::ledger::Change;
use crate::panel::days;
use crate::panel::{
    Panel,
    access::{Visitor, second_factor},
    guard::Fields,
    letters, once,
    page::{self, Shell},
    tries,
    wrong::Wrong,
};
use crate::verdict::destination::{day_in_london, london};
use askama::Template;
use axum::{extract::State, response::Response};
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use std::sync::Arc;

/// Groups of four letters: 69 bits.
const GROUPS: usize = 4;
/// The sheets before end with the new one.
const AT_ONCE: &str = "at-once";
/// So long the sheet before may go on being valid, days.
const OVERLAP: i32 = 62;

#[derive(Template)]
#[template(config = "src/panel/askama.toml", path = "stops_sheets.html")]
struct Page {
    shell: Shell,
    valid: Vec<Sheet>,
    once: String,
    latest: String,
}

/// A sheet whose code is taken.
struct Sheet {
    id: String,
    made: String,
    until: Option<String>,
}

#[derive(Template)]
#[template(config = "src/panel/askama.toml", path = "stops_sheet.html")]
struct Printed {
    shell: Shell,
    code: String,
    address: String,
    made: String,
}

/// Which sheets are valid, and the form for a new one.
pub(super) async fn page(State(panel): State<Arc<Panel>>, visitor: Visitor) -> Result<Response, Wrong> {
    let now = panel.now().as_microsecond();
    let rows = panel
        .store()
        .read(move |db| {
            let mut select = db.prepare_cached(
                "SELECT id, made, until FROM stop_codes WHERE until IS NULL OR until > ?1 ORDER BY made DESC LIMIT 100",
            )?;
            let row = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get::<_, i64>(1)?, row.get::<_, Option<i64>>(2)?));
            select.query_map([now], row)?.collect::<Result<Vec<(String, i64, Option<i64>)>, _>>()
        })
        .await?;
    let day = |micros: i64| days::said(day_in_london(Timestamp::from_microsecond(micros).unwrap_or_default()));
    let valid =
        rows.into_iter().map(|(id, made, until)| Sheet { id, made: day(made), until: until.map(|u| day(u - 1)) });
    page::html(&Page {
        shell: Shell::of(&panel, &visitor, "Printed sheets for stops", "/stops"),
        valid: valid.collect(),
        once: once::new()?,
        latest: panel.today().saturating_add(OVERLAP.days()).to_string(),
    })
}

/// Makes a sheet. Its code stands in the answer and nowhere else.
pub(super) async fn make(State(panel): State<Arc<Panel>>, visitor: Visitor, fields: Fields) -> Result<Response, Wrong> {
    let session = visitor.signed_in()?;
    let (account, id) = (session.account.clone(), once::of(&fields)?);
    let until = previous(&panel, fields.one("before")?, fields.one("until")?)?;
    let code = letters::code(GROUPS)?;
    let (row, now) = ((id.clone(), letters::digest(&code), panel.now().as_microsecond()), panel.now().as_microsecond());
    let known = row.0.clone();
    if panel.store().read(move |db| db.prepare("SELECT 1 FROM stop_codes WHERE id = ?1")?.exists([known])).await? {
        return Err(Wrong::Conflict(
            "This form was sent already and its sheet was shown once. Make another if it is lost.",
        ));
    }
    // It takes from all workers what they stop things with: more than a stolen session may do. The first takes nothing.
    if fields.one("before")? == AT_ONCE && any(&panel).await? {
        second_factor(&panel, session, fields.one("code")?).await?;
    }
    let mut leaf = place::about_code(&id, "made");
    leaf.extra.insert("by", account);
    panel.record(leaf, vec![Change::Notify { kind: "stop-code" }]).await?;
    panel
        .store()
        .write(move |db| {
            db.execute(
                "UPDATE stop_codes SET until = ?1 WHERE until IS NULL OR until > ?1",
                [until.as_microsecond().max(now)],
            )?;
            db.execute("INSERT INTO stop_codes (id, digest, made) VALUES (?1, ?2, ?3)", row)
        })
        .await?;
    page::html(&Printed {
        shell: Shell::of(&panel, &visitor, "A sheet to print", "/stops"),
        code: code.to_ascii_uppercase(),
        address: panel.config().url.join("/stop").map_or_else(|_| "/stop".to_owned(), String::from),
        made: days::said(panel.today()),
    })
}

/// Until when the sheets before this one are valid.
fn previous(panel: &Panel, before: &str, until: &str) -> Result<Timestamp, Wrong> {
    match before {
        AT_ONCE => Ok(panel.now()),
        "until" => {
            let day: jiff::civil::Date =
                until.parse().map_err(|_| Wrong::Invalid("Give the last day of the old sheet, such as 2026-12-31."))?;
            if day < panel.today() || day > panel.today().saturating_add(OVERLAP.days()) {
                return Err(Wrong::Invalid("An old sheet may stay valid for two months at most, from today on."));
            }
            let zone = london();
            let end = day.saturating_add(1.day()).to_zoned(zone);
            end.map(|z| z.timestamp()).map_err(|_| Wrong::Invalid("Give the last day of the old sheet."))
        }
        _ => Err(Wrong::Invalid("Choose what becomes of the sheet before.")),
    }
}

/// A sheet went where it should not: its code ends now.
pub(super) async fn withdraw(
    State(panel): State<Arc<Panel>>,
    visitor: Visitor,
    fields: Fields,
) -> Result<Response, Wrong> {
    let session = visitor.signed_in()?;
    let account = session.account.clone();
    let (id, now) = (fields.one("sheet")?.to_owned(), panel.now().as_microsecond());
    let asked = id.clone();
    let valid = panel
        .store()
        .read(move |db| {
            db.prepare("SELECT 1 FROM stop_codes WHERE id = ?1 AND (until IS NULL OR until > ?2)")?.exists((asked, now))
        })
        .await?;
    if !valid {
        return Err(Wrong::Conflict("No sheet like that is valid. Somebody withdrew it before, or its time was over."));
    }
    second_factor(&panel, session, fields.one("code")?).await?;
    let mut leaf = place::about_code(&id, "withdrawn");
    leaf.extra.insert("by", account);
    panel.record(leaf, vec![Change::Notify { kind: "stop-code" }]).await?;
    panel.store().write(move |db| db.execute("UPDATE stop_codes SET until = ?2 WHERE id = ?1", (id, now))).await?;
    Ok(page::see_other("/stops/sheets"))
}

/// The sheet that a typed code is of. Every valid code is compared, to its end.
pub(super) async fn of(panel: &Panel, typed: &str) -> Result<Option<String>, Wrong> {
    let (digest, now) = (letters::digest(typed), panel.now().as_microsecond());
    let valid = panel
        .store()
        .read(move |db| {
            let mut select =
                db.prepare_cached("SELECT id, digest FROM stop_codes WHERE until IS NULL OR until > ?1 LIMIT 100")?;
            let rows = select.query_map([now], |row| Ok((row.get::<_, String>(0)?, row.get::<_, [u8; 32]>(1)?)))?;
            rows.collect::<Result<Vec<_>, _>>()
        })
        .await?;
    Ok(valid.into_iter().fold(None, |found, (id, kept)| if letters::same(&digest, &kept) { Some(id) } else { found }))
}

/// Whether there is any valid sheet.
pub(super) async fn any(panel: &Panel) -> Result<bool, Wrong> {
    let now = panel.now().as_microsecond();
    let any = "SELECT 1 FROM stop_codes WHERE until IS NULL OR until > ?1";
    panel.store().read(move |db| db.prepare_cached(any)?.exists([now])).await
}

/// A code placed all the stops that it places in an hour: the panel is told, once in that hour.
pub(super) async fn overused(panel: &Panel, sheet: &str) -> Result<(), Wrong> {
    if tries::within(panel, format!("told-of:{sheet}"), SignedDuration::from_hours(1), 1).await? {
        panel.record(place::about_code(sheet, "overused"), vec![Change::Notify { kind: "stop-limit" }]).await?;
    }
    Ok(())
}

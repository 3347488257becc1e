//! `/api/v1`: the panel's figures for machines, read-only. Asked with a session, or with a token that a panel member made.
//!
//! Nothing here says more than the pages do: the same figures by the same rule for small numbers. What pages say to panel
//! members alone, no token opens. What goes wrong is said as JSON (RFC 9457).

mod counted;
mod document;
mod registers;
pub(super) mod tokens;

use super::{
    Panel,
    access::{Role, Visitor},
    figures::Period,
    page,
    routes::{Route, Who},
    wrong::Wrong,
};
use axum::{
    extract::{FromRequestParts, Query},
    response::Response,
};
use http::{StatusCode, request::Parts};
use jiff::civil::Date;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// Those who may see figures, or a token made by one of them.
const READERS: Who = Who::Token(&[Role::Panel, Role::Operator]);
/// Panel members. A token is let in as far as the door and told that it may not.
const MEMBERS: Who = Who::Token(&[Role::Panel]);

pub(super) fn routes() -> Vec<Route> {
    let own = vec![
        Route::get("/api/v1/openapi.json", READERS, document::document),
        Route::get("/api/v1/reports/{period}", READERS, counted::report),
        Route::get("/api/v1/stopped", READERS, counted::stopped),
        Route::get("/api/v1/left", READERS, counted::left),
        Route::get("/api/v1/drift", READERS, counted::drift),
        Route::get("/api/v1/consent", READERS, counted::consents),
        Route::get("/api/v1/recipients", READERS, registers::recipients),
        Route::get("/api/v1/stops", READERS, registers::stops),
        Route::get("/api/v1/record-book", READERS, registers::record_book),
        Route::get("/api/v1/policies", READERS, registers::policies),
        Route::get("/api/v1/emergencies", MEMBERS, registers::emergencies),
        Route::get("/api/v1/alarms", READERS, registers::wrong),
        Route::get("/api/v1/not-covered", READERS, registers::not_covered),
    ];
    [own, tokens::routes()].concat()
}

/// The same for every answer.
fn json(value: &impl Serialize) -> Result<Response, Wrong> {
    let text = serde_json::to_string(value).map_err(|_| Wrong::broken("an answer could not be written as JSON"))?;
    Ok(page::typed(StatusCode::OK, "application/json", text))
}

/// What an address asks for. Anything that it does not take is refused: an answer to another question than the one that
/// was meant looks like an answer.
struct Take<T>(T);

impl<S: Sync, T: DeserializeOwned> FromRequestParts<S> for Take<T> {
    type Rejection = Wrong;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Wrong> {
        let asked = Query::try_from_uri(&parts.uri).map(|Query(asked)| Self(asked));
        asked.map_err(|_| Wrong::Invalid("This address does not take that. /api/v1/openapi.json says what it takes."))
    }
}

/// Nothing may be asked.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

/// Whether it is the report for people outside.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Public {
    #[serde(default)]
    public: bool,
}

/// Which period is asked for: this month by default.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct InPeriod {
    #[serde(default)]
    period: Option<String>,
}

impl InPeriod {
    fn period(&self, panel: &Panel) -> Result<Period, Wrong> {
        let month = Period::month_of(panel.today());
        let read =
            |text: &String| text.parse().map_err(|_| Wrong::Invalid("Write a period as 2026-11, 2026-Q4 or 2026."));
        self.period.as_ref().map_or(Ok(month), read)
    }
}

/// Which month is asked for: this one by default.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct InMonth {
    #[serde(default)]
    month: Option<String>,
}

impl InMonth {
    /// Its first day.
    fn month(&self, panel: &Panel) -> Result<Date, Wrong> {
        let read = |text: &String| text.parse::<Period>().ok().filter(|p| *p == Period::month_of(p.from()));
        match self.month.as_ref().map(read) {
            None => Ok(panel.today().first_of_month()),
            Some(month) => Ok(month.ok_or(Wrong::Invalid("Write a month as 2026-11."))?.from()),
        }
    }
}

/// Whether a panel member asks. A token is no member, whoever made it.
fn is_member(visitor: &Visitor) -> bool {
    visitor.session().is_some_and(|s| s.role == Role::Panel)
}

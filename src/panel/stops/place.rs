//! `/stop`: anybody with a printed sheet. No session, no cookie, nothing in the log; the record book names the stop and
//! what it covers, and nobody.

use super::{Reason, kept, list, scope, sheets};
use crate::{
    consent::view::{Stop, StopScope},
    flow::{Clause, DecisionId},
    ledger::{Change, Leaf, LedgerError, hour, leaf::Kind},
    panel::{
        Panel,
        access::Visitor,
        cited::Cited,
        days, follow,
        guard::Fields,
        page::{self, Shell},
        tries,
        wrong::Wrong,
    },
    verdict::destination::day_in_london,
};
use askama::Template;
use axum::{extract::State, response::Response};
use http::StatusCode;
use jiff::SignedDuration;
use std::sync::Arc;

/// Stops that one code places in an hour. All workers share the code, so that a stop of everything is never counted:
/// nobody can use the others' up.
const STOPS: i64 = 10;
/// Wrong codes that are answered as such in a minute. A right code is taken however many there were: at 69 bits a code
/// is not found by trying.
const WRONG: i64 = 30;

#[derive(Template)]
#[template(config = "src/panel/askama.toml", path = "stop.html")]
struct Door {
    shell: Shell,
    error: &'static str,
    asked: &'static str,
    codes: bool,
    clause: Cited,
}

#[derive(Template)]
#[template(config = "src/panel/askama.toml", path = "stop_what.html")]
struct What {
    shell: Shell,
    error: &'static str,
    code: String,
    once: String,
    choices: scope::Choices,
    reasons: Vec<(&'static str, &'static str)>,
}

#[derive(Template)]
#[template(config = "src/panel/askama.toml", path = "stop_placed.html")]
struct Placed {
    shell: Shell,
    what: String,
    since: String,
    before: bool,
    due: String,
    id: String,
    clause: Cited,
}

#[derive(Template)]
#[template(config = "src/panel/askama.toml", path = "stop_state.html")]
struct State_ {
    shell: Shell,
    stop: list::Row,
    answers: Vec<list::Said>,
    clause: Cited,
}

/// The page one types the address of.
pub(super) async fn door(State(panel): State<Arc<Panel>>) -> Result<Response, Wrong> {
    shown(&panel, StatusCode::OK, "", "").await.map_err(another_way)
}

/// The command needs nothing of what may have failed here.
fn another_way(wrong: Wrong) -> Wrong {
    if matches!(wrong, Wrong::Broken) { Wrong::NotStopped } else { wrong }
}

async fn shown(panel: &Panel, status: StatusCode, error: &'static str, asked: &'static str) -> Result<Response, Wrong> {
    let door = Door {
        shell: Shell::of(panel, &Visitor::ANYBODY, "Stop a flow (\u{201c}down tools\u{201d})", "/stop"),
        error,
        asked,
        codes: sheets::any(panel).await?,
        clause: Cited::of(panel, Clause::Tools1),
    };
    with(status, page::html(&door)?)
}

fn with(status: StatusCode, mut response: Response) -> Result<Response, Wrong> {
    *response.status_mut() = status;
    Ok(response)
}

/// A code was typed: what shall be stopped?
pub(super) async fn code(State(panel): State<Arc<Panel>>, fields: Fields) -> Result<Response, Wrong> {
    of_code(&panel, fields.one("code")?).await.map_err(another_way)
}

async fn of_code(panel: &Panel, typed: &str) -> Result<Response, Wrong> {
    match sheets::of(panel, typed).await? {
        Some(_) => ask_what(panel, typed, StatusCode::OK, ""),
        None => wrong_code(panel, typed).await,
    }
}

async fn wrong_code(panel: &Panel, typed: &str) -> Result<Response, Wrong> {
    if typed.is_empty() {
        return shown(panel, StatusCode::BAD_REQUEST, "Type the code that stands on the printed sheet.", "").await;
    }
    if tries::within(panel, "stop-code".to_owned(), SignedDuration::from_mins(1), WRONG).await? {
        let said = "That is not the code of a sheet in use. Look at the sheet again, or for a newer sheet.";
        return shown(panel, StatusCode::BAD_REQUEST, said, "").await;
    }
    let said =
        "Many wrong codes were typed in the last minute. A right code still works: check yours, letter by letter.";
    shown(panel, StatusCode::TOO_MANY_REQUESTS, said, "").await
}

fn ask_what(panel: &Panel, code: &str, status: StatusCode, error: &'static str) -> Result<Response, Wrong> {
    let asked = What {
        shell: Shell::of(panel, &Visitor::ANYBODY, "What shall be stopped?", "/stop"),
        error,
        code: crate::panel::letters::plain(code),
        once: id()?,
        choices: scope::choices(&panel.policy()),
        reasons: Reason::ALL.iter().map(|r| (r.as_str(), r.label())).collect(),
    };
    with(status, page::html(&asked)?)
}

/// 128 random bits: a stop's number, made with the form so that a form sent twice places one stop.
fn id() -> Result<String, Wrong> {
    let mut random = [0; 16];
    aws_lc_rs::rand::fill(&mut random).map_err(|_| Wrong::broken("the random source failed"))?;
    Ok(DecisionId::from_bytes(random).to_string())
}

/// Places it.
pub(super) async fn place(State(panel): State<Arc<Panel>>, fields: Fields) -> Result<Response, Wrong> {
    placing(&panel, &fields).await.map_err(another_way)
}

async fn placing(panel: &Panel, fields: &Fields) -> Result<Response, Wrong> {
    let typed = fields.one("code")?;
    let Some(sheet) = sheets::of(panel, typed).await? else { return wrong_code(panel, typed).await };
    let policy = panel.policy();
    let Some(scope) = scope::chosen(&policy, fields.one("what")?) else {
        return ask_what(panel, typed, StatusCode::BAD_REQUEST, "Choose what shall be stopped.");
    };
    let reason = match fields.one("reason")? {
        "" => None,
        said => Some(said.parse::<Reason>().map_err(|_| Wrong::Invalid("Choose one of the reasons, or none."))?),
    };
    let id = fields.one("once")?.parse::<DecisionId>().map_err(|_| Wrong::Invalid("Open the page /stop again."))?;
    let stop = Stop { id: id.to_string(), scope, at: panel.now() };
    if let Some(same) = panel.ledger().view().stops().find(|s| s.id == stop.id) {
        return sent_twice(panel, same, &stop.scope);
    }
    // What is stopped needs no second stop, and costs the code nothing.
    if let Some(same) = panel.ledger().view().stops().find(|s| s.scope == stop.scope) {
        return placed(panel, same, true);
    }
    if stop.scope != StopScope::Everything && !within(panel, &sheet).await? {
        let said = "Ten stops were placed with this code within the hour, which is all it places. The panel was told. \
                    You can still stop everything.";
        return ask_what(panel, typed, StatusCode::TOO_MANY_REQUESTS, said);
    }
    let mut leaf = Leaf::placing(&stop);
    leaf.extra.extend(reason.map(|r| ("reason", r.as_str().to_owned())));
    let changes = vec![Change::PlaceStop(stop.clone()), Change::Notify { kind: kept::PLACED }];
    match panel.record(leaf, changes).await {
        Ok(_) => placed(panel, &stop, false),
        // Two of the same form at once, or one that was lifted meanwhile.
        Err(LedgerError::Conflict(_)) => match panel.ledger().view().stops().find(|s| s.id == stop.id) {
            Some(same) => sent_twice(panel, same, &stop.scope),
            None => Err(Wrong::Conflict("This form was sent before. Open /stop again to place another stop.")),
        },
        Err(other) => Err(other.into()),
    }
}

/// Whether the code may place another stop of less than everything. The panel is told when it may not.
async fn within(panel: &Panel, sheet: &str) -> Result<bool, Wrong> {
    let within = tries::within(panel, format!("stops-of:{sheet}"), SignedDuration::from_hours(1), STOPS).await?;
    if !within {
        sheets::overused(panel, sheet).await?;
    }
    Ok(within)
}

/// The same form again: what it did stands. Never a stop that somebody asked for and did not get.
fn sent_twice(panel: &Panel, before: &Stop, asked: &StopScope) -> Result<Response, Wrong> {
    if before.scope == *asked {
        return placed(panel, before, true);
    }
    Err(Wrong::Conflict("This form was sent before, for something else. Open /stop again to place another stop."))
}

/// Of a stop that was in force `before`, the day alone is said: perhaps somebody else placed it.
fn placed(panel: &Panel, stop: &Stop, before: bool) -> Result<Response, Wrong> {
    page::html(&Placed {
        shell: Shell::of(panel, &Visitor::ANYBODY, "It is stopped", "/stop"),
        what: scope::said(&panel.policy(), &scope::value(&stop.scope)),
        since: if before { days::said(day_in_london(stop.at)) } else { days::moment(stop.at) },
        before,
        // By the day of its entry, as the list says it.
        due: days::said(days::next_working(day_in_london(hour::day(stop.at)))),
        id: stop.id.clone(),
        clause: Cited::of(panel, Clause::Tools1),
    })
}

/// What became of a stop, for whoever has its number.
pub(super) async fn ask(State(panel): State<Arc<Panel>>, fields: Fields) -> Result<Response, Wrong> {
    let not_one = "That is not the number of a stop. It has 26 letters and digits.";
    let Ok(id) = fields.one("stop")?.parse::<DecisionId>() else {
        return shown(&panel, StatusCode::BAD_REQUEST, "", not_one).await;
    };
    follow::for_a_page(&panel).await?;
    let Some((stop, answers)) = list::find(&panel, id.to_string()).await? else {
        return shown(&panel, StatusCode::NOT_FOUND, "", "There is no stop with this number.").await;
    };
    let shell = Shell::of(&panel, &Visitor::ANYBODY, "What became of a stop", "/stop");
    page::html(&State_ { shell, stop, answers, clause: Cited::of(&panel, Clause::Tools1) })
}

/// An entry about sheets and their codes, which names neither.
pub(super) fn about_code(sheet: &str, act: &str) -> Leaf {
    let mut leaf = Leaf::new(Kind::StopCode);
    leaf.extra.insert("sheet", sheet.to_owned());
    leaf.extra.insert("act", act.to_owned());
    leaf
}

//! *Reports*: the months there are, and each as a page to print, as CSV and as JSON, with its signature.

use super::{
    Asked, Report,
    file::{Form, Sheet},
    issued,
    sign::Signer,
};
use crate::panel::{
    Panel,
    access::{Role, Visitor},
    figures::{self, Period, Small},
    page::{self, Shell},
    routes::{FIGURES, PANEL, Route},
    wrong::Wrong,
};
use askama::Template;
use axum::{
    extract::{Path, Query, State},
    response::Response,
};
use http::{HeaderValue, StatusCode, header};
use std::sync::Arc;

/// Months that are listed.
const LISTED: usize = 24;
/// Years that are listed.
const YEARS: usize = 3;

pub(in crate::panel) fn routes() -> Vec<Route> {
    vec![
        Route::get("/reports", FIGURES, list),
        Route::get("/reports/{period}", FIGURES, shown),
        Route::get("/reports/{period}/{file}", PANEL, file),
    ]
}

#[derive(Template)]
#[template(config = "src/panel/askama.toml", path = "reports.html")]
struct Reports {
    shell: Shell,
    /// Months, then years: as an address has it, and in words.
    lists: [(&'static str, Vec<(String, String)>); 2],
    key: String,
    /// Whether files may be downloaded, and tokens made.
    member: bool,
}

async fn list(State(panel): State<Arc<Panel>>, visitor: Visitor) -> Result<Response, Wrong> {
    let today = panel.today();
    let months = std::iter::successors(Some(Period::month_of(today)), |p| Some(p.before())).take(LISTED);
    let member = is_member(&visitor);
    let years = std::iter::successors(Some(Period::year_of(today)), |p| Some(p.before())).take(YEARS);
    let named = |p: Period| (p.key(), p.to_string());
    page::html(&Reports {
        shell: Shell::of(&panel, &visitor, "Reports", "/reports"),
        lists: [("Months", months.map(named).collect()), ("Years", years.map(named).collect())],
        key: signer(&panel).await?.public(),
        member,
    })
}

/// Whether it is the one for people outside.
#[derive(Debug, serde::Deserialize)]
struct For {
    #[serde(default)]
    public: Option<String>,
}

#[derive(Template)]
#[template(config = "src/panel/askama.toml", path = "report.html")]
struct Page<'a> {
    shell: Shell,
    sheet: Sheet<'a>,
}

async fn shown(
    State(panel): State<Arc<Panel>>,
    visitor: Visitor,
    Path(period): Path<String>,
    Query(whom): Query<For>,
) -> Result<Response, Wrong> {
    let period: Period = period.parse().map_err(|_| Wrong::NotFound)?;
    let report = make(&panel, period, whom.public.is_some()).await?;
    let report = if is_member(&visitor) { report } else { report.for_others() };
    page::html(&Page {
        shell: Shell::of(&panel, &visitor, format!("Report: {period}"), "/reports"),
        sheet: Sheet::of(&report, small(&panel), false),
    })
}

/// A report of this panel, with everything counted that the record book holds now.
///
/// # Errors
/// [`Wrong`] when the record book cannot be read or the store fails.
pub(in crate::panel) async fn make(panel: &Panel, period: Period, public: bool) -> Result<Report, Wrong> {
    figures::catch_up(panel).await?;
    let (policy, small, now) = (panel.policy(), small(panel), panel.now());
    let organisation = panel.organisation().to_owned();
    let made = move |db: &rusqlite::Connection| {
        Report::make(db, &policy, &Asked { period, public, organisation: &organisation, small, now })
    };
    panel.store().read(made).await
}

fn is_member(visitor: &Visitor) -> bool {
    visitor.session().is_some_and(|s| s.role == Role::Panel)
}

fn small(panel: &Panel) -> Small {
    Small::of(panel.config().clients)
}

/// A report's files, by the end of the address.
async fn file(
    State(panel): State<Arc<Panel>>,
    Path((period, name)): Path<(String, String)>,
) -> Result<Response, Wrong> {
    let period: Period = period.parse().map_err(|_| Wrong::NotFound)?;
    let (kind, signature) = match name.strip_suffix(".minisig") {
        Some(kind) => (kind, true),
        None => (name.as_str(), false),
    };
    let (public, form) = match kind {
        "report.html" => (false, Form::Html),
        "report.csv" => (false, Form::Csv),
        "report.json" => (false, Form::Json),
        "public.html" => (true, Form::Html),
        "public.csv" => (true, Form::Csv),
        "public.json" => (true, Form::Json),
        _ => return Err(Wrong::NotFound),
    };
    let (name, text) = issued(&panel, (period, public, form), signature).await?;
    let (text, kind, name) = match signature {
        false => (text, form.media(), name),
        true => {
            (signer(&panel).await?.sign(&name, text.as_bytes()), "text/plain; charset=utf-8", format!("{name}.minisig"))
        }
    };
    let mut response = page::typed(StatusCode::OK, kind, text);
    let disposition = HeaderValue::from_str(&format!("attachment; filename=\"{name}\""));
    let disposition = disposition.map_err(|_| Wrong::broken("a file's name could not be written"))?;
    response.headers_mut().insert(header::CONTENT_DISPOSITION, disposition);
    Ok(response)
}

/// A file's name and text: as it was given out before where that is final, or where it is to be signed.
async fn issued(
    panel: &Panel,
    (period, public, form): (Period, bool, Form),
    signature: bool,
) -> Result<(String, String), Wrong> {
    let name = form.name_of(&period.key(), public);
    if let Some(text) = issued::find(panel.store(), &name, signature).await? {
        return Ok((name, text));
    }
    let report = make(panel, period, public).await?;
    if issued::is_final(&period, panel.now()) {
        let files = issued::keep_all(panel.store(), &report, small(panel)).await?;
        let file = files.into_iter().find(|(known, _)| *known == name);
        return file.ok_or_else(|| Wrong::broken("a report has no file of this kind"));
    }
    let text = form.text(&report, small(panel)).map_err(|e| Wrong::broken(&e.to_string()))?;
    let text = issued::keep(panel.store(), &name, text).await?;
    Ok((name, text))
}

async fn signer(panel: &Arc<Panel>) -> Result<Signer, Wrong> {
    let keys = panel.keys_directory().to_owned();
    match tokio::task::spawn_blocking(move || Signer::open(&keys)).await {
        Ok(Ok(signer)) => Ok(signer),
        _ => Err(Wrong::broken("the key for reports (report.key) could not be read or made")),
    }
}

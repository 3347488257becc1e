//! A report as files: a page to print that stands alone, a table, JSON, and a signature of each. The panel's pages and
//! the command `havengate panel report` give the same.

use super::{ByMonth, Report, csv, sign::Signer};
use crate::{
    ledger::leaf::Kind,
    panel::{
        charts::{Chart, Point, bars},
        figures::{Period, Small},
    },
};
use askama::Template;

/// What a page of a report shows, on the panel's pages and in a file.
#[derive(Debug)]
pub(super) struct Sheet<'a> {
    /// The figures.
    pub report: &'a Report,
    /// Whether figures of people are yes or none.
    pub yes_or_no: bool,
    /// What figures of people are of, in words.
    pub people: String,
    /// The months of a year, side by side.
    pub months: Option<Chart>,
    /// Whether what was said in confidence is not counted here yet.
    pub in_confidence: bool,
    /// Without links, which lead nowhere from a file.
    pub in_file: bool,
}

impl<'a> Sheet<'a> {
    pub(super) fn of(report: &'a Report, small: Small, in_file: bool) -> Self {
        let months = (!report.by_month.is_empty()).then(|| months(&report.by_month));
        let people = words(&report.people_period);
        let in_confidence = report.events.iter().all(|event| event.id != Kind::ConcernReceived.as_str());
        Self { report, yes_or_no: small.is_yes_or_no(), people, months, in_confidence, in_file }
    }
}

fn months(months: &[ByMonth]) -> Chart {
    let point = |m: &ByMonth| Point { label: name(&m.month), counts: vec![m.left, m.stopped, m.attempts] };
    let points: Vec<_> = months.iter().map(point).collect();
    let sum = |of: fn(&ByMonth) -> u64| months.iter().map(of).sum::<u64>();
    let desc = format!(
        "Requests that left: {}. Stopped by the gateway: {}. Attempts to reach the Home Office: {}.",
        sum(|m| m.left),
        sum(|m| m.stopped),
        sum(|m| m.attempts)
    );
    let series = ["Left", "Stopped by the gateway", "Attempts to reach the Home Office"].map(str::to_owned);
    bars("months", ("Months side by side", &desc), &series, &points).opened()
}

/// A period in words.
fn words(key: &str) -> String {
    key.parse::<Period>().map_or_else(|_| key.to_owned(), |period| period.to_string())
}

fn name(month: &str) -> String {
    month.parse::<Period>().map_or_else(|_| month.to_owned(), |m| m.from().strftime("%b").to_string())
}

#[derive(Template)]
#[template(config = "src/panel/askama.toml", path = "report_file.html")]
struct Page<'a> {
    title: String,
    sheet: Sheet<'a>,
    style: &'static str,
}

/// What a report is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A page to print; its style is in it.
    Html,
    /// A table.
    Csv,
    /// For machines.
    Json,
}

/// A report could not be written. Does not happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a report could not be written")]
pub struct Unwritten;

impl Form {
    /// Every form.
    pub const ALL: &[Self] = &[Self::Html, Self::Csv, Self::Json];

    /// The media type (RFC 9110 section 8.3).
    #[must_use]
    pub const fn media(self) -> &'static str {
        match self {
            Self::Html => "text/html; charset=utf-8",
            Self::Csv => "text/csv; charset=utf-8",
            Self::Json => "application/json",
        }
    }

    /// The name of a report's file: `report-2026-11.csv`, `public-report-2026.html`.
    #[must_use]
    pub fn name(self, report: &Report) -> String {
        self.name_of(&report.period, report.public)
    }

    /// The same for a report that is not made yet.
    #[must_use]
    pub fn name_of(self, period: &str, public: bool) -> String {
        let kind = if public { "public-" } else { "" };
        let end = match self {
            Self::Html => "html",
            Self::Csv => "csv",
            Self::Json => "json",
        };
        format!("{kind}report-{period}.{end}")
    }

    /// The file's text.
    ///
    /// # Errors
    /// [`Unwritten`], which does not happen.
    pub fn text(self, report: &Report, small: Small) -> Result<String, Unwritten> {
        match self {
            Self::Html => {
                let sheet = Sheet::of(report, small, true);
                let page = Page { title: words(&report.period), sheet, style: include_str!("../static/panel.css") };
                page.render().map_err(|_| Unwritten)
            }
            Self::Csv => Ok(csv::table(report)),
            Self::Json => super::json(report).map_err(|_| Unwritten),
        }
    }
}

/// Every file of a report: name and text.
///
/// # Errors
/// [`Unwritten`], which does not happen.
pub fn texts(report: &Report, small: Small) -> Result<Vec<(String, String)>, Unwritten> {
    Form::ALL.iter().map(|form| Ok((form.name(report), form.text(report, small)?))).collect()
}

/// Files with their signatures beside them, by name.
#[must_use]
pub fn signed(files: Vec<(String, String)>, signer: &Signer) -> Vec<(String, String)> {
    let signature = |(name, text): &(String, String)| (format!("{name}.minisig"), signer.sign(name, text.as_bytes()));
    let signatures: Vec<_> = files.iter().map(signature).collect();
    let mut all = [files, signatures].concat();
    all.sort();
    all
}

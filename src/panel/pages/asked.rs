//! What an address asks for: a month, a recipient, a connection. Anything that cannot be read is said to be so, and is
//! not repeated.

use crate::panel::{Panel, figures::Period, wrong::Wrong};
use axum::extract::FromRequestParts;
use http::request::Parts;
use std::str::FromStr;

/// The most parameters that an address may have.
const PARAMETERS: usize = 16;

/// The parameters of an address.
#[derive(Debug, Clone)]
pub(in crate::panel) struct Asked(Vec<(String, String)>);

impl<S: Sync> FromRequestParts<S> for Asked {
    type Rejection = Wrong;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Wrong> {
        let query = parts.uri.query().unwrap_or_default();
        let found: Vec<_> = form_urlencoded::parse(query.as_bytes()).into_owned().take(PARAMETERS + 1).collect();
        match found.len() > PARAMETERS {
            true => Err(Wrong::Invalid("The address asks for more than it can.")),
            false => Ok(Self(found)),
        }
    }
}

impl Asked {
    /// A parameter that can be read, `None` where it is not there or empty.
    ///
    /// # Errors
    /// [`Wrong::Invalid`] with these words where it cannot be read, or is there twice.
    pub(in crate::panel) fn one<T: FromStr>(&self, name: &str, otherwise: &'static str) -> Result<Option<T>, Wrong> {
        let mut found = self.0.iter().filter(|(n, value)| n == name && !value.is_empty());
        match (found.next(), found.next()) {
            (None, _) => Ok(None),
            (Some((_, value)), None) => value.parse().map(Some).map_err(|_| Wrong::Invalid(otherwise)),
            (Some(_), Some(_)) => Err(Wrong::Invalid(otherwise)),
        }
    }

    /// The month, quarter or year in question; London's month of now where none is named.
    ///
    /// # Errors
    /// [`Wrong::Invalid`] where it is none.
    pub(in crate::panel) fn month(&self, panel: &Panel) -> Result<Period, Wrong> {
        let asked = self.one("month", "Write the month as year and month, such as 2026-11.")?;
        Ok(asked.unwrap_or_else(|| Period::month_of(panel.today())))
    }
}

/// The months around one, for going there.
#[derive(Debug, Clone)]
pub(super) struct Around {
    /// This one.
    pub here: Period,
    /// The one before.
    pub before: Period,
    /// The one after; not where it lies in the future.
    pub after: Option<Period>,
    /// The year it is in.
    pub year: Period,
    /// What else the address asks for, to be kept: `&recipient=…`.
    pub more: String,
    /// Entries of the record book that are not counted yet.
    pub behind: u64,
}

impl Around {
    pub(super) fn of(panel: &Panel, here: Period) -> Self {
        let after = Some(here.after()).filter(|after| after.from() <= panel.today());
        Self { here, before: here.before(), after, year: Period::year_of(here.from()), more: String::new(), behind: 0 }
    }

    /// The same, with how many entries are not counted yet.
    pub(super) const fn behind(mut self, behind: u64) -> Self {
        self.behind = behind;
        self
    }

    /// The same, with what else the address asks for.
    pub(super) fn keeping(mut self, parameters: &[(&str, Option<&str>)]) -> Self {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in parameters {
            if let Some(value) = value {
                query.append_pair(name, value);
            }
        }
        let query = query.finish();
        self.more = if query.is_empty() { query } else { format!("&{query}") };
        self
    }
}

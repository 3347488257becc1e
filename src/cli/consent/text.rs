//! What arguments mean. Dates without a time zone are Europe/London; an end date is inclusive.

use crate::{
    consent::{AdviceRecord, AdviceState, issue::DraftItem},
    flow::Form,
    gate::control::ClientRef,
};
use jiff::{
    Timestamp,
    civil::{Date, DateTime},
    tz::TimeZone,
};
use std::{
    io::{self, BufRead as _, Read as _},
    str::FromStr,
};

const MOMENT: &str =
    "write 2026-11-21T09:30 (London time), 2026-11-21, or a time with its offset as 2026-11-21T09:30:00Z";

/// A moment: RFC 3339 with an offset, or London time, or a date, which is its first instant.
pub(super) fn moment(text: &str) -> Result<Timestamp, String> {
    if let Ok(time) = text.parse::<Timestamp>() {
        return Ok(time);
    }
    if text.len() == 10 {
        return london(text.parse::<Date>().map_err(|_| MOMENT)?.at(0, 0, 0, 0));
    }
    london(text.parse::<DateTime>().map_err(|_| MOMENT)?)
}

/// An end: as [`moment`], but a date lasts until its day is over.
pub(super) fn end(text: &str) -> Result<Timestamp, String> {
    if text.len() != 10 {
        return moment(text);
    }
    let day: Date = text.parse().map_err(|_| MOMENT)?;
    london(day.tomorrow().map_err(|_| MOMENT)?.at(0, 0, 0, 0))
}

fn london(time: DateTime) -> Result<Timestamp, String> {
    let zone = TimeZone::get("Europe/London").map_err(|_| "the rules of London time are missing")?;
    // An hour that a clock change skips or repeats has no one meaning.
    zone.to_ambiguous_zoned(time)
        .unambiguous()
        .map(|t| t.timestamp())
        .map_err(|_| "that hour is skipped or repeated by the clock change; write it with its offset".to_owned())
}

/// `CATEGORY[=FORM][@PATH]`. The path comes last and may hold `=` and `@` itself.
pub(super) fn item(text: &str) -> Result<DraftItem, String> {
    let (what, path) = text.split_once('@').map_or((text, None), |(what, path)| (what, Some(path)));
    let (category, form) = what.split_once('=').map_or((what, None), |(category, form)| (category, Some(form)));
    let form = form.map_or(Ok(Form::Raw), str::parse).map_err(|e| format!("the form {e}"))?;
    let category = category.parse().map_err(|e| format!("the category {e}"))?;
    Ok(DraftItem { category, form, path: path.map(Into::into) })
}

/// `REGISTER@DATE` or `declined:REGISTER@DATE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdviceArg(pub AdviceRecord);

impl FromStr for AdviceArg {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let (state, rest) = match text.strip_prefix("declined:") {
            Some(rest) => (AdviceState::DeclinedAfterOffer, rest),
            None => (AdviceState::Obtained, text),
        };
        let (register, at) = rest.split_once('@').ok_or("write REGISTER@DATE, as IAA@2026-11-19")?;
        let register = register.parse().map_err(|e| format!("the register {e}"))?;
        Ok(Self(AdviceRecord { at: moment(at)?, state, register, independent: true }))
    }
}

/// A client's reference, or that it comes on standard input. Does not show in `Debug`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientArg(Option<ClientRef>);

impl FromStr for ClientArg {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, &'static str> {
        if text == "-" { Ok(Self(None)) } else { Ok(Self(Some(reference(text)?))) }
    }
}

impl ClientArg {
    /// The reference, read from standard input where the argument was `-`.
    pub(super) fn read(self) -> Result<ClientRef, &'static str> {
        const UNREAD: &str = "no client reference came on standard input";
        match self.0 {
            Some(reference) => Ok(reference),
            None => {
                let mut line = String::new();
                io::stdin().lock().take(1024).read_line(&mut line).map_err(|_| UNREAD)?;
                reference(line.trim_end_matches(['\r', '\n']))
            }
        }
    }
}

fn reference(text: &str) -> Result<ClientRef, &'static str> {
    ClientRef::new(text).ok_or("a client reference is 1 to 256 bytes without control characters")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_london_and_an_end_is_inclusive() {
        let time = |s: &str| s.parse::<Timestamp>().unwrap();
        assert_eq!(moment("2026-11-21T09:30").unwrap(), time("2026-11-21T09:30:00Z"));
        assert_eq!(moment("2026-07-01T09:30").unwrap(), time("2026-07-01T08:30:00Z"));
        assert_eq!(moment("2026-07-01T09:30:00+02:00").unwrap(), time("2026-07-01T07:30:00Z"));
        assert_eq!(moment("2026-07-01").unwrap(), time("2026-06-30T23:00:00Z"));
        assert_eq!(end("2026-06-30").unwrap(), time("2026-06-30T23:00:00Z"));
        assert_eq!(end("2026-12-31").unwrap(), time("2027-01-01T00:00:00Z"));
        assert!(moment("2026-10-25T01:30").unwrap_err().contains("offset"));
        for wrong in ["", "tomorrow", "21/11/2026", "2026-13-01", "2026-02-30T10:00"] {
            assert!(moment(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_item_is_category_form_and_path() {
        let read = item("pd:BirthDate=generalised:year@$.people[?@.a=='@=']").unwrap();
        assert_eq!(read.category.as_str(), "pd:BirthDate");
        assert_eq!(read.form.to_string(), "generalised:year");
        assert_eq!(read.path.as_deref(), Some("$.people[?@.a=='@=']"));
        assert_eq!(item("pd:Name").unwrap().form, Form::Raw);
        for wrong in ["", "Name", "pd:Name=", "pd:Name=exact", "=raw"] {
            assert!(item(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn advice_names_a_register_and_a_day() {
        let advice = "declined:CILEX@2026-11-19".parse::<AdviceArg>().unwrap().0;
        assert_eq!((advice.state, advice.independent), (AdviceState::DeclinedAfterOffer, true));
        assert!("Somebody@2026-11-19".parse::<AdviceArg>().is_err());
        assert!("IAA".parse::<AdviceArg>().is_err());
    }
}
